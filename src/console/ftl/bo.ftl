# Tibetan holds only what a person who speaks it has checked; the rest is read in Chinese (bo.missing).

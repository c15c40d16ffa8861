//! Recordings: encrypted files, one a recording, a key each.

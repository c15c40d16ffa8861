//! Waiting for something that nobody reports.

use std::time::Duration;

use yingda::clock;

/// How long anything may take on a busy machine before it counts as not happening.
const PATIENCE: Duration = Duration::from_secs(90);
/// The pause between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Waits until something is so; `what` says what was waited for in vain.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = clock::monotonic() + PATIENCE;
    // Nobody ever speaks here: its timeout is the pause.
    let (_silent, nothing) = crossbeam_channel::bounded::<()>(0);
    while !is_so() {
        assert!(clock::monotonic() < deadline, "waited in vain until {what}");
        assert!(nothing.recv_timeout(LOOK).is_err());
    }
}

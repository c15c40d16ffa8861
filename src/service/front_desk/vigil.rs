//! The store cannot be opened at all: the front desk serves the telephones until it can.

use tracing::{error, warn};

use super::FrontDesk;
use super::emergency::TryAgain;
use crate::service::vitals::count;

impl FrontDesk {
    /// Serves the telephones and tries `open` again and again; what it opened, or none when it was told to stop before.
    pub fn until_open<T>(
        &mut self,
        why: &anyhow::Error,
        mut open: impl FnMut() -> anyhow::Result<T>,
    ) -> Option<T> {
        error!(
            error = format!("{why:#}"),
            "the store cannot be opened: callers are put through, or their numbers noted"
        );
        count(&self.vitals.emergencies);
        self.vitals.emergency.store(true, std::sync::atomic::Ordering::Relaxed);
        self.serve_everybody();
        let mut again = TryAgain::soon();
        loop {
            self.emergency_turn(again);
            if self.stopping && self.arrivals.phone.is_empty() {
                return None;
            }
            if !again.is_due() || self.stopping {
                continue;
            }
            match open() {
                Ok(opened) => return Some(opened),
                Err(error) => {
                    warn!(error = format!("{error:#}"), "the store still cannot be opened");
                    again = again.later();
                }
            }
        }
    }
}

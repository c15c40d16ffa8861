//! The store cannot be opened at all: the front desk serves the telephones until it can.
//!
//! A sick disk may keep whoever opens it waiting for long: another thread opens, and hands over what it opened.

use anyhow::{Context, bail};
use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError, bounded};
use tracing::{error, warn};

use super::emergency::TryAgain;
use super::{FrontDesk, NAP};
use crate::service::vitals::count;

impl FrontDesk {
    /// Serves the telephones while a thread of its own tries `open` again and again; what that opened, or none when it
    /// was told to stop before.
    ///
    /// # Errors
    /// When there is no thread to open it.
    pub fn until_open<T: Send + 'static>(
        &mut self,
        why: &anyhow::Error,
        open: impl FnMut() -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<Option<T>> {
        error!(
            error = format!("{why:#}"),
            "the store cannot be opened: callers are put through, or their numbers noted"
        );
        count(&self.vitals.emergencies);
        self.vitals.emergency.store(true, std::sync::atomic::Ordering::Relaxed);
        self.serve_everybody();
        let (hand_over, opened) = bounded(1);
        // Ends the opener between two tries when it goes out of use; nobody waits for a try that hangs.
        let (_stop, stopped) = bounded::<()>(0);
        let opener = move || {
            if let Some(opened) = try_again_and_again(open, &stopped) {
                // Whoever was told to stop meanwhile has no use for it.
                hand_over.send(opened).ok();
            }
        };
        std::thread::Builder::new()
            .name("opener".into())
            .spawn(opener)
            .context("start opening the store again")?;
        loop {
            self.emergency_turn(NAP, &opened);
            if self.stopping {
                if self.arrivals.phone.is_empty() {
                    return Ok(None);
                }
                continue;
            }
            match opened.try_recv() {
                Ok(opened) => return Ok(Some(opened)),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => bail!("the thread that opens the store panicked"),
            }
        }
    }
}

/// What was opened at last; none when nobody waits for it any more.
fn try_again_and_again<T>(mut open: impl FnMut() -> anyhow::Result<T>, stopped: &Receiver<()>) -> Option<T> {
    let mut again = TryAgain::soon();
    loop {
        match stopped.recv_timeout(again.left()) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return None,
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

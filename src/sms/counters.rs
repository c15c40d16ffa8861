//! What the link to the SMS centre did, counted for those who watch over it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Figures since the start. The room's task writes them.
#[derive(Debug, Default)]
pub struct Counters {
    pub link_losses: AtomicU64,
    pub parts_submitted: AtomicU64,
    /// Parts that the centre did not take.
    pub parts_refused: AtomicU64,
    /// Texts that came in and are kept.
    pub received: AtomicU64,
    /// Texts that came in and could not be kept: the centre brings them again.
    pub put_off: AtomicU64,
    pub unreadable: AtomicU64,
    pub receipts: AtomicU64,
    /// Receipts of which nobody knows the part.
    pub receipts_unknown: AtomicU64,
}

/// Counts one.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counters {
    /// What `/metrics` says: name and figure, each a counter.
    pub fn metrics(&self) -> [(&'static str, u64); 8] {
        [
            ("yingda_sms_link_losses_total", &self.link_losses),
            ("yingda_sms_parts_submitted_total", &self.parts_submitted),
            ("yingda_sms_parts_refused_total", &self.parts_refused),
            ("yingda_sms_received_total", &self.received),
            ("yingda_sms_put_off_total", &self.put_off),
            ("yingda_sms_unreadable_total", &self.unreadable),
            ("yingda_sms_receipts_total", &self.receipts),
            ("yingda_sms_receipts_unknown_total", &self.receipts_unknown),
        ]
        .map(|(name, counter)| (name, counter.load(Ordering::Relaxed)))
    }
}

//! A code nobody was given: whoever wrote it is told which ones they may write (DOMAIN §5).

use super::Desk;
use crate::domain::offer::ReplyCode;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::timestamp::Timestamp;
use crate::text::meaning::{About, Candidate, Standing};

impl Desk {
    /// Answers a code that was never given to this number with the list of what is open for it, each with its code.
    /// False where the code is one of theirs, or nothing is open: then something else is to be said.
    pub(super) fn names_the_offers(
        &mut self,
        from: &PhoneNumber,
        code: Option<ReplyCode>,
        candidates: &[Candidate],
        now: Timestamp,
    ) -> bool {
        let Some(code) = code else { return false };
        if candidates.iter().any(|candidate| candidate.code == code) {
            return false;
        }
        let live = |standing: Standing| match standing {
            Standing::Open { .. } | Standing::Mine { .. } => true,
            Standing::Ended { .. } => false,
        };
        let open: Vec<About> =
            candidates.iter().filter(|c| live(c.standing)).map(|candidate| candidate.about).collect();
        if open.is_empty() {
            return false;
        }
        self.ask_which(from, &open, now);
        true
    }
}

//! Who may be asked where only the area is known: by hundreds, as whole rings of areas are compared.

use std::hint::black_box;

use super::rules::{Left, Look};
use super::{Asking, Nearness, TOGETHER};
use crate::dispatch::homes::Slot;
use crate::dispatch::nearby::Sought;

impl Asking<'_> {
    /// Those who may be asked of the rings of the area around the middle: whole rings, for those in one are equally near.
    pub(super) fn nearest_rings(&self, sought: &Sought<'_>) -> Vec<(Slot, Nearness)> {
        let left = Left::of(self);
        let enough = usize::from(self.policy.offers.shortlist);
        let mut rings = self.roster.nearby().ring_by_ring(sought, self.place);
        let mut listed = Vec::with_capacity(2 * enough);
        while listed.len() < enough
            && let Some((ring, slots)) = rings.next()
        {
            listed.reserve(slots.len());
            let near = Nearness { ring, metres: None };
            for some in slots.chunks(TOGETHER) {
                // Asked for here, what the rules read of their cards comes from memory together.
                for slot in some {
                    black_box(self.roster.card(*slot).resting_until);
                }
                for slot in some {
                    let card = self.roster.card(*slot);
                    let look = Look { asking: self, slot: *slot, card, near: self.within_reach(card, near) };
                    // Put there and taken back: whether they may be asked is chance, and a wrong guess costs more.
                    listed.push((*slot, near));
                    listed.truncate(listed.len() - usize::from(!look.may_be_asked(&left)));
                }
            }
        }
        listed
    }
}

//! Places that are kept for holders of a certificate: what those who said yes hold, and who is asked for which place.

use std::collections::BTreeSet;

use super::Desk;
use crate::dispatch::free_places::{FreePlaces, Share};
use crate::domain::ids::{TicketId, VolunteerId, WorkItemId};
use crate::domain::timestamp::Timestamp;
use crate::domain::volunteer::{CredentialKind, holds};

impl Desk {
    /// The places that are free, all of them where the work is not there yet, and what nobody who said yes holds.
    pub(super) fn free_places(&self, id: TicketId, item: WorkItemId) -> FreePlaces {
        let case = &self.cases[&id];
        let free = case.work_item(item).map_or_else(|| self.persons_of(id), |_| case.free_slots(item));
        let coming = case.live_assignments().filter(|visit| visit.work_item == item);
        let coming: Vec<(VolunteerId, Timestamp)> =
            coming.filter_map(|visit| Some((visit.volunteer?, visit.window.until))).collect();
        let held = |kind: &CredentialKind| coming.iter().any(|(id, until)| self.holds(*id, *kind, *until));
        let wanted = self.category_for(&case.ticket).map_or(&[][..], |category| &category.one_holds);
        let wanted: BTreeSet<CredentialKind> = wanted.iter().copied().collect();
        FreePlaces { free, missing: wanted.into_iter().filter(|kind| !held(kind)).collect() }
    }

    fn holds(&self, volunteer: VolunteerId, kind: CredentialKind, until: Timestamp) -> bool {
        self.roster.find(volunteer).is_some_and(|volunteer| holds(&volunteer.credentials, kind, until))
    }

    /// Until when whoever comes has to hold what is wanted of them.
    fn held_until(&self, id: TicketId, now: Timestamp) -> Timestamp {
        self.cases[&id].ticket.window.map_or(now, |window| window.until.max(now))
    }

    /// Whether the free places are kept for others, who hold what this volunteer does not.
    pub(super) fn is_place_kept(
        &self,
        id: TicketId,
        item: WorkItemId,
        volunteer: VolunteerId,
        now: Timestamp,
    ) -> bool {
        let until = self.held_until(id, now);
        self.free_places(id, item).are_kept_from(|kind| self.holds(volunteer, kind, until))
    }

    /// Who of these, who are being asked, is counted on for a share of the places: whoever may have a place that is kept
    /// is not counted on for one that anybody may have.
    pub(super) fn counted_on(
        &self,
        id: TicketId,
        (share, all): (Share<'_>, &[Share<'_>]),
        asked: &[VolunteerId],
        now: Timestamp,
    ) -> Vec<VolunteerId> {
        let until = self.held_until(id, now);
        let meets = |who: VolunteerId, share: &Share| share.holds.is_met(|kind| self.holds(who, kind, until));
        let counts = |who: &VolunteerId| {
            if share.is_kept() {
                meets(*who, &share)
            } else {
                !all.iter().any(|other| other.is_kept() && meets(*who, other))
            }
        };
        asked.iter().copied().filter(counts).collect()
    }
}

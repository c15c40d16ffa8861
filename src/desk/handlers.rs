//! Which kind of handler a ticket's work may have: one answer for the ladder, for a dispatcher, and for work that is
//! asked for anew.

use super::Desk;
use super::refusal::Why;
use crate::domain::category::HandlerKind;
use crate::domain::ids::TicketId;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;

impl Desk {
    /// Why a kind of handler may not have the work, whoever would give it to them; none where it may.
    pub(super) fn against_kind(&self, id: TicketId, kind: HandlerKind, now: Timestamp) -> Option<Why> {
        match kind {
            HandlerKind::Station | HandlerKind::Duty => None,
            HandlerKind::Institution if self.is_for_life(id) => Some(Why::LifeForStaff),
            // SAF-1 leaves it to staff: neither a volunteer nor somebody an institution sends meets the child.
            HandlerKind::Volunteer | HandlerKind::Institution => {
                self.is_for_staff_only(id, now).then_some(Why::StaffOnly)
            }
        }
    }

    fn is_for_life(&self, id: TicketId) -> bool {
        self.cases.get(&id).is_some_and(|case| case.ticket.urgency == Urgency::P1)
    }

    /// Whether the ladder gives the work to this kind of its own accord: the catalogue names it, nothing speaks
    /// against it, and staff has not to find out first whom it is about.
    pub(super) fn ladder_may_give(&self, id: TicketId, kind: HandlerKind, now: Timestamp) -> bool {
        let named = self.category_of(id).is_some_and(|category| category.by.contains(&kind));
        named && self.against_kind(id, kind, now).is_none() && !self.do_wishes_differ(id)
    }

    /// What work begins as, and what work that is asked for anew is.
    pub(super) fn kind_to_begin(&self, id: TicketId, now: Timestamp) -> HandlerKind {
        let Some(category) = self.category_of(id) else { return HandlerKind::Station };
        let volunteers = category.persons > 0 && category.by.contains(&HandlerKind::Volunteer);
        let first = if volunteers {
            Some(HandlerKind::Volunteer)
        } else {
            category.by.iter().find(|kind| **kind != HandlerKind::Volunteer).copied()
        };
        match first {
            Some(kind @ (HandlerKind::Volunteer | HandlerKind::Institution))
                if self.ladder_may_give(id, kind, now) =>
            {
                kind
            }
            Some(
                HandlerKind::Volunteer | HandlerKind::Institution | HandlerKind::Station | HandlerKind::Duty,
            )
            | None => HandlerKind::Station,
        }
    }
}

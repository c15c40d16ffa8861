//! Help for children of thirteen to seventeen: three questions come first, and a yes leaves it to staff (SAF-1).

use super::Desk;
use super::command::Intake;
use super::commands::refuse;
use super::refusal::{Refusal, Why};
use crate::domain::category::{Category, HandlerKind};
use crate::domain::ids::TicketId;
use crate::domain::person::KnownPerson;
use crate::domain::safety::{ADULT_AGE, needs_risk_answers, staff_only_by_answers};
use crate::domain::ticket::Ticket;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;

impl Desk {
    fn age_of(&self, person: Option<&KnownPerson>, now: Timestamp) -> Option<u8> {
        let born = person?.birth_year?;
        u8::try_from(self.rules.calendar.year(now) - born).ok()
    }

    /// Whether nobody but staff may be asked: a child of that age who was not asked the three questions, or said yes to
    /// one. A minor of unknown age counts as seventeen as soon as anything was said.
    pub(super) fn is_for_staff_only(&self, id: TicketId, now: Timestamp) -> bool {
        let Some(case) = self.cases.get(&id) else { return false };
        let minors = self.category_for(&case.ticket).is_some_and(|category| category.minors);
        match (self.age_of(case.beneficiary.as_ref(), now), case.ticket.risk) {
            (Some(age), None) => needs_risk_answers(age),
            (Some(age), Some(yes)) => staff_only_by_answers(age, yes),
            (None, Some(yes)) if minors => staff_only_by_answers(ADULT_AGE - 1, yes),
            (None, Some(_) | None) => false,
        }
    }

    /// Whether those at home want to be helped by different people and nobody has said whom it is about: staff finds
    /// out. Where life is in danger staff is told at once beside volunteers, and nobody is kept out.
    pub(super) fn do_wishes_differ(&self, id: TicketId) -> bool {
        self.cases.get(&id).is_some_and(|case| {
            case.ticket.urgency != Urgency::P1
                && case.ticket.gender_wish.is_none()
                && case.beneficiary.as_ref().is_some_and(|home| home.wishes_differ)
        })
    }

    /// An operator asks before volunteers, or an institution, can be.
    pub(super) fn check_risk_asked(
        &self,
        would_be: &Ticket,
        person: Option<&KnownPerson>,
        category: Option<&Category>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let by_others = category.is_some_and(|row| {
            let volunteers = row.persons > 0 && row.by.contains(&HandlerKind::Volunteer);
            volunteers || row.by.contains(&HandlerKind::Institution)
        });
        let asks = self.age_of(person, now).is_some_and(needs_risk_answers);
        if by_others && asks && would_be.risk.is_none() {
            return refuse(Why::RiskNotAsked);
        }
        Ok(())
    }
}

/// What an operator filled in of the child and of whom it wants to help it.
pub(super) fn fill_in_wishes(ticket: &mut Ticket, intake: &Intake) {
    ticket.risk = intake.risk.or(ticket.risk);
    ticket.gender_wish = intake.gender_wish.or(ticket.gender_wish);
}

//! Help for children of thirteen to seventeen: three questions come first, and a yes leaves it to staff (SAF-1).

use super::Desk;
use super::command::Intake;
use super::commands::refuse;
use super::refusal::{Refusal, Why};
use crate::domain::category::{Category, HandlerKind};
use crate::domain::ids::TicketId;
use crate::domain::person::{KnownPerson, PhoneConfidence};
use crate::domain::safety::{ADULT_AGE, UNKNOWN_MINOR_AGE, needs_risk_answers, staff_only_by_answers};
use crate::domain::ticket::Ticket;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;

impl Desk {
    /// How old the child is whom the help concerns; none where it concerns none.
    ///
    /// Where the category is a child's, somebody of age, a household of several or nobody at all says nothing of the
    /// child: it counts as [`UNKNOWN_MINOR_AGE`].
    pub(super) fn child_age(
        &self,
        category: Option<&Category>,
        person: Option<&KnownPerson>,
        now: Timestamp,
    ) -> Option<u8> {
        let minors = category.is_some_and(|category| category.minors);
        let today = self.rules.calendar.civil(now).date;
        person
            .filter(|person| !minors || person.confidence == PhoneConfidence::Exact)
            .and_then(|person| person.age_on(today))
            .filter(|age| *age < ADULT_AGE)
            .or_else(|| minors.then_some(UNKNOWN_MINOR_AGE))
    }

    /// Whether nobody but staff may be asked: a child of that age who was not asked the three questions, or said yes to
    /// one.
    pub(super) fn is_for_staff_only(&self, id: TicketId, now: Timestamp) -> bool {
        let Some(case) = self.cases.get(&id) else { return false };
        let category = self.category_for(&case.ticket);
        let age = self.child_age(category, case.beneficiary.as_ref(), now);
        age.is_some_and(|age| match case.ticket.risk {
            None => needs_risk_answers(age),
            Some(yes) => staff_only_by_answers(age, yes),
        })
    }

    /// Whether the three questions come first: others than staff would be asked about a child of that age.
    pub(super) fn risk_comes_first(
        &self,
        category: Option<&Category>,
        person: Option<&KnownPerson>,
        now: Timestamp,
    ) -> bool {
        let by_others = category.is_some_and(|row| {
            let volunteers = row.persons > 0 && row.by.contains(&HandlerKind::Volunteer);
            volunteers || row.by.contains(&HandlerKind::Institution)
        });
        by_others && self.child_age(category, person, now).is_some_and(needs_risk_answers)
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
        if would_be.risk.is_none() && self.risk_comes_first(category, person, now) {
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

//! Help for children (SAF-1): those of thirteen to seventeen are asked three questions first, and at a child's home the
//! guardian has to be there; else it is left to staff.

use super::Desk;
use super::command::Intake;
use super::commands::refuse;
use super::refusal::{Refusal, Why};
use crate::domain::category::{Category, HandlerKind};
use crate::domain::ids::TicketId;
use crate::domain::person::{KnownPerson, PhoneConfidence};
use crate::domain::safety::{
    ADULT_AGE, UNKNOWN_MINOR_AGE, asks_for_guardian, may_meet_minor, needs_risk_answers,
    staff_only_by_answers,
};
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
    /// one; a child at whose home the guardian will not be, or nobody asked.
    pub(super) fn is_for_staff_only(&self, id: TicketId, now: Timestamp) -> bool {
        let Some(case) = self.cases.get(&id) else { return false };
        let category = self.category_for(&case.ticket);
        let age = self.child_age(category, case.beneficiary.as_ref(), now);
        let by_answers = |age: u8| match case.ticket.risk {
            None => needs_risk_answers(age),
            Some(yes) => staff_only_by_answers(age, yes),
        };
        age.is_some_and(by_answers)
            || (waits_for_guardian(&case.ticket)
                && self.asks_for_guardian(category, case.beneficiary.as_ref(), now)
                && !may_meet_at_home(&case.ticket))
    }

    /// Whether a child's guardian has to be there where others than staff come: of a household nobody said that it is about
    /// the child.
    fn asks_for_guardian(
        &self,
        category: Option<&Category>,
        person: Option<&KnownPerson>,
        now: Timestamp,
    ) -> bool {
        let theirs = |row: &Category| {
            row.minors || person.is_some_and(|person| person.confidence == PhoneConfidence::Exact)
        };
        category.is_some_and(|row| is_for_others(row) && asks_for_guardian(row) && theirs(row))
            && self.child_age(category, person, now).is_some()
    }

    /// Whether a person has to ask first: others than staff would be asked about a child.
    pub(super) fn questions_come_first(
        &self,
        category: Option<&Category>,
        person: Option<&KnownPerson>,
        now: Timestamp,
    ) -> bool {
        self.risk_comes_first(category, person, now) || self.asks_for_guardian(category, person, now)
    }

    /// Whether the three questions come first: others than staff would be asked about a child of that age.
    fn risk_comes_first(
        &self,
        category: Option<&Category>,
        person: Option<&KnownPerson>,
        now: Timestamp,
    ) -> bool {
        category.is_some_and(is_for_others)
            && self.child_age(category, person, now).is_some_and(needs_risk_answers)
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
    pub(super) fn check_questions_asked(
        &self,
        would_be: &Ticket,
        person: Option<&KnownPerson>,
        category: Option<&Category>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if would_be.risk.is_none() && self.risk_comes_first(category, person, now) {
            return refuse(Why::RiskNotAsked);
        }
        // What the answers leave to staff needs no other question.
        let age = self.child_age(category, person, now);
        let staffs = would_be.risk.zip(age).is_some_and(|(yes, age)| staff_only_by_answers(age, yes));
        let unasked = would_be.guardian.is_none() && waits_for_guardian(would_be);
        if unasked && !staffs && self.asks_for_guardian(category, person, now) {
            return refuse(Why::GuardianNotAsked);
        }
        Ok(())
    }
}

/// Whether the row leaves it to others than staff.
fn is_for_others(row: &Category) -> bool {
    let volunteers = row.persons > 0 && row.by.contains(&HandlerKind::Volunteer);
    volunteers || row.by.contains(&HandlerKind::Institution)
}

/// Where life is in danger staff is told at once beside volunteers, and nobody waits for an answer.
fn waits_for_guardian(ticket: &Ticket) -> bool {
    ticket.urgency != Urgency::P1
}

/// A home where the guardian is counts as guarded.
fn may_meet_at_home(ticket: &Ticket) -> bool {
    let guardian = ticket.guardian == Some(true);
    may_meet_minor(if ticket.two_person { 2 } else { 1 }, guardian, guardian)
}

/// What an operator filled in of the child and of whom it wants to help it.
pub(super) fn fill_in_wishes(ticket: &mut Ticket, intake: &Intake) {
    ticket.risk = intake.risk.or(ticket.risk);
    ticket.guardian = intake.guardian.or(ticket.guardian);
    ticket.gender_wish = intake.gender_wish.or(ticket.gender_wish);
}

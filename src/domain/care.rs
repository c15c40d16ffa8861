//! Care calls 关怀电话: who is to be rung on which days, and how far a day's call has come (SAF-10).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::ids::{CareCallId, CarePlanId, JurisdictionId, PersonId, TicketId};
use super::names::named_enum;
use super::person::KnownPerson;
use super::phone_number::PhoneNumber;
use super::recurrence::Recurrence;
use super::timestamp::Timestamp;

/// Most contacts of one plan.
pub const MOST_CONTACTS: u8 = 5;

/// Who agreed to be rung, on which days and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarePlan {
    pub id: CarePlanId,
    pub jurisdiction: JurisdictionId,
    pub person: PersonId,
    /// The telephone that is rung.
    pub number: PhoneNumber,
    pub rule: Recurrence,
    /// Minutes after midnight.
    pub minute: u16,
    /// Whom to ring when nobody answers, in order.
    pub contacts: Vec<CareContact>,
    pub first_day: Date,
    /// The last day on which it is rung; none has no end.
    pub last_day: Option<Date>,
    pub paused: bool,
}

/// Somebody who looks after them when the telephone is not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CareContact {
    pub name: String,
    pub number: PhoneNumber,
}

impl CarePlan {
    /// The first moment from `after` on at which it wants a call.
    pub fn next(&self, calendar: &Calendar, after: Timestamp) -> Option<Timestamp> {
        if self.paused {
            return None;
        }
        let moment = |day| calendar.moment(day, self.minute);
        let mut day = self.rule.next_day(self.first_day, calendar.civil(after).date)?;
        if moment(day) < after {
            day = self.rule.next_day(self.first_day, day.tomorrow().ok()?)?;
        }
        self.last_day.is_none_or(|last| day <= last).then(|| moment(day))
    }
}

/// A plan with what the desk has to know of the person. Without contacts of its own it has those of the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCare {
    pub plan: CarePlan,
    pub person: KnownPerson,
}

named_enum! {
    pub enum CareState {
        Planned = "planned",
        /// Their telephone rings, or they hear the question.
        Ringing = "ringing",
        /// They were not reached; another try is due.
        TryAgain = "try_again",
        /// They asked for help or for a person, and are on the line.
        OnTheLine = "on_the_line",
        /// A contact is being rung.
        ContactRinging = "contact_ringing",
        /// The next contact is to be rung.
        NextContact = "next_contact",
        /// All is well, they said.
        Well = "well",
        /// They asked for help, and were led on.
        Helped = "helped",
        /// A contact looks after them.
        LookedAfter = "looked_after",
        /// Nobody was reached: two people go there.
        Missed = "missed",
        /// No machine may ring them: a person does.
        ByPerson = "by_person",
        /// The plan was ended, paused or put to another time.
        Dropped = "dropped",
    }
}

impl CareState {
    pub fn is_open(self) -> bool {
        match self {
            Self::Planned
            | Self::Ringing
            | Self::TryAgain
            | Self::OnTheLine
            | Self::ContactRinging
            | Self::NextContact => true,
            Self::Well | Self::Helped | Self::LookedAfter | Self::Missed | Self::ByPerson | Self::Dropped => {
                false
            }
        }
    }
}

named_enum! {
    /// What they keyed.
    pub enum CareAnswer {
        Well = "well",
        Help = "help",
        Person = "person",
        Emergency = "emergency",
    }
}

/// One day's call of one plan; each plan has at most one that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CareCall {
    pub id: CareCallId,
    pub jurisdiction: JurisdictionId,
    pub plan: CarePlanId,
    pub person: PersonId,
    pub state: CareState,
    /// The plan was looked at from this moment on: what lies before is done.
    pub sought_from: Timestamp,
    /// When the plan wants it.
    pub planned_at: Timestamp,
    /// When it is looked at again; while somebody is on the line, in case their call is lost.
    pub next_at: Timestamp,
    /// The first try, from which the others are counted.
    pub first_at: Option<Timestamp>,
    pub tries: u8,
    pub contacts_rung: u8,
    pub answer: Option<CareAnswer>,
    pub ticket: Option<TicketId>,
    pub ended_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::phone_number::NumberingPlan;

    fn plan(rule: &str) -> CarePlan {
        CarePlan {
            id: CarePlanId(1),
            jurisdiction: JurisdictionId("shibei".into()),
            person: PersonId(1),
            number: PhoneNumber::parse("13900000001", &NumberingPlan::default()).unwrap(),
            rule: Recurrence::parse(rule).unwrap(),
            minute: 9 * 60 + 30,
            contacts: vec![],
            first_day: jiff::civil::date(2026, 5, 6),
            last_day: Some(jiff::civil::date(2026, 5, 8)),
            paused: false,
        }
    }

    #[test]
    fn a_plan_wants_its_call_on_its_days_until_its_last_and_not_while_it_is_paused() {
        let calendar = Calendar::default();
        let at = |day, minute| calendar.moment(jiff::civil::date(2026, 5, day), minute);
        let daily = plan("FREQ=DAILY");
        assert_eq!(daily.next(&calendar, at(1, 0)), Some(at(6, 570)));
        assert_eq!(daily.next(&calendar, at(6, 570)), Some(at(6, 570)));
        assert_eq!(daily.next(&calendar, at(6, 571)), Some(at(7, 570)));
        assert_eq!(daily.next(&calendar, at(8, 571)), None, "the 8th was its last day");
        assert_eq!(plan("FREQ=DAILY;INTERVAL=2").next(&calendar, at(6, 571)), Some(at(8, 570)));
        assert_eq!(CarePlan { paused: true, ..daily }.next(&calendar, at(1, 0)), None);
    }
}

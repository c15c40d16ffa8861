//! The rules themselves: one line each, asked in this order, the cheap and final ones first.

use super::{Asking, Nearness, Rule};
use crate::dispatch::roster::Seat;
use crate::domain::assignment::AssignmentKind;
use crate::domain::safety;
use crate::domain::urgency::Urgency;
use crate::domain::volunteer::{CredentialKind, DutyState, Lifecycle};

/// Somebody being looked at.
struct Look<'a> {
    asking: &'a Asking<'a>,
    seat: &'a Seat,
    near: Option<Nearness>,
}

type Speaks = fn(&Look) -> bool;

const RULES: &[(Rule, Speaks)] = &[
    (Rule::Jurisdiction, |l| l.seat.volunteer.jurisdiction != *l.asking.wanted.jurisdiction),
    (Rule::NotActive, |l| l.seat.volunteer.lifecycle != Lifecycle::Active),
    (Rule::OptedOut, |l| l.seat.volunteer.opted_out),
    (Rule::Skill, |l| !l.seat.volunteer.skills.contains(&l.asking.wanted.category.code)),
    (Rule::AlreadyAsked, |l| l.asking.wanted.asked.contains(&l.seat.volunteer.id)),
    (Rule::Declined, |l| l.asking.wanted.declined.contains(&l.seat.volunteer.id)),
    (Rule::Blocked, |l| l.asking.wanted.blocked.contains(&l.seat.volunteer.id)),
    (Rule::TooFar, |l| l.near.is_none()),
    (Rule::OffDuty, off_duty),
    (Rule::Busy, busy),
    (Rule::Resting, |l| l.seat.volunteer.resting_until.is_some_and(|until| l.asking.begins < until)),
    (Rule::OpenOffers, |l| {
        l.seat.load.open_offers.len() >= usize::from(l.asking.policy.offers.open_per_volunteer)
    }),
    (Rule::OffersToday, |l| {
        l.seat.load.offers_in(l.asking.today) >= usize::from(l.asking.policy.offers.per_day)
    }),
    (Rule::OffersThisWeek, |l| {
        l.seat.load.offers_in(l.asking.this_week) >= usize::from(l.asking.policy.offers.per_week)
    }),
    (Rule::Overlapping, overlapping),
    (Rule::TasksThatDay, |l| {
        l.seat.load.tasks_in(l.asking.that_day) >= usize::from(l.asking.policy.visits.per_day)
    }),
    (Rule::HoursThatWeek, hours_that_week),
    (Rule::QuietHours, quiet),
    (Rule::Language, |l| {
        l.asking.wanted.language.is_some_and(|language| !l.seat.volunteer.languages.contains(&language))
    }),
    (Rule::GenderWish, |l| l.asking.wanted.gender_wish.is_some_and(|wish| wish != l.seat.volunteer.gender)),
    (Rule::TooYoung, |l| {
        let at_station = l.asking.wanted.kind == AssignmentKind::Group;
        !safety::old_enough(l.age(), at_station, &l.asking.hours)
    }),
    (Rule::AgeGap, |l| concerns_minors(l) && !safety::age_gap_is_enough(l.age(), l.asking.wanted.minor_age)),
    (Rule::MinorsClearance, |l| concerns_minors(l) && !l.holds(CredentialKind::MinorsClearance)),
    (Rule::Credential, |l| l.asking.wanted.category.credentials.iter().any(|kind| !l.holds(*kind))),
];

pub(super) fn first_against(asking: &Asking, seat: &Seat, near: Option<Nearness>) -> Option<Rule> {
    let look = Look { asking, seat, near };
    RULES.iter().find(|(_, speaks)| speaks(&look)).map(|(rule, _)| *rule)
}

pub(super) fn all_against(asking: &Asking, seat: &Seat, near: Option<Nearness>) -> Vec<Rule> {
    let look = Look { asking, seat, near };
    RULES.iter().filter(|(_, speaks)| speaks(&look)).map(|(rule, _)| *rule).collect()
}

impl Look<'_> {
    /// In years, as a birth year alone lets us say: the younger of the two it may be.
    fn age(&self) -> u8 {
        let years = self.asking.year.saturating_sub(self.seat.volunteer.birth_year).saturating_sub(1);
        u8::try_from(years.clamp(0, 150)).unwrap_or(0)
    }

    /// Holds a credential that is valid on the day of the visit.
    fn holds(&self, kind: CredentialKind) -> bool {
        let ends = self.asking.wanted.window.until.max(self.asking.begins);
        self.seat.volunteer.credentials.iter().any(|held| held.kind == kind && held.expires_at > ends)
    }
}

fn concerns_minors(look: &Look) -> bool {
    look.asking.wanted.minor_age.is_some() || look.asking.wanted.category.minors
}

/// Neither on duty for work at once, nor available in the hours of the window.
fn off_duty(look: &Look) -> bool {
    let on = match look.seat.volunteer.duty {
        DutyState::On | DutyState::Busy | DutyState::Resting => look.asking.at_once,
        DutyState::Off => false,
    };
    let available = look.seat.volunteer.available;
    !on && !look.asking.hours.iter().all(|(weekday, hour)| available.covers(*weekday, *hour))
}

/// On another visit, or on as many telephone tasks as one can have, when the work begins at once.
fn busy(look: &Look) -> bool {
    if !look.asking.at_once {
        return false;
    }
    let visits = look.seat.load.active(AssignmentKind::Visit) + look.seat.load.active(AssignmentKind::Group);
    let calls = look.seat.load.active(AssignmentKind::Phone);
    let policy = &look.asking.policy.visits;
    match look.asking.wanted.kind {
        AssignmentKind::Visit | AssignmentKind::Group => visits >= usize::from(policy.active_visits),
        AssignmentKind::Phone => calls >= usize::from(policy.active_phone_tasks),
    }
}

/// Promised to somebody else at that time. Telephone tasks fit beside one another.
fn overlapping(look: &Look) -> bool {
    let by_phone = look.asking.wanted.kind == AssignmentKind::Phone;
    let window = look.asking.wanted.window;
    look.seat
        .load
        .live_tasks()
        .any(|(_, task)| task.window.overlaps(window) && !(by_phone && task.kind == AssignmentKind::Phone))
}

fn hours_that_week(look: &Look) -> bool {
    let promised = look.seat.load.minutes_in(look.asking.that_week) + u32::from(look.asking.wanted.minutes);
    u64::from(promised) * 60 > look.asking.policy.visits.per_week.as_secs()
}

/// Nobody is woken but for urgent help, and then only who agreed to it.
fn quiet(look: &Look) -> bool {
    let may_wake = match look.asking.wanted.urgency {
        Urgency::P1 | Urgency::P2 => look.seat.volunteer.night_consent,
        Urgency::P3 | Urgency::P4 => false,
    };
    look.asking.quiet && !may_wake
}

//! The rules themselves: one line each, asked in this order, the cheap and final ones first.

use super::{Asking, Nearness, Rule, Verdict};
use crate::dispatch::card::Card;
use crate::dispatch::index::Slot;
use crate::dispatch::roster::Seat;
use crate::domain::assignment::AssignmentKind;
use crate::domain::ids::VolunteerId;
use crate::domain::safety;
use crate::domain::urgency::Urgency;
use crate::domain::volunteer::CredentialKind;

/// Somebody being looked at.
pub(super) struct Look<'a> {
    pub(super) asking: &'a Asking<'a>,
    pub(super) slot: Slot,
    pub(super) card: &'a Card,
    pub(super) near: Option<Nearness>,
}

type Speaks = fn(&Look) -> bool;

/// Every rule but `Skill`, which the index answers for thousands at once.
const RULES: &[(Rule, Speaks)] = &[
    (Rule::NotActive, |l| !l.card.active),
    (Rule::OptedOut, |l| l.card.opted_out),
    (Rule::Jurisdiction, |l| Some(l.card.jurisdiction) != l.asking.jurisdiction),
    (Rule::AlreadyAsked, |l| l.asking.wanted.asked.contains(&l.id())),
    (Rule::Declined, |l| l.asking.wanted.declined.contains(&l.id())),
    (Rule::Blocked, |l| l.asking.wanted.blocked.contains(&l.id())),
    (Rule::TooFar, |l| l.near.is_none()),
    (Rule::OffDuty, off_duty),
    (Rule::Busy, busy),
    (Rule::Resting, |l| l.card.resting_until.is_some_and(|until| l.asking.begins < until)),
    (Rule::OpenOffers, |l| {
        l.loaded(|seat| seat.load.open_offers.len() >= usize::from(l.asking.policy.offers.open_per_volunteer))
    }),
    (Rule::OffersToday, |l| {
        l.loaded(|seat| seat.load.offers_in(l.asking.today) >= usize::from(l.asking.policy.offers.per_day))
    }),
    (Rule::OffersThisWeek, |l| {
        l.loaded(|seat| {
            seat.load.offers_in(l.asking.this_week) >= usize::from(l.asking.policy.offers.per_week)
        })
    }),
    (Rule::Overlapping, overlapping),
    (Rule::TasksThatDay, |l| {
        l.loaded(|seat| seat.load.tasks_in(l.asking.that_day) >= usize::from(l.asking.policy.visits.per_day))
    }),
    (Rule::HoursThatWeek, hours_that_week),
    (Rule::QuietHours, quiet),
    (Rule::Language, |l| l.asking.wanted.language.is_some_and(|language| !l.card.speaks(language))),
    (Rule::GenderWish, |l| l.asking.wanted.gender_wish.is_some_and(|wish| wish != l.card.gender)),
    (Rule::TooYoung, |l| {
        let at_station = l.asking.wanted.kind == AssignmentKind::Group;
        !safety::old_enough(l.age(), at_station, &l.asking.hours)
    }),
    (Rule::AgeGap, |l| concerns_minors(l) && !safety::age_gap_is_enough(l.age(), l.asking.wanted.minor_age)),
    (Rule::MinorsClearance, |l| concerns_minors(l) && !l.holds(CredentialKind::MinorsClearance)),
    (Rule::Credential, |l| l.asking.wanted.category.credentials.iter().any(|kind| !l.holds(*kind))),
];

impl<'a> Look<'a> {
    pub(super) fn id(&self) -> VolunteerId {
        self.card.id
    }

    pub(super) fn has_skill(&self) -> bool {
        self.seat().volunteer.skills.contains(&self.asking.wanted.category.code)
    }

    /// Says whether they may be asked, given that they have the skill.
    pub(super) fn verdict(&self) -> Verdict {
        match (self.against().next(), self.near) {
            (None, Some(near)) => Verdict::Eligible(near),
            (Some(rule), _) => Verdict::No(rule),
            (None, None) => Verdict::No(Rule::TooFar),
        }
    }

    /// The rules that speak against them, but `Skill`.
    pub(super) fn against(&self) -> impl Iterator<Item = Rule> {
        RULES.iter().filter(|(_, speaks)| speaks(self)).map(|(rule, _)| *rule)
    }

    fn seat(&self) -> &'a Seat {
        self.asking.roster.seat(self.slot)
    }

    /// A rule about offers and tasks, which nobody breaks who has none.
    fn loaded(&self, speaks: impl FnOnce(&Seat) -> bool) -> bool {
        self.card.loaded && speaks(self.seat())
    }

    /// In years, as a birth year alone lets us say: the younger of the two it may be.
    fn age(&self) -> u8 {
        let years = self.asking.year.saturating_sub(self.card.birth_year).saturating_sub(1);
        u8::try_from(years.clamp(0, 150)).unwrap_or(0)
    }

    /// Holds a credential that is valid on the day of the visit.
    fn holds(&self, kind: CredentialKind) -> bool {
        let ends = self.asking.wanted.window.until.max(self.asking.begins);
        self.seat().volunteer.credentials.iter().any(|held| held.kind == kind && held.expires_at > ends)
    }
}

fn concerns_minors(look: &Look) -> bool {
    look.asking.wanted.minor_age.is_some() || look.asking.wanted.category.minors
}

/// Neither on duty for work at once, nor available in the hours of the window.
fn off_duty(look: &Look) -> bool {
    let on = look.card.on_duty && look.asking.at_once;
    let available = look.card.available;
    !on && !look.asking.hours.iter().all(|(weekday, hour)| available.covers(*weekday, *hour))
}

/// On another visit, or on as many telephone tasks as one can have, when the work begins at once.
fn busy(look: &Look) -> bool {
    let policy = &look.asking.policy.visits;
    look.asking.at_once
        && look.loaded(|seat| match look.asking.wanted.kind {
            AssignmentKind::Visit | AssignmentKind::Group => {
                let visits =
                    seat.load.active(AssignmentKind::Visit) + seat.load.active(AssignmentKind::Group);
                visits >= usize::from(policy.active_visits)
            }
            AssignmentKind::Phone => {
                seat.load.active(AssignmentKind::Phone) >= usize::from(policy.active_phone_tasks)
            }
        })
}

/// Promised to somebody else at that time. Telephone tasks fit beside one another.
fn overlapping(look: &Look) -> bool {
    let by_phone = look.asking.wanted.kind == AssignmentKind::Phone;
    let window = look.asking.wanted.window;
    look.loaded(|seat| {
        seat.load.live_tasks().any(|(_, task)| {
            task.window.overlaps(window) && !(by_phone && task.kind == AssignmentKind::Phone)
        })
    })
}

fn hours_that_week(look: &Look) -> bool {
    look.loaded(|seat| {
        let promised = seat.load.minutes_in(look.asking.that_week) + u32::from(look.asking.wanted.minutes);
        u64::from(promised) * 60 > look.asking.policy.visits.per_week.as_secs()
    })
}

/// Nobody is woken but for urgent help, and then only who agreed to it.
fn quiet(look: &Look) -> bool {
    let may_wake = match look.asking.wanted.urgency {
        Urgency::P1 | Urgency::P2 => look.card.night_consent,
        Urgency::P3 | Urgency::P4 => false,
    };
    look.asking.quiet && !may_wake
}

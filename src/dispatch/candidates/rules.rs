//! The rules themselves: one line each, asked in this order, the cheap and final ones first.

use super::{Asking, Nearness, Rule, Verdict};
use crate::dispatch::card::Card;
use crate::dispatch::homes::Slot;
use crate::dispatch::roster::Seat;
use crate::domain::assignment::AssignmentKind;
use crate::domain::ids::VolunteerId;
use crate::domain::safety::{self, Entrusted};
use crate::domain::ticket::Window;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;
use crate::domain::volunteer::{CredentialKind, holds};

/// Somebody being looked at.
pub(super) struct Look<'a> {
    pub(super) asking: &'a Asking<'a>,
    pub(super) slot: Slot,
    pub(super) card: &'a Card,
    pub(super) near: Option<Nearness>,
}

/// What a rule is about: who may set it aside, and whether it is asked again at a yes, follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// What the work asks of whoever does it.
    Work,
    /// What somebody agreed to, and whom they help.
    Consent,
    /// Where they are promised already.
    Promised,
    /// How much somebody has to do.
    Amount,
    /// How far and when they are at hand, and how often they were asked.
    Asking,
}

impl Rule {
    pub fn nature(self) -> Nature {
        match self {
            Self::NotActive
            | Self::Skill
            | Self::Blocked
            | Self::GenderWish
            | Self::TooYoung
            | Self::AgeGap
            | Self::MinorsClearance
            | Self::Credential
            | Self::Medicine
            | Self::Unknown => Nature::Work,
            Self::Jurisdiction | Self::OptedOut | Self::Language | Self::Resting | Self::QuietHours => {
                Nature::Consent
            }
            Self::Busy | Self::Overlapping => Nature::Promised,
            Self::TasksThatDay | Self::HoursThatWeek => Nature::Amount,
            Self::AlreadyAsked
            | Self::Declined
            | Self::TooFar
            | Self::OffDuty
            | Self::OpenOffers
            | Self::OffersToday
            | Self::OffersThisWeek => Nature::Asking,
        }
    }

    /// Whether a person who knows better may ask them all the same, with a reason.
    pub fn may_be_overridden(self) -> bool {
        matches!(self.nature(), Nature::Amount | Nature::Asking)
    }
}

type Speaks = fn(&Look) -> bool;

/// Of whom among those that the index finds a rule has to be asked.
#[derive(Clone, Copy)]
enum Of {
    /// Everybody, straight away: [`Look::may_be_asked`].
    Everybody,
    /// Whoever has offers or tasks: nobody else breaks it.
    TheBusy,
    /// Everybody, where the question is about that.
    AllWhere(fn(&Asking) -> bool),
    /// Whoever breaks it is not found.
    Nobody,
}

/// Every rule but `Skill`, which the index answers for thousands at once.
const RULES: &[(Rule, Of, Speaks)] = &[
    (Rule::NotActive, Of::Nobody, |l| !l.card.active),
    (Rule::OptedOut, Of::Nobody, |l| l.card.opted_out),
    (Rule::Jurisdiction, Of::Nobody, |l| !l.asking.may_ask_of(l.card.jurisdiction)),
    (Rule::AlreadyAsked, Of::AllWhere(|a| !a.wanted.asked.is_empty()), |l| {
        l.asking.wanted.asked.contains(&l.id())
    }),
    (Rule::Declined, Of::AllWhere(|a| !a.wanted.declined.is_empty()), |l| {
        l.asking.wanted.declined.contains(&l.id())
    }),
    (Rule::Blocked, Of::AllWhere(|a| !a.wanted.blocked.is_empty()), |l| {
        l.asking.wanted.blocked.contains(&l.id())
    }),
    (Rule::TooFar, Of::Everybody, too_far),
    (Rule::OffDuty, Of::Everybody, off_duty),
    (Rule::Busy, Of::TheBusy, busy),
    (Rule::Resting, Of::Everybody, resting),
    (Rule::OpenOffers, Of::TheBusy, |l| {
        l.too_many(l.card.hands.open_offers, l.asking.policy.offers.open_per_volunteer)
    }),
    (Rule::OffersToday, Of::TheBusy, |l| offers(l, l.asking.today, l.asking.policy.offers.per_day)),
    (Rule::OffersThisWeek, Of::TheBusy, |l| offers(l, l.asking.this_week, l.asking.policy.offers.per_week)),
    (Rule::Overlapping, Of::TheBusy, overlapping),
    (Rule::TasksThatDay, Of::TheBusy, tasks_that_day),
    (Rule::HoursThatWeek, Of::TheBusy, hours_that_week),
    // Of those who agreed to be woken, where nobody is.
    (Rule::QuietHours, Of::AllWhere(|a| a.nobody_is_woken()), quiet),
    (Rule::Language, Of::Nobody, |l| {
        l.asking.wanted.language.is_some_and(|language| !l.card.speaks(language))
    }),
    (Rule::GenderWish, Of::Nobody, |l| l.asking.wanted.gender_wish.is_some_and(|wish| wish != l.card.gender)),
    (Rule::TooYoung, Of::Everybody, too_young),
    (Rule::AgeGap, Of::AllWhere(|a| a.concerns_minors()), |l| {
        l.asking.concerns_minors() && !safety::age_gap_is_enough(l.age(), l.asking.wanted.minor_age)
    }),
    (Rule::MinorsClearance, Of::AllWhere(|a| a.concerns_minors()), |l| {
        l.asking.concerns_minors() && !safety::has_clearance(&l.seat().volunteer.credentials, l.ends())
    }),
    (Rule::Credential, Of::AllWhere(|a| a.wants_certificates()), |l| {
        let wanted = l.asking.wanted;
        wanted.category.credentials.iter().any(|kind| !l.holds(*kind))
            || !wanted.must_hold.is_met(|kind| l.holds(kind))
    }),
    (Rule::Medicine, Of::AllWhere(|a| a.entrusts_medicine()), |l| {
        let held = &l.seat().volunteer.credentials;
        l.asking.entrusts_medicine() && !safety::may_handle(Entrusted::Medicine, held, l.ends())
    }),
];

/// The rules that one question leaves to be asked of those whom the index finds: looked up once, for hundreds.
pub(super) struct Left {
    of_all: Vec<Speaks>,
    of_the_busy: Vec<Speaks>,
    /// There are more skills than the index tells apart.
    skill: bool,
    /// Something is to be asked of those who have nothing on their hands.
    any: bool,
}

impl Left {
    pub(super) fn of(asking: &Asking) -> Self {
        let skill = !asking.roster.nearby().knows(&asking.wanted.category.code);
        let mut left = Self { of_all: Vec::new(), of_the_busy: Vec::new(), skill, any: skill };
        for (_, of, speaks) in RULES {
            match of {
                Of::Nobody | Of::Everybody => {}
                Of::TheBusy => left.of_the_busy.push(*speaks),
                Of::AllWhere(is_so) => {
                    if is_so(asking) {
                        left.of_all.push(*speaks);
                        left.any = true;
                    }
                }
            }
        }
        left
    }

    fn speaks(&self, look: &Look) -> bool {
        let speaks = |rules: &[Speaks]| rules.iter().any(|speaks| speaks(look));
        speaks(&self.of_all)
            || (!look.card.hands.are_empty() && speaks(&self.of_the_busy))
            || (self.skill && !look.has_skill())
    }
}

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

    /// Whether they may be asked, given that the index found them: as the verdict says.
    #[inline]
    pub(super) fn may_be_asked(&self, left: &Left) -> bool {
        // All of these, whichever speaks: which one will, nobody can guess.
        let no = too_far(self) | off_duty(self) | resting(self) | too_young(self);
        let no = no | ((left.any || !self.card.hands.are_empty()) && left.speaks(self));
        debug_assert_eq!(no, self.against().next().is_some() || !self.has_skill(), "as by every rule");
        !no
    }

    /// The rules that speak against them, but `Skill`.
    pub(super) fn against(&self) -> impl Iterator<Item = Rule> {
        RULES.iter().filter(|(_, _, speaks)| speaks(self)).map(|(rule, ..)| *rule)
    }

    fn seat(&self) -> &'a Seat {
        self.asking.roster.seat(self.slot)
    }

    /// A cap on offers or tasks, which nobody breaks who has none.
    fn too_many(&self, count: u16, cap: u8) -> bool {
        !self.card.hands.are_empty() && count >= u16::from(cap)
    }

    /// In years, as a birth year alone lets us say: the younger of the two it may be.
    fn age(&self) -> u8 {
        let years = self.asking.year.saturating_sub(self.card.birth_year).saturating_sub(1);
        u8::try_from(years.clamp(0, 150)).unwrap_or(0)
    }

    fn ends(&self) -> Timestamp {
        self.asking.wanted.window.until.max(self.asking.begins)
    }

    /// Holds a credential that is valid on the day of the visit.
    fn holds(&self, kind: CredentialKind) -> bool {
        holds(&self.seat().volunteer.credentials, kind, self.ends())
    }
}

fn too_far(look: &Look) -> bool {
    look.near.is_none()
}

fn resting(look: &Look) -> bool {
    look.asking.begins < look.card.resting_until
}

fn too_young(look: &Look) -> bool {
    let at_station = look.asking.wanted.kind == AssignmentKind::Group;
    !safety::old_enough(look.age(), at_station, &look.asking.hours)
}

/// Neither on duty for work at once, nor available in the hours of the window.
fn off_duty(look: &Look) -> bool {
    let on = look.card.on_duty && look.asking.at_once;
    !on && !look.card.available.covers_all(look.asking.week)
}

/// On another visit, or on as many telephone tasks as one can have, when the work begins at once.
fn busy(look: &Look) -> bool {
    let (hands, policy) = (look.card.hands, &look.asking.policy.visits);
    look.asking.at_once
        && match look.asking.wanted.kind {
            AssignmentKind::Visit | AssignmentKind::Group => {
                look.too_many(hands.visits, policy.active_visits)
            }
            AssignmentKind::Phone => look.too_many(hands.by_phone, policy.active_phone_tasks),
        }
}

/// Asked as often as one may be in a span.
fn offers(look: &Look, span: Window, cap: u8) -> bool {
    let hands = look.card.hands;
    look.too_many(hands.offers, cap)
        && !hands.last_asked_before(span.from)
        && look.seat().load.offers_in(span) >= usize::from(cap)
}

/// Promised to somebody else at that time. Telephone tasks fit beside one another.
fn overlapping(look: &Look) -> bool {
    let by_phone = look.asking.wanted.kind == AssignmentKind::Phone;
    let window = look.asking.wanted.window;
    look.card.hands.tasks > 0
        && look.seat().load.live_tasks().any(|(_, task)| {
            task.window.overlaps(window) && !(by_phone && task.kind == AssignmentKind::Phone)
        })
}

fn tasks_that_day(look: &Look) -> bool {
    let cap = look.asking.policy.visits.per_day;
    look.too_many(look.card.hands.tasks, cap)
        && look.seat().load.tasks_in(look.asking.that_day) >= usize::from(cap)
}

fn hours_that_week(look: &Look) -> bool {
    let limit = look.asking.policy.visits.per_week.as_secs();
    let breaks = |promised: u32| u64::from(promised + u32::from(look.asking.wanted.minutes)) * 60 > limit;
    match look.card.hands {
        hands if hands.are_empty() => false,
        hands if hands.tasks == 0 => breaks(0),
        _ => breaks(look.seat().load.minutes_in(look.asking.that_week)),
    }
}

/// Nobody is woken who did not agree to it.
fn quiet(look: &Look) -> bool {
    look.asking.quiet && (look.asking.nobody_is_woken() || !look.card.night_consent)
}

impl Asking<'_> {
    /// Nobody is woken but for urgent help.
    pub(super) fn nobody_is_woken(&self) -> bool {
        let may_wake = match self.wanted.urgency {
            Urgency::P1 | Urgency::P2 => true,
            Urgency::P3 | Urgency::P4 => false,
        };
        self.quiet && !may_wake
    }

    pub(super) fn concerns_minors(&self) -> bool {
        self.wanted.minor_age.is_some() || self.wanted.category.minors
    }

    fn wants_certificates(&self) -> bool {
        !self.wanted.category.credentials.is_empty() || !self.wanted.must_hold.is_anybody()
    }

    pub(super) fn entrusts_medicine(&self) -> bool {
        self.wanted.category.entrusts.contains(&Entrusted::Medicine)
    }
}

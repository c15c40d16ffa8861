//! Who may be asked, and why not: the hard filters of DOMAIN §5.2, each a rule with a name.

use std::collections::BTreeSet;
use std::hint::black_box;

use super::card::Card;
use super::free_places::AtLeast;
use super::homes::Slot;
use super::index::areas::Place;
use super::nearby::Sought;
use super::on_foot::OnFoot;
use super::roster::Roster;
use crate::domain::area::{AreaCode, Point};
use crate::domain::assignment::AssignmentKind;
use crate::domain::calendar::Calendar;
use crate::domain::category::Category;
use crate::domain::ids::{JurisdictionId, VolunteerId};
use crate::domain::language::Language;
use crate::domain::names::named_enum;
use crate::domain::person::Gender;
use crate::domain::policy::Policy;
use crate::domain::ticket::Window;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;
use crate::domain::volunteer::WeekHours;

mod rings;
mod rules;

pub use rules::Nature;

use rules::{Left, Look};

/// So many of the nearest are looked at together.
const TOGETHER: usize = 16;

/// The work that somebody is wanted for.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted<'a> {
    pub jurisdiction: &'a JurisdictionId,
    pub category: &'a Category,
    pub urgency: Urgency,
    pub kind: AssignmentKind,
    pub area: Option<&'a AreaCode>,
    pub point: Option<Point>,
    pub window: Window,
    /// Planned minutes.
    pub minutes: u16,
    /// The resident's language; none when any will do.
    pub language: Option<Language>,
    pub gender_wish: Option<Gender>,
    /// The age of the minor it concerns, when it does and the age is known.
    pub minor_age: Option<u8>,
    /// What whoever is asked must be certified in, besides what the category asks of everybody.
    pub must_hold: AtLeast<'a>,
    /// Said no, dropped out or failed on this ticket; not asked again unless the time changed.
    pub declined: &'a BTreeSet<VolunteerId>,
    /// Not wanted by the resident.
    pub blocked: &'a BTreeSet<VolunteerId>,
    /// Known to the resident from earlier visits.
    pub acquainted: &'a BTreeSet<VolunteerId>,
    /// Asked for this work already, whatever they said.
    pub asked: &'a BTreeSet<VolunteerId>,
}

named_enum! {
    /// Why somebody is not asked. Named, so that a person can be told.
    pub enum Rule {
        Jurisdiction = "jurisdiction",
        NotActive = "not_active",
        OptedOut = "opted_out",
        Skill = "skill",
        AlreadyAsked = "already_asked",
        Declined = "declined",
        Blocked = "blocked",
        TooFar = "too_far",
        Language = "language",
        GenderWish = "gender_wish",
        /// 14 to 17: group tasks at a station by day only (SAF-3).
        TooYoung = "too_young",
        /// Too near in age to the minor, or under 18 (SAF-1).
        AgeGap = "age_gap",
        /// No valid clearance for work with minors (SAF-1).
        MinorsClearance = "minors_clearance",
        Credential = "credential",
        /// Medicine is entrusted, and they hold no certificate for it that is valid until the end (SAF-6).
        Medicine = "medicine",
        OffDuty = "off_duty",
        Busy = "busy",
        Overlapping = "overlapping",
        Resting = "resting",
        OpenOffers = "open_offers",
        OffersToday = "offers_today",
        OffersThisWeek = "offers_this_week",
        TasksThatDay = "tasks_that_day",
        HoursThatWeek = "hours_that_week",
        QuietHours = "quiet_hours",
        /// Nobody of that badge number is registered.
        Unknown = "unknown",
    }
}

/// How near somebody is: ring 0 same committee, 1 next to it, 2 same street, 3 same district; metres when both places are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nearness {
    pub ring: u8,
    pub metres: Option<u32>,
}

/// Whether somebody may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Eligible(Nearness),
    No(Rule),
}

/// A question to the roster: the work, with all that is worked out once for everyone.
#[derive(Debug)]
pub struct Asking<'a> {
    pub(super) wanted: &'a Wanted<'a>,
    pub(super) policy: &'a Policy,
    pub(super) roster: &'a Roster,
    pub now: Timestamp,
    jurisdiction: Option<u16>,
    /// Whose volunteers may be asked besides, by agreement.
    lenders: Vec<u16>,
    /// Where it is, as far as its area says.
    place: Place<'a>,
    /// When the work would begin for somebody who says yes.
    begins: Timestamp,
    /// It begins soon enough to need somebody who is free.
    at_once: bool,
    quiet: bool,
    today: Window,
    this_week: Window,
    that_day: Window,
    that_week: Window,
    hours: Vec<(u8, u8)>,
    /// The same.
    week: WeekHours,
    year: i16,
    /// By the wall clock, now.
    hour: u8,
    pub(super) on_foot: OnFoot<'a>,
}

impl<'a> Asking<'a> {
    pub fn new(
        roster: &'a Roster,
        wanted: &'a Wanted<'a>,
        policy: &'a Policy,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Self {
        let begins = wanted.window.from.max(now);
        let (today, this_week) = (calendar.day_around(now), calendar.week_around(now));
        let that = |known: Window, other: fn(&Calendar, Timestamp) -> Window| {
            if known.holds(begins) { known } else { other(calendar, begins) }
        };
        let hours = calendar.hours_touched(Window { from: begins, until: wanted.window.until.max(begins) });
        Self {
            wanted,
            policy,
            roster,
            now,
            jurisdiction: roster.number_of(wanted.jurisdiction),
            lenders: lenders(roster, wanted, policy),
            place: roster.place(wanted.area),
            begins,
            at_once: begins <= now + policy.visits.booked_ahead,
            quiet: calendar.in_quiet_hours(now),
            that_day: that(today, Calendar::day_around),
            that_week: that(this_week, Calendar::week_around),
            today,
            this_week,
            week: hours.iter().copied().collect(),
            hours,
            year: calendar.year(begins),
            hour: calendar.hour(now),
            on_foot: OnFoot::new(wanted.point, policy.offers.detour_permille),
        }
    }

    /// The chance, in thousandths, that somebody says yes to this now.
    pub(super) fn chance(&self, card: &Card) -> u16 {
        card.record.chance(self.hour, &self.wanted.category.code, self.policy)
    }

    /// That of somebody who waits to answer.
    pub(super) fn chance_of(&self, id: VolunteerId) -> Option<u16> {
        Some(self.chance(self.roster.card(self.roster.slot_of(id)?)))
    }

    /// Whether this volunteer may be asked; asked again in the step that sends the offer.
    pub fn verdict(&self, id: VolunteerId) -> Verdict {
        match self.roster.slot_of(id) {
            Some(slot) => {
                let look = self.look(slot);
                if look.has_skill() { look.verdict() } else { Verdict::No(Rule::Skill) }
            }
            None => Verdict::No(Rule::Unknown),
        }
    }

    /// Every rule that speaks against a volunteer, for "why was Ana not asked?".
    pub fn all_against(&self, id: VolunteerId) -> Vec<Rule> {
        let Some(slot) = self.roster.slot_of(id) else { return vec![Rule::Unknown] };
        let look = self.look(slot);
        let skill = (!look.has_skill()).then_some(Rule::Skill);
        skill.into_iter().chain(look.against()).collect()
    }

    /// Everyone who has the skill, with a verdict each, by area and badge number.
    pub fn considered(&self) -> Vec<(VolunteerId, Verdict)> {
        let mut all = Vec::new();
        self.each(|look| all.push((look.id(), look.verdict())));
        all
    }

    /// Everyone who may be asked.
    pub fn eligible(&self) -> Vec<(VolunteerId, Nearness)> {
        self.eligible_slots().into_iter().map(|(slot, near)| (self.roster.card(slot).id, near)).collect()
    }

    pub(super) fn eligible_slots(&self) -> Vec<(Slot, Nearness)> {
        let mut all = Vec::new();
        self.each(|look| {
            if let Verdict::Eligible(near) = look.verdict() {
                all.push((look.slot, near));
            }
        });
        all
    }

    fn each(&self, mut tell: impl FnMut(&Look)) {
        for (area, slots) in self.roster.with_skill(&self.wanted.category.code) {
            let ring = self.place.ring(area.number());
            for slot in slots {
                tell(&self.look_from(*slot, ring));
            }
        }
    }

    fn look(&self, slot: Slot) -> Look<'_> {
        self.look_from(slot, self.place.ring(self.roster.card(slot).home))
    }

    /// Those who may be asked and live nearest, as many as the policy lets be compared, and `besides` whoever of these may
    /// be asked. Without a point the rings of the area, whole ones, until there are as many.
    pub(super) fn shortlist(&self, besides: &[VolunteerId]) -> Vec<(Slot, Nearness)> {
        if self.nobody_is_woken() {
            return Vec::new();
        }
        let sought = self.sought();
        let mut listed = if sought.at.is_some() {
            let mut listed = self.nearest_on_foot(&sought);
            let left = Left::of(self);
            let unplaced = self.roster.nearby().unplaced(&sought);
            listed.extend(unplaced.filter_map(|slot| Self::found(self.look(slot), &left)));
            listed
        } else {
            self.nearest_rings(&sought)
        };
        let known = self.wanted.acquainted.iter().chain(besides).filter_map(|id| self.roster.slot_of(*id));
        for slot in known {
            if !listed.iter().any(|(there, _)| *there == slot) {
                self.list(self.look(slot), &mut listed);
            }
        }
        listed
    }

    /// Those who are compared with each other, with no regard to their rank.
    pub fn compared(&self) -> Vec<(VolunteerId, Nearness)> {
        self.shortlist(&[]).into_iter().map(|(slot, near)| (self.roster.card(slot).id, near)).collect()
    }

    fn list(&self, look: Look<'_>, listed: &mut Vec<(Slot, Nearness)>) {
        if let Verdict::Eligible(near) = look.verdict()
            && look.has_skill()
        {
            listed.push((look.slot, self.walked(look.slot, near)));
        }
    }

    fn sought(&self) -> Sought<'_> {
        Sought {
            jurisdiction: self.jurisdiction,
            lenders: &self.lenders,
            at: self.wanted.point,
            skill: &self.wanted.category.code,
            language: self.wanted.language,
            gender: self.wanted.gender_wish,
            minors: self.concerns_minors(),
            medicine: self.entrusts_medicine(),
            credentials: &self.wanted.category.credentials,
            woken: self.quiet,
            at_once: self.at_once,
            hours: &self.hours,
        }
    }

    /// Those who may be asked, the nearest by air first, looked at as they are asked for.
    pub(super) fn nearest_by_air(
        &self,
        sought: &Sought<'_>,
    ) -> impl Iterator<Item = ((Slot, Nearness), u64)> {
        let left = Left::of(self);
        let mut around = self.roster.nearby().around(sought);
        let some = std::iter::from_fn(move || {
            let found: [Option<(Slot, u64)>; TOGETHER] = std::array::from_fn(|_| around.next());
            // Asked for here, their cards come from memory together.
            for (slot, _) in found.iter().flatten() {
                black_box(*self.roster.card(*slot));
            }
            found[0].map(|_| found)
        });
        let may_be_asked = move |(slot, squared)| Some((Self::found(self.look(slot), &left)?, squared));
        some.flatten().flatten().filter_map(may_be_asked)
    }

    /// Somebody whom the index found, if they may be asked.
    fn found(look: Look<'_>, left: &Left) -> Option<(Slot, Nearness)> {
        let near = look.near?;
        look.may_be_asked(left).then_some((look.slot, near))
    }

    fn look_from(&self, slot: Slot, ring: Option<u8>) -> Look<'_> {
        let card = self.roster.card(slot);
        Look { asking: self, slot, card, near: self.nearness(card, ring) }
    }

    /// Whether volunteers of that jurisdiction may be asked.
    fn may_ask_of(&self, jurisdiction: u16) -> bool {
        self.jurisdiction == Some(jurisdiction) || self.lenders.contains(&jurisdiction)
    }

    /// None when too far away: outside the district, and not within reach by the metre either; or across the border of a
    /// jurisdiction and out of reach.
    fn nearness(&self, card: &Card, ring: Option<u8>) -> Option<Nearness> {
        let reach = self.policy.offers.reach_m;
        self.within_reach(card, nearness(self.wanted.point, card.point, ring, reach)?)
    }

    fn within_reach(&self, card: &Card, near: Nearness) -> Option<Nearness> {
        let ours = self.jurisdiction == Some(card.jurisdiction);
        (ours || is_in_reach(near, self.policy.offers.reach_m)).then_some(near)
    }
}

/// Whose volunteers may be asked across the border: nobody's, unless the work may be shared.
fn lenders(roster: &Roster, wanted: &Wanted<'_>, policy: &Policy) -> Vec<u16> {
    if !wanted.category.shareable {
        return Vec::new();
    }
    let agreed = policy.agreements.volunteers_of.iter().filter(|id| *id != wanted.jurisdiction);
    agreed.filter_map(|id| roster.number_of(id)).collect()
}

/// Outside the district, and within reach.
const BEYOND: u8 = 4;

/// Near enough across the border of a jurisdiction: the metre decides, or, where a place is not known, that the
/// committees are neighbours.
pub(super) fn is_in_reach(near: Nearness, reach_m: u32) -> bool {
    near.metres.map_or(near.ring <= 1, |metres| metres <= reach_m)
}

/// By ring, and by the metre where both places are known; none when outside the district and out of reach.
pub(super) fn nearness(
    there: Option<Point>,
    home: Option<Point>,
    ring: Option<u8>,
    reach_m: u32,
) -> Option<Nearness> {
    let metres = there.zip(home).map(|(there, home)| there.distance_m(home));
    let in_reach = metres.is_some_and(|metres| metres <= reach_m);
    let ring = ring.or(in_reach.then_some(BEYOND))?;
    Some(Nearness { ring, metres })
}

#[cfg(test)]
mod tests;

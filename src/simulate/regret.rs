//! How far a day was from the best that could have been done: the offline optimum, by somebody who knows beforehand who
//! will ask for help, and who would say yes to whom.
//!
//! All visits that volunteers paid are planned anew as one assignment of least way, exactly (`dispatch::batch`). Whom a
//! visit may go to: whoever went, and those who might have been asked in the roster of the first morning when the request
//! came and would have said yes, each as often as the policy lets anybody go in the days. That two visits may overlap is not minded,
//! so that the optimum is a bound: nothing that really could be done is better.

use std::collections::{BTreeMap, BTreeSet};

use super::demand::Request;
use super::tally::{Tally, Visit};
use super::town::{Says, Town};
use super::world::Setting;
use crate::dispatch::batch::{BatchPolicy, Candidate, Edge, Instance, plan};
use crate::dispatch::candidates::{Asking, Wanted};
use crate::dispatch::free_places::AtLeast;
use crate::dispatch::window::default_window;
use crate::domain::ids::VolunteerId;
use crate::domain::policy::Policy;
use crate::domain::ticket::Window;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;

/// At most so many of the nearest are asked what they would have said, for the sake of time: beyond them nobody is nearer
/// than some hundreds of others.
const LOOKED_AT: usize = 1_024;
/// Of so many a fifth, at least, would have said yes: enough to begin with.
const FIRST_LOOKED_AT: usize = 96;
/// Farther than anybody lives: every visit that was paid is planned.
const FARTHER_THAN_ALL: u32 = 10_000_000;

/// What could have been done at best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Optimum {
    /// Metres of way, as the crow flies, of all visits together.
    pub metres: u64,
}

/// The offline optimum of the visits that were paid on a day.
pub fn optimum(set: &Setting<'_>, tally: &Tally) -> Optimum {
    let mut day = Day::of(set, &tally.gone);
    let leave = vec![FARTHER_THAN_ALL; day.rows.len()];
    let mut instance = Instance::new(&leave, day.capacity());
    // The least way in all, however long somebody's own: nobody had promised anybody anything.
    let policy = BatchPolicy { from: 0, tolerance_percent: u32::MAX };
    let best = plan(&mut instance, &mut |row, count, into| day.nearest(row, count, into), policy);
    debug_assert_eq!(best.check(&instance), Ok(()), "the plan proves itself");
    Optimum { metres: best.total }
}

/// The visits of a day, and who could have paid them.
struct Day<'a> {
    set: &'a Setting<'a>,
    rows: Vec<Row>,
    /// Everybody by badge number: their place is their number in the plan.
    badges: Vec<VolunteerId>,
    /// How often each of them went.
    went: BTreeMap<VolunteerId, u32>,
}

struct Row {
    visit: Visit,
    /// The willing, the nearest first, as far as the list can be trusted.
    willing: Vec<Edge>,
    looked_at: usize,
    whole: bool,
}

impl<'a> Day<'a> {
    fn of(set: &'a Setting<'a>, visits: &[Visit]) -> Self {
        let row = |visit: &Visit| Row { visit: *visit, willing: vec![], looked_at: 0, whole: false };
        let mut went = BTreeMap::new();
        for visit in visits {
            *went.entry(visit.volunteer).or_default() += 1;
        }
        let badges = set.town.roster.volunteers().map(|volunteer| volunteer.id).collect();
        Self { set, rows: visits.iter().map(row).collect(), badges, went }
    }

    fn capacity(&self) -> Vec<u32> {
        let most = u32::from(self.set.policy.visits.per_day) * u32::from(self.set.scenario.days);
        self.badges.iter().map(|badge| self.went.get(badge).copied().unwrap_or(0).max(most)).collect()
    }

    /// The nearest so many of the willing.
    fn nearest(&mut self, row: usize, count: usize, into: &mut Vec<Edge>) {
        while self.rows[row].willing.len() < count && !self.rows[row].whole {
            self.look_farther(row);
        }
        into.extend(self.rows[row].willing.iter().take(count));
    }

    fn look_farther(&mut self, row: usize) {
        let Row { visit, looked_at, .. } = self.rows[row];
        let looked_at = (looked_at * 4).clamp(FIRST_LOOKED_AT, LOOKED_AT);
        let request = &self.set.requests[visit.request as usize];
        let near = who_may(self.set, request, looked_at);
        let whole = near.len() < looked_at || looked_at == LOOKED_AT;
        let farthest = near.iter().map(|(_, metres)| *metres).max().unwrap_or(0);
        // Who is left out may live a little nearer by the metre than the last who is not.
        let sure = if whole { u32::MAX } else { farthest.saturating_sub(3 + farthest / 500) };
        let hour = self.set.calendar.hour(asked_at(self.set, request));
        let people = &self.set.scenario.people;
        let would = |badge: VolunteerId| {
            let question = (request.number, &request.category);
            self.set.town.answer(badge, question, hour, people).says == Says::Yes
        };
        let went = (visit.metres <= sure).then_some((visit.volunteer, visit.metres));
        let others = near
            .into_iter()
            .filter(|(badge, metres)| *metres <= sure && *badge != visit.volunteer && would(*badge));
        let mut willing: Vec<Edge> = went
            .into_iter()
            .chain(others)
            .map(|(badge, cost)| Edge { candidate: self.place(badge), cost })
            .collect();
        willing.sort_unstable_by_key(|edge| (edge.cost, edge.candidate));
        self.rows[row] = Row { visit, willing, looked_at, whole };
    }

    fn place(&self, badge: VolunteerId) -> Candidate {
        let place = self.badges.binary_search(&badge).expect("who may be asked is registered");
        Candidate(u32::try_from(place).expect("fewer than four billion volunteers"))
    }
}

/// When somebody might have been asked at the earliest.
fn asked_at(set: &Setting<'_>, request: &Request) -> Timestamp {
    match urgency(set, request) {
        Some(Urgency::P1 | Urgency::P2) => request.at,
        Some(Urgency::P3 | Urgency::P4) | None => set.calendar.after_quiet_hours(request.at),
    }
}

fn urgency(set: &Setting<'_>, request: &Request) -> Option<Urgency> {
    let of_category = || Some(set.town.catalogue.find(&request.category)?.urgency);
    request.urgency.or_else(of_category)
}

/// Those who might have been asked, before anybody had anything in hand, with the metres to their homes.
fn who_may(set: &Setting<'_>, request: &Request, looked_at: usize) -> Vec<(VolunteerId, u32)> {
    let Town { roster, catalogue, homes, jurisdiction, .. } = set.town;
    let Some(category) = catalogue.find(&request.category) else { return vec![] };
    let (now, urgency) = (asked_at(set, request), request.urgency.unwrap_or(category.urgency));
    let (area, point) = &homes[request.home];
    let nobody = BTreeSet::new();
    let window = default_window(category, urgency, (set.policy, set.calendar), now)
        .unwrap_or(Window { from: now, until: now + set.policy.visits.window_urgent });
    let wanted = Wanted {
        must_hold: AtLeast::ANYBODY,
        jurisdiction,
        category,
        urgency,
        kind: category.assignment,
        area: Some(area),
        point: Some(*point),
        window,
        minutes: category.minutes,
        language: None,
        gender_wish: None,
        minor_age: None,
        declined: &nobody,
        blocked: &nobody,
        acquainted: &nobody,
        asked: &nobody,
    };
    let mut policy = Policy::clone(set.policy);
    policy.offers.shortlist = u16::try_from(looked_at).unwrap_or(u16::MAX);
    // The town says what the way adds to the straight line.
    policy.offers.detour_permille = 1_000;
    let asking = Asking::new(roster, &wanted, &policy, set.calendar, now);
    asking.compared().into_iter().filter_map(|(badge, near)| Some((badge, near.metres?))).collect()
}

//! One simulated day: requests come, the engine that runs the line decides whom to ask, the town answers.
//!
//! Whom to ask, in which order, how many, when the next, when staff, an institution or the duty officer: all of it is
//! `dispatch`, as it stands. Here is only what the desk does beside it: keep who was asked, and the time.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::time::Duration;

use super::case::{Asked, By, Case};
use super::demand::Request;
use super::scenario::Scenario;
use super::tally::{Tally, Visit};
use super::town::{Says, Town};
use crate::dispatch::candidates::{Asking, Rule, Wanted};
use crate::dispatch::escalation::{Climb, Due, Ground, InstitutionTurn, LadderStep};
use crate::dispatch::free_places::AtLeast;
use crate::dispatch::offer::{Wave, next_wave_of};
use crate::dispatch::roster::Roster;
use crate::dispatch::together::Together;
use crate::dispatch::window::default_window;
use crate::domain::area::Point;
use crate::domain::assignment::AssignmentKind;
use crate::domain::calendar::Calendar;
use crate::domain::category::{Category, HandlerKind};
use crate::domain::clocks::{Clock, ClockKind, Owed};
use crate::domain::ids::{FacilityId, StationId, VolunteerId};
use crate::domain::offer::OfferState;
use crate::domain::policy::Policy;
use crate::domain::safety::{VisitFacts, needs_two};
use crate::domain::ticket::{Rung, Window};
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;
use crate::domain::volunteer::Occasion;

mod at_once;
mod others;

/// Steps that may fall due at one moment, as at the desk.
const STEPS_AT_ONCE: usize = 8;

/// What happens at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Rings(u32),
    /// The ladder is looked at, unless it has been since.
    Look {
        case: u32,
        turn: u32,
    },
    Answers {
        case: u32,
        volunteer: VolunteerId,
        yes: bool,
    },
    StaffTakes {
        case: u32,
        station: StationId,
    },
    InstitutionSays {
        case: u32,
        facility: FacilityId,
        yes: bool,
    },
    Finishes {
        case: u32,
        volunteer: VolunteerId,
    },
}

/// What a day is made of.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    pub town: &'a Town,
    pub scenario: &'a Scenario,
    pub policy: &'a Policy,
    pub calendar: &'a Calendar,
    pub requests: &'a [Request],
    pub seed: u64,
}

/// The day as it goes.
pub struct World<'a> {
    set: Setting<'a>,
    roster: Roster,
    cases: Vec<Case>,
    queue: BinaryHeap<Reverse<(Timestamp, u64, Event)>>,
    queued: u64,
    /// Whom the requests of this moment ask first.
    together: Together<u32>,
    /// Every day that is lived: whatever is done in its 24 h, and what came of its requests.
    days: Vec<(Window, Tally)>,
    events: u64,
}

impl<'a> World<'a> {
    pub fn new(set: Setting<'a>) -> Self {
        let mut world = Self {
            set,
            roster: set.town.roster.clone(),
            cases: Vec::with_capacity(set.requests.len()),
            queue: BinaryHeap::with_capacity(set.requests.len() * 4),
            queued: 0,
            together: Together::default(),
            days: days_of(&set),
            events: 0,
        };
        for request in set.requests {
            world.later(request.at, Event::Rings(request.number));
        }
        world
    }

    /// Lets the days go by, until everything that began in them has ended; gives each of them.
    pub fn run(mut self) -> Vec<Tally> {
        while let Some(Reverse((now, _, event))) = self.queue.pop() {
            self.events += 1;
            match event {
                Event::Rings(_) | Event::Look { .. } => self.at_once(event, now),
                Event::Answers { case, volunteer, yes: true } => self.yes(case, volunteer, now),
                Event::Answers { case, volunteer, yes: false } => self.no(case, volunteer, now),
                Event::StaffTakes { case, station } => self.staff_takes(case, station, now),
                Event::InstitutionSays { case, facility, yes } => {
                    self.institution_says(case, facility, yes, now);
                }
                Event::Finishes { case, volunteer } => self.finishes(case, volunteer, now),
            }
        }
        for (case, request) in self.cases.iter().zip(self.set.requests) {
            let day = day_of(&self.days, request.at);
            self.days[day].1.case(case, request, self.set.town);
        }
        let events = self.events;
        self.days.iter_mut().for_each(|(_, tally)| tally.events = events);
        self.days.into_iter().map(|(_, tally)| tally).collect()
    }

    /// The day in whose 24 h it is; none when all are over and what is left is done.
    fn today(&mut self, now: Timestamp) -> Option<&mut Tally> {
        let day = day_of(&self.days, now);
        self.days.get_mut(day).filter(|(hours, _)| hours.holds(now)).map(|(_, tally)| tally)
    }

    fn later(&mut self, at: Timestamp, event: Event) {
        self.queued += 1;
        self.queue.push(Reverse((at, self.queued, event)));
    }

    fn category(&self, case: u32) -> &'a Category {
        let request = &self.set.requests[case as usize];
        self.set.town.catalogue.find(&request.category).expect("it was drawn from the catalogue")
    }

    fn place(&self, case: u32) -> Point {
        self.set.town.homes[self.set.requests[case as usize].home].1
    }

    fn rings(&mut self, number: u32, now: Timestamp) {
        let Setting { town, policy, calendar, .. } = self.set;
        let category = self.category(number);
        let request = &self.set.requests[number as usize];
        let area = &town.homes[request.home].0;
        let urgency = request.urgency.unwrap_or(category.urgency);
        let window = default_window(category, urgency, (policy, calendar), now)
            .unwrap_or(Window { from: now, until: now + policy.visits.window_urgent });
        let owed = Owed { urgency, consultation: category.consultation, window: None };
        let accept = Clock::start(ClockKind::Accept, &owed, policy, calendar, now)
            .expect("every request is owed somebody who takes it");
        let station = town.stations.for_area(area, category.tier).expect("the district has a station");
        debug_assert_eq!(self.cases.len(), number as usize, "requests come in order");
        let need = persons(category, window, (policy, calendar), now);
        self.cases.push(Case::new(accept, station, window, need, urgency));
    }

    /// Takes every step whose time has come, and comes back when the next one's does.
    fn climb(&mut self, id: u32, now: Timestamp) {
        self.expire(id, now);
        self.cases[id as usize].turn += 1;
        for _ in 0..STEPS_AT_ONCE {
            if self.cases[id as usize].is_taken() {
                return;
            }
            let steps = self.steps(id, now);
            let (due, waits): (Vec<Due>, Vec<Due>) = steps.into_iter().partition(|due| due.at <= now);
            if due.is_empty() {
                let turn = self.cases[id as usize].turn;
                if let Some(next) = waits.iter().map(|due| due.at).min() {
                    self.later(next, Event::Look { case: id, turn });
                }
                return;
            }
            for step in due {
                self.take(id, step, now);
            }
        }
        let turn = self.cases[id as usize].turn;
        self.later(now + Duration::from_secs(60), Event::Look { case: id, turn });
    }

    fn steps(&self, id: u32, now: Timestamp) -> Vec<Due> {
        let case = &self.cases[id as usize];
        let institution = if case.institution.is_some() {
            InstitutionTurn::Waits
        } else if self.category(id).by.contains(&HandlerKind::Institution)
            && case.rung < Some(Rung::Institution)
            && case.told.is_empty()
            && self.nearest(id).is_some()
        {
            InstitutionTurn::MayBeTold
        } else {
            InstitutionTurn::Nobody
        };
        let climb = Climb {
            category: self.category(id),
            urgency: case.urgency,
            accept: &case.accept,
            station: case.station,
            rung: case.rung,
            waves: case.waves,
            wave_expires: case.open.iter().map(|open| open.expires_at).max(),
            candidates_left: case.candidates_left,
            institution,
            peers_told: &case.stations_told,
        };
        let Setting { policy, calendar, town, .. } = self.set;
        Ground { policy, calendar, stations: &town.stations }.steps(&climb, now)
    }

    fn take(&mut self, id: u32, due: Due, now: Timestamp) {
        let case = &mut self.cases[id as usize];
        case.rung = case.rung.max(due.step.rung());
        match due.step {
            LadderStep::OfferWave => {
                let wave = self.next(id, now);
                let case = &mut self.cases[id as usize];
                case.candidates_left = if wave.is_empty() { 0 } else { wave.left };
                case.waves += u8::from(!wave.is_empty());
                self.offer(id, wave, now);
            }
            LadderStep::ToInstitution => self.tell_institution(id, now),
            LadderStep::ToStation(station) | LadderStep::TierUp(station) | LadderStep::Peer(station) => {
                if due.step.rung().is_some() {
                    case.station = station;
                }
                if case.urgency != Urgency::P1 {
                    self.stand_down(id);
                }
                self.tell_staff(id, station, false, now);
            }
            LadderStep::DutyOfficer(station) => self.tell_staff(id, station, true, now),
        }
    }

    fn ask<T>(&self, id: u32, now: Timestamp, question: impl FnOnce(&Asking) -> T) -> T {
        let case = &self.cases[id as usize];
        let (area, point) = &self.set.town.homes[self.set.requests[id as usize].home];
        let category = self.category(id);
        let nobody = BTreeSet::new();
        let wanted = Wanted {
            jurisdiction: &self.set.town.jurisdiction,
            category,
            urgency: case.urgency,
            kind: category.assignment,
            area: Some(area),
            point: Some(*point),
            window: case.window,
            minutes: category.minutes,
            language: None,
            gender_wish: None,
            minor_age: None,
            must_hold: AtLeast::ANYBODY,
            declined: &case.declined,
            blocked: &nobody,
            acquainted: &nobody,
            asked: &case.asked,
        };
        question(&Asking::new(&self.roster, &wanted, self.set.policy, self.set.calendar, now))
    }

    fn next(&self, id: u32, now: Timestamp) -> Wave {
        let (case, open) = (&self.cases[id as usize], self.asked_still(id));
        let chosen = self.together.of(&id);
        self.ask(id, now, |asking| next_wave_of(asking, self.set.calendar, case.free(), (&[], chosen), &open))
    }

    /// Whose answer may still come, and who goes where more than one may.
    fn asked_still(&self, id: u32) -> Vec<VolunteerId> {
        let case = &self.cases[id as usize];
        let goes = case.goes().filter(|_| self.set.scenario.everyone_goes);
        case.open.iter().map(|open| open.volunteer).chain(goes).collect()
    }

    fn offer(&mut self, id: u32, wave: Wave, now: Timestamp) {
        let Setting { town, scenario, calendar, .. } = self.set;
        let request = &self.set.requests[id as usize];
        let hour = calendar.hour(now);
        for (volunteer, _) in wave.ask {
            let offer = self.cases[id as usize].asks(id, volunteer, wave.expires_at, now, &self.roster);
            self.roster.offer_sent(&offer);
            if let Some(today) = self.today(now) {
                today.offered(volunteer);
            }
            let answer = town.answer(volunteer, (request.number, &request.category), hour, &scenario.people);
            if answer.says != Says::Nothing {
                let yes = answer.says == Says::Yes;
                self.later(now + seconds(answer.after_s), Event::Answers { case: id, volunteer, yes });
            }
        }
    }

    /// Notes how an offer ended, and what somebody said to what when they were asked at which hour.
    fn ended(&mut self, id: u32, volunteer: VolunteerId, how: OfferState) {
        let case = &mut self.cases[id as usize];
        let Some(Asked { offer, at, .. }) = case.asked_of(volunteer) else { return };
        case.open.retain(|open| open.volunteer != volunteer);
        let category = self.set.requests[id as usize].category.clone();
        let occasion = Occasion { hour: self.set.calendar.hour(at), category };
        self.roster.offer_ended(volunteer, offer, how, Some(occasion));
    }

    /// Offers whose time is over: not a no, and a yes still counts while somebody is wanted.
    fn expire(&mut self, id: u32, now: Timestamp) {
        let case = &mut self.cases[id as usize];
        let (over, open) =
            std::mem::take(&mut case.open).into_iter().partition(|open| open.expires_at <= now);
        case.open = open;
        for offer in over {
            self.ended(id, offer.volunteer, OfferState::Expired);
        }
    }

    fn yes(&mut self, id: u32, volunteer: VolunteerId, now: Timestamp) {
        let case = &self.cases[id as usize];
        let Some(Asked { offer, .. }) = case.asked_of(volunteer) else { return };
        let asks_volunteers = case.rung == Some(Rung::Volunteers) || case.urgency == Urgency::P1;
        let is_over = case.is_taken() && !self.set.scenario.everyone_goes;
        if is_over || !asks_volunteers {
            self.of_no_use(id, volunteer);
            return;
        }
        if self.is_promised(id, volunteer, now) {
            self.of_no_use(id, volunteer);
            self.replace(id, now);
            return self.climb(id, now);
        }
        self.ended(id, volunteer, OfferState::Accepted);
        let category = self.category(id);
        let case = &mut self.cases[id as usize];
        let assignment = case.assign(id, volunteer, (offer, category), self.set.policy, now);
        self.roster.assignment(&assignment, self.set.policy, now);
        let home = self.roster.find(volunteer).and_then(|volunteer| volunteer.point);
        let people = &self.set.scenario.people;
        let way = home.map_or(0.0, |home| Town::way_s(home, self.place(id), people));
        let metres = home.map_or(0, |home| home.distance_m(self.place(id)));
        let asked_for = day_of(&self.days, self.set.requests[id as usize].at);
        self.days[asked_for].1.gone.push(Visit { request: id, volunteer, metres });
        if let Some(today) = self.today(now) {
            today.promised(volunteer);
        }
        let arrives = now.max(self.cases[id as usize].window.from) + seconds(people.leaves_after_s + way);
        let minutes = Duration::from_secs(u64::from(category.minutes) * 60);
        self.later(arrives + minutes, Event::Finishes { case: id, volunteer });
        let case = &mut self.cases[id as usize];
        case.arrives(arrives);
        if case.free() == 0 {
            case.taken(By::Volunteer, now);
            if !self.set.scenario.everyone_goes {
                self.stand_down(id);
            }
        }
    }

    /// A yes that came too late, or of somebody who has something else by now: it is answered, and counts as a yes.
    fn of_no_use(&mut self, id: u32, volunteer: VolunteerId) {
        self.ended(id, volunteer, OfferState::TooLate);
        let case = &mut self.cases[id as usize];
        case.late += 1;
        case.answered += 1;
    }

    /// The rules of load, asked again at the yes.
    fn is_promised(&self, id: u32, volunteer: VolunteerId, now: Timestamp) -> bool {
        let load = [Rule::Busy, Rule::Overlapping, Rule::TasksThatDay, Rule::HoursThatWeek];
        self.ask(id, now, |asking| asking.all_against(volunteer)).iter().any(|rule| load.contains(rule))
    }

    /// A no, which is answered in any case; whose offer is over has said nothing by it.
    fn no(&mut self, id: u32, volunteer: VolunteerId, now: Timestamp) {
        let case = &mut self.cases[id as usize];
        case.answered += 1;
        if !case.open.iter().any(|open| open.volunteer == volunteer) {
            return;
        }
        case.declined.insert(volunteer);
        self.ended(id, volunteer, OfferState::Declined);
        self.replace(id, now);
        self.climb(id, now);
    }

    /// Somebody else at once, where the policy says so, volunteers are still asked and nobody is woken.
    fn replace(&mut self, id: u32, now: Timestamp) {
        let case = &self.cases[id as usize];
        let urgent = matches!(case.urgency, Urgency::P1 | Urgency::P2);
        let wakes = !urgent && self.set.calendar.in_quiet_hours(now);
        let asks = !case.is_taken() && case.rung == Some(Rung::Volunteers);
        if self.set.policy.offers.replace && asks && !wakes {
            let wave = self.next(id, now);
            self.cases[id as usize].candidates_left = wave.left;
            self.offer(id, wave, now);
        }
    }

    /// Everybody still asked hears that somebody else goes.
    fn stand_down(&mut self, id: u32) {
        let case = &mut self.cases[id as usize];
        let open = std::mem::take(&mut case.open);
        case.stood_down += u32::try_from(open.len()).expect("a wave is small");
        for offer in open {
            self.ended(id, offer.volunteer, OfferState::Withdrawn);
        }
    }

    fn finishes(&mut self, id: u32, volunteer: VolunteerId, now: Timestamp) {
        let ended = self.cases[id as usize].end(volunteer, now);
        if let Some(assignment) = ended {
            self.roster.assignment(&assignment, self.set.policy, now);
        }
    }
}

/// How many go: two where the rules of safety say so (SAF-4), as far as it hangs on the work and its hours. Residents are at
/// home where the register says, and nothing stands about them in it.
fn persons(category: &Category, window: Window, rules: (&Policy, &Calendar), now: Timestamp) -> u8 {
    let (policy, calendar) = rules;
    let from = window.from.max(now);
    let facts = VisitFacts {
        category,
        unknown_home: false,
        flags: &[],
        hours: &calendar.hours_touched(Window { from, until: window.until.max(from) }),
        concerns_minor: false,
        missed_care_call: false,
    };
    let goes = category.persons > 0 && category.assignment != AssignmentKind::Phone;
    let two = goes && needs_two(&facts, policy).is_some();
    category.persons.max(if two { 2 } else { 1 })
}

/// Every day that is lived, with nothing done in it yet.
fn days_of(set: &Setting<'_>) -> Vec<(Window, Tally)> {
    let Setting { town, scenario, calendar, .. } = set;
    let empty = |(_, morning): (i64, Timestamp)| {
        let tally = Tally::of(town, calendar.weekday(morning), scenario.people.seconds_a_metre());
        (calendar.day_around(morning), tally)
    };
    scenario.mornings(calendar).into_iter().map(empty).collect()
}

/// Of the days the last that has begun by then.
fn day_of(days: &[(Window, Tally)], at: Timestamp) -> usize {
    days.partition_point(|(hours, _)| hours.from <= at).saturating_sub(1)
}

fn seconds(s: f64) -> Duration {
    Duration::from_millis((s * 1_000.0).clamp(0.0, 1e12) as u64)
}

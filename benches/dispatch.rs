//! What one decision costs, from a ticket to the wave of those to be asked, among 28,600 volunteers; and a simulated day.
//!
//! `cargo bench --bench dispatch` prints a table: how many have the skill, how many may be asked, p50 and p99 of a decision,
//! and the same of a plain scan in the same run, which looks at everybody with the skill and sorts those who may be asked by
//! distance. Each question is put several times and its quickest counts, less what reading the clock costs; p50 and p99
//! are over the questions. `-- day` lives through the shipped day as well, once a policy.
#![allow(clippy::disallowed_methods, reason = "a stopwatch has to read the clock")]

mod timed;

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Instant;

use yingda::dispatch::candidates::{Asking, Wanted};
use yingda::dispatch::free_places::AtLeast;
use yingda::dispatch::offer::next_wave;
use yingda::dispatch::roster::Roster;
use yingda::domain::area::{AreaCode, Point};
use yingda::domain::calendar::Calendar;
use yingda::domain::category::{Catalogue, CategoryCode, DEFAULT_TEXT};
use yingda::domain::ids::{Chance, JurisdictionId, PersonId, StationId, VolunteerId};
use yingda::domain::language::Language;
use yingda::domain::person::Gender;
use yingda::domain::phone_number::{NumberingPlan, PhoneNumber};
use yingda::domain::policy::Policy;
use yingda::domain::span::hours_of;
use yingda::domain::ticket::Window;
use yingda::domain::timestamp::Timestamp;
use yingda::domain::urgency::Urgency;
use yingda::domain::volunteer::{DutyState, Lifecycle, Volunteer, VolunteerKind, WeekHours};

use timed::timed;

const VOLUNTEERS: i64 = 28_600;
const COMMITTEES: u32 = 137;
const QUESTIONS: usize = 2_000;
const PASSES: usize = 9;
/// A scan is slow enough to be known by fewer.
const QUESTIONS_OF_SCAN: usize = 200;
/// Monday, 2 March 2026, 10:00 and 02:00 in Beijing.
const MORNING: Timestamp = Timestamp::from_millis(1_772_416_800_000);
const NIGHT: Timestamp = Timestamp::from_millis(1_772_388_000_000);

/// A skill with the share of volunteers, in thousandths, who have it.
const SKILLS: [(&str, u32); 6] =
    [("ELD-02", 1_000), ("ELD-07", 500), ("ELD-04", 95), ("ELD-05", 50), ("ELD-03", 5), ("DIS-04", 10)];

fn committee(n: u32) -> AreaCode {
    AreaCode::parse(&format!("370203{:03}{:03}", 1 + n / 7, 1 + n % 7)).expect("twelve digits")
}

/// Somewhere in ten by eight kilometres.
fn point(chance: &mut Chance) -> Point {
    let offset = |chance: &mut Chance| i32::try_from(chance.below(900_000)).expect("below a million");
    Point { latitude_e7: 360_600_000 + offset(chance), longitude_e7: 1_203_000_000 + offset(chance) }
}

/// Pensioners by day, the others after work; a few always.
fn hours(chance: &mut Chance) -> WeekHours {
    const BY_DAY: u32 = 0x03_ff00;
    const IN_THE_EVENING: u32 = 0x1e_0000;
    match chance.below(100) {
        0..8 => WeekHours::ALWAYS,
        8..45 => WeekHours([BY_DAY; 7]),
        _ => WeekHours([IN_THE_EVENING, IN_THE_EVENING, IN_THE_EVENING, IN_THE_EVENING, 0, BY_DAY, BY_DAY]),
    }
}

fn volunteer(id: i64, chance: &mut Chance) -> Volunteer {
    let has = |share: u32, chance: &mut Chance| chance.below(100) < share;
    let skills = SKILLS
        .iter()
        .filter(|(_, share)| chance.below(1_000) < *share)
        .map(|(code, _)| CategoryCode::parse(code).expect("a code of the catalogue"))
        .collect();
    let answers = (0..chance.below(20)).map(|_| has(30, chance).into()).collect();
    let hours_ago = hours_of(u64::from(chance.below(2_000)));
    Volunteer {
        id: VolunteerId(id),
        person: PersonId(id),
        jurisdiction: JurisdictionId("sifang".to_owned()),
        kind: VolunteerKind::Retired,
        lifecycle: if has(92, chance) { Lifecycle::Active } else { Lifecycle::Applied },
        phone: PhoneNumber::parse(&format!("+86139{id:08}"), &NumberingPlan::default()).expect("a number"),
        home_station: StationId(1),
        area: committee(chance.below(COMMITTEES)),
        point: Some(point(chance)),
        skills,
        languages: BTreeSet::from([Language::Zh]),
        gender: if has(50, chance) { Gender::Female } else { Gender::Male },
        birth_year: 1960,
        credentials: Vec::new(),
        available: hours(chance),
        duty: if has(12, chance) { DutyState::On } else { DutyState::Off },
        opted_out: has(2, chance),
        night_consent: has(10, chance),
        rating: None,
        last_assigned_at: has(60, chance).then(|| MORNING - hours_ago),
        // One in ten came back from a visit just now.
        resting_until: has(10, chance).then(|| MORNING + hours_of(3)),
        answers,
        version: 1,
    }
}

struct Ground {
    roster: Roster,
    catalogue: Catalogue,
    policy: Policy,
    calendar: Calendar,
    jurisdiction: JurisdictionId,
    nobody: BTreeSet<VolunteerId>,
    places: Vec<(AreaCode, Point)>,
}

impl Ground {
    fn wanted<T>(
        &self,
        (code, urgency): (&str, Option<Urgency>),
        (area, point): (&AreaCode, Option<Point>),
        now: Timestamp,
        question: impl FnOnce(&Asking) -> T,
    ) -> T {
        let category = &self.catalogue.categories[&CategoryCode::parse(code).expect("a code")];
        let wanted = Wanted {
            must_hold: AtLeast::ANYBODY,
            jurisdiction: &self.jurisdiction,
            category,
            urgency: urgency.unwrap_or(category.urgency),
            kind: category.assignment,
            area: Some(area),
            point,
            window: Window { from: now, until: now + hours_of(2) },
            minutes: category.minutes,
            language: Some(Language::Zh),
            gender_wish: None,
            minor_age: None,
            declined: &self.nobody,
            blocked: &self.nobody,
            acquainted: &self.nobody,
            asked: &self.nobody,
        };
        question(&Asking::new(&self.roster, &wanted, &self.policy, &self.calendar, now))
    }

    /// Asked about places, or about their areas alone.
    fn measure(&self, name: &str, work: (&str, Option<Urgency>), (now, by_point): (Timestamp, bool)) {
        let place = |number: usize| {
            let (area, point) = &self.places[number % self.places.len()];
            (area, by_point.then_some(*point))
        };
        let considered = self.wanted(work, place(0), now, |asking| asking.considered().len());
        let may = self.wanted(work, place(0), now, |asking| asking.eligible().len());
        let (p50, p99) = timed(PASSES, QUESTIONS, |number| {
            self.wanted(work, place(number), now, |asking| {
                black_box(next_wave(asking, &self.calendar, 1, &[], &[]));
            });
        });
        let (scan_p50, scan_p99) = timed(PASSES, QUESTIONS_OF_SCAN, |number| {
            self.wanted(work, place(number), now, |asking| {
                let mut all = asking.eligible();
                all.sort_unstable_by_key(|(id, near)| (near.metres, *id));
                all.truncate(usize::from(self.policy.offers.shortlist));
                black_box(all);
            });
        });
        let [p50, p99, scan_p50, scan_p99] =
            [p50, p99, scan_p50, scan_p99].map(|nanos| nanos as f64 / 1_000.0);
        println!(
            "| {name} | {considered} | {may} | {p50:.1} / {p99:.1} | {scan_p50:.0} / {scan_p99:.0} | {:.0} |",
            scan_p50 / p50
        );
    }
}

fn main() {
    let mut chance = Chance::from_number(1);
    let mut roster = Roster::default();
    for id in 1..=VOLUNTEERS {
        roster.put(volunteer(10_000 + id, &mut chance));
    }
    let place = |chance: &mut Chance| (committee(chance.below(COMMITTEES)), point(chance));
    let ground = Ground {
        roster,
        catalogue: Catalogue::parse(DEFAULT_TEXT).expect("the catalogue that is compiled in"),
        policy: Policy::default(),
        calendar: Calendar::default(),
        jurisdiction: JurisdictionId("sifang".to_owned()),
        nobody: BTreeSet::new(),
        places: (0..QUESTIONS).map(|_| place(&mut chance)).collect(),
    };
    println!("{VOLUNTEERS} volunteers\n");
    println!(
        "| asked | have the skill | may be asked | decision, p50 / p99 µs | scan, p50 / p99 µs | times |"
    );
    println!("|---|---|---|---|---|---|");
    for (code, share) in SKILLS {
        let name = format!("{code}, a skill of {} %", f64::from(share) / 10.0);
        ground.measure(&name, (code, None), (MORNING, true));
        ground.measure(&format!("{name}, without a point"), (code, None), (MORNING, false));
    }
    ground.measure("ELD-02, urgent at night", ("ELD-02", Some(Urgency::P2)), (NIGHT, true));
    ground.measure("DIS-04, urgent at night", ("DIS-04", Some(Urgency::P2)), (NIGHT, true));
    #[cfg(feature = "demo")]
    if std::env::args().any(|word| word == "day") {
        simulated_day();
    }
}

/// The shipped day without the days before it, on one thread.
#[cfg(feature = "demo")]
fn simulated_day() {
    use yingda::commands::simulate::land;
    use yingda::simulate::scenario::{DAY, Scenario};
    use yingda::simulate::{NEAREST_THREE, Named, day};

    let shipped = Scenario::parse(DAY).expect("the day that is compiled in");
    let alone = Scenario { days_before: 0, regret: false, ..shipped };
    let catalogue = Catalogue::parse(DEFAULT_TEXT).expect("the catalogue that is compiled in");
    let calendar = Calendar::default();
    let land = land(&alone, &catalogue, &calendar);
    println!("\n{} requests among {} volunteers in a day", alone.requests, alone.volunteers);
    for (name, text) in [("shipped", ""), ("nearest-three", NEAREST_THREE)] {
        let policy = [Named::read(name, text).expect("a policy that is compiled in")];
        for regret in [false, true] {
            let scenario = Scenario { regret, ..alone.clone() };
            let began = Instant::now();
            let tallies = day(&land, &catalogue, &scenario, &calendar, (&policy, 1));
            let held = if regret { ", held against the offline optimum" } else { "" };
            println!("{name}{held}: {:.2?}, {} events", began.elapsed(), tallies[0].events);
        }
    }
}

//! How long it takes to find whom to ask among 20,000 volunteers: everyone with a verdict, ranked, cut to a wave.
//!
//! `cargo bench --bench dispatch` prints one line a case: how many have the skill, how many may be asked, p50 and p99.
#![allow(clippy::disallowed_methods, reason = "a stopwatch has to read the clock")]

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Instant;

use yingda::dispatch::candidates::{Asking, Wanted};
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
use yingda::domain::volunteer::{DutyState, Lifecycle, Volunteer, VolunteerKind, WeekHours};

const VOLUNTEERS: i64 = 20_000;
const COMMITTEES: u32 = 137;
const QUESTIONS: usize = 1_000;
/// Monday, 2 March 2026, 10:00 in Beijing.
const NOW: Timestamp = Timestamp::from_millis(1_772_416_800_000);

/// A skill with the share of volunteers, in hundredths, who have it.
const SKILLS: [(&str, u32); 4] = [("ELD-02", 100), ("ELD-07", 50), ("ELD-05", 10), ("DIS-04", 1)];

fn committee(n: u32) -> AreaCode {
    AreaCode::parse(&format!("370203{:03}{:03}", 1 + n / 7, 1 + n % 7)).expect("twelve digits")
}

fn point(chance: &mut Chance) -> Point {
    let offset = |chance: &mut Chance| i32::try_from(chance.below(900_000)).expect("below a million");
    Point { latitude_e7: 360_600_000 + offset(chance), longitude_e7: 1_203_000_000 + offset(chance) }
}

fn volunteer(id: i64, chance: &mut Chance) -> Volunteer {
    let has = |share: u32, chance: &mut Chance| chance.below(100) < share;
    let skills = SKILLS
        .iter()
        .filter(|(_, share)| has(*share, chance))
        .map(|(code, _)| CategoryCode::parse(code).expect("a code of the catalogue"))
        .collect();
    let answers = (0..chance.below(20)).map(|_| has(30, chance)).collect();
    Volunteer {
        id: VolunteerId(id),
        person: PersonId(id),
        jurisdiction: JurisdictionId("sifang".to_owned()),
        kind: VolunteerKind::Retired,
        lifecycle: Lifecycle::Active,
        phone: PhoneNumber::parse(&format!("+86139{id:08}"), &NumberingPlan::default()).expect("a number"),
        home_station: StationId(1),
        area: committee(chance.below(COMMITTEES)),
        point: Some(point(chance)),
        skills,
        languages: BTreeSet::from([Language::Zh]),
        gender: Gender::Female,
        birth_year: 1960,
        credentials: Vec::new(),
        available: WeekHours::ALWAYS,
        duty: if has(30, chance) { DutyState::On } else { DutyState::Off },
        opted_out: has(2, chance),
        night_consent: false,
        rating: None,
        last_assigned_at: None,
        resting_until: None,
        answers,
        version: 1,
    }
}

fn main() {
    let mut chance = Chance::from_number(1);
    let mut roster = Roster::default();
    for id in 1..=VOLUNTEERS {
        roster.put(volunteer(10_000 + id, &mut chance));
    }
    let catalogue = Catalogue::parse(DEFAULT_TEXT).expect("the catalogue that is compiled in");
    let (policy, calendar) = (Policy::default(), Calendar::default());
    let (jurisdiction, nobody) = (JurisdictionId("sifang".to_owned()), BTreeSet::new());
    for (code, _) in SKILLS {
        let category = &catalogue.categories[&CategoryCode::parse(code).expect("a code")];
        let (mut micros, mut considered, mut eligible) = (Vec::new(), 0, 0);
        for _ in 0..QUESTIONS {
            let area = committee(chance.below(COMMITTEES));
            let wanted = Wanted {
                jurisdiction: &jurisdiction,
                category,
                urgency: category.urgency,
                kind: category.assignment,
                area: Some(&area),
                point: Some(point(&mut chance)),
                window: Window { from: NOW, until: NOW + hours_of(2) },
                minutes: category.minutes,
                language: Some(Language::Zh),
                gender_wish: None,
                minor_age: None,
                declined: &nobody,
                blocked: &nobody,
                acquainted: &nobody,
                asked: &nobody,
            };
            let began = Instant::now();
            let asking = Asking::new(&roster, &wanted, &policy, &calendar, NOW);
            let wave = black_box(next_wave(&asking, &calendar, 1, &[], &[]));
            micros.push(began.elapsed().as_micros());
            eligible = wave.left + wave.ask.len();
            considered = asking.considered().len();
        }
        micros.sort_unstable();
        let (p50, p99) = (micros[QUESTIONS / 2], micros[QUESTIONS * 99 / 100]);
        println!("{code}: {considered} have the skill, {eligible} may be asked, p50 {p50} µs, p99 {p99} µs");
    }
}

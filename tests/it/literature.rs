//! The simulator says of simple cases what is known of them.

use std::sync::atomic::{AtomicU64, Ordering};

use yingda::domain::area::{AdminArea, AreaCode, Point};
use yingda::domain::calendar::Calendar;
use yingda::domain::category::{self, Catalogue, CategoryCode};
use yingda::domain::ids::{JurisdictionId, PersonId, StationId, VolunteerId};
use yingda::domain::language::Language;
use yingda::domain::person::Gender;
use yingda::domain::phone_number::{NumberingPlan, PhoneNumber};
use yingda::domain::station::{Front, Station};
use yingda::domain::urgency::Tier;
use yingda::domain::volunteer::{DutyState, Lifecycle, Volunteer, VolunteerKind, WeekHours};
use yingda::simulate::dice::Dice;
use yingda::simulate::scenario::{DAY, Scenario};
use yingda::simulate::tally::Tally;
use yingda::simulate::town::Land;
use yingda::simulate::{Named, day};

const RADIUS_M: f64 = 1_000.0;
const MEAN_YES: f64 = 0.6 / 2.2;
const SPEED: f64 = 1.6;
const CENTRE: Point = Point { latitude_e7: 361_000_000, longitude_e7: 1_203_700_000 };

/// One request for meals at ten in the morning from the middle, and nobody but volunteers to answer it.
fn one_request(change: impl FnOnce(&mut Scenario)) -> Scenario {
    let mut scenario = Scenario::parse(DAY).unwrap();
    (scenario.requests, scenario.regret, scenario.days_before) = (1, false, 0);
    scenario.raised = 0.0;
    scenario.surge = Some(yingda::simulate::scenario::Surge {
        from: jiff::civil::time(10, 0, 0, 0),
        minutes: 1,
        share: 1.0,
        categories: vec![CategoryCode::parse("ELD-02").unwrap()],
    });
    for mean in
        [&mut scenario.staff.committee_s, &mut scenario.staff.street_s, &mut scenario.staff.district_s]
    {
        *mean = 1e12;
    }
    (scenario.staff.duty_s, scenario.staff.institution_s) = (1e12, 1e12);
    let people = &mut scenario.people;
    (people.swing, people.leaves_after_s, people.detour, people.speed_m_s) = (0.0, 0.0, 1.0, SPEED);
    change(&mut scenario);
    scenario
}

fn somebody(id: i64, point: Point) -> Volunteer {
    Volunteer {
        id: VolunteerId(id),
        person: PersonId(id),
        jurisdiction: JurisdictionId("here".to_owned()),
        kind: VolunteerKind::Retired,
        lifecycle: Lifecycle::Active,
        phone: PhoneNumber::parse(&format!("+86139{id:08}"), &NumberingPlan::default()).unwrap(),
        home_station: StationId(1),
        area: area(),
        point: Some(point),
        skills: [CategoryCode::parse("ELD-02").unwrap()].into(),
        languages: [Language::Zh].into(),
        gender: Gender::Female,
        birth_year: 1960,
        credentials: vec![],
        available: WeekHours::ALWAYS,
        duty: DutyState::On,
        opted_out: false,
        night_consent: false,
        rating: None,
        last_assigned_at: None,
        resting_until: None,
        answers: vec![],
        version: 1,
    }
}

fn area() -> AreaCode {
    AreaCode::parse("370203031001").unwrap()
}

/// A circle around the request with so many volunteers in it, spread evenly.
fn circle(volunteers: usize, dice: &mut Dice) -> Land {
    let jurisdiction = JurisdictionId("here".to_owned());
    let district = Station {
        id: StationId(1),
        jurisdiction: jurisdiction.clone(),
        tier: Tier::District,
        parent: None,
        area: area().district(),
        name: "district".to_owned(),
        help_number: "12349".to_owned(),
        ticket_code: 1,
        front: Front::Menu,
        hours: Default::default(),
        ring: vec![],
        notice_phone: None,
        duty: vec![],
        peers: vec![],
        point: Some(CENTRE),
        staffed: true,
    };
    let cosine = (f64::from(CENTRE.latitude_e7) / 1e7).to_radians().cos();
    let metre_e7 = 1e7 / 111_194.93;
    let placed = (0..volunteers).map(|n| {
        let (from, turn) = (RADIUS_M * dice.share().sqrt(), dice.share() * std::f64::consts::TAU);
        let point = Point {
            latitude_e7: CENTRE.latitude_e7 + (from * turn.sin() * metre_e7) as i32,
            longitude_e7: CENTRE.longitude_e7 + (from * turn.cos() * metre_e7 / cosine) as i32,
        };
        somebody(i64::try_from(n).unwrap() + 1, point)
    });
    Land {
        jurisdiction,
        areas: vec![AdminArea { code: area(), name: "here".to_owned(), point: None, adjacent: vec![] }],
        stations: vec![district],
        volunteers: placed.collect(),
        institutions: vec![],
        homes: vec![(area(), CENTRE)],
        lived: None,
    }
}

/// Asks as many as `cap` at once, the nearest first; silence is waited for as long as it takes.
fn asking(name: &str, cap: u8) -> Named {
    let text = format!(
        "[offers]\nyes_chance_permille = 1000\nweigh_nearness = 1000\nweigh_acceptance = 0\nweigh_fairness = 0\n\
         weigh_acquaintance = 0\nweigh_rating = 0\n[urgency.P3]\nwave_cap = {cap}\n"
    );
    Named::read(name, &text).unwrap()
}

/// Lives through so many days, each with volunteers of its own, and gives for each policy what came of them.
fn lives(
    scenario: &Scenario,
    policies: &[Named],
    days: u64,
    people: impl Fn(&mut Dice) -> usize + Sync,
) -> Vec<Vec<Tally>> {
    let (catalogue, calendar) = (Catalogue::parse(category::DEFAULT_TEXT).unwrap(), Calendar::default());
    let next = AtomicU64::new(0);
    let work = || {
        let mut all = vec![];
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= days {
                return all;
            }
            let mut dice = Dice::of(&[seed, 99]);
            let count = people(&mut dice);
            let land = circle(count, &mut dice);
            all.push(day(&land, &catalogue, scenario, &calendar, (policies, seed)));
        }
    };
    let all: Vec<Vec<Tally>> = std::thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    (0..policies.len()).map(|at| all.iter().map(|day| day[at].clone()).collect()).collect()
}

/// In how many of a hundred days somebody was there by then.
fn there_by(days: &[Tally], seconds: f64) -> f64 {
    let there = days.iter().filter(|day| day.outcomes[0].arrive_s.is_some_and(|s| s <= seconds)).count();
    100.0 * there as f64 / days.len() as f64
}

#[test]
fn the_first_of_all_who_were_asked_is_there_as_soon_as_the_closed_form_says() {
    // As many volunteers as chance puts into the circle, 30 on average; whoever says yes does so after 45 s. The first
    // is there by t with probability 1 - exp(-λ p π (v (t - d))²) (van den Berg and others, Management Science 71(2), 2025).
    let long = std::env::var_os("YINGDA_LONG").is_some();
    let (days, tolerance) = if long { (100_000, 0.5) } else { (10_000, 1.5) };
    let scenario = one_request(|scenario| scenario.people.reply_sigma = 0.0);
    let poisson = |dice: &mut Dice| {
        let (mut count, mut passed) = (0, dice.exponential(1.0));
        while passed < 30.0 {
            count += 1;
            passed += dice.exponential(1.0);
        }
        count
    };
    let all = lives(&scenario, &[asking("all", 255)], days, poisson);
    for t in [120.0, 180.0, 240.0, 300.0, 420.0, 600.0] {
        let reached_m = SPEED * (t - scenario.people.reply_median_s);
        let expected = 100.0 * (1.0 - (-30.0 * MEAN_YES * (reached_m / RADIUS_M).powi(2)).exp());
        let measured = there_by(&all[0], t);
        assert!((measured - expected).abs() < tolerance, "{t} s: {measured} %, not {expected} %");
    }
}

#[test]
fn seven_asked_at_a_time_are_nearly_as_good_as_all_thirty_for_a_fraction_of_the_texts() {
    // The direction of van den Berg, Henderson, Li, Dicker, Jagtenberg, "Simulation of phased alerting of community first
    // responders for cardiac arrest", PLOS One 2026, 10.1371/journal.pone.0343762.
    let scenario = one_request(|scenario| {
        scenario.everyone_goes = true;
        scenario.people.declines = 0.33 / 0.73;
    });
    let all = lives(&scenario, &[asking("all", 255), asking("seven", 7)], 4_000, |_| 30);
    let asked = |days: &[Tally]| days.iter().flat_map(|day| day.offers()).sum::<u32>();
    for t in [300.0, 600.0] {
        let (everyone, seven) = (there_by(&all[0], t), there_by(&all[1], t));
        assert!(seven > 0.95 * everyone, "{t} s: {seven} % of {everyone} %");
    }
    assert_eq!(asked(&all[0]), 30 * 4_000);
    let share = f64::from(asked(&all[1])) / f64::from(asked(&all[0]));
    assert!(share < 0.30, "{share} of the texts");
}

/// Two requests at the same moment from the same home, and everybody answers after 45 s.
fn two_requests(change: impl FnOnce(&mut Scenario)) -> Scenario {
    let mut scenario = one_request(|scenario| scenario.people.reply_sigma = 0.0);
    scenario.requests = 2;
    scenario.surge.as_mut().unwrap().minutes = 0;
    change(&mut scenario);
    scenario
}

#[test]
fn who_said_yes_twice_goes_once_and_somebody_else_is_asked_at_once_in_their_place() {
    let scenario = two_requests(|scenario| (scenario.people.alpha, scenario.people.beta) = (5.0, 0.01));
    let one = "[offers]\nopen_per_volunteer = 3\nweigh_fairness = 0\n[urgency.P3]\nwave_cap = 1\n";
    let lived = lives(&scenario, &[Named::read("one", one).unwrap()], 1, |_| 2);
    let of = |what: fn(&yingda::simulate::tally::Outcome) -> u32| {
        lived[0][0].outcomes.iter().map(what).collect::<Vec<_>>()
    };
    assert_eq!(of(|one| one.accept_s.unwrap() as u32), [45, 90]);
    // Three offers and the word to whom said yes in vain.
    assert_eq!(of(|one| one.texts), [1, 3]);
    assert_eq!(of(|one| one.late), [0, 1]);
}

#[test]
fn every_no_is_answered_by_a_text() {
    let scenario = two_requests(|scenario| {
        scenario.requests = 1;
        (scenario.people.alpha, scenario.people.beta, scenario.people.declines) = (0.01, 5.0, 1.0);
    });
    let lived = lives(&scenario, &[asking("all", 255)], 1, |_| 12);
    // The district is told, then its duty officer.
    let (day, told) = (&lived[0][0], 2);
    assert_eq!(day.offers(), [1; 12]);
    assert_eq!(day.outcomes[0].texts, 12 + 12 + told, "{:?}", day.outcomes[0]);
}

#[test]
fn a_day_lived_twice_is_the_same_and_another_policy_lives_through_the_same_requests() {
    let mut scenario = Scenario::parse(DAY).unwrap();
    (scenario.requests, scenario.days_before) = (300, 1);
    let (catalogue, calendar) = (Catalogue::parse(category::DEFAULT_TEXT).unwrap(), Calendar::default());
    let land = circle(300, &mut Dice::of(&[1]));
    let policies = [asking("one", 1), asking("five", 5)];
    let live = || day(&land, &catalogue, &scenario, &calendar, (&policies, 7));
    let (first, again) = (live(), live());
    assert_eq!(first, again);
    let urgencies = |tally: &Tally| tally.outcomes.iter().map(|o| (o.urgency, o.at_once)).collect::<Vec<_>>();
    assert_eq!(urgencies(&first[0]), urgencies(&first[1]));
    assert!(first[0].offers() != first[1].offers());
    assert_eq!(first[0].outcomes.len(), 300, "each request is counted once");
}

#[test]
fn whoever_was_asked_as_often_as_a_week_allows_is_asked_no_more_on_the_days_after() {
    let mut scenario = Scenario::parse(DAY).unwrap();
    (scenario.requests, scenario.regret) = (1_000, false);
    let mut four = asking("four a week", 255);
    four.policy.offers.per_week = 4;
    let mut offers = |date: i8, days_before: u16, days: u16| {
        scenario.date = jiff::civil::date(2026, 3, date);
        (scenario.days_before, scenario.days) = (days_before, days);
        let lived = lives(&scenario, std::slice::from_ref(&four), 1, |_| 20);
        let requests = lived[0][0].outcomes.len();
        assert_eq!(requests, 1_000 * usize::from(days), "what was lived before is not counted");
        lived[0][0].offers()
    };
    assert_eq!(offers(2, 0, 1), [4; 20], "on a Monday everybody is asked as often as a day allows");
    assert_eq!(offers(3, 1, 1), [0; 20], "on the Tuesday after it nobody");
    assert_eq!(offers(2, 0, 7), [4; 20], "nor on any other day of the week");
    assert_eq!(offers(2, 1, 1), [4; 20], "a Sunday is of the week before");
}

/// Several homes, everybody of whom may be visited three times a day, and so many requests at ten in the morning.
fn a_morning(homes: usize, volunteers: usize, requests: u32) -> (Land, Scenario) {
    let mut dice = Dice::of(&[5]);
    let mut land = circle(volunteers, &mut dice);
    let elsewhere = circle(homes, &mut dice);
    land.homes = elsewhere.volunteers.iter().map(|one| (area(), one.point.unwrap())).collect();
    let mut scenario = one_request(|scenario| scenario.regret = true);
    scenario.requests = requests;
    (land, scenario)
}

/// What the visits of a day would have cost at least, by a dense method that knows everybody.
fn least_metres(land: &Land, scenario: &Scenario, tally: &Tally, seed: u64) -> i64 {
    use pathfinding::matrix::Matrix;
    use pathfinding::prelude::kuhn_munkres_min;
    use yingda::simulate::{demand, town::Says, town::Town};
    const NEVER: i64 = 1_000_000;
    let (catalogue, calendar) = (Catalogue::parse(category::DEFAULT_TEXT).unwrap(), Calendar::default());
    let town = Town::of(land, &catalogue, scenario, &calendar, seed);
    let requests = demand::requests(scenario, &town, &calendar, seed);
    let row = |visit: &yingda::simulate::tally::Visit| {
        let request = &requests[visit.request as usize];
        let place = land.homes[request.home].1;
        let cost = |one: &Volunteer| {
            let hour = calendar.hour(request.at);
            let answer = town.answer(one.id, (request.number, &request.category), hour, &scenario.people);
            let could = answer.says == Says::Yes || one.id == visit.volunteer;
            if could { i64::from(place.distance_m(one.point.unwrap())) } else { NEVER }
        };
        // Each of them may go three times.
        land.volunteers.iter().flat_map(|one| [cost(one); 3]).collect::<Vec<i64>>()
    };
    let costs = Matrix::from_rows(tally.gone.iter().map(row)).unwrap();
    kuhn_munkres_min(&costs).0
}

#[test]
fn the_offline_optimum_is_that_of_a_dense_method_and_a_policy_that_minds_the_way_is_nearer_to_it() {
    let (land, scenario) = a_morning(12, 60, 25);
    let (catalogue, calendar) = (Catalogue::parse(category::DEFAULT_TEXT).unwrap(), Calendar::default());
    let anybody = "[offers]\nweigh_nearness = 0\nweigh_fairness = 1000\n";
    let policies = [asking("nearest", 5), Named::read("anybody", anybody).unwrap()];
    let days: Vec<Vec<Tally>> =
        (0..5).map(|seed| day(&land, &catalogue, &scenario, &calendar, (&policies, seed))).collect();
    for (seed, tallies) in (0..).zip(&days) {
        for tally in tallies {
            assert!(tally.gone.len() > 10, "too few went to say anything: {}", tally.gone.len());
            let walked: i64 = tally.gone.iter().map(|visit| i64::from(visit.metres)).sum();
            let least = least_metres(&land, &scenario, tally, seed);
            assert_eq!(tally.optimum.unwrap().metres, u64::try_from(least).unwrap());
            assert!(walked >= least, "{walked} m were walked where {least} m are least");
        }
    }
    let regret = |at: usize| days.iter().map(|tallies| tallies[at].regret_s().unwrap()).sum::<f64>();
    assert!(regret(0) < regret(1), "{} s and {} s", regret(0), regret(1));
}

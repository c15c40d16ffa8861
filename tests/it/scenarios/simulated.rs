//! What a simulated day does as the desk does, and how it is reported.

use std::collections::BTreeSet;

use yingda::domain::area::{AreaCode, Point};
use yingda::domain::calendar::Calendar;
use yingda::domain::category::{self, Catalogue};
use yingda::domain::urgency::Urgency;
use yingda::simulate::replay::Replay;
use yingda::simulate::report::{self, Lang, Report};
use yingda::simulate::scenario::{DAY, SURGE, Scenario};
use yingda::simulate::tally::Tally;
use yingda::simulate::town::{Land, Town};
use yingda::simulate::{Days, Named, day, demand};

/// A street and its district, the district next door, and two volunteers of the street who may help by night as well.
const TOWN: &str = r#"{"line":"day","date":"2026-03-03"}
{"line":"area","code":"370203031001","point":null,"adjacent":[]}
{"line":"station","number":1,"tier":"district","parent":null,"area":"370203","point":null,"staffed":true}
{"line":"station","number":2,"tier":"street","parent":1,"area":"370203031","point":null,"staffed":true}
{"line":"station","number":3,"tier":"district","parent":null,"area":"370202","point":null,"staffed":true}
"#;

fn volunteer(number: i64) -> String {
    let always = "16777215,".repeat(7);
    let always = always.trim_end_matches(',');
    format!(
        r#"{{"line":"volunteer","number":{number},"area":"370203031001","point":null,"skills":["ELD-02"],"credentials":[],"available":[{always}],"on_duty":true,"at_night":true,"of_age":true,"rating":null,"answers":[],"worked_days_ago":null}}
"#
    )
}

fn request(hour: u32, category: &str) -> String {
    let at_s = hour * 3_600;
    format!(
        r#"{{"line":"request","number":1,"at_s":{at_s},"category":"{category}","urgency":"P2","area":"370203031001","point":null}}
"#
    )
}

fn says_yes(volunteer: i64, after_s: u32) -> String {
    format!(r#"{{"line":"answer","request":1,"volunteer":{volunteer},"says":"yes","after_s":{after_s}}}"#)
        + "\n"
}

/// The day of a file, under a policy of which only what differs is written.
fn lived(text: &str, policy: &str) -> Tally {
    let replay = Replay::read(text).unwrap();
    let mut scenario = Scenario { date: replay.date, ..Scenario::parse(DAY).unwrap() };
    // Nobody of the staff takes anything for days, unless it is the duty officer.
    let staff = &mut scenario.staff;
    (staff.street_s, staff.district_s, staff.p2_times) = (1e6, 1e6, 1.0);
    let Replay { land, catalogue, calendar, .. } = &replay;
    day(land, catalogue, &scenario, calendar, (&[Named::read("tried", policy).unwrap()], 1)).remove(0)
}

#[test]
fn a_peer_that_agreed_to_help_is_told_once_and_then_the_duty_officer_is_rung() {
    let text = TOWN.to_owned() + &request(10, "EMP-02");
    let alone = lived(&text, "").outcomes.remove(0);
    assert!(alone.duty_rung, "{alone:?}");
    assert_eq!(alone.texts, 3, "the street, the district, the duty officer");
    let agreed = lived(&text, "[agreements]\nstations = [3]\n").outcomes.remove(0);
    assert_eq!(agreed.texts, 4, "the one next door besides, once");
    assert!(agreed.duty_rung, "nobody took it there either: {agreed:?}");
    assert!(!agreed.breached, "whoever is on duty takes it in the time that is owed: {agreed:?}");
}

#[test]
fn by_night_two_go_as_the_rules_of_safety_say() {
    let people: String = [1, 2].map(volunteer).concat();
    let answers = says_yes(1, 40) + &says_yes(2, 80);
    let at = |hour| lived(&(TOWN.to_owned() + &people + &request(hour, "ELD-02") + &answers), "");
    let by_day = at(10);
    assert_eq!(by_day.gone.len(), 1, "{by_day:?}");
    let by_night = at(22);
    assert_eq!(by_night.gone.len(), 2, "{by_night:?}");
    let (one, both) = (by_day.outcomes[0].accept_s.unwrap(), by_night.outcomes[0].accept_s.unwrap());
    assert!(one < 80.0 && both >= 80.0, "both are wanted, not {one} s and {both} s");
}

/// Homes in three streets, and the two volunteers.
fn three_streets() -> (Land, Catalogue, Calendar) {
    let text: String = TOWN.to_owned() + &[1, 2].map(volunteer).concat() + &request(10, "ELD-02");
    let Replay { land, calendar, .. } = Replay::read(&text).unwrap();
    let homes = ["370203031001", "370203032001", "370203033001"].map(|area| {
        let point = Point { latitude_e7: 361_000_000, longitude_e7: 1_203_700_000 };
        (AreaCode::parse(area).unwrap(), point)
    });
    let catalogue = Catalogue::parse(category::DEFAULT_TEXT).unwrap();
    (Land { homes: homes.to_vec(), lived: None, ..land }, catalogue, calendar)
}

#[test]
fn the_shipped_surge_is_of_one_street_within_its_minutes() {
    let (land, catalogue, calendar) = three_streets();
    let scenario = Scenario::parse(SURGE).unwrap().of_size(None, Some(100)).unwrap();
    let surge = scenario.surge.clone().unwrap();
    let mut streets = BTreeSet::new();
    for seed in 0..12 {
        let town = Town::of(&land, &catalogue, &scenario, &calendar, seed);
        let all = demand::requests(&scenario, &town, &calendar, seed);
        let (within, others): (Vec<_>, Vec<_>) = all.iter().partition(|request| request.in_surge);
        let street = |request: &&demand::Request| town.homes[request.home].0.street();
        let there: BTreeSet<_> = within.iter().map(street).collect();
        assert_eq!((within.len(), there.len()), (30, 1), "three of ten, from one street: {there:?}");
        assert!(others.iter().map(street).collect::<BTreeSet<_>>().len() > 1, "the rest is of all of them");
        for request in &within {
            let civil = calendar.civil(request.at);
            let minutes = u32::from(civil.hour) * 60 + u32::from(civil.minute);
            let opens = surge.from.hour() as u32 * 60 + surge.from.minute() as u32;
            assert_eq!(civil.date, scenario.date);
            assert!((opens..opens + u32::from(surge.minutes)).contains(&minutes), "{civil:?}");
            assert!(surge.categories.contains(&request.category), "{request:?}");
        }
        streets.extend(there);
    }
    assert!(streets.len() > 1, "which street it is, chance says");
}

/// The surge of a small town, twice under each of two policies.
fn reported<T>(of: impl FnOnce(&Report<'_>) -> T) -> T {
    let (land, catalogue, calendar) = three_streets();
    let scenario = Scenario::parse(SURGE).unwrap().of_size(Some(2), Some(40)).unwrap();
    let policies =
        [Named::read("shipped", "").unwrap(), Named::read("one", "[offers]\nper_day = 1\n").unwrap()];
    let seeds: Vec<_> =
        (0..2).map(|seed| day(&land, &catalogue, &scenario, &calendar, (&policies, seed))).collect();
    let days: Vec<Days> = (0..2)
        .map(|at| Days {
            name: policies[at].name.clone(),
            tallies: seeds.iter().map(|seed| seed[at].clone()).collect(),
        })
        .collect();
    let names = [(land.homes[0].0.street().unwrap(), "兴隆路街道".to_owned())].into();
    of(&Report {
        days: &days,
        lived: None,
        names: &names,
        policies: &policies,
        scenario: &scenario,
        title: "surge",
        volunteers: land.volunteers.len(),
        lived_on: false,
        lang: Lang::En,
    })
}

#[test]
fn the_rows_know_the_surge_and_the_page_has_its_plots() {
    let rows = reported(report::csv);
    assert!(rows.contains("requests,surge,shipped,12.0000,0.0000,2\n"), "{rows}");
    assert_eq!(rows, reported(report::csv), "the same days are the same rows");
    let table = reported(report::table);
    for line in
        ["way beyond the optimum, s ", "surge there within 5 min % ", "兴隆路街道 there within 30 min % "]
    {
        assert!(table.lines().any(|one| one.starts_with(line)), "no {line}in {table}");
    }
    let page = reported(report::html);
    let plots: Vec<&str> = page.split("<figure>").skip(1).collect();
    assert_eq!(plots.len(), 4, "two of cost and gain, two of how soon");
    for plot in &plots[..2] {
        assert_eq!(
            plot.split("</svg>").next().unwrap().matches("<circle").count(),
            2,
            "a dot a policy: {plot}"
        );
    }
    for plot in &plots[2..] {
        let drawn = plot.split("</svg>").next().unwrap();
        let lines: Vec<&str> = drawn.split("points=\"").skip(1).collect();
        assert_eq!(lines.len(), 2, "a line a policy: {plot}");
        for line in lines {
            let points: Vec<&str> = line.split('"').next().unwrap().split(' ').collect();
            assert!(points.len() > 100 && points.first() != points.last(), "{points:?}");
        }
    }
    for urgency in Urgency::ALL {
        assert!(page.contains(&format!("{} · ", urgency.name())), "no row of {urgency}");
    }
    assert!(page.contains("visits that volunteers paid alone"), "what is beyond the best plan is of them");
}

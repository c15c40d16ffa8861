//! A day that was lived is written down and lived through again.

use std::time::Duration;

use yingda::domain::calendar::Calendar;
use yingda::domain::category::{self, Catalogue};
use yingda::domain::offer::OfferState;
use yingda::domain::opening::OpeningHours;
use yingda::domain::urgency::Tier;
use yingda::simulate::figures::Figure;
use yingda::simulate::lived::as_lived;
use yingda::simulate::record::{Past, Recorded};
use yingda::simulate::replay::Replay;
use yingda::simulate::report::{self, Lang, Report};
use yingda::simulate::scenario::{DAY, Scenario};
use yingda::simulate::town::Says;
use yingda::simulate::{Days, Named, day};

use super::town::Town;

const MINUTE: Duration = Duration::from_secs(60);

/// Three requests; for the first one helper says no and the two that are wanted say yes, a minute apart.
fn lived() -> (Town, Recorded) {
    let mut town = Town::new();
    town.opens("ELD-02", "13900000001", |_| {}).later(MINUTE);
    let asked: Vec<String> =
        town.ledger.offers.values().map(|offer| offer.phone.as_str().to_owned()).collect();
    let code = |town: &Town, at: usize| town.code_of(&asked[at].replace("+86", ""));
    let (no, yes, second) = (code(&town, 0), code(&town, 1), code(&town, 2));
    town.texts(&asked[0].replace("+86", ""), &format!("{no} 2")).later(MINUTE);
    town.texts(&asked[1].replace("+86", ""), &format!("{yes} 1")).later(MINUTE);
    town.texts(&asked[2].replace("+86", ""), &format!("{second} 1")).later(MINUTE);
    town.opens("ELD-07", "13900000002", |_| {}).later(MINUTE);
    town.opens("ELD-09", "13900000003", |_| {}).later(MINUTE * 200);
    let recorded = written(&town);
    (town, recorded)
}

fn written(town: &Town) -> Recorded {
    let ledger = &town.ledger;
    let past = Past {
        date: jiff::civil::date(2026, 5, 6),
        settings: vec![],
        areas: vec![],
        stations: ledger.stations.clone(),
        institutions: ledger.institutions.clone(),
        volunteers: ledger.volunteers.values().cloned().collect(),
        tickets: ledger.tickets.values().cloned().collect(),
        offers: ledger.offers.values().cloned().collect(),
        work: ledger.work.values().cloned().collect(),
        visits: ledger.assignments.values().cloned().collect(),
    };
    let catalogue = Catalogue::parse(category::DEFAULT_TEXT).unwrap();
    past.record(&Calendar::default(), &catalogue)
}

#[test]
fn a_day_that_was_lived_is_replayed_under_two_policies_with_the_same_requests() {
    let (town, recorded) = lived();
    assert_eq!((recorded.requests, town.ledger.tickets.len(), recorded.left_out), (3, 3, 0));
    let replay = Replay::read(&recorded.text).unwrap();
    let scenario = Scenario { date: replay.date, ..Scenario::parse(DAY).unwrap() };
    let one =
        "[urgency.P3]\nwave_cap = 1\n[urgency.P4]\nwave_cap = 1\n[offers]\nwaves_max = 1\nreplace = false\n";
    let policies = [Named::read("as it was", "").unwrap(), Named::read("one", one).unwrap()];
    let Replay { land, catalogue, calendar, .. } = &replay;
    let days = day(land, catalogue, &scenario, calendar, (&policies, 1));
    for lived in &days {
        assert_eq!(lived.outcomes.len(), recorded.requests);
        assert!(lived.offers().iter().sum::<u32>() > 0, "somebody was asked");
    }
    let asked = days.iter().map(|lived| lived.offers().iter().sum::<u32>()).collect::<Vec<_>>();
    assert_eq!(asked[1], 3, "each request asks one");
    assert!(asked[0] > 3, "as it was, several were asked: {asked:?}");
    let again = day(land, catalogue, &scenario, calendar, (&policies, 1));
    assert_eq!(days, again, "the same seed is the same day");
}

#[test]
fn how_the_day_went_stands_beside_what_is_simulated_and_an_earlier_file_says_nothing_of_it() {
    let (town, recorded) = lived();
    let replay = Replay::read(&recorded.text).unwrap();
    let scenario = Scenario { date: replay.date, ..Scenario::parse(DAY).unwrap() };
    let Replay { land, catalogue, calendar, went, .. } = &replay;
    let policies = [Named::read("as it was", "").unwrap()];
    let simulated = &day(land, catalogue, &scenario, calendar, (&policies, 1))[0];
    let day = as_lived(went, simulated).unwrap();
    assert_eq!(town.ledger.assignments.len(), 2, "two come to the first, nobody to the others");
    assert_eq!(Figure::Requests.of(&day), 3.0);
    assert!((Figure::ByVolunteer.of(&day) - 100.0 / 3.0).abs() < 1e-9);
    assert!((Figure::Unserved.of(&day) - 200.0 / 3.0).abs() < 1e-9);
    let whole = day.outcomes[0].accept_s.unwrap();
    assert!((175.0..=185.0).contains(&whole), "both had said yes after three minutes, not {whole} s");

    let earlier: String = recorded.text.lines().map(|line| format!("{}\n", as_once_written(line))).collect();
    assert_ne!(earlier, recorded.text);
    assert_eq!(as_lived(&Replay::read(&earlier).unwrap().went, simulated), None);
}

#[test]
fn the_page_needs_nothing_else_and_says_in_either_language_what_every_policy_changes() {
    let (_, recorded) = lived();
    let Replay { date, land, catalogue, calendar, went, .. } = Replay::read(&recorded.text).unwrap();
    let scenario = Scenario { date, ..Scenario::parse(DAY).unwrap() };
    let policies = [
        Named::read("shipped", "").unwrap(),
        Named::read("<b>one", "[offers]\nper_day = 1\nreplace = false\n").unwrap(),
    ];
    let seeds: Vec<_> =
        (0..3).map(|seed| day(&land, &catalogue, &scenario, &calendar, (&policies, seed))).collect();
    let days: Vec<Days> = (0..2)
        .map(|at| Days {
            name: policies[at].name.clone(),
            tallies: seeds.iter().map(|seed| seed[at].clone()).collect(),
        })
        .collect();
    let tallies = days[0].tallies.iter().map(|simulated| as_lived(&went, simulated).unwrap()).collect();
    let as_it_was = Days { name: "lived".into(), tallies };
    let street = land.homes[0].0.street().unwrap();
    let names = [(street, "兴隆路街道".to_owned())].into();
    let in_language = |lang| Report {
        days: &days,
        lived: Some(&as_it_was),
        names: &names,
        policies: &policies,
        scenario: &scenario,
        title: "day",
        volunteers: land.volunteers.len(),
        lived_on: true,
        lang,
    };
    for (lang, words) in
        [(Lang::Zh, ["当日实况", "超过接单时限"]), (Lang::En, ["As it was lived", "In short"])]
    {
        let page = report::html(&in_language(lang));
        for word in words.into_iter().chain(["&lt;b&gt;one", "offers.per_day", "兴隆路街道", "<b>1</b>"])
        {
            assert!(page.contains(word), "no {word} in the page");
        }
        for other in ["http", "<script", "src=", "@import", "url(", "<b>one", "NaN", "inf"] {
            assert!(!page.contains(other), "{other} stands in the page");
        }
    }
    let table = report::table(&in_language(Lang::Zh));
    let of_nobody = table.lines().find(|line| line.starts_with("P2 accepted after, p50 s")).unwrap();
    assert_eq!(of_nobody.matches('–').count(), 4, "where nobody asked there is no time: {of_nobody}");
    let rows = report::csv(&in_language(Lang::Zh));
    assert!(rows.contains("served by a volunteer %,all,lived,33.3333,0.0000,3\n"), "{rows}");
}

/// A line as files were before they said how a day went.
fn as_once_written(line: &str) -> String {
    let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
    let keys = line.as_object_mut().unwrap();
    if keys["line"] == "request" {
        for key in ["by", "accept_s", "arrive_s"] {
            keys.remove(key);
        }
    }
    line.to_string()
}

#[test]
fn urgent_work_by_night_is_taken_where_somebody_is_as_far_as_the_file_says_when_stations_are_open() {
    let mut town = Town::new();
    for station in town.ledger.stations.iter_mut().filter(|station| station.tier != Tier::District) {
        station.hours = OpeningHours::Working;
    }
    town.at("20:00:00").opens_by_hand("ELD-10").later(MINUTE);
    let recorded = written(&town);
    let highest_and_accept = |text: &str| {
        let replay = Replay::read(text).unwrap();
        let scenario = Scenario { date: replay.date, ..Scenario::parse(DAY).unwrap() };
        let Replay { land, catalogue, calendar, .. } = &replay;
        let days = day(land, catalogue, &scenario, calendar, (&[Named::read("shipped", "").unwrap()], 1));
        (days[0].outcomes[0].highest, days[0].outcomes[0].accept_s.unwrap())
    };
    let (highest, accept_s) = highest_and_accept(&recorded.text);
    assert_eq!(highest, Some(Tier::District), "the district is told, past the two that are closed");
    assert!(accept_s < 600.0, "{accept_s} s");
    // An earlier file says nothing of hours: nobody answers there by night, and the ladder cannot know it.
    let earlier = recorded.text.replace(",\"hours\":\"working\"", "");
    assert_ne!(earlier, recorded.text);
    let (_, accept_s) = highest_and_accept(&earlier);
    assert!(accept_s > 840.0, "seven tenths of the twenty minutes are waited: {accept_s} s");
}

#[test]
fn what_somebody_answered_they_answer_again_after_as_long() {
    let (town, recorded) = lived();
    let replay = Replay::read(&recorded.text).unwrap();
    let given = replay.land.lived.unwrap().answers;
    let said = |says: Says| given.values().filter(|answer| answer.says == says).count();
    let ended = |state: OfferState| town.ledger.offers.values().filter(|offer| offer.state == state).count();
    assert_eq!(said(Says::No), ended(OfferState::Declined));
    assert_eq!(said(Says::Yes), ended(OfferState::Accepted));
    assert_eq!(said(Says::Nothing), ended(OfferState::Expired));
    assert!(said(Says::Yes) > 0 && said(Says::No) > 0 && said(Says::Nothing) > 0, "{given:?}");
    let no = given.values().find(|answer| answer.says == Says::No).unwrap();
    assert!((55.0..=65.0).contains(&no.after_s), "after about a minute, not {} s", no.after_s);
}

#[test]
fn nothing_in_it_says_who_anybody_is() {
    let (town, Recorded { text, .. }) = lived();
    for volunteer in town.ledger.volunteers.values() {
        assert!(!text.contains(volunteer.phone.as_str()), "{} stands in it", volunteer.phone.as_str());
        assert!(!text.contains(&format!("{}", volunteer.id.0)), "the badge {} stands in it", volunteer.id.0);
    }
    for ticket in town.ledger.tickets.values() {
        assert!(!text.contains(&ticket.number.to_string()) && !text.contains(&ticket.id.0.to_string()));
        let words = [ticket.address.as_deref(), ticket.caller.as_ref().map(|caller| caller.as_str())];
        for word in words.into_iter().flatten() {
            assert!(!text.contains(word), "{word} stands in it");
        }
    }
    for person in town.ledger.people.values() {
        assert!(!text.contains(&person.name), "{} stands in it", person.name);
    }
}

#[test]
fn a_line_that_cannot_be_used_is_named_with_the_remedy() {
    let (_, Recorded { text, .. }) = lived();
    let lines: Vec<&str> = text.lines().collect();
    let request = lines.iter().position(|line| line.contains("\"line\":\"request\"")).unwrap();
    let answer = lines.iter().position(|line| line.contains("\"line\":\"answer\"")).unwrap();
    let station = lines.iter().position(|line| line.contains("\"line\":\"station\"")).unwrap();
    let too_late = format!("{},\"after_s\":1e300}}", lines[answer].split(",\"after_s\"").next().unwrap());
    let with = |at: usize, what: &str, other: &str| {
        let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        assert!(changed[at].contains(what), "no {what} in {}", changed[at]);
        changed[at] = changed[at].replace(what, other);
        Replay::read(&changed.join("\n")).map(|_| ()).unwrap_err()
    };
    for (at, what, other, remedy) in [
        (0, "\"line\":\"day\"", "\"line\":\"dya\"", "yingda simulate --export"),
        (0, lines[0], lines[1], "whose line comes first"),
        (request, "ELD-02", "ZZZ-99", "add it there, or take the line out"),
        (request, "\"area\":\"370203", "\"area\":\"540502", "add its line, or take this one out"),
        (request, "\"at_s\":", "\"at_s\":9e9", "take the line out"),
        (request + 1, "\"number\":2", "\"number\":1", "give one of them another"),
        (answer, "\"volunteer\":", "\"volunteer\":99", "add what it refers to"),
        (answer, lines[answer], &too_late, "from 0 to a month of them"),
        (station, "\"parent\":null", "\"parent\":77", "there is no station 77"),
        (station + 1, lines[station + 1], lines[station], "two stations have the number"),
        (request, ",\"by\":\"volunteer\"", "", "`by` and `accept_s` stand together"),
    ] {
        let wrong = with(at, what, other);
        assert_eq!(wrong.line, at + 1, "{wrong}");
        assert!(wrong.to_string().contains(remedy), "{wrong}");
    }
    assert_eq!(Replay::read("").map(|_| ()).unwrap_err().line, 1);
}

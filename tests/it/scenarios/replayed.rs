//! A day that was lived is written down and lived through again.

use std::time::Duration;

use yingda::domain::calendar::Calendar;
use yingda::domain::category::{self, Catalogue};
use yingda::domain::offer::OfferState;
use yingda::simulate::record::{Past, Recorded};
use yingda::simulate::replay::Replay;
use yingda::simulate::scenario::{DAY, Scenario};
use yingda::simulate::town::Says;
use yingda::simulate::{Named, day};

use super::town::Town;

const MINUTE: Duration = Duration::from_secs(60);

/// Three requests and a consultation; one helper says yes at once, one says no.
fn lived() -> (Town, Recorded) {
    let mut town = Town::new();
    town.opens("ELD-02", "13900000001", |_| {}).later(MINUTE);
    let asked: Vec<String> =
        town.ledger.offers.values().map(|offer| offer.phone.as_str().to_owned()).collect();
    let code = |town: &Town, at: usize| town.code_of(&asked[at].replace("+86", ""));
    let (no, yes) = (code(&town, 0), code(&town, 1));
    town.texts(&asked[0].replace("+86", ""), &format!("{no} 2")).later(MINUTE);
    town.texts(&asked[1].replace("+86", ""), &format!("{yes} 1")).later(MINUTE);
    town.opens("ELD-07", "13900000002", |_| {}).later(MINUTE);
    town.opens("ELD-09", "13900000003", |_| {}).later(MINUTE * 200);
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
    };
    let catalogue = Catalogue::parse(category::DEFAULT_TEXT).unwrap();
    let recorded = past.record(&Calendar::default(), &catalogue);
    (town, recorded)
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
    ] {
        let wrong = with(at, what, other);
        assert_eq!(wrong.line, at + 1, "{wrong}");
        assert!(wrong.to_string().contains(remedy), "{wrong}");
    }
    assert_eq!(Replay::read("").map(|_| ()).unwrap_err().line, 1);
}

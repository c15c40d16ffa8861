//! A line whose disk is lost: its backup is brought back into an empty folder, with the keys that were kept apart.

use std::fs;

use serde_json::Value;
use yingda::clock;

use super::burst::wish;
use super::handsets::{Centre, silent};
use super::program::Site;
use super::town::{Plan, copy, home, settle, sounds, telephones};

/// Every ticket that the program lists.
fn listed(site: &Site) -> Vec<Value> {
    let lines = site.answer(&["tickets", "--json", "--all"]);
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn numbers(site: &Site) -> Vec<String> {
    listed(site).iter().map(|ticket| ticket["number"].as_str().unwrap().to_owned()).collect()
}

/// The sequence of `260506-001-0007`.
fn sequence(number: &str) -> u32 {
    number.rsplit('-').next().unwrap().parse().unwrap()
}

#[test]
fn a_line_brought_back_from_its_backup_gives_numbers_far_above_all_it_gave_before() {
    let folder = tempfile::tempdir().unwrap();
    let centre = Centre::start(silent());
    let telephones = telephones(sounds(folder.path()));
    let plan = Plan::brisk(centre.address(), &telephones, 5, 0);
    let site = settle(folder.path(), &plan);
    let server = site.serve();
    let ring = |n| {
        let conversation = telephones.dial(&format!("sip:12349@{}", server.sip), &home(n)).unwrap();
        assert!(wish(&conversation, home(n), |_| true).whole, "resident {n} heard a number");
    };
    (1..=3).for_each(ring);
    let backup = folder.path().join("backup").display().to_string();
    site.answer(&["backup", &backup]);
    // What is given after the backup stands in nothing that comes back.
    ring(4);
    let given = numbers(&site);
    assert_eq!(given.len(), 4, "{given:?}");
    server.kill();

    let lost = folder.path().join("lost");
    fs::rename(site.data(), &lost).unwrap();
    copy(&lost.join("keys"), &site.data().join("keys"));
    let said = site.answer(&["restore", &backup]);
    assert!(said.contains("numbering epoch 2 begins"), "{said}");
    let server = site.serve();
    assert_eq!(numbers(&site).len(), 3, "what was backed up is there");
    let clips = folder.path().join("sounds").display().to_string();
    let target = format!("sip:12349@{}", server.sip);
    let call = ["call", &target, "--from", &home(5), "--sounds", &clips];
    let keys = ["1", "1", "1", "1", "-", "-", "-", "-", "x"];
    let heard = String::from_utf8(site.run(&[&call[..], &keys[..]].concat()).stdout).unwrap();
    let digits = heard.lines().find_map(|line| line.strip_prefix("digits"));
    let digits = digits.unwrap_or_else(|| panic!("no number was heard:\n{heard}")).trim();
    let there = numbers(&site);
    let new: Vec<_> = there.iter().filter(|number| digits.contains(&number.replace('-', ""))).collect();
    let [new] = &new[..] else { panic!("{digits} is not one of {there:?}") };
    assert!(!given.contains(new), "{new} was given before");
    let highest = given.iter().map(|number| sequence(number)).max().unwrap();
    assert!(sequence(new) > highest + 1_000, "{new} is not far above {given:?}");
    server.stop();
}

#[test]
fn a_ticket_is_listed_with_its_number_caller_state_category_station_and_when_it_was_opened() {
    let folder = tempfile::tempdir().unwrap();
    let centre = Centre::start(silent());
    let telephones = telephones(sounds(folder.path()));
    let plan = Plan::brisk(centre.address(), &telephones, 1, 0);
    let site = settle(folder.path(), &plan);
    let server = site.serve();
    let before = clock::wall();
    let conversation = telephones.dial(&format!("sip:12349@{}", server.sip), &home(1)).unwrap();
    let told = wish(&conversation, home(1), |_| true);
    let tickets = listed(&site);
    let [ticket] = &tickets[..] else { panic!("one wish, one ticket: {tickets:?}") };
    let keys: Vec<&String> = ticket.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["caller", "category", "number", "opened_at", "state", "station"]);
    assert_eq!(ticket["number"].as_str().unwrap().replace('-', ""), told.digits);
    assert_eq!(ticket["caller"], format!("+86{}", home(1)));
    // The committee where the caller lives, whoever answered.
    assert_eq!(ticket["station"], "站3");
    let category = yingda::domain::category::CategoryCode::parse(ticket["category"].as_str().unwrap());
    assert!(category.unwrap().to_string().starts_with("ELD-"), "1 is elderly care: {ticket}");
    assert_eq!(ticket["state"], "dispatched", "no volunteer is there: the station's staff have it");
    let opened: jiff::Timestamp = ticket["opened_at"].as_str().unwrap().parse().unwrap();
    let called = before.as_millis()..=clock::wall().as_millis();
    assert!(called.contains(&opened.as_millisecond()), "{ticket}");
    server.stop();
}

//! Numbers at which only something is said, beside the help line's own.

use std::sync::Arc;
use std::time::Duration;

use yingda::desk::rules::Rules;
use yingda::domain::call::CallResult;
use yingda::domain::category::Catalogue;
use yingda::domain::settings::SettingsKind;
use yingda::ivr::menu::Menu;
use yingda::service::rules;

use super::town::{Town, volunteer};

/// The town, with what to do in the heat at 5100, a key asked for at 5101 and music at 5102. The district's own help
/// number is given an announcement by mistake.
fn town() -> Town {
    let announcements = r#"
        [[announcement]]
        number = "5100"
        parts = [{ say = "state-intake" }, { say = "wait-5" }]
        [[announcement]]
        number = "5101"
        parts = [{ say = "state-intake", key = true }, { say = "wait-5" }]
        [[announcement]]
        number = "5102"
        parts = [{ say = "hold-music" }]
        again = true
        [[announcement]]
        number = "12349"
    "#;
    let text = format!("{}{announcements}", rules::built_in(SettingsKind::Ivr));
    let catalogue = Catalogue::parse(rules::built_in(SettingsKind::Catalogue)).unwrap();
    let menu = Menu::parse("ivr.toml", &text, &catalogue, &rules::library(None).unwrap()).unwrap();
    let places = super::town::rules().menu.places.clone();
    let rules = Rules { menu: Arc::new(menu.with_places(places)), ..super::town::rules() };
    Town::with(rules, vec![volunteer(10_001, "13800000001")])
}

#[test]
fn who_hears_an_announcement_is_owed_nothing_and_counts_as_no_resident() {
    let mut town = town();
    town.rings("wang", "13900000009", "5100").later(Duration::from_secs(60));
    let heard = town.heard();
    let said = ["state-intake", "wait-5", "hang up wang"].map(|what| heard.find(what));
    assert!(said.is_sorted() && said[0].is_some(), "{heard}");
    town.hangs_up("wang");
    assert_eq!(town.result_of("wang"), Some(CallResult::Announcement));
    assert!(town.ledger.callbacks.is_empty() && town.tickets.is_empty());
}

#[test]
fn a_key_is_waited_for_where_one_is_asked_and_nowhere_else() {
    let mut town = town();
    town.rings("wang", "13900000009", "5101").heard();
    town.presses("wang", "4");
    assert!(town.heard().contains("wait-5"), "a key goes on at once");
    town.presses("wang", "4");
    assert_eq!(town.heard(), "", "here none is asked for");
    town.rings("li", "13900000008", "5101").later(Duration::from_secs(5));
    assert!(!town.heard().contains("li hears zh: wait-5"));
    town.later(Duration::from_secs(10));
    assert!(town.heard().contains("wait-5"), "who has no keys hears the rest all the same");
}

#[test]
fn music_plays_until_the_caller_has_enough() {
    let mut town = town();
    town.rings("wang", "13900000009", "5102").later(Duration::from_secs(3_000)).hangs_up("wang");
    assert_eq!(town.heard().matches("hold-music").count(), 1, "the telephones begin it anew by themselves");
    assert_eq!(town.result_of("wang"), Some(CallResult::Announcement));
}

#[test]
fn from_an_announcement_0_leads_to_a_person_and_9_to_everybody() {
    let mut town = town();
    town.rings("wang", "13900000009", "5102").heard();
    town.presses("wang", "0");
    let heard = town.heard();
    assert!(heard.contains("wang hears connecting"), "{heard}");
    town.rings("li", "13900000008", "5100").heard();
    town.presses("li", "9").hangs_up("li");
    assert_eq!(town.result_of("li"), Some(CallResult::Callback));
    assert!(town.ledger.callbacks.values().any(|request| request.urgent));
}

#[test]
fn a_help_number_is_never_an_announcement() {
    let mut town = town();
    town.rings("wang", "13900000009", "12349").later(Duration::from_secs(1));
    let heard = town.heard();
    assert!(heard.contains("greeting"), "{heard}");
}

#[test]
fn an_announcement_that_was_cut_by_a_restart_is_owed_nothing() {
    let mut town = town();
    town.rings("wang", "13900000009", "5102").later(Duration::from_secs(30));
    let call = town.ledger.calls.values().next().unwrap().id;
    town.restarts(Duration::from_secs(5));
    assert_eq!(town.ledger.calls[&call].result, Some(CallResult::Announcement));
    assert!(town.ledger.callbacks.is_empty());
}

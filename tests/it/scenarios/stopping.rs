//! The program stops while people are on the line: they hear so, and each is owed a call.

use yingda::desk::event::DeskEvent;
use yingda::domain::call::CallResult;
use yingda::domain::callback::{CallbackReason, CallbackState};

use super::queue::operator;
use super::town::{Town, number};

/// Whom the line owes a call, with why and whether at once.
fn owed(town: &Town) -> Vec<(String, CallbackReason, bool)> {
    let open = town.ledger.callbacks.values().filter(|request| request.state.is_open());
    open.map(|request| (request.number.as_str().to_owned(), request.reason, request.urgent)).collect()
}

#[test]
fn whoever_is_on_the_line_when_it_stops_hears_so_and_is_owed_a_call() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201).wants_a_person("talks", "13900000002").answers("ext:201", "operator");
    town.rings("listens", "13900000003", "83720003").rings_withheld("withheld", "83720003").seconds(1);
    town.heard();
    town.tell(DeskEvent::LineStops);
    let told = town.heard();
    for name in ["talks", "listens"] {
        assert!(told.contains(&format!("{name} hears line-stops goodbye")), "{told}");
    }
    assert!(told.contains("withheld hears line-stops-anonymous goodbye"), "{told}");
    assert!(told.contains("hang up operator"), "{told}");
    town.seconds(15);
    let heard = town.heard();
    for name in ["talks", "listens", "withheld"] {
        assert!(heard.contains(&format!("hang up {name}")), "{name} is let go: {heard}");
    }
    for name in ["operator", "talks", "listens", "withheld"] {
        town.hangs_up(name);
    }
    let interrupted = |from: &str| (number(from).as_str().to_owned(), CallbackReason::Interrupted, false);
    let mut owed = owed(&town);
    owed.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(owed, [interrupted("13900000002"), interrupted("13900000003")]);
    let results = ["talks", "listens", "withheld"].map(|name| town.result_of(name));
    assert_eq!(
        results,
        [Some(CallResult::Callback), Some(CallResult::Callback), Some(CallResult::LostAnonymous)]
    );
}

#[test]
fn an_emergency_that_nobody_took_before_the_stop_is_rung_back_first() {
    let mut town = Town::new();
    town.rings("wang", "13900000001", "83720003").presses("wang", "9").seconds(2).heard();
    town.tell(DeskEvent::LineStops);
    let told = town.heard();
    assert!(told.contains("wang hears line-stops") && told.contains("hang up"), "{told}");
    assert_eq!(owed(&town).iter().map(|(_, _, urgent)| *urgent).collect::<Vec<_>>(), [true]);
}

#[test]
fn who_was_rung_back_and_cut_off_by_the_stop_is_still_owed_the_call() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201).wants_a_person("wang", "13900000001").answers("ext:201", "operator");
    town.wants_a_person("li", "13900000002").seconds(5).presses("li", "1").seconds(10);
    town.hangs_up("wang").ready(201).answers("ext:201", "operator again").answers("0002", "li back");
    town.tell(DeskEvent::LineStops);
    assert!(town.heard().contains("li back hears line-stops goodbye"));
    town.hangs_up("operator again").hangs_up("li back");
    let request = town.ledger.callbacks.values().find(|it| it.number == number("13900000002")).unwrap();
    assert_eq!(request.state, CallbackState::Queued);
}

#[test]
fn nobody_is_rung_any_more_when_the_line_stops() {
    let mut town = Town::staffed_by(vec![operator(201, 3), operator(204, 3)]);
    town.ready(201).wants_a_person("talks", "13900000002").answers("ext:201", "operator");
    town.wants_a_person("waits", "13900000003").seconds(10);
    town.tell(DeskEvent::LineStops);
    town.heard();
    town.ready(204).seconds(5);
    assert!(!town.heard().contains("dial"), "who is ready is left alone");
}

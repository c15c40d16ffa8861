//! One number, one place: a hundred calls at once from one number take one operator and one call back.

use yingda::domain::call::{CallResult, Disposition};
use yingda::domain::callback::CallbackState;
use yingda::domain::operator::OperatorState;
use yingda::domain::person::Known;
use yingda::domain::queue::QueueState;

use super::queue::operator;
use super::town::{Town, number};

const WANG: &str = "13900000001";

fn waiting(town: &Town) -> usize {
    town.ledger.queue.values().filter(|entry| entry.state == QueueState::Waiting).count()
}

fn names() -> Vec<String> {
    (0..100).map(|n| format!("wang{n}")).collect()
}

#[test]
fn a_hundred_calls_at_once_from_one_number_take_one_place_and_one_call_back() {
    let mut town = Town::staffed_by(vec![operator(201, 3), operator(204, 3)]);
    town.ready(201).ready(204);
    let names = names();
    for name in &names {
        town.rings(name, WANG, "83720003");
    }
    town.press_together(&names.iter().map(String::as_str).collect::<Vec<_>>(), '0');
    assert_eq!(waiting(&town), 1);
    let heard = town.heard();
    assert_eq!(heard.matches("dial").count(), 1, "{heard}");
    assert_eq!(heard.matches("hears already-waiting label-person press-0").count(), 99, "{heard}");
    // Somebody else is served meanwhile.
    town.wants_a_person("li", "13900000002").answers("ext:204", "other operator");
    assert_eq!(town.entry("li").state, QueueState::Answered);
    town.seconds(5);
    // The ninety-nine first, then the one who has the place.
    for name in names.iter().rev() {
        town.hangs_up(name);
    }
    let results: Vec<_> = names.iter().map(|name| town.result_of(name)).collect();
    assert_eq!(results[0], Some(CallResult::Callback));
    assert!(results[1..].iter().all(|result| *result == Some(CallResult::Disposition)), "{results:?}");
    assert_eq!(town.ledger.calls[&town.names["wang7"]].disposition, Some(Disposition::AlreadyWaiting));
    let owed: Vec<_> =
        town.ledger.callbacks.values().map(|request| (request.number.clone(), request.calls)).collect();
    assert_eq!(owed, [(number(WANG), 1)]);
}

#[test]
fn a_hundred_calls_at_once_that_nobody_can_take_are_owed_one_call() {
    let mut town = Town::new();
    for name in names() {
        town.rings(&name, WANG, "83720003").presses(&name, "0");
    }
    town.seconds(5);
    for name in names() {
        town.hangs_up(&name);
    }
    let owed: Vec<_> = town.ledger.callbacks.values().map(|request| request.calls).collect();
    assert_eq!(owed, [100]);
}

#[test]
fn who_waits_in_another_call_has_an_emergency_all_the_same() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201).wants_a_person("li", "13900000002").answers("ext:201", "operator");
    town.wants_a_person("wang", WANG).wants_a_person("wang again", WANG).seconds(10).heard();
    town.presses("wang again", "9").seconds(1);
    let heard = town.heard();
    assert!(heard.contains("dial duty1") && heard.contains("wang again hears emergency"), "{heard}");
    // And who wants a person a second time hears it again, with nothing to go round in.
    town.wants_a_person("wang third", WANG).seconds(10).heard();
    town.presses("wang third", "0").seconds(1);
    assert!(town.heard().contains("wang third hears already-waiting goodbye"));
}

#[test]
fn only_a_number_that_is_believed_and_one_households_has_one_place() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201).wants_a_person("li", "13900000002").answers("ext:201", "operator");
    let office = Known { shared: true, ..Known::default() };
    town.ledger.homes.insert(number("053283720099"), office);
    for name in ["office", "office again"] {
        town.wants_a_person(name, "053283720099");
    }
    for name in ["claimed", "claimed again"] {
        town.rings_unverified(name, WANG, "83720003").presses(name, "0").seconds(1);
    }
    for name in ["withheld", "withheld again"] {
        town.rings_withheld(name, "83720003").presses(name, "0").seconds(1);
    }
    assert_eq!(waiting(&town), 6);
}

#[test]
fn who_is_owed_a_call_and_rings_meanwhile_waits_where_they_would_have_been_rung_back() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201).wants_a_person("zhao", "13900000003").answers("ext:201", "operator");
    town.wants_a_person("wang", WANG).seconds(5).presses("wang", "1").seconds(10);
    assert_eq!(town.entry("wang").state, QueueState::Kept);
    town.wants_a_person("li", "13900000002").seconds(5);
    town.wants_a_person("wang again", WANG).seconds(5);
    assert_eq!(town.entry("wang again").queued_at, town.entry("wang").queued_at);
    assert_eq!(
        town.entry("wang again").said_place,
        Some(1),
        "nobody is before them, they themselves least of all"
    );
    town.hangs_up("zhao").ready(201).answers("ext:201", "operator again");
    assert_eq!(town.entry("wang again").state, QueueState::Answered);
    let owed = town.ledger.callbacks.values().next().unwrap();
    assert_eq!(owed.state, CallbackState::Done, "they have been served");
    town.hangs_up("wang again").ready(201);
    assert_eq!((town.state(201), town.entry("li").operator), (OperatorState::Ringing, None));
}

//! One press is one key: what comes within 400 ms of the key that led on answers nothing that was not heard.

use std::time::Duration;

use super::script::{Rehearsal, resident, stranger};
use crate::domain::language::Language;
use crate::ivr::outgoing::OutgoingCall;
use crate::ivr::walk::Walk;
use crate::ivr::words::{Key, WalkAction, WalkEvent};

/// Presses a key so long after the last.
fn press(rehearsal: &mut Rehearsal, after_ms: u64, key: char) -> Vec<WalkAction> {
    rehearsal.now = rehearsal.now + Duration::from_millis(after_ms);
    rehearsal.step(&WalkEvent::Key { key: Key::parse(key).unwrap() })
}

fn is_emergency(actions: &[WalkAction]) -> bool {
    actions.contains(&WalkAction::RingEmergency)
}

#[test]
fn a_press_that_arrives_twice_answers_one_question() {
    let mut once = Rehearsal::incoming(stranger());
    let mut twice = Rehearsal::incoming(stranger());
    press(&mut once, 1_000, '1');
    press(&mut twice, 1_000, '1');
    assert_eq!(press(&mut twice, 399, '1'), []);
    assert_eq!(once.walk, twice.walk, "the copy by another way led nowhere");
    assert_ne!(press(&mut twice, 1, '1'), [], "400 ms after the first it is a press of its own");
}

#[test]
fn another_key_as_soon_answers_no_question_that_was_not_heard_but_an_emergency_does() {
    let mut rehearsal = Rehearsal::incoming(resident());
    press(&mut rehearsal, 1_000, '1');
    assert_eq!(press(&mut rehearsal, 200, '2'), []);
    assert!(is_emergency(&press(&mut rehearsal, 100, '9')));
    assert_eq!(press(&mut rehearsal, 100, '9'), [], "nor does its copy");
}

#[test]
fn the_digits_of_a_number_may_be_keyed_as_fast_as_fingers_go() {
    let mut rehearsal = Rehearsal::incoming(stranger());
    press(&mut rehearsal, 1_000, '7');
    let keyed: Vec<WalkAction> = [500, 80, 80, 80, 80, 80, 80]
        .into_iter()
        .zip("0042137".chars())
        .fold(vec![], |_, (after, key)| press(&mut rehearsal, after, key));
    assert!(matches!(keyed[..], [WalkAction::FindTask { .. }, ..]), "{keyed:?}");
}

#[test]
fn a_bounce_at_the_survey_does_not_answer_the_next_question() {
    let call = OutgoingCall::Survey { language: Language::Zh, household: false };
    let mut rehearsal = Rehearsal::outgoing(call);
    press(&mut rehearsal, 1_000, '1');
    let satisfied: Walk = rehearsal.walk.clone();
    assert_eq!(press(&mut rehearsal, 150, '1'), []);
    assert_eq!(rehearsal.walk, satisfied);
    assert_ne!(press(&mut rehearsal, 400, '3'), []);
}

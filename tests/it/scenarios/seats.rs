//! Operators and the telephones they need: nobody is ready whose telephone could not ring.

use std::time::Duration;

use yingda::desk::command::OperatorCommand;
use yingda::domain::extension::Extension;
use yingda::domain::operator::{AwayReason, OperatorState};

use super::queue::operator;
use super::town::Town;

fn extension() -> Extension {
    Extension::parse("201").unwrap()
}

#[test]
fn nobody_is_ready_whose_telephone_is_not_registered() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.phone_is_there(extension(), false);
    town.ready(201);
    assert!(town.heard().contains("PhoneNotRegistered"));
    assert_eq!(town.ledger.standings.get(&operator(201, 3).user), None, "they are where they were: at home");
    town.phone_is_there(extension(), true);
    town.ready(201);
    assert_eq!(town.state(201), OperatorState::Ready);
}

#[test]
fn a_telephone_that_was_registered_before_a_restart_is_known_to_be_there() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.says(201, OperatorCommand::Away).restarts(Duration::from_secs(5));
    town.ready(201);
    assert_eq!(town.state(201), OperatorState::Ready, "nothing was heard of it since the start");
}

#[test]
fn whose_telephone_went_during_a_call_is_away_after_it_and_ready_when_it_is_back() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201).wants_a_person("wang", "13900000001").answers("ext:201", "operator");
    town.phone_is_there(extension(), false);
    assert_eq!(town.state(201), OperatorState::Talking);
    town.hangs_up("wang").says(201, OperatorCommand::WrapUp { disposition: None });
    assert_eq!(
        (town.state(201), town.operator(201).away),
        (OperatorState::Away, Some(AwayReason::PhoneGone))
    );
    town.phone_is_there(extension(), true);
    assert_eq!(town.state(201), OperatorState::Ready);
}

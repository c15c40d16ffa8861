//! A telephone that asks to have its call led elsewhere.

use expect_test::expect;
use yingda::desk::event::{DeskEvent, PhoneEvent};
use yingda::domain::call::AttemptState;

use super::town::Town;

#[test]
fn a_telephone_that_asks_for_a_transfer_is_told_that_there_is_none_and_talks_on() {
    let mut town = Town::new();
    town.rings("wang", "13900000001", "83720003").at("09:00:02").presses("wang", "9").at("09:00:05");
    town.answers("duty2", "chen").presses("chen", "1").heard();
    // The others' attempts are over, as answered by somebody.
    let talks = |state| matches!(state, AttemptState::Open);
    let attempt = town.ledger.attempts.values().find(|attempt| talks(attempt.state)).expect("chen's");
    let asked = PhoneEvent::TransferAsked { call: attempt.call, to: "201".into(), replaces: None };
    town.tell(DeskEvent::Phone(asked));
    expect![[r#"
        09:00:06 tell chen that the transfer failed
    "#]]
    .assert_eq(&town.heard());
}

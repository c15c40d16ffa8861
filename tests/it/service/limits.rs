//! Full channels: the desk waits for nobody, and what did not fit has its own answer (DESIGN §3).

use std::sync::atomic::Ordering;

use yingda::desk::command::{Command, CommandOutcome};
use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::Commander;
use yingda::desk::refusal::{Refusal, RefusalReason};
use yingda::domain::actor::Actor;
use yingda::domain::callback::CallbackReason;
use yingda::domain::ids::Chance;
use yingda::domain::message::InboundText;
use yingda::domain::timestamp::Timestamp;
use yingda::service::inbox::{Post, inbox};

use super::shift::{Set, arrives, call, hangs_up};
use crate::scenarios::town::number;

#[test]
fn a_call_that_the_telephones_have_no_room_for_ends_and_is_owed_a_call() {
    let mut set = Set::new();
    // Room for one order, which nobody takes: the caller cannot even be answered.
    set.room = 1;
    let shift = set.shift(&[arrives(1, "13900000001")]);
    let vitals = shift.vitals.clone();
    shift.order("180", |order| *order == PhoneEffect::Ring { call: call(1) });
    shift.order("the end, when there is room", |order| *order == PhoneEffect::Hangup { call: call(1) });
    shift.say(hangs_up(1));
    shift.end().0.unwrap();
    assert_eq!(set.owed_to("13900000001"), 1, "though the call was short");
    assert_eq!(set.owed()[0].reason, CallbackReason::Interrupted);
    assert!(vitals.orders_refused.load(Ordering::Relaxed) >= 1, "counted");
}

fn text() -> InboundText {
    let at = Timestamp::from_millis(1_777_600_800_000);
    InboundText {
        id: Chance::from_number(8).mint(at),
        from: number("13800000001"),
        to: "106912345".into(),
        body: "37 1".into(),
        received_at: at,
    }
}

#[tokio::test]
async fn a_full_desk_takes_no_text_and_answers_a_command_at_once() {
    let (_phone, inbox, arrivals) = inbox();
    while inbox.put(Post::InboundDrained).is_ok() {}
    assert!(inbox.put(Post::Text(text())).is_err(), "it is not acknowledged and comes again");
    let by = Commander { actor: Actor::SYSTEM, roles: vec![] };
    let answer = inbox.ask(by, Command::ConfirmClock).await;
    assert!(
        matches!(answer, CommandOutcome::Refused(Refusal { reason: RefusalReason::Unavailable, .. })),
        "{answer:?}"
    );
    drop(arrivals);
}

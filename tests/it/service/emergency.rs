//! The store is away: numbers are noted, callers put through or told, nothing is promised that is not on the disk; then
//! each is owed a call once (DESIGN §3).

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use tokio::sync::oneshot;
use yingda::clock::Clock;
use yingda::desk::command::{Command, CommandOutcome};
use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{Commander, EndReason, PhoneEvent};
use yingda::desk::refusal::RefusalReason;
use yingda::desk::write::EventDraft;
use yingda::domain::actor::Actor;
use yingda::domain::call::CallerTrust;
use yingda::domain::callback::CallbackReason;
use yingda::domain::ids::{Chance, JurisdictionId};
use yingda::domain::person::Known;
use yingda::domain::timestamp::Timestamp;
use yingda::service::inbox::Post;
use yingda::store::Store;
use yingda::store::commit::{Batch, BatchStep};
use yingda::store::emergency::{EmergencyLog, Noted};
use yingda::store::error::StoreError;

use super::house::{by, settle};
use super::shift::{Set, Shift, arrives, call, hangs_up, presses, said, stations};
use crate::scenarios::town::number;
use crate::waiting::until;

pub const MEBIBYTE: u64 = 1 << 20;
const WANG: &str = "13900000001";
const LI: &str = "13900000002";

/// Fills the store to the last page: with inputs of two weeks ago, which tomorrow's upkeep forgets, then with history,
/// so that no page of it has room either.
pub fn fill(store: &Store, now: Timestamp) {
    let old = now - Duration::from_secs(15 * 24 * 3_600);
    let mut chance = Chance::from_number(77);
    for bytes in [200_000, 20_000, 2_000, 200] {
        let full = loop {
            let step = BatchStep { input: chance.mint(old), journal: Some(vec![7; bytes]), writes: vec![] };
            if let Err(error) = store.commit(Batch { now: old, steps: vec![step] }) {
                break error;
            }
        };
        assert!(matches!(full, StoreError::Full), "{full}");
    }
    let line = |n: usize| EventDraft {
        at: now,
        jurisdiction: JurisdictionId("shibei".into()),
        actor: Actor::SYSTEM,
        entity: "desk".into(),
        ticket: None,
        kind: "planted".into(),
        subject: None,
        detail: json!({ "n": n }),
    };
    let full = (0..).find_map(|n| store.audit(vec![line(n)]).err()).unwrap();
    assert!(matches!(full, StoreError::Full), "{full}");
}

/// Waits until the desk is at work again.
pub fn is_back(emergency: impl Fn() -> bool) {
    until("the desk is back in a store that has room", || !emergency());
}

fn asks(shift: &Shift) -> CommandOutcome {
    let by = Commander { actor: Actor::SYSTEM, roles: vec![] };
    let (reply, answer) = oneshot::channel();
    shift.inbox.put(Post::Command { by, command: Command::ConfirmClock, reply }).unwrap();
    answer.blocking_recv().unwrap()
}

#[test]
fn on_a_full_disk_callers_are_put_through_or_told_and_each_is_owed_a_call_once() {
    let mut set = Set::with(Clock::start(), Some(4 * MEBIBYTE));
    let shift = set.shift(&[arrives(1, WANG)]);
    shift.hears(call(1), "greeting");
    fill(&set.store, set.clock.now());
    // The next step cannot be remembered: who is on the line and who comes are served without the store.
    shift.say(arrives(2, LI));
    let leg = shift.order("ring ana", |order| matches!(order, PhoneEffect::Dial { .. })).call();
    shift.hears(call(2), "cannot-register");
    assert!(shift.vitals.emergency.load(Ordering::Relaxed));
    assert_eq!(
        EmergencyLog::open(set.directory()).unwrap().waiting().len(),
        2,
        "on the disk before it is said"
    );
    let refused = asks(&shift);
    assert!(matches!(refused, CommandOutcome::Refused(no) if no.reason == RefusalReason::Unavailable));
    shift.say(PhoneEvent::Answered { call: leg });
    shift.order("join", |order| matches!(order, PhoneEffect::Bridge { .. }));
    // A number that is not shown cannot be noted, and nobody says it was.
    shift.say(PhoneEvent::CallArrived {
        call: call(3),
        number: None,
        trust: CallerTrust::Unverified,
        dialled: "12349".into(),
        known: Known::default(),
    });
    shift.hears(call(3), "cannot-note");
    shift.say(presses(1, 4));
    shift.say(hangs_up(2));
    set.store.prune(set.clock.now()).unwrap();
    is_back(|| shift.vitals.emergency.load(Ordering::Relaxed));
    // The two who talk are not disturbed by the desk that is at work again.
    shift.say(PhoneEvent::CallEnded { call: leg, reason: EndReason::HungUp });
    shift.order("their call ends", |order| *order == PhoneEffect::Hangup { call: call(1) });
    shift.say(hangs_up(1));
    let (ended, orders) = shift.end();
    ended.unwrap();
    assert!(orders.iter().all(|order| said(order).iter().all(|id| id != "ticket-number-is")));
    assert_eq!((set.owed_to(WANG), set.owed_to(LI)), (1, 1));
    assert_eq!(EmergencyLog::open(set.directory()).unwrap().waiting(), []);
    set.shift(&[]).end().0.unwrap();
    assert_eq!((set.owed_to(WANG), set.owed_to(LI)), (1, 1), "exactly once, a restart included");
    set.store.verify().unwrap();
}

#[test]
fn numbers_noted_before_a_stop_are_owed_a_call_after_the_start_even_when_the_log_could_not_be_blanked() {
    let mut set = Set::with(Clock::start(), Some(4 * MEBIBYTE));
    fill(&set.store, set.clock.now());
    // The start itself cannot be remembered: the line answers all the same.
    let shift = set.shift(&[arrives(1, LI)]);
    shift.order("answer", |order| *order == PhoneEffect::Answer { call: call(1) });
    shift.end().0.unwrap();
    let file = set.directory().join(yingda::store::emergency::EMERGENCY_FILE);
    let noted = std::fs::read(&file).unwrap();
    assert_eq!(set.owed_to(LI), 0);
    set.store.prune(set.clock.now()).unwrap();
    for start in ["the next start", "a start after a sudden end: the same entry waits still"] {
        set.shift(&[]).end().0.unwrap();
        assert_eq!(set.owed_to(LI), 1, "{start}");
        assert_eq!(set.owed()[0].calls, 1, "{start}");
        assert_eq!(set.owed()[0].reason, CallbackReason::Emergency, "{start}");
        std::fs::write(&file, &noted).unwrap();
    }
}

#[test]
fn numbers_noted_before_there_was_a_station_are_owed_a_call_as_soon_as_there_is_one() {
    let mut set = Set::unsettled(Clock::start(), None);
    let at = set.clock.now();
    let noted = Noted { number: number(LI), at, note: Chance::from_number(5).mint(at) };
    EmergencyLog::open(set.directory()).unwrap().append(&noted).unwrap();
    let shift = set.shift(&[]);
    // Whatever the answer is: it comes from a desk that has started.
    asks(&shift);
    assert_eq!(EmergencyLog::open(set.directory()).unwrap().waiting(), [noted], "nobody could own it");
    settle(&set.store, at);
    let changes = set.store.import_stations(stations(), by(at)).unwrap();
    shift.inbox.put(Post::Changed(changes)).unwrap();
    shift.end().0.unwrap();
    assert_eq!(set.owed_to(LI), 1);
    assert_eq!(EmergencyLog::open(set.directory()).unwrap().waiting(), []);
}

//! A machine's clock that was set: told, and followed only when a person says so (DESIGN §3).

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::oneshot;
use yingda::clock::{Clock, wall};
use yingda::desk::command::{Command, CommandOutcome};
use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{Commander, DeskEvent};
use yingda::desk::refusal::RefusalReason;
use yingda::domain::actor::{Actor, Role};
use yingda::domain::ids::StationId;
use yingda::service::inbox::Post;

use super::shift::{Set, Shift, arrives, call};

const HOUR: Duration = Duration::from_secs(3_600);

fn confirm(shift: &Shift, role: Role) -> CommandOutcome {
    let by = Commander { actor: Actor::SYSTEM, roles: vec![(role, StationId(1))] };
    let (reply, answer) = oneshot::channel();
    shift.inbox.put(Post::Command { by, command: Command::ConfirmClock, reply }).unwrap();
    answer.blocking_recv().unwrap()
}

/// Callers come in until the desk has told of the step.
fn told_of_the_step(set: &Set, shift: &Shift) -> u64 {
    for n in 1.. {
        shift.say(arrives(n, "13900000001"));
        shift.order("an answer", |order| *order == PhoneEffect::Answer { call: call(n) });
        if set.history().iter().any(|kind| kind == "clock.stepped") {
            return n;
        }
    }
    unreachable!("there are enough numbers")
}

fn jumps(by: Duration, ahead: bool) {
    let now = wall();
    let clock = Clock::starting_at(if ahead { now - by } else { now + by });
    let mut set = Set::with(clock.clone(), None);
    let shift = set.shift(&[]);
    let last = told_of_the_step(&set, &shift);
    let stepped = shift.vitals.stepped_by_ms.load(Ordering::Relaxed);
    assert!(stepped.unsigned_abs().abs_diff(u64::try_from(by.as_millis()).unwrap()) < 60_000, "{stepped}");
    assert_eq!(stepped > 0, ahead);
    assert!(clock.now().since(wall()).max(wall().since(clock.now())) > by / 2, "not followed yet");
    let refused = confirm(&shift, Role::Operator);
    assert!(matches!(&refused, CommandOutcome::Refused(no) if no.reason == RefusalReason::NotAllowed));
    assert_eq!(confirm(&shift, Role::Supervisor), CommandOutcome::Done);
    // Whoever is on the line starts anew: what they waited for was counted by the old time.
    shift.hears(call(last), "one-moment");
    assert!(clock.now().since(wall()).max(wall().since(clock.now())) < Duration::from_secs(60));
    assert_eq!(shift.vitals.stepped_by_ms.load(Ordering::Relaxed), 0);
    let (ended, _) = shift.end();
    ended.unwrap();
    let history = set.history();
    let count = |kind: &str| history.iter().filter(|found| *found == kind).count();
    assert_eq!((count("clock.stepped"), count("clock.confirmed")), (1, 1), "each told once");
    let by_ms = set.journal().into_iter().find_map(|event| {
        let DeskEvent::ClockStepped { by_ms } = event else { return None };
        Some(by_ms)
    });
    assert_eq!(by_ms.map(|by_ms| by_ms > 0), Some(ahead));
}

#[test]
fn a_clock_set_ahead_is_told_and_followed_when_a_supervisor_says_so() {
    jumps(HOUR, true);
}

#[test]
fn a_clock_set_back_is_told_and_followed_when_a_supervisor_says_so() {
    jumps(HOUR, false);
}

//! A panic at any step: what was before it is kept, it is never tried again, and callers are served (DESIGN §3).

use std::panic;

use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{DeskEvent, EndReason, PhoneEvent};

use super::shift::{Set, Shift, arrives, call, hangs_up, presses, said};

const WANG: &str = "13900000001";
const LI: &str = "13900000002";

/// Panics in the `k`-th decision, counted from 0, and in no other.
fn panic_at(k: usize) -> yingda::service::desk_loop::BeforeEach {
    let mut decisions = 0..;
    Box::new(move || {
        if decisions.next() == Some(k) {
            panic::panic_any("planted");
        }
    })
}

fn morning() -> Vec<PhoneEvent> {
    vec![
        arrives(1, WANG),
        presses(1, 1),
        presses(1, 4),
        arrives(2, LI),
        presses(2, 3),
        presses(1, 1),
        hangs_up(1),
        presses(2, 1),
        hangs_up(2),
    ]
}

fn arrivals(journal: &[DeskEvent]) -> Vec<yingda::domain::ids::CallId> {
    let arrived = |event: &DeskEvent| {
        let DeskEvent::Phone(PhoneEvent::CallArrived { call, .. }) = event else { return None };
        Some(*call)
    };
    journal.iter().filter_map(arrived).collect()
}

#[test]
fn a_panic_at_any_step_loses_that_step_alone_and_is_never_tried_again() {
    for k in 0..morning().len() {
        let mut set = Set::new();
        set.before_each = Some(panic_at(k));
        let (ended, orders) = set.shift(&morning()).end();
        ended.unwrap_or_else(|error| panic!("step {k}: {error:#}"));
        assert_eq!(set.quarantined(), 1, "step {k}");
        let committed: Vec<_> =
            [(0, 1), (3, 2)].iter().filter(|(step, _)| *step != k).map(|(_, n)| call(*n)).collect();
        assert_eq!(arrivals(&set.journal()), committed, "step {k}: what came before and after it is kept");
        // Whose arrival was lost is answered all the same, and owed a call.
        for (step, n, number) in [(0, 1, WANG), (3, 2, LI)] {
            let answers = PhoneEffect::Answer { call: call(n) };
            assert!(orders.contains(&answers), "step {k}: caller {n} is answered");
            if step == k {
                assert_eq!(set.owed_to(number), 1, "step {k}");
            }
        }
        let history = set.history();
        let rebuilt = history.iter().filter(|kind| *kind == "desk.restored").count();
        assert!(rebuilt >= 2, "step {k}: {history:?}");
        set.store.verify().unwrap();
        // A start without the fault finds nothing to try again.
        let before = (set.quarantined(), set.owed().len());
        let again = set.shift(&[]);
        let vitals = again.vitals.clone();
        again.end().0.unwrap();
        assert_eq!(vitals.panics.load(std::sync::atomic::Ordering::Relaxed), 0, "step {k}");
        assert_eq!((set.quarantined(), set.owed().len()), before, "step {k}");
    }
}

#[test]
fn a_caller_whose_place_in_the_menu_is_lost_hears_one_moment_and_the_menu_from_its_top() {
    let mut set = Set::new();
    set.before_each = Some(panic_at(2));
    let shift = set.shift(&[arrives(1, WANG)]);
    let greeting = shift.hears(call(1), "greeting");
    shift.say(presses(1, 1));
    shift.say(presses(1, 4));
    let again = shift.hears(call(1), "one-moment");
    assert_eq!(said(&again)[0], "one-moment");
    assert_eq!(said(&again)[1..], said(&greeting)[..], "then as at the beginning");
    shift.end().0.unwrap();
}

#[test]
fn a_known_caller_is_still_asked_for_the_registered_home_after_the_desk_is_built_anew() {
    let mut set = Set::new();
    set.before_each = Some(panic_at(2));
    let shift = set.shift(&[arrives(1, WANG)]);
    shift.hears(call(1), "greeting");
    shift.say(presses(1, 1));
    shift.say(presses(1, 4));
    shift.hears(call(1), "one-moment");
    shift.say(presses(1, 1));
    shift.hears(call(1), "which-help");
    shift.say(presses(1, 4));
    shift.hears(call(1), "label-registered-home");
    shift.end().0.unwrap();
}

/// A caller who asked for a person and talks with them.
fn two_talk(shift: &Shift) -> yingda::domain::ids::CallId {
    shift.hears(call(1), "greeting");
    shift.say(presses(1, 0));
    let leg = shift.order("ring ana", |order| matches!(order, PhoneEffect::Dial { .. })).call();
    shift.say(PhoneEvent::Answered { call: leg });
    shift.order("join them", |order| matches!(order, PhoneEffect::Bridge { .. }));
    leg
}

#[test]
fn two_who_talk_go_on_talking_while_the_desk_is_built_anew() {
    let mut set = Set::new();
    set.before_each = Some(panic_at(3));
    let shift = set.shift(&[arrives(1, WANG)]);
    let leg = two_talk(&shift);
    shift.say(presses(1, 5));
    // Somebody else's arrival shows that the desk is at work again.
    shift.say(arrives(2, LI));
    shift.order("answer li", |order| *order == PhoneEffect::Answer { call: call(2) });
    shift.say(PhoneEvent::CallEnded { call: leg, reason: EndReason::HungUp });
    let ended = shift.order("an end", |order| matches!(order, PhoneEffect::Hangup { .. }));
    assert_eq!(ended.call(), call(1), "their call ends when the other side hangs up, not before");
    shift.say(hangs_up(1));
    shift.end().0.unwrap();
    assert_eq!((set.quarantined(), set.owed_to(WANG)), (1, 0));
}

#[test]
fn three_panics_within_ten_minutes_end_the_process() {
    let mut set = Set::new();
    set.before_each = Some(Box::new(|| panic::panic_any("planted")));
    let shift = set.shift(&[arrives(1, WANG), arrives(2, LI), presses(1, 1), presses(1, 2)]);
    let (ended, _) = shift.end();
    assert!(ended.unwrap_err().to_string().contains("panicked 3 times"));
    assert_eq!(set.quarantined(), 3);
}

//! The calls an emergency leads to: to whoever may take it, and back to the caller.

use expect_test::expect;

use super::script::{Rehearsal, START, area, check, menu, stranger};
use crate::domain::language::Language;
use crate::ivr::outgoing::OutgoingCall;
use crate::ivr::walk::Walk;

/// A resident whom we ring back about an emergency.
fn rung_back() -> Rehearsal {
    let menu = menu();
    let (walk, actions) = Walk::start_emergency_back(&menu, stranger(), START);
    Rehearsal::of(walk, menu, &actions)
}

#[test]
fn who_is_rung_back_about_an_emergency_gets_everybody_and_no_menu() {
    check(
        rung_back(),
        "
        nobody
        heard
        heard
        ",
        &expect![[r#"
              ring everybody for an emergency
              say zh: emergency-back
            nobody
            heard
              say zh: emergency-told goodbye
            heard
              hang up
            (over)
        "#]],
    );
    check(
        rung_back(),
        "
        heard
        person
        ",
        &expect![[r#"
              ring everybody for an emergency
              say zh: emergency-back
            heard
              play hold-music
            person
              stop saying
            (over)
        "#]],
    );
    check(
        rung_back(),
        "
        hangs up
        ",
        &expect![[r#"
              ring everybody for an emergency
              say zh: emergency-back
            hangs up
            (over)
        "#]],
    );
}

#[test]
fn an_emergency_whose_walk_was_forgotten_begins_anew_and_not_at_the_menu() {
    let menu = menu();
    let (walk, actions) = Walk::start_emergency_again(&menu, stranger(), START);
    check(
        Rehearsal::of(walk, menu, &actions),
        "
        heard
        ",
        &expect![[r#"
              ring everybody for an emergency
              say zh: emergency
            heard
              play hold-music
        "#]],
    );
}

#[test]
fn who_is_rung_for_an_emergency_takes_it_by_one_and_brings_in_the_ambulance_by_nine() {
    let leg = || {
        let area = Some(area("370203005001"));
        Rehearsal::outgoing(OutgoingCall::EmergencyLeg { language: Language::Zh, area })
    };
    check(
        leg(),
        "keys 9\nheard\nsilence\nkeys 1\nkeys 5 9\nbring-in failed\nheard\nkeys 9\nhangs up",
        &expect![[r#"
              say zh: emergency-call area-370203005 label-take-call press-1 label-bring-in press-9
            keys 9
              say zh: emergency-call area-370203005 label-take-call press-1 label-bring-in press-9
            heard
            silence
              say zh: emergency-call area-370203005 label-take-call press-1 label-bring-in press-9
            keys 1
              stop saying
              => takes the emergency
            keys 5 9
              => bring in the ambulance
            bring-in failed
              say zh: bring-in-failed
            heard
            keys 9
              => bring in the ambulance
            hangs up
            (over)
        "#]],
    );
    // A voicemail hears it four times.
    check(
        leg(),
        "heard\nsilence\nheard\nsilence\nheard\nsilence\nheard\nsilence",
        &expect![[r#"
          say zh: emergency-call area-370203005 label-take-call press-1 label-bring-in press-9
        heard
        silence
          say zh: emergency-call area-370203005 label-take-call press-1 label-bring-in press-9
        heard
        silence
          say zh: emergency-call area-370203005 label-take-call press-1 label-bring-in press-9
        heard
        silence
          say zh: emergency-call area-370203005 label-take-call press-1 label-bring-in press-9
        heard
        silence
          => not reached: silence
          hang up
        (over)
    "#]],
    );
}

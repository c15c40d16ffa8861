//! We ring somebody who agreed to be rung, and whoever looks after them when they do not answer.

use expect_test::expect;

use super::script::{Rehearsal, check, resident};
use crate::domain::language::Language;
use crate::ivr::outgoing::OutgoingCall;

fn care_call() -> Rehearsal {
    Rehearsal::outgoing(OutgoingCall::Care { caller: resident() })
}

fn contact() -> Rehearsal {
    Rehearsal::outgoing(OutgoingCall::CareContact { language: Language::Zh })
}

#[test]
fn who_is_well_presses_1_and_is_thanked() {
    check(
        care_call(),
        "
        heard
        keys 1
        heard
        ",
        &expect![[r#"
              say zh: greeting care-call label-well press-1 label-need-help press-2 label-person press-0 label-emergency press-9
            heard
            keys 1
              => care: well
              say zh: survey-thanks
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn who_needs_help_goes_on_in_the_menu_and_9_and_0_mean_what_they_always_mean() {
    check(
        care_call(),
        "keys 2",
        &expect![[r#"
          say zh: greeting care-call label-well press-1 label-need-help press-2 label-person press-0 label-emergency press-9
        keys 2
          => care: help
          stop saying
          say zh: greeting recording-notice <main menu>
    "#]],
    );
    check(
        care_call(),
        "keys 9",
        &expect![[r#"
          say zh: greeting care-call label-well press-1 label-need-help press-2 label-person press-0 label-emergency press-9
        keys 9
          => care: emergency
          stop saying
          ring everybody for an emergency
          say zh: emergency
    "#]],
    );
    check(
        care_call(),
        "keys 0",
        &expect![[r#"
          say zh: greeting care-call label-well press-1 label-need-help press-2 label-person press-0 label-emergency press-9
        keys 0
          => care: person
          stop saying
          ring a person: asked
          say zh: recording-notice connecting
    "#]],
    );
}

#[test]
fn silence_and_other_keys_say_nothing_of_anybody() {
    check(
        care_call(),
        "
        heard
        silence
        heard
        keys 7
        heard
        silence
        ",
        &expect![[r#"
              say zh: greeting care-call label-well press-1 label-need-help press-2 label-person press-0 label-emergency press-9
            heard
            silence
              say zh: care-call label-well press-1 label-need-help press-2 label-person press-0 label-emergency press-9
            heard
            keys 7
              say zh: care-call label-well press-1 label-need-help press-2 label-person press-0 label-emergency press-9
            heard
            silence
              => not reached: silence
              hang up
            (over)
        "#]],
    );
}

#[test]
fn who_presses_the_wrong_key_three_times_is_there_and_goes_to_a_person() {
    check(
        care_call(),
        "
        keys 7
        keys 7
        keys 7
        ",
        &expect![[r#"
              say zh: greeting care-call label-well press-1 label-need-help press-2 label-person press-0 label-emergency press-9
            keys 7
              say zh: care-call label-well press-1 label-need-help press-2 label-person press-0 label-emergency press-9
            keys 7
              say zh: care-call label-well press-1 label-need-help press-2 label-person press-0 label-emergency press-9
            keys 7
              => care: person
              stop saying
              ring a person: asked
              say zh: recording-notice connecting
        "#]],
    );
}

#[test]
fn a_contact_looks_after_them_or_cannot() {
    check(
        contact(),
        "
        heard
        keys 1
        heard
        ",
        &expect![[r#"
              say zh: greeting care-call-missed label-take press-1 label-cannot-come press-2 label-again press-star
            heard
            keys 1
              => looks after them
              say zh: noted-thanks
            heard
              hang up
            (over)
        "#]],
    );
    check(
        contact(),
        "
        keys 2
        heard
        ",
        &expect![[r#"
              say zh: greeting care-call-missed label-take press-1 label-cannot-come press-2 label-again press-star
            keys 2
              => not reached: declined
              say zh: survey-thanks
            heard
              hang up
            (over)
        "#]],
    );
}

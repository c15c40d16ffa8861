//! We ring a helper.

use expect_test::expect;

use super::script::{Rehearsal, check, helper_call, staff_call};
use crate::domain::assignment::HelperCall;

fn rung(why: HelperCall) -> Rehearsal {
    Rehearsal::outgoing(helper_call(why))
}

#[test]
fn an_offer_is_accepted_by_key_and_no_name_or_door_is_spoken() {
    check(
        rung(HelperCall::Offer),
        "
        heard
        keys *
        keys 1
        task accepted_call
        heard
        ",
        &expect![[r#"
              say zh: helper-call-intro helper-number-is 0 0 4 2 1 offer-asks area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-accept press-1 label-decline press-2 label-again press-star label-person press-0 label-wrong-number press-9
            heard
            keys *
              say zh: offer-asks area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-accept press-1 label-decline press-2 label-again press-star label-person press-0 label-wrong-number press-9
            keys 1
              stop saying
              => task: accept
            task accepted_call
              say zh: task-accepted-call
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn a_machine_that_answers_an_offer_says_nothing() {
    check(
        rung(HelperCall::Offer),
        "
        heard
        silence
        heard
        silence
        heard
        ",
        &expect![[r#"
              say zh: helper-call-intro helper-number-is 0 0 4 2 1 offer-asks area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-accept press-1 label-decline press-2 label-again press-star label-person press-0 label-wrong-number press-9
            heard
            silence
              say zh: offer-asks area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-accept press-1 label-decline press-2 label-again press-star label-person press-0 label-wrong-number press-9
            heard
            silence
              => not reached: silence
              say zh: goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn details_are_time_visit_code_and_task_number_as_often_as_wanted() {
    check(
        rung(HelperCall::Details),
        "
        heard
        keys *
        heard
        keys 3
        person
        ",
        &expect![[r#"
              say zh: helper-call-intro helper-number-is 0 0 4 2 1 task-is area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 visit-code-is 0 0 7 3 task-code-is 3 7 details-by-person label-connect press-3 label-again press-star label-person press-0
            heard
              => told
            keys *
              say zh: task-is area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 visit-code-is 0 0 7 3 task-code-is 3 7 details-by-person label-connect press-3 label-again press-star label-person press-0
            heard
            keys 3
              ring the resident
              say zh: connecting-resident
            person
              stop saying
            (over)
        "#]],
    );
}

#[test]
fn who_is_asked_whether_they_are_on_the_way_keys_here_late_or_cannot() {
    check(
        rung(HelperCall::OnTheWay),
        "
        keys 5 7
        task noted
        heard
        ",
        &expect![[r#"
              say zh: helper-call-intro helper-number-is 0 0 4 2 1 on-the-way-call label-arrived press-8 label-late press-7 label-cannot-come press-2 label-again press-star label-person press-0
            keys 5 7
              stop saying
              => task: late
            task noted
              say zh: noted-thanks
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn who_needs_help_at_a_door_is_joined_to_a_person_and_else_rung_back_at_once() {
    check(
        rung(HelperCall::AreYouWell),
        "
        heard
        keys 2
        task help_coming
        heard
        nobody
        heard
        ",
        &expect![[r#"
              say zh: helper-call-intro helper-number-is 0 0 4 2 1 are-you-well-call label-well press-1 label-need-help press-2 label-again press-star
            heard
            keys 2
              => task: help
            task help_coming
              ring everybody for an emergency
              say zh: help-is-coming
            heard
              play hold-music
            nobody
              => call back: nobody_free, no recording, at once
              say zh: help-is-coming
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn who_comes_while_a_helper_hears_that_nobody_does_is_joined_all_the_same() {
    let nobody = rung(HelperCall::AreYouWell).after(
        "
        heard
        keys 2
        task help_coming
        heard
        nobody
        ",
    );
    check(
        nobody,
        "
        person
        heard
        ",
        &expect![[r#"
            person
              stop saying
            heard
            (over)
        "#]],
    );
}

#[test]
fn a_duty_telephone_is_greeted_as_one_and_hears_that_two_have_to_go() {
    check(
        Rehearsal::outgoing(staff_call(HelperCall::Offer, true)),
        "
        keys 1
        task taken
        heard
        ",
        &expect![[r#"
              say zh: staff-call-intro staff-task-call area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 two-go label-accept press-1 label-decline press-2 label-again press-star label-person press-0 label-wrong-number press-9
            keys 1
              stop saying
              => task: accept
            task taken
              say zh: duty-taken
            heard
              hang up
            (over)
        "#]],
    );
    check(
        Rehearsal::outgoing(staff_call(HelperCall::VisitorSilent, false)),
        "
        keys 1
        heard
        silence
        heard
        ",
        &expect![[r#"
              say zh: staff-call-intro duty-alarm-visitor area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-again press-star
            keys 1
            heard
              => told
            silence
              say zh: goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

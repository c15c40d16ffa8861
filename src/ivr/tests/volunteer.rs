//! A volunteer rings.

use expect_test::expect;

use super::script::{Rehearsal, check, stranger, task};
use crate::ivr::context::{IncomingCall, TaskStage, VolunteerTask};

fn volunteer(tasks: impl IntoIterator<Item = VolunteerTask>) -> Rehearsal {
    Rehearsal::incoming(IncomingCall { tasks: tasks.into_iter().collect(), ..stranger() })
}

#[test]
fn a_volunteer_accepts_by_key() {
    check(
        volunteer([task(TaskStage::Offered)]),
        "
        keys 1
        heard
        keys 1
        heard
        task accepted
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice label-task press-1 label-own-help press-2 or-wait
            keys 1
              say zh: task-is area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-accept press-1 label-decline press-2 label-person press-0
            heard
            keys 1
              => task: accept
              say zh: one-moment
            heard
            task accepted
              => disposition: volunteer_task
              say zh: task-accepted
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn a_volunteer_declines_by_key() {
    check(
        volunteer([task(TaskStage::Offered)]),
        "
        keys 1 2
        task declined
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice label-task press-1 label-own-help press-2 or-wait
            keys 1 2
              say zh: task-is area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-accept press-1 label-decline press-2 label-person press-0
              => task: decline
              say zh: one-moment
            task declined
              => disposition: volunteer_task
              say zh: task-declined
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn a_yes_that_comes_too_late_is_told_so() {
    check(
        volunteer([task(TaskStage::Offered)]),
        "
        keys 1 1
        task too_late
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice label-task press-1 label-own-help press-2 or-wait
            keys 1 1
              say zh: task-is area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-accept press-1 label-decline press-2 label-person press-0
              => task: accept
              say zh: one-moment
            task too_late
              => disposition: volunteer_task
              say zh: task-too-late
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn five_twice_is_done() {
    check(
        volunteer([task(TaskStage::Accepted)]),
        "
        keys 1 5 5
        task finished
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice label-task press-1 label-own-help press-2 or-wait
            keys 1 5 5
              say zh: task-is area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-arrived press-8 label-late press-7 label-done press-5-twice label-connect press-3 label-decline press-2 label-person press-0
              stop saying
              => task: done
              say zh: one-moment
            task finished
              => disposition: volunteer_task
              say zh: task-finished
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn one_five_is_not_done() {
    check(
        volunteer([task(TaskStage::Accepted)]),
        "
        keys 1 5
        silence
        keys 5 1
        ",
        &expect![[r#"
              say zh: greeting recording-notice label-task press-1 label-own-help press-2 or-wait
            keys 1 5
              say zh: task-is area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-arrived press-8 label-late press-7 label-done press-5-twice label-connect press-3 label-decline press-2 label-person press-0
              stop saying
            silence
              say zh: try-again task-is area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-arrived press-8 label-late press-7 label-done press-5-twice label-connect press-3 label-decline press-2 label-person press-0
            keys 5 1
              stop saying
              say zh: try-again task-is area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-arrived press-8 label-late press-7 label-done press-5-twice label-connect press-3 label-decline press-2 label-person press-0
        "#]],
    );
}

#[test]
fn three_rings_the_resident() {
    check(
        volunteer([task(TaskStage::Accepted)]),
        "
        keys 1 3
        heard
        person
        ",
        &expect![[r#"
              say zh: greeting recording-notice label-task press-1 label-own-help press-2 or-wait
            keys 1 3
              say zh: task-is area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-arrived press-8 label-late press-7 label-done press-5-twice label-connect press-3 label-decline press-2 label-person press-0
              ring the resident
              say zh: connecting-resident
            heard
              play hold-music
            person
              stop saying
            (over)
        "#]],
    );
}

#[test]
fn a_resident_who_does_not_answer() {
    check(
        volunteer([task(TaskStage::Accepted)]),
        "
        keys 1 3
        heard
        nobody
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice label-task press-1 label-own-help press-2 or-wait
            keys 1 3
              say zh: task-is area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-arrived press-8 label-late press-7 label-done press-5-twice label-connect press-3 label-decline press-2 label-person press-0
              ring the resident
              say zh: connecting-resident
            heard
              play hold-music
            nobody
              => disposition: volunteer_task
              say zh: resident-not-reached
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn what_was_not_accepted_connects_to_nobody() {
    check(
        volunteer([task(TaskStage::Offered)]),
        "
        keys 1 3 3
        ",
        &expect![[r#"
              say zh: greeting recording-notice label-task press-1 label-own-help press-2 or-wait
            keys 1 3 3
              say zh: task-is area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-accept press-1 label-decline press-2 label-person press-0
              say zh: try-again task-is area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-accept press-1 label-decline press-2 label-person press-0
              ring a person: gave_up
              say zh: connecting
        "#]],
    );
}

#[test]
fn a_volunteer_who_needs_help_waits_or_presses_two() {
    check(
        volunteer([task(TaskStage::Offered)]),
        "
        heard
        silence
        keys 1
        ",
        &expect![[r#"
              say zh: greeting recording-notice label-task press-1 label-own-help press-2 or-wait
            heard
            silence
              say zh: <main menu>
            keys 1
              say zh: <elderly>
        "#]],
    );
}

#[test]
fn two_is_for_help_for_oneself() {
    check(
        volunteer([task(TaskStage::Offered)]),
        "
        keys 2
        ",
        &expect![[r#"
              say zh: greeting recording-notice label-task press-1 label-own-help press-2 or-wait
            keys 2
              say zh: <main menu>
        "#]],
    );
}

#[test]
fn several_tasks_are_told_one_by_one() {
    check(
        volunteer([task(TaskStage::Offered), task(TaskStage::Accepted)]),
        "
        keys 1 4 5 5
        task finished
        ",
        &expect![[r#"
              say zh: greeting recording-notice label-task press-1 label-own-help press-2 or-wait
            keys 1 4 5 5
              say zh: task-is area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-accept press-1 label-decline press-2 label-next-request press-4 label-person press-0
              say zh: task-is area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-arrived press-8 label-late press-7 label-done press-5-twice label-connect press-3 label-decline press-2 label-next-request press-4 label-person press-0
              stop saying
              => task: done
              say zh: one-moment
            task finished
              => disposition: volunteer_task
              say zh: task-finished
        "#]],
    );
}

#[test]
fn from_another_telephone_number_and_code_find_the_task() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 7
        heard
        keys 0 0 4 2 1
        keys 3 7
        heard
        task found
        keys 1
        task accepted
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 7
              say zh: enter-badge
            heard
            keys 0 0 4 2 1
              say zh: enter-code
            keys 3 7
              stop saying
              find task 37 of volunteer 421
              say zh: one-moment
            heard
            task found
              say zh: task-is area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-accept press-1 label-decline press-2 label-person press-0
            keys 1
              => task: accept
              say zh: one-moment
            task accepted
              => disposition: volunteer_task
              say zh: task-accepted
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn three_wrong_tries_end_the_call() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 7 0 0 4 2 1 3 7
        no task
        keys 0 0 4 * 0 0 4 2 1
        heard
        silence
        heard
        silence
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 7 0 0 4 2 1 3 7
              say zh: enter-badge
              stop saying
              say zh: enter-code
              stop saying
              find task 37 of volunteer 421
              say zh: one-moment
            no task
              say zh: not-found enter-badge
            keys 0 0 4 * 0 0 4 2 1
              stop saying
              say zh: enter-badge
              stop saying
              say zh: enter-code
            heard
            silence
              say zh: not-found enter-badge
            heard
            silence
              => disposition: volunteer_task
              say zh: not-found-goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn a_volunteer_who_hangs_up_wanted_the_task() {
    check(
        volunteer([task(TaskStage::Offered)]),
        "
        keys 1
        hangs up
        ",
        &expect![[r#"
              say zh: greeting recording-notice label-task press-1 label-own-help press-2 or-wait
            keys 1
              say zh: task-is area-370203005 category-ELD-02 today day-part-afternoon hour-4 and hour-5 label-accept press-1 label-decline press-2 label-person press-0
            hangs up
              => disposition: volunteer_task
            (over)
        "#]],
    );
}

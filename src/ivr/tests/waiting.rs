//! Waiting for an operator: where the caller stands, and the ways out.

use expect_test::expect;

use super::script::{Rehearsal, check, resident, stranger};
use crate::ivr::context::{CallerLine, IncomingCall};

#[test]
fn who_waits_hears_where_they_stand_at_once_and_again_after_the_music() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 0
        waits 2 6
        heard
        heard
        waits 1 3
        silence
        heard
        person
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 0
              ring a person: asked
              say zh: connecting
            waits 2 6
            heard
              say zh: queue-busy place-2 wait-6 label-keep-place press-1
            heard
              play hold-music
            waits 1 3
            silence
              say zh: queue-busy place-1 wait-3 label-keep-place press-1
            heard
              play hold-music
            person
              stop saying
            (over)
        "#]],
    );
}

#[test]
fn one_keeps_the_place() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 0
        heard
        waits 3 9
        keys 1
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 0
              ring a person: asked
              say zh: connecting
            heard
              play hold-music
            waits 3 9
              say zh: queue-busy place-3 wait-10 label-keep-place press-1
            keys 1
              => call back: kept_place, no recording
              say zh: place-kept goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn who_withholds_a_number_keys_it_before_the_place_is_kept() {
    check(
        Rehearsal::incoming(IncomingCall { line: CallerLine::Withheld, ..stranger() }),
        "
        keys 0
        heard
        waits 3 9
        keys 1
        heard
        keys 1 3 8 0 0 0 0 0 0 0 1 #
        number taken
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 0
              ring a person: asked
              say zh: connecting
            heard
              play hold-music
            waits 3 9
              say zh: queue-busy place-3 wait-10 label-keep-place press-1
            keys 1
              say zh: ask-number
            heard
            keys 1 3 8 0 0 0 0 0 0 0 1 #
              caller's number: 13800000001
            number taken
              => call back: kept_place, no recording
              say zh: place-kept goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn nine_is_an_emergency_while_waiting_too_and_a_star_says_it_again() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys 0
        heard
        waits 21 40
        keys * 2 9
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 0
              ring a person: asked
              say zh: connecting
            heard
              play hold-music
            waits 21 40
              say zh: queue-busy place-more wait-more label-keep-place press-1
            keys * 2 9
              say zh: queue-busy place-more wait-more label-keep-place press-1
              ring everybody for an emergency
              say zh: emergency
        "#]],
    );
}

#[test]
fn when_nobody_is_left_to_wait_for_a_message_is_taken() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 0
        heard
        waits 1 3
        heard
        nobody
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 0
              ring a person: asked
              say zh: connecting
            heard
              play hold-music
            waits 1 3
              say zh: queue-busy place-1 wait-3 label-keep-place press-1
            heard
              play hold-music
            nobody
              say zh: nobody-free leave-message tone
        "#]],
    );
}

#[test]
fn a_greeting_is_heard_to_its_end_before_the_place_is_said() {
    check(
        Rehearsal::incoming(IncomingCall { front: crate::domain::station::Front::Person, ..stranger() }),
        "
        waits 1 3
        heard
        heard
        nobody
        ",
        &expect![[r#"
              ring a person: front
              say zh: greeting recording-notice connecting
            waits 1 3
            heard
              say zh: queue-busy place-1 wait-3 label-keep-place press-1
            heard
              play hold-music
            nobody
              say zh: <main menu>
        "#]],
    );
}

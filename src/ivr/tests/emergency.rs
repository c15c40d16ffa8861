//! Key 9.

use expect_test::expect;

use super::script::{Rehearsal, check, resident, stranger};
use crate::ivr::context::{CallerLine, IncomingCall};

#[test]
fn nine_rings_everybody_at_once_and_says_whom_else_to_ring() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 9
        heard
        person
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 9
              ring everybody for an emergency
              say zh: emergency
            heard
              play hold-music
            person
              stop saying
            (over)
        "#]],
    );
}

#[test]
fn an_emergency_needs_no_confirmation_anywhere() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 1 1 9
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 9
              say zh: <elderly>
              say zh: which-street area-370203005 press-1 area-370203016 press-2 label-person press-0
              ring everybody for an emergency
              say zh: emergency
        "#]],
    );
}

#[test]
fn nobody_in_45_seconds_is_recorded_as_an_emergency_and_rung_back() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 9
        heard
        silence
        heard
        recorded 9 key
        committed 260501-014-0007 by text
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 9
              ring everybody for an emergency
              say zh: emergency
            heard
              play hold-music
            silence
              say zh: emergency-describe tone
            heard
              record description, at most 120 s
            recorded 9 key
              => ticket EMG-01 NotAsked, recording 1, survey no, zh, own
              say zh: registering
            committed 260501-014-0007 by text
              say zh: emergency-noted goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn what_else_to_dial_is_said_to_its_end() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 9
        nobody
        heard
        heard
        recorded 6 silence
        committed 260501-014-0007
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 9
              ring everybody for an emergency
              say zh: emergency
            nobody
            heard
              say zh: emergency-describe tone
            heard
              record description, at most 120 s
            recorded 6 silence
              => ticket EMG-01 NotAsked, no recording, survey no, zh, own
              say zh: registering
            committed 260501-014-0007
              say zh: emergency-noted goodbye
        "#]],
    );
}

#[test]
fn who_hangs_up_after_nine_is_rung_back_at_once() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 9
        hangs up
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 9
              ring everybody for an emergency
              say zh: emergency
            hangs up
              => call back: abandoned, no recording, at once
            (over)
        "#]],
    );
}

#[test]
fn who_hangs_up_while_telling_has_an_emergency_ticket() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 9
        heard
        silence
        heard
        hangs up recording
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 9
              ring everybody for an emergency
              say zh: emergency
            heard
              play hold-music
            silence
              say zh: emergency-describe tone
            heard
              record description, at most 120 s
            hangs up recording
              => ticket EMG-01 NotAsked, recording 1, survey no, zh, own
            (over)
        "#]],
    );
}

#[test]
fn an_emergency_that_cannot_be_kept_is_rung_back_at_once() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 9
        heard
        nobody
        heard
        recorded 5 key
        not committed
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 9
              ring everybody for an emergency
              say zh: emergency
            heard
              play hold-music
            nobody
              say zh: emergency-describe tone
            heard
              record description, at most 120 s
            recorded 5 key
              => ticket EMG-01 NotAsked, recording 1, survey no, zh, own
              say zh: registering
            not committed
              => call back: emergency, no recording, at once
              say zh: cannot-register goodbye
        "#]],
    );
}

#[test]
fn an_emergency_while_a_person_is_rung_is_an_emergency() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 0 9
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 0 9
              ring a person: asked
              say zh: connecting
              ring everybody for an emergency
              say zh: emergency
        "#]],
    );
}

#[test]
fn an_emergency_while_speaking_stops_the_recording() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys 1 1 2
        heard
        keys 9
        recorded 3 key
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 2
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: describe tone
            heard
              record description, at most 120 s
            keys 9
              stop recording
              ring everybody for an emergency
              say zh: emergency
            recorded 3 key
        "#]],
    );
}

#[test]
fn who_is_not_recorded_has_an_emergency_ticket_without_a_recording() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys # 9
        nobody
        heard
        committed 260501-014-0007
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys # 9
              do not record
              ring a person: not_recorded
              say zh: not-recorded connecting
              ring everybody for an emergency
              say zh: emergency
            nobody
            heard
              => ticket EMG-01 NotAsked, no recording, survey no, zh, own
              say zh: registering
            committed 260501-014-0007
              say zh: emergency-noted goodbye
        "#]],
    );
}

#[test]
fn somebody_who_comes_late_takes_over_from_the_recording() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 9
        heard
        silence
        heard
        person
        recorded 4 key
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 9
              ring everybody for an emergency
              say zh: emergency
            heard
              play hold-music
            silence
              say zh: emergency-describe tone
            heard
              record description, at most 120 s
            person
              stop recording
              stop saying
            recorded 4 key
            (over)
        "#]],
    );
}

fn withheld() -> IncomingCall {
    IncomingCall { line: CallerLine::Withheld, ..stranger() }
}

#[test]
fn an_emergency_without_a_number_is_asked_for_one_once_it_is_registered() {
    check(
        Rehearsal::incoming(withheld()),
        "
        keys 9
        heard
        silence
        heard
        recorded 9 key
        committed 260501-014-0007
        keys 0 5 3 2 8 3 7 2 1 2 3 4 #
        number taken
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 9
              ring everybody for an emergency
              say zh: emergency
            heard
              play hold-music
            silence
              say zh: emergency-describe tone
            heard
              record description, at most 120 s
            recorded 9 key
              => ticket EMG-01 NotAsked, recording 1, survey no, zh, own
              say zh: registering
            committed 260501-014-0007
              say zh: ask-number
            keys 0 5 3 2 8 3 7 2 1 2 3 4 #
              stop saying
              caller's number: 053283721234
            number taken
              say zh: emergency-noted goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn nothing_is_promised_to_an_emergency_whom_nobody_can_ring() {
    check(
        Rehearsal::incoming(withheld()),
        "
        keys 9
        heard
        silence
        heard
        recorded 9 key
        committed 260501-014-0007
        heard
        silence
        keys 0 0 0 0 0 0 0 #
        number refused
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 9
              ring everybody for an emergency
              say zh: emergency
            heard
              play hold-music
            silence
              say zh: emergency-describe tone
            heard
              record description, at most 120 s
            recorded 9 key
              => ticket EMG-01 NotAsked, recording 1, survey no, zh, own
              say zh: registering
            committed 260501-014-0007
              say zh: ask-number
            heard
            silence
              say zh: ask-number
            keys 0 0 0 0 0 0 0 #
              stop saying
              caller's number: 0000000
            number refused
              say zh: emergency-no-number goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn where_is_what_the_caller_had_keyed_before_nine() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys 1 1 2 9
        heard
        silence
        heard
        recorded 9 key
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 2 9
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: describe tone
              ring everybody for an emergency
              say zh: emergency
            heard
              play hold-music
            silence
              say zh: emergency-describe tone
            heard
              record description, at most 120 s
            recorded 9 key
              => ticket EMG-01 Described, recording 1, survey no, zh, for somebody else
              say zh: registering
        "#]],
    );
}

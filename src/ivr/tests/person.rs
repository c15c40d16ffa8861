//! A person, silence, wrong keys, and being rung back.

use expect_test::expect;

use super::script::{Rehearsal, check, resident, stranger};
use crate::ivr::context::{CallerLine, IncomingCall};

#[test]
fn zero_rings_a_person_with_music() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 0
        heard
        person
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 0
              ring a person: asked
              say zh: connecting
            heard
              play hold-music
            person
              stop saying
            (over)
        "#]],
    );
}

#[test]
fn nobody_free_becomes_a_recorded_request() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 0
        heard
        nobody
        heard
        recorded 12 key
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 0
              ring a person: asked
              say zh: connecting
            heard
              play hold-music
            nobody
              say zh: nobody-free leave-message tone
            heard
              record callback, at most 120 s
            recorded 12 key
              => call back: nobody_free, recording 1
              say zh: callback-noted goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn who_says_nothing_is_rung_back_all_the_same() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 0
        nobody
        heard
        recorded 6 silence
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 0
              ring a person: asked
              say zh: connecting
            nobody
              say zh: nobody-free leave-message tone
            heard
              record callback, at most 120 s
            recorded 6 silence
              => call back: nobody_free, no recording
              say zh: callback-noted goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn silence_twice_finds_a_person_without_a_word_of_blame() {
    check(
        Rehearsal::incoming(stranger()),
        "
        heard
        silence
        heard
        silence
        nobody
        heard
        hangs up recording
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            heard
            silence
              say zh: try-again <main menu>
            heard
            silence
              ring a person: gave_up
              say zh: connecting
            nobody
              say zh: nobody-free leave-message tone
            heard
              record callback, at most 120 s
            hangs up recording
              => call back: nobody_free, recording 1
            (over)
        "#]],
    );
}

#[test]
fn wrong_keys_twice_find_a_person() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 6
        keys 6
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 6
              say zh: try-again <main menu>
            keys 6
              ring a person: gave_up
              say zh: connecting
        "#]],
    );
}

#[test]
fn a_star_says_it_again_and_is_no_mistake() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys * * 6 *
        keys 1 *
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys * * 6 *
              say zh: <main menu>
              say zh: <main menu>
              say zh: try-again <main menu>
              say zh: <main menu>
            keys 1 *
              say zh: <elderly>
              say zh: <elderly>
        "#]],
    );
}

#[test]
fn a_telephone_that_presses_star_all_night_gets_a_person() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * *
        nobody
        heard
        recorded 0 silence
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * *
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              say zh: <main menu>
              ring a person: gave_up
              say zh: connecting
            nobody
              say zh: nobody-free leave-message tone
            heard
              record callback, at most 120 s
            recorded 0 silence
              => call back: nobody_free, no recording
              say zh: callback-noted goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn a_person_is_asked_for_while_speaking_and_the_words_are_kept() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 1 1 1 1
        heard
        keys 3 0
        recorded 7 key
        nobody
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 1 1
              say zh: <elderly>
              say zh: which-street area-370203005 press-1 area-370203016 press-2 label-person press-0
              say zh: which-committee area-370203005001 press-1 area-370203005004 press-2 label-person press-0
              say zh: describe tone
            heard
              record description, at most 120 s
            keys 3 0
              stop recording
              ring a person: asked
              say zh: connecting
            recorded 7 key
            nobody
              => ticket ELD-02 ChosenCommittee { area: AreaCode("370203005001") }, recording 1, survey no, zh, own
              say zh: registering
        "#]],
    );
}

#[test]
fn a_person_asked_for_at_the_last_question_is_not_there_and_the_ticket_is_opened() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys 1 1 1 0
        nobody
        committed 260501-014-0007
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 1 0
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: may-we-ask label-yes press-1 label-no press-2
              ring a person: asked
              say zh: connecting
            nobody
              => ticket ELD-02 RegisteredHome, no recording, survey no, zh, own
              say zh: registering
            committed 260501-014-0007
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 label-again press-star
        "#]],
    );
}

#[test]
fn a_desk_that_says_nothing_of_the_person_is_not_waited_for_for_ever() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 0
        heard
        silence
        hangs up
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 0
              ring a person: asked
              say zh: connecting
            heard
              play hold-music
            silence
              say zh: nobody-free leave-message tone
            hangs up
              => call back: nobody_free, no recording
            (over)
        "#]],
    );
}

#[test]
fn who_hangs_up_while_waiting_for_a_person_is_rung_back() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 0
        hangs up
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 0
              ring a person: asked
              say zh: connecting
            hangs up
              => call back: nobody_free, no recording
            (over)
        "#]],
    );
}

#[test]
fn a_withheld_caller_is_asked_for_a_number_to_ring_back() {
    check(
        Rehearsal::incoming(IncomingCall { line: CallerLine::Withheld, ..stranger() }),
        "
        keys 0
        nobody
        keys 8 3 7 2 1 2 3 4 #
        number taken
        heard
        recorded 4 key
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 0
              ring a person: asked
              say zh: connecting
            nobody
              say zh: nobody-free ask-number
            keys 8 3 7 2 1 2 3 4 #
              stop saying
              caller's number: 83721234
            number taken
              say zh: leave-message tone
            heard
              record callback, at most 120 s
            recorded 4 key
              => call back: nobody_free, recording 1
              say zh: callback-noted goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn a_withheld_caller_who_keys_nothing_is_promised_nothing() {
    check(
        Rehearsal::incoming(IncomingCall { line: CallerLine::Withheld, ..stranger() }),
        "
        keys 0
        nobody
        heard
        silence
        heard
        silence
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 0
              ring a person: asked
              say zh: connecting
            nobody
              say zh: nobody-free ask-number
            heard
            silence
              say zh: ask-number
            heard
            silence
              => call back: nobody_free, no recording
              say zh: no-number goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

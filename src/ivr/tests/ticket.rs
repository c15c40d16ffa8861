//! From the first key to the number.

use expect_test::expect;

use super::script::{Rehearsal, check, resident, stranger};
use crate::domain::language::Language;
use crate::ivr::context::{CallerLine, IncomingCall};

#[test]
fn a_resident_gets_a_meal_by_four_keys_and_hears_the_number() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys 1 1 1 1
        committed 260501-014-0007 by text
        heard
        silence
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 1 1
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: may-we-ask label-yes press-1 label-no press-2
              => ticket ELD-02 RegisteredHome, no recording, survey yes, zh, own
              say zh: registering
            committed 260501-014-0007 by text
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 also-by-text label-again press-star
            heard
            silence
              say zh: goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn a_star_reads_the_number_again_but_not_for_ever() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys 1 1 1 2
        committed 260501-014-0007
        keys 5 0
        heard
        keys *
        heard
        keys * *
        keys *
        heard
        keys #
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 1 2
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: may-we-ask label-yes press-1 label-no press-2
              => ticket ELD-02 RegisteredHome, no recording, survey no, zh, own
              say zh: registering
            committed 260501-014-0007
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 label-again press-star
            keys 5 0
            heard
            keys *
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 label-again press-star
            heard
            keys * *
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 label-again press-star
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7
            keys *
            heard
            keys #
              say zh: goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn keys_before_the_end_of_a_prompt_are_taken_at_once() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys 5 2 1 2
        hangs up
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 5 2 1 2
              say zh: which-help category-CON-01 press-1 category-CON-02 press-2 category-CON-05 press-3 label-person press-0
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: may-we-ask label-yes press-1 label-no press-2
              => ticket CON-02 RegisteredHome, no recording, survey no, zh, own
              say zh: registering
            hangs up
            (over)
        "#]],
    );
}

#[test]
fn who_hangs_up_while_speaking_has_asked_all_the_same() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys 1 1 2
        heard
        hangs up recording
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 2
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: describe tone
            heard
              record description, at most 120 s
            hangs up recording
              => ticket ELD-02 Described, recording 1, survey no, zh, for somebody else
            (over)
        "#]],
    );
}

#[test]
fn who_hangs_up_at_the_last_question_has_a_ticket() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys 1 1 1
        hangs up
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 1
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: may-we-ask label-yes press-1 label-no press-2
            hangs up
              => ticket ELD-02 RegisteredHome, no recording, survey no, zh, own
            (over)
        "#]],
    );
}

#[test]
fn who_hangs_up_before_saying_where_is_rung_back() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 1 1
        hangs up
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1
              say zh: <elderly>
              say zh: which-street area-370203005 press-1 area-370203016 press-2 label-person press-0
            hangs up
              => call back: abandoned, ELD-02, no recording
            (over)
        "#]],
    );
}

#[test]
fn who_hangs_up_during_the_greeting_is_rung_back() {
    check(
        Rehearsal::incoming(stranger()),
        "
        hangs up
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            hangs up
              => call back: abandoned, no recording
            (over)
        "#]],
    );
}

#[test]
fn who_hangs_up_while_the_number_is_read_has_it_already() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys 1 1 1 1
        committed 260501-014-0007
        hangs up
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 1 1
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: may-we-ask label-yes press-1 label-no press-2
              => ticket ELD-02 RegisteredHome, no recording, survey yes, zh, own
              say zh: registering
            committed 260501-014-0007
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 label-again press-star
            hangs up
            (over)
        "#]],
    );
}

#[test]
fn silence_about_the_survey_is_a_no() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys 1 1 1
        heard
        silence
        committed 260501-014-0007
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 1
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: may-we-ask label-yes press-1 label-no press-2
            heard
            silence
              => ticket ELD-02 RegisteredHome, no recording, survey no, zh, own
              say zh: registering
            committed 260501-014-0007
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 label-again press-star
        "#]],
    );
}

#[test]
fn wrong_keys_about_the_survey_are_a_no() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys 1 1 1 6 6
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 1 6 6
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: may-we-ask label-yes press-1 label-no press-2
              say zh: try-again may-we-ask label-yes press-1 label-no press-2
              => ticket ELD-02 RegisteredHome, no recording, survey no, zh, own
              say zh: registering
        "#]],
    );
}

#[test]
fn a_ticket_that_cannot_be_kept_gets_no_number() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys 1 1 1 1
        heard
        not committed
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 1 1
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: may-we-ask label-yes press-1 label-no press-2
              => ticket ELD-02 RegisteredHome, no recording, survey yes, zh, own
              say zh: registering
            heard
            not committed
              => call back: emergency, ELD-02, no recording
              say zh: cannot-register goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn a_desk_that_does_not_answer_is_not_waited_for_for_ever() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys 1 1 1 1
        heard
        silence
        committed 260501-014-0007
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 1 1
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: may-we-ask label-yes press-1 label-no press-2
              => ticket ELD-02 RegisteredHome, no recording, survey yes, zh, own
              say zh: registering
            heard
            silence
              => call back: emergency, ELD-02, no recording
              say zh: cannot-register goodbye
            committed 260501-014-0007
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn a_withheld_number_is_asked_for_before_the_ticket() {
    check(
        Rehearsal::incoming(IncomingCall { line: CallerLine::Withheld, ..stranger() }),
        "
        keys 1 1 1 1
        heard
        recorded 5 key
        heard
        keys 1 3 8 0 0 0 0 0 0 0 9 #
        number taken
        keys 2
        committed 260501-014-0007
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
            recorded 5 key
              say zh: ask-number
            heard
            keys 1 3 8 0 0 0 0 0 0 0 9 #
              caller's number: 13800000009
            number taken
              say zh: may-we-ask label-yes press-1 label-no press-2
            keys 2
              => ticket ELD-02 ChosenCommittee { area: AreaCode("370203005001") }, recording 1, survey no, zh, own
              say zh: registering
            committed 260501-014-0007
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 label-again press-star
        "#]],
    );
}

#[test]
fn a_number_too_short_is_asked_for_once_more() {
    check(
        Rehearsal::incoming(IncomingCall { line: CallerLine::Withheld, ..resident() }),
        "
        keys 1 1 1
        keys 1 2 #
        keys 1 * 8 3 7 2 1 2 3 4
        silence
        number taken
        keys 1
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 1
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: ask-number
            keys 1 2 #
              stop saying
              say zh: number-wrong ask-number
            keys 1 * 8 3 7 2 1 2 3 4
              stop saying
              say zh: ask-number
              stop saying
            silence
              caller's number: 83721234
            number taken
              say zh: may-we-ask label-yes press-1 label-no press-2
            keys 1
              => ticket ELD-02 RegisteredHome, no recording, survey yes, zh, own
              say zh: registering
        "#]],
    );
}

#[test]
fn eight_goes_on_in_english_and_back() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys 8
        heard
        keys 1
        keys 8 1 1 1
        committed 260501-014-0007
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 8
              go on in en
              say en: label-person press-0 label-elderly press-1 label-disability press-2 label-children press-3 label-hardship press-4 label-household press-5 label-emergency press-9 for-chinese label-again press-star
            heard
            keys 1
              say en: <elderly>
            keys 8 1 1 1
              go on in zh
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: may-we-ask label-yes press-1 label-no press-2
              => ticket ELD-02 RegisteredHome, no recording, survey yes, zh, own
              say zh: registering
            committed 260501-014-0007
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 label-again press-star
        "#]],
    );
}

#[test]
fn a_caller_of_english_is_greeted_in_english() {
    check(
        Rehearsal::incoming(IncomingCall { language: Language::En, ..resident() }),
        "
        heard
        keys 8
        ",
        &expect![[r#"
              say en: greeting recording-notice label-person press-0 label-elderly press-1 label-disability press-2 label-children press-3 label-hardship press-4 label-household press-5 label-emergency press-9 for-chinese label-again press-star
            heard
            keys 8
              go on in zh
              say zh: <main menu>
        "#]],
    );
}

#[test]
fn a_recording_that_fails_is_not_waited_for() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 1 1 1 1
        heard
        silence
        heard
        silence
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
            silence
              say zh: nothing-heard tone
            heard
              record description, at most 120 s
            silence
              say zh: may-we-ask label-yes press-1 label-no press-2
        "#]],
    );
}

#[test]
fn nine_is_an_emergency_while_the_number_is_read_and_0_a_person_after_it() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys 1 1 1 2
        committed 260501-014-0007
        keys 9
        nobody
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 1 2
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: may-we-ask label-yes press-1 label-no press-2
              => ticket ELD-02 RegisteredHome, no recording, survey no, zh, own
              say zh: registering
            committed 260501-014-0007
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 label-again press-star
            keys 9
              ring everybody for an emergency
              say zh: emergency
            nobody
        "#]],
    );
    check(
        Rehearsal::incoming(resident()),
        "
        keys 1 1 1 2
        committed 260501-014-0007
        keys 0
        heard
        keys 0
        nobody
        hangs up
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 1 2
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: may-we-ask label-yes press-1 label-no press-2
              => ticket ELD-02 RegisteredHome, no recording, survey no, zh, own
              say zh: registering
            committed 260501-014-0007
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 label-again press-star
            keys 0
            heard
            keys 0
              ring a person: asked
              say zh: connecting
            nobody
              say zh: nobody-free leave-message tone
            hangs up
              => call back: nobody_free, no recording
            (over)
        "#]],
    );
}

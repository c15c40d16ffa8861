//! Where help is needed: the register, the dialled number, a choice by key, or words.

use expect_test::expect;

use super::script::{Rehearsal, area, check, resident, stranger};
use crate::ivr::context::{IncomingCall, Register};

#[test]
fn help_for_somebody_else_is_told_after_the_tone() {
    check(
        Rehearsal::incoming(resident()),
        "
        heard
        keys 1
        heard
        keys 2
        heard
        keys 2
        heard
        recorded 9 key
        heard
        keys 1
        committed 260501-014-0007
        heard
        silence
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            heard
            keys 1
              say zh: <elderly>
            heard
            keys 2
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
            heard
            keys 2
              say zh: describe tone
            heard
              record description, at most 120 s
            recorded 9 key
              say zh: may-we-ask label-yes press-1 label-no press-2
            heard
            keys 1
              => ticket ELD-05 Described, recording 1, survey yes, zh, for somebody else
              say zh: registering
            committed 260501-014-0007
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 label-again press-star
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
fn a_stranger_chooses_street_and_committee_and_says_the_rest() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 1 1 1
        heard
        keys 2
        heard
        keys #
        heard
        recorded 11 silence
        keys 1
        committed 260501-014-0007
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 1
              say zh: <elderly>
              say zh: which-street area-370203005 press-1 area-370203016 press-2 label-person press-0
              say zh: which-committee area-370203005001 press-1 area-370203005004 press-2 label-person press-0
            heard
            keys 2
              say zh: describe tone
            heard
              record description, at most 120 s
            keys #
              stop recording
            heard
            recorded 11 silence
              say zh: may-we-ask label-yes press-1 label-no press-2
            keys 1
              => ticket ELD-02 ChosenCommittee { area: AreaCode("370203005004") }, recording 1, survey yes, zh, own
              say zh: registering
            committed 260501-014-0007
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 label-again press-star
        "#]],
    );
}

#[test]
fn a_second_page_of_places_is_turned_by_the_hash_key_and_comes_back() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 1 1 2 #
        heard
        keys 2
        hangs up
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 2 #
              say zh: <elderly>
              say zh: which-street area-370203005 press-1 area-370203016 press-2 label-person press-0
              say zh: which-committee area-370203016011 press-1 area-370203016017 press-2 area-370203016018 press-3 area-370203016019 press-4 area-370203016023 press-5 area-370203016024 press-6 area-370203016025 press-7 label-more press-hash label-person press-0
              say zh: which-committee area-370203016026 press-1 area-370203016027 press-2 label-more press-hash label-person press-0
            heard
            keys 2
              say zh: describe tone
            hangs up
              => ticket ELD-02 ChosenCommittee { area: AreaCode("370203016027") }, no recording, survey no, zh, own
            (over)
        "#]],
    );
}

#[test]
fn a_key_without_a_place_is_asked_again() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 1 1 2 # 3
        keys 6
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 2 # 3
              say zh: <elderly>
              say zh: which-street area-370203005 press-1 area-370203016 press-2 label-person press-0
              say zh: which-committee area-370203016011 press-1 area-370203016017 press-2 area-370203016018 press-3 area-370203016019 press-4 area-370203016023 press-5 area-370203016024 press-6 area-370203016025 press-7 label-more press-hash label-person press-0
              say zh: which-committee area-370203016026 press-1 area-370203016027 press-2 label-more press-hash label-person press-0
              say zh: try-again which-committee area-370203016026 press-1 area-370203016027 press-2 label-more press-hash label-person press-0
            keys 6
              ring a person: gave_up
              say zh: connecting
        "#]],
    );
}

#[test]
fn a_shared_number_is_no_home() {
    check(
        Rehearsal::incoming(IncomingCall { register: Register::Shared, ..stranger() }),
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
fn the_register_may_answer_later_than_the_call() {
    check(
        Rehearsal::incoming(stranger()),
        "
        register one_home
        keys 1 1
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            register one_home
            keys 1 1
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
        "#]],
    );
}

#[test]
fn a_committees_own_number_names_the_place() {
    check(
        Rehearsal::incoming(IncomingCall::to(area("370203005001"))),
        "
        keys 1 1
        heard
        recorded 8 limit
        keys 2
        committed 260501-014-0007
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1
              say zh: <elderly>
              say zh: describe tone
            heard
              record description, at most 120 s
            recorded 8 limit
              say zh: may-we-ask label-yes press-1 label-no press-2
            keys 2
              => ticket ELD-02 DialledCommittee, recording 1, survey no, zh, own
              say zh: registering
            committed 260501-014-0007
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 label-again press-star
        "#]],
    );
}

#[test]
fn a_committees_number_and_a_category_without_address_need_no_words() {
    check(
        Rehearsal::incoming(IncomingCall::to(area("370203005001"))),
        "
        keys 3 2 1
        committed 260501-014-0007
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 3 2 1
              say zh: which-help category-CHD-01 press-1 category-CHD-06 press-2 category-CHD-02 press-3 label-person press-0
              say zh: may-we-ask label-yes press-1 label-no press-2
              => ticket CHD-06 DialledCommittee, no recording, survey yes, zh, own
              say zh: registering
            committed 260501-014-0007
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 label-again press-star
        "#]],
    );
}

#[test]
fn a_streets_number_asks_for_the_committee_alone() {
    check(
        Rehearsal::incoming(IncomingCall::to(area("370203005"))),
        "
        keys 1 1
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1
              say zh: <elderly>
              say zh: which-committee area-370203005001 press-1 area-370203005004 press-2 label-person press-0
        "#]],
    );
}

#[test]
fn an_area_without_spoken_places_is_told_after_the_tone() {
    check(
        Rehearsal::incoming(IncomingCall::to(area("540502"))),
        "
        keys 1 1
        heard
        recorded 5 key
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1
              say zh: <elderly>
              say zh: describe tone
            heard
              record description, at most 120 s
            recorded 5 key
              say zh: may-we-ask label-yes press-1 label-no press-2
        "#]],
    );
}

#[test]
fn silence_after_the_tone_is_asked_about_once_and_the_ticket_opened_for_the_chosen_place() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 1 1 1 1
        heard
        recorded 6 silence
        heard
        recorded 0 key
        keys 1
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
            recorded 6 silence
              say zh: nothing-heard tone
            heard
              record description, at most 120 s
            recorded 0 key
              say zh: may-we-ask label-yes press-1 label-no press-2
            keys 1
              => ticket ELD-02 ChosenCommittee { area: AreaCode("370203005001") }, no recording, survey yes, zh, own
              say zh: registering
            committed 260501-014-0007
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 label-again press-star
        "#]],
    );
}

#[test]
fn silence_about_an_untold_place_finds_a_person() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys 1 1 2
        heard
        recorded 6 silence
        heard
        silence
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 2
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: describe tone
            heard
              record description, at most 120 s
            recorded 6 silence
              say zh: nothing-heard tone
            heard
              record description, at most 120 s
            silence
              ring a person: gave_up
              say zh: connecting
        "#]],
    );
}

#[test]
fn places_without_english_names_are_told_after_the_tone() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 8 1 1
        heard
        recorded 7 key
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 8 1 1
              go on in en
              say en: label-person press-0 label-elderly press-1 label-disability press-2 label-children press-3 label-hardship press-4 label-household press-5 label-emergency press-9 for-chinese label-again press-star
              say en: <elderly>
              say en: describe tone
            heard
              record description, at most 120 s
            recorded 7 key
              say en: may-we-ask label-yes press-1 label-no press-2
        "#]],
    );
}

#[test]
fn changing_to_english_among_the_places_goes_on_after_the_tone() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys 1 1 8
        heard
        recorded 7 key
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys 1 1 8
              say zh: <elderly>
              say zh: which-street area-370203005 press-1 area-370203016 press-2 label-person press-0
              go on in en
              say en: describe tone
            heard
              record description, at most 120 s
            recorded 7 key
              say en: may-we-ask label-yes press-1 label-no press-2
        "#]],
    );
}

//! A person first, and callers who do not want to be recorded.

use expect_test::expect;

use super::script::{Rehearsal, START, check, menu, resident, stranger};
use crate::domain::station::Front;
use crate::ivr::context::{CallerLine, IncomingCall};
use crate::ivr::walk::Walk;

/// A resident whom we rang back.
fn rung_back() -> Rehearsal {
    let menu = menu();
    let (walk, actions) = Walk::start_ringing_back(&menu, stranger(), START);
    Rehearsal::of(walk, menu, &actions)
}

#[test]
fn the_hash_key_refuses_the_recording_and_finds_a_person() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys #
        heard
        person
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys #
              do not record
              ring a person: not_recorded
              say zh: not-recorded connecting
            heard
              play hold-music
            person
              stop saying
            (over)
        "#]],
    );
}

#[test]
fn who_is_not_recorded_is_helped_by_the_menu_all_the_same() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys #
        nobody
        heard
        keys # 1 1 1 2
        committed 260501-014-0007
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys #
              do not record
              ring a person: not_recorded
              say zh: not-recorded connecting
            nobody
              say zh: <main menu>
            heard
            keys # 1 1 1 2
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: may-we-ask label-yes press-1 label-no press-2
              => ticket ELD-02 RegisteredHome, no recording, survey no, zh, own
              say zh: registering
            committed 260501-014-0007
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 label-again press-star
        "#]],
    );
}

#[test]
fn what_could_only_be_recorded_is_told_to_a_person_who_else_rings_back() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys #
        nobody
        keys 1 1 2
        nobody
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys #
              do not record
              ring a person: not_recorded
              say zh: not-recorded connecting
            nobody
              say zh: <main menu>
            keys 1 1 2
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              ring a person: not_recorded
              say zh: connecting
            nobody
              => call back: nobody_free, ELD-02, no recording
              say zh: callback-noted goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn who_is_not_recorded_may_still_choose_the_place() {
    check(
        Rehearsal::incoming(stranger()),
        "
        keys #
        nobody
        keys 1 1 1 1 1
        committed 260501-014-0007
        ",
        &expect![[r#"
              say zh: greeting recording-notice <main menu>
            keys #
              do not record
              ring a person: not_recorded
              say zh: not-recorded connecting
            nobody
              say zh: <main menu>
            keys 1 1 1 1 1
              say zh: <elderly>
              say zh: which-street area-370203005 press-1 area-370203016 press-2 label-person press-0
              say zh: which-committee area-370203005001 press-1 area-370203005004 press-2 label-person press-0
              say zh: may-we-ask label-yes press-1 label-no press-2
              => ticket ELD-02 ChosenCommittee { area: AreaCode("370203005001") }, no recording, survey yes, zh, own
              say zh: registering
            committed 260501-014-0007
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 label-again press-star
        "#]],
    );
}

#[test]
fn a_station_with_people_rings_them_first_and_has_the_menu_when_nobody_comes() {
    check(
        Rehearsal::incoming(IncomingCall { front: Front::Person, ..resident() }),
        "
        heard
        nobody
        keys 1
        ",
        &expect![[r#"
              ring a person: front
              say zh: greeting recording-notice connecting
            heard
              play hold-music
            nobody
              say zh: <main menu>
            keys 1
              say zh: <elderly>
        "#]],
    );
}

#[test]
fn the_recording_may_be_refused_while_a_person_is_rung() {
    check(
        Rehearsal::incoming(IncomingCall { front: Front::Person, ..stranger() }),
        "
        keys # #
        person
        ",
        &expect![[r#"
              ring a person: front
              say zh: greeting recording-notice connecting
            keys # #
              do not record
            person
              stop saying
            (over)
        "#]],
    );
}

#[test]
fn we_ring_back_and_a_person_talks() {
    check(
        rung_back(),
        "
        heard
        person
        ",
        &expect![[r#"
              ring a person: front
              say zh: callback-intro recording-notice connecting
            heard
              play hold-music
            person
              stop saying
            (over)
        "#]],
    );
}

#[test]
fn we_ring_back_and_nobody_is_free_so_the_menu_helps() {
    check(
        rung_back(),
        "
        heard
        nobody
        hangs up
        ",
        &expect![[r#"
              ring a person: front
              say zh: callback-intro recording-notice connecting
            heard
              play hold-music
            nobody
              say zh: <main menu>
            hangs up
              => call back: abandoned, no recording
            (over)
        "#]],
    );
}

#[test]
fn with_nobody_to_ring_the_greeting_and_the_notice_are_heard_before_the_menu() {
    check(
        Rehearsal::incoming(IncomingCall { front: Front::Person, ..stranger() }),
        "
        nobody
        heard
        ",
        &expect![[r#"
              ring a person: front
              say zh: greeting recording-notice connecting
            nobody
            heard
              say zh: <main menu>
        "#]],
    );
}

#[test]
fn when_every_line_is_taken_the_caller_hears_it_and_is_owed_a_call() {
    let full = |call| {
        let menu = menu();
        let (walk, actions) = Walk::start_full(&menu, call, START);
        Rehearsal::of(walk, menu, &actions)
    };
    check(
        full(stranger()),
        "heard",
        &expect![[r#"
          => call back: nobody_free, no recording
          say zh: line-full goodbye
        heard
          hang up
        (over)
    "#]],
    );
    let withheld = IncomingCall { line: CallerLine::Withheld, ..stranger() };
    check(
        full(withheld),
        "heard",
        &expect![[r#"
          => call back: nobody_free, no recording
          say zh: line-full-anonymous goodbye
        heard
          hang up
        (over)
    "#]],
    );
}

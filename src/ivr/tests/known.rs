//! A caller whose earlier request is open.

use expect_test::expect;

use super::script::{Rehearsal, check, open_ticket, resident};
use crate::domain::ticket::TicketState;
use crate::ivr::context::{IncomingCall, OpenTicket};

fn known(open: impl IntoIterator<Item = OpenTicket>) -> Rehearsal {
    Rehearsal::incoming(IncomingCall { open: open.into_iter().collect(), ..resident() })
}

#[test]
fn a_caller_first_hears_how_the_request_stands() {
    check(
        known([open_ticket(7, "ELD-02", TicketState::Offering)]),
        "
        heard
        hangs up
        ",
        &expect![[r#"
              say zh: greeting recording-notice your-request category-ELD-02 state-offering label-person press-0 label-new-request press-1 label-add-message press-2 label-withdraw press-3 label-again press-star
            heard
            hangs up
              => disposition: ticket_state
            (over)
        "#]],
    );
}

#[test]
fn one_opens_another_request() {
    check(
        known([open_ticket(7, "ELD-02", TicketState::Offering)]),
        "
        keys 1 1 1 1 1
        committed 260501-014-0008
        ",
        &expect![[r#"
              say zh: greeting recording-notice your-request category-ELD-02 state-offering label-person press-0 label-new-request press-1 label-add-message press-2 label-withdraw press-3 label-again press-star
            keys 1 1 1 1 1
              say zh: <main menu>
              say zh: <elderly>
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: may-we-ask label-yes press-1 label-no press-2
              => ticket ELD-02 RegisteredHome, no recording, survey yes, zh, own
              say zh: registering
            committed 260501-014-0008
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 8 label-again press-star
        "#]],
    );
}

#[test]
fn two_adds_a_message() {
    check(
        known([open_ticket(7, "ELD-02", TicketState::Offering)]),
        "
        keys 2
        heard
        recorded 6 key
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice your-request category-ELD-02 state-offering label-person press-0 label-new-request press-1 label-add-message press-2 label-withdraw press-3 label-again press-star
            keys 2
              say zh: leave-message tone
            heard
              record description, at most 120 s
            recorded 6 key
              => message to ticket 7: recording 1
              say zh: message-added goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn a_message_ended_by_hanging_up_is_added() {
    check(
        known([open_ticket(7, "ELD-02", TicketState::Offering)]),
        "
        keys 2
        heard
        hangs up recording
        ",
        &expect![[r#"
              say zh: greeting recording-notice your-request category-ELD-02 state-offering label-person press-0 label-new-request press-1 label-add-message press-2 label-withdraw press-3 label-again press-star
            keys 2
              say zh: leave-message tone
            heard
              record description, at most 120 s
            hangs up recording
              => message to ticket 7: recording 1
            (over)
        "#]],
    );
}

#[test]
fn three_withdraws_after_a_question() {
    check(
        known([open_ticket(7, "ELD-02", TicketState::Offering)]),
        "
        keys 3 1
        heard
        withdrawn
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice your-request category-ELD-02 state-offering label-person press-0 label-new-request press-1 label-add-message press-2 label-withdraw press-3 label-again press-star
            keys 3 1
              say zh: sure-to-withdraw label-sure press-1 label-keep press-2
              => withdraw ticket 7
              say zh: one-moment
            heard
            withdrawn
              say zh: withdrawn goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn three_and_two_keep_it() {
    check(
        known([open_ticket(7, "ELD-02", TicketState::Offering)]),
        "
        keys 3 2
        ",
        &expect![[r#"
              say zh: greeting recording-notice your-request category-ELD-02 state-offering label-person press-0 label-new-request press-1 label-add-message press-2 label-withdraw press-3 label-again press-star
            keys 3 2
              say zh: sure-to-withdraw label-sure press-1 label-keep press-2
              say zh: your-request category-ELD-02 state-offering label-person press-0 label-new-request press-1 label-add-message press-2 label-withdraw press-3 label-again press-star
        "#]],
    );
}

#[test]
fn what_cannot_be_withdrawn_by_key_finds_a_person() {
    check(
        known([open_ticket(7, "ELD-02", TicketState::Offering)]),
        "
        keys 3 1
        not withdrawn
        person
        ",
        &expect![[r#"
              say zh: greeting recording-notice your-request category-ELD-02 state-offering label-person press-0 label-new-request press-1 label-add-message press-2 label-withdraw press-3 label-again press-star
            keys 3 1
              say zh: sure-to-withdraw label-sure press-1 label-keep press-2
              => withdraw ticket 7
              say zh: one-moment
            not withdrawn
              ring a person: not_by_key
              say zh: cannot-withdraw
            person
              stop saying
            (over)
        "#]],
    );
}

#[test]
fn an_emergency_is_not_offered_to_be_withdrawn() {
    check(
        known([OpenTicket { withdrawable: false, ..open_ticket(7, "EMG-01", TicketState::InProgress) }]),
        "
        keys 3
        ",
        &expect![[r#"
              say zh: greeting recording-notice your-request category-EMG-01 state-in-progress label-person press-0 label-new-request press-1 label-add-message press-2 label-again press-star
            keys 3
              ring a person: not_by_key
              say zh: cannot-withdraw
        "#]],
    );
}

#[test]
fn several_requests_are_told_one_by_one() {
    check(
        known([
            open_ticket(7, "ELD-02", TicketState::InProgress),
            open_ticket(8, "CON-01", TicketState::Handled),
        ]),
        "
        keys 4
        keys 4 3 1
        ",
        &expect![[r#"
              say zh: greeting recording-notice your-request category-ELD-02 state-in-progress label-person press-0 label-new-request press-1 label-add-message press-2 label-withdraw press-3 label-next-request press-4 label-again press-star
            keys 4
              say zh: your-request category-CON-01 state-handled label-person press-0 label-new-request press-1 label-add-message press-2 label-withdraw press-3 label-next-request press-4 label-again press-star
            keys 4 3 1
              say zh: your-request category-ELD-02 state-in-progress label-person press-0 label-new-request press-1 label-add-message press-2 label-withdraw press-3 label-next-request press-4 label-again press-star
              say zh: sure-to-withdraw label-sure press-1 label-keep press-2
              => withdraw ticket 7
              say zh: one-moment
        "#]],
    );
}

#[test]
fn a_confidential_request_is_not_spoken_of() {
    check(
        known([OpenTicket { confidential: true, ..open_ticket(7, "CHD-02", TicketState::InProgress) }]),
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
fn a_closed_request_is_not_spoken_of() {
    check(
        known([open_ticket(7, "ELD-02", TicketState::Closed)]),
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
fn silence_after_the_state_finds_a_person() {
    check(
        known([open_ticket(7, "ELD-02", TicketState::Offering)]),
        "
        heard
        silence
        heard
        silence
        person
        ",
        &expect![[r#"
              say zh: greeting recording-notice your-request category-ELD-02 state-offering label-person press-0 label-new-request press-1 label-add-message press-2 label-withdraw press-3 label-again press-star
            heard
            silence
              say zh: try-again your-request category-ELD-02 state-offering label-person press-0 label-new-request press-1 label-add-message press-2 label-withdraw press-3 label-again press-star
            heard
            silence
              ring a person: gave_up
              say zh: connecting
            person
              stop saying
            (over)
        "#]],
    );
}

#[test]
fn a_message_without_a_recording_is_told_to_a_person() {
    check(
        known([open_ticket(7, "ELD-02", TicketState::Offering)]),
        "
        keys #
        nobody
        keys 2
        ",
        &expect![[r#"
              say zh: greeting recording-notice your-request category-ELD-02 state-offering label-person press-0 label-new-request press-1 label-add-message press-2 label-withdraw press-3 label-again press-star
            keys #
              do not record
              ring a person: not_recorded
              say zh: not-recorded connecting
            nobody
              say zh: your-request category-ELD-02 state-offering label-person press-0 label-new-request press-1 label-add-message press-2 label-withdraw press-3 label-again press-star
            keys 2
              ring a person: not_by_key
              say zh: connecting
        "#]],
    );
}

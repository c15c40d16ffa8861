//! We ring somebody.

use expect_test::expect;

use jiff::civil::{date, datetime};

use super::script::{Rehearsal, area, check};
use crate::domain::assignment::{AssignmentKind, VisitCode};
use crate::domain::category::CategoryCode;
use crate::domain::ids::VolunteerId;
use crate::domain::language::Language;
use crate::ivr::context::SpokenWindow;
use crate::ivr::outgoing::{AlarmCause, Help, OutgoingCall, Visitor};

fn survey(household: bool) -> Rehearsal {
    Rehearsal::outgoing(OutgoingCall::Survey { language: Language::Zh, household })
}

fn who_comes() -> Rehearsal {
    who_helps(AssignmentKind::Visit)
}

fn who_helps(kind: AssignmentKind) -> Rehearsal {
    let (from, until) = (datetime(2026, 5, 1, 14, 0, 0, 0), datetime(2026, 5, 1, 16, 0, 0, 0));
    Rehearsal::outgoing(OutgoingCall::WhoComes {
        language: Language::Zh,
        help: Help {
            kind,
            visitors: vec![Visitor { badge: Some(VolunteerId(421)), code: VisitCode(73) }],
            meets_at: Some(area("370203005")),
        },
        window: Some(SpokenWindow { from, until, today: date(2026, 5, 1) }),
    })
}

fn alarm() -> Rehearsal {
    Rehearsal::outgoing(OutgoingCall::DutyAlarm {
        language: Language::Zh,
        why: AlarmCause::NobodyAccepts,
        category: CategoryCode::parse("EMG-01").ok(),
        area: Some(area("370203005")),
    })
}

#[test]
fn a_resident_says_it_is_resolved_and_is_thanked() {
    check(
        survey(false),
        "
        heard
        keys 1
        heard
        keys 2
        heard
        silence
        heard
        ",
        &expect![[r#"
              say zh: survey-intro survey-resolved label-resolved press-1 label-partly press-2 label-not-resolved press-3 label-person press-0 label-wrong-number press-9
            heard
            keys 1
              say zh: survey-satisfied label-satisfied press-1 label-basically press-2 label-not-satisfied press-3
            heard
            keys 2
              say zh: label-comment press-1 or-wait
            heard
            silence
              => survey: yes, basically, no recording
              say zh: survey-thanks
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn a_household_is_asked_who_speaks_first() {
    check(
        survey(true),
        "
        heard
        keys 1 1 1 1
        heard
        recorded 5 key
        heard
        ",
        &expect![[r#"
              say zh: survey-intro survey-is-it-you label-it-is-me press-1 label-it-is-not press-2 label-wrong-number press-9
            heard
            keys 1 1 1 1
              say zh: survey-resolved label-resolved press-1 label-partly press-2 label-not-resolved press-3 label-person press-0 label-wrong-number press-9
              say zh: survey-satisfied label-satisfied press-1 label-basically press-2 label-not-satisfied press-3
              say zh: label-comment press-1 or-wait
              say zh: leave-message tone
            heard
              record comment, at most 120 s
            recorded 5 key
              => survey: yes, satisfied, recording 1
              say zh: survey-thanks
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn somebody_else_of_the_household_answers_nothing() {
    check(
        survey(true),
        "
        keys 2
        heard
        ",
        &expect![[r#"
              say zh: survey-intro survey-is-it-you label-it-is-me press-1 label-it-is-not press-2 label-wrong-number press-9
            keys 2
              => not reached: another_person
              say zh: sorry-to-disturb
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn a_wrong_number_infers_nothing() {
    check(
        survey(false),
        "
        keys 9
        heard
        ",
        &expect![[r#"
              say zh: survey-intro survey-resolved label-resolved press-1 label-partly press-2 label-not-resolved press-3 label-person press-0 label-wrong-number press-9
            keys 9
              => not reached: wrong_number
              say zh: sorry-to-disturb
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn a_machine_infers_nothing() {
    check(
        survey(false),
        "
        heard
        silence
        heard
        silence
        heard
        ",
        &expect![[r#"
              say zh: survey-intro survey-resolved label-resolved press-1 label-partly press-2 label-not-resolved press-3 label-person press-0 label-wrong-number press-9
            heard
            silence
              say zh: try-again survey-resolved label-resolved press-1 label-partly press-2 label-not-resolved press-3 label-person press-0 label-wrong-number press-9
            heard
            silence
              => not reached: silence
              say zh: sorry-to-disturb
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn not_resolved_goes_on() {
    check(
        survey(false),
        "
        keys 3 3 2
        heard
        ",
        &expect![[r#"
              say zh: survey-intro survey-resolved label-resolved press-1 label-partly press-2 label-not-resolved press-3 label-person press-0 label-wrong-number press-9
            keys 3 3 2
              say zh: survey-satisfied label-satisfied press-1 label-basically press-2 label-not-satisfied press-3
              say zh: label-comment press-1 or-wait
              => survey: no, not, no recording
              say zh: survey-goes-on survey-thanks
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn what_was_keyed_before_hanging_up_counts() {
    check(
        survey(false),
        "
        keys 2
        hangs up
        ",
        &expect![[r#"
              say zh: survey-intro survey-resolved label-resolved press-1 label-partly press-2 label-not-resolved press-3 label-person press-0 label-wrong-number press-9
            keys 2
              say zh: survey-satisfied label-satisfied press-1 label-basically press-2 label-not-satisfied press-3
            hangs up
              => survey: partly, unsaid, no recording
            (over)
        "#]],
    );
}

#[test]
fn hanging_up_at_once_infers_nothing() {
    check(
        survey(false),
        "
        hangs up
        ",
        &expect![[r#"
              say zh: survey-intro survey-resolved label-resolved press-1 label-partly press-2 label-not-resolved press-3 label-person press-0 label-wrong-number press-9
            hangs up
              => not reached: hung_up
            (over)
        "#]],
    );
}

#[test]
fn zero_talks_to_a_person() {
    check(
        survey(false),
        "
        keys 1 0
        heard
        person
        ",
        &expect![[r#"
              say zh: survey-intro survey-resolved label-resolved press-1 label-partly press-2 label-not-resolved press-3 label-person press-0 label-wrong-number press-9
            keys 1 0
              say zh: survey-satisfied label-satisfied press-1 label-basically press-2 label-not-satisfied press-3
              => survey: yes, unsaid, no recording
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
fn a_person_who_is_not_free_rings_back() {
    check(
        survey(false),
        "
        keys 0
        nobody
        heard
        ",
        &expect![[r#"
              say zh: survey-intro survey-resolved label-resolved press-1 label-partly press-2 label-not-resolved press-3 label-person press-0 label-wrong-number press-9
            keys 0
              ring a person: asked
              say zh: connecting
            nobody
              => call back: nobody_free, no recording
              say zh: nobody-free goodbye
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn a_wrong_key_is_asked_again_and_then_left() {
    check(
        survey(false),
        "
        keys 1 7 7
        heard
        ",
        &expect![[r#"
              say zh: survey-intro survey-resolved label-resolved press-1 label-partly press-2 label-not-resolved press-3 label-person press-0 label-wrong-number press-9
            keys 1 7 7
              say zh: survey-satisfied label-satisfied press-1 label-basically press-2 label-not-satisfied press-3
              say zh: try-again survey-satisfied label-satisfied press-1 label-basically press-2 label-not-satisfied press-3
              => survey: yes, unsaid, no recording
              say zh: survey-thanks
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn a_landline_hears_who_comes_with_number_code_and_time() {
    check(
        who_comes(),
        "
        heard
        keys *
        heard
        silence
        heard
        ",
        &expect![[r#"
              say zh: who-comes-intro badge-is 0 0 4 2 1 visit-code-is 0 0 7 3 window-is today day-part-afternoon hour-2 and hour-4 who-comes-care label-again press-star
            heard
              => told
            keys *
              say zh: badge-is 0 0 4 2 1 visit-code-is 0 0 7 3 window-is today day-part-afternoon hour-2 and hour-4 who-comes-care label-again press-star
            heard
            silence
              say zh: survey-thanks
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn who_hangs_up_in_the_middle_was_not_told() {
    check(
        who_comes(),
        "
        hangs up
        ",
        &expect![[r#"
              say zh: who-comes-intro badge-is 0 0 4 2 1 visit-code-is 0 0 7 3 window-is today day-part-afternoon hour-2 and hour-4 who-comes-care label-again press-star
            hangs up
              => not reached: hung_up
            (over)
        "#]],
    );
}

#[test]
fn who_hangs_up_after_the_end_was_told() {
    check(
        who_comes(),
        "
        heard
        hangs up
        ",
        &expect![[r#"
              say zh: who-comes-intro badge-is 0 0 4 2 1 visit-code-is 0 0 7 3 window-is today day-part-afternoon hour-2 and hour-4 who-comes-care label-again press-star
            heard
              => told
            hangs up
            (over)
        "#]],
    );
}

#[test]
fn the_alarm_is_taken_by_one() {
    check(
        alarm(),
        "
        heard
        keys 1
        heard
        ",
        &expect![[r#"
              say zh: duty-alarm category-EMG-01 area-370203005 label-take press-1 label-again press-star
            heard
            keys 1
              => alarm taken
              say zh: duty-taken
            heard
              hang up
            (over)
        "#]],
    );
}

#[test]
fn the_alarm_is_said_again_until_somebody_presses_one() {
    check(
        alarm(),
        "
        heard
        silence
        heard
        keys 5
        heard
        silence
        heard
        silence
        ",
        &expect![[r#"
              say zh: duty-alarm category-EMG-01 area-370203005 label-take press-1 label-again press-star
            heard
            silence
              say zh: duty-alarm category-EMG-01 area-370203005 label-take press-1 label-again press-star
            heard
            keys 5
              say zh: duty-alarm category-EMG-01 area-370203005 label-take press-1 label-again press-star
            heard
            silence
              say zh: duty-alarm category-EMG-01 area-370203005 label-take press-1 label-again press-star
            heard
            silence
              => not reached: silence
              hang up
            (over)
        "#]],
    );
}

#[test]
fn hanging_up_takes_no_alarm() {
    check(
        alarm(),
        "
        hangs up
        ",
        &expect![[r#"
              say zh: duty-alarm category-EMG-01 area-370203005 label-take press-1 label-again press-star
            hangs up
              => not reached: hung_up
            (over)
        "#]],
    );
}

#[test]
fn nine_is_an_emergency_while_who_comes_is_said_and_0_a_person_after_it() {
    check(
        who_comes(),
        "
        keys 0 9
        heard
        nobody
        heard
        ",
        &expect![[r#"
              say zh: who-comes-intro badge-is 0 0 4 2 1 visit-code-is 0 0 7 3 window-is today day-part-afternoon hour-2 and hour-4 who-comes-care label-again press-star
            keys 0 9
              ring everybody for an emergency
              say zh: emergency
            heard
              play hold-music
            nobody
              => call back: nobody_free, no recording, at once
              say zh: emergency-told goodbye
            heard
              hang up
            (over)
        "#]],
    );
    check(
        who_comes(),
        "
        heard
        keys 0
        person
        ",
        &expect![[r#"
              say zh: who-comes-intro badge-is 0 0 4 2 1 visit-code-is 0 0 7 3 window-is today day-part-afternoon hour-2 and hour-4 who-comes-care label-again press-star
            heard
              => told
            keys 0
              ring a person: asked
              say zh: connecting
            person
              stop saying
            (over)
        "#]],
    );
    check(
        who_comes(),
        "
        keys 9
        hangs up
        ",
        &expect![[r#"
              say zh: who-comes-intro badge-is 0 0 4 2 1 visit-code-is 0 0 7 3 window-is today day-part-afternoon hour-2 and hour-4 who-comes-care label-again press-star
            keys 9
              ring everybody for an emergency
              say zh: emergency
            hangs up
              => call back: nobody_free, no recording, at once
            (over)
        "#]],
    );
}

#[test]
fn who_is_rung_or_met_at_a_station_hears_of_no_door_and_asks_for_no_code() {
    check(
        who_helps(AssignmentKind::Phone),
        "
        heard
        silence
        heard
        ",
        &expect![[r#"
              say zh: who-helps-intro who-rings helper-number-is 0 0 4 2 1 window-is today day-part-afternoon hour-2 and hour-4 free-care label-again press-star
            heard
              => told
            silence
              say zh: survey-thanks
            heard
              hang up
            (over)
        "#]],
    );
    check(
        who_helps(AssignmentKind::Group),
        "
        heard
        hangs up
        ",
        &expect![[r#"
              say zh: who-helps-intro who-meets station-in area-370203005 helper-number-is 0 0 4 2 1 window-is today day-part-afternoon hour-2 and hour-4 free-care label-again press-star
            heard
              => told
            hangs up
            (over)
        "#]],
    );
}

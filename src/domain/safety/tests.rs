//! SAF-1 to SAF-10, each with its borders.

use super::*;
use crate::domain::assignment::{AssignmentKind, VisitCode};
use crate::domain::category::{Catalogue, CategoryCode, DEFAULT_TEXT};
use crate::domain::ids::{AssignmentId, StationId, TicketId, WorkItemId};
use crate::domain::span::{hours_of, minutes_of};
use crate::domain::ticket::Window;

const NOON: Timestamp = Timestamp::from_millis(1_772_424_000_000);

fn category(code: &str) -> Category {
    Catalogue::parse(DEFAULT_TEXT).unwrap().find(&CategoryCode::parse(code).unwrap()).unwrap().clone()
}

fn holds(kind: CredentialKind, expires_at: Timestamp) -> Vec<Credential> {
    vec![Credential { kind, expires_at }]
}

#[test]
fn saf_1_minors_are_met_by_cleared_adults_of_another_age() {
    assert!(has_clearance(&holds(CredentialKind::MinorsClearance, NOON + hours_of(1)), NOON));
    assert!(!has_clearance(&holds(CredentialKind::MinorsClearance, NOON), NOON));
    assert!(!has_clearance(&holds(CredentialKind::FirstAid, NOON + hours_of(1)), NOON));
    for (volunteer, minor, enough) in [
        (18, Some(10), true),
        (17, Some(5), false),
        (20, Some(13), false),
        (21, Some(13), true),
        (24, None, false),
        (25, None, true),
    ] {
        assert_eq!(age_gap_is_enough(volunteer, minor), enough, "{volunteer} beside {minor:?}");
    }
}

#[test]
fn saf_1_nobody_is_alone_with_a_minor_and_a_risk_leaves_it_to_staff() {
    assert!(may_meet_minor(2, false, true));
    assert!(may_meet_minor(1, true, true));
    assert!(!may_meet_minor(1, false, true));
    assert!(!may_meet_minor(2, true, false));
    for (code, asked) in [("ELD-07", true), ("CHD-01", false), ("CHD-04", false)] {
        assert_eq!(
            asks_for_guardian(&category(code)),
            asked,
            "{code}: its row wants the guardian, or it is at a station"
        );
    }
    assert!(staff_only_by_answers(13, [false, true, false]));
    assert!(!staff_only_by_answers(13, [false; 3]));
    assert!(!staff_only_by_answers(12, [true; 3]), "the questions are for 13 to 17");
}

#[test]
fn saf_2_a_mandatory_report_does_not_end_without_the_police_reference() {
    let harm = category("CHD-03");
    assert!(!may_end(&harm, None));
    assert!(!may_end(&harm, Some("  ")));
    assert!(may_end(&harm, Some("青公(四)受案字[2026]12号")));
    assert!(may_end(&category("ELD-02"), None));
}

#[test]
fn saf_3_the_young_help_groups_at_a_station_by_day() {
    let day = [(0, 8), (0, 17)];
    for (age, group, hours, may) in [
        (18, false, &[(0, 22)][..], true),
        (17, true, &day, true),
        (14, true, &day, true),
        (13, true, &day, false),
        (17, false, &day, false),
        (17, true, &[(0, 18)], false),
        (17, true, &[(0, 7)], false),
    ] {
        assert_eq!(old_enough(age, group, hours), may, "{age} {group} {hours:?}");
    }
}

#[test]
fn saf_4_two_people_go_where_one_would_not_be_safe() {
    use TwoPersonReason as R;
    let (meals, policy) = (category("ELD-02"), Policy::default());
    let plain = VisitFacts {
        category: &meals,
        unknown_home: false,
        flags: &[],
        hours: &[(0, 10)],
        concerns_minor: false,
        missed_care_call: false,
    };
    let (bathing, lock, tutoring) = (category("ELD-04"), category("CON-03"), category("CHD-04"));
    for (facts, reason) in [
        (plain, None),
        (VisitFacts { unknown_home: true, ..plain }, Some(R::UnknownHome)),
        (VisitFacts { flags: &[PersonFlag::LivesAlone], ..plain }, None),
        (VisitFacts { flags: &[PersonFlag::Aggression], ..plain }, Some(R::Aggression)),
        (VisitFacts { flags: &[PersonFlag::Infection], ..plain }, Some(R::Infection)),
        (VisitFacts { flags: &[PersonFlag::MentalCrisis], ..plain }, Some(R::MentalCrisis)),
        (VisitFacts { hours: &[(0, 19)], ..plain }, None),
        (VisitFacts { hours: &[(0, 19), (0, 20)], ..plain }, Some(R::Night)),
        (VisitFacts { hours: &[(0, 6)], ..plain }, Some(R::Night)),
        (VisitFacts { hours: &[(0, 7)], ..plain }, None),
        (VisitFacts { concerns_minor: true, ..plain }, Some(R::Minors)),
        (VisitFacts { missed_care_call: true, ..plain }, Some(R::MissedCareCall)),
        (VisitFacts { category: &bathing, ..plain }, Some(R::Category)),
        (VisitFacts { category: &lock, ..plain }, Some(R::Category)),
        (VisitFacts { category: &tutoring, ..plain }, Some(R::Category)),
    ] {
        assert_eq!(needs_two(&facts, &policy), reason);
    }
    assert!(must_reoffer(true, 1) && !must_reoffer(true, 2) && !must_reoffer(false, 1));
}

fn lone_visit(state: AssignmentState, checked_in_at: Option<Timestamp>) -> Assignment {
    Assignment {
        id: AssignmentId(uuid::Uuid::nil()),
        ticket: TicketId(uuid::Uuid::nil()),
        work_item: WorkItemId(uuid::Uuid::nil()),
        volunteer: None,
        person: None,
        station: StationId(1),
        offer: None,
        kind: AssignmentKind::Visit,
        state,
        visit_code: VisitCode(7),
        window: Window { from: NOON, until: NOON + hours_of(2) },
        accepted_at: NOON,
        asked_at: None,
        confirmed_at: None,
        well_at: None,
        missed_at: None,
        ring: None,
        checked_in_at,
        ended_at: None,
        minutes: 60,
    }
}

#[test]
fn saf_5_a_lone_visitor_is_asked_for_when_the_time_is_up() {
    let steps = lone_visit_steps(&lone_visit(AssignmentState::OnSite, Some(NOON)), &Policy::default());
    let after: Vec<(u64, LoneStep)> =
        steps.iter().map(|(at, step)| (at.since(NOON).as_secs() / 60, *step)).collect();
    assert_eq!(
        after,
        [
            (90, LoneStep::Text),
            (95, LoneStep::Call),
            (100, LoneStep::Staff),
            (105, LoneStep::DistrictAndPolice)
        ]
    );
    assert_eq!(lone_visit_steps(&lone_visit(AssignmentState::Done, Some(NOON)), &Policy::default()), []);
    assert_eq!(lone_visit_steps(&lone_visit(AssignmentState::Accepted, None), &Policy::default()), []);
}

#[test]
fn saf_6_details_come_with_the_yes_and_valuables_are_left_alone() {
    assert!(may_know_details(AssignmentState::Booked));
    assert!(!may_know_details(AssignmentState::Cancelled));
    let carer = holds(CredentialKind::Carer, NOON + hours_of(1));
    assert!(may_handle(Entrusted::Medicine, &carer, NOON));
    assert!(!may_handle(Entrusted::Medicine, &[], NOON));
    assert!(!may_handle(Entrusted::Medicine, &carer, NOON + hours_of(2)));
    assert!(!may_handle(Entrusted::Money, &carer, NOON) && !may_handle(Entrusted::BankCard, &carer, NOON));
}

#[test]
fn saf_7_a_secret_place_is_in_no_text() {
    assert!(may_send_address(Confidentiality::Normal, false));
    assert!(!may_send_address(Confidentiality::Normal, true));
    assert!(!may_send_address(Confidentiality::Sealed, false));
}

#[test]
fn saf_8_a_caller_in_danger_gets_neither_text_nor_call_but_at_a_safe_time() {
    assert!(may_text_receipt(false, Confidentiality::Normal));
    assert!(!may_text_receipt(true, Confidentiality::Normal));
    assert!(!may_text_receipt(false, Confidentiality::Confidential));
    let safe = Some((NOON, NOON + minutes_of(30)));
    assert!(may_ring_back(false, None, NOON));
    assert!(!may_ring_back(true, None, NOON));
    assert!(may_ring_back(true, safe, NOON + minutes_of(29)));
    assert!(!may_ring_back(true, safe, NOON + minutes_of(30)));
}

#[test]
fn saf_9_abuse_leads_by_steps_to_a_recorded_line_for_a_time() {
    use AbuseStep as S;
    let step = after_abuse(after_abuse(S::None, false), false);
    assert_eq!(step, S::WithSupervisor);
    assert_eq!(after_abuse(step, false), S::WithSupervisor, "an operator alone goes no further");
    assert_eq!(after_abuse(step, true), S::RecordedLine);
    let limited = Some(NOON + hours_of(24));
    assert!(to_recorded_line(limited, NOON));
    assert!(!to_recorded_line(limited, NOON + hours_of(24)));
    assert!(!to_recorded_line(None, NOON));
}

#[test]
fn saf_10_a_care_call_is_tried_three_times_counted_from_the_first() {
    let policy = Policy::default();
    let first = Timestamp::from_millis(1_777_600_800_000);
    let after = |tries| next_care_try(tries, Some(first), &policy).map(|at| at.since(first).as_secs() / 60);
    assert_eq!([0, 1, 2, 3].map(after), [None, Some(15), Some(60), None]);
    assert_eq!(next_care_try(1, None, &policy), None, "there was no first");
}

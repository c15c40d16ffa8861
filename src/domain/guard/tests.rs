//! What a move asks beyond state and actor.

use super::*;
use crate::domain::actor::Doer;
use crate::domain::area::AreaCode;
use crate::domain::call::CallerTrust;
use crate::domain::category::{Catalogue, CategoryCode, DEFAULT_TEXT};
use crate::domain::clocks::{ClockKind, Owed};
use crate::domain::ids::{JurisdictionId, StationId, TicketId};
use crate::domain::ids::{PersonId, UserId};
use crate::domain::language::Language;
use crate::domain::phone_number::{NumberingPlan, PhoneNumber};
use crate::domain::span::{days_of, hours_of, minutes_of};
use crate::domain::ticket::{Channel, PlaceBasis, Progress};
use crate::domain::ticket_number::TicketNumber;
use crate::domain::urgency::Tier;

/// Monday, 2 March 2026, 12:00 in Beijing.
const NOON: Timestamp = Timestamp::from_millis(1_772_424_000_000);

fn category(code: &str) -> Category {
    Catalogue::parse(DEFAULT_TEXT).unwrap().find(&CategoryCode::parse(code).unwrap()).unwrap().clone()
}

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text, &NumberingPlan::default()).unwrap()
}

fn ticket(n: u128) -> Ticket {
    Ticket {
        id: TicketId(uuid::Uuid::from_u128(n)),
        number: TicketNumber { day: 260_302, station: 1, sequence: 1 },
        jurisdiction: JurisdictionId("sifang".to_owned()),
        channel: Channel::Phone,
        call: None,
        caller: Some(number("13900000001")),
        caller_trust: CallerTrust::Verified,
        beneficiary: Some(PersonId(1)),
        language: Language::Zh,
        category: Some(CategoryCode::parse("ELD-02").unwrap()),
        urgency: Urgency::P3,
        tier: Tier::Committee,
        owner: StationId(1),
        first_receiver: StationId(1),
        area: Some(AreaCode::parse("370203031001").unwrap()),
        address: Some("商丘路 1 号".to_owned()),
        point: None,
        place_basis: PlaceBasis::Confirmed,
        for_other: false,
        description: String::new(),
        recording: None,
        state: TicketState::Intake,
        former_state: None,
        version: 1,
        confidentiality: Confidentiality::Normal,
        window: None,
        survey_consent: true,
        two_person: false,
        closure: None,
        referral: None,
        redo_count: 0,
        reopen_count: 0,
        return_count: 0,
        repeat_count: 0,
        merged_into: None,
        linked_to: None,
        supervision: 0,
        handlers: vec![Doer::person(PersonId(7))],
        police_report: None,
        risk: None,
        guardian: None,
        gender_wish: None,
        catalogue_version: 1,
        clocks: Vec::new(),
        opened_at: NOON,
        handled_at: None,
        closed_at: None,
        why: String::new(),
        progress: Progress::default(),
    }
}

#[test]
fn a_login_that_is_linked_to_a_person_later_is_noted_with_the_person_too() {
    let (login, other) = (Some(UserId(3)), Some(UserId(4)));
    let alone = Doer { person: None, user: login };
    let linked = Doer { person: Some(PersonId(8)), user: login };
    let mut ticket = ticket(1);
    for doer in [alone, linked, linked, alone, Doer::person(PersonId(7)), Doer { person: None, user: None }] {
        ticket.note_handler(doer);
    }
    assert_eq!(ticket.handlers, [Doer::person(PersonId(7)), alone, linked]);
    for (doer, handled) in [
        (Doer { person: Some(PersonId(8)), user: other }, true),
        (Doer::person(PersonId(8)), true),
        (alone, true),
        (Doer { person: Some(PersonId(9)), user: other }, false),
    ] {
        assert_eq!(ticket.was_handled_by(doer), handled, "{doer:?}");
    }
}

#[test]
fn only_a_consultation_is_closed_by_an_answer() {
    assert_eq!(may_explain(Some(&category("INF-01"))), Ok(()));
    assert_eq!(may_explain(Some(&category("ELD-02"))), Err(Guarded::NoConsultation));
    assert_eq!(may_explain(None), Err(Guarded::NoCategory));
}

#[test]
fn a_ticket_is_dispatched_when_it_says_what_and_where_and_who_and_at_once_when_life_is_in_danger() {
    let meals = category("ELD-02");
    let with = |change: &dyn Fn(&mut Ticket)| {
        let mut ticket = ticket(1);
        change(&mut ticket);
        ticket
    };
    for (ticket, anonymous, said) in [
        (with(&|_| {}), false, Ok(())),
        (with(&|t| t.area = None), false, Err(Guarded::NoArea)),
        (with(&|t| t.address = None), false, Err(Guarded::NoAddress)),
        (with(&|t| t.caller = None), false, Err(Guarded::NoPhone)),
        (with(&|t| t.caller = None), true, Ok(())),
        (with(&|t| (t.area, t.address, t.urgency) = (None, None, Urgency::P1)), false, Ok(())),
    ] {
        assert_eq!(may_dispatch(&ticket, Some(&meals), anonymous), said);
    }
    assert_eq!(may_dispatch(&ticket(1), None, false), Err(Guarded::NoCategory));
    assert_eq!(may_dispatch(&with(&|t| t.address = None), Some(&category("POV-01")), false), Ok(()));
}

#[test]
fn a_ticket_is_void_when_two_people_agree_and_the_reason_fits() {
    let by = |person| Doer { person: Some(PersonId(person)), user: None };
    let (ana, ben) = (by(1), by(2));
    assert_eq!(may_void(TicketState::Offering, VoidReason::Test, ana, Some(ben)), Ok(()));
    assert_eq!(
        may_void(TicketState::Offering, VoidReason::Test, ana, Some(ana)),
        Err(Guarded::ProposedByYou)
    );
    let silent = VoidReason::SilentConfirmedSafe;
    assert_eq!(may_void(TicketState::Intake, silent, ana, Some(ben)), Ok(()));
    assert_eq!(may_void(TicketState::Offering, silent, ana, Some(ben)), Err(Guarded::VoidReasonNotHere));
}

#[test]
fn work_is_given_back_early_or_not_at_all_and_the_second_time_the_district_rules() {
    let (policy, calendar) = (Policy::default(), Calendar::default());
    let after = |span| may_return(Urgency::P2, NOON, &policy, &calendar, NOON + span);
    assert_eq!(after(minutes_of(10)), Ok(()));
    assert_eq!(after(minutes_of(11)), Err(Guarded::ReturnWindowOver));
    // Noon to one is nobody's working time.
    assert_eq!(may_return(Urgency::P3, NOON, &policy, &calendar, NOON + hours_of(2)), Ok(()));
    assert!(!return_needs_ruling(1, &policy) && return_needs_ruling(2, &policy));
}

#[test]
fn a_handler_suspends_for_two_working_days_a_supervisor_for_ten_in_all() {
    let (policy, calendar) = (Policy::default(), Calendar::default());
    let owed = Owed { urgency: Urgency::P3, consultation: false, window: None };
    let mut handle = Clock::start(ClockKind::Handle, &owed, &policy, &calendar, NOON).unwrap();
    let may = |actor, clock: &Clock, days| {
        may_suspend(actor, Some(clock), NOON + days_of(days), &policy, &calendar, NOON)
    };
    let (handler, supervisor) = (ActorKind::Handler, ActorKind::Supervisor);
    assert_eq!(may(handler, &handle, 0), Err(Guarded::NoResumeTime));
    assert_eq!(may(handler, &handle, 2), Ok(()));
    assert_eq!(may(handler, &handle, 3), Err(Guarded::SuspensionNeedsSupervisor));
    assert_eq!(may(supervisor, &handle, 14), Ok(()));
    assert_eq!(may(supervisor, &handle, 15), Err(Guarded::SuspendedTooLong));
    handle.pause(NOON - days_of(7));
    handle.resume(&calendar, NOON - days_of(6));
    assert_eq!(may(supervisor, &handle, 14), Err(Guarded::SuspendedTooLong), "the pause of last week counts");
    assert_eq!(may(supervisor, &handle, 11), Ok(()));
}

#[test]
fn nobody_closes_what_they_handled_whatever_login_they_use() {
    let (ticket, meals) = (ticket(1), category("ELD-02"));
    assert_eq!(may_close(&ticket, Some(&meals), Doer::person(PersonId(7))), Err(Guarded::HandledByYou));
    assert_eq!(may_close(&ticket, Some(&meals), Doer::person(PersonId(8))), Ok(()));
    // A login that is nobody of the register is held against itself.
    let login = |user| Doer { person: None, user: Some(UserId(user)) };
    let by_login = Ticket { handlers: vec![login(3)], ..ticket.clone() };
    assert_eq!(may_close(&by_login, Some(&meals), login(3)), Err(Guarded::HandledByYou));
    assert_eq!(may_close(&by_login, Some(&meals), login(4)), Ok(()));
    assert_eq!(may_close(&by_login, Some(&meals), Doer { person: None, user: None }), Ok(()));
    assert_eq!(
        may_close(&ticket, Some(&category("INF-99")), Doer::person(PersonId(8))),
        Err(Guarded::MustBeRecoded)
    );
    let harm = category("CHD-03");
    assert_eq!(may_close(&ticket, Some(&harm), Doer::person(PersonId(8))), Err(Guarded::NoPoliceReport));
    let reported = Ticket { police_report: Some("2026-12".to_owned()), ..ticket };
    assert_eq!(may_close(&reported, Some(&harm), Doer::person(PersonId(8))), Ok(()));
}

#[test]
fn a_citizen_reopens_for_fifteen_days_and_a_supervisor_at_any_time() {
    let policy = Policy::default();
    let may = |actor, days| may_reopen(actor, Some(NOON), &policy, NOON + days_of(days));
    assert_eq!(may(ActorKind::Citizen, 15), Ok(()));
    assert_eq!(may(ActorKind::Citizen, 16), Err(Guarded::ReopenWindowOver));
    assert_eq!(may(ActorKind::Supervisor, 400), Ok(()));
}

#[test]
fn only_what_belongs_together_is_merged() {
    let policy = Policy::default();
    let other = |change: &dyn Fn(&mut Ticket)| {
        let mut ticket = ticket(2);
        change(&mut ticket);
        ticket
    };
    let elsewhere = |t: &mut Ticket| t.address = Some("elsewhere".to_owned());
    let somebody = |t: &mut Ticket| (t.beneficiary, t.caller) = (Some(PersonId(2)), None);
    for (into, said) in [
        (other(&|_| {}), Ok(())),
        (ticket(1), Err(Guarded::MergeTarget)),
        (other(&|t| t.state = TicketState::Merged), Err(Guarded::MergeTarget)),
        (other(&|t| t.state = TicketState::Void), Err(Guarded::MergeTarget)),
        (other(&somebody), Ok(())), // the same place
        (other(&|t| (somebody(t), elsewhere(t)).0), Err(Guarded::NotTheSame)),
        (other(&elsewhere), Ok(())), // the same person and wish
        (other(&|t| (elsewhere(t), t.category = None).0), Err(Guarded::NotTheSame)),
        (other(&|t| (elsewhere(t), t.opened_at = NOON - hours_of(73)).0), Err(Guarded::MergeWindowOver)),
        (other(&|t| (elsewhere(t), t.opened_at = NOON - hours_of(72)).0), Ok(())),
    ] {
        assert_eq!(may_merge(&ticket(1), &into, &policy), said);
    }
    assert_eq!(may_unmerge(NOON, &policy, NOON + days_of(7)), Ok(()));
    assert_eq!(may_unmerge(NOON, &policy, NOON + days_of(8)), Err(Guarded::UnmergeWindowOver));
}

#[test]
fn archives_take_what_is_ninety_days_closed_and_undisputed() {
    let policy = Policy::default();
    assert_eq!(may_archive(Some(NOON), false, &policy, NOON + days_of(90)), Ok(()));
    for (closed, complaint, days) in [(Some(NOON), false, 89), (Some(NOON), true, 90), (None, false, 90)] {
        assert_eq!(
            may_archive(closed, complaint, &policy, NOON + days_of(days)),
            Err(Guarded::NotYetArchived)
        );
    }
}

#[test]
fn nobody_withdraws_what_is_sealed_urgent_to_life_or_to_be_reported() {
    let meals = category("ELD-02");
    assert_eq!(may_withdraw(&ticket(1), Some(&meals)), Ok(()));
    let sealed = Ticket { confidentiality: Confidentiality::Sealed, ..ticket(1) };
    let urgent = Ticket { urgency: Urgency::P1, ..ticket(1) };
    assert_eq!(may_withdraw(&sealed, Some(&meals)), Err(Guarded::CannotBeWithdrawn));
    assert_eq!(may_withdraw(&urgent, Some(&meals)), Err(Guarded::CannotBeWithdrawn));
    assert_eq!(may_withdraw(&ticket(1), Some(&category("CHD-03"))), Err(Guarded::CannotBeWithdrawn));
}

#[test]
fn each_redo_is_looked_at_from_higher_up() {
    let policy = Policy::default();
    assert_eq!([0, 1, 2, 3, 4].map(|redos| supervision_after_redo(redos, &policy)), [0, 0, 1, 2, 2]);
    assert!(!district_calls(2, &policy) && district_calls(3, &policy));
}

//! What comes back, what is taken or given back, what is complained about, and who is thanked.

use std::time::Duration;

use yingda::desk::command::{Command, PastCase, Proof, TicketCommand as T};
use yingda::domain::actor::Role;
use yingda::domain::ticket::{ClosureCode, TicketState};

use super::town::Town;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

fn close() -> T {
    T::Close {
        code: ClosureCode::Resolved,
        words: "已回访".into(),
        satisfaction: None,
        proof: Proof::default(),
    }
}

fn closed_by_volunteers() -> Town {
    let mut town = Town::new();
    town.opens_by_hand("ELD-07").at("09:01:00");
    town.texts("13800000001", "1").texts("13800000002", "1").at("09:20:00");
    town.texts("13800000001", "9").texts("13800000002", "9").later(HOUR);
    town.does(902, Role::CallbackOfficer, close()).later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::Closed, "{}", town.heard);
    town
}

/// The ticket with what hangs on it, as `service` attaches it.
fn past(town: &Town) -> PastCase {
    let ticket = town.ticket().clone();
    let id = ticket.id;
    PastCase {
        work: town.ledger.work.values().filter(|row| row.ticket == id).cloned().collect(),
        offers: town.ledger.offers.values().filter(|row| row.ticket == id).cloned().collect(),
        assignments: town.ledger.assignments.values().filter(|row| row.ticket == id).cloned().collect(),
        beneficiary: None,
        ticket,
    }
}

#[test]
fn a_supervisor_reopens_a_ticket_that_the_desk_has_forgotten_and_nobody_else_does() {
    let mut town = closed_by_volunteers();
    town.later(DAY * 40).restarts(MINUTE);
    let what = |past| T::Reopen { reason: "家属再次反映".into(), past };
    let (ticket, version) = (town.ticket().id, town.ticket().version);
    let by = |role, what, town: &mut Town| {
        town.asks_as(904, role, Command::Ticket { ticket, version, what });
    };
    by(Role::Supervisor, what(None), &mut town);
    assert!(town.heard().contains("TicketNotOpen"), "nobody found it");
    let found = || Some(Box::new(past(&town)));
    let (first, second) = (found(), found());
    by(Role::Operator, what(first), &mut town);
    assert!(town.heard().contains("NotByYou"));
    assert_eq!(town.ticket().state, TicketState::Closed);
    by(Role::Supervisor, what(second), &mut town);
    assert!(town.ticket().state.is_open(), "{}", town.heard);
    assert_eq!(town.ticket().reopen_count, 1);
    let again = town.ledger.offers.values().filter(|offer| offer.ticket == ticket && offer.state.is_open());
    let asked: Vec<_> = again.map(|offer| offer.volunteer.0).collect();
    assert!(!asked.is_empty() && !asked.contains(&10_001) && !asked.contains(&10_002), "{asked:?}");
    town.restarts(MINUTE);
    assert!(town.ticket().state.is_open());
}

#[test]
fn a_complaint_is_supervised_from_the_start() {
    let mut town = Town::new();
    town.opens("INS-01", "13900000008", |_| {}).later(MINUTE);
    assert_eq!(town.ticket().supervision, 1);
    town.opens_by_hand("ELD-10").later(MINUTE);
    assert_eq!(town.ticket().supervision, 0);
}

#[test]
fn everybody_who_helped_is_thanked_when_the_ticket_is_closed() {
    let mut town = closed_by_volunteers();
    let heard = town.heard();
    for end in ["0001", "0002"] {
        let thanks = format!("text to …{end}: 【社区服务】工单{}已办结。谢谢您的帮助", town.ticket().number);
        assert_eq!(heard.matches(&thanks).count(), 1, "{heard}");
    }
}

#[test]
fn with_auto_dispatch_off_an_operator_sends_out_what_was_keyed_and_an_emergency_goes_all_the_same() {
    let mut rules = super::town::rules();
    rules.policy.tickets.auto_dispatch = false;
    let mut town = Town::with(rules, vec![]);
    town.rings("wang", "13900000001", "83720003");
    for key in ["1", "4", "1", "1"] {
        town.later(Duration::from_secs(8)).presses("wang", key);
    }
    town.later(Duration::from_secs(20)).hangs_up("wang");
    assert_eq!(town.ticket().state, TicketState::Intake);
    town.later(MINUTE).rings("li", "13900000001", "83720003").later(MINUTE / 6).presses("li", "9");
    town.later(MINUTE * 5).hangs_up("li").later(MINUTE);
    let emergency =
        town.tickets.values().find(|ticket| ticket.urgency.name() == "P1").expect("it was opened");
    assert_ne!(emergency.state, TicketState::Intake);
}

#[test]
fn a_resident_without_a_mobile_is_told_of_a_suspension_by_a_person() {
    use yingda::domain::ticket::SuspendReason;
    let mut town = Town::new();
    town.opens("ELD-10", "053283740001", |_| {}).later(MINUTE);
    town.does(901, Role::Handler, T::Accept).later(MINUTE);
    let resume_at = town.now + HOUR * 5;
    town.does(901, Role::Handler, T::Suspend { reason: SuspendReason::Weather, resume_at }).later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::Suspended);
    assert!(town.ledger.callbacks.values().any(|request| request.state.is_open()));
}

#[test]
fn a_dispatcher_takes_the_offers_back_with_a_reason_and_everybody_is_told() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-07").at("09:01:00");
    town.texts("13800000001", "1").later(MINUTE).heard();
    let recall = T::RecallOffers { reason: "家属改主意".into() };
    town.does(900, Role::Operator, recall.clone());
    assert!(town.heard().contains("NotByYou"));
    town.does(903, Role::Dispatcher, recall).later(Duration::from_secs(2));
    let heard = town.heard();
    assert!(heard.contains("ticket 260506-003-0001 pending_dispatch"), "{heard}");
    assert!(town.ledger.offers.values().all(|offer| !offer.state.is_open()));
    assert!(heard.contains("text to …0002: "), "who was asked is told: {heard}");
    town.later(MINUTE * 5);
    assert_eq!(town.ticket().state, TicketState::PendingDispatch, "the dispatcher decides what follows");
}

#[test]
fn a_handler_who_gives_up_puts_the_work_back_and_the_ladder_begins_anew() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-10").later(MINUTE);
    town.does(901, Role::Handler, T::Accept).later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::InProgress);
    let before = town.ticket().clocks.iter().find(|clock| clock.kind.name() == "handle").cloned();
    town.does(901, Role::Handler, T::Abort { reason: "人手不够".into() }).later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::Dispatched, "{}", town.heard);
    let after = town.ticket().clocks.iter().find(|clock| clock.kind.name() == "handle").cloned();
    assert_eq!(after, before, "what is owed to the resident runs on");
}

#[test]
fn a_third_contact_is_supervised() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-10").later(MINUTE);
    let first = town.ticket().clone();
    let level = |town: &Town| town.tickets[&first.number.to_string()].supervision;
    for (contact, phone) in [(2, "13900000008"), (3, "13900000009")] {
        town.opens("ELD-10", phone, |_| {}).later(MINUTE);
        town.does(900, Role::Operator, T::Merge { into: first.number }).later(MINUTE);
        assert_eq!(level(&town), u8::from(contact == 3), "{}", town.heard);
    }
}

#[test]
fn a_supervisor_raises_supervision_by_hand_and_it_never_falls() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-10").later(MINUTE);
    let raise = |level| T::Supervise { level, note: "领导批示".into() };
    town.does(901, Role::Handler, raise(2));
    assert_eq!(town.ticket().supervision, 0, "not for a handler");
    town.does(904, Role::Supervisor, raise(2)).does(904, Role::Supervisor, raise(1));
    assert_eq!(town.ticket().supervision, 2);
}

#[test]
fn what_waits_in_intake_too_long_is_told_to_its_station_and_owed_a_call() {
    let mut town = Town::new();
    super::settings::asks_about_a_policy(&mut town);
    town.later(MINUTE * 14);
    assert!(town.ledger.callbacks.is_empty());
    town.heard();
    town.later(MINUTE * 2);
    assert!(town.ledger.callbacks.values().any(|request| request.ticket == Some(town.ticket().id)));
    assert!(town.heard().contains("text to …0003"), "the station's duty mobile");
}

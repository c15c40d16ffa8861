//! Stations: who was told, who takes the work, who keeps the duty to answer, and what a restart remembers.

use std::time::Duration;

use yingda::desk::command::{Proof, TicketCommand as T};
use yingda::domain::actor::Role;
use yingda::domain::clocks::ClockKind;
use yingda::domain::ids::StationId;
use yingda::domain::person::{Known, PastTicket};
use yingda::domain::phone_number::PhoneNumber;
use yingda::domain::ticket::{ReturnReason, Ticket, TicketState, VoidReason};
use yingda::domain::work_item::WorkRole;

use super::town::{Town, number};

impl Town {
    /// What the register knows of somebody who writes: which of their tickets have ended.
    pub(super) fn known(&self, from: &PhoneNumber) -> Known {
        let ended = |ticket: &&Ticket| {
            ticket.verified_caller() == Some(from)
                && matches!(ticket.state, TicketState::Closed | TicketState::Archived)
        };
        let past = self.ledger.tickets.values().filter(ended).map(|ticket| PastTicket {
            ticket: ticket.id,
            number: ticket.number,
            confidentiality: ticket.confidentiality,
            owner: ticket.owner,
            language: ticket.language,
            category: ticket.category.clone(),
            area: ticket.area.clone(),
        });
        Known { past: past.collect(), ..Known::default() }
    }

    /// The code in the last notice of a task to a number.
    pub fn task_code(&self, phone: &str) -> String {
        let to = number(phone);
        let notices = self.ledger.task_notices.values().filter(|notice| notice.phone == to);
        let last = notices.max_by_key(|notice| (notice.created_at, notice.id));
        last.expect("a task went to this number").code.to_string()
    }

    /// A duty telephone takes the task it was last told of.
    pub(super) fn takes(&mut self, phone: &str) -> &mut Self {
        let code = self.task_code(phone);
        self.texts(phone, &format!("{code} 1"))
    }
}

const DAY: Duration = Duration::from_secs(24 * 3600);

fn words() -> String {
    "写明原因".into()
}

/// What was refused since the last time, by reason.
fn refusals(town: &mut Town) -> Vec<String> {
    let heard = town.heard();
    let refused = heard.lines().filter(|line| line.contains("Refused"));
    refused.filter_map(|line| Some(line.split_once("reason: ")?.1.split(',').next()?.to_owned())).collect()
}

#[test]
fn a_station_keeps_the_duty_until_the_one_it_was_reassigned_to_has_taken_the_work() {
    let mut town = Town::new();
    town.opens_by_hand("POV-01");
    assert_eq!((town.ticket().state, town.ticket().owner), (TicketState::Dispatched, StationId(2)));
    town.does(901, Role::Dispatcher, T::Reassign { station: StationId(3), reason: words() });
    assert_eq!((town.ticket().state, town.ticket().owner), (TicketState::Dispatched, StationId(2)));
    let heard = town.at("09:00:30").heard();
    assert!(heard.contains("text to …0003: 【社区服务】待签收 "), "the new station is told:\n{heard}");
    // The handler of the new station sees it as theirs although the duty is still elsewhere.
    town.does_at(3, 902, Role::Handler, T::Accept);
    assert_eq!((town.ticket().state, town.ticket().owner), (TicketState::InProgress, StationId(3)));
}

#[test]
fn reassigned_work_is_not_carried_further_up_before_its_new_station_had_a_stations_time() {
    let mut town = Town::new();
    town.opens_by_hand("POV-01").does(902, Role::Handler, T::Accept).at("13:30:00");
    town.does(901, Role::Dispatcher, T::Reassign { station: StationId(3), reason: words() });
    town.at("13:50:00");
    let working = |station| {
        move |town: &Town| {
            town.ledger.work.values().any(|item| item.station == station && item.state.is_live())
        }
    };
    assert!(working(StationId(3))(&town), "twenty minutes later it still waits there");
    town.at("17:59:00");
    assert!(!working(StationId(3))(&town), "nobody took it: the station above was told");
}

#[test]
fn of_the_local_station_and_the_district_the_first_to_take_it_leads_and_the_other_helps() {
    let mut town = Town::new();
    town.opens_by_hand("EMG-01").at("09:00:05");
    let heard = town.heard();
    for station in ["…0001", "…0002", "…0003"] {
        let told = format!("text to {station}: 【社区服务】待签收 ");
        assert!(heard.contains(&told), "{station} is told at once:\n{heard}");
    }
    // The committee's duty mobile takes it although the ladder has gone on to the street.
    town.takes("13900000003");
    assert_eq!((town.ticket().state, town.ticket().owner), (TicketState::InProgress, StationId(3)));
    town.takes("13900000001").at("09:00:20");
    assert_eq!(town.ticket().owner, StationId(3), "one station owes the answer: the one that leads");
    let roles: Vec<_> = town.ledger.work.values().map(|item| (item.station, item.role)).collect();
    assert!(roles.contains(&(StationId(3), WorkRole::Lead)), "{roles:?}");
    assert!(roles.contains(&(StationId(1), WorkRole::Co)), "{roles:?}");
}

#[test]
fn a_station_that_was_told_may_take_the_work_after_a_restart_too() {
    let mut town = Town::new();
    town.opens_by_hand("EMG-01").at("09:00:05").restarts(Duration::from_secs(5));
    town.takes("13900000003");
    assert_eq!((town.ticket().state, town.ticket().owner), (TicketState::InProgress, StationId(3)));
}

#[test]
fn work_goes_back_within_its_time_and_a_restart_gives_no_more_of_it() {
    let give_back = || T::Return { reason: ReturnReason::NotOurDuty, evidence: words() };
    let mut town = Town::new();
    town.opens_by_hand("POV-01").at("09:30:00").restarts(Duration::from_secs(5));
    town.at("10:05:00").heard();
    town.does_at(2, 902, Role::Handler, give_back());
    assert_eq!(refusals(&mut town), ["NotAllowed"], "an hour of work has passed since it was sent");
    let mut town = Town::new();
    town.opens_by_hand("POV-01").at("09:50:00").does_at(2, 902, Role::Handler, give_back());
    assert_eq!((town.ticket().state, town.ticket().owner), (TicketState::Dispatched, StationId(1)));
}

#[test]
fn the_second_return_is_ruled_on_by_a_dispatcher_of_the_district_and_the_ruling_is_final() {
    let give_back = || T::Return { reason: ReturnReason::NotOurDuty, evidence: words() };
    let mut town = Town::new();
    town.opens("ELD-09", "13900000001", |intake| intake.urgency = None);
    town.does(901, Role::Dispatcher, T::AssignStation { station: StationId(3), reason: words() });
    town.does_at(3, 902, Role::Handler, give_back());
    assert_eq!(town.ticket().owner, StationId(2), "the first goes to the station above");
    town.does_at(2, 903, Role::Handler, give_back());
    assert_eq!(town.ticket().owner, StationId(1), "the second to the district");
    town.heard();
    town.does_at(2, 904, Role::Dispatcher, T::Reassign { station: StationId(3), reason: words() });
    assert_eq!(refusals(&mut town), ["NotAllowed"], "a street does not rule");
    town.does_at(1, 905, Role::Dispatcher, T::Reassign { station: StationId(3), reason: words() });
    assert_eq!(refusals(&mut town), Vec::<String>::new());
    let ruled = town.rows.iter().any(
        |row| matches!(row, yingda::desk::write::Write::Event(line) if line.kind == "ticket.return_ruled"),
    );
    assert!(ruled, "the ruling stands in the history");
    town.does_at(3, 902, Role::Handler, give_back());
    assert_eq!(refusals(&mut town), ["NotAllowed"], "there is no third return");
}

#[test]
fn who_proposed_to_void_a_ticket_is_remembered_over_a_restart_and_cannot_confirm_it() {
    let mut town = Town::new();
    town.opens_by_hand("POV-01");
    town.does(900, Role::Operator, T::ProposeVoid { reason: VoidReason::Test, note: words() });
    town.restarts(Duration::from_secs(5)).heard();
    town.does(900, Role::Supervisor, T::ConfirmVoid);
    assert_eq!(refusals(&mut town), ["HandledByYou"]);
    town.does(907, Role::Supervisor, T::ConfirmVoid);
    assert_eq!(town.ticket().state, TicketState::Void);
}

/// A helper answers the offer of a ticket that was made void: what they read.
fn a_yes_to_a_void_ticket(restart: bool) -> String {
    let mut town = Town::new();
    town.opens_by_hand("ELD-02").later(Duration::from_secs(30));
    let asked = (1..=5).map(|n| format!("138000000{n:02}"));
    let asked: Vec<String> =
        asked.filter(|phone| town.ledger.offers.values().any(|offer| offer.phone == number(phone))).collect();
    let code = town.code_of(&asked[0]);
    town.does(900, Role::Operator, T::ProposeVoid { reason: VoidReason::Test, note: words() });
    town.does(907, Role::Supervisor, T::ConfirmVoid);
    assert_eq!(town.ticket().state, TicketState::Void);
    town.later(Duration::from_secs(30));
    if restart {
        town.restarts(Duration::from_secs(5)).later(Duration::from_secs(60));
    }
    town.heard();
    town.texts(&asked[0], &format!("{code} 1")).later(Duration::from_secs(10));
    town.heard().lines().map(|line| &line[9..]).collect()
}

#[test]
fn a_code_of_a_void_ticket_rests_over_a_restart_and_means_no_other_task() {
    let said = a_yes_to_a_void_ticket(false);
    assert!(said.contains("text to"), "{said}");
    assert_eq!(a_yes_to_a_void_ticket(true), said);
}

#[test]
fn a_resident_who_comes_back_after_fifteen_days_gets_a_new_ticket_linked_to_the_old_one() {
    let mut town = Town::new();
    town.opens_by_hand("INF-01").later(Duration::from_secs(60));
    town.does(902, Role::Handler, T::Accept).does(902, Role::Handler, T::Handled { outcome: words() });
    let close = T::Close {
        code: yingda::domain::ticket::ClosureCode::Resolved,
        words: words(),
        satisfaction: None,
        proof: Proof::default(),
    };
    town.does(905, Role::CallbackOfficer, close);
    let (old, number) = (town.ticket().id, town.ticket().number);
    assert_eq!(town.ticket().state, TicketState::Closed);
    town.later(16 * DAY).texts("13900000001", "重办");
    let new = town.ticket().clone();
    assert_ne!(new.number, number);
    assert_eq!(
        (new.state, new.linked_to, new.category.clone()),
        (TicketState::Intake, Some(old), Some(Town::category("INF-01")))
    );
    assert!(new.clocks.iter().any(|clock| clock.kind == ClockKind::Triage), "an operator has to look at it");
    // Asking twice opens nothing more.
    town.texts("13900000001", &format!("重办 {number}"));
    assert_eq!(town.tickets.len(), 2);
}

#[test]
fn a_merge_is_taken_back_within_a_week_and_not_later() {
    for (days, state) in [(6, TicketState::Dispatched), (8, TicketState::Merged)] {
        let mut town = Town::new();
        town.opens_by_hand("POV-01");
        let first = town.ticket().number;
        town.later(Duration::from_secs(60)).opens_by_hand("POV-01");
        town.does(900, Role::Operator, T::Merge { into: first });
        assert_eq!(town.ticket().state, TicketState::Merged);
        town.later(days * DAY).does(907, Role::Supervisor, T::Unmerge);
        assert_eq!(town.ticket().state, state, "after {days} days");
    }
}

//! Texts nobody understood: which station reads them, what a person does with them, and what a wrong code is answered.

use std::time::Duration;

use yingda::desk::command::{Command, InboxCommand, Intake, Prepared};
use yingda::desk::write::Write;
use yingda::domain::actor::Role;
use yingda::domain::callback::CallbackReason;
use yingda::domain::ids::StationId;
use yingda::domain::inbox::{InboxState, InboxText};
use yingda::domain::ticket::{Channel, TicketState};

use super::town::{Town, number};

const MINUTE: Duration = Duration::from_secs(60);

impl Town {
    /// The latest text that went into an inbox.
    fn held(&self) -> &InboxText {
        self.ledger.inbox.values().max_by_key(|text| (text.received_at, text.id)).expect("a text waits")
    }

    fn does_with_text(&mut self, role: Role, what: InboxCommand) -> &mut Self {
        let text = self.held().id;
        self.asks(role, Command::Inbox { text, what })
    }

    /// Who wrote a line of history of this kind.
    fn writers(&self, kind: &str) -> Vec<Option<i64>> {
        let of_kind = self.rows.iter().filter_map(|row| {
            let Write::Event(line) = row else { return None };
            (line.kind == kind).then(|| line.actor.person.map(|person| person.0))
        });
        of_kind.collect()
    }
}

#[test]
fn a_text_nobody_understood_waits_in_the_inbox_of_the_senders_station() {
    let mut town = Town::new();
    // A stranger's goes to the district, a volunteer's to their station, who has a ticket to its owner.
    town.texts("13700000009", "你们那个送饭的今天还来吗").later(Duration::from_secs(2));
    assert_eq!((town.held().station, town.held().state), (StationId(1), InboxState::Waiting));
    assert!(town.held().line_said.is_some(), "the line answered, and the inbox says with what");
    town.texts("13800000001", "我的证件在哪里领啊").later(Duration::from_secs(2));
    assert_eq!(town.held().station, StationId(3));
    town.opens("POV-01", "13700000009", |_| {}).later(MINUTE);
    town.texts("13700000009", "材料要带几份").later(Duration::from_secs(2));
    assert_eq!(town.held().station, StationId(2), "the ticket's owner reads it");
    assert!(town.held().line_said.is_none(), "one help text an hour");
    assert_eq!(town.ledger.inbox.len(), 3, "every text waits, with a help text or without");
}

#[test]
fn somebody_on_an_errand_writes_to_the_station_of_the_errand() {
    let mut town = Town::new();
    town.opens("POV-02", "13900000001", |_| {}).later(MINUTE);
    town.opens_by_hand("ELD-07").later(MINUTE);
    let owner = town.ticket().owner;
    town.texts("13800000001", "门口的狗怎么办").later(MINUTE);
    assert_eq!(town.held().station, owner);
}

#[test]
fn a_person_writes_back_and_the_writer_is_recorded() {
    let mut town = Town::new();
    town.texts("13700000009", "你们那个送饭的今天还来吗").at("09:01:00").heard();
    town.asks_as(
        905,
        Role::Operator,
        Command::Inbox {
            text: town.held().id,
            what: InboxCommand::Write { words: "送餐十一点半到,请在家等".into() },
        },
    );
    let heard = town.at("09:02:00").heard();
    assert!(heard.contains("text to …0009: 【社区服务】送餐十一点半到,请在家等(服务站12349)"), "{heard}");
    assert_eq!(town.held().state, InboxState::Answered);
    assert_eq!(town.writers("inbox.answered"), [Some(905)]);
    town.does_with_text(Role::Operator, InboxCommand::Done { note: String::new() });
    assert!(town.heard().contains("TextOver"), "what is dealt with is dealt with");
}

#[test]
fn an_answer_of_more_than_two_parts_is_refused_with_its_length() {
    let mut town = Town::new();
    town.texts("13700000009", "你们那个送饭的今天还来吗").at("09:01:00").heard();
    town.does_with_text(Role::Operator, InboxCommand::Write { words: "长".repeat(118) });
    assert!(!town.heard().contains("Refused"), "134 characters go in two parts");
    town.texts("13700000009", "还有一件事想问问").at("09:02:00").heard();
    town.does_with_text(Role::Operator, InboxCommand::Write { words: "长".repeat(130) });
    let heard = town.heard();
    assert!(heard.contains("TextTooLong") && heard.contains("takes 3 parts"), "{heard}");
    assert_eq!(town.held().state, InboxState::Waiting);
}

#[test]
fn who_is_told_that_somebody_rings_is_owed_the_call() {
    let mut town = Town::new();
    town.texts("13700000009", "想找人说说家里的事情").at("09:01:00").heard();
    town.does_with_text(Role::Dispatcher, InboxCommand::Send { sentence: Prepared::RingsBack });
    let owed = town.ledger.callbacks.values().next().expect("a call is owed");
    assert_eq!((owed.reason, owed.number.clone()), (CallbackReason::Requested, number("13700000009")));
    assert_eq!(town.held().state, InboxState::Answered);
}

#[test]
fn a_ticket_opened_from_a_text_came_by_text_and_keeps_its_words() {
    let mut town = Town::new();
    town.texts("13700000009", "老人摔了一跤走不动了").at("09:01:00").heard();
    let intake = Intake { category: Some(Town::category("ELD-05")), ..Intake::default() };
    town.does_with_text(Role::Operator, InboxCommand::OpenTicket(Box::new(intake)));
    let ticket = town.ticket();
    assert_eq!((ticket.channel, ticket.state), (Channel::Sms, TicketState::Intake));
    assert_eq!(ticket.caller, Some(number("13700000009")));
    assert_eq!(ticket.description, "老人摔了一跤走不动了");
    assert_eq!((town.held().state, town.held().ticket), (InboxState::Ticket, Some(ticket.id)));
}

#[test]
fn a_role_of_another_station_deals_with_no_text() {
    let mut town = Town::new();
    town.texts("13700000009", "你们那个送饭的今天还来吗").at("09:01:00").heard();
    town.does_with_text(Role::Handler, InboxCommand::Done { note: String::new() });
    assert!(town.heard().contains("OtherPart"));
    assert_eq!(town.held().state, InboxState::Waiting);
}

#[test]
fn a_text_that_waits_is_there_after_a_restart_and_climbs_from_station_to_station() {
    let mut town = Town::new();
    town.texts("13800000001", "我的证件在哪里领啊").at("09:01:00").heard();
    town.restarts(Duration::from_secs(30));
    town.desk.texts_are_in();
    let heard = town.at("09:16:00").heard();
    assert!(heard.contains("text to …0003: 【社区服务】有1件"), "its own station first:\n{heard}");
    let heard = town.at("09:31:00").heard();
    assert!(heard.contains("text to …0002: 【社区服务】有1件"), "then the street:\n{heard}");
    let heard = town.at("09:46:00").heard();
    assert!(heard.contains("text to …0001: 【社区服务】有1件"), "then the district:\n{heard}");
    town.at("10:01:00");
    assert!(town.held().triage.is_some_and(|triage| triage.is_on_duty_list()));
}

#[test]
fn one_number_fills_no_inbox_by_itself() {
    let mut town = Town::new();
    for _ in 0..25 {
        town.texts("13700000009", "你们那个送饭的今天还来吗").later(MINUTE * 3);
    }
    assert_eq!(town.ledger.inbox.len(), 20);
}

#[test]
fn a_wrong_code_is_answered_with_the_list_of_what_is_open() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-07").at("09:01:00");
    let code = town.code_of("13800000001");
    let wrong = if code == "11" { "12" } else { "11" };
    for said in [format!("{wrong}1"), format!("{wrong} 2"), wrong.to_owned(), format!("{wrong}好的")] {
        town.heard();
        let heard = town.texts("13800000001", &said).later(Duration::from_secs(2)).heard();
        assert!(heard.contains(&format!("哪一单?{code} 四方街道 代办代购")), "{said}:\n{heard}");
    }
    assert!(town.ledger.assignments.is_empty(), "nobody is sent by guess");
    // A number with nothing open hears that nothing is.
    let heard = town.texts("13700000009", &format!("{wrong}1")).later(Duration::from_secs(2)).heard();
    assert!(!heard.contains("哪一单"), "{heard}");
}

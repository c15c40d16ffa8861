//! The sentences callers hear most, whole as they are put together: for whoever checks how they sound.

use crate::domain::area::AreaCode;
use crate::domain::ids::TicketId;
use crate::domain::ticket::TicketState;
use crate::domain::timestamp::Timestamp;
use crate::ivr::context::{IncomingCall, OpenTicket, Register};
use crate::ivr::menu::Menu;
use crate::ivr::outgoing::OutgoingCall;
use crate::ivr::walk::Walk;
use crate::ivr::words::{Key, WalkAction, WalkEvent};
use crate::prompts::sentence::Sentence;

/// The menus, the question for the home, the choice of places, the survey, the care call and the call to a helper, in every
/// language of the menu, each with a name that says which it is.
pub fn sentences(menu: &Menu, district: &AreaCode) -> Vec<(String, Sentence)> {
    let mut spoken = Vec::new();
    for language in &menu.languages {
        let mut say = |name: &str, walk: Vec<Sentence>| {
            spoken.extend(walk.into_iter().next_back().map(|sentence| (name.to_owned(), sentence)));
        };
        let call = || IncomingCall { language: *language, ..IncomingCall::to(district.clone()) };
        say("first menu", walked(menu, call(), ""));
        for group in &menu.groups {
            let key = char::from(b'0' + group.key);
            say(&format!("group {key}"), walked(menu, call(), &key.to_string()));
            say(&format!("places after group {key}"), walked(menu, call(), &format!("{key}1")));
        }
        let home = IncomingCall { register: Register::OneHome, ..call() };
        say("registered home", walked(menu, home, "11"));
        say("open ticket", walked(menu, IncomingCall { open: vec![open_ticket()], ..call() }, ""));
        for (keys, question) in [("", "resolved"), ("1", "satisfied"), ("11", "comment")] {
            let survey = OutgoingCall::Survey { language: *language, household: false };
            say(&format!("survey, {question}"), rung(menu, survey, keys));
        }
        say("care call", rung(menu, OutgoingCall::Care { caller: call() }, ""));
        let leg = OutgoingCall::EmergencyLeg { language: *language, area: Some(district.clone()) };
        say("emergency call", rung(menu, leg, ""));
    }
    spoken
}

fn open_ticket() -> OpenTicket {
    let state = TicketState::Offering;
    OpenTicket {
        ticket: TicketId(uuid::Uuid::nil()),
        category: None,
        state,
        confidential: false,
        withdrawable: true,
    }
}

fn walked(menu: &Menu, call: IncomingCall, keys: &str) -> Vec<Sentence> {
    let start = Timestamp::from_millis(0);
    pressed(menu, Walk::start(menu, call, start), keys)
}

fn rung(menu: &Menu, call: OutgoingCall, keys: &str) -> Vec<Sentence> {
    let start = Timestamp::from_millis(0);
    pressed(menu, Walk::start_outgoing(menu, call, start), keys)
}

fn pressed(menu: &Menu, (mut walk, mut actions): (Walk, Vec<WalkAction>), keys: &str) -> Vec<Sentence> {
    for key in keys.chars().filter_map(|key| Key::parse(key).ok()) {
        actions.extend(walk.step(menu, &WalkEvent::Key { key }, Timestamp::from_millis(0)));
    }
    let mut said = Vec::new();
    for action in actions {
        if let WalkAction::Say { sentence, repeat: false, .. } = action {
            said.push(sentence);
        }
    }
    said
}

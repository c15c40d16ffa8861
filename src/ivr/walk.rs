//! One call's walk: where it is, what it waits for, and what each event makes of it.
//!
//! Plain data. Whoever owns the call keeps the walk, hands in events and carries out the actions in order.

use serde::{Deserialize, Serialize};

use crate::domain::language::Language;
use crate::domain::timestamp::Timestamp;
use crate::ivr::announcement::Announced;
use crate::ivr::context::IncomingCall;
use crate::ivr::incoming::{self, Incoming};
use crate::ivr::menu::Menu;
use crate::ivr::outgoing::{self, Outgoing, OutgoingCall};
use crate::ivr::voice::{Deadline, Turn, Voice};
use crate::ivr::words::{Key, WalkAction, WalkEvent};

/// The key of an emergency.
const EMERGENCY: u8 = 9;

/// A call's place in the menu, or in the message we rang to give.
/// The owner hands the menu it began with to every step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    voice: Voice,
    course: Course,
    /// The key that led to where the walk is, and when.
    #[serde(default)]
    led_here: Option<(Key, Timestamp)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "course", rename_all = "snake_case")]
enum Course {
    Incoming(Box<Incoming>),
    Outgoing(Box<Outgoing>),
    Announced(Box<Announced>),
}

impl Course {
    /// Where in its questions it is, whatever was missed or keyed of a number there.
    fn place(&self) -> Place {
        match self {
            Self::Incoming(incoming) => Place::Incoming(incoming.stands_at()),
            Self::Outgoing(outgoing) => Place::Outgoing(outgoing.stands_at()),
            Self::Announced(announced) => Place::Announced(announced.stands_at()),
        }
    }
}

#[derive(PartialEq)]
enum Place {
    Incoming(incoming::stands::Where),
    Outgoing(outgoing::Where),
    Announced(usize),
}

impl Walk {
    /// Starts the walk of somebody who rang and was answered.
    pub fn start(menu: &Menu, call: IncomingCall, now: Timestamp) -> (Self, Vec<WalkAction>) {
        Self::begin(menu, call, now, Incoming::start)
    }

    /// Starts the walk of a resident whom we ring back: a person first, the menu when nobody is free.
    pub fn start_ringing_back(menu: &Menu, call: IncomingCall, now: Timestamp) -> (Self, Vec<WalkAction>) {
        Self::begin(menu, call, now, Incoming::start_ringing_back)
    }

    /// Starts the walk of a resident whom we ring back about an emergency: everybody is rung, no menu.
    pub fn start_emergency_back(menu: &Menu, call: IncomingCall, now: Timestamp) -> (Self, Vec<WalkAction>) {
        Self::begin(menu, call, now, Incoming::start_emergency_back)
    }

    /// Starts the walk of a caller whom an operator leads on: whoever it is leads to is rung, then anybody.
    pub fn start_transferred(menu: &Menu, call: IncomingCall, now: Timestamp) -> (Self, Vec<WalkAction>) {
        Self::begin(menu, call, now, Incoming::start_transferred)
    }

    /// Starts anew the walk of an emergency that was forgotten while the call went on.
    pub fn start_emergency_again(menu: &Menu, call: IncomingCall, now: Timestamp) -> (Self, Vec<WalkAction>) {
        Self::begin(menu, call, now, Incoming::start_emergency_again)
    }

    /// Starts the walk of a caller for whom there is no line left: they are told, and rung back.
    pub fn start_full(menu: &Menu, call: IncomingCall, now: Timestamp) -> (Self, Vec<WalkAction>) {
        Self::begin(menu, call, now, Incoming::start_full)
    }

    /// Starts the walk of a caller whose calls are led to the recorded line: what they say is kept, 9 is heard (SAF-9).
    pub fn start_limited(menu: &Menu, call: IncomingCall, now: Timestamp) -> (Self, Vec<WalkAction>) {
        Self::begin(menu, call, now, Incoming::start_limited)
    }

    /// The line stops while somebody is on it: they hear so. That they are owed a call stands already.
    pub fn start_stopping(menu: &Menu, call: IncomingCall, now: Timestamp) -> (Self, Vec<WalkAction>) {
        Self::begin(menu, call, now, Incoming::start_stopping)
    }

    fn begin(
        menu: &Menu,
        call: IncomingCall,
        now: Timestamp,
        start: fn(IncomingCall, &mut Turn<'_>) -> Incoming,
    ) -> (Self, Vec<WalkAction>) {
        let mut voice = Voice::new(call.language);
        let mut turn = Turn::new(&mut voice, menu, now);
        let incoming = start(call, &mut turn);
        let actions = turn.actions();
        (Self { voice, course: Course::Incoming(Box::new(incoming)), led_here: None }, actions)
    }

    /// Starts the walk of somebody whom we rang to tell or ask something, and who answered.
    pub fn start_outgoing(menu: &Menu, call: OutgoingCall, now: Timestamp) -> (Self, Vec<WalkAction>) {
        let mut voice = Voice::new(call.language());
        let mut turn = Turn::new(&mut voice, menu, now);
        let outgoing = Outgoing::start(call, &mut turn);
        let actions = turn.actions();
        (Self { voice, course: Course::Outgoing(Box::new(outgoing)), led_here: None }, actions)
    }

    /// Starts the walk of somebody who rang a number at which only something is said.
    pub fn start_announcement(
        menu: &Menu,
        announcement: usize,
        call: IncomingCall,
        now: Timestamp,
    ) -> (Self, Vec<WalkAction>) {
        let mut voice = Voice::new(call.language);
        let mut turn = Turn::new(&mut voice, menu, now);
        let announced = Announced::start(announcement, call, &mut turn);
        let actions = turn.actions();
        (Self { voice, course: Course::Announced(Box::new(announced)), led_here: None }, actions)
    }

    /// Moves the walk by one event and says what to do next.
    ///
    /// An event that comes too late (the end of a replaced prompt, a fact nobody waits for, anything after
    /// the end) changes nothing.
    pub fn step(&mut self, menu: &Menu, event: &WalkEvent, now: Timestamp) -> Vec<WalkAction> {
        if self.is_over() {
            return Vec::new();
        }
        let WalkEvent::Key { key } = event else { return self.take(menu, event, now) };
        if self.is_same_press(*key, menu, now) {
            return Vec::new();
        }
        let before = self.course.place();
        let actions = self.take(menu, event, now);
        if self.course.place() != before {
            self.led_here = Some((*key, now));
        }
        actions
    }

    /// Whether a key is the press that led here once more: by another way, or a bounce of the button. Another key
    /// waits as long too, so that it answers no question that was not heard; but 9 is heard at any time.
    fn is_same_press(&self, key: Key, menu: &Menu, now: Timestamp) -> bool {
        self.led_here.is_some_and(|(led, at)| {
            now.since(at) < menu.timing.key_again && (key == led || key.digit() != Some(EMERGENCY))
        })
    }

    fn take(&mut self, menu: &Menu, event: &WalkEvent, now: Timestamp) -> Vec<WalkAction> {
        let heard = self.voice.hear(event, now);
        let mut turn = Turn::new(&mut self.voice, menu, now);
        let way_out = match &mut self.course {
            Course::Incoming(incoming) => {
                incoming.step(event, heard, &mut turn);
                None
            }
            Course::Outgoing(outgoing) => outgoing.step(event, heard, &mut turn),
            Course::Announced(announced) => announced.step(event, heard, &mut turn),
        };
        if let Some(way_out) = way_out {
            let incoming = way_out.take(&mut turn);
            let actions = turn.actions();
            self.course = Course::Incoming(Box::new(incoming));
            return actions;
        }
        turn.actions()
    }

    /// When to hand in [`WalkEvent::Timeout`], and what the walk waits for; none once it is over.
    pub fn deadline(&self) -> Option<Deadline> {
        self.voice.deadline()
    }

    /// Whether it has nothing more to do: it hung up, the other end is gone, or a person has the call.
    pub fn is_over(&self) -> bool {
        match &self.course {
            Course::Incoming(incoming) => incoming.is_over(),
            Course::Outgoing(outgoing) => outgoing.is_over(),
            Course::Announced(announced) => announced.is_over(),
        }
    }

    /// Whether a question of a menu is open: 0 leads to a person from here.
    pub fn is_asking(&self) -> bool {
        match &self.course {
            Course::Incoming(incoming) => incoming.is_asking(),
            Course::Outgoing(_) | Course::Announced(_) => false,
        }
    }

    /// Whether all the caller wanted is to hear what a number says.
    pub fn is_announcement(&self) -> bool {
        matches!(self.course, Course::Announced(_))
    }

    pub fn language(&self) -> Language {
        self.voice.language
    }
}

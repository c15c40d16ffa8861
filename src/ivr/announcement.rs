//! A number at which only something is said: what to do in the heat, music, the test of a line.
//!
//! Nobody is rung for it and nothing is registered, unless the caller presses 0 or 9: these mean the same everywhere.

use serde::{Deserialize, Serialize};

use crate::ivr::context::IncomingCall;
use crate::ivr::incoming::Incoming;
use crate::ivr::voice::{Heard, Turn};
use crate::ivr::words::{WalkAction, WalkEvent};
use crate::prompts::clip::ClipId;

/// What is said at a number of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// As it is dialled.
    pub number: String,
    /// One after the other; without any the line is silent until the caller hangs up.
    pub parts: Vec<AnnouncedPart>,
    /// From the beginning, until the caller hangs up.
    pub again: bool,
}

/// A clip, and whether a key is waited for after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncedPart {
    pub say: ClipId,
    pub key: bool,
}

/// A caller's place in one of the menu's announcements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Announced {
    call: IncomingCall,
    announcement: usize,
    part: usize,
    over: bool,
}

/// Where a key leads out of an announcement, or out of a call of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WayOut {
    Person(IncomingCall),
    /// Who has not heard yet that calls are recorded.
    PersonUntold(IncomingCall),
    Emergency(IncomingCall),
    /// From the top of the menu.
    Menu(IncomingCall),
}

impl WayOut {
    /// Goes on as a caller's walk.
    pub(super) fn take(self, turn: &mut Turn<'_>) -> Incoming {
        match self {
            Self::Person(call) => Incoming::start_transferred(call, turn),
            Self::PersonUntold(call) => Incoming::start_person(call, turn),
            Self::Emergency(call) => Incoming::start_emergency_again(call, turn),
            Self::Menu(call) => Incoming::start(call, turn),
        }
    }
}

impl Announced {
    pub(super) fn start(announcement: usize, call: IncomingCall, turn: &mut Turn<'_>) -> Self {
        let mut place = Self { call, announcement, part: 0, over: false };
        place.say(turn);
        place
    }

    pub(super) fn stands_at(&self) -> usize {
        self.part
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Says where the caller goes on, when a key led out.
    pub(super) fn step(&mut self, event: &WalkEvent, heard: Heard, turn: &mut Turn<'_>) -> Option<WayOut> {
        if let WalkEvent::HungUp { .. } = event {
            self.over = true;
            turn.stop_waiting();
            return None;
        }
        let waits = self.waits_for_key(turn);
        match heard {
            Heard::Key(key) if matches!(key.digit(), Some(0 | 9)) => {
                turn.hush();
                let call = self.call.clone();
                return Some(if key.digit() == Some(0) {
                    WayOut::Person(call)
                } else {
                    WayOut::Emergency(call)
                });
            }
            Heard::Key(_) if waits => {
                turn.hush();
                self.go_on(turn);
            }
            Heard::PromptOver if waits => turn.wait_for_first_key(),
            Heard::PromptOver | Heard::Silence => self.go_on(turn),
            Heard::Key(_) | Heard::Nothing => {}
        }
        None
    }

    fn waits_for_key(&self, turn: &Turn<'_>) -> bool {
        let announcement = turn.menu.announcements.get(self.announcement);
        announcement.and_then(|it| it.parts.get(self.part)).is_some_and(|part| part.key)
    }

    fn go_on(&mut self, turn: &mut Turn<'_>) {
        self.part += 1;
        self.say(turn);
    }

    fn say(&mut self, turn: &mut Turn<'_>) {
        let menu = turn.menu;
        let Some(announcement) = menu.announcements.get(self.announcement) else { return self.hang_up(turn) };
        let (parts, again) = (&announcement.parts, announcement.again);
        if again && self.part == parts.len() {
            self.part = 0;
        }
        match parts.get(self.part) {
            Some(part) => {
                let sentence = turn.sentence().clip(part.say.clone());
                // One clip without end needs nobody to begin it anew.
                if again && parts.len() == 1 && !part.key {
                    turn.repeat(sentence)
                } else {
                    turn.say(sentence)
                }
            }
            None if parts.is_empty() => {}
            None => self.hang_up(turn),
        }
    }

    fn hang_up(&mut self, turn: &mut Turn<'_>) {
        self.over = true;
        turn.stop_waiting();
        turn.act(WalkAction::HangUp);
    }
}

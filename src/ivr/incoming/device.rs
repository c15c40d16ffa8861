//! A one-key device 一键通 rings: its keys mean what the register says. A silent call is an emergency, not a hang-up: who
//! pressed it may be able to do no more.

use crate::domain::call::Disposition;
use crate::domain::device::DeviceKey;
use crate::domain::urgency::Urgency;
use crate::ivr::context::IncomingCall;
use crate::ivr::incoming::{Incoming, Question, Step};
use crate::ivr::voice::{Heard, Turn};
use crate::ivr::words::{Key, Outcome, Place, WhyPerson};
use crate::prompts::phrase::Phrase;

impl Incoming {
    /// A key may follow while the line greets and for a moment after it. A device that has none needs no waiting.
    pub(super) fn start_device(call: IncomingCall, turn: &mut Turn<'_>) -> Self {
        let has_keys = call.device.as_ref().is_some_and(|keys| !keys.0.is_empty());
        let mut walk = Self::new(call);
        walk.draft.place = walk.one_home().then_some(Place::RegisteredHome);
        walk.alarm = Some(turn.menu.silent_device.clone());
        if has_keys {
            turn.say(
                turn.sentence().clip(turn.menu.greeting.clone()).clip(turn.menu.recording_notice.clone()),
            );
            walk.step = Step::Device;
        } else {
            walk.emergency(turn);
        }
        walk
    }

    pub(super) fn while_device(&mut self, heard: Heard, turn: &mut Turn<'_>) {
        match heard {
            Heard::Key(key) => self.device_key(key, turn),
            Heard::PromptOver => turn.wait_for_next_key(),
            Heard::Silence => self.emergency(turn),
            Heard::Nothing => {}
        }
    }

    fn device_key(&mut self, key: Key, turn: &mut Turn<'_>) {
        // Whoever presses a key is not silent.
        self.alarm = None;
        let meant = self.call.device.as_ref().and_then(|keys| keys.0.get(&key.as_char()));
        match meant.cloned() {
            Some(DeviceKey::Test) => {
                turn.outcome(Outcome::DeviceTested);
                turn.outcome(Outcome::Disposition { disposition: Disposition::Test });
                self.leave(turn.phrase(Phrase::DeviceTested), turn);
            }
            Some(DeviceKey::Help { category, urgency: Urgency::P1 }) => {
                self.alarm = Some(category);
                self.emergency(turn);
            }
            Some(DeviceKey::Help { category, urgency }) => {
                self.draft.category = Some(category);
                self.draft.urgency = Some(urgency);
                self.person(WhyPerson::Asked, turn);
            }
            None if key.digit() == Some(9) => self.emergency(turn),
            None if key.digit() == Some(0) => self.person(WhyPerson::Asked, turn),
            None => self.ask(Question::Main { greet: false }, turn),
        }
    }
}

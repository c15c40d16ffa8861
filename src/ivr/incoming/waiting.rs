//! Waiting for a person: the place in the line is said, and may be kept while the caller hangs up.

use std::time::Duration;

use crate::domain::call::Disposition;
use crate::domain::callback::CallbackReason;
use crate::ivr::context::CallerLine;
use crate::ivr::incoming::{AfterNumber, Incoming, Question, Step};
use crate::ivr::voice::{Heard, Turn, Waiting};
use crate::ivr::words::{Key, Outcome, WhyPerson};
use crate::prompts::phrase::Phrase;

/// Music between two announcements.
const ANNOUNCED_EVERY: Duration = Duration::from_secs(60);

/// Keeps the place: "not to wait any longer, press 1".
const KEEP: u8 = 1;

impl Incoming {
    /// The desk says where the caller stands. The first time it is told at once, later after the music.
    pub(super) fn told_to_wait(&mut self, why: WhyPerson, place: u16, minutes: u16, turn: &mut Turn<'_>) {
        let said = matches!(self.step, Step::Waiting { said: true, .. });
        self.step = Step::Waiting { why, place, minutes, said };
        // A greeting with its notice that the call is recorded is heard to its end first.
        if !said && !turn.is_speaking() {
            self.announce(turn);
        }
    }

    fn announce(&mut self, turn: &mut Turn<'_>) {
        let Step::Waiting { place, minutes, said, .. } = &mut self.step else { return };
        *said = true;
        let (place, minutes) = (*place, *minutes);
        let words = turn.phrase(Phrase::QueueBusy).place_in_line(place).wait_of(minutes);
        turn.say(words.choice(Phrase::LabelKeepPlace, '1'));
    }

    pub(super) fn while_waiting(&mut self, why: WhyPerson, said: bool, heard: Heard, turn: &mut Turn<'_>) {
        match heard {
            Heard::PromptOver if !said => self.announce(turn),
            Heard::PromptOver => {
                turn.play_music();
                turn.wait(ANNOUNCED_EVERY, Waiting::Person);
            }
            Heard::Silence | Heard::Key(Key::STAR) => self.announce(turn),
            Heard::Key(Key::HASH) if why == WhyPerson::Front => self.refuse_recording(turn),
            Heard::Key(key) if key.digit() == Some(9) => self.emergency(turn),
            Heard::Key(key) if key.digit() == Some(KEEP) => self.keep_place(turn),
            Heard::Key(_) | Heard::Nothing => {}
        }
    }

    /// Another call of their number has the place. Who had said enough has a ticket of it; for anything else there is
    /// the menu, and who wants a person again hears the same once more.
    pub(super) fn waits_already(&mut self, turn: &mut Turn<'_>) {
        turn.outcome(Outcome::Disposition { disposition: Disposition::AlreadyWaiting });
        if self.draft.is_enough() {
            self.open_ticket(turn);
        } else if std::mem::replace(&mut self.told_they_wait, true) {
            self.leave(turn.phrase(Phrase::AlreadyWaiting), turn);
        } else {
            self.ask_with(turn.phrase(Phrase::AlreadyWaiting), Question::Main { greet: false }, 0, turn);
        }
    }

    fn keep_place(&mut self, turn: &mut Turn<'_>) {
        let reason = CallbackReason::KeptPlace;
        if self.call.line == CallerLine::Withheld && !self.number_asked {
            self.ask_number(AfterNumber::Callback { reason }, turn.sentence(), turn);
        } else if self.call.line == CallerLine::Withheld {
            self.without_number(AfterNumber::Callback { reason }, turn);
        } else {
            self.place_kept(turn);
        }
    }

    pub(super) fn place_kept(&mut self, turn: &mut Turn<'_>) {
        self.request_callback(CallbackReason::KeptPlace, self.draft.words, false, turn);
        self.leave(turn.phrase(Phrase::PlaceKept), turn);
    }
}

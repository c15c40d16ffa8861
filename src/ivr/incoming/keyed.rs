//! Numbers a caller keys: the number to ring back, a volunteer's number, a task's code.

use crate::domain::ids::VolunteerId;
use crate::domain::offer::ReplyCode;
use crate::ivr::context::CallerLine;
use crate::ivr::incoming::{AfterNumber, Incoming, Step};
use crate::ivr::voice::{Heard, Turn, Waiting};
use crate::ivr::words::{Key, KeyedNumber, WalkAction};
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::Sentence;

/// Digits of a number that can be rung back: a local landline has 7, E.164 allows 15.
const NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// Times a withheld caller is asked for a number.
const NUMBER_TRIES: u8 = 2;
/// Digits of a volunteer's number.
const BADGE_DIGITS: usize = 5;
/// Digits of a task's code.
const CODE_DIGITS: usize = 2;

impl Incoming {
    pub(super) fn ask_number(&mut self, then: AfterNumber, before: Sentence, turn: &mut Turn<'_>) {
        self.number_asked = true;
        turn.say(before.phrase(Phrase::AskNumber));
        self.step = Step::KeyingNumber { digits: KeyedNumber::default(), misses: 0, then };
    }

    /// Digits up to `#` or a pause; `*` starts again. Every digit is a digit here, 0 and 9 too.
    pub(super) fn number_keyed(
        &mut self,
        mut digits: KeyedNumber,
        misses: u8,
        then: AfterNumber,
        heard: Heard,
        turn: &mut Turn<'_>,
    ) {
        let complete = match heard {
            Heard::Key(Key::HASH) | Heard::Silence => true,
            Heard::Key(Key::STAR) => {
                turn.say(turn.phrase(Phrase::AskNumber));
                self.step = Step::KeyingNumber { digits: KeyedNumber::default(), misses, then };
                return;
            }
            Heard::Key(key) => {
                turn.hush();
                digits.push(key);
                digits.digits() >= *NUMBER_DIGITS.end()
            }
            Heard::PromptOver => return turn.wait_for_first_key(),
            Heard::Nothing => return,
        };
        if !complete {
            self.step = Step::KeyingNumber { digits, misses, then };
            turn.wait_for_next_key();
        } else if NUMBER_DIGITS.contains(&digits.digits()) {
            turn.act(WalkAction::CallerNumber { number: digits });
            turn.wait(super::ticket::COMMIT_TIME, Waiting::Desk);
            self.step = Step::CheckingNumber { misses, then };
        } else if digits.digits() == 0 {
            self.number_missed(turn.sentence(), misses, then, turn);
        } else {
            self.number_missed(turn.phrase(Phrase::NumberWrong), misses, then, turn);
        }
    }

    pub(super) fn while_checking_number(
        &mut self,
        misses: u8,
        then: AfterNumber,
        heard: Heard,
        turn: &mut Turn<'_>,
    ) {
        match heard {
            Heard::Silence => self.number_checked(false, misses, then, turn),
            Heard::Key(_) | Heard::PromptOver | Heard::Nothing => {}
        }
    }

    /// Only a number that can be rung is one that we know.
    pub(super) fn number_checked(&mut self, taken: bool, misses: u8, then: AfterNumber, turn: &mut Turn<'_>) {
        if taken {
            self.call.line = CallerLine::Known;
            self.with_number(then, turn);
        } else {
            self.number_missed(turn.phrase(Phrase::NumberWrong), misses, then, turn);
        }
    }

    /// Asks once more; then goes on without a number.
    fn number_missed(&mut self, why: Sentence, misses: u8, then: AfterNumber, turn: &mut Turn<'_>) {
        if misses + 1 < NUMBER_TRIES {
            turn.say(why.phrase(Phrase::AskNumber));
            self.step = Step::KeyingNumber { digits: KeyedNumber::default(), misses: misses + 1, then };
        } else {
            self.without_number(then, turn);
        }
    }

    fn with_number(&mut self, then: AfterNumber, turn: &mut Turn<'_>) {
        match then {
            AfterNumber::Ticket => self.go_on(turn),
            AfterNumber::Callback { reason } => self.go_on_with_callback(reason, turn),
            AfterNumber::Emergency => self.leave(turn.phrase(Phrase::EmergencyNoted), turn),
        }
    }

    /// Nothing is promised to somebody whom nobody can ring.
    pub(super) fn without_number(&mut self, then: AfterNumber, turn: &mut Turn<'_>) {
        match then {
            AfterNumber::Ticket => self.go_on(turn),
            AfterNumber::Callback { reason } => {
                // Noted for the record: the desk knows that nobody can be rung.
                self.request_callback(reason, self.draft.words, false, turn);
                self.leave(turn.phrase(Phrase::NoNumber), turn);
            }
            AfterNumber::Emergency => self.leave(turn.phrase(Phrase::EmergencyNoNumber), turn),
        }
    }

    pub(super) fn ask_badge(&mut self, before: Sentence, turn: &mut Turn<'_>) {
        turn.say(before.phrase(Phrase::EnterBadge));
        self.step = Step::KeyingBadge { digits: String::new() };
    }

    pub(super) fn badge_keyed(&mut self, digits: String, heard: Heard, turn: &mut Turn<'_>) {
        match self.fixed_digits(digits, BADGE_DIGITS, heard, turn) {
            Keyed::More(digits) => self.step = Step::KeyingBadge { digits },
            Keyed::Complete(badge) => {
                turn.say(turn.phrase(Phrase::EnterCode));
                let badge = VolunteerId(i64::from(badge));
                self.step = Step::KeyingCode { badge, digits: String::new() };
            }
            Keyed::Again => self.ask_badge(turn.sentence(), turn),
            Keyed::Nothing => self.wrong_task(turn),
            Keyed::Unchanged => {}
        }
    }

    pub(super) fn code_keyed(
        &mut self,
        badge: VolunteerId,
        digits: String,
        heard: Heard,
        turn: &mut Turn<'_>,
    ) {
        match self.fixed_digits(digits, CODE_DIGITS, heard, turn) {
            Keyed::More(digits) => self.step = Step::KeyingCode { badge, digits },
            Keyed::Complete(code) => {
                let code = ReplyCode(u16::try_from(code).expect("two digits are below 100"));
                turn.act(WalkAction::FindTask { badge, code });
                self.ask_desk(Step::FindingTask, turn);
            }
            Keyed::Again => self.ask_badge(turn.sentence(), turn),
            Keyed::Nothing => self.wrong_task(turn),
            Keyed::Unchanged => {}
        }
    }

    fn fixed_digits(
        &mut self,
        mut digits: String,
        wanted: usize,
        heard: Heard,
        turn: &mut Turn<'_>,
    ) -> Keyed {
        match heard {
            Heard::Key(key) => match key.digit() {
                Some(_) => {
                    turn.hush();
                    digits.push(key.as_char());
                    if digits.len() < wanted {
                        turn.wait_for_next_key();
                        return Keyed::More(digits);
                    }
                    digits.parse().map_or(Keyed::Nothing, Keyed::Complete)
                }
                None if key == Key::STAR => Keyed::Again,
                None => Keyed::Unchanged,
            },
            Heard::PromptOver => {
                turn.wait_for_first_key();
                Keyed::Unchanged
            }
            Heard::Silence => Keyed::Nothing,
            Heard::Nothing => Keyed::Unchanged,
        }
    }

    /// The number, the code or the pair was wrong: three times ends the call.
    pub(super) fn wrong_task(&mut self, turn: &mut Turn<'_>) {
        self.wrong_tasks = self.wrong_tasks.saturating_add(1);
        if self.wrong_tasks < super::tasks::MOST_WRONG_TASKS {
            self.ask_badge(turn.phrase(Phrase::NotFound), turn);
        } else {
            self.end_task(Phrase::NotFoundGoodbye, turn);
        }
    }
}

/// What a key made of a number of fixed length.
enum Keyed {
    More(String),
    Complete(u32),
    /// `*`: from the start.
    Again,
    /// Silence before it was complete.
    Nothing,
    Unchanged,
}

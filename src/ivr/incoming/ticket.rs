//! From a category to a number that was read out: where, in whose words, may we ask, and the ticket.

use std::time::Duration;

use crate::domain::area::{AreaCode, AreaLevel};
use crate::domain::callback::CallbackReason;
use crate::domain::ticket_number::TicketNumber;
use crate::ivr::context::CallerLine;
use crate::ivr::incoming::{AfterNumber, Draft, Incoming, Question, Step, Wanted};
use crate::ivr::voice::{Heard, Turn, Waiting};
use crate::ivr::words::{Key, NewTicket, Outcome, Place, WhyPerson};
use crate::prompts::phrase::Phrase;

/// How long the desk may take to write a ticket down before the caller is told that we ring back.
pub(super) const COMMIT_TIME: Duration = Duration::from_secs(15);
/// After the number was read: time to ask for it once more.
const AFTER_NUMBER: Duration = Duration::from_secs(6);

impl Incoming {
    /// Asks for whatever is still missing; opens the ticket when nothing is.
    pub(super) fn go_on(&mut self, turn: &mut Turn<'_>) {
        let Some(place) = self.draft.place.clone() else { return self.ask_where(turn) };
        if self.needs_words(&place) && !self.draft.words_asked {
            if !self.recording_refused {
                self.draft.words_asked = true;
                return self.instruct(turn.sentence(), Wanted::Description { again: false }, turn);
            }
            if place == Place::Described {
                return self.person(WhyPerson::NotRecorded, turn);
            }
        }
        if self.call.line == CallerLine::Withheld && !self.number_asked {
            return self.ask_number(AfterNumber::Ticket, turn.sentence(), turn);
        }
        if self.draft.survey_consent.is_none() && self.call.line == CallerLine::Known {
            return self.ask(Question::SurveyConsent, turn);
        }
        self.open_ticket(turn);
    }

    /// The dialled committee, the register, a choice by key, or the caller's own words.
    fn ask_where(&mut self, turn: &mut Turn<'_>) {
        let committee_line = self.call.dialled.level() == AreaLevel::Committee;
        if committee_line && !self.draft.needs_address {
            self.place(Place::DialledCommittee, turn);
        } else if self.one_home() {
            self.ask(Question::RegisteredHome, turn);
        } else if committee_line {
            self.place(Place::DialledCommittee, turn);
        } else {
            let dialled = self.call.dialled.clone();
            self.choose_within(dialled, turn);
        }
    }

    /// Goes a level down when there is one, else takes what was chosen.
    fn choose_within(&mut self, area: AreaCode, turn: &mut Turn<'_>) {
        if turn.menu.places.within(&area, turn.voice.language).is_empty() {
            let place =
                if area == self.call.dialled { Place::Described } else { Place::ChosenCommittee { area } };
            self.place(place, turn);
        } else {
            self.ask(Question::Places { within: area, page: 0 }, turn);
        }
    }

    pub(super) fn area_chosen(&mut self, area: AreaCode, turn: &mut Turn<'_>) {
        self.choose_within(area, turn);
    }

    pub(super) fn place(&mut self, place: Place, turn: &mut Turn<'_>) {
        self.draft.place = Some(place);
        self.go_on(turn);
    }

    /// "For someone else, or another place": told in words.
    pub(super) fn somebody_else(&mut self, turn: &mut Turn<'_>) {
        self.draft.for_someone_else = true;
        let committee_line = self.call.dialled.level() == AreaLevel::Committee;
        self.place(if committee_line { Place::DialledCommittee } else { Place::Described }, turn);
    }

    fn needs_words(&self, place: &Place) -> bool {
        match place {
            Place::RegisteredHome => false,
            Place::DialledCommittee => self.draft.needs_address || self.draft.for_someone_else,
            Place::ChosenCommittee { .. } | Place::Described | Place::NotAsked => true,
        }
    }

    pub(super) fn survey_consent(&mut self, given: bool, turn: &mut Turn<'_>) {
        self.draft.survey_consent = Some(given);
        self.go_on(turn);
    }

    pub(super) fn open_ticket(&mut self, turn: &mut Turn<'_>) {
        match self.ticket(turn) {
            Some(ticket) => {
                turn.outcome(Outcome::OpenTicket { ticket });
                self.commit(false, turn);
            }
            None => self.person(WhyPerson::GaveUp, turn),
        }
    }

    /// The ticket as told so far; none without a category or a place.
    pub(super) fn ticket(&self, turn: &Turn<'_>) -> Option<NewTicket> {
        Some(NewTicket {
            category: self.draft.category.clone()?,
            place: self.draft.place.clone()?,
            recording: self.draft.words,
            survey_consent: self.draft.survey_consent.unwrap_or(false),
            language: turn.voice.language,
            for_self: !self.draft.for_someone_else,
            urgency: self.draft.urgency,
        })
    }

    pub(super) fn commit(&mut self, emergency: bool, turn: &mut Turn<'_>) {
        turn.say(turn.phrase(Phrase::Registering));
        self.step = Step::Committing { emergency };
    }

    pub(super) fn while_committing(&mut self, emergency: bool, heard: Heard, turn: &mut Turn<'_>) {
        match heard {
            Heard::PromptOver => turn.wait(COMMIT_TIME, Waiting::Desk),
            Heard::Silence => self.not_committed(emergency, turn),
            Heard::Key(_) | Heard::Nothing => {}
        }
    }

    /// Only now is there a number to read.
    pub(super) fn committed(
        &mut self,
        number: TicketNumber,
        by_text: bool,
        emergency: bool,
        turn: &mut Turn<'_>,
    ) {
        if emergency && self.call.line == CallerLine::Withheld && !self.number_asked {
            return self.ask_number(AfterNumber::Emergency, turn.sentence(), turn);
        }
        if emergency && self.call.line == CallerLine::Withheld {
            return self.leave(turn.phrase(Phrase::EmergencyNoNumber), turn);
        }
        if emergency {
            // Short, so that the line is free for us to ring back.
            return self.leave(turn.phrase(Phrase::EmergencyNoted), turn);
        }
        self.read_number(number, by_text, 0, turn);
    }

    fn read_number(&mut self, number: TicketNumber, by_text: bool, repeats: u8, turn: &mut Turn<'_>) {
        let mut words = turn.phrase(Phrase::TicketNumberIs).ticket_number(number);
        if by_text {
            words = words.phrase(Phrase::AlsoByText);
        }
        if repeats < turn.menu.timing.number_repeats {
            words = words.choice(Phrase::LabelAgain, '*');
        }
        turn.say(words);
        self.step = Step::ReadingNumber { number, by_text, repeats };
    }

    /// `*` reads it again; `#` is enough; 9 is an emergency at any moment, 0 a person once it was read. No other key
    /// cuts a number off.
    pub(super) fn while_reading(
        &mut self,
        number: TicketNumber,
        by_text: bool,
        repeats: u8,
        heard: Heard,
        turn: &mut Turn<'_>,
    ) {
        match heard {
            Heard::Key(Key::STAR) if repeats < turn.menu.timing.number_repeats => {
                self.read_number(number, by_text, repeats + 1, turn);
            }
            Heard::Key(Key::HASH) | Heard::Silence => self.leave(turn.sentence(), turn),
            Heard::Key(key) if key.digit() == Some(9) => {
                self.is_told();
                self.emergency(turn);
            }
            Heard::Key(key) if key.digit() == Some(0) && !turn.is_speaking() => {
                self.is_told();
                self.person(WhyPerson::Asked, turn);
            }
            Heard::PromptOver => turn.wait(AFTER_NUMBER, Waiting::FirstKey),
            Heard::Key(_) | Heard::Nothing => {}
        }
    }

    /// What was said so far has its ticket: what follows on this call opens no second one of the same.
    fn is_told(&mut self) {
        self.draft = Draft { place: self.draft.place.take(), ..Draft::default() };
    }

    /// The store is away or full: no number is read that is not there.
    pub(super) fn not_committed(&mut self, emergency: bool, turn: &mut Turn<'_>) {
        let words = match self.call.line {
            CallerLine::Known => Phrase::CannotRegister,
            CallerLine::Withheld => Phrase::NoNumber,
        };
        self.request_callback(CallbackReason::Emergency, self.draft.words, emergency, turn);
        self.leave(turn.phrase(words), turn);
    }

    pub(super) fn withdrawal(&mut self, done: bool, turn: &mut Turn<'_>) {
        if done {
            self.leave(turn.phrase(Phrase::Withdrawn), turn);
        } else {
            self.ring_person(WhyPerson::NotByKey, turn.phrase(Phrase::CannotWithdraw), turn);
        }
    }

    /// Something was handed to the desk; its answer is a fact.
    pub(super) fn ask_desk(&mut self, step: Step, turn: &mut Turn<'_>) {
        turn.say(turn.phrase(Phrase::OneMoment));
        self.step = step;
    }

    pub(super) fn while_desk_answers(&mut self, heard: Heard, turn: &mut Turn<'_>) {
        match heard {
            Heard::PromptOver => turn.wait(COMMIT_TIME, Waiting::Desk),
            Heard::Silence => self.person(WhyPerson::NotByKey, turn),
            Heard::Key(_) | Heard::Nothing => {}
        }
    }
}

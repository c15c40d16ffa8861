//! The questions of an incoming call: how each is asked, and what each key makes of it.

use crate::domain::area::{AreaCode, AreaLevel};
use crate::domain::category::CategoryCode;
use crate::domain::language::Language;
use crate::domain::ticket::TicketState;
use crate::ivr::context::{OpenTicket, Register, TaskStage};
use crate::ivr::incoming::{Incoming, Question, Step, Wanted};
use crate::ivr::places::PLACES_A_PAGE;
use crate::ivr::voice::{Heard, Turn};
use crate::ivr::words::{Key, Outcome, Place, WalkAction, WhyPerson};
use crate::prompts::clip::ClipId;
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::Sentence;

/// The key volunteers know; the menu does not read it out.
const VOLUNTEERS: u8 = 7;
const LANGUAGE: u8 = 8;
const EMERGENCY: u8 = 9;
const PERSON: u8 = 0;

impl Incoming {
    pub(super) fn ask(&mut self, question: Question, turn: &mut Turn<'_>) {
        self.ask_with(turn.sentence(), question, 0, turn);
    }

    pub(super) fn ask_with(&mut self, before: Sentence, question: Question, misses: u8, turn: &mut Turn<'_>) {
        let sentence = before.and_then(self.words_of(&question, turn));
        if let Question::OpenTicket { .. } = question {
            self.state_heard = true;
        }
        if turn.ask(sentence) {
            self.step = Step::Asking { question, misses };
        } else {
            self.person(WhyPerson::GaveUp, turn);
        }
    }

    pub(super) fn answered(&mut self, question: Question, misses: u8, heard: Heard, turn: &mut Turn<'_>) {
        match heard {
            Heard::Key(key) => self.key(question, misses, key, turn),
            Heard::PromptOver => turn.wait_for_first_key(),
            Heard::Silence => self.silence(question, misses, turn),
            Heard::Nothing => {}
        }
    }

    fn key(&mut self, question: Question, misses: u8, key: Key, turn: &mut Turn<'_>) {
        let understood = match key.digit() {
            None if key == Key::STAR => {
                self.ask_with(turn.sentence(), question.once_greeted(), misses, turn);
                return;
            }
            None => self.hash(&question, turn),
            Some(PERSON) => {
                self.person(WhyPerson::Asked, turn);
                return;
            }
            Some(EMERGENCY) => {
                self.emergency(turn);
                return;
            }
            Some(LANGUAGE) if !self.means_here(&question) => self.change_language(&question, misses, turn),
            Some(digit) => self.choose(&question, digit, turn),
        };
        if !understood {
            self.miss(question, misses, turn);
        }
    }

    /// A helper on the way says with 8 that they are there, as in a text.
    fn means_here(&self, question: &Question) -> bool {
        let Question::Task { index, .. } = question else { return false };
        self.call.tasks.get(*index).is_some_and(|task| task.stage == TaskStage::Accepted)
    }

    /// `#`: refuses the recording in the first menu, turns the page of places, is no choice elsewhere.
    fn hash(&mut self, question: &Question, turn: &mut Turn<'_>) -> bool {
        match question {
            Question::Main { .. } | Question::TaskOrOwnHelp | Question::OpenTicket { .. } => {
                if !self.recording_refused {
                    self.refuse_recording(turn);
                    let words = turn.phrase(Phrase::NotRecorded).phrase(Phrase::Connecting);
                    self.ring_person(WhyPerson::NotRecorded, words, turn);
                }
                true
            }
            Question::Places { within, page } => {
                let count = turn.menu.places.within(within, turn.voice.language).len();
                let pages = count.div_ceil(PLACES_A_PAGE);
                if pages > 1 {
                    let next = Question::Places { within: within.clone(), page: (page + 1) % pages };
                    self.ask(next, turn);
                }
                pages > 1
            }
            Question::Task { .. }
            | Question::SureToWithdraw { .. }
            | Question::Group { .. }
            | Question::RegisteredHome
            | Question::SurveyConsent => false,
        }
    }

    fn change_language(&mut self, question: &Question, misses: u8, turn: &mut Turn<'_>) -> bool {
        let next = turn.menu.next_language(turn.voice.language);
        if next == turn.voice.language {
            return false;
        }
        turn.voice.language = next;
        turn.act(WalkAction::Language { language: next });
        if let Question::Places { within, .. } = question
            && turn.menu.places.within(within, next).is_empty()
        {
            // Places that have no names in this language are told after the tone.
            self.place(Place::Described, turn);
        } else {
            self.ask_with(turn.sentence(), question.clone().once_greeted(), misses, turn);
        }
        true
    }

    fn silence(&mut self, question: Question, misses: u8, turn: &mut Turn<'_>) {
        match question {
            Question::TaskOrOwnHelp => self.own_help(false, turn),
            Question::SurveyConsent => self.survey_consent(false, turn),
            Question::Task { .. }
            | Question::OpenTicket { .. }
            | Question::SureToWithdraw { .. }
            | Question::Main { .. }
            | Question::Group { .. }
            | Question::RegisteredHome
            | Question::Places { .. } => self.miss(question, misses, turn),
        }
    }

    /// Asks once more, kindly; then finds a person.
    pub(super) fn miss(&mut self, question: Question, misses: u8, turn: &mut Turn<'_>) {
        let misses = misses.saturating_add(1);
        if misses < turn.menu.timing.misses {
            self.ask_with(turn.phrase(Phrase::TryAgain), question.once_greeted(), misses, turn);
        } else if question == Question::SurveyConsent {
            self.survey_consent(false, turn);
        } else {
            self.person(WhyPerson::GaveUp, turn);
        }
    }

    /// A key 1 to 7: says whether it was a choice.
    fn choose(&mut self, question: &Question, digit: u8, turn: &mut Turn<'_>) -> bool {
        match (question, digit) {
            (Question::TaskOrOwnHelp, 1) => self.ask(Question::Task { index: 0, five: false }, turn),
            (Question::TaskOrOwnHelp, 2) => self.own_help(false, turn),
            (Question::Task { index, five }, _) => return self.choose_for_task(*index, *five, digit, turn),
            (Question::OpenTicket { index }, _) => return self.choose_for_open_ticket(*index, digit, turn),
            (Question::SureToWithdraw { ticket }, 1) => {
                turn.outcome(Outcome::Withdraw { ticket: *ticket });
                self.ask_desk(Step::Withdrawing, turn);
            }
            (Question::SureToWithdraw { .. }, 2) => self.ask(Question::OpenTicket { index: 0 }, turn),
            (Question::Main { .. }, VOLUNTEERS) => self.ask_badge(turn.sentence(), turn),
            (Question::Main { .. }, _) => return self.choose_group(digit, turn),
            (Question::Group { key }, _) => return self.choose_category(*key, digit, turn),
            (Question::RegisteredHome, 1) => self.place(Place::RegisteredHome, turn),
            (Question::RegisteredHome, 2) => self.somebody_else(turn),
            (Question::Places { within, page }, _) => {
                let offered = turn.menu.places.within(within, turn.voice.language);
                let chosen = (1..=PLACES_A_PAGE)
                    .contains(&usize::from(digit))
                    .then(|| offered.get(page * PLACES_A_PAGE + usize::from(digit) - 1))
                    .flatten();
                let Some(area) = chosen else { return false };
                self.area_chosen(area.clone(), turn);
            }
            (Question::SurveyConsent, 1) => self.survey_consent(true, turn),
            (Question::SurveyConsent, 2) => self.survey_consent(false, turn),
            (
                Question::TaskOrOwnHelp
                | Question::SureToWithdraw { .. }
                | Question::RegisteredHome
                | Question::SurveyConsent,
                _,
            ) => return false,
        }
        true
    }

    fn choose_group(&mut self, digit: u8, turn: &mut Turn<'_>) -> bool {
        let menu = turn.menu;
        let Some(group) = menu.group(digit) else { return false };
        match group.choices.as_slice() {
            [only] => self.category(only.category.clone(), only.needs_address, turn),
            _ => self.ask(Question::Group { key: digit }, turn),
        }
        true
    }

    fn choose_category(&mut self, group: u8, digit: u8, turn: &mut Turn<'_>) -> bool {
        let menu = turn.menu;
        let choices = menu.group(group).map(|group| group.choices.as_slice()).unwrap_or_default();
        let Some(choice) = choices.iter().find(|choice| choice.key == digit) else { return false };
        self.category(choice.category.clone(), choice.needs_address, turn);
        true
    }

    fn category(&mut self, category: CategoryCode, needs_address: bool, turn: &mut Turn<'_>) {
        self.draft.category = Some(category);
        self.draft.needs_address = needs_address;
        self.go_on(turn);
    }

    fn choose_for_open_ticket(&mut self, index: usize, digit: u8, turn: &mut Turn<'_>) -> bool {
        let tickets: Vec<OpenTicket> = self.spoken_tickets().cloned().collect();
        let Some(ticket) = tickets.get(index) else { return false };
        match digit {
            1 => self.ask(Question::Main { greet: false }, turn),
            2 if self.recording_refused => self.person(WhyPerson::NotByKey, turn),
            2 => self.instruct(turn.sentence(), Wanted::Message { ticket: ticket.ticket }, turn),
            3 if ticket.withdrawable => self.ask(Question::SureToWithdraw { ticket: ticket.ticket }, turn),
            3 => self.withdrawal(false, turn),
            4 if tickets.len() > 1 => {
                self.ask(Question::OpenTicket { index: (index + 1) % tickets.len() }, turn);
            }
            _ => return false,
        }
        true
    }

    fn words_of(&self, question: &Question, turn: &Turn<'_>) -> Sentence {
        let words = turn.sentence();
        match question {
            Question::TaskOrOwnHelp => self
                .greeting(true, turn)
                .choice(Phrase::LabelTask, '1')
                .choice(Phrase::LabelOwnHelp, '2')
                .phrase(Phrase::OrWait),
            Question::Task { index, .. } => self.words_of_task(*index, turn),
            Question::OpenTicket { index } => self.words_of_open_ticket(*index, turn),
            Question::SureToWithdraw { .. } => words
                .phrase(Phrase::SureToWithdraw)
                .choice(Phrase::LabelSure, '1')
                .choice(Phrase::LabelKeep, '2'),
            Question::Main { greet } => self.greeting(*greet, turn).and_then(main_menu(turn)),
            Question::Group { key } => words_of_group(*key, turn),
            Question::RegisteredHome => words
                .choice(Phrase::LabelRegisteredHome, '1')
                .choice(Phrase::LabelOtherPlace, '2')
                .choice(Phrase::LabelPerson, '0'),
            Question::Places { within, page } => words_of_places(within, *page, turn),
            Question::SurveyConsent => {
                words.phrase(Phrase::MayWeAsk).choice(Phrase::LabelYes, '1').choice(Phrase::LabelNo, '2')
            }
        }
    }

    fn greeting(&self, greet: bool, turn: &Turn<'_>) -> Sentence {
        let words = turn.sentence();
        if !greet {
            return words;
        }
        words.clip(turn.menu.greeting.clone()).clip(turn.menu.recording_notice.clone())
    }

    /// How the ticket stands, then what may be done. No name, no address, no number.
    fn words_of_open_ticket(&self, index: usize, turn: &Turn<'_>) -> Sentence {
        let count = self.spoken_tickets().count();
        let Some(ticket) = self.spoken_tickets().nth(index) else { return turn.sentence() };
        let mut words = self.greeting(!self.state_heard && self.call.tasks.is_empty(), turn);
        words = words.phrase(Phrase::YourRequest);
        if let Some(category) = &ticket.category {
            words = words.category(category);
        }
        words = words.phrase(phrase_of(ticket.state));
        words = words.choice(Phrase::LabelPerson, '0').choice(Phrase::LabelNewRequest, '1');
        words = words.choice(Phrase::LabelAddMessage, '2');
        if ticket.withdrawable {
            words = words.choice(Phrase::LabelWithdraw, '3');
        }
        if count > 1 {
            words = words.choice(Phrase::LabelNextRequest, '4');
        }
        words.choice(Phrase::LabelAgain, '*')
    }

    /// Whether the register alone says where.
    pub(super) fn one_home(&self) -> bool {
        match self.call.register {
            Register::OneHome => true,
            Register::Unknown | Register::Shared => false,
        }
    }
}

impl Question {
    /// The same question for somebody who heard the greeting.
    fn once_greeted(self) -> Self {
        match self {
            Self::Main { .. } => Self::Main { greet: false },
            Self::Task { index, .. } => Self::Task { index, five: false },
            Self::TaskOrOwnHelp
            | Self::OpenTicket { .. }
            | Self::SureToWithdraw { .. }
            | Self::Group { .. }
            | Self::RegisteredHome
            | Self::Places { .. }
            | Self::SurveyConsent => self,
        }
    }
}

/// The key for a person first, then the groups, the emergency, the other language, once more.
fn main_menu(turn: &Turn<'_>) -> Sentence {
    let mut words = turn.sentence().choice(Phrase::LabelPerson, '0');
    for group in &turn.menu.groups {
        words = words.choice(group.label.clone(), char::from(b'0' + group.key));
    }
    words = words.choice(Phrase::LabelEmergency, '9');
    let next = turn.menu.next_language(turn.voice.language);
    if next != turn.voice.language {
        let invitation = match next {
            Language::Zh => Phrase::ForChinese,
            Language::En => Phrase::ForEnglish,
            Language::Bo => Phrase::ForTibetan,
        };
        words = words.phrase_in(next, invitation);
    }
    words.choice(Phrase::LabelAgain, '*')
}

fn words_of_group(key: u8, turn: &Turn<'_>) -> Sentence {
    let Some(group) = turn.menu.group(key) else { return turn.sentence() };
    let mut words = turn.sentence().clip(group.question.clone());
    for choice in &group.choices {
        words = words.choice(ClipId::category(&choice.category), char::from(b'0' + choice.key));
    }
    words.choice(Phrase::LabelPerson, '0')
}

fn words_of_places(within: &AreaCode, page: usize, turn: &Turn<'_>) -> Sentence {
    let question = match within.level() {
        AreaLevel::District => Phrase::WhichStreet,
        AreaLevel::Street | AreaLevel::Committee => Phrase::WhichCommittee,
    };
    let offered = turn.menu.places.within(within, turn.voice.language);
    let mut words = turn.phrase(question);
    for (area, key) in offered.iter().skip(page * PLACES_A_PAGE).take(PLACES_A_PAGE).zip('1'..='7') {
        words = words.choice(ClipId::area(area), key);
    }
    if offered.len() > PLACES_A_PAGE {
        words = words.choice(Phrase::LabelMore, '#');
    }
    words.choice(Phrase::LabelPerson, '0')
}

fn phrase_of(state: TicketState) -> Phrase {
    match state {
        TicketState::Intake | TicketState::PendingDispatch => Phrase::StateIntake,
        TicketState::Offering => Phrase::StateOffering,
        TicketState::Dispatched => Phrase::StateDispatched,
        TicketState::InProgress => Phrase::StateInProgress,
        TicketState::Suspended => Phrase::StateSuspended,
        // Closed tickets are not spoken of; were one handed in, it is done.
        TicketState::Handled
        | TicketState::Closed
        | TicketState::Archived
        | TicketState::Merged
        | TicketState::Void => Phrase::StateHandled,
    }
}

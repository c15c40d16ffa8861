//! A volunteer who rings about a task.

use std::time::Duration;

use crate::domain::call::Disposition;
use crate::domain::timestamp::Timestamp;
use crate::ivr::context::{TaskStage, VolunteerTask};
use crate::ivr::incoming::{Incoming, Question, Step};
use crate::ivr::voice::{Heard, Turn, Waiting};
use crate::ivr::words::{Outcome, TaskAnswer, TaskChoice, TaskId, WalkAction};
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::{Item, Sentence};

/// Wrong pairs of number and code after which the call ends (DOMAIN §5).
pub(super) const MOST_WRONG_TASKS: u8 = 3;
/// How long a resident's telephone is rung.
const RESIDENT_RINGING: Duration = Duration::from_secs(60);

impl Incoming {
    pub(super) fn words_of_task(&self, index: usize, turn: &Turn<'_>) -> Sentence {
        let Some(task) = self.call.tasks.get(index) else { return turn.phrase(Phrase::TaskGone) };
        let mut words = turn.phrase(Phrase::TaskIs);
        if let Some(street) = &task.street {
            words = words.area(street);
        }
        words = words.category(&task.category);
        if let Some(window) = task.window {
            words = words.window(window.from, window.until, window.today);
        }
        if task.two {
            words = words.phrase(Phrase::TwoGo);
        }
        words = match task.stage {
            TaskStage::Offered => words.choice(Phrase::LabelAccept, '1').choice(Phrase::LabelDecline, '2'),
            TaskStage::Booked => words
                .choice(Phrase::LabelCanCome, '1')
                .choice(Phrase::LabelCannotCome, '2')
                .choice(Phrase::LabelConnect, '3'),
            TaskStage::Accepted => words
                .choice(Phrase::LabelArrived, '8')
                .choice(Phrase::LabelLate, '7')
                .item(Item::before_key(Phrase::LabelDone.into(), Phrase::Press5Twice.into()))
                .choice(Phrase::LabelConnect, '3')
                .choice(Phrase::LabelDecline, '2'),
        };
        if self.call.tasks.len() > 1 {
            words = words.choice(Phrase::LabelNextRequest, '4');
        }
        words.choice(Phrase::LabelPerson, '0')
    }

    /// 1 accept or confirm, 2 decline, 3 connect, 4 the next, 5 5 done, 7 late, 8 here.
    ///
    /// Who has no mobile says "here" from the resident's telephone, by number and code.
    pub(super) fn choose_for_task(
        &mut self,
        index: usize,
        five: bool,
        digit: u8,
        turn: &mut Turn<'_>,
    ) -> bool {
        let Some(task) = self.call.tasks.get(index).cloned() else { return false };
        match (digit, task.stage) {
            (1, TaskStage::Offered) => self.task_choice(task.task, TaskChoice::Accept, turn),
            (1, TaskStage::Booked) => self.task_choice(task.task, TaskChoice::Confirm, turn),
            (2, TaskStage::Offered | TaskStage::Booked | TaskStage::Accepted) => {
                self.task_choice(task.task, TaskChoice::Decline, turn);
            }
            (3, TaskStage::Booked | TaskStage::Accepted) => self.ring_resident(task.task, turn),
            (7, TaskStage::Accepted) => self.task_choice(task.task, TaskChoice::Late, turn),
            (8, TaskStage::Accepted) => self.task_choice(task.task, TaskChoice::Arrived, turn),
            (4, TaskStage::Offered | TaskStage::Booked | TaskStage::Accepted)
                if self.call.tasks.len() > 1 =>
            {
                let next = (index + 1) % self.call.tasks.len();
                self.ask(Question::Task { index: next, five: false }, turn);
            }
            (5, TaskStage::Accepted) if five => self.task_choice(task.task, TaskChoice::Done, turn),
            (5, TaskStage::Accepted) => {
                turn.hush();
                self.step = Step::Asking { question: Question::Task { index, five: true }, misses: 0 };
                turn.wait_for_next_key();
            }
            (_, TaskStage::Offered | TaskStage::Booked | TaskStage::Accepted) => return false,
        }
        true
    }

    fn task_choice(&mut self, task: TaskId, choice: TaskChoice, turn: &mut Turn<'_>) {
        turn.outcome(Outcome::Task { task, choice });
        self.ask_desk(Step::AnsweringTask { task }, turn);
    }

    pub(super) fn task_answer(&mut self, answer: TaskAnswer, turn: &mut Turn<'_>) {
        self.end_task(answer.phrase(), turn);
    }

    pub(super) fn end_task(&mut self, phrase: Phrase, turn: &mut Turn<'_>) {
        turn.outcome(Outcome::Disposition { disposition: Disposition::VolunteerTask });
        turn.say(turn.phrase(phrase));
        self.step = Step::Leaving;
    }

    pub(super) fn task_found(&mut self, task: Option<VolunteerTask>, turn: &mut Turn<'_>) {
        match task {
            Some(task) => {
                self.call.tasks = vec![task];
                self.ask(Question::Task { index: 0, five: false }, turn);
            }
            None => self.wrong_task(turn),
        }
    }

    fn ring_resident(&mut self, task: TaskId, turn: &mut Turn<'_>) {
        turn.act(WalkAction::RingResident { task });
        turn.say(turn.phrase(Phrase::ConnectingResident));
        self.step = Step::RingingResident { until: turn.now + RESIDENT_RINGING };
    }

    pub(super) fn while_ringing_resident(&mut self, until: Timestamp, heard: Heard, turn: &mut Turn<'_>) {
        match heard {
            Heard::PromptOver => {
                turn.play_music();
                turn.wait_until(until, Waiting::Person);
            }
            Heard::Silence => self.resident_not_reached(turn),
            Heard::Key(_) | Heard::Nothing => {}
        }
    }

    pub(super) fn resident_not_reached(&mut self, turn: &mut Turn<'_>) {
        self.end_task(Phrase::ResidentNotReached, turn);
    }
}

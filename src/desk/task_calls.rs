//! A duty telephone that rings in: it hears the tasks it was told of and answers by key what it may answer by text.

use super::Desk;
use super::task_notices::Told;
use crate::domain::ids::TaskNoticeId;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::task_notice::TaskNotice;
use crate::domain::timestamp::Timestamp;
use crate::ivr::context::{TaskStage, VolunteerTask};
use crate::ivr::words::{TaskAnswer, TaskChoice, TaskId};
use crate::text::reply::Verb;

impl Desk {
    /// What a duty telephone was told of and has not ended, the latest first.
    pub(super) fn station_tasks_on(&self, number: &PhoneNumber, now: Timestamp) -> Vec<VolunteerTask> {
        let mut open: Vec<&TaskNotice> =
            self.tasks_of(number).filter(|notice| notice.ended_at.is_none()).collect();
        open.sort_by_key(|notice| std::cmp::Reverse((notice.created_at, notice.id)));
        open.into_iter().filter_map(|notice| self.station_task(notice, now)).collect()
    }

    fn station_task(&self, notice: &TaskNotice, now: Timestamp) -> Option<VolunteerTask> {
        let case = self.cases.get(&notice.ticket)?;
        let told = Told::of(notice);
        let bound = case.live_assignments().find(|bound| told.does(case, bound));
        let window = bound.map(|bound| bound.window).or(case.ticket.window);
        Some(VolunteerTask {
            task: TaskId::Task(notice.id),
            category: case.ticket.category.clone()?,
            street: case.ticket.area.as_ref().and_then(crate::domain::area::AreaCode::street),
            window: window.map(|window| self.spoken(window, now)),
            stage: if notice.is_taken() { TaskStage::Accepted } else { TaskStage::Offered },
            two: self.persons_of(notice.ticket) >= 2,
        })
    }

    /// A key about a task: as the same word by text, with the same text for an answer. Keyed, a no is meant.
    pub(super) fn station_choice(
        &mut self,
        id: TaskNoticeId,
        choice: TaskChoice,
        now: Timestamp,
    ) -> TaskAnswer {
        let Some(notice) = self.task_notice(id) else { return TaskAnswer::Gone };
        if choice == TaskChoice::Help && self.staff_needs_help(&notice, now) {
            return TaskAnswer::HelpComing;
        }
        let verb = match choice {
            TaskChoice::Accept | TaskChoice::Confirm | TaskChoice::Well => Verb::Accept,
            TaskChoice::Decline => Verb::Decline,
            TaskChoice::Done => Verb::Done,
            TaskChoice::Arrived => Verb::Arrived,
            TaskChoice::Late => Verb::Late,
            TaskChoice::Help => Verb::Person,
        };
        if verb == Verb::Decline && notice.is_taken() {
            self.task_cannot_asked.insert(id);
        }
        self.task_order(&notice, verb, "", now);
        let over = self.task_notice(id).is_none_or(|notice| notice.ended_at.is_some());
        let theirs = !self.bound_to(notice.ticket, Told::of(&notice)).is_empty();
        match verb {
            Verb::Accept if theirs && !notice.is_taken() => {
                if notice.phone.is_mobile() {
                    TaskAnswer::Accepted
                } else {
                    TaskAnswer::Taken
                }
            }
            Verb::Done if over => TaskAnswer::Finished,
            Verb::Decline if over => TaskAnswer::Declined,
            // It stays theirs: the text says why, and where none can be read a person does.
            Verb::Decline if !notice.phone.is_mobile() => {
                self.leave_station_to_a_person(notice.ticket, notice.station, notice.phone, now);
                TaskAnswer::Noted
            }
            Verb::Decline | Verb::Person => TaskAnswer::Noted,
            Verb::Accept | Verb::Arrived | Verb::Late if theirs => TaskAnswer::Noted,
            Verb::Accept | Verb::Arrived | Verb::Late | Verb::Done => TaskAnswer::Gone,
        }
    }

    pub(super) fn task_notice(&self, id: TaskNoticeId) -> Option<TaskNotice> {
        let mut all = self.cases.values().flat_map(|case| &case.task_notices);
        all.find(|notice| notice.id == id).cloned()
    }
}

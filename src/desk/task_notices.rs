//! Notices of tasks: which duty telephone was told of what, under which code, and how that stands.
//!
//! A notice follows the work: it is taken when whoever was told is bound to it, and over when there is nothing left
//! for them to take or to do. `settle` looks after that at the end of each step, whatever moved the work.

use std::collections::BTreeSet;

use super::Desk;
use super::case::Case;
use super::notices::Notice;
use crate::domain::assignment::{Assignment, HelperCall};
use crate::domain::callback::CallbackReason;
use crate::domain::clocks::ClockKind;
use crate::domain::ids::{FacilityId, StationId, TaskNoticeId, TicketId};
use crate::domain::language::Language;
use crate::domain::message::{TextReport, TextState};
use crate::domain::offer::ReplyCode;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::task_notice::TaskNotice;
use crate::domain::timestamp::Timestamp;
use crate::domain::work_item::{WorkRole, WorkState};
use crate::text::meaning::{About, Candidate, Standing};
use crate::text::when::moment_words;
use crate::text::words::Words;

/// Who is told of work: a station, or an institution for which a station has the duty to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub station: StationId,
    pub facility: Option<FacilityId>,
}

impl Told {
    pub fn station(station: StationId) -> Self {
        Self { station, facility: None }
    }

    pub fn of(notice: &TaskNotice) -> Self {
        Self { station: notice.station, facility: notice.facility }
    }

    /// Whether what staff or an institution is bound to is theirs.
    pub fn does(self, case: &Case, bound: &Assignment) -> bool {
        let facility = case.work_item(bound.work_item).and_then(|item| item.facility);
        bound.volunteer.is_none()
            && facility == self.facility
            && (facility.is_some() || bound.station == self.station)
    }
}

impl Desk {
    /// A text to a duty telephone, or a call where it takes none: number, kind, street, until when; never a name or a door. Told again of what it
    /// has not answered, a telephone keeps the code.
    pub(super) fn notify(&mut self, id: TicketId, told: Told, role: WorkRole, now: Timestamp) {
        let Some(phone) = self.duty_phone(told) else { return };
        let same =
            |notice: &&TaskNotice| notice.is_open() && Told::of(notice) == told && notice.phone == phone;
        let known = self.cases[&id].task_notices.iter().find(same).cloned();
        let code = known.as_ref().map(|notice| notice.code);
        let Some(code) = code.or_else(|| self.free_task_code(&phone, now)) else { return };
        let text = if phone.is_mobile() {
            let words = self.task_words(id, (told, role), code, now);
            let text = self.send(Notice::new(phone.clone(), words).about(id), now);
            // SAF-8: nothing is said to a telephone near danger.
            let Some(text) = text else { return };
            Some(text)
        } else {
            None
        };
        if let Some(earlier) = known.as_ref().and_then(|notice| notice.text) {
            // What becomes of the earlier text says nothing of this one.
            self.task_of_text.remove(&earlier);
        }
        let fresh = TaskNotice {
            id: known.map_or_else(|| self.chance.mint(now), |notice| notice.id),
            ticket: id,
            station: told.station,
            facility: told.facility,
            phone,
            code,
            text,
            created_at: now,
            sent_at: None,
            taken_at: None,
            ended_at: None,
        };
        self.index_task_notice(&fresh);
        if let Some(case) = self.case_mut(id) {
            case.task_notices.retain(|notice| notice.id != fresh.id);
            case.task_notices.push(fresh.clone());
        }
        if fresh.text.is_none() {
            self.owe_station_call(id, told.station, Some(fresh.id), HelperCall::Offer, now);
        }
    }

    fn duty_phone(&self, told: Told) -> Option<PhoneNumber> {
        match told.facility {
            Some(facility) => self.institutions.find(facility)?.notice_phone.clone(),
            None => self.stations.get(&told.station)?.notice_phone.clone(),
        }
    }

    fn task_words(
        &self,
        id: TicketId,
        (told, role): (Told, WorkRole),
        code: ReplyCode,
        now: Timestamp,
    ) -> Words {
        if told.facility.is_some() {
            return self.institution_words(id, code, now);
        }
        let case = &self.cases[&id];
        // Whoever helps has a time of their own.
        let own = case.part_of(told.station).and_then(|part| part.clock.as_ref());
        let due = own.or_else(|| case.clock(ClockKind::Accept)).map_or(now, |clock| clock.due);
        let (code, number) = (code.to_string(), case.ticket.number.to_string());
        let category = self.category_words(case.ticket.category.as_ref(), Language::Zh);
        let area = self.street_words(id);
        let due = moment_words(&self.rules.calendar, due, now, Language::Zh);
        match role {
            WorkRole::Lead if self.persons_of(id) >= 2 => {
                Words::TaskForStationTwo { code, number, category, area, due }
            }
            WorkRole::Lead => Words::TaskForStation { code, number, category, area, due },
            WorkRole::Co => Words::PartForStation { code, number, category, area, due },
        }
    }

    pub(super) fn index_task_notice(&mut self, notice: &TaskNotice) {
        self.tasks_by_phone.entry(notice.phone.clone()).or_default().insert((notice.ticket, notice.id));
        if let Some(text) = notice.text {
            self.task_of_text.insert(text, (notice.ticket, notice.id));
        }
    }

    pub(super) fn forget_task_notices(&mut self, case: &Case) {
        for notice in &case.task_notices {
            if let Some(text) = notice.text {
                self.task_of_text.remove(&text);
            }
            if let Some(set) = self.tasks_by_phone.get_mut(&notice.phone) {
                set.remove(&(case.ticket.id, notice.id));
            }
        }
    }

    /// Four digits that no task of this number had in the last seven days.
    fn free_task_code(&mut self, phone: &PhoneNumber, now: Timestamp) -> Option<ReplyCode> {
        let rest = self.rules.policy.offers.code_rest;
        let rests = |notice: &TaskNotice| notice.ended_at.is_none_or(|at| now.since(at) < rest);
        let used: BTreeSet<ReplyCode> =
            self.tasks_of(phone).filter(|notice| rests(notice)).map(|notice| notice.code).collect();
        let (first, count) = (*ReplyCode::TASKS.start(), ReplyCode::TASKS.count());
        let count = u16::try_from(count).expect("four thousand codes");
        let begin = u16::try_from(self.chance.below(u32::from(count))).expect("below four thousand");
        let codes = (0..count).map(|step| ReplyCode(first + (begin + step) % count));
        codes.into_iter().find(|code| !used.contains(code))
    }

    pub(super) fn tasks_of(&self, phone: &PhoneNumber) -> impl Iterator<Item = &TaskNotice> {
        let ids = self.tasks_by_phone.get(phone).into_iter().flatten();
        ids.filter_map(|(ticket, notice)| {
            self.cases.get(ticket)?.task_notices.iter().find(|known| known.id == *notice)
        })
    }

    pub(super) fn find_task_notice(&self, phone: &PhoneNumber, id: TaskNoticeId) -> Option<TaskNotice> {
        self.tasks_of(phone).find(|notice| notice.id == id).cloned()
    }

    /// Every task of a number that waits, is being done, or ended within seven days.
    pub(super) fn task_candidates(&self, phone: &PhoneNumber, now: Timestamp) -> Vec<Candidate> {
        let remembered = self.rules.policy.offers.code_rest;
        let candidate = |notice: &TaskNotice| {
            let standing = match (notice.ended_at, notice.taken_at) {
                (Some(at), _) if at + remembered <= now => return None,
                (Some(at), _) => Standing::Ended { at },
                (None, Some(since)) => Standing::Mine { since },
                (None, None) => Standing::Open { sent_at: notice.sent_at },
            };
            Some(Candidate { about: About::Task(notice.id), code: notice.code, standing })
        };
        self.tasks_of(phone).filter_map(candidate).collect()
    }

    /// What the centre said of a notice: it may be answered from the moment its last part went out.
    pub(super) fn task_reported(&mut self, report: &TextReport) {
        let Some(&(ticket, id)) = self.task_of_text.get(&report.id) else { return };
        match report.state {
            TextState::Sent | TextState::Delivered => {
                if let Some(notice) = self.case_mut(ticket).and_then(|case| case.task_notice_mut(id)) {
                    notice.sent_at = notice.sent_at.or(Some(report.at));
                }
            }
            // The ladder goes on whether it was read or not.
            TextState::Failed | TextState::Expired | TextState::Waiting | TextState::Cancelled => {}
        }
    }

    /// Brings the notices of every case that was touched to where their work stands.
    pub(super) fn settle_task_notices(&mut self, now: Timestamp) {
        let touched: Vec<TicketId> = self.draft.cases_before.keys().copied().collect();
        for id in touched {
            let Some(case) = self.cases.get(&id) else { continue };
            let moved: Vec<TaskNotice> =
                case.task_notices.iter().filter_map(|notice| settled(case, notice, now)).collect();
            for notice in moved {
                self.task_notice_moved(id, notice, now);
            }
        }
    }

    fn task_notice_moved(&mut self, id: TicketId, notice: TaskNotice, now: Timestamp) {
        let over = notice.ended_at.is_some();
        if over {
            self.stop_asking_for(notice.id);
            // Nobody needs to ring an office about what it is not asked for any more.
            self.cancel_callbacks_of(id, now, |request| {
                request.reason == CallbackReason::Station && request.number == notice.phone
            });
        }
        if over && notice.taken_at.is_some() && (notice.sent_at.is_some() || notice.text.is_none()) {
            // Whoever is at it must not go on: nobody else tells them.
            let number = self.cases[&id].ticket.number.to_string();
            let words = |code| Words::TaskGone { code, number };
            self.tell_under_task(&notice, HelperCall::CalledOff, words, now);
        } else if over && notice.sent_at.is_none() {
            self.draft.cancelled_texts.extend(notice.text);
        }
        if let Some(known) = self.case_mut(id).and_then(|case| case.task_notice_mut(notice.id)) {
            *known = notice;
        }
    }

    /// Ends a notice by its own answer: nobody has to be told.
    pub(super) fn end_task_notice(&mut self, id: TicketId, notice: TaskNoticeId, now: Timestamp) {
        if let Some(notice) = self.case_mut(id).and_then(|case| case.task_notice_mut(notice)) {
            notice.ended_at = Some(now);
        }
    }
}

/// The notice as its work has it, when that differs.
fn settled(case: &Case, notice: &TaskNotice, now: Timestamp) -> Option<TaskNotice> {
    if notice.ended_at.is_some() {
        return None;
    }
    let told = Told::of(notice);
    let bound = case.live_assignments().any(|bound| told.does(case, bound));
    let waits = match notice.facility {
        Some(_) => {
            case.work.iter().any(|item| item.state == WorkState::Sent && item.facility == notice.facility)
        }
        // What waits for an institution is not the station's to take by text.
        None => {
            case.ticket.progress.told.contains(&notice.station)
                && case.work.iter().any(|item| item.state == WorkState::Sent && item.facility.is_none())
        }
    };
    match (bound, notice.taken_at) {
        (true, Some(_)) => None,
        (true, None) => Some(TaskNotice { taken_at: Some(now), ..notice.clone() }),
        (false, None) if waits => None,
        (false, _) => Some(TaskNotice { ended_at: Some(now), ..notice.clone() }),
    }
}

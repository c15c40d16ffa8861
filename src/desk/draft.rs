//! What a step has gathered so far: lines of history, texts, effects, and how touched things looked before.
//!
//! At the end of a step each touched thing is compared with its earlier self and only what differs is written.

use std::collections::BTreeMap;

use super::case::Case;
use super::effect::{Effect, PhoneEffect};
use super::write::{EventDraft, Step, Write};
use crate::domain::assignment::Assignment;
use crate::domain::call::{Call, CallAttempt, Disposition};
use crate::domain::callback::CallbackRequest;
use crate::domain::care::CareCall;
use crate::domain::ids::{
    AttemptId, CallId, CallbackId, CareCallId, MessageId, PersonId, RecordingId, StationId, TicketId, UserId,
    VolunteerId,
};
use crate::domain::inbox::InboxText;
use crate::domain::message::{InboundText, OutgoingText, TextReport};
use crate::domain::number_mark::NumberMark;
use crate::domain::operator::OperatorStanding;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::queue::QueueEntry;
use crate::domain::recording::Recording;
use crate::domain::timestamp::Timestamp;

/// A step in the making. Its maps hold each touched thing as it was, or none when it is new.
#[derive(Debug, Default)]
pub struct Draft {
    pub lines: Vec<EventDraft>,
    pub effects: Vec<Effect>,
    pub texts: Vec<OutgoingText>,
    pub cancelled_texts: Vec<MessageId>,
    pub reports: Vec<TextReport>,
    pub handled_texts: Vec<InboundText>,
    pub recordings: Vec<Recording>,
    pub cut_recordings: Vec<RecordingId>,
    pub sequences: BTreeMap<(StationId, u32), u16>,
    pub calls_before: BTreeMap<CallId, Option<Call>>,
    pub attempts_before: BTreeMap<AttemptId, Option<CallAttempt>>,
    pub cases_before: BTreeMap<TicketId, Option<Case>>,
    pub callbacks_before: BTreeMap<CallbackId, Option<CallbackRequest>>,
    pub inbox_before: BTreeMap<MessageId, Option<InboxText>>,
    pub queue_before: BTreeMap<CallId, Option<QueueEntry>>,
    pub operators_before: BTreeMap<UserId, Option<OperatorStanding>>,
    pub dispositions: Vec<(CallId, Disposition)>,
    pub devices_tested: Vec<(PhoneNumber, Timestamp)>,
    pub marks_before: BTreeMap<PhoneNumber, Option<NumberMark>>,
    pub care_before: BTreeMap<CareCallId, Option<CareCall>>,
    pub volunteers_touched: BTreeMap<VolunteerId, ()>,
    /// Whom residents do not want any more, and since when; whom they do again.
    pub excluded: Vec<(PersonId, VolunteerId, Option<Timestamp>)>,
}

impl Draft {
    pub fn phone(&mut self, effect: PhoneEffect) {
        self.effects.push(Effect::Phone(effect));
    }

    /// Whether nothing was gathered: between steps it must be so.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
            && self.effects.is_empty()
            && self.texts.is_empty()
            && self.calls_before.is_empty()
            && self.cases_before.is_empty()
            && self.callbacks_before.is_empty()
            && self.queue_before.is_empty()
            && self.operators_before.is_empty()
            && self.dispositions.is_empty()
            && self.devices_tested.is_empty()
            && self.inbox_before.is_empty()
            && self.marks_before.is_empty()
            && self.attempts_before.is_empty()
            && self.care_before.is_empty()
            && self.excluded.is_empty()
    }

    /// Turns what was gathered into a step: rows first, in an order the store's rules accept.
    pub fn into_step(self, rows: Vec<Write>) -> Step {
        let mut writes = rows;
        let disposed = self.dispositions.into_iter();
        writes.extend(disposed.map(|(call, disposition)| Write::CallDisposed { call, disposition }));
        let excluded = self.excluded.into_iter();
        writes.extend(excluded.map(|(person, volunteer, since)| Write::Excluded {
            person,
            volunteer,
            since,
        }));
        let tested = self.devices_tested.into_iter();
        writes.extend(tested.map(|(number, at)| Write::DeviceTested { number, at }));
        writes.extend(self.recordings.into_iter().map(Write::Recording));
        writes.extend(self.cut_recordings.into_iter().map(Write::RecordingCut));
        writes.extend(self.texts.into_iter().map(Write::Text));
        writes.extend(self.cancelled_texts.into_iter().map(Write::CancelText));
        writes.extend(self.reports.into_iter().map(Write::TextReported));
        writes.extend(self.handled_texts.into_iter().map(Write::TextHandled));
        let sequences = self.sequences.into_iter();
        writes.extend(sequences.map(|((station, day), last)| Write::Sequence { station, day, last }));
        writes.extend(self.lines.into_iter().map(Write::Event));
        Step { writes, effects: self.effects }
    }
}

/// The rows of a case that differ from before; ending assignments come before starting ones.
pub fn case_rows(before: Option<&Case>, after: &Case, rows: &mut Vec<Write>) {
    if before.is_none_or(|b| b.ticket != after.ticket) {
        rows.push(Write::Ticket(Box::new(after.ticket.clone())));
    }
    let known = |b: &Case, a: &_| b.work.contains(a);
    rows.extend(
        after.work.iter().filter(|item| before.is_none_or(|b| !known(b, item))).cloned().map(Write::WorkItem),
    );
    rows.extend(
        after
            .offers
            .iter()
            .filter(|offer| before.is_none_or(|b| !b.offers.contains(offer)))
            .cloned()
            .map(Write::Offer),
    );
    rows.extend(
        after
            .task_notices
            .iter()
            .filter(|notice| before.is_none_or(|b| !b.task_notices.contains(notice)))
            .cloned()
            .map(Write::TaskNotice),
    );
    let changed = |a: &&Assignment| before.is_none_or(|b| !b.assignments.contains(a));
    let mut assignments: Vec<Assignment> = after.assignments.iter().filter(changed).cloned().collect();
    assignments.sort_by_key(|a| a.state.is_active());
    rows.extend(assignments.into_iter().map(Write::Assignment));
    if let Some(survey) = &after.survey
        && before.is_none_or(|b| b.survey.as_ref() != Some(survey))
    {
        rows.push(Write::Survey(survey.clone()));
    }
}

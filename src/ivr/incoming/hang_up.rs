//! The caller hangs up: what they told us before is not lost.

use crate::domain::call::Disposition;
use crate::domain::callback::CallbackReason;
use crate::domain::ids::RecordingId;
use crate::ivr::incoming::{AfterNumber, Incoming, Question, Step, Wanted};
use crate::ivr::voice::Turn;
use crate::ivr::words::Outcome;

impl Incoming {
    pub(super) fn hung_up(&mut self, recording: Option<RecordingId>, turn: &mut Turn<'_>) {
        match self.step.clone() {
            // The outcome is out already.
            Step::Committing { .. }
            | Step::ReadingNumber { .. }
            | Step::Leaving
            | Step::Over
            | Step::Withdrawing
            | Step::KeyingNumber { then: AfterNumber::Emergency, .. }
            | Step::CheckingNumber { then: AfterNumber::Emergency, .. } => {}
            // We rang them: the request to ring back stands until somebody has talked to them.
            Step::RingingEmergency { .. } if self.emergency_back => {}
            // A device that hung up says no less than one that was silent.
            Step::Device
            | Step::RingingEmergency { .. }
            | Step::Instructing { wanted: Wanted::Emergency }
                if self.alarm.is_some() =>
            {
                turn.outcome(Outcome::OpenTicket { ticket: self.emergency_ticket(recording, turn) });
            }
            Step::Recording { wanted: Wanted::Emergency } => {
                turn.outcome(Outcome::OpenTicket { ticket: self.emergency_ticket(recording, turn) });
            }
            Step::RingingEmergency { .. } | Step::Instructing { wanted: Wanted::Emergency } => {
                self.request_callback(CallbackReason::Abandoned, None, true, turn);
            }
            Step::Recording { wanted: Wanted::Message { ticket } } if recording.is_some() => {
                if let Some(recording) = recording {
                    turn.outcome(Outcome::AddMessage { ticket, recording });
                }
            }
            Step::Recording { wanted: Wanted::Callback { reason } }
            | Step::Instructing { wanted: Wanted::Callback { reason } }
            | Step::KeyingNumber { then: AfterNumber::Callback { reason }, .. }
            | Step::CheckingNumber { then: AfterNumber::Callback { reason }, .. } => {
                self.request_callback(reason, recording.or(self.draft.words), false, turn);
            }
            Step::KeyingBadge { .. }
            | Step::KeyingCode { .. }
            | Step::FindingTask
            | Step::AnsweringTask { .. }
            | Step::RingingResident { .. }
            | Step::Asking { question: Question::Task { .. }, .. } => {
                turn.outcome(Outcome::Disposition { disposition: Disposition::VolunteerTask });
            }
            Step::Asking { .. }
            | Step::Device
            | Step::Recording { wanted: Wanted::Description { .. } | Wanted::Message { .. } }
            | Step::Instructing { wanted: Wanted::Description { .. } | Wanted::Message { .. } }
            | Step::KeyingNumber { then: AfterNumber::Ticket, .. }
            | Step::CheckingNumber { then: AfterNumber::Ticket, .. }
            | Step::Ringing { .. }
            | Step::Waiting { .. } => self.hung_up_while_telling(recording, turn),
        }
        self.over(turn);
    }

    fn hung_up_while_telling(&mut self, recording: Option<RecordingId>, turn: &mut Turn<'_>) {
        self.draft.words = self.draft.words.or(recording);
        if let Some(ticket) = self.ticket(turn).filter(|_| self.draft.is_enough()) {
            turn.outcome(Outcome::OpenTicket { ticket });
        } else if matches!(self.step, Step::Ringing { .. } | Step::Waiting { .. }) {
            // Whatever they heard before: they wanted a person.
            self.request_callback(CallbackReason::NobodyFree, self.draft.words, false, turn);
        } else if self.state_heard && self.draft.category.is_none() {
            turn.outcome(Outcome::Disposition { disposition: Disposition::TicketState });
        } else {
            self.request_callback(CallbackReason::Abandoned, self.draft.words, false, turn);
        }
    }
}

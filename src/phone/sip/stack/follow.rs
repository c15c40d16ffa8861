//! What the library says of the dialogs we have, put in our words.

use rsipstack::dialog::DialogId;
use rsipstack::dialog::dialog::{DialogState, TerminatedReason, TransactionHandle};
use rsipstack::sip::prelude::HeadersExt;
use rsipstack::sip::{Header, Request, Response, StatusCode};
use tracing::debug;

use super::refer::{Progress, Transfer};
use super::{DialogKey, Outcome, Phase, Stack, described};
use crate::phone::sip::leg::{LegEnd, LegEvent, LegId};
use crate::phone::sip::sdp::CONTENT_TYPE;
use crate::phone::sip::{arrival, info};

impl Stack {
    pub(super) fn follow(&mut self, state: DialogState) {
        let Some(leg) = self.by_dialog.get(&DialogKey::of(state.id())).copied() else {
            // Hung up by us; the dialog only finishes its manners. A dropped handle answers by itself.
            if let DialogState::Terminated(id, _) = &state {
                self.dialogs.remove_dialog(id);
            }
            return;
        };
        match state {
            DialogState::Calling(_) | DialogState::WaitAck(..) => {}
            DialogState::Trying(_) => self.report(leg, LegEvent::Tried),
            DialogState::Early(_, answer) => self.rings(leg, answer),
            DialogState::Confirmed(..) => self.confirmed(leg),
            DialogState::Updated(_, request, handle) => self.change_offered(leg, &request, handle),
            DialogState::Info(_, request, handle) => self.pressed(leg, &request, handle),
            DialogState::Options(_, _, handle) => respond(handle, StatusCode::OK),
            DialogState::Refer(_, request, handle) => self.referred(leg, &request, handle),
            DialogState::Publish(_, _, handle)
            | DialogState::Notify(_, _, handle)
            | DialogState::Message(_, _, handle) => respond(handle, StatusCode::MethodNotAllowed),
            DialogState::Terminated(id, reason) => self.terminated(leg, &id, &reason),
        }
    }

    /// What became of something we waited for.
    pub(super) fn came_out(&mut self, id: LegId, outcome: Outcome) {
        // What the library said before comes first.
        while let Ok(state) = self.states.try_recv() {
            self.follow(state);
        }
        let Some(leg) = self.legs.get_mut(&id) else { return };
        match outcome {
            Outcome::Answered(answer) => {
                leg.phase = Phase::Talking;
                let early = leg.early_answer.take().filter(|_| answer.body.is_empty());
                let secrets = leg.secrets;
                let said = described(early.as_ref().unwrap_or(&answer.body), &secrets);
                match said.filter(|(_, agreement)| leg.is_answered_by(agreement)) {
                    Some((description, agreement)) => {
                        leg.invitation = None;
                        leg.agreed(&agreement);
                        leg.described = Some(description);
                        self.session_begins(id, &answer);
                        self.report(id, LegEvent::Answered(agreement));
                    }
                    None => {
                        self.hang_up(id);
                        self.report(id, LegEvent::Ended(LegEnd::Refused(488)));
                    }
                }
            }
            Outcome::Challenged(response) => self.challenged(id, &response),
            Outcome::TooShort(answer) if self.rings_longer(id, &answer) => {}
            Outcome::TooShort(_) => self.came_out(id, Outcome::Failed(LegEnd::Refused(422))),
            Outcome::Refreshed(answer) => self.refreshed(id, answer.as_deref()),
            Outcome::PutOff(transaction) => self.within_dialog(*transaction, true),
            Outcome::Failed(end) if self.rings_unprotected(id, end) => {}
            Outcome::Failed(end) => {
                self.forget(id);
                self.report(id, LegEvent::Ended(end));
            }
        }
    }

    fn rings(&mut self, id: LegId, answer: Response) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        // The answer itself need not say it again then (RFC 3262 §5).
        if answer.rseq_value().is_some() && !answer.body.is_empty() {
            leg.early_answer = Some(answer.body);
        }
        if leg.phase == Phase::Dialling {
            leg.phase = Phase::Ringing;
            self.report(id, LegEvent::Ringing);
        }
    }

    fn confirmed(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if let Some(Transfer::Accepted(told)) = &leg.transfer {
            // Whoever was to be told has been, otherwise.
            told.send(Progress::Answered).ok();
        }
        let ack = leg.dialog.last_remote_ack();
        if leg.phase == Phase::Accepted {
            leg.phase = Phase::Talking;
            leg.acknowledged(id, &self.gate);
            let offered = leg.described.is_none();
            let secrets = leg.secrets;
            let answer = ack.filter(|_| offered).and_then(|ack| described(&ack.body, &secrets));
            let answer = answer.filter(|(_, agreement)| leg.is_answered_by(agreement));
            let answer = answer.map(|(description, agreement)| {
                leg.agreed(&agreement);
                leg.described = Some(description);
                agreement
            });
            self.report(id, LegEvent::Acked(answer));
            return;
        }
        // The library says so after other requests too: only the ACK of the INVITE that we offered in counts.
        let Some(ack) = ack.filter(|ack| leg.open_offer.is_some() && sequence(ack) == leg.open_offer) else {
            return;
        };
        leg.open_offer = None;
        if let Some((description, agreement)) = described(&ack.body, &leg.secrets)
            && leg.is_answered_by(&agreement)
        {
            leg.agreed(&agreement);
            leg.described = Some(description);
            self.report(id, LegEvent::Changed(agreement));
        }
    }

    fn pressed(&mut self, id: LegId, request: &Request, handle: TransactionHandle) {
        respond(handle, StatusCode::OK);
        if let Some(key) = info::key_of(&arrival::content_type(request), &request.body) {
            self.report(id, LegEvent::Pressed(key));
        }
    }

    fn terminated(&mut self, id: LegId, dialog: &DialogId, reason: &TerminatedReason) {
        let Some(leg) = self.legs.get(&id) else { return };
        let end = match (leg.phase, reason) {
            (Phase::Arriving, _) => LegEnd::Cancelled,
            (Phase::Accepted | Phase::Talking, TerminatedReason::Timeout) => LegEnd::NeverAcked,
            (Phase::Accepted | Phase::Talking, _)
            | (Phase::Dialling | Phase::Ringing, TerminatedReason::UacBye | TerminatedReason::UasBye) => {
                LegEnd::HungUp
            }
            // The INVITE's own outcome says why.
            (Phase::Dialling | Phase::Ringing, _) => return,
        };
        self.dialogs.remove_dialog(dialog);
        self.forget(id);
        self.report(id, LegEvent::Ended(end));
    }
}

/// The number of a request, which its ACK repeats.
pub(super) fn sequence(request: &Request) -> Option<u32> {
    request.cseq_header().ok()?.seq().ok()
}

/// Answers a request within a dialog.
pub(super) fn respond(handle: TransactionHandle, status: StatusCode) {
    respond_with(handle, status, vec![], None);
}

/// The same, with headers and a description.
pub(super) fn respond_with(
    handle: TransactionHandle,
    status: StatusCode,
    mut headers: Vec<Header>,
    body: Option<Vec<u8>>,
) {
    if body.is_some() {
        headers.push(Header::ContentType(CONTENT_TYPE.into()));
    }
    tokio::spawn(async move {
        if let Err(error) = handle.respond(status, Some(headers), body).await {
            debug!(%error, "an answer within a call could not be sent");
        }
    });
}

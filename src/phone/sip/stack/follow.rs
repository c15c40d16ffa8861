//! What the library says of the dialogs we have, put in our words.

use rsipstack::dialog::DialogId;
use rsipstack::dialog::dialog::{DialogState, TerminatedReason, TransactionHandle};
use rsipstack::sip::prelude::HeadersExt;
use rsipstack::sip::{Header, Method, Request, StatusCode};
use tracing::debug;

use super::refer::{Progress, Transfer};
use super::{DialogKey, Outcome, Phase, Stack, described};
use crate::phone::sip::leg::{LegEnd, LegEvent, LegId};
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
            DialogState::Calling(_) | DialogState::Trying(_) | DialogState::WaitAck(..) => {}
            DialogState::Early(..) => self.rings(leg),
            DialogState::Confirmed(..) => self.confirmed(leg),
            DialogState::Updated(_, request, handle) => self.change_offered(leg, &request, handle),
            DialogState::Info(_, request, handle) => self.pressed(leg, &request, handle),
            DialogState::Options(_, _, handle) => respond(handle, StatusCode::OK, None),
            DialogState::Refer(_, request, handle) => self.referred(leg, &request, handle),
            DialogState::Publish(_, _, handle)
            | DialogState::Notify(_, _, handle)
            | DialogState::Message(_, _, handle) => respond(handle, StatusCode::MethodNotAllowed, None),
            DialogState::Terminated(id, reason) => self.terminated(leg, &id, &reason),
        }
    }

    /// What became of an INVITE we sent.
    pub(super) fn came_out(&mut self, id: LegId, outcome: Outcome) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        match outcome {
            Outcome::Answered(body) => {
                leg.phase = Phase::Talking;
                match described(&body) {
                    Some((_, agreement)) => self.report(id, LegEvent::Answered(agreement)),
                    None => {
                        self.hang_up(id);
                        self.report(id, LegEvent::Ended(LegEnd::Refused(488)));
                    }
                }
            }
            Outcome::Failed(end) => {
                self.forget(id);
                self.report(id, LegEvent::Ended(end));
            }
        }
    }

    fn rings(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
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
            let answer = ack.and_then(|ack| described(&ack.body)).map(|(_, agreement)| agreement);
            self.report(id, LegEvent::Acked(answer));
            return;
        }
        // The library says so after other requests too: only the ACK of the INVITE that we offered in counts.
        let Some(ack) = ack.filter(|ack| leg.open_offer.is_some() && sequence(ack) == leg.open_offer) else {
            return;
        };
        leg.open_offer = None;
        if let Some((_, agreement)) = described(&ack.body) {
            self.report(id, LegEvent::Changed(agreement));
        }
    }

    fn change_offered(&mut self, id: LegId, request: &Request, handle: TransactionHandle) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if request.body.is_empty() && request.method == Method::Update {
            return respond(handle, StatusCode::OK, None);
        }
        match arrival::offer(request) {
            Ok(offer) => {
                let agreement = offer.as_ref().map(|d| d.agreement);
                leg.open_offer = if offer.is_none() { sequence(request) } else { None };
                leg.described = offer;
                leg.change = Some(handle);
                self.report(id, LegEvent::ChangeOffered(agreement));
            }
            Err(status) => respond(handle, status, None),
        }
    }

    fn pressed(&mut self, id: LegId, request: &Request, handle: TransactionHandle) {
        respond(handle, StatusCode::OK, None);
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
pub(super) fn respond(handle: TransactionHandle, status: StatusCode, body: Option<Vec<u8>>) {
    let headers =
        body.as_ref().map(|_| vec![Header::ContentType(crate::phone::sip::sdp::CONTENT_TYPE.into())]);
    tokio::spawn(async move {
        if let Err(error) = handle.respond(status, headers, body).await {
            debug!(%error, "an answer within a call could not be sent");
        }
    });
}

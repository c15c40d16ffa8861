//! An INVITE of ours, which may have to be sent again: proven, or with a session interval that the other side takes.

use rsipstack::dialog::invitation::{InviteAsyncResult, InviteOption};
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{Header, Response, StatusCode, StatusCodeKind};
use tokio::task::JoinHandle;
use tracing::debug;

use super::act::DialError;
use super::trunks::Over;
use super::{DialogKey, Outcome, Stack};
use crate::phone::sip::leg::{LegEnd, LegId};
use crate::phone::sip::trouble::kind;

/// How often one INVITE is asked to be proven: once, and again when the nonce was too old.
const PROOFS: u8 = 2;

/// What we sent, until it is answered.
pub(super) struct Invitation {
    option: InviteOption,
    trunk: Option<usize>,
    proofs: u8,
    is_lengthened: bool,
}

impl Invitation {
    pub(super) fn of(option: InviteOption, over: Option<Over>) -> Self {
        Self { option, trunk: over.map(|over| over.trunk), proofs: 0, is_lengthened: false }
    }

    pub(super) fn option(&self) -> InviteOption {
        self.option.clone()
    }

    /// The trunk it goes over.
    pub(super) fn trunk(&self) -> Option<usize> {
        self.trunk
    }

    /// The same with a proof of who we are; nothing when that was refused already.
    pub(super) fn proven(
        &mut self,
        is_stale: bool,
        proof: impl FnOnce(&str) -> Header,
    ) -> Option<InviteOption> {
        if self.proofs >= PROOFS || (self.proofs > 0 && !is_stale) {
            return None;
        }
        self.proofs += 1;
        let mut option = self.option();
        let proof = proof(&option.callee.to_string());
        option.headers.get_or_insert_default().push(proof);
        Some(option)
    }

    /// The same with a longer session interval; nothing when it was lengthened already.
    pub(super) fn lengthened(&mut self, interval_s: u32) -> Option<InviteOption> {
        if std::mem::replace(&mut self.is_lengthened, true) {
            return None;
        }
        self.proofs = 0; // what is written anew has not been proven
        let headers = self.option.headers.get_or_insert_default();
        let before = headers.iter().find_map(|header| {
            if let Header::SessionExpires(said) = header { said.value().split_once(';') } else { None }
        });
        let parameters = before.map_or(String::new(), |(_, parameters)| format!(";{parameters}"));
        headers.retain(|header| !matches!(header, Header::SessionExpires(_) | Header::MinSE(_)));
        headers.push(Header::SessionExpires(format!("{interval_s}{parameters}").into()));
        headers.push(Header::MinSE(interval_s.to_string().into()));
        Some(self.option())
    }

    /// The same with another description.
    pub(super) fn offering(&mut self, description: Vec<u8>) -> InviteOption {
        self.proofs = 0;
        self.option.offer = Some(description);
        self.option()
    }
}

impl Stack {
    pub(super) fn invite(
        &self,
        option: InviteOption,
    ) -> Result<(InviteDialog, JoinHandle<InviteAsyncResult>), DialError> {
        let made = self.dialogs.do_invite_async(option, self.states_in.clone());
        made.map_err(|error| DialError::Library(kind(&error)))
    }

    /// Rings whom a leg rang already in another way; whether that could be done.
    pub(super) fn invite_again(&mut self, id: LegId, mut option: InviteOption) -> bool {
        option.call_id = self.legs.get(&id).map(|leg| leg.key.call_id.clone());
        let made = self.invite(option);
        let (Ok((dialog, outcome)), Some(leg)) = (made, self.legs.get_mut(&id)) else { return false };
        self.by_dialog.remove(&leg.key);
        leg.key = DialogKey::of(&dialog.id());
        leg.early_answer = None;
        let before = std::mem::replace(&mut leg.dialog, dialog);
        self.by_dialog.insert(leg.key.clone(), id);
        self.dialogs.remove_dialog(&before.id());
        self.await_answer(id, outcome);
        true
    }

    pub(super) fn await_answer(&self, id: LegId, outcome: JoinHandle<InviteAsyncResult>) {
        let outcomes = self.outcomes_in.clone();
        tokio::spawn(async move {
            let outcome = match outcome.await {
                Ok(result) => outcome_of(result),
                Err(_) => Outcome::Failed(LegEnd::Unreachable),
            };
            // The stack itself holds the other end; it can only be gone when everything is.
            outcomes.send((id, outcome)).ok();
        });
    }
}

fn outcome_of(result: InviteAsyncResult) -> Outcome {
    match result {
        Ok((_, Some(response))) => answered_or_refused(response),
        Ok((_, None)) => Outcome::Failed(LegEnd::Unreachable),
        Err(error) => {
            debug!(error = kind(&error), "an INVITE failed");
            Outcome::Failed(LegEnd::Unreachable)
        }
    }
}

fn answered_or_refused(response: Response) -> Outcome {
    if response.status_code.kind() == StatusCodeKind::Successful {
        return Outcome::Answered(Box::new(response));
    }
    if response.status_code == StatusCode::SessionIntervalTooSmall {
        return Outcome::TooShort(Box::new(response));
    }
    if matches!(response.status_code.code(), 401 | 407) {
        return Outcome::Challenged(Box::new(response));
    }
    Outcome::Failed(LegEnd::Refused(response.status_code.code()))
}

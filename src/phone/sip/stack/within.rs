//! Requests within a call, in whatever state it is: what the library does not know how to answer is answered here.

use rsipstack::dialog::dialog::{Dialog, TransactionHandle};
use rsipstack::sip::prelude::{HasHeaders, HeadersExt};
use rsipstack::sip::{Header, Method, Request, StatusCode};
use rsipstack::transaction::key::TransactionRole;
use rsipstack::transaction::transaction::Transaction;
use tracing::debug;

use super::arrive::{ALLOW, reply};
use super::follow::{respond_with, sequence};
use super::lasting::Answering;
use super::{DialogKey, Leg, Outcome, Phase, Stack};
use crate::phone::sip::leg::{LegEvent, LegId};
use crate::phone::sip::sdp::{Description, Secrecy};
use crate::phone::sip::transport;
use crate::phone::sip::trouble::kind;
use crate::phone::sip::{arrival, info};

/// Seconds after which one who asks for too much at once may ask again: any from 0 to 10 (RFC 3261 §14.2).
const ASK_AGAIN_AFTER_S: u32 = 2;

/// A change of media that waits for our answer.
pub(super) struct Change {
    pub handle: TransactionHandle,
    pub answering: Answering,
}

type Refused = (StatusCode, Vec<Header>);

impl Stack {
    /// `again` when it was put off before.
    pub(super) fn within_dialog(&mut self, mut transaction: Transaction, again: bool) {
        let id = self.leg_of_request(&transaction.original);
        if transaction.original.method == Method::PRack {
            return self.ringing_acknowledged(id, transaction);
        }
        let dialog = match self.dialogs.match_dialog(&transaction) {
            Some(Dialog::Invite(dialog)) => Some(dialog),
            Some(
                Dialog::ServerSubscription(_)
                | Dialog::ClientSubscription(_)
                | Dialog::ServerPublication(_)
                | Dialog::ClientPublication(_),
            )
            | None => None,
        };
        let method = transaction.original.method;
        // Keys travel where the call's messages did, and nowhere else.
        let offers =
            method == Method::Invite || (method == Method::Update && !transaction.original.body.is_empty());
        let leg = id.and_then(|id| self.legs.get(&id));
        let has_keys = leg.is_some_and(|leg| leg.secrets.secrecy != Secrecy::Never);
        if offers && has_keys && !transport::came_by(&transaction).is_secret() {
            return reply(transaction, StatusCode::NotAcceptableHere, vec![]);
        }
        let is_early = !leg.is_some_and(|leg| leg.phase == Phase::Talking)
            && dialog.as_ref().is_none_or(|dialog| !dialog.state().is_confirmed());
        if let Some(id) = id.filter(|_| is_early && method != Method::Ack) {
            // The ACK or answer that came just before may be on its way through the library.
            if !again {
                return self.put_off(id, transaction);
            }
            if let Some(answer) = self.early(id, &transaction.original) {
                let (status, headers) = answer.unwrap_or_else(|refused| refused);
                return reply(transaction, status, headers);
            }
        }
        let Some(mut dialog) = dialog else {
            if method != Method::Ack {
                reply(transaction, StatusCode::CallTransactionDoesNotExist, vec![]);
            }
            return;
        };
        if method != Method::Ack
            && let Some(leg) = id.and_then(|id| self.legs.get_mut(&id))
            && dialog.role() == TransactionRole::Server
        {
            let number = sequence(&transaction.original);
            // The library is silent then (RFC 3261 §12.2.2).
            if number < leg.latest {
                return reply(transaction, StatusCode::ServerInternalError, vec![]);
            }
            leg.latest = number;
        }
        tokio::spawn(async move {
            if let Err(error) = dialog.handle(&mut transaction).await {
                debug!(error = kind(&error), "a request within a call could not be handled");
            }
        });
    }

    fn put_off(&self, id: LegId, transaction: Transaction) {
        let outcomes = self.outcomes_in.clone();
        tokio::spawn(async move {
            tokio::task::yield_now().await;
            outcomes.send((id, Outcome::PutOff(Box::new(transaction)))).ok();
        });
    }

    /// The leg that a request's To names: by its tag it is one of ours.
    fn leg_of_request(&self, request: &Request) -> Option<LegId> {
        let call_id = request.call_id_header().ok()?.value().to_owned();
        let local_tag = request.to_header().ok()?.tag().ok()??.value().to_owned();
        let id = self.by_dialog.get(&DialogKey { call_id, local_tag }).copied()?;
        let dialog = &self.legs.get(&id)?.dialog;
        // Whom we ring may be several; who rings is one.
        let tag = request.from_header().ok()?.tag().ok()??.value().to_owned();
        (dialog.role() == TransactionRole::Client || dialog.id().remote_tag == tag).then_some(id)
    }

    /// The answer to a request while a call is not acknowledged, or not even answered; none when the library's is right.
    fn early(&mut self, id: LegId, request: &Request) -> Option<Result<Refused, Refused>> {
        let policy = self.settings.sessions;
        let leg = self.legs.get_mut(&id)?;
        let is_ours = leg.dialog.role() == TransactionRole::Client;
        let ok = Ok((StatusCode::OK, vec![]));
        Some(match request.method {
            // The INVITE must have its answer too (RFC 3261 §15.1.2).
            Method::Bye if leg.phase == Phase::Arriving => {
                leg.dialog.reject(Some(StatusCode::RequestTerminated), None).ok();
                ok
            }
            Method::Update if request.body.is_empty() => {
                leg.answering(request, policy).map(|answering| (StatusCode::OK, answering.headers))
            }
            // An offer of ours, or one of theirs, has no answer yet (RFC 3311 §5.2).
            Method::Update | Method::Invite if is_ours || leg.described.is_none() => {
                Err((StatusCode::RequestPending, vec![]))
            }
            Method::Update | Method::Invite | Method::Refer => Err(ask_again()),
            Method::Options => ok,
            Method::Info => {
                if let Some(key) = info::key_of(&arrival::content_type(request), &request.body) {
                    self.report(id, LegEvent::Pressed(key));
                }
                ok
            }
            Method::Message | Method::Notify | Method::Publish | Method::Subscribe | Method::Register => {
                Err((StatusCode::MethodNotAllowed, vec![Header::Allow(ALLOW.into())]))
            }
            Method::Bye | Method::Ack | Method::Cancel | Method::PRack => return None,
        })
    }

    /// The other end wants to change the media, or only to say that the call lasts.
    pub(super) fn change_offered(&mut self, id: LegId, request: &Request, handle: TransactionHandle) {
        let policy = self.settings.sessions;
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let is_word = request.method == Method::Update && request.body.is_empty();
        let judged = leg.answering(request, policy).and_then(|answering| {
            let offer = if is_word { None } else { leg.offer_in(request)? };
            Ok((answering, offer))
        });
        let (answering, offer) = match judged {
            Ok(judged) => judged,
            Err((status, headers)) => return respond_with(handle, status, headers, None),
        };
        leg.heard_from(request.headers());
        if is_word {
            return respond_with(handle, StatusCode::OK, leg.answers(answering), None);
        }
        if let Some(offer) = &offer
            && leg.described.as_ref().is_some_and(|before| before.says_the_same_as(offer))
        {
            let body = leg.answers_the_same(offer);
            leg.described = Some(offer.clone());
            return respond_with(handle, StatusCode::OK, leg.answers(answering), body);
        }
        let agreement = offer.as_ref().map(|offer| offer.agreement);
        agreement.iter().for_each(|agreement| leg.agreed(agreement));
        leg.open_offer = if offer.is_none() { sequence(request) } else { None };
        leg.described = offer;
        leg.change = Some(Change { handle, answering });
        self.report(id, LegEvent::ChangeOffered(agreement));
    }
}

impl Leg {
    /// Reads what is offered, unless there is an offer already that has no answer.
    fn offer_in(&self, request: &Request) -> Result<Option<Description>, Refused> {
        // Theirs, which we have not answered (RFC 3261 §14.2, RFC 3311 §5.2).
        if self.change.is_some() {
            return Err(ask_again());
        }
        // Ours: by a re-INVITE, or in the answer to theirs.
        if self.lasting.under_way == Some(Method::Invite) || self.open_offer.is_some() {
            return Err((StatusCode::RequestPending, vec![]));
        }
        arrival::offer(request, &self.secrets).map_err(|status| (status, vec![]))
    }

    /// Our description as before; its version is raised if it must be written otherwise, as an answer and not an offer.
    fn answers_the_same(&mut self, offer: &Description) -> Option<Vec<u8>> {
        let ours = self.ours.as_mut()?;
        if offer.answer(ours) != self.said {
            ours.version += 1;
            self.said = offer.answer(ours);
        }
        Some(self.said.clone())
    }
}

fn ask_again() -> Refused {
    (StatusCode::ServerInternalError, vec![Header::RetryAfter(ASK_AGAIN_AFTER_S.to_string().into())])
}

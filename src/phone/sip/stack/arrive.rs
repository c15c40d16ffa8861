//! Requests that begin something: an INVITE, a question what we can, a method we do not serve.

use std::time::Duration;

use rsipstack::sip::prelude::HeadersExt;
use rsipstack::sip::{Header, Method, StatusCode};
use rsipstack::transaction::transaction::Transaction;
use tokio::sync::oneshot;
use tracing::debug;

use super::follow::sequence;
use super::lasting::Answering;
use super::reliable::Reliable;
use super::{DialogKey, Phase, Stack};
use crate::phone::sip::leg::{Happening, Incoming, Turning};
use crate::phone::sip::sdp::Secrecy;
use crate::phone::sip::trouble::kind;
use crate::phone::sip::{arrival, limit, transport};

/// The methods we serve, as Allow says them.
pub(super) const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK, REFER, REGISTER";

/// A caller who has heard nothing by then is told that their call has come (100). Whoever is answered sooner needs no
/// word before it: RFC 3261 §17.2.1 asks for one after 200 ms, and they would repeat themselves after 500.
const SILENT: Duration = Duration::from_millis(150);

impl Stack {
    pub(super) fn arrive(&mut self, transaction: Transaction) {
        if transaction.original.method == Method::Invite
            && let Some(source) = arrival::source_of(&transaction)
        {
            self.gate.invite_arrived(source.ip());
        }
        if arrival::is_within_dialog(&transaction.original) {
            self.within_dialog(transaction, false);
            return;
        }
        match transaction.original.method {
            Method::Invite => self.invited(transaction),
            Method::Options => reply(
                transaction,
                StatusCode::OK,
                vec![
                    Header::Allow(ALLOW.into()),
                    Header::Accept("application/sdp".into()),
                    Header::Supported("timer, 100rel".into()),
                ],
            ),
            Method::Ack => {}
            Method::Register => self.registers(transaction),
            Method::Bye | Method::Cancel | Method::Info | Method::Update | Method::PRack => {
                reply(transaction, StatusCode::CallTransactionDoesNotExist, vec![]);
            }
            Method::Message | Method::Notify | Method::Publish | Method::Refer | Method::Subscribe => {
                reply(transaction, StatusCode::MethodNotAllowed, vec![Header::Allow(ALLOW.into())]);
            }
        }
    }

    fn invited(&mut self, mut transaction: Transaction) {
        let Some(source) = arrival::source_of(&transaction) else { return };
        let request = &transaction.original;
        let caller = arrival::identity(request, source, &self.settings.trust);
        let (dialled, trunk) = self.wanted(request, source);
        let stranger = (!self.settings.trust.is_trusted(source.ip())).then(|| limit::source_of(source.ip()));
        if self.is_merged(&transaction) {
            reply(transaction, StatusCode::LoopDetected, vec![]);
            return;
        }
        if !self.has_line_for(stranger) {
            reply(transaction, StatusCode::ServiceUnavailable, vec![]);
            self.ready.push_back(Happening::Turned { caller, dialled, why: Turning::NoLine });
            return;
        }
        if let Some(status) = self.refuses_replacing(request) {
            debug!(status = status.code(), "an INVITE wanted to take the place of a call");
            return reply(transaction, status, vec![]);
        }
        let came_by = transport::came_by(&transaction);
        let secrets = self.secrets_over(came_by);
        // Without an offer ours is the only one: who cannot protect the sound would have no call.
        let secrets = secrets.offering(secrets.secrecy == Secrecy::Required);
        let described = match arrival::offer(request, &secrets) {
            Ok(described) => described,
            Err(status) => {
                let why = Turning::NothingInCommon { status: status.code() };
                reply(transaction, status, vec![]);
                self.ready.push_back(Happening::Turned { caller, dialled, why });
                return;
            }
        };
        let answering = match Answering::to(request, None, self.settings.sessions) {
            Ok(answering) => answering,
            Err((status, headers)) => return reply(transaction, status, headers),
        };
        let local = self.local_towards(source);
        let contact = Some(self.contact(local, came_by, &transaction.original.uri));
        let made =
            self.dialogs.get_or_create_server_invite(&transaction, self.states_in.clone(), None, contact);
        let mut dialog = match made {
            Ok(dialog) => dialog,
            Err(error) => {
                debug!(error = kind(&error), "an INVITE makes no dialog");
                return reply(transaction, StatusCode::BadRequest, vec![]);
            }
        };
        let offer = described.as_ref().map(|d| d.agreement);
        let (invite, reliable) = (sequence(request), Reliable::required_by(request));
        let leg = self.register(dialog.clone(), Phase::Arriving, described);
        let (begins, begun) = oneshot::channel();
        if let Some(leg) = self.legs.get_mut(&leg) {
            leg.learns_what_they_take(&request.headers);
            (leg.invite, leg.latest, leg.reliable, leg.answering) = (invite, invite, reliable, answering);
            (leg.stranger, leg.secrets, leg.begins) = (stranger, secrets, Some(begins));
            offer.iter().for_each(|agreement| leg.agreed(agreement));
        }
        self.ready.push_back(Happening::Incoming(Incoming {
            leg,
            caller,
            dialled,
            trunk,
            source,
            local,
            offer,
        }));
        tokio::spawn(async move {
            // Either way it begins: with what we have to say, else with 100.
            tokio::time::timeout(SILENT, begun).await.ok();
            if let Err(error) = dialog.handle(&mut transaction).await {
                debug!(error = kind(&error), "an INVITE could not be handled");
            }
        });
    }

    /// Whether the same INVITE already came another way (RFC 3261 §8.2.2.2).
    fn is_merged(&self, transaction: &Transaction) -> bool {
        let request = &transaction.original;
        let (Ok(call_id), Ok(from)) = (request.call_id_header(), request.from_header()) else { return false };
        let (Ok(Some(tag)), invite) = (from.tag(), sequence(request)) else { return false };
        let first = DialogKey { call_id: call_id.value().to_owned(), local_tag: String::new() };
        let of_this_call = self.by_dialog.range(first.clone()..);
        let of_this_call = of_this_call.take_while(|(key, _)| key.call_id == first.call_id);
        let mut legs = of_this_call.filter_map(|(_, leg)| self.legs.get(leg));
        legs.any(|leg| leg.invite == invite && leg.dialog.id().remote_tag == tag.value())
    }
}

/// Answers a request and stays until the answer needs no more repeating.
pub(super) fn reply(mut transaction: Transaction, status: StatusCode, headers: Vec<Header>) {
    tokio::spawn(async move {
        if let Err(error) = transaction.reply_with(status, headers, None).await {
            debug!(error = kind(&error), "an answer could not be sent");
            return;
        }
        while transaction.receive().await.is_some() {}
    });
}

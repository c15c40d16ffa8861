//! Requests that begin something: an INVITE, a question what we can, a method we do not serve.

use rsipstack::dialog::dialog::Dialog;
use rsipstack::sip::prelude::HeadersExt;
use rsipstack::sip::{Header, Method, StatusCode, Transport};
use rsipstack::transaction::transaction::Transaction;
use tracing::debug;

use super::follow::sequence;
use super::{DialogKey, Phase, Stack};
use crate::phone::sip::leg::{Happening, Incoming, Turning};
use crate::phone::sip::trouble::kind;
use crate::phone::sip::{arrival, limit};

/// The methods we serve, as Allow says them.
pub(super) const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, REFER, REGISTER";

impl Stack {
    pub(super) fn arrive(&mut self, transaction: Transaction) {
        if transaction.original.method == Method::Invite
            && let Some(source) = arrival::source_of(&transaction)
        {
            self.gate.invite_arrived(source.ip());
        }
        if arrival::is_within_dialog(&transaction.original) {
            self.within_dialog(transaction);
            return;
        }
        match transaction.original.method {
            Method::Invite => self.invited(transaction),
            Method::Options => reply(
                transaction,
                StatusCode::OK,
                vec![Header::Allow(ALLOW.into()), Header::Accept("application/sdp".into())],
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

    fn within_dialog(&mut self, mut transaction: Transaction) {
        match self.dialogs.match_dialog(&transaction) {
            Some(Dialog::Invite(mut dialog)) => {
                tokio::spawn(async move {
                    if let Err(error) = dialog.handle(&mut transaction).await {
                        debug!(error = kind(&error), "a request within a call could not be handled");
                    }
                });
            }
            Some(
                Dialog::ServerSubscription(_)
                | Dialog::ClientSubscription(_)
                | Dialog::ServerPublication(_)
                | Dialog::ClientPublication(_),
            )
            | None => {
                if transaction.original.method != Method::Ack {
                    reply(transaction, StatusCode::CallTransactionDoesNotExist, vec![]);
                }
            }
        }
    }

    fn invited(&mut self, mut transaction: Transaction) {
        let Some(source) = arrival::source_of(&transaction) else { return };
        let request = &transaction.original;
        let caller = arrival::identity(request, source, &self.settings.trust);
        let dialled = arrival::dialled(request);
        let stranger = (!self.settings.trust.is_trusted(source.ip())).then(|| limit::source_of(source.ip()));
        if !self.has_line_for(stranger) {
            reply(transaction, StatusCode::ServiceUnavailable, vec![]);
            self.ready.push_back(Happening::Turned { caller, dialled, why: Turning::NoLine });
            return;
        }
        if self.is_merged(&transaction) {
            reply(transaction, StatusCode::LoopDetected, vec![]);
            return;
        }
        if let Some(status) = self.refuses_replacing(request) {
            debug!(status = status.code(), "an INVITE wanted to take the place of a call");
            return reply(transaction, status, vec![]);
        }
        let described = match arrival::offer(request) {
            Ok(described) => described,
            Err(status) => {
                let why = Turning::NothingInCommon { status: status.code() };
                reply(transaction, status, vec![]);
                self.ready.push_back(Happening::Turned { caller, dialled, why });
                return;
            }
        };
        let local = self.local_towards(source);
        let came_by =
            transaction.connection.as_ref().map_or(Transport::Udp, |connection| connection.transport());
        let contact = Some(self.contact(local, came_by));
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
        let invite = sequence(request);
        let leg = self.register(dialog.clone(), Phase::Arriving, described);
        if let Some(leg) = self.legs.get_mut(&leg) {
            leg.stranger = stranger;
            leg.invite = invite;
        }
        self.ready.push_back(Happening::Incoming(Incoming { leg, caller, dialled, source, local, offer }));
        tokio::spawn(async move {
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

//! A telephone wants its call led elsewhere (REFER, RFC 3515), perhaps to somebody it talks with already (Replaces,
//! RFC 3891).
//!
//! Only legs that we rang and said so of may ask. They are told how it went by NOTIFY; nothing is led anywhere here.

use std::time::Duration;

use rsipstack::dialog::dialog::TransactionHandle;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::prelude::HasHeaders;
use rsipstack::sip::{Header, Request, StatusCode};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tracing::debug;

use super::follow::{respond, sequence};
use super::{Phase, Stack};
use crate::phone::sip::address::{Parts, address_in, unescaped};
use crate::phone::sip::arrival;
use crate::phone::sip::leg::{LegEvent, LegId};
use crate::phone::sip::trouble::kind;

/// How long a telephone waits for the outcome; the same is said to it.
const OUTCOME_WITHIN: Duration = Duration::from_secs(120);

/// Longer than any number or name that can be dialled.
const MAX_DIALLED: usize = 40;

/// A transfer that a leg asked for.
pub(super) enum Transfer {
    /// The REFER waits for its answer.
    Asked { handle: TransactionHandle, event: String },
    /// Accepted: whoever tells the telephone is told here.
    Accepted(UnboundedSender<Progress>),
}

pub(super) enum Progress {
    /// The answer to the REFER has left.
    Answered,
    CameOut(StatusCode),
}

/// Where a Refer-To leads.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    /// What would be dialled.
    to: String,
    replaces: Option<Replaces>,
}

/// The dialog named by a Replaces, as seen from us: its tags (RFC 3891 §3).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Replaces {
    call_id: String,
    local_tag: String,
    remote_tag: String,
}

impl Stack {
    pub(super) fn referred(&mut self, id: LegId, request: &Request, handle: TransactionHandle) {
        let Some(leg) = self.legs.get(&id) else { return };
        if !leg.may_refer || leg.phase != Phase::Talking {
            return respond(handle, StatusCode::Forbidden);
        }
        let is_told = matches!(&leg.transfer, Some(Transfer::Accepted(told)) if told.is_closed());
        if leg.transfer.is_some() && !is_told {
            return respond(handle, StatusCode::RequestPending);
        }
        let target = match target_of(request) {
            Ok(target) => target,
            Err(status) => return respond(handle, status),
        };
        let replaces = target.replaces.as_ref().map(|replaces| self.leg_of(replaces));
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.referred += 1;
        // From the second on, each is told apart by its number (RFC 3515 §2.4.6).
        let number = sequence(request).filter(|_| leg.referred > 1);
        let event = number.map_or_else(|| "refer".into(), |number| format!("refer;id={number}"));
        leg.transfer = Some(Transfer::Asked { handle, event });
        match replaces {
            // The call it names is none of ours, or over. A 481 to the REFER itself would end this call too.
            Some(None) => {
                self.accept_transfer(id);
                self.transfer_came_out(id, StatusCode::CallTransactionDoesNotExist);
            }
            Some(Some(other)) => {
                self.report(id, LegEvent::Referred { to: target.to, replaces: Some(other) });
            }
            None => self.report(id, LegEvent::Referred { to: target.to, replaces: None }),
        }
    }

    /// Says 202; the outcome must follow.
    pub fn accept_transfer(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        match leg.transfer.take() {
            Some(Transfer::Asked { handle, event }) => {
                let (told, progress) = unbounded_channel();
                leg.transfer = Some(Transfer::Accepted(told));
                respond(handle, StatusCode::Accepted);
                tokio::spawn(tell(leg.dialog.clone(), event, progress));
            }
            other => leg.transfer = other,
        }
    }

    /// Nobody can be asked now.
    pub fn refuse_transfer(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        match leg.transfer.take() {
            Some(Transfer::Asked { handle, .. }) => respond(handle, StatusCode::ServiceUnavailable),
            other => leg.transfer = other,
        }
    }

    /// Tells the telephone how its transfer went.
    pub fn transferred(&mut self, id: LegId, ok: bool) {
        self.transfer_came_out(id, if ok { StatusCode::OK } else { StatusCode::Decline });
    }

    fn transfer_came_out(&mut self, id: LegId, status: StatusCode) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if let Some(Transfer::Accepted(told)) = &leg.transfer {
            // The telephone has stopped to wait, then.
            told.send(Progress::CameOut(status)).ok();
        }
    }

    /// Whether an INVITE wants to take the place of a call, and what it is told: never that it may.
    pub(super) fn refuses_replacing(&self, request: &Request) -> Option<StatusCode> {
        let value = arrival::header_values(request, "replaces").next()?;
        let named = replaces_in(value).and_then(|replaces| self.leg_of(&replaces));
        Some(match named {
            Some(_) => StatusCode::Forbidden,
            None => StatusCode::CallTransactionDoesNotExist,
        })
    }

    fn leg_of(&self, replaces: &Replaces) -> Option<LegId> {
        let of = |leg: &super::Leg| {
            let id = leg.dialog.id();
            id.call_id == replaces.call_id
                && id.local_tag == replaces.local_tag
                && id.remote_tag == replaces.remote_tag
        };
        self.legs.iter().find(|(_, leg)| leg.phase == Phase::Talking && of(leg)).map(|(id, _)| *id)
    }
}

/// Tells a telephone what becomes of its transfer, one NOTIFY after the other.
async fn tell(dialog: InviteDialog, event: String, mut progress: UnboundedReceiver<Progress>) {
    let mut outcome = None;
    loop {
        match progress.recv().await {
            Some(Progress::Answered) => break,
            Some(Progress::CameOut(status)) => outcome = Some(status),
            None => return, // its call is over
        }
    }
    let active = format!("active;expires={}", OUTCOME_WITHIN.as_secs());
    notify(&dialog, &event, &active, StatusCode::Trying).await;
    let came_out = async {
        loop {
            match progress.recv().await {
                Some(Progress::CameOut(status)) => return Some(status),
                Some(Progress::Answered) => {}
                None => return None,
            }
        }
    };
    let outcome = match outcome {
        Some(status) => Some(status),
        None => match tokio::time::timeout(OUTCOME_WITHIN, came_out).await {
            Ok(status) => status,
            Err(_) => Some(StatusCode::RequestTimeout),
        },
    };
    if let Some(status) = outcome {
        notify(&dialog, &event, "terminated;reason=noresource", status).await;
    }
}

async fn notify(dialog: &InviteDialog, event: &str, subscription: &str, status: StatusCode) {
    let headers = vec![
        Header::Event(event.into()),
        Header::SubscriptionState(subscription.into()),
        Header::ContentType("message/sipfrag;version=2.0".into()),
    ];
    let body = format!("SIP/2.0 {} {}\r\n", status.code(), status.text()).into_bytes();
    if let Err(error) = dialog.notify(Some(headers), Some(body)).await {
        debug!(error = kind(&error), "a telephone could not be told of its transfer");
    }
}

/// Reads where a REFER leads. The error is the status that refuses it.
fn target_of(request: &Request) -> Result<Target, StatusCode> {
    let mut values = request.headers().iter().filter_map(|header| {
        let name = header.name();
        (name.eq_ignore_ascii_case("refer-to") || name.eq_ignore_ascii_case("r")).then(|| header.value())
    });
    match (values.next(), values.next()) {
        (Some(value), None) => target_in(value).ok_or(StatusCode::BadRequest),
        _ => Err(StatusCode::BadRequest),
    }
}

/// Reads `"Name" <sip:201@host?Replaces=…>`. Whose host it is makes no difference: what is dialled is dialled here.
fn target_in(value: &str) -> Option<Target> {
    let parts = Parts::of(address_in(value)?.uri)?;
    let parameters = parts.parameters.split(';').filter_map(|parameter| parameter.split_once('='));
    let wants_a_call = parameters
        .filter(|(name, _)| name.eq_ignore_ascii_case("method"))
        .all(|(_, method)| method.eq_ignore_ascii_case("INVITE"));
    let to = parts.who()?;
    let may_be_dialled = |c: char| c.is_ascii_alphanumeric() || "+*#-._".contains(c);
    if !wants_a_call || to.len() > MAX_DIALLED || !to.chars().all(may_be_dialled) {
        return None;
    }
    let replaces = parts
        .headers
        .split('&')
        .filter_map(|header| header.split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("replaces"));
    let replaces = match replaces {
        Some((_, value)) => Some(replaces_in(&unescaped(value)?)?),
        None => None,
    };
    Some(Target { to, replaces })
}

/// Reads `call-id;to-tag=…;from-tag=…`.
fn replaces_in(value: &str) -> Option<Replaces> {
    let mut parts = value.split(';').map(str::trim);
    let call_id = parts.next().filter(|id| !id.is_empty())?.to_owned();
    let (mut local_tag, mut remote_tag) = (None, None);
    for (name, tag) in parts.filter_map(|part| part.split_once('=')) {
        match name.trim().to_ascii_lowercase().as_str() {
            "to-tag" => local_tag = Some(tag.trim().to_owned()),
            "from-tag" => remote_tag = Some(tag.trim().to_owned()),
            _ => {}
        }
    }
    Some(Replaces { call_id, local_tag: local_tag?, remote_tag: remote_tag? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_would_be_dialled_is_read_however_it_is_written() {
        let to = |value: &str| target_in(value).map(|target| (target.to, target.replaces.is_some()));
        let table = [
            ("<sip:201@10.0.0.1>", Some("201")),
            ("\"Li\" <sip:%2B8613800000001@10.0.0.1;user=phone>;x=1", Some("+8613800000001")),
            ("sips:201;phone-context=x@10.0.0.1", Some("201")),
            ("<tel:+86-138-0000-0001;phone-context=x>", Some("+86-138-0000-0001")),
            ("<sip:201@10.0.0.1;method=INVITE>", Some("201")),
            ("<sip:201@10.0.0.1;method=BYE>", None),
            ("<sip:10.0.0.1>", None),
            ("<http://201@10.0.0.1>", None),
            ("<sip:%0D%0AX@10.0.0.1>", None),
            ("<sip:%4@10.0.0.1>", None),
            ("\"<sip:110@10.0.0.1>\" <sip:201@10.0.0.1>", Some("201")),
            ("<sip:201@10.0.0.1", None),
        ];
        for (value, expected) in table {
            assert_eq!(to(value), expected.map(|to| (to.to_owned(), false)), "{value}");
        }
    }

    #[test]
    fn the_call_to_be_taken_over_is_named_by_its_tags_as_we_know_them() {
        let value = "<sip:202@10.0.0.1?Replaces=a%40b%3Bto-tag%3Dours%3Bfrom-tag%3Dtheirs&X=1>";
        let named = Replaces { call_id: "a@b".into(), local_tag: "ours".into(), remote_tag: "theirs".into() };
        assert_eq!(target_in(value), Some(Target { to: "202".into(), replaces: Some(named) }));
        assert_eq!(target_in("<sip:202@10.0.0.1?Replaces=a%40b>"), None, "half a name is none");
    }

    proptest! {
        #[test]
        fn no_value_panics(value in "\\PC{0,80}") {
            target_in(&value);
            replaces_in(&value);
        }
    }
}

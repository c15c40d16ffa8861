//! What every message says, whichever part of the library wrote it or reads it.

use rsipstack::sip::prelude::HasHeaders;
use rsipstack::sip::{Header, Headers, Method, SipMessage, StatusCode};
use rsipstack::transaction::endpoint::MessageInspector;
use rsipstack::transport::SipAddr;

use super::phones::Homes;
use crate::phone::sip::arrival;
use crate::phone::sip::refusal::RETRY_AFTER_S;
use crate::phone::sip::registrar::contact::{Wish, reached_at};
use crate::phone::sip::transport;

/// Adds Retry-After to each 503, so that trunks come back and do not give up on us; and sees to it that what we send
/// within a call to a registered telephone goes the way its messages come, through whatever router stands between.
pub struct Manners {
    pub homes: Homes,
}

impl MessageInspector for Manners {
    fn before_send(&self, message: SipMessage, _to: Option<&SipAddr>) -> SipMessage {
        match message {
            SipMessage::Response(mut response) if response.status_code == StatusCode::ServiceUnavailable => {
                let says_when =
                    response.headers().iter().any(|header| matches!(header, Header::RetryAfter(_)));
                if !says_when {
                    response.headers_mut().unique_push(Header::RetryAfter(RETRY_AFTER_S.to_string().into()));
                }
                SipMessage::Response(response)
            }
            SipMessage::Request(_) | SipMessage::Response(_) => message,
        }
    }

    fn after_received(&self, mut message: SipMessage, from: Option<&SipAddr>) -> SipMessage {
        let headers = match &mut message {
            // Where it registers is what it says.
            SipMessage::Request(request) if request.method == Method::Register => return message,
            SipMessage::Request(request) => request.headers_mut(),
            SipMessage::Response(response) => response.headers_mut(),
        };
        if let Some(from) = from {
            self.lead_home(headers, from);
        }
        message
    }
}

impl Manners {
    fn lead_home(&self, headers: &mut Headers, from: &SipAddr) {
        let transport = transport::named(from.r#type);
        let Ok(source) = from.get_socketaddr() else { return };
        if !self.homes.contains(source, transport) {
            return;
        }
        let said = arrival::values_in(headers, "contact").next().map(str::to_owned);
        if let Some(said) = said
            && let Some(Wish::These(contacts)) = Wish::read([said.as_str()])
            && let [contact] = &contacts[..]
        {
            let reached = format!("<{}>", reached_at(&contact.uri, source, transport));
            headers.unique_push(Header::Contact(reached.into()));
        }
    }
}

//! What every message we send says, whichever part of the library wrote it.

use rsipstack::sip::prelude::HasHeaders;
use rsipstack::sip::{Header, SipMessage, StatusCode};
use rsipstack::transaction::endpoint::MessageInspector;
use rsipstack::transport::SipAddr;

use crate::phone::sip::refusal::RETRY_AFTER_S;

/// Adds Retry-After to each 503, so that trunks come back and do not give up on us.
pub struct Manners;

impl MessageInspector for Manners {
    fn before_send(&self, message: SipMessage, _to: Option<&SipAddr>) -> SipMessage {
        match message {
            SipMessage::Response(mut response) if response.status_code == StatusCode::ServiceUnavailable => {
                response.headers_mut().unique_push(Header::RetryAfter(RETRY_AFTER_S.to_string().into()));
                SipMessage::Response(response)
            }
            SipMessage::Request(_) | SipMessage::Response(_) => message,
        }
    }

    fn after_received(&self, message: SipMessage, _from: Option<&SipAddr>) -> SipMessage {
        message
    }
}

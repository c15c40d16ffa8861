//! What may be said of the library's errors: their kind. Their text quotes messages, and messages
//! hold callers' numbers.

use rsipstack::Error;

/// Names the kind of an error.
pub fn kind(error: &Error) -> &'static str {
    match error {
        Error::SipMessageError(_) => "a message could not be read",
        Error::DnsResolutionError(_) => "a host name could not be resolved",
        Error::TransportLayerError(..) => "a message could not be sent or received",
        Error::TransactionError(..) => "a transaction could not go on",
        Error::EndpointError(_) => "the endpoint could not go on",
        Error::DialogError(..) => "a dialog could not go on",
        Error::IoError(_) => "input or output failed",
        Error::AddrParseError(_) => "an address could not be read",
        Error::Error(_) => "the library could not go on",
    }
}

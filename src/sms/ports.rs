//! What the room asks of whoever keeps the rows: `service` joins it to the store.
//!
//! Every answer that says "kept" means committed. Closures are called in the order things happened and
//! must put their work in line before they return; what they return is only waited for.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::Notify;

use crate::domain::ids::MessageId;
use crate::domain::message::{InboundText, OutgoingText, TextReport, TextState};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::timestamp::Timestamp;

/// The rows could not be kept or read: it is tried again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the store did not take it: {0}")]
pub struct NotKept(pub String);

pub type Answer<T> = BoxFuture<'static, Result<T, NotKept>>;

/// Asked just before a text leaves.
pub type MayLeave = Box<dyn Fn(&OutgoingText, Timestamp) -> Leave + Send + Sync>;

/// The ways out of the room.
pub struct Ports {
    /// Takes at most so many waiting texts whose time has come, in the order of the outbox, and marks
    /// them as in hand: from then on a cancel does not reach them. What was in hand when the program
    /// ended is waiting again at its start.
    pub take: Box<dyn Fn(usize, Timestamp) -> Answer<Vec<OutgoingText>> + Send + Sync>,
    /// Keeps what became of texts.
    pub keep: Box<dyn Fn(Vec<Happened>) -> Answer<()> + Send + Sync>,
    /// Keeps a receipt: finds the part to `from` by the first of `provider_ids` that is known, notes its
    /// state, and reports the text when that decides it.
    pub keep_receipt: Box<dyn Fn(Receipt) -> Answer<Found> + Send + Sync>,
    /// Keeps a text that came in; the centre is answered when this says so. The same sender, receiver
    /// and words within two minutes are one text: the centre sends again what it had no answer for.
    pub accept_inbound: Box<dyn Fn(InboundText) -> Answer<()> + Send + Sync>,
    /// Whether a text may leave at this moment (quiet hours), asked just before it does. It is put back
    /// until the moment that is answered.
    pub may_leave: MayLeave,
    /// Said once after the start: what waited at the centre has come in, or a minute has passed.
    pub drained: Box<dyn Fn() + Send + Sync>,
    /// Rung after each commit that put texts into the outbox.
    pub waiting: Arc<Notify>,
}

/// Whether a text may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    Now,
    NotBefore(Timestamp),
}

/// What became of an outgoing text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// The centre has every part; the names it gave them, in order.
    Left { id: MessageId, provider_ids: Vec<String>, at: Timestamp },
    /// It will not leave: expired, or refused for good.
    Ended(TextReport),
    /// It did not leave: waiting again, from `not_before` if that is given. One that is no longer
    /// waiting stays as it is.
    PutBack { id: MessageId, not_before: Option<Timestamp> },
}

/// What a centre says became of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The handset it is about. A part to another number is not meant, whatever its name: names given
    /// in one base and receipted in the other may be somebody else's.
    pub from: Option<PhoneNumber>,
    /// The part's name as given, then as the centre may have meant it (hex for decimal and back).
    pub provider_ids: Vec<String>,
    /// `Delivered` or `Failed`.
    pub state: TextState,
    pub at: Timestamp,
    /// The centre's own words for a failure: `UNDELIV 045`.
    pub reason: Option<String>,
}

/// Whether a receipt is about a part we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Yes,
    /// No part has any of these names, or not yet.
    No,
}

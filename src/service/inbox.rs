//! The desk's inbox: what edges hand in, without ever waiting for the desk.

use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use crate::desk::command::{Command, CommandOutcome};
use crate::desk::event::{Commander, PhoneEvent, RecordChange};
use crate::desk::refusal::Why;
use crate::domain::ids::RecordingId;
use crate::domain::message::{InboundText, TextReport};

/// Events of the telephones that may wait: at 50 keys a second for each of 400 calls, half a second's worth.
const PHONE_EVENTS: usize = 10_000;
/// Everything else that may wait.
const OTHERS: usize = 4_096;

/// Something for the desk that is not from a telephone.
#[derive(Debug)]
pub enum Post {
    Text(InboundText),
    Reported(TextReport),
    Command {
        by: Commander,
        command: Command,
        reply: oneshot::Sender<CommandOutcome>,
    },
    Changed(Vec<RecordChange>),
    InboundDrained,
    /// The disk did not take the end of a recording, or not for good.
    RecordingCut(RecordingId),
    /// The program stops: who is still on the line is told.
    LineStops,
    Stop,
}

/// The way in; clones share it.
#[derive(Debug, Clone)]
pub struct Inbox {
    post: Sender<Post>,
}

/// The desk could not take it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the desk takes no more for the moment")]
pub struct InboxFull;

/// The desk's ends.
pub struct Arrivals {
    pub phone: Receiver<PhoneEvent>,
    pub post: Receiver<Post>,
}

/// Makes the inbox: the telephones' way in, everybody else's, and the desk's ends.
pub fn inbox() -> (Sender<PhoneEvent>, Inbox, Arrivals) {
    let (phone, from_phone) = bounded(PHONE_EVENTS);
    let (post, from_post) = bounded(OTHERS);
    (phone, Inbox { post }, Arrivals { phone: from_phone, post: from_post })
}

impl Inbox {
    /// # Errors
    /// When the inbox is full: a text is then not acknowledged and comes again.
    pub fn put(&self, post: Post) -> Result<(), InboxFull> {
        self.give(post).map_err(|_| InboxFull)
    }

    /// As [`Inbox::put`]; what was not taken comes back.
    ///
    /// # Errors
    /// When the inbox is full.
    #[expect(clippy::result_large_err, reason = "it is what was handed in")]
    pub fn give(&self, post: Post) -> Result<(), Post> {
        self.post.try_send(post).map_err(|error| match error {
            TrySendError::Full(post) | TrySendError::Disconnected(post) => post,
        })
    }

    /// Whether it would take something now.
    pub fn has_room(&self) -> bool {
        !self.post.is_full()
    }

    /// Waits for room: only for a thread of its own.
    ///
    /// # Errors
    /// When there was none in time, or the desk has ended.
    pub fn put_within(&self, post: Post, patience: Duration) -> Result<(), InboxFull> {
        self.post.send_timeout(post, patience).map_err(|_| InboxFull)
    }

    /// Asks the desk and waits for its answer; a full inbox is an answer too.
    pub async fn ask(&self, by: Commander, command: Command) -> CommandOutcome {
        let (reply, answer) = oneshot::channel();
        if self.put(Post::Command { by, command, reply }).is_err() {
            return unavailable();
        }
        answer.await.unwrap_or_else(|_| unavailable())
    }
}

/// The answer when the desk cannot answer.
pub fn unavailable() -> CommandOutcome {
    CommandOutcome::Refused(Why::DeskBusy.into())
}

//! What the desk wants done, after its writes are committed. Texts are not here: they are outbox rows.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::command::CommandOutcome;
use super::event::PlayId;
use crate::domain::ids::{CallId, CommandId, RecordingId};
use crate::domain::language::Language;
use crate::domain::names::named_enum;

/// One thing to do in the world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    Phone(PhoneEffect),
    /// The answer to a command.
    Reply {
        id: CommandId,
        outcome: CommandOutcome,
    },
    /// A person has confirmed that the machine's clock is right: the line's time follows it.
    FollowClock,
}

/// What the telephones are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phone", rename_all = "snake_case")]
pub enum PhoneEffect {
    /// 180 to the caller.
    Ring {
        call: CallId,
    },
    /// 200 with our media.
    Answer {
        call: CallId,
    },
    Reject {
        call: CallId,
        reason: RejectReason,
    },
    /// Replaces whatever plays. Keys do not stop it by themselves.
    Play {
        call: CallId,
        play: PlayId,
        clips: Vec<Clip>,
        repeat: bool,
    },
    StopPlay {
        call: CallId,
    },
    /// Records the caller until stopped, silent for `silence`, or `limit` long.
    Record {
        call: CallId,
        recording: RecordingId,
        limit: Duration,
        silence: Duration,
    },
    StopRecording {
        call: CallId,
    },
    Hangup {
        call: CallId,
    },
    /// Rings somebody: a number, a SIP address, or `ext:201`, every telephone of an extension, of which the first to answer
    /// has the call. Unanswered after `ring_time` it is cancelled and ends as `NoAnswer`.
    Dial {
        call: CallId,
        target: String,
        ring_time: Duration,
    },
    /// Lets two answered calls hear each other; neither is told the other's number.
    Bridge {
        a: CallId,
        b: CallId,
    },
    /// Lets an answered call take part in a bridge; told again of a call that is there, it changes its part.
    Join {
        to: CallId,
        call: CallId,
        part: Part,
    },
    /// Takes a call off its bridge for a while: it hears only what it is played, and nobody hears it.
    Hold {
        call: CallId,
        on: bool,
    },
    /// Nobody on the bridge hears it; it hears everybody.
    Mute {
        call: CallId,
        on: bool,
    },
    /// How a transfer that a telephone asked for came out.
    TransferOutcome {
        call: CallId,
        ok: bool,
    },
    Unbridge {
        a: CallId,
        b: CallId,
    },
}

impl PhoneEffect {
    /// The call it is about (the first, for a bridge).
    pub fn call(&self) -> CallId {
        match self {
            Self::Ring { call }
            | Self::Answer { call }
            | Self::Reject { call, .. }
            | Self::Play { call, .. }
            | Self::StopPlay { call }
            | Self::Record { call, .. }
            | Self::StopRecording { call }
            | Self::Hangup { call }
            | Self::Dial { call, .. }
            | Self::Hold { call, .. }
            | Self::Mute { call, .. }
            | Self::TransferOutcome { call, .. } => *call,
            Self::Join { to, .. } => *to,
            Self::Bridge { a, .. } | Self::Unbridge { a, .. } => *a,
        }
    }
}

/// What somebody on a bridge is there for. Whatever it is, they hear everybody who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Heard by all.
    Speak,
    /// Heard by nobody.
    Listen,
    /// Heard by one alone.
    Whisper { at: CallId },
}

/// A piece of sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clip {
    /// A clip of the manifest, by id (`digits/0`, `main-menu`); a language without it falls back to Chinese.
    Sound {
        language: Language,
        id: String,
    },
    Pause(Duration),
}

named_enum! {
    pub enum RejectReason {
        Busy = "busy",
        /// 503 with Retry-After.
        Overloaded = "overloaded",
        NotFound = "not_found",
        Forbidden = "forbidden",
    }
}

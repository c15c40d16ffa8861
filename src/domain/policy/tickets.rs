//! Figures of tickets from return to archive, and of the calls around them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::span::{self, Span, days_of, hours_of, minutes_of};
use crate::domain::ticket::ReturnReason;

/// Work given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReturnPolicy {
    /// From this return on, a district dispatcher rules, finally.
    pub ruling_from: u32,
    /// The reason that is noted where a text gives work back without one.
    pub by_text: ReturnReason,
}

impl Default for ReturnPolicy {
    fn default() -> Self {
        Self { ruling_from: 2, by_text: ReturnReason::NotOurDuty }
    }
}

/// Looking at a ticket from higher up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SupervisionPolicy {
    /// A station that is told has to act and answer within this; where life or safety is concerned at once.
    pub answer_within: Span,
    /// Where life or safety is concerned: what is not answered within this rises.
    #[serde(with = "span::plain")]
    pub life_rises_after: Duration,
}

impl Default for SupervisionPolicy {
    fn default() -> Self {
        Self { answer_within: Span::Working(hours_of(4)), life_rises_after: minutes_of(15) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SuspensionPolicy {
    /// Longer needs a supervisor.
    pub handler_limit: Span,
    /// All suspensions of a ticket together.
    pub total: Span,
}

impl Default for SuspensionPolicy {
    fn default() -> Self {
        Self { handler_limit: Span::WorkingDays(2), total: Span::WorkingDays(10) }
    }
}

/// Asking the resident whether it helped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SurveyPolicy {
    #[serde(with = "span::plain")]
    pub delay: Duration,
    pub tries: u8,
    #[serde(with = "span::plain")]
    pub within: Duration,
    /// Between two tries, at the least.
    #[serde(with = "span::plain")]
    pub again_after: Duration,
    /// A telephone that was engaged is rung again so much later, and that is no try.
    #[serde(with = "span::plain")]
    pub busy_again: Duration,
    /// How long the last text waits for its answer.
    #[serde(with = "span::plain")]
    pub text_wait: Duration,
    /// An answer sooner after `handled` does not count.
    #[serde(with = "span::plain")]
    pub too_soon: Duration,
    /// Share of consultations that are asked about.
    pub consultation_percent: u8,
    #[serde(with = "span::plain")]
    pub ring_time: Duration,
}

impl Default for SurveyPolicy {
    fn default() -> Self {
        Self {
            delay: hours_of(1),
            tries: 3,
            within: hours_of(48),
            again_after: hours_of(3),
            busy_again: minutes_of(15),
            text_wait: days_of(7),
            too_soon: minutes_of(10),
            consultation_percent: 20,
            ring_time: Duration::from_secs(45),
        }
    }
}

/// The long life of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TicketPolicy {
    /// What a caller keyed goes out by itself where category and place allow it; else an operator sends it. An
    /// emergency waits for nobody.
    pub auto_dispatch: bool,
    /// A citizen may reopen this long; later a linked ticket is opened.
    #[serde(with = "span::plain")]
    pub reopen_within: Duration,
    #[serde(with = "span::plain")]
    pub archive_after: Duration,
    #[serde(with = "span::plain")]
    pub merge_within: Duration,
    #[serde(with = "span::plain")]
    pub unmerge_within: Duration,
    /// From this redo on: supervision level 1.
    pub redo_level_1: u32,
    /// From this redo on: level 2, and the district calls the resident.
    pub redo_level_2: u32,
    /// From this contact on, supervision.
    pub contacts_level_1: u32,
}

impl Default for TicketPolicy {
    fn default() -> Self {
        Self {
            auto_dispatch: true,
            reopen_within: days_of(15),
            archive_after: days_of(90),
            merge_within: hours_of(72),
            unmerge_within: days_of(7),
            redo_level_1: 2,
            redo_level_2: 3,
            contacts_level_1: 3,
        }
    }
}

/// What is left of a ticket when it is archived, and how long recordings are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionPolicy {
    /// Recordings of a ticket, from its archiving on.
    #[serde(with = "span::plain")]
    pub recordings: Duration,
    /// The same where it was sealed.
    #[serde(with = "span::plain")]
    pub recordings_sealed: Duration,
    /// Comments on the help given.
    #[serde(with = "span::plain")]
    pub comments: Duration,
    /// Recordings that belong to no ticket, from the day they were made.
    #[serde(with = "span::plain")]
    pub without_ticket: Duration,
    /// Numbers of calls and texts, from the day they were made.
    #[serde(with = "span::plain")]
    pub numbers: Duration,
    /// An archived ticket loses door and point; the committee stays.
    pub forget_address: bool,
    /// It loses what was written of it, and the words of its texts and of its history.
    pub forget_words: bool,
    /// It loses the number it was opened from.
    pub forget_numbers: bool,
}

impl Default for RetentionPolicy {
    fn default() -> Self {
        Self {
            recordings: days_of(365),
            recordings_sealed: days_of(1_095),
            comments: days_of(90),
            without_ticket: days_of(90),
            numbers: days_of(180),
            forget_address: true,
            forget_words: true,
            forget_numbers: true,
        }
    }
}

/// By when a person has looked at what came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TriagePolicy {
    #[serde(with = "span::plain")]
    pub urgent: Duration,
    #[serde(with = "span::plain")]
    pub other: Duration,
}

impl Default for TriagePolicy {
    fn default() -> Self {
        Self { urgent: minutes_of(1), other: minutes_of(15) }
    }
}

/// Calls in, and calls back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CallPolicy {
    /// How long people are rung before the menu takes over.
    #[serde(with = "span::plain")]
    pub ring_budget: Duration,
    /// How long all three tiers are rung for an emergency.
    #[serde(with = "span::plain")]
    pub emergency_ring: Duration,
    /// What whoever took an emergency dials with one key, beside the caller.
    pub bring_in: String,
    /// Callers at once; one more hears that the lines are full and is owed a call.
    pub most_at_once: usize,
    /// A number that called abusively is led to the recorded line for at most this long at a time (SAF-9).
    #[serde(with = "span::plain")]
    pub longest_limit: Duration,
    /// A talk with a person is recorded for at most this long.
    #[serde(with = "span::plain")]
    pub longest_talk: Duration,
    /// A call that ended sooner is counted as short.
    #[serde(with = "span::plain")]
    pub short_below: Duration,
    /// Two short ones within this count as one long.
    #[serde(with = "span::plain")]
    pub short_pair: Duration,
    /// Calls a machine may make to one number in a day.
    pub machine_calls_per_day: u8,
    pub callback_tries: u8,
    #[serde(with = "span::plain")]
    pub callback_again_after: Duration,
}

impl Default for CallPolicy {
    fn default() -> Self {
        Self {
            ring_budget: Duration::from_secs(15),
            emergency_ring: Duration::from_secs(45),
            bring_in: "120".to_owned(),
            most_at_once: 360,
            longest_limit: hours_of(72),
            longest_talk: minutes_of(120),
            short_below: Duration::from_secs(3),
            short_pair: minutes_of(10),
            machine_calls_per_day: 3,
            callback_tries: 3,
            callback_again_after: minutes_of(30),
        }
    }
}

/// Care calls (SAF-10): both tries are counted from the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CarePolicy {
    #[serde(with = "span::plain")]
    pub second_try: Duration,
    #[serde(with = "span::plain")]
    pub third_try: Duration,
    /// Who talks with somebody else is rung again so much later, and that is no try.
    #[serde(with = "span::plain")]
    pub busy_again: Duration,
    /// Whose number our lines do not reach for so long, while they reach others, is looked after by the contacts.
    #[serde(with = "span::plain")]
    pub lines_failed: Duration,
    #[serde(with = "span::plain")]
    pub ring_time: Duration,
    /// Most that ring unanswered at the same time, those to contacts too.
    pub at_once: u16,
}

impl Default for CarePolicy {
    fn default() -> Self {
        Self {
            second_try: minutes_of(15),
            third_try: minutes_of(60),
            busy_again: minutes_of(5),
            lines_failed: minutes_of(60),
            ring_time: Duration::from_secs(60),
            at_once: 10,
        }
    }
}

/// Callers who wait for an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueuePolicy {
    /// How long an operator's telephone rings; unanswered they are away.
    #[serde(with = "span::plain")]
    pub operator_ring: Duration,
    /// Who writes a call up is ready by themselves after this.
    #[serde(with = "span::plain")]
    pub wrap_up: Duration,
    /// Longer nobody waits: a call-back request takes the place.
    #[serde(with = "span::plain")]
    pub longest: Duration,
    /// How long a talk takes, until the line has seen its own.
    #[serde(with = "span::plain")]
    pub talk_length: Duration,
    /// Whether operators who are ready are given call-back requests too.
    pub rings_back: bool,
}

impl Default for QueuePolicy {
    fn default() -> Self {
        Self {
            operator_ring: Duration::from_secs(15),
            wrap_up: minutes_of(2),
            longest: minutes_of(10),
            talk_length: minutes_of(3),
            rings_back: true,
        }
    }
}

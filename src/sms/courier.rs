//! What is in hand: texts taken from the outbox, cut into parts, given to the centre in order and no
//! faster than it bears.
//!
//! Knows no socket: it says what to submit next and hears what became of it. Parts of one text go one
//! after the other, texts beside each other as far as the window allows.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::ids::MessageId;
use crate::domain::message::{OutgoingText, TextReport, TextState};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::timestamp::Timestamp;
use crate::text::segments::{self, Alphabet};

use super::pace::Pace;
use super::ports::{Happened, Leave};
use super::settings::{AlphabetChoice, Settings};

/// Parts of one text: our own have at most five, and a longer one is a mistake somebody must see.
const MAX_PARTS: usize = 10;
/// Tries of one part at a centre that fails without saying that it is busy.
const MAX_TRIES: u8 = 8;
/// The first rest after "slow down"; it doubles with each further one.
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(30);
/// Texts remembered as half sent after a lost link.
const MAX_HALF_SENT: usize = 1_000;

/// A part to give to the centre.
#[derive(Clone, PartialEq, Eq)]
pub struct Submission {
    pub id: MessageId,
    pub to: PhoneNumber,
    pub alphabet: Alphabet,
    pub words: String,
    /// From 1.
    pub part: u8,
    pub of: u8,
    /// Joins the parts on the handset; the same when they are sent again.
    pub reference: u8,
    pub not_after: Timestamp,
}

/// What to do next.
#[derive(Clone, PartialEq, Eq)]
pub enum Next {
    Submit(Submission),
    Say(Happened),
    /// Nothing before this moment, or before something is heard.
    Wait(Option<Timestamp>),
}

/// Why the centre did not take a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Too fast, or its queue is full: everybody rests, and goes on at half the speed.
    Busy,
    /// Its own trouble: this part is tried again.
    Trouble(u32),
    /// It never will.
    Final(u32),
}

impl Refusal {
    /// Reads a command status (SMPP 3.4 §5.1.3).
    pub fn from_status(status: u32) -> Self {
        match status {
            0x14 | 0x58 => Self::Busy,
            // System error, receiver temporary error, query failed, delivery failure, unknown error.
            0x08 | 0x64 | 0x67 | 0xfe | 0xff => Self::Trouble(status),
            _ => Self::Final(status),
        }
    }
}

#[derive(Debug)]
struct Hand {
    text: OutgoingText,
    alphabet: Alphabet,
    parts: Vec<String>,
    /// The names of the parts the centre has taken.
    taken: Vec<String>,
    tries: u8,
    /// A part of it is on the way to the centre.
    flying: bool,
    not_before: Timestamp,
    /// The order it was taken in.
    turn: u64,
}

/// The texts in hand.
#[derive(Debug)]
pub struct Courier {
    window: usize,
    pace: Pace,
    alphabet: AlphabetChoice,
    hands: BTreeMap<MessageId, Hand>,
    /// The names of parts taken, of texts that were put back when the link was lost.
    half_sent: BTreeMap<MessageId, Vec<String>>,
    next_turn: u64,
    resting_until: Timestamp,
    rest: Duration,
}

impl Courier {
    pub fn new(settings: &Settings) -> Self {
        Self {
            window: settings.window.into(),
            pace: Pace::new(settings.parts_per_second),
            alphabet: settings.alphabet,
            hands: BTreeMap::new(),
            half_sent: BTreeMap::new(),
            next_turn: 0,
            resting_until: Timestamp::default(),
            rest: FIRST_REST,
        }
    }

    pub fn in_hand(&self) -> usize {
        self.hands.len()
    }

    /// Until when the centre rests, if it does.
    pub fn resting_until(&self, now: Timestamp) -> Option<Timestamp> {
        (self.resting_until > now).then_some(self.resting_until)
    }

    /// How many texts to take: none while the centre rests, so that a cancel still reaches them.
    pub fn room(&self, now: Timestamp) -> usize {
        if self.resting_until(now).is_some() { 0 } else { self.window.saturating_sub(self.hands.len()) }
    }

    /// Takes a text in hand; one already there stays as it is.
    pub fn add(&mut self, text: OutgoingText) {
        let alphabet = match self.alphabet {
            AlphabetChoice::Smallest => Alphabet::of(&text.body),
            AlphabetChoice::Ucs2 => Alphabet::Ucs2,
        };
        let parts: Vec<String> =
            segments::split(&text.body, alphabet).into_iter().map(str::to_owned).collect();
        let taken = self.half_sent.remove(&text.id).unwrap_or_default();
        let not_before = text.not_before;
        let turn = self.next_turn;
        self.next_turn += 1;
        self.hands.entry(text.id).or_insert(Hand {
            text,
            alphabet,
            parts,
            taken,
            tries: 0,
            flying: false,
            not_before,
            turn,
        });
    }

    /// Says what to do at `now`; asked until it says to wait.
    pub fn next(&mut self, now: Timestamp, may_leave: impl Fn(&OutgoingText, Timestamp) -> Leave) -> Next {
        let flying = self.hands.values().filter(|hand| hand.flying).count();
        let due = |hand: &&mut Hand| !hand.flying && hand.not_before <= now;
        let Some(hand) = self.hands.values_mut().filter(due).min_by_key(|hand| hand.turn) else {
            let waiting = self.hands.values().filter(|hand| !hand.flying);
            return Next::Wait(waiting.map(|hand| hand.not_before).min());
        };
        let id = hand.text.id;
        // Before its first part a text may still stay; after it the rest belongs to what was begun.
        if hand.taken.is_empty() {
            if hand.parts.len() > MAX_PARTS {
                return Next::Say(self.end(id, TextState::Failed, now, Some("too_long".into())));
            }
            if hand.text.not_after <= now {
                return Next::Say(self.end(id, TextState::Expired, now, None));
            }
            if let Leave::NotBefore(moment) = may_leave(&hand.text, now) {
                self.hands.remove(&id);
                return Next::Say(Happened::PutBack { id, not_before: Some(moment) });
            }
        }
        if flying >= self.window {
            return Next::Wait(None);
        }
        let slot = self.pace.next().max(self.resting_until);
        if slot > now {
            return Next::Wait(Some(slot));
        }
        self.pace.left(now);
        hand.flying = true;
        let count = |n: usize| u8::try_from(n).expect("MAX_PARTS fits");
        Next::Submit(Submission {
            id,
            to: hand.text.to.clone(),
            alphabet: hand.alphabet,
            words: hand.parts[hand.taken.len()].clone(),
            part: count(hand.taken.len() + 1),
            of: count(hand.parts.len()),
            reference: reference(id),
            not_after: hand.text.not_after,
        })
    }

    /// The centre took the part in flight; a part it did not name gets a name of ours.
    pub fn taken(&mut self, id: MessageId, provider_id: Option<String>, now: Timestamp) -> Option<Happened> {
        self.rest = FIRST_REST;
        self.pace.bears_it();
        let hand = self.hands.get_mut(&id)?;
        hand.flying = false;
        hand.tries = 0;
        let part = hand.taken.len() + 1;
        hand.taken.push(provider_id.unwrap_or_else(|| format!("unnamed {id} {part}")));
        if part < hand.parts.len() {
            return None;
        }
        let provider_ids = self.hands.remove(&id).map(|hand| hand.taken).unwrap_or_default();
        Some(Happened::Left { id, provider_ids, at: now })
    }

    /// The centre did not take the part in flight.
    pub fn refused(&mut self, id: MessageId, why: Refusal, now: Timestamp) -> Option<Happened> {
        let hand = self.hands.get_mut(&id)?;
        hand.flying = false;
        match why {
            // A whole window may be answered so at once: that is one word, not ten.
            Refusal::Busy if self.resting_until > now => None,
            Refusal::Busy => {
                self.resting_until = now + self.rest;
                self.rest = (self.rest * 2).min(LONGEST_REST);
                self.pace.slow_down();
                None
            }
            Refusal::Trouble(status) => {
                hand.tries += 1;
                if hand.tries >= MAX_TRIES {
                    return Some(self.end(id, TextState::Failed, now, Some(reason(status))));
                }
                hand.not_before = now + FIRST_REST.saturating_mul(1 << hand.tries.min(5));
                None
            }
            Refusal::Final(status) => Some(self.end(id, TextState::Failed, now, Some(reason(status)))),
        }
    }

    /// The link is gone: everything goes back to the outbox. What was in flight may have arrived, and
    /// goes again in the same words: at least once.
    pub fn link_lost(&mut self) -> Vec<Happened> {
        let hands = std::mem::take(&mut self.hands);
        let ids: Vec<MessageId> = hands.keys().copied().collect();
        for (id, hand) in hands {
            if !hand.taken.is_empty() && self.half_sent.len() < MAX_HALF_SENT {
                self.half_sent.insert(id, hand.taken);
            }
        }
        self.resting_until = Timestamp::default();
        ids.into_iter().map(|id| Happened::PutBack { id, not_before: None }).collect()
    }

    fn end(&mut self, id: MessageId, state: TextState, now: Timestamp, reason: Option<String>) -> Happened {
        let parts = self.hands.remove(&id).map_or(0, |hand| hand.parts.len());
        let segments = u8::try_from(parts).unwrap_or(u8::MAX);
        Happened::Ended(TextReport { id, state, at: now, segments, reason })
    }
}

/// The centre's code, as its manual prints it.
fn reason(status: u32) -> String {
    format!("0x{status:08X}")
}

/// Eight bits that follow from the id, so that parts sent again after a restart join the first ones.
fn reference(id: MessageId) -> u8 {
    id.0.as_bytes().iter().fold(0, |sum: u8, octet| sum.wrapping_mul(31).wrapping_add(*octet))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::ids::{Chance, JurisdictionId};

    const NOON: Timestamp = Timestamp::from_millis(1_777_600_800_000);

    fn text(seed: u64) -> OutgoingText {
        OutgoingText {
            id: Chance::from_number(seed).mint(NOON),
            jurisdiction: JurisdictionId("sifang".into()),
            to: PhoneNumber::try_from("+8613800000001".to_owned()).unwrap(),
            template: "offer".into(),
            parameters: BTreeMap::new(),
            body: "37".into(),
            ticket: None,
            offer: None,
            survey: None,
            created_at: NOON,
            not_before: NOON,
            not_after: NOON + Duration::from_hours(1),
            quiet_exempt: true,
            state: TextState::Waiting,
        }
    }

    #[test]
    fn a_window_of_parts_that_all_came_too_fast_is_one_rest() {
        let mut courier =
            Courier::new(&Settings { window: 10, parts_per_second: 10_000, ..Settings::default() });
        (0..10).for_each(|seed| courier.add(text(seed)));
        let mut flying = Vec::new();
        let mut now = NOON;
        loop {
            match courier.next(now, |_, _| Leave::Now) {
                Next::Submit(part) => flying.push(part.id),
                Next::Wait(Some(at)) if flying.len() < 10 => now = at,
                Next::Wait(_) => break,
                Next::Say(happened) => panic!("{happened:?}"),
            }
        }
        for id in flying {
            assert_eq!(courier.refused(id, Refusal::Busy, now), None);
        }
        assert_eq!(courier.resting_until(now), Some(now + FIRST_REST));
        // The next time it is longer.
        now = now + FIRST_REST;
        let Next::Submit(part) = courier.next(now, |_, _| Leave::Now) else { panic!("the rest is over") };
        assert_eq!(courier.refused(part.id, Refusal::Busy, now), None);
        assert_eq!(courier.resting_until(now), Some(now + FIRST_REST * 2));
    }
}

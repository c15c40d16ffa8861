//! A key that is pressed once and comes by two ways counts once.
//!
//! Telephones say keys as events beside the sound, as tones in it, or in the
//! signalling, and gateways like to make two of one. Who has sent an event
//! sends every key so; until then whatever comes is heard.

use std::time::Duration;

use super::telephone_event::Key;

/// How a key came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As a telephone-event packet.
    Event,
    /// As tones in the sound.
    Tone,
    /// As SIP INFO.
    Info,
}

/// The same key by another way within this time is the same press: the ways differ by some packets,
/// and nobody presses a key again by another way.
const SAME_PRESS: Duration = Duration::from_millis(400);

/// Watches the keys of one leg. Times are since any beginning.
#[derive(Debug, Default)]
pub struct OncePressed {
    sends_events: bool,
    last: Option<(Way, Key, Duration)>,
}

impl OncePressed {
    /// Whether a tone can count at all: not from a leg that has sent an event.
    pub fn hears_tones(&self) -> bool {
        !self.sends_events
    }

    /// Whether a key counts that comes at `at`.
    pub fn admits(&mut self, way: Way, key: Key, at: Duration) -> bool {
        match way {
            Way::Event => self.sends_events = true,
            Way::Tone | Way::Info if self.sends_events => return false,
            Way::Tone | Way::Info => {}
        }
        let is_the_same = self.last.is_some_and(|(by, before, since)| {
            by != way && before == key && at.saturating_sub(since) <= SAME_PRESS
        });
        if !is_the_same {
            self.last = Some((way, key, at));
        }
        !is_the_same
    }

    /// Notes that a key which counted is held: whatever says so when it is let go is the same press.
    pub fn still_down(&mut self, way: Way, key: Key, at: Duration) {
        if let Some((by, before, since)) = &mut self.last
            && *by == way
            && *before == key
        {
            *since = at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys as `(ms, way, key)`; returns those that count.
    fn counted(presses: &[(u64, Way, char)]) -> String {
        let mut once = OncePressed::default();
        let counts = |(at, way, key): &&(u64, Way, char)| {
            once.admits(*way, Key::from_char(*key).unwrap(), Duration::from_millis(*at))
        };
        presses.iter().filter(counts).map(|(_, _, key)| *key).collect()
    }

    #[test]
    fn a_press_that_comes_by_two_ways_counts_once_whichever_is_first() {
        use Way::{Event, Info, Tone};
        assert_eq!(counted(&[(0, Tone, '5'), (40, Event, '5'), (90, Info, '5')]), "5");
        assert_eq!(counted(&[(0, Event, '5'), (20, Tone, '5')]), "5");
        assert_eq!(counted(&[(0, Info, '5'), (400, Tone, '5'), (401, Tone, '5')]), "55");
    }

    #[test]
    fn who_sends_events_is_heard_no_other_way() {
        use Way::{Event, Info, Tone};
        assert_eq!(
            counted(&[(0, Tone, '1'), (900, Event, '2'), (2_000, Info, '3'), (3_000, Tone, '4')]),
            "12"
        );
    }

    #[test]
    fn the_same_key_twice_by_one_way_is_two_keys_and_different_keys_are_two() {
        use Way::{Event, Info, Tone};
        assert_eq!(counted(&[(0, Event, '0'), (150, Event, '0')]), "00");
        assert_eq!(counted(&[(0, Info, '0'), (100, Tone, '7')]), "07");
    }

    #[test]
    fn a_key_held_long_and_reported_when_let_go_counts_once() {
        let mut once = OncePressed::default();
        let (key, ms) = (Key::from_char('9').unwrap(), Duration::from_millis);
        assert!(once.admits(Way::Tone, key, ms(0)));
        (1..60).for_each(|n| once.still_down(Way::Tone, key, ms(n * 20)));
        assert!(!once.admits(Way::Info, key, ms(1_250)));
        assert!(once.admits(Way::Info, key, ms(2_000)));
    }
}

//! What was heard before of those who send (RFC 3711 §3.3.1, §3.3.2).

/// How far back it is known what was heard: 1.28 s of packets.
const WIDTH: u64 = 64;

/// Sources of which it is known what was heard; the one that came first gives way. Only who has the key can be
/// one of them.
const MAX_SOURCES: usize = 4;

/// What was heard of each source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Windows(Vec<(u32, Window)>);

impl Windows {
    pub fn of(&self, ssrc: u32) -> Window {
        let known = self.0.iter().find(|(source, _)| *source == ssrc);
        known.map_or(Window::default(), |(_, window)| *window)
    }

    pub fn put(&mut self, ssrc: u32, window: Window) {
        if let Some((_, known)) = self.0.iter_mut().find(|(source, _)| *source == ssrc) {
            *known = window;
            return;
        }
        if self.0.len() == MAX_SOURCES {
            self.0.remove(0);
        }
        self.0.push((ssrc, window));
    }
}

/// The highest index that was heard, and which of those before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Window {
    highest: Option<u64>,
    /// The lowest bit stands for the highest index.
    heard: u64,
}

impl Window {
    /// Which index a sequence number stands for: the one that is nearest to the highest heard.
    pub fn index_of(&self, sequence: u16) -> u64 {
        let Some(highest) = self.highest else { return sequence.into() };
        let (wraps, last) = (highest >> 16, highest as u16);
        let wraps = if last < 0x8000 {
            // Far ahead of a low number are those of before the wrap, if there was one.
            if sequence.wrapping_sub(last) > 0x8000 && sequence > last {
                wraps.saturating_sub(1)
            } else {
                wraps
            }
        } else if sequence < last - 0x8000 {
            wraps + 1
        } else {
            wraps
        };
        wraps << 16 | u64::from(sequence)
    }

    /// Whether an index is not known to have been heard.
    pub fn admits(&self, index: u64) -> bool {
        let Some(highest) = self.highest else { return true };
        match highest.checked_sub(index) {
            None => true,
            Some(back) => back < WIDTH && self.heard & 1 << back == 0,
        }
    }

    /// Notes that an index was heard, which its tag has vouched for.
    pub fn note(&mut self, index: u64) {
        let ahead = self.highest.map_or(WIDTH, |highest| index.saturating_sub(highest));
        if ahead > 0 || self.highest.is_none() {
            self.heard = if ahead < WIDTH { self.heard << ahead } else { 0 } | 1;
            self.highest = Some(index);
        } else if let Some(back) = self.highest.map(|highest| highest - index) {
            self.heard |= 1 << back;
        }
    }
}

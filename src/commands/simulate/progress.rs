//! How far a simulation is, for whoever waits: at once on a terminal, elsewhere when it takes longer than a breath.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::clock::monotonic;

/// How often somebody looks.
pub(super) const LOOK: Duration = Duration::from_millis(500);
/// A log hears of it for the first time after this, and then as seldom as that.
const FIRST: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_secs(30);

pub(super) struct Progress {
    began: Instant,
    said: Option<Instant>,
    on_terminal: bool,
    days: u64,
}

impl Progress {
    pub(super) fn of(days: u64) -> Self {
        Self { began: monotonic(), said: None, on_terminal: std::io::stderr().is_terminal(), days }
    }

    /// Says so many days are lived, where it is time to.
    pub(super) fn look(&mut self, lived: usize) {
        let now = monotonic();
        let due = match self.said {
            _ if self.on_terminal => true,
            None => now.duration_since(self.began) >= FIRST,
            Some(said) => now.duration_since(said) >= AGAIN,
        };
        if due {
            self.said = Some(now);
            let line = line(lived as u64, self.days, now.duration_since(self.began));
            let mut to = std::io::stderr().lock();
            let written =
                if self.on_terminal { write!(to, "\r{line}\x1b[K") } else { writeln!(to, "{line}") };
            // Nobody listens: the days are lived all the same.
            written.and_then(|()| to.flush()).ok();
        }
    }

    /// Leaves the terminal's line to what comes after it.
    pub(super) fn end(self) {
        if self.on_terminal {
            write!(std::io::stderr().lock(), "\r\x1b[K").ok();
        }
    }
}

fn line(lived: u64, days: u64, passed: Duration) -> String {
    if lived == 0 {
        return format!("{lived} of {days} days lived");
    }
    let left = passed.as_secs_f64() / lived as f64 * days.saturating_sub(lived) as f64;
    let left = if left < 90.0 { format!("{left:.0} s") } else { format!("{:.0} min", left / 60.0) };
    format!("{lived} of {days} days lived, about {left} left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_hears_how_long_it_takes() {
        assert_eq!(line(0, 20, Duration::from_secs(3)), "0 of 20 days lived");
        assert_eq!(line(5, 20, Duration::from_secs(10)), "5 of 20 days lived, about 30 s left");
        assert_eq!(line(5, 20, Duration::from_secs(100)), "5 of 20 days lived, about 5 min left");
    }
}

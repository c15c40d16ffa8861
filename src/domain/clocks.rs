//! Clocks: what is owed, since when, until when.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::names::named_enum;
use super::policy::Policy;
use super::span::{Span, Target};
use super::ticket::Window;
use super::timestamp::Timestamp;
use super::urgency::Urgency;

named_enum! {
    pub enum ClockKind {
        Answer = "answer",
        Accept = "accept",
        FirstContact = "first_contact",
        OnSite = "on_site",
        Handle = "handle",
        Followup = "followup",
        /// A ticket in intake or a call-back request.
        Triage = "triage",
        Window = "window",
    }
}

named_enum! {
    pub enum ClockCalendar {
        /// 24 × 7.
        Always = "always",
        /// The jurisdiction's working hours.
        Working = "working",
    }
}

/// A span in which the clock stood still; `until` is none while it still does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    pub from: Timestamp,
    pub until: Option<Timestamp>,
}

/// One clock of one ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    pub kind: ClockKind,
    pub calendar: ClockCalendar,
    pub started: Timestamp,
    pub pauses: Vec<Pause>,
    pub stopped: Option<Timestamp>,
    pub due: Timestamp,
    pub breached_at: Option<Timestamp>,
}

/// What a ticket's clocks depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owed {
    pub urgency: Urgency,
    /// An answer is all that is wanted (the category's `consultation`).
    pub consultation: bool,
    /// When somebody is expected, once agreed.
    pub window: Option<Window>,
}

impl Clock {
    /// Starts the clock, or says that nothing of this kind is owed.
    ///
    /// `Answer` has no clock where calls are answered at once, `Window` none without one, and what is
    /// "as agreed" none before there is an agreement, but `Handle`, which then has the time of P3.
    pub fn start(
        kind: ClockKind,
        owed: &Owed,
        policy: &Policy,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Option<Self> {
        let (on, due) = due(kind, owed, policy, calendar, now)?;
        Some(Self {
            kind,
            calendar: on,
            started: now,
            pauses: Vec::new(),
            stopped: None,
            due,
            breached_at: None,
        })
    }

    /// Whether it runs: neither stopped nor paused.
    pub fn is_running(&self) -> bool {
        self.stopped.is_none() && !self.is_paused()
    }

    pub fn is_paused(&self) -> bool {
        self.pauses.last().is_some_and(|pause| pause.until.is_none())
    }

    /// Lets it stand still. One that does already, or has stopped, is left alone.
    pub fn pause(&mut self, now: Timestamp) {
        if self.is_running() {
            self.pauses.push(Pause { from: now, until: None });
        }
    }

    /// Lets it run on; what is due moves by the pause, measured on the clock's own calendar.
    pub fn resume(&mut self, calendar: &Calendar, now: Timestamp) {
        let on = self.calendar;
        if let Some(pause) = self.pauses.last_mut().filter(|pause| pause.until.is_none()) {
            let until = now.max(pause.from);
            pause.until = Some(until);
            let stood = calendar.between_on(on, pause.from, until);
            self.due = calendar.add_on(on, self.due, stood);
        }
    }

    /// Stops it: what was owed has been done. A pause ends with it.
    pub fn stop(&mut self, calendar: &Calendar, now: Timestamp) {
        if self.stopped.is_none() {
            self.resume(calendar, now);
            self.stopped = Some(now);
        }
    }

    /// Takes a stop back (a redo): the time since counts, and nothing moves.
    pub fn run_on(&mut self) {
        self.stopped = None;
    }

    /// When it will be in breach if nothing happens; none when it stands, has stopped, or is in breach already.
    pub fn next_breach(&self) -> Option<Timestamp> {
        (self.is_running() && self.breached_at.is_none()).then_some(self.due)
    }

    /// Notes a breach, once. Says whether this was the moment.
    pub fn check(&mut self, now: Timestamp) -> bool {
        let late = self.next_breach().is_some_and(|due| due <= now);
        if late {
            self.breached_at = Some(now);
        }
        late
    }

    /// Measures again from the original start, for another urgency, category or window; spent pauses are kept.
    ///
    /// A breach that was noted stays noted. Where nothing is owed any more the clock is left as it is.
    pub fn recompute(&mut self, owed: &Owed, policy: &Policy, calendar: &Calendar) {
        if let Some((on, due)) = due(self.kind, owed, policy, calendar, self.started) {
            self.calendar = on;
            self.due = calendar.add_on(on, due, self.spent_in_pauses(calendar));
        }
    }

    /// How much of its time has run, in thousandths; above 1,000 when it is late.
    pub fn fraction_spent(&self, calendar: &Calendar, now: Timestamp) -> u32 {
        let stands = self.pauses.last().filter(|pause| pause.until.is_none()).map(|pause| pause.from);
        let until = self.stopped.or(stands).unwrap_or(now);
        let pauses = self.spent_in_pauses(calendar);
        let spent = calendar.between_on(self.calendar, self.started, until).saturating_sub(pauses);
        let whole = calendar.between_on(self.calendar, self.started, self.due).saturating_sub(pauses);
        if whole.is_zero() {
            return 1_000;
        }
        u32::try_from(spent.as_millis() * 1_000 / whole.as_millis().max(1)).unwrap_or(u32::MAX)
    }

    /// The moment at which so many thousandths of it have run.
    pub fn moment_at(&self, calendar: &Calendar, permille: u32) -> Timestamp {
        let whole = calendar
            .between_on(self.calendar, self.started, self.due)
            .saturating_sub(self.spent_in_pauses(calendar));
        let mut moment = calendar.add_on(self.calendar, self.started, whole * permille / 1_000);
        for pause in &self.pauses {
            if let Some(until) = pause.until.filter(|_| pause.from < moment) {
                let stood = calendar.between_on(self.calendar, pause.from, until);
                moment = calendar.add_on(self.calendar, moment, stood);
            }
        }
        moment
    }

    /// All ended pauses together, on the clock's own calendar.
    pub fn spent_in_pauses(&self, calendar: &Calendar) -> Duration {
        let ended = self.pauses.iter().filter_map(|pause| Some((pause.from, pause.until?)));
        ended.map(|(from, until)| calendar.between_on(self.calendar, from, until)).sum()
    }
}

/// On which calendar and until when something is owed from `start` on.
fn due(
    kind: ClockKind,
    owed: &Owed,
    policy: &Policy,
    calendar: &Calendar,
    start: Timestamp,
) -> Option<(ClockCalendar, Timestamp)> {
    let row = policy.of(owed.urgency);
    let within = |span: Span| Some((span.calendar(), calendar.add(start, span)));
    let agreed = owed.window.map(|window| (ClockCalendar::Always, window.until));
    let target = |target: Target| match target {
        Target::Within(span) => within(span),
        Target::AsAgreed => agreed,
    };
    match kind {
        ClockKind::Answer => within(Span::Plain(row.answer)).filter(|_| !row.answer.is_zero()),
        ClockKind::Accept => within(row.accept),
        ClockKind::FirstContact => target(row.first_contact),
        ClockKind::OnSite if owed.consultation => None,
        ClockKind::OnSite => target(row.on_site),
        ClockKind::Handle if owed.consultation => within(row.consult),
        ClockKind::Handle => target(row.handle).or_else(|| match policy.of(Urgency::P3).handle {
            Target::Within(span) => within(span),
            Target::AsAgreed => within(row.consult),
        }),
        ClockKind::Followup => within(row.followup),
        ClockKind::Triage if owed.urgency == Urgency::P1 => within(Span::Plain(policy.triage.urgent)),
        ClockKind::Triage => within(Span::Plain(policy.triage.other)),
        ClockKind::Window => agreed,
    }
}

#[cfg(test)]
mod tests;

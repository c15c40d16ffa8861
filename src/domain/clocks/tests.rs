//! What is owed, when it is late, and what a pause does.

use proptest::prelude::*;

use super::*;
use crate::domain::span::{hours_of, minutes_of};

fn at(text: &str) -> Timestamp {
    let zoned: jiff::Zoned = format!("{text}[Asia/Shanghai]").parse().unwrap();
    Timestamp::from_millis(zoned.timestamp().as_millisecond())
}

fn owed(urgency: Urgency) -> Owed {
    Owed { urgency, consultation: false, window: None }
}

fn start(kind: ClockKind, owed: Owed, from: Timestamp) -> Option<Clock> {
    Clock::start(kind, &owed, &Policy::default(), &Calendar::default(), from)
}

#[test]
fn each_urgency_is_owed_what_the_table_says() {
    use ClockKind as K;
    use Urgency as U;
    let friday = "2026-03-06T16:00";
    for (kind, urgency, due) in [
        (K::Answer, U::P1, None),
        (K::Answer, U::P3, Some("2026-03-06T16:00:15")),
        (K::Accept, U::P1, Some("2026-03-06T16:03")),
        (K::Accept, U::P2, Some("2026-03-06T16:20")),
        (K::Accept, U::P3, Some("2026-03-06T18:00")),
        (K::Accept, U::P4, Some("2026-03-09T16:00")),
        (K::FirstContact, U::P2, Some("2026-03-06T16:30")),
        (K::FirstContact, U::P3, Some("2026-03-09T16:00")),
        (K::FirstContact, U::P4, None),
        (K::OnSite, U::P1, Some("2026-03-06T16:30")),
        (K::OnSite, U::P2, Some("2026-03-06T18:00")),
        (K::OnSite, U::P3, None),
        (K::Handle, U::P1, Some("2026-03-06T18:00")),
        (K::Handle, U::P2, Some("2026-03-07T16:00")),
        (K::Handle, U::P3, Some("2026-03-13T16:00")),
        (K::Handle, U::P4, Some("2026-03-13T16:00")),
        (K::Followup, U::P2, Some("2026-03-06T20:00")),
        (K::Followup, U::P3, Some("2026-03-09T16:00")),
        (K::Triage, U::P1, Some("2026-03-06T16:01")),
        (K::Triage, U::P4, Some("2026-03-06T16:15")),
        (K::Window, U::P3, None),
    ] {
        let clock = start(kind, owed(urgency), at(friday));
        assert_eq!(clock.map(|c| c.due), due.map(at), "{kind} of {urgency}");
    }
}

#[test]
fn an_agreed_window_is_what_bookings_are_held_to() {
    let window = Window { from: at("2026-03-10T14:00"), until: at("2026-03-10T16:00") };
    let booking = Owed { window: Some(window), ..owed(Urgency::P4) };
    for kind in [ClockKind::FirstContact, ClockKind::OnSite, ClockKind::Handle, ClockKind::Window] {
        assert_eq!(start(kind, booking, at("2026-03-06T16:00")).unwrap().due, window.until, "{kind}");
    }
    let question = Owed { consultation: true, ..owed(Urgency::P4) };
    assert_eq!(
        start(ClockKind::Handle, question, at("2026-03-06T16:00")).unwrap().due,
        at("2026-03-09T16:00")
    );
    assert_eq!(start(ClockKind::OnSite, question, at("2026-03-06T16:00")), None);
}

#[test]
fn a_pause_moves_what_is_due_by_working_time_on_a_working_clock() {
    let calendar = Calendar::default();
    let mut clock = start(ClockKind::Handle, owed(Urgency::P3), at("2026-03-02T10:00")).unwrap();
    assert_eq!(clock.due, at("2026-03-09T10:00"));
    clock.pause(at("2026-03-06T17:00"));
    assert!(!clock.is_running());
    assert!(!clock.check(at("2026-03-20T10:00")), "a clock that stands cannot be late");
    clock.resume(&calendar, at("2026-03-09T10:00"));
    assert_eq!(clock.due, at("2026-03-09T12:00"), "the pause held two working hours");
    assert_eq!(clock.spent_in_pauses(&calendar), hours_of(2));
    clock.resume(&calendar, at("2026-03-10T10:00"));
    assert_eq!(clock.due, at("2026-03-09T12:00"), "resuming twice moves nothing");
}

#[test]
fn a_breach_is_noted_once_and_a_stopped_clock_has_none() {
    let calendar = Calendar::default();
    let mut clock = start(ClockKind::Accept, owed(Urgency::P2), at("2026-03-02T10:00")).unwrap();
    assert!(!clock.check(at("2026-03-02T10:19:59")));
    assert_eq!(clock.next_breach(), Some(at("2026-03-02T10:20")));
    assert!(clock.check(at("2026-03-02T10:20")));
    assert!(!clock.check(at("2026-03-02T10:21")));
    assert_eq!(clock.breached_at, Some(at("2026-03-02T10:20")));
    let mut stopped = start(ClockKind::Accept, owed(Urgency::P2), at("2026-03-02T10:00")).unwrap();
    stopped.stop(&calendar, at("2026-03-02T10:05"));
    assert!(!stopped.check(at("2026-03-02T11:00")));
    stopped.run_on();
    assert!(stopped.check(at("2026-03-02T11:00")), "a redo runs on from the original start");
}

#[test]
fn another_urgency_measures_from_the_original_start_and_keeps_the_pauses() {
    let (policy, calendar) = (Policy::default(), Calendar::default());
    let mut clock = start(ClockKind::Handle, owed(Urgency::P3), at("2026-03-02T10:00")).unwrap();
    clock.pause(at("2026-03-02T11:00"));
    clock.resume(&calendar, at("2026-03-02T14:00"));
    assert_eq!(
        clock.due,
        at("2026-03-09T12:00"),
        "the pause held two working hours, for 12:00 to 13:00 is lunch"
    );
    clock.recompute(&owed(Urgency::P2), &policy, &calendar);
    assert_eq!(clock.due, at("2026-03-03T13:00"), "24 h and the pause's three plain hours");
    clock.recompute(&owed(Urgency::P3), &policy, &calendar);
    assert_eq!(calendar.working_between(clock.started, clock.due), hours_of(42));
    assert_eq!(clock.started, at("2026-03-02T10:00"));
}

#[test]
fn the_share_spent_stands_still_in_a_pause_and_names_its_moments() {
    let calendar = Calendar::default();
    let mut clock = start(ClockKind::Accept, owed(Urgency::P2), at("2026-03-02T10:00")).unwrap();
    assert_eq!(clock.fraction_spent(&calendar, at("2026-03-02T10:10")), 500);
    assert_eq!(clock.moment_at(&calendar, 850), at("2026-03-02T10:17"));
    clock.pause(at("2026-03-02T10:10"));
    assert_eq!(clock.fraction_spent(&calendar, at("2026-03-02T10:40")), 500);
    clock.resume(&calendar, at("2026-03-02T10:40"));
    assert_eq!(clock.fraction_spent(&calendar, at("2026-03-02T10:45")), 750);
    assert_eq!(clock.moment_at(&calendar, 250), at("2026-03-02T10:05"));
    assert_eq!(clock.moment_at(&calendar, 850), at("2026-03-02T10:47"));
    assert_eq!(clock.fraction_spent(&calendar, at("2026-03-02T11:10")), 2_000);
}

fn any_urgency() -> impl Strategy<Value = Urgency> {
    proptest::sample::select(Urgency::ALL)
}

proptest! {
    /// Returning, redoing and asking again touch no clock: only pauses and a new urgency move what is due.
    #[test]
    fn nothing_but_a_pause_moves_a_due_time_and_never_earlier(
        urgency in any_urgency(),
        begin in 0u64..20_000_000,
        steps in proptest::collection::vec((0u8..5, 1u64..3_000), 1..20),
    ) {
        let calendar = Calendar::default();
        let mut now = at("2026-01-01T00:00") + Duration::from_secs(begin);
        let mut clock = start(ClockKind::Handle, owed(urgency), now).unwrap();
        for (what, minutes) in steps {
            now = now + minutes_of(minutes);
            let before = clock.due;
            match what {
                0 => clock.pause(now),
                1 => clock.resume(&calendar, now),
                2 => { clock.check(now); }
                3 => clock.run_on(),
                _ => clock.stop(&calendar, now),
            }
            prop_assert!(clock.due >= before, "due went back");
            if matches!(what, 0 | 2 | 3) {
                prop_assert_eq!(clock.due, before);
            }
        }
    }

    #[test]
    fn what_was_left_before_a_pause_is_left_after_it(
        urgency in any_urgency(),
        begin in 0u64..20_000_000,
        after in 0u64..2_000,
        length in 0u64..30_000,
    ) {
        let calendar = Calendar::default();
        let began = at("2026-01-01T00:00") + Duration::from_secs(begin);
        let mut clock = start(ClockKind::Accept, owed(urgency), began).unwrap();
        let paused = (began + minutes_of(after)).min(clock.due);
        let left = calendar.between_on(clock.calendar, paused, clock.due);
        clock.pause(paused);
        let resumed = paused + minutes_of(length);
        clock.resume(&calendar, resumed);
        prop_assert_eq!(calendar.between_on(clock.calendar, resumed, clock.due), left);
    }
}

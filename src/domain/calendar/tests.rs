//! Days, working hours, holidays, nights and the hours in between.

use proptest::prelude::*;

use super::*;
use crate::domain::span::hours_of;

fn at(text: &str) -> Timestamp {
    let zoned: jiff::Zoned = text.parse().unwrap();
    Timestamp::from_millis(zoned.timestamp().as_millisecond())
}

fn cn(text: &str) -> Timestamp {
    at(&format!("{text}[Asia/Shanghai]"))
}

fn berlin() -> Calendar {
    Calendar::parse(
        r#"
name = "de"
zone = "Europe/Berlin"
daytime = "08:00-20:00"
calling = ["09:00-12:00", "14:00-20:00"]
quiet = "21:00-08:00"
[working]
monday = ["00:00-24:00"]
tuesday = ["00:00-24:00"]
wednesday = ["00:00-24:00"]
thursday = ["00:00-24:00"]
friday = ["00:00-24:00"]
saturday = ["00:00-24:00"]
sunday = ["00:00-24:00"]
"#,
    )
    .unwrap()
}

#[test]
fn the_day_of_a_ticket_number_turns_at_local_midnight() {
    let calendar = Calendar::default();
    assert_eq!(calendar.civil_day(cn("2026-05-01T23:59:59")), 260_501);
    assert_eq!(calendar.civil_day(cn("2026-05-02T00:00")), 260_502);
    assert_eq!(calendar.civil_day(at("2026-12-31T16:00[UTC]")), 270_101);
    assert_eq!((calendar.weekday(cn("2026-05-04T13:20")), calendar.hour(cn("2026-05-04T13:20"))), (0, 13));
}

#[test]
fn holidays_are_free_and_make_up_days_are_worked() {
    let calendar = Calendar::default();
    for (moment, working) in [
        ("2026-03-02T09:00", true),
        ("2026-03-02T08:59", false),
        ("2026-03-02T12:30", false),
        ("2026-03-02T17:59", true),
        ("2026-03-02T18:00", false),
        ("2026-03-01T10:00", false), // a Sunday
        ("2026-02-17T10:00", false), // Spring Festival, a Tuesday
        ("2026-02-14T10:00", true),  // a Saturday worked for it
        ("2026-10-10T10:00", true),
    ] {
        assert_eq!(calendar.is_working(cn(moment)), working, "{moment}");
    }
}

#[test]
fn working_time_jumps_over_lunch_nights_weekends_and_holidays() {
    let calendar = Calendar::default();
    for (from, hours, until) in [
        ("2026-03-02T09:00", 2, "2026-03-02T11:00"),
        ("2026-03-02T11:00", 2, "2026-03-02T14:00"),
        ("2026-03-02T09:00", 3, "2026-03-02T12:00"),
        ("2026-03-02T17:00", 2, "2026-03-03T10:00"),
        ("2026-03-06T17:30", 2, "2026-03-09T10:30"),
        ("2026-03-07T03:00", 2, "2026-03-09T11:00"),
        ("2026-02-14T17:00", 2, "2026-02-24T10:00"),
        ("2026-03-07T03:00", 0, "2026-03-07T03:00"),
    ] {
        assert_eq!(calendar.add_working(cn(from), hours_of(hours)), cn(until), "{hours} h after {from}");
    }
    let five_days = calendar.add(cn("2026-03-02T10:00"), Span::WorkingDays(5));
    assert_eq!(five_days, cn("2026-03-09T10:00"));
    assert_eq!(calendar.working_between(cn("2026-03-06T12:00"), cn("2026-03-09T12:00")), hours_of(8));
    assert_eq!(calendar.working_between(cn("2026-03-09T12:00"), cn("2026-03-06T12:00")), Duration::ZERO);
}

#[test]
fn a_day_on_which_clocks_change_is_as_long_as_it_is() {
    let calendar = berlin();
    let day = |date: &str| {
        let from = at(&format!("{date}T00:00[Europe/Berlin]"));
        calendar.working_between(from, from + hours_of(30))
            - calendar.working_between(from + hours_of(26), from + hours_of(30))
    };
    assert_eq!(day("2026-03-29"), hours_of(26));
    let spring = (at("2026-03-29T00:00[Europe/Berlin]"), at("2026-03-30T00:00[Europe/Berlin]"));
    assert_eq!(calendar.working_between(spring.0, spring.1), hours_of(23));
    let autumn = (at("2026-10-25T00:00[Europe/Berlin]"), at("2026-10-26T00:00[Europe/Berlin]"));
    assert_eq!(calendar.working_between(autumn.0, autumn.1), hours_of(25));
    assert_eq!(calendar.add_working(spring.0, hours_of(23)), spring.1);
}

#[test]
fn another_try_goes_to_another_part_of_the_day() {
    let calendar = Calendar::default();
    for (after, tried, next) in [
        ("2026-03-02T10:15", &[][..], "2026-03-02T10:15"),
        ("2026-03-02T12:15", &[], "2026-03-02T14:00"),
        ("2026-03-02T20:00", &[], "2026-03-03T09:00"),
        ("2026-03-02T13:15", &[10], "2026-03-02T14:00"),
        ("2026-03-02T15:00", &[14], "2026-03-02T17:00"),
        ("2026-03-02T18:30", &[10, 14], "2026-03-02T18:30"),
        ("2026-03-02T20:30", &[10, 14], "2026-03-03T17:00"),
        ("2026-03-02T20:30", &[10, 14, 19], "2026-03-03T09:00"),
    ] {
        assert_eq!(calendar.next_calling_time(cn(after), tried), cn(next), "after {after}, tried {tried:?}");
    }
}

#[test]
fn nobody_is_disturbed_from_nine_in_the_evening_to_eight_in_the_morning() {
    let calendar = Calendar::default();
    for (moment, ends) in [
        ("2026-03-02T20:59", "2026-03-02T20:59"),
        ("2026-03-02T21:00", "2026-03-03T08:00"),
        ("2026-03-03T00:00", "2026-03-03T08:00"),
        ("2026-03-03T07:59", "2026-03-03T08:00"),
        ("2026-03-03T08:00", "2026-03-03T08:00"),
    ] {
        assert_eq!(calendar.after_quiet_hours(cn(moment)), cn(ends), "{moment}");
        assert_eq!(calendar.in_quiet_hours(cn(moment)), moment != ends, "{moment}");
    }
}

#[test]
fn help_that_nobody_timed_comes_in_the_next_daytime_hours() {
    let calendar = Calendar::default();
    for (now, from, until) in [
        ("2026-03-02T10:00", "2026-03-02T10:00", "2026-03-02T14:00"),
        ("2026-03-02T17:30", "2026-03-02T17:30", "2026-03-02T20:00"),
        ("2026-03-02T18:30", "2026-03-03T08:00", "2026-03-03T12:00"),
        ("2026-03-02T23:30", "2026-03-03T08:00", "2026-03-03T12:00"),
        ("2026-03-02T02:30", "2026-03-02T08:00", "2026-03-02T12:00"),
    ] {
        let window = calendar.next_daytime_window(cn(now), hours_of(4));
        assert_eq!(window, Window { from: cn(from), until: cn(until) }, "{now}");
    }
}

#[test]
fn days_and_weeks_begin_at_local_midnight() {
    let calendar = Calendar::default();
    let day = calendar.day_around(cn("2026-03-01T23:59"));
    assert_eq!((day.from, day.until), (cn("2026-03-01T00:00"), cn("2026-03-02T00:00")));
    let week = calendar.week_around(cn("2026-03-01T23:59"));
    assert_eq!((week.from, week.until), (cn("2026-02-23T00:00"), cn("2026-03-02T00:00")));
    let changing = berlin().day_around(at("2026-03-29T12:00[Europe/Berlin]"));
    assert_eq!(changing.until.since(changing.from), hours_of(23));
}

#[test]
fn a_window_touches_every_hour_it_reaches_into() {
    let calendar = Calendar::default();
    let window = |from, until| Window { from: cn(from), until: cn(until) };
    let late = window("2026-03-02T22:30", "2026-03-03T00:30");
    assert_eq!(calendar.hours_touched(late), [(0, 22), (0, 23), (1, 0)]);
    let whole = window("2026-03-02T14:00", "2026-03-02T16:00");
    assert_eq!(calendar.hours_touched(whole), [(0, 14), (0, 15)]);
    let week = window("2026-03-02T14:30", "2026-04-02T14:30");
    let all = calendar.hours_touched(week);
    assert_eq!((all.len(), all[0], all[10], all[167]), (168, (0, 14), (1, 0), (0, 13)));
    let (from, until) = (at("2026-03-29T00:30[Europe/Berlin]"), at("2026-03-29T05:30[Europe/Berlin]"));
    let changing = berlin().hours_touched(Window { from, until });
    assert_eq!(changing, [(6, 0), (6, 1), (6, 3), (6, 4), (6, 5)], "an hour is skipped that night");
}

#[test]
fn a_wrong_calendar_is_refused_with_its_line_and_a_remedy() {
    let swap = |from: &str, to: &str| Calendar::parse(&DEFAULT_TEXT.replace(from, to)).unwrap_err();
    for (error, says) in [
        (swap("Asia/Shanghai", "Asia/Atlantis"), "Asia/Shanghai"),
        (swap("\"09:00-12:00\", \"14:00-17:00\"", "\"14:00-17:00\", \"09:00-12:00\""), "earlier first"),
        (swap("\"08:00-20:00\"", "\"8-20\""), "09:00-12:00"),
        (swap("\"08:00-20:00\"", "\"20:00-08:00\""), "two spans"),
        (swap("2026-01-04", "2026-13-04"), "no day"),
        (swap("2026-01-01..2026-01-03", "2026-01-03..2026-01-01"), "no day"),
        (swap("quiet =", "quiets ="), "quiets"),
    ] {
        assert!(error.line.is_some(), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

proptest! {
    #[test]
    fn working_time_added_is_the_working_time_between(start in 0i64..100_000_000, minutes in 1u64..20_000) {
        let calendar = Calendar::default();
        let from = Timestamp::from_millis(1_750_000_000_000 + start * 1_000);
        let length = Duration::from_secs(minutes * 60);
        let until = calendar.add_working(from, length);
        prop_assert_eq!(calendar.working_between(from, until), length);
    }
}

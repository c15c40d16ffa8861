//! Figures of people on their way and at the door.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::span::{self, days_of, hours_of, minutes_of};

/// People on their way and at the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VisitPolicy {
    /// Work that starts later than this is booked, not begun.
    #[serde(with = "span::plain")]
    pub booked_ahead: Duration,
    /// After the window opens, "on the way?" is asked.
    #[serde(with = "span::plain")]
    pub ask_after: Duration,
    /// After the question, silence is a no-show.
    #[serde(with = "span::plain")]
    pub no_show_after: Duration,
    /// What "7, I am late" adds.
    #[serde(with = "span::plain")]
    pub late: Duration,
    #[serde(with = "span::plain")]
    pub rest: Duration,
    /// After a death or violence.
    #[serde(with = "span::plain")]
    pub rest_after_sad_event: Duration,
    pub active_visits: u8,
    pub active_phone_tasks: u8,
    pub per_day: u8,
    #[serde(with = "span::plain")]
    pub per_week: Duration,
    pub no_shows_max: u8,
    #[serde(with = "span::plain")]
    pub no_shows_within: Duration,
    /// Added to the planned minutes before a lone visitor is asked for.
    #[serde(with = "span::plain")]
    pub lone_grace: Duration,
    /// Then: a voice call, the station's staff, the district and 110.
    #[serde(with = "span::plain")]
    pub lone_call_after: Duration,
    #[serde(with = "span::plain")]
    pub lone_staff_after: Duration,
    #[serde(with = "span::plain")]
    pub lone_district_after: Duration,
    /// A first reminder this long before, and a second.
    #[serde(with = "span::plain")]
    pub remind_first: Duration,
    #[serde(with = "span::plain")]
    pub remind_again: Duration,
    /// A booked visit that nobody confirmed so long after the question, hours before it begins, goes to a stand-by.
    #[serde(with = "span::plain")]
    pub confirm_within: Duration,
    /// Two people go at these hours, whatever the work (SAF-4).
    pub two_person_from_hour: u8,
    pub two_person_until_hour: u8,
    /// Default windows: P2, and daytime hours for P3.
    #[serde(with = "span::plain")]
    pub window_urgent: Duration,
    #[serde(with = "span::plain")]
    pub window_daytime: Duration,
}

impl Default for VisitPolicy {
    fn default() -> Self {
        Self {
            booked_ahead: hours_of(1),
            ask_after: minutes_of(15),
            no_show_after: minutes_of(10),
            late: minutes_of(30),
            rest: minutes_of(30),
            rest_after_sad_event: hours_of(24),
            active_visits: 1,
            active_phone_tasks: 2,
            per_day: 3,
            per_week: hours_of(12),
            no_shows_max: 2,
            no_shows_within: days_of(30),
            lone_grace: minutes_of(30),
            lone_call_after: minutes_of(5),
            lone_staff_after: minutes_of(10),
            lone_district_after: minutes_of(15),
            remind_first: hours_of(24),
            remind_again: hours_of(2),
            confirm_within: hours_of(2),
            two_person_from_hour: 20,
            two_person_until_hour: 7,
            window_urgent: hours_of(2),
            window_daytime: hours_of(4),
        }
    }
}

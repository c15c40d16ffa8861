//! When somebody is expected if nobody said when (DOMAIN §5.1).

use crate::domain::calendar::Calendar;
use crate::domain::category::{Category, DefaultWindow};
use crate::domain::policy::Policy;
use crate::domain::ticket::Window;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;

/// None where nobody needs to come.
pub fn default_window(
    category: &Category,
    urgency: Urgency,
    (policy, calendar): (&Policy, &Calendar),
    now: Timestamp,
) -> Option<Window> {
    if category.persons == 0 {
        return None;
    }
    let visits = &policy.visits;
    match (urgency, category.window) {
        (Urgency::P1 | Urgency::P2, _) | (Urgency::P3 | Urgency::P4, DefaultWindow::TwoHours) => {
            Some(Window { from: now, until: now + visits.window_urgent })
        }
        (Urgency::P3 | Urgency::P4, DefaultWindow::NextDaytime | DefaultWindow::Agree) => {
            Some(calendar.next_daytime_window(now, visits.window_daytime))
        }
    }
}

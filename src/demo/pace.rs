//! How much faster the demo's days go by than real ones: the same rules with shorter figures.

use std::time::Duration;

use crate::domain::calendar;
use crate::domain::policy::Policy;
use crate::domain::span::Span;

/// Between what a helper does and the next thing.
pub const HELPER_SOONEST: Duration = Duration::from_secs(12);
pub const HELPER_LATEST: Duration = Duration::from_secs(40);
/// Between two residents who ring.
pub const NEXT_CALL: Duration = Duration::from_secs(6);
/// Residents on the telephone at once.
pub const CALLS_AT_ONCE: usize = 6;

/// The shortened figures, as the text of a policy.
pub fn policy() -> String {
    let mut policy = Policy::default();
    for (urgency, wave) in [
        (&mut policy.urgency.p2, Duration::from_secs(60)),
        (&mut policy.urgency.p3, Duration::from_secs(90)),
        (&mut policy.urgency.p4, Duration::from_secs(120)),
    ] {
        urgency.wave = wave;
        urgency.accept = Span::mins(8);
    }
    policy.survey.delay = Duration::from_secs(30);
    policy.survey.too_soon = Duration::from_secs(5);
    policy.survey.again_after = Duration::from_secs(120);
    policy.survey.ring_time = Duration::from_secs(20);
    policy.care.second_try = Duration::from_secs(120);
    policy.care.third_try = Duration::from_secs(300);
    policy.care.busy_again = Duration::from_secs(60);
    policy.care.ring_time = Duration::from_secs(20);
    policy.visits.rest = Duration::from_secs(60);
    policy.visits.two_person_from_hour = 24;
    policy.visits.two_person_until_hour = 0;
    policy.escalation.duty_ring_again = Duration::from_secs(30);
    policy.calls.callback_again_after = Duration::from_secs(120);
    toml::to_string(&policy).expect("figures and lengths of time are plain TOML")
}

/// A calendar without nights and weekends, so that the demo lives whenever it is started. The day has one part:
/// whoever could not be reached is tried again within minutes, not in another part of the day.
pub fn calendar() -> String {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let head: Vec<&str> = calendar::DEFAULT_TEXT.lines().filter(|line| line.starts_with("zone")).collect();
    let mut text = format!(
        "name = \"demo\"\n{}\ndaytime = \"00:00-24:00\"\n\
         calling = [\"00:00-24:00\"]\nquiet = \"04:00-04:01\"\n\n[working]\n",
        head.join("\n")
    );
    for day in days {
        text.push_str(&format!("{day} = [\"00:00-24:00\"]\n"));
    }
    text.push_str("\n[holidays]\n\n[make_up_days]\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Calendar;
    use crate::domain::timestamp::Timestamp;

    #[test]
    fn the_demo_goes_by_rules_of_the_same_form() {
        let policy = Policy::parse(&policy()).unwrap();
        assert_eq!(policy.survey.delay, Duration::from_secs(30));
        let calendar = Calendar::parse(&calendar()).unwrap();
        let night = Timestamp::from_millis(1_778_000_000_000);
        assert!(calendar.is_working(night));
    }
}

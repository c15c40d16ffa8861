//! How the link stands: the end of one, the wait for the next, and what is shown of it.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use tracing::warn;

use super::{Sms, State};
use crate::domain::timestamp::Timestamp;
use crate::sms::counters::count;
use crate::sms::health::{Health, Link};
use crate::sms::link::{LinkError, Outcome};

impl Sms {
    pub(super) fn broken(&mut self, problem: &str, now: Timestamp) {
        let address = self.settings.address.clone();
        self.fall(&LinkError::Broken { address, problem: problem.to_owned() }, now);
    }

    /// The link is gone, or did not come about.
    pub(super) fn fall(&mut self, error: &LinkError, now: Timestamp) {
        if let State::Up(live) = &mut self.state {
            // Answers that were read before the end count.
            let mut landed = Vec::new();
            while let Some(Some(one)) = live.flights.next().now_or_never() {
                landed.push(one);
            }
            for one in landed {
                if let Outcome::Taken(provider_id) = one.outcome {
                    let said = self.courier.taken(one.id, provider_id, now);
                    self.keeper.say(said);
                }
            }
        }
        let said = self.courier.link_lost();
        self.keeper.say(said);
        let wait = if error.is_refusal() {
            Duration::from_secs(self.settings.reconnect_longest_s.into())
        } else {
            self.backoff.next(&mut self.chance)
        };
        warn!(problem = %chain(error), retry_in_ms = wait.as_millis(), "no link to the SMS centre");
        count(&self.counters.link_losses);
        self.state = State::Down { until: now + wait };
        self.set(if error.is_refusal() { Link::Refused } else { Link::Down }, Some(chain(error)), now);
    }

    pub(super) fn set(&self, link: Link, problem: Option<String>, now: Timestamp) {
        let in_hand = self.courier.in_hand();
        self.health.send_replace(Health { link, since: now, problem, in_hand });
    }

    /// Shows what changed without anybody's doing: how many are in hand, and that the centre rests.
    pub(super) fn show(&self, now: Timestamp) {
        let in_hand = self.courier.in_hand();
        let resting = self.courier.resting_until(now).is_some();
        self.health.send_if_modified(|health| {
            let link = match health.link {
                Link::Bound if resting => Link::Throttled,
                Link::Throttled if !resting => Link::Bound,
                same @ (Link::Bound
                | Link::Throttled
                | Link::Connecting
                | Link::Down
                | Link::Refused
                | Link::Stopped) => same,
            };
            let changed = health.in_hand != in_hand || health.link != link;
            if health.link != link {
                health.since = now;
            }
            (health.in_hand, health.link) = (in_hand, link);
            changed
        });
    }
}

/// An error with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        line.push_str(": ");
        line.push_str(&inner.to_string());
        cause = inner.source();
    }
    line
}

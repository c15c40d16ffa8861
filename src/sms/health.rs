//! What the console and `/healthz` show of the link.

use serde::{Deserialize, Serialize};

use crate::domain::names::named_enum;
use crate::domain::timestamp::Timestamp;

named_enum! {
    /// How the link to the centre stands.
    pub enum Link {
        Connecting = "connecting",
        /// Texts go out and come in.
        Bound = "bound",
        /// The centre asked us to slow down.
        Throttled = "throttled",
        /// Not there; tried again.
        Down = "down",
        /// The centre does not accept our name or password: a person must act.
        Refused = "refused",
        Stopped = "stopped",
    }
}

/// The link's health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub link: Link,
    pub since: Timestamp,
    /// Why it is not bound, in words for an operator.
    pub problem: Option<String>,
    /// Texts taken from the outbox and not yet with the centre.
    pub in_hand: usize,
}

impl Health {
    /// Whether texts can leave.
    pub fn is_good(&self) -> bool {
        match self.link {
            Link::Bound | Link::Throttled => true,
            Link::Connecting | Link::Down | Link::Refused | Link::Stopped => false,
        }
    }
}

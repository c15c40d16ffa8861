//! The audio thread goes before whatever else the machine does: what comes late by 5 ms is heard, and what else there is
//! to do can wait so long.
//!
//! The system must allow it, and there must be a second core: with one, thousands of calls would leave nobody time to end
//! them.

use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};
use tracing::{debug, info};

/// Takes precedence for the current thread.
pub(super) fn take() {
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
        return debug!("on one core audio waits its turn");
    }
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::RoundRobin);
    // The least of those that are before all ordinary ones.
    if set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy).is_err() {
        info!(
            "the system gives audio no precedence (CAP_SYS_NICE or RLIMIT_RTPRIO): on a busy machine it may come late"
        );
    }
}

//! How the desk and its store fare: written by the threads at work, read by whoever watches over the server.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::store;

/// Figures shared by the desk's thread, the upkeep and the screens. Each is written by one of them.
#[derive(Debug, Default)]
pub struct Vitals {
    /// The desk's thread is at work.
    pub desk_works: AtomicBool,
    /// The store is away; callers are served without it.
    pub emergency: AtomicBool,
    /// Times that happened.
    pub emergencies: AtomicU64,
    /// Numbers in the emergency log that wait to become call-back requests.
    pub numbers_waiting: AtomicU64,
    /// Numbers that could not be noted: nobody will ring them back.
    pub numbers_lost: AtomicU64,
    /// The machine's time less the line's after a jump nobody has confirmed; 0 when they agree.
    pub stepped_by_ms: AtomicI64,
    pub panics: AtomicU64,
    /// Steps the store refused.
    pub refused: AtomicU64,
    pub commits_failed: AtomicU64,
    /// Orders the telephones had no room for: each ended its call.
    pub orders_refused: AtomicU64,
    /// Reports and requests that came while the store was away.
    pub dropped: AtomicU64,
    /// Of the store, looked at every few seconds.
    database_bytes: AtomicU64,
    log_bytes: AtomicU64,
    jobs_waiting: AtomicU64,
    texts_waiting: AtomicU64,
    quarantined: AtomicU64,
}

/// Counts one.
pub fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Vitals {
    /// Notes how the store says it is.
    pub fn store_is(&self, health: store::Health) {
        let set = |figure: &AtomicU64, value: u64| figure.store(value, Ordering::Relaxed);
        set(&self.database_bytes, health.database_bytes);
        set(&self.log_bytes, health.log_bytes);
        set(&self.jobs_waiting, health.jobs_waiting as u64);
        set(&self.texts_waiting, health.texts_waiting.into());
        set(&self.quarantined, health.quarantined.into());
    }

    /// What `/healthz` says of desk, store and clock.
    pub fn health(&self) -> [(&'static str, Value); 3] {
        let read = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        let emergency = self.emergency.load(Ordering::Relaxed);
        let stepped_by_ms = self.stepped_by_ms.load(Ordering::Relaxed);
        let works = self.desk_works.load(Ordering::Relaxed);
        [
            ("desk", json!({ "ok": works, "panics": read(&self.panics) })),
            (
                "store",
                json!({
                    "ok": !emergency,
                    "emergency": emergency,
                    "numbers_waiting": read(&self.numbers_waiting),
                    "quarantined": read(&self.quarantined),
                }),
            ),
            ("clock", json!({ "ok": stepped_by_ms == 0, "stepped_by_ms": stepped_by_ms })),
        ]
    }

    /// What `/metrics` says: name, kind, figure.
    pub fn metrics(&self) -> Vec<(&'static str, &'static str, i64)> {
        let read = |figure: &AtomicU64| i64::try_from(figure.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
        let flag = |flag: &AtomicBool| i64::from(flag.load(Ordering::Relaxed));
        vec![
            ("yingda_desk_up", "gauge", flag(&self.desk_works)),
            ("yingda_desk_panics_total", "counter", read(&self.panics)),
            ("yingda_orders_refused_total", "counter", read(&self.orders_refused)),
            ("yingda_store_emergency", "gauge", flag(&self.emergency)),
            ("yingda_store_emergencies_total", "counter", read(&self.emergencies)),
            ("yingda_emergency_numbers_waiting", "gauge", read(&self.numbers_waiting)),
            ("yingda_emergency_numbers_lost_total", "counter", read(&self.numbers_lost)),
            ("yingda_emergency_dropped_total", "counter", read(&self.dropped)),
            ("yingda_store_steps_refused_total", "counter", read(&self.refused)),
            ("yingda_store_commits_failed_total", "counter", read(&self.commits_failed)),
            ("yingda_store_database_bytes", "gauge", read(&self.database_bytes)),
            ("yingda_store_log_bytes", "gauge", read(&self.log_bytes)),
            ("yingda_store_jobs_waiting", "gauge", read(&self.jobs_waiting)),
            ("yingda_store_quarantined", "gauge", read(&self.quarantined)),
            ("yingda_texts_waiting", "gauge", read(&self.texts_waiting)),
            ("yingda_clock_step_milliseconds", "gauge", self.stepped_by_ms.load(Ordering::Relaxed)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(vitals: &Vitals, part: &str) -> Value {
        vitals.health().into_iter().find(|(name, _)| *name == part).map(|(_, said)| said).unwrap()
    }

    #[test]
    fn a_desk_that_is_gone_a_store_that_is_away_and_a_clock_that_jumped_are_not_well() {
        let vitals = Vitals::default();
        assert_eq!(said(&vitals, "desk")["ok"], false, "before it works, and after");
        vitals.desk_works.store(true, Ordering::Relaxed);
        for part in ["desk", "store", "clock"] {
            assert_eq!(said(&vitals, part)["ok"], true, "{part}");
        }
        vitals.emergency.store(true, Ordering::Relaxed);
        vitals.stepped_by_ms.store(-3_000, Ordering::Relaxed);
        assert_eq!(said(&vitals, "store")["ok"], false);
        assert_eq!(said(&vitals, "clock"), json!({ "ok": false, "stepped_by_ms": -3_000 }));
    }
}

//! How each trunk stands: whether it is there, and whether it knows us. Those who ask it write it down, whoever dials
//! and whoever watches over the line reads it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::Notify;
use tracing::{info, warn};

use crate::phone::settings::Trunk;

/// So many questions in a row without an answer make a trunk count as gone.
const MISSES: u32 = 2;

/// All trunks, in the order of the settings.
#[derive(Debug, Clone, Default)]
pub struct Standings(Arc<Vec<Standing>>);

/// One of them.
#[derive(Debug)]
pub struct Standing {
    name: String,
    registers: bool,
    /// A mutex because other threads read it; each holds it for a few words.
    now: Mutex<Now>,
    /// Calls of ours that went on over another trunk because this one let them down.
    let_down: AtomicU64,
    /// Told when it may have forgotten who we are.
    pub forgotten: Notify,
}

#[derive(Debug, Default)]
struct Now {
    misses: u32,
    /// Nothing while it was never asked.
    answers: Option<bool>,
    registered: bool,
    problem: Option<String>,
}

/// How a trunk fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrunkHealth {
    pub name: String,
    /// Whether calls are tried over it before others.
    pub ok: bool,
    /// Whether it answers; nothing where it is not asked.
    pub answers: Option<bool>,
    /// Whether it knows us; nothing where we need not register.
    pub registered: Option<bool>,
    /// Why it does not, or its last no.
    pub problem: Option<String>,
    pub let_down: u64,
}

impl Standings {
    pub fn of(trunks: &[Trunk]) -> Self {
        let standing = |trunk: &Trunk| Standing {
            name: trunk.name.clone(),
            registers: trunk.register.is_some(),
            now: Mutex::default(),
            let_down: AtomicU64::default(),
            forgotten: Notify::new(),
        };
        Self(Arc::new(trunks.iter().map(standing).collect()))
    }

    pub fn get(&self, trunk: usize) -> Option<&Standing> {
        self.0.get(trunk)
    }

    pub fn health(&self) -> Vec<TrunkHealth> {
        self.0.iter().map(Standing::health).collect()
    }
}

impl Standing {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It answered a question, whatever it said.
    pub fn answered(&self) {
        let mut now = self.now();
        now.misses = 0;
        if now.answers.replace(true) == Some(false) {
            info!(trunk = self.name, "a trunk is there again");
            self.forgotten.notify_one();
        }
    }

    /// It did not let us in although we are registered: perhaps it has forgotten that.
    pub fn doubt(&self) {
        if self.now().registered {
            self.forgotten.notify_one();
        }
    }

    /// It did not answer in time.
    pub fn missed(&self) {
        let mut now = self.now();
        now.misses += 1;
        if now.misses >= MISSES && now.answers.replace(false) != Some(false) {
            warn!(trunk = self.name, "a trunk does not answer; the others are tried first");
        }
    }

    pub fn registered(&self) {
        let mut now = self.now();
        now.problem = None;
        if !std::mem::replace(&mut now.registered, true) {
            info!(trunk = self.name, "registered with a trunk");
        }
    }

    /// It does not take our registration. `holds`: an earlier one has not run out yet.
    pub fn not_registered(&self, problem: &str, holds: bool) {
        let mut now = self.now();
        now.registered = holds && now.registered;
        if now.problem.as_deref() != Some(problem) {
            warn!(trunk = self.name, problem, "a trunk does not register us");
            now.problem = Some(problem.to_owned());
        }
    }

    /// A call of ours went elsewhere because of it.
    pub fn let_down(&self) {
        self.let_down.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether calls may be expected to get through.
    pub fn is_up(&self) -> bool {
        let now = self.now();
        now.answers != Some(false) && (now.registered || !self.registers)
    }

    fn health(&self) -> TrunkHealth {
        let ok = self.is_up();
        let now = self.now();
        TrunkHealth {
            name: self.name.clone(),
            ok,
            answers: now.answers,
            registered: self.registers.then_some(now.registered),
            problem: now.problem.clone(),
            let_down: self.let_down.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::Secret;
    use crate::phone::settings::Account;

    #[test]
    fn two_misses_take_a_trunk_out_and_one_answer_brings_it_back() {
        let standings = Standings::of(&[Trunk::at("a", "192.0.2.5:5060".parse().unwrap())]);
        let trunk = standings.get(0).unwrap();
        let mut seen = vec![trunk.is_up()];
        for answers in [false, true, false, false, false, true] {
            if answers {
                trunk.answered()
            } else {
                trunk.missed()
            }
            seen.push(trunk.is_up());
        }
        assert_eq!(seen, [true, true, true, true, false, false, true]);
    }

    #[test]
    fn a_trunk_that_does_not_know_us_is_not_up_unless_an_earlier_registration_holds() {
        let account = Account {
            user: "line".into(),
            login: None,
            password: Secret::new("x"),
            realm: None,
            expires_s: 60,
        };
        let trunk = Trunk { register: Some(account), ..Trunk::at("a", "192.0.2.5:5060".parse().unwrap()) };
        let standings = Standings::of(&[trunk]);
        let trunk = standings.get(0).unwrap();
        assert!(!trunk.is_up());
        trunk.registered();
        trunk.not_registered("it does not answer", true);
        assert!(trunk.is_up());
        trunk.not_registered("it does not answer", false);
        let health = standings.health().remove(0);
        assert_eq!((health.ok, health.registered), (false, Some(false)));
        assert_eq!(health.problem.as_deref(), Some("it does not answer"));
    }
}

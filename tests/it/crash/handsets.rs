//! The SMS centre with its handsets, on a runtime of its own: it lives on while the server dies.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;
use yingda::clock::Clock;
use yingda::demo::sms_centre::{CentreSettings, Counts, Received, SmsCentre};
use yingda::domain::ids::Chance;
use yingda::domain::secret::Secret;

use super::town::{ACCOUNT, SHORT};

/// The centre and what its handsets showed.
pub struct Centre {
    runtime: Runtime,
    centre: SmsCentre,
    /// Every text, in the order in which they came: the reading task adds, tests look.
    shown: Arc<Mutex<Vec<Received>>>,
}

/// What the owners of handsets write back to a text, and how long after.
pub type Owner = Box<dyn FnMut(&Received) -> Vec<(String, Duration)> + Send>;

impl Centre {
    pub fn start(mut owner: Owner) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let settings = CentreSettings {
            listen: "127.0.0.1:0".parse().unwrap(),
            system_id: ACCOUNT.0.into(),
            password: Secret::new(ACCOUNT.1),
        };
        let mut centre = runtime.block_on(SmsCentre::start(settings, Clock::start())).unwrap();
        let (_empty, nothing) = tokio::sync::mpsc::channel(1);
        let mut handsets = std::mem::replace(&mut centre.handsets, nothing);
        let far_end = centre.far_end();
        let shown: Arc<Mutex<Vec<Received>>> = Arc::default();
        let noted = shown.clone();
        runtime.spawn(async move {
            while let Some(text) = handsets.recv().await {
                for (words, after) in owner(&text) {
                    far_end.say(&text.to, &text.from, &words, after).await;
                }
                noted.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            }
        });
        Self { runtime, centre, shown }
    }

    pub fn address(&self) -> std::net::SocketAddr {
        self.centre.address()
    }

    pub fn shown(&self) -> Vec<Received> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn say(&self, from: &str, words: &str) {
        assert!(self.runtime.block_on(self.centre.far_end().say(from, SHORT, words, Duration::ZERO)));
    }

    pub fn go_down(&self) {
        self.runtime.block_on(self.centre.go_down());
    }

    pub fn come_back(&self) {
        self.runtime.block_on(self.centre.come_back()).unwrap();
    }

    pub fn counts(&self) -> Counts {
        self.runtime.block_on(self.centre.counts())
    }
}

/// The two digits of an offer.
pub fn code(body: &str) -> Option<&str> {
    let after = body.split_once("邀单 ")?.1;
    after.get(..2).filter(|code| code.bytes().all(|b| b.is_ascii_digit()))
}

pub fn is_offer(body: &str) -> bool {
    body.contains("回1接2拒")
}

/// Owners who take most offers and are done soon; some decline, some say nothing.
pub fn willing(seed: u64) -> Owner {
    let mut chance = Chance::from_number(seed);
    Box::new(move |text| {
        let mut after = || Duration::from_millis(u64::from(100 + chance.below(1_500)));
        let Some(code) = code(&text.body) else { return vec![] };
        let first = after();
        if text.body.contains("由您办理") {
            return vec![(format!("{code} 8"), first), (format!("{code} 9"), first + after())];
        }
        match chance.below(10) {
            0..7 if is_offer(&text.body) => vec![(format!("{code} 1"), first)],
            7..9 if is_offer(&text.body) => vec![(format!("{code} 2"), first)],
            _ => vec![],
        }
    })
}

/// Owners who take every offer at once, go there and are done.
pub fn keen() -> Owner {
    Box::new(|text| {
        let Some(code) = code(&text.body) else { return vec![] };
        let soon = Duration::from_millis(300);
        if text.body.contains("由您办理") {
            return vec![(format!("{code} 8"), soon), (format!("{code} 9"), 2 * soon)];
        }
        if is_offer(&text.body) { vec![(format!("{code} 1"), soon)] } else { vec![] }
    })
}

/// Owners who only read.
pub fn silent() -> Owner {
    Box::new(|_| vec![])
}

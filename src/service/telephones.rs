//! Between the telephones' registrar and the store: accounts go one way, where telephones are goes the other.

use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use crossbeam_channel::{Receiver, Sender, bounded, select, tick};
use tracing::{error, warn};

use super::inbox::{Inbox, Post};
use crate::desk::event::RecordChange;
use crate::domain::extension::PhoneAccount;
use crate::domain::operator::OperatorRecord;
use crate::domain::timestamp::Timestamp;
use crate::keys::InstallationKeys;
use crate::phone::{Moved, PhoneLine, Registry};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::phones::{self, Enrolled};

/// Changes that may wait for the store: one an extension is enough.
const MOVED_WAITING: usize = 1_024;

/// How often the store is looked at for accounts that somebody else changed: a login that was shut out, another process.
const LOOK: Duration = Duration::from_secs(5);

/// The thread that joins them.
pub struct Telephones {
    errands: Sender<Errand>,
    thread: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy)]
enum Errand {
    Look,
    Stop,
}

/// Has the accounts looked at.
#[derive(Clone)]
pub struct AccountsChanged(Sender<Errand>);

impl AccountsChanged {
    pub fn tell(&self) {
        // Full, it is about to look anyway; gone, the line is being closed.
        self.0.try_send(Errand::Look).ok();
    }
}

impl Telephones {
    /// Opens the registrar with what the store knows, and begins to keep what changes.
    ///
    /// # Errors
    /// When the store cannot be read, or the telephones or the thread cannot be had.
    pub fn start(
        store: Store,
        keys: PathBuf,
        line: PhoneLine,
        desk: Inbox,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let (moved_in, moved) = bounded(MOVED_WAITING);
        let (errands_in, errands) = bounded(1);
        let mut keeper = Keeper { store, keys, line, desk, enrolled: None, operators: None };
        let accounts = keeper.accounts().context("read the telephones' accounts")?;
        let bindings = keeper.store.read(|connection| phones::bindings(connection, now));
        let bindings = bindings.context("read where telephones were")?;
        keeper.line.open_registrar(Registry { accounts, bindings, moved: moved_in })?;
        let run = move || keeper.run(&moved, &errands);
        let thread = std::thread::Builder::new().name("registrations".into()).spawn(run)?;
        Ok(Self { errands: errands_in, thread })
    }

    pub fn changed(&self) -> AccountsChanged {
        AccountsChanged(self.errands.clone())
    }

    /// Keeps what has been said by now, and ends.
    pub fn stop(self) {
        // A look that was asked for takes a moment at most.
        if self.errands.send(Errand::Stop).is_err() || self.thread.join().is_err() {
            error!("the thread that keeps registrations ended before its time");
        }
    }
}

struct Keeper {
    store: Store,
    /// The folder of the installation's keys.
    keys: PathBuf,
    line: PhoneLine,
    desk: Inbox,
    /// The accounts that the telephones know; none when they could not be told.
    enrolled: Option<Vec<Enrolled>>,
    /// The operators that the desk knows; none when it could not be told.
    operators: Option<Vec<OperatorRecord>>,
}

impl Keeper {
    fn run(mut self, moved: &Receiver<Moved>, errands: &Receiver<Errand>) {
        // By the clock, however much telephones have to say meanwhile.
        let looks = tick(LOOK);
        loop {
            select! {
                recv(moved) -> moved => match moved {
                    Ok(moved) => self.keep(moved),
                    Err(_) => return, // the telephones are gone
                },
                recv(errands) -> errand => match errand {
                    Ok(Errand::Look) => self.look(),
                    Ok(Errand::Stop) | Err(_) => {
                        moved.try_iter().for_each(|moved| self.keep(moved));
                        return;
                    }
                },
                recv(looks) -> _ => self.look(),
            }
        }
    }

    /// A store that cannot take it costs no call: the telephone registers again within minutes.
    fn keep(&self, Moved { extension, bindings }: Moved) {
        if let Err(error) = self.store.put_phone_bindings(extension.clone(), bindings) {
            warn!(%error, %extension, "where a telephone is could not be kept: a restart would not know it");
        }
    }

    fn look(&mut self) {
        self.look_for_operators();
        match self.store.read(phones::enrolled) {
            Ok(enrolled) if self.enrolled.as_ref() == Some(&enrolled) => {}
            Ok(_) => {
                let told = self.accounts().and_then(|accounts| Ok(self.line.put_accounts(accounts)?));
                if let Err(error) = told {
                    warn!(%error, "the telephones could not be told of changed accounts; tried again");
                    self.enrolled = None;
                }
            }
            Err(error) => warn!(%error, "the telephones' accounts cannot be read"),
        }
    }

    /// Tells the desk who may be rung for residents, when that has changed.
    fn look_for_operators(&mut self) {
        match self.store.read(|connection| Ok::<_, StoreError>(phones::operators(connection)?)) {
            Ok(operators) if self.operators.as_ref() == Some(&operators) => {}
            Ok(operators) => {
                let change = RecordChange::Operators(operators.clone());
                // Full: it is told at the next look.
                self.operators = self.desk.put(Post::Changed(vec![change])).is_ok().then_some(operators);
            }
            Err(error) => warn!(%error, "the operators cannot be read"),
        }
    }

    fn accounts(&mut self) -> anyhow::Result<Vec<PhoneAccount>> {
        let keys = InstallationKeys::open(&self.keys).context("open the installation keys")?;
        let (enrolled, accounts) = self.store.read(|connection| {
            Ok::<_, StoreError>((phones::enrolled(connection)?, phones::accounts(connection, &keys)?))
        })?;
        self.enrolled = Some(enrolled);
        Ok(accounts)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::Clock;
    use crate::domain::extension::Extension;
    use crate::domain::ids::Chance;
    use crate::phone::sounds::Sounds;
    use crate::phone::{Phone, Supplies, settings};
    use crate::store;

    fn phone(clock: &Clock) -> Phone {
        Phone::start(Supplies {
            settings: settings::Settings {
                udp: "127.0.0.1:0".parse().unwrap(),
                tcp: None,
                ..settings::Settings::default()
            },
            plan: crate::domain::phone_number::NumberingPlan::default(),
            sounds: Arc::new(Sounds::default()),
            desk: bounded(100).0,
            recordings: None,
            clock: clock.clone(),
            chance: Chance::from_number(1),
        })
        .unwrap()
    }

    #[test]
    fn that_the_last_account_is_gone_is_told_again_until_the_telephones_know_it() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        let clock = Clock::start();
        let opened = InstallationKeys::open(&keys).unwrap();
        let settings = store::Settings::in_directory(folder.path());
        let store = Store::open(&settings, &opened, clock.now()).unwrap();
        let phone = phone(&clock);
        let (_, desk, _arrivals) = super::super::inbox::inbox();
        let one = Enrolled { extension: Extension::parse("201").unwrap(), changed_at: clock.now() };
        let mut keeper = Keeper {
            store,
            keys: keys.clone(),
            line: phone.line(),
            desk,
            enrolled: Some(vec![one]),
            operators: None,
        };
        // The keys cannot be read for a while.
        let away = folder.path().join("away");
        std::fs::rename(&keys, &away).unwrap();
        std::fs::write(&keys, "no folder").unwrap();
        keeper.look();
        assert_ne!(keeper.enrolled, Some(vec![]), "the telephones do not know it yet");
        std::fs::remove_file(&keys).unwrap();
        std::fs::rename(&away, &keys).unwrap();
        keeper.look();
        assert_eq!(keeper.enrolled, Some(vec![]));
        phone.stop();
    }
}

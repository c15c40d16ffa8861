//! The office: carries out what the command line asks for, beside a running house or on its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};

use super::control::{Answer, NewLogin, Request, TicketLine, UserLine, Verified};
use super::{rules, rules_check};
use crate::clock::{self, Clock};
use crate::console::password;
use crate::desk::event::RecordChange;
use crate::domain::actor::{Actor, ActorKind, Role};
use crate::domain::extension::{Extension, PhoneServer};
use crate::domain::ids::{Chance, JurisdictionId, PersonId, StationId, UserId};
use crate::domain::language::Language;
use crate::domain::phone_number::NumberingPlan;
use crate::domain::secret::Secret;
use crate::domain::settings::SettingsChange;
use crate::domain::settings::SettingsKind;
use crate::domain::station::Station;
use crate::keys::InstallationKeys;
use crate::phone::sip::digest;
use crate::recordings::Recordings;
use crate::store::backup::Beside;
use crate::store::error::StoreError;
use crate::store::phones::Sealed;
use crate::store::queries::{places, tickets};
use crate::store::records::By;
use crate::store::users::{self, NewUser, User};
use crate::store::verify::VerifyError;
use crate::store::{Store, settings};

/// Where recordings lie in the data directory.
pub const RECORDINGS_FOLDER: &str = "recordings";

/// Tells the desk of changed records; false when it could not be told.
pub type Tell = Box<dyn Fn(Vec<RecordChange>) -> bool + Send + Sync>;

/// Who carries out requests.
pub struct Office {
    pub store: Store,
    /// The folder of the installation's keys.
    pub keys: PathBuf,
    pub recordings: Recordings,
    pub clock: Clock,
    pub jurisdiction: JurisdictionId,
    pub numbering: NumberingPlan,
    /// What belongs into a backup besides the database.
    pub beside: Beside,
    pub tell: Tell,
    /// Where operators' telephones register.
    pub phone_server: PhoneServer,
    /// Tells the telephones that accounts changed.
    pub tell_phones: Box<dyn Fn() + Send + Sync>,
}

impl Office {
    /// Carries out one request; whatever goes wrong is said in the answer.
    pub fn answer(&self, request: Request) -> Answer {
        self.carry_out(request).unwrap_or_else(|error| Answer::Refused { why: format!("{error:#}") })
    }

    fn carry_out(&self, request: Request) -> anyhow::Result<Answer> {
        match request {
            Request::Ping => Ok(Answer::Done),
            Request::Tickets { all, limit } => self.tickets(all, limit),
            Request::RecordedDay { day } => super::recorded_day::recorded_day(self, day),
            Request::Verify => self.verify(),
            Request::ExportSettings { kind, version } => self.export(kind, version),
            Request::ImportSettings { kind, toml } => {
                Ok(Answer::SettingsImported { version: self.import_settings(kind, toml, self.by())? })
            }
            Request::Users => self.users(),
            Request::AddUser(login) => self.add_user(login),
            Request::SetPassword { login, password } => self.set_password(&login, &password),
            Request::GivePhone { login, extension } => {
                let user = self.user(&login)?;
                let password = self.give_phone(&user, &extension, self.by())?;
                Ok(Answer::PhoneGiven { extension, password, realm: self.phone_server.realm.clone() })
            }
            Request::TakePhone { login } => {
                self.take_phone(self.user(&login)?.id, self.by())?;
                Ok(Answer::Done)
            }
            Request::SetSpeaks { login, speaks } => {
                self.set_speaks(self.user(&login)?.id, speaks, self.by())?;
                Ok(Answer::Done)
            }
            Request::Import { what, file } => super::imports::import(self, what, &file),
            Request::Backup { directory } => self.backup(&directory),
            Request::RotateKey => self.rotate_key(),
            Request::Erase { person } => self.erase(person),
        }
    }

    pub(super) fn by(&self) -> By {
        // Who may open the socket or the directory administers the installation.
        let actor = Actor::of(ActorKind::System);
        By { actor, jurisdiction: self.jurisdiction.clone(), at: self.clock.now() }
    }

    pub(super) fn stations(&self) -> Result<Vec<Station>, StoreError> {
        self.store.read(|connection| Ok(places::stations(connection)?))
    }

    fn tickets(&self, all: bool, limit: u32) -> anyhow::Result<Answer> {
        let names: BTreeMap<StationId, String> =
            self.stations()?.into_iter().map(|station| (station.id, station.name)).collect();
        let mut found = self.store.read(|connection| {
            let found = if all { tickets::latest(connection, limit) } else { tickets::open(connection) };
            Ok::<_, StoreError>(found?)
        })?;
        found.sort_by(|a, b| b.opened_at.cmp(&a.opened_at).then(b.number.cmp(&a.number)));
        found.truncate(limit as usize);
        let line = |ticket: crate::domain::ticket::Ticket| TicketLine {
            number: ticket.number.to_string(),
            caller: ticket.caller.map(String::from),
            state: ticket.state.to_string(),
            category: ticket.category.map(String::from),
            station: names.get(&ticket.owner).cloned().unwrap_or_else(|| ticket.owner.to_string()),
            opened_at: ticket.opened_at.to_string(),
        };
        Ok(Answer::Tickets { tickets: found.into_iter().map(line).collect() })
    }

    fn verify(&self) -> anyhow::Result<Answer> {
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        match self.store.verify() {
            Ok(good) => Ok(Answer::Verified(Verified {
                events: count(good.events),
                erased: count(good.erased),
                fault: None,
            })),
            Err(VerifyError::Fault(fault)) => {
                Ok(Answer::Verified(Verified { events: 0, erased: 0, fault: Some(fault.to_string()) }))
            }
            Err(VerifyError::Store(error)) => Err(error).context("read the history"),
        }
    }

    fn export(&self, kind: SettingsKind, version: Option<u32>) -> anyhow::Result<Answer> {
        let (version, toml) = self.version(kind, version)?;
        Ok(Answer::Settings { kind, version, toml })
    }

    /// The text of a kind that is in force.
    pub(super) fn in_force(&self, kind: SettingsKind) -> anyhow::Result<String> {
        Ok(self.version(kind, None)?.1)
    }

    /// The version asked for, or the one in force, with its number.
    fn version(&self, kind: SettingsKind, version: Option<u32>) -> anyhow::Result<(u32, String)> {
        let versions =
            self.store.read(|connection| settings::versions(connection, &self.jurisdiction, kind))?;
        let wanted = |found: &settings::SettingsVersion| version.is_none_or(|wanted| wanted == found.version);
        match versions.into_iter().find(wanted) {
            Some(found) => Ok((found.version, found.toml)),
            None if version.is_some() => bail!("there is no such version of {kind}: leave out --version"),
            // Before the first start the store has none: the program's own is what would become version 1.
            None => Ok((0, rules::built_in(kind).to_owned())),
        }
    }

    /// Whether a text may become the next version of a kind.
    pub(super) fn check_settings(&self, kind: SettingsKind, toml: &str) -> anyhow::Result<()> {
        rules_check::check(kind, toml, |kind| self.in_force(kind), self.beside.prompts.as_deref())
    }

    /// Checks a text, makes it the next version, and tells the desk.
    pub(super) fn import_settings(&self, kind: SettingsKind, toml: String, by: By) -> anyhow::Result<u32> {
        self.check_settings(kind, &toml)?;
        let version = self.store.add_settings(kind, toml.clone(), by)?;
        self.told(vec![RecordChange::Settings(SettingsChange { kind, version, toml })])?;
        Ok(version)
    }

    fn users(&self) -> anyhow::Result<Answer> {
        let numbers: BTreeMap<StationId, String> =
            self.stations()?.into_iter().map(|station| (station.id, station.help_number)).collect();
        let role = |(role, station): &(Role, StationId)| match numbers.get(station) {
            Some(number) => format!("{role}@{number}"),
            None => format!("{role}@station {station}"),
        };
        let found = self.store.read(users::all)?;
        let line = |user: &users::User| UserLine {
            login: user.login.clone(),
            name: user.name.clone(),
            roles: user.roles.iter().map(role).collect(),
            disabled: user.disabled_at.is_some(),
        };
        Ok(Answer::Users { users: found.iter().map(line).collect() })
    }

    fn add_user(&self, new: NewLogin) -> anyhow::Result<Answer> {
        let stations = self.stations()?;
        let roles = new.roles.iter().map(|role| held_role(role, &stations)).collect::<Result<_, _>>()?;
        let password_hash = password::hash(new.password.expose(), clock::os_random())?;
        let NewLogin { login, name, person, language, .. } = new;
        self.store.add_user(NewUser { login, name, password_hash, person, language, roles }, self.by())?;
        Ok(Answer::Done)
    }

    fn set_password(&self, login: &str, password: &Secret) -> anyhow::Result<Answer> {
        let user = self.user(login)?;
        let hash = password::hash(password.expose(), clock::os_random())?;
        self.store.set_password(user.id, hash, self.by())?;
        Ok(Answer::Done)
    }

    fn user(&self, login: &str) -> anyhow::Result<User> {
        let found = self.store.read(|connection| users::find_by_login(connection, login))?;
        let (user, _) =
            found.ok_or_else(|| anyhow!("there is no login \"{login}\": see `yingda user list`"))?;
        Ok(user)
    }

    /// Gives a login's telephones an extension and a password that is shown once.
    pub(super) fn give_phone(&self, user: &User, extension: &Extension, by: By) -> anyhow::Result<Secret> {
        if user.disabled_at.is_some() {
            bail!("the login \"{}\" is shut out: let it in again in the console first", user.login);
        }
        let password = phone_password(&mut clock::os_chance());
        let hashes = digest::hashes_of(extension.as_str(), &self.phone_server.realm, &password);
        let keys = InstallationKeys::open(&self.keys).context("open the installation keys")?;
        let sealed = Sealed::of(&hashes, extension, &keys);
        self.store.give_phone(user.id, extension.clone(), sealed, by)?;
        (self.tell_phones)();
        Ok(password)
    }

    pub(super) fn take_phone(&self, user: UserId, by: By) -> anyhow::Result<()> {
        self.store.take_phone(user, by)?;
        (self.tell_phones)();
        Ok(())
    }

    /// The languages a login speaks with residents; whoever looks for operators hears of it.
    pub(super) fn set_speaks(&self, user: UserId, speaks: Vec<Language>, by: By) -> anyhow::Result<()> {
        self.store.set_speaks(user, speaks, by)?;
        (self.tell_phones)();
        Ok(())
    }

    fn backup(&self, directory: &Path) -> anyhow::Result<Answer> {
        let files = self.store.backup(directory, &self.beside, &self.by())?;
        Ok(Answer::BackedUp { files })
    }

    /// Makes another installation key and wraps everything with it; cut short, it goes on at the next try.
    fn rotate_key(&self) -> anyhow::Result<Answer> {
        let mut keys = InstallationKeys::open(&self.keys).context("open the installation keys")?;
        keys.add().context("make another installation key")?;
        let journal = self
            .store
            .rewrap(keys.clone())
            .context("wrap the journal's keys and the telephones' passwords")?;
        let recordings = self.recordings.rewrap(keys.clone()).context("wrap the recordings' keys")?;
        if recordings.unreadable == 0 {
            keys.retire_older().context("destroy the older keys")?;
        }
        let rewrapped = recordings.renewed + u64::try_from(journal).unwrap_or(0);
        Ok(Answer::KeyRotated { rewrapped, unreadable: recordings.unreadable })
    }

    fn erase(&self, person: PersonId) -> anyhow::Result<Answer> {
        let erasure = self.store.erase_person(person, self.by())?;
        for recording in &erasure.recordings {
            self.recordings.destroy(*recording).context("destroy a recording of the erased person")?;
        }
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let (events, tickets) = (count(erasure.events), count(erasure.tickets));
        let recordings = count(erasure.recordings.len());
        self.store.recordings_destroyed(erasure.recordings, self.by())?;
        self.told(erasure.changes)?;
        self.store.scrub().context(
            "the person is erased, but a long query keeps the database's log: the upkeep empties it within a day, \
             a restart at once",
        )?;
        Ok(Answer::Erased { events, tickets, recordings })
    }

    /// Tells the desk; what it could not be told it reads at its next start.
    pub(super) fn told(&self, changes: Vec<RecordChange>) -> anyhow::Result<()> {
        if !(self.tell)(changes) {
            bail!(
                "the change is stored, but the desk is too busy to be told: repeat the command in a minute"
            );
        }
        Ok(())
    }
}

/// A password that is typed into a telephone: 16 signs of which none is taken for another.
fn phone_password(chance: &mut Chance) -> Secret {
    const SIGNS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let sign = |_| char::from(SIGNS[chance.below(SIGNS.len() as u32) as usize]);
    Secret::new((0..16).map(sign).collect::<String>())
}

/// Reads `operator@12349`.
fn held_role(text: &str, stations: &[Station]) -> anyhow::Result<(Role, StationId)> {
    let (role, number) = text
        .split_once('@')
        .ok_or_else(|| anyhow!("\"{text}\" names no station: write role@help-number, as operator@12349"))?;
    let known = || Role::ALL.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ");
    let held =
        Role::parse(role).ok_or_else(|| anyhow!("there is no role \"{role}\": take one of {}", known()))?;
    let station = stations.iter().find(|station| station.help_number == number);
    let station =
        station.ok_or_else(|| anyhow!("no station answers {number}: see the stations' help numbers"))?;
    Ok((held, station.id))
}

//! `yingda demo`: the whole line at work on a synthetic district, with residents and volunteers who behave.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use tracing::warn;

use super::district::{District, HELP_NUMBER, NAME, Size};
use super::sms_centre::{CentreSettings, SmsCentre};
use super::totals::Farewell;
use super::{helpers, pace, residents};
use crate::clock::{self, Clock};
use crate::console;
use crate::domain::actor::{Actor, Role};
use crate::domain::category::{self, Catalogue};
use crate::domain::ids::{JurisdictionId, StationId};
use crate::domain::language::Language;
use crate::domain::phone_number::NumberingPlan;
use crate::domain::secret::Secret;
use crate::domain::settings::SettingsKind;
use crate::phone::caller::Caller;
use crate::phone::settings::{NumberStyle, Settings as PhoneSettings, Trunk};
use crate::phone::sip::digest::Algorithm;
use crate::phone::sip::registrar::RegistrarSettings;
use crate::phone::sounds::{Settings as SoundSettings, Sounds};
use crate::places::Settings as RoadSettings;
use crate::service::house::{Ground, Plan};
use crate::service::office::RECORDINGS_FOLDER;
use crate::service::run::{Running, ServicePlan};
use crate::sms;
use crate::store::Store;
use crate::store::backup::Beside;
use crate::store::error::StoreError;
use crate::store::queries::{register, totals};
use crate::store::records::By;
use crate::store::users::NewUser;

/// The same seed makes the same district.
const SEED: u64 = 20_260_501;
/// The station of the district, whose people may see everything.
const DISTRICT: StationId = StationId(1);
const SHORT_NUMBER: &str = "106912349";
const JURISDICTION: &str = "shibei";

/// What can be said at the command line.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it keeps its data; a folder with a demo in it is gone on with.
    pub directory: PathBuf,
    pub sip: SocketAddr,
    pub http: SocketAddr,
    /// Ends by itself, with totals.
    pub minutes: Option<u32>,
    /// Nobody rings by themselves.
    pub no_calls: bool,
    pub size: Size,
}

/// Six logins that hold all roles between them: name, roles, what it is called.
const LOGINS: [(&str, &[Role], &str); 6] = [
    ("operator", &[Role::Operator], "坐席"),
    ("dispatcher", &[Role::Dispatcher], "调度"),
    ("handler", &[Role::Handler], "经办"),
    ("officer", &[Role::CallbackOfficer], "回访"),
    ("supervisor", &[Role::Supervisor, Role::DutyOfficer], "班长"),
    ("admin", &[Role::Administrator, Role::Manager], "管理"),
];

/// A login that was made just now.
pub struct Login {
    pub name: &'static str,
    pub password: String,
}

/// Runs the demo until it is told to end or its minutes are over.
///
/// # Errors
/// The first part that could not be opened; at the end, totals that do not balance.
pub async fn run(options: Options, ended: impl Future<Output = ()>) -> anyhow::Result<()> {
    let ground = Ground::open(&options.directory)?;
    let by = By {
        actor: Actor::SYSTEM,
        jurisdiction: JurisdictionId(JURISDICTION.into()),
        at: ground.clock.now(),
    };
    let logins = settle(&ground.store, options.size, &by)?;
    let sounds = Arc::new(Sounds::load(&SoundSettings::default()).context("load the sounds")?);
    let clock = ground.clock.clone();
    let telephones = telephones(sounds, &clock)?;
    // SMPP 3.4 has room for eight characters of a password.
    let password: String = password().chars().take(8).collect();
    let mut centre = centre(&password, &clock).await?;
    let plan = plan(&options, &telephones, &centre, password);
    let running = Running::open(plan, ground).await?;
    print!("{}", screen(&options, &running, &logins));
    let (stop, rang, texted) = (Arc::new(AtomicBool::new(false)), Arc::default(), Arc::default());
    let far_end = centre.far_end();
    let (_empty, nothing) = tokio::sync::mpsc::channel(1);
    let handsets = std::mem::replace(&mut centre.handsets, nothing);
    tokio::spawn(helpers::read(handsets, far_end, Arc::clone(&texted)));
    let numbers = resident_numbers(&running.house.store)?;
    let threads = people(&telephones, &running, numbers, &rang, &stop, options.no_calls)?;
    let minutes = options.minutes.map(|minutes| Duration::from_secs(u64::from(minutes) * 60));
    let store = running.house.store.clone();
    let over = async {
        match minutes {
            Some(time) => tokio::select! { () = ended => {}, () = tokio::time::sleep(time) => {} },
            None => ended.await,
        }
        stop.store(true, Ordering::Relaxed);
        // Whoever is on the telephone may finish the sentence.
        tokio::time::sleep(Duration::from_secs(2)).await;
    };
    running.until(over).await?;
    for thread in threads {
        if thread.join().is_err() {
            warn!("a thread of the residents had panicked");
        }
    }
    let totals = store.read(totals::totals)?;
    let farewell = Farewell { store: &totals, residents: &rang, handsets: &texted };
    print!("{}", farewell.lines());
    let faults = farewell.faults();
    anyhow::ensure!(faults.is_empty(), "the totals do not balance: {}", faults.join("; "));
    Ok(())
}

/// The first time: the district's registers, the shortened figures and six logins. Later only new passwords.
fn settle(store: &Store, size: Size, by: &By) -> anyhow::Result<Vec<Login>> {
    let catalogue = Catalogue::parse(category::DEFAULT_TEXT).context("read the catalogue")?;
    let new = store.living(by.at)?.stations.is_empty();
    if new {
        let district = District::generate(by.jurisdiction.clone(), size, SEED, &catalogue, by.at);
        district.settle(store, by).context("settle the district")?;
        store.add_settings(SettingsKind::Policy, pace::policy(), by.clone())?;
        store.add_settings(SettingsKind::Calendars, pace::calendar(), by.clone())?;
    }
    let there = store.read(crate::store::users::all)?;
    // Each login is a human being of its own: nobody closes what they handled, whatever login they use.
    let count = u32::try_from(LOGINS.len()).context("count the logins")?;
    let staff =
        store.read(|connection| Ok::<_, StoreError>(register::staff_of(connection, DISTRICT, count)?))?;
    let mut persons = staff.into_iter();
    let mut logins = Vec::new();
    for (name, roles, called) in LOGINS {
        let person = persons.next();
        let password = password();
        let hash = console::password::hash(&password, clock::os_random())?;
        match there.iter().find(|user| user.login == name) {
            Some(user) => store.set_password(user.id, hash, by.clone())?,
            None => {
                let user = NewUser {
                    login: name.into(),
                    name: format!("演示{called}"),
                    password_hash: hash,
                    person,
                    language: Language::Zh,
                    roles: roles.iter().map(|role| (*role, DISTRICT)).collect(),
                };
                store.add_user(user, by.clone())?;
            }
        }
        logins.push(Login { name, password });
    }
    Ok(logins)
}

/// Twelve characters that are read aloud without a doubt.
fn password() -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut chance = clock::os_chance();
    let count = u32::try_from(LETTERS.len()).expect("a short alphabet");
    (0..12).map(|_| char::from(LETTERS[chance.below(count) as usize])).collect()
}

fn telephones(sounds: Arc<Sounds>, clock: &Clock) -> anyhow::Result<Arc<Caller>> {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let chance = clock::os_chance();
    Ok(Arc::new(
        Caller::start(address, sounds, clock.clone(), chance).context("start the residents' telephones")?,
    ))
}

async fn centre(password: &str, clock: &Clock) -> anyhow::Result<SmsCentre> {
    let settings = CentreSettings {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        system_id: "yingda".into(),
        password: Secret::new(password.to_owned()),
    };
    SmsCentre::start(settings, clock.clone()).await.context("start the SMS centre")
}

fn plan(options: &Options, telephones: &Caller, centre: &SmsCentre, password: String) -> ServicePlan {
    let loopback = [127, 0, 0, 1].into();
    let trunk = Trunk { dials: NumberStyle::National, ..Trunk::at("demo", telephones.address()) };
    let phone = PhoneSettings {
        udp: options.sip,
        tcp: Some(options.sip),
        trunks: vec![trunk],
        trusted: vec![loopback],
        // Any softphone that is at hand can be an operator's: some know nothing newer.
        registrar: RegistrarSettings { algorithms: vec![Algorithm::Md5], ..RegistrarSettings::default() },
        ..PhoneSettings::default()
    };
    let sms = sms::settings::Settings {
        address: centre.address().to_string(),
        system_id: "yingda".into(),
        password: Secret::new(password),
        source: SHORT_NUMBER.into(),
        parts_per_second: 200,
        ..sms::settings::Settings::default()
    };
    ServicePlan {
        house: Plan {
            data_dir: options.directory.clone(),
            jurisdiction: JurisdictionId(JURISDICTION.into()),
            name: NAME.into(),
            numbering: NumberingPlan::default(),
            first: BTreeMap::new(),
            phone,
            sounds: SoundSettings::default(),
            texts: true,
            roads: RoadSettings::default(),
            journal: true,
        },
        console: Some(console::settings::Settings {
            listen: options.http,
            ..console::settings::Settings::default()
        }),
        sms: Some(sms),
        beside: Beside { recordings: Some(options.directory.join(RECORDINGS_FOLDER)), ..Beside::default() },
    }
}

/// Numbers that residents ring from.
fn resident_numbers(store: &Store) -> anyhow::Result<Vec<String>> {
    let plan = NumberingPlan::default();
    let numbers = store.read(totals::resident_numbers)?;
    Ok(numbers.iter().map(|number| number.national(&plan)).collect())
}

fn people(
    telephones: &Arc<Caller>,
    running: &Running,
    numbers: Vec<String>,
    tally: &Arc<residents::Tally>,
    stop: &Arc<AtomicBool>,
    no_calls: bool,
) -> anyhow::Result<Vec<std::thread::JoinHandle<()>>> {
    let mut threads = Vec::new();
    let (caller, told, counted) = (telephones.clone(), stop.clone(), tally.clone());
    let answering = std::thread::Builder::new().name("residents-answer".into());
    threads.push(
        answering
            .spawn(move || residents::answer(&caller, &counted, &told))
            .context("start the residents")?,
    );
    if !no_calls {
        let line = format!("sip:{HELP_NUMBER}@{}", running.addresses.sip);
        let (caller, told, counted) = (telephones.clone(), stop.clone(), tally.clone());
        let ringing = std::thread::Builder::new().name("residents-ring".into());
        let ring = move || residents::ring(&caller, &line, &numbers, &counted, &told);
        threads.push(ringing.spawn(ring).context("start the residents")?);
    }
    Ok(threads)
}

/// What stands on the screen while it runs.
fn screen(options: &Options, running: &Running, logins: &[Login]) -> String {
    let console = running.addresses.console.map_or_else(String::new, |at| format!("http://{at}/"));
    let mut lines = vec![format!("Yingda 应达 · {NAME}"), String::new(), format!("  console      {console}")];
    for login in logins {
        lines.push(format!("               {:12} {}", login.name, login.password));
    }
    lines.push(format!("  ring         sip:{HELP_NUMBER}@{} (UDP or TCP)", running.addresses.sip));
    lines.push(format!("  data         {}", options.directory.display()));
    lines.push(String::new());
    lines.push("  Everybody in it is made up; places are schematic (示意位置). Ctrl-C ends it.".into());
    lines.join("\n") + "\n\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_can_be_tried_with_one_of_the_six_logins() {
        for role in Role::ALL {
            assert!(LOGINS.iter().any(|(_, roles, _)| roles.contains(role)), "nobody is {role}");
        }
    }
}

//! The whole line on a synthetic district on loopback, with outsiders who do what they are told: for the browser test
//! that follow a ticket from a call to its end and an operator through callers. Calls are SIP, texts are SMPP.
//!
//! `cargo run --example story` prints the console's address and the password of `dispatcher`, `operator`, `colleague` and
//! `supervisor`. Then, a line each: `ring` lets a resident ring and key a wish, `want` lets another ring and ask for a person, `leave` lets the first
//! of these hang up, `say HANDSET WORDS` writes a text. It tells `heard DIGITS` of the wish and `text HANDSET WORDS` of
//! what handsets show. A resident who is rung answers that all is well; the telephones 201 of the operator, 202 of the
//! colleague, 209 of the supervisor and 120 are picked up. It ends with its standard input.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, stdin};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use rusqlite::Connection;
use tokio::sync::mpsc;
use yingda::clock::{self, Clock};
use yingda::console;
use yingda::demo::district::{District, HELP_NUMBER, NAME, Size};
use yingda::demo::sms_centre::{CentreSettings, SmsCentre};
use yingda::demo::{pace, residents};
use yingda::domain::actor::{Actor, Role};
use yingda::domain::category::{Catalogue, DEFAULT_TEXT};
use yingda::domain::extension::{Extension, PhoneBinding, PhoneHashes, PhoneTransport};
use yingda::domain::ids::{Chance, JurisdictionId, StationId};
use yingda::domain::language::Language;
use yingda::domain::phone_number::{NumberingPlan, PhoneNumber};
use yingda::domain::policy::Policy;
use yingda::domain::secret::Secret;
use yingda::domain::settings::SettingsKind;
use yingda::domain::timestamp::Timestamp;
use yingda::domain::volunteer::WeekHours;
use yingda::phone::caller::script::{self, parse};
use yingda::phone::caller::{Caller, Conversation, Moment, digits_said};
use yingda::phone::settings::{NumberStyle, Settings as PhoneSettings, Trunk};
use yingda::phone::sounds::{Settings as SoundSettings, Sounds};
use yingda::service::house::{Ground, Plan};
use yingda::service::run::{Running, ServicePlan};
use yingda::sms;
use yingda::store::Store;
use yingda::store::backup::Beside;
use yingda::store::error::StoreError;
use yingda::store::phones::Sealed;
use yingda::store::records::By;
use yingda::store::users::{self, NewUser};

const JURISDICTION: &str = "shibei";
const DISTRICT: StationId = StationId(1);
const SHORT_NUMBER: &str = "106912349";
const ACCOUNT: (&str, &str) = ("yingda", "secret1");
/// Whose telephones are of the line.
const SEATS: [(&str, &str); 3] = [("operator", "201"), ("colleague", "202"), ("supervisor", "209")];
/// Residents of whom each rings once.
const RESIDENTS: u8 = 6;
const PASSWORD: &str = "海堤与潮声 42";
/// Elderly care, its fourth kind of help, the registered home, "you may ask me afterwards"; then the number and its end.
const KEYS: &str = "1 4 1 1 - - - - - x";
/// How long nothing may happen before a caller hangs up.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let directory = tempfile::tempdir().context("make a folder")?;
    let ground = Ground::open(directory.path())?;
    let now = ground.clock.now();
    let mut wanting = settle(&ground.store, now)?.into_iter();
    let resident = wanting.next().context("somebody rings")?;
    let sounds = Arc::new(Sounds::load(&SoundSettings::default()).context("load the sounds")?);
    let chance = Chance::from_seed(clock::os_random());
    let telephones = Arc::new(Caller::start(LOOPBACK, sounds, Clock::start(), chance)?);
    for (login, extension) in SEATS {
        seat(&ground, (login, extension), telephones.address(), now)?;
    }
    let (system_id, password) = (ACCOUNT.0.to_owned(), Secret::new(ACCOUNT.1));
    let settings = CentreSettings { listen: LOOPBACK, system_id, password };
    let mut centre = SmsCentre::start(settings, Clock::start()).await.context("start the SMS centre")?;
    let plan = plan(directory.path(), telephones.address(), centre.address());
    let running = Running::open(plan, ground).await?;
    let console = running.addresses.console.context("the console is on")?;
    println!("http://{console} ticket none password {PASSWORD}");

    let answering = telephones.clone();
    std::thread::spawn(move || {
        while let Ok(rung) = answering.rung().recv() {
            std::thread::spawn(move || match rung.wanted.as_str() {
                "120" => sit(&rung.conversation),
                wanted if SEATS.iter().any(|(_, extension)| *extension == wanted) => sit(&rung.conversation),
                _ => residents::pick_up(&rung, residents::CONTENT, &residents::Tally::default()),
            });
        }
    });
    let line = format!("sip:{HELP_NUMBER}@{}", running.addresses.sip);
    let mut orders = orders();
    let mut on_the_line = VecDeque::<Arc<Conversation>>::new();
    let over = async {
        loop {
            tokio::select! {
                order = orders.recv() => match order.as_deref().map(|order| order.split_once(' ').unwrap_or((order, ""))) {
                    Some(("ring", _)) => ring(&telephones, &line, &resident),
                    Some(("want", _)) => match wanting.next().map(|from| want(&telephones, &line, &from)) {
                        Some(Ok(conversation)) => on_the_line.push_back(conversation),
                        Some(Err(error)) => eprintln!("story: nobody can ring: {error}"),
                        None => eprintln!("story: nobody else wants a person"),
                    },
                    Some(("leave", _)) => match on_the_line.pop_front() {
                        Some(first) => drop(first.hang_up()),
                        None => eprintln!("story: nobody is on the line"),
                    },
                    Some(("say", what)) => {
                        let (from, words) = what.split_once(' ').unwrap_or((what, ""));
                        centre.far_end().say(from, SHORT_NUMBER, words, Duration::ZERO).await;
                    }
                    Some((other, _)) => eprintln!("story: no such order: {other}"),
                    None => return,
                },
                Some(text) = centre.handsets.recv() => println!("text {} {}", text.to, text.body.replace('\n', " ")),
            }
        }
    };
    running.until(over).await
}

/// A login has a telephone, and it has registered.
fn seat(
    ground: &Ground,
    (login, extension): (&str, &str),
    at: SocketAddr,
    now: Timestamp,
) -> anyhow::Result<()> {
    let by = By { actor: Actor::SYSTEM, jurisdiction: JurisdictionId(JURISDICTION.into()), at: now };
    let found = ground.store.read(|connection| users::find_by_login(connection, login))?;
    let (user, _) = found.context("the telephone is somebody's")?;
    let extension = Extension::parse(extension)?;
    // Nobody registers anew here, so the password is nobody's.
    let sealed = Sealed::of(&PhoneHashes { sha256: [1; 32], md5: [2; 16] }, &extension, &ground.keys);
    ground.store.give_phone(user.id, extension.clone(), sealed, by)?;
    let binding = PhoneBinding {
        extension: extension.clone(),
        contact: format!("sip:{extension}@{at}"),
        preference: 1_000,
        source: at,
        transport: PhoneTransport::Udp,
        call_id: format!("story-{extension}"),
        sequence: 1,
        expires_at: now + Duration::from_secs(3_600),
    };
    Ok(ground.store.put_phone_bindings(extension, vec![binding])?)
}

/// Somebody sits at the telephone: it is picked up after a moment, and laid down when the other side has.
fn sit(telephone: &Conversation) {
    std::thread::sleep(Duration::from_secs(2));
    if telephone.answer().is_err() {
        return;
    }
    while !matches!(telephone.moments().recv(), Ok(Moment::Ended(_)) | Err(_)) {}
}

/// A resident rings, asks for a person as soon as the line answers, and stays on it.
fn want(telephones: &Caller, line: &str, from: &str) -> anyhow::Result<Arc<Conversation>> {
    let conversation = Arc::new(telephones.dial(line, from)?);
    let listening = conversation.clone();
    std::thread::spawn(move || {
        while let Ok(moment) = listening.moments().recv() {
            match moment {
                Moment::Answered => drop(listening.press("0")),
                Moment::Ended(_) => return,
                Moment::Ringing | Moment::Quiet | Moment::Said(_) | Moment::Pressed(_) => {}
            }
        }
    });
    Ok(conversation)
}

/// What is said to this program, line by line.
fn orders() -> mpsc::Receiver<String> {
    let (order, orders) = mpsc::channel(16);
    std::thread::spawn(move || {
        for line in stdin().lock().lines().map_while(Result::ok) {
            if order.blocking_send(line).is_err() {
                return;
            }
        }
    });
    orders
}

/// The resident rings, keys the wish and tells the digits that were heard.
fn ring(telephones: &Arc<Caller>, line: &str, resident: &str) {
    let (telephones, line, resident) = (telephones.clone(), line.to_owned(), resident.to_owned());
    std::thread::spawn(move || {
        let steps = parse(KEYS).expect("keys as they are pressed");
        match telephones.dial(&line, &resident) {
            Ok(conversation) => {
                let report = script::run(&conversation, steps, PATIENCE, |_| {});
                println!("heard {}", digits_said(&report.heard));
            }
            Err(error) => eprintln!("story: nobody can ring: {error}"),
        }
    });
}

/// A small district whose volunteers may be asked at any hour, with people at the line. Answers the numbers of residents
/// whose homes are known.
fn settle(store: &Store, now: Timestamp) -> anyhow::Result<Vec<String>> {
    let jurisdiction = JurisdictionId(JURISDICTION.into());
    let by = By { actor: Actor::SYSTEM, jurisdiction: jurisdiction.clone(), at: now };
    let catalogue = Catalogue::parse(DEFAULT_TEXT).context("read the catalogue")?;
    let mut district = District::generate(jurisdiction, Size::SMALL, 20_260_501, &catalogue, now);
    for record in &mut district.volunteers {
        record.volunteer.available = WeekHours::ALWAYS;
        record.volunteer.night_consent = true;
    }
    // Who wants a person waits for the operator: no station rings other telephones.
    for station in &mut district.stations {
        station.ring.clear();
    }
    district.settle(store, &by)?;
    let mut policy = Policy::parse(&pace::policy()).context("read the policy")?;
    policy.survey.delay = Duration::from_secs(3);
    policy.survey.too_soon = Duration::ZERO;
    store.add_settings(
        SettingsKind::Policy,
        toml::to_string(&policy).context("write the policy")?,
        by.clone(),
    )?;
    store.add_settings(SettingsKind::Calendars, pace::calendar(), by.clone())?;
    let password_hash = console::password::hash(PASSWORD, clock::os_random())?;
    for (login, name, role) in [
        ("dispatcher", "调度", Role::Dispatcher),
        ("operator", "坐席", Role::Operator),
        ("colleague", "同事", Role::Operator),
        ("supervisor", "班长", Role::Supervisor),
    ] {
        let user = NewUser {
            login: login.into(),
            name: name.into(),
            password_hash: password_hash.clone(),
            person: None,
            language: Language::Zh,
            roles: vec![(role, DISTRICT)],
        };
        store.add_user(user, by.clone())?;
    }
    let numbers = store.read(|connection: &Connection| -> Result<Vec<PhoneNumber>, StoreError> {
        let mut found = connection.prepare(
            "SELECT number FROM person_phone JOIN person ON person.id = person_phone.person WHERE confidence = 'exact' \
             AND number LIKE '+861%' AND person.area IS NOT NULL AND NOT EXISTS \
             (SELECT 1 FROM volunteer WHERE volunteer.person = person.id) ORDER BY number LIMIT ?1",
        )?;
        Ok(found.query_map([RESIDENTS], |row| row.get(0))?.collect::<Result<_, _>>()?)
    })?;
    anyhow::ensure!(numbers.len() == usize::from(RESIDENTS), "{} residents with a known home", numbers.len());
    Ok(numbers.iter().map(|one| one.national(&NumberingPlan::default())).collect())
}

fn plan(directory: &Path, telephones: SocketAddr, centre: SocketAddr) -> ServicePlan {
    let trunk = Trunk { dials: NumberStyle::National, ..Trunk::at("story", telephones) };
    let phone = PhoneSettings {
        udp: LOOPBACK,
        tcp: None,
        trunks: vec![trunk],
        trusted: vec![LOOPBACK.ip()],
        ..PhoneSettings::default()
    };
    let sms = sms::settings::Settings {
        address: centre.to_string(),
        system_id: ACCOUNT.0.into(),
        password: Secret::new(ACCOUNT.1),
        source: SHORT_NUMBER.into(),
        ..sms::settings::Settings::default()
    };
    ServicePlan {
        house: Plan {
            data_dir: directory.to_owned(),
            jurisdiction: JurisdictionId(JURISDICTION.into()),
            name: NAME.into(),
            numbering: NumberingPlan::default(),
            first: BTreeMap::new(),
            phone,
            sounds: SoundSettings::default(),
            texts: true,
            roads: yingda::places::Settings::default(),
            journal: false,
        },
        console: Some(console::settings::Settings { listen: LOOPBACK, ..Default::default() }),
        sms: Some(sms),
        beside: Beside::default(),
    }
}

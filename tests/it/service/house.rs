//! A house in a temporary folder, with the scenarios' town in its store.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use yingda::clock::{self, Clock};
use yingda::domain::actor::Actor;
use yingda::domain::ids::{JurisdictionId, PersonId};
use yingda::domain::language::Language;
use yingda::domain::person::{PersonPhone, PhoneConfidence};
use yingda::domain::phone_number::NumberingPlan;
use yingda::domain::register::{PersonRecord, VolunteerRecord};
use yingda::domain::ticket::Ticket;
use yingda::domain::urgency::Tier;
use yingda::phone::caller::{Caller, Conversation, Moment};
use yingda::phone::settings::Settings;
use yingda::phone::sounds::Sounds;
use yingda::service::house::{Ground, House, Plan};
use yingda::store::Store;
use yingda::store::records::By;

use crate::scenarios::town::{self, area, number, station, volunteer};

/// How long anything may take on a busy machine before it counts as not happening.
pub const PATIENCE: Duration = Duration::from_secs(90);

pub fn by(at: yingda::domain::timestamp::Timestamp) -> By {
    By { actor: Actor::SYSTEM, jurisdiction: JurisdictionId("shibei".into()), at }
}

pub fn person(id: i64, name: &str, phone: &str, address: Option<&str>) -> PersonRecord {
    PersonRecord {
        id: PersonId(id),
        jurisdiction: JurisdictionId("shibei".into()),
        name: name.into(),
        id_number: None,
        born: None,
        gender: None,
        gender_wish: None,
        languages: vec![Language::Zh],
        area: Some(area(town::COMMITTEE)),
        address: address.map(str::to_owned),
        point: None,
        flags: vec![],
        phones: vec![PersonPhone {
            person: PersonId(id),
            number: number(phone),
            confidence: PhoneConfidence::Exact,
            shared: false,
            verified_at: None,
        }],
        contacts: vec![],
    }
}

/// Writes the town's registers into a new store.
pub fn settle(store: &Store, now: yingda::domain::timestamp::Timestamp) {
    let areas = town::rules().areas.into_values().collect();
    store.put_jurisdiction(JurisdictionId("shibei".into()), "市北区".into()).unwrap();
    store.import_areas(areas, by(now)).unwrap();
    let stations = vec![
        station(1, Tier::District, town::DISTRICT, None),
        station(2, Tier::Street, town::STREET, Some(1)),
        station(3, Tier::Committee, town::COMMITTEE, Some(2)),
    ];
    store.import_stations(stations, by(now)).unwrap();
    store
        .import_people(vec![person(1, "王奶奶", "13900000001", Some("商城路1号2单元301"))], by(now))
        .unwrap();
    let volunteers = (1..=5).map(|n| {
        let phone = format!("138000000{n:02}");
        let badge = 10_000 + n;
        VolunteerRecord {
            person: person(badge, "志愿者", &phone, None), volunteer: volunteer(badge, &phone)
        }
    });
    store.import_volunteers(volunteers.collect(), by(now)).unwrap();
}

/// Opens the ground and, the first time, settles the town there.
pub fn ground(directory: &Path) -> Ground {
    let new = !directory.join("yingda.db").exists();
    let ground = Ground::open(directory).unwrap();
    if new {
        settle(&ground.store, ground.clock.now());
    }
    ground
}

pub fn plan(directory: &Path) -> Plan {
    Plan {
        data_dir: directory.to_owned(),
        jurisdiction: JurisdictionId("shibei".into()),
        name: "市北区".into(),
        numbering: NumberingPlan::default(),
        first: std::collections::BTreeMap::new(),
        phone: Settings {
            udp: "127.0.0.1:0".parse().unwrap(),
            tcp: None,
            trusted: vec!["127.0.0.1".parse().unwrap()],
            ..Settings::default()
        },
        sounds: yingda::phone::sounds::Settings::default(),
        texts: true,
        roads: yingda::places::Settings::default(),
        journal: true,
    }
}

pub fn open(directory: &Path) -> House {
    House::open(plan(directory), ground(directory), Box::new(|_, _| {})).unwrap()
}

/// Somebody with a telephone on loopback.
pub fn caller(sounds: Arc<Sounds>) -> Caller {
    let address = "127.0.0.1:0".parse().unwrap();
    Caller::start(address, sounds, Clock::start(), clock::os_chance()).unwrap()
}

pub fn sounds() -> Arc<Sounds> {
    Arc::new(Sounds::load(&yingda::phone::sounds::Settings::default()).unwrap())
}

/// All tickets in the store.
pub fn tickets(house: &House) -> Vec<Ticket> {
    let living = house.store.living(house.clock.now()).unwrap();
    living.tickets.into_iter().chain(living.closed_lately).collect()
}

/// Listens until a clip was said whole; answers what was said before it, in order.
pub fn wait_for(moments: &crossbeam_channel::Receiver<Moment>, clip: &str) -> Vec<String> {
    let deadline = clock::monotonic() + PATIENCE;
    let mut heard = Vec::new();
    loop {
        let left = deadline.saturating_duration_since(clock::monotonic());
        match moments.recv_timeout(left) {
            Ok(Moment::Said(said)) if said.id == clip => return heard,
            Ok(Moment::Said(said)) => heard.push(said.id),
            Ok(_) => {}
            Err(_) => panic!("{clip} was not heard in {PATIENCE:?}, but {heard:?}"),
        }
    }
}

/// Keys a wish for the registered home and answers the digits that were read.
pub fn key_a_wish(conversation: &Conversation) -> String {
    let moments = conversation.moments();
    for (clip, key) in
        [("greeting", "1"), ("which-help", "4"), ("label-registered-home", "1"), ("may-we-ask", "1")]
    {
        wait_for(moments, clip);
        conversation.press(key).unwrap();
    }
    wait_for(moments, "ticket-number-is");
    let heard = wait_for(moments, "also-by-text");
    heard.iter().filter_map(|clip| clip.strip_prefix("digits/")).collect()
}

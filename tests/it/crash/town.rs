//! A town for the program: stations, residents and volunteers in its store, figures that suit a test, short prompts.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use yingda::clock::{self, Clock};
use yingda::domain::actor::Actor;
use yingda::domain::ids::{Chance, JurisdictionId, PersonId};
use yingda::domain::language::Language;
use yingda::domain::person::{PersonPhone, PhoneConfidence};
use yingda::domain::policy::Policy;
use yingda::domain::register::{PersonRecord, VolunteerRecord};
use yingda::domain::span::Span;
use yingda::domain::urgency::Tier;
use yingda::phone::caller::Caller;
use yingda::phone::sounds::{Settings as SoundSettings, Sounds};
use yingda::service::house::Ground;
use yingda::store::records::By;

use super::desk;
use super::program::Site;
use crate::scenarios::town::{self, area, number, station, volunteer};

/// What the SMS centre knows the line by.
pub const ACCOUNT: (&str, &str) = ("line", "secret1");
/// The line's short number.
pub const SHORT: &str = "106900";
/// Samples of a prompt, and of a digit.
const PROMPT: usize = 25 * 160;
const DIGIT: usize = 6 * 160;

/// What a town is made of.
pub struct Plan {
    pub log: &'static str,
    pub policy: Policy,
    pub centre: Option<SocketAddr>,
    /// Where people are rung.
    pub trunk: SocketAddr,
    pub residents: u32,
    pub volunteers: u32,
}

impl Plan {
    /// A line of `residents` and `volunteers` with brisk figures, between a centre and everybody's telephones.
    pub fn brisk(centre: SocketAddr, telephones: &Caller, residents: u32, volunteers: u32) -> Self {
        let (centre, trunk) = (Some(centre), telephones.address());
        Self { log: "info", policy: brisk(), centre, trunk, residents, volunteers }
    }
}

/// The number a resident rings from.
pub fn home(n: u32) -> String {
    format!("13955{n:06}")
}

pub fn resident_name(n: u32) -> String {
    format!("苑居民{n:04}")
}

pub fn resident_address(n: u32) -> String {
    format!("商城路{n}号9单元")
}

/// A volunteer's handset, as the centre writes it.
pub fn handset(n: u32) -> String {
    format!("86138{n:08}")
}

/// Figures under which a visit is over in seconds.
pub fn brisk() -> Policy {
    let mut policy = Policy::default();
    policy.urgency.p3.wave = Duration::from_secs(6);
    policy.urgency.p3.accept = Span::mins(8);
    policy.visits.two_person_from_hour = 24;
    policy.visits.two_person_until_hour = 0;
    policy.survey.delay = Duration::from_secs(1);
    policy.survey.too_soon = Duration::ZERO;
    policy.survey.again_after = Duration::from_secs(5);
    policy.visits.rest = Duration::ZERO;
    policy.visits.per_day = 100;
    policy.visits.per_week = Duration::from_hours(160);
    policy.offers.open_per_volunteer = 10;
    policy.offers.per_day = 60;
    policy.offers.per_week = 60;
    policy.calls.callback_again_after = Duration::from_secs(5);
    policy
}

/// A calendar without nights and weekends, whose one quiet minute is half a day from now.
fn calendar() -> String {
    const HALF_A_DAY: i64 = 12 * 60;
    let minute = clock::wall().as_millis() / 60_000 + HALF_A_DAY;
    let written = |minute: i64| format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
    let mut text = format!(
        "name = \"always\"\nzone = \"UTC\"\ndaytime = \"00:00-24:00\"\n\
         calling = [\"00:00-08:00\", \"08:00-16:00\", \"16:00-24:00\"]\nquiet = \"{}-{}\"\n\n[working]\n",
        written(minute),
        written(minute + 1)
    );
    for day in ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] {
        text.push_str(&format!("{day} = [\"00:00-24:00\"]\n"));
    }
    text
}

/// Settles a town in a folder in which its `sounds` are.
pub fn settle(folder: &Path, plan: &Plan) -> Site {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("policy.toml"), toml::to_string(&plan.policy).unwrap()).unwrap();
    fs::write(folder.join("calendar.toml"), calendar()).unwrap();
    let sms = plan.centre.map_or_else(String::new, |centre| {
        format!(
            "[sms]\naddress = \"{centre}\"\nsystem_id = \"{}\"\npassword = \"{}\"\nsource = \"{SHORT}\"\n\
             parts_per_second = 1000\nreconnect_first_ms = 50\nreconnect_longest_s = 1\n",
            ACCOUNT.0, ACCOUNT.1
        )
    });
    let settings = format!(
        "data_dir = \"data\"\nlog = \"{}\"\n[first]\npolicy = \"policy.toml\"\ncalendar = \"calendar.toml\"\n\
         [sounds]\nfolder = \"sounds\"\n[phone]\nudp = \"127.0.0.1:0\"\ntcp = \"127.0.0.1:0\"\n\
         trusted = [\"127.0.0.1\"]\n[[phone.trunks]]\nname = \"town\"\naddress = \"{}\"\ndials = \"national\"\n\
         [console]\nlisten = \"127.0.0.1:0\"\n{sms}",
        plan.log, plan.trunk
    );
    let site = Site::new(folder, &settings);
    register(&site.data(), plan);
    site
}

fn register(data: &Path, plan: &Plan) {
    let ground = Ground::open(data).unwrap();
    let (store, now) = (&ground.store, ground.clock.now());
    let by = || By { actor: Actor::SYSTEM, jurisdiction: JurisdictionId("shibei".into()), at: now };
    store.put_jurisdiction(JurisdictionId("shibei".into()), "市北区".into()).unwrap();
    store.import_areas(town::rules().areas.into_values().collect(), by()).unwrap();
    let stations = vec![
        station(1, Tier::District, town::DISTRICT, None),
        station(2, Tier::Street, town::STREET, Some(1)),
        station(3, Tier::Committee, town::COMMITTEE, Some(2)),
    ];
    store.import_stations(stations, by()).unwrap();
    desk::seat(store, by());
    let residents = (1..=plan.residents)
        .map(|n| person(i64::from(n), resident_name(n), &home(n), Some(resident_address(n))));
    store.import_people(residents.collect(), by()).unwrap();
    let volunteers = (1..=plan.volunteers).map(|n| {
        let (badge, phone) = (10_000 + i64::from(n), handset(n));
        VolunteerRecord {
            person: person(badge, format!("苑志愿者{n:03}"), &phone, None),
            volunteer: volunteer(badge, &phone),
        }
    });
    store.import_volunteers(volunteers.collect(), by()).unwrap();
}

fn person(id: i64, name: String, phone: &str, address: Option<String>) -> PersonRecord {
    PersonRecord {
        id: PersonId(id),
        jurisdiction: JurisdictionId("shibei".into()),
        name,
        id_number: None,
        born: None,
        gender: None,
        gender_wish: None,
        languages: vec![Language::Zh],
        area: Some(area(town::COMMITTEE)),
        address,
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

/// Every prompt as noise of its own, the Chinese ones half a second long: nobody in a test has time for words.
fn short_prompts(folder: &Path) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut chance = Chance::from_number(77);
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds");
    for language in ["zh", "en"] {
        for below in ["", "digits"] {
            let into = folder.join(language).join(below);
            fs::create_dir_all(&into).unwrap();
            for clip in fs::read_dir(ours.join(language).join(below)).unwrap() {
                let name = clip.unwrap().file_name();
                if !name.to_string_lossy().ends_with(".wav") {
                    continue;
                }
                let samples = match (language, below) {
                    ("zh", "digits") => DIGIT,
                    ("zh", _) => PROMPT,
                    _ => 160,
                };
                let mut wav = hound::WavWriter::create(into.join(name), spec).unwrap();
                (0..samples).for_each(|_| wav.write_sample(chance.below(20_000) as i16 - 10_000).unwrap());
                wav.finalize().unwrap();
            }
        }
    }
}

/// The clips of the town's line.
pub fn sounds(folder: &Path) -> Arc<Sounds> {
    short_prompts(&folder.join("sounds"));
    Arc::new(Sounds::load(&SoundSettings { folder: Some(folder.join("sounds")) }).unwrap())
}

/// Everybody's telephones.
pub fn telephones(sounds: Arc<Sounds>) -> Arc<Caller> {
    let address = "127.0.0.1:0".parse().unwrap();
    Arc::new(Caller::start(address, sounds, Clock::start(), clock::os_chance()).unwrap())
}

/// Copies a folder with all that is below; sockets stay behind.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

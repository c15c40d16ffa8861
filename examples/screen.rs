//! The console over a small office on loopback, with the desk at work behind it: for looking at pages and for the
//! browser tests. Telephones listen on a free port of loopback; no text leaves.
//!
//! `cargo run --example screen -- 127.0.0.1:8090` prints the address, a ticket and the password of every login.

#![allow(clippy::unwrap_used, reason = "the office is the tests' own, and a broken one may stop the program")]
#![allow(dead_code, reason = "the tests use more of the office than is shown")]

#[path = "../tests/it/console/morning.rs"]
mod morning;
#[path = "../tests/it/console/office.rs"]
mod office;
#[path = "../tests/it/console/telephones.rs"]
mod telephones;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use yingda::clock::os_chance;
use yingda::console::hub::Change;
use yingda::console::settings::Settings;
use yingda::desk::write::Write;
use yingda::domain::category::{Catalogue, DEFAULT_TEXT};
use yingda::domain::operator::OperatorState;
use yingda::domain::phone_number::NumberingPlan;
use yingda::keys::InstallationKeys;
use yingda::phone;
use yingda::service::house::{Ground, House, Plan};
use yingda::service::screens::{self, Screens};

#[tokio::main]
async fn main() {
    let listen: SocketAddr = std::env::args().nth(1).map_or_else(
        || SocketAddr::from(([127, 0, 0, 1], 0)),
        |text| text.parse().expect("an address and a port, as 127.0.0.1:8090"),
    );
    let directory = tempfile::tempdir().unwrap();
    let mut office = office::Office::open(directory.path());
    let ticket = morning::fill(&mut office);
    let drains = [(31, "桥边疏通队", "370203026001"), (32, "海岸疏通队", "370203028001")];
    let drains = drains.map(|(id, name, at)| office::facility(id, name, at));
    office.store.import_facilities(drains.into(), office.by()).unwrap();
    let supervisor = telephones::give(&office, "supervisor", "202");
    let with = telephones::call(&mut office, "053283740001", office::HARBOUR, 240);
    // The call is over when the desk begins, and is written up.
    let talks = telephones::doing(&office, supervisor, OperatorState::Talking, Some(with.id));
    office.write(vec![talks, Write::Call(with)]);
    let house = open(&office, directory.path());
    let screens = Screens {
        settings: Settings { listen, ..Settings::default() },
        catalogue: tokio::sync::watch::channel(Arc::new(Catalogue::parse(DEFAULT_TEXT).unwrap())).1,
        jurisdiction: office::jurisdiction(),
        numbering: NumberingPlan::default(),
        changes: office.changes.subscribe(),
        chance: os_chance(),
        office: office.errands(),
        sms_health: Box::new(|| serde_json::Value::Null),
        sms_counters: None,
    };
    let address = screens::open(screens, &house, CancellationToken::new()).await.unwrap();
    println!("http://{address} ticket {} password {}", ticket.number, office::PASSWORD);
    std::future::pending::<()>().await;
}

/// The desk and its telephones, over what the office wrote down.
fn open(office: &office::Office, directory: &std::path::Path) -> House {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let plan = Plan {
        data_dir: directory.to_owned(),
        jurisdiction: office::jurisdiction(),
        name: "市北区".into(),
        numbering: NumberingPlan::default(),
        first: BTreeMap::new(),
        phone: phone::settings::Settings { udp: nowhere, tcp: None, ..Default::default() },
        sounds: phone::sounds::Settings::default(),
        texts: true,
        roads: yingda::places::Settings::default(),
        journal: false,
    };
    let keys = InstallationKeys::open(directory).unwrap();
    let ground = Ground { store: office.store.clone(), keys, clock: office.clock.clone() };
    let changes: broadcast::Sender<Change> = office.changes.clone();
    let committed = Box::new(move |seq: i64, writes: &[&yingda::desk::write::Write]| {
        changes.send(Change::of(seq, writes.iter().copied())).ok();
    });
    House::open(plan, ground, committed).unwrap()
}

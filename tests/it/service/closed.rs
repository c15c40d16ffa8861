//! The store cannot be opened at all: the telephones are answered all the same, and work goes on when it can.

use std::path::Path;

use anyhow::anyhow;
use crossbeam_channel::bounded;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use yingda::clock;
use yingda::desk::effect::PhoneEffect;
use yingda::domain::urgency::Tier;
use yingda::phone::caller::{Caller, Conversation};
use yingda::service::house::Ground;
use yingda::service::last_known::LAST_KNOWN_FILE;
use yingda::service::run::{Addresses, Running, ServicePlan};
use yingda::store::DATABASE_FILE;
use yingda::store::backup::Beside;
use yingda::store::emergency::{EMERGENCY_FILE, EmergencyLog};

use super::full_disk::{hears_to_the_end, is_heard};
use super::house::{PATIENCE, by, caller, ground, open, plan, sounds};
use super::shift::{Front, Set, arrives, call};
use crate::peers::http::get;
use crate::scenarios::town::{self, number, station};

const WANG: &str = "13900000001";
const LI: &str = "13900000002";

fn service(directory: &Path) -> ServicePlan {
    let listen = "127.0.0.1:0".parse().unwrap();
    let console = yingda::console::settings::Settings { listen, ..Default::default() };
    // A centre that is not there.
    let sms = yingda::sms::settings::Settings {
        address: "127.0.0.1:1".into(),
        system_id: "line".into(),
        password: yingda::domain::secret::Secret::new("secret1"),
        source: "106912345".into(),
        ..Default::default()
    };
    ServicePlan { house: plan(directory), console: Some(console), sms: Some(sms), beside: Beside::default() }
}

/// A day's work with the district ringing `ana`, then a stop.
fn a_day_before(directory: &Path, ana: &Caller) {
    let ground = ground(directory);
    let mut district = station(1, Tier::District, town::DISTRICT, None);
    district.ring = vec![format!("sip:ana@{}", ana.address())];
    ground.store.import_stations(vec![district], by(ground.clock.now())).unwrap();
    drop(ground);
    open(directory).close().unwrap();
}

/// A service that is starting and cannot open its store.
struct Closed {
    addresses: Addresses,
    why: String,
    started: JoinHandle<anyhow::Result<Option<Running>>>,
    stop: oneshot::Sender<()>,
}

async fn start(directory: &Path) -> Closed {
    let plan = service(directory);
    let (tell, told) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let started = tokio::spawn(async move {
        let mut stopped = Box::pin(async { stopped.await.unwrap_or_default() });
        let tell =
            |addresses: Addresses, why: &anyhow::Error| tell.send((addresses, format!("{why:#}"))).unwrap();
        Running::start(plan, tell, &mut stopped).await
    });
    let (addresses, why) = tokio::time::timeout(PATIENCE, told).await.expect("in time").expect("it is told");
    Closed { addresses, why, started, stop }
}

fn dial(caller: &Caller, addresses: Addresses, from: &str) -> Conversation {
    caller.dial(&format!("sip:12349@{}", addresses.sip), from).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_store_that_cannot_be_opened_callers_are_put_through_or_told_and_work_goes_on_when_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let [caller, ana] = [caller(sounds()), caller(sounds())];
    a_day_before(folder.path(), &ana);
    assert!(folder.path().join(LAST_KNOWN_FILE).exists());
    let database = folder.path().join(DATABASE_FILE);
    let sound = std::fs::read(&database).unwrap();
    std::fs::write(&database, [&[0x55; 4_096], &sound[4_096..]].concat()).unwrap();
    let closed = start(folder.path()).await;
    assert!(closed.why.contains("open the store in"), "{}", closed.why);
    let console = closed.addresses.console.unwrap();
    let (li, talk) = tokio::task::block_in_place(|| {
        let li = dial(&caller, closed.addresses, LI);
        let rung = ana.rung().recv_timeout(PATIENCE).expect("whom the district last rang is rung");
        rung.conversation.answer().unwrap();
        is_heard(&li, &rung.conversation);
        let heard = hears_to_the_end(&dial(&caller, closed.addresses, WANG));
        assert!(heard.iter().any(|clip| clip == "cannot-register"), "{heard:?}");
        let health = get(console, "/healthz");
        assert!(health.starts_with("HTTP/1.1 503") && health.contains("\"emergency\":true"), "{health}");
        let page = get(console, "/login");
        assert!(page.starts_with("HTTP/1.1 503") && page.contains("The store cannot be opened"), "{page}");
        (li, rung.conversation)
    });
    let noted = EmergencyLog::open(folder.path()).unwrap().waiting();
    assert_eq!(
        noted.iter().map(|noted| noted.number.clone()).collect::<Vec<_>>(),
        [number(LI), number(WANG)]
    );
    // The disk is mended; nobody starts anything anew.
    std::fs::write(&database, &sound).unwrap();
    let running = tokio::time::timeout(PATIENCE, closed.started).await.expect("it is tried again").unwrap();
    let running = running.unwrap().expect("it was not stopped");
    assert_eq!(running.addresses.sip, closed.addresses.sip, "on the same telephones");
    let house = &running.house;
    let deadline = clock::monotonic() + PATIENCE;
    while house.store.living(house.clock.now()).unwrap().callbacks.len() < 2 {
        assert!(clock::monotonic() < deadline, "who was noted is owed a call");
        tokio::task::yield_now().await;
    }
    let owed = house.store.living(house.clock.now()).unwrap().callbacks;
    for from in [WANG, LI] {
        assert_eq!(owed.iter().filter(|request| request.number == number(from)).count(), 1, "{from}");
    }
    let console = running.addresses.console.unwrap();
    tokio::task::block_in_place(|| {
        is_heard(&li, &talk);
        assert!(get(console, "/healthz").contains("\"emergency\":false"));
        assert!(get(console, "/login").starts_with("HTTP/1.1 200"));
        assert!(get(console, "/metrics").contains("\nyingda_sms_parts_submitted_total 0\n"));
        talk.hang_up().unwrap();
        hears_to_the_end(&li);
    });
    drop(closed.stop);
    running.until(std::future::ready(())).await.unwrap();
    assert_eq!(EmergencyLog::open(folder.path()).unwrap().waiting(), []);
    tokio::task::block_in_place(|| {
        caller.stop();
        ana.stop();
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_can_be_read_or_written_callers_are_answered_and_nobody_says_they_were_noted() {
    let folder = tempfile::tempdir().unwrap();
    for file in [DATABASE_FILE, EMERGENCY_FILE, LAST_KNOWN_FILE] {
        std::fs::create_dir(folder.path().join(file)).unwrap();
    }
    let caller = caller(sounds());
    let closed = start(folder.path()).await;
    tokio::task::block_in_place(|| {
        let heard = hears_to_the_end(&dial(&caller, closed.addresses, WANG));
        assert!(heard.iter().any(|clip| clip == "cannot-note"), "{heard:?}");
    });
    closed.stop.send(()).unwrap();
    let ended = tokio::time::timeout(PATIENCE, closed.started).await.expect("it can be stopped").unwrap();
    assert!(ended.unwrap().is_none());
    tokio::task::block_in_place(|| caller.stop());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_gone_is_waited_for_and_none_is_begun_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let [caller, ana] = [caller(sounds()), caller(sounds())];
    a_day_before(folder.path(), &ana);
    let (database, away) = (folder.path().join(DATABASE_FILE), folder.path().join("away.db"));
    std::fs::rename(&database, &away).unwrap();
    let closed = start(folder.path()).await;
    assert!(closed.why.contains("is gone"), "{}", closed.why);
    let call = dial(&caller, closed.addresses, LI);
    let rung = tokio::task::block_in_place(|| ana.rung().recv_timeout(PATIENCE));
    rung.expect("whom the district last rang is rung").conversation.refuse().unwrap();
    tokio::task::block_in_place(|| hears_to_the_end(&call));
    assert!(!database.exists(), "by then it was tried again");
    std::fs::rename(&away, &database).unwrap();
    let running = tokio::time::timeout(PATIENCE, closed.started).await.expect("it is tried again").unwrap();
    let running = running.unwrap().expect("it was not stopped");
    let house = &running.house;
    assert_eq!(house.store.living(house.clock.now()).unwrap().stations.len(), 3, "the same as before");
    drop(closed.stop);
    running.until(std::future::ready(())).await.unwrap();
    tokio::task::block_in_place(|| {
        caller.stop();
        ana.stop();
    });
}

#[test]
fn while_a_sick_disk_keeps_the_store_from_opening_callers_are_answered_all_the_same() {
    let Front { mut desk, orders, phone, inbox, .. } = Set::new().front();
    let (begun, begins) = bounded(0);
    let (mend, mended) = bounded::<()>(0);
    let serving = std::thread::spawn(move || {
        let opens = move || {
            begun.send(()).unwrap();
            mended.recv().unwrap();
            Ok("the store")
        };
        desk.until_open(&anyhow!("the disk is sick"), opens).unwrap()
    });
    begins.recv_timeout(PATIENCE).expect("it is tried again");
    phone.send(arrives(1, LI)).unwrap();
    let mut ordered = std::iter::from_fn(|| orders.recv_timeout(PATIENCE).ok());
    let answer = PhoneEffect::Answer { call: call(1) };
    assert!(ordered.any(|order| order == answer), "nobody waits for the disk");
    mend.send(()).unwrap();
    assert_eq!(serving.join().unwrap(), Some("the store"), "what was opened is handed over");
    drop((phone, inbox));
}

/// What a start says that is given up.
async fn refused(plan: ServicePlan) -> String {
    let nobody = |_: Addresses, why: &anyhow::Error| panic!("no waiting mends this: {why:#}");
    let started = Running::start(plan, nobody, &mut Box::pin(std::future::pending())).await;
    format!("{:#}", started.err().expect("it is given up"))
}

#[tokio::test]
async fn a_directory_in_use_and_a_first_start_that_cannot_succeed_end_with_their_reason() {
    let folder = tempfile::tempdir().unwrap();
    let _held = Ground::open(folder.path()).unwrap();
    assert!(refused(service(folder.path())).await.contains("in use by another yingda"));
    // Nobody ever worked here: it is the settings that are wrong.
    let new = tempfile::tempdir().unwrap();
    std::fs::write(new.path().join("data"), "a file").unwrap();
    let plan = service(&new.path().join("data"));
    assert!(refused(plan).await.contains("make "));
}

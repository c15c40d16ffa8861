//! A stop in good order: nobody else comes in, who is on the line may end, and what each call came to is in the store.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::Duration;

use yingda::clock;
use yingda::desk::event::EndReason;
use yingda::desk::write::Write;
use yingda::domain::ids::{Chance, JurisdictionId, MessageId};
use yingda::domain::message::{OutgoingText, TextState};
use yingda::domain::secret::Secret;
use yingda::domain::timestamp::Timestamp;
use yingda::phone::caller::{Caller, Conversation, Moment};
use yingda::service::house::Ground;
use yingda::service::run::{Running, ServicePlan};
use yingda::sms::settings::Settings;
use yingda::store::Store;
use yingda::store::backup::Beside;
use yingda::store::commit::{Batch, BatchStep};
use yingda::store::error::StoreError;

use super::house::{PATIENCE, caller, ground, plan, sounds, wait_for};
use crate::peers::peer::{Peer, invite};
use crate::scenarios::town::number;

const STAYS: &str = "13900000001";
const ENDS: &str = "13900000002";
const COMES: &str = "13900000003";
const STOP_WITHIN: Duration = Duration::from_secs(8);

/// How a call ended; on the way there, one that is answered hangs up.
fn ends(conversation: &Conversation) -> EndReason {
    loop {
        match conversation.moments().recv_timeout(PATIENCE).expect("the call ends") {
            Moment::Answered => conversation.hang_up().unwrap(),
            Moment::Ended(reason) => return reason,
            Moment::Ringing | Moment::Said(_) | Moment::Quiet | Moment::Pressed(_) => {}
        }
    }
}

/// Rings until nobody is let in any more.
fn rings_until_refused(caller: &Caller, address: &str) {
    let refused = |n: u32| {
        let conversation = caller.dial(address, &format!("1391{n:07}")).unwrap();
        ends(&conversation) == EndReason::NetworkFailed
    };
    assert!((0..10_000).any(refused), "callers are let in for ever");
}

fn waits(store: &Store, now: Timestamp) -> MessageId {
    let mut chance = Chance::from_number(41);
    let text = OutgoingText {
        id: chance.mint(now),
        jurisdiction: JurisdictionId("shibei".into()),
        to: number("13800000001"),
        template: "offer".into(),
        parameters: BTreeMap::new(),
        body: "邀单 37".into(),
        ticket: None,
        offer: None,
        survey: None,
        created_at: now,
        not_before: now,
        not_after: now + Duration::from_hours(1),
        quiet_exempt: true,
        state: TextState::Waiting,
    };
    let id = text.id;
    let step = BatchStep { input: chance.mint(now), journal: None, writes: vec![Write::Text(text)] };
    store.commit(Batch { now, steps: vec![step] }).unwrap();
    id
}

/// What the calls of a number came to.
fn results(store: &Store, from: &str) -> Vec<Option<String>> {
    let results = |connection: &rusqlite::Connection| {
        let mut query = connection.prepare("SELECT result FROM call WHERE number = ?1")?;
        let found = query.query_map([number(from)], |row| row.get(0))?.collect::<Result<_, _>>();
        Ok::<_, StoreError>(found?)
    };
    store.read(results).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_stop_nobody_else_comes_in_calls_may_end_and_what_each_came_to_is_in_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = plan(folder.path());
    house.phone.stop_within_s = STOP_WITHIN.as_secs();
    // A centre that takes the connection and never says a word.
    let centre = TcpListener::bind("127.0.0.1:0").unwrap();
    let sms = Settings {
        address: centre.local_addr().unwrap().to_string(),
        system_id: "line".into(),
        password: Secret::new("secret1"),
        source: "106912345".into(),
        ..Settings::default()
    };
    let plan = ServicePlan { house, console: None, sms: Some(sms), beside: Beside::default() };
    let running = Running::open(plan, ground(folder.path())).await.unwrap();
    let text = waits(&running.house.store, running.house.clock.now());
    let caller = caller(sounds());
    let sip = running.addresses.sip;
    let address = format!("sip:12349@{sip}");
    let [stays, leaves] = [STAYS, ENDS].map(|from| caller.dial(&address, from).unwrap());
    tokio::task::block_in_place(|| {
        for conversation in [&stays, &leaves] {
            wait_for(conversation.moments(), "greeting");
        }
    });
    let (stop, told) = tokio::sync::oneshot::channel::<()>();
    let stopping = tokio::spawn(running.until(async { told.await.unwrap_or_default() }));
    let began = clock::monotonic();
    stop.send(()).unwrap();
    tokio::task::block_in_place(|| {
        rings_until_refused(&caller, &address);
        let peer = Peer::of(sip);
        peer.send(invite(&peer.via(), 4_000, &[("sip:13800000001", &format!("sip:{COMES}"))]).as_bytes());
        let answer = peer.answer();
        assert!(answer.starts_with("SIP/2.0 503 "), "{answer}");
        leaves.hang_up().unwrap();
        assert_eq!(ends(&leaves), EndReason::Released);
        wait_for(stays.moments(), "line-stops");
        assert!(began.elapsed() >= STOP_WITHIN, "who is on the line is given that time, and then told");
        assert_eq!(ends(&stays), EndReason::HungUp, "the line ends it");
    });
    stopping.await.unwrap().unwrap();
    caller.stop();
    let Ground { store, clock, .. } = Ground::open(folder.path()).unwrap();
    let living = store.living(clock.now()).unwrap();
    assert_eq!(living.calls, [], "no call is without an end");
    for from in [STAYS, ENDS] {
        assert_eq!(results(&store, from), [Some("callback".to_owned())], "{from}");
    }
    for from in [STAYS, ENDS, COMES] {
        let owed = living.callbacks.iter().filter(|request| request.number == number(from)).count();
        assert_eq!(owed, 1, "{from} is owed a call");
    }
    let taken = store.take_texts(10, clock.now()).unwrap().texts;
    assert!(taken.iter().any(|waiting| waiting.id == text), "what had not left leaves after the next start");
}

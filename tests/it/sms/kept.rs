//! The link with the store and the desk's inbox behind it: what is committed goes out, what comes in is
//! committed, and neither is lost when the program ends in between.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use yingda::clock::Clock;
use yingda::demo::sms_centre::{CentreSettings, SmsCentre};
use yingda::desk::write::Write;
use yingda::domain::calendar::Calendar;
use yingda::domain::ids::{Chance, InputId, MessageId};
use yingda::domain::message::{OutgoingText, TextState};
use yingda::domain::phone_number::NumberingPlan;
use yingda::domain::secret::Secret;
use yingda::keys::InstallationKeys;
use yingda::service::inbox::{Arrivals, Inbox, Post, inbox};
use yingda::service::texts::{self, TextLink, Texts};
use yingda::store::Store;
use yingda::store::commit::{Batch, BatchStep};

use super::rows::text;
use super::{AT_ONCE, HANDSET, PATIENCE, SHORT, link_settings};

/// The part of the house that texts need.
pub struct House {
    pub store: Store,
    clock: Clock,
    link: TextLink,
    stop: CancellationToken,
    inbox: Inbox,
    arrivals: Arrivals,
}

impl House {
    pub fn open(directory: &Path, centre: SocketAddr) -> Self {
        let clock = Clock::start();
        let keys = InstallationKeys::open(&directory.join("keys")).unwrap();
        let settings = yingda::store::Settings::in_directory(directory);
        let store = Store::open(&settings, &keys, clock.now()).unwrap();
        let (_phone, inbox, arrivals) = inbox();
        let settings = link_settings(centre);
        let stop = CancellationToken::new();
        // Nobody is woken by these texts, whenever the test runs: they are exempt from quiet hours.
        let (numbering, calendar) = (NumberingPlan::default(), Calendar::default());
        let calendar = tokio::sync::watch::Sender::new(std::sync::Arc::new(calendar)).subscribe();
        let policy = tokio::sync::watch::Sender::new(std::sync::Arc::default()).subscribe();
        let texts = Texts { settings, numbering, calendar, policy, clock: clock.clone() };
        let link = texts::start(texts, &store, &inbox, stop.clone()).unwrap();
        Self { store, clock, link, stop, inbox, arrivals }
    }

    pub fn commit(&self, body: &str) -> MessageId {
        let text = OutgoingText { quiet_exempt: true, ..text(&self.clock, HANDSET, body) };
        let id = text.id;
        let input: InputId = Chance::from_number(u64::try_from(body.len()).unwrap()).mint(self.clock.now());
        let writes = vec![Write::Text(text)];
        let step = BatchStep { input, journal: None, writes };
        let report = self.store.commit(Batch { now: self.clock.now(), steps: vec![step] }).unwrap();
        assert_eq!(report.refused().count(), 0);
        id
    }

    /// The desk does not come to its posts until it has no room for another.
    pub fn is_busy(&self) -> usize {
        std::iter::repeat_with(|| self.inbox.put(Post::Changed(vec![]))).take_while(Result::is_ok).count()
    }

    /// What the desk hears next.
    pub async fn hears(&self) -> Post {
        let post = self.arrivals.post.clone();
        tokio::task::spawn_blocking(move || post.recv_timeout(PATIENCE)).await.unwrap().expect("in time")
    }

    pub async fn close(self) -> Arrivals {
        let Self { link, stop, arrivals, .. } = self;
        stop.cancel();
        tokio::time::timeout(PATIENCE, link.running).await.expect("in time").unwrap();
        arrivals
    }
}

async fn centre() -> SmsCentre {
    let listen = "127.0.0.1:0".parse().unwrap();
    let settings = CentreSettings { listen, system_id: "line".into(), password: Secret::new("secret1") };
    SmsCentre::start(settings, Clock::start()).await.unwrap()
}

async fn shown(centre: &mut SmsCentre) -> String {
    tokio::time::timeout(PATIENCE, centre.handsets.recv())
        .await
        .expect("in time")
        .expect("the centre runs")
        .body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_desk_hears_that_its_text_left_and_that_it_arrived() {
    let directory = tempfile::tempdir().unwrap();
    let mut centre = centre().await;
    let house = House::open(directory.path(), centre.address());
    let id = house.commit("邀单 37");
    assert_eq!(shown(&mut centre).await, "邀单 37");
    for expected in [TextState::Sent, TextState::Delivered] {
        match house.hears().await {
            Post::Reported(report) => assert_eq!((report.id, report.state), (id, expected)),
            other @ (Post::Text(_)
            | Post::Command { .. }
            | Post::Changed(_)
            | Post::RecordingCut(_)
            | Post::InboundDrained
            | Post::LineStops
            | Post::Stop) => {
                panic!("not a report: {other:?}")
            }
        }
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_link_did_is_counted_for_those_who_watch_over_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut centre = centre().await;
    let house = House::open(directory.path(), centre.address());
    house.commit("邀单 37");
    shown(&mut centre).await;
    // Its receipt is the second thing heard.
    house.hears().await;
    house.hears().await;
    assert!(centre.far_end().say(HANDSET, SHORT, "37 1", AT_ONCE).await);
    house.hears().await;
    let counted = |house: &House, name: &str| {
        let figures = house.link.counters.metrics();
        figures.into_iter().find_map(|(known, figure)| (known == name).then_some(figure))
    };
    for (name, figure) in [
        ("yingda_sms_parts_submitted_total", 1),
        ("yingda_sms_receipts_total", 1),
        ("yingda_sms_parts_refused_total", 0),
        ("yingda_sms_link_losses_total", 0),
    ] {
        assert_eq!(counted(&house, name), Some(figure), "{name}");
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_sent_twice_reaches_the_desk_once() {
    let directory = tempfile::tempdir().unwrap();
    let centre = centre().await;
    let house = House::open(directory.path(), centre.address());
    for body in ["37 1", "37 1", "9"] {
        assert!(centre.far_end().say(HANDSET, SHORT, body, AT_ONCE).await);
    }
    for expected in ["37 1", "9"] {
        match house.hears().await {
            Post::Text(text) => {
                assert_eq!((text.body.as_str(), text.from.as_str()), (expected, "+8613800000001"))
            }
            other @ (Post::Reported(_)
            | Post::Command { .. }
            | Post::Changed(_)
            | Post::RecordingCut(_)
            | Post::InboundDrained
            | Post::LineStops
            | Post::Stop) => panic!("not a text: {other:?}"),
        }
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_that_waited_at_the_centre_while_we_were_gone_come_before_the_all_clear() {
    let directory = tempfile::tempdir().unwrap();
    let mut centre = centre().await;
    let first = House::open(directory.path(), centre.address());
    first.commit("邀单 37");
    assert_eq!(shown(&mut centre).await, "邀单 37");
    first.close().await;
    assert!(centre.far_end().say(HANDSET, SHORT, "37 1", Duration::ZERO).await);
    let second = House::open(directory.path(), centre.address());
    let mut heard = Vec::new();
    loop {
        match second.hears().await {
            Post::Text(text) => heard.push(text.body),
            Post::InboundDrained => break,
            Post::Reported(_) => {}
            other @ (Post::Command { .. }
            | Post::Changed(_)
            | Post::RecordingCut(_)
            | Post::LineStops
            | Post::Stop) => {
                panic!("unasked: {other:?}")
            }
        }
    }
    assert_eq!(heard, ["37 1"]);
    second.close().await;
}

//! The help line and an SMS centre over real TCP: what goes out, what comes in, and what a centre that
//! is slow, full, wrong or gone does to both.

mod foreign;
mod kept;
mod outsider;
mod rows;
mod story;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use rows::{Rows, text};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use yingda::clock::Clock;
use yingda::demo::sms_centre::{Behaviour, CentreSettings, Cut, PartNames, Receipts, Received, SmsCentre};
use yingda::domain::ids::{Chance, MessageId};
use yingda::domain::message::TextState;
use yingda::domain::phone_number::NumberingPlan;
use yingda::domain::secret::Secret;
use yingda::sms::health::{Health, Link};
use yingda::sms::session::Sms;
use yingda::sms::settings::Settings;
use yingda::text::reply::{Reply, Verb, parse};

const HANDSET: &str = "8613800000001";
const SHORT: &str = "106900";
const PATIENCE: Duration = Duration::from_secs(20);
const AT_ONCE: Duration = Duration::ZERO;

/// The help line's end of a link, and the rows behind it.
struct Room {
    clock: Clock,
    rows: Rows,
    health: watch::Receiver<Health>,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Room {
    fn start(centre: SocketAddr, change: impl FnOnce(&mut Settings)) -> Self {
        let clock = Clock::start();
        let mut settings = Settings { parts_per_second: 1_000, ..link_settings(centre) };
        change(&mut settings);
        settings.check().unwrap();
        let rows = Rows::default();
        let sms =
            Sms::new(settings, NumberingPlan::default(), rows.ports(), clock.clone(), Chance::from_number(1));
        let (health, stop) = (sms.health(), CancellationToken::new());
        let running = tokio::spawn(sms.run(stop.clone()));
        Self { clock, rows, health, stop, running }
    }

    fn put(&self, body: &str) -> MessageId {
        self.rows.put(text(&self.clock, HANDSET, body))
    }

    async fn link(&mut self, link: Link) -> Health {
        let waited = tokio::time::timeout(PATIENCE, self.health.wait_for(|health| health.link == link)).await;
        waited.expect("in time").expect("the room runs").clone()
    }

    async fn end(self) -> Rows {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.running).await.expect("in time").unwrap();
        self.rows
    }
}

/// The settings of a link to a centre on this machine that knows `line` and its password.
fn link_settings(centre: SocketAddr) -> Settings {
    Settings {
        address: centre.to_string(),
        system_id: "line".into(),
        password: Secret::new("secret1"),
        source: SHORT.into(),
        reconnect_first_ms: 50,
        reconnect_longest_s: 1,
        ..Settings::default()
    }
}

/// A centre of our own and a room that is linked to it.
struct Line {
    centre: SmsCentre,
    room: Room,
}

impl Line {
    async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let listen = "127.0.0.1:0".parse().unwrap();
        let centre = CentreSettings { listen, system_id: "line".into(), password: Secret::new("secret1") };
        let centre = SmsCentre::start(centre, Clock::start()).await.unwrap();
        let room = Room::start(centre.address(), change);
        Self { centre, room }
    }

    async fn handset_shows(&mut self) -> Received {
        let shown = tokio::time::timeout(PATIENCE, self.centre.handsets.recv()).await;
        shown.expect("in time").expect("the centre runs")
    }

    async fn handset_says(&self, body: &str) {
        assert!(self.centre.far_end().say(HANDSET, SHORT, body, AT_ONCE).await);
    }
}

/// 124 characters.
const LONG: &str = "【社区服务】邀单 37 由您办理(工单260501-014-0007):助餐 今天16-18时,四方街道海棠小区3号楼2单元501室,张阿姨。探访码4821,\
                    到门口请报志愿者号和探访码。联系居民请致电12349转接。到达回8,晚到回7,办完回9。";

#[tokio::test]
async fn a_long_text_goes_in_parts_and_is_delivered_when_every_part_is() {
    let mut line = Line::start().await;
    let id = line.room.put(LONG);
    let shown = line.handset_shows().await;
    assert_eq!((shown.body.as_str(), shown.to.as_str(), shown.from.as_str()), (LONG, HANDSET, SHORT));
    assert_eq!(shown.parts, 2);
    let row = line.room.rows.until(PATIENCE, |rows| rows.state(id) == TextState::Delivered).await;
    assert_eq!(row.parts(id), [TextState::Delivered; 2]);
    let rows = line.room.end().await;
    assert_eq!(rows.history(id), ["sent in 2", "delivered"]);
}

#[tokio::test]
async fn every_text_in_the_outbox_arrives_once_and_as_it_was_written() {
    let mut line = Line::start().await;
    let bodies: Vec<String> = (10..60).map(|code| format!("邀单 {code}:四方街道 助餐。回1接2拒")).collect();
    for body in &bodies {
        line.room.put(body);
    }
    let mut shown = Vec::new();
    for _ in &bodies {
        shown.push(line.handset_shows().await.body);
    }
    shown.sort();
    assert_eq!(shown, bodies);
    let rows = line.room.end().await;
    assert!(rows.look().texts().all(|row| row.state != TextState::Waiting));
}

#[tokio::test]
async fn parts_leave_no_faster_than_the_contract_allows() {
    let mut line = Line::start_with(|settings| {
        settings.parts_per_second = 500;
        settings.window = 100;
    })
    .await;
    line.room.link(Link::Bound).await;
    for code in 0..1_500 {
        line.room.put(&format!("{code}"));
    }
    let mut shown = Vec::new();
    for _ in 0..1_500 {
        shown.push(line.handset_shows().await.at);
    }
    assert!(shown[1_499].since(shown[0]) >= Duration::from_millis(2_900), "the contract is kept");
}

#[tokio::test]
async fn replies_are_kept_as_they_were_sent_early_late_twice_and_in_full_width() {
    let mut line = Line::start().await;
    line.room.link(Link::Bound).await;
    let handsets = line.centre.far_end();
    for (body, after_ms) in [("371", 300), ("1", 0), ("1", 100), ("37单1", 200)] {
        assert!(handsets.say(HANDSET, SHORT, body, Duration::from_millis(after_ms)).await);
    }
    let row = line.room.rows.until(PATIENCE, |rows| rows.inbound().len() == 4).await;
    let bodies: Vec<&str> = row.inbound().iter().map(|text| text.body.as_str()).collect();
    assert_eq!(bodies, ["1", "1", "37单1", "371"]);
    for text in row.inbound() {
        assert_eq!((text.from.as_str(), text.to.as_str()), ("+8613800000001", SHORT));
        assert!(matches!(parse(&text.body), Reply::Order { verb: Verb::Accept, .. }), "{}", text.body);
    }
    let ids: std::collections::BTreeSet<_> = row.inbound().iter().map(|text| text.id).collect();
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn a_resident_who_writes_at_length_is_read_whole() {
    let mut line = Line::start().await;
    line.room.link(Link::Bound).await;
    let words = "我母亲今年八十二岁,".repeat(20);
    line.handset_says(&words).await;
    let row = line.room.rows.until(PATIENCE, |rows| !rows.inbound().is_empty()).await;
    assert_eq!(row.inbound()[0].body, words);
}

#[tokio::test]
async fn a_wrong_password_is_said_so_that_somebody_can_mend_it() {
    let mut line = Line::start_with(|settings| settings.password = Secret::new("guessed")).await;
    let health = line.room.link(Link::Refused).await;
    let problem = health.problem.unwrap();
    assert!(problem.contains("refuses `system_id` and `password` (status 0x0000000E)"), "{problem}");
    assert!(!problem.contains("guessed"), "{problem}");
    assert!(!health.link.name().is_empty());
    assert_eq!(line.centre.counts().await.binds_refused, 1);
}

#[tokio::test]
async fn what_waits_on_both_sides_of_a_centre_that_was_away_gets_through() {
    let mut line = Line::start().await;
    line.room.link(Link::Bound).await;
    line.centre.go_down().await;
    line.room.link(Link::Down).await;
    for body in ["1", "9", "我马上到"] {
        line.handset_says(body).await;
    }
    let id = line.room.put("邀单 38");
    assert_eq!(line.room.rows.look().state(id), TextState::Waiting);
    line.centre.come_back().await.unwrap();
    assert_eq!(line.handset_shows().await.body, "邀单 38");
    let row = line.room.rows.until(PATIENCE, |rows| rows.inbound().len() == 3).await;
    let bodies: Vec<&str> = row.inbound().iter().map(|text| text.body.as_str()).collect();
    assert_eq!(bodies, ["1", "9", "我马上到"]);
    let drained = line.room.rows.until(PATIENCE, |rows| rows.drained() > 0).await;
    assert_eq!(drained.drained(), 1);
}

#[tokio::test]
async fn a_text_that_could_not_be_kept_is_not_acknowledged_and_comes_again() {
    let mut line = Line::start().await;
    line.room.link(Link::Bound).await;
    line.room.rows.fail_inbound(2);
    line.handset_says("37 1").await;
    let row = line.room.rows.until(PATIENCE, |rows| rows.inbound().len() == 1).await;
    assert_eq!(row.inbound()[0].body, "37 1");
    line.room.end().await;
}

#[tokio::test]
async fn the_centre_counts_as_acknowledged_only_what_was_kept() {
    let mut line = Line::start().await;
    line.room.link(Link::Bound).await;
    line.room.rows.fail_inbound(1);
    line.handset_says("1").await;
    line.room.rows.until(PATIENCE, |rows| rows.inbound().len() == 1).await;
    let counts = loop {
        let counts = line.centre.counts().await;
        if counts.waiting == 0 {
            break counts;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((counts.texts_put_off, counts.texts_acknowledged), (1, 1));
}

#[tokio::test]
async fn a_line_cut_in_the_middle_of_a_text_costs_no_word_of_it() {
    for taken in [true, false] {
        let mut line = Line::start().await;
        let cut = Some(Cut { after: 1, taken });
        line.centre.behave(Behaviour { cut, ..Behaviour::default() }).await;
        let words = "办理".repeat(80);
        let id = line.room.put(&words);
        let shown = line.handset_shows().await;
        assert_eq!((shown.body, shown.parts), (words, 3));
        line.room.rows.until(PATIENCE, |rows| rows.state(id) == TextState::Delivered).await;
        assert_eq!(line.centre.counts().await.binds, 2);
        let rows = line.room.end().await;
        let history = rows.history(id);
        assert_eq!(history, ["put back", "sent in 3", "delivered"]);
    }
}

#[tokio::test]
async fn a_centre_that_says_slow_down_is_given_time_and_loses_nothing() {
    let mut line = Line::start().await;
    line.centre.behave(Behaviour { parts_per_second: Some(3), ..Behaviour::default() }).await;
    for code in 10..16 {
        line.room.put(&format!("邀单 {code}"));
    }
    line.room.link(Link::Throttled).await;
    let mut shown = Vec::new();
    for _ in 10..16 {
        shown.push(line.handset_shows().await.body);
    }
    shown.sort();
    assert_eq!(shown, (10..16).map(|code| format!("邀单 {code}")).collect::<Vec<_>>());
    assert!(line.centre.counts().await.parts_throttled > 0);
}

#[tokio::test]
async fn a_number_the_centre_knows_nothing_of_fails_with_the_centres_reason() {
    let line = Line::start().await;
    let refused = BTreeMap::from([(HANDSET.to_owned(), 0x0b)]);
    line.centre.behave(Behaviour { refused, ..Behaviour::default() }).await;
    let id = line.room.put("邀单 37");
    let row = line.room.rows.until(PATIENCE, |rows| rows.state(id) == TextState::Failed).await;
    assert_eq!(row.reason(id), Some("0x0000000B".to_owned()));
}

#[tokio::test]
async fn a_handset_that_was_never_reached_fails_by_its_receipt() {
    let line = Line::start().await;
    line.centre.behave(Behaviour { receipts: Receipts::Undelivered, ..Behaviour::default() }).await;
    let id = line.room.put("邀单 37");
    let row = line.room.rows.until(PATIENCE, |rows| rows.state(id) == TextState::Failed).await;
    assert_eq!(row.reason(id), Some("UNDELIV 045".to_owned()));
}

#[tokio::test]
async fn receipts_that_spell_the_name_in_the_other_base_are_understood() {
    let mut line = Line::start().await;
    line.centre.behave(Behaviour { names: PartNames::HexThenDecimal, ..Behaviour::default() }).await;
    for code in 10..30 {
        line.room.put(&format!("邀单 {code}"));
        line.handset_shows().await;
    }
    line.room.rows.until(PATIENCE, |rows| rows.texts().all(|row| row.state == TextState::Delivered)).await;
}

#[tokio::test]
async fn a_text_whose_time_has_passed_does_not_leave() {
    let mut line = Line::start().await;
    let mut late = text(&line.room.clock, HANDSET, "邀单 37");
    late.not_after = line.room.clock.now();
    let late = line.room.rows.put(late);
    let good = line.room.put("邀单 38");
    assert_eq!(line.handset_shows().await.body, "邀单 38");
    let row = line.room.rows.until(PATIENCE, |rows| rows.state(good) == TextState::Delivered).await;
    assert_eq!(row.state(late), TextState::Expired);
}

#[tokio::test]
async fn quiet_hours_are_asked_about_again_at_the_door() {
    let mut line = Line::start().await;
    line.room.rows.quiet_for(line.room.clock.now() + Duration::from_hours(8));
    let kept = line.room.put("邀单 37");
    let mut urgent = text(&line.room.clock, HANDSET, "邀单 38");
    urgent.quiet_exempt = true;
    line.room.rows.put(urgent);
    assert_eq!(line.handset_shows().await.body, "邀单 38");
    let rows = line.room.end().await;
    assert_eq!(rows.history(kept), ["put back until"]);
    assert_eq!(rows.look().state(kept), TextState::Waiting);
}

#[tokio::test]
async fn a_pdu_nobody_can_read_costs_neither_the_link_nor_the_next_text() {
    let mut line = Line::start().await;
    line.room.link(Link::Bound).await;
    let source = b"\0\x01\x01 a source far longer than any address may be \0";
    let receipt = b"\0\x01\x018613800000001\0\0\x01106900\0\x04\0\0\0\0\0\0\0\0\0\x00\x1e\x00\x0277";
    for body in [source.as_slice(), receipt] {
        let length = u32::try_from(body.len() + 16).unwrap();
        line.centre
            .send_raw([length.to_be_bytes().as_slice(), &[0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 1, 0], body].concat())
            .await;
    }
    line.handset_says("1").await;
    line.room.rows.until(PATIENCE, |rows| rows.inbound().len() == 1).await;
    assert_eq!(line.centre.counts().await.binds, 1);
}

#[tokio::test]
async fn stopping_leaves_every_text_either_sent_or_waiting() {
    let mut line = Line::start_with(|settings| settings.parts_per_second = 20).await;
    line.room.link(Link::Bound).await;
    for code in 10..60 {
        line.room.put(&format!("邀单 {code}"));
    }
    line.handset_shows().await;
    let rows = line.room.end().await;
    let rows = rows.look();
    assert!(rows.texts().all(|row| !row.in_hand));
    assert!(rows.texts().any(|row| row.state == TextState::Waiting));
    assert!(rows.texts().any(|row| row.state != TextState::Waiting));
}

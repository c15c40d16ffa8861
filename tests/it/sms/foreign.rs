//! The link to a centre that others wrote: what they read of our octets, and what we read of theirs.

use serde_json::json;
use yingda::clock::Clock;
use yingda::domain::message::TextState;
use yingda::service::inbox::Post;
use yingda::sms::health::Link;
use yingda::text::reply::{Reply, Verb, parse};

use super::kept::House;
use super::outsider::Outsider;
use super::{HANDSET, LONG, PATIENCE, Room, SHORT};

/// SMPP 3.4 §5.1.3.
const TAKEN: u64 = 0;
const TEMPORARY: u64 = 0x64;

#[tokio::test]
async fn a_foreign_centre_reads_a_long_chinese_text_in_parts_as_it_was_written() {
    let mut centre = Outsider::start().await;
    let mut room = Room::start(centre.address, |_| {});
    room.link(Link::Bound).await;
    assert_eq!(centre.hears("bound").await["version"], 0x34);
    let id = room.put(LONG);
    let shown = centre.hears("text").await;
    assert_eq!((shown["body"].as_str(), shown["parts"].as_u64()), (Some(LONG), Some(2)));
    assert_eq!((shown["to"].as_str(), shown["from"].as_str()), (Some(HANDSET), Some(SHORT)));
    for part in 1..=2 {
        let heard = centre.hears("part").await;
        assert_eq!(
            (&heard["part"], &heard["coding"], &heard["esm"]),
            (&json!(part), &json!(8), &json!(0x40))
        );
        assert!(heard["characters"].as_u64().unwrap() <= 67);
    }
    let rows = room.rows.until(PATIENCE, |rows| rows.state(id) == TextState::Delivered).await;
    assert_eq!(rows.parts(id), [TextState::Delivered; 2]);
    room.end().await;
    centre.hears("unbound").await;
}

#[tokio::test]
async fn a_foreign_centre_reads_every_text_that_goes_in_one_part() {
    let mut centre = Outsider::start().await;
    let room = Room::start(centre.address, |_| {});
    // Letters of GSM 7 bit, its extension, 70 Chinese characters, a pair of surrogates.
    let seventy = "应".repeat(70);
    for body in ["Offer 37: reply 1 yes, 2 no.", "[A] {B} ~", seventy.as_str(), "𠮷家"] {
        room.put(body);
        let shown = centre.hears("text").await;
        assert_eq!((shown["body"].as_str(), shown["parts"].as_u64()), (Some(body), Some(1)));
    }
}

#[tokio::test]
async fn receipts_find_their_part_in_whichever_base_its_name_is_spelled() {
    let mut centre = Outsider::start().await;
    let room = Room::start(centre.address, |_| {});
    for names in ["same", "decimal", "hex"] {
        centre.behave(json!({ "names": names })).await;
        for code in 10..20 {
            let id = room.put(&format!("{names} {code}"));
            let rows = room.rows.until(PATIENCE, |rows| rows.state(id) == TextState::Delivered).await;
            assert_eq!(rows.parts(id), [TextState::Delivered]);
        }
    }
    centre.behave(json!({ "names": "decimal", "receipts": "UNDELIV" })).await;
    let id = room.put("邀单 38");
    let rows = room.rows.until(PATIENCE, |rows| rows.state(id) == TextState::Failed).await;
    assert_eq!(rows.reason(id).as_deref(), Some("UNDELIV 045"));
}

#[tokio::test]
async fn replies_from_a_foreign_centre_are_orders_however_they_are_written() {
    let mut centre = Outsider::start().await;
    let mut room = Room::start(centre.address, |_| {});
    room.link(Link::Bound).await;
    for (id, body) in (1..).zip(["37 1", "３７　１", "1", "１", "371", "37单1"]) {
        assert_eq!(centre.is_answered(body, id).await, TAKEN);
        let kept = room.rows.look().inbound().last().cloned().expect("answered means kept");
        assert_eq!((kept.body.as_str(), kept.from.as_str()), (body, "+8613800000001"));
        assert!(matches!(parse(body), Reply::Order { verb: Verb::Accept, .. }), "{body}");
    }
    // The default alphabet, as handsets send digits.
    let plain = json!({ "do": "say", "id": 9, "from": HANDSET, "to": SHORT, "parts": ["37 2"], "coding": 0 });
    centre.order(plain);
    assert_eq!(centre.answer(9).await, TAKEN);
    assert_eq!(room.rows.look().inbound().last().unwrap().body, "37 2");
}

#[tokio::test]
async fn a_text_in_parts_from_a_foreign_centre_is_one_text_whatever_their_order() {
    let mut centre = Outsider::start().await;
    let mut room = Room::start(centre.address, |_| {});
    room.link(Link::Bound).await;
    let (first, second, third) = ("我母亲今年八十二岁,".repeat(6), "住在海棠小区,".repeat(9), "请人去看她。");
    let parts = [first.as_str(), second.as_str(), third];
    let order = json!({
        "do": "say", "id": 1, "from": HANDSET, "to": SHORT, "parts": parts, "order": [3, 1, 2], "reference": 200
    });
    centre.order(order);
    for _ in &parts {
        assert_eq!(centre.answer(1).await, TAKEN);
    }
    let rows = room.rows.until(PATIENCE, |rows| !rows.inbound().is_empty()).await;
    assert_eq!(rows.inbound().len(), 1);
    assert_eq!(rows.inbound()[0].body, parts.concat());
}

#[tokio::test]
async fn a_text_that_is_not_kept_is_put_off_and_a_foreign_centre_brings_it_again() {
    let mut centre = Outsider::start().await;
    let mut room = Room::start(centre.address, |_| {});
    room.link(Link::Bound).await;
    room.rows.fail_inbound(2);
    assert_eq!(centre.is_answered("37 1", 1).await, TEMPORARY);
    assert!(room.rows.look().inbound().is_empty(), "put off means not kept");
    assert_eq!(centre.answer(1).await, TEMPORARY);
    assert_eq!(centre.answer(1).await, TAKEN);
    assert_eq!(room.rows.look().inbound().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_a_full_desk_has_no_room_for_is_put_off_and_heard_when_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let mut centre = Outsider::start().await;
    let house = House::open(directory.path(), centre.address);
    centre.hears("bound").await;
    assert!(matches!(house.hears().await, Post::InboundDrained), "nothing waited");
    let waiting = house.is_busy();
    assert_eq!(centre.is_answered("37 1", 1).await, TEMPORARY);
    let now = Clock::start().now();
    assert_eq!(house.store.living(now).unwrap().unhandled_texts, [], "put off means not kept");
    for _ in 0..waiting {
        assert!(matches!(house.hears().await, Post::Changed(_)));
    }
    assert_eq!(centre.answer(1).await, TAKEN);
    match house.hears().await {
        Post::Text(text) => assert_eq!(text.body, "37 1"),
        other @ (Post::Reported(_)
        | Post::Command { .. }
        | Post::Changed(_)
        | Post::RecordingCut(_)
        | Post::InboundDrained
        | Post::LineStops
        | Post::Stop) => panic!("not a text: {other:?}"),
    }
    house.close().await;
}

#[tokio::test]
async fn a_report_that_a_full_desk_has_no_room_for_is_heard_when_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let mut centre = Outsider::start().await;
    let house = House::open(directory.path(), centre.address);
    centre.hears("bound").await;
    assert!(matches!(house.hears().await, Post::InboundDrained), "nothing waited");
    let waiting = house.is_busy();
    let id = house.commit("邀单 37");
    centre.hears("text").await;
    for _ in 0..waiting {
        assert!(matches!(house.hears().await, Post::Changed(_)));
    }
    match house.hears().await {
        Post::Reported(report) => assert_eq!((report.id, report.state), (id, TextState::Sent)),
        other @ (Post::Text(_)
        | Post::Command { .. }
        | Post::Changed(_)
        | Post::RecordingCut(_)
        | Post::InboundDrained
        | Post::LineStops
        | Post::Stop) => panic!("not a report: {other:?}"),
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_a_foreign_centre_hears_yes_the_text_is_in_the_store_and_twice_is_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut centre = Outsider::start().await;
    let house = House::open(directory.path(), centre.address);
    centre.hears("bound").await;
    let kept = || -> Vec<(String, i64)> {
        let rows = house.store.read(|connection| {
            let mut query =
                connection.prepare("SELECT body, repeats FROM inbound_text ORDER BY received_at, id")?;
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok::<_, yingda::store::error::StoreError>(rows.collect::<Result<_, _>>()?)
        });
        rows.unwrap()
    };
    assert_eq!(centre.is_answered("３７　１", 1).await, TAKEN);
    assert_eq!(kept(), [("３７　１".to_owned(), 0)]);
    assert_eq!(centre.is_answered("３７　１", 2).await, TAKEN);
    assert_eq!(kept(), [("３７　１".to_owned(), 1)]);
    assert_eq!(centre.is_answered("37 1", 3).await, TAKEN);
    assert_eq!(kept().len(), 2, "other words are another text");
    house.close().await;
    centre.hears("unbound").await;
}

#[tokio::test]
async fn a_foreign_centre_that_says_slow_down_is_given_rests_and_every_text_arrives() {
    let mut centre = Outsider::start().await;
    let mut room = Room::start(centre.address, |_| {});
    room.link(Link::Bound).await;
    centre.behave(json!({ "perSecond": 4 })).await;
    for code in 10..20 {
        room.put(&format!("邀单 {code}"));
    }
    centre.hears("throttled").await;
    room.link(Link::Throttled).await;
    let (mut shown, mut at) = (Vec::new(), Vec::new());
    for _ in 10..20 {
        shown.push(centre.hears("text").await["body"].as_str().unwrap().to_owned());
        at.push(centre.hears("part").await["at"].as_u64().unwrap());
    }
    shown.sort();
    assert_eq!(shown, (10..20).map(|code| format!("邀单 {code}")).collect::<Vec<_>>());
    assert!(at[9] - at[0] >= 1_000, "it rested between: {at:?}");
    assert!(centre.passed_over("throttled") < 40, "it did not go on knocking");
}

#[tokio::test]
async fn a_foreign_centre_that_drops_the_line_or_is_away_is_bound_to_again() {
    let mut centre = Outsider::start().await;
    let mut room = Room::start(centre.address, |settings| settings.reconnect_longest_s = 1);
    room.link(Link::Bound).await;
    centre.hears("bound").await;
    centre.order(json!({ "do": "drop" }));
    centre.hears("closed").await;
    centre.hears("bound").await;
    assert_eq!(centre.is_answered("37 1", 1).await, TAKEN);
    // Gone altogether: texts wait, and it is asked for again until it is there.
    centre.order(json!({ "do": "down" }));
    centre.hears("down").await;
    room.link(Link::Down).await;
    let id = room.put("邀单 38");
    assert_eq!(room.rows.look().state(id), TextState::Waiting);
    centre.order(json!({ "do": "up", "port": centre.address.port() }));
    centre.hears("up").await;
    assert_eq!(centre.hears("text").await["body"], "邀单 38");
    room.rows.until(PATIENCE, |rows| rows.state(id) == TextState::Delivered).await;
}

#[tokio::test]
async fn a_centre_that_hangs_up_at_once_is_knocked_at_after_growing_waits() {
    let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let room = Room::start(door.local_addr().unwrap(), |settings| settings.reconnect_first_ms = 100);
    let mut knocks = Vec::new();
    for _ in 0..5 {
        let knock = tokio::time::timeout(PATIENCE, door.accept()).await.expect("it knocks again").unwrap();
        knocks.push(yingda::clock::monotonic());
        drop(knock);
    }
    // Four waits of at least half of 100, 200, 400 and 800 ms are 750 ms, less what a first knock was noticed late;
    // waits that do not grow are over after 400 ms.
    let waited = knocks[4].duration_since(knocks[0]);
    assert!(waited >= std::time::Duration::from_millis(700), "{waited:?}");
    room.end().await;
}

#[tokio::test]
async fn each_side_asks_whether_the_other_is_there_and_answers() {
    let mut centre = Outsider::start().await;
    let mut room = Room::start(centre.address, |settings| settings.enquire_link_s = 1);
    room.link(Link::Bound).await;
    centre.hears("enquired").await;
    centre.order(json!({ "do": "enquire" }));
    assert_eq!(centre.hears("enquiry answered").await["status"], 0);
    centre.hears("enquired").await;
    assert_eq!(centre.passed_over("closed"), 0);
}

#[tokio::test]
async fn a_foreign_centre_that_says_good_bye_is_answered_and_bound_to_again() {
    let mut centre = Outsider::start().await;
    let mut room = Room::start(centre.address, |_| {});
    room.link(Link::Bound).await;
    centre.hears("bound").await;
    centre.order(json!({ "do": "unbind" }));
    assert_eq!(centre.hears("unbind answered").await["status"], 0);
    centre.order(json!({ "do": "drop" }));
    centre.hears("bound").await;
    assert_eq!(centre.is_answered("37 1", 1).await, TAKEN);
    room.end().await;
    centre.hears("unbound").await;
}

#[tokio::test]
async fn a_foreign_centre_that_refuses_the_password_is_said_so() {
    let mut centre = Outsider::start().await;
    let mut room = Room::start(centre.address, |settings| {
        settings.password = yingda::domain::secret::Secret::new("guess")
    });
    centre.hears("refused").await;
    let problem = room.link(Link::Refused).await.problem.unwrap();
    assert!(problem.contains("refuses `system_id` and `password` (status 0x0000000D)"), "{problem}");
}

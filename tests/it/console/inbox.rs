//! The inbox of texts: whose it is, who read what, and what its forms ask of the desk.

use axum::http::StatusCode;
use yingda::console::settings::Settings;
use yingda::desk::command::{Command, CommandOutcome, InboxCommand, Prepared};
use yingda::desk::refusal::Why;
use yingda::desk::write::Write;
use yingda::domain::actor::ActorKind;
use yingda::domain::ids::{MessageId, StationId};
use yingda::domain::inbox::{InboxState, InboxText};
use yingda::domain::message::{OutgoingText, TextState};
use yingda::store::error::StoreError;

use super::board::read_until;
use super::browser::Browser;
use super::morning::text_in;
use super::office::{BRIDGE, HARBOUR, Office, jurisdiction, staff};
use super::ticket::asked;

type Fields<'a> = &'a [(&'a str, &'a str)];

/// How often this login is in the history as reader of a text.
fn readings(office: &Office, login: &str, text: MessageId) -> i64 {
    let user = office.user(login);
    office
        .store
        .read(move |connection| {
            let sql =
                "SELECT count(*) FROM event WHERE kind = 'inbox.read' AND entity = ?1 AND actor_user = ?2";
            let values = rusqlite::params![format!("text:{text}"), user];
            Ok::<_, StoreError>(connection.query_row(sql, values, |row| row.get(0))?)
        })
        .unwrap()
}

fn held(office: &mut Office, station: StationId, body: &str) -> InboxText {
    let text = text_in(office, station, "13700000009", body);
    office.write(vec![Write::Inbox(text.clone())]);
    text
}

#[tokio::test]
async fn a_text_is_read_by_its_station_and_those_above_and_each_reading_is_written_down_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let harbour = held(&mut office, HARBOUR, "你们那个送饭的今天还来吗");
    let bridge = held(&mut office, BRIDGE, "桥边的灯坏了");
    let (router, _commands) = office.console(Settings::default()).await;
    // A dispatcher of the street of one of them.
    let mut street = Browser::of(&router, "street").await;
    let page = street.get("/inbox").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("送饭的今天还来吗") && !page.body.contains("桥边的灯"), "{}", page.body);
    assert_eq!(street.get(&format!("/inbox/{}", harbour.id)).await.status, StatusCode::OK);
    assert_eq!(street.get(&format!("/inbox/{}", bridge.id)).await.status, StatusCode::NOT_FOUND);
    assert_eq!((readings(&office, "street", harbour.id), readings(&office, "street", bridge.id)), (1, 0));
    let mut district = Browser::of(&router, "operator").await;
    let page = district.get("/inbox").await;
    assert!(page.body.contains("送饭的今天还来吗") && page.body.contains("桥边的灯"), "{}", page.body);
    assert_eq!((readings(&office, "operator", harbour.id), readings(&office, "operator", bridge.id)), (1, 1));
}

#[tokio::test]
async fn the_navigation_counts_the_texts_of_the_readers_stations() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    held(&mut office, HARBOUR, "你们那个送饭的今天还来吗");
    held(&mut office, BRIDGE, "桥边的灯坏了");
    let (router, _commands) = office.console(Settings::default()).await;
    for (login, count) in [("operator", Some("2")), ("street", Some("1")), ("manager", None)] {
        let page = Browser::of(&router, login).await.get("/board").await.body;
        let found =
            page.split_once("data-figure=\"inbox\">").map(|(_, rest)| rest.split('<').next().unwrap());
        assert_eq!(found, count, "{login}");
    }
}

#[tokio::test]
async fn each_form_of_a_text_asks_the_desk_for_what_it_says() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let text = held(&mut office, HARBOUR, "你们那个送饭的今天还来吗");
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "operator").await;
    let forms: [(&str, Fields<'_>, InboxCommand); 3] = [
        ("write", &[("words", " 十一点半到 ")], InboxCommand::Write { words: "十一点半到".into() }),
        ("send", &[("sentence", "person_rings_back")], InboxCommand::Send { sentence: Prepared::RingsBack }),
        ("done", &[("note", "打错了")], InboxCommand::Done { note: "打错了".into() }),
    ];
    for (deed, fields, what) in forms {
        let path = format!("/inbox/{}/do/{deed}", text.id);
        let (seen, answer) = asked(&mut browser, &mut commands, &path, fields, CommandOutcome::Done).await;
        assert_eq!(seen.command, Command::Inbox { text: text.id, what }, "{deed}");
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/inbox"), "{deed}");
    }
    let path = format!("/inbox/{}/do/open_ticket", text.id);
    let fields = [("caller", "13700000009"), ("description", "送饭没来"), ("keep", "1")];
    let refused = CommandOutcome::Refused(Why::TextOver.into());
    let (seen, answer) = asked(&mut browser, &mut commands, &path, &fields, refused).await;
    let Command::Inbox { what: InboxCommand::OpenTicket(intake), .. } = seen.command else {
        panic!("{:?}", seen.command)
    };
    assert_eq!(intake.description.as_deref(), Some("送饭没来"));
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.body.contains("这条短信已有人处理"), "{}", answer.body);
    // Nothing written asks nobody.
    let answer = browser.post(&format!("/inbox/{}/do/write", text.id), &[("words", " ")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_was_written_back_is_shown_with_its_writer() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let text = held(&mut office, HARBOUR, "你们那个送饭的今天还来吗");
    let now = office.clock.now();
    let answer = OutgoingText {
        id: office.chance.mint(now),
        jurisdiction: jurisdiction(),
        to: text.from.clone(),
        template: "from_person".into(),
        parameters: Default::default(),
        body: "【社区服务】十一点半到".into(),
        ticket: None,
        offer: None,
        survey: None,
        created_at: now,
        not_before: now,
        not_after: now,
        quiet_exempt: true,
        state: TextState::Waiting,
    };
    let done = InboxText {
        state: InboxState::Answered,
        answer: Some(answer.id),
        ended_at: Some(now),
        ..text.clone()
    };
    let line = yingda::desk::write::EventDraft {
        at: now,
        jurisdiction: jurisdiction(),
        actor: staff(&office, "officer", ActorKind::CallbackOfficer),
        entity: format!("text:{}", text.id),
        ticket: None,
        kind: "inbox.answered".into(),
        subject: None,
        detail: serde_json::json!({ "words": answer.body }),
    };
    office.write(vec![Write::Text(answer), Write::Inbox(done), Write::Event(line)]);
    let (router, _commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "operator").await;
    let list = browser.get("/inbox").await.body;
    assert!(list.contains("没有待处理的短信") && !list.contains("十一点半到"), "{list}");
    assert_eq!(readings(&office, "operator", text.id), 0, "nobody reads what is not on the page");
    let list = browser.get("/inbox?ended=1").await.body;
    assert!(list.contains("十一点半到") && list.contains("周敏"), "{list}");
    assert_eq!(readings(&office, "operator", text.id), 1);
    let page = browser.get(&format!("/inbox/{}", text.id)).await.body;
    assert!(page.contains("十一点半到") && page.contains("周敏"), "{page}");
    assert!(!page.contains("/do/write"), "what is dealt with is not dealt with again");
}

#[tokio::test]
async fn a_text_that_comes_is_told_to_open_pages() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let (router, _commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "operator").await;
    let told = read_until(&mut browser, "/live?ticket=-", "\"inbox\":{\"bad\":false,\"text\":\"1\"}", || {
        held(&mut office, HARBOUR, "你们那个送饭的今天还来吗");
    });
    assert!(told.await.contains("event: inbox"));
}

//! The board: who sees which ticket, at first and as it changes.

use std::time::Duration;

use axum::http::StatusCode;
use futures_util::StreamExt;
use yingda::console::settings::Settings;
use yingda::desk::write::Write;
use yingda::dispatch::escalation::Why;
use yingda::domain::ticket::{Confidentiality, Rung, TicketState};

use super::browser::Browser;
use super::morning;
use super::office::{BRIDGE, FUXIN, HARBOUR, Office, Wish};

#[tokio::test]
async fn a_user_sees_the_tickets_of_their_stations_and_those_below() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let here = office.ticket(&Wish { owner: HARBOUR, ..Wish::default() });
    let there = office.ticket(&Wish { owner: BRIDGE, area: "370203026001", ..Wish::default() });
    for ticket in [&here, &there] {
        let writes = office.opened(ticket, 3);
        office.write(writes);
    }
    let (router, _commands) = office.console(Settings::default()).await;
    for (login, sees_here, sees_there) in
        [("operator", true, true), ("street", true, false), ("handler", true, false), ("bridge", false, true)]
    {
        let mut browser = Browser::of(&router, login).await;
        let board = browser.get("/board").await.body;
        for (ticket, sees) in [(&here, sees_here), (&there, sees_there)] {
            let number = ticket.number.to_string();
            assert_eq!(board.contains(&number), sees, "{login} on the board: {number}");
            let page = browser.get(&format!("/tickets/{number}")).await;
            let status = if sees { StatusCode::OK } else { StatusCode::NOT_FOUND };
            assert_eq!(page.status, status, "{login} at {number}");
        }
    }
}

#[tokio::test]
async fn a_sealed_ticket_is_shown_to_supervisors_and_duty_officers_alone() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let mut sealed = office.ticket(&Wish { category: Some("CHD-03"), ..Wish::default() });
    sealed.confidentiality = Confidentiality::Sealed;
    let writes = office.opened(&sealed, 3);
    office.write(writes);
    let (router, _commands) = office.console(Settings::default()).await;
    for (login, sees) in
        [("supervisor", true), ("duty", true), ("operator", false), ("handler", false), ("manager", false)]
    {
        let board = Browser::of(&router, login).await.get("/board").await.body;
        assert_eq!(board.contains(&sealed.number.to_string()), sees, "{login}");
    }
}

#[tokio::test]
async fn the_most_urgent_comes_first_and_a_view_shows_only_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    morning::fill(&mut office);
    let (router, _commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "operator").await;
    let all = browser.get("/board").await.body;
    let at = |words: &str| all.find(words).unwrap_or_else(|| panic!("{words} is not on the board"));
    assert!(at("突发疾病/跌倒") < at("关怀电话未接"), "P1 stands before P2");
    assert!(at("关怀电话未接") < at("助餐"), "P2 stands before P3");
    let overdue = browser.get("/board?view=overdue").await.body;
    assert!(overdue.contains("关怀电话未接") && !overdue.contains(">助餐<"));
    let fuxin = browser.get(&format!("/board?station={FUXIN}")).await.body;
    assert!(fuxin.contains("水电维修") && !fuxin.contains(">突发疾病/跌倒<"));
    let nonsense = browser.get("/board?view=%00&urgency=P9&station=abc").await;
    assert_eq!(nonsense.status, StatusCode::OK, "what cannot be read filters nothing");
}

#[tokio::test]
async fn a_station_without_a_notice_phone_is_named_on_the_board_and_the_ticket_for_a_person_to_ring() {
    for (state, named) in [(TicketState::Dispatched, true), (TicketState::InProgress, false)] {
        let directory = tempfile::tempdir().unwrap();
        let mut office = Office::open(directory.path());
        let mut ticket = office.ticket(&Wish { state, why: "send_to_station", ..Wish::default() });
        ticket.progress.told = vec![HARBOUR];
        let writes = office.opened(&ticket, 3);
        office.write(writes);
        let (router, _commands) = office.console(Settings::default()).await;
        let mut browser = Browser::of(&router, "supervisor").await;
        for path in ["/board".to_owned(), format!("/tickets/{}", ticket.number)] {
            let body = browser.get(&path).await.body;
            assert_eq!(body.contains("海岸路社区服务站没有通知电话，请打电话告知"), named, "{state} {path}");
        }
    }
}

#[tokio::test]
async fn whatever_a_caller_says_is_text_and_never_a_tag() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let ticket = office.ticket(&Wish { description: evil, address: evil, why: evil, ..Wish::default() });
    let note = office.line(
        &ticket,
        1,
        "ticket.noted",
        yingda::domain::actor::Actor::CITIZEN,
        serde_json::json!({ "words": evil, "reason": evil, "volunteer": evil }),
    );
    let mut writes = office.opened(&ticket, 3);
    writes.push(note);
    office.write(writes);
    let (router, _commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "supervisor").await;
    for path in
        ["/board".to_owned(), format!("/tickets/{}", ticket.number), format!("/people?q={}", "%3Cimg")]
    {
        let body = browser.get(&path).await.body;
        assert!(!body.contains("<script>alert") && !body.contains("<img src=x"), "{path}");
    }
    let page = browser.get(&format!("/tickets/{}", ticket.number)).await.body;
    assert!(page.contains("&#60;script&#62;alert(1)"), "the words are there, as words");
}

/// Reads a stream until `enough` is in what came.
pub async fn read_until(browser: &mut Browser, path: &str, enough: &str, meanwhile: impl FnOnce()) -> String {
    let response = browser.open(path).await;
    assert_eq!(response.status(), StatusCode::OK);
    let mut body = response.into_body().into_data_stream();
    let mut heard = String::new();
    let mut meanwhile = Some(meanwhile);
    let all = async {
        while let Some(part) = body.next().await {
            heard.push_str(&String::from_utf8_lossy(&part.unwrap()));
            // The first beat says that the stream is in place.
            if heard.contains("event: beat")
                && let Some(act) = meanwhile.take()
            {
                act();
            }
            if heard.contains(enough) {
                return;
            }
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), all).await;
    assert!(waited.is_ok(), "waited for {enough:?}, heard {heard}");
    heard
}

#[tokio::test]
async fn a_change_reaches_those_who_may_see_it_and_leaves_when_it_is_over() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let first = office.ticket(&Wish { owner: HARBOUR, ..Wish::default() });
    let writes = office.opened(&first, 3);
    office.write(writes);
    let (router, _commands) = office.console(Settings::default()).await;
    let mut bridge = Browser::of(&router, "bridge").await;
    let mut handler = Browser::of(&router, "handler").await;
    let foreign = office.ticket(&Wish { owner: HARBOUR, ..Wish::default() });
    let own = office.ticket(&Wish { owner: BRIDGE, area: "370203026001", ..Wish::default() });
    let (foreign_writes, own_writes) = (office.opened(&foreign, 0), office.opened(&own, 0));
    let heard = read_until(&mut bridge, "/live?view=all", &own.number.to_string(), || {
        office.write(foreign_writes);
        office.write(own_writes);
    })
    .await;
    assert!(heard.contains("event: row"));
    assert!(!heard.contains(&foreign.number.to_string()), "a ticket of another street went out");
    let mut closed = first.clone();
    closed.state = TicketState::Closed;
    closed.closed_at = Some(office.clock.now());
    let heard = read_until(&mut handler, "/live?view=all", "event: gone", || {
        office.write(vec![Write::Ticket(Box::new(closed))]);
    })
    .await;
    assert!(heard.contains(&first.id.to_string()));
}

#[tokio::test]
async fn a_browser_that_was_away_is_told_what_it_missed() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let first = office.ticket(&Wish::default());
    let writes = office.opened(&first, 3);
    office.write(writes);
    let away_since = office.seq;
    let missed = office.ticket(&Wish { category: Some("ELD-07"), ..Wish::default() });
    let writes = office.opened(&missed, 0);
    office.write(writes);
    let (router, _commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "handler").await;
    let path = format!("/live?view=all&since={away_since}");
    let heard = read_until(&mut browser, &path, &missed.number.to_string(), || {}).await;
    assert!(!heard.contains(&first.number.to_string()), "what was known is not told again");
    assert!(heard.contains(&format!("id: {}", office.seq)));
}

#[tokio::test]
async fn a_stream_ends_with_the_session_behind_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let (router, _commands) = office.console(Settings::default()).await;
    let mut handler = Browser::of(&router, "handler").await;
    let secret = office.ticket(&Wish { owner: HARBOUR, ..Wish::default() });
    let writes = office.opened(&secret, 0);
    let mut body = handler.open("/live?view=all").await.into_body().into_data_stream();
    office.store.set_disabled(office.user("handler"), true, office.by()).unwrap();
    office.write(writes);
    let mut heard = String::new();
    let all = async {
        while let Some(part) = body.next().await {
            heard.push_str(&String::from_utf8_lossy(&part.unwrap()));
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all).await.expect("the stream ends");
    assert!(heard.contains("event: beat") && !heard.contains(&secret.number.to_string()), "{heard}");
}

#[test]
fn why_the_ladder_took_a_step_and_where_it_stands_is_said() {
    // That both languages have the same sentences is a test beside them.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console/ftl");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let said = ["zh.ftl", "zh-history.ftl", "zh-office.ftl"].map(read).concat();
    let has = |key: &String| said.lines().any(|line| line.starts_with(&format!("{key} =")));
    let steps = Why::ALL.iter().map(|why| format!("why-{why}"));
    let rungs = Rung::ALL.iter().map(|rung| format!("rung-{rung}"));
    let unsaid: Vec<String> = steps.chain(rungs).filter(|key| !has(key)).collect();
    assert_eq!(unsaid, Vec::<String>::new());
}

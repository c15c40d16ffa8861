//! The page of today's care calls.

use std::time::Duration;

use axum::http::StatusCode;
use yingda::console::settings::Settings;
use yingda::desk::write::Write;
use yingda::domain::care::{CareCall, CareState};
use yingda::domain::ids::{CarePlanId, PersonId};
use yingda::domain::timestamp::Timestamp;
use yingda::store::error::StoreError;

use super::board::read_until;
use super::browser::Browser;
use super::office::{Office, area, jurisdiction, person};

fn call(office: &mut Office, plan: i64, of: i64, state: CareState, at: Timestamp) -> CareCall {
    let now = office.clock.now();
    CareCall {
        id: office.chance.mint(now),
        jurisdiction: jurisdiction(),
        plan: CarePlanId(plan),
        person: PersonId(of),
        state,
        sought_from: at,
        planned_at: at,
        next_at: now,
        first_at: Some(at),
        tries: 1,
        contacts_rung: 0,
        answer: None,
        ticket: None,
        ended_at: (!state.is_open()).then_some(at),
    }
}

#[tokio::test]
async fn todays_care_calls_and_what_came_of_them_are_shown_within_the_stations_of_the_role() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let mut far = person(502, "王远", Some("13800000022"));
    far.area = Some(area("370203026001"));
    office.store.import_people(vec![person(501, "王近", Some("13800000021")), far], office.by()).unwrap();
    let now = office.clock.now();
    let mut calls = Vec::new();
    let asked = [
        (501, CareState::Well, Duration::ZERO),
        (501, CareState::Missed, Duration::ZERO),
        (502, CareState::TryAgain, Duration::ZERO),
        (501, CareState::Dropped, Duration::ZERO),
        // Of the week before, and over.
        (501, CareState::ByPerson, Duration::from_secs(7 * 24 * 3600)),
    ];
    for (plan, (of, state, ago)) in (1..).zip(asked) {
        calls.push(Write::Care(call(&mut office, plan, of, state, now - ago)));
    }
    office.write(calls);
    let (router, _commands) = office.console(Settings::default()).await;
    let page = Browser::of(&router, "street").await.get("/care").await.body;
    for shown in ["/people?id=501", "王近", "is-grave"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains("王远"), "another street's are not theirs: {page}");
    assert_eq!(page.matches("class=\"row\"").count(), 2, "neither a dropped one nor last week's: {page}");
    let mut district = Browser::of(&router, "operator").await;
    assert!(district.get("/care").await.body.contains("王远"));
    let handler = Browser::of(&router, "manager").await.get("/care").await;
    assert_eq!(handler.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_page_reads_itself_anew_when_a_care_call_goes_on_and_writes_down_only_once_who_was_read() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let people = vec![person(501, "王近", Some("13800000021")), person(502, "王远", Some("13800000022"))];
    office.store.import_people(people, office.by()).unwrap();
    let now = office.clock.now();
    let rings = call(&mut office, 1, 501, CareState::Ringing, now);
    office.write(vec![Write::Care(rings.clone())]);
    let (router, _commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "operator").await;
    let page = browser.get("/care").await.body;
    assert!(page.contains("data-live=\"/live?ticket=-\"") && page.contains("id=\"care\""), "{page}");
    let well = CareCall { state: CareState::Well, ended_at: Some(now), ..rings };
    let other = call(&mut office, 2, 502, CareState::Ringing, now);
    let writes = vec![Write::Care(well), Write::Care(other)];
    let heard = read_until(&mut browser, "/live?ticket=-", "event: care", || office.write(writes)).await;
    assert!(!heard.contains("event: queue"), "nobody waits in a queue for it: {heard}");
    for _ in 0..2 {
        assert!(browser.get("/care").await.body.contains("王远"));
    }
    Browser::of(&router, "dispatcher").await.get("/care").await;
    let read: Vec<String> = office
        .store
        .read(|connection| -> Result<_, StoreError> {
            let sql = "SELECT body FROM event_private WHERE seq IN (SELECT seq FROM event WHERE kind = 'care.read') ORDER BY seq";
            Ok(connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
        .unwrap();
    assert_eq!(read, ["{\"people\":[501]}", "{\"people\":[502]}", "{\"people\":[501,502]}"]);
}

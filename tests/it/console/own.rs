//! What a reader does for themselves, and whom they may look up: their password, and people within their stations.

use axum::http::StatusCode;
use yingda::console::settings::Settings;
use yingda::store::error::StoreError;

use super::browser::Browser;
use super::office::{HARBOUR, Office, PASSWORD, Wish, area, person, volunteer};

const NEW: &str = "新的潮声 2027";

#[tokio::test]
async fn who_changes_their_password_goes_on_and_every_other_session_of_theirs_ends() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let (router, _commands) = office.console(Settings::default()).await;
    let mut elsewhere = Browser::of(&router, "handler").await;
    let mut here = Browser::of(&router, "handler").await;
    assert!(here.get("/me").await.body.contains("action=\"/me/password\""));
    for (old, new, again, status, says) in [
        ("wrong", NEW, NEW, StatusCode::UNPROCESSABLE_ENTITY, "现在的密码不对"),
        (PASSWORD, NEW, "另一个 2027", StatusCode::UNPROCESSABLE_ENTITY, "两遍新密码不一样"),
        (PASSWORD, "短", "短", StatusCode::UNPROCESSABLE_ENTITY, "至少 8 个字符。"),
        (PASSWORD, PASSWORD, PASSWORD, StatusCode::UNPROCESSABLE_ENTITY, "与现在的相同"),
    ] {
        let answer = here.post("/me/password", &[("old", old), ("new", new), ("again", again)]).await;
        assert_eq!(answer.status, status, "{says}");
        assert!(answer.body.contains(says), "{says}: {}", answer.body);
    }
    let answer = here.post("/me/password", &[("old", PASSWORD), ("new", NEW), ("again", NEW)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/me?did=password"));
    assert!(here.get("/me?did=password").await.body.contains("密码已修改"), "who changed it goes on");
    assert_eq!(elsewhere.get("/board").await.status, StatusCode::SEE_OTHER, "the other session is over");
    let mut browser = Browser::new(&router);
    let old = browser.post("/login", &[("login", "handler"), ("password", PASSWORD)]).await;
    assert_eq!(old.status, StatusCode::UNAUTHORIZED);
    let new = browser.post("/login", &[("login", "handler"), ("password", NEW)]).await;
    assert_eq!(new.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn at_an_unattended_screen_nobody_tries_passwords_for_long() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let (router, _commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "operator").await;
    for _ in 0..5 {
        let answer = browser.post("/me/password", &[("old", "x"), ("new", NEW), ("again", NEW)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = browser.post("/me/password", &[("old", PASSWORD), ("new", NEW), ("again", NEW)]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

/// What the history says that somebody looked up.
fn looked_up(office: &Office, login: &str) -> Vec<(String, String, String)> {
    let user = office.user(login);
    office
        .store
        .read(move |connection| {
            let sql = "SELECT e.kind, e.entity, p.body FROM event e JOIN event_private p ON p.seq = e.seq \
                 WHERE e.actor_user = ?1 AND e.kind IN ('people.searched', 'person.read') ORDER BY e.seq";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([user], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            Ok::<_, StoreError>(rows.collect::<Result<Vec<_>, _>>()?)
        })
        .unwrap()
}

#[tokio::test]
async fn people_are_looked_up_within_the_stations_of_the_role_and_each_look_is_written_down() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let mut far = person(502, "王远", Some("13800000022"));
    far.area = Some(area("370203026001"));
    let mut nowhere = person(503, "王无址", None);
    nowhere.area = None;
    let people = vec![person(501, "王近", Some("13800000021")), far, nowhere];
    office.store.import_people(people, office.by()).unwrap();
    office.store.import_volunteers(vec![volunteer(10_012, "王志愿", "13800000012")], office.by()).unwrap();
    let (router, _commands) = office.console(Settings::default()).await;
    // A dispatcher of the street of Sifang.
    let mut street = Browser::of(&router, "street").await;
    let page = street.get("/people?q=王").await.body;
    assert!(!page.contains("王近"), "one character finds nobody");
    let near = street.get("/people?q=13800000021").await.body;
    assert!(near.contains("王近"), "{near}");
    assert!(
        !street.get("/people?q=13800000022").await.body.contains("王远"),
        "another street's is not theirs"
    );
    assert!(!street.get("/people?q=王无址").await.body.contains("/people?id=503"), "nor is nobody's");
    assert!(street.get("/people?q=王志愿").await.body.contains("10012"), "their helpers are");
    assert!(street.get("/people?id=501").await.body.contains("王近"));
    assert!(!street.get("/people?id=502").await.body.contains("王远"), "not by guessing the address either");
    let seen = looked_up(&office, "street");
    let kinds: Vec<(&str, &str)> =
        seen.iter().map(|(kind, entity, _)| (kind.as_str(), entity.as_str())).collect();
    assert_eq!(kinds[0], ("people.searched", "register"));
    assert!(seen[0].2.contains("501"), "whom it found: {}", seen[0].2);
    assert!(kinds.contains(&("person.read", "person:501")), "{kinds:?}");
    assert!(seen.iter().all(|(.., body)| !body.contains('王')), "what was typed is not kept");
    let mut district = Browser::of(&router, "operator").await;
    for (asked, name) in [("13800000022", "王远"), ("王无址", "王无址")] {
        assert!(district.get(&format!("/people?q={asked}")).await.body.contains(name), "{name}");
    }
    // With a ticket of theirs somebody from elsewhere is theirs to see.
    let ticket = office.ticket(&Wish {
        owner: HARBOUR,
        beneficiary: Some(yingda::domain::ids::PersonId(502)),
        ..Wish::default()
    });
    let writes = office.opened(&ticket, 3);
    office.write(writes);
    assert!(street.get("/people?id=502").await.body.contains("王远"));
}

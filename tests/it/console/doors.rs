//! Who may come in, through which door.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use yingda::console::access::{Need, ROUTES};
use yingda::console::settings::Settings;
use yingda::domain::actor::Role;

use super::browser::Browser;
use super::office::{LOGINS, Office, PASSWORD};

/// A path of a route, with something in place of its holes.
fn filled(path: &str) -> String {
    path.replace("{number}", "261123-004-0001")
        .replace("{action}", "note")
        .replace("{id}", "01932b7e-0000-7000-8000-000000000001")
}

fn may(roles: &[Role], need: Need) -> bool {
    need.roles().is_empty() || roles.iter().any(|role| need.roles().contains(role))
}

#[tokio::test]
async fn every_route_opens_to_the_roles_of_the_table_and_to_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let (router, _commands) = office.console(Settings::default()).await;
    let mut asked = 0;
    for (login, _, roles, _) in LOGINS {
        let browser = Browser::of(&router, login).await;
        for (method, path, need) in ROUTES.iter().filter(|(_, path, _)| *path != "/logout") {
            // Each route is asked in a browser of its own, so that nothing one does reaches the next.
            let mut browser = Browser::with_cookie(&router, browser.cookie().unwrap());
            let status = if *path == "/live" {
                browser.open(path).await.status()
            } else if *method == "GET" {
                browser.get(&filled(path)).await.status
            } else {
                browser.post(&filled(path), &[]).await.status
            };
            let refused = status == StatusCode::FORBIDDEN;
            assert_eq!(!refused, may(roles, *need), "{login}: {method} {path} answered {status}");
            asked += 1;
        }
    }
    assert_eq!(asked, LOGINS.len() * (ROUTES.len() - 1));
}

#[tokio::test]
async fn without_a_login_every_page_leads_to_the_door() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let (router, _commands) = office.console(Settings::default()).await;
    for (method, path, need) in ROUTES {
        let mut nobody = Browser::new(&router);
        let answer = match *method {
            "GET" => nobody.get(&filled(path)).await,
            _ => nobody.post(&filled(path), &[]).await,
        };
        match (need, *method) {
            (Need::Nobody, _) => assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{path}"),
            (_, "GET") if *path != "/live" => {
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
                assert!(answer.location().starts_with("/login?next=/"), "{}", answer.location());
            }
            _ => assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}"),
        }
    }
}

#[tokio::test]
async fn the_table_names_every_route_of_the_router() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let (router, _commands) = office.console(Settings::default()).await;
    let mut supervisor = Browser::of(&router, "supervisor").await;
    let paths: BTreeSet<&str> = ROUTES.iter().map(|(_, path, _)| *path).collect();
    for path in paths {
        for method in ["GET", "POST"] {
            let known = ROUTES.iter().any(|(m, p, _)| *m == method && *p == path);
            let request =
                Request::builder().method(method).uri(filled(path)).header("sec-fetch-site", "same-origin");
            let request = request.body(Body::empty()).unwrap();
            if known || path == "/live" {
                continue;
            }
            let status = supervisor.send(request).await.status;
            assert_eq!(
                status,
                StatusCode::METHOD_NOT_ALLOWED,
                "{method} {path} is routed but not in the table"
            );
        }
    }
}

#[tokio::test]
async fn a_change_from_another_site_is_refused_whoever_is_logged_in() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let (router, _commands) = office.console(Settings::default()).await;
    let mut supervisor = Browser::of(&router, "supervisor").await;
    for (method, path, _) in ROUTES.iter().filter(|(method, _, _)| *method != "GET") {
        for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
            let request = Request::builder()
                .method(Method::from_bytes(method.as_bytes()).unwrap())
                .uri(filled(path))
                .header(header::HOST, "desk.example")
                .header(name, value)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::empty())
                .unwrap();
            assert_eq!(supervisor.send(request).await.status, StatusCode::FORBIDDEN, "{path} {name}");
        }
    }
    assert_eq!(supervisor.get("/board").await.status, StatusCode::OK, "the session is untouched");
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_keep_strangers_out() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let (router, _commands) = office.console(Settings::default()).await;
    let mut supervisor = Browser::of(&router, "supervisor").await;
    for path in ["/board", "/login", "/no-such-page", "/static/x/yingda.css", "/healthz"] {
        let answer = supervisor.get(path).await;
        let value = |name: &str| answer.headers.get(name).map_or("", |v| v.to_str().unwrap()).to_owned();
        let policy = value("content-security-policy");
        assert!(policy.starts_with("default-src 'self';") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(value("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(value("referrer-policy"), "same-origin", "{path}");
        let kept = value("cache-control").contains("immutable");
        assert_eq!(kept, path.starts_with("/static/"), "{path}: pages are never cached, assets for ever");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_told_apart_by_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let (router, _commands) = office.console(Settings::default()).await;
    let mut browser = Browser::new(&router);
    let wrong = browser.post("/login", &[("login", "operator"), ("password", "wrong")]).await;
    let unknown = browser.post("/login", &[("login", "operatox"), ("password", "wrong")]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(unknown.status, StatusCode::UNAUTHORIZED);
    assert_eq!(wrong.body.replace("operator", "operatox"), unknown.body);
    assert!(browser.cookie().is_none());
}

#[tokio::test]
async fn after_five_wrong_tries_the_right_password_waits_too() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let (router, _commands) = office.console(Settings::default()).await;
    let mut browser = Browser::new(&router);
    for _ in 0..5 {
        let answer = browser.post("/login", &[("login", "operator"), ("password", "wrong")]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let answer = browser.post("/login", &[("login", "operator"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.body.contains("尝试次数过多"));
}

#[tokio::test]
async fn each_login_gets_a_token_of_its_own_and_the_old_one_is_dead() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let (router, _commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "operator").await;
    let first = browser.cookie().unwrap().to_owned();
    browser.post("/login", &[("login", "operator"), ("password", PASSWORD)]).await;
    let second = browser.cookie().unwrap().to_owned();
    assert_ne!(first, second);
    assert_eq!(Browser::with_cookie(&router, &first).get("/board").await.status, StatusCode::SEE_OTHER);
    assert_eq!(Browser::with_cookie(&router, &second).get("/board").await.status, StatusCode::OK);
    assert_eq!(browser.post("/logout", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(Browser::with_cookie(&router, &second).get("/board").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn over_tls_the_cookie_is_held_to_host_and_tls_and_no_script_reads_it() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    for (settings, wanted) in [
        (Settings { behind_proxy: true, ..Settings::default() }, "__Host-yingda_session="),
        (Settings::default(), "yingda_session="),
    ] {
        let secure = settings.behind_proxy;
        let (router, _commands) = office.console(settings).await;
        let answer =
            Browser::new(&router).post("/login", &[("login", "operator"), ("password", PASSWORD)]).await;
        let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(cookie.starts_with(wanted), "{cookie}");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        assert_eq!(cookie.contains("Secure"), secure, "{cookie}");
        let kept = answer.headers.get(header::STRICT_TRANSPORT_SECURITY).is_some();
        assert_eq!(kept, secure, "who came over TLS once comes over TLS");
        let token = cookie.split(['=', ';']).nth(1).unwrap();
        assert_eq!(token.len(), 64, "256 bits in hexadecimal digits");
    }
}

#[tokio::test]
async fn metrics_are_for_the_holder_of_the_token() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let settings = Settings {
        metrics_token: Some(yingda::domain::secret::Secret::new("s3cret")),
        ..Settings::default()
    };
    let (router, _commands) = office.console(settings).await;
    let mut browser = Browser::new(&router);
    for (shown, status) in [
        ("Bearer s3cret", StatusCode::OK),
        ("Bearer s3creT", StatusCode::FORBIDDEN),
        ("Bearer ", StatusCode::FORBIDDEN),
        ("s3cret", StatusCode::FORBIDDEN),
    ] {
        let request = Request::get("/metrics").header("authorization", shown).body(Body::empty()).unwrap();
        assert_eq!(browser.send(request).await.status, status, "{shown}");
    }
    let health = browser.get("/healthz").await;
    assert_eq!((health.status, health.body.contains("\"ok\":true")), (StatusCode::OK, true));
}

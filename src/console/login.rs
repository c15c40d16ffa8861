//! Coming in and going out.

use std::time::Duration;

use askama::Template;
use axum::Form;
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use tracing::info;

use super::App;
use super::access::User;
use super::failure::Failure;
use super::visit::{self, Likes, Token, Visit};
use super::words::Words;
use super::{assets, password};
use crate::domain::actor::{Actor, ActorKind};
use crate::domain::language::Language;
use crate::domain::timestamp::Timestamp;
use crate::store::error::StoreError;
use crate::store::records::By;
use crate::store::users::{self, Session, TokenHash};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    w: Words,
    theme: &'static str,
    assets: &'static str,
    login: String,
    next: String,
    /// The sentence that says why not.
    refused: Option<String>,
}

#[derive(Debug, Deserialize, Default)]
#[serde(default)]
pub(crate) struct Arriving {
    next: String,
    language: String,
}

/// `GET /login`, in the language of the browser's cookie or of `?language=`.
pub(crate) async fn page(
    State(app): State<App>,
    Query(arriving): Query<Arriving>,
    headers: axum::http::HeaderMap,
) -> Result<Response, Failure> {
    let likes = Likes::of(&headers);
    let asked = Language::parse(&arriving.language);
    let language = asked.or(likes.language).unwrap_or(Language::Zh);
    let page = LoginPage {
        w: Words::new(language),
        theme: likes.theme,
        assets: assets::version(),
        login: String::new(),
        next: arriving.next,
        refused: None,
    };
    let mut response = Html(page.render()?).into_response();
    if asked.is_some() {
        let cookie = visit::likes_cookie(&app, Likes { language: asked, ..likes });
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

#[derive(Deserialize)]
struct Credentials {
    login: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /login`: a new token with each login, whatever the browser carried before.
pub(crate) async fn enter(State(app): State<App>, request: Request) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let address = visit::address(&app, &parts);
    let likes = Likes::of(&parts.headers);
    let old = visit::token(&app, &parts.headers);
    let request = Request::from_parts(parts, body);
    let Form(given) =
        Form::<Credentials>::from_request(request, &()).await.map_err(|_| Failure::Unreadable)?;
    let w = Words::new(likes.language.unwrap_or(Language::Zh));
    if !app.limits.may_try(&given.login, address) {
        return again(w, likes, &given, StatusCode::TOO_MANY_REQUESTS, "login-too-often");
    }
    let login = given.login.trim().to_owned();
    let found = app.read(move |connection| users::find_by_login(connection, &login)).await?;
    let open = found.filter(|(user, _)| user.disabled_at.is_none());
    let (user, hash) = open.map_or((None, None), |(user, hash)| (Some(user), Some(hash)));
    let right = password::matches(given.password.clone(), hash).await;
    let Some(user) = user.filter(|_| right) else {
        return again(w, likes, &given, StatusCode::UNAUTHORIZED, "login-wrong");
    };
    let from_where = address.map(|address| address.to_string()).unwrap_or_default();
    let token = open_session(&app, &user, from_where, old).await?;
    info!(user = %user.id, "logged in");
    let mut response = Redirect::to(way_in(&given.next)).into_response();
    response.headers_mut().append(header::SET_COOKIE, visit::session_cookie(&app, Some(&token)));
    Ok(response)
}

fn again(
    w: Words,
    likes: Likes,
    given: &Credentials,
    status: StatusCode,
    why: &str,
) -> Result<Response, Failure> {
    let page = LoginPage {
        w,
        theme: likes.theme,
        assets: assets::version(),
        login: given.login.clone(),
        next: given.next.clone(),
        refused: Some(w.t(why)),
    };
    Ok((status, Html(page.render()?)).into_response())
}

/// Only a path of ours is followed after the login: `//elsewhere` and `/\elsewhere` are other hosts to a browser.
pub(crate) fn way_in(next: &str) -> &str {
    let ours = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n']);
    if ours { next } else { "/" }
}

pub(crate) async fn open_session(
    app: &App,
    user: &users::User,
    from_where: String,
    old: Option<Token>,
) -> Result<Token, Failure> {
    let now = app.clock.now();
    let random = app.chance.lock().expect("drawing bytes does not panic").bytes();
    let token = Token::new(random);
    let session = Session {
        token: TokenHash(token.hash()),
        user: user.id,
        created_at: now,
        seen_at: now,
        expires_at: ends_at(app, now, now),
        from_where,
    };
    let by = by(app, user, now);
    let store = app.store.clone();
    let write = move || -> Result<(), StoreError> {
        if let Some(old) = old {
            store.close_session(TokenHash(old.hash()))?;
        }
        store.open_session(session, by)
    };
    tokio::task::spawn_blocking(write).await.expect("writing a session does not panic")?;
    Ok(token)
}

/// Whoever is idle for too long is out, and everybody is after the longest session.
fn ends_at(app: &App, opened: Timestamp, now: Timestamp) -> Timestamp {
    let idle = now + Duration::from_secs(u64::from(app.settings.idle_minutes) * 60);
    let last = opened + Duration::from_secs(u64::from(app.settings.session_hours) * 3_600);
    idle.min(last)
}

fn by(app: &App, user: &users::User, at: Timestamp) -> By {
    let actor = Actor { user: Some(user.id), person: user.person, ..Actor::of(ActorKind::Operator) };
    By { actor, jurisdiction: app.jurisdiction.clone(), at }
}

/// Whose session it is; its end moves on with its use.
pub(crate) async fn session(app: &App, token: TokenHash, now: Timestamp) -> Result<Option<User>, StoreError> {
    let found = app.read(move |connection| users::session(connection, token, now)).await?;
    let Some((session, user)) = found else { return Ok(None) };
    if users::is_worth_noting(&session, now) {
        let ends = ends_at(app, session.created_at, now);
        let store = app.store.clone();
        let touch = move || store.touch_session(token, ends, now);
        tokio::task::spawn_blocking(touch).await.expect("writing a session does not panic")?;
    }
    Ok(Some(User {
        id: user.id,
        person: user.person,
        name: user.name,
        language: user.language,
        roles: user.roles,
        scope: std::collections::BTreeSet::new(),
    }))
}

/// `POST /logout`
pub(crate) async fn leave(visit: Visit, headers: axum::http::HeaderMap) -> Result<Response, Failure> {
    if let Some(token) = visit::token(&visit.app, &headers) {
        let store = visit.app.store.clone();
        let close = move || store.close_session(TokenHash(token.hash()));
        tokio::task::spawn_blocking(close).await.expect("writing a session does not panic")?;
    }
    let mut response = Redirect::to("/login").into_response();
    response.headers_mut().append(header::SET_COOKIE, visit::session_cookie(&visit.app, None));
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_login_nobody_is_led_to_another_site() {
        for (next, followed) in [
            ("/tickets/260501-014-0007?x=1", "/tickets/260501-014-0007?x=1"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\r\nSet-Cookie: b", "/"),
        ] {
            assert_eq!(way_in(next), followed);
        }
    }
}

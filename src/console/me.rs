//! How a reader likes the screen: language, light or dark, single-key shortcuts.

use askama::Template;
use axum::extract::{Form, Query};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::failure::Failure;
use super::page::{Page, Says, Section, show};
use super::visit::{self, Likes, Visit};
use crate::domain::language::Language;

#[derive(Template)]
#[template(path = "me.html")]
struct MePage {
    page: Page,
    languages: Vec<(Language, bool)>,
    themes: [(&'static str, bool); 3],
    roles: Vec<String>,
}

/// `GET /me`
pub(crate) async fn page(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let did = (asked.did == "password")
        .then(|| Says { refused: false, lines: vec![visit.w.t("password-changed")] });
    draw(&visit, did, StatusCode::OK)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// What was done just before.
    did: String,
}

pub(crate) fn draw(visit: &Visit, says: Option<Says>, status: StatusCode) -> Result<Response, Failure> {
    let board = visit.app.live.now();
    let held = visit.user.roles.iter().map(|(role, station)| {
        format!("{} · {}", visit.w.name("actor", role.name()), board.places.station_name(*station))
    });
    let html = MePage {
        languages: Language::ALL.iter().map(|l| (*l, visit.w.language == *l)).collect(),
        themes: ["auto", "light", "dark"].map(|theme| (theme, visit.likes.theme == theme)),
        roles: held.collect(),
        page: Page::new(visit, &board, Section::Me, visit.w.t("nav-me")).says(says),
    };
    show(status, &html)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wishes {
    language: String,
    theme: String,
    keys: String,
}

/// `POST /me`
pub(crate) async fn change(
    visit: Visit,
    form: Result<Form<Wishes>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(wishes) = form.map_err(|_| Failure::Unreadable)?;
    let likes = Likes {
        language: Language::parse(&wishes.language).or(visit.likes.language),
        theme: visit::theme(&wishes.theme),
        keys: wishes.keys == "on",
    };
    let mut response = Redirect::to("/me").into_response();
    response.headers_mut().append(header::SET_COOKIE, visit::likes_cookie(&visit.app, likes));
    Ok(response)
}

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage {
    page: Page,
}

/// `GET /keys`: the sheet of shortcuts, as a page of its own.
pub(crate) async fn keys(visit: Visit) -> Result<Response, Failure> {
    let board = visit.app.live.now();
    show(StatusCode::OK, &KeysPage { page: Page::new(&visit, &board, Section::Me, visit.w.t("keys-title")) })
}

//! The logins: who may come in, as what, where. For administrators, each within the stations below their own.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use rusqlite::Connection;
use serde::Deserialize;

use super::failure::Failure;
use super::forms::Typed;
use super::office::Errand;
use super::page::{Page, Says, Section, show};
use super::user_phone::{self, Given, Phone};
use super::visit::Visit;
use super::{App, office, password};
use crate::domain::actor::Role;
use crate::domain::ids::{PersonId, StationId, UserId};
use crate::domain::language::Language;
use crate::store::error::StoreError;
use crate::store::queries::register;
use crate::store::users::{self, NewUser, User};

/// Logins shown at most: the rest is found by searching.
const SHOWN: usize = 200;
/// Longest login and name, in characters.
const NAME_CHARS: usize = 40;

/// What is done to a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Grant,
    Revoke,
    Disable,
    Enable,
    Password,
    /// Gives a telephone, or takes it.
    Phone(user_phone::Deed),
}

impl Deed {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "grant" => Some(Self::Grant),
            "revoke" => Some(Self::Revoke),
            "disable" => Some(Self::Disable),
            "enable" => Some(Self::Enable),
            "password" => Some(Self::Password),
            other => user_phone::Deed::parse(other).map(Self::Phone),
        }
    }
}

struct UserShown {
    id: UserId,
    login: String,
    name: String,
    roles: Vec<RoleShown>,
    disabled: bool,
}

struct RoleShown {
    role: Role,
    station: StationId,
    name: String,
}

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage {
    page: Page,
    words: String,
    users: Vec<UserShown>,
    hidden: usize,
    typed: Typed,
    adding: bool,
    stations: Vec<(StationId, String)>,
}

#[derive(Template)]
#[template(path = "user.html")]
struct UserPage {
    page: Page,
    user: UserShown,
    /// The reader's own login: it is not shut out, and keeps the role it is administered with.
    own: bool,
    /// A password that was just made; shown once.
    password: Option<String>,
    stations: Vec<(StationId, String)>,
    phone: Phone,
}

/// What a login's page says of what was just asked for.
pub(crate) struct Told<'a> {
    pub said: Option<&'a str>,
    /// Why not, in the words of the office.
    pub why: Option<String>,
    pub password: Option<String>,
    pub given: Option<Given>,
    pub status: StatusCode,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    q: String,
    did: String,
}

/// `GET /users`
pub(crate) async fn page(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    list(&visit, asked.q.trim(), Typed::new(), None, StatusCode::OK).await
}

async fn list(
    visit: &Visit,
    words: &str,
    typed: Typed,
    says: Option<Says>,
    status: StatusCode,
) -> Result<Response, Failure> {
    let found = visit.app.read(users::all).await?;
    let meant = |user: &&User| words.is_empty() || user.login.contains(words) || user.name.contains(words);
    let found: Vec<&User> = found.iter().filter(|user| is_theirs(visit, user)).filter(meant).collect();
    let html = UsersPage {
        words: words.to_owned(),
        users: found.iter().take(SHOWN).map(|user| shown(visit, user)).collect(),
        hidden: found.len().saturating_sub(SHOWN),
        adding: says.is_some(),
        typed,
        stations: stations(visit),
        page: Page::new(visit, &visit.app.live.now(), Section::Users, visit.w.t("nav-users")).says(says),
    };
    show(status, &html)
}

/// Whether the visitor administers a login: every station it has a role at lies below theirs.
fn is_theirs(visit: &Visit, user: &User) -> bool {
    user.roles.iter().all(|(_, station)| visit.user.scope.contains(station))
}

fn shown(visit: &Visit, user: &User) -> UserShown {
    let board = visit.app.live.now();
    let role = |(role, station): &(Role, StationId)| RoleShown {
        role: *role,
        station: *station,
        name: format!("{} · {}", visit.w.name("actor", role.name()), board.places.station_name(*station)),
    };
    UserShown {
        id: user.id,
        login: user.login.clone(),
        name: user.name.clone(),
        roles: user.roles.iter().map(role).collect(),
        disabled: user.disabled_at.is_some(),
    }
}

/// The stations below the visitor's own, indented by tier.
fn stations(visit: &Visit) -> Vec<(StationId, String)> {
    let board = visit.app.live.now();
    let ordered = board.places.in_order().into_iter();
    ordered
        .filter(|(_, station)| visit.user.scope.contains(&station.id))
        .map(|(depth, station)| (station.id, format!("{}{}", "\u{3000}".repeat(depth), station.name)))
        .collect()
}

fn text<'a>(typed: &'a Typed, name: &str) -> &'a str {
    typed.get(name).map(|value| value.trim()).unwrap_or_default()
}

/// A role at a station that the visitor may give.
fn role_of(visit: &Visit, typed: &Typed) -> Option<(Role, StationId)> {
    let role = Role::parse(text(typed, "role"))?;
    let station = text(typed, "station").parse().ok().map(StationId)?;
    visit.user.scope.contains(&station).then_some((role, station))
}

/// The human being behind a number of the register; `None` for a number that is nobody's.
async fn person_of(visit: &Visit, typed: &str) -> Result<Option<PersonId>, Failure> {
    let Ok(id) = typed.parse().map(PersonId) else { return Ok(None) };
    let found = move |connection: &Connection| Ok(register::person_names(connection, &[id])?);
    Ok(visit.app.read(found).await?.into_keys().next())
}

/// `POST /users`: a login, with its first role and a password that is shown once.
pub(crate) async fn add(
    visit: Visit,
    form: Result<Form<Typed>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(typed) = form.map_err(|_| Failure::Unreadable)?;
    let refuse = |typed, key: &str| {
        let says = Some(Says { refused: true, lines: vec![visit.w.t(key)] });
        list(&visit, "", typed, says, StatusCode::UNPROCESSABLE_ENTITY)
    };
    let fits = |text: &str| (1..=NAME_CHARS).contains(&text.chars().count());
    let login = text(&typed, "login").to_owned();
    let name = text(&typed, "name").to_owned();
    let plain = login.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c));
    let role = role_of(&visit, &typed);
    let whose = text(&typed, "person");
    let person = if whose.is_empty() { None } else { person_of(&visit, whose).await? };
    if person.is_none() && !whose.is_empty() {
        return refuse(typed.clone(), "lacks-person").await;
    }
    let lack = match role {
        _ if !fits(&login) || !plain => Some("lacks-login"),
        _ if !fits(&name) => Some("lacks-name"),
        None => Some("lacks-role"),
        Some(_) => None,
    };
    let (None, Some(role)) = (lack, role) else {
        let key = lack.unwrap_or("lacks-role");
        return refuse(typed.clone(), key).await;
    };
    let password = random_password(&visit.app);
    let password_hash = hashed(&visit.app, &password).await?;
    let new = NewUser {
        login: login.clone(),
        name,
        password_hash,
        person,
        language: Language::Zh,
        roles: vec![role],
    };
    let (store, by) = (visit.app.store.clone(), office::by(&visit));
    let added = write(move || store.add_user(new, by)).await;
    match added {
        Ok(id) => one(&visit, id, Some("user-added"), Some(password), StatusCode::OK).await,
        Err(StoreError::Refused(_)) => refuse(typed.clone(), "user-taken").await,
        Err(error) => Err(error.into()),
    }
}

async fn write<T: Send + 'static>(
    transact: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(transact).await.expect("writing a login does not panic")
}

/// Sixteen letters and digits that are read aloud without a doubt: 80 bits.
fn random_password(app: &App) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let random: [u8; 16] = app.chance.lock().expect("drawing bytes does not panic").bytes();
    let letters: Vec<String> = random
        .chunks(4)
        .map(|four| four.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
        .collect();
    letters.join("-")
}

async fn hashed(app: &App, password: &str) -> Result<String, Failure> {
    let salt: [u8; 16] = app.chance.lock().expect("drawing bytes does not panic").bytes();
    let password = password.to_owned();
    let hash = password::hashed(password, salt).await;
    hash.map_err(|_| Failure::Unreadable)
}

/// `GET /users/{id}`
pub(crate) async fn user(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let id = id.parse().map(UserId).map_err(|_| Failure::NotFound)?;
    let did = Deed::parse(&asked.did).map(|deed| match deed {
        Deed::Grant | Deed::Revoke => "user-roles-changed",
        Deed::Disable => "user-disabled",
        Deed::Enable => "user-enabled",
        Deed::Password => "user-password",
        Deed::Phone(deed) => deed.done(),
    });
    one(&visit, id, did, None, StatusCode::OK).await
}

/// The login, when the visitor administers it.
async fn load(visit: &Visit, id: UserId) -> Result<User, Failure> {
    let found = visit.app.read(move |connection| users::find(connection, id)).await?;
    found.filter(|user| is_theirs(visit, user)).ok_or(Failure::NotFound)
}

async fn one(
    visit: &Visit,
    id: UserId,
    said: Option<&str>,
    password: Option<String>,
    status: StatusCode,
) -> Result<Response, Failure> {
    let found = load(visit, id).await?;
    draw(visit, &found, Told { said, why: None, password, given: None, status }).await
}

/// The page of a login that the visitor administers.
pub(crate) async fn draw(visit: &Visit, found: &User, told: Told<'_>) -> Result<Response, Failure> {
    let Told { said, why, password, given, status } = told;
    let id = found.id;
    let refused = status != StatusCode::OK;
    let lines = said.map(|key| visit.w.t(key)).into_iter().chain(why);
    let says = said.map(|_| Says { refused, lines: lines.collect() });
    let html = UserPage {
        phone: Phone::of(visit, found, given).await?,
        own: visit.user.id == id,
        user: shown(visit, found),
        password,
        stations: stations(visit),
        page: Page::new(visit, &visit.app.live.now(), Section::Users, found.name.clone()).says(says),
    };
    show(status, &html)
}

/// `POST /users/{id}/do/{action}`
pub(crate) async fn act(
    visit: Visit,
    Path((id, deed)): Path<(String, String)>,
    form: Result<Form<Typed>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(typed) = form.map_err(|_| Failure::Unreadable)?;
    let named = deed;
    let deed = Deed::parse(&named).ok_or(Failure::NotFound)?;
    let id = id.parse().map(UserId).map_err(|_| Failure::NotFound)?;
    let found = load(&visit, id).await?;
    let own = visit.user.id == id;
    let refused = |key: &'static str| one(&visit, id, Some(key), None, StatusCode::UNPROCESSABLE_ENTITY);
    let (store, by) = (visit.app.store.clone(), office::by(&visit));
    match deed {
        Deed::Grant | Deed::Revoke => {
            let Some(role) = role_of(&visit, &typed) else { return refused("lacks-role").await };
            if deed == Deed::Revoke && own && role.0 == Role::Administrator {
                return refused("user-own").await;
            }
            let mut roles: BTreeSet<(Role, StationId)> = found.roles.into_iter().collect();
            if deed == Deed::Grant {
                roles.insert(role)
            } else {
                roles.remove(&role)
            };
            write(move || store.set_roles(id, roles.into_iter().collect(), by)).await?;
            office::carry_out(&visit, Errand::TellPhones).await;
        }
        Deed::Disable | Deed::Enable if own => return refused("user-own").await,
        Deed::Disable | Deed::Enable => {
            write(move || store.set_disabled(id, deed == Deed::Disable, by)).await?;
            office::carry_out(&visit, Errand::TellPhones).await;
        }
        Deed::Phone(deed) => return user_phone::act(&visit, found, deed, &typed).await,
        Deed::Password => {
            let password = random_password(&visit.app);
            let hash = hashed(&visit.app, &password).await?;
            write(move || store.set_password(id, hash, by)).await?;
            if !own {
                return one(&visit, id, Some("user-password"), Some(password), StatusCode::OK).await;
            }
            // Every session ends with the password, the visitor's own too: they see it before they go.
            return one(&visit, id, Some("user-password-own"), Some(password), StatusCode::OK).await;
        }
    }
    Ok(Redirect::to(&format!("/users/{id}?did={named}")).into_response())
}

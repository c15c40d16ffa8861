//! Logins of the console: who may come in, as what, and who is in.

use std::collections::BTreeSet;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use super::error::StoreError;
use super::records::By;
use super::sql::Json;
use crate::domain::actor::Role;
use crate::domain::ids::{PersonId, StationId, UserId};
use crate::domain::language::Language;
use crate::domain::timestamp::Timestamp;

/// A session's last use is written down at most this often.
const SEEN_EVERY: Duration = Duration::from_secs(60);

/// A login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub login: String,
    pub name: String,
    /// The human being: "not who handled" compares persons, not logins.
    pub person: Option<PersonId>,
    /// Of the screens.
    pub language: Language,
    /// With residents.
    pub speaks: Vec<Language>,
    pub roles: Vec<(Role, StationId)>,
    pub created_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
}

/// A login to be made. The password is hashed by the caller (argon2id), away from this thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    pub login: String,
    pub name: String,
    pub password_hash: String,
    pub person: Option<PersonId>,
    pub language: Language,
    pub roles: Vec<(Role, StationId)>,
}

/// SHA-256 of the token in the cookie: the token itself is stored nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(pub [u8; 32]);

/// Somebody who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub token: TokenHash,
    pub user: UserId,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub expires_at: Timestamp,
    /// The address it was opened from.
    pub from_where: String,
}

const USER_COLUMNS: &str = "id, login, name, person, language, speaks, created_at, disabled_at";

fn read_user(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<User> {
    let id: UserId = row.get("id")?;
    let roles = connection
        .prepare_cached("SELECT role, station FROM user_role WHERE user = ?1 ORDER BY station, role")?
        .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(User {
        id,
        login: row.get("login")?,
        name: row.get("name")?,
        person: row.get("person")?,
        language: row.get("language")?,
        speaks: row.get::<_, Json<Vec<Language>>>("speaks")?.0,
        roles,
        created_at: row.get("created_at")?,
        disabled_at: row.get("disabled_at")?,
    })
}

/// Every login, sorted by name of login.
pub fn all(connection: &Connection) -> Result<Vec<User>, StoreError> {
    let found = connection
        .prepare_cached(&format!("SELECT {USER_COLUMNS} FROM app_user ORDER BY login"))?
        .query_map([], |row| read_user(connection, row))?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

pub fn find(connection: &Connection, id: UserId) -> Result<Option<User>, StoreError> {
    let found = connection
        .prepare_cached(&format!("SELECT {USER_COLUMNS} FROM app_user WHERE id = ?1"))?
        .query_row([id], |row| read_user(connection, row))
        .optional()?;
    Ok(found)
}

/// A login with its password hash.
pub fn find_by_login(connection: &Connection, login: &str) -> Result<Option<(User, String)>, StoreError> {
    let found = connection
        .prepare_cached(&format!("SELECT {USER_COLUMNS}, password_hash FROM app_user WHERE login = ?1"))?
        .query_row([login], |row| Ok((read_user(connection, row)?, row.get("password_hash")?)))
        .optional()?;
    Ok(found)
}

/// What is kept of the password of a login.
pub fn password_hash(connection: &Connection, id: UserId) -> Result<Option<String>, StoreError> {
    let kept = "SELECT password_hash FROM app_user WHERE id = ?1 AND disabled_at IS NULL";
    Ok(connection.prepare_cached(kept)?.query_row([id], |row| row.get(0)).optional()?)
}

pub(super) fn add(connection: &Connection, new: &NewUser, by: &By) -> Result<UserId, StoreError> {
    let taken: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM app_user WHERE login = ?1)")?
        .query_row([&new.login], |row| row.get(0))?;
    if taken {
        return Err(StoreError::Refused("a login of this name is there already".into()));
    }
    let id: UserId = connection
        .prepare_cached(
            "INSERT INTO app_user (id, login, name, password_hash, person, language, created_at, changed_at) \
             VALUES ((SELECT coalesce(max(id), 0) + 1 FROM app_user), ?1, ?2, ?3, ?4, ?5, ?6, ?6) RETURNING id",
        )?
        .query_row(
            params![new.login, new.name, new.password_hash, new.person, new.language, by.at],
            |row| row.get(0),
        )?;
    put_roles(connection, id, &new.roles)?;
    by.note(connection, format!("user:{id}"), "user.added", new.person, json!({ "login": new.login }))?;
    Ok(id)
}

fn put_roles(connection: &Connection, user: UserId, roles: &[(Role, StationId)]) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM user_role WHERE user = ?1")?.execute([user])?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO user_role (user, role, station) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?;
    for (role, station) in roles {
        statement.execute(params![user, role, station])?;
    }
    Ok(())
}

/// Says no when nobody has this id.
fn of_somebody(changed: usize) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::Refused("there is no such login".into())) }
}

/// What somebody is, where; takes effect at their next request.
pub(super) fn set_roles(
    connection: &Connection,
    user: UserId,
    roles: &[(Role, StationId)],
    by: &By,
) -> Result<(), StoreError> {
    of_somebody(usize::from(find(connection, user)?.is_some()))?;
    put_roles(connection, user, roles)?;
    let named: Vec<String> = roles.iter().map(|(role, station)| format!("{role}@{station}")).collect();
    by.note(connection, format!("user:{user}"), "user.roles_changed", None, json!({ "roles": named }))?;
    Ok(())
}

/// Which languages somebody speaks with residents, each once.
pub(super) fn set_speaks(
    connection: &Connection,
    user: UserId,
    speaks: &[Language],
    by: &By,
) -> Result<(), StoreError> {
    let speaks: BTreeSet<Language> = speaks.iter().copied().collect();
    if speaks.is_empty() {
        return Err(StoreError::Refused("name a language at least".into()));
    }
    of_somebody(
        connection
            .prepare_cached("UPDATE app_user SET speaks = ?2 WHERE id = ?1")?
            .execute(params![user, Json(&speaks)])?,
    )?;
    by.note(connection, format!("user:{user}"), "user.speaks_changed", None, json!({ "speaks": speaks }))?;
    Ok(())
}

/// A new password ends every session of the login.
pub(super) fn set_password(
    connection: &Connection,
    user: UserId,
    password_hash: &str,
    by: &By,
) -> Result<(), StoreError> {
    of_somebody(
        connection
            .prepare_cached("UPDATE app_user SET password_hash = ?2, changed_at = ?3 WHERE id = ?1")?
            .execute(params![user, password_hash, by.at])?,
    )?;
    close_all(connection, user)?;
    by.note(connection, format!("user:{user}"), "user.password_changed", None, json!({}))?;
    Ok(())
}

/// Shuts a login out, or lets it in again.
pub(super) fn set_disabled(
    connection: &Connection,
    user: UserId,
    disabled: bool,
    by: &By,
) -> Result<(), StoreError> {
    of_somebody(
        connection
            .prepare_cached("UPDATE app_user SET disabled_at = ?2 WHERE id = ?1")?
            .execute(params![user, disabled.then_some(by.at)])?,
    )?;
    close_all(connection, user)?;
    let kind = if disabled { "user.disabled" } else { "user.enabled" };
    by.note(connection, format!("user:{user}"), kind, None, json!({}))?;
    Ok(())
}

pub(super) fn open_session(connection: &Connection, session: &Session, by: &By) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO session (token_hash, user, created_at, seen_at, expires_at, from_where) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            session.token.0,
            session.user,
            session.created_at,
            session.seen_at,
            session.expires_at,
            session.from_where,
        ])?;
    by.note(connection, format!("user:{}", session.user), "user.logged_in", None, json!({}))?;
    Ok(())
}

/// The session of a token and whose it is; none when it has run out or the login is shut out.
pub fn session(
    connection: &Connection,
    token: TokenHash,
    now: Timestamp,
) -> Result<Option<(Session, User)>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT user, created_at, seen_at, expires_at, from_where FROM session \
             WHERE token_hash = ?1 AND expires_at > ?2",
        )?
        .query_row(params![token.0, now], |row| {
            Ok(Session {
                token,
                user: row.get(0)?,
                created_at: row.get(1)?,
                seen_at: row.get(2)?,
                expires_at: row.get(3)?,
                from_where: row.get(4)?,
            })
        })
        .optional()?;
    let Some(session) = found else { return Ok(None) };
    let user = find(connection, session.user)?.filter(|user| user.disabled_at.is_none());
    Ok(user.map(|user| (session, user)))
}

/// Everybody who is in, the last seen first.
pub fn sessions(connection: &Connection, now: Timestamp) -> Result<Vec<Session>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT token_hash, user, created_at, seen_at, expires_at, from_where FROM session \
             WHERE expires_at > ?1 ORDER BY seen_at DESC",
        )?
        .query_map([now], |row| {
            Ok(Session {
                token: TokenHash(row.get(0)?),
                user: row.get(1)?,
                created_at: row.get(2)?,
                seen_at: row.get(3)?,
                expires_at: row.get(4)?,
                from_where: row.get(5)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

/// Whether a session's use is worth writing down again.
pub fn is_worth_noting(session: &Session, now: Timestamp) -> bool {
    now.since(session.seen_at) >= SEEN_EVERY
}

pub(super) fn touch_session(
    connection: &Connection,
    token: TokenHash,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE session SET seen_at = ?2, expires_at = ?3 WHERE token_hash = ?1")?
        .execute(params![token.0, now, expires_at])?;
    Ok(())
}

pub(super) fn close_session(connection: &Connection, token: TokenHash) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM session WHERE token_hash = ?1")?.execute([token.0])?;
    Ok(())
}

pub(super) fn close_all(connection: &Connection, user: UserId) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM session WHERE user = ?1")?.execute([user])?;
    Ok(())
}

pub(super) fn prune(connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    connection.execute("DELETE FROM session WHERE expires_at <= ?1", [now])?;
    Ok(())
}

//! A reader changes their own password: the old one is asked for, every other session of theirs ends.

use axum::extract::Form;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::ask;
use super::failure::Failure;
use super::forms::Typed;
use super::password::{self, PASSWORD_CHARS, PasswordError};
use super::visit::{self, Visit};
use super::{login, me, office};
use crate::store::error::StoreError;
use crate::store::users;

/// `POST /me/password`
pub(crate) async fn change(
    visit: Visit,
    form: Result<Form<Typed>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(typed) = form.map_err(|_| Failure::Unreadable)?;
    let said = |name: &str| typed.get(name).cloned().unwrap_or_default();
    let (old, new, again) = (said("old"), said("new"), said("again"));
    let refused = |key: &str, status| me::draw(&visit, Some(ask::lacks(visit.w, &[key])), status);
    // An unattended screen is no place to try passwords at.
    if !visit.app.limits.may_try(&format!("own password of {}", visit.user.id), None) {
        return refused("login-too-often", StatusCode::TOO_MANY_REQUESTS);
    }
    let (id, session) = (visit.user.id, visit.session);
    let now = visit.now;
    let (hash, from_where, user) = visit
        .app
        .read(move |connection| -> Result<_, StoreError> {
            let from_where = users::session(connection, session, now)?.map(|(session, _)| session.from_where);
            let user = users::find(connection, id)?;
            Ok((users::password_hash(connection, id)?, from_where.unwrap_or_default(), user))
        })
        .await?;
    if !password::matches(old.clone(), hash).await {
        return refused("password-old-wrong", StatusCode::UNPROCESSABLE_ENTITY);
    }
    if new != again {
        return refused("password-not-twice", StatusCode::UNPROCESSABLE_ENTITY);
    }
    if new == old {
        return refused("password-the-same", StatusCode::UNPROCESSABLE_ENTITY);
    }
    let salt = visit.app.chance.lock().expect("drawing bytes does not panic").bytes();
    let hash = match password::hashed(new, salt).await {
        Ok(hash) => hash,
        Err(PasswordError::TooShort) => {
            let says = visit.w.t1("password-too-short", "n", PASSWORD_CHARS);
            let says = super::page::Says { refused: true, lines: vec![says] };
            return me::draw(&visit, Some(says), StatusCode::UNPROCESSABLE_ENTITY);
        }
        Err(PasswordError::TooLong) => {
            return refused("password-too-long", StatusCode::UNPROCESSABLE_ENTITY);
        }
        // Not the reader's fault, and the page says so.
        Err(PasswordError::Hash(_)) => return Err(Failure::Unreadable),
    };
    let user = user.ok_or(Failure::NotFound)?;
    let (store, by) = (visit.app.store.clone(), office::by(&visit));
    let write = move || store.set_password(id, hash, by);
    tokio::task::spawn_blocking(write).await.expect("writing a password does not panic")?;
    // The change ended every session, this one too: whoever made it goes on with a new one.
    let token = login::open_session(&visit.app, &user, from_where, None).await?;
    let mut response = Redirect::to("/me?did=password").into_response();
    response.headers_mut().append(header::SET_COOKIE, visit::session_cookie(&visit.app, Some(&token)));
    Ok(response)
}

//! The telephone of a login, and the languages spoken at it.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::failure::Failure;
use super::forms::Typed;
use super::office::{Errand, Outcome, carry_out};
use super::users::{self, Told};
use super::visit::Visit;
use crate::domain::extension::{Extension, PhoneServer};
use crate::domain::language::Language;
use crate::domain::names::named_enum;
use crate::store::phones;
use crate::store::users::User;

named_enum! {
    /// A form of the page.
    pub(crate) enum Deed {
        Give = "phone",
        Take = "phone_off",
        Speaks = "speaks",
    }
}

impl Deed {
    /// What is said when it is done.
    pub fn done(self) -> &'static str {
        match self {
            Self::Give => "user-phone-given",
            Self::Take => "user-phone-taken",
            Self::Speaks => "user-speaks-changed",
        }
    }
}

/// What the page shows of it.
pub(crate) struct Phone {
    pub extension: Option<String>,
    /// Just given: shown once.
    pub given: Option<Given>,
    pub languages: Vec<(Language, bool)>,
}

/// What is typed into a telephone.
pub(crate) struct Given {
    pub extension: String,
    pub password: String,
    pub server: PhoneServer,
}

impl Given {
    pub fn host(&self) -> Option<String> {
        self.server.host.map(|host| host.to_string())
    }
}

impl Phone {
    pub async fn of(visit: &Visit, user: &User, given: Option<Given>) -> Result<Self, Failure> {
        let id = user.id;
        let extension = visit.app.read(move |connection| phones::extension_of(connection, id)).await?;
        let languages = Language::ALL.iter().map(|one| (*one, user.speaks.contains(one)));
        Ok(Self {
            extension: extension.map(|extension| extension.to_string()),
            given,
            languages: languages.collect(),
        })
    }
}

/// Carries out a form of the page of a login that the visitor administers.
pub(crate) async fn act(visit: &Visit, user: User, deed: Deed, typed: &Typed) -> Result<Response, Failure> {
    let said = typed.get("extension").map(|digits| digits.trim()).unwrap_or_default();
    let errand = match deed {
        Deed::Give => match Extension::parse(said) {
            Ok(extension) => Errand::GivePhone { user: Box::new(user.clone()), extension },
            Err(_) => return refused(visit, &user, "lacks-extension", None).await,
        },
        Deed::Take => Errand::TakePhone { user: user.id },
        Deed::Speaks => {
            let speaks: Vec<Language> =
                Language::ALL.iter().copied().filter(|one| typed.contains_key(one.name())).collect();
            if speaks.is_empty() {
                return refused(visit, &user, "lacks-choice", None).await;
            }
            Errand::SetSpeaks { user: user.id, speaks }
        }
    };
    match carry_out(visit, errand).await {
        Outcome::PhoneGiven { password, server } => {
            let password = password.expose().to_owned();
            let given = Some(Given { extension: said.to_owned(), password, server });
            let told =
                Told { said: Some(deed.done()), why: None, password: None, given, status: StatusCode::OK };
            users::draw(visit, &user, told).await
        }
        Outcome::Refused { why } => refused(visit, &user, "user-phone-refused", Some(why)).await,
        Outcome::Done
        | Outcome::Imported { .. }
        | Outcome::BadRows(_)
        | Outcome::Sound
        | Outcome::Added { .. } => {
            Ok(Redirect::to(&format!("/users/{}?did={}", user.id, deed.name())).into_response())
        }
    }
}

async fn refused(visit: &Visit, user: &User, said: &str, why: Option<String>) -> Result<Response, Failure> {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    users::draw(visit, user, Told { said: Some(said), why, password: None, given: None, status }).await
}

//! What the pages of the administration ask of the house: the same code carries it out that serves the command line.

use axum::http::StatusCode;

use super::App;
use super::visit::Visit;
use crate::domain::extension::{Extension, PhoneServer};
use crate::domain::ids::UserId;
use crate::domain::language::Language;
use crate::domain::names::named_enum;
use crate::domain::secret::Secret;
use crate::domain::settings::SettingsKind;
use crate::imports::BadRow;
use crate::store::records::By;
use crate::store::users::User;

named_enum! {
    /// A register that a file can be read into.
    pub enum Register {
        People = "people",
        Volunteers = "volunteers",
        Stations = "stations",
        Facilities = "facilities",
        Devices = "devices",
        CarePlans = "care_plans",
    }
}

/// Something to be carried out.
#[derive(Debug)]
pub enum Errand {
    /// All rows or none.
    Import {
        register: Register,
        bytes: Vec<u8>,
    },
    /// Whether a text may become the next version.
    CheckSettings {
        kind: SettingsKind,
        toml: String,
    },
    /// Checks it and adds the next version.
    AddSettings {
        kind: SettingsKind,
        toml: String,
    },
    /// Gives a login's telephones an extension and a password.
    GivePhone {
        user: Box<User>,
        extension: Extension,
    },
    TakePhone {
        user: UserId,
    },
    /// Which languages a login speaks with residents.
    SetSpeaks {
        user: UserId,
        speaks: Vec<Language>,
    },
    /// Has the telephones hear at once that logins changed which may have one.
    TellPhones,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Imported {
        rows: usize,
        /// Rows that are worth a look all the same.
        notes: Vec<BadRow>,
    },
    /// Nothing was imported; every bad row is named.
    BadRows(Vec<BadRow>),
    /// The text may become a version.
    Sound,
    /// The version it became.
    Added {
        version: u32,
    },
    /// What is typed into the telephone; the password is nowhere else.
    PhoneGiven {
        password: Secret,
        server: PhoneServer,
    },
    Done,
    /// Nothing was changed: what is wrong, with place and remedy, a line each.
    Refused {
        why: String,
    },
}

/// Who carries it out; may take seconds, so it is called from a thread that may wait.
pub type Office = std::sync::Arc<dyn Fn(Errand, By) -> Outcome + Send + Sync>;

impl Outcome {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Imported { .. }
            | Self::Sound
            | Self::Added { .. }
            | Self::PhoneGiven { .. }
            | Self::Done => StatusCode::OK,
            Self::BadRows(_) | Self::Refused { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// Has an errand carried out in the visitor's name.
pub(crate) async fn carry_out(visit: &Visit, errand: Errand) -> Outcome {
    let (office, by) = (visit.app.office.clone(), by(visit));
    tokio::task::spawn_blocking(move || office(errand, by)).await.expect("an errand does not panic")
}

/// The visitor, as the history names them.
pub(crate) fn by(visit: &Visit) -> By {
    let app: &App = &visit.app;
    By { actor: visit.actor(), jurisdiction: app.jurisdiction.clone(), at: visit.now }
}

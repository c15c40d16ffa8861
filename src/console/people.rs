//! Looking somebody up: by name, number or badge.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::access::Need;
use super::failure::Failure;
use super::page::{Lens, Page, Says, Section, show};
use super::papers::{self, OtherShown};
use super::visit::Visit;
use crate::domain::ids::PersonId;
use crate::store::error::StoreError;
use crate::store::queries::register::{self, PersonFound};
use crate::store::queries::tickets;

/// Letters and digits a search needs at least: one character would list half the district.
const SEARCH_CHARS: usize = 2;

struct Found {
    id: PersonId,
    name: String,
    place: String,
    numbers: Vec<String>,
    flags: Vec<String>,
    badge: Option<String>,
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    page: Page,
    words: String,
    asked: bool,
    found: Vec<Found>,
    /// Of the one person that is shown alone.
    others: Vec<OtherShown>,
    may_open: bool,
    may_sad_event: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    q: String,
    id: String,
    /// What was noted just before.
    noted: String,
}

/// `GET /people`
pub(crate) async fn page(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let words = asked.q.trim().to_owned();
    let id = asked.id.parse().ok().map(PersonId);
    let long_enough = words.chars().count() >= SEARCH_CHARS;
    let searched = words.clone();
    let (found, others) = visit
        .app
        .read(move |connection| -> Result<_, StoreError> {
            if let Some(id) = id {
                let one = register::person(connection, id)?;
                return Ok((one.into_iter().collect(), tickets::of_resident(connection, None, Some(id))?));
            }
            let found = if long_enough {
                register::find_people(connection, &searched)?
            } else {
                Vec::<PersonFound>::new()
            };
            Ok((found, vec![]))
        })
        .await?;
    let board = visit.app.live.now();
    let lens = Lens::new(&visit, &board);
    let noted = (asked.noted == "sad_event")
        .then(|| Says { refused: false, lines: vec![visit.w.t("sad-event-noted")] });
    let html = PeoplePage {
        words,
        asked: long_enough || id.is_some(),
        found: found.iter().map(|person| shown(person, &lens)).collect(),
        others: papers::others(&others, &visit.user, &lens),
        may_open: visit.may(Need::Intake),
        may_sad_event: visit.may(Need::SadEvent) && id.is_some(),
        page: Page::new(&visit, &board, Section::People, visit.w.t("nav-people")).says(noted),
    };
    show(StatusCode::OK, &html)
}

fn shown(person: &PersonFound, lens: &Lens<'_>) -> Found {
    Found {
        id: person.id,
        name: person.name.clone().unwrap_or_else(|| lens.w.t("erased")),
        place: format!(
            "{} {}",
            lens.area(person.area.as_ref()),
            person.address.as_deref().unwrap_or_default()
        ),
        numbers: person.numbers.iter().map(|number| lens.number(Some(number))).collect(),
        flags: person.flags.iter().map(|flag| lens.w.name("flag", flag)).collect(),
        badge: person.volunteer.map(|badge| format!("{:05}", badge.0)),
    }
}

//! Looking somebody up: by name, number or badge.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::access::Need;
use super::failure::Failure;
use super::page::{Lens, Page, Says, Section, show};
use super::papers::{self, OtherShown};
use super::visit::Visit;
use crate::desk::write::EventDraft;
use crate::domain::ids::PersonId;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::timestamp::Timestamp;
use crate::store::error::StoreError;
use crate::store::queries::register::{self, PersonFound, Within};
use crate::store::queries::tickets;

/// Letters and digits a search needs at least: one character would list half the district.
const SEARCH_CHARS: usize = 2;

struct Found {
    id: PersonId,
    name: String,
    place: String,
    numbers: Vec<String>,
    /// One-key devices: number, and when they were tried.
    devices: Vec<(String, String)>,
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
    let within = within(&visit);
    let user = visit.user.clone();
    let (found, others) = visit
        .app
        .read(move |connection| -> Result<_, StoreError> {
            if let Some(id) = id {
                let tickets = tickets::of_resident(connection, None, Some(id))?;
                // Somebody from elsewhere is theirs to see with a ticket of theirs.
                let theirs = within.holds(connection, id)? || tickets.iter().any(|ticket| user.sees(ticket));
                let one = if theirs { register::person(connection, id)? } else { None };
                return Ok((one.into_iter().collect(), tickets));
            }
            let found = if long_enough {
                register::find_people(connection, &searched, &within)?
            } else {
                Vec::<PersonFound>::new()
            };
            Ok((found, vec![]))
        })
        .await?;
    if long_enough || id.is_some() {
        note_looking(&visit, id, &found).await?;
    }
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

/// The part of the register that the visitor's stations give them.
pub(super) fn within(visit: &Visit) -> Within {
    let board = visit.app.live.now();
    let held = visit.user.stations_for(Need::Register);
    Within { areas: board.places.areas_of(held), stations: visit.user.scope.iter().copied().collect() }
}

/// Writes down who was looked up, and by whom; what was typed is not kept.
async fn note_looking(visit: &Visit, one: Option<PersonId>, found: &[PersonFound]) -> Result<(), Failure> {
    let people: Vec<PersonId> = found.iter().map(|person| person.id).collect();
    let (entity, kind) = match one {
        Some(id) => (format!("person:{id}"), "person.read"),
        None => ("register".to_owned(), "people.searched"),
    };
    let draft = EventDraft {
        at: visit.now,
        jurisdiction: visit.app.jurisdiction.clone(),
        actor: visit.actor(),
        entity,
        ticket: None,
        kind: kind.into(),
        subject: None,
        detail: json!({ "people": people }),
    };
    visit.audit(vec![draft]).await
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
        devices: person.devices.iter().map(|(number, tested)| device(number, *tested, lens)).collect(),
        flags: person.flags.iter().map(|flag| lens.w.name("flag", flag)).collect(),
        badge: person.volunteer.map(|badge| format!("{:05}", badge.0)),
    }
}

fn device(number: &PhoneNumber, tested: Option<Timestamp>, lens: &Lens<'_>) -> (String, String) {
    let tested = match tested {
        Some(at) => lens.w.t1("device-tested-at", "at", lens.time(at)),
        None => lens.w.t("device-never-tested"),
    };
    (lens.w.t1("device", "number", lens.number(Some(number))), tested)
}

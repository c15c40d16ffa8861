//! Today's care calls: who is rung, how far it has come, and what came of it.

use std::collections::BTreeSet;
use std::time::Duration;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::failure::Failure;
use super::page::{Lens, Page, Section, show};
use super::people::within;
use super::visit::Visit;
use crate::desk::write::EventDraft;
use crate::domain::care::CareState;
use crate::domain::ids::PersonId;
use crate::domain::timestamp::Timestamp;
use crate::store::error::StoreError;
use crate::store::queries::care::{self, CareFound};

struct CareShown {
    person: PersonId,
    name: String,
    place: String,
    planned: String,
    state: &'static str,
    /// Something went wrong: nobody was reached, or they asked for help.
    bad: bool,
    tries: u8,
    contacts: u8,
    /// The next step, of one that is not over.
    next: Option<String>,
    ended: Option<String>,
    ticket: Option<String>,
}

#[derive(Template)]
#[template(path = "care.html")]
struct CarePage {
    page: Page,
    calls: Vec<CareShown>,
}

/// `GET /care`
pub(crate) async fn page(visit: Visit) -> Result<Response, Failure> {
    let theirs = within(&visit);
    let from = visit.app.zone.day_start(visit.now);
    let until = visit.app.zone.day_start(from + Duration::from_hours(36));
    let found = visit
        .app
        .read(move |connection| Ok::<_, StoreError>(care::of_day(connection, from, until, &theirs)?))
        .await?;
    note_reading(&visit, &found, from).await?;
    let board = visit.app.live.now();
    let lens = Lens::new(&visit, &board);
    let html = CarePage {
        calls: found.iter().map(|found| shown(found, &lens)).collect(),
        page: Page::new(&visit, &board, Section::Care, visit.w.t("nav-care")).live("/live?ticket=-"),
    };
    show(StatusCode::OK, &html)
}

/// Whose calls were read, and by whom; who was written down for this login today is not again, for the page reads itself anew.
async fn note_reading(visit: &Visit, found: &[CareFound], day: Timestamp) -> Result<(), Failure> {
    let user = visit.user.id;
    let noted = visit.app.read(move |connection| care::read_by(connection, user, day)).await?;
    let people: BTreeSet<PersonId> = found.iter().map(|found| found.care.person).collect();
    let people: Vec<PersonId> = people.difference(&noted).copied().collect();
    if people.is_empty() {
        return Ok(());
    }
    let draft = EventDraft {
        at: visit.now,
        jurisdiction: visit.app.jurisdiction.clone(),
        actor: visit.actor(),
        entity: "care_calls".to_owned(),
        ticket: None,
        kind: care::READ.into(),
        subject: None,
        detail: json!({ "people": people }),
    };
    visit.audit(vec![draft]).await
}

fn shown(found: &CareFound, lens: &Lens<'_>) -> CareShown {
    let care = &found.care;
    let waits = match care.state {
        CareState::Planned | CareState::TryAgain | CareState::NextContact => true,
        CareState::Ringing
        | CareState::ContactRinging
        | CareState::OnTheLine
        | CareState::Well
        | CareState::Helped
        | CareState::LookedAfter
        | CareState::Missed
        | CareState::ByPerson
        | CareState::Dropped => false,
    };
    CareShown {
        person: care.person,
        name: found.name.clone().unwrap_or_else(|| lens.w.t("erased")),
        place: format!("{} {}", lens.area(found.area.as_ref()), found.address.as_deref().unwrap_or_default()),
        planned: lens.time(care.planned_at),
        state: care.state.name(),
        bad: matches!(care.state, CareState::Missed | CareState::ByPerson | CareState::Helped),
        tries: care.tries,
        contacts: care.contacts_rung,
        next: waits.then(|| lens.time(care.next_at)),
        ended: care.ended_at.map(|at| lens.time(at)),
        ticket: found.ticket.map(|number| number.to_string()),
    }
}

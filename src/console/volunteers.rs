//! What staff note of a volunteer: something sad that they saw.

use axum::extract::{Form, Path};
use axum::response::Response;

use super::ask::{self, ask};
use super::failure::Failure;
use super::forms::Typed;
use super::only_says;
use super::page::Section;
use super::visit::Visit;
use crate::desk::command::Command;
use crate::domain::actor::ActorKind;
use crate::domain::ids::{PersonId, VolunteerId};
use crate::domain::ticket_number::TicketNumber;

/// `POST /volunteers/{badge}/sad_event`: they rest for a day, and the coordinator rings them.
pub(crate) async fn sad_event(
    visit: Visit,
    Path(badge): Path<String>,
    form: Result<Form<Typed>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(typed) = form.map_err(|_| Failure::Unreadable)?;
    let volunteer = badge.parse().map(VolunteerId).map_err(|_| Failure::NotFound)?;
    let note = typed.get("note").map(|note| note.trim().to_owned()).unwrap_or_default();
    let command = Command::SadEvent { volunteer, note };
    let asked = ask(&visit.app, ask::commander(&visit, ActorKind::Operator), command).await;
    only_says::or_back(&visit, asked, &back(&typed), (Section::People, "sad-event"))
}

/// To the ticket or the person whose page the form stood on.
fn back(typed: &Typed) -> String {
    let ticket = typed.get("ticket").and_then(|number| TicketNumber::parse(number).ok());
    let person = typed.get("person").and_then(|id| id.parse().ok()).map(PersonId);
    match (ticket, person) {
        (Some(number), _) => format!("/tickets/{number}?noted=sad_event"),
        (None, Some(person)) => format!("/people?id={person}&noted=sad_event"),
        (None, None) => "/people".into(),
    }
}

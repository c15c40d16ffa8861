//! To which institution a ticket may be given: the list is the engine's own, asked of the desk when the form is opened,
//! so that it is ordered as the ladder would choose and reaches as far as it would.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::ask::{self, ask};
use super::failure::Failure;
use super::page::{Lens, show};
use super::ticket_page;
use super::visit::Visit;
use crate::desk::candidates::InstitutionCandidate;
use crate::desk::command::{Command, CommandOutcome};
use crate::desk::refusal::Refusal;
use crate::domain::actor::ActorKind;
use crate::domain::category::HandlerKind;
use crate::domain::ticket::Ticket;

/// The options of a list.
#[derive(Template)]
#[template(path = "choices.html")]
struct Choices {
    /// Stands for no choice.
    first: String,
    choices: Vec<(String, String)>,
}

/// `GET /tickets/{number}/institutions`: the options alone.
pub(crate) async fn choices(visit: Visit, Path(number): Path<String>) -> Result<Response, Failure> {
    let view = ticket_page::load(&visit, &number).await?;
    let html = match to_choose(&visit, &view.ticket).await {
        Ok(choices) if choices.is_empty() => Choices { first: visit.w.t("choices-none"), choices },
        Ok(choices) => Choices { first: visit.w.t("choose"), choices },
        // Said where the choices would stand: a list that is empty without a word is taken for the answer.
        Err(no) => Choices { first: ask::refused(visit.w, &no).0.lines.join(" "), choices: vec![] },
    };
    show(StatusCode::OK, &html)
}

/// Whether the catalogue leaves such work to institutions at all.
pub(crate) fn may_have(visit: &Visit, ticket: &Ticket) -> bool {
    let catalogue = visit.app.catalogue();
    let category = ticket.category.as_ref().and_then(|code| catalogue.categories.get(code));
    ticket.state.is_open() && category.is_some_and(|category| category.by.contains(&HandlerKind::Institution))
}

/// Those a person may give it to, by number and label: in the engine's order, the nearest on foot first.
///
/// # Errors
/// The desk's no, or that it did not answer.
pub(crate) async fn to_choose(visit: &Visit, ticket: &Ticket) -> Result<Vec<(String, String)>, Refusal> {
    let command = Command::Candidates { ticket: ticket.id, about: vec![] };
    match ask(&visit.app, ask::commander(visit, ActorKind::Dispatcher), command).await {
        CommandOutcome::Candidates(told) => {
            let board = visit.app.live.now();
            let lens = Lens::new(visit, &board);
            let may = told.institutions.iter().filter(|one| one.may_be_chosen);
            Ok(may.map(|one| (one.facility.to_string(), label(one, &lens))).collect())
        }
        CommandOutcome::Refused(no) => Err(no),
        CommandOutcome::Done | CommandOutcome::Opened { .. } => Ok(vec![]),
    }
}

/// Name, region where it is another's, place, and how near or what speaks against.
fn label(one: &InstitutionCandidate, lens: &Lens<'_>) -> String {
    let why = one.why.in_language(lens.w.language).to_owned();
    let parts = [Some(one.name.clone()), region(one, lens), Some(lens.area(Some(&one.area))), Some(why)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Which region it is of, where that is another than the ticket's: its district by name, else as the agreement calls it.
pub(crate) fn region(one: &InstitutionCandidate, lens: &Lens<'_>) -> Option<String> {
    let of = one.elsewhere.as_ref()?;
    let district = lens.board.places.areas.get(&one.area.district());
    let region = district.map_or_else(|| of.to_string(), |district| district.name.clone());
    Some(lens.w.t1("choices-region", "region", region))
}

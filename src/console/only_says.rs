//! The page with nothing on it but why a form was not carried out, for forms that stand on several pages.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::ask;
use super::failure::Failure;
use super::page::{Page, Says, Section, show};
use super::visit::Visit;
use crate::desk::command::CommandOutcome;

#[derive(Template)]
#[template(path = "only_says.html")]
struct SaysPage {
    page: Page,
}

/// Back to the page the form stood on, or why the desk refused.
pub(crate) fn or_back(
    visit: &Visit,
    outcome: CommandOutcome,
    back: &str,
    title: (Section, &str),
) -> Result<Response, Failure> {
    match outcome {
        CommandOutcome::Done | CommandOutcome::Opened { .. } | CommandOutcome::Candidates(_) => {
            Ok(Redirect::to(back).into_response())
        }
        CommandOutcome::Refused(refusal) => {
            let (says, status) = ask::refused(visit.w, &refusal);
            draw(visit, says, status, title)
        }
    }
}

pub(crate) fn draw(
    visit: &Visit,
    says: Says,
    status: StatusCode,
    (section, title): (Section, &str),
) -> Result<Response, Failure> {
    let board = visit.app.live.now();
    show(status, &SaysPage { page: Page::new(visit, &board, section, visit.w.t(title)).says(Some(says)) })
}

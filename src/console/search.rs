//! Finding a ticket: by its number, or by the last digits of the number that rang.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::access::Need;
use super::failure::Failure;
use super::page::{Lens, Page, Section, show};
use super::papers::{self, OtherShown};
use super::visit::{Visit, query_pair};
use crate::domain::ticket_number::TicketNumber;
use crate::store::queries::tickets;

/// Digits of a telephone number needed at least.
const DIGITS: usize = 4;
/// Digits of a ticket's place in the day: enough to find it among the open ones.
const SEQUENCE_DIGITS: usize = 4;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    page: Page,
    words: String,
    found: Vec<OtherShown>,
    closed: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    q: String,
}

/// `GET /search`; without words, the tickets closed last.
pub(crate) async fn page(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let words = asked.q.trim().to_owned();
    if let Ok(number) = TicketNumber::parse(&words) {
        return Ok(Redirect::to(&format!("/tickets/{number}")).into_response());
    }
    let digits: String = words.chars().filter(char::is_ascii_digit).collect();
    let board = visit.app.live.now();
    let lens = Lens::new(&visit, &board);
    let is_name = !words.is_empty() && digits.len() < SEQUENCE_DIGITS;
    if is_name && visit.may(Need::Register) {
        return Ok(Redirect::to(&format!("/people?{}", query_pair("q", &words))).into_response());
    }
    let closed = words.is_empty();
    let tail = digits.clone();
    let mut found = visit
        .app
        .read(move |connection| {
            Ok(if closed {
                tickets::closed(connection)?
            } else if tail.len() >= DIGITS {
                tickets::by_last_digits(connection, &tail)?
            } else {
                vec![]
            })
        })
        .await?;
    if digits.len() == SEQUENCE_DIGITS {
        let by_sequence = board.tickets.values().map(|live| &live.ticket);
        found.extend(by_sequence.filter(|t| t.number.digits().ends_with(&digits)).cloned());
    }
    let html = SearchPage {
        found: papers::others(&found, &visit.user, &lens),
        words,
        closed,
        page: Page::new(&visit, &board, Section::Board, visit.w.t("search-title")),
    };
    show(StatusCode::OK, &html)
}

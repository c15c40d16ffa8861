//! Calls: those that live, and the last that ended.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::access::Need;
use super::failure::Failure;
use super::page::{Lens, Page, Section, show};
use super::papers::{CallShown, call_shown};
use super::visit::Visit;
use crate::domain::call::Call;
use crate::store::queries::{live, tickets};

/// What a living call is doing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Ringing,
    Menu,
    Talking,
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Menu => "menu",
            Self::Talking => "talking",
        }
    }
}

fn phase(call: &Call) -> Phase {
    match (call.answered_at, call.talked_at) {
        (None, _) => Phase::Ringing,
        (Some(_), None) => Phase::Menu,
        (Some(_), Some(_)) => Phase::Talking,
    }
}

struct Living {
    call: CallShown,
    phase: Phase,
    station: String,
    since_ms: i64,
    /// The number as typed into a new ticket; empty when it may not be opened.
    caller: String,
}

struct Ended {
    call: CallShown,
    station: String,
    ticket: Option<String>,
}

#[derive(Template)]
#[template(path = "calls.html")]
struct CallsPage {
    page: Page,
    living: Vec<Living>,
    ended: Vec<Ended>,
}

/// `GET /calls`
pub(crate) async fn page(visit: Visit) -> Result<Response, Failure> {
    let board = visit.app.live.now();
    let lens = Lens::new(&visit, &board);
    let past = visit
        .app
        .read(|connection| {
            let calls = live::past_calls(connection)?;
            let mut found = Vec::with_capacity(calls.len());
            for call in calls {
                let ticket = match call.ticket {
                    Some(ticket) => tickets::by_id(connection, ticket)?,
                    None => None,
                };
                found.push((call, ticket));
            }
            Ok(found)
        })
        .await?;
    let may_open = visit.may(Need::Intake);
    let living = board.calls_of(&visit.user).into_iter().map(|call| Living {
        phase: phase(&call),
        station: board.places.station_name(call.station),
        since_ms: call.started_at.as_millis(),
        caller: match (&call.number, may_open) {
            (Some(number), true) => number.national(&visit.app.numbering),
            (Some(_), false) | (None, _) => String::new(),
        },
        call: call_shown(&call, &lens),
    });
    let ended =
        past.iter().filter(|(call, _)| visit.user.sees_station(call.station)).map(|(call, ticket)| Ended {
            station: board.places.station_name(call.station),
            ticket: ticket.as_ref().filter(|t| visit.user.sees(t)).map(|ticket| ticket.number.to_string()),
            call: call_shown(call, &lens),
        });
    let html = CallsPage {
        living: living.collect(),
        ended: ended.collect(),
        page: Page::new(&visit, &board, Section::Calls, visit.w.t("nav-calls")).live("/live?ticket=-"),
    };
    show(StatusCode::OK, &html)
}

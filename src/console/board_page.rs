//! The board: what is open, the most urgent first.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::access::Need;
use super::board::{Board, LiveTicket, is_overdue, next_due};
use super::failure::Failure;
use super::page::{Lens, Page, Section, show};
use super::papers::is_time_to_be_agreed;
use super::sieve::{Asked, Sieve, View};
use super::visit::Visit;
use super::words::Words;
use crate::domain::ids::StationId;
use crate::domain::ticket::{Ticket, TicketState};
use crate::domain::urgency::Urgency;

/// Rows drawn at most: what is further down waits behind a filter, and the page says so.
const ROWS: usize = 500;

#[derive(Template)]
#[template(path = "board.html")]
struct BoardPage {
    page: Page,
    views: Vec<ViewLink>,
    urgencies: Vec<(Urgency, bool)>,
    stations: Vec<(StationId, String, bool)>,
    view: View,
    rows: Vec<String>,
    hidden: usize,
}

struct ViewLink {
    view: View,
    query: String,
    count: usize,
    here: bool,
}

/// One row of the board; page and stream draw it alike.
#[derive(Template)]
#[template(path = "row.html")]
pub(crate) struct Row<'a> {
    w: Words,
    ticket: &'a Ticket,
    sort: String,
    category: String,
    place: String,
    owner: String,
    why: String,
    due: Option<Due>,
    overdue: bool,
    /// A time is to be agreed with the resident, and nobody has.
    agree: bool,
    opened: String,
}

/// The clock that ends first.
pub(crate) struct Due {
    pub kind: &'static str,
    pub ms: i64,
    pub text: String,
}

/// Draws a ticket's row, or takes it as it was drawn before.
pub(crate) fn row<'a>(live: &'a LiveTicket, lens: &Lens<'_>) -> &'a str {
    live.row(lens.w.language, || {
        let ticket = &live.ticket;
        let row = Row {
            w: lens.w,
            ticket,
            sort: live.sort_key(),
            category: lens.category(ticket.category.as_ref()),
            place: lens.area(ticket.area.as_ref()),
            owner: lens.board.places.station_name(ticket.owner),
            why: why(ticket, lens),
            due: next_due(ticket).map(|clock| Due {
                kind: clock.kind.name(),
                ms: clock.due.as_millis(),
                text: lens.time(clock.due),
            }),
            overdue: is_overdue(ticket, lens.now),
            agree: is_time_to_be_agreed(ticket, lens),
            opened: lens.time(ticket.opened_at),
        };
        // A row that cannot be drawn would hide a ticket: its number is shown at least.
        row.render().unwrap_or_else(|_| format!("<tr><td>{}</td></tr>", ticket.number))
    })
}

/// Why the ticket stands where it stands, in one sentence; and which station of those that may take it nobody has told.
pub(crate) fn why(ticket: &Ticket, lens: &Lens<'_>) -> String {
    let places = &lens.board.places;
    let values = [("station", places.station_name(ticket.owner)), ("n", ticket.redo_count.to_string())];
    let key = format!("why-{}", ticket.why);
    let why = lens
        .w
        .known(&key, &values)
        .unwrap_or_else(|| lens.w.filled(&format!("why-state-{}", ticket.state.name()), &values));
    let waits = ticket.state == TicketState::Dispatched;
    let untold = ticket.progress.told.iter().filter(|station| waits && places.is_untold(**station));
    let untold: Vec<String> = untold.map(|station| places.station_name(*station)).collect();
    if untold.is_empty() {
        return why;
    }
    let untold = untold.join(&lens.w.t("comma"));
    lens.w.filled("why-untold", &[("why", why), ("untold", untold)])
}

/// `GET /`: to the first page a user may open.
pub(crate) async fn front(visit: Visit) -> Redirect {
    Redirect::to(match (visit.may(Need::Tickets), visit.may(Need::Administer)) {
        (true, _) => "/board",
        (false, true) => "/users",
        (false, false) => "/stations",
    })
}

/// `GET /board`
pub(crate) async fn page(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let board = visit.app.live.now();
    let sieve = Sieve::new(&asked, &board);
    let shown = sieve.sift(&board, &visit.user, visit.now);
    let lens = Lens::new(&visit, &board);
    let rows: Vec<String> = shown.iter().take(ROWS).map(|live| row(live, &lens).to_owned()).collect();
    let counts = board.view_counts(&visit.user, visit.now);
    let views = View::ALL.iter().map(|view| ViewLink {
        view: *view,
        query: sieve.query(*view),
        count: counts.get(view).copied().unwrap_or_default(),
        here: *view == sieve.view,
    });
    let stream = format!("/live?{}", sieve.query(sieve.view));
    let title = visit.w.name("view", sieve.view.name());
    let html = BoardPage {
        views: views.collect(),
        urgencies: Urgency::ALL.iter().map(|u| (*u, sieve.urgency == Some(*u))).collect(),
        stations: stations(&visit, &board, sieve.station),
        view: sieve.view,
        hidden: shown.len().saturating_sub(ROWS),
        rows,
        page: Page::new(&visit, &board, Section::Board, title).live(stream),
    };
    Ok(show(StatusCode::OK, &html)?.into_response())
}

/// The stations of the user's scope, indented by tier.
fn stations(visit: &Visit, board: &Board, chosen: Option<StationId>) -> Vec<(StationId, String, bool)> {
    board
        .places
        .in_order()
        .into_iter()
        .filter(|(_, station)| visit.user.sees_station(station.id))
        .map(|(depth, station)| {
            let name = format!("{}{}", "\u{3000}".repeat(depth), station.name);
            (station.id, name, chosen == Some(station.id))
        })
        .collect()
}

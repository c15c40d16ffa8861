//! The bar of an operator on every page: what their telephone does, who is on the line, and what they say of themselves.

use askama::Template;
use axum::extract::{Form, Path};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::access::{Need, User};
use super::ask::{self, ask};
use super::board::Board;
use super::failure::Failure;
use super::forms::Typed;
use super::login::way_in;
use super::only_says;
use super::page::{Lens, Says, Section};
use super::talk::Talk;
use super::visit::{Visit, query_pair};
use super::words::Words;
use crate::desk::command::{Command, CommandOutcome, OperatorCommand};
use crate::domain::actor::ActorKind;
use crate::domain::call::{CallDirection, Disposition};
use crate::domain::callback::CallbackRequest;
use crate::domain::names::named_enum;
use crate::domain::operator::{AwayReason, OperatorState};
use crate::store::queries::operators::{self, Caller, Seat};

named_enum! {
    /// A button of the bar, and of the list of operators.
    pub(crate) enum Deed {
        Ready = "ready",
        Away = "away",
        SignOff = "sign_off",
        WrapUp = "wrap_up",
    }
}

impl Deed {
    /// Its single key.
    fn key(self) -> &'static str {
        match self {
            Self::Ready => "t",
            Self::Away => "y",
            Self::SignOff => "q",
            Self::WrapUp => "f",
        }
    }

    /// What may be said of somebody who does this.
    pub fn of(state: OperatorState) -> &'static [Self] {
        match state {
            OperatorState::Off => &[Self::Ready],
            OperatorState::Ready | OperatorState::Ringing => &[Self::Away, Self::SignOff],
            OperatorState::WrapUp => &[Self::Ready, Self::Away, Self::SignOff],
            OperatorState::Away => &[Self::Ready, Self::SignOff],
            OperatorState::Talking => &[],
        }
    }

    pub fn command(self, disposition: Option<Disposition>) -> OperatorCommand {
        match self {
            Self::Ready => OperatorCommand::Ready,
            Self::Away => OperatorCommand::Away,
            Self::SignOff => OperatorCommand::SignOff,
            Self::WrapUp => OperatorCommand::WrapUp { disposition },
        }
    }
}

struct CallerShown {
    /// They are owed a call, and are being rung back.
    is_owed: bool,
    /// Why they are owed it.
    reason: &'static str,
    number: String,
    names: String,
    station: String,
    language: &'static str,
    tickets: Vec<String>,
    /// Where a ticket for them is opened.
    new_ticket: String,
}

#[derive(Template)]
#[template(path = "seat.html")]
struct SeatBar {
    w: Words,
    /// Whether the reader has single keys.
    keys: bool,
    state: OperatorState,
    since: Option<(i64, String)>,
    away: Option<&'static str>,
    on_line: Option<CallerShown>,
    talk: Option<Talk>,
    says: Option<Says>,
}

impl SeatBar {
    fn writes_up(&self) -> bool {
        self.state == OperatorState::WrapUp
    }

    /// The buttons: what they do, their key, and whether they are the first thing to press.
    fn deeds(&self) -> Vec<(&'static str, &'static str, bool)> {
        // Who has written a call up is ready by that.
        let said = Deed::of(self.state).iter().filter(|deed| !self.writes_up() || **deed != Deed::Ready);
        said.map(|deed| (deed.name(), deed.key(), *deed == Deed::Ready)).collect()
    }
}

/// The bar as HTML; nothing for who has no telephone.
pub(crate) fn drawn(visit: &Visit, board: &Board) -> String {
    let seat = board.seats.get(&visit.user.id).filter(|_| visit.may(Need::Seat));
    seat.map(|seat| draw(visit, board, seat, None)).unwrap_or_default()
}

fn draw(visit: &Visit, board: &Board, seat: &Seat, says: Option<Says>) -> String {
    let lens = Lens::new(visit, board);
    let standing = seat.standing.as_ref();
    let operator = operator_of(visit, board);
    let bar = SeatBar {
        w: visit.w,
        keys: visit.likes.keys,
        state: standing.map_or(OperatorState::Off, |standing| standing.state),
        since: standing.map(|standing| (standing.since.as_millis(), lens.time(standing.since))),
        away: standing.and_then(|standing| standing.away).map(AwayReason::name),
        on_line: seat
            .caller
            .as_ref()
            .map(|caller| caller_shown(caller, seat.owed.as_ref(), &operator, &lens)),
        talk: Talk::of(seat, &operator, &lens),
        says,
    };
    // A bar that cannot be drawn is left out: the page below it matters more.
    bar.render().unwrap_or_default()
}

/// The reader as an operator: with what they answer for, whichever page they are on.
pub(super) fn operator_of(visit: &Visit, board: &Board) -> User {
    let scope = board.places.below(visit.user.stations_for(Need::Seat));
    User { scope, ..visit.user.clone() }
}

/// Whoever is beyond an operator's stations is two digits to them, and nobody by name; so is whoever is owed a call
/// until the operator has picked up for them.
fn caller_shown(
    caller: &Caller,
    owed: Option<&CallbackRequest>,
    operator: &User,
    lens: &Lens<'_>,
) -> CallerShown {
    let call = &caller.call;
    let is_theirs = operator.sees_station(call.station);
    let number = match (&call.number, owed) {
        (None, Some(owed)) => owed.number.to_string(),
        (None, None) if call.direction == CallDirection::Outgoing => String::new(),
        (Some(number), _) if !is_theirs => number.to_string(),
        (number, _) => lens.number(number.as_ref()),
    };
    let mut tickets = lens.board.tickets_of(call.number.as_ref(), call.person);
    tickets.retain(|ticket| operator.sees(ticket));
    let new_ticket = call.number.as_ref().filter(|_| is_theirs).map(|number| {
        let number = number.national(&lens.app.numbering);
        let station = query_pair("station", &call.station.to_string());
        format!("/tickets/new?{}&{station}", query_pair("caller", &number))
    });
    CallerShown {
        is_owed: call.direction == CallDirection::Outgoing,
        reason: owed.map(|owed| owed.reason.name()).unwrap_or_default(),
        number,
        names: if is_theirs { caller.names.join(&lens.w.t("comma")) } else { String::new() },
        station: lens.board.places.station_name(call.station),
        language: call.language.name(),
        tickets: tickets.iter().map(|ticket| ticket.number.to_string()).collect(),
        new_ticket: new_ticket.unwrap_or_default(),
    }
}

/// `POST /seat/do/{action}`: the bar again for a page that stands, or back to where the form was.
pub(crate) async fn act(
    visit: Visit,
    Path(deed): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Typed>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(typed) = form.map_err(|_| Failure::Unreadable)?;
    let deed = Deed::parse(&deed).ok_or(Failure::NotFound)?;
    let chosen = typed.get("disposition").map(String::as_str).unwrap_or_default();
    let disposition = Disposition::parse(chosen);
    if disposition.is_none() && !chosen.is_empty() {
        let says = ask::lacks(visit.w, &["lacks-choice"]);
        return answer(&visit, &headers, Some(says), StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let command = Command::Operator { whose: None, what: deed.command(disposition) };
    self::command(&visit, &headers, command).await
}

/// Asks the desk for what a button of the bar stands for.
pub(super) async fn command(
    visit: &Visit,
    headers: &HeaderMap,
    command: Command,
) -> Result<Response, Failure> {
    match ask(&visit.app, ask::commander(visit, ActorKind::Operator), command).await {
        CommandOutcome::Done | CommandOutcome::Opened { .. } | CommandOutcome::Candidates(_) => {
            answer(visit, headers, None, StatusCode::OK).await
        }
        CommandOutcome::Refused(refusal) => {
            let (says, status) = ask::refused(visit.w, &refusal);
            answer(visit, headers, Some(says), status).await
        }
    }
}

pub(super) async fn answer(
    visit: &Visit,
    headers: &HeaderMap,
    says: Option<Says>,
    status: StatusCode,
) -> Result<Response, Failure> {
    if headers.contains_key("hx-request") {
        // The board hears of it in a moment; whoever pressed sees it at once.
        let user = visit.user.id;
        let seat = visit.app.read(move |connection| Ok(operators::seat_of(connection, user)?)).await?;
        let board = visit.app.live.now();
        let bar = seat.map(|seat| draw(visit, &board, &seat, says)).unwrap_or_default();
        return Ok((status, Html(bar)).into_response());
    }
    match says {
        None => Ok(Redirect::to(&back(headers)).into_response()),
        Some(says) => only_says::draw(visit, says, status, (Section::Queue, "nav-queue")),
    }
}

/// The page the form stood on.
fn back(headers: &HeaderMap) -> String {
    let from = headers.get(header::REFERER).and_then(|from| from.to_str().ok());
    let path = from
        .and_then(|from| from.split_once("://"))
        .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    way_in(path.unwrap_or("/queue")).to_owned()
}

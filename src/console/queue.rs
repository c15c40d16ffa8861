//! Who waits for a person, who is there for them, and how well that goes.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::access::{Need, User};
use super::ask::{self, ask};
use super::attending::{Attended, attended};
use super::board::{Board, Waiter};
use super::failure::Failure;
use super::page::{Lens, Page, Says, Section, show};
use super::seat::Deed;
use super::visit::Visit;
use crate::desk::command::{Command, CommandOutcome};
use crate::domain::actor::ActorKind;
use crate::domain::ids::{CallbackId, StationId, UserId};
use crate::domain::operator::{AwayReason, OperatorState};
use crate::domain::timestamp::Timestamp;
use crate::store::queries::operators::Seat;

/// The national standard wants so many of a hundred calls answered in time, and connected in any 24 hours.
const WANTED_PERCENT: u64 = 95;

/// Somebody who waits, in the order in which they are served.
struct WaitShown {
    place: usize,
    number: String,
    /// Where their request stands, when the reader may see it.
    callback: Option<CallbackId>,
    is_callback: bool,
    station: String,
    language: &'static str,
    urgent: bool,
    since_ms: i64,
    since: String,
}

struct OperatorShown {
    id: UserId,
    name: String,
    extension: String,
    stations: String,
    speaks: Vec<&'static str>,
    state: &'static str,
    away: Option<&'static str>,
    since: Option<(i64, String)>,
    /// What the reader may say of them.
    deeds: &'static [Deed],
    /// What the reader may do at their talk.
    attended: Option<Attended>,
}

/// A figure with what it is a share of.
struct Indicator {
    name: &'static str,
    text: String,
    of: String,
    bad: bool,
}

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    page: Page,
    figures: Vec<Indicator>,
    waiting: Vec<WaitShown>,
    operators: Vec<OperatorShown>,
    may_set: bool,
}

/// `GET /queue`
pub(crate) async fn page(visit: Visit) -> Result<Response, Failure> {
    draw(&visit, None, StatusCode::OK)
}

pub(super) fn draw(visit: &Visit, says: Option<Says>, status: StatusCode) -> Result<Response, Failure> {
    let board = visit.app.live.now();
    let lens = Lens::new(visit, &board);
    let html = QueuePage {
        figures: indicators(&board, visit.now),
        waiting: waiting(visit, &lens),
        operators: operators_shown(visit, &lens),
        may_set: visit.may(Need::SetSeat),
        page: Page::new(visit, &board, Section::Queue, visit.w.t("nav-queue"))
            .live("/live?ticket=-")
            .own(Section::Queue.path())
            .says(says),
    };
    show(status, &html)
}

/// Figures of the whole line.
fn indicators(board: &Board, now: Timestamp) -> Vec<Indicator> {
    let plain = |name, text: String| Indicator { name, text, of: String::new(), bad: false };
    let share = |name, part: u64, all: u64| match all {
        0 => plain(name, "–".into()),
        all => Indicator {
            name,
            text: format!("{} %", part * 100 / all),
            of: format!("{part} / {all}"),
            bad: part * 100 < all * WANTED_PERCENT,
        },
    };
    let waits = board.waits;
    let (connected, calls) = board.worst_day.1.map_or((0, 0), |worst| (worst.connected, worst.all));
    // Who waits now may be the one who waits longest.
    let longest = board.waiting.iter().map(|entry| now.since(entry.wished_at)).max().unwrap_or_default();
    let longest = longest.max(waits.longest).as_secs();
    vec![
        plain("waiting", board.in_line().count().to_string()),
        share("in_time", waits.in_time, waits.all),
        share("connected", connected, calls),
        plain("abandoned", waits.abandoned.to_string()),
        plain("longest", format!("{}:{:02}", longest / 60, longest % 60)),
    ]
}

/// Callers on the line and those to be rung back in one order; everybody counts, those of the reader's stations are shown.
fn waiting(visit: &Visit, lens: &Lens<'_>) -> Vec<WaitShown> {
    let mut all: Vec<Waiter<'_>> = lens.board.in_line().collect();
    all.sort_by_key(Waiter::turn);
    let placed = all.iter().enumerate();
    let theirs = placed.filter(|(_, waiter)| visit.user.sees_station(waiter.station()));
    let rings_back = lens.board.places.below(visit.user.stations_for(Need::Callbacks));
    theirs.map(|(ahead, waiter)| wait_shown(ahead + 1, waiter, &rings_back, lens)).collect()
}

/// Whose call-backs are not the reader's to make is two digits to them, as on every other page.
fn wait_shown(
    place: usize,
    waiter: &Waiter<'_>,
    rings_back: &BTreeSet<StationId>,
    lens: &Lens<'_>,
) -> WaitShown {
    let (urgent, queued_at) = waiter.turn();
    let (number, callback, language) = match waiter {
        Waiter::Call(entry) => {
            let call = lens.board.calls.get(&entry.call);
            (lens.number(call.and_then(|call| call.number.as_ref())), None, entry.language)
        }
        Waiter::Callback(request) if rings_back.contains(&request.station) => {
            (lens.number(Some(&request.number)), Some(request.id), request.language)
        }
        Waiter::Callback(request) => (request.number.to_string(), None, request.language),
    };
    WaitShown {
        place,
        number,
        callback,
        is_callback: matches!(waiter, Waiter::Callback(_)),
        station: lens.board.places.station_name(waiter.station()),
        language: language.name(),
        urgent: !urgent,
        since_ms: queued_at.as_millis(),
        since: lens.time(queued_at),
    }
}

/// The operators of the reader's stations, those at work first.
fn operators_shown(visit: &Visit, lens: &Lens<'_>) -> Vec<OperatorShown> {
    let below = lens.board.places.below(visit.user.stations_for(Need::SetSeat));
    let heard = lens.board.places.below(visit.user.stations_for(Need::Attend));
    let mut seats: Vec<&Seat> =
        lens.board.seats.values().filter(|seat| is_theirs(seat, &visit.user)).collect();
    seats.sort_by_key(|seat| (!state(seat).is_at_work(), state(seat) == OperatorState::Off, &seat.name));
    let shown = seats.into_iter().map(|seat| {
        let attended = attended(seat, &visit.user, &heard);
        OperatorShown { attended, ..operator_shown(seat, may_set(seat, &below), lens) }
    });
    shown.collect()
}

pub(super) fn is_theirs(seat: &Seat, reader: &User) -> bool {
    seat.record.stations.iter().any(|id| reader.sees_station(*id))
}

/// As the desk has it: whoever supervises the first of an operator's stations.
fn may_set(seat: &Seat, below: &BTreeSet<StationId>) -> bool {
    seat.record.stations.first().is_some_and(|home| below.contains(home))
}

fn state(seat: &Seat) -> OperatorState {
    seat.standing.as_ref().map_or(OperatorState::Off, |standing| standing.state)
}

fn operator_shown(seat: &Seat, may_set: bool, lens: &Lens<'_>) -> OperatorShown {
    let standing = seat.standing.as_ref();
    let names: Vec<String> =
        seat.record.stations.iter().map(|id| lens.board.places.station_name(*id)).collect();
    OperatorShown {
        id: seat.record.user,
        name: seat.name.clone(),
        extension: seat.record.extension.to_string(),
        stations: names.join(&lens.w.t("comma")),
        speaks: seat.record.speaks.iter().map(|language| language.name()).collect(),
        state: state(seat).name(),
        away: standing.and_then(|standing| standing.away).map(AwayReason::name),
        since: standing.map(|standing| (standing.since.as_millis(), lens.time(standing.since))),
        deeds: if may_set { Deed::of(state(seat)) } else { &[] },
        attended: None,
    }
}

/// `POST /operators/{id}/do/{action}`: a supervisor says what an operator of theirs is doing.
pub(crate) async fn act(visit: Visit, Path((id, deed)): Path<(String, String)>) -> Result<Response, Failure> {
    let id = id.parse().map(UserId).map_err(|_| Failure::NotFound)?;
    let deed = Deed::parse(&deed).filter(|deed| *deed != Deed::WrapUp).ok_or(Failure::NotFound)?;
    let board = visit.app.live.now();
    board.seats.get(&id).filter(|seat| may_set(seat, &visit.user.scope)).ok_or(Failure::NotFound)?;
    let command = Command::Operator { whose: Some(id), what: deed.command(None) };
    match ask(&visit.app, ask::commander(&visit, ActorKind::Supervisor), command).await {
        CommandOutcome::Done | CommandOutcome::Opened { .. } | CommandOutcome::Candidates(_) => {
            Ok(Redirect::to("/queue").into_response())
        }
        CommandOutcome::Refused(refusal) => {
            let (says, status) = ask::refused(visit.w, &refusal);
            draw(&visit, Some(says), status)
        }
    }
}

//! A supervisor at an operator's talk: listens, whispers to the operator, joins, and leaves again.

use std::collections::BTreeSet;

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};

use super::access::User;
use super::ask::{self, ask};
use super::failure::Failure;
use super::queue;
use super::visit::Visit;
use crate::desk::command::{CallCommand, Command, CommandOutcome};
use crate::desk::refusal::Why;
use crate::domain::actor::ActorKind;
use crate::domain::call::CallPart;
use crate::domain::ids::{StationId, UserId};
use crate::domain::names::named_enum;
use crate::domain::operator::OperatorState;
use crate::store::queries::operators::{Caller, Seat};

named_enum! {
    /// A button beside an operator who talks.
    pub(crate) enum Attend {
        Listen = "listen",
        Whisper = "whisper",
        Barge = "barge",
        Stop = "stop",
    }
}

impl Attend {
    fn command(self) -> CallCommand {
        match self {
            Self::Listen => CallCommand::Listen,
            Self::Whisper => CallCommand::Whisper,
            Self::Barge => CallCommand::Barge,
            Self::Stop => CallCommand::HangUp,
        }
    }
}

/// How the reader attends a talk, and what else they may do there.
pub(crate) struct Attended {
    /// Their part, when they have one, and whether their own telephone still rings for it.
    pub now: Option<(&'static str, bool)>,
    pub may: Vec<Attend>,
}

/// None where nobody talks, or where the talk is not of the reader's stations. As the desk has it: whoever supervises the
/// station that was rung.
pub(crate) fn attended(seat: &Seat, reader: &User, below: &BTreeSet<StationId>) -> Option<Attended> {
    let caller = talk(seat).filter(|_| seat.record.user != reader.id)?;
    if !below.contains(&caller.call.station) {
        return None;
    }
    let theirs = caller.legs.iter().filter(|leg| leg.operator == Some(reader.id));
    let now = theirs
        .filter_map(|leg| Some((leg.joins?.part, leg.answered_at.is_none())))
        .find(|(part, _)| does(*part).is_some());
    let mut may = vec![Attend::Listen, Attend::Whisper, Attend::Barge];
    may.retain(|how| now.is_none_or(|(part, _)| does(part) != Some(*how)));
    may.extend(now.map(|_| Attend::Stop));
    Some(Attended { now: now.map(|(part, rings)| (part.name(), rings)), may })
}

/// What an attending telephone does.
fn does(part: CallPart) -> Option<Attend> {
    match part {
        CallPart::Listens => Some(Attend::Listen),
        CallPart::Whispers => Some(Attend::Whisper),
        CallPart::Barges => Some(Attend::Barge),
        CallPart::Talks | CallPart::BroughtIn => None,
    }
}

/// The talk an operator is in.
fn talk(seat: &Seat) -> Option<&Caller> {
    let talks = seat.standing.as_ref().is_some_and(|standing| standing.state == OperatorState::Talking);
    seat.caller.as_ref().filter(|caller| talks && caller.call.ended_at.is_none())
}

/// `POST /operators/{id}/attend/{how}`
pub(crate) async fn act(visit: Visit, Path((id, how)): Path<(String, String)>) -> Result<Response, Failure> {
    let id = id.parse().map(UserId).map_err(|_| Failure::NotFound)?;
    let how = Attend::parse(&how).ok_or(Failure::NotFound)?;
    let board = visit.app.live.now();
    let seat = board.seats.get(&id).filter(|seat| queue::is_theirs(seat, &visit.user));
    let seat = seat.ok_or(Failure::NotFound)?;
    let outcome = match talk(seat) {
        Some(caller) => {
            let command = Command::Call { call: caller.call.id, what: how.command() };
            ask(&visit.app, ask::commander(&visit, ActorKind::Supervisor), command).await
        }
        None => CommandOutcome::Refused(Why::CallOver.into()),
    };
    match outcome {
        CommandOutcome::Done | CommandOutcome::Opened { .. } | CommandOutcome::Candidates(_) => {
            Ok(Redirect::to("/queue").into_response())
        }
        CommandOutcome::Refused(refusal) => {
            let (says, status) = ask::refused(visit.w, &refusal);
            queue::draw(&visit, Some(says), status)
        }
    }
}

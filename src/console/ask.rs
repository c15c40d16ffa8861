//! Asking the desk, and saying what it answered.

use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::oneshot;

use super::page::Says;
use super::visit::Visit;
use super::words::Words;
use super::{App, CommandRequest};
use crate::desk::command::{Command, CommandOutcome, Refusal, RefusalReason};
use crate::desk::event::Commander;
use crate::domain::actor::{Actor, ActorKind};
use crate::domain::language::Language;

/// How long a browser waits for the desk before it is told to look again.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Sends a command and waits for what came of it; a full desk or silence is `Unavailable`.
pub(crate) async fn ask(app: &App, by: Commander, command: Command) -> CommandOutcome {
    let (reply, answer) = oneshot::channel();
    if !(app.commands)(CommandRequest { by, command, reply }) {
        return unavailable("the desk takes no more commands at this moment: try again");
    }
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) | Err(_) => unavailable("the desk did not answer in time: look whether it was done"),
    }
}

fn unavailable(detail: &str) -> CommandOutcome {
    let reason = RefusalReason::Unavailable;
    CommandOutcome::Refused(Refusal { reason, detail: detail.to_owned() })
}

/// The user as the desk knows them, in the part they play.
pub(crate) fn commander(visit: &Visit, kind: ActorKind) -> Commander {
    let station = visit.user.roles.first().map(|(_, station)| *station);
    let actor = Actor { person: visit.user.person, user: Some(visit.user.id), station, ..Actor::of(kind) };
    Commander { actor, roles: visit.user.roles.clone() }
}

pub(crate) fn status(reason: RefusalReason) -> StatusCode {
    match reason {
        RefusalReason::NotFound => StatusCode::NOT_FOUND,
        RefusalReason::Stale => StatusCode::CONFLICT,
        RefusalReason::NotAllowed | RefusalReason::HandledByYou => StatusCode::FORBIDDEN,
        RefusalReason::Invalid | RefusalReason::Unsafe => StatusCode::UNPROCESSABLE_ENTITY,
        RefusalReason::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Why it was refused, for the page; the desk's own sentence is English.
pub(crate) fn says(w: Words, refusal: &Refusal) -> Says {
    let mut lines = vec![w.t(&format!("refused-{}", refusal.reason.name()))];
    let is_plain = match refusal.reason {
        RefusalReason::Stale | RefusalReason::HandledByYou | RefusalReason::Unavailable => true,
        RefusalReason::NotFound
        | RefusalReason::NotAllowed
        | RefusalReason::Invalid
        | RefusalReason::Unsafe => false,
    };
    if !is_plain {
        match w.language {
            Language::En => lines.push(refusal.detail.clone()),
            Language::Zh | Language::Bo => lines.push(format!("({})", refusal.detail)),
        }
    }
    Says { refused: true, lines }
}

/// What a form lacks, by the names of the sentences.
pub(crate) fn lacks(w: Words, problems: &[&str]) -> Says {
    Says { refused: true, lines: problems.iter().map(|key| w.t(key)).collect() }
}

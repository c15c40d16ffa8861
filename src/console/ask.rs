//! Asking the desk, and saying what it answered.

use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::oneshot;

use super::page::Says;
use super::visit::Visit;
use super::words::Words;
use super::{App, CommandRequest};
use crate::desk::command::{Command, CommandOutcome};
use crate::desk::event::Commander;
use crate::desk::refusal::{Refusal, RefusalReason, Why};
use crate::domain::actor::{Actor, ActorKind};

/// How long a browser waits for the desk before it is told to look again.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Sends a command and waits for what came of it; a full desk or silence is `Unavailable`.
pub(crate) async fn ask(app: &App, by: Commander, command: Command) -> CommandOutcome {
    let (reply, answer) = oneshot::channel();
    if !(app.commands)(CommandRequest { by, command, reply }) {
        return CommandOutcome::Refused(Why::DeskBusy.into());
    }
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) | Err(_) => CommandOutcome::Refused(Why::DeskSilent.into()),
    }
}

/// The user as the desk knows them, in the part they play.
pub(crate) fn commander(visit: &Visit, kind: ActorKind) -> Commander {
    let station = visit.user.roles.first().map(|(_, station)| *station);
    let actor = Actor { person: visit.user.person, user: Some(visit.user.id), station, ..Actor::of(kind) };
    Commander { actor, roles: visit.user.roles.clone() }
}

fn status(reason: RefusalReason) -> StatusCode {
    match reason {
        RefusalReason::NotFound => StatusCode::NOT_FOUND,
        RefusalReason::Stale => StatusCode::CONFLICT,
        RefusalReason::NotAllowed | RefusalReason::HandledByYou => StatusCode::FORBIDDEN,
        RefusalReason::Invalid | RefusalReason::Unsafe => StatusCode::UNPROCESSABLE_ENTITY,
        RefusalReason::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Why it was refused, and with which status the page says so.
pub(crate) fn refused(w: Words, refusal: &Refusal) -> (Says, StatusCode) {
    (says(w, refusal), status(refusal.reason))
}

/// Why it was refused and what to do, for the page.
fn says(w: Words, refusal: &Refusal) -> Says {
    let values: Vec<(&str, String)> =
        refusal.values.iter().map(|(name, value)| (name.as_str(), said(w, name, value))).collect();
    Says { refused: true, lines: vec![w.filled(&format!("no-{}", refusal.why), &values)] }
}

/// What a refusal is filled in with, in the reader's words.
fn said(w: Words, name: &str, value: &str) -> String {
    match name {
        "move" => {
            let action = format!("act-{}", value.replace('_', "-"));
            w.known(&action, &[]).unwrap_or_else(|| w.name("ev-move", value))
        }
        "parts" => {
            let parts: Vec<String> = value.split(", ").map(|part| w.name("actor", part)).collect();
            parts.join(&w.t("comma"))
        }
        _ => w.name(name, value),
    }
}

/// What a form lacks, by the names of the sentences.
pub(crate) fn lacks(w: Words, problems: &[&str]) -> Says {
    Says { refused: true, lines: problems.iter().map(|key| w.t(key)).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;

    #[test]
    fn every_no_of_the_desk_has_its_sentence_in_both_languages() {
        for why in Why::ALL {
            let key = format!("no-{why}");
            let zh = Words::new(Language::Zh).known(&key, &[]).unwrap_or_default();
            let en = Words::new(Language::En).known(&key, &[]).unwrap_or_default();
            assert!(!zh.is_empty() && !zh.is_ascii(), "no Chinese for {key}");
            assert!(!en.is_empty() && en != zh, "no English for {key}");
        }
    }

    #[test]
    fn a_no_is_said_in_the_words_of_the_reader() {
        let refusal = Why::NotByYou.with([("actor", "handler".into()), ("move", "suspend".into())]);
        let zh = says(Words::new(Language::Zh), &refusal).lines.join("");
        assert!(zh.contains("承办人") && zh.contains("挂起") && !zh.contains("suspend"), "{zh}");
        let parts = Why::OtherPart.with([("parts", "operator, supervisor".into())]);
        let zh = says(Words::new(Language::Zh), &parts).lines.join("");
        assert!(zh.contains("坐席、班长"), "{zh}");
    }
}

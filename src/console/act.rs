//! `POST /tickets/{number}/do/{action}`: one form of a ticket's page becomes one command to the desk.

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::ask::{self, ask};
use super::failure::Failure;
use super::forms::Typed;
use super::intake_read;
use super::moves::{self, Action};
use super::page::Says;
use super::ticket_page::{self, Shown};
use super::ticket_view::TicketView;
use super::visit::Visit;
use super::when::Zone;
use crate::desk::command::{AfterPartly, Command, CommandOutcome, Proof, TicketCommand};
use crate::desk::refusal::RefusalReason;
use crate::domain::category::CategoryCode;
use crate::domain::ids::{FacilityId, StationId, VolunteerId};
use crate::domain::survey::{Resolved, Satisfaction};
use crate::domain::ticket::{
    ClosureCode, Confirmer, DESCRIPTION_CHARS, Referral, ReturnReason, SuspendReason, VoidReason, Window,
};
use crate::domain::ticket_number::TicketNumber;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;

/// What a form lacks: the names of the sentences that say so.
pub(crate) type Problems = Vec<&'static str>;

pub(crate) async fn ticket(
    visit: Visit,
    Path((number, action)): Path<(String, String)>,
    form: Result<Form<Typed>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(typed) = form.map_err(|_| Failure::Unreadable)?;
    let action = Action::parse(&action).ok_or(Failure::NotFound)?;
    let view = ticket_page::load(&visit, &number).await?;
    let board = visit.app.live.now();
    let played = moves::parts_for(&visit.user, &view.ticket, &view.work, &board.places);
    let seen: u32 = typed.get("version").and_then(|version| version.parse().ok()).unwrap_or(0);
    let part = moves::part_for(action, &view.ticket, &view.work, &played);
    let stale = seen != view.ticket.version;
    let Some(part) = part else {
        // What was offered a moment ago and is not now: somebody was quicker.
        let (status, key) = if stale {
            (StatusCode::CONFLICT, "refused-stale")
        } else {
            (StatusCode::FORBIDDEN, "refused-not_allowed")
        };
        let says = ask::lacks(visit.w, &[key]);
        return again(&visit, &view, action, &typed, says, status).await;
    };
    let what = match read(action, &typed, &visit) {
        Ok(what) => what,
        Err(problems) => {
            let says = ask::lacks(visit.w, &problems);
            return again(&visit, &view, action, &typed, says, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    let command = Command::Ticket { ticket: view.ticket.id, version: seen, what };
    match ask(&visit.app, ask::commander(&visit, part), command).await {
        CommandOutcome::Done | CommandOutcome::Opened { .. } | CommandOutcome::Candidates(_) => {
            let way = format!("/tickets/{number}?did={action}");
            Ok(Redirect::to(&way).into_response())
        }
        CommandOutcome::Refused(refusal) => {
            let (mut says, status) = ask::refused(visit.w, &refusal);
            let view = ticket_page::load(&visit, &number).await?;
            if refusal.reason == RefusalReason::Stale {
                says.lines.extend(ticket_page::since(&visit, &view, &typed));
            }
            again(&visit, &view, action, &typed, says, status).await
        }
    }
}

/// The page again, with what was typed still in its form.
async fn again(
    visit: &Visit,
    view: &TicketView,
    action: Action,
    typed: &Typed,
    says: Says,
    status: StatusCode,
) -> Result<Response, Failure> {
    let shown = Shown { says: Some(says), refused: Some((action, typed)), open: None };
    ticket_page::draw(visit, view, shown, status).await
}

/// Reads a form, and keeps what it lacks.
struct Reader<'a> {
    typed: &'a Typed,
    lacks: Problems,
}

impl Reader<'_> {
    /// A field that has to be there and mean something.
    fn need<T>(&mut self, lack: &'static str, found: Option<T>) -> Option<T> {
        if found.is_none() {
            self.lacks.push(lack);
        }
        found
    }

    fn said(&self, name: &str) -> &str {
        self.typed.get(name).map(|value| value.trim()).unwrap_or_default()
    }

    /// Words somebody typed.
    fn words(&mut self, name: &str) -> Option<String> {
        let said = self.said(name).replace("\r\n", "\n");
        let fits = !said.is_empty() && said.chars().count() <= DESCRIPTION_CHARS;
        self.need("lacks-words", fits.then_some(said))
    }

    fn choice<T>(&mut self, name: &str, parse: fn(&str) -> Option<T>) -> Option<T> {
        let chosen = parse(self.said(name));
        self.need("lacks-choice", chosen)
    }

    fn moment(&mut self, name: &str, zone: &Zone) -> Option<Timestamp> {
        let said = zone.parse_local(self.said(name));
        self.need("lacks-moment", said)
    }

    fn station(&mut self) -> Option<StationId> {
        let station = self.said("station").parse().ok().map(StationId);
        self.need("lacks-station", station)
    }
}

/// Reads the form of an action.
fn read(action: Action, typed: &Typed, visit: &Visit) -> Result<TicketCommand, Problems> {
    let mut reader = Reader { typed, lacks: Problems::new() };
    let command = match action {
        Action::Complete => Some(TicketCommand::Complete(Box::new(intake_read::read(typed, visit)?))),
        Action::Dispatch => Some(TicketCommand::Dispatch(Box::new(intake_read::read(typed, visit)?))),
        Action::Explain => reader.words("answer").map(|answer| TicketCommand::Explain { answer }),
        Action::ConfirmCaller => Some(TicketCommand::ConfirmCaller),
        // Asked for where two have to go.
        Action::Accept if typed.contains_key("second") => {
            reader.words("second").map(|second| TicketCommand::AcceptTwo { second })
        }
        Action::Accept => Some(TicketCommand::Accept),
        Action::Arrived => Some(TicketCommand::Arrived),
        Action::Late => Some(TicketCommand::Late),
        Action::Well => Some(TicketCommand::Well),
        Action::Resume => Some(TicketCommand::Resume),
        Action::ConfirmVoid => Some(TicketCommand::ConfirmVoid),
        Action::Unmerge => Some(TicketCommand::Unmerge),
        Action::PoliceReport => {
            reader.words("reference").map(|reference| TicketCommand::PoliceReport { reference })
        }
        Action::Note => reader.words("text").map(|text| TicketCommand::Note { text }),
        Action::Handled => reader.words("outcome").map(|outcome| TicketCommand::Handled { outcome }),
        Action::Redo => reader.words("reason").map(|reason| TicketCommand::Redo { reason }),
        Action::Abort => reader.words("reason").map(|reason| TicketCommand::Abort { reason }),
        Action::RecallOffers => reader.words("reason").map(|reason| TicketCommand::RecallOffers { reason }),
        Action::ToStaff => {
            reader.words("reason").map(|reason| TicketCommand::ToStaff { work_item: None, reason })
        }
        Action::Reopen => reader.words("reason").map(|reason| TicketCommand::Reopen { reason, past: None }),
        Action::Withdraw => reader.words("words").map(|words| TicketCommand::Withdraw { words }),
        Action::AssignVolunteer
        | Action::AssignStation
        | Action::AssignInstitution
        | Action::Reassign
        | Action::AddCoHandler
        | Action::RemoveCoHandler
        | Action::Exclude
        | Action::Readmit
        | Action::ChangeUrgency
        | Action::ChangeCategory => with_reason(action, &mut reader),
        Action::Merge => {
            let into = TicketNumber::parse(reader.said("into")).ok();
            reader.need("lacks-ticket-number", into).map(|into| TicketCommand::Merge { into })
        }
        Action::Supervise => {
            let level = reader.choice("level", |n| n.parse().ok().filter(|level| (1..=3).contains(level)));
            let note = reader.words("note");
            level.zip(note).map(|(level, note)| TicketCommand::Supervise { level, note })
        }
        Action::Return => {
            let reason = reader.choice("return_reason", ReturnReason::parse);
            let evidence = reader.words("evidence");
            reason.zip(evidence).map(|(reason, evidence)| TicketCommand::Return { reason, evidence })
        }
        Action::Suspend => {
            let reason = reader.choice("suspend_reason", SuspendReason::parse);
            let resume_at = reader.moment("resume_at", &visit.app.zone);
            reason.zip(resume_at).map(|(reason, resume_at)| TicketCommand::Suspend { reason, resume_at })
        }
        Action::ChangeWindow => another_time(&mut reader, &visit.app.zone),
        Action::ProposeVoid => {
            let reason = reader.choice("void_reason", VoidReason::parse);
            let note = reader.words("note");
            reason.zip(note).map(|(reason, note)| TicketCommand::ProposeVoid { reason, note })
        }
        Action::SurveyAnswers | Action::Close => answers(action, &mut reader, &visit.app.zone),
    };
    command.ok_or(reader.lacks)
}

fn another_time(reader: &mut Reader<'_>, zone: &Zone) -> Option<TicketCommand> {
    let (from, until) = (reader.moment("from", zone), reader.moment("until", zone));
    let window = from.zip(until).map(|(from, until)| Window { from, until });
    let reason = reader.words("reason");
    window.zip(reason).map(|(window, reason)| TicketCommand::ChangeWindow { window, reason })
}

/// The moves that override the engine: each with its reason.
fn with_reason(action: Action, reader: &mut Reader<'_>) -> Option<TicketCommand> {
    let reason = reader.words("reason");
    if matches!(action, Action::AssignVolunteer | Action::Exclude | Action::Readmit) {
        let badge = reader.said("volunteer").parse().ok().map(VolunteerId);
        let (volunteer, reason) = (reader.need("lacks-volunteer", badge)?, reason?);
        return Some(if action == Action::AssignVolunteer {
            TicketCommand::AssignVolunteer { volunteer, reason }
        } else {
            TicketCommand::Exclude { volunteer, excluded: action == Action::Exclude, reason }
        });
    }
    if action == Action::AssignInstitution {
        let number = reader.said("facility").parse().ok().map(FacilityId);
        let facility = reader.need("lacks-choice", number)?;
        return Some(TicketCommand::AssignInstitution { facility, reason: reason? });
    }
    if action == Action::ChangeUrgency {
        let urgency = reader.choice("urgency", Urgency::parse)?;
        return Some(TicketCommand::ChangeUrgency { urgency, reason: reason? });
    }
    if action == Action::ChangeCategory {
        let code = CategoryCode::parse(reader.said("category")).ok();
        let category = reader.need("lacks-category", code)?;
        return Some(TicketCommand::ChangeCategory { category, reason: reason? });
    }
    let station = reader.station();
    if action == Action::AddCoHandler {
        let asked = reader.words("asked")?;
        return Some(TicketCommand::AddCoHandler { station: station?, asked, reason: reason? });
    }
    let (station, reason) = (station?, reason?);
    Some(if action == Action::Reassign {
        TicketCommand::Reassign { station, reason }
    } else if action == Action::RemoveCoHandler {
        TicketCommand::RemoveCoHandler { station, reason }
    } else {
        TicketCommand::AssignStation { station, reason }
    })
}

/// What the resident said on the telephone.
fn answers(action: Action, reader: &mut Reader<'_>, zone: &Zone) -> Option<TicketCommand> {
    let satisfaction = Satisfaction::parse(reader.said("satisfaction"));
    if action == Action::SurveyAnswers {
        let resolved = reader.choice("resolved", Resolved::parse)?;
        let words = reader.said("words").to_owned();
        let after_partly = AfterPartly::parse(reader.said("after_partly"));
        return Some(TicketCommand::SurveyAnswers { resolved, satisfaction, words, after_partly });
    }
    let code = reader.choice("code", ClosureCode::parse);
    let words = reader.words("words");
    let proof = proof(reader, zone);
    code.zip(words).map(|(code, words)| TicketCommand::Close { code, words, satisfaction, proof })
}

/// What stands in the fields that only some codes ask for; whether it is enough the desk says.
fn proof(reader: &Reader<'_>, zone: &Zone) -> Proof {
    let who = Confirmer::parse(reader.said("confirmed_by"));
    let at = zone.parse_local(reader.said("confirmed_at"));
    let reference = reader.said("reference").to_owned();
    let referral =
        who.zip(at).map(|(confirmed_by, confirmed_at)| Referral { confirmed_by, reference, confirmed_at });
    Proof { referral, duplicate_of: TicketNumber::parse(reader.said("duplicate_of")).ok() }
}

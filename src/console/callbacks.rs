//! People who are owed a call, and the page from which somebody rings them.

use askama::Template;
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::access::Need;
use super::ask::{self, ask};
use super::failure::Failure;
use super::forms::Typed;
use super::intake::{self, IntakeForm};
use super::intake_read;
use super::numbers::NumberCare;
use super::page::{Lens, Page, Says, Section, show};
use super::papers::{self, Fact, OtherShown};
use super::recording::RecordingShown;
use super::visit::Visit;
use crate::desk::command::{CallbackCommand, Command, CommandOutcome};
use crate::domain::actor::ActorKind;
use crate::domain::callback::CallbackRequest;
use crate::domain::ids::CallbackId;
use crate::domain::names::named_enum;
use crate::domain::number_mark::NumberMark;
use crate::domain::recording::Recording;
use crate::domain::ticket::Ticket;
use crate::domain::triage::Triage;
use crate::store::error::StoreError;
use crate::store::phones;
use crate::store::queries::register::PersonFound;
use crate::store::queries::{case, live, marks, register, tickets};

/// A request in the list.
pub struct CallbackShown {
    pub id: CallbackId,
    pub number: String,
    pub reason: &'static str,
    pub state: &'static str,
    pub station: String,
    pub queued: String,
    pub due_ms: i64,
    pub due: String,
    pub overdue: bool,
    pub urgent: bool,
    pub on_duty_list: bool,
    pub by_person_only: bool,
    /// The help chosen before the call ended.
    pub category: String,
    pub calls: u32,
    pub tries: u32,
    pub language: &'static str,
}

fn shown(request: &CallbackRequest, lens: &Lens<'_>) -> CallbackShown {
    CallbackShown {
        id: request.id,
        number: lens.number(Some(&request.number)),
        reason: request.reason.name(),
        state: request.state.name(),
        station: lens.board.places.station_name(request.station),
        queued: lens.time(request.queued_at),
        due_ms: request.due.as_millis(),
        due: lens.time(request.due),
        overdue: request.due < lens.now,
        urgent: request.urgent,
        on_duty_list: request.triage.is_some_and(Triage::is_on_duty_list),
        by_person_only: request.by_person_only,
        category: request.category.as_ref().map(|code| lens.category(Some(code))).unwrap_or_default(),
        calls: request.calls,
        tries: request.tries,
        language: request.language.name(),
    }
}

#[derive(Template)]
#[template(path = "callbacks.html")]
struct ListPage {
    page: Page,
    owed: Vec<CallbackShown>,
}

/// `GET /callbacks`
pub(crate) async fn list(visit: Visit) -> Result<Response, Failure> {
    let board = visit.app.live.now();
    let lens = Lens::new(&visit, &board);
    let html = ListPage {
        owed: board.callbacks_of(&visit.user).iter().map(|request| shown(request, &lens)).collect(),
        page: Page::new(&visit, &board, Section::Callbacks, visit.w.t("nav-callbacks"))
            .live("/live?ticket=-"),
    };
    show(StatusCode::OK, &html)
}

named_enum! {
    /// A button of the page.
    enum Deed {
        Take = "take",
        Dial = "dial",
        Done = "done",
        NotReached = "not_reached",
        Cancel = "cancel",
        OpenTicket = "open_ticket",
    }
}

#[derive(Template)]
#[template(path = "callback.html")]
struct CallbackPage {
    page: Page,
    request: CallbackShown,
    open: bool,
    /// The number as a telephone link.
    tel: String,
    people: Vec<Fact>,
    recordings: Vec<RecordingShown>,
    others: Vec<OtherShown>,
    intake: IntakeForm,
    operator: String,
    opening: bool,
    may_open: bool,
    care: Option<NumberCare>,
}

struct Read {
    request: CallbackRequest,
    people: Vec<PersonFound>,
    recording: Option<Recording>,
    tickets: Vec<Ticket>,
    mark: Option<NumberMark>,
    /// What a call to the reader's own telephone is sent to.
    telephone: Option<String>,
}

async fn load(visit: &Visit, id: &str) -> Result<Read, Failure> {
    let reader = visit.user.id;
    let id: CallbackId = id.parse().map_err(|_| Failure::NotFound)?;
    let found = visit
        .app
        .read(move |connection| -> Result<_, StoreError> {
            let Some(request) = live::callback(connection, id)? else { return Ok(None) };
            let recording = match request.recording {
                Some(recording) => case::recording(connection, recording)?,
                None => None,
            };
            Ok(Some(Read {
                people: register::people_of(connection, &request.number)?,
                mark: marks::of(connection, &request.number)?,
                tickets: tickets::of_resident(connection, Some(&request.number), request.person)?,
                telephone: phones::extension_of(connection, reader)?.map(|extension| extension.target()),
                recording,
                request,
            }))
        })
        .await?;
    found.filter(|read| visit.user.sees_station(read.request.station)).ok_or(Failure::NotFound)
}

/// `GET /callbacks/{id}`
pub(crate) async fn page(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    let read = load(&visit, &id).await?;
    draw(&visit, &read, None, None, StatusCode::OK)
}

fn draw(
    visit: &Visit,
    read: &Read,
    typed: Option<&Typed>,
    says: Option<Says>,
    status: StatusCode,
) -> Result<Response, Failure> {
    let board = visit.app.live.now();
    let lens = Lens::new(visit, &board);
    let request = &read.request;
    let number = request.number.national(&visit.app.numbering);
    let mut values = typed.cloned().unwrap_or_default();
    values.entry("caller".into()).or_insert_with(|| number.clone());
    values.entry("station".into()).or_insert_with(|| request.station.to_string());
    let people: Vec<&PersonFound> = read.people.iter().collect();
    let recordings: Vec<Recording> = read.recording.iter().cloned().collect();
    let title = format!("{} {number}", visit.w.t("callback-title"));
    let html = CallbackPage {
        request: shown(request, &lens),
        open: request.state.is_open(),
        tel: request.number.as_str().to_owned(),
        people: intake::names(&read.people, &lens),
        recordings: super::recording::shown(&recordings, &lens, true),
        others: papers::others(&read.tickets, &visit.user, &lens),
        intake: IntakeForm::of_values(&lens, &values, &people, &intake::stations(visit, &values)),
        operator: values.get("operator").cloned().or_else(|| read.telephone.clone()).unwrap_or_default(),
        opening: typed.is_some_and(|typed| typed.contains_key("description")),
        may_open: visit.may(Need::Intake),
        care: NumberCare::of(
            &request.number,
            read.mark.as_ref(),
            request.station,
            ("callback", request.id.to_string()),
            (visit, &lens),
        ),
        page: Page::new(visit, &board, Section::Callbacks, title).live("/live?ticket=-").says(says),
    };
    show(status, &html)
}

/// `POST /callbacks/{id}/do/{action}`
pub(crate) async fn act(
    visit: Visit,
    Path((id, deed)): Path<(String, String)>,
    form: Result<Form<Typed>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(typed) = form.map_err(|_| Failure::Unreadable)?;
    let deed = Deed::parse(&deed).ok_or(Failure::NotFound)?;
    let read = load(&visit, &id).await?;
    let what = match command(deed, &typed, &visit) {
        Ok(what) => what,
        Err(problems) => {
            let says = ask::lacks(visit.w, &problems);
            return draw(&visit, &read, Some(&typed), Some(says), StatusCode::UNPROCESSABLE_ENTITY);
        }
    };
    let command = Command::Callback { callback: read.request.id, what };
    match ask(&visit.app, ask::commander(&visit, ActorKind::Operator), command).await {
        CommandOutcome::Opened { number, .. } => intake::opened(&visit, number, &typed).await,
        CommandOutcome::Done | CommandOutcome::Candidates(_) => {
            Ok(Redirect::to(after(deed, &id).as_str()).into_response())
        }
        CommandOutcome::Refused(refusal) => {
            let (says, status) = ask::refused(visit.w, &refusal);
            let read = load(&visit, &id).await?;
            draw(&visit, &read, Some(&typed), Some(says), status)
        }
    }
}

/// Where the browser goes next: what is over leads back to the list.
fn after(deed: Deed, id: &str) -> String {
    match deed {
        Deed::Take | Deed::Dial => format!("/callbacks/{id}"),
        Deed::Done | Deed::NotReached | Deed::Cancel | Deed::OpenTicket => "/callbacks".into(),
    }
}

fn command(deed: Deed, typed: &Typed, visit: &Visit) -> Result<CallbackCommand, Vec<&'static str>> {
    let said = |name: &str| typed.get(name).map(|value| value.trim().to_owned()).unwrap_or_default();
    Ok(match deed {
        Deed::Take => CallbackCommand::Take,
        Deed::Dial => {
            let operator = said("operator");
            if operator.is_empty() || operator.len() > 64 {
                return Err(vec!["lacks-telephone"]);
            }
            CallbackCommand::Dial { operator }
        }
        Deed::Done => CallbackCommand::Done { note: said("note") },
        Deed::NotReached => CallbackCommand::NotReached,
        Deed::Cancel => {
            let reason = said("reason");
            if reason.is_empty() {
                return Err(vec!["lacks-words"]);
            }
            CallbackCommand::Cancel { reason }
        }
        Deed::OpenTicket => CallbackCommand::OpenTicket(Box::new(intake_read::read(typed, visit)?)),
    })
}

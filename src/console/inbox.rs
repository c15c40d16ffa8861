//! A station's inbox: texts the line did not understand, and the page from which somebody writes back.
//!
//! Each text that somebody reads leaves a line of history, once a reader.

use askama::Template;
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::access::Need;
use super::ask::{self, ask};
use super::failure::Failure;
use super::forms::{Choice, Typed};
use super::intake::{self, IntakeForm};
use super::intake_read;
use super::numbers::NumberCare;
use super::page::{Lens, Page, Says, Section, show};
use super::papers::{self, Fact, OtherShown};
use super::visit::Visit;
use crate::desk::command::{Command, CommandOutcome, InboxCommand, Prepared};
use crate::desk::write::EventDraft;
use crate::domain::actor::ActorKind;
use crate::domain::ids::MessageId;
use crate::domain::inbox::{InboxState, InboxText};
use crate::domain::names::named_enum;
use crate::domain::number_mark::NumberMark;
use crate::domain::ticket::Ticket;
use crate::domain::triage::Triage;
use crate::store::error::StoreError;
use crate::store::queries::inbox::{self, DealtWith, READ};
use crate::store::queries::register::PersonFound;
use crate::store::queries::{marks, register, tickets};

/// A text as the pages show it.
pub struct TextShown {
    pub id: MessageId,
    pub number: String,
    pub body: String,
    pub state: &'static str,
    pub station: String,
    pub received: String,
    pub due_ms: i64,
    pub due: String,
    pub overdue: bool,
    pub on_duty_list: bool,
    /// What the line sent back at once; empty where it sent nothing.
    pub line_said: String,
    /// What a person sent back.
    pub answer: String,
    /// Who dealt with it, and when.
    pub dealt_with: String,
}

/// A text with what belongs to it.
struct Held {
    text: InboxText,
    line_said: Option<String>,
    answer: Option<String>,
    dealt_with: Option<DealtWith>,
}

fn held(connection: &rusqlite::Connection, text: InboxText) -> Result<Held, StoreError> {
    let words = |id: Option<MessageId>| match id {
        Some(id) => inbox::words_of(connection, id),
        None => Ok(None),
    };
    Ok(Held {
        line_said: words(text.line_said)?,
        answer: words(text.answer)?,
        dealt_with: match text.state {
            InboxState::Waiting => None,
            InboxState::Answered | InboxState::Ticket | InboxState::Done => {
                inbox::dealt_with(connection, text.id)?
            }
        },
        text,
    })
}

fn shown(held: &Held, lens: &Lens<'_>) -> TextShown {
    let text = &held.text;
    let dealt_with = held.dealt_with.as_ref();
    TextShown {
        id: text.id,
        number: lens.number(Some(&text.from)),
        body: if text.body.is_empty() { lens.w.t("erased") } else { text.body.clone() },
        state: text.state.name(),
        station: lens.board.places.station_name(text.station),
        received: lens.time(text.received_at),
        due_ms: text.due.as_millis(),
        due: lens.time(text.due),
        overdue: text.due < lens.now,
        on_duty_list: text.triage.is_some_and(Triage::is_on_duty_list),
        line_said: held.line_said.clone().unwrap_or_default(),
        answer: held.answer.clone().unwrap_or_default(),
        dealt_with: dealt_with.map(|it| format!("{} · {}", it.by, lens.time(it.at))).unwrap_or_default(),
    }
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct ListPage {
    page: Page,
    texts: Vec<TextShown>,
    /// Those dealt with are shown, not those that wait.
    ended: bool,
}

/// What a reader asks the list for.
#[derive(serde::Deserialize)]
pub(crate) struct Asked {
    /// Given: those dealt with, in place of those that wait.
    ended: Option<String>,
}

/// `GET /inbox`, `GET /inbox?ended=1`
pub(crate) async fn list(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let board = visit.app.live.now();
    let ended = asked.ended.is_some();
    let waiting = if ended { vec![] } else { board.inbox_of(&visit.user) };
    let scope = visit.user.scope.clone();
    let texts: Vec<Held> = visit
        .app
        .read(move |connection| -> Result<_, StoreError> {
            let mut texts: Vec<InboxText> = waiting.iter().map(|text| (**text).clone()).collect();
            if ended {
                texts = inbox::ended(connection)?;
                texts.retain(|text| scope.contains(&text.station));
            }
            texts.into_iter().map(|text| held(connection, text)).collect()
        })
        .await?;
    note_reading(&visit, texts.iter().map(|held| &held.text)).await?;
    let lens = Lens::new(&visit, &board);
    let html = ListPage {
        texts: texts.iter().map(|held| shown(held, &lens)).collect(),
        ended,
        page: Page::new(&visit, &board, Section::Inbox, visit.w.t("nav-inbox")).live("/live?ticket=-"),
    };
    show(StatusCode::OK, &html)
}

/// Writes down who read which text; one that this login has read before is not written down again.
async fn note_reading(visit: &Visit, texts: impl Iterator<Item = &InboxText>) -> Result<(), Failure> {
    let line = |text: &InboxText| EventDraft {
        at: visit.now,
        jurisdiction: text.jurisdiction.clone(),
        actor: visit.actor(),
        entity: format!("text:{}", text.id),
        ticket: text.ticket,
        kind: READ.into(),
        subject: text.person,
        detail: json!({}),
    };
    let lines: Vec<(MessageId, EventDraft)> = texts.map(|text| (text.id, line(text))).collect();
    let user = visit.user.id;
    let unread = visit
        .app
        .read(move |connection| -> Result<Vec<EventDraft>, StoreError> {
            let mut unread = Vec::new();
            for (id, line) in lines {
                if !inbox::was_read_by(connection, id, user)? {
                    unread.push(line);
                }
            }
            Ok(unread)
        })
        .await?;
    visit.audit(unread).await
}

named_enum! {
    /// A button of the page.
    enum Deed {
        OpenTicket = "open_ticket",
        Send = "send",
        Write = "write",
        Done = "done",
    }
}

#[derive(Template)]
#[template(path = "inbox_text.html")]
struct TextPage {
    page: Page,
    text: TextShown,
    open: bool,
    /// The number as a telephone link.
    tel: String,
    people: Vec<Fact>,
    earlier: Vec<TextShown>,
    others: Vec<OtherShown>,
    ticket: Option<String>,
    sentences: Vec<Choice>,
    written: String,
    intake: IntakeForm,
    opening: bool,
    may_open: bool,
    care: Option<NumberCare>,
}

struct Read {
    held: Held,
    people: Vec<PersonFound>,
    earlier: Vec<Held>,
    tickets: Vec<Ticket>,
    mark: Option<NumberMark>,
    /// What it became.
    ticket: Option<Ticket>,
}

async fn load(visit: &Visit, id: &str) -> Result<Read, Failure> {
    let id: MessageId = id.parse().map_err(|_| Failure::NotFound)?;
    let scope = visit.user.scope.clone();
    let found = visit
        .app
        .read(move |connection| -> Result<_, StoreError> {
            let Some(text) = inbox::text(connection, id)?.filter(|text| scope.contains(&text.station)) else {
                return Ok(None);
            };
            let earlier = inbox::earlier(connection, &text.from, id)?;
            let earlier = earlier.into_iter().filter(|text| scope.contains(&text.station));
            Ok(Some(Read {
                people: register::people_of(connection, &text.from)?,
                mark: marks::of(connection, &text.from)?,
                tickets: tickets::of_resident(connection, Some(&text.from), text.person)?,
                earlier: earlier.map(|text| held(connection, text)).collect::<Result<_, _>>()?,
                ticket: match text.ticket {
                    Some(ticket) => tickets::by_id(connection, ticket)?,
                    None => None,
                },
                held: held(connection, text)?,
            }))
        })
        .await?;
    found.ok_or(Failure::NotFound)
}

/// `GET /inbox/{id}`
pub(crate) async fn page(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    let read = load(&visit, &id).await?;
    note_reading(&visit, std::iter::once(&read.held).chain(&read.earlier).map(|held| &held.text)).await?;
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
    let text = &read.held.text;
    let number = text.from.national(&visit.app.numbering);
    let mut values = typed.cloned().unwrap_or_default();
    values.entry("caller".into()).or_insert_with(|| number.clone());
    values.entry("station".into()).or_insert_with(|| text.station.to_string());
    values.entry("description".into()).or_insert_with(|| text.body.clone());
    let people: Vec<&PersonFound> = read.people.iter().collect();
    let sentences = Prepared::ALL.iter().map(|sentence| Choice {
        value: sentence.name().into(),
        label: lens.w.name("sentence", sentence.name()),
        chosen: values.get("sentence").is_some_and(|chosen| chosen == sentence.name()),
    });
    let title = format!("{} {number}", visit.w.t("inbox-title"));
    let html = TextPage {
        text: shown(&read.held, &lens),
        open: text.state == InboxState::Waiting,
        tel: text.from.as_str().to_owned(),
        people: intake::names(&read.people, &lens),
        earlier: read.earlier.iter().map(|held| shown(held, &lens)).collect(),
        others: papers::others(&read.tickets, &visit.user, &lens),
        ticket: read.ticket.as_ref().map(|ticket| ticket.number.to_string()),
        sentences: sentences.collect(),
        written: values.get("words").cloned().unwrap_or_default(),
        intake: IntakeForm::of_values(&lens, &values, &people, &intake::stations(visit, &values)),
        opening: typed.is_some_and(|typed| typed.contains_key("description")),
        may_open: visit.may(Need::Intake),
        care: NumberCare::of(
            &text.from,
            read.mark.as_ref(),
            text.station,
            ("text", text.id.to_string()),
            (visit, &lens),
        ),
        page: Page::new(visit, &board, Section::Inbox, title).live("/live?ticket=-").says(says),
    };
    show(status, &html)
}

/// `POST /inbox/{id}/do/{action}`
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
    let command = Command::Inbox { text: read.held.text.id, what };
    match ask(&visit.app, ask::commander(&visit, ActorKind::Operator), command).await {
        CommandOutcome::Opened { number, .. } => intake::opened(&visit, number, &typed).await,
        CommandOutcome::Done | CommandOutcome::Candidates(_) => Ok(Redirect::to("/inbox").into_response()),
        CommandOutcome::Refused(refusal) => {
            let (says, status) = ask::refused(visit.w, &refusal);
            let read = load(&visit, &id).await?;
            draw(&visit, &read, Some(&typed), Some(says), status)
        }
    }
}

fn command(deed: Deed, typed: &Typed, visit: &Visit) -> Result<InboxCommand, Vec<&'static str>> {
    let said = |name: &str| typed.get(name).map(|value| value.trim().to_owned()).unwrap_or_default();
    Ok(match deed {
        Deed::OpenTicket => InboxCommand::OpenTicket(Box::new(intake_read::read(typed, visit)?)),
        Deed::Send => {
            let sentence = Prepared::parse(&said("sentence")).ok_or(vec!["lacks-sentence"])?;
            InboxCommand::Send { sentence }
        }
        Deed::Write => {
            let words = said("words");
            if words.is_empty() {
                return Err(vec!["lacks-words"]);
            }
            InboxCommand::Write { words }
        }
        Deed::Done => InboxCommand::Done { note: said("note") },
    })
}

//! Taking a wish in: the form an operator fills while listening, for a draft of the menu, a call-back or by hand.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Form, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::ask::{self, ask};
use super::failure::Failure;
use super::forms::{Choice, Typed};
use super::intake_read;
use super::page::{Lens, Page, Says, Section, show};
use super::papers;
use super::recording::RecordingShown;
use super::ticket_page::{self, Shown};
use super::ticket_view::TicketView;
use super::visit::Visit;
use crate::desk::command::{Command, CommandOutcome, TicketCommand};
use crate::domain::actor::{ActorKind, Role};
use crate::domain::area::AreaCode;
use crate::domain::call::CallerTrust;
use crate::domain::category::CategoryCode;
use crate::domain::ids::{PersonId, StationId};
use crate::domain::person::Gender;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::ticket::Confidentiality;
use crate::domain::ticket_number::TicketNumber;
use crate::domain::urgency::Urgency;
use crate::store::queries::register::PersonFound;

/// What the form shows.
pub struct IntakeForm {
    pub caller: String,
    pub stations: Vec<Choice>,
    pub people: Vec<Choice>,
    pub groups: Vec<CategoryGroup>,
    pub streets: Vec<StreetChoice>,
    pub address: String,
    pub description: String,
    pub from: String,
    pub until: String,
    pub urgencies: Vec<Choice>,
    pub consent: bool,
    pub confidential: bool,
    /// The number is only claimed: whoever has spoken with them at it says so.
    pub claimed: bool,
    pub helper_genders: Vec<Choice>,
    /// Each of the three risk questions: its name, its words, and its answers.
    pub risks: Vec<(&'static str, String, Vec<Choice>)>,
    /// Whether the child's guardian will be there.
    pub guardian: Vec<Choice>,
    pub danger: bool,
    pub safe_from: String,
    pub safe_until: String,
    pub answer: String,
    pub recordings: Vec<RecordingShown>,
}

/// Categories under their plan group.
pub struct CategoryGroup {
    pub label: String,
    pub categories: Vec<CategoryChoice>,
}

pub struct CategoryChoice {
    pub code: String,
    pub label: String,
    pub hint: String,
    /// What typing finds it by.
    pub find: String,
    pub chosen: bool,
}

pub struct StreetChoice {
    pub code: String,
    pub name: String,
    pub chosen: bool,
    pub committees: Vec<Choice>,
}

impl IntakeForm {
    /// The form of a ticket in intake: what the menu found out, or what was typed and refused.
    pub fn of_ticket(lens: &Lens<'_>, view: &TicketView, typed: Option<&Typed>) -> Self {
        let ticket = &view.ticket;
        let mut values = typed.cloned().unwrap_or_default();
        if !values.contains_key("description") {
            let local = |moment| lens.zone().local(moment);
            let known = [
                ("caller", ticket.caller.as_ref().map(|number| number.national(&lens.app.numbering))),
                ("beneficiary", ticket.beneficiary.map(|person| person.to_string())),
                ("category", ticket.category.as_ref().map(|code| code.to_string())),
                ("area", ticket.area.as_ref().map(|code| code.to_string())),
                ("address", ticket.address.clone()),
                ("description", Some(ticket.description.clone())),
                ("from", ticket.window.map(|window| local(window.from))),
                ("until", ticket.window.map(|window| local(window.until))),
                ("helper_gender", ticket.gender_wish.map(|gender| gender.name().to_owned())),
                ("risk_1", intake_read::answered(ticket.risk, 0)),
                ("risk_2", intake_read::answered(ticket.risk, 1)),
                ("risk_3", intake_read::answered(ticket.risk, 2)),
                ("guardian", ticket.guardian.map(|there| if there { "yes" } else { "no" }.into())),
                ("danger", view.mark.as_ref().is_some_and(|mark| mark.abuser_near).then(|| "1".into())),
                ("consent", ticket.survey_consent.then(|| "1".into())),
                ("confidential", (ticket.confidentiality != Confidentiality::Normal).then(|| "1".into())),
            ];
            values.extend(known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        }
        let people: Vec<&PersonFound> = view.beneficiary.iter().chain(&view.maybe).collect();
        let mut form = Self::of_values(lens, &values, &people, &[]);
        form.claimed = ticket.caller_trust == CallerTrust::Unverified;
        form.recordings = super::recording::shown(&view.recordings, lens, true);
        form
    }

    pub fn of_values(
        lens: &Lens<'_>,
        values: &Typed,
        people: &[&PersonFound],
        stations: &[StationId],
    ) -> Self {
        let said = |name: &str| values.get(name).cloned().unwrap_or_default();
        let nobody = Choice { value: String::new(), label: lens.w.t("nobody-registered"), chosen: false };
        let mut people: Vec<Choice> = people
            .iter()
            .map(|found| Choice {
                value: found.id.to_string(),
                label: format!(
                    "{} · {} {}",
                    found.name.as_deref().unwrap_or("–"),
                    lens.area(found.area.as_ref()),
                    found.address.as_deref().unwrap_or_default()
                ),
                chosen: said("beneficiary") == found.id.to_string(),
            })
            .collect();
        if !people.is_empty() {
            let chosen = people.iter().all(|choice| !choice.chosen);
            people.push(Choice { chosen, ..nobody });
        }
        Self {
            caller: said("caller"),
            stations: stations
                .iter()
                .map(|id| Choice {
                    value: id.to_string(),
                    label: lens.board.places.station_name(*id),
                    chosen: said("station") == id.to_string(),
                })
                .collect(),
            people,
            groups: groups(lens, &said("category")),
            streets: streets(lens, &said("area")),
            address: said("address"),
            description: said("description"),
            from: said("from"),
            until: said("until"),
            urgencies: urgencies(lens, &said("urgency")),
            consent: values.contains_key("consent"),
            confidential: values.contains_key("confidential"),
            claimed: false,
            helper_genders: helper_genders(lens, &said("helper_gender")),
            risks: intake_read::RISKS
                .iter()
                .map(|name| (*name, lens.w.t(&name.replace('_', "-")), no_or_yes(lens, &said(name))))
                .collect(),
            guardian: no_or_yes(lens, &said("guardian")),
            danger: values.contains_key("danger"),
            safe_from: said("safe_from"),
            safe_until: said("safe_until"),
            answer: said("answer"),
            recordings: vec![],
        }
    }
}

fn no_or_yes(lens: &Lens<'_>, said: &str) -> Vec<Choice> {
    let choice = |value: &str| Choice { value: value.into(), label: lens.w.t(value), chosen: said == value };
    vec![choice("no"), choice("yes")]
}

fn urgencies(lens: &Lens<'_>, chosen: &str) -> Vec<Choice> {
    let choice = |urgency: &Urgency| Choice {
        value: urgency.name().into(),
        label: lens.w.name("urgency", urgency.name()),
        chosen: chosen == urgency.name(),
    };
    Urgency::ALL.iter().map(choice).collect()
}

fn helper_genders(lens: &Lens<'_>, chosen: &str) -> Vec<Choice> {
    let choice = |gender: &Gender| Choice {
        value: gender.name().into(),
        label: lens.w.name("gender", gender.name()),
        chosen: chosen == gender.name(),
    };
    Gender::ALL.iter().map(choice).collect()
}

/// Plan groups in the order people ask for them; any other comes after.
const GROUPS: [&str; 14] =
    ["EMG", "ELD", "DIS", "CHD", "POV", "CON", "CAR", "HLT", "ENT", "EMP", "INF", "INS", "PTN", "UNT"];

fn groups(lens: &Lens<'_>, chosen: &str) -> Vec<CategoryGroup> {
    let rank =
        |code: &CategoryCode| GROUPS.iter().position(|group| *group == code.group()).unwrap_or(GROUPS.len());
    let mut groups: BTreeMap<(usize, &str), CategoryGroup> = BTreeMap::new();
    let catalogue = lens.app.catalogue();
    for (code, category) in &catalogue.categories {
        let group = groups.entry((rank(code), code.group())).or_insert_with(|| CategoryGroup {
            label: lens.w.name("group", code.group()),
            categories: vec![],
        });
        group.categories.push(CategoryChoice {
            code: code.to_string(),
            label: lens.category(Some(code)),
            hint: format!("{} · {}", category.urgency, lens.w.name("tier", category.tier.name())),
            find: format!("{code} {} {}", category.zh, category.en).to_lowercase(),
            chosen: code.as_str() == chosen,
        });
    }
    groups.into_values().collect()
}

fn streets(lens: &Lens<'_>, chosen: &str) -> Vec<StreetChoice> {
    let is = |code: &AreaCode| code.as_str() == chosen;
    lens.board
        .places
        .streets()
        .into_iter()
        .map(|street| StreetChoice {
            code: street.area.code.to_string(),
            name: street.area.name.clone(),
            chosen: is(&street.area.code),
            committees: street
                .committees
                .into_iter()
                .map(|committee| Choice {
                    value: committee.code.to_string(),
                    label: committee.name.clone(),
                    chosen: is(&committee.code),
                })
                .collect(),
        })
        .collect()
}

#[derive(Template)]
#[template(path = "new.html")]
struct NewPage {
    page: Page,
    intake: IntakeForm,
    linked: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// A number to begin with, from a live call or a person's page.
    caller: String,
    beneficiary: String,
    /// Where that call came in.
    station: String,
    /// The earlier ticket of the same matter.
    linked: String,
}

/// `GET /tickets/new`
pub(crate) async fn blank(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let mut typed = Typed::from([("caller".to_owned(), asked.caller)]);
    typed.insert("beneficiary".to_owned(), asked.beneficiary);
    typed.insert("station".to_owned(), asked.station);
    typed.insert("linked".to_owned(), asked.linked);
    draw(&visit, &typed, None, StatusCode::OK).await
}

async fn draw(
    visit: &Visit,
    typed: &Typed,
    says: Option<Says>,
    status: StatusCode,
) -> Result<Response, Failure> {
    let board = visit.app.live.now();
    let lens = Lens::new(visit, &board);
    let people = known(visit, typed).await?;
    let html = NewPage {
        linked: typed.get("linked").cloned().unwrap_or_default(),
        intake: IntakeForm::of_values(
            &lens,
            typed,
            &people.iter().collect::<Vec<_>>(),
            &stations(visit, typed),
        ),
        page: Page::new(visit, &board, Section::Intake, visit.w.t("nav-new")).says(says),
    };
    show(status, &html)
}

/// Stations the user takes wishes in for, and the one below them that is meant.
pub(crate) fn stations(visit: &Visit, typed: &Typed) -> Vec<StationId> {
    let held = visit.user.roles.iter().filter(|(role, _)| *role == Role::Operator);
    let mut stations: Vec<StationId> = held.map(|(_, station)| *station).collect();
    let meant = typed.get("station").and_then(|id| id.parse().ok()).map(StationId);
    let below = visit.app.live.now().places.below(stations.iter().copied());
    stations.extend(meant.filter(|station| below.contains(station)));
    stations.sort();
    stations.dedup();
    stations
}

/// Whom the number stands for, and the person who was named.
pub(crate) async fn known(visit: &Visit, typed: &Typed) -> Result<Vec<PersonFound>, Failure> {
    use crate::store::queries::register;
    let number = typed.get("caller").and_then(|n| PhoneNumber::parse(n, &visit.app.numbering).ok());
    let named = typed.get("beneficiary").and_then(|id| id.parse().ok()).map(PersonId);
    let found = visit
        .app
        .read(move |connection| {
            let mut people = match &number {
                Some(number) => register::people_of(connection, number)?,
                None => vec![],
            };
            if let Some(named) = named
                && people.iter().all(|person| person.id != named)
            {
                people.extend(register::person(connection, named)?);
            }
            Ok(people)
        })
        .await?;
    Ok(found)
}

/// `POST /tickets/new`
pub(crate) async fn open(
    visit: Visit,
    form: Result<Form<Typed>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(typed) = form.map_err(|_| Failure::Unreadable)?;
    // Asks for whom the number stands for, and shows the form again.
    if typed.contains_key("look") {
        return draw(&visit, &typed, None, StatusCode::OK).await;
    }
    let intake = match intake_read::read(&typed, &visit) {
        Ok(intake) => intake,
        Err(problems) => {
            let says = ask::lacks(visit.w, &problems);
            return draw(&visit, &typed, Some(says), StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    let commander = ask::commander(&visit, ActorKind::Operator);
    match ask(&visit.app, commander, Command::Open(Box::new(intake))).await {
        CommandOutcome::Opened { number, .. } => opened(&visit, number, &typed).await,
        CommandOutcome::Done | CommandOutcome::Candidates(_) => Ok(Redirect::to("/board").into_response()),
        CommandOutcome::Refused(refusal) => {
            let (says, status) = ask::refused(visit.w, &refusal);
            draw(&visit, &typed, Some(says), status).await
        }
    }
}

/// A ticket was opened from a form; with its first button it is dispatched in the same breath.
pub(crate) async fn opened(visit: &Visit, number: TicketNumber, typed: &Typed) -> Result<Response, Failure> {
    let way = format!("/tickets/{number}");
    if !typed.contains_key("dispatch") {
        return Ok(Redirect::to(&way).into_response());
    }
    let view = ticket_page::load(visit, &number.to_string()).await?;
    // What was typed is in it already.
    let what = TicketCommand::Dispatch(Box::default());
    let command = Command::Ticket { ticket: view.ticket.id, version: view.ticket.version, what };
    match ask(&visit.app, ask::commander(visit, ActorKind::Operator), command).await {
        CommandOutcome::Done | CommandOutcome::Opened { .. } | CommandOutcome::Candidates(_) => {
            Ok(Redirect::to(&way).into_response())
        }
        CommandOutcome::Refused(refusal) => {
            // It is there, and waits in intake for what it lacks.
            let (says, status) = ask::refused(visit.w, &refusal);
            let shown = Shown { says: Some(says), refused: None, open: None };
            ticket_page::draw(visit, &view, shown, status).await
        }
    }
}

/// The people as a list for the page of a call-back.
pub(crate) fn names(people: &[PersonFound], lens: &Lens<'_>) -> Vec<papers::Fact> {
    people
        .iter()
        .map(|found| papers::Fact {
            name: lens.w.t("fact-maybe"),
            text: found.name.clone().unwrap_or_else(|| lens.w.t("erased")),
            href: Some(format!("/people?id={}", found.id)),
        })
        .collect()
}

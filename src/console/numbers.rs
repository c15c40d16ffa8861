//! What is noted of a telephone number: danger near it, abuse from it. A block of several pages, and its forms.

use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::Response;

use super::access::Need;
use super::ask::{self, ask};
use super::failure::Failure;
use super::forms::Typed;
use super::only_says;
use super::page::{Lens, Section};
use super::visit::Visit;
use crate::desk::command::{Command, NumberCommand};
use crate::domain::actor::{ActorKind, Role};
use crate::domain::ids::{CallbackId, MessageId, StationId};
use crate::domain::names::named_enum;
use crate::domain::number_mark::NumberMark;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::safety::AbuseStep;
use crate::domain::ticket::Window;
use crate::domain::ticket_number::TicketNumber;

/// Hours a limit begins with in the form.
const HOURS: u16 = 24;

/// The page that says why nothing was noted.
const TITLE: (Section, &str) = (Section::Callbacks, "care-title");

/// The block of a page: what is noted, and what may be.
pub struct NumberCare {
    pub number: String,
    pub station: StationId,
    /// The page it stands on: the name of a field and its value.
    pub page: (&'static str, String),
    pub near: bool,
    pub safe: String,
    pub safe_from: String,
    pub safe_until: String,
    pub abuse: &'static str,
    /// Anything is held against it.
    pub noted: bool,
    pub limited: String,
    pub hours: u16,
    pub may_limit: bool,
}

impl NumberCare {
    /// Nothing for a reader who may mark no number.
    pub fn of(
        number: &PhoneNumber,
        mark: Option<&NumberMark>,
        station: StationId,
        page: (&'static str, String),
        (visit, lens): (&Visit, &Lens<'_>),
    ) -> Option<Self> {
        if !visit.may(Need::MarkNumber) {
            return None;
        }
        let window = mark.and_then(|mark| mark.safe);
        let local = |moment: Option<_>| moment.map(|at| lens.zone().local(at)).unwrap_or_default();
        let abuse = mark.map_or(AbuseStep::None, |mark| mark.abuse);
        let limited = mark.filter(|mark| mark.is_limited(lens.now)).and_then(|mark| mark.limited_until);
        Some(Self {
            number: number.as_str().to_owned(),
            station,
            page,
            near: mark.is_some_and(|mark| mark.abuser_near),
            safe: window
                .map(|window| format!("{} – {}", lens.time(window.from), lens.time(window.until)))
                .unwrap_or_default(),
            safe_from: local(window.map(|window| window.from)),
            safe_until: local(window.map(|window| window.until)),
            abuse: abuse.name(),
            noted: abuse != AbuseStep::None,
            limited: limited.map(|until| lens.time(until)).unwrap_or_default(),
            hours: HOURS,
            may_limit: visit.user.holds(Role::Supervisor),
        })
    }
}

named_enum! {
    /// A button of the block.
    enum Deed {
        Danger = "danger",
        Safe = "safe",
        Abuse = "abuse",
        Limit = "limit",
        Lift = "lift",
    }
}

/// `POST /numbers`: the number travels in the form, never in an address.
pub(crate) async fn mark(
    visit: Visit,
    form: Result<Form<Typed>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(typed) = form.map_err(|_| Failure::Unreadable)?;
    let said = |name: &str| typed.get(name).map(|value| value.trim().to_owned()).unwrap_or_default();
    let deed = Deed::parse(&said("deed")).ok_or(Failure::NotFound)?;
    let number =
        PhoneNumber::parse(&said("number"), &visit.app.numbering).map_err(|_| Failure::Unreadable)?;
    let station = said("station").parse().map(StationId).map_err(|_| Failure::Unreadable)?;
    let note = said("note");
    let lacks =
        |lack| only_says::draw(&visit, ask::lacks(visit.w, &[lack]), StatusCode::UNPROCESSABLE_ENTITY, TITLE);
    let what = match deed {
        Deed::Danger => match safe(&typed, &visit) {
            Ok(safe) => NumberCommand::Danger { near: true, safe, note },
            Err(lack) => return lacks(lack),
        },
        Deed::Safe => NumberCommand::Danger { near: false, safe: None, note },
        Deed::Abuse => NumberCommand::Abuse { note },
        Deed::Limit => NumberCommand::Limit { hours: said("hours").parse().unwrap_or(0), note },
        Deed::Lift => NumberCommand::Lift { note },
    };
    let command = Command::Number { number, station, what };
    let asked = ask(&visit.app, ask::commander(&visit, ActorKind::Operator), command).await;
    only_says::or_back(&visit, asked, &back(&typed), TITLE)
}

/// The safe time of a form: both its ends, or neither; one half, or a time that has been, is a mistake to name.
pub(crate) fn safe(typed: &Typed, visit: &Visit) -> Result<Option<Window>, &'static str> {
    let said = |name: &str| typed.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    let (from, until) = (said("safe_from"), said("safe_until"));
    if from.is_none() && until.is_none() {
        return Ok(None);
    }
    let moment = |text: Option<&str>| text.and_then(|text| visit.app.zone.parse_local(text));
    match (moment(from), moment(until)) {
        (Some(from), Some(until)) if from < until && until > visit.now => Ok(Some(Window { from, until })),
        (Some(_) | None, Some(_) | None) => Err("wrong-safe-time"),
    }
}

/// To the page the block stood on.
fn back(typed: &Typed) -> String {
    let said = |name: &str| typed.get(name).map(String::as_str).unwrap_or_default();
    if let Ok(number) = TicketNumber::parse(said("ticket")) {
        return format!("/tickets/{number}");
    }
    if let Ok(id) = said("callback").parse::<CallbackId>() {
        return format!("/callbacks/{id}");
    }
    if let Ok(id) = said("text").parse::<MessageId>() {
        return format!("/inbox/{id}");
    }
    "/callbacks".into()
}

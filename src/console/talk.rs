//! What an operator does with the call they talk in, from the bar on every page.

use axum::extract::{Form, Path};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::access::User;
use super::ask::{self};
use super::failure::Failure;
use super::forms::Typed;
use super::page::Lens;
use super::seat::{self, operator_of};
use super::visit::Visit;
use crate::desk::command::{CallCommand, Command};
use crate::domain::call::{Call, CallPart};
use crate::domain::extension::Extension;
use crate::domain::ids::{CallId, UserId, VolunteerId};
use crate::domain::names::named_enum;
use crate::domain::operator::OperatorState;
use crate::domain::phone_number::{EMERGENCY_NUMBERS, PhoneNumber};
use crate::store::queries::operators::{self, AtWork, Caller, Seat};

/// Before the badge of a helper where somebody is chosen: their number is nobody's to see.
const HELPER: &str = "helper:";

named_enum! {
    /// A button of the bar while its operator talks.
    pub(crate) enum CallDeed {
        Hold = "hold",
        Resume = "resume",
        Mute = "mute",
        Unmute = "unmute",
        /// The caller is led on at once.
        Transfer = "transfer",
        /// Whoever is chosen is asked first, while the caller hears music.
        Ask = "ask",
        BringIn = "bring_in",
        HangUp = "hang_up",
    }
}

impl CallDeed {
    /// Its single key: a digit, for the letters are the pages' own, and a ticket is often open while its caller talks.
    pub fn key(self) -> &'static str {
        match self {
            Self::Hold | Self::Resume => "1",
            Self::Mute | Self::Unmute => "2",
            Self::Transfer => "3",
            Self::Ask => "4",
            Self::BringIn => "5",
            Self::HangUp => "0",
        }
    }

    /// Whether somebody has to be chosen for it.
    pub fn needs_somebody(self) -> bool {
        match self {
            Self::Transfer | Self::Ask | Self::BringIn => true,
            Self::Hold | Self::Resume | Self::Mute | Self::Unmute | Self::HangUp => false,
        }
    }

    fn command(self, to: String) -> CallCommand {
        match self {
            Self::Hold => CallCommand::Hold { on: true },
            Self::Resume => CallCommand::Hold { on: false },
            Self::Mute => CallCommand::Mute { on: true },
            Self::Unmute => CallCommand::Mute { on: false },
            Self::Transfer => CallCommand::Transfer { to },
            Self::Ask => CallCommand::BringIn { to, aside: true },
            Self::BringIn => CallCommand::BringIn { to, aside: false },
            Self::HangUp => CallCommand::HangUp,
        }
    }
}

/// Somebody else on the line.
pub(crate) struct OtherOnLine {
    pub who: String,
    pub part: &'static str,
    /// Their telephone still rings.
    pub rings: bool,
}

/// Somebody who may be wanted on the line.
pub(crate) struct Whom {
    pub value: String,
    pub label: String,
}

/// Those who may be wanted, of one kind.
pub(crate) struct WhomGroup {
    /// Names the kind.
    pub name: &'static str,
    pub people: Vec<Whom>,
}

/// The talk as the bar shows it.
pub(crate) struct Talk {
    pub call: CallId,
    pub held: bool,
    pub muted: bool,
    pub others: Vec<OtherOnLine>,
    /// What may be done at once.
    pub at_once: Vec<CallDeed>,
    /// What somebody has to be chosen for.
    pub with_somebody: Vec<CallDeed>,
    pub whom: Vec<WhomGroup>,
}

impl Talk {
    /// Of an operator who talks, or whose telephone rings for a talk.
    pub fn of(seat: &Seat, operator: &User, lens: &Lens<'_>) -> Option<Self> {
        let state = seat.standing.as_ref().map(|standing| standing.state)?;
        let caller = seat.caller.as_ref().filter(|caller| caller.call.ended_at.is_none())?;
        let (call, user) = (&caller.call, seat.record.user);
        let own = caller.legs.iter().find(|leg| leg.operator == Some(user) && talks(leg));
        let muted = own.is_some_and(|leg| leg.muted);
        let others = caller.legs.iter().filter(|leg| leg.operator != Some(user));
        let mut talk = Self {
            call: call.id,
            held: call.held,
            muted,
            others: others.filter_map(|leg| other_on_line(leg, lens)).collect(),
            at_once: vec![],
            with_somebody: vec![],
            whom: vec![],
        };
        // Who is being rung back has not answered yet: there is nobody to lead on.
        if state == OperatorState::Talking && own.is_some() && call.answered_at.is_some() {
            talk.at_once.push(if call.held { CallDeed::Resume } else { CallDeed::Hold });
            talk.at_once.push(if muted { CallDeed::Unmute } else { CallDeed::Mute });
            talk.with_somebody.push(CallDeed::Transfer);
            if !caller.legs.iter().any(is_a_third) {
                talk.with_somebody.extend([CallDeed::Ask, CallDeed::BringIn]);
            }
            talk.whom = whom(caller, user, operator, lens);
        }
        (state == OperatorState::Talking || !talk.others.is_empty()).then_some(talk)
    }

    /// Whether the others go on when the operator hangs up.
    pub fn may_leave(&self) -> bool {
        self.others.iter().any(|other| other.part == CallPart::BroughtIn.name())
    }
}

fn talks(leg: &Call) -> bool {
    leg.joins.is_some_and(|joins| matches!(joins.part, CallPart::Talks | CallPart::BroughtIn))
}

fn is_a_third(leg: &Call) -> bool {
    leg.joins.is_some_and(|joins| joins.part == CallPart::BroughtIn)
}

/// A supervisor who only listens is heard by nobody and shown to nobody.
fn other_on_line(leg: &Call, lens: &Lens<'_>) -> Option<OtherOnLine> {
    let part = leg.joins?.part;
    if part == CallPart::Listens {
        return None;
    }
    let colleague = leg.operator.and_then(|user| lens.board.seats.get(&user));
    let who = match colleague {
        Some(seat) => seat.name.clone(),
        None if EMERGENCY_NUMBERS.contains(&leg.dialled.as_str()) => leg.dialled.clone(),
        None if Extension::of_target(&leg.dialled).is_some() => String::new(),
        None => PhoneNumber::parse(&leg.dialled, &lens.app.numbering)
            .map(|number| number.to_string())
            .unwrap_or_default(),
    };
    Some(OtherOnLine { who, part: part.name(), rings: leg.answered_at.is_none() })
}

/// Who may be led to or brought in: colleagues who are ready, whoever is at work for the caller, the three numbers.
fn whom(caller: &Caller, user: UserId, operator: &User, lens: &Lens<'_>) -> Vec<WhomGroup> {
    let is_ready = |seat: &&Seat| {
        let state = seat.standing.as_ref().map(|standing| standing.state);
        seat.record.user != user && state == Some(OperatorState::Ready)
    };
    let colleagues = lens.board.seats.values().filter(is_ready).map(|seat| {
        let station = seat.record.stations.first().map(|id| lens.board.places.station_name(*id));
        let label = format!("{} {} · {}", seat.record.extension, seat.name, station.unwrap_or_default());
        Whom { value: seat.record.extension.to_string(), label }
    });
    let helpers = helpers(caller, operator, lens).map(|helper| {
        let ticket = &lens.board.tickets[&helper.ticket].ticket;
        let name = helper.name.as_deref().unwrap_or_default();
        Whom { value: format!("{HELPER}{}", helper.volunteer), label: format!("{name} · {}", ticket.number) }
    });
    let emergency = EMERGENCY_NUMBERS
        .map(|number| Whom { value: number.into(), label: lens.w.name("emergency-number", number) });
    let groups = [
        WhomGroup { name: "operators", people: colleagues.collect() },
        WhomGroup { name: "helpers", people: helpers.collect() },
        WhomGroup { name: "emergency", people: emergency.into() },
    ];
    groups.into_iter().filter(|group| !group.people.is_empty()).collect()
}

/// Those at work for the caller at tickets that the operator sees.
fn helpers<'a>(
    caller: &'a Caller,
    operator: &'a User,
    lens: &'a Lens<'_>,
) -> impl Iterator<Item = &'a AtWork> {
    caller.helpers.iter().filter(|helper| {
        lens.board.tickets.get(&helper.ticket).is_some_and(|live| operator.sees(&live.ticket))
    })
}

/// `POST /seat/call/{action}`: the bar again for a page that stands, or back to where the form was.
pub(crate) async fn act(
    visit: Visit,
    Path(deed): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Typed>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(typed) = form.map_err(|_| Failure::Unreadable)?;
    let deed = CallDeed::parse(&deed).ok_or(Failure::NotFound)?;
    let said = |name: &str| typed.get(name).map(|value| value.trim().to_owned()).unwrap_or_default();
    let call: CallId = said("call").parse().map_err(|_| Failure::NotFound)?;
    let to = if deed.needs_somebody() {
        // What was typed goes before what was chosen.
        let typed = Some(said("number")).filter(|number| !number.is_empty());
        let to = typed.unwrap_or_else(|| said("to"));
        resolved(&visit, &to).await?
    } else {
        Some(String::new())
    };
    let Some(to) = to else {
        let says = ask::lacks(visit.w, &["lacks-whom"]);
        return seat::answer(&visit, &headers, Some(says), StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let command = Command::Call { call, what: deed.command(to) };
    seat::command(&visit, &headers, command).await
}

/// What the desk is told for somebody who was chosen; none for nobody.
async fn resolved(visit: &Visit, chosen: &str) -> Result<Option<String>, Failure> {
    let Some(badge) = chosen.strip_prefix(HELPER) else {
        return Ok(Some(chosen.to_owned()).filter(|chosen| !chosen.is_empty()));
    };
    let user = visit.user.id;
    let seat = visit.app.read(move |connection| Ok(operators::seat_of(connection, user)?)).await?;
    let Some(caller) = seat.and_then(|seat| seat.caller) else { return Ok(None) };
    let board = visit.app.live.now();
    let (operator, lens) = (operator_of(visit, &board), Lens::new(visit, &board));
    let badge = badge.parse().ok().map(VolunteerId);
    let found = helpers(&caller, &operator, &lens).find(|helper| Some(helper.volunteer) == badge);
    Ok(found.map(|helper| helper.number.as_str().to_owned()))
}

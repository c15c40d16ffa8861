//! The papers beside a ticket: facts, clocks, work, offers with their reasons, visits, texts, calls.

use super::access::User;
use super::page::Lens;
use super::ticket_view::TicketView;
use crate::domain::call::Call;
use crate::domain::category::{Category, DefaultWindow};
use crate::domain::ids::VolunteerId;
use crate::domain::message::TextState;
use crate::domain::offer::{Offer, OfferState};
use crate::domain::ticket::{Objection, Ticket, TicketState, Window};
use crate::store::queries::register::PersonFound;

/// A fact with its name; `href` leads to where more of it is.
pub struct Fact {
    pub name: String,
    pub text: String,
    pub href: Option<String>,
}

pub struct ClockShown {
    pub name: String,
    pub due: String,
    pub ms: i64,
    pub running: bool,
    pub breached: bool,
    /// What is said of one that does not run.
    pub still: String,
}

pub fn clocks(ticket: &Ticket, lens: &Lens<'_>) -> Vec<ClockShown> {
    let shown = |clock: &crate::domain::clocks::Clock| {
        let running = clock.is_running() && ticket.state.is_open();
        let still = match clock.stopped {
            Some(at) if clock.breached_at.is_some() || at > clock.due => {
                lens.w.t1("clock-late", "at", lens.time(at))
            }
            Some(at) => lens.w.t1("clock-met", "at", lens.time(at)),
            None => lens.w.t("clock-paused"),
        };
        ClockShown {
            name: lens.w.name("clock", clock.kind.name()),
            due: lens.time(clock.due),
            ms: clock.due.as_millis(),
            running,
            breached: clock.breached_at.is_some(),
            still,
        }
    };
    ticket.clocks.iter().map(shown).collect()
}

fn window(window: Window, lens: &Lens<'_>) -> String {
    format!("{} – {}", lens.time(window.from), lens.time(window.until))
}

fn person(found: &PersonFound, lens: &Lens<'_>) -> String {
    let name = found.name.clone().unwrap_or_else(|| lens.w.t("erased"));
    let flags: Vec<String> = found.flags.iter().map(|flag| lens.w.name("flag", flag)).collect();
    if flags.is_empty() { name } else { format!("{name} ({})", flags.join(&lens.w.t("comma"))) }
}

/// Who said that it is not theirs and why, who decides, and by when.
fn objection(objection: Objection, view: &TicketView, lens: &Lens<'_>) -> String {
    let station = || lens.board.places.station_name(objection.station);
    let values = [
        ("from", objection.facility.map_or_else(station, |id| view.names.facility(id))),
        ("reason", lens.w.name("reason", objection.reason.name())),
        ("station", lens.board.places.station_name(objection.decides)),
        ("at", lens.time(objection.due)),
    ];
    lens.w.filled(if objection.is_final { "objection-ruling" } else { "objection-review" }, &values)
}

/// What the catalogue says is entrusted to whoever comes, and who may take it (SAF-6).
fn entrusted(ticket: &Ticket, lens: &Lens<'_>) -> String {
    let catalogue = lens.app.catalogue();
    let category = ticket.category.as_ref().and_then(|code| catalogue.find(code));
    let entrusts = category.map(|category| category.entrusts.as_slice()).unwrap_or_default();
    let each: Vec<String> = entrusts.iter().map(|what| lens.w.name("entrusted", what.name())).collect();
    each.join(" · ")
}

/// How often it came back, as far as it did.
fn counts(ticket: &Ticket, lens: &Lens<'_>) -> String {
    let counts = [
        ("count-redo", ticket.redo_count),
        ("count-reopen", ticket.reopen_count),
        ("count-return", ticket.return_count),
        ("count-repeat", ticket.repeat_count),
    ];
    let counted: Vec<String> =
        counts.iter().filter(|(_, n)| *n > 0).map(|(key, n)| lens.w.t1(key, "n", n)).collect();
    counted.join(" · ")
}

fn objections<'a>(
    view: &'a TicketView,
    lens: &'a Lens<'_>,
) -> impl Iterator<Item = (&'static str, String)> + 'a {
    let key = |it: &Objection| if it.part.is_some() { "fact-objection-part" } else { "fact-objection" };
    view.ticket.progress.objections.iter().map(move |it| (key(it), objection(*it, view, lens)))
}

/// When somebody is expected; a time that only the category gave where one is to be agreed says so.
fn expected(ticket: &Ticket, lens: &Lens<'_>) -> String {
    let Some(span) = ticket.window else { return String::new() };
    let span = window(span, lens);
    if is_time_to_be_agreed(ticket, lens) {
        format!("{span} · {}", lens.w.t("time-to-be-agreed"))
    } else {
        span
    }
}

/// Whether the category wants a time agreed with the resident, and nobody has.
pub(super) fn is_time_to_be_agreed(ticket: &Ticket, lens: &Lens<'_>) -> bool {
    let agree = |category: &Category| category.window == DefaultWindow::Agree;
    let catalogue = lens.app.catalogue();
    let category = ticket.category.as_ref().and_then(|code| catalogue.find(code));
    let waits = ticket.state.is_open() && ticket.window.is_some() && ticket.progress.time_agreed_at.is_none();
    waits && category.is_some_and(agree)
}

pub fn facts(view: &TicketView, lens: &Lens<'_>) -> Vec<Fact> {
    let ticket = &view.ticket;
    let w = lens.w;
    let mut facts = Vec::new();
    let mut add = |key: &str, text: String, href: Option<String>| {
        if !text.is_empty() {
            facts.push(Fact { name: w.t(key), text, href });
        }
    };
    add("fact-caller", lens.number(ticket.caller.as_ref()), None);
    let beneficiary = view.beneficiary.as_ref().map(|found| person(found, lens)).unwrap_or_default();
    add("fact-beneficiary", beneficiary, ticket.beneficiary.map(|id| format!("/people?id={id}")));
    for found in &view.maybe {
        add("fact-maybe", person(found, lens), Some(format!("/people?id={}", found.id)));
    }
    add("fact-area", lens.area(ticket.area.as_ref()), None);
    add("fact-address", ticket.address.clone().unwrap_or_default(), None);
    let basis = ticket.area.is_some() || ticket.address.is_some();
    let basis = basis.then(|| w.name("place-basis", ticket.place_basis.name()));
    add("fact-place-basis", basis.unwrap_or_default(), None);
    add("fact-for-whom", if ticket.for_other { w.t("for-other") } else { String::new() }, None);
    add("fact-window", expected(ticket, lens), None);
    let station = lens.board.places.station_name(ticket.owner);
    add("fact-owner", format!("{station} · {}", w.name("tier", ticket.tier.name())), None);
    if ticket.first_receiver != ticket.owner {
        add("fact-first-receiver", lens.board.places.station_name(ticket.first_receiver), None);
    }
    objections(view, lens).for_each(|(key, text)| add(key, text, None));
    let rises = ticket.progress.supervision_due.filter(|_| ticket.state.is_open()).map(|at| {
        let level = (ticket.supervision + 1).to_string();
        w.filled("supervision-rises", &[("at", lens.time(at)), ("n", level)])
    });
    add("fact-supervision", rises.unwrap_or_default(), None);
    let handlers: Vec<&str> =
        ticket.handlers.iter().filter_map(|handler| view.names.doer(*handler)).collect();
    add("fact-handlers", handlers.join(&w.t("comma")), None);
    add("fact-opened", lens.zone().full(ticket.opened_at), None);
    add("fact-channel", w.name("channel", ticket.channel.name()), None);
    add("fact-language", w.name("language", ticket.language.name()), None);
    add("fact-consent", w.t(if ticket.survey_consent { "yes" } else { "no" }), None);
    whom_they_want(view, lens).into_iter().for_each(|(key, text)| add(key, text, None));
    let risk = ticket.risk.map(|yes| w.t(if yes.contains(&true) { "risk-yes" } else { "risk-no" }));
    add("fact-risk", risk.unwrap_or_default(), None);
    let guardian = ticket.guardian.map(|there| w.t(if there { "guardian-there" } else { "guardian-away" }));
    add("fact-guardian", guardian.unwrap_or_default(), None);
    add("fact-entrusted", entrusted(ticket, lens), None);
    add("fact-police", ticket.police_report.clone().unwrap_or_default(), None);
    add("fact-counts", counts(ticket, lens), None);
    if let Some(into) = view.merged_into {
        add("fact-merged-into", into.to_string(), Some(format!("/tickets/{into}")));
    }
    for number in &view.merged_here {
        add("fact-merged-here", number.to_string(), Some(format!("/tickets/{number}")));
    }
    for number in &view.linked {
        add("fact-linked", number.to_string(), Some(format!("/tickets/{number}")));
    }
    if matches!(ticket.state, TicketState::Closed | TicketState::Archived) {
        let caller = ticket.caller.as_ref().map(|number| number.as_str()).unwrap_or_default();
        let caller = caller.replace('+', "%2B");
        let href = format!("/tickets/new?linked={}&caller={caller}", ticket.id);
        add("fact-again", w.t("open-linked"), Some(href));
    }
    facts
}

/// By whom they want to be helped, and by whom not.
fn whom_they_want(view: &TicketView, lens: &Lens<'_>) -> [(&'static str, String); 2] {
    let wish = view.ticket.gender_wish.map(|gender| lens.w.name("gender", gender.name()));
    let unwanted: Vec<String> = view.excluded.iter().map(|id| view.names.volunteer(*id)).collect();
    [("fact-helper-gender", wish.unwrap_or_default()), ("fact-excluded", unwanted.join(&lens.w.t("comma")))]
}

pub struct WorkShown {
    pub role: String,
    pub kind: String,
    pub state: &'static str,
    pub station: String,
    pub slots: u8,
    pub wave: u8,
    /// A co-handler's own time, where it runs.
    pub until: Option<String>,
    pub late: bool,
}

pub fn work(view: &TicketView, lens: &Lens<'_>) -> Vec<WorkShown> {
    view.work
        .iter()
        .map(|item| WorkShown {
            role: lens.w.name("role", item.role.name()),
            kind: lens.w.name("handler", item.kind.name()),
            state: item.state.name(),
            // Whose it is to do; the station keeps the duty where an institution does it.
            station: item
                .facility
                .map_or_else(|| lens.board.places.station_name(item.station), |id| view.names.facility(id)),
            slots: item.slots,
            wave: item.wave,
            until: item
                .clock
                .as_ref()
                .filter(|clock| item.state.is_live() && clock.is_running())
                .map(|clock| lens.time(clock.due)),
            late: item.clock.as_ref().is_some_and(|clock| clock.breached_at.is_some()),
        })
        .collect()
}

/// An offer with why it went to whom.
pub struct OfferShown {
    pub who: String,
    pub place: String,
    pub wave: u8,
    pub state: &'static str,
    /// How the tag looks: good, warm or plain.
    pub tone: &'static str,
    pub at: String,
    pub rank: [(&'static str, u16); 5],
}

pub fn offers(view: &TicketView, lens: &Lens<'_>) -> Vec<OfferShown> {
    view.offers.iter().map(|offer| offer_shown(offer, view, lens)).collect()
}

fn offer_shown(offer: &Offer, view: &TicketView, lens: &Lens<'_>) -> OfferShown {
    let found = view.names.volunteers.get(&offer.volunteer);
    let rank = offer.rank;
    OfferShown {
        who: view.names.volunteer(offer.volunteer),
        place: found.map(|found| lens.area(Some(&found.area))).unwrap_or_default(),
        wave: offer.wave,
        state: offer.state.name(),
        tone: match offer.state {
            OfferState::Accepted => "is-good",
            OfferState::Draft | OfferState::Sent | OfferState::Delivered => "is-warm",
            OfferState::Declined
            | OfferState::Expired
            | OfferState::Withdrawn
            | OfferState::TooLate
            | OfferState::Failed => "",
        },
        at: lens.time(offer.ended_at.or(offer.sent_at).unwrap_or(offer.created_at)),
        rank: [
            ("rank-ring", rank.ring),
            ("rank-acceptance", rank.acceptance),
            ("rank-fairness", rank.fairness),
            ("rank-continuity", rank.continuity),
            ("rank-rating", rank.rating),
        ],
    }
}

pub struct VisitShown {
    pub who: String,
    /// The volunteer; staff have none.
    pub badge: Option<VolunteerId>,
    pub state: &'static str,
    pub live: bool,
    pub window: String,
    pub code: String,
}

pub fn visits(view: &TicketView, lens: &Lens<'_>) -> Vec<VisitShown> {
    view.assignments
        .iter()
        .map(|assignment| {
            let staff = assignment.person.and_then(|person| view.names.people.get(&person).cloned());
            let station = || lens.board.places.station_name(assignment.station);
            VisitShown {
                who: assignment
                    .volunteer
                    .map(|volunteer| view.names.volunteer(volunteer))
                    .or(staff)
                    .unwrap_or_else(station),
                badge: assignment.volunteer,
                state: assignment.state.name(),
                live: assignment.state.is_live(),
                window: window(assignment.window, lens),
                // Staff come without one.
                code: assignment.volunteer.map(|_| assignment.visit_code.to_string()).unwrap_or_default(),
            }
        })
        .collect()
}

pub struct TextShown {
    pub to: String,
    pub body: String,
    pub state: &'static str,
    pub bad: bool,
    pub at: String,
}

pub fn texts(view: &TicketView, lens: &Lens<'_>) -> Vec<TextShown> {
    view.texts
        .iter()
        .map(|text| TextShown {
            to: lens.number(Some(&text.to)),
            body: text.body.clone(),
            state: text.state.name(),
            bad: matches!(text.state, TextState::Failed | TextState::Expired),
            at: lens.time(text.created_at),
        })
        .collect()
}

pub struct CallShown {
    pub direction: String,
    pub number: String,
    pub at: String,
    pub length: String,
    pub result: String,
}

pub fn call_shown(call: &Call, lens: &Lens<'_>) -> CallShown {
    let length = call.answered_at.zip(call.ended_at).map(|(from, until)| {
        let seconds = until.since(from).as_secs();
        format!("{}:{:02}", seconds / 60, seconds % 60)
    });
    CallShown {
        direction: lens.w.name("direction", call.direction.name()),
        number: lens.number(call.number.as_ref()),
        at: lens.time(call.started_at),
        length: length.unwrap_or_default(),
        result: call.result.map(|result| lens.w.name("result", result.name())).unwrap_or_default(),
    }
}

pub fn calls(view: &TicketView, lens: &Lens<'_>) -> Vec<CallShown> {
    view.calls.iter().map(|call| call_shown(call, lens)).collect()
}

/// Another ticket in a list.
pub struct OtherShown {
    pub number: String,
    pub category: String,
    pub state: &'static str,
    pub urgency: &'static str,
    pub at: String,
    pub place: String,
    pub owner: String,
}

/// Only those the reader may see.
pub fn others(tickets: &[Ticket], user: &User, lens: &Lens<'_>) -> Vec<OtherShown> {
    tickets.iter().filter(|ticket| user.sees(ticket)).map(|ticket| other(ticket, lens)).collect()
}

pub fn other(ticket: &Ticket, lens: &Lens<'_>) -> OtherShown {
    OtherShown {
        number: ticket.number.to_string(),
        category: lens.category(ticket.category.as_ref()),
        state: ticket.state.name(),
        urgency: ticket.urgency.name(),
        at: lens.time(ticket.opened_at),
        place: lens.area(ticket.area.as_ref()),
        owner: lens.board.places.station_name(ticket.owner),
    }
}

//! A ticket's page: where it stands, what may be done, what happened, and who and where.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::access::Need;
use super::board_page::why;
use super::failure::Failure;
use super::forms::{Drawing, Form, Kind, Typed};
use super::institutions;
use super::intake::IntakeForm;
use super::moves::{self, Action};
use super::numbers::NumberCare;
use super::page::{Lens, Page, Says, Section, show};
use super::papers::{
    self, CallShown, ClockShown, Fact, OfferShown, OtherShown, TextShown, VisitShown, WorkShown,
};
use super::recording::RecordingShown;
use super::story::{self, Entry};
use super::ticket_view::{self, TicketView};
use super::visit::Visit;
use crate::domain::assignment::{Assignment, AssignmentState};
use crate::domain::ticket::Ticket;
use crate::domain::ticket_number::TicketNumber;

#[derive(Template)]
#[template(path = "ticket.html")]
struct TicketPage<'a> {
    page: Page,
    ticket: &'a Ticket,
    category: String,
    why: String,
    /// The number of the last line of history shown.
    seen: i64,
    clocks: Vec<ClockShown>,
    forms: Vec<Form>,
    may_note: Option<Form>,
    intake: Option<IntakeForm>,
    handled_by_me: bool,
    two_go: bool,
    /// Whether the reader may see who could be asked.
    may_look: bool,
    may_sad_event: bool,
    care: Option<NumberCare>,
    history: Vec<Entry>,
    facts: Vec<Fact>,
    recordings: Vec<RecordingShown>,
    work: Vec<WorkShown>,
    offers: Vec<OfferShown>,
    visits: Vec<VisitShown>,
    texts: Vec<TextShown>,
    calls: Vec<CallShown>,
    others: Vec<OtherShown>,
}

/// What is special about this drawing of the page.
#[derive(Default)]
pub(crate) struct Shown<'a> {
    pub says: Option<Says>,
    /// The action that was refused, with what was typed into its form.
    pub refused: Option<(Action, &'a Typed)>,
    pub open: Option<Action>,
}

impl Shown<'_> {
    /// Whether the form of this action is read at once.
    fn stands_open(&self, action: Action) -> bool {
        self.open == Some(action) || self.refused.is_some_and(|(refused, _)| refused == action)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// What was done just before.
    did: String,
    /// What was noted of a helper just before.
    noted: String,
    /// The action whose form is to stand open.
    r#do: String,
}

/// `GET /tickets/{number}`
pub(crate) async fn page(
    visit: Visit,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let view = load(&visit, &number).await?;
    let did = Action::parse(&asked.did).map(|action| {
        let name = visit.w.t(&format!("act-{}", action.name().replace('_', "-")));
        Says { refused: false, lines: vec![visit.w.t1("done-action", "action", name)] }
    });
    let noted = (asked.noted == "sad_event")
        .then(|| Says { refused: false, lines: vec![visit.w.t("sad-event-noted")] });
    let shown = Shown { says: did.or(noted), refused: None, open: Action::parse(&asked.r#do) };
    draw(&visit, &view, shown, StatusCode::OK).await
}

/// The ticket, when it is there and theirs to see.
pub(crate) async fn load(visit: &Visit, number: &str) -> Result<TicketView, Failure> {
    let number = TicketNumber::parse(number).map_err(|_| Failure::NotFound)?;
    let view = visit.app.read(move |connection| ticket_view::read(connection, number)).await?;
    let catalogue = visit.app.catalogue();
    let view = view.map(|mut view| {
        let category = view.ticket.category.as_ref().and_then(|code| catalogue.find(code));
        view.two_go |= category.is_some_and(|category| category.persons >= 2);
        view
    });
    view.filter(|view| visit.user.sees_with(&view.ticket, &view.work)).ok_or(Failure::NotFound)
}

pub(crate) async fn draw(
    visit: &Visit,
    view: &TicketView,
    shown: Shown<'_>,
    status: StatusCode,
) -> Result<Response, Failure> {
    let board = visit.app.live.now();
    let lens = Lens::new(visit, &board);
    let ticket = &view.ticket;
    let played = moves::parts_for(&visit.user, ticket, &view.work, &board.places);
    let may = visit.may(Need::Move);
    let mut offered = if may { moves::offered(ticket, &view.work, &played) } else { vec![] };
    // Nobody is kept away: nobody can be let come again.
    offered.retain(|action| *action != Action::Readmit || !view.excluded.is_empty());
    let handled_by_me = moves::handled_by(&visit.user, ticket);
    let is_asked =
        offered.contains(&Action::AssignInstitution) && shown.stands_open(Action::AssignInstitution);
    let institutions = if is_asked { institutions::to_choose(visit, ticket).await.ok() } else { None };
    let drawing = Drawing {
        lens: &lens,
        view,
        refused: shown.refused,
        open: shown.open,
        institutions: institutions.as_deref(),
    };
    let for_institutions = institutions::may_have(visit, ticket);
    let in_bar = |action: &Action| {
        let of_intake =
            matches!(action, Action::Complete | Action::Dispatch | Action::Explain | Action::Note);
        let closing = matches!(action, Action::Close | Action::SurveyAnswers);
        let on_the_way = || view.staff_are(|visit| visit.state != AssignmentState::OnSite);
        let nobody = *action == Action::AssignInstitution && !for_institutions
            || matches!(action, Action::Arrived | Action::Late) && !on_the_way()
            || *action == Action::Well && !view.staff_are(Assignment::is_asked_after);
        !(of_intake || closing && handled_by_me || nobody)
    };
    let category = lens.category(ticket.category.as_ref());
    let title = format!("{} {category}", ticket.number);
    let typed = shown.refused.map(|(_, typed)| typed);
    let html = TicketPage {
        forms: offered.iter().filter(|a| in_bar(a)).map(|action| drawing.form(*action)).collect(),
        may_note: offered.contains(&Action::Note).then(|| drawing.form(Action::Note)),
        intake: offered.contains(&Action::Dispatch).then(|| IntakeForm::of_ticket(&lens, view, typed)),
        may_sad_event: visit.may(Need::SadEvent),
        care: ticket.caller.as_ref().and_then(|caller| {
            let on = ("ticket", ticket.number.to_string());
            NumberCare::of(caller, view.mark.as_ref(), ticket.owner, on, (visit, &lens))
        }),
        may_look: may && ticket.state.is_open() && !view.work.is_empty(),
        handled_by_me: handled_by_me && offered.contains(&Action::Close),
        two_go: view.two_go,
        category,
        why: why(ticket, &lens),
        seen: view.history.last().map_or(0, |line| line.seq),
        clocks: papers::clocks(ticket, &lens),
        history: story::tell(&view.history, &lens, &view.names),
        facts: papers::facts(view, &lens),
        recordings: super::recording::shown(&view.recordings, &lens, visit.may(Need::Listen)),
        work: papers::work(view, &lens),
        offers: papers::offers(view, &lens),
        visits: papers::visits(view, &lens),
        texts: papers::texts(view, &lens),
        calls: papers::calls(view, &lens),
        others: papers::others(&view.others, &visit.user, &lens),
        ticket,
        page: Page::new(visit, &board, Section::Board, title)
            .live(format!("/live?ticket={}", ticket.id))
            .own(format!("/tickets/{}", ticket.number))
            .says(shown.says),
    };
    show(status, &html)
}

/// What happened since the reader's page was drawn, as sentences.
pub(crate) fn since(visit: &Visit, view: &TicketView, typed: &Typed) -> Vec<String> {
    /// Sentences shown at most: the history below has them all.
    const SHOWN: usize = 5;
    let seen: i64 = typed.get("seen").and_then(|seen| seen.parse().ok()).unwrap_or(i64::MAX);
    let newer: Vec<_> = view.history.iter().filter(|line| line.seq > seen).cloned().collect();
    let board = visit.app.live.now();
    let lens = Lens::new(visit, &board);
    let told = story::tell(&newer, &lens, &view.names);
    let line = |entry: &Entry| format!("{} {} {}", entry.clock, entry.text, entry.by);
    told.iter().rev().take(SHOWN).rev().map(line).collect()
}

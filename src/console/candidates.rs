//! Who may be asked for a ticket, who may not and why: "why not Ana?", answered by the desk itself.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::access::Need;
use super::ask::{self, ask};
use super::failure::Failure;
use super::institutions;
use super::moves::{self, Action};
use super::page::{Lens, Page, Says, Section, show};
use super::ticket_page;
use super::visit::Visit;
use crate::desk::candidates::{ASKED_ABOUT, Candidate, Candidates};
use crate::desk::command::{Command, CommandOutcome};
use crate::domain::actor::ActorKind;
use crate::domain::ids::VolunteerId;
use crate::domain::ticket::Ticket;
use crate::store::error::StoreError;
use crate::store::queries::register::{self, VolunteerFound};

/// Letters a name needs at least to be looked for.
const SEARCH_CHARS: usize = 1;

/// One volunteer of a list.
struct Shown {
    badge: String,
    name: String,
    place: String,
    /// The sentences of the engine: how near, or each rule that speaks against.
    why: Vec<String>,
    may_be_asked: bool,
    may_be_chosen: bool,
    place_in_order: Option<usize>,
    rank: Vec<(&'static str, u16)>,
    score: u32,
    offer: Option<&'static str>,
}

/// A list with its heading.
struct Group {
    heading: &'static str,
    hint: &'static str,
    empty: &'static str,
    shown: Vec<Shown>,
}

#[derive(Template)]
#[template(path = "candidates.html")]
struct CandidatesPage<'a> {
    page: Page,
    ticket: &'a Ticket,
    category: String,
    words: String,
    considered: u32,
    eligible: u32,
    against: Vec<(String, u32)>,
    /// Why no volunteer is looked for, where the catalogue leaves it to others.
    for_others: Option<String>,
    groups: Vec<Group>,
    institutions: Vec<InstitutionShown>,
    /// Whether the reader may assign somebody from here.
    may_assign: bool,
    /// Whether the reader may give it to an institution.
    may_give: bool,
}

/// An institution that takes such work.
struct InstitutionShown {
    facility: i64,
    name: String,
    place: String,
    region: Option<String>,
    why: String,
    may_be_told: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    q: String,
}

type Names = BTreeMap<VolunteerId, VolunteerFound>;

/// `GET /tickets/{number}/candidates`
pub(crate) async fn page(
    visit: Visit,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let view = ticket_page::load(&visit, &number).await?;
    let words = asked.q.trim().to_owned();
    let about = look_up(&visit, &words).await?;
    let command = Command::Candidates { ticket: view.ticket.id, about };
    let (told, says, status) =
        match ask(&visit.app, ask::commander(&visit, ActorKind::Dispatcher), command).await {
            CommandOutcome::Candidates(told) => (Some(*told), None, StatusCode::OK),
            CommandOutcome::Refused(no) => {
                let (says, status) = ask::refused(visit.w, &no);
                (None, Some(says), status)
            }
            CommandOutcome::Done | CommandOutcome::Opened { .. } => (None, None, StatusCode::OK),
        };
    let names = names(&visit, told.as_ref()).await?;
    let board = visit.app.live.now();
    let lens = Lens::new(&visit, &board);
    let played = moves::parts_for(&visit.user, &view.ticket, &view.work, &board.places);
    let may_assign = visit.may(Need::Move)
        && moves::part_for(Action::AssignVolunteer, &view.ticket, &view.work, &played).is_some();
    let may_give = visit.may(Need::Move)
        && moves::part_for(Action::AssignInstitution, &view.ticket, &view.work, &played).is_some();
    draw(&lens, &visit, &view.ticket, Drawn { told, names, words, says, may_assign, may_give }, status)
}

struct Drawn {
    told: Option<Candidates>,
    names: Names,
    words: String,
    says: Option<Says>,
    may_assign: bool,
    may_give: bool,
}

fn draw(
    lens: &Lens<'_>,
    visit: &Visit,
    ticket: &Ticket,
    drawn: Drawn,
    status: StatusCode,
) -> Result<Response, Failure> {
    let Drawn { told, names, words, says, may_assign, may_give } = drawn;
    let told = told.unwrap_or_else(|| Candidates {
        considered: 0,
        eligible: 0,
        against: vec![],
        best: vec![],
        others: vec![],
        about: vec![],
        volunteers_may: true,
        institutions: vec![],
    });
    let list = |candidates: &[Candidate], ordered: bool| -> Vec<Shown> {
        let place = |at: usize| ordered.then_some(at + 1);
        candidates.iter().enumerate().map(|(at, one)| shown(one, place(at), &names, lens)).collect()
    };
    let group = |heading, hint, empty, shown| Group { heading, hint, empty, shown };
    let mut groups = vec![];
    if !words.is_empty() {
        groups.push(group("cand-about", "", "cand-nobody", list(&told.about, false)));
    }
    // Where no volunteer may, empty lists of volunteers would say nothing.
    if told.volunteers_may {
        groups.push(group("cand-best", "cand-best-hint", "cand-none", list(&told.best, true)));
        groups.push(group("cand-others", "cand-others-hint", "cand-no-others", list(&told.others, false)));
    }
    let institutions: Vec<InstitutionShown> = told
        .institutions
        .iter()
        .map(|one| InstitutionShown {
            facility: one.facility.0,
            name: one.name.clone(),
            place: lens.area(Some(&one.area)),
            region: institutions::region(one, lens),
            why: one.why.in_language(lens.w.language).to_owned(),
            may_be_told: one.may_be_told,
        })
        .collect();
    let key = if institutions.is_empty() { "cand-for-staff" } else { "cand-for-institutions" };
    let for_others = (!told.volunteers_may).then(|| lens.w.t(key));
    let category = lens.category(ticket.category.as_ref());
    let title = format!("{} · {} {category}", lens.w.t("cand-title"), ticket.number);
    let html = CandidatesPage {
        considered: told.considered,
        eligible: told.eligible,
        against: told
            .against
            .iter()
            .map(|(why, n)| (why.in_language(lens.w.language).to_owned(), *n))
            .collect(),
        for_others,
        groups,
        institutions,
        may_give,
        category,
        words,
        ticket,
        may_assign,
        page: Page::new(visit, lens.board, Section::Board, title).says(says),
    };
    show(status, &html)
}

/// The volunteers a name or badge may mean.
async fn look_up(visit: &Visit, words: &str) -> Result<Vec<VolunteerId>, Failure> {
    if words.chars().count() < SEARCH_CHARS {
        return Ok(vec![]);
    }
    let words = words.to_owned();
    let found = visit
        .app
        .read(move |connection| -> Result<_, StoreError> {
            Ok(register::find_volunteers(connection, &words, ASKED_ABOUT)?)
        })
        .await?;
    Ok(found)
}

async fn names(visit: &Visit, told: Option<&Candidates>) -> Result<Names, Failure> {
    let lists = told.map(|told| [&told.best, &told.others, &told.about]);
    let badges: Vec<VolunteerId> = lists.into_iter().flatten().flatten().map(|one| one.volunteer).collect();
    let read = move |connection: &rusqlite::Connection| -> Result<_, StoreError> {
        Ok(register::volunteers(connection, &badges)?)
    };
    Ok(visit.app.read(read).await?)
}

fn shown(one: &Candidate, place: Option<usize>, names: &Names, lens: &Lens<'_>) -> Shown {
    let found = names.get(&one.volunteer);
    let rank = one.rank.unwrap_or_default();
    let parts = [
        ("rank-ring", rank.ring),
        ("rank-acceptance", rank.acceptance),
        ("rank-fairness", rank.fairness),
        ("rank-continuity", rank.continuity),
        ("rank-rating", rank.rating),
    ];
    Shown {
        badge: format!("{:05}", one.volunteer.0),
        name: found.and_then(|found| found.name.clone()).unwrap_or_else(|| lens.w.t("erased")),
        place: found.map(|found| lens.area(Some(&found.area))).unwrap_or_default(),
        why: one.why.iter().map(|why| why.in_language(lens.w.language).to_owned()).collect(),
        may_be_asked: one.may_be_asked,
        may_be_chosen: one.may_be_chosen,
        place_in_order: place,
        rank: if one.rank.is_some() { parts.to_vec() } else { vec![] },
        score: rank.score / 1_000,
        offer: one.offer.map(|state| state.name()),
    }
}

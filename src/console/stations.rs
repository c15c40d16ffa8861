//! The network of stations: who answers where, how much waits there, and which institutions take work.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::access::Need;
use super::board::{Board, is_overdue};
use super::failure::Failure;
use super::page::{Lens, Page, Section, show};
use super::visit::Visit;
use crate::domain::ids::StationId;
use crate::domain::opening::{DAYS_EN, DAYS_ZH, OpeningHours};
use crate::domain::phone_number::PhoneNumber;
use crate::store::error::StoreError;
use crate::store::queries::institutions::{self, InstitutionFound};

struct Shown {
    id: StationId,
    depth: usize,
    name: String,
    tier: &'static str,
    help_number: String,
    front: &'static str,
    hours: String,
    staffed: bool,
    notice_phone: String,
    rings: usize,
    open: usize,
    overdue: usize,
}

/// An institution of the reader's stations.
struct InstitutionShown {
    id: i64,
    name: String,
    area: String,
    takes: String,
    notice_phone: String,
    open: bool,
}

#[derive(Template)]
#[template(path = "stations.html")]
struct StationsPage {
    page: Page,
    stations: Vec<Shown>,
    may_see: bool,
    institutions: Vec<InstitutionShown>,
    words: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    q: String,
}

/// `GET /stations`
pub(crate) async fn page(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let board = visit.app.live.now();
    let words = asked.q.trim().to_owned();
    let institutions = institutions(&visit, &board, &words).await?;
    let mut waiting: BTreeMap<StationId, (usize, usize)> = BTreeMap::new();
    for live in board.tickets.values().filter(|live| visit.user.sees(&live.ticket)) {
        let (open, overdue) = waiting.entry(live.ticket.owner).or_default();
        *open += 1;
        *overdue += usize::from(is_overdue(&live.ticket, visit.now));
    }
    let stations = board.places.in_order().into_iter().filter(|(_, s)| visit.user.sees_station(s.id));
    let html = StationsPage {
        stations: stations
            .map(|(depth, station)| {
                let (open, overdue) = waiting.get(&station.id).copied().unwrap_or_default();
                Shown {
                    id: station.id,
                    depth: depth.min(2),
                    name: station.name.clone(),
                    tier: station.tier.name(),
                    help_number: station.help_number.clone(),
                    front: station.front.name(),
                    hours: hours(&station.hours, &visit),
                    staffed: station.staffed,
                    notice_phone: phone(station.notice_phone.as_ref(), &visit),
                    rings: station.ring.len(),
                    open,
                    overdue,
                }
            })
            .collect(),
        may_see: visit.may(Need::Tickets),
        institutions,
        words,
        page: Page::new(&visit, &board, Section::Stations, visit.w.t("nav-stations")),
    };
    show(StatusCode::OK, &html)
}

/// Those that lie in the places of stations the reader sees.
async fn institutions(visit: &Visit, board: &Board, words: &str) -> Result<Vec<InstitutionShown>, Failure> {
    let asked = words.to_owned();
    let areas = board.places.areas_of(visit.user.scope.iter().copied());
    let found = visit
        .app
        .read(move |connection| Ok::<_, StoreError>(institutions::list(connection, &asked, &areas)?))
        .await?;
    let lens = Lens::new(visit, board);
    let comma = lens.w.t("comma");
    let shown = |found: &InstitutionFound| InstitutionShown {
        id: found.id.0,
        name: found.name.clone(),
        area: lens.area(Some(&found.area)),
        takes: found.categories.iter().map(|code| lens.category(Some(code))).collect::<Vec<_>>().join(&comma),
        notice_phone: phone(found.notice_phone.as_ref(), visit),
        open: found.open,
    };
    Ok(found.iter().map(shown).collect())
}

/// When people are there, in the reader's words.
fn hours(hours: &OpeningHours, visit: &Visit) -> String {
    match hours {
        OpeningHours::Always => visit.w.t("hours-always"),
        OpeningHours::Working => visit.w.t("hours-working"),
        OpeningHours::Week(_) if visit.w.lang() == "en" => hours.written(&DAYS_EN),
        OpeningHours::Week(_) => hours.written(&DAYS_ZH),
    }
}

/// As it is dialled here; nothing where there is none.
fn phone(number: Option<&PhoneNumber>, visit: &Visit) -> String {
    number.map_or_else(String::new, |number| number.national(&visit.app.numbering))
}

//! The network of stations: who answers where, and how much waits there.

use std::collections::BTreeMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::access::Need;
use super::board::is_overdue;
use super::failure::Failure;
use super::page::{Page, Section, show};
use super::visit::Visit;
use crate::domain::ids::StationId;

struct Shown {
    id: StationId,
    depth: usize,
    name: String,
    tier: &'static str,
    help_number: String,
    front: &'static str,
    staffed: bool,
    rings: usize,
    open: usize,
    overdue: usize,
}

#[derive(Template)]
#[template(path = "stations.html")]
struct StationsPage {
    page: Page,
    stations: Vec<Shown>,
    may_see: bool,
}

/// `GET /stations`
pub(crate) async fn page(visit: Visit) -> Result<Response, Failure> {
    let board = visit.app.live.now();
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
                    staffed: station.staffed,
                    rings: station.ring.len(),
                    open,
                    overdue,
                }
            })
            .collect(),
        may_see: visit.may(Need::Tickets),
        page: Page::new(&visit, &board, Section::Stations, visit.w.t("nav-stations")),
    };
    show(StatusCode::OK, &html)
}

//! The stream behind a page: changed rows, figures, a beat. Filtered again for each reader before anything leaves.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Query;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::broadcast;

use super::access::Need;
use super::bands;
use super::board::{Figures, LiveTicket};
use super::board_page::row;
use super::failure::Failure;
use super::hub::Moved;
use super::page::Lens;
use super::seat;
use super::sieve::{Asked, Sieve, View};
use super::visit::Visit;
use crate::domain::ids::TicketId;
use crate::store::error::StoreError;
use crate::store::{queries, users};

/// A sign of life this often; a browser that hears nothing for 20 s says that the line is lost.
const BEAT: Duration = Duration::from_secs(15);
/// Tickets told again to a browser that comes back; with more it reads the page again.
const REPLAYED: u32 = 200;
/// A stream ends after this long and the browser comes back: whoever was logged out meanwhile does not.
const LONGEST: Duration = Duration::from_secs(15 * 60);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    view: String,
    urgency: String,
    station: String,
    /// One ticket's page instead of a board.
    ticket: String,
    /// The last event number the page knows of.
    since: String,
}

/// One reader's stream.
struct Reader {
    visit: Visit,
    asked: Asked,
    is_board: bool,
    ticket: Option<TicketId>,
    moved: broadcast::Receiver<Arc<Moved>>,
    ready: VecDeque<Event>,
    /// Rows the page shows: one that leaves is told to go.
    shown: BTreeSet<TicketId>,
    figures: Option<Figures>,
    views: BTreeMap<View, usize>,
    /// The bands as the page has them.
    bands: String,
    /// The seat as it was told last: told once at the beginning in any case.
    seat: Option<String>,
    ends: tokio::time::Instant,
}

/// `GET /live`
pub(crate) async fn stream(
    visit: Visit,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let moved = visit.app.live.moved.subscribe();
    let kept = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let since: i64 = kept.unwrap_or(wanted.since).parse().unwrap_or(0);
    let mut reader = Reader {
        asked: Asked { view: wanted.view, urgency: wanted.urgency, station: wanted.station },
        is_board: wanted.ticket.is_empty(),
        ticket: wanted.ticket.parse().ok(),
        moved,
        ready: VecDeque::new(),
        shown: BTreeSet::new(),
        figures: None,
        views: BTreeMap::new(),
        bands: bands::drawn(&visit),
        seat: None,
        ends: tokio::time::Instant::now() + LONGEST,
        visit,
    };
    reader.catch_up(since).await?;
    let events = stream::unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok::<_, Infallible>(event), reader))
    });
    let keep_alive = KeepAlive::new().interval(BEAT).event(beat());
    Ok(Sse::new(events).keep_alive(keep_alive).into_response())
}

fn beat() -> Event {
    Event::default().event("beat").data("{}")
}

impl Reader {
    /// Tells what changed between the page and now.
    async fn catch_up(&mut self, since: i64) -> Result<(), Failure> {
        let board = self.visit.app.live.now();
        let sieve = Sieve::new(&self.asked, &board);
        let shown = sieve.sift(&board, &self.visit.user, self.visit.now);
        self.shown = shown.iter().map(|live| live.ticket.id).collect();
        if since > 0 && since < board.seq {
            let changed = self
                .visit
                .app
                .read(move |connection| -> Result<_, StoreError> {
                    let Some(ids) = queries::live::tickets_since(connection, since, REPLAYED)? else {
                        return Ok(None);
                    };
                    let mut tickets = Vec::with_capacity(ids.len());
                    for id in ids {
                        let last_line = queries::live::last_event_of(connection, id)?;
                        let ticket = queries::tickets::by_id(connection, id)?;
                        tickets.extend(ticket.map(|ticket| Arc::new(LiveTicket::new(ticket, last_line))));
                    }
                    Ok(Some(tickets))
                })
                .await?;
            let everything = changed.is_none();
            let tickets = changed.unwrap_or_default();
            let missed = Moved {
                board,
                tickets,
                calls: true,
                callbacks: true,
                inbox: true,
                queue: true,
                care: true,
                everything,
            };
            self.tell(&missed);
        } else {
            let nothing = Moved {
                board,
                tickets: vec![],
                calls: false,
                callbacks: false,
                inbox: false,
                queue: false,
                care: false,
                everything: false,
            };
            self.tell(&nothing);
        }
        self.ready.push_back(beat());
        Ok(())
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let heard = tokio::time::timeout_at(self.ends, self.moved.recv()).await.ok()?;
            match heard {
                Ok(moved) => {
                    self.is_still_in().await.then_some(())?;
                    self.tell(&moved);
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    let board = self.visit.app.live.now();
                    self.ready.push_back(numbered("resync", board.seq, &json!({})));
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    /// Looks the session up again: whoever was shut out or lost a role hears nothing more.
    async fn is_still_in(&mut self) -> bool {
        let (session, now) = (self.visit.session, self.visit.app.clock.now());
        let found = self.visit.app.read(move |connection| users::session(connection, session, now)).await;
        let Ok(Some((_, user))) = found else { return false };
        self.visit.user.roles = user.roles;
        self.visit.may(Need::Tickets)
    }

    fn tell(&mut self, moved: &Moved) {
        let seq = moved.board.seq;
        self.visit.now = self.visit.app.clock.now();
        self.scope(moved);
        if moved.everything {
            self.ready.push_back(numbered("resync", seq, &json!({})));
        }
        for live in &moved.tickets {
            if let Some(event) = self.told_of(live, moved) {
                self.ready.push_back(event);
            }
        }
        if moved.calls {
            self.ready.push_back(numbered("calls", seq, &json!({})));
        }
        if moved.callbacks {
            self.ready.push_back(numbered("callbacks", seq, &json!({})));
        }
        if moved.inbox {
            self.ready.push_back(numbered("inbox", seq, &json!({})));
        }
        if moved.queue {
            self.ready.push_back(numbered("queue", seq, &json!({})));
        }
        if moved.care {
            self.ready.push_back(numbered("care", seq, &json!({})));
        }
        self.tell_figures(moved);
        self.tell_bands(seq);
        self.tell_seat(moved);
    }

    /// What the reader's own telephone does; drawn again only when it looks different.
    fn tell_seat(&mut self, moved: &Moved) {
        let seat = seat::drawn(&self.visit, &moved.board);
        if self.seat.as_ref() != Some(&seat) {
            self.ready.push_back(numbered("seat", moved.board.seq, &json!({ "html": seat })));
            self.seat = Some(seat);
        }
    }

    fn tell_bands(&mut self, seq: i64) {
        let bands = bands::drawn(&self.visit);
        if self.bands != bands {
            self.ready.push_back(numbered("bands", seq, &json!({ "html": bands })));
            self.bands = bands;
        }
    }

    /// Stations may have moved in the network.
    fn scope(&mut self, moved: &Moved) {
        self.visit.user.scope = moved.board.places.below(self.visit.user.stations_for(Need::Tickets));
    }

    fn told_of(&mut self, live: &LiveTicket, moved: &Moved) -> Option<Event> {
        let (ticket, seq) = (&live.ticket, moved.board.seq);
        if !self.is_board {
            let mine = self.ticket == Some(ticket.id) && self.visit.user.sees(ticket);
            let told = json!({ "id": ticket.id, "line": live.last_line });
            return mine.then(|| numbered("ticket", seq, &told));
        }
        let sieve = Sieve::new(&self.asked, &moved.board);
        if sieve.lets_through(ticket, &self.visit.user, self.visit.now) {
            self.shown.insert(ticket.id);
            let lens = Lens::new(&self.visit, &moved.board);
            let told = json!({ "id": ticket.id, "sort": live.sort_key(), "html": row(live, &lens) });
            return Some(numbered("row", seq, &told));
        }
        let was_shown = self.shown.remove(&ticket.id);
        was_shown.then(|| numbered("gone", seq, &json!({ "id": ticket.id })))
    }

    fn tell_figures(&mut self, moved: &Moved) {
        let figures = moved.board.figures(&self.visit.user, self.visit.now);
        if self.figures != Some(figures) {
            let told: BTreeMap<_, _> = figures
                .named()
                .into_iter()
                .map(|(name, text, bad)| (name, json!({ "text": text, "bad": bad })))
                .collect();
            self.ready.push_back(numbered("figures", moved.board.seq, &json!(told)));
            self.figures = Some(figures);
        }
        if !self.is_board {
            return;
        }
        let views = moved.board.view_counts(&self.visit.user, self.visit.now);
        if self.views != views {
            let told: BTreeMap<&str, usize> = views.iter().map(|(view, n)| (view.name(), *n)).collect();
            self.ready.push_back(numbered("views", moved.board.seq, &json!(told)));
            self.views = views;
        }
    }
}

/// An event whose id is the number of the last line of history it knows of.
fn numbered(name: &str, seq: i64, told: &serde_json::Value) -> Event {
    Event::default().event(name).id(seq.to_string()).data(told.to_string())
}

//! Keeps the board fresh: hears which rows changed, reads them again, publishes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, watch};
use tracing::warn;

use super::board::{ANSWER_WITHIN, Board, LiveTicket};
use super::places::Places;
use super::when::Zone;
use crate::clock::{self, Clock};
use crate::desk::write::Write;
use crate::domain::ids::{CallId, CallbackId, MessageId, TicketId};
use crate::domain::inbox::InboxState;
use crate::domain::timestamp::Timestamp;
use crate::store::error::StoreError;
use crate::store::{Store, queries};

/// Changes gather this long before they are read and shown together.
const GATHER: Duration = Duration::from_millis(120);
/// Changes one batch holds at most.
const BATCH: usize = 1_000;
/// Batches a slow stream may fall behind before it is told to read everything again.
const STREAM_LAG: usize = 64;
/// With nothing changed at all, figures are still read again this often.
const IDLE: Duration = Duration::from_secs(30);
/// The worst 24 hours of a week are reckoned anew at most this often.
const WORST_DAY_EVERY: Duration = Duration::from_secs(60);
/// Operators and the queue are read this often though nobody told: a login's new roles, and midnight.
const QUEUE_EVERY: Duration = Duration::from_secs(30);
/// The hub rests so many times as long as it read: however busy the line, its screens take a tenth of a core.
const RESTS: u32 = 9;
/// But never longer.
const LONGEST_REST: Duration = Duration::from_secs(2);
/// Pause after the store could not be read.
const RETRY: Duration = Duration::from_secs(2);

/// Which rows a commit changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// The number of the commit's last event.
    pub seq: i64,
    pub tickets: BTreeSet<TicketId>,
    pub calls: BTreeSet<CallId>,
    /// Those among them that are over: there is nothing to read of them.
    pub calls_over: BTreeSet<CallId>,
    pub callbacks: BTreeSet<CallbackId>,
    pub inbox: BTreeSet<MessageId>,
    /// What an operator does, or who waits for one.
    pub queue: bool,
    /// How far a care call has come.
    pub care: bool,
    /// Stations, areas, names or telephones changed.
    pub registers: bool,
}

impl Change {
    /// What the writes of a commit change of what the screens show.
    pub fn of<'a>(seq: i64, writes: impl IntoIterator<Item = &'a Write>) -> Self {
        let mut change = Self { seq, ..Self::default() };
        for write in writes {
            change.take(write);
        }
        change
    }

    fn take(&mut self, write: &Write) {
        match write {
            Write::Call(call) => {
                self.calls.insert(call.id);
                if call.ended_at.is_some() {
                    self.calls_over.insert(call.id);
                }
                self.tickets.extend(call.ticket);
            }
            Write::Callback(request) => {
                self.callbacks.insert(request.id);
            }
            Write::Inbox(text) => {
                self.inbox.insert(text.id);
            }
            Write::Ticket(ticket) => {
                self.tickets.insert(ticket.id);
            }
            Write::WorkItem(item) => {
                self.tickets.insert(item.ticket);
            }
            Write::Offer(offer) => {
                self.tickets.insert(offer.ticket);
            }
            Write::TaskNotice(notice) => {
                self.tickets.insert(notice.ticket);
            }
            Write::Assignment(assignment) => {
                self.tickets.insert(assignment.ticket);
            }
            Write::Survey(survey) => {
                self.tickets.insert(survey.ticket);
            }
            Write::Recording(recording) => self.tickets.extend(recording.ticket),
            Write::Event(draft) => self.tickets.extend(draft.ticket),
            Write::Attempt(attempt) => self.tickets.extend(attempt.ticket),
            Write::Text(text) => self.tickets.extend(text.ticket),
            // They are few: read whole.
            Write::Queue(_) | Write::Operator(_) => self.queue = true,
            Write::Care(_) => self.care = true,
            // Its line of history says of which ticket.
            Write::RecordingCut(_)
            | Write::CancelText(_)
            | Write::TextReported(_)
            | Write::TextHandled(_)
            | Write::Excluded { .. }
            | Write::Mark(_)
            | Write::CallDisposed { .. }
            | Write::DeviceTested { .. }
            | Write::Duty(_)
            | Write::Sequence { .. } => {}
        }
    }

    fn join(&mut self, other: Self) {
        self.seq = self.seq.max(other.seq);
        self.tickets.extend(other.tickets);
        self.calls.extend(other.calls);
        self.calls_over.extend(other.calls_over);
        self.callbacks.extend(other.callbacks);
        self.inbox.extend(other.inbox);
        self.queue |= other.queue;
        self.care |= other.care;
        self.registers |= other.registers;
    }

    /// Whether operators or who waits for them may look different. A bar shows the call and the names it stands for.
    fn is_of_the_queue(&self) -> bool {
        self.queue || self.registers || !self.calls.is_empty()
    }
}

/// What the streams are told: the board as it is, and what is different.
#[derive(Debug, Clone)]
pub struct Moved {
    pub board: Arc<Board>,
    /// The changed tickets, closed ones among them.
    pub tickets: Vec<Arc<LiveTicket>>,
    pub calls: bool,
    pub callbacks: bool,
    pub inbox: bool,
    /// Operators, or who waits for them.
    pub queue: bool,
    pub care: bool,
    /// Too much changed to tell: read everything again.
    pub everything: bool,
}

/// Both ends that pages and streams listen at.
#[derive(Debug, Clone)]
pub struct Live {
    pub board: watch::Receiver<Arc<Board>>,
    pub moved: broadcast::Sender<Arc<Moved>>,
}

impl Live {
    pub fn now(&self) -> Arc<Board> {
        Arc::clone(&self.board.borrow())
    }
}

/// The task that owns the board.
pub struct Hub {
    store: Store,
    clock: Clock,
    zone: Zone,
    changes: broadcast::Receiver<Change>,
    board: watch::Sender<Arc<Board>>,
    moved: broadcast::Sender<Arc<Moved>>,
    /// How long changes are gathered.
    rest: Duration,
}

impl Hub {
    /// Reads the board for the first time. The hub then has to be `run`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn start(
        store: Store,
        clock: Clock,
        zone: Zone,
        changes: broadcast::Receiver<Change>,
    ) -> Result<(Self, Live), StoreError> {
        let first = Arc::new(whole(&store, &clock, &zone).await?);
        let (board, watching) = watch::channel(first);
        let (moved, _) = broadcast::channel(STREAM_LAG);
        let live = Live { board: watching, moved: moved.clone() };
        Ok((Self { store, clock, zone, changes, board, moved, rest: GATHER }, live))
    }

    /// Follows the changes until nobody sends any more.
    pub async fn run(mut self) {
        loop {
            let heard = tokio::time::timeout(IDLE, self.changes.recv()).await;
            let read = match heard {
                Ok(Ok(first)) => {
                    tokio::time::sleep(self.rest).await;
                    match self.gather(first) {
                        Some(change) => self.follow(change).await,
                        None => self.start_over().await,
                    }
                }
                Ok(Err(broadcast::error::RecvError::Lagged(_))) => self.start_over().await,
                Ok(Err(broadcast::error::RecvError::Closed)) => return,
                Err(_idle) => self.follow(Change::default()).await,
            };
            if let Err(error) = read {
                warn!(%error, "the board could not be read; it is read whole in a moment");
                tokio::time::sleep(RETRY).await;
                if let Err(error) = self.start_over().await {
                    warn!(%error, "the board stays as it was");
                }
            }
        }
    }

    /// Joins what else came meanwhile; none when some of it was lost.
    fn gather(&mut self, first: Change) -> Option<Change> {
        let mut all = first;
        for _ in 0..BATCH {
            match self.changes.try_recv() {
                Ok(change) => all.join(change),
                Err(broadcast::error::TryRecvError::Lagged(_)) => return None,
                Err(broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed) => break,
            }
        }
        Some(all)
    }

    async fn start_over(&mut self) -> Result<(), StoreError> {
        let board = Arc::new(whole(&self.store, &self.clock, &self.zone).await?);
        self.publish(Moved {
            board,
            tickets: vec![],
            calls: true,
            callbacks: true,
            inbox: true,
            queue: true,
            care: true,
            everything: true,
        });
        Ok(())
    }

    async fn follow(&mut self, change: Change) -> Result<(), StoreError> {
        let began = clock::monotonic();
        let before = Arc::clone(&self.board.borrow());
        let now = self.clock.now();
        let day = self.zone.day_start(now);
        let store = self.store.clone();
        let read = move || store.read(|connection| changed(connection, &before, change, (day, now)));
        let moved = tokio::task::spawn_blocking(read).await.expect("reading the board does not panic")?;
        let took = clock::monotonic().saturating_duration_since(began);
        self.rest = (took * RESTS).clamp(GATHER, LONGEST_REST);
        self.publish(moved);
        Ok(())
    }

    fn publish(&self, moved: Moved) {
        self.board.send_replace(Arc::clone(&moved.board));
        // Nobody watching is no failure.
        self.moved.send(Arc::new(moved)).ok();
    }
}

async fn whole(store: &Store, clock: &Clock, zone: &Zone) -> Result<Board, StoreError> {
    let now = clock.now();
    let day = zone.day_start(now);
    let store = store.clone();
    let read = move || {
        store.read(|connection| -> Result<Board, StoreError> {
            let tickets = queries::tickets::open(connection)?;
            let calls = queries::live::living_calls(connection)?;
            let callbacks = queries::live::open_callbacks(connection)?;
            let inbox = queries::inbox::waiting(connection)?;
            Ok(Board {
                seq: queries::live::last_event(connection)?,
                tickets: tickets.into_iter().map(|t| (t.id, Arc::new(LiveTicket::new(t, 0)))).collect(),
                calls: calls.into_iter().map(|call| (call.id, Arc::new(call))).collect(),
                callbacks: callbacks.into_iter().map(|c| (c.id, Arc::new(c))).collect(),
                inbox: inbox.into_iter().map(|text| (text.id, Arc::new(text))).collect(),
                places: Arc::new(places(connection)?),
                answered: queries::live::answered_since(connection, day, ANSWER_WITHIN)?,
                seats: Arc::new(queries::operators::seats(connection)?),
                waiting: Arc::new(queries::operators::waiting(connection)?),
                waits: queries::operators::waits_since(connection, day, ANSWER_WITHIN)?,
                queue_read: now,
                worst_day: (now, queries::operators::worst_day(connection, now)?),
            })
        })
    };
    tokio::task::spawn_blocking(read).await.expect("reading the board does not panic")
}

fn places(connection: &rusqlite::Connection) -> Result<Places, StoreError> {
    Ok(Places::new(queries::places::stations(connection)?, queries::places::areas(connection)?))
}

/// The next board, with the changed rows read again.
fn changed(
    connection: &rusqlite::Connection,
    before: &Board,
    change: Change,
    (day, now): (Timestamp, Timestamp),
) -> Result<Moved, StoreError> {
    let mut board = before.clone();
    let mut tickets = Vec::with_capacity(change.tickets.len());
    for id in &change.tickets {
        let Some(ticket) = queries::tickets::by_id(connection, *id)? else { continue };
        let last_line = queries::live::last_event_of(connection, *id)?;
        let live = Arc::new(LiveTicket::new(ticket, last_line));
        if live.ticket.state.is_open() {
            board.tickets.insert(*id, Arc::clone(&live));
        } else {
            board.tickets.remove(id);
        }
        tickets.push(live);
    }
    for id in &change.calls {
        let is_over = change.calls_over.contains(id);
        let call = if is_over { None } else { queries::live::call(connection, *id)? };
        match call.filter(|call| call.ended_at.is_none()) {
            Some(call) => board.calls.insert(*id, Arc::new(call)),
            None => board.calls.remove(id),
        };
    }
    for id in &change.callbacks {
        match queries::live::callback(connection, *id)?.filter(|request| request.state.is_open()) {
            Some(request) => board.callbacks.insert(*id, Arc::new(request)),
            None => board.callbacks.remove(id),
        };
    }
    for id in &change.inbox {
        match queries::inbox::text(connection, *id)?.filter(|text| text.state == InboxState::Waiting) {
            Some(text) => board.inbox.insert(*id, Arc::new(text)),
            None => board.inbox.remove(id),
        };
    }
    if change.registers {
        board.places = Arc::new(places(connection)?);
    }
    board.answered = queries::live::answered_since(connection, day, ANSWER_WITHIN)?;
    // Who came and went within one batch leaves no row to differ, and has moved the figures all the same.
    let mut queue = change.queue || !change.callbacks.is_empty();
    if change.is_of_the_queue() || now.since(board.queue_read) >= QUEUE_EVERY {
        queue |= read_queue(connection, &mut board, (day, now))?;
    }
    if now.since(board.worst_day.0) >= WORST_DAY_EVERY {
        board.worst_day = (now, queries::operators::worst_day(connection, now)?);
    }
    board.seq = board.seq.max(change.seq);
    Ok(Moved {
        board: Arc::new(board),
        tickets,
        calls: !change.calls.is_empty(),
        callbacks: !change.callbacks.is_empty(),
        inbox: !change.inbox.is_empty(),
        queue,
        care: change.care,
        everything: false,
    })
}

/// Reads operators and who waits for them again; whether anything differs.
fn read_queue(
    connection: &rusqlite::Connection,
    board: &mut Board,
    (day, now): (Timestamp, Timestamp),
) -> Result<bool, StoreError> {
    let seats = queries::operators::seats(connection)?;
    let waiting = queries::operators::waiting(connection)?;
    let differs = seats != *board.seats || waiting != *board.waiting;
    if differs {
        board.seats = Arc::new(seats);
        board.waiting = Arc::new(waiting);
    }
    board.waits = queries::operators::waits_since(connection, day, ANSWER_WITHIN)?;
    board.queue_read = now;
    Ok(differs)
}

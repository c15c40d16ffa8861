//! The room's one task: it owns the link, the texts in hand and the parts that wait for each other,
//! and hears everything in one loop.

mod hearing;
mod inward;
mod standing;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use rusmppc::Event;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::clock::Clock;
use crate::domain::ids::Chance;
use crate::domain::message::OutgoingText;
use crate::domain::phone_number::NumberingPlan;
use crate::domain::timestamp::Timestamp;

use self::hearing::Heard;
use super::backoff::Backoff;
use super::counters::{Counters, count};
use super::courier::{Courier, Next};
use super::health::{Health, Link};
use super::inbound::{Arrived, PartKey, Reassembly};
use super::keeper::Keeper;
use super::link::{self, Landed, LinkError, Live, Outcome};
use super::ports::{Answer, Found, Happened, NotKept, Ports, Receipt};
use super::settings::Settings;

/// The outbox is looked into this often even if nobody rang.
const LOOK: Duration = Duration::from_secs(1);
/// Texts and receipts being kept at a time; above it nothing more is read from the socket.
const MAX_KEEPING: usize = 64;
/// Happenings not kept above which no more texts are taken.
const MAX_UNKEPT: usize = 1_000;
/// Receipts that came before their part's name was kept.
const MAX_EARLY: usize = 1_000;
/// When an early receipt is asked about again, each time after the time before.
/// A part's name is kept when its whole text has left, which a busy centre may delay.
const EARLY: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(60)];
/// The rest before a text is handed to the store again, when there is nobody who would send it again.
const LATE_RETRY: Duration = Duration::from_secs(1);
/// What waited at the centre has come in when nothing came for so long,
const QUIET: Duration = Duration::from_secs(5);
/// or so long after the start.
const QUIET_AT_MOST: Duration = Duration::from_mins(1);
/// How long what happened may take to be kept at the end.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// The room, ready to run.
pub struct Sms {
    settings: Settings,
    plan: NumberingPlan,
    ports: Ports,
    clock: Clock,
    chance: Chance,
    health: watch::Sender<Health>,
    counters: Arc<Counters>,
    backoff: Backoff,
    courier: Courier,
    keeper: Keeper,
    reassembly: Reassembly,
    state: State,
    sessions: u64,
    taking: Option<Answer<Vec<OutgoingText>>>,
    asked: usize,
    /// When to look into the outbox again.
    look_at: Timestamp,
    courier_deadline: Option<Timestamp>,
    arrivals: FuturesUnordered<BoxFuture<'static, Accepted>>,
    receipts: FuturesUnordered<BoxFuture<'static, Receipted>>,
    early: BTreeMap<(Timestamp, u64), Early>,
    next_early: u64,
    /// Texts without a part that will not come, whose keeping failed, and when to try again.
    late: VecDeque<(Arrived, Timestamp)>,
    /// When `drained` is said; none once it was.
    drained_by: Option<Timestamp>,
    quiet_since: Timestamp,
}

enum State {
    Down { until: Timestamp },
    Connecting(BoxFuture<'static, Result<Live, LinkError>>),
    Up(Box<Live>),
}

/// A receipt that was faster than its part's name, and how often it was asked about.
struct Early {
    receipt: Receipt,
    tries: usize,
}

/// A text that came in, and whether it is kept.
struct Accepted {
    arrived: Arrived,
    /// The link and the number of the `deliver_sm` to answer.
    answer: Option<(u64, u32)>,
    key: Option<PartKey>,
    kept: Result<(), NotKept>,
}

struct Receipted {
    receipt: Receipt,
    tries: usize,
    answer: Option<(u64, u32)>,
    kept: Result<Found, NotKept>,
}

impl Sms {
    pub fn new(settings: Settings, plan: NumberingPlan, ports: Ports, clock: Clock, chance: Chance) -> Self {
        let now = clock.now();
        let (health, _) =
            watch::channel(Health { link: Link::Connecting, since: now, problem: None, in_hand: 0 });
        Self {
            backoff: Backoff::new(
                Duration::from_millis(settings.reconnect_first_ms.into()),
                Duration::from_secs(settings.reconnect_longest_s.into()),
            ),
            courier: Courier::new(&settings),
            settings,
            plan,
            ports,
            clock,
            chance,
            health,
            counters: Arc::default(),
            keeper: Keeper::default(),
            reassembly: Reassembly::default(),
            state: State::Down { until: now },
            sessions: 0,
            taking: None,
            asked: 0,
            look_at: now,
            courier_deadline: None,
            arrivals: FuturesUnordered::new(),
            receipts: FuturesUnordered::new(),
            early: BTreeMap::new(),
            next_early: 0,
            late: VecDeque::new(),
            drained_by: Some(now + QUIET_AT_MOST),
            quiet_since: now,
        }
    }

    /// What it does, counted.
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// The link's health, as it changes.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    /// Runs until stopped; parts on the way are waited for, the rest goes back to the outbox.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            self.do_what_is_due();
            let heard = self.hear(&stop).await;
            if matches!(heard, Heard::Stop) {
                break;
            }
            self.take_in(heard);
        }
        self.finish().await;
    }

    /// Everything that needs no waiting.
    fn do_what_is_due(&mut self) {
        let now = self.clock.now();
        if matches!(self.state, State::Down { until } if until <= now) {
            self.sessions += 1;
            self.state = State::Connecting(link::connect(self.settings.clone(), self.sessions).boxed());
        }
        self.submit_what_may_leave(now);
        self.look_into_the_outbox(now);
        for arrived in self.reassembly.overdue(now) {
            self.accept(arrived, None, None, now);
        }
        while let Some((arrived, _)) = self.late.pop_front_if(|(_, at)| *at <= now) {
            self.accept(arrived, None, None, now);
        }
        while let Some(due) = self.early.first_entry().filter(|early| early.key().0 <= now) {
            let Early { receipt, tries } = due.remove();
            self.keep_receipt(receipt, tries, None);
        }
        let quiet =
            matches!(self.state, State::Up(_)) && self.arrivals.is_empty() && self.quiet_since + QUIET <= now;
        if self.drained_by.is_some_and(|by| quiet || by <= now) {
            self.drained_by = None;
            (self.ports.drained)();
        }
        self.show(now);
    }

    fn submit_what_may_leave(&mut self, now: Timestamp) {
        self.courier_deadline = None;
        let State::Up(live) = &self.state else { return };
        loop {
            match self.courier.next(now, &self.ports.may_leave) {
                Next::Submit(part) => {
                    live.submit(&part, link::submit_pdu(&part, &self.settings, &self.plan, now));
                    count(&self.counters.parts_submitted);
                }
                Next::Say(happened) => self.keeper.say([happened]),
                Next::Wait(until) => {
                    self.courier_deadline = until;
                    return;
                }
            }
        }
    }

    fn look_into_the_outbox(&mut self, now: Timestamp) {
        let State::Up(_) = &self.state else { return };
        let room = self.courier.room(now);
        if self.taking.is_some() || now < self.look_at || room == 0 || self.keeper.unkept() > MAX_UNKEPT {
            return;
        }
        self.look_at = now + LOOK;
        self.asked = room;
        self.taking = Some((self.ports.take)(room, now));
    }

    fn take_in(&mut self, heard: Heard) {
        let now = self.clock.now();
        match heard {
            Heard::Stop | Heard::Woken | Heard::Kept => {}
            Heard::Rang => self.look_at = now,
            Heard::Linked(Ok(live)) => {
                info!("bound to the SMS centre");
                self.backoff.reset();
                self.quiet_since = now;
                self.look_at = now;
                self.state = State::Up(Box::new(live));
                self.set(Link::Bound, None, now);
            }
            Heard::Linked(Err(error)) => self.fall(&error, now),
            Heard::Event(Some(Event::Incoming(command))) => self.take_in_command(&command, now),
            Heard::Event(Some(Event::Error(error))) => self.broken(&error.to_string(), now),
            Heard::Event(None) | Heard::Ended => self.broken("the connection was closed", now),
            Heard::Landed(landed) => self.take_in_landed(landed, now),
            Heard::Accepted(accepted) => self.take_in_accepted(accepted, now),
            Heard::Receipted(receipted) => self.take_in_receipted(receipted, now),
            Heard::Taken(taken) => self.take_in_taken(taken, now),
        }
    }

    fn take_in_taken(&mut self, taken: Result<Vec<OutgoingText>, NotKept>, now: Timestamp) {
        self.taking = None;
        match taken {
            Ok(texts) => {
                if texts.len() >= self.asked {
                    self.look_at = now;
                }
                let up = matches!(self.state, State::Up(_));
                for text in texts {
                    if up {
                        self.courier.add(text);
                    } else {
                        self.keeper.say([Happened::PutBack { id: text.id, not_before: None }]);
                    }
                }
            }
            Err(problem) => warn!(%problem, "the outbox could not be read"),
        }
    }

    fn take_in_landed(&mut self, landed: Landed, now: Timestamp) {
        match landed.outcome {
            Outcome::Taken(provider_id) => {
                let said = self.courier.taken(landed.id, provider_id, now);
                self.keeper.say(said);
            }
            Outcome::Refused(why) => {
                count(&self.counters.parts_refused);
                debug!(text = %landed.id, ?why, "the SMS centre did not take a part");
                let said = self.courier.refused(landed.id, why, now);
                self.keeper.say(said);
            }
            Outcome::Unknown => self.broken("a part had no answer", now),
        }
    }

    /// Waits for what is on the way, unbinds, and has the rest kept.
    async fn finish(mut self) {
        let deadline = self.clock.now() + self.settings.response_time();
        let never = CancellationToken::new();
        while let State::Up(live) = &self.state {
            let idle = live.flights.is_empty() && live.answers.is_empty() && self.arrivals.is_empty();
            if idle || self.clock.now() >= deadline {
                break;
            }
            let left = self.clock.now().until(deadline);
            match tokio::time::timeout(left, self.hear(&never)).await {
                Ok(heard) => self.take_in(heard),
                Err(_) => break,
            }
        }
        if let State::Up(live) = std::mem::replace(&mut self.state, State::Down { until: deadline }) {
            live.farewell().await;
        }
        if let Some(taking) = self.taking.take() {
            let taken = tokio::time::timeout(LAST_WORDS, taking).await;
            self.take_in_taken(taken.unwrap_or_else(|_| Ok(vec![])), deadline);
        }
        let said = self.courier.link_lost();
        self.keeper.say(said);
        let last_words = async {
            while self.keeper.unkept() > 0 {
                self.keeper.step(&self.ports).await;
            }
        };
        if tokio::time::timeout(LAST_WORDS, last_words).await.is_err() {
            warn!("what became of some texts was not kept; they are sent again at the next start");
        }
        let now = self.clock.now();
        self.set(Link::Stopped, None, now);
    }
}

//! The SIP stack behind our own few words: legs that are rung, accepted,
//! refused, dialled and hung up, and what happens to them.
//!
//! Everything here runs on one current-thread runtime; nothing of the library
//! leaves this folder.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use rsipstack::EndpointBuilder;
use rsipstack::dialog::DialogId;
use rsipstack::dialog::dialog::{DialogState, DialogStateSender, TransactionHandle};
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::platform::CancellationToken;
use rsipstack::sip::{Transport, Uri};
use rsipstack::transaction::TransactionReceiver;
use rsipstack::transaction::endpoint::Endpoint;
use rsipstack::transport::udp::UdpConnection;
use rsipstack::transport::{SipAddr, SipConnection, TransportLayer};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::door;
use super::gate::{Gate, GateCounters};
use super::guard::Guard;
use super::leg::{Happening, LegEnd, LegEvent, LegId};
use super::limit::SourceLimit;
use super::registrar::RegistrarSettings;
use super::sdp::{Agreement, Description, Ours};
use super::trouble::kind;
use super::trust::Trust;
use crate::clock::Clock;
use crate::domain::ids::Chance;

mod act;
mod admission;
mod arrive;
mod follow;
mod manners;
mod phones;
mod refer;

pub use act::{DialError, Dialling, Hop};
use phones::{Homes, Phones};
use refer::Transfer;

/// Where the stack listens and whom it believes.
#[derive(Debug, Clone)]
pub struct StackSettings {
    pub udp: SocketAddr,
    pub tcp: Option<SocketAddr>,
    /// The address told to others, when it is not the one they reach us at.
    pub advertised: Option<IpAddr>,
    pub limit: SourceLimit,
    pub trust: Trust,
    pub lines: Lines,
    pub registrar: RegistrarSettings,
}

/// Legs at once; an INVITE beyond gets 503.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines {
    pub all: usize,
    /// As many legs as there may be for another caller to be taken in.
    pub callers: usize,
    /// The same for a caller who comes neither from a trunk nor from a trusted address.
    pub strangers: usize,
    /// Of those of strangers, how many may be held by callers who have not acknowledged an answer.
    pub half_open: usize,
}

/// Why the stack cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error("SIP cannot listen on UDP {address}: another program may hold the port")]
    Udp { address: SocketAddr, source: std::io::Error },
    #[error("SIP cannot listen on TCP {address}: another program may hold the port")]
    Tcp { address: SocketAddr, source: std::io::Error },
    #[error("the SIP library refused to start: {0}")]
    Library(&'static str),
}

/// All legs, and the library that signals for them.
pub struct Stack {
    settings: StackSettings,
    udp: SocketAddr,
    tcp: Option<SocketAddr>,
    gate: Arc<Gate>,
    phones: Phones,
    dialogs: Arc<DialogLayer>,
    stop: CancellationToken,
    legs: BTreeMap<LegId, Leg>,
    by_dialog: BTreeMap<DialogKey, LegId>,
    next_leg: u64,
    /// Legs of callers that have no final answer yet.
    arriving: usize,
    ready: VecDeque<Happening>,
    transactions: TransactionReceiver,
    states: UnboundedReceiver<DialogState>,
    states_in: DialogStateSender,
    outcomes: UnboundedReceiver<(LegId, Outcome)>,
    outcomes_in: UnboundedSender<(LegId, Outcome)>,
}

/// A dialog's name that does not change while the other end's tag is still unknown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct DialogKey {
    call_id: String,
    local_tag: String,
}

impl DialogKey {
    fn of(id: &DialogId) -> Self {
        Self { call_id: id.call_id.clone(), local_tag: id.local_tag.clone() }
    }
}

struct Leg {
    key: DialogKey,
    dialog: InviteDialog,
    phase: Phase,
    /// What the other end described last, to be answered.
    described: Option<Description>,
    /// Our side as last described.
    ours: Option<Ours>,
    /// A change of media that waits for our answer.
    change: Option<TransactionHandle>,
    /// The INVITE within the call that we answered with an offer of our own: the answer comes with its ACK.
    open_offer: Option<u32>,
    /// Where a caller comes from whom we do not trust.
    stranger: Option<IpAddr>,
    /// The number of a caller's INVITE.
    invite: Option<u32>,
    /// When we answered a caller.
    answered_at: Option<Instant>,
    /// Whether it may ask for its call to be led elsewhere, how often it has, and what it is told of the last time.
    may_refer: bool,
    referred: u32,
    transfer: Option<Transfer>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Incoming, without a final answer.
    Arriving,
    /// Incoming, 200 sent.
    Accepted,
    /// Outgoing, nothing heard; or only that it is being tried.
    Dialling,
    /// Outgoing, ringing.
    Ringing,
    Talking,
}

/// How an outgoing INVITE came out.
enum Outcome {
    Answered(Vec<u8>),
    Failed(LegEnd),
}

impl Stack {
    /// Binds the listeners and starts the library's tasks on the runtime that is current.
    pub async fn bind(
        settings: StackSettings,
        counters: Arc<GateCounters>,
        clock: Clock,
        chance: Chance,
    ) -> Result<Self, BindError> {
        let stop = CancellationToken::new();
        let gate = Arc::new(Gate::new(settings.trust.clone(), settings.limit, counters));
        let address = settings.udp;
        let udp_error = |source| BindError::Udp { address, source };
        let guard = Guard::bind(address, gate.clone()).map_err(udp_error)?;
        let udp = guard.local_address().map_err(udp_error)?;
        let advertised = settings.advertised.map(|ip| SocketAddr::new(ip, udp.port()));
        let transport = TransportLayer::new(stop.clone());
        let connection = UdpConnection::from_socket(Arc::new(guard), advertised, Some(stop.child_token()))
            .await
            .map_err(|error| BindError::Library(kind(&error)))?;
        transport.add_transport(SipConnection::Udp(connection));
        let homes = Homes::default();
        let (closing, closed) = unbounded_channel();
        let phones = Phones::new(&settings.registrar, clock, chance, gate.clone(), homes.clone(), closed);
        let endpoint = EndpointBuilder::new()
            .with_cancel_token(stop.clone())
            .with_transport_layer(transport)
            .with_user_agent(concat!("yingda/", env!("CARGO_PKG_VERSION")))
            .with_inspector(Box::new(manners::Manners { homes }))
            .build();
        let mut stack = Self::over(endpoint, settings, gate.clone(), phones, udp, stop)?;
        if let Some(address) = stack.settings.tcp {
            let tcp_error = |source| BindError::Tcp { address, source };
            let listener = TcpListener::bind(address).await.map_err(tcp_error)?;
            stack.tcp = Some(listener.local_addr().map_err(tcp_error)?);
            let door = door::Door { gate, dialogs: stack.dialogs.clone(), closing, stop: stack.stop.clone() };
            tokio::spawn(door.take_in(listener));
        }
        Ok(stack)
    }

    fn over(
        endpoint: Endpoint,
        settings: StackSettings,
        gate: Arc<Gate>,
        phones: Phones,
        udp: SocketAddr,
        stop: CancellationToken,
    ) -> Result<Self, BindError> {
        let transactions =
            endpoint.incoming_transactions().map_err(|error| BindError::Library(kind(&error)))?;
        let dialogs = Arc::new(DialogLayer::new(endpoint.inner.clone()));
        tokio::spawn(async move { endpoint.serve().await });
        let (states_in, states) = unbounded_channel();
        let (outcomes_in, outcomes) = unbounded_channel();
        Ok(Self {
            settings,
            udp,
            tcp: None,
            gate,
            phones,
            dialogs,
            stop,
            legs: BTreeMap::new(),
            by_dialog: BTreeMap::new(),
            next_leg: 1,
            arriving: 0,
            ready: VecDeque::new(),
            transactions,
            states,
            states_in,
            outcomes,
            outcomes_in,
        })
    }

    /// The UDP address that is listened on, with the port the system chose when none was named.
    pub fn udp_address(&self) -> SocketAddr {
        self.udp
    }

    /// The TCP address that is listened on.
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        self.tcp
    }

    /// How many legs there are.
    pub fn legs(&self) -> usize {
        self.legs.len()
    }

    /// Waits for the next thing to report. Nothing is lost when the wait is given up.
    pub async fn next(&mut self) -> Happening {
        loop {
            self.gate.note_waiting(self.arriving);
            if let Some(happening) = self.ready.pop_front() {
                return happening;
            }
            tokio::select! {
                Some(transaction) = self.transactions.recv() => self.arrive(transaction),
                Some(state) = self.states.recv() => self.follow(state),
                Some((leg, outcome)) = self.outcomes.recv() => self.came_out(leg, outcome),
                moved = self.phones.next() => self.moved(moved),
            }
        }
    }

    /// Lets go of the sockets. Legs should have been hung up and given a moment before.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    fn report(&mut self, leg: LegId, event: LegEvent) {
        self.ready.push_back(Happening::Leg(leg, event));
    }

    fn register(&mut self, dialog: InviteDialog, phase: Phase, described: Option<Description>) -> LegId {
        let id = LegId(self.next_leg);
        self.next_leg += 1;
        let key = DialogKey::of(&dialog.id());
        self.by_dialog.insert(key.clone(), id);
        self.arriving += usize::from(phase == Phase::Arriving);
        let leg = Leg {
            key,
            dialog,
            phase,
            described,
            ours: None,
            change: None,
            open_offer: None,
            stranger: None,
            invite: None,
            answered_at: None,
            may_refer: false,
            referred: 0,
            transfer: None,
        };
        self.legs.insert(id, leg);
        id
    }

    /// Forgets a leg; whatever its dialog still does is no longer reported.
    fn forget(&mut self, id: LegId) -> Option<Leg> {
        let leg = self.legs.remove(&id)?;
        self.by_dialog.remove(&leg.key);
        self.arriving -= usize::from(leg.phase == Phase::Arriving);
        Some(leg)
    }

    /// Where the other side of a call reaches us, the way the call came.
    fn contact(&self, local: IpAddr, transport: Transport) -> Uri {
        let address = match (transport, self.tcp) {
            (Transport::Tcp, Some(tcp)) => {
                SipAddr::new(Transport::Tcp, SocketAddr::new(local, tcp.port()).into())
            }
            (_, _) => SipAddr::from(SocketAddr::new(local, self.udp.port())),
        };
        Uri::from(address)
    }

    /// Our address as `remote` sees it: the one we were told to say, else the one we listen on, else
    /// the one the system sends from.
    fn local_towards(&self, remote: SocketAddr) -> IpAddr {
        let listening = self.udp.ip();
        let seen = || local_ip_towards(remote).unwrap_or(listening);
        let own = if listening.is_unspecified() { seen() } else { listening };
        self.settings.advertised.unwrap_or(own)
    }
}

/// The address the system would send from to reach `remote`. Sends nothing.
pub fn local_ip_towards(remote: SocketAddr) -> std::io::Result<IpAddr> {
    let any: IpAddr = match remote {
        SocketAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    };
    let probe = std::net::UdpSocket::bind(SocketAddr::new(any, 0))?;
    probe.connect(remote)?;
    Ok(probe.local_addr()?.ip())
}

/// Reads what the other end described, if it can be spoken.
fn described(body: &[u8]) -> Option<(Description, Agreement)> {
    let description = Description::parse(body).ok()?;
    let agreement = description.agreement;
    Some((description, agreement))
}

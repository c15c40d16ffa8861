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
use rsipstack::dialog::dialog::{DialogState, DialogStateSender};
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::platform::CancellationToken;
use rsipstack::sip::{Response, Scheme, Uri};
use rsipstack::transaction::TransactionReceiver;
use rsipstack::transaction::endpoint::Endpoint;
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transport::udp::UdpConnection;
use rsipstack::transport::{SipConnection, TransportLayer};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::door::Door;
use super::gate::{Gate, GateCounters};
use super::guard::Guard;
use super::leg::{Happening, LegEnd, LegEvent, LegId};
use super::limit::SourceLimit;
use super::registrar::RegistrarSettings;
use super::sdp::SrtpUse;
use super::sdp::{Agreement, Description, Ours, Secrets};
use super::session_timer::Policy;
use super::transport::{self, Listening};
use super::trouble::kind;
use super::trust::Trust;
use crate::clock::{self, Clock};
use crate::domain::extension::PhoneTransport;
use crate::domain::ids::Chance;
use crate::tls::Files;

mod act;
mod admission;
mod arrive;
mod doors;
mod follow;
mod invitation;
mod lasting;
mod manners;
mod phones;
mod refer;
mod register;
mod reliable;
mod secrecy;
mod trunks;
mod within;

pub use act::{DialError, Dialling, Hop};
use invitation::Invitation;
use lasting::{Answering, Lasting};
use phones::{Homes, Phones};
use refer::Transfer;
use reliable::Reliable;
pub use trunks::Over;
use trunks::Trunks;
use within::Change;

/// Where the stack listens and whom it believes.
#[derive(Debug, Clone)]
pub struct StackSettings {
    pub udp: SocketAddr,
    pub tcp: Option<SocketAddr>,
    pub tls: Option<SocketAddr>,
    pub ws: Option<SocketAddr>,
    pub wss: Option<SocketAddr>,
    /// What is shown to whoever connects over TLS.
    pub certificate: Option<Files>,
    pub srtp: SrtpUse,
    /// The address told to others, when it is not the one they reach us at.
    pub advertised: Option<IpAddr>,
    pub limit: SourceLimit,
    pub trust: Trust,
    pub lines: Lines,
    pub registrar: RegistrarSettings,
    pub sessions: Policy,
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
    #[error("SIP cannot listen for {way} on TCP {address}: another program may hold the port")]
    Stream { way: PhoneTransport, address: SocketAddr, source: std::io::Error },
    #[error(
        "SIP over TLS needs a certificate: name chain and key in phone.certificate, or leave phone.{0} out"
    )]
    NoCertificate(PhoneTransport),
    #[error(
        "SIP over TLS has no certificate to show: mend the file, or leave phone.tls and phone.wss out ({0})"
    )]
    Certificate(std::io::Error),
    #[error("the SIP library refused to start: {0}")]
    Library(&'static str),
}

/// All legs, and the library that signals for them.
pub struct Stack {
    settings: StackSettings,
    listening: Listening,
    gate: Arc<Gate>,
    phones: Phones,
    trunks: Trunks,
    /// For keys, and for what proves who we are.
    chance: Chance,
    dialogs: Arc<DialogLayer>,
    stop: CancellationToken,
    legs: BTreeMap<LegId, Leg>,
    by_dialog: BTreeMap<DialogKey, LegId>,
    next_leg: u64,
    /// Legs of callers that have no final answer yet.
    arriving: usize,
    /// When the legs were last looked at for what is due.
    looked_at: Instant,
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
    /// Our side as last described, and as it was written.
    ours: Option<Ours>,
    said: Vec<u8>,
    /// What its sound may be protected with.
    secrets: Secrets,
    /// A change of media that waits for our answer.
    change: Option<Change>,
    /// The INVITE within the call that we answered with an offer of our own: the answer comes with its ACK.
    open_offer: Option<u32>,
    /// Where a caller comes from whom we do not trust.
    stranger: Option<IpAddr>,
    /// The number of a caller's INVITE, and of their latest request.
    invite: Option<u32>,
    latest: Option<u32>,
    /// When we answered a caller.
    answered_at: Option<Instant>,
    /// How long it lasts without a word, and what the caller's INVITE is answered of it.
    lasting: Lasting,
    answering: Answering,
    /// Dropped with the first word to the caller, that then goes at once.
    begins: Option<oneshot::Sender<()>>,
    /// When the caller is to hear that it rings, and how.
    rings_at: Option<Instant>,
    reliable: Reliable,
    /// Our INVITE, should it have to be written otherwise.
    invitation: Option<Box<Invitation>>,
    /// What whom we ring described before they answered, in a way that counts.
    early_answer: Option<Vec<u8>>,
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

/// How something came out that we waited for.
enum Outcome {
    Answered(Box<Response>),
    /// We are asked who we are (401, 407).
    Challenged(Box<Response>),
    /// They want to hear that a call lasts less often than we offer.
    TooShort(Box<Response>),
    Failed(LegEnd),
    /// The answer to our word that the call lasts.
    Refreshed(Option<Box<Response>>),
    /// A request within the call that came before what it follows.
    PutOff(Box<Transaction>),
}

impl Stack {
    /// Binds the listeners and starts the library's tasks on the runtime that is current.
    pub async fn bind(
        settings: StackSettings,
        counters: Arc<GateCounters>,
        clock: Clock,
        mut chance: Chance,
    ) -> Result<Self, BindError> {
        let stop = CancellationToken::new();
        let gate = Arc::new(Gate::new(settings.trust.clone(), settings.limit, counters));
        let address = settings.udp;
        let udp_error = |source| BindError::Udp { address, source };
        let guard = Guard::bind(address, gate.clone()).map_err(udp_error)?;
        let udp = guard.local_address().map_err(udp_error)?;
        let advertised = settings.advertised.map(|ip| SocketAddr::new(ip, udp.port()));
        let transport = TransportLayer::new(stop.clone());
        transport.set_stream_idle_timeout(super::door::LIBRARY_IDLE);
        let connection = UdpConnection::from_socket(Arc::new(guard), advertised, Some(stop.child_token()))
            .await
            .map_err(|error| BindError::Library(kind(&error)))?;
        transport.add_transport(SipConnection::Udp(connection));
        let homes = Homes::default();
        let doors = doors::open(&settings, &transport).await?;
        let (closing, closed) = unbounded_channel();
        let phones =
            Phones::new(&settings.registrar, clock, chance.another(), gate.clone(), homes.clone(), closed);
        let endpoint = EndpointBuilder::new()
            .with_cancel_token(stop.clone())
            .with_transport_layer(transport)
            .with_user_agent(concat!("yingda/", env!("CARGO_PKG_VERSION")))
            .with_inspector(Box::new(manners::Manners { homes }))
            .build();
        let listening =
            doors.iter().fold(Listening::by_udp(udp), |all, door| all.and(door.transport, door.address));
        let stack = Self::over(endpoint, settings, gate.clone(), (phones, chance), listening, stop)?;
        let door = Door::new(gate, stack.dialogs.clone(), closing, stack.stop.clone());
        for open in doors {
            tokio::spawn(door.clone().take_in(open.listener, open.spoken));
        }
        Ok(stack)
    }

    fn over(
        endpoint: Endpoint,
        settings: StackSettings,
        gate: Arc<Gate>,
        (phones, chance): (Phones, Chance),
        listening: Listening,
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
            listening,
            gate,
            phones,
            trunks: Trunks::default(),
            chance,
            dialogs,
            stop,
            legs: BTreeMap::new(),
            by_dialog: BTreeMap::new(),
            next_leg: 1,
            arriving: 0,
            looked_at: clock::monotonic(),
            ready: VecDeque::new(),
            transactions,
            states,
            states_in,
            outcomes,
            outcomes_in,
        })
    }

    /// Where it listens.
    pub fn listening(&self) -> Listening {
        self.listening
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
            let wakes_at = self.wakes_at();
            tokio::select! {
                Some(transaction) = self.transactions.recv() => self.arrive(transaction),
                Some(state) = self.states.recv() => self.follow(state),
                Some((leg, outcome)) = self.outcomes.recv() => self.came_out(leg, outcome),
                moved = self.phones.next() => self.moved(moved),
                () = at(wakes_at) => self.wake(),
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
            said: vec![],
            secrets: Secrets::NONE,
            change: None,
            open_offer: None,
            stranger: None,
            invite: None,
            latest: None,
            answered_at: None,
            lasting: Lasting::default(),
            answering: Answering::default(),
            begins: None,
            rings_at: None,
            reliable: Reliable::default(),
            invitation: None,
            early_answer: None,
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
        leg.acknowledged(id, &self.gate);
        Some(leg)
    }

    /// Where the other side of a call reaches us, the way the call came.
    fn contact(&self, local: IpAddr, transport: PhoneTransport, rung: &Uri) -> Uri {
        let (transport, listening) = match self.listening.by(transport) {
            Some(listening) => (transport, listening),
            None => (PhoneTransport::Udp, self.listening.udp),
        };
        // Of both kinds of WebSocket addresses say the same (RFC 7118 §5.2.3).
        let named = if transport == PhoneTransport::Wss { PhoneTransport::Ws } else { transport };
        let mut uri = Uri::from(transport::address(named, SocketAddr::new(local, listening.port())));
        // `sips:` asks for TLS all the way: we answer so who asks so (RFC 3261 §8.1.1.8), and ask for it of nobody.
        let all_the_way = transport.is_secret() && rung.scheme == Some(Scheme::Sips);
        uri.scheme = Some(if all_the_way { Scheme::Sips } else { Scheme::Sip });
        uri
    }

    /// Our address as `remote` sees it: the one we were told to say, else the one we listen on, else
    /// the one the system sends from.
    fn local_towards(&self, remote: SocketAddr) -> IpAddr {
        let listening = self.listening.udp.ip();
        let seen = || local_ip_towards(remote).unwrap_or(listening);
        let own = if listening.is_unspecified() { seen() } else { listening };
        // Who is reached by the other family cannot be told that one.
        let advertised = self.settings.advertised.filter(|ip| ip.is_ipv4() == remote.is_ipv4());
        advertised.unwrap_or(own)
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

/// Waits until then; for ever without a time.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}

/// Reads what the other end described, if it can be spoken.
fn described(body: &[u8], secrets: &Secrets) -> Option<(Description, Agreement)> {
    let description = Description::parse(body, secrets).ok()?;
    let agreement = description.agreement;
    Some((description, agreement))
}

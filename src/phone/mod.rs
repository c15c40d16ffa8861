//! The telephone: SIP calls in both directions, what callers hear, the keys
//! they press, and what is recorded of them.
//!
//! Two threads of its own: signalling (a current-thread runtime with the SIP
//! stack and the [`switchboard`]) and [`media`]. The desk's effects come in by
//! [`Phone::try_send`], its events leave by the channel given at the start;
//! neither side ever waits for the other.

pub mod caller;
mod counters;
mod family;
pub mod media;
pub mod settings;
pub mod sip;
pub mod sounds;
mod switchboard;
mod translate;

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::Sender;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::sync::mpsc;

use self::counters::Counters;
pub use self::counters::Health;
use self::media::ports::Ports;
use self::media::{Command, Heard, Listeners, Media, Patience};
use self::settings::Settings;
use self::sip::door;
use self::sip::session_timer::Policy;
use self::sip::stack::{BindError, Stack, StackSettings};
use self::sip::standing::Standings;
pub use self::sip::standing::TrunkHealth;
use self::sip::transport::Listening;
use self::sip::trust::Trust;
use self::sounds::Sounds;
use self::switchboard::{Equipment, Order, Switchboard};
pub use self::switchboard::{Moved, Registry};
use crate::clock::Clock;
use crate::desk::effect::PhoneEffect;
use crate::desk::event::PhoneEvent;
use crate::domain::extension::PhoneAccount;
use crate::domain::ids::{CallId, Chance};
use crate::domain::phone_number::NumberingPlan;
use crate::recordings::Recordings;
use crate::rtp::telephone_event::Key;

/// Effects on their way to the signalling thread.
const ORDERS_WAITING: usize = 4_096;

/// Notices of the media thread on their way to the signalling thread.
const NOTICES_WAITING: usize = 4_096;

/// How long the ends of calls that were ended at a stop may take to be told.
const LAST_ENDS: Duration = Duration::from_secs(2);

/// What the telephone is given at its start.
pub struct Supplies {
    pub settings: Settings,
    pub plan: NumberingPlan,
    pub sounds: Arc<Sounds>,
    /// Where its events go.
    pub desk: Sender<PhoneEvent>,
    /// Where recordings are written; without it each fails, until [`Phone::record_onto`].
    pub recordings: Option<Recordings>,
    pub clock: Clock,
    pub chance: Chance,
}

/// Why the telephone cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("a thread or runtime of the telephone cannot be started")]
    Thread(#[from] std::io::Error),
    #[error("the signalling thread ended before it listened")]
    Gone,
}

/// A channel of the telephone is full: the call the effect is about should end with a call-back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the telephone takes no more orders")]
pub struct Full;

/// The running telephone.
pub struct Phone {
    line: PhoneLine,
    counters: Arc<Counters>,
    trunks: Standings,
    listening: Listening,
    signalling_thread: JoinHandle<()>,
    media_thread: JoinHandle<()>,
}

/// The way to the telephone, for everybody who needs one.
#[derive(Clone)]
pub struct PhoneLine {
    orders: mpsc::Sender<Order>,
    media: Media,
}

impl Phone {
    /// Binds the sockets and starts the threads.
    pub fn start(supplies: Supplies) -> Result<Self, StartError> {
        let Supplies { settings, plan, sounds, desk, recordings, clock, mut chance } = supplies;
        allow_files_for(&settings);
        let (signalling, notices) = mpsc::channel(NOTICES_WAITING);
        let (orders, waiting) = mpsc::channel(ORDERS_WAITING);
        let counters = Arc::new(Counters::default());
        let trunks = Standings::of(&settings.trunks);
        let listeners = Listeners { desk: desk.clone(), signalling, recordings };
        let patience = Patience {
            deaf: Duration::from_secs(settings.deaf_after_s),
            hold: Duration::from_secs(settings.longest_hold_s),
            call: Duration::from_secs(settings.longest_call_s),
        };
        let media_chance = chance.another();
        let ports = Ports::new(settings.udp.ip(), settings.rtp_ports, &mut chance);
        let (media, media_thread) = Media::start(sounds, listeners, patience, clock.clone(), media_chance)?;
        let (listening, bound) = crossbeam_channel::bounded(1);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (board_media, board_counters, board_trunks) = (media.clone(), counters.clone(), trunks.clone());
        let signalling = async move {
            let (gate, phones) = (board_counters.gate.clone(), chance.another());
            let mut stack = match Stack::bind(stack_settings(&settings), gate, clock.clone(), phones).await {
                Ok(stack) => stack,
                Err(error) => return listening.try_send(Err(error)).unwrap_or_default(),
            };
            let listens = stack.listening();
            stack.begin_trunks(settings.trunks.clone(), board_trunks);
            listening.try_send(Ok(listens)).unwrap_or_default();
            let (media, counters) = (board_media, board_counters);
            let equipment = Equipment { stack, media, ports, settings, plan, desk, clock, chance, counters };
            Switchboard::new(equipment).run(waiting, notices).await;
        };
        let thread = std::thread::Builder::new().name("signalling".into());
        let signalling_thread = thread.spawn(move || runtime.block_on(signalling))?;
        let listening = bound.recv().map_err(|_| StartError::Gone)??;
        let line = PhoneLine { orders, media };
        Ok(Self { line, counters, trunks, listening, signalling_thread, media_thread })
    }

    /// Hands over an effect without waiting.
    pub fn try_send(&self, effect: PhoneEffect) -> Result<(), Full> {
        self.line.try_send(effect)
    }

    /// Writes recordings here from now on.
    pub fn record_onto(&self, recordings: Recordings) -> Result<(), Full> {
        self.line.sound(Command::RecordOnto(recordings))
    }

    pub fn line(&self) -> PhoneLine {
        self.line.clone()
    }

    /// Where SIP is listened for on UDP.
    pub fn udp_address(&self) -> SocketAddr {
        self.listening.udp
    }

    /// Where SIP is listened for on TCP, in the clear.
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        self.listening.tcp
    }

    /// Where SIP is listened for by whatever way.
    pub fn listening(&self) -> Listening {
        self.listening
    }

    pub fn health(&self) -> Health {
        let alive = !self.signalling_thread.is_finished() && !self.media_thread.is_finished();
        self.counters.health(self.line.media.counters(), alive)
    }

    /// How each trunk fares.
    pub fn trunks(&self) -> Vec<TrunkHealth> {
        self.trunks.health()
    }

    /// Turns callers away from now on, and returns when the desk has been told of the end of every call.
    ///
    /// Calls in progress may end by themselves `within` that time; then they are ended. Whoever is turned away is
    /// owed a call.
    pub fn leave(&self, within: Duration) {
        let (gone, all_gone) = crossbeam_channel::bounded(1);
        let until = crate::clock::monotonic() + within;
        if !told(&self.line.orders, || Order::Leave { until, gone: gone.clone() }) {
            return;
        }
        if all_gone.recv_timeout(within + LAST_ENDS).is_err() {
            tracing::warn!("the desk was not told of every call's end in time");
        }
    }

    /// Ends every call in order and waits for the threads.
    pub fn stop(self) {
        let Self { line: PhoneLine { orders, media }, signalling_thread, media_thread, .. } = self;
        let told = told(&orders, || Order::Stop);
        let signalled = signalling_thread.join().is_ok();
        let stopped = media.tell(Command::Stop) && media_thread.join().is_ok();
        if !(told && signalled && stopped) {
            tracing::error!(told, signalled, stopped, "the telephone did not stop in order");
        }
    }
}

impl PhoneLine {
    /// Hands over an effect without waiting. Sound goes straight to the media thread.
    pub fn try_send(&self, effect: PhoneEffect) -> Result<(), Full> {
        let command = match effect {
            PhoneEffect::Play { call, play, clips, repeat } => Command::Play { call, play, clips, repeat },
            PhoneEffect::StopPlay { call } => Command::StopPlay { call },
            PhoneEffect::Record { call, recording, limit, silence } => {
                Command::Record { call, recording, limit, silence }
            }
            PhoneEffect::StopRecording { call } => Command::StopRecording { call },
            PhoneEffect::Bridge { a, b } => Command::Bridge { a, b },
            PhoneEffect::Join { to, call, part } => Command::Join { to, call, part },
            PhoneEffect::Hold { call, on } => Command::Hold { call, on },
            PhoneEffect::Mute { call, on } => Command::Mute { call, on },
            PhoneEffect::Unbridge { a, b } => Command::Unbridge { a, b },
            PhoneEffect::Ring { .. }
            | PhoneEffect::Answer { .. }
            | PhoneEffect::Reject { .. }
            | PhoneEffect::Hangup { .. }
            | PhoneEffect::Dial { .. }
            | PhoneEffect::TransferOutcome { .. } => {
                return self.orders.try_send(Order::Carry(effect)).map_err(|_| Full);
            }
        };
        self.sound(command)
    }

    /// Lets the line's own telephones register from now on: before, they are told to come again.
    pub fn open_registrar(&self, registry: Registry) -> Result<(), Full> {
        self.orders.try_send(Order::OpenRegistrar(registry)).map_err(|_| Full)
    }

    /// Only telephones of these accounts may register from now on, and those of no other are rung.
    pub fn put_accounts(&self, accounts: Vec<PhoneAccount>) -> Result<(), Full> {
        self.orders.try_send(Order::PutAccounts(accounts)).map_err(|_| Full)
    }

    /// Rings somebody from any number, and lets `ear` hear them: for callers, not for the help line.
    pub fn dial_as(
        &self,
        call: CallId,
        target: &str,
        from_user: &str,
        ring_time: Duration,
        ear: Sender<Heard>,
    ) -> Result<(), Full> {
        let (target, from_user) = (target.to_owned(), from_user.to_owned());
        self.orders.try_send(Order::DialAs { call, target, from_user, ring_time, ear }).map_err(|_| Full)
    }

    /// Presses keys into a call.
    pub fn press(&self, call: CallId, keys: Vec<Key>) -> Result<(), Full> {
        self.sound(Command::Press { call, keys })
    }

    /// Lets `ear` hear what the other side of a call says.
    pub fn listen(&self, call: CallId, ear: Sender<Heard>) -> Result<(), Full> {
        self.sound(Command::Listen { call, ear })
    }

    fn sound(&self, command: Command) -> Result<(), Full> {
        if self.media.tell(command) { Ok(()) } else { Err(Full) }
    }
}

/// Two sockets a call, what the TCP listener may take, and as many files again as everything else may need.
fn allow_files_for(settings: &Settings) {
    const ELSEWHERE: u64 = 1_024;
    let streams = if settings.takes_connections() { door::MAX_FILES } else { 0 };
    let wanted = (2 * settings.max_calls + streams) as u64 + ELSEWHERE;
    match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((now, most)) if now < wanted => {
            if most < wanted {
                tracing::warn!(
                    wanted,
                    most,
                    "the system allows too few open files for phone.max_calls; raise LimitNOFILE"
                );
            }
            if let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, wanted.min(most), most) {
                tracing::warn!(%error, "the limit of open files could not be raised");
            }
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the limit of open files is unknown"),
    }
}

/// Waits for room: the signalling thread works its orders off or is gone.
fn told(orders: &mpsc::Sender<Order>, order: impl Fn() -> Order) -> bool {
    loop {
        match orders.try_send(order()) {
            Ok(()) => return true,
            Err(mpsc::error::TrySendError::Closed(_)) => return false,
            Err(mpsc::error::TrySendError::Full(_)) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

fn stack_settings(settings: &Settings) -> StackSettings {
    let trunks = settings.trunks.iter().map(|trunk| trunk.address.ip());
    StackSettings {
        udp: settings.udp,
        tcp: settings.tcp,
        tls: settings.tls,
        ws: settings.ws,
        wss: settings.wss,
        certificate: settings.certificate.clone(),
        srtp: settings.srtp,
        advertised: settings.advertised,
        limit: settings.source_limit,
        trust: Trust::new(trunks.chain(settings.trusted.iter().copied())),
        lines: settings.lines(),
        registrar: settings.registrar.clone(),
        sessions: Policy::new(settings.session_expires_s, settings.shortest_session_s),
    }
}

//! The audio of all calls: one thread with a clock of its own.
//!
//! Every 20 ms it reads each call's socket, decides what each call hears and
//! sends it, a quarter of the calls every 5 ms. It waits for nobody: commands come by a bounded channel, reports
//! leave by `try_send`, recordings go to a writer that may fall behind alone.

mod beats;
mod bridges;
mod floor;
mod hearing;
pub mod play;
pub mod ports;
mod precedence;
mod recorder;
mod reporter;
mod secure;
mod session;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use tracing::{error, warn};

use self::beats::BEAT;
use self::floor::Floor;
use self::ports::Sockets;
pub use self::session::{Heard, Patience};
use crate::clock::{self, Clock};
use crate::desk::effect::{Clip, Part};
use crate::desk::event::{PhoneEvent, PlayId};
use crate::domain::ids::{CallId, Chance, RecordingId};
use crate::phone::sip::sdp::Agreement;
use crate::phone::sounds::Sounds;
use crate::recordings::Recordings;
use crate::rtp::FRAME_MS;
use crate::rtp::telephone_event::Key;

/// Commands on their way to the thread; it works them off at least every 20 ms.
const COMMANDS_WAITING: usize = 8_192;

/// When the thread is later than this it skips ahead: a burst of old sound helps nobody.
const MAX_LATE: Duration = Duration::from_millis(100);

/// What the thread is told.
#[derive(Debug)]
pub enum Command {
    /// A call begins; nothing is sent before `Start`.
    Open {
        call: CallId,
        sockets: Sockets,
        signalling: IpAddr,
    },
    /// Of several telephones that rang one answered: this is where its messages come from.
    Signalled {
        call: CallId,
        from: IpAddr,
    },
    /// What was agreed to speak, at first or anew.
    Agree {
        call: CallId,
        agreement: Agreement,
    },
    /// The call is answered.
    Start {
        call: CallId,
    },
    Play {
        call: CallId,
        play: PlayId,
        clips: Vec<Clip>,
        repeat: bool,
    },
    StopPlay {
        call: CallId,
    },
    Record {
        call: CallId,
        recording: RecordingId,
        limit: Duration,
        silence: Duration,
    },
    StopRecording {
        call: CallId,
    },
    Press {
        call: CallId,
        keys: Vec<Key>,
    },
    /// The other side pressed a key and says so in its signalling.
    KeyByInfo {
        call: CallId,
        key: Key,
    },
    /// Lets somebody hear what the other side says.
    Listen {
        call: CallId,
        ear: Sender<Heard>,
    },
    Bridge {
        a: CallId,
        b: CallId,
    },
    Join {
        to: CallId,
        call: CallId,
        part: Part,
    },
    /// Takes a call off its bridge for a while.
    Hold {
        call: CallId,
        on: bool,
    },
    Mute {
        call: CallId,
        on: bool,
    },
    Unbridge {
        a: CallId,
        b: CallId,
    },
    Close {
        call: CallId,
    },
    /// From now on recordings are written here.
    RecordOnto(Recordings),
    /// Ends every session, and the thread.
    Stop,
}

/// What signalling hears from the thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// No audio comes any more from this call, or it has lasted too long.
    Deaf(CallId),
    /// Everything about a call has been reported.
    Closed(CallId),
}

/// Who hears from the thread.
#[derive(Debug, Clone)]
pub struct Listeners {
    pub desk: Sender<PhoneEvent>,
    pub signalling: tokio::sync::mpsc::Sender<Notice>,
    /// Where recordings are written; without it each fails, until `RecordOnto`.
    pub recordings: Option<Recordings>,
}

/// How the thread fares.
#[derive(Debug, Default)]
pub struct MediaCounters {
    pub sessions: AtomicU64,
    /// Ticks that were skipped because the thread came too late.
    pub ticks_skipped: AtomicU64,
    /// Reports the desk had no room for.
    pub reports_lost: AtomicU64,
    /// Packets that came from the other sides of ended calls, and that never came.
    pub packets_received: AtomicU64,
    pub packets_lost: AtomicU64,
    /// Commands the thread had no room for.
    pub commands_lost: AtomicU64,
}

/// The way to the thread.
#[derive(Debug, Clone)]
pub struct Media {
    commands: Sender<Command>,
    counters: Arc<MediaCounters>,
}

impl Media {
    /// Starts the thread. It ends with `Stop`, or when the last `Media` is gone.
    pub fn start(
        sounds: Arc<Sounds>,
        listeners: Listeners,
        patience: Patience,
        clock: Clock,
        chance: Chance,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (commands, waiting) = bounded(COMMANDS_WAITING);
        let counters = Arc::new(MediaCounters::default());
        let floor = Floor::new(sounds, listeners, patience, clock, chance, counters.clone());
        let thread = std::thread::Builder::new().name("media".into()).spawn(move || run(floor, &waiting))?;
        Ok((Self { commands, counters }, thread))
    }

    /// Hands a command over; false when the thread has no room for it.
    #[must_use]
    pub fn tell(&self, command: Command) -> bool {
        let taken = self.commands.try_send(command).is_ok();
        if !taken && self.counters.commands_lost.fetch_add(1, Ordering::Relaxed) == 0 {
            error!("the media thread takes no more commands");
        }
        taken
    }

    pub fn counters(&self) -> &MediaCounters {
        &self.counters
    }
}

/// Nothing is heard or said between two beats, so commands wait for the next one: to wake for each of them would cost
/// more than the calls do.
fn run(mut floor: Floor, commands: &Receiver<Command>) {
    precedence::take();
    let mut due = clock::monotonic() + BEAT;
    loop {
        std::thread::sleep(due.saturating_duration_since(clock::monotonic()));
        for _ in 0..COMMANDS_WAITING {
            match commands.try_recv() {
                Ok(Command::Stop) | Err(TryRecvError::Disconnected) => {
                    floor.close();
                    return;
                }
                Ok(command) => floor.obey(command),
                Err(TryRecvError::Empty) => break,
            }
        }
        floor.beat(clock::monotonic());
        due = next_due(due, &floor);
    }
}

/// The next moment of an unchanging beat; a long delay is skipped, not made up for.
fn next_due(due: Instant, floor: &Floor) -> Instant {
    let (now, next) = (clock::monotonic(), due + BEAT);
    let late = now.saturating_duration_since(next);
    if late < MAX_LATE {
        return next;
    }
    let ticks = u64::try_from(late.as_millis()).unwrap_or(u64::MAX) / FRAME_MS;
    floor.counters().ticks_skipped.fetch_add(ticks, Ordering::Relaxed);
    warn!(late_ms = late.as_millis(), "the media thread came too late");
    now + BEAT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_thread_that_stands_still_makes_nobody_wait_and_what_it_misses_is_counted() {
        let (commands, _waiting) = bounded(1);
        let media = Media { commands, counters: Arc::default() };
        let call = Chance::from_number(1).mint(crate::domain::timestamp::Timestamp::from_millis(0));
        assert!(media.tell(Command::StopPlay { call }));
        assert!(!media.tell(Command::StopPlay { call }), "the call it is about ends");
        assert_eq!(media.counters().commands_lost.load(Ordering::Relaxed), 1);
    }
}

//! A running telephone, and SIPp beside it.

use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded};
use yingda::clock::Clock;
use yingda::desk::effect::{Clip, PhoneEffect};
use yingda::desk::event::{PhoneEvent, PlayId};
use yingda::domain::ids::{CallId, Chance};
use yingda::domain::language::Language;
use yingda::domain::phone_number::NumberingPlan;
use yingda::keys::InstallationKeys;
use yingda::phone::settings::Settings;
use yingda::phone::sounds::{Sound, Sounds};
use yingda::phone::{Phone, Supplies};
use yingda::recordings::Recordings;
use yingda::recordings::tape::Finished;

/// How long anything may take on a busy machine before it counts as not happening.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Line {
    pub phone: Phone,
    pub sounds: Arc<Sounds>,
    events: Receiver<PhoneEvent>,
    pub recordings: Recordings,
    finished: Receiver<Finished>,
    /// Holds keys and recordings.
    pub directory: tempfile::TempDir,
}

impl Line {
    pub fn start() -> Self {
        Self::with(|_| {})
    }

    /// Starts a telephone on a free port of the loopback, which it does not trust by itself.
    pub fn with(adjust: impl FnOnce(&mut Settings)) -> Self {
        Self::with_room(1_000, adjust)
    }

    /// As `with`, at a desk that has room for so many events.
    pub fn with_room(events: usize, adjust: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings {
            udp: "127.0.0.1:0".parse().unwrap(),
            tcp: None,
            trusted: vec!["127.0.0.1".parse().unwrap()],
            ..Settings::default()
        };
        adjust(&mut settings);
        let sounds = Arc::new(clips());
        let (desk, events) = bounded(events);
        let directory = tempfile::tempdir().unwrap();
        let keys = InstallationKeys::open(&directory.path().join("keys")).unwrap();
        let (recordings, finished) = Recordings::open(&directory.path().join("recordings"), keys).unwrap();
        let phone = Phone::start(Supplies {
            settings,
            plan: NumberingPlan::default(),
            sounds: sounds.clone(),
            desk,
            recordings: Some(recordings.clone()),
            clock: Clock::start(),
            chance: Chance::from_number(1),
        })
        .unwrap();
        Self { phone, sounds, events, recordings, finished, directory }
    }

    /// Waits for the next event; how a call was heard is another matter.
    pub fn event(&self) -> PhoneEvent {
        loop {
            let event = self.events.recv_timeout(PATIENCE).expect("the telephone reports something");
            if !matches!(event, PhoneEvent::Quality { .. }) {
                return event;
            }
        }
    }

    /// Waits until it is said how a call was heard.
    pub fn quality(&self) -> PhoneEvent {
        loop {
            let event = self.events.recv_timeout(PATIENCE).expect("the telephone reports something");
            if matches!(event, PhoneEvent::Quality { .. }) {
                return event;
            }
        }
    }

    /// Waits until a recording is on the disk, and returns its sound.
    /// The next that is neither ringing nor about where telephones are.
    pub fn next(&self) -> PhoneEvent {
        let mut events = std::iter::repeat_with(|| self.event());
        let is_news = |event: &PhoneEvent| {
            !matches!(event, PhoneEvent::PhoneReachable { .. } | PhoneEvent::Ringing { .. })
        };
        events.find(is_news).unwrap()
    }

    pub fn recorded(&self) -> Vec<u8> {
        let finished = self.finished.recv_timeout(PATIENCE).expect("a recording is finished");
        assert!(finished.complete);
        let playback = self.recordings.play(finished.recording).unwrap();
        let wav = playback.read(0..playback.wav_bytes()).unwrap();
        let samples = usize::try_from(finished.length.as_millis()).unwrap() * 8;
        let sound = wav.windows(4).position(|name| name == b"data").unwrap() + 8;
        wav[sound..sound + samples].to_vec()
    }

    pub fn tell(&self, effect: PhoneEffect) {
        self.phone.try_send(effect).unwrap();
    }

    /// Waits for a call to come in.
    pub fn arrival(&self) -> CallId {
        match self.event() {
            PhoneEvent::CallArrived { call, .. } => call,
            other => panic!("no call came in but {other:?}"),
        }
    }

    /// Waits for a call to come in; whatever else is reported before is of no interest.
    pub fn next_arrival(&self) -> CallId {
        loop {
            if let PhoneEvent::CallArrived { call, .. } = self.event() {
                return call;
            }
        }
    }

    /// Answers all who ring at this moment.
    pub fn answer_whoever_rings(&self) {
        for event in self.events.try_iter() {
            if let PhoneEvent::CallArrived { call, .. } = event {
                self.tell(PhoneEffect::Answer { call });
            }
        }
    }

    pub fn play(&self, call: CallId, play: u32, clips: &[&str]) {
        let clips = clips.iter().map(|id| Clip::Sound { language: Language::Zh, id: (*id).into() }).collect();
        self.tell(PhoneEffect::Play { call, play: PlayId(play), clips, repeat: false });
    }

    /// Starts SIPp as a caller with a scenario of `tests/peers/sipp`.
    pub fn caller(&self, scenario: &str, rtp_port: u16, more: &[&str]) -> Sipp {
        let target = self.phone.udp_address().to_string();
        Sipp::start(scenario, rtp_port, &[&["-s", "12349"], more, &[&target]].concat())
    }
}

/// Clips that resemble nothing else, so that what is heard can be told by its bytes.
fn clips() -> Sounds {
    let mut chance = Chance::from_number(99);
    let mut sounds = Sounds::default();
    for (id, samples) in [("welcome", 4_000), ("digits/0", 1_500), ("digits/7", 1_700), ("hold-music", 3_200)]
    {
        let noise: Vec<i16> = (0..samples).map(|_| chance.below(20_000) as i16 - 10_000).collect();
        sounds.insert(Language::Zh, id, Sound::encode(&noise));
    }
    sounds
}

/// A running SIPp.
pub struct Sipp(Child);

impl Sipp {
    pub fn start(scenario: &str, rtp_port: u16, more: &[&str]) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/sipp");
        let number: &[&str] = if more.contains(&"number") { &[] } else { &["-key", "number", "13800000001"] };
        let child = Command::new("sipp")
            .args(["-sf", &format!("{folder}/{scenario}.xml"), "-m", "1", "-i", "127.0.0.1", "-nostdin"])
            .args(["-key", "rtp_port", &rtp_port.to_string()])
            .args(number)
            .args(["-timeout", "120", "-timeout_error"])
            .args(more)
            .current_dir(std::env::temp_dir())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect(
                "SIPp is needed for the tests with real peers: apt-get install sip-tester, or run ./test",
            );
        Self(child)
    }

    /// Waits until the scenario is over; fails when it did not go as written.
    pub fn succeeds(self) {
        let output = self.0.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "SIPp ended with {}:\n{said}", output.status);
    }
}

/// A port of our own: below those the system hands out and those for audio, so that nobody takes
/// it before SIPp does.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + (std::process::id() % 900) as u16 * 10;
    loop {
        // A softphone takes the next one too, for TLS.
        let port = first + NEXT.fetch_add(2, Ordering::Relaxed);
        if UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

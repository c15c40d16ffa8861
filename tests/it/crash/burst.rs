//! Callers who go on ringing while the line dies under them and comes back: what each of them heard.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use yingda::clock;
use yingda::phone::caller::{Caller, Conversation, Moment};

use super::program::PATIENCE;
use super::town::home;
use crate::waiting::until;

/// How often a caller looks whether the line is still there.
const LOOK: Duration = Duration::from_millis(100);

/// What one caller lived through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// As it is dialled in the town.
    pub from: String,
    /// The line picked up.
    pub answered: bool,
    /// "Your number is" was said.
    pub began: bool,
    /// The digits heard after it.
    pub digits: String,
    /// The sentence with the number was heard to its end.
    pub whole: bool,
}

/// Where the line is; a start counts one up, while it is dead there is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line {
    start: u32,
    address: Option<SocketAddr>,
}

/// What the callers share with the test.
struct Shared {
    /// The test writes, callers look; each for one copy.
    line: Mutex<Line>,
    told: Mutex<Vec<Told>>,
    next: AtomicU32,
    /// Calls that were answered, and those in which a number began to be said.
    answered: AtomicU32,
    begun: AtomicU32,
    over: AtomicBool,
}

impl Shared {
    fn line(&self) -> Line {
        *self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Callers at work, one call after the other on each of their lines.
pub struct Burst {
    shared: Arc<Shared>,
    callers: Vec<JoinHandle<()>>,
}

impl Burst {
    pub fn start(telephones: &Arc<Caller>, lines: usize) -> Self {
        let shared = Arc::new(Shared {
            line: Mutex::new(Line { start: 0, address: None }),
            told: Mutex::default(),
            next: AtomicU32::new(1),
            answered: AtomicU32::new(0),
            begun: AtomicU32::new(0),
            over: AtomicBool::new(false),
        });
        let callers = (0..lines).map(|_| {
            let (telephones, shared) = (telephones.clone(), shared.clone());
            std::thread::spawn(move || ring_on(&telephones, &shared))
        });
        let callers = callers.collect();
        Self { shared, callers }
    }

    /// The line can be reached there.
    pub fn line_is_at(&self, address: SocketAddr) {
        let mut line = self.shared.line.lock().unwrap_or_else(PoisonError::into_inner);
        *line = Line { start: line.start + 1, address: Some(address) };
    }

    /// The line is dead: whoever was on it notices.
    pub fn line_is_dead(&self) {
        let mut line = self.shared.line.lock().unwrap_or_else(PoisonError::into_inner);
        line.address = None;
        line.start += 1;
    }

    /// How many calls were answered.
    pub fn answered(&self) -> u32 {
        self.shared.answered.load(Ordering::Relaxed)
    }

    /// In how many calls a number began to be said.
    pub fn begun(&self) -> u32 {
        self.shared.begun.load(Ordering::Relaxed)
    }

    /// Callers who were answered and had heard nothing of a number when their call was over.
    pub fn cut_off(&self) -> usize {
        let told = self.shared.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.iter().filter(|told| told.answered && !told.began).count()
    }

    /// Lets calls in progress end and begins no other.
    pub fn end(self) -> Vec<Told> {
        self.shared.over.store(true, Ordering::Relaxed);
        for caller in self.callers {
            caller.join().unwrap();
        }
        let told = self.shared.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.clone()
    }
}

fn ring_on(telephones: &Caller, shared: &Shared) {
    while !shared.over.load(Ordering::Relaxed) {
        let line = shared.line();
        let Some(address) = line.address else {
            until("the line is back", || {
                shared.line().address.is_some() || shared.over.load(Ordering::Relaxed)
            });
            continue;
        };
        let from = home(shared.next.fetch_add(1, Ordering::Relaxed));
        let conversation = telephones.dial(&format!("sip:12349@{address}"), &from).unwrap();
        let mut before = Told::default();
        let told = wish(&conversation, from, |told| {
            let count = |counter: &AtomicU32, is: bool, was: bool| {
                counter.fetch_add(u32::from(is && !was), Ordering::Relaxed);
            };
            count(&shared.answered, told.answered, before.answered);
            count(&shared.begun, told.began, before.began);
            before.clone_from(told);
            shared.line() == line
        });
        shared.told.lock().unwrap_or_else(PoisonError::into_inner).push(told);
    }
}

/// One call by a registered resident: keys a wish, listens to the number, hangs up. `goes_on` is asked now and
/// then whether there is still somebody to listen to.
pub fn wish(conversation: &Conversation, from: String, mut goes_on: impl FnMut(&Told) -> bool) -> Told {
    let mut told = Told { from, ..Told::default() };
    let deadline = clock::monotonic() + PATIENCE;
    while clock::monotonic() < deadline {
        let heard = conversation.moments().recv_timeout(LOOK);
        let line_lives = goes_on(&told);
        let moment = match heard {
            Ok(moment) => moment,
            Err(_) if line_lives => continue,
            Err(_) => return told,
        };
        let key = match moment {
            Moment::Answered => {
                told.answered = true;
                continue;
            }
            Moment::Ended(_) => return told,
            Moment::Said(clip) => match clip.id.as_str() {
                "greeting" | "which-help" | "label-registered-home" | "may-we-ask" => "1",
                "ticket-number-is" => {
                    told.began = true;
                    continue;
                }
                "also-by-text" => {
                    told.whole = true;
                    // What was told is told: who hangs up is not asked whether it went through.
                    conversation.hang_up().ok();
                    return told;
                }
                digit => {
                    let digit = digit.strip_prefix("digits/").filter(|_| told.began);
                    told.digits.push_str(digit.unwrap_or_default());
                    continue;
                }
            },
            Moment::Ringing | Moment::Quiet | Moment::Pressed(_) => continue,
        };
        conversation.press(key).ok();
    }
    panic!("a call neither ended nor came to its number: {told:?}")
}

/// Residents and duty officers who are rung: they press 1 whatever they are asked, and hang up at the end.
pub fn answer(telephones: &Arc<Caller>, over: &Arc<AtomicBool>) -> JoinHandle<()> {
    let (telephones, over) = (telephones.clone(), over.clone());
    std::thread::spawn(move || {
        while !over.load(Ordering::Relaxed) {
            let Ok(rung) = telephones.rung().recv_timeout(LOOK) else { continue };
            std::thread::spawn(move || pick_up(&rung.conversation));
        }
    })
}

fn pick_up(conversation: &Conversation) {
    if conversation.answer().is_err() {
        return;
    }
    while let Ok(moment) = conversation.moments().recv_timeout(Duration::from_secs(10)) {
        match moment {
            Moment::Said(clip) => match clip.id.as_str() {
                "label-it-is-me" | "label-take" | "label-resolved" | "survey-resolved"
                | "survey-satisfied" => {
                    conversation.press("1").ok();
                }
                "survey-thanks" | "duty-taken" | "goodbye" | "who-comes-care" => break,
                _ => {}
            },
            Moment::Ended(_) => return,
            Moment::Ringing | Moment::Answered | Moment::Quiet | Moment::Pressed(_) => {}
        }
    }
    conversation.hang_up().ok();
}

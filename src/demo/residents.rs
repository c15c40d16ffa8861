//! Simulated residents: they ring the line over real SIP, listen, press keys, and answer when they are rung.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::pace;
use crate::phone::caller::{Caller, Conversation, Moment, Rung};

/// The manner of somebody who picks up and for whom all is well.
pub const CONTENT: u32 = 0;
/// Nobody listens longer than this.
const PATIENCE: Duration = Duration::from_secs(150);

/// What the residents did, for the totals at the end.
#[derive(Debug, Default)]
pub struct Tally {
    pub rang: AtomicU64,
    pub heard_a_number: AtomicU64,
    pub gave_up: AtomicU64,
    pub answered: AtomicU64,
}

/// Rings from time to time until told to stop; each call lives on a thread of its own.
pub fn ring(
    caller: &Arc<Caller>,
    line: &str,
    numbers: &[String],
    tally: &Arc<Tally>,
    stop: &Arc<AtomicBool>,
) {
    let mut chance = crate::clock::os_chance();
    let talking = Arc::new(AtomicUsize::new(0));
    while !stop.load(Ordering::Relaxed) {
        if talking.load(Ordering::Relaxed) < pace::CALLS_AT_ONCE && !numbers.is_empty() {
            let count = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let number = &numbers[chance.below(count) as usize];
            if let Ok(conversation) = caller.dial(line, number) {
                let (talking, tally) = (talking.clone(), tally.clone());
                let manner = chance.below(100);
                talking.fetch_add(1, Ordering::Relaxed);
                tally.rang.fetch_add(1, Ordering::Relaxed);
                std::thread::spawn(move || {
                    speak(&conversation, manner, &tally);
                    talking.fetch_sub(1, Ordering::Relaxed);
                });
            }
        }
        wait(pace::NEXT_CALL, stop);
    }
}

/// Waits in small steps, so that the end of the demo is not waited for.
fn wait(time: Duration, stop: &AtomicBool) {
    const STEP: Duration = Duration::from_millis(200);
    let mut waited = Duration::ZERO;
    while waited < time && !stop.load(Ordering::Relaxed) {
        std::thread::sleep(STEP);
        waited += STEP;
    }
}

/// One call: answers what is asked; a few hang up early or want a person.
fn speak(conversation: &Conversation, manner: u32, tally: &Tally) {
    let group = char::from(b'1' + u8::try_from(manner % 5).unwrap_or(0));
    let mut menus = 0;
    while let Ok(moment) = conversation.moments().recv_timeout(PATIENCE) {
        let Moment::Said(clip) = moment else {
            if matches!(moment, Moment::Ended(_)) {
                return;
            }
            continue;
        };
        let key = match clip.id.as_str() {
            "greeting" if manner >= 96 => {
                tally.gave_up.fetch_add(1, Ordering::Relaxed);
                hang_up(conversation);
                return;
            }
            "greeting" if manner >= 90 => "0".to_owned(),
            "greeting" | "try-again" => {
                menus += 1;
                if menus > 2 {
                    hang_up(conversation);
                    return;
                }
                group.to_string()
            }
            "which-help" | "label-registered-home" | "may-we-ask" | "which-street" | "which-committee" => {
                "1".to_owned()
            }
            "tone" => {
                std::thread::sleep(Duration::from_secs(3));
                "#".to_owned()
            }
            "label-new-request" => "1".to_owned(),
            "ticket-number-is" => {
                tally.heard_a_number.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            "goodbye" | "callback-noted" => {
                hang_up(conversation);
                return;
            }
            _ => continue,
        };
        if conversation.press(&key).is_err() {
            return;
        }
    }
    hang_up(conversation);
}

fn hang_up(conversation: &Conversation) {
    // A line that is gone needs no goodbye.
    conversation.hang_up().ok();
}

/// Answers whatever rings: residents who are asked or told, duty officers, people of stations.
pub fn answer(caller: &Arc<Caller>, tally: &Arc<Tally>, stop: &Arc<AtomicBool>) {
    let mut chance = crate::clock::os_chance();
    while !stop.load(Ordering::Relaxed) {
        let Ok(rung) = caller.rung().recv_timeout(Duration::from_millis(300)) else { continue };
        let (tally, manner) = (tally.clone(), chance.below(100));
        std::thread::spawn(move || pick_up(&rung, manner, &tally));
    }
}

/// Most pick up. People of stations and duty officers take what is offered by key; nobody talks.
pub fn pick_up(rung: &Rung, manner: u32, tally: &Tally) {
    let conversation = &rung.conversation;
    std::thread::sleep(Duration::from_secs(2));
    if manner >= 80 {
        // Nobody at home.
        conversation.refuse().ok();
        return;
    }
    if conversation.answer().is_err() {
        return;
    }
    tally.answered.fetch_add(1, Ordering::Relaxed);
    while let Ok(moment) = conversation.moments().recv_timeout(Duration::from_secs(40)) {
        let key = match moment {
            Moment::Said(clip) => match clip.id.as_str() {
                "label-it-is-me" | "label-take" | "label-take-call" | "label-well" => "1",
                "label-resolved" | "survey-resolved" => {
                    if manner < 70 {
                        "1"
                    } else {
                        "3"
                    }
                }
                "survey-satisfied" => "1",
                "survey-thanks" | "duty-taken" | "goodbye" | "who-comes-care" => break,
                _ => continue,
            },
            Moment::Ended(_) => return,
            Moment::Ringing | Moment::Answered | Moment::Quiet | Moment::Pressed(_) => continue,
        };
        conversation.press(key).ok();
    }
    hang_up(conversation);
}

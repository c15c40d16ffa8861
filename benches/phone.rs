//! A telephone without a desk, to be loaded by SIPp: what the performance figures of `phone` are measured with.
//!
//! `cargo bench --bench phone -- 127.0.0.1:5070` listens until it is killed and answers by the number dialled:
//! `sig` is answered, `play` hears a prompt until it hangs up, `ivr` hears 5 s, presses a key, hears 3 s,
//! presses another and is hung up. Anybody else is refused. Once a second it prints how it fares.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};
use yingda::clock::{self, Clock};
use yingda::desk::effect::{Clip, PhoneEffect, RejectReason};
use yingda::desk::event::{PhoneEvent, PlayId};
use yingda::domain::ids::{CallId, Chance};
use yingda::domain::language::Language;
use yingda::domain::phone_number::NumberingPlan;
use yingda::phone::settings::Settings;
use yingda::phone::sounds::{Sound, Sounds};
use yingda::phone::{Phone, Supplies};

/// Where an `ivr` call stands: keys pressed so far.
type Calls = BTreeMap<CallId, u8>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = std::env::args().find(|argument| argument.contains(':')).unwrap_or("127.0.0.1:5070".into());
    let udp = listen.parse()?;
    let settings = Settings {
        udp,
        tcp: None,
        trusted: vec!["127.0.0.1".parse()?],
        max_calls: 5_000,
        deaf_after_s: 3_600,
        ..Settings::default()
    };
    let (desk, events) = bounded(4_096);
    let phone = Phone::start(Supplies {
        settings,
        plan: NumberingPlan::default(),
        sounds: Arc::new(prompts()),
        desk,
        recordings: None,
        clock: Clock::start(),
        chance: Chance::from_number(1),
    })?;
    println!("pid {} listens on {}", std::process::id(), phone.udp_address());
    let mut calls = Calls::new();
    let mut report_at = clock::monotonic();
    loop {
        match events.recv_deadline(report_at) {
            Ok(event) => react(&phone, &mut calls, event),
            Err(RecvTimeoutError::Timeout) => {
                report_at += Duration::from_secs(1);
                let health = phone.health();
                if health.calls > 0 {
                    println!("{health:?}");
                }
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

fn react(phone: &Phone, calls: &mut Calls, event: PhoneEvent) {
    match event {
        PhoneEvent::CallArrived { call, dialled, .. } => match dialled.as_str() {
            "sig" => tell(phone, PhoneEffect::Answer { call }),
            "play" => {
                tell(phone, PhoneEffect::Answer { call });
                play(phone, call, "five", true);
            }
            "ivr" => {
                calls.insert(call, 0);
                tell(phone, PhoneEffect::Answer { call });
                play(phone, call, "five", false);
            }
            _ => tell(phone, PhoneEffect::Reject { call, reason: RejectReason::NotFound }),
        },
        PhoneEvent::Digit { call, .. } => match calls.get_mut(&call) {
            Some(keys @ 0) => {
                *keys = 1;
                play(phone, call, "three", false);
            }
            Some(_) => tell(phone, PhoneEffect::Hangup { call }),
            None => {}
        },
        PhoneEvent::CallEnded { call, .. } => {
            calls.remove(&call);
        }
        PhoneEvent::Ringing { .. }
        | PhoneEvent::Answered { .. }
        | PhoneEvent::PlayEnded { .. }
        | PhoneEvent::RecordingEnded { .. }
        | PhoneEvent::Held { .. }
        | PhoneEvent::TransferAsked { .. }
        | PhoneEvent::Quality { .. }
        | PhoneEvent::PhoneReachable { .. }
        | PhoneEvent::CallLost { .. } => {}
    }
}

fn play(phone: &Phone, call: CallId, id: &str, repeat: bool) {
    let clips = vec![Clip::Sound { language: Language::Zh, id: id.into() }];
    tell(phone, PhoneEffect::Play { call, play: PlayId(0), clips, repeat });
}

fn tell(phone: &Phone, effect: PhoneEffect) {
    if let Err(error) = phone.try_send(effect) {
        println!("{error}");
    }
}

fn prompts() -> Sounds {
    let mut sounds = Sounds::default();
    for (id, seconds) in [("five", 5_i32), ("three", 3)] {
        let saw: Vec<i16> = (0..seconds * 8_000).map(|n| ((n % 40) * 400 - 8_000) as i16).collect();
        sounds.insert(Language::Zh, id, Sound::encode(&saw));
    }
    sounds
}

//! What the desk does with calls that hear each other, in words.

use yingda::desk::effect::{Part, PhoneEffect};
use yingda::domain::ids::CallId;

/// Tells an order about calls on a bridge; others as they are written.
pub fn told(effect: &PhoneEffect, name: impl Fn(CallId) -> String) -> String {
    let either = |on: &bool, one: &str, other: &str| if *on { one.to_owned() } else { other.to_owned() };
    if let PhoneEffect::Bridge { a, b } = effect {
        format!("join {} and {}", name(*a), name(*b))
    } else if let PhoneEffect::Unbridge { a, b } = effect {
        format!("part {} and {}", name(*a), name(*b))
    } else if let PhoneEffect::Join { to, call, part } = effect {
        let joins = match part {
            Part::Speak => "join",
            Part::Listen => "let listen",
            Part::Whisper { .. } => "let whisper",
        };
        format!("{joins} {} with {}", name(*call), name(*to))
    } else if let PhoneEffect::Hold { call, on } = effect {
        format!("{} {}", either(on, "hold", "resume"), name(*call))
    } else if let PhoneEffect::Mute { call, on } = effect {
        format!("{} {}", either(on, "mute", "unmute"), name(*call))
    } else if let PhoneEffect::TransferOutcome { call, ok } = effect {
        format!("tell {} that the transfer {}", name(*call), either(ok, "is done", "failed"))
    } else {
        format!("{effect:?}")
    }
}

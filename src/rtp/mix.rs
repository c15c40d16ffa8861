//! Several voices as one: what a leg hears of a bridge of three.

use super::FRAME_SAMPLES;
use super::g711::Law;

/// 20 ms of what somebody says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    pub law: Law,
    pub frame: [u8; FRAME_SAMPLES],
}

/// Returns all voices together in the law `to`, or nothing when nobody speaks. One alone is heard unchanged;
/// the sum of several stays at the loudest there is where it would pass it.
pub fn mix<'a>(voices: impl Iterator<Item = &'a Voice>, to: Law) -> Option<[u8; FRAME_SAMPLES]> {
    let mut voices = voices.peekable();
    let first = voices.next()?;
    if voices.peek().is_none() {
        return Some(first.frame.map(|byte| first.law.translate(byte, to)));
    }
    let mut sum = first.frame.map(|byte| i32::from(first.law.decode(byte)));
    for voice in voices {
        for (sum, byte) in sum.iter_mut().zip(voice.frame) {
            *sum += i32::from(voice.law.decode(byte));
        }
    }
    Some(sum.map(|sample| {
        to.encode(i16::try_from(sample).unwrap_or(if sample < 0 { i16::MIN } else { i16::MAX }))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(law: Law, sample: i16) -> Voice {
        Voice { law, frame: [law.encode(sample); FRAME_SAMPLES] }
    }

    #[test]
    fn nobody_is_nothing_and_one_alone_is_heard_unchanged() {
        assert_eq!(mix([].into_iter(), Law::A), None);
        let one = voice(Law::A, 1_000);
        assert_eq!(mix([&one].into_iter(), Law::A), Some(one.frame));
        let quiet = Voice { law: Law::A, frame: [Law::A.silence(); FRAME_SAMPLES] };
        assert_eq!(mix([&quiet].into_iter(), Law::Mu), Some([0xfe; FRAME_SAMPLES]));
    }

    #[test]
    fn two_voices_of_different_laws_are_heard_together() {
        let both = mix([&voice(Law::A, 1_000), &voice(Law::Mu, 2_000)].into_iter(), Law::A).unwrap();
        let heard = Law::A.decode(both[0]);
        assert!((2_850..3_150).contains(&heard), "{heard}");
    }

    #[test]
    fn what_would_be_too_loud_is_as_loud_as_can_be() {
        for loud in [30_000, -30_000] {
            let both = mix([&voice(Law::A, loud), &voice(Law::A, loud)].into_iter(), Law::A).unwrap();
            let heard = Law::A.decode(both[0]);
            assert!(heard.unsigned_abs() > 31_000 && heard.signum() == loud.signum(), "{heard}");
        }
    }
}

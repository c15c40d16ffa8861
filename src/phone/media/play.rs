//! What a call hears of us: clips and pauses one after the other, a frame at a time.

use std::time::Duration;

use crate::desk::effect::Clip;
use crate::desk::event::PlayId;
use crate::domain::language::Language;
use crate::phone::sounds::{Sound, Sounds};
use crate::rtp::g711::Law;
use crate::rtp::{FRAME_MS, FRAME_SAMPLES};

/// What is heard while the other telephone is on hold.
const HOLD_MUSIC: &str = "hold-music";

/// A sequence of clips being played.
#[derive(Debug)]
pub struct Play {
    pub id: PlayId,
    parts: Vec<Part>,
    part: usize,
    /// Frames of the current part already played.
    played: usize,
    repeats: bool,
}

#[derive(Debug)]
enum Part {
    Sound(Sound),
    Pause { frames: usize },
}

impl Play {
    /// Looks the clips up. One that does not exist is left out: the sentence goes on without it.
    pub fn new(id: PlayId, clips: &[Clip], repeats: bool, sounds: &Sounds) -> Self {
        let parts: Vec<_> = clips.iter().filter_map(|clip| part(clip, sounds)).collect();
        let repeats = repeats && !parts.is_empty();
        Self { id, parts, part: 0, played: 0, repeats }
    }

    /// The hold music, without end; nobody is told of it.
    pub fn music(sounds: &Sounds) -> Self {
        let clip = Clip::Sound { language: Language::Zh, id: HOLD_MUSIC.into() };
        Self::new(PlayId::default(), &[clip], true, sounds)
    }

    /// Returns the next 20 ms, or nothing when all has been played.
    pub fn next_frame(&mut self, law: Law) -> Option<[u8; FRAME_SAMPLES]> {
        loop {
            let frame = match self.parts.get(self.part)? {
                Part::Sound(sound) => {
                    let rest = sound.bytes(law).get(self.played * FRAME_SAMPLES..);
                    rest.and_then(|rest| rest.first_chunk().copied())
                }
                Part::Pause { frames } => (self.played < *frames).then(|| [law.silence(); FRAME_SAMPLES]),
            };
            if let Some(frame) = frame {
                self.played += 1;
                return Some(frame);
            }
            self.played = 0;
            self.part += 1;
            if self.part == self.parts.len() && self.repeats {
                self.part = 0;
            }
        }
    }
}

/// Nothing of no length is kept, so that a repeated play always has something to say.
fn part(clip: &Clip, sounds: &Sounds) -> Option<Part> {
    match clip {
        Clip::Sound { language, id } => {
            let sound = sounds.find(*language, id)?;
            (!sound.bytes(Law::A).is_empty()).then(|| Part::Sound(sound.clone()))
        }
        Clip::Pause(length) => {
            let frames = frames(*length);
            (frames > 0).then_some(Part::Pause { frames })
        }
    }
}

/// A pause is never longer than a minute.
const MAX_PAUSE: Duration = Duration::from_secs(60);

fn frames(length: Duration) -> usize {
    usize::try_from(length.min(MAX_PAUSE).as_millis().div_ceil(u128::from(FRAME_MS))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sounds() -> Sounds {
        let mut sounds = Sounds::default();
        sounds.insert(Language::Zh, "one", Sound::encode(&[1_000; 320]));
        sounds.insert(Language::Zh, "two", Sound::encode(&[2_000; 161]));
        sounds
    }

    fn clip(id: &str) -> Clip {
        Clip::Sound { language: Language::Zh, id: id.into() }
    }

    fn heard(play: &mut Play, limit: usize) -> Vec<u8> {
        std::iter::from_fn(|| play.next_frame(Law::A)).take(limit).map(|frame| frame[0]).collect()
    }

    #[test]
    fn clips_and_pauses_follow_each_other() {
        let clips = [clip("one"), Clip::Pause(Duration::from_millis(30)), clip("two")];
        let mut play = Play::new(PlayId(1), &clips, false, &sounds());
        let (one, two, pause) = (Law::A.encode(1_000), Law::A.encode(2_000), Law::A.silence());
        assert_eq!(heard(&mut play, 99), [one, one, pause, pause, two, two]);
        assert_eq!(play.next_frame(Law::A), None);
    }

    #[test]
    fn a_missing_clip_is_left_out_and_not_spelled() {
        let mut play = Play::new(PlayId(1), &[clip("one"), clip("three"), clip("one")], false, &sounds());
        assert_eq!(heard(&mut play, 99).len(), 4);
    }

    #[test]
    fn a_repeated_play_goes_on_and_an_empty_one_ends() {
        let mut play = Play::new(PlayId(1), &[clip("two")], true, &sounds());
        assert_eq!(heard(&mut play, 50).len(), 50);
        let nothing = [Clip::Pause(Duration::ZERO), clip("three")];
        assert_eq!(Play::new(PlayId(1), &nothing, true, &sounds()).next_frame(Law::A), None);
    }
}

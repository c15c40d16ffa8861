//! Telling by its bytes which clip is being said.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::language::Language;
use crate::phone::sounds::{Sound, Sounds};
use crate::rtp::FRAME_SAMPLES;
use crate::rtp::g711::Law;

/// A clip as it is named in the manifests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClipName {
    pub language: Language,
    pub id: String,
}

/// All clips, to be found by the frame they begin with.
#[derive(Debug)]
pub struct Index {
    clips: Vec<(ClipName, Sound)>,
    beginnings: BTreeMap<(Law, [u8; FRAME_SAMPLES]), Vec<usize>>,
}

impl Index {
    /// Clips that sound the same are known by the first of their names.
    pub fn new(sounds: &Sounds) -> Self {
        let (mut clips, mut beginnings) = (Vec::new(), BTreeMap::<_, Vec<usize>>::new());
        for (language, id, sound) in sounds.iter() {
            let Some(first) = sound.bytes(Law::A).first_chunk().copied() else { continue };
            let same =
                |number: &usize| clips.get(*number).is_some_and(|(_, known): &(_, Sound)| known == sound);
            if beginnings.get(&(Law::A, first)).is_some_and(|numbers| numbers.iter().any(same)) {
                continue;
            }
            let number = clips.len();
            clips.push((ClipName { language, id: id.to_owned() }, sound.clone()));
            beginnings.entry((Law::A, first)).or_default().push(number);
            if let Some(first) = sound.bytes(Law::Mu).first_chunk() {
                beginnings.entry((Law::Mu, *first)).or_default().push(number);
            }
        }
        Self { clips, beginnings }
    }
}

/// Follows one call.
#[derive(Debug)]
pub struct Recogniser {
    index: Arc<Index>,
    /// Clips that what was heard last may be the beginning of, with the frames heard of each.
    candidates: Vec<(usize, usize)>,
}

impl Recogniser {
    pub fn new(index: Arc<Index>) -> Self {
        Self { index, candidates: Vec::new() }
    }

    /// Takes the next packet's audio; returns the clips that were said whole with it.
    pub fn hear(&mut self, law: Law, payload: &[u8]) -> Vec<ClipName> {
        let Ok(frame) = <[u8; FRAME_SAMPLES]>::try_from(payload) else {
            self.candidates.clear(); // somebody else's rhythm: no clip of ours
            return vec![];
        };
        let index = &self.index;
        let begun = index.beginnings.get(&(law, frame)).into_iter().flatten().map(|clip| (*clip, 0));
        self.candidates.extend(begun);
        let mut said = Vec::new();
        self.candidates.retain_mut(|(clip, heard)| {
            let (name, sound) = &index.clips[*clip];
            let bytes = sound.bytes(law);
            let expected = bytes.get(*heard * FRAME_SAMPLES..(*heard + 1) * FRAME_SAMPLES);
            if expected != Some(&frame) {
                return false;
            }
            *heard += 1;
            let whole = *heard * FRAME_SAMPLES == bytes.len();
            if whole {
                said.push(name.clone());
            }
            !whole
        });
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Chance;

    fn sounds() -> Sounds {
        let mut chance = Chance::from_number(3);
        let mut sounds = Sounds::default();
        for n in 0..10 {
            let mut samples = vec![0_i16; 320]; // every clip begins with the same silence
            samples.extend((0..400).map(|_| chance.below(9_000) as i16));
            sounds.insert(Language::Zh, &format!("digits/{n}"), Sound::encode(&samples));
        }
        sounds
    }

    fn said(law: Law, sounds: &Sounds, ids: &[&str]) -> Vec<u8> {
        ids.iter().flat_map(|id| sounds.find(Language::Zh, id).unwrap().bytes(law).to_vec()).collect()
    }

    fn recognised(law: Law, sounds: &Sounds, bytes: &[u8]) -> Vec<String> {
        let mut recogniser = Recogniser::new(Arc::new(Index::new(sounds)));
        bytes
            .chunks(FRAME_SAMPLES)
            .flat_map(|frame| recogniser.hear(law, frame))
            .map(|name| name.id)
            .collect()
    }

    #[test]
    fn a_number_is_understood_digit_by_digit_with_zeros_and_repetitions() {
        let sounds = sounds();
        let ids = ["digits/0", "digits/0", "digits/7", "digits/7", "digits/1"];
        for law in [Law::A, Law::Mu] {
            assert_eq!(recognised(law, &sounds, &said(law, &sounds, &ids)), ids, "{law:?}");
        }
    }

    #[test]
    fn silence_and_a_clip_cut_short_are_no_clips() {
        let sounds = sounds();
        let mut bytes = vec![Law::A.silence(); 30 * FRAME_SAMPLES];
        bytes.extend(&said(Law::A, &sounds, &["digits/5"])[..3 * FRAME_SAMPLES]);
        bytes.extend(said(Law::A, &sounds, &["digits/6"]));
        assert_eq!(recognised(Law::A, &sounds, &bytes), ["digits/6"]);
    }

    #[test]
    fn two_names_of_one_sound_are_heard_once() {
        let mut sounds = sounds();
        let five = sounds.find(Language::Zh, "digits/5").unwrap().clone();
        sounds.insert(Language::Zh, "number-five", five);
        assert_eq!(recognised(Law::A, &sounds, &said(Law::A, &sounds, &["number-five"])), ["digits/5"]);
    }
}

//! The sounds that ship: every clip is there, says its text, slowly enough, in the one format.

use std::path::Path;
use std::time::Duration;

use yingda::domain::area::AreaCode;
use yingda::domain::category::{self, Catalogue};
use yingda::domain::language::Language;
use yingda::ivr::menu::{DEFAULT_TEXT, Menu};
use yingda::ivr::places::Places;
use yingda::ivr::spoken::sentences;
use yingda::prompts::check::{FoundFile, SoundFormat, check, check_sentences};
use yingda::prompts::clip::ClipId;
use yingda::prompts::library::Library;
use yingda::prompts::manifest::Manifest;

/// What the sounds may weigh in the repository.
const MOST_BYTES: u64 = 36_000_000;
/// Loudest sample (of 32767) that still leaves a telephone network its headroom.
const LOUDEST: u16 = 30_000;

fn sounds() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds")
}

fn library() -> Library {
    Library::new(Language::ALL.iter().map(|language| {
        let file = sounds().join(language.name()).join("manifest.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        Manifest::parse(&file.display().to_string(), &text).unwrap()
    }))
}

/// Every WAV file below a language's folder, with its path there.
fn wav_files(language: Language) -> Vec<(String, std::path::PathBuf)> {
    fn walk(folder: &Path, below: &str, found: &mut Vec<(String, std::path::PathBuf)>) {
        let mut entries: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let stem = path.file_stem().unwrap().to_str().unwrap();
            if path.is_dir() {
                walk(&path, &format!("{below}{stem}/"), found);
            } else if path.extension().is_some_and(|extension| extension == "wav") {
                found.push((format!("{below}{stem}"), path));
            }
        }
    }
    let mut found = Vec::new();
    walk(&sounds().join(language.name()), "", &mut found);
    found
}

fn found_files() -> Vec<FoundFile> {
    let mut files = Vec::new();
    for language in Language::ALL {
        for (name, path) in wav_files(*language) {
            let reader = hound::WavReader::open(&path).unwrap();
            let spec = reader.spec();
            files.push(FoundFile {
                language: *language,
                name,
                format: Some(SoundFormat {
                    sample_rate_hz: spec.sample_rate,
                    channels: spec.channels,
                    bits: spec.bits_per_sample,
                }),
                duration: Duration::from_secs_f64(f64::from(reader.duration()) / f64::from(spec.sample_rate)),
            });
        }
    }
    files
}

#[test]
fn every_clip_that_ships_is_in_order() {
    let findings = check(&library(), &found_files());
    let faults: Vec<String> =
        findings.iter().filter(|finding| finding.is_fault()).map(ToString::to_string).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_menu_and_question_is_said_slowly_enough_as_a_whole() {
    let library = library();
    let catalogue = Catalogue::parse(category::DEFAULT_TEXT).unwrap();
    let menu = Menu::parse("config/ivr.toml", DEFAULT_TEXT, &catalogue, &library).unwrap();
    let zh = library.manifests().find(|manifest| manifest.language == Language::Zh).unwrap();
    let areas = zh.clips.keys().filter_map(|id| id.as_str().strip_prefix("area-"));
    let areas = areas.map(|code| AreaCode::parse(code).unwrap());
    let menu = menu.with_places(Places::new(areas, &library));
    let spoken = sentences(&menu, &AreaCode::parse("370203").unwrap());
    let names: Vec<_> = spoken.iter().map(|(name, _)| name.as_str()).collect();
    for wanted in ["first menu", "group 1", "registered home", "open ticket", "survey, resolved"] {
        assert!(names.contains(&wanted), "{wanted} in {names:?}");
    }
    let findings = check_sentences(&library, &found_files(), &spoken);
    let fast: Vec<_> = findings.iter().map(ToString::to_string).collect();
    assert!(fast.is_empty(), "{}", fast.join("\n"));
}

#[test]
fn tibetan_waits_for_people_and_no_machine_wrote_or_spoke_any() {
    let library = library();
    let tibetan = library.manifests().find(|manifest| manifest.language == Language::Bo).unwrap();
    assert!(!tibetan.clips.is_empty());
    for (id, clip) in &tibetan.clips {
        assert!(clip.status.name() != "synthetic", "{id}");
    }
}

#[test]
fn the_sounds_are_small_and_of_one_loudness() {
    let mut bytes = 0;
    for language in Language::ALL {
        for (name, path) in wav_files(*language) {
            bytes += std::fs::metadata(&path).unwrap().len();
            let samples = hound::WavReader::open(&path).unwrap().into_samples::<i16>();
            let peak = samples.map(|sample| sample.unwrap().unsigned_abs()).max().unwrap_or(0);
            assert!((3_000..=LOUDEST).contains(&peak), "{language}/{name} peaks at {peak}");
        }
    }
    assert!(bytes <= MOST_BYTES, "{bytes} bytes of sound");
}

#[test]
fn the_menu_that_ships_fits_its_catalogue_and_its_clips() {
    let catalogue = Catalogue::parse(category::DEFAULT_TEXT).unwrap();
    let menu = Menu::parse("config/ivr.toml", DEFAULT_TEXT, &catalogue, &library()).unwrap();
    assert_eq!(menu.languages, [Language::Zh, Language::En]);
}

#[test]
fn every_category_can_be_said_in_chinese_and_english() {
    let (library, catalogue) = (library(), Catalogue::parse(category::DEFAULT_TEXT).unwrap());
    for code in catalogue.categories.keys() {
        let clip = ClipId::category(code);
        assert!(library.has_sound(Language::Zh, &clip), "zh/{clip}");
        assert!(library.has_sound(Language::En, &clip), "en/{clip}");
    }
}

#[test]
fn every_street_and_committee_of_both_districts_can_be_chosen_by_key() {
    let library = library();
    let zh = library.manifests().find(|manifest| manifest.language == Language::Zh).unwrap();
    let areas: Vec<_> = zh
        .clips
        .keys()
        .filter_map(|id| id.as_str().strip_prefix("area-"))
        .map(|code| yingda::domain::area::AreaCode::parse(code).unwrap())
        .collect();
    let places = Places::new(areas.clone(), &library);
    for (district, streets, committees) in [("370203", 22, 137), ("540502", 9, 56)] {
        let district = yingda::domain::area::AreaCode::parse(district).unwrap();
        let chosen = places.within(&district, Language::Zh);
        assert_eq!(chosen.len(), streets);
        let all: usize = chosen.iter().map(|street| places.within(street, Language::Zh).len()).sum();
        assert_eq!(all, committees);
    }
}

//! `yingda prompts check`: whether every prompt is there and fit to be heard.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};

use super::Verdict;
use crate::domain::area::{AreaCode, AreaLevel};
use crate::domain::category::Catalogue;
use crate::domain::language::Language;
use crate::domain::settings::SettingsKind;
use crate::ivr::menu::Menu;
use crate::ivr::places::Places;
use crate::ivr::spoken::sentences;
use crate::prompts::check::{FoundFile, SoundFormat};
use crate::prompts::library::Library;
use crate::prompts::sentence::Sentence;
use crate::service::rules;

pub(super) fn check(folder: &Path) -> anyhow::Result<Verdict> {
    if !folder.is_dir() {
        bail!("{} is no folder: name one that is laid out as sounds/ with --folder DIR", folder.display());
    }
    let library = rules::library(Some(folder))?;
    let mut files = Vec::new();
    for language in Language::ALL {
        let root = folder.join(language.name());
        if root.is_dir() {
            find(*language, &root, &root, &mut files)?;
        }
    }
    let mut findings = crate::prompts::check::check(&library, &files);
    findings.extend(crate::prompts::check::check_sentences(&library, &files, &spoken(&library)?));
    for finding in findings.iter().filter(|finding| finding.is_fault()) {
        println!("{finding}");
    }
    let faults = findings.iter().filter(|finding| finding.is_fault()).count();
    println!("{} sounds, {faults} faults, {} not recorded yet", files.len(), findings.len() - faults);
    Ok(if faults == 0 { Verdict::Good } else { Verdict::Wrong })
}

/// What callers hear most by the menu that ships, with the places that have clips.
fn spoken(library: &Library) -> anyhow::Result<Vec<(String, Sentence)>> {
    let catalogue =
        Catalogue::parse(rules::built_in(SettingsKind::Catalogue)).context("read the catalogue")?;
    let parsed = Menu::parse("ivr.toml", rules::built_in(SettingsKind::Ivr), &catalogue, library);
    let menu = parsed.map_err(|errors| {
        let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the menu does not fit these sounds: {}", errors.join("; "))
    })?;
    let clips = library.manifests().flat_map(|manifest| manifest.clips.keys());
    let areas: BTreeSet<AreaCode> =
        clips.filter_map(|id| AreaCode::parse(id.as_str().strip_prefix("area-")?).ok()).collect();
    let menu = menu.with_places(Places::new(areas.iter().cloned(), library));
    let districts = areas.iter().filter(|area| area.level() == AreaLevel::District);
    Ok(districts.flat_map(|district| sentences(&menu, district)).collect())
}

fn find(language: Language, root: &Path, folder: &Path, found: &mut Vec<FoundFile>) -> anyhow::Result<()> {
    for entry in folder.read_dir().with_context(|| format!("read {}", folder.display()))? {
        let path = entry.with_context(|| format!("read {}", folder.display()))?.path();
        if path.is_dir() {
            find(language, root, &path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "wav") {
            let name = path.strip_prefix(root).context("a file below its folder")?.with_extension("");
            let (format, duration) = format_of(&path);
            found.push(FoundFile { language, name: name.display().to_string(), format, duration });
        }
    }
    Ok(())
}

/// What a file's header says; none when it is no WAV file of plain samples.
fn format_of(path: &Path) -> (Option<SoundFormat>, Duration) {
    let Ok(reader) = hound::WavReader::open(path) else { return (None, Duration::ZERO) };
    let spec = reader.spec();
    if spec.sample_format != hound::SampleFormat::Int {
        return (None, Duration::ZERO);
    }
    let seconds = f64::from(reader.duration()) / f64::from(spec.sample_rate.max(1));
    let format =
        SoundFormat { sample_rate_hz: spec.sample_rate, channels: spec.channels, bits: spec.bits_per_sample };
    (Some(format), Duration::from_secs_f64(seconds))
}

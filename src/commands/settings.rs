//! `yingda config`: the settings file, and the versions of menu, catalogue, calendar, policy and texts.

use std::path::Path;

use anyhow::Context;

use super::arguments::{Config, Kind};
use super::office::{carry_out, unexpected};
use super::{Place, Verdict};
use crate::config::{self, Environment};
use crate::domain::settings::SettingsKind;
use crate::places::osm;
use crate::service::control::{Answer, Request};
use crate::service::{rules, rules_check};
use crate::text::difference::difference;

pub(super) fn config(place: &Place, what: Config) -> anyhow::Result<Verdict> {
    match what {
        Config::Check => check(place),
        Config::Export { kind, version } => {
            print!("{}", export(place, kind, version)?.1);
            Ok(Verdict::Good)
        }
        Config::Import { kind, file } => {
            let toml = read(&file)?;
            let answer = carry_out(place, Request::ImportSettings { kind: kind.stored(), toml })?;
            let Answer::SettingsImported { version } = answer else { return Err(unexpected()) };
            println!(
                "it is version {version}; a running server has it in force at once, calls and tickets keep what they began with"
            );
            Ok(Verdict::Good)
        }
        Config::Diff { kind, file } => {
            let (version, stored) = export(place, kind, None)?;
            let written = read(&file)?;
            if stored == written {
                println!("{} is version {version}, unchanged", file.display());
                return Ok(Verdict::Good);
            }
            print!("{}", difference(&stored, &written));
            Ok(Verdict::Wrong)
        }
    }
}

/// Reads the settings and every file they name, each checked with the others.
fn check(place: &Place) -> anyhow::Result<Verdict> {
    let settings = match config::load(&place.file(), &Environment::of_process()) {
        Ok(settings) => settings,
        Err(problems) => {
            eprintln!("{problems}");
            return Ok(Verdict::Wrong);
        }
    };
    let text = |kind: SettingsKind| match settings.first.file(kind) {
        Some(file) => read(file),
        None => Ok(rules::built_in(kind).to_owned()),
    };
    let mut verdict = Verdict::Good;
    for kind in SettingsKind::ALL {
        let toml = text(*kind)?;
        if let Err(error) = rules_check::check(*kind, &toml, text, settings.sounds.folder.as_deref()) {
            let place =
                settings.first.file(*kind).map_or("built in".to_owned(), |file| file.display().to_string());
            eprintln!("{place}: {error:#}");
            verdict = Verdict::Wrong;
        }
    }
    if let Some(file) = &settings.roads.file
        && let Err(error) = osm::roads(file)
    {
        eprintln!("{error}");
        verdict = Verdict::Wrong;
    }
    if verdict == Verdict::Good {
        println!("{} and what it names can be used", place.file().display());
    }
    Ok(verdict)
}

fn export(place: &Place, kind: Kind, version: Option<u32>) -> anyhow::Result<(u32, String)> {
    let answer = carry_out(place, Request::ExportSettings { kind: kind.stored(), version })?;
    let Answer::Settings { version, toml, .. } = answer else { return Err(unexpected()) };
    Ok((version, toml))
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))
}

//! Looking after an installation: verify, backup, restore, key rotate, erase.

use std::path::Path;

use anyhow::{Context, bail};

use super::office::{carry_out, unexpected};
use super::{Place, Verdict};
use crate::clock::Clock;
use crate::domain::actor::Actor;
use crate::domain::ids::PersonId;
use crate::service::control::{Answer, ControlError, Request, ask};
use crate::store::backup::restore as bring_back;
use crate::store::records::By;

pub(super) fn verify(place: &Place) -> anyhow::Result<Verdict> {
    let Answer::Verified(found) = carry_out(place, Request::Verify)? else { return Err(unexpected()) };
    match found.fault {
        Some(fault) => {
            println!("the history was tampered with: {fault}");
            Ok(Verdict::Wrong)
        }
        None => {
            println!("the history is whole: {} events, {} erased", found.events, found.erased);
            Ok(Verdict::Good)
        }
    }
}

pub(super) fn backup(place: &Place, directory: &Path) -> anyhow::Result<Verdict> {
    let directory = std::path::absolute(directory).context("find the backup's directory")?;
    let answer = carry_out(place, Request::Backup { directory: directory.clone() })?;
    let Answer::BackedUp { files } = answer else { return Err(unexpected()) };
    println!("the backup is in {}: the database and {files} files", directory.display());
    println!("the installation's keys are not in it: keep a copy of <data>/keys elsewhere");
    Ok(Verdict::Good)
}

pub(super) fn restore(place: &Place, directory: &Path) -> anyhow::Result<Verdict> {
    let settings = place.settings()?;
    match ask(&settings.data_dir, &Request::Ping) {
        Err(ControlError::NobodyThere { .. }) => {}
        Ok(_) | Err(_) => bail!("a server is running on {}: stop it first", settings.data_dir.display()),
    }
    let by = By { actor: Actor::SYSTEM, jurisdiction: settings.place.jurisdiction, at: Clock::start().now() };
    let restored = bring_back(directory, &settings.data_dir, &by)?;
    println!(
        "restored {} tickets and {} events into {}; numbering epoch {} begins",
        restored.tickets,
        restored.events,
        settings.data_dir.display(),
        restored.epoch
    );
    Ok(Verdict::Good)
}

pub(super) fn rotate_key(place: &Place) -> anyhow::Result<Verdict> {
    let Answer::KeyRotated { rewrapped, unreadable } = carry_out(place, Request::RotateKey)? else {
        return Err(unexpected());
    };
    println!("{rewrapped} keys are wrapped with the new installation key");
    if unreadable > 0 {
        println!("{unreadable} recordings need a key that is not here: put it into <data>/keys and repeat");
        return Ok(Verdict::Wrong);
    }
    println!("the older installation keys are destroyed");
    Ok(Verdict::Good)
}

pub(super) fn erase(place: &Place, person: i64) -> anyhow::Result<Verdict> {
    let answer = carry_out(place, Request::Erase { person: PersonId(person) })?;
    let Answer::Erased { events, tickets, recordings } = answer else { return Err(unexpected()) };
    println!("erased: the words of {events} events, {tickets} tickets, {recordings} recordings");
    println!("older backups still hold the person: destroy them when their time is over");
    Ok(Verdict::Good)
}

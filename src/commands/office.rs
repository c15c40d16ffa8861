//! How a command reaches the office: through the running server, else by opening the data itself.

use std::path::Path;

use anyhow::{Context, anyhow};

use super::Place;
use crate::config::Settings;
use crate::recordings::Recordings;
use crate::service::control::{Answer, ControlError, Request, ask};
use crate::service::house::{Ground, KEYS_FOLDER};
use crate::service::office::{Office, RECORDINGS_FOLDER};
use crate::store::DATABASE_FILE;
use crate::store::backup::Beside;

/// Asks the running server, or does it here; a refusal is an error.
pub(super) fn carry_out(place: &Place, request: Request) -> anyhow::Result<Answer> {
    let settings = place.settings()?;
    let answer = match ask(&settings.data_dir, &request) {
        Ok(answer) => answer,
        Err(ControlError::NobodyThere { .. }) => alone(place, &settings)?.answer(request),
        Err(error) => return Err(error.into()),
    };
    match answer {
        Answer::Refused { why } => Err(anyhow!(why)),
        Answer::Done
        | Answer::Tickets { .. }
        | Answer::RecordedDay { .. }
        | Answer::Verified(_)
        | Answer::Settings { .. }
        | Answer::SettingsImported { .. }
        | Answer::Users { .. }
        | Answer::PhoneGiven { .. }
        | Answer::Imported { .. }
        | Answer::BadRows { .. }
        | Answer::BackedUp { .. }
        | Answer::KeyRotated { .. }
        | Answer::Erased { .. } => Ok(answer),
    }
}

/// An answer that belongs to another question: the server is of another version.
pub(super) fn unexpected() -> anyhow::Error {
    anyhow!("the server answered something else: is it of another version of the program?")
}

/// Opens the data directory for this command alone.
fn alone(place: &Place, settings: &Settings) -> anyhow::Result<Office> {
    let data = &settings.data_dir;
    if !data.join(DATABASE_FILE).exists() {
        return Err(anyhow!(
            "there is no store in {}: name the data directory with --data DIR, or start `yingda serve` once",
            data.display()
        ));
    }
    let ground = Ground::open(data)?;
    let (recordings, _) =
        Recordings::open(&data.join(RECORDINGS_FOLDER), ground.keys).context("open the recordings")?;
    Ok(Office {
        store: ground.store,
        keys: data.join(KEYS_FOLDER),
        recordings,
        clock: ground.clock,
        jurisdiction: settings.place.jurisdiction.clone(),
        numbering: settings.place.numbering.clone(),
        beside: beside(settings, &place.file()),
        // Nobody to tell: the desk reads the store when it starts.
        tell: Box::new(|_| true),
        phone_server: settings.phone.server(),
        tell_phones: Box::new(|| ()),
    })
}

/// What belongs into a backup besides the database.
pub(super) fn beside(settings: &Settings, file: &Path) -> Beside {
    Beside {
        recordings: Some(settings.data_dir.join(RECORDINGS_FOLDER)),
        prompts: settings.sounds.folder.clone(),
        settings: Some(file.to_owned()).filter(|file| file.exists()).into_iter().collect(),
    }
}

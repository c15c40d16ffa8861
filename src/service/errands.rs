//! What the console's pages of the administration ask for, carried out by the office that serves the command line.

use super::control::ImportKind;
use super::imports::{self, Imported};
use super::office::Office;
use crate::console::office::{Errand, Outcome, Register};
use crate::store::records::By;

/// Carries out one errand in the name of whoever asked; whatever goes wrong is said in the outcome.
pub fn carry_out(office: &Office, errand: Errand, by: By) -> Outcome {
    let done = match errand {
        Errand::Import { register, bytes } => import(office, register, &bytes, &by),
        Errand::CheckSettings { kind, toml } => office.check_settings(kind, &toml).map(|()| Outcome::Sound),
        Errand::AddSettings { kind, toml } => {
            office.import_settings(kind, toml, by).map(|version| Outcome::Added { version })
        }
        Errand::GivePhone { user, extension } => office
            .give_phone(&user, &extension, by)
            .map(|password| Outcome::PhoneGiven { password, server: office.phone_server.clone() }),
        Errand::TakePhone { user } => office.take_phone(user, by).map(|()| Outcome::Done),
        Errand::SetSpeaks { user, speaks } => office.set_speaks(user, speaks, by).map(|()| Outcome::Done),
        Errand::TellPhones => {
            (office.tell_phones)();
            Ok(Outcome::Done)
        }
    };
    done.unwrap_or_else(|error| Outcome::Refused { why: format!("{error:#}") })
}

fn import(office: &Office, register: Register, bytes: &[u8], by: &By) -> anyhow::Result<Outcome> {
    let what = match register {
        Register::People => ImportKind::People,
        Register::Volunteers => ImportKind::Volunteers,
        Register::Stations => ImportKind::Stations,
        Register::Facilities => ImportKind::Facilities,
        Register::Devices => ImportKind::Devices,
        Register::CarePlans => ImportKind::CarePlans,
    };
    Ok(match imports::import_bytes(office, what, bytes, by)? {
        Imported::Rows { rows, notes } => Outcome::Imported { rows, notes },
        Imported::Bad(rows) => Outcome::BadRows(rows),
    })
}

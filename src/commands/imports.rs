//! `yingda import`: a spreadsheet's rows into the registers, all or none.

use std::path::Path;

use anyhow::Context;

use super::office::{carry_out, unexpected};
use super::{Place, Verdict};
use crate::service::control::{Answer, ImportKind, Request};

pub(super) fn import(place: &Place, what: ImportKind, file: &Path) -> anyhow::Result<Verdict> {
    let file = std::path::absolute(file).context("find the file")?;
    match carry_out(place, Request::Import { what, file: file.clone() })? {
        Answer::Imported { rows, notes } => {
            for note in &notes {
                println!("{}:{}: note: {}", file.display(), note.line, note.reason);
            }
            println!("{rows} rows are imported");
            Ok(Verdict::Good)
        }
        Answer::BadRows { rows } => {
            for row in &rows {
                println!("{}:{}: {}", file.display(), row.line, row.reason);
            }
            println!("nothing is imported: mend these {} rows and repeat", rows.len());
            Ok(Verdict::Wrong)
        }
        Answer::Done
        | Answer::Tickets { .. }
        | Answer::RecordedDay { .. }
        | Answer::Verified(_)
        | Answer::Settings { .. }
        | Answer::SettingsImported { .. }
        | Answer::Users { .. }
        | Answer::PhoneGiven { .. }
        | Answer::BackedUp { .. }
        | Answer::KeyRotated { .. }
        | Answer::Erased { .. }
        | Answer::Refused { .. } => Err(unexpected()),
    }
}

//! A real day for `yingda simulate`: written down with `--export`, read with `--events`.

use std::path::Path;

use anyhow::Context;
use jiff::civil::Date;

use super::office::{carry_out, unexpected};
use super::{Place, Verdict};
use crate::service::control::{Answer, Request};
use crate::simulate::replay::Replay;

/// Writes a day of the store down.
pub(super) fn export(place: &Place, file: &Path, day: Date) -> anyhow::Result<Verdict> {
    let Answer::RecordedDay { text, requests, answers, left_out } =
        carry_out(place, Request::RecordedDay { day })?
    else {
        return Err(unexpected());
    };
    std::fs::write(file, text).with_context(|| format!("write {}", file.display()))?;
    println!("{}: {requests} requests of {day} and {answers} answers to them", file.display());
    if left_out > 0 {
        println!("{left_out} tickets of that day are not in it: void, merged, or nobody is sent for them");
    }
    println!(
        "no names and no numbers are in it, and places to about 100 m: keep it in the house all the same"
    );
    Ok(Verdict::Good)
}

/// Reads what was written.
pub(super) fn read(file: &Path) -> anyhow::Result<Replay> {
    let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    Replay::read(&text).with_context(|| format!("read {}", file.display()))
}

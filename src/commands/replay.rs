//! A real day for `yingda simulate`: written down with `--export`, read with `--events`.

use std::path::Path;

use anyhow::{Context, bail};
use jiff::civil::Date;

use super::office::{carry_out, unexpected};
use super::simulate::{Output, text_of};
use super::{Place, Verdict};
use crate::service::control::{Answer, Request};
use crate::simulate::replay::Replay;

/// Writes a day of the store down.
pub(super) fn export(place: &Place, file: &Path, day: Date) -> anyhow::Result<Verdict> {
    let output = Output::open(file)?;
    let Answer::RecordedDay { text, requests, answers, left_out } =
        carry_out(place, Request::RecordedDay { day })?
    else {
        return Err(unexpected());
    };
    output.write(&text)?;
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
    let text = text_of(file).context("a day is a file that `yingda simulate --export` wrote")?;
    let replay = Replay::read(&text).with_context(|| format!("read {}", file.display()))?;
    if replay.land.lived.as_ref().is_none_or(|lived| lived.requests.is_empty()) {
        bail!("{} holds no request that anybody is sent for: export another day", file.display());
    }
    Ok(replay)
}

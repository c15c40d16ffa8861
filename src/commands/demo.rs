//! `yingda demo`: a synthetic district that lives, in a folder of its own.

use std::path::PathBuf;

use anyhow::Context;

use super::arguments::Demo;
use super::serve::told_to_stop;
use super::{Verdict, logging};
use crate::clock;
use crate::demo::district::Size;
use crate::demo::run::{self, Options};

/// What the demo writes to its log; the screen is for people.
const LOG: &str = "warn";

pub(super) fn demo(asked: Demo) -> anyhow::Result<Verdict> {
    logging::start(LOG);
    let directory = match asked.dir {
        Some(directory) => directory,
        None => fresh_folder()?,
    };
    let options = Options {
        directory,
        sip: asked.sip,
        http: asked.http,
        minutes: asked.minutes,
        no_calls: asked.no_calls,
        size: if asked.small { Size::SMALL } else { Size::FULL },
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("start the runtime")?;
    runtime.block_on(async { run::run(options, told_to_stop()?).await })?;
    Ok(Verdict::Good)
}

/// A folder of this moment under the user's data directory.
fn fresh_folder() -> anyhow::Result<PathBuf> {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).or_else(home);
    let data = data.context("neither XDG_DATA_HOME nor HOME is set: name a folder with --dir")?;
    Ok(data.join("yingda").join(format!("demo-{}", clock::wall().as_millis())))
}

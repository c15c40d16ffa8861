//! `yingda demo`: the whole line at work on a synthetic district, with nothing to set up.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, bail};

use super::arguments::Demo;
use super::serve::told_to_stop;
use super::{Verdict, logging};
use crate::clock;
use crate::demo::district::Size;
use crate::demo::run::{Options, run};

pub(super) fn demo(asked: Demo) -> anyhow::Result<Verdict> {
    logging::start(&asked.log);
    for (address, what) in [(asked.sip, "--sip"), (asked.http, "--http")] {
        refuse_beyond_loopback(address, what)?;
    }
    let directory = match asked.dir {
        Some(directory) => directory,
        None => fresh_folder()?,
    };
    let options = Options {
        directory: std::path::absolute(directory).context("find the demo's folder")?,
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
    runtime.block_on(async { run(options, told_to_stop()?).await })?;
    Ok(Verdict::Good)
}

/// The demo's passwords stand on the screen and its callers are believed: it is for this machine alone.
fn refuse_beyond_loopback(address: SocketAddr, what: &str) -> anyhow::Result<()> {
    if address.ip().is_loopback() {
        return Ok(());
    }
    bail!("{what} {address} is not a loopback address: the demo is for this machine alone, take 127.0.0.1")
}

/// A folder of this start under the user's data directory.
fn fresh_folder() -> anyhow::Result<PathBuf> {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    let base = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).or_else(home);
    let base =
        base.context("find the user's data directory: HOME is not set, name a folder with --dir DIR")?;
    Ok(base.join("yingda").join(format!("demo-{}", clock::wall().as_millis())))
}

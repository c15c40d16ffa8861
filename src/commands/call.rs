//! `yingda call`: rings a number over SIP, presses keys, prints what was heard.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use super::arguments::Call;
use super::{Verdict, logging};
use crate::clock::{self, Clock};
use crate::phone::caller::script::{Ending, parse, run};
use crate::phone::caller::{Caller, Moment, digits_said};
use crate::phone::sounds::{Settings as SoundSettings, Sounds};

/// How long nothing may happen before the caller hangs up.
const PATIENCE: Duration = Duration::from_secs(90);

pub(super) fn call(asked: &Call) -> anyhow::Result<Verdict> {
    logging::start("warn");
    let steps = parse(&asked.keys.join(" "))?;
    let sounds =
        Arc::new(Sounds::load(&SoundSettings { folder: asked.sounds.clone() }).context("load the sounds")?);
    let here = SocketAddr::new(asked.here, 0);
    let caller =
        Caller::start(here, sounds, Clock::start(), clock::os_chance()).context("start the telephone")?;
    let target =
        if asked.target.starts_with("sip:") { asked.target.clone() } else { format!("sip:{}", asked.target) };
    let conversation = caller.dial(&target, &asked.from).context("ring")?;
    let report = run(&conversation, steps, PATIENCE, |moment| match moment {
        Moment::Ringing => println!("ringing"),
        Moment::Answered => println!("answered"),
        Moment::Said(clip) => println!("heard    {} {}", clip.language, clip.id),
        Moment::Quiet => println!("quiet"),
        Moment::Pressed(key) => println!("they pressed {key}"),
        Moment::Ended(reason) => println!("ended    {reason}"),
    });
    caller.stop();
    let digits = digits_said(&report.heard);
    if !digits.is_empty() {
        println!("digits   {digits}");
    }
    if report.steps_left > 0 {
        println!("{} steps were left when it ended", report.steps_left);
    }
    let good = report.steps_left == 0 && report.end != Ending::LostPatience && !report.heard.is_empty();
    Ok(if good { Verdict::Good } else { Verdict::Wrong })
}

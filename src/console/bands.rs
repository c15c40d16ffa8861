//! The bands across the top of every page: what is broken in the house, and what a reader can do about it.

use askama::Template;
use axum::response::Response;
use serde_json::Value;

use super::access::Need;
use super::ask::{self, ask};
use super::failure::Failure;
use super::only_says;
use super::page::Section;
use super::visit::Visit;
use super::words::Words;
use crate::desk::command::Command;
use crate::domain::actor::ActorKind;

/// One band.
pub struct Band {
    pub name: &'static str,
    pub text: String,
    /// Whether the reader may say that the jump of the clock is right.
    pub confirms: bool,
}

/// The bands for a page, drawn alike by pages and streams.
#[derive(Template)]
#[template(path = "bands.html")]
pub(crate) struct Bands<'a> {
    pub w: Words,
    pub bands: &'a [Band],
}

/// What calls for a band, the gravest first.
pub(crate) fn bands(visit: &Visit) -> Vec<Band> {
    let health = (visit.app.health)();
    let ill = |part: &str| health.get(part).and_then(|part| part.get("ok")) == Some(&Value::Bool(false));
    let plain = |name: &'static str| Band { name, text: visit.w.name("band", name), confirms: false };
    let mut bands = vec![];
    if ill("store") {
        bands.push(plain("store"));
    }
    if ill("clock") {
        let stepped = health["clock"]["stepped_by_ms"].as_i64().unwrap_or(0);
        let key = if stepped < 0 { "band-clock-back" } else { "band-clock" };
        let text = visit.w.t1(key, "span", span(stepped, visit.w));
        bands.push(Band { name: "clock", text, confirms: visit.may(Need::Clock) });
    }
    if ill("trunks") {
        bands.push(plain("trunks"));
    }
    if ill("sms") {
        bands.push(plain("sms"));
    }
    bands
}

/// `3 分 20 秒`, `2 小时 5 分`.
fn span(ms: i64, w: Words) -> String {
    let seconds = ms.unsigned_abs().div_ceil(1_000);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let parts = |key: &str, big: u64, small: u64| {
        w.filled(key, &[("big", big.to_string()), ("small", small.to_string())])
    };
    if hours > 0 { parts("span-hours", hours, minutes) } else { parts("span-minutes", minutes, seconds) }
}

/// The bands as HTML; nothing when all is well.
pub(crate) fn drawn(visit: &Visit) -> String {
    let bands = bands(visit);
    // A band that cannot be drawn is left out: the page below it matters more.
    Bands { w: visit.w, bands: &bands }.render().unwrap_or_default()
}

/// `POST /clock`: somebody says that the clock is right now; the desk follows it.
pub(crate) async fn confirm_clock(visit: Visit) -> Result<Response, Failure> {
    let asked = ask(&visit.app, ask::commander(&visit, ActorKind::Supervisor), Command::ConfirmClock).await;
    only_says::or_back(&visit, asked, "/", (Section::Me, "band-confirm"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;

    #[test]
    fn a_span_is_read_in_its_two_largest_parts() {
        let w = Words::new(Language::Zh);
        assert_eq!(span(200_000, w), "3 分 20 秒");
        assert_eq!(span(-7_500_000, w), "2 小时 5 分");
    }
}

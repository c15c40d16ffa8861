//! Simulated days as a table, as rows for a spreadsheet, and as a page.

mod html;
mod keys;
mod parts;
mod plots;
mod tables;
mod words;

use std::collections::BTreeMap;
use std::fmt::Write as _;

pub use self::html::html;
use self::parts::{OF_PARTS, Part, has_surge};
pub use self::words::Lang;
use super::figures::{Estimate, Figure};
use super::lived;
use super::scenario::Scenario;
use super::{Days, Named};
use crate::domain::area::AreaCode;
use crate::domain::urgency::Urgency;

/// Figures of each urgency, and of a surge, in the table. What is staff's alone waits for staff: that is seen beside it.
const OF_URGENCIES: [Figure; 6] = [
    Figure::Requests,
    Figure::ForVolunteers,
    Figure::AcceptP50,
    Figure::Within5,
    Figure::Within10,
    Figure::Within30,
];
/// Of each street: there are many.
const OF_STREETS: [Figure; 4] = [Figure::Requests, Figure::Within5, Figure::Within10, Figure::Within30];

/// Where there is nothing to say.
const NOTHING: &str = "–";

/// Those a manager decides by, on top of the page.
const DECISIVE: [Figure; 6] = [
    Figure::Within10,
    Figure::AcceptP50,
    Figure::Breached,
    Figure::ByVolunteer,
    Figure::Texts,
    Figure::OffersGini,
];
/// As wide as the longest name of a figure.
const NAMES: usize = 48;
/// How far curves are drawn.
const LONGEST_MINUTES: f64 = 60.0;

/// What is reported of.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// Under each policy; the first is what the others are compared with.
    pub days: &'a [Days],
    /// The same requests as they went, where it is a day that was lived.
    pub lived: Option<&'a Days>,
    /// What areas are called.
    pub names: &'a BTreeMap<AreaCode, String>,
    /// As many as the days, in their order.
    pub policies: &'a [Named],
    pub scenario: &'a Scenario,
    /// What the scenario is called.
    pub title: &'a str,
    pub volunteers: usize,
    /// It is a real day, whether or not it is known how it went.
    pub lived_on: bool,
    pub lang: Lang,
}

/// One line a figure: each policy's mean with its 95 % interval, and how far it is from the first, day by day; below it
/// some of them of each urgency, then of each street.
pub fn table(report: &Report<'_>) -> String {
    let Report { days: all, lived, .. } = report;
    let mut text = String::new();
    let names = all.iter().chain(*lived).map(|days| days.name.chars().count());
    let width = names.max().unwrap_or(0).max(18);
    let _infallible = write!(text, "{:NAMES$}", "");
    if let Some(days) = *lived {
        let _infallible = write!(text, "  {:>width$}", days.name);
    }
    for (at, days) in all.iter().enumerate() {
        let _infallible = write!(text, "  {:>width$}", days.name);
        if at > 0 {
            let _infallible = write!(text, "  {:>18}", "difference");
        }
    }
    text.push('\n');

    for figure in Figure::ALL {
        line(&mut text, figure.name(), (*figure, &Part::All), report, width);
    }
    text.push('\n');
    let surge = has_surge(report.days).then_some(Part::Surge);
    for part in Urgency::ALL.iter().map(|urgency| Part::Urgency(*urgency)).chain(surge) {
        for figure in OF_URGENCIES {
            line(&mut text, &format!("{} {}", part.code(), figure.name()), (figure, &part), report, width);
        }
    }
    for street in parts::streets(report.days) {
        text.push('\n');
        let called = report.names.get(&street).cloned().unwrap_or_else(|| street.to_string());
        let part = Part::Street(street);
        for figure in OF_STREETS {
            line(&mut text, &format!("{called} {}", figure.name()), (figure, &part), report, width);
        }
    }
    text
}

/// Chinese letters take two columns of a terminal.
fn columns(text: &str) -> usize {
    text.chars().map(|letter| if letter < '\u{2e80}' { 1 } else { 2 }).sum()
}

fn line(
    text: &mut String,
    name: &str,
    (figure, part): (Figure, &Part),
    Report { days: all, lived, .. }: &Report<'_>,
    width: usize,
) {
    let _infallible = write!(text, "{name}{:1$}", "", NAMES.saturating_sub(columns(name)));
    if let Some(days) = *lived {
        // It was lived once: there is no other day to differ from.
        let once = Estimate { within: f64::NAN, ..part.estimate(days, figure) };
        let said = if lived::KNOWN.contains(&figure) { shown(once) } else { NOTHING.to_owned() };
        let _infallible = write!(text, "  {said:>width$}");
    }
    for (at, days) in all.iter().enumerate() {
        let _infallible = write!(text, "  {:>width$}", shown(part.estimate(days, figure)));
        if at > 0 {
            let _infallible = write!(text, "  {:>18}", shown(part.beside(days, &all[0], figure)));
        }
    }
    text.push('\n');
}

/// `figure,part,policy,mean,within_95,days`: of all requests, of each urgency and of each street.
pub fn csv(report: &Report<'_>) -> String {
    let mut text = "figure,part,policy,mean,within_95,days\n".to_owned();
    let mut row = |figure: Figure, part: &Part, days: &Days| {
        let Estimate { mean, within } = part.estimate(days, figure);
        let written = |value: f64| if value.is_nan() { String::new() } else { format!("{value:.4}") };
        let (mean, within, count) = (written(mean), written(within), days.tallies.len());
        let (figure, part, name) = (figure.name().replace(',', ""), part.code(), field(&days.name));
        let _infallible = writeln!(text, "{figure},{part},{name},{mean},{within},{count}");
    };
    let parts = parts::parts(report);
    if let Some(days) = report.lived {
        for part in &parts {
            let figures = if *part == Part::All { &lived::KNOWN[..] } else { &OF_PARTS };
            figures.iter().for_each(|figure| row(*figure, part, days));
        }
    }
    for days in report.days {
        for part in &parts {
            let figures = if *part == Part::All { Figure::ALL } else { &OF_PARTS };
            figures.iter().for_each(|figure| row(*figure, part, days));
        }
    }
    text
}

/// A name with a comma or a quotation mark in it is quoted.
fn field(name: &str) -> String {
    if name.contains([',', '"', '\n']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}

fn shown(Estimate { mean, within }: Estimate) -> String {
    if mean.is_nan() {
        return NOTHING.to_owned();
    }
    let digits = if mean.abs() >= 100.0 { 0 } else { 2 };
    if within.is_nan() { format!("{mean:.digits$}") } else { format!("{mean:.digits$} ± {within:.digits$}") }
}

#[cfg(test)]
mod tests;

//! Simulated days as a table, as rows for a spreadsheet, and as a page with curves.

use std::fmt::Write as _;

use super::Days;
use super::figures::{Estimate, Figure, percentile};
use super::tally::Outcome;
use crate::domain::area::AreaCode;
use crate::domain::urgency::Urgency;

/// Figures that make sense of a part of the requests.
const OF_PARTS: [Figure; 6] = [
    Figure::Requests,
    Figure::AcceptP50,
    Figure::AcceptP90,
    Figure::Within5,
    Figure::Within10,
    Figure::Within30,
];

/// One line a figure: each policy's mean with its 95 % interval, and how far it is from the first, day by day.
pub fn table(all: &[Days]) -> String {
    let mut text = String::new();
    let width = all.iter().map(|days| days.name.chars().count()).max().unwrap_or(0).max(18);
    let _infallible = write!(text, "{:28}", "");
    for (at, days) in all.iter().enumerate() {
        let _infallible = write!(text, "  {:>width$}", days.name);
        if at > 0 {
            let _infallible = write!(text, "  {:>18}", "difference");
        }
    }
    text.push('\n');
    for figure in Figure::ALL {
        let _infallible = write!(text, "{:28}", figure.name());
        for (at, days) in all.iter().enumerate() {
            let _infallible = write!(text, "  {:>width$}", shown(days.estimate(*figure)));
            if at > 0 {
                let _infallible = write!(text, "  {:>18}", shown(days.beside(&all[0], *figure)));
            }
        }
        text.push('\n');
    }
    text
}

/// `figure,part,policy,mean,within_95,days`: of all requests, of each urgency and of each street.
pub fn csv(all: &[Days]) -> String {
    let mut text = "figure,part,policy,mean,within_95,days\n".to_owned();
    let mut row = |figure: Figure, part: &str, days: &Days| {
        let Estimate { mean, within } = days.estimate(figure);
        let written = |value: f64| if value.is_nan() { String::new() } else { format!("{value:.4}") };
        let (mean, within, count) = (written(mean), written(within), days.tallies.len());
        let _infallible =
            writeln!(text, "{},{part},{},{mean},{within},{count}", figure.name().replace(',', ""), days.name);
    };
    for days in all {
        Figure::ALL.iter().for_each(|figure| row(*figure, "all", days));
        for urgency in Urgency::ALL {
            let part = days.only(|outcome| outcome.urgency == *urgency);
            OF_PARTS.iter().for_each(|figure| row(*figure, urgency.name(), &part));
        }
        for street in streets(all) {
            let part = days.only(|outcome| outcome.street.as_ref() == Some(&street));
            OF_PARTS.iter().for_each(|figure| row(*figure, street.as_str(), &part));
        }
    }
    text
}

fn streets(all: &[Days]) -> Vec<AreaCode> {
    let outcomes = all.iter().flat_map(|days| &days.tallies).flat_map(|tally| &tally.outcomes);
    let mut streets: Vec<AreaCode> = outcomes.filter_map(|outcome| outcome.street.clone()).collect();
    streets.sort();
    streets.dedup();
    streets
}

fn shown(Estimate { mean, within }: Estimate) -> String {
    if mean.is_nan() {
        return "–".to_owned();
    }
    let digits = if mean.abs() >= 100.0 { 0 } else { 2 };
    if within.is_nan() { format!("{mean:.digits$}") } else { format!("{mean:.digits$} ± {within:.digits$}") }
}

/// A page that needs nothing else: the table, and how many had somebody, and somebody there, after so many minutes.
pub fn html(title: &str, all: &[Days]) -> String {
    const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#111;\
        background:#fff}table{border-collapse:collapse}td,th{padding:.2rem .8rem;text-align:right;border-bottom:1px solid #ddd}\
        td:first-child,th:first-child{text-align:left}svg{max-width:100%;height:auto}";
    let title = escaped(title);
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style><h1>{title}</h1>\n<table><tr><th>figure"
    );
    for (at, days) in all.iter().enumerate() {
        let difference = if at > 0 { "<th>difference" } else { "" };
        let _infallible = write!(page, "<th>{}{difference}", escaped(&days.name));
    }
    for figure in Figure::ALL {
        let _infallible = write!(page, "\n<tr><td>{}", escaped(figure.name()));
        for (at, days) in all.iter().enumerate() {
            let _infallible = write!(page, "<td>{}", shown(days.estimate(*figure)));
            if at > 0 {
                let _infallible = write!(page, "<td>{}", shown(days.beside(&all[0], *figure)));
            }
        }
    }
    page.push_str("</table>\n");
    page.push_str(&curves("accepted within so many minutes, % of requests", all, 60.0, |o| Some(o.accept_s)));
    page.push_str(&curves("there within so many minutes, % of those wanted at once", all, 60.0, |o| {
        o.at_once.then_some(o.arrive_s)
    }));
    page
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// What share of the outcomes that count had happened by then, a line for each policy.
fn curves(
    title: &str,
    all: &[Days],
    minutes: f64,
    after: impl Fn(&Outcome) -> Option<Option<f64>>,
) -> String {
    const COLOURS: [&str; 6] = ["#0b5cad", "#c2410c", "#15803d", "#7e22ce", "#a16207", "#0f766e"];
    const STEPS: usize = 120;
    let (width, height) = (760.0, 320.0);
    let x = |minute: f64| 40.0 + minute / minutes * (width - 60.0);
    let y = |share: f64| height - 30.0 - share * (height - 50.0);
    let mut svg = format!(
        "<h2>{title}</h2>\n<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\">"
    );
    for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let (at, label) = (y(share), share * 100.0);
        let _infallible = write!(
            svg,
            "<path d=\"M40 {at}H{}\" stroke=\"#ddd\"/><text x=\"34\" y=\"{}\" font-size=\"11\" text-anchor=\"end\">{label}</text>",
            width - 20.0,
            at + 4.0
        );
    }
    for minute in [0, 10, 20, 30, 40, 50, 60] {
        let at = x(f64::from(minute));
        let _infallible = write!(
            svg,
            "<text x=\"{at}\" y=\"{}\" font-size=\"11\" text-anchor=\"middle\">{minute}</text>",
            height - 12.0
        );
    }
    for (at, days) in all.iter().enumerate() {
        let outcomes = days.tallies.iter().flat_map(|tally| &tally.outcomes);
        let mut times: Vec<f64> = outcomes.filter_map(&after).map(|s| s.unwrap_or(f64::INFINITY)).collect();
        times.sort_by(f64::total_cmp);
        let points: Vec<String> = (0..=STEPS)
            .map(|step| {
                let minute = minutes * step as f64 / STEPS as f64;
                let by_then = times.partition_point(|s| *s <= minute * 60.0);
                format!("{:.1},{:.1}", x(minute), y(by_then as f64 / times.len().max(1) as f64))
            })
            .collect();
        let (colour, name) = (COLOURS[at % COLOURS.len()], escaped(&days.name));
        let median = percentile(times.iter().copied(), 0.5);
        let _infallible = write!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\
             <text x=\"{}\" y=\"{}\" font-size=\"13\" fill=\"{colour}\" text-anchor=\"end\">{name}: median {median:.0} s</text>",
            points.join(" "),
            width - 24.0,
            height - 44.0 - 18.0 * at as f64
        );
    }
    svg.push_str("</svg>\n");
    svg
}

//! Drawings of the page: what each policy costs beside what it gains, and how soon help is there.

use std::fmt::Write as _;

use super::html::escaped;
use super::words::{Unit, name, unit, value};
use super::{LONGEST_MINUTES, Report};
use crate::simulate::Days;
use crate::simulate::figures::{Estimate, Figure};
use crate::simulate::tally::Outcome;

/// Colours that are told apart, then the same with another dash: `yingda.css` has no say here.
pub(super) const COLOURS: usize = 8;
/// Width and height: as large as letters of 13 stay readable on a telephone.
const SIZE: (f64, f64) = (460.0, 320.0);
/// Left, top, right, bottom.
const MARGIN: (f64, f64, f64, f64) = (60.0, 14.0, 14.0, 46.0);

/// The area within the axes.
struct Frame {
    x: (f64, f64),
    y: (f64, f64),
}

impl Frame {
    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let part = |value: f64, (from, to): (f64, f64)| (value - from) / (to - from);
        let (left, top, right, bottom) = MARGIN;
        let wide = SIZE.0 - left - right;
        let high = SIZE.1 - top - bottom;
        (left + part(x, self.x) * wide, top + (1.0 - part(y, self.y)) * high)
    }

    /// Lines, numbers and names of both axes.
    fn begin(
        &self,
        title: &str,
        (x_name, y_name): (&str, &str),
        tell: impl Fn(f64, bool) -> String,
    ) -> String {
        let (left, top, right, bottom) = MARGIN;
        let (width, height) = SIZE;
        let mut svg = format!(
            "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\"><title>{title}</title>\n"
        );
        for y in ticks(self.y) {
            let (_, at) = self.at(self.x.0, y);
            let _infallible = writeln!(
                svg,
                "<path class=\"grid\" d=\"M{left} {at:.1}H{}\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                width - right,
                left - 6.0,
                at + 4.0,
                tell(y, false)
            );
        }
        for x in ticks(self.x) {
            let (at, _) = self.at(x, self.y.0);
            let _infallible = writeln!(
                svg,
                "<path class=\"grid\" d=\"M{at:.1} {top}V{}\"/><text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                height - bottom,
                height - bottom + 17.0,
                tell(x, true)
            );
        }
        let middle = (top + height - bottom) / 2.0;
        let _infallible = writeln!(
            svg,
            "<text class=\"axis\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{x_name}</text>\
             <text class=\"axis\" x=\"13\" y=\"{middle}\" text-anchor=\"middle\" transform=\"rotate(-90 13 {middle})\">{y_name}</text>",
            (left + width - right) / 2.0,
            height - 8.0
        );
        svg
    }
}

/// Round numbers within, four to eight of them.
fn ticks((from, to): (f64, f64)) -> Vec<f64> {
    let rough = (to - from) / 5.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|one| one * power).into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or(power);
    let (first, last) = ((from / step - 1e-9).ceil() as i64, (to / step + 1e-9).floor() as i64);
    (first..=last).map(|count| count as f64 * step).collect()
}

/// A little more than the values take.
fn room(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (from, to) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(from, to), one| (from.min(one), to.max(one)));
    let more = ((to - from) * 0.12).max(to.abs() * 0.01).max(0.01);
    ((from - more).max(0.0), to + more)
}

/// One dot a policy, with how sure its distance from the first is; those that no other beats in both are joined. `x` is a cost, `y` is good
/// when it is high.
pub(super) fn scatter(report: &Report<'_>, x: Figure, y: Figure) -> String {
    let lang = report.lang;
    // Chance that the days share moves all dots alike: what is left is that of the difference.
    let dot = |days: &Days, figure: Figure| {
        let within = days.beside(&report.days[0], figure).within;
        Estimate { within, ..days.estimate(figure) }
    };
    let dots: Vec<(Estimate, Estimate)> =
        report.days.iter().map(|days| (dot(days, x), dot(days, y))).collect();
    let ends = |one: &Estimate| {
        let within = if one.within.is_finite() { one.within } else { 0.0 };
        [one.mean - within, one.mean + within]
    };
    let known = || dots.iter().filter(|(x, y)| x.mean.is_finite() && y.mean.is_finite());
    if known().next().is_none() {
        return String::new();
    }
    let frame =
        Frame { x: room(known().flat_map(|(x, _)| ends(x))), y: room(known().flat_map(|(_, y)| ends(y))) };
    let title = format!("{} / {}", name(x, lang), name(y, lang));
    let digits = |value: f64, (from, to): (f64, f64)| {
        if to - from < 0.5 {
            format!("{value:.2}")
        } else if to - from < 8.0 {
            format!("{value:.1}")
        } else {
            format!("{value:.0}")
        }
    };
    let axis = |figure: Figure| match unit(figure) {
        Unit::Percent => format!("{} %", name(figure, lang)),
        Unit::Seconds => format!("{}, {}", name(figure, lang), lang.of("秒", "s")),
        Unit::Number => name(figure, lang).to_owned(),
    };
    let mut svg = frame.begin(&title, (&axis(x), &axis(y)), |value, along| {
        digits(value, if along { frame.x } else { frame.y })
    });
    let mut best: Vec<(f64, f64)> = known().map(|(x, y)| (x.mean, y.mean)).collect();
    let beaten = |(x, y): &(f64, f64)| {
        known().any(|(cost, gain)| cost.mean <= *x && gain.mean >= *y && (cost.mean < *x || gain.mean > *y))
    };
    best.retain(|dot| !beaten(dot));
    best.sort_by(|one, other| one.0.total_cmp(&other.0));
    if best.len() > 1 {
        let line: Vec<String> = best.iter().map(|(x, y)| point(frame.at(*x, *y))).collect();
        let _infallible = writeln!(svg, "<polyline class=\"best\" points=\"{}\"/>", line.join(" "));
    }
    for (at, (x_is, y_is)) in
        dots.iter().enumerate().filter(|(_, (x, y))| x.mean.is_finite() && y.mean.is_finite())
    {
        let (centre_x, centre_y) = frame.at(x_is.mean, y_is.mean);
        let ([left, right], [low, high]) = (ends(x_is), ends(y_is));
        let ((left, top), (right, bottom)) = (frame.at(left, high), frame.at(right, low));
        let _infallible = writeln!(
            svg,
            "<g class=\"c{}\"><path d=\"M{left:.1} {centre_y:.1}H{right:.1}M{centre_x:.1} {top:.1}V{bottom:.1}\"/>\
             <circle cx=\"{centre_x:.1}\" cy=\"{centre_y:.1}\" r=\"9\"/>\
             <text class=\"in\" x=\"{centre_x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text><title>{}: {}, {}</title></g>",
            at % COLOURS,
            centre_y + 4.0,
            at + 1,
            escaped(&report.days[at].name),
            value(x, x_is.mean, lang),
            value(y, y_is.mean, lang),
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn point((x, y): (f64, f64)) -> String {
    format!("{x:.1},{y:.1}")
}

/// What share of the outcomes that count had happened by then, a line for each policy, and for the day as it was lived.
pub(super) fn curves(
    report: &Report<'_>,
    (title, y_name): (&str, &str),
    after: impl Fn(&Outcome) -> Option<Option<f64>>,
) -> String {
    let frame = Frame { x: (0.0, LONGEST_MINUTES), y: (0.0, 100.0) };
    let x_name = report.lang.of("求助后的分钟数", "minutes from the request");
    let mut svg = frame.begin(title, (x_name, y_name), |value, _| format!("{value:.0}"));
    for (at, days) in report.days.iter().enumerate() {
        let class = format!("c{} d{}", at % COLOURS, at / COLOURS % 3);
        let _infallible =
            writeln!(svg, "<polyline class=\"{class}\" points=\"{}\"/>", curve(&frame, days, &after));
    }
    if let Some(days) = report.lived {
        let _infallible =
            writeln!(svg, "<polyline class=\"lived\" points=\"{}\"/>", curve(&frame, days, &after));
    }
    svg.push_str("</svg>\n");
    svg
}

fn curve(frame: &Frame, days: &Days, after: impl Fn(&Outcome) -> Option<Option<f64>>) -> String {
    const STEPS: usize = 120;
    let outcomes = days.tallies.iter().flat_map(|tally| &tally.outcomes);
    let mut times: Vec<f64> = outcomes.filter_map(after).map(|s| s.unwrap_or(f64::INFINITY)).collect();
    times.sort_by(f64::total_cmp);
    let points = (0..=STEPS).map(|step| {
        let minute = LONGEST_MINUTES * step as f64 / STEPS as f64;
        let by_then = times.partition_point(|s| *s <= minute * 60.0);
        point(frame.at(minute, 100.0 * by_then as f64 / times.len().max(1) as f64))
    });
    points.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_round_numbers_within_it() {
        assert_eq!(ticks((0.0, 100.0)), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(ticks((3.3, 6.2)), [4.0, 5.0, 6.0]);
        let (from, to) = room([3.0, 4.0].into_iter());
        assert!(from < 3.0 && to > 4.0);
        assert_eq!(room([0.0].into_iter()).0, 0.0, "nothing is less than none");
    }
}

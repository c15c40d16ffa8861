//! Tables of the page. On a narrow screen each row is a card of its own, so that nothing is cut off.

use std::fmt::Write as _;

use super::html::escaped;
use super::parts::Part;
use super::plots::COLOURS;
use super::words::{Judged, Lang, difference, judged, name, value, within};
use super::{DECISIVE, Report};
use crate::simulate::Days;
use crate::simulate::figures::{Estimate, Figure};
use crate::simulate::lived;

/// Policies side by side: more have a table of their own below.
const SIDE_BY_SIDE: usize = 6;

/// What a column is called.
pub(super) fn called(days: &Days, report: &Report<'_>) -> String {
    let is_lived = report.lived.is_some_and(|lived| lived.name == days.name);
    if is_lived { report.lang.of("当日实况", "As it was lived").to_owned() } else { days.name.clone() }
}

/// A sentence or two on each policy.
pub(super) fn in_short(report: &Report<'_>) -> String {
    let lang = report.lang;
    let Some((first, others)) = report.days.split_first() else { return String::new() };
    if first.tallies.len() < 2 {
        let one = lang.of(
            "只模拟了一天：看不出差别是规则带来的还是偶然。请多模拟几天（--seeds 20）。",
            "Only one day was simulated: whether a difference is the policy's or chance nobody can say. Simulate more (--seeds 20).",
        );
        return format!("<p>{one}</p>\n");
    }
    let mut list = String::new();
    for (at, days) in others.iter().enumerate() {
        let mut said = [vec![], vec![], vec![]];
        for figure in DECISIVE {
            let by = days.beside(first, figure);
            let name = short(name(figure, lang));
            let words = || format!("{name} {}", difference(figure, by.mean, lang));
            match judged(figure, by) {
                Judged::Better => said[0].push(words()),
                Judged::Worse => said[1].push(words()),
                Judged::Chance | Judged::Other => said[2].push(name.to_owned()),
                Judged::Unknown => {}
            }
        }
        let _infallible = writeln!(
            list,
            "<p><span class=\"key c{}\">{}</span><b>{}</b></p>\n<ul>",
            (at + 1) % COLOURS,
            at + 2,
            escaped(&days.name)
        );
        let kinds = [
            ("better", lang.of("好", "better")),
            ("worse", lang.of("差", "worse")),
            ("chance", lang.of("分不出", "not told apart")),
        ];
        for ((class, word), figures) in kinds.iter().zip(&said).filter(|(_, figures)| !figures.is_empty()) {
            let figures = figures.join(lang.of("；", "; "));
            let _infallible = writeln!(list, "<li><span class=\"mark {class}\">{word}</span> {figures}</li>");
        }
        list.push_str("</ul>\n");
    }
    if others.is_empty() {
        list = format!("<p>{}</p>\n", lang.of("只有一套规则。", "There is but one policy."));
    }
    list
}

/// A name without what explains it in brackets.
fn short(name: &str) -> &str {
    name.split(['（', '(']).next().unwrap_or(name).trim_end()
}

/// A row a policy, a column for each of the six figures.
pub(super) fn decisive(report: &Report<'_>) -> String {
    let lang = report.lang;
    let mut table = format!("<table><thead><tr><th>{}</th>", lang.of("规则", "Policy"));
    for figure in DECISIVE {
        let _infallible = write!(table, "<th>{}</th>", name(figure, lang));
    }
    table.push_str("</tr></thead><tbody>\n");
    if let Some(days) = report.lived {
        let _infallible = write!(table, "<tr><th>{}</th>", escaped(&called(days, report)));
        for figure in DECISIVE {
            table.push_str(&cell(name(figure, lang), &as_lived(days, figure, &Part::All, lang)));
        }
        table.push_str("</tr>\n");
    }
    for (at, days) in report.days.iter().enumerate() {
        let key = format!("<span class=\"key c{}\">{}</span>", at % COLOURS, at + 1);
        let _infallible = write!(table, "<tr><th>{key}{}</th>", escaped(&days.name));
        for figure in DECISIVE {
            let content = measured(days, report, figure, &Part::All);
            table.push_str(&cell(name(figure, lang), &content));
        }
        table.push_str("</tr>\n");
    }
    table.push_str("</tbody></table>\n");
    table
}

/// What stands beside each other of every policy.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) part: Part,
    pub(super) figures: Vec<Figure>,
}

/// A row each, a column a policy.
pub(super) fn across(report: &Report<'_>, first: &str, rows: &[Row]) -> String {
    let lang = report.lang;
    let columns: Vec<&Days> = report.lived.into_iter().chain(report.days).collect();
    let mut tables = String::new();
    for some in columns.chunks(SIDE_BY_SIDE) {
        let _infallible = write!(tables, "<table><thead><tr><th>{first}</th>");
        for days in some {
            let _infallible = write!(tables, "<th>{}</th>", escaped(&called(days, report)));
        }
        tables.push_str("</tr></thead><tbody>\n");
        for Row { name, part, figures } in rows {
            let _infallible = write!(tables, "<tr><th>{}</th>", escaped(name));
            for days in some {
                let is_lived = report.lived.is_some_and(|lived| std::ptr::eq(*days, lived));
                let figures = figures.iter().map(|figure| match is_lived {
                    true => as_lived(days, *figure, part, lang),
                    false => measured(days, report, *figure, part),
                });
                let content: String = figures.map(|one| format!("<div>{one}</div>")).collect();
                tables.push_str(&cell(&escaped(&called(days, report)), &content));
            }
            tables.push_str("</tr>\n");
        }
        tables.push_str("</tbody></table>\n");
    }
    tables
}

/// On a narrow screen the column's name stands beside it.
fn cell(of: &str, content: &str) -> String {
    format!("<td data-of=\"{of}\"><div>{content}</div></td>")
}

/// It was lived once: nothing to differ from.
fn as_lived(days: &Days, figure: Figure, part: &Part, lang: Lang) -> String {
    if lived::KNOWN.contains(&figure) {
        value(figure, part.estimate(days, figure).mean, lang)
    } else {
        super::NOTHING.to_owned()
    }
}

/// The mean, how sure it is, and what the difference from the first policy amounts to.
fn measured(days: &Days, report: &Report<'_>, figure: Figure, part: &Part) -> String {
    let (lang, first) = (report.lang, &report.days[0]);
    let estimate = part.estimate(days, figure);
    let mut text = value(figure, estimate.mean, lang);
    if let Some(within) = within(figure, estimate, lang) {
        let _infallible = write!(text, "<small>± {within}</small>");
    }
    if !std::ptr::eq(days, first) {
        text.push_str(&mark(figure, part.beside(days, first, figure), lang));
    }
    text
}

fn mark(figure: Figure, by: Estimate, lang: Lang) -> String {
    let difference = || difference(figure, by.mean, lang);
    let (class, words) = match judged(figure, by) {
        Judged::Better => ("better", format!("▲ {} {}", difference(), lang.of("好", "better"))),
        Judged::Worse => ("worse", format!("▼ {} {}", difference(), lang.of("差", "worse"))),
        Judged::Other => ("other", difference()),
        Judged::Chance if by.mean == 0.0 && by.within == 0.0 => {
            ("chance", lang.of("= 相同", "= the same").to_owned())
        }
        Judged::Chance => ("chance", lang.of("≈ 分不出", "≈ not told apart").to_owned()),
        Judged::Unknown => return String::new(),
    };
    format!("<span class=\"mark {class}\">{words}</span>")
}

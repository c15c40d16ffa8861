//! A page that needs nothing else: for whoever decides on a policy, and for whoever asks why.

use std::fmt::Write as _;

use super::keys::meaning;
use super::parts::{Part, has_surge, streets};
use super::plots::{COLOURS, curves, scatter};
use super::tables::{Row, across, decisive, in_short};
use super::words::{Lang, good};
use super::{LONGEST_MINUTES, Report};
use crate::domain::area::AreaCode;
use crate::domain::urgency::Urgency;
use crate::simulate::changes::Change;
use crate::simulate::figures::Figure;

/// Of a part of the requests, in the order in which the page explains them.
const OF_PART: [Figure; 4] = [Figure::AcceptP50, Figure::Within5, Figure::Within10, Figure::Within30];
const STYLE: &str = include_str!("page.css");

/// The page, in the report's language.
pub fn html(report: &Report<'_>) -> String {
    let lang = report.lang;
    let title = escaped(&title(report));
    let tag = lang.of("zh-CN", "en");
    let mut page = format!(
        "<!doctype html>\n<html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><style>\n{STYLE}</style></head>\n<body><main>\n<h1>{title}</h1>\n"
    );
    page.push_str(&what_it_is_of(report));
    section(&mut page, lang.of("一句话结论", "In short"), &in_short(report));
    section(&mut page, lang.of("六项要紧的", "The six that decide"), &decisive(report));
    section(&mut page, lang.of("代价与所得", "What is gained, and what it costs"), &trade(report));
    section(&mut page, lang.of("多快有人", "How soon somebody has it, and is there"), &soon(report));
    section(&mut page, lang.of("按紧急程度", "By urgency"), &by_urgency(report));
    folded(&mut page, lang.of("按街道", "By street"), &by_street(report));
    let row = |figure: &Figure| Row {
        name: super::words::name(*figure, lang).to_owned(),
        part: Part::All,
        figures: vec![*figure],
    };
    let rows: Vec<Row> = Figure::ALL.iter().map(row).collect();
    folded(&mut page, lang.of("全部指标", "All figures"), &across(report, lang.of("指标", "Figure"), &rows));
    section(&mut page, lang.of("每套规则改了什么", "What each policy changes"), &changed(report));
    section(&mut page, lang.of("怎么读", "How to read it"), &how_to_read(report));
    page.push_str("</main></body></html>\n");
    page
}

fn title(report: &Report<'_>) -> String {
    let (lang, date) = (report.lang, report.scenario.date);
    match report.lived_on {
        true => format!("{}{date}", lang.of("重演：", "Lived through again: ")),
        false => {
            let day = match report.title {
                "day" => lang.of("普通的一天", "an ordinary day"),
                "surge" => lang.of("热浪", "a heat wave"),
                "outage" => lang.of("停机之后", "after an outage"),
                file => file,
            };
            lang.of("派单规则模拟：", "Policies simulated: ").to_owned() + day
        }
    }
}

/// Which day, how many people, how many requests, how often.
fn what_it_is_of(report: &Report<'_>) -> String {
    let Report { lang, scenario, days, volunteers, .. } = report;
    let requests = days[0].estimate(Figure::Requests).mean;
    let (seeds, policies) = (days[0].tallies.len(), days.len());
    let first = escaped(&days[0].name);
    let mut said = match lang {
        Lang::Zh => format!(
            "<p class=\"soft\">{}，{volunteers} 名志愿者，{requests:.0} 件求助；{policies} 套规则各过 {seeds} 天，\
             每天居民相同、同一问题的回答相同。其他规则都与 <b>{first}</b> 相比。</p>\n",
            scenario.date
        ),
        Lang::En => format!(
            "<p class=\"soft\">{}, {volunteers} volunteers, {requests:.0} requests; {policies} policies, {seeds} {} each, \
             with the same residents and the same answers to the same questions. The others are compared with <b>{first}</b>.</p>\n",
            scenario.date,
            if seeds == 1 { "day" } else { "days" }
        ),
    };
    if !report.lived_on && (scenario.days_before > 0 || scenario.days > 1) {
        let (before, together) = (scenario.days_before, scenario.days);
        let _infallible = match lang {
            Lang::Zh => {
                writeln!(said, "<p class=\"soft\">每次先过 {before} 天不计，再连续计 {together} 天。</p>")
            }
            Lang::En => writeln!(
                said,
                "<p class=\"soft\">Each time {before} days are lived first and not counted, then {together} counted together.</p>"
            ),
        };
    }
    if let Some(surge) = scenario.surge.as_ref().filter(|_| !report.lived_on) {
        let (share, from, minutes) = (surge.share * 100.0, surge.from.strftime("%H:%M"), surge.minutes);
        let _infallible = match lang {
            Lang::Zh if minutes == 0 => {
                writeln!(said, "<p class=\"soft\">{from}，一条街道同时来了当天 {share:.0} % 的求助。</p>")
            }
            Lang::Zh => {
                writeln!(
                    said,
                    "<p class=\"soft\">{from} 起 {minutes} 分钟内，一条街道来了当天 {share:.0} % 的求助。</p>"
                )
            }
            Lang::En if minutes == 0 => {
                writeln!(
                    said,
                    "<p class=\"soft\">At {from} one street sends {share:.0} % of the day's requests at once.</p>"
                )
            }
            Lang::En => writeln!(
                said,
                "<p class=\"soft\">Within {minutes} minutes from {from} one street sends {share:.0} % of the day's requests.</p>"
            ),
        };
    }
    said
}

fn section(page: &mut String, title: &str, content: &str) {
    let _infallible = writeln!(page, "<section><h2>{title}</h2>\n{content}</section>");
}

fn folded(page: &mut String, title: &str, content: &str) {
    let _infallible = writeln!(page, "<details><summary>{title}</summary>\n{content}</details>");
}

fn trade(report: &Report<'_>) -> String {
    let lang = report.lang;
    debug_assert_eq!(good(Figure::Texts), super::words::Good::Less, "a cost lies along the bottom");
    format!(
        "<p class=\"soft\">{}</p>\n<div class=\"pair\"><figure>{}</figure><figure>{}</figure></div>\n{}",
        lang.of(
            "越靠左上越好。虚线相连的，没有别的规则两样都更好；细线是它与第一套规则的距离可能有的出入。",
            "The upper left is best. No other policy beats those on the dotted line in both; thin lines are how far the distance from the first may be off."
        ),
        scatter(report, Figure::Texts, Figure::Within10),
        scatter(report, Figure::OffersGini, Figure::Within10),
        legend(report, false)
    )
}

fn soon(report: &Report<'_>) -> String {
    let lang = report.lang;
    let of_requests = lang.of("占全部求助 %", "% of requests");
    let of_wanted = lang.of("占当即需要者 %", "% of those wanted at once");
    let taken =
        curves(report, (lang.of("已有人接单", "Somebody has it"), of_requests), |o| Some(o.accept_s));
    let there = curves(report, (lang.of("已有人到达", "Somebody is there"), of_wanted), |o| {
        o.at_once.then_some(o.arrive_s)
    });
    format!(
        "<div class=\"pair\"><figure><h3>{}</h3>{taken}</figure><figure><h3>{}</h3>{there}</figure></div>\n{}<p class=\"soft\">{}</p>\n",
        lang.of("已有人接单", "Somebody has it"),
        lang.of("已有人到达（当即需要的求助）", "Somebody is there (where wanted at once)"),
        legend(report, true),
        match lang {
            Lang::Zh => format!("只画到 {LONGEST_MINUTES:.0} 分钟；更晚的和约定时间的不在图上。"),
            Lang::En =>
                format!("Drawn to {LONGEST_MINUTES:.0} minutes: what comes later is beyond the edge."),
        }
    )
}

/// Which mark is whose: numbers of dots, or lines.
fn legend(report: &Report<'_>, lines: bool) -> String {
    let mut list = "<ul class=\"legend\">".to_owned();
    for (at, days) in report.days.iter().enumerate() {
        let (colour, dash, name) = (at % COLOURS, at / COLOURS % 3, escaped(&days.name));
        let mark = if lines {
            format!(
                "<svg viewBox=\"0 0 34 14\" aria-hidden=\"true\"><polyline class=\"c{colour} d{dash}\" points=\"0,7 34,7\"/></svg>"
            )
        } else {
            format!("<span class=\"key c{colour}\">{}</span>", at + 1)
        };
        let _infallible = write!(list, "<li>{mark}<span>{name}</span></li>");
    }
    if let Some(days) = report.lived.filter(|_| lines) {
        let _infallible = write!(
            list,
            "<li><svg viewBox=\"0 0 34 14\" aria-hidden=\"true\"><polyline class=\"lived\" points=\"0,7 34,7\"/></svg><span>{}</span></li>",
            escaped(&super::tables::called(days, report))
        );
    }
    list.push_str("</ul>\n");
    list
}

fn by_urgency(report: &Report<'_>) -> String {
    let row = |urgency: &Urgency| {
        let part = Part::Urgency(*urgency);
        Row { name: with_requests(urgency.name(), &part, report), part, figures: OF_PART.to_vec() }
    };
    let lang = report.lang;
    let surge = has_surge(report.days).then(|| Row {
        name: with_requests(lang.of("集中时段", "In the surge"), &Part::Surge, report),
        part: Part::Surge,
        figures: OF_PART.to_vec(),
    });
    let rows: Vec<Row> = Urgency::ALL.iter().map(row).chain(surge).collect();
    format!(
        "<p class=\"soft\">{}</p>\n{}",
        lang.of(
            "P1 关乎生命安全，P4 是预约与咨询。自上而下：接单用时中位数，5、10、30 分钟内到达的比例。",
            "P1 is life or safety, P4 bookings. From the top: the median time until somebody has it, then how many are there within 5, 10 and 30 minutes."
        ),
        across(report, lang.of("紧急程度", "Urgency"), &rows)
    )
}

fn by_street(report: &Report<'_>) -> String {
    let row = |street: AreaCode| {
        let name = report.names.get(&street).cloned().unwrap_or_else(|| street.to_string());
        let part = Part::Street(street);
        Row { name: with_requests(&name, &part, report), part, figures: OF_PART.to_vec() }
    };
    let rows: Vec<Row> = streets(report.days).into_iter().map(row).collect();
    let lang = report.lang;
    format!(
        "<p class=\"soft\">{}</p>\n{}",
        lang.of(
            "自上而下：接单用时中位数，5、10、30 分钟内到达的比例。",
            "From the top: the median time until somebody has it, then how many are there within 5, 10 and 30 minutes."
        ),
        across(report, lang.of("街道", "Street"), &rows)
    )
}

/// A part's name, with how many requests a day it has.
fn with_requests(name: &str, part: &Part, report: &Report<'_>) -> String {
    let requests = part.estimate(&report.days[0], Figure::Requests).mean;
    match report.lang {
        Lang::Zh => format!("{name} · {requests:.0} 件"),
        Lang::En => format!("{name} · {requests:.0} requests"),
    }
}

fn changed(report: &Report<'_>) -> String {
    let lang = report.lang;
    let mut text = String::new();
    for (at, named) in report.policies.iter().enumerate() {
        if at == 0 && named.changes.is_empty() {
            continue;
        }
        let against = match (at, lang) {
            (0, Lang::Zh) => "与出厂规则相比".to_owned(),
            (0, Lang::En) => "against the shipped policy".to_owned(),
            (_, Lang::Zh) => format!("与 {} 相比", escaped(&report.days[0].name)),
            (_, Lang::En) => format!("against {}", escaped(&report.days[0].name)),
        };
        let _infallible = writeln!(
            text,
            "<h3><span class=\"key c{}\">{}</span>{} <small>{against}</small></h3>",
            at % COLOURS,
            at + 1,
            escaped(&named.name)
        );
        if named.changes.is_empty() {
            let _infallible = writeln!(text, "<p class=\"soft\">{}</p>", lang.of("没有不同。", "Nothing."));
            continue;
        }
        text.push_str("<ul>\n");
        named.changes.iter().for_each(|change| text.push_str(&one_change(change, lang)));
        text.push_str("</ul>\n");
    }
    if text.is_empty() {
        text = format!("<p class=\"soft\">{}</p>\n", lang.of("没有别的规则。", "There is no other policy."));
    }
    text
}

fn one_change(Change { key, from, to }: &Change, lang: Lang) -> String {
    let said = |value: &Option<String>| value.as_deref().map_or_else(|| super::NOTHING.to_owned(), escaped);
    let words = meaning(key, lang).map_or_else(String::new, |words| format!("{words} "));
    format!("<li>{words}<code>{}</code>: {} → <b>{}</b></li>\n", escaped(key), said(from), said(to))
}

fn how_to_read(report: &Report<'_>) -> String {
    let lang = report.lang;
    let of_lived = match lang {
        Lang::Zh => {
            "“当日实况”是工单自己的接单和到达时间；只有志愿者报过到达的才知道到达时间。它与第一套规则之间的差，就是模型离现实有多远。"
        }
        Lang::En => {
            "“As it was lived” is from the tickets' own times; an arrival is known only where a volunteer reported it. How far the first policy is from it is how far the model is from the day."
        }
    };
    let mut lines = vec![
        lang.of(
            "± 之后：真正的平均值有 95 % 的把握在这个范围内。",
            "After ±: with 95 % certainty the true mean lies no farther off.",
        ),
        lang.of(
            "“好”“差”只在差别大于偶然时才说：逐日相减，95 % 区间不含 0。二十项本无差别的，约有一项会碰巧显得有差别。",
            "Better and worse are said only where a difference is more than chance: taken day by day, its 95 % interval holds no 0. Of twenty figures that do not differ one will look as if.",
        ),
        lang.of(
            "人是模型里的人：请相信规则之间的差别，不要相信数字本身。",
            "The people are a model: trust the differences between policies, not the figures themselves.",
        ),
    ];
    if report.days.iter().any(|days| !days.estimate(Figure::Regret).mean.is_nan()) {
        lines.push(lang.of(
            "“比事后最优安排多出”只算志愿者实际上门的那些次：把同样这些上门重新安排，路程最少要多少；服务站、机构办的和没人接的不在内，等多久也不在内。",
            "“Beyond the best plan” is of the visits that volunteers paid alone, and of their way alone: the same visits planned anew. What staff or an institution took, or nobody, and how long anybody waited are not in it.",
        ));
    }
    lines.extend(report.lived.map(|_| of_lived));
    let items: String = lines.iter().map(|line| format!("<li>{line}</li>\n")).collect();
    format!("<ul>\n{items}</ul>\n")
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

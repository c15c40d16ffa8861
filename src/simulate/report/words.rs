//! What the page says of figures, in Chinese and in English.

use crate::domain::names::named_enum;
use crate::simulate::figures::{Estimate, Figure};

named_enum! {
    /// A language of the page.
    pub enum Lang {
        Zh = "zh",
        En = "en",
    }
}

impl Lang {
    /// Whichever is read.
    pub(super) const fn of<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// Which way is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Good {
    More,
    Less,
    /// A matter of the district's aims, or of none.
    Neither,
}

/// What a figure counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Percent,
    Number,
}

/// Name as in the table, Chinese, English, which way is good. A figure without a row keeps its name.
const FIGURES: [(&str, &str, &str, Good); 35] = [
    ("requests", "求助数", "Requests", Good::Neither),
    ("volunteers may help %", "可由志愿者办理", "Volunteers may help", Good::Neither),
    ("served by a volunteer %", "由志愿者接单", "Taken by a volunteer", Good::More),
    ("served by an institution %", "由机构接单", "Taken by an institution", Good::Neither),
    ("served by a station %", "由服务站接单", "Taken by a station's staff", Good::Less),
    ("unserved %", "无人接单", "Taken by nobody", Good::Less),
    ("accepted after, p50 s", "接单用时（中位数）", "Time until somebody has it (median)", Good::Less),
    (
        "accepted after, p90 s",
        "接单用时（十次中有九次不超过）",
        "Time until somebody has it (nine of ten)",
        Good::Less,
    ),
    (
        "accepted after, p99 s",
        "接单用时（百次中有九十九次不超过）",
        "Time until somebody has it (99 of 100)",
        Good::Less,
    ),
    (
        "accepted after, where volunteers may help, p50 s",
        "可由志愿者做的：接单用时（中位数）",
        "Where volunteers may help: time until taken (median)",
        Good::Less,
    ),
    (
        "accepted after, where volunteers may help, p90 s",
        "可由志愿者做的：接单用时（十次中有九次不超过）",
        "Where volunteers may help: time until taken (nine of ten)",
        Good::Less,
    ),
    ("there after, p50 s", "到达用时（中位数）", "Time until somebody is there (median)", Good::Less),
    (
        "there after, p90 s",
        "到达用时（十次中有九次不超过）",
        "Time until somebody is there (nine of ten)",
        Good::Less,
    ),
    (
        "there after, p99 s",
        "到达用时（百次中有九十九次不超过）",
        "Time until somebody is there (99 of 100)",
        Good::Less,
    ),
    ("there within 5 min %", "5 分钟内到达", "There within 5 minutes", Good::More),
    ("there within 10 min %", "10 分钟内到达", "There within 10 minutes", Good::More),
    ("there within 30 min %", "30 分钟内到达", "There within 30 minutes", Good::More),
    ("texts a request", "每件求助的短信数", "Text messages a request", Good::Less),
    ("late yeses in 100 requests", "每百件求助中迟到的“愿意”", "Late yeses in 100 requests", Good::Less),
    ("passed to an institution %", "转给机构", "Passed to an institution", Good::Neither),
    ("climbed to the committee %", "升到社区", "Climbed to the committee", Good::Less),
    ("climbed to the street %", "升到街道", "Climbed to the street", Good::Less),
    ("climbed to the district %", "升到区", "Climbed to the district", Good::Less),
    ("duty officer rung %", "呼叫值班员", "Duty officer rung", Good::Less),
    ("accept clock broken %", "超过接单时限", "Not taken in the time that is owed", Good::Less),
    (
        "offers a volunteer, p50",
        "每名志愿者被询问次数（中位数）",
        "Times a volunteer is asked (median)",
        Good::Neither,
    ),
    (
        "offers a volunteer, p99",
        "每名志愿者被询问次数（百人中第九十九）",
        "Times a volunteer is asked (99th of 100)",
        Good::Less,
    ),
    (
        "offers a volunteer, most",
        "被询问最多的志愿者的次数",
        "Times the volunteer asked most is asked",
        Good::Less,
    ),
    (
        "Gini of offers",
        "询问的不均程度（0 人人相同，1 全归一人）",
        "Unevenness of asking (0 all alike, 1 all to one)",
        Good::Less,
    ),
    (
        "Gini of visits",
        "上门的不均程度（0 人人相同，1 全归一人）",
        "Unevenness of visits (0 all alike, 1 all to one)",
        Good::Less,
    ),
    (
        "Gini of offers, all registered",
        "询问的不均程度，全部登记者",
        "Unevenness of asking, all registered",
        Good::Less,
    ),
    (
        "Gini of visits, all registered",
        "上门的不均程度，全部登记者",
        "Unevenness of visits, all registered",
        Good::Less,
    ),
    ("way of a volunteer, mean s", "志愿者路程（平均）", "A volunteer's way (mean)", Good::Less),
    ("way of a volunteer, most s", "志愿者路程（最长）", "A volunteer's way (longest)", Good::Less),
    (
        "way beyond the optimum, s",
        "志愿者上门的路程，每次比事后最优安排多出",
        "Way of a volunteer's visit beyond the best plan known afterwards",
        Good::Less,
    ),
];

fn row(figure: Figure) -> Option<&'static (&'static str, &'static str, &'static str, Good)> {
    FIGURES.iter().find(|(name, ..)| *name == figure.name())
}

pub(super) fn name(figure: Figure, lang: Lang) -> &'static str {
    row(figure).map_or(figure.name(), |(_, zh, en, _)| lang.of(zh, en))
}

pub(super) fn good(figure: Figure) -> Good {
    row(figure).map_or(Good::Neither, |(.., good)| *good)
}

pub(super) fn unit(figure: Figure) -> Unit {
    match figure.name() {
        name if name.ends_with(" s") => Unit::Seconds,
        name if name.ends_with('%') => Unit::Percent,
        _ => Unit::Number,
    }
}

/// `2 min 5 s`: no more of it than anybody would say.
pub(super) fn duration(seconds: f64, lang: Lang) -> String {
    let tell = |parts: [(u64, &str, &str); 2]| {
        let said = parts.iter().filter(|(count, ..)| *count > 0);
        let said: Vec<String> = said.map(|(count, zh, en)| format!("{count} {}", lang.of(zh, en))).collect();
        said.join(" ")
    };
    let (minute, hour) = (("分", "min"), ("小时", "h"));
    let whole = seconds.round().max(0.0) as u64;
    match whole {
        0 if seconds > 0.0 => format!("{seconds:.1} {}", lang.of("秒", "s")),
        0..90 => format!("{whole} {}", lang.of("秒", "s")),
        90..600 => tell([(whole / 60, minute.0, minute.1), (whole % 60, "秒", "s")]),
        600..3_570 => tell([((whole + 30) / 60, minute.0, minute.1), (0, "", "")]),
        _ => {
            let minutes = (whole + 30) / 60;
            tell([(minutes / 60, hour.0, hour.1), (minutes % 60, minute.0, minute.1)])
        }
    }
}

/// A value as a person says it.
pub(super) fn value(figure: Figure, value: f64, lang: Lang) -> String {
    if value.is_nan() {
        return super::NOTHING.to_owned();
    }
    match unit(figure) {
        Unit::Seconds => duration(value, lang),
        Unit::Percent => format!("{value:.1} %"),
        Unit::Number if value.abs() >= 100.0 => format!("{value:.0}"),
        Unit::Number => format!("{value:.2}"),
    }
}

/// How far the mean may be off, in the same unit.
pub(super) fn within(figure: Figure, Estimate { within, .. }: Estimate, lang: Lang) -> Option<String> {
    (within.is_finite() && within > 0.0).then(|| match unit(figure) {
        Unit::Seconds => duration(within, lang),
        Unit::Percent if within < 0.1 => format!("{within:.2}"),
        Unit::Percent => format!("{within:.1}"),
        Unit::Number if within >= 100.0 => format!("{within:.0}"),
        Unit::Number => format!("{within:.2}"),
    })
}

/// How much more or less it is, with its sign.
pub(super) fn difference(figure: Figure, by: f64, lang: Lang) -> String {
    let sign = if by < 0.0 { "−" } else { "+" };
    let size = by.abs();
    match unit(figure) {
        Unit::Seconds => format!("{sign}{}", duration(size, lang)),
        Unit::Percent => format!("{sign}{size:.1} {}", lang.of("个百分点", "points")),
        Unit::Number if size >= 100.0 => format!("{sign}{size:.0}"),
        Unit::Number => format!("{sign}{size:.2}"),
    }
}

/// What a difference from the first policy amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judged {
    Better,
    Worse,
    /// It is another, and nobody says whether that is good.
    Other,
    /// Chance alone may make as much.
    Chance,
    /// There is but one day, or nothing to measure.
    Unknown,
}

pub(super) fn judged(figure: Figure, difference: Estimate) -> Judged {
    let Estimate { mean, within } = difference;
    if mean.is_nan() || within.is_nan() {
        return Judged::Unknown;
    }
    if mean.abs() <= within || mean == 0.0 {
        return Judged::Chance;
    }
    match (good(figure), mean > 0.0) {
        (Good::More, true) | (Good::Less, false) => Judged::Better,
        (Good::More, false) | (Good::Less, true) => Judged::Worse,
        (Good::Neither, true | false) => Judged::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_has_its_words() {
        let without: Vec<&str> =
            Figure::ALL.iter().filter(|one| row(**one).is_none()).map(|one| one.name()).collect();
        assert!(without.is_empty(), "no words for {without:?}");
    }

    #[test]
    fn a_time_is_said_as_a_person_says_it() {
        for (seconds, zh, en) in [
            (0.4, "0.4 秒", "0.4 s"),
            (84.4, "84 秒", "84 s"),
            (125.0, "2 分 5 秒", "2 min 5 s"),
            (600.0, "10 分", "10 min"),
            (3_599.0, "1 小时", "1 h"),
            (28_495.0, "7 小时 55 分", "7 h 55 min"),
        ] {
            assert_eq!(
                (duration(seconds, Lang::Zh).as_str(), duration(seconds, Lang::En).as_str()),
                (zh, en)
            );
        }
    }

    #[test]
    fn a_difference_that_chance_may_make_is_called_neither_better_nor_worse() {
        let of = |mean: f64, within: f64| judged(Figure::Within10, Estimate { mean, within });
        assert_eq!(of(1.2, 0.4), Judged::Better);
        assert_eq!(of(-1.2, 0.4), Judged::Worse);
        assert_eq!(of(0.3, 0.4), Judged::Chance);
        assert_eq!(of(0.3, f64::NAN), Judged::Unknown);
        let texts = judged(Figure::Texts, Estimate { mean: -0.5, within: 0.1 });
        assert_eq!(texts, Judged::Better, "fewer texts are better");
        assert_eq!(judged(Figure::ToInstitution, Estimate { mean: 3.0, within: 1.0 }), Judged::Other);
    }
}

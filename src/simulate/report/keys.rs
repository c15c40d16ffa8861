//! What the figures of a policy that are changed most often mean; of the others the key alone is shown.

use super::words::Lang;
use crate::domain::urgency::Urgency;

/// The key's end, Chinese, English.
const KEYS: [(&str, &str, &str); 23] = [
    ("offers.waves_max", "最多问几轮", "Rounds of asking, at most"),
    (
        "offers.yes_chance_permille",
        "一轮里够人说“愿意”的把握（千分）",
        "Chance of enough yeses in a round (thousandths)",
    ),
    ("offers.open_per_volunteer", "一人同时被问几件", "Requests somebody is asked about at once"),
    ("offers.per_day", "一人 24 小时内最多被问几次", "Times one is asked in 24 hours, at most"),
    ("offers.per_week", "一人 7 天内最多被问几次", "Times one is asked in 7 days, at most"),
    ("offers.replace", "有人说“不”就马上再问一人", "After a no the next is asked at once"),
    ("offers.shortlist", "比较最近的几人", "How many of the nearest are compared"),
    ("offers.batch_from", "同时几件起合并安排", "From so many at once it is chosen together"),
    (
        "offers.batch_bound_percent",
        "合并安排时最差一件可多让几分（百分）",
        "How much worse the worst off may be for the others (hundredths)",
    ),
    ("offers.reach_m", "界外多少米内的人也问", "Metres beyond the border within which others are asked"),
    (
        "offers.first_chance_permille",
        "没问过的人说“愿意”的估计（千分）",
        "Guess at a yes of somebody new (thousandths)",
    ),
    ("offers.first_chance_weight", "上一项抵几次回答", "As how many answers that guess counts"),
    ("offers.occasion_weight", "时段与种类的分量", "Weight of hour and kind of work"),
    ("offers.weigh_nearness", "排序：路近", "Rank: nearness"),
    ("offers.weigh_acceptance", "排序：可能愿意", "Rank: chance of a yes"),
    ("offers.weigh_fairness", "排序：久未出任务", "Rank: how long since the last work"),
    ("offers.weigh_acquaintance", "排序：相熟", "Rank: the resident knows them"),
    ("offers.weigh_rating", "排序：评价", "Rank: how they are rated"),
    (".wave", "一轮等多久", "How long a round waits"),
    (".wave_cap", "一轮最多问几人", "People asked in a round, at most"),
    (".accept", "多久内须有人接单", "Owed until somebody has it"),
    ("visits.per_day", "一人一天最多上门几次", "Visits of one a day, at most"),
    ("visits.per_week", "一人一周最多上门多久", "Time of visits of one a week, at most"),
];

/// `urgency.P2.wave` is a round of P2, and so is what ends in `.P2`; none where nothing stands here.
pub(super) fn meaning(key: &str, lang: Lang) -> Option<String> {
    let by_urgency = key.rsplit_once('.').filter(|(_, last)| Urgency::parse(last).is_some());
    let (key, last) = by_urgency.map_or((key, None), |(before, last)| (before, Some(last)));
    let (end, zh, en) = KEYS.iter().find(|(end, ..)| key.ends_with(end))?;
    let of = last.or_else(|| key.strip_suffix(end).and_then(|before| before.strip_prefix("urgency.")));
    let words = lang.of(zh, en);
    Some(of.map_or_else(|| words.to_owned(), |urgency| format!("{urgency} · {words}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::DEFAULT_TEXT;

    #[test]
    fn what_is_explained_is_a_figure_of_the_policy() {
        assert_eq!(
            meaning("urgency.P2.wave_cap", Lang::En).unwrap(),
            "P2 · People asked in a round, at most"
        );
        assert_eq!(
            meaning("offers.yes_chance_permille.P1", Lang::En).unwrap(),
            "P1 · Chance of enough yeses in a round (thousandths)"
        );
        assert_eq!(meaning("offers.per_day", Lang::Zh).unwrap(), "一人 24 小时内最多被问几次");
        assert_eq!(meaning("survey.delay", Lang::En), None);
        for (end, ..) in KEYS {
            let key = end.rsplit('.').next().unwrap();
            assert!(DEFAULT_TEXT.lines().any(|line| line.starts_with(&format!("{key} = "))), "no {key}");
        }
    }
}

//! One sentence, in Chinese or English, for each decision: why Ana, why not Ben, why this institution. Why the ladder took a
//! step the console says in its own words (`why-…`).

use serde::{Deserialize, Serialize};

use super::candidates::{Nearness, Rule};
use super::institutions;
use crate::domain::language::Language;
use crate::domain::offer::RankVector;

/// Within 900 m, or in the same or a neighbouring committee.
const NEAR: u16 = 700;
/// Says yes to every second offer.
const LIKELY: u16 = 500;
/// Before four of five of the others, or four of five stars.
const MUCH: u16 = 800;

/// A sentence in both languages of the screens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    pub zh: String,
    pub en: String,
}

impl Sentence {
    fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// Tibetan screens show Chinese until a person has translated it.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Zh | Language::Bo => &self.zh,
            Language::En => &self.en,
        }
    }
}

/// Why somebody may be asked: how near they are, and how far it is by road where that is known.
pub fn eligible(near: Nearness, by_road: Option<u32>) -> Sentence {
    let Sentence { zh, en } = nearness(near);
    match by_road {
        Some(metres) => Sentence::new(format!("{zh}，步行 {metres} 米"), format!("{en}, {metres} m by road")),
        None => Sentence { zh, en },
    }
}

fn nearness(near: Nearness) -> Sentence {
    let (zh, en) = match near.ring {
        0 => ("同一社区", "same committee"),
        1 => ("相邻社区", "a neighbouring committee"),
        2 => ("同一街道", "same street"),
        3 => ("同一区", "same district"),
        _ => ("邻区，距离不远", "across the district's border"),
    };
    match near.metres {
        Some(metres) => Sentence::new(
            format!("可以邀请：{zh}，{metres} 米"),
            format!("may be asked: {en}, {metres} m away"),
        ),
        None => Sentence::new(format!("可以邀请：{zh}"), format!("may be asked: {en}")),
    }
}

/// What puts somebody before others: all that speaks for them by itself, the weightiest first as shipped.
pub fn ranked(rank: &RankVector) -> Sentence {
    let parts = [
        (rank.ring >= NEAR, "住得近", "lives near"),
        (rank.continuity > 0, "服务对象认识", "is known to the resident"),
        (rank.acceptance >= LIKELY, "多半会接单", "mostly says yes"),
        (rank.fairness >= MUCH, "许久没有派单", "has waited long for a task"),
        (rank.rating >= MUCH, "评价好", "is well spoken of"),
    ];
    let speak: Vec<_> = parts.into_iter().filter(|(speaks, _, _)| *speaks).collect();
    if speak.is_empty() {
        return Sentence::new("排序：没有特别的优势", "in order: nothing puts them before others");
    }
    let zh: Vec<&str> = speak.iter().map(|(_, zh, _)| *zh).collect();
    let en: Vec<&str> = speak.iter().map(|(_, _, en)| *en).collect();
    Sentence::new(format!("排序：{}", zh.join("，")), format!("in order: {}", en.join(", ")))
}

/// Why somebody is not asked whom no rule speaks against.
pub fn place_kept() -> Sentence {
    Sentence::new("剩余名额留给持证人员", "the places left are kept for people with a certificate")
}

/// Why somebody is not asked.
pub fn against(rule: Rule) -> Sentence {
    let (zh, en) = match rule {
        Rule::Jurisdiction => ("属于其他辖区", "belongs to another jurisdiction"),
        Rule::NotActive => ("不在服务状态", "is not an active volunteer"),
        Rule::OptedOut => ("已退订短信", "has opted out of texts"),
        Rule::Skill => ("没有登记这项服务", "is not registered for this kind of help"),
        Rule::AlreadyAsked => ("这张工单已邀请过", "was asked about this ticket already"),
        Rule::Declined => ("已拒绝这张工单", "has declined this ticket"),
        Rule::Blocked => ("服务对象不希望其上门", "is not wanted by the resident"),
        Rule::TooFar => ("距离太远", "lives too far away"),
        Rule::Language => ("语言不通", "does not speak the resident's language"),
        Rule::GenderWish => ("与服务对象的性别要求不符", "is not of the gender the resident asked for"),
        Rule::TooYoung => {
            ("未成年，只能参加站内日间活动", "is under 18: group work at a station by day only")
        }
        Rule::AgeGap => ("与未成年人的年龄差不足", "is too near in age to the minor"),
        Rule::MinorsClearance => ("没有有效的从业查询", "has no valid clearance for work with minors"),
        Rule::Credential => ("缺少有效的资格证", "lacks a valid certificate for this work"),
        Rule::Medicine => (
            "没有有效的护理证，不能经手药品",
            "has no valid carer's certificate, and this work entrusts medicine",
        ),
        Rule::OffDuty => ("不在岗，时间也不合适", "is off duty and not available at that time"),
        Rule::Busy => ("正在服务中", "is on another visit"),
        Rule::Overlapping => ("该时段已有安排", "is promised elsewhere at that time"),
        Rule::Resting => ("正在休息", "is resting"),
        Rule::OpenOffers => ("还有待答复的邀单", "has enough offers waiting for an answer"),
        Rule::OffersToday => ("今天的邀单已达上限", "was asked often enough today"),
        Rule::OffersThisWeek => ("本周的邀单已达上限", "was asked often enough this week"),
        Rule::TasksThatDay => ("当天的服务已达上限", "has enough visits that day"),
        Rule::HoursThatWeek => ("当周的服务时长已达上限", "has given enough hours that week"),
        Rule::QuietHours => ("夜间不打扰", "is not disturbed at night"),
        Rule::Unknown => ("没有这位志愿者", "is not registered"),
    };
    Sentence::new(zh, en)
}

/// Why an institution may be told or not.
pub fn institution(verdict: institutions::Verdict) -> Sentence {
    use institutions::Against;
    let (zh, en) = match verdict {
        institutions::Verdict::May(near) => return may_be_told(near, None),
        institutions::Verdict::No(Against::Unknown) => ("没有这个机构", "is no registered institution"),
        institutions::Verdict::No(Against::Jurisdiction) => {
            ("机构属于其他辖区", "is of another jurisdiction")
        }
        institutions::Verdict::No(Against::NotShared) => (
            "机构属于其他辖区，这类事项不跨区办理",
            "is of another jurisdiction, and such work is not shared across the border",
        ),
        institutions::Verdict::No(Against::Category) => ("不承接这类事项", "takes no work of this category"),
        institutions::Verdict::No(Against::Closed) => ("已停业", "is closed"),
        institutions::Verdict::No(Against::NoPhone) => {
            ("没有可收短信的通知手机", "has no mobile to be told on")
        }
        institutions::Verdict::No(Against::AlreadyTold) => {
            ("这张工单已派过该机构", "was told of this ticket before")
        }
        institutions::Verdict::No(Against::TooFar) => ("机构距离太远", "lies too far away"),
    };
    Sentence::new(zh, en)
}

/// Why an institution may be told: how near it is, and how far by road where that is known.
pub fn may_be_told(near: Nearness, by_road: Option<u32>) -> Sentence {
    let may = eligible(near, by_road);
    Sentence {
        zh: may.zh.replace("可以邀请", "可以派给"), en: may.en.replace("may be asked", "may be told")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_reason_has_its_own_sentence_in_both_languages() {
        let sentences: Vec<Sentence> = Rule::ALL
            .iter()
            .map(|rule| against(*rule))
            .chain(institutions::Against::ALL.iter().map(|a| institution(institutions::Verdict::No(*a))))
            .chain(
                (0..5).map(|ring| institution(institutions::Verdict::May(Nearness { ring, metres: None }))),
            )
            .chain((0..5).map(|ring| eligible(Nearness { ring, metres: None }, None)))
            .collect();
        let zh: BTreeSet<&str> = sentences.iter().map(|s| s.in_language(Language::Zh)).collect();
        let en: BTreeSet<&str> = sentences.iter().map(|s| s.in_language(Language::En)).collect();
        assert_eq!((zh.len(), en.len()), (sentences.len(), sentences.len()));
        assert!(en.iter().all(|sentence| sentence.is_ascii()), "English sentences are English");
        assert!(zh.iter().all(|sentence| !sentence.is_ascii()), "Chinese sentences are Chinese");
    }

    #[test]
    fn what_puts_somebody_before_others_is_named_and_nothing_else() {
        let known = RankVector { ring: 900, continuity: 1_000, rating: 500, ..RankVector::default() };
        assert_eq!(ranked(&known).en, "in order: lives near, is known to the resident");
        assert_eq!(ranked(&known).zh, "排序：住得近，服务对象认识");
        assert_eq!(ranked(&RankVector::default()).en, "in order: nothing puts them before others");
    }

    #[test]
    fn how_near_somebody_is_is_said_by_ring_by_air_and_by_road() {
        let far = Nearness { ring: 2, metres: Some(840) };
        assert_eq!(eligible(far, None).en, "may be asked: same street, 840 m away");
        assert_eq!(eligible(far, Some(1_200)).en, "may be asked: same street, 840 m away, 1200 m by road");
    }
}

//! What stations and institutions write about a task beyond a bare order: the code, the verb, and words.
//!
//! `4123 9 已送餐到家`, `4123 2 不在本辖区`. Words count only behind a code: `9点来` is no "done".

use unicode_normalization::UnicodeNormalization;

use super::reply::{MARKS, Verb, is_invisible, leading_verb, task, task_and_verb};
use crate::domain::offer::ReplyCode;
use crate::domain::ticket::ReturnReason;

/// Characters of words that are kept.
const MAX_WORDS: usize = 200;
/// Behind a digit these make it a time or a count, not an order.
const MEASURES: &[char] = &['点', '时', ':', '号', '日', '月', '分', '个', '份', '人', '次', '.'];
/// Whoever writes one of these is not done.
const NOT_DONE: &[&str] = &["没", "未", "不", "无法", "失败", "not ", "n't"];

/// An order about a task, with the words that came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithWords {
    pub code: ReplyCode,
    /// None where the words speak against it, or it bears none: it has to be asked.
    pub verb: Option<Verb>,
    pub words: String,
}

/// Reads an order with words behind it; none where the text is not one.
pub fn with_words(text: &str) -> Option<WithWords> {
    let plain: Vec<char> = text.nfkc().filter(|c| !is_invisible(*c)).collect();
    let rest = skip_marks(&plain);
    let (first, rest) = piece(rest)?;
    let (second, behind) = match first {
        Piece::Joined(code, verb) => return conclude(code, verb, rest),
        Piece::Code(_) | Piece::Verb(_) => piece(skip_marks(rest))?,
    };
    match (first, second) {
        (Piece::Code(code), Piece::Verb(verb)) | (Piece::Verb(verb), Piece::Code(code)) => {
            conclude(code, verb, behind)
        }
        (Piece::Code(_) | Piece::Verb(_) | Piece::Joined(..), _) => None,
    }
}

/// Why work is given back, as far as the words say; none where they do not.
pub fn reason_in(words: &str) -> Option<ReturnReason> {
    const KNOWN: &[(&str, ReturnReason)] = &[
        ("辖区", ReturnReason::NotOurArea),
        ("职责", ReturnReason::NotOurDuty),
        ("不归", ReturnReason::NotOurDuty),
        ("不属于", ReturnReason::NotOurDuty),
        ("技能", ReturnReason::NeedsOtherSkill),
        ("地址", ReturnReason::WrongAddress),
        ("重复", ReturnReason::Duplicate),
    ];
    KNOWN.iter().find(|(word, _)| words.contains(word)).map(|(_, reason)| *reason)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Code(ReplyCode),
    Verb(Verb),
    Joined(ReplyCode, Verb),
}

/// The first piece and what stands behind it.
fn piece(rest: &[char]) -> Option<(Piece, &[char])> {
    let digits: Vec<u8> =
        rest.iter().take_while(|c| c.is_ascii_digit()).filter_map(|c| u8::try_from(*c).ok()).collect();
    let behind = &rest[digits.len()..];
    let found = match *digits.as_slice() {
        [] => {
            let lower: Vec<char> = rest.iter().take(8).map(char::to_ascii_lowercase).collect();
            let (verb, taken) = leading_verb(&lower)?;
            return Some((Piece::Verb(verb), &rest[taken..]));
        }
        [verb] => Piece::Verb(Verb::from_digit(verb)?),
        [a, b, c, d] => Piece::Code(task(&[a, b, c, d])?),
        [a, b, c, d, e] => {
            let (code, verb) = task_and_verb([a, b, c, d, e])?;
            Piece::Joined(code, verb)
        }
        [_, _, ..] => return None,
    };
    let measured = !matches!(found, Piece::Code(_)) && behind.first().is_some_and(|c| MEASURES.contains(c));
    (!measured).then_some((found, behind))
}

fn is_mark(c: char) -> bool {
    c.is_whitespace() || MARKS.contains(c)
}

fn skip_marks(rest: &[char]) -> &[char] {
    let marks = rest.iter().take_while(|c| is_mark(**c)).count();
    &rest[marks..]
}

/// A no is believed where it stands for itself or the words name a reason: `不明白` and `2楼没人` give nothing back.
fn conclude(code: ReplyCode, verb: Verb, behind: &[char]) -> Option<WithWords> {
    let words: String = skip_marks(behind).iter().take(MAX_WORDS).collect();
    let words = words.trim().to_owned();
    let apart = behind.first().is_none_or(|c| is_mark(*c));
    let bears = match verb {
        Verb::Done => !NOT_DONE.iter().any(|word| words.contains(word)),
        Verb::Decline => apart || reason_in(&words).is_some(),
        Verb::Accept | Verb::Arrived | Verb::Late | Verb::Person => false,
    };
    (!words.is_empty()).then_some(WithWords { code, verb: bears.then_some(verb), words })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str) -> Option<(u16, Option<Verb>, String)> {
        with_words(text).map(|said| (said.code.0, said.verb, said.words))
    }

    fn order(verb: Verb, words: &str) -> Option<(u16, Option<Verb>, String)> {
        Some((4_123, Some(verb), words.to_owned()))
    }

    #[test]
    fn what_was_done_and_why_it_is_given_back_stand_behind_the_verb() {
        for text in ["4123 9 已送餐到家", "41239已送餐到家", "4123 完成:已送餐到家", "9 4123 已送餐到家"]
        {
            assert_eq!(says(text), order(Verb::Done, "已送餐到家"), "{text}");
        }
        for text in
            ["4123 2 不在本辖区", "４１２３　２　不在本辖区", "4123退回,不在本辖区", "24123 不在本辖区"]
        {
            assert_eq!(says(text), order(Verb::Decline, "不在本辖区"), "{text}");
        }
        assert_eq!(says("4123 9 2份餐已送"), order(Verb::Done, "2份餐已送"));
    }

    #[test]
    fn words_that_speak_against_it_or_say_a_time_are_asked_about() {
        for text in ["4123 9 还没办完", "4123 9 家里不在", "4123 1 但今天来不了"] {
            assert_eq!(says(text).map(|(code, verb, _)| (code, verb)), Some((4_123, None)), "{text}");
        }
        for text in
            ["4123 9点到", "4123 9:30到", "9点去4123", "4123 92", "37 9 办完了", "你好", "4123", "4123 9", ""]
        {
            assert_eq!(says(text), None, "{text}");
        }
    }

    #[test]
    fn words_that_only_begin_like_a_no_give_nothing_back() {
        for text in [
            "4123 不急,明天去",
            "4123 不明白",
            "4123 2小时后到",
            "4123 2楼没人",
            "4123 2位老人已送到",
            "24123楼没人",
        ] {
            assert_eq!(says(text).map(|(code, verb, _)| (code, verb)), Some((4_123, None)), "{text}");
        }
        for text in ["4123 2不在本辖区", "41232 重复了", "4123退回 人手不够", "4123 2,今天忙"]
        {
            let said = says(text).map(|(code, verb, _)| (code, verb));
            assert_eq!(said, Some((4_123, Some(Verb::Decline))), "{text}");
        }
    }

    #[test]
    fn the_reason_is_found_in_the_words() {
        assert_eq!(reason_in("不在本辖区"), Some(ReturnReason::NotOurArea));
        assert_eq!(reason_in("地址不对"), Some(ReturnReason::WrongAddress));
        assert_eq!(reason_in("今天忙"), None);
    }
}

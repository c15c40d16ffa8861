//! Simulated volunteers and stations: handsets at the SMS centre that read, think, and answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use super::pace;
use super::sms_centre::{Handsets, Received};
use crate::domain::ids::Chance;

/// What the handsets did.
#[derive(Debug, Default)]
pub struct Tally {
    pub read: AtomicU64,
    pub offers: AtomicU64,
    /// Letters that answered a survey by text.
    pub survey_letters: AtomicU64,
    pub yes: AtomicU64,
    pub no: AtomicU64,
    pub done: AtomicU64,
    /// Notices of tasks that reached stations and institutions, and what they said.
    pub tasks: AtomicU64,
    pub tasks_taken: AtomicU64,
    pub tasks_returned: AtomicU64,
    pub tasks_done: AtomicU64,
}

/// Reads every text that reaches a handset and lets its owner answer in their own time.
pub async fn read(mut handsets: mpsc::Receiver<Received>, far_end: Handsets, tally: Arc<Tally>) {
    let mut chance = crate::clock::os_chance();
    while let Some(text) = handsets.recv().await {
        tally.read.fetch_add(1, Ordering::Relaxed);
        for (words, after) in answers(&text.body, &mut chance, &tally) {
            far_end.say(&text.to, &text.from, &words, after).await;
        }
    }
}

/// What its owner writes back, and how long after: nothing, a yes, a no; then "here" and "done".
fn answers(body: &str, chance: &mut Chance, tally: &Tally) -> Vec<(String, Duration)> {
    let first = thinking(chance);
    if let Some(said) = about_a_task(body, first, chance, tally) {
        return said;
    }
    if let Some(letter) = survey_letter(body, chance) {
        tally.survey_letters.fetch_add(1, Ordering::Relaxed);
        return vec![(letter.to_owned(), first)];
    }
    let Some(code) = code(body) else { return Vec::new() };
    if body.contains("由您办理") {
        let then = first + thinking(chance);
        tally.done.fetch_add(1, Ordering::Relaxed);
        return vec![(format!("{code} 8"), first), (format!("{code} 9"), then)];
    }
    if body.contains("您到了吗") {
        return vec![(format!("{code} 8"), first)];
    }
    if !body.contains("回1接2拒") {
        return Vec::new();
    }
    tally.offers.fetch_add(1, Ordering::Relaxed);
    match chance.below(100) {
        0..45 => {
            tally.yes.fetch_add(1, Ordering::Relaxed);
            vec![(format!("{code} 1"), first)]
        }
        45..65 => {
            tally.no.fetch_add(1, Ordering::Relaxed);
            vec![(format!("{code}２"), first)]
        }
        _ => Vec::new(),
    }
}

/// What a station or institution writes back: mostly they take it and do it, sometimes they cannot.
fn about_a_task(
    body: &str,
    first: Duration,
    chance: &mut Chance,
    tally: &Tally,
) -> Option<Vec<(String, Duration)>> {
    let count = |of: &AtomicU64| {
        of.fetch_add(1, Ordering::Relaxed);
    };
    if let Some(code) = behind(body, "待签收 ") {
        count(&tally.tasks);
        return Some(match chance.below(100) {
            0..75 => {
                count(&tally.tasks_taken);
                vec![(format!("{code} 1"), first)]
            }
            75..88 => {
                count(&tally.tasks_returned);
                vec![(format!("{code} 2 人手不够"), first)]
            }
            _ => Vec::new(),
        });
    }
    let theirs = body.contains("已签收,工单") || body.contains("由贵机构办理");
    let code = behind(body, "】").filter(|_| theirs)?;
    count(&tally.tasks_done);
    let then = first + thinking(chance);
    Some(vec![(format!("{code} 8"), first), (format!("{code} 9 已办妥"), then)])
}

/// What a resident writes back when a text asks how it went: most are content.
fn survey_letter(body: &str, chance: &mut Chance) -> Option<&'static str> {
    if body.contains("回A满意") {
        return Some("A");
    }
    let content = chance.below(100) < 80;
    body.contains("回A已解决").then_some(if content { "A" } else { "C" })
}

fn thinking(chance: &mut Chance) -> Duration {
    let span = (pace::HELPER_LATEST - pace::HELPER_SOONEST).as_millis();
    let more = chance.below(u32::try_from(span).unwrap_or(u32::MAX));
    pace::HELPER_SOONEST + Duration::from_millis(u64::from(more))
}

/// The two digits of an offer.
fn code(body: &str) -> Option<&str> {
    let after = body.split_once("邀单 ")?.1;
    after.get(..2).filter(|code| code.bytes().all(|b| b.is_ascii_digit()))
}

/// The four digits of a task, where they stand behind these words.
fn behind<'a>(body: &'a str, words: &str) -> Option<&'a str> {
    let after = body.split_once(words)?.1;
    after.get(..4).filter(|code| code.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_answers_under_the_code_of_the_text() {
        let tally = Tally::default();
        let mut chance = Chance::from_number(1);
        let details = answers("【社区服务】邀单 37 由您办理(工单1)", &mut chance, &tally);
        assert_eq!(details.iter().map(|(words, _)| words.as_str()).collect::<Vec<_>>(), ["37 8", "37 9"]);
        let told = (0..20).flat_map(|_| answers("【社区服务】待签收 4123:工单1", &mut chance, &tally));
        assert!(told.map(|(words, _)| words).all(|words| ["4123 1", "4123 2 人手不够"].contains(&&*words)));
        assert_eq!(tally.tasks.load(Ordering::Relaxed), 20);
        for theirs in ["4123 已签收,工单1由贵站办理", "4123 由贵机构办理(工单1)"] {
            let said = answers(&format!("【社区服务】{theirs}"), &mut chance, &tally);
            let words: Vec<&str> = said.iter().map(|(words, _)| words.as_str()).collect();
            assert_eq!(words, ["4123 8", "4123 9 已办妥"]);
        }
        let survey = answers("工单2:事情解决了吗?回A已解决,B部分解决,C没解决", &mut chance, &tally);
        assert!(matches!(survey[0].0.as_str(), "A" | "C"), "{survey:?}");
        assert_eq!(answers("【社区服务】您的求助已登记", &mut chance, &tally), vec![]);
    }
}

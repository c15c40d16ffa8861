//! How likely somebody says yes, from what they said before: in all, at such an hour, to such work.
//!
//! What little is known of one hour or one kind of work moves the estimate little: each is drawn towards what is known of
//! the volunteer in all, and that towards what is known of nobody in particular (a prior, as in empirical Bayes).

use crate::domain::category::CategoryCode;
use crate::domain::policy::Policy;
use crate::domain::volunteer::{ANSWERS_KEPT, OfferAnswer};

/// Night, morning, afternoon, evening.
const BANDS: usize = 4;
/// Of so many groups of categories the answers are told apart; of the others only the sum is known.
const GROUPS: usize = 4;
const FULL: i64 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Count {
    yes: u8,
    of: u8,
}

impl Count {
    fn add(&mut self, yes: bool) {
        self.yes += u8::from(yes);
        self.of += 1;
    }

    /// The share of yeses in thousandths, as if `weight` answers more had had the share `before`.
    fn drawn_to(self, before: i64, weight: u16) -> i64 {
        let weight = i64::from(weight);
        let of = i64::from(self.of) + weight;
        if of == 0 { before } else { (i64::from(self.yes) * FULL + before * weight) / of }
    }
}

/// The letters of a group as a number, `ELD` or any other three.
type Group = u16;

fn group(category: &CategoryCode) -> Group {
    category.group().bytes().fold(1, |number, letter| number * 27 + u16::from(letter - b'A'))
}

/// What somebody answered lately, small enough to be read for everybody near.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Record {
    all: Count,
    bands: [Count; BANDS],
    groups: [(Group, Count); GROUPS],
}

impl Record {
    pub(super) fn of(answers: &[OfferAnswer]) -> Self {
        let mut record = Self::default();
        for answer in &answers[answers.len().saturating_sub(ANSWERS_KEPT)..] {
            record.all.add(answer.yes);
            let Some(occasion) = &answer.occasion else { continue };
            record.bands[band(occasion.hour)].add(answer.yes);
            let sought = group(&occasion.category);
            let place = record.groups.iter_mut().find(|(held, count)| *held == sought || count.of == 0);
            if let Some((held, count)) = place {
                *held = sought;
                count.add(answer.yes);
            }
        }
        record
    }

    /// The chance of a yes at that hour to work of that category, in thousandths.
    pub(super) fn chance(&self, hour: u8, category: &CategoryCode, policy: &Policy) -> u16 {
        let offers = &policy.offers;
        let in_all = self.all.drawn_to(i64::from(offers.first_chance_permille), offers.first_chance_weight);
        let then = self.bands[band(hour)].drawn_to(in_all, offers.occasion_weight);
        let sought = group(category);
        let known = self.groups.iter().find(|(held, count)| *held == sought && count.of > 0);
        let such = known.map_or(in_all, |(_, count)| count.drawn_to(in_all, offers.occasion_weight));
        u16::try_from((then + such - in_all).clamp(1, FULL - 1)).expect("it is within a thousand")
    }
}

fn band(hour: u8) -> usize {
    usize::from(hour / 6).min(BANDS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::volunteer::Occasion;

    fn code(text: &str) -> CategoryCode {
        CategoryCode::parse(text).unwrap()
    }

    fn answers(yes: bool, times: usize, occasion: Option<(u8, &str)>) -> Vec<OfferAnswer> {
        let occasion = occasion.map(|(hour, about)| Occasion { hour, category: code(about) });
        vec![OfferAnswer { yes, occasion }; times]
    }

    fn chance(answers: &[OfferAnswer], hour: u8, about: &str) -> u16 {
        let mut policy = Policy::default();
        policy.offers.first_chance_permille = 400;
        (policy.offers.first_chance_weight, policy.offers.occasion_weight) = (5, 10);
        Record::of(answers).chance(hour, &code(about), &policy)
    }

    #[test]
    fn the_chance_of_a_yes_starts_at_the_policys_and_learns_from_twenty_answers() {
        let bare = |yes, times| answers(yes, times, None);
        assert_eq!(chance(&[], 9, "ELD-02"), 400);
        assert_eq!(chance(&bare(true, 20), 9, "ELD-02"), 880);
        assert_eq!(chance(&bare(false, 20), 9, "ELD-02"), 80);
        let turned = [bare(true, 50), bare(false, 20)].concat();
        assert_eq!(chance(&turned, 9, "ELD-02"), 80, "only the last twenty");
    }

    #[test]
    fn who_says_no_at_night_is_likelier_to_say_yes_by_day_and_who_likes_one_kind_of_work_to_that() {
        let by_hour =
            [answers(true, 8, Some((10, "ELD-02"))), answers(false, 8, Some((22, "ELD-02")))].concat();
        let at = |hour| chance(&by_hour, hour, "ELD-02");
        assert!(at(10) > at(3) && at(3) > at(22), "{} {} {}", at(10), at(3), at(22));
        let by_kind =
            [answers(true, 8, Some((10, "ELD-02"))), answers(false, 8, Some((10, "DIS-01")))].concat();
        let to = |about| chance(&by_kind, 10, about);
        assert!(
            to("ELD-07") > to("CHD-01") && to("CHD-01") > to("DIS-02"),
            "of a group, whatever its number"
        );
    }

    #[test]
    fn no_weight_at_all_trusts_the_answers_alone_and_never_says_surely() {
        let mut policy = Policy::default();
        (policy.offers.first_chance_weight, policy.offers.occasion_weight) = (0, 0);
        let always = Record::of(&answers(true, 3, Some((10, "ELD-02"))));
        assert_eq!(always.chance(10, &code("ELD-02"), &policy), 999);
        assert_eq!(
            Record::default().chance(10, &code("ELD-02"), &policy),
            policy.offers.first_chance_permille
        );
    }

    #[test]
    fn of_more_kinds_of_work_than_it_tells_apart_the_sum_still_counts() {
        let kinds = ["ELD-02", "DIS-02", "CHD-01", "HLT-01", "POV-01", "ENT-01"];
        let all: Vec<OfferAnswer> =
            kinds.iter().flat_map(|kind| answers(true, 3, Some((10, kind)))).collect();
        assert!(chance(&all, 10, "ENT-01") > 700);
    }
}

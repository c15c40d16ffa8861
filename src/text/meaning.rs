//! Which offer or task a reply is about, when the reply does not say (DOMAIN §5).
//!
//! A wrong guess sends somebody to the wrong door, so a bare verb counts only when nothing else could
//! have been meant; whoever asks gets a list with codes otherwise.

use std::time::Duration;

use super::reply::{Reply, Verb};
use crate::domain::ids::{OfferId, TaskNoticeId};
use crate::domain::offer::ReplyCode;
use crate::domain::timestamp::Timestamp;

/// When a verb without a code may be taken for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BareAnswers {
    /// Nobody reads and answers an offer sooner than this after its last part left; what comes sooner answers
    /// something else.
    pub after: Duration,
    /// An offer that ended this recently may still be what a bare verb is about.
    pub quiet: Duration,
}

/// What a number was asked: an offer to a volunteer, or a task of a station or institution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    Offer(OfferId),
    Task(TaskNoticeId),
}

/// How an offer or task stands with the number that replied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Waiting for an answer; `sent_at` is when its last part went out, if it has.
    Open { sent_at: Option<Timestamp> },
    /// Accepted, and its visit is not over.
    Mine { since: Timestamp },
    /// Over for this number: declined, expired, withdrawn, too late, done.
    Ended { at: Timestamp },
}

/// An offer or task of the number that replied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    pub about: About,
    pub code: ReplyCode,
    pub standing: Standing,
}

/// What a reply is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    This {
        about: About,
        verb: Verb,
    },
    /// It could be any of these: ask with their codes.
    Ambiguous(Vec<About>),
    /// Too soon after the offer left to be its answer: ask with the code.
    TooSoon(About),
    /// A code that was never given to this number, or so long ago that it is forgotten.
    NoSuchCode(ReplyCode),
    /// Nothing is open that it could be about.
    Nothing,
    /// Not an order about an offer at all.
    NotAnOrder,
}

/// Says which offer a reply means, among all offers open to its number or ended in the last seven days.
///
/// `received_at` is when the centre took the reply, as far as we know it.
pub fn meant(
    reply: &Reply,
    offers: &[Candidate],
    bare_answers: BareAnswers,
    received_at: Timestamp,
) -> Meant {
    match *reply {
        Reply::Order { verb, code: Some(code) } => match newest(offers, code) {
            Some(about) => Meant::This { about, verb },
            None => Meant::NoSuchCode(code),
        },
        Reply::Order { verb, code: None } => bare(verb, offers, bare_answers, received_at),
        Reply::TwoWays { first, second } => {
            let as_first = newest(offers, first.0).map(|about| Meant::This { about, verb: first.1 });
            let as_second = newest(offers, second.0).map(|about| Meant::This { about, verb: second.1 });
            match (as_first, as_second) {
                (Some(meant), None) | (None, Some(meant)) => meant,
                (None, None) => Meant::NoSuchCode(first.0),
                (Some(_), Some(_)) => Meant::Ambiguous(
                    newest(offers, first.0).into_iter().chain(newest(offers, second.0)).collect(),
                ),
            }
        }
        Reply::OnlyCode(_)
        | Reply::SoftYes { .. }
        | Reply::OnDuty
        | Reply::OffDuty
        | Reply::OptOut
        | Reply::Wish { .. }
        | Reply::Letter(_)
        | Reply::Unknown => Meant::NotAnOrder,
    }
}

/// The offer a code stands for: one that lives before one that ended, then the one that ended last.
pub fn newest(offers: &[Candidate], code: ReplyCode) -> Option<About> {
    let rank = |candidate: &&Candidate| match candidate.standing {
        Standing::Open { .. } => (2, Timestamp::default()),
        Standing::Mine { since } => (1, since),
        Standing::Ended { at } => (0, at),
    };
    offers.iter().filter(|candidate| candidate.code == code).max_by_key(rank).map(|candidate| candidate.about)
}

fn bare(verb: Verb, offers: &[Candidate], figures: BareAnswers, received_at: Timestamp) -> Meant {
    let mut open = Vec::new();
    let mut mine = Vec::new();
    let mut sent = None;
    let mut ended_recently = false;
    for candidate in offers {
        match candidate.standing {
            Standing::Open { sent_at } => {
                open.push(candidate.about);
                sent = sent_at;
            }
            Standing::Mine { since } => {
                mine.push(candidate.about);
                ended_recently |= verb == Verb::Decline || since + figures.quiet > received_at;
            }
            Standing::Ended { at } => ended_recently |= at + figures.quiet > received_at,
        }
    }
    match verb {
        // What only somebody on a visit can say.
        Verb::Done | Verb::Arrived | Verb::Late => one_of(verb, &mine),
        // Who asks for a person needs no offer; the visit, if there is one, tells the person more.
        Verb::Person => one_of(verb, if mine.is_empty() { &open } else { &mine }),
        Verb::Accept | Verb::Decline => match *open.as_slice() {
            // A second yes to what is mine repeats the details; a no is asked about with its code.
            [] => one_of(verb, &mine),
            [about] if ended_recently => {
                Meant::Ambiguous(std::iter::once(about).chain(mine.iter().copied()).collect())
            }
            [about] => match sent {
                Some(sent_at) if sent_at + figures.after <= received_at => Meant::This { about, verb },
                Some(_) | None => Meant::TooSoon(about),
            },
            [_, ..] => Meant::Ambiguous(open.iter().chain(&mine).copied().collect()),
        },
    }
}

fn one_of(verb: Verb, offers: &[About]) -> Meant {
    match offers {
        [] => Meant::Nothing,
        [about] => Meant::This { about: *about, verb },
        [_, ..] => Meant::Ambiguous(offers.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::reply::parse;

    const NOON: Timestamp = Timestamp::from_millis(1_777_600_800_000);
    const MINUTE: Duration = Duration::from_mins(1);

    fn id(code: u16) -> About {
        let id = uuid::Uuid::from_u128(code.into());
        if ReplyCode::TASKS.contains(&code) {
            About::Task(TaskNoticeId(id))
        } else {
            About::Offer(OfferId(id))
        }
    }

    fn candidate(code: u16, standing: Standing) -> Candidate {
        Candidate { about: id(code), code: ReplyCode(code), standing }
    }

    fn open(code: u16) -> Candidate {
        candidate(code, Standing::Open { sent_at: Some(NOON - 5 * MINUTE) })
    }

    fn ended(code: u16, ago: Duration) -> Candidate {
        candidate(code, Standing::Ended { at: NOON - ago })
    }

    fn mine(code: u16, ago: Duration) -> Candidate {
        candidate(code, Standing::Mine { since: NOON - ago })
    }

    fn says(text: &str, offers: &[Candidate]) -> Meant {
        let figures = BareAnswers { after: Duration::from_secs(10), quiet: Duration::from_hours(2) };
        meant(&parse(text), offers, figures, NOON)
    }

    fn this(code: u16, verb: Verb) -> Meant {
        Meant::This { about: id(code), verb }
    }

    fn ambiguous(codes: &[u16]) -> Meant {
        Meant::Ambiguous(codes.iter().map(|code| id(*code)).collect())
    }

    #[test]
    fn a_bare_yes_counts_for_the_only_open_offer() {
        assert_eq!(says("1", &[open(37)]), this(37, Verb::Accept));
        assert_eq!(says("2", &[open(37), ended(12, 3 * 60 * MINUTE)]), this(37, Verb::Decline));
    }

    #[test]
    fn a_bare_yes_to_two_open_offers_is_asked_about() {
        assert_eq!(says("1", &[open(37), open(42)]), ambiguous(&[37, 42]));
        assert_eq!(says("42 1", &[open(37), open(42)]), this(42, Verb::Accept));
    }

    #[test]
    fn a_bare_yes_is_asked_about_while_another_offer_ended_in_the_last_two_hours() {
        assert_eq!(says("1", &[open(37), ended(42, 119 * MINUTE)]), ambiguous(&[37]));
        assert_eq!(says("1", &[open(37), ended(42, 120 * MINUTE)]), this(37, Verb::Accept));
        assert_eq!(says("1", &[open(37), mine(42, 30 * MINUTE)]), ambiguous(&[37, 42]));
        assert_eq!(says("1", &[open(37), mine(42, 120 * MINUTE)]), this(37, Verb::Accept));
    }

    #[test]
    fn a_bare_no_with_a_visit_ahead_is_asked_about_however_old_the_visit_is() {
        assert_eq!(says("2", &[open(37), mine(42, 600 * MINUTE)]), ambiguous(&[37, 42]));
    }

    #[test]
    fn what_comes_within_ten_seconds_of_the_last_part_answers_something_else() {
        let sent = |ago_ms| {
            let sent_at = Some(NOON - Duration::from_millis(ago_ms));
            candidate(37, Standing::Open { sent_at })
        };
        assert_eq!(says("1", &[sent(9_999)]), Meant::TooSoon(id(37)));
        assert_eq!(says("1", &[sent(10_000)]), this(37, Verb::Accept));
        assert_eq!(says("1", &[candidate(37, Standing::Open { sent_at: None })]), Meant::TooSoon(id(37)));
        // The code was read, so the offer was.
        assert_eq!(says("37 1", &[sent(1_000)]), this(37, Verb::Accept));
    }

    #[test]
    fn a_bare_word_without_anything_open_is_about_nothing() {
        for text in ["1", "2", "7", "8", "9", "0"] {
            assert_eq!(says(text, &[]), Meant::Nothing, "{text}");
            assert_eq!(says(text, &[ended(37, MINUTE)]), Meant::Nothing, "{text}");
        }
    }

    #[test]
    fn a_second_yes_is_about_what_is_mine() {
        assert_eq!(says("1", &[mine(37, MINUTE)]), this(37, Verb::Accept));
        assert_eq!(says("1", &[mine(37, MINUTE), mine(42, MINUTE)]), ambiguous(&[37, 42]));
    }

    #[test]
    fn done_is_about_the_visit_and_never_about_an_open_offer() {
        assert_eq!(says("9", &[mine(37, MINUTE), open(42)]), this(37, Verb::Done));
        assert_eq!(says("8", &[open(42)]), Meant::Nothing);
        assert_eq!(says("7", &[mine(37, MINUTE), mine(42, MINUTE)]), ambiguous(&[37, 42]));
        assert_eq!(says("42 9", &[mine(37, MINUTE), mine(42, MINUTE)]), this(42, Verb::Done));
    }

    #[test]
    fn a_code_reaches_an_offer_that_ended() {
        assert_eq!(says("37 1", &[ended(37, MINUTE)]), this(37, Verb::Accept));
        assert_eq!(says("38 1", &[ended(37, MINUTE)]), Meant::NoSuchCode(ReplyCode(38)));
    }

    #[test]
    fn a_code_given_again_means_the_offer_that_lives() {
        let before = Candidate { about: id(99), ..ended(37, MINUTE) };
        assert_eq!(says("37 1", &[before, open(37)]), this(37, Verb::Accept));
        assert_eq!(says("37 1", &[open(37), before]), this(37, Verb::Accept));
    }

    #[test]
    fn three_digits_that_read_both_ways_are_settled_by_the_codes_this_number_was_given() {
        assert_eq!(says("137", &[open(37)]), this(37, Verb::Accept));
        assert_eq!(says("137", &[mine(13, MINUTE)]), this(13, Verb::Late));
        assert_eq!(says("137", &[open(37), mine(13, MINUTE)]), ambiguous(&[13, 37]));
        assert_eq!(says("137", &[open(42)]), Meant::NoSuchCode(ReplyCode(13)));
    }

    #[test]
    fn a_task_and_an_offer_on_one_telephone_are_told_apart_by_their_codes() {
        assert_eq!(says("1", &[open(4123)]), this(4123, Verb::Accept));
        assert_eq!(says("1", &[open(4123), open(37)]), ambiguous(&[4123, 37]));
        assert_eq!(says("41231", &[open(4123), open(37)]), this(4123, Verb::Accept));
        assert_eq!(says("37 1", &[open(4123), open(37)]), this(37, Verb::Accept));
        assert_eq!(says("4124 1", &[open(4123)]), Meant::NoSuchCode(ReplyCode(4124)));
    }

    #[test]
    fn what_is_no_order_is_about_no_offer() {
        for text in ["好", "37", "上班", "退订", "A", "重办", "您打错了"] {
            assert_eq!(says(text, &[open(37)]), Meant::NotAnOrder, "{text}");
        }
    }
}

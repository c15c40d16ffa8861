//! How long a call counts as alive without a word about it, and who says that word (RFC 4028).
//!
//! Only what two sides agree on; when it is due is kept where the legs are.

use std::time::Duration;

use super::grammar::seconds;

/// The extension's name, as Supported and Require say it.
pub const EXTENSION: &str = "timer";

/// What one side may say at least to the other in a place where many calls pass (RFC 4028 §5).
pub const SHORTEST_S: u32 = 90;

/// The longest time before the end at which a call counts as over (RFC 4028 §10).
const LAST_CHANCE: Duration = Duration::from_secs(32);

/// What we want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Seconds that we offer whom we ring; nothing is offered when there are none.
    pub offered_s: Option<u32>,
    /// Shorter ones are refused.
    pub shortest_s: u32,
}

impl Policy {
    /// `offered_s` of 0 offers nothing.
    pub fn new(offered_s: u32, shortest_s: u32) -> Self {
        let offered_s = (offered_s > 0).then_some(offered_s.max(shortest_s));
        Self { offered_s, shortest_s }
    }
}

/// The two sides of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Who sent it.
    Asking,
    /// Who answers it.
    Answering,
}

/// What a request or an answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Said {
    pub interval_s: Option<u32>,
    pub refresher: Option<Side>,
    /// The shortest interval that its sender, or a proxy on the way, takes.
    pub shortest_s: Option<u32>,
    /// Whether its sender knows the extension.
    pub is_known: bool,
}

impl Said {
    /// Reads the headers of a message, names and values.
    pub fn in_headers<'a>(headers: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut said = Self::default();
        for (name, value) in headers {
            let is = |names: &[&str]| names.iter().any(|one| name.eq_ignore_ascii_case(one));
            if is(&["Session-Expires", "x"]) {
                (said.interval_s, said.refresher) = (seconds(before_parameters(value)), refresher(value));
            } else if is(&["Min-SE"]) {
                said.shortest_s = seconds(before_parameters(value));
            } else if is(&["Supported", "k", "Require"]) {
                said.is_known |= value.split(',').any(|one| one.trim().eq_ignore_ascii_case(EXTENSION));
            }
        }
        said
    }
}

fn before_parameters(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

fn refresher(value: &str) -> Option<Side> {
    let mut parameters = value.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let (_, who) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("refresher"))?;
    match who.trim().to_ascii_lowercase().as_str() {
        "uac" => Some(Side::Asking),
        "uas" => Some(Side::Answering),
        _ => None,
    }
}

/// Who says the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresher {
    We,
    They,
}

/// What is agreed on for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    pub interval_s: u32,
    pub refresher: Refresher,
}

/// The other side wants a word oftener than we do: it is told the shortest interval we take (422).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooShort(pub u32);

impl Agreed {
    /// How long after the last word the next is said.
    pub fn refreshes_after(self) -> Duration {
        Duration::from_secs(self.interval_s.into()) / 2
    }

    /// How long after the last word the call is over: somewhat before the interval is, as the other side may be slow.
    pub fn ends_after(self) -> Duration {
        let interval = Duration::from_secs(self.interval_s.into());
        interval - LAST_CHANCE.min(interval / 3)
    }

    /// As a message of ours says it, seen from who sent the request.
    pub fn written(self, our_side: Side) -> String {
        let side = match (self.refresher, our_side) {
            (Refresher::We, Side::Asking) | (Refresher::They, Side::Answering) => "uac",
            (Refresher::We, Side::Answering) | (Refresher::They, Side::Asking) => "uas",
        };
        format!("{};refresher={side}", self.interval_s)
    }
}

/// What we answer to a request; `before` is what holds for the call so far.
///
/// Whoever asks chooses who refreshes; where they do not, they do if they can (RFC 4028 §9, table 2): their messages have
/// found us, ours have yet to find them. Who does not know the extension cannot be refused for what a proxy has asked
/// for in their name.
pub fn answered(said: Said, before: Option<Agreed>, policy: Policy) -> Result<Option<Agreed>, TooShort> {
    let Some(interval_s) = said.interval_s else {
        // Asked without it by one who knows it, a call keeps what it had; else it has none any more.
        return Ok(before.filter(|_| said.is_known));
    };
    if interval_s < policy.shortest_s {
        return if said.is_known { Err(TooShort(policy.shortest_s)) } else { Ok(None) };
    }
    let refresher = match said.refresher {
        Some(Side::Asking) | None if said.is_known => Refresher::They,
        Some(Side::Asking | Side::Answering) | None => Refresher::We,
    };
    Ok(Some(Agreed { interval_s, refresher }))
}

/// What the answer to a request of ours means; `before` is what holds for the call so far.
pub fn accepted(said: Said, before: Option<Agreed>, policy: Policy) -> Option<Agreed> {
    let Some(interval_s) = said.interval_s else {
        // Who never heard of it may answer so; that we go on refreshing harms nobody.
        return before.filter(|before| before.refresher == Refresher::We);
    };
    let refresher = match said.refresher {
        Some(Side::Answering) => Refresher::They,
        Some(Side::Asking) | None => Refresher::We,
    };
    // Nobody may make us refresh all the time.
    Some(Agreed { interval_s: interval_s.max(policy.shortest_s), refresher })
}

/// The interval to offer after a 422: what the other side takes at least, if that is more than we offered.
pub fn longer(said: Said, offered_s: u32) -> Option<u32> {
    said.shortest_s.filter(|shortest_s| *shortest_s > offered_s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Refresher::{They, We};
    use proptest::prelude::*;

    const POLICY: Policy = Policy { offered_s: Some(1_800), shortest_s: 90 };

    fn said(text: &str) -> Said {
        Said::in_headers(text.lines().filter_map(|line| line.split_once(": ")))
    }

    #[test]
    fn who_refreshes_is_chosen_by_who_asks_and_else_it_is_they_if_they_can() {
        let agreed = |interval_s, refresher| Ok(Some(Agreed { interval_s, refresher }));
        for (asked, expected) in [
            ("Session-Expires: 1800;refresher=uac\nSupported: timer", agreed(1_800, They)),
            ("Session-Expires: 1800;refresher=uas\nSupported: timer", agreed(1_800, We)),
            ("Session-Expires: 90\nk: replaces, Timer", agreed(90, They)),
            ("x: 90 ; Refresher = UAC\nRequire: timer", agreed(90, They)),
            // A proxy asks for a telephone that does not know of it.
            ("Session-Expires: 1800", agreed(1_800, We)),
            ("Session-Expires: 1800;refresher=uac", agreed(1_800, We)),
            ("Session-Expires: 89\nSupported: timer", Err(TooShort(90))),
            ("Session-Expires: 89", Ok(None)),
            ("Supported: timer", Ok(None)),
            ("Session-Expires: soon\nSupported: timer", Ok(None)),
            ("", Ok(None)),
        ] {
            assert_eq!(answered(said(asked), None, POLICY), expected, "{asked}");
        }
    }

    #[test]
    fn a_later_request_that_says_nothing_keeps_what_was_agreed_when_it_could_have_said_it() {
        let before = Some(Agreed { interval_s: 300, refresher: They });
        assert_eq!(answered(said("Supported: timer"), before, POLICY), Ok(before));
        assert_eq!(answered(said(""), before, POLICY), Ok(None));
    }

    #[test]
    fn an_answer_says_who_refreshes_and_cannot_make_us_refresh_all_the_time() {
        for (answer, before, expected) in [
            ("Session-Expires: 300;refresher=uac", None, Some((300, We))),
            ("Session-Expires: 300;refresher=uas", None, Some((300, They))),
            ("Session-Expires: 300", None, Some((300, We))),
            ("Session-Expires: 1;refresher=uac", None, Some((90, We))),
            ("", None, None),
            ("", Some((300, We)), Some((300, We))),
            ("", Some((300, They)), None),
        ] {
            let agreed = |(interval_s, refresher)| Agreed { interval_s, refresher };
            assert_eq!(accepted(said(answer), before.map(agreed), POLICY), expected.map(agreed), "{answer}");
        }
    }

    #[test]
    fn who_finds_it_too_short_is_offered_what_they_take_once() {
        assert_eq!(longer(said("Min-SE: 3600"), 1_800), Some(3_600));
        assert_eq!(longer(said("Min-SE: 1800"), 1_800), None);
        assert_eq!(longer(said(""), 1_800), None);
        assert_eq!(Policy::new(0, 90).offered_s, None);
        assert_eq!(Policy::new(30, 90).offered_s, Some(90));
    }

    #[test]
    fn a_call_ends_a_third_of_the_interval_before_it_or_half_a_minute() {
        let ends = |interval_s| Agreed { interval_s, refresher: They }.ends_after();
        assert_eq!([ends(90), ends(1_800)], [Duration::from_secs(60), Duration::from_secs(1_768)]);
        assert_eq!(Agreed { interval_s: 90, refresher: We }.refreshes_after(), Duration::from_secs(45));
    }

    proptest! {
        #[test]
        fn what_is_agreed_is_never_shorter_than_we_take_and_both_sides_read_it_alike(
            interval_s in prop::option::of(0_u32..10_000), uac in prop::option::of(any::<bool>()), is_known: bool
        ) {
            let refresher = uac.map(|uac| if uac { Side::Asking } else { Side::Answering });
            let asked = Said { interval_s, refresher, shortest_s: None, is_known };
            if let Ok(Some(ours)) = answered(asked, None, POLICY) {
                prop_assert!(ours.interval_s >= 90 && ours.ends_after() > ours.refreshes_after());
                let written = format!("Session-Expires: {}", ours.written(Side::Answering));
                let theirs = accepted(said(&written), None, POLICY).unwrap();
                prop_assert_eq!(theirs.interval_s, ours.interval_s);
                prop_assert_ne!(theirs.refresher, ours.refresher);
                let again = format!("x: {}\nk: timer", theirs.written(Side::Asking));
                prop_assert_eq!(answered(said(&again), None, POLICY), Ok(Some(ours)));
            }
        }

        #[test]
        fn no_value_panics(value in "\\PC{0,40}") {
            said(&format!("Session-Expires: {value}\nMin-SE: {value}\nSupported: {value}"));
        }
    }
}

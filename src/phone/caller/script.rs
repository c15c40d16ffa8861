//! A caller who does what is written down, one step each time the line falls quiet.

use std::collections::VecDeque;
use std::time::Duration;

use super::recognise::ClipName;
use super::{Conversation, Moment};
use crate::desk::event::EndReason;

/// One thing a caller does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Presses these keys.
    Press(String),
    /// Waits for the next silence and does nothing.
    Listen,
    /// Hangs up.
    HangUp,
}

/// Why a script cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no step: keys (0-9 * #), - to listen once more, x to hang up")]
pub struct ScriptError(String);

/// Reads steps apart by spaces: `1 2 5# - x`.
pub fn parse(text: &str) -> Result<Vec<Step>, ScriptError> {
    text.split_whitespace()
        .map(|word| match word {
            "-" => Ok(Step::Listen),
            "x" => Ok(Step::HangUp),
            keys if keys.chars().all(|c| c.is_ascii_digit() || c == '*' || c == '#') => {
                Ok(Step::Press(keys.to_owned()))
            }
            other => Err(ScriptError(other.to_owned())),
        })
        .collect()
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub heard: Vec<ClipName>,
    pub steps_left: usize,
    pub end: Ending,
}

/// How a scripted call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Ended(EndReason),
    /// Nothing happened for longer than the caller has patience.
    LostPatience,
}

/// Plays the steps and listens until the call ends. `watch` sees every moment as it comes.
pub fn run(
    conversation: &Conversation,
    steps: Vec<Step>,
    patience: Duration,
    mut watch: impl FnMut(&Moment),
) -> Report {
    let mut steps: VecDeque<_> = steps.into();
    let mut heard = Vec::new();
    let end = loop {
        let Ok(moment) = conversation.moments().recv_timeout(patience) else {
            hang_up(conversation);
            break Ending::LostPatience;
        };
        watch(&moment);
        match moment {
            Moment::Said(clip) => heard.push(clip),
            Moment::Quiet => match steps.pop_front() {
                Some(Step::Press(keys)) => press(conversation, &keys),
                Some(Step::Listen) => {}
                Some(Step::HangUp) => hang_up(conversation),
                None => {}
            },
            Moment::Ended(reason) => break Ending::Ended(reason),
            Moment::Ringing | Moment::Answered | Moment::Pressed(_) => {}
        }
    };
    Report { heard, steps_left: steps.len(), end }
}

fn press(conversation: &Conversation, keys: &str) {
    if let Err(error) = conversation.press(keys) {
        tracing::warn!(%error, "keys could not be pressed");
    }
}

fn hang_up(conversation: &Conversation) {
    if let Err(error) = conversation.hang_up() {
        tracing::warn!(%error, "the call could not be hung up");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_reads_as_it_is_written() {
        let press = |keys: &str| Step::Press(keys.into());
        assert_eq!(
            parse("1 25# - * x"),
            Ok(vec![press("1"), press("25#"), Step::Listen, press("*"), Step::HangUp])
        );
        assert_eq!(parse(""), Ok(vec![]));
        assert_eq!(parse("1 hello"), Err(ScriptError("hello".into())));
    }
}

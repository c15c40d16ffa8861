//! Where in the questions a caller stands: one press answers one of them.

use super::{Incoming, Question, Step};

/// Where a caller is, whatever was missed or keyed there.
#[derive(Debug, PartialEq)]
pub(in crate::ivr) struct Where(Spot);

/// At which question, keying digits, or at another step.
#[derive(Debug, PartialEq)]
enum Spot {
    At(Question),
    Keying,
    Step(std::mem::Discriminant<Step>),
}

impl Incoming {
    /// Where the caller is, whatever was missed or keyed there.
    pub(in crate::ivr) fn stands_at(&self) -> Where {
        Where(match &self.step {
            Step::Asking { question: Question::Task { index, .. }, .. } => {
                Spot::At(Question::Task { index: *index, five: false })
            }
            Step::Asking { question, .. } => Spot::At(question.clone()),
            Step::KeyingNumber { .. } | Step::KeyingBadge { .. } | Step::KeyingCode { .. } => Spot::Keying,
            step @ (Step::Device
            | Step::CheckingNumber { .. }
            | Step::FindingTask
            | Step::Instructing { .. }
            | Step::Recording { .. }
            | Step::Ringing { .. }
            | Step::Waiting { .. }
            | Step::RingingEmergency { .. }
            | Step::Committing { .. }
            | Step::ReadingNumber { .. }
            | Step::Withdrawing
            | Step::AnsweringTask { .. }
            | Step::RingingResident { .. }
            | Step::Leaving
            | Step::Over) => Spot::Step(std::mem::discriminant(step)),
        })
    }
}

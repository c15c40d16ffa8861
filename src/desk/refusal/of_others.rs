//! The no of somebody else as the desk's own: of a guard, of the table of moves, of dispatch.

use super::{Refusal, Why};
use crate::dispatch::candidates::Rule;
use crate::dispatch::{explain, institutions};
use crate::domain::guard::Guarded;
use crate::domain::language::Language;
use crate::domain::transition::Refused;

impl From<Guarded> for Refusal {
    fn from(guarded: Guarded) -> Self {
        use Guarded as G;
        let why = match guarded {
            G::NoConsultation => Why::NoConsultation,
            G::NoCategory => Why::NoCategory,
            G::NoArea => Why::NoArea,
            G::NoAddress => Why::NoAddress,
            G::NoPhone => Why::NoPhone,
            G::VoidReasonNotHere => Why::VoidReasonNotHere,
            G::ProposedByYou => Why::ProposedByYou,
            G::ReturnWindowOver => Why::ReturnWindowOver,
            G::NoResumeTime => Why::NoResumeTime,
            G::SuspensionNeedsSupervisor => Why::SuspensionNeedsSupervisor,
            G::SuspendedTooLong => Why::SuspendedTooLong,
            G::HandledByYou => Why::HandledByYou,
            G::NoPoliceReport => Why::NoPoliceReport,
            G::NotConfirmed => Why::NotConfirmed,
            G::StillToBeReached => Why::StillToBeReached,
            G::MustBeRecoded => Why::MustBeRecoded,
            G::ReopenWindowOver => Why::ReopenWindowOver,
            G::MergeTarget => Why::MergeTarget,
            G::NotTheSame => Why::NotTheSame,
            G::MergeWindowOver => Why::MergeWindowOver,
            G::UnmergeWindowOver => Why::UnmergeWindowOver,
            G::CannotBeWithdrawn => Why::CannotBeWithdrawn,
            G::NotYetArchived => Why::NotYetArchived,
        };
        why.told(&guarded.to_string())
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let filled = match refused {
            Refused::NotFromHere { state, mv } => {
                Why::NotFromHere.with([("state", state.to_string()), ("move", mv.to_string())])
            }
            Refused::NotByYou { actor, mv } => {
                Why::NotByYou.with([("actor", actor.to_string()), ("move", mv.to_string())])
            }
        };
        Self { detail: refused.to_string(), ..filled }
    }
}

/// The rule that keeps a volunteer from being asked.
pub(in crate::desk) fn not_asked(rule: Rule) -> Refusal {
    let why = explain::against(rule);
    let said = |language| why.in_language(language).to_owned();
    Why::MayNotBeAsked.with([("zh", said(Language::Zh)), ("en", said(Language::En))])
}

/// What keeps an institution from being told.
pub(in crate::desk) fn not_told(verdict: institutions::Verdict) -> Refusal {
    let why = explain::institution(verdict);
    let said = |language| why.in_language(language).to_owned();
    Why::MayNotBeTold.with([("zh", said(Language::Zh)), ("en", said(Language::En))])
}

#[cfg(test)]
mod tests {
    use super::super::RefusalReason;
    use super::*;

    #[test]
    fn what_a_guard_or_dispatch_says_is_said_by_the_desk() {
        assert!(not_asked(Rule::Resting).detail.ends_with("is resting"));
        let guarded = Refusal::from(Guarded::NoPoliceReport);
        assert!(guarded.detail.contains("police") && guarded.reason == RefusalReason::Unsafe);
    }
}

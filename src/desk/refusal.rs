//! Why the desk says no: each reason has a name, so that the screens can say it in the reader's language, and an
//! English sentence with its remedy for the command line.

pub(super) mod of_others;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::actor::Role;
use crate::domain::names::named_enum;

/// Why a command was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub reason: RefusalReason,
    /// Names the sentence the screens show.
    pub why: Why,
    /// What that sentence is filled in with: stored names, codes, or words in a language of their own.
    pub values: BTreeMap<String, String>,
    /// What was wrong, with the remedy, in English for logs and the command line.
    pub detail: String,
}

named_enum! {
    pub enum RefusalReason {
        NotFound = "not_found",
        /// Somebody changed it meanwhile: look again.
        Stale = "stale",
        /// Not a move of the table for this state and actor.
        NotAllowed = "not_allowed",
        /// The asker handled it.
        HandledByYou = "handled_by_you",
        /// Something needed is missing or malformed.
        Invalid = "invalid",
        /// A safety rule says no.
        Unsafe = "unsafe",
        /// The desk could not take it now: try again.
        Unavailable = "unavailable",
    }
}

named_enum! {
    /// Names a sentence of the screens, `no-` before it.
    pub enum Why {
        TicketNotOpen = "ticket_not_open",
        TicketChanged = "ticket_changed",
        TicketOver = "ticket_over",
        OtherStation = "other_station",
        /// With the parts that may, as `parts`.
        OtherPart = "other_part",
        /// With `state` and `move`.
        NotFromHere = "not_from_here",
        /// With `actor` and `move`.
        NotByYou = "not_by_you",
        NoSuchVolunteer = "no_such_volunteer",
        /// The time that was named is past.
        TimeOver = "time_over",
        /// No telephone of the line is this login's.
        NoTelephone = "no_telephone",
        /// Their extension has no telephone that could ring.
        PhoneNotRegistered = "phone_not_registered",
        /// Their last call is written up already, or the next one rings.
        NothingToWriteUp = "nothing_to_write_up",
        CallOver = "call_over",
        NotYourCall = "not_your_call",
        /// Neither an extension nor a number that may be rung.
        NobodyThere = "nobody_there",
        /// An operator who is not ready.
        NotFree = "not_free",
        /// Somebody was brought in already, or is being rung.
        ThirdThere = "third_there",
        NobodyTalks = "nobody_talks",
        /// On a call: what was asked has to wait for its end.
        IsTalking = "is_talking",
        /// With the rule that speaks against the volunteer, as `zh` and `en`.
        MayNotBeAsked = "may_not_be_asked",
        TooManyOffers = "too_many_offers",
        CallbackOver = "callback_over",
        TextOver = "text_over",
        /// With `parts`, what it takes, and `most`.
        TextTooLong = "text_too_long",
        /// The number takes no texts.
        NoMobile = "no_mobile",
        /// Somebody dangerous is near the telephone, and no safe time was said.
        DangerNear = "danger_near",
        SafeTimeOver = "safe_time_over",
        NotWarnedYet = "not_warned_yet",
        /// With `hours`, the most there may be.
        LimitTooLong = "limit_too_long",
        /// The child was not asked the three questions.
        RiskNotAsked = "risk_not_asked",
        GuardianNotAsked = "guardian_not_asked",
        StaffOnly = "staff_only",
        /// Life or safety is no institution's to answer.
        LifeForStaff = "life_for_staff",
        IsBeingRung = "is_being_rung",
        NoStationNamed = "no_station_named",
        NoSuchStation = "no_such_station",
        NoSuchInstitution = "no_such_institution",
        /// With what speaks against the institution, as `zh` and `en`.
        MayNotBeTold = "may_not_be_told",
        /// With `code`.
        NoSuchCategory = "no_such_category",
        /// With `code`.
        NoSuchArea = "no_such_area",
        NumbersUsedUp = "numbers_used_up",
        NoWords = "no_words",
        TooManyWords = "too_many_words",
        LeftIntake = "left_intake",
        UseWithdraw = "use_withdraw",
        DuplicateOfWhat = "duplicate_of_what",
        ChooseAfterPartly = "choose_after_partly",
        DistrictRuled = "district_ruled",
        VoidNotProposed = "void_not_proposed",
        NothingToMerge = "nothing_to_merge",
        NothingForStaff = "nothing_for_staff",
        /// Two have to go: who is the second?
        NameTheSecond = "name_the_second",
        /// Nobody of a station or an institution is on the way, or at the door.
        NobodySent = "nobody_sent",
        /// The station has a part in it already.
        HasAPart = "has_a_part",
        /// The station does not help with it.
        NoSuchPart = "no_such_part",
        /// Nothing else of the ticket is left to do.
        LastPart = "last_part",
        /// What is kept with a person needs one.
        NobodyChosen = "nobody_chosen",
        VolunteersAtWork = "volunteers_at_work",
        NothingToAskFor = "nothing_to_ask_for",
        DeskBusy = "desk_busy",
        DeskSilent = "desk_silent",
        NoConsultation = "no_consultation",
        NoCategory = "no_category",
        NoArea = "no_area",
        NoAddress = "no_address",
        NoPhone = "no_phone",
        VoidReasonNotHere = "void_reason_not_here",
        ProposedByYou = "proposed_by_you",
        ReturnWindowOver = "return_window_over",
        NoResumeTime = "no_resume_time",
        SuspensionNeedsSupervisor = "suspension_needs_supervisor",
        SuspendedTooLong = "suspended_too_long",
        HandledByYou = "handled_by_you",
        NoPoliceReport = "no_police_report",
        NotConfirmed = "not_confirmed",
        StillToBeReached = "still_to_be_reached",
        MustBeRecoded = "must_be_recoded",
        ReopenWindowOver = "reopen_window_over",
        MergeTarget = "merge_target",
        NotTheSame = "not_the_same",
        MergeWindowOver = "merge_window_over",
        UnmergeWindowOver = "unmerge_window_over",
        CannotBeWithdrawn = "cannot_be_withdrawn",
        NotYetArchived = "not_yet_archived",
    }
}

impl Why {
    /// The refusal, with nothing to fill in.
    pub fn refusal(self) -> Refusal {
        self.told(self.english())
    }

    /// The refusal with what its sentence is filled in with.
    pub fn with(self, values: impl IntoIterator<Item = (&'static str, String)>) -> Refusal {
        let values: BTreeMap<String, String> =
            values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let mut detail = self.english().to_owned();
        for (name, value) in &values {
            detail = detail.replace(&format!("{{{name}}}"), value);
        }
        Refusal { values, ..self.told(&detail) }
    }

    fn told(self, detail: &str) -> Refusal {
        Refusal { reason: self.reason(), why: self, values: BTreeMap::new(), detail: detail.to_owned() }
    }

    /// What kind of no it is.
    #[expect(clippy::too_many_lines, reason = "a table, a line a reason")]
    pub const fn reason(self) -> RefusalReason {
        use RefusalReason as R;
        match self {
            Self::TicketNotOpen
            | Self::CallOver
            | Self::NobodyThere
            | Self::NoSuchVolunteer
            | Self::CallbackOver
            | Self::TextOver
            | Self::NoSuchStation
            | Self::NoSuchInstitution
            | Self::NoSuchPart
            | Self::MayNotBeTold
            | Self::NothingToMerge => R::NotFound,
            Self::TicketChanged | Self::IsBeingRung | Self::NothingToWriteUp => R::Stale,
            Self::HandledByYou | Self::ProposedByYou => R::HandledByYou,
            Self::MayNotBeAsked
            | Self::NoPoliceReport
            | Self::CannotBeWithdrawn
            | Self::DangerNear
            | Self::RiskNotAsked
            | Self::GuardianNotAsked
            | Self::StaffOnly
            | Self::LifeForStaff => R::Unsafe,
            Self::TooManyOffers | Self::NumbersUsedUp | Self::DeskBusy | Self::DeskSilent => R::Unavailable,
            Self::NoStationNamed
            | Self::NoSuchCategory
            | Self::NoSuchArea
            | Self::NoWords
            | Self::TooManyWords
            | Self::TextTooLong
            | Self::SafeTimeOver
            | Self::TimeOver
            | Self::LimitTooLong
            | Self::NoMobile
            | Self::HasAPart
            | Self::NobodyChosen
            | Self::UseWithdraw
            | Self::DuplicateOfWhat
            | Self::NameTheSecond
            | Self::ChooseAfterPartly
            | Self::NotConfirmed
            | Self::NoCategory
            | Self::NoArea
            | Self::NoAddress
            | Self::NoPhone
            | Self::NoResumeTime
            | Self::MustBeRecoded
            | Self::MergeTarget
            | Self::NotTheSame => R::Invalid,
            Self::TicketOver
            | Self::NoTelephone
            | Self::PhoneNotRegistered
            | Self::IsTalking
            | Self::NotFree
            | Self::ThirdThere
            | Self::NotYourCall
            | Self::NobodyTalks
            | Self::NotWarnedYet
            | Self::OtherStation
            | Self::OtherPart
            | Self::NotFromHere
            | Self::NotByYou
            | Self::LeftIntake
            | Self::DistrictRuled
            | Self::VoidNotProposed
            | Self::NothingForStaff
            | Self::NobodySent
            | Self::LastPart
            | Self::VolunteersAtWork
            | Self::NothingToAskFor
            | Self::NoConsultation
            | Self::VoidReasonNotHere
            | Self::ReturnWindowOver
            | Self::SuspensionNeedsSupervisor
            | Self::SuspendedTooLong
            | Self::ReopenWindowOver
            | Self::MergeWindowOver
            | Self::UnmergeWindowOver
            | Self::StillToBeReached
            | Self::NotYetArchived => R::NotAllowed,
        }
    }

    /// The sentence for the command line; the guards have their own, in the domain.
    #[expect(clippy::too_many_lines, reason = "a table, a sentence a reason")]
    const fn english(self) -> &'static str {
        match self {
            Self::TicketNotOpen => "no such ticket is open: look it up by its number",
            Self::TicketChanged => "somebody changed the ticket meanwhile: look again",
            Self::TicketOver => "the ticket is not open any more: reopen it first",
            Self::OtherStation => "the ticket belongs to a station you have no part at: ask its dispatcher",
            Self::OtherPart => "this is for {parts} of the station or above",
            Self::NoTelephone => "no telephone of the line is this login's: an administrator gives it one",
            Self::PhoneNotRegistered => {
                "their telephone is not registered, so no call could ring: start it, and once it says that it is \
                 registered, again"
            }
            Self::NothingToWriteUp => "the call is written up already",
            Self::CallOver => "the call is over",
            Self::NotYourCall => "you do not talk in this call: only its operator leads it on",
            Self::NobodyThere => {
                "neither an extension of the line nor a number it may ring: look at its digits"
            }
            Self::NotFree => "this operator is not ready: choose another",
            Self::ThirdThere => "somebody was brought in already: one at a time",
            Self::NobodyTalks => "nobody talks with this caller yet",
            Self::IsTalking => "they are on a call: when it is over",
            Self::NoSuchVolunteer => "no volunteer has this badge number",
            Self::MayNotBeAsked => "cannot be asked: {en}",
            Self::TooManyOffers => "this telephone has too many offers: ask somebody else",
            Self::CallbackOver => "this call-back request is over already",
            Self::TextOver => "this text is dealt with already",
            Self::TextTooLong => "the answer takes {parts} parts, at most {most} are sent: write less",
            Self::NoMobile => "this number takes no texts: ring it",
            Self::DangerNear => {
                "somebody dangerous is near this telephone: reach it in the time its owner said is safe"
            }
            Self::SafeTimeOver => "the safe time is over, or ends before it begins: ask for another",
            Self::TimeOver => "this time is over, or ends before it begins: agree on another",
            Self::NotWarnedYet => {
                "warn the caller first, and note it: the third call is a supervisor's to lead on"
            }
            Self::LimitTooLong => "at least one hour, and at most {hours}",
            Self::RiskNotAsked => "the child is 13 to 17: ask the three questions first",
            Self::GuardianNotAsked => "it is for a child, at home: ask whether the guardian will be there",
            Self::StaffOnly => "the child's answers leave this to staff: send it to the station",
            Self::LifeForStaff => "life or safety is for staff, never an institution: send it to a station",
            Self::IsBeingRung => "this number is being rung: wait until the call is over",
            Self::NoStationNamed => "name the station that receives it",
            Self::NoSuchStation => "there is no such station",
            Self::NoSuchInstitution => "no institution has this number",
            Self::MayNotBeTold => "this institution cannot be told: {en}",
            Self::NoSuchCategory => "the catalogue has no category {code}",
            Self::NoSuchArea => "no area has the code {code}",
            Self::NumbersUsedUp => "every number of the day is given at this station",
            Self::NoWords => "say why, in a few words",
            Self::TooManyWords => "at most 4,000 characters can be kept",
            Self::LeftIntake => "it has left intake: use the commands for changes",
            Self::UseWithdraw => "use withdraw: the resident has to have said so",
            Self::DuplicateOfWhat => {
                "name the ticket it repeats: one that is open, or closed in the last days"
            }
            Self::ChooseAfterPartly => "it was resolved in part: say whether it is closed so, or done again",
            Self::DistrictRuled => "the district has ruled: handle it, or ask it to rule again",
            Self::VoidNotProposed => "an operator has to propose it first, with a reason",
            Self::NothingToMerge => "no other ticket with this number is open",
            Self::NothingForStaff => "nothing of this ticket waits for staff",
            Self::NameTheSecond => "two have to go: say who the second is, or give it back",
            Self::NobodySent => "nobody of a station or an institution is on the way to it, or asked for",
            Self::HasAPart => {
                "the station has a part in this ticket already: write a note, or choose another"
            }
            Self::NoSuchPart => "the station does not help with this ticket: look at its parts",
            Self::NobodyChosen => {
                "nobody of the register is chosen for this ticket: it is kept with the person"
            }
            Self::LastPart => {
                "nothing else is left to do: reassign it, or let the station say that it is done"
            }
            Self::VolunteersAtWork => "volunteers are at work on it: ask them, or reassign it",
            Self::NothingToAskFor => "nobody is looked for: the ticket has no category, or its work is done",
            Self::DeskBusy => "the desk takes no more commands at this moment: try again",
            Self::DeskSilent => "the desk did not answer in time: look whether it was done",
            Self::NotFromHere
            | Self::NotByYou
            | Self::NoConsultation
            | Self::NoCategory
            | Self::NoArea
            | Self::NoAddress
            | Self::NoPhone
            | Self::VoidReasonNotHere
            | Self::ProposedByYou
            | Self::ReturnWindowOver
            | Self::NoResumeTime
            | Self::SuspensionNeedsSupervisor
            | Self::SuspendedTooLong
            | Self::HandledByYou
            | Self::NoPoliceReport
            | Self::NotConfirmed
            | Self::StillToBeReached
            | Self::MustBeRecoded
            | Self::ReopenWindowOver
            | Self::MergeTarget
            | Self::NotTheSame
            | Self::MergeWindowOver
            | Self::UnmergeWindowOver
            | Self::CannotBeWithdrawn
            | Self::NotYetArchived => "",
        }
    }
}

impl From<Why> for Refusal {
    fn from(why: Why) -> Self {
        why.refusal()
    }
}

/// Only these parts may.
pub(super) fn for_others(parts: &[Role]) -> Refusal {
    let names: Vec<&str> = parts.iter().map(|role| role.name()).collect();
    Why::OtherPart.with([("parts", names.join(", "))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_filled_in_and_says_whose_part_it_is() {
        let refusal = for_others(&[Role::Operator, Role::Supervisor]);
        assert_eq!(refusal.detail, "this is for operator, supervisor of the station or above");
        assert_eq!(refusal.reason, RefusalReason::NotAllowed);
    }
}

//! What a row of the table of moves asks beyond state and actor (the guard column of DOMAIN §3).

use super::actor::{ActorKind, Doer};
use super::calendar::Calendar;
use super::category::Category;
use super::clocks::{Clock, ClockCalendar};
use super::policy::Policy;
use super::safety;
use super::ticket::{Confidentiality, Referral, Ticket, TicketState, VoidReason};
use super::timestamp::Timestamp;
use super::urgency::Urgency;

/// Why a move that the table knows is refused all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Guarded {
    #[error(
        "only a consultation may be closed by an answer: dispatch it, or choose a category of consultation"
    )]
    NoConsultation,
    #[error("the category is missing: choose one")]
    NoCategory,
    #[error("the place is missing: choose street and committee")]
    NoArea,
    #[error("the address is missing: somebody has to go there")]
    NoAddress,
    #[error("the phone number is missing: note it, or that the caller stays anonymous")]
    NoPhone,
    #[error("this reason holds for tickets in intake only: choose another")]
    VoidReasonNotHere,
    #[error("whoever proposed it cannot confirm it: ask another supervisor")]
    ProposedByYou,
    #[error("the time for giving it back is over: handle it, or ask the dispatcher to reassign it")]
    ReturnWindowOver,
    #[error("a suspension needs an end in the future: name the day it is taken up again")]
    NoResumeTime,
    #[error("a suspension this long needs a supervisor: ask one, or name an earlier day")]
    SuspensionNeedsSupervisor,
    #[error("all suspensions together would be too long: name an earlier day")]
    SuspendedTooLong,
    #[error("whoever handled it cannot close it: another person asks the resident")]
    HandledByYou,
    #[error("the police report's reference is missing: it cannot end without")]
    NoPoliceReport,
    #[error("nobody has confirmed that they took it over: say who did, under which reference, and when")]
    NotConfirmed,
    #[error("the resident is still to be reached: the line tries, texts, waits and then closes by itself")]
    StillToBeReached,
    #[error("it still has a category that stands for none: give it its own first")]
    MustBeRecoded,
    #[error("the time for reopening is over: open a new ticket linked to this one")]
    ReopenWindowOver,
    #[error("a ticket cannot be merged into itself or into one that is merged or void: choose another")]
    MergeTarget,
    #[error("they are neither the same person's nor of the same place: leave them apart")]
    NotTheSame,
    #[error("it is too long ago that they were opened: leave them apart")]
    MergeWindowOver,
    #[error("the time for taking the merge back is over: open a new ticket linked to this one")]
    UnmergeWindowOver,
    #[error("it cannot be withdrawn: it is sealed, urgent to life, or has to be reported")]
    CannotBeWithdrawn,
    #[error("it is too early to archive it, or a complaint is open: wait")]
    NotYetArchived,
}

type Guard = Result<(), Guarded>;

fn holds(condition: bool, otherwise: Guarded) -> Guard {
    if condition { Ok(()) } else { Err(otherwise) }
}

/// Row 2.
///
/// # Errors
/// When the category is not one of consultation.
pub fn may_explain(category: Option<&Category>) -> Guard {
    holds(category.ok_or(Guarded::NoCategory)?.consultation, Guarded::NoConsultation)
}

/// Row 3: category, area and phone (or anonymous) set; an address too where somebody goes to one, but for P1.
///
/// # Errors
/// What is missing.
pub fn may_dispatch(ticket: &Ticket, category: Option<&Category>, anonymous: bool) -> Guard {
    let category = category.ok_or(Guarded::NoCategory)?;
    holds(ticket.caller.is_some() || anonymous, Guarded::NoPhone)?;
    if ticket.urgency == Urgency::P1 {
        return Ok(());
    }
    holds(ticket.area.is_some(), Guarded::NoArea)?;
    holds(!category.needs_address || ticket.address.is_some() || ticket.point.is_some(), Guarded::NoAddress)
}

/// Rows 4 and 24: the reason fits the state, and two people agree.
///
/// # Errors
/// When either does not hold.
pub fn may_void(
    state: TicketState,
    reason: VoidReason,
    proposed_by: Doer,
    confirmed_by: Option<Doer>,
) -> Guard {
    let fits = match reason {
        VoidReason::SilentConfirmedSafe => state == TicketState::Intake,
        VoidReason::Test | VoidReason::Abuse | VoidReason::DuplicateDevice => true,
    };
    holds(fits, Guarded::VoidReasonNotHere)?;
    holds(confirmed_by.is_none_or(|by| !by.is_same(proposed_by)), Guarded::ProposedByYou)
}

/// Row 10.
///
/// # Errors
/// When the return window since `sent_at` is over.
pub fn may_return(
    urgency: Urgency,
    sent_at: Timestamp,
    policy: &Policy,
    calendar: &Calendar,
    now: Timestamp,
) -> Guard {
    holds(now <= calendar.add(sent_at, policy.of(urgency).return_window), Guarded::ReturnWindowOver)
}

/// Row 10: whether a return, counted with the ones before, is for a district dispatcher to rule on.
pub fn return_needs_ruling(returns: u32, policy: &Policy) -> bool {
    returns >= policy.returns.ruling_from
}

/// Row 12. `handle` is the clock that will stand still.
///
/// # Errors
/// When it ends in the past, is too long for a handler, or too long with the ones before.
pub fn may_suspend(
    actor: ActorKind,
    handle: Option<&Clock>,
    resume_at: Timestamp,
    policy: &Policy,
    calendar: &Calendar,
    now: Timestamp,
) -> Guard {
    holds(resume_at > now, Guarded::NoResumeTime)?;
    let length = calendar.working_between(now, resume_at);
    let figures = &policy.suspension;
    holds(
        actor == ActorKind::Supervisor || length <= calendar.length(figures.handler_limit),
        Guarded::SuspensionNeedsSupervisor,
    )?;
    let before = handle.map(|clock| Clock { calendar: ClockCalendar::Working, ..clock.clone() });
    let before = before.map_or(std::time::Duration::ZERO, |clock| clock.spent_in_pauses(calendar));
    holds(before + length <= calendar.length(figures.total), Guarded::SuspendedTooLong)
}

/// Row 16, by a person.
///
/// # Errors
/// When that person handled it, or it must not end yet.
pub fn may_close(ticket: &Ticket, category: Option<&Category>, by: Doer) -> Guard {
    holds(!ticket.was_handled_by(by), Guarded::HandledByYou)?;
    may_end(ticket, category)
}

/// Row 16, "referred": the receiving body or the citizen has confirmed it, under a reference and at a time that has been.
///
/// # Errors
/// When nobody has, or it is not said how it can be looked up.
pub fn may_close_as_referred(referral: Option<&Referral>, now: Timestamp) -> Guard {
    let confirmed =
        referral.is_some_and(|said| !said.reference.trim().is_empty() && said.confirmed_at <= now);
    holds(confirmed, Guarded::NotConfirmed)
}

/// What every closing asks (SAF-2, and a category of its own).
///
/// # Errors
/// When the police report is missing or the category stands for none.
pub fn may_end(ticket: &Ticket, category: Option<&Category>) -> Guard {
    let Some(category) = category else { return Ok(()) };
    may_leave_unreported(ticket, category)?;
    holds(!category.recode, Guarded::MustBeRecoded)
}

/// SAF-2 alone: for what ends a report in another way, as a merge or another category.
///
/// # Errors
/// When the police report is missing.
pub fn may_leave_unreported(ticket: &Ticket, category: &Category) -> Guard {
    holds(safety::may_end(category, ticket.police_report.as_deref()), Guarded::NoPoliceReport)
}

/// Row 18: a citizen for some days, a supervisor at any time.
///
/// # Errors
/// Later than that.
pub fn may_reopen(actor: ActorKind, closed_at: Option<Timestamp>, policy: &Policy, now: Timestamp) -> Guard {
    let early = closed_at.is_none_or(|closed| now <= closed + policy.tickets.reopen_within);
    holds(actor == ActorKind::Supervisor || early, Guarded::ReopenWindowOver)
}

/// Row 19: the same person's and category within some days, or the same place; the target a living ticket or a closed one.
///
/// # Errors
/// When they have nothing to do with each other.
pub fn may_merge(ticket: &Ticket, into: &Ticket, policy: &Policy) -> Guard {
    let target = match into.state {
        TicketState::Merged | TicketState::Void | TicketState::Archived => false,
        TicketState::Intake
        | TicketState::PendingDispatch
        | TicketState::Offering
        | TicketState::Dispatched
        | TicketState::InProgress
        | TicketState::Suspended
        | TicketState::Handled
        | TicketState::Closed => true,
    };
    holds(target && ticket.id != into.id, Guarded::MergeTarget)?;
    let known = |one: bool, same: bool| one && same;
    let same_person = known(ticket.beneficiary.is_some(), ticket.beneficiary == into.beneficiary)
        || known(ticket.caller.is_some(), ticket.caller == into.caller);
    let same_place =
        known(ticket.address.is_some(), ticket.area == into.area && ticket.address == into.address);
    let same_wish = same_person && ticket.category == into.category;
    holds(same_wish || same_place, Guarded::NotTheSame)?;
    let apart = ticket.opened_at.since(into.opened_at).max(into.opened_at.since(ticket.opened_at));
    holds(same_place || apart <= policy.tickets.merge_within, Guarded::MergeWindowOver)
}

/// Row 20.
///
/// # Errors
/// Too early, or while a complaint is open.
pub fn may_archive(
    closed_at: Option<Timestamp>,
    complaint_open: bool,
    policy: &Policy,
    now: Timestamp,
) -> Guard {
    let old = closed_at.is_some_and(|closed| now >= closed + policy.tickets.archive_after);
    holds(old && !complaint_open, Guarded::NotYetArchived)
}

/// Row 21.
///
/// # Errors
/// When it is sealed, P1, or has to be reported.
pub fn may_withdraw(ticket: &Ticket, category: Option<&Category>) -> Guard {
    let sealed = ticket.confidentiality == Confidentiality::Sealed;
    let reported = category.is_some_and(|category| category.mandatory_report);
    holds(!sealed && !reported && ticket.urgency != Urgency::P1, Guarded::CannotBeWithdrawn)
}

/// Row 25.
///
/// # Errors
/// Too late.
pub fn may_unmerge(merged_at: Timestamp, policy: &Policy, now: Timestamp) -> Guard {
    holds(now <= merged_at + policy.tickets.unmerge_within, Guarded::UnmergeWindowOver)
}

/// The supervision level that so many redos raise a ticket to (DOMAIN §9.5).
pub fn supervision_after_redo(redos: u32, policy: &Policy) -> u8 {
    if redos >= policy.tickets.redo_level_2 { 2 } else { u8::from(redos >= policy.tickets.redo_level_1) }
}

/// Whether the district itself calls the resident after so many redos.
pub fn district_calls(redos: u32, policy: &Policy) -> bool {
    supervision_after_redo(redos, policy) >= 2
}

#[cfg(test)]
mod tests;

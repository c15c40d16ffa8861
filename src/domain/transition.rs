//! Which moves a ticket and its work items may make, and who may make them: the table of DOMAIN §3.
//!
//! Every (state, actor, move) outside the table is refused. What a row asks beyond state and actor stands in `guard`.
//! A duty officer who presses 1, and an institution's staff, act as `Handler` of the station they speak for.

use super::actor::ActorKind;
use super::names::named_enum;
use super::ticket::TicketState;
use super::work_item::{WorkItem, WorkRole, WorkState};

named_enum! {
    /// Something that happens to a ticket; the number is its row in DOMAIN §3.
    pub enum Move {
        /// 1: the ticket comes into being.
        Open = "open",
        /// 2: answered on the line.
        Explain = "explain",
        /// 3: complete, and on its way.
        Dispatch = "dispatch",
        /// 4 and 24, first half: an operator says it is none; the state stays.
        ProposeVoid = "propose_void",
        /// 4 and 24, second half: the supervisor agrees.
        Void = "void",
        /// 5: volunteers are asked.
        Offer = "offer",
        /// 6: a station or institution is told.
        SendToStation = "send_to_station",
        /// 7: enough volunteers said yes.
        Fill = "fill",
        /// 8: waves, time or candidates ran out.
        Exhaust = "exhaust",
        /// 9: staff takes it.
        Accept = "accept",
        /// 10: staff gives it back unaccepted.
        Return = "return",
        /// 11: nobody took it in time; the station above is told.
        TierUp = "tier_up",
        /// 12
        Suspend = "suspend",
        /// 13
        Resume = "resume",
        /// 14: handler withdraws, volunteer aborts, nobody came.
        GiveUp = "give_up",
        /// 15: the work is done, says who did it.
        Handled = "handled",
        /// 16: the resident says so too.
        Close = "close",
        /// 17: the resident says otherwise.
        Redo = "redo",
        /// 18
        Reopen = "reopen",
        /// 19
        Merge = "merge",
        /// 20
        Archive = "archive",
        /// 21: the resident no longer wants it.
        Withdraw = "withdraw",
        /// 22: a dispatcher takes the offers back.
        RecallOffers = "recall_offers",
        /// 23: another station.
        Reassign = "reassign",
        /// 25
        Unmerge = "unmerge",
    }
}

/// Where a move leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    To(TicketState),
    /// It is a move of a work item: `derive_state` says where the ticket stands then; with one work item, here.
    FollowsWorkItems(TicketState),
    /// Where the ticket stood before the merge.
    Former,
}

/// Why a move is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("a ticket that is {state} cannot be moved by {mv}: look at where it stands")]
    NotFromHere { state: TicketState, mv: Move },
    #[error("{mv} is not for a {actor} to do: ask someone whose part it is")]
    NotByYou { actor: ActorKind, mv: Move },
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
struct Row {
    mv: Move,
    from: &'static [TicketState],
    next: Next,
    by: &'static [ActorKind],
}

use ActorKind as A;
use TicketState as S;

const OPEN: &[S] =
    &[S::Intake, S::PendingDispatch, S::Offering, S::Dispatched, S::InProgress, S::Suspended, S::Handled];
const OPEN_BUT_HANDLED: &[S] =
    &[S::Intake, S::PendingDispatch, S::Offering, S::Dispatched, S::InProgress, S::Suspended];

const fn row(mv: Move, from: &'static [S], next: Next, by: &'static [A]) -> Row {
    Row { mv, from, next, by }
}

const fn items(state: S) -> Next {
    Next::FollowsWorkItems(state)
}

/// DOMAIN §3, in its order; row 1 has no state to come from and is `may_open`. `ProposeVoid` changes no state.
const TABLE: &[Row] = &[
    row(Move::Explain, &[S::Intake], Next::To(S::Closed), &[A::Operator]),
    row(Move::Dispatch, &[S::Intake], Next::To(S::PendingDispatch), &[A::Operator, A::Ivr]),
    row(Move::Offer, &[S::PendingDispatch], items(S::Offering), &[A::System, A::Dispatcher]),
    row(Move::SendToStation, &[S::PendingDispatch], items(S::Dispatched), &[A::System, A::Dispatcher]),
    row(Move::Fill, &[S::Offering], items(S::InProgress), &[A::System]),
    row(Move::Exhaust, &[S::Offering], items(S::Dispatched), &[A::System]),
    row(Move::Accept, &[S::Dispatched], items(S::InProgress), &[A::Handler]),
    row(Move::Return, &[S::Dispatched], items(S::PendingDispatch), &[A::Handler]),
    row(Move::TierUp, &[S::Dispatched], items(S::Dispatched), &[A::System]),
    row(Move::Suspend, &[S::InProgress], Next::To(S::Suspended), &[A::Handler, A::Supervisor]),
    row(Move::Resume, &[S::Suspended], Next::To(S::InProgress), &[A::System, A::Handler, A::Citizen]),
    row(Move::GiveUp, &[S::InProgress], items(S::PendingDispatch), &[A::Handler, A::Volunteer, A::System]),
    row(Move::Handled, &[S::InProgress], items(S::Handled), &[A::Handler, A::Volunteer]),
    row(Move::Close, &[S::Handled], Next::To(S::Closed), &[A::System, A::CallbackOfficer]),
    row(Move::Redo, &[S::Handled], Next::To(S::PendingDispatch), &[A::System, A::CallbackOfficer]),
    row(Move::Reopen, &[S::Closed], Next::To(S::PendingDispatch), &[A::Citizen, A::Supervisor]),
    row(Move::Merge, OPEN, Next::To(S::Merged), &[A::Operator]),
    row(Move::Archive, &[S::Closed], Next::To(S::Archived), &[A::System]),
    row(Move::Withdraw, OPEN, Next::To(S::Closed), &[A::Citizen, A::Operator]),
    row(Move::RecallOffers, &[S::Offering], items(S::PendingDispatch), &[A::Dispatcher]),
    row(Move::Reassign, &[S::Dispatched, S::InProgress], items(S::Dispatched), &[A::Dispatcher]),
    row(Move::ProposeVoid, &[S::Intake], Next::To(S::Intake), &[A::Operator]),
    row(Move::ProposeVoid, &[S::PendingDispatch], Next::To(S::PendingDispatch), &[A::Operator]),
    row(Move::ProposeVoid, &[S::Offering], Next::To(S::Offering), &[A::Operator]),
    row(Move::ProposeVoid, &[S::Dispatched], Next::To(S::Dispatched), &[A::Operator]),
    row(Move::ProposeVoid, &[S::InProgress], Next::To(S::InProgress), &[A::Operator]),
    row(Move::ProposeVoid, &[S::Suspended], Next::To(S::Suspended), &[A::Operator]),
    row(Move::Void, OPEN_BUT_HANDLED, Next::To(S::Void), &[A::Supervisor]),
    row(Move::Unmerge, &[S::Merged], Next::Former, &[A::Supervisor]),
];

/// Row 1: who may open a ticket. Care calls act as `System`, the citizens' API as `Citizen`.
pub fn may_open(actor: ActorKind) -> bool {
    match actor {
        A::Operator | A::Ivr | A::Citizen | A::System | A::Peer => true,
        A::Volunteer
        | A::Dispatcher
        | A::Handler
        | A::CallbackOfficer
        | A::Supervisor
        | A::DutyOfficer
        | A::Institution => false,
    }
}

/// Says where the move leads a ticket in `state`, made by somebody playing `actor`.
///
/// # Errors
/// When the table has no such row.
pub fn allowed(state: TicketState, actor: ActorKind, mv: Move) -> Result<Next, Refused> {
    let row = TABLE
        .iter()
        .find(|row| row.mv == mv && row.from.contains(&state))
        .ok_or(Refused::NotFromHere { state, mv })?;
    if row.by.contains(&actor) { Ok(row.next) } else { Err(Refused::NotByYou { actor, mv }) }
}

/// Says what becomes of one work item by a move of rows 5 to 15, 22 or 23, its ticket being in `ticket`.
///
/// The item is held against the table as if the ticket had it alone: of two leads one may be at work while the
/// other is still offered. Moves of the whole ticket (`Suspend`, `Close`, …) are refused here.
///
/// # Errors
/// When the table has no such row, or the ticket is not being dispatched or worked on.
pub fn allowed_for_item(
    ticket: TicketState,
    item: WorkState,
    actor: ActorKind,
    mv: Move,
) -> Result<WorkState, Refused> {
    let not_from_here = Refused::NotFromHere { state: ticket, mv };
    let stands = match ticket {
        S::PendingDispatch | S::Offering | S::Dispatched | S::InProgress => {
            stands_as(item).ok_or(not_from_here)?
        }
        S::Intake | S::Suspended | S::Handled | S::Closed | S::Archived | S::Merged | S::Void => {
            return Err(not_from_here);
        }
    };
    match allowed(stands, actor, mv)? {
        Next::FollowsWorkItems(_) => Ok(becomes(mv).ok_or(not_from_here)?),
        Next::To(_) | Next::Former => Err(not_from_here),
    }
}

/// The state of a ticket that has only this work item.
fn stands_as(item: WorkState) -> Option<TicketState> {
    match item {
        WorkState::Open => Some(S::PendingDispatch),
        WorkState::Offering => Some(S::Offering),
        WorkState::Sent | WorkState::Accepted => Some(S::Dispatched),
        WorkState::Working => Some(S::InProgress),
        WorkState::Done | WorkState::Returned | WorkState::Withdrawn | WorkState::Failed => None,
    }
}

/// What a work item is after a move.
fn becomes(mv: Move) -> Option<WorkState> {
    match mv {
        Move::Offer => Some(WorkState::Offering),
        Move::SendToStation | Move::Exhaust | Move::TierUp | Move::Reassign => Some(WorkState::Sent),
        Move::Fill | Move::Accept => Some(WorkState::Working),
        Move::Return => Some(WorkState::Returned),
        Move::GiveUp | Move::RecallOffers => Some(WorkState::Open),
        Move::Handled => Some(WorkState::Done),
        Move::Open
        | Move::Explain
        | Move::Dispatch
        | Move::ProposeVoid
        | Move::Void
        | Move::Suspend
        | Move::Resume
        | Move::Close
        | Move::Redo
        | Move::Reopen
        | Move::Merge
        | Move::Archive
        | Move::Withdraw
        | Move::Unmerge => None,
    }
}

/// The ticket's state as its work items have it. A suspended ticket stays suspended until `Resume`.
///
/// Items that were returned, withdrawn or failed count for nothing: what replaces them is an item of its own.
/// Leads say where it stands, one at work before one that waits for staff, that before one being offered; what
/// co-handlers are at counts when no lead is left. With nothing left to do and something done it is handled.
pub fn derive_state(items: &[WorkItem]) -> TicketState {
    let of = |role: WorkRole| {
        let any = |state: WorkState| items.iter().any(|item| item.role == role && item.state == state);
        if any(WorkState::Working) {
            Some(S::InProgress)
        } else if any(WorkState::Accepted) || any(WorkState::Sent) {
            Some(S::Dispatched)
        } else if any(WorkState::Offering) {
            Some(S::Offering)
        } else if any(WorkState::Open) {
            Some(S::PendingDispatch)
        } else {
            None
        }
    };
    let done = items.iter().any(|item| item.state == WorkState::Done);
    let rest = if done { S::Handled } else { S::PendingDispatch };
    of(WorkRole::Lead).or_else(|| of(WorkRole::Co)).unwrap_or(rest)
}

#[cfg(test)]
mod tests;

//! What somebody may do to a ticket as it stands: the buttons of its page.
//!
//! The desk decides; this only keeps from offering what it would refuse.

use std::collections::BTreeSet;

use super::access::User;
use super::places::Places;
use crate::domain::actor::{ActorKind, Role};
use crate::domain::category::HandlerKind;
use crate::domain::names::named_enum;
use crate::domain::ticket::{Confidentiality, Ticket, TicketState};
use crate::domain::transition::{Move, allowed, allowed_for_item};
use crate::domain::work_item::{WorkItem, WorkRole};

named_enum! {
    /// A button, and the last part of the address its form is sent to.
    pub enum Action {
        Accept = "accept",
        Arrived = "arrived",
        Late = "late",
        Well = "well",
        Handled = "handled",
        SurveyAnswers = "survey_answers",
        Close = "close",
        Redo = "redo",
        ConfirmVoid = "confirm_void",
        Note = "note",
        PoliceReport = "police_report",
        ConfirmCaller = "confirm_caller",
        AssignVolunteer = "assign_volunteer",
        AssignStation = "assign_station",
        AssignInstitution = "assign_institution",
        ToStaff = "to_staff",
        RecallOffers = "recall_offers",
        Reassign = "reassign",
        AddCoHandler = "add_co_handler",
        RemoveCoHandler = "remove_co_handler",
        Return = "return",
        Suspend = "suspend",
        Resume = "resume",
        Abort = "abort",
        Reopen = "reopen",
        ChangeUrgency = "change_urgency",
        ChangeCategory = "change_category",
        ChangeWindow = "change_window",
        Supervise = "supervise",
        Exclude = "exclude",
        Readmit = "readmit",
        Merge = "merge",
        Unmerge = "unmerge",
        Withdraw = "withdraw",
        ProposeVoid = "propose_void",
        /// The three of the intake form.
        Complete = "complete",
        Dispatch = "dispatch",
        Explain = "explain",
    }
}

impl Action {
    /// The move of the table it asks for; none where it moves nothing.
    fn mv(self) -> Option<Move> {
        match self {
            Self::Accept => Some(Move::Accept),
            Self::Handled | Self::Arrived | Self::Late | Self::Well => Some(Move::Handled),
            Self::SurveyAnswers | Self::Close => Some(Move::Close),
            Self::Redo => Some(Move::Redo),
            Self::ConfirmVoid => Some(Move::Void),
            Self::AssignVolunteer => Some(Move::Offer),
            Self::AssignStation | Self::AssignInstitution => Some(Move::SendToStation),
            Self::ToStaff | Self::RecallOffers => Some(Move::RecallOffers),
            Self::Reassign => Some(Move::Reassign),
            Self::Return => Some(Move::Return),
            Self::Suspend => Some(Move::Suspend),
            Self::Resume => Some(Move::Resume),
            Self::Abort => Some(Move::GiveUp),
            Self::Reopen => Some(Move::Reopen),
            Self::Merge => Some(Move::Merge),
            Self::Unmerge => Some(Move::Unmerge),
            Self::Withdraw => Some(Move::Withdraw),
            Self::ProposeVoid => Some(Move::ProposeVoid),
            Self::Dispatch => Some(Move::Dispatch),
            Self::Explain => Some(Move::Explain),
            Self::Note
            | Self::AddCoHandler
            | Self::RemoveCoHandler
            | Self::PoliceReport
            | Self::ConfirmCaller
            | Self::ChangeUrgency
            | Self::ChangeCategory
            | Self::ChangeWindow
            | Self::Supervise
            | Self::Exclude
            | Self::Readmit
            | Self::Complete => None,
        }
    }

    /// The single key that opens its form.
    pub fn key(self) -> Option<char> {
        match self {
            Self::Accept => Some('c'),
            Self::Note => Some('n'),
            Self::AssignVolunteer => Some('a'),
            Self::AssignStation => Some('s'),
            Self::Reassign => Some('r'),
            Self::Handled => Some('d'),
            Self::SurveyAnswers => Some('v'),
            Self::Close => Some('e'),
            Self::Redo => Some('o'),
            Self::Return => Some('b'),
            Self::Suspend | Self::Resume => Some('h'),
            Self::Merge => Some('m'),
            Self::AddCoHandler => Some('l'),
            Self::RemoveCoHandler => Some('x'),
            Self::ChangeWindow => Some('w'),
            Self::AssignInstitution
            | Self::Arrived
            | Self::Late
            | Self::Well
            | Self::ConfirmVoid
            | Self::ToStaff
            | Self::RecallOffers
            | Self::Abort
            | Self::Reopen
            | Self::PoliceReport
            | Self::ConfirmCaller
            | Self::ChangeUrgency
            | Self::ChangeCategory
            | Self::Supervise
            | Self::Exclude
            | Self::Readmit
            | Self::Unmerge
            | Self::Withdraw
            | Self::ProposeVoid
            | Self::Complete
            | Self::Dispatch
            | Self::Explain => None,
        }
    }
}

/// The parts a role plays in DOMAIN §3. A duty officer acts as handler of the station they speak for.
fn parts(role: Role) -> &'static [ActorKind] {
    match role {
        Role::Operator => &[ActorKind::Operator],
        Role::Dispatcher => &[ActorKind::Dispatcher],
        Role::Handler => &[ActorKind::Handler],
        Role::CallbackOfficer => &[ActorKind::CallbackOfficer],
        Role::Supervisor => &[ActorKind::Supervisor],
        Role::DutyOfficer => &[ActorKind::DutyOfficer, ActorKind::Handler],
        Role::Manager | Role::Administrator => &[],
    }
}

/// The parts a user plays for a ticket: their roles at stations that lie above it.
pub fn parts_for(user: &User, ticket: &Ticket, work: &[WorkItem], places: &Places) -> BTreeSet<ActorKind> {
    let concerned = |station| {
        let below = places.below([station]);
        below.contains(&ticket.owner)
            || below.contains(&ticket.first_receiver)
            || work.iter().any(|item| below.contains(&item.station))
    };
    user.roles
        .iter()
        .filter(|(_, station)| concerned(*station))
        .flat_map(|(role, _)| parts(*role).iter().copied())
        .collect()
}

fn is_being_worked_on(state: TicketState) -> bool {
    matches!(
        state,
        TicketState::PendingDispatch
            | TicketState::Offering
            | TicketState::Dispatched
            | TicketState::InProgress
    )
}

/// The part of a station that helps, while it is not over.
pub fn is_co_handlers(item: &WorkItem) -> bool {
    item.role == WorkRole::Co && item.kind != HandlerKind::Volunteer && item.state.is_live()
}

/// In which part the user may do it to the ticket as it stands; none when not at all.
pub fn part_for(
    action: Action,
    ticket: &Ticket,
    work: &[WorkItem],
    played: &BTreeSet<ActorKind>,
) -> Option<ActorKind> {
    use ActorKind as A;
    let any_of = |kinds: &[ActorKind]| kinds.iter().copied().find(|kind| played.contains(kind));
    let is_open = ticket.state.is_open();
    match action {
        Action::Note => played.first().copied().filter(|_| ticket.state != TicketState::Archived),
        // Offered where the law asks for one: what must be reported is sealed.
        Action::PoliceReport => any_of(&[A::Supervisor, A::Operator])
            .filter(|_| is_open && ticket.confidentiality == Confidentiality::Sealed),
        Action::ConfirmCaller => {
            let claimed = ticket.caller.is_some() && ticket.verified_caller().is_none();
            any_of(&[A::Operator, A::Dispatcher, A::CallbackOfficer, A::Supervisor])
                .filter(|_| is_open && claimed && ticket.state != TicketState::Intake)
        }
        Action::Complete => any_of(&[A::Operator]).filter(|_| ticket.state == TicketState::Intake),
        Action::ChangeUrgency | Action::ChangeCategory => {
            any_of(&[A::Dispatcher, A::Supervisor, A::Operator])
                .filter(|_| is_open && ticket.state != TicketState::Intake)
        }
        Action::ChangeWindow => {
            let agrees = any_of(&[A::Dispatcher, A::Operator, A::Handler, A::Supervisor]);
            let ends = matches!(ticket.state, TicketState::Intake | TicketState::Handled);
            agrees.filter(|_| is_open && !ends)
        }
        // Kept with the person, whom the register has to know.
        Action::Exclude | Action::Readmit => {
            any_of(&[A::Operator, A::Dispatcher, A::CallbackOfficer, A::Supervisor, A::DutyOfficer])
                .filter(|_| ticket.beneficiary.is_some() && (is_open || ticket.state == TicketState::Closed))
        }
        Action::Supervise => any_of(&[A::Supervisor, A::Dispatcher]).filter(|_| is_open),
        Action::ConfirmVoid if ticket.progress.void_proposed.is_none() => None,
        Action::AssignInstitution | Action::AddCoHandler => {
            any_of(&[A::Dispatcher]).filter(|_| is_being_worked_on(ticket.state))
        }
        Action::RemoveCoHandler => any_of(&[A::Dispatcher])
            .filter(|_| is_being_worked_on(ticket.state) && work.iter().any(is_co_handlers)),
        Action::AssignVolunteer | Action::AssignStation => any_of(&[A::Dispatcher]).filter(|_| {
            matches!(
                ticket.state,
                TicketState::PendingDispatch | TicketState::Offering | TicketState::Dispatched
            )
        }),
        Action::Accept
        | Action::Arrived
        | Action::Late
        | Action::Well
        | Action::Handled
        | Action::SurveyAnswers
        | Action::Close
        | Action::Redo
        | Action::ConfirmVoid
        | Action::ToStaff
        | Action::RecallOffers
        | Action::Reassign
        | Action::Return
        | Action::Suspend
        | Action::Resume
        | Action::Abort
        | Action::Reopen
        | Action::Merge
        | Action::Unmerge
        | Action::Withdraw
        | Action::ProposeVoid
        | Action::Dispatch
        | Action::Explain => {
            let mv = action.mv()?;
            played.iter().copied().find(|kind| {
                allowed(ticket.state, *kind, mv).is_ok()
                    || work.iter().any(|i| allowed_for_item(ticket.state, i.state, *kind, mv).is_ok())
            })
        }
    }
}

/// Everything the user may do, in the order of the buttons.
pub fn offered(ticket: &Ticket, work: &[WorkItem], played: &BTreeSet<ActorKind>) -> Vec<Action> {
    let may = |action: &Action| part_for(*action, ticket, work, played).is_some();
    Action::ALL.iter().copied().filter(may).collect()
}

/// Whether the user handled the ticket, and so may not close it.
pub fn handled_by(user: &User, ticket: &Ticket) -> bool {
    ticket.was_handled_by(user.doer())
}

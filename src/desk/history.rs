//! The lines of history: every kind the desk writes, and how a line is drafted.

use serde_json::Value;

use super::write::EventDraft;
use crate::domain::actor::Actor;
use crate::domain::ids::{
    CallId, CallbackId, JurisdictionId, MarkId, MessageId, OfferId, PersonId, RecordingId, TicketId, UserId,
    VolunteerId,
};
use crate::domain::names::named_enum;
use crate::domain::timestamp::Timestamp;

named_enum! {
    /// What a line of history says happened. Stored; the screens have a sentence for each.
    pub enum EventKind {
        CallArrived = "call.arrived",
        CallRefused = "call.refused",
        CallBridged = "call.bridged",
        CallQueued = "call.queued",
        CallLeftQueue = "call.left_queue",
        CallDisposed = "call.disposed",
        DeviceTested = "device.tested",
        CallTransferred = "call.transferred",
        CallAttended = "call.attended",
        CallHeld = "call.held",
        OperatorMoved = "operator.moved",
        CallEnded = "call.ended",
        NotReached = "call.not_reached",
        CallbackMade = "callback.made",
        CallbackMoved = "callback.moved",
        CallbackOverdue = "callback.overdue",
        TicketOpened = "ticket.opened",
        TicketCompleted = "ticket.completed",
        TicketMoved = "ticket.moved",
        TicketNoted = "ticket.noted",
        TicketReassigned = "ticket.reassigned",
        TicketReturned = "ticket.returned",
        /// Given by hand to a station that the catalogue does not give it to.
        CatalogueOverridden = "ticket.catalogue_overridden",
        /// Work that was given back was looked at from above, and somebody has it.
        ReturnReviewed = "ticket.return_reviewed",
        ReturnRuled = "ticket.return_ruled",
        TicketSupervised = "ticket.supervised",
        TicketChanged = "ticket.changed",
        WindowChanged = "ticket.window_changed",
        TicketMerged = "ticket.merged",
        TicketLinked = "ticket.linked",
        TicketUnmerged = "ticket.unmerged",
        CallerConfirmed = "ticket.caller_confirmed",
        ReferralConfirmed = "ticket.referral_confirmed",
        PoliceReportNoted = "ticket.police_report",
        HelperExcluded = "ticket.helper_excluded",
        HelperReadmitted = "ticket.helper_readmitted",
        OutOfScopeProposed = "ticket.out_of_scope_proposed",
        VoidProposed = "ticket.void_proposed",
        ClockBreached = "clock.breached",
        WorkOpened = "work.opened",
        WorkMoved = "work.moved",
        /// A dispatcher asked another station to help, or no longer does.
        CoHandlerAdded = "work.co_added",
        CoHandlerRemoved = "work.co_removed",
        /// Two go: who the second is.
        SecondNamed = "work.second",
        WaveSent = "offer.wave",
        /// A dispatcher asked somebody whom the rules of load, distance or availability would have left in peace.
        RuleOverridden = "offer.overridden",
        OfferAccepted = "offer.accepted",
        OfferDeclined = "offer.declined",
        OfferExpired = "offer.expired",
        OfferWithdrawn = "offer.withdrawn",
        OfferTooLate = "offer.too_late",
        OfferFailed = "offer.failed",
        VisitBooked = "visit.booked",
        VisitStarted = "visit.started",
        VisitArrived = "visit.arrived",
        VisitLate = "visit.late",
        VisitAsked = "visit.asked",
        VisitNoShow = "visit.no_show",
        /// Nobody of a station or institution said that they are there.
        VisitMissed = "visit.missed",
        VisitAborted = "visit.aborted",
        VisitDone = "visit.done",
        VisitConfirmed = "visit.confirmed",
        VisitUnconfirmed = "visit.unconfirmed",
        VisitorWell = "visit.well",
        VisitorNeedsHelp = "visit.needs_help",
        HelperRung = "helper.rung",
        /// A duty telephone is rung.
        StationRung = "station.rung",
        LadderStep = "ladder.step",
        AlarmRung = "alarm.rung",
        AlarmTaken = "alarm.taken",
        TextReceived = "text.received",
        TextSent = "text.sent",
        TextFailed = "text.failed",
        InboxMade = "inbox.made",
        InboxAnswered = "inbox.answered",
        InboxTicket = "inbox.ticket",
        InboxDone = "inbox.done",
        TriageClimbed = "triage.climbed",
        TriageListed = "triage.listed",
        NumberDanger = "number.danger",
        NumberAbusive = "number.abusive",
        NumberLimited = "number.limited",
        NumberLimitLifted = "number.limit_lifted",
        DutyChanged = "volunteer.duty",
        OptedOut = "volunteer.opted_out",
        OptedIn = "volunteer.opted_in",
        SadEvent = "volunteer.sad_event",
        NeedsAWord = "volunteer.needs_a_word",
        SurveyTried = "survey.tried",
        SurveyAnswered = "survey.answered",
        SurveyUnreachable = "survey.unreachable",
        CareTried = "care.tried",
        CareAnswered = "care.answered",
        CareNotReached = "care.not_reached",
        CareContactRung = "care.contact_rung",
        CareContactTook = "care.contact_took",
        CareContactNotReached = "care.contact_not_reached",
        CareMissed = "care.missed",
        CareByPerson = "care.by_person",
        Recorded = "recording.made",
        RecordingCut = "recording.cut",
        Restored = "desk.restored",
        ClockStepped = "clock.stepped",
        ClockConfirmed = "clock.confirmed",
        SettingsInForce = "settings.in_force",
    }
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entity {
    Call(CallId),
    Ticket(TicketId),
    Offer(OfferId),
    Callback(CallbackId),
    /// An inbound text.
    Text(MessageId),
    /// The marks of a number.
    Mark(MarkId),
    Volunteer(VolunteerId),
    /// A login that answers residents.
    Operator(UserId),
    Recording(RecordingId),
    Desk,
}

impl std::fmt::Display for Entity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Call(id) => write!(f, "call:{id}"),
            Self::Ticket(id) => write!(f, "ticket:{id}"),
            Self::Offer(id) => write!(f, "offer:{id}"),
            Self::Callback(id) => write!(f, "callback:{id}"),
            Self::Text(id) => write!(f, "text:{id}"),
            Self::Mark(id) => write!(f, "mark:{id}"),
            Self::Volunteer(id) => write!(f, "volunteer:{id}"),
            Self::Operator(id) => write!(f, "user:{id}"),
            Self::Recording(id) => write!(f, "recording:{id}"),
            Self::Desk => f.write_str("desk"),
        }
    }
}

/// A line being drafted; the ticket and the subject are filled in where they are known.
#[derive(Debug, Clone)]
pub struct Line {
    pub kind: EventKind,
    pub entity: Entity,
    pub actor: Actor,
    pub ticket: Option<TicketId>,
    pub subject: Option<PersonId>,
    pub detail: Value,
}

impl Line {
    pub fn new(kind: EventKind, entity: Entity, detail: Value) -> Self {
        Self { kind, entity, actor: Actor::SYSTEM, ticket: None, subject: None, detail }
    }

    pub fn by(mut self, actor: Actor) -> Self {
        self.actor = actor;
        self
    }

    pub fn about(mut self, ticket: TicketId) -> Self {
        self.ticket = Some(ticket);
        self
    }

    pub fn of(mut self, subject: Option<PersonId>) -> Self {
        self.subject = subject;
        self
    }

    pub fn at(self, at: Timestamp, jurisdiction: JurisdictionId) -> EventDraft {
        EventDraft {
            at,
            jurisdiction,
            actor: self.actor,
            entity: self.entity.to_string(),
            ticket: self.ticket,
            kind: self.kind.name().to_owned(),
            subject: self.subject,
            detail: self.detail,
        }
    }
}

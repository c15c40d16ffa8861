//! Tickets: a wish for help, kept open until the resident says it is done.

use serde::{Deserialize, Serialize};

use super::actor::Doer;
use super::area::{AreaCode, Point};
use super::call::CallerTrust;
use super::category::CategoryCode;
use super::clocks::Clock;
use super::ids::{
    CallId, FacilityId, JurisdictionId, PersonId, RecordingId, StationId, TicketId, WorkItemId,
};
use super::language::Language;
use super::names::named_enum;
use super::person::Gender;
use super::phone_number::PhoneNumber;
use super::task_notice::StationCall;
use super::ticket_number::TicketNumber;
use super::timestamp::Timestamp;
use super::triage::Triage;
use super::urgency::{Tier, Urgency};

named_enum! {
    /// The states of DOMAIN §3.
    pub enum TicketState {
        Intake = "intake",
        PendingDispatch = "pending_dispatch",
        Offering = "offering",
        Dispatched = "dispatched",
        InProgress = "in_progress",
        Suspended = "suspended",
        Handled = "handled",
        Closed = "closed",
        Archived = "archived",
        Merged = "merged",
        Void = "void",
    }
}

impl TicketState {
    /// Whether somebody still owes the resident something.
    pub fn is_open(self) -> bool {
        match self {
            Self::Intake
            | Self::PendingDispatch
            | Self::Offering
            | Self::Dispatched
            | Self::InProgress
            | Self::Suspended
            | Self::Handled => true,
            Self::Closed | Self::Archived | Self::Merged | Self::Void => false,
        }
    }
}

named_enum! {
    pub enum ClosureCode {
        Resolved = "resolved",
        Partly = "partly",
        Explained = "explained",
        ReferredConfirmed = "referred_confirmed",
        Withdrawn = "withdrawn",
        Unreachable = "unreachable",
        OutOfScope = "out_of_scope",
        Duplicate = "duplicate",
    }
}

named_enum! {
    /// The way a wish reached us.
    pub enum Channel {
        Phone = "phone",
        Sms = "sms",
        Console = "console",
        CareCall = "care_call",
        Api = "api",
        Peer = "peer",
        Device = "device",
    }
}

named_enum! {
    /// How we know where help is wanted.
    pub enum PlaceBasis {
        /// The caller said so by key, or a person asked.
        Confirmed = "confirmed",
        /// The register has it for the caller's number; nobody has confirmed it.
        Registered = "registered",
        /// The area of the number that was dialled, no more.
        Dialled = "dialled",
        /// Told in the caller's words, or not at all.
        Told = "told",
    }
}

named_enum! {
    pub enum Confidentiality {
        Normal = "normal",
        /// Its state is spoken to nobody who rings.
        Confidential = "confidential",
        /// Seen only by those named.
        Sealed = "sealed",
    }
}

named_enum! {
    /// Who says that another body has taken a matter over.
    pub enum Confirmer {
        ReceivingBody = "receiving_body",
        Citizen = "citizen",
    }
}

/// The confirmation without which "referred" closes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Referral {
    pub confirmed_by: Confirmer,
    /// The body and its number for it, or whom the citizen spoke with.
    pub reference: String,
    pub confirmed_at: Timestamp,
}

named_enum! {
    /// Why a station gives work back.
    pub enum ReturnReason {
        NotOurArea = "not_our_area",
        NotOurDuty = "not_our_duty",
        NeedsOtherSkill = "needs_other_skill",
        WrongAddress = "wrong_address",
        Duplicate = "duplicate",
    }
}

named_enum! {
    pub enum SuspendReason {
        CitizenAskedLater = "citizen_asked_later",
        Weather = "weather",
        WaitingForThirdParty = "waiting_for_third_party",
    }
}

named_enum! {
    pub enum VoidReason {
        Test = "test",
        Abuse = "abuse",
        DuplicateDevice = "duplicate_device",
        SilentConfirmedSafe = "silent_confirmed_safe",
    }
}

named_enum! {
    /// How far up a ticket has been carried inside its accept clock (DOMAIN §4).
    pub enum Rung {
        Volunteers = "volunteers",
        /// An institution was told and has its time to answer.
        Institution = "institution",
        Station = "station",
        Parent = "parent",
        DutyOfficer = "duty_officer",
    }
}

/// The duty officer's alarm: one after the other is rung until someone presses 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// How many have been rung so far; the list is walked round and round.
    pub rung: u32,
    pub next_at: Timestamp,
    /// For what became life or safety while somebody was at it: a visitor who is heard of does not end it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub for_life: bool,
}

/// An operator's word that a ticket is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoidProposal {
    pub reason: VoidReason,
    pub by: Doer,
}

/// Work that was given back as not theirs (派单异议): somebody above looks at it, and takes it or sends it to whose it is,
/// or says that a part of it is nobody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// Who gave it back.
    pub station: StationId,
    /// The institution that gave it back, where it was one; the station is then whose the duty to answer is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<FacilityId>,
    /// A co-handler's: the part that waits for the decision. None where whose the ticket is is in doubt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<WorkItemId>,
    pub reason: ReturnReason,
    /// Who decides.
    pub decides: StationId,
    /// The decision is the district's and final.
    #[serde(rename = "final")]
    pub is_final: bool,
    pub due: Timestamp,
    /// Nobody had decided by then.
    pub late_at: Option<Timestamp>,
}

impl Objection {
    /// When it is looked at again of itself.
    pub fn next_at(self) -> Option<Timestamp> {
        self.late_at.is_none().then_some(self.due)
    }
}

/// What is to happen next of itself. Deadlines are data: they survive a restart.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    pub rung: Option<Rung>,
    pub alarm: Option<Alarm>,
    /// The resident's landline is rung at this moment and told who comes.
    pub tell_who_comes_at: Option<Timestamp>,
    /// A suspension ends at this moment.
    pub resume_at: Option<Timestamp>,
    /// An operator proposed to void it; a supervisor has to confirm.
    pub void_proposed: Option<VoidProposal>,
    /// The first of a review board of two said that it is out of scope.
    pub out_of_scope_by: Option<Doer>,
    /// The ladder is not climbed before this moment: a station that a person chose has its time, or the last step could
    /// not be taken.
    pub ladder_rests_until: Option<Timestamp>,
    /// Whatever its accept clock has left, staff has it by this moment: its visit is near.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff_by: Option<Timestamp>,
    /// When a person last said the time that somebody is expected at; none while it is the category's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_agreed_at: Option<Timestamp>,
    /// How often nobody took it in time.
    pub accepts_missed: u32,
    /// Who was told that it waits in intake and nobody looked.
    #[serde(default)]
    pub triage: Option<Triage>,
    /// Stations that were told of the work and may take it: its own, those above it, peers of other regions.
    pub told: Vec<StationId>,
    /// Nobody has decided these yet: one of the ticket itself, one of each co-handler's part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objections: Vec<Objection>,
    /// Supervision rises at this moment unless somebody answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervision_due: Option<Timestamp>,
    /// Calls that are owed to duty telephones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub station_calls: Vec<StationCall>,
}

impl Progress {
    /// What waits for a decision about the ticket itself, or about a co-handler's part.
    pub fn objection(&self, part: Option<WorkItemId>) -> Option<Objection> {
        self.objections.iter().find(|objection| objection.part == part).copied()
    }
}

/// A span of time somebody is expected in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub from: Timestamp,
    pub until: Timestamp,
}

impl Window {
    pub fn overlaps(self, other: Self) -> bool {
        self.from < other.until && other.from < self.until
    }

    pub fn holds(self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}

/// A ticket (工单).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    pub id: TicketId,
    pub number: TicketNumber,
    pub jurisdiction: JurisdictionId,
    pub channel: Channel,
    pub call: Option<CallId>,
    /// Who rang; may differ from who needs the help.
    pub caller: Option<PhoneNumber>,
    /// Whether a trunk, the text centre or a person of ours vouches for that number: to one that is only claimed no
    /// machine speaks or writes.
    pub caller_trust: CallerTrust,
    pub beneficiary: Option<PersonId>,
    pub language: Language,
    pub category: Option<CategoryCode>,
    pub urgency: Urgency,
    pub tier: Tier,
    /// Exactly one station owes the answer.
    pub owner: StationId,
    /// First-receiver responsibility: kept until a reassignment is confirmed.
    pub first_receiver: StationId,
    pub area: Option<AreaCode>,
    pub address: Option<String>,
    pub point: Option<Point>,
    pub place_basis: PlaceBasis,
    /// The caller said that somebody else needs the help.
    pub for_other: bool,
    /// At most 4,000 characters.
    pub description: String,
    pub recording: Option<RecordingId>,
    pub state: TicketState,
    /// The state it returns to after a suspension or an unmerge.
    pub former_state: Option<TicketState>,
    /// Rises by one with each change: a console's change names the version it saw.
    pub version: u32,
    pub confidentiality: Confidentiality,
    pub window: Option<Window>,
    /// "May our automatic call ask you afterwards?"
    pub survey_consent: bool,
    /// Two people have to come (SAF-4).
    pub two_person: bool,
    pub closure: Option<ClosureCode>,
    /// Who confirmed that another body has it: only with `ReferredConfirmed`.
    pub referral: Option<Referral>,
    pub redo_count: u32,
    pub reopen_count: u32,
    pub return_count: u32,
    pub repeat_count: u32,
    pub merged_into: Option<TicketId>,
    /// The earlier ticket of the same matter, where that could not be reopened any more.
    pub linked_to: Option<TicketId>,
    /// Supervision level 0–3.
    pub supervision: u8,
    /// A child's answers to the three risk questions (SAF-1); none while nobody has asked.
    #[serde(default)]
    pub risk: Option<[bool; 3]>,
    /// Whether a child's guardian will be there (SAF-1); none while nobody has asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guardian: Option<bool>,
    /// Whom the beneficiary wants to be helped by.
    #[serde(default)]
    pub gender_wish: Option<Gender>,
    /// Who handled it: none of them may close it.
    pub handlers: Vec<Doer>,
    /// The police report that a mandatory report was made under.
    pub police_report: Option<String>,
    pub catalogue_version: u32,
    pub clocks: Vec<Clock>,
    pub progress: Progress,
    pub opened_at: Timestamp,
    pub handled_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
    /// Why it stands where it stands, as a stable key for the screens.
    pub why: String,
}

impl Ticket {
    /// Notes who had a hand in it, once: a login, and again with the person it was linked to since.
    pub fn note_handler(&mut self, doer: Doer) {
        if doer.is_known() && !self.handlers.contains(&doer) {
            self.handlers.push(doer);
        }
    }

    /// Whether this human being, or this login where nobody knows whose it is, had a hand in it.
    pub fn was_handled_by(&self, doer: Doer) -> bool {
        self.handlers.iter().any(|handler| handler.is_same(doer))
    }

    /// Whether the line may write, ring and speak of it to the number it was opened from by itself.
    pub fn may_be_told(&self) -> bool {
        self.confidentiality == Confidentiality::Normal && self.caller_trust == CallerTrust::Verified
    }

    /// The number that may ask about it.
    pub fn verified_caller(&self) -> Option<&PhoneNumber> {
        self.caller.as_ref().filter(|_| self.caller_trust == CallerTrust::Verified)
    }
}

/// Longest description kept.
pub const DESCRIPTION_CHARS: usize = 4_000;

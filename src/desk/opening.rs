//! Opening a ticket: its number, its place, its clocks, and whether it may go out at once.

use serde_json::json;

use super::Desk;
use super::calls::LiveCall;
use super::case::Case;
use super::history::{Entity, EventKind, Line};
use super::notices::Notice;
use crate::dispatch::window::default_window;
use crate::domain::actor::Actor;
use crate::domain::area::{AreaCode, AreaLevel};
use crate::domain::authority::most_fitting;
use crate::domain::call::CallerTrust;
use crate::domain::category::{Category, CategoryCode};
use crate::domain::clocks::ClockKind;
use crate::domain::ids::{CallId, JurisdictionId, PersonId, RecordingId, StationId, TicketId};
use crate::domain::language::Language;
use crate::domain::person::KnownPerson;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::safety;
use crate::domain::ticket::{Channel, Confidentiality, PlaceBasis, Progress, Ticket, TicketState, Window};
use crate::domain::ticket_number::{LAST_SEQUENCE, TicketNumber};
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::domain::urgency::{Tier, Urgency};
use crate::ivr::words::{Fact, NewTicket, Place};
use crate::text::words::Words;

/// What a new ticket is made from.
pub(super) struct Opening {
    pub jurisdiction: JurisdictionId,
    pub channel: Channel,
    pub station: StationId,
    pub call: Option<CallId>,
    pub caller: Option<PhoneNumber>,
    pub caller_trust: CallerTrust,
    pub beneficiary: Option<KnownPerson>,
    /// The caller's number is a household's, wherever the help is wanted: a survey asks first who is on the line.
    pub household: bool,
    pub language: Language,
    pub category: Option<CategoryCode>,
    pub urgency: Option<Urgency>,
    pub area: Option<AreaCode>,
    pub place_basis: PlaceBasis,
    pub for_other: bool,
    pub description: String,
    pub recording: Option<RecordingId>,
    pub survey_consent: bool,
    pub window: Option<Window>,
    /// The earlier ticket of the same matter.
    pub linked_to: Option<TicketId>,
}

/// Where help is wanted.
struct Placed {
    home: Option<KnownPerson>,
    area: Option<AreaCode>,
    basis: PlaceBasis,
}

impl Desk {
    /// A caller asked for help by key: commit a ticket, tell the walk its number.
    pub(super) fn open_from_walk(&mut self, call: CallId, new: NewTicket, now: Timestamp) {
        let Some(live) = self.calls.get(&call) else { return };
        if let Some(open) = self.same_alarm(live, &new) {
            return self.add_to_alarm(call, open, &new, now);
        }
        let Placed { home, area, basis } = self.placed(live, &new.place);
        let category = self.rules.catalogue.find(&new.category).cloned();
        let by_itself = self.rules.policy.tickets.auto_dispatch;
        let goes_out = category.as_ref().is_some_and(|category| {
            by_itself
                && category.ivr
                && area.is_some()
                && (new.place == Place::RegisteredHome || !category.needs_address)
                && !self.questions_come_first(Some(category), home.as_ref(), now)
        });
        let opening = Opening {
            jurisdiction: live.call.jurisdiction.clone(),
            channel: if live.known.device.is_some() { Channel::Device } else { Channel::Phone },
            station: live.call.station,
            call: Some(call),
            caller: live.call.number.clone(),
            caller_trust: live.number_trust(),
            beneficiary: home,
            household: live.known.is_household(),
            language: new.language,
            category: Some(new.category),
            urgency: new.urgency.map(|at_least| {
                category.as_ref().map_or(at_least, |category| category.urgency.min(at_least))
            }),
            area,
            place_basis: basis,
            for_other: !new.for_self,
            description: String::new(),
            recording: new.recording,
            survey_consent: new.survey_consent,
            window: None,
            linked_to: None,
        };
        let Some(ticket) = self.open(opening, &Actor::IVR, now) else {
            self.walk_fact(call, Fact::NotCommitted, now);
            return;
        };
        if let Some(live) = self.call_mut(call) {
            live.call.ticket = Some(ticket);
        }
        let by_text = self.receipt(ticket, now);
        if goes_out || self.cases[&ticket].ticket.urgency == Urgency::P1 {
            self.dispatch(ticket, &Actor::IVR, now);
        }
        let number = self.cases[&ticket].ticket.number;
        self.walk_fact(call, Fact::TicketCommitted { number, by_text }, now);
    }

    /// Where help is wanted, as far as it is known, and how we know it.
    fn placed(&self, live: &LiveCall, place: &Place) -> Placed {
        let registered = live.known.home();
        let dialled = self.stations[&live.call.station].area.clone();
        let nowhere = |basis| Placed { home: None, area: None, basis };
        match place {
            Place::RegisteredHome => Placed {
                area: registered.as_ref().and_then(|home| home.area.clone()),
                home: registered,
                basis: PlaceBasis::Confirmed,
            },
            Place::DialledCommittee => Placed { area: Some(dialled), ..nowhere(PlaceBasis::Confirmed) },
            Place::ChosenCommittee { area } => {
                Placed { area: Some(area.clone()), ..nowhere(PlaceBasis::Confirmed) }
            }
            Place::Described => nowhere(PlaceBasis::Told),
            // Nobody waits to be asked in an emergency: who comes begins with what the register says.
            Place::NotAsked => match registered {
                Some(home) => {
                    Placed { area: home.area.clone(), home: Some(home), basis: PlaceBasis::Registered }
                }
                None => match dialled.level() {
                    AreaLevel::Committee | AreaLevel::Street => {
                        Placed { area: Some(dialled), ..nowhere(PlaceBasis::Dialled) }
                    }
                    AreaLevel::District => nowhere(PlaceBasis::Told),
                },
            },
        }
    }

    /// Opens a ticket in `intake`. None only when every number of the day is taken up to the district.
    pub(super) fn open(&mut self, opening: Opening, actor: &Actor, now: Timestamp) -> Option<TicketId> {
        let case = self.new_case(opening, now)?;
        let ticket = &case.ticket;
        let (id, call, recording, subject) = (ticket.id, ticket.call, ticket.recording, ticket.beneficiary);
        let detail = json!({
            "number": ticket.number, "category": ticket.category, "urgency": ticket.urgency, "owner": ticket.owner
        });
        self.draft.cases_before.entry(id).or_insert(None);
        self.cases.insert(id, case);
        if let Some(call) = call {
            self.take_over_answer(id, call);
        }
        self.start_clock(id, ClockKind::Triage, now);
        let line = Line::new(EventKind::TicketOpened, Entity::Ticket(id), detail);
        self.tell(line.by(actor.clone()).about(id).of(subject), now);
        self.attach_recording(id, recording);
        self.supervise_complaint(id, now);
        Some(id)
    }

    fn new_case(&mut self, opening: Opening, now: Timestamp) -> Option<Case> {
        let number = self.next_number(opening.station, now)?;
        let id: TicketId = self.chance.mint(now);
        let category = opening.category.as_ref().and_then(|code| self.rules.catalogue.find(code));
        let urgency = opening.urgency.unwrap_or_else(|| category.map_or(Urgency::P3, |c| c.urgency));
        let tier = category.map_or(Tier::Committee, |category| category.tier);
        let owner = self.first_hand(opening.category.as_ref(), opening.area.as_ref(), opening.station);
        let time_agreed_at = opening.window.map(|_| now);
        let window = opening.window.or_else(|| category.and_then(|c| self.default_window(c, urgency, now)));
        let beneficiary = opening.beneficiary;
        let confidentiality = who_may_know(category, beneficiary.as_ref());
        let household = opening.household;
        let two_person = self.needs_two(category, opening.channel, (beneficiary.as_ref(), None), window, now);
        // A household's number says where, and not who.
        let subject: Option<PersonId> =
            beneficiary.as_ref().filter(|_| !household).map(|person| person.person);
        let ticket = Ticket {
            id,
            number,
            jurisdiction: opening.jurisdiction,
            channel: opening.channel,
            call: opening.call,
            caller: opening.caller,
            caller_trust: opening.caller_trust,
            beneficiary: subject,
            language: opening.language,
            category: opening.category,
            urgency,
            tier,
            owner,
            first_receiver: opening.station,
            area: opening.area,
            address: beneficiary.as_ref().and_then(|person| person.address.clone()),
            point: beneficiary.as_ref().and_then(|person| person.point),
            place_basis: opening.place_basis,
            for_other: opening.for_other,
            description: opening.description,
            recording: opening.recording,
            state: TicketState::Intake,
            former_state: None,
            version: 1,
            confidentiality,
            window,
            survey_consent: opening.survey_consent,
            two_person,
            closure: None,
            referral: None,
            redo_count: 0,
            reopen_count: 0,
            return_count: 0,
            repeat_count: 0,
            merged_into: None,
            linked_to: opening.linked_to,
            supervision: 0,
            handlers: Vec::new(),
            police_report: None,
            risk: None,
            guardian: None,
            gender_wish: None,
            catalogue_version: self.rules.catalogue.version,
            clocks: Vec::new(),
            progress: Progress { time_agreed_at, ..Progress::default() },
            opened_at: now,
            handled_at: None,
            closed_at: None,
            why: "waits_for_operator".to_owned(),
        };
        let mut case = Case::new(ticket);
        case.household = household;
        case.beneficiary = beneficiary;
        Some(case)
    }

    fn attach_recording(&mut self, ticket: TicketId, recording: Option<RecordingId>) {
        if let Some(row) = recording.and_then(|id| self.recordings.get_mut(&id)) {
            row.ticket = Some(ticket);
            self.draft.recordings.push(row.clone());
        }
    }

    /// The next number of the day at a station; a station whose 9,999 are given uses its parent's.
    fn next_number(&mut self, station: StationId, now: Timestamp) -> Option<TicketNumber> {
        let day = self.rules.calendar.civil_day(now);
        let mut at = Some(station);
        while let Some(id) = at {
            let station = self.stations.get(&id)?;
            let last = self.sequences.get(&(id, day)).copied().unwrap_or(0);
            if last < LAST_SEQUENCE {
                self.sequences.insert((id, day), last + 1);
                self.draft.sequences.insert((id, day), last + 1);
                return Some(TicketNumber { day, station: station.ticket_code, sequence: last + 1 });
            }
            at = station.parent;
        }
        None
    }

    /// Who has the duty: the station that the catalogue names for it, else that of the place at the category's tier.
    pub(super) fn first_hand(
        &self,
        category: Option<&CategoryCode>,
        area: Option<&AreaCode>,
        dialled: StationId,
    ) -> StationId {
        let catalogue = &self.rules.catalogue;
        let named = category.and_then(|code| most_fitting(&catalogue.authority, code, area));
        let tier = category.and_then(|code| catalogue.find(code)).map_or(Tier::Committee, |found| found.tier);
        named
            .filter(|row| self.stations.contains_key(&row.station))
            .map(|row| self.tree.staffed_from(row.station))
            .unwrap_or_else(|| self.start_station(area, tier, dialled))
    }

    /// The station of the place at the category's tier; where none is staffed, its parent.
    pub(super) fn start_station(&self, area: Option<&AreaCode>, tier: Tier, dialled: StationId) -> StationId {
        if let Some(station) = area.and_then(|area| self.tree.for_area(area, tier)) {
            return station;
        }
        // Where no place is known, the station that was rung, or the one above it at the category's tier.
        let mut at = dialled;
        while self.tree.tier(at).is_some_and(|own| own > tier) {
            match self.tree.parent(at) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        self.tree.staffed_from(at)
    }

    pub(super) fn default_window(
        &self,
        category: &Category,
        urgency: Urgency,
        now: Timestamp,
    ) -> Option<Window> {
        default_window(category, urgency, (&self.rules.policy, &self.rules.calendar), now)
    }

    /// Tells a mobile its number by text; not where that could hurt. Says whether one went out.
    pub(super) fn receipt(&mut self, ticket: TicketId, now: Timestamp) -> bool {
        let ticket = &self.cases[&ticket].ticket;
        let Some(caller) = ticket.caller.clone() else { return false };
        if !safety::may_text_receipt(!self.may_reach(&caller, now), ticket.confidentiality)
            || !ticket.may_be_told()
        {
            return false;
        }
        let words = Words::Receipt {
            number: ticket.number.to_string(),
            line_number: self.number_of(ticket.first_receiver),
        };
        let notice = Notice::new(caller, words).about(ticket.id).in_language(ticket.language);
        self.send(notice, now).is_some() && self.rules.texts
    }

    /// intake → pending_dispatch: the clocks of acceptance and handling start now.
    pub(super) fn dispatch(&mut self, id: TicketId, actor: &Actor, now: Timestamp) {
        if self.move_ticket(id, Move::Dispatch, actor, json!({}), now).is_err() {
            return;
        }
        self.stop_clock(id, ClockKind::Triage, now);
        self.end_triage(id);
        for kind in [
            ClockKind::Accept,
            ClockKind::FirstContact,
            ClockKind::OnSite,
            ClockKind::Window,
            ClockKind::Handle,
        ] {
            self.start_clock(id, kind, now);
        }
        self.plan_work(id, now);
        self.climb(id, now);
    }
}

/// What has to be reported is sealed; where a secret place is stands in no text (SAF-2, SAF-7).
fn who_may_know(category: Option<&Category>, person: Option<&KnownPerson>) -> Confidentiality {
    if category.is_some_and(|category| category.mandatory_report) {
        Confidentiality::Sealed
    } else if person.is_some_and(KnownPerson::has_secret_place) {
        Confidentiality::Confidential
    } else {
        Confidentiality::Normal
    }
}

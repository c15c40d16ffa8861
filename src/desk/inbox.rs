//! The stations' inbox: a text that the line did not understand waits for a person, who writes back, opens a ticket
//! from it or notes that nothing is owed (DOMAIN §5).

use serde_json::json;

use super::Desk;
use super::callbacks::Wish;
use super::command::{CommandOutcome, InboxCommand, Intake, Prepared};
use super::commands::{Answer, refuse};
use super::event::Commander;
use super::history::{Entity, EventKind, Line};
use super::notices::Notice;
use super::refusal::{Refusal, Why};
use super::ticket_commands::check_words;
use crate::domain::actor::{Actor, Role};
use crate::domain::callback::CallbackReason;
use crate::domain::ids::{MessageId, StationId, TicketId};
use crate::domain::inbox::{InboxState, InboxText};
use crate::domain::language::Language;
use crate::domain::message::InboundText;
use crate::domain::person::Known;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::ticket::{Channel, DESCRIPTION_CHARS};
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Tier;
use crate::text::segments;
use crate::text::words::Words;

/// Texts of one number that wait at most: a telephone gone wild does not bury the others. What comes beyond is in the
/// history of texts alone.
const WAITING_OF_A_NUMBER: usize = 20;
/// Parts that what a person writes back may take.
const ANSWER_PARTS: usize = 2;

impl Desk {
    pub(super) fn inbox_mut(&mut self, id: MessageId) -> Option<&mut InboxText> {
        let text = self.inbox.get_mut(&id)?;
        self.draft.inbox_before.entry(id).or_insert_with(|| Some(text.clone()));
        Some(text)
    }

    /// One help text an hour; every text goes into a station's inbox.
    pub(super) fn unknown_text(&mut self, text: &InboundText, known: &Known, now: Timestamp) {
        let line_said = self.help_text(&text.from, now);
        let waiting = self.inbox.values().filter(|other| other.from == text.from).count();
        let Some(station) = self.station_of_sender(&text.from, known) else { return };
        if waiting >= WAITING_OF_A_NUMBER {
            return;
        }
        let person = known.registered().map(|person| person.person);
        let held = InboxText {
            id: text.id,
            jurisdiction: self.jurisdiction_of(station),
            station,
            from: text.from.clone(),
            person,
            // A description bears as much, should it become a ticket.
            body: text.body.chars().take(DESCRIPTION_CHARS).collect(),
            received_at: text.received_at,
            due: now + self.triage_time(false),
            triage: None,
            line_said,
            state: InboxState::Waiting,
            answer: None,
            ticket: None,
            ended_at: None,
        };
        self.draft.inbox_before.entry(text.id).or_insert(None);
        self.inbox.insert(text.id, held);
        let line = Line::new(EventKind::InboxMade, Entity::Text(text.id), json!({ "station": station }));
        self.tell(line.of(person), now);
    }

    fn help_text(&mut self, from: &PhoneNumber, now: Timestamp) -> Option<MessageId> {
        let every = self.rules.policy.offers.help_text_every;
        self.helped_at.retain(|_, at| now.since(*at) < every);
        if self.helped_at.contains_key(from) {
            return None;
        }
        self.helped_at.insert(from.clone(), now);
        let number = self.line_for(from);
        let words = if self.is_helper_and_resident(from) {
            Words::HelperOrResident { station_number: number }
        } else if self.roster.by_phone(from).next().is_some() {
            Words::HelpVolunteer { station_number: number }
        } else {
            Words::HelpResident { line_number: number }
        };
        self.send(Notice::new(from.clone(), words), now)
    }

    /// Whose text it is to read: the station of the sender's open ticket, of what they are asked or on their way for,
    /// of their duty mobile, badge or registered home; else the district.
    fn station_of_sender(&self, from: &PhoneNumber, known: &Known) -> Option<StationId> {
        let own = self.tickets_by_caller.get(from).into_iter().flatten();
        let open = |id: &&TicketId| self.cases.get(*id).is_some_and(|case| case.ticket.state.is_open());
        let ticket = own.filter(open).max_by_key(|id| self.cases[*id].ticket.opened_at).copied();
        let owner = |id: TicketId| self.cases.get(&id).map(|case| case.ticket.owner);
        let mobile = |station: &StationId| self.stations[station].notice_phone.as_ref() == Some(from);
        let home = || self.roster.by_phone(from).next().map(|volunteer| volunteer.home_station);
        let registered = || {
            let area = known.registered()?.area.as_ref()?;
            self.tree.for_area(area, Tier::Committee)
        };
        ticket
            .or_else(|| self.errand_of(from))
            .and_then(owner)
            .or_else(|| self.stations.keys().copied().find(mobile))
            .or_else(|| home().filter(|home| self.stations.contains_key(home)))
            .or_else(registered)
            .or_else(|| self.district_station())
    }

    /// The ticket of the latest offer to this number that is open, or whose visit is not over.
    fn errand_of(&self, from: &PhoneNumber) -> Option<TicketId> {
        let asked = self.offers_by_phone.get(from)?.iter();
        let live = asked.filter_map(|(ticket, offer)| {
            let (_, found) = self.find_offer(*offer)?;
            let visit = self.visit_of(*ticket, *offer).is_some_and(|visit| visit.state.is_live());
            (found.state.is_open() || visit).then_some((found.created_at, *ticket))
        });
        live.max().map(|(_, ticket)| ticket)
    }

    pub(super) fn inbox_command(
        &mut self,
        by: &Commander,
        id: MessageId,
        what: &InboxCommand,
        now: Timestamp,
    ) -> Answer {
        let Some(text) = self.inbox.get(&id).cloned() else {
            return refuse(Why::TextOver);
        };
        let parts =
            [Role::Operator, Role::Dispatcher, Role::CallbackOfficer, Role::Supervisor, Role::DutyOfficer];
        let actor = self.present_at(by, text.station, &parts)?;
        match what {
            InboxCommand::OpenTicket(intake) => return self.ticket_from_text(by, &text, intake, &actor, now),
            InboxCommand::Send { sentence } => {
                let words = self.prepared(*sentence, &text);
                let answer = self.write_back(&text, words, &actor, now)?;
                if *sentence == Prepared::RingsBack {
                    let wish = Wish::new(text.from.clone(), text.station, CallbackReason::Requested);
                    self.request_callback(wish, now);
                }
                self.end_text(id, InboxState::Answered, |text| text.answer = Some(answer), now);
            }
            InboxCommand::Write { words } => {
                check_words(words)?;
                let station_number = self.number_of(text.station);
                let words = Words::FromPerson { words: words.clone(), station_number };
                let answer = self.write_back(&text, words, &actor, now)?;
                self.end_text(id, InboxState::Answered, |text| text.answer = Some(answer), now);
            }
            InboxCommand::Done { note } => {
                if !note.trim().is_empty() {
                    check_words(note)?;
                }
                let line = Line::new(EventKind::InboxDone, Entity::Text(id), json!({ "words": note }));
                self.tell(line.by(actor).of(text.person), now);
                self.end_text(id, InboxState::Done, |_| {}, now);
            }
        }
        Ok(CommandOutcome::Done)
    }

    fn prepared(&self, sentence: Prepared, text: &InboxText) -> Words {
        let number = self.number_of(text.station);
        match sentence {
            Prepared::RingsBack => Words::PersonRingsBack { station_number: number },
            Prepared::HelpResident => Words::HelpResident { line_number: number },
            Prepared::HelpVolunteer => Words::HelpVolunteer { station_number: number },
        }
    }

    /// A text in the name of whoever writes it; the line of history says who.
    fn write_back(
        &mut self,
        text: &InboxText,
        words: Words,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<MessageId, Refusal> {
        let body = self.rules.templates.render(words.clone(), Language::Zh).body;
        let parts = segments::count(&body);
        if parts > ANSWER_PARTS && words.template() == crate::text::words::Template::FromPerson {
            let filled = [("parts", parts.to_string()), ("most", ANSWER_PARTS.to_string())];
            return refuse(Why::TextTooLong.with(filled));
        }
        if !self.may_reach(&text.from, now) {
            return refuse(Why::DangerNear);
        }
        let Some(answer) = self.send(Notice::new(text.from.clone(), words), now) else {
            return refuse(Why::NoMobile);
        };
        let line = Line::new(EventKind::InboxAnswered, Entity::Text(text.id), json!({ "words": body }));
        self.tell(line.by(actor.clone()).of(text.person), now);
        Ok(answer)
    }

    fn ticket_from_text(
        &mut self,
        by: &Commander,
        text: &InboxText,
        intake: &Intake,
        actor: &Actor,
        now: Timestamp,
    ) -> Answer {
        let mut intake = intake.clone();
        intake.caller = intake.caller.or(Some(text.from.clone()));
        intake.station = intake.station.or(Some(text.station));
        intake.description = intake.description.or(Some(text.body.clone()));
        let opened = self.open_by_hand(by, &intake, Channel::Sms, None, now)?;
        if let CommandOutcome::Opened { ticket, .. } = &opened {
            let ticket = *ticket;
            let line = Line::new(EventKind::InboxTicket, Entity::Text(text.id), json!({}));
            self.tell(line.by(actor.clone()).about(ticket).of(text.person), now);
            self.end_text(text.id, InboxState::Ticket, |text| text.ticket = Some(ticket), now);
        }
        Ok(opened)
    }

    fn end_text(
        &mut self,
        id: MessageId,
        state: InboxState,
        with: impl FnOnce(&mut InboxText),
        now: Timestamp,
    ) {
        let Some(text) = self.inbox_mut(id) else { return };
        with(text);
        text.state = state;
        text.ended_at = Some(now);
    }
}

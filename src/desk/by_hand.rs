//! A dispatcher's own choice: this station, this volunteer, somebody else, the offers back.

use serde_json::{Value, json};

use super::Desk;
use super::commands::refuse;
use super::event::Commander;
use super::history::EventKind;
use super::refusal::{Refusal, Why};
use super::ticket_commands::check_words;
use crate::domain::actor::Actor;
use crate::domain::authority::{self, NotTheirs};
use crate::domain::category::HandlerKind;
use crate::domain::clocks::ClockKind;
use crate::domain::guard;
use crate::domain::ids::{StationId, TicketId, VolunteerId};
use crate::domain::ticket::{Rung, TicketState};
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::domain::work_item::WorkState;

impl Desk {
    /// Takes every open offer back; answers as whom. The ladder waits: a person decides what follows.
    pub(super) fn recall(
        &mut self,
        by: &Commander,
        id: TicketId,
        reason: &str,
        now: Timestamp,
    ) -> Result<Actor, Refusal> {
        let actor = self.acting(by, id, Move::RecallOffers)?;
        self.withdraw_all_offers(id, now);
        let offering = self.items_in(id, WorkState::Offering);
        // Who said yes while a second was still looked for waits for nobody any more.
        self.call_off_helpers(id, |visit| offering.contains(&visit.work_item), now);
        for item in offering {
            self.move_item(id, item, Move::RecallOffers, &actor, json!({ "words": reason }), now)?;
        }
        self.grant_time(id, now);
        Ok(actor)
    }

    /// Row 23, 改派. The clocks run on, and the station that has the duty keeps it until the new one takes the work.
    pub(super) fn reassign(
        &mut self,
        by: &Commander,
        id: TicketId,
        station: StationId,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::Reassign)?;
        if !self.stations.contains_key(&station) {
            return refuse(Why::NoSuchStation);
        }
        check_words(reason)?;
        self.reassign_in_hand(
            id,
            Rung::Station,
            (&actor, json!({ "station": station, "words": reason })),
            now,
        );
        self.send_to_station(id, station, Move::Reassign, &actor, reason, now)?;
        self.note_override(id, station, (&actor, reason), now);
        Ok(())
    }

    /// A person may know better than the catalogue whose it is: what speaks against the station is kept with the reason.
    fn note_override(
        &mut self,
        id: TicketId,
        station: StationId,
        (actor, reason): (&Actor, &str),
        now: Timestamp,
    ) {
        let ticket = &self.cases[&id].ticket;
        let Some((code, chosen)) = ticket.category.as_ref().zip(self.stations.get(&station)) else { return };
        let against = authority::against(&self.rules.catalogue, (code, ticket.area.as_ref()), chosen);
        let Some(against) = against else { return };
        let (duty, tier) = match against {
            NotTheirs::OthersDuty(station) => (Some(station), None),
            NotTheirs::HigherTier(tier) => (None, Some(tier)),
            NotTheirs::OtherPlace => (None, None),
        };
        let detail = json!({
            "station": station, "against": against.name(), "owner": duty, "tier": tier, "words": reason
        });
        self.tell_by(id, EventKind::CatalogueOverridden, actor, detail, now);
    }

    /// What a dispatcher chooses themselves is theirs: offers are taken back, whoever was at it is relieved, and
    /// the ladder goes on from `rung` when the chosen one's time is over. Answers as whom and by which row it goes out.
    pub(super) fn take_in_hand(
        &mut self,
        by: &Commander,
        id: TicketId,
        rung: Rung,
        (detail, reason): (Value, &str),
        now: Timestamp,
    ) -> Result<(Move, Actor), Refusal> {
        let (mv, actor) = match self.state_of_ticket(id) {
            TicketState::PendingDispatch => (Move::SendToStation, self.acting(by, id, Move::SendToStation)?),
            TicketState::Offering => (Move::SendToStation, self.recall(by, id, reason, now)?),
            TicketState::Intake
            | TicketState::Dispatched
            | TicketState::InProgress
            | TicketState::Suspended
            | TicketState::Handled
            | TicketState::Closed
            | TicketState::Archived
            | TicketState::Merged
            | TicketState::Void => {
                let actor = self.acting(by, id, Move::Reassign)?;
                self.reassign_in_hand(id, rung, (&actor, detail), now);
                return Ok((Move::Reassign, actor));
            }
        };
        self.decide_objection(id, None, (&actor, &detail), now);
        self.stand_on(id, rung, now);
        Ok((mv, actor))
    }

    fn reassign_in_hand(
        &mut self,
        id: TicketId,
        rung: Rung,
        (actor, detail): (&Actor, Value),
        now: Timestamp,
    ) {
        self.free_for_reassignment(id, (actor, detail), now);
        self.stand_on(id, rung, now);
    }

    fn stand_on(&mut self, id: TicketId, rung: Rung, now: Timestamp) {
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.rung = Some(rung);
        }
        self.grant_time(id, now);
    }

    /// Whoever was at it is relieved; after two returns this is the ruling.
    fn free_for_reassignment(&mut self, id: TicketId, (actor, detail): (&Actor, Value), now: Timestamp) {
        self.release_helpers(id, now);
        let ruled = guard::return_needs_ruling(self.cases[&id].ticket.return_count, &self.rules.policy);
        let decided = self.decide_objection(id, None, (actor, &detail), now);
        if ruled && !decided {
            self.tell_by(id, EventKind::ReturnRuled, actor, detail, now);
        }
        if self.cases[&id].clock(ClockKind::Accept).is_none_or(|clock| clock.stopped.is_some()) {
            // It was taken before: whoever has it next owes an acceptance of its own.
            self.accept_anew(id, now);
        }
        if let Some(case) = self.case_mut(id) {
            case.forget_told();
        }
    }

    /// What a person chose has a station's share of the accept time before the ladder goes on; a breach
    /// of the clock is a breach all the same.
    fn grant_time(&mut self, id: TicketId, now: Timestamp) {
        let shares = &self.rules.policy.escalation;
        let permille = u32::from(shares.station_percent - shares.volunteers_percent) * 10;
        let Some(accept) = self.cases[&id].clock(ClockKind::Accept) else { return };
        let calendar = &self.rules.calendar;
        let share = calendar.between_on(accept.calendar, accept.started, accept.due) * permille / 1_000;
        let until = calendar.add_on(accept.calendar, now, share);
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.ladder_rests_until = Some(until);
        }
    }

    /// A dispatcher chooses a station.
    pub(super) fn send_by_hand(
        &mut self,
        by: &Commander,
        id: TicketId,
        station: StationId,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        check_words(reason)?;
        if !self.stations.contains_key(&station) {
            return refuse(Why::NoSuchStation);
        }
        let detail = json!({ "station": station, "words": reason });
        let (mv, actor) = self.take_in_hand(by, id, Rung::Station, (detail, reason), now)?;
        self.send_to_station(id, station, mv, &actor, reason, now)?;
        self.note_override(id, station, (&actor, reason), now);
        Ok(())
    }

    /// A dispatcher chooses a volunteer: an offer of its own, whatever the ranking says; the reason is kept.
    pub(super) fn assign_by_hand(
        &mut self,
        by: &Commander,
        id: TicketId,
        volunteer: VolunteerId,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        check_words(reason)?;
        if self.roster.find(volunteer).is_none() {
            return refuse(Why::NoSuchVolunteer);
        }
        if let Some(why) = self.against_kind(id, HandlerKind::Volunteer, now) {
            return refuse(why);
        }
        let offering = self.state_of_ticket(id) == TicketState::Offering;
        let mv = if offering { Move::RecallOffers } else { Move::Offer };
        let actor = self.acting(by, id, mv)?;
        let against = self.offer_by_hand(id, volunteer, &actor, now)?;
        if against.is_empty() {
            self.note(id, &actor, reason, now);
        } else {
            let detail = json!({ "volunteer": volunteer, "rules": against, "words": reason });
            self.tell_by(id, EventKind::RuleOverridden, &actor, detail, now);
        }
        Ok(())
    }
}

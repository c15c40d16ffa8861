//! Offers: a wave goes out, the first valid yes wins, everybody else is stood down.

use std::time::Duration;

use serde_json::json;

use super::Desk;
use super::callbacks::Wish;
use super::commands::refuse;
use super::doors::Door;
use super::history::{Entity, EventKind, Line};
use super::notices::Notice;
use super::refusal::of_others::not_asked;
use super::refusal::{Refusal, Why};
use crate::dispatch::candidates::{Nature, Rule};
use crate::dispatch::offer::wave_length;
use crate::dispatch::ranking::vectors;
use crate::domain::actor::Actor;
use crate::domain::assignment::{Assignment, AssignmentKind, HelperCall};
use crate::domain::callback::CallbackReason;
use crate::domain::ids::{OfferId, TicketId, VolunteerId, WorkItemId};
use crate::domain::language::Language;
use crate::domain::offer::{Offer, OfferState, RankVector};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::safety;
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::domain::urgency::Urgency;
use crate::domain::volunteer::Occasion;
use crate::domain::work_item::WorkState;
use crate::text::words::Words;

/// The wave of an offer that a person made.
const BY_HAND: u8 = 0;

impl Desk {
    /// A yes. The first that is valid wins; later ones wait on the stand-by list for two hours.
    pub(super) fn offer_accepted(&mut self, id: TicketId, offer_id: OfferId, now: Timestamp) {
        let Some((_, offer)) = self.find_offer(offer_id) else { return };
        let item = offer.work_item;
        let case = &self.cases[&id];
        let offering = case.work_item(item).is_some_and(|work| work.state == WorkState::Offering);
        let counts = offering
            && case.free_slots(item) > 0
            && (offer.state.is_open() || offer.state == OfferState::Expired);
        if !counts {
            self.too_late(id, &offer, now);
            return;
        }
        if self.is_kept_out(id, item, offer.volunteer, now) {
            self.not_allowed(id, &offer, now);
            return;
        }
        if self.is_place_kept(id, item, offer.volunteer, now) {
            // It stands by: whoever comes with a certificate may drop out.
            self.stands_by(id, &offer, json!({ "volunteer": offer.volunteer, "kept": true }), now);
            let words = Words::PlaceKept { code: offer.code.to_string() };
            self.send(Notice::new(offer.phone.clone(), words).about(id), now);
            return;
        }
        if self.is_taken(&offer, id, now) {
            self.not_free(id, &offer, now);
            return;
        }
        let for_anybody = self.free_places(id, item).for_anybody();
        self.end_offer(id, offer_id, OfferState::Accepted, now);
        self.assign_volunteer(id, &offer, now);
        let detail = json!({ "volunteer": offer.volunteer, "wave": offer.wave, "rank": offer.rank });
        self.tell_about(id, EventKind::OfferAccepted, Entity::Offer(offer_id), detail, now);
        if self.cases[&id].free_slots(item) > 0 {
            let words = Words::AcceptedWaiting { code: offer.code.to_string() };
            self.send(Notice::new(offer.phone, words).about(id), now);
            if self.free_places(id, item).for_anybody() > for_anybody {
                // Who holds more than one certificate gives back a place that was kept.
                self.replace(id, item, now);
            }
            return;
        }
        self.filled(id, item, now);
    }

    /// Whether the volunteer is on a visit that would overlap, or has as much as anybody may have (DOMAIN §5): the
    /// rules of load, asked again at the yes.
    fn is_taken(&self, offer: &Offer, id: TicketId, now: Timestamp) -> bool {
        let of_load = |rule: &Rule| match rule.nature() {
            Nature::Promised => true,
            // Whoever was chosen by a person was chosen knowing how much they do.
            Nature::Amount => offer.wave != BY_HAND,
            Nature::Work | Nature::Consent | Nature::Asking => false,
        };
        let against = self.ask_roster(id, offer.work_item, now, |asking| asking.all_against(offer.volunteer));
        against.is_none_or(|rules| rules.iter().any(of_load))
    }

    /// Everybody needed has said yes: the others are stood down, the resident hears who comes.
    fn filled(&mut self, id: TicketId, item: WorkItemId, now: Timestamp) {
        self.stand_down_the_others(id, item, now);
        if self.move_item(id, item, Move::Fill, &Actor::SYSTEM, json!({}), now).is_err() {
            return;
        }
        let visits: Vec<Assignment> =
            self.cases[&id].live_assignments().filter(|a| a.work_item == item).cloned().collect();
        for visit in visits {
            self.tell_who_come(id, &visit, now);
            if let Some(badge) = visit.volunteer {
                self.tell_resident_who_comes(id, badge, &visit, now);
            }
        }
    }

    /// Address, name, visit code and how to reach the resident: to the one who comes, and to nobody else.
    pub(super) fn send_details(&mut self, id: TicketId, visit: &Assignment, now: Timestamp) {
        if !safety::may_know_details(visit.state) {
            return;
        }
        if self.waits_for_partner(visit) {
            return self.tell_to_wait(id, visit, now);
        }
        let Some(volunteer) = visit.volunteer.and_then(|badge| self.roster.find(badge)) else { return };
        let phone = volunteer.phone.clone();
        if !phone.is_mobile() {
            return self.give_details_by_voice(id, visit, &phone, now);
        }
        let Some((_, offer)) = visit.offer.and_then(|offer| self.find_offer(offer)) else { return };
        let door = self.door(id, visit.window, now);
        let entrusted = self.rules.templates.told_to_helper(&self.entrusts(id), Language::Zh);
        let words = details_words(visit, offer.code.to_string(), door, entrusted);
        self.send(Notice::new(phone, words).about(id), now);
    }

    /// By call to the registered number: when, and with which code. Name and address a person of the station says; of
    /// whom they meet at a station, or ring, the call says what they need.
    fn give_details_by_voice(
        &mut self,
        id: TicketId,
        visit: &Assignment,
        phone: &PhoneNumber,
        now: Timestamp,
    ) {
        let Some(badge) = visit.volunteer else { return };
        self.owe_ring(id, visit, HelperCall::Details, now + self.rules.policy.offers.voice_details_after);
        let by_person = match visit.kind {
            AssignmentKind::Visit => true,
            AssignmentKind::Group => self.meets_at(id, visit.kind, Language::Zh).is_none(),
            AssignmentKind::Phone => false,
        };
        if !by_person {
            return;
        }
        let ticket = &self.cases[&id].ticket;
        let (station, number) = (ticket.owner, ticket.number.to_string());
        let wish = Wish { ticket: Some(id), ..Wish::new(phone.clone(), station, CallbackReason::Helper) };
        self.request_callback(wish, now);
        let words = Words::TellHelper { badge: format!("{badge:05}"), number };
        self.tell_duty_phone(id, station, HelperCall::Look, |to| Notice::new(to, words), now);
    }

    /// A yes of somebody who has something else then, or enough already.
    fn not_free(&mut self, id: TicketId, offer: &Offer, now: Timestamp) {
        let detail = json!({ "volunteer": offer.volunteer, "not_free": true });
        let words = Words::NotFree { code: offer.code.to_string() };
        self.yes_in_vain(id, offer, (detail, words), now);
    }

    /// A yes of somebody whom the rules of what the ticket has become keep out.
    fn not_allowed(&mut self, id: TicketId, offer: &Offer, now: Timestamp) {
        let detail = json!({ "volunteer": offer.volunteer, "not_allowed": true });
        let words = Words::OfferOver { code: offer.code.to_string() };
        self.yes_in_vain(id, offer, (detail, words), now);
    }

    /// As if they had been too late, but that they do not stand by.
    fn yes_in_vain(
        &mut self,
        id: TicketId,
        offer: &Offer,
        (detail, words): (serde_json::Value, Words),
        now: Timestamp,
    ) {
        self.end_offer(id, offer.id, OfferState::TooLate, now);
        self.tell_about(id, EventKind::OfferTooLate, Entity::Offer(offer.id), detail, now);
        self.send(Notice::new(offer.phone.clone(), words).about(id), now);
        self.replace(id, offer.work_item, now);
        self.climb(id, now);
    }

    fn stands_by(&mut self, id: TicketId, offer: &Offer, detail: serde_json::Value, now: Timestamp) {
        let until = now + self.rules.policy.offers.stand_by;
        self.end_offer(id, offer.id, OfferState::TooLate, now);
        if let Some(case) = self.case_mut(id) {
            case.standby.retain(|(volunteer, _)| *volunteer != offer.volunteer);
            case.standby.push((offer.volunteer, until));
        }
        self.tell_about(id, EventKind::OfferTooLate, Entity::Offer(offer.id), detail, now);
    }

    fn too_late(&mut self, id: TicketId, offer: &Offer, now: Timestamp) {
        let code = offer.code.to_string();
        // Nobody stands by for what they may not do.
        let over = self.cases[&id].is_over()
            || self.is_kept_out(id, offer.work_item, offer.volunteer, now)
            || match offer.state {
                // What was said once is not said again by the same text.
                OfferState::Accepted | OfferState::Declined => true,
                OfferState::Draft
                | OfferState::Sent
                | OfferState::Delivered
                | OfferState::Expired
                | OfferState::Withdrawn
                | OfferState::TooLate
                | OfferState::Failed => false,
            };
        if !over {
            self.stands_by(id, offer, json!({ "volunteer": offer.volunteer }), now);
        }
        let words = if over { Words::OfferOver { code } } else { Words::TooLate { code } };
        self.send(Notice::new(offer.phone.clone(), words).about(id), now);
    }

    pub(super) fn offer_declined(&mut self, id: TicketId, offer_id: OfferId, now: Timestamp) {
        let Some((_, offer)) = self.find_offer(offer_id) else { return };
        let code = offer.code.to_string();
        if !offer.state.is_open() {
            self.send(Notice::new(offer.phone, Words::OfferOver { code }).about(id), now);
            return;
        }
        self.end_offer(id, offer_id, OfferState::Declined, now);
        if let Some(case) = self.case_mut(id) {
            case.declined.insert(offer.volunteer);
        }
        let detail = json!({ "volunteer": offer.volunteer });
        self.tell_about(id, EventKind::OfferDeclined, Entity::Offer(offer_id), detail, now);
        self.send(Notice::new(offer.phone, Words::DeclineNoted { code }).about(id), now);
        self.replace(id, offer.work_item, now);
        self.climb(id, now);
    }

    /// The text could not reach the handset: as if it had never been asked, somebody else is.
    pub(super) fn offer_failed(&mut self, id: TicketId, offer_id: OfferId, now: Timestamp) {
        let Some((_, offer)) = self.find_offer(offer_id) else { return };
        self.end_offer(id, offer_id, OfferState::Failed, now);
        let detail = json!({ "volunteer": offer.volunteer });
        self.tell_about(id, EventKind::OfferFailed, Entity::Offer(offer_id), detail, now);
        self.replace(id, offer.work_item, now);
        self.climb(id, now);
    }

    /// Silence: not a no, and the next wave follows.
    pub(super) fn check_offers(&mut self, id: TicketId, now: Timestamp) {
        let Some(case) = self.cases.get(&id) else { return };
        let late = |offer: &&Offer| offer.state.is_open() && offer.expires_at <= now;
        let expired: Vec<Offer> = case.offers.iter().filter(late).cloned().collect();
        for offer in expired {
            self.end_offer(id, offer.id, OfferState::Expired, now);
            self.draft.cancelled_texts.extend(offer.text);
            let detail = json!({ "volunteer": offer.volunteer });
            self.tell_about(id, EventKind::OfferExpired, Entity::Offer(offer.id), detail, now);
        }
    }

    fn end_offer(&mut self, id: TicketId, offer_id: OfferId, state: OfferState, now: Timestamp) {
        let Some(offer) = self.case_mut(id).and_then(|case| case.offer_mut(offer_id)) else { return };
        offer.state = state;
        offer.ended_at = Some(now);
        offer.ring = None;
        let (volunteer, created_at) = (offer.volunteer, offer.created_at);
        let category = self.cases[&id].ticket.category.clone();
        let hour = self.rules.calendar.hour(created_at);
        let asked = category.map(|category| Occasion { hour, category });
        self.roster.offer_ended(volunteer, offer_id, state, asked);
        self.touch_volunteer(volunteer);
    }

    /// Takes one offer back: an unsent text is cancelled, a sent one is followed by a thank-you.
    pub(super) fn withdraw_offer(
        &mut self,
        id: TicketId,
        offer_id: OfferId,
        state: OfferState,
        now: Timestamp,
    ) {
        self.withdraw_offer_saying(id, offer_id, state, |code| Words::StoodDown { code }, now);
    }

    /// The same with words of its own to whom the offer had reached.
    pub(super) fn withdraw_offer_saying(
        &mut self,
        id: TicketId,
        offer_id: OfferId,
        state: OfferState,
        words: impl FnOnce(String) -> Words,
        now: Timestamp,
    ) {
        let Some((_, offer)) = self.find_offer(offer_id) else { return };
        self.end_offer(id, offer_id, state, now);
        self.stop_ringing_for(offer_id);
        self.draft.cancelled_texts.extend(offer.text);
        let detail = json!({ "volunteer": offer.volunteer });
        self.tell_about(id, EventKind::OfferWithdrawn, Entity::Offer(offer_id), detail, now);
        if offer.sent_at.is_some() {
            let words = words(offer.code.to_string());
            let urgent = matches!(self.cases[&id].ticket.urgency, Urgency::P1 | Urgency::P2);
            let notice = Notice::new(offer.phone, words).about(id);
            self.send(Notice { at_once: urgent || notice.at_once, ..notice }, now);
        }
    }

    /// Nobody else is needed for a piece of work.
    pub(super) fn stand_down_the_others(&mut self, id: TicketId, item: WorkItemId, now: Timestamp) {
        let others: Vec<OfferId> = self.cases[&id].open_offers(item).map(|offer| offer.id).collect();
        for other in others {
            self.withdraw_offer(id, other, OfferState::Withdrawn, now);
        }
    }

    pub(super) fn withdraw_all_offers(&mut self, id: TicketId, now: Timestamp) {
        let Some(case) = self.cases.get(&id) else { return };
        let open: Vec<OfferId> = case.offers.iter().filter(|o| o.state.is_open()).map(|o| o.id).collect();
        for offer in open {
            self.withdraw_offer(id, offer, OfferState::Withdrawn, now);
        }
    }

    /// A dispatcher's own choice: the rules that protect people hold for it too; of the others says which speak against it.
    pub(super) fn offer_by_hand(
        &mut self,
        id: TicketId,
        volunteer: VolunteerId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Vec<Rule>, Refusal> {
        use crate::domain::category::HandlerKind;
        let owner = self.cases[&id].ticket.owner;
        let live = self.cases[&id].live_work().find(|item| item.kind == HandlerKind::Volunteer).map(|i| i.id);
        // Asked of an item that would be new, so that a no leaves none behind.
        let about = live.unwrap_or_else(|| self.chance.mint(now));
        let against = self.ask_roster(id, about, now, |asking| asking.all_against(volunteer));
        let against = against.unwrap_or_default();
        if let Some(rule) = against.iter().find(|rule| !rule.may_be_overridden()) {
            return refuse(not_asked(*rule));
        }
        let case = &self.cases[&id];
        let at_it = case.offers.iter().any(|offer| offer.volunteer == volunteer && offer.state.is_open())
            || case.live_assignments().any(|visit| visit.volunteer == Some(volunteer));
        if at_it {
            return refuse(not_asked(Rule::AlreadyAsked));
        }
        if self.is_place_kept(id, about, volunteer, now) {
            return refuse(not_asked(Rule::Credential));
        }
        let item = match live {
            Some(item) => item,
            None => self.add_item(id, HandlerKind::Volunteer, owner, self.persons_of(id), now),
        };
        let expires_at = now + self.wave_length_of(id);
        // Whoever may not be asked by the line stands nowhere in its order.
        let ranked = self.ask_roster(id, item, now, |asking| vectors(asking, &[volunteer]));
        let rank = ranked.unwrap_or_default().into_iter().find(|(ranked, _)| *ranked == volunteer);
        let rank = rank.map_or_else(RankVector::default, |(_, rank)| rank);
        if !self.make_offer(id, item, (volunteer, rank), (BY_HAND, expires_at), now) {
            return refuse(Why::TooManyOffers);
        }
        if self.cases[&id].work_item(item).is_some_and(|item| item.state == WorkState::Open) {
            self.move_item(id, item, Move::Offer, actor, json!({ "volunteer": volunteer }), now)?;
        }
        Ok(against)
    }

    pub(super) fn wave_length_of(&self, id: TicketId) -> Duration {
        wave_length(&self.rules.policy, &self.rules.calendar, self.cases[&id].ticket.urgency)
    }

    pub(super) fn tell_about(
        &mut self,
        id: TicketId,
        kind: EventKind,
        entity: Entity,
        detail: serde_json::Value,
        now: Timestamp,
    ) {
        let subject = self.cases.get(&id).and_then(|case| case.ticket.beneficiary);
        self.tell(Line::new(kind, entity, detail).about(id).of(subject), now);
    }
}

/// What whoever said yes has to know: which door to go to, at which station to be, or whom to ring.
fn details_words(visit: &Assignment, code: String, door: Door, entrusted: String) -> Words {
    let Door { number, category, window, address, name, line_number } = door;
    match visit.kind {
        AssignmentKind::Visit => {
            let visit_code = visit.visit_code.to_string();
            Words::AcceptedDetails {
                code,
                number,
                category,
                window,
                address,
                name,
                visit_code,
                line_number,
                entrusted,
            }
        }
        AssignmentKind::Group => {
            Words::AcceptedAtStation { code, number, category, window, station: address, name, line_number }
        }
        AssignmentKind::Phone => Words::AcceptedByPhone { code, number, category, window, name, line_number },
    }
}

//! Offers: a wave goes out, the first valid yes wins, everybody else is stood down.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::Desk;
use super::command::{Refusal, RefusalReason};
use super::commands::refuse;
use super::history::{Entity, EventKind, Line};
use super::notices::Notice;
use crate::dispatch::candidates::{Asking, Verdict, Wanted};
use crate::dispatch::explain;
use crate::dispatch::offer::{Wave, next_wave, wave_length};
use crate::domain::actor::Actor;
use crate::domain::assignment::{Assignment, AssignmentKind};
use crate::domain::category::Category;
use crate::domain::ids::{OfferId, TicketId, VolunteerId, WorkItemId};
use crate::domain::language::Language;
use crate::domain::offer::{Offer, OfferState, RankVector, ReplyCode};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::ticket::Window;
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::domain::urgency::Urgency;
use crate::domain::work_item::WorkState;
use crate::text::words::Words;

/// What a helper is told to ask for where the register has no name.
const RESIDENT: &str = "居民";

/// The people around a ticket, gathered for one question to the roster.
struct Around {
    category: Category,
    window: Window,
    declined: BTreeSet<VolunteerId>,
    blocked: BTreeSet<VolunteerId>,
    acquainted: BTreeSet<VolunteerId>,
    asked: BTreeSet<VolunteerId>,
    minor_age: Option<u8>,
}

impl Desk {
    fn around(&self, id: TicketId, item: WorkItemId, now: Timestamp) -> Option<Around> {
        let case = self.cases.get(&id)?;
        let category = self.rules.catalogue.find(case.ticket.category.as_ref()?)?.clone();
        let blocked = case.beneficiary.iter().flat_map(|person| person.blocked.iter().copied()).collect();
        let acquainted =
            case.beneficiary.iter().flat_map(|person| person.acquainted.iter().copied()).collect();
        let born = case.beneficiary.as_ref().and_then(|person| person.birth_year);
        let age = born.and_then(|year| u8::try_from(self.rules.calendar.year(now) - year).ok());
        let child = category.code.group() == "CHD";
        Some(Around {
            window: case
                .ticket
                .window
                .unwrap_or(Window { from: now, until: now + self.rules.policy.visits.window_urgent }),
            declined: case.declined.clone(),
            blocked,
            acquainted,
            asked: case.offers.iter().filter(|o| o.work_item == item).map(|o| o.volunteer).collect(),
            minor_age: age.filter(|age| *age < 18).or_else(|| child.then_some(0)),
            category,
        })
    }

    /// Asks the roster about a ticket's work.
    fn ask_roster<T>(
        &self,
        id: TicketId,
        item: WorkItemId,
        now: Timestamp,
        question: impl FnOnce(&Asking) -> T,
    ) -> Option<T> {
        let around = self.around(id, item, now)?;
        let case = self.cases.get(&id)?;
        let wanted = Wanted {
            jurisdiction: &case.ticket.jurisdiction,
            category: &around.category,
            urgency: case.ticket.urgency,
            kind: AssignmentKind::Visit,
            area: case.ticket.area.as_ref(),
            point: case.ticket.point,
            window: around.window,
            minutes: around.category.minutes,
            language: Some(case.ticket.language).filter(|language| *language != Language::Zh),
            gender_wish: None,
            minor_age: around.minor_age,
            declined: &around.declined,
            blocked: &around.blocked,
            acquainted: &around.acquainted,
            asked: &around.asked,
        };
        let asking = Asking::new(&self.roster, &wanted, &self.rules.policy, &self.rules.calendar, now);
        Some(question(&asking))
    }

    /// The next people to ask, given who is being asked already.
    fn plan_wave(&self, id: TicketId, item: WorkItemId, now: Timestamp) -> Option<Wave> {
        let case = self.cases.get(&id)?;
        let need = case.free_slots(item);
        let stand_by: Vec<VolunteerId> =
            case.standby.iter().filter(|(_, until)| *until > now).map(|(id, _)| *id).collect();
        let open: Vec<VolunteerId> = case.open_offers(item).map(|offer| offer.volunteer).collect();
        self.ask_roster(id, item, now, |asking| {
            next_wave(asking, &self.rules.calendar, need, &stand_by, &open)
        })
    }

    /// Sends one more wave; says whether anybody was asked.
    pub(super) fn send_wave(&mut self, id: TicketId, item: WorkItemId, now: Timestamp) -> bool {
        let Some(wave) = self.plan_wave(id, item, now) else { return false };
        let Some(case) = self.case_mut(id) else { return false };
        case.candidates_left = wave.left;
        if wave.is_empty() {
            case.candidates_left = 0;
            return false;
        }
        let Some(work) = case.work_item_mut(item) else { return false };
        work.wave += 1;
        let number = work.wave;
        let asked: Vec<VolunteerId> = wave.ask.iter().map(|(id, _)| *id).collect();
        for (volunteer, rank) in wave.ask {
            self.make_offer(id, item, (volunteer, rank), (number, wave.expires_at), now);
        }
        let detail = json!({ "wave": number, "volunteers": asked, "left": wave.left });
        self.tell_about(id, EventKind::WaveSent, Entity::Ticket(id), detail, now);
        if self.cases[&id].work_item(item).is_some_and(|item| item.state == WorkState::Open) {
            // The table lets the system offer from `open`; a ticket that moved on meanwhile is left alone.
            return self.move_item(id, item, Move::Offer, &Actor::SYSTEM, json!({}), now).is_ok();
        }
        true
    }

    /// After a no: somebody else at once, in the same wave.
    pub(super) fn replace(&mut self, id: TicketId, item: WorkItemId, now: Timestamp) {
        let Some(wave) = self.plan_wave(id, item, now) else { return };
        let Some(case) = self.case_mut(id) else { return };
        case.candidates_left = wave.left;
        let number = case.work_item(item).map_or(1, |work| work.wave.max(1));
        for (volunteer, rank) in wave.ask {
            self.make_offer(id, item, (volunteer, rank), (number, wave.expires_at), now);
        }
    }

    fn make_offer(
        &mut self,
        id: TicketId,
        item: WorkItemId,
        (volunteer, rank): (VolunteerId, RankVector),
        (wave, expires_at): (u8, Timestamp),
        now: Timestamp,
    ) {
        let Some(phone) = self.roster.find(volunteer).map(|v| v.phone.clone()) else { return };
        let Some(code) = self.free_code(&phone, now) else { return };
        let offer_id: OfferId = self.chance.mint(now);
        let words = self.offer_words(id, code, now);
        let urgent = matches!(self.cases[&id].ticket.urgency, Urgency::P1 | Urgency::P2);
        let notice = Notice::new(phone.clone(), words).about(id);
        let notice = Notice { offer: Some(offer_id), not_after: Some(expires_at), at_once: urgent, ..notice };
        let text = self.send(notice, now);
        let offer = Offer {
            id: offer_id,
            ticket: id,
            work_item: item,
            volunteer,
            phone: phone.clone(),
            wave,
            code,
            state: OfferState::Draft,
            rank,
            text,
            created_at: now,
            sent_at: None,
            expires_at,
            ended_at: None,
        };
        self.roster.offer_sent(&offer);
        self.offers_by_phone.entry(phone).or_default().insert((id, offer_id));
        self.ticket_of_offer.insert(offer_id, id);
        if let Some(text) = text {
            self.offer_of_text.insert(text, offer_id);
        }
        if let Some(case) = self.case_mut(id) {
            case.offers.push(offer);
        }
    }

    /// Two digits that no offer to this number had in the last seven days.
    fn free_code(&mut self, phone: &PhoneNumber, now: Timestamp) -> Option<ReplyCode> {
        let rest = self.rules.policy.offers.code_rest;
        let used: BTreeSet<ReplyCode> = self
            .offers_by_phone
            .get(phone)
            .into_iter()
            .flatten()
            .filter_map(|(_, offer)| self.find_offer(*offer))
            .filter(|(_, offer)| {
                offer.state.is_open() || offer.ended_at.is_none_or(|at| now.since(at) < rest)
            })
            .map(|(_, offer)| offer.code)
            .collect();
        let free: Vec<ReplyCode> =
            (ReplyCode::FIRST..=ReplyCode::LAST).map(ReplyCode).filter(|code| !used.contains(code)).collect();
        let count = u32::try_from(free.len()).expect("at most ninety codes");
        (count > 0).then(|| free[self.chance.below(count) as usize])
    }

    /// What an offer says: street, kind, when, how long; no name, no door, nothing medical.
    fn offer_words(&self, id: TicketId, code: ReplyCode, now: Timestamp) -> Words {
        let case = &self.cases[&id];
        let category = case.ticket.category.as_ref();
        let minutes = self.minutes_of(id);
        let window = case.ticket.window.map_or_else(String::new, |w| self.window_words(w, Language::Zh, now));
        let duration = match minutes {
            0..60 => format!("约{minutes}分钟"),
            60..90 => "约1小时".to_owned(),
            _ => format!("约{}小时", (u32::from(minutes) + 30) / 60),
        };
        Words::Offer {
            code: code.to_string(),
            area: self.street_words(id),
            category: self.category_words(category, Language::Zh),
            window,
            duration,
            station_number: self.number_of(case.ticket.owner),
        }
    }

    /// A yes. The first that is valid wins; later ones wait on the stand-by list for two hours.
    pub(super) fn offer_accepted(&mut self, id: TicketId, offer_id: OfferId, now: Timestamp) {
        let Some((_, offer)) = self.find_offer(offer_id) else { return };
        let item = offer.work_item;
        let case = &self.cases[&id];
        let offering = case.work_item(item).is_some_and(|work| work.state == WorkState::Offering);
        let counts = offering
            && case.free_slots(item) > 0
            && (offer.state.is_open() || offer.state == OfferState::Expired)
            && !self.is_taken(offer.volunteer, id, now);
        if !counts {
            self.too_late(id, &offer, now);
            return;
        }
        self.end_offer(id, offer_id, OfferState::Accepted, now);
        self.assign_volunteer(id, &offer, now);
        let detail = json!({ "volunteer": offer.volunteer, "wave": offer.wave, "rank": offer.rank });
        self.tell_about(id, EventKind::OfferAccepted, Entity::Offer(offer_id), detail, now);
        if self.cases[&id].free_slots(item) > 0 {
            let words = Words::AcceptedWaiting { code: offer.code.to_string() };
            self.send(Notice::new(offer.phone, words).about(id), now);
            return;
        }
        self.filled(id, item, now);
    }

    /// Whether the volunteer is on a visit that would overlap.
    fn is_taken(&self, volunteer: VolunteerId, id: TicketId, now: Timestamp) -> bool {
        let fallback = Window { from: now, until: now + self.rules.policy.visits.window_urgent };
        let window = self.cases[&id].ticket.window.unwrap_or(fallback);
        let begins = Window { from: window.from.max(now), until: window.until.max(now) };
        let at_once = begins.from <= now + self.rules.policy.visits.booked_ahead;
        let Some(load) = self.roster.load(volunteer) else { return true };
        (at_once && load.active(AssignmentKind::Visit) > 0)
            || load
                .live_tasks()
                .any(|(_, task)| task.kind == AssignmentKind::Visit && task.window.overlaps(begins))
    }

    /// Everybody needed has said yes: the others are stood down, the resident hears who comes.
    fn filled(&mut self, id: TicketId, item: WorkItemId, now: Timestamp) {
        let others: Vec<OfferId> = self.cases[&id].open_offers(item).map(|offer| offer.id).collect();
        for other in others {
            self.withdraw_offer(id, other, OfferState::Withdrawn, now);
        }
        if self.move_item(id, item, Move::Fill, &Actor::SYSTEM, json!({}), now).is_err() {
            return;
        }
        let visits: Vec<Assignment> =
            self.cases[&id].live_assignments().filter(|a| a.work_item == item).cloned().collect();
        for visit in visits {
            self.send_details(id, &visit, now);
            if let Some(badge) = visit.volunteer {
                self.tell_resident_who_comes(id, badge, visit.visit_code, visit.window, now);
            }
        }
    }

    /// Address, name, visit code and how to reach the resident: to the one who comes, and to nobody else.
    pub(super) fn send_details(&mut self, id: TicketId, visit: &Assignment, now: Timestamp) {
        let Some(volunteer) = visit.volunteer.and_then(|badge| self.roster.find(badge)) else { return };
        let phone = volunteer.phone.clone();
        let Some((_, offer)) = visit.offer.and_then(|offer| self.find_offer(offer)) else { return };
        let ticket = &self.cases[&id].ticket;
        let hidden = ticket.confidentiality != crate::domain::ticket::Confidentiality::Normal;
        let station = self.stations.get(&ticket.owner);
        let meeting_point = station.map_or_else(String::new, |station| station.name.clone());
        let words = Words::AcceptedDetails {
            code: offer.code.to_string(),
            number: ticket.number.to_string(),
            category: self.category_words(ticket.category.as_ref(), Language::Zh),
            window: self.window_words(visit.window, Language::Zh, now),
            address: ticket.address.clone().filter(|_| !hidden).unwrap_or(meeting_point),
            name: self.cases[&id]
                .beneficiary
                .as_ref()
                .map_or_else(|| RESIDENT.to_owned(), |p| p.name.clone()),
            visit_code: visit.visit_code.to_string(),
            line_number: self.number_of(ticket.owner),
        };
        self.send(Notice::new(phone, words).about(id), now);
    }

    fn too_late(&mut self, id: TicketId, offer: &Offer, now: Timestamp) {
        let until = now + self.rules.policy.offers.stand_by;
        let code = offer.code.to_string();
        let over = self.cases[&id].is_over() || offer.state == OfferState::Declined;
        if !over {
            self.end_offer(id, offer.id, OfferState::TooLate, now);
            if let Some(case) = self.case_mut(id) {
                case.standby.retain(|(volunteer, _)| *volunteer != offer.volunteer);
                case.standby.push((offer.volunteer, until));
            }
            let detail = json!({ "volunteer": offer.volunteer });
            self.tell_about(id, EventKind::OfferTooLate, Entity::Offer(offer.id), detail, now);
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
        let volunteer = offer.volunteer;
        self.roster.offer_ended(volunteer, offer_id, state);
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
        let Some((_, offer)) = self.find_offer(offer_id) else { return };
        self.end_offer(id, offer_id, state, now);
        self.draft.cancelled_texts.extend(offer.text);
        let detail = json!({ "volunteer": offer.volunteer });
        self.tell_about(id, EventKind::OfferWithdrawn, Entity::Offer(offer_id), detail, now);
        if offer.sent_at.is_some() {
            let words = Words::StoodDown { code: offer.code.to_string() };
            let urgent = matches!(self.cases[&id].ticket.urgency, Urgency::P1 | Urgency::P2);
            let notice = Notice::new(offer.phone, words).about(id);
            self.send(Notice { at_once: urgent || notice.at_once, ..notice }, now);
        }
    }

    pub(super) fn withdraw_all_offers(&mut self, id: TicketId, now: Timestamp) {
        let Some(case) = self.cases.get(&id) else { return };
        let open: Vec<OfferId> = case.offers.iter().filter(|o| o.state.is_open()).map(|o| o.id).collect();
        for offer in open {
            self.withdraw_offer(id, offer, OfferState::Withdrawn, now);
        }
    }

    /// A dispatcher's own choice: the rules that protect people hold for it too.
    pub(super) fn offer_by_hand(
        &mut self,
        id: TicketId,
        volunteer: VolunteerId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        use crate::domain::category::HandlerKind;
        let owner = self.cases[&id].ticket.owner;
        let live = self.cases[&id].live_work().find(|item| item.kind == HandlerKind::Volunteer).map(|i| i.id);
        let item = match live {
            Some(item) => item,
            None => self.add_item(id, HandlerKind::Volunteer, owner, 1, now),
        };
        let verdict = self.ask_roster(id, item, now, |asking| asking.verdict(volunteer));
        if let Some(Verdict::No(rule)) = verdict {
            let why = explain::against(rule);
            return refuse(
                RefusalReason::Unsafe,
                format!("cannot be asked: {}", why.in_language(Language::En)),
            );
        }
        let expires_at = now + self.wave_length_of(id);
        self.make_offer(id, item, (volunteer, RankVector::default()), (0, expires_at), now);
        if self.cases[&id].work_item(item).is_some_and(|item| item.state == WorkState::Open) {
            self.move_item(id, item, Move::Offer, actor, json!({ "volunteer": volunteer }), now)?;
        }
        Ok(())
    }

    fn wave_length_of(&self, id: TicketId) -> Duration {
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

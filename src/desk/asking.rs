//! Asking volunteers: whom the roster gives, wave by wave, and what each of them is asked.

use std::collections::BTreeSet;

use serde_json::json;

use super::Desk;
use super::appointments::says_the_time;
use super::history::{Entity, EventKind};
use super::notices::Notice;
use crate::dispatch::candidates::{Asking, Wanted};
use crate::dispatch::free_places::AtLeast;
use crate::dispatch::offer::{Wave, next_wave_of};
use crate::domain::actor::Actor;
use crate::domain::assignment::{HelperCall, Ring};
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
        let category = self.category_for(&case.ticket)?.clone();
        let blocked = case.beneficiary.iter().flat_map(|person| person.blocked.iter().copied()).collect();
        let acquainted =
            case.beneficiary.iter().flat_map(|person| person.acquainted.iter().copied()).collect();
        // Who said yes too late waits to be asked first, although they were asked before.
        let waits = |id: VolunteerId| case.standby.iter().any(|(who, until)| *who == id && *until > now);
        let agreed_at = case.ticket.progress.time_agreed_at;
        let asked_for = case.offers.iter().filter(|o| o.work_item == item && says_the_time(o, agreed_at));
        let asked_for = asked_for.map(|o| (o.volunteer, o.state));
        Some(Around {
            window: case
                .ticket
                .window
                .unwrap_or(Window { from: now, until: now + self.rules.policy.visits.window_urgent }),
            declined: case.declined.clone(),
            blocked,
            acquainted,
            asked: asked_for.filter(|(id, state)| state.is_open() || !waits(*id)).map(|(id, _)| id).collect(),
            minor_age: self.child_age(Some(&category), case.beneficiary.as_ref(), now),
            category,
        })
    }

    /// Asks the roster about a ticket's work.
    pub(super) fn ask_roster<T>(
        &self,
        id: TicketId,
        item: WorkItemId,
        now: Timestamp,
        question: impl FnOnce(&Asking) -> T,
    ) -> Option<T> {
        self.ask_for(id, item, (AtLeast::ANYBODY, &[]), now, question)
    }

    /// Asks the roster about those who hold this too, and are not these.
    pub(super) fn ask_for<T>(
        &self,
        id: TicketId,
        item: WorkItemId,
        (must_hold, besides): (AtLeast<'_>, &[VolunteerId]),
        now: Timestamp,
        question: impl FnOnce(&Asking) -> T,
    ) -> Option<T> {
        let mut around = self.around(id, item, now)?;
        around.asked.extend(besides);
        let case = self.cases.get(&id)?;
        let wanted = Wanted {
            jurisdiction: &case.ticket.jurisdiction,
            category: &around.category,
            urgency: case.ticket.urgency,
            kind: around.category.assignment,
            area: case.ticket.area.as_ref(),
            point: case.ticket.point,
            window: around.window,
            minutes: around.category.minutes,
            language: Some(case.ticket.language).filter(|language| *language != Language::Zh),
            gender_wish: case.ticket.gender_wish.or(case.beneficiary.as_ref().and_then(|p| p.gender_wish)),
            minor_age: around.minor_age,
            must_hold,
            declined: &around.declined,
            blocked: &around.blocked,
            acquainted: &around.acquainted,
            asked: &around.asked,
        };
        let asking = Asking::new(&self.roster, &wanted, &self.rules.policy, &self.rules.calendar, now)
            .by_road(self.rules.roads.as_deref());
        Some(question(&asking))
    }

    /// The next people to ask, given who is being asked already: for each share of the places those who may have it. With
    /// nobody to ask for a place that is kept nobody is asked.
    fn plan_wave(&self, id: TicketId, item: WorkItemId, now: Timestamp) -> Option<Wave> {
        let (stand_by, open) = self.asked_so_far(id, item, now)?;
        let chosen = self.together.of(&id);
        let places = self.free_places(id, item);
        let shares = places.shares();
        let mut whole: Option<Wave> = None;
        for share in &shares {
            let asked: Vec<VolunteerId> = whole.iter().flat_map(Wave::asked).collect();
            let all = [&open[..], &asked[..]].concat();
            let counted = self.counted_on(id, (*share, &shares), &all, now);
            let wave = self.ask_for(id, item, (share.holds, &asked), now, |asking| {
                next_wave_of(asking, &self.rules.calendar, share.places, (&stand_by, chosen), &counted)
            })?;
            if share.is_kept() && wave.is_empty() && counted.is_empty() {
                return Some(wave);
            }
            whole = Some(match whole {
                Some(before) => before.and(wave),
                None => wave,
            });
        }
        whole
    }

    /// Who waits to be asked first, and whose answer may still come.
    pub(super) fn asked_so_far(
        &self,
        id: TicketId,
        item: WorkItemId,
        now: Timestamp,
    ) -> Option<(Vec<VolunteerId>, Vec<VolunteerId>)> {
        let case = self.cases.get(&id)?;
        let stand_by = case.standby.iter().filter(|(_, until)| *until > now).map(|(id, _)| *id);
        let in_time = case.open_offers(item).filter(|offer| offer.expires_at > now);
        let open = in_time.map(|offer| offer.volunteer);
        Some((stand_by.collect(), open.collect()))
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
        let mut detail = json!({ "wave": number, "volunteers": asked, "left": wave.left });
        if let Some(chosen) = self.together.of(&id) {
            detail["chosen_together"] = json!(chosen.tickets);
        }
        self.tell_about(id, EventKind::WaveSent, Entity::Ticket(id), detail, now);
        if self.cases[&id].work_item(item).is_some_and(|item| item.state == WorkState::Open) {
            // The table lets the system offer from `open`; a ticket that moved on meanwhile is left alone.
            return self.move_item(id, item, Move::Offer, &Actor::SYSTEM, json!({}), now).is_ok();
        }
        true
    }

    /// After a no: somebody else at once, in the same wave.
    pub(super) fn replace(&mut self, id: TicketId, item: WorkItemId, now: Timestamp) {
        if !self.rules.policy.offers.replace {
            return;
        }
        let urgent = matches!(self.cases[&id].ticket.urgency, Urgency::P1 | Urgency::P2);
        if !urgent && self.rules.calendar.in_quiet_hours(now) {
            // Nobody is woken: the ladder asks the next ones in the morning.
            return;
        }
        if self.cases[&id].work_item(item).is_none_or(|item| item.state != WorkState::Offering) {
            return;
        }
        let Some(wave) = self.plan_wave(id, item, now) else { return };
        let Some(case) = self.case_mut(id) else { return };
        case.candidates_left = wave.left;
        let number = case.work_item(item).map_or(1, |work| work.wave.max(1));
        for (volunteer, rank) in wave.ask {
            self.make_offer(id, item, (volunteer, rank), (number, wave.expires_at), now);
        }
    }

    /// Says whether it could be made: a number whose ninety codes are all taken is not asked.
    pub(super) fn make_offer(
        &mut self,
        id: TicketId,
        item: WorkItemId,
        (volunteer, rank): (VolunteerId, RankVector),
        (wave, expires_at): (u8, Timestamp),
        now: Timestamp,
    ) -> bool {
        let Some(phone) = self.roster.find(volunteer).map(|v| v.phone.clone()) else { return false };
        let Some(code) = self.free_code(&phone, now) else { return false };
        let offer_id: OfferId = self.chance.mint(now);
        let words = self.offer_words(id, code, now);
        let urgent = matches!(self.cases[&id].ticket.urgency, Urgency::P1 | Urgency::P2);
        let notice = Notice::new(phone.clone(), words).about(id);
        let notice = Notice { offer: Some(offer_id), not_after: Some(expires_at), at_once: urgent, ..notice };
        let by_call = !phone.is_mobile();
        let text = self.send(notice, now);
        let ring = by_call.then(|| Ring::new(HelperCall::Offer, now));
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
            ring,
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
            case.standby.retain(|(waiting, _)| *waiting != volunteer);
            case.offers.push(offer);
        }
        true
    }

    /// Whoever is being asked reads the time that holds now, once, under their code; and has as long to answer as what it
    /// has become leaves them.
    pub(super) fn tell_whom_is_asked_the_time(&mut self, id: TicketId, now: Timestamp) {
        let Some(window) = self.cases[&id].ticket.window else { return };
        let open: Vec<Offer> =
            self.cases[&id].offers.iter().filter(|offer| offer.state.is_open()).cloned().collect();
        for offer in open {
            let expires_at = offer.expires_at.min(now + self.wave_length_of(id));
            let read = offer.sent_at.is_some();
            let words = if read {
                Words::TimeChanged {
                    code: offer.code.to_string(),
                    area: self.street_words(id),
                    category: self.category_words(self.cases[&id].ticket.category.as_ref(), Language::Zh),
                    window: self.window_words(window, Language::Zh, now),
                }
            } else {
                // What has not left yet is replaced whole.
                self.draft.cancelled_texts.extend(offer.text);
                self.offer_words(id, offer.code, now)
            };
            let urgent = matches!(self.cases[&id].ticket.urgency, Urgency::P1 | Urgency::P2);
            let notice = Notice::new(offer.phone.clone(), words).about(id);
            let notice = Notice {
                offer: Some(offer.id),
                not_after: Some(expires_at),
                at_once: urgent || notice.at_once,
                ..notice
            };
            let text = self.send(notice, now);
            let Some(asked) = self.case_mut(id).and_then(|case| case.offer_mut(offer.id)) else { continue };
            asked.expires_at = expires_at;
            if !read && text.is_some() {
                asked.text = text;
            }
            if asked.ring.is_none() && !offer.phone.is_mobile() {
                asked.ring = Some(Ring::new(HelperCall::Offer, now));
            }
            if let (Some(text), false) = (text, read) {
                self.offer_of_text.insert(text, offer.id);
            }
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
            ReplyCode::OFFERS.map(ReplyCode).filter(|code| !used.contains(code)).collect();
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
}

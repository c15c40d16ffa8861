//! Texts that come in: whose they are, which offer they mean, and what follows (DOMAIN §5).

use serde_json::json;

use super::Desk;
use super::callbacks::Wish as CallbackWish;
use super::history::{Entity, EventKind, Line};
use super::notices::Notice;
use crate::domain::assignment::{Assignment, AssignmentState};
use crate::domain::callback::CallbackReason;
use crate::domain::ids::{OfferId, TicketId, VolunteerId};
use crate::domain::message::{InboundText, TextReport, TextState};
use crate::domain::offer::{Offer, OfferState, ReplyCode};
use crate::domain::person::Known;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::timestamp::Timestamp;
use crate::domain::volunteer::DutyState;
use crate::text::meaning::{About, BareAnswers, Candidate, Meant, Standing, meant};
use crate::text::reply::{Reply, Verb, parse};
use crate::text::templates::offer_list;
use crate::text::words::Words;

impl Desk {
    pub(super) fn text_arrived(&mut self, text: &InboundText, known: &Known, now: Timestamp) {
        self.draft.handled_texts.push(text.clone());
        let reply = parse(&text.body);
        let subject = known.registered().filter(|_| !known.is_household()).map(|person| person.person);
        let volunteers = self.volunteers_of(&text.from);
        let detail = json!({ "words": text.body, "from": text.from });
        let entity = volunteers.first().map_or(Entity::Desk, |id| Entity::Volunteer(*id));
        self.tell(Line::new(EventKind::TextReceived, entity, detail).of(subject), now);
        let candidates = self.candidates_of(&text.from, now);
        if self.task_with_words(text, &reply, &candidates, now) {
            return;
        }
        match &reply {
            Reply::Order { .. } | Reply::TwoWays { .. } => self.order(text, &reply, &candidates, now),
            Reply::OnlyCode(code) if self.names_the_offers(&text.from, Some(*code), &candidates, now) => {}
            Reply::OnlyCode(code) if ReplyCode::TASKS.contains(&code.0) => {
                let theirs = candidates.iter().any(|candidate| candidate.code == *code);
                if theirs {
                    let words = Words::HelpTask { code: code.to_string() };
                    self.send(Notice::new(text.from.clone(), words), now);
                } else {
                    // Of a number that no task had it says nothing at all.
                    self.unknown_text(text, known, now);
                }
            }
            Reply::OnlyCode(code) => {
                let words = Words::SendOneOrTwo { code: code.to_string() };
                self.send(Notice::new(text.from.clone(), words), now);
            }
            Reply::SoftYes { code } if self.names_the_offers(&text.from, *code, &candidates, now) => {}
            Reply::SoftYes { code } => {
                let code = code.or_else(|| Self::only_open_code(&candidates));
                let words = match code {
                    Some(code) => Words::SendOneOrTwo { code: code.to_string() },
                    None => Words::NothingOpen { station_number: self.line_for(&text.from) },
                };
                self.send(Notice::new(text.from.clone(), words), now);
            }
            Reply::OnDuty => self.text_duty(&text.from, DutyState::On, now),
            Reply::OffDuty => self.text_duty(&text.from, DutyState::Off, now),
            Reply::OptOut => self.text_opt_out(&text.from, now),
            Reply::Wish { wish, number } => self.resident_wish(&text.from, *wish, *number, known, now),
            Reply::Letter(letter) => self.survey_letter(&text.from, *letter, now),
            Reply::Unknown => self.unknown_text(text, known, now),
        }
    }

    /// An order about one of the offers or tasks of this number.
    fn order(&mut self, text: &InboundText, reply: &Reply, candidates: &[Candidate], now: Timestamp) {
        let offers = &self.rules.policy.offers;
        let bare = BareAnswers { after: offers.bare_answer_after, quiet: offers.bare_answer_quiet };
        match meant(reply, candidates, bare, text.received_at) {
            Meant::This { about: About::Offer(offer), verb } => {
                self.order_about(&text.from, offer, verb, now)
            }
            Meant::This { about: About::Task(task), verb } => {
                if let Some(notice) = self.find_task_notice(&text.from, task) {
                    self.task_order(&notice, verb, "", now);
                }
            }
            Meant::Ambiguous(of) => self.ask_which(&text.from, &of, now),
            Meant::TooSoon(about) => self.ask_which(&text.from, &[about], now),
            Meant::Nothing if asks_for_person(reply) => self.rings_back(&text.from, None, now),
            Meant::Nothing if self.is_helper_and_resident(&text.from) => {
                let words = Words::HelperOrResident { station_number: self.line_for(&text.from) };
                self.send(Notice::new(text.from.clone(), words), now);
            }
            Meant::NoSuchCode(code) if self.names_the_offers(&text.from, Some(code), candidates, now) => {}
            Meant::NoSuchCode(_) | Meant::Nothing | Meant::NotAnOrder => {
                let words = Words::NothingOpen { station_number: self.line_for(&text.from) };
                self.send(Notice::new(text.from.clone(), words), now);
            }
        }
    }

    /// Every offer and task of a number that is open, being worked on, or ended within seven days.
    pub(super) fn candidates_of(&self, phone: &PhoneNumber, now: Timestamp) -> Vec<Candidate> {
        let remembered = self.rules.policy.offers.code_rest;
        let ids = self.offers_by_phone.get(phone).into_iter().flatten();
        let standing = |(ticket, offer): &(TicketId, OfferId)| {
            let case = self.cases.get(ticket)?;
            let offer = case.offers.iter().find(|o| o.id == *offer)?;
            let visit = case.assignments.iter().find(|a| a.offer == Some(offer.id));
            let standing = match (offer.state, visit) {
                (OfferState::Accepted, Some(visit)) if visit.state.is_live() => {
                    Standing::Mine { since: visit.accepted_at }
                }
                (state, _) if state.is_open() => Standing::Open { sent_at: offer.sent_at },
                (_, visit) => {
                    let at = visit.and_then(|v| v.ended_at).or(offer.ended_at).unwrap_or(offer.created_at);
                    if at + remembered <= now {
                        return None;
                    }
                    Standing::Ended { at }
                }
            };
            Some(Candidate { about: About::Offer(offer.id), code: offer.code, standing })
        };
        ids.filter_map(standing).chain(self.task_candidates(phone, now)).collect()
    }

    fn order_about(&mut self, from: &PhoneNumber, offer: OfferId, verb: Verb, now: Timestamp) {
        let Some((ticket, found)) = self.find_offer(offer) else { return };
        let visit = self.visit_of(ticket, offer);
        let code = found.code.to_string();
        let live = visit.filter(|visit| visit.state.is_live());
        match (verb, live) {
            (Verb::Accept, Some(visit)) if visit.is_asked_after() => {
                self.visitor_is_well(ticket, visit.id, now);
                self.send(Notice::new(from.clone(), Words::WellNoted { code }).about(ticket), now);
            }
            (Verb::Accept, Some(visit)) => {
                self.visit_confirmed(ticket, visit.id, now);
                self.send_details(ticket, &visit, now);
            }
            (Verb::Accept, None) => self.offer_accepted(ticket, offer, now),
            (Verb::Decline, Some(visit)) => self.cannot_come(from, ticket, &visit, code, now),
            (Verb::Decline, None) => self.offer_declined(ticket, offer, now),
            (Verb::Done | Verb::Arrived | Verb::Late, Some(visit)) if self.waits_for_partner(&visit) => {
                self.tell_to_wait(ticket, &visit, now);
            }
            (Verb::Arrived | Verb::Late, Some(visit)) if self.is_left_alone(&visit) => {
                self.wait_for_another(ticket, &visit, now);
            }
            (Verb::Done | Verb::Arrived, Some(visit)) if self.is_too_early(&visit, verb) => {
                self.send_details(ticket, &visit, now);
            }
            (Verb::Done, Some(visit)) => {
                self.visit_done(ticket, visit.id, now);
                self.send(Notice::new(from.clone(), Words::DoneNoted { code }).about(ticket), now);
            }
            (Verb::Arrived, Some(visit)) => {
                self.visit_arrived(ticket, visit.id, now);
                self.send(Notice::new(from.clone(), Words::ArrivedNoted { code }).about(ticket), now);
            }
            (Verb::Late, Some(visit)) => {
                self.visit_late(ticket, visit.id, now);
                self.send(Notice::new(from.clone(), Words::LateNoted { code }).about(ticket), now);
            }
            (Verb::Person, _) => self.rings_back(from, Some(ticket), now),
            (Verb::Done | Verb::Arrived | Verb::Late, None) => {
                self.send(Notice::new(from.clone(), Words::OfferOver { code }).about(ticket), now);
            }
        }
    }

    /// A no after the yes: asked once, believed the second time.
    fn cannot_come(
        &mut self,
        from: &PhoneNumber,
        ticket: TicketId,
        visit: &Assignment,
        code: String,
        now: Timestamp,
    ) {
        if self.cannot_asked.insert(visit.id) {
            self.send(Notice::new(from.clone(), Words::ConfirmCannot { code }).about(ticket), now);
        } else {
            self.visit_failed(ticket, visit.id, AssignmentState::Aborted, now);
            self.send(Notice::new(from.clone(), Words::CannotNoted { code }).about(ticket), now);
        }
    }

    /// 0: a person rings back, of the ticket's station, else of their own, else of the district.
    pub(super) fn rings_back(&mut self, from: &PhoneNumber, ticket: Option<TicketId>, now: Timestamp) {
        let owner = ticket.and_then(|id| self.cases.get(&id)).map(|case| case.ticket.owner);
        let home = self.roster.by_phone(from).next().map(|volunteer| volunteer.home_station);
        let home = home.filter(|home| self.stations.contains_key(home));
        let Some(station) = owner.or(home).or_else(|| self.district_station()) else { return };
        let wish =
            CallbackWish { ticket, ..CallbackWish::new(from.clone(), station, CallbackReason::Requested) };
        self.request_callback(wish, now);
        let words = Words::PersonRingsBack { station_number: self.number_of(station) };
        self.send(Notice { ticket, ..Notice::new(from.clone(), words) }, now);
    }

    /// Whether a number is a volunteer's and has a ticket of its own: a word without a code may be about either.
    pub(super) fn is_helper_and_resident(&self, from: &PhoneNumber) -> bool {
        let open = |id: &TicketId| self.cases.get(id).is_some_and(|case| case.ticket.state.is_open());
        self.roster.by_phone(from).next().is_some()
            && self.tickets_by_caller.get(from).is_some_and(|tickets| tickets.iter().any(open))
    }

    pub(super) fn ask_which(&mut self, from: &PhoneNumber, of: &[About], now: Timestamp) {
        let found: Vec<(TicketId, ReplyCode, bool)> = of
            .iter()
            .filter_map(|about| match about {
                About::Offer(offer) => self.find_offer(*offer).map(|(ticket, o)| (ticket, o.code, false)),
                About::Task(task) => self.find_task_notice(from, *task).map(|n| (n.ticket, n.code, true)),
            })
            .collect();
        let Some((ticket, first, _)) = found.first().copied() else { return };
        let about: Vec<String> = found
            .iter()
            .map(|(ticket, _, _)| {
                let category = self.cases[ticket].ticket.category.as_ref();
                let words = self.category_words(category, crate::domain::language::Language::Zh);
                format!("{} {words}", self.street_words(*ticket))
            })
            .collect();
        let codes = found.iter().map(|(_, code, _)| *code);
        let list = offer_list(codes.zip(about.iter().map(String::as_str)));
        let code = first.to_string();
        let words = if found.iter().any(|(_, _, task)| *task) {
            Words::WhichTask { list, code }
        } else {
            Words::WhichOffer { list, code }
        };
        self.send(Notice::new(from.clone(), words).about(ticket), now);
    }

    fn only_open_code(candidates: &[Candidate]) -> Option<ReplyCode> {
        let mut open = candidates.iter().filter(|c| matches!(c.standing, Standing::Open { .. }));
        let only = open.next()?;
        open.next().is_none().then_some(only.code)
    }

    fn volunteers_of(&self, phone: &PhoneNumber) -> Vec<VolunteerId> {
        self.roster.by_phone(phone).map(|volunteer| volunteer.id).collect()
    }

    pub(super) fn find_offer(&self, id: OfferId) -> Option<(TicketId, Offer)> {
        let ticket = *self.ticket_of_offer.get(&id)?;
        let offer = self.cases.get(&ticket)?.offers.iter().find(|offer| offer.id == id)?;
        Some((ticket, offer.clone()))
    }

    pub(super) fn visit_of(&self, ticket: TicketId, offer: OfferId) -> Option<Assignment> {
        let case = self.cases.get(&ticket)?;
        case.assignments.iter().rev().find(|assignment| assignment.offer == Some(offer)).cloned()
    }

    fn text_duty(&mut self, from: &PhoneNumber, duty: DutyState, now: Timestamp) {
        for volunteer in self.volunteers_of(from) {
            if duty == DutyState::On && self.roster.find(volunteer).is_some_and(|v| v.opted_out) {
                self.roster.opt_in(volunteer);
                self.tell(Line::new(EventKind::OptedIn, Entity::Volunteer(volunteer), json!({})), now);
            }
            self.roster.set_duty(volunteer, duty);
            self.touch_volunteer(volunteer);
            let line = Line::new(EventKind::DutyChanged, Entity::Volunteer(volunteer), json!({ "to": duty }));
            self.tell(line, now);
        }
        let words = if duty == DutyState::On { Words::OnDuty {} } else { Words::OffDuty {} };
        self.send(Notice::new(from.clone(), words), now);
    }

    fn text_opt_out(&mut self, from: &PhoneNumber, now: Timestamp) {
        for volunteer in self.volunteers_of(from) {
            self.roster.opt_out(volunteer);
            self.touch_volunteer(volunteer);
            self.tell(Line::new(EventKind::OptedOut, Entity::Volunteer(volunteer), json!({})), now);
        }
        self.send(Notice::new(from.clone(), Words::OptOutConfirmed {}), now);
        let open: Vec<(TicketId, OfferId)> =
            self.offers_by_phone.get(from).into_iter().flatten().copied().collect();
        for (ticket, offer) in open {
            if self.find_offer(offer).is_some_and(|(_, o)| o.state.is_open()) {
                self.offer_declined(ticket, offer, now);
            }
        }
    }

    /// The number somebody who wrote may ring: their station's, else the district's.
    pub(super) fn line_for(&self, from: &PhoneNumber) -> String {
        let home = self.roster.by_phone(from).next();
        let station = home.map(|v| v.home_station).or_else(|| self.district_station());
        station.map_or_else(String::new, |station| self.number_of(station))
    }

    /// What the centre said of a text: an offer counts from the moment its last part went out.
    pub(super) fn text_reported(&mut self, report: &TextReport, now: Timestamp) {
        let Some(&offer) = self.offer_of_text.get(&report.id) else { return self.task_reported(report) };
        let Some((ticket, found)) = self.find_offer(offer) else { return };
        if !found.state.is_open() {
            return;
        }
        match report.state {
            TextState::Sent | TextState::Delivered => {
                if let Some(offer) = self.case_mut(ticket).and_then(|case| case.offer_mut(offer)) {
                    offer.sent_at = offer.sent_at.or(Some(report.at));
                    offer.state = match report.state {
                        TextState::Delivered => OfferState::Delivered,
                        TextState::Waiting
                        | TextState::Sent
                        | TextState::Failed
                        | TextState::Cancelled
                        | TextState::Expired => offer.state.max(OfferState::Sent),
                    };
                }
            }
            TextState::Failed | TextState::Expired => self.offer_failed(ticket, offer, now),
            TextState::Waiting | TextState::Cancelled => {}
        }
    }
}

fn asks_for_person(reply: &Reply) -> bool {
    matches!(reply, Reply::Order { verb: Verb::Person, .. })
}

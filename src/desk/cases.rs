//! The life of a case between events: its next deadline, what falls due, and when the desk forgets it.

use std::time::Duration;

use super::Desk;
use super::draft::Draft;
use super::event::RecordChange;
use super::history::Line;
use super::put_off::put_off_deadline;
use super::visits::visit_deadline;
use super::write::VolunteerStanding;
use crate::domain::actor::Actor;
use crate::domain::assignment::AssignmentKind;
use crate::domain::category::{Category, MISSED_CARE_CALL};
use crate::domain::clocks::Clock;
use crate::domain::ids::{JurisdictionId, StationId, TicketId, VolunteerId};
use crate::domain::number_mark::NumberMark;
use crate::domain::person::KnownPerson;
use crate::domain::safety::{self, VisitFacts};
use crate::domain::station::Station;
use crate::domain::survey::{Survey, SurveyState};
use crate::domain::ticket::{Channel, TicketState, Window};
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Tier;
use crate::ivr::context::SpokenWindow;

/// A ticket that is late in everything is looked at again this much later.
const LOOK_AGAIN: Duration = Duration::from_secs(24 * 3600);

impl Desk {
    /// Writes a line of history.
    pub(super) fn tell(&mut self, line: Line, now: Timestamp) {
        let jurisdiction = self.jurisdiction_of_line(&line);
        self.draft.lines.push(line.at(now, jurisdiction));
    }

    fn jurisdiction_of_line(&self, line: &Line) -> JurisdictionId {
        let case = line.ticket.and_then(|id| self.cases.get(&id));
        case.map_or_else(|| self.jurisdiction.clone(), |case| case.ticket.jurisdiction.clone())
    }

    /// When a case has to be looked at again.
    pub(super) fn case_deadline(&self, id: TicketId, now: Timestamp) -> Option<Timestamp> {
        let case = self.cases.get(&id)?;
        if case.is_over() {
            let forgotten = case.ticket.closed_at? + self.rules.policy.tickets.reopen_within;
            let forgotten =
                if self.is_owed_with_another(id) { forgotten.max(now + LOOK_AGAIN) } else { forgotten };
            return Some(case.next_ring().map_or(forgotten, |ring| ring.min(forgotten)));
        }
        let progress = &case.ticket.progress;
        let clocks = case.ticket.clocks.iter().filter_map(Clock::next_breach);
        let clocks = clocks.chain(case.co_clocks().filter_map(Clock::next_breach));
        let offers = case.offers.iter().filter(|o| o.state.is_open()).map(|o| o.expires_at);
        let suspended = case.ticket.state == TicketState::Suspended;
        let looked_after = if suspended { put_off_deadline } else { visit_deadline };
        let visits = case.assignments.iter().filter_map(|a| looked_after(case, a, &self.rules.policy));
        let survey = case.survey.as_ref().and_then(survey_deadline);
        let alarm = progress.alarm.map(|alarm| alarm.next_at);
        let rungs = self.next_rung(id, now).into_iter().map(|due| due.at);
        let next = clocks
            .chain(offers)
            .chain(visits)
            .chain(survey)
            .chain(alarm)
            .chain(case.next_ring())
            .chain(progress.tell_who_comes_at)
            .chain(progress.resume_at)
            .chain(case.triage_next_at())
            .chain(progress.objections.iter().filter_map(|objection| objection.next_at()))
            .chain(progress.supervision_due)
            .chain(rungs)
            .min();
        // Whatever is late in everything is not forgotten: it is looked at again until it is closed.
        Some(next.unwrap_or(now + LOOK_AGAIN))
    }

    /// Merged into a ticket that is open: whoever rang for it is called when that one is over.
    fn is_owed_with_another(&self, id: TicketId) -> bool {
        let stands_for = self.stands_for(id);
        stands_for != id && self.cases.get(&stands_for).is_some_and(|case| case.ticket.state.is_open())
    }

    /// Something of the case falls due.
    pub(super) fn case_due(&mut self, id: TicketId, now: Timestamp) {
        // Touched, so that its deadline is reckoned anew even when nothing comes of it.
        let Some(case) = self.case_mut(id) else { return };
        let rests = &mut case.ticket.progress.ladder_rests_until;
        *rests = rests.filter(|until| *until > now);
        let said = (self.draft.lines.len(), self.draft.effects.len());
        self.check_rings(id, now);
        let Some(case) = self.cases.get(&id) else { return };
        if case.is_over() {
            let long_ago = |at| at + self.rules.policy.tickets.reopen_within <= now;
            if case.ticket.closed_at.is_some_and(long_ago) && !self.is_owed_with_another(id) {
                self.to_forget.push(id);
            }
            return;
        }
        let resume = case.ticket.progress.resume_at.is_some_and(|at| at <= now);
        if resume {
            // A ticket that left suspension another way is not resumed.
            let _refused = self.resume(id, &Actor::SYSTEM, now).err();
        }
        self.check_clocks(id, now);
        self.check_triage(id, now);
        self.check_objection(id, now);
        self.check_supervision(id, now);
        self.check_offers(id, now);
        self.check_visits(id, now);
        self.check_rings(id, now);
        self.check_who_comes(id, now);
        self.check_survey(id, now);
        self.climb(id, now);
        self.check_alarm(id, now);
        let only_late = self.case_deadline(id, now) == Some(now + LOOK_AGAIN);
        let quiet = said == (self.draft.lines.len(), self.draft.effects.len());
        if only_late && quiet {
            self.remind_of_late(id, now);
        }
    }

    /// Nothing is left to happen by itself: supervision rises, and whoever owes the answer is told of it, day after day.
    fn remind_of_late(&mut self, id: TicketId, now: Timestamp) {
        let level = self.cases[&id].ticket.supervision;
        self.supervise(id, level.saturating_add(1), &Actor::SYSTEM, "late_in_everything", now);
        let ticket = &self.cases[&id].ticket;
        if ticket.supervision == level {
            self.tell_supervised(id, ticket.owner, now);
        }
    }

    /// The topmost station of the desk's jurisdiction.
    pub(super) fn district_station(&self) -> Option<StationId> {
        self.stations.values().find(|station| station.tier == Tier::District).map(|station| station.id)
    }

    /// The stations, as the desk knows them.
    pub fn stations(&self) -> impl Iterator<Item = &Station> {
        self.stations.values()
    }

    pub(super) fn put_station(&mut self, station: &Station) {
        self.help_numbers.put(&station.help_number, station.id, &self.rules.numbering);
        self.tree.put(station);
        self.stations.insert(station.id, station.clone());
    }

    pub(super) fn record_changed(&mut self, change: &RecordChange, now: Timestamp) {
        match change {
            RecordChange::Volunteer(volunteer) => {
                self.roster.put(volunteer.as_ref().clone());
            }
            RecordChange::Volunteers(volunteers) => {
                for volunteer in volunteers {
                    self.roster.put(volunteer.clone());
                }
            }
            RecordChange::Settings(change) => self.settings_changed(change, now),
            RecordChange::Station(station) => self.put_station(station),
            RecordChange::Stations(stations) => {
                for station in stations {
                    self.put_station(station);
                }
            }
            RecordChange::Areas(areas) => self.put_areas(areas),
            RecordChange::Institutions(institutions) => {
                for institution in institutions {
                    self.institutions.put(institution.clone());
                }
            }
            // Facts are attached to events; there is no copy to renew.
            RecordChange::Operators(records) => self.put_operators(records, now),
            RecordChange::CarePlans(plans) => self.put_care_plans(plans, now),
            RecordChange::People { .. } => {}
        }
    }

    pub(super) fn touch_volunteer(&mut self, volunteer: VolunteerId) {
        self.draft.volunteers_touched.insert(volunteer, ());
    }

    pub(super) fn standing(&self, volunteer: VolunteerId, now: Timestamp) -> Option<VolunteerStanding> {
        let standing = self.roster.standing(volunteer, now)?;
        Some(VolunteerStanding {
            volunteer: standing.volunteer,
            duty: standing.duty,
            opted_out: standing.opted_out,
            last_assigned_at: standing.last_assigned_at,
            resting_until: standing.resting_until,
            answers: standing.answers,
            rating: standing.rating,
        })
    }

    /// When a rest ends and the volunteer's row has to say so.
    pub(super) fn rest_ends(&self, volunteer: VolunteerId, now: Timestamp) -> Option<Timestamp> {
        self.roster.find(volunteer)?.resting_until.filter(|until| *until > now)
    }

    pub(super) fn volunteer_due(&mut self, volunteer: VolunteerId, _now: Timestamp) {
        self.touch_volunteer(volunteer);
    }

    /// Two people go: SAF-4.
    pub(super) fn needs_two(
        &self,
        category: Option<&Category>,
        channel: Channel,
        (person, address): (Option<&KnownPerson>, Option<&str>),
        window: Option<Window>,
        now: Timestamp,
    ) -> bool {
        let Some(category) =
            category.filter(|row| row.persons > 0 && row.assignment != AssignmentKind::Phone)
        else {
            return false;
        };
        let calendar = &self.rules.calendar;
        let window = window.unwrap_or(Window { from: now, until: now });
        let from = window.from.max(now);
        let hours = calendar.hours_touched(Window { from, until: window.until.max(from) });
        let facts = VisitFacts {
            category,
            unknown_home: category.needs_address && is_unknown_home(person, address),
            flags: person.map_or(&[], |person| person.flags.as_slice()),
            hours: &hours,
            concerns_minor: self.child_age(Some(category), person, now).is_some(),
            // Why they did not answer is not known, whatever the ticket is called later.
            missed_care_call: channel == Channel::CareCall || category.code.as_str() == MISSED_CARE_CALL,
        };
        safety::needs_two(&facts, &self.rules.policy).is_some()
    }

    /// A window for work that starts over: the category's default from now on.
    pub(super) fn renew_window(&mut self, id: TicketId, now: Timestamp) {
        let Some(category) = self.category_of(id) else { return };
        let urgency = self.cases[&id].ticket.urgency;
        let window = self.default_window(&category, urgency, now);
        if let Some(case) = self.case_mut(id) {
            case.ticket.window = window;
        }
    }

    pub(super) fn spoken(&self, window: Window, now: Timestamp) -> SpokenWindow {
        let civil = |at: Timestamp| self.rules.calendar.date_time(at);
        SpokenWindow { from: civil(window.from), until: civil(window.until), today: civil(now).date() }
    }

    /// Lets go of what has ended: calls that are over, requests that are done, tickets past reopening.
    pub(super) fn forget_the_ended(&mut self, draft: &Draft) {
        for id in draft.calls_before.keys() {
            let ended = self.calls.get(id).is_some_and(|live| live.call.ended_at.is_some());
            let gone = if ended { self.calls.remove(id) } else { None };
            if ended {
                self.queue.remove(id);
            }
            self.ended_attempts.extend(gone.and_then(|live| live.attempt));
        }
        while self.ended_attempts.len() > super::REMEMBERED_ATTEMPTS {
            if let Some(attempt) = self.ended_attempts.pop_front() {
                self.attempts.remove(&attempt);
            }
        }
        for id in draft.callbacks_before.keys() {
            if self.callbacks.get(id).is_some_and(|request| !request.state.is_open())
                && let Some(recording) = self.callbacks.remove(id).and_then(|request| request.recording)
            {
                self.recordings.remove(&recording);
            }
        }
        for id in draft.care_before.keys() {
            if self.care_calls.get(id).is_some_and(|care| !care.state.is_open()) {
                self.care_calls.remove(id);
            }
        }
        for number in draft.marks_before.keys() {
            if self.marks.get(number).is_some_and(NumberMark::is_blank) {
                self.marks.remove(number);
            }
        }
        for id in draft.inbox_before.keys() {
            if self.inbox.get(id).is_some_and(|text| text.ended_at.is_some()) {
                self.inbox.remove(id);
            }
        }
        for recording in &draft.recordings {
            if recording.length.is_some() && recording.ticket.is_some() {
                self.recordings.remove(&recording.id);
            }
        }
        for user in std::mem::take(&mut self.operators_gone) {
            self.operators.remove(&user);
        }
        for id in std::mem::take(&mut self.to_forget) {
            self.forget(id);
        }
    }

    fn forget(&mut self, id: TicketId) {
        let Some(case) = self.cases.remove(&id) else { return };
        self.deadlines.set(super::deadlines::Due::Ticket(id), None);
        self.forget_task_notices(&case);
        for offer in &case.offers {
            self.ticket_of_offer.remove(&offer.id);
            if let Some(text) = offer.text {
                self.offer_of_text.remove(&text);
            }
            if let Some(set) = self.offers_by_phone.get_mut(&offer.phone) {
                set.remove(&(id, offer.id));
            }
        }
        if let Some(set) =
            case.ticket.caller.as_ref().and_then(|caller| self.tickets_by_caller.get_mut(caller))
        {
            set.remove(&id);
        }
    }

    pub(super) fn inbound_drained(&mut self, _now: Timestamp) {
        self.texts_are_in();
    }

    /// Offers and surveys need not wait for texts: none are on their way.
    pub fn texts_are_in(&mut self) {
        self.holding_until = None;
    }
}

/// Whether help goes where the register knows of no home of theirs, and nobody has visited them yet where it names none.
fn is_unknown_home(person: Option<&KnownPerson>, address: Option<&str>) -> bool {
    person.is_none_or(|known| match (known.address.as_deref(), address) {
        (Some(home), Some(there)) => home.trim() != there.trim(),
        (Some(_), None) => false,
        (None, _) => known.first_visit,
    })
}

fn survey_deadline(survey: &Survey) -> Option<Timestamp> {
    let waits = match survey.state {
        SurveyState::Planned | SurveyState::Texted | SurveyState::NotAsked => true,
        SurveyState::Asking
        | SurveyState::ForPerson
        | SurveyState::Answered
        | SurveyState::Unreachable
        | SurveyState::Cancelled => false,
    };
    (waits && survey.ended_at.is_none()).then_some(survey.next_try_at)
}

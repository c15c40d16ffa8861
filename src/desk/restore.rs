//! Restoring: the desk built anew from what the store holds, after a start, a crash or a bad step.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::json;

use super::Desk;
use super::appointments::says_the_time;
use super::case::Case;
use super::deadlines::Due;
use super::history::{Entity, EventKind, Line};
use super::rules::Rules;
use super::write::Step;
use crate::domain::actor::Actor;
use crate::domain::assignment::{Assignment, AssignmentState};
use crate::domain::call::{AttemptState, Call, CallAttempt, CallPurpose};
use crate::domain::callback::{CallbackRequest, CallbackState};
use crate::domain::care::{CareCall, PlannedCare};
use crate::domain::category::Catalogue;
use crate::domain::extension::Extension;
use crate::domain::ids::{CallId, Chance, PersonId, StationId, TicketId};
use crate::domain::inbox::InboxText;
use crate::domain::number_mark::NumberMark;
use crate::domain::offer::{Offer, OfferState};
use crate::domain::operator::{OperatorRecord, OperatorStanding, OperatorState};
use crate::domain::person::{Known, KnownPerson};
use crate::domain::queue::{QueueEntry, QueueState};
use crate::domain::recording::Recording;
use crate::domain::register::Institution;
use crate::domain::station::Station;
use crate::domain::survey::{Survey, SurveyState};
use crate::domain::task_notice::TaskNotice;
use crate::domain::ticket::Ticket;
use crate::domain::timestamp::Timestamp;
use crate::domain::volunteer::Volunteer;
use crate::domain::work_item::WorkItem;

/// Texts that waited at the centre are awaited this long before offers and surveys fall due.
pub const DRAIN_AT_MOST: Duration = Duration::from_secs(60);

/// All that lives, as the store holds it.
#[derive(Debug, Clone, Default)]
pub struct Living {
    pub stations: Vec<Station>,
    pub institutions: Vec<Institution>,
    pub volunteers: Vec<Volunteer>,
    /// Open tickets, and closed ones that may still be reopened.
    pub tickets: Vec<Ticket>,
    pub work_items: Vec<WorkItem>,
    pub offers: Vec<Offer>,
    pub assignments: Vec<Assignment>,
    pub task_notices: Vec<TaskNotice>,
    pub surveys: Vec<Survey>,
    pub callbacks: Vec<CallbackRequest>,
    /// All there are, and of each the call that is not over.
    pub care_plans: Vec<PlannedCare>,
    pub care_calls: Vec<CareCall>,
    pub operators: Vec<OperatorRecord>,
    pub standings: Vec<OperatorStanding>,
    /// Extensions of which a telephone is registered.
    pub reachable: BTreeSet<Extension>,
    /// Callers who waited for a person.
    pub queue: Vec<QueueEntry>,
    /// Texts that wait for a person.
    pub inbox: Vec<InboxText>,
    pub marks: Vec<NumberMark>,
    /// Calls without an end.
    pub calls: Vec<Call>,
    /// Tries without an end, and all of the last day.
    pub attempts: Vec<CallAttempt>,
    pub recordings: Vec<Recording>,
    /// The beneficiaries of these tickets.
    pub people: Vec<KnownPerson>,
    /// Of tickets that were opened from a household's number: that household.
    pub households: BTreeMap<TicketId, KnownPerson>,
    pub sequences: Vec<(StationId, u32, u16)>,
    /// Earlier versions of the catalogue that living tickets began with.
    pub catalogues: Vec<Catalogue>,
    /// The last moment the desk is known to have been at work.
    pub last_seen: Option<Timestamp>,
}

/// A call that the telephones still hold although the desk is built anew.
#[derive(Debug, Clone, PartialEq)]
pub struct OnTheLine {
    pub call: CallId,
    /// The call it is joined to: two who talk go on talking.
    pub bridged_with: Option<CallId>,
    /// What the register knows of the caller's number.
    pub known: Known,
}

/// A ticket with whom the register knows of it; of a household's number the home, where it is the ticket's.
fn case_of(
    ticket: Ticket,
    people: &BTreeMap<PersonId, KnownPerson>,
    households: &BTreeMap<TicketId, KnownPerson>,
) -> Case {
    let mut case = Case::new(ticket);
    let household = households.get(&case.ticket.id);
    let home = household.filter(|home| {
        case.ticket.address.is_some() && case.ticket.address == home.address && case.ticket.area == home.area
    });
    case.beneficiary = match case.ticket.beneficiary {
        Some(id) => people.get(&id).cloned(),
        None => home.cloned(),
    };
    case.household = household.is_some();
    case
}

impl Desk {
    /// Builds the desk. `on_the_line` are calls that the telephones still hold (none after a start).
    ///
    /// The step that comes with it ends what the interruption broke: calls that died, tries nobody knows the
    /// outcome of, and offers that lost their time.
    pub fn restore(
        rules: Rules,
        chance: Chance,
        living: Living,
        on_the_line: &[OnTheLine],
        now: Timestamp,
    ) -> (Self, Step) {
        let mut desk = Self::new(rules, chance);
        let outage = living.last_seen.map_or(Duration::ZERO, |at| now.since(at));
        for catalogue in living.catalogues {
            desk.older_catalogues.insert(catalogue.version, catalogue);
        }
        for station in &living.stations {
            desk.put_station(station);
        }
        for institution in living.institutions {
            desk.institutions.put(institution);
        }
        for volunteer in living.volunteers {
            desk.roster.put(volunteer);
        }
        for (station, day, last) in living.sequences {
            desk.sequences.insert((station, day), last);
        }
        for recording in living.recordings {
            desk.recordings.insert(recording.id, recording);
        }
        let people: BTreeMap<_, _> =
            living.people.into_iter().map(|person| (person.person, person)).collect();
        for ticket in living.tickets {
            let case = case_of(ticket, &people, &living.households);
            desk.cases.insert(case.ticket.id, case);
        }
        desk.restore_task_notices(living.task_notices);
        desk.restore_work(living.work_items, living.offers, living.assignments, living.surveys, now);
        for request in living.callbacks {
            desk.callbacks.insert(request.id, request);
        }
        desk.marks = living.marks.into_iter().map(|mark| (mark.number.clone(), mark)).collect();
        for text in living.inbox {
            desk.deadlines.set(Due::Inbox(text.id), text.next_deadline());
            desk.inbox.insert(text.id, text);
        }
        desk.holding_until = Some(now + DRAIN_AT_MOST);
        desk.end_broken_attempts(living.attempts, now);
        desk.resume_surveys(now);
        desk.queue = living.queue.into_iter().map(|entry| (entry.call, entry)).collect();
        desk.reachable = living.reachable;
        desk.restore_operators(living.operators, living.standings, now);
        desk.end_broken_calls(living.calls, on_the_line, now);
        desk.settle_operators(now);
        desk.extend_offers(outage, now);
        desk.restore_care(living.care_plans, living.care_calls, now);
        let detail = json!({ "tickets": desk.cases.len(), "callbacks": desk.callbacks.len() });
        desk.tell(Line::new(EventKind::Restored, Entity::Desk, detail), now);
        let resting: Vec<_> = desk.roster.volunteers().map(|volunteer| volunteer.id).collect();
        for id in resting {
            let ends = desk.rest_ends(id, now);
            desk.deadlines.set(Due::Volunteer(id), ends);
        }
        let ids: Vec<_> = desk.cases.keys().copied().collect();
        for id in ids {
            let due = desk.case_deadline(id, now);
            desk.deadlines.set(Due::Ticket(id), due);
        }
        let requests: Vec<_> =
            desk.callbacks.values().map(|r| (r.id, super::callbacks::deadline(r, now))).collect();
        for (id, due) in requests {
            desk.deadlines.set(Due::Callback(id), due);
        }
        let step = desk.take_step(now);
        // Only now: the step has set the deadlines of all it touched.
        desk.look_at_operators_first(now);
        (desk, step)
    }

    fn restore_task_notices(&mut self, notices: Vec<TaskNotice>) {
        for notice in notices {
            if !self.cases.contains_key(&notice.ticket) {
                continue;
            }
            self.index_task_notice(&notice);
            if let Some(case) = self.cases.get_mut(&notice.ticket) {
                case.task_notices.push(notice);
            }
        }
    }

    fn restore_operators(
        &mut self,
        records: Vec<OperatorRecord>,
        standings: Vec<OperatorStanding>,
        now: Timestamp,
    ) {
        let mut standings: BTreeMap<_, _> = standings.into_iter().map(|it| (it.user, it)).collect();
        for record in records {
            let standing = standings.remove(&record.user);
            self.add_operator(record, standing, now);
        }
    }

    /// What operators were rung for is gone; whoever still talks goes on, who talked writes up.
    fn settle_operators(&mut self, now: Timestamp) {
        let waited: Vec<CallId> =
            self.queue.keys().filter(|call| !self.is_on_the_line(**call)).copied().collect();
        for call in waited {
            self.leave_queue(call, QueueState::Abandoned, now);
        }
        let all: Vec<_> = self.operators.values().map(|it| it.standing.clone()).collect();
        for standing in all {
            let user = standing.user;
            let talks = self.calls.values().any(|live| {
                live.call.operator == Some(user) && live.call.ended_at.is_none() && !live.with.is_empty()
            });
            match standing.state {
                OperatorState::Ringing => self.move_operator(user, OperatorState::Ready, (None, None), now),
                OperatorState::Talking if !talks => {
                    self.move_operator(user, OperatorState::WrapUp, (standing.call, None), now);
                }
                OperatorState::Off
                | OperatorState::Ready
                | OperatorState::Talking
                | OperatorState::WrapUp
                | OperatorState::Away => {}
            }
        }
    }

    /// Whoever waits is looked at in the first tick: a step that restores rings nobody.
    fn look_at_operators_first(&mut self, now: Timestamp) {
        for (user, operator) in &self.operators {
            let ready = operator.standing.state == OperatorState::Ready;
            let next = if ready { Some(now) } else { self.wrap_up_ends(*user) };
            self.deadlines.set(Due::Operator(*user), next);
        }
    }

    fn is_on_the_line(&self, call: CallId) -> bool {
        self.calls.get(&call).is_some_and(|live| live.call.ended_at.is_none())
    }

    fn restore_work(
        &mut self,
        work_items: Vec<WorkItem>,
        offers: Vec<Offer>,
        assignments: Vec<Assignment>,
        surveys: Vec<Survey>,
        now: Timestamp,
    ) {
        for item in work_items {
            if let Some(case) = self.cases.get_mut(&item.ticket) {
                case.work.push(item);
            }
        }
        let stand_by = self.rules.policy.offers.stand_by;
        for offer in offers {
            self.roster.offer_sent(&offer);
            let Some(case) = self.cases.get_mut(&offer.ticket) else { continue };
            self.offers_by_phone.entry(offer.phone.clone()).or_default().insert((offer.ticket, offer.id));
            self.ticket_of_offer.insert(offer.id, offer.ticket);
            if let Some(text) = offer.text {
                self.offer_of_text.insert(text, offer.id);
            }
            match (offer.state, offer.ended_at) {
                // Who could not at a time that is not wanted any more may be asked for the one that is.
                (OfferState::Declined, _) if !says_the_time(&offer, case.ticket.progress.time_agreed_at) => {}
                (OfferState::Declined, _) => {
                    case.declined.insert(offer.volunteer);
                }
                (OfferState::TooLate, Some(at)) if at + stand_by > now => {
                    case.standby.push((offer.volunteer, at + stand_by));
                }
                (
                    OfferState::Draft
                    | OfferState::Sent
                    | OfferState::Delivered
                    | OfferState::Accepted
                    | OfferState::Expired
                    | OfferState::Withdrawn
                    | OfferState::TooLate
                    | OfferState::Failed,
                    _,
                ) => {}
            }
            case.offers.push(offer);
        }
        for assignment in assignments {
            self.roster.assignment(&assignment, &self.rules.policy, now);
            let Some(case) = self.cases.get_mut(&assignment.ticket) else { continue };
            // Who dropped out, and after a redo who helped before, is not asked again.
            let before = case.work_item(assignment.work_item).is_none_or(|item| !item.state.is_live());
            let dropped = matches!(assignment.state, AssignmentState::Aborted | AssignmentState::NoShow)
                || (before && !assignment.state.is_live());
            if let (Some(volunteer), true) = (assignment.volunteer, dropped) {
                case.declined.insert(volunteer);
            }
            case.assignments.push(assignment);
        }
        for survey in surveys {
            if let Some(case) = self.cases.get_mut(&survey.ticket) {
                case.survey = Some(survey);
            }
        }
        let callers: Vec<_> = self
            .cases
            .values()
            .filter_map(|case| Some((case.ticket.verified_caller()?.clone(), case.ticket.id)))
            .collect();
        for (caller, id) in callers {
            self.tickets_by_caller.entry(caller).or_default().insert(id);
        }
    }

    /// A try found open: nobody knows what became of it; its ladder goes on, it is not simply repeated.
    fn end_broken_attempts(&mut self, attempts: Vec<CallAttempt>, now: Timestamp) {
        for attempt in attempts {
            let id = attempt.id;
            if attempt.ended_at.is_some() {
                // Over and done with; it still counts towards what a number is rung in a day.
                self.attempts.insert(id, attempt);
                self.ended_attempts.push_back(id);
                continue;
            }
            self.draft.attempts_before.entry(id).or_insert_with(|| Some(attempt.clone()));
            if let (CallPurpose::WhoComes, Some(ticket)) = (attempt.purpose, attempt.ticket)
                && let Some(case) = self.case_mut(ticket)
            {
                case.ticket.progress.tell_who_comes_at = Some(now);
            }
            self.attempts.insert(
                id,
                CallAttempt { state: AttemptState::Unknown, ended_at: Some(now), ..attempt.clone() },
            );
            self.ended_attempts.push_back(id);
        }
    }

    /// An offer that lost more than a quarter of its life to the outage is extended by it; what is owed to the
    /// resident never is.
    fn extend_offers(&mut self, outage: Duration, now: Timestamp) {
        let open: Vec<_> = self
            .cases
            .values()
            .flat_map(|case| {
                case.offers.iter().filter(|o| o.state.is_open()).map(|o| (case.ticket.id, o.clone()))
            })
            .collect();
        for (ticket, offer) in open {
            let life = offer.expires_at.since(offer.created_at);
            let lost = outage.min(offer.expires_at.since(now - outage));
            if lost > life / 4
                && let Some(offer) = self.case_mut(ticket).and_then(|case| case.offer_mut(offer.id))
            {
                offer.expires_at = offer.expires_at + outage;
            }
        }
    }

    /// A survey or call-back that was being rung when the server stopped takes its next try.
    fn resume_surveys(&mut self, now: Timestamp) {
        let asking: Vec<_> = self
            .cases
            .values()
            .filter(|case| case.survey.as_ref().is_some_and(|s| s.state == SurveyState::Asking))
            .map(|case| case.ticket.id)
            .collect();
        for id in asking {
            self.survey_unanswered(id, now);
        }
        let dialing: Vec<_> =
            self.callbacks.values().filter(|r| r.state == CallbackState::Dialing).map(|r| r.id).collect();
        for id in dialing {
            self.callback_not_reached(id, &Actor::SYSTEM, now);
        }
        // The operator whose telephone rang for it is rung no more; who took it by hand takes it again.
        let offered: Vec<_> =
            self.callbacks.values().filter(|r| r.state == CallbackState::Offered).map(|r| r.id).collect();
        for id in offered {
            self.move_callback(id, CallbackState::Queued, &Actor::SYSTEM, now);
        }
    }
}

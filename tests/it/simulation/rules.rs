//! What must hold after every step, whatever happens in the town.

use std::collections::{BTreeMap, BTreeSet};

use yingda::desk::Desk;
use yingda::desk::deadlines::Due;
use yingda::desk::effect::{Clip, Effect, PhoneEffect};
use yingda::desk::rules::Rules;
use yingda::desk::write::{Step, Write};
use yingda::domain::assignment::HelperCall;
use yingda::domain::call::{Call, CallAttempt, CallDirection, CallPurpose, CallResult};
use yingda::domain::care::{CareAnswer, CareState};
use yingda::domain::category::HandlerKind;
use yingda::domain::ids::{OfferId, TicketId};
use yingda::domain::offer::OfferState;
use yingda::domain::policy::Policy;
use yingda::domain::survey::{Survey, SurveyState};
use yingda::domain::task_notice::TaskNotice;
use yingda::domain::ticket::{Ticket, TicketState};
use yingda::domain::timestamp::Timestamp;
use yingda::domain::transition::derive_state;
use yingda::domain::urgency::Urgency;
use yingda::domain::work_item::{WorkItem, WorkState};

use super::ledger::Ledger;
use super::operators::talks_of;
use super::promises;

/// Applies a step's rows and asserts that nothing it wrote or does breaks a rule.
pub fn keep(ledger: &mut Ledger, rules: &Rules, step: &Step, now: Timestamp) {
    let mut touched = BTreeSet::new();
    let mut newly_accepted = BTreeSet::new();
    for write in &step.writes {
        before_it_is_put(ledger, rules, write, now, &mut touched, &mut newly_accepted);
        if let Write::Assignment(row) = write
            && ledger.assignments.get(&row.id).is_some_and(|was| was.window != row.window)
        {
            ledger.moved.insert(row.id, now);
        }
        ledger.put(write);
    }
    ledger.last_seen = Some(now);
    for write in &step.writes {
        after_all_are_put(ledger, write);
    }
    for id in touched {
        ticket_holds_together(ledger, id);
    }
    for offer in newly_accepted {
        within_the_slots(ledger, offer);
    }
    for effect in &step.effects {
        effect_has_its_rows(ledger, effect);
    }
    if step.writes.iter().any(|write| matches!(write, Write::Call(_))) {
        for record in &ledger.operators {
            let talks = talks_of(ledger, record);
            assert!(talks.len() <= 1, "{} is in {} talks at once", record.extension, talks.len());
        }
    }
}

/// What a row may become, given what it was.
#[expect(clippy::too_many_lines, reason = "one arm a kind of row")]
fn before_it_is_put(
    ledger: &Ledger,
    rules: &Rules,
    write: &Write,
    now: Timestamp,
    touched: &mut BTreeSet<TicketId>,
    newly_accepted: &mut BTreeSet<OfferId>,
) {
    match write {
        Write::Ticket(row) => {
            let before = ledger.tickets.get(&row.id).map_or(0, |ticket| ticket.version);
            assert_eq!(row.version, before + 1, "a ticket's version rises by one: {}", row.number);
            let same = ledger.tickets.values().find(|t| t.number == row.number && t.id != row.id);
            assert!(same.is_none(), "number {} was given twice", row.number);
            touched.insert(row.id);
        }
        Write::WorkItem(row) => drop(touched.insert(row.ticket)),
        Write::Assignment(row) => {
            promises::nobody_is_at_the_door_before_all_who_are_needed_have_said_yes(ledger, row);
            touched.insert(row.ticket);
        }
        Write::TaskNotice(row) => {
            let same = |other: &&TaskNotice| {
                other.id != row.id && other.phone == row.phone && other.code == row.code
            };
            for other in ledger.task_notices.values().filter(same) {
                let rests = other.ended_at.is_none_or(|at| now.since(at) < rules.policy.offers.code_rest);
                let new = !ledger.task_notices.contains_key(&row.id);
                assert!(!(new && rests), "code {} stands for two tasks of one telephone", row.code);
            }
        }
        Write::Offer(row) => {
            let before = ledger.offers.get(&row.id);
            if before.is_none() {
                let same = ledger.offers.values().filter(|o| o.phone == row.phone && o.code == row.code);
                for other in same {
                    let rests = other.ended_at.is_none_or(|at| {
                        other.state.is_open() || now.since(at) < rules.policy.offers.code_rest
                    });
                    assert!(!rests, "code {} stands for two offers of one telephone", row.code);
                }
                promises::nobody_is_asked_in_quiet_hours_for_what_can_wait(ledger, rules, row, now);
            }
            let ended = before.filter(|offer| !offer.state.is_open());
            if let Some(before) = ended {
                let turned = before.state != row.state;
                let late_yes = row.state == OfferState::TooLate || row.state == OfferState::Accepted;
                let was = before.state;
                assert!(!turned || late_yes, "an ended offer went from {was} to {}", row.state);
                assert!(
                    !turned || was != OfferState::Accepted,
                    "an accepted offer was made into {}",
                    row.state
                );
            }
            if row.state == OfferState::Accepted && before.is_none_or(|b| b.state != OfferState::Accepted) {
                newly_accepted.insert(row.id);
            }
        }
        Write::Queue(row) => {
            if let Some(before) = ledger.queue.get(&row.call) {
                assert_eq!(before.queued_at, row.queued_at, "a place was changed");
                let worse = row.said_place.zip(before.said_place).is_some_and(|(now, before)| now > before);
                assert!(!worse, "a caller who was told {before:?} is told {row:?}");
            }
        }
        Write::Attempt(row) if !ledger.attempts.contains_key(&row.id) => {
            rung_within_bounds(ledger, rules, row, now);
        }
        Write::Attempt(_)
        | Write::Call(_)
        | Write::Callback(_)
        | Write::Survey(_)
        | Write::Recording(_)
        | Write::RecordingCut(_)
        | Write::Text(_)
        | Write::CancelText(_)
        | Write::TextReported(_)
        | Write::TextHandled(_)
        | Write::Inbox(_)
        | Write::Excluded { .. }
        | Write::Mark(_)
        | Write::Care(_)
        | Write::Operator(_)
        | Write::CallDisposed { .. }
        | Write::DeviceTested { .. }
        | Write::Duty(_)
        | Write::Sequence { .. }
        | Write::Event(_) => {}
    }
}

/// A machine rings residents in calling hours, nobody oftener than so many times a day, and no volunteer at night about
/// what can wait.
fn rung_within_bounds(ledger: &Ledger, rules: &Rules, row: &CallAttempt, now: Timestamp) {
    let ticket = row.ticket.and_then(|id| ledger.tickets.get(&id));
    let urgent = ticket.is_some_and(|ticket| matches!(ticket.urgency, Urgency::P1 | Urgency::P2));
    let to_resident = match row.purpose {
        CallPurpose::Survey => true,
        CallPurpose::WhoComes => !urgent,
        CallPurpose::CareCall | CallPurpose::CareContact => true,
        CallPurpose::DutyAlarm
        | CallPurpose::Callback
        | CallPurpose::Person
        | CallPurpose::BringIn
        | CallPurpose::Connect
        | CallPurpose::Offer
        | CallPurpose::Helper
        | CallPurpose::Station => false,
    };
    let hour = rules.calendar.next_calling_time(now, &[]);
    assert!(!to_resident || hour == now, "a machine rang a resident outside calling hours");
    let today = rules.calendar.day_around(now);
    // "Are you well?" is about a life: it is counted, and not held back.
    let about_a_life = matches!(row.purpose, CallPurpose::Helper | CallPurpose::Station);
    if row.purpose.is_capped() && !about_a_life {
        let before = ledger.attempts.values().filter(|attempt| {
            attempt.purpose.is_capped()
                && attempt.target == row.target
                && (today.from..today.until).contains(&attempt.started_at)
        });
        let cap = usize::from(rules.policy.calls.machine_calls_per_day);
        assert!(before.count() < cap, "a number was rung by a machine more than {cap} times a day");
    }
    if row.purpose == CallPurpose::Offer && rules.calendar.in_quiet_hours(now) {
        assert!(urgent, "a volunteer was rung at night for what can wait");
        let agreed = ledger.volunteers.values().any(|v| v.phone.as_str() == row.target && v.night_consent);
        assert!(agreed, "a volunteer was rung at night who did not agree to it");
    }
}

/// What must be so once the whole step is in the store.
fn after_all_are_put(ledger: &Ledger, write: &Write) {
    match write {
        Write::Callback(row) if row.state.is_open() => {
            let open =
                ledger.callbacks.values().filter(|r| r.number == row.number && r.state.is_open()).count();
            assert_eq!(open, 1, "one number is owed one call, however often it rang");
        }
        Write::Call(row) => {
            let over = row.ended_at.is_some() && row.direction == CallDirection::Incoming;
            assert!(!over || row.result.is_some(), "a call ended without a result");
        }
        Write::Care(row) => {
            let theirs = ledger.care_calls.values().filter(|care| care.plan == row.plan);
            let open = theirs.filter(|care| care.state.is_open()).count();
            assert_eq!(open, 1, "a plan that goes on has one call");
            let told = match row.state {
                CareState::Well => row.answer == Some(CareAnswer::Well),
                CareState::Helped => row.answer.is_some(),
                CareState::LookedAfter => row.contacts_rung > 0,
                CareState::Missed => row.ticket.is_some_and(|id| ledger.tickets.contains_key(&id)),
                CareState::Planned
                | CareState::Ringing
                | CareState::TryAgain
                | CareState::OnTheLine
                | CareState::ContactRinging
                | CareState::NextContact
                | CareState::ByPerson
                | CareState::Dropped => true,
            };
            assert!(told, "a care call ended and nothing says why: {row:?}");
        }
        Write::Assignment(row) => {
            promises::no_volunteer_has_two_visits_that_overlap(ledger, row);
            let lost = row.ring.is_some_and(|ring| ring.why == HelperCall::Offer);
            assert!(!lost, "a visit is not an offer");
        }
        Write::Text(text) => {
            let offered = text.template == "offer";
            let ticket = text.ticket.and_then(|id| ledger.tickets.get(&id));
            if let (true, Some(address)) = (offered, ticket.and_then(|t| t.address.as_ref())) {
                assert!(!text.body.contains(address.as_str()), "an offer says whose door it is");
            }
            promises::nobody_is_asked_about_a_visit_whose_address_they_were_not_given(ledger, text);
        }
        Write::Callback(_)
        | Write::Attempt(_)
        | Write::Ticket(_)
        | Write::WorkItem(_)
        | Write::Offer(_)
        | Write::TaskNotice(_)
        | Write::Survey(_)
        | Write::Recording(_)
        | Write::RecordingCut(_)
        | Write::CancelText(_)
        | Write::TextReported(_)
        | Write::TextHandled(_)
        | Write::Inbox(_)
        | Write::Excluded { .. }
        | Write::Mark(_)
        | Write::Queue(_)
        | Write::Operator(_)
        | Write::CallDisposed { .. }
        | Write::DeviceTested { .. }
        | Write::Duty(_)
        | Write::Sequence { .. }
        | Write::Event(_) => {}
    }
}

/// A ticket, its work and its helpers tell one story.
fn ticket_holds_together(ledger: &Ledger, id: TicketId) {
    let Some(ticket) = ledger.tickets.get(&id) else { return };
    let work: Vec<WorkItem> = ledger.work.values().filter(|item| item.ticket == id).cloned().collect();
    let live = work.iter().any(|item| item.state.is_live());
    let number = ticket.number;
    assert!(ledger.stations.iter().any(|s| s.id == ticket.owner), "{number} has no owner");
    let wrong = |what: &str| format!("{number} is {} and {what}: {work:#?}", ticket.state);
    match ticket.state {
        TicketState::PendingDispatch
        | TicketState::Offering
        | TicketState::Dispatched
        | TicketState::InProgress => {
            assert!(live, "{}", wrong("nobody works on it"));
            assert_eq!(ticket.state, derive_state(&work), "{}", wrong("its work stands elsewhere"));
        }
        TicketState::Intake
        | TicketState::Handled
        | TicketState::Closed
        | TicketState::Archived
        | TicketState::Merged
        | TicketState::Void => {
            assert!(!live, "{}", wrong("somebody still works on it"));
            let bound = ledger.assignments.values().find(|a| a.ticket == id && a.state.is_live());
            assert_eq!(bound, None, "{}", wrong("somebody is still on the way"));
            let asked = ledger.offers.values().any(|o| o.ticket == id && o.state.is_open());
            assert!(!asked, "{}", wrong("somebody is still being asked"));
        }
        TicketState::Suspended => assert!(live, "{}", wrong("nobody works on it")),
    }
    promises::a_visit_by_two_goes_on_with_two_or_is_offered_again(ledger, ticket, &work);
    promises::a_bound_volunteer_has_work_of_volunteers(ledger, ticket);
    for item in work.iter().filter(|item| item.facility.is_some()) {
        assert_eq!(item.kind, HandlerKind::Institution, "{}", wrong("an institution has a station's work"));
    }
    let nobodys = |item: &&WorkItem| {
        item.kind == HandlerKind::Institution
            && item.facility.is_none()
            && matches!(item.state, WorkState::Sent | WorkState::Working)
    };
    assert!(!work.iter().any(|item| nobodys(&item)), "{}", wrong("no institution was told of its work"));
    assert_eq!(ticket.state.is_open(), ticket.closed_at.is_none(), "{}", wrong("its end is not noted"));
}

/// A yes counts only while a slot is free.
fn within_the_slots(ledger: &Ledger, offer: OfferId) {
    let item = ledger.offers[&offer].work_item;
    let slots = ledger.work[&item].slots;
    let bound = ledger
        .assignments
        .values()
        .filter(|a| a.work_item == item && a.volunteer.is_some() && a.state.is_live())
        .count();
    assert!(bound <= usize::from(slots), "{bound} people were accepted for {slots} slots");
}

/// Remember, then act: what is heard or rung stands in the store before it is.
fn effect_has_its_rows(ledger: &Ledger, effect: &Effect) {
    let Effect::Phone(effect) = effect else { return };
    match effect {
        PhoneEffect::Play { clips, .. } => {
            for number in spoken_numbers(clips) {
                let written = ledger.tickets.values().any(|t| digits(t) == number);
                assert!(written, "number {number} was spoken and is not in the store");
            }
        }
        PhoneEffect::Dial { call, .. } => {
            let written = ledger.attempts.values().any(|attempt| attempt.call == *call);
            assert!(written, "somebody is rung without an attempt in the store");
        }
        PhoneEffect::Ring { .. }
        | PhoneEffect::Answer { .. }
        | PhoneEffect::Reject { .. }
        | PhoneEffect::StopPlay { .. }
        | PhoneEffect::Record { .. }
        | PhoneEffect::StopRecording { .. }
        | PhoneEffect::Hangup { .. }
        | PhoneEffect::Bridge { .. }
        | PhoneEffect::Join { .. }
        | PhoneEffect::Hold { .. }
        | PhoneEffect::Mute { .. }
        | PhoneEffect::TransferOutcome { .. }
        | PhoneEffect::Unbridge { .. } => {}
    }
}

fn digits(ticket: &Ticket) -> String {
    ticket.number.to_string().replace('-', "")
}

/// Runs of thirteen digits after "your number is".
fn spoken_numbers(clips: &[Clip]) -> Vec<String> {
    let mut numbers = Vec::new();
    let mut run: Option<String> = None;
    for clip in clips {
        let Clip::Sound { id, .. } = clip else { continue };
        match (id.strip_prefix("digits/"), &mut run) {
            (Some(digit), Some(run)) => run.push_str(digit),
            (None, _) if id == "ticket-number-is" => run = Some(String::new()),
            (None, Some(_)) => numbers.extend(run.take().filter(|run| run.len() == 13)),
            (Some(_) | None, None) => {}
        }
    }
    numbers.extend(run.filter(|run| run.len() == 13));
    numbers
}

/// Every open thing will be looked at again; nothing that is over is.
pub fn everything_has_a_deadline(desk: &Desk, ledger: &Ledger) {
    for ticket in ledger.tickets.values().filter(|ticket| ticket.state.is_open()) {
        let due = desk.deadline_of(Due::Ticket(ticket.id));
        assert!(due.is_some(), "{} is {} and nothing is due on it", ticket.number, ticket.state);
        let (causes, late) = (causes(ledger, ticket), ticket.clocks.iter().any(|c| c.breached_at.is_some()));
        let by_person = ticket.progress.triage.is_some();
        let (number, state) = (ticket.number, ticket.state);
        assert!(causes > 0 || late || by_person, "{number} is {state}, late in nothing, and nothing is owed");
    }
    for survey in ledger.surveys.values().filter(|survey| survey.state == SurveyState::Asking) {
        let rung = |attempt: &&CallAttempt| {
            attempt.ticket == Some(survey.ticket)
                && attempt.purpose == CallPurpose::Survey
                && ledger.calls.get(&attempt.call).is_none_or(|call| call.ended_at.is_none())
        };
        let open = ledger.tickets.get(&survey.ticket).is_some_and(|t| t.state == TicketState::Handled);
        assert!(
            !open || ledger.attempts.values().any(|a| rung(&a)),
            "{survey:?} is asked and nobody is rung"
        );
    }
    for entry in ledger.queue.values().filter(|entry| entry.ended_at.is_none()) {
        assert!(desk.deadline_of(Due::Call(entry.call)).is_some(), "{entry:?} has no deadline");
    }
    for care in ledger.care_calls.values().filter(|care| care.state.is_open()) {
        let due = desk.deadline_of(Due::Care(care.id));
        assert_eq!(due, Some(care.next_at), "a care call that is {} is looked at then", care.state);
    }
    for request in ledger.callbacks.values().filter(|request| request.state.is_open()) {
        let due = desk.deadline_of(Due::Callback(request.id));
        assert!(due.is_some(), "a call-back that is {} has no deadline", request.state);
    }
}

/// What will happen by itself on a ticket, a look at what is late not counted: clocks that run, people asked, on their
/// way or to be rung, a survey's hour, an alarm, the end of a pause.
fn causes(ledger: &Ledger, ticket: &Ticket) -> usize {
    let id = ticket.id;
    let clocks = ticket.clocks.iter().filter(|clock| clock.next_breach().is_some()).count();
    let offers = ledger.offers.values().filter(|o| o.ticket == id && o.state.is_open()).count();
    let visits = ledger.assignments.values().filter(|a| a.ticket == id && a.state.is_live()).count();
    let waits = |survey: &&Survey| survey.ticket == id && survey.ended_at.is_none();
    let surveys = ledger.surveys.values().filter(waits).count();
    let progress = &ticket.progress;
    let moments = [progress.alarm.map(|alarm| alarm.next_at), progress.resume_at, progress.tell_who_comes_at];
    clocks + offers + visits + surveys + moments.iter().flatten().count()
}

/// At the end of the day the figures balance: what each call came to is there, and what is there came from somewhere.
pub fn figures_balance(ledger: &Ledger) {
    let over = |call: &&Call| call.ended_at.is_some() && call.direction == CallDirection::Incoming;
    let mut to_tickets = 0;
    let mut to_requests = BTreeMap::new();
    for call in ledger.calls.values().filter(over) {
        let result = call.result.expect("a call ended without a result");
        match result {
            CallResult::Ticket => {
                to_tickets += 1;
                let ticket = call.ticket.expect("a call came to no ticket in particular");
                assert!(ledger.tickets.contains_key(&ticket), "a call came to a ticket that is not there");
            }
            CallResult::Callback => {
                let number = call.number.clone().expect("nobody can be rung back without a number");
                *to_requests.entry(number).or_insert(0) += 1;
            }
            CallResult::Disposition => assert!(call.disposition.is_some(), "why no ticket was needed"),
            CallResult::LostAnonymous => assert_eq!(call.number, None, "a number could be rung back"),
            CallResult::Short | CallResult::Announcement | CallResult::Refused => {
                assert_eq!(call.ticket, None, "a call that counts for nothing has a ticket");
            }
            CallResult::Completed | CallResult::NotReached => panic!("somebody rang us: {result}"),
        }
    }
    let opened = ledger.tickets.values().filter_map(|ticket| ticket.call);
    let opened = opened.collect::<BTreeSet<_>>().into_iter().filter_map(|id| ledger.calls.get(&id));
    let opened = opened.filter(over).count();
    assert!(opened <= to_tickets, "{opened} calls opened tickets and {to_tickets} say so");
    for (number, calls) in to_requests {
        let theirs = ledger.callbacks.values().filter(|request| request.number == number);
        let stood_for: u32 = theirs.map(|request| request.calls).sum();
        assert!(
            stood_for >= calls,
            "{calls} calls of {number} were owed one, requests stand for {stood_for}"
        );
    }
    // Who wanted a person has talked to one, is owed a call, has a ticket, or said that they need none.
    for entry in ledger.queue.values().filter(|entry| entry.ended_at.is_some()) {
        let call = &ledger.calls[&entry.call];
        let result =
            call.result.filter(|_| call.ended_at.is_some() && call.direction == CallDirection::Incoming);
        // Who hung up within three seconds is counted as short, whatever they waited for.
        let lasted = call.ended_at.map(|at| at.since(call.started_at)).unwrap_or_default();
        let lost = match result {
            Some(CallResult::Short) => lasted >= Policy::default().calls.short_below,
            Some(CallResult::Announcement | CallResult::Refused) => true,
            Some(
                CallResult::Ticket
                | CallResult::Callback
                | CallResult::Disposition
                | CallResult::LostAnonymous
                | CallResult::Completed
                | CallResult::NotReached,
            )
            | None => false,
        };
        assert!(!lost, "who waited for a person came to nothing: {entry:?}, {call:?}");
    }
    promises::a_merge_keeps_everyone_owed_a_call_back(ledger);
    for offer in ledger.offers.values() {
        assert_eq!(offer.state.is_open(), offer.ended_at.is_none(), "an offer's end is not noted");
        let visits = ledger.assignments.values().filter(|visit| visit.offer == Some(offer.id)).count();
        let accepted = usize::from(offer.state == OfferState::Accepted);
        assert_eq!(visits, accepted, "an offer that is {} has {visits} visits", offer.state);
    }
}

//! Every (state, actor, move) outside the table of moves is refused, on every way in.

use std::time::Duration;

use yingda::desk::Desk;
use yingda::desk::command::{Command, CommandOutcome, Intake, Proof, TicketCommand as T};
use yingda::desk::effect::Effect;
use yingda::desk::event::{Commander, DeskEvent, Digit, EndReason, PhoneEvent};
use yingda::desk::write::{Step, Write};
use yingda::domain::actor::{Actor, ActorKind, Role};
use yingda::domain::assignment::AssignmentState;
use yingda::domain::call::CallerTrust;
use yingda::domain::category::HandlerKind;
use yingda::domain::ids::{CallId, Chance, FacilityId, PersonId, StationId, TicketId, VolunteerId};
use yingda::domain::message::InboundText;
use yingda::domain::person::Known;
use yingda::domain::survey::{Resolved, Survey, SurveyState};
use yingda::domain::ticket::{ClosureCode, ReturnReason, SuspendReason, TicketState, VoidReason};
use yingda::domain::ticket_number::TicketNumber;
use yingda::domain::timestamp::Timestamp;
use yingda::domain::transition::{Move, allowed, allowed_for_item};
use yingda::domain::work_item::WorkState;

use super::institutions::institution;
use super::town::{COMMITTEE, Town, area, number, rules};
use crate::simulation::ledger::Ledger;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Rows in which the first ticket stands in `state` and a second one could be merged with.
fn standing(state: TicketState) -> (Ledger, TicketId, Timestamp) {
    let mut town = Town::new();
    town.learns(&[institution(31, COMMITTEE, "13700000001")]);
    town.opens_by_hand("ELD-10").opens_by_hand("ELD-10");
    let id = town.tickets.values().next().unwrap().id;
    let mut ledger = town.ledger.clone();
    let work = match state {
        TicketState::PendingDispatch => WorkState::Open,
        TicketState::Offering => WorkState::Offering,
        TicketState::Dispatched => WorkState::Sent,
        TicketState::InProgress | TicketState::Suspended => WorkState::Working,
        TicketState::Handled => WorkState::Done,
        TicketState::Intake
        | TicketState::Closed
        | TicketState::Archived
        | TicketState::Merged
        | TicketState::Void => WorkState::Withdrawn,
    };
    for item in ledger.work.values_mut().filter(|item| item.ticket == id) {
        item.state = work;
    }
    let ticket = ledger.tickets.get_mut(&id).unwrap();
    ticket.state = state;
    ticket.closed_at = (!state.is_open()).then_some(town.now);
    ticket.former_state = Some(TicketState::Intake);
    ticket.progress.resume_at = (state == TicketState::Suspended).then_some(town.now + HOUR);
    (ledger, id, town.now)
}

/// The same with two helpers' share in it: the first, on a visit, the second, asked and silent; and a survey where one
/// is due or was answered in part.
fn standing_with_helpers(state: TicketState) -> (Ledger, TicketId, Timestamp) {
    let mut town = Town::new();
    town.opens_by_hand("ELD-07").later(MINUTE).texts("13800000001", "1").later(MINUTE);
    let (mut ledger, id, _) = standing(state);
    // Who writes without a number means their latest open ticket.
    ledger.tickets.retain(|kept, _| *kept == id);
    let item = ledger.work.values_mut().find(|item| item.ticket == id).expect("it has work");
    item.slots = if state == TicketState::Offering { 2 } else { 1 };
    if matches!(item.state, WorkState::Open | WorkState::Offering | WorkState::Working) {
        item.kind = HandlerKind::Volunteer;
    }
    let item = item.id;
    for mut offer in town.ledger.offers.into_values() {
        (offer.ticket, offer.work_item) = (id, item);
        ledger.offers.insert(offer.id, offer);
    }
    for mut visit in town.ledger.assignments.into_values() {
        (visit.ticket, visit.work_item) = (id, item);
        if !state.is_open() || state == TicketState::Handled {
            (visit.state, visit.ended_at) = (AssignmentState::Done, Some(town.now));
        }
        ledger.assignments.insert(visit.id, visit);
    }
    let ticket = ledger.tickets.get_mut(&id).unwrap();
    ticket.handled_at = Some(town.now - HOUR);
    let closed = state == TicketState::Closed;
    let survey = Survey {
        id: Chance::from_number(3).mint(town.now),
        jurisdiction: ticket.jurisdiction.clone(),
        ticket: id,
        number: ticket.caller.clone().expect("somebody rang"),
        state: if closed { SurveyState::Answered } else { SurveyState::Texted },
        by_machine: true,
        tries: 3,
        tried_hours: vec![],
        next_try_at: town.now + HOUR,
        resolved: closed.then_some(Resolved::Partly),
        satisfaction: None,
        discounted: false,
        ended_at: closed.then_some(town.now),
    };
    if closed || state == TicketState::Handled {
        ledger.surveys.insert(survey.id, survey);
    }
    (ledger, id, town.now)
}

fn desk_over(ledger: &Ledger, rules: &yingda::desk::rules::Rules, now: Timestamp) -> Desk {
    let (mut desk, _) = Desk::restore(rules.clone(), Chance::from_number(5), ledger.living(now), &[], now);
    desk.texts_are_in();
    desk
}

/// Every command, with the moves of the table it stands for.
fn commands(into: TicketNumber, now: Timestamp) -> Vec<(T, Vec<Move>)> {
    let reason = || "写明原因".to_owned();
    let one = |what, mv| (what, vec![mv]);
    let intake = Intake { area: Some(area(COMMITTEE)), ..Intake::default() };
    let suspend = T::Suspend { reason: SuspendReason::Weather, resume_at: now + HOUR };
    let close = T::Close {
        code: ClosureCode::Resolved,
        words: reason(),
        satisfaction: None,
        proof: Proof::default(),
    };
    let answers =
        T::SurveyAnswers { resolved: Resolved::Yes, satisfaction: None, words: reason(), after_partly: None };
    vec![
        one(T::Dispatch(Box::new(intake)), Move::Dispatch),
        one(T::Explain { answer: reason() }, Move::Explain),
        (
            T::AssignVolunteer { volunteer: VolunteerId(10_001), reason: reason() },
            vec![Move::Offer, Move::RecallOffers],
        ),
        (
            T::AssignStation { station: StationId(2), reason: reason() },
            vec![Move::SendToStation, Move::RecallOffers, Move::Reassign],
        ),
        (
            T::AssignInstitution { facility: FacilityId(31), reason: reason() },
            vec![Move::SendToStation, Move::RecallOffers, Move::Reassign],
        ),
        one(T::Accept, Move::Accept),
        one(T::AcceptTwo { second: "赵同去".into() }, Move::Accept),
        one(T::Return { reason: ReturnReason::NotOurDuty, evidence: reason() }, Move::Return),
        one(T::Abort { reason: reason() }, Move::GiveUp),
        one(T::RecallOffers { reason: reason() }, Move::RecallOffers),
        one(T::Reassign { station: StationId(2), reason: reason() }, Move::Reassign),
        one(suspend, Move::Suspend),
        one(T::Resume, Move::Resume),
        one(T::Handled { outcome: reason() }, Move::Handled),
        one(close, Move::Close),
        one(T::Redo { reason: reason() }, Move::Redo),
        one(answers, Move::Close),
        one(T::Reopen { reason: reason(), past: None }, Move::Reopen),
        one(T::ProposeVoid { reason: VoidReason::Test, note: reason() }, Move::ProposeVoid),
        one(T::ConfirmVoid, Move::Void),
        one(T::Merge { into }, Move::Merge),
        one(T::Unmerge, Move::Unmerge),
        one(T::Withdraw { words: reason() }, Move::Withdraw),
        (T::ToStaff { work_item: None, reason: reason() }, vec![Move::SendToStation, Move::RecallOffers]),
    ]
}

fn part_of(role: Role) -> Option<ActorKind> {
    match role {
        Role::Operator => Some(ActorKind::Operator),
        Role::Dispatcher => Some(ActorKind::Dispatcher),
        Role::Handler | Role::DutyOfficer => Some(ActorKind::Handler),
        Role::CallbackOfficer => Some(ActorKind::CallbackOfficer),
        Role::Supervisor => Some(ActorKind::Supervisor),
        Role::Manager | Role::Administrator => None,
    }
}

fn was_refused(step: &Step) -> bool {
    step.effects
        .iter()
        .any(|effect| matches!(effect, Effect::Reply { outcome: CommandOutcome::Refused(_), .. }))
}

#[test]
fn no_command_moves_a_ticket_outside_the_table() {
    let rules = rules();
    let mut done = std::collections::BTreeSet::new();
    for state in TicketState::ALL {
        let (ledger, id, now) = standing(*state);
        let Some(ticket) = ledger.tickets.get(&id) else { continue };
        let into = ledger.tickets.values().find(|other| other.id != id).unwrap().number;
        for (what, moves) in commands(into, now) {
            for role in Role::ALL {
                let mut desk = desk_over(&ledger, &rules, now);
                let actor = Actor { person: Some(PersonId(950)), ..Actor::of(ActorKind::Operator) };
                let by = Commander { actor, roles: vec![(*role, StationId(1))] };
                let command = Command::Ticket { ticket: id, version: ticket.version, what: what.clone() };
                let mut chance = Chance::from_number(9);
                let event = DeskEvent::Commanded { id: chance.mint(now), by, command };
                let step = desk.handle(&event, now);
                let listed = part_of(*role)
                    .is_some_and(|part| moves.iter().any(|mv| allowed(*state, part, *mv).is_ok()));
                let refused = was_refused(&step);
                assert!(listed || refused, "{role} did {what:?} to a ticket that is {state}");
                if refused {
                    let moved = step.writes.iter().any(|write| matches!(write, Write::Ticket(_)));
                    assert!(!moved, "{role} was refused {what:?} ({state}) and it was done by half");
                } else {
                    done.insert(moves.first().map(|mv| mv.name()).unwrap());
                }
            }
        }
    }
    for expected in ["dispatch", "accept", "handled", "close", "merge", "withdraw", "suspend", "reopen"] {
        assert!(done.contains(expected), "nobody could {expected}: {done:?}");
    }
}

#[test]
fn no_text_moves_a_ticket_outside_the_table() {
    let rules = rules();
    let mut moved = std::collections::BTreeMap::new();
    for state in TicketState::ALL {
        let (ledger, id, now) = standing_with_helpers(*state);
        let asked = ledger.offers.values().find(|offer| offer.phone == number("13800000002"));
        let yes = format!("{} 1", asked.expect("the second was asked").code);
        let task =
            ledger.task_notices.values().find(|notice| notice.ticket == id).expect("the station was told");
        let task = |verb: &str| format!("{} {verb}", task.code);
        for (verb, from, body) in [
            ("takes", "13900000003", task("1").as_str()),
            ("gives back", "13900000003", task("2").as_str()),
            ("is there", "13900000003", task("8").as_str()),
            ("says done", "13900000003", task("9 已送到").as_str()),
            ("withdraws", "13900000001", "撤回"),
            ("wants it again", "13900000001", "重办"),
            ("asks", "13900000001", "进度"),
            ("is content", "13900000001", "A"),
            ("is not", "13900000001", "C"),
            ("has helped", "13800000001", "9"),
            ("comes too", "13800000002", yes.as_str()),
        ] {
            let mut desk = desk_over(&ledger, &rules, now);
            let mut chance = Chance::from_number(9);
            let text = InboundText {
                id: chance.mint(now),
                from: number(from),
                to: "106912349".into(),
                body: body.into(),
                received_at: now,
            };
            let step = desk.handle(&DeskEvent::TextArrived { text, known: Known::default() }, now);
            assert_eq!(strays(&step, id), Vec::<String>::new(), "{body} ({state})");
            let moves = |write: &&Write| matches!(write, Write::Event(line) if line.kind == "ticket.moved" && line.ticket == Some(id));
            *moved.entry(verb).or_insert(0) += step.writes.iter().filter(moves).count();
        }
    }
    // Being there moves nothing; whatever else is written does somewhere: who asks ends a suspension.
    let moves_nothing: Vec<_> =
        moved.iter().filter(|(_, times)| **times == 0).map(|(verb, _)| *verb).collect();
    assert_eq!(moves_nothing, ["is there"], "{moved:?}");
}

/// Moves of a ticket in a step that no row of the table has: state, actor and move.
fn strays(step: &Step, id: TicketId) -> Vec<String> {
    let mut strays = Vec::new();
    for write in &step.writes {
        let Write::Event(line) = write else { continue };
        if line.kind != "ticket.moved" || line.ticket != Some(id) {
            continue;
        }
        let mv = line.detail["move"].as_str().and_then(Move::parse).unwrap();
        let from = line.detail["from"].as_str().and_then(TicketState::parse).unwrap();
        let kind = line.actor.kind;
        let on_an_item = |work: &WorkState| allowed_for_item(from, *work, kind, mv).is_ok();
        if allowed(from, kind, mv).is_err() && !WorkState::ALL.iter().any(on_an_item) {
            strays.push(format!("{kind} made {mv} of a ticket that is {from}"));
        }
    }
    strays
}

#[test]
fn no_key_moves_a_ticket_outside_the_table() {
    let rules = rules();
    let mut withdrawn = 0;
    for state in TicketState::ALL {
        let (mut ledger, id, now) = standing(*state);
        // A caller is told of their latest open ticket first.
        ledger.tickets.retain(|kept, _| *kept == id);
        for keys in 0..100_u8 {
            let mut desk = desk_over(&ledger, &rules, now);
            let mut chance = Chance::from_number(9);
            let call: CallId = chance.mint(now);
            let phone = |event: PhoneEvent, desk: &mut Desk, at: Timestamp| {
                let step = desk.handle(&DeskEvent::Phone(event), at);
                assert_eq!(strays(&step, id), Vec::<String>::new(), "keys {keys:02} ({state})");
                step
            };
            let known = Known::default();
            let (from, trust) = (Some(number("13900000001")), CallerTrust::Verified);
            let arrived =
                PhoneEvent::CallArrived { call, number: from, trust, dialled: "83720003".into(), known };
            phone(arrived, &mut desk, now);
            for (second, key) in [(1, keys / 10), (2, keys % 10)] {
                let at = now + Duration::from_secs(second);
                let step = phone(PhoneEvent::Digit { call, digit: Digit::Number(key) }, &mut desk, at);
                let closed = |write: &Write| matches!(write, Write::Ticket(t) if t.id == id && t.state == TicketState::Closed);
                withdrawn += usize::from(step.writes.iter().any(closed));
            }
            let ended = PhoneEvent::CallEnded { call, reason: EndReason::HungUp };
            phone(ended, &mut desk, now + Duration::from_secs(5));
        }
    }
    assert!(withdrawn > 0, "no keys withdrew an open ticket");
}

#[test]
fn no_restart_moves_a_ticket_outside_the_table() {
    /// Deadlines that are let pass after each restart.
    const TURNS: usize = 40;
    let rules = rules();
    let mut moved = 0;
    for state in TicketState::ALL {
        let (ledger, id, now) = standing(*state);
        let (mut desk, step) =
            Desk::restore(rules.clone(), Chance::from_number(5), ledger.living(now), &[], now);
        desk.texts_are_in();
        assert_eq!(strays(&step, id), Vec::<String>::new(), "restored {state}");
        let mut at = now;
        for _ in 0..TURNS {
            let Some((due, _)) = desk.next_deadline() else { break };
            at = at.max(due);
            let step = desk.handle(&DeskEvent::Tick, at);
            assert_eq!(strays(&step, id), Vec::<String>::new(), "restored {state}, later");
            moved += step.writes.iter().filter(|write| matches!(write, Write::Ticket(_))).count();
        }
    }
    assert!(moved > 0, "nothing happened after a restart");
}

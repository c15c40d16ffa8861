//! Care calls (SAF-10): who is rung and says that all is well, and what is done about a telephone that nobody answers.

use std::time::Duration;

use yingda::desk::event::{DeskEvent, EndReason, PhoneEvent, RecordChange};
use yingda::desk::write::Write;
use yingda::domain::call::{CallPurpose, CallResult};
use yingda::domain::callback::CallbackReason;
use yingda::domain::care::{CareAnswer, CareCall, CareContact, CarePlan, CareState, PlannedCare};
use yingda::domain::ids::{CarePlanId, JurisdictionId};
use yingda::domain::language::Language;
use yingda::domain::person::KnownPerson;
use yingda::domain::recurrence::Recurrence;
use yingda::domain::ticket::{Channel, TicketState};
use yingda::domain::urgency::Urgency;

use super::town::{Town, moment, number, resident};

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3_600);
pub(super) const ELDER: &str = "13900000044";
pub(super) const DAUGHTER: &str = "13900000055";
pub(super) const NEIGHBOUR: &str = "053283720055";

/// Every day at half past nine, from Wednesday on; a daughter and a neighbour look after them.
pub(super) fn plan() -> CarePlan {
    let contact = |name: &str, phone| CareContact { name: name.into(), number: number(phone) };
    CarePlan {
        id: CarePlanId(4),
        jurisdiction: JurisdictionId("shibei".into()),
        person: resident(44, ELDER).1.person,
        number: number(ELDER),
        rule: Recurrence::parse("FREQ=DAILY").unwrap(),
        minute: 9 * 60 + 30,
        contacts: vec![contact("女儿", DAUGHTER), contact("邻居", NEIGHBOUR)],
        first_day: jiff::civil::date(2026, 5, 6),
        last_day: None,
        paused: false,
    }
}

pub(super) fn changes(town: &mut Town, plan: CarePlan) {
    tells(town, PlannedCare { plan, person: resident(44, ELDER).1 });
}

pub(super) fn tells(town: &mut Town, planned: PlannedCare) {
    town.ledger.care_plans = vec![planned.clone()];
    town.tell(DeskEvent::RecordChanged(RecordChange::CarePlans(vec![planned])));
}

pub(super) fn town_with(plan: CarePlan) -> Town {
    let mut town = Town::new();
    changes(&mut town, plan);
    town
}

pub(super) fn town() -> Town {
    town_with(plan())
}

/// The day's call, and the one after it when there is one.
pub(super) fn care(town: &Town) -> &CareCall {
    town.ledger.care_calls.values().min_by_key(|care| care.planned_at).expect("a plan has a call")
}

pub(super) fn next(town: &Town) -> &CareCall {
    let open = |care: &&CareCall| care.ended_at.is_none();
    town.ledger.care_calls.values().find(open).expect("a plan that goes on has its next call")
}

pub(super) fn rung(town: &Town, purpose: CallPurpose) -> Vec<String> {
    let made = town.ledger.attempts.values().filter(|attempt| attempt.purpose == purpose);
    made.map(|attempt| {
        let at = jiff::Timestamp::from(attempt.started_at).in_tz("Asia/Shanghai").unwrap();
        format!("{} {}", at.strftime("%H:%M"), &attempt.target[attempt.target.len() - 4..])
    })
    .collect()
}

/// Plans of several people who are rung at the same minute, one after the other's number.
pub(super) fn several(count: i64) -> Vec<PlannedCare> {
    let planned = |at: i64| {
        let person = resident(60 + at, ELDER).1;
        let phone = format!("139000001{at:02}");
        let plan =
            CarePlan { id: CarePlanId(10 + at), person: person.person, number: number(&phone), ..plan() };
        PlannedCare { plan, person }
    };
    (0..count).map(planned).collect()
}

pub(super) fn ends(town: &mut Town, target: &str, reason: EndReason) {
    let call = *town.ringing.iter().find(|(_, to)| to.ends_with(target)).expect("their telephone rings").0;
    town.ringing.remove(&call);
    town.tell(DeskEvent::Phone(PhoneEvent::CallEnded { call, reason }));
}

pub(super) fn lines(town: &Town, kind: &str) -> usize {
    town.rows.iter().filter(|row| matches!(row, Write::Event(line) if line.kind == kind)).count()
}

/// Nobody answers the three tries.
pub(super) fn unanswered(town: &mut Town) {
    for at in ["09:30:01", "09:45:01", "10:30:01"] {
        town.at(at).ignores(&ELDER[7..]).later(SECOND);
    }
}

#[test]
fn who_is_well_presses_1_and_is_rung_on_the_next_day() {
    let mut town = town();
    town.at("09:29:59");
    assert!(rung(&town, CallPurpose::CareCall).is_empty());
    town.at("09:30:00").answers(&ELDER[7..], "elder").later(SECOND);
    let heard = town.heard();
    assert!(heard.contains("greeting care-call label-well press-1 label-need-help press-2"), "{heard}");
    town.presses("elder", "1").later(MINUTE);
    assert!(town.heard().contains("survey-thanks"));
    assert_eq!((care(&town).state, care(&town).answer), (CareState::Well, Some(CareAnswer::Well)));
    assert_eq!(town.result_of("elder"), Some(CallResult::Completed));
    assert_eq!(lines(&town, "care.answered"), 1);
    assert_eq!(next(&town).planned_at, moment("09:30:00") + HOUR * 24);
    town.at("20:00:00");
    assert_eq!(rung(&town, CallPurpose::CareCall), ["09:30 0044"], "once a day");
    town.later(HOUR * 14);
    assert_eq!(rung(&town, CallPurpose::CareCall).len(), 2);
}

#[test]
fn a_care_call_that_nobody_answers_is_tried_three_times_then_contacts_then_two_people_go() {
    let mut town = town();
    unanswered(&mut town);
    assert_eq!(rung(&town, CallPurpose::CareCall), ["09:30 0044", "09:45 0044", "10:30 0044"]);
    town.ignores(&DAUGHTER[7..]).later(SECOND).ignores(&NEIGHBOUR[8..]).later(SECOND);
    assert_eq!(rung(&town, CallPurpose::CareContact), ["10:30 0055", "10:30 0055"]);
    let ticket = town.ticket();
    assert_eq!(ticket.category.as_ref().map(|code| code.as_str()), Some("ELD-10"));
    assert_eq!((ticket.channel, ticket.urgency, ticket.two_person), (Channel::CareCall, Urgency::P2, true));
    assert_eq!(ticket.beneficiary, Some(plan().person));
    assert_eq!(ticket.address.as_deref(), Some("商城路44号1单元101"));
    assert!(matches!(ticket.state, TicketState::Dispatched | TicketState::Offering), "{}", ticket.state);
    assert_eq!((care(&town).state, care(&town).ticket), (CareState::Missed, Some(ticket.id)));
    assert_eq!(lines(&town, "care.not_reached"), 3);
    assert_eq!(lines(&town, "care.missed"), 1);
    assert_eq!(next(&town).state, CareState::Planned);
}

#[test]
fn a_contact_who_looks_after_them_spares_the_visit() {
    let mut town = town();
    unanswered(&mut town);
    town.answers(&DAUGHTER[7..], "daughter").later(SECOND * 4);
    assert!(town.heard().contains("greeting care-call-missed label-take press-1 label-cannot-come press-2"));
    town.presses("daughter", "2").later(MINUTE);
    town.answers(&NEIGHBOUR[8..], "neighbour").later(SECOND * 4).presses("neighbour", "1").later(MINUTE);
    assert_eq!(care(&town).state, CareState::LookedAfter);
    assert_eq!(lines(&town, "care.contact_took"), 1);
    town.at("20:00:00");
    assert!(town.tickets.is_empty());
}

#[test]
fn a_machine_that_answers_says_nothing_of_anybody() {
    let mut town = town();
    town.at("09:30:00").answers(&ELDER[7..], "machine").later(MINUTE * 3);
    assert_eq!((care(&town).state, care(&town).answer), (CareState::TryAgain, None));
    assert_eq!(town.result_of("machine"), Some(CallResult::Completed));
    town.at("09:45:01");
    assert_eq!(rung(&town, CallPurpose::CareCall).len(), 2);
}

#[test]
fn a_telephone_that_is_engaged_is_rung_again_soon_and_that_is_no_try() {
    let mut town = town();
    town.at("09:30:01");
    ends(&mut town, "0044", EndReason::Busy);
    town.at("09:35:02");
    ends(&mut town, "0044", EndReason::Busy);
    town.at("09:40:03").ignores(&ELDER[7..]);
    assert_eq!(care(&town).tries, 1);
    town.at("09:45:01").ignores(&ELDER[7..]);
    town.at("10:30:01").ignores(&ELDER[7..]).later(SECOND);
    assert_eq!((care(&town).tries, care(&town).state), (3, CareState::ContactRinging));
}

#[test]
fn a_number_that_does_not_exist_is_not_tried_again_its_contacts_are_rung() {
    let mut town = town();
    town.at("09:30:01");
    ends(&mut town, "0044", EndReason::NoSuchNumber);
    assert_eq!(rung(&town, CallPurpose::CareContact), ["09:30 0055"]);
}

#[test]
fn who_needs_help_goes_on_in_the_menu_with_their_home_known() {
    let mut town = town();
    town.at("09:30:00").answers(&ELDER[7..], "elder").later(SECOND * 4);
    town.presses("elder", "2").later(SECOND * 4);
    assert_eq!(care(&town).state, CareState::OnTheLine);
    town.presses("elder", "1").later(SECOND * 2).presses("elder", "2").later(SECOND * 4);
    town.presses("elder", "1").later(SECOND * 4).presses("elder", "1").later(MINUTE);
    town.hangs_up("elder").later(SECOND);
    let ticket = town.ticket();
    assert_eq!(ticket.address.as_deref(), Some("商城路44号1单元101"), "{}", town.heard);
    assert_eq!(ticket.beneficiary, Some(plan().person));
    assert_eq!((care(&town).state, care(&town).ticket), (CareState::Helped, Some(ticket.id)));
    assert_eq!(town.result_of("elder"), Some(CallResult::Ticket));
}

#[test]
fn who_needs_help_and_hangs_up_with_nothing_in_hand_is_owed_a_call() {
    for key in ["2", "0"] {
        let mut town = town();
        town.at("09:30:00").answers(&ELDER[7..], "elder").later(SECOND * 4);
        town.presses("elder", key).later(SECOND * 2).hangs_up("elder").later(SECOND);
        assert_eq!(
            (care(&town).state, town.result_of("elder")),
            (CareState::Helped, Some(CallResult::Callback))
        );
        let owed = town.ledger.callbacks.values().next().expect("they are rung back");
        assert_eq!(owed.number, number(ELDER));
    }
}

#[test]
fn an_emergency_in_a_care_call_is_one() {
    let mut town = town();
    town.ledger.stations[2].ring = vec!["sip:desk@127.0.0.1".into()];
    let station = town.ledger.stations[2].clone();
    town.tell(DeskEvent::RecordChanged(RecordChange::Station(Box::new(station))));
    town.at("09:30:00").answers(&ELDER[7..], "elder").later(SECOND * 4);
    town.presses("elder", "9").later(SECOND);
    let rings = town.heard();
    assert!(rings.contains("dial desk") && rings.contains("dial duty1"), "{rings}");
    assert!(town.ledger.calls[&town.names["elder"]].emergency_at.is_some());
    town.hangs_up("elder").later(SECOND);
    let owed = town.ledger.callbacks.values().next().expect("they are rung back");
    assert!(owed.urgent);
}

#[test]
fn an_emergency_that_is_keyed_after_help_or_a_person_is_one() {
    for keys in ["2", "0"] {
        let mut town = town();
        town.ledger.stations[2].ring = vec!["sip:desk@127.0.0.1".into()];
        let station = town.ledger.stations[2].clone();
        town.tell(DeskEvent::RecordChanged(RecordChange::Station(Box::new(station))));
        town.at("09:30:00").answers(&ELDER[7..], "elder").later(SECOND * 4);
        town.presses("elder", keys).later(SECOND).presses("elder", "9").later(SECOND);
        assert!(town.ledger.calls[&town.names["elder"]].emergency_at.is_some(), "after {keys}");
        assert_eq!(care(&town).answer, Some(CareAnswer::Emergency), "after {keys}");
        town.restarts(SECOND * 20);
        let owed = town.ledger.callbacks.values().next().expect("they are rung back");
        assert!(owed.urgent, "after {keys}");
    }
}

#[test]
fn nobody_is_rung_outside_calling_hours_and_what_is_not_reached_by_evening_is_a_visit() {
    let mut early =
        town_with(CarePlan { minute: 6 * 60, first_day: jiff::civil::date(2026, 5, 7), ..plan() });
    early.at("23:59:59").later(HOUR * 8 + MINUTE * 59);
    assert!(rung(&early, CallPurpose::CareCall).is_empty());
    early.later(MINUTE * 2);
    assert_eq!(rung(&early, CallPurpose::CareCall), ["09:00 0044"]);
    // The third try would be at half past twelve: at noon nobody is rung.
    let mut noon = town_with(CarePlan { minute: 11 * 60 + 30, ..plan() });
    noon.at("11:30:01").ignores(&ELDER[7..]).at("11:45:01").ignores(&ELDER[7..]).at("14:00:01");
    assert_eq!(rung(&noon, CallPurpose::CareCall), ["11:30 0044", "11:45 0044", "14:00 0044"]);
    // The third try would be in the night: nobody waits for it, contacts are rung while they may be.
    let mut evening = town_with(CarePlan { minute: 19 * 60 + 30, ..plan() });
    evening.at("19:30:01").ignores(&ELDER[7..]).at("19:45:01").ignores(&ELDER[7..]).later(SECOND);
    assert_eq!(rung(&evening, CallPurpose::CareContact), ["19:45 0055"]);
    evening.ignores(&DAUGHTER[7..]).later(SECOND).ignores(&NEIGHBOUR[8..]).later(SECOND);
    assert_eq!(rung(&evening, CallPurpose::CareCall).len(), 2);
    assert_eq!(care(&evening).state, CareState::Missed);
    // At the end of the hours there is nobody left to ring: people go on the same day.
    let mut late = town_with(CarePlan { minute: 19 * 60 + 59, ..plan() });
    late.at("19:59:30").later(MINUTE).ignores(&ELDER[7..]).later(SECOND);
    assert!(rung(&late, CallPurpose::CareContact).is_empty());
    assert_eq!((care(&late).state, late.tickets.len()), (CareState::Missed, 1));
}

#[test]
fn one_telephone_has_one_call_at_a_time() {
    let mut town = town();
    town.at("09:29:00").rings("elder", ELDER, "83720003").at("09:31:00");
    assert!(rung(&town, CallPurpose::CareCall).is_empty(), "they talk with us");
    town.hangs_up("elder").at("09:36:00");
    assert_eq!(rung(&town, CallPurpose::CareCall).len(), 1);
}

#[test]
fn a_telephone_near_danger_is_left_to_people_and_its_contacts_are_not_rung() {
    use yingda::desk::command::{Command, NumberCommand};
    use yingda::domain::actor::Role;
    use yingda::domain::ids::StationId;
    let danger = |safe| Command::Number {
        number: number(ELDER),
        station: StationId(3),
        what: NumberCommand::Danger { near: true, safe, note: "丈夫在家".into() },
    };
    let mut never = Town::new();
    let person = KnownPerson { language: Language::En, ..resident(44, ELDER).1 };
    tells(&mut never, PlannedCare { plan: plan(), person });
    never.asks(Role::Operator, danger(None)).at("10:00:00");
    assert!(rung(&never, CallPurpose::CareCall).is_empty());
    assert_eq!(care(&never).state, CareState::ByPerson);
    let owed = never.ledger.callbacks.values().next().expect("whoever knows a safe time rings");
    assert_eq!((owed.reason, owed.by_person_only), (CallbackReason::CareCall, true));
    assert_eq!(owed.language, Language::En);
    let mut at_two = town();
    let safe = yingda::domain::ticket::Window { from: moment("14:00:00"), until: moment("16:00:00") };
    at_two.asks(Role::Operator, danger(Some(safe))).at("13:59:59");
    assert!(rung(&at_two, CallPurpose::CareCall).is_empty());
    at_two.at("14:00:01").ignores(&ELDER[7..]).at("14:15:01").ignores(&ELDER[7..]);
    at_two.at("15:00:01").ignores(&ELDER[7..]).later(SECOND);
    assert!(rung(&at_two, CallPurpose::CareContact).is_empty(), "one of them may be the danger");
    assert_eq!(care(&at_two).state, CareState::Missed);
}

#[test]
fn a_plan_that_is_changed_paused_or_ended_is_followed_from_its_next_call_on() {
    let mut town = town();
    changes(&mut town, CarePlan { minute: 10 * 60, ..plan() });
    assert_eq!(next(&town).planned_at, moment("10:00:00"));
    changes(&mut town, CarePlan { paused: true, ..plan() });
    assert_eq!(care(&town).state, CareState::Dropped);
    town.at("11:00:00");
    assert!(rung(&town, CallPurpose::CareCall).is_empty());
    changes(&mut town, plan());
    assert_eq!(next(&town).planned_at, moment("09:30:00") + HOUR * 24);
    town.tell(DeskEvent::RecordChanged(RecordChange::CarePlans(vec![])));
    assert!(town.ledger.care_calls.values().all(|care| care.ended_at.is_some()));
    // Nobody is rung by a plan that was ended while they were being tried.
    let mut tried = self::town();
    tried.at("09:30:01").ignores(&ELDER[7..]);
    tried.tell(DeskEvent::RecordChanged(RecordChange::CarePlans(vec![])));
    tried.at("12:00:00");
    assert_eq!((rung(&tried, CallPurpose::CareCall).len(), tried.tickets.len()), (1, 0));
}

#[test]
fn a_number_that_is_given_to_another_person_rings_for_them() {
    let other = resident(45, ELDER).1;
    let given = PlannedCare { plan: CarePlan { person: other.person, ..plan() }, person: other.clone() };
    let give = |town: &mut Town| tells(town, given.clone());
    let mut before = town();
    give(&mut before);
    assert_eq!((next(&before).person, next(&before).planned_at), (other.person, moment("09:30:00")));
    let mut tried = town();
    tried.at("09:30:01").ignores(&ELDER[7..]);
    give(&mut tried);
    assert_eq!(care(&tried).state, CareState::Dropped);
    assert_eq!((next(&tried).person, next(&tried).state), (other.person, CareState::Planned));
    // The same while the server was down.
    for (stop, dropped) in [("09:10:00", false), ("09:40:00", true)] {
        let mut stopped = self::town();
        for _ in 0..usize::from(dropped) {
            stopped.at("09:30:01").ignores(&ELDER[7..]);
        }
        stopped.at(stop).ledger.care_plans = vec![given.clone()];
        stopped.restarts(SECOND * 20);
        assert_eq!(next(&stopped).person, other.person, "stopped at {stop}");
        assert_eq!(care(&stopped).state == CareState::Dropped, dropped, "stopped at {stop}");
    }
}

#[test]
fn a_visit_whose_place_is_not_known_waits_in_intake() {
    let mut nowhere = Town::new();
    let mut person = resident(44, ELDER).1;
    person.address = None;
    let planned = PlannedCare { plan: CarePlan { contacts: vec![], ..plan() }, person };
    tells(&mut nowhere, planned);
    unanswered(&mut nowhere);
    assert_eq!((nowhere.ticket().state, nowhere.ticket().urgency), (TicketState::Intake, Urgency::P2));
    let mut rules = super::town::rules();
    rules.policy.tickets.auto_dispatch = false;
    let mut by_hand = Town::with(rules, vec![]);
    changes(&mut by_hand, CarePlan { contacts: vec![], ..plan() });
    unanswered(&mut by_hand);
    assert_eq!(by_hand.ticket().state, TicketState::Intake);
}

#[test]
fn the_same_silence_on_the_next_day_is_noted_on_the_ticket_that_is_open() {
    let mut town = town_with(CarePlan { contacts: vec![], ..plan() });
    unanswered(&mut town);
    let first = town.ticket().id;
    town.at("23:59:59").later(HOUR * 9 + MINUTE * 30 + SECOND * 2);
    for wait in [MINUTE * 15, MINUTE * 45, SECOND] {
        town.ignores(&ELDER[7..]).later(wait);
    }
    assert_eq!(town.tickets.len(), 1, "{}", town.heard);
    assert_eq!((town.ticket().id, town.ticket().repeat_count), (first, 1));
}

#[test]
fn a_visit_that_was_put_off_answers_no_new_silence() {
    use yingda::desk::command::TicketCommand as T;
    use yingda::domain::actor::Role;
    use yingda::domain::ticket::SuspendReason;
    let mut town = town_with(CarePlan { contacts: vec![], ..plan() });
    unanswered(&mut town);
    let first = town.later(MINUTE).ticket().id;
    let resume_at = moment("09:00:00") + HOUR * 48;
    town.does(901, Role::Handler, T::Accept).later(MINUTE);
    town.does(901, Role::Handler, T::Suspend { reason: SuspendReason::Weather, resume_at });
    assert_eq!(town.ticket().state, TicketState::Suspended);
    town.at("23:59:59").later(HOUR * 9 + MINUTE * 30 + SECOND * 2);
    for wait in [MINUTE * 15, MINUTE * 45, SECOND] {
        town.ignores(&ELDER[7..]).later(wait);
    }
    let new = town.tickets.values().find(|ticket| ticket.id != first).expect("people go there today");
    assert_eq!((new.linked_to, new.two_person), (Some(first), true));
}

#[test]
fn a_visit_that_was_made_answers_no_new_silence() {
    use yingda::desk::command::TicketCommand as T;
    use yingda::domain::actor::Role;
    let mut town = town_with(CarePlan { contacts: vec![], ..plan() });
    unanswered(&mut town);
    let first = town.later(MINUTE).ticket().id;
    town.does(901, Role::Handler, T::Accept).later(MINUTE);
    town.at("20:30:00").does(901, Role::Handler, T::Handled { outcome: "老人睡着了，没事".into() });
    assert_eq!(town.ticket().state, TicketState::Handled, "{}", town.heard);
    town.at("23:59:59").later(HOUR * 9 + MINUTE * 30 + SECOND * 2);
    for wait in [MINUTE * 15, MINUTE * 45, SECOND] {
        town.ignores(&ELDER[7..]).later(wait);
    }
    let of = |id| town.tickets.values().find(|ticket| ticket.id == id).expect("it was opened");
    assert_eq!((of(first).state, of(first).repeat_count), (TicketState::Handled, 0));
    let new = town.tickets.values().find(|ticket| ticket.id != first).expect("people go there today");
    assert_eq!((new.linked_to, new.two_person), (Some(first), true));
}

#[test]
fn two_people_go_where_nobody_answered_whatever_the_ticket_is_called_later() {
    use yingda::desk::command::TicketCommand as T;
    use yingda::domain::actor::Role;
    let mut town = town_with(CarePlan { contacts: vec![], ..plan() });
    unanswered(&mut town);
    let category = Town::category("ELD-02");
    let change = T::ChangeCategory { category: category.clone(), reason: "送餐的人也没找到".into() };
    town.does(902, Role::Supervisor, change);
    assert_eq!((town.ticket().category.as_ref(), town.ticket().two_person), (Some(&category), true));
}

#[test]
fn a_contact_at_their_own_telephone_is_not_rung_once_more() {
    let mut own = plan();
    own.contacts[0].number = own.number.clone();
    let mut town = town_with(own);
    unanswered(&mut town);
    assert_eq!(rung(&town, CallPurpose::CareContact), ["10:30 0055"]);
    assert!(town.ringing.values().any(|to| to.ends_with(&NEIGHBOUR[8..])));
}

#[test]
fn a_restart_forgets_no_care_call_at_any_of_its_steps() {
    // Before it, while the telephone rings, between two tries, and while a contact is rung.
    for stop in ["09:10:00", "09:30:05", "09:40:00", "10:30:20"] {
        let mut town = town();
        let end = moment(stop);
        for at in ["09:30:01", "09:45:01", "10:30:01"] {
            if moment(at) + SECOND * 10 < end {
                town.at(at).ignores(&ELDER[7..]).later(SECOND);
            }
        }
        town.until(end.max(town.now)).restarts(SECOND * 20);
        town.desk.texts_are_in();
        for _ in 0..240 {
            let rings: Vec<String> = town.ringing.values().cloned().collect();
            for target in rings {
                town.ignores(&target);
            }
            town.later(MINUTE);
        }
        assert_eq!(care(&town).state, CareState::Missed, "stopped at {stop}: {}", town.heard);
        let tries = rung(&town, CallPurpose::CareCall);
        assert_eq!(tries.len(), 3, "stopped at {stop}: {tries:?}");
        assert_eq!(rung(&town, CallPurpose::CareContact).len(), 2, "stopped at {stop}");
        assert_eq!(town.tickets.len(), 1, "stopped at {stop}");
    }
}

#[test]
fn who_asked_for_help_in_a_care_call_that_died_with_the_server_is_owed_a_call() {
    for (key, urgent) in [("2", false), ("9", true)] {
        let mut town = town();
        town.at("09:30:00").answers(&ELDER[7..], "elder").later(SECOND * 4).presses("elder", key);
        town.restarts(SECOND * 20);
        assert_eq!(care(&town).state, CareState::Helped);
        let owed = town.ledger.callbacks.values().next().expect("they are rung back");
        assert_eq!((owed.urgent, owed.reason), (urgent, CallbackReason::Interrupted));
    }
}

#[test]
fn an_outage_over_the_hour_of_a_call_puts_it_off_and_does_not_lose_it() {
    let mut town = town();
    town.restarts(HOUR * 2).later(SECOND);
    assert_eq!(rung(&town, CallPurpose::CareCall), ["11:00 0044"]);
    let mut two_days = self::town();
    two_days.restarts(HOUR * 48).later(SECOND);
    assert_eq!(rung(&two_days, CallPurpose::CareCall), ["09:00 0044"]);
    two_days.answers(&ELDER[7..], "elder").later(SECOND * 4).presses("elder", "1").later(MINUTE);
    assert_eq!(next(&two_days).planned_at, moment("09:30:00") + HOUR * 72, "that day has had its call");
}

#[test]
fn nobody_is_rung_for_a_care_call_any_more_when_the_line_stops_and_the_next_start_goes_on() {
    let mut town = town();
    town.at("09:29:00").tell(DeskEvent::LineStops);
    town.at("09:40:00");
    assert!(rung(&town, CallPurpose::CareCall).is_empty());
    town.restarts(SECOND * 20).later(MINUTE * 6);
    assert_eq!(rung(&town, CallPurpose::CareCall).len(), 1);
    let mut contacts = self::town();
    unanswered(&mut contacts);
    contacts.tell(DeskEvent::LineStops);
    contacts.later(MINUTE);
    assert_eq!(
        rung(&contacts, CallPurpose::CareContact).len(),
        1,
        "the second is not rung when the first is let go"
    );
    assert!(contacts.tickets.is_empty());
    contacts.restarts(SECOND * 20).later(MINUTE * 11);
    assert_eq!(rung(&contacts, CallPurpose::CareContact).len(), 2);
}

//! What a ticket becomes after it went out: other people, another station, a second visitor, everybody at once.

use std::time::Duration;

use yingda::desk::command::{Intake, TicketCommand as T};
use yingda::desk::rules::Rules;
use yingda::domain::actor::Role;
use yingda::domain::assignment::{Assignment, AssignmentState};
use yingda::domain::category::HandlerKind;
use yingda::domain::clocks::{Clock, ClockKind};
use yingda::domain::ids::StationId;
use yingda::domain::offer::OfferState;
use yingda::domain::policy::Policy;
use yingda::domain::ticket::{SuspendReason, TicketState, Window};
use yingda::domain::urgency::Urgency;
use yingda::domain::work_item::{WorkItem, WorkState};

use super::institutions::institution;
use super::town::{COMMITTEE, Town, moment, resident, rules, volunteer};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
pub const CALLER: &str = "13700000009";
pub const HELPER: &str = "13800000001";

pub fn recoded(town: &mut Town, code: &str) -> String {
    town.heard();
    let reason = "实际情况不同".to_owned();
    town.does(902, Role::Supervisor, T::ChangeCategory { category: Town::category(code), reason });
    town.later(Duration::from_secs(1)).heard()
}

pub fn raised(town: &mut Town, urgency: Urgency) -> String {
    town.heard();
    town.does(902, Role::Supervisor, T::ChangeUrgency { urgency, reason: "情况危急".into() });
    town.later(Duration::from_secs(1)).heard()
}

pub fn says(town: &mut Town, phone: &str, word: &str) -> String {
    let code = town.code_of(phone);
    town.heard();
    town.texts(phone, &format!("{code} {word}")).later(Duration::from_secs(20)).heard()
}

pub fn clock(town: &Town, kind: ClockKind) -> Clock {
    town.ticket().clocks.iter().find(|clock| clock.kind == kind).expect("it runs").clone()
}

pub fn visits(town: &Town) -> Vec<&Assignment> {
    town.ledger.assignments.values().filter(|visit| visit.volunteer.is_some()).collect()
}

pub fn live(town: &Town) -> Vec<&WorkItem> {
    town.ledger.work.values().filter(|item| item.state.is_live()).collect()
}

/// Somebody of the register, at home.
pub fn at_home(intake: &mut Intake) {
    let (_, person) = resident(77, "13700000077");
    intake.address = person.address.clone();
    intake.beneficiary = Some(person.person);
    intake.known = Some(Box::new(person));
}

/// An errand for later in the morning that a volunteer said yes to.
fn errand_taken() -> Town {
    errand_taken_in(rules())
}

fn errand_taken_in(rules: Rules) -> Town {
    let people = (1..=5).map(|n| volunteer(10_000 + n, &format!("138000000{n:02}"))).collect();
    let mut town = Town::with(rules, people);
    town.opens("ELD-07", CALLER, |intake| {
        at_home(intake);
        intake.window = Some(Window { from: moment("10:30:00"), until: moment("12:30:00") });
    });
    town.at("09:01:00");
    says(&mut town, HELPER, "1");
    assert_eq!(town.ticket().state, TicketState::InProgress, "{}", town.heard);
    town
}

#[test]
fn harm_found_while_volunteers_are_asked_takes_the_offers_back_and_rings_the_district() {
    for shipped in [false, true] {
        let mut rules = rules();
        if shipped {
            rules.policy = Policy::default();
        }
        let people = (1..=5).map(|n| volunteer(10_000 + n, &format!("138000000{n:02}"))).collect();
        let mut town = Town::with(rules, people);
        town.opens("ELD-07", CALLER, |_| {}).at("09:00:30");
        assert_eq!(town.ticket().state, TicketState::Offering);
        let asked: Vec<_> = town.ledger.offers.values().map(|offer| offer.phone.clone()).collect();
        let heard = recoded(&mut town, "CHD-03");
        for phone in &asked {
            let told = format!("text to …{}", &phone.as_str()[phone.as_str().len() - 4..]);
            assert!(heard.lines().any(|line| line.contains(&told) && line.contains("已撤回")), "{heard}");
        }
        assert!(town.ledger.offers.values().all(|offer| offer.state == OfferState::Withdrawn));
        assert_eq!((town.ticket().state, town.ticket().owner), (TicketState::Dispatched, StationId(1)));
        assert!(
            heard.contains("dial duty1") && heard.contains("text to …0001: 【社区服务】待签收"),
            "{heard}"
        );
        // A yes to the errand that it was is no yes to what it is.
        let heard = says(&mut town, HELPER, "1");
        assert!(heard.contains("已结束") && !heard.contains("替补"), "{heard}");
        assert_eq!(town.ticket().state, TicketState::Dispatched);
        assert!(visits(&town).is_empty());
        assert!(clock(&town, ClockKind::Accept).is_running() && town.ticket().progress.alarm.is_some());
    }
}

#[test]
fn harm_found_at_the_door_rings_the_district_and_the_helpers_done_ends_nothing() {
    let mut town = errand_taken();
    town.at("10:31:00");
    says(&mut town, HELPER, "8");
    assert_eq!(visits(&town)[0].state, AssignmentState::OnSite);
    let heard = recoded(&mut town, "CHD-03");
    assert!(heard.contains("dial duty1") && heard.contains("text to …0001: 【社区服务】待签收"), "{heard}");
    assert!(!heard.contains("text to …0001: 【社区服务】邀单"), "nobody is sent away from the door: {heard}");
    assert_eq!((town.ticket().state, town.ticket().owner), (TicketState::Dispatched, StationId(1)));
    assert_eq!(clock(&town, ClockKind::Accept).stopped, None);
    says(&mut town, HELPER, "9");
    assert_eq!(visits(&town)[0].state, AssignmentState::Done);
    assert_eq!(town.ticket().state, TicketState::Dispatched, "staff has still to take it");
    assert!(town.ticket().progress.alarm.is_some());
    town.does(901, Role::Handler, T::Accept);
    assert_eq!((town.ticket().state, town.ticket().progress.alarm), (TicketState::InProgress, None));
}

#[test]
fn who_is_on_the_way_to_what_is_staffs_alone_now_need_not_come() {
    let mut town = errand_taken();
    let heard = recoded(&mut town, "POV-02");
    assert!(heard.contains("text to …0001: 【社区服务】邀单") && heard.contains("您不用去了"), "{heard}");
    assert!(heard.contains("text to …0009: 【社区服务】工单") && heard.contains("另找人"), "{heard}");
    assert!(visits(&town).iter().all(|visit| visit.state == AssignmentState::Cancelled));
    let items: Vec<_> = live(&town).iter().map(|item| (item.kind, item.state, item.station)).collect();
    assert_eq!(items, [(HandlerKind::Station, WorkState::Sent, StationId(2))]);
    assert_eq!(town.ticket().state, TicketState::Dispatched);
    assert!(clock(&town, ClockKind::Accept).is_running(), "somebody has to take it anew");
}

#[test]
fn what_becomes_life_or_safety_while_somebody_is_at_it_tells_staff_and_rings_until_somebody_presses_1() {
    let mut town = errand_taken();
    let heard = raised(&mut town, Urgency::P1);
    assert!(heard.contains("dial duty1"), "{heard}");
    assert!(heard.contains("text to …0003: 【社区服务】待签收"), "staff beside the helper: {heard}");
    for phone in ["…0002", "…0001"] {
        assert!(heard.contains(&format!("text to {phone}: 【社区服务】紧急")), "{phone}: {heard}");
    }
    assert_eq!(town.ticket().state, TicketState::InProgress, "the helper goes on");
    // A helper who comes and is well does not end it.
    town.at("10:31:00");
    says(&mut town, HELPER, "8");
    says(&mut town, HELPER, "9");
    assert!(town.ticket().progress.alarm.is_some());
    town.ignores("duty1").ignores("duty2").later(MINUTE);
    assert!(town.heard().contains("dial duty"));
}

#[test]
fn what_staff_is_at_and_what_waits_for_a_better_day_becomes_urgent_by_text_and_telephone() {
    for suspended in [false, true] {
        let mut town = Town::new();
        town.opens("CON-08", CALLER, |_| {}).at("09:01:00");
        town.does_at(3, 903, Role::Handler, T::Accept);
        if suspended {
            let resume_at = moment("09:00:00") + HOUR * 20;
            town.does_at(3, 903, Role::Handler, T::Suspend { reason: SuspendReason::Weather, resume_at });
            assert_eq!(town.ticket().state, TicketState::Suspended);
        }
        let heard = raised(&mut town, Urgency::P1);
        for phone in ["…0003", "…0002", "…0001"] {
            assert!(heard.contains(&format!("text to {phone}: 【社区服务】紧急")), "{phone}: {heard}");
        }
        assert!(heard.contains("dial duty1"), "{heard}");
        assert_eq!((town.ticket().state, town.ticket().owner), (TicketState::InProgress, StationId(3)));
        assert!(clock(&town, ClockKind::Handle).is_running());
        town.answers("duty1", "duty").later(Duration::from_secs(5)).presses("duty", "1").later(MINUTE);
        assert_eq!(town.ticket().progress.alarm, None);
    }
}

#[test]
fn harm_that_the_call_back_officer_hears_of_rings_the_district() {
    let mut town = errand_taken();
    town.at("10:31:00");
    says(&mut town, HELPER, "8");
    says(&mut town, HELPER, "9");
    assert_eq!(town.ticket().state, TicketState::Handled);
    let heard = recoded(&mut town, "CHD-03");
    assert!(heard.contains("dial duty1") && heard.contains("text to …0001: 【社区服务】紧急"), "{heard}");
    assert_eq!(town.ticket().owner, StationId(1));
}

#[test]
fn what_is_told_apart_at_last_goes_to_the_station_that_the_catalogue_gives_it() {
    let mut town = Town::new();
    town.opens("INF-99", CALLER, |_| {}).at("09:01:00");
    assert_eq!((town.ticket().owner, town.ticket().state), (StationId(3), TicketState::Dispatched));
    let before = clock(&town, ClockKind::Accept).due;
    let heard = recoded(&mut town, "POV-01");
    assert!(heard.contains("text to …0002: 【社区服务】待签收"), "{heard}");
    assert_eq!(town.ticket().owner, StationId(2));
    let moved = town.lines("ticket.reassigned");
    assert_eq!((&moved[0]["from"], &moved[0]["to"]), (&3.into(), &2.into()));
    assert_eq!(clock(&town, ClockKind::Accept).due, before, "the same urgency is owed by the same time");
    assert!(town.ledger.task_notices.values().any(|n| n.station == StationId(3) && n.ended_at.is_some()));
    town.does_at(2, 904, Role::Handler, T::Accept);
    assert_eq!(town.ticket().state, TicketState::InProgress);
    // Whoever has taken it has the duty, whatever it is called later.
    recoded(&mut town, "ENT-03");
    assert_eq!(town.ticket().owner, StationId(2));
}

#[test]
fn what_a_person_gave_to_a_station_stays_there_unless_it_is_a_higher_tiers() {
    let mut town = Town::new();
    town.opens("INF-99", CALLER, |_| {}).at("09:01:00");
    town.does(901, Role::Dispatcher, T::AssignStation { station: StationId(2), reason: "街道熟悉".into() });
    town.does_at(2, 904, Role::Handler, T::Accept).later(MINUTE);
    town.does_at(2, 904, Role::Handler, T::Abort { reason: "人手不够".into() });
    assert_eq!(town.ticket().owner, StationId(2));
    recoded(&mut town, "CON-08");
    assert_eq!(town.ticket().owner, StationId(2), "the committee does not get back what was given away");
    recoded(&mut town, "ENT-03");
    assert_eq!(town.ticket().owner, StationId(1));
}

#[test]
fn where_two_have_to_come_now_the_second_is_asked_for_and_the_first_waits() {
    let mut rules = rules();
    rules.catalogue.categories.get_mut(&Town::category("ELD-08")).expect("it is there").two_person = true;
    let mut town = errand_taken_in(rules);
    let asked = town.ledger.offers.len();
    assert!(!town.ticket().two_person);
    let heard = recoded(&mut town, "ELD-08");
    assert!(town.ticket().two_person);
    assert!(heard.contains("text to …0001: 【社区服务】邀单") && heard.contains("需要两人同行"), "{heard}");
    assert_eq!(live(&town).iter().map(|item| item.slots).collect::<Vec<_>>(), [2]);
    assert_eq!(town.ticket().state, TicketState::Offering);
    let new: Vec<_> = town.ledger.offers.values().filter(|offer| offer.state.is_open()).collect();
    assert!(town.ledger.offers.len() > asked && !new.is_empty(), "a second is asked for: {heard}");
    let second = new[0].phone.as_str().trim_start_matches("+86").to_owned();
    let heard = says(&mut town, &second, "1");
    assert_eq!(town.ticket().state, TicketState::InProgress);
    assert!(heard.contains("text to …0001: 【社区服务】"), "the first hears that two come: {heard}");
    assert_eq!(visits(&town).iter().filter(|visit| visit.state.is_live()).count(), 2);
}

#[test]
fn who_lacks_what_it_asks_for_now_is_let_go_and_those_who_have_it_are_asked() {
    let mut town = Town::new();
    town.opens("ELD-07", CALLER, |_| {}).at("09:00:30");
    let asked: Vec<_> = town.ledger.offers.values().map(|offer| offer.id).collect();
    // None of them is cleared for work with minors.
    recoded(&mut town, "CHD-04");
    assert!(asked.iter().all(|id| town.ledger.offers[id].state == OfferState::Withdrawn));
    assert_eq!(town.ticket().state, TicketState::Dispatched, "nobody else may be asked: {}", town.heard);
    // The like of it: whoever was asked is asked on.
    let mut town = Town::new();
    town.opens("ELD-07", CALLER, at_home).at("09:00:30");
    let open = town.ledger.offers.values().filter(|offer| offer.state.is_open()).count();
    recoded(&mut town, "ELD-08");
    assert_eq!(town.ledger.offers.values().filter(|offer| offer.state.is_open()).count(), open);
    says(&mut town, HELPER, "1");
    assert_eq!(town.ticket().state, TicketState::InProgress);
}

#[test]
fn an_institution_that_is_at_it_hears_when_it_is_staffs_alone() {
    let mut town = Town::new();
    let phone = "13700000001";
    town.learns(&[institution(31, COMMITTEE, phone)]);
    town.opens("CON-02", CALLER, |_| {}).at("09:01:00");
    town.takes(phone).at("09:02:00");
    assert_eq!(town.ticket().state, TicketState::InProgress);
    let heard = recoded(&mut town, "EMG-03");
    assert!(heard.contains("text to …0001: 【社区服务】") && heard.contains("不用办了"), "{heard}");
    assert!(heard.contains("dial duty1"), "{heard}");
    assert_eq!(town.ticket().state, TicketState::Dispatched);
}

#[test]
fn an_agreed_time_outlives_another_category_and_gives_way_to_what_cannot_wait() {
    let agreed = Window { from: moment("15:00:00"), until: moment("16:00:00") };
    let mut town = Town::new();
    town.opens("ELD-07", CALLER, |intake| intake.window = Some(agreed)).at("09:01:00");
    recoded(&mut town, "ELD-08");
    assert_eq!(town.ticket().window, Some(agreed));
    raised(&mut town, Urgency::P2);
    assert!(town.ticket().window.expect("somebody is expected").from < moment("09:05:00"));
    assert!(clock(&town, ClockKind::Window).due < agreed.until);
    // Whoever promised to come comes when they said.
    let mut town = errand_taken();
    let promised = town.ticket().window;
    raised(&mut town, Urgency::P2);
    assert_eq!(town.ticket().window, promised);
}

#[test]
fn two_go_to_a_home_that_the_register_does_not_know_whoever_is_expected_there() {
    let two = |change: &dyn Fn(&mut Intake)| {
        let mut town = Town::new();
        town.opens("ELD-07", CALLER, |intake| {
            at_home(intake);
            change(intake);
        });
        town.ticket().two_person
    };
    assert!(!two(&|_| {}), "their registered home");
    assert!(two(&|intake| intake.address = Some("延吉路9号2单元502".into())), "somewhere else");
    let without = |visited: bool| {
        move |intake: &mut Intake| {
            let known = intake.known.as_mut().expect("they are of the register");
            (known.address, known.first_visit) = (None, !visited);
        }
    };
    assert!(two(&without(false)), "the first visit");
    assert!(!two(&without(true)), "the line has been there");
}

#[test]
fn work_that_begins_again_by_night_is_for_two() {
    let mut town = Town::new();
    let person = |intake: &mut Intake| {
        at_home(intake);
        intake.urgency = Some(Urgency::P2);
        intake.window = Some(Window { from: moment("09:00:00"), until: moment("11:00:00") });
    };
    town.opens("ELD-07", CALLER, person).at("09:01:00");
    assert!(!town.ticket().two_person);
    says(&mut town, HELPER, "1");
    says(&mut town, HELPER, "8");
    town.at("09:40:00");
    says(&mut town, HELPER, "9");
    assert_eq!(town.ticket().state, TicketState::Handled);
    town.at("20:30:00").does(950, Role::CallbackOfficer, T::Redo { reason: "没办好".into() });
    assert!(town.ticket().two_person, "nobody goes alone at that hour: {}", town.heard);
    assert!(live(&town).iter().any(|item| item.kind == HandlerKind::Volunteer && item.slots == 2));
}

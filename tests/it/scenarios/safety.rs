//! Children asked the three questions, telephones near danger, abusive calls, and by whom somebody wants to be helped.

use std::time::Duration;

use jiff::civil::date;

use yingda::desk::command::{CallbackCommand, Command, Intake, NumberCommand, TicketCommand as T};
use yingda::domain::actor::Role;
use yingda::domain::category::HandlerKind;
use yingda::domain::ids::{CallbackId, FacilityId, PersonId, StationId, VolunteerId};
use yingda::domain::person::{Gender, KnownPerson, PersonFlag};
use yingda::domain::ticket::{Confidentiality, TicketState, Window};
use yingda::domain::volunteer::{Credential, CredentialKind, Volunteer};
use yingda::domain::work_item::WorkState;

use super::institutions::institution;
use super::town::{COMMITTEE, NEXT_COMMITTEE, Town, moment, number, resident, rules, volunteer};

const HOUR: Duration = Duration::from_secs(3_600);
pub const CALLER: &str = "13700000009";

/// Somebody of the register, in an operator's form.
pub fn chosen(intake: &mut Intake, change: impl FnOnce(&mut KnownPerson)) {
    let (_, mut person) = resident(77, "13700000077");
    change(&mut person);
    intake.beneficiary = Some(PersonId(77));
    intake.known = Some(Box::new(person));
}

/// A volunteer who may work with children.
pub fn cleared(n: i64) -> Volunteer {
    let credential =
        Credential { kind: CredentialKind::MinorsClearance, expires_at: moment("23:59:59") + HOUR * 9_000 };
    Volunteer { credentials: vec![credential], ..volunteer(10_000 + n, &format!("138000000{n:02}")) }
}

/// A town whose volunteers may work with children.
pub fn with_clearance() -> Town {
    Town::with(rules(), (1..=5).map(cleared).collect())
}

#[test]
fn a_child_of_fifteen_is_asked_three_questions_before_a_volunteer_is() {
    let mut town = with_clearance();
    let open = |town: &mut Town, risk| {
        town.opens("ELD-07", CALLER, |intake| {
            chosen(intake, |person| person.born = Some(date(2011, 1, 1)));
            intake.risk = risk;
            intake.guardian = Some(true);
        });
        town.heard()
    };
    let heard = open(&mut town, None);
    assert!(heard.contains("RiskNotAsked"), "{heard}");
    assert_eq!(town.ticket().state, TicketState::Intake);
    // Asked meanwhile: nothing speaks against volunteers.
    let asked = Intake { risk: Some([false; 3]), ..Intake::default() };
    town.does(900, Role::Operator, T::Dispatch(Box::new(asked)));
    assert_eq!((town.ticket().state, town.ticket().risk), (TicketState::Offering, Some([false; 3])));
    // One yes is enough for staff alone, whoever chooses.
    town.at("09:05:00");
    open(&mut town, Some([false, false, true]));
    assert_eq!(town.ticket().state, TicketState::Dispatched);
    let own = town.ticket().id;
    assert!(town.ledger.offers.values().all(|offer| offer.ticket != own), "no volunteer is asked");
    let reason = "家长要求".to_owned();
    town.does(901, Role::Dispatcher, T::AssignVolunteer { volunteer: VolunteerId(10_001), reason });
    assert!(town.heard().contains("StaffOnly"));
}

#[test]
fn the_three_questions_are_for_children_of_thirteen_to_seventeen_and_for_help_that_not_staff_gives() {
    for (born, category, asked) in [
        // It is 6 May 2026: the birthday counts, not the year.
        (date(2013, 5, 6), "ELD-07", true),
        (date(2013, 5, 7), "ELD-07", false),
        (date(2008, 5, 7), "ELD-07", true),
        (date(2008, 12, 31), "ELD-07", true),
        (date(2008, 5, 6), "ELD-07", false),
        (date(2011, 1, 1), "POV-01", false),
        (date(2011, 1, 1), "CON-02", true),
    ] {
        let mut town = with_clearance();
        town.opens(category, CALLER, |intake| chosen(intake, |person| person.born = Some(born)));
        assert_eq!(town.heard().contains("RiskNotAsked"), asked, "{born} {category}");
    }
}

#[test]
fn a_telephone_near_danger_gets_no_receipt_and_nobody_tells_it_who_comes() {
    let mut town = Town::new();
    town.opens("ELD-07", CALLER, |intake| intake.danger_near = true).at("09:01:00");
    town.texts("13800000001", "1").texts("13800000002", "1").at("09:10:00");
    assert_eq!(town.ticket().state, TicketState::InProgress);
    let heard = town.heard();
    assert!(!heard.contains("text to …0009"), "{heard}");
    assert!(heard.contains("text to …0001"), "the helpers are told as always:\n{heard}");
}

/// Somebody who hung up and is owed a call.
fn owed(town: &mut Town) -> CallbackId {
    town.rings("li", CALLER, "83720003").later(Duration::from_secs(10)).hangs_up("li");
    town.ledger.callbacks.values().find(|r| r.number == number(CALLER)).expect("a call is owed").id
}

fn danger(town: &mut Town, near: bool, safe: Option<Window>) {
    let what = NumberCommand::Danger { near, safe, note: "施害人在身边".into() };
    let command = Command::Number { number: number(CALLER), station: StationId(3), what };
    town.asks(Role::Operator, command);
}

fn dials(town: &mut Town, callback: CallbackId) -> String {
    town.heard();
    let what = CallbackCommand::Dial { operator: "sip:op@127.0.0.1".into() };
    town.asks(Role::Operator, Command::Callback { callback, what });
    town.heard()
}

#[test]
fn a_telephone_near_danger_is_rung_back_in_its_safe_time_alone_restart_or_not() {
    let mut town = Town::new();
    let callback = owed(&mut town);
    danger(&mut town, true, None);
    town.restarts(Duration::from_secs(5));
    town.desk.texts_are_in();
    let heard = dials(&mut town, callback);
    assert!(heard.contains("DangerNear") && !heard.contains("dial"), "{heard}");
    let safe = Window { from: moment("10:00:00"), until: moment("11:00:00") };
    danger(&mut town, true, Some(safe));
    town.at("09:59:00");
    assert!(dials(&mut town, callback).contains("DangerNear"));
    town.at("10:00:00");
    assert!(dials(&mut town, callback).contains("dial …0009"));
    town.ignores("0009").at("11:00:01");
    town.asks(Role::Operator, Command::Callback { callback, what: CallbackCommand::Take });
    assert!(dials(&mut town, callback).contains("DangerNear"), "the safe time is over");
    danger(&mut town, false, None);
    assert!(dials(&mut town, callback).contains("dial …0009"), "and so is the danger");
    assert!(town.ledger.marks.is_empty(), "a number without marks is no row");
}

#[test]
fn a_form_that_says_danger_again_takes_no_safe_time_away() {
    let mut town = Town::new();
    let safe = Window { from: moment("10:00:00"), until: moment("11:00:00") };
    danger(&mut town, true, Some(safe));
    town.opens("ELD-07", CALLER, |intake| intake.danger_near = true);
    let mark = town.ledger.marks.values().next().expect("the number is marked");
    assert_eq!(mark.safe, Some(safe));
}

#[test]
fn a_safe_time_that_is_over_is_refused() {
    let mut town = Town::new();
    danger(&mut town, true, Some(Window { from: moment("07:00:00"), until: moment("08:00:00") }));
    assert!(town.heard().contains("SafeTimeOver"));
    assert!(town.ledger.marks.is_empty());
}

fn notes(town: &mut Town, person: i64, role: Role, what: NumberCommand) -> String {
    town.heard();
    let command = Command::Number { number: number(CALLER), station: StationId(3), what };
    town.asks_as(person, role, command);
    town.heard()
}

fn abuse() -> NumberCommand {
    NumberCommand::Abuse { note: "辱骂,已警告".into() }
}

fn limit(hours: u16) -> NumberCommand {
    NumberCommand::Limit { hours, note: "多次辱骂".into() }
}

/// A number that a supervisor led on to the recorded line for a day.
fn limited() -> Town {
    let mut town = Town::new();
    notes(&mut town, 900, Role::Operator, abuse());
    notes(&mut town, 900, Role::Operator, abuse());
    let said = notes(&mut town, 907, Role::Supervisor, limit(24));
    assert!(said.contains("Done"), "{said}");
    town
}

#[test]
fn abuse_is_warned_of_told_to_a_supervisor_and_limited_by_somebody_else_for_a_time() {
    let mut town = Town::new();
    assert!(notes(&mut town, 907, Role::Supervisor, limit(24)).contains("NotWarnedYet"));
    notes(&mut town, 900, Role::Operator, abuse());
    assert!(notes(&mut town, 907, Role::Supervisor, limit(24)).contains("NotWarnedYet"), "a warning first");
    notes(&mut town, 907, Role::Supervisor, abuse());
    assert!(notes(&mut town, 900, Role::Operator, limit(24)).contains("OtherPart"), "not for an operator");
    let own = notes(&mut town, 907, Role::Supervisor, limit(24));
    assert!(own.contains("ProposedByYou"), "who noted it does not confirm it: {own}");
    assert!(notes(&mut town, 908, Role::Supervisor, limit(73)).contains("LimitTooLong"));
    assert!(notes(&mut town, 908, Role::Supervisor, limit(72)).contains("Done"));
}

#[test]
fn a_limited_caller_leaves_a_message_rings_nobody_and_is_never_met_with_silence() {
    let mut town = limited();
    town.restarts(Duration::from_secs(5));
    town.desk.texts_are_in();
    town.heard();
    town.rings("li", CALLER, "83720003").later(Duration::from_secs(4)).presses("li", "0");
    town.later(Duration::from_secs(2)).presses("li", "#").later(Duration::from_secs(10));
    let heard = town.heard();
    assert!(heard.contains("li hears greeting label-emergency press-9 leave-message tone"), "{heard}");
    assert!(heard.contains("record li") && heard.contains("li hears callback-noted"), "{heard}");
    assert!(!heard.contains("dial"), "no person is rung:\n{heard}");
    let request = town.ledger.callbacks.values().find(|r| r.number == number(CALLER));
    assert!(request.is_some_and(|request| request.recording.is_some()), "what was said waits for a person");
}

#[test]
fn an_emergency_lifts_the_limit_and_so_does_its_end_or_a_supervisor() {
    let mut town = limited();
    town.rings("li", CALLER, "83720003").later(Duration::from_secs(2)).presses("li", "9");
    let heard = town.later(Duration::from_secs(1)).heard();
    assert!(heard.contains("dial duty1"), "everybody is rung for an emergency:\n{heard}");
    let menu = "li hears greeting recording-notice";
    let rings = |town: &mut Town| {
        town.heard();
        town.rings("li", CALLER, "83720003").later(Duration::from_secs(2));
        town.heard()
    };
    assert!(rings(&mut town).contains(menu), "the limit is over");
    let mut town = limited();
    town.later(HOUR * 24);
    assert!(rings(&mut town).contains(menu), "its time is over");
    let mut town = limited();
    notes(&mut town, 907, Role::Supervisor, NumberCommand::Lift { note: "已道歉".into() });
    assert!(rings(&mut town).contains(menu), "a supervisor lifted it");
    assert!(town.ledger.marks.is_empty());
}

#[test]
fn whom_somebody_wants_to_be_helped_by_is_a_hard_filter_from_the_form_and_from_the_register() {
    // Every volunteer of the town is a woman.
    for (from_form, from_register, asked) in [
        (None, None, true),
        (Some(Gender::Female), None, true),
        (Some(Gender::Male), None, false),
        (None, Some(Gender::Male), false),
        (Some(Gender::Female), Some(Gender::Male), true),
    ] {
        let mut town = Town::new();
        town.opens("ELD-07", CALLER, |intake| {
            chosen(intake, |person| person.gender_wish = from_register);
            intake.gender_wish = from_form;
        });
        town.at("09:01:00");
        let offered = !town.ledger.offers.is_empty();
        assert_eq!(offered, asked, "{from_form:?} {from_register:?}");
    }
}

#[test]
fn what_is_for_staff_alone_goes_to_no_institution_by_the_ladder_or_by_hand() {
    let mut town = Town::with(rules(), vec![]);
    town.learns(&[institution(31, COMMITTEE, "13700000001")]);
    town.opens("ELD-02", CALLER, |intake| {
        chosen(intake, |person| person.born = Some(date(2011, 1, 1)));
        intake.risk = Some([false, false, true]);
    });
    town.at("09:05:00").heard();
    assert_eq!(town.ticket().state, TicketState::Dispatched);
    let reason = "就近".to_owned();
    town.does(901, Role::Dispatcher, T::AssignInstitution { facility: FacilityId(31), reason });
    assert!(town.heard().contains("StaffOnly"));
    town.at("17:00:00");
    let told = |town: &Town| town.ledger.task_notices.values().any(|notice| notice.facility.is_some());
    assert!(!told(&town), "not later either, with the stations silent");
    // Three times no: an institution may as well.
    town.opens("ELD-02", "13700000019", |intake| {
        chosen(intake, |person| person.born = Some(date(2011, 1, 1)));
        intake.risk = Some([false; 3]);
        intake.guardian = Some(true);
    });
    assert!(told(&town), "{}", town.heard);
}

#[test]
fn what_became_staffs_alone_meanwhile_is_staffs_when_an_institution_gives_it_up() {
    let mut town = with_clearance();
    let phone = "13700000001";
    town.learns(&[institution(31, COMMITTEE, phone), institution(32, NEXT_COMMITTEE, "13700000002")]);
    town.opens("CON-02", CALLER, |intake| intake.risk = Some([true, false, false])).at("09:01:00");
    town.takes(phone).at("09:02:00");
    let category = Town::category("CHD-06");
    let change = T::ChangeCategory { category, reason: "其实是孩子的事".into() };
    town.does(901, Role::Supervisor, change).at("09:03:00");
    let code = town.task_code(phone);
    town.texts(phone, &format!("{code} 2")).texts(phone, &format!("{code} 2")).at("09:04:00");
    let own = town.ticket().id;
    let item = town.ledger.work.values().find(|item| item.ticket == own && item.state.is_live()).unwrap();
    assert_eq!((item.kind, item.facility, item.state), (HandlerKind::Station, None, WorkState::Sent));
    assert!(town.ledger.offers.is_empty(), "no volunteer is asked");
}

#[test]
fn a_registered_home_whose_place_is_secret_is_in_no_text_whoever_opens_the_ticket() {
    let shelter = "13900000055";
    let secret = |person: &mut KnownPerson| person.flags.push(PersonFlag::SecretPlace);
    for by_key in [true, false] {
        let mut town = Town::new();
        town.registers(shelter, "庇护所", "台柳路55号");
        secret(&mut town.ledger.homes.get_mut(&number(shelter)).unwrap().persons[0]);
        if by_key {
            town.rings("li", shelter, "83720003");
            for key in ["1", "4", "1", "1"] {
                town.later(Duration::from_secs(8)).presses("li", key);
            }
            town.later(Duration::from_secs(20)).hangs_up("li").later(Duration::from_secs(60));
        } else {
            let known = town.ledger.homes[&number(shelter)].persons[0].clone();
            town.opens("ELD-07", shelter, |intake| {
                (intake.beneficiary, intake.address) = (Some(known.person), None);
                intake.known = Some(Box::new(known));
            });
            town.at("09:01:30");
        }
        assert_eq!(town.ticket().confidentiality, Confidentiality::Confidential, "{by_key}");
        assert_eq!(town.ticket().address.as_deref(), Some("台柳路55号"), "{by_key}: staff knows it");
        town.texts("13800000001", "1").texts("13800000002", "1").later(Duration::from_secs(60));
        assert_eq!(town.ticket().state, TicketState::InProgress, "{by_key}: {}", town.heard);
        let heard = town.heard();
        assert!(heard.contains("站3,居民"), "the station is the meeting point:\n{heard}");
        assert!(!heard.contains("台柳路") && !heard.contains("庇护所"), "{heard}");
        assert!(!heard.contains("text to …0055"), "{heard}");
    }
}

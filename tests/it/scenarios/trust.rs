//! Numbers: what a claimed one may not bring about, whom a household's means, and when the machine leaves off.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use yingda::desk::command::{Intake, TicketCommand as T};
use yingda::desk::event::{DeskEvent, RecordChange};
use yingda::desk::write::Write;
use yingda::domain::actor::Role;
use yingda::domain::call::CallerTrust;
use yingda::domain::ids::PersonId;
use yingda::domain::person::{Gender, Known, KnownPerson, PersonFlag, PhoneConfidence};
use yingda::domain::station::Station;
use yingda::domain::survey::SurveyState;
use yingda::domain::ticket::TicketState;
use yingda::domain::urgency::Tier;
use yingda::domain::volunteer::Volunteer;

use super::institutions::institution;
use super::town::{COMMITTEE, Town, number, resident, rules, station, volunteer};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

impl Town {
    /// A telephone that several people of one home share; answers who they are.
    pub fn shares(&mut self, phone: &str, members: &[(&str, i16)]) -> Vec<PersonId> {
        let mut known = Known::default();
        for (name, birth_year) in members {
            let id = i64::try_from(self.ledger.people.len()).unwrap() + 1;
            let person = KnownPerson {
                person: PersonId(id),
                name: (*name).to_owned(),
                confidence: PhoneConfidence::Household,
                address: Some("商城路9号1单元101".into()),
                birth_year: Some(*birth_year),
                ..resident(id, phone).1
            };
            self.ledger.people.insert(person.person, person.clone());
            known.persons.push(person);
        }
        let ids = known.persons.iter().map(|person| person.person).collect();
        self.ledger.homes.insert(number(phone), known);
        ids
    }
}

/// Errands for the registered home, or for the committee of the dialled number, with a yes to the machine's call.
fn keys(town: &mut Town, name: &str, keys: &[&str]) {
    for key in keys {
        town.later(SECOND * 8).presses(name, key);
    }
    town.later(SECOND * 20);
}

fn texted(town: &mut Town, end: &str) -> bool {
    town.heard().contains(&format!("text to …{end}"))
}

#[test]
fn a_number_that_is_only_claimed_gets_no_text_no_state_and_no_machines_call() {
    let mut town = Town::new();
    // Somebody writes Wang's number into the From of a call from anywhere.
    town.rings_unverified("forger", "13900000001", "83720003");
    keys(&mut town, "forger", &["1", "4", "1", "1"]);
    town.hangs_up("forger").later(MINUTE);
    assert_eq!(town.ticket().caller_trust, CallerTrust::Unverified);
    assert!(town.ticket().beneficiary.is_none() && town.ticket().address.is_none());
    assert!(!texted(&mut town, "0001"), "no receipt");
    town.does(
        900,
        Role::Operator,
        T::Dispatch(Box::new(Intake {
            address: Some("商城路1号2单元301".into()), ..Intake::default()
        })),
    );
    town.later(MINUTE);
    for phone in ["13800000001", "13800000002"] {
        town.texts(phone, "1");
    }
    town.later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::InProgress, "{}", town.heard);
    let heard = town.heard();
    assert!(
        !heard.contains("text to …0001: 【社区服务】工单"),
        "nobody is told who comes by a machine: {heard}"
    );
    let owed = town.ledger.callbacks.values().find(|r| r.number == number("13900000001")).unwrap();
    assert!(owed.state.is_open() && owed.by_person_only, "a person tells them");
    // Wang, who knows of nothing, asks: it is not Wang's.
    town.texts("13900000001", "进度").later(MINUTE);
    assert!(!town.heard().contains(&town.ticket().number.to_string()));
    town.restarts(MINUTE);
    town.texts("13900000001", "撤回").later(MINUTE);
    assert!(town.ticket().state.is_open(), "nor can Wang take it back");
    for phone in ["13800000001", "13800000002"] {
        town.texts(phone, "9");
    }
    town.later(HOUR * 30);
    assert_eq!(town.ticket().state, TicketState::Handled);
    let survey = town.ledger.surveys.values().next().unwrap();
    assert_eq!((survey.by_machine, survey.state), (false, SurveyState::ForPerson));
    let heard = town.heard();
    assert!(!heard.contains("dial …0001") && !heard.contains("text to …0001: 【社区服务】工单"), "{heard}");
}

#[test]
fn a_number_that_is_only_claimed_is_not_texted_which_institution_comes() {
    let mut town = Town::new();
    town.learns(&[institution(31, COMMITTEE, "13700000031")]);
    town.rings_unverified("forger", "13900000001", "83720003");
    keys(&mut town, "forger", &["1", "4", "1", "1"]);
    town.hangs_up("forger").later(MINUTE);
    let intake = Intake {
        address: Some("商城路1号2单元301".into()),
        category: Some(Town::category("CON-02")),
        ..Intake::default()
    };
    town.does(900, Role::Operator, T::Dispatch(Box::new(intake))).later(MINUTE);
    town.takes("13700000031").later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::InProgress, "{}", town.heard);
    let code = town.task_code("13700000031");
    town.texts("13700000031", &format!("{code} 7")).later(MINUTE);
    let heard = town.heard();
    assert!(!heard.contains("text to …0001: 【社区服务】工单"), "nobody vouches for the number: {heard}");
    let owed = town.ledger.callbacks.values().find(|r| r.number == number("13900000001")).unwrap();
    assert!(owed.state.is_open() && owed.by_person_only, "a person tells them");
}

#[test]
fn a_claimed_number_is_the_callers_when_somebody_has_spoken_with_them_at_it() {
    let mut town = Town::new();
    town.rings_unverified("zhao", "13900000008", "83720003");
    keys(&mut town, "zhao", &["1", "4", "1", "1"]);
    town.hangs_up("zhao").later(MINUTE);
    town.does(900, Role::Operator, T::ConfirmCaller);
    assert_eq!(town.ticket().caller_trust, CallerTrust::Verified);
    town.heard();
    town.texts("13900000008", "进度").later(MINUTE);
    assert!(town.heard().contains(&town.ticket().number.to_string()));
}

#[test]
fn a_households_number_says_where_and_not_who() {
    let mut town = Town::new();
    let members = town.shares("13900000021", &[("王爷爷", 1938), ("王奶奶", 1941)]);
    let flagged =
        KnownPerson { flags: vec![PersonFlag::Infection], ..town.ledger.people[&members[1]].clone() };
    town.ledger.homes.get_mut(&number("13900000021")).unwrap().persons[1] = flagged;
    town.rings("wang", "13900000021", "83720003");
    keys(&mut town, "wang", &["1", "4", "1", "1"]);
    town.hangs_up("wang").later(MINUTE);
    let ticket = town.ticket().clone();
    assert_eq!(ticket.beneficiary, None, "nobody has said who");
    assert_eq!(ticket.address.as_deref(), Some("商城路9号1单元101"), "the home was confirmed by key");
    assert!(ticket.two_person, "what holds for one member holds while nobody has said who");
    let told_of = |town: &Town| {
        let about = |row: &Write| matches!(row, Write::Event(line) if line.subject.is_some());
        town.rows.iter().any(about)
    };
    assert!(!told_of(&town), "no line of history is about a member");
    town.restarts(MINUTE);
    for phone in ["13800000001", "13800000002"] {
        town.texts(phone, "1");
    }
    town.later(MINUTE);
    let heard = town.heard();
    assert!(heard.contains("商城路9号1单元101,居民"), "the helper gets the door and no name: {heard}");
    assert!(!heard.contains("王爷爷") && !heard.contains("王奶奶"));
}

#[test]
fn whom_any_member_of_a_household_wants_to_be_helped_by_counts_and_two_wishes_are_for_staff() {
    let (female, male) = (Some(Gender::Female), Some(Gender::Male));
    for (wishes, asked) in
        [([None, male], Some(Gender::Male)), ([male, None], Some(Gender::Male)), ([female, male], None)]
    {
        let volunteers: Vec<Volunteer> = (1..=4)
            .map(|n| Volunteer {
                gender: if n % 2 == 0 { Gender::Male } else { Gender::Female },
                ..volunteer(10_000 + n, &format!("138000000{n:02}"))
            })
            .collect();
        let gender: BTreeMap<_, _> = volunteers.iter().map(|one| (one.id, one.gender)).collect();
        let mut town = Town::with(rules(), volunteers);
        town.shares("13900000021", &[("王爷爷", 1938), ("王奶奶", 1941)]);
        let members = &mut town.ledger.homes.get_mut(&number("13900000021")).unwrap().persons;
        for (member, wish) in members.iter_mut().zip(wishes) {
            member.gender_wish = wish;
        }
        town.rings("wang", "13900000021", "83720003");
        keys(&mut town, "wang", &["1", "4", "1", "1"]);
        town.hangs_up("wang").later(MINUTE);
        let offered: BTreeSet<Gender> =
            town.ledger.offers.values().map(|offer| gender[&offer.volunteer]).collect();
        assert_eq!(offered, asked.into_iter().collect(), "{wishes:?}");
        let state = if asked.is_some() { TicketState::Offering } else { TicketState::Dispatched };
        assert_eq!(town.ticket().state, state, "{wishes:?}: {}", town.heard);
    }
}

#[test]
fn an_operator_says_which_member_of_a_household_it_is() {
    let mut town = Town::new();
    let members = town.shares("13900000021", &[("王爷爷", 1938), ("小王", 2016)]);
    town.rings("wang", "13900000021", "83720003");
    keys(&mut town, "wang", &["1", "4", "2"]);
    town.presses("wang", "#").later(MINUTE).hangs_up("wang").later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::Intake, "{}", town.heard);
    let known = town.ledger.people[&members[0]].clone();
    let intake = Intake {
        beneficiary: Some(PersonId(members[0].0)),
        known: Some(Box::new(known)),
        ..Intake::default()
    };
    town.does(900, Role::Operator, T::Complete(Box::new(intake)));
    assert_eq!(town.ticket().beneficiary, Some(members[0]));
}

fn asked_by_machine() -> Town {
    let mut town = Town::new();
    let ring = vec!["sip:li@127.0.0.1".to_owned()];
    for id in 1..=3 {
        let (tier, parent) = match id {
            1 => (Tier::District, None),
            2 => (Tier::Street, Some(1)),
            _ => (Tier::Committee, Some(2)),
        };
        let area = match id {
            1 => super::town::DISTRICT,
            2 => super::town::STREET,
            _ => COMMITTEE,
        };
        let staffed = Station { ring: ring.clone(), ..station(id, tier, area, parent) };
        town.tell(DeskEvent::RecordChanged(RecordChange::Station(Box::new(staffed))));
    }
    town.opens("POV-01", "13900000001", |_| {}).later(MINUTE);
    town.does(901, Role::Handler, T::Accept).later(MINUTE);
    town.does(901, Role::Handler, T::Handled { outcome: "已受理".into() }).later(HOUR + MINUTE);
    town.answers("0001", "wang").later(SECOND * 5);
    town
}

fn survey_calls(town: &Town) -> usize {
    use yingda::domain::call::CallPurpose;
    town.ledger.attempts.values().filter(|attempt| attempt.purpose == CallPurpose::Survey).count()
}

#[test]
fn who_pressed_0_and_talked_with_a_person_is_not_rung_by_the_machine_again() {
    let mut town = asked_by_machine();
    town.presses("wang", "0").later(SECOND).answers("li", "li").later(MINUTE).hangs_up("wang");
    town.later(HOUR * 50);
    assert_eq!(survey_calls(&town), 1);
    let survey = town.ledger.surveys.values().next().unwrap();
    assert_eq!(
        (survey.by_machine, survey.state),
        (false, SurveyState::ForPerson),
        "a person's word is awaited"
    );
}

#[test]
fn who_pressed_0_and_found_nobody_is_rung_by_a_person() {
    let mut town = asked_by_machine();
    town.presses("wang", "0").later(MINUTE).hangs_up("wang").later(HOUR * 50);
    assert_eq!(survey_calls(&town), 1);
    assert!(town.ledger.callbacks.values().any(|r| r.state.is_open() && r.number == number("13900000001")));
}

#[test]
fn a_wrong_number_is_disturbed_once() {
    let mut town = asked_by_machine();
    town.presses("wang", "9").later(HOUR * 50);
    assert_eq!(survey_calls(&town), 1);
    let said = |row: &&Write| matches!(row, Write::Event(line) if line.kind == "call.not_reached");
    assert_eq!(town.rows.iter().filter(said).count(), 1);
}

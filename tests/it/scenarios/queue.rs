//! Operators and the queue: who is rung for a caller who wants a person, and what the others hear meanwhile.

use std::time::Duration;

use expect_test::expect;
use yingda::desk::command::{Command, NumberCommand, OperatorCommand};
use yingda::desk::event::{Commander, DeskEvent, PhoneEvent, RecordChange};
use yingda::domain::actor::{Actor, ActorKind, Role};
use yingda::domain::call::Disposition;
use yingda::domain::callback::CallbackReason;
use yingda::domain::extension::Extension;
use yingda::domain::ids::{PersonId, StationId, UserId, VolunteerId};
use yingda::domain::language::Language;
use yingda::domain::operator::{AwayReason, OperatorRecord, OperatorStanding, OperatorState};
use yingda::domain::queue::{QueueEntry, QueueState};

use super::town::{Town, number};

/// Three operators: 201 at the committee, 202 in the street, 203 in the district.
fn operators() -> Vec<OperatorRecord> {
    [(201, 3), (202, 2), (203, 1)].map(|(extension, station)| operator(extension, station)).to_vec()
}

pub(super) fn operator(extension: i64, station: i64) -> OperatorRecord {
    OperatorRecord {
        user: UserId(extension),
        person: Some(PersonId(extension)),
        extension: Extension::parse(&extension.to_string()).unwrap(),
        stations: vec![StationId(station)],
        speaks: vec![Language::Zh],
    }
}

impl Town {
    pub(super) fn staffed_by(records: Vec<OperatorRecord>) -> Self {
        let mut town = Self::new();
        town.ledger.operators = records.clone();
        let extensions: Vec<Extension> = records.iter().map(|record| record.extension.clone()).collect();
        town.tell(DeskEvent::RecordChanged(RecordChange::Operators(records)));
        for extension in extensions {
            town.phone_is_there(extension, true);
        }
        town
    }

    /// The telephones of an extension registered, or the last of them is gone.
    pub(super) fn phone_is_there(&mut self, extension: Extension, reachable: bool) {
        if reachable {
            self.ledger.reachable.insert(extension.clone());
        } else {
            self.ledger.reachable.remove(&extension);
        }
        self.tell(DeskEvent::Phone(PhoneEvent::PhoneReachable { extension, reachable }));
    }

    pub(super) fn says(&mut self, user: i64, what: OperatorCommand) -> &mut Self {
        let record = self.ledger.operators.iter().find(|it| it.user.0 == user).expect("an operator");
        let actor =
            Actor { user: Some(record.user), person: record.person, ..Actor::of(ActorKind::Operator) };
        let roles = record.stations.iter().map(|station| (Role::Operator, *station)).collect();
        let command = Command::Operator { whose: None, what };
        let id = self.chance.mint(self.now);
        self.tell(DeskEvent::Commanded { id, by: Commander { actor, roles }, command });
        self
    }

    pub(super) fn ready(&mut self, user: i64) -> &mut Self {
        self.says(user, OperatorCommand::Ready)
    }

    pub(super) fn operator(&self, user: i64) -> &OperatorStanding {
        &self.ledger.standings[&UserId(user)]
    }

    pub(super) fn state(&self, user: i64) -> OperatorState {
        self.operator(user).state
    }

    pub(super) fn entry(&self, name: &str) -> &QueueEntry {
        &self.ledger.queue[&self.names[name]]
    }

    pub(super) fn seconds(&mut self, seconds: u64) -> &mut Self {
        self.later(Duration::from_secs(seconds))
    }

    /// Rings the committee's number and asks for a person.
    pub(super) fn wants_a_person(&mut self, name: &str, from: &str) -> &mut Self {
        self.rings(name, from, "83720003").presses(name, "0").seconds(3)
    }
}

#[test]
fn tier_after_tier_is_rung_within_fifteen_seconds_and_the_first_who_answers_has_the_caller() {
    let mut town = Town::staffed_by(operators());
    town.ready(201).ready(202).ready(203).heard();
    town.wants_a_person("wang", "13900000001");
    town.seconds(20);
    expect![[r#"
        09:00:00 answer wang
        09:00:00 wang hears greeting recording-notice label-person press-0 label-elderly press-1 label-disability press-2 label-children press-3 label-hardship press-4 label-household press-5 label-emergency press-9 for-english label-again press-star
        09:00:01 dial 201
        09:00:01 wang hears connecting
        09:00:04 wang hears hold-music
        09:00:06 dial 202
        09:00:11 dial 203
        09:00:16 wang hears queue-busy place-1 wait-1 label-keep-place press-1
        09:00:19 wang hears hold-music
    "#]]
    .assert_eq(&town.heard());
    town.answers("ext:202", "operator");
    expect![[r#"
        09:00:24 hang up 201
        09:00:24 hang up 203
        09:00:24 join wang and operator
        09:00:24 record wang
    "#]]
    .assert_eq(&town.heard());
    let states = [201, 202, 203].map(|user| town.state(user));
    assert_eq!(states, [OperatorState::Ready, OperatorState::Talking, OperatorState::Ready]);
    assert_eq!(
        (town.entry("wang").state, town.entry("wang").operator),
        (QueueState::Answered, Some(UserId(202)))
    );
}

#[test]
fn who_does_not_answer_is_away_and_the_next_is_rung_at_once() {
    let mut town = Town::staffed_by(vec![operator(201, 3), operator(204, 3)]);
    town.ready(201).seconds(1).ready(204).wants_a_person("wang", "13900000001");
    town.ignores("ext:201");
    assert_eq!((town.state(201), town.operator(201).away), (OperatorState::Away, Some(AwayReason::NoAnswer)));
    assert_eq!(town.state(204), OperatorState::Ringing);
    town.answers("ext:204", "operator");
    assert_eq!(town.state(204), OperatorState::Talking);
}

#[test]
fn who_has_been_idle_longest_is_rung_first_and_being_rung_in_vain_costs_no_turn() {
    let mut town = Town::staffed_by(vec![operator(201, 3), operator(204, 3)]);
    town.ready(204).seconds(10).ready(201).seconds(10);
    // Rung, and the caller gives up: 204 stays first.
    town.rings_withheld("nobody", "83720003").presses("nobody", "0").seconds(3);
    assert_eq!(town.state(204), OperatorState::Ringing);
    town.hangs_up("nobody").seconds(60);
    town.wants_a_person("li", "13900000002");
    assert_eq!((town.state(204), town.state(201)), (OperatorState::Ringing, OperatorState::Ready));
    town.answers("ext:204", "operator").seconds(30).hangs_up("li");
    assert_eq!(town.state(204), OperatorState::WrapUp);
    town.says(204, OperatorCommand::WrapUp { disposition: Some(Disposition::Answered) });
    assert_eq!(town.state(204), OperatorState::Ready);
    town.wants_a_person("zhao", "13900000003");
    assert_eq!((town.state(204), town.state(201)), (OperatorState::Ready, OperatorState::Ringing));
}

#[test]
fn callers_wait_their_turn_hear_their_place_and_the_place_never_gets_worse() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201).wants_a_person("wang", "13900000001").answers("ext:201", "operator");
    town.heard();
    town.wants_a_person("li", "13900000002").seconds(5);
    let heard = town.heard();
    assert!(heard.contains("li hears queue-busy place-1 wait-3 label-keep-place press-1"), "{heard}");
    town.wants_a_person("zhao", "13900000003").seconds(5);
    let heard = town.heard();
    assert!(heard.contains("zhao hears queue-busy place-2 wait-6"), "{heard}");
    // An hour of music is interrupted each minute to say so again.
    town.seconds(60);
    assert!(town.heard().contains("li hears queue-busy place-1"));
    town.hangs_up("wang").says(201, OperatorCommand::Ready);
    assert_eq!(town.state(201), OperatorState::Ringing, "the first in the line is served");
    town.answers("ext:201", "operator");
    assert_eq!(town.entry("li").state, QueueState::Answered);
    assert_eq!((town.entry("zhao").state, town.entry("zhao").said_place), (QueueState::Waiting, Some(1)));
}

#[test]
fn key_1_keeps_the_place_and_the_line_rings_back_when_it_is_their_turn() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201).wants_a_person("wang", "13900000001").answers("ext:201", "operator");
    town.wants_a_person("li", "13900000002").seconds(5).presses("li", "1").seconds(10);
    assert_eq!(town.entry("li").state, QueueState::Kept);
    town.wants_a_person("zhao", "13900000003").seconds(5);
    town.heard();
    town.hangs_up("wang").says(201, OperatorCommand::Ready);
    // Li came before Zhao, and is served before Zhao, who still waits.
    town.answers("ext:201", "operator").answers("0002", "li back");
    expect![[r#"
        09:00:33 hang up operator
        09:00:33 call back …0002: offered, kept_place (1)
        09:00:33 dial 201
        09:00:33 reply Done
        09:00:33 call back …0002: dialing, kept_place (1)
        09:00:33 dial …0002
        09:00:33 operator hears hold-music
        09:00:33 join li back and operator
    "#]]
    .assert_eq(&town.heard());
    town.seconds(30).hangs_up("li back");
    assert!(town.heard().contains("call back …0002: done"));
    town.says(201, OperatorCommand::Ready).answers("ext:201", "operator");
    assert_eq!(town.entry("zhao").state, QueueState::Answered);
}

#[test]
fn a_number_that_does_not_answer_leaves_the_operator_ready_and_is_tried_again_later() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201).wants_a_person("wang", "13900000001").answers("ext:201", "operator");
    town.wants_a_person("li", "13900000002").seconds(5).presses("li", "1").seconds(10);
    town.hangs_up("wang").says(201, OperatorCommand::Ready).answers("ext:201", "operator");
    town.heard();
    town.ignores("0002");
    let heard = town.heard();
    assert!(heard.contains("call back …0002: retry_wait"), "{heard}");
    assert_eq!(town.state(201), OperatorState::Ready);
}

#[test]
fn an_emergency_is_never_queued() {
    let mut town = Town::staffed_by(vec![operator(201, 3), operator(203, 1)]);
    town.ready(201).wants_a_person("wang", "13900000001").answers("ext:201", "operator");
    town.wants_a_person("li", "13900000002").seconds(5);
    town.heard();
    town.ready(203);
    assert_eq!(town.state(203), OperatorState::Ringing);
    town.presses("li", "9");
    assert_eq!(town.entry("li").state, QueueState::Emergency);
    let heard = town.heard();
    assert!(heard.contains("dial duty1") && heard.contains("li hears emergency"), "{heard}");
    // The operator whose telephone rang already takes it with one key, like everybody who is rung for it.
    town.answers("ext:203", "operator").presses("operator", "1");
    let heard = town.heard();
    assert!(heard.contains("join li and operator") && heard.contains("hang up duty1"), "{heard}");
    assert_eq!(town.state(203), OperatorState::Talking);
}

#[test]
fn an_operator_who_takes_an_emergency_is_talking_like_in_any_other_call() {
    let mut town = Town::staffed_by(vec![operator(203, 1)]);
    town.ready(203).rings("li", "13900000002", "83720003").presses("li", "9");
    assert_eq!(town.state(203), OperatorState::Ringing);
    town.answers("ext:203", "operator").presses("operator", "1");
    assert_eq!(town.state(203), OperatorState::Talking);
    town.seconds(30).hangs_up("li");
    assert_eq!(town.state(203), OperatorState::WrapUp);
}

#[test]
fn who_is_to_be_rung_by_somebody_in_particular_is_given_to_no_operator() {
    let mut town = Town::staffed_by(vec![operator(203, 1)]);
    town.ready(203);
    let note = "老人去世".to_owned();
    town.asks(Role::Supervisor, Command::SadEvent { volunteer: VolunteerId(10_001), note }).seconds(1);
    let owed = town.ledger.callbacks.values().find(|it| it.reason == CallbackReason::Coordinator);
    assert!(owed.is_some_and(|request| request.state.is_open()));
    assert_eq!(town.state(203), OperatorState::Ready, "the coordinator rings them");
}

#[test]
fn when_the_last_operator_goes_home_who_waits_is_told_that_nobody_is_free() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201).wants_a_person("wang", "13900000001").answers("ext:201", "operator");
    town.wants_a_person("li", "13900000002").seconds(5);
    town.heard();
    town.hangs_up("wang").says(201, OperatorCommand::SignOff).seconds(1);
    assert_eq!(town.entry("li").state, QueueState::GivenUp);
    let heard = town.heard();
    assert!(heard.contains("li hears nobody-free leave-message tone"), "{heard}");
}

#[test]
fn nobody_waits_longer_than_the_longest_wait() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201).wants_a_person("wang", "13900000001").answers("ext:201", "operator");
    town.wants_a_person("li", "13900000002").seconds(590);
    assert_eq!(town.entry("li").state, QueueState::Waiting);
    town.seconds(20);
    assert_eq!(town.entry("li").state, QueueState::GivenUp);
    town.seconds(200);
    let request = town.ledger.callbacks.values().next().expect("a call is owed");
    assert_eq!(request.queued_at, town.entry("li").queued_at, "the request takes the place in the line");
}

#[test]
fn who_hangs_up_while_waiting_is_owed_a_call_with_the_place_they_had() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201).wants_a_person("wang", "13900000001").answers("ext:201", "operator");
    town.wants_a_person("li", "13900000002").seconds(30).hangs_up("li");
    assert_eq!(town.entry("li").state, QueueState::Abandoned);
    let request = town.ledger.callbacks.values().next().expect("a call is owed");
    assert_eq!(request.queued_at, town.entry("li").queued_at);
}

#[test]
fn an_operator_who_speaks_the_callers_language_is_waited_for() {
    let mut english = operator(204, 3);
    english.speaks.push(Language::En);
    let mut town = Town::staffed_by(vec![operator(201, 3), english]);
    town.ready(201).seconds(5).ready(204);
    town.rings("smith", "13900000007", "83720003").presses("smith", "80").seconds(3);
    assert_eq!((town.state(201), town.state(204)), (OperatorState::Ready, OperatorState::Ringing));
}

#[test]
fn a_telephone_that_cannot_be_reached_leaves_its_operator_away_until_it_is_back() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201);
    let extension = Extension::parse("201").unwrap();
    town.phone_is_there(extension.clone(), false);
    assert_eq!(
        (town.state(201), town.operator(201).away),
        (OperatorState::Away, Some(AwayReason::PhoneGone))
    );
    town.phone_is_there(extension, true);
    assert_eq!(town.state(201), OperatorState::Ready);
}

#[test]
fn writing_up_ends_by_itself_and_the_next_caller_is_served() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201).wants_a_person("wang", "13900000001").answers("ext:201", "operator");
    town.wants_a_person("li", "13900000002").seconds(5).hangs_up("wang");
    assert_eq!(town.state(201), OperatorState::WrapUp);
    town.seconds(119);
    assert_eq!(town.state(201), OperatorState::WrapUp);
    town.seconds(2);
    assert_eq!(town.state(201), OperatorState::Ringing);
}

#[test]
fn after_a_restart_nobody_rings_for_calls_that_are_gone_and_everybody_is_where_they_were() {
    let mut town = Town::staffed_by(operators());
    town.ready(201).ready(202).says(203, OperatorCommand::Away);
    town.wants_a_person("wang", "13900000001").answers("ext:201", "operator");
    town.wants_a_person("li", "13900000002");
    town.restarts(Duration::from_secs(5));
    let states = [201, 202, 203].map(|user| town.state(user));
    assert_eq!(states, [OperatorState::WrapUp, OperatorState::Ready, OperatorState::Away]);
    assert_eq!(town.entry("li").state, QueueState::Abandoned);
    // Both are owed a call; the operator who is ready is given the first of them.
    town.seconds(120);
    assert_eq!(town.state(202), OperatorState::Ringing);
}

#[test]
fn only_a_supervisor_sets_what_somebody_else_is_doing() {
    let mut town = Town::staffed_by(operators());
    let ask = |town: &mut Town, role: Role| {
        let actor =
            Actor { user: Some(UserId(900)), person: Some(PersonId(900)), ..Actor::of(ActorKind::Operator) };
        let command = Command::Operator { whose: Some(UserId(201)), what: OperatorCommand::Ready };
        let by = Commander { actor, roles: vec![(role, StationId(2))] };
        let id = town.chance.mint(town.now);
        town.tell(DeskEvent::Commanded { id, by, command });
        town.heard()
    };
    assert!(ask(&mut town, Role::Operator).contains("OtherPart"));
    assert!(ask(&mut town, Role::Supervisor).contains("Done"));
    assert_eq!(town.state(201), OperatorState::Ready);
}

#[test]
fn a_tier_without_people_takes_none_of_the_time() {
    let mut town = Town::staffed_by(vec![operator(201, 3), operator(203, 1)]);
    town.ready(201).ready(203);
    town.wants_a_person("wang", "13900000001").seconds(4);
    assert_eq!(town.state(203), OperatorState::Ready);
    town.seconds(1);
    assert_eq!(town.state(203), OperatorState::Ringing, "half of fifteen seconds for each of two tiers");
}

#[test]
fn however_many_wait_nobody_is_cut_off_when_they_are_told() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201).wants_a_person("first", "13900000001").answers("ext:201", "operator");
    for n in 10..60 {
        town.wants_a_person(&n.to_string(), &format!("139000000{n}"));
    }
    let waiting = town.ledger.queue.values().filter(|entry| entry.state == QueueState::Waiting);
    assert_eq!(waiting.count(), 50);
    let heard = town.heard();
    assert!(!heard.contains("hang up"), "{heard}");
    // One keeps the place: everybody behind moves up, told within that one's walk.
    town.seconds(4).presses("10", "1").seconds(10);
    let cut = (11..60).filter(|n| town.entry(&n.to_string()).state != QueueState::Waiting);
    assert_eq!(cut.count(), 0);
    assert_eq!(town.entry("59").said_place, Some(50));
}

#[test]
fn operators_never_take_the_place_of_those_on_duty_for_an_emergency() {
    let crowd: Vec<_> = (210..240).map(|extension| operator(extension, 3)).collect();
    let mut town = Town::staffed_by(crowd);
    for extension in 210..240 {
        town.ready(extension);
    }
    town.heard();
    town.rings("li", "13900000002", "83720003").presses("li", "9");
    let heard = town.heard();
    assert!(
        heard.contains("dial duty1") && heard.contains("dial duty2") && heard.contains("dial 210"),
        "{heard}"
    );
}

#[test]
fn an_operator_who_is_away_stays_so_when_their_telephone_rings_as_one_of_the_stations() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    let mut committee = town.ledger.stations[2].clone();
    committee.ring = vec!["ext:201".into(), "sip:desk@127.0.0.1".into()];
    town.tell(DeskEvent::RecordChanged(RecordChange::Station(Box::new(committee))));
    town.says(201, OperatorCommand::Away).wants_a_person("wang", "13900000001");
    assert_eq!(town.state(201), OperatorState::Away);
    town.answers("desk", "desk");
    assert_eq!((town.state(201), town.operator(201).away), (OperatorState::Away, Some(AwayReason::Asked)));
    // Who answers all the same talks, and writes up.
    town.hangs_up("wang").wants_a_person("li", "13900000002").answers("ext:201", "operator");
    assert_eq!(town.state(201), OperatorState::Talking);
}

#[test]
fn an_extension_that_is_given_to_somebody_else_is_theirs_alone() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201);
    let other = OperatorRecord { user: UserId(299), person: Some(PersonId(299)), ..operator(201, 3) };
    town.ledger.operators = vec![other.clone()];
    town.tell(DeskEvent::RecordChanged(RecordChange::Operators(vec![other])));
    assert_eq!(town.state(201), OperatorState::Off);
    town.ready(299).heard();
    let extension = Extension::parse("201").unwrap();
    for reachable in [false, true] {
        town.phone_is_there(extension.clone(), reachable);
    }
    assert_eq!((town.state(201), town.state(299)), (OperatorState::Off, OperatorState::Ready));
}

#[test]
fn what_was_written_up_is_not_written_up_again_and_a_ringing_telephone_rings_on() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    let late = OperatorCommand::WrapUp { disposition: Some(Disposition::Abuse) };
    town.says(201, late.clone());
    assert!(town.heard().contains("NothingToWriteUp"));
    assert_eq!(town.ledger.standings.get(&UserId(201)), None, "who has gone home is not made ready by it");
    town.ready(201).wants_a_person("wang", "13900000001");
    town.says(201, late).ready(201);
    assert_eq!(town.state(201), OperatorState::Ringing);
    town.ignores("ext:201");
    assert_eq!(town.state(201), OperatorState::Away);
    town.hangs_up("wang");
    assert_eq!(town.ledger.calls[&town.names["wang"]].disposition, None);
}

#[test]
fn a_request_that_was_offered_when_the_server_stopped_is_offered_again() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201).wants_a_person("wang", "13900000001").answers("ext:201", "operator");
    town.wants_a_person("li", "13900000002").seconds(5).presses("li", "1").seconds(10);
    town.hangs_up("wang").ready(201);
    assert_eq!(town.state(201), OperatorState::Ringing);
    town.restarts(Duration::from_secs(5)).heard();
    town.seconds(60).answers("ext:201", "operator").answers("0002", "li back");
    assert!(town.heard().contains("join li back and operator"));
}

#[test]
fn a_number_that_danger_came_near_while_the_operator_was_rung_is_not_rung() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201).wants_a_person("wang", "13900000001").answers("ext:201", "operator");
    town.wants_a_person("li", "13900000002").seconds(5).presses("li", "1").seconds(10);
    town.hangs_up("wang").ready(201);
    let what = NumberCommand::Danger { near: true, safe: None, note: "施暴者在旁".into() };
    town.asks(Role::Operator, Command::Number { number: number("13900000002"), station: StationId(3), what });
    town.heard();
    town.answers("ext:201", "operator");
    let heard = town.heard();
    assert!(heard.contains("hang up operator") && !heard.contains("dial …0002"), "{heard}");
    assert_eq!(town.state(201), OperatorState::Ready);
}

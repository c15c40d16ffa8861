//! What operators do with a call in progress, at the console and at their telephones.

use expect_test::expect;
use yingda::desk::command::{CallCommand, Command, OperatorCommand};
use yingda::desk::event::{Commander, DeskEvent, PhoneEvent};
use yingda::desk::restore::OnTheLine;
use yingda::domain::actor::{Actor, ActorKind, Role};
use yingda::domain::call::{CallPart, Joins};
use yingda::domain::ids::{StationId, UserId};
use yingda::domain::operator::{OperatorRecord, OperatorState};
use yingda::domain::person::Known;
use yingda::domain::queue::QueueState;

use super::queue::operator;
use super::town::{Town, number};

impl Town {
    fn on_call(&mut self, user: i64, role: Role, name: &str, what: CallCommand) -> &mut Self {
        let record = self.ledger.operators.iter().find(|it| it.user.0 == user).expect("an operator");
        let (person, stations) = (record.person, record.stations.clone());
        let actor = Actor { user: Some(UserId(user)), person, ..Actor::of(ActorKind::Operator) };
        let roles = stations.into_iter().map(|station| (role, station)).collect();
        let command = Command::Call { call: self.names[name], what };
        let id = self.chance.mint(self.now);
        self.tell(DeskEvent::Commanded { id, by: Commander { actor, roles }, command });
        self
    }

    /// The desk is built anew from the rows while the telephones hold these calls, each with whom it is joined to.
    fn rebuilds(&mut self, held: &[(&str, Option<&str>)]) -> &mut Self {
        let told = |(call, with): &(&str, Option<&str>)| OnTheLine {
            call: self.names[*call],
            bridged_with: with.map(|with| self.names[with]),
            known: Known::default(),
        };
        let held: Vec<OnTheLine> = held.iter().map(told).collect();
        self.is_built_anew(&held)
    }

    fn leads(&mut self, user: i64, what: CallCommand) -> &mut Self {
        self.on_call(user, Role::Operator, "wang", what)
    }
}

/// Wang talks with 201; 202 of the street is ready.
fn talking() -> Town {
    let mut town = Town::staffed_by(vec![operator(201, 3), operator(202, 2)]);
    town.ready(201).wants_a_person("wang", "13900000001").answers("ext:201", "chen");
    town.ready(202).heard();
    town
}

fn to(to: &str) -> CallCommand {
    CallCommand::Transfer { to: to.into() }
}

fn third(to: &str) -> CallCommand {
    CallCommand::BringIn { to: to.into(), aside: false }
}

/// Asked first, while the caller hears music.
fn asks(to: &str) -> CallCommand {
    CallCommand::BringIn { to: to.into(), aside: true }
}

#[test]
fn a_caller_on_hold_hears_music_and_is_back_with_the_operator() {
    let mut town = talking();
    town.leads(201, CallCommand::Hold { on: true }).leads(201, CallCommand::Hold { on: false });
    town.leads(201, CallCommand::Mute { on: true });
    expect![[r#"
        09:00:04 hold wang
        09:00:04 wang hears hold-music
        09:00:04 reply Done
        09:00:04 resume wang
        09:00:04 reply Done
        09:00:04 mute chen
        09:00:04 reply Done
    "#]]
    .assert_eq(&town.heard());
    // Nobody but whoever talks with them.
    town.leads(202, CallCommand::Hold { on: true });
    assert!(town.heard().contains("NotYourCall"));
}

#[test]
fn a_caller_who_is_led_on_hears_music_until_the_other_operator_has_them() {
    let mut town = talking();
    town.leads(201, to("202")).seconds(4);
    assert_eq!((town.state(201), town.state(202)), (OperatorState::WrapUp, OperatorState::Ringing));
    town.answers("ext:202", "li");
    expect![[r#"
        09:00:04 part wang and chen
        09:00:04 hang up chen
        09:00:04 dial 202
        09:00:04 wang hears connecting
        09:00:04 reply Done
        09:00:07 wang hears hold-music
        09:00:08 join wang and li
    "#]]
    .assert_eq(&town.heard());
    assert_eq!(town.state(202), OperatorState::Talking);
}

#[test]
fn who_is_led_to_nobody_is_back_in_their_place_and_first() {
    let mut town = talking();
    town.says(202, OperatorCommand::Away);
    let (first, led_at) = (town.entry("wang").clone(), town.now);
    assert_eq!((first.wished_at, first.queued_at < led_at), (first.queued_at, true));
    town.leads(201, to("202")).seconds(4);
    let back = town.entry("wang");
    assert_eq!(back.state, QueueState::Waiting);
    assert_eq!(
        (back.queued_at, back.wished_at),
        (first.queued_at, led_at),
        "the place is old, the wait is new"
    );
    // A caller who comes later waits behind them, however long they talked.
    town.wants_a_person("zhao", "13900000009").seconds(2);
    town.ready(202);
    town.answers("ext:202", "li");
    assert_eq!(town.entry("wang").state, QueueState::Answered);
    assert_eq!(town.entry("zhao").state, QueueState::Waiting);
}

#[test]
fn a_number_abroad_is_no_place_to_lead_anybody_to() {
    let mut town = talking();
    for wrong in ["+441632960001", "299", "sip:me@192.0.2.1", ""] {
        town.leads(201, to(wrong));
        assert!(town.heard().contains("NobodyThere"), "{wrong}");
    }
    assert_eq!(town.state(201), OperatorState::Talking);
}

#[test]
fn somebody_more_on_the_line_and_the_operator_may_leave_the_two() {
    let mut town = talking();
    town.leads(201, third("120")).answers("120", "ambulance");
    town.seconds(5).hangs_up("chen");
    expect![[r#"
        09:00:04 dial …120
        09:00:04 reply Done
        09:00:04 join ambulance with wang
    "#]]
    .assert_eq(&town.heard());
    assert_eq!(town.state(201), OperatorState::WrapUp);
    town.hangs_up("ambulance");
    assert!(town.heard().contains("hang up wang"), "who is left alone is let go");
}

#[test]
fn a_supervisor_listens_whispers_and_joins_and_goes_when_the_talk_is_over() {
    let mut town = talking();
    town.on_call(202, Role::Operator, "wang", CallCommand::Listen);
    assert!(town.heard().contains("OtherPart"), "an operator does not listen to another");
    town.on_call(202, Role::Supervisor, "wang", CallCommand::Listen).answers("ext:202", "boss");
    town.on_call(202, Role::Supervisor, "wang", CallCommand::Whisper);
    town.on_call(202, Role::Supervisor, "wang", CallCommand::Barge);
    let told = town.heard();
    town.wants_a_person("zhao", "13900000009");
    assert_eq!(town.state(202), OperatorState::Ready, "who attends a talk is not rung");
    town.hangs_up("zhao").hangs_up("wang");
    assert!(town.heard().contains("hang up boss"));
    expect![[r#"
        09:00:04 dial 202
        09:00:04 reply Done
        09:00:04 let listen boss with wang
        09:00:04 let whisper boss with wang
        09:00:04 reply Done
        09:00:04 join boss with wang
        09:00:04 reply Done
    "#]]
    .assert_eq(&told);
}

#[test]
fn a_telephone_leads_its_caller_on_by_itself() {
    let mut town = talking();
    let asked = PhoneEvent::TransferAsked { call: town.names["chen"], to: "202".into(), replaces: None };
    town.tell(DeskEvent::Phone(asked));
    town.seconds(4).answers("ext:202", "li");
    expect![[r#"
        09:00:04 tell chen that the transfer is done
        09:00:04 part wang and chen
        09:00:04 hang up chen
        09:00:04 dial 202
        09:00:04 wang hears connecting
        09:00:07 wang hears hold-music
        09:00:08 join wang and li
    "#]]
    .assert_eq(&town.heard());
    // A telephone that talks with nobody leads nobody on.
    let asked = PhoneEvent::TransferAsked { call: town.names["wang"], to: "202".into(), replaces: None };
    town.tell(DeskEvent::Phone(asked));
    assert_eq!(town.heard().matches("failed").count(), 1);
}

#[test]
fn who_is_led_on_while_a_third_is_there_or_while_on_hold_reaches_the_next_operator() {
    let mut town = talking();
    town.leads(201, third("120")).answers("120", "ambulance");
    town.leads(201, CallCommand::Hold { on: true }).leads(201, to("202")).seconds(4);
    assert!(town.heard().contains("hang up ambulance"));
    town.answers("ext:202", "li");
    assert!(town.heard().contains("join wang and li"));
    assert_eq!(town.state(202), OperatorState::Talking);
}

#[test]
fn who_gives_up_after_they_were_led_on_is_owed_a_call() {
    let mut town = talking();
    town.says(202, OperatorCommand::Away).leads(201, to("202")).seconds(10);
    town.hangs_up("wang");
    assert_eq!(town.entry("wang").state, QueueState::Abandoned);
    assert!(town.ledger.callbacks.values().any(|request| request.state.is_open()));
}

#[test]
fn who_was_rung_back_and_led_on_to_nobody_is_still_owed_the_call() {
    let mut town = talking();
    town.wants_a_person("zhao", "13900000009").hangs_up("zhao");
    town.hangs_up("wang").says(202, OperatorCommand::Away);
    town.ready(201).answers("ext:201", "chen").answers("0009", "zhao back").seconds(20);
    town.on_call(201, Role::Operator, "zhao back", to("202")).seconds(10).hangs_up("zhao back");
    let request = town.ledger.callbacks.values().find(|request| request.number == number("13900000009"));
    assert!(request.is_some_and(|request| request.state.is_open()), "{request:?}");
}

#[test]
fn a_supervisor_who_answers_for_no_station_has_a_telephone_to_listen_with() {
    let chief = OperatorRecord { stations: vec![], ..operator(209, 1) };
    let mut town = Town::staffed_by(vec![operator(201, 3), chief]);
    town.ready(201).wants_a_person("wang", "13900000001").answers("ext:201", "chen");
    let actor = Actor { user: Some(UserId(209)), ..Actor::of(ActorKind::Supervisor) };
    let by = Commander { actor, roles: vec![(Role::Supervisor, StationId(1))] };
    let command = Command::Call { call: town.names["wang"], what: CallCommand::Listen };
    let id = town.chance.mint(town.now);
    town.tell(DeskEvent::Commanded { id, by, command });
    town.answers("ext:209", "chief");
    assert!(town.heard().contains("let listen chief with wang"));
}

#[test]
fn a_telephone_takes_nobody_elses_talk_in_the_place_of_its_own() {
    let mut town = Town::staffed_by(vec![operator(201, 3), operator(204, 3)]);
    town.ready(201).wants_a_person("wang", "13900000001").answers("ext:201", "chen");
    town.ready(204).wants_a_person("li", "13900000002").answers("ext:204", "zhou");
    town.heard();
    let replaces = Some(town.names["zhou"]);
    let asked = PhoneEvent::TransferAsked { call: town.names["chen"], to: "204".into(), replaces };
    town.tell(DeskEvent::Phone(asked));
    let heard = town.heard();
    assert!(heard.contains("failed") && !heard.contains("hang up"), "{heard}");
}

#[test]
fn a_colleague_who_is_asked_first_has_the_caller_when_the_operator_leaves() {
    let mut town = talking();
    town.leads(201, asks("202"));
    assert!(town.ledger.calls[&town.names["wang"]].held);
    assert_eq!(town.state(202), OperatorState::Ringing);
    town.answers("ext:202", "li");
    assert_eq!((town.state(201), town.state(202)), (OperatorState::Talking, OperatorState::Talking));
    town.seconds(5).leads(201, CallCommand::HangUp);
    expect![[r#"
        09:00:04 hold wang
        09:00:04 wang hears hold-music
        09:00:04 dial 202
        09:00:04 reply Done
        09:00:04 join li with wang
        09:00:09 hang up chen
        09:00:09 resume wang
        09:00:09 reply Done
    "#]]
    .assert_eq(&town.heard());
    assert!(!town.ledger.calls[&town.names["wang"]].held);
    assert_eq!((town.state(201), town.state(202)), (OperatorState::WrapUp, OperatorState::Talking));
    // The talk is the colleague's now, with all that can be done in it.
    town.leads(202, third("120")).answers("120", "ambulance").hangs_up("ambulance").hangs_up("wang");
    assert_eq!(town.state(202), OperatorState::WrapUp, "they write up what they heard");
}

#[test]
fn a_colleague_who_is_asked_and_leaves_again_leaves_the_caller_to_the_operator() {
    let mut town = talking();
    town.leads(201, asks("202")).answers("ext:202", "li").hangs_up("li");
    assert!(town.ledger.calls[&town.names["wang"]].held, "until the operator takes them back");
    assert_eq!((town.state(201), town.state(202)), (OperatorState::Talking, OperatorState::WrapUp));
}

#[test]
fn nobody_who_is_not_ready_is_brought_in_and_only_one_at_a_time() {
    let mut town = talking();
    town.says(202, OperatorCommand::Away).leads(201, asks("202"));
    assert!(town.heard().contains("NotFree"));
    assert!(!town.ledger.calls[&town.names["wang"]].held, "nobody is asked, so nobody waits");
    town.leads(201, third("120")).leads(201, third("110"));
    assert!(town.heard().contains("ThirdThere"));
}

#[test]
fn who_is_left_to_somebody_who_does_not_come_is_back_in_their_place() {
    let mut town = talking();
    town.leads(201, third("110")).leads(201, CallCommand::HangUp);
    let queued_at = town.entry("wang").queued_at;
    town.ignores("110");
    let entry = town.entry("wang");
    assert_eq!((entry.state, entry.queued_at), (QueueState::Waiting, queued_at));
    assert!(!town.heard().contains("hang up wang"));
    town.seconds(4).answers("ext:202", "li");
    assert_eq!(town.entry("wang").state, QueueState::Answered);
}

#[test]
fn who_is_on_the_line_and_as_what_stands_in_the_rows() {
    let mut town = talking();
    town.leads(201, CallCommand::Mute { on: true });
    town.on_call(202, Role::Supervisor, "wang", CallCommand::Listen).answers("ext:202", "boss");
    let (wang, chen, boss) = (town.names["wang"], town.names["chen"], town.names["boss"]);
    let part = |town: &Town, leg| town.ledger.calls[&leg].joins;
    assert_eq!(part(&town, chen), Some(Joins { to: wang, part: CallPart::Talks }));
    assert_eq!(part(&town, boss), Some(Joins { to: wang, part: CallPart::Listens }));
    assert!(town.ledger.calls[&chen].muted);
    town.on_call(202, Role::Supervisor, "wang", CallCommand::Whisper).heard();
    assert_eq!(part(&town, boss), Some(Joins { to: wang, part: CallPart::Whispers }));
    // They leave without ending the talk.
    town.on_call(202, Role::Supervisor, "wang", CallCommand::HangUp);
    expect![[r#"
        09:00:04 hang up boss
        09:00:04 reply Done
    "#]]
    .assert_eq(&town.heard());
}

#[test]
fn the_call_to_an_operator_for_somebody_owed_one_says_whom_it_is_for() {
    let mut town = Town::staffed_by(vec![operator(201, 3)]);
    town.ready(201).wants_a_person("wang", "13900000001").hangs_up("wang");
    town.seconds(30).ready(201).seconds(1);
    let rung = town.operator(201).call.expect("their telephone rings");
    let owed = town.ledger.calls[&rung].owed.expect("it is for somebody who is owed a call");
    assert_eq!(town.ledger.callbacks[&owed].number, number("13900000001"));
}

/// The talk of Wang with 201, in which 202 has a part as well.
const HELD: [(&str, Option<&str>); 2] = [("wang", Some("chen")), ("chen", Some("wang"))];

#[test]
fn a_supervisor_at_a_talk_is_the_supervisor_still_when_the_desk_is_built_anew() {
    for (what, part, with) in [
        (CallCommand::Barge, CallPart::Barges, Some("wang")),
        (CallCommand::Whisper, CallPart::Whispers, None),
        (CallCommand::Listen, CallPart::Listens, None),
    ] {
        let mut town = talking();
        town.on_call(202, Role::Supervisor, "wang", what).answers("ext:202", "boss").heard();
        town.rebuilds(&[HELD[0], HELD[1], ("boss", with)]);
        assert_eq!(town.heard(), "", "{part}: nobody hears that anything happened");
        let joins = Some(Joins { to: town.names["wang"], part });
        assert_eq!(town.ledger.calls[&town.names["boss"]].joins, joins);
        assert_eq!(town.state(201), OperatorState::Talking);
        // The talk is the operator's, and over for the supervisor when it is over.
        town.leads(201, CallCommand::Mute { on: true }).leads(201, CallCommand::HangUp);
        let heard = town.heard();
        for (what, times) in [("mute chen", 1), ("hang up wang", 1), ("hang up boss", 1)] {
            assert_eq!(heard.matches(what).count(), times, "{part}, {what}: {heard}");
        }
    }
}

#[test]
fn who_was_brought_in_stays_with_the_caller_when_the_desk_is_built_anew_and_the_operator_leaves() {
    let mut town = talking();
    town.leads(201, third("120")).answers("120", "ambulance").heard();
    town.rebuilds(&[HELD[0], HELD[1], ("ambulance", Some("wang"))]);
    town.leads(201, third("110"));
    assert!(town.heard().contains("ThirdThere"));
    town.leads(201, CallCommand::HangUp);
    assert!(!town.heard().contains("hang up wang"), "the two go on");
    // Once more, with nobody but the two.
    town.rebuilds(&[("wang", None), ("ambulance", Some("wang"))]);
    assert_eq!(town.heard(), "", "who talks hears no menu");
    town.hangs_up("ambulance");
    assert!(town.heard().contains("hang up wang"));
}

//! Who has no mobile hears by a call what others read: that nobody goes alone, that the time is another, that nobody goes to
//! a door at all. A person rings only where no call was heard.

use std::time::Duration;

use expect_test::expect;
use yingda::desk::command::{CallbackCommand, Command, TicketCommand as T};
use yingda::desk::rules::Rules;
use yingda::domain::actor::Role;
use yingda::domain::assignment::{Assignment, AssignmentKind, AssignmentState};
use yingda::domain::callback::CallbackReason;
use yingda::domain::ids::{CallbackId, VolunteerId};
use yingda::domain::policy::Policy;
use yingda::domain::ticket::{SuspendReason, TicketState, Window};
use yingda::domain::timestamp::Timestamp;
use yingda::domain::volunteer::Volunteer;

use super::safety::cleared;
use super::town::{NEXT_COMMITTEE, Town, area, moment, number, rules, volunteer};
use yingda::desk::event::{DeskEvent, RecordChange};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const ANA: &str = "053283710001";
const BEN: &str = "13800000002";
const RESIDENT: &str = "053283720099";

impl Town {
    /// Whoever is rung at `target` answers and presses a key.
    fn keys(&mut self, target: &str, name: &str, key: &str) -> &mut Self {
        self.answers(target, name).later(Duration::from_secs(10)).presses(name, key);
        self.later(Duration::from_secs(10))
    }

    /// Whoever is rung at `target` hears it to its end.
    fn hears(&mut self, target: &str, name: &str) -> String {
        self.later(MINUTE).heard();
        self.answers(target, name).later(MINUTE);
        self.heard()
    }

    /// Somebody of the station has rung them.
    fn noted_as_rung(&mut self, callback: CallbackId) {
        let command =
            Command::Callback { callback, what: CallbackCommand::Done { note: "已告知".into() } };
        self.asks(Role::Operator, command).later(Duration::from_secs(1));
    }

    fn is_owed_a_persons_call(&self, phone: &str) -> bool {
        let owed =
            |it: &yingda::domain::callback::CallbackRequest| it.number == number(phone) && it.state.is_open();
        self.ledger.callbacks.values().any(owed)
    }
}

fn of(town: &Town, badge: i64) -> Assignment {
    let theirs = |a: &&Assignment| a.volunteer == Some(VolunteerId(badge)) && a.state.is_live();
    town.ledger.assignments.values().find(theirs).expect("they are bound").clone()
}

/// Ana, who has a landline, and Ben both come in half an hour.
fn two_who_come() -> Town {
    let others = (2..=9).map(|n| volunteer(10_000 + n, &format!("138000000{n:02}")));
    let mut town = Town::with(rules(), std::iter::once(volunteer(10_001, ANA)).chain(others).collect());
    let from = town.now + MINUTE * 40;
    town.opens("ELD-05", "13900000001", |intake| {
        intake.window = Some(Window { from, until: from + HOUR * 2 });
    });
    town.later(MINUTE).keys("83710001", "ana", "1").texts(BEN, "1").later(MINUTE * 2);
    town.answers("83710001", "ana").later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::InProgress, "{}", town.heard);
    // The person has rung her with name and address.
    let owed = town.ledger.callbacks.values().find(|it| it.number == number(ANA)).unwrap().id;
    town.noted_as_rung(owed);
    town.heard();
    town
}

#[test]
fn whose_partner_drops_out_is_rung_not_to_go_and_by_a_person_only_when_no_call_was_heard() {
    for hears in [true, false] {
        let mut town = two_who_come();
        town.texts(BEN, "2").later(MINUTE).texts(BEN, "2").later(MINUTE);
        if hears {
            town.heard();
            town.answers("83710001", "ana").later(MINUTE);
            let heard = town.heard();
            assert!(heard.contains("helper-number-is 10001 partner-missing-call area-370203031"), "{heard}");
        } else {
            // It is the third call of the day: no machine rings once more.
            town.ignores("83710001").later(MINUTE * 4);
        }
        town.later(MINUTE * 10);
        assert_eq!(town.is_owed_a_persons_call(ANA), !hears, "{}", town.heard);
        // Who rings in hears the same of "I am here".
        town.heard();
        town.rings("in", ANA, "83720003").later(MINUTE / 6).presses("in", "1").later(MINUTE / 6);
        town.presses("in", "8").later(MINUTE / 6);
        let heard = town.heard();
        assert!(heard.contains("in hears partner-missing-call"), "{heard}");
    }
}

fn suspended(town: &mut Town, until: Timestamp) {
    let what = T::Suspend { reason: SuspendReason::Weather, resume_at: until };
    town.does(901, Role::Supervisor, what).later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::Suspended, "{}", town.heard);
}

/// Ana comes to Wang's from nine to one.
fn expected(rules: Rules) -> Town {
    let mut town = Town::with(rules, vec![volunteer(10_001, ANA)]);
    town.wishes_for_shopping().later(MINUTE / 3).keys("83710001", "ana", "1").later(MINUTE);
    town.answers("83710001", "ana").later(MINUTE);
    let owed = town.ledger.callbacks.values().find(|it| it.number == number(ANA)).unwrap().id;
    town.noted_as_rung(owed);
    assert_eq!(town.ticket().state, TicketState::InProgress, "{}", town.heard);
    town.heard();
    town
}

#[test]
fn who_takes_no_texts_is_rung_about_a_suspension_and_again_when_it_goes_on() {
    for rules in [rules(), Rules { policy: Policy::default(), ..rules() }] {
        let mut town = expected(rules);
        suspended(&mut town, moment("15:00:00") + HOUR * 48);
        town.heard();
        town.answers("83710001", "ana").later(MINUTE);
        expect![[r#"
            ana hears helper-call-intro helper-number-is 10001 put-off-call area-370203031 category-ELD-07 day-after-tomorrow day-part-afternoon hour-3 and day-part-evening hour-7 label-cannot-come press-2 label-again press-star label-person press-0
            ana hears goodbye
            hang up ana
        "#]].assert_eq(&without_times(&town.heard()));
        town.until(moment("11:00:00") + HOUR * 24);
        town.does(901, Role::Handler, T::Resume).later(MINUTE).heard();
        town.keys("83710001", "ana", "1");
        let heard = town.heard();
        assert!(
            heard.contains("new-time-call area-370203031 category-ELD-07 today day-part-morning hour-11"),
            "{heard}"
        );
        assert!(!town.is_owed_a_persons_call(ANA), "nobody has to ring: {}", town.heard);
        assert_eq!(of(&town, 10_001).state, AssignmentState::Accepted);
    }
}

#[test]
fn who_cannot_at_the_time_it_was_put_off_to_says_so_by_key_and_another_is_asked() {
    let mut town = expected(rules());
    suspended(&mut town, moment("15:00:00"));
    town.keys("83710001", "ana", "2");
    assert!(town.ledger.assignments.values().all(|visit| visit.state == AssignmentState::Aborted));
}

#[test]
fn who_would_have_gone_tonight_is_told_tonight_that_it_is_put_off() {
    let mut town = Town::with(rules(), vec![volunteer(10_001, ANA), volunteer(10_002, BEN)]);
    town.at("20:00:00");
    let from = moment("22:00:00");
    town.opens("ELD-07", "13900000001", |intake| {
        intake.window = Some(Window { from, until: from + HOUR });
    });
    town.later(MINUTE).keys("83710001", "ana", "1").texts(BEN, "1").later(MINUTE * 2);
    town.answers("83710001", "ana").later(MINUTE);
    town.at("21:10:00");
    let owed = town.ledger.callbacks.values().find(|it| it.number == number(ANA)).unwrap().id;
    town.noted_as_rung(owed);
    town.heard();
    let until = moment("12:00:00") + HOUR * 24;
    suspended(&mut town, until);
    let heard = town.heard();
    assert!(heard.contains("dial …0001"), "{heard}");
    town.ignores("83710001").later(MINUTE * 5);
    assert!(town.is_owed_a_persons_call(ANA), "the morning would be too late: {}", town.heard);
}

#[test]
fn another_time_is_told_by_call_and_a_1_confirms_it() {
    let mut town = expected(rules());
    let from = moment("14:00:00");
    let window = Window { from, until: from + HOUR };
    town.does(901, Role::Dispatcher, T::ChangeWindow { window, reason: "居民要求".into() });
    town.later(MINUTE).heard();
    town.keys("83710001", "ana", "1");
    let heard = town.heard();
    assert!(
        heard.contains("new-time-call area-370203031 category-ELD-07 today day-part-afternoon hour-2"),
        "{heard}"
    );
    assert!(of(&town, 10_001).confirmed_at.is_some(), "{heard}");
    town.later(MINUTE * 10);
    assert!(!town.heard().contains("dial …0001"), "once");
}

/// Company (ELD-08) is given by telephone.
fn by_telephone() -> Rules {
    let mut rules = rules();
    let company = rules.catalogue.categories.get_mut(&Town::category("ELD-08")).unwrap();
    company.assignment = AssignmentKind::Phone;
    company.needs_address = false;
    rules
}

#[test]
fn who_helps_by_telephone_is_put_through_by_key_and_nobody_has_to_ring_them_or_the_resident() {
    let mut town = Town::with(by_telephone(), vec![volunteer(10_001, ANA)]);
    town.opens("ELD-08", RESIDENT, |_| {}).later(MINUTE).keys("83710001", "ana", "1");
    let resident = town.hears("83720099", "wang");
    expect![[r#"
        wang hears who-helps-intro who-rings helper-number-is 10001 window-is today day-part-morning hour-9 and day-part-afternoon hour-1 free-care label-again press-star
        wang hears survey-thanks
        hang up wang
    "#]].assert_eq(&without_times(&resident));
    let helper = town.hears("83710001", "ana");
    assert!(helper.contains("task-by-phone task-code-is"), "{helper}");
    assert!(!helper.contains("visit-code-is") && !helper.contains("details-by-person"), "{helper}");
    assert!(!town.is_owed_a_persons_call(ANA) && !town.is_owed_a_persons_call(RESIDENT));
}

#[test]
fn who_meets_at_a_station_hears_where_it_is_and_so_does_the_resident() {
    let one = Volunteer { phone: number(ANA), ..cleared(1) };
    let mut town = Town::with(rules(), vec![one, cleared(2)]);
    let mut named = town.ledger.stations[2].clone();
    named.area = area(NEXT_COMMITTEE);
    town.tell(DeskEvent::RecordChanged(RecordChange::Station(Box::new(named))));
    town.opens("CHD-04", RESIDENT, |intake| {
        intake.risk = Some([false; 3]);
        intake.area = Some(area(NEXT_COMMITTEE));
    });
    town.later(MINUTE).keys("83710001", "ana", "1").texts(cleared(2).phone.as_str(), "1").later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::InProgress, "{}", town.heard);
    let resident = town.hears("83720099", "wang");
    assert!(
        resident.contains("who-helps-intro who-meets station-in area-370203031002 helper-number-is 10001"),
        "{resident}"
    );
    assert!(!resident.contains("visit-code-is") && !resident.contains("who-comes-care"), "{resident}");
    let helper = town.hears("83710001", "ana");
    assert!(helper.contains("task-at-station station-in area-370203031002 task-code-is"), "{helper}");
    assert!(!helper.contains("visit-code-is") && !helper.contains("details-by-person"), "{helper}");
    assert!(!town.is_owed_a_persons_call(ANA) && !town.is_owed_a_persons_call(RESIDENT));
}

#[test]
fn where_the_station_has_no_clip_a_person_says_where_it_is() {
    let one = Volunteer { phone: number(ANA), ..cleared(1) };
    let mut town = Town::with(rules(), vec![one, cleared(2)]);
    town.opens("CHD-04", RESIDENT, |intake| intake.risk = Some([false; 3])).later(MINUTE);
    town.keys("83710001", "ana", "1").texts(cleared(2).phone.as_str(), "1").later(MINUTE);
    assert!(town.is_owed_a_persons_call(ANA) && town.is_owed_a_persons_call(RESIDENT), "{}", town.heard);
    let reasons = town.ledger.callbacks.values().map(|it| it.reason);
    assert!(reasons.into_iter().any(|reason| reason == CallbackReason::Helper));
}

/// What was heard, without the moments.
fn without_times(heard: &str) -> String {
    heard.lines().map(|line| format!("{}\n", &line[9..])).collect()
}

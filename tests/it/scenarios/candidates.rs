//! "Why not Ana?": who was considered for a ticket, and which rule keeps somebody out.

use yingda::desk::command::{Candidates, Command, CommandOutcome};
use yingda::desk::effect::Effect;
use yingda::desk::event::{Commander, DeskEvent};
use yingda::desk::refusal::Why;
use yingda::domain::actor::{Actor, ActorKind, Role};
use yingda::domain::ids::{StationId, TicketId, VolunteerId};

use super::town::{Town, rules, volunteer};

fn ask(town: &mut Town, role: Role, station: i64, ticket: TicketId, about: &[i64]) -> CommandOutcome {
    let by = Commander { actor: Actor::of(ActorKind::Dispatcher), roles: vec![(role, StationId(station))] };
    let about = about.iter().map(|badge| VolunteerId(*badge)).collect();
    let id = town.chance.mint(town.now);
    let event = DeskEvent::Commanded { id, by, command: Command::Candidates { ticket, about } };
    let step = town.desk.handle(&event, town.now);
    assert!(step.writes.is_empty(), "looking changes nothing");
    match step.effects.into_iter().next() {
        Some(Effect::Reply { outcome, .. }) => outcome,
        other => panic!("no answer but {other:?}"),
    }
}

fn told(outcome: CommandOutcome) -> Candidates {
    let CommandOutcome::Candidates(told) = outcome else { panic!("no list but {outcome:?}") };
    *told
}

#[test]
fn a_dispatcher_hears_which_rule_keeps_a_volunteer_out() {
    let volunteers = (1..=12).map(|n| volunteer(10_000 + n, &format!("138000000{n:02}"))).collect();
    let mut town = Town::with(rules(), volunteers);
    town.opens_by_hand("ELD-07").at("09:01:00");
    let code = town.code_of("13800000001");
    town.texts("13800000001", &format!("{code}2")).at("09:02:00");
    let id = town.ticket().id;
    let told = told(ask(&mut town, Role::Dispatcher, 1, id, &[10_001, 99_999]));
    let [ana, nobody] = &told.about[..] else { panic!("both are told: {:?}", told.about) };
    assert!(!ana.may_be_asked);
    let why: Vec<&str> = ana.why.iter().map(|why| why.en.as_str()).collect();
    assert!(why.contains(&"has declined this ticket"), "{why:?}");
    assert!(nobody.why.iter().any(|why| why.en == "is not registered"), "{:?}", nobody.why);
    assert_eq!(told.considered, told.eligible + told.against.iter().map(|(_, n)| n).sum::<u32>());
    assert!(told.best.len() > 1, "there is an order: {:?}", told.best);
    assert!(told.best.iter().all(|one| one.may_be_asked && one.rank.is_some()));
    let scores: Vec<u32> = told.best.iter().filter_map(|one| one.rank).map(|rank| rank.score).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "the best first: {scores:?}");
    assert!(told.others.iter().any(|one| one.volunteer == ana.volunteer));
}

#[test]
fn an_answer_is_bounded_and_only_for_those_of_the_station() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-07").at("09:01:00");
    let id = town.ticket().id;
    let many: Vec<i64> = (1..=500).collect();
    let told = told(ask(&mut town, Role::Supervisor, 1, id, &many));
    assert_eq!(told.about.len(), yingda::desk::candidates::ASKED_ABOUT);
    for (role, station) in [(Role::Administrator, 1), (Role::Manager, 1), (Role::Dispatcher, 99)] {
        let outcome = ask(&mut town, role, station, id, &[]);
        let CommandOutcome::Refused(no) = outcome else {
            panic!("{role} of station {station} was told {outcome:?}")
        };
        assert_eq!(no.why, Why::OtherPart, "{role}");
    }
}

#[test]
fn what_no_volunteer_may_do_says_so_and_names_the_institutions_that_take_it() {
    use super::institutions::institution;
    use super::town::{COMMITTEE, NEXT_COMMITTEE};
    let mut town = Town::new();
    town.learns(&[
        institution(31, NEXT_COMMITTEE, "13700000001"),
        institution(32, COMMITTEE, "13700000002"),
        institution(33, COMMITTEE, "053283720033"),
    ]);
    town.opens("CON-02", "13912345678", |_| {}).at("09:01:00");
    let id = town.ticket().id;
    let told = told(ask(&mut town, Role::Dispatcher, 1, id, &[]));
    assert!(!told.volunteers_may);
    let said: Vec<(i64, &str)> =
        told.institutions.iter().map(|one| (one.facility.0, one.why.en.as_str())).collect();
    assert_eq!(
        said,
        [
            (31, "may be told: a neighbouring committee"),
            (32, "was told of this ticket before"),
            (33, "has no mobile to be told on"),
        ]
    );
}

//! "Why not Ana?": who was considered for a ticket, and which rule keeps somebody out.

use std::collections::BTreeMap;
use std::sync::Arc;

use yingda::desk::candidates::Candidates;
use yingda::desk::command::{Command, CommandOutcome, TicketCommand};
use yingda::desk::effect::Effect;
use yingda::desk::event::{Commander, DeskEvent};
use yingda::desk::refusal::Why;
use yingda::domain::actor::{Actor, ActorKind, Role};
use yingda::domain::ids::{StationId, TicketId, VolunteerId};

use yingda::dispatch::candidates::Rule;
use yingda::dispatch::explain::against;
use yingda::dispatch::roads::{Roads, Way};
use yingda::domain::area::Point;
use yingda::domain::datum::Datum;
use yingda::domain::language::Language;
use yingda::domain::person::KnownPerson;
use yingda::domain::register::Institution;
use yingda::domain::volunteer::Volunteer;

use super::town::{Town, resident, rules, volunteer};

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

/// Institutions that a dispatcher may give the latest ticket to, in their order, with the region of those of another.
pub fn to_choose(town: &mut Town) -> Vec<(i64, Option<String>)> {
    let id = town.ticket().id;
    let told = told(ask(town, Role::Dispatcher, 1, id, &[]));
    let may = told.institutions.into_iter().filter(|one| one.may_be_chosen);
    may.map(|one| (one.facility.0, one.elsewhere.map(|region| region.0))).collect()
}

/// What a dispatcher hears of each institution that takes work like the latest ticket's.
pub fn said_of_institutions(town: &mut Town) -> BTreeMap<i64, String> {
    let id = town.ticket().id;
    let told = told(ask(town, Role::Dispatcher, 1, id, &[]));
    told.institutions.into_iter().map(|one| (one.facility.0, one.why.en)).collect()
}

/// What a dispatcher hears of a volunteer who is asked about.
pub fn said_of(town: &mut Town, badge: i64) -> Vec<String> {
    let id = town.ticket().id;
    let told = told(ask(town, Role::Dispatcher, 1, id, &[badge]));
    told.about.into_iter().flat_map(|one| one.why).map(|why| why.en).collect()
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

/// A home by the river, a place across it, one along it, and the road from each to each, over the bridge.
fn by_the_river() -> ([Point; 3], Arc<Roads>) {
    let place = |north: f64, east: f64| Datum::Wgs84.point(north, east).unwrap();
    let (home, across, along) = (place(36.1, 120.37), place(36.101, 120.37), place(36.1, 120.375));
    let bridge = [place(36.1, 120.38), place(36.101, 120.38)];
    let way = Way([home, along, bridge[0], bridge[1], across]
        .into_iter()
        .enumerate()
        .map(|(n, at)| (n as i64, at))
        .collect());
    ([home, across, along], Arc::new(Roads::new(&[way]).unwrap()))
}

fn opens_at(town: &mut Town, category: &str, home: Point) {
    town.opens(category, "13912345678", |intake| {
        let (_, person) = resident(1, "13912345678");
        let known = KnownPerson { address: intake.address.clone(), point: Some(home), ..person };
        intake.beneficiary = Some(known.person);
        intake.known = Some(Box::new(known));
    });
}

#[test]
fn the_institution_across_the_river_is_told_after_one_on_this_bank_once_the_roads_are_read() {
    use super::institutions::institution;
    use super::town::COMMITTEE;
    let ([home, across, along], roads) = by_the_river();
    let lying = |id, phone, at| Institution { point: Some(at), ..institution(id, COMMITTEE, phone) };
    for (roads, told, said) in [
        (None, "…0001", "may be told: same committee, 449 m away"),
        (Some(roads), "…0002", "may be told: same committee, 111 m away, 1909 m by road"),
    ] {
        let mut town = Town::new();
        town.learns(&[lying(31, "13700000001", across), lying(32, "13700000002", along)]);
        if let Some(roads) = &roads {
            town.desk.learn_roads(roads.clone());
        }
        opens_at(&mut town, "CON-02", home);
        town.at("09:01:00");
        let heard = town.heard();
        assert!(heard.contains(&format!("text to {told}: 【社区服务】待签收")), "{heard}");
        let institutions = said_of_institutions(&mut town);
        assert!(institutions.values().any(|why| why == said), "{institutions:?}");
    }
}

#[test]
fn who_lives_across_the_river_is_asked_after_a_neighbour_once_the_roads_are_read() {
    let ([home, across, along], roads) = by_the_river();
    let mut one_at_a_time = rules();
    let all = &mut one_at_a_time.policy.urgency;
    for row in [&mut all.p1, &mut all.p2, &mut all.p3, &mut all.p4] {
        row.wave_cap = 1;
    }
    let living = |badge, phone, point| Volunteer { point: Some(point), ..volunteer(badge, phone) };
    for (roads, asked, not_asked) in [(None, "…0001", "…0002"), (Some(roads), "…0002", "…0001")] {
        let people = vec![living(10_001, "13800000001", across), living(10_002, "13800000002", along)];
        let mut town = Town::with(one_at_a_time.clone(), people);
        if let Some(roads) = &roads {
            town.desk.learn_roads(roads.clone());
        }
        opens_at(&mut town, "ELD-07", home);
        town.at("09:00:30");
        let heard = town.heard();
        assert!(heard.contains(&format!("text to {asked}: 【社区服务】邀单")), "{heard}");
        assert!(!heard.contains(&format!("text to {not_asked}")), "{heard}");
        // "Why not Ana?" says how far it is for whoever was not asked.
        let id = town.ticket().id;
        let told = told(ask(&mut town, Role::Dispatcher, 1, id, &[10_001, 10_002]));
        let said: Vec<&str> = told.about.iter().flat_map(|one| &one.why).map(|why| why.en.as_str()).collect();
        assert_eq!(said.iter().any(|said| said.ends_with(" m by road")), roads.is_some(), "{said:?}");
    }
}

#[test]
fn whom_the_last_place_is_not_kept_for_is_said_to_wait_for_a_certificate() {
    use yingda::domain::volunteer::{Credential, CredentialKind};
    let mut rules = rules();
    let category = rules.catalogue.categories.get_mut(&Town::category("ELD-08")).unwrap();
    category.one_holds = vec![CredentialKind::FirstAid];
    let expires_at = super::town::moment("23:59:59") + std::time::Duration::from_secs(9_000 * 3_600);
    let credentials = vec![Credential { kind: CredentialKind::FirstAid, expires_at }];
    let ben = Volunteer { credentials, ..volunteer(10_002, "13800000002") };
    let mut town = Town::with(rules, vec![volunteer(10_001, "13800000001"), ben]);
    known_home(&mut town, "ELD-08");
    town.later(std::time::Duration::from_secs(1));
    let id = town.ticket().id;
    let told = told(ask(&mut town, Role::Dispatcher, 1, id, &[10_001]));
    let ana = &told.about[0];
    assert_eq!(ana.why[0].en, "the places left are kept for people with a certificate");
    assert!(!ana.may_be_asked && !ana.may_be_chosen);
    assert!(chooses(&mut town, 10_001).contains("MayNotBeAsked"), "by hand neither");
}

/// Somebody the register knows: one helper is enough.
fn known_home(town: &mut Town, category: &str) {
    let (_, person) = resident(77, "13900000001");
    town.opens(category, "13900000001", |intake| {
        intake.beneficiary = Some(person.person);
        intake.address = person.address.clone();
        intake.known = Some(Box::new(person));
    });
}

fn chooses(town: &mut Town, badge: i64) -> String {
    town.heard();
    let what =
        TicketCommand::AssignVolunteer { volunteer: VolunteerId(badge), reason: "居民点名".into() };
    town.does(901, Role::Dispatcher, what);
    town.heard()
}

#[test]
fn a_dispatcher_asks_whom_load_distance_or_an_earlier_no_speaks_against_and_the_reason_is_kept() {
    let two = vec![volunteer(10_001, "13800000001"), volunteer(10_002, "13800000002")];
    let mut town = Town::with(rules(), two);
    known_home(&mut town, "ELD-07");
    town.at("09:01:00");
    assert!(chooses(&mut town, 10_001).contains("MayNotBeAsked"), "the offer that is open is enough");
    let code = town.code_of("13800000001");
    town.texts("13800000001", &format!("{code} 2")).at("09:02:00");
    let ticket = town.ticket().id;
    let told = told(ask(&mut town, Role::Dispatcher, 1, ticket, &[10_001]));
    assert!(!told.about[0].may_be_asked && told.about[0].may_be_chosen, "{:?}", told.about);
    let heard = chooses(&mut town, 10_001);
    assert!(heard.contains("reply Done"), "{heard}");
    let line = &town.lines("offer.overridden")[0];
    assert!(line["rules"].as_array().unwrap().iter().any(|rule| rule == "declined"), "{line}");
    assert_eq!(line["words"], "居民点名");
    let code = town.code_of("13800000001");
    town.later(std::time::Duration::from_secs(60)).texts("13800000001", &format!("{code} 1"));
    let taken = town.ledger.assignments.values().any(|visit| visit.volunteer == Some(VolunteerId(10_001)));
    assert!(taken, "{}", town.heard);
}

#[test]
fn nobody_chooses_against_what_somebody_agreed_to_what_is_safe_or_where_they_are_promised() {
    for (change, rule) in [
        ((|ana: &mut Volunteer| ana.opted_out = true) as fn(&mut Volunteer), "opted out"),
        (|ana| ana.lifecycle = yingda::domain::volunteer::Lifecycle::Suspended, "not an active"),
        (|ana| ana.birth_year = 2010, "under 18"),
        (|ana| ana.skills.clear(), "not registered for"),
        (|ana| ana.resting_until = Some(super::town::moment("12:00:00")), "is resting"),
    ] {
        let mut ana = volunteer(10_001, "13800000001");
        change(&mut ana);
        let mut town = Town::with(rules(), vec![ana, volunteer(10_002, "13800000002")]);
        town.opens_by_hand("ELD-07").at("09:01:00");
        let heard = chooses(&mut town, 10_001);
        assert!(heard.contains("MayNotBeAsked") && heard.contains(rule), "{rule}: {heard}");
    }
}

/// Ana, and Ben who speaks English too.
fn with_ben() -> Town {
    let ben =
        Volunteer { languages: Language::ALL.iter().copied().collect(), ..volunteer(10_002, "13800000002") };
    Town::with(rules(), vec![volunteer(10_001, "13800000001"), ben])
}

/// A resident who speaks English keys a wish.
fn keyed_in_english() -> Town {
    let mut town = with_ben();
    let home = town.ledger.homes.get_mut(&super::town::number("13900000001")).unwrap();
    home.persons[0].language = Language::En;
    town.rings("wang", "13900000001", "12349").at("09:00:05");
    for key in ["1", "4", "1", "1"] {
        town.presses("wang", key).later(std::time::Duration::from_secs(5));
    }
    town
}

fn asked_for_by_night() -> Town {
    let mut town = with_ben();
    town.at("22:30:00");
    known_home(&mut town, "ELD-07");
    town
}

/// Ana has said yes for an hour of tomorrow, and somebody else wants help half an hour later.
fn promised_at_that_time() -> Town {
    let mut town = with_ben();
    let minutes = |n: u64| std::time::Duration::from_secs(n * 60);
    let tomorrow = town.now + minutes(24 * 60);
    for from in [tomorrow, tomorrow + minutes(30)] {
        let (_, person) = resident(77, "13900000001");
        town.opens("ELD-08", "13900000001", |intake| {
            intake.window = Some(yingda::domain::ticket::Window { from, until: from + minutes(60) });
            intake.beneficiary = Some(person.person);
            intake.address = person.address.clone();
            intake.known = Some(Box::new(person));
        });
        town.later(minutes(1));
        if from == tomorrow {
            let code = town.code_of("13800000001");
            town.texts("13800000001", &format!("{code} 1")).later(minutes(1));
        }
    }
    town
}

#[test]
fn nobody_chooses_a_stranger_to_the_language_wakes_anybody_or_asks_whom_another_home_expects() {
    for (mut town, rule) in [
        (keyed_in_english(), Rule::Language),
        (asked_for_by_night(), Rule::QuietHours),
        (promised_at_that_time(), Rule::Overlapping),
    ] {
        let id = town.ticket().id;
        let told = told(ask(&mut town, Role::Dispatcher, 1, id, &[10_001]));
        let ana = &told.about[0];
        let says = against(rule).en;
        assert_eq!((ana.may_be_asked, ana.may_be_chosen), (false, false), "{rule}");
        assert!(ana.why.iter().any(|why| why.en == says), "{rule}: {:?}", ana.why);
        let heard = chooses(&mut town, 10_001);
        assert!(heard.contains("MayNotBeAsked") && heard.contains(&says), "{rule}: {heard}");
        let asked =
            town.ledger.offers.values().any(|offer| offer.ticket == id && offer.volunteer == ana.volunteer);
        assert!(!asked, "{rule}");
    }
}

#[test]
fn whom_the_resident_knows_from_before_is_asked_first_among_equals() {
    for (helped_before, first) in [(None, 10_001), (Some(10_004), 10_004)] {
        let mut rules = rules();
        rules.policy.urgency.p4.wave_cap = 1;
        let people = (1..=5).map(|n| volunteer(10_000 + n, &format!("138000000{n:02}"))).collect();
        let mut town = Town::with(rules, people);
        let (_, mut person) = resident(77, "13900000001");
        person.acquainted.extend(helped_before.map(VolunteerId));
        town.opens("ELD-08", "13900000001", |intake| {
            intake.beneficiary = Some(person.person);
            intake.address = person.address.clone();
            intake.known = Some(Box::new(person));
        });
        town.later(std::time::Duration::from_secs(5));
        let asked: Vec<i64> = town.ledger.offers.values().map(|offer| offer.volunteer.0).collect();
        assert_eq!(asked, [first]);
    }
}

#[test]
fn the_yes_of_whoever_was_chosen_beyond_the_days_cap_counts() {
    let mut rules = rules();
    rules.policy.visits.per_day = 1;
    let two = vec![volunteer(10_001, "13800000001"), volunteer(10_002, "13800000002")];
    let mut town = Town::with(rules, two);
    for hour in [0, 3] {
        let from = town.now + std::time::Duration::from_secs(3_600 * (24 + hour));
        let until = from + std::time::Duration::from_secs(3_600);
        let (_, person) = resident(77, "13900000001");
        town.opens("ELD-08", "13900000001", |intake| {
            intake.window = Some(yingda::domain::ticket::Window { from, until });
            intake.beneficiary = Some(person.person);
            intake.known = Some(Box::new(person));
        });
        town.later(std::time::Duration::from_secs(60));
        if hour > 0 {
            assert!(chooses(&mut town, 10_001).contains("reply Done"), "one task is enough, they say");
        }
        let code = town.code_of("13800000001");
        town.later(std::time::Duration::from_secs(60)).texts("13800000001", &format!("{code} 1"));
    }
    let ana = |visit: &&yingda::domain::assignment::Assignment| visit.volunteer == Some(VolunteerId(10_001));
    assert_eq!(town.ledger.assignments.values().filter(ana).count(), 2, "{}", town.heard);
}

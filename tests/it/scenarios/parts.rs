//! Who has which part in a ticket: whose duty it is, who helps and by when, who decides on an objection, who supervises.

use std::time::Duration;

use yingda::desk::command::TicketCommand as T;
use yingda::desk::write::Write;
use yingda::domain::actor::Role;
use yingda::domain::authority::Authority;
use yingda::domain::clocks::ClockKind;
use yingda::domain::ids::{StationId, VolunteerId};
use yingda::domain::offer::OfferState;
use yingda::domain::ticket::{ReturnReason, TicketState};
use yingda::domain::urgency::{Tier, Urgency};
use yingda::domain::volunteer::{Credential, CredentialKind, Volunteer};
use yingda::domain::work_item::{WorkItem, WorkRole, WorkState};

use super::town::{COMMITTEE, NEXT_COMMITTEE, Town, area, moment, number, rules, volunteer};

const MINUTE: Duration = Duration::from_secs(60);

fn words() -> String {
    "写明原因".to_owned()
}

/// How often history says so.
fn told(town: &Town, kind: &str) -> usize {
    town.rows.iter().filter(|row| matches!(row, Write::Event(line) if line.kind == kind)).count()
}

fn part_of(town: &Town, station: i64) -> WorkItem {
    let theirs = town.ledger.work.values().find(|item| item.station == StationId(station));
    theirs.unwrap_or_else(|| panic!("{station} has no part: {:#?}", town.ledger.work)).clone()
}

/// A town whose catalogue makes neighbours' disputes the district's, together with the place's own station or not.
fn with_authority(with_place: bool, within: &str) -> Town {
    let mut rules = rules();
    let row = Authority {
        of: vec!["CON-08".into()],
        within: Some(area(within)),
        station: StationId(1),
        with_place,
    };
    rules.catalogue.authority = vec![row];
    Town::with(rules, vec![])
}

#[test]
fn what_the_catalogue_makes_one_stations_duty_begins_there_in_its_place_and_nowhere_else() {
    let mut town = with_authority(false, COMMITTEE);
    town.opens_by_hand("CON-08").later(MINUTE);
    assert_eq!(town.ticket().owner, StationId(1));
    let sent: Vec<_> = town.ledger.work.values().map(|item| (item.station, item.state)).collect();
    assert_eq!(sent, [(StationId(1), WorkState::Sent)]);
    let mut town = with_authority(false, NEXT_COMMITTEE);
    town.opens_by_hand("CON-08").later(MINUTE);
    assert_eq!(town.ticket().owner, StationId(3), "the row holds for another committee");
}

/// What history says was done against the catalogue: to whom, what speaks against them, whose it is.
fn overrides(town: &Town) -> Vec<(i64, String, Option<i64>)> {
    let said = |line: &serde_json::Value| {
        assert_eq!(line["words"].as_str(), Some("写明原因"));
        Some((line["station"].as_i64()?, line["against"].as_str()?.to_owned(), line["owner"].as_i64()))
    };
    town.lines("ticket.catalogue_overridden").into_iter().filter_map(said).collect()
}

#[test]
fn a_dispatcher_sends_work_against_the_catalogue_with_a_reason_and_history_says_so() {
    let send = |station| T::AssignStation { station: StationId(station), reason: words() };
    let again = |station| T::Reassign { station: StationId(station), reason: words() };
    let mut town = with_authority(false, COMMITTEE);
    town.opens_by_hand("CON-08").later(MINUTE);
    town.does_at(1, 905, Role::Dispatcher, send(3)).later(MINUTE);
    assert_eq!(part_of(&town, 3).state, WorkState::Sent, "it is sent all the same");
    town.does_at(1, 905, Role::Dispatcher, again(2)).does_at(1, 905, Role::Dispatcher, again(1));
    let duty = |station| (station, "others_duty".to_owned(), Some(1));
    assert_eq!(overrides(&town), [duty(3), duty(2)], "to whose it is it is sent without a word");
    // Where the row wants the place's own station too, that one may; so may those above it.
    let mut town = with_authority(true, COMMITTEE);
    town.opens_by_hand("CON-08").later(MINUTE);
    town.does_at(1, 905, Role::Dispatcher, send(3)).does_at(1, 905, Role::Dispatcher, again(2));
    assert_eq!(overrides(&town), []);
    // What begins at the district is not a committee's.
    let mut rules = rules();
    let category = rules.catalogue.categories.get_mut(&Town::category("CON-08")).unwrap();
    category.tier = Tier::District;
    let mut town = Town::with(rules, vec![]);
    town.opens_by_hand("CON-08").later(MINUTE);
    town.does_at(1, 905, Role::Dispatcher, again(3));
    assert_eq!(overrides(&town), [(3, "higher_tier".to_owned(), None)]);
}

#[test]
fn a_line_department_and_the_places_own_station_are_told_together_and_the_first_leads() {
    let mut town = with_authority(true, COMMITTEE);
    town.opens_by_hand("CON-08").later(MINUTE);
    let heard = town.heard();
    for station in ["…0001", "…0003"] {
        assert!(heard.contains(&format!("text to {station}: 【社区服务】待签收 ")), "{station}:\n{heard}");
    }
    assert_eq!((part_of(&town, 1).state, part_of(&town, 3).state), (WorkState::Sent, WorkState::Sent));
    town.does_at(3, 903, Role::Handler, T::Accept);
    assert_eq!((part_of(&town, 3).role, part_of(&town, 1).role), (WorkRole::Lead, WorkRole::Co));
}

#[test]
fn a_co_handler_has_a_clock_of_its_own_and_is_supervised_when_it_runs_out() {
    let mut town = Town::new();
    town.opens_by_hand("EMG-01").at("09:00:05");
    town.does_at(3, 903, Role::Handler, T::Accept).heard();
    let waits = part_of(&town, 1).clock.expect("the district helps");
    assert_eq!((waits.kind, waits.due), (ClockKind::Accept, moment("09:03:05")));
    assert_eq!(part_of(&town, 3).clock, None, "the lead is measured by the ticket's clocks");
    town.restarts(Duration::from_secs(5)).at("09:04:00");
    assert_eq!(town.ticket().supervision, 1);
    let late = part_of(&town, 1).clock.expect("it goes on").breached_at;
    assert!(late.is_some_and(|at| at >= moment("09:03:05")), "{late:?}");
    assert!(town.heard().contains("督办1级"), "its station hears of it");
    town.does_at(1, 901, Role::Handler, T::Accept);
    assert_eq!(
        part_of(&town, 1).clock.map(|clock| clock.kind),
        Some(ClockKind::Handle),
        "taken, it is to be done"
    );
    town.does_at(3, 903, Role::Handler, T::Handled { outcome: words() });
    assert_eq!(part_of(&town, 1).state, WorkState::Working, "the lead's word ends the lead's part alone");
    assert_eq!(town.ticket().state, TicketState::InProgress);
    town.does_at(1, 901, Role::Handler, T::Handled { outcome: words() });
    assert_eq!(town.ticket().state, TicketState::Handled);
}

#[test]
fn an_objection_is_decided_from_above_in_its_time_or_supervised() {
    let give_back = T::Return { reason: ReturnReason::NotOurDuty, evidence: words() };
    let mut town = Town::new();
    town.opens_by_hand("POV-01").at("09:05:00").does_at(2, 902, Role::Handler, give_back);
    let objection = town.ticket().progress.objection(None).expect("somebody has to decide");
    assert_eq!((objection.station, objection.decides), (StationId(2), StationId(1)));
    assert_eq!((objection.reason, objection.is_final), (ReturnReason::NotOurDuty, false));
    assert_eq!(objection.due, moment("10:05:00"), "as long as there was for giving it back");
    town.restarts(Duration::from_secs(5)).at("10:04:00");
    assert_eq!((town.ticket().supervision, told(&town, "ticket.return_reviewed")), (0, 0));
    town.at("10:06:00");
    assert_eq!(town.ticket().supervision, 1, "nobody decided");
    town.does_at(1, 905, Role::Dispatcher, T::Reassign { station: StationId(3), reason: words() });
    assert_eq!(town.ticket().progress.objection(None), None);
    assert_eq!(told(&town, "ticket.return_reviewed"), 1);
    town.at("10:20:00").does_at(3, 903, Role::Handler, T::Accept);
    assert_eq!(told(&town, "ticket.return_reviewed"), 1, "and once");
}

#[test]
fn the_second_objection_is_ruled_on_by_the_district_finally() {
    let give_back = || T::Return { reason: ReturnReason::NotOurArea, evidence: words() };
    let mut town = Town::new();
    town.opens_by_hand("CON-08").later(MINUTE);
    town.does_at(3, 903, Role::Handler, give_back()).does_at(2, 902, Role::Handler, give_back());
    let objection = town.ticket().progress.objection(None).expect("the district has to rule");
    assert_eq!((objection.decides, objection.is_final), (StationId(1), true));
    town.does_at(1, 901, Role::Handler, T::Accept);
    assert_eq!(town.ticket().progress.objection(None), None, "the district took it: that is a ruling too");
    assert_eq!(told(&town, "ticket.return_ruled"), 1);
}

#[test]
fn each_level_of_supervision_tells_one_station_more_by_when_to_answer() {
    let mut town = Town::new();
    town.opens_by_hand("CON-08").later(MINUTE).heard();
    for (level, phones) in [(1, &["…0003"][..]), (2, &["…0003", "…0002"]), (3, &["…0003", "…0002", "…0001"])]
    {
        town.does(907, Role::Supervisor, T::Supervise { level, note: words() }).later(MINUTE / 2);
        let heard = town.heard();
        let texts: Vec<&str> =
            heard.lines().filter(|line| line.contains(&format!("督办{level}级"))).collect();
        assert_eq!(texts.len(), phones.len(), "{heard}");
        for phone in phones {
            assert!(texts.iter().any(|text| text.contains(&format!("text to {phone}"))), "{phone}: {heard}");
        }
        assert!(
            texts.iter().all(|text| text.contains("14时") || text.contains("14:0")),
            "in four working hours: {heard}"
        );
    }
}

/// Five volunteers of whom these hold a first-aid certificate; two are wanted, one of them with it.
fn with_first_aid(holders: &[i64]) -> Town {
    let mut rules = rules();
    let category = rules.catalogue.categories.get_mut(&Town::category("ELD-07")).unwrap();
    category.persons = 2;
    category.one_holds = vec![CredentialKind::FirstAid];
    category.urgency = Urgency::P3;
    let expires_at = moment("23:59:59") + Duration::from_secs(9_000 * 3_600);
    let of = |n: i64| {
        let held = holders.contains(&n).then_some(Credential { kind: CredentialKind::FirstAid, expires_at });
        Volunteer {
            credentials: held.into_iter().collect(),
            ..volunteer(10_000 + n, &format!("138000000{n:02}"))
        }
    };
    Town::with(rules, (1..=5).map(of).collect())
}

#[test]
fn of_two_who_come_one_holds_the_certificate_and_the_last_place_is_kept_for_them() {
    let mut town = with_first_aid(&[5]);
    town.opens_by_hand("ELD-07").later(MINUTE);
    let asked = |town: &Town, n: i64| {
        town.ledger.offers.values().any(|offer| offer.volunteer == VolunteerId(10_000 + n))
    };
    assert!(asked(&town, 5), "whoever holds it is asked, however they rank");
    let others: Vec<i64> = (1..=4).filter(|n| asked(&town, *n)).collect();
    let [first, second] = others[..2] else { panic!("others are asked too: {others:?}") };
    let yes = |town: &mut Town, n: i64| {
        let phone = format!("138000000{n:02}");
        let code = town.code_of(&phone);
        town.texts(&phone, &format!("{code} 1")).later(MINUTE / 4);
    };
    yes(&mut town, first);
    yes(&mut town, second);
    assert_eq!(town.ticket().state, TicketState::Offering, "a second without it does not fill the place");
    let offer =
        town.ledger.offers.values().find(|offer| offer.phone == number(&format!("138000000{second:02}")));
    assert_eq!(offer.map(|offer| offer.state), Some(OfferState::TooLate));
    assert_eq!(town.lines("offer.too_late")[0]["kept"], true, "and history says why");
    let heard = town.heard();
    assert!(heard.contains("须由持证人员担任") && !heard.contains("刚由其他志愿者接单"), "{heard}");
    yes(&mut town, 5);
    assert_eq!(town.ticket().state, TicketState::InProgress);
    let coming: Vec<_> = town.ledger.assignments.values().filter_map(|visit| visit.volunteer).collect();
    assert!(coming.contains(&VolunteerId(10_005)) && coming.len() == 2, "{coming:?}");
}

#[test]
fn where_nobody_holds_the_certificate_nobody_is_asked_in_vain() {
    let mut town = with_first_aid(&[]);
    town.opens_by_hand("ELD-07").later(MINUTE);
    assert!(town.ledger.offers.is_empty(), "{:?}", town.ledger.offers);
    assert_eq!(town.ticket().state, TicketState::Dispatched, "staff has it");
}

//! Tickets that wait for the same moment: it is chosen together whom each of them asks first.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use yingda::desk::rules::Rules;
use yingda::desk::write::Write;
use yingda::domain::ids::{TicketId, VolunteerId};

use super::town::{Town, rules, volunteer};

const HOUR: Duration = Duration::from_secs(3_600);

/// Three tickets of one house come at night; in the morning each asks two of six neighbours.
fn morning_with(batch_from: u16) -> Town {
    let mut rules: Rules = rules();
    rules.policy.offers.batch_from = batch_from;
    rules.policy.urgency.p3.wave_cap = 2;
    let people = (1..=6).map(|n| volunteer(10_000 + n, &format!("138000000{n:02}"))).collect();
    let mut town = Town::with(rules, people);
    town.at("22:30:00");
    for caller in ["13900000011", "13900000012", "13900000013"] {
        town.opens("ELD-02", caller, |_| {});
    }
    town.later(HOUR * 10);
    town
}

/// Whom each ticket's first wave went to.
fn asked(town: &Town) -> BTreeMap<TicketId, BTreeSet<VolunteerId>> {
    let mut asked: BTreeMap<TicketId, BTreeSet<VolunteerId>> = BTreeMap::new();
    for offer in town.ledger.offers.values().filter(|offer| offer.wave == 1) {
        asked.entry(offer.ticket).or_default().insert(offer.volunteer);
    }
    asked
}

fn chosen_together(town: &Town) -> Vec<Option<u64>> {
    let said = town.rows.iter().filter_map(|row| {
        let Write::Event(line) = row else { return None };
        let first = line.kind == "offer.wave" && line.detail["wave"] == 1;
        first.then(|| line.detail["chosen_together"].as_u64())
    });
    said.collect()
}

#[test]
fn tickets_that_waited_for_the_same_morning_do_not_ask_the_same_people() {
    let town = morning_with(3);
    let asked = asked(&town);
    let people: BTreeSet<VolunteerId> = asked.values().flatten().copied().collect();
    assert_eq!((asked.len(), people.len()), (3, 6), "two each, nobody twice: {asked:?}");
    assert_eq!(chosen_together(&town), [Some(3); 3], "and the history says so");
}

#[test]
fn fewer_than_the_policy_says_ask_each_by_itself() {
    let town = morning_with(4);
    let people: BTreeSet<VolunteerId> = asked(&town).into_values().flatten().collect();
    assert_eq!(chosen_together(&town), [None; 3]);
    assert!(people.len() < 6, "the best neighbours are asked by more than one: {people:?}");
}

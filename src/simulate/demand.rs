//! The day's requests: when, where, what.

use super::dice::Dice;
use super::scenario::Scenario;
use super::town::Town;
use crate::dispatch::escalation::may_be_volunteers;
use crate::domain::calendar::Calendar;
use crate::domain::category::{Category, CategoryCode, HandlerKind};
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;

/// How many ring in each hour, beside the others.
pub(super) const HOURS: [f64; 24] = [
    1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 8.0, 6.0, 6.0, 8.0, 8.0, 8.0, 7.0, 6.0, 5.0,
    4.0, 3.0, 2.0, 1.0,
];

const DEMAND: u64 = 11;
const RAISED: u64 = 12;

/// One resident who rings.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub number: u32,
    pub at: Timestamp,
    pub category: CategoryCode,
    /// Where it is another than the category's.
    pub urgency: Option<Urgency>,
    /// A place in the town's list of homes.
    pub home: usize,
    pub in_surge: bool,
}

/// The requests of all days that are lived, in the order they come; the same for every policy.
pub fn requests(scenario: &Scenario, town: &Town, calendar: &Calendar, seed: u64) -> Vec<Request> {
    let mut all = Vec::with_capacity(scenario.requests as usize * scenario.mornings(calendar).len());
    for (day, morning) in scenario.mornings(calendar) {
        all.extend(of_a_day((scenario, morning), town, (seed, day)));
    }
    all.sort_by_key(|request| request.at);
    for (number, request) in all.iter_mut().enumerate() {
        request.number = u32::try_from(number).expect("fewer than four billion in some days");
    }
    all
}

/// Not in their order, and without their numbers. A surge is of the scenario's own day alone.
fn of_a_day(
    (scenario, morning): (&Scenario, Timestamp),
    town: &Town,
    (seed, day): (u64, i64),
) -> Vec<Request> {
    let mut dice =
        if day == 0 { Dice::of(&[seed, DEMAND]) } else { Dice::of(&[seed, DEMAND, day.cast_unsigned()]) };
    let rows: Vec<&Category> = town.catalogue.categories.values().collect();
    let weights: Vec<f64> = rows.iter().map(|row| how_common(row)).collect();
    let begins = morning.as_millis();
    let at = |minute: f64| Timestamp::from_millis(begins + (minute * 60_000.0) as i64);
    let mut all = Vec::with_capacity(scenario.requests as usize);
    if let Some(surge) = scenario.surge.as_ref().filter(|_| day == 0) {
        let in_surge = (f64::from(scenario.requests) * surge.share) as usize;
        // One street: that of some home, drawn once.
        let street = town.homes[dice.below(town.homes.len())].0.street();
        let there: Vec<usize> =
            (0..town.homes.len()).filter(|home| town.homes[*home].0.street() == street).collect();
        let opens = f64::from(surge.from.hour()) * 60.0 + f64::from(surge.from.minute());
        for _ in 0..in_surge {
            let category = surge.categories[dice.below(surge.categories.len())].clone();
            let minute = opens + dice.share() * f64::from(surge.minutes);
            let home = there[dice.below(there.len())];
            all.push(Request { number: 0, at: at(minute), category, urgency: None, home, in_surge: true });
        }
    }
    while all.len() < scenario.requests as usize {
        let minute = (dice.pick(&HOURS) as f64 + dice.share()) * 60.0;
        let category = rows[dice.pick(&weights)].code.clone();
        let home = dice.below(town.homes.len());
        all.push(Request { number: 0, at: at(minute), category, urgency: None, home, in_surge: false });
    }
    for (at, request) in all.iter_mut().enumerate() {
        let may = |category: &&Category| may_be_volunteers(category, category.urgency);
        let usual = town.catalogue.find(&request.category).filter(may);
        let mut dice = Dice::of(&[seed, RAISED, day.cast_unsigned(), at as u64]);
        if usual.is_some_and(|category| category.urgency > Urgency::P2) && dice.happens(scenario.raised) {
            request.urgency = Some(Urgency::P2);
        }
    }
    all
}

/// Help of daily life comes up most, what is urgent to life seldom; what is answered in the same call is dispatched to nobody.
fn how_common(row: &Category) -> f64 {
    let volunteers = row.by.first() == Some(&HandlerKind::Volunteer);
    match row.code.group() {
        _ if row.consultation => 0.0,
        "EMG" => 0.2,
        "ELD" if volunteers => 6.0,
        _ if volunteers => 3.0,
        _ => 1.0,
    }
}

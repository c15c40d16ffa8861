use super::{Flip, Schedule};
use crate::dispatch::index::attributes::Attribute;
use crate::domain::timestamp::Timestamp;

fn flip(at_ms: i64, id: u32, attribute: u8, on: bool) -> Flip {
    let attribute = Attribute::new(attribute).expect("below the count");
    Flip { at: Timestamp::from_millis(at_ms), id, attribute, on }
}

fn due(schedule: &mut Schedule, now_ms: i64) -> Vec<Flip> {
    schedule.due(Timestamp::from_millis(now_ms)).collect()
}

#[test]
fn what_is_due_comes_by_time_then_id_then_attribute_and_only_once() {
    let mut schedule = Schedule::default();
    let planned = [
        flip(20, 1, 0, true),
        flip(10, 9, 0, true),
        flip(10, 2, 5, false),
        flip(10, 2, 3, true),
        flip(30, 1, 1, true),
    ];
    planned.into_iter().for_each(|flip| schedule.plan(flip));
    assert_eq!(schedule.next_due(), Some(Timestamp::from_millis(10)));
    assert_eq!(due(&mut schedule, 9), []);
    assert_eq!(due(&mut schedule, 20), [planned[3], planned[2], planned[1], planned[0]]);
    assert_eq!(due(&mut schedule, 20), []);
    assert_eq!(schedule.next_due(), Some(Timestamp::from_millis(30)));
}

#[test]
fn a_rest_that_is_made_longer_ends_once_and_late() {
    let mut schedule = Schedule::default();
    schedule.plan(flip(10, 1, 4, false));
    schedule.plan(flip(50, 1, 4, false));
    assert_eq!(due(&mut schedule, 49), []);
    assert_eq!(due(&mut schedule, 50), [flip(50, 1, 4, false)]);
}

#[test]
fn of_somebody_who_left_nothing_is_due() {
    let mut schedule = Schedule::default();
    for attribute in [0, 60, 124] {
        schedule.plan(flip(10, 1, attribute, true));
        schedule.plan(flip(10, 2, attribute, true));
    }
    schedule.cancel(2, Attribute::new(60).expect("below the count"));
    schedule.forget(1);
    assert_eq!(due(&mut schedule, 10), [flip(10, 2, 0, true), flip(10, 2, 124, true)]);
    assert_eq!(schedule, Schedule::default());
}

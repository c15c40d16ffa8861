//! The demo's care plans: old people with a telephone of their own, rung every day.

use super::people::Society;
use crate::domain::calendar::Calendar;
use crate::domain::care::CarePlan;
use crate::domain::ids::CarePlanId;
use crate::domain::person::PhoneConfidence;
use crate::domain::recurrence::Recurrence;
use crate::domain::register::PersonRecord;

/// Who is rung is at least so old.
const OLD: i16 = 75;
const MINUTES_OF_A_DAY: usize = 24 * 60;

/// One call a minute from the demo's first moment on, so that there is something to see whenever it is started; the
/// contacts are those of the register.
pub(super) fn care_plans(society: &Society<'_>, residents: &[PersonRecord], count: usize) -> Vec<CarePlan> {
    let civil = Calendar::default().civil(society.now);
    let first = usize::from(civil.hour) * 60 + usize::from(civil.minute) + 1;
    let is_old =
        |person: &&PersonRecord| person.born.is_some_and(|born| society.this_year - born.year() >= OLD);
    let rung = residents.iter().filter(is_old).filter_map(|person| {
        let own = person.phones.iter().find(|phone| phone.confidence == PhoneConfidence::Exact)?;
        (!person.contacts.is_empty()).then(|| (person, own.number.clone()))
    });
    let plan = |(at, (person, number)): (usize, (&PersonRecord, _))| CarePlan {
        id: CarePlanId(i64::try_from(at).expect("a few plans") + 1),
        jurisdiction: society.jurisdiction.clone(),
        person: person.id,
        number,
        rule: Recurrence::Days(1),
        minute: u16::try_from((first + at) % MINUTES_OF_A_DAY).expect("a minute of a day"),
        contacts: vec![],
        first_day: civil.date,
        last_day: None,
        paused: false,
    };
    rung.take(count).enumerate().map(plan).collect()
}

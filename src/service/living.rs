//! From the store's rows to what the desk is restored from.

use crate::desk::restore::Living;
use crate::domain::message::InboundText;
use crate::domain::person::KnownPerson;
use crate::domain::timestamp::Timestamp;
use crate::store::Store;
use crate::store::error::StoreError;

/// What lives, and the texts nobody has dealt with.
pub struct Restored {
    pub desk: Living,
    pub unhandled_texts: Vec<InboundText>,
}

/// Reads it all at one moment.
///
/// # Errors
/// When the store cannot be read.
pub fn read(store: &Store, now: Timestamp) -> Result<Restored, StoreError> {
    let living = store.living(now)?;
    let mut people: Vec<KnownPerson> = Vec::new();
    for ticket in living.tickets.iter().filter(|ticket| ticket.beneficiary.is_some()) {
        if let Some(number) = &ticket.caller {
            let known = store.known(number, now)?.persons;
            people.extend(known.into_iter().filter(|person| Some(person.person) == ticket.beneficiary));
        }
    }
    let mut tickets = living.tickets;
    tickets.extend(living.closed_lately);
    let desk = Living {
        stations: living.stations,
        volunteers: living.volunteers,
        tickets,
        work_items: living.work_items,
        offers: living.offers,
        assignments: living.assignments,
        surveys: living.surveys,
        callbacks: living.callbacks,
        calls: living.calls,
        attempts: living.attempts,
        recordings: Vec::new(),
        people,
        sequences: living.sequences,
        last_seen: living.last_input_at,
    };
    Ok(Restored { desk, unhandled_texts: living.unhandled_texts })
}

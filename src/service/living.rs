//! From the store's rows to what the desk is restored from.

use std::collections::BTreeSet;

use crate::desk::restore::Living;
use crate::domain::message::InboundText;
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
    let mut tickets = living.tickets;
    tickets.extend(living.closed_lately);
    let mut households = BTreeSet::new();
    for ticket in &tickets {
        if let (Some(number), true) = (&ticket.caller, ticket.beneficiary.is_some())
            && store.known(number, now)?.is_household()
        {
            households.insert(ticket.id);
        }
    }
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
        recordings: living.recordings,
        people: living.people,
        households,
        sequences: living.sequences,
        last_seen: living.last_input_at,
    };
    Ok(Restored { desk, unhandled_texts: living.unhandled_texts })
}

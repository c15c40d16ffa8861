//! From the store's rows to what the desk is restored from.

use std::collections::BTreeSet;

use crate::desk::restore::Living;
use crate::domain::category::Catalogue;
use crate::domain::ids::JurisdictionId;
use crate::domain::message::InboundText;
use crate::domain::settings::SettingsKind;
use crate::domain::ticket::Ticket;
use crate::domain::timestamp::Timestamp;
use crate::store::error::StoreError;
use crate::store::known::Register;
use crate::store::settings;

/// What lives, and the texts nobody has dealt with.
pub struct Restored {
    pub desk: Living,
    pub unhandled_texts: Vec<InboundText>,
}

/// Reads it all at one moment.
///
/// # Errors
/// When the store cannot be read.
pub fn read(register: &Register, now: Timestamp) -> Result<Restored, StoreError> {
    let living = register.living(now)?;
    let mut tickets = living.tickets;
    tickets.extend(living.closed_lately);
    let catalogues = older_catalogues(register, &tickets)?;
    let desk = Living {
        stations: living.stations,
        institutions: living.institutions,
        volunteers: living.volunteers,
        tickets,
        work_items: living.work_items,
        offers: living.offers,
        assignments: living.assignments,
        task_notices: living.task_notices,
        surveys: living.surveys,
        callbacks: living.callbacks,
        care_plans: living.care_plans,
        care_calls: living.care_calls,
        operators: living.operators,
        standings: living.standings,
        reachable: living.reachable,
        queue: living.queue,
        inbox: living.inbox,
        marks: living.marks,
        calls: living.calls,
        attempts: living.attempts,
        recordings: living.recordings,
        people: living.people,
        households: living.households,
        sequences: living.sequences,
        catalogues,
        last_seen: living.last_seen,
    };
    Ok(Restored { desk, unhandled_texts: living.unhandled_texts })
}

/// The versions of the catalogue that tickets began with; the newest is among the rules in force.
fn older_catalogues(register: &Register, tickets: &[Ticket]) -> Result<Vec<Catalogue>, StoreError> {
    let wanted: BTreeSet<(&JurisdictionId, u32)> =
        tickets.iter().map(|ticket| (&ticket.jurisdiction, ticket.catalogue_version)).collect();
    let jurisdictions: BTreeSet<&JurisdictionId> = wanted.iter().map(|(at, _)| *at).collect();
    let mut catalogues = Vec::new();
    for jurisdiction in jurisdictions {
        let kept = register
            .read(|connection| settings::versions(connection, jurisdiction, SettingsKind::Catalogue))?;
        let older = kept.into_iter().skip(1).filter(|kept| wanted.contains(&(jurisdiction, kept.version)));
        // It was checked when it came in; one that cannot be read any more leaves its tickets the newest rows.
        let read = older.filter_map(|kept| {
            let catalogue = Catalogue::parse(&kept.toml).ok()?;
            Some(Catalogue { version: kept.version, ..catalogue })
        });
        catalogues.extend(read);
    }
    Ok(catalogues)
}

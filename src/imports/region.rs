//! Whose a row is, from one column: the jurisdiction's id, as Open311 and the agreements of the policy write it.

use std::collections::BTreeMap;

use super::Surroundings;
use super::reason::{Reason, Why};
use super::table::{Column, Row, optional};
use crate::domain::ids::{FacilityId, JurisdictionId, VolunteerId};
use crate::domain::policy::Agreements;

pub(super) const JURISDICTION: Column = optional("jurisdiction", &["jurisdiction_id", "辖区", "所属辖区"]);

/// What is known of other regions.
#[derive(Debug, Clone, Default)]
pub struct Neighbours {
    /// Which may be named: those an agreement says something of.
    pub agreements: Agreements,
    /// Facilities that are registered as another region's.
    pub facilities: BTreeMap<FacilityId, JurisdictionId>,
    /// Volunteers that are.
    pub volunteers: BTreeMap<VolunteerId, JurisdictionId>,
}

/// Whose a row is: as it says, else as it is known (a file that says nothing moves nobody), else ours.
///
/// A region without an agreement is refused: a name that was mistyped would be whose nobody ever asks.
pub(super) fn jurisdiction(
    row: &Row<'_>,
    surroundings: &Surroundings<'_>,
    (agreed, setting): (&[JurisdictionId], &'static str),
    known: Option<&JurisdictionId>,
) -> Result<JurisdictionId, Reason> {
    let ours = surroundings.jurisdiction;
    let Some(text) = row.get(JURISDICTION.name) else { return Ok(known.unwrap_or(ours).clone()) };
    let mut may: Vec<&JurisdictionId> = vec![ours];
    may.extend(agreed.iter().filter(|region| *region != ours));
    if let Some(named) = may.iter().find(|region| region.0 == text) {
        return Ok((*named).clone());
    }
    let may: Vec<&str> = may.iter().map(|region| region.0.as_str()).collect();
    let reason = Reason::of(Why::NoJurisdiction, text).with("known", may.join(", ")).with("setting", setting);
    Err(reason.at(JURISDICTION.name))
}

//! The tree of stations: which one answers for a place, and which stands above it.

use std::collections::BTreeMap;

use crate::domain::area::AreaCode;
use crate::domain::calendar::Calendar;
use crate::domain::ids::{JurisdictionId, StationId};
use crate::domain::opening::OpeningHours;
use crate::domain::station::Station;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Tier;

/// Highest step count from a committee to its district; a longer climb is a loop in the register.
const STEPS_UP: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    jurisdiction: JurisdictionId,
    tier: Tier,
    parent: Option<StationId>,
    area: AreaCode,
    staffed: bool,
    hours: OpeningHours,
    peers: Vec<StationId>,
}

/// What dispatch knows of stations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StationTree {
    places: BTreeMap<StationId, Place>,
    by_area: BTreeMap<(AreaCode, Tier), StationId>,
}

impl StationTree {
    /// Adds a station, or puts it in place of what was known of it.
    pub fn put(&mut self, station: &Station) {
        self.by_area.retain(|_, id| *id != station.id);
        self.by_area.insert((station.area.clone(), station.tier), station.id);
        let place = Place {
            jurisdiction: station.jurisdiction.clone(),
            tier: station.tier,
            parent: station.parent,
            area: station.area.clone(),
            staffed: station.staffed,
            hours: station.hours.clone(),
            peers: station.peers.clone(),
        };
        self.places.insert(station.id, place);
    }

    /// The station that answers for `area` at `tier`; where that tier has none or it is not staffed, the next above.
    ///
    /// None when not even the district has one.
    pub fn for_area(&self, area: &AreaCode, tier: Tier) -> Option<StationId> {
        let mut tier = Some(tier);
        while let Some(at) = tier {
            let code = match at {
                Tier::Committee => area.committee(),
                Tier::Street => area.street(),
                Tier::District => Some(area.district()),
            };
            if let Some(station) = code.and_then(|code| self.by_area.get(&(code, at))) {
                return Some(self.staffed_from(*station));
            }
            tier = at.up();
        }
        None
    }

    /// `station` itself when staffed, else the nearest above it that is; the topmost when none is.
    pub fn staffed_from(&self, station: StationId) -> StationId {
        let mut at = station;
        for _ in 0..STEPS_UP {
            if self.places.get(&at).is_some_and(|place| place.staffed) {
                return at;
            }
            match self.parent(at) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        at
    }

    /// `station` itself where it has staff and is open at that moment, else the nearest above it that has and is; none where
    /// nobody is there.
    pub fn attended_from(&self, station: StationId, calendar: &Calendar, at: Timestamp) -> Option<StationId> {
        let mut candidate = Some(station);
        for _ in 0..STEPS_UP {
            let station = candidate?;
            if self.deserted(station, calendar, (at, at)).is_none() {
                return Some(station);
            }
            candidate = self.parent(station);
        }
        None
    }

    /// From when on nobody is at a station, if that is before the second moment: at once where it has no staff or is closed,
    /// else when it closes.
    pub fn deserted(
        &self,
        station: StationId,
        calendar: &Calendar,
        (from, until): (Timestamp, Timestamp),
    ) -> Option<Timestamp> {
        match self.places.get(&station).filter(|place| place.staffed) {
            Some(place) => calendar.closes(&place.hours, from, until),
            None => Some(from),
        }
    }

    pub fn parent(&self, station: StationId) -> Option<StationId> {
        self.places
            .get(&station)
            .and_then(|place| place.parent)
            .filter(|parent| self.places.contains_key(parent))
    }

    /// The nearest staffed station above; none when nobody above has staff.
    pub fn above(&self, station: StationId) -> Option<StationId> {
        let parent = self.staffed_from(self.parent(station)?);
        self.places.get(&parent).is_some_and(|place| place.staffed).then_some(parent)
    }

    /// The topmost station over it: the district's, whose duty officer is rung at last.
    pub fn district_of(&self, station: StationId) -> StationId {
        let mut at = station;
        for _ in 0..STEPS_UP {
            match self.parent(at) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        at
    }

    pub fn tier(&self, station: StationId) -> Option<Tier> {
        self.places.get(&station).map(|place| place.tier)
    }

    pub fn area(&self, station: StationId) -> Option<&AreaCode> {
        self.places.get(&station).map(|place| &place.area)
    }

    pub fn jurisdiction(&self, station: StationId) -> Option<&JurisdictionId> {
        self.places.get(&station).map(|place| &place.jurisdiction)
    }

    pub fn hours(&self, station: StationId) -> Option<&OpeningHours> {
        self.places.get(&station).map(|place| &place.hours)
    }

    pub fn is_staffed(&self, station: StationId) -> bool {
        self.places.get(&station).is_some_and(|place| place.staffed)
    }

    /// The first station of another region that agreed to help and has not been told.
    ///
    /// `agreed` are those that help the whole region, after those that the register names for the station.
    pub fn peer(&self, station: StationId, agreed: &[StationId], told: &[StationId]) -> Option<StationId> {
        let peers =
            |id: StationId| self.places.get(&id).map(|place| place.peers.as_slice()).unwrap_or_default();
        let own = peers(station).iter().chain(peers(self.district_of(station)));
        let known = agreed.iter().filter(|peer| self.places.contains_key(peer));
        own.chain(known).copied().find(|peer| !told.contains(peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::station::Front;

    fn station(id: i64, tier: Tier, parent: Option<i64>, area: &str, staffed: bool) -> Station {
        Station {
            id: StationId(id),
            jurisdiction: JurisdictionId("sifang".to_owned()),
            tier,
            parent: parent.map(StationId),
            area: AreaCode::parse(area).unwrap(),
            name: format!("station {id}"),
            help_number: format!("{id}"),
            ticket_code: 1,
            front: Front::Menu,
            hours: Default::default(),
            ring: Vec::new(),
            notice_phone: None,
            duty: Vec::new(),
            peers: if id == 1 { vec![StationId(90)] } else { Vec::new() },
            point: None,
            staffed,
        }
    }

    fn tree() -> StationTree {
        let mut tree = StationTree::default();
        for row in [
            station(1, Tier::District, None, "370203", true),
            station(2, Tier::Street, Some(1), "370203031", true),
            station(3, Tier::Committee, Some(2), "370203031001", true),
            station(4, Tier::Committee, Some(2), "370203031002", false),
            station(5, Tier::Street, Some(1), "370203032", false),
            station(6, Tier::Committee, Some(5), "370203032001", false),
        ] {
            tree.put(&row);
        }
        tree
    }

    #[test]
    fn work_starts_at_the_station_of_the_area_or_the_nearest_staffed_above() {
        let tree = tree();
        for (area, tier, id) in [
            ("370203031001", Tier::Committee, 3),
            ("370203031001", Tier::Street, 2),
            ("370203031001", Tier::District, 1),
            ("370203031002", Tier::Committee, 2), // not staffed
            ("370203032001", Tier::Committee, 1), // nor is its street
            ("370203031009", Tier::Committee, 2), // has no station
            ("370203031", Tier::Committee, 2),    // only the street is known
            ("370203", Tier::Committee, 1),
        ] {
            assert_eq!(
                tree.for_area(&AreaCode::parse(area).unwrap(), tier),
                Some(StationId(id)),
                "{area} {tier}"
            );
        }
        assert_eq!(tree.for_area(&AreaCode::parse("540502").unwrap(), Tier::District), None);
    }

    #[test]
    fn above_a_station_stands_the_next_one_with_staff() {
        let tree = tree();
        assert_eq!(tree.above(StationId(3)), Some(StationId(2)));
        assert_eq!(tree.above(StationId(6)), Some(StationId(1)));
        assert_eq!(tree.above(StationId(1)), None);
        assert_eq!(tree.district_of(StationId(6)), StationId(1));
        assert_eq!(tree.peer(StationId(3), &[], &[]), Some(StationId(90)));
        assert_eq!(tree.peer(StationId(3), &[], &[StationId(90)]), None);
        let agreed = [StationId(91), StationId(5)];
        let next = tree.peer(StationId(3), &agreed, &[StationId(90)]);
        assert_eq!(next, Some(StationId(5)), "nobody knows of the other");
    }

    #[test]
    fn a_loop_in_the_register_ends_the_climb() {
        let mut tree = tree();
        tree.put(&station(1, Tier::District, Some(5), "370203", false));
        tree.put(&station(2, Tier::Street, Some(1), "370203031", false));
        assert!(!tree.is_staffed(tree.staffed_from(StationId(2))));
        assert_eq!(tree.above(StationId(2)), None);
    }
}

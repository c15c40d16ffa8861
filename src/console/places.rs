//! Stations and areas by name, and who lies below whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::area::{AdminArea, AreaCode, AreaLevel};
use crate::domain::ids::StationId;
use crate::domain::station::Station;

/// The network of stations and the tree of areas, as last read from the store.
#[derive(Debug, Clone, Default)]
pub struct Places {
    pub stations: BTreeMap<StationId, Station>,
    pub areas: BTreeMap<AreaCode, AdminArea>,
    children: BTreeMap<StationId, Vec<StationId>>,
}

/// A street with its committees, for a list to choose from.
#[derive(Debug, Clone)]
pub struct Street<'a> {
    pub area: &'a AdminArea,
    pub committees: Vec<&'a AdminArea>,
}

impl Places {
    pub fn new(stations: Vec<Station>, areas: Vec<AdminArea>) -> Self {
        let mut children: BTreeMap<StationId, Vec<StationId>> = BTreeMap::new();
        for station in &stations {
            if let Some(parent) = station.parent {
                children.entry(parent).or_default().push(station.id);
            }
        }
        Self {
            stations: stations.into_iter().map(|station| (station.id, station)).collect(),
            areas: areas.into_iter().map(|area| (area.code.clone(), area)).collect(),
            children,
        }
    }

    /// The stations given and all below them.
    pub fn below(&self, roots: impl IntoIterator<Item = StationId>) -> BTreeSet<StationId> {
        let mut found = BTreeSet::new();
        let mut open: Vec<StationId> = roots.into_iter().collect();
        while let Some(station) = open.pop() {
            if found.insert(station) {
                open.extend(self.children.get(&station).into_iter().flatten());
            }
        }
        found
    }

    pub fn station_name(&self, id: StationId) -> String {
        self.stations.get(&id).map_or_else(|| format!("#{id}"), |station| station.name.clone())
    }

    /// Whether staff at it hears of work neither by text nor by call: a person has to ring.
    pub fn is_untold(&self, id: StationId) -> bool {
        self.stations.get(&id).is_some_and(|station| station.staffed && station.notice_phone.is_none())
    }

    /// The area a station serves.
    pub fn station_area(&self, id: StationId) -> Option<AreaCode> {
        self.stations.get(&id).map(|station| station.area.clone())
    }

    /// The areas these stations serve, the widest only: whoever sees a district sees what lies in it.
    pub fn areas_of(&self, stations: impl IntoIterator<Item = StationId>) -> Vec<AreaCode> {
        let all: Vec<AreaCode> = stations.into_iter().filter_map(|id| self.station_area(id)).collect();
        let lies_in =
            |area: &AreaCode, wide: &AreaCode| wide != area && area.as_str().starts_with(wide.as_str());
        all.iter().filter(|area| !all.iter().any(|wide| lies_in(area, wide))).cloned().collect()
    }

    /// The area's name, with its street's before it for a committee.
    pub fn area_name(&self, code: &AreaCode) -> String {
        let own = self.areas.get(code).map_or_else(|| code.to_string(), |area| area.name.clone());
        match code.level() {
            AreaLevel::District | AreaLevel::Street => own,
            AreaLevel::Committee => {
                let street = code.street().and_then(|street| self.areas.get(&street));
                street.map_or(own.clone(), |street| format!("{} {own}", street.name))
            }
        }
    }

    /// Streets in order of their codes, each with its committees.
    pub fn streets(&self) -> Vec<Street<'_>> {
        let level = |wanted: AreaLevel| self.areas.values().filter(move |area| area.code.level() == wanted);
        level(AreaLevel::Street)
            .map(|area| Street {
                area,
                committees: level(AreaLevel::Committee)
                    .filter(|committee| committee.code.street().as_ref() == Some(&area.code))
                    .collect(),
            })
            .collect()
    }

    /// Stations in the order of the network: each centre before those below it.
    pub fn in_order(&self) -> Vec<(usize, &Station)> {
        let mut ordered = Vec::with_capacity(self.stations.len());
        let is_top =
            |station: &&Station| station.parent.is_none_or(|parent| !self.stations.contains_key(&parent));
        let mut open: Vec<(usize, StationId)> =
            self.stations.values().rev().filter(is_top).map(|station| (0, station.id)).collect();
        while let Some((depth, id)) = open.pop() {
            if let Some(station) = self.stations.get(&id) {
                ordered.push((depth, station));
            }
            let below = self.children.get(&id).into_iter().flatten().rev();
            open.extend(below.map(|child| (depth + 1, *child)));
            // Each station has one parent, so only a ring of parents could make this longer.
            if ordered.len() > self.stations.len() {
                break;
            }
        }
        ordered
    }
}

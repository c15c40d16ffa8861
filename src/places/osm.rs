//! The ways of an extract of OpenStreetMap (`.osm.pbf`) that people may walk, made ready to be asked.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use osmpbf::{Element, ElementReader};

use crate::dispatch::roads::{NoRoads, Roads, Way};
use crate::domain::area::Point;
use crate::domain::datum::Datum;

/// Why there are no roads.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    #[error(
        "the road file {} cannot be read ({why}): bring an extract of OpenStreetMap as .osm.pbf, or leave roads.file out",
        file.display()
    )]
    Unreadable { file: PathBuf, why: String },
    #[error("the road file {} is of no use: {why}", file.display())]
    Useless { file: PathBuf, why: NoRoads },
}

/// Reads the ways of a file and prepares them: seconds for a district, on whichever thread asks.
///
/// # Errors
/// When the file is not there, is no extract, or has no ways; it says which file and what to do.
pub fn roads(file: &Path) -> Result<Roads, MapError> {
    let unreadable = |why: String| MapError::Unreadable { file: file.to_owned(), why };
    // The reader trusts the numbers in a file, and panics where one leads nowhere.
    let ways = catch_unwind(|| ways(file)).map_err(|_| unreadable("it is damaged".into()))?;
    let ways = ways.map_err(|error| unreadable(error.to_string()))?;
    Roads::new(&ways).map_err(|why| MapError::Useless { file: file.to_owned(), why })
}

fn ways(file: &Path) -> Result<Vec<Way>, osmpbf::Error> {
    let mut walked: Vec<Vec<i64>> = Vec::new();
    ElementReader::from_path(file)?.for_each(|element| {
        if let Element::Way(way) = element
            && may_be_walked(way.tags())
        {
            walked.push(way.refs().collect());
        }
    })?;
    // Nodes stand before ways in a file: only those of these ways are worth keeping.
    let wanted: BTreeSet<i64> = walked.iter().flatten().copied().collect();
    let mut places: BTreeMap<i64, Point> = BTreeMap::new();
    let mut put = |id: i64, latitude: f64, longitude: f64| {
        if wanted.contains(&id)
            && let Ok(point) = Datum::Wgs84.point(latitude, longitude)
        {
            places.insert(id, point);
        }
    };
    ElementReader::from_path(file)?.for_each(|element| match element {
        Element::Node(node) => put(node.id(), node.lat(), node.lon()),
        Element::DenseNode(node) => put(node.id(), node.lat(), node.lon()),
        Element::Way(_) | Element::Relation(_) => {}
    })?;
    Ok(walked.iter().flat_map(|nodes| placed(nodes, &places)).collect())
}

/// A way with its places. At the edge of an extract nodes are missing: there it ends, and may begin again.
fn placed(nodes: &[i64], places: &BTreeMap<i64, Point>) -> Vec<Way> {
    let parts = nodes.split(|node| !places.contains_key(node));
    let whole = parts.map(|part| Way(part.iter().map(|node| (*node, places[node])).collect()));
    whole.filter(|way| way.0.len() > 1).collect()
}

/// Whether people walk there. Ways inside of a residential compound are often marked private, and whoever is wanted
/// there is let in: only what is closed to those on foot is left out, and so are ferries.
///
/// Source: the keys `highway`, `foot` and `access` of OpenStreetMap.
fn may_be_walked<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
    let (mut is_way, mut foot, mut closed) = (false, None, false);
    for (key, value) in tags {
        match key {
            "highway" => is_way = is_walked_by_kind(value),
            "foot" => foot = Some(value),
            "access" => closed = value == "no",
            _ => {}
        }
    }
    match foot {
        Some("no" | "private") => false,
        Some(_) => is_way,
        None => is_way && !closed,
    }
}

fn is_walked_by_kind(highway: &str) -> bool {
    matches!(
        highway,
        "trunk"
            | "trunk_link"
            | "primary"
            | "primary_link"
            | "secondary"
            | "secondary_link"
            | "tertiary"
            | "tertiary_link"
            | "unclassified"
            | "residential"
            | "living_street"
            | "service"
            | "pedestrian"
            | "footway"
            | "path"
            | "steps"
            | "corridor"
            | "cycleway"
            | "bridleway"
            | "track"
            | "road"
    )
}

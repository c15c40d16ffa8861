//! Maps that others made, as files of this installation: which ways people may walk, from OpenStreetMap.

pub mod osm;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What the line is told of roads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// An extract of OpenStreetMap (`.osm.pbf`); without one nearness is the straight line and the policy's detour.
    pub file: Option<PathBuf>,
}

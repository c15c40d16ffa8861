//! A small copy of whom the stations ring, outside the store: read only where the store cannot be opened, so that the
//! telephones are answered then too.
//!
//! It holds help numbers and the people of the stations who are rung; nothing of any caller. It is written when the
//! stations change, and never read while the store can be.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::station::Station;

pub const LAST_KNOWN_FILE: &str = "stations.json";

/// By default nothing is known: every number is answered and nobody is rung.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LastKnown {
    stations: Vec<Station>,
}

impl LastKnown {
    /// What is kept of the stations: how they are rung, not how they are written to.
    pub fn of(stations: impl IntoIterator<Item = Station>) -> Self {
        let kept = |station| Station { notice_phone: None, point: None, ..station };
        Self { stations: stations.into_iter().map(kept).collect() }
    }

    pub fn stations(&self) -> impl Iterator<Item = &Station> {
        self.stations.iter()
    }

    /// The copy in a data directory; the default where there never was one.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn read(directory: &Path) -> io::Result<Self> {
        match std::fs::read(directory.join(LAST_KNOWN_FILE)) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Puts it in place of the one before, whole or not at all.
    ///
    /// # Errors
    /// When the disk does not take it: the one before stays.
    pub fn write(&self, directory: &Path) -> io::Result<()> {
        let path = directory.join(LAST_KNOWN_FILE);
        let draft = path.with_extension("json.new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        std::fs::rename(&draft, &path)?;
        File::open(directory)?.sync_all()
    }
}

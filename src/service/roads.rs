//! Reads the road file while the line is at work already: no map is worth a telephone that is not answered.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use crossbeam_channel::{Receiver, bounded};
use tracing::{error, info};

use crate::dispatch::roads::Roads;
use crate::places::{self, osm};

/// Reads the file on a thread of its own; what came of it is there for the desk when it looks. What is wrong with the
/// file is logged, and the line works without roads.
///
/// # Errors
/// When there is no thread.
pub(super) fn read_beside(settings: places::Settings) -> anyhow::Result<Receiver<Arc<Roads>>> {
    let (read, to_come) = bounded(1);
    if let Some(file) = settings.file {
        let thread = std::thread::Builder::new().name("roads".into());
        let hand_over = move || {
            // A desk that has ended needs none.
            roads(&file).and_then(|roads| read.send(Arc::new(roads)).ok())
        };
        thread.spawn(hand_over).context("read the roads")?;
    }
    Ok(to_come)
}

fn roads(file: &Path) -> Option<Roads> {
    match osm::roads(file) {
        Ok(roads) => {
            info!(file = %file.display(), crossings = roads.crossings(), "the roads are read");
            Some(roads)
        }
        Err(error) => {
            error!(%error, "there are no roads: nearness is the straight line");
            None
        }
    }
}

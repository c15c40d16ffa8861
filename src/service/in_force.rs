//! What is in force of the catalogue, the calendar, the figures and the stations, for those who stand beside the desk:
//! screens, texts and upkeep.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;

use crate::desk::event::RecordChange;
use crate::desk::rules::Rules;
use crate::domain::calendar::Calendar;
use crate::domain::category::Catalogue;
use crate::domain::ids::StationId;
use crate::domain::policy::Policy;
use crate::domain::settings::{SettingsChange, SettingsKind};
use crate::domain::station::Station;

/// The newest of each; whoever looks sees it without asking the desk.
#[derive(Debug)]
pub struct InForce {
    catalogue: watch::Sender<Arc<Catalogue>>,
    calendar: watch::Sender<Arc<Calendar>>,
    policy: watch::Sender<Arc<Policy>>,
    stations: watch::Sender<BTreeMap<StationId, Station>>,
}

impl InForce {
    pub fn new(rules: &Rules, stations: Vec<Station>) -> Self {
        Self {
            stations: watch::Sender::new(by_id(stations).collect()),
            catalogue: watch::Sender::new(Arc::new(rules.catalogue.clone())),
            calendar: watch::Sender::new(Arc::new(rules.calendar.clone())),
            policy: watch::Sender::new(Arc::new(rules.policy.clone())),
        }
    }

    pub fn catalogue(&self) -> watch::Receiver<Arc<Catalogue>> {
        self.catalogue.subscribe()
    }

    pub fn calendar(&self) -> watch::Receiver<Arc<Calendar>> {
        self.calendar.subscribe()
    }

    pub fn policy(&self) -> watch::Receiver<Arc<Policy>> {
        self.policy.subscribe()
    }

    pub fn stations(&self) -> watch::Receiver<BTreeMap<StationId, Station>> {
        self.stations.subscribe()
    }

    /// Follows what the desk is told. A version was checked when it came in: one that cannot be read is left out,
    /// as the desk leaves it out.
    pub fn follow(&self, changes: &[RecordChange]) {
        for change in changes {
            match change {
                RecordChange::Settings(change) => self.follow_settings(change),
                RecordChange::Station(station) => self.follow_stations(vec![(**station).clone()]),
                RecordChange::Stations(stations) => self.follow_stations(stations.clone()),
                RecordChange::Volunteer(_)
                | RecordChange::Volunteers(_)
                | RecordChange::Areas(_)
                | RecordChange::Institutions(_)
                | RecordChange::CarePlans(_)
                | RecordChange::Operators(_)
                | RecordChange::People { .. } => {}
            }
        }
    }

    fn follow_stations(&self, changed: Vec<Station>) {
        self.stations.send_modify(|stations| stations.extend(by_id(changed)));
    }

    fn follow_settings(&self, change: &SettingsChange) {
        match change.kind {
            SettingsKind::Catalogue => {
                if let Ok(catalogue) = Catalogue::parse(&change.toml) {
                    let catalogue = Catalogue { version: change.version, ..catalogue };
                    self.catalogue.send_replace(Arc::new(catalogue));
                }
            }
            SettingsKind::Calendars => {
                if let Ok(calendar) = Calendar::parse(&change.toml) {
                    self.calendar.send_replace(Arc::new(calendar));
                }
            }
            SettingsKind::Policy => {
                if let Ok(policy) = Policy::parse(&change.toml) {
                    self.policy.send_replace(Arc::new(policy));
                }
            }
            SettingsKind::Ivr | SettingsKind::Templates => {}
        }
    }
}

fn by_id(stations: Vec<Station>) -> impl Iterator<Item = (StationId, Station)> {
    stations.into_iter().map(|station| (station.id, station))
}

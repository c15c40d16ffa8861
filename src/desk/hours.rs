//! Opening hours: which stations people may be looked for at, and when the first opens again.

use super::Desk;
use crate::domain::ids::StationId;
use crate::domain::station::Station;
use crate::domain::timestamp::Timestamp;
use crate::ivr::context::SpokenMoment;

impl Desk {
    pub(super) fn is_open(&self, station: &Station, now: Timestamp) -> bool {
        self.rules.calendar.is_open(&station.hours, now)
    }

    /// When the first opens of a station and those above it; none when one is open, or none ever is.
    pub(super) fn opens(&self, station: StationId, now: Timestamp) -> Option<SpokenMoment> {
        let tiers = self.tiers_from(station).into_iter().filter_map(|id| self.stations.get(&id));
        let calendar = &self.rules.calendar;
        let opens = tiers.filter_map(|station| calendar.opens(&station.hours, now)).min()?;
        let civil = |at| calendar.date_time(at);
        (opens > now).then(|| SpokenMoment { at: civil(opens), today: civil(now).date() })
    }
}

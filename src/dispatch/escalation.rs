//! The ladder inside the accept clock: volunteers, an institution, the station's staff, the station above, the
//! district's duty officer.
//!
//! A plan, not a timer: it says what is due next and when; the desk keeps the time. With every volunteer silent and
//! every station asleep the duty officer is rung before the clock runs out, for every category and urgency (a test).

use super::stations::StationTree;
use crate::domain::calendar::Calendar;
use crate::domain::category::{Category, HandlerKind};
use crate::domain::clocks::Clock;
use crate::domain::ids::StationId;
use crate::domain::names::named_enum;
use crate::domain::policy::Policy;
use crate::domain::ticket::Rung;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;

/// One step up, or one more wave on the same rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LadderStep {
    OfferWave,
    /// To the nearest institution that takes such work.
    ToInstitution,
    /// To the staff of the station the ticket begins at.
    ToStation(StationId),
    /// To the staff of the station above.
    TierUp(StationId),
    /// A station of another region that agreed to help is told besides.
    Peer(StationId),
    /// The duty officers of this district station are rung until someone presses 1.
    DutyOfficer(StationId),
}

impl LadderStep {
    /// The rung the work stands on after the step; a peer told besides changes none.
    pub fn rung(self) -> Option<Rung> {
        match self {
            Self::OfferWave => Some(Rung::Volunteers),
            Self::ToInstitution => Some(Rung::Institution),
            Self::ToStation(_) => Some(Rung::Station),
            Self::TierUp(_) => Some(Rung::Parent),
            Self::DutyOfficer(_) => Some(Rung::DutyOfficer),
            Self::Peer(_) => None,
        }
    }
}

named_enum! {
    /// Why a step is taken.
    pub enum Why {
        /// Volunteers may do this, and some may be asked.
        VolunteersFirst = "volunteers_first",
        /// The last wave brought too few yeses, and there are more to ask.
        NextWave = "next_wave",
        /// The catalogue leaves this to staff.
        StaffOnly = "staff_only",
        NoCandidates = "no_candidates",
        WavesUsed = "waves_used",
        /// The volunteers' share of the accept clock has run.
        VolunteersTimeUp = "volunteers_time_up",
        /// The catalogue gives this to institutions, and one takes it.
        InstitutionFirst = "institution_first",
        InstitutionTimeUp = "institution_time_up",
        /// It said no.
        InstitutionDeclined = "institution_declined",
        StationTimeUp = "station_time_up",
        /// Urgent, and nobody is at the station that has it.
        StationClosed = "station_closed",
        ParentTimeUp = "parent_time_up",
        /// Life or safety: everyone at once.
        EveryoneAtOnce = "everyone_at_once",
        /// No station above has staff.
        NobodyAbove = "nobody_above",
        PeerAgreed = "peer_agreed",
    }
}

/// A step with its time and its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub at: Timestamp,
    pub step: LadderStep,
    pub why: Why,
}

/// How institutions stand to a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstitutionTurn {
    /// None takes it, or one was told since the accept clock began and does not wait any more.
    Nobody,
    MayBeTold,
    /// One was told and has not answered.
    Waits,
}

/// Where a piece of work stands on the ladder.
#[derive(Debug, Clone, Copy)]
pub struct Climb<'a> {
    pub category: &'a Category,
    pub urgency: Urgency,
    /// The accept clock.
    pub accept: &'a Clock,
    /// The station that answers for the work.
    pub station: StationId,
    /// None before the first step.
    pub rung: Option<Rung>,
    pub waves: u8,
    /// When the last wave's offers expire, while any of them is open.
    pub wave_expires: Option<Timestamp>,
    /// How many may still be asked.
    pub candidates_left: usize,
    pub institution: InstitutionTurn,
    /// Peer stations told already.
    pub peers_told: &'a [StationId],
}

/// The figures and places a climb is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    pub policy: &'a Policy,
    pub calendar: &'a Calendar,
    pub stations: &'a StationTree,
}

impl Ground<'_> {
    /// What is due next and when, at the latest: one step, or for P1 all of them at once; nothing when the duty officer
    /// is being rung already.
    ///
    /// For P1 there are further waves after that, beside everything that goes on. What became P1 on its way up, or was
    /// given to one station by hand, has everyone at once as well.
    pub fn steps(&self, climb: &Climb, now: Timestamp) -> Vec<Due> {
        if climb.urgency != Urgency::P1 {
            return self.next_step(climb, now).into_iter().collect();
        }
        if climb.rung < Some(Rung::DutyOfficer) {
            return self.everyone_at_once(climb, now);
        }
        self.another_wave(climb, now, climb.accept.due).into_iter().collect()
    }

    fn everyone_at_once(&self, climb: &Climb, now: Timestamp) -> Vec<Due> {
        let at_once = |step| Due { at: now, step, why: Why::EveryoneAtOnce };
        let start = self.stations.staffed_from(climb.station);
        let mut steps = Vec::new();
        if may_be_volunteers(climb.category, climb.urgency) && climb.candidates_left > 0 {
            steps.push(at_once(LadderStep::OfferWave));
        }
        steps.push(at_once(LadderStep::ToStation(start)));
        steps.extend(self.stations.above(start).map(|above| at_once(LadderStep::TierUp(above))));
        // Whoever agreed to help beyond the border is told in the same moment.
        let mut told = climb.peers_told.to_vec();
        while let Some(peer) = self.peer_of(climb, start, &told) {
            steps.push(at_once(LadderStep::Peer(peer)));
            told.push(peer);
        }
        steps.push(at_once(LadderStep::DutyOfficer(self.stations.district_of(start))));
        steps
    }

    fn next_step(&self, climb: &Climb, now: Timestamp) -> Option<Due> {
        match climb.rung {
            None => Some(self.begin(climb, now)),
            Some(Rung::Volunteers) => {
                let half = self.share(climb, self.policy.escalation.volunteers_percent);
                self.another_wave(climb, now, half).or_else(|| Some(self.leave_volunteers(climb, now, half)))
            }
            Some(Rung::Institution) => Some(self.leave_institution(climb, now)),
            Some(Rung::Station) => Some(self.leave_station(climb, now)),
            Some(Rung::Parent) => Some(self.leave_parent(climb, now)),
            Some(Rung::DutyOfficer) => None,
        }
    }

    /// Volunteers where the catalogue lets them and one can be asked in time, else staff at once.
    fn begin(&self, climb: &Climb, now: Timestamp) -> Due {
        let at = self.may_send_from(climb, now);
        let half = self.share(climb, self.policy.escalation.volunteers_percent);
        if may_be_volunteers(climb.category, climb.urgency) && climb.candidates_left > 0 && at < half {
            return Due { at, step: LadderStep::OfferWave, why: Why::VolunteersFirst };
        }
        if let Some(at) = self.institution_from(climb, now) {
            let why = if may_be_volunteers(climb.category, climb.urgency) {
                Why::NoCandidates
            } else {
                Why::InstitutionFirst
            };
            return Due { at, step: LadderStep::ToInstitution, why };
        }
        let why =
            if may_be_volunteers(climb.category, climb.urgency) { Why::NoCandidates } else { Why::StaffOnly };
        Due { at: now, step: self.station_step(climb, now), why }
    }

    /// When an institution may be told, if one is to be and has time to answer.
    fn institution_from(&self, climb: &Climb, at: Timestamp) -> Option<Timestamp> {
        let at = self.may_send_from(climb, at);
        let end = self.share(climb, self.policy.escalation.institution_percent);
        let wanted = climb.institution == InstitutionTurn::MayBeTold && may_be_institution(climb);
        (wanted && at < end).then_some(at)
    }

    /// To staff when the institution's share of the clock is spent, or as soon as it said no.
    fn leave_institution(&self, climb: &Climb, now: Timestamp) -> Due {
        let (at, why) = match climb.institution {
            InstitutionTurn::Waits => {
                (self.share(climb, self.policy.escalation.institution_percent), Why::InstitutionTimeUp)
            }
            InstitutionTurn::Nobody | InstitutionTurn::MayBeTold => (now, Why::InstitutionDeclined),
        };
        Due { at, step: self.station_step(climb, at.max(now)), why }
    }

    /// The next wave, when one may still be sent before `end`.
    fn another_wave(&self, climb: &Climb, now: Timestamp, end: Timestamp) -> Option<Due> {
        let more = may_be_volunteers(climb.category, climb.urgency)
            && climb.waves < self.policy.offers.waves_max
            && climb.candidates_left > 0;
        let at = self.may_send_from(climb, climb.wave_expires.unwrap_or(now));
        let why = if climb.waves == 0 { Why::VolunteersFirst } else { Why::NextWave };
        (more && at < end).then_some(Due { at, step: LadderStep::OfferWave, why })
    }

    /// To staff when the last open offer expires or the volunteers' share of the clock is spent, whichever is first.
    fn leave_volunteers(&self, climb: &Climb, now: Timestamp, half: Timestamp) -> Due {
        let at = climb.wave_expires.unwrap_or(now).min(half);
        let why = if at == half {
            Why::VolunteersTimeUp
        } else if climb.waves >= self.policy.offers.waves_max {
            Why::WavesUsed
        } else {
            Why::NoCandidates
        };
        match self.institution_from(climb, at) {
            Some(at) => Due { at, step: LadderStep::ToInstitution, why },
            None => Due { at, step: self.station_step(climb, at.max(now)), why },
        }
    }

    fn leave_station(&self, climb: &Climb, now: Timestamp) -> Due {
        let share = self.share(climb, self.policy.escalation.station_percent);
        let alone = self.alone_from(climb, now, share);
        let at = alone.unwrap_or(share);
        match (self.above(climb, at.max(now)), alone) {
            (Some(above), None) => Due { at, step: LadderStep::TierUp(above), why: Why::StationTimeUp },
            (Some(above), Some(at)) => Due { at, step: LadderStep::TierUp(above), why: Why::StationClosed },
            (None, alone) => {
                let next = self.peer(climb).unwrap_or_else(|| self.duty_officer(climb, Why::NobodyAbove));
                Due { at: alone.unwrap_or(next.at), ..next }
            }
        }
    }

    fn leave_parent(&self, climb: &Climb, now: Timestamp) -> Due {
        let next = self.peer(climb).unwrap_or_else(|| self.duty_officer(climb, Why::ParentTimeUp));
        match self.alone_from(climb, now, next.at) {
            Some(at) if next.why == Why::ParentTimeUp => Due { at, why: Why::NobodyAbove, ..next },
            Some(at) => Due { at, ..next },
            None => next,
        }
    }

    /// From when on urgent work is with nobody, if that is before `until`: waiting for them would be waiting for nothing.
    ///
    /// What can wait waits for its station to open.
    fn alone_from(&self, climb: &Climb, now: Timestamp, until: Timestamp) -> Option<Timestamp> {
        let alone = || self.stations.deserted(climb.station, self.calendar, (now, until));
        is_urgent(climb.urgency).then(alone).flatten()
    }

    fn above(&self, climb: &Climb, at: Timestamp) -> Option<StationId> {
        if is_urgent(climb.urgency) {
            let parent = self.stations.parent(climb.station)?;
            return self.stations.attended_from(parent, self.calendar, at);
        }
        self.stations.above(climb.station)
    }

    /// Halfway between the parent's turn and the duty officer's, where an agreement exists and the category may be shared.
    fn peer(&self, climb: &Climb) -> Option<Due> {
        let peer = self.peer_of(climb, climb.station, climb.peers_told)?;
        let shares = &self.policy.escalation;
        let halfway = (u32::from(shares.station_percent) + u32::from(shares.parent_percent)) * 5;
        let at = climb.accept.moment_at(self.calendar, halfway);
        Some(Due { at, step: LadderStep::Peer(peer), why: Why::PeerAgreed })
    }

    /// A station of another region that agreed to help and was not told; none of what may not be shared.
    fn peer_of(&self, climb: &Climb, station: StationId, told: &[StationId]) -> Option<StationId> {
        let agreed = &self.policy.agreements.stations;
        self.stations.peer(station, agreed, told).filter(|_| climb.category.shareable)
    }

    fn duty_officer(&self, climb: &Climb, why: Why) -> Due {
        let at = self.share(climb, self.policy.escalation.parent_percent);
        Due { at, step: LadderStep::DutyOfficer(self.stations.district_of(climb.station)), why }
    }

    fn station_step(&self, climb: &Climb, at: Timestamp) -> LadderStep {
        LadderStep::ToStation(self.staff_for(climb.station, climb.urgency, at))
    }

    /// Whose staff has work that is a station's: its own, else the nearest above with staff; of urgent work, which runs day and
    /// night, the nearest that is open as well. Where nobody is there its own has it all the same.
    pub fn staff_for(&self, station: StationId, urgency: Urgency, at: Timestamp) -> StationId {
        let attended = || self.stations.attended_from(station, self.calendar, at);
        let there = is_urgent(urgency).then(attended).flatten();
        there.unwrap_or_else(|| self.stations.staffed_from(station))
    }

    fn share(&self, climb: &Climb, percent: u8) -> Timestamp {
        climb.accept.moment_at(self.calendar, u32::from(percent) * 10)
    }

    /// Texts that are not urgent wait for the morning.
    fn may_send_from(&self, climb: &Climb, at: Timestamp) -> Timestamp {
        if is_urgent(climb.urgency) { at } else { self.calendar.after_quiet_hours(at) }
    }
}

fn is_urgent(urgency: Urgency) -> bool {
    match urgency {
        Urgency::P1 | Urgency::P2 => true,
        Urgency::P3 | Urgency::P4 => false,
    }
}

/// Whether an institution is told of the ladder's own accord: the catalogue lets one, and staff does not go before it.
///
/// Life and safety are for staff of all tiers at once.
pub fn may_be_institution(climb: &Climb) -> bool {
    let place = |kind: HandlerKind| climb.category.by.iter().position(|may| *may == kind);
    let (institution, station) = (place(HandlerKind::Institution), place(HandlerKind::Station));
    climb.urgency != Urgency::P1
        && institution.is_some_and(|institution| station.is_none_or(|station| institution < station))
}

/// Whether volunteers are asked of the ladder's own accord: people are wanted, and staff does not go before volunteers.
///
/// Where staff does, a dispatcher may still offer it to volunteers by hand; for P1 everyone is told.
pub fn may_be_volunteers(category: &Category, urgency: Urgency) -> bool {
    let place = |kind: HandlerKind| category.by.iter().position(|may| *may == kind);
    let volunteers = place(HandlerKind::Volunteer);
    let staff_first = place(HandlerKind::Station) < volunteers && place(HandlerKind::Station).is_some();
    category.persons > 0 && volunteers.is_some() && (!staff_first || urgency == Urgency::P1)
}

#[cfg(test)]
mod tests;

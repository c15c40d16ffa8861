//! Every session, by the beat of the 20 ms in which it is due.
//!
//! Were all due at once, the last of a thousand would be late by whatever happened while the others were served. So a
//! quarter is due every 5 ms. Those who hear each other are due together, in the first.

use std::collections::BTreeMap;
use std::time::Duration;

use super::session::Session;
use crate::domain::ids::CallId;
use crate::rtp::FRAME_MS;

/// Beats in the time of one packet.
pub const BEATS: usize = 4;

/// From beat to beat.
pub const BEAT: Duration = Duration::from_millis(FRAME_MS / BEATS as u64);

/// Where those are who hear each other.
const TOGETHER: usize = 0;

/// All sessions.
#[derive(Debug, Default)]
pub struct Beats([BTreeMap<CallId, Session>; BEATS]);

impl Beats {
    pub fn insert(&mut self, call: CallId, session: Session) {
        self.remove(call);
        self.0[first_beat_of(call)].insert(call, session);
    }

    pub fn remove(&mut self, call: CallId) -> Option<Session> {
        self.0.iter_mut().find_map(|beat| beat.remove(&call))
    }

    pub fn get_mut(&mut self, call: CallId) -> Option<&mut Session> {
        self.0.iter_mut().find_map(|beat| beat.get_mut(&call))
    }

    pub fn contains(&self, call: CallId) -> bool {
        self.0.iter().any(|beat| beat.contains_key(&call))
    }

    pub fn count(&self) -> usize {
        self.0.iter().map(BTreeMap::len).sum()
    }

    /// From now on it is due with all who hear each other. It stays there: each move costs whoever listens a packet that
    /// comes early or late.
    pub fn bring_together(&mut self, call: CallId) {
        if !self.0[TOGETHER].contains_key(&call)
            && let Some(session) = self.remove(call)
        {
            self.0[TOGETHER].insert(call, session);
        }
    }

    /// Those who are due in a beat.
    pub fn due(&mut self, beat: usize) -> &mut BTreeMap<CallId, Session> {
        &mut self.0[beat % BEATS]
    }

    pub fn iter(&self) -> impl Iterator<Item = (&CallId, &Session)> {
        self.0.iter().flatten()
    }

    /// Takes all of them away.
    pub fn take(&mut self) -> impl Iterator<Item = Session> + use<> {
        std::mem::take(&mut self.0).into_iter().flatten().map(|(_, session)| session)
    }
}

/// By the chance in its id: as many in each.
fn first_beat_of(call: CallId) -> usize {
    let [.., one, _] = call.0.into_bytes();
    usize::from(one) % BEATS
}

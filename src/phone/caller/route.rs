//! Bringing events and what is heard to the conversation they belong to.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use crossbeam_channel::{Receiver, Sender, select};
use tracing::debug;

use super::recognise::{Index, Recogniser};
use super::{Moment, QUIET, Rung, Shared};
use crate::desk::effect::{PhoneEffect, RejectReason};
use crate::desk::event::PhoneEvent;
use crate::domain::ids::CallId;
use crate::phone::media::Heard;
use crate::rtp::FRAME_MS;

/// The router's state: one ear a call.
pub struct Route {
    shared: Shared,
    index: Arc<Index>,
    ringing: Sender<Rung>,
    ears: BTreeMap<CallId, Ear>,
}

struct Ear {
    recogniser: Recogniser,
    silence: Silence,
}

impl Ear {
    fn new(index: &Arc<Index>) -> Self {
        Self { recogniser: Recogniser::new(index.clone()), silence: Silence::Noticed }
    }
}

/// Whether the other side speaks.
enum Silence {
    /// Nothing was said yet, or the end of it has been noticed.
    Noticed,
    /// Something was said, and then nothing for so many packets.
    After { packets: u64 },
}

impl Route {
    pub fn new(shared: Shared, index: Arc<Index>, ringing: Sender<Rung>) -> Self {
        Self { shared, index, ringing, ears: BTreeMap::new() }
    }

    /// Works until the telephone is gone.
    pub fn run(mut self, events: &Receiver<PhoneEvent>, heard: &Receiver<Heard>) {
        loop {
            select! {
                recv(events) -> event => match event {
                    Ok(event) => self.happened(event),
                    Err(_) => return,
                },
                recv(heard) -> heard => if let Ok(heard) = heard { self.hear(&heard) },
            }
        }
    }

    fn happened(&mut self, event: PhoneEvent) {
        match event {
            PhoneEvent::CallArrived { call, number, dialled, .. } => self.rung(call, number, dialled),
            PhoneEvent::Ringing { call } => self.tell(call, Moment::Ringing),
            PhoneEvent::Answered { call } => self.tell(call, Moment::Answered),
            PhoneEvent::Digit { call, digit } => self.tell(call, Moment::Pressed(digit.as_char())),
            PhoneEvent::CallEnded { call, reason } => {
                self.tell(call, Moment::Ended(reason));
                self.ears.remove(&call);
                let mut conversations =
                    self.shared.conversations.lock().unwrap_or_else(PoisonError::into_inner);
                conversations.moments.remove(&call);
            }
            PhoneEvent::PlayEnded { .. }
            | PhoneEvent::RecordingEnded { .. }
            | PhoneEvent::Held { .. }
            | PhoneEvent::TransferAsked { .. }
            | PhoneEvent::Quality { .. }
            | PhoneEvent::PhoneReachable { .. }
            | PhoneEvent::CallLost { .. } => {}
        }
    }

    fn rung(
        &mut self,
        call: CallId,
        number: Option<crate::domain::phone_number::PhoneNumber>,
        wanted: String,
    ) {
        let conversation = self.shared.converse(call);
        if let Err(error) = self.shared.line.listen(call, self.shared.ear.clone()) {
            debug!(%error, "a caller's telephone is overrun");
        }
        let rung = Rung { conversation, wanted, number };
        let effect = match self.ringing.try_send(rung) {
            Ok(()) => PhoneEffect::Ring { call },
            Err(_) => PhoneEffect::Reject { call, reason: RejectReason::Busy },
        };
        if let Err(error) = self.shared.line.try_send(effect) {
            debug!(%error, "a caller's telephone is overrun");
        }
    }

    fn hear(&mut self, heard: &Heard) {
        if !self.ears.contains_key(&heard.call) && self.is_over(heard.call) {
            return;
        }
        let index = &self.index;
        let ear = self.ears.entry(heard.call).or_insert_with(|| Ear::new(index));
        let said = ear.recogniser.hear(heard.law, &heard.payload);
        let is_silent = heard.payload.iter().all(|byte| *byte == heard.law.silence());
        let fell_quiet = ear.silence.goes_on(is_silent);
        for clip in said {
            self.tell(heard.call, Moment::Said(clip));
        }
        if fell_quiet {
            self.tell(heard.call, Moment::Quiet);
        }
    }

    fn is_over(&self, call: CallId) -> bool {
        let conversations = self.shared.conversations.lock().unwrap_or_else(PoisonError::into_inner);
        !conversations.moments.contains_key(&call)
    }

    fn tell(&self, call: CallId, moment: Moment) {
        let conversations = self.shared.conversations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(moments) = conversations.moments.get(&call) {
            // Nobody listening any more, or too slowly: the call goes on without them.
            moments.try_send(moment).unwrap_or_default();
        }
    }
}

impl Silence {
    /// Takes the next packet; true when it makes the silence noticeable.
    fn goes_on(&mut self, is_silent: bool) -> bool {
        match self {
            Self::Noticed if is_silent => false,
            Self::Noticed | Self::After { .. } if !is_silent => {
                *self = Self::After { packets: 0 };
                false
            }
            Self::After { packets } => {
                *packets += 1;
                let noticeable = *packets * FRAME_MS >= QUIET.as_millis() as u64;
                if noticeable {
                    *self = Self::Noticed;
                }
                noticeable
            }
            Self::Noticed => false,
        }
    }
}

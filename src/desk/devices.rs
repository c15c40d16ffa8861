//! One-key devices: whoever presses again while help is on its way has one ticket, and a test is written down.

use serde_json::json;

use super::Desk;
use super::callbacks::Wish;
use super::calls::LiveCall;
use super::history::{Entity, EventKind, Line};
use crate::domain::actor::Actor;
use crate::domain::callback::CallbackReason;
use crate::domain::ids::{CallId, TicketId};
use crate::domain::ticket::Channel;
use crate::domain::timestamp::Timestamp;
use crate::ivr::words::{Fact, NewTicket};

impl Desk {
    /// The open ticket of the same alarm: one device, one category, help not there yet.
    pub(super) fn same_alarm(&self, live: &LiveCall, new: &NewTicket) -> Option<TicketId> {
        live.known.device.as_ref()?;
        let number = live.call.number.as_ref()?;
        let theirs = self.tickets_by_caller.get(number).into_iter().flatten();
        let cases = theirs.filter_map(|id| self.cases.get(id)).map(|case| &case.ticket);
        let same = cases.filter(|ticket| {
            ticket.channel == Channel::Device
                && ticket.state.is_open()
                && ticket.category.as_ref() == Some(&new.category)
        });
        same.map(|ticket| ticket.id).next_back()
    }

    /// They pressed again: its handlers find it on the ticket, and who hung up unheard is rung back once more.
    pub(super) fn add_to_alarm(&mut self, call: CallId, ticket: TicketId, new: &NewTicket, now: Timestamp) {
        if let Some(row) = new.recording.and_then(|id| self.recordings.get_mut(&id)) {
            row.ticket = Some(ticket);
            self.draft.recordings.push(row.clone());
        }
        let Some(live) = self.call_mut(call) else { return };
        live.call.ticket = Some(ticket);
        let (number, station) = (live.call.number.clone(), live.call.station);
        let gone = live.call.ended_at.is_some();
        let Some(case) = self.case_mut(ticket) else { return };
        case.ticket.repeat_count += 1;
        let spoken = case.ticket.number;
        let detail = json!({ "pressed_again": true, "recording": new.recording });
        self.tell_by(ticket, EventKind::TicketNoted, &Actor::CITIZEN, detail, now);
        self.count_contact(ticket, now);
        if let Some(number) = number.filter(|_| gone) {
            let wish = Wish {
                call: Some(call),
                ticket: Some(ticket),
                urgent: true,
                ..Wish::new(number, station, CallbackReason::Requested)
            };
            let request = self.request_callback(wish, now);
            self.dial_callback_by_machine(request, now);
        }
        self.walk_fact(call, Fact::TicketCommitted { number: spoken, by_text: false }, now);
    }

    pub(super) fn device_tested(&mut self, call: CallId, now: Timestamp) {
        let Some(live) = self.calls.get(&call) else { return };
        let (number, person) = (live.call.number.clone(), live.call.person);
        let line = Line::new(EventKind::DeviceTested, Entity::Call(call), json!({}));
        self.tell(line.of(person), now);
        if let Some(number) = number {
            self.draft.devices_tested.push((number, now));
        }
    }
}

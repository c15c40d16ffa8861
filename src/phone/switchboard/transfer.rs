//! A telephone asks to have its call led elsewhere: the desk decides.

use super::Switchboard;
use crate::desk::event::PhoneEvent;
use crate::domain::ids::CallId;
use crate::phone::sip::leg::LegId;

impl Switchboard {
    pub(super) fn transfer_asked(&mut self, call: CallId, to: String, replaces: Option<LegId>) {
        let replaces = replaces.and_then(|leg| self.by_leg.get(&leg).copied());
        let is_told = self.told(PhoneEvent::TransferAsked { call, to, replaces });
        self.with_line(call, |stack, line| {
            if is_told {
                stack.accept_transfer(line.branch.leg);
            } else {
                stack.refuse_transfer(line.branch.leg);
            }
        });
    }
}

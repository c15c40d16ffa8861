//! Calls whose sound is protected, and telephones that cannot.

use rsipstack::sip::Uri;

use super::act::goes_by;
use super::{DialError, Dialling, Leg, LegEnd, LegId, Phase, Stack};
use crate::domain::extension::PhoneTransport;
use crate::phone::sip::sdp::{Agreement, Ours, Secrecy, Secrets};

/// Who refuses so what we offered may take another offer (RFC 3261 §21.4.26).
const NOT_ACCEPTABLE_HERE: u16 = 488;

impl Stack {
    /// What the sound of a call may be protected with whose messages travel so. Its keys are its own.
    pub(super) fn secrets_over(&mut self, transport: PhoneTransport) -> Secrets {
        let secrecy = self.settings.srtp.over(transport);
        if secrecy == Secrecy::Never {
            return Secrets::NONE;
        }
        Secrets::new(secrecy, || self.chance.bytes())
    }

    /// The same for somebody who is to be rung: they are asked to protect it.
    pub(super) fn secrets_for(&mut self, dialling: &Dialling) -> Result<Secrets, DialError> {
        let callee = Uri::try_from(dialling.to.as_str()).map_err(|_| DialError::BadTarget)?;
        let secrets = self.secrets_over(goes_by(dialling.via, &callee));
        Ok(secrets.offering(secrets.secrecy != Secrecy::Never))
    }

    /// Rings once more, in the clear, who has refused because of our offer to protect the sound. Whether it does.
    pub(super) fn rings_unprotected(&mut self, id: LegId, end: LegEnd) -> bool {
        if end != LegEnd::Refused(NOT_ACCEPTABLE_HERE) {
            return false;
        }
        let Some(leg) = self.legs.get_mut(&id) else { return false };
        let is_offered = leg.secrets.offers && leg.secrets.secrecy == Secrecy::Possible;
        let Some(ours) = leg.ours.filter(|_| is_offered) else { return false };
        let secrets = leg.secrets.offering(false);
        let ours = Ours { version: ours.version + 1, secrets, ..ours };
        let Some(option) = leg.invitation.as_mut().map(|invitation| invitation.offering(ours.offer())) else {
            return false;
        };
        (leg.phase, leg.ours, leg.said, leg.secrets) = (Phase::Dialling, Some(ours), ours.offer(), secrets);
        self.invite_again(id, option)
    }
}

impl Leg {
    /// Notes what was agreed: what is offered within the call later is of the same kind.
    pub(super) fn agreed(&mut self, agreement: &Agreement) {
        self.secrets.offers = agreement.secret.is_some();
        // What is protected stays so: to begin once more with the same keys would give them away.
        if self.secrets.offers {
            self.secrets.secrecy = Secrecy::Required;
        }
    }

    /// Whether an answer is of the kind that was offered: who was asked to protect the sound and does not say how has
    /// not answered.
    pub(super) fn is_answered_by(&self, agreement: &Agreement) -> bool {
        self.ours.is_none_or(|ours| ours.secrets.offers == agreement.secret.is_some())
    }
}

//! Session timers as calls have them: a word in time that a call still lasts, or its end (RFC 4028).

use std::time::{Duration, Instant};

use rsipstack::dialog::dialog::Dialog;
use rsipstack::sip::prelude::{HasHeaders, ToTypedHeader};
use rsipstack::sip::uri::ParamsExt;
use rsipstack::sip::{Header, Headers, Method, Param, Request, Response, StatusCode, Transport};
use rsipstack::transaction::key::TransactionRole;
use tracing::{debug, info};

use super::arrive::ALLOW;
use super::{Leg, Outcome, Phase, Stack, described};
use crate::clock;
use crate::phone::sip::leg::{LegEnd, LegEvent, LegId};
use crate::phone::sip::sdp::CONTENT_TYPE;
use crate::phone::sip::session_timer::{
    Agreed, EXTENSION, Policy, Refresher, Said, Side, TooShort, accepted, answered, longer,
};
use crate::phone::sip::trouble::kind;

/// How long one that met a request of the other side's waits with its own: longer where the call is ours (RFC 3261
/// §14.1).
const OUR_CALL_WAITS: Duration = Duration::from_millis(2_100);
const THEIR_CALL_WAITS: Duration = Duration::from_millis(500);

/// How long one waits that was refused for any other reason.
const REFUSED_WAITS: Duration = Duration::from_secs(10);

/// How often all legs are looked at: to find the first that is due after each event would cost more than the event.
const LOOKING: Duration = Duration::from_millis(100);

/// What a leg knows of how long it lasts.
#[derive(Debug, Default)]
pub(super) struct Lasting {
    agreed: Option<Agreed>,
    /// When we say the word; not while one is under way, or theirs is awaited.
    refresh_at: Option<Instant>,
    /// When the call is over if no word was said.
    ends_at: Option<Instant>,
    /// Whether the other side takes UPDATE, which leaves its media alone.
    takes_update: bool,
    /// Our word that has no answer yet.
    pub(super) under_way: Option<Method>,
}

impl Lasting {
    fn agree(&mut self, agreed: Option<Agreed>, now: Instant) {
        self.agreed = agreed;
        self.ends_at = agreed.map(|agreed| now + agreed.ends_after());
        let ours = agreed.filter(|agreed| agreed.refresher == Refresher::We);
        self.refresh_at = ours.map(|agreed| now + agreed.refreshes_after());
    }

    fn due(&self) -> Option<Instant> {
        [self.refresh_at, self.ends_at].into_iter().flatten().min()
    }
}

/// What an answer to a request says of session timers, and what holds once it is said.
#[derive(Debug, Default)]
pub(super) struct Answering {
    agreed: Option<Agreed>,
    pub(super) headers: Vec<Header>,
}

impl Answering {
    /// What we answer to `request`; the error refuses it.
    pub(super) fn to(
        request: &Request,
        before: Option<Agreed>,
        policy: Policy,
    ) -> Result<Self, (StatusCode, Vec<Header>)> {
        let said = said_in(request.headers());
        let agreed = answered(said, before, policy).map_err(|TooShort(shortest_s)| {
            (StatusCode::SessionIntervalTooSmall, vec![Header::MinSE(shortest_s.to_string().into())])
        })?;
        let mut headers = vec![Header::Allow(ALLOW.into()), Header::Supported(EXTENSION.into())];
        if let Some(agreed) = agreed {
            headers.push(Header::SessionExpires(agreed.written(Side::Answering).into()));
            // Who does not know of it is not made to.
            if said.is_known {
                headers.push(Header::Require(EXTENSION.into()));
            }
        }
        Ok(Self { agreed, headers })
    }
}

impl Leg {
    /// What we answer to a request within the call.
    pub(super) fn answering(
        &self,
        request: &Request,
        policy: Policy,
    ) -> Result<Answering, (StatusCode, Vec<Header>)> {
        Answering::to(request, self.lasting.agreed, policy)
    }

    /// An answer leaves; returns what it says.
    pub(super) fn answers(&mut self, answering: Answering) -> Vec<Header> {
        self.lasting.agree(answering.agreed, clock::monotonic());
        answering.headers
    }

    /// Takes from a request or an answer what the other side takes.
    pub(super) fn learns_what_they_take(&mut self, headers: &Headers) {
        if let Some(takes_update) = takes_update(headers) {
            self.lasting.takes_update = takes_update;
        }
    }

    /// The same of one within the call, which says also where the other side is reached from now on.
    pub(super) fn heard_from(&mut self, headers: &Headers) {
        self.learns_what_they_take(headers);
        let contact = headers.iter().find_map(|header| {
            if let Header::Contact(contact) = header { Some(contact.clone()) } else { None }
        });
        let Some(contact) = contact else { return };
        let Some(mut uri) = contact.typed().ok().map(|contact| contact.uri) else { return };
        let came_by = headers.iter().find_map(|header| {
            if let Header::Via(via) = header { via.typed().ok().map(|via| via.transport) } else { None }
        });
        // As the library does with the first: who rings by a connection is answered by one.
        if let Some(transport) = came_by.filter(|transport| *transport != Transport::Udp)
            && uri.transport().is_none()
        {
            uri.params.push(Param::Transport(transport));
        }
        Dialog::Invite(self.dialog.clone()).set_remote_target(uri, Some(contact));
    }

    /// When this leg must be looked at.
    pub(super) fn due(&self) -> Option<Instant> {
        let rings_at = self.rings_at.filter(|_| self.phase == Phase::Arriving);
        [self.lasting.due(), self.reliable.due(), rings_at].into_iter().flatten().min()
    }
}

impl Stack {
    /// Adds what we offer whom we ring. `they_refresh`: it is theirs to say that the call lasts, because they would ask
    /// us to prove who says it.
    pub(super) fn offer_session(&self, headers: &mut Vec<Header>, they_refresh: bool) {
        let policy = self.settings.sessions;
        headers.push(Header::Supported(EXTENSION.into()));
        if let Some(offered_s) = policy.offered_s {
            let refresher = if they_refresh { ";refresher=uas" } else { "" };
            headers.push(Header::SessionExpires(format!("{offered_s}{refresher}").into()));
            headers.push(Header::MinSE(policy.shortest_s.to_string().into()));
        }
    }

    /// Whom we rang answered.
    pub(super) fn session_begins(&mut self, id: LegId, answer: &Response) {
        let policy = self.settings.sessions;
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.learns_what_they_take(answer.headers());
        let agreed = accepted(said_in(answer.headers()), None, policy);
        leg.lasting.agree(agreed, clock::monotonic());
    }

    /// Whom we rang finds our interval too short: rings again with theirs, once.
    pub(super) fn rings_longer(&mut self, id: LegId, answer: &Response) -> bool {
        let offered_s = self.settings.sessions.offered_s.unwrap_or_default();
        let Some(longer_s) = longer(said_in(answer.headers()), offered_s) else { return false };
        let invitation = self.legs.get_mut(&id).and_then(|leg| leg.invitation.as_mut());
        let option = invitation.and_then(|invitation| invitation.lengthened(longer_s));
        option.is_some_and(|option| self.invite_again(id, option))
    }

    /// Looks after the legs whose time has come.
    pub(super) fn wake(&mut self) {
        let now = clock::monotonic();
        self.looked_at = now;
        let is_due = |leg: &Leg| leg.due().is_some_and(|due| due <= now);
        let due: Vec<_> = self.legs.iter().filter(|(_, leg)| is_due(leg)).map(|(id, _)| *id).collect();
        for id in due {
            self.begin_ringing(id, now);
            self.repeat_ringing(id, now);
            self.keep_or_end(id, now);
        }
    }

    /// When the legs must be looked at again.
    pub(super) fn wakes_at(&self) -> Option<Instant> {
        (!self.legs.is_empty()).then(|| self.looked_at + LOOKING)
    }

    fn keep_or_end(&mut self, id: LegId, now: Instant) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.lasting.ends_at.is_some_and(|at| at <= now) {
            info!("a call of which no word came in time is over");
            return self.expire(id);
        }
        if leg.lasting.refresh_at.is_some_and(|at| at <= now) {
            leg.lasting.refresh_at = None;
            // What the other side has asked for comes first, and is a word itself.
            if leg.phase == Phase::Talking && leg.change.is_none() {
                self.refresh(id);
            }
        }
    }

    fn expire(&mut self, id: LegId) {
        self.hang_up(id);
        self.report(id, LegEvent::Ended(LegEnd::Expired));
    }

    /// Says that the call lasts: by UPDATE where that is taken, else by our description once more.
    fn refresh(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(agreed) = leg.lasting.agreed else { return };
        let mut headers = vec![
            Header::Allow(ALLOW.into()),
            Header::Supported(EXTENSION.into()),
            Header::SessionExpires(agreed.written(Side::Asking).into()),
            Header::MinSE(self.settings.sessions.shortest_s.to_string().into()),
        ];
        let method = if leg.lasting.takes_update { Method::Update } else { Method::Invite };
        leg.lasting.under_way = Some(method);
        let (dialog, said, outcomes) = (leg.dialog.clone(), leg.said.clone(), self.outcomes_in.clone());
        tokio::spawn(async move {
            let answer = if method == Method::Update {
                dialog.update(Some(headers), None).await
            } else {
                headers.push(Header::ContentType(CONTENT_TYPE.into()));
                dialog.reinvite(Some(headers), Some(said)).await
            };
            let answer = answer.unwrap_or_else(|error| {
                debug!(error = kind(&error), "a call could not be refreshed");
                None
            });
            outcomes.send((id, Outcome::Refreshed(answer.map(Box::new)))).ok();
        });
    }

    /// What became of our word.
    pub(super) fn refreshed(&mut self, id: LegId, answer: Option<&Response>) {
        let (policy, now) = (self.settings.sessions, clock::monotonic());
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let by = leg.lasting.under_way.take();
        // Whatever went wrong, the call lasts until its time is over, and may be refreshed until then (RFC 4028 §10).
        leg.lasting.refresh_at = Some(now + REFUSED_WAITS);
        let Some(answer) = answer else { return };
        match answer.status_code.code() {
            200..=299 => {
                let before = leg.lasting.agreed;
                leg.lasting.agree(accepted(said_in(answer.headers()), before, policy), now);
                leg.heard_from(answer.headers());
                self.answered_refresh(id, answer);
            }
            // It came to nobody, or nobody there knows of the call.
            408 | 481 => {
                info!("a call that the other side does not know of any more is over");
                self.expire(id);
            }
            491 => {
                let ours = leg.dialog.role() == TransactionRole::Client;
                leg.lasting.refresh_at = Some(now + if ours { OUR_CALL_WAITS } else { THEIR_CALL_WAITS });
            }
            422 => {
                let Some(agreed) = leg.lasting.agreed else { return };
                if let Some(interval_s) = longer(said_in(answer.headers()), agreed.interval_s) {
                    leg.lasting.agreed = Some(Agreed { interval_s, ..agreed });
                    self.refresh(id);
                }
            }
            405 | 501 if by == Some(Method::Update) => {
                leg.lasting.takes_update = false;
                self.refresh(id);
            }
            status => {
                leg.lasting.takes_update &= by != Some(Method::Update);
                debug!(status, "a call was not refreshed");
            }
        }
    }

    /// A re-INVITE of ours may be answered with another description than before.
    fn answered_refresh(&mut self, id: LegId, answer: &Response) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let answer = described(&answer.body, &leg.secrets);
        let Some((description, agreement)) = answer.filter(|(_, agreement)| leg.is_answered_by(agreement))
        else {
            return;
        };
        leg.agreed(&agreement);
        let is_same = leg.described.as_ref().is_some_and(|before| before.agreement == agreement);
        leg.described = Some(description);
        if !is_same {
            self.report(id, LegEvent::Changed(agreement));
        }
    }
}

fn said_in(headers: &Headers) -> Said {
    Said::in_headers(headers.iter().map(|header| (header.name(), header.value())))
}

/// Whether UPDATE is among what is allowed; nothing when that is not said.
fn takes_update(headers: &Headers) -> Option<bool> {
    let mut allowed = headers.iter().filter(|header| header.name().eq_ignore_ascii_case("Allow")).peekable();
    allowed.peek()?;
    Some(allowed.flat_map(|header| header.value().split(',')).any(|method| method.trim() == "UPDATE"))
}

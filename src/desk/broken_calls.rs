//! What becomes of calls when the desk is built anew: those that died are settled, those that go on are taken up.

use std::collections::{BTreeMap, BTreeSet};

use super::Desk;
use super::callbacks::Wish;
use super::calls::{CallRole, LiveCall};
use super::effect::{Effect, PhoneEffect};
use super::restore::OnTheLine;
use super::talks::Attending;
use crate::domain::call::{Call, CallDirection, CallPart, CallResult, Joins};
use crate::domain::callback::CallbackReason;
use crate::domain::ids::CallId;
use crate::domain::language::Language;
use crate::domain::person::Known;
use crate::domain::timestamp::Timestamp;
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::Sentence;

/// Who talks with whom, of the calls that go on.
struct Talks(BTreeMap<CallId, BTreeSet<CallId>>);

impl Talks {
    /// As the telephones hold them, and as what the rows say of each.
    fn new(calls: &[Call], on_the_line: &[OnTheLine]) -> Self {
        let joins: BTreeMap<CallId, Joins> =
            calls.iter().filter_map(|call| Some((call.id, call.joins?))).collect();
        let part = |call: CallId| joins.get(&call).map(|joins| joins.part);
        let held: BTreeSet<CallId> = on_the_line.iter().map(|held| held.call).collect();
        let mut talks: BTreeMap<CallId, BTreeSet<CallId>> = BTreeMap::new();
        for held in on_the_line {
            // A supervisor is no part of the talk: it is over when the two are gone.
            let other = held.bridged_with.filter(|_| !part(held.call).is_some_and(is_a_supervisors));
            if let Some(other) = other {
                talks.entry(held.call).or_default().insert(other);
            }
        }
        // Whoever was brought in talks with all of them, and all of them with each other.
        let thirds = on_the_line.iter().filter(|held| part(held.call) == Some(CallPart::BroughtIn));
        for third in thirds.filter(|third| third.bridged_with.is_some()).map(|third| third.call) {
            let Some(to) = joins.get(&third).map(|joins| joins.to).filter(|to| held.contains(to)) else {
                continue;
            };
            let mut all = talks.get(&to).cloned().unwrap_or_default();
            all.insert(to);
            all.remove(&third);
            for other in &all {
                talks.entry(*other).or_default().insert(third);
            }
            talks.insert(third, all);
        }
        Self(talks)
    }

    fn of(&self, call: CallId) -> BTreeSet<CallId> {
        self.0.get(&call).cloned().unwrap_or_default()
    }

    /// Whether somebody talks with them still.
    fn goes_on(&self, call: CallId) -> bool {
        self.0.get(&call).is_some_and(|with| !with.is_empty())
    }
}

fn is_a_supervisors(part: CallPart) -> bool {
    match part {
        CallPart::Listens | CallPart::Whispers | CallPart::Barges => true,
        CallPart::Talks | CallPart::BroughtIn => false,
    }
}

/// What a call is for that has this part in another.
fn role_of(part: CallPart, of: CallId) -> CallRole {
    match part {
        CallPart::Talks => CallRole::Leg { of },
        CallPart::BroughtIn => CallRole::BroughtIn { to: of },
        CallPart::Listens => CallRole::Attending { of, how: Attending::Listen },
        CallPart::Whispers => CallRole::Attending { of, how: Attending::Whisper },
        CallPart::Barges => CallRole::Attending { of, how: Attending::Barge },
    }
}

impl Desk {
    /// Calls that died with the server: whoever rang us with nothing in hand is owed a call.
    pub(super) fn end_broken_calls(&mut self, calls: Vec<Call>, on_the_line: &[OnTheLine], now: Timestamp) {
        let talks = Talks::new(&calls, on_the_line);
        for call in calls {
            let id = call.id;
            if let Some(held) = on_the_line.iter().find(|held| held.call == id) {
                self.take_up(call, held, &talks, now);
                continue;
            }
            let incoming = call.direction == CallDirection::Incoming;
            let mut live = LiveCall::new(call.clone(), CallRole::Incoming, Known::default());
            self.draft.calls_before.entry(id).or_insert(Some(call));
            live.call.ended_at = Some(now);
            live.call.result = (!incoming).then_some(CallResult::NotReached);
            self.calls.insert(id, live);
            if incoming {
                self.settle_broken(id, now);
            }
        }
    }

    /// What a broken call came to. An emergency that nobody had talked to yet is rung back at once.
    fn settle_broken(&mut self, id: CallId, now: Timestamp) {
        let Some(live) = self.calls.get(&id).cloned() else { return };
        let call = &live.call;
        let result = match (call.ticket, call.disposition, call.number.clone()) {
            (Some(_), _, _) => {
                if let Some(request) = self.owe_emergency(&live, now) {
                    self.ring_first_thing(request, now);
                }
                CallResult::Ticket
            }
            (None, Some(_), _) => CallResult::Disposition,
            (None, None, _) if call.emergency_at.is_none() && self.announcement_of(call).is_some() => {
                CallResult::Announcement
            }
            (None, None, None) => CallResult::LostAnonymous,
            (None, None, Some(number)) => {
                let urgent = call.emergency_at.is_some() && call.talked_at.is_none();
                let wish = Wish {
                    call: Some(id),
                    recording: call.recording,
                    urgent,
                    ..Wish::new(number, call.station, CallbackReason::Interrupted)
                };
                let request = self.request_callback(wish, now);
                if urgent {
                    self.ring_first_thing(request, now);
                }
                CallResult::Callback
            }
        };
        if let Some(live) = self.calls.get_mut(&id) {
            live.call.result = Some(result);
        }
    }

    /// A call that goes on although the desk forgot its walk: it hears "one moment" and starts at the top. Two who
    /// talk are left to talk, with whoever was brought in.
    fn take_up(&mut self, call: Call, held: &OnTheLine, talks: &Talks, now: Timestamp) {
        let (id, outgoing) = (call.id, call.direction == CallDirection::Outgoing);
        let with = talks.of(id);
        let role = match (call.joins, with.first()) {
            (Some(Joins { to, part }), _) if talks.goes_on(to) => role_of(part, to),
            (_, Some(of)) if outgoing => CallRole::Leg { of: *of },
            (_, Some(_) | None) => CallRole::Incoming,
        };
        let attends = matches!(role, CallRole::Attending { .. }) && call.answered_at.is_some();
        let goes_on = attends || !with.is_empty();
        if outgoing && !goes_on {
            // Whom it was rung for is forgotten; its attempt is closed as unknown above.
            self.draft.phone(PhoneEffect::Hangup { call: id });
            return;
        }
        let known = super::calls::believed(call.trust, &held.known);
        let mut live = LiveCall::new(call, role, known);
        live.with = with;
        self.draft.calls_before.entry(id).or_insert_with(|| Some(live.call.clone()));
        self.calls.insert(id, live);
        if !goes_on {
            let before = self.draft.effects.len();
            self.greet_again(id, now);
            self.say_first(Phrase::OneMoment, before);
        }
    }

    /// Puts a phrase before what the first play since `from` says.
    fn say_first(&mut self, phrase: Phrase, from: usize) {
        let plays = self.draft.effects.iter_mut().skip(from).find_map(|effect| match effect {
            Effect::Phone(PhoneEffect::Play { call, clips, .. }) => Some((*call, clips)),
            Effect::Phone(_) | Effect::Reply { .. } | Effect::FollowClock => None,
        });
        let Some((call, clips)) = plays else { return };
        let language = self.calls.get(&call).map_or(Language::Zh, |live| live.call.language);
        let first = super::walks::clips(&self.rules.library, &Sentence::of(language, phrase));
        clips.splice(..0, first);
    }
}

//! Marks of numbers: no text and no call to a telephone near danger (SAF-8), the recorded line for abuse (SAF-9).

use std::time::Duration;

use serde_json::{Value, json};

use super::Desk;
use super::command::{CommandOutcome, Intake, NumberCommand};
use super::commands::{Answer, refuse};
use super::event::Commander;
use super::history::{Entity, EventKind, Line};
use super::refusal::Why;
use super::ticket_commands::check_words;
use crate::domain::actor::{Actor, Doer, Role};
use crate::domain::ids::{CallId, StationId};
use crate::domain::number_mark::{NumberMark, Reach};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::safety::{AbuseStep, after_abuse};
use crate::domain::ticket::Window;
use crate::domain::timestamp::Timestamp;

impl Desk {
    /// Whether a number may be rung or texted at this moment, and when else.
    pub(super) fn reach(&self, number: &PhoneNumber, now: Timestamp) -> Reach {
        self.marks.get(number).map_or(Reach::Now, |mark| mark.reach(now))
    }

    pub(super) fn may_reach(&self, number: &PhoneNumber, now: Timestamp) -> bool {
        self.reach(number, now) == Reach::Now
    }

    /// Whether the caller hears the recorded line and no more.
    pub(super) fn is_limited(&self, call: CallId, now: Timestamp) -> bool {
        let number = self.calls.get(&call).and_then(|live| live.call.number.as_ref());
        number.and_then(|number| self.marks.get(number)).is_some_and(|mark| mark.is_limited(now))
    }

    /// Changes the marks of a number; notes who did, and what.
    fn mark(
        &mut self,
        number: &PhoneNumber,
        station: StationId,
        now: Timestamp,
        change: impl FnOnce(&mut NumberMark),
    ) -> Entity {
        let before = self.marks.get(number).cloned();
        let mut mark = before.clone().unwrap_or_else(|| NumberMark {
            id: self.chance.mint(now),
            number: number.clone(),
            jurisdiction: self.jurisdiction_of(station),
            station,
            abuser_near: false,
            safe: None,
            abuse: AbuseStep::None,
            noted_by: None,
            limited_until: None,
            changed_at: now,
        });
        change(&mut mark);
        mark.changed_at = now;
        let entity = Entity::Mark(mark.id);
        self.draft.marks_before.entry(number.clone()).or_insert(before);
        self.marks.insert(number.clone(), mark);
        entity
    }

    fn tell_mark(
        &mut self,
        kind: EventKind,
        entity: Entity,
        actor: &Actor,
        (number, mut detail): (&PhoneNumber, Value),
        now: Timestamp,
    ) {
        // The number lies in what is erasable: whoever is erased takes it along.
        detail["number"] = json!(number);
        self.tell(Line::new(kind, entity, detail).by(actor.clone()), now);
    }

    pub(super) fn number_command(
        &mut self,
        by: &Commander,
        number: &PhoneNumber,
        station: StationId,
        what: &NumberCommand,
        now: Timestamp,
    ) -> Answer {
        use Role as R;
        if !self.stations.contains_key(&station) {
            return refuse(Why::NoSuchStation);
        }
        let parts: &[Role] = match what {
            NumberCommand::Danger { .. } | NumberCommand::Abuse { .. } => {
                &[R::Operator, R::Dispatcher, R::CallbackOfficer, R::Supervisor, R::DutyOfficer]
            }
            NumberCommand::Limit { .. } | NumberCommand::Lift { .. } => &[R::Supervisor],
        };
        let actor = self.present_at(by, station, parts)?;
        match what {
            NumberCommand::Danger { near, safe, note } => {
                check_words(note)?;
                if safe.is_some_and(|window| window.from >= window.until || window.until <= now) {
                    return refuse(Why::SafeTimeOver);
                }
                self.danger(number, station, (*near, *safe), note, &actor, now);
            }
            NumberCommand::Abuse { note } => {
                check_words(note)?;
                let entity = self.mark(number, station, now, |mark| {
                    mark.abuse = after_abuse(mark.abuse, false);
                    mark.noted_by = Some(Doer::of(&actor));
                });
                let step = self.marks[number].abuse;
                let detail = json!({ "to": step, "words": note });
                self.tell_mark(EventKind::NumberAbusive, entity, &actor, (number, detail), now);
            }
            NumberCommand::Limit { hours, note } => {
                return self.limit(number, station, (*hours, note), &actor, now);
            }
            NumberCommand::Lift { note } => {
                check_words(note)?;
                let entity = self.mark(number, station, now, |mark| {
                    mark.abuse = AbuseStep::None;
                    mark.noted_by = None;
                    mark.limited_until = None;
                });
                let detail = json!({ "words": note });
                self.tell_mark(EventKind::NumberLimitLifted, entity, &actor, (number, detail), now);
            }
        }
        Ok(CommandOutcome::Done)
    }

    fn danger(
        &mut self,
        number: &PhoneNumber,
        station: StationId,
        (near, safe): (bool, Option<Window>),
        note: &str,
        actor: &Actor,
        now: Timestamp,
    ) {
        let entity = self.mark(number, station, now, |mark| {
            mark.abuser_near = near;
            mark.safe = safe.filter(|_| near);
        });
        let detail = json!({ "near": near, "safe": safe, "words": note });
        self.tell_mark(EventKind::NumberDanger, entity, actor, (number, detail), now);
    }

    /// An operator marked the caller's telephone while taking the wish in: before anything is texted to it.
    pub(super) fn danger_of_intake(
        &mut self,
        intake: &Intake,
        number: Option<&PhoneNumber>,
        station: StationId,
        actor: &Actor,
        now: Timestamp,
    ) {
        if let (true, Some(number)) = (intake.danger_near, number) {
            let safe = intake.safe.filter(|window| window.from < window.until && window.until > now);
            // A form that repeats what is known takes no safe time away.
            if safe.is_none() && self.marks.get(number).is_some_and(|mark| mark.abuser_near) {
                return;
            }
            self.danger(number, station, (true, safe), "", actor, now);
        }
    }

    /// SAF-9: a supervisor, who did not note the call, leads the number on to the recorded line for some hours.
    fn limit(
        &mut self,
        number: &PhoneNumber,
        station: StationId,
        (hours, note): (u16, &str),
        actor: &Actor,
        now: Timestamp,
    ) -> Answer {
        check_words(note)?;
        let (step, noted_by) =
            self.marks.get(number).map_or((AbuseStep::None, None), |mark| (mark.abuse, mark.noted_by));
        if after_abuse(step, true) != AbuseStep::RecordedLine {
            return refuse(Why::NotWarnedYet);
        }
        if noted_by.is_some_and(|by| by.is_same(Doer::of(actor))) {
            return refuse(Why::ProposedByYou);
        }
        let span = Duration::from_secs(u64::from(hours) * 3_600);
        let longest = self.rules.policy.calls.longest_limit;
        if hours == 0 || span > longest {
            let most = [("hours", (longest.as_secs() / 3_600).to_string())];
            return refuse(Why::LimitTooLong.with(most));
        }
        let until = now + span;
        let entity = self.mark(number, station, now, |mark| {
            mark.abuse = AbuseStep::RecordedLine;
            mark.limited_until = Some(until);
        });
        let detail = json!({ "until": until, "words": note });
        self.tell_mark(EventKind::NumberLimited, entity, actor, (number, detail), now);
        Ok(CommandOutcome::Done)
    }

    /// SAF-9: who has an emergency is heard as everybody is, and the limit is over.
    pub(super) fn danger_lifts_the_limit(&mut self, call: CallId, now: Timestamp) {
        if !self.is_limited(call, now) {
            return;
        }
        let Some(live) = self.calls.get(&call) else { return };
        let (Some(number), station) = (live.call.number.clone(), live.call.station) else { return };
        let entity = self.mark(&number, station, now, |mark| {
            mark.limited_until = None;
            mark.abuse = AbuseStep::WithSupervisor;
        });
        let detail = json!({ "why": "emergency" });
        self.tell_mark(EventKind::NumberLimitLifted, entity, &Actor::CITIZEN, (&number, detail), now);
    }
}

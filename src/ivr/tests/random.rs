//! Whatever is keyed, said or left unsaid: no call is lost, and a person is always one key away.

use std::time::Duration;

use proptest::prelude::*;
use uuid::Uuid;

use super::script::{
    BETWEEN_KEYS, Rehearsal, area, helper_call, open_ticket, resident, staff_call, stranger, task,
};
use crate::domain::assignment::{AssignmentKind, HelperCall, VisitCode};
use crate::domain::ids::{RecordingId, VolunteerId};
use crate::domain::language::Language;
use crate::domain::station::Front;
use crate::domain::ticket::TicketState;
use crate::domain::ticket_number::TicketNumber;
use crate::ivr::context::{CallerLine, IncomingCall, TaskStage};
use crate::ivr::outgoing::{AlarmCause, Help, OutgoingCall, Visitor};
use crate::ivr::voice::MOST_QUESTIONS;
use crate::ivr::words::{Fact, Key, Outcome, RecordingStop, TaskAnswer, WalkAction, WalkEvent};

/// Prompts of one call that are no questions: instructions, readings, last words.
const OTHER_PROMPTS: usize = 40;
/// Events after which every call has ended, if nobody keys any more.
const LONGEST_ENDING: usize = 60;

#[derive(Debug, Clone, Copy)]
enum Happens {
    Key(char),
    Heard,
    Silence,
    Recorded(u64, RecordingStop),
    Committed,
    NotCommitted,
    Nobody,
    Person,
    Withdrawal(bool),
    NoTask,
    TaskFound,
    TaskAnswered,
}

fn happens() -> impl Strategy<Value = Happens> {
    let key = prop::sample::select("0123456789*#".chars().collect::<Vec<_>>());
    prop_oneof![
        12 => key.prop_map(Happens::Key),
        6 => prop::sample::select(vec!['1', '2']).prop_map(Happens::Key),
        6 => Just(Happens::Heard),
        4 => Just(Happens::Silence),
        2 => (0_u64..20, prop::sample::select(RecordingStop::ALL.to_vec())).prop_map(|(s, why)| Happens::Recorded(s, why)),
        2 => Just(Happens::Committed),
        1 => Just(Happens::NotCommitted),
        2 => Just(Happens::Nobody),
        1 => Just(Happens::Person),
        1 => any::<bool>().prop_map(Happens::Withdrawal),
        1 => Just(Happens::NoTask),
        1 => Just(Happens::TaskFound),
        1 => Just(Happens::TaskAnswered),
    ]
}

fn calls() -> impl Strategy<Value = IncomingCall> {
    let committee = IncomingCall::to(area("370203005001"));
    let known = IncomingCall {
        open: vec![
            open_ticket(1, "ELD-02", TicketState::Offering),
            open_ticket(2, "CON-01", TicketState::Handled),
        ],
        ..resident()
    };
    let volunteer =
        IncomingCall { tasks: vec![task(TaskStage::Offered), task(TaskStage::Booked)], ..stranger() };
    prop::sample::select(vec![
        stranger(),
        resident(),
        committee,
        known,
        volunteer,
        IncomingCall { line: CallerLine::Withheld, ..stranger() },
        IncomingCall { front: Front::Person, ..resident() },
        IncomingCall { language: Language::En, ..stranger() },
    ])
}

fn outgoing_calls() -> impl Strategy<Value = OutgoingCall> {
    let language = Language::Zh;
    prop::sample::select(vec![
        OutgoingCall::Survey { language, household: true },
        OutgoingCall::Survey { language, household: false },
        OutgoingCall::WhoComes {
            language,
            help: Help {
                kind: AssignmentKind::Visit,
                visitors: vec![Visitor { badge: Some(VolunteerId(1)), code: VisitCode(1) }],
                meets_at: None,
            },
            window: None,
        },
        OutgoingCall::DutyAlarm { language, why: AlarmCause::VisitorSilent, category: None, area: None },
        OutgoingCall::Care { caller: resident() },
        OutgoingCall::CareContact { language },
        helper_call(HelperCall::Offer),
        helper_call(HelperCall::Details),
        helper_call(HelperCall::OnTheWay),
        helper_call(HelperCall::AreYouWell),
        helper_call(HelperCall::NewTime),
        helper_call(HelperCall::PartnerMissing),
        staff_call(HelperCall::Offer, true),
        staff_call(HelperCall::AreYouWell, false),
    ])
}

fn event(rehearsal: &mut Rehearsal, happens: Happens) -> Vec<WalkAction> {
    let fact = |fact| WalkEvent::Fact { fact };
    let event = match happens {
        Happens::Heard => return rehearsal.heard(),
        Happens::Silence => return rehearsal.silence(),
        Happens::Key(key) => {
            rehearsal.now = rehearsal.now + BETWEEN_KEYS;
            WalkEvent::Key { key: Key::parse(key).unwrap() }
        }
        Happens::Recorded(seconds, why) => WalkEvent::RecordingEnded {
            recording: rehearsal.recording(),
            length: Duration::from_secs(seconds),
            why,
        },
        Happens::Committed => {
            let number = TicketNumber::parse("260501-014-0007").unwrap();
            fact(Fact::TicketCommitted { number, by_text: true })
        }
        Happens::NotCommitted => fact(Fact::NotCommitted),
        Happens::Nobody => fact(Fact::NobodyAnswered),
        Happens::Person => fact(Fact::PersonAnswered),
        Happens::Withdrawal(done) => fact(Fact::Withdrawal { done }),
        Happens::NoTask => fact(Fact::TaskFound { task: None }),
        Happens::TaskFound => fact(Fact::TaskFound { task: Some(task(TaskStage::Accepted)) }),
        Happens::TaskAnswered => fact(Fact::TaskAnswer { answer: TaskAnswer::Gone }),
    };
    rehearsal.step(&event)
}

/// What a call came to, as far as actions tell.
#[derive(Debug, Default)]
struct Course {
    prompts: usize,
    person: bool,
    outcomes: Vec<Outcome>,
}

impl Course {
    fn note(&mut self, actions: &[WalkAction]) {
        for action in actions {
            match action {
                WalkAction::Say { .. } => self.prompts += 1,
                WalkAction::Outcome { outcome } => self.outcomes.push(outcome.clone()),
                WalkAction::StopSaying
                | WalkAction::Record { .. }
                | WalkAction::StopRecording
                | WalkAction::RingPerson { .. }
                | WalkAction::RingEmergency
                | WalkAction::DoNotRecord
                | WalkAction::CallerNumber { .. }
                | WalkAction::FindTask { .. }
                | WalkAction::RingResident { .. }
                | WalkAction::Language { .. }
                | WalkAction::HangUp => {}
            }
        }
    }

    fn came_to_something(&self) -> bool {
        self.person || !self.outcomes.is_empty()
    }

    fn tickets(&self) -> usize {
        self.outcomes.iter().filter(|outcome| matches!(outcome, Outcome::OpenTicket { .. })).count()
    }
}

/// Plays the events, then leaves the caller silent until the call ends.
fn play(rehearsal: &mut Rehearsal, events: &[Happens]) -> Course {
    let mut course = Course::default();
    for happens in events {
        if rehearsal.walk.is_over() {
            break;
        }
        let actions = event(rehearsal, *happens);
        course.note(&actions);
        // Over without hanging up: a person has the call.
        course.person = rehearsal.walk.is_over() && !actions.contains(&WalkAction::HangUp);
        assert_eq!(
            rehearsal.walk.is_over(),
            rehearsal.walk.deadline().is_none(),
            "a living walk has a deadline"
        );
    }
    for _ in 0..LONGEST_ENDING {
        if rehearsal.walk.is_over() {
            break;
        }
        course.note(&rehearsal.silence());
    }
    course
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_incoming_call_ends_and_comes_to_something(
        call in calls(),
        events in prop::collection::vec(happens(), 0..80),
    ) {
        let mut rehearsal = Rehearsal::incoming(call);
        let course = play(&mut rehearsal, &events);
        prop_assert!(rehearsal.walk.is_over(), "it goes on for ever");
        prop_assert!(course.came_to_something(), "it came to nothing");
        prop_assert!(course.tickets() <= 2, "one wish and one emergency at most");
        prop_assert!(course.prompts <= MOST_QUESTIONS as usize + OTHER_PROMPTS + events.len());
    }

    #[test]
    fn every_caller_who_hangs_up_is_remembered(
        call in calls(),
        events in prop::collection::vec(happens(), 0..30),
        recording in any::<bool>(),
    ) {
        let mut rehearsal = Rehearsal::incoming(call);
        let mut course = Course::default();
        for happens in &events {
            if rehearsal.walk.is_over() {
                break;
            }
            course.note(&event(&mut rehearsal, *happens));
        }
        if !rehearsal.walk.is_over() {
            let recording = recording.then(|| RecordingId(Uuid::from_u128(99)));
            let actions = rehearsal.step(&WalkEvent::HungUp { recording });
            course.note(&actions);
            prop_assert!(rehearsal.walk.is_over());
            let only_outcomes = actions.iter().all(|action| matches!(action, WalkAction::Outcome { .. }));
            prop_assert!(only_outcomes, "nobody is there to hear it");
            prop_assert!(course.came_to_something());
        }
    }

    #[test]
    fn zero_reaches_a_person_from_every_question(
        call in calls(),
        keys in prop::collection::vec(prop::sample::select("12345678*#".chars().collect::<Vec<_>>()), 0..12),
    ) {
        let mut rehearsal = Rehearsal::incoming(call);
        for key in keys {
            event(&mut rehearsal, Happens::Key(key));
        }
        if rehearsal.walk.is_asking() {
            let actions = event(&mut rehearsal, Happens::Key('0'));
            let rings = actions.iter().any(|action| matches!(action, WalkAction::RingPerson { .. }));
            prop_assert!(rings, "nobody is rung");
        }
    }

    #[test]
    fn every_call_we_make_ends_and_is_reported(
        call in outgoing_calls(),
        events in prop::collection::vec(happens(), 0..40),
    ) {
        let mut rehearsal = Rehearsal::outgoing(call);
        let course = play(&mut rehearsal, &events);
        prop_assert!(rehearsal.walk.is_over());
        prop_assert!(course.came_to_something());
    }
}

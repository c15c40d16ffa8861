//! Runs a walk by a script and writes down what it did.
//!
//! A script line is something that happens: `keys 1 2 #` (half a second apart), `at once 1`, `after 399`, `heard` (the prompt was heard to its end),
//! `silence` (nothing until the deadline), `recorded 8 key` (seconds and what ended it), `hangs up`,
//! `hangs up recording`, or a fact: `committed 260501-014-0007 by text`, `person`, `nobody`, …

use std::sync::LazyLock;
use std::time::Duration;

use jiff::civil::{date, datetime};
use uuid::Uuid;

use crate::domain::area::AreaCode;
use crate::domain::assignment::{AssignmentKind, HelperCall, VisitCode};
use crate::domain::category::{self, Catalogue, CategoryCode};
use crate::domain::ids::{AssignmentId, OfferId, RecordingId, TicketId, VolunteerId};
use crate::domain::language::Language;
use crate::domain::offer::ReplyCode;
use crate::domain::ticket::TicketState;
use crate::domain::ticket_number::TicketNumber;
use crate::domain::timestamp::Timestamp;
use crate::domain::work_item::WorkRole;
use crate::ivr::context::{IncomingCall, OpenTicket, Register, SpokenWindow, TaskStage, VolunteerTask};
use crate::ivr::menu::{DEFAULT_TEXT, Menu};
use crate::ivr::outgoing::{HelperTask, OutgoingCall, Whom};
use crate::ivr::places::Places;
use crate::ivr::walk::Walk;
use crate::ivr::words::{
    Fact, Key, Outcome, PromptId, RecordingStop, TaskAnswer, TaskId, WalkAction, WalkEvent,
};
use crate::prompts::library::Library;
use crate::prompts::manifest::Manifest;
use crate::prompts::sentence::Sentence;

/// A finger takes as long from key to key.
pub(super) const BETWEEN_KEYS: Duration = Duration::from_millis(500);

pub(super) const START: Timestamp = Timestamp::from_millis(1_777_600_000_000);

/// The clips of the real manifests.
pub(super) fn library() -> Library {
    let manifests = [
        ("zh", include_str!("../../../sounds/zh/manifest.toml")),
        ("en", include_str!("../../../sounds/en/manifest.toml")),
        ("bo", include_str!("../../../sounds/bo/manifest.toml")),
    ];
    Library::new(manifests.map(|(file, text)| {
        // Whether a file was made already is not what walks are about.
        let text = if file == "bo" { text.to_owned() } else { made(text) };
        Manifest::parse(file, &text).unwrap()
    }))
}

pub(super) fn made(manifest: &str) -> String {
    manifest.replace(", status = \"missing\"", ", text_hash = \"0\", status = \"synthetic\"")
}

/// The catalogue that ships.
pub(super) fn catalogue() -> Catalogue {
    Catalogue::parse(category::DEFAULT_TEXT).unwrap()
}

/// The menu that ships, with two streets: one of two committees, one of nine.
pub(super) fn menu() -> Menu {
    static MENU: LazyLock<Menu> = LazyLock::new(read_menu);
    MENU.clone()
}

fn read_menu() -> Menu {
    let areas = [
        "370203",
        "370203005",
        "370203005001",
        "370203005004",
        "370203016",
        "370203016011",
        "370203016017",
        "370203016018",
        "370203016019",
        "370203016023",
        "370203016024",
        "370203016025",
        "370203016026",
        "370203016027",
    ];
    let library = library();
    let places = Places::new(areas.map(area), &library);
    Menu::parse("config/ivr.toml", DEFAULT_TEXT, &catalogue(), &library).unwrap().with_places(places)
}

pub(super) fn area(code: &str) -> AreaCode {
    AreaCode::parse(code).unwrap()
}

/// A call to the district's number of which nothing is known.
pub(super) fn stranger() -> IncomingCall {
    IncomingCall::to(area("370203"))
}

/// A call from the one telephone of one registered home.
pub(super) fn resident() -> IncomingCall {
    IncomingCall { register: Register::OneHome, ..stranger() }
}

pub(super) fn open_ticket(number: u128, category: &str, state: TicketState) -> OpenTicket {
    OpenTicket {
        ticket: TicketId(Uuid::from_u128(number)),
        category: Some(CategoryCode::parse(category).unwrap()),
        state,
        confidential: false,
        withdrawable: true,
    }
}

pub(super) fn task(stage: TaskStage) -> VolunteerTask {
    VolunteerTask {
        task: match stage {
            TaskStage::Offered => TaskId::Offer(OfferId(Uuid::from_u128(1))),
            TaskStage::Booked | TaskStage::Accepted => TaskId::Assignment(AssignmentId(Uuid::from_u128(2))),
        },
        category: CategoryCode::parse("ELD-02").unwrap(),
        street: Some(area("370203005")),
        window: Some(SpokenWindow {
            from: datetime(2026, 5, 1, 16, 0, 0, 0),
            until: datetime(2026, 5, 1, 17, 0, 0, 0),
            today: date(2026, 5, 1),
        }),
        stage,
        two: false,
    }
}

/// A walk under test with its clock and the prompt it says.
pub(super) struct Rehearsal {
    pub(super) walk: Walk,
    pub(super) menu: Menu,
    pub(super) now: Timestamp,
    prompt: PromptId,
    recordings: u128,
    told: String,
}

impl Rehearsal {
    pub(super) fn incoming(call: IncomingCall) -> Self {
        let menu = menu();
        let (walk, actions) = Walk::start(&menu, call, START);
        Self::of(walk, menu, &actions)
    }

    pub(super) fn outgoing(call: OutgoingCall) -> Self {
        let menu = menu();
        let (walk, actions) = Walk::start_outgoing(&menu, call, START);
        Self::of(walk, menu, &actions)
    }

    pub(super) fn of(walk: Walk, menu: Menu, actions: &[WalkAction]) -> Self {
        let mut rehearsal =
            Self { walk, menu, now: START, prompt: PromptId(0), recordings: 0, told: String::new() };
        rehearsal.note(actions);
        rehearsal
    }

    pub(super) fn step(&mut self, event: &WalkEvent) -> Vec<WalkAction> {
        // Every step must survive being stored and read again.
        let stored = serde_json::to_string(&self.walk).unwrap();
        self.walk = serde_json::from_str(&stored).unwrap();
        let actions = self.walk.step(&self.menu, event, self.now);
        self.note(&actions);
        actions
    }

    pub(super) fn heard(&mut self) -> Vec<WalkAction> {
        self.now = self.now + Duration::from_secs(8);
        self.step(&WalkEvent::PromptEnded { prompt: self.prompt })
    }

    pub(super) fn silence(&mut self) -> Vec<WalkAction> {
        if let Some(deadline) = self.walk.deadline() {
            self.now = self.now.max(deadline.at);
        }
        self.step(&WalkEvent::Timeout)
    }

    fn note(&mut self, actions: &[WalkAction]) {
        for action in actions {
            if let WalkAction::Say { prompt, .. } = action {
                self.prompt = *prompt;
            }
            self.told.push_str("  ");
            self.told.push_str(&describe(action));
            self.told.push('\n');
        }
    }

    /// The walk after a script of which only what follows it is told.
    pub(super) fn after(mut self, script: &str) -> Self {
        lines(script).for_each(|line| self.line(line));
        self.told.clear();
        self
    }

    pub(super) fn recording(&mut self) -> RecordingId {
        self.recordings += 1;
        RecordingId(Uuid::from_u128(self.recordings))
    }

    fn line(&mut self, line: &str) {
        self.told.push_str(line);
        self.told.push('\n');
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["at", "once", key] => {
                let key = Key::parse(key.chars().next().unwrap()).unwrap();
                self.step(&WalkEvent::Key { key });
            }
            ["after", milliseconds] => {
                self.now = self.now + Duration::from_millis(milliseconds.parse().unwrap());
            }
            ["keys", keys @ ..] => {
                for key in keys {
                    self.now = self.now + BETWEEN_KEYS;
                    let key = Key::parse(key.chars().next().unwrap()).unwrap();
                    self.step(&WalkEvent::Key { key });
                }
            }
            ["heard"] => drop(self.heard()),
            ["silence"] => drop(self.silence()),
            ["recorded", seconds, why] => {
                let recording = self.recording();
                let length = Duration::from_secs(seconds.parse().unwrap());
                let why = RecordingStop::parse(why).unwrap();
                self.step(&WalkEvent::RecordingEnded { recording, length, why });
            }
            ["hangs", "up"] => drop(self.step(&WalkEvent::HungUp { recording: None })),
            ["hangs", "up", "recording"] => {
                let recording = Some(self.recording());
                self.step(&WalkEvent::HungUp { recording });
            }
            fact => {
                let fact = self.fact(fact);
                self.step(&WalkEvent::Fact { fact });
            }
        }
    }

    fn fact(&mut self, words: &[&str]) -> Fact {
        match words {
            ["committed", number, rest @ ..] => Fact::TicketCommitted {
                number: TicketNumber::parse(number).unwrap(),
                by_text: rest == ["by", "text"],
            },
            ["number", "taken"] => Fact::NumberTaken { taken: true },
            ["number", "refused"] => Fact::NumberTaken { taken: false },
            ["not", "committed"] => Fact::NotCommitted,
            ["person"] => Fact::PersonAnswered,
            ["bring-in", "failed"] => Fact::BringInFailed,
            ["waits", place, minutes] => {
                Fact::Waiting { place: place.parse().unwrap(), minutes: minutes.parse().unwrap() }
            }
            ["nobody"] => Fact::NobodyAnswered,
            ["register", register] => Fact::Register { register: Register::parse(register).unwrap() },
            ["withdrawn"] => Fact::Withdrawal { done: true },
            ["not", "withdrawn"] => Fact::Withdrawal { done: false },
            ["task", "found"] => Fact::TaskFound { task: Some(task(TaskStage::Offered)) },
            ["no", "task"] => Fact::TaskFound { task: None },
            ["task", answer] => Fact::TaskAnswer { answer: TaskAnswer::parse(answer).unwrap() },
            other => panic!("no such line: {other:?}"),
        }
    }
}

/// What a script says, line by line.
fn lines(script: &str) -> impl Iterator<Item = &str> {
    script.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Runs the script and compares what was done with what is expected.
pub(super) fn check(mut rehearsal: Rehearsal, script: &str, expected: &expect_test::Expect) {
    lines(script).for_each(|line| rehearsal.line(line));
    if rehearsal.walk.is_over() {
        rehearsal.told.push_str("(over)\n");
    }
    expected.assert_eq(&rehearsal.told);
}

/// The first menu after its greeting, which scenarios show as `<main menu>`.
const MAIN_MENU: &str = "label-person press-0 label-elderly press-1 label-disability press-2 label-children \
    press-3 label-hardship press-4 label-household press-5 label-emergency press-9 for-english label-again \
    press-star";
const ELDERLY: &str = "which-help category-ELD-02 press-1 category-ELD-05 press-2 category-ELD-01 press-3 \
    category-ELD-07 press-4 category-ELD-08 press-5 label-person press-0";

fn shortened(sentence: &Sentence) -> String {
    sentence.to_string().replace(MAIN_MENU, "<main menu>").replace(ELDERLY, "<elderly>")
}

fn describe(action: &WalkAction) -> String {
    match action {
        WalkAction::Say { sentence, repeat: false, .. } => {
            format!("say {}: {}", sentence.language, shortened(sentence))
        }
        WalkAction::Say { sentence, repeat: true, .. } => format!("play {sentence}"),
        WalkAction::StopSaying => "stop saying".to_owned(),
        WalkAction::Record { purpose, limit, .. } => {
            format!("record {purpose}, at most {} s", limit.as_secs())
        }
        WalkAction::StopRecording => "stop recording".to_owned(),
        WalkAction::RingPerson { why } => format!("ring a person: {why}"),
        WalkAction::RingEmergency => "ring everybody for an emergency".to_owned(),
        WalkAction::DoNotRecord => "do not record".to_owned(),
        WalkAction::CallerNumber { number } => format!("caller's number: {}", number.as_str()),
        WalkAction::FindTask { badge, code } => format!("find task {code} of volunteer {badge}"),
        WalkAction::RingResident { .. } => "ring the resident".to_owned(),
        WalkAction::Language { language } => format!("go on in {language}"),
        WalkAction::Outcome { outcome } => format!("=> {}", describe_outcome(outcome)),
        WalkAction::HangUp => "hang up".to_owned(),
    }
}

fn short(recording: Option<RecordingId>) -> String {
    recording.map_or("no recording".to_owned(), |recording| format!("recording {}", recording.0.as_u128()))
}

fn describe_outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::OpenTicket { ticket } => format!(
            "ticket {} {:?}, {}, survey {}, {}, {}",
            ticket.category,
            ticket.place,
            short(ticket.recording),
            if ticket.survey_consent { "yes" } else { "no" },
            ticket.language,
            if ticket.for_self { "own" } else { "for somebody else" },
        ),
        Outcome::AddMessage { ticket, recording } => {
            format!("message to ticket {}: {}", ticket.0.as_u128(), short(Some(*recording)))
        }
        Outcome::Withdraw { ticket } => format!("withdraw ticket {}", ticket.0.as_u128()),
        Outcome::RequestCallback { reason, recording, category, urgent } => format!(
            "call back: {reason}{}, {}{}",
            category.as_ref().map_or(String::new(), |category| format!(", {category}")),
            short(*recording),
            if *urgent { ", at once" } else { "" },
        ),
        Outcome::Task { choice, .. } => format!("task: {choice}"),
        Outcome::Survey { resolved, satisfaction, comment } => format!(
            "survey: {}, {}, {}",
            resolved.map_or("unsaid", |answer| answer.name()),
            satisfaction.map_or("unsaid", |answer| answer.name()),
            short(*comment),
        ),
        Outcome::Told => "told".to_owned(),
        Outcome::Care { answer } => format!("care: {answer}"),
        Outcome::CareTaken => "looks after them".to_owned(),
        Outcome::AlarmTaken => "alarm taken".to_owned(),
        Outcome::EmergencyTaken => "takes the emergency".to_owned(),
        Outcome::BringIn => "bring in the ambulance".to_owned(),
        Outcome::NotReached { why } => format!("not reached: {why}"),
        Outcome::DeviceTested => "device tested".to_owned(),
        Outcome::Disposition { disposition } => format!("disposition: {disposition}"),
    }
}

/// A call to volunteer 421 about the one task of these tests.
pub(super) fn helper_call(why: HelperCall) -> OutgoingCall {
    let offered = task(if why == HelperCall::Offer { TaskStage::Offered } else { TaskStage::Accepted });
    let details = why == HelperCall::Details;
    let task = HelperTask {
        task: Some(offered.task),
        whom: Whom::Helper(VolunteerId(421)),
        kind: AssignmentKind::Visit,
        meets_at: None,
        category: Some(offered.category),
        area: offered.street,
        window: offered.window,
        code: details.then_some(ReplyCode(37)),
        visit_code: details.then_some(VisitCode(73)),
    };
    OutgoingCall::Helper { language: Language::Zh, why, task }
}

/// A call to a duty telephone about that task.
pub(super) fn staff_call(why: HelperCall, two: bool) -> OutgoingCall {
    let OutgoingCall::Helper { language, why, task } = helper_call(why) else {
        unreachable!("that is the call it makes")
    };
    let whom = Whom::Staff { role: WorkRole::Lead, two };
    OutgoingCall::Helper { language, why, task: HelperTask { whom, ..task } }
}

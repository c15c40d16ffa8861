//! One of every event that the journal may hold.

use std::time::Duration;

use uuid::Uuid;
use yingda::desk::command::{
    AfterPartly, CallCommand, CallbackCommand, Command, InboxCommand, Intake, NumberCommand, OperatorCommand,
    PastCase, Prepared, Proof, TicketCommand,
};
use yingda::desk::event::{
    Commander, DeskEvent, Digit, EndReason, PhoneEvent, PlayId, RecordChange, RecordingEnd,
};
use yingda::domain::actor::{Actor, ActorKind, Role};
use yingda::domain::area::{AdminArea, Point};
use yingda::domain::call::{CallerTrust, Disposition};
use yingda::domain::care::PlannedCare;
use yingda::domain::extension::Extension;
use yingda::domain::ids::{Chance, FacilityId, UserId};
use yingda::domain::language::Language;
use yingda::domain::message::{InboundText, TextReport, TextState};
use yingda::domain::operator::OperatorRecord;
use yingda::domain::person::{Gender, Known, KnownPerson, PastTicket, PersonFlag, PhoneConfidence};
use yingda::domain::register::Institution;
use yingda::domain::settings::{SettingsChange, SettingsKind};
use yingda::domain::survey::{Resolved, Satisfaction};
use yingda::domain::ticket::{
    ClosureCode, Confidentiality, Confirmer, Referral, ReturnReason, SuspendReason, VoidReason, Window,
};
use yingda::domain::ticket_number::TicketNumber;
use yingda::domain::urgency::Urgency;
use yingda::domain::volunteer::DutyState;

use super::golden::variants;
use super::samples::{self, HELPER, NOW, RESIDENT, STATION, VOLUNTEER, at, meals, number, sifang, street};

fn id<I: From<Uuid>>(n: u128) -> I {
    I::from(Uuid::from_u128(n))
}

fn window() -> Window {
    Window { from: at(3_600), until: at(7_200) }
}

fn point() -> Point {
    Point { latitude_e7: 360_900_001, longitude_e7: 1_203_700_002 }
}

const NUMBER: TicketNumber = TicketNumber { day: 260_501, station: 14, sequence: 7 };

fn person() -> KnownPerson {
    KnownPerson {
        person: RESIDENT,
        name: "王秀英".into(),
        confidence: PhoneConfidence::Exact,
        jurisdiction: sifang(),
        language: Language::Zh,
        area: Some(street()),
        address: Some("阜新路 12 号 3 单元 402".into()),
        point: Some(point()),
        birth_year: Some(1941),
        born: None,
        gender_wish: Some(Gender::Female),
        wishes_differ: false,
        flags: vec![PersonFlag::LivesAlone],
        first_visit: true,
        blocked: vec![VOLUNTEER],
        acquainted: vec![VOLUNTEER],
    }
}

fn known() -> Known {
    let past = PastTicket {
        ticket: id(20),
        number: NUMBER,
        confidentiality: Confidentiality::Normal,
        owner: STATION,
        language: Language::Zh,
        category: Some(meals()),
        area: Some(street()),
    };
    Known { persons: vec![person()], shared: false, past: vec![past], device: None }
}

fn intake() -> Box<Intake> {
    Box::new(Intake {
        station: Some(STATION),
        caller: Some(number("053283740001")),
        caller_confirmed: true,
        beneficiary: Some(RESIDENT),
        known: Some(Box::new(person())),
        category: Some(meals()),
        urgency: Some(Urgency::P3),
        area: Some(street()),
        address: Some("阜新路 12 号".into()),
        description: Some("午饭，软一点".into()),
        window: Some(window()),
        survey_consent: Some(true),
        confidential: true,
        risk: Some([false, true, false]),
        guardian: None,
        gender_wish: Some(Gender::Female),
        danger_near: true,
        safe: Some(window()),
        linked_to: Some(id(21)),
    })
}

fn past() -> Box<PastCase> {
    let rows = samples::rows(&mut Chance::from_number(1));
    Box::new(PastCase {
        ticket: rows.ticket,
        work: vec![rows.work_item],
        offers: vec![rows.offer],
        assignments: vec![rows.assignment],
        beneficiary: Some(person()),
    })
}

fn proof() -> Proof {
    let referral =
        Referral { confirmed_by: Confirmer::Citizen, reference: "女儿".into(), confirmed_at: at(6) };
    Proof { referral: Some(referral), duplicate_of: Some(NUMBER) }
}

fn said() -> String {
    "原因".into()
}

variants! { phone_name, phones, PhoneEvent:
    "call_arrived" PhoneEvent::CallArrived { .. } => PhoneEvent::CallArrived {
        call: id(1),
        number: Some(number("053283740001")),
        trust: CallerTrust::Verified,
        dialled: "12349".into(),
        known: known(),
    };
    "ringing" PhoneEvent::Ringing { .. } => PhoneEvent::Ringing { call: id(1) };
    "answered" PhoneEvent::Answered { .. } => PhoneEvent::Answered { call: id(1) };
    "digit" PhoneEvent::Digit { .. } => PhoneEvent::Digit { call: id(1), digit: Digit::Number(7) };
    "play_ended" PhoneEvent::PlayEnded { .. } => PhoneEvent::PlayEnded { call: id(1), play: PlayId(3) };
    "recording_ended" PhoneEvent::RecordingEnded { .. } => PhoneEvent::RecordingEnded {
        call: id(1),
        recording: id(2),
        length: Duration::from_millis(12_340),
        why: RecordingEnd::Silence,
    };
    "held" PhoneEvent::Held { .. } => PhoneEvent::Held { call: id(1), on: true };
    "transfer_asked" PhoneEvent::TransferAsked { .. } =>
        PhoneEvent::TransferAsked { call: id(1), to: "201".into(), replaces: Some(id(2)) };
    "quality" PhoneEvent::Quality { .. } => PhoneEvent::Quality {
        call: id(1),
        quality: samples::quality(),
    };
    "call_ended" PhoneEvent::CallEnded { .. } =>
        PhoneEvent::CallEnded { call: id(1), reason: EndReason::HungUp };
    "call_lost" PhoneEvent::CallLost { .. } =>
        PhoneEvent::CallLost { number: Some(number("053283740001")), dialled: "12349".into() };
    "phone_reachable" PhoneEvent::PhoneReachable { .. } =>
        PhoneEvent::PhoneReachable { extension: Extension::parse("201").unwrap(), reachable: true };
}

variants! { record_name, records, RecordChange:
    "volunteer" RecordChange::Volunteer(_) =>
        RecordChange::Volunteer(Box::new(samples::volunteer().volunteer));
    "station" RecordChange::Station(_) => RecordChange::Station(Box::new(samples::station()));
    "volunteers" RecordChange::Volunteers(_) =>
        RecordChange::Volunteers(vec![samples::volunteer().volunteer]);
    "stations" RecordChange::Stations(_) => RecordChange::Stations(vec![samples::station()]);
    "areas" RecordChange::Areas(_) => RecordChange::Areas(vec![AdminArea {
        code: street(),
        name: "阜新路街道".into(),
        point: Some(point()),
        adjacent: vec![street()],
    }]);
    "institutions" RecordChange::Institutions(_) => RecordChange::Institutions(vec![Institution {
        id: FacilityId(31),
        jurisdiction: sifang(),
        name: "疏通队".into(),
        area: street(),
        point: Some(point()),
        categories: [meals()].into(),
        notice_phone: Some(number("13700000001")),
        open: true,
    }]);
    "operators" RecordChange::Operators(_) => RecordChange::Operators(vec![OperatorRecord {
        user: UserId(3),
        person: Some(HELPER),
        extension: Extension::parse("201").unwrap(),
        stations: vec![STATION],
        speaks: vec![Language::Zh, Language::En],
    }]);
    "settings" RecordChange::Settings(_) => RecordChange::Settings(SettingsChange {
        kind: SettingsKind::Policy,
        version: 2,
        toml: "# 策略\n".into(),
    });
    "care_plans" RecordChange::CarePlans(_) => RecordChange::CarePlans(vec![PlannedCare {
        plan: samples::care_plan(),
        person: person(),
    }]);
    "people" RecordChange::People { .. } => RecordChange::People { jurisdiction: sifang() };
}

variants! { ticket_name, on_tickets, TicketCommand:
    "complete" TicketCommand::Complete(_) => TicketCommand::Complete(intake());
    "dispatch" TicketCommand::Dispatch(_) => TicketCommand::Dispatch(Box::default());
    "explain" TicketCommand::Explain { .. } => TicketCommand::Explain { answer: said() };
    "note" TicketCommand::Note { .. } => TicketCommand::Note { text: said() };
    "assign_volunteer" TicketCommand::AssignVolunteer { .. } =>
        TicketCommand::AssignVolunteer { volunteer: VOLUNTEER, reason: said() };
    "assign_station" TicketCommand::AssignStation { .. } =>
        TicketCommand::AssignStation { station: STATION, reason: said() };
    "assign_institution" TicketCommand::AssignInstitution { .. } =>
        TicketCommand::AssignInstitution { facility: FacilityId(31), reason: said() };
    "accept" TicketCommand::Accept => TicketCommand::Accept;
    "accept_two" TicketCommand::AcceptTwo { .. } => TicketCommand::AcceptTwo { second: said() };
    "arrived" TicketCommand::Arrived => TicketCommand::Arrived;
    "late" TicketCommand::Late => TicketCommand::Late;
    "well" TicketCommand::Well => TicketCommand::Well;
    "return" TicketCommand::Return { .. } =>
        TicketCommand::Return { reason: ReturnReason::NotOurArea, evidence: said() };
    "abort" TicketCommand::Abort { .. } => TicketCommand::Abort { reason: said() };
    "recall_offers" TicketCommand::RecallOffers { .. } => TicketCommand::RecallOffers { reason: said() };
    "reassign" TicketCommand::Reassign { .. } =>
        TicketCommand::Reassign { station: STATION, reason: said() };
    "add_co_handler" TicketCommand::AddCoHandler { .. } =>
        TicketCommand::AddCoHandler { station: STATION, asked: said(), reason: said() };
    "remove_co_handler" TicketCommand::RemoveCoHandler { .. } =>
        TicketCommand::RemoveCoHandler { station: STATION, reason: said() };
    "suspend" TicketCommand::Suspend { .. } =>
        TicketCommand::Suspend { reason: SuspendReason::Weather, resume_at: at(90) };
    "resume" TicketCommand::Resume => TicketCommand::Resume;
    "handled" TicketCommand::Handled { .. } => TicketCommand::Handled { outcome: said() };
    "confirm_caller" TicketCommand::ConfirmCaller => TicketCommand::ConfirmCaller;
    "exclude" TicketCommand::Exclude { .. } =>
        TicketCommand::Exclude { volunteer: VOLUNTEER, excluded: true, reason: said() };
    "police_report" TicketCommand::PoliceReport { .. } =>
        TicketCommand::PoliceReport { reference: "JW-2026-17".into() };
    "close" TicketCommand::Close { .. } => TicketCommand::Close {
        code: ClosureCode::ReferredConfirmed,
        words: said(),
        satisfaction: Some(Satisfaction::Basically),
        proof: proof(),
    };
    "redo" TicketCommand::Redo { .. } => TicketCommand::Redo { reason: said() };
    "survey_answers" TicketCommand::SurveyAnswers { .. } => TicketCommand::SurveyAnswers {
        resolved: Resolved::Partly,
        satisfaction: Some(Satisfaction::Satisfied),
        words: said(),
        after_partly: Some(AfterPartly::Redo),
    };
    "reopen" TicketCommand::Reopen { .. } => TicketCommand::Reopen { reason: said(), past: Some(past()) };
    "propose_void" TicketCommand::ProposeVoid { .. } =>
        TicketCommand::ProposeVoid { reason: VoidReason::Test, note: said() };
    "confirm_void" TicketCommand::ConfirmVoid => TicketCommand::ConfirmVoid;
    "merge" TicketCommand::Merge { .. } => TicketCommand::Merge { into: NUMBER };
    "unmerge" TicketCommand::Unmerge => TicketCommand::Unmerge;
    "withdraw" TicketCommand::Withdraw { .. } => TicketCommand::Withdraw { words: said() };
    "supervise" TicketCommand::Supervise { .. } => TicketCommand::Supervise { level: 2, note: said() };
    "change_urgency" TicketCommand::ChangeUrgency { .. } =>
        TicketCommand::ChangeUrgency { urgency: Urgency::P1, reason: said() };
    "change_category" TicketCommand::ChangeCategory { .. } =>
        TicketCommand::ChangeCategory { category: meals(), reason: said() };
    "change_window" TicketCommand::ChangeWindow { .. } =>
        TicketCommand::ChangeWindow { window: Window { from: at(90), until: at(190) }, reason: said() };
    "to_staff" TicketCommand::ToStaff { .. } =>
        TicketCommand::ToStaff { work_item: Some(id(3)), reason: said() };
}

variants! { callback_name, on_callbacks, CallbackCommand:
    "take" CallbackCommand::Take => CallbackCommand::Take;
    "dial" CallbackCommand::Dial { .. } => CallbackCommand::Dial { operator: "053212349".into() };
    "done" CallbackCommand::Done { .. } => CallbackCommand::Done { note: said() };
    "not_reached" CallbackCommand::NotReached => CallbackCommand::NotReached;
    "cancel" CallbackCommand::Cancel { .. } => CallbackCommand::Cancel { reason: said() };
    "open_ticket" CallbackCommand::OpenTicket(_) => CallbackCommand::OpenTicket(intake());
}

variants! { inbox_name, on_texts, InboxCommand:
    "open_ticket" InboxCommand::OpenTicket(_) => InboxCommand::OpenTicket(intake());
    "send" InboxCommand::Send { .. } => InboxCommand::Send { sentence: Prepared::RingsBack };
    "write" InboxCommand::Write { .. } => InboxCommand::Write { words: said() };
    "done" InboxCommand::Done { .. } => InboxCommand::Done { note: said() };
}

variants! { number_name, on_numbers, NumberCommand:
    "danger" NumberCommand::Danger { .. } =>
        NumberCommand::Danger { near: true, safe: Some(window()), note: said() };
    "abuse" NumberCommand::Abuse { .. } => NumberCommand::Abuse { note: said() };
    "limit" NumberCommand::Limit { .. } => NumberCommand::Limit { hours: 24, note: said() };
    "lift" NumberCommand::Lift { .. } => NumberCommand::Lift { note: said() };
}

variants! { operator_name, on_operators, OperatorCommand:
    "ready" OperatorCommand::Ready => OperatorCommand::Ready;
    "away" OperatorCommand::Away => OperatorCommand::Away;
    "sign_off" OperatorCommand::SignOff => OperatorCommand::SignOff;
    "wrap_up" OperatorCommand::WrapUp { .. } =>
        OperatorCommand::WrapUp { disposition: Some(Disposition::WrongNumber) };
}

variants! { on_call_name, on_calls, CallCommand:
    "hold" CallCommand::Hold { .. } => CallCommand::Hold { on: true };
    "mute" CallCommand::Mute { .. } => CallCommand::Mute { on: false };
    "transfer" CallCommand::Transfer { .. } => CallCommand::Transfer { to: "202".into() };
    "bring_in" CallCommand::BringIn { .. } => CallCommand::BringIn { to: "120".into(), aside: false };
    "hang_up" CallCommand::HangUp => CallCommand::HangUp;
    "listen" CallCommand::Listen => CallCommand::Listen;
    "whisper" CallCommand::Whisper => CallCommand::Whisper;
    "barge" CallCommand::Barge => CallCommand::Barge;
}

fn on_call(what: CallCommand) -> Command {
    Command::Call { call: id(1), what }
}

fn on_operator(what: OperatorCommand) -> Command {
    Command::Operator { whose: Some(UserId(3)), what }
}

fn on_ticket(what: TicketCommand) -> Command {
    Command::Ticket { ticket: id(4), version: 3, what }
}

fn on_callback(what: CallbackCommand) -> Command {
    Command::Callback { callback: id(5), what }
}

fn on_text(what: InboxCommand) -> Command {
    Command::Inbox { text: id(6), what }
}

fn on_number(what: NumberCommand) -> Command {
    Command::Number { number: number("13800000011"), station: STATION, what }
}

variants! { command_name, commands, Command:
    "ticket" Command::Ticket { .. } => on_ticket(TicketCommand::Accept);
    "open" Command::Open(_) => Command::Open(intake());
    "callback" Command::Callback { .. } => on_callback(CallbackCommand::Take);
    "inbox" Command::Inbox { .. } => on_text(InboxCommand::Done { note: said() });
    "number" Command::Number { .. } => on_number(NumberCommand::Lift { note: said() });
    "duty" Command::Duty { .. } => Command::Duty { volunteer: VOLUNTEER, duty: DutyState::Resting };
    "sad_event" Command::SadEvent { .. } => Command::SadEvent { volunteer: VOLUNTEER, note: said() };
    "operator" Command::Operator { .. } => on_operator(OperatorCommand::Ready);
    "call" Command::Call { .. } => on_call(CallCommand::Listen);
    "candidates" Command::Candidates { .. } =>
        Command::Candidates { ticket: id(4), about: vec![VOLUNTEER] };
    "confirm_clock" Command::ConfirmClock => Command::ConfirmClock;
}

fn commanded(command: Command) -> DeskEvent {
    let actor = Actor {
        person: Some(HELPER),
        user: Some(UserId(3)),
        volunteer: Some(VOLUNTEER),
        station: Some(STATION),
        ..Actor::of(ActorKind::Operator)
    };
    let roles = vec![(Role::Operator, STATION), (Role::CallbackOfficer, STATION)];
    DeskEvent::Commanded { id: id(7), by: Commander { actor, roles }, command }
}

variants! { event_name, plain, DeskEvent:
    "phone" DeskEvent::Phone(_) => DeskEvent::Phone(PhoneEvent::Answered { call: id(1) });
    "text_arrived" DeskEvent::TextArrived { .. } => DeskEvent::TextArrived {
        text: InboundText {
            id: id(8),
            from: number("13800000007"),
            to: "106912345".into(),
            body: "37 1".into(),
            received_at: at(40),
        },
        known: known(),
    };
    "text_reported" DeskEvent::TextReported(_) => DeskEvent::TextReported(TextReport {
        id: id(9),
        state: TextState::Failed,
        at: at(41),
        segments: 2,
        reason: Some("UNDELIV 045".into()),
    });
    "commanded" DeskEvent::Commanded { .. } => commanded(Command::ConfirmClock);
    "record_changed" DeskEvent::RecordChanged(_) =>
        DeskEvent::RecordChanged(RecordChange::People { jurisdiction: sifang() });
    "tick" DeskEvent::Tick => DeskEvent::Tick;
    "line_stops" DeskEvent::LineStops => DeskEvent::LineStops;
    "inbound_drained" DeskEvent::InboundDrained => DeskEvent::InboundDrained;
    "noted_in_emergency" DeskEvent::NotedInEmergency { .. } =>
        DeskEvent::NotedInEmergency { number: number("053283740001"), at: NOW, note: id(10) };
    "call_cut" DeskEvent::CallCut { .. } => DeskEvent::CallCut { call: id(1) };
    "recording_cut" DeskEvent::RecordingCut { .. } =>
        DeskEvent::RecordingCut { recording: id(2), ticket: Some(id(4)) };
    "clock_stepped" DeskEvent::ClockStepped { .. } => DeskEvent::ClockStepped { by_ms: -3_600_000 };
}

/// Every event, with every variant of what it carries.
pub fn events() -> Vec<DeskEvent> {
    let commands = commands()
        .into_iter()
        .chain(on_tickets().into_iter().map(on_ticket))
        .chain(on_callbacks().into_iter().map(on_callback))
        .chain(on_texts().into_iter().map(on_text))
        .chain(on_calls().into_iter().map(on_call))
        .chain(on_operators().into_iter().map(on_operator))
        .chain(on_numbers().into_iter().map(on_number));
    plain()
        .into_iter()
        .chain(phones().into_iter().map(DeskEvent::Phone))
        .chain(records().into_iter().map(DeskEvent::RecordChanged))
        .chain(commands.map(commanded))
        .collect()
}

/// The variant an event is of, down to the command it carries: `commanded.ticket.note`.
pub fn name(of: &DeskEvent) -> String {
    let carried = match of {
        DeskEvent::Phone(phone) => phone_name(phone).to_owned(),
        DeskEvent::RecordChanged(change) => record_name(change).to_owned(),
        DeskEvent::Commanded { command, .. } => asked(command),
        DeskEvent::TextArrived { .. }
        | DeskEvent::TextReported(_)
        | DeskEvent::Tick
        | DeskEvent::InboundDrained
        | DeskEvent::LineStops
        | DeskEvent::NotedInEmergency { .. }
        | DeskEvent::CallCut { .. }
        | DeskEvent::RecordingCut { .. }
        | DeskEvent::ClockStepped { .. } => return event_name(of).to_owned(),
    };
    format!("{}.{carried}", event_name(of))
}

fn asked(command: &Command) -> String {
    let of = command_name(command);
    match command {
        Command::Ticket { what, .. } => format!("{of}.{}", ticket_name(what)),
        Command::Callback { what, .. } => format!("{of}.{}", callback_name(what)),
        Command::Inbox { what, .. } => format!("{of}.{}", inbox_name(what)),
        Command::Number { what, .. } => format!("{of}.{}", number_name(what)),
        Command::Call { what, .. } => format!("{of}.{}", on_call_name(what)),
        Command::Operator { what, .. } => format!("{of}.{}", operator_name(what)),
        Command::Open(_)
        | Command::Duty { .. }
        | Command::SadEvent { .. }
        | Command::Candidates { .. }
        | Command::ConfirmClock => of.to_owned(),
    }
}

//! One row of everything, each field different from its neighbours, so that no two columns can be confused.
//!
//! long because one sample ticket, call, offer and person stand in for each other's references.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use yingda::desk::write::{EventDraft, Write};
use yingda::domain::actor::{Actor, Doer};
use yingda::domain::area::{AreaCode, Point};
use yingda::domain::assignment::{Assignment, AssignmentKind, AssignmentState, HelperCall, Ring, VisitCode};
use yingda::domain::call::{
    AttemptState, Call, CallAttempt, CallDirection, CallPart, CallPurpose, CallQuality, CallResult,
    CallerTrust, Disposition, Joins,
};
use yingda::domain::callback::{CallbackReason, CallbackRequest, CallbackState};
use yingda::domain::care::{CareAnswer, CareCall, CareContact, CarePlan, CareState};
use yingda::domain::category::{CategoryCode, HandlerKind};
use yingda::domain::clocks::{Clock, ClockCalendar, ClockKind, Pause};
use yingda::domain::device::{Device, DeviceKey, DeviceKeys};
use yingda::domain::ids::{
    CallId, CarePlanId, Chance, FacilityId, InputId, JurisdictionId, PersonId, StationId, TicketId, UserId,
    VolunteerId, WorkItemId,
};
use yingda::domain::inbox::{InboxState, InboxText};
use yingda::domain::language::Language;
use yingda::domain::message::{InboundText, OutgoingText, TextState};
use yingda::domain::number_mark::NumberMark;
use yingda::domain::offer::{Offer, OfferState, RankVector, ReplyCode};
use yingda::domain::opening::OpeningHours;
use yingda::domain::operator::{AwayReason, OperatorStanding, OperatorState};
use yingda::domain::person::{Gender, PersonFlag, PersonPhone, PhoneConfidence};
use yingda::domain::phone_number::{NumberingPlan, PhoneNumber};
use yingda::domain::queue::{QueueEntry, QueueState};
use yingda::domain::recording::{Recording, RecordingPurpose};
use yingda::domain::recurrence::Recurrence;
use yingda::domain::register::{Contact, HeldFlag, IdNumberHash, PersonRecord, VolunteerRecord};
use yingda::domain::safety::AbuseStep;
use yingda::domain::station::{Front, Station};
use yingda::domain::survey::{Resolved, Satisfaction, Survey, SurveyState};
use yingda::domain::task_notice::{StationCall, TaskNotice};
use yingda::domain::ticket::{
    Alarm, Channel, Confidentiality, Confirmer, Objection, PlaceBasis, Progress, Referral, ReturnReason,
    Rung, Ticket, TicketState, VoidProposal, VoidReason, Window,
};
use yingda::domain::ticket_number::TicketNumber;
use yingda::domain::timestamp::Timestamp;
use yingda::domain::triage::Triage;
use yingda::domain::urgency::{Tier, Urgency};
use yingda::domain::volunteer::{
    Credential, CredentialKind, DutyState, Lifecycle, Occasion, OfferAnswer, Volunteer, VolunteerKind,
    WeekHours,
};
use yingda::domain::work_item::{WorkItem, WorkRole, WorkState};
use yingda::keys::InstallationKeys;
use yingda::store::commit::{Batch, BatchStep};
use yingda::store::records::By;
use yingda::store::{Settings, Store};

/// 2026-05-01 10:00 in Qingdao.
pub const NOW: Timestamp = Timestamp::from_millis(1_777_600_800_000);
pub const STATION: StationId = StationId(14);
pub const RESIDENT: PersonId = PersonId(501);
pub const HELPER: PersonId = PersonId(502);
pub const VOLUNTEER: VolunteerId = VolunteerId(10_007);

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() + second * 1_000)
}

pub fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text, &NumberingPlan::default()).unwrap()
}

pub fn sifang() -> JurisdictionId {
    JurisdictionId("sifang".into())
}

pub fn street() -> AreaCode {
    AreaCode::parse("370203001").unwrap()
}

pub fn meals() -> CategoryCode {
    CategoryCode::parse("ELD-02").unwrap()
}

pub fn by_system() -> By {
    By { actor: Actor::SYSTEM, jurisdiction: sifang(), at: NOW }
}

/// A store in a directory of its own.
pub fn open(directory: &Path) -> Store {
    let keys = InstallationKeys::open(&directory.join("keys")).unwrap();
    Store::open(&Settings::in_directory(directory), &keys, NOW).unwrap()
}

/// A store that knows the resident, the volunteer and the station.
pub fn peopled(directory: &Path) -> Store {
    let store = open(directory);
    store.import_stations(vec![station()], by_system()).unwrap();
    store.import_people(vec![resident()], by_system()).unwrap();
    store.import_volunteers(vec![volunteer()], by_system()).unwrap();
    store
}

/// The resident's one-key device.
pub fn device() -> Device {
    let keys = [
        ('1', DeviceKey::Help { category: CategoryCode::parse("EMG-01").unwrap(), urgency: Urgency::P1 }),
        ('*', DeviceKey::Test),
    ];
    Device {
        number: number("053283749911"),
        jurisdiction: sifang(),
        owner: RESIDENT,
        keys: DeviceKeys(keys.into_iter().collect()),
        last_test_at: None,
    }
}

/// They were rung twice, and asked for help.
fn care(chance: &mut Chance, ticket: TicketId) -> CareCall {
    CareCall {
        id: chance.mint(NOW),
        jurisdiction: sifang(),
        plan: CarePlanId(4),
        person: RESIDENT,
        state: CareState::OnTheLine,
        sought_from: NOW,
        planned_at: at(60),
        next_at: at(360),
        first_at: Some(at(61)),
        tries: 2,
        contacts_rung: 1,
        answer: Some(CareAnswer::Help),
        ticket: Some(ticket),
        ended_at: None,
    }
}

/// The resident is rung every other day at half past nine.
pub fn care_plan() -> CarePlan {
    CarePlan {
        id: CarePlanId(4),
        jurisdiction: sifang(),
        person: RESIDENT,
        number: number("053283740001"),
        rule: Recurrence::parse("FREQ=DAILY;INTERVAL=2").unwrap(),
        minute: 570,
        contacts: vec![CareContact { name: "女儿".into(), number: number("13900000008") }],
        first_day: jiff::civil::date(2026, 5, 1),
        last_day: Some(jiff::civil::date(2026, 12, 31)),
        paused: false,
    }
}

pub fn one_step(input: InputId, writes: Vec<Write>) -> Batch {
    Batch { now: NOW, steps: vec![BatchStep { input, journal: Some(b"what happened".to_vec()), writes }] }
}

pub fn answer_at_nine() -> OfferAnswer {
    OfferAnswer { yes: true, occasion: Some(Occasion { hour: 9, category: meals() }) }
}

pub fn station() -> Station {
    Station {
        id: STATION,
        jurisdiction: sifang(),
        tier: Tier::Street,
        parent: Some(StationId(1)),
        area: street(),
        name: "阜新路街道".into(),
        help_number: "12349014".into(),
        ticket_code: 14,
        front: Front::Menu,
        hours: OpeningHours::parse("mon-fri 08:30-12:00 13:00-17:00; holidays 09:00-12:00").unwrap(),
        ring: vec!["sip:op1@127.0.0.1".into(), "053212349".into()],
        notice_phone: Some(number("13900000014")),
        duty: vec!["13900000015".into()],
        peers: vec![StationId(77)],
        point: Some(Point { latitude_e7: 360_900_001, longitude_e7: 1_203_700_002 }),
        staffed: true,
    }
}

pub fn resident() -> PersonRecord {
    PersonRecord {
        id: RESIDENT,
        jurisdiction: sifang(),
        name: "王秀英".into(),
        id_number: Some(IdNumberHash([9; 32])),
        born: Some(jiff::civil::date(1941, 3, 9)),
        gender: Some(Gender::Female),
        gender_wish: None,
        languages: vec![Language::Zh, Language::En],
        area: Some(AreaCode::parse("370203001002").unwrap()),
        address: Some("阜新路 12 号 3 单元 402".into()),
        point: Some(Point { latitude_e7: 360_900_011, longitude_e7: 1_203_700_012 }),
        flags: vec![
            HeldFlag { flag: PersonFlag::LivesAlone, source: "street register".into(), valid_until: None },
            HeldFlag {
                flag: PersonFlag::LowIncome,
                source: "civil affairs".into(),
                valid_until: Some(at(86_400)),
            },
        ],
        phones: vec![PersonPhone {
            person: RESIDENT,
            number: number("053283740001"),
            confidence: PhoneConfidence::Household,
            shared: false,
            verified_at: Some(at(-3_600)),
        }],
        contacts: vec![Contact {
            name: "王建国".into(),
            relation: "son".into(),
            number: number("13900000003"),
        }],
    }
}

pub fn volunteer() -> VolunteerRecord {
    VolunteerRecord {
        person: PersonRecord {
            id: HELPER,
            jurisdiction: sifang(),
            name: "李明".into(),
            id_number: None,
            born: Some(jiff::civil::date(1988, 7, 1)),
            gender: Some(Gender::Male),
            gender_wish: None,
            languages: vec![Language::Zh],
            area: Some(street()),
            address: None,
            point: None,
            flags: vec![],
            phones: vec![],
            contacts: vec![],
        },
        volunteer: Volunteer {
            id: VOLUNTEER,
            person: HELPER,
            jurisdiction: sifang(),
            kind: VolunteerKind::Retired,
            lifecycle: Lifecycle::Active,
            phone: number("13800000007"),
            home_station: STATION,
            area: street(),
            point: Some(Point { latitude_e7: 360_900_021, longitude_e7: 1_203_700_022 }),
            skills: BTreeSet::from([meals(), CategoryCode::parse("ELD-05").unwrap()]),
            languages: BTreeSet::from([Language::Zh, Language::En]),
            gender: Gender::Male,
            birth_year: 1988,
            credentials: vec![
                Credential { kind: CredentialKind::MinorsClearance, expires_at: at(900_000) },
                Credential { kind: CredentialKind::FirstAid, expires_at: at(800_000) },
            ],
            available: WeekHours([1, 2, 3, 4, 5, 6, 0xff_ffff]),
            duty: DutyState::On,
            opted_out: false,
            night_consent: true,
            rating: Some(870),
            last_assigned_at: Some(at(-90_000)),
            resting_until: Some(at(-80_000)),
            answers: [true, false, true].map(OfferAnswer::from).to_vec(),
            version: 1,
        },
    }
}

/// One of everything that a step may write, tied together, in an order that a store takes.
pub struct Rows {
    pub call: Call,
    pub attempt: CallAttempt,
    pub ticket: Ticket,
    pub work_item: WorkItem,
    pub offer: Offer,
    pub assignment: Assignment,
    pub task_notice: TaskNotice,
    pub callback: CallbackRequest,
    pub inbox: InboxText,
    pub mark: NumberMark,
    pub survey: Survey,
    pub care: CareCall,
    pub recording: Recording,
    pub text: OutgoingText,
    pub inbound: InboundText,
}

impl Rows {
    pub fn writes(&self) -> Vec<Write> {
        vec![
            Write::Call(self.call.clone()),
            Write::Attempt(self.attempt.clone()),
            Write::Ticket(Box::new(self.ticket.clone())),
            Write::WorkItem(self.work_item.clone()),
            Write::Offer(self.offer.clone()),
            Write::TaskNotice(self.task_notice.clone()),
            Write::Assignment(self.assignment.clone()),
            Write::Callback(self.callback.clone()),
            Write::Inbox(self.inbox.clone()),
            Write::Excluded { person: RESIDENT, volunteer: VOLUNTEER, since: Some(NOW) },
            Write::Mark(self.mark.clone()),
            Write::Queue(queue_entry(self.call.id)),
            Write::Operator(standing(self.call.id)),
            Write::DeviceTested { number: number("13900000001"), at: at(9) },
            Write::CallDisposed { call: self.call.id, disposition: Disposition::TicketState },
            Write::Survey(self.survey.clone()),
            Write::Care(self.care.clone()),
            Write::Recording(self.recording.clone()),
            Write::Text(self.text.clone()),
            Write::Sequence { station: STATION, day: 260_501, last: 7 },
            Write::Event(self.event("ticket.opened")),
        ]
    }

    pub fn event(&self, kind: &str) -> EventDraft {
        EventDraft {
            at: NOW,
            jurisdiction: sifang(),
            actor: Actor::volunteer(VOLUNTEER, HELPER),
            entity: format!("ticket:{}", self.ticket.id),
            ticket: Some(self.ticket.id),
            kind: kind.into(),
            subject: Some(RESIDENT),
            detail: json!({ "name": "王秀英", "to": "pending_dispatch" }),
        }
    }
}

pub fn rows(chance: &mut Chance) -> Rows {
    let ticket = ticket(chance);
    let work_item = work_item(chance, ticket.id);
    let text = text(chance, "13800000007", &ticket);
    let offer = offer(chance, &work_item, &text);
    let assignment = assignment(chance, &offer);
    let call = call(chance, &ticket);
    let task_notice = task_notice(chance, ticket.id);
    Rows {
        attempt: CallAttempt {
            id: chance.mint(NOW),
            jurisdiction: sifang(),
            purpose: CallPurpose::WhoComes,
            call: chance.mint(NOW),
            ticket: Some(ticket.id),
            target: "053283740001".into(),
            state: AttemptState::Open,
            started_at: at(30),
            ended_at: None,
        },
        callback: callback(chance, "13800000009"),
        inbox: inbox(chance, "13800000010"),
        mark: mark(chance, "13800000011"),
        survey: Survey {
            id: chance.mint(NOW),
            jurisdiction: sifang(),
            ticket: ticket.id,
            number: number("053283740001"),
            state: SurveyState::Planned,
            by_machine: true,
            tries: 2,
            tried_hours: vec![10, 15],
            next_try_at: at(7_200),
            resolved: Some(Resolved::Partly),
            satisfaction: Some(Satisfaction::Basically),
            discounted: false,
            ended_at: None,
        },
        care: care(chance, ticket.id),
        recording: Recording {
            id: ticket.recording.unwrap(),
            jurisdiction: sifang(),
            call: call.id,
            ticket: Some(ticket.id),
            purpose: RecordingPurpose::Description,
            started_at: at(3),
            length: Some(Duration::from_millis(12_340)),
            complete: true,
        },
        inbound: InboundText {
            id: chance.mint(NOW),
            from: number("13800000007"),
            to: "106912345".into(),
            body: "37 1".into(),
            received_at: at(40),
        },
        call,
        ticket,
        work_item,
        offer,
        assignment,
        task_notice,
        text,
    }
}

fn call(chance: &mut Chance, ticket: &Ticket) -> Call {
    Call {
        id: ticket.call.unwrap(),
        jurisdiction: sifang(),
        direction: CallDirection::Incoming,
        number: Some(number("053283740001")),
        trust: CallerTrust::Verified,
        dialled: "12349014".into(),
        station: STATION,
        language: Language::Zh,
        person: Some(RESIDENT),
        volunteer: Some(VOLUNTEER),
        operator: Some(UserId(3)),
        joins: Some(Joins { to: chance.mint(NOW), part: CallPart::BroughtIn }),
        owed: Some(chance.mint(NOW)),
        held: true,
        muted: true,
        quality: Some(quality()),
        attempt: Some(chance.mint(NOW)),
        ticket: Some(ticket.id),
        recording: ticket.recording,
        started_at: at(0),
        answered_at: Some(at(1)),
        emergency_at: Some(at(1)),
        talked_at: Some(at(2)),
        ended_at: Some(at(60)),
        result: Some(CallResult::Ticket),
        disposition: Some(Disposition::TicketState),
    }
}

fn work_item(chance: &mut Chance, ticket: TicketId) -> WorkItem {
    WorkItem {
        id: chance.mint(NOW),
        ticket,
        role: WorkRole::Co,
        kind: HandlerKind::Institution,
        state: WorkState::Sent,
        station: STATION,
        facility: Some(FacilityId(31)),
        slots: 2,
        wave: 1,
        created_at: at(1),
        sent_at: Some(at(2)),
        accepted_at: Some(at(2)),
        ended_at: None,
        clock: Some(co_clock()),
    }
}

fn task_notice(chance: &mut Chance, ticket: TicketId) -> TaskNotice {
    TaskNotice {
        id: chance.mint(NOW),
        ticket,
        station: STATION,
        facility: Some(FacilityId(31)),
        phone: number("13800000008"),
        code: ReplyCode(4_123),
        text: Some(chance.mint(NOW)),
        created_at: at(2),
        sent_at: Some(at(3)),
        taken_at: Some(at(4)),
        ended_at: None,
    }
}

pub fn ticket(chance: &mut Chance) -> Ticket {
    Ticket {
        id: chance.mint(NOW),
        number: TicketNumber { day: 260_501, station: 14, sequence: 7 },
        jurisdiction: sifang(),
        channel: Channel::Phone,
        call: Some(chance.mint(NOW)),
        caller: Some(number("053283740001")),
        caller_trust: CallerTrust::Verified,
        beneficiary: Some(RESIDENT),
        language: Language::Bo,
        category: Some(meals()),
        urgency: Urgency::P3,
        tier: Tier::Committee,
        owner: STATION,
        first_receiver: StationId(15),
        area: Some(street()),
        address: Some("阜新路 12 号 3 单元 402".into()),
        point: Some(Point { latitude_e7: 1, longitude_e7: -2 }),
        place_basis: PlaceBasis::Registered,
        for_other: true,
        description: "午饭，软一点".into(),
        recording: Some(chance.mint(NOW)),
        state: TicketState::Suspended,
        former_state: Some(TicketState::InProgress),
        version: 3,
        confidentiality: Confidentiality::Confidential,
        window: Some(Window { from: at(3_600), until: at(7_200) }),
        survey_consent: true,
        two_person: false,
        closure: None,
        referral: Some(Referral {
            confirmed_by: Confirmer::ReceivingBody,
            reference: "民政局 2026-3".into(),
            confirmed_at: at(6),
        }),
        redo_count: 1,
        reopen_count: 2,
        return_count: 3,
        repeat_count: 4,
        merged_into: Some(chance.mint(NOW)),
        linked_to: Some(chance.mint(NOW)),
        supervision: 2,
        handlers: vec![Doer::person(HELPER), Doer { person: None, user: Some(UserId(3)) }],
        police_report: Some("JW-2026-17".into()),
        risk: Some([false, true, false]),
        guardian: Some(true),
        gender_wish: Some(Gender::Female),
        catalogue_version: 5,
        clocks: clocks(),
        progress: progress(),
        opened_at: at(4),
        handled_at: Some(at(5)),
        closed_at: None,
        why: "waiting-for-weather".into(),
    }
}

fn clocks() -> Vec<Clock> {
    vec![
        Clock {
            kind: ClockKind::Accept,
            calendar: ClockCalendar::Working,
            started: at(0),
            pauses: vec![Pause { from: at(5), until: Some(at(6)) }, Pause { from: at(8), until: None }],
            stopped: None,
            due: at(9_000),
            breached_at: Some(at(9_001)),
        },
        Clock {
            kind: ClockKind::Handle,
            calendar: ClockCalendar::Always,
            started: at(1),
            pauses: vec![],
            stopped: Some(at(50)),
            due: at(10_000),
            breached_at: None,
        },
    ]
}

pub fn objection() -> Objection {
    Objection {
        station: STATION,
        facility: None,
        part: Some(WorkItemId(uuid::Uuid::from_u128(7))),
        reason: ReturnReason::NotOurDuty,
        decides: StationId(15),
        is_final: true,
        due: at(96),
        late_at: Some(at(97)),
    }
}

/// A co-handler's own.
pub fn co_clock() -> Clock {
    Clock {
        kind: ClockKind::Accept,
        calendar: ClockCalendar::Working,
        started: at(1),
        pauses: vec![Pause { from: at(5), until: None }],
        stopped: None,
        due: at(98),
        breached_at: Some(at(99)),
    }
}

fn progress() -> Progress {
    Progress {
        rung: Some(Rung::Station),
        alarm: Some(Alarm { rung: 2, next_at: at(70), for_life: true }),
        tell_who_comes_at: Some(at(80)),
        resume_at: Some(at(90)),
        void_proposed: Some(VoidProposal {
            reason: VoidReason::Test,
            by: Doer { person: Some(HELPER), user: None },
        }),
        out_of_scope_by: Some(Doer { person: None, user: Some(UserId(4)) }),
        ladder_rests_until: Some(at(95)),
        staff_by: Some(at(96)),
        time_agreed_at: Some(at(3)),
        accepts_missed: 2,
        triage: Some(Triage::Told { station: STATION, next_at: at(95) }),
        told: vec![STATION, StationId(15)],
        objections: vec![objection()],
        supervision_due: Some(at(100)),
        station_calls: vec![StationCall {
            station: STATION,
            task: None,
            ring: Ring { why: HelperCall::Look, at: at(101), tries: 1 },
        }],
    }
}

pub fn text(chance: &mut Chance, to: &str, ticket: &Ticket) -> OutgoingText {
    OutgoingText {
        id: chance.mint(NOW),
        jurisdiction: sifang(),
        to: number(to),
        template: "offer".into(),
        parameters: BTreeMap::from([("code".into(), "37".into())]),
        body: "【社区服务】邀单 37:四方街道 助餐".into(),
        ticket: Some(ticket.id),
        offer: Some(chance.mint(NOW)),
        survey: Some(chance.mint(NOW)),
        created_at: at(5),
        not_before: at(6),
        not_after: at(600),
        quiet_exempt: true,
        state: TextState::Waiting,
    }
}

pub fn offer(chance: &mut Chance, item: &WorkItem, text: &OutgoingText) -> Offer {
    Offer {
        id: chance.mint(NOW),
        ticket: item.ticket,
        work_item: item.id,
        volunteer: VOLUNTEER,
        phone: number("13800000007"),
        wave: 1,
        code: ReplyCode(37),
        state: OfferState::Sent,
        rank: RankVector {
            ring: 700,
            acceptance: 610,
            fairness: 520,
            continuity: 430,
            rating: 340,
            score: 592_500,
        },
        text: Some(text.id),
        ring: Some(Ring { why: HelperCall::Offer, at: at(6), tries: 1 }),
        created_at: at(5),
        sent_at: Some(at(7)),
        expires_at: at(300),
        ended_at: None,
    }
}

pub fn assignment(chance: &mut Chance, offer: &Offer) -> Assignment {
    Assignment {
        id: chance.mint(NOW),
        ticket: offer.ticket,
        work_item: offer.work_item,
        volunteer: Some(VOLUNTEER),
        person: Some(HELPER),
        station: STATION,
        offer: Some(offer.id),
        kind: AssignmentKind::Visit,
        state: AssignmentState::EnRoute,
        visit_code: VisitCode(42),
        window: Window { from: at(3_600), until: at(7_200) },
        accepted_at: at(100),
        asked_at: Some(at(110)),
        confirmed_at: Some(at(111)),
        well_at: Some(at(125)),
        missed_at: Some(at(126)),
        ring: Some(Ring { why: HelperCall::AreYouWell, at: at(130), tries: 2 }),
        checked_in_at: Some(at(120)),
        ended_at: None,
        minutes: 60,
    }
}

pub fn quality() -> CallQuality {
    CallQuality { packets: 4_950, lost: 50, jitter_ms: 3, round_trip_ms: Some(41), mos_hundredths: 391 }
}

pub fn queue_entry(call: CallId) -> QueueEntry {
    QueueEntry {
        call,
        jurisdiction: sifang(),
        station: STATION,
        language: Language::Zh,
        urgent: true,
        state: QueueState::Waiting,
        queued_at: at(3),
        wished_at: at(5),
        said_place: Some(2),
        ended_at: None,
        operator: Some(UserId(3)),
    }
}

pub fn standing(call: CallId) -> OperatorStanding {
    OperatorStanding {
        user: UserId(3),
        jurisdiction: sifang(),
        state: OperatorState::Away,
        since: at(4),
        away: Some(AwayReason::NoAnswer),
        call: Some(call),
        idle_since: at(2),
    }
}

pub fn mark(chance: &mut Chance, of: &str) -> NumberMark {
    NumberMark {
        id: chance.mint(NOW),
        number: number(of),
        jurisdiction: sifang(),
        station: STATION,
        abuser_near: true,
        safe: Some(Window { from: at(3_600), until: at(7_200) }),
        abuse: AbuseStep::WithSupervisor,
        noted_by: Some(Doer { person: Some(HELPER), user: Some(UserId(3)) }),
        limited_until: Some(at(9_000)),
        changed_at: at(15),
    }
}

pub fn inbox(chance: &mut Chance, from: &str) -> InboxText {
    InboxText {
        id: chance.mint(NOW),
        jurisdiction: sifang(),
        station: STATION,
        from: number(from),
        person: Some(RESIDENT),
        body: "你们那个送饭的今天还来吗".into(),
        received_at: at(20),
        due: at(920),
        triage: Some(Triage::DutyList { since: at(921) }),
        line_said: Some(chance.mint(NOW)),
        state: InboxState::Waiting,
        answer: None,
        ticket: None,
        ended_at: None,
    }
}

pub fn callback(chance: &mut Chance, from: &str) -> CallbackRequest {
    CallbackRequest {
        id: chance.mint(NOW),
        jurisdiction: sifang(),
        station: STATION,
        number: number(from),
        person: Some(RESIDENT),
        language: Language::En,
        reason: CallbackReason::NobodyFree,
        state: CallbackState::RetryWait,
        queued_at: at(10),
        due: at(900),
        breached_at: Some(at(901)),
        triage: Some(Triage::Told { station: STATION, next_at: at(1_801) }),
        call: Some(chance.mint(NOW)),
        calls: 2,
        tries: 1,
        next_try_at: Some(at(500)),
        recording: Some(chance.mint(NOW)),
        ticket: Some(chance.mint(NOW)),
        category: Some(CategoryCode::parse("ELD-02").unwrap()),
        by_person_only: true,
        urgent: false,
        ended_at: None,
    }
}

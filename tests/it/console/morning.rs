//! A morning's work in the office: what a screen full of it looks like.

use std::time::Duration;

use serde_json::json;
use yingda::desk::write::Write;
use yingda::domain::actor::{Actor, ActorKind};
use yingda::domain::assignment::{Assignment, AssignmentKind, AssignmentState, VisitCode};
use yingda::domain::call::{Call, CallResult};
use yingda::domain::callback::{CallbackReason, CallbackRequest, CallbackState};
use yingda::domain::category::HandlerKind;
use yingda::domain::clocks::ClockKind;
use yingda::domain::ids::{PersonId, StationId, VolunteerId};
use yingda::domain::inbox::{InboxState, InboxText};
use yingda::domain::language::Language;
use yingda::domain::message::{OutgoingText, TextState};
use yingda::domain::offer::{Offer, OfferState, RankVector, ReplyCode};
use yingda::domain::recording::{Recording, RecordingPurpose};
use yingda::domain::ticket::{Ticket, TicketState, Window};
use yingda::domain::urgency::{Tier, Urgency};
use yingda::domain::work_item::{WorkItem, WorkRole, WorkState};

use super::office::{
    BRIDGE, DISTRICT, FUXIN, HARBOUR, HILL, Office, SIFANG, Wish, jurisdiction, number, person, since, staff,
    volunteer,
};
use super::telephones::call;

/// Fills the office; answers the ticket that the most has happened to.
pub fn fill(office: &mut Office) -> Ticket {
    let people =
        vec![person(501, "王秀英", Some("053283740001")), person(502, "赵德海", Some("13800000021"))];
    office.store.import_people(people, office.by()).unwrap();
    let helpers = vec![
        volunteer(10_007, "李明", "13800000007"),
        volunteer(10_012, "王芳", "13800000012"),
        volunteer(10_031, "张伟", "13800000031"),
        volunteer(10_044, "宋佳", "13800000044"),
    ];
    office.store.import_volunteers(helpers, office.by()).unwrap();
    for wish in wishes().into_iter().chain(quiet_wishes()) {
        let ticket = office.ticket(&wish);
        let writes = office.opened(&ticket, wish.minutes_ago);
        office.write(writes);
    }
    calls(office);
    callbacks(office);
    told(office)
}

fn wishes() -> Vec<Wish<'static>> {
    let base = Wish::default;
    vec![
        Wish {
            category: Some("EMG-01"),
            urgency: Urgency::P1,
            state: TicketState::Dispatched,
            owner: HARBOUR,
            description: "老人在家摔倒起不来，120 已通知。",
            minutes_ago: 1,
            due_in_minutes: 2,
            why: "everyone_at_once",
            caller: "053283740011",
            ..base()
        },
        Wish {
            category: Some("ELD-10"),
            urgency: Urgency::P2,
            state: TicketState::Dispatched,
            owner: SIFANG,
            tier: Tier::Street,
            minutes_ago: 31,
            due_in_minutes: -11,
            why: "station_time_up",
            caller: "13800000021",
            address: "嘉禾路 8 号",
            area: "370203028002",
            ..base()
        },
        Wish {
            category: None,
            state: TicketState::Intake,
            owner: DISTRICT,
            tier: Tier::District,
            clock: ClockKind::Triage,
            minutes_ago: 4,
            due_in_minutes: 11,
            why: "waits_for_operator",
            description: "",
            address: "",
            caller: "13800000077",
            ..base()
        },
        Wish {
            category: Some("CON-01"),
            state: TicketState::InProgress,
            owner: BRIDGE,
            clock: ClockKind::Handle,
            minutes_ago: 300,
            due_in_minutes: 2_900,
            why: "accept",
            area: "370203026001",
            address: "平安路 3 号",
            description: "厨房水管漏水，已关总阀。",
            caller: "053283740015",
            ..base()
        },
    ]
}

/// What is not urgent.
fn quiet_wishes() -> Vec<Wish<'static>> {
    let base = Wish::default;
    vec![
        Wish {
            category: Some("ELD-05"),
            state: TicketState::Suspended,
            owner: HILL,
            clock: ClockKind::Handle,
            minutes_ago: 2_000,
            due_in_minutes: 4_000,
            why: "suspend",
            area: "370203028002",
            description: "周四陪老人去市立医院复查。",
            caller: "053283740016",
            ..base()
        },
        Wish {
            category: Some("ELD-07"),
            urgency: Urgency::P4,
            state: TicketState::Handled,
            owner: HARBOUR,
            clock: ClockKind::Followup,
            minutes_ago: 500,
            due_in_minutes: 600,
            why: "handled",
            description: "代买降压药和米。",
            caller: "053283740017",
            ..base()
        },
        Wish {
            category: Some("POV-02"),
            urgency: Urgency::P2,
            state: TicketState::InProgress,
            owner: FUXIN,
            tier: Tier::Street,
            clock: ClockKind::Handle,
            minutes_ago: 200,
            due_in_minutes: 1_000,
            why: "accept",
            area: "370203026",
            description: "家中失火后无处可住，三口人。",
            caller: "13800000088",
            ..base()
        },
        Wish {
            category: Some("DIS-04"),
            state: TicketState::PendingDispatch,
            owner: SIFANG,
            tier: Tier::Street,
            minutes_ago: 9,
            due_in_minutes: 95,
            why: "recall_offers",
            area: "370203028",
            description: "去政务大厅办事需要手语陪同。",
            caller: "13800000091",
            ..base()
        },
        Wish {
            category: Some("CHD-01"),
            state: TicketState::Offering,
            owner: BRIDGE,
            minutes_ago: 12,
            due_in_minutes: 80,
            why: "next_wave",
            area: "370203026001",
            description: "孩子下午四点放学无人接。",
            caller: "13800000093",
            ..base()
        },
    ]
}

/// The ticket with a whole story: asked, accepted, visited.
fn told(office: &mut Office) -> Ticket {
    let mut ticket = office.ticket(&Wish {
        state: TicketState::InProgress,
        clock: ClockKind::Handle,
        minutes_ago: 55,
        due_in_minutes: 1_385,
        why: "fill",
        beneficiary: Some(PersonId(501)),
        ..Wish::default()
    });
    let now = office.clock.now();
    ticket.version = 6;
    ticket.window = Some(Window { from: since(now, 10), until: now + Duration::from_secs(7_200) });
    let recording = description(office, &ticket);
    speak(office, &recording);
    ticket.recording = Some(recording.id);
    let item = work_item(office, &ticket);
    let offers = offers(office, &ticket, &item);
    let accepted = &offers[1];
    let visit = Assignment {
        id: office.chance.mint(now),
        ticket: ticket.id,
        work_item: item.id,
        volunteer: Some(accepted.volunteer),
        person: Some(PersonId(1_000 + accepted.volunteer.0)),
        station: HARBOUR,
        offer: Some(accepted.id),
        kind: AssignmentKind::Visit,
        state: AssignmentState::EnRoute,
        visit_code: VisitCode(407),
        window: ticket.window.expect("set above"),
        accepted_at: since(now, 30),
        asked_at: None,
        confirmed_at: None,
        well_at: None,
        missed_at: None,
        ring: None,
        checked_in_at: None,
        ended_at: None,
        minutes: 45,
    };
    let text = OutgoingText {
        id: office.chance.mint(now),
        jurisdiction: jurisdiction(),
        to: number("13800000012"),
        template: "offer".into(),
        parameters: std::collections::BTreeMap::new(),
        body: "【社区服务】邀单 37:四方街道 助餐 今天11-13时 约1小时。回1接2拒，或致电12349004。".into(),
        ticket: Some(ticket.id),
        offer: Some(accepted.id),
        survey: None,
        created_at: since(now, 34),
        not_before: since(now, 34),
        not_after: now,
        quiet_exempt: false,
        state: TextState::Delivered,
    };
    let mut writes = office.opened(&ticket, 55);
    writes.extend([
        Write::WorkItem(item),
        Write::Recording(recording),
        Write::Assignment(visit),
        Write::Text(text),
    ]);
    writes.extend(offers.into_iter().map(Write::Offer));
    writes.extend(story(office, &ticket));
    office.write(writes);
    ticket
}

fn description(office: &mut Office, ticket: &Ticket) -> Recording {
    let now = office.clock.now();
    Recording {
        id: office.chance.mint(now),
        jurisdiction: jurisdiction(),
        call: office.chance.mint(now),
        ticket: Some(ticket.id),
        purpose: RecordingPurpose::Description,
        started_at: since(now, 56),
        length: Some(Duration::from_secs(4)),
        complete: true,
    }
}

fn work_item(office: &mut Office, ticket: &Ticket) -> WorkItem {
    let now = office.clock.now();
    WorkItem {
        id: office.chance.mint(now),
        ticket: ticket.id,
        role: WorkRole::Lead,
        kind: HandlerKind::Volunteer,
        state: WorkState::Working,
        station: HARBOUR,
        facility: None,
        slots: 1,
        wave: 2,
        created_at: since(now, 55),
        sent_at: None,
        accepted_at: Some(since(now, 30)),
        ended_at: None,
        clock: None,
    }
}

fn offers(office: &mut Office, ticket: &Ticket, item: &WorkItem) -> Vec<Offer> {
    let now = office.clock.now();
    let asked = [
        (10_007, 1, OfferState::Expired, 812_000),
        (10_012, 2, OfferState::Accepted, 735_000),
        (10_031, 2, OfferState::Withdrawn, 640_500),
    ];
    asked
        .into_iter()
        .map(|(badge, wave, state, score)| Offer {
            id: office.chance.mint(now),
            ticket: ticket.id,
            work_item: item.id,
            volunteer: VolunteerId(badge),
            phone: number(&format!("138000{badge:05}")),
            wave,
            code: ReplyCode(u16::try_from(badge % 80).unwrap() + 10),
            state,
            rank: RankVector {
                ring: 1_000,
                acceptance: 610,
                fairness: 520,
                continuity: 0,
                rating: 910,
                score,
            },
            text: None,
            ring: None,
            created_at: since(now, 55 - u64::from(wave) * 10),
            sent_at: Some(since(now, 54 - u64::from(wave) * 10)),
            expires_at: since(now, 40 - u64::from(wave) * 10),
            ended_at: Some(since(now, 30)),
        })
        .collect()
}

fn story(office: &Office, ticket: &Ticket) -> Vec<Write> {
    let line = |minutes, kind: &str, actor: Actor, detail| office.line(ticket, minutes, kind, actor, detail);
    let system = || Actor::SYSTEM;
    let helper = || Actor::volunteer(VolunteerId(10_012), PersonId(11_012));
    vec![
        line(55, "recording.made", Actor::of(ActorKind::Ivr), json!({})),
        line(
            54,
            "ticket.moved",
            system(),
            json!({"move": "dispatch", "from": "intake", "to": "pending_dispatch"}),
        ),
        line(54, "work.opened", system(), json!({"kind": "volunteer", "station": 4, "slots": 1})),
        line(54, "offer.wave", system(), json!({"wave": 1, "volunteers": [10_007], "left": 2})),
        line(44, "offer.expired", system(), json!({"volunteer": 10_007})),
        line(44, "ladder.step", system(), json!({"rung": "volunteers", "why": "next_wave"})),
        line(34, "offer.wave", system(), json!({"wave": 2, "volunteers": [10_012, 10_031], "left": 0})),
        line(30, "offer.accepted", helper(), json!({"volunteer": 10_012})),
        line(30, "offer.withdrawn", system(), json!({"volunteer": 10_031})),
        line(30, "ticket.moved", system(), json!({"move": "fill", "from": "offering", "to": "in_progress"})),
        line(
            22,
            "ticket.noted",
            staff(office, "operator", ActorKind::Operator),
            json!({"words": "家属来电补充：老人听力不好，敲门请大声一点。钥匙在对门李阿姨家。"}),
        ),
        line(8, "visit.started", helper(), json!({"volunteer": 10_012})),
    ]
}

/// Four seconds of a tone, recorded as a caller's words are.
fn speak(office: &Office, recording: &Recording) {
    let mut tape = office.recordings.begin(recording.id).unwrap();
    let tone: Vec<u8> = (0..4 * 8_000_u32).map(|n| if n / 9 % 2 == 0 { 0xa5 } else { 0x25 }).collect();
    tape.write(&tone).unwrap();
    tape.finish().unwrap();
}

fn calls(office: &mut Office) {
    let now = office.clock.now();
    let mut writes = Vec::new();
    for (at, (caller, started, answered, talked, ended)) in [
        ("053283740031", 40_u64, Some(38_u64), None, None),
        ("13800000055", 95, Some(92), Some(60), None),
        ("053283740033", 3, None, None, None),
        ("053283740034", 900, Some(896), Some(880), Some(700)),
        ("13800000058", 1_800, Some(1_790), None, Some(1_600)),
    ]
    .into_iter()
    .enumerate()
    {
        let ago = |seconds: u64| now - Duration::from_secs(seconds);
        let station = if at % 2 == 0 { DISTRICT } else { HARBOUR };
        writes.push(Write::Call(Call {
            answered_at: answered.map(ago),
            talked_at: talked.map(ago),
            ended_at: ended.map(ago),
            result: ended.map(|_| CallResult::Ticket),
            ..call(office, caller, station, started)
        }));
    }
    office.write(writes);
}

/// One who is owed a call.
pub fn callback(office: &mut Office, caller: &str, minutes: u64, due_in_minutes: u64) -> CallbackRequest {
    let now = office.clock.now();
    CallbackRequest {
        id: office.chance.mint(now),
        jurisdiction: jurisdiction(),
        station: DISTRICT,
        number: number(caller),
        person: None,
        language: Language::Zh,
        reason: CallbackReason::Abandoned,
        state: CallbackState::Queued,
        queued_at: since(now, minutes),
        due: now + Duration::from_secs(due_in_minutes * 60),
        breached_at: None,
        triage: None,
        call: None,
        calls: 1,
        tries: 0,
        next_try_at: None,
        recording: None,
        ticket: None,
        category: None,
        by_person_only: false,
        urgent: false,
        ended_at: None,
    }
}

fn callbacks(office: &mut Office) {
    let first = callback(office, "053283740001", 6, 9);
    let second = CallbackRequest {
        reason: CallbackReason::NobodyFree,
        calls: 3,
        tries: 1,
        state: CallbackState::RetryWait,
        ..callback(office, "13800000099", 12, 3)
    };
    office.write(vec![Write::Callback(first), Write::Callback(second)]);
    let text = text_in(office, HARBOUR, "13800000098", "你们那个送饭的今天还来吗，我妈等了一上午");
    office.write(vec![Write::Inbox(text)]);
}

/// A text that the line did not understand, some minutes ago.
pub fn text_in(office: &mut Office, station: StationId, from: &str, body: &str) -> InboxText {
    let now = office.clock.now();
    InboxText {
        id: office.chance.mint(now),
        jurisdiction: jurisdiction(),
        station,
        from: number(from),
        person: None,
        body: body.into(),
        received_at: since(now, 4),
        due: now + Duration::from_secs(11 * 60),
        triage: None,
        line_said: None,
        state: InboxState::Waiting,
        answer: None,
        ticket: None,
        ended_at: None,
    }
}

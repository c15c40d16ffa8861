//! What a dispatcher does to a ticket by hand: who helps with it, and whose it is against the catalogue.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use yingda::console::settings::Settings;
use yingda::desk::command::{Command, CommandOutcome, TicketCommand};
use yingda::desk::refusal::Why;
use yingda::desk::write::Write;
use yingda::domain::actor::{Actor, ActorKind};
use yingda::domain::category::HandlerKind;
use yingda::domain::ids::{FacilityId, StationId};
use yingda::domain::ticket::{Objection, ReturnReason, Ticket, TicketState, Window};
use yingda::domain::work_item::{WorkItem, WorkRole, WorkState};

use super::board::read_until;
use super::browser::Browser;
use super::office::{BRIDGE, FUXIN, HARBOUR, Office, Wish, facility, staff};

/// A dispute that the harbour's staff is at.
fn dispute() -> Wish<'static> {
    Wish {
        category: Some("CON-08"),
        state: TicketState::InProgress,
        owner: HARBOUR,
        area: "370203028001",
        ..Wish::default()
    }
}

fn part(office: &mut Office, ticket: &Ticket, station: StationId, role: WorkRole) -> Write {
    let now = office.clock.now();
    Write::WorkItem(WorkItem {
        id: office.chance.mint(now),
        ticket: ticket.id,
        role,
        kind: HandlerKind::Station,
        state: WorkState::Working,
        station,
        facility: None,
        slots: 1,
        wave: 0,
        created_at: now,
        sent_at: Some(now),
        accepted_at: Some(now),
        ended_at: None,
        clock: None,
    })
}

/// The form of a move on the page.
fn form<'a>(page: &'a str, action: &str) -> &'a str {
    let from = page.find(&format!("/do/{action}\"")).unwrap_or_else(|| panic!("{action} is offered"));
    page[from..].split("</form>").next().unwrap()
}

#[tokio::test]
async fn another_time_is_agreed_by_one_key_with_a_reason_and_one_to_be_agreed_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let mut ticket = office.ticket(&Wish { category: Some("ELD-07"), ..dispute() });
    let from = office.clock.now() + Duration::from_secs(3_600);
    ticket.window = Some(Window { from, until: from + Duration::from_secs(7_200) });
    let writes = office.opened(&ticket, 20);
    office.write(writes);
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut dispatcher = Browser::of(&router, "dispatcher").await;
    let ticket_number = ticket.number.to_string();
    let way = format!("/tickets/{ticket_number}");
    let page = dispatcher.get(&way).await.body;
    assert!(page.contains("待与居民约定"), "nobody has said this time");
    let row = |board: &str| {
        let row = board.split("<tr class=\"row ").find(|row| row.contains(&ticket_number)).expect("a row");
        row.contains("待与居民约定")
    };
    assert!(row(&dispatcher.get("/board").await.body), "on the board as well");
    let asked = form(&page, "change_window");
    assert!(
        page.contains("data-key=\"w\"")
            && asked.contains("name=\"from\"")
            && asked.contains("name=\"until\"")
    );
    let post = format!("{way}/do/change_window");
    let agreed = async {
        let request = commands.recv().await.unwrap();
        let Command::Ticket { what: TicketCommand::ChangeWindow { window, reason }, .. } = request.command
        else {
            panic!("another command")
        };
        assert_eq!(
            (window.until.since(window.from), reason.as_str()),
            (Duration::from_secs(5_400), "居民要改期")
        );
        request.reply.send(CommandOutcome::Refused(Why::TimeOver.refusal())).unwrap();
    };
    let fields = [
        ("version", "1"),
        ("from", "2031-05-06T09:00"),
        ("until", "2031-05-06T10:30"),
        ("reason", "居民要改期"),
    ];
    let ((), answer) = tokio::join!(agreed, dispatcher.post(&post, &fields));
    assert!(
        answer.body.contains("请另约时间") && answer.body.contains("2031-05-06T10:30"),
        "typed words stay"
    );
    let unsaid =
        dispatcher.post(&post, &[("version", "1"), ("from", "2031-05-06T09:00"), ("reason", "改期")]).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY, "until when has to be said");
    ticket.progress.time_agreed_at = Some(office.clock.now());
    ticket.version = 2;
    let said = vec![Write::Ticket(ticket.clone().into())];
    read_until(&mut dispatcher, "/live?view=all", &ticket_number, || office.write(said)).await;
    assert!(!dispatcher.get(&way).await.body.contains("待与居民约定"));
    assert!(!row(&dispatcher.get("/board").await.body));
}

#[tokio::test]
async fn a_dispatcher_asks_a_station_to_help_by_one_key_and_history_says_it_in_one_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let ticket = office.ticket(&dispute());
    let mut writes = office.opened(&ticket, 20);
    writes.push(part(&mut office, &ticket, HARBOUR, WorkRole::Lead));
    office.write(writes);
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut dispatcher = Browser::of(&router, "dispatcher").await;
    let way = format!("/tickets/{}", ticket.number);
    let page = dispatcher.get(&way).await.body;
    assert!(page.contains("data-key=\"l\"") && !page.contains("/do/remove_co_handler"), "nobody helps yet");
    let asked = form(&page, "add_co_handler");
    assert!(asked.contains("平安路社区服务站") && asked.contains("name=\"asked\""));
    let post = format!("{way}/do/add_co_handler");
    let add = async {
        let request = commands.recv().await.unwrap();
        let (asked, reason) = ("带人看排水口".to_owned(), "两个社区交界".to_owned());
        let what = TicketCommand::AddCoHandler { station: BRIDGE, asked, reason };
        assert_eq!(request.command, Command::Ticket { ticket: ticket.id, version: 1, what });
        request.reply.send(CommandOutcome::Done).unwrap();
    };
    let fields = [("version", "1"), ("station", "6"), ("asked", "带人看排水口"), ("reason", "两个社区交界")];
    let ((), answer) = tokio::join!(add, dispatcher.post(&post, &fields));
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let unsaid = dispatcher.post(&post, &[("version", "1"), ("station", "6"), ("reason", "交界")]).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY, "what is asked has to be said");

    let by = staff(&office, "dispatcher", ActorKind::Dispatcher);
    let detail = json!({ "station": BRIDGE, "asked": "带人看排水口", "words": "两个社区交界" });
    let added = office.line(&ticket, 1, "work.co_added", by, detail);
    let helps = part(&mut office, &ticket, BRIDGE, WorkRole::Co);
    office.write(vec![helps, added]);
    let page = dispatcher.get(&way).await.body;
    assert!(page.contains("请平安路社区服务站协办：带人看排水口"), "one sentence");
    assert!(page.contains("<blockquote>两个社区交界</blockquote>"), "and why");
    let off = form(&page, "remove_co_handler");
    assert!(page.contains("data-key=\"x\"") && off.contains("平安路社区服务站") && !off.contains("海岸路"));
    // Whoever helps reads what they help with, though neither ticket nor place is theirs.
    let bridge = Browser::of(&router, "bridge").await.get(&way).await;
    assert_eq!(bridge.status, StatusCode::OK);
    assert!(!bridge.body.contains("/do/add_co_handler"), "who helps is a dispatcher's to say");
    let take_off = async {
        let request = commands.recv().await.unwrap();
        let what = TicketCommand::RemoveCoHandler { station: BRIDGE, reason: "不需要了".into() };
        assert_eq!(request.command, Command::Ticket { ticket: ticket.id, version: 1, what });
        request.reply.send(CommandOutcome::Done).unwrap();
    };
    let post = format!("{way}/do/remove_co_handler");
    let fields = [("version", "1"), ("station", "6"), ("reason", "不需要了")];
    let ((), answer) = tokio::join!(take_off, dispatcher.post(&post, &fields));
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_tickets_page_says_which_institution_objected_and_when_supervision_rises() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    office.store.import_facilities(vec![facility(32, "海岸疏通队", "370203028001")], office.by()).unwrap();
    let mut ticket = office.ticket(&dispute());
    let now = office.clock.now();
    ticket.supervision = 1;
    ticket.progress.supervision_due = Some(now + Duration::from_secs(3_600));
    ticket.progress.objections.push(Objection {
        station: HARBOUR,
        facility: Some(FacilityId(32)),
        part: None,
        reason: ReturnReason::NotOurDuty,
        decides: HARBOUR,
        is_final: false,
        due: now + Duration::from_secs(3_600),
        late_at: None,
    });
    let mut writes = office.opened(&ticket, 20);
    let detail = json!({ "reason": "not_our_duty", "words": "不归我们办", "facility": 32 });
    let mut moved = detail.clone();
    moved["move"] = json!("return");
    for (kind, detail) in [("ticket.moved", moved), ("ticket.returned", detail)] {
        writes.push(office.line(&ticket, 2, kind, Actor::of(ActorKind::Handler), detail));
    }
    office.write(writes);
    let (router, _commands) = office.console(Settings::default()).await;
    let page =
        Browser::of(&router, "dispatcher").await.get(&format!("/tickets/{}", ticket.number)).await.body;
    let aside = page.split("<aside>").nth(1).expect("there is one");
    assert!(
        aside.contains("海岸疏通队：") && aside.contains("海岸路社区服务站须在"),
        "who says so, who decides"
    );
    assert!(aside.contains("否则升为 2 级"), "and what follows when nobody answers");
    assert_eq!(page.matches("不归我们办").count(), 1, "what was given back is told once");
}

#[tokio::test]
async fn whoever_assigns_by_hand_sees_which_stations_may_not_handle_it_and_why_and_may_choose_them() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let ticket = office.ticket(&Wish { state: TicketState::Dispatched, ..dispute() });
    let by = staff(&office, "dispatcher", ActorKind::Dispatcher);
    let detail = json!({ "station": BRIDGE, "against": "other_place", "owner": null, "words": "两站商定" });
    let overridden = office.line(&ticket, 1, "ticket.catalogue_overridden", by, detail);
    let mut writes = office.opened(&ticket, 20);
    writes.extend([part(&mut office, &ticket, HARBOUR, WorkRole::Lead), overridden]);
    office.write(writes);
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut dispatcher = Browser::of(&router, "dispatcher").await;
    let way = format!("/tickets/{}", ticket.number);
    let page = dispatcher.get(&way).await.body;
    assert!(
        page.contains("越过派单目录派给平安路社区服务站：它不管这个地方"),
        "history says it was done before"
    );
    for action in ["assign_station", "reassign"] {
        let form = form(&page, action);
        assert!(form.contains("平安路社区服务站 · 不管这个地方<"), "{action}: {form}");
        assert!(form.contains("四方街道服务中心<"), "{action}: the street above may: {form}");
        assert!(form.contains("理由会记录在案"), "{action}: and what follows");
    }
    assert!(form(&page, "add_co_handler").contains("平安路社区服务站<"), "who helps may be any");
    let reassign = async {
        let request = commands.recv().await.unwrap();
        let what = TicketCommand::Reassign { station: BRIDGE, reason: "两站商定".into() };
        assert_eq!(request.command, Command::Ticket { ticket: ticket.id, version: 1, what });
        request.reply.send(CommandOutcome::Done).unwrap();
    };
    let post = format!("{way}/do/reassign");
    let fields = [("version", "1"), ("station", "6"), ("reason", "两站商定")];
    let ((), answer) = tokio::join!(reassign, dispatcher.post(&post, &fields));
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "the override stays possible");
}

#[tokio::test]
async fn a_tickets_page_says_who_objected_to_a_part_and_what_came_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let mut ticket = office.ticket(&dispute());
    let now = office.clock.now();
    ticket.progress.objections.push(Objection {
        station: BRIDGE,
        facility: None,
        part: Some(office.chance.mint(now)),
        reason: ReturnReason::NotOurDuty,
        decides: FUXIN,
        is_final: false,
        due: now + Duration::from_secs(3_600),
        late_at: None,
    });
    let mut writes = office.opened(&ticket, 20);
    let said = |more: Value| {
        let mut detail = json!({ "from": 6, "institution": null, "reason": "not_our_duty" });
        detail.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        detail
    };
    for (kind, more) in [
        ("ticket.return_reviewed", json!({ "station": 3, "role": "co" })),
        ("ticket.return_reviewed", json!({ "ended": true })),
        ("ticket.return_ruled", json!({ "station": 1, "role": "co" })),
    ] {
        writes.push(office.line(&ticket, 2, kind, Actor::of(ActorKind::Handler), said(more)));
    }
    office.write(writes);
    let (router, _commands) = office.console(Settings::default()).await;
    let page =
        Browser::of(&router, "dispatcher").await.get(&format!("/tickets/{}", ticket.number)).await.body;
    let aside = page.split("<aside>").nth(1).expect("there is one");
    assert!(
        aside.contains("协办异议")
            && aside.contains("平安路社区服务站：")
            && aside.contains("阜新路街道服务中心须在")
    );
    for told in [
        "协办异议已审核：由阜新路街道服务中心协办",
        "协办异议已审核：不再需要协办",
        "协办异议已裁定：由市北区社会服务中心协办",
    ] {
        assert!(page.contains(told), "{told}");
    }
}

//! A ticket's page: what it offers to whom, and what its forms ask of the desk.

use axum::http::{Request, StatusCode, header};
use tokio::sync::mpsc;
use yingda::console::CommandRequest;
use yingda::console::settings::Settings;
use yingda::desk::command::{CallbackCommand, Command, CommandOutcome, TicketCommand};
use yingda::desk::refusal::Why;
use yingda::desk::write::Write;
use yingda::domain::actor::{ActorKind, Doer, Role};
use yingda::domain::clocks::ClockKind;
use yingda::domain::ids::{PersonId, VolunteerId};
use yingda::domain::ticket::{ClosureCode, ReturnReason, Ticket, TicketState};
use yingda::domain::urgency::Urgency;

use super::browser::{Answer, Browser};
use super::morning;
use super::office::{DISTRICT, HARBOUR, Office, Wish, area, category, number};

/// Sends a form and plays the desk's part: hands back what it was asked, and answers `outcome`.
pub async fn asked(
    browser: &mut Browser,
    commands: &mut mpsc::Receiver<CommandRequest>,
    path: &str,
    fields: &[(&str, &str)],
    outcome: CommandOutcome,
) -> (CommandRequestSeen, Answer) {
    let desk = async {
        let request = commands.recv().await.expect("the form asks the desk");
        let seen = CommandRequestSeen { by: request.by, command: request.command };
        request.reply.send(outcome).unwrap();
        seen
    };
    let (seen, answer) = tokio::join!(desk, browser.post(path, fields));
    (seen, answer)
}

type Fields<'a> = &'a [(&'a str, &'a str)];

pub struct CommandRequestSeen {
    pub by: yingda::desk::event::Commander,
    pub command: Command,
}

fn one(office: &mut Office, wish: &Wish<'_>) -> Ticket {
    let ticket = office.ticket(wish);
    let writes = office.opened(&ticket, wish.minutes_ago);
    office.write(writes);
    ticket
}

#[tokio::test]
async fn each_role_is_offered_the_moves_of_the_table_and_no_others() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let dispatched = one(&mut office, &Wish { state: TicketState::Dispatched, ..Wish::default() });
    let handled = one(
        &mut office,
        &Wish { state: TicketState::Handled, clock: ClockKind::Followup, ..Wish::default() },
    );
    let (router, _commands) = office.console(Settings::default()).await;
    for (login, ticket, offered, withheld) in [
        ("handler", &dispatched, &["accept", "return", "note"][..], &["reassign", "close", "merge"][..]),
        ("dispatcher", &dispatched, &["reassign", "assign_station", "note"], &["accept", "close", "void"]),
        ("operator", &dispatched, &["merge", "withdraw", "propose_void"], &["accept", "reassign", "close"]),
        ("officer", &handled, &["close", "survey_answers", "redo"], &["accept", "merge", "reopen"]),
        ("handler", &handled, &["note"], &["close", "redo", "survey_answers"]),
        ("manager", &dispatched, &[], &["note", "accept", "merge"]),
    ] {
        let page = Browser::of(&router, login).await.get(&format!("/tickets/{}", ticket.number)).await.body;
        let has = |action: &&str| page.contains(&format!("/do/{action}\""));
        assert!(offered.iter().all(has), "{login} at {}: {offered:?}", ticket.state);
        assert!(!withheld.iter().any(has), "{login} at {}: {withheld:?}", ticket.state);
    }
}

#[tokio::test]
async fn a_form_becomes_the_command_it_says_in_the_part_of_who_sent_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let ticket = one(&mut office, &Wish { state: TicketState::Dispatched, ..Wish::default() });
    let (router, mut commands) = office.console(Settings::default()).await;
    let way = |action: &str| format!("/tickets/{}/do/{action}", ticket.number);
    let mut handler = Browser::of(&router, "handler").await;
    let mut dispatcher = Browser::of(&router, "dispatcher").await;

    let done = CommandOutcome::Done;
    let (seen, answer) =
        asked(&mut handler, &mut commands, &way("accept"), &[("version", "1")], done.clone()).await;
    let accept = Command::Ticket { ticket: ticket.id, version: 1, what: TicketCommand::Accept };
    assert_eq!(seen.command, accept);
    assert_eq!(seen.by.actor.kind, ActorKind::Handler);
    assert_eq!(seen.by.actor.person, Some(PersonId(103)));
    assert_eq!(seen.by.roles, [(Role::Handler, HARBOUR)]);
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(handler.get(answer.location()).await.body.contains("已完成：签收"));

    let fields =
        [("version", "1"), ("return_reason", "wrong_address"), ("evidence", "门牌不存在\r\n问过邻居")];
    let (seen, _) = asked(&mut handler, &mut commands, &way("return"), &fields, done.clone()).await;
    let evidence = "门牌不存在\n问过邻居".to_owned();
    let what = TicketCommand::Return { reason: ReturnReason::WrongAddress, evidence };
    assert_eq!(seen.command, Command::Ticket { ticket: ticket.id, version: 1, what });

    let fields = [("version", "1"), ("volunteer", "10012"), ("reason", "认识老人")];
    let (seen, _) = asked(&mut dispatcher, &mut commands, &way("assign_volunteer"), &fields, done).await;
    let what =
        TicketCommand::AssignVolunteer { volunteer: VolunteerId(10_012), reason: "认识老人".into() };
    assert_eq!(seen.command, Command::Ticket { ticket: ticket.id, version: 1, what });
    assert_eq!(seen.by.actor.kind, ActorKind::Dispatcher);
}

#[tokio::test]
async fn a_form_that_lacks_something_says_what_and_keeps_what_was_typed() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let ticket = one(&mut office, &Wish { state: TicketState::Handled, ..Wish::default() });
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut officer = Browser::of(&router, "officer").await;
    let way = format!("/tickets/{}/do/close", ticket.number);
    let answer = officer.post(&way, &[("version", "1"), ("words", "老人说都好了")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("请选择一项") && answer.body.contains("老人说都好了"));
    assert!(commands.try_recv().is_err(), "the desk was not asked");

    let fields =
        [("version", "1"), ("words", "老人说都好了"), ("code", "resolved"), ("satisfaction", "satisfied")];
    let (seen, _) = asked(&mut officer, &mut commands, &way, &fields, CommandOutcome::Done).await;
    let Command::Ticket { what: TicketCommand::Close { code, .. }, .. } = seen.command else {
        panic!("not a close: {:?}", seen.command)
    };
    assert_eq!(code, ClosureCode::Resolved);
}

#[tokio::test]
async fn what_a_closure_has_to_prove_reaches_the_desk() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let ticket = one(&mut office, &Wish { state: TicketState::Handled, ..Wish::default() });
    let (router, mut commands) = office.console(Settings::default()).await;
    let way = |action: &str| format!("/tickets/{}/do/{action}", ticket.number);
    let mut officer = Browser::of(&router, "officer").await;
    let fields = [
        ("version", "1"),
        ("words", "已转民政"),
        ("code", "referred_confirmed"),
        ("confirmed_by", "receiving_body"),
        ("reference", "民政局 2026-3"),
        ("confirmed_at", "2026-11-23T09:30"),
    ];
    let (seen, _) = asked(&mut officer, &mut commands, &way("close"), &fields, CommandOutcome::Done).await;
    let Command::Ticket { what: TicketCommand::Close { proof, .. }, .. } = seen.command else {
        panic!("not a close: {:?}", seen.command)
    };
    let referral = proof.referral.expect("it was filled in");
    assert_eq!(
        (referral.confirmed_by.name(), referral.reference.as_str()),
        ("receiving_body", "民政局 2026-3")
    );
}

#[tokio::test]
async fn who_looked_too_long_is_told_what_changed_meanwhile() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let mut ticket = one(&mut office, &Wish { state: TicketState::Dispatched, ..Wish::default() });
    let seen = office.seq.to_string();
    ticket.version = 2;
    let note = office.line(
        &ticket,
        0,
        "ticket.noted",
        super::office::staff(&office, "operator", ActorKind::Operator),
        serde_json::json!({ "words": "家属来电" }),
    );
    office.write(vec![Write::Ticket(Box::new(ticket.clone())), note]);
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut handler = Browser::of(&router, "handler").await;
    let stale = Why::TicketChanged.into();
    let way = format!("/tickets/{}/do/accept", ticket.number);
    let fields = [("version", "1"), ("seen", seen.as_str())];
    let (_, answer) = asked(&mut handler, &mut commands, &way, &fields, CommandOutcome::Refused(stale)).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let says = answer.body.split("role=\"alert\"").nth(2).unwrap();
    assert!(says.contains("有人刚刚改动过") && says.contains("陈晓云"), "{says}");
    assert!(answer.body.contains("name=\"version\" value=\"2\""), "the form carries the new version");
}

#[tokio::test]
async fn a_full_desk_is_503_and_nothing_is_lost_from_the_form() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let ticket = one(&mut office, &Wish { state: TicketState::Dispatched, ..Wish::default() });
    let (router, mut commands) = office.console_with_room(Settings::default(), 1).await;
    let mut handler = Browser::of(&router, "handler").await;
    let way = format!("/tickets/{}/do/note", ticket.number);
    let fields = [("version", "1"), ("text", "敲门请大声")];
    // The channel has room for one; nobody takes it out while the second is sent.
    let mut second = Browser::with_cookie(&router, handler.cookie().unwrap());
    let waiting = handler.post(&way, &fields);
    let refused = async {
        while commands.is_empty() {
            tokio::task::yield_now().await;
        }
        let answer = second.post(&way, &fields).await;
        commands.recv().await.unwrap().reply.send(CommandOutcome::Done).unwrap();
        answer
    };
    let (first, refused) = tokio::join!(waiting, refused);
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.body.contains("敲门请大声"));
}

#[tokio::test]
async fn nobody_is_offered_to_close_what_they_handled() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let mut ticket = office.ticket(&Wish { state: TicketState::Handled, ..Wish::default() });
    ticket.handlers = vec![Doer::person(PersonId(104))];
    let writes = office.opened(&ticket, 3);
    office.write(writes);
    let (router, _commands) = office.console(Settings::default()).await;
    let page = Browser::of(&router, "officer").await.get(&format!("/tickets/{}", ticket.number)).await.body;
    assert!(page.contains("您办理过这张工单") && !page.contains("/do/close\""));
}

#[tokio::test]
async fn an_operator_completes_and_dispatches_what_the_menu_began() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let wish = Wish {
        category: None,
        state: TicketState::Intake,
        owner: DISTRICT,
        clock: ClockKind::Triage,
        description: "",
        ..Wish::default()
    };
    let ticket = one(&mut office, &wish);
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut operator = Browser::of(&router, "operator").await;
    let page = operator.get(&format!("/tickets/{}", ticket.number)).await.body;
    assert!(page.contains("name=\"category\" value=\"ELD-02\"") && page.contains("嘉禾路社区"));
    let fields = [
        ("version", "1"),
        ("caller", "0532-8374 0001"),
        ("category", "ELD-02"),
        ("area", "370203028002"),
        ("address", "嘉禾路 8 号"),
        ("description", "午饭"),
        ("from", "2026-11-24T11:00"),
        ("until", "2026-11-24T13:00"),
        ("urgency", "P2"),
        ("consent", "1"),
    ];
    let way = format!("/tickets/{}/do/dispatch", ticket.number);
    let (seen, answer) = asked(&mut operator, &mut commands, &way, &fields, CommandOutcome::Done).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let Command::Ticket { what: TicketCommand::Dispatch(intake), .. } = seen.command else {
        panic!("not a dispatch: {:?}", seen.command)
    };
    assert_eq!(intake.caller, Some(number("053283740001")));
    assert_eq!(intake.category, Some(category("ELD-02")));
    assert_eq!(intake.area, Some(area("370203028002")));
    assert_eq!(intake.urgency, Some(Urgency::P2));
    assert_eq!((intake.survey_consent, intake.confidential), (Some(true), false));
    let window = intake.window.unwrap();
    assert_eq!(window.from.to_string(), "2026-11-24T03:00:00Z", "civil time of the place");
    assert_eq!(window.until.since(window.from).as_secs(), 7_200);

    let wrong = [("version", "1"), ("caller", "abc"), ("from", "2026-11-24T13:00"), ("description", "午饭")];
    let answer = operator.post(&way, &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("来电号码不对") && answer.body.contains("时间段不对"));
}

#[tokio::test]
async fn a_call_back_is_taken_rung_and_becomes_a_ticket() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let request = morning::callback(&mut office, "053283740009", 5, 10);
    office.write(vec![Write::Callback(request.clone())]);
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut officer = Browser::of(&router, "officer").await;
    assert!(officer.get("/callbacks").await.body.contains("053283740009"));
    let way = |deed: &str| format!("/callbacks/{}/do/{deed}", request.id);
    let cases: [(&str, Fields<'_>, CallbackCommand); 4] = [
        ("take", &[], CallbackCommand::Take),
        ("dial", &[("operator", "1001")], CallbackCommand::Dial { operator: "1001".into() }),
        ("not_reached", &[], CallbackCommand::NotReached),
        ("cancel", &[("reason", "打错了")], CallbackCommand::Cancel { reason: "打错了".into() }),
    ];
    for (deed, fields, what) in cases {
        let (seen, answer) =
            asked(&mut officer, &mut commands, &way(deed), fields, CommandOutcome::Done).await;
        assert_eq!(seen.command, Command::Callback { callback: request.id, what });
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }
    let opened = office.ticket(&Wish::default());
    let outcome = CommandOutcome::Opened { ticket: opened.id, number: opened.number };
    let fields = [("description", "午饭"), ("category", "ELD-02")];
    let (seen, answer) = asked(&mut officer, &mut commands, &way("open_ticket"), &fields, outcome).await;
    assert!(matches!(
        seen.command,
        Command::Callback { what: CallbackCommand::OpenTicket(intake), .. }
            if intake.description.as_deref() == Some("午饭")
    ));
    assert_eq!(answer.location(), format!("/tickets/{}", opened.number));
    let mut bridge = Browser::of(&router, "bridge").await;
    assert_eq!(bridge.get(&format!("/callbacks/{}", request.id)).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_recording_is_heard_by_pieces_and_the_hearing_is_written_down() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let ticket = morning::fill(&mut office);
    let (router, _commands) = office.console(Settings::default()).await;
    let mut operator = Browser::of(&router, "operator").await;
    let page = operator.get(&format!("/tickets/{}", ticket.number)).await.body;
    let href = page.split("src=\"/recordings/").nth(1).unwrap().split('"').next().unwrap();
    assert!(!page.contains("录音不完整"), "it is whole");
    let path = format!("/recordings/{href}");
    // The writer has a thread of its own: the sound is whole once its length stands still at four seconds.
    let whole = loop {
        let answer = operator.open(&path).await;
        let length = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        if length.len() >= 32_000 {
            break length;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(&whole[..4], b"RIFF");
    let request = Request::get(&path).header(header::RANGE, "bytes=100-199").body(axum::body::Body::empty());
    let answer = operator.send(request.unwrap()).await;
    assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT);
    let range = answer.headers[header::CONTENT_RANGE].to_str().unwrap();
    assert_eq!(range, format!("bytes 100-199/{}", whole.len()));
    let history = operator.get(&format!("/tickets/{}", ticket.number)).await.body;
    assert!(history.contains("收听录音") && history.contains("陈晓云"));
    office.write(vec![Write::RecordingCut(href.parse().unwrap())]);
    let page = operator.get(&format!("/tickets/{}", ticket.number)).await.body;
    assert!(page.contains("录音不完整"), "whoever listens knows that it is not the whole");
    let mut bridge = Browser::of(&router, "bridge").await;
    assert_eq!(bridge.get(&path).await.status, StatusCode::NOT_FOUND, "not of their stations");
}

#[tokio::test]
async fn a_search_finds_by_number_by_last_digits_and_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let ticket = morning::fill(&mut office);
    let (router, _commands) = office.console(Settings::default()).await;
    let mut operator = Browser::of(&router, "operator").await;
    let whole = operator.get(&format!("/search?q={}", ticket.number)).await;
    assert_eq!(whole.location(), format!("/tickets/{}", ticket.number));
    let digits = operator.get("/search?q=83740001").await.body;
    assert!(digits.contains(&ticket.number.to_string()));
    let name = operator.get("/search?q=%E7%8E%8B%E7%A7%80").await;
    assert!(name.location().starts_with("/people?q="));
    assert!(operator.get(name.location()).await.body.contains("王秀英"));
    let mut bridge = Browser::of(&router, "bridge").await;
    let digits = bridge.get("/search?q=83740001").await.body;
    assert!(!digits.contains(&ticket.number.to_string()), "a search shows no more than the board");
}

#[tokio::test]
async fn a_reader_chooses_language_and_shortcuts_for_themselves() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    morning::fill(&mut office);
    let (router, _commands) = office.console(Settings::default()).await;
    let mut operator = Browser::of(&router, "operator").await;
    let answer = operator.post("/me", &[("language", "en"), ("theme", "dark")]).await;
    let likes = answer.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let both = format!("{}; {likes}", operator.cookie().unwrap());
    let board = Browser::with_cookie(&router, &both).get("/board").await.body;
    assert!(board.contains("lang=\"en\"") && board.contains("data-theme=\"dark\""));
    assert!(board.contains("data-keys=\"off\"") && board.contains("Call-backs"));
    assert!(operator.get("/board").await.body.contains("lang=\"zh-CN\""), "nobody else's screen changes");
}

#[tokio::test]
async fn a_sad_event_is_noted_from_the_page_of_the_ticket_or_of_the_person() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let ticket = morning::fill(&mut office);
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "supervisor").await;
    let page = browser.get(&format!("/tickets/{}", ticket.number)).await.body;
    assert!(page.contains("/volunteers/10012/sad_event"), "the visitor's form stands beside the visit");
    let number = ticket.number.to_string();
    let fields = [("ticket", number.as_str()), ("note", "老人去世了")];
    let path = "/volunteers/10007/sad_event";
    let (seen, answer) = asked(&mut browser, &mut commands, path, &fields, CommandOutcome::Done).await;
    assert_eq!(seen.command, Command::SadEvent { volunteer: VolunteerId(10_007), note: "老人去世了".into() });
    assert_eq!(answer.location(), format!("/tickets/{number}?noted=sad_event"));
    let page = browser.get(answer.location()).await.body;
    assert!(page.contains("休息 24 小时，协调员会致电"), "{page}");
    let page = browser.get("/people?q=李明").await.body;
    assert!(!page.contains("sad_event"), "a list of people has no forms");
    let person = 1_000 + 10_007;
    let page = browser.get(&format!("/people?id={person}")).await.body;
    assert!(page.contains("/volunteers/10007/sad_event"), "{page}");
    let refused = CommandOutcome::Refused(Why::NoWords.into());
    let fields = [("person", "11007"), ("note", "")];
    let (_, answer) = asked(&mut browser, &mut commands, path, &fields, refused).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("请写几句说明"), "{}", answer.body);
}

//! What an operator notes for somebody's safety: on the intake form, and of a telephone number.

use std::time::Duration;

use axum::http::StatusCode;
use yingda::console::settings::Settings;
use yingda::desk::command::{Command, CommandOutcome, Intake, NumberCommand};
use yingda::desk::refusal::Why;
use yingda::desk::write::Write;
use yingda::domain::number_mark::NumberMark;
use yingda::domain::person::Gender;
use yingda::domain::safety::AbuseStep;
use yingda::domain::ticket::Ticket;

use super::browser::Browser;
use super::office::{HARBOUR, Office, Wish, jurisdiction, number};
use super::ticket::asked;

fn one(office: &mut Office) -> Ticket {
    let ticket = office.ticket(&Wish { caller: "13700000009", ..Wish::default() });
    let writes = office.opened(&ticket, 3);
    office.write(writes);
    ticket
}

async fn opens(fields: &[(&str, &str)]) -> Result<Intake, String> {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "operator").await;
    let desk = async {
        let request = commands.recv().await?;
        request.reply.send(CommandOutcome::Refused(Why::DeskBusy.into())).unwrap();
        let Command::Open(intake) = request.command else { panic!("{:?}", request.command) };
        Some(*intake)
    };
    let answer = async {
        let answer = browser.post("/tickets/new", fields).await;
        (answer.status == StatusCode::UNPROCESSABLE_ENTITY).then_some(answer.body)
    };
    tokio::select! {
        Some(intake) = desk => Ok(intake),
        Some(body) = answer => Err(body),
    }
}

#[tokio::test]
async fn the_intake_form_asks_a_childs_three_questions_whom_they_want_and_whether_danger_is_near() {
    let all = [
        ("caller", "13700000009"),
        ("risk_1", "no"),
        ("risk_2", "yes"),
        ("risk_3", "no"),
        ("guardian", "yes"),
        ("helper_gender", "female"),
        ("danger", "1"),
        ("safe_from", "2099-05-06T10:00"),
        ("safe_until", "2099-05-06T11:00"),
    ];
    let intake = opens(&all).await.unwrap();
    assert_eq!((intake.risk, intake.gender_wish), (Some([false, true, false]), Some(Gender::Female)));
    assert!(intake.danger_near && intake.safe.is_some());
    assert_eq!(intake.guardian, Some(true));
    let intake = opens(&all[..1]).await.unwrap();
    assert_eq!((intake.risk, intake.gender_wish, intake.danger_near), (None, None, false));
    assert_eq!(intake.guardian, None, "nobody asked");
    let page = opens(&all[..3]).await.unwrap_err();
    assert!(page.contains("三个风险问题要么都问"), "{page}");
    let over = [all[0], all[6], ("safe_from", "2020-05-06T10:00"), ("safe_until", "2020-05-06T11:00")];
    assert!(opens(&over).await.unwrap_err().contains("尚未过去"));
    assert!(
        opens(&all[..8]).await.unwrap_err().contains("起止两端"),
        "half a safe time is none, and is said so"
    );
    let unticked = [all[0], all[7], all[8]];
    assert!(
        opens(&unticked).await.unwrap_err().contains("请同时勾选"),
        "nothing that was written is dropped"
    );
}

#[tokio::test]
async fn a_number_is_marked_from_the_page_of_its_ticket_and_stands_in_no_address() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let ticket = one(&mut office);
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "operator").await;
    let page = browser.get(&format!("/tickets/{}", ticket.number)).await.body;
    assert!(page.contains("action=\"/numbers\"") && !page.contains("value=\"limit\""), "{page}");
    let own = ticket.number.to_string();
    let common = [("number", "+8613700000009"), ("station", "4"), ("ticket", own.as_str()), ("note", "在场")];
    for (deed, what) in [
        ("danger", NumberCommand::Danger { near: true, safe: None, note: "在场".into() }),
        ("safe", NumberCommand::Danger { near: false, safe: None, note: "在场".into() }),
        ("abuse", NumberCommand::Abuse { note: "在场".into() }),
        ("limit", NumberCommand::Limit { hours: 24, note: "在场".into() }),
        ("lift", NumberCommand::Lift { note: "在场".into() }),
    ] {
        let mut fields = common.to_vec();
        fields.extend([("deed", deed), ("hours", "24")]);
        let (seen, answer) =
            asked(&mut browser, &mut commands, "/numbers", &fields, CommandOutcome::Done).await;
        let wanted = Command::Number { number: number("13700000009"), station: HARBOUR, what };
        assert_eq!(seen.command, wanted, "{deed}");
        assert_eq!(answer.location(), format!("/tickets/{own}"), "{deed}");
    }
    let half = [&common[..], &[("deed", "danger"), ("safe_from", "2099-05-06T10:00")]].concat();
    let answer = browser.post("/numbers", &half).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("起止两端"), "{}", answer.body);
}

#[tokio::test]
async fn what_is_noted_of_a_number_is_shown_and_a_supervisor_may_limit_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let ticket = one(&mut office);
    let now = office.clock.now();
    let mark = NumberMark {
        id: office.chance.mint(now),
        number: number("13700000009"),
        jurisdiction: jurisdiction(),
        station: HARBOUR,
        abuser_near: true,
        safe: None,
        abuse: AbuseStep::RecordedLine,
        noted_by: None,
        limited_until: Some(now + Duration::from_secs(3_600)),
        changed_at: now,
    };
    office.write(vec![Write::Mark(mark)]);
    let (router, _commands) = office.console(Settings::default()).await;
    let path = format!("/tickets/{}", ticket.number);
    let page = Browser::of(&router, "supervisor").await.get(&path).await.body;
    assert!(page.contains("没有安全时间：不打电话，不发短信") && page.contains("录音专线至"), "{page}");
    assert!(page.contains("value=\"limit\"") && page.contains("value=\"lift\""), "{page}");
    let page = Browser::of(&router, "handler").await.get(&path).await.body;
    assert!(!page.contains("action=\"/numbers\""), "a handler marks no number");
}

#[tokio::test]
async fn a_tickets_page_says_what_is_entrusted_and_to_whom() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let shopping = office.ticket(&Wish { category: Some("ELD-07"), ..Wish::default() });
    let care = office.ticket(&Wish { category: Some("DIS-01"), ..Wish::default() });
    let meals = office.ticket(&Wish::default());
    for ticket in [&shopping, &care, &meals] {
        let writes = office.opened(ticket, 20);
        office.write(writes);
    }
    let (router, _commands) = office.console(Settings::default()).await;
    let mut dispatcher = Browser::of(&router, "dispatcher").await;
    for (ticket, says) in [
        (&shopping, Some("钱款：志愿者不经手 · 银行卡：志愿者不经手")),
        (&care, Some("药品：只限护理证有效的志愿者")),
        (&meals, None),
    ] {
        let page = dispatcher.get(&format!("/tickets/{}", ticket.number)).await.body;
        match says {
            Some(says) => assert!(page.contains(says), "{says}"),
            None => assert!(!page.contains("涉及财物药品"), "nothing is entrusted with a meal"),
        }
    }
}

//! The whole house between a caller on SIP and a centre that others wrote: asked, taken, too late, done.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use yingda::domain::settings::SettingsKind;
use yingda::domain::ticket::TicketState;
use yingda::service::control::{Answer, ImportKind, Request, ask};
use yingda::service::house::Plan;
use yingda::service::run::{Running, ServicePlan};
use yingda::store::backup::Beside;

use super::outsider::Outsider;
use super::{PATIENCE, SHORT, link_settings};
use crate::scenarios::town;
use crate::service::house::{caller, ground, key_a_wish, plan, sounds, tickets};

/// A calendar whose quiet hours are half a day away: the story may be told at any time.
fn without_quiet_hours(directory: &Path) -> Plan {
    let here = jiff::Timestamp::from(yingda::clock::wall()).in_tz("Asia/Shanghai").unwrap();
    let away = (here.hour() + 12) % 24;
    let calendar = yingda::domain::calendar::DEFAULT_TEXT;
    let file = directory.join("calendar.toml");
    let open = calendar.replace("quiet = \"21:00-08:00\"", &format!("quiet = \"{away:02}:00-{away:02}:30\""));
    assert_ne!(open, calendar);
    std::fs::write(&file, open).unwrap();
    Plan { first: BTreeMap::from([(SettingsKind::Calendars, file)]), ..plan(directory) }
}

async fn open(directory: &Path, centre: &Outsider) -> Running {
    let house = without_quiet_hours(directory);
    let beside = Beside { recordings: None, prompts: None, settings: vec![] };
    let plan = ServicePlan { house, sms: Some(link_settings(centre.address)), beside, console: None };
    Running::open(plan, ground(directory)).await.unwrap()
}

/// A spreadsheet that comes while the line works: four are away for a while, and somebody new is there.
fn volunteers_change(directory: &Path) {
    let mut rows = "badge,name,phone,area,skills,gender,birth_year,lifecycle,night_consent\n".to_owned();
    for (n, lifecycle) in [(2, "暂停"), (3, "暂停"), (4, "暂停"), (5, "暂停"), (6, "在岗")] {
        let area = town::COMMITTEE;
        rows += &format!("1000{n},志愿者,1380000000{n},{area},代办代购,女,1960,{lifecycle},是\n");
    }
    let file = directory.join("volunteers.csv");
    std::fs::write(&file, rows).unwrap();
    let answer = ask(directory, &Request::Import { what: ImportKind::Volunteers, file }).unwrap();
    assert_eq!(answer, Answer::Imported { rows: 5, notes: vec![] });
}

/// The code of an offer's text: `邀单 37:…`.
fn code(text: &Value) -> String {
    let body = text["body"].as_str().unwrap();
    let code = body.strip_prefix("【社区服务】").unwrap_or(body).strip_prefix("邀单 ");
    let code = code.unwrap_or_else(|| panic!("no offer: {body}"));
    code.chars().take_while(char::is_ascii_digit).collect()
}

async fn shown(centre: &mut Outsider, to: Option<&str>, words: &str) -> Value {
    let holds = |event: &Value| {
        to.is_none_or(|to| event["to"] == to) && event["body"].as_str().unwrap().contains(words)
    };
    let text = centre.hears_where("text", holds).await;
    assert_eq!(text["from"], SHORT);
    text
}

/// Digits as a Chinese keyboard may write them.
fn full_width(digits: &str) -> String {
    digits.chars().map(|c| char::from_u32(c as u32 - '0' as u32 + 0xff10).unwrap()).collect()
}

async fn stands(running: &Running, state: TicketState) {
    let reached = async {
        while tickets(&running.house)[0].state != state {
            tokio::task::yield_now().await;
        }
    };
    if tokio::time::timeout(PATIENCE, reached).await.is_err() {
        panic!("the ticket is {} and not {state}", tickets(&running.house)[0].state);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn volunteers_at_a_foreign_centre_are_asked_take_come_too_late_and_finish() {
    let directory = tempfile::tempdir().unwrap();
    let mut centre = Outsider::start().await;
    let running = open(directory.path(), &centre).await;
    centre.hears("bound").await;
    volunteers_change(directory.path());
    let address = running.addresses.sip;
    let digits = tokio::task::spawn_blocking(move || {
        let caller = caller(sounds());
        let conversation = caller.dial(&format!("sip:12349@{address}"), "13900000001").unwrap();
        let digits = key_a_wish(&conversation);
        conversation.hang_up().unwrap();
        caller.stop();
        digits
    });
    let digits = digits.await.unwrap();
    let first = shown(&mut centre, None, "回1接2拒").await;
    let second = shown(&mut centre, None, "回1接2拒").await;
    let (who, other) = (first["to"].as_str().unwrap(), second["to"].as_str().unwrap());
    // The very next offer goes to the one who was imported, and to nobody who is away.
    assert_eq!(BTreeSet::from([who, other]), BTreeSet::from(["8613800000001", "8613800000006"]));
    assert_eq!(digits, tickets(&running.house)[0].number.digits());

    // Yes in full width, and once more: the centre had lost our answer.
    let yes = format!("{}　{}", full_width(&code(&first)), full_width("1"));
    centre.says(who, &yes, 1);
    centre.says(who, &yes, 2);
    assert_eq!((centre.answer(1).await, centre.answer(2).await), (0, 0));
    let details = shown(&mut centre, Some(who), "由您办理").await;
    assert!(details["parts"].as_u64().unwrap() >= 2, "{details}");
    let body = details["body"].as_str().unwrap();
    assert!(body.contains("商城路1号2单元301") && body.contains("探访码"), "{body}");
    shown(&mut centre, Some(other), "已由其他志愿者接单").await;
    stands(&running, TicketState::InProgress).await;

    // A yes to the offer that was withdrawn comes too late, and is answered.
    centre.says(other, &format!("{} 1", code(&second)), 3);
    assert_eq!(centre.answer(3).await, 0);
    let late = shown(&mut centre, Some(other), &format!("邀单 {}", code(&second))).await;
    let body = late["body"].as_str().unwrap();
    assert!(body.contains("刚由其他志愿者接单") || body.contains("已结束"), "{body}");

    for (id, key) in [(4, "8"), (5, "9")] {
        centre.says(who, &full_width(key), id);
        assert_eq!(centre.answer(id).await, 0);
    }
    stands(&running, TicketState::Handled).await;
    let details_again = centre.passed_over_texts(who, "由您办理");
    assert_eq!(details_again, 0, "the same words twice are one reply");
    running.until(async {}).await.unwrap();
    centre.hears("unbound").await;
}

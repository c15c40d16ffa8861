//! The bands across the top: what is broken, told to everybody; the clock, confirmed by those who may.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use futures_util::StreamExt;
use serde_json::json;
use tokio::sync::mpsc;
use yingda::console::settings::Settings;
use yingda::console::{self, CommandRequest};
use yingda::desk::command::{Command, CommandOutcome};

use super::browser::Browser;
use super::office::{Office, Wish};

#[tokio::test]
async fn a_clock_that_jumped_is_told_to_all_and_confirmed_by_a_supervisor() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let (sender, mut commands) = mpsc::channel::<CommandRequest>(4);
    let ask = Box::new(move |request| sender.try_send(request).is_ok());
    let health =
        json!({ "clock": { "ok": false, "stepped_by_ms": -200_000 }, "sms": { "ok": true }, "phone": null });
    let parts =
        console::Parts { health: Box::new(move || health.clone()), ..office.parts(Settings::default(), ask) };
    let router = console::app(parts).await.unwrap();
    let mut operator = Browser::of(&router, "operator").await;
    let page = operator.get("/board").await.body;
    assert!(page.contains("系统时钟向后跳了 3 分 20 秒") && !page.contains("action=\"/clock\""));
    assert!(!page.contains("短信链路中断"), "what is well has no band");
    assert_eq!(operator.post("/clock", &[]).await.status, StatusCode::FORBIDDEN);

    for login in ["supervisor", "administrator"] {
        let mut browser = Browser::of(&router, login).await;
        assert!(browser.get("/stations").await.body.contains("action=\"/clock\""), "{login}");
        let desk = async {
            let request = commands.recv().await.unwrap();
            assert_eq!(request.command, Command::ConfirmClock);
            assert!(request.by.actor.user.is_some());
            request.reply.send(CommandOutcome::Done).unwrap();
        };
        let ((), answer) = tokio::join!(desk, browser.post("/clock", &[]));
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{login}");
    }
}

#[tokio::test]
async fn a_store_that_cannot_write_and_a_lost_link_are_told_to_a_page_that_is_open() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let broken = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&broken);
    let health = move || {
        let ok = !told.load(Ordering::SeqCst);
        json!({ "store": { "ok": ok }, "trunks": { "ok": ok }, "sms": { "ok": ok } })
    };
    let parts = console::Parts {
        health: Box::new(health),
        ..office.parts(Settings::default(), Box::new(|_request| true))
    };
    let router = console::app(parts).await.unwrap();
    let mut operator = Browser::of(&router, "operator").await;
    assert!(!operator.get("/board").await.body.contains("data-band"));
    let mut body = operator.open("/live?view=all").await.into_body().into_data_stream();
    broken.store(true, Ordering::SeqCst);
    let ticket = office.ticket(&Wish::default());
    let writes = office.opened(&ticket, 0);
    office.write(writes);
    let mut heard = String::new();
    let all = async {
        while !heard.contains("event: bands") {
            let part = body.next().await.expect("the stream goes on").unwrap();
            heard.push_str(&String::from_utf8_lossy(&part));
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all).await.expect("the page hears of it");
    assert!(heard.contains("数据暂时写不进去") && heard.contains("短信链路中断"), "{heard}");
    assert!(heard.contains("有外线中断或未注册"), "{heard}");
}

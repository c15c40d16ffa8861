//! An SMS centre that is not ours: node-smpp behind `tests/peers/smpp/centre.mjs`, over TCP.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{HANDSET, PATIENCE, SHORT};

/// How long its first start may take, with an installation before it.
const START: Duration = Duration::from_mins(3);

/// The running centre.
pub struct Outsider {
    process: Child,
    orders: ChildStdin,
    events: mpsc::UnboundedReceiver<Value>,
    /// Heard while another kind of event was waited for.
    heard: VecDeque<Value>,
    pub address: SocketAddr,
}

impl Outsider {
    pub async fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/smpp");
        let mut process = Command::new(folder.join("run"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node-smpp can be started");
        let orders = process.stdin.take().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (said, mut events) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let event: Value = serde_json::from_str(&line).expect("the centre writes JSON");
                if said.send(event).is_err() {
                    return;
                }
            }
        });
        let first = tokio::time::timeout(START, events.recv()).await.expect("it starts in time");
        let first = first.expect("it starts: see the standard error");
        let port = u16::try_from(first["port"].as_u64().unwrap()).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Self { process, orders, events, heard: VecDeque::new(), address }
    }

    pub fn order(&mut self, order: Value) {
        let line = format!("{order}\n");
        self.orders.write_all(line.as_bytes()).expect("the centre runs");
    }

    pub async fn behave(&mut self, how: Value) {
        self.order(json!({ "do": "behave", "as": how }));
        self.hears("behaves").await;
    }

    /// A handset writes to the short number in one `deliver_sm`; UCS-2.
    pub fn says(&mut self, from: &str, body: &str, id: u32) {
        self.order(json!({ "do": "say", "id": id, "from": from, "to": SHORT, "parts": [body] }));
    }

    /// The handset of most tests writes, and the answer of the line is waited for.
    pub async fn is_answered(&mut self, body: &str, id: u32) -> u64 {
        self.says(HANDSET, body, id);
        self.answer(id).await
    }

    /// The status with which the line answers the text of that id.
    pub async fn answer(&mut self, id: u32) -> u64 {
        let answered = self.hears_where("answered", |event| event["id"] == id).await;
        answered["status"].as_u64().unwrap()
    }

    /// The next event of a kind; others wait for who asks for them.
    pub async fn hears(&mut self, kind: &str) -> Value {
        self.hears_where(kind, |_| true).await
    }

    pub async fn hears_where(&mut self, kind: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let wanted = |event: &Value| event["event"] == kind && holds(event);
        if let Some(at) = self.heard.iter().position(wanted) {
            return self.heard.remove(at).unwrap();
        }
        let listening = async {
            loop {
                let event = self.events.recv().await.expect("the centre runs");
                if wanted(&event) {
                    return event;
                }
                self.heard.push_back(event);
            }
        };
        match tokio::time::timeout(PATIENCE, listening).await {
            Ok(event) => event,
            Err(_) => panic!("no {kind} in time, but {:#?}", self.heard),
        }
    }

    /// Events of a kind that were heard on the way and not asked for.
    pub fn passed_over(&self, kind: &str) -> usize {
        self.heard.iter().filter(|event| event["event"] == kind).count()
    }

    /// Texts to a handset that were not asked for, with these words.
    pub fn passed_over_texts(&self, to: &str, words: &str) -> usize {
        let said = |event: &&Value| event["body"].as_str().is_some_and(|body| body.contains(words));
        self.heard.iter().filter(|event| event["event"] == "text" && event["to"] == to).filter(said).count()
    }
}

impl Drop for Outsider {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

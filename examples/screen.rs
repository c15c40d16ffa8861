//! Serves the console over a small office on loopback, with no telephone and no desk behind it: for looking at pages.
//!
//! `cargo run --example screen -- 127.0.0.1:8090`; the logins and their password are printed. Every command is
//! answered "unavailable", for nobody is there to carry it out.

#![expect(
    clippy::unwrap_used,
    reason = "the office is the tests' own, and a broken one may stop the program"
)]

#[path = "../tests/it/console/morning.rs"]
mod morning;
#[path = "../tests/it/console/office.rs"]
mod office;

use std::net::SocketAddr;

use yingda::console::{self, settings::Settings};
use yingda::desk::command::{CommandOutcome, Refusal, RefusalReason};

#[tokio::main]
async fn main() {
    let listen: SocketAddr = std::env::args().nth(1).map_or_else(
        || SocketAddr::from(([127, 0, 0, 1], 0)),
        |text| text.parse().expect("an address and a port, as 127.0.0.1:8090"),
    );
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut office = office::Office::open(directory.path());
    let ticket = morning::fill(&mut office);
    let (router, mut commands) = office.console(Settings { listen, ..Settings::default() }).await;
    let listener = tokio::net::TcpListener::bind(listen).await.expect("the port is free");
    let address = listener.local_addr().expect("a bound socket has an address");
    println!("http://{address} ticket {} password {}", ticket.number, office::PASSWORD);
    tokio::spawn(async move {
        while let Some(request) = commands.recv().await {
            let refusal = Refusal { reason: RefusalReason::Unavailable, detail: "nobody is here".into() };
            request.reply.send(CommandOutcome::Refused(refusal)).ok();
        }
    });
    console::serve(listener, router, std::future::pending()).await.expect("serving does not fail");
}

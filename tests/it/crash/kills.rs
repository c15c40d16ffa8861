//! SIGKILL at random moments of a burst of calls: nothing that was heard is lost, nobody who was heard is forgotten.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use yingda::clock;
use yingda::domain::ids::Chance;

use super::books::{Books, every_number_heard_is_there, listed};
use super::burst::{Burst, answer};
use super::handsets::{Centre, willing};
use super::town::{Plan, settle, sounds, telephones};
use crate::waiting::until;

/// Callers on the telephone at once.
const LINES: usize = 8;
const SEED: u64 = 20_260_506;

/// Waits for a moment nobody can foresee: some time after the start, after calls were answered, or after numbers began
/// to be said.
fn some_moment(chance: &mut Chance, burst: &Burst) {
    const SOON_MS: u32 = 1_500;
    let more = 1 + chance.below(4);
    match chance.below(3) {
        0 => {
            let wanted = burst.answered() + more;
            until("more calls are answered", || burst.answered() >= wanted);
        }
        1 => {
            let wanted = burst.begun() + more;
            until("more numbers are heard", || burst.begun() >= wanted);
        }
        _ => {}
    }
    let moment = clock::monotonic() + Duration::from_millis(u64::from(chance.below(SOON_MS)));
    until("the moment is there", || clock::monotonic() >= moment);
}

#[test]
fn no_number_that_was_heard_is_lost_and_nobody_is_forgotten_when_the_server_is_killed_in_a_burst_of_calls() {
    let kills = if std::env::var_os("YINGDA_LONG").is_some() { 25 } else { 5 };
    let folder = tempfile::tempdir().unwrap();
    let centre = Centre::start(willing(SEED));
    let telephones = telephones(sounds(folder.path()));
    let over = Arc::new(AtomicBool::new(false));
    let answering = answer(&telephones, &over);
    let plan = Plan::brisk(centre.address(), &telephones, 800, 60);
    let site = settle(folder.path(), &plan);
    let mut chance = Chance::from_number(SEED);
    let burst = Burst::start(&telephones, LINES);
    for _ in 0..kills {
        let server = site.serve();
        burst.line_is_at(server.sip);
        some_moment(&mut chance, &burst);
        server.kill();
        burst.line_is_dead();
    }
    let server = site.serve();
    burst.line_is_at(server.sip);
    let begun = burst.begun();
    until("calls go through after the last start", || burst.begun() > begun);
    assert!(burst.cut_off() > 0, "no call was cut off before its number");
    let told = burst.end();
    let json = site.answer(&["tickets", "--json", "--all", "--limit", "100000"]);
    server.kill();
    over.store(true, Ordering::Relaxed);
    answering.join().unwrap();
    every_number_heard_is_there(&told, &listed(&json));
    assert!(site.answer(&["verify"]).starts_with("the history is whole"));
    let books = Books::open(&site.data());
    every_number_heard_is_there(&told, &books.tickets());
    books.who_was_cut_off_is_remembered(&told);
    books.nothing_is_forgotten();
    books.texts_mean_what_they_meant(&centre.shown(), kills + 1);
    assert!(books.count("SELECT id FROM assignment") > 0, "somebody said yes");
    assert_eq!(books.count("SELECT input FROM quarantine"), 0, "a step was refused");
}

//! The SMS centre is away, replies wait there, and the server is killed in between.

use std::time::Duration;

use yingda::clock;

use super::books::Books;
use super::burst::wish;
use super::handsets::{Centre, code, is_offer, silent};
use super::town::{Plan, brisk, home, settle, sounds, telephones};
use crate::waiting::until;

/// How long an offer stands here: half an hour of the real one.
const WAVE: Duration = Duration::from_secs(12);

#[test]
fn a_yes_that_waited_at_the_centre_while_the_server_was_dead_counts_before_the_offers_time_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let centre = Centre::start(silent());
    let telephones = telephones(sounds(folder.path()));
    let mut policy = brisk();
    policy.urgency.p3.wave = WAVE;
    // More than one wave asks.
    let plan = Plan { policy, ..Plan::brisk(centre.address(), &telephones, 2, 20) };
    let site = settle(folder.path(), &plan);
    let ring = |sip, n| {
        let conversation = telephones.dial(&format!("sip:12349@{sip}"), &home(n)).unwrap();
        assert!(wish(&conversation, home(n), |_| true).whole, "resident {n} heard a number");
    };
    let offers = || centre.shown().into_iter().filter(|text| is_offer(&text.body)).collect::<Vec<_>>();

    let server = site.serve();
    ring(server.sip, 1);
    until("somebody reads the first offer", || !offers().is_empty());
    let first = offers().remove(0);
    // Nothing is on its way any more: receipts are the last word on a text.
    until("every receipt is acknowledged", || {
        let counts = centre.counts();
        counts.waiting == 0 && counts.receipts_acknowledged == counts.parts_taken
    });
    centre.go_down();
    server.kill();
    let asked = offers().len();
    centre.say(&first.to, &format!("{} 1", code(&first.body).unwrap()));
    let over = first.at + WAVE + Duration::from_secs(2);
    until("the first offers' time is over", || clock::wall() > over);

    let server = site.serve();
    // The line is at work again while the centre is still away.
    ring(server.sip, 2);
    assert_eq!(offers().len(), asked);
    centre.come_back();
    let details = |to: &str| {
        centre.shown().iter().filter(|text| text.to == to && text.body.contains("由您办理")).count()
    };
    until("whoever said yes has the details", || details(&first.to) == 1);
    until("offers that had waited are read", || offers().len() > asked);
    // Everything that had waited has been acknowledged to the centre.
    until("no reply waits at the centre", || centre.counts().waiting == 0);
    server.kill();
    let books = Books::open(&site.data());
    let shown = centre.shown();
    // The link was down when the server died: no text was on its way, so none goes twice.
    books.texts_mean_what_they_meant(&shown, 0);
    let accepted = "SELECT o.id FROM offer o JOIN ticket t ON t.id = o.ticket WHERE o.state = 'accepted'";
    assert_eq!(books.count(accepted), 1);
    let later = "SELECT o.id FROM offer o WHERE o.wave > 1 AND o.ticket IN \
                 (SELECT ticket FROM offer WHERE state = 'accepted')";
    assert_eq!(books.count(later), 0, "a second wave was asked although a yes was waiting");
    books.nothing_is_forgotten();
    books.history_is_whole();
}

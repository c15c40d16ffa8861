//! Texts: they leave in order and at least once, never after they were taken back; what came in is known again.

use std::time::Duration;

use yingda::desk::write::Write;
use yingda::domain::ids::{Chance, MessageId};
use yingda::domain::message::{OutgoingText, TextReport, TextState};
use yingda::domain::urgency::Urgency;
use yingda::store::Store;
use yingda::store::outbox::{Inbound, PartNoted, PartState};

use super::samples::{self, NOW, at, number, one_step, peopled};

const TWO_MINUTES: Duration = Duration::from_secs(120);

fn texts(chance: &mut Chance, count: usize) -> Vec<OutgoingText> {
    let ticket = samples::ticket(chance);
    (0..count).map(|_| samples::text(chance, "13800000007", &ticket)).collect()
}

fn put(store: &Store, chance: &mut Chance, writes: Vec<Write>) {
    let report = store.commit(one_step(chance.mint(NOW), writes)).unwrap();
    assert_eq!(report.refused().collect::<Vec<_>>(), []);
}

fn ids(texts: &[OutgoingText]) -> Vec<MessageId> {
    texts.iter().map(|text| text.id).collect()
}

fn state(store: &Store, id: MessageId) -> TextState {
    store
        .read(|connection| {
            let sql = "SELECT state FROM outgoing_text WHERE id = ?1";
            Ok::<_, yingda::store::error::StoreError>(connection.query_row(sql, [id], |row| row.get(0))?)
        })
        .unwrap()
}

#[test]
fn texts_leave_in_the_order_they_were_written_and_each_is_handed_out_once() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let mut chance = Chance::from_number(60);
    let five = texts(&mut chance, 5);
    put(&store, &mut chance, five.iter().cloned().map(Write::Text).collect());
    assert_eq!(ids(&store.take_texts(3, at(10)).unwrap().texts), ids(&five[..3]));
    assert_eq!(ids(&store.take_texts(9, at(10)).unwrap().texts), ids(&five[3..]));
    assert_eq!(store.take_texts(9, at(10)).unwrap().texts, []);
    // The sender lost its line: they wait again, in their old place.
    store.give_back_texts(ids(&five[1..])).unwrap();
    assert_eq!(ids(&store.take_texts(9, at(11)).unwrap().texts), ids(&five[1..]));
}

#[test]
fn what_waited_for_the_centre_leaves_by_urgency_an_emergency_first() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let mut chance = Chance::from_number(69);
    let mut writes = Vec::new();
    let mut of = |urgency, sequence| {
        let mut ticket = samples::ticket(&mut chance);
        ticket.urgency = urgency;
        ticket.number.sequence = sequence;
        let text = samples::text(&mut chance, "13800000007", &ticket);
        writes.extend([Write::Ticket(Box::new(ticket)), Write::Text(text.clone())]);
        text.id
    };
    let (later, soon, urgent) = (of(Urgency::P4, 1), of(Urgency::P2, 2), of(Urgency::P1, 3));
    let thanks = of(Urgency::P4, 4);
    put(&store, &mut chance, writes);
    assert_eq!(ids(&store.take_texts(9, at(10)).unwrap().texts), [urgent, soon, later, thanks]);
}

#[test]
fn a_text_waits_for_its_hour_and_one_that_is_too_late_expires() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let mut chance = Chance::from_number(61);
    let mut two = texts(&mut chance, 2);
    two[0].not_before = at(3_600);
    two[0].not_after = at(7_200);
    put(&store, &mut chance, two.iter().cloned().map(Write::Text).collect());
    assert_eq!(ids(&store.take_texts(9, at(10)).unwrap().texts), [two[1].id]);
    assert_eq!(store.next_text_at().unwrap(), Some(at(3_600)));
    let late = store.take_texts(9, at(7_201)).unwrap();
    assert_eq!((late.texts, late.expired), (vec![], vec![two[0].id]));
    assert_eq!(state(&store, two[0].id), TextState::Expired);
    assert_eq!(store.next_text_at().unwrap(), None);
}

#[test]
fn a_cancelled_text_never_leaves_and_one_that_has_left_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let mut chance = Chance::from_number(62);
    let two = texts(&mut chance, 2);
    put(&store, &mut chance, vec![Write::Text(two[0].clone())]);
    assert_eq!(store.take_texts(9, at(10)).unwrap().texts.len(), 1);
    let cancel = |id| Write::CancelText(id);
    put(&store, &mut chance, vec![Write::Text(two[1].clone()), cancel(two[0].id), cancel(two[1].id)]);
    assert_eq!(store.take_texts(9, at(11)).unwrap().texts, []);
    assert_eq!(
        (state(&store, two[0].id), state(&store, two[1].id)),
        (TextState::Waiting, TextState::Cancelled)
    );
    // The same row written again does not call it back to life.
    put(&store, &mut chance, vec![Write::Text(two[1].clone())]);
    assert_eq!(store.take_texts(9, at(12)).unwrap().texts, []);
}

#[test]
fn a_text_in_hand_when_the_server_stopped_is_handed_out_again_but_not_one_the_centre_took() {
    let directory = tempfile::tempdir().unwrap();
    let mut chance = Chance::from_number(63);
    let two = texts(&mut chance, 2);
    {
        let store = peopled(directory.path());
        put(&store, &mut chance, two.iter().cloned().map(Write::Text).collect());
        store.take_texts(9, at(10)).unwrap();
        let report = store.text_left(two[0].id, vec!["a1".into(), "a2".into()], at(11)).unwrap();
        assert_eq!((report.state, report.segments), (TextState::Sent, 2));
    }
    let store = samples::open(directory.path());
    assert_eq!(ids(&store.take_texts(9, at(12)).unwrap().texts), [two[1].id]);
    // The receipts of the first come after the restart.
    let delivered = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        store.part_reported(names, Some(two[0].to.clone()), PartState::Delivered, None, at(20)).unwrap()
    };
    assert_eq!(delivered(&["a2"]), PartNoted::Noted);
    assert_eq!(delivered(&["a2"]), PartNoted::Noted);
    // A name of the same digits that belongs to somebody else's text is not meant.
    let other = number("13900000099");
    let foreign = store.part_reported(vec!["a1".into()], Some(other), PartState::Delivered, None, at(20));
    assert_eq!(foreign.unwrap(), PartNoted::Unknown);
    let PartNoted::Decided(report) = delivered(&["00a1", "a1"]) else { panic!("not decided") };
    assert_eq!((report.id, report.state, report.segments), (two[0].id, TextState::Delivered, 2));
    assert_eq!(delivered(&["never-sent"]), PartNoted::Unknown);
}

#[test]
fn a_part_that_failed_fails_the_text_and_late_news_does_not_turn_it_back() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let mut chance = Chance::from_number(64);
    let one = texts(&mut chance, 1).remove(0);
    put(&store, &mut chance, vec![Write::Text(one.clone())]);
    store.take_texts(1, at(10)).unwrap();
    store.text_left(one.id, vec!["b1".into(), "b2".into()], at(11)).unwrap();
    let undelivered = Some("UNDELIV".into());
    let failed =
        store.part_reported(vec!["b1".into()], None, PartState::Failed, undelivered.clone(), at(12)).unwrap();
    let report =
        TextReport { id: one.id, state: TextState::Failed, at: at(12), segments: 2, reason: undelivered };
    assert_eq!(failed, PartNoted::Decided(report));
    let late = TextReport { id: one.id, state: TextState::Sent, at: at(13), segments: 2, reason: None };
    put(&store, &mut chance, vec![Write::TextReported(late)]);
    assert_eq!(state(&store, one.id), TextState::Failed);
}

#[test]
fn the_sender_is_woken_by_a_commit_that_holds_a_text_and_by_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let mut chance = Chance::from_number(65);
    let one = texts(&mut chance, 1).remove(0);
    let waiting = store.texts_waiting();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let is_woken =
        || runtime.block_on(async { tokio::time::timeout(Duration::ZERO, waiting.notified()).await.is_ok() });
    put(&store, &mut chance, vec![Write::Sequence { station: samples::STATION, day: 260_501, last: 1 }]);
    assert!(!is_woken());
    put(&store, &mut chance, vec![Write::Text(one)]);
    assert!(is_woken());
    assert!(!is_woken());
}

#[test]
fn the_same_text_within_two_minutes_is_one_text() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let mut chance = Chance::from_number(66);
    let first = samples::rows(&mut chance).inbound;
    let again = |second: i64, chance: &mut Chance| {
        let received_at = first.received_at + Duration::from_secs(second.unsigned_abs());
        yingda::domain::message::InboundText { id: chance.mint(NOW), received_at, ..first.clone() }
    };
    let (copy, late) = (again(119, &mut chance), again(121, &mut chance));
    let mut other = again(1, &mut chance);
    other.body = "37 2".into();
    let taken = store.take_in(vec![first.clone(), copy, other, late], TWO_MINUTES).unwrap();
    assert_eq!(taken, [Inbound::New, Inbound::Copy(first.id), Inbound::New, Inbound::New]);
    put(&store, &mut chance, vec![Write::TextHandled(first.clone())]);
    let unhandled = store.living(at(200)).unwrap().unhandled_texts;
    assert!(unhandled.len() == 2 && unhandled.iter().all(|text| text.id != first.id));
}

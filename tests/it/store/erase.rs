//! Erasing: no byte of the person is left, history stays whole, the living are not erased.

use std::fs;
use std::path::Path;

use yingda::desk::event::RecordChange;
use yingda::desk::write::Write;
use yingda::domain::assignment::AssignmentState;
use yingda::domain::callback::CallbackState;
use yingda::domain::care::CareState;
use yingda::domain::ids::Chance;
use yingda::domain::inbox::InboxState;
use yingda::domain::offer::OfferState;
use yingda::domain::survey::SurveyState;
use yingda::domain::ticket::TicketState;
use yingda::domain::volunteer::Lifecycle;
use yingda::domain::work_item::WorkState;
use yingda::store::backup::Beside;
use yingda::store::commit::{Batch, BatchStep};
use yingda::store::erase::ERASED_NUMBER;
use yingda::store::error::StoreError;
use yingda::store::{DATABASE_FILE, Store};

use super::samples::{self, NOW, RESIDENT, Rows, at, by_system, one_step, peopled};

/// What nobody may find afterwards, however it is spelled.
const TRACES: &[&str] =
    &["王秀英", "053283740001", "8653283740001", "53283740001", "单元 402", "软一点", "王建国", "83749911"];

pub fn closed(mut rows: Rows) -> Rows {
    rows.ticket.state = TicketState::Closed;
    rows.ticket.closed_at = Some(at(90));
    rows.work_item.state = WorkState::Done;
    rows.offer.state = OfferState::Accepted;
    rows.offer.ended_at = Some(at(20));
    rows.assignment.state = AssignmentState::Done;
    rows.assignment.ended_at = Some(at(80));
    rows.callback.state = CallbackState::Done;
    rows.callback.number = samples::number("053283740001");
    rows.inbox.from = samples::number("053283740001");
    rows.inbox.body = "我是王秀英,要软一点的饭".into();
    rows.inbox.state = InboxState::Done;
    rows.inbox.ended_at = Some(at(95));
    rows.survey.state = SurveyState::Answered;
    rows.care.state = CareState::Helped;
    rows.care.ended_at = Some(at(85));
    rows.text.body = "王秀英 阜新路 12 号 3 单元 402,电话 0532-83740001,053283740001".into();
    rows.text.to = samples::number("053283740001");
    rows
}

/// A store in which much was said about the resident, all of it over.
fn much_said(directory: &Path) -> (Store, Rows) {
    let store = peopled(directory);
    let mut chance = Chance::from_number(40);
    store.import_devices(vec![samples::device()], by_system()).unwrap();
    store.import_care_plans(vec![samples::care_plan()], by_system()).unwrap();
    let rows = closed(samples::rows(&mut chance));
    let mut writes = rows.writes();
    let mut of_the_call = rows.event("call.arrived");
    of_the_call.entity = format!("call:{}", rows.call.id);
    of_the_call.ticket = None;
    of_the_call.subject = None;
    of_the_call.detail = serde_json::json!({ "number": "+8653283740001" });
    writes.push(Write::Event(of_the_call));
    let said = format!("{{\"number\":\"+8653283740001\",\"call\":\"{}\"}}", rows.call.id);
    let batch = Batch {
        now: NOW,
        steps: vec![
            BatchStep { input: chance.mint(NOW), journal: Some(said.into_bytes()), writes },
            BatchStep {
                input: chance.mint(NOW),
                journal: Some(b"{\"event\":\"tick\"}".to_vec()),
                writes: vec![],
            },
        ],
    };
    assert_eq!(store.commit(batch).unwrap().refused().collect::<Vec<_>>(), []);
    let mut inbound = rows.inbound.clone();
    inbound.from = samples::number("053283740001");
    inbound.body = "我是王秀英".into();
    store.take_in(vec![inbound], std::time::Duration::from_secs(120)).unwrap();
    (store, rows)
}

fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn traces(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for path in files(directory) {
        let bytes = fs::read(&path).unwrap();
        for trace in TRACES {
            if bytes.windows(trace.len()).any(|window| window == trace.as_bytes()) {
                found.push(format!("{trace} in {}", path.file_name().unwrap().display()));
            }
        }
    }
    found
}

#[test]
fn after_erasing_no_byte_of_the_person_is_in_database_log_or_backup_and_history_is_whole() {
    let directory = tempfile::tempdir().unwrap();
    let (store, rows) = much_said(&directory.path().join("data"));
    assert!(!traces(directory.path()).is_empty(), "the search finds what is there");
    let erasure = store.erase_person(RESIDENT, by_system()).unwrap();
    store.scrub().unwrap();
    assert_eq!((erasure.tickets, erasure.recordings, erasure.inputs), (1, vec![rows.recording.id], 1));
    // The opening of the ticket and the arrival of the call.
    assert_eq!(erasure.events, 2);
    store.backup(&directory.path().join("backup"), &Beside::default(), &by_system()).unwrap();
    assert_eq!(traces(directory.path()), Vec::<String>::new());
    let verified = store.verify().unwrap();
    assert_eq!((verified.events, verified.erased), (8, 2));
    // What happened is still there: the ticket, when it opened, how it ended.
    let living = store.living(at(100)).unwrap();
    assert_eq!((living.tickets, living.unhandled_texts), (vec![], vec![]));
    assert_eq!(store.take_texts(10, at(100)).unwrap().texts, []);
    let kept: (String, i64) = store
        .read(|connection| {
            let sql = "SELECT number, opened_at FROM ticket WHERE state = 'closed'";
            Ok::<_, StoreError>(connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
        })
        .unwrap();
    assert_eq!(kept, (rows.ticket.number.to_string(), rows.ticket.opened_at.as_millis()));
    assert_eq!(store.known(&samples::number("053283740001"), NOW).unwrap().persons, []);
}

#[test]
fn the_desk_asks_the_register_while_every_other_reader_is_held() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let register = store.register().unwrap();
    let (arrived, arrivals) = crossbeam_channel::bounded(4);
    let (leave, left) = crossbeam_channel::bounded::<()>(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (store, arrived, left) = (store.clone(), arrived.clone(), left.clone());
            scope.spawn(move || {
                store
                    .read(|_| {
                        arrived.send(()).unwrap();
                        left.recv().ok();
                        Ok::<_, StoreError>(())
                    })
                    .unwrap();
            });
        }
        (0..4).for_each(|_| arrivals.recv().unwrap());
        assert!(matches!(store.known(&samples::number("053283740001"), NOW), Err(StoreError::Busy)));
        let known = register.known(&samples::number("053283740001"), NOW).unwrap();
        drop(leave);
        assert_eq!(known.persons.len(), 1);
    });
}

#[test]
fn recordings_of_the_erased_wait_until_somebody_says_they_are_destroyed() {
    let directory = tempfile::tempdir().unwrap();
    let (store, rows) = much_said(directory.path());
    store.erase_person(RESIDENT, by_system()).unwrap();
    drop(store);
    let store = samples::open(directory.path());
    assert_eq!(store.recordings_to_destroy().unwrap(), [rows.recording.id]);
    store.recordings_destroyed(vec![rows.recording.id], by_system()).unwrap();
    assert_eq!(store.recordings_to_destroy().unwrap(), []);
}

#[test]
fn what_was_erased_is_not_written_again_by_a_late_step_or_an_old_import() {
    let directory = tempfile::tempdir().unwrap();
    let (store, rows) = much_said(directory.path());
    store.erase_person(RESIDENT, by_system()).unwrap();
    let mut chance = Chance::from_number(41);
    let mut late = rows.ticket.clone();
    late.state = TicketState::Archived;
    store.commit(one_step(chance.mint(NOW), vec![Write::Ticket(Box::new(late))])).unwrap();
    store.import_people(vec![samples::resident()], by_system()).unwrap();
    store.scrub().unwrap();
    drop(store);
    assert_eq!(traces(directory.path()), Vec::<String>::new());
}

#[test]
fn a_volunteer_who_left_can_be_erased_and_the_desk_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let mut left = samples::volunteer();
    left.volunteer.lifecycle = Lifecycle::Left;
    store.import_volunteers(vec![left], by_system()).unwrap();
    let erasure = store.erase_person(samples::HELPER, by_system()).unwrap();
    let [RecordChange::People { .. }, RecordChange::Volunteer(volunteer)] = &erasure.changes[..] else {
        panic!("{:?}", erasure.changes)
    };
    assert_eq!((volunteer.id, volunteer.phone.as_str()), (samples::VOLUNTEER, ERASED_NUMBER));
    drop(store);
    for trace in ["李明", "13800000007"] {
        let database = fs::read(directory.path().join(DATABASE_FILE)).unwrap();
        assert!(!database.windows(trace.len()).any(|window| window == trace.as_bytes()), "{trace}");
    }
}

#[test]
fn nobody_is_erased_while_the_line_owes_them_something() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let mut chance = Chance::from_number(42);
    let rows = samples::rows(&mut chance);
    store.commit(one_step(chance.mint(NOW), rows.writes())).unwrap();
    let refused = store.erase_person(RESIDENT, by_system()).unwrap_err();
    assert!(matches!(&refused, StoreError::Refused(why) if why.contains("open")), "{refused}");
    let refused = store.erase_person(samples::HELPER, by_system()).unwrap_err();
    assert!(matches!(&refused, StoreError::Refused(why) if why.contains("volunteer")), "{refused}");
    assert_eq!(store.verify().unwrap().erased, 0);
}

#[test]
fn somebody_elses_number_in_a_household_stays_theirs() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let mut husband = samples::resident();
    husband.id = yingda::domain::ids::PersonId(600);
    husband.name = "张国强".into();
    husband.id_number = None;
    husband.contacts.clear();
    husband.phones[0].person = husband.id;
    store.import_people(vec![husband.clone()], by_system()).unwrap();
    store.erase_person(RESIDENT, by_system()).unwrap();
    let known = store.known(&samples::number("053283740001"), NOW).unwrap();
    assert_eq!(known.registered().map(|person| person.person), Some(husband.id));
}

#[test]
fn a_number_that_is_rung_for_somebody_else_is_not_erased() {
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = much_said(&directory.path().join("data"));
    let of_a_neighbour = yingda::domain::care::CarePlan {
        id: yingda::domain::ids::CarePlanId(5),
        person: samples::HELPER,
        ..samples::care_plan()
    };
    store.import_care_plans(vec![of_a_neighbour], by_system()).unwrap();
    let refused = store.erase_person(RESIDENT, by_system()).unwrap_err();
    assert!(matches!(&refused, StoreError::Refused(why) if why.contains("somebody else")), "{refused}");
}

//! Every row comes back as it went in.

use std::collections::BTreeSet;

use yingda::desk::event::RecordChange;
use yingda::desk::write::{VolunteerStanding, Write};
use yingda::domain::ids::{Chance, InputId};
use yingda::domain::ticket::TicketState;
use yingda::domain::volunteer::DutyState;
use yingda::store::{outbox, rows as stored};

use super::samples::{self, NOW, RESIDENT, STATION, VOLUNTEER, at, by_system, one_step, peopled};

#[test]
fn what_a_step_wrote_is_what_the_desk_is_restored_from() {
    let directory = tempfile::tempdir().unwrap();
    let mut chance = Chance::from_number(1);
    let rows = samples::rows(&mut chance);
    {
        let store = peopled(directory.path());
        let report = store.commit(one_step(chance.mint(NOW), rows.writes())).unwrap();
        assert_eq!(report.refused().collect::<Vec<_>>(), []);
        assert_eq!(
            store.take_in(vec![rows.inbound.clone()], std::time::Duration::from_secs(120)).unwrap(),
            [outbox::Inbound::New]
        );
    }
    let store = samples::open(directory.path());
    let living = store.living(at(60)).unwrap();
    assert_eq!(living.tickets, [rows.ticket]);
    assert_eq!(living.work_items, [rows.work_item]);
    assert_eq!(living.offers, [rows.offer]);
    assert_eq!(living.assignments, [rows.assignment]);
    assert_eq!(living.surveys, [rows.survey]);
    assert_eq!(living.callbacks, [rows.callback]);
    assert_eq!(living.care_calls, [rows.care]);
    assert_eq!(living.inbox, [rows.inbox]);
    assert_eq!(living.marks, [rows.mark]);
    assert_eq!(living.recordings, [rows.recording]);
    assert_eq!(living.people.iter().map(|person| person.person).collect::<Vec<_>>(), [RESIDENT]);
    assert_eq!(living.attempts, [rows.attempt]);
    assert_eq!(store.take_texts(10, at(60)).unwrap().texts, [rows.text]);
    assert_eq!(living.unhandled_texts, [rows.inbound]);
    assert_eq!(living.volunteers, [samples::volunteer().volunteer]);
    assert_eq!(living.stations, [samples::station()]);
    assert_eq!(living.sequences, [(STATION, 260_501, 7)]);
    assert_eq!(living.calls, []);
    assert_eq!(living.last_seen, Some(NOW));
}

#[test]
fn a_ticket_that_is_over_is_alive_as_long_as_it_may_be_opened_again_or_its_codes_rest() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let mut chance = Chance::from_number(5);
    let mut closed = samples::ticket(&mut chance);
    closed.state = TicketState::Closed;
    closed.closed_at = Some(at(100));
    let mut merged = samples::ticket(&mut chance);
    merged.state = TicketState::Merged;
    merged.number.sequence = 8;
    let mut void = samples::ticket(&mut chance);
    void.state = TicketState::Void;
    void.number.sequence = 9;
    let tickets = [&closed, &merged, &void];
    let writes = tickets.map(|ticket| Write::Ticket(Box::new(ticket.clone())));
    store.commit(one_step(chance.mint(NOW), writes.to_vec())).unwrap();
    let lately = |day: i64| store.living(at(day * 86_400)).unwrap().closed_lately;
    let numbers = |day| lately(day).iter().map(|ticket| ticket.number.sequence).collect::<BTreeSet<_>>();
    assert_eq!(store.living(NOW).unwrap().tickets, []);
    assert_eq!((numbers(14), numbers(16)), (BTreeSet::from([7, 8, 9]), BTreeSet::new()));
}

#[test]
fn the_stores_health_shows_what_waits_and_what_was_set_apart() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let mut chance = Chance::from_number(6);
    let rows = samples::rows(&mut chance);
    store.commit(one_step(chance.mint(NOW), rows.writes())).unwrap();
    store.quarantine(chance.mint(NOW), "it panicked".into(), Some(b"said".to_vec()), NOW).unwrap();
    let health = store.health().unwrap();
    assert_eq!((health.texts_waiting, health.quarantined, health.jobs_waiting), (1, 1, 0));
    assert!(health.database_bytes > 0 && health.log_bytes > 0);
}

#[test]
fn a_call_and_a_recording_come_back_as_they_went_in() {
    let directory = tempfile::tempdir().unwrap();
    let mut chance = Chance::from_number(2);
    let rows = samples::rows(&mut chance);
    let store = peopled(directory.path());
    store.commit(one_step(chance.mint(NOW), rows.writes())).unwrap();
    store
        .read(|connection| {
            let sql = format!("SELECT {} FROM call", stored::call::COLUMNS);
            let call = connection.query_row(&sql, [], |row| Ok(stored::call::read(row)))?;
            assert_eq!(call.unwrap(), rows.call);
            let sql = format!("SELECT {} FROM recording", stored::recording::COLUMNS);
            let recording = connection.query_row(&sql, [], |row| Ok(stored::recording::read(row)))?;
            assert_eq!(recording.unwrap(), rows.recording);
            Ok::<_, yingda::store::error::StoreError>(())
        })
        .unwrap();
}

#[test]
fn a_person_comes_back_as_registered() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let found = store.read(|connection| {
        Ok::<_, yingda::store::error::StoreError>(stored::person::find(connection, RESIDENT)?)
    });
    assert_eq!(found.unwrap(), Some(samples::resident()));
}

#[test]
fn a_number_is_known_with_its_person_and_what_holds_today() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let known = store.known(&samples::number("0532 8374 0001"), at(90_000)).unwrap();
    let person = known.registered().unwrap();
    assert_eq!((person.person, person.born, person.first_visit), (RESIDENT, samples::resident().born, true));
    // The income flag ran out a day after it was registered.
    assert_eq!(person.flags, [yingda::domain::person::PersonFlag::LivesAlone]);
    assert_eq!(store.known(&samples::number("13712345678"), NOW).unwrap().persons, []);
}

#[test]
fn a_number_without_contact_for_half_a_year_only_may_be_theirs() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let later = at(181 * 86_400);
    let known = store.known(&samples::number("053283740001"), later).unwrap();
    assert_eq!(known.registered(), None);
    let mut chance = Chance::from_number(3);
    let mut rows = samples::rows(&mut chance);
    rows.call.started_at = at(170 * 86_400);
    rows.call.ended_at = Some(at(170 * 86_400 + 60));
    store.commit(one_step(chance.mint(NOW), vec![Write::Call(rows.call)])).unwrap();
    let known = store.known(&samples::number("053283740001"), later).unwrap();
    assert_eq!(known.registered().map(|person| person.person), Some(RESIDENT));
}

#[test]
fn the_desk_keeps_what_it_decided_of_a_volunteer_when_the_profile_is_imported_again() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let standing = VolunteerStanding {
        volunteer: VOLUNTEER,
        duty: DutyState::Resting,
        opted_out: true,
        last_assigned_at: Some(at(10)),
        resting_until: Some(at(20)),
        answers: vec![samples::answer_at_nine(); 20],
        rating: Some(640),
    };
    let input: InputId = Chance::from_number(4).mint(NOW);
    store.commit(one_step(input, vec![Write::Duty(standing.clone())])).unwrap();
    let mut again = samples::volunteer();
    again.volunteer.rating = None;
    let changed = store.import_volunteers(vec![again], by_system()).unwrap();
    let [RecordChange::Volunteer(volunteer)] = &changed[..] else { panic!("{changed:?}") };
    assert_eq!((volunteer.rating, volunteer.version), (Some(640), 2));
    assert_eq!((volunteer.duty, volunteer.opted_out), (DutyState::Resting, true));
    assert_eq!((&volunteer.answers, volunteer.resting_until), (&standing.answers, Some(at(20))));
}

#[test]
fn whom_a_resident_does_not_want_is_kept_with_them_and_taken_back() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let blocked = || {
        let known = store.known(&samples::number("0532 8374 0001"), at(90_000)).unwrap();
        known.registered().unwrap().blocked.clone()
    };
    let mut chance = Chance::from_number(5);
    let before = blocked();
    assert!(!before.contains(&VOLUNTEER));
    for since in [Some(at(1)), Some(at(2)), None] {
        let write = Write::Excluded { person: RESIDENT, volunteer: VOLUNTEER, since };
        let input: InputId = chance.mint(NOW);
        store.commit(one_step(input, vec![write])).unwrap();
        assert_eq!(blocked().contains(&VOLUNTEER), since.is_some());
    }
    assert_eq!(blocked(), before);
}

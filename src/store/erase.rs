//! Erasing one person: what identifies them leaves the store, what happened stays.
//!
//! The chain of events stays whole: only words and salts go, and an `erased` event says whose events lost them.
//! A person whom the line still owes something (an open ticket, a call back) cannot be erased before it is done.

use std::collections::BTreeSet;
use std::time::Duration;

use rusqlite::{Connection, ToSql, Transaction, params};
use serde_json::json;

use super::archive;
use super::error::StoreError;
use super::journal::Journal;
use super::records::By;
use super::rows::callback::OWED;
use super::verify::{ERASED, MINIMISED};
use super::writer::LOCK_WAIT;
use super::{known, rows};
use crate::desk::event::RecordChange;
use crate::domain::ids::{CallId, CallbackId, MessageId, PersonId, RecordingId, TicketId, VolunteerId};
use crate::domain::phone_number::{NumberingPlan, PhoneNumber};

/// What stands where a number was that no row may be without.
pub const ERASED_NUMBER: &str = "+0000000";

/// What an erasure took.
#[derive(Debug, Clone, PartialEq)]
pub struct Erasure {
    /// Events that lost their words.
    pub events: usize,
    pub tickets: usize,
    /// To be destroyed now: the store only marks them.
    pub recordings: Vec<RecordingId>,
    /// Inputs of the journal that were emptied.
    pub inputs: usize,
    /// The number of the `erased` event.
    pub event: i64,
    /// What the desk has to be told.
    pub changes: Vec<RecordChange>,
}

/// Everything that is somebody's, found before anything is taken.
struct Theirs {
    person: PersonId,
    /// Numbers that are nobody else's.
    numbers: Vec<PhoneNumber>,
    /// Opened for them, or by their number for nobody named.
    tickets: Vec<TicketId>,
    calls: Vec<CallId>,
    callbacks: Vec<CallbackId>,
    /// In stations' inboxes.
    texts: Vec<MessageId>,
    volunteer: Option<VolunteerId>,
    /// A care plan is theirs, or has one of their numbers.
    planned: bool,
}

pub(super) fn erase(
    transaction: &Transaction<'_>,
    journal: &Journal,
    person: PersonId,
    by: &By,
) -> Result<Erasure, StoreError> {
    let theirs = find(transaction, person)?;
    refuse_while_owed(transaction, &theirs)?;
    let recordings = erase_recordings(transaction, &theirs, by)?;
    let events = erase_events(transaction, &theirs)?;
    erase_calls(transaction, &theirs)?;
    erase_tickets(transaction, &theirs, by)?;
    erase_texts(transaction, &theirs)?;
    erase_register(transaction, &theirs, by)?;
    let inputs = journal.forget(transaction, &spoken_of(&theirs))?;
    let event = by.note(
        transaction,
        format!("person:{person}"),
        ERASED,
        None,
        json!({ "events": events, "tickets": theirs.tickets.len(), "recordings": recordings.len() }),
    )?;
    let mut changes = vec![RecordChange::People { jurisdiction: by.jurisdiction.clone() }];
    if theirs.planned {
        changes.push(RecordChange::CarePlans(known::planned_care(transaction, by.at)?));
    }
    if let Some(volunteer) = theirs.volunteer {
        let left = rows::volunteer::find(transaction, volunteer)?;
        changes.extend(left.map(|volunteer| RecordChange::Volunteer(Box::new(volunteer))));
    }
    Ok(Erasure { events: events.len(), tickets: theirs.tickets.len(), recordings, inputs, event, changes })
}

fn ids<T: rusqlite::types::FromSql>(
    connection: &Connection,
    sql: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<T>, StoreError> {
    Ok(connection.prepare(sql)?.query_map(values, |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Runs a statement once for each value, bound as `?1`.
fn for_each<T: ToSql>(connection: &Connection, sql: &str, values: &[T]) -> Result<(), StoreError> {
    let mut statement = connection.prepare(sql)?;
    for value in values {
        statement.execute([value])?;
    }
    Ok(())
}

fn find(connection: &Connection, person: PersonId) -> Result<Theirs, StoreError> {
    let there: Vec<bool> = ids(connection, "SELECT erased_at IS NULL FROM person WHERE id = ?1", &[&person])?;
    match there.first() {
        Some(true) => {}
        Some(false) => return Err(StoreError::Refused("this person is erased already".into())),
        None => return Err(StoreError::Refused("there is no such person".into())),
    }
    let volunteer = ids(connection, "SELECT id FROM volunteer WHERE person = ?1", &[&person])?.pop();
    let numbers: Vec<PhoneNumber> = ids(
        connection,
        "SELECT n.number FROM person_phone n WHERE n.person = ?1 AND n.shared = 0 AND NOT EXISTS \
         (SELECT 1 FROM person_phone o WHERE o.number = n.number AND o.person <> ?1) \
         UNION SELECT d.number FROM device d WHERE d.owner = ?1 AND NOT EXISTS \
         (SELECT 1 FROM person_phone o WHERE o.number = d.number AND o.person <> ?1) \
         UNION SELECT v.phone FROM volunteer v WHERE v.person = ?1 AND NOT EXISTS \
         (SELECT 1 FROM volunteer o WHERE o.phone = v.phone AND o.person <> ?1)",
        &[&person],
    )?;
    let planned = !ids::<i64>(connection, "SELECT id FROM care_plan WHERE person = ?1", &[&person])?
        .is_empty()
        || in_plans(connection, &numbers)?;
    let mut tickets: BTreeSet<TicketId> =
        ids(connection, "SELECT id FROM ticket WHERE beneficiary = ?1", &[&person])?.into_iter().collect();
    let mut calls: BTreeSet<CallId> =
        ids(connection, "SELECT id FROM call WHERE person = ?1", &[&person])?.into_iter().collect();
    let mut callbacks: BTreeSet<CallbackId> =
        ids(connection, "SELECT id FROM callback_request WHERE person = ?1", &[&person])?
            .into_iter()
            .collect();
    let mut texts: BTreeSet<MessageId> =
        ids(connection, "SELECT id FROM station_inbox WHERE person = ?1", &[&person])?.into_iter().collect();
    for number in &numbers {
        texts.extend(ids::<MessageId>(
            connection,
            "SELECT id FROM station_inbox WHERE sender = ?1",
            &[number],
        )?);
        tickets.extend(ids::<TicketId>(
            connection,
            "SELECT id FROM ticket WHERE caller = ?1 AND beneficiary IS NULL",
            &[number],
        )?);
        calls.extend(ids::<CallId>(connection, "SELECT id FROM call WHERE number = ?1", &[number])?);
        callbacks.extend(ids::<CallbackId>(
            connection,
            "SELECT id FROM callback_request WHERE number = ?1",
            &[number],
        )?);
    }
    for ticket in &tickets {
        calls.extend(ids::<CallId>(connection, "SELECT id FROM call WHERE ticket = ?1", &[ticket])?);
    }
    Ok(Theirs {
        person,
        numbers,
        tickets: tickets.into_iter().collect(),
        calls: calls.into_iter().collect(),
        callbacks: callbacks.into_iter().collect(),
        texts: texts.into_iter().collect(),
        volunteer,
        planned,
    })
}

fn in_plans(connection: &Connection, numbers: &[PhoneNumber]) -> Result<bool, StoreError> {
    for number in numbers {
        let speaks = "SELECT id FROM care_plan WHERE number = ?1 OR instr(contacts, ?1) > 0";
        if !ids::<i64>(connection, speaks, &[number])?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn refuse_while_owed(connection: &Connection, theirs: &Theirs) -> Result<(), StoreError> {
    let any = |sql: &str, values: &[&dyn ToSql]| -> Result<bool, StoreError> {
        Ok(connection.prepare(&format!("SELECT EXISTS ({sql})"))?.query_row(values, |row| row.get(0))?)
    };
    let refuse = |why: &str| Err(StoreError::Refused(why.to_owned()));
    for ticket in &theirs.tickets {
        if any("SELECT 1 FROM ticket WHERE id = ?1 AND is_open = 1", &[ticket])? {
            return refuse("a ticket of theirs is open: close, withdraw or void it first");
        }
    }
    for callback in &theirs.callbacks {
        let owed = format!("SELECT 1 FROM callback_request WHERE id = ?1 AND {OWED}");
        if any(&owed, &[callback])? {
            return refuse("they are owed a call: make it or cancel it first");
        }
    }
    for number in &theirs.numbers {
        if any("SELECT 1 FROM number_mark WHERE number = ?1", &[number])? {
            return refuse("their number is marked (danger, or abuse): take the marks off first");
        }
    }
    for number in &theirs.numbers {
        let rings: &[&dyn ToSql] = &[number, &theirs.person];
        if any("SELECT 1 FROM care_plan WHERE number = ?1 AND person <> ?2", rings)? {
            return refuse("a care plan of somebody else rings their number: change or end it first");
        }
    }
    for text in &theirs.texts {
        if any("SELECT 1 FROM station_inbox WHERE id = ?1 AND state = 'waiting'", &[text])? {
            return refuse("a text of theirs waits in a station's inbox: answer it or note it as done first");
        }
    }
    for call in &theirs.calls {
        if any("SELECT 1 FROM call WHERE id = ?1 AND ended_at IS NULL", &[call])? {
            return refuse("a call of theirs is going on");
        }
    }
    let person: &[&dyn ToSql] = &[&theirs.person];
    if any("SELECT 1 FROM care_call WHERE person = ?1 AND ended_at IS NULL AND state <> 'planned'", person)? {
        return refuse("a care call of theirs is not over: wait until it is");
    }
    if any("SELECT 1 FROM volunteer WHERE person = ?1 AND lifecycle <> 'left'", person)? {
        return refuse("they are a volunteer: set their lifecycle to left first");
    }
    if any("SELECT 1 FROM staff_member WHERE person = ?1 AND active = 1", person)? {
        return refuse("they are a member of staff: end that first");
    }
    if any("SELECT 1 FROM app_user WHERE person = ?1 AND disabled_at IS NULL", person)? {
        return refuse("they have a login: disable it first");
    }
    Ok(())
}

/// Marks the recordings; whoever keeps the files destroys them and says so.
fn erase_recordings(
    connection: &Connection,
    theirs: &Theirs,
    by: &By,
) -> Result<Vec<RecordingId>, StoreError> {
    let mut found = BTreeSet::new();
    for ticket in &theirs.tickets {
        found.extend(ids::<RecordingId>(
            connection,
            "SELECT id FROM recording WHERE ticket = ?1",
            &[ticket],
        )?);
    }
    for call in &theirs.calls {
        found.extend(ids::<RecordingId>(connection, "SELECT id FROM recording WHERE call = ?1", &[call])?);
    }
    let mut statement =
        connection.prepare("UPDATE recording SET erased_at = ?2 WHERE id = ?1 AND erased_at IS NULL")?;
    for recording in &found {
        statement.execute(params![recording, by.at])?;
    }
    Ok(found.into_iter().collect())
}

/// Takes the words of every event that is about them; answers which. Lines that vouch for words taken before hold only
/// numbers of events, and stay.
fn erase_events(connection: &Connection, theirs: &Theirs) -> Result<BTreeSet<i64>, StoreError> {
    let mut events: BTreeSet<i64> =
        ids(connection, "SELECT seq FROM event_private WHERE subject = ?1", &[&theirs.person])?
            .into_iter()
            .collect();
    for ticket in &theirs.tickets {
        events.extend(ids::<i64>(connection, "SELECT seq FROM event WHERE ticket = ?1", &[ticket])?);
    }
    let calls = theirs.calls.iter().map(|id| format!("call:{id}"));
    let callbacks = theirs.callbacks.iter().map(|id| format!("callback:{id}"));
    let texts = theirs.texts.iter().map(|id| format!("text:{id}"));
    for entity in calls.chain(callbacks).chain(texts) {
        events.extend(ids::<i64>(connection, "SELECT seq FROM event WHERE entity = ?1", &[&entity])?);
    }
    for number in spellings(&theirs.numbers) {
        let speaks = "SELECT seq FROM event_private WHERE instr(body, ?1) > 0";
        events.extend(ids::<i64>(connection, speaks, &[&number])?);
    }
    let mut statement = connection.prepare(
        "DELETE FROM event_private WHERE seq = ?1 \
         AND NOT EXISTS (SELECT 1 FROM event WHERE seq = ?1 AND kind IN (?2, ?3))",
    )?;
    let mut taken = BTreeSet::new();
    for seq in events {
        if statement.execute(params![seq, ERASED, MINIMISED])? == 1 {
            taken.insert(seq);
        }
    }
    Ok(taken)
}

fn erase_calls(connection: &Connection, theirs: &Theirs) -> Result<(), StoreError> {
    for_each(
        connection,
        "UPDATE call SET number = NULL, dialled = CASE direction WHEN 'outgoing' THEN '' ELSE dialled END \
         WHERE id = ?1",
        &theirs.calls,
    )?;
    for_each(
        connection,
        "UPDATE call_attempt SET target = '' WHERE ticket = ?1 AND purpose IN ('survey', 'who_comes', 'callback')",
        &theirs.tickets,
    )?;
    let spelled = spellings(&theirs.numbers);
    for_each(connection, "UPDATE call_attempt SET target = '' WHERE target = ?1", &spelled)?;
    for_each(connection, "UPDATE call SET dialled = '' WHERE dialled = ?1", &spelled)?;
    for_each(
        connection,
        &format!("UPDATE callback_request SET number = '{ERASED_NUMBER}' WHERE id = ?1"),
        &theirs.callbacks,
    )
}

fn erase_tickets(connection: &Connection, theirs: &Theirs, by: &By) -> Result<(), StoreError> {
    let mut statement = connection.prepare(
        "UPDATE ticket SET caller = NULL, address = NULL, latitude_e7 = NULL, longitude_e7 = NULL, \
         description = '', police_report = NULL, referral = NULL, recording = NULL, risk = NULL, guardian = NULL, erased_at = ?2 WHERE id = ?1",
    )?;
    for ticket in &theirs.tickets {
        statement.execute(params![ticket, by.at])?;
    }
    // Somebody else's tickets that they rang about keep their words.
    for_each(connection, "UPDATE ticket SET caller = NULL WHERE caller = ?1", &theirs.numbers)?;
    let number = format!("UPDATE survey SET number = '{ERASED_NUMBER}'");
    for_each(connection, &format!("{number} WHERE ticket = ?1"), &theirs.tickets)?;
    for_each(connection, &format!("{number} WHERE number = ?1"), &theirs.numbers)?;
    for_each(
        connection,
        &format!(
            "UPDATE offer SET phone = '{ERASED_NUMBER}' WHERE phone = ?1 \
             AND state NOT IN ('draft', 'sent', 'delivered')"
        ),
        &theirs.numbers,
    )
}

fn erase_texts(connection: &Connection, theirs: &Theirs) -> Result<(), StoreError> {
    for_each(
        connection,
        &format!("UPDATE station_inbox SET sender = '{ERASED_NUMBER}', body = '' WHERE id = ?1"),
        &theirs.texts,
    )?;
    let words = "body = 'erased', parameters = '{}'";
    for_each(connection, &format!("UPDATE outgoing_text SET {words} WHERE ticket = ?1"), &theirs.tickets)?;
    for spelled in spellings(&theirs.numbers) {
        connection.execute(
            &format!(
                "UPDATE outgoing_text SET {words} WHERE instr(body, ?1) > 0 OR instr(parameters, ?1) > 0"
            ),
            [&spelled],
        )?;
    }
    for_each(
        connection,
        &format!(
            "UPDATE outgoing_text SET {words}, recipient = '{ERASED_NUMBER}', \
             state = CASE state WHEN 'waiting' THEN 'cancelled' ELSE state END WHERE recipient = ?1"
        ),
        &theirs.numbers,
    )?;
    for_each(
        connection,
        &format!(
            "UPDATE inbound_text SET sender = '{ERASED_NUMBER}', body = '', \
             handled_at = coalesce(handled_at, received_at) WHERE sender = ?1"
        ),
        &theirs.numbers,
    )
}

fn erase_register(connection: &Connection, theirs: &Theirs, by: &By) -> Result<(), StoreError> {
    let person = &theirs.person;
    connection.execute(
        "UPDATE person SET name = NULL, id_number = NULL, born = NULL, gender = NULL, gender_wish = NULL, area = NULL, address = NULL, \
         latitude_e7 = NULL, longitude_e7 = NULL, erased_at = ?2 WHERE id = ?1",
        params![person, by.at],
    )?;
    for table in ["person_language", "person_flag", "person_phone", "person_contact", "blocked_volunteer"] {
        connection.execute(&format!("DELETE FROM {table} WHERE person = ?1"), [person])?;
    }
    connection.execute("DELETE FROM device WHERE owner = ?1", [person])?;
    erase_care(connection, theirs, by)?;
    for_each(connection, "DELETE FROM person_contact WHERE number = ?1", &theirs.numbers)?;
    if let Some(volunteer) = theirs.volunteer {
        connection.execute(
            &format!(
                "UPDATE volunteer SET phone = '{ERASED_NUMBER}', latitude_e7 = NULL, longitude_e7 = NULL, \
                 version = version + 1 WHERE id = ?1"
            ),
            [volunteer],
        )?;
    }
    connection.execute(
        "DELETE FROM phone_account WHERE user IN (SELECT id FROM app_user WHERE person = ?1)",
        [person],
    )?;
    connection.execute(
        "UPDATE app_user SET login = 'erased-' || id, name = '', password_hash = '' WHERE person = ?1",
        [person],
    )?;
    Ok(())
}

/// Nobody is rung for them any more, and they for nobody.
fn erase_care(connection: &Connection, theirs: &Theirs, by: &By) -> Result<(), StoreError> {
    for_each(connection, "DELETE FROM care_plan WHERE number = ?1", &theirs.numbers)?;
    connection.execute("DELETE FROM care_plan WHERE person = ?1", [theirs.person])?;
    connection.execute(
        "UPDATE care_call SET state = 'dropped', ended_at = ?1 WHERE ended_at IS NULL AND state = 'planned' \
         AND plan NOT IN (SELECT id FROM care_plan)",
        [by.at],
    )?;
    for_each(
        connection,
        "UPDATE care_plan SET contacts = (SELECT json_group_array(json(value)) FROM json_each(contacts) \
         WHERE json_extract(value, '$.number') <> ?1) WHERE instr(contacts, ?1) > 0",
        &theirs.numbers,
    )
}

/// A number as it may stand in words: E.164, without its +, and as people of the country write it.
fn spellings(numbers: &[PhoneNumber]) -> Vec<String> {
    let plan = NumberingPlan::default();
    let spelled = |number: &PhoneNumber| {
        let digits = number.as_str().trim_start_matches('+').to_owned();
        [number.as_str().to_owned(), digits, number.national(&plan)]
    };
    let all: BTreeSet<String> = numbers.iter().flat_map(spelled).collect();
    all.into_iter().collect()
}

/// Words by which a journalled input is known to speak of them.
fn spoken_of(theirs: &Theirs) -> Vec<String> {
    let mut words = spellings(&theirs.numbers);
    for end in [',', '}', ']'] {
        words.push(format!("\"person\":{}{end}", theirs.person));
        words.push(format!("\"beneficiary\":{}{end}", theirs.person));
    }
    words.extend(theirs.tickets.iter().map(ToString::to_string));
    words.extend(theirs.calls.iter().map(ToString::to_string));
    words.extend(theirs.callbacks.iter().map(ToString::to_string));
    words.extend(theirs.texts.iter().map(ToString::to_string));
    words
}

/// Recordings that were erased but whose files are not yet known to be destroyed.
pub(super) fn to_destroy(connection: &Connection) -> Result<Vec<RecordingId>, StoreError> {
    ids(connection, "SELECT id FROM recording WHERE erased_at IS NOT NULL AND destroyed_at IS NULL", &[])
}

pub(super) fn destroyed(
    connection: &Connection,
    recordings: &[RecordingId],
    by: &By,
) -> Result<(), StoreError> {
    let mut statement = connection
        .prepare("UPDATE recording SET destroyed_at = ?2 WHERE id = ?1 AND destroyed_at IS NULL")?;
    for recording in recordings {
        // What is noted already was destroyed then, not now.
        if statement.execute(params![recording, by.at])? > 0 {
            archive::note_destroyed(connection, *recording, by)?;
        }
    }
    Ok(())
}

/// Moves everything from the log into the database and empties the log: no byte of what was deleted is left in either,
/// because SQLite overwrites what it deletes (`secure_delete`). False when somebody still reads what was before.
pub(super) fn scrub(connection: &Connection) -> Result<bool, StoreError> {
    connection.busy_timeout(Duration::ZERO)?; // commits wait behind us
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    connection.busy_timeout(LOCK_WAIT)?;
    match busy.map_err(StoreError::from) {
        Ok(busy) => Ok(!busy),
        Err(StoreError::Busy) => Ok(false),
        Err(error) => Err(error),
    }
}

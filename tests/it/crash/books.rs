//! What must stand in the store of a server that was killed, held against what callers heard and handsets showed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::Connection;
use yingda::demo::sms_centre::Received;
use yingda::desk::Desk;
use yingda::desk::deadlines::Due;
use yingda::domain::ids::{Chance, JurisdictionId};
use yingda::domain::phone_number::NumberingPlan;
use yingda::domain::survey::SurveyState;
use yingda::service::house::Ground;
use yingda::service::{living, rules};
use yingda::store::error::StoreError;
use yingda::store::queries::places;

use super::burst::Told;
use super::handsets::{code, is_offer};
use crate::scenarios::town::number;

/// The store of a server that is no more.
pub struct Books {
    ground: Ground,
}

impl Books {
    pub fn open(data: &Path) -> Self {
        Self { ground: Ground::open(data).unwrap() }
    }

    /// Column by column as text; nothing is an empty one.
    fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let read = |connection: &Connection| -> Result<_, StoreError> {
            let mut statement = connection.prepare(sql)?;
            let columns = statement.column_count();
            let row = |row: &rusqlite::Row<'_>| {
                (0..columns).map(|n| Ok(row.get::<_, Option<String>>(n)?.unwrap_or_default())).collect()
            };
            Ok(statement.query_map([], row)?.collect::<Result<Vec<Vec<String>>, _>>()?)
        };
        self.ground.store.read(read).unwrap()
    }

    /// Tickets by who rang: their numbers.
    pub fn tickets(&self) -> BTreeMap<String, Vec<String>> {
        let mut found = BTreeMap::<String, Vec<String>>::new();
        for row in self.rows("SELECT caller, number FROM ticket") {
            found.entry(row[0].clone()).or_default().push(row[1].clone());
        }
        found
    }

    /// Whoever was answered and heard no number has a ticket all the same, or is owed a call, or the call is accounted for.
    pub fn who_was_cut_off_is_remembered(&self, told: &[Told]) {
        let sql = "SELECT caller FROM ticket UNION SELECT number FROM callback_request UNION \
                   SELECT number FROM call WHERE disposition IS NOT NULL";
        let remembered: BTreeSet<String> = self.rows(sql).into_iter().map(|mut row| row.remove(0)).collect();
        let owed = self.rows("SELECT number FROM callback_request").len();
        let cut_off: Vec<&Told> = told.iter().filter(|told| told.answered && !told.began).collect();
        let lost: Vec<_> =
            cut_off.iter().filter(|told| !remembered.contains(number(&told.from).as_str())).collect();
        assert!(lost.is_empty(), "callers who were answered and forgotten: {lost:?}");
        assert!(owed > 0, "{} callers were cut off and nobody is owed a call", cut_off.len());
    }

    /// Every open ticket has an owner and a deadline; so has whatever hangs on it; nothing hangs on a closed one.
    pub fn nothing_is_forgotten(&self) {
        let (store, now) = (&self.ground.store, self.ground.clock.now());
        let areas = store.read(|connection| Ok::<_, StoreError>(places::areas(connection)?)).unwrap();
        let jurisdiction = JurisdictionId("shibei".into());
        let library = rules::library(None).unwrap();
        let rules = rules::load(store, &jurisdiction, &NumberingPlan::default(), areas, library).unwrap();
        let living = living::read(&store.register().unwrap(), now).unwrap().desk;
        let (tickets, callbacks) = (living.tickets.clone(), living.callbacks.clone());
        let (offers, surveys) = (living.offers.clone(), living.surveys.clone());
        let stations: BTreeSet<_> = living.stations.iter().map(|station| station.id).collect();
        let (desk, _) = Desk::restore(rules, Chance::from_number(1), living, &[], now);
        for ticket in tickets.iter().filter(|ticket| ticket.state.is_open()) {
            let due = desk.deadline_of(Due::Ticket(ticket.id));
            assert!(due.is_some(), "{} is {} and nothing is due on it", ticket.number, ticket.state);
            assert!(stations.contains(&ticket.owner), "{} has no owner", ticket.number);
        }
        let open: BTreeSet<_> = tickets.iter().filter(|t| t.state.is_open()).map(|t| t.id).collect();
        for offer in offers.iter().filter(|offer| offer.state.is_open()) {
            assert!(open.contains(&offer.ticket), "an open offer belongs to no open ticket: {offer:?}");
        }
        use SurveyState as S;
        let owed = |state| matches!(state, S::Planned | S::Asking | S::Texted | S::ForPerson);
        for survey in surveys.iter().filter(|survey| owed(survey.state)) {
            assert!(open.contains(&survey.ticket), "an open survey belongs to no open ticket: {survey:?}");
        }
        for request in callbacks.iter().filter(|request| request.state.is_open()) {
            let due = desk.deadline_of(Due::Callback(request.id));
            assert!(due.is_some(), "a call-back that is {} has no deadline", request.state);
        }
    }

    /// What handsets showed is what the outbox holds, word for word; a code means one offer for ever; a text goes
    /// out again at most once for each sudden end.
    pub fn texts_mean_what_they_meant(&self, shown: &[Received], ends: usize) {
        let mut written = BTreeMap::<(String, String), usize>::new();
        for row in self.rows("SELECT recipient, body FROM outgoing_text") {
            *written.entry((row[0].clone(), row[1].clone())).or_default() += 1;
        }
        let mut read = BTreeMap::<(String, String), usize>::new();
        let mut meant = BTreeMap::<(&str, &str), &str>::new();
        for text in shown {
            *read.entry((format!("+{}", text.to), text.body.clone())).or_default() += 1;
            if let Some(code) = code(&text.body).filter(|_| is_offer(&text.body)) {
                let before = meant.insert((&text.to, code), &text.body).unwrap_or(&text.body);
                assert_eq!(before, text.body, "one code, two meanings");
            }
        }
        for (text, times) in &read {
            let rows = written.get(text).copied().unwrap_or(0);
            assert!(rows > 0, "a handset showed what the outbox does not hold: {text:?}");
            assert!(*times <= rows * (1 + ends), "shown {times} times, written {rows} times: {text:?}");
        }
        let twice =
            self.rows("SELECT phone, CAST(code AS TEXT) FROM offer GROUP BY phone, code HAVING count(*) > 1");
        assert!(twice.is_empty(), "codes that stand for two offers: {twice:?}");
    }

    /// The chain holds from the first event to the last.
    pub fn history_is_whole(&self) {
        self.ground.store.verify().unwrap();
    }

    pub fn count(&self, sql: &str) -> usize {
        self.rows(sql).len()
    }
}

/// Every number that a caller began to hear is a ticket of that caller, and nobody's but theirs.
pub fn every_number_heard_is_there(told: &[Told], tickets: &BTreeMap<String, Vec<String>>) {
    let none = vec![];
    for told in told.iter().filter(|told| told.began) {
        let theirs = tickets.get(number(&told.from).as_str()).unwrap_or(&none);
        let [ticket] = &theirs[..] else { panic!("{told:?} has the tickets {theirs:?}") };
        let digits = ticket.replace('-', "");
        assert!(digits.starts_with(&told.digits), "{told:?} heard another number than {ticket}");
        assert!(!told.whole || digits == told.digits, "{told:?} heard part of {ticket} as the whole");
    }
    let numbers: Vec<&String> = tickets.values().flatten().collect();
    let once: BTreeSet<&&String> = numbers.iter().collect();
    assert_eq!(once.len(), numbers.len(), "a number was given twice");
}

/// What `yingda tickets --json` lists, by caller.
pub fn listed(json_lines: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::<String, Vec<String>>::new();
    for line in json_lines.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        found.entry(text("caller")).or_default().push(text("number"));
    }
    found
}

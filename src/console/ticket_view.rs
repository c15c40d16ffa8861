//! One ticket with everything that hangs on it, read in one moment, with the names it mentions.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use crate::domain::actor::Doer;
use crate::domain::assignment::{Assignment, AssignmentKind};
use crate::domain::call::Call;
use crate::domain::ids::{FacilityId, PersonId, TicketId, UserId, VolunteerId};
use crate::domain::message::OutgoingText;
use crate::domain::number_mark::NumberMark;
use crate::domain::offer::Offer;
use crate::domain::recording::Recording;
use crate::domain::ticket::Ticket;
use crate::domain::ticket_number::TicketNumber;
use crate::domain::work_item::WorkItem;
use crate::store::error::StoreError;
use crate::store::queries::case::{self, HistoryLine};
use crate::store::queries::institutions;
use crate::store::queries::register::{self, PersonFound, VolunteerFound};
use crate::store::queries::{marks, tickets};
use crate::store::users;

/// A ticket, whole.
pub struct TicketView {
    pub ticket: Ticket,
    pub work: Vec<WorkItem>,
    pub offers: Vec<Offer>,
    pub assignments: Vec<Assignment>,
    pub texts: Vec<OutgoingText>,
    pub calls: Vec<Call>,
    pub recordings: Vec<Recording>,
    pub history: Vec<HistoryLine>,
    pub names: Names,
    pub beneficiary: Option<PersonFound>,
    /// Volunteers whom they do not want.
    pub excluded: Vec<VolunteerId>,
    /// Whom the caller's number stands for, when nobody was named as the one who needs help.
    pub maybe: Vec<PersonFound>,
    /// What is noted of the caller's number.
    pub mark: Option<NumberMark>,
    /// Other tickets of the same caller or person, the latest first.
    pub others: Vec<Ticket>,
    pub merged_here: Vec<TicketNumber>,
    pub merged_into: Option<TicketNumber>,
    /// The earlier ticket of the same matter, and later ones.
    pub linked: Vec<TicketNumber>,
    /// Volunteers of the street who have the skill.
    pub near: Vec<VolunteerFound>,
    /// Two have to go: by SAF-4, or by the catalogue.
    pub two_go: bool,
}

impl TicketView {
    /// Whether somebody whom a station or an institution sends stands so.
    pub fn staff_are(&self, so: impl Fn(&Assignment) -> bool) -> bool {
        let sent = |visit: &&Assignment| {
            visit.volunteer.is_none() && visit.kind != AssignmentKind::Phone && visit.state.is_live()
        };
        self.assignments.iter().filter(sent).any(so)
    }
}

/// Names of those a ticket's papers mention.
#[derive(Debug, Clone, Default)]
pub struct Names {
    pub people: BTreeMap<PersonId, String>,
    pub users: BTreeMap<UserId, String>,
    pub volunteers: BTreeMap<VolunteerId, VolunteerFound>,
    pub facilities: BTreeMap<FacilityId, String>,
}

impl Names {
    /// By the register, else by the login.
    pub fn doer(&self, doer: Doer) -> Option<&str> {
        let person = doer.person.and_then(|person| self.people.get(&person));
        person.or_else(|| doer.user.and_then(|user| self.users.get(&user))).map(String::as_str)
    }

    /// A facility's name, or its number alone.
    pub fn facility(&self, id: FacilityId) -> String {
        self.facilities.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    /// `王芳 01234`, or the badge alone.
    pub fn volunteer(&self, id: VolunteerId) -> String {
        match self.volunteers.get(&id).and_then(|found| found.name.as_deref()) {
            Some(name) => format!("{name} {:05}", id.0),
            None => format!("{:05}", id.0),
        }
    }
}

/// Reads it; none when there is no such ticket.
///
/// # Errors
/// When the store cannot be read.
pub fn read(connection: &Connection, number: TicketNumber) -> Result<Option<TicketView>, StoreError> {
    let Some(ticket) = tickets::by_number(connection, number)? else { return Ok(None) };
    let id = ticket.id;
    let offers = case::offers(connection, id)?;
    let assignments = case::assignments(connection, id)?;
    let history = case::history(connection, id)?;
    let work = case::work(connection, id)?;
    let mut names = names(connection, &ticket, &offers, &assignments, &history)?;
    names.facilities = institutions::names(connection, &facilities(&work, &history))?;
    let beneficiary = match ticket.beneficiary {
        Some(person) => register::person(connection, person)?,
        None => None,
    };
    let excluded = match ticket.beneficiary {
        Some(person) => register::excluded(connection, person)?,
        None => vec![],
    };
    let maybe = match (&beneficiary, &ticket.caller) {
        (None, Some(caller)) => register::people_of(connection, caller)?,
        (Some(_), _) | (None, None) => vec![],
    };
    let near = match (&ticket.category, &ticket.area) {
        (Some(category), Some(area)) if ticket.state.is_open() => {
            register::volunteers_for(connection, category, area)?
        }
        _ => vec![],
    };
    let merged_into = match ticket.merged_into {
        Some(target) => tickets::number_of(connection, target)?,
        None => None,
    };
    Ok(Some(TicketView {
        two_go: ticket.two_person,
        mark: match &ticket.caller {
            Some(caller) => marks::of(connection, caller)?,
            None => None,
        },
        work,
        texts: case::texts(connection, id)?,
        calls: case::calls(connection, id)?,
        recordings: case::recordings(connection, id)?,
        linked: tickets::linked(connection, &ticket)?,
        merged_here: tickets::merged_into(connection, id)?,
        others: others(connection, &ticket)?,
        ticket,
        offers,
        assignments,
        history,
        names,
        beneficiary,
        excluded,
        maybe,
        merged_into,
        near,
    }))
}

/// Facilities that the work or the history mentions.
fn facilities(work: &[WorkItem], history: &[HistoryLine]) -> Vec<FacilityId> {
    let told = history.iter().filter_map(|line| line.detail.as_ref()?.get("facility")?.as_i64());
    let all: BTreeSet<FacilityId> =
        work.iter().filter_map(|item| item.facility).chain(told.map(FacilityId)).collect();
    all.into_iter().collect()
}

fn others(connection: &Connection, ticket: &Ticket) -> Result<Vec<Ticket>, StoreError> {
    if ticket.caller.is_none() && ticket.beneficiary.is_none() {
        return Ok(vec![]);
    }
    let mut others = tickets::of_resident(connection, ticket.caller.as_ref(), ticket.beneficiary)?;
    let own: TicketId = ticket.id;
    others.retain(|other| other.id != own);
    Ok(others)
}

fn names(
    connection: &Connection,
    ticket: &Ticket,
    offers: &[Offer],
    assignments: &[Assignment],
    history: &[HistoryLine],
) -> Result<Names, StoreError> {
    let mut badges: BTreeSet<VolunteerId> = offers.iter().map(|offer| offer.volunteer).collect();
    badges.extend(assignments.iter().filter_map(|assignment| assignment.volunteer));
    badges.extend(history.iter().filter_map(|line| line.actor.volunteer));
    let mut people: BTreeSet<PersonId> =
        ticket.handlers.iter().filter_map(|handler| handler.person).collect();
    people.extend(assignments.iter().filter_map(|assignment| assignment.person));
    people.extend(history.iter().filter_map(|line| line.actor.person));
    let mut logins: BTreeSet<UserId> = history.iter().filter_map(|line| line.actor.user).collect();
    logins.extend(ticket.handlers.iter().filter_map(|handler| handler.user));
    let mut names = Names {
        facilities: BTreeMap::new(),
        people: register::person_names(connection, &Vec::from_iter(people))?,
        users: BTreeMap::new(),
        volunteers: register::volunteers(connection, &Vec::from_iter(badges))?,
    };
    for login in logins {
        if let Some(user) = users::find(connection, login)? {
            names.users.insert(login, user.name);
        }
    }
    Ok(names)
}

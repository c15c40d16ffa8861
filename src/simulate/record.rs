//! Writes a day that was lived down, so that it can be replayed: with nothing in it that says who anybody is.
//!
//! Left out are names, telephone numbers, addresses, what was said, badge and ticket numbers. Volunteers are numbered anew
//! by where they live. A place is rounded to about 100 m, an age to of age or not. Who knows a district well may still
//! guess at somebody with a rare skill: the file stays in the house.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::case::By;
use super::lived::Went;
use super::replay::{LATEST_S, Line, RecordedVolunteer};
use super::town::Says;
use crate::domain::area::AdminArea;
use crate::domain::assignment::Assignment;
use crate::domain::calendar::Calendar;
use crate::domain::category::{Catalogue, HandlerKind};
use crate::domain::ids::{StationId, TicketId, VolunteerId};
use crate::domain::offer::{Offer, OfferState};
use crate::domain::register::Institution;
use crate::domain::safety::ADULT_AGE;
use crate::domain::settings::SettingsKind;
use crate::domain::station::Station;
use crate::domain::ticket::{Ticket, TicketState};
use crate::domain::timestamp::Timestamp;
use crate::domain::volunteer::{DutyState, Lifecycle, Volunteer};
use crate::domain::work_item::{WorkItem, WorkRole};

/// A thousandth of a degree: about 100 m.
const STEP_E7: i32 = 10_000;

/// What the store holds of a day.
#[derive(Debug, Clone)]
pub struct Past {
    pub date: Date,
    /// Catalogue, calendars and policy in force.
    pub settings: Vec<(SettingsKind, String)>,
    pub areas: Vec<AdminArea>,
    pub stations: Vec<Station>,
    pub institutions: Vec<Institution>,
    pub volunteers: Vec<Volunteer>,
    /// Opened on that day.
    pub tickets: Vec<Ticket>,
    /// Made about them.
    pub offers: Vec<Offer>,
    /// What was to be done for them, and who came.
    pub work: Vec<WorkItem>,
    pub visits: Vec<Assignment>,
}

/// A day as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub text: String,
    pub requests: usize,
    pub answers: usize,
    /// Tickets that no helper could have been sent for.
    pub left_out: usize,
}

impl Past {
    /// The lines of the day. What is void or merged, or of no category that anybody is sent for, is left out.
    pub fn record(&self, calendar: &Calendar, catalogue: &Catalogue) -> Recorded {
        let morning = calendar.moment(self.date, 0);
        let mut lines = vec![Line::Day { date: self.date }];
        lines.extend(self.land());
        let volunteers = self.numbered();
        let mut told: BTreeMap<VolunteerId, usize> = BTreeMap::new();
        for offer in self.offers.iter().filter(|offer| says(offer.state).is_some()) {
            *told.entry(offer.volunteer).or_default() += 1;
        }
        lines.extend(volunteers.iter().map(|(number, volunteer)| {
            let on_the_day = told.get(&volunteer.id).copied().unwrap_or(0);
            Line::Volunteer(without_a_name(*number, volunteer, on_the_day, (morning, calendar)))
        }));
        let (asked_for, numbers) = self.requests(morning, catalogue);
        lines.extend(asked_for);
        let badges: BTreeMap<VolunteerId, i64> =
            volunteers.iter().map(|(number, volunteer)| (volunteer.id, *number)).collect();
        let before = lines.len();
        lines.extend(self.offers.iter().filter_map(|offer| answer(offer, &numbers, &badges)));
        let (requests, answers) = (numbers.len(), lines.len() - before);
        let mut text = String::new();
        for line in &lines {
            text.push_str(&serde_json::to_string(line).expect("a line is plain data"));
            text.push('\n');
        }
        Recorded { text, requests, answers, left_out: self.tickets.len() - requests }
    }

    /// What stands there on any day.
    fn land(&self) -> impl Iterator<Item = Line> {
        let settings = self.settings.iter().cloned().map(|(kind, toml)| Line::Settings { kind, toml });
        let areas = self.areas.iter().map(|area| Line::Area {
            code: area.code.clone(),
            point: area.point,
            adjacent: area.adjacent.clone(),
        });
        let known: BTreeSet<StationId> = self.stations.iter().map(|station| station.id).collect();
        let stations = self.stations.iter().map(move |station| Line::Station {
            number: station.id.0,
            tier: station.tier,
            // One of another region stands in no file of this one.
            parent: station.parent.filter(|parent| known.contains(parent)).map(|parent| parent.0),
            area: station.area.clone(),
            point: station.point.map(|point| point.rounded_to(STEP_E7)),
            staffed: station.staffed,
            hours: station.hours.clone(),
        });
        let institutions = self.institutions.iter().map(|institution| Line::Institution {
            number: institution.id.0,
            area: institution.area.clone(),
            point: institution.point.map(|point| point.rounded_to(STEP_E7)),
            categories: institution.categories.clone(),
            may_be_told: institution.open && institution.notice_phone.as_ref().is_some_and(|p| p.is_mobile()),
        });
        settings.chain(areas).chain(stations).chain(institutions)
    }

    /// What was asked for, in the order it came, and the numbers it has here.
    fn requests(&self, morning: Timestamp, catalogue: &Catalogue) -> (Vec<Line>, BTreeMap<TicketId, u32>) {
        let sent_for = |ticket: &&Ticket| somebody_is_sent(ticket, catalogue);
        let mut tickets: Vec<&Ticket> = self.tickets.iter().filter(sent_for).collect();
        tickets.sort_by_key(|ticket| (ticket.opened_at, ticket.id));
        let areas: BTreeMap<StationId, _> = self.stations.iter().map(|one| (one.id, &one.area)).collect();
        let (mut lines, mut numbers) = (vec![], BTreeMap::new());
        for (number, ticket) in (1..).zip(tickets) {
            let area = ticket.area.as_ref().or_else(|| areas.get(&ticket.owner).copied());
            let (Some(area), Some(category)) = (area, &ticket.category) else { continue };
            numbers.insert(ticket.id, number);
            let Went { by, accept_s, arrive_s } = self.went(ticket);
            lines.push(Line::Request {
                number,
                at_s: ticket.opened_at.since(morning).as_secs_f64(),
                category: category.clone(),
                urgency: ticket.urgency,
                area: area.clone(),
                point: ticket.point.map(|point| point.rounded_to(STEP_E7)),
                by,
                accept_s,
                arrive_s,
            });
        }
        (lines, numbers)
    }

    /// Who took it first, and when; and when the first volunteer was at the door: of staff it is not written down.
    fn went(&self, ticket: &Ticket) -> Went {
        let leads = self.work.iter().filter(|item| item.ticket == ticket.id && item.role == WorkRole::Lead);
        let taken = leads.filter_map(|item| self.taken(item)).min_by_key(|(at, _)| *at);
        let theirs = self.visits.iter().filter(|visit| visit.ticket == ticket.id);
        let there = theirs.filter(|visit| visit.volunteer.is_some()).filter_map(|visit| visit.checked_in_at);
        let since = |at: Timestamp| at.since(ticket.opened_at).as_secs_f64().min(LATEST_S);
        Went {
            by: taken.map(|(_, by)| by),
            accept_s: taken.map(|(at, _)| since(at)),
            arrive_s: there.min().map(since),
        }
    }

    /// When somebody first had it: as many volunteers as are wanted, or one of an institution or the staff.
    fn taken(&self, item: &WorkItem) -> Option<(Timestamp, By)> {
        let theirs = || self.visits.iter().filter(|visit| visit.work_item == item.id);
        let mut yeses: Vec<Timestamp> =
            theirs().filter(|visit| visit.volunteer.is_some()).map(|visit| visit.accepted_at).collect();
        yeses.sort_unstable();
        let last_wanted = yeses.get(usize::from(item.slots.max(1)) - 1);
        let others = theirs().filter(|visit| visit.volunteer.is_none()).map(|visit| visit.accepted_at).min();
        let by_others = if item.kind == HandlerKind::Institution { By::Institution } else { By::Station };
        let volunteers = last_wanted.map(|at| (*at, By::Volunteer));
        volunteers.into_iter().chain(others.map(|at| (at, by_others))).min_by_key(|(at, _)| *at)
    }

    /// Those who might have been asked, numbered by where they live: the order of badges is not to be seen.
    fn numbered(&self) -> Vec<(i64, &Volunteer)> {
        let mut all: Vec<&Volunteer> = self.volunteers.iter().filter(|one| may_be_asked(one)).collect();
        all.sort_by(|one, other| {
            let place = |v: &Volunteer| {
                (v.area.clone(), v.point.map(|point| point.rounded_to(STEP_E7)), v.skills.clone())
            };
            place(one).cmp(&place(other)).then(one.id.cmp(&other.id))
        });
        (1..).zip(all).collect()
    }
}

fn may_be_asked(volunteer: &Volunteer) -> bool {
    volunteer.lifecycle == Lifecycle::Active && !volunteer.opted_out
}

fn somebody_is_sent(ticket: &Ticket, catalogue: &Catalogue) -> bool {
    let category = ticket.category.as_ref().and_then(|code| catalogue.find(code));
    let counts = !matches!(ticket.state, TicketState::Void | TicketState::Merged);
    counts && category.is_some_and(|category| !category.consultation)
}

fn without_a_name(
    number: i64,
    volunteer: &Volunteer,
    answers_on_the_day: usize,
    (morning, calendar): (Timestamp, &Calendar),
) -> RecordedVolunteer {
    let days = |at: Timestamp| u16::try_from(morning.since(at).as_secs() / 86_400).unwrap_or(u16::MAX);
    let age = i32::from(calendar.year(morning)) - i32::from(volunteer.birth_year) - 1;
    let held = volunteer.credentials.iter().filter(|held| held.expires_at > morning);
    RecordedVolunteer {
        number,
        area: volunteer.area.clone(),
        point: volunteer.point.map(|point| point.rounded_to(STEP_E7)),
        skills: volunteer.skills.clone(),
        credentials: held.map(|held| held.kind).collect(),
        available: volunteer.available,
        on_duty: volunteer.duty != DutyState::Off,
        at_night: volunteer.night_consent,
        of_age: age >= i32::from(ADULT_AGE),
        rating: volunteer.rating,
        // The day's own are the last, where it is written down right after it.
        answers: volunteer.answers[..volunteer.answers.len().saturating_sub(answers_on_the_day)].to_vec(),
        worked_days_ago: volunteer.last_assigned_at.filter(|at| *at < morning).map(days),
    }
}

/// None where nobody waited for an answer any more, or the text did not arrive.
fn says(state: OfferState) -> Option<Says> {
    match state {
        OfferState::Accepted | OfferState::TooLate => Some(Says::Yes),
        OfferState::Declined => Some(Says::No),
        OfferState::Expired => Some(Says::Nothing),
        OfferState::Draft
        | OfferState::Sent
        | OfferState::Delivered
        | OfferState::Withdrawn
        | OfferState::Failed => None,
    }
}

/// What was answered to a request that is written down.
fn answer(
    offer: &Offer,
    requests: &BTreeMap<TicketId, u32>,
    badges: &BTreeMap<VolunteerId, i64>,
) -> Option<Line> {
    let says = says(offer.state)?;
    let asked = offer.sent_at.unwrap_or(offer.created_at);
    Some(Line::Answer {
        request: *requests.get(&offer.ticket)?,
        volunteer: *badges.get(&offer.volunteer)?,
        says,
        after_s: offer.ended_at?.since(asked).as_secs_f64().min(LATEST_S),
    })
}

//! The safety rules SAF-1 to SAF-10 (DOMAIN §8), each a named predicate over plain facts.

use std::time::Duration;

use super::assignment::{Assignment, AssignmentKind, AssignmentState};
use super::category::Category;
use super::names::named_enum;
use super::person::PersonFlag;
use super::policy::Policy;
use super::ticket::Confidentiality;
use super::timestamp::Timestamp;
use super::volunteer::{Credential, CredentialKind, holds};

/// Below this age somebody is a minor.
pub const ADULT_AGE: u8 = 18;
/// Nobody younger is listed as a volunteer (SAF-3).
pub const LISTED_AGE: u8 = 14;
/// Years between a volunteer and a minor, at the least (SAF-1).
pub const AGE_GAP: u8 = 8;
/// What a minor of unknown age counts as: the eldest they may be, whom fewer may meet and who is asked the questions.
pub const UNKNOWN_MINOR_AGE: u8 = ADULT_AGE - 1;
/// Hours in which minors may volunteer (SAF-3).
pub const MINORS_HOURS: std::ops::Range<u8> = 8..18;

/// SAF-1: whether the clearance for work with minors (从业查询) holds at `until`.
pub fn has_clearance(credentials: &[Credential], until: Timestamp) -> bool {
    holds(credentials, CredentialKind::MinorsClearance, until)
}

/// SAF-1: whether a volunteer is of age and old enough beside the minor; a minor of unknown age counts as
/// [`UNKNOWN_MINOR_AGE`].
pub fn age_gap_is_enough(volunteer: u8, minor: Option<u8>) -> bool {
    let minor = minor.unwrap_or(UNKNOWN_MINOR_AGE);
    volunteer >= ADULT_AGE && volunteer >= minor.saturating_add(AGE_GAP)
}

/// SAF-1: whether a minor may be met: two adults or the guardian, at a station or a guarded home.
pub fn may_meet_minor(adults: u8, guardian_present: bool, at_station_or_guarded_home: bool) -> bool {
    (adults >= 2 || guardian_present) && at_station_or_guarded_home
}

/// SAF-1: whether it is asked before others than staff are if a child's guardian will be there: where somebody comes to
/// the home, and the row does not say itself that the guardian is.
pub fn asks_for_guardian(category: &Category) -> bool {
    category.assignment == AssignmentKind::Visit && !category.needs_guardian
}

/// SAF-1: whether a child of that age is asked the three risk questions before a volunteer may come.
pub fn needs_risk_answers(age: u8) -> bool {
    (13..=17).contains(&age)
}

/// SAF-1: whether a minor's answers to the three risk questions leave the matter to staff.
pub fn staff_only_by_answers(age: u8, yes: [bool; 3]) -> bool {
    needs_risk_answers(age) && yes.contains(&true)
}

/// SAF-2: whether a ticket of this category may end: never by withdrawal, and not without the police report's reference.
pub fn may_end(category: &Category, police_report: Option<&str>) -> bool {
    !category.mandatory_report || police_report.is_some_and(|reference| !reference.trim().is_empty())
}

/// SAF-3: whether somebody may be asked at that age: minors only for group work at a station, by day.
///
/// `hours` are the (weekday, hour) the work touches.
pub fn old_enough(age: u8, group_at_station: bool, hours: &[(u8, u8)]) -> bool {
    age >= ADULT_AGE
        || age >= LISTED_AGE && group_at_station && hours.iter().all(|(_, hour)| MINORS_HOURS.contains(hour))
}

named_enum! {
    /// SAF-4: why two people have to come (双人入户).
    pub enum TwoPersonReason {
        UnknownHome = "unknown_home",
        Aggression = "aggression",
        Infection = "infection",
        MentalCrisis = "mental_crisis",
        Night = "night",
        /// Bathing, lock opening and whatever else the catalogue says.
        Category = "category",
        Minors = "minors",
        MissedCareCall = "missed_care_call",
    }
}

/// SAF-4: what is known of a visit before anybody is asked.
#[derive(Debug, Clone, Copy)]
pub struct VisitFacts<'a> {
    pub category: &'a Category,
    /// The register knows of no home of theirs where the help goes; where it names none, nobody has visited them yet.
    pub unknown_home: bool,
    pub flags: &'a [PersonFlag],
    /// The (weekday, hour) it touches.
    pub hours: &'a [(u8, u8)],
    pub concerns_minor: bool,
    pub missed_care_call: bool,
}

/// SAF-4: the first reason for two people, if there is one. Nothing but a visit needs two.
pub fn needs_two(facts: &VisitFacts, policy: &Policy) -> Option<TwoPersonReason> {
    use TwoPersonReason as R;
    let (from, until) = (policy.visits.two_person_from_hour, policy.visits.two_person_until_hour);
    let by_night =
        |hour: u8| if from <= until { (from..until).contains(&hour) } else { hour >= from || hour < until };
    let flag = |flag: PersonFlag| facts.flags.contains(&flag);
    [
        (R::Category, facts.category.two_person),
        (R::Minors, facts.concerns_minor || facts.category.minors),
        (R::MissedCareCall, facts.missed_care_call),
        (R::Aggression, flag(PersonFlag::Aggression)),
        (R::Infection, flag(PersonFlag::Infection)),
        (R::MentalCrisis, flag(PersonFlag::MentalCrisis)),
        (R::Night, facts.hours.iter().any(|(_, hour)| by_night(*hour))),
        (R::UnknownHome, facts.unknown_home),
    ]
    .into_iter()
    .find(|(_, holds)| *holds)
    .map(|(reason, _)| reason)
}

/// SAF-4: whether a two-person visit has lost somebody and must be offered again.
pub fn must_reoffer(two_person: bool, still_coming: usize) -> bool {
    two_person && still_coming < 2
}

named_enum! {
    /// SAF-5: what is done about a lone visitor who has not been heard of.
    pub enum LoneStep {
        Text = "text",
        Call = "call",
        Staff = "staff",
        DistrictAndPolice = "district_and_police",
    }
}

/// SAF-5: the steps for a lone visit and their times, from check-in on; none before check-in or after its end,
/// nor where nobody is alone at a door: at a station, on the telephone.
pub fn lone_visit_steps(visit: &Assignment, policy: &Policy) -> Vec<(Timestamp, LoneStep)> {
    let lone = visit.kind == AssignmentKind::Visit && visit.state == AssignmentState::OnSite;
    let Some(arrived) = visit.checked_in_at.filter(|_| lone) else {
        return Vec::new();
    };
    let figures = &policy.visits;
    let planned = arrived + Duration::from_secs(u64::from(visit.minutes) * 60) + figures.lone_grace;
    // Who said they are well is asked again after the same grace.
    let text = visit.well_at.map_or(planned, |well| planned.max(well + figures.lone_grace));
    vec![
        (text, LoneStep::Text),
        (text + figures.lone_call_after, LoneStep::Call),
        (text + figures.lone_staff_after, LoneStep::Staff),
        (text + figures.lone_district_after, LoneStep::DistrictAndPolice),
    ]
}

/// SAF-6: whether a visit's details may be given to a volunteer: not before they accepted.
pub fn may_know_details(state: AssignmentState) -> bool {
    state.is_live()
}

named_enum! {
    /// SAF-6: what the work of a category brings to whoever comes.
    pub enum Entrusted {
        Money = "money",
        BankCard = "bank_card",
        Medicine = "medicine",
    }
}

/// SAF-6: no money, no bank card; medicine only with a carer's certificate valid at `until`.
pub fn may_handle(what: Entrusted, credentials: &[Credential], until: Timestamp) -> bool {
    match what {
        Entrusted::Money | Entrusted::BankCard => false,
        Entrusted::Medicine => holds(credentials, CredentialKind::Carer, until),
    }
}

/// SAF-7: whether an address may stand in a text or leave by the interface.
pub fn may_send_address(confidentiality: Confidentiality, place_is_secret: bool) -> bool {
    match confidentiality {
        Confidentiality::Normal | Confidentiality::Confidential => !place_is_secret,
        Confidentiality::Sealed => false,
    }
}

/// SAF-8: whether a receipt may be texted to the caller.
pub fn may_text_receipt(abuser_near: bool, confidentiality: Confidentiality) -> bool {
    !abuser_near && confidentiality == Confidentiality::Normal
}

/// SAF-8: whether the phone may be rung: never unasked while an abuser may hear, but at the time the caller said is safe.
pub fn may_ring_back(abuser_near: bool, safe_time: Option<(Timestamp, Timestamp)>, now: Timestamp) -> bool {
    !abuser_near || safe_time.is_some_and(|(from, until)| from <= now && now < until)
}

named_enum! {
    /// SAF-9: how far a repeatedly abusive caller has been taken.
    pub enum AbuseStep {
        None = "none",
        Warned = "warned",
        WithSupervisor = "with_supervisor",
        /// Calls go to a recorded line until a set time; never a silent block.
        RecordedLine = "recorded_line",
    }
}

/// SAF-9: the step after another abusive call. Only a supervisor leads on to the recorded line.
pub fn after_abuse(step: AbuseStep, by_supervisor: bool) -> AbuseStep {
    match step {
        AbuseStep::None => AbuseStep::Warned,
        AbuseStep::Warned => AbuseStep::WithSupervisor,
        AbuseStep::WithSupervisor if by_supervisor => AbuseStep::RecordedLine,
        AbuseStep::WithSupervisor | AbuseStep::RecordedLine => step,
    }
}

/// SAF-9: whether a call is led to the recorded line: until the end of the time. An emergency takes the time away
/// (`desk/numbers.rs`).
pub fn to_recorded_line(limited_until: Option<Timestamp>, now: Timestamp) -> bool {
    limited_until.is_some_and(|until| now < until)
}

/// SAF-10: when a care call that nobody answered is tried again, counted from the first try of the day; none before that
/// and after the last, when its contacts are rung and then two people go.
pub fn next_care_try(tries: u8, first_at: Option<Timestamp>, policy: &Policy) -> Option<Timestamp> {
    let after = match tries {
        1 => policy.care.second_try,
        2 => policy.care.third_try,
        _ => return None,
    };
    Some(first_at? + after)
}

#[cfg(test)]
mod tests;

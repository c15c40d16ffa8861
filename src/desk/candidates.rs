//! Who was considered for a ticket's work, with the verdict on each: the answer to "why not Ana?". Changes nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Desk;
use super::command::CommandOutcome;
use super::commands::{Answer, refuse};
use super::event::Commander;
use super::institutions::may_be_chosen;
use super::refusal::Why;
use crate::dispatch::candidates::{Asking, Rule, Verdict};
use crate::dispatch::explain::{self, Sentence};
use crate::dispatch::institutions::Considered;
use crate::dispatch::{institutions, ranking};
use crate::domain::actor::Role;
use crate::domain::area::AreaCode;
use crate::domain::category::HandlerKind;
use crate::domain::ids::{FacilityId, JurisdictionId, TicketId, VolunteerId, WorkItemId};
use crate::domain::offer::{OfferState, RankVector};
use crate::domain::timestamp::Timestamp;
use crate::domain::work_item::WorkState;

/// Those who may be asked, the best first, as many as are told.
const BEST: usize = 20;
/// Those who may not, the nearest first, as many as are told.
const OTHERS: usize = 20;
/// Institutions, as many as are told.
const INSTITUTIONS: usize = 20;
/// Volunteers somebody may ask about by name at once.
pub const ASKED_ABOUT: usize = 40;

const MAY_LOOK: &[Role] = &[
    Role::Operator,
    Role::Dispatcher,
    Role::Handler,
    Role::CallbackOfficer,
    Role::Supervisor,
    Role::DutyOfficer,
];

/// Who was considered for a ticket's work. Every list is bounded; the numbers count everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidates {
    /// Everybody who is registered for this kind of help.
    pub considered: u32,
    pub eligible: u32,
    /// How many are kept out by which rule, the commonest first.
    pub against: Vec<(Sentence, u32)>,
    /// Those who may be asked, the best first.
    pub best: Vec<Candidate>,
    /// Those who may not, the nearest first.
    pub others: Vec<Candidate>,
    /// Those somebody asked about, in their order.
    pub about: Vec<Candidate>,
    /// Whether the catalogue leaves this to volunteers at all.
    pub volunteers_may: bool,
    /// Institutions that take work of the category: those that may be told, the nearest first, then the others.
    pub institutions: Vec<InstitutionCandidate>,
}

/// One institution as the engine sees it for one ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstitutionCandidate {
    pub facility: FacilityId,
    pub name: String,
    pub area: AreaCode,
    /// Whose it is, where it is another region's.
    pub elsewhere: Option<JurisdictionId>,
    pub may_be_told: bool,
    /// Whether a person may give it the work all the same: they may know better than map and ladder.
    pub may_be_chosen: bool,
    /// How near, or what speaks against.
    pub why: Sentence,
}

/// One volunteer as the engine sees them for one ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub volunteer: VolunteerId,
    pub may_be_asked: bool,
    /// Not of the line's own accord, but by a dispatcher who says why.
    #[serde(default)]
    pub may_be_chosen: bool,
    /// How near, or every rule that speaks against.
    pub why: Vec<Sentence>,
    /// Of those who may be asked.
    pub rank: Option<RankVector>,
    /// What became of an offer for this work.
    pub offer: Option<OfferState>,
}

impl Desk {
    /// Says who may be asked, who may not and why; `about` are volunteers somebody wants to know of by name.
    pub(super) fn candidates_for(
        &self,
        by: &Commander,
        id: TicketId,
        about: &[VolunteerId],
        now: Timestamp,
    ) -> Answer {
        if !self.cases.contains_key(&id) {
            return refuse(Why::TicketNotOpen);
        }
        self.present(by, id, MAY_LOOK)?;
        let Some(item) = self.wanted_item(id) else { return refuse(Why::NothingToAskFor) };
        let about = &about[..about.len().min(ASKED_ABOUT)];
        let told = self.ask_roster(id, item, now, |asking| self.considered(asking, id, item, about));
        match told {
            Some(told) => Ok(CommandOutcome::Candidates(Box::new(told))),
            None => refuse(Why::NothingToAskFor),
        }
    }

    /// The work somebody is looked for, else the first there is.
    fn wanted_item(&self, id: TicketId) -> Option<WorkItemId> {
        let work = &self.cases[&id].work;
        let open = work.iter().find(|item| matches!(item.state, WorkState::Open | WorkState::Offering));
        open.or(work.first()).map(|item| item.id)
    }

    fn considered(
        &self,
        asking: &Asking,
        id: TicketId,
        item: WorkItemId,
        about: &[VolunteerId],
    ) -> Candidates {
        let ranked = ranking::rank(asking);
        let ranks: BTreeMap<VolunteerId, RankVector> = ranked.iter().copied().collect();
        let verdicts = asking.considered();
        let mut tally: BTreeMap<Rule, u32> = BTreeMap::new();
        let mut others = Vec::new();
        for (volunteer, verdict) in &verdicts {
            if let Verdict::No(rule) = verdict {
                *tally.entry(*rule).or_default() += 1;
                others.push(*volunteer);
            }
        }
        others.sort_by_cached_key(|volunteer| (self.is_elsewhere(id, *volunteer), *volunteer));
        others.truncate(OTHERS);
        let mut against: Vec<(Sentence, u32)> =
            tally.into_iter().map(|(rule, count)| (explain::against(rule), count)).collect();
        against.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let told = |volunteer: VolunteerId| self.candidate(asking, &ranks, (id, item), volunteer);
        Candidates {
            considered: count(verdicts.len()),
            eligible: count(ranked.len()),
            against,
            best: ranked.iter().take(BEST).map(|(volunteer, _)| told(*volunteer)).collect(),
            others: others.into_iter().map(told).collect(),
            about: about.iter().map(|volunteer| told(*volunteer)).collect(),
            volunteers_may: self.volunteers_may(id),
            institutions: self.institution_candidates(id),
        }
    }

    fn volunteers_may(&self, id: TicketId) -> bool {
        let category = self.category_of(id);
        category.is_some_and(|category| category.by.contains(&HandlerKind::Volunteer))
    }

    fn institution_candidates(&self, id: TicketId) -> Vec<InstitutionCandidate> {
        let considered =
            self.ask_institutions(id, |desk, sought| desk.institutions.considered(sought, &desk.roster));
        let told = considered.unwrap_or_default().into_iter().take(INSTITUTIONS);
        told.filter_map(|Considered { id: facility, verdict, by_road }| {
            let (may_be_told, why) = match verdict {
                institutions::Verdict::May(near) => (true, explain::may_be_told(near, by_road)),
                institutions::Verdict::No(_) => (false, explain::institution(verdict)),
            };
            let found = self.institutions.find(facility)?;
            let whose = &found.jurisdiction;
            Some(InstitutionCandidate {
                facility,
                name: found.name.clone(),
                area: found.area.clone(),
                elsewhere: (*whose != self.cases[&id].ticket.jurisdiction).then(|| whose.clone()),
                may_be_told,
                may_be_chosen: may_be_chosen(verdict),
                why,
            })
        })
        .collect()
    }

    fn candidate(
        &self,
        asking: &Asking,
        ranks: &BTreeMap<VolunteerId, RankVector>,
        (id, item): (TicketId, WorkItemId),
        volunteer: VolunteerId,
    ) -> Candidate {
        let verdict = asking.verdict(volunteer);
        let against = asking.all_against(volunteer);
        let kept = self.is_place_kept(id, item, volunteer, asking.now);
        let why = match verdict {
            Verdict::Eligible(_) if kept => vec![explain::place_kept()],
            Verdict::Eligible(near) => {
                let rank = ranks.get(&volunteer).map(explain::ranked);
                let near = explain::eligible(near, asking.road_metres(volunteer));
                std::iter::once(near).chain(rank).collect()
            }
            Verdict::No(_) => against.iter().copied().map(explain::against).collect(),
        };
        let mut offers = self.cases[&id].offers.iter().rev().filter(|offer| offer.work_item == item);
        Candidate {
            volunteer,
            may_be_asked: matches!(verdict, Verdict::Eligible(_)) && !kept,
            may_be_chosen: !kept && against.iter().all(|rule| rule.may_be_overridden()),
            why,
            rank: ranks.get(&volunteer).copied(),
            offer: offers.find(|offer| offer.volunteer == volunteer).map(|offer| offer.state),
        }
    }

    /// Neither of the ticket's committee (0) nor of its street (1).
    fn is_elsewhere(&self, id: TicketId, volunteer: VolunteerId) -> u8 {
        let home = self.roster.find(volunteer).map(|volunteer| &volunteer.area);
        match (self.cases[&id].ticket.area.as_ref(), home) {
            (Some(place), Some(home)) if place.committee().is_some_and(|it| home.committee() == Some(it)) => {
                0
            }
            (Some(place), Some(home)) if place.street().is_some_and(|it| home.street() == Some(it)) => 1,
            (Some(_) | None, _) => 2,
        }
    }
}

/// The sentence of a rule that history names.
pub fn rule_in_words(name: &str) -> Option<Sentence> {
    Rule::parse(name).map(explain::against)
}

fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

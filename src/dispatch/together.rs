//! Whom to ask for whom when many tickets would ask at the same moment: after a night, after an outage, in a surge.
//!
//! One ticket at a time, the first of a street asks the best neighbours and the next ones ask the same again, while others
//! live next door unasked. From a number of tickets on (`offers.batch_from`) they are looked at together: each round
//! gives every ticket that wants somebody one more to ask, nobody to two tickets, and least is lost of the rank in all
//! (exactly, by [`batch::plan`]). The more urgent have all their rounds first: nobody waits longer for others' sake.
//!
//! It says whom a ticket asks first, not whom it may ask: the wave looks at the rules again, and has others besides when
//! those are too few.

use std::collections::{BTreeMap, BTreeSet};

use super::batch::{self, BatchPolicy, Candidate, Edge, Instance, Method};
use super::candidates::Asking;
use super::offer::reached_after;
use super::ranking;
use crate::domain::ids::VolunteerId;
use crate::domain::offer::RankVector;
use crate::domain::policy::Policy;
use crate::domain::urgency::Urgency;

/// A ticket that would ask now: whom it could ask for some of its places, and how many it wants for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waits {
    pub urgency: Urgency,
    pub need: u8,
    /// Most people asked in one wave.
    pub cap: u8,
    /// Chances, in thousandths, of those whose offers are open.
    pub open: Vec<u16>,
    /// Late yeses, asked before everyone else.
    pub stand_by: Vec<VolunteerId>,
    pub could: Vec<(VolunteerId, RankVector)>,
}

impl Waits {
    pub fn of(asking: &Asking, need: u8, stand_by: &[VolunteerId], open: &[VolunteerId]) -> Self {
        let mut could = ranking::vectors(asking, stand_by);
        could.retain(|(id, _)| !open.contains(id));
        let urgency = asking.wanted.urgency;
        Self {
            urgency,
            need,
            cap: asking.policy.of(urgency).wave_cap,
            open: open.iter().filter_map(|id| asking.chance_of(*id)).collect(),
            stand_by: stand_by.to_vec(),
            could,
        }
    }
}

/// Whom each of the tickets asks first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Together<Ticket: Ord> {
    tickets: BTreeMap<Ticket, Vec<VolunteerId>>,
    /// Chosen for one of them.
    taken: BTreeSet<VolunteerId>,
}

/// What was chosen together, as one of the tickets sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen<'a> {
    /// To be asked first, in this order.
    pub own: &'a [VolunteerId],
    taken: &'a BTreeSet<VolunteerId>,
    /// How many tickets were looked at together.
    pub tickets: usize,
}

impl Chosen<'_> {
    /// Its own first, those chosen for others last.
    pub fn order(&self, volunteer: VolunteerId) -> usize {
        let own = self.own.iter().position(|chosen| *chosen == volunteer);
        own.unwrap_or(self.own.len() + usize::from(self.taken.contains(&volunteer)))
    }
}

impl<Ticket: Ord> Default for Together<Ticket> {
    /// Nothing was chosen.
    fn default() -> Self {
        Self { tickets: BTreeMap::new(), taken: BTreeSet::new() }
    }
}

impl<Ticket: Ord> Together<Ticket> {
    /// Looks at all of them together where they are enough; else each asks by itself, and nothing is chosen. A ticket
    /// that wants some for one of its places and others for another stands there once for each.
    pub fn choose(mut waiting: Vec<(Ticket, Waits)>, policy: &Policy) -> Self {
        let mut chosen = Self::default();
        let when = BatchPolicy {
            from: usize::from(policy.offers.batch_from),
            tolerance_percent: u32::from(policy.offers.batch_bound_percent),
        };
        let tickets: BTreeSet<&Ticket> = waiting.iter().map(|(ticket, _)| ticket).collect();
        if batch::choose(tickets.len(), when) == Method::Greedy {
            return chosen;
        }
        waiting.sort_by_key(|(_, waits)| waits.urgency);
        let mut own = Vec::with_capacity(waiting.len());
        for alike in waiting.chunk_by(|(_, one), (_, other)| one.urgency == other.urgency) {
            let waits: Vec<&Waits> = alike.iter().map(|(_, waits)| waits).collect();
            own.extend(rounds(&waits, policy, when, &mut chosen.taken));
        }
        for ((ticket, _), own) in waiting.into_iter().zip(own) {
            chosen.tickets.entry(ticket).or_default().extend(own);
        }
        chosen
    }

    pub fn of(&self, ticket: &Ticket) -> Option<Chosen<'_>> {
        let own = self.tickets.get(ticket)?;
        Some(Chosen { own, taken: &self.taken, tickets: self.tickets.len() })
    }
}

/// One more for each ticket a round, until every wave is as large as it wants to be or nobody is free.
fn rounds(
    waits: &[&Waits],
    policy: &Policy,
    when: BatchPolicy,
    taken: &mut BTreeSet<VolunteerId>,
) -> Vec<Vec<VolunteerId>> {
    let mut own: Vec<Vec<VolunteerId>> = vec![vec![]; waits.len()];
    let mut chances: Vec<Vec<u16>> = waits.iter().map(|waits| waits.open.clone()).collect();
    loop {
        let wants = |at: &usize| {
            let (waits, chances) = (waits[*at], &chances[*at]);
            chances.len() < usize::from(waits.cap)
                && reached_after(chances, waits.need, policy.offers.yes_chance_permille.of(waits.urgency))
                    .is_none()
        };
        let wanting: Vec<usize> = (0..waits.len()).filter(wants).collect();
        let mut someone = false;
        for (at, id, chance) in one_round(waits, &wanting, when, taken) {
            own[at].push(id);
            chances[at].push(chance);
            taken.insert(id);
            someone = true;
        }
        if !someone {
            return own;
        }
    }
}

/// One more for each of the tickets: as many as can have one have one, and least is lost of the rank in all.
fn one_round(
    waits: &[&Waits],
    wanting: &[usize],
    when: BatchPolicy,
    taken: &BTreeSet<VolunteerId>,
) -> Vec<(usize, VolunteerId, u16)> {
    let free = |at: &usize| waits[*at].could.iter().filter(|(id, _)| !taken.contains(id));
    let people: BTreeSet<VolunteerId> = wanting.iter().flat_map(free).map(|(id, _)| *id).collect();
    let people: Vec<VolunteerId> = people.into_iter().collect();
    let place = |id: VolunteerId| {
        let place = people.binary_search(&id).expect("whoever is free is among the people");
        Candidate(u32::try_from(place).expect("fewer than four billion volunteers"))
    };
    let highest = wanting.iter().flat_map(free).map(|(_, rank)| rank.score).max().unwrap_or(0);
    let edges = |at: &usize| {
        let lost = |(id, rank): &(VolunteerId, RankVector)| {
            // A late yes is asked before everyone else.
            let cost = if waits[*at].stand_by.contains(id) { 0 } else { 1 + highest - rank.score };
            Edge { candidate: place(*id), cost }
        };
        let mut edges: Vec<Edge> = free(at).map(lost).collect();
        edges.sort_unstable_by_key(|edge| (edge.cost, edge.candidate));
        edges
    };
    let lists: Vec<Vec<Edge>> = wanting.iter().map(edges).collect();
    let mut instance = Instance::new(&vec![u32::MAX; wanting.len()], vec![1; people.len()]);
    let mut more = |row: usize, count: usize, into: &mut Vec<Edge>| {
        into.extend(lists[row].iter().take(count));
    };
    let plan = batch::plan(&mut instance, &mut more, when);
    let chosen = wanting.iter().zip(plan.assignment.assigned);
    chosen
        .filter_map(|(at, edge)| {
            let id = people[edge?.candidate.index()];
            let (_, rank) = waits[*at].could.iter().find(|(could, _)| *could == id)?;
            Some((*at, id, rank.acceptance))
        })
        .collect()
}

#[cfg(test)]
mod tests;

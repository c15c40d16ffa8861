//! How many are asked at once, and for how long (DOMAIN §5.4).

use std::cmp::Reverse;
use std::time::Duration;

use super::candidates::Asking;
use super::ranking;
use super::together::Chosen;
use crate::domain::calendar::Calendar;
use crate::domain::ids::VolunteerId;
use crate::domain::offer::RankVector;
use crate::domain::policy::Policy;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;

/// One wave of offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wave {
    /// Whom to ask, the best first, with why they stand there.
    pub ask: Vec<(VolunteerId, RankVector)>,
    pub expires_at: Timestamp,
    /// How many more could be asked after these.
    pub left: usize,
}

impl Wave {
    pub fn is_empty(&self) -> bool {
        self.ask.is_empty()
    }

    pub fn asked(&self) -> impl Iterator<Item = VolunteerId> {
        self.ask.iter().map(|(id, _)| *id)
    }

    /// This one and another, for other places of the same work.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.ask.extend(other.ask);
        Self { left: self.left.max(other.left), ..self }
    }
}

/// The next people to ask so that `need` of them say yes with the wanted chance.
///
/// `stand_by` are the late yeses, asked before everyone else; `open` those whose offers still wait for an answer:
/// they count towards the chance and the cap, so that after a no this gives the replacement, or nobody when none is needed.
pub fn next_wave(
    asking: &Asking,
    calendar: &Calendar,
    need: u8,
    stand_by: &[VolunteerId],
    open: &[VolunteerId],
) -> Wave {
    next_wave_of(asking, calendar, need, (stand_by, None), open)
}

/// The same where it was chosen together with other tickets' whom this one asks first.
pub fn next_wave_of(
    asking: &Asking,
    calendar: &Calendar,
    need: u8,
    (stand_by, chosen): (&[VolunteerId], Option<Chosen<'_>>),
    open: &[VolunteerId],
) -> Wave {
    let policy = asking.policy;
    let urgency = asking.wanted.urgency;
    let cap = policy.of(urgency).wave_cap;
    let order = |(id, rank): &(VolunteerId, RankVector)| {
        let waits = stand_by.iter().position(|waiting| waiting == id).unwrap_or(usize::MAX);
        (waits, chosen.map_or(0, |chosen| chosen.order(*id)), Reverse(rank.score), *id)
    };
    let (mut next, all) = if chosen.is_some() {
        let mut all = ranking::vectors(asking, stand_by);
        all.retain(|(id, _)| !open.contains(id));
        let count = all.len();
        (all, count)
    } else {
        ranking::front(asking, (stand_by, open), usize::from(cap))
    };
    // No more than the cap is ever asked: only the front is put in order.
    if next.len() > usize::from(cap) {
        next.select_nth_unstable_by_key(usize::from(cap), order);
        next.truncate(usize::from(cap));
    }
    next.sort_unstable_by_key(order);
    let waiting = open.iter().filter_map(|id| asking.chance_of(*id));
    let chances: Vec<u16> = waiting.chain(next.iter().map(|(_, rank)| rank.acceptance)).collect();
    let size = wave_size(&chances, need, policy.offers.yes_chance_permille.of(urgency), cap);
    next.truncate(usize::from(size).saturating_sub(open.len()));
    let left = all - next.len();
    Wave { ask: next, expires_at: asking.now + wave_length(policy, calendar, urgency), left }
}

/// How long a wave waits: the table's time, or a quarter of the accept clock when that is shorter, so that two waves fit.
pub fn wave_length(policy: &Policy, calendar: &Calendar, urgency: Urgency) -> Duration {
    let row = policy.of(urgency);
    row.wave.min(calendar.length(row.accept) / 4)
}

/// The smallest number of the first of `chances` (thousandths) with at least `need` yeses at the wanted chance, 1 to `cap`.
///
/// When even all of them do not reach it, as many as there are, up to the cap.
pub fn wave_size(chances: &[u16], need: u8, wanted_permille: u16, cap: u8) -> u8 {
    let first = &chances[..chances.len().min(usize::from(cap))];
    let size = reached_after(first, need, wanted_permille).unwrap_or(first.len());
    u8::try_from(size).expect("no more than the cap")
}

/// After how many of `chances` at least `need` yeses have the wanted chance; none when even all of them do not reach it.
pub(super) fn reached_after(chances: &[u16], need: u8, wanted_permille: u16) -> Option<usize> {
    /// Parts of one: 10¹² leaves room for twenty multiplications' rounding below a thousandth.
    const ONE: u128 = 1_000_000_000_000;
    let need = usize::from(need.max(1));
    let wanted = ONE * u128::from(wanted_permille) / 1_000;
    // `exactly[k]` is the chance of k yeses so far, below `need`; `enough` that of `need` or more.
    let mut exactly = vec![0u128; need];
    exactly[0] = ONE;
    let mut enough = 0u128;
    for (before, chance) in chances.iter().enumerate() {
        let yes = u128::from((*chance).min(1_000));
        enough += exactly[need - 1] * yes / 1_000;
        for k in (0..need).rev() {
            let from_below = if k == 0 { 0 } else { exactly[k - 1] * yes / 1_000 };
            exactly[k] = exactly[k] * (1_000 - yes) / 1_000 + from_below;
        }
        if enough >= wanted {
            return Some(before + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests;

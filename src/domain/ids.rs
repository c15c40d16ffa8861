//! Identities. What the desk mints is a UUIDv7; what an office keeps a register of is a small number.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::timestamp::Timestamp;

macro_rules! minted_ids {
    ($($(#[$meta:meta])* $type:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $type(pub Uuid);

        impl From<Uuid> for $type {
            fn from(id: Uuid) -> Self { Self(id) }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }

        impl std::str::FromStr for $type {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> { Uuid::parse_str(text).map(Self) }
        }
    )+};
}

minted_ids! {
    /// One telephone call, in either direction.
    CallId,
    TicketId,
    WorkItemId,
    OfferId,
    AssignmentId,
    CallbackId,
    SurveyId,
    /// One day's call of one care plan.
    CareCallId,
    /// One text message, outgoing or inbound.
    MessageId,
    RecordingId,
    /// One notice to a duty telephone about one piece of work.
    TaskNoticeId,
    /// What people noted of one telephone number.
    MarkId,
    /// One try to ring somebody, written down before the telephone rings.
    AttemptId,
    /// One request from a person at a console or the command line.
    CommandId,
    /// One line of the input journal; an event seen twice is handled once.
    InputId,
}

macro_rules! registered_ids {
    ($($(#[$meta:meta])* $type:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $type(pub i64);

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }
    )+};
}

registered_ids! {
    /// One human being, whatever roles they hold.
    PersonId,
    /// The volunteer's badge number, five digits, spoken and written to residents.
    VolunteerId,
    StationId,
    StaffId,
    FacilityId,
    /// Who is rung on which days, as the office numbers them.
    CarePlanId,
    /// A login of the console.
    UserId,
}

/// A jurisdiction, named as Open311 names it (`sifang`, `nedong`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JurisdictionId(pub String);

impl std::fmt::Display for JurisdictionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where ids, codes and other chance come from: seeded by the operating system at start,
/// by a fixed number in tests and simulation.
#[derive(Debug, Clone)]
pub struct Chance {
    rng: ChaCha12Rng,
}

impl Chance {
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self { rng: ChaCha12Rng::from_seed(seed) }
    }

    /// Another generator, for somebody who runs beside this one.
    pub fn another(&mut self) -> Self {
        Self::from_seed(self.bytes())
    }

    /// A generator whose whole future follows from one number: for tests and simulation.
    pub fn from_number(seed: u64) -> Self {
        Self { rng: ChaCha12Rng::seed_from_u64(seed) }
    }

    /// Mints an id that sorts by `now` (UUIDv7, RFC 9562 §5.7).
    pub fn mint<I: From<Uuid>>(&mut self, now: Timestamp) -> I {
        let mut random = [0; 10];
        self.rng.fill_bytes(&mut random);
        let since_epoch_ms = u64::try_from(now.as_millis()).unwrap_or(0);
        I::from(uuid::Builder::from_unix_timestamp_millis(since_epoch_ms, &random).into_uuid())
    }

    /// A number from `0..end`, near enough uniform for codes (bias below 2⁻³²).
    pub fn below(&mut self, end: u32) -> u32 {
        assert!(end > 0, "a choice among nothing");
        let wide = u64::from(self.rng.next_u32()) * u64::from(end);
        u32::try_from(wide >> 32).expect("the high half of a product of two u32 fits a u32")
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minted_ids_sort_by_the_time_they_were_minted() {
        let mut chance = Chance::from_number(7);
        let early: TicketId = chance.mint(Timestamp::from_millis(1_000));
        let late: TicketId = chance.mint(Timestamp::from_millis(2_000));
        assert!(early < late);
        assert_eq!(early.0.get_version_num(), 7);
    }

    #[test]
    fn one_seed_makes_the_same_choices_twice() {
        let draw = |mut chance: Chance| (0..20).map(|_| chance.below(90)).collect::<Vec<_>>();
        assert_eq!(draw(Chance::from_number(1)), draw(Chance::from_number(1)));
        assert_ne!(draw(Chance::from_number(1)), draw(Chance::from_number(2)));
    }
}

//! Which of the places of a piece of work are kept for holders of a certificate, and whom each is asked of.
//!
//! Of those who come somebody has to hold each certificate that the catalogue wants of one. Whatever nobody holds who said
//! yes keeps a place; somebody who holds two leaves one more to anybody.

use crate::domain::volunteer::CredentialKind;

/// The places that nobody has taken, and what of those who come nobody holds yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreePlaces {
    pub free: u8,
    /// Each once.
    pub missing: Vec<CredentialKind>,
}

/// Whoever holds at least so many of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtLeast<'a> {
    pub so_many: usize,
    pub of: &'a [CredentialKind],
}

/// Some of the free places, and who may be asked for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share<'a> {
    pub places: u8,
    pub holds: AtLeast<'a>,
}

impl AtLeast<'_> {
    pub const ANYBODY: Self = Self { so_many: 0, of: &[] };

    pub fn is_met(self, holds: impl Fn(CredentialKind) -> bool) -> bool {
        self.so_many <= self.of.iter().filter(|kind| holds(**kind)).count()
    }

    pub fn is_anybody(self) -> bool {
        self.so_many == 0
    }
}

impl Share<'_> {
    /// Whether its places are kept for holders of a certificate.
    pub fn is_kept(&self) -> bool {
        !self.holds.is_anybody()
    }
}

impl FreePlaces {
    /// How many places whoever comes first may have, whatever they hold.
    pub fn for_anybody(&self) -> u8 {
        self.free.saturating_sub(u8::try_from(self.missing.len()).unwrap_or(u8::MAX))
    }

    /// Whether none is left for whoever holds just this: after them the places would not do for what is missing.
    pub fn are_kept_from(&self, holds: impl Fn(CredentialKind) -> bool) -> bool {
        let still = self.missing.iter().filter(|kind| !holds(**kind)).count();
        self.free > 0 && still >= usize::from(self.free)
    }

    /// What is asked of whom: a place of the holders of each kind, and the others of anybody. Where the kinds are more
    /// than the places, of those first who hold so many of them that the places do.
    pub fn shares(&self) -> Vec<Share<'_>> {
        let (kinds, free) = (self.missing.len(), usize::from(self.free));
        if kinds > free {
            let holds = AtLeast { so_many: kinds + 1 - free, of: &self.missing };
            return vec![Share { places: 1, holds }];
        }
        let each = self.missing.chunks(1).map(|kind| AtLeast { so_many: 1, of: kind });
        let mut shares: Vec<Share> = each.map(|holds| Share { places: 1, holds }).collect();
        if kinds == 0 || kinds < free {
            shares.push(Share { places: self.for_anybody(), holds: AtLeast::ANYBODY });
        }
        shares
    }
}

#[cfg(test)]
mod tests {
    use super::CredentialKind::{Carer, Electrician, FirstAid};
    use super::*;

    fn places(free: u8, missing: &[CredentialKind]) -> FreePlaces {
        FreePlaces { free, missing: missing.to_vec() }
    }

    #[test]
    fn each_kind_that_nobody_holds_keeps_a_place_and_who_holds_two_fills_both() {
        for (free, missing, held, kept) in [
            (1, &[][..], &[][..], false),
            (2, &[FirstAid], &[], false),
            (1, &[FirstAid], &[], true),
            (1, &[FirstAid], &[FirstAid], false),
            (2, &[FirstAid, Carer], &[], true),
            (2, &[FirstAid, Carer], &[Carer], false),
            (3, &[FirstAid, Carer], &[], false),
            (1, &[FirstAid, Carer], &[Carer], true),
            (1, &[FirstAid, Carer], &[Carer, FirstAid], false),
            (2, &[FirstAid, Carer, Electrician], &[Carer], true),
            (2, &[FirstAid, Carer, Electrician], &[Carer, Electrician], false),
        ] {
            let places = places(free, missing);
            assert_eq!(places.are_kept_from(|kind| held.contains(&kind)), kept, "{places:?}, {held:?}");
        }
    }

    #[test]
    fn a_place_is_asked_of_the_holders_of_each_kind_and_the_rest_of_anybody() {
        let asked = |free, missing: &[CredentialKind]| -> Vec<(u8, usize, Vec<CredentialKind>)> {
            let places = places(free, missing);
            let shares = places.shares();
            shares.iter().map(|share| (share.places, share.holds.so_many, share.holds.of.to_vec())).collect()
        };
        assert_eq!(asked(2, &[]), [(2, 0, vec![])]);
        assert_eq!(asked(3, &[FirstAid]), [(1, 1, vec![FirstAid]), (2, 0, vec![])]);
        assert_eq!(asked(2, &[FirstAid, Carer]), [(1, 1, vec![FirstAid]), (1, 1, vec![Carer])]);
        assert_eq!(asked(1, &[FirstAid, Carer]), [(1, 2, vec![FirstAid, Carer])]);
    }
}

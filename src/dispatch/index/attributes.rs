//! What is true of a candidate, one bit each: skills, languages, credentials, on duty, rested.

/// The number of bits kept of each candidate; the first says that somebody is there.
pub(super) const BITS: usize = 126;

/// Something that is true of a candidate or not. What it means is for the keeper of the index to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attribute(u8);

impl Attribute {
    /// How many there are to give a meaning to.
    pub const COUNT: u8 = 125;

    /// The attribute of a number; none from [`Attribute::COUNT`] on.
    ///
    /// The first thirteen share a cache line: what every question asks about belongs there.
    pub const fn new(number: u8) -> Option<Self> {
        if number < Self::COUNT { Some(Self(number + 1)) } else { None }
    }

    /// The number of its bit.
    pub(super) const fn bit(self) -> usize {
        self.0 as usize
    }
}

/// A set of attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Attributes([u64; 2]);

impl Attributes {
    pub const NONE: Self = Self([0; 2]);
    /// What is true of everybody.
    pub(super) const PRESENT: Self = Self([1, 0]);

    /// These and one more, or these without it.
    #[must_use]
    pub fn with(self, attribute: Attribute, on: bool) -> Self {
        let mut words = self.0;
        let (word, bit) = (usize::from(attribute.0 / 64), 1 << (attribute.0 % 64));
        if on {
            words[word] |= bit;
        } else {
            words[word] &= !bit;
        }
        Self(words)
    }

    pub fn has(self, attribute: Attribute) -> bool {
        self.0[usize::from(attribute.0 / 64)] >> (attribute.0 % 64) & 1 == 1
    }

    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// Whether all of `need` and none of `forbid` are among these.
    pub fn fit(self, need: Self, forbid: Self) -> bool {
        self.and(need) == need && self.and(forbid).is_empty()
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self([self.0[0] & other.0[0], self.0[1] & other.0[1]])
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self([self.0[0] | other.0[0], self.0[1] | other.0[1]])
    }

    pub(super) fn xor(self, other: Self) -> Self {
        Self([self.0[0] ^ other.0[0], self.0[1] ^ other.0[1]])
    }

    /// Tells the numbers of the bits, in rising order.
    #[inline]
    pub(super) fn each_bit(self, mut tell: impl FnMut(usize)) {
        // One loop over both words: a processor guesses its length wrong once, not twice.
        let mut bits = u128::from(self.0[1]) << 64 | u128::from(self.0[0]);
        while bits != 0 {
            tell(bits.trailing_zeros() as usize);
            bits &= bits - 1;
        }
    }
}

impl FromIterator<Attribute> for Attributes {
    fn from_iter<I: IntoIterator<Item = Attribute>>(all: I) -> Self {
        all.into_iter().fold(Self::NONE, |set, one| set.with(one, true))
    }
}

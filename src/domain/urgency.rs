//! How soon help is needed, and the three tiers that give it.

use super::names::named_enum;

named_enum! {
    /// Urgency; the most urgent sorts first.
    pub enum Urgency {
        /// Life or safety.
        P1 = "P1",
        P2 = "P2",
        P3 = "P3",
        /// Bookings and enquiries.
        P4 = "P4",
    }
}

named_enum! {
    /// A tier of service centre; the district sorts first.
    pub enum Tier {
        District = "district",
        Street = "street",
        Committee = "committee",
    }
}

impl Tier {
    /// The tier above; the district has none.
    pub fn up(self) -> Option<Self> {
        match self {
            Self::Committee => Some(Self::Street),
            Self::Street => Some(Self::District),
            Self::District => None,
        }
    }

    /// The tier's number in DOMAIN §2: 1 district, 2 street, 3 committee.
    pub fn number(self) -> u8 {
        match self {
            Self::District => 1,
            Self::Street => 2,
            Self::Committee => 3,
        }
    }
}

//! Telephone numbers that ring nobody.
//!
//! Mobiles: 154 and eight digits; the ministry's plan leaves 154 unassigned. Landlines: 0532-1 and
//! seven digits; no local number begins with 1, which leads to the short codes.

use crate::domain::phone_number::{NumberingPlan, PhoneNumber};

/// Whose number it is: each group has its own million, so no two people share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Residents,
    Volunteers,
    Staff,
    Facilities,
    Stations,
    Contacts,
}

impl Group {
    const fn digit(self) -> u32 {
        match self {
            Self::Residents => 1,
            Self::Volunteers => 2,
            Self::Staff => 3,
            Self::Facilities => 4,
            Self::Stations => 5,
            Self::Contacts => 6,
        }
    }
}

pub(super) fn mobile(group: Group, serial: u32) -> PhoneNumber {
    parse(&format!("154{}{serial:07}", group.digit()))
}

pub(super) fn landline(group: Group, serial: u32) -> PhoneNumber {
    parse(&format!("05321{}{serial:06}", group.digit()))
}

fn parse(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text, &NumberingPlan::default()).expect("the demo's numbers are numbers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mobiles_take_texts_and_landlines_do_not() {
        let (mobile, landline) = (mobile(Group::Residents, 7), landline(Group::Residents, 7));
        assert_eq!(mobile.as_str(), "+8615410000007");
        assert_eq!(landline.as_str(), "+8653211000007");
        assert!(mobile.is_mobile() && !landline.is_mobile());
    }
}

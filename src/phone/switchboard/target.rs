//! Whom a call goes to, as the desk names them.

use crate::domain::extension::Extension;
use crate::domain::phone_number::{EMERGENCY_NUMBERS, NumberingPlan, PhoneNumber};

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// All telephones of an extension.
    Extension(Extension),
    /// A SIP address, rung as it stands.
    Address(String),
    /// 120, 110, 12345: the same in every place, and dialled as they stand.
    Code(String),
    Number(PhoneNumber),
}

impl Target {
    /// Reads `ext:201`, `sip:desk@192.0.2.1`, `120` or a telephone number.
    pub(super) fn parse(text: &str, plan: &NumberingPlan) -> Option<Self> {
        if let Some(extension) = Extension::of_target(text) {
            return extension.ok().map(Self::Extension);
        }
        if text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sip:")) {
            return Some(Self::Address(text.to_owned()));
        }
        if (3..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self::Code(text.to_owned()));
        }
        PhoneNumber::parse(text, plan).ok().map(Self::Number)
    }

    /// Whether ambulance, police or fire brigade are rung.
    pub(super) fn is_for_help(&self) -> bool {
        match self {
            Self::Code(code) => EMERGENCY_NUMBERS.contains(&code.as_str()),
            Self::Extension(_) | Self::Address(_) | Self::Number(_) => false,
        }
    }

    /// Whether who is rung may ask for the call to be led elsewhere: one of our own. What is rung over a trunk is
    /// anybody's.
    pub(super) fn may_refer(&self) -> bool {
        match self {
            Self::Extension(_) | Self::Address(_) => true,
            Self::Code(_) | Self::Number(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_once_and_only_our_own_may_lead_calls_elsewhere() {
        let plan = NumberingPlan::default();
        let may_refer = |text: &str| Target::parse(text, &plan).map(|target| target.may_refer());
        for (text, expected) in [
            ("ext:201", Some(true)),
            ("EXT:201", Some(true)),
            ("SIP:desk@192.0.2.1", Some(true)),
            ("120", Some(false)),
            ("13800000001", Some(false)),
            ("+8613800000001", Some(false)),
            ("ext:", None),
            ("tel:120", None),
            ("", None),
        ] {
            assert_eq!(may_refer(text), expected, "{text}");
        }
        assert_eq!(Target::parse("12345", &plan), Some(Target::Code("12345".into())));
    }
}

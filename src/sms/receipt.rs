//! Receipts: what a centre says became of a part, in the two ways it may say it.
//!
//! Source: SMPP 3.4 §5.3.2.12, §5.3.2.35 and appendix B. Centres differ in how they spell a part's name:
//! hexadecimal when it is given and decimal in the receipt, or the other way round.

use crate::domain::message::TextState;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::timestamp::Timestamp;

use super::ports::Receipt;

/// Octets of a name; longer ones are cut, they are nobody's.
const MAX_ID: usize = 64;

/// The optional parameters a receipt may carry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReceiptTags {
    pub message_id: Option<String>,
    pub state: Option<u8>,
}

/// Reads a receipt; nothing when it names no part or says nothing final.
pub fn read(from: Option<PhoneNumber>, text: &str, tags: &ReceiptTags, at: Timestamp) -> Option<Receipt> {
    let written = field(text, "id:").filter(|id| !id.is_empty());
    let id: String = tags.message_id.clone().or(written)?.chars().take(MAX_ID).collect();
    let stat = field(text, "stat:").unwrap_or_default().to_ascii_uppercase();
    let state = match tags.state {
        Some(2) => TextState::Delivered,
        Some(3 | 4 | 5 | 8) => TextState::Failed,
        Some(_) => return None,
        None => match stat.as_str() {
            "DELIVRD" => TextState::Delivered,
            "EXPIRED" | "DELETED" | "UNDELIV" | "REJECTD" => TextState::Failed,
            _ => return None,
        },
    };
    let error = field(text, "err:").unwrap_or_default();
    let reason = (state == TextState::Failed).then(|| match tags.state {
        Some(code) if stat.is_empty() => format!("state {code}"),
        Some(_) | None => format!("{stat} {error}").trim().chars().take(MAX_ID).collect(),
    });
    Some(Receipt { from, provider_ids: spellings(&id), state, at, reason })
}

/// The value after a label, up to the next space.
fn field(text: &str, label: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let start = lower.find(label)? + label.len();
    Some(text.get(start..)?.split(|c: char| c.is_whitespace()).next()?.to_owned())
}

/// A part's name as given, then with other zeros, then with its digits read in the other base.
fn spellings(id: &str) -> Vec<String> {
    let mut all = vec![id.to_owned()];
    let mut add = |spelling: String| {
        if !all.contains(&spelling) {
            all.push(spelling);
        }
    };
    let trimmed = id.trim_start_matches('0');
    add(if trimmed.is_empty() { "0".into() } else { trimmed.into() });
    add(id.to_ascii_lowercase());
    add(id.to_ascii_uppercase());
    if let Ok(number) = id.parse::<u64>() {
        for spelling in
            [format!("{number:x}"), format!("{number:X}"), format!("{number:08x}"), format!("{number:08X}")]
        {
            add(spelling);
        }
    }
    if let Ok(number) = u64::from_str_radix(id, 16) {
        for spelling in [format!("{number}"), format!("{number:010}")] {
            add(spelling);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_777_600_800_000);

    fn receipt(stat: &str) -> String {
        format!(
            "id:0000001A sub:001 dlvrd:001 submit date:2605011200 done date:2605011201 stat:{stat} err:045 text:hi"
        )
    }

    #[test]
    fn a_receipt_says_delivered_or_failed_and_nothing_else_is_final() {
        let state =
            |stat| read(None, &receipt(stat), &ReceiptTags::default(), NOON).map(|r| (r.state, r.reason));
        assert_eq!(state("DELIVRD"), Some((TextState::Delivered, None)));
        for stat in ["EXPIRED", "DELETED", "UNDELIV", "REJECTD"] {
            assert_eq!(state(stat), Some((TextState::Failed, Some(format!("{stat} 045")))), "{stat}");
        }
        for stat in ["ENROUTE", "ACCEPTD", "UNKNOWN", ""] {
            assert_eq!(state(stat), None, "{stat}");
        }
    }

    #[test]
    fn parameters_count_before_words() {
        let tags = |state| ReceiptTags { message_id: Some("77".into()), state };
        let read = |state| read(None, &receipt("ENROUTE"), &tags(state), NOON);
        assert_eq!(
            read(Some(2)).map(|r| (r.state, r.provider_ids[0].clone())),
            Some((TextState::Delivered, "77".into()))
        );
        assert_eq!(read(Some(1)), None);
        assert_eq!(read(None), None);
    }

    #[test]
    fn a_name_given_in_hex_and_receipted_in_decimal_is_one_name() {
        assert!(spellings("26").contains(&"1a".to_owned()));
        assert!(spellings("0000000026").contains(&"0000001A".to_owned()));
        assert!(spellings("0000001A").contains(&"26".to_owned()));
        assert!(spellings("1a").contains(&"0000000026".to_owned()));
        // What was given comes first, then the same name with other zeros or letters.
        assert_eq!(spellings("0000001a")[..3], ["0000001a", "1a", "0000001A"]);
    }

    proptest! {
        #[test]
        fn no_receipt_can_harm_the_reader(text in "\\PC{0,120}", id in "[0-9A-Fa-f]{0,70}", state in any::<Option<u8>>()) {
            let tags = ReceiptTags { message_id: Some(id), state };
            if let Some(receipt) = read(None, &text, &tags, NOON) {
                prop_assert!(receipt.provider_ids.len() <= 12);
            }
            read(None, &text, &ReceiptTags::default(), NOON);
        }
    }
}

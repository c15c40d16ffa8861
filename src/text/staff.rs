//! What a station's duty mobile writes back: four digits of the task, then 1 to take it.

use unicode_normalization::UnicodeNormalization;

/// The task's four digits, when the text takes it: `0007 1`, `00071`, `0007接`, in any width.
pub fn taken(text: &str) -> Option<u16> {
    let letters: Vec<char> =
        text.nfkc().filter(|c| !c.is_whitespace() && !c.is_ascii_punctuation()).take(8).collect();
    let (code, verb) = letters.split_at_checked(4)?;
    let takes = matches!(verb, ['1'] | ['接'] | ['签', '收'] | ['1', '签', '收']);
    let digits: String = code.iter().filter(|c| c.is_ascii_digit()).collect();
    (takes && digits.len() == 4).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staff_take_a_task_by_its_four_digits() {
        for text in ["0007 1", "00071", "０００７　１", "0007接", "0007 签收", "0007, 1"] {
            assert_eq!(taken(text), Some(7), "{text}");
        }
        for text in ["", "0007", "0007 2", "007 1", "0007 11", "1", "abcd1"] {
            assert_eq!(taken(text), None, "{text}");
        }
    }
}

//! Which station answers a dialled number, however a trunk spells it.

use std::collections::BTreeMap;

use crate::domain::ids::StationId;
use crate::domain::phone_number::NumberingPlan;

/// A help number of fewer digits is compared whole, never as the end of a longer one.
const SHORTEST_ENDING: usize = 4;

/// The stations by their help numbers, as they are dialled in the place itself.
#[derive(Debug, Default)]
pub(super) struct HelpNumbers(BTreeMap<String, StationId>);

impl HelpNumbers {
    /// Gives a station its number, in place of the one it had.
    pub(super) fn put(&mut self, number: &str, station: StationId, plan: &NumberingPlan) {
        self.0.retain(|_, id| *id != station);
        let [.., local] = spellings(&digits_of(number), plan).map(str::to_owned);
        self.0.insert(local, station);
    }

    /// The station whose number this is: as it stands, without country, trunk 0 and area code, or as the
    /// ending of whatever a trunk put before it. The longest ending counts.
    pub(super) fn station_of(&self, dialled: &str, plan: &NumberingPlan) -> Option<StationId> {
        let digits = digits_of(dialled);
        let ending = || {
            let ends = |(number, _): &(&String, &StationId)| {
                number.len() >= SHORTEST_ENDING && digits.ends_with(number.as_str())
            };
            self.0.iter().filter(ends).max_by_key(|(number, _)| number.len()).map(|(_, station)| station)
        };
        self.spelled(dialled, plan).or_else(|| ending().copied())
    }

    /// The station whose number this is, with or without country, trunk 0 and area code.
    pub(super) fn spelled(&self, dialled: &str, plan: &NumberingPlan) -> Option<StationId> {
        let digits = digits_of(dialled);
        spellings(&digits, plan).into_iter().find_map(|digits| self.0.get(digits)).copied()
    }
}

/// The digits of a request's user part; what follows a semicolon is a parameter.
fn digits_of(text: &str) -> String {
    text.split(';').next().unwrap_or_default().chars().filter(char::is_ascii_digit).collect()
}

/// The number with less and less before it.
fn spellings<'a>(digits: &'a str, plan: &NumberingPlan) -> [&'a str; 4] {
    let international = digits.strip_prefix("00").unwrap_or(digits);
    let national = international.strip_prefix(plan.country.as_str());
    let national = national.or_else(|| international.strip_prefix('0')).unwrap_or(international);
    let local = national.strip_prefix(plan.area.as_str()).unwrap_or(national);
    [digits, international, national, local]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> HelpNumbers {
        let (mut numbers, plan) = (HelpNumbers::default(), NumberingPlan::default());
        numbers.put("12349", StationId(1), &plan);
        numbers.put("8372-0002", StationId(2), &plan);
        numbers.put("0532 8372 0003", StationId(3), &plan);
        numbers
    }

    fn found(dialled: &str) -> Option<i64> {
        numbers().station_of(dialled, &NumberingPlan::default()).map(|station| station.0)
    }

    #[test]
    fn every_spelling_of_a_help_number_reaches_its_station() {
        for spelling in ["12349", "+8653212349", "053212349", "008653212349", "8653212349", "9912349"] {
            assert_eq!(found(spelling), Some(1), "{spelling}");
        }
        for spelling in ["83720002", "+8653283720002", "0532 8372 0002", "+86-532-8372-0002;phone-context=x"]
        {
            assert_eq!(found(spelling), Some(2), "{spelling}");
        }
        assert_eq!(found("053283720003"), Some(3));
        assert_eq!(found("+8653283720003"), Some(3));
    }

    #[test]
    fn another_number_is_nobodys() {
        for dialled in ["83729999", "", "sos", "1234", "349"] {
            assert_eq!(found(dialled), None, "{dialled}");
        }
    }

    #[test]
    fn a_changed_number_is_answered_under_its_new_spelling_alone() {
        let mut numbers = numbers();
        let plan = NumberingPlan::default();
        numbers.put("96000", StationId(1), &plan);
        assert_eq!(numbers.station_of("96000", &plan), Some(StationId(1)));
        assert_eq!(numbers.station_of("12349", &plan), None);
    }
}

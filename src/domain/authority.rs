//! The dispatch catalogue by authority (派单目录): what is the duty of one station, whichever station the place has.

use serde::{Deserialize, Serialize};

use super::area::AreaCode;
use super::category::{Catalogue, CategoryCode};
use super::ids::StationId;
use super::station::Station;
use super::urgency::Tier;

/// A row: for these kinds of help, in this place, that station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// Groups (`ENT`) and single codes (`EMP-02`).
    pub of: Vec<String>,
    /// The district, street or committee it holds for; everywhere when left out.
    #[serde(default)]
    pub within: Option<AreaCode>,
    /// The station's number in the register.
    pub station: StationId,
    /// The place's own station is told at the same moment; whoever takes it first leads, the other helps (双派).
    #[serde(default)]
    pub with_place: bool,
}

impl Authority {
    /// How closely the row fits, a code before a group and a small place before a large one; none when it does not.
    pub fn fit(&self, code: &CategoryCode, area: Option<&AreaCode>) -> Option<(bool, usize)> {
        let by_code = self.of.iter().any(|of| of == code.as_str());
        let by_group = self.of.iter().any(|of| of == code.group());
        let place = match (&self.within, area) {
            (None, _) => 0,
            (Some(within), Some(area)) if area.as_str().starts_with(within.as_str()) => within.as_str().len(),
            (Some(_), Some(_) | None) => return None,
        };
        (by_code || by_group).then_some((by_code, place))
    }
}

/// The row that fits most closely, of equals the first.
pub fn most_fitting<'a>(
    rows: &'a [Authority],
    code: &CategoryCode,
    area: Option<&AreaCode>,
) -> Option<&'a Authority> {
    let fitting = rows.iter().filter_map(|row| Some((row.fit(code, area)?, row)));
    // `max_by_key` keeps the last of equals.
    fitting.rev().max_by_key(|(fit, _)| *fit).map(|(_, row)| row)
}

/// Why work of a kind is not a station's by the catalogue. A person may send it there all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTheirs {
    /// The catalogue makes it the duty of this one.
    OthersDuty(StationId),
    /// The place is none of theirs.
    OtherPlace,
    /// It begins at a tier above theirs, this one.
    HigherTier(Tier),
}

impl NotTheirs {
    /// Its name in history, and in the sentences of the screens.
    pub fn name(self) -> &'static str {
        match self {
            Self::OthersDuty(_) => "others_duty",
            Self::OtherPlace => "other_place",
            Self::HigherTier(_) => "higher_tier",
        }
    }
}

/// What speaks against a station's handling work of `category` at `area`; none where it may.
///
/// A row of the catalogue goes before the place: what is one station's duty is nobody else's, but for the place's own
/// stations where the row wants both. Else a station may whose area the place lies in, at the category's tier or above.
pub fn against(
    catalogue: &Catalogue,
    (code, area): (&CategoryCode, Option<&AreaCode>),
    station: &Station,
) -> Option<NotTheirs> {
    let row = most_fitting(&catalogue.authority, code, area);
    if row.is_some_and(|row| row.station == station.id) {
        return None;
    }
    if let Some(row) = row.filter(|row| !row.with_place) {
        return Some(NotTheirs::OthersDuty(row.station));
    }
    if area.is_some_and(|area| !area.as_str().starts_with(station.area.as_str())) {
        return Some(NotTheirs::OtherPlace);
    }
    let tier = catalogue.categories.get(code)?.tier;
    // The district sorts first.
    (station.tier > tier).then_some(NotTheirs::HigherTier(tier))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(of: &[&str], within: Option<&str>, station: i64) -> Authority {
        Authority {
            of: of.iter().map(|of| (*of).to_owned()).collect(),
            within: within.map(|code| AreaCode::parse(code).unwrap()),
            station: StationId(station),
            with_place: false,
        }
    }

    #[test]
    fn a_code_goes_before_its_group_and_a_small_place_before_a_large_one() {
        let rows = [
            row(&["ENT", "EMP"], None, 1),
            row(&["ENT"], Some("370203031"), 2),
            row(&["ENT"], Some("370203"), 3),
            row(&["ENT-03"], None, 4),
            row(&["EMP"], None, 5),
        ];
        let found = |code: &str, area: Option<&str>| {
            let area = area.map(|code| AreaCode::parse(code).unwrap());
            most_fitting(&rows, &CategoryCode::parse(code).unwrap(), area.as_ref()).map(|row| row.station.0)
        };
        assert_eq!(found("ENT-01", Some("370203031001")), Some(2));
        assert_eq!(found("ENT-01", Some("370203032001")), Some(3));
        assert_eq!(found("ENT-01", None), Some(1));
        assert_eq!(found("ENT-03", Some("370203031001")), Some(4));
        assert_eq!(found("EMP-02", Some("370203031001")), Some(1), "of equals the first");
        assert_eq!(found("ELD-02", Some("370203031001")), None);
    }
}

//! The dispatch catalogue by authority (派单目录): what is the duty of one station, whichever station the place has.

use serde::{Deserialize, Serialize};

use super::area::AreaCode;
use super::category::CategoryCode;
use super::ids::StationId;

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

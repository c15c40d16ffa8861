//! The demo's stations: one for the district, one a street, one a committee.
//!
//! Help numbers: the district answers 12349; the n-th street (by code) 12349 and two digits, `1234907`;
//! the m-th committee of that street two more, `123490703`. Ticket numbers carry 001 for the district,
//! 101 and up for streets, 201 and up for committees.

use std::collections::BTreeMap;

use super::numbers::{Group, landline, mobile};
use crate::domain::area::{AdminArea, AreaCode, AreaLevel};
use crate::domain::ids::{JurisdictionId, StationId};
use crate::domain::station::{Front, Station};
use crate::domain::urgency::Tier;

/// What residents of the whole district dial.
pub const HELP_NUMBER: &str = "12349";

/// Makes the stations of `areas`, which are sorted by code.
pub(super) fn stations(jurisdiction: &JurisdictionId, areas: &[AdminArea]) -> Vec<Station> {
    let mut made: Vec<Station> = Vec::with_capacity(areas.len());
    let mut by_area: BTreeMap<AreaCode, StationId> = BTreeMap::new();
    for tier in [AreaLevel::District, AreaLevel::Street, AreaLevel::Committee] {
        for area in areas.iter().filter(|area| area.code.level() == tier) {
            let siblings = made.iter().filter(|other| other.tier == tier_of(tier));
            let in_tier = 1 + siblings.clone().count();
            let street = area.code.street();
            let in_street = 1 + siblings.filter(|other| other.area.street() == street).count();
            let parent = match tier {
                AreaLevel::District => None,
                AreaLevel::Street => by_area.get(&area.code.district()),
                AreaLevel::Committee => street.as_ref().and_then(|street| by_area.get(street)),
            };
            let above = parent.and_then(|id| made.iter().find(|station| station.id == *id));
            let help_number = match (tier, above) {
                (AreaLevel::District, _) | (AreaLevel::Street | AreaLevel::Committee, None) => {
                    HELP_NUMBER.into()
                }
                (AreaLevel::Street, Some(district)) => format!("{}{in_tier:02}", district.help_number),
                (AreaLevel::Committee, Some(street)) => format!("{}{in_street:02}", street.help_number),
            };
            let station = station(jurisdiction, area, in_tier, help_number, parent.copied());
            by_area.insert(area.code.clone(), station.id);
            made.push(station);
        }
    }
    made
}

fn tier_of(level: AreaLevel) -> Tier {
    match level {
        AreaLevel::District => Tier::District,
        AreaLevel::Street => Tier::Street,
        AreaLevel::Committee => Tier::Committee,
    }
}

fn station(
    jurisdiction: &JurisdictionId,
    area: &AdminArea,
    in_tier: usize,
    help_number: String,
    parent: Option<StationId>,
) -> Station {
    let tier = tier_of(area.code.level());
    let (code_base, suffix) = match tier {
        Tier::District => (0, "社区服务中心"),
        Tier::Street => (100, "社区服务中心"),
        Tier::Committee => (200, "服务站"),
    };
    let ticket_code = u16::try_from(code_base + in_tier).expect("a district has fewer than 800 committees");
    let serial = u32::from(ticket_code);
    let people =
        |desks: u32| (0..desks).map(|desk| landline(Group::Stations, serial * 10 + desk)).collect::<Vec<_>>();
    let ring = people(match tier {
        Tier::District => 4,
        Tier::Street => 2,
        Tier::Committee => 1,
    });
    let duty = match tier {
        Tier::District => {
            vec![mobile(Group::Stations, serial * 10 + 8), mobile(Group::Stations, serial * 10 + 9)]
        }
        Tier::Street | Tier::Committee => vec![],
    };
    let whole = |numbers: Vec<_>| numbers.into_iter().map(String::from).collect();
    Station {
        id: StationId(i64::from(ticket_code)),
        jurisdiction: jurisdiction.clone(),
        tier,
        parent,
        area: area.code.clone(),
        name: format!("{}{suffix}", area.name.trim_end_matches("居委会")),
        help_number,
        ticket_code,
        front: Front::Menu,
        hours: Default::default(),
        ring: whole(ring),
        notice_phone: Some(mobile(Group::Stations, serial * 10)),
        duty: whole(duty),
        peers: vec![],
        point: area.point,
        staffed: true,
    }
}

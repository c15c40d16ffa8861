//! Where something is, from three columns: latitude, longitude, and the datum both are written in.

use super::fields::word;
use super::reason::{Reason, Why};
use super::table::{Column, Row, optional};
use crate::domain::area::Point;
use crate::domain::datum::Datum;

pub(super) const LATITUDE: Column = optional("latitude", &["lat", "纬度"]);
pub(super) const LONGITUDE: Column = optional("longitude", &["lon", "lng", "经度"]);
pub(super) const DATUM: Column = optional("datum", &["坐标系", "坐标系统"]);

/// The position a row says, in WGS-84 whatever it is written in; none when it says none.
pub(super) fn position(row: &Row<'_>) -> Result<Option<Point>, Reason> {
    // Read first: a datum nobody knows is wrong in a row without a position too.
    let datum = row.read("datum", datum)?.unwrap_or(Datum::Wgs84);
    let latitude = row.read("latitude", |text| degrees(text, 90.0))?;
    let longitude = row.read("longitude", |text| degrees(text, 180.0))?;
    match (latitude, longitude) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(Reason::new(Why::HalfAPosition).at("longitude")),
        (None, Some(_)) => Err(Reason::new(Why::HalfAPosition).at("latitude")),
        (Some(latitude), Some(longitude)) => {
            Ok(Some(datum.point(latitude, longitude).expect("each lies within its limits")))
        }
    }
}

fn degrees(text: &str, most: f64) -> Result<f64, Reason> {
    let read = text.parse().ok().filter(|degrees| (-most..=most).contains(degrees));
    read.ok_or_else(|| Reason::of(Why::NoDegrees, text).with("most", most))
}

/// Read by the datum's name or by whose maps have it.
fn datum(text: &str) -> Result<Datum, Reason> {
    word(
        text,
        &[
            ("wgs84", Datum::Wgs84),
            ("wgs-84", Datum::Wgs84),
            ("gps", Datum::Wgs84),
            ("cgcs2000", Datum::Wgs84),
            ("天地图", Datum::Wgs84),
            ("gcj02", Datum::Gcj02),
            ("gcj-02", Datum::Gcj02),
            ("高德", Datum::Gcj02),
            ("腾讯", Datum::Gcj02),
            ("bd09", Datum::Bd09),
            ("bd-09", Datum::Bd09),
            ("百度", Datum::Bd09),
        ],
    )
}

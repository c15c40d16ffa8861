//! In which datum degrees are written, and the way from each to WGS-84.
//!
//! Maps that are sold in China show places where they are not: GCJ-02 lies some hundreds of metres off WGS-84, BD-09 off
//! GCJ-02 again. At the district it is about 460 m, farther than the next volunteer lives. So degrees that somebody wrote
//! are of a type that says their datum, and only those of WGS-84 become a `Point`.

use std::f64::consts::PI;

use super::area::Point;
use super::names::named_enum;

named_enum! {
    /// What a spreadsheet, a map or a telephone means by its degrees.
    pub enum Datum {
        /// Satellite receivers, OpenStreetMap; CGCS2000 of the land survey agrees with it within decimetres.
        Wgs84 = "wgs84",
        /// AMap (高德), Tencent, and telephones that ask them.
        Gcj02 = "gcj02",
        /// Baidu.
        Bd09 = "bd09",
    }
}

/// A pair of degrees that cannot be a place on the ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a latitude lies between -90 and 90 degrees, a longitude between -180 and 180")]
pub struct NoPlace;

impl Datum {
    /// The point that degrees written in this datum mean.
    ///
    /// # Errors
    /// When they lie outside the globe.
    pub fn point(self, latitude: f64, longitude: f64) -> Result<Point, NoPlace> {
        let written = Degrees::new(latitude, longitude)?;
        Ok(Point::from(match self {
            Self::Wgs84 => Wgs84(written),
            Self::Gcj02 => Gcj02(written).into(),
            Self::Bd09 => Gcj02::from(Bd09(written)).into(),
        }))
    }
}

/// Degrees of no datum yet: what the three types below are made of.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Degrees {
    latitude: f64,
    longitude: f64,
}

/// A position in WGS-84, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wgs84(Degrees);

/// A position in GCJ-02, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gcj02(Degrees);

/// A position in BD-09, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bd09(Degrees);

/// The only way from degrees to a point: through WGS-84.
impl From<Wgs84> for Point {
    fn from(Wgs84(at): Wgs84) -> Self {
        // Degrees of the globe times 10⁷ fit in 32 bits.
        let e7 = |degrees: f64| (degrees * 1e7).round() as i32;
        Self { latitude_e7: e7(at.latitude), longitude_e7: e7(at.longitude) }
    }
}

impl From<Point> for Wgs84 {
    fn from(point: Point) -> Self {
        Self(Degrees {
            latitude: f64::from(point.latitude_e7) / 1e7,
            longitude: f64::from(point.longitude_e7) / 1e7,
        })
    }
}

impl From<Wgs84> for Gcj02 {
    fn from(Wgs84(at): Wgs84) -> Self {
        Self(if at.is_shifted() { at.plus(gcj02_shift(at)) } else { at })
    }
}

impl From<Gcj02> for Wgs84 {
    fn from(Gcj02(at): Gcj02) -> Self {
        Self(if at.is_shifted() { undone(at, gcj02_shift) } else { at })
    }
}

impl From<Gcj02> for Bd09 {
    fn from(Gcj02(at): Gcj02) -> Self {
        Self(if at.is_shifted() { at.plus(bd09_shift(at)) } else { at })
    }
}

impl From<Bd09> for Gcj02 {
    fn from(Bd09(at): Bd09) -> Self {
        Self(if at.is_shifted() { undone(at, bd09_shift) } else { at })
    }
}

impl Degrees {
    fn new(latitude: f64, longitude: f64) -> Result<Self, NoPlace> {
        let good = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        if good { Ok(Self { latitude, longitude }) } else { Err(NoPlace) }
    }

    /// Inside the rectangle around China in which maps are shifted.
    fn is_shifted(self) -> bool {
        (0.8293..=55.8271).contains(&self.latitude) && (72.004..=137.8347).contains(&self.longitude)
    }

    fn plus(self, other: Self) -> Self {
        Self { latitude: self.latitude + other.latitude, longitude: self.longitude + other.longitude }
    }
}

/// The position that a shift takes to `at`.
///
/// A shift differs between neighbours by less than a fortieth of their distance, so each round is nearer by as much: eight
/// are exact to the last digit of a point.
fn undone(at: Degrees, shift: fn(Degrees) -> Degrees) -> Degrees {
    let mut before = at;
    for _ in 0..8 {
        let by = shift(before);
        before = Degrees { latitude: at.latitude - by.latitude, longitude: at.longitude - by.longitude };
    }
    before
}

/// How far GCJ-02 shows a position of WGS-84 off.
///
/// Source: no text of the authority is public; the formula is the one all open implementations share.
fn gcj02_shift(at: Degrees) -> Degrees {
    // Krasovsky 1940: semi-major axis in metres, eccentricity squared.
    const AXIS_M: f64 = 6_378_245.0;
    const ECCENTRICITY_2: f64 = 0.006_693_421_622_965_943;
    let (x, y) = (at.longitude - 105.0, at.latitude - 35.0);
    let waves = |terms: [(f64, f64); 2]| {
        terms.iter().map(|(height_m, turns)| height_m * (turns * PI).sin()).sum::<f64>() * 2.0 / 3.0
    };
    let root = x.abs().sqrt();
    let common_m = waves([(20.0, 6.0 * x), (20.0, 2.0 * x)]);
    let north_m = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * root
        + common_m
        + waves([(20.0, y), (40.0, y / 3.0)])
        + waves([(160.0, y / 12.0), (320.0, y / 30.0)]);
    let east_m = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * root
        + common_m
        + waves([(20.0, x), (40.0, x / 3.0)])
        + waves([(150.0, x / 12.0), (300.0, x / 30.0)]);
    let latitude = at.latitude.to_radians();
    let w2 = 1.0 - ECCENTRICITY_2 * latitude.sin().powi(2);
    Degrees {
        latitude: (north_m / (AXIS_M * (1.0 - ECCENTRICITY_2) / (w2 * w2.sqrt()))).to_degrees(),
        longitude: (east_m / (AXIS_M / w2.sqrt() * latitude.cos())).to_degrees(),
    }
}

/// How far BD-09 shows a position of GCJ-02 off; from the same source.
fn bd09_shift(at: Degrees) -> Degrees {
    const TURNS: f64 = PI * 3_000.0 / 180.0;
    let (x, y) = (at.longitude, at.latitude);
    let far = x.hypot(y) + 0.000_02 * (y * TURNS).sin();
    let angle = y.atan2(x) + 0.000_003 * (x * TURNS).cos();
    Degrees { latitude: far * angle.sin() + 0.006 - y, longitude: far * angle.cos() + 0.0065 - x }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wgs84(latitude: f64, longitude: f64) -> Wgs84 {
        Wgs84(Degrees::new(latitude, longitude).unwrap())
    }

    /// How far apart two readings lie that are taken for one datum.
    fn apart_m(one: Degrees, other: Degrees) -> f64 {
        let north = (one.latitude - other.latitude) * 111_195.0;
        let east = (one.longitude - other.longitude) * 111_195.0 * one.latitude.to_radians().cos();
        north.hypot(east)
    }

    #[test]
    fn known_positions_are_shown_where_other_implementations_show_them() {
        // Shanghai, Shenzhen, Beijing of eviltransform (its globe is 2 cm off ours here) and a square of coordtransform.
        for (latitude, longitude, north, east) in [
            (31.1774276, 121.5272106, 31.175_303_983_645_97, 121.531_541_859_215),
            (22.543_847, 113.912_316, 22.540_796_131_694_766, 113.917_176_480_836_3),
            (39.911_954, 116.377_817, 39.913_345_455_360_69, 116.384_047_224_556_57),
            (39.915, 116.404, 39.916_404_281_501_64, 116.410_244_499_169_38),
        ] {
            let shown = Gcj02::from(wgs84(latitude, longitude));
            assert!(apart_m(shown.0, Degrees::new(north, east).unwrap()) < 0.02, "{shown:?}");
        }
        let shown = Bd09::from(Gcj02(Degrees::new(39.915, 116.404).unwrap()));
        let expected = Degrees::new(39.921_336_993_510_21, 116.410_369_493_710_29).unwrap();
        assert!(apart_m(shown.0, expected) < 0.01, "{shown:?}");
    }

    #[test]
    fn at_the_district_one_datum_taken_for_another_is_farther_off_than_the_next_volunteer() {
        let point = |datum: Datum| datum.point(36.10, 120.37).unwrap();
        let off_m = |datum: Datum| point(Datum::Wgs84).distance_m(point(datum));
        assert!((430..490).contains(&off_m(Datum::Gcj02)), "{} m", off_m(Datum::Gcj02));
        assert!((1_000..1_700).contains(&off_m(Datum::Bd09)), "{} m", off_m(Datum::Bd09));
    }

    #[test]
    fn points_outside_china_stay_where_they_are_and_none_lie_outside_the_globe() {
        for (latitude, longitude) in [(48.8566, 2.3522), (-33.8688, 151.2093), (40.7128, -74.006), (0.0, 0.0)]
        {
            let plain = Datum::Wgs84.point(latitude, longitude);
            assert!(plain.is_ok());
            assert_eq!(Datum::Gcj02.point(latitude, longitude), plain);
            assert_eq!(Datum::Bd09.point(latitude, longitude), plain);
        }
        for (latitude, longitude) in
            [(120.37, 36.1), (36.1, 180.1), (f64::NAN, 120.0), (36.1, f64::INFINITY), (-90.1, 0.0)]
        {
            assert_eq!(Datum::Wgs84.point(latitude, longitude), Err(NoPlace));
        }
    }

    proptest! {
        #[test]
        fn whoever_shifts_a_point_inside_china_and_back_is_within_half_a_metre(
            latitude in 18.0..53.6_f64, longitude in 73.5..135.1_f64,
        ) {
            let at = wgs84(latitude, longitude);
            let shifted = Gcj02::from(at);
            prop_assert!((10.0..1_500.0).contains(&apart_m(at.0, shifted.0)), "{shifted:?}");
            prop_assert!(apart_m(at.0, Wgs84::from(shifted).0) < 0.5);
            let twice = Bd09::from(shifted);
            prop_assert!(apart_m(shifted.0, Gcj02::from(twice).0) < 0.5);
            // As points: what a spreadsheet says in any of the three is one place.
            let point = Point::from(at);
            for (datum, said) in [(Datum::Wgs84, at.0), (Datum::Gcj02, shifted.0), (Datum::Bd09, twice.0)] {
                let read = datum.point(said.latitude, said.longitude).unwrap();
                prop_assert!(read.distance_m(point) <= 1, "{datum}");
                prop_assert!(read.latitude_e7.abs_diff(point.latitude_e7) < 45, "{datum}");
                prop_assert!(read.longitude_e7.abs_diff(point.longitude_e7) < 45, "{datum}");
            }
        }
    }
}

//! [Near]: positions on the earth and the distance between them.
//!
//! [Near]: https://hl7.org/fhir/R4/location.html#positional

use octofhir_ucum::get_canonical_units;

use super::query::escape::{split, unescape};

/// Mean radius of the earth in metres (IUGG).
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// A position in the index, WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct PositionValue {
    /// Degrees north, -90 to 90.
    pub latitude: f64,
    /// Degrees east, -180 to 180.
    pub longitude: f64,
}

/// A circle asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NearTest {
    /// Its centre.
    pub centre: PositionValue,
    /// Its radius in metres.
    pub distance_m: f64,
}

/// How far is near where no distance is asked for, in metres: what one goes to for a visit.
const NEAR_M: f64 = 50_000.0;

impl NearTest {
    /// Reads `latitude|longitude`, `latitude|longitude|distance` in kilometres, or
    /// `latitude|longitude|distance|units`, escapes in place. Without a distance, 50 km are near.
    /// The error says what is allowed.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let parts = split(text, '|');
        let (latitude, longitude, distance, unit) = match *parts.as_slice() {
            [latitude, longitude] => (latitude, longitude, "", ""),
            [latitude, longitude, distance] => (latitude, longitude, distance, ""),
            [latitude, longitude, distance, unit] => (latitude, longitude, distance, unit),
            _ => return Err(not_near(text)),
        };
        let centre = PositionValue {
            latitude: degrees(latitude, 90.0, "latitude")?,
            longitude: degrees(longitude, 180.0, "longitude")?,
        };
        if distance.is_empty() {
            // The specification has units without a distance passed over.
            return Ok(Self { centre, distance_m: NEAR_M });
        }
        let number = number(distance).filter(|number| *number >= 0.0);
        let number = number.ok_or_else(|| {
            format!("'{distance}' of '{text}' is no distance: write a number of 0 or more.")
        })?;
        let distance_m = number * metres(&unescape(unit)?)?;
        if !distance_m.is_finite() {
            return Err(format!("'{distance}' of '{text}' is farther than any place."));
        }
        Ok(Self { centre, distance_m })
    }

    /// Does a position lie within the circle?
    #[must_use]
    pub fn matches(&self, value: &PositionValue) -> bool {
        self.centre.distance_m(value) <= self.distance_m
    }
}

fn not_near(text: &str) -> String {
    format!(
        "'{text}' is no place: write latitude|longitude, latitude|longitude|distance (in km) or \
         latitude|longitude|distance|units."
    )
}

/// A decimal number; not what a float may be written as besides.
fn number(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    text.parse().ok().filter(|number: &f64| is_plain && number.is_finite())
}

fn degrees(text: &str, limit: f64, what: &str) -> Result<f64, String> {
    let found = number(text).filter(|number| number.abs() <= limit);
    found.ok_or_else(|| format!("'{text}' is no {what}: write degrees from -{limit} to {limit}."))
}

/// Metres of a unit of length: one of UCUM, or a mile or foot by its everyday name.
fn metres(unit: &str) -> Result<f64, String> {
    let code = match unit {
        "" => "km",
        "mi" => "[mi_i]",
        "ft" => "[ft_i]",
        "yd" => "[yd_i]",
        other => other,
    };
    let found = get_canonical_units(code).ok().filter(|found| found.unit == "m");
    found.map(|found| found.factor.to_f64()).ok_or_else(|| {
        format!("'{unit}' is no unit of length: write one of UCUM, as km, m, [mi_us], or mi or ft.")
    })
}

impl PositionValue {
    /// A position within the earth's degrees.
    pub(super) fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let is_real = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
        is_real.then_some(Self { latitude: latitude + 0.0, longitude: longitude + 0.0 })
    }

    /// Metres along the great circle (haversine formula).
    #[must_use]
    pub fn distance_m(&self, other: &Self) -> f64 {
        let (a, b) = (self.latitude.to_radians(), other.latitude.to_radians());
        let turn = (other.longitude - self.longitude).to_radians();
        let half = |angle: f64| (angle / 2.0).sin().powi(2);
        let chord = half(b - a) + a.cos() * b.cos() * half(turn);
        2.0 * EARTH_RADIUS_M * chord.clamp(0.0, 1.0).sqrt().asin()
    }
}

#[cfg(test)]
mod tests {
    use super::{NearTest, PositionValue};

    #[test]
    fn a_degree_of_latitude_is_some_111_kilometres() {
        let a = PositionValue { latitude: 52.0, longitude: 13.0 };
        let b = PositionValue { latitude: 53.0, longitude: 13.0 };
        assert!((a.distance_m(&b) - 111_195.0).abs() < 1.0);
    }

    #[track_caller]
    fn radius(text: &str, metres: f64) {
        let found = NearTest::parse(text).expect("a circle").distance_m;
        assert!((found - metres).abs() < 1e-6, "{text}: {found}");
    }

    #[test]
    fn a_distance_is_in_kilometres_unless_it_has_a_unit_of_length() {
        radius("52|13", 50_000.0);
        radius("52|13|", 50_000.0);
        radius("52|13||km", 50_000.0);
        radius("52|13|11.2", 11_200.0);
        radius("52|13|11.2|", 11_200.0);
        radius("-52.5|-13.25|3|km", 3_000.0);
        radius("52|13|500|m", 500.0);
        radius("52|13|1|mi", 1_609.344);
        radius("52|13|1|[mi_i]", 1_609.344);
        radius("52|13|1|[mi_us]", 1_609.347_218_694_438);
        radius("52|13|100|ft", 30.48);
        radius("52|13|0|m", 0.0);
    }

    #[test]
    fn what_is_no_circle_is_refused_with_the_part_that_is_wrong() {
        for (text, part) in [
            ("52", "latitude|longitude"),
            ("52|13|1|km|x", "latitude|longitude"),
            ("91|13", "'91' is no latitude"),
            ("x|13", "'x' is no latitude"),
            ("NaN|13", "'NaN' is no latitude"),
            ("52|181", "'181' is no longitude"),
            ("52|", "'' is no longitude"),
            ("52|13|far", "'far'"),
            ("52|13|-1", "'-1'"),
            ("52|13|1|kg", "'kg' is no unit of length"),
            ("52|13|1|parsnip", "'parsnip' is no unit of length"),
        ] {
            let error = NearTest::parse(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn a_circle_goes_across_the_date_line() {
        let centre = PositionValue { latitude: 0.0, longitude: 179.9 };
        let across = PositionValue { latitude: 0.0, longitude: -179.9 };
        assert!(NearTest { centre, distance_m: 23_000.0 }.matches(&across));
        assert!(!NearTest { centre, distance_m: 22_000.0 }.matches(&across));
    }
}

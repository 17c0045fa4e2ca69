//! [Near]: positions on the earth and the distance between them.
//!
//! [Near]: https://hl7.org/fhir/R4/location.html#positional

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

impl NearTest {
    /// Does a position lie within the circle?
    #[must_use]
    pub fn matches(&self, value: &PositionValue) -> bool {
        self.centre.distance_m(value) <= self.distance_m
    }
}

impl PositionValue {
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

    #[test]
    fn a_circle_goes_across_the_date_line() {
        let centre = PositionValue { latitude: 0.0, longitude: 179.9 };
        let across = PositionValue { latitude: 0.0, longitude: -179.9 };
        assert!(NearTest { centre, distance_m: 23_000.0 }.matches(&across));
        assert!(!NearTest { centre, distance_m: 22_000.0 }.matches(&across));
    }
}

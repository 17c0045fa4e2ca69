//! Units of [UCUM]: which measure the same, and how numbers go from one to the other.
//!
//! [UCUM]: https://ucum.org/ucum

use octofhir_ucum::{Number, get_canonical_units};

/// The system of UCUM.
pub const UCUM: &str = "http://unitsofmeasure.org";

/// Longer texts are no units that anybody uses.
const LEN_MAX: usize = 100;

/// A unit with its place among those that measure the same.
#[derive(Debug, Clone)]
pub struct Unit {
    code: String,
    /// The unit of its kind that numbers are converted through; the code itself where there is no
    /// linear scale (`[pH]`).
    canonical: String,
    factor: Number,
    offset: Number,
}

impl Unit {
    /// The unit of this code; `None` when UCUM has none.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        if code.len() > LEN_MAX || octofhir_ucum::validate(code).is_err() {
            return None;
        }
        let (canonical, factor, offset) = match get_canonical_units(code) {
            Ok(found) => (found.unit, found.factor, found.offset),
            Err(_) => (code.to_owned(), Number::ONE, Number::ZERO),
        };
        Some(Self { code: code.to_owned(), canonical, factor, offset })
    }

    /// Its code: `mg/dL`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Does it measure what the other one does?
    #[must_use]
    pub fn is_commensurable(&self, other: &Unit) -> bool {
        self.canonical == other.canonical
    }

    /// Are its numbers proportional to what is measured? Those of `Cel` are not.
    #[must_use]
    pub fn is_ratio(&self) -> bool {
        self.offset == Number::ZERO
    }

    /// What a decimal number in this unit is in another one of its kind: exact in decimals, rounded
    /// once. `None` for what is no number, and for a unit of another kind.
    #[must_use]
    pub fn convert(&self, number: &str, to: &Unit) -> Option<f64> {
        if self.code == to.code {
            return number.parse().ok().filter(|number: &f64| number.is_finite());
        }
        if !self.is_commensurable(to) {
            return None;
        }
        let canonical =
            Number::parse(number)?.checked_mul(self.factor)?.checked_add(self.offset)?;
        // The quotient is taken in binary: not every decimal has one.
        let moved = canonical.to_f64() - to.offset.to_f64();
        Some(moved / to.factor.to_f64()).filter(|number| number.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::Unit;

    #[track_caller]
    fn check(number: &str, from: &str, to: &str, expected: f64) {
        let (from, to) = (Unit::parse(from).unwrap(), Unit::parse(to).unwrap());
        let found = from.convert(number, &to).unwrap();
        assert!((found - expected).abs() < 1e-9 * expected.abs().max(1.0), "{found}");
    }

    #[test]
    fn units_of_one_kind_are_converted() {
        check("180", "cm", "m", 1.8);
        check("98.6", "[degF]", "Cel", 37.0);
        check("1", "g/L", "mg/dL", 100.0);
        check("7.4", "[pH]", "[pH]", 7.4);
        check("120", "mm[Hg]", "mm[Hg]", 120.0);
    }

    #[test]
    fn what_measures_something_else_is_not_converted() {
        let unit = |code| Unit::parse(code).unwrap();
        assert_eq!(unit("mmol/L").convert("5", &unit("mg/dL")), None);
        assert!(Unit::parse("nonsense").is_none());
        assert!(!unit("Cel").is_ratio() && unit("kg").is_ratio());
    }
}

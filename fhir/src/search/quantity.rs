//! [Quantity] parameters: a number, and perhaps a unit.
//!
//! [Quantity]: https://hl7.org/fhir/R4/search.html#quantity

use super::{NumberTest, NumberValue};

/// In which unit a number is kept or asked for. A quantity leaves one index value for each form
/// that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuantityUnit {
    /// Whatever the unit: `5.4`.
    Any,
    /// By code or by the unit's text, whatever the system: `5.4||mg`.
    Bare(String),
    /// By system and code: `5.4|system|mg`; the system's [`super::stable_hash`]. For UCUM only
    /// where a unit is not valid.
    Coded(u64, String),
    /// Of UCUM, in canonical units: the canonical unit's text. The number is converted.
    Canonical(String),
}

/// A quantity in the index.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantityValue {
    /// The number, in this unit.
    pub number: NumberValue,
    /// The unit.
    pub unit: QuantityUnit,
}

/// A quantity asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantityTest {
    /// The number, in this unit.
    pub number: NumberTest,
    /// The unit.
    pub unit: QuantityUnit,
}

impl QuantityTest {
    /// Does a value pass?
    #[must_use]
    pub fn matches(&self, value: &QuantityValue) -> bool {
        self.unit == value.unit && self.number.matches(&value.number)
    }
}

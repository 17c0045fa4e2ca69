//! [Date] parameters: every value is the range of its precision.
//!
//! [Date]: https://hl7.org/fhir/R4/search.html#date

use super::Prefix;

/// A date or period in the index, in microseconds since 1970-01-01T00:00Z; an open end is
/// `i64::MIN` or `i64::MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateValue {
    /// First microsecond.
    pub low: i64,
    /// Last microsecond.
    pub high: i64,
}

/// A date asked for: the range of its precision; for `ap` already widened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTest {
    /// How to compare.
    pub prefix: Prefix,
    /// First microsecond.
    pub low: i64,
    /// Last microsecond.
    pub high: i64,
}

impl DateTest {
    /// Does a value pass?
    #[must_use]
    pub fn matches(&self, value: &DateValue) -> bool {
        let is_within = self.low <= value.low && value.high <= self.high;
        match self.prefix {
            Prefix::Eq => is_within,
            Prefix::Ne => !is_within,
            Prefix::Gt => value.high > self.high,
            Prefix::Lt => value.low < self.low,
            Prefix::Ge => value.high > self.high || is_within,
            Prefix::Le => value.low < self.low || is_within,
            Prefix::Sa => value.low > self.high,
            Prefix::Eb => value.high < self.low,
            Prefix::Ap => value.low <= self.high && self.low <= value.high,
        }
    }
}

//! [Composite] parameters: several values of one element.
//!
//! [Composite]: https://hl7.org/fhir/R4/search.html#composite

use super::{IndexValue, Test};

/// The components asked for, in the parameter's order.
#[derive(Debug, Clone, PartialEq)]
pub struct CompositeTest(pub Vec<Test>);

impl CompositeTest {
    /// Do all components pass?
    #[must_use]
    pub fn matches(&self, values: &[IndexValue]) -> bool {
        self.0.len() == values.len() && self.0.iter().zip(values).all(|(test, v)| test.matches(v))
    }
}

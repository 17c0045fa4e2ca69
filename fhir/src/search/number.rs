//! [Number] parameters.
//!
//! [Number]: https://hl7.org/fhir/R4/search.html#number

/// A comparison prefix of number, date and quantity values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Prefix {
    /// Equal, within the precision that was written.
    Eq,
    /// Not equal.
    Ne,
    /// Greater.
    Gt,
    /// Less.
    Lt,
    /// Greater or equal.
    Ge,
    /// Less or equal.
    Le,
    /// Starts after.
    Sa,
    /// Ends before.
    Eb,
    /// Approximately.
    Ap,
}

/// A number in the index: a point (`low == high`), or a range, open ends infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NumberValue {
    /// Least value covered.
    pub low: f64,
    /// Greatest value covered.
    pub high: f64,
}

/// A number asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NumberTest {
    /// How to compare.
    pub prefix: Prefix,
    /// The number as written, exactly.
    pub exact: f64,
    /// Start of the implicit range of what was written: 99.5 for `100`; for `ap`, 10 % below.
    pub low: f64,
    /// End of the implicit range, not itself in it: 100.5 for `100`; for `ap`, 10 % above.
    pub high: f64,
}

impl NumberTest {
    /// Does a value pass?
    #[must_use]
    pub fn matches(&self, value: &NumberValue) -> bool {
        let is_equal = self.low <= value.low && value.high < self.high
            || (value.low == self.exact && value.high == self.exact);
        match self.prefix {
            Prefix::Eq => is_equal,
            Prefix::Ne => !is_equal,
            Prefix::Gt => value.high > self.exact,
            Prefix::Lt => value.low < self.exact,
            Prefix::Ge => value.high >= self.exact,
            Prefix::Le => value.low <= self.exact,
            Prefix::Sa => value.low > self.exact,
            Prefix::Eb => value.high < self.exact,
            Prefix::Ap => value.low <= self.high && self.low <= value.high,
        }
    }
}

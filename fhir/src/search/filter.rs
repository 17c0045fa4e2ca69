//! A query's conditions, free of syntax.

use std::sync::Arc;

use super::{
    CompositeTest, DateTest, Entry, IndexValue, NearTest, NumberTest, QuantityTest, ReferenceTest,
    StringTest, TokenTest, UriTest,
};

/// A search parameter on a resource type: what index entries hang on. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Param {
    /// Resource type: `Observation`.
    pub resource: Arc<str>,
    /// Code: `value-quantity`, `_lastUpdated`.
    pub code: Arc<str>,
}

impl Param {
    /// The parameter `code` on `resource`.
    #[must_use]
    pub fn new(resource: impl Into<Arc<str>>, code: impl Into<Arc<str>>) -> Self {
        Self { resource: resource.into(), code: code.into() }
    }
}

/// Which resources of a type are meant.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of the type.
    All,
    /// Every part holds.
    And(Vec<Filter>),
    /// At least one part holds.
    Or(Vec<Filter>),
    /// The part does not hold.
    Not(Box<Filter>),
    /// One of these ids.
    Ids(Vec<String>),
    /// The parameter has at least one value that passes the test.
    Matches(Param, Test),
    /// The parameter has a value at all.
    Present(Param),
    /// The parameter refers to a current resource of this type that the filter holds of: by its
    /// id, or by the canonical URL that it has in its parameter `url`.
    Chain(Param, Arc<str>, Box<Filter>),
    /// A current resource of the parameter's type that the filter holds of refers to this one by
    /// the parameter, in the same ways.
    Has(Param, Box<Filter>),
}

/// A test of one value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// On a number.
    Number(NumberTest),
    /// On a date or period.
    Date(DateTest),
    /// On text.
    String(StringTest),
    /// On a code, identifier or flag.
    Token(TokenTest),
    /// On a code, identifier or flag: passed by each that does not pass this one.
    OtherToken(TokenTest),
    /// On a reference.
    Reference(ReferenceTest),
    /// On a number with a unit.
    Quantity(QuantityTest),
    /// On a URI.
    Uri(UriTest),
    /// On a position.
    Near(NearTest),
    /// On all components of one element.
    Composite(CompositeTest),
}

impl Test {
    /// Does a value of the index pass?
    #[must_use]
    pub fn matches(&self, value: &IndexValue) -> bool {
        match (self, value) {
            (Test::Number(test), IndexValue::Number(value)) => test.matches(value),
            (Test::Date(test), IndexValue::Date(value)) => test.matches(value),
            (Test::String(test), IndexValue::String(value)) => test.matches(value),
            (Test::Token(test), IndexValue::Token(value)) => test.matches(value),
            (Test::OtherToken(test), IndexValue::Token(value)) => !test.matches(value),
            (Test::Reference(test), IndexValue::Reference(value)) => test.matches(value),
            (Test::Quantity(test), IndexValue::Quantity(value)) => test.matches(value),
            (Test::Uri(test), IndexValue::Uri(value)) => test.matches(value),
            (Test::Near(test), IndexValue::Position(value)) => test.matches(value),
            (Test::Composite(test), IndexValue::Composite(values)) => test.matches(values),
            _ => false,
        }
    }
}

/// One key of `_sort`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// The parameter; `_id` and `_lastUpdated` among them.
    pub param: Param,
    /// Greatest first.
    pub is_descending: bool,
}

/// Is a resource with this id and these index entries meant? The store's own entries
/// (`_lastUpdated`) are to be among them where the filter asks for them. A condition on other
/// resources (a chain, `_has`) holds of nothing here: only the store knows those; see
/// [`Filter::is_joined`].
#[must_use]
pub fn matches(filter: &Filter, id: &str, entries: &[Entry]) -> bool {
    match filter {
        Filter::All => true,
        Filter::And(parts) => parts.iter().all(|part| matches(part, id, entries)),
        Filter::Or(parts) => parts.iter().any(|part| matches(part, id, entries)),
        Filter::Not(part) => !matches(part, id, entries),
        Filter::Ids(ids) => ids.iter().any(|one| one == id),
        Filter::Matches(param, test) => {
            entries.iter().any(|entry| entry.param == *param && test.matches(&entry.value))
        }
        Filter::Present(param) => entries.iter().any(|entry| entry.param == *param),
        Filter::Chain(..) | Filter::Has(..) => false,
    }
}

impl Filter {
    /// Does it ask for anything of other resources?
    #[must_use]
    pub fn is_joined(&self) -> bool {
        match self {
            Filter::Chain(..) | Filter::Has(..) => true,
            Filter::And(parts) | Filter::Or(parts) => parts.iter().any(Filter::is_joined),
            Filter::Not(part) => part.is_joined(),
            Filter::All | Filter::Ids(_) | Filter::Matches(..) | Filter::Present(_) => false,
        }
    }
}

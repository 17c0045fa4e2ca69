//! What a version leaves in the index.

use super::{
    DateValue, NumberValue, Param, PositionValue, QuantityValue, ReferenceValue, StringValue,
    TokenValue, UriValue,
};

/// One index entry of a version: a parameter and one of its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The parameter, on the resource's own type.
    pub param: Param,
    /// The value.
    pub value: IndexValue,
}

/// A value in the index. It holds all that a comparison needs, so that a backend which decodes its
/// keys decides exactly like one that keeps the values.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub enum IndexValue {
    /// A number.
    Number(NumberValue),
    /// A date or period.
    Date(DateValue),
    /// Text.
    String(StringValue),
    /// A code, identifier or flag.
    Token(TokenValue),
    /// A reference.
    Reference(ReferenceValue),
    /// A number with a unit; one quantity leaves several, one per [`super::QuantityUnit`].
    Quantity(QuantityValue),
    /// A URI.
    Uri(UriValue),
    /// A position on the earth.
    Position(PositionValue),
    /// One value per component, in the order of the parameter's components.
    Composite(Vec<IndexValue>),
}

/// The hash that stands for a system, an exact spelling or a unit in the index: the same for ever,
/// since it is stored. 0 is kept for "none".
#[must_use]
pub fn stable_hash(text: &str) -> u64 {
    match xxhash_rust::xxh3::xxh3_64(text.as_bytes()) {
        0 => 1,
        hash => hash,
    }
}

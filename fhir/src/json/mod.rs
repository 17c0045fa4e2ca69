//! JSON as its own bytes with a cheap structure over them ([JSON representation]).
//!
//! A resource is kept and served as text; [`Json`] adds the spans of its values, so that reading an
//! element, cutting a summary or assembling a Bundle is slicing, decimals keep their text and keys
//! keep their order. [`Tree`] is the form to change a document in.
//!
//! [JSON representation]: https://hl7.org/fhir/R4/json.html

mod parse;
mod tree;
mod value;
mod write;

pub use parse::{JsonError, Limits};
pub use tree::Tree;
pub use value::{Entries, Items, Kind, Value};
pub use write::{escape_into, quote};

/// A parsed document: its text and the spans of its values.
#[derive(Debug, Clone)]
pub struct Json {
    text: Box<str>,
    nodes: Box<[Node]>,
}

/// One value: where it stands, and where the walk goes on after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Start of the property name's text, inside its quotes; equal to `key_end` where there is none.
    pub(crate) key_start: u32,
    pub(crate) key_end: u32,
    /// Index of the first node that is not inside this value.
    pub(crate) next: u32,
    pub(crate) kind: Kind,
    /// A string with at least one escape.
    pub(crate) is_escaped: bool,
}

impl Json {
    /// Parses one document under the default [`Limits`].
    ///
    /// # Errors
    /// What JSON or the limits forbid, with line and column (both from 1).
    pub fn parse(bytes: impl Into<Vec<u8>>) -> Result<Self, JsonError> {
        Self::parse_with(bytes, Limits::default())
    }

    /// Parses one document under the given limits.
    ///
    /// # Errors
    /// As [`Json::parse`].
    pub fn parse_with(bytes: impl Into<Vec<u8>>, limits: Limits) -> Result<Self, JsonError> {
        parse::parse(bytes.into(), limits)
    }

    /// The whole document as its text, as it came.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The outermost value.
    #[must_use]
    pub fn root(&self) -> Value<'_> {
        Value::new(self, 0)
    }

    /// The document without insignificant white space.
    #[must_use]
    pub fn compact(&self) -> String {
        let mut out = String::with_capacity(self.text.len());
        self.root().write_compact(&mut out);
        out
    }
}

#[cfg(test)]
mod tests;

//! Resources as XML, in and out ([XML representation]).
//!
//! Elements come and go by the element tables: their order, their names and which of them are
//! attributes. JSON stays the form inside; a text that is no boolean, integer or decimal although
//! its element is one becomes a JSON string, so that validation reports it with all the rest.
//!
//! [XML representation]: https://hl7.org/fhir/R4/xml.html

pub(crate) mod characters;
mod events;
mod literal;
mod members;
mod narrative;
mod read;
mod write;

use crate::definitions::Schema;
use crate::json::{Json, Value};

const FHIR: &str = "http://hl7.org/fhir";
const XHTML: &str = "http://www.w3.org/1999/xhtml";
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Greatest nesting of elements that have children; of a narrative's elements, counted from its
/// `div`.
const DEPTH_MAX: usize = 64;

/// Greatest number of elements and of attributes other than `value`.
const NODES_MAX: usize = 1_000_000;

/// Greatest number of attributes of one element, declarations of namespaces included.
const ATTRIBUTES_MAX: usize = 128;

/// Greatest length of an error's message, in characters: what it quotes came from outside.
const MESSAGE_LENGTH_MAX: usize = 400;

/// Why a document cannot go from one representation to the other, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (line {line}, column {column}{})", at(path))]
pub struct XmlError {
    /// What was wrong and what would be right.
    pub message: String,
    /// Line in the document that was read, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The element, as in `Patient.contact[0].name`; empty before the first one.
    pub path: String,
}

fn at(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(", {path}") }
}

/// What is wrong, at which byte.
#[derive(Debug)]
struct Fault {
    offset: usize,
    message: String,
}

impl Fault {
    fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into() }
    }

    fn in_text(self, text: &str, path: &str) -> XmlError {
        let before = &text.as_bytes()[..self.offset.min(text.len())];
        let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        XmlError {
            message: self.message.chars().take(MESSAGE_LENGTH_MAX).collect(),
            line: before.iter().filter(|&&byte| byte == b'\n').count() + 1,
            column: String::from_utf8_lossy(&before[line_start..]).chars().count() + 1,
            path: path.chars().take(MESSAGE_LENGTH_MAX).collect(),
        }
    }
}

/// The resource that an XML document holds, as JSON. Properties stand in the order of the
/// document, decimals keep their text, a narrative keeps its XHTML.
///
/// # Errors
/// The first thing that is not well-formed, not allowed in FHIR (a DTD, an entity, a processing
/// instruction, text beside elements), unknown to the element tables or out of their order; or a
/// limit: nesting of 64, 1,000,000 elements and attributes.
pub fn to_json(xml: &[u8], schema: &Schema) -> Result<Json, XmlError> {
    read::document(xml, schema)
}

/// A resource as an XML document on one line, its elements in the order of their definition.
///
/// # Errors
/// What the element tables do not know or XML cannot say: an unknown property, an array where one
/// value should stand, a character that XML has not, a narrative that is no XHTML. Line and column
/// are those of the JSON text.
pub fn from_json(value: Value<'_>, schema: &Schema) -> Result<String, XmlError> {
    write::document(value, schema, false)
}

/// As [`from_json`], with each element on a line of its own, indented by two spaces.
///
/// # Errors
/// As [`from_json`].
pub fn from_json_pretty(value: Value<'_>, schema: &Schema) -> Result<String, XmlError> {
    write::document(value, schema, true)
}

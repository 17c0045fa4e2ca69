//! [Validation] of resources: the structural rules that every write passes.
//!
//! The element tables say which elements a type has, how often, of which types and with which
//! codes; the rules of JSON and of the data types come on top. [`invariants`] evaluates what R4
//! states in FHIRPath.
//!
//! [Validation]: https://hl7.org/fhir/R4/validation.html

mod coded;
mod codes;
mod contained;
mod element;
mod invariants;
mod place;
mod primitive;
mod reference;
mod resource;
mod rules;
mod value;
mod vocabulary;

use std::borrow::Cow;

use crate::definitions::{Definitions, Property, PropertyType, Schema};
use crate::json::Value;
use crate::outcome::Issue;
use contained::Scope;
pub(crate) use invariants::Invariants;
pub use invariants::invariants;
use place::Place;
use rules::PropertyRule;
pub(crate) use rules::Rules;

/// More errors than a person reads, and a bound on what a hostile document costs.
const ISSUES_MAX: usize = 100;

/// Characters of a message: what a document says at length is not repeated.
const TEXT_MAX: usize = 1000;

/// Characters of a name or a value in a message.
const SHOWN_MAX: usize = 60;

/// The errors of a resource against the structural rules, in document order; none when it is valid.
///
/// Each says what was wrong and what would be right, with the FHIRPath of the element. After
/// 100 errors one more says that the rest is not listed. `definitions` hold the types of the FHIR
/// version (see [`r4`](crate::definitions::r4)).
///
/// References as searches (`Patient?identifier=…`) are legal where the resource is a transaction.
#[must_use]
pub fn structure(resource: Value<'_>, definitions: &Definitions) -> Vec<Issue> {
    let mut walk = Walk {
        definitions,
        schema: definitions.schema(),
        rules: definitions.rules(),
        issues: Vec::new(),
        is_full: false,
        scope: Scope::default(),
        is_transaction: resource.str("type").is_some_and(|kind| kind == "transaction")
            && resource.str("resourceType").is_some_and(|name| name == "Bundle"),
    };
    walk.root(resource);
    let Walk { mut issues, is_full, .. } = walk;
    issues.sort_by_key(|(at, _)| *at);
    let mut issues: Vec<Issue> = issues.into_iter().map(|(_, issue)| issue).collect();
    if is_full {
        let rest = format!("More than {ISSUES_MAX} errors; correct these to see the rest.");
        issues.push(Issue::error("too-costly", rest));
    }
    issues
}

/// The walk over one document.
struct Walk<'a> {
    definitions: &'a Definitions,
    schema: &'a Schema,
    rules: &'a Rules,
    /// Number of the value in the document, and what is wrong there.
    issues: Vec<(u32, Issue)>,
    /// An error was left out.
    is_full: bool,
    scope: Scope<'a>,
    is_transaction: bool,
}

/// An element by its definition, and where it stands.
#[derive(Clone, Copy)]
struct Spot<'p> {
    property: &'p Property,
    kind: &'p PropertyType,
    rule: &'p PropertyRule,
    place: Place<'p>,
}

impl Spot<'_> {
    fn item(self, index: usize) -> Self {
        Self { place: self.place.item(index), ..self }
    }
}

impl Walk<'_> {
    fn error(&mut self, code: &'static str, value: Value<'_>, place: &Place<'_>, text: String) {
        if self.issues.len() == ISSUES_MAX {
            self.is_full = true;
            return;
        }
        let text = match text.char_indices().nth(TEXT_MAX) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        };
        let issue = Issue::error(code, text).at(place.expression());
        self.issues.push((value.index(), issue));
    }
}

/// A value for a message: whole if it is short, a string without JSON's escapes.
fn shown(value: Value<'_>) -> Cow<'_, str> {
    let shorten = |text: &str| {
        text.char_indices().nth(SHOWN_MAX).map(|(end, _)| format!("{}…", &text[..end]))
    };
    match value.as_str() {
        Some(text) => Cow::Owned(format!("\"{}\"", shorten(&text).as_deref().unwrap_or(&text))),
        None => shorten(value.raw()).map_or(Cow::Borrowed(value.raw()), Cow::Owned),
    }
}

/// The beginning of a name that a document gives: what is looked for among known names.
fn short(name: &str) -> &str {
    name.char_indices().nth(SHOWN_MAX).map_or(name, |(end, _)| &name[..end])
}

//! What an expression is evaluated in: the resource, the clock, what can be resolved.

use std::borrow::Cow;

use super::{Item, PathError};
use crate::definitions::Schema;
use crate::json::Value;
use crate::primitive::DateTime;

/// Steps that an evaluation may take unless the environment says otherwise. A simple search
/// parameter takes fewer than ten.
const FUEL: u64 = 1_000_000;

/// Finds what a reference points to.
pub trait Resolve {
    /// The resource that this reference names, or nothing.
    fn resolve(&self, reference: &str) -> Option<Value<'_>>;
}

/// What an expression asks about an element that its definitions alone answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question<'q> {
    /// `conformsTo()`: does the element conform to the profile of this canonical URL?
    ConformsTo(&'q str),
    /// `memberOf()`: is the code, Coding or CodeableConcept in the value set of this canonical
    /// URL?
    MemberOf(&'q str),
}

/// Answers a [`Question`] about an item; `None` where the profile or value set is not known.
pub type Answer<'a> = dyn Fn(Question<'_>, &Item<'_>) -> Option<bool> + 'a;

/// The circumstances of an evaluation. Cheap to make; not shared between threads.
#[derive(Clone)]
pub struct Environment<'a> {
    /// The element tables.
    pub schema: &'a Schema,
    /// `%resource`: the resource that the focus stands in; for one inside `contained`, that one.
    pub resource: Value<'a>,
    /// `%rootResource`: the resource that `contained` is a part of, else the same as `resource`.
    /// For an entry of a Bundle that is the entry's resource; a Bundle here is searched by
    /// `resolve()`.
    pub root_resource: Value<'a>,
    /// `now()`, with its zone; `today()` and `timeOfDay()` are read off it. Without it they fail.
    pub now: Option<DateTime>,
    /// Answers `resolve()`. Without one, a contained resource or an entry of a root Bundle is
    /// still found, and any other reference resolves to an element without content whose type is
    /// that named by the reference, so that `resolve() is Patient` needs no store.
    pub resolver: Option<&'a dyn Resolve>,
    /// Answers `conformsTo()` and `memberOf()`, which fail without it.
    pub answer: Option<&'a Answer<'a>>,
    /// Steps that the evaluation may take before it fails with [`super::PathFault::Fuel`].
    pub fuel: u64,
    /// Names that no type at hand has, and `as` on more than one item, are errors rather than
    /// empty. FHIR's own search parameters and invariants need this to be off.
    pub is_strict: bool,
    /// Further `%variables`.
    pub variables: Vec<(Cow<'a, str>, Vec<Item<'a>>)>,
}

impl<'a> Environment<'a> {
    /// An environment for expressions on this resource, which stands for itself.
    #[must_use]
    pub fn new(schema: &'a Schema, resource: Value<'a>) -> Self {
        Self {
            schema,
            resource,
            root_resource: resource,
            now: None,
            resolver: None,
            answer: None,
            fuel: FUEL,
            is_strict: false,
            variables: Vec::new(),
        }
    }

    /// The same with `now()` at `us` microseconds after 1970-01-01T00:00Z, told to the
    /// millisecond, in UTC.
    #[must_use]
    pub fn at(mut self, us: i64) -> Self {
        self.now = DateTime::parse(&DateTime::instant_text(us));
        self
    }

    /// The same with one more `%variable`.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<Cow<'a, str>>, value: Vec<Item<'a>>) -> Self {
        self.variables.push((name.into(), value));
        self
    }

    /// The value of a [`%variable`].
    ///
    /// [`%variable`]: https://hl7.org/fhir/R4/fhirpath.html#variables
    pub(super) fn variable(
        &self,
        name: &'a str,
        focus: &Item<'a>,
        out: &mut dyn FnMut(Item<'a>) -> Result<(), PathError>,
    ) -> Result<(), PathError> {
        if let Some((_, items)) = self.variables.iter().find(|(known, _)| known == name) {
            return items.iter().cloned().try_for_each(out);
        }
        let text = match name {
            "context" => return out(focus.clone()),
            "resource" => return out(Item::resource(self.schema, self.resource)?),
            "rootResource" => return out(Item::resource(self.schema, self.root_resource)?),
            "ucum" => Cow::Borrowed("http://unitsofmeasure.org"),
            "sct" => Cow::Borrowed("http://snomed.info/sct"),
            "loinc" => Cow::Borrowed("http://loinc.org"),
            _ => match (name.strip_prefix("vs-"), name.strip_prefix("ext-")) {
                (Some(id), _) => format!("http://hl7.org/fhir/ValueSet/{id}").into(),
                (_, Some(id)) => format!("http://hl7.org/fhir/StructureDefinition/{id}").into(),
                _ => return Err(PathError::execution(format!("there is no variable %{name}"))),
            },
        };
        out(Item::String(text))
    }
}

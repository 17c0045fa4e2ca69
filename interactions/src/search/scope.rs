//! Where a search runs: a type, a compartment, or everything.

use std::sync::Arc;

use fhir::definitions::Definitions;
use fhir::reference::is_id;
use fhir::search::{Filter, compartment_filter};
use fhir::{Kind, Outcome};

use crate::SearchScope;
use crate::policy::Permit;

/// Where a search runs.
pub(super) struct Scope<'a> {
    /// Path under the base: what page links are bound to.
    pub(super) path: String,
    pub(super) types: Types<'a>,
    compartment: Option<Compartment<'a>>,
}

/// Which types it is about.
pub(super) enum Types<'a> {
    /// This one.
    One(Arc<str>),
    /// Those of these that `_type` names.
    Some(Vec<&'a str>),
}

struct Compartment<'a> {
    code: Arc<str>,
    id: Arc<str>,
    definitions: &'a Definitions,
}

impl<'a> Scope<'a> {
    pub(super) fn of(permit: &'a Permit<'_>, scope: &SearchScope) -> Result<Self, Outcome> {
        match scope {
            SearchScope::System => Ok(Self {
                path: String::new(),
                types: Types::Some(permit.definitions().schema().resource_names()),
                compartment: None,
            }),
            SearchScope::Type(resource) => Ok(Self {
                path: resource.to_string(),
                types: Types::One(resource.clone()),
                compartment: None,
            }),
            SearchScope::Compartment { compartment, id, resource } => {
                Self::of_compartment(permit.definitions(), compartment, id, resource.as_ref())
            }
        }
    }

    fn of_compartment(
        definitions: &'a Definitions,
        code: &Arc<str>,
        id: &Arc<str>,
        resource: Option<&Arc<str>>,
    ) -> Result<Self, Outcome> {
        if definitions.compartment(code).is_none() {
            let known: Vec<&str> =
                definitions.compartments().iter().map(|c| c.code.as_str()).collect();
            return Err(Outcome::new(
                Kind::Unknown,
                format!("{code} defines no compartment: those of R4 are {}.", known.join(", ")),
            ));
        }
        if !is_id(id) {
            return Err(Outcome::invalid(format!(
                "'{id}' is no id: 1 to 64 of the letters, digits, '-' and '.'."
            )));
        }
        let holds = |name: &str| compartment_filter(code, id, name, definitions).is_some();
        // All types are gone through only where all are asked for, or named in a failure.
        let all = || {
            let mut types = definitions.schema().resource_names();
            types.retain(|name| holds(name));
            types
        };
        let (types, last) = match resource {
            None => (Types::Some(all()), "*"),
            Some(name) if holds(name) => (Types::One(name.clone()), &**name),
            Some(name) => {
                let text = format!(
                    "{name} is never in a {code} compartment: that holds {}.",
                    all().join(", ")
                );
                return Err(Outcome::new(Kind::Unknown, text));
            }
        };
        let compartment = Compartment { code: code.clone(), id: id.clone(), definitions };
        Ok(Self { path: format!("{code}/{id}/{last}"), types, compartment: Some(compartment) })
    }

    /// The same filter, within the compartment where there is one.
    pub(super) fn within(&self, resource: &str, filter: Filter) -> Filter {
        let Some(Compartment { code, id, definitions }) = &self.compartment else { return filter };
        let Some(compartment) = compartment_filter(code, id, resource, definitions) else {
            return Filter::Ids(Vec::new());
        };
        match filter {
            Filter::All => compartment,
            Filter::And(mut parts) => {
                parts.push(compartment);
                Filter::And(parts)
            }
            filter => Filter::And(vec![filter, compartment]),
        }
    }

    /// The address under a base.
    pub(super) fn address(&self, base: &str) -> String {
        if self.path.is_empty() { base.to_owned() } else { format!("{base}/{}", self.path) }
    }
}

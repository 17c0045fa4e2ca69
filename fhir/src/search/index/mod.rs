//! What a resource leaves in the index: every [search parameter] of its type, evaluated.
//!
//! [search parameter]: https://hl7.org/fhir/R4/searchparameter-registry.html

mod convert;
mod plan;
mod quantity;
mod reference;
mod string;
mod time;
mod token;

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::definitions::{Definitions, Schema, TypeId, r4};
use crate::json::Value;
use crate::path::{Environment, Item};

use super::{Entry, IndexValue};
use convert::Scope;
use plan::{Branch, Component, Plan, Values};
pub(super) use plan::{is_over_identifiers, of_type_param};

/// The search parameters of one set of definitions, compiled type by type on first use. Shared by
/// reference between threads.
#[derive(Debug)]
pub struct Indexer {
    definitions: Definitions,
    /// What has compiled the parameters that are not compiled here.
    base: Option<&'static Indexer>,
    types: HashMap<TypeId, OnceLock<TypePlan>>,
}

/// The parameters of one resource type, by code.
#[derive(Debug)]
struct TypePlan {
    plans: Vec<Plan>,
}

/// One element of a composite has at most this many combinations of its components' values in the
/// index; a record that has more is not one.
const COMBINATIONS_MAX: usize = 10_000;

impl Indexer {
    /// The indexer of the built-in R4 definitions.
    pub fn r4() -> &'static Indexer {
        static R4: OnceLock<Indexer> = OnceLock::new();
        R4.get_or_init(|| Indexer::new(r4().clone()))
    }

    /// An indexer of these definitions.
    #[must_use]
    pub fn new(definitions: Definitions) -> Self {
        Self::over(definitions, None)
    }

    /// An indexer of R4's definitions with more search parameters: R4's own are compiled once for
    /// all.
    #[must_use]
    pub fn with_r4(definitions: Definitions) -> Self {
        Self::over(definitions, Some(Self::r4()))
    }

    fn over(definitions: Definitions, base: Option<&'static Indexer>) -> Self {
        let schema = definitions.schema();
        let names = schema.resource_names();
        let types = names.into_iter().filter_map(|name| schema.id(name));
        let types = types.map(|id| (id, OnceLock::new())).collect();
        Self { definitions, base, types }
    }

    /// The index entries of a resource, sorted by parameter and value, each once. `bases` are the
    /// server's own, without a slash at the end.
    ///
    /// `_id` and `_lastUpdated` are not among them: the store knows them before the resource does.
    /// A value that cannot be read is left out; what is no resource has no entries.
    #[must_use]
    pub fn entries(&self, resource: Value<'_>, bases: &[String]) -> Vec<Entry> {
        let schema = self.definitions.schema();
        let Some(id) = resource.str("resourceType").and_then(|name| schema.id(&name)) else {
            return Vec::new();
        };
        let Some(own) = self.plan(id) else { return Vec::new() };
        let shared = self.base.and_then(|base| base.plan(id));
        let environment = Environment::new(schema, resource);
        let reading = Reading {
            scope: Scope { schema, bases },
            root: Item::element(resource, id),
            present: present(schema, id, resource),
            environment: &environment,
        };
        let mut entries = Vec::new();
        let shared = shared.iter().flat_map(|plan| &plan.plans);
        for one in shared.chain(&own.plans) {
            let start = entries.len();
            reading.read(one, &mut |value| entries.push(Entry { param: one.param.clone(), value }));
            sort(&mut entries, start);
        }
        if self.base.is_some() && !own.plans.is_empty() {
            entries.sort_by(|a, b| a.param.code.cmp(&b.param.code));
        }
        entries
    }

    fn plan(&self, id: TypeId) -> Option<&TypePlan> {
        let known = self.base.map(|base| &base.definitions);
        let compile = || TypePlan { plans: plan::compile(&self.definitions, id, known) };
        Some(self.types.get(&id)?.get_or_init(compile))
    }
}

/// Which elements of a type a resource has, by their index in the type's properties.
fn present(schema: &Schema, id: TypeId, resource: Value<'_>) -> Vec<bool> {
    let table = schema.get(id);
    let mut present = vec![false; table.properties.len()];
    for member in resource.entries() {
        let key = member.key();
        let name = key.strip_prefix('_').unwrap_or(key);
        if let Some(&(property, _)) = table.by_json_name.get(name) {
            present[usize::from(property)] = true;
        }
    }
    present
}

/// Sorts the entries of one parameter, which start at `start`, and drops repeated ones.
fn sort(entries: &mut Vec<Entry>, start: usize) {
    if entries.len() - start < 2 {
        return;
    }
    // There is no NaN in the index.
    entries[start..]
        .sort_by(|a, b| a.value.partial_cmp(&b.value).unwrap_or(std::cmp::Ordering::Equal));
    let mut kept = start + 1;
    for at in start + 1..entries.len() {
        if entries[at].value != entries[kept - 1].value {
            entries.swap(kept, at);
            kept += 1;
        }
    }
    entries.truncate(kept);
}

/// One resource under evaluation.
struct Reading<'a> {
    scope: Scope<'a>,
    root: Item<'a>,
    present: Vec<bool>,
    environment: &'a Environment<'a>,
}

impl<'a> Reading<'a> {
    fn read(&self, plan: &'a Plan, add: &mut dyn FnMut(IndexValue)) {
        match &plan.values {
            Values::Simple(branches) => {
                for branch in branches.iter().filter(|branch| self.may_match(branch)) {
                    self.each(branch, &self.root, &mut |item| {
                        self.scope.convert(&item, &branch.target, add);
                    });
                }
            }
            Values::Composite(branches, components) => {
                for branch in branches.iter().filter(|branch| self.may_match(branch)) {
                    self.each(branch, &self.root, &mut |item| {
                        self.combine(components, &item, add);
                    });
                }
            }
        }
    }

    /// Has the resource the element that the branch starts with?
    fn may_match(&self, branch: &Branch) -> bool {
        branch.first.iter().all(|&at| self.present[usize::from(at)])
    }

    /// An expression that fails on the data gives what it gave before it failed.
    fn each(&self, branch: &'a Branch, focus: &Item<'a>, visit: &mut dyn FnMut(Item<'a>)) {
        let _ = branch.expression.each(self.environment, focus.clone(), visit);
    }

    /// Adds every combination of the components' values on one element.
    fn combine(
        &self,
        components: &'a [Component],
        element: &Item<'a>,
        add: &mut dyn FnMut(IndexValue),
    ) {
        let mut columns: Vec<Vec<IndexValue>> = Vec::with_capacity(components.len());
        for component in components {
            let mut values = Vec::new();
            for branch in component {
                self.each(branch, element, &mut |item| {
                    self.scope.convert(&item, &branch.target, &mut |value| values.push(value));
                });
            }
            if values.is_empty() {
                return;
            }
            columns.push(values);
        }
        let total = columns.iter().map(Vec::len).try_fold(1_usize, usize::checked_mul);
        for at in 0..total.unwrap_or(usize::MAX).min(COMBINATIONS_MAX) {
            let mut rest = at;
            let combination = columns.iter().map(|values| {
                let value = values[rest % values.len()].clone();
                rest /= values.len();
                value
            });
            add(IndexValue::Composite(combination.collect()));
        }
    }
}

//! The [invariants] of the element tables: FHIRPath that must be true.
//!
//! [invariants]: https://hl7.org/fhir/R4/conformance-rules.html#constraints

use std::sync::OnceLock;

use super::ISSUES_MAX;
use super::place::Place;
use crate::definitions::{Constraint, Definitions, Property, Schema, Type, TypeId, TypeKind};
use crate::json::{Kind, Value};
use crate::outcome::{Issue, Severity};
use crate::path::{Environment, Expression, Item, Node, PathFault};

/// Invariants that [`structure`](super::structure) checks, or, for ref-1, checks better.
const STRUCTURAL: [&str; 9] =
    ["ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "txt-1", "txt-2", "ref-1"];

/// Invariants that are false, as published, where the element they speak of is not there, or that
/// name a type that FHIR does not have. The reference validator corrects them too.
const CORRECTED: [(&str, &str); 3] = [
    ("bdl-8", "fullUrl.exists() implies fullUrl.contains('/_history/').not()"),
    (
        "ras-2",
        "probability.exists() implies (probability is decimal implies probability as decimal <= 100)",
    ),
    ("que-7", "operator = 'exists' implies (answer is boolean)"),
];

/// The invariants of a resource that do not hold, in document order: errors and warnings, as the
/// definitions rank them.
///
/// The resource has passed [`structure`](super::structure); invariants that the structural rules
/// cover are not evaluated again. After 100 errors one more says that the rest is not listed; of
/// the warnings the first 100 are listed. What needs a terminology or other resources is passed over.
#[must_use]
pub fn invariants(resource: Value<'_>, definitions: &Definitions) -> Vec<Issue> {
    let schema = definitions.schema();
    let invariants = definitions.invariants();
    let mut walk = Walk { schema, invariants, issues: Vec::new(), errors: 0 };
    let name = resource.str("resourceType");
    let place = Place::root(name.as_deref().unwrap_or("Resource"));
    walk.resource(resource, resource, &place);
    if walk.errors > ISSUES_MAX {
        let rest = format!("More than {ISSUES_MAX} errors; correct these to see the rest.");
        walk.issues.push(Issue::error("too-costly", rest));
    }
    walk.issues
}

/// Compiled invariants by type and by property, each compiled when it is first met.
#[derive(Debug)]
pub(crate) struct Invariants {
    types: Vec<OnceLock<Compiled>>,
}

/// The invariants of one type.
#[derive(Debug)]
struct Compiled {
    own: Vec<Invariant>,
    properties: Vec<Vec<Invariant>>,
}

#[derive(Debug)]
struct Invariant {
    key: String,
    severity: Severity,
    expression: Expression,
}

impl Invariants {
    pub(crate) fn new(schema: &Schema) -> Self {
        Self { types: schema.types().iter().map(|_| OnceLock::new()).collect() }
    }

    fn get(&self, id: TypeId, table: &Type) -> &Compiled {
        self.types[usize::from(id.0)].get_or_init(|| Compiled {
            own: compile(&table.constraints),
            properties: table.properties.iter().map(|one| compile(&one.constraints)).collect(),
        })
    }
}

fn compile(constraints: &[Constraint]) -> Vec<Invariant> {
    let evaluated = constraints.iter().filter(|one| !STRUCTURAL.contains(&one.key.as_str()));
    let compiled = evaluated.filter_map(|one| {
        Some(Invariant {
            key: one.key.clone(),
            severity: if one.is_error { Severity::Error } else { Severity::Warning },
            // A test compiles every invariant of R4; one of a guide that is no FHIRPath is no
            // fault of the resource.
            expression: Expression::parse(expression(one)?).ok()?,
        })
    });
    compiled.collect()
}

fn expression(constraint: &Constraint) -> Option<&str> {
    let corrected = CORRECTED.iter().find(|(key, _)| *key == constraint.key);
    corrected.map(|(_, text)| *text).or(constraint.expression.as_deref())
}

struct Walk<'a> {
    schema: &'a Schema,
    invariants: &'a Invariants,
    issues: Vec<Issue>,
    errors: usize,
}

impl<'a> Walk<'a> {
    fn resource(&mut self, value: Value<'a>, root: Value<'a>, place: &Place<'_>) {
        let stated = value.str("resourceType");
        let Some((type_id, _)) = stated.and_then(|name| self.schema.resource(&name)) else {
            return;
        };
        let mut env = Environment::new(self.schema, value);
        env.root_resource = root;
        self.object(value, type_id, &env, place);
    }

    fn object(
        &mut self,
        value: Value<'a>,
        type_id: TypeId,
        env: &Environment<'a>,
        place: &Place<'_>,
    ) {
        let schema = self.schema;
        let table = schema.get(type_id);
        let compiled = self.invariants.get(type_id, table);
        self.evaluate(&compiled.own, env, &Item::element(value, type_id), place);
        for member in value.entries() {
            if self.errors > ISSUES_MAX {
                return;
            }
            let name = member.key().strip_prefix('_').unwrap_or(member.key());
            let Some(&(at, choice)) = table.by_json_name.get(name) else { continue };
            let property = &table.properties[usize::from(at)];
            let element = Element {
                property,
                type_id: property.types[usize::from(choice)].type_id,
                own: &compiled.properties[usize::from(at)],
            };
            let place = place.child(&property.name);
            if schema.get(element.type_id).kind == TypeKind::Primitive {
                self.primitives(value, member, name, &element, env, &place);
            } else {
                for (index, item) in repetitions(member).enumerate() {
                    let place = if property.is_array { place.item(index) } else { place };
                    self.child(item, &element, env, &place);
                }
            }
        }
    }

    fn child(
        &mut self,
        value: Value<'a>,
        element: &Element<'a>,
        env: &Environment<'a>,
        place: &Place<'_>,
    ) {
        if !value.is_object() {
            return;
        }
        if self.schema.get(element.type_id).kind == TypeKind::Resource {
            let is_contained = element.property.name == "contained";
            let root = if is_contained { env.root_resource } else { value };
            return self.resource(value, root, place);
        }
        self.evaluate(element.own, env, &Item::element(value, element.type_id), place);
        self.object(value, element.type_id, env, place);
    }

    /// Values of a primitive and what stands beside them.
    fn primitives(
        &mut self,
        object: Value<'a>,
        member: Value<'a>,
        name: &str,
        element: &Element<'a>,
        env: &Environment<'a>,
        place: &Place<'_>,
    ) {
        let is_twin = member.key().len() > name.len();
        if !is_twin && element.own.is_empty() {
            return;
        }
        // Each value is met once: with its own property, or with the other where it has none.
        let values = if is_twin { object.get(name) } else { Some(member) };
        let twins = if is_twin {
            Some(member)
        } else {
            object.entries().find(|other| other.key().strip_prefix('_') == Some(name))
        };
        let is_alone = values.is_none() || !is_twin;
        let count = [values, twins].into_iter().flatten().map(|one| repetitions(one).count()).max();
        let mut values = values.map(repetitions);
        let mut twins = twins.map(repetitions);
        for index in 0..count.unwrap_or(0) {
            let place = if element.property.is_array { place.item(index) } else { *place };
            let some = |one: Value<'a>| (!one.is_null()).then_some(one);
            let value = values.as_mut().and_then(Iterator::next).and_then(some);
            let sibling = twins.as_mut().and_then(Iterator::next).and_then(some);
            if is_alone {
                let node = Node { value, sibling, type_id: element.type_id };
                self.evaluate(element.own, env, &Item::Node(node), &place);
            }
            if let (Some(twin), Some(id), true) = (sibling, self.schema.id("Element"), is_twin) {
                self.object(twin, id, env, &place);
            }
        }
    }

    fn evaluate(
        &mut self,
        invariants: &'a [Invariant],
        env: &Environment<'a>,
        item: &Item<'a>,
        place: &Place<'_>,
    ) {
        for one in invariants {
            let (severity, text) = match one.expression.is_true(env, item.clone()) {
                Ok(true) => continue,
                Ok(false) => {
                    let text = format!(
                        "{} does not hold; it says: {}",
                        one.key,
                        one.expression.text().trim()
                    );
                    (one.severity, text)
                }
                Err(error) if error.fault == PathFault::NotSupported => continue,
                Err(error) => {
                    let text = format!("{} cannot be evaluated here: {error}", one.key);
                    (Severity::Warning, text)
                }
            };
            self.add(severity, text, place);
        }
    }

    fn add(&mut self, severity: Severity, text: String, place: &Place<'_>) {
        let count = if severity == Severity::Error {
            self.errors += 1;
            self.errors
        } else {
            self.issues.len() - self.errors.min(ISSUES_MAX) + 1
        };
        if count <= ISSUES_MAX {
            let issue = Issue::error("invariant", text).at(place.expression());
            self.issues.push(Issue { severity, ..issue });
        }
    }
}

/// A child element by its definition.
struct Element<'a> {
    property: &'a Property,
    type_id: TypeId,
    own: &'a [Invariant],
}

/// The items of an array, or the value itself.
fn repetitions(value: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    let single = (value.kind() != Kind::Array).then_some(value);
    value.items().chain(single)
}

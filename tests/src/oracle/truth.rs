//! Which resources a query finds: by reading every resource, again for every criterion.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::parameters::{Kind, Parameter};
use super::query::{Criterion, Expression, Include, Modifier, Place, Query};
use super::texts::{
    at, at_any, codings, folded, is_canonical, is_of_type, is_reference, is_token, is_under,
};
use super::{dates, numbers};

/// All current resources by `Type/id`.
#[derive(Debug, Default)]
pub(crate) struct World(pub(crate) BTreeMap<String, Value>);

impl World {
    /// How many resources there are where the query searches.
    pub(crate) fn count(&self, place: &Place) -> usize {
        let place = match place {
            Place::Types(_) => place.clone(),
            Place::Compartment(_, Some(resource)) => Place::Types(vec![resource]),
            Place::Compartment(_, None) => return self.0.len(),
        };
        self.matches(&Query { place, ..Query::default() }).len()
    }

    /// `Type/id` of all that the query matches.
    pub(crate) fn matches(&self, query: &Query) -> BTreeSet<String> {
        let is_it = |(key, resource): &(&String, &Value)| {
            let own = key.split('/').next().unwrap_or_default();
            let is_there = match &query.place {
                Place::Types(types) => types.contains(&own),
                Place::Compartment(id, wanted) => {
                    wanted.is_none_or(|wanted| wanted == own)
                        && is_in_compartment(own, resource, id)
                }
            };
            is_there && query.criteria.iter().all(|criterion| self.is_match(resource, criterion))
        };
        self.0.iter().filter(is_it).map(|(key, _)| key.clone()).collect()
    }

    fn is_match(&self, resource: &Value, criterion: &Criterion) -> bool {
        match criterion {
            Criterion::Plain { parameter, modifier, values } => {
                is_plain(resource, parameter, *modifier, values)
            }
            Criterion::Pair { composite, values } => values.iter().any(|[first, second]| {
                let elements = composite.elements.iter().flat_map(|path| at(resource, path));
                let [(a, a_paths), (b, b_paths)] = composite.parts;
                elements.into_iter().any(|element| {
                    at_any(element, a_paths).into_iter().any(|held| is_value(a, held, first))
                        && at_any(element, b_paths)
                            .into_iter()
                            .any(|held| is_value(b, held, second))
                })
            }),
            Criterion::Chain { parameter, target, inner, .. } => {
                referred(resource, parameter).iter().any(|key| {
                    (target.is_empty() || key.starts_with(&format!("{target}/")))
                        && self.0.get(*key).is_some_and(|held| self.is_match(held, inner))
                })
            }
            Criterion::Has { source, parameter, inner } => {
                let own = key_of(resource);
                self.of_type(source).any(|(_, held)| {
                    referred(held, parameter).contains(&&*own) && self.is_match(held, inner)
                })
            }
            Criterion::List(id) => {
                let own = key_of(resource);
                let list = self.0.get(&format!("List/{id}"));
                list.is_some_and(|list| {
                    at(list, "entry.item.reference").into_iter().any(|item| *item == *own)
                })
            }
            Criterion::Filter(expression) => self.is_expression(resource, expression),
        }
    }

    /// <https://hl7.org/fhir/R4/search_filter.html>
    fn is_expression(&self, resource: &Value, expression: &Expression) -> bool {
        match expression {
            Expression::And(parts) => parts.iter().all(|part| self.is_expression(resource, part)),
            Expression::Or(parts) => parts.iter().any(|part| self.is_expression(resource, part)),
            Expression::Not(inner) => !self.is_expression(resource, inner),
            // "The set is empty or not": the set is what the whole path leads to.
            Expression::Path { parameter, target, inner } if inner.is_absence() => {
                let inner = Box::new(Expression::Not(inner.clone()));
                let path = Expression::Path { parameter, target, inner };
                !self.is_expression(resource, &path)
            }
            Expression::Has { source, parameter, inner } if inner.is_absence() => {
                let inner = Box::new(Expression::Not(inner.clone()));
                let has = Expression::Has { source, parameter, inner };
                !self.is_expression(resource, &has)
            }
            Expression::Has { source, parameter, inner } => {
                let own = key_of(resource);
                self.of_type(source).any(|(_, held)| {
                    referred(held, parameter).contains(&&*own) && self.is_expression(held, inner)
                })
            }
            Expression::Path { parameter, target, inner } => {
                referred(resource, parameter).iter().any(|key| {
                    key.starts_with(&format!("{target}/"))
                        && self.0.get(*key).is_some_and(|held| self.is_expression(held, inner))
                })
            }
            Expression::Compare { parameter, operator, value } => {
                is_comparison(resource, parameter, operator, value)
            }
        }
    }

    pub(crate) fn of_type(&self, name: &str) -> impl Iterator<Item = (&String, &Value)> {
        let start = format!("{name}/");
        self.0.iter().filter(move |(key, _)| key.starts_with(&start))
    }

    /// What is added to a page of these matches.
    pub(crate) fn included(&self, page: &BTreeSet<String>, all: &[Include]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for include in all.iter().filter(|include| !include.is_iterated) {
            found.extend(self.step(page, include));
        }
        loop {
            let known: BTreeSet<String> = page.union(&found).cloned().collect();
            let before = known.len();
            for include in all.iter().filter(|include| include.is_iterated) {
                found.extend(self.step(&known, include));
            }
            if page.union(&found).count() == before {
                break;
            }
        }
        found.difference(page).cloned().collect()
    }

    fn step(&self, from: &BTreeSet<String>, include: &Include) -> BTreeSet<String> {
        let Include { parameter, target, .. } = include;
        let is_wanted = |key: &str| target.is_none_or(|name| key.starts_with(&format!("{name}/")));
        let mut found = BTreeSet::new();
        for (key, resource) in self.of_type(parameter.resource) {
            for referred in referred(resource, parameter) {
                if !is_wanted(referred) {
                    continue;
                }
                if include.is_reverse && from.contains(referred) {
                    found.insert(key.clone());
                }
                if !include.is_reverse && from.contains(key) && self.0.contains_key(referred) {
                    found.insert(referred.to_owned());
                }
            }
        }
        found
    }
}

fn key_of(resource: &Value) -> String {
    let text = |name: &str| resource[name].as_str().unwrap_or_default();
    format!("{}/{}", text("resourceType"), text("id"))
}

/// The elements of a parameter. `patient` is `subject.where(resolve() is Patient)` in R4's table,
/// `practitioner` likewise, and of what has only an identifier nobody knows what it is.
fn elements<'a>(resource: &'a Value, parameter: &Parameter) -> Vec<&'a Value> {
    let mut held = at_any(resource, parameter.paths);
    if matches!(parameter.code, "patient" | "practitioner") {
        let start = format!("{}/", parameter.targets);
        held.retain(|held| held["reference"].as_str().is_some_and(|url| url.contains(&start)));
    }
    held
}

/// Addresses that a parameter's references hold.
fn referred<'a>(resource: &'a Value, parameter: &Parameter) -> Vec<&'a str> {
    let held = elements(resource, parameter);
    held.into_iter().filter_map(|held| held["reference"].as_str()).collect()
}

/// <https://hl7.org/fhir/R4/compartmentdefinition-patient.html>
fn is_in_compartment(own: &str, resource: &Value, id: &str) -> bool {
    let paths = match own {
        "Patient" => return resource["id"] == id,
        "Encounter" | "RiskAssessment" | "MedicationRequest" => "subject",
        "Observation" => "subject performer",
        "Condition" => "subject asserter",
        "QuestionnaireResponse" => "subject author",
        "List" => "subject source",
        _ => return false,
    };
    let address = format!("Patient/{id}");
    at_any(resource, paths).into_iter().any(|held| held["reference"] == *address)
}

fn is_plain(
    resource: &Value,
    parameter: &Parameter,
    modifier: Modifier,
    values: &[String],
) -> bool {
    let held = elements(resource, parameter);
    let is_any = |test: &dyn Fn(&Value, &str) -> bool| {
        values.iter().any(|wanted| held.iter().any(|held| test(held, wanted)))
    };
    match modifier {
        Modifier::None => is_any(&|held, wanted| is_value(parameter.kind, held, wanted)),
        Modifier::Not => !is_any(&is_token),
        Modifier::Exact => is_any(&|held, wanted| held.as_str() == Some(wanted)),
        Modifier::Contains => is_any(&|held, wanted| {
            held.as_str().is_some_and(|held| folded(held).contains(&folded(wanted)))
        }),
        Modifier::Missing => values.iter().any(|wanted| (wanted == "true") == held.is_empty()),
        Modifier::Identifier => is_any(&|held, wanted| is_token(&held["identifier"], wanted)),
        Modifier::OfType => is_any(&is_of_type),
        Modifier::Type(name) => is_any(&|held, wanted| is_reference(held, wanted, Some(name))),
        Modifier::Below => {
            is_any(&|held, wanted| held.as_str().is_some_and(|held| is_under(held, wanted)))
        }
        Modifier::Above => {
            is_any(&|held, wanted| held.as_str().is_some_and(|held| is_under(wanted, held)))
        }
    }
}

fn is_value(kind: Kind, held: &Value, wanted: &str) -> bool {
    match kind {
        Kind::Text => held.as_str().is_some_and(|held| folded(held).starts_with(&folded(wanted))),
        Kind::Token => is_token(held, wanted),
        Kind::Date => dates::held(held).is_some_and(|span| dates::is_match(span, wanted)),
        Kind::Number => numbers::is_number(held, wanted),
        Kind::Quantity => numbers::is_quantity(held, wanted),
        Kind::Reference => is_reference(held, wanted, None),
        Kind::Canonical => is_canonical(held, wanted),
        Kind::Uri => held == wanted,
    }
}

fn is_comparison(resource: &Value, parameter: &Parameter, operator: &str, wanted: &str) -> bool {
    let held = elements(resource, parameter);
    if operator == "pr" {
        return (wanted == "true") != held.is_empty();
    }
    // "An item in the set" satisfies the operator.
    held.into_iter().any(|held| match (parameter.kind, operator) {
        (Kind::Text, _) => held.as_str().is_some_and(|held| {
            let (held, wanted) = (folded(held), folded(wanted));
            match operator {
                "eq" => held == wanted,
                "ne" => held != wanted,
                "co" => held.contains(&wanted),
                "sw" => held.starts_with(&wanted),
                _ => held.ends_with(&wanted),
            }
        }),
        (Kind::Token, "ne") => {
            let is_other = |(_, code): &(_, String)| !code.eq_ignore_ascii_case(wanted);
            let found = codings(held);
            // A concept that has only text is an item, and is not equal.
            found.is_empty() || found.iter().any(is_other)
        }
        (Kind::Date | Kind::Number | Kind::Quantity, _) => {
            is_value(parameter.kind, held, &format!("{operator}{wanted}"))
        }
        _ => is_value(parameter.kind, held, wanted),
    })
}

//! The search parameters of a resource type, compiled.

use std::sync::Arc;

use crate::definitions::{Definitions, Property, SearchParameter, SearchType, Type, TypeId};
use crate::path::Expression;
use crate::search::parameter::{branches, is_indexed, root, split_union};
use crate::search::{Param, stable_hash};

/// One parameter.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) param: Param,
    pub(super) values: Values,
}

/// Where the values of a parameter come from.
#[derive(Debug)]
pub(super) enum Values {
    /// From each item of these.
    Simple(Vec<Branch>),
    /// From the components on each item of these.
    Composite(Vec<Branch>, Vec<Component>),
}

/// One component of a composite: expressions on its element.
pub(super) type Component = Vec<Branch>;

/// One part of a union.
#[derive(Debug)]
pub(super) struct Branch {
    /// The element of the resource without which there is nothing: its index in the type's
    /// properties.
    pub(super) first: Option<u16>,
    pub(super) expression: Expression,
    pub(super) target: Target,
}

/// What the items of a branch become.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) kind: SearchType,
    /// The system that codes without one have by their binding, hashed; 0: none.
    pub(super) code_system: u64,
    /// A family name, whose parts are found too.
    pub(super) is_family: bool,
    /// Identifiers under their types, for `:of-type`.
    pub(super) is_of_type: bool,
    /// Resource types that a reference may have; empty: any.
    pub(super) targets: Vec<String>,
}

/// Compiles the parameters of a type, sorted by code; of those whose URL is not among `known`.
pub(super) fn compile(
    definitions: &Definitions,
    id: TypeId,
    known: Option<&Definitions>,
) -> Vec<Plan> {
    let table = definitions.schema().get(id);
    let resource: Arc<str> = table.name.as_str().into();
    let own_parameters = definitions.search_parameters_of(&resource).into_iter();
    let is_known = |parameter: &SearchParameter| {
        known.is_some_and(|known| known.search_parameter_by_url(&parameter.url).is_some())
    };
    own_parameters
        .filter(|parameter| !is_known(parameter))
        .filter(|parameter| !matches!(parameter.code.as_str(), "_id" | "_lastUpdated"))
        .filter(|parameter| is_indexed(parameter, &resource))
        .flat_map(|parameter| {
            let param = Param::new(resource.clone(), parameter.code.as_str());
            let plan = Plan { param, values: values(definitions, table, parameter) };
            [Some(plan), of_type(definitions, table, parameter, &resource)]
        })
        .flatten()
        .collect()
}

/// The parameter once more, for `:of-type`, where it is over identifiers.
fn of_type(
    definitions: &Definitions,
    table: &Type,
    parameter: &SearchParameter,
    resource: &Arc<str>,
) -> Option<Plan> {
    let mut compiled: Vec<Branch> = branches(parameter, &table.name)
        .filter(|text| is_identifier(definitions, table, text))
        .filter_map(|text| branch(definitions, table, parameter, text))
        .collect();
    if parameter.kind != SearchType::Token || compiled.is_empty() {
        return None;
    }
    for branch in &mut compiled {
        branch.target.is_of_type = true;
    }
    let param = of_type_param(&Param::new(resource.clone(), parameter.code.as_str()));
    Some(Plan { param, values: Values::Simple(compiled) })
}

/// What the types of the identifiers of a parameter are indexed under: no search parameter has a
/// colon in its code.
pub(in crate::search) fn of_type_param(param: &Param) -> Param {
    Param::new(param.resource.clone(), format!("{}:of-type", param.code))
}

/// Is the token parameter over identifiers, so that `:of-type` goes with it?
pub(in crate::search) fn is_over_identifiers(
    definitions: &Definitions,
    parameter: &SearchParameter,
) -> bool {
    let schema = definitions.schema();
    parameter.kind == SearchType::Token
        && parameter.base.iter().filter_map(|name| schema.by_name(name)).any(|(_, table)| {
            branches(parameter, &table.name).any(|text| is_identifier(definitions, table, text))
        })
}

/// Does the branch end at an Identifier?
fn is_identifier(definitions: &Definitions, table: &Type, text: &str) -> bool {
    let schema = definitions.schema();
    let Some(path) = plain_path(text) else { return false };
    let names = if path[0] == table.name { &path[1..] } else { &path[..] };
    let mut at = table;
    for name in names {
        let Some(property) = at.properties.iter().find(|one| one.name == *name) else {
            return false;
        };
        let [kind] = property.types.as_slice() else { return false };
        at = schema.get(kind.type_id);
    }
    at.name == "Identifier"
}

fn values(definitions: &Definitions, table: &Type, parameter: &SearchParameter) -> Values {
    let of_type: Vec<&str> = branches(parameter, &table.name).collect();
    let compiled = |parameter: &SearchParameter| -> Vec<Branch> {
        of_type.iter().filter_map(|text| branch(definitions, table, parameter, text)).collect()
    };
    if parameter.kind != SearchType::Composite {
        return Values::Simple(compiled(parameter));
    }
    let components = parameter
        .components
        .iter()
        .map(|(url, expression)| match definitions.search_parameter_by_url(url) {
            Some(component) => {
                let expression = own_expression(parameter, component, table, expression);
                component_branches(definitions, table, component, expression)
            }
            None => Vec::new(),
        })
        .collect();
    Values::Composite(compiled(parameter), components)
}

fn branch(
    definitions: &Definitions,
    table: &Type,
    parameter: &SearchParameter,
    text: &str,
) -> Option<Branch> {
    let mut path = plain_path(text);
    let is_nameless = |path: &&mut Vec<String>| path[0].starts_with(|c: char| c.is_lowercase());
    if let Some(path) = path.as_mut().filter(is_nameless) {
        path.insert(0, table.name.clone());
    }
    let first = path.as_deref().and_then(|path| {
        let name = path.get(1)?;
        let at = table.properties.iter().position(|property| property.name == *name)?;
        u16::try_from(at).ok()
    });
    let code_system = match (&path, parameter.kind) {
        (Some(path), SearchType::Token) => code_system(definitions, table, &path[1..]),
        _ => 0,
    };
    Some(Branch {
        first,
        expression: Expression::parse(text).ok()?,
        target: Target {
            kind: parameter.kind,
            code_system,
            is_family: text.ends_with(".name.family"),
            is_of_type: false,
            targets: parameter.targets.clone(),
        },
    })
}

/// The expression of a component. R4's `DocumentReference.relationship` has those of its two
/// components the wrong way round: the one that ends like the component's own path is meant.
fn own_expression<'a>(
    parameter: &'a SearchParameter,
    component: &SearchParameter,
    table: &Type,
    expression: &'a str,
) -> &'a str {
    let is_own = |expression: &str| {
        branches(component, &table.name)
            .filter_map(plain_path)
            .any(|path| path.last().is_some_and(|last| last == expression))
    };
    let mut all = parameter.components.iter().map(|(_, expression)| expression.as_str());
    if is_own(expression) { expression } else { all.find(|one| is_own(one)).unwrap_or(expression) }
}

fn component_branches(
    definitions: &Definitions,
    table: &Type,
    parameter: &SearchParameter,
    expression: &str,
) -> Component {
    // R4's code-value-date asks for `DateTime`, where its type is called `dateTime`.
    let expression = expression.replace("as(DateTime)", "as(dateTime)");
    let mut compiled = Vec::new();
    for text in split_union(&expression) {
        let Some(mut one) = branch(definitions, table, parameter, text) else { continue };
        one.first = None;
        one.target.code_system = shared_system(definitions, table, parameter);
        compiled.push(one);
    }
    compiled
}

/// The system of the component's codes as the parameter has them on its own.
fn shared_system(definitions: &Definitions, table: &Type, parameter: &SearchParameter) -> u64 {
    if parameter.kind != SearchType::Token {
        return 0;
    }
    let mut systems = branches(parameter, &table.name)
        .filter_map(plain_path)
        .map(|path| code_system(definitions, table, &path[1..]));
    systems.next().unwrap_or(0)
}

/// The names along a branch: `Patient`, `name`, `family`; `None` when the branch is no path, so
/// that it may have a value where its elements are absent.
///
/// Filters, casts and indices only make a path's result smaller.
fn plain_path(text: &str) -> Option<Vec<String>> {
    let is_computed = [" and ", " or ", ".exists(", "!=", ".not("].iter();
    if is_computed.clone().any(|sign| text.contains(sign)) {
        return None;
    }
    let start = text.trim_start_matches(['(', ' ']);
    let stop = [".where(", ".as(", ".ofType(", ".extension(", " as ", "[", ")"];
    let mut path = Vec::new();
    let end = stop.iter().filter_map(|sign| start.find(sign)).min().unwrap_or(start.len());
    if root(text).is_empty() {
        return None;
    }
    path.extend(start[..end].split('.').map(str::to_owned));
    Some(path)
}

/// The hash of the one system that the binding of a code at the end of the path leads to; 0 where
/// there is no code or no single system.
fn code_system(definitions: &Definitions, table: &Type, path: &[String]) -> u64 {
    let schema = definitions.schema();
    let mut table = table;
    let mut last: Option<&Property> = None;
    for name in path {
        let Some(property) = table.properties.iter().find(|one| one.name == *name) else {
            return 0;
        };
        let [kind] = property.types.as_slice() else { return 0 };
        table = schema.get(kind.type_id);
        last = Some(property);
    }
    let binding = last.filter(|_| table.name == "code").and_then(|one| one.binding.as_ref());
    let set = binding.and_then(|binding| definitions.value_set(&binding.value_set));
    let Some(set) = set else { return 0 };
    let mut systems = set.includes.iter().map(|part| part.system.as_deref());
    let Some(Some(first)) = systems.next() else { return 0 };
    if systems.all(|other| other == Some(first)) { stable_hash(first) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::{Values, code_system, compile, plain_path};
    use crate::definitions::r4;
    use crate::search::parameter::branches;
    use crate::search::stable_hash;

    #[test]
    fn every_expression_of_r4_compiles_and_says_where_it_starts() {
        let schema = r4().schema();
        for name in schema.resource_names() {
            let id = schema.id(name).unwrap();
            for plan in compile(r4(), id, None) {
                if plan.param.code.ends_with(":of-type") {
                    continue;
                }
                let parameter = r4().search_parameter(name, &plan.param.code).unwrap();
                let texts: Vec<&str> = branches(parameter, name).collect();
                let (compiled, components) = match &plan.values {
                    Values::Simple(compiled) => (compiled, None),
                    Values::Composite(compiled, components) => (compiled, Some(components)),
                };
                assert_eq!(compiled.len(), texts.len(), "{name} {}", plan.param.code);
                if let Some(components) = components {
                    assert_eq!(components.len(), parameter.components.len());
                    assert!(components.iter().all(|one| !one.is_empty()), "{}", plan.param.code);
                }
                for branch in compiled {
                    let text = branch.expression.text();
                    let is_rootless = text == name || text.contains(".exists(");
                    assert_eq!(branch.first.is_none(), is_rootless, "{name}: {text}");
                }
            }
        }
    }

    #[test]
    fn a_path_ends_where_it_is_filtered_or_cast() {
        for (text, path) in [
            ("Patient.name.family", "Patient name family"),
            ("(Observation.value as Quantity)", "Observation value"),
            ("(Observation.value as CodeableConcept).text", "Observation value"),
            ("Patient.telecom.where(system='phone')", "Patient telecom"),
            ("Bundle.entry[0].resource", "Bundle entry"),
            ("Condition.onset.as(Age)", "Condition onset"),
        ] {
            assert_eq!(plain_path(text).unwrap().join(" "), path, "{text}");
        }
        assert!(plain_path("Patient.deceased.exists() and Patient.deceased != false").is_none());
    }

    #[test]
    fn a_code_has_the_system_of_its_binding() {
        let system = |name: &str, path: &str| {
            let (_, table) = r4().schema().by_name(name).unwrap();
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            code_system(r4(), table, &path)
        };
        let gender = stable_hash("http://hl7.org/fhir/administrative-gender");
        assert_eq!(system("Patient", "gender"), gender);
        assert_eq!(system("Patient", "contact.gender"), gender);
        let status = stable_hash("http://hl7.org/fhir/observation-status");
        assert_eq!(system("Observation", "status"), status);
        assert_eq!(system("Observation", "code"), 0);
        assert_eq!(system("Patient", "active"), 0);
    }
}

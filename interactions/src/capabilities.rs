//! The [capabilities] interaction: a statement generated from what is registered.
//!
//! [capabilities]: https://hl7.org/fhir/R4/http.html#capabilities

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use fhir::Outcome;
use fhir::definitions::{Definitions, SearchParameter, SearchType};
use fhir::json::Tree;
use fhir::search::searchable;

use crate::policy::Permit;
use crate::{Answer, CapabilityMode, Level, Operation};

/// The day on which what this server can do last changed.
const DATE: &str = "2026-11-25";

/// What R4 calls normative among the resources.
const NORMATIVE: [&str; 11] = [
    "Binary",
    "Bundle",
    "CapabilityStatement",
    "CodeSystem",
    "Observation",
    "OperationDefinition",
    "OperationOutcome",
    "Parameters",
    "Patient",
    "StructureDefinition",
    "ValueSet",
];

/// What a type offers; the same for every type.
const ON_A_TYPE: [&str; 9] = [
    "read",
    "vread",
    "update",
    "patch",
    "delete",
    "history-instance",
    "history-type",
    "create",
    "search-type",
];

/// Statements made so far: they change only with the program and the base asked for.
#[derive(Default)]
pub(crate) struct Statements(Mutex<Vec<(String, CapabilityMode, Bytes)>>);

pub(crate) fn capabilities(permit: &Permit<'_>, mode: CapabilityMode) -> Result<Answer, Outcome> {
    let base = &*permit.caller().base;
    let mut made = permit.statements().0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, _, bytes)) = made.iter().find(|(b, m, _)| b == base && *m == mode) {
        return Ok(Answer::found(bytes.clone()));
    }
    let tree = match mode {
        CapabilityMode::Terminology => terminology(permit),
        _ => statement(permit, mode),
    };
    let bytes = Bytes::from(tree.to_string());
    made.push((base.to_owned(), mode, bytes.clone()));
    Ok(Answer::found(bytes))
}

fn object(members: Vec<(&str, Tree)>) -> Tree {
    Tree::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn text(value: &str) -> Tree {
    Tree::string(value)
}

fn codes(values: &[&str]) -> Tree {
    Tree::Array(values.iter().map(|value| text(value)).collect())
}

fn interactions(values: &[&str]) -> Tree {
    Tree::Array(values.iter().map(|code| object(vec![("code", text(code))])).collect())
}

fn head(kind: &str) -> Vec<(&'static str, Tree)> {
    vec![
        ("resourceType", text(kind)),
        ("status", text("active")),
        ("date", text(DATE)),
        ("publisher", text("Brigid")),
        ("kind", text("instance")),
        (
            "software",
            object(vec![("name", text("Brigid")), ("version", text(env!("CARGO_PKG_VERSION")))]),
        ),
    ]
}

fn implementation(permit: &Permit<'_>) -> (&'static str, Tree) {
    let members = vec![
        ("description", text("Brigid, the FHIR server whose AI answers cite the chart")),
        ("url", text(&permit.caller().base)),
    ];
    ("implementation", object(members))
}

/// No terminology service is offered yet; the statement says just that.
fn terminology(permit: &Permit<'_>) -> Tree {
    let mut members = head("TerminologyCapabilities");
    members.push(implementation(permit));
    members.push((
        "description",
        text("This server offers no terminology operations and loads no code systems yet."),
    ));
    object(members)
}

fn statement(permit: &Permit<'_>, mode: CapabilityMode) -> Tree {
    let mut members = head("CapabilityStatement");
    members.push(implementation(permit));
    members.push(("fhirVersion", text("4.0.1")));
    members
        .push(("format", codes(&["application/fhir+json", "application/fhir+xml", "json", "xml"])));
    members.push((
        "patchFormat",
        codes(&["application/json-patch+json", "application/fhir+json", "application/fhir+xml"]),
    ));
    members.push(("rest", Tree::Array(vec![rest(permit, mode)])));
    object(members)
}

fn rest(permit: &Permit<'_>, mode: CapabilityMode) -> Tree {
    let definitions = permit.definitions();
    let names = definitions.schema().resource_names();
    let is_listed = |name: &&&str| mode != CapabilityMode::Normative || NORMATIVE.contains(*name);
    let resources: Vec<Tree> =
        names.iter().filter(is_listed).map(|name| resource(permit, definitions, name)).collect();
    let mut members = vec![
        ("mode", text("server")),
        (
            "security",
            object(vec![
                ("cors", Tree::Bool(true)),
                (
                    "description",
                    text(
                        "No authentication yet: the server listens on the loopback address alone.",
                    ),
                ),
            ]),
        ),
        ("resource", Tree::Array(resources)),
        ("interaction", interactions(&["transaction", "batch", "search-system", "history-system"])),
        ("searchParam", on_every_type(definitions)),
    ];
    let system =
        operations(permit.operations(), |o| o.description().levels.contains(&Level::System));
    if let Some(system) = system {
        members.push(("operation", system));
    }
    let compartments: Vec<Tree> = definitions.compartments().iter().map(|c| text(&c.url)).collect();
    if !compartments.is_empty() {
        members.push(("compartment", Tree::Array(compartments)));
    }
    object(members)
}

/// The parameters of every type, which a search of the whole server has too: those that all index,
/// conditions on other resources, expressions, and what is wanted of the result.
fn on_every_type(definitions: &Definitions) -> Tree {
    let indexed = searchable(definitions, "Resource").into_iter().map(parameter);
    let one = |(name, kind, documentation): (&str, &str, &str)| {
        let mut members = vec![("name", text(name)), ("type", text(kind))];
        if name == "_filter" {
            let definition = "http://hl7.org/fhir/SearchParameter/filter";
            members.insert(1, ("definition", text(definition)));
        }
        members.push(("documentation", text(documentation)));
        object(members)
    };
    let list = [
        (
            "_explain",
            "token",
            "This server's own: true adds an OperationOutcome that says how the matches were found, \
             step by step, with the numbers of candidates expected and read.",
        ),
        ("_filter", "special", "All operators but in, ni, ss and sb."),
        ("_has", "string", "Nested, and before or within chains; up to eight references."),
        ("_list", "string", "Ids of List resources."),
        ("_type", "token", "The types that a search of several types is about."),
    ];
    Tree::Array(indexed.chain(list.into_iter().map(one)).collect())
}

fn resource(permit: &Permit<'_>, definitions: &Definitions, name: &str) -> Tree {
    let parameters: Vec<&SearchParameter> = searchable(definitions, name);
    let policy: &[&str] = if permit.settings().are_references_checked {
        &["literal", "enforced"]
    } else {
        &["literal"]
    };
    let mut members = vec![
        ("type", text(name)),
        ("profile", text(&format!("http://hl7.org/fhir/StructureDefinition/{name}"))),
        ("interaction", interactions(&ON_A_TYPE)),
        ("versioning", text("versioned-update")),
        ("readHistory", Tree::Bool(true)),
        ("updateCreate", Tree::Bool(true)),
        ("conditionalCreate", Tree::Bool(true)),
        ("conditionalRead", text("full-support")),
        ("conditionalUpdate", Tree::Bool(true)),
        ("conditionalDelete", text("single")),
        ("referencePolicy", codes(policy)),
        ("searchInclude", includes(name, &parameters)),
    ];
    if let Some(reverse) = reverse_includes(definitions, name) {
        members.push(("searchRevInclude", reverse));
    }
    members.push(("searchParam", Tree::Array(parameters.iter().map(|p| parameter(p)).collect())));
    let offered = operations(permit.operations(), |operation| {
        let description = operation.description();
        let is_of_type = description.resources.is_empty() || description.resources.contains(&name);
        is_of_type && description.levels.iter().any(|level| *level != Level::System)
    });
    if let Some(offered) = offered {
        members.push(("operation", offered));
    }
    object(members)
}

fn includes(name: &str, parameters: &[&SearchParameter]) -> Tree {
    let references = parameters.iter().filter(|p| p.kind == SearchType::Reference);
    let mut list = vec![text("*")];
    list.extend(references.map(|p| text(&format!("{name}:{}", p.code))));
    Tree::Array(list)
}

fn reverse_includes(definitions: &Definitions, name: &str) -> Option<Tree> {
    let mut list = Vec::new();
    for source in definitions.schema().resource_names() {
        for parameter in searchable(definitions, source) {
            let is_fitting = parameter.kind == SearchType::Reference
                && parameter.targets.iter().any(|target| target == name);
            if is_fitting {
                list.push(text(&format!("{source}:{}", parameter.code)));
            }
        }
    }
    (!list.is_empty()).then_some(Tree::Array(list))
}

fn parameter(parameter: &SearchParameter) -> Tree {
    let kind = match parameter.kind {
        SearchType::Number => "number",
        SearchType::Date => "date",
        SearchType::String => "string",
        SearchType::Token => "token",
        SearchType::Reference => "reference",
        SearchType::Composite => "composite",
        SearchType::Quantity => "quantity",
        SearchType::Uri => "uri",
        SearchType::Special => "special",
    };
    object(vec![
        ("name", text(&parameter.code)),
        ("definition", text(&parameter.url)),
        ("type", text(kind)),
    ])
}

fn operations(
    all: &[Box<dyn Operation>],
    is_offered: impl Fn(&dyn Operation) -> bool,
) -> Option<Tree> {
    let list: Vec<Tree> = all
        .iter()
        .filter(|operation| is_offered(operation.as_ref()))
        .map(|operation| {
            let description = operation.description();
            object(vec![
                ("name", text(description.code)),
                ("definition", text(description.definition)),
            ])
        })
        .collect();
    (!list.is_empty()).then_some(Tree::Array(list))
}

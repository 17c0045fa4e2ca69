//! The [OperationDefinition] of each operation, rendered from the description that the server goes
//! by.
//!
//! Each is a profile of the published operation that it implements (`base`) and has no canonical of
//! its own: whoever loads the files keeps the published definition beside them.
//!
//! [OperationDefinition]: https://hl7.org/fhir/R4/operationdefinition.html

use interactions::{Level, OperationDescription, OperationParameter};
use operations::summary::rules::VERSION;
use serde_json::{Value, json};

use crate::rules;

/// What the description does not say: code, title, what it does, the type and the description of
/// what it answers.
const WORDS: [(&str, &str, &str, &str, &str); 5] = [
    (
        "summary",
        "International Patient Summary",
        "Makes an International Patient Summary by published rules: the same record gives the same \
         document. Every sentence and every table row names the versions of the resources that it \
         rests on. The rules stand in summary-rules.md.",
        "Bundle",
        "A document: Composition, Patient, Device, every cited resource, Provenance.",
    ),
    (
        "everything",
        "Everything about a patient",
        "Gives the patient, every resource of the patient's compartment, and what these refer to, \
         page by page.",
        "Bundle",
        "A searchset: resources of the compartment as matches, the others as includes, with a link \
         to the next page.",
    ),
    (
        "meta",
        "Profiles, tags and labels of a resource",
        "Gives the meta of a resource's current version, or of one of its past versions when it is \
         asked under _history.",
        "Meta",
        "The meta of that version.",
    ),
    (
        "meta-add",
        "Add profiles, tags and labels",
        "Adds profiles, tags and security labels to a resource. What it has already is not added \
         twice; a version is written when something was added.",
        "Meta",
        "The meta of the version that is then current.",
    ),
    (
        "meta-delete",
        "Take away profiles, tags and labels",
        "Takes profiles, tags and security labels from a resource. What it does not have is passed \
         over; a version is written when something was taken away.",
        "Meta",
        "The meta of the version that is then current.",
    ),
];

/// Every file by its name under `ig/`.
pub(crate) fn files() -> Vec<(String, String)> {
    let mut files = vec![("summary-rules.md".to_owned(), rules::table())];
    for operation in operations::all() {
        let description = operation.description();
        let name = format!("OperationDefinition-{}.json", description.code);
        files.push((name, format!("{:#}\n", definition(description))));
    }
    files
}

fn definition(description: &OperationDescription) -> Value {
    let code = description.code;
    let words = WORDS.iter().find(|words| words.0 == code);
    let (_, title, purpose, returns, documentation) =
        words.unwrap_or_else(|| panic!("${code} has no words in {}", file!()));
    let version = if code == "summary" { VERSION } else { env!("CARGO_PKG_VERSION") };
    let resources =
        if description.resources.is_empty() { &["Resource"][..] } else { description.resources };
    let has = |level| description.levels.contains(&level);
    let mut parameters: Vec<Value> = description.parameters.iter().map(parameter).collect();
    parameters.push(json!({
        "name": "return",
        "use": "out",
        "min": 1,
        "max": "1",
        "documentation": documentation,
        "type": returns,
    }));
    json!({
        "resourceType": "OperationDefinition",
        "id": code,
        "version": version,
        "name": name(code),
        "title": title,
        "status": "active",
        "kind": "operation",
        "description": purpose,
        "affectsState": description.affects_state,
        "code": code,
        "base": description.definition,
        "resource": resources,
        "system": has(Level::System),
        "type": has(Level::Type),
        "instance": has(Level::Instance),
        "parameter": parameters,
    })
}

fn parameter(parameter: &OperationParameter) -> Value {
    json!({
        "name": parameter.name,
        "use": "in",
        "min": parameter.min,
        "max": parameter.max.map_or_else(|| "*".to_owned(), |max| max.to_string()),
        "documentation": parameter.documentation,
        "type": parameter.value,
    })
}

/// The code as a name that programs can use: `meta-add` is `MetaAdd`.
fn name(code: &str) -> String {
    let capital = |word: &str| format!("{}{}", word[..1].to_uppercase(), &word[1..]);
    code.split('-').map(capital).collect()
}

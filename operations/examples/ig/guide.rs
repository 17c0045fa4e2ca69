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
const WORDS: [(&str, &str, &str, &str, &str); 8] = [
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
        "lastn",
        "Latest observations of each kind",
        "Gives the latest Observations of each kind among those that the search parameters beside \
         max find, newest first. Codes are the same kind when system and code are, and what shares \
         one code is one kind for all its codes; without codes the text decides. What has the same \
         time as the last one comes with it. At most 20000 Observations are chosen from.",
        "Bundle",
        "A searchset of Observations.",
    ),
    (
        "stats",
        "Statistics of measurements",
        "Computes statistics of a subject's measurements: Observations and components with a UCUM \
         unit and without a comparator, not entered in error. Units of one kind are converted into \
         that of the latest measurement; others get statistics of their own. Variance and standard \
         deviation are those of a sample (n - 1), percentiles are interpolated in proportion with \
         the least and the greatest measurement at 0 and 1, skew and kurtosis are the third and \
         fourth standardized moments. A panel is answered for each of its measurements.",
        "Observation",
        "An Observation for each code, with a component for each statistic.",
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
    (
        "reindex",
        "Index what was written before",
        "Indexes what was written before a SearchParameter was, so that searches may use it. A job \
         goes through the resources of its types while others read and write; no version is made. \
         It goes on after a restart, and ends when its Task is cancelled.",
        "Task",
        "Status 202: the Task of the job, whose address is in Content-Location.",
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
    if code == "stats" {
        parameters.push(output("statistics", (1, "*"), documentation, returns));
        let sources = "The Observations that they rest on, when include is true.";
        parameters.push(output("source", (0, "*"), sources, returns));
    } else {
        parameters.push(output("return", (1, "1"), documentation, returns));
    }
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

fn output(name: &str, (min, max): (u32, &str), documentation: &str, returns: &str) -> Value {
    json!({
        "name": name,
        "use": "out",
        "min": min,
        "max": max,
        "documentation": documentation,
        "type": returns,
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

//! One unit is loaded: a Bundle is submitted or taken apart, a resource is written.

use fhir::definitions;
use fhir::json::{Json, Limits, Value, quote};
use fhir::{reference, xml};

use super::sources::Form;
use super::target::{Sent, Target, diagnostics};
use super::units::Unit;

/// Entries of one batch into which other Bundles are made.
const ENTRIES_AT_ONCE: usize = 200;

/// A Bundle of a whole register has more values than a request may have.
const LIMITS: Limits = Limits { depth_max: 64, nodes_max: 50_000_000 };

/// What became of a unit.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// Resources that were written.
    pub(crate) resources: u64,
    /// What was refused: index of the entry in a Bundle, and why.
    pub(crate) refused: Vec<(Option<usize>, String)>,
}

impl Loaded {
    /// Nothing of it was loaded.
    pub(crate) fn failed(reason: &str) -> Self {
        Self { resources: 0, refused: vec![(None, reason.to_owned())] }
    }

    fn refuse(&mut self, entry: Option<usize>, reason: impl Into<String>) {
        self.refused.push((entry, reason.into()));
    }
}

/// Loads it.
pub(crate) fn load(target: &Target, unit: Unit) -> Loaded {
    let mut loaded = Loaded::default();
    let parsed = match unit.form {
        Form::Json | Form::Lines => {
            Json::parse_with(unit.text, LIMITS).map_err(|error| format!("no JSON: {error}"))
        }
        Form::Xml => xml::to_json(&unit.text, definitions::r4().schema())
            .map_err(|error| format!("no FHIR XML: {error}")),
    };
    match parsed {
        Ok(json) => load_json(target, &json, &mut loaded),
        Err(reason) => loaded.refuse(None, reason),
    }
    loaded
}

fn load_json(target: &Target, json: &Json, loaded: &mut Loaded) {
    let root = json.root();
    let Some(resource) = root.str("resourceType") else {
        return loaded.refuse(None, "it has no resourceType: it is no FHIR resource");
    };
    if resource != "Bundle" {
        return one(target, root, &resource, loaded);
    }
    match root.str("type").as_deref() {
        Some("transaction" | "batch") => submit(target, json.text(), root, 0, loaded),
        _ => take_apart(target, root, loaded),
    }
}

/// One resource, under its id if it has one.
fn one(target: &Target, root: Value<'_>, resource: &str, loaded: &mut Loaded) {
    let id = root.str("id");
    let sent = match id.as_deref() {
        Some(id) if !reference::is_id(id) => {
            return loaded.refuse(None, "its id is none: 1 to 64 of A-Z, a-z, 0-9, '-' and '.'");
        }
        Some(id) => Sent::Update { resource, id, body: root.raw() },
        None => Sent::Create { resource, body: root.raw() },
    };
    match target.send(&sent) {
        Ok(_) => loaded.resources += 1,
        Err(reason) => loaded.refuse(None, reason),
    }
}

/// Submits a batch or transaction, whose first entry is entry `first` of the file's Bundle.
fn submit(target: &Target, text: &str, root: Value<'_>, first: usize, loaded: &mut Loaded) {
    let count = root.list("entry").count() as u64;
    let answer = match target.send(&Sent::Bundle(text)) {
        Ok(answer) => answer,
        Err(reason) => return loaded.refuse(None, reason),
    };
    let Ok(answer) = Json::parse_with(answer, LIMITS) else {
        return loaded.refuse(None, "the answer to the Bundle is no JSON");
    };
    let mut refused = 0;
    for (index, entry) in answer.root().list("entry").enumerate() {
        let Some(response) = entry.get("response") else { continue };
        let status = response.str("status").unwrap_or_default();
        if status.starts_with(['4', '5']) {
            let said = response.get("outcome").map(diagnostics).unwrap_or_default();
            loaded.refuse(Some(first + index), format!("status {status}: {said}"));
            refused += 1;
        }
    }
    loaded.resources += count.saturating_sub(refused);
}

/// The resources of a collection, searchset, document …, stored with their ids. Where one has none,
/// all go in one transaction, so that references to its fullUrl are resolved.
fn take_apart(target: &Target, root: Value<'_>, loaded: &mut Loaded) {
    let mut entries: Vec<String> = Vec::new();
    let mut kind = "batch";
    for (index, entry) in root.list("entry").enumerate() {
        let Some(resource) = entry.get("resource") else { continue };
        let Some(name) = resource.str("resourceType") else {
            loaded.refuse(Some(index), "the entry's resource has no resourceType");
            continue;
        };
        let request = match resource.str("id") {
            Some(id) => {
                let url = quote(&format!("{name}/{id}"));
                format!("{{\"method\":\"PUT\",\"url\":{url}}}")
            }
            None => {
                kind = "transaction";
                format!("{{\"method\":\"POST\",\"url\":{}}}", quote(&name))
            }
        };
        let full_url = entry
            .get("fullUrl")
            .map_or_else(String::new, |url| format!("\"fullUrl\":{},", url.raw()));
        let resource = resource.raw();
        entries.push(format!("{{{full_url}\"resource\":{resource},\"request\":{request}}}"));
    }
    let size = if kind == "batch" { ENTRIES_AT_ONCE } else { entries.len().max(1) };
    for (chunk, entries) in entries.chunks(size).enumerate() {
        let text = format!(
            "{{\"resourceType\":\"Bundle\",\"type\":\"{kind}\",\"entry\":[{}]}}",
            entries.join(",")
        );
        match Json::parse_with(text, LIMITS) {
            Ok(json) => submit(target, json.text(), json.root(), chunk * size, loaded),
            Err(error) => loaded.refuse(None, error.to_string()),
        }
    }
}

//! The builder of one record: it gives ids, keeps what was written, and closes the transaction.
//!
//! Entries are [updates as create] with stable ids, so that loading twice changes nothing. Their
//! `fullUrl` is RESTful and their references are relative, which is the form that resolves inside
//! the Bundle as well as on the server ([resolving references]).
//!
//! [updates as create]: https://hl7.org/fhir/R4/http.html#upsert
//! [resolving references]: https://hl7.org/fhir/R4/bundle.html#references

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::date::Date;
use super::person::Person;
use super::random::Random;

/// One patient's record while it is being written.
pub(crate) struct Record {
    /// Id of the Patient and prefix of all other ids.
    pub(crate) id: String,
    pub(crate) random: Random,
    pub(crate) today: Date,
    pub(crate) person: Person,
    pub(crate) chart: Chart,
    resources: Vec<Value>,
    counts: BTreeMap<&'static str, usize>,
}

/// What a clinician would see at the head of the chart on the day that is being written.
#[derive(Default)]
pub(crate) struct Chart {
    /// Position of the Condition and its name.
    pub(crate) problems: Vec<(usize, String)>,
    /// Position of the MedicationRequest and its line in the list of medicines.
    pub(crate) medicines: Vec<(usize, String)>,
    pub(crate) allergies: Vec<&'static str>,
    pub(crate) penicillin_allergy: bool,
    pub(crate) height_on: Option<Date>,
    /// The person's own level of each laboratory test.
    pub(crate) levels: BTreeMap<&'static str, f64>,
}

impl Record {
    pub(crate) fn new(id: String, random: Random, today: Date, person: Person) -> Self {
        let (chart, resources, counts) = (Chart::default(), Vec::new(), BTreeMap::new());
        Self { id, random, today, person, chart, resources, counts }
    }

    /// Reference to the patient, with the name.
    pub(crate) fn subject(&self) -> Value {
        json!({ "reference": format!("Patient/{}", self.id), "display": self.person.name() })
    }

    /// Adds a resource whose body names its type; null, empty objects and empty arrays are left
    /// out. Answers its position, from which `reference` makes a reference.
    pub(crate) fn add(&mut self, kind: &'static str, mut body: Value) -> usize {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let id = match kind {
            "Patient" => self.id.clone(),
            _ => format!("{}-{}-{count}", self.id, abbreviation(kind)),
        };
        let mut resource = Map::new();
        resource.insert("resourceType".into(), kind.into());
        resource.insert("id".into(), id.into());
        prune(&mut body);
        if let Value::Object(members) = body {
            resource.extend(members);
        }
        self.resources.push(Value::Object(resource));
        self.resources.len() - 1
    }

    pub(crate) fn reference(&self, at: usize) -> Value {
        let text = |name: &str| self.resources[at][name].as_str().unwrap_or_default().to_owned();
        json!({ "reference": format!("{}/{}", text("resourceType"), text("id")) })
    }

    /// Sets an element of a resource that was added before.
    pub(crate) fn amend(&mut self, at: usize, element: &str, value: Value) {
        self.resources[at][element] = value;
    }

    /// Keeps only some resources; positions given out before are void afterwards.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Value) -> bool) {
        self.resources.retain(keep);
    }

    /// Changes every resource in place.
    pub(crate) fn change(&mut self, change: impl Fn(&mut Value)) {
        self.resources.iter_mut().for_each(change);
    }

    pub(crate) fn into_bundle(self) -> Value {
        transaction(self.resources)
    }
}

fn abbreviation(kind: &'static str) -> &'static str {
    match kind {
        "AllergyIntolerance" => "allergy",
        "Appointment" => "appointment",
        "CarePlan" => "plan",
        "CareTeam" => "team",
        "Condition" => "condition",
        "Consent" => "consent",
        "Coverage" => "coverage",
        "Device" => "device",
        "DeviceUseStatement" => "device-use",
        "DiagnosticReport" => "report",
        "DocumentReference" => "note",
        "Encounter" => "visit",
        "FamilyMemberHistory" => "family",
        "Goal" => "goal",
        "Immunization" => "vaccine",
        "MedicationRequest" => "rx",
        "MedicationStatement" => "taking",
        "Observation" => "obs",
        "Procedure" => "procedure",
        _ => "resource",
    }
}

/// FHIR has no empty values: what a story leaves open is simply not there.
fn prune(value: &mut Value) {
    match value {
        Value::Object(members) => members.retain(|_, member| {
            prune(member);
            !empty(member)
        }),
        Value::Array(items) => items.retain_mut(|item| {
            prune(item);
            !empty(item)
        }),
        _ => {}
    }
}

fn empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// A transaction Bundle that puts every resource under its own id.
pub(crate) fn transaction(resources: Vec<Value>) -> Value {
    let mut bundle = json!({ "resourceType": "Bundle", "type": "transaction" });
    // Assigned, not interpolated: the macro would copy every resource.
    bundle["entry"] = resources.into_iter().map(entry).collect();
    bundle
}

fn entry(resource: Value) -> Value {
    let text = |name: &str| resource[name].as_str().unwrap_or_default();
    let url = format!("{}/{}", text("resourceType"), text("id"));
    let mut entry = json!({ "fullUrl": format!("http://example.org/fhir/{url}") });
    entry["resource"] = resource;
    entry["request"] = json!({ "method": "PUT", "url": url });
    entry
}

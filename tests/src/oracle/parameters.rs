//! The parameters that the oracle knows: code, kind, and the paths in JSON that stand for the
//! FHIRPath of R4's own table.
//!
//! <https://hl7.org/fhir/R4/searchparameter-registry.html>

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Text,
    Token,
    Date,
    Number,
    Quantity,
    Reference,
    Canonical,
    Uri,
}

/// A parameter of one type; no type: of all types.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub(crate) resource: &'static str,
    pub(crate) code: &'static str,
    pub(crate) kind: Kind,
    /// Paths of properties, apart by spaces.
    pub(crate) paths: &'static str,
    /// Types that a reference of the data leads to, apart by spaces.
    pub(crate) targets: &'static str,
}

/// Two parameters of the same element.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Composite {
    pub(crate) resource: &'static str,
    pub(crate) code: &'static str,
    /// The elements; empty: the resource.
    pub(crate) elements: &'static [&'static str],
    /// Kinds and paths of the parts, from the element.
    pub(crate) parts: [(Kind, &'static str); 2],
}

const fn of(
    resource: &'static str,
    code: &'static str,
    kind: Kind,
    paths: &'static str,
    targets: &'static str,
) -> Parameter {
    Parameter { resource, code, kind, paths, targets }
}

use Kind::{Canonical, Date, Number, Quantity, Reference, Text, Token, Uri};

const NAMES: &str = "name.family name.given name.prefix name.suffix name.text";
const EFFECTIVE: &str = "effectiveDateTime effectiveInstant effectivePeriod effectiveTiming";

/// All types with data.
pub(crate) const DATA: [&str; 11] = [
    "Patient",
    "Practitioner",
    "Organization",
    "Encounter",
    "Observation",
    "Condition",
    "MedicationRequest",
    "RiskAssessment",
    "Questionnaire",
    "QuestionnaireResponse",
    "List",
];

#[rustfmt::skip]
pub(crate) const PARAMETERS: &[Parameter] = &[
    of("", "_id", Token, "id", ""),
    of("", "_lastUpdated", Date, "meta.lastUpdated", ""),
    of("", "_tag", Token, "meta.tag", ""),
    of("", "_security", Token, "meta.security", ""),
    of("", "_profile", Uri, "meta.profile", ""),
    of("Patient", "family", Text, "name.family", ""),
    of("Patient", "given", Text, "name.given", ""),
    of("Patient", "name", Text, NAMES, ""),
    of("Patient", "address-city", Text, "address.city", ""),
    of("Patient", "gender", Token, "gender", ""),
    of("Patient", "active", Token, "active", ""),
    of("Patient", "identifier", Token, "identifier", ""),
    of("Patient", "language", Token, "communication.language", ""),
    of("Patient", "birthdate", Date, "birthDate", ""),
    of("Patient", "death-date", Date, "deceasedDateTime", ""),
    of("Patient", "organization", Reference, "managingOrganization", "Organization"),
    of("Patient", "general-practitioner", Reference, "generalPractitioner",
        "Practitioner Organization"),
    of("Practitioner", "family", Text, "name.family", ""),
    of("Practitioner", "name", Text, NAMES, ""),
    of("Practitioner", "identifier", Token, "identifier", ""),
    of("Practitioner", "active", Token, "active", ""),
    of("Organization", "name", Text, "name alias", ""),
    of("Organization", "address-city", Text, "address.city", ""),
    of("Organization", "identifier", Token, "identifier", ""),
    of("Organization", "type", Token, "type", ""),
    of("Organization", "partof", Reference, "partOf", "Organization"),
    of("Encounter", "status", Token, "status", ""),
    of("Encounter", "class", Token, "class", ""),
    of("Encounter", "type", Token, "type", ""),
    of("Encounter", "date", Date, "period", ""),
    of("Encounter", "length", Quantity, "length", ""),
    of("Encounter", "subject", Reference, "subject", "Patient"),
    of("Encounter", "patient", Reference, "subject", "Patient"),
    of("Encounter", "service-provider", Reference, "serviceProvider", "Organization"),
    of("Encounter", "part-of", Reference, "partOf", "Encounter"),
    of("Encounter", "practitioner", Reference, "participant.individual", "Practitioner"),
    of("Observation", "status", Token, "status", ""),
    of("Observation", "code", Token, "code", ""),
    of("Observation", "category", Token, "category", ""),
    of("Observation", "identifier", Token, "identifier", ""),
    of("Observation", "value-concept", Token, "valueCodeableConcept", ""),
    of("Observation", "component-code", Token, "component.code", ""),
    of("Observation", "combo-code", Token, "code component.code", ""),
    of("Observation", "date", Date, EFFECTIVE, ""),
    of("Observation", "value-date", Date, "valueDateTime valuePeriod", ""),
    of("Observation", "value-string", Text, "valueString valueCodeableConcept.text", ""),
    of("Observation", "value-quantity", Quantity, "valueQuantity", ""),
    of("Observation", "component-value-quantity", Quantity, "component.valueQuantity", ""),
    of("Observation", "combo-value-quantity", Quantity,
        "valueQuantity component.valueQuantity", ""),
    of("Observation", "subject", Reference, "subject", "Patient"),
    of("Observation", "patient", Reference, "subject", "Patient"),
    of("Observation", "encounter", Reference, "encounter", "Encounter"),
    of("Observation", "performer", Reference, "performer", "Practitioner Organization"),
    of("Observation", "has-member", Reference, "hasMember", "Observation"),
    of("Condition", "code", Token, "code", ""),
    of("Condition", "severity", Token, "severity", ""),
    of("Condition", "clinical-status", Token, "clinicalStatus", ""),
    of("Condition", "onset-date", Date, "onsetDateTime onsetPeriod", ""),
    of("Condition", "recorded-date", Date, "recordedDate", ""),
    of("Condition", "onset-age", Quantity, "onsetAge onsetRange", ""),
    of("Condition", "subject", Reference, "subject", "Patient"),
    of("Condition", "patient", Reference, "subject", "Patient"),
    of("Condition", "encounter", Reference, "encounter", "Encounter"),
    of("Condition", "asserter", Reference, "asserter", "Practitioner Patient"),
    of("MedicationRequest", "status", Token, "status", ""),
    of("MedicationRequest", "intent", Token, "intent", ""),
    of("MedicationRequest", "code", Token, "medicationCodeableConcept", ""),
    of("MedicationRequest", "authoredon", Date, "authoredOn", ""),
    of("MedicationRequest", "subject", Reference, "subject", "Patient"),
    of("MedicationRequest", "patient", Reference, "subject", "Patient"),
    of("MedicationRequest", "requester", Reference, "requester", "Practitioner Organization"),
    of("RiskAssessment", "risk", Token, "prediction.qualitativeRisk", ""),
    of("RiskAssessment", "probability", Number, "prediction.probabilityDecimal", ""),
    of("RiskAssessment", "date", Date, "occurrenceDateTime", ""),
    of("RiskAssessment", "subject", Reference, "subject", "Patient"),
    of("RiskAssessment", "condition", Reference, "condition", "Condition"),
    of("Questionnaire", "url", Uri, "url", ""),
    of("Questionnaire", "title", Text, "title", ""),
    of("Questionnaire", "status", Token, "status", ""),
    of("Questionnaire", "date", Date, "date", ""),
    of("QuestionnaireResponse", "questionnaire", Canonical, "questionnaire", "Questionnaire"),
    of("QuestionnaireResponse", "status", Token, "status", ""),
    of("QuestionnaireResponse", "authored", Date, "authored", ""),
    of("QuestionnaireResponse", "subject", Reference, "subject", "Patient"),
    of("List", "status", Token, "status", ""),
    of("List", "code", Token, "code", ""),
    of("List", "date", Date, "date", ""),
    of("List", "subject", Reference, "subject", "Patient"),
    of("List", "item", Reference, "entry.item", "Patient Observation Condition Encounter"),
];

#[rustfmt::skip]
pub(crate) const COMPOSITES: &[Composite] = &[
    Composite { resource: "Observation", code: "code-value-quantity", elements: &[""],
        parts: [(Token, "code"), (Quantity, "valueQuantity")] },
    Composite { resource: "Observation", code: "code-value-concept", elements: &[""],
        parts: [(Token, "code"), (Token, "valueCodeableConcept")] },
    Composite { resource: "Observation", code: "code-value-date", elements: &[""],
        parts: [(Token, "code"), (Date, "valueDateTime valuePeriod")] },
    Composite { resource: "Observation", code: "component-code-value-quantity",
        elements: &["component"], parts: [(Token, "code"), (Quantity, "valueQuantity")] },
    Composite { resource: "Observation", code: "combo-code-value-quantity",
        elements: &["", "component"], parts: [(Token, "code"), (Quantity, "valueQuantity")] },
];

/// The parameters of a type, those of all types among them.
pub(crate) fn of_type(resource: &str) -> Vec<&'static Parameter> {
    let is_its = |held: &&Parameter| held.resource.is_empty() || held.resource == resource;
    PARAMETERS.iter().filter(is_its).collect()
}

impl Parameter {
    pub(crate) fn targets(&self) -> Vec<&'static str> {
        self.targets.split_whitespace().collect()
    }
}

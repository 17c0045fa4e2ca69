//! When a resource happened in the patient's care, as opposed to when it was recorded: what `start`
//! and `end` are compared with.

use fhir::json::Value;
use fhir::primitive::DateTime;

use crate::Found;
use crate::arguments::Instant;

/// Elements that say when, by type; the first that is there counts. A type that is not listed has
/// no such date and always belongs.
const ELEMENTS: &[(&str, &[&str])] = &[
    ("AdverseEvent", &["date", "detected", "recordedDate"]),
    ("AllergyIntolerance", &["onsetDateTime", "onsetPeriod", "recordedDate"]),
    ("Appointment", &["start"]),
    ("AuditEvent", &["period", "recorded"]),
    ("CarePlan", &["period", "created"]),
    ("CareTeam", &["period"]),
    ("ChargeItem", &["occurrenceDateTime", "occurrencePeriod", "enteredDate"]),
    ("Claim", &["billablePeriod", "created"]),
    ("ClaimResponse", &["created"]),
    ("ClinicalImpression", &["effectiveDateTime", "effectivePeriod", "date"]),
    ("Communication", &["sent", "received"]),
    ("CommunicationRequest", &["occurrenceDateTime", "occurrencePeriod", "authoredOn"]),
    ("Composition", &["date"]),
    ("Condition", &["onsetDateTime", "onsetPeriod", "recordedDate"]),
    ("Consent", &["dateTime"]),
    ("Coverage", &["period"]),
    ("DetectedIssue", &["identifiedDateTime", "identifiedPeriod"]),
    ("DeviceRequest", &["occurrenceDateTime", "occurrencePeriod", "authoredOn"]),
    ("DeviceUseStatement", &["timingDateTime", "timingPeriod", "recordedOn"]),
    ("DiagnosticReport", &["effectiveDateTime", "effectivePeriod", "issued"]),
    ("DocumentManifest", &["created"]),
    ("DocumentReference", &["date"]),
    ("Encounter", &["period"]),
    ("EpisodeOfCare", &["period"]),
    ("ExplanationOfBenefit", &["billablePeriod", "created"]),
    ("FamilyMemberHistory", &["date"]),
    ("Flag", &["period"]),
    ("Goal", &["startDate", "statusDate"]),
    ("ImagingStudy", &["started"]),
    ("Immunization", &["occurrenceDateTime", "recorded"]),
    ("ImmunizationEvaluation", &["date"]),
    ("ImmunizationRecommendation", &["date"]),
    ("Invoice", &["date"]),
    ("List", &["date"]),
    ("MeasureReport", &["period", "date"]),
    ("Media", &["createdDateTime", "createdPeriod", "issued"]),
    ("MedicationAdministration", &["effectiveDateTime", "effectivePeriod"]),
    ("MedicationDispense", &["whenHandedOver", "whenPrepared"]),
    ("MedicationRequest", &["authoredOn"]),
    ("MedicationStatement", &["effectiveDateTime", "effectivePeriod", "dateAsserted"]),
    ("NutritionOrder", &["dateTime"]),
    ("Observation", &["effectiveDateTime", "effectivePeriod", "effectiveInstant", "issued"]),
    ("Procedure", &["performedDateTime", "performedPeriod"]),
    ("Provenance", &["occurredDateTime", "occurredPeriod", "recorded"]),
    ("QuestionnaireResponse", &["authored"]),
    ("RequestGroup", &["authoredOn"]),
    ("RiskAssessment", &["occurrenceDateTime", "occurrencePeriod"]),
    ("ServiceRequest", &["occurrenceDateTime", "occurrencePeriod", "authoredOn"]),
    ("Specimen", &["receivedTime"]),
    ("SupplyDelivery", &["occurrenceDateTime", "occurrencePeriod"]),
    ("SupplyRequest", &["occurrenceDateTime", "occurrencePeriod", "authoredOn"]),
    ("VisionPrescription", &["dateWritten", "created"]),
];

/// The text of the date that counts for this resource: of a period its start.
pub(crate) fn text(found: &Found) -> Option<String> {
    let value = dated(found)?;
    let date = value.as_str().or_else(|| value.str("start")).or_else(|| value.str("end"))?;
    Some(date.into_owned())
}

/// The time that the resource covers, in microseconds since 1970. What still holds has no end.
pub(crate) fn range_us(found: &Found) -> Option<(i64, i64)> {
    let value = dated(found)?;
    let (low, high) = match value.as_str() {
        Some(text) => DateTime::parse(&text)?.range_us(),
        None => period_us(value)?,
    };
    Some((low, if is_ongoing(found) { i64::MAX } else { high.max(end_us(found, high)) }))
}

fn dated(found: &Found) -> Option<Value<'_>> {
    let (_, elements) = ELEMENTS.iter().find(|(kind, _)| *kind == found.kind)?;
    elements.iter().find_map(|element| found.root().get(element))
}

fn period_us(value: Value<'_>) -> Option<(i64, i64)> {
    let part = |name| value.str(name).and_then(|text| DateTime::parse(&text));
    let (start, end) = (part("start"), part("end"));
    if start.is_none() && end.is_none() {
        return None;
    }
    let low = start.map_or(i64::MIN, |date| date.range_us().0);
    Some((low, end.map_or(i64::MAX, |date| date.range_us().1)))
}

/// A condition lasts until it abates.
fn end_us(found: &Found, otherwise: i64) -> i64 {
    let text = found.root().str("abatementDateTime");
    text.and_then(|text| DateTime::parse(&text)).map_or(otherwise, |date| date.range_us().1)
}

fn is_ongoing(found: &Found) -> bool {
    let root = found.root();
    let status = root.str("status");
    match found.kind.as_str() {
        "AllergyIntolerance" => true,
        "Condition" => !root.entries().any(|member| member.key().starts_with("abatement")),
        "MedicationRequest" => {
            matches!(status.as_deref(), Some("active" | "on-hold" | "unknown"))
        }
        "MedicationStatement" | "DeviceUseStatement" => {
            matches!(status.as_deref(), Some("active" | "on-hold" | "intended" | "unknown"))
                && root.at(&["effectivePeriod", "end"]).is_none()
                && root.at(&["timingPeriod", "end"]).is_none()
        }
        _ => false,
    }
}

/// Does the resource fall between the bounds, in part at least? Without a date it does.
pub(crate) fn is_within(found: &Found, start: Option<&Instant>, end: Option<&Instant>) -> bool {
    let Some((low, high)) = range_us(found) else { return true };
    start.is_none_or(|start| high >= start.range_us.0)
        && end.is_none_or(|end| low <= end.range_us.1)
}

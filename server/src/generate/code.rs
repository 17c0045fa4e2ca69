//! Codings and the systems they come from.
//!
//! Every code stands in a table beside its display, so that the two cannot drift apart. Procedures
//! and clinical findings for which no freely usable code exists are stated as text.

use serde_json::{Value, json};

/// One concept of one code system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) system: &'static str,
    pub(crate) code: &'static str,
    pub(crate) display: &'static str,
}

pub(crate) const LOINC: &str = "http://loinc.org";
pub(crate) const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
pub(crate) const UCUM: &str = "http://unitsofmeasure.org";

pub(crate) const fn icd(code: &'static str, display: &'static str) -> Code {
    Code { system: "http://hl7.org/fhir/sid/icd-10-cm", code, display }
}

pub(crate) const fn loinc(code: &'static str, display: &'static str) -> Code {
    Code { system: LOINC, code, display }
}

pub(crate) const fn rxnorm(code: &'static str, display: &'static str) -> Code {
    Code { system: RXNORM, code, display }
}

pub(crate) const fn cvx(code: &'static str, display: &'static str) -> Code {
    Code { system: "http://hl7.org/fhir/sid/cvx", code, display }
}

impl Code {
    pub(crate) fn coding(&self) -> Value {
        json!({ "system": self.system, "code": self.code, "display": self.display })
    }

    /// A CodeableConcept whose text is the code's own display.
    pub(crate) fn concept(&self) -> Value {
        self.concept_as(self.display)
    }

    /// A CodeableConcept in the words of a clinician.
    pub(crate) fn concept_as(&self, text: &str) -> Value {
        json!({ "coding": [self.coding()], "text": text })
    }
}

/// A CodeableConcept of HL7's terminology server, named by the last part of its system's URL.
pub(crate) fn hl7(system: &str, code: &str, display: &str) -> Value {
    let system = format!("http://terminology.hl7.org/CodeSystem/{system}");
    json!({ "coding": [{ "system": system, "code": code, "display": display }] })
}

/// A Quantity with its UCUM code.
pub(crate) fn quantity(value: Value, unit: &str, ucum: &str) -> Value {
    json!({ "value": value, "unit": unit, "system": UCUM, "code": ucum })
}

/// A number with a fixed count of decimals, as a laboratory prints it.
pub(crate) fn decimal(value: f64, digits: u8) -> Value {
    if digits == 0 {
        return json!(value.round() as i64);
    }
    json!(rounded(value, digits))
}

pub(crate) fn rounded(value: f64, digits: u8) -> f64 {
    let scale = 10_f64.powi(i32::from(digits));
    (value * scale).round() / scale
}

//! The clinicians and organizations that all records share.

use serde_json::{Value, json};

use super::code::hl7;
use super::record::transaction;

/// A clinician of the sample region.
pub(crate) struct Practitioner {
    pub(crate) id: &'static str,
    pub(crate) family: &'static str,
    pub(crate) given: &'static str,
    /// Degree as it stands behind the name.
    pub(crate) degree: &'static str,
    pub(crate) specialty: &'static str,
    pub(crate) organization: &'static str,
}

const fn physician(
    id: &'static str,
    [given, family]: [&'static str; 2],
    specialty: &'static str,
    organization: &'static str,
) -> Practitioner {
    Practitioner { id, family, given, degree: "MD", specialty, organization }
}

pub(crate) const CLINIC: &str = "willowmere-family-medicine";
pub(crate) const HOSPITAL: &str = "saltbridge-general-hospital";
pub(crate) const WOMENS_HEALTH: &str = "fernhollow-womens-health";
pub(crate) const PEDIATRICS: &str = "harrow-point-pediatrics";
pub(crate) const LABORATORY: &str = "stonegate-clinical-laboratory";
pub(crate) const PAYER: &str = "meridian-mutual-health-plan";

pub(crate) static FAMILY_PHYSICIAN: Practitioner =
    physician("dr-averill", ["Corinne", "Averill"], "Family medicine", CLINIC);
pub(crate) static INTERNIST: Practitioner =
    physician("dr-tolliver", ["Josiah", "Tolliver"], "Internal medicine", CLINIC);
pub(crate) static CARDIOLOGIST: Practitioner =
    physician("dr-marchbank", ["Helena", "Marchbank"], "Cardiology", HOSPITAL);
pub(crate) static ENDOCRINOLOGIST: Practitioner =
    physician("dr-osei", ["Abena", "Osei-Lund"], "Endocrinology", HOSPITAL);
pub(crate) static NEPHROLOGIST: Practitioner =
    physician("dr-varga", ["Istvan", "Vargane"], "Nephrology", HOSPITAL);
pub(crate) static ONCOLOGIST: Practitioner =
    physician("dr-lindenau", ["Saskia", "Lindenau"], "Medical oncology", HOSPITAL);
pub(crate) static RADIOLOGIST: Practitioner =
    physician("dr-pemberly", ["Rowan", "Pemberly"], "Radiology", HOSPITAL);
pub(crate) static PATHOLOGIST: Practitioner =
    physician("dr-ishikura", ["Naoko", "Ishikura"], "Pathology", HOSPITAL);
pub(crate) static SURGEON: Practitioner =
    physician("dr-castellan", ["Bruno", "Castellan"], "Breast surgery", HOSPITAL);
pub(crate) static ORTHOPEDIST: Practitioner =
    physician("dr-holmquist", ["Signe", "Holmquister"], "Orthopedic surgery", HOSPITAL);
pub(crate) static HOSPITALIST: Practitioner =
    physician("dr-adeyemo", ["Tunde", "Adeyemore"], "Hospital medicine", HOSPITAL);
pub(crate) static EMERGENCY_PHYSICIAN: Practitioner =
    physician("dr-kestner", ["Lukas", "Kestnerby"], "Emergency medicine", HOSPITAL);
pub(crate) static PULMONOLOGIST: Practitioner =
    physician("dr-bellweather", ["Imogen", "Bellweather"], "Pulmonology", HOSPITAL);
pub(crate) static GERIATRICIAN: Practitioner =
    physician("dr-fairholt", ["Edmund", "Fairholt"], "Geriatric medicine", CLINIC);
pub(crate) static OBSTETRICIAN: Practitioner =
    physician("dr-santoro", ["Livia", "Santorelle"], "Obstetrics and gynecology", WOMENS_HEALTH);
pub(crate) static PEDIATRICIAN: Practitioner =
    physician("dr-winslade", ["Maeve", "Winslade"], "Pediatrics", PEDIATRICS);
pub(crate) static NURSE: Practitioner = Practitioner {
    id: "nurse-calloway",
    family: "Callowayne",
    given: "Philip",
    degree: "RN",
    specialty: "Care management",
    organization: CLINIC,
};

static ALL: [&Practitioner; 17] = [
    &FAMILY_PHYSICIAN,
    &INTERNIST,
    &CARDIOLOGIST,
    &ENDOCRINOLOGIST,
    &NEPHROLOGIST,
    &ONCOLOGIST,
    &RADIOLOGIST,
    &PATHOLOGIST,
    &SURGEON,
    &ORTHOPEDIST,
    &HOSPITALIST,
    &EMERGENCY_PHYSICIAN,
    &PULMONOLOGIST,
    &GERIATRICIAN,
    &OBSTETRICIAN,
    &PEDIATRICIAN,
    &NURSE,
];

/// Id, name, kind (code and display of `organization-type`), town, postal code.
static ORGANIZATIONS: [(&str, &str, [&str; 2], &str, &str); 6] = [
    (CLINIC, "Willowmere Family Medicine", PROVIDER, "Willowmere", "01990"),
    (HOSPITAL, "Saltbridge General Hospital", PROVIDER, "Saltbridge", "01991"),
    (WOMENS_HEALTH, "Fernhollow Women's Health", PROVIDER, "Fernhollow", "01992"),
    (PEDIATRICS, "Harrow Point Pediatrics", PROVIDER, "Harrow Point", "01994"),
    (LABORATORY, "Stonegate Clinical Laboratory", PROVIDER, "Stonegate", "01997"),
    (PAYER, "Meridian Mutual Health Plan", ["ins", "Insurance Company"], "Saltbridge", "01991"),
];

const PROVIDER: [&str; 2] = ["prov", "Healthcare Provider"];

impl Practitioner {
    /// The name as a note signs it: `Corinne Averill, MD`.
    pub(crate) fn signature(&self) -> String {
        format!("{} {}, {}", self.given, self.family, self.degree)
    }

    /// A Reference that can be read without being resolved.
    pub(crate) fn reference(&self) -> Value {
        json!({ "reference": format!("Practitioner/{}", self.id), "display": self.signature() })
    }
}

/// A Reference to one of the shared organizations.
pub(crate) fn organization(id: &str) -> Value {
    json!({ "reference": format!("Organization/{id}"), "display": organization_name(id) })
}

pub(crate) fn organization_name(id: &str) -> &'static str {
    let found = ORGANIZATIONS.iter().find(|organization| organization.0 == id);
    found.expect("organizations are named by the constants of this file").1
}

/// The transaction that every record relies on; it is the same for all seeds.
pub(crate) fn bundle() -> Value {
    let organizations =
        ORGANIZATIONS.iter().enumerate().map(|(at, one)| organization_entry(at, one));
    let practitioners = ALL
        .iter()
        .enumerate()
        .flat_map(|(at, one)| [practitioner_entry(at, one), practitioner_role_entry(one)]);
    transaction(organizations.chain(practitioners).collect())
}

fn organization_entry(
    at: usize,
    &(id, name, [kind, display], town, postal): &(&str, &str, [&str; 2], &str, &str),
) -> Value {
    json!({
        "resourceType": "Organization",
        "id": id,
        "identifier": [{ "system": "http://example.org/organization", "value": format!("ORG-{:03}", at + 1) }],
        "active": true,
        "type": [hl7("organization-type", kind, display)],
        "name": name,
        "telecom": [{ "system": "phone", "value": format!("555-01{:02}", at + 10), "use": "work" }],
        "address": [{
            "use": "work",
            "line": [format!("{} Harbor Road", 100 + at * 20)],
            "city": town,
            "state": "MA",
            "postalCode": postal,
            "country": "US"
        }]
    })
}

fn practitioner_entry(at: usize, one: &Practitioner) -> Value {
    json!({
        "resourceType": "Practitioner",
        "id": one.id,
        "identifier": [{ "system": "http://example.org/practitioner", "value": format!("P-{:04}", 1001 + at) }],
        "active": true,
        "name": [{
            "use": "official",
            "family": one.family,
            "given": [one.given],
            "suffix": [one.degree]
        }],
        "telecom": [{ "system": "phone", "value": format!("555-01{:02}", at + 40), "use": "work" }],
        "qualification": [{ "code": { "text": one.degree } }]
    })
}

fn practitioner_role_entry(one: &Practitioner) -> Value {
    let (code, display) =
        if one.degree == "RN" { ("nurse", "Nurse") } else { ("doctor", "Doctor") };
    json!({
        "resourceType": "PractitionerRole",
        "id": format!("{}-role", one.id),
        "active": true,
        "practitioner": one.reference(),
        "organization": organization(one.organization),
        "code": [hl7("practitioner-role", code, display)],
        "specialty": [{ "text": one.specialty }]
    })
}

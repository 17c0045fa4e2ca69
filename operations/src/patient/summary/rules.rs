//! What belongs to a summary: one row per section of the [International Patient Summary], as data,
//! so that the published guide and the engine say the same.
//!
//! [International Patient Summary]: http://hl7.org/fhir/uv/ips/

/// Version of these rules; it changes with every change of what a summary says.
pub const VERSION: &str = "1.0.0";

/// What the Provenance of a summary names as its policy: this very rule set. A new version gets a
/// new one.
pub const POLICY: &str = "urn:uuid:3f6f0c5e-6d0b-4f0e-9a55-5d1d0b3c1a00";

/// Whether a section stands in a summary that has nothing for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Always there, with an `emptyReason` when there is nothing: required by the guide.
    Required,
    /// The same; recommended by the guide.
    Recommended,
    /// Only with content.
    Optional,
}

/// Which statuses let a resource in.
#[derive(Debug, Clone, Copy)]
pub struct Admission {
    /// Resource type.
    pub kind: &'static str,
    /// Element that holds the status, a code or a CodeableConcept.
    pub element: &'static str,
    /// Codes that are let in; the empty one stands for a missing element.
    pub codes: &'static [&'static str],
}

/// The rules of one section.
#[derive(Debug, Clone, Copy)]
pub struct SectionRule {
    /// Name of the section within Brigid, and start of the html ids in its narrative.
    pub key: &'static str,
    /// LOINC code.
    pub code: &'static str,
    /// Its display.
    pub display: &'static str,
    /// Title for clinicians.
    pub title: &'static str,
    /// Title for patients.
    pub lay_title: &'static str,
    /// Is it there when it is empty?
    pub presence: Presence,
    /// What is let in. entered-in-error never is.
    pub admissions: &'static [Admission],
    /// Only the latest resource of each code is shown.
    pub is_latest_per_code: bool,
    /// Greatest number of rows; `None`: everything that is let in, up to the bound of the whole.
    /// Abnormal results are never cut.
    pub rows_max: Option<usize>,
    /// Only what happened within so many days before the summary (or its `end`); abnormal results
    /// are exempt.
    pub window_days: Option<u32>,
}

/// Resources that are read for one summary; a record with more is refused and never cut in silence.
pub const RESOURCES_MAX: usize = 20_000;
/// Cited resources behind the sentence that says how many more there are; beyond, it says "at
/// least".
pub const MORE_MAX: usize = 50;
/// Entries of the document beyond which referenced resources are left to their server.
pub const ENTRIES_MAX: usize = 2_000;
/// Items of the story that are said in one sentence; more become a list.
pub const INLINE_MAX: usize = 8;
/// Abnormal results that the story tells one by one; it says how many more stand under Results.
pub const STORY_RESULTS_MAX: usize = 12;
/// Encounters and kinds of procedures that the story tells.
pub const STORY_EVENTS_MAX: usize = 3;

const TEN_YEARS: u32 = 3_653;

const fn admission(
    kind: &'static str,
    element: &'static str,
    codes: &'static [&'static str],
) -> Admission {
    Admission { kind, element, codes }
}

/// A measured value counts once it is there, preliminary ones included and marked.
const REPORTED: &[&str] =
    &["final", "amended", "corrected", "appended", "preliminary", "partial", "unknown", ""];

const OBSERVATIONS: Admission = admission("Observation", "status", REPORTED);

/// Encounters that the story may tell.
pub const ENCOUNTERS: Admission = admission(
    "Encounter",
    "status",
    &["arrived", "triaged", "in-progress", "onleave", "finished", "unknown"],
);

const BASE: SectionRule = SectionRule {
    key: "",
    code: "",
    display: "",
    title: "",
    lay_title: "",
    presence: Presence::Optional,
    admissions: &[],
    is_latest_per_code: false,
    rows_max: None,
    window_days: None,
};

/// The sections in the order of the document.
pub const SECTIONS: [SectionRule; 16] = [
    SectionRule {
        key: "story",
        code: "81338-6",
        display: "Patient Goals, preferences, and priorities for care experience",
        title: "Patient Story",
        lay_title: "Your story",
        presence: Presence::Required,
        admissions: &[ENCOUNTERS],
        ..BASE
    },
    SectionRule {
        key: "problems",
        code: "11450-4",
        display: "Problem list - Reported",
        title: "Active Problems",
        lay_title: "Your health problems",
        presence: Presence::Required,
        admissions: &[admission(
            "Condition",
            "clinicalStatus",
            &["active", "recurrence", "relapse", ""],
        )],
        ..BASE
    },
    SectionRule {
        key: "allergies",
        code: "48765-2",
        display: "Allergies and adverse reactions Document",
        title: "Allergies and Intolerances",
        lay_title: "Your allergies",
        presence: Presence::Required,
        admissions: &[admission("AllergyIntolerance", "clinicalStatus", &["active", ""])],
        ..BASE
    },
    SectionRule {
        key: "medicines",
        code: "10160-0",
        display: "History of Medication use Narrative",
        title: "Medication Summary",
        lay_title: "Your medicines",
        presence: Presence::Required,
        admissions: &[
            admission(
                "MedicationStatement",
                "status",
                &["active", "on-hold", "intended", "unknown", ""],
            ),
            admission("MedicationRequest", "status", &["active", "on-hold", "unknown", ""]),
        ],
        ..BASE
    },
    SectionRule {
        key: "immunizations",
        code: "11369-6",
        display: "History of Immunization note",
        title: "Immunizations",
        lay_title: "Your vaccines",
        presence: Presence::Recommended,
        admissions: &[admission("Immunization", "status", &["completed", ""])],
        rows_max: Some(60),
        ..BASE
    },
    SectionRule {
        key: "results",
        code: "30954-2",
        display: "Relevant diagnostic tests/laboratory data note",
        title: "Results",
        lay_title: "Your test results",
        presence: Presence::Recommended,
        admissions: &[OBSERVATIONS, admission("DiagnosticReport", "status", REPORTED)],
        is_latest_per_code: true,
        rows_max: Some(60),
        window_days: Some(TEN_YEARS),
    },
    SectionRule {
        key: "procedures",
        code: "47519-4",
        display: "History of Procedures Document",
        title: "History of Procedures",
        lay_title: "Your operations and procedures",
        presence: Presence::Recommended,
        admissions: &[admission(
            "Procedure",
            "status",
            &["preparation", "in-progress", "on-hold", "stopped", "completed", "unknown", ""],
        )],
        is_latest_per_code: true,
        rows_max: Some(40),
        ..BASE
    },
    SectionRule {
        key: "devices",
        code: "46264-8",
        display: "History of medical device use",
        title: "Medical Devices",
        lay_title: "Your devices and implants",
        presence: Presence::Recommended,
        admissions: &[
            admission(
                "DeviceUseStatement",
                "status",
                &["active", "completed", "intended", "on-hold", ""],
            ),
            admission("Device", "status", &["active", "unknown", ""]),
        ],
        rows_max: Some(40),
        ..BASE
    },
    SectionRule {
        key: "directives",
        code: "42348-3",
        display: "Advance healthcare directives",
        title: "Advance Directives",
        lay_title: "Your wishes for care",
        admissions: &[admission("Consent", "status", &["active"])],
        rows_max: Some(20),
        ..BASE
    },
    SectionRule {
        key: "alerts",
        code: "104605-1",
        display: "Alert",
        title: "Alerts",
        lay_title: "Alerts",
        admissions: &[admission("Flag", "status", &["active"])],
        rows_max: Some(40),
        ..BASE
    },
    SectionRule {
        key: "functional",
        code: "47420-5",
        display: "Functional status assessment note",
        title: "Functional Status",
        lay_title: "How you manage day to day",
        admissions: &[admission("ClinicalImpression", "status", &["in-progress", "completed"])],
        rows_max: Some(20),
        ..BASE
    },
    SectionRule {
        key: "past",
        code: "11348-0",
        display: "History of Past illness note",
        title: "History of Past Problems",
        lay_title: "Earlier health problems",
        admissions: &[admission(
            "Condition",
            "clinicalStatus",
            &["inactive", "remission", "resolved", ""],
        )],
        rows_max: Some(40),
        ..BASE
    },
    SectionRule {
        key: "pregnancy",
        code: "10162-6",
        display: "History of pregnancies Narrative",
        title: "Pregnancy",
        lay_title: "Pregnancy",
        admissions: &[OBSERVATIONS],
        is_latest_per_code: true,
        rows_max: Some(20),
        ..BASE
    },
    SectionRule {
        key: "plan",
        code: "18776-5",
        display: "Plan of care note",
        title: "Plan of Care",
        lay_title: "Your care plan",
        admissions: &[admission("CarePlan", "status", &["active", "on-hold", "unknown"])],
        rows_max: Some(20),
        ..BASE
    },
    SectionRule {
        key: "social",
        code: "29762-2",
        display: "Social history Narrative",
        title: "Social History",
        lay_title: "Your way of life",
        admissions: &[OBSERVATIONS],
        is_latest_per_code: true,
        rows_max: Some(20),
        ..BASE
    },
    SectionRule {
        key: "vitals",
        code: "8716-3",
        display: "Vital signs note",
        title: "Vital Signs",
        lay_title: "Your measurements",
        admissions: &[OBSERVATIONS],
        is_latest_per_code: true,
        rows_max: Some(30),
        window_days: Some(TEN_YEARS),
        ..BASE
    },
];

/// LOINC codes of observations that belong to Pregnancy: status, expected date, outcomes.
pub const PREGNANCY_CODES: &[&str] = &[
    "82810-3", "11778-8", "11779-6", "11780-4", "11636-8", "11637-6", "11638-4", "11639-2",
    "11640-0", "11612-9", "11613-7", "11614-5", "33065-4",
];

/// LOINC codes of observations that belong to Social History, however they are categorised:
/// smoking, tobacco, alcohol.
pub const SOCIAL_CODES: &[&str] =
    &["72166-2", "11367-0", "11331-6", "74013-4", "63640-7", "82589-3"];

/// LOINC codes of vital signs, for observations that state no category.
pub const VITAL_CODES: &[&str] = &[
    "85353-1", "9279-1", "8867-4", "2708-6", "59408-5", "8310-5", "8302-2", "9843-4", "29463-7",
    "39156-5", "85354-9", "55284-4", "8480-6", "8462-4",
];

/// Codes of `Consent.category` that make an active consent an advance directive, besides the scope
/// `adr`.
pub const DIRECTIVE_CODES: &[&str] = &["acd", "dnr", "emrgonly", "hcd", "polst", "42348-3"];

/// Codes by which a record says that there is nothing of a kind: no known allergy, problem,
/// medicine.
pub const ABSENCE_CODES: &[&str] = &[
    "716186003",
    "409137002",
    "429625007",
    "428607008",
    "428197003",
    "160244002",
    "160245001",
    "787481004",
    "no-known-allergies",
    "no-known-medication-allergies",
    "no-known-environmental-allergies",
    "no-known-food-allergies",
    "no-known-problems",
    "no-known-medications",
    "no-known-procedures",
    "no-known-devices",
    "no-known-immunizations",
    "no-allergy-info",
    "no-problem-info",
    "no-medication-info",
    "no-procedure-info",
    "no-device-info",
    "no-immunization-info",
];

/// The rules of a section.
#[must_use]
pub fn section(key: &str) -> &'static SectionRule {
    SECTIONS.iter().find(|rule| rule.key == key).expect("every section's name is in the table")
}

#[cfg(test)]
mod tests {
    use super::{Presence, SECTIONS};

    #[track_caller]
    fn check(presence: Presence, expected: &[&str]) {
        let rules = SECTIONS.iter().filter(|rule| rule.presence == presence);
        let codes: Vec<&str> = rules.map(|rule| rule.code).collect();
        assert_eq!(codes, expected);
    }

    #[test]
    fn the_sections_are_those_of_the_guide() {
        check(Presence::Required, &["81338-6", "11450-4", "48765-2", "10160-0"]);
        check(Presence::Recommended, &["11369-6", "30954-2", "47519-4", "46264-8"]);
        let optional = [
            "42348-3", "104605-1", "47420-5", "11348-0", "10162-6", "18776-5", "29762-2", "8716-3",
        ];
        check(Presence::Optional, &optional);
    }

    #[test]
    fn problems_allergies_and_medicines_are_never_cut() {
        for rule in SECTIONS.iter().filter(|rule| rule.presence == Presence::Required) {
            assert_eq!((rule.rows_max, rule.window_days), (None, None), "{}", rule.key);
        }
    }
}

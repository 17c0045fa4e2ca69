//! What surrounds the visits: allergies, vaccines, procedures, the team, plans and coverage.

use serde_json::{Value, json};

use super::code::{Code, cvx, hl7, icd, loinc, rxnorm};
use super::conditions::Diagnosis;
use super::date::Date;
use super::practitioners::{PAYER, Practitioner, organization};
use super::record::Record;
use super::visits::Visit;

/// A known allergy with its worst reaction.
pub(crate) struct Allergy {
    name: &'static str,
    code: Option<Code>,
    category: &'static str,
    criticality: &'static str,
    manifestation: &'static str,
    severity: &'static str,
}

pub(crate) static PENICILLIN_ANAPHYLAXIS: Allergy = Allergy {
    name: "Penicillin",
    code: Some(rxnorm("7980", "penicillin G")),
    category: "medication",
    criticality: "high",
    manifestation: "Anaphylaxis",
    severity: "severe",
};
pub(crate) static PENICILLIN_RASH: Allergy = Allergy {
    manifestation: "Urticarial rash",
    criticality: "low",
    severity: "moderate",
    ..PENICILLIN_ANAPHYLAXIS
};
pub(crate) static PEANUT: Allergy = Allergy {
    name: "Peanut",
    code: None,
    category: "food",
    criticality: "high",
    manifestation: "Generalized urticaria and wheezing",
    severity: "severe",
};
pub(crate) static SULFONAMIDE: Allergy = Allergy {
    name: "Sulfonamide antibiotics",
    code: None,
    category: "medication",
    criticality: "low",
    manifestation: "Maculopapular rash",
    severity: "mild",
};
pub(crate) static LATEX: Allergy = Allergy {
    name: "Natural rubber latex",
    code: None,
    category: "environment",
    criticality: "low",
    manifestation: "Contact dermatitis",
    severity: "mild",
};

pub(crate) const INFLUENZA: Code = cvx("140", "Influenza, seasonal, injectable, preservative free");
pub(crate) const TDAP: Code = cvx("115", "Tdap");
pub(crate) const ZOSTER: Code = cvx("187", "zoster recombinant");
pub(crate) const PNEUMOCOCCAL: Code = cvx("33", "pneumococcal polysaccharide PPV23");

/// Age in months and the vaccines of that visit.
pub(crate) const CHILDHOOD: &[(i32, &[Code])] = &[
    (0, &[HEPATITIS_B]),
    (2, &[HEPATITIS_B, ROTAVIRUS, DTAP, HIB, PCV13, IPV]),
    (4, &[ROTAVIRUS, DTAP, HIB, PCV13, IPV]),
    (6, &[HEPATITIS_B, DTAP, PCV13, IPV]),
    (12, &[HIB, PCV13, MMR, VARICELLA, HEPATITIS_A]),
    (18, &[DTAP, HEPATITIS_A]),
    (48, &[DTAP, IPV, MMR, VARICELLA]),
];
const HEPATITIS_B: Code = cvx("08", "Hep B, adolescent or pediatric");
const HEPATITIS_A: Code = cvx("83", "Hep A, ped/adol, 2 dose");
const ROTAVIRUS: Code = cvx("119", "rotavirus, monovalent");
const DTAP: Code = cvx("20", "DTaP");
const HIB: Code = cvx("49", "Hib (PRP-OMP)");
const PCV13: Code = cvx("133", "Pneumococcal conjugate PCV 13");
const IPV: Code = cvx("10", "IPV");
const MMR: Code = cvx("03", "MMR");
const VARICELLA: Code = cvx("21", "varicella");

const SMOKING: Code = loinc("72166-2", "Tobacco smoking status");
pub(crate) const NEVER_SMOKER: [&str; 2] = ["LA18978-9", "Never smoker"];
pub(crate) const FORMER_SMOKER: [&str; 2] = ["LA15920-4", "Former smoker"];

impl Record {
    pub(crate) fn allergy(&mut self, visit: &Visit, allergy: &Allergy, onset: Date) {
        self.chart.allergies.push(allergy.name);
        self.chart.penicillin_allergy |= allergy.name == "Penicillin";
        let code = match allergy.code {
            Some(code) => code.concept_as(allergy.name),
            None => json!({ "text": allergy.name }),
        };
        let body = json!({
            "clinicalStatus": hl7("allergyintolerance-clinical", "active", "Active"),
            "verificationStatus": hl7("allergyintolerance-verification", "confirmed", "Confirmed"),
            "type": "allergy",
            "category": [allergy.category],
            "criticality": allergy.criticality,
            "code": code,
            "patient": self.subject(),
            "encounter": self.reference(visit.at),
            "onsetDateTime": onset.max(self.person.birth).to_string(),
            "recordedDate": visit.date.to_string(),
            "recorder": visit.by.reference(),
            "reaction": [{
                "manifestation": [{ "text": allergy.manifestation }],
                "severity": allergy.severity
            }]
        });
        self.add("AllergyIntolerance", body);
    }

    pub(crate) fn vaccine(&mut self, visit: &Visit, code: Code) {
        let lot = format!(
            "{}{}",
            self.random.choose(&["A", "F", "K", "W"]),
            self.random.between(1000, 9999)
        );
        let body = json!({
            "status": "completed",
            "vaccineCode": code.concept(),
            "patient": self.subject(),
            "encounter": self.reference(visit.at),
            "occurrenceDateTime": visit.moment(18),
            "primarySource": true,
            "lotNumber": lot,
            "performer": [{ "actor": visit.by.reference() }]
        });
        self.add("Immunization", body);
    }

    /// A procedure in words, because the terminology of procedures is not free everywhere.
    pub(crate) fn procedure(&mut self, visit: &Visit, name: &str, reason: usize) -> usize {
        let body = json!({
            "status": "completed",
            "code": { "text": name },
            "subject": self.subject(),
            "encounter": self.reference(visit.at),
            "performedPeriod": { "start": visit.moment(20), "end": visit.moment(110) },
            "performer": [{ "actor": visit.by.reference() }],
            "reasonReference": [self.reference(reason)]
        });
        self.add("Procedure", body)
    }

    /// A device and the statement that the patient uses it.
    pub(crate) fn device(&mut self, visit: &Visit, name: &str, reason: usize) {
        let serial = format!("SN-{}", self.random.between(100_000, 999_999));
        let body = json!({
            "status": "active",
            "serialNumber": serial,
            "deviceName": [{ "name": name, "type": "user-friendly-name" }],
            "type": { "text": name },
            "patient": self.subject()
        });
        let device = self.add("Device", body);
        let body = json!({
            "status": "active",
            "subject": self.subject(),
            "timingDateTime": visit.moment(60),
            "recordedOn": visit.moment(60),
            "source": visit.by.reference(),
            "device": self.reference(device),
            "reasonReference": [self.reference(reason)]
        });
        self.add("DeviceUseStatement", body);
    }

    pub(crate) fn smoking(&mut self, visit: &Visit, status: [&'static str; 2]) {
        self.answer(visit, "social-history", SMOKING, status);
    }

    pub(crate) fn family_history(
        &mut self,
        visit: &Visit,
        relation: [&str; 2],
        diagnosis: &Diagnosis,
        age: i32,
    ) {
        let sex = match relation[0] {
            "MTH" | "SIS" => ["female", "Female"],
            _ => ["male", "Male"],
        };
        let sex = json!({ "coding": [{
            "system": "http://hl7.org/fhir/administrative-gender", "code": sex[0], "display": sex[1]
        }] });
        // A code of the left breast says nothing of a relative's side.
        let general =
            icd("C50.919", "Malignant neoplasm of unspecified site of unspecified female breast");
        let code = match diagnosis.code.code {
            "C50.412" => general.concept_as("Breast cancer"),
            _ => diagnosis.code.concept_as(diagnosis.name),
        };
        let onset = json!({ "value": age, "unit": "years", "system": "http://unitsofmeasure.org", "code": "a" });
        let body = json!({
            "status": "completed",
            "patient": self.subject(),
            "date": visit.date.to_string(),
            "relationship": hl7("v3-RoleCode", relation[0], relation[1]),
            "sex": sex,
            "condition": [{ "code": code, "onsetAge": onset }]
        });
        self.add("FamilyMemberHistory", body);
    }

    pub(crate) fn coverage(&mut self, start: Date) {
        let member = format!("MM-{}", self.random.between(1_000_000, 9_999_999));
        let adult = self.today.age(self.person.birth) >= 18;
        let relation = match adult {
            true => hl7("subscriber-relationship", "self", "Self"),
            false => hl7("subscriber-relationship", "child", "Child"),
        };
        let body = json!({
            "status": "active",
            "type": hl7("v3-ActCode", "HIP", "health insurance plan policy"),
            "subscriberId": member,
            "beneficiary": self.subject(),
            "relationship": relation,
            "period": { "start": start.max(self.person.birth).to_string() },
            "payor": [organization(PAYER)]
        });
        self.add("Coverage", body);
    }

    /// The care team, a goal and the plan that pursues it.
    pub(crate) fn care(
        &mut self,
        visit: &Visit,
        problem: usize,
        team: &[&'static Practitioner],
        goal: &str,
        activities: &[&str],
    ) {
        let members = team
            .iter()
            .map(|one| json!({ "role": [{ "text": one.specialty }], "member": one.reference() }));
        let members: Vec<Value> = members.collect();
        let start = json!({ "start": visit.date.to_string() });
        let body = json!({
            "status": "active",
            "name": format!("Care team of {}", self.person.name()),
            "subject": self.subject(),
            "period": start,
            "participant": members,
            "reasonReference": [self.reference(problem)]
        });
        let team = self.add("CareTeam", body);
        let body = json!({
            "lifecycleStatus": "active",
            "achievementStatus": hl7("goal-achievement", "in-progress", "In Progress"),
            "description": { "text": goal },
            "subject": self.subject(),
            "startDate": visit.date.to_string(),
            "target": [{ "dueDate": self.today.plus_months(6).to_string() }],
            "addresses": [self.reference(problem)]
        });
        let goal = self.add("Goal", body);
        let activities: Vec<Value> = activities
            .iter()
            .map(|text| json!({ "detail": { "status": "in-progress", "description": text } }))
            .collect();
        let body = json!({
            "status": "active",
            "intent": "plan",
            "subject": self.subject(),
            "encounter": self.reference(visit.at),
            "period": start,
            "created": visit.date.to_string(),
            "author": visit.by.reference(),
            "careTeam": [self.reference(team)],
            "addresses": [self.reference(problem)],
            "goal": [self.reference(goal)],
            "activity": activities
        });
        self.add("CarePlan", body);
    }

    pub(crate) fn consent(&mut self, visit: &Visit) {
        let body = json!({
            "status": "active",
            "scope": hl7("consentscope", "patient-privacy", "Privacy Consent"),
            "category": [{ "coding": [loinc("59284-0", "Consent Document").coding()] }],
            "patient": self.subject(),
            "dateTime": visit.moment(3),
            "organization": [organization(visit.by.organization)],
            "policyRule": hl7("v3-ActCode", "OPTIN", "opt-in"),
            "provision": { "type": "permit" }
        });
        self.add("Consent", body);
    }
}

//! One patient's record: visits over the years, and at each what was measured, found, done,
//! prescribed and charged.

use super::codes::{
    BLOOD_PRESSURE, CITIES, CONDITIONS, FAMILIES, GIVENS, MEASUREMENTS, MEDICATIONS, Measurement,
    PROCEDURES, VACCINES,
};
use super::resources::{LOCATION, ORGANIZATION, PRACTITIONER, concept, date, instant, quantity};
use super::{Draft, Generator, STAFF_FIRST, id, staff_of};
use crate::bench::random::{Random, hash};

const SNOMED: &str = "http://snomed.info/sct";
const LOINC: &str = "http://loinc.org";
const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
const CVX: &str = "http://hl7.org/fhir/sid/cvx";
const TERMINOLOGY: &str = "http://terminology.hl7.org/CodeSystem";
/// Days from 2006-01-01 to 2026-01-01.
const DAYS: f64 = 7305.0;
/// Kinds of ids.
const PATIENT: u64 = 10;
const WITHIN: u64 = 11;

/// What a record is drawn from.
pub(crate) struct Record<'a> {
    generator: &'a Generator,
    batch: usize,
    number: usize,
    patient: String,
}

/// A visit, and what its resources refer to.
struct Visit {
    encounter: String,
    subject: String,
    day: usize,
    minute: usize,
    practitioner: String,
    organization: String,
}

impl<'a> Record<'a> {
    pub(crate) fn new(generator: &'a Generator, batch: usize, number: usize) -> Self {
        let patient = id(generator.seed, batch, PATIENT, number);
        Self { generator, batch, number, patient }
    }

    /// Adds the patient and what belongs to it, until there are as many as wanted.
    pub(crate) fn draw(&self, wanted: usize, drafts: &mut Vec<Draft>) {
        let seed = hash(&[self.generator.seed, self.batch as u64, self.number as u64, 7]);
        let mut random = Random::new(seed);
        drafts.push(self.person(&mut random));
        // Few patients come very often: 14 visits on average, up to 100.
        let visits = ((5.0 / random.unit().max(0.02).powf(0.8)) as usize).clamp(1, 100);
        // More of them lie in the last years.
        let mut days: Vec<usize> =
            (0..visits).map(|_| (DAYS * random.unit().sqrt()) as usize).collect();
        days.sort_unstable();
        for day in days {
            if drafts.len() >= wanted {
                return;
            }
            self.visit(day, &mut random, drafts);
        }
    }

    fn person(&self, random: &mut Random) -> Draft {
        let family = FAMILIES[self.generator.skews.families.draw(random)];
        let (given, gender) = random.pick(&GIVENS);
        let (middle, _) = random.pick(&GIVENS);
        let city = random.pick(&CITIES);
        let birth = date(-(random.below(29_000) as i64) + 5_000);
        let id = &self.patient;
        let (batch, number) = (self.batch, self.number);
        let content = format!(
            r#""identifier":[{{"system":"https://generated.example.org/patient","value":"{id}"}},{{"type":{{"coding":[{{"system":"{TERMINOLOGY}/v2-0203","code":"MR","display":"Medical Record Number"}}]}},"system":"https://hospital.example.org/mrn","value":"M{batch}-{number}"}}],"active":true,"name":[{{"use":"official","family":"{family}","given":["{given}","{middle}"]}}],"telecom":[{{"system":"phone","value":"555-{:03}-{:04}","use":"home"}}],"gender":"{gender}","birthDate":"{birth}","address":[{{"line":["{} Elm Street"],"city":"{city}","state":"MA","postalCode":"0{:04}","country":"US"}}],"maritalStatus":{},"multipleBirthBoolean":false,"communication":[{{"language":{}}}],"managingOrganization":{{"reference":"Organization/{}"}}"#,
            random.below(1000),
            random.below(10_000),
            1 + random.below(900),
            1000 + random.below(8999),
            concept(&format!("{TERMINOLOGY}/v3-MaritalStatus"), "M", "Married"),
            concept("urn:ietf:bcp:47", "en-US", "English"),
            self.of_staff(ORGANIZATION, random),
        );
        Draft { resource: "Patient", id: id.clone(), content }
    }

    /// Half of the visits are at what the first batch brought, few of these at most of them.
    fn of_staff(&self, kind: u64, random: &mut Random) -> String {
        let first = random.chance(0.5);
        let batch = if first { 0 } else { self.batch };
        let staff = if first { STAFF_FIRST } else { staff_of(batch) };
        let count = match kind {
            ORGANIZATION => staff.organizations,
            LOCATION => staff.locations,
            _ => staff.practitioners,
        };
        let place = self.generator.skews.staff.draw(random);
        id(self.generator.seed, batch, kind, place % count)
    }

    fn visit(&self, day: usize, random: &mut Random, drafts: &mut Vec<Draft>) {
        let visit = Visit {
            encounter: self.next_id(drafts),
            subject: self.patient.clone(),
            day,
            minute: 480 + random.below(540),
            practitioner: self.of_staff(PRACTITIONER, random),
            organization: self.of_staff(ORGANIZATION, random),
        };
        let location = self.of_staff(LOCATION, random);
        drafts.push(visit.encounter(&location, random));
        let mut results = Vec::new();
        for _ in 0..random.below(13) {
            let id = self.next_id(drafts);
            let of = &MEASUREMENTS[self.generator.skews.measurements.draw(random)];
            results.push(id.clone());
            drafts.push(visit.observation(id, of, random));
        }
        let skews = &self.generator.skews;
        let mut some = |share: f64, draw: &mut dyn FnMut(String, &mut Random) -> Draft| {
            if random.chance(share) {
                let id = self.next_id(drafts);
                drafts.push(draw(id, random));
            }
        };
        some(0.45, &mut |id, _| visit.report(id, &results));
        some(0.75, &mut |id, random| {
            visit.procedure(id, PROCEDURES[skews.procedures.draw(random)])
        });
        some(0.40, &mut |id, random| visit.immunization(id, VACCINES[skews.vaccines.draw(random)]));
        some(0.30, &mut |id, random| {
            visit.condition(id, CONDITIONS[skews.conditions.draw(random)], random)
        });
        some(0.45, &mut |id, random| {
            visit.medication(id, MEDICATIONS[skews.medications.draw(random)], random)
        });
        if random.chance(0.7) {
            let claim = self.next_id(drafts);
            drafts.push(visit.claim(claim.clone(), random));
            if random.chance(0.8) {
                let id = self.next_id(drafts);
                drafts.push(visit.explanation(id, &claim, random));
            }
        }
    }

    fn next_id(&self, drafts: &[Draft]) -> String {
        id(self.generator.seed, self.batch, WITHIN, drafts.len())
    }
}

impl Visit {
    /// The references that nearly all resources of a visit have.
    fn subject(&self) -> String {
        format!(r#""subject":{{"reference":"Patient/{}"}}"#, self.subject)
    }

    fn place(&self) -> String {
        format!(r#"{},"encounter":{{"reference":"Encounter/{}"}}"#, self.subject(), self.encounter)
    }

    fn start(&self) -> String {
        instant(self.day, self.minute)
    }

    fn end(&self) -> String {
        instant(self.day, self.minute + 30)
    }

    fn encounter(&self, location: &str, random: &mut Random) -> Draft {
        let class = *random.pick(&["AMB", "AMB", "AMB", "EMER", "IMP"]);
        let content = format!(
            r#""status":"finished","class":{{"system":"{TERMINOLOGY}/v3-ActCode","code":"{class}"}},"type":[{}],{},"participant":[{{"individual":{{"reference":"Practitioner/{}"}}}}],"period":{{"start":"{}","end":"{}"}},"location":[{{"location":{{"reference":"Location/{location}"}}}}],"serviceProvider":{{"reference":"Organization/{}"}}"#,
            concept(SNOMED, "185349003", "Encounter for check up (procedure)"),
            self.subject(),
            self.practitioner,
            self.start(),
            self.end(),
            self.organization,
        );
        Draft { resource: "Encounter", id: self.encounter.clone(), content }
    }

    fn observation(&self, id: String, of: &Measurement, random: &mut Random) -> Draft {
        let value = of.low + (of.high - of.low) * random.unit();
        let value = if of.code == BLOOD_PRESSURE {
            let part = |code, display, value| {
                format!(
                    r#"{{"code":{},"valueQuantity":{}}}"#,
                    concept(LOINC, code, display),
                    quantity(value, of.unit)
                )
            };
            format!(
                r#""component":[{},{}]"#,
                part("8480-6", "Systolic blood pressure", value),
                part("8462-4", "Diastolic blood pressure", value * 0.65)
            )
        } else {
            format!(r#""valueQuantity":{}"#, quantity(value, of.unit))
        };
        let time = self.start();
        let content = format!(
            r#""status":"final","category":[{{"coding":[{{"system":"{TERMINOLOGY}/observation-category","code":"{}"}}]}}],"code":{},{},"effectiveDateTime":"{time}","issued":"{}.580+00:00","performer":[{{"reference":"Practitioner/{}"}}],{value}"#,
            of.category,
            concept(LOINC, of.code, of.display),
            self.place(),
            &time[..19],
            self.practitioner,
        );
        Draft { resource: "Observation", id, content }
    }

    fn report(&self, id: String, results: &[String]) -> Draft {
        let results: Vec<String> =
            results.iter().map(|id| format!(r#"{{"reference":"Observation/{id}"}}"#)).collect();
        // An empty array is not allowed.
        let results = if results.is_empty() {
            String::new()
        } else {
            format!(r#","result":[{}]"#, results.join(","))
        };
        let content = format!(
            r#""status":"final","category":[{}],"code":{},{},"effectiveDateTime":"{}","issued":"{}"{results}"#,
            concept(&format!("{TERMINOLOGY}/v2-0074"), "LAB", "Laboratory"),
            concept(LOINC, "51990-0", "Basic metabolic panel"),
            self.place(),
            self.start(),
            self.start(),
        );
        Draft { resource: "DiagnosticReport", id, content }
    }

    fn procedure(&self, id: String, (code, display): (&str, &str)) -> Draft {
        let content = format!(
            r#""status":"completed","code":{},{},"performedPeriod":{{"start":"{}","end":"{}"}}"#,
            concept(SNOMED, code, display),
            self.place(),
            self.start(),
            self.end(),
        );
        Draft { resource: "Procedure", id, content }
    }

    fn immunization(&self, id: String, (code, display): (&str, &str)) -> Draft {
        let content = format!(
            r#""status":"completed","vaccineCode":{},"patient":{{"reference":"Patient/{}"}},"encounter":{{"reference":"Encounter/{}"}},"occurrenceDateTime":"{}","primarySource":true"#,
            concept(CVX, code, display),
            self.subject,
            self.encounter,
            self.start(),
        );
        Draft { resource: "Immunization", id, content }
    }

    fn condition(&self, id: String, (code, display): (&str, &str), random: &mut Random) -> Draft {
        let resolved = random.chance(0.6);
        let status = if resolved { "resolved" } else { "active" };
        let end = if resolved {
            format!(r#","abatementDateTime":"{}""#, instant(self.day + 14, self.minute))
        } else {
            String::new()
        };
        let content = format!(
            r#""clinicalStatus":{{"coding":[{{"system":"{TERMINOLOGY}/condition-clinical","code":"{status}"}}]}},"verificationStatus":{{"coding":[{{"system":"{TERMINOLOGY}/condition-ver-status","code":"confirmed"}}]}},"category":[{}],"code":{},{},"onsetDateTime":"{}"{end},"recordedDate":"{}""#,
            concept(
                &format!("{TERMINOLOGY}/condition-category"),
                "encounter-diagnosis",
                "Encounter Diagnosis"
            ),
            concept(SNOMED, code, display),
            self.place(),
            self.start(),
            self.start(),
        );
        Draft { resource: "Condition", id, content }
    }

    fn medication(&self, id: String, (code, display): (&str, &str), random: &mut Random) -> Draft {
        let status = *random.pick(&["active", "stopped", "completed"]);
        let content = format!(
            r#""status":"{status}","intent":"order","medicationCodeableConcept":{},{},"authoredOn":"{}","requester":{{"reference":"Practitioner/{}"}},"dosageInstruction":[{{"sequence":1,"text":"Take once daily","timing":{{"repeat":{{"frequency":1,"period":1,"periodUnit":"d"}}}}}}]"#,
            concept(RXNORM, code, display),
            self.place(),
            self.start(),
            self.practitioner,
        );
        Draft { resource: "MedicationRequest", id, content }
    }

    fn claim(&self, id: String, random: &mut Random) -> Draft {
        let content = format!(
            r#"{},"item":[{{"sequence":1,"productOrService":{},"encounter":[{{"reference":"Encounter/{}"}}]}}],"total":{{"value":{:.2},"currency":"USD"}}"#,
            self.charge("priority", "normal"),
            concept(SNOMED, "185349003", "Encounter for check up (procedure)"),
            self.encounter,
            20.0 + 480.0 * random.unit(),
        );
        Draft { resource: "Claim", id, content }
    }

    fn explanation(&self, id: String, claim: &str, random: &mut Random) -> Draft {
        let total = 20.0 + 480.0 * random.unit();
        let money = |share: f64| format!(r#"{{"value":{:.2},"currency":"USD"}}"#, total * share);
        let content = format!(
            r#"{},"claim":{{"reference":"Claim/{claim}"}},"outcome":"complete","careTeam":[{{"sequence":1,"provider":{{"reference":"Practitioner/{}"}},"role":{}}}],"item":[{{"sequence":1,"productOrService":{},"servicedPeriod":{{"start":"{}","end":"{}"}},"encounter":[{{"reference":"Encounter/{}"}}],"net":{},"adjudication":[{{"category":{},"amount":{}}},{{"category":{},"amount":{}}}]}}],"total":[{{"category":{},"amount":{}}}],"payment":{{"amount":{}}}"#,
            self.charge("fundsReserve", "provider"),
            self.practitioner,
            concept(&format!("{TERMINOLOGY}/claimcareteamrole"), "primary", "Primary provider"),
            concept(SNOMED, "185349003", "Encounter for check up (procedure)"),
            self.start(),
            self.end(),
            self.encounter,
            money(1.0),
            concept(&format!("{TERMINOLOGY}/adjudication"), "benefit", "Benefit Amount"),
            money(0.8),
            concept(&format!("{TERMINOLOGY}/adjudication"), "copay", "CoPay"),
            money(0.2),
            concept(&format!("{TERMINOLOGY}/adjudication"), "submitted", "Submitted Amount"),
            money(1.0),
            money(0.8),
        );
        Draft { resource: "ExplanationOfBenefit", id, content }
    }

    /// What Claim and ExplanationOfBenefit share; one element differs.
    fn charge(&self, element: &str, code: &str) -> String {
        format!(
            r#""status":"active","type":{},"use":"claim","patient":{{"reference":"Patient/{}"}},"billablePeriod":{{"start":"{}","end":"{}"}},"created":"{}","insurer":{{"display":"Generated Insurance"}},"provider":{{"reference":"Organization/{}"}},"{element}":{{"coding":[{{"code":"{code}"}}]}},"insurance":[{{{}"focal":true,"coverage":{{"display":"Generated Insurance"}}}}]"#,
            concept(&format!("{TERMINOLOGY}/claim-type"), "institutional", "Institutional"),
            self.subject,
            self.start(),
            self.end(),
            self.end(),
            self.organization,
            if element == "priority" { "\"sequence\":1," } else { "" },
        )
    }
}

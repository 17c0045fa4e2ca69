//! Medicines with the regimens that the stories prescribe.
//!
//! <https://hl7.org/fhir/R4/medicationrequest.html>

use serde_json::{Value, json};

use super::code::{Code, decimal, quantity, rxnorm};
use super::conditions::capitalized;
use super::record::Record;
use super::visits::Visit;

/// A product and how it is taken.
#[derive(Clone, Copy)]
pub(crate) struct Regimen {
    /// RxNorm; with an empty code only the display is given.
    pub(crate) product: Code,
    pub(crate) name: &'static str,
    /// One dose and its UCUM unit.
    pub(crate) dose: (f64, &'static str),
    /// Times within the period of so many days or hours.
    pub(crate) timing: (u32, u32, &'static str),
    pub(crate) route: &'static str,
    pub(crate) as_needed: bool,
    /// How the label says it, without the dose.
    pub(crate) label: &'static str,
}

const DAILY: (u32, u32, &str) = (1, 1, "d");
const TWICE: (u32, u32, &str) = (2, 1, "d");
const THRICE: (u32, u32, &str) = (3, 1, "d");
const EVERY_4_H: (u32, u32, &str) = (1, 4, "h");
const EVERY_6_H: (u32, u32, &str) = (1, 6, "h");

const fn oral(
    product: Code,
    name: &'static str,
    dose: (f64, &'static str),
    timing: (u32, u32, &'static str),
    label: &'static str,
) -> Regimen {
    Regimen { product, name, dose, timing, route: "oral", as_needed: false, label }
}

const fn by(mut regimen: Regimen, route: &'static str) -> Regimen {
    regimen.route = route;
    regimen
}

const fn as_needed(mut regimen: Regimen) -> Regimen {
    regimen.as_needed = true;
    regimen
}

macro_rules! regimens {
    ($($name:ident = $value:expr;)*) => { $(pub(crate) static $name: Regimen = $value;)* };
}

regimens! {
    METFORMIN_500 = oral(rxnorm("861007", "metformin hydrochloride 500 MG Oral Tablet"), "metformin", (500.0, "mg"), TWICE, "by mouth twice daily with meals");
    METFORMIN_1000 = oral(rxnorm("861004", "metformin hydrochloride 1000 MG Oral Tablet"), "metformin", (1000.0, "mg"), TWICE, "by mouth twice daily with meals");
    EMPAGLIFLOZIN = oral(rxnorm("1545658", "empagliflozin 10 MG Oral Tablet"), "empagliflozin", (10.0, "mg"), DAILY, "by mouth every morning");
    GLARGINE = by(oral(rxnorm("311041", "insulin glargine 100 UNT/ML Injectable Solution"), "insulin glargine", (12.0, "[IU]"), DAILY, "under the skin at bedtime"), "subcutaneous");
    LISINOPRIL_10 = oral(rxnorm("314076", "lisinopril 10 MG Oral Tablet"), "lisinopril", (10.0, "mg"), DAILY, "by mouth once daily");
    LISINOPRIL_20 = oral(rxnorm("314077", "lisinopril 20 MG Oral Tablet"), "lisinopril", (20.0, "mg"), DAILY, "by mouth once daily");
    LOSARTAN = oral(rxnorm("979492", "losartan potassium 50 MG Oral Tablet"), "losartan", (50.0, "mg"), DAILY, "by mouth once daily");
    AMLODIPINE = oral(rxnorm("197361", "amlodipine 5 MG Oral Tablet"), "amlodipine", (5.0, "mg"), DAILY, "by mouth once daily");
    ATORVASTATIN_20 = oral(rxnorm("617310", "atorvastatin 20 MG Oral Tablet"), "atorvastatin", (20.0, "mg"), DAILY, "by mouth at bedtime");
    ATORVASTATIN_40 = oral(rxnorm("617311", "atorvastatin 40 MG Oral Tablet"), "atorvastatin", (40.0, "mg"), DAILY, "by mouth at bedtime");
    ASPIRIN = oral(rxnorm("243670", "aspirin 81 MG Oral Tablet"), "aspirin", (81.0, "mg"), DAILY, "by mouth once daily");
    CARVEDILOL_6 = oral(rxnorm("200031", "carvedilol 6.25 MG Oral Tablet"), "carvedilol", (6.25, "mg"), TWICE, "by mouth twice daily with food");
    CARVEDILOL_12 = oral(rxnorm("200032", "carvedilol 12.5 MG Oral Tablet"), "carvedilol", (12.5, "mg"), TWICE, "by mouth twice daily with food");
    METOPROLOL = oral(rxnorm("866436", "24 HR metoprolol succinate 50 MG Extended Release Oral Tablet"), "metoprolol succinate", (50.0, "mg"), DAILY, "by mouth once daily");
    FUROSEMIDE_20 = oral(rxnorm("310429", "furosemide 20 MG Oral Tablet"), "furosemide", (20.0, "mg"), DAILY, "by mouth every morning");
    FUROSEMIDE_40 = oral(rxnorm("313988", "furosemide 40 MG Oral Tablet"), "furosemide", (40.0, "mg"), DAILY, "by mouth every morning");
    FUROSEMIDE_IV = by(oral(rxnorm("1719286", "10 ML furosemide 10 MG/ML Injection"), "furosemide injection", (40.0, "mg"), TWICE, "intravenously twice daily"), "intravenous");
    SPIRONOLACTONE = oral(rxnorm("313096", "spironolactone 25 MG Oral Tablet"), "spironolactone", (25.0, "mg"), DAILY, "by mouth once daily");
    WARFARIN = oral(rxnorm("855332", "warfarin sodium 5 MG Oral Tablet"), "warfarin", (5.0, "mg"), DAILY, "by mouth every evening, adjusted to INR 2.0 to 3.0");
    ALBUTEROL = as_needed(by(oral(rxnorm("745679", "200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler"), "albuterol inhaler", (2.0, "{puff}"), EVERY_4_H, "inhaled every 4 hours as needed for wheezing"), "inhalation"));
    FLUTICASONE = by(oral(rxnorm("895994", "120 ACTUAT fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler"), "fluticasone inhaler", (2.0, "{puff}"), TWICE, "inhaled twice daily through a spacer"), "inhalation");
    FLUTICASONE_SALMETEROL = by(oral(rxnorm("896209", "60 ACTUAT fluticasone propionate 0.25 MG/ACTUAT / salmeterol 0.05 MG/ACTUAT Dry Powder Inhaler"), "fluticasone/salmeterol inhaler", (1.0, "{inhalation}"), TWICE, "inhaled twice daily, rinse mouth afterwards"), "inhalation");
    PREDNISONE = oral(rxnorm("312615", "prednisone 20 MG Oral Tablet"), "prednisone", (40.0, "mg"), DAILY, "by mouth once daily for 5 days");
    MONTELUKAST_5 = oral(rxnorm("242438", "montelukast 5 MG Chewable Tablet"), "montelukast", (5.0, "mg"), DAILY, "chewed every evening");
    CETIRIZINE = oral(rxnorm("1014678", "cetirizine hydrochloride 10 MG Oral Tablet"), "cetirizine", (10.0, "mg"), DAILY, "by mouth once daily in season");
    AMOXICILLIN = oral(rxnorm("308191", "amoxicillin 500 MG Oral Capsule"), "amoxicillin", (500.0, "mg"), THRICE, "by mouth three times daily");
    AMOXICILLIN_LIQUID = oral(rxnorm("308189", "amoxicillin 80 MG/ML Oral Suspension"), "amoxicillin suspension", (400.0, "mg"), TWICE, "by mouth twice daily for 10 days");
    AZITHROMYCIN = oral(rxnorm("308460", "azithromycin 250 MG Oral Tablet"), "azithromycin", (250.0, "mg"), DAILY, "by mouth once daily");
    FERROUS_SULFATE = oral(rxnorm("310325", "ferrous sulfate 325 MG Oral Tablet"), "ferrous sulfate", (325.0, "mg"), DAILY, "by mouth once daily");
    PRENATAL_VITAMIN = oral(rxnorm("", "Prenatal vitamin with folic acid oral tablet"), "prenatal vitamin", (1.0, "{tbl}"), DAILY, "by mouth once daily");
    ACETAMINOPHEN = oral(rxnorm("198440", "acetaminophen 500 MG Oral Tablet"), "acetaminophen", (1000.0, "mg"), THRICE, "by mouth three times daily, at most 3 g a day");
    OXYCODONE = as_needed(oral(rxnorm("1049621", "oxycodone hydrochloride 5 MG Oral Tablet"), "oxycodone", (5.0, "mg"), EVERY_6_H, "by mouth every 6 hours as needed for severe pain"));
    ENOXAPARIN = by(oral(rxnorm("854235", "0.4 ML enoxaparin sodium 100 MG/ML Prefilled Syringe"), "enoxaparin", (40.0, "mg"), DAILY, "under the skin once daily for 28 days"), "subcutaneous");
    SENNA = oral(rxnorm("312935", "sennosides, USP 8.6 MG Oral Tablet"), "senna", (8.6, "mg"), TWICE, "by mouth twice daily while taking opioids");
    IBUPROFEN = as_needed(oral(rxnorm("197806", "ibuprofen 600 MG Oral Tablet"), "ibuprofen", (600.0, "mg"), EVERY_6_H, "by mouth every 6 hours as needed for pain, with food"));
    LETROZOLE = oral(rxnorm("200064", "letrozole 2.5 MG Oral Tablet"), "letrozole", (2.5, "mg"), DAILY, "by mouth once daily");
    ALLOPURINOL = oral(rxnorm("197319", "allopurinol 100 MG Oral Tablet"), "allopurinol", (100.0, "mg"), DAILY, "by mouth once daily");
    CALCITRIOL = oral(rxnorm("", "Calcitriol 0.25 microgram oral capsule"), "calcitriol", (0.25, "ug"), DAILY, "by mouth once daily");
    SEVELAMER = oral(rxnorm("", "Sevelamer carbonate 800 mg oral tablet"), "sevelamer", (800.0, "mg"), THRICE, "by mouth three times daily with meals");
    SODIUM_BICARBONATE = oral(rxnorm("", "Sodium bicarbonate 650 mg oral tablet"), "sodium bicarbonate", (650.0, "mg"), TWICE, "by mouth twice daily");
    LEVOTHYROXINE = oral(rxnorm("", "Levothyroxine sodium 50 microgram oral tablet"), "levothyroxine", (50.0, "ug"), DAILY, "by mouth every morning on an empty stomach");
    OMEPRAZOLE = oral(rxnorm("198051", "omeprazole 20 MG Delayed Release Oral Capsule"), "omeprazole", (20.0, "mg"), DAILY, "by mouth before breakfast");
    SERTRALINE = oral(rxnorm("312941", "sertraline 50 MG Oral Tablet"), "sertraline", (50.0, "mg"), DAILY, "by mouth once daily");
    GABAPENTIN = oral(rxnorm("310431", "gabapentin 300 MG Oral Capsule"), "gabapentin", (300.0, "mg"), DAILY, "by mouth at bedtime");
    DONEPEZIL_5 = oral(rxnorm("997229", "donepezil hydrochloride 5 MG Oral Tablet"), "donepezil", (5.0, "mg"), DAILY, "by mouth at bedtime");
    EPINEPHRINE = as_needed(by(oral(rxnorm("", "Epinephrine 0.15 mg auto-injector"), "epinephrine auto-injector", (0.15, "mg"), (1, 1, "d"), "into the outer thigh once as needed for anaphylaxis, then call emergency services"), "intramuscular"));
}

impl Regimen {
    /// `metformin 500 mg by mouth twice daily with meals`
    pub(crate) fn line(&self) -> String {
        let (dose, unit) = self.dose;
        format!("{} {} {} {}", self.name, dose, shown(unit), self.label)
    }

    pub(crate) fn dosed(mut self, dose: f64) -> Self {
        self.dose.0 = dose;
        self
    }

    fn penicillin(&self) -> bool {
        self.name.starts_with("amoxicillin")
    }

    pub(crate) fn concept(&self) -> Value {
        match self.product.code {
            "" => json!({ "text": self.product.display }),
            _ => self.product.concept(),
        }
    }

    pub(crate) fn dosage(&self) -> Value {
        let (dose, unit) = self.dose;
        let (frequency, period, period_unit) = self.timing;
        let text = capitalized(&format!("{dose} {} {}", shown(unit), self.label));
        json!({
            "text": text,
            "timing": {
                "repeat": { "frequency": frequency, "period": period, "periodUnit": period_unit }
            },
            "asNeededBoolean": if self.as_needed { json!(true) } else { Value::Null },
            "route": { "text": self.route },
            "doseAndRate": [{ "doseQuantity": quantity(number(dose), shown(unit), unit) }]
        })
    }
}

fn number(dose: f64) -> Value {
    decimal(dose, if dose.fract() == 0.0 { 0 } else { 3 })
}

fn shown(unit: &'static str) -> &'static str {
    match unit {
        "[IU]" => "units",
        "ug" => "mcg",
        "{puff}" => "puffs",
        "{inhalation}" => "inhalation",
        "{tbl}" => "tablet",
        other => other,
    }
}

impl Record {
    /// Starts a medicine that is taken until it is stopped.
    pub(crate) fn prescribe(
        &mut self,
        visit: &Visit,
        regimen: &Regimen,
        reason: Option<usize>,
    ) -> usize {
        let at = self.request(visit, regimen, reason, "active");
        self.chart.medicines.push((at, regimen.line()));
        at
    }

    /// Ends a medicine and says why.
    pub(crate) fn stop(&mut self, at: usize, why: &str) {
        self.amend(at, "status", "stopped".into());
        self.amend(at, "statusReason", json!({ "text": why }));
        self.chart.medicines.retain(|(one, _)| *one != at);
    }

    /// The next prescription of the same medicine; the earlier one is completed.
    pub(crate) fn renew(
        &mut self,
        at: usize,
        visit: &Visit,
        regimen: &Regimen,
        reason: Option<usize>,
    ) -> usize {
        self.amend(at, "status", "completed".into());
        self.chart.medicines.retain(|(one, _)| *one != at);
        let next = self.prescribe(visit, regimen, reason);
        let prior = self.reference(at);
        self.amend(next, "priorPrescription", prior);
        next
    }

    /// A medicine for some days.
    pub(crate) fn course(
        &mut self,
        visit: &Visit,
        regimen: &Regimen,
        reason: Option<usize>,
        days: i32,
    ) -> usize {
        if visit.date.plus_days(days) >= self.today {
            return self.prescribe(visit, regimen, reason);
        }
        self.request(visit, regimen, reason, "completed")
    }

    /// An antibiotic for an infection of the airways that respects a penicillin allergy.
    pub(crate) fn antibiotic(&mut self, visit: &Visit, reason: usize) -> &'static str {
        let regimen = if self.chart.penicillin_allergy { &AZITHROMYCIN } else { &AMOXICILLIN };
        self.course(visit, regimen, Some(reason), 7);
        regimen.name
    }

    fn request(
        &mut self,
        visit: &Visit,
        regimen: &Regimen,
        reason: Option<usize>,
        status: &str,
    ) -> usize {
        debug_assert!(
            !(regimen.penicillin() && self.chart.penicillin_allergy),
            "a story prescribes a penicillin in spite of an allergy"
        );
        let reason = reason.map(|at| json!([self.reference(at)]));
        let body = json!({
            "status": status,
            "intent": "order",
            "medicationCodeableConcept": regimen.concept(),
            "subject": self.subject(),
            "encounter": self.reference(visit.at),
            "authoredOn": visit.moment(15),
            "requester": visit.by.reference(),
            "reasonReference": reason,
            "dosageInstruction": [regimen.dosage()]
        });
        self.add("MedicationRequest", body)
    }

    /// What the patient says to take without a prescription.
    pub(crate) fn over_the_counter(&mut self, visit: &Visit, regimen: &Regimen) {
        let mut dosage = regimen.dosage();
        dosage["text"] = regimen.line().into();
        let body = json!({
            "status": "active",
            "medicationCodeableConcept": regimen.concept(),
            "subject": self.subject(),
            "context": self.reference(visit.at),
            "effectivePeriod": { "start": visit.date.plus_months(-1).max(self.person.birth).to_string() },
            "dateAsserted": visit.date.to_string(),
            "informationSource": self.subject(),
            "dosage": [dosage]
        });
        let at = self.add("MedicationStatement", body);
        self.chart.medicines.push((at, format!("{} (over the counter)", regimen.line())));
    }
}

//! Problems and diagnoses: the ICD-10-CM code beside the words that a clinician uses.
//!
//! <https://hl7.org/fhir/R4/condition.html>

use serde_json::{Value, json};

use super::code::{Code, hl7, icd};
use super::date::Date;
use super::record::Record;
use super::visits::Visit;

/// A diagnosis and its everyday name.
pub(crate) struct Diagnosis {
    pub(crate) code: Code,
    pub(crate) name: &'static str,
}

macro_rules! diagnoses {
    ($($constant:ident = $code:literal, $display:literal, $name:literal;)*) => {
        $(pub(crate) static $constant: Diagnosis =
            Diagnosis { code: icd($code, $display), name: $name };)*
    };
}

diagnoses! {
    DIABETES = "E11.9", "Type 2 diabetes mellitus without complications", "type 2 diabetes mellitus";
    NEUROPATHY = "E11.42", "Type 2 diabetes mellitus with diabetic polyneuropathy", "diabetic polyneuropathy";
    PREDIABETES = "R73.03", "Prediabetes", "prediabetes";
    HYPERLIPIDEMIA = "E78.5", "Hyperlipidemia, unspecified", "hyperlipidemia";
    HYPERTENSION = "I10", "Essential (primary) hypertension", "essential hypertension";
    SYSTOLIC_FAILURE = "I50.22", "Chronic systolic (congestive) heart failure", "chronic systolic heart failure";
    ACUTE_FAILURE = "I50.23", "Acute on chronic systolic (congestive) heart failure", "acute on chronic systolic heart failure";
    HYPERTENSIVE_HEART = "I11.0", "Hypertensive heart disease with heart failure", "hypertensive heart disease";
    CORONARY = "I25.10", "Atherosclerotic heart disease of native coronary artery without angina pectoris", "coronary artery disease";
    OLD_INFARCTION = "I25.2", "Old myocardial infarction", "old myocardial infarction";
    FIBRILLATION = "I48.20", "Chronic atrial fibrillation, unspecified", "chronic atrial fibrillation";
    ASTHMA = "J45.30", "Mild persistent asthma, uncomplicated", "mild persistent asthma";
    ASTHMA_ATTACK = "J45.31", "Mild persistent asthma with (acute) exacerbation", "asthma exacerbation";
    RHINITIS = "J30.2", "Other seasonal allergic rhinitis", "seasonal allergic rhinitis";
    ECZEMA = "L20.9", "Atopic dermatitis, unspecified", "atopic dermatitis";
    PREGNANCY = "Z34.02", "Encounter for supervision of normal first pregnancy, second trimester", "supervision of normal first pregnancy";
    FIRST_TRIMESTER = "Z34.01", "Encounter for supervision of normal first pregnancy, first trimester", "supervision of normal first pregnancy, first trimester";
    PREGNANCY_ANEMIA = "O99.012", "Anemia complicating pregnancy, second trimester", "anemia of pregnancy";
    BREAST_LUMP = "N63.21", "Unspecified lump in the left breast, upper outer quadrant", "lump in the left breast, upper outer quadrant";
    ABNORMAL_MAMMOGRAM = "R92.8", "Other abnormal and inconclusive findings on diagnostic imaging of breast", "abnormal mammogram";
    BREAST_CANCER = "C50.412", "Malignant neoplasm of upper-outer quadrant of left female breast", "invasive ductal carcinoma of the left breast, upper outer quadrant";
    HIP_ARTHRITIS = "M16.11", "Unilateral primary osteoarthritis, right hip", "primary osteoarthritis of the right hip";
    ARTIFICIAL_HIP = "Z96.641", "Presence of right artificial hip joint", "right artificial hip joint";
    JOINT_AFTERCARE = "Z47.1", "Aftercare following joint replacement surgery", "aftercare following joint replacement";
    KIDNEY_3A = "N18.31", "Chronic kidney disease, stage 3a", "chronic kidney disease stage 3a";
    KIDNEY_3B = "N18.32", "Chronic kidney disease, stage 3b", "chronic kidney disease stage 3b";
    KIDNEY_4 = "N18.4", "Chronic kidney disease, stage 4 (severe)", "chronic kidney disease stage 4";
    KIDNEY_HYPERTENSION = "I12.9", "Hypertensive chronic kidney disease with stage 1 through stage 4 chronic kidney disease, or unspecified chronic kidney disease", "hypertensive chronic kidney disease";
    DIABETIC_KIDNEY = "E11.22", "Type 2 diabetes mellitus with diabetic chronic kidney disease", "type 2 diabetes with diabetic kidney disease";
    KIDNEY_ANEMIA = "D63.1", "Anemia in chronic kidney disease", "anemia in chronic kidney disease";
    HYPERPARATHYROIDISM = "N25.81", "Secondary hyperparathyroidism of renal origin", "secondary hyperparathyroidism";
    GOUT = "M10.9", "Gout, unspecified", "gout";
    HYPOTHYROIDISM = "E03.9", "Hypothyroidism, unspecified", "hypothyroidism";
    REFLUX = "K21.9", "Gastro-esophageal reflux disease without esophagitis", "gastroesophageal reflux disease";
    DEPRESSION = "F33.1", "Major depressive disorder, recurrent, moderate", "recurrent major depression, moderate";
    KNEE_ARTHRITIS = "M17.0", "Bilateral primary osteoarthritis of knee", "osteoarthritis of both knees";
    COPD = "J44.9", "Chronic obstructive pulmonary disease, unspecified", "chronic obstructive pulmonary disease";
    COPD_ATTACK = "J44.1", "Chronic obstructive pulmonary disease with (acute) exacerbation", "COPD exacerbation";
    COGNITIVE_IMPAIRMENT = "G31.84", "Mild cognitive impairment of uncertain or unknown etiology", "mild cognitive impairment";
    DEMENTIA = "G30.1", "Alzheimer's disease with late onset", "Alzheimer's disease with late onset";
    HEAD_CONTUSION = "S00.83XA", "Contusion of other part of head, initial encounter", "contusion of the forehead after a fall";
    FALL_HISTORY = "Z91.81", "History of falling", "history of falling";
    ANTICOAGULANT = "Z79.01", "Long term (current) use of anticoagulants", "long-term anticoagulation";
    RESPIRATORY_INFECTION = "J06.9", "Acute upper respiratory infection, unspecified", "acute upper respiratory infection";
    SINUSITIS = "J01.90", "Acute sinusitis, unspecified", "acute sinusitis";
    BACK_PAIN = "M54.50", "Low back pain, unspecified", "low back pain";
    ANKLE_SPRAIN = "S93.401A", "Sprain of unspecified ligament of right ankle, initial encounter", "sprain of the right ankle";
    OTITIS = "H66.91", "Otitis media, unspecified, right ear", "acute otitis media, right ear";
    POLYP = "K63.5", "Polyp of colon", "polyp of the colon";
    CATARACT = "H25.13", "Age-related nuclear cataract, bilateral", "age-related cataract";
}

pub(crate) const ADULT_EXAMINATION: Code =
    icd("Z00.00", "Encounter for general adult medical examination without abnormal findings");
pub(crate) const CHILD_EXAMINATION: Code =
    icd("Z00.129", "Encounter for routine child health examination without abnormal findings");

impl Record {
    /// Puts a problem on the problem list.
    pub(crate) fn problem(&mut self, visit: &Visit, diagnosis: &Diagnosis, onset: Date) -> usize {
        let at = self.condition(visit, diagnosis, onset, "problem-list-item");
        self.chart.problems.push((at, diagnosis.name.to_owned()));
        at
    }

    /// Takes a problem off the list, because it healed or because a more exact one replaces it.
    pub(crate) fn resolve(&mut self, at: usize, date: Date) {
        self.amend(at, "clinicalStatus", hl7("condition-clinical", "resolved", "Resolved"));
        self.amend(at, "abatementDateTime", date.to_string().into());
        self.chart.problems.retain(|(one, _)| *one != at);
    }

    /// A passing illness that is gone after some days, or still there if those lie ahead.
    pub(crate) fn acute(&mut self, visit: &Visit, diagnosis: &Diagnosis, days: i32) -> usize {
        let onset = visit.date.plus_days(-self.random.between(1, 4)).max(self.person.birth);
        let at = self.condition(visit, diagnosis, onset, "encounter-diagnosis");
        let end = visit.date.plus_days(days);
        if end <= self.today {
            self.resolve(at, end);
        }
        at
    }

    fn condition(
        &mut self,
        visit: &Visit,
        diagnosis: &Diagnosis,
        onset: Date,
        category: &str,
    ) -> usize {
        let display = if category == "problem-list-item" {
            "Problem List Item"
        } else {
            "Encounter Diagnosis"
        };
        let body = json!({
            "clinicalStatus": hl7("condition-clinical", "active", "Active"),
            "verificationStatus": hl7("condition-ver-status", "confirmed", "Confirmed"),
            "category": [hl7("condition-category", category, display)],
            "code": diagnosis.code.concept_as(&capitalized(diagnosis.name)),
            "subject": self.subject(),
            "encounter": self.reference(visit.at),
            "onsetDateTime": onset.to_string(),
            "abatementDateTime": Value::Null,
            "recordedDate": visit.date.to_string(),
            "recorder": visit.by.reference()
        });
        self.add("Condition", body)
    }
}

/// The words with a capital letter at their beginning.
pub(crate) fn capitalized(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

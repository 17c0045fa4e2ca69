//! A very long record: twenty years of quarterly visits, more than 1,500 resources.

use super::background::{opening, passing_illness, vaccines};
use crate::generate::care::FORMER_SMOKER;
use crate::generate::conditions::{
    CATARACT, DIABETES, HYPERLIPIDEMIA, HYPERTENSION, KNEE_ARTHRITIS, POLYP, PREDIABETES, REFLUX,
};
use crate::generate::labs::{
    BLOOD_COUNT, COMPREHENSIVE, CREATININE, GLUCOSE, HBA1C, LDL, LIPIDS, METABOLIC,
};
use crate::generate::medicines::{
    ACETAMINOPHEN, AMLODIPINE, ATORVASTATIN_20, LISINOPRIL_10, METFORMIN_500, OMEPRAZOLE, Regimen,
};
use crate::generate::notes::{Note, PROGRESS};
use crate::generate::practitioners::{FAMILY_PHYSICIAN, INTERNIST, NURSE};
use crate::generate::record::Record;
use crate::generate::visits::Visit;

/// A medicine in use: the last prescription, what it is, and for which problem.
type Use = (usize, &'static Regimen, usize);

pub(crate) fn write(record: &mut Record) {
    let start = record.today.plus_years(-20).plus_days(-record.random.between(10, 40));
    let mut taking: Vec<Use> = Vec::new();
    let mut prediabetes = 0;
    for quarter in 0..80 {
        let day = start.plus_months(quarter * 3).plus_days(record.random.between(-7, 7));
        let mut visit = record.office(day, &INTERNIST, "Follow-up visit", HYPERTENSION.code);
        if quarter == 0 {
            opening(record, &visit, FORMER_SMOKER);
            let at = record.problem(&visit, &HYPERTENSION, visit.date.plus_years(-2));
            start_taking(record, &visit, &mut taking, &LISINOPRIL_10, at);
            record.care(
                &visit,
                at,
                &[&INTERNIST, &FAMILY_PHYSICIAN, &NURSE],
                "Blood pressure below 140/90 mmHg",
                &["Home blood pressure diary"],
            );
        }
        let change = milestone(record, &mut visit, quarter, &mut taking, &mut prediabetes);
        measure(record, &mut visit, f64::from(quarter));
        if quarter % 4 == 3 {
            for (at, regimen, problem) in &mut taking {
                *at = record.renew(*at, &visit, regimen, Some(*problem));
            }
        }
        vaccines(record, &visit);
        record.note(
            &visit,
            &Note {
                kind: PROGRESS,
                history: "seen for the quarterly review of the chronic conditions.",
                denies: "chest pain, shortness of breath, dizziness, new weakness",
                examination: "Heart regular, lungs clear, no edema.",
                assessment: "Chronic conditions reviewed, as listed above.",
                plan: &[change, "Next visit in three months."],
            },
        );
        if quarter % 9 == 5 {
            passing_illness(record, day.plus_days(40));
        }
    }
    record.appointment(record.today.plus_days(30), &INTERNIST, "Follow-up visit");
}

fn start_taking(
    record: &mut Record,
    visit: &Visit,
    taking: &mut Vec<Use>,
    regimen: &'static Regimen,
    problem: usize,
) {
    let at = record.prescribe(visit, regimen, Some(problem));
    taking.push((at, regimen, problem));
}

/// The events of twenty years, each at its quarter.
fn milestone(
    record: &mut Record,
    visit: &mut Visit,
    quarter: i32,
    taking: &mut Vec<Use>,
    prediabetes: &mut usize,
) -> &'static str {
    match quarter {
        6 => {
            let at = record.problem(visit, &HYPERLIPIDEMIA, visit.date);
            start_taking(record, visit, taking, &ATORVASTATIN_20, at);
            "Start atorvastatin 20 mg at bedtime."
        }
        18 => {
            *prediabetes = record.problem(visit, &PREDIABETES, visit.date);
            "Prediabetes: diet and walking."
        }
        26 => {
            let at = record.problem(visit, &REFLUX, visit.date.plus_months(-4));
            start_taking(record, visit, taking, &OMEPRAZOLE, at);
            "Start omeprazole for reflux."
        }
        30 => {
            let at = record.acute(visit, &POLYP, 1);

            record.procedure(visit, "Colonoscopy with removal of a sigmoid polyp", at);
            "Polyp of the sigmoid colon removed at colonoscopy; again in five years."
        }
        38 => {
            record.resolve(*prediabetes, visit.date);
            let at = record.problem(visit, &DIABETES, visit.date);
            start_taking(record, visit, taking, &METFORMIN_500, at);
            "Type 2 diabetes: start metformin 500 mg twice daily."
        }
        46 => {
            let at = taking[0].2;
            start_taking(record, visit, taking, &AMLODIPINE, at);
            "Add amlodipine 5 mg for blood pressure."
        }
        58 => {
            let at = record.problem(visit, &KNEE_ARTHRITIS, visit.date.plus_months(-10));
            start_taking(record, visit, taking, &ACETAMINOPHEN, at);
            "Acetaminophen for osteoarthritis of the knees."
        }
        66 => {
            let at = record.acute(visit, &CATARACT, 1);

            record.procedure(visit, "Cataract operation of the right eye", at);
            "Cataract of the right eye operated."
        }
        _ => "No change of medicines.",
    }
}

fn measure(record: &mut Record, visit: &mut Visit, quarter: f64) {
    let rise = if quarter < 46.0 { quarter * 0.25 } else { 2.0 };
    record.vitals_at(visit, 132.0 + rise, 80.0);
    let noise = record.random.normal(0.0, 1.0);
    // Sugar rises for ten years; then metformin brings it down.
    let hba1c = if quarter < 38.0 { 5.5 + quarter * 0.028 } else { 6.5 + (quarter - 38.0) * 0.009 }
        + noise * 0.06;
    let base = if record.person.female() { 0.74 } else { 0.90 };
    let fixed = [
        (&CREATININE, base + quarter * 0.002 + noise * 0.02),
        (&GLUCOSE, (28.7 * hba1c - 46.7) * 0.92),
    ];
    match quarter as i32 % 4 {
        0 => {
            record.panel(visit, &COMPREHENSIVE, &fixed);
            let ldl = if quarter < 7.0 { 158.0 } else { 92.0 };
            record.panel(visit, &LIPIDS, &[(&LDL, ldl + noise * 6.0)]);
        }
        2 => {
            record.panel(visit, &METABOLIC, &fixed);
            record.panel(visit, &BLOOD_COUNT, &[]);
        }
        _ => record.panel(visit, &METABOLIC, &fixed),
    }
    if quarter >= 18.0 {
        record.lab(visit, &HBA1C, hba1c);
    }
}

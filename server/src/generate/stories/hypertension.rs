//! Essential hypertension, brought to goal in steps.

use super::background::{USUAL_SMOKING, opening, passing_illness, vaccines};
use crate::generate::conditions::{HYPERLIPIDEMIA, HYPERTENSION};
use crate::generate::labs::{HDL, LDL, LIPIDS, METABOLIC, TRIGLYCERIDES};
use crate::generate::medicines::{AMLODIPINE, ATORVASTATIN_20, LISINOPRIL_10, LISINOPRIL_20};
use crate::generate::notes::{Note, PROGRESS};
use crate::generate::practitioners::{FAMILY_PHYSICIAN, NURSE};
use crate::generate::record::Record;

/// Months after the first visit, pressure found, and what is done.
const COURSE: [(i32, f64, f64, &str); 8] = [
    (0, 158.0, 96.0, "Start lisinopril 10 mg daily."),
    (1, 148.0, 91.0, "Raise lisinopril to 20 mg daily."),
    (3, 144.0, 89.0, "Add amlodipine 5 mg daily."),
    (6, 132.0, 82.0, "At goal; continue."),
    (12, 130.0, 80.0, "At goal; start atorvastatin for raised LDL cholesterol."),
    (18, 128.0, 79.0, "At goal; continue."),
    (24, 131.0, 81.0, "At goal; continue."),
    (30, 127.0, 78.0, "At goal; continue."),
];

pub(crate) fn write(record: &mut Record) {
    let start = record.today.plus_months(-31).plus_days(record.random.between(0, 20));
    let mut pressure = 0;
    let mut lisinopril = 0;
    for (step, (months, systolic, diastolic, action)) in COURSE.into_iter().enumerate() {
        let mut visit = record.office(
            start.plus_months(months),
            &FAMILY_PHYSICIAN,
            "Blood pressure follow-up",
            HYPERTENSION.code,
        );
        if step == 0 {
            opening(record, &visit, USUAL_SMOKING);
            record.family_history(&visit, ["FTH", "father"], &HYPERTENSION, 50);
            pressure = record.problem(&visit, &HYPERTENSION, visit.date);
            lisinopril = record.prescribe(&visit, &LISINOPRIL_10, Some(pressure));
            record.care(
                &visit,
                pressure,
                &[&FAMILY_PHYSICIAN, &NURSE],
                "Blood pressure below 130/80 mmHg",
                &[
                    "Home blood pressure diary",
                    "Less than 2 g sodium a day",
                    "Brisk walking 150 minutes a week",
                ],
            );
        }
        record.vitals_at(&mut visit, systolic, diastolic);
        record.panel(&mut visit, &METABOLIC, &[]);
        match step {
            1 => lisinopril = record.renew(lisinopril, &visit, &LISINOPRIL_20, Some(pressure)),
            2 => _ = record.prescribe(&visit, &AMLODIPINE, Some(pressure)),
            4 => {
                record.panel(
                    &mut visit,
                    &LIPIDS,
                    &[(&LDL, 162.0), (&HDL, 47.0), (&TRIGLYCERIDES, 140.0)],
                );
                let at = record.problem(&visit, &HYPERLIPIDEMIA, visit.date);
                record.prescribe(&visit, &ATORVASTATIN_20, Some(at));
            }
            _ => vaccines(record, &visit),
        }
        record.note(&visit, &Note {
            kind: PROGRESS,
            history: "seen for high blood pressure; home readings agree with those of the office.",
            denies: "chest pain, shortness of breath, headache, ankle swelling",
            examination: "Heart regular without murmur, lungs clear, no edema, fundi without hemorrhage.",
            assessment: if systolic > 135.0 { "Essential hypertension, above goal." } else { "Essential hypertension, near goal." },
            plan: &[action, "Continue the home blood pressure diary."],
        });
    }
    passing_illness(record, start.plus_months(9));
    record.appointment(record.today.plus_months(4), &FAMILY_PHYSICIAN, "Blood pressure follow-up");
}

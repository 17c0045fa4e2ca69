//! Type 2 diabetes whose HbA1c rises in spite of treatment, step by step.

use super::background::{opening, passing_illness, vaccines};
use crate::generate::care::FORMER_SMOKER;
use crate::generate::conditions::{DIABETES, HYPERLIPIDEMIA, HYPERTENSION, NEUROPATHY};
use crate::generate::date::Date;
use crate::generate::labs::{
    COMPREHENSIVE, GLUCOSE, HBA1C, HDL, LDL, LIPIDS, METABOLIC, TRIGLYCERIDES, URINE_ALBUMIN,
};
use crate::generate::medicines::{
    ATORVASTATIN_20, EMPAGLIFLOZIN, GABAPENTIN, LISINOPRIL_10, METFORMIN_500, METFORMIN_1000,
};
use crate::generate::notes::{Note, PROGRESS};
use crate::generate::practitioners::{ENDOCRINOLOGIST, INTERNIST, NURSE};
use crate::generate::record::Record;
use crate::generate::visits::Visit;

pub(crate) fn write(record: &mut Record) {
    record.person.weight =
        record.random.normal(31.0, 1.2) * record.person.height.powi(2) / 10_000.0;
    let start = record.today.plus_months(-63).plus_days(record.random.between(0, 25));
    let mut hba1c = record.random.real(6.7, 7.0);
    let (diabetes, mut metformin) = first_visit(record, start, hba1c);
    passing_illness(record, start.plus_months(14));
    for step in 1..=10 {
        let last = step == 10;
        let by = if step >= 8 { &ENDOCRINOLOGIST } else { &INTERNIST };
        let before = hba1c;
        hba1c = (hba1c + record.random.real(0.08, 0.42)).max(before + 0.1);
        let day = start.plus_months(step * 6).plus_days(record.random.between(-6, 6));
        let mut visit = record.office(
            day.min(record.today.plus_days(-6)),
            by,
            "Diabetes follow-up",
            DIABETES.code,
        );
        record.vitals_at(&mut visit, 132.0 + f64::from(step % 3) * 2.0, 80.0);
        glycemia(record, &mut visit, hba1c);
        record.panel(&mut visit, &METABOLIC, &[(&GLUCOSE, glucose(hba1c))]);
        if step % 2 == 0 {
            record.panel(
                &mut visit,
                &LIPIDS,
                &[(&LDL, 88.0 + f64::from(step)), (&HDL, 41.0), (&TRIGLYCERIDES, 168.0)],
            );
            let albumin = 14.0 + f64::from(step * step) * 0.42;
            record.lab(&mut visit, &URINE_ALBUMIN, albumin);
            vaccines(record, &visit);
        }
        let change = match step {
            3 => {
                metformin = record.renew(metformin, &visit, &METFORMIN_1000, Some(diabetes));
                "Metformin raised to 1000 mg twice daily."
            }
            6 => {
                let at = record.problem(&visit, &NEUROPATHY, visit.date.plus_months(-4));
                record.prescribe(&visit, &GABAPENTIN, Some(at));
                "Gabapentin 300 mg at bedtime for painful neuropathy."
            }
            8 => {
                record.prescribe(&visit, &EMPAGLIFLOZIN, Some(diabetes));
                "Empagliflozin 10 mg daily added."
            }
            10 => "Discuss starting basal insulin or a GLP-1 receptor agonist at the next visit.",
            _ => "No change of medicines; diet reviewed.",
        };
        follow_up_note(record, &visit, [before, hba1c], step, change);
        if last {
            record.appointment(record.today.plus_days(40), &ENDOCRINOLOGIST, "Diabetes follow-up");
        }
    }
}

/// Positions of the problem and of metformin.
fn first_visit(record: &mut Record, start: Date, hba1c: f64) -> (usize, usize) {
    let mut visit = record.office(start, &INTERNIST, "Office visit", DIABETES.code);
    opening(record, &visit, FORMER_SMOKER);
    record.vitals_at(&mut visit, 142.0, 86.0);
    let diabetes = record.problem(&visit, &DIABETES, visit.date);
    let pressure = record.problem(&visit, &HYPERTENSION, visit.date.plus_years(-3));
    let lipids = record.problem(&visit, &HYPERLIPIDEMIA, visit.date.plus_years(-2));
    record.family_history(&visit, ["MTH", "mother"], &DIABETES, 58);
    glycemia(record, &mut visit, hba1c);
    record.panel(&mut visit, &COMPREHENSIVE, &[(&GLUCOSE, glucose(hba1c))]);
    record.panel(&mut visit, &LIPIDS, &[(&LDL, 148.0), (&HDL, 39.0), (&TRIGLYCERIDES, 192.0)]);
    let metformin = record.prescribe(&visit, &METFORMIN_500, Some(diabetes));
    record.prescribe(&visit, &LISINOPRIL_10, Some(pressure));
    record.prescribe(&visit, &ATORVASTATIN_20, Some(lipids));
    record.care(
        &visit,
        diabetes,
        &[&INTERNIST, &NURSE],
        "HbA1c below 7.0 %",
        &[
            "Home glucose log twice a week",
            "Dietary counselling",
            "Yearly eye and foot examination",
        ],
    );
    record.note(&visit, &Note {
        kind: PROGRESS,
        history: "with newly found type 2 diabetes after months of thirst and fatigue.",
        denies: "chest pain, visual loss, foot ulcers",
        examination: "Obese abdomen, heart regular, lungs clear. Feet: pulses present, monofilament felt.",
        assessment: "Type 2 diabetes, new. Hypertension and hyperlipidemia not at goal.",
        plan: &["Start metformin, lisinopril and atorvastatin.", "Diabetes education.", "HbA1c in three months."],
    });
    (diabetes, metformin)
}

fn glycemia(record: &mut Record, visit: &mut Visit, hba1c: f64) {
    record.lab(visit, &HBA1C, hba1c);
}

/// Fasting glucose that fits an HbA1c: the mean glucose it stands for, less the rise after meals.
fn glucose(hba1c: f64) -> f64 {
    (28.7 * hba1c - 46.7) * 0.93
}

fn follow_up_note(
    record: &mut Record,
    visit: &Visit,
    [before, now]: [f64; 2],
    step: i32,
    change: &str,
) {
    let feet = if step >= 6 {
        "Feet: monofilament reduced at both great toes, pulses present, no ulcer."
    } else {
        "Feet: monofilament felt throughout, pulses present."
    };
    record.note(visit, &Note {
        kind: PROGRESS,
        history: &format!(
            "seen for type 2 diabetes. HbA1c is {now:.1} %, before {before:.1} %. Takes the medicines most days, walks little."
        ),
        denies: "chest pain, hypoglycemia, foot ulcers",
        examination: &format!("Heart regular, lungs clear. {feet}"),
        assessment: &format!("Type 2 diabetes, HbA1c rising ({before:.1} % to {now:.1} %), {} goal.", if now < 7.0 { "still at" } else { "above" }),
        plan: &[change, "Yearly eye examination.", "HbA1c again in six months."],
    });
}

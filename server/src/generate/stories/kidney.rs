//! Chronic kidney disease in diabetes: filtration falls, problems and medicines accumulate.

use super::background::{opening, vaccines};
use crate::generate::care::FORMER_SMOKER;
use crate::generate::conditions::{
    DIABETIC_KIDNEY, GOUT, HYPERLIPIDEMIA, HYPERPARATHYROIDISM, KIDNEY_3A, KIDNEY_3B, KIDNEY_4,
    KIDNEY_ANEMIA, KIDNEY_HYPERTENSION,
};
use crate::generate::labs::{
    BICARBONATE, BLOOD_COUNT, CALCIUM, CREATININE, GLUCOSE, HBA1C, HEMOGLOBIN, METABOLIC,
    PHOSPHATE, POTASSIUM, PTH, URATE, UREA, URINE_ALBUMIN,
};
use crate::generate::medicines::{
    ALLOPURINOL, AMLODIPINE, ASPIRIN, ATORVASTATIN_40, CALCITRIOL, FERROUS_SULFATE, FUROSEMIDE_40,
    GLARGINE, LOSARTAN, METFORMIN_500, SEVELAMER, SODIUM_BICARBONATE,
};
use crate::generate::notes::{Note, PROGRESS};
use crate::generate::practitioners::{INTERNIST, NEPHROLOGIST, NURSE};
use crate::generate::record::Record;
use crate::generate::results::creatinine_for;
use crate::generate::visits::Visit;

pub(crate) fn write(record: &mut Record) {
    let start = record.today.plus_months(-61).plus_days(record.random.between(0, 20));
    let mut filtration = record.random.real(55.0, 58.0);
    let mut stage = 0;
    let mut metformin = 0;
    let mut diabetes = 0;
    for step in 0..=15 {
        let day = start.plus_months(step * 4).min(record.today.plus_days(-7));
        let mut visit =
            record.office(day, &NEPHROLOGIST, "Nephrology follow-up", DIABETIC_KIDNEY.code);
        if step == 0 {
            opening(record, &visit, FORMER_SMOKER);
            diabetes = record.problem(&visit, &DIABETIC_KIDNEY, visit.date.plus_years(-2));
            let pressure = record.problem(&visit, &KIDNEY_HYPERTENSION, visit.date.plus_years(-2));
            let lipids = record.problem(&visit, &HYPERLIPIDEMIA, visit.date.plus_years(-6));
            stage = record.problem(&visit, &KIDNEY_3A, visit.date.plus_months(-8));
            metformin = record.prescribe(&visit, &METFORMIN_500, Some(diabetes));
            record.prescribe(&visit, &LOSARTAN, Some(pressure));
            record.prescribe(&visit, &AMLODIPINE, Some(pressure));
            record.prescribe(&visit, &ATORVASTATIN_40, Some(lipids));
            record.over_the_counter(&visit, &ASPIRIN);
            record.care(
                &visit,
                stage,
                &[&NEPHROLOGIST, &INTERNIST, &NURSE],
                "Loss of filtration below 3 mL/min/1.73 m2 a year",
                &[
                    "No ibuprofen or other NSAID",
                    "Less than 2 g sodium a day",
                    "Learning about dialysis and transplantation",
                ],
            );
        }
        filtration -= record.random.real(1.3, 2.5);
        measure(record, &mut visit, filtration, step);
        let change = changes(record, &visit, step, [&mut stage, &mut metformin], diabetes);
        if step % 3 == 0 {
            vaccines(record, &visit);
        }
        record.note(&visit, &Note {
            kind: PROGRESS,
            history: "seen for chronic kidney disease with diabetes and hypertension; brings all boxes of medicines.",
            denies: "chest pain, itching, nausea, use of ibuprofen",
            examination: "Heart regular, lungs clear, slight ankle edema, no asterixis.",
            assessment: &format!("Chronic kidney disease, eGFR {filtration:.0} mL/min/1.73 m2, slowly falling."),
            plan: &[change, "Laboratory before the next visit in four months."],
        });
    }
    record.appointment(record.today.plus_days(50), &NEPHROLOGIST, "Nephrology follow-up");
}

/// What the stage of the disease asks for at this visit.
fn changes(
    record: &mut Record,
    visit: &Visit,
    step: i32,
    [stage, metformin]: [&mut usize; 2],
    diabetes: usize,
) -> &'static str {
    match step {
        3 => {
            let at = record.problem(visit, &GOUT, visit.date.plus_days(-20));
            record.prescribe(visit, &ALLOPURINOL, Some(at));
            "Allopurinol 100 mg daily after the second attack of gout."
        }
        6 => {
            record.resolve(*stage, visit.date);
            *stage = record.problem(visit, &KIDNEY_3B, visit.date);
            record.prescribe(visit, &FUROSEMIDE_40, Some(*stage));
            "Stage 3b now. Furosemide 40 mg every morning for edema."
        }
        8 => {
            let at = record.problem(visit, &KIDNEY_ANEMIA, visit.date);
            record.prescribe(visit, &FERROUS_SULFATE, Some(at));
            "Iron for anemia of kidney disease."
        }
        12 => {
            record.stop(*metformin, "Falling kidney function");
            record.prescribe(visit, &GLARGINE, Some(diabetes));
            record.resolve(*stage, visit.date);
            *stage = record.problem(visit, &KIDNEY_4, visit.date);
            "Stage 4 now: metformin stopped, insulin glargine 12 units at bedtime started."
        }
        13 => {
            let at = record.problem(visit, &HYPERPARATHYROIDISM, visit.date);
            record.prescribe(visit, &CALCITRIOL, Some(at));
            record.prescribe(visit, &SEVELAMER, Some(at));
            "Calcitriol and sevelamer for secondary hyperparathyroidism."
        }
        14 => {
            record.prescribe(visit, &SODIUM_BICARBONATE, Some(*stage));
            "Sodium bicarbonate for metabolic acidosis; low-potassium diet."
        }
        _ => "Medicines reviewed box by box; no change.",
    }
}

fn measure(record: &mut Record, visit: &mut Visit, filtration: f64, step: i32) {
    let lost = 58.0 - filtration;
    let (systolic, diastolic) = (132.0 + f64::from(step % 4) * 2.0, 76.0);
    record.vitals_at(visit, systolic, diastolic);
    let age = f64::from(visit.date.age(record.person.birth));
    let creatinine = creatinine_for(filtration, age, record.person.female());
    let noise = record.random.normal(0.0, 1.0);
    let hemoglobin = if record.person.female() { 12.6 } else { 13.9 };
    record.panel(
        visit,
        &METABOLIC,
        &[
            (&CREATININE, creatinine),
            (&UREA, 20.0 + lost * 0.75 + noise),
            (&POTASSIUM, 4.5 + lost * 0.024 + noise * 0.1),
            (&BICARBONATE, 25.0 - lost * 0.13 + noise * 0.4),
            (&CALCIUM, 9.3 - lost * 0.018),
            (&GLUCOSE, 148.0 + noise * 9.0),
        ],
    );
    record.panel(visit, &BLOOD_COUNT, &[(&HEMOGLOBIN, hemoglobin - lost * 0.085 + noise * 0.15)]);
    if step % 2 == 0 {
        record.lab(visit, &HBA1C, 7.4 + noise * 0.15);
        record.lab(visit, &URINE_ALBUMIN, 280.0 + lost * 16.0 + noise * 20.0);
        record.lab(visit, &PHOSPHATE, 3.6 + lost * 0.045);
        record.lab(visit, &PTH, 58.0 + lost * 4.2);
    }
    if step == 3 || step == 7 {
        record.lab(visit, &URATE, if step == 3 { 9.1 } else { 6.4 });
    }
}

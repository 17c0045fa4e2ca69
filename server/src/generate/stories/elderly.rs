//! Old age with COPD, atrial fibrillation on warfarin, a fall, failing memory and a grave allergy.

use super::background::vaccines;
use crate::generate::care::{FORMER_SMOKER, PENICILLIN_ANAPHYLAXIS, SULFONAMIDE};
use crate::generate::code::{Code, icd, loinc};
use crate::generate::conditions::{
    ANTICOAGULANT, COGNITIVE_IMPAIRMENT, COPD, COPD_ATTACK, DEMENTIA, FALL_HISTORY, FIBRILLATION,
    HEAD_CONTUSION, HYPERTENSION,
};
use crate::generate::labs::{BLOOD_COUNT, INR, METABOLIC, TSH};
use crate::generate::medicines::{
    ALBUTEROL, AZITHROMYCIN, DONEPEZIL_5, FLUTICASONE_SALMETEROL, METOPROLOL, PREDNISONE, WARFARIN,
};
use crate::generate::notes::{Note, PROGRESS};
use crate::generate::practitioners::{
    EMERGENCY_PHYSICIAN, GERIATRICIAN, INTERNIST, NURSE, PULMONOLOGIST,
};
use crate::generate::record::Record;
use crate::generate::visits::Visit;
use crate::generate::vitals::Vitals;

const MONITORING: Code = icd("Z51.81", "Encounter for therapeutic drug level monitoring");
const MMSE: Code = loinc("72106-8", "Total score [MMSE]");
const FEV1_FVC: Code = loinc("19926-5", "FEV1/FVC");
const CT_HEAD: Code = loinc("24725-4", "CT Head");

pub(crate) fn write(record: &mut Record) {
    let start = record.today.plus_months(-40).plus_days(record.random.between(0, 15));
    let mut visit = record.office(start, &GERIATRICIAN, "New patient visit", FIBRILLATION.code);
    record.coverage(start.plus_years(-10));
    record.smoking(&visit, FORMER_SMOKER);
    record.allergy(&visit, &PENICILLIN_ANAPHYLAXIS, start.plus_years(-31));
    record.allergy(&visit, &SULFONAMIDE, start.plus_years(-12));
    record.consent(&visit);
    let copd = record.problem(&visit, &COPD, start.plus_years(-8));
    let fibrillation = record.problem(&visit, &FIBRILLATION, start.plus_years(-3));
    record.problem(&visit, &HYPERTENSION, start.plus_years(-15));
    record.problem(&visit, &ANTICOAGULANT, start.plus_years(-3));
    examine(record, &mut visit, 94.0);
    record.panel(&mut visit, &METABOLIC, &[]);
    record.panel(&mut visit, &BLOOD_COUNT, &[]);
    record.lab(&mut visit, &INR, 2.4);
    record.prescribe(&visit, &WARFARIN, Some(fibrillation));
    record.prescribe(&visit, &METOPROLOL, Some(fibrillation));
    record.prescribe(&visit, &FLUTICASONE_SALMETEROL, Some(copd));
    record.prescribe(&visit, &ALBUTEROL, Some(copd));
    record.care(
        &visit,
        fibrillation,
        &[&GERIATRICIAN, &PULMONOLOGIST, &NURSE],
        "INR between 2.0 and 3.0",
        &["INR every month", "Pulmonary rehabilitation", "Home safety visit against falls"],
    );
    note(
        record,
        &visit,
        "who moved to be near family, with COPD and atrial fibrillation on warfarin. Penicillin caused anaphylaxis decades ago.",
        "Chronic atrial fibrillation, rate controlled, INR in range. COPD, stable.",
        "Continue all medicines; INR every month.",
    );
    let mut visit =
        record.office(start.plus_days(20), &PULMONOLOGIST, "Lung function test", COPD.code);
    record.number(&mut visit, "procedure", FEV1_FVC, (56.0, 0), ["%", "%"]);
    anticoagulation(record, start);
    exacerbation(record, start.plus_months(13));
    fall(record, start.plus_months(22));
    memory(record, start.plus_months(24));
    record.appointment(record.today.plus_days(21), &GERIATRICIAN, "INR and memory review");
}

/// Monthly INRs; the antibiotic of month 13 drives one of them up.
fn anticoagulation(record: &mut Record, start: crate::generate::date::Date) {
    let fixed = [
        (5, 1.7, "INR low: warfarin 7.5 mg today, then as before."),
        (13, 3.9, "INR high after azithromycin: hold one dose, again in a week."),
        (30, 3.3, "INR slightly high: no change, again in two weeks."),
    ];
    for month in 1..=38 {
        let day = start.plus_months(month).plus_days(9);
        let mut visit = record.office(day, &NURSE, "Anticoagulation visit", MONITORING);
        let planned = fixed.iter().find(|(at, _, _)| *at == month);
        let value = planned.map_or_else(
            || record.random.normal(2.45, 0.2).clamp(2.0, 3.0),
            |(_, value, _)| *value,
        );
        record.lab(&mut visit, &INR, value);
        if let Some((_, value, step)) = planned {
            note(
                record,
                &visit,
                &format!("seen for an INR, which is {value:.1}."),
                "Chronic atrial fibrillation on warfarin, INR outside 2.0 to 3.0. No bleeding.",
                step,
            );
        }
        if month % 6 == 0 {
            let mut visit =
                record.office(day.plus_days(2), &INTERNIST, "Follow-up visit", COPD.code);
            examine(record, &mut visit, 93.0);
            record.panel(&mut visit, &METABOLIC, &[]);
            record.panel(&mut visit, &BLOOD_COUNT, &[]);
            vaccines(record, &visit);
        }
    }
}

fn exacerbation(record: &mut Record, day: crate::generate::date::Date) {
    let mut visit = record.office(day, &PULMONOLOGIST, "Acute visit", COPD_ATTACK.code);
    examine(record, &mut visit, 89.0);
    let at = record.acute(&visit, &COPD_ATTACK, 14);
    record.course(&visit, &PREDNISONE, Some(at), 5);
    record.course(&visit, &AZITHROMYCIN, Some(at), 5);
    note(
        record,
        &visit,
        "with more cough, green sputum and breathlessness for three days.",
        "COPD exacerbation, treated at home.",
        "Prednisone 40 mg and azithromycin 250 mg for 5 days; no penicillin. INR in a week because of azithromycin.",
    );
}

fn fall(record: &mut Record, day: crate::generate::date::Date) {
    let mut visit = record.emergency(day, &EMERGENCY_PHYSICIAN, HEAD_CONTUSION.code);
    examine(record, &mut visit, 94.0);
    record.lab(&mut visit, &INR, 2.6);
    record.panel(&mut visit, &BLOOD_COUNT, &[]);
    record.report(
        &mut visit,
        CT_HEAD,
        "RAD",
        &[],
        Some("No intracranial hemorrhage, no fracture. Generalized atrophy."),
    );
    record.acute(&visit, &HEAD_CONTUSION, 21);
    record.problem(&visit, &FALL_HISTORY, visit.date);
    note(
        record,
        &visit,
        "on warfarin, who tripped over a rug at night and struck the forehead.",
        "Contusion of the forehead, no intracranial hemorrhage on CT; INR 2.6.",
        "Observed for six hours, home with family. Rugs to be removed, walking frame.",
    );
}

fn memory(record: &mut Record, day: crate::generate::date::Date) {
    let mut impairment = 0;
    for (months, score, step) in [
        (0, 25.0, "Hearing and vision checked, review in six months."),
        (6, 23.0, "Family to fill the pill box."),
        (12, 20.0, "Start donepezil 5 mg at bedtime; watch the pulse with metoprolol."),
    ] {
        let mut visit = record.office(
            day.plus_months(months),
            &GERIATRICIAN,
            "Memory clinic",
            COGNITIVE_IMPAIRMENT.code,
        );
        examine(record, &mut visit, 94.0);
        record.number(&mut visit, "survey", MMSE, (score, 0), ["score", "{score}"]);
        let mut assessment = "Mild cognitive impairment.";
        match months {
            0 => {
                impairment =
                    record.problem(&visit, &COGNITIVE_IMPAIRMENT, visit.date.plus_months(-6));
                let value = record.level(&TSH);
                record.lab(&mut visit, &TSH, value);
            }
            12 => {
                record.resolve(impairment, visit.date);
                let dementia = record.problem(&visit, &DEMENTIA, visit.date);
                record.prescribe(&visit, &DONEPEZIL_5, Some(dementia));
                assessment =
                    "Alzheimer's disease with late onset, early; decline of five points in a year.";
            }
            _ => {}
        }
        note(
            record,
            &visit,
            &format!(
                "brought by the family for failing memory; repeats questions and misses bills. MMSE {score:.0} of 30."
            ),
            assessment,
            step,
        );
    }
}

fn examine(record: &mut Record, visit: &mut Visit, saturation: f64) {
    let usual = record.usual(visit);
    let respiration = if saturation < 91.0 { 26.0 } else { 18.0 };
    let saturation = record.random.normal(saturation, 0.6);
    let heart_rate = record.random.normal(if respiration > 20.0 { 98.0 } else { 74.0 }, 4.0);
    record.vitals(visit, Vitals { saturation, respiration, heart_rate, ..usual });
}

fn note(record: &mut Record, visit: &Visit, history: &str, assessment: &str, step: &str) {
    record.note(visit, &Note {
        kind: PROGRESS,
        history,
        denies: "chest pain, syncope, black stools",
        examination: "Heart irregularly irregular, breath sounds reduced, moves all limbs, gait slow.",
        assessment,
        plan: &[step, "Penicillin allergy stated on all prescriptions."],
    });
}

//! Systolic heart failure: weight climbs for weeks, then comes the admission, then recovery.

use super::background::{opening, vaccines};
use crate::generate::care::FORMER_SMOKER;
use crate::generate::code::{Code, loinc};
use crate::generate::conditions::{
    ACUTE_FAILURE, CORONARY, HYPERTENSIVE_HEART, OLD_INFARCTION, SYSTOLIC_FAILURE,
};
use crate::generate::date::Date;
use crate::generate::labs::{BLOOD_COUNT, CREATININE, METABOLIC, NT_PROBNP, POTASSIUM, SODIUM};
use crate::generate::medicines::{
    ASPIRIN, ATORVASTATIN_40, CARVEDILOL_6, CARVEDILOL_12, FUROSEMIDE_20, FUROSEMIDE_40,
    FUROSEMIDE_IV, LISINOPRIL_10, SPIRONOLACTONE,
};
use crate::generate::notes::{DISCHARGE, HISTORY_AND_PHYSICAL, Note, PROGRESS};
use crate::generate::practitioners::{CARDIOLOGIST, HOSPITALIST, NURSE};
use crate::generate::record::Record;
use crate::generate::visits::{Stay, Visit};
use crate::generate::vitals::Vitals;

const EJECTION_FRACTION: Code = loinc("10230-1", "Left ventricular Ejection fraction");
const ECHO: Code = loinc("42148-7", "US Heart");
const CHEST_FILM: Code = loinc("36643-5", "XR Chest 2 Views");

pub(crate) fn write(record: &mut Record) {
    let admission = record.today.plus_days(-record.random.between(70, 110));
    let dry = record.person.weight;
    let start = admission.plus_months(-26);
    let begun = first_visit(record, start, dry);
    stable_years(record, start, dry);
    retention(record, admission, dry);
    in_hospital(record, admission, dry, begun.failure);
    after_discharge(record, admission, dry, &begun);
    record.appointment(record.today.plus_days(20), &CARDIOLOGIST, "Heart failure follow-up");
}

/// Positions of the problem and of the medicines that change later.
struct Begun {
    failure: usize,
    carvedilol: usize,
    furosemide: usize,
}

fn first_visit(record: &mut Record, start: Date, dry: f64) -> Begun {
    let mut visit =
        record.office(start, &CARDIOLOGIST, "Cardiology consultation", SYSTOLIC_FAILURE.code);
    opening(record, &visit, FORMER_SMOKER);
    let failure = record.problem(&visit, &SYSTOLIC_FAILURE, visit.date);
    let heart = record.problem(&visit, &HYPERTENSIVE_HEART, visit.date);
    let coronary = record.problem(&visit, &CORONARY, visit.date.plus_years(-4));
    record.problem(&visit, &OLD_INFARCTION, visit.date.plus_years(-4));
    examine(record, &mut visit, dry + 1.5, [134.0, 78.0, 78.0, 96.0]);
    echo(record, &mut visit, 34.0);
    record.lab(&mut visit, &NT_PROBNP, 1480.0);
    record.panel(&mut visit, &METABOLIC, &[(&CREATININE, 1.08)]);
    let carvedilol = record.prescribe(&visit, &CARVEDILOL_6, Some(failure));
    record.prescribe(&visit, &LISINOPRIL_10, Some(heart));
    let furosemide = record.prescribe(&visit, &FUROSEMIDE_20, Some(failure));
    record.prescribe(&visit, &ASPIRIN, Some(coronary));
    record.prescribe(&visit, &ATORVASTATIN_40, Some(coronary));
    record.care(
        &visit,
        failure,
        &[&CARDIOLOGIST, &NURSE],
        "No admission for heart failure within six months",
        &[
            "Weigh every morning, call at a gain of 1 kg in a day or 2 kg in a week",
            "Less than 2 g sodium a day",
        ],
    );
    progress(
        record,
        &visit,
        "with breathlessness on one flight of stairs since a heart attack four years ago.",
        "Chronic systolic heart failure, NYHA class II, ejection fraction 34 %.",
        "Start carvedilol, lisinopril and furosemide.",
    );
    Begun { failure, carvedilol, furosemide }
}

fn stable_years(record: &mut Record, start: Date, dry: f64) {
    for month in [4, 10, 16, 22] {
        let mut visit = record.office(
            start.plus_months(month),
            &CARDIOLOGIST,
            "Heart failure follow-up",
            SYSTOLIC_FAILURE.code,
        );
        let gain = record.random.normal(0.6, 0.2);
        examine(record, &mut visit, dry + gain, [126.0, 74.0, 68.0, 97.0]);
        record.panel(&mut visit, &METABOLIC, &[(&CREATININE, 1.05 + f64::from(month) * 0.006)]);
        let level = record.random.normal(900.0, 60.0);
        record.lab(&mut visit, &NT_PROBNP, level);
        vaccines(record, &visit);
        progress(
            record,
            &visit,
            "with stable heart failure who walks two blocks.",
            "Chronic systolic heart failure, stable, NYHA class II.",
            "Continue all medicines.",
        );
    }
}

fn retention(record: &mut Record, admission: Date, dry: f64) {
    for (days, gain, level) in [(21, 1.6, 1350.0), (7, 3.4, 2600.0)] {
        let mut visit = record.office(
            admission.plus_days(-days),
            &CARDIOLOGIST,
            "Heart failure follow-up",
            SYSTOLIC_FAILURE.code,
        );
        examine(record, &mut visit, dry + gain, [138.0, 82.0, 84.0, 95.0]);
        record.lab(&mut visit, &NT_PROBNP, level);
        progress(
            record,
            &visit,
            &format!(
                "whose weight has gone up by {gain:.1} kg; ate out often and missed some tablets."
            ),
            "Heart failure, retaining fluid.",
            "Stricter salt restriction, call if the weight rises further.",
        );
    }
}

fn after_discharge(record: &mut Record, admission: Date, dry: f64, begun: &Begun) {
    let mut visit = record.office(
        admission.plus_days(16),
        &CARDIOLOGIST,
        "Visit after discharge",
        SYSTOLIC_FAILURE.code,
    );
    examine(record, &mut visit, dry + 0.4, [118.0, 70.0, 66.0, 97.0]);
    record.panel(&mut visit, &METABOLIC, &[(&CREATININE, 1.24), (&POTASSIUM, 4.7)]);
    record.lab(&mut visit, &NT_PROBNP, 1120.0);
    record.renew(begun.carvedilol, &visit, &CARVEDILOL_12, Some(begun.failure));
    record.renew(begun.furosemide, &visit, &FUROSEMIDE_40, Some(begun.failure));
    record.prescribe(&visit, &SPIRONOLACTONE, Some(begun.failure));
    progress(
        record,
        &visit,
        "seen after an admission for heart failure; sleeps on one pillow again.",
        "Chronic systolic heart failure, compensated after admission.",
        "Carvedilol to 12.5 mg twice daily, furosemide to 40 mg, spironolactone 25 mg added; potassium in one week.",
    );
}

fn in_hospital(record: &mut Record, from: Date, dry: f64, failure: usize) {
    let stay = Stay { from, nights: 5, emergency: true, kind: "Hospital admission" };
    let mut visit = record.admission(&stay, &HOSPITALIST, ACUTE_FAILURE.code);
    let acute = record.acute(&visit, &ACUTE_FAILURE, stay.nights);
    examine(record, &mut visit, dry + 5.6, [152.0, 90.0, 104.0, 89.0]);
    record.panel(
        &mut visit,
        &METABOLIC,
        &[(&CREATININE, 1.42), (&SODIUM, 133.0), (&POTASSIUM, 4.4)],
    );
    record.panel(&mut visit, &BLOOD_COUNT, &[]);
    record.lab(&mut visit, &NT_PROBNP, 6240.0);
    record.report(&mut visit, CHEST_FILM, "RAD", &[], Some("Enlarged heart, pulmonary vascular congestion, small bilateral pleural effusions. No consolidation."));
    record.course(&visit, &FUROSEMIDE_IV, Some(acute), 4);
    record.note(&visit, &Note {
        kind: HISTORY_AND_PHYSICAL,
        history: "with systolic heart failure, admitted with a week of worsening breathlessness, three pillows at night and swollen legs.",
        denies: "chest pain, fever, palpitations, syncope",
        examination: "Jugular venous pressure raised, crackles to the mid zones, pitting edema to both knees.",
        assessment: "Acute on chronic systolic heart failure after dietary indiscretion and missed doses.",
        plan: &["Furosemide 40 mg intravenously twice daily.", "Daily weight and electrolytes.", "Echocardiogram."],
    });
    for (day, gain, creatinine) in [(1, 4.2, 1.38), (2, 2.8, 1.31), (3, 1.6, 1.29), (4, 0.8, 1.26)]
    {
        visit.day(1);
        visit.results.clear();
        examine(
            record,
            &mut visit,
            dry + gain,
            [
                136.0 - f64::from(day) * 3.0,
                80.0,
                96.0 - f64::from(day) * 6.0,
                91.0 + f64::from(day),
            ],
        );
        record.panel(&mut visit, &METABOLIC, &[(&CREATININE, creatinine), (&POTASSIUM, 3.8)]);
        if day == 2 {
            echo(record, &mut visit, 31.0);
            record.procedure(&visit, "Transthoracic echocardiogram", failure);
        }
    }
    visit.day(1);
    examine(record, &mut visit, dry + 0.3, [120.0, 72.0, 70.0, 96.0]);
    record.note(&visit, &Note {
        kind: DISCHARGE,
        history: "admitted five days ago with decompensated heart failure, treated with intravenous furosemide, now walking the ward.",
        denies: "breathlessness at rest, chest pain, dizziness on standing",
        examination: "Jugular venous pressure normal, lungs clear, trace ankle edema.",
        assessment: &format!("Acute on chronic systolic heart failure, resolved; 5.3 kg lighter than on admission, discharge weight {:.1} kg.", dry + 0.3),
        plan: &["Weigh every morning; call at a gain of 1 kg in a day.", "Cardiology visit within 14 to 16 days.", "Sodium below 2 g a day."],
    });
}

fn examine(
    record: &mut Record,
    visit: &mut Visit,
    weight: f64,
    [systolic, diastolic, heart_rate, saturation]: [f64; 4],
) {
    let usual = record.usual(visit);
    let respiration = if saturation < 92.0 { 26.0 } else { 16.0 };
    record.vitals(
        visit,
        Vitals { systolic, diastolic, heart_rate, saturation, weight, respiration, ..usual },
    );
}

fn echo(record: &mut Record, visit: &mut Visit, fraction: f64) {
    let at = record.number(visit, "imaging", EJECTION_FRACTION, (fraction, 0), ["%", "%"]);
    let conclusion = format!(
        "Dilated left ventricle with inferior akinesia, ejection fraction {fraction:.0} %. No severe valve disease."
    );
    record.report(visit, ECHO, "CUS", &[at], Some(&conclusion));
}

fn progress(record: &mut Record, visit: &Visit, history: &str, assessment: &str, step: &str) {
    record.note(
        visit,
        &Note {
            kind: PROGRESS,
            history,
            denies: "chest pain, syncope, palpitations",
            examination: "Heart regular, no new murmur. Lungs and legs examined for fluid.",
            assessment,
            plan: &[step, "Daily weight at home."],
        },
    );
}

//! A hip replacement: years of pain, the operation, the discharge and the first control.

use super::background::{USUAL_SMOKING, check_up, opening};
use crate::generate::code::{Code, loinc};
use crate::generate::conditions::{ARTIFICIAL_HIP, HIP_ARTHRITIS, HYPERTENSION, JOINT_AFTERCARE};
use crate::generate::labs::{BLOOD_COUNT, HEMOGLOBIN, METABOLIC};
use crate::generate::medicines::{
    ACETAMINOPHEN, AMLODIPINE, ENOXAPARIN, IBUPROFEN, OXYCODONE, SENNA,
};
use crate::generate::notes::{CONSULTATION, DISCHARGE, Note, OPERATION, PROGRESS};
use crate::generate::practitioners::{FAMILY_PHYSICIAN, NURSE, ORTHOPEDIST};
use crate::generate::record::Record;
use crate::generate::visits::Stay;

const PAIN: Code =
    loinc("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported");
const HIP_FILM: Code = loinc("", "Radiograph of the pelvis and right hip");
const SCORE: [&str; 2] = ["score", "{score}"];

pub(crate) fn write(record: &mut Record) {
    let operation = record.today.plus_days(-record.random.between(18, 26)).working_day();
    let mut visit = check_up(record, operation.plus_months(-21));
    opening(record, &visit, USUAL_SMOKING);
    let pressure = record.problem(&visit, &HYPERTENSION, visit.date.plus_years(-5));
    record.prescribe(&visit, &AMLODIPINE, Some(pressure));
    let hip = record.problem(&visit, &HIP_ARTHRITIS, visit.date.plus_months(-18));
    let ibuprofen = record.prescribe(&visit, &IBUPROFEN, Some(hip));
    record.number(&mut visit, "survey", PAIN, (5.0, 0), SCORE);
    record.note(&visit, &Note {
        kind: PROGRESS,
        history: "with pain of the right groin on walking and ten minutes of morning stiffness.",
        denies: "fever, night pain, numbness of the leg",
        examination: "Right hip: internal rotation limited to 10 degrees and painful. Knees and back normal.",
        assessment: "Osteoarthritis of the right hip; hypertension treated.",
        plan: &["Physiotherapy.", "Ibuprofen as needed with food.", "Orthopedics if not better."],
    });
    let mut visit = record.office(
        operation.plus_days(-52),
        &ORTHOPEDIST,
        "Orthopedic consultation",
        HIP_ARTHRITIS.code,
    );
    record.usual_vitals(&mut visit);
    record.number(&mut visit, "survey", PAIN, (8.0, 0), SCORE);
    record.report(
        &mut visit,
        HIP_FILM,
        "RAD",
        &[],
        Some(
            "Severe osteoarthritis of the right hip with loss of the joint space. Left hip normal.",
        ),
    );
    record.panel(&mut visit, &BLOOD_COUNT, &[]);
    record.panel(&mut visit, &METABOLIC, &[]);
    record.note(&visit, &Note {
        kind: CONSULTATION,
        history: "whose right hip allows two hundred metres of walking and wakes at night; physiotherapy and tablets help no longer.",
        denies: "fever, chest pain, shortness of breath, earlier thrombosis",
        examination: "Antalgic gait, right hip fixed in slight flexion, leg 5 mm shorter, pulses and sensation intact.",
        assessment: "End-stage osteoarthritis of the right hip, fit for operation.",
        plan: &["Total hip replacement.", "Stop ibuprofen one week before."],
    });
    record.stop(ibuprofen, "Operation planned");
    in_hospital(record, operation, hip);
    let mut visit =
        record.office(operation.plus_days(15), &ORTHOPEDIST, "Wound control", JOINT_AFTERCARE.code);
    record.usual_vitals(&mut visit);
    record.number(&mut visit, "survey", PAIN, (2.0, 0), SCORE);
    record.panel(&mut visit, &BLOOD_COUNT, &[(&HEMOGLOBIN, 11.6)]);
    record.note(&visit, &Note {
        kind: PROGRESS,
        history: "seen two weeks after replacement of the right hip, walking with one crutch, needing no opioid.",
        denies: "fever, calf pain, shortness of breath, wound discharge",
        examination: "Wound dry and closed, clips removed. Calves soft. Hip flexion to 90 degrees.",
        assessment: "Normal course after right hip replacement; hemoglobin recovering.",
        plan: &["Physiotherapy twice a week.", "Enoxaparin until day 28.", "Radiograph at six weeks."],
    });
    record.appointment(
        operation.plus_days(42),
        &ORTHOPEDIST,
        "Control six weeks after hip replacement",
    );
}

fn in_hospital(record: &mut Record, operation: crate::generate::date::Date, hip: usize) {
    let stay = Stay {
        from: operation,
        nights: 2,
        emergency: false,
        kind: "Admission for elective operation",
    };
    let mut visit = record.admission(&stay, &ORTHOPEDIST, HIP_ARTHRITIS.code);
    record.usual_vitals(&mut visit);

    record.procedure(&visit, "Total replacement of the right hip", hip);
    record.device(&visit, "Uncemented total hip prosthesis, metal on polyethylene", hip);
    record.note(&visit, &Note {
        kind: OPERATION,
        history: "admitted for replacement of the right hip under spinal anesthesia.",
        denies: "recent infection, chest pain",
        examination: "Posterolateral approach; femoral head with bare bone. Uncemented cup and stem, stable through full motion. Blood loss 350 mL.",
        assessment: "Total replacement of the right hip without complication.",
        plan: &["Full weight bearing the same evening.", "Enoxaparin from the evening.", "Radiograph tomorrow."],
    });
    visit.day(1);
    visit.results.clear();
    record.usual_vitals(&mut visit);
    record.panel(&mut visit, &BLOOD_COUNT, &[(&HEMOGLOBIN, 10.4)]);
    record.report(
        &mut visit,
        HIP_FILM,
        "RAD",
        &[],
        Some("Right hip prosthesis in good position. No fracture."),
    );
    record.number(&mut visit, "survey", PAIN, (5.0, 0), SCORE);
    visit.day(1);
    record.usual_vitals(&mut visit);
    record.number(&mut visit, "survey", PAIN, (3.0, 0), SCORE);
    record.resolve(hip, visit.date);
    let joint = record.problem(&visit, &ARTIFICIAL_HIP, operation);
    record.course(&visit, &OXYCODONE, Some(joint), 5);
    record.course(&visit, &SENNA, Some(joint), 5);
    record.course(&visit, &ENOXAPARIN, Some(joint), 28);
    record.prescribe(&visit, &ACETAMINOPHEN, Some(joint));
    record.care(
        &visit,
        joint,
        &[&ORTHOPEDIST, &FAMILY_PHYSICIAN, &NURSE],
        "Walking without a crutch six weeks after the operation",
        &[
            "Physiotherapy twice a week",
            "No flexion beyond 90 degrees for six weeks",
            "Enoxaparin for 28 days",
        ],
    );
    record.note(&visit, &Note {
        kind: DISCHARGE,
        history: "who had the right hip replaced two days ago and climbs stairs with crutches.",
        denies: "fever, chest pain, calf pain, nausea",
        examination: "Wound dry, leg lengths equal, calves soft, sensation and pulses intact.",
        assessment: "Total replacement of the right hip, second day, ready for home. Expected anemia after the operation, hemoglobin 10.4 g/dL, no transfusion.",
        plan: &["Enoxaparin 40 mg daily for 28 days.", "Oxycodone only for severe pain, at most 5 days, with senna.", "Wound control in two weeks.", "Call for fever, calf pain, breathlessness or a wet wound."],
    });
}

//! A first pregnancy under way: visits every four weeks, prenatal laboratory, mild anemia.

use serde_json::json;

use super::background::{USUAL_SMOKING, opening};
use crate::generate::care::INFLUENZA;
use crate::generate::code::{Code, loinc};
use crate::generate::conditions::{FIRST_TRIMESTER, PREGNANCY, PREGNANCY_ANEMIA};
use crate::generate::date::Date;
use crate::generate::labs::{BLOOD_COUNT, FERRITIN, GLUCOSE_CHALLENGE, HEMOGLOBIN, MCV, TSH};
use crate::generate::medicines::{FERROUS_SULFATE, PRENATAL_VITAMIN};
use crate::generate::notes::{Note, PROGRESS};
use crate::generate::practitioners::{NURSE, OBSTETRICIAN};
use crate::generate::record::Record;
use crate::generate::visits::Visit;
use crate::generate::vitals::Vitals;

const STATUS: Code = loinc("82810-3", "Pregnancy status");
const DUE: Code = loinc("11778-8", "Delivery date Estimated");
const LAST_PERIOD: Code = loinc("8665-2", "Last menstrual period start date");
const GESTATION: Code = loinc("18185-9", "Gestational age");
const FETAL_RATE: Code = loinc("55283-6", "Fetal Heart rate");
const FUNDUS: Code = loinc("11881-0", "Uterus Fundal height Tape measure");
const ULTRASOUND: Code = loinc("11525-3", "US Pelvis Fetus for pregnancy");
const SEROLOGY: [(Code, &str); 5] = [
    (loinc("883-9", "ABO group [Type] in Blood"), "O"),
    (loinc("10331-7", "Rh [Type] in Blood"), "Positive"),
    (loinc("5195-3", "Hepatitis B virus surface Ag [Presence] in Serum"), "Negative"),
    (loinc("20507-0", "Reagin Ab [Presence] in Serum by RPR"), "Nonreactive"),
    (loinc("8014-7", "Rubella virus IgG Ab [Presence] in Serum"), "Positive (immune)"),
];

pub(crate) fn write(record: &mut Record) {
    let weeks = record.random.between(25, 27);
    let last_period = record.today.plus_days(-weeks * 7 - record.random.between(0, 6));
    let before = record.person.weight;
    let first = first_visit(record, last_period, before);
    for week in [12, 16, 20, 24] {
        follow_up(record, last_period, week, before, first);
    }
    record.appointment(last_period.plus_days(29 * 7), &OBSTETRICIAN, "Prenatal visit");
}

fn first_visit(record: &mut Record, last_period: Date, before: f64) -> usize {
    let mut visit = record.office(
        last_period.plus_days(8 * 7 + 4),
        &OBSTETRICIAN,
        "First prenatal visit",
        FIRST_TRIMESTER.code,
    );
    opening(record, &visit, USUAL_SMOKING);
    dating(record, &visit, last_period);
    let first = record.problem(&visit, &FIRST_TRIMESTER, last_period);
    examine(record, &mut visit, before + 0.5, last_period);
    for (code, value) in SEROLOGY {
        record.finding(&mut visit, "laboratory", code, value);
    }
    record.panel(&mut visit, &BLOOD_COUNT, &[(&HEMOGLOBIN, 12.4)]);
    let value = record.level(&TSH);
    record.lab(&mut visit, &TSH, value);
    record.report(&mut visit, ULTRASOUND, "RAD", &[], Some("Single living intrauterine pregnancy, crown-rump length in agreement with the last menstrual period."));
    record.prescribe(&visit, &PRENATAL_VITAMIN, Some(first));
    record.care(
        &visit,
        first,
        &[&OBSTETRICIAN, &NURSE],
        "Birth at term of a healthy child",
        &["Prenatal visits every four weeks", "Childbirth class", "Prenatal vitamin daily"],
    );
    note(
        record,
        &visit,
        "in her first pregnancy, with morning nausea without vomiting.",
        "Normal first pregnancy, first trimester.",
        "Prenatal laboratory and dating ultrasound today.",
    );
    first
}

fn follow_up(record: &mut Record, last_period: Date, week: i32, before: f64, first: usize) {
    let mut visit = record.office(
        last_period.plus_days(week * 7 + 3),
        &OBSTETRICIAN,
        "Prenatal visit",
        PREGNANCY.code,
    );
    if week == 16 {
        record.resolve(first, visit.date);
        record.problem(&visit, &PREGNANCY, last_period);
    }
    let gain = f64::from(week - 10) * 0.42;
    examine(record, &mut visit, before + 0.5 + gain, last_period);
    let beats = record.random.normal(148.0, 5.0);
    record.number(&mut visit, "exam", FETAL_RATE, (beats, 0), ["beats/minute", "/min"]);
    let mut step = "Continue; next visit in four weeks.";
    match week {
        12 => record.vaccine(&visit, INFLUENZA),
        20 => {
            record.number(&mut visit, "exam", FUNDUS, (20.0, 0), ["cm", "cm"]);
            record.report(&mut visit, ULTRASOUND, "RAD", &[], Some("Normal fetal anatomy, growth in agreement with dates, posterior placenta clear of the cervix."));
        }
        24 => {
            record.number(&mut visit, "exam", FUNDUS, (24.0, 0), ["cm", "cm"]);
            let sugar = record.random.normal(118.0, 7.0).min(134.0);
            record.lab(&mut visit, &GLUCOSE_CHALLENGE, sugar);
            record.panel(&mut visit, &BLOOD_COUNT, &[(&HEMOGLOBIN, 10.4), (&MCV, 78.0)]);
            record.lab(&mut visit, &FERRITIN, 9.0);
            let anemia = record.problem(&visit, &PREGNANCY_ANEMIA, visit.date);
            record.prescribe(&visit, &FERROUS_SULFATE, Some(anemia));
            step = "Start ferrous sulfate; blood count again at 28 weeks. Tdap at 28 weeks.";
        }
        _ => {}
    }
    let assessment = if week == 24 {
        "Normal first pregnancy with mild iron deficiency anemia; glucose challenge normal."
    } else {
        "Normal first pregnancy."
    };
    note(
        record,
        &visit,
        &format!("at {week} weeks of her first pregnancy, feeling well."),
        assessment,
        step,
    );
}

fn dating(record: &mut Record, visit: &Visit, last_period: Date) {
    record.answer(visit, "social-history", STATUS, ["LA15173-0", "Pregnant"]);
    for (code, date) in [(LAST_PERIOD, last_period), (DUE, last_period.plus_days(280))] {
        let mut body = record.observation(visit, "social-history", code.concept());
        body["valueDateTime"] = json!(date.to_string());
        record.add("Observation", body);
    }
}

fn examine(record: &mut Record, visit: &mut Visit, weight: f64, last_period: Date) {
    let usual = record.usual(visit);
    let (systolic, diastolic) = (record.random.normal(110.0, 4.0), record.random.normal(67.0, 3.0));
    record.vitals(visit, Vitals { systolic, diastolic, weight, heart_rate: 82.0, ..usual });
    let days = f64::from(visit.date.days_since(last_period));
    record.number(visit, "exam", GESTATION, ((days / 7.0).floor(), 0), ["weeks", "wk"]);
}

fn note(record: &mut Record, visit: &Visit, history: &str, assessment: &str, step: &str) {
    record.note(
        visit,
        &Note {
            kind: PROGRESS,
            history,
            denies: "vaginal bleeding, contractions, headache, visual disturbance",
            examination: "Uterus of a size fitting the dates, no edema.",
            assessment,
            plan: &[step, "Call for bleeding, fluid loss or severe headache."],
        },
    );
}

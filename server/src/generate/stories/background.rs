//! What ordinary life adds to every story: check-ups, vaccines, passing illnesses, one problem more.

use crate::generate::care::{
    INFLUENZA, LATEX, NEVER_SMOKER, PENICILLIN_RASH, PNEUMOCOCCAL, SULFONAMIDE, TDAP, ZOSTER,
};
use crate::generate::conditions::{
    ADULT_EXAMINATION, ANKLE_SPRAIN, BACK_PAIN, DEPRESSION, Diagnosis, HYPOTHYROIDISM,
    KNEE_ARTHRITIS, REFLUX, RESPIRATORY_INFECTION, RHINITIS, SINUSITIS, capitalized,
};
use crate::generate::date::Date;
use crate::generate::labs::{BLOOD_COUNT, COMPREHENSIVE, LIPIDS, TSH};
use crate::generate::medicines::{
    ACETAMINOPHEN, CETIRIZINE, LEVOTHYROXINE, OMEPRAZOLE, Regimen, SERTRALINE,
};
use crate::generate::notes::{Note, PROGRESS};
use crate::generate::practitioners::FAMILY_PHYSICIAN;
use crate::generate::record::Record;
use crate::generate::visits::Visit;

/// Coverage, tobacco, and often an allergy, at the first visit of an adult.
pub(crate) fn opening(record: &mut Record, visit: &Visit, smoking: [&'static str; 2]) {
    record.coverage(visit.date.plus_months(-2));
    record.smoking(visit, smoking);
    match record.random.between(1, 10) {
        1 => record.allergy(visit, &PENICILLIN_RASH, visit.date.plus_years(-9)),
        2 => record.allergy(visit, &SULFONAMIDE, visit.date.plus_years(-6)),
        3 => record.allergy(visit, &LATEX, visit.date.plus_years(-4)),
        4 => record.consent(visit),
        _ => {}
    }
}

/// A check-up with laboratory panels, and vaccines by season and age.
pub(crate) fn check_up(record: &mut Record, date: Date) -> Visit {
    let mut visit =
        record.office(date, &FAMILY_PHYSICIAN, "Annual wellness visit", ADULT_EXAMINATION);
    record.usual_vitals(&mut visit);
    record.panel(&mut visit, &COMPREHENSIVE, &[]);
    record.panel(&mut visit, &LIPIDS, &[]);
    vaccines(record, &visit);
    visit
}

pub(crate) fn vaccines(record: &mut Record, visit: &Visit) {
    let age = visit.date.age(record.person.birth);
    let (year, month, _) = visit.date.parts();
    if month >= 9 || month <= 2 {
        record.vaccine(visit, INFLUENZA);
    }
    if year % 10 == record.person.birth.year() % 10 {
        record.vaccine(visit, TDAP);
    }
    if (age == 51 || age == 52) && year >= 2018 {
        record.vaccine(visit, ZOSTER);
    }
    if age == 66 {
        record.vaccine(visit, PNEUMOCOCCAL);
    }
}

/// A passing illness between the planned visits.
pub(crate) fn passing_illness(record: &mut Record, date: Date) {
    let illness: &Diagnosis = match record.random.between(0, 3) {
        0 => &SINUSITIS,
        1 => &BACK_PAIN,
        2 => &ANKLE_SPRAIN,
        _ => &RESPIRATORY_INFECTION,
    };
    let mut visit = record.office(date, &FAMILY_PHYSICIAN, "Acute visit", illness.code);
    record.usual_vitals(&mut visit);
    let at = record.acute(&visit, illness, 14);
    let days = record.random.between(2, 6);
    let (history, denies, examination, treatment) = match illness.code.code {
        "J01.90" => {
            let name = record.antibiotic(&visit, at);
            (
                "with facial pressure and purulent nasal discharge",
                "visual changes or neck stiffness",
                "Tender over both maxillary sinuses. Oropharynx clear. Lungs clear.",
                format!("{name} for 7 days."),
            )
        }
        "J06.9" => (
            "with cough, sore throat and a runny nose",
            "shortness of breath, chest pain or high fever",
            "Nasal mucosa swollen, pharynx mildly red without exudate. Lungs clear.",
            "Rest and fluids; no antibiotic.".into(),
        ),
        _ => {
            record.course(&visit, &ACETAMINOPHEN, Some(at), 7);
            let (history, denies, examination) = if illness.code.code == "M54.50" {
                (
                    "with low back pain after lifting",
                    "leg weakness, numbness or loss of bladder control",
                    "Paraspinal tenderness, straight leg raise negative, reflexes equal.",
                )
            } else {
                (
                    "who twisted the right ankle on a step",
                    "inability to bear weight or numbness",
                    "Swelling below the lateral malleolus, no bony tenderness, walks with a limp.",
                )
            };
            (
                history,
                denies,
                examination,
                "Acetaminophen for up to 7 days, gentle activity.".into(),
            )
        }
    };
    record.note(
        &visit,
        &Note {
            kind: PROGRESS,
            history: &format!("{history} for {days} days."),
            denies,
            examination,
            assessment: &format!("{}, uncomplicated.", capitalized(illness.name)),
            plan: &[&treatment, "Return if worse or not better in two weeks."],
        },
    );
}

/// One more problem for the variety of the records after the first twelve.
pub(crate) fn comorbidity(record: &mut Record) {
    if record.today.age(record.person.birth) < 25 || record.random.chance(0.45) {
        return;
    }
    let (diagnosis, regimen, history): (&Diagnosis, &Regimen, &str) =
        match record.random.between(0, 4) {
            0 => (&HYPOTHYROIDISM, &LEVOTHYROXINE, "with fatigue and dry skin; TSH is raised."),
            1 => (&REFLUX, &OMEPRAZOLE, "with heartburn after meals, most nights of the week."),
            2 => (
                &DEPRESSION,
                &SERTRALINE,
                "with low mood and poor sleep for two months, as in an earlier episode.",
            ),
            3 => (&RHINITIS, &CETIRIZINE, "with sneezing and itchy eyes every spring."),
            _ => (
                &KNEE_ARTHRITIS,
                &ACETAMINOPHEN,
                "with knee pain on stairs and brief morning stiffness.",
            ),
        };
    if record.chart.problems.iter().any(|(_, name)| name == diagnosis.name)
        || record.chart.medicines.iter().any(|(_, line)| line.starts_with(regimen.name))
    {
        return;
    }
    let since = record.random.between(20, 200);
    let mut visit = record.office(
        record.today.plus_days(-since),
        &FAMILY_PHYSICIAN,
        "Office visit",
        diagnosis.code,
    );
    record.usual_vitals(&mut visit);
    if diagnosis.code.code == "E03.9" {
        let value = record.random.real(6.0, 11.0);
        record.lab(&mut visit, &TSH, value);
    } else {
        record.panel(&mut visit, &BLOOD_COUNT, &[]);
    }
    let at = record.problem(&visit, diagnosis, visit.date.plus_months(-3));
    record.prescribe(&visit, regimen, Some(at));
    record.note(
        &visit,
        &Note {
            kind: PROGRESS,
            history,
            denies: "weight loss, fever or night sweats",
            examination: "Well appearing, in no distress. Heart regular, lungs clear.",
            assessment: &format!("{}, new.", capitalized(diagnosis.name)),
            plan: &[&format!("Start {}.", regimen.line()), "Follow up in three months."],
        },
    );
}

/// The smoking status of those whose story does not say otherwise.
pub(crate) const USUAL_SMOKING: [&str; 2] = NEVER_SMOKER;

//! A child with asthma: vaccines, growth, an exacerbation, step-up of the controller.

use crate::generate::care::{CHILDHOOD, INFLUENZA, NEVER_SMOKER, PEANUT};
use crate::generate::code::rounded;
use crate::generate::conditions::{
    ASTHMA, ASTHMA_ATTACK, CHILD_EXAMINATION, ECZEMA, OTITIS, RHINITIS,
};
use crate::generate::date::Date;
use crate::generate::medicines::{
    ALBUTEROL, AMOXICILLIN_LIQUID, EPINEPHRINE, FLUTICASONE, MONTELUKAST_5, PREDNISONE,
};
use crate::generate::notes::{Note, PROGRESS};
use crate::generate::practitioners::{EMERGENCY_PHYSICIAN, PEDIATRICIAN};
use crate::generate::record::Record;
use crate::generate::vitals::Vitals;

pub(crate) fn write(record: &mut Record) {
    let birth = record.person.birth;
    record.coverage(birth);
    for (months, vaccines) in CHILDHOOD {
        let visit = well_child(record, birth.plus_months(*months).plus_days(3));
        for code in *vaccines {
            record.vaccine(&visit, *code);
        }
    }
    ear_infection(record, birth.plus_months(31));
    let onset = birth.plus_years(5).plus_days(record.random.between(0, 60));
    let mut visit = record.office(onset, &PEDIATRICIAN, "Office visit", ASTHMA.code);
    record.usual_vitals(&mut visit);
    let asthma = record.problem(&visit, &ASTHMA, visit.date.plus_months(-5));
    record.problem(&visit, &ECZEMA, birth.plus_months(9));
    record.allergy(&visit, &PEANUT, birth.plus_months(20));
    record.family_history(&visit, ["MTH", "mother"], &RHINITIS, 12);
    record.smoking(&visit, NEVER_SMOKER);
    record.prescribe(&visit, &ALBUTEROL, Some(asthma));
    record.prescribe(&visit, &FLUTICASONE, Some(asthma));
    record.prescribe(&visit, &EPINEPHRINE, None);
    record.care(
        &visit,
        asthma,
        &[&PEDIATRICIAN],
        "No night-time symptoms and no missed school for asthma",
        &[
            "Written asthma action plan at home and at school",
            "Inhaler with spacer, technique checked at each visit",
        ],
    );
    note(
        record,
        &visit,
        "with night cough and wheeze on most weeks since winter.",
        "Mild persistent asthma, new.",
        "Start fluticasone twice daily and albuterol as needed.",
    );
    exacerbation(record, onset.plus_months(11));
    for year in 6..record.today.age(birth) {
        let mut visit = well_child(record, birth.plus_years(year).plus_days(40));
        record.vaccine(&visit, INFLUENZA);
        if year == 6 {
            record.prescribe(&visit, &MONTELUKAST_5, Some(asthma));
        }
        visit.results.clear();
        note(
            record,
            &visit,
            "with asthma, seen for a yearly check-up; uses albuterol once a week.",
            "Mild persistent asthma, well controlled. Growth along the same percentile.",
            "Continue the controller, influenza vaccine given.",
        );
    }
    record.appointment(record.today.plus_days(60), &PEDIATRICIAN, "Asthma review");
}

fn well_child(record: &mut Record, date: Date) -> crate::generate::visits::Visit {
    let mut visit = record.office(date, &PEDIATRICIAN, "Well-child visit", CHILD_EXAMINATION);
    record.usual_vitals(&mut visit);
    visit
}

fn ear_infection(record: &mut Record, date: Date) {
    let mut visit = record.office(date, &PEDIATRICIAN, "Acute visit", OTITIS.code);
    let usual = record.usual(&visit);
    record.vitals(&mut visit, Vitals { temperature: 38.7, ..usual });
    let at = record.acute(&visit, &OTITIS, 12);
    // 80 mg per kg and day in two doses, rounded to the 40 mg of half a millilitre.
    let dose = (usual.weight * 40.0 / 40.0).round() * 40.0;
    record.course(&visit, &AMOXICILLIN_LIQUID.dosed(dose), Some(at), 10);
    note(
        record,
        &visit,
        "with fever and ear pain for two days.",
        "Acute otitis media, right ear.",
        &format!(
            "Amoxicillin {dose:.0} mg twice daily for 10 days (80 mg/kg/day at {:.1} kg).",
            rounded(usual.weight, 1)
        ),
    );
}

fn exacerbation(record: &mut Record, date: Date) {
    let mut visit = record.emergency(date, &EMERGENCY_PHYSICIAN, ASTHMA_ATTACK.code);
    let usual = record.usual(&visit);
    record.vitals(
        &mut visit,
        Vitals { heart_rate: 132.0, respiration: 36.0, saturation: 91.0, ..usual },
    );
    let at = record.acute(&visit, &ASTHMA_ATTACK, 7);
    // 1 mg per kg and day, in halves of a 20 mg tablet, at most 40 mg.
    let dose = ((usual.weight / 10.0).round() * 10.0).clamp(10.0, 40.0);
    record.course(&visit, &PREDNISONE.dosed(dose), Some(at), 5);
    record.procedure(&visit, "Nebulized albuterol treatment", at);
    record.note(&visit, &Note {
        kind: PROGRESS,
        history: "with asthma, brought with two days of cold symptoms and wheeze since the night.",
        denies: "fever, vomiting, contact with peanuts",
        examination: "Speaks in short sentences, intercostal retractions, wheeze in all fields. No stridor, no rash.",
        assessment: "Asthma exacerbation after a viral infection; better after three nebulized treatments, saturation 96 % at discharge.",
        plan: &[&format!("Prednisone {dose:.0} mg daily for 5 days (1 mg/kg)."), "Albuterol every 4 hours for two days.", "See the pediatrician within a week."],
    });
}

fn note(
    record: &mut Record,
    visit: &crate::generate::visits::Visit,
    history: &str,
    assessment: &str,
    step: &str,
) {
    record.note(
        visit,
        &Note {
            kind: PROGRESS,
            history,
            denies: "trouble feeding or drinking, rash, lethargy",
            examination: "Alert and playful. Ears, throat, heart, lungs and abdomen examined.",
            assessment,
            plan: &[step, "Return if worse."],
        },
    );
}

//! A healthy adult: check-ups, vaccines and a passing illness.

use super::background::{USUAL_SMOKING, check_up, opening, passing_illness};
use crate::generate::labs::BLOOD_COUNT;
use crate::generate::notes::{Note, PROGRESS};
use crate::generate::record::Record;

pub(crate) fn write(record: &mut Record) {
    let years = record.random.between(3, 5);
    let first = record.today.plus_years(-years).plus_days(record.random.between(0, 60));
    for year in 0..years {
        let mut visit = check_up(record, first.plus_years(year));
        if year == 0 {
            opening(record, &visit, USUAL_SMOKING);
        }
        record.panel(&mut visit, &BLOOD_COUNT, &[]);
        record.note(&visit, &Note {
            kind: PROGRESS,
            history: "who comes for an annual examination, feels well and exercises most days.",
            denies: "chest pain, shortness of breath, weight change, low mood",
            examination: "Well appearing. Heart regular without murmur, lungs clear, abdomen soft.",
            assessment: "Healthy adult, no new concerns.",
            plan: &["Continue regular exercise.", "Vaccines as due.", "Return in one year."],
        });
    }
    passing_illness(record, first.plus_months(7));
}

//! A very short record: one person, one visit.

use crate::generate::conditions::RESPIRATORY_INFECTION;
use crate::generate::practitioners::FAMILY_PHYSICIAN;
use crate::generate::record::Record;

pub(crate) fn write(record: &mut Record) {
    let days = record.random.between(5, 60);
    let reason = RESPIRATORY_INFECTION.code;
    record.office(record.today.plus_days(-days), &FAMILY_PHYSICIAN, "New patient visit", reason);
}

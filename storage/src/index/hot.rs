//! Keys of the combinations that are asked for together: see [`fhir::search::Hot`].
//!
//! A stem is its leads, then by the date of the resource `DATED`, low bound and span, or `SEVERAL`
//! or `DATELESS` alone. So what is led by the same stands in the order of time.

use fhir::search::{HotDate, HotValue, LeadValue};

use super::cursor::{ordered_i64, put_key_id, put_text, put_varint};
use super::encode::{CODE_MAX, ID_MAX};
use super::stem::{family, index_head};

/// Of all dates and none: the combination without a date, in MongoDB.
pub(crate) const ANY_DATE: u8 = 0;
pub(crate) const DATED: u8 = 1;
pub(crate) const SEVERAL: u8 = 2;
pub(crate) const DATELESS: u8 = 3;

/// The stem of a value of a combination.
pub(crate) fn stem(param: u16, value: &HotValue<'_>) -> Vec<u8> {
    let mut stem = index_head(param, family::HOT).to_vec();
    for lead in &value.leads {
        match lead {
            LeadValue::Patient(id) => put_key_id(&mut stem, id, ID_MAX),
            LeadValue::Token(token) => {
                put_text(&mut stem, &token.code, CODE_MAX);
                stem.extend_from_slice(&token.system.to_be_bytes());
            }
        }
    }
    put_date(&mut stem, value.date);
    stem
}

/// Ends a stem with the date of the resource.
pub(crate) fn put_date(stem: &mut Vec<u8>, date: HotDate) {
    match date {
        HotDate::One(date) => {
            stem.push(DATED);
            stem.extend_from_slice(&ordered_i64(date.low));
            put_varint(stem, (date.high as u64).wrapping_sub(date.low as u64));
        }
        HotDate::Several => stem.push(SEVERAL),
        HotDate::Absent => stem.push(DATELESS),
    }
}

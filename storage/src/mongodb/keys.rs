//! The index keys of a resource: the stems that all backends have, and some that only this one
//! needs, for here a condition that is no equality costs far more than one that is.
//!
//! Beside each token with a system stands its code alone, beside a versioned reference the same one
//! without its version; of combinations there are those of several leads, without their dates, and a
//! code with its date, each in its own system and in any; and one key says of what type the resource
//! is. A parameter that others make up has none: its conditions are asked of those.

use std::collections::BTreeSet;
use std::sync::Arc;

use fhir::search::{
    Entry, HotDate, HotValue, IndexValue, LeadValue, Param, ReferenceValue, TokenValue, parts,
};

use super::names::Names;
use super::record::{Keys, SortKeys};
use crate::StoreError;
use crate::index::cursor::{put_key_id, put_text};
use crate::index::encode::{CODE_MAX, ID_MAX, TYPE_MAX};
use crate::index::hot::{ANY_DATE, put_date};
use crate::index::indexed::indexed;
use crate::index::order::sort_key_of;
use crate::index::stem::{family, index_head};
use crate::index::{blob, encode};

/// Stands for the system of a token in a combination where any will do.
const ANY_SYSTEM: u64 = u64::MAX;
const NO_VERSION: u8 = 0;

/// The parameters of entries that must have numbers before [`keys`] can be called.
pub(super) fn params(resource: &Arc<str>, entries: &[Entry]) -> Vec<(Param, bool)> {
    let own = |code: &str| (Param::new(Arc::clone(resource), code), false);
    let mut params = vec![own("_id"), own("_lastUpdated")];
    params.extend(fhir::search::hot(resource).map(|hot| own(hot.code)));
    for entry in entries {
        let is_reference = matches!(entry.value, IndexValue::Reference(_));
        params.push((entry.param.clone(), is_reference));
        // A search for it asks for these, and should not look for their numbers every time.
        params.extend(parts(&entry.param).iter().map(|part| (part.clone(), false)));
    }
    params.sort_unstable();
    params.dedup();
    params
}

/// The types of identifiers are asked for with system, code and value, and not otherwise.
const OF_TYPE: &str = ":of-type";

/// The index of a version that was written at this instant.
pub(super) fn keys(
    names: &Names,
    resource: &Arc<str>,
    entries: &[Entry],
    us: i64,
) -> Result<Keys, StoreError> {
    let number = |param: &Param| {
        let known = names.number(param);
        known.ok_or_else(|| StoreError::Fault("a parameter has no number".to_owned()))
    };
    let mut index = indexed(resource, entries, |param, _| number(param))?;
    blob::stamp(&mut index.blob, us);
    let mut stems = index.stems;
    stems.push(encode::instant_stem(index.last_updated, us));
    stems.push(member(number(&Param::new(Arc::clone(resource), "_id"))?));
    let mut made_up = BTreeSet::new();
    for entry in entries {
        if matches!(&*entry.param.code, "_id" | "_lastUpdated") {
            continue;
        }
        let number = number(&entry.param)?;
        if parts(&entry.param).is_empty() {
            stems.extend(extra(number, &entry.value));
        } else {
            made_up.insert(number.to_be_bytes());
        }
    }
    stems.retain(|stem| !made_up.iter().any(|head| stem.starts_with(head)));
    for hot in fhir::search::hot(resource) {
        let of = |code: &str| {
            let own = entries.iter().filter(|entry| &*entry.param.code == code);
            own.map(|entry| &entry.value).collect()
        };
        let param = number(&Param::new(Arc::clone(resource), hot.code))?;
        // Of those of the other backend some are of no use here.
        stems.retain(|stem| !stem.starts_with(&index_head(param, family::HOT)));
        for value in hot.values(&of) {
            match value.leads.as_slice() {
                [LeadValue::Token(token)] => stems.extend(dated(param, token, value.date)),
                [_] => (),
                _ => stems.extend(dateless(param, &value)),
            }
        }
    }
    for entry in entries.iter().filter(|entry| entry.param.code.ends_with(OF_TYPE)) {
        let number = number(&entry.param)?;
        let spare = [family::CODE, family::TOKEN_SYSTEM].map(|family| index_head(number, family));
        stems.retain(|stem| !spare.iter().any(|head| stem.starts_with(head)));
    }
    stems.sort_unstable();
    stems.dedup();
    let orders = orders(&index.blob);
    let orders =
        orders.ok_or_else(|| StoreError::Fault("index entries cannot be read back".to_owned()))?;
    Ok(Keys { stems, blob: index.blob, orders })
}

/// The parameters whose keys hold the values of this one: itself, or those that make it up.
pub(super) fn written(param: &Param) -> &[Param] {
    match parts(param) {
        [] => std::slice::from_ref(param),
        parts => parts,
    }
}

/// What says that a resource is of a type: `id` is the number of its parameter `_id`.
pub(super) fn member(id: u16) -> Vec<u8> {
    index_head(id, family::TOKEN).to_vec()
}

fn extra(param: u16, value: &IndexValue) -> Option<Vec<u8>> {
    match value {
        IndexValue::Token(token) if token.system != 0 => Some(code(param, &token.code)),
        IndexValue::Reference(ReferenceValue::Local { resource, id, version: Some(_) }) => {
            Some(local(param, resource, id))
        }
        IndexValue::Reference(ReferenceValue::Url { url, version: Some(_) }) => {
            Some(self::url(param, url))
        }
        _ => None,
    }
}

/// A code of any system but none.
pub(super) fn code(param: u16, code: &str) -> Vec<u8> {
    let mut stem = index_head(param, family::CODE).to_vec();
    put_text(&mut stem, code, CODE_MAX);
    stem
}

/// A token with this system.
pub(super) fn token(param: u16, code: &str, system: u64) -> Vec<u8> {
    let mut stem = index_head(param, family::TOKEN).to_vec();
    put_text(&mut stem, code, CODE_MAX);
    stem.extend_from_slice(&system.to_be_bytes());
    stem
}

/// A reference to a resource of this server, of any version or none.
pub(super) fn local(param: u16, resource: &str, id: &str) -> Vec<u8> {
    let mut stem = index_head(param, family::LOCAL).to_vec();
    put_key_id(&mut stem, id, ID_MAX);
    put_text(&mut stem, resource, TYPE_MAX);
    stem.push(NO_VERSION);
    stem
}

/// A reference by URL, of any version or none.
pub(super) fn url(param: u16, url: &str) -> Vec<u8> {
    let mut stem = index_head(param, family::URL).to_vec();
    put_text(&mut stem, url, crate::index::encode::URL_MAX);
    stem.push(NO_VERSION);
    stem
}

/// What keys of a code and a date start with, up to the date; `None`: in any system.
pub(super) fn code_and_date(param: u16, code: &str, system: Option<u64>) -> Vec<u8> {
    let mut stem = index_head(param, family::HOT).to_vec();
    put_text(&mut stem, code, CODE_MAX);
    stem.extend_from_slice(&system.unwrap_or(ANY_SYSTEM).to_be_bytes());
    stem
}

/// A code with the date of its resource, in its own system and in any.
fn dated(param: u16, token: &TokenValue, date: HotDate) -> [Vec<u8>; 2] {
    [Some(token.system), None].map(|system| {
        let mut stem = code_and_date(param, &token.code, system);
        put_date(&mut stem, date);
        stem
    })
}

fn dateless(param: u16, value: &HotValue<'_>) -> Vec<Vec<u8>> {
    let has_system = |lead: &LeadValue<'_>| matches!(lead, LeadValue::Token(t) if t.system != 0);
    let mut stems = vec![combination(param, value.leads.iter().map(Lead::of))];
    if value.leads.iter().any(has_system) {
        stems.push(combination(param, value.leads.iter().map(Lead::of_any_system)));
    }
    stems
}

/// One lead of a combination.
pub(super) enum Lead<'a> {
    Patient(&'a str),
    /// A code and its system; `None`: any.
    Token(&'a str, Option<u64>),
}

impl<'a> Lead<'a> {
    fn of(value: &LeadValue<'a>) -> Self {
        match value {
            LeadValue::Patient(id) => Lead::Patient(id),
            LeadValue::Token(TokenValue { system, code }) => Lead::Token(code, Some(*system)),
        }
    }

    fn of_any_system(value: &LeadValue<'a>) -> Self {
        match value {
            LeadValue::Patient(id) => Lead::Patient(id),
            LeadValue::Token(TokenValue { code, .. }) => Lead::Token(code, None),
        }
    }
}

/// A combination of leads, whatever its date.
pub(super) fn combination<'a>(param: u16, leads: impl Iterator<Item = Lead<'a>>) -> Vec<u8> {
    let mut stem = index_head(param, family::HOT).to_vec();
    for lead in leads {
        match lead {
            Lead::Patient(id) => put_key_id(&mut stem, id, ID_MAX),
            Lead::Token(code, system) => {
                put_text(&mut stem, code, CODE_MAX);
                stem.extend_from_slice(&system.unwrap_or(ANY_SYSTEM).to_be_bytes());
            }
        }
    }
    stem.push(ANY_DATE);
    stem
}

/// What a resource is sorted by, for each parameter that has values to sort by: the least and the
/// greatest key.
fn orders(blob: &[u8]) -> Option<Vec<SortKeys>> {
    let mut groups: Vec<(u16, Vec<IndexValue>)> = Vec::new();
    blob::for_each(blob, |param, value| match groups.last_mut() {
        Some((last, values)) if *last == param => values.push(value),
        _ => groups.push((param, vec![value])),
    })?;
    let keys = |(param, values): (u16, Vec<IndexValue>)| {
        let least = sort_key_of(param, values.clone(), false)?;
        Some((param, least, sort_key_of(param, values, true)?))
    };
    Some(groups.into_iter().filter_map(keys).collect())
}

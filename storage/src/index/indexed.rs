//! What the index entries of a version leave in a store.

use std::collections::BTreeMap;
use std::sync::Arc;

use fhir::search::{Entry, IndexValue, Param};

use super::{blob, encode, hot};
use crate::StoreError;

/// Values kept whole, and the keys that lead to them.
pub(crate) struct Indexed {
    /// All entries; the instant is yet to be said by [`blob::stamp`].
    pub(crate) blob: Vec<u8>,
    /// Stems of the index keys, sorted, without doubles; `_lastUpdated` is not among them.
    pub(crate) stems: Vec<Vec<u8>>,
    /// The parameter `_lastUpdated` of the type.
    pub(crate) last_updated: u16,
}

/// The index of a resource of this type; `number` gives the number of a parameter, and is told
/// whether it holds references.
pub(crate) fn indexed(
    resource: &Arc<str>,
    entries: &[Entry],
    mut number: impl FnMut(&Param, bool) -> Result<u16, StoreError>,
) -> Result<Indexed, StoreError> {
    let last_updated = number(&Param::new(Arc::clone(resource), "_lastUpdated"), false)?;
    let mut groups = BTreeMap::<u16, Vec<&IndexValue>>::new();
    let mut stems = Vec::with_capacity(entries.len() * 2);
    for entry in entries {
        if matches!(&*entry.param.code, "_id" | "_lastUpdated") {
            continue;
        }
        if entry.param.resource != *resource {
            return Err(StoreError::Fault(format!(
                "an entry of {} is not on {resource}",
                entry.param.resource
            )));
        }
        let is_reference = matches!(entry.value, IndexValue::Reference(_));
        let param = number(&entry.param, is_reference)?;
        groups.entry(param).or_default().push(&entry.value);
        encode::stems(param, &entry.value, |stem| stems.push(stem));
    }
    for hot in fhir::search::hot(resource) {
        let of = |code: &str| {
            let own = entries.iter().filter(|entry| &*entry.param.code == code);
            own.map(|entry| &entry.value).collect()
        };
        let values = hot.values(&of);
        if !values.is_empty() {
            let param = number(&Param::new(Arc::clone(resource), hot.code), false)?;
            stems.extend(values.iter().map(|value| hot::stem(param, value)));
        }
    }
    stems.sort_unstable();
    stems.dedup();
    Ok(Indexed { blob: blob::encode(last_updated, groups.into_iter()), stems, last_updated })
}

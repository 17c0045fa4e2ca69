//! What current resources refer to, from their index entries: without their bodies.

use fhir::search::{Entry, IndexValue, Param};

use super::view::View;
use super::{fault, keys};
use crate::index::blob;
use crate::{Key, StoreError};

/// For each key the values of these parameters that are references; none for what is not there.
pub(super) fn references(
    view: &View,
    keys: &[Key],
    params: &[Param],
) -> Result<Vec<Vec<Entry>>, StoreError> {
    let names = &view.engine.names;
    let known: Vec<(u16, &Param)> =
        params.iter().filter_map(|param| names.param_id(param).map(|id| (id, param))).collect();
    keys.iter().map(|key| of(view, key, &known)).collect()
}

fn of(view: &View, key: &Key, params: &[(u16, &Param)]) -> Result<Vec<Entry>, StoreError> {
    let mut own = params.iter().filter(|(_, param)| param.resource == key.resource).peekable();
    if own.peek().is_none() {
        return Ok(Vec::new());
    }
    let Some(docid) = view.docid_of(key)? else { return Ok(Vec::new()) };
    let Some(entries) = view.get(&view.engine.entries, keys::docid(docid))? else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for (id, param) in own {
        let values = blob::values(&entries, *id).ok_or_else(|| {
            fault::damaged("entries", &format!("those of {key} are not readable"))
        })?;
        let references = values.into_iter().filter(|v| matches!(v, IndexValue::Reference(_)));
        found.extend(references.map(|value| Entry { param: (*param).clone(), value }));
    }
    Ok(found)
}

//! What a type is sorted by when a search sorts by a parameter: a few bytes at the start of a stem.

use std::cmp::Ordering;

use fhir::search::{IndexValue, Sort};

use super::cursor::{Cursor, text_len};
use super::encode::{self, UNIT_ANY};
use super::stem::{INDEX_HEAD, family};

/// Greatest length of a sort key: the family, and what of the value decides the order.
pub(crate) const SORT_KEY_MAX: usize = 46;

/// What a resource is sorted by; `None` without a value.
pub(crate) type SortKey = Option<Vec<u8>>;

/// Writes sort keys into a position: of each its length and one (u8; 0: no value), and its bytes.
pub(crate) fn put_sort_keys(out: &mut Vec<u8>, keys: &[SortKey]) {
    for key in keys {
        // A sort key is far shorter than 255 bytes.
        out.push(key.as_ref().map_or(0, |key| u8::try_from(key.len() + 1).unwrap_or(0)));
        out.extend_from_slice(key.as_deref().unwrap_or_default());
    }
}

/// Reads so many sort keys, written by [`put_sort_keys`].
pub(crate) fn take_sort_keys(cursor: &mut Cursor<'_>, count: usize) -> Option<Vec<SortKey>> {
    let mut take = || {
        let len = usize::from(cursor.u8()?);
        match len.checked_sub(1) {
            None => Some(None),
            Some(len) if len > SORT_KEY_MAX => None,
            Some(len) => Some(Some(cursor.bytes(len)?.to_vec())),
        }
    };
    (0..count).map(|_| take()).collect()
}

/// For each key of an order: the greatest first?
#[derive(Debug, Clone)]
pub(crate) struct Directions(Vec<bool>);

impl Directions {
    /// The directions of `_sort`.
    pub(crate) fn of(sort: &[Sort]) -> Self {
        Self(sort.iter().map(|sort| sort.is_descending).collect())
    }

    pub(crate) fn is_descending(&self, at: usize) -> bool {
        self.0.get(at).copied().unwrap_or_default()
    }

    /// Which of two comes first: by each key, those without a value last in both directions.
    pub(crate) fn compare(&self, a: &[SortKey], b: &[SortKey]) -> Ordering {
        for (at, (a, b)) in a.iter().zip(b).enumerate() {
            let order = match (a, b) {
                (Some(a), Some(b)) if self.is_descending(at) => b.cmp(a),
                (Some(a), Some(b)) => a.cmp(b),
                (a, b) => a.is_none().cmp(&b.is_none()),
            };
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }
}

/// The starts of the families (behind the parameter) that a parameter is sorted by, in order. Of
/// the forms of a quantity only the bare number counts.
pub(crate) const SORTED: [&[u8]; 9] = [
    &[family::NUMBER],
    &[family::QUANTITY, UNIT_ANY],
    &[family::TOKEN],
    &[family::DATE],
    &[family::STRING],
    &[family::LOCAL],
    &[family::URL],
    &[family::IDENTIFIER],
    &[family::URI],
];

/// The sort key of a stem; `None` when its family does not count. Stems with the same sort key
/// stand together, and sort keys sort like stems.
pub(crate) fn sort_key(stem: &[u8]) -> Option<&[u8]> {
    let key = stem.get(2..)?;
    if !SORTED.iter().any(|start| key.starts_with(start)) {
        return None;
    }
    let value = stem.get(INDEX_HEAD..)?;
    let len = match key[0] {
        family::NUMBER | family::DATE => 8,
        family::QUANTITY => 9,
        // A UUID behind its tag; another id is text behind its tag.
        family::LOCAL if value.first() == Some(&2) => 17,
        family::LOCAL => 1 + text_len(value.get(1..).unwrap_or_default()),
        _ => text_len(value),
    };
    Some(&key[..(len + 1).min(SORT_KEY_MAX).min(key.len())])
}

/// What a resource with these values of a parameter is sorted by: the least of them, or the
/// greatest.
pub(crate) fn sort_key_of(param: u16, mut values: Vec<IndexValue>, is_descending: bool) -> SortKey {
    let mut found: SortKey = None;
    // The second word of a name is found, but a name is not sorted by it.
    if !values.iter().all(is_part) {
        values.retain(|value| !is_part(value));
    }
    for value in values {
        encode::stems(param, &value, |stem| {
            let Some(key) = sort_key(&stem) else { return };
            let is_better = found.as_deref().is_none_or(|best| match is_descending {
                false => key < best,
                true => key > best,
            });
            if is_better {
                found = Some(key.to_vec());
            }
        });
    }
    found
}

/// Only a part of a text, that stands beside the whole.
fn is_part(value: &IndexValue) -> bool {
    matches!(value, IndexValue::String(text) if text.exact == 0)
}

//! What a type is sorted by when a search sorts by a parameter: a few bytes at the start of a stem.

use super::cursor::text_len;
use super::encode::UNIT_ANY;
use super::keys::{INDEX_HEAD, family};

/// Greatest length of a sort key: the family, and what of the value decides the order.
pub(super) const SORT_KEY_MAX: usize = 48;

/// The starts of the families (behind the parameter) that a parameter is sorted by, in order. Of
/// the forms of a quantity only the bare number counts.
pub(super) const SORTED: [&[u8]; 9] = [
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
pub(super) fn sort_key(stem: &[u8]) -> Option<&[u8]> {
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

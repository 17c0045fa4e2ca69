//! Where a page ended, as bytes.
//!
//! Kind (u8), bound (i64), order of first writing (i64); in a sorted search for each sort key its
//! length and one (u8; 0: no value) and its bytes.

use std::cmp::Ordering;

use crate::StoreError;
use crate::index::cursor::{Cursor, ordered_i64};
use crate::index::order::{Directions, SortKey, put_sort_keys, take_sort_keys};

/// A position of this backend; the embedded one has lower numbers.
const KIND: u8 = 32;

/// A place in the order of a search: by its sort keys, if it has any, and among equals by what was
/// written first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) keys: Vec<SortKey>,
    pub(super) order: i64,
}

impl Place {
    /// Which of two comes first?
    pub(super) fn compare(&self, other: &Self, directions: &Directions) -> Ordering {
        directions.compare(&self.keys, &other.keys).then(self.order.cmp(&other.order))
    }
}

/// Where a search goes on, and what it does not go beyond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    /// What was first written later than this does not belong to the search.
    pub(super) bound: i64,
    /// The last place before; `None` at the start.
    pub(super) place: Option<Place>,
}

impl Position {
    pub(super) fn write(&self) -> crate::Position {
        let mut bytes = vec![KIND];
        bytes.extend_from_slice(&ordered_i64(self.bound));
        let order = self.place.as_ref().map_or(0, |place| place.order);
        bytes.extend_from_slice(&ordered_i64(order));
        put_sort_keys(&mut bytes, self.place.as_ref().map_or(&[], |place| &place.keys));
        crate::Position(bytes)
    }

    /// Reads a position in a search that is sorted by so many keys.
    pub(super) fn read(position: &crate::Position, keys: usize) -> Result<Self, StoreError> {
        let mut cursor = Cursor(&position.0);
        let read = (|| {
            if cursor.u8()? != KIND {
                return None;
            }
            let (bound, order) = (cursor.i64()?, cursor.i64()?);
            let keys = take_sort_keys(&mut cursor, keys)?;
            cursor.is_empty().then_some(Self { bound, place: Some(Place { keys, order }) })
        })();
        read.ok_or_else(|| StoreError::Fault("no position of this search".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, Position};
    use crate::SORT_KEYS_MAX;
    use crate::index::order::SORT_KEY_MAX;

    #[test]
    fn a_position_comes_back_and_is_as_short_as_said() {
        for keys in 0..=SORT_KEYS_MAX {
            let long = |at: usize| (at % 3 != 2).then(|| vec![7; SORT_KEY_MAX - at]);
            let place = Place { order: 9, keys: (0..keys).map(long).collect() };
            let position = Position { bound: 12, place: Some(place) };
            let written = position.write();
            assert!(written.0.len() <= crate::Position::len_max(keys));
            assert_eq!(Position::read(&written, keys).expect("a position"), position);
            assert!(Position::read(&written, keys + 1).is_err());
        }
    }
}

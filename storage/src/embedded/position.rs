//! Where a page ended, as bytes.
//!
//! Kind of place (u8; one for an order that the store chose), bound (u32), docid (u32); in a sorted search for each sort key its length
//! and one (u8; 0: no value) and its bytes.

use std::cmp::Ordering;

use crate::StoreError;
use crate::index::cursor::Cursor;
use crate::index::order::{Directions, SortKey, put_sort_keys, take_sort_keys};

const START: u8 = 0;
const UNSORTED: u8 = 1;
const SORTED: u8 = 4;
const BY_DATE: u8 = 5;
const BY_RANGE: u8 = 6;

/// A place in the order of a search: by its sort keys, if it has any, and by docid among equals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) docid: u32,
    pub(super) keys: Vec<SortKey>,
}

impl Place {
    /// Which of two comes first: by their sort keys, and among equals by what was written first.
    pub(super) fn compare(&self, other: &Self, directions: &Directions) -> Ordering {
        directions.compare(&self.keys, &other.keys).then(self.docid.cmp(&other.docid))
    }
}

/// The order of a search that asks for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// That of docids, or the search asks for one.
    Docid,
    /// By date, in the order of a combination's keys.
    Date,
    /// By the values of this parameter.
    Range(u16),
}

impl Own {
    pub(super) fn is_range(self) -> bool {
        matches!(self, Own::Range(_))
    }
}

/// Where a search goes on, and what it does not go beyond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    /// The last place before; `None` at the start.
    place: Option<Place>,
    /// Greatest docid that belongs to the search.
    pub(super) bound: u32,
    /// The order, where it is the store's own to choose.
    own: Own,
}

impl Position {
    /// The start of a search.
    pub(super) fn first(bound: u32, own: Own) -> Self {
        Self { place: None, bound, own }
    }

    /// In which order is the search of a position that has no order to ask for?
    pub(super) fn own(position: &crate::Position) -> Own {
        // Behind kind, bound, docid and length.
        match (position.0.first(), position.0.get(10..12)) {
            (Some(&BY_DATE), _) => Own::Date,
            (Some(&BY_RANGE), Some(param)) => Own::Range(u16::from_be_bytes([param[0], param[1]])),
            _ => Own::Docid,
        }
    }

    /// The same search, later.
    pub(super) fn moved(&self, place: Place) -> Self {
        Self { place: Some(place), ..*self }
    }

    /// The last place before.
    pub(super) fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// The first docid that may come now, in the order of docids.
    pub(super) fn first_docid(&self) -> u32 {
        self.place.as_ref().map_or(0, |place| place.docid.saturating_add(1))
    }

    pub(super) fn write(&self) -> crate::Position {
        let (docid, keys) = match &self.place {
            Some(place) => (place.docid, place.keys.as_slice()),
            None => (0, [].as_slice()),
        };
        let kind = match (&self.place, keys) {
            (None, _) => START,
            (Some(_), []) => UNSORTED,
            _ => match self.own {
                Own::Docid => SORTED,
                Own::Date => BY_DATE,
                Own::Range(_) => BY_RANGE,
            },
        };
        let mut bytes = vec![kind];
        bytes.extend_from_slice(&self.bound.to_be_bytes());
        bytes.extend_from_slice(&docid.to_be_bytes());
        put_sort_keys(&mut bytes, keys);
        crate::Position(bytes)
    }

    /// Reads a position in a search that is sorted by so many keys.
    pub(super) fn read(position: &crate::Position, keys: usize) -> Result<Self, StoreError> {
        let mut cursor = Cursor(&position.0);
        let read = (|| {
            let kind = cursor.u8()?;
            let bound = cursor.u32()?;
            let docid = cursor.u32()?;
            let keys = take_sort_keys(&mut cursor, keys)?;
            let is_kind = if keys.is_empty() { kind == UNSORTED } else { kind >= SORTED };
            let is_one = is_kind && kind <= BY_RANGE && cursor.is_empty();
            let own = Self::own(position);
            is_one.then_some(Self { place: Some(Place { docid, keys }), bound, own })
        })();
        read.ok_or_else(|| StoreError::Fault("no position of this search".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Own, Place, Position};
    use crate::SORT_KEYS_MAX;
    use crate::index::order::SORT_KEY_MAX;

    #[test]
    fn a_position_comes_back_and_is_as_short_as_said() {
        for keys in 0..=SORT_KEYS_MAX {
            let long = |at: usize| (at % 3 != 2).then(|| vec![7; SORT_KEY_MAX - at]);
            let place = Place { docid: 9, keys: (0..keys).map(long).collect() };
            let position = Position::first(12, Own::Docid).moved(place);
            let written = position.write();
            assert!(written.0.len() <= crate::Position::len_max(keys));
            assert_eq!(Position::read(&written, keys).expect("a position"), position);
            assert!(Position::read(&written, keys + 1).is_err());
        }
    }

    #[test]
    fn what_was_cut_is_no_position() {
        let place = Place { docid: 9, keys: vec![Some(vec![1, 2]), None] };
        let written = Position::first(1, Own::Docid).moved(place).write().0;
        for len in 0..written.len() {
            assert!(Position::read(&crate::Position(written[..len].to_vec()), 2).is_err());
        }
    }
}

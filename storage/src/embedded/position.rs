//! Where a page ended, as bytes.
//!
//! Kind of place (u8), bound (u32), docid (u32), sort key.

use super::cursor::Cursor;
use super::order::SORT_KEY_MAX;
use crate::StoreError;

const START: u8 = 0;
const UNSORTED: u8 = 1;
const VALUED: u8 = 2;
const VALUELESS: u8 = 3;

/// A place in the order of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    kind: u8,
    pub(super) docid: u32,
    key: Vec<u8>,
}

impl Place {
    /// In the order of docids.
    pub(super) fn unsorted(docid: u32) -> Self {
        Self { kind: UNSORTED, docid, key: Vec::new() }
    }

    /// In the order of a parameter: at a sort key, or behind all that have one.
    pub(super) fn sorted(key: Option<Vec<u8>>, docid: u32) -> Self {
        let kind = if key.is_some() { VALUED } else { VALUELESS };
        Self { kind, docid, key: key.unwrap_or_default() }
    }
}

/// Where a search goes on, and what it does not go beyond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    place: Place,
    /// Greatest docid that belongs to the search.
    pub(super) bound: u32,
}

impl Position {
    /// The start of a search.
    pub(super) fn first(bound: u32) -> Self {
        Self { place: Place { kind: START, docid: 0, key: Vec::new() }, bound }
    }

    /// The same search, later.
    pub(super) fn moved(&self, place: Place) -> Self {
        Self { place, bound: self.bound }
    }

    /// The first docid that may come now, in the order of docids.
    pub(super) fn first_docid(&self) -> u32 {
        match self.place.kind {
            START => 0,
            _ => self.place.docid.saturating_add(1),
        }
    }

    /// Behind all that have a value?
    pub(super) fn is_valueless(&self) -> bool {
        self.place.kind == VALUELESS
    }

    /// The sort key and the docid of the last place with a value.
    pub(super) fn valued(&self) -> Option<(&[u8], u32)> {
        (self.place.kind == VALUED).then_some((self.place.key.as_slice(), self.place.docid))
    }

    pub(super) fn write(&self) -> crate::Position {
        let mut bytes = vec![self.place.kind];
        bytes.extend_from_slice(&self.bound.to_be_bytes());
        bytes.extend_from_slice(&self.place.docid.to_be_bytes());
        bytes.extend_from_slice(&self.place.key);
        crate::Position(bytes)
    }

    pub(super) fn read(position: &crate::Position) -> Result<Self, StoreError> {
        let mut cursor = Cursor(&position.0);
        let read = (|| {
            let kind = cursor.u8()?;
            let bound = cursor.u32()?;
            let docid = cursor.u32()?;
            let is_one = (UNSORTED..=VALUELESS).contains(&kind) && cursor.0.len() <= SORT_KEY_MAX;
            is_one.then(|| Self { place: Place { kind, docid, key: cursor.0.to_vec() }, bound })
        })();
        read.ok_or_else(|| StoreError::Fault("no position of this store".to_owned()))
    }
}

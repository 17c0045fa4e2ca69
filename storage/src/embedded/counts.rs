//! How many current resources have a value: kept for each stem of codes, references to resources of
//! this server and URIs, exact at every moment. From them a search learns without reading what it
//! looks for how many candidates it has, and some totals.
//!
//! They stand in `facts`, whose filters say at once that a value is new, and are written in the
//! batch of the commit that changes them.

use std::collections::HashMap;

use super::fault;
use super::keys::{self};
use super::names::Names;
use super::view::View;
use crate::StoreError;
use crate::index::cursor::{Cursor, put_varint};
use crate::index::stem::{INDEX_HEAD, family};

/// Stems that one generation of the committer's memory holds; there are two.
const REMEMBERED_MAX: usize = 16 * 1024;

/// Are the values of a parameter counted? Not where each resource has one of its own. What is
/// answered here is written down in every store: a change is a change of the layout.
pub(super) fn is_counted(code: &str) -> bool {
    let is_own = matches!(code, "_id" | "_references" | "url" | "phone" | "email" | "telecom");
    !is_own && !code.ends_with("identifier")
}

/// Is a stem counted?
pub(super) fn is_kept(names: &Names, stem: &[u8]) -> bool {
    let Some((head, _)) = stem.split_at_checked(INDEX_HEAD) else { return false };
    let is_countable = matches!(head[2], family::TOKEN | family::LOCAL | family::URI);
    is_countable && names.is_counted(u16::from_be_bytes([head[0], head[1]]))
}

/// How many current resources have a stem that is counted.
pub(super) fn read(view: &View, stem: &[u8]) -> Result<u64, StoreError> {
    let Some(value) = view.get(&view.engine.facts, keys::count(stem))? else { return Ok(0) };
    let damaged = || fault::damaged("facts", "a count is no number");
    Cursor(&value).varint().ok_or_else(damaged)
}

/// What a commit changes of the counts.
#[derive(Debug, Default)]
pub(super) struct Changes(HashMap<Vec<u8>, i64>);

impl Changes {
    /// A resource has the stem now, or not any more.
    pub(super) fn add(&mut self, names: &Names, stem: &[u8], change: i64) {
        if !is_kept(names, stem) {
            return;
        }
        match self.0.get_mut(stem) {
            Some(sum) => *sum += change,
            None => {
                self.0.insert(stem.to_vec(), change);
            }
        }
    }

    /// The counts after it.
    pub(super) fn counted(self, view: &View, known: &mut Counts) -> Result<Counted, StoreError> {
        let changed = self.0.into_iter().filter(|(_, change)| *change != 0);
        changed
            .map(|(stem, change)| {
                let count = known.get(view, &stem)?.saturating_add_signed(change);
                Ok((stem, count))
            })
            .collect()
    }
}

/// Stems with their new counts.
pub(super) type Counted = Vec<(Vec<u8>, u64)>;

/// The value of a count's key; none when there is no such resource.
pub(super) fn value(count: u64) -> Option<Vec<u8>> {
    let mut value = Vec::with_capacity(3);
    put_varint(&mut value, count);
    (count > 0).then_some(value)
}

/// What the committer remembers of the counts: those that it met last.
#[derive(Debug, Default)]
pub(super) struct Counts {
    young: HashMap<Vec<u8>, u64>,
    old: HashMap<Vec<u8>, u64>,
}

impl Counts {
    fn get(&mut self, view: &View, stem: &[u8]) -> Result<u64, StoreError> {
        if let Some(count) = self.young.get(stem) {
            return Ok(*count);
        }
        let count = match self.old.get(stem) {
            Some(count) => *count,
            None => read(view, stem)?,
        };
        self.set(stem.to_vec(), count);
        Ok(count)
    }

    fn set(&mut self, stem: Vec<u8>, count: u64) {
        if self.young.len() >= REMEMBERED_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(stem, count);
    }

    /// The counts that are true once a commit is written.
    pub(super) fn learn(&mut self, counted: Counted) {
        for (stem, count) in counted {
            self.set(stem, count);
        }
    }
}

//! The keys of a parameter in the order of its sort keys, those with the same one together.

use fjall::{Iter, Readable, Slice};

use super::fault;
use super::keys::{DOCID, docid_at_end};
use super::view::View;
use crate::StoreError;
use crate::index::order::{SORTED, sort_key};
use crate::index::stem::INDEX_HEAD;
use crate::index::stem::successor;

/// A group of more keys than this is walked over by its stems.
const GROUP_MAX: usize = 1_000;

/// The docids that have a sort key.
pub(super) struct Group {
    pub(super) key: Vec<u8>,
    /// Rising; `None` when there are too many to gather.
    pub(super) docids: Option<Vec<u32>>,
}

/// Where the groups of a parameter stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Direction {
    pub(super) param: u16,
    pub(super) is_descending: bool,
}

/// The groups from a sort key on.
pub(super) struct Groups<'a> {
    view: &'a View,
    direction: Direction,
    /// Families yet to come.
    families: std::vec::IntoIter<&'static [u8]>,
    keys: Option<Iter>,
    /// The first key of the next group.
    ahead: Option<Slice>,
}

impl<'a> Groups<'a> {
    /// The groups from the one of `from` on, itself included.
    pub(super) fn new(view: &'a View, direction: Direction, from: Option<&[u8]>) -> Self {
        let mut families = SORTED.to_vec();
        if direction.is_descending {
            families.reverse();
        }
        let at = from.and_then(|key| families.iter().position(|family| key.starts_with(family)));
        let families = families.split_off(at.unwrap_or(0)).into_iter();
        let mut groups = Self { view, direction, families, keys: None, ahead: None };
        if let (Some(key), Some(family)) = (from, at.and_then(|_| groups.families.next())) {
            groups.open(family, Some(key), true);
        }
        groups
    }

    /// Opens a family, from the group of a sort key on.
    fn open(&mut self, family: &[u8], from: Option<&[u8]>, is_included: bool) {
        let head = self.direction.param.to_be_bytes();
        let all = [&head, family].concat();
        let (mut start, mut end) = (all.clone(), successor(&all));
        if let Some(key) = from {
            let key = [&head, key].concat();
            match (self.direction.is_descending, is_included) {
                (false, true) => start = key,
                (false, false) => start = successor(&key).unwrap_or(key),
                (true, true) => end = successor(&key),
                (true, false) => end = Some(key),
            }
        }
        // Of a parameter's number and a family there always is a successor.
        let end = end.unwrap_or_else(|| start.clone());
        let range = start.clone()..end.max(start);
        self.keys = Some(self.view.snapshot.range(&self.view.engine.index, range));
    }

    fn next_key(&mut self) -> Result<Option<Slice>, StoreError> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(ahead));
        }
        loop {
            let next = self.keys.as_mut().and_then(|keys| match self.direction.is_descending {
                false => keys.next(),
                true => keys.next_back(),
            });
            if let Some(guard) = next {
                let key = guard.key().map_err(|error| fault::reading("index", &error))?;
                self.view.budget.spend(1)?;
                return Ok(Some(key));
            }
            let Some(family) = self.families.next() else { return Ok(None) };
            self.open(family, None, true);
        }
    }

    /// The next group.
    pub(super) fn next(&mut self) -> Result<Option<Group>, StoreError> {
        let Some(first) = self.next_key()? else { return Ok(None) };
        let key = group_key(&first)?.to_vec();
        let mut docids = vec![docid_at_end(&first)];
        while let Some(next) = self.next_key()? {
            if group_key(&next)? != key {
                self.ahead = Some(next);
                break;
            }
            docids.push(docid_at_end(&next));
            if docids.len() > GROUP_MAX {
                let family = SORTED.iter().find(|family| key.starts_with(family));
                self.open(family.copied().unwrap_or_default(), Some(&key), false);
                return Ok(Some(Group { key, docids: None }));
            }
        }
        docids.sort_unstable();
        docids.dedup();
        Ok(Some(Group { key, docids: Some(docids) }))
    }

    /// The prefix of all keys in a group.
    pub(super) fn prefix(&self, key: &[u8]) -> Vec<u8> {
        [&self.direction.param.to_be_bytes(), key].concat()
    }
}

fn group_key(key: &[u8]) -> Result<&[u8], StoreError> {
    let is_long = key.len() >= INDEX_HEAD + DOCID;
    let sort_key = is_long.then(|| sort_key(&key[..key.len() - DOCID])).flatten();
    sort_key.ok_or_else(|| fault::damaged("index", "a key is too short"))
}

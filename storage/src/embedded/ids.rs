//! The resources of a type in the order of their ids.

use fjall::{Iter, Readable};

use super::fault;
use super::groups::Group;
use super::keys::{self};
use super::view::View;
use crate::StoreError;
use crate::index::cursor::Cursor;
use crate::index::order::SORT_KEY_MAX;
use crate::index::stem::successor;

/// Groups of those whose ids begin with the same bytes, which is one each but for very long ids.
pub(super) struct Ids<'a> {
    view: &'a View,
    type_id: u16,
    is_descending: bool,
    ids: Iter,
    /// The first of the next group.
    ahead: Option<(Vec<u8>, u32)>,
}

impl<'a> Ids<'a> {
    /// From the group of a sort key on, itself included.
    pub(super) fn new(
        view: &'a View,
        type_id: u16,
        is_descending: bool,
        from: Option<&[u8]>,
    ) -> Self {
        let all = keys::resource(type_id, "");
        let from = from.map(|key| [&all, key].concat());
        let (start, end) = match from {
            Some(from) if is_descending => (all, successor(&from)),
            Some(from) => (from, successor(&all)),
            None => (all.clone(), successor(&all)),
        };
        // What begins with the letter of an id's key always has a successor.
        let range = start.clone()..end.unwrap_or(start);
        let ids = view.snapshot.range(&view.engine.facts, range);
        Self { view, type_id, is_descending, ids, ahead: None }
    }

    fn next_id(&mut self) -> Result<Option<(Vec<u8>, u32)>, StoreError> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(ahead));
        }
        loop {
            let next = if self.is_descending { self.ids.next_back() } else { self.ids.next() };
            let Some(guard) = next else { return Ok(None) };
            let (key, value) = guard.into_inner().map_err(|e| fault::reading("facts", &e))?;
            self.view.budget.spend(2)?;
            let docid = Cursor(&value).u32();
            let docid = docid.ok_or_else(|| fault::damaged("facts", "a value is no docid"))?;
            if self.view.is_member(self.type_id, docid)? {
                let id = &key[keys::resource(self.type_id, "").len()..];
                return Ok(Some((id[..id.len().min(SORT_KEY_MAX)].to_vec(), docid)));
            }
        }
    }

    /// The next group.
    pub(super) fn next(&mut self) -> Result<Option<Group>, StoreError> {
        let Some((key, docid)) = self.next_id()? else { return Ok(None) };
        let mut docids = vec![docid];
        while let Some((next, docid)) = self.next_id()? {
            if next != key {
                self.ahead = Some((next, docid));
                break;
            }
            docids.push(docid);
        }
        docids.sort_unstable();
        Ok(Some(Group { key, docids: Some(docids) }))
    }
}

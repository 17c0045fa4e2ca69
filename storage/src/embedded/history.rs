//! The [history] interactions' versions, newest first.
//!
//! [history]: https://hl7.org/fhir/R4/http.html#history

use fjall::{Iter, Readable};

use super::change::{self, Change};
use super::record::Record;
use super::view::{View, decoded};
use super::{fault, keys};
use crate::{HistoryPage, HistoryRequest, HistoryScope, Key, PAGE_BYTES_MAX, StoreError};

/// A page of a history.
pub(super) fn history(view: &View, request: &HistoryRequest) -> Result<HistoryPage, StoreError> {
    match &request.scope {
        HistoryScope::Instance(key) => of_instance(view, request, key),
        HistoryScope::Type(resource) => match view.engine.names.type_id(resource) {
            Some(type_id) => of_changes(view, request, Some(type_id)),
            None => Ok(HistoryPage { total: Some(0), ..HistoryPage::default() }),
        },
        HistoryScope::System => of_changes(view, request, None),
    }
}

/// Gathers a page, and knows whether there is more.
struct Gathered<'a> {
    request: &'a HistoryRequest,
    page: HistoryPage,
    last_sequence: u64,
    bytes: usize,
}

impl Gathered<'_> {
    /// Takes a version in; `false` when the page was full already.
    fn take(&mut self, view: &View, record: &Record, key: Key) -> Result<bool, StoreError> {
        if self.page.versions.len() == self.request.limit || self.bytes >= PAGE_BYTES_MAX {
            // With no versions wanted there is no page after this one either.
            self.page.next = (self.request.limit > 0).then_some(self.last_sequence);
            return Ok(false);
        }
        self.last_sequence = record.sequence;
        let version = view.version(record, key)?;
        self.bytes += version.body.len();
        self.page.versions.push(version);
        Ok(true)
    }
}

fn gathered(request: &HistoryRequest, total: u64) -> Gathered<'_> {
    let is_whole = request.since_us.is_none() && request.at_us.is_none();
    let page = HistoryPage { total: is_whole.then_some(total), ..HistoryPage::default() };
    Gathered { request, page, last_sequence: u64::MAX, bytes: 0 }
}

fn of_instance(
    view: &View,
    request: &HistoryRequest,
    key: &Key,
) -> Result<HistoryPage, StoreError> {
    let docid = view.docid_of(key)?;
    let current = docid.map(|docid| view.current(docid)).transpose()?.flatten();
    let (Some(docid), Some(current)) = (docid, current) else {
        return Ok(HistoryPage { total: Some(0), ..HistoryPage::default() });
    };
    let mut gathered = gathered(request, current.version);
    let space = &view.engine.versions;
    let range = keys::history(docid, u64::MAX)..=keys::history(docid, 0);
    let older = view.snapshot.range(space, range).map(|guard| {
        let value = guard.value().map_err(|error| fault::reading("versions", &error))?;
        decoded(space, docid, value)
    });
    let mut replaced_us = None;
    for record in std::iter::once(Ok(current)).chain(older) {
        let record = record?;
        if request.since_us.is_some_and(|since| shown_us(record.last_updated_us) < since) {
            break;
        }
        let is_wanted = request.before.is_none_or(|before| record.sequence < before)
            && was_current(request, record.last_updated_us, replaced_us);
        replaced_us = Some(record.last_updated_us);
        if is_wanted && !gathered.take(view, &record, key.clone())? {
            break;
        }
    }
    Ok(gathered.page)
}

/// Was a version current at some point of the span asked for?
fn was_current(request: &HistoryRequest, written_us: i64, replaced_us: Option<i64>) -> bool {
    request.at_us.is_none_or(|(first, last)| {
        shown_us(written_us) <= last
            && replaced_us.is_none_or(|replaced| shown_us(replaced) > first)
    })
}

/// When a version was written as its `meta.lastUpdated` says it, which is what clients send back:
/// to the millisecond.
fn shown_us(written_us: i64) -> i64 {
    written_us - written_us.rem_euclid(1000)
}

fn of_changes(
    view: &View,
    request: &HistoryRequest,
    type_id: Option<u16>,
) -> Result<HistoryPage, StoreError> {
    let mut gathered = gathered(request, versions(view, type_id)?);
    for change in changes_back(view, type_id, request.before) {
        let change = change?;
        if request.since_us.is_some_and(|since| shown_us(change.last_updated_us) < since) {
            break;
        }
        if let Some((_, last)) = request.at_us
            && shown_us(change.last_updated_us) > last
        {
            continue;
        }
        if request.at_us.is_some()
            && !was_current(request, change.last_updated_us, replaced_us(view, &change)?)
        {
            continue;
        }
        let damaged = || fault::damaged("versions", "a version that was written is gone");
        let record = view.record(change.docid, change.version)?.ok_or_else(damaged)?;
        let resource = view.engine.names.type_name(change.type_id).ok_or_else(damaged)?;
        let key = Key::new(resource, record.id.as_str());
        if !gathered.take(view, &record, key)? {
            break;
        }
    }
    Ok(gathered.page)
}

/// When the version after a change was written, if there is one.
fn replaced_us(view: &View, change: &Change) -> Result<Option<i64>, StoreError> {
    let next = view.record(change.docid, change.version + 1)?;
    Ok(next.map(|record| record.last_updated_us))
}

fn versions(view: &View, type_id: Option<u16>) -> Result<u64, StoreError> {
    match type_id {
        Some(type_id) => Ok(view.counter(type_id)?.1),
        None => (0_u16..)
            .zip(view.engine.names.types())
            .map(|(type_id, _)| Ok(view.counter(type_id)?.1))
            .sum(),
    }
}

/// The changes of a type or of all, newest first, from below `before`.
fn changes_back(
    view: &View,
    type_id: Option<u16>,
    before: Option<u64>,
) -> impl Iterator<Item = Result<Change, StoreError>> {
    let start = keys::change_prefix(type_id);
    let end = keys::change(type_id, before.unwrap_or(u64::MAX));
    let range: Iter = view.snapshot.range(&view.engine.facts, start..end);
    range.rev().map(|guard| {
        let value = guard.value().map_err(|error| fault::reading("facts", &error))?;
        change::decode(&value).ok_or_else(|| fault::damaged("facts", "a change is not readable"))
    })
}

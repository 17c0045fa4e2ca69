//! The [history] interactions' versions, newest first: what is current and what was, merged.
//!
//! [history]: https://hl7.org/fhir/R4/http.html#history

use std::collections::HashSet;

use mongodb::bson::{DateTime, Document, RawDocument, RawDocumentBuf, doc};

use super::documents::{RESOURCES, VERSIONS};
use super::record::{self, Head};
use super::rows::{Access, Read};
use super::sequence;
use super::store::Shared;
use crate::{HistoryPage, HistoryRequest, HistoryScope, Key, PAGE_BYTES_MAX, StoreError};

/// All versions are counted where the resources are so many at most: the database reads each.
const COUNTED_MAX: i64 = 10_000;
/// So many versions are asked for one by one; where there may be more, all of the resource are read.
const POINTS_MAX: u64 = 1_000;

/// A page of a history.
pub(super) async fn history(
    shared: &Shared,
    request: &HistoryRequest,
) -> Result<HistoryPage, StoreError> {
    if let HistoryScope::Instance(key) = &request.scope {
        return of_instance(shared, request, key).await;
    }
    let mut found = Vec::new();
    for collection in [RESOURCES, VERSIONS] {
        found.extend(read(shared, request, collection, scope(request)).await?);
    }
    let total = total(shared, request).await?;
    page(shared, request, found, total).await
}

/// The versions of one resource: the current one says how many there are, and what they are called.
async fn of_instance(
    shared: &Shared,
    request: &HistoryRequest,
    key: &Key,
) -> Result<HistoryPage, StoreError> {
    let total = |count: u64| is_of_all_times(request).then_some(count);
    let all = HistoryRequest { since_us: None, at_us: None, before: None, ..request.clone() };
    let current = read(shared, &all, RESOURCES, doc! { "_id": record::id(key) }).await?;
    let Some(current) = current.into_iter().next() else {
        return Ok(HistoryPage { total: total(0), ..HistoryPage::default() });
    };
    let head = record::head(&current)?;
    let mut found = older(shared, request, &head).await?;
    if fits(request, &head) {
        found.push(current);
    }
    page(shared, request, found, total(head.version)).await
}

fn is_of_all_times(request: &HistoryRequest) -> bool {
    request.since_us.is_none() && request.at_us.is_none()
}

/// The versions before the current one that are asked for, by their names where they are not too
/// many.
async fn older(
    shared: &Shared,
    request: &HistoryRequest,
    head: &Head,
) -> Result<Vec<RawDocumentBuf>, StoreError> {
    let is_first = is_of_all_times(request) && request.before.is_none();
    let wanted = (request.limit as u64).saturating_add(1);
    let first = if is_first { head.version.saturating_sub(wanted).max(1) } else { 1 };
    if head.version.saturating_sub(first) > POINTS_MAX {
        // A slash comes right before the digit zero.
        let id = record::id(&head.key);
        let scope = doc! { "_id": { "$gt": format!("{id}/"), "$lt": format!("{id}0") } };
        return read(shared, request, VERSIONS, scope).await;
    }
    let mut versions: Vec<u64> = (first..head.version).collect();
    if !is_first {
        versions = fitting(shared, request, (&head.key, &versions)).await?;
    }
    let limit = versions.len();
    by_name(shared, (&head.key, &versions), doc! { "k": 0, "e": 0, "x": 0 }, limit).await
}

/// Those of some versions that are asked for, and no more of them than a page has: what is said of
/// each tells.
async fn fitting(
    shared: &Shared,
    request: &HistoryRequest,
    (key, versions): (&Key, &[u64]),
) -> Result<Vec<u64>, StoreError> {
    let mut fitting = Vec::new();
    let found = by_name(shared, (key, versions), doc! { "b": 0 }, versions.len()).await?;
    for document in found {
        let head = record::head(&document)?;
        let replaced_us = document.get_i64("r").unwrap_or(i64::MAX);
        let is_current = request.at_us.is_none_or(|(at, _)| replaced_us >= behind_us(at));
        if is_current && fits(request, &head) {
            fitting.push(head.version);
        }
    }
    fitting.sort_unstable_by_key(|version| std::cmp::Reverse(*version));
    fitting.truncate(request.limit.saturating_add(1));
    Ok(fitting)
}

async fn by_name(
    shared: &Shared,
    (key, versions): (&Key, &[u64]),
    projection: Document,
    limit: usize,
) -> Result<Vec<RawDocumentBuf>, StoreError> {
    if versions.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> =
        versions.iter().map(|version| record::version_id(key, *version)).collect();
    let filter = doc! { "_id": { "$in": ids } };
    let read = Read { collection: VERSIONS, filter, projection, sort: Document::new(), limit };
    shared.rows.read(&mut Access::Free, read).await
}

/// Was a version written when those were that are asked for?
fn fits(request: &HistoryRequest, head: &Head) -> bool {
    let ms = head.us.div_euclid(1000);
    let is_before = |before: u64| u64::try_from(head.sequence).is_ok_and(|own| own < before);
    request.before.is_none_or(is_before)
        && request.since_us.is_none_or(|since| ms >= shown(since, true).timestamp_millis())
        && request.at_us.is_none_or(|(_, last)| ms <= shown(last, false).timestamp_millis())
}

async fn read(
    shared: &Shared,
    request: &HistoryRequest,
    collection: &'static str,
    scope: Document,
) -> Result<Vec<RawDocumentBuf>, StoreError> {
    let read = Read {
        collection,
        filter: filter(request, collection, scope),
        projection: doc! { "k": 0, "e": 0, "x": 0 },
        sort: doc! { "s": -1 },
        limit: request.limit.saturating_add(1),
    };
    shared.rows.read(&mut Access::Free, read).await
}

async fn page(
    shared: &Shared,
    request: &HistoryRequest,
    found: Vec<RawDocumentBuf>,
    total: Option<u64>,
) -> Result<HistoryPage, StoreError> {
    let access = &mut Access::Free;
    let mut documents = Vec::with_capacity(found.len());
    for document in found {
        documents.push((record::head(&document)?, document));
    }
    // A write that came to no end may have left a copy of what is current still.
    documents.sort_by_key(|(head, _)| std::cmp::Reverse(head.sequence));
    let mut seen = HashSet::with_capacity(documents.len());
    documents.retain(|(head, _)| seen.insert((head.key.clone(), head.version)));
    let mut page = HistoryPage { total, ..HistoryPage::default() };
    let (mut last, mut bytes) = (None, 0);
    for (head, document) in documents {
        if page.versions.len() == request.limit || bytes >= PAGE_BYTES_MAX {
            page.next = last;
            break;
        }
        last = u64::try_from(head.sequence).ok();
        let version = shared.version(access, &document).await?;
        bytes += version.body.len();
        page.versions.push(version);
    }
    Ok(page)
}

fn scope(request: &HistoryRequest) -> Document {
    match &request.scope {
        HistoryScope::System => Document::new(),
        HistoryScope::Type(resource) => doc! { "type": &**resource },
        HistoryScope::Instance(key) => doc! { "_id": record::id(key) },
    }
}

/// The versions of a scope that are asked for.
fn filter(request: &HistoryRequest, collection: &str, mut filter: Document) -> Document {
    // Instants count to the millisecond that `meta.lastUpdated` says. Sequence numbers, which an
    // index has in order, say them nearly.
    let (mut sequence, mut written) = (Document::new(), Document::new());
    let mut end = request.before.map(|before| i64::try_from(before).unwrap_or(i64::MAX));
    if let Some(since) = request.since_us {
        let since = shown(since, true);
        written.insert("$gte", since);
        sequence.insert("$gte", sequence::first_of(since.timestamp_millis()));
    }
    if let Some((first, last)) = request.at_us {
        let last = shown(last, false);
        written.insert("$lte", last);
        let behind = sequence::behind(last.timestamp_millis());
        end = Some(end.map_or(behind, |end| end.min(behind)));
        if collection == VERSIONS {
            filter.insert("r", doc! { "$gte": behind_us(first) });
        }
    }
    if let Some(end) = end {
        sequence.insert("$lt", end);
    }
    if !sequence.is_empty() {
        filter.insert("s", sequence);
    }
    if !written.is_empty() {
        filter.insert("lastUpdated", written);
    }
    filter
}

/// The microsecond behind the millisecond of an instant.
fn behind_us(us: i64) -> i64 {
    shown(us, false).timestamp_millis().saturating_add(1).saturating_mul(1000)
}

/// The millisecond of an instant; the next one when it is later than that and wanted from below.
fn shown(us: i64, is_from: bool) -> DateTime {
    let ms = us.div_euclid(1000);
    let is_later = is_from && us.rem_euclid(1000) != 0;
    DateTime::from_millis(if is_later { ms.saturating_add(1) } else { ms })
}

/// How many versions there are, where that is known at little cost.
async fn total(shared: &Shared, request: &HistoryRequest) -> Result<Option<u64>, StoreError> {
    if !is_of_all_times(request) {
        return Ok(None);
    }
    let scope = match &request.scope {
        // All of them, by an index.
        HistoryScope::System => doc! { "s": { "$gte": 0_i64 } },
        _ => scope(request),
    };
    let stages = vec![
        doc! { "$match": scope },
        doc! { "$limit": COUNTED_MAX + 1 },
        // Versions are counted from one without a gap.
        doc! { "$group": { "_id": null, "n": { "$sum": "$version" }, "of": { "$sum": 1_i64 } } },
    ];
    let (mut total, mut counted) = (0, 0);
    let visit = |document: &RawDocument| {
        total = document.get_i64("n").ok().and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
        counted = document.get_i64("of").unwrap_or_default();
        Ok(())
    };
    let limits = (1, shared.request_time);
    shared.rows.aggregate(&mut Access::Free, (RESOURCES, stages), limits, visit).await?;
    Ok((counted <= COUNTED_MAX).then_some(total))
}

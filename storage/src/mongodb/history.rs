//! The [history] interactions' versions, newest first: what is current and what was, merged.
//!
//! [history]: https://hl7.org/fhir/R4/http.html#history

use std::collections::HashSet;

use mongodb::bson::{DateTime, Document, RawDocument, RawDocumentBuf, doc};

use super::documents::{RESOURCES, VERSIONS};
use super::rows::{Access, Read};
use super::store::Shared;
use super::{record, sequence};
use crate::{HistoryPage, HistoryRequest, HistoryScope, PAGE_BYTES_MAX, StoreError};

/// A page of a history.
pub(super) async fn history(
    shared: &Shared,
    request: &HistoryRequest,
) -> Result<HistoryPage, StoreError> {
    let access = &mut Access::Free;
    let wanted = request.limit.saturating_add(1);
    let mut found = Vec::new();
    for collection in [RESOURCES, VERSIONS] {
        let read = Read {
            collection,
            filter: filter(request, collection),
            projection: doc! { "k": 0, "e": 0, "x": 0 },
            sort: doc! { "s": -1 },
            limit: wanted,
        };
        for document in shared.rows.read(access, read).await? {
            found.push(document);
        }
    }
    let total = total(shared, request).await?;
    page(shared, request, found, total).await
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

fn filter(request: &HistoryRequest, collection: &str) -> Document {
    let mut filter = match &request.scope {
        HistoryScope::System => Document::new(),
        HistoryScope::Type(resource) => doc! { "type": &**resource },
        HistoryScope::Instance(key) if collection == RESOURCES => doc! { "_id": record::id(key) },
        // A slash comes right before the digit zero.
        HistoryScope::Instance(key) => {
            let id = record::id(key);
            doc! { "_id": { "$gt": format!("{id}/"), "$lt": format!("{id}0") } }
        }
    };
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
            let ms = shown(first, false).timestamp_millis();
            let next_us = ms.saturating_add(1).saturating_mul(1000);
            filter.insert("r", doc! { "$gte": next_us });
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

/// The millisecond of an instant; the next one when it is later than that and wanted from below.
fn shown(us: i64, is_from: bool) -> DateTime {
    let ms = us.div_euclid(1000);
    let is_later = is_from && us.rem_euclid(1000) != 0;
    DateTime::from_millis(if is_later { ms.saturating_add(1) } else { ms })
}

/// How many versions there are, where that is known at little cost.
async fn total(shared: &Shared, request: &HistoryRequest) -> Result<Option<u64>, StoreError> {
    if request.since_us.is_some() || request.at_us.is_some() {
        return Ok(None);
    }
    let stages = match &request.scope {
        HistoryScope::Instance(key) => {
            return Ok(Some(shared.version_of(key).await?.unwrap_or_default()));
        }
        HistoryScope::Type(resource) => vec![doc! { "$match": { "type": &**resource } }],
        HistoryScope::System => Vec::new(),
    };
    // Versions are counted from one without a gap.
    let sum = doc! { "$group": { "_id": null, "n": { "$sum": "$version" } } };
    let stages = [stages, vec![sum]].concat();
    let mut total = 0;
    let visit = |document: &RawDocument| {
        total = document.get_i64("n").ok().and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
        Ok(())
    };
    let limits = (1, shared.request_time);
    shared.rows.aggregate(&mut Access::Free, (RESOURCES, stages), limits, visit).await?;
    Ok(Some(total))
}

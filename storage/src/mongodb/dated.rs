//! A code and a date asked for together: one range of the keys that have both.
//!
//! Such a key tells the date of a resource that has one, of a day at most. Where a resource of the
//! code has several dates or a longer one, its keys say only so, and the plain conditions are left
//! to themselves.

use std::sync::Arc;

use mongodb::bson::{Document, doc};

use fhir::search::{Filter, LeadTest, Param, hot_test};

use super::clause::{Clause, flattened};
use super::documents::RESOURCES;
use super::keys::code_and_date;
use super::page::Search;
use super::rows::{Access, Read};
use super::text::{Range, text};
use crate::StoreError;
use crate::index::bounds::{Span, low_range};
use crate::index::cursor::ordered_i64;
use crate::index::hot::{DATED, SEVERAL};

/// Keys between which one key of every resource lies that passes, beside the conditions themselves.
#[derive(Debug, Clone)]
pub(super) struct Between {
    /// The name of the combination.
    pub(super) code: &'static str,
    pub(super) range: Range,
}

impl Search<'_> {
    /// The same clause with a range of keys beside it, where a code and a date tell one.
    pub(super) async fn dated(
        &self,
        access: &mut Access<'_>,
        (resource, filter): (&Arc<str>, &Filter),
        clause: Clause,
    ) -> Result<Clause, StoreError> {
        let Some((between, several)) = self.between(resource, filter).await? else {
            return Ok(clause);
        };
        let read = Read {
            collection: RESOURCES,
            filter: doc! { "k": several },
            projection: doc! { "_id": 1 },
            sort: Document::new(),
            limit: 1,
        };
        if !self.store.rows.read(access, read).await?.is_empty() {
            return Ok(clause);
        }
        let between = Clause::Between(Box::new(between));
        Ok(match clause {
            Clause::And(mut parts) => {
                parts.insert(0, between);
                Clause::And(parts)
            }
            other => Clause::And(vec![between, other]),
        })
    }

    /// The range, and the key of resources that it does not tell of.
    async fn between(
        &self,
        resource: &Arc<str>,
        filter: &Filter,
    ) -> Result<Option<(Between, String)>, StoreError> {
        let parts = flattened(filter);
        let Some(test) = hot_test(resource, &parts, None) else { return Ok(None) };
        let [tests] = test.leads.as_slice() else { return Ok(None) };
        let [LeadTest::Token { system, code }] = tests.as_slice() else { return Ok(None) };
        let param = Param::new(Arc::clone(resource), test.hot.code);
        let Some(param) = self.names().find(&param).await? else { return Ok(None) };
        let low = test.dates.iter().map(low_range);
        let low = low.fold((i64::MIN, i64::MAX), |a, b| (a.0.max(b.0), a.1.min(b.1)));
        let prefix = code_and_date(param, code, *system);
        let base = [prefix.as_slice(), &[DATED]].concat();
        let span = Span::between(&base, ordered_i64(low.0), ordered_i64(low.1));
        let between = Between { code: test.hot.code, range: Range::of(&span) };
        Ok(Some((between, text(&[prefix.as_slice(), &[SEVERAL]].concat()))))
    }
}

//! Keys of the combinations that are asked for together: see [`fhir::search::Hot`].
//!
//! A key is its leads, then by the date of the resource `DATED`, low bound and span, or `SEVERAL`
//! or `DATELESS` alone, then the docid. So what is led by the same stands in the order of time.

use fhir::search::{DateTest, Filter, Hot, HotTest, IndexValue, LeadTest, Param, hot, hot_test};

use super::clause::{Clause, Entries, and, compile};
use super::keys::{DOCID, docid_at_end};
use super::names::Names;
use super::scan::{count_keys, each_key, first_key};
use super::view::View;
use crate::StoreError;
use crate::index::bounds::{Span, low_range};
use crate::index::cursor::{Cursor, ordered_i64, put_key_id, put_text};
use crate::index::encode::{CODE_MAX, ID_MAX};
use crate::index::hot::{DATED, DATELESS, SEVERAL, stem};
use crate::index::stem::{family, index_head, successor};

/// Prefixes that one search may read side by side.
const PREFIXES_MAX: usize = 32;

/// Adds the stems of combinations to those of all entries of a resource.
pub(super) fn add_stems(names: &Names, entries: &[(u16, IndexValue)], stems: &mut Vec<Vec<u8>>) {
    let Some(resource) = entries.first().and_then(|(param, _)| names.resource_of(*param)) else {
        return;
    };
    let id_of = |code: &str| names.param_id(&Param::new(resource.clone(), code));
    let of = |code: &str| match id_of(code) {
        Some(id) => entries.iter().filter(|(one, _)| *one == id).map(|(_, value)| value).collect(),
        None => Vec::new(),
    };
    for hot in hot(&resource) {
        if let Some(param) = id_of(hot.code) {
            stems.extend(hot.values(&of).iter().map(|value| stem(param, value)));
        }
    }
}

/// What a conjunction asks of a combination.
#[derive(Debug, Clone)]
pub(super) struct HotClause {
    /// The conditions that it answers.
    pub(super) parts: Vec<Clause>,
    pub(super) hot: &'static Hot,
    /// The parameter of the date.
    pub(super) date: Option<u16>,
    /// What its keys start with, up to the date; without doubles.
    pub(super) prefixes: Vec<Vec<u8>>,
    pub(super) dates: Vec<DateTest>,
    /// Where the low bound of a date that passes lies.
    low: (i64, i64),
}

/// A filter with a combination in it, if one answers a part of it; `order` is the parameter that
/// decides the order first.
pub(super) fn compiled(
    view: &View,
    type_id: u16,
    filter: &Filter,
    order: Option<&str>,
) -> Result<Option<Clause>, StoreError> {
    let names = &view.engine.names;
    let Some(resource) = names.type_name(type_id) else { return Ok(None) };
    if hot(&resource).next().is_none() {
        return Ok(None);
    }
    let mut parts = Vec::new();
    flatten(filter, &mut parts);
    let Some(test) = hot_test(&resource, &parts, order) else { return Ok(None) };
    let Some(param) = names.param_id(&Param::new(resource.clone(), test.hot.code)) else {
        return Ok(None);
    };
    let Some(prefixes) = prefixes(view, param, &test)? else { return Ok(None) };
    let mut answered = Vec::with_capacity(test.answered.len());
    let mut all = Vec::with_capacity(parts.len());
    for (at, part) in parts.into_iter().enumerate() {
        let clause = compile(view, type_id, part)?;
        let to = if test.answered.contains(&at) { &mut answered } else { &mut all };
        to.push(clause);
    }
    let low = test.dates.iter().map(low_range);
    let low = low.fold((i64::MIN, i64::MAX), |a, b| (a.0.max(b.0), a.1.min(b.1)));
    let date = names.param_id(&Param::new(resource, test.hot.date));
    let HotTest { hot, dates, .. } = test;
    let hot = HotClause { parts: answered, hot, date, prefixes, dates, low };
    all.insert(0, Clause::Hot(Box::new(hot)));
    Ok(Some(and(all)))
}

fn flatten<'a>(filter: &'a Filter, parts: &mut Vec<&'a Filter>) {
    match filter {
        Filter::And(inner) => inner.iter().for_each(|part| flatten(part, parts)),
        other => parts.push(other),
    }
}

/// What the keys that pass start with, up to the date; `None` when there are too many.
fn prefixes(view: &View, param: u16, test: &HotTest) -> Result<Option<Vec<Vec<u8>>>, StoreError> {
    let mut all = vec![index_head(param, family::HOT).to_vec()];
    for tests in &test.leads {
        let mut longer = Vec::new();
        for prefix in &all {
            for test in tests {
                add_prefixes(view, prefix, test, &mut longer)?;
                if longer.len() > PREFIXES_MAX {
                    return Ok(None);
                }
            }
        }
        longer.sort_unstable();
        longer.dedup();
        all = longer;
    }
    Ok(Some(all))
}

fn add_prefixes(
    view: &View,
    prefix: &[u8],
    test: &LeadTest,
    all: &mut Vec<Vec<u8>>,
) -> Result<(), StoreError> {
    let mut base = prefix.to_vec();
    match test {
        LeadTest::Patient(id) => put_key_id(&mut base, id, ID_MAX),
        LeadTest::Token { system: Some(system), code } => {
            put_text(&mut base, code, CODE_MAX);
            base.extend_from_slice(&system.to_be_bytes());
        }
        LeadTest::Token { system: None, code } => {
            put_text(&mut base, code, CODE_MAX);
            // The systems that there are: the next key says the next one.
            let mut span = Span::prefix(base.clone());
            while let Some(key) = first_key(view, &span)?
                && let Some(with_system) = key.get(..base.len() + 8)
                && all.len() <= PREFIXES_MAX
            {
                all.push(with_system.to_vec());
                let Some(next) = successor(with_system) else { break };
                span.start = next;
            }
            return Ok(());
        }
    }
    all.push(base);
    Ok(())
}

impl HotClause {
    /// The keys of resources with one date, of which it is certain whether they pass.
    pub(super) fn dated(&self, prefix: &[u8]) -> Span {
        let base = [prefix, &[DATED]].concat();
        Span::between(&base, ordered_i64(self.low.0), ordered_i64(self.low.1))
    }

    /// The keys of resources that are decided by their plain values.
    pub(super) fn several(prefix: &[u8]) -> Span {
        Span::prefix([prefix, &[SEVERAL]].concat())
    }

    /// The keys of resources without a date, where these pass.
    pub(super) fn dateless(&self) -> impl Iterator<Item = Span> {
        let prefixes = self.prefixes.iter().filter(|_| self.dates.is_empty());
        prefixes.map(|prefix| Span::prefix([prefix.as_slice(), &[DATELESS]].concat()))
    }

    /// What stands behind the prefix of the key of a resource with one date: the low bound as it
    /// stands there, and whether the date passes.
    pub(super) fn date<'k>(&self, prefix: &[u8], key: &'k [u8]) -> Option<(&'k [u8], bool)> {
        let tail = key.get(prefix.len() + 1..key.len().checked_sub(DOCID)?)?;
        let mut cursor = Cursor(tail);
        let low = cursor.i64()?;
        let high = low.wrapping_add(cursor.varint()? as i64);
        let date = fhir::search::DateValue { low, high };
        Some((&tail[..8], self.dates.iter().all(|test| test.matches(&date))))
    }

    /// Do the plain values pass?
    pub(super) fn pass(&self, entries: &mut Entries<'_>) -> Result<bool, StoreError> {
        for part in &self.parts {
            if !entries.pass(part)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// All resources that pass, rising.
    pub(super) fn all(&self, view: &View) -> Result<Vec<u32>, StoreError> {
        let mut docids = Vec::new();
        for prefix in &self.prefixes {
            each_key(view, &self.dated(prefix), |key| {
                if self.date(prefix, key).is_some_and(|(_, passes)| passes) {
                    docids.push(docid_at_end(key));
                }
                Ok(true)
            })?;
            each_key(view, &Self::several(prefix), |key| {
                let docid = docid_at_end(key);
                if self.pass(&mut Entries::of(view, docid))? {
                    docids.push(docid);
                }
                Ok(true)
            })?;
        }
        for span in self.dateless() {
            each_key(view, &span, |key| {
                docids.push(docid_at_end(key));
                Ok(true)
            })?;
        }
        docids.sort_unstable();
        docids.dedup();
        Ok(docids)
    }

    /// How many candidates it has, counted up to `max`.
    pub(super) fn size(&self, view: &View, max: usize) -> Result<usize, StoreError> {
        let of_prefix = |prefix: &Vec<u8>| [self.dated(prefix), Self::several(prefix)].into_iter();
        let spans = self.prefixes.iter().flat_map(of_prefix).chain(self.dateless());
        let mut count = 0;
        for span in spans {
            count += count_keys(view, &span, max - count)?;
            if count >= max {
                break;
            }
        }
        Ok(count)
    }
}

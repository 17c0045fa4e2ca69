//! How many candidates a condition has: from the counts that the store keeps, and where it keeps
//! none by counting keys as far as it matters.

use fhir::search::Test;

use super::clause::Clause;
use super::counts;
use super::keys::DOCID;
use super::merge::STEMS_MAX;
use super::scan::{Decision, asks, count_keys, decide, first_key, spans_of};
use super::view::View;
use crate::StoreError;
use crate::index::bounds::Span;
use crate::index::stem::successor;

/// How far keys are counted to compare conditions.
pub(super) const PROBE_MAX: usize = 200;

/// How many candidates a clause has. Where that has to be counted it is counted up to `max`; what
/// is known from the counts may be more. What needs all of the type has too many.
pub(super) fn size(view: &View, clause: &Clause, max: usize) -> Result<usize, StoreError> {
    if let Some((param, test)) = asks(clause) {
        return size_of_test(view, param, test, max);
    }
    match clause {
        Clause::Docs(docids) => Ok(docids.len()),
        Clause::Join(join) => join.size(view, max),
        Clause::Hot(hot) => hot.size(view, max),
        Clause::Or(parts) => {
            let mut sum = 0_usize;
            for part in parts {
                sum = sum.saturating_add(size(view, part, max)?);
                if sum >= max {
                    break;
                }
            }
            Ok(sum)
        }
        Clause::And(parts) => Ok(least(view, parts, max)?.map_or(usize::MAX, |(_, size)| size)),
        Clause::All | Clause::Not(_) | Clause::Matches(..) | Clause::Present(_) => Ok(usize::MAX),
    }
}

fn size_of_test(
    view: &View,
    param: u16,
    test: Option<&Test>,
    max: usize,
) -> Result<usize, StoreError> {
    let mut count = 0;
    for mut span in spans_of(param, test) {
        if count < max && test.is_some() && counts::is_kept(&view.engine.names, &span.start) {
            count += size_of_stems(view, &mut span, test)?;
        }
        if count >= max {
            break;
        }
        count += count_keys(view, &span, max - count)?;
    }
    Ok(count)
}

/// How many resources have the first stems of a span; the span is what is left.
fn size_of_stems(view: &View, span: &mut Span, test: Option<&Test>) -> Result<usize, StoreError> {
    let mut sum = 0;
    for _ in 0..STEMS_MAX {
        let Some(key) = first_key(view, span)? else { break };
        let stem = &key[..key.len() - DOCID];
        if decide(stem, test) != Decision::No {
            sum += counts::read(view, stem)?;
        }
        match successor(stem) {
            Some(next) => span.start = next,
            None => break,
        }
    }
    Ok(usize::try_from(sum).unwrap_or(usize::MAX))
}

/// The part with the fewest candidates, and how many these are. What is not known from the counts
/// is counted up to `max`, and no further than to the least that is known.
pub(super) fn least(
    view: &View,
    parts: &[Clause],
    max: usize,
) -> Result<Option<(usize, usize)>, StoreError> {
    let first_max = PROBE_MAX.min(max);
    let mut sizes = Vec::with_capacity(parts.len());
    let mut known = usize::MAX;
    for part in parts {
        let size = size(view, part, first_max.min(known))?;
        if size != first_max {
            known = known.min(size);
        }
        sizes.push(size);
    }
    let limit = known.min(max);
    if limit > first_max && parts.len() > 1 {
        for (part, size_of) in parts.iter().zip(&mut sizes) {
            if *size_of == first_max {
                *size_of = size(view, part, limit)?;
            }
        }
    }
    Ok(sizes.into_iter().enumerate().min_by_key(|(_, size)| *size))
}

/// How many resources a clause holds of, where the counts say it: it asks for exactly one value.
pub(super) fn exact(view: &View, clause: &Clause) -> Result<Option<u64>, StoreError> {
    let Clause::Matches(param, test) = clause else { return Ok(None) };
    let mut found: Option<Vec<u8>> = None;
    for mut span in spans_of(*param, Some(test)) {
        while let Some(key) = first_key(view, &span)? {
            let stem = &key[..key.len() - DOCID];
            let is_sure = decide(stem, Some(test)) == Decision::Yes
                && counts::is_kept(&view.engine.names, stem);
            if !is_sure || found.is_some() {
                return Ok(None);
            }
            let next = successor(stem);
            found = Some(stem.to_vec());
            match next {
                Some(next) => span.start = next,
                None => break,
            }
        }
    }
    found.map(|stem| counts::read(view, &stem)).transpose()
}

/// About how many resources a clause holds of.
pub(super) fn estimate(view: &View, type_id: u16, clause: &Clause) -> Result<u64, StoreError> {
    /// What counting may cost.
    const COUNTED_MAX: usize = 5_000;
    let all = view.counter(type_id)?.0;
    let parts = match clause {
        Clause::And(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    // As if the conditions had nothing to do with each other.
    let mut estimate = all as f64;
    for part in parts {
        let part = match part {
            Clause::Not(part) => 1.0 - share(size(view, part, COUNTED_MAX)?, all),
            part => share(size(view, part, COUNTED_MAX)?, all),
        };
        estimate *= part;
    }
    Ok(estimate.round() as u64)
}

fn share(size: usize, all: u64) -> f64 {
    (size as f64 / all.max(1) as f64).min(1.0)
}

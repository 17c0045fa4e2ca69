//! A filter in the terms of the store: names are numbers, ids are docids.

use std::sync::Arc;

use fhir::search::{Filter, IndexValue, Param, Test, TokenTest, chained_into_contained};

use super::budget::ENTRIES_COST;
use super::estimate::size;
use super::fault;
use super::hot::{self, HotClause};
use super::join::{Join, Way};
use super::link::Link;
use super::view::View;
use crate::StoreError;
use crate::index::blob;

/// Which resources of a type are meant.
#[derive(Debug, Clone)]
pub(super) enum Clause {
    All,
    And(Vec<Clause>),
    /// Without parts: nothing.
    Or(Vec<Clause>),
    Not(Box<Clause>),
    /// These, rising; deleted ones may be among them.
    Docs(Vec<u32>),
    Matches(u16, Test),
    Present(u16),
    /// A chain or `_has`.
    Join(Box<Join>),
    /// What a combination answers.
    Hot(Box<HotClause>),
}

impl Clause {
    /// Does it ask for anything of other resources?
    pub(super) fn is_joined(&self) -> bool {
        match self {
            Clause::Join(_) => true,
            Clause::And(parts) | Clause::Or(parts) => parts.iter().any(Clause::is_joined),
            Clause::Not(part) => part.is_joined(),
            _ => false,
        }
    }
}

impl Clause {
    /// Does it hold of nothing, as one look at the index says?
    fn is_nothing(&self, view: &View) -> Result<bool, StoreError> {
        match self {
            Clause::Or(parts) => {
                for part in parts {
                    if !part.is_nothing(view)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Clause::Matches(..) => Ok(size(view, self, 1)? == 0),
            _ => Ok(false),
        }
    }
}

/// Translates a filter on a type.
pub(super) fn compile(view: &View, type_id: u16, filter: &Filter) -> Result<Clause, StoreError> {
    compile_for(view, type_id, filter, None)
}

/// Translates the filter of a search that is sorted by a parameter first.
pub(super) fn compile_for(
    view: &View,
    type_id: u16,
    filter: &Filter,
    order: Option<&str>,
) -> Result<Clause, StoreError> {
    if (order.is_some() || matches!(filter, Filter::And(_)))
        && let Some(clause) = hot::compiled(view, type_id, filter, order)?
    {
        return Ok(clause);
    }
    let all = |parts: &[Filter]| {
        parts.iter().map(|part| compile(view, type_id, part)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match filter {
        Filter::Chain(param, target, inner) => chain(view, type_id, param, target, inner)?,
        Filter::Has(param, inner) => has(view, type_id, param, inner)?,
        Filter::All => Clause::All,
        Filter::And(parts) => and(all(parts)?),
        Filter::Or(parts) => Clause::Or(all(parts)?),
        Filter::Not(part) => Clause::Not(Box::new(compile(view, type_id, part)?)),
        Filter::Ids(ids) => docs(view, type_id, ids)?,
        Filter::Matches(param, Test::Token(test)) if is_id(param) => by_id(view, type_id, test)?,
        Filter::Present(param) if is_id(param) => Clause::All,
        Filter::Matches(param, test) => match view.engine.names.param_id(param) {
            Some(param) => Clause::Matches(param, test.clone()),
            None => nothing(),
        },
        Filter::Present(param) => match view.engine.names.param_id(param) {
            Some(param) => Clause::Present(param),
            None => nothing(),
        },
    })
}

fn chain(
    view: &View,
    type_id: u16,
    param: &Param,
    target: &Arc<str>,
    inner: &Filter,
) -> Result<Clause, StoreError> {
    let contained = match chained_into_contained(param, target, inner) {
        Some(filter) => compile(view, type_id, &filter)?,
        None => nothing(),
    };
    let Some(link) = Link::new(view, param, target)? else { return Ok(contained) };
    let inner = compile(view, link.target_id(), inner)?;
    let far_id = link.target_id();
    let join = Clause::Join(Box::new(Join::new(Way::To, link, type_id, far_id, inner)));
    // Most types never contain anything: then the join is all there is to carry out.
    Ok(match contained.is_nothing(view)? {
        true => join,
        false => Clause::Or(vec![join, contained]),
    })
}

fn has(view: &View, type_id: u16, param: &Param, inner: &Filter) -> Result<Clause, StoreError> {
    let names = &view.engine.names;
    let Some((own, far_id)) = names.type_name(type_id).zip(names.type_id(&param.resource)) else {
        return Ok(nothing());
    };
    let Some(link) = Link::new(view, param, &own)? else { return Ok(nothing()) };
    let inner = compile(view, far_id, inner)?;
    Ok(Clause::Join(Box::new(Join::new(Way::From, link, type_id, far_id, inner))))
}

fn is_id(param: &Param) -> bool {
    &*param.code == "_id"
}

fn nothing() -> Clause {
    Clause::Or(Vec::new())
}

/// Conjunctions within conjunctions are one.
pub(super) fn and(parts: Vec<Clause>) -> Clause {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Clause::And(more) => flat.extend(more),
            Clause::All => (),
            other => flat.push(other),
        }
    }
    match flat.len() {
        0 => Clause::All,
        1 => flat.remove(0),
        _ => Clause::And(flat),
    }
}

fn docs(view: &View, type_id: u16, ids: &[String]) -> Result<Clause, StoreError> {
    let mut docids = Vec::with_capacity(ids.len());
    for id in ids {
        docids.extend(view.docid(type_id, id)?);
    }
    docids.sort_unstable();
    docids.dedup();
    Ok(Clause::Docs(docids))
}

fn by_id(view: &View, type_id: u16, test: &TokenTest) -> Result<Clause, StoreError> {
    if test.system.is_some_and(|system| system != 0) {
        return Ok(nothing());
    }
    match &test.code {
        Some(code) => docs(view, type_id, std::slice::from_ref(code)),
        None => Ok(Clause::All),
    }
}

/// Decides about one current resource by its index entries, read at most once.
pub(super) struct Entries<'a> {
    view: &'a View,
    docid: u32,
    blob: Option<fjall::Slice>,
}

impl<'a> Entries<'a> {
    pub(super) fn of(view: &'a View, docid: u32) -> Self {
        Self { view, docid, blob: None }
    }

    pub(super) fn view(&self) -> &'a View {
        self.view
    }

    pub(super) fn docid(&self) -> u32 {
        self.docid
    }

    /// The values of a parameter.
    pub(super) fn values(&mut self, param: u16) -> Result<Vec<IndexValue>, StoreError> {
        let blob = match &self.blob {
            Some(blob) => blob,
            None => {
                self.view.budget.spend(ENTRIES_COST)?;
                self.blob.insert(self.view.entries(self.docid)?)
            }
        };
        blob::values(blob, param)
            .ok_or_else(|| fault::damaged("entries", "index entries are not readable"))
    }

    /// Does the clause hold of the resource?
    pub(super) fn pass(&mut self, clause: &Clause) -> Result<bool, StoreError> {
        Ok(match clause {
            Clause::All => true,
            Clause::And(parts) => {
                for part in parts {
                    if !self.pass(part)? {
                        return Ok(false);
                    }
                }
                true
            }
            Clause::Or(parts) => {
                for part in parts {
                    if self.pass(part)? {
                        return Ok(true);
                    }
                }
                false
            }
            Clause::Not(part) => !self.pass(part)?,
            Clause::Docs(docids) => docids.binary_search(&self.docid).is_ok(),
            Clause::Matches(param, test) => {
                self.values(*param)?.iter().any(|value| test.matches(value))
            }
            Clause::Present(param) => !self.values(*param)?.is_empty(),
            Clause::Join(join) => join.pass(self)?,
            Clause::Hot(hot) => hot.pass(self)?,
        })
    }
}

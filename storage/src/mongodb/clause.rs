//! A filter in the terms of the database's keys: parameters have their numbers, combinations and
//! joins are found.

use std::pin::Pin;
use std::sync::Arc;

use fhir::search::{
    Filter, LeadTest, Param, Test, TokenTest, chained_into_contained, hot, hot_test,
};

use super::dated::Between;
use super::join::{Join, Link, Way};
use super::keys::{self, Lead};
use super::names::NamesAt;
use crate::StoreError;

/// Combinations that one search may ask for side by side.
const COMBINATIONS_MAX: usize = 64;

/// Which resources of a type are meant.
#[derive(Debug, Clone)]
pub(super) enum Clause {
    All,
    And(Vec<Clause>),
    /// Without parts: nothing.
    Or(Vec<Clause>),
    Not(Box<Clause>),
    /// These ids, rising.
    Ids(Vec<Arc<str>>),
    Matches(Numbered, Test),
    Present(Numbered),
    /// A chain or `_has`.
    Join(Box<Join>),
    /// Conditions that a combination answers.
    Combination(Box<Combination>),
    /// A range of keys that says nothing by itself: it stands beside conditions that imply it.
    Between(Box<Between>),
}

/// A parameter and its number.
#[derive(Debug, Clone)]
pub(super) struct Numbered {
    pub(super) number: u16,
    pub(super) param: Param,
}

/// Conditions that a combination answers without a look at anything else.
#[derive(Debug, Clone)]
pub(super) struct Combination {
    /// Its name.
    pub(super) code: &'static str,
    /// One of these stems.
    pub(super) stems: Vec<Vec<u8>>,
    /// The conditions as they stand without it.
    pub(super) plain: Clause,
}

impl Clause {
    /// Nothing.
    pub(super) fn nothing() -> Self {
        Clause::Or(Vec::new())
    }

    /// Does it ask for anything of other resources that is not worked out yet?
    pub(super) fn is_open(&self) -> bool {
        match self {
            Clause::Join(join) => join.joined.is_none(),
            Clause::And(parts) | Clause::Or(parts) => parts.iter().any(Clause::is_open),
            Clause::Not(part) => part.is_open(),
            _ => false,
        }
    }

    /// What it is about, for the plan: parameters, never values.
    pub(super) fn subject(&self) -> String {
        let all = |parts: &[Clause], between: &str| {
            let mut subjects: Vec<String> = Vec::new();
            for part in parts {
                let subject = part.subject();
                if !subjects.contains(&subject) {
                    subjects.push(subject);
                }
            }
            subjects.join(between)
        };
        match self {
            Clause::All => "all of the type".to_owned(),
            Clause::And(parts) => all(parts, " and "),
            Clause::Or(parts) if parts.is_empty() => "nothing".to_owned(),
            Clause::Or(parts) => all(parts, " or "),
            Clause::Not(part) => format!("not {}", part.subject()),
            Clause::Ids(_) => "_id".to_owned(),
            Clause::Matches(param, _) | Clause::Present(param) => param.to_string(),
            Clause::Between(between) => format!("the combination '{}'", between.code),
            Clause::Join(join) => format!("the join over {}", join.link.param),
            Clause::Combination(hot) => {
                format!("the combination '{}' for {}", hot.code, hot.plain.subject())
            }
        }
    }
}

impl std::fmt::Display for Numbered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.param.resource, self.param.code)
    }
}

/// A future that may call itself.
pub(super) type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Translates a filter on a type.
pub(super) fn compile<'a>(
    names: NamesAt<'a>,
    resource: &'a Arc<str>,
    filter: &'a Filter,
) -> Later<'a, Clause> {
    Box::pin(async move {
        Ok(match filter {
            Filter::All => Clause::All,
            Filter::And(_) => conjunction(names, resource, filter).await?,
            Filter::Or(parts) => {
                let mut clauses = Vec::with_capacity(parts.len());
                for part in parts {
                    clauses.push(compile(names, resource, part).await?);
                }
                Clause::Or(clauses)
            }
            Filter::Not(part) => Clause::Not(Box::new(compile(names, resource, part).await?)),
            Filter::Ids(ids) => by_ids(ids.iter().map(|id| Arc::from(id.as_str())).collect()),
            Filter::Matches(param, Test::Token(test)) if is_id(param) => by_id(test),
            Filter::Present(param) if is_id(param) => Clause::All,
            Filter::Matches(param, test) => {
                one_of(names, param, |param| Clause::Matches(param, test.clone())).await?
            }
            Filter::Present(param) => one_of(names, param, Clause::Present).await?,
            Filter::Chain(param, target, inner) => {
                chain(names, resource, (param, target), inner).await?
            }
            Filter::Has(param, inner) => has(names, resource, param, inner).await?,
        })
    })
}

/// The number of a parameter, if it was ever written.
pub(super) async fn numbered(
    names: NamesAt<'_>,
    param: &Param,
) -> Result<Option<Numbered>, StoreError> {
    let number = names.find(param).await?;
    Ok(number.map(|number| Numbered { number, param: param.clone() }))
}

/// What holds of a value of a parameter: of those that make it up, which alone have keys.
async fn one_of(
    names: NamesAt<'_>,
    param: &Param,
    clause: impl Fn(Numbered) -> Clause,
) -> Result<Clause, StoreError> {
    let mut clauses = Vec::with_capacity(1);
    for param in keys::written(param) {
        clauses.extend(numbered(names, param).await?.map(&clause));
    }
    Ok(match clauses.len() {
        1 => clauses.remove(0),
        _ => Clause::Or(clauses),
    })
}

fn is_id(param: &Param) -> bool {
    &*param.code == "_id"
}

fn by_id(test: &TokenTest) -> Clause {
    if test.system.is_some_and(|system| system != 0) {
        return Clause::nothing();
    }
    match &test.code {
        Some(code) => by_ids(vec![Arc::from(code.as_str())]),
        None => Clause::All,
    }
}

pub(super) fn by_ids(mut ids: Vec<Arc<str>>) -> Clause {
    ids.sort_unstable();
    ids.dedup();
    Clause::Ids(ids)
}

/// Conjunctions within conjunctions are one; what a combination answers is asked of it.
async fn conjunction(
    names: NamesAt<'_>,
    resource: &Arc<str>,
    filter: &Filter,
) -> Result<Clause, StoreError> {
    let flat = flattened(filter);
    let combined = combination(names, resource, &flat).await?;
    let (answered, hot) = combined.map_or((Vec::new(), None), |(at, hot)| (at, Some(hot)));
    let (mut clauses, mut plain) = (Vec::with_capacity(flat.len()), Vec::new());
    for (at, part) in flat.into_iter().enumerate() {
        let clause = compile(names, resource, part).await?;
        if answered.contains(&at) {
            plain.push(clause);
        } else {
            clauses.push(clause);
        }
    }
    if let Some((code, stems)) = hot {
        let plain = Clause::And(plain);
        let combination = Combination { code, stems, plain };
        clauses.insert(0, Clause::Combination(Box::new(combination)));
    }
    clauses.retain(|clause| !matches!(clause, Clause::All));
    Ok(match clauses.len() {
        0 => Clause::All,
        1 => clauses.remove(0),
        _ => Clause::And(clauses),
    })
}

/// The parts of a conjunction; a filter that is none is its only part.
pub(super) fn flattened(filter: &Filter) -> Vec<&Filter> {
    let mut parts = Vec::new();
    flatten(filter, &mut parts);
    parts
}

fn flatten<'a>(filter: &'a Filter, parts: &mut Vec<&'a Filter>) {
    match filter {
        Filter::And(inner) => inner.iter().for_each(|part| flatten(part, parts)),
        other => parts.push(other),
    }
}

type Answered = (Vec<usize>, (&'static str, Vec<Vec<u8>>));

/// The combination of several leads that answers a part of a conjunction, and which part.
async fn combination(
    names: NamesAt<'_>,
    resource: &Arc<str>,
    parts: &[&Filter],
) -> Result<Option<Answered>, StoreError> {
    if hot(resource).next().is_none() {
        return Ok(None);
    }
    let Some(test) = hot_test(resource, parts, None) else { return Ok(None) };
    if test.leads.len() < 2 {
        return Ok(None);
    }
    let Some(param) = names.find(&Param::new(Arc::clone(resource), test.hot.code)).await? else {
        return Ok(None);
    };
    let mut all: Vec<Vec<&LeadTest>> = vec![Vec::new()];
    for tests in &test.leads {
        let mut longer = Vec::with_capacity(all.len() * tests.len());
        for leads in &all {
            longer.extend(tests.iter().map(|test| [leads.as_slice(), &[test]].concat()));
        }
        all = longer;
        if all.len() > COMBINATIONS_MAX {
            return Ok(None);
        }
    }
    let stems = all.into_iter().flat_map(|leads| combined(param, &leads)).collect();
    // Its dates are plain conditions beside it.
    let is_date = |at: &usize| matches!(parts[*at], Filter::Matches(param, Test::Date(_)) if *param.code == *test.hot.date);
    let answered = test.answered.iter().copied().filter(|at| !is_date(at)).collect();
    Ok(Some((answered, (test.hot.code, stems))))
}

/// The stems of a combination of leads: where any system will do, with some and with none.
fn combined(param: u16, leads: &[&LeadTest]) -> Vec<Vec<u8>> {
    let lead = |test: &&'_ LeadTest, any: Option<u64>| match test {
        LeadTest::Patient(id) => (id.clone(), None),
        LeadTest::Token { system, code } => (code.clone(), Some(system.or(any))),
    };
    let stem = |any: Option<u64>| {
        let leads: Vec<_> = leads.iter().map(|test| lead(test, any)).collect();
        let leads = leads.iter().map(|(text, system)| match system {
            None => Lead::Patient(text),
            Some(system) => Lead::Token(text, *system),
        });
        keys::combination(param, leads)
    };
    let mut stems = vec![stem(None), stem(Some(0))];
    stems.dedup();
    stems
}

async fn chain(
    names: NamesAt<'_>,
    resource: &Arc<str>,
    (param, target): (&Param, &Arc<str>),
    inner: &Filter,
) -> Result<Clause, StoreError> {
    let contained = match chained_into_contained(param, target, inner) {
        Some(filter) => compile(names, resource, &filter).await?,
        None => Clause::nothing(),
    };
    let Some(link) = Link::new(names, param, target).await? else { return Ok(contained) };
    let inner = compile(names, target, inner).await?;
    let join = Join { way: Way::To, link, far: Arc::clone(target), inner, joined: None };
    let join = Clause::Join(Box::new(join));
    // A parameter that was never written says that nothing is contained.
    Ok(match contained {
        Clause::Or(parts) if parts.is_empty() => join,
        contained => Clause::Or(vec![join, contained]),
    })
}

async fn has(
    names: NamesAt<'_>,
    resource: &Arc<str>,
    param: &Param,
    inner: &Filter,
) -> Result<Clause, StoreError> {
    let Some(link) = Link::new(names, param, resource).await? else {
        return Ok(Clause::nothing());
    };
    let far = Arc::clone(&param.resource);
    let inner = compile(names, &far, inner).await?;
    let join = Join { way: Way::From, link, far, inner, joined: None };
    Ok(Clause::Join(Box::new(join)))
}

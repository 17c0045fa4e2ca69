//! Joins: chains lead from a resource over its references to others that a clause holds of, reverse
//! chains lead to it from those that refer to it.
//!
//! The other side is worked out first where it is not too many; otherwise it is asked about some
//! candidates at a time. Either takes one round trip for each hop.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fhir::search::{IndexValue, Param, ReferenceValue, Test, UriMode, UriTest};

use super::clause::{Clause, Numbered, by_ids, numbered};
use super::entries::values;
use super::keys;
use super::names::NamesAt;
use super::page::Search;
use super::rows::Access;
use super::seek::Row;
use crate::StoreError;

/// Where the other side stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// A chain: the candidate refers to it.
    To,
    /// `_has`: it refers to the candidate.
    From,
}

/// A condition on the resources of another side.
#[derive(Debug, Clone)]
pub(super) struct Join {
    pub(super) way: Way,
    pub(super) link: Link,
    /// The type of the other side, and what must hold of one there.
    pub(super) far: Arc<str>,
    pub(super) inner: Clause,
    /// What it comes to, for all candidates or for those at hand; `None` as long as that is open.
    pub(super) joined: Option<Joined>,
}

/// What a join comes to.
#[derive(Debug, Clone)]
pub(super) enum Joined {
    /// It holds of these, rising.
    Ids(Vec<Arc<str>>),
    /// It holds of what refers to one of these.
    Targets(Arc<Targets>),
}

/// Resources that may be referred to.
#[derive(Debug, Default)]
pub(super) struct Targets {
    resource: String,
    ids: HashSet<String>,
    /// Their canonical URLs and business versions.
    urls: HashMap<String, Vec<String>>,
    /// The keys of references to them.
    pub(super) stems: Vec<Vec<u8>>,
}

/// A reference parameter and a type that it may lead to.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) param: Numbered,
    target: Arc<str>,
    /// The parameters `url` and `version` of the type, where references by URL can lead to it.
    canonical: Option<(Numbered, Option<u16>)>,
}

impl Join {
    /// Does the candidate refer to the other side?
    pub(super) fn is_to(&self) -> bool {
        self.way == Way::To
    }
}

impl Targets {
    /// Does every reference with one of the keys lead to one of these?
    pub(super) fn is_exact(&self) -> bool {
        // One with another version has the same key.
        self.urls.is_empty()
    }

    /// Does a value lead to one of these?
    pub(super) fn holds(&self, value: &IndexValue) -> bool {
        match value {
            IndexValue::Reference(ReferenceValue::Local { resource, id, .. }) => {
                *resource == self.resource && self.ids.contains(id)
            }
            IndexValue::Reference(ReferenceValue::Url { url, version }) => {
                self.urls.get(url).is_some_and(|versions| {
                    version.as_ref().is_none_or(|version| versions.contains(version))
                })
            }
            _ => false,
        }
    }
}

impl Link {
    /// `None` when nothing was ever written that could refer.
    pub(super) async fn new(
        names: NamesAt<'_>,
        param: &Param,
        target: &Arc<str>,
    ) -> Result<Option<Self>, StoreError> {
        let Some(param) = numbered(names, param).await? else { return Ok(None) };
        let of_target = |code: &str| Param::new(Arc::clone(target), code);
        let canonical = match numbered(names, &of_target("url")).await? {
            Some(url) => Some((url, names.find(&of_target("version")).await?)),
            None => None,
        };
        Ok(Some(Self { param, target: Arc::clone(target), canonical }))
    }

    /// The resources of its target type in some rows, as what may be referred to.
    fn targets(&self, rows: &[Row]) -> Result<Targets, StoreError> {
        let mut targets = Targets { resource: self.target.to_string(), ..Targets::default() };
        for row in rows {
            targets.stems.push(keys::local(self.param.number, &self.target, &row.key.id));
            targets.ids.insert(row.key.id.to_string());
            let Some((url, version)) = &self.canonical else { continue };
            let mut versions = Vec::new();
            if let Some(version) = version {
                let own = values(&row.entries, *version)?.into_iter();
                versions.extend(own.filter_map(|value| match value {
                    IndexValue::Token(token) => Some(token.code),
                    _ => None,
                }));
            }
            for value in values(&row.entries, url.number)? {
                if let IndexValue::Uri(url) = value
                    && !url.0.is_empty()
                {
                    targets.stems.push(keys::url(self.param.number, &url.0));
                    targets.urls.entry(url.0).or_default().extend(versions.iter().cloned());
                }
            }
        }
        targets.stems.sort_unstable();
        targets.stems.dedup();
        Ok(targets)
    }

    /// Which resources of the target type some rows may refer to: ids, and URLs with the versions
    /// asked for.
    fn referred(&self, rows: &[Row]) -> Result<(Vec<Arc<str>>, Vec<Url>), StoreError> {
        let (mut ids, mut urls) = (Vec::new(), Vec::new());
        for row in rows {
            for value in values(&row.entries, self.param.number)? {
                match value {
                    IndexValue::Reference(ReferenceValue::Local { resource, id, .. })
                        if *resource == *self.target =>
                    {
                        ids.push(Arc::from(id));
                    }
                    IndexValue::Reference(ReferenceValue::Url { url, version })
                        if !url.is_empty() && self.canonical.is_some() =>
                    {
                        urls.push((url, version));
                    }
                    _ => (),
                }
            }
        }
        ids.sort_unstable();
        ids.dedup();
        urls.sort_unstable();
        urls.dedup();
        Ok((ids, urls))
    }

    /// The clause of the resources with these ids or URLs.
    fn named(&self, ids: Vec<Arc<str>>, urls: &[Url]) -> Clause {
        let mut parts = vec![by_ids(ids)];
        if let Some((param, _)) = &self.canonical {
            parts.extend(urls.iter().map(|(url, _)| {
                let test = Test::Uri(UriTest { mode: UriMode::Exact, uri: url.clone() });
                Clause::Matches(param.clone(), test)
            }));
        }
        match parts.len() {
            1 => parts.remove(0),
            _ => Clause::Or(parts),
        }
    }
}

/// A canonical URL and its version.
type Url = (String, Option<String>);

impl Search<'_> {
    /// What a join comes to, from the other side; `None` when that is too many.
    pub(super) async fn gathered(
        &self,
        access: &mut Access<'_>,
        join: &Join,
        max: usize,
    ) -> Result<Option<Joined>, StoreError> {
        let Some(far) = self.all(access, &join.far, &join.inner, max).await? else {
            return Ok(None);
        };
        self.trace.joined(format!("work out the other side of {}", join.link.param), far.len());
        self.joined(access, join, &far).await.map(Some)
    }

    /// What a join comes to for some candidates.
    pub(super) async fn decided(
        &self,
        access: &mut Access<'_>,
        join: &Join,
        candidates: &[Row],
    ) -> Result<Joined, StoreError> {
        let among = match join.way {
            Way::To => {
                let (ids, urls) = join.link.referred(candidates)?;
                join.link.named(ids, &urls)
            }
            Way::From => {
                let joined = Joined::Targets(Arc::new(join.link.targets(candidates)?));
                let way = Way::To;
                let far = Arc::clone(&join.link.target);
                let (link, inner) = (join.link.clone(), Clause::All);
                Clause::Join(Box::new(Join { way, link, far, inner, joined: Some(joined) }))
            }
        };
        let clause = match &join.inner {
            Clause::All => among,
            Clause::And(parts) => Clause::And([vec![among], parts.clone()].concat()),
            inner => Clause::And(vec![among, inner.clone()]),
        };
        let far = self.all(access, &join.far, &clause, usize::MAX).await?.unwrap_or_default();
        self.trace.joined(format!("ask for candidates of {}", join.link.param), far.len());
        self.joined(access, join, &far).await
    }

    async fn joined(
        &self,
        access: &mut Access<'_>,
        join: &Join,
        far: &[Row],
    ) -> Result<Joined, StoreError> {
        if join.is_to() {
            return Ok(Joined::Targets(Arc::new(join.link.targets(far)?)));
        }
        let (mut ids, urls) = join.link.referred(far)?;
        if !urls.is_empty() {
            let named = join.link.named(Vec::new(), &urls);
            let near = self.all(access, &join.link.target, &named, usize::MAX).await?;
            for row in near.unwrap_or_default() {
                let target = join.link.targets(std::slice::from_ref(&row))?;
                let leads = |(url, version): &Url| {
                    let (url, version) = (url.clone(), version.clone());
                    target.holds(&IndexValue::Reference(ReferenceValue::Url { url, version }))
                };
                if urls.iter().any(leads) {
                    ids.push(row.key.id);
                }
            }
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(Joined::Ids(ids))
    }
}

//! What a reference parameter of one type means to another type: which current resources its
//! values lead to, and which resources lead to one.
//!
//! A [reference] leads to a resource of this server by type and id, with or without a version, or
//! by [canonical] URL, and then with a version to that business version alone.
//!
//! [reference]: https://hl7.org/fhir/R4/references.html#literal
//! [canonical]: https://hl7.org/fhir/R4/references.html#canonical

use std::sync::Arc;

use fhir::search::{IndexValue, Param, ReferenceValue, Test, UriMode, UriTest};

use super::clause::Entries;
use super::scan::{collect, collect_keys, collect_prefix, has_keys};
use super::view::View;
use crate::StoreError;
use crate::index::bounds::Span;
use crate::index::cursor::{put_key_id, put_text};
use crate::index::encode::{self, ID_MAX, TYPE_MAX, URL_MAX};
use crate::index::stem::{family, index_head};

/// A reference parameter and a type that it may lead to.
#[derive(Debug, Clone)]
pub(super) struct Link {
    /// The parameter.
    pub(super) param: u16,
    target: Arc<str>,
    target_id: u16,
    /// Where references by URL can lead to the type.
    canonical: Option<Canonical>,
}

/// The parameters of a type that has canonical URLs.
#[derive(Debug, Clone, Copy)]
struct Canonical {
    url: u16,
    version: Option<u16>,
}

impl Link {
    /// `None` when nothing was ever written that could refer, or be referred to.
    pub(super) fn new(
        view: &View,
        param: &Param,
        target: &Arc<str>,
    ) -> Result<Option<Self>, StoreError> {
        let names = &view.engine.names;
        let Some((param, target_id)) = names.param_id(param).zip(names.type_id(target)) else {
            return Ok(None);
        };
        let of_target = |code: &str| names.param_id(&Param::new(Arc::clone(target), code));
        let canonical = match of_target("url") {
            Some(url) if has_keys(view, index_head(param, family::URL).to_vec())? => {
                Some(Canonical { url, version: of_target("version") })
            }
            _ => None,
        };
        Ok(Some(Self { param, target: Arc::clone(target), target_id, canonical }))
    }

    /// The current resources that a resource leads to.
    pub(super) fn targets(&self, referring: &mut Entries<'_>) -> Result<Vec<u32>, StoreError> {
        let view = referring.view();
        let mut docids = Vec::new();
        for value in referring.values(self.param)? {
            let IndexValue::Reference(value) = value else { continue };
            match value {
                ReferenceValue::Local { resource, id, .. } if *resource == *self.target => {
                    view.budget.spend(1)?;
                    if let Some(docid) = view.docid(self.target_id, &id)?
                        && view.is_member(self.target_id, docid)?
                    {
                        docids.push(docid);
                    }
                }
                ReferenceValue::Url { url, version } if !url.is_empty() => {
                    docids.extend(self.named(view, url, version.as_deref())?);
                }
                _ => (),
            }
        }
        docids.sort_unstable();
        docids.dedup();
        Ok(docids)
    }

    /// The current resources with a canonical URL.
    fn named(
        &self,
        view: &View,
        url: String,
        version: Option<&str>,
    ) -> Result<Vec<u32>, StoreError> {
        let Some(canonical) = self.canonical else { return Ok(Vec::new()) };
        let test = Test::Uri(UriTest { mode: UriMode::Exact, uri: url });
        let mut docids = collect(view, canonical.url, Some(&test))?;
        if let Some(version) = version {
            let mut fitting = Vec::with_capacity(docids.len());
            for docid in docids {
                let versions = canonical.versions(&mut Entries::of(view, docid))?;
                if versions.iter().any(|one| one == version) {
                    fitting.push(docid);
                }
            }
            docids = fitting;
        }
        Ok(docids)
    }

    /// What the keys of references to a current resource start with; `None` when it may be referred
    /// to by its URL too.
    pub(super) fn span(&self, view: &View, target: u32) -> Result<Option<Span>, StoreError> {
        match self.canonical {
            Some(_) => Ok(None),
            None => self.by_id(view, target).map(Span::prefix).map(Some),
        }
    }

    fn by_id(&self, view: &View, target: u32) -> Result<Vec<u8>, StoreError> {
        view.budget.spend(1)?;
        let mut prefix = index_head(self.param, family::LOCAL).to_vec();
        put_key_id(&mut prefix, &view.member(target)?.id, ID_MAX);
        put_text(&mut prefix, &self.target, TYPE_MAX);
        Ok(prefix)
    }

    /// The current resources that lead to a current resource, rising.
    pub(super) fn referring(&self, view: &View, target: u32) -> Result<Vec<u32>, StoreError> {
        let mut docids = collect_prefix(view, self.by_id(view, target)?)?;
        let Some(canonical) = self.canonical else { return Ok(docids) };
        let mut entries = Entries::of(view, target);
        let urls = entries.values(canonical.url)?;
        let versions = canonical.versions(&mut entries)?;
        for url in urls {
            if let IndexValue::Uri(url) = url
                && !url.0.is_empty()
            {
                docids.extend(self.referring_by_url(view, &url.0, &versions)?);
            }
        }
        docids.sort_unstable();
        docids.dedup();
        Ok(docids)
    }

    fn referring_by_url(
        &self,
        view: &View,
        url: &str,
        versions: &[String],
    ) -> Result<Vec<u32>, StoreError> {
        let mut prefix = index_head(self.param, family::URL).to_vec();
        put_text(&mut prefix, url, URL_MAX);
        let leads = |value: &IndexValue| match value {
            IndexValue::Reference(ReferenceValue::Url { url: held, version }) => {
                held == url && version.as_ref().is_none_or(|one| versions.contains(one))
            }
            _ => false,
        };
        collect_keys(view, &Span::prefix(prefix), |stem, docid| match encode::decode(stem) {
            Some(value) => Ok(leads(&value)),
            // The stem was cut.
            None => Ok(Entries::of(view, docid).values(self.param)?.iter().any(leads)),
        })
    }

    /// The name of the type that is led to.
    pub(super) fn target_id(&self) -> u16 {
        self.target_id
    }
}

impl Canonical {
    fn versions(self, entries: &mut Entries<'_>) -> Result<Vec<String>, StoreError> {
        let Some(param) = self.version else { return Ok(Vec::new()) };
        let values = entries.values(param)?.into_iter();
        Ok(values
            .filter_map(|value| match value {
                IndexValue::Token(token) => Some(token.code),
                _ => None,
            })
            .collect())
    }
}

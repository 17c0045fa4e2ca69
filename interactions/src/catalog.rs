//! The search parameters of a tenant: those of R4, and its own SearchParameter resources.
//!
//! One of its own is indexed by whatever is written from the moment it is there, and may be used in
//! a search once a job has indexed what was written before; see [`crate::reindex`].

use fhir::definitions::{self, Definitions, SearchParameter, SearchType};
use fhir::json::Json;
use fhir::search::{Defined, Entry, IndexValue, Indexer, Param, TokenValue};
use fhir::{Kind, Outcome};
use storage::Key;

use crate::capabilities::Statements;

/// The type whose resources are search parameters.
pub(crate) const SEARCH_PARAMETER: &str = "SearchParameter";

/// Parameters of its own that a tenant may have active at a time.
pub(crate) const OWN_MAX: usize = 500;

/// What searches and writes of a tenant go by; never changed, only replaced.
pub(crate) struct Catalog {
    pub(crate) definitions: Definitions,
    pub(crate) indexer: Indexer,
    /// CapabilityStatements made of it.
    pub(crate) statements: Statements,
    pub(crate) own: Vec<Own>,
    /// Rises whenever other entries are to be indexed than before.
    pub(crate) epoch: u64,
}

/// One of the tenant's own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Own {
    pub(crate) key: Key,
    /// The version of the resource.
    pub(crate) version: u64,
    pub(crate) parameter: SearchParameter,
    /// The epoch from which on it has been indexed without a break.
    pub(crate) since: u64,
}

impl Catalog {
    pub(crate) fn new(own: Vec<Own>, epoch: u64) -> Self {
        let definitions = definitions_with(&own);
        let indexer = Indexer::with_r4(definitions.clone());
        Self { definitions, indexer, statements: Statements::default(), own, epoch }
    }

    /// Refuses an active SearchParameter that cannot be carried out; every other resource is none
    /// of its business.
    pub(crate) fn check(&self, key: &Key, body: &Json) -> Result<(), Outcome> {
        if &*key.resource != SEARCH_PARAMETER {
            return Ok(());
        }
        if self.own.iter().all(|one| one.key != *key) {
            return defined(&self.own, &self.definitions, body).map(drop);
        }
        let others: Vec<Own> = self.own.iter().filter(|one| one.key != *key).cloned().collect();
        defined(&others, &definitions_with(&others), body).map(drop)
    }

    /// Is the parameter that this version defines indexed throughout?
    pub(crate) fn is_indexed(&self, key: &Key, version: u64) -> bool {
        self.own
            .iter()
            .any(|one| one.key == *key && one.version == version && !one.parameter.is_waiting)
    }
}

/// R4's definitions with these.
fn definitions_with(own: &[Own]) -> Definitions {
    if own.is_empty() {
        return definitions::r4().clone();
    }
    let parameters = own.iter().map(|one| one.parameter.clone()).collect();
    definitions::r4().with_search_parameters(parameters)
}

/// The parameter that a resource defines beside others, whose definitions are given too; `None`
/// where it defines no new one.
fn defined(
    others: &[Own],
    definitions: &Definitions,
    body: &Json,
) -> Result<Option<SearchParameter>, Outcome> {
    let defined = Defined::read(body.root(), definitions)
        .map_err(|issues| Outcome::with_issues(Kind::Unprocessable, issues))?;
    let Defined::New(parameter) = defined else { return Ok(None) };
    if let Some(other) = others.iter().find(|one| one.parameter.url == parameter.url) {
        let text = format!(
            "{} is active by the same URL: retire it first, or choose another URL.",
            other.key
        );
        return Err(Outcome::new(Kind::Unprocessable, text).at("SearchParameter.url"));
    }
    if others.len() >= OWN_MAX {
        let text = format!("{OWN_MAX} search parameters are active, which is the most.");
        return Err(Outcome::new(Kind::Unprocessable, text).at("SearchParameter.status"));
    }
    Ok(Some(*parameter))
}

/// Adds what these resources define to a list, as far as it can be carried out beside what is
/// there: simple ones first, for composites are made of them.
pub(crate) fn admit(own: &mut Vec<Own>, mut resources: Vec<(Key, u64, Json)>, epoch: u64) {
    resources.sort_by_key(|(key, _, body)| {
        (body.root().str("type").as_deref() == Some("composite"), key.id.clone())
    });
    let mut definitions = definitions_with(own);
    for (key, version, body) in resources {
        let Ok(Some(parameter)) = defined(own, &definitions, &body) else { continue };
        own.push(Own { key, version, parameter, since: epoch });
        definitions = definitions_with(own);
    }
}

/// Takes out composites whose components are no parameters any more.
pub(crate) fn drop_broken(own: &mut Vec<Own>) {
    let urls: Vec<String> = own.iter().map(|one| one.parameter.url.clone()).collect();
    own.retain(|one| {
        let is_there = |(url, _): &(String, String)| {
            let url = url.split_once('|').map_or(url.as_str(), |(url, _)| url);
            urls.iter().any(|own| own == url)
                || definitions::r4().search_parameter_by_url(url).is_some()
        };
        one.parameter.kind != SearchType::Composite || one.parameter.components.iter().all(is_there)
    });
}

/// The parameter of the entry by which a SearchParameter resource says that it is indexed
/// throughout; a new version does not have it.
pub(crate) fn mark_param() -> Param {
    Param::new(SEARCH_PARAMETER, "_indexed")
}

/// That entry.
pub(crate) fn mark() -> Entry {
    Entry { param: mark_param(), value: IndexValue::Token(TokenValue::new(None, "true")) }
}

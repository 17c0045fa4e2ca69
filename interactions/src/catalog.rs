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
        let parameters = own.iter().map(|one| one.parameter.clone()).collect();
        let definitions = definitions::r4().with_search_parameters(parameters);
        let indexer = Indexer::with_r4(definitions.clone());
        Self { definitions, indexer, statements: Statements::default(), own, epoch }
    }

    /// Refuses an active SearchParameter that cannot be carried out; every other resource is none
    /// of its business.
    pub(crate) fn check(&self, key: &Key, body: &Json) -> Result<(), Outcome> {
        if &*key.resource != SEARCH_PARAMETER {
            return Ok(());
        }
        let others = self.without(key);
        let defined = Defined::read(body.root(), &others.definitions)
            .map_err(|issues| Outcome::with_issues(Kind::Unprocessable, issues))?;
        let Defined::New(parameter) = defined else { return Ok(()) };
        if let Some(other) = others.own.iter().find(|one| one.parameter.url == parameter.url) {
            let text = format!(
                "{} is active by the same URL: retire it first, or choose another URL.",
                other.key
            );
            return Err(Outcome::new(Kind::Unprocessable, text).at("SearchParameter.url"));
        }
        if others.own.len() >= OWN_MAX {
            let text = format!("{OWN_MAX} search parameters are active, which is the most.");
            return Err(Outcome::new(Kind::Unprocessable, text).at("SearchParameter.status"));
        }
        Ok(())
    }

    /// The catalog as it would be without one of its own.
    fn without(&self, key: &Key) -> Self {
        let own = self.own.iter().filter(|one| one.key != *key).cloned().collect();
        Self::new(own, self.epoch)
    }

    /// Is the parameter that this version defines indexed throughout?
    pub(crate) fn is_indexed(&self, key: &Key, version: u64) -> bool {
        self.own
            .iter()
            .any(|one| one.key == *key && one.version == version && !one.parameter.is_waiting)
    }
}

/// Adds what these resources define to a list, as far as it can be carried out beside what is
/// there: simple ones first, for composites are made of them.
pub(crate) fn admit(own: &mut Vec<Own>, resources: Vec<(Key, u64, Json)>, epoch: u64) {
    let mut waiting: Vec<(Key, u64, Json)> = resources;
    waiting.sort_by_key(|(key, _, body)| {
        (body.root().str("type").as_deref() == Some("composite"), key.id.clone())
    });
    let mut catalog = Catalog::new(own.clone(), epoch);
    for (key, version, body) in waiting {
        let is_right = catalog.check(&key, &body).is_ok();
        let Ok(Defined::New(parameter)) = Defined::read(body.root(), &catalog.definitions) else {
            continue;
        };
        if is_right {
            own.push(Own { key, version, parameter: *parameter, since: epoch });
            catalog = Catalog::new(own.clone(), epoch);
        }
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

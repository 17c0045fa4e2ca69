//! What every write passes: type and id, structure, index entries, references.

use std::collections::BTreeSet;
use std::sync::Arc;

use fhir::json::Json;
use fhir::reference::{self, Place, Target};
use fhir::search::{Entry, IndexValue, Param, ReferenceValue, contained_entries};
use fhir::{Issue, Kind, Outcome, Severity, resource, validation};
use storage::{Change, Check, Commit, Committed, Expected, Key, StoreError, Write};

use crate::catalog::Catalog;
use crate::policy::Permit;
use crate::{Answer, Done, clock};

/// How often a commit is tried again when others change what it was built on.
pub(crate) const ATTEMPTS: usize = 64;

/// A resource ready to be written.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) key: Key,
    pub(crate) body: Arc<Json>,
    pub(crate) entries: Vec<Entry>,
    /// Local resources that it refers to.
    pub(crate) references: BTreeSet<(String, String)>,
}

/// A new logical id: a UUID of version 7, so that what is written together lies together.
pub(crate) fn new_id() -> Arc<str> {
    let us = clock::now_us().unsigned_abs();
    let time = uuid::Timestamp::from_unix(
        uuid::NoContext,
        us / 1_000_000,
        u32::try_from(us % 1_000_000 * 1000).unwrap_or(0),
    );
    Arc::from(uuid::Uuid::new_v7(time).as_hyphenated().to_string())
}

/// The body must be of the type that the address names.
pub(crate) fn check_type(expected: &str, body: &Json) -> Result<(), Outcome> {
    match body.root().str("resourceType").as_deref() {
        Some(found) if found == expected => Ok(()),
        Some(found) => Err(Outcome::invalid(format!(
            "The address names {expected}, but the body is a {found}: send it to [base]/{found}."
        ))
        .at("resourceType")),
        None if body.root().is_object() => Err(Outcome::invalid(format!(
            "The body has no resourceType: it must begin with {{\"resourceType\":\"{expected}\"."
        ))
        .at("resourceType")),
        None => Err(Outcome::invalid("The body is no resource: a JSON object is expected.")),
    }
}

/// Checks a resource and makes its index entries. Its `id` becomes the key's.
pub(crate) fn prepare(permit: &Permit<'_>, key: Key, body: Json) -> Result<Prepared, Outcome> {
    check_type(&key.resource, &body)?;
    let body = if body.root().str("id").as_deref() == Some(&key.id) {
        body
    } else {
        let text = resource::with_id(body.root(), &key.id);
        Json::parse(text).map_err(|error| Outcome::invalid(error.to_string()))?
    };
    check_structure(permit, &body)?;
    permit.catalog().check(&key, &body)?;
    let bases = &permit.settings().bases;
    let (entries, references) = index(permit.catalog(), bases, &key.resource, &body);
    Ok(Prepared { key, body: Arc::new(body), entries, references })
}

fn check_structure(permit: &Permit<'_>, body: &Json) -> Result<(), Outcome> {
    let issues = validation::structure(body.root(), permit.definitions());
    if issues.iter().any(|issue| matches!(issue.severity, Severity::Error | Severity::Fatal)) {
        return Err(Outcome::with_issues(Kind::Invalid, issues));
    }
    Ok(())
}

/// The index entries of a resource, and the local resources that it refers to.
pub(crate) fn index(
    catalog: &Catalog,
    bases: &[String],
    resource: &Arc<str>,
    body: &Json,
) -> (Vec<Entry>, BTreeSet<(String, String)>) {
    let mut entries = catalog.indexer.entries(body.root(), bases);
    let contained = contained_entries(body.root(), &entries, &catalog.indexer, bases);
    entries.extend(contained);
    let references = local_references(catalog, bases, body);
    add_unindexed_references(resource, &references, &mut entries);
    (entries, references)
}

fn local_references(
    catalog: &Catalog,
    bases: &[String],
    body: &Json,
) -> BTreeSet<(String, String)> {
    let schema = catalog.definitions.schema();
    let mut found = BTreeSet::new();
    reference::visit(body.root(), schema, &mut |place, text| {
        if place != Place::Reference {
            return;
        }
        let target = reference::target(text, bases, schema);
        if let Target::Local { resource, id, .. } = target {
            found.insert((resource.to_owned(), id.to_owned()));
        }
    });
    found
}

/// References that no search parameter covers are indexed under the internal `_references`, so that
/// every local reference to a resource can be found.
fn add_unindexed_references(
    resource: &Arc<str>,
    references: &BTreeSet<(String, String)>,
    entries: &mut Vec<Entry>,
) {
    let indexed: BTreeSet<(String, String)> = entries
        .iter()
        .filter_map(|entry| match &entry.value {
            IndexValue::Reference(ReferenceValue::Local { resource, id, .. }) => {
                Some((resource.clone(), id.clone()))
            }
            _ => None,
        })
        .collect();
    let param = Param::new(resource.clone(), "_references");
    entries.extend(references.difference(&indexed).map(|(resource, id)| Entry {
        param: param.clone(),
        value: IndexValue::Reference(ReferenceValue::Local {
            resource: resource.clone(),
            id: id.clone(),
            version: None,
        }),
    }));
}

/// What `If-Match` expects. A text that is no version id of ours cannot be the current one.
pub(crate) fn expected(if_match: Option<&str>) -> Result<Expected, Outcome> {
    match if_match {
        None => Ok(Expected::Any),
        Some(text) => text.parse().map(Expected::Version).map_err(|_| {
            Outcome::new(
                Kind::Precondition,
                format!(
                    "If-Match names version '{text}', which is not the current one: read the \
                     resource, and send its ETag."
                ),
            )
        }),
    }
}

impl Prepared {
    /// The write of this resource, and the checks that the settings ask for.
    pub(crate) fn into_write(
        self,
        permit: &Permit<'_>,
        expected: Expected,
        is_create: bool,
    ) -> (Write, Vec<Check>) {
        let checks = if permit.settings().are_references_checked {
            self.references
                .iter()
                .map(|(resource, id)| Check::Exists(Key::new(resource.as_str(), id.as_str())))
                .collect()
        } else {
            Vec::new()
        };
        let change = Change::Put { body: self.body, entries: self.entries, is_create };
        (Write { key: self.key, change, expected }, checks)
    }
}

/// Commits, and lets the tenant's search parameters and jobs know of what concerns them.
pub(crate) async fn commit(
    permit: &Permit<'_>,
    commit: Commit,
) -> Result<Vec<Committed>, StoreError> {
    let keys = commit.writes.iter().map(|write| write.key.clone()).collect();
    let written = permit.catalogs().begin(keys, permit.catalog().epoch);
    match permit.store().commit(commit).await {
        Ok(committed) => {
            written.settle().await?;
            Ok(committed)
        }
        Err(error) => {
            written.abandon();
            Err(error)
        }
    }
}

/// Commits one write with its checks.
pub(crate) async fn commit_one(
    permit: &Permit<'_>,
    write: Write,
    checks: Vec<Check>,
) -> Result<Committed, StoreError> {
    let mut committed = commit(permit, Commit { writes: vec![write], checks }).await?;
    committed.pop().ok_or_else(|| StoreError::Fault("a commit gave no result".to_owned()))
}

/// The answer to a write.
pub(crate) fn answer(committed: Committed, done: Done) -> Result<Answer, Outcome> {
    match committed.version {
        Some(version) => Ok(Answer::of(done, version)),
        None => Err(Outcome::new(Kind::Fault, "The store gave no version of what it wrote.")),
    }
}

/// A note for the client on a write that succeeded.
pub(crate) fn note(text: impl Into<String>) -> Issue {
    Issue {
        severity: Severity::Information,
        code: "informational",
        diagnostics: text.into(),
        expression: None,
    }
}

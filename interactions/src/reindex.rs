//! The job behind `$reindex`: goes through all current resources of some types, while others read
//! and write, and replaces their index entries. No version is made.
//!
//! A job that was interrupted starts again from the beginning: what is done already is done once
//! more, to the same effect.

use std::collections::BTreeSet;
use std::sync::Arc;

use fhir::definitions::Schema;
use fhir::search::Filter;
use fhir::{Kind, Outcome};
use storage::SearchRequest;

use crate::catalog::{Catalog, Own};
use crate::job::Job;
use crate::policy;
use crate::{Performer, clock};

/// Resources that are indexed by one commit.
const PAGE: usize = 200;
/// A Task says this often how far its job is.
const PROGRESS_US: i64 = 1_000_000;

/// What a job goes through, and which parameters may be used when it is through.
#[derive(Debug, PartialEq)]
struct Scope {
    types: BTreeSet<String>,
    covered: Vec<Own>,
}

/// Carries out a job to its end. A job that somebody cancelled ends without a word.
pub(crate) async fn perform(performer: &Performer, mut job: Job<'_>) -> Result<(), Outcome> {
    let catalog = performer.catalogs.current().await?;
    let scope =
        Scope::of(&catalog, job.focus().as_deref(), &job.inputs("url"), &job.inputs("type"));
    let mut done = 0;
    for resource in &scope.types {
        match go_through(performer, &mut job, resource, &mut done).await {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            // What is missing for now, as room on the disk, is no reason to give the job up: it
            // goes on after the next start.
            Err(outcome) if matches!(outcome.kind, Kind::Full | Kind::Unavailable) => {
                return Err(outcome);
            }
            Err(outcome) => {
                let reason = format!("{resource} could not be indexed: {outcome}");
                return job.fail(&reason).await;
            }
        }
    }
    let count = performer.catalogs.indexed(&scope.covered).await?;
    let note = format!(
        "{done} resources are indexed; {count} search parameters of this server's own may be used."
    );
    job.complete(done, &note).await
}

/// Indexes all resources of a type anew. `false`: somebody ended the job.
async fn go_through(
    performer: &Performer,
    job: &mut Job<'_>,
    resource: &str,
    done: &mut usize,
) -> Result<bool, Outcome> {
    let caller = performer.job_caller();
    let permit = policy::of_job(performer, &caller, performer.catalogs.current().await?);
    let mut request = SearchRequest::of(Arc::from(resource), Filter::All, PAGE);
    let mut said_us = clock::now_us();
    loop {
        let page = permit.store().search(&request).await?;
        if !page.versions.is_empty() {
            *done += performer.catalogs.index(page.versions).await?;
        }
        let Some(next) = page.next else { return Ok(true) };
        request.after = Some(next);
        if clock::now_us() - said_us > PROGRESS_US {
            said_us = clock::now_us();
            if !job.progress(*done).await? {
                return Ok(false);
            }
        }
    }
}

impl Scope {
    fn of(catalog: &Catalog, focus: Option<&str>, urls: &[String], types: &[String]) -> Self {
        let schema = catalog.definitions.schema();
        let is_meant = |one: &&Own| {
            focus.is_none_or(|focus| one.key.to_string() == focus)
                && (urls.is_empty() || urls.contains(&one.parameter.url))
        };
        let meant: Vec<&Own> = catalog.own.iter().filter(is_meant).collect();
        let is_narrowed = focus.is_some() || !urls.is_empty();
        let mut through: BTreeSet<String> =
            meant.iter().flat_map(|one| base_types(&one.parameter.base, schema)).collect();
        if !types.is_empty() {
            // Types that are named are gone through whether there is a parameter or not.
            through.retain(|name| types.contains(name));
            if !is_narrowed {
                through.extend(types.iter().cloned());
            }
        }
        let is_covered = |one: &&&Own| base_types(&one.parameter.base, schema).is_subset(&through);
        let covered = meant.iter().filter(is_covered).map(|one| (*one).clone()).collect();
        Self { types: through, covered }
    }
}

/// The concrete types that a parameter's bases stand for.
fn base_types(bases: &[String], schema: &Schema) -> BTreeSet<String> {
    let is_based = |name: &&str| {
        bases.iter().any(|base| {
            schema.id(base).zip(schema.id(name)).is_some_and(|(base, id)| schema.is_a(id, base))
        })
    };
    schema.resource_names().into_iter().filter(is_based).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use fhir::json::Json;
    use storage::Key;

    use super::Scope;
    use crate::catalog::{Catalog, admit};

    fn catalog() -> Catalog {
        let text = |code: &str, base: &str| {
            format!(
                r#"{{"resourceType":"SearchParameter","status":"active","url":"http://t/{code}",
                "code":"{code}","type":"token","base":["{base}"],"expression":"{base}.extension.value"}}"#
            )
        };
        let one = |code: &str, base: &str| {
            let body = Json::parse(text(code, base)).expect("JSON");
            (Key::new("SearchParameter", code), 1, body)
        };
        let mut own = Vec::new();
        admit(&mut own, vec![one("mood", "Patient"), one("tone", "DomainResource")], 1);
        assert_eq!(own.len(), 2);
        Catalog::new(own, 1)
    }

    #[track_caller]
    fn check(focus: Option<&str>, urls: &[&str], types: &[&str], through: usize, covered: &[&str]) {
        let texts =
            |all: &[&str]| -> Vec<String> { all.iter().map(|one| (*one).to_owned()).collect() };
        let scope = Scope::of(&catalog(), focus, &texts(urls), &texts(types));
        assert_eq!(scope.types.len(), through);
        let found: Vec<&str> = scope.covered.iter().map(|one| &*one.key.id).collect();
        assert_eq!(found, covered);
    }

    #[test]
    fn a_parameter_is_covered_when_all_its_types_are_gone_through() {
        let all = catalog().definitions.schema().resource_names().len();
        check(Some("SearchParameter/mood"), &[], &[], 1, &["mood"]);
        check(None, &["http://t/mood"], &[], 1, &["mood"]);
        check(None, &[], &["Patient"], 1, &["mood"]);
        check(None, &[], &["Observation"], 1, &[]);
        check(Some("SearchParameter/mood"), &[], &["Observation"], 0, &[]);
        // Bundle, Binary and Parameters are no DomainResources.
        check(Some("SearchParameter/tone"), &[], &[], all - 3, &["tone"]);
    }
}

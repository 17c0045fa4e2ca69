//! The [history] interaction: versions of a resource, a type or everything, newest first.
//!
//! [history]: https://hl7.org/fhir/R4/http.html#history

use bytes::Bytes;
use fhir::bundle::{BundleEntry, BundleResponse, BundleWriter};
use fhir::primitive::DateTime;
use fhir::search::query;
use fhir::subset::Subset;
use fhir::{Issue, Kind, Outcome, resource};
use storage::{HistoryRequest, HistoryScope, Verb, Version};

use crate::policy::Permit;
use crate::read::not_found;
use crate::search::page::Bookmark;
use crate::search::{self, address};
use crate::{Answer, Body, Condition, Done, History};

const KNOWN: [&str; 8] =
    ["_since", "_at", "_count", "_summary", "_elements", "_page", "_format", "_pretty"];

pub(crate) async fn history(permit: &Permit<'_>, request: History) -> Result<Answer, Outcome> {
    let path = path(&request.scope);
    let form = form(&request.parameters);
    let (parameters, before) = turn_to_page(permit, &path, request.parameters)?;
    let asked = Asked::read(&parameters)?;
    let parts = parts(permit, &request.scope, &parameters)?;
    let settings = permit.settings();
    let mut size = asked.count.unwrap_or(settings.page_size_default).min(settings.page_size_max);
    if parts.is_count_only {
        size = 0;
    }
    let page = permit
        .store()
        .history(&HistoryRequest {
            scope: request.scope.clone(),
            since_us: asked.since_us,
            at_us: asked.at_us,
            before,
            limit: usize::try_from(size).unwrap_or(usize::MAX),
        })
        .await?;
    // What has a version is there; without one, none was asked for, or there is none.
    if let HistoryScope::Instance(key) = &request.scope
        && page.versions.is_empty()
        && page.total.unwrap_or_default() == 0
        && permit.store().read(key).await?.is_none()
    {
        return Err(not_found(key));
    }

    let mut bundle = BundleWriter::new("history");
    if let Some(total) = page.total {
        bundle.total(total);
    }
    let base = &permit.caller().base;
    bundle.link("self", &self_link(base, &path, &parameters, &form, size));
    if let Some(next) = page.next.filter(|_| size > 0) {
        let bookmark = Bookmark { position: next.to_be_bytes().to_vec(), parameters };
        let text = permit.seal().close(&path, &bookmark)?;
        let page = std::iter::once(("_page", text.as_str())).chain(pairs(&form));
        bundle.link("next", &address(format!("{base}/{path}"), page));
    }
    let mut resources = Vec::new();
    for version in &page.versions {
        resources.extend(entry(permit, &mut bundle, version, &parts.subset)?);
    }
    Ok(Answer::found(Body::bundle(bundle, resources)))
}

fn path(scope: &HistoryScope) -> String {
    match scope {
        HistoryScope::Instance(key) => format!("{key}/_history"),
        HistoryScope::Type(resource) => format!("{resource}/_history"),
        HistoryScope::System => "_history".to_owned(),
    }
}

fn turn_to_page(
    permit: &Permit<'_>,
    path: &str,
    mut parameters: Condition,
) -> Result<(Condition, Option<u64>), Outcome> {
    let page = parameters.iter().find(|(name, _)| name == "_page").map(|(_, text)| text.clone());
    parameters.retain(|(name, _)| name != "_format" && name != "_pretty");
    let Some(text) = page else { return Ok((parameters, None)) };
    if let Some((name, _)) = parameters.iter().find(|(name, _)| name != "_page") {
        return Err(Outcome::invalid(format!(
            "A page link holds its whole history: '{name}' cannot be added to it."
        ))
        .at(name));
    }
    let bookmark = permit.seal().open(path, &text)?;
    let before = <[u8; 8]>::try_from(bookmark.position.as_slice()).ok().map(u64::from_be_bytes);
    Ok((bookmark.parameters, before))
}

/// What the parameters ask.
#[derive(Debug, Default)]
struct Asked {
    since_us: Option<i64>,
    at_us: Option<(i64, i64)>,
    count: Option<u32>,
}

impl Asked {
    fn read(parameters: &[(String, String)]) -> Result<Self, Outcome> {
        let mut asked = Self::default();
        let mut issues = Vec::new();
        for (index, (name, value)) in parameters.iter().enumerate() {
            let is_repeated = parameters[..index].iter().any(|(other, _)| other == name);
            let read = if is_repeated {
                Err(format!("'{name}' may be given once in a history."))
            } else {
                asked.take(name, value)
            };
            if let Err(text) = read {
                let code = if KNOWN.contains(&name.as_str()) { "value" } else { "not-supported" };
                issues.push(Issue::error(code, text).at(name));
            }
        }
        if asked.since_us.is_some() && asked.at_us.is_some() {
            issues.push(Issue::error("value", "Give _since or _at, not both.").at("_at"));
        }
        if issues.is_empty() { Ok(asked) } else { Err(Outcome::with_issues(Kind::Invalid, issues)) }
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "_since" => {
                let since =
                    DateTime::parse(&query::with_plus(value)).filter(|date| date.time.is_some());
                let since = since.ok_or_else(|| {
                    format!("_since is '{value}': it is an instant, 2026-01-31T12:00:00Z.")
                })?;
                self.since_us = Some(since.range_us().0);
            }
            "_at" => {
                let at = DateTime::parse(&query::with_plus(value)).ok_or_else(|| {
                    format!("_at is '{value}': it is a date or date-time, 2026-01-31.")
                })?;
                self.at_us = Some(at.range_us());
            }
            "_count" => {
                let count = value
                    .parse()
                    .map_err(|_| format!("_count is '{value}': it is a whole number from 0."))?;
                self.count = Some(count);
            }
            "_summary" | "_elements" => (),
            _ => {
                let near = resource::nearest(name, KNOWN, 1);
                let hint =
                    near.first().map_or_else(String::new, |near| format!(" Did you mean {near}?"));
                return Err(format!(
                    "A history has no parameter '{name}'.{hint} It has _since, _at, _count, _summary and _elements."
                ));
            }
        }
        Ok(())
    }
}

/// The history as it was understood: the size of its pages is the one that was used.
fn self_link(
    base: &str,
    path: &str,
    parameters: &[(String, String)],
    form: &[(String, String)],
    size: u32,
) -> String {
    let size = size.to_string();
    let own = pairs(parameters).map(|(name, value)| match name {
        "_count" => (name, size.as_str()),
        _ => (name, value),
    });
    address(format!("{base}/{path}"), own.chain(pairs(form)))
}

fn pairs(parameters: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

/// What concerns the form of the answer: links repeat it.
fn form(parameters: &Condition) -> Condition {
    let form = parameters.iter().filter(|(name, _)| name == "_format" || name == "_pretty");
    form.cloned().collect()
}

/// Which part of each version is wanted.
fn parts(
    permit: &Permit<'_>,
    scope: &HistoryScope,
    parameters: &Condition,
) -> Result<query::Parts, Outcome> {
    let schema = permit.definitions().schema();
    match scope {
        HistoryScope::Instance(key) => query::parts(&[&key.resource], parameters, schema),
        HistoryScope::Type(resource) => query::parts(&[resource], parameters, schema),
        HistoryScope::System => query::parts(&schema.resource_names(), parameters, schema),
    }
}

/// Adds one version as an entry; gives the resource that belongs into it, if there is one.
fn entry(
    permit: &Permit<'_>,
    bundle: &mut BundleWriter,
    version: &Version,
    subset: &Subset,
) -> Result<Option<Bytes>, Outcome> {
    let key = &version.key;
    let full_url = permit.address(&key.resource, &key.id);
    let address = key.to_string();
    let (request, done) = match version.verb {
        Verb::Create => (("POST", &*key.resource), Done::Created),
        Verb::Update if version.version == 1 => (("PUT", address.as_str()), Done::Created),
        Verb::Revive => (("PUT", address.as_str()), Done::Created),
        Verb::Update => (("PUT", address.as_str()), Done::Updated),
        Verb::Delete => (("DELETE", address.as_str()), Done::Deleted),
    };
    let entry = BundleEntry {
        full_url: Some(&full_url),
        resource: None,
        search_mode: None,
        request: Some(request),
        response: Some(BundleResponse {
            status: permit.wire().status(done),
            location: None,
            version: Some(version.version),
            last_modified_us: Some(version.last_updated_us),
            outcome: None,
        }),
    };
    if version.is_deleted() {
        bundle.entry(&entry);
        return Ok(None);
    }
    bundle.hole(&entry);
    let part = search::part(permit, &version.body, subset)?;
    Ok(Some(part.map_or_else(|| version.body.clone(), Bytes::from)))
}

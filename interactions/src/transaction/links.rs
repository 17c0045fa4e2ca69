//! How resources of a transaction point to each other: fullUrls and conditional references become
//! the addresses that the resources get.
//!
//! <https://hl7.org/fhir/R4/http.html#trules>

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use fhir::json::Json;
use fhir::reference::{self, Place, Target};
use fhir::search::{Filter, matches, query};
use fhir::{Kind, Outcome};
use storage::{Check, Key};

use super::Entry;
use super::conditions::Asked;
use super::plan::{Plan, Step};
use crate::Interaction;
use crate::conditional::Found;
use crate::policy::Permit;

/// A reference that names a resource by a condition.
pub(super) struct ConditionalReference {
    text: String,
    /// The first entry that has it.
    owner: usize,
    /// What it asks for.
    pub(super) asked: Asked,
}

/// What every link of the transaction means.
pub(super) struct Links {
    /// fullUrl → address of the resource.
    full_urls: HashMap<String, String>,
    /// Text of a conditional reference → address of the resource that it found.
    conditional: HashMap<String, String>,
    /// What must still hold at the commit for the conditional references.
    pub(super) checks: Vec<Check>,
}

impl Links {
    pub(super) fn resolve(
        permit: &Permit<'_>,
        entries: &[Entry],
        plan: &Plan,
        references: &[ConditionalReference],
    ) -> Result<Self, Outcome> {
        let mut full_urls = HashMap::new();
        for (entry, step) in entries.iter().zip(&plan.steps) {
            let address = step.key().map(Key::to_string);
            if let (Some(url), Some(address)) = (&entry.full_url, address) {
                full_urls.insert(url.clone(), address);
            }
        }
        let mut links = Self { full_urls, conditional: HashMap::new(), checks: Vec::new() };
        for ConditionalReference { text, owner, asked: (resource, condition) } in references {
            let key = plan.conditions.find(resource, condition).and_then(|(found, check)| {
                let key = the_one(permit, entries, plan, &check, found);
                links.checks.push(check);
                key.map_err(|why| wrong(text, why))
            });
            let key = key.map_err(|outcome| entries[*owner].blame(outcome))?;
            links.conditional.insert(text.clone(), key.to_string());
        }
        Ok(links)
    }

    /// The entry's resource with its links replaced.
    pub(super) fn rewritten(&self, permit: &Permit<'_>, entry: &Entry) -> Result<Json, Outcome> {
        let body = match &entry.interaction {
            Interaction::Create(request) => &request.body,
            Interaction::Update(request) => &request.body,
            _ => return Err(Outcome::new(Kind::Fault, "An entry without a resource is written.")),
        };
        let root = entry.full_url.as_deref().and_then(service_root);
        let schema = permit.definitions().schema();
        let mut is_changed = false;
        let text = reference::rewrite(body.root(), schema, &mut |place, text| {
            let changed = self.changed(place, text, root);
            is_changed |= changed.is_some();
            changed
        });
        if !is_changed {
            return Ok(body.clone());
        }
        Json::parse(text).map_err(|error| Outcome::invalid(error.to_string()))
    }

    fn changed(&self, place: Place, text: &str, root: Option<&str>) -> Option<String> {
        match place {
            Place::Uri => self.target(text),
            Place::Narrative => self.narrative(text),
            Place::Reference => self
                .conditional
                .get(text)
                .cloned()
                .or_else(|| self.target(text))
                .or_else(|| self.target(&format!("{}/{text}", root?))),
        }
    }

    /// The address for a fullUrl, a fragment or version after it kept.
    fn target(&self, text: &str) -> Option<String> {
        if let Some(address) = self.full_urls.get(text) {
            return Some(address.clone());
        }
        let at = text.find("/_history/").or_else(|| text.find('#')).filter(|at| *at > 0)?;
        let (url, rest) = text.split_at(at);
        Some(format!("{}{rest}", self.full_urls.get(url)?))
    }

    /// `href` and `src` of a narrative.
    fn narrative(&self, div: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = div;
        let mut is_changed = false;
        while let Some((before, url, after)) = next_link(rest) {
            out.push_str(before);
            match self.target(url) {
                Some(address) => {
                    out.push_str(&address);
                    is_changed = true;
                }
                None => out.push_str(url),
            }
            rest = after;
        }
        out.push_str(rest);
        is_changed.then_some(out)
    }
}

/// Splits around the value of the next `href` or `src` attribute.
fn next_link(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find('=')?;
        let name = text[..at].trim_end();
        let value = text[at + 1..].trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        if let Some(quote) = quote.filter(|_| name.ends_with("href") || name.ends_with("src")) {
            let start = text.len() - value.len() + 1;
            let length = text[start..].find(quote)?;
            let end = start + length;
            return Some((&text[..start], &text[start..end], &text[end..]));
        }
        from = at + 1;
    }
}

/// `http://h/fhir` of `http://h/fhir/Patient/1`: what relative references of the entry start from.
fn service_root(full_url: &str) -> Option<&str> {
    if !full_url.starts_with("http") {
        return None;
    }
    let (rest, _) = full_url.rsplit_once('/')?;
    rest.rsplit_once('/').map(|(root, _)| root)
}

/// The conditional references of all entries, each text once.
pub(super) fn conditional_references(
    permit: &Permit<'_>,
    entries: &[Entry],
) -> Result<Vec<ConditionalReference>, Outcome> {
    let (bases, schema) = (&permit.settings().bases, permit.definitions().schema());
    let mut found: BTreeMap<String, (usize, Result<Asked, Outcome>)> = BTreeMap::new();
    for (owner, entry) in entries.iter().enumerate() {
        let body = match &entry.interaction {
            Interaction::Create(request) => &request.body,
            Interaction::Update(request) => &request.body,
            _ => continue,
        };
        if !body.text().contains('?') {
            continue;
        }
        reference::visit(body.root(), schema, &mut |place, text| {
            if place == Place::Reference
                && let Target::Conditional { resource, query } =
                    reference::target(text, bases, schema)
                && !found.contains_key(text)
            {
                let condition = query::decode_pairs(query);
                let asked = condition.map(|condition| (Arc::from(resource), condition));
                found.insert(text.to_owned(), (owner, asked));
            }
        });
    }
    let all = found.into_iter().map(|(text, (owner, asked))| {
        let asked = asked.map_err(|outcome| entries[owner].blame(outcome))?;
        Ok(ConditionalReference { text, owner, asked })
    });
    all.collect()
}

/// The one resource that a conditional reference is to: among what the store found, and what this
/// transaction makes; or why there is none such.
fn the_one(
    permit: &Permit<'_>,
    entries: &[Entry],
    plan: &Plan,
    check: &Check,
    found: Found,
) -> Result<Key, &'static str> {
    let Check::Matches { resource, filter, .. } = check else { return Err("it is no condition") };
    let mut keys = match found {
        Found::None => Vec::new(),
        Found::One(id) => vec![Key::new(resource.clone(), id)],
        Found::Many => return Err("several resources match"),
    };
    // What a resource of this Bundle is joined to may be in the Bundle too, or about to change
    // with it: a condition on other resources looks at what is stored, and at that alone.
    let is_joined = filter.is_joined();
    if is_joined {
        keys.retain(|key| !is_deleted(plan, key));
    } else {
        keys.retain(|key| !is_rewritten(plan, key));
        keys.extend(among(permit, entries, plan, resource, filter));
    }
    match (keys.len(), keys.pop()) {
        (1, Some(key)) => Ok(key),
        (0, _) if is_joined => Err(
            "nothing stored matches; a condition on other resources does not look at those of this \
             Bundle",
        ),
        (0, _) => Err("nothing matches"),
        _ => Err("several resources match"),
    }
}

/// Is the stored resource replaced or deleted by this transaction?
fn is_rewritten(plan: &Plan, key: &Key) -> bool {
    plan.steps.iter().any(|step| {
        matches!(step, Step::Put { .. } | Step::Delete { .. }) && step.key() == Some(key)
    })
}

/// Is the stored resource deleted by this transaction?
fn is_deleted(plan: &Plan, key: &Key) -> bool {
    plan.steps.iter().any(|step| matches!(step, Step::Delete { .. }) && step.key() == Some(key))
}

/// Resources of this transaction that match.
fn among(
    permit: &Permit<'_>,
    entries: &[Entry],
    plan: &Plan,
    resource: &str,
    filter: &Filter,
) -> Vec<Key> {
    let mut found = Vec::new();
    for (entry, step) in entries.iter().zip(&plan.steps) {
        let Step::Put { key, .. } = step else { continue };
        let body = match &entry.interaction {
            Interaction::Create(request) => &request.body,
            Interaction::Update(request) => &request.body,
            _ => continue,
        };
        if &*key.resource != resource {
            continue;
        }
        let held = permit.catalog().indexer.entries(body.root(), &permit.settings().bases);
        if matches(filter, &key.id, &held) {
            found.push(key.clone());
        }
    }
    found
}

fn wrong(text: &str, why: &str) -> Outcome {
    Outcome::new(
        Kind::Precondition,
        format!("The conditional reference '{text}' must find exactly one resource, but {why}."),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use fhir::reference::Place;

    use super::{Links, service_root};

    #[track_caller]
    fn check(place: Place, text: &str, expected: Option<&str>) {
        let links = Links {
            full_urls: HashMap::from([
                ("urn:uuid:1".to_owned(), "Patient/a".to_owned()),
                ("http://x/fhir/Patient/9".to_owned(), "Patient/b".to_owned()),
            ]),
            conditional: HashMap::new(),
            checks: Vec::new(),
        };
        let root = service_root("http://x/fhir/Observation/1");
        assert_eq!(links.changed(place, text, root).as_deref(), expected);
    }

    #[test]
    fn a_full_url_becomes_the_address_of_its_resource() {
        check(Place::Reference, "urn:uuid:1", Some("Patient/a"));
        check(Place::Uri, "urn:uuid:1", Some("Patient/a"));
        check(Place::Reference, "urn:uuid:2", None);
    }

    #[test]
    fn a_fragment_or_version_after_a_full_url_stays() {
        check(Place::Reference, "urn:uuid:1#part", Some("Patient/a#part"));
        check(Place::Reference, "urn:uuid:1/_history/1", Some("Patient/a/_history/1"));
        check(Place::Reference, "#part", None);
    }

    #[test]
    fn a_relative_reference_is_resolved_against_the_entry_s_own_server() {
        check(Place::Reference, "Patient/9", Some("Patient/b"));
        check(Place::Reference, "Patient/8", None);
        check(Place::Uri, "Patient/9", None);
    }

    #[test]
    fn links_and_images_of_a_narrative_are_replaced() {
        check(
            Place::Narrative,
            r#"<div><a class="x" href="urn:uuid:1">a=b</a><img src='urn:uuid:1#i'/></div>"#,
            Some(r#"<div><a class="x" href="Patient/a">a=b</a><img src='Patient/a#i'/></div>"#),
        );
        check(Place::Narrative, "<div>urn:uuid:1</div>", None);
    }
}

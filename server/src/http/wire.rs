//! Entries of a batch or transaction, read like requests of their own and worded like responses.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fhir::definitions::{self, Schema};
use fhir::json::Json;
use fhir::primitive::DateTime;
use fhir::search::query::decode_pairs;
use fhir::{Kind, Outcome};
use interactions::{Done, EntryRequest, Interaction, Returned, Wire};

use super::conditions::{self, Conditions};
use super::media::{BodyType, body_type};
use super::request::{Asked, Content, interaction};
use super::router::{self, Word};
use super::{date, status};

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"];

/// Speaks HTTP for the interactions.
pub struct HttpWire {
    schema: &'static Schema,
}

impl HttpWire {
    /// By the built-in definitions.
    #[must_use]
    pub fn new() -> Self {
        Self { schema: definitions::r4().schema() }
    }
}

impl Default for HttpWire {
    fn default() -> Self {
        Self::new()
    }
}

impl Wire for HttpWire {
    fn interaction(&self, entry: EntryRequest) -> Result<Interaction, Outcome> {
        if !METHODS.contains(&entry.method.as_str()) {
            return Err(Outcome::invalid(format!(
                "request.method is none of {}.",
                METHODS.join(", ")
            ))
            .at("request.method"));
        }
        let (path, query) = entry.url.split_once('?').unwrap_or((&entry.url, ""));
        let (word, parts) = router::find(&entry.method, path).map_err(|failure| failure.outcome)?;
        let asked = Asked {
            method: &entry.method,
            word,
            parts,
            pairs: decode_pairs(query)?,
            conditions: conditions(&entry)?,
            content: content(entry.resource, word)?,
            returned: Returned::default(),
            is_lenient: false,
        };
        interaction(asked, self.schema)
    }

    fn status(&self, done: Done) -> &'static str {
        status::of_done(done)
    }

    fn status_of_failure(&self, kind: Kind) -> &'static str {
        status::of_kind(kind)
    }
}

fn conditions(entry: &EntryRequest) -> Result<Conditions, Outcome> {
    let known = entry.if_none_match.as_deref();
    let since = entry.if_modified_since.as_deref();
    let exist = entry.if_none_exist.as_deref();
    Ok(Conditions {
        if_match: entry
            .if_match
            .as_deref()
            .map(|text| conditions::version("request.ifMatch", text))
            .transpose()?,
        if_none_match: known
            .map(|text| conditions::known_versions("request.ifNoneMatch", text))
            .transpose()?
            .unwrap_or_default(),
        if_modified_since_us: since.map(instant).transpose()?,
        if_none_exist: exist
            .map(|text| conditions::if_none_exist("request.ifNoneExist", text))
            .transpose()?,
    })
}

/// An instant, as the element has it, or what the header would hold.
fn instant(text: &str) -> Result<i64, Outcome> {
    let instant = DateTime::parse(text).map(|date| date.range_us().0);
    instant.or_else(|| date::parse(text)).ok_or_else(|| {
        Outcome::invalid("request.ifModifiedSince is an instant: 2026-01-31T12:00:00Z.")
            .at("request.ifModifiedSince")
    })
}

fn content(resource: Option<Json>, word: Word) -> Result<Content, Outcome> {
    let Some(resource) = resource else { return Ok(Content::Nothing) };
    let root = resource.root();
    let is_binary = root.str("resourceType").as_deref() == Some("Binary");
    if !matches!(word, Word::Patch | Word::ConditionalPatch) || !is_binary {
        return Ok(Content::Resource(resource));
    }
    // R4: a patch that is no resource travels in a Binary.
    let wrong = |what: &str| Err(Outcome::invalid(what.to_owned()).at("resource"));
    let content_type = root.str("contentType").unwrap_or_default();
    if body_type(&content_type)? != BodyType::JsonPatch {
        return wrong("A patch in a Binary has the contentType application/json-patch+json.");
    }
    let Ok(bytes) = STANDARD.decode(root.str("data").unwrap_or_default().as_bytes()) else {
        return wrong("The Binary's data is no base64.");
    };
    match Json::parse(bytes) {
        Ok(patch) => Ok(Content::JsonPatch(patch)),
        Err(error) => wrong(&format!("The patch in the Binary is no JSON: {error}.")),
    }
}

//! A body becomes content: read by its media type, or kept as a Binary.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fhir::definitions::Schema;
use fhir::json::{Json, Tree};
use fhir::search::query::decode_pairs;
use fhir::{Kind, Outcome, xml};

use super::media::{BodyType, Form, body_type};
use super::request::Content;
use super::router::Word;

/// A body as it came.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    pub(crate) content_type: Option<String>,
    /// `X-Security-Context`, for a Binary's native content.
    pub(crate) security_context: Option<String>,
}

/// Where a body belongs.
#[derive(Debug, Clone)]
pub(crate) struct Purpose {
    pub(crate) word: Word,
    pub(crate) resource: Option<String>,
    pub(crate) id: Option<String>,
}

/// Failure of a body over the limit.
pub(crate) fn too_large(limit: usize) -> Outcome {
    Outcome::new(
        Kind::TooLarge,
        format!("The body is longer than {limit} bytes, which are the most that are taken."),
    )
}

/// What a body holds, where it is sent.
pub(crate) fn content(body: Body, purpose: &Purpose, schema: &Schema) -> Result<Content, Outcome> {
    if body.bytes.is_empty() {
        return Ok(Content::Nothing);
    }
    let is_binary = purpose.resource.as_deref() == Some("Binary")
        && matches!(purpose.word, Word::Create | Word::Update | Word::ConditionalUpdate);
    let Some(content_type) = body.content_type.as_deref() else {
        return Err(unknown_type(purpose.word, is_binary));
    };
    match body_type(content_type)? {
        BodyType::FhirJson => resource(body.bytes, Form::Json, schema),
        BodyType::FhirXml => resource(body.bytes, Form::Xml, schema),
        BodyType::Json | BodyType::Xml | BodyType::JsonPatch | BodyType::UrlEncoded
            if is_binary =>
        {
            generic_binary(body, purpose, schema)
        }
        BodyType::Json => json(body.bytes, purpose.word, schema),
        BodyType::Xml => resource(body.bytes, Form::Xml, schema),
        BodyType::JsonPatch => Ok(Content::JsonPatch(parse_json(body.bytes)?)),
        BodyType::UrlEncoded => form(&body.bytes),
        BodyType::Other if is_binary => native(&body, purpose),
        BodyType::Other => Err(unknown_type(purpose.word, is_binary)),
    }
}

fn unknown_type(word: Word, is_binary: bool) -> Outcome {
    let fits = match word {
        Word::Patch | Word::ConditionalPatch => {
            "application/json-patch+json, or application/fhir+json and application/fhir+xml for \
             FHIRPath Patch"
        }
        Word::Search | Word::SearchCompartment | Word::SearchSystem => {
            "application/x-www-form-urlencoded"
        }
        _ if is_binary => "the content's own, or application/fhir+json and application/fhir+xml",
        _ => "application/fhir+json and application/fhir+xml",
    };
    Outcome::new(
        Kind::MediaType,
        format!("The body's Content-Type is missing or none that fits here: {fits}."),
    )
    .at("Content-Type")
}

/// `application/json` is a resource, and with PATCH a JSON Patch where it is a list.
fn json(bytes: Vec<u8>, word: Word, schema: &Schema) -> Result<Content, Outcome> {
    if !matches!(word, Word::Patch | Word::ConditionalPatch) {
        return resource(bytes, Form::Json, schema);
    }
    let json = parse_json(bytes)?;
    let is_list = json.root().is_array();
    Ok(if is_list { Content::JsonPatch(json) } else { Content::Resource(json) })
}

fn parse_json(bytes: Vec<u8>) -> Result<Json, Outcome> {
    Json::parse(bytes)
        .map_err(|error| Outcome::invalid(format!("The body is no acceptable JSON: {error}.")))
}

fn resource(bytes: Vec<u8>, form: Form, schema: &Schema) -> Result<Content, Outcome> {
    let json = match form {
        Form::Json => parse_json(bytes)?,
        Form::Xml => xml::to_json(&bytes, schema).map_err(|error| {
            let outcome = Outcome::invalid(format!("The body is no acceptable XML: {error}."));
            if error.path.is_empty() { outcome } else { outcome.at(&error.path) }
        })?,
    };
    if !json.root().is_object() {
        return Err(Outcome::invalid(
            "The body is no resource: a resource is an object with a resourceType.",
        ));
    }
    Ok(Content::Resource(json))
}

fn form(bytes: &[u8]) -> Result<Content, Outcome> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Outcome::invalid("The form in the body is not in UTF-8."))?;
    Ok(Content::Form(decode_pairs(text.trim())?))
}

/// A generic type may be the form of a Binary resource or its content: it is the resource where it
/// says so itself.
fn generic_binary(body: Body, purpose: &Purpose, schema: &Schema) -> Result<Content, Outcome> {
    let as_json = Json::parse(body.bytes.clone()).ok();
    let is_resource = |json: &Json| json.root().str("resourceType").as_deref() == Some("Binary");
    if let Some(json) = as_json.filter(is_resource) {
        return Ok(Content::Resource(json));
    }
    match xml::to_json(&body.bytes, schema).ok().filter(is_resource) {
        Some(json) => Ok(Content::Resource(json)),
        None => native(&body, purpose),
    }
}

/// A Binary resource of native content.
fn native(body: &Body, purpose: &Purpose) -> Result<Content, Outcome> {
    let mut tree = Tree::object();
    tree.set("resourceType", Tree::string("Binary"));
    if let Some(id) = &purpose.id {
        tree.set("id", Tree::string(id));
    }
    tree.set("contentType", Tree::string(body.content_type.clone().unwrap_or_default()));
    if let Some(context) = &body.security_context {
        let mut reference = Tree::object();
        reference.set("reference", Tree::string(context));
        tree.set("securityContext", reference);
    }
    tree.set("data", Tree::string(STANDARD.encode(&body.bytes)));
    let json = tree.to_json().map_err(|error| Outcome::invalid(error.to_string()))?;
    Ok(Content::Resource(json))
}

#[cfg(test)]
mod tests {

    use fhir::Kind;
    use fhir::definitions;

    use super::{Body, Content, Purpose, content};
    use crate::http::router::Word;

    fn read(word: Word, content_type: &str, bytes: &[u8]) -> Result<Content, Kind> {
        let content_type = (!content_type.is_empty()).then(|| content_type.to_owned());
        let body = Body { bytes: bytes.to_vec(), content_type, security_context: None };
        let purpose = Purpose { word, resource: Some("Binary".into()), id: Some("b".into()) };
        content(body, &purpose, definitions::r4().schema()).map_err(|outcome| outcome.kind)
    }

    fn text(content: Result<Content, Kind>) -> String {
        match content.unwrap() {
            Content::Resource(json) | Content::JsonPatch(json) => json.text().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn native_content_becomes_a_binary() {
        let made = text(read(Word::Update, "text/plain", b"Hello"));
        assert_eq!(
            made,
            r#"{"resourceType":"Binary","id":"b","contentType":"text/plain","data":"SGVsbG8="}"#
        );
        let json = text(read(Word::Create, "application/json", b"[1]"));
        assert!(json.contains("\"data\":\"WzFd\""), "{json}");
    }

    #[test]
    fn a_binary_in_fhir_form_stays_what_it_is() {
        let body = br#"{"resourceType":"Binary","contentType":"a/b"}"#;
        assert_eq!(text(read(Word::Create, "application/json", body)).as_bytes(), body);
    }

    #[test]
    fn a_patch_is_a_list_or_parameters() {
        assert!(matches!(read(Word::Patch, "application/json", b"[]"), Ok(Content::JsonPatch(_))));
        assert!(matches!(read(Word::Patch, "application/json", b"{}"), Ok(Content::Resource(_))));
        assert_eq!(read(Word::Patch, "text/plain", b"x").unwrap_err(), Kind::MediaType);
    }

    #[test]
    fn a_body_without_a_type_is_refused_and_an_empty_one_is_nothing() {
        assert_eq!(read(Word::Operation, "", b"{}").unwrap_err(), Kind::MediaType);
        assert!(matches!(read(Word::Operation, "", b""), Ok(Content::Nothing)));
    }
}

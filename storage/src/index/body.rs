//! A body as it is kept: minified, without the `meta.versionId` and `meta.lastUpdated` that the
//! store itself says, and with the place where they belong.

use bytes::Bytes;

use fhir::json::{Json, Value};
use fhir::primitive::DateTime;

/// An unstamped body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) text: Vec<u8>,
    pub(crate) splice: Splice,
}

/// Where the stamp goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Splice {
    /// Offset in bytes.
    pub(crate) at: usize,
    pub(crate) meta: Meta,
}

/// What stands where the stamp goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meta {
    /// No `meta`: the stamp brings it, behind the member before.
    Missing,
    /// `meta` without other members.
    Empty,
    /// `meta` with other members.
    Filled,
}

impl Meta {
    /// The number that stands for it in every store.
    pub(crate) fn code(self) -> u8 {
        match self {
            Meta::Missing => 0,
            Meta::Empty => 1,
            Meta::Filled => 2,
        }
    }

    /// What a number stands for.
    pub(crate) fn of_code(code: u8) -> Option<Self> {
        [Meta::Missing, Meta::Empty, Meta::Filled].into_iter().find(|meta| meta.code() == code)
    }
}

/// Room that a stamp needs at most.
pub(crate) const STAMP_MAX: usize = 96;

impl Body {
    /// Takes the stamp out of a resource; `None` when it is no object or has no member to put
    /// `meta` behind.
    pub(crate) fn unstamped(json: &Json) -> Option<Self> {
        let root = json.root();
        if !root.is_object() || root.entries().next().is_none() {
            return None;
        }
        let has_meta = root.get("meta").is_some_and(Value::is_object);
        // `meta` stands behind `id` in the order of the specification.
        let anchor = if root.get("id").is_some() { "id" } else { root.entries().next()?.key() };
        let mut text = String::with_capacity(json.text().len());
        let mut splice = Splice { at: 0, meta: Meta::Missing };
        text.push('{');
        for member in root.entries() {
            if member.key() == "meta" && !member.is_object() {
                continue;
            }
            if text.len() > 1 {
                text.push(',');
            }
            push_key(&mut text, member.key());
            if member.key() == "meta" {
                splice = push_meta(&mut text, member);
            } else {
                member.write_compact(&mut text);
            }
            if !has_meta && member.key() == anchor {
                splice.at = text.len();
            }
        }
        text.push('}');
        Some(Self { text: text.into_bytes(), splice })
    }
}

fn push_key(text: &mut String, key: &str) {
    text.push('"');
    text.push_str(key);
    text.push_str("\":");
}

fn push_meta(text: &mut String, meta: Value<'_>) -> Splice {
    text.push('{');
    let at = text.len();
    for member in meta.entries() {
        if matches!(member.key(), "versionId" | "lastUpdated") {
            continue;
        }
        if text.len() > at {
            text.push(',');
        }
        push_key(text, member.key());
        member.write_compact(text);
    }
    let meta = if text.len() > at { Meta::Filled } else { Meta::Empty };
    text.push('}');
    Splice { at, meta }
}

/// The body as it is served: `text` with the stamp in its place.
pub(crate) fn stamped(mut text: Vec<u8>, splice: Splice, version: u64, us: i64) -> Option<Bytes> {
    let instant = DateTime::instant_text(us);
    let stamp = format!("\"versionId\":\"{version}\",\"lastUpdated\":\"{instant}\"");
    let stamp = match splice.meta {
        Meta::Missing => format!(",\"meta\":{{{stamp}}}"),
        Meta::Empty => stamp,
        Meta::Filled => format!("{stamp},"),
    };
    let end = text.len();
    if splice.at > end {
        return None;
    }
    text.extend_from_slice(stamp.as_bytes());
    text[splice.at..].rotate_right(stamp.len());
    Some(Bytes::from(text))
}

#[cfg(test)]
mod tests {
    use super::{Body, stamped};
    use fhir::json::Json;

    #[track_caller]
    fn check(given: &str, served: &str) {
        let body = Body::unstamped(&Json::parse(given).expect("JSON")).expect("a body");
        let bytes = stamped(body.text, body.splice, 3, 1_423_333_697_239_000).expect("a place");
        assert_eq!(std::str::from_utf8(&bytes).expect("text"), served);
    }

    #[test]
    fn what_the_client_says_of_version_and_instant_is_replaced() {
        check(
            concat!(
                r#"{"resourceType":"Patient","id":"a","#,
                r#""meta":{"versionId":"9","tag":[],"lastUpdated":"1"}}"#
            ),
            concat!(
                r#"{"resourceType":"Patient","id":"a","meta":{"versionId":"3","#,
                r#""lastUpdated":"2015-02-07T18:28:17.239Z","tag":[]}}"#
            ),
        );
    }

    #[test]
    fn a_missing_meta_stands_behind_the_id() {
        check(
            r#"{ "resourceType": "Patient", "id": "a", "active": true }"#,
            concat!(
                r#"{"resourceType":"Patient","id":"a","meta":{"versionId":"3","#,
                r#""lastUpdated":"2015-02-07T18:28:17.239Z"},"active":true}"#
            ),
        );
    }

    #[test]
    fn an_empty_meta_is_filled() {
        check(
            r#"{"resourceType":"Patient","meta":{"versionId":"9"},"id":"a","gender":"é"}"#,
            concat!(
                r#"{"resourceType":"Patient","meta":{"versionId":"3","#,
                r#""lastUpdated":"2015-02-07T18:28:17.239Z"},"id":"a","gender":"é"}"#
            ),
        );
    }
}

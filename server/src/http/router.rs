//! All addresses under a FHIR base, in the order of the [specification].
//!
//! [specification]: https://hl7.org/fhir/R4/http.html

use fhir::{Kind, Outcome};

use super::failure::Failure;

/// What is asked for at an address, in the specification's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Word {
    Read,
    Vread,
    Update,
    ConditionalUpdate,
    Patch,
    ConditionalPatch,
    Delete,
    ConditionalDelete,
    Create,
    Search,
    SearchCompartment,
    SearchSystem,
    Capabilities,
    Bundle,
    History,
    Operation,
}

impl Word {
    /// As logs and metrics call it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Word::Read => "read",
            Word::Vread => "vread",
            Word::Update => "update",
            Word::ConditionalUpdate => "update-conditional",
            Word::Patch => "patch",
            Word::ConditionalPatch => "patch-conditional",
            Word::Delete => "delete",
            Word::ConditionalDelete => "delete-conditional",
            Word::Create => "create",
            Word::Search => "search-type",
            Word::SearchCompartment => "search-compartment",
            Word::SearchSystem => "search-system",
            Word::Capabilities => "capabilities",
            Word::Bundle => "bundle",
            Word::History => "history",
            Word::Operation => "operation",
        }
    }
}

/// A part of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// This very word.
    Is(&'static str),
    Type,
    Id,
    Version,
    /// `$code`
    Code,
    /// A type within a compartment, or `*`.
    Member,
}

use Part::{Code, Id, Is, Member, Type, Version};

struct Route {
    word: Word,
    method: &'static str,
    path: &'static [Part],
}

const fn route(word: Word, method: &'static str, path: &'static [Part]) -> Route {
    Route { word, method, path }
}

/// Wherever there is a GET, there is a HEAD.
const ROUTES: [Route; 33] = [
    route(Word::Read, "GET", &[Type, Id]),
    route(Word::Vread, "GET", &[Type, Id, Is("_history"), Version]),
    route(Word::Update, "PUT", &[Type, Id]),
    route(Word::ConditionalUpdate, "PUT", &[Type]),
    route(Word::Patch, "PATCH", &[Type, Id]),
    route(Word::ConditionalPatch, "PATCH", &[Type]),
    route(Word::Delete, "DELETE", &[Type, Id]),
    route(Word::ConditionalDelete, "DELETE", &[Type]),
    route(Word::Create, "POST", &[Type]),
    route(Word::Search, "GET", &[Type]),
    route(Word::Search, "GET", &[Type, Is("_search")]),
    route(Word::Search, "POST", &[Type, Is("_search")]),
    route(Word::SearchCompartment, "GET", &[Type, Id, Member]),
    route(Word::SearchCompartment, "GET", &[Type, Id, Member, Is("_search")]),
    route(Word::SearchCompartment, "POST", &[Type, Id, Member, Is("_search")]),
    route(Word::SearchSystem, "GET", &[]),
    route(Word::SearchSystem, "GET", &[Is("_search")]),
    route(Word::SearchSystem, "POST", &[Is("_search")]),
    route(Word::Capabilities, "GET", &[Is("metadata")]),
    route(Word::Capabilities, "OPTIONS", &[]),
    route(Word::Capabilities, "OPTIONS", &[Is("metadata")]),
    route(Word::Bundle, "POST", &[]),
    route(Word::History, "GET", &[Type, Id, Is("_history")]),
    route(Word::History, "GET", &[Type, Is("_history")]),
    route(Word::History, "GET", &[Is("_history")]),
    route(Word::Operation, "GET", &[Code]),
    route(Word::Operation, "POST", &[Code]),
    route(Word::Operation, "GET", &[Type, Code]),
    route(Word::Operation, "POST", &[Type, Code]),
    route(Word::Operation, "GET", &[Type, Id, Code]),
    route(Word::Operation, "POST", &[Type, Id, Code]),
    route(Word::Operation, "GET", &[Type, Id, Is("_history"), Version, Code]),
    route(Word::Operation, "POST", &[Type, Id, Is("_history"), Version, Code]),
];

/// An address that there is, with its parts as they stand there, decoded.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) resource: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) member: Option<String>,
    /// Without `$`.
    pub(crate) code: Option<String>,
}

/// What is asked for by this method at this path under the base (no slash at its beginning).
pub(crate) fn find(method: &str, path: &str) -> Result<(Word, Parts), Failure> {
    let segments = segments(path)?;
    let mut allowed: Vec<&'static str> = Vec::new();
    let wanted = if method == "HEAD" { "GET" } else { method };
    for route in &ROUTES {
        let Some(parts) = parts(route.path, &segments) else { continue };
        if route.method == wanted {
            return Ok((route.word, parts));
        }
        allow(&mut allowed, route.method);
    }
    if allowed.is_empty() {
        return Err(Failure::from(nothing_here()));
    }
    allow(&mut allowed, "OPTIONS");
    let allowed = allowed.join(", ");
    let outcome = Outcome::new(
        Kind::NotAllowed,
        format!("The method {method} does not fit this address. What fits: {allowed}."),
    );
    Err(Failure { outcome, allow: Some(allowed) })
}

fn allow(allowed: &mut Vec<&'static str>, method: &'static str) {
    let more: &[&'static str] = if method == "GET" { &["GET", "HEAD"] } else { &[method] };
    for method in more {
        if !allowed.contains(method) {
            allowed.push(method);
        }
    }
}

fn nothing_here() -> Outcome {
    Outcome::new(
        Kind::Unknown,
        "There is nothing at this address. Under the base stand [type], [type]/[id], \
         [type]/[id]/_history/[version], [type]/_search, [type]/[id]/[type], _history, metadata \
         and operations, whose names begin with $.",
    )
}

/// The path's segments, decoded. One slash at the end is forgiven.
fn segments(path: &str) -> Result<Vec<String>, Outcome> {
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Ok(Vec::new());
    }
    path.split('/').map(decode).collect()
}

fn decode(segment: &str) -> Result<String, Outcome> {
    let wrong = || Outcome::invalid("The address has an escape that stands for no UTF-8 text.");
    let mut out = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let (Some(high), Some(low)) = (digit(), digit()) else { return Err(wrong()) };
        out.push(u8::try_from(high << 4 | low).map_err(|_| wrong())?);
    }
    String::from_utf8(out).map_err(|_| wrong())
}

fn parts(path: &[Part], segments: &[String]) -> Option<Parts> {
    if path.len() != segments.len() {
        return None;
    }
    let mut parts = Parts::default();
    for (part, segment) in path.iter().zip(segments) {
        let is_name = !segment.is_empty() && !segment.starts_with(['_', '$']);
        match part {
            Is(word) if segment == word => {}
            Type if is_name && segment != "metadata" => parts.resource = Some(segment.clone()),
            Id if is_name => parts.id = Some(segment.clone()),
            Member if is_name => parts.member = Some(segment.clone()),
            Version if !segment.is_empty() => parts.version = Some(segment.clone()),
            Code => parts.code = Some(segment.strip_prefix('$')?.to_owned()),
            _ => return None,
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::{Word, find};

    #[track_caller]
    fn check(method: &str, path: &str, expected: Word) {
        assert_eq!(find(method, path).unwrap().0, expected, "{method} {path}");
    }

    #[test]
    fn every_interaction_has_its_address() {
        check("GET", "Patient/1", Word::Read);
        check("HEAD", "Patient/1", Word::Read);
        check("GET", "Patient/1/_history/2", Word::Vread);
        check("PUT", "Patient/1", Word::Update);
        check("PUT", "Patient", Word::ConditionalUpdate);
        check("PATCH", "Patient/1", Word::Patch);
        check("DELETE", "Patient", Word::ConditionalDelete);
        check("POST", "Patient", Word::Create);
        check("POST", "Patient/_search", Word::Search);
        check("GET", "Patient/1/Observation", Word::SearchCompartment);
        check("GET", "Patient/1/*", Word::SearchCompartment);
        check("GET", "metadata", Word::Capabilities);
        check("OPTIONS", "", Word::Capabilities);
        check("POST", "", Word::Bundle);
        check("POST", "/", Word::Bundle);
        check("GET", "Patient/_history", Word::History);
        check("POST", "Patient/1/$meta-add", Word::Operation);
        check("GET", "Patient/1/_history/3/$meta", Word::Operation);
    }

    #[test]
    fn parts_are_decoded_segment_by_segment() {
        let (_, parts) = find("GET", "Patient/a%2Fb").unwrap();
        assert_eq!(parts.id.as_deref(), Some("a/b"));
        assert!(find("GET", "Patient/%f").is_err());
        assert!(find("GET", "%ff/a").is_err());
    }

    #[test]
    fn a_wrong_method_is_answered_with_those_that_fit() {
        let failure = find("POST", "Patient/1").unwrap_err();
        assert_eq!(failure.allow.as_deref(), Some("GET, HEAD, PUT, PATCH, DELETE, OPTIONS"));
        assert!(find("PUT", "metadata").unwrap_err().allow.is_some());
    }

    #[test]
    fn what_is_no_address_is_not_found() {
        for path in ["Patient//1", "Patient/_list", "_nothing", "Patient/1/_history/2/3"] {
            assert!(find("GET", path).unwrap_err().allow.is_none(), "{path}");
        }
    }
}

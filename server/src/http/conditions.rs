//! What a request makes its interaction depend on, and what it prefers ([headers]).
//!
//! [headers]: https://hl7.org/fhir/R4/http.html#Http-Headers

use fhir::Outcome;
use fhir::search::query::decode_pairs;
use interactions::{Condition, Returned};

/// The conditions of a request or of an entry.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    /// `If-Match`, without quotes and `W/`.
    pub(crate) if_match: Option<String>,
    /// `If-None-Match`: one or several, likewise, or `*`.
    pub(crate) if_none_match: Vec<String>,
    /// `If-Modified-Since`, in microseconds since 1970.
    pub(crate) if_modified_since_us: Option<i64>,
    /// `If-None-Exist`.
    pub(crate) if_none_exist: Option<Condition>,
}

/// The version in an entity tag: `W/"3"` and `"3"` say 3.
pub(crate) fn version(header: &str, text: &str) -> Result<String, Outcome> {
    let text = text.trim();
    let tag = text.strip_prefix("W/").or_else(|| text.strip_prefix("w/")).unwrap_or(text);
    let inside = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let found = inside.filter(|version| {
        !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"')
    });
    found.map(str::to_owned).ok_or_else(|| {
        Outcome::invalid(format!(
            "{header} holds the ETag of one version as the server gave it, W/\"3\"."
        ))
        .at(header)
    })
}

/// `If-None-Match`: the versions that the client has.
pub(crate) fn known_versions(header: &str, text: &str) -> Result<Vec<String>, Outcome> {
    match text.trim() {
        "*" => Ok(vec!["*".to_owned()]),
        list => list.split(',').map(|one| version(header, one)).collect(),
    }
}

/// `If-None-Exist`: a query string, with or without the type before it.
pub(crate) fn if_none_exist(header: &str, text: &str) -> Result<Condition, Outcome> {
    let query = text.trim().rsplit_once('?').map_or(text.trim(), |(_, query)| query);
    let pairs = decode_pairs(query)?;
    if pairs.is_empty() {
        return Err(Outcome::invalid(format!(
            "{header} holds a search that must match nothing: identifier=http://example.org|1."
        ))
        .at(header));
    }
    Ok(pairs)
}

/// What a client [prefers].
///
/// [prefers]: https://hl7.org/fhir/R4/http.html#ops
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Preferences {
    /// `return=…`
    pub(crate) returned: Option<Returned>,
    /// `handling=lenient`
    pub(crate) is_lenient: bool,
}

/// Reads all `Prefer` headers. What a server does not know in them it leaves aside (RFC 7240).
pub(crate) fn preferences<'a>(headers: impl Iterator<Item = &'a str>) -> Preferences {
    let mut found = Preferences::default();
    for preference in headers.flat_map(|header| header.split([',', ';'])) {
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        let value = value.trim().trim_matches('"');
        match (name.trim().to_ascii_lowercase().as_str(), value) {
            ("return", "minimal") => found.returned = Some(Returned::Minimal),
            ("return", "representation") => found.returned = Some(Returned::Representation),
            ("return", "OperationOutcome") => found.returned = Some(Returned::OperationOutcome),
            ("handling", "lenient") => found.is_lenient = true,
            ("handling", "strict") => found.is_lenient = false,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{if_none_exist, known_versions, preferences, version};
    use interactions::Returned;

    #[test]
    fn an_etag_is_weak_or_strong_and_nothing_else() {
        assert_eq!(version("If-Match", "W/\"3\"").unwrap(), "3");
        assert_eq!(version("If-Match", " \"3\" ").unwrap(), "3");
        for wrong in ["3", "nonsense", "W/3", "\"\"", "*", "W/\"1\", W/\"2\""] {
            assert!(version("If-Match", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn if_none_match_may_name_any_version() {
        assert_eq!(known_versions("If-None-Match", "*").unwrap(), ["*"]);
        assert_eq!(known_versions("If-None-Match", "W/\"1\", \"2\"").unwrap(), ["1", "2"]);
        assert!(known_versions("If-None-Match", "x").is_err());
    }

    #[test]
    fn if_none_exist_is_a_search() {
        let pairs = vec![("identifier".to_owned(), "http://a|1".to_owned())];
        assert_eq!(if_none_exist("h", "identifier=http://a|1").unwrap(), pairs);
        assert_eq!(if_none_exist("h", "Patient?identifier=http%3A%2F%2Fa%7C1").unwrap(), pairs);
        assert!(if_none_exist("h", " ").is_err());
    }

    #[test]
    fn preferences_come_in_one_header_or_several() {
        let one = preferences(["respond-async, return=minimal; handling=lenient"].into_iter());
        assert_eq!(one.returned, Some(Returned::Minimal));
        assert!(one.is_lenient);
        let two = preferences(["return=OperationOutcome", "handling=strict"].into_iter());
        assert_eq!(two.returned, Some(Returned::OperationOutcome));
        assert!(!two.is_lenient);
        assert_eq!(preferences(["return=all"].into_iter()).returned, None);
    }
}

//! [Reference] parameters.
//!
//! [Reference]: https://hl7.org/fhir/R4/search.html#reference

use super::query::escape::{split, unescape};
use super::{TokenTest, TokenValue};
use crate::definitions::Schema;
use crate::reference::{Target, is_id, target};
use crate::resource::nearest;

/// A reference in the index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd)]
pub enum ReferenceValue {
    /// A resource of this server: relative, or absolute under one of the tenant's own bases.
    Local {
        /// Resource type.
        resource: String,
        /// Logical id.
        id: String,
        /// Version, where the reference names one.
        version: Option<String>,
    },
    /// Anything else with a URL, canonicals included; a version after `|` apart.
    Url {
        /// URL or URN without version.
        url: String,
        /// What stood after `|`.
        version: Option<String>,
    },
    /// `Reference.identifier`.
    Identifier(TokenValue),
}

/// A reference asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferenceTest {
    /// `[id]` or `[type]/[id]`, perhaps with a version.
    Local {
        /// Resource types that it may have; empty: any.
        resources: Vec<String>,
        /// Logical id.
        id: String,
        /// `/_history/[version]`.
        version: Option<String>,
    },
    /// An absolute URL or URN; with a version only that version.
    Url {
        /// URL or URN without version.
        url: String,
        /// What stood after `|`.
        version: Option<String>,
    },
    /// `:above` or `:below` of a version: any version of the URL that it lies within, or that lies
    /// within it.
    Versions {
        /// URL without version.
        url: String,
        /// The version: `1.2`.
        version: String,
        /// `:below`, not `:above`.
        is_below: bool,
    },
    /// `:identifier`.
    Identifier(TokenTest),
}

/// What reading a reference depends on.
#[derive(Clone, Copy)]
pub(super) struct ReferenceScope<'a> {
    /// This server's own bases, without a slash at the end.
    pub(super) bases: &'a [String],
    pub(super) schema: &'a Schema,
    /// Resource types that the parameter's references may have, as its expression tells; empty: any.
    pub(super) targets: &'a [&'a str],
    /// The type that a modifier demands: `subject:Patient`.
    pub(super) r#type: Option<&'a str>,
}

impl ReferenceTest {
    /// Reads `id`, `Type/id`, `Type/id/_history/version`, or a URL that `|version` may follow. The
    /// error says what is allowed.
    pub(super) fn parse(text: &str, scope: ReferenceScope<'_>) -> Result<Self, String> {
        let (reference, version) = match split(text, '|').as_slice() {
            [reference] => (unescape(reference)?, None),
            [reference, version] => (unescape(reference)?, Some(unescape(version)?.into_owned())),
            _ => return Err(format!("'{text}' has more than one '|'.")),
        };
        let found = target(&reference, scope.bases, scope.schema);
        match (found, version) {
            (Target::Local { resource, .. }, _) if scope.r#type.is_some_and(|t| t != resource) => {
                Err(format!(
                    "'{text}' is a {resource}, and the modifier asks for a {}.",
                    scope.r#type.unwrap_or_default()
                ))
            }
            (Target::Local { resource, id, version }, None) => Ok(Self::Local {
                resources: vec![resource.to_owned()],
                id: id.to_owned(),
                version: version.map(str::to_owned),
            }),
            (Target::Local { .. }, version) => Ok(Self::Url { url: reference.into(), version }),
            (Target::Elsewhere, None) if is_id(&reference) => {
                let resources = match (scope.r#type, scope.targets) {
                    (Some(one), _) => vec![one.to_owned()],
                    (None, [one]) => vec![(*one).to_owned()],
                    // Every type that the parameter allows, and none else can be in its index.
                    _ => Vec::new(),
                };
                Ok(Self::Local { resources, id: reference.into(), version: None })
            }
            (Target::Elsewhere, version) if scope.r#type.is_none() && has_scheme(&reference) => {
                Ok(Self::Url { url: reference.into(), version })
            }
            _ => Err(not_a_reference(&reference, scope)),
        }
    }
}

impl ReferenceTest {
    /// Reads `url|version` of `:above` and `:below`. The error says what is allowed.
    pub(super) fn parse_versions(text: &str, is_below: bool) -> Result<Self, String> {
        let parts = split(text, '|');
        if let [url, version] = parts.as_slice()
            && !version.is_empty()
        {
            let url = unescape(url)?;
            if has_scheme(&url) {
                let version = unescape(version)?.into_owned();
                return Ok(Self::Versions { url: url.into_owned(), version, is_below });
            }
        }
        let modifier = if is_below { "below" } else { "above" };
        Err(format!(
            "'{text}' is no canonical URL with a version, which is what :{modifier} goes with on a \
             reference: write it as http://example.org/x|1.2. Along a hierarchy of resources \
             ':{modifier}' is not supported yet."
        ))
    }
}

/// Is `version` the same as `base`, or a finer one of it: `1.2` of `1`, `1.2.0-rc1` of `1.2.0`?
fn is_version_of(version: &str, base: &str) -> bool {
    let Some(rest) = version.strip_prefix(base) else { return false };
    rest.is_empty() || rest.starts_with(['.', '-', '+'])
}

fn has_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        !rest.is_empty()
            && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    })
}

fn not_a_reference(text: &str, scope: ReferenceScope<'_>) -> String {
    if let Some((name, _)) = text.split_once('/').filter(|_| !has_scheme(text)) {
        let known = scope.schema.resource(name).is_some();
        if !known {
            let near = nearest(name, scope.schema.resource_names(), 1);
            let near = near.first().map_or(String::new(), |one| format!("; the nearest is {one}"));
            return format!("'{text}' starts with '{name}', which is no resource type{near}.");
        }
    }
    if scope.r#type.is_some() {
        return format!("'{text}' is no id, which is what a type modifier goes with.");
    }
    format!("'{text}' is no reference: write an id, Type/id or an absolute URL.")
}

impl ReferenceTest {
    /// Does a value pass?
    #[must_use]
    pub fn matches(&self, value: &ReferenceValue) -> bool {
        match (self, value) {
            (
                ReferenceTest::Local { resources, id, version },
                ReferenceValue::Local { resource, id: held, version: held_version },
            ) => {
                id == held
                    && (resources.is_empty() || resources.contains(resource))
                    && (version.is_none() || version == held_version)
            }
            (
                ReferenceTest::Url { url, version },
                ReferenceValue::Url { url: held, version: held_version },
            ) => url == held && (version.is_none() || version == held_version),
            (
                ReferenceTest::Versions { url, version, is_below },
                ReferenceValue::Url { url: held, version: Some(held_version) },
            ) => {
                let (fine, coarse) =
                    if *is_below { (held_version, version) } else { (version, held_version) };
                url == held && is_version_of(fine, coarse)
            }
            (ReferenceTest::Identifier(test), ReferenceValue::Identifier(value)) => {
                test.matches(value)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ReferenceTest, ReferenceValue};

    #[track_caller]
    fn check(is_below: bool, query: &str, held: Option<&str>, is_match: bool) {
        let test = ReferenceTest::parse_versions(query, is_below).expect("a versioned canonical");
        let value =
            ReferenceValue::Url { url: "http://x/q".to_owned(), version: held.map(str::to_owned) };
        assert_eq!(test.matches(&value), is_match, "{query} of {held:?}");
    }

    #[test]
    fn below_a_version_are_its_finer_ones_and_above_its_coarser_ones() {
        for (held, is_below, is_above) in [
            (Some("1.2"), true, true),
            (Some("1.2.3"), true, false),
            (Some("1.2-rc"), true, false),
            (Some("1.20"), false, false),
            (Some("1"), false, true),
            (Some("2"), false, false),
            (None, false, false),
        ] {
            check(true, "http://x/q|1.2", held, is_below);
            check(false, "http://x/q|1.2", held, is_above);
        }
        check(true, "http://x/other|1.2", Some("1.2"), false);
    }

    #[test]
    fn above_and_below_ask_for_a_canonical_url_with_a_version() {
        for wrong in ["1", "Patient/1", "http://x/q", "http://x/q|", "q|1", "http://x/q|1|2"] {
            let text = ReferenceTest::parse_versions(wrong, true).unwrap_err();
            assert!(text.contains(wrong) && text.contains(":below"), "{text}");
        }
    }
}

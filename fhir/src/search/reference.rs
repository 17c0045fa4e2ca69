//! [Reference] parameters.
//!
//! [Reference]: https://hl7.org/fhir/R4/search.html#reference

use super::{TokenTest, TokenValue};

/// A reference in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// `:identifier`.
    Identifier(TokenTest),
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
            (ReferenceTest::Identifier(test), ReferenceValue::Identifier(value)) => {
                test.matches(value)
            }
            _ => false,
        }
    }
}

//! Where definitions come from: name and version by [package.json] or Maven's `pom.properties`.
//!
//! [package.json]: https://hl7.org/fhir/packages.html

use serde::{Deserialize, Serialize};

use super::node::Node;

/// What was compiled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// `hl7.fhir.r4.core`; empty when the files do not say.
    pub name: String,
    /// `4.0.1`; empty when the files do not say.
    pub version: String,
    /// FHIR version of the definitions, `4.0.1`; empty when the files do not say.
    pub fhir_version: String,
}

impl Source {
    /// The first source that says something counts.
    pub(super) fn package(&mut self, node: &Node) {
        // Core says `fhir-version-list` where guides say `fhirVersions`.
        self.fhir_version(node.str("fhirVersions").or_else(|| node.str("fhir-version-list")));
        self.named(node.str("name"), node.str("version"));
    }

    pub(super) fn properties(&mut self, text: &str) {
        let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key));
        self.named(value("artifactId="), value("version="));
    }

    pub(super) fn fhir_version(&mut self, version: Option<&str>) {
        if self.fhir_version.is_empty() {
            self.fhir_version = version.unwrap_or_default().to_owned();
        }
    }

    fn named(&mut self, name: Option<&str>, version: Option<&str>) {
        if self.name.is_empty()
            && let Some(name) = name
        {
            self.name = name.to_owned();
            self.version = version.unwrap_or_default().to_owned();
        }
    }
}

/// Folders of packages that hold something else than definitions: examples, schemas.
const OTHER_FOLDERS: [&str; 5] = ["example", "examples", "other", "xml", "openapi"];

/// Is this path in a package the place of a definition?
pub(super) fn is_definition(path: &str) -> bool {
    let mut parts = path.rsplit(['/', '\\']);
    let file = parts.next().unwrap_or_default();
    // `.index.json` lists the package's files; core has none, so it is never needed.
    !file.starts_with('.') && !parts.any(|folder| OTHER_FOLDERS.contains(&folder))
}

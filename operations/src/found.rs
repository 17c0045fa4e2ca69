//! A resource that came through the door, with its identity at hand.

use fhir::definitions;
use fhir::json::{Json, Value};
use fhir::reference::{Place, Target, target, visit};
use interactions::Key;

/// A version of a resource as an operation got it.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its type: `Observation`.
    pub kind: String,
    /// Its logical id.
    pub id: String,
    /// `meta.versionId`, when it has one.
    pub version: Option<String>,
    json: Json,
}

impl Found {
    /// The resource of this document; `None` when it has no type or no id.
    #[must_use]
    pub fn new(json: Json) -> Option<Self> {
        let root = json.root();
        let kind = root.str("resourceType")?.into_owned();
        let id = root.str("id")?.into_owned();
        let version = root.at(&["meta", "versionId"]).and_then(Value::as_str);
        let version = version.map(|text| text.into_owned());
        Some(Self { kind, id, version, json })
    }

    /// The resource.
    #[must_use]
    pub fn root(&self) -> Value<'_> {
        self.json.root()
    }

    /// Its text as it came.
    #[must_use]
    pub fn text(&self) -> &str {
        self.json.text()
    }

    /// `Observation/1`
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}/{}", self.kind, self.id)
    }

    /// The address of this version: `Observation/1/_history/2`; the resource's own when the version
    /// is not known.
    #[must_use]
    pub fn citation(&self) -> String {
        match &self.version {
            Some(version) => format!("{}/{}/_history/{version}", self.kind, self.id),
            None => self.address(),
        }
    }

    /// Resources of this server that it refers to, in the order of the text, each once.
    pub(crate) fn references(&self, base: &str) -> Vec<Key> {
        let (schema, bases) = (definitions::r4().schema(), [base.to_owned()]);
        let mut keys: Vec<Key> = Vec::new();
        visit(self.root(), schema, &mut |place, text| {
            if place != Place::Reference {
                return;
            }
            if let Target::Local { resource, id, .. } = target(text, &bases, schema) {
                let key = Key::new(resource, id);
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
        });
        keys
    }
}

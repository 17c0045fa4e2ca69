//! The text of a [Reference]: its form, and the type of its target.
//!
//! [Reference]: https://hl7.org/fhir/R4/references.html#literal

use super::primitive::has_space;
use super::{Spot, Walk, short, shown};
use crate::json::Value;
use crate::reference::is_id;
use crate::resource::nearest;

const FORMS: &str = "Type/id, an absolute http(s) URL, urn:uuid: or urn:oid:, or #id of a \
                     contained resource";

/// Issue type and what is wrong.
type Fault = (&'static str, String);

impl<'a> Walk<'a> {
    /// `Reference.reference`, where it is there as a string.
    pub(super) fn reference(&mut self, value: Value<'_>, spot: &Spot<'_>) {
        let Some(member) = value.get("reference") else { return };
        let Some(text) = member.as_str() else { return };
        let targets = &spot.kind.targets;
        let Err((code, reason)) = self.target(&text, targets) else { return };
        let text =
            format!("{} is no reference for {}: {reason}.", shown(member), spot.property.path);
        self.error(code, member, &spot.place.child("reference"), text);
    }

    fn target(&mut self, text: &str, targets: &[String]) -> Result<(), Fault> {
        if let Some(fragment) = text.strip_prefix('#') {
            return match self.refer(fragment) {
                Ok(None) => Ok(()),
                Ok(Some(found)) => is_target(&found, targets),
                Err(reason) => Err(("invariant", reason)),
            };
        }
        if has_space(text) {
            return Err(("value", "it has white space".into()));
        }
        if is_absolute(text) || text.trim().is_empty() {
            return Ok(());
        }
        let text = text.split_once('#').map_or(text, |(before, _)| before);
        if let Some((name, _)) = text.split_once('?') {
            self.is_type(name)?;
            if !self.is_transaction {
                let reason = "a search stands for a reference in a transaction only";
                return Err(("value", reason.into()));
            }
            return is_target(name, targets);
        }
        let mut parts = text.split('/');
        let (Some(name), Some(id)) = (parts.next(), parts.next()) else {
            return Err(("value", format!("a reference is {FORMS}")));
        };
        self.is_type(name)?;
        let version = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => None,
            (Some("_history"), Some(version), None) => Some(version),
            _ => return Err(("value", format!("a reference is {FORMS}"))),
        };
        if !is_id(id) || version.is_some_and(|version| !is_id(version)) {
            let reason = "an id has 1 to 64 characters of A-Z, a-z, 0-9, \"-\" and \".\"";
            return Err(("value", reason.into()));
        }
        is_target(name, targets)
    }

    fn is_type(&self, name: &str) -> Result<(), Fault> {
        if self.schema.resource(name).is_some() {
            return Ok(());
        }
        let name = short(name);
        let near = nearest(name, self.schema.resource_names(), 1);
        Err((
            "value",
            match near.first() {
                Some(near) => format!("{name:?} is no resource type; near is {near}"),
                None => format!("{name:?} is no resource type; a reference is {FORMS}"),
            },
        ))
    }
}

fn is_target(name: &str, targets: &[String]) -> Result<(), Fault> {
    if targets.is_empty() || targets.iter().any(|target| target == name) {
        return Ok(());
    }
    Err(("value", format!("it points to the type {name}; allowed are {}", targets.join(", "))))
}

/// `http://host…`, `https://host…`, `urn:uuid:…`, `urn:oid:…`
fn is_absolute(text: &str) -> bool {
    ["http://", "https://", "urn:uuid:", "urn:oid:"].iter().any(|start| {
        let head = text.get(..start.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(start)) && text.len() > start.len()
    })
}

//! References for [reference] parameters.
//!
//! [reference]: https://hl7.org/fhir/R4/search.html#reference

use crate::definitions::TypeKind;
use crate::path::Node;
use crate::reference::{Target, target};
use crate::search::ReferenceValue;

use super::convert::{Element, Scope};
use super::token::system_and;

pub(super) fn add(
    scope: &Scope<'_>,
    node: Node<'_>,
    element: Element<'_>,
    targets: &[String],
    add: &mut dyn FnMut(ReferenceValue),
) {
    let value = element.value;
    match element.type_name {
        "Reference" => {
            if let Some(text) = value.str("reference") {
                literal(scope, &text, add);
            }
            if value.get("reference").is_none() && value.get("identifier").is_none() {
                // Words alone refer to nothing that can be asked for, and are not missing.
                add(ReferenceValue::Url { url: String::new(), version: None });
            }
            if let Some(identifier) = value.get("identifier") {
                system_and(identifier, "value", &mut |token| {
                    add(ReferenceValue::Identifier(token));
                });
            }
        }
        "canonical" => {
            if let Some(text) = value.as_str() {
                canonical(scope, &text, add);
            }
        }
        _ if node.of_type(scope.schema).kind == TypeKind::Resource => {
            // `Bundle.composition`, `Bundle.message`: the resource stands here itself.
            let is_meant = targets.is_empty() || targets.iter().any(|t| t == element.type_name);
            if let Some(id) = value.str("id").filter(|_| is_meant) {
                add(ReferenceValue::Local {
                    resource: element.type_name.to_owned(),
                    id: id.into_owned(),
                    version: None,
                });
            }
        }
        _ => {
            if let Some(text) = value.as_str() {
                literal(scope, &text, add);
            }
        }
    }
}

/// `Reference.reference` or a URI. What is contained is no resource of its own: its fragment stands
/// in the index so that the element is not missing, and no query asks for it.
fn literal(scope: &Scope<'_>, text: &str, add: &mut dyn FnMut(ReferenceValue)) {
    match target(text, scope.bases, scope.schema) {
        Target::Local { resource, id, version } => add(ReferenceValue::Local {
            resource: resource.to_owned(),
            id: id.to_owned(),
            version: version.map(str::to_owned),
        }),
        Target::Elsewhere | Target::Conditional { .. } | Target::Contained(_) => {
            add(ReferenceValue::Url { url: text.to_owned(), version: None });
        }
    }
}

/// A canonical URL; one under a base of this server is a resource of it, like any reference.
fn canonical(scope: &Scope<'_>, text: &str, add: &mut dyn FnMut(ReferenceValue)) {
    match text.split_once('|') {
        Some((url, version)) if !url.starts_with('#') => {
            let local = match target(url, scope.bases, scope.schema) {
                Target::Local { resource, id, .. } => Some((resource, id)),
                _ => None,
            };
            if let Some((resource, id)) = local {
                add(ReferenceValue::Local {
                    resource: resource.to_owned(),
                    id: id.to_owned(),
                    version: None,
                });
            }
            add(ReferenceValue::Url { url: url.to_owned(), version: Some(version.to_owned()) });
        }
        _ => literal(scope, text, add),
    }
}

//! [Contained resources]: dom-2 to dom-5, and references to them (ref-1).
//!
//! [Contained resources]: https://hl7.org/fhir/R4/references.html#contained

use std::borrow::Cow;
use std::collections::HashMap;

use super::place::Place;
use super::{Walk, short};
use crate::json::Value;

/// The contained resources of the resource that the walk is in.
#[derive(Default)]
pub(super) struct Scope<'a> {
    items: Vec<Contained<'a>>,
    by_id: HashMap<Cow<'a, str>, usize>,
    /// The one that the walk is in.
    inside: Option<usize>,
}

struct Contained<'a> {
    value: Value<'a>,
    is_referenced: bool,
}

impl<'a> Walk<'a> {
    /// Enters a resource that may contain others; gives the scope to return to.
    pub(super) fn open_scope(&mut self, resource: Value<'a>) -> Scope<'a> {
        let mut scope = Scope::default();
        for (at, value) in resource.list("contained").enumerate() {
            scope.items.push(Contained { value, is_referenced: false });
            if let Some(id) = value.str("id") {
                scope.by_id.entry(id).or_insert(at);
            }
        }
        std::mem::replace(&mut self.scope, scope)
    }

    /// Leaves it: what it contains must have been referred to (dom-3).
    pub(super) fn close_scope(&mut self, resource: Value<'_>, place: &Place<'_>, outer: Scope<'a>) {
        let scope = std::mem::replace(&mut self.scope, outer);
        for (index, item) in scope.items.iter().enumerate() {
            let Some(id) = item.value.str("id").filter(|_| !item.is_referenced) else { continue };
            if is_in_narrative(resource, &id) {
                continue;
            }
            let text = format!(
                "Nothing refers to this contained resource (dom-3); refer to it with \"#{id}\", \
                 let it refer to its container with \"#\", or take it out."
            );
            self.error("invariant", item.value, &place.child("contained").item(index), text);
        }
    }

    /// One contained resource.
    pub(super) fn contained(&mut self, value: Value<'a>, place: &Place<'_>) {
        let at = self.scope.items.binary_search_by_key(&value.index(), |item| item.value.index());
        let Ok(at) = at else {
            let text = "A contained resource contains no others (dom-2); put them beside it.";
            return self.error("invariant", value, place, text.into());
        };
        self.scope.inside = Some(at);
        self.any_resource(value, place);
        self.scope.inside = None;
        match value.str("id") {
            Some(id) if self.scope.by_id.get(&id).is_some_and(|&first| first != at) => {
                self.scope.items[at].is_referenced = true;
                let text = format!(
                    "A second contained resource with the id {id:?}; give it one of its own."
                );
                self.error("invariant", value, place, text);
            }
            None if value.is_object() => {
                let text = "A contained resource needs an id, so that \"#id\" can refer to it.";
                self.error("required", value, place, text.into());
            }
            _ => {}
        }
        for (name, rule) in
            [("versionId", "dom-4"), ("lastUpdated", "dom-4"), ("security", "dom-5")]
        {
            let Some(member) = value.at(&["meta", name]) else { continue };
            let text = format!("A contained resource has no meta.{name} ({rule}); leave it out.");
            let meta = place.child("meta");
            self.error("invariant", member, &meta.child(name), text);
        }
    }

    /// Looks up `#id` and notes that it was referred to: the type of the contained resource, none
    /// for the container itself (`#`).
    ///
    /// # Errors
    /// When there is no such contained resource.
    pub(super) fn refer(&mut self, id: &str) -> Result<Option<Cow<'a, str>>, String> {
        if id.is_empty() {
            if let Some(inside) = self.scope.inside {
                self.scope.items[inside].is_referenced = true;
            }
            return Ok(None);
        }
        let Some(&at) = self.scope.by_id.get(id) else {
            return Err(format!(
                "no contained resource has the id {:?} (ref-1); \"contained\" of the same \
                 resource must have one",
                short(id)
            ));
        };
        self.scope.items[at].is_referenced = true;
        Ok(self.scope.items[at].value.str("resourceType"))
    }

    /// A URI that is a fragment refers to a contained resource too, if there is one.
    pub(super) fn note_fragment(&mut self, value: Value<'_>) {
        if self.scope.items.is_empty() || !value.raw().starts_with("\"#") {
            return;
        }
        let text = value.as_str().unwrap_or_default();
        // Whether it must is for the element to say: a fragment may also name an element.
        self.refer(text.trim_start_matches('#')).ok();
    }
}

/// Does a link or an image of a narrative refer to it? Asked only where the answer would else be an
/// error, so the text is searched and not read: quotes inside of a JSON string are a narrative's.
fn is_in_narrative(resource: Value<'_>, id: &str) -> bool {
    let raw = resource.raw();
    raw.contains(&format!("\\\"#{id}\\\"")) || raw.contains(&format!("'#{id}'"))
}

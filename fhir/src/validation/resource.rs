//! A resource: its type, and what only resources have.

use super::place::Place;
use super::{Walk, short, shown};
use crate::json::Value;
use crate::resource::nearest;

impl<'a> Walk<'a> {
    /// The resource that the document is.
    pub(super) fn root(&mut self, value: Value<'a>) {
        let name = value.str("resourceType");
        let place = Place::root(name.as_deref().map_or("Resource", short));
        self.resource(value, &place);
    }

    /// A resource with contained resources of its own: the document or an entry.
    pub(super) fn resource(&mut self, value: Value<'a>, place: &Place<'_>) {
        let outer = self.open_scope(value);
        self.any_resource(value, place);
        self.close_scope(value, place, outer);
    }

    /// Any resource, contained ones too.
    pub(super) fn any_resource(&mut self, value: Value<'a>, place: &Place<'_>) {
        if !value.is_object() {
            let text = format!("{} is no resource; a resource is a JSON object.", shown(value));
            return self.error("structure", value, place, text);
        }
        let Some(stated) = value.get("resourceType") else {
            let text = "A resource needs its type: \"resourceType\": \"Patient\", for instance.";
            return self.error("required", value, place, text.into());
        };
        let schema = self.schema;
        let found = stated.as_str().and_then(|name| schema.resource(&name));
        let Some((type_id, _)) = found else {
            let text = self.unknown_type(stated);
            return self.error("structure", stated, place, text);
        };
        self.object(value, type_id, place);
    }

    fn unknown_type(&self, stated: Value<'_>) -> String {
        let text = format!("{} is no resource type of FHIR R4", shown(stated));
        let name = stated.as_str().unwrap_or_default();
        match nearest(short(&name), self.schema.resource_names(), 3).as_slice() {
            [] => format!("{text}; write a concrete one, as Patient or Observation."),
            near => format!("{text}; near are {}.", near.join(", ")),
        }
    }
}

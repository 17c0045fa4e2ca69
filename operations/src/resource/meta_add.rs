//! [`$meta-add`]: adds profiles, tags and security labels to a resource.
//!
//! [`$meta-add`]: https://hl7.org/fhir/R4/resource-operation-meta-add.html

use fhir::json::{Tree, Value};
use interactions::{Caller, Door, Input, Level, Operation, OperationDescription, Performing};

use super::meta::{LISTS, PARAMETERS, change, is_same};

/// `$meta-add`
pub(crate) struct MetaAdd;

static DESCRIPTION: OperationDescription = OperationDescription {
    code: "meta-add",
    definition: "http://hl7.org/fhir/OperationDefinition/Resource-meta-add",
    resources: &[],
    levels: &[Level::Instance],
    affects_state: true,
    is_search: false,
    parameters: &PARAMETERS,
};

impl Operation for MetaAdd {
    fn description(&self) -> &'static OperationDescription {
        &DESCRIPTION
    }

    fn invoke<'a>(
        &'a self,
        door: &'a dyn Door,
        caller: &'a Caller,
        input: Input,
    ) -> Performing<'a> {
        Box::pin(async move { change(door, caller, &input, add).await })
    }
}

fn add(meta: &mut Tree, given: Value<'_>) -> bool {
    let mut is_changed = false;
    for name in LISTS {
        let mut items = meta.get(name).map(|list| list.items().to_vec()).unwrap_or_default();
        let before = items.len();
        for item in given.list(name).map(Tree::from) {
            if !items.iter().any(|old| is_same(old, &item)) {
                items.push(item);
            }
        }
        if items.len() > before {
            meta.set(name, Tree::Array(items));
            is_changed = true;
        }
    }
    is_changed
}

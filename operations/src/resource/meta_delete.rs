//! [`$meta-delete`]: takes profiles, tags and security labels from a resource.
//!
//! [`$meta-delete`]: https://hl7.org/fhir/R4/resource-operation-meta-delete.html

use fhir::json::{Tree, Value};
use interactions::{Caller, Door, Input, Level, Operation, OperationDescription, Performing};

use super::meta::{LISTS, PARAMETERS, change, is_same};

/// `$meta-delete`
pub(crate) struct MetaDelete;

static DESCRIPTION: OperationDescription = OperationDescription {
    code: "meta-delete",
    definition: "http://hl7.org/fhir/OperationDefinition/Resource-meta-delete",
    resources: &[],
    levels: &[Level::Instance],
    affects_state: true,
    is_search: false,
    parameters: &PARAMETERS,
};

impl Operation for MetaDelete {
    fn description(&self) -> &'static OperationDescription {
        &DESCRIPTION
    }

    fn invoke<'a>(
        &'a self,
        door: &'a dyn Door,
        caller: &'a Caller,
        input: Input,
    ) -> Performing<'a> {
        Box::pin(async move { change(door, caller, &input, delete).await })
    }
}

fn delete(meta: &mut Tree, given: Value<'_>) -> bool {
    let mut is_changed = false;
    for name in LISTS {
        let gone: Vec<Tree> = given.list(name).map(Tree::from).collect();
        let old = meta.get(name).map(|list| list.items().to_vec()).unwrap_or_default();
        let kept: Vec<Tree> = old
            .iter()
            .filter(|item| !gone.iter().any(|other| is_same(item, other)))
            .cloned()
            .collect();
        if kept.len() == old.len() {
            continue;
        }
        is_changed = true;
        if kept.is_empty() {
            meta.remove(name);
        } else {
            meta.set(name, Tree::Array(kept));
        }
    }
    is_changed
}

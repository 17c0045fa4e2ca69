//! The operations in a [Parameters] resource.
//!
//! [Parameters]: https://hl7.org/fhir/R4/fhirpatch.html#representation

use std::borrow::Cow;

use super::{OPERATIONS_MAX, quoted};
use crate::definitions::Schema;
use crate::json::Value;

/// One operation.
pub(super) struct Operation<'p> {
    /// FHIRPath to the element, or to the list.
    pub(super) path: Cow<'p, str>,
    /// What to do there.
    pub(super) action: Action<'p>,
}

/// What an operation does. Values are the parameter parts that hold them.
pub(super) enum Action<'p> {
    Add { name: Cow<'p, str>, value: Value<'p> },
    Insert { index: usize, value: Value<'p> },
    Delete,
    Replace { value: Value<'p> },
    Move { source: usize, destination: usize },
}

/// All operations, or the number of the first that is wrong, with what is wrong.
pub(super) fn all<'p>(
    parameters: Value<'p>,
    schema: &Schema,
) -> Result<Vec<Operation<'p>>, (usize, String)> {
    if parameters.str("resourceType").as_deref() != Some("Parameters") {
        return Err((0, "a FHIRPath Patch is a Parameters resource".into()));
    }
    let mut operations = Vec::new();
    for (number, parameter) in parameters.list("parameter").enumerate() {
        if number >= OPERATIONS_MAX {
            return Err((number, format!("a patch has at most {OPERATIONS_MAX} operations")));
        }
        operations.push(one(parameter, schema).map_err(|message| (number, message))?);
    }
    Ok(operations)
}

fn one<'p>(parameter: Value<'p>, schema: &Schema) -> Result<Operation<'p>, String> {
    let name = parameter.str("name").unwrap_or_default();
    if name != "operation" {
        return Err(format!("each parameter is named operation, not {:?}", quoted(&name)));
    }
    let parts = Parts { parameter, schema };
    let verb = parts.text("type")?;
    let action = match &*verb {
        "add" => Action::Add { name: parts.text("name")?, value: parts.part("value")? },
        "insert" => Action::Insert { index: parts.number("index")?, value: parts.part("value")? },
        "delete" => Action::Delete,
        "replace" => Action::Replace { value: parts.part("value")? },
        "move" => Action::Move {
            source: parts.number("source")?,
            destination: parts.number("destination")?,
        },
        other => {
            let other = quoted(other);
            return Err(format!("type is add, insert, delete, replace or move, not {other:?}"));
        }
    };
    Ok(Operation { path: parts.text("path")?, action })
}

struct Parts<'p, 's> {
    parameter: Value<'p>,
    schema: &'s Schema,
}

impl<'p> Parts<'p, '_> {
    fn part(&self, name: &str) -> Result<Value<'p>, String> {
        let mut found =
            self.parameter.list("part").filter(|part| part.str("name").is_some_and(|n| n == name));
        let part = found.next().ok_or_else(|| format!("the part {name:?} is missing"))?;
        match found.next() {
            None => Ok(part),
            Some(_) => Err(format!("there should be one part {name:?}, not several")),
        }
    }

    fn value(&self, name: &str) -> Result<Option<Value<'p>>, String> {
        let (value, _) = value_of(self.part(name)?, self.schema);
        Ok(value.map(|(value, _)| value))
    }

    /// A string or code.
    fn text(&self, name: &str) -> Result<Cow<'p, str>, String> {
        let text = self.value(name)?.and_then(Value::as_str).filter(|text| !text.is_empty());
        text.ok_or_else(|| format!("the part {name:?} needs a string"))
    }

    /// A position in a list.
    fn number(&self, name: &str) -> Result<usize, String> {
        let number = self.value(name)?.and_then(Value::as_number);
        number
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| format!("the part {name:?} needs an integer from 0"))
    }
}

/// A value with the name of its type, and the object with its id and extensions.
pub(super) type Typed<'p> = (Option<(Value<'p>, String)>, Option<(Value<'p>, String)>);

/// The `value[x]` of a parameter, and its twin with `_`.
pub(super) fn value_of<'p>(parameter: Value<'p>, schema: &Schema) -> Typed<'p> {
    let kind = schema.by_name("Parameters.parameter").map(|(_, kind)| kind);
    let (mut value, mut sibling) = (None, None);
    for entry in parameter.entries() {
        let key = entry.key();
        let bare = key.strip_prefix('_').unwrap_or(key);
        let known = kind.and_then(|kind| kind.property(bare));
        let Some((_, choice)) = known.filter(|(property, _)| property.name == "value") else {
            continue;
        };
        let named = Some((entry, schema.get(choice.type_id).name.clone()));
        if bare.len() == key.len() {
            value = named;
        } else {
            sibling = named;
        }
    }
    (value, sibling)
}

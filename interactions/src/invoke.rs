//! Invoking an [operation]: which one is meant, and whether its input is what it takes.
//!
//! [operation]: https://hl7.org/fhir/R4/operations.html

use fhir::definitions::Schema;
use fhir::json::{Json, Tree, Value};
use fhir::primitive::DateTime;
use fhir::search::query;
use fhir::{Issue, Kind, Outcome, resource};

use crate::policy::Permit;
use crate::{Answer, Input, Level, Operation, OperationDescription, OperationParameter};

/// Parameters of an address that concern the answer's form or its pages, not the operation.
const OF_THE_ANSWER: [&str; 3] = ["_format", "_pretty", "_page"];

pub(crate) async fn invoke(
    permit: &Permit<'_>,
    code: &str,
    mut input: Input,
) -> Result<Answer, Outcome> {
    let operation = find(permit, code, &input)?;
    let description = operation.description();
    if input.is_get && description.affects_state {
        return Err(Outcome::new(
            Kind::NotAllowed,
            format!("${code} changes data: invoke it with POST."),
        ));
    }
    let parameters = gather(description, &input, permit.definitions().schema())?;
    input.parameters = Some(parameters);
    operation.invoke(permit.door(), permit.caller(), input).await
}

fn find<'a>(permit: &Permit<'a>, code: &str, input: &Input) -> Result<&'a dyn Operation, Outcome> {
    let level = level(input);
    let operations = permit.operations();
    let fits = |operation: &dyn Operation| {
        let description = operation.description();
        description.code == code
            && description.levels.contains(&level)
            && (description.resources.is_empty()
                || input.resource.as_deref().is_none_or(|t| description.resources.contains(&t)))
    };
    if let Some(operation) = operations.iter().map(AsRef::as_ref).find(|o| fits(*o)) {
        return Ok(operation);
    }
    let known: Vec<String> = operations.iter().map(|o| offered(o.description())).collect();
    let near = resource::nearest(code, operations.iter().map(|o| o.description().code), 1);
    let near = near.first().filter(|near| **near != code);
    let hint = near.map_or_else(String::new, |near| format!(" Did you mean ${near}?"));
    Err(Outcome::new(
        Kind::Unknown,
        format!(
            "There is no operation ${code} {}.{hint} Offered are: {}.",
            match (level, input.resource.as_deref()) {
                (Level::System, _) | (_, None) => "on the system".to_owned(),
                (Level::Type, Some(name)) => format!("on the type {name}"),
                (Level::Instance, Some(name)) => format!("on a {name}"),
            },
            known.join(", ")
        ),
    ))
}

fn level(input: &Input) -> Level {
    match (&input.key, &input.resource) {
        (Some(_), _) => Level::Instance,
        (None, Some(_)) => Level::Type,
        (None, None) => Level::System,
    }
}

fn offered(description: &OperationDescription) -> String {
    let on = if description.resources.is_empty() {
        "[type]".to_owned()
    } else {
        description.resources.join("|")
    };
    let places: Vec<String> = description
        .levels
        .iter()
        .map(|level| match level {
            Level::System => format!("${}", description.code),
            Level::Type => format!("{on}/${}", description.code),
            Level::Instance => format!("{on}/[id]/${}", description.code),
        })
        .collect();
    places.join(", ")
}

/// One Parameters resource of what stands in the body and in the address.
fn gather(
    description: &OperationDescription,
    input: &Input,
    schema: &Schema,
) -> Result<Json, Outcome> {
    let mut issues = Vec::new();
    let mut list = Vec::new();
    if let Some(body) = &input.parameters {
        let root = body.root();
        if root.str("resourceType").as_deref() != Some("Parameters") {
            return Err(Outcome::invalid(format!(
                "The body of ${} is a Parameters resource.",
                description.code
            )));
        }
        for (index, item) in root.list("parameter").enumerate() {
            let place = format!("Parameters.parameter[{index}]");
            match check_item(description, item, &place) {
                Ok(()) => list.push(Tree::from(item)),
                Err(issue) => issues.push(issue),
            }
        }
    }
    for (name, value) in &input.pairs {
        let is_own = description.parameters.iter().any(|parameter| parameter.name == name);
        if OF_THE_ANSWER.contains(&name.as_str()) || (description.is_search && !is_own) {
            continue;
        }
        match from_pair(description, name, value, schema) {
            Ok(item) => list.push(item),
            Err(issue) => issues.push(issue),
        }
    }
    check_counts(description, &list, &mut issues);
    if !issues.is_empty() {
        return Err(Outcome::with_issues(Kind::Invalid, issues));
    }
    let mut tree = Tree::object();
    tree.set("resourceType", Tree::string("Parameters"));
    if !list.is_empty() {
        tree.set("parameter", Tree::Array(list));
    }
    tree.to_json().map_err(|error| Outcome::invalid(error.to_string()))
}

fn known<'a>(
    description: &'a OperationDescription,
    name: &str,
    place: &str,
) -> Result<&'a OperationParameter, Issue> {
    let parameters = description.parameters;
    if let Some(parameter) = parameters.iter().find(|p| p.name == name) {
        return Ok(parameter);
    }
    let near = resource::nearest(name, parameters.iter().map(|p| p.name), 1);
    let hint = near.first().map_or_else(String::new, |near| format!(" Did you mean '{near}'?"));
    let names: Vec<&str> = parameters.iter().map(|p| p.name).collect();
    let takes = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    Err(Issue::error(
        "not-supported",
        format!(
            "${} has no parameter '{name}'.{hint} Its parameters are: {takes}.",
            description.code
        ),
    )
    .at(place))
}

fn check_item(
    description: &OperationDescription,
    item: Value<'_>,
    place: &str,
) -> Result<(), Issue> {
    let name = item.str("name").unwrap_or_default();
    if description.is_search && !description.parameters.iter().any(|own| own.name == name) {
        return check_criterion(item, &name, place);
    }
    let parameter = known(description, &name, &format!("{place}.name"))?;
    let property = format!("value{}", capitalized(parameter.value));
    // What is called uri in one version of a guide is canonical or string in the next.
    let is_text = |name: &str| {
        matches!(name, "valueUri" | "valueCanonical" | "valueString" | "valueCode" | "valueUrl")
    };
    let value = item.entries().find(|member| member.key().starts_with("value"));
    let fits = value.is_some_and(|member| {
        member.key() == property
            || (is_text(member.key()) && is_text(&property))
            || (property == "valueDate" && member.key() == "valueDateTime")
    });
    if !fits {
        return Err(Issue::error(
            "value",
            format!("Parameter '{name}' of ${} has {property}.", description.code),
        )
        .at(place));
    }
    match value.and_then(Value::as_str) {
        Some(text) => check_text(parameter, &text, place),
        None => Ok(()),
    }
}

/// A search parameter in a body has its value as the text that an address would have.
fn check_criterion(item: Value<'_>, name: &str, place: &str) -> Result<(), Issue> {
    let value = item.entries().find(|member| member.key().starts_with("value"));
    let is_plain = value.is_some_and(|value| !value.is_object() && !value.is_array());
    if is_plain && !name.is_empty() {
        return Ok(());
    }
    let text = "A search parameter has its name, and its value as valueString.";
    Err(Issue::error("value", text).at(place))
}

fn from_pair(
    description: &OperationDescription,
    name: &str,
    text: &str,
    schema: &Schema,
) -> Result<Tree, Issue> {
    let parameter = known(description, name, name)?;
    let text = match parameter.value {
        "dateTime" | "instant" => &*query::with_plus(text),
        _ => text,
    };
    check_text(parameter, text, name)?;
    let value = match parameter.value {
        "boolean" => Tree::Bool(text == "true"),
        "integer" | "positiveInt" | "unsignedInt" | "decimal" => Tree::Number(text.to_owned()),
        kind if schema
            .by_name(kind)
            .is_some_and(|(_, t)| t.kind == fhir::definitions::TypeKind::Primitive) =>
        {
            Tree::string(text)
        }
        kind => {
            return Err(Issue::error(
                "not-supported",
                format!(
                    "Parameter '{name}' of ${} is a {kind}: send it in a Parameters resource by POST.",
                    description.code
                ),
            )
            .at(name));
        }
    };
    let mut item = Tree::object();
    item.set("name", Tree::string(name));
    item.set(&format!("value{}", capitalized(parameter.value)), value);
    Ok(item)
}

fn check_text(parameter: &OperationParameter, text: &str, place: &str) -> Result<(), Issue> {
    let (is_right, form) = match parameter.value {
        "boolean" => (matches!(text, "true" | "false"), "true or false"),
        "integer" => (text.parse::<i32>().is_ok(), "a whole number"),
        "positiveInt" => (text.parse::<u32>().is_ok_and(|n| n > 0), "a whole number from 1"),
        "unsignedInt" => (text.parse::<u32>().is_ok(), "a whole number from 0"),
        "decimal" => (text.parse::<f64>().is_ok_and(f64::is_finite), "a decimal number"),
        "date" | "dateTime" => (
            DateTime::parse(text).is_some(),
            "a date: YYYY, YYYY-MM, YYYY-MM-DD, perhaps with time",
        ),
        "instant" => (
            DateTime::parse(text).is_some_and(|d| d.time.is_some() && d.offset_min.is_some()),
            "an instant with time zone: 2026-01-31T12:00:00Z",
        ),
        _ => (!text.trim().is_empty(), "a text that is not empty"),
    };
    if is_right {
        return Ok(());
    }
    Err(Issue::error("value", format!("'{text}' for '{}' is wrong: it is {form}.", parameter.name))
        .at(place))
}

fn check_counts(description: &OperationDescription, list: &[Tree], issues: &mut Vec<Issue>) {
    for parameter in description.parameters {
        let is_it = |item: &&Tree| item.get("name").and_then(Tree::as_str) == Some(parameter.name);
        let count = u32::try_from(list.iter().filter(is_it).count()).unwrap_or(u32::MAX);
        if count < parameter.min {
            issues.push(Issue::error(
                "required",
                format!(
                    "${} needs parameter '{}' ({}): {}",
                    description.code, parameter.name, parameter.value, parameter.documentation
                ),
            ));
        } else if parameter.max.is_some_and(|max| count > max) {
            issues.push(Issue::error(
                "value",
                format!(
                    "Parameter '{}' of ${} is given {count} times, where {} is the most.",
                    parameter.name,
                    description.code,
                    parameter.max.unwrap_or(1)
                ),
            ));
        }
    }
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

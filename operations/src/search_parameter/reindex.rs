//! `$reindex`: what was written before a SearchParameter is indexed by it. A job does it; the
//! answer is its [Task], as in the [asynchronous pattern].
//!
//! [Task]: https://hl7.org/fhir/R4/task.html
//! [asynchronous pattern]: https://hl7.org/fhir/R4/async.html

use std::sync::Arc;

use fhir::json::Tree;
use fhir::primitive::DateTime;
use fhir::resource::nearest;
use fhir::{Kind, Outcome, definitions};
use interactions::{
    Answer, Caller, Create, Done, Door, Input, Interaction, JOB_CODES, Level, Operation,
    OperationDescription, OperationParameter, Performing, REINDEX, Read, SearchScope,
};

use crate::{arguments, clock, pages};

/// `$reindex`
pub(crate) struct Reindex;

static DESCRIPTION: OperationDescription = OperationDescription {
    code: REINDEX,
    definition: "urn:brigid:operation:reindex",
    resources: &["SearchParameter"],
    levels: &[Level::System, Level::Instance],
    affects_state: true,
    is_search: false,
    parameters: &[
        OperationParameter {
            name: "type",
            min: 0,
            max: None,
            value: "code",
            documentation: "Only resources of these types.",
        },
        OperationParameter {
            name: "url",
            min: 0,
            max: None,
            value: "uri",
            documentation: "Only for the SearchParameters with these URLs.",
        },
    ],
};

impl Operation for Reindex {
    fn description(&self) -> &'static OperationDescription {
        &DESCRIPTION
    }

    fn invoke<'a>(
        &'a self,
        door: &'a dyn Door,
        caller: &'a Caller,
        input: Input,
    ) -> Performing<'a> {
        Box::pin(async move {
            if let Some(key) = &input.key {
                check_focus(door, caller, key).await?;
            }
            let types = types(&input)?;
            let urls = arguments::texts(&input, "url");
            for url in &urls {
                check_url(door, caller, url).await?;
            }
            let task = task(&input, &types, &urls);
            let body = task.to_json().map_err(|error| Outcome::invalid(error.to_string()))?;
            let create = Create { resource: Arc::from("Task"), body, unless_exists: None };
            let created = door.perform(caller, Interaction::Create(create)).await?;
            Ok(Answer { done: Done::Accepted, ..created })
        })
    }
}

async fn check_focus(
    door: &dyn Door,
    caller: &Caller,
    key: &interactions::Key,
) -> Result<(), Outcome> {
    let read = Read {
        key: key.clone(),
        unless_versions: Vec::new(),
        unless_since_us: None,
        parameters: Vec::new(),
    };
    let answer = door.perform(caller, Interaction::Read(read)).await?;
    let status = pages::json(&answer)?.root().str("status").map(|text| text.into_owned());
    if status.as_deref() == Some("active") {
        return Ok(());
    }
    let status = status.unwrap_or_default();
    Err(Outcome::new(
        Kind::Unprocessable,
        format!("{key} has the status '{status}': only what is active is indexed."),
    )
    .at("SearchParameter.status"))
}

fn types(input: &Input) -> Result<Vec<String>, Outcome> {
    let schema = definitions::r4().schema();
    let mut types = Vec::new();
    for text in arguments::texts(input, "type") {
        for name in text.split(',').map(str::trim) {
            if schema.resource(name).is_none() {
                let near = nearest(name, schema.resource_names(), 3).join(", ");
                let text = format!("'{name}' is no resource type. Nearest: {near}.");
                return Err(Outcome::invalid(text).at("type"));
            }
            types.push(name.to_owned());
        }
    }
    Ok(types)
}

async fn check_url(door: &dyn Door, caller: &Caller, url: &str) -> Result<(), Outcome> {
    let scope = SearchScope::Type("SearchParameter".into());
    let value = url.replace('\\', "\\\\").replace(',', "\\,").replace('|', "\\|");
    let parameters = vec![
        ("url".to_owned(), value),
        ("status".to_owned(), "active".to_owned()),
        ("_count".to_owned(), "1".to_owned()),
    ];
    if pages::page(door, caller, &scope, parameters).await?.found.is_empty() {
        let text = format!("There is no active SearchParameter by the URL '{url}'.");
        return Err(Outcome::invalid(text).at("url"));
    }
    Ok(())
}

fn task(input: &Input, types: &[String], urls: &[String]) -> Tree {
    let now = || Tree::string(DateTime::instant_text(clock::now_us()));
    let mut members = vec![
        ("resourceType", Tree::string("Task")),
        ("status", Tree::string("requested")),
        ("intent", Tree::string("order")),
        ("code", code()),
        ("description", Tree::string("Index what was written before a SearchParameter")),
        ("authoredOn", now()),
        ("lastModified", now()),
    ];
    if let Some(key) = &input.key {
        let reference = Tree::string(key.to_string());
        members.push(("focus", object(vec![("reference", reference)])));
    }
    let types = types.iter().map(|name| part("type", "valueCode", name));
    let urls = urls.iter().map(|url| part("url", "valueUri", url));
    let inputs: Vec<Tree> = types.chain(urls).collect();
    if !inputs.is_empty() {
        members.push(("input", Tree::Array(inputs)));
    }
    object(members)
}

fn code() -> Tree {
    let coding = object(vec![("system", Tree::string(JOB_CODES)), ("code", Tree::string(REINDEX))]);
    object(vec![("coding", Tree::Array(vec![coding]))])
}

fn part(name: &str, property: &str, value: &str) -> Tree {
    let kind = object(vec![("text", Tree::string(name))]);
    object(vec![("type", kind), (property, Tree::string(value))])
}

fn object(members: Vec<(&str, Tree)>) -> Tree {
    Tree::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

//! [`$meta`]: profiles, tags and security labels of one resource or of one of its versions.
//!
//! The levels above the instance would have to read every resource of a type or of the tenant, so
//! they are not offered.
//!
//! [`$meta`]: https://hl7.org/fhir/R4/resource-operation-meta.html

use std::sync::Arc;

use fhir::json::{Json, Tree, Value};
use fhir::{Kind, Outcome};
use interactions::{
    Answer, Caller, Door, Input, Interaction, Key, Level, Operation, OperationDescription,
    OperationParameter, Performing, Read, Target, Update, Vread,
};

use crate::arguments;
use crate::pages;

/// `$meta`
pub(crate) struct Meta;

static DESCRIPTION: OperationDescription = OperationDescription {
    code: "meta",
    definition: "http://hl7.org/fhir/OperationDefinition/Resource-meta",
    resources: &[],
    levels: &[Level::Instance],
    affects_state: false,
    is_search: false,
    parameters: &[],
};

/// The one parameter of `$meta-add` and `$meta-delete`.
pub(super) static PARAMETERS: [OperationParameter; 1] = [OperationParameter {
    name: "meta",
    min: 1,
    max: Some(1),
    value: "Meta",
    documentation: "Profiles, tags and security labels.",
}];

impl Operation for Meta {
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
            let key = instance(&input)?.clone();
            let interaction = match input.version {
                Some(version) => Interaction::Vread(Vread { key, version, parameters: Vec::new() }),
                None => Interaction::Read(read(key)),
            };
            let resource = pages::json(&door.perform(caller, interaction).await?)?;
            Ok(parameters(resource.root().get("meta")))
        })
    }
}

fn read(key: Key) -> Read {
    Read { key, unless_versions: Vec::new(), unless_since_us: None, parameters: Vec::new() }
}

fn instance(input: &Input) -> Result<&Key, Outcome> {
    input.key.as_ref().ok_or_else(|| {
        Outcome::new(Kind::NotSupported, "this operation works on one resource: Type/id/$meta")
    })
}

fn parameters(meta: Option<Value<'_>>) -> Answer {
    let parameter = meta.map_or_else(String::new, |meta| {
        format!(r#","parameter":[{{"name":"return","valueMeta":{}}}]"#, meta.raw())
    });
    Answer::found(format!(r#"{{"resourceType":"Parameters"{parameter}}}"#))
}

/// How often a change is tried again when somebody else wrote in between.
const ATTEMPTS_MAX: usize = 3;

/// Changes the meta of a resource's current version, and answers with what it then is. `change`
/// says whether it changed anything; nothing is written when it did not.
pub(super) async fn change(
    door: &dyn Door,
    caller: &Caller,
    input: &Input,
    change: fn(&mut Tree, Value<'_>) -> bool,
) -> Result<Answer, Outcome> {
    let key = instance(input)?;
    if input.version.is_some() {
        return Err(Outcome::new(
            Kind::NotSupported,
            "the meta of a past version cannot be changed; leave out /_history/ and its version",
        ));
    }
    let given = arguments::complex(input, "meta").filter(|meta| meta.is_object());
    let given =
        given.ok_or_else(|| Outcome::invalid("the parameter meta is missing").at("meta"))?;
    let mut attempt = 1;
    loop {
        let answer = door.perform(caller, Interaction::Read(read(key.clone()))).await?;
        let resource = pages::json(&answer)?;
        let Some(update) = changed(&resource, key, given, change)? else {
            return Ok(parameters(resource.root().get("meta")));
        };
        match door.perform(caller, Interaction::Update(update)).await {
            Ok(answer) if answer.body.is_empty() => {
                let answer = door.perform(caller, Interaction::Read(read(key.clone()))).await?;
                return Ok(parameters(pages::json(&answer)?.root().get("meta")));
            }
            Ok(answer) => return Ok(parameters(pages::json(&answer)?.root().get("meta"))),
            Err(outcome) if outcome.kind == Kind::Precondition && attempt < ATTEMPTS_MAX => {
                attempt += 1;
            }
            Err(outcome) => return Err(outcome),
        }
    }
}

fn changed(
    resource: &Json,
    key: &Key,
    given: Value<'_>,
    change: fn(&mut Tree, Value<'_>) -> bool,
) -> Result<Option<Update>, Outcome> {
    let version = resource.root().at(&["meta", "versionId"]).and_then(Value::as_str);
    let if_match = version.map(|text| text.into_owned());
    let mut tree = Tree::from(resource.root());
    let mut meta = tree.get("meta").cloned().unwrap_or_else(Tree::object);
    if !change(&mut meta, given) {
        return Ok(None);
    }
    tree.set("meta", meta);
    let body = tree.to_json().map_err(|error| {
        Outcome::new(Kind::TooLarge, "the resource with this meta is too large").because(error)
    })?;
    let resource: Arc<str> = key.resource.clone();
    Ok(Some(Update { resource, target: Target::Id(key.id.clone()), body, if_match }))
}

/// Elements of Meta that these operations add to and take from; versionId, lastUpdated and source
/// are the server's or the writer's.
pub(super) const LISTS: [&str; 3] = ["profile", "security", "tag"];

/// Is this the same label? Codings are the same when system and code are, whatever they display.
pub(super) fn is_same(a: &Tree, b: &Tree) -> bool {
    match (a, b) {
        (Tree::Object(_), Tree::Object(_)) => {
            a.get("system") == b.get("system") && a.get("code") == b.get("code")
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests;

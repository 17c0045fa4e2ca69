//! Method, address, conditions and content become an [`Interaction`]: the same way for a request
//! and for an entry of a batch or transaction. After this nothing knows HTTP.

use std::sync::Arc;

use fhir::definitions::Schema;
use fhir::json::Json;
use fhir::reference::is_id;
use fhir::{Kind, Outcome, resource};
use interactions::{
    BundleSubmission, CapabilityMode, Create, Delete, History, HistoryScope, Input, Interaction,
    Key, Patch, PatchBody, Read, Returned, Search, SearchScope, Target, Update, Vread,
};

use super::conditions::Conditions;
use super::router::{Parts, Word};

/// Decoded names and values.
pub(crate) type Pairs = Vec<(String, String)>;

/// What came with the request.
#[derive(Debug)]
pub(crate) enum Content {
    Nothing,
    /// A resource, in whatever form it came.
    Resource(Json),
    /// An RFC 6902 patch.
    JsonPatch(Json),
    /// A form: parameters that would otherwise stand in the address.
    Form(Pairs),
}

impl Content {
    /// Length of a resource or patch as JSON, in bytes.
    pub(crate) fn length(&self) -> usize {
        match self {
            Content::Resource(json) | Content::JsonPatch(json) => json.text().len(),
            Content::Nothing | Content::Form(_) => 0,
        }
    }
}

/// Everything that a request says, read and not yet judged.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    /// `GET`, `POST` …
    pub(crate) method: &'a str,
    pub(crate) word: Word,
    pub(crate) parts: Parts,
    /// Parameters of the address.
    pub(crate) pairs: Pairs,
    pub(crate) conditions: Conditions,
    pub(crate) content: Content,
    pub(crate) returned: Returned,
    /// `Prefer: handling=lenient`
    pub(crate) is_lenient: bool,
}

/// The interaction that is asked for.
pub(crate) fn interaction(asked: Asked<'_>, schema: &Schema) -> Result<Interaction, Outcome> {
    let place = Place::of(&asked.parts, schema)?;
    check_conditions(&asked)?;
    match asked.word {
        Word::Read => read(asked, place),
        Word::Vread => vread(asked, place),
        Word::Create => create(asked, place),
        Word::Update | Word::ConditionalUpdate => update(asked, place),
        Word::Patch | Word::ConditionalPatch => patch(asked, place),
        Word::Delete | Word::ConditionalDelete => delete(asked, place),
        Word::Search => search(asked, SearchScope::Type(place.resource()?)),
        Word::SearchCompartment => compartment(asked, place, schema),
        Word::SearchSystem => search(asked, SearchScope::System),
        Word::Capabilities => capabilities(&asked),
        Word::Bundle => {
            check_pairs(&asked, &[])?;
            let returned = asked.returned;
            let body = body(asked.content, "a Bundle of type batch or transaction")?;
            Ok(Interaction::Bundle(BundleSubmission { body, returned }))
        }
        Word::History => history(asked, place),
        Word::Operation => operation(asked, place),
    }
}

/// What the address is about.
struct Place {
    resource: Option<Arc<str>>,
    id: Option<Arc<str>>,
    version: Option<String>,
}

impl Place {
    fn of(parts: &Parts, schema: &Schema) -> Result<Self, Outcome> {
        let resource =
            parts.resource.as_deref().map(|name| known_type(name, schema)).transpose()?;
        let id = parts.id.as_deref().map(known_id).transpose()?;
        Ok(Self { resource, id, version: parts.version.clone() })
    }

    fn resource(&self) -> Result<Arc<str>, Outcome> {
        self.resource.clone().ok_or_else(|| Outcome::invalid("The address names no type."))
    }

    fn key(&self) -> Option<Key> {
        Some(Key::new(self.resource.clone()?, self.id.clone()?))
    }

    fn expected_key(&self) -> Result<Key, Outcome> {
        self.key().ok_or_else(|| Outcome::invalid("The address names no resource."))
    }
}

fn known_type(name: &str, schema: &Schema) -> Result<Arc<str>, Outcome> {
    if schema.resource(name).is_some() {
        return Ok(Arc::from(name));
    }
    let near = resource::nearest(name, schema.resource_names(), 3);
    let hint = if near.is_empty() {
        "Types are written as in the specification: Patient.".to_owned()
    } else {
        format!("Did you mean {}?", near.join(" or "))
    };
    let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    Err(Outcome::new(Kind::Unknown, format!("R4 has no resource type '{shown}'. {hint}")))
}

fn known_id(id: &str) -> Result<Arc<str>, Outcome> {
    if is_id(id) {
        return Ok(Arc::from(id));
    }
    Err(Outcome::invalid(
        "The address holds an id that cannot be one: an id is 1 to 64 of A-Z, a-z, 0-9, '-' and \
         '.'.",
    ))
}

/// Parameters that concern the form of the answer.
fn is_of_the_form(name: &str) -> bool {
    matches!(name, "_format" | "_pretty")
}

/// Refuses parameters that this interaction does not have.
fn check_pairs(asked: &Asked<'_>, known: &[&str]) -> Result<(), Outcome> {
    for (name, value) in &asked.pairs {
        let is_known = is_of_the_form(name) || known.contains(&name.as_str());
        // All of the resource is what is answered anyway.
        let is_empty_wish = name == "_summary" && value == "false";
        if is_known || is_empty_wish || asked.is_lenient {
            continue;
        }
        let all: Vec<&str> = known.iter().copied().chain(["_format", "_pretty"]).collect();
        return Err(Outcome::new(
            Kind::Invalid,
            format!(
                "The parameter '{name}' is not supported by {}; it has {}.",
                asked.word.as_str(),
                all.join(", ")
            ),
        )
        .with_code("not-supported")
        .at(name));
    }
    Ok(())
}

/// A condition that would not be judged is refused: the client relies on it.
fn check_conditions(asked: &Asked<'_>) -> Result<(), Outcome> {
    use Word::{ConditionalDelete, ConditionalPatch, ConditionalUpdate, Create};
    use Word::{Delete, Patch, Update};
    let is_write = matches!(asked.word, Update | Patch | Delete)
        || matches!(asked.word, ConditionalUpdate | ConditionalPatch | ConditionalDelete);
    let refuse = |header: &str, fits: &str| {
        Err(Outcome::invalid(format!(
            "{header} is a condition of {fits}, not of {}.",
            asked.word.as_str()
        ))
        .at(header))
    };
    if asked.conditions.if_match.is_some() && !is_write {
        return refuse("If-Match", "update, patch and delete");
    }
    if !asked.conditions.if_none_match.is_empty() && is_write {
        return refuse("If-None-Match", "read");
    }
    if asked.conditions.if_none_exist.is_some() && asked.word != Create {
        return refuse("If-None-Exist", "create");
    }
    Ok(())
}

/// Parameters that say which part of a resource is wanted.
const OF_A_READ: [&str; 2] = ["_summary", "_elements"];

fn read(asked: Asked<'_>, place: Place) -> Result<Interaction, Outcome> {
    check_pairs(&asked, &OF_A_READ)?;
    Ok(Interaction::Read(Read {
        key: place.expected_key()?,
        unless_versions: asked.conditions.if_none_match,
        unless_since_us: asked.conditions.if_modified_since_us,
        parameters: asked.pairs,
    }))
}

fn vread(asked: Asked<'_>, place: Place) -> Result<Interaction, Outcome> {
    check_pairs(&asked, &OF_A_READ)?;
    let (key, version) = (place.expected_key()?, place.version.unwrap_or_default());
    Ok(Interaction::Vread(Vread { key, version, parameters: asked.pairs }))
}

fn create(asked: Asked<'_>, place: Place) -> Result<Interaction, Outcome> {
    check_pairs(&asked, &[])?;
    let resource = place.resource()?;
    let body = body(asked.content, &format!("a {resource}"))?;
    Ok(Interaction::Create(Create {
        resource,
        body,
        unless_exists: asked.conditions.if_none_exist,
    }))
}

/// The id in the address, or the condition there.
fn target(asked: &mut Asked<'_>, place: &Place) -> Result<Target, Outcome> {
    if let Some(id) = place.id.clone() {
        check_pairs(asked, &[])?;
        return Ok(Target::Id(id));
    }
    let mut condition = std::mem::take(&mut asked.pairs);
    condition.retain(|(name, _)| !is_of_the_form(name));
    if condition.is_empty() {
        return Err(Outcome::invalid(format!(
            "{} needs an id in its address ([type]/[id]), or a condition that chooses one \
             resource ([type]?identifier=…).",
            asked.method
        )));
    }
    Ok(Target::Condition(condition))
}

fn update(mut asked: Asked<'_>, place: Place) -> Result<Interaction, Outcome> {
    let resource = place.resource()?;
    let target = target(&mut asked, &place)?;
    let body = body(asked.content, &format!("a {resource}"))?;
    let if_match = asked.conditions.if_match;
    Ok(Interaction::Update(Update { resource, target, body, if_match }))
}

fn patch(mut asked: Asked<'_>, place: Place) -> Result<Interaction, Outcome> {
    let resource = place.resource()?;
    let target = target(&mut asked, &place)?;
    let body = match asked.content {
        Content::JsonPatch(patch) => PatchBody::Json(patch),
        content => PatchBody::FhirPath(body(content, "a JSON Patch or a Parameters resource")?),
    };
    let if_match = asked.conditions.if_match;
    Ok(Interaction::Patch(Patch { resource, target, body, if_match }))
}

fn delete(mut asked: Asked<'_>, place: Place) -> Result<Interaction, Outcome> {
    let resource = place.resource()?;
    let target = target(&mut asked, &place)?;
    Ok(Interaction::Delete(Delete { resource, target, if_match: asked.conditions.if_match }))
}

fn search(asked: Asked<'_>, scope: SearchScope) -> Result<Interaction, Outcome> {
    let mut parameters = asked.pairs;
    match asked.content {
        Content::Form(form) => parameters.extend(form),
        Content::Nothing => {}
        Content::Resource(_) | Content::JsonPatch(_) => {
            return Err(Outcome::new(
                Kind::MediaType,
                "The body of a search is a form: application/x-www-form-urlencoded.",
            ));
        }
    }
    Ok(Interaction::Search(Search { scope, parameters }))
}

fn compartment(asked: Asked<'_>, place: Place, schema: &Schema) -> Result<Interaction, Outcome> {
    let key = place.expected_key()?;
    let resource = match asked.parts.member.as_deref() {
        Some("*") | None => None,
        Some(name) => Some(known_type(name, schema)?),
    };
    let scope = SearchScope::Compartment { compartment: key.resource, id: key.id, resource };
    search(asked, scope)
}

fn capabilities(asked: &Asked<'_>) -> Result<Interaction, Outcome> {
    check_pairs(asked, &["mode"])?;
    let mode = asked.pairs.iter().find(|(name, _)| name == "mode").map(|(_, mode)| mode.as_str());
    let mode = match mode {
        None | Some("full") => CapabilityMode::Full,
        Some("normative") => CapabilityMode::Normative,
        Some("terminology") => CapabilityMode::Terminology,
        Some(_) => {
            return Err(
                Outcome::invalid("mode is one of full, normative and terminology.").at("mode")
            );
        }
    };
    Ok(Interaction::Capabilities(mode))
}

fn history(asked: Asked<'_>, place: Place) -> Result<Interaction, Outcome> {
    let scope = match (place.key(), place.resource) {
        (Some(key), _) => HistoryScope::Instance(key),
        (None, Some(resource)) => HistoryScope::Type(resource),
        (None, None) => HistoryScope::System,
    };
    Ok(Interaction::History(History { scope, parameters: asked.pairs }))
}

fn operation(asked: Asked<'_>, place: Place) -> Result<Interaction, Outcome> {
    let key = place.key();
    let mut pairs = asked.pairs;
    let parameters = match asked.content {
        Content::Nothing => None,
        Content::Resource(body) => Some(body),
        Content::Form(form) => {
            pairs.extend(form);
            None
        }
        Content::JsonPatch(_) => {
            return Err(Outcome::new(
                Kind::MediaType,
                "The body of an operation is a Parameters resource.",
            ));
        }
    };
    let is_get = matches!(asked.method, "GET" | "HEAD");
    let code = asked.parts.code.unwrap_or_default();
    let (resource, version) = (place.resource, place.version);
    let input = Input { resource, key, version, parameters, pairs, is_get };
    Ok(Interaction::Operation { code, input })
}

fn body(content: Content, what: &str) -> Result<Json, Outcome> {
    match content {
        Content::Resource(body) => Ok(body),
        Content::Nothing => {
            Err(Outcome::invalid(format!("There is no body: {what} is what belongs there.")))
        }
        Content::JsonPatch(_) | Content::Form(_) => Err(Outcome::new(
            Kind::MediaType,
            format!(
                "The body is {what}, as application/fhir+json or application/fhir+xml; a JSON \
                 Patch goes with PATCH, a form with _search."
            ),
        )),
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;

//! [`$everything`]: a patient's compartment and what its resources refer to, page by page.
//!
//! A page is made of searches of the compartment's types, one after the other; its link holds which
//! type comes next and that search's own page token.
//!
//! [`$everything`]: https://hl7.org/fhir/R4/patient-operation-everything.html

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fhir::bundle::{BundleEntry, BundleWriter};
use fhir::resource::nearest;
use fhir::{Outcome, definitions};
use interactions::{
    Answer, Caller, Door, Input, Interaction, Key, Level, Operation, OperationDescription,
    OperationParameter, Performing, Read, SearchScope,
};

use super::dates;
use crate::arguments::{self, Instant};
use crate::{Found, pages};

/// `$everything`
pub(crate) struct Everything;

static DESCRIPTION: OperationDescription = OperationDescription {
    code: "everything",
    definition: "http://hl7.org/fhir/OperationDefinition/Patient-everything",
    resources: &["Patient"],
    levels: &[Level::Instance],
    affects_state: false,
    is_search: false,
    parameters: &[
        parameter("start", 1, "date", "Care dates from this day on."),
        parameter("end", 1, "date", "Care dates up to this day."),
        parameter("_since", 1, "instant", "Only versions written after this instant."),
        OperationParameter {
            name: "_type",
            min: 0,
            max: None,
            value: "code",
            documentation: "Only these resource types, separated by commas.",
        },
        parameter("_count", 1, "integer", "Greatest number of matches on a page."),
    ],
};

const fn parameter(
    name: &'static str,
    max: u32,
    value: &'static str,
    documentation: &'static str,
) -> OperationParameter {
    OperationParameter { name, min: 0, max: Some(max), value, documentation }
}

/// Matches on a page when the client names no number: most records fit whole.
const COUNT_DEFAULT: usize = 5_000;
/// Greatest number of matches on a page.
const COUNT_MAX: usize = 5_000;
/// Characters of a page link's content, filled up so that its length tells nothing.
const PLACE_LEN: usize = 510;
/// Greatest page that is asked of a single search.
const SEARCH_MAX: usize = 500;

impl Operation for Everything {
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
            let Some(key) = input.key.clone() else {
                return Err(Outcome::invalid("$everything is asked of one patient: Patient/id"));
            };
            let request = Request::new(&input, key)?;
            let read = Read {
                key: request.key.clone(),
                unless_versions: Vec::new(),
                unless_since_us: None,
                parameters: Vec::new(),
            };
            // Whoever may not see the patient, or asks for one who is not there, learns it here.
            door.perform(caller, Interaction::Read(read)).await?;
            let page = Page::gather(door, caller, &request).await?;
            Ok(Answer::found(page.bundle(caller, &request)))
        })
    }
}

/// What was asked for.
struct Request {
    key: Key,
    start: Option<Instant>,
    end: Option<Instant>,
    since: Option<Instant>,
    /// Types that were asked for; empty: all.
    types: Vec<String>,
    count: usize,
    place: Place,
    pairs: Vec<(String, String)>,
}

/// Where a page starts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Place {
    /// Which of the compartment's types.
    at: usize,
    /// The page size under which that type's search began, and its token; none: at its beginning.
    token: Option<(usize, String)>,
}

impl Request {
    fn new(input: &Input, key: Key) -> Result<Self, Outcome> {
        let start = arguments::date(input, "start")?;
        let end = arguments::date(input, "end")?;
        arguments::ordered(start.as_ref(), end.as_ref())?;
        let since = arguments::instant(input, "_since")?;
        let page = input.pairs.iter().find(|(name, _)| name == "_page");
        let place = match page {
            Some((_, text)) => Place::read(text)
                .ok_or_else(|| Outcome::invalid("this page link was not made here").at("_page"))?,
            None => Place::default(),
        };
        let (types, count) = (types(input)?, count(input)?);
        Ok(Self { key, start, end, since, types, count, place, pairs: asked(input) })
    }

    /// Types to search, the Patient first.
    fn searched(&self) -> Vec<&'static str> {
        let compartment = definitions::r4().compartment("Patient");
        let codes = compartment.iter().flat_map(|compartment| &compartment.resources);
        let members = codes.filter(|(_, parameters)| !parameters.is_empty());
        let mut types: Vec<&str> = members.map(|(code, _)| code.as_str()).collect();
        types.retain(|code| *code != "Patient");
        types.sort_unstable();
        types.insert(0, "Patient");
        types
    }

    fn wants(&self, kind: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|wanted| wanted == kind)
    }

    /// A type outside the compartment is found only by what refers to it, so all of that is read.
    fn searches(&self, kind: &str, searched: &[&str]) -> bool {
        self.wants(kind) || self.types.iter().any(|wanted| !searched.contains(&wanted.as_str()))
    }

    fn admits(&self, found: &Found) -> bool {
        dates::is_within(found, self.start.as_ref(), self.end.as_ref())
    }
}

fn types(input: &Input) -> Result<Vec<String>, Outcome> {
    let mut types = Vec::new();
    for text in arguments::texts(input, "_type") {
        for name in text.split(',').map(str::trim) {
            let schema = definitions::r4().schema();
            if schema.resource(name).is_none() {
                let near = nearest(name, schema.resource_names(), 3).join(", ");
                let near = if near.is_empty() { near } else { format!("; did you mean {near}?") };
                return Err(Outcome::invalid(format!("_type: {name} is no resource type{near}"))
                    .at("_type"));
            }
            types.push(name.to_owned());
        }
    }
    Ok(types)
}

fn count(input: &Input) -> Result<usize, Outcome> {
    let Some(text) = arguments::one(input, "_count") else { return Ok(COUNT_DEFAULT) };
    match text.parse::<usize>() {
        Ok(count) if count > 0 => Ok(count.min(COUNT_MAX)),
        _ => Err(arguments::wrong("_count", &text, "a number from 1 on")),
    }
}

/// The parameters that the links of the answer repeat.
fn asked(input: &Input) -> Vec<(String, String)> {
    let names = ["start", "end", "_since", "_type", "_count"];
    let pairs = names.iter().flat_map(|name| {
        arguments::texts(input, name).into_iter().map(|text| ((*name).to_owned(), text))
    });
    pairs.collect()
}

impl Place {
    fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let mut parts = text.trim_end().splitn(3, '~');
        let at = parts.next()?.parse().ok()?;
        let size: usize = parts.next()?.parse().ok()?;
        let token = parts.next()?;
        if size > SEARCH_MAX {
            return None;
        }
        Some(Self { at, token: (size > 0).then(|| (size, token.to_owned())) })
    }

    fn write(&self) -> String {
        let (size, token) = self.token.as_ref().map_or((0, ""), |(size, token)| (*size, token));
        let text = format!("{}~{size}~{token}", self.at);
        URL_SAFE_NO_PAD.encode(format!("{text:PLACE_LEN$}"))
    }
}

/// One page of the answer.
struct Page {
    matches: Vec<Found>,
    included: Vec<Found>,
    next: Option<Place>,
    is_first: bool,
}

impl Page {
    async fn gather(door: &dyn Door, caller: &Caller, request: &Request) -> Result<Self, Outcome> {
        let mut matches = Vec::new();
        let next = fill(door, caller, request, &mut matches).await?;
        let included = included(door, caller, request, &matches).await?;
        matches.retain(|found: &Found| request.wants(&found.kind));
        let is_first = request.place == Place::default();
        Ok(Self { matches, included, next, is_first })
    }

    fn bundle(&self, caller: &Caller, request: &Request) -> String {
        let mut bundle = BundleWriter::new("searchset");
        if self.is_first && self.next.is_none() {
            bundle.total(self.matches.len() as u64);
        }
        let own = (!self.is_first).then(|| request.place.clone());
        bundle.link("self", &link(caller, request, own.as_ref()));
        if let Some(next) = &self.next {
            bundle.link("next", &link(caller, request, Some(next)));
        }
        let matches = self.matches.iter().map(|found| (found, "match"));
        for (found, mode) in matches.chain(self.included.iter().map(|found| (found, "include"))) {
            bundle.entry(&BundleEntry {
                full_url: Some(&format!("{}/{}", caller.base, found.address())),
                resource: Some(found.text()),
                search_mode: Some(mode),
                ..BundleEntry::default()
            });
        }
        bundle.finish()
    }
}

/// Searches type after type until the page is full; gives where the next page starts.
async fn fill(
    door: &dyn Door,
    caller: &Caller,
    request: &Request,
    matches: &mut Vec<Found>,
) -> Result<Option<Place>, Outcome> {
    let types = request.searched();
    let Place { mut at, mut token } = request.place.clone();
    while let Some(kind) = types.get(at) {
        if !request.searches(kind, &types) {
            (at, token) = (at + 1, None);
            continue;
        }
        let left = request.count.saturating_sub(matches.len());
        // The rest of a page is not filled from a type whose pages would then stay as small, and a
        // page that was begun under another size must fit whole.
        let enough = request.count.div_ceil(2).min(SEARCH_MAX);
        let needed = token.as_ref().map_or(enough, |(size, _)| *size);
        if !matches.is_empty() && left < needed {
            return Ok(Some(Place { at, token }));
        }
        let (size, parameters) = match &token {
            Some((size, token)) => (*size, vec![("_page".to_owned(), token.clone())]),
            None => {
                let size = left.min(SEARCH_MAX);
                (size, first_page(request, kind, size))
            }
        };
        let page = pages::page(door, caller, &scope(request, kind), parameters).await?;
        matches.extend(page.found.into_iter().filter(|found| request.admits(found)));
        token = page.next.map(|token| (size, token));
        if token.is_none() {
            at += 1;
        }
    }
    Ok(None)
}

fn scope(request: &Request, kind: &str) -> SearchScope {
    // The patient is in its own compartment only by being it.
    if kind == "Patient" {
        return SearchScope::Type(kind.into());
    }
    SearchScope::Compartment {
        compartment: "Patient".into(),
        id: request.key.id.clone(),
        resource: Some(kind.into()),
    }
}

fn first_page(request: &Request, kind: &str, count: usize) -> Vec<(String, String)> {
    let mut parameters = vec![("_count".to_owned(), count.to_string())];
    if kind == "Patient" {
        parameters.push(("_id".to_owned(), request.key.id.to_string()));
    }
    if let Some(since) = &request.since {
        parameters.push(("_lastUpdated".to_owned(), format!("gt{}", since.text)));
    }
    parameters
}

/// What the page's resources refer to outside the compartment.
async fn included(
    door: &dyn Door,
    caller: &Caller,
    request: &Request,
    matches: &[Found],
) -> Result<Vec<Found>, Outcome> {
    let searched = request.searched();
    let wanted: BTreeSet<Key> = matches
        .iter()
        .flat_map(|found| found.references(&caller.base))
        .filter(|key| !searched.contains(&&*key.resource) && request.wants(&key.resource))
        .collect();
    let keys: Vec<Key> = wanted.into_iter().collect();
    pages::by_ids(door, caller, &keys).await
}

fn link(caller: &Caller, request: &Request, place: Option<&Place>) -> String {
    let mut url = format!("{}/{}/$everything", caller.base, request.key);
    let page = place.map(|place| ("_page".to_owned(), place.write()));
    for (index, (name, value)) in request.pairs.iter().chain(page.as_ref()).enumerate() {
        url.push(if index == 0 { '?' } else { '&' });
        url.push_str(&format!("{name}={}", pages::encode(value)));
    }
    url
}

#[cfg(test)]
mod tests;

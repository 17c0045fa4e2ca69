//! [`$stats`]: statistics of a subject's measurements.
//!
//! What is asked by the code of a panel is answered for each of its measurements: its components,
//! and the Observations that are its members.
//!
//! [`$stats`]: https://hl7.org/fhir/R4/observation-operation-stats.html

use fhir::json::Value;
use fhir::reference::{Target, target};
use fhir::{Outcome, definitions};
use interactions::{
    Answer, Caller, Door, Input, Interaction, Key, Level, Operation, OperationDescription,
    OperationParameter, Performing, Read, SearchScope,
};

use super::series::{Place, Series, first_code, is_coded};
use super::stats_answer::answer;
use super::stats_request::{Asked, Request};
use crate::{Found, pages};

/// `$stats`
pub(crate) struct Stats;

static DESCRIPTION: OperationDescription = OperationDescription {
    code: "stats",
    definition: "http://hl7.org/fhir/OperationDefinition/Observation-stats",
    resources: &["Observation"],
    levels: &[Level::Type],
    affects_state: false,
    is_search: false,
    parameters: &[
        parameter("subject", 1, Some(1), "uri", "Whose measurements: Patient/123."),
        parameter("code", 0, None, "string", "What was measured; goes with system."),
        parameter("system", 0, Some(1), "uri", "The system of the codes."),
        parameter("coding", 0, None, "Coding", "What was measured, as a coding."),
        parameter("duration", 0, Some(1), "decimal", "The last so many hours."),
        parameter("period", 0, Some(1), "Period", "When; a duration goes before it."),
        parameter("statistic", 1, None, "code", "Which statistics."),
        parameter("include", 0, Some(1), "boolean", "Answer with the measurements too."),
        parameter("limit", 0, Some(1), "positiveInt", "Greatest number of those."),
    ],
};

const fn parameter(
    name: &'static str,
    min: u32,
    max: Option<u32>,
    value: &'static str,
    documentation: &'static str,
) -> OperationParameter {
    OperationParameter { name, min, max, value, documentation }
}

/// Observations that one answer rests on.
const READ_MAX: usize = 20_000;

impl Operation for Stats {
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
            let request = Request::new(&input, caller)?;
            let read = Read {
                key: request.subject.clone(),
                unless_versions: Vec::new(),
                unless_since_us: None,
                parameters: Vec::new(),
            };
            // Whoever may not see the subject, or asks for one who is not there, learns it here.
            door.perform(caller, Interaction::Read(read)).await?;
            let scope = SearchScope::Type("Observation".into());
            let found = pages::all(door, caller, &scope, search(&request), READ_MAX).await?;
            let members = members(door, caller, &request, &found).await?;
            let series = gather(&request, &found, &members);
            Ok(Answer::found(answer(&request, &series, &[found, members].concat())?))
        })
    }
}

fn search(request: &Request) -> Vec<(String, String)> {
    let code = |asked: &Asked| match &asked.system {
        Some(system) => format!("{}|{}", escape(system), escape(&asked.code)),
        None => escape(&asked.code),
    };
    let codes: Vec<String> = request.codes.iter().map(code).collect();
    let mut parameters = vec![
        ("subject".to_owned(), request.subject.to_string()),
        ("combo-code".to_owned(), codes.join(",")),
        ("_sort".to_owned(), "-date".to_owned()),
        ("_count".to_owned(), "500".to_owned()),
    ];
    let (start, end) = &request.period;
    parameters.extend(start.iter().map(|text| ("date".to_owned(), format!("ge{text}"))));
    parameters.extend(end.iter().map(|text| ("date".to_owned(), format!("le{text}"))));
    parameters
}

/// A text as part of a search value.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | ',' | '|' | '$') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn is_asked(request: &Request, found: &Found) -> bool {
    request.codes.iter().any(|asked| is_coded(found.root().get("code"), asked))
}

fn is_wrong(found: &Found) -> bool {
    found.root().str("status").as_deref() == Some("entered-in-error")
}

/// The Observations that panels which were asked for name as their members.
async fn members(
    door: &dyn Door,
    caller: &Caller,
    request: &Request,
    found: &[Found],
) -> Result<Vec<Found>, Outcome> {
    let mut keys: Vec<Key> = Vec::new();
    for panel in found.iter().filter(|one| is_asked(request, one) && !is_wrong(one)) {
        let named = panel.root().list("hasMember");
        keys.extend(
            named.filter_map(|one| local(one, caller)).filter(|k| &*k.resource == "Observation"),
        );
    }
    keys.sort();
    keys.dedup();
    let mut members = pages::by_ids(door, caller, &keys).await?;
    members.retain(|one| {
        let subject = one.root().get("subject").and_then(|one| local(one, caller));
        subject.as_ref() == Some(&request.subject)
    });
    Ok(members)
}

fn local(reference: Value<'_>, caller: &Caller) -> Option<Key> {
    let text = reference.str("reference")?;
    match target(&text, &[caller.base.to_string()], definitions::r4().schema()) {
        Target::Local { resource, id, .. } => Some(Key::new(resource, id)),
        _ => None,
    }
}

/// Sorts what was found into series: one for each code asked for, then one for each measurement of
/// the panels.
fn gather(request: &Request, found: &[Found], members: &[Found]) -> Vec<Series> {
    let mut series: Vec<Series> = request.codes.iter().cloned().map(Series::new).collect();
    for one in found.iter().filter(|one| !is_wrong(one)) {
        let is_panel = is_asked(request, one);
        let has_parts = ["component", "hasMember"].iter().any(|n| one.root().get(n).is_some());
        if is_panel && (one.root().get("valueQuantity").is_some() || !has_parts) {
            add(&mut series, Place { found: one, component: None });
        }
        for component in one.root().list("component").enumerate() {
            let code = component.1.get("code");
            let is_named = request.codes.iter().any(|asked| is_coded(code, asked));
            if is_panel || is_named {
                add(&mut series, Place { found: one, component: Some(component) });
            }
        }
    }
    for one in members.iter().filter(|one| !is_wrong(one)) {
        add(&mut series, Place { found: one, component: None });
        for component in one.root().list("component").enumerate() {
            add(&mut series, Place { found: one, component: Some(component) });
        }
    }
    // A panel's own code has no measurements; a code that nothing was found of keeps its zero.
    let is_panel = |asked: &Asked| {
        found.iter().any(|one| !is_wrong(one) && is_coded(one.root().get("code"), asked))
    };
    series.retain(|one| !one.is_empty() || !is_panel(&one.asked));
    series
}

/// Adds a place to the series of its codes, or to a new one.
fn add(series: &mut Vec<Series>, place: Place<'_>) {
    let element = place.component.map_or(place.found.root(), |(_, component)| component);
    let code = element.get("code");
    let mut is_known = false;
    for one in series.iter_mut().filter(|one| is_coded(code, &one.asked)) {
        one.add(place);
        is_known = true;
    }
    if let Some(first) = first_code(code).filter(|_| !is_known) {
        let mut one = Series::new(first);
        one.add(place);
        series.push(one);
    }
}

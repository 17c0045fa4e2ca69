//! [`$lastn`]: the latest Observations of each kind among those that a search finds.
//!
//! [`$lastn`]: https://hl7.org/fhir/R4/observation-operation-lastn.html

use std::cmp::Reverse;
use std::collections::BTreeMap;

use fhir::bundle::{BundleEntry, BundleWriter};
use fhir::{Kind, Outcome};
use interactions::{
    Answer, Caller, Door, Input, Level, Operation, OperationDescription, OperationParameter,
    Performing, SearchScope,
};

use super::effective::effective;
use super::grouping::Grouping;
use crate::{Found, arguments, pages};

/// `$lastn`
pub(crate) struct Lastn;

static DESCRIPTION: OperationDescription = OperationDescription {
    code: "lastn",
    definition: "http://hl7.org/fhir/OperationDefinition/Observation-lastn",
    resources: &["Observation"],
    levels: &[Level::Type],
    affects_state: false,
    is_search: true,
    parameters: &[OperationParameter {
        name: "max",
        min: 0,
        max: Some(1),
        value: "positiveInt",
        documentation: "Observations of each kind, 1 when it is not given; more where several \
                        share the time of the last one.",
    }],
};

/// Observations that one answer is chosen from.
const READ_MAX: usize = 20_000;
/// Observations in an answer.
const ANSWER_MAX: usize = 5_000;
/// Observations that one search gives.
const PAGE: usize = 500;

/// Parameters of a search's result that the operation settles itself.
const SETTLED: [&str; 5] = ["_sort", "_count", "_page", "_total", "_summary"];
/// Parameters that bring other resources along.
const BRINGING: [&str; 4] = ["_include", "_revinclude", "_contained", "_containedType"];

impl Operation for Lastn {
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
            let most = arguments::one(&input, "max").and_then(|text| text.parse().ok());
            let criteria = criteria(&input);
            check(&criteria)?;
            let mut latest = Latest::new(most.unwrap_or(1));
            read(door, caller, &criteria, &mut latest).await?;
            let found = latest.finish();
            if found.len() > ANSWER_MAX {
                return Err(too_many(ANSWER_MAX, "answers with"));
            }
            Ok(Answer::found(bundle(caller, &input, &criteria, &found)))
        })
    }
}

/// The search parameters as they came, of the address and of the body.
fn criteria(input: &Input) -> Vec<(String, String)> {
    let own = |name: &str| matches!(name, "max" | "_format" | "_pretty");
    let parameters = input.parameters.iter().flat_map(|all| all.root().list("parameter"));
    let of_body = parameters.filter_map(|item| {
        let value = item.entries().find(|member| member.key().starts_with("value"))?;
        let text = value.as_str().map_or_else(|| value.raw().to_owned(), |text| text.into_owned());
        Some((item.str("name")?.into_owned(), text))
    });
    let all = of_body.chain(input.pairs.iter().cloned());
    all.filter(|(name, _)| !own(name)).collect()
}

/// The code of a search parameter: without modifier and chain.
fn code(name: &str) -> &str {
    name.split([':', '.']).next().unwrap_or(name)
}

fn check(criteria: &[(String, String)]) -> Result<(), Outcome> {
    for (name, _) in criteria {
        if SETTLED.contains(&code(name)) || BRINGING.contains(&code(name)) {
            return Err(Outcome::invalid(format!(
                "{name} does not go with $lastn: it gives whole Observations alone, the newest \
                 first, as many of each kind as max says."
            ))
            .with_code("not-supported")
            .at(name.clone()));
        }
    }
    let has = |wanted: fn(&str) -> bool| {
        criteria.iter().any(|(name, value)| wanted(code(name)) && !value.is_empty())
    };
    if !has(|code| matches!(code, "patient" | "subject")) {
        return Err(missing("a subject: patient or subject", "patient=Patient/[id]"));
    }
    if !has(says_what) {
        return Err(missing(
            "what is observed: category, code or another parameter on a code",
            "category=vital-signs",
        ));
    }
    Ok(())
}

/// Does the parameter concern a code of what is observed?
fn says_what(code: &str) -> bool {
    let starts = ["code", "combo-code", "component-code"];
    code == "category" || starts.iter().any(|start| code.starts_with(start))
}

fn missing(what: &str, example: &str) -> Outcome {
    Outcome::invalid(format!(
        "$lastn needs {what}. For instance: Observation/$lastn?max=3&patient=Patient/[id]\
         &category=vital-signs ({example} is missing here)."
    ))
    .with_code("required")
}

async fn read(
    door: &dyn Door,
    caller: &Caller,
    criteria: &[(String, String)],
    latest: &mut Latest,
) -> Result<(), Outcome> {
    let scope = SearchScope::Type("Observation".into());
    let mut parameters = criteria.to_vec();
    parameters.push(("_sort".to_owned(), "-date".to_owned()));
    parameters.push(("_count".to_owned(), PAGE.to_string()));
    let mut read = 0;
    loop {
        let page = pages::page(door, caller, &scope, parameters).await?;
        read += page.found.len();
        for found in page.found {
            latest.add(found);
        }
        let Some(token) = page.next else { return Ok(()) };
        if read >= READ_MAX {
            return Err(too_many(READ_MAX, "chooses from"));
        }
        parameters = vec![("_page".to_owned(), token)];
    }
}

fn too_many(most: usize, what: &str) -> Outcome {
    Outcome::new(
        Kind::TooLarge,
        format!(
            "$lastn {what} {most} Observations at most: narrow the search, for instance by \
             date=ge2024-01-01 or by code."
        ),
    )
    .with_code("too-costly")
}

/// The latest of each group, as far as seen.
struct Latest {
    most: usize,
    grouping: Grouping,
    groups: BTreeMap<usize, Vec<Dated>>,
}

/// An Observation with what it is ordered by.
struct Dated {
    /// Last and first microsecond of its time; `None` is older than all.
    time: Option<(i64, i64)>,
    found: Found,
}

impl Latest {
    fn new(most: usize) -> Self {
        Self { most, grouping: Grouping::default(), groups: BTreeMap::new() }
    }

    fn add(&mut self, found: Found) {
        let placed = self.grouping.place(found.root().get("code"));
        let mut group = self.groups.remove(&placed.group).unwrap_or_default();
        for joined in placed.joined {
            group.extend(self.groups.remove(&joined).unwrap_or_default());
        }
        let time = effective(&found).map(|(first, last)| (last, first));
        group.push(Dated { time, found });
        // Most come newest first already: sorting is for when it pays.
        if group.len() > self.most.saturating_mul(2).saturating_add(16) {
            cut(&mut group, self.most);
        }
        self.groups.insert(placed.group, group);
    }

    /// All of them, newest first.
    fn finish(self) -> Vec<Found> {
        let mut all = Vec::new();
        for mut group in self.groups.into_values() {
            cut(&mut group, self.most);
            all.append(&mut group);
        }
        sort(&mut all);
        all.into_iter().map(|dated| dated.found).collect()
    }
}

/// Newest first; what has one time in the order of ids, so that an answer is always the same.
fn sort(group: &mut [Dated]) {
    group.sort_by(|a, b| {
        Reverse(a.time).cmp(&Reverse(b.time)).then_with(|| a.found.id.cmp(&b.found.id))
    });
}

/// Leaves the newest ones, and those that share the time of the last one of them.
fn cut(group: &mut Vec<Dated>, most: usize) {
    if group.len() <= most {
        return;
    }
    sort(group);
    let Some(last) = most.checked_sub(1).and_then(|at| group.get(at)) else { return };
    // No time is not the same time.
    let last = last.time;
    let tied = group.iter().skip(most).take_while(|next| last.is_some() && next.time == last);
    let kept = most + tied.count();
    group.truncate(kept);
}

fn bundle(
    caller: &Caller,
    input: &Input,
    criteria: &[(String, String)],
    found: &[Found],
) -> String {
    let mut link = format!("{}/Observation/$lastn", caller.base);
    let most = arguments::one(input, "max").map(|text| ("max".to_owned(), text));
    for (index, (name, value)) in most.iter().chain(criteria).enumerate() {
        link.push(if index == 0 { '?' } else { '&' });
        link.push_str(&format!("{}={}", pages::encode(name), pages::encode(value)));
    }
    let mut bundle = BundleWriter::new("searchset");
    bundle.total(found.len() as u64);
    bundle.link("self", &link);
    for one in found {
        bundle.entry(&BundleEntry {
            full_url: Some(&format!("{}/{}", caller.base, one.address())),
            resource: Some(one.text()),
            search_mode: Some("match"),
            ..BundleEntry::default()
        });
    }
    bundle.finish()
}

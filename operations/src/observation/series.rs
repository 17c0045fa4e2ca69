//! Measurements of one code, gathered from Observations and their components.

use std::collections::HashSet;

use fhir::json::Value;
use fhir::unit::{UCUM, Unit};

use super::effective::effective;
use super::statistics::Sample;
use super::stats_request::Asked;
use crate::Found;

/// What is known of one code.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) asked: Asked,
    /// All that could have been a measurement, without a usable value too.
    pub(super) total: usize,
    measurements: Vec<Measurement>,
    seen: HashSet<(String, Option<usize>)>,
}

#[derive(Debug)]
struct Measurement {
    number: String,
    unit: Unit,
    /// As people write it.
    unit_text: Option<String>,
    time: Option<(i64, i64)>,
    source: String,
}

/// Measurements that can be compared, in one unit.
#[derive(Debug)]
pub(super) struct Comparable {
    pub(super) unit: Unit,
    pub(super) unit_text: Option<String>,
    pub(super) sample: Sample,
    /// First and last microsecond of all of them, where they say when.
    pub(super) span_us: Option<(i64, i64)>,
    /// Addresses of the Observations.
    pub(super) sources: Vec<String>,
}

/// An Observation, or one of its components.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) found: &'a Found,
    pub(super) component: Option<(usize, Value<'a>)>,
}

impl Series {
    pub(super) fn new(asked: Asked) -> Self {
        Self { asked, total: 0, measurements: Vec::new(), seen: HashSet::new() }
    }

    /// Adds what stands at a place, each place once.
    pub(super) fn add(&mut self, place: Place<'_>) {
        let component = place.component.map(|(index, _)| index);
        if !self.seen.insert((place.found.address(), component)) {
            return;
        }
        self.total += 1;
        self.measurements.extend(measurement(place));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The measurements by what they measure: units that can be converted into each other are one
    /// group, in the unit of its first measurement. Without measurements there is no group.
    pub(super) fn comparable(&self) -> Vec<Comparable> {
        let mut groups: Vec<(&Measurement, Vec<&Measurement>)> = Vec::new();
        for one in &self.measurements {
            match groups.iter_mut().find(|(first, _)| first.unit.is_commensurable(&one.unit)) {
                Some((_, members)) => members.push(one),
                None => groups.push((one, vec![one])),
            }
        }
        groups.into_iter().map(|(first, members)| comparable(first, &members)).collect()
    }
}

fn comparable(first: &Measurement, members: &[&Measurement]) -> Comparable {
    let numbers = members.iter().filter_map(|one| {
        let number = one.unit.convert(&one.number, &first.unit)?;
        Some((number, one.time.map(|(start, _)| start)))
    });
    let times = members.iter().filter_map(|one| one.time);
    let mut sources: Vec<String> = Vec::with_capacity(members.len());
    for one in members {
        if sources.last() != Some(&one.source) {
            sources.push(one.source.clone());
        }
    }
    Comparable {
        unit: first.unit.clone(),
        unit_text: first.unit_text.clone(),
        sample: Sample::new(numbers.collect()),
        span_us: times.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))),
        sources,
    }
}

/// The measurement at a place. Values beyond a limit (`<5`), without a UCUM unit, and of what a
/// modifier extension may give another meaning are none.
fn measurement(place: Place<'_>) -> Option<Measurement> {
    let root = place.found.root();
    let element = place.component.map_or(root, |(_, component)| component);
    let is_modified = [root, element].iter().any(|one| one.get("modifierExtension").is_some());
    let quantity = element.get("valueQuantity").filter(|_| !is_modified)?;
    if quantity.get("comparator").is_some() || quantity.str("system").as_deref() != Some(UCUM) {
        return None;
    }
    let number = quantity.get("value")?.as_number()?;
    let unit = Unit::parse(&quantity.str("code")?)?;
    unit.convert(number, &unit)?;
    Some(Measurement {
        number: number.to_owned(),
        unit,
        unit_text: quantity.str("unit").map(|text| text.into_owned()),
        time: effective(place.found),
        source: place.found.address(),
    })
}

/// Has the concept this code?
pub(super) fn is_coded(concept: Option<Value<'_>>, asked: &Asked) -> bool {
    let mut codings = concept.into_iter().flat_map(|concept| concept.list("coding"));
    codings.any(|coding| {
        let system = coding.str("system");
        let is_system = asked.system.as_deref().is_none_or(|one| system.as_deref() == Some(one));
        is_system && coding.str("code").as_deref() == Some(&asked.code)
    })
}

/// The first code of a concept.
pub(super) fn first_code(concept: Option<Value<'_>>) -> Option<Asked> {
    let coding = concept?.list("coding").find(|coding| coding.get("code").is_some())?;
    let text = |name: &str| coding.str(name).map(|text| text.into_owned());
    Some(Asked { system: text("system"), code: text("code")?, display: text("display") })
}

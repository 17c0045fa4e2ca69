//! [`Patient/$summary`]: an International Patient Summary in which every sentence names the
//! versions of the resources it rests on.
//!
//! The summary is made by rules alone: the same record gives the same document.
//!
//! [`Patient/$summary`]: http://hl7.org/fhir/uv/ips/OperationDefinition/summary

mod allergies;
mod chart;
mod conditions;
mod decimal;
mod document;
mod dosage;
mod events;
mod flag;
mod gather;
mod glossary;
mod medicines;
mod narrative;
mod observations;
mod reading;
mod request;
pub mod rules;
mod section;
mod story;
mod wording;

use fhir::{Kind, Outcome};
use interactions::{
    Answer, Caller, Door, Input, Level, Operation, OperationDescription, OperationParameter,
    Performing,
};

use crate::arguments::Instant;
use crate::{Found, clock};
use chart::Chart;
use section::Section;

/// Whom the summary speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Audience {
    /// Codes, reference ranges, terse.
    #[default]
    Clinician,
    /// Plain words, no codes.
    Patient,
}

/// What a summary is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The present, in microseconds since 1970.
    pub now_us: i64,
    /// Whom it speaks to.
    pub audience: Audience,
    /// Clinical dates from here on.
    pub start: Option<Instant>,
    /// Clinical dates up to here.
    pub end: Option<Instant>,
    /// Only versions written after this instant.
    pub since: Option<Instant>,
    /// FHIR base of the server, without a slash at its end.
    pub base: String,
}

/// `$summary`
pub(crate) struct Summary;

static DESCRIPTION: OperationDescription = OperationDescription {
    code: "summary",
    definition: "http://hl7.org/fhir/uv/ips/OperationDefinition/summary",
    resources: &["Patient"],
    levels: &[Level::Type, Level::Instance],
    affects_state: false,
    is_search: false,
    parameters: &[
        parameter("identifier", "string", "The patient, as a token: system|value."),
        parameter("identifer", "string", "The same, as version 1.1 of the guide spells it."),
        parameter("profile", "uri", "Canonical of the Composition profile that is wanted."),
        parameter("start", "date", "Clinical dates from this day on."),
        parameter("end", "date", "Clinical dates up to this day."),
        parameter("_since", "instant", "Only versions written after this instant."),
        parameter("audience", "code", "Whom it speaks to: clinician or patient."),
    ],
};

const fn parameter(
    name: &'static str,
    value: &'static str,
    documentation: &'static str,
) -> OperationParameter {
    OperationParameter { name, min: 0, max: Some(1), value, documentation }
}

impl Operation for Summary {
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
            let options = request::options(&input, &caller.base, clock::now_us())?;
            let key = request::patient(door, caller, &input).await?;
            let (patient, resources) = gather::gather(door, caller, &key).await?;
            Ok(Answer::found(summarise(&patient, &resources, &options)?))
        })
    }
}

/// The summary of a record as a document Bundle, in JSON. `resources` are the current versions
/// about this patient in any order, and what these refer to.
///
/// # Errors
/// When `patient` is none, or the record is larger than [`rules::RESOURCES_MAX`].
pub fn summarise(
    patient: &Found,
    resources: &[Found],
    options: &Options,
) -> Result<String, Outcome> {
    if patient.kind != "Patient" {
        return Err(Outcome::invalid(format!("{} is no Patient", patient.address())));
    }
    if resources.len() > rules::RESOURCES_MAX * 2 {
        let most = rules::RESOURCES_MAX;
        let said = format!("a summary is made of {most} resources at most; narrow start and end");
        return Err(Outcome::new(Kind::TooLarge, said));
    }
    let chart = Chart::new(patient, resources, options);
    let sections: Vec<Section<'_>> =
        rules::SECTIONS.iter().filter_map(|rule| told(&chart, rule.key)).collect();
    Ok(document::document(&chart, &sections))
}

fn told<'a>(chart: &Chart<'a>, key: &str) -> Option<Section<'a>> {
    let section = match key {
        "story" => story::story(chart),
        "problems" => conditions::problems(chart),
        "allergies" => allergies::allergies(chart),
        "medicines" => medicines::medicines(chart),
        "immunizations" => events::immunizations(chart),
        "results" => observations::results(chart),
        "procedures" => events::procedures(chart),
        "devices" => events::devices(chart),
        "directives" => events::directives(chart),
        "alerts" => events::alerts(chart),
        "functional" => events::functional(chart),
        "past" => conditions::past_problems(chart),
        "plan" => events::plan(chart),
        other => observations::observed(chart, other),
    };
    section.finished(chart)
}

#[cfg(test)]
mod tests;

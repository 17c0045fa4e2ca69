//! The answer of [`$stats`]: an Observation for each code, with a component for each statistic.
//!
//! [`$stats`]: https://hl7.org/fhir/R4/observation-operation-stats.html

use fhir::json::{Json, Tree};
use fhir::primitive::DateTime;
use fhir::unit::{UCUM, Unit};
use fhir::{Kind, Outcome};

use super::series::{Comparable, Series};
use super::statistics::{Measure, Statistic};
use super::stats_request::{Asked, Request};
use crate::Found;

const STATISTICS: &str = "http://terminology.hl7.org/CodeSystem/observation-statistics";
const ABSENT: &str = "http://terminology.hl7.org/CodeSystem/data-absent-reason";

/// The Parameters resource.
pub(super) fn answer(
    request: &Request,
    series: &[Series],
    found: &[Found],
) -> Result<String, Outcome> {
    let mut parameters = Vec::new();
    let mut sources: Vec<String> = Vec::new();
    for one in series {
        let groups = one.comparable();
        if groups.is_empty() {
            parameters.push(parameter("statistics", observation(request, one, None, 1)));
        }
        for group in &groups {
            let observation = observation(request, one, Some(group), groups.len());
            parameters.push(parameter("statistics", observation));
            for source in &group.sources {
                if !sources.contains(source) {
                    sources.push(source.clone());
                }
            }
        }
    }
    for source in sources.iter().take(request.sources_max.unwrap_or(0)) {
        let Some(one) = found.iter().find(|one| one.address() == *source) else { continue };
        let json = Json::parse(one.text()).map_err(|error| {
            Outcome::new(Kind::Fault, "a stored Observation cannot be read").because(error)
        })?;
        parameters.push(parameter("source", Tree::from(json.root())));
    }
    let members =
        vec![("resourceType", text("Parameters")), ("parameter", Tree::Array(parameters))];
    Ok(object(members).to_string())
}

fn parameter(name: &str, resource: Tree) -> Tree {
    object(vec![("name", text(name)), ("resource", resource)])
}

fn observation(
    request: &Request,
    series: &Series,
    group: Option<&Comparable>,
    groups: usize,
) -> Tree {
    let mut members = vec![
        ("resourceType", text("Observation")),
        ("status", text("final")),
        ("code", object(vec![("coding", Tree::Array(vec![coding(&series.asked)]))])),
        ("subject", object(vec![("reference", text(&request.subject.to_string()))])),
    ];
    if let Some(period) = period(request, group) {
        members.push(("effectivePeriod", period));
    }
    if let Some(group) = group.filter(|_| groups > 1) {
        let note = format!(
            "The measurements have units that cannot be converted into each other: these \
             statistics are of the {} in {} alone.",
            group.sample.count(),
            group.unit.code()
        );
        members.push(("note", Tree::Array(vec![object(vec![("text", text(&note))])])));
    }
    let statistics = request.statistics.iter();
    let components = statistics.flat_map(|one| components(*one, series, group)).collect();
    members.push(("component", Tree::Array(components)));
    object(members)
}

fn coding(asked: &Asked) -> Tree {
    let mut members = Vec::new();
    members.extend(asked.system.as_deref().map(|system| ("system", text(system))));
    members.push(("code", text(&asked.code)));
    members.extend(asked.display.as_deref().map(|display| ("display", text(display))));
    object(members)
}

/// What was asked for; where no bound was, that of the measurements.
fn period(request: &Request, group: Option<&Comparable>) -> Option<Tree> {
    let (start, end) = request.period.clone();
    let span = group.and_then(|group| group.span_us);
    let known = |us: i64| (us != i64::MAX && us != i64::MIN).then(|| DateTime::instant_text(us));
    let start = start.or_else(|| known(span?.0));
    let end = end.or_else(|| known(span?.1));
    let mut members = Vec::new();
    members.extend(start.map(|bound| ("start", Tree::string(bound))));
    members.extend(end.map(|bound| ("end", Tree::string(bound))));
    (!members.is_empty()).then(|| object(members))
}

fn components(statistic: Statistic, series: &Series, group: Option<&Comparable>) -> Vec<Tree> {
    let value = |value: Option<f64>, unit: Option<Tree>| (None, value, unit);
    let found = match statistic.measure {
        Measure::Count => {
            let count = group.map_or(0, |group| group.sample.count());
            let count = if statistic.code == "count" { count } else { series.total };
            vec![value(Some(count as f64), None)]
        }
        Measure::Unit => vec![value(number(statistic, group), group.map(unit))],
        Measure::Square => vec![value(number(statistic, group), group.map(square))],
        Measure::Ratio => vec![value(number(statistic, group), Some(code_unit("1", "1")))],
        Measure::Line => {
            let line = group.and_then(|group| group.sample.line());
            vec![
                (Some("gradient per day"), line.map(|line| line.gradient), group.map(per_day)),
                (
                    Some("intercept: the value at the first measurement's time"),
                    line.map(|line| line.intercept),
                    group.map(unit),
                ),
            ]
        }
    };
    let parts = found.into_iter();
    parts.map(|(label, value, unit)| component(statistic, label, value, unit)).collect()
}

fn number(statistic: Statistic, group: Option<&Comparable>) -> Option<f64> {
    group?.sample.value(statistic.code)
}

fn component(
    statistic: Statistic,
    label: Option<&str>,
    value: Option<f64>,
    unit: Option<Tree>,
) -> Tree {
    let coding = object(vec![
        ("system", text(STATISTICS)),
        ("code", text(statistic.code)),
        ("display", text(statistic.display)),
    ]);
    let mut code = object(vec![("coding", Tree::Array(vec![coding]))]);
    if let Some(label) = label {
        code.set("text", text(label));
    }
    let mut component = object(vec![("code", code)]);
    match value.filter(|value| value.is_finite()) {
        Some(value) => {
            let mut quantity = object(vec![("value", Tree::Number(decimal(value)))]);
            if let Some(Tree::Object(members)) = unit {
                members.into_iter().for_each(|(name, value)| quantity.set(&name, value));
            }
            component.set("valueQuantity", quantity);
        }
        None => {
            let coding = object(vec![("system", text(ABSENT)), ("code", text("not-applicable"))]);
            let reason = object(vec![
                ("coding", Tree::Array(vec![coding])),
                ("text", text("There are too few measurements.")),
            ]);
            component.set("dataAbsentReason", reason);
        }
    }
    component
}

/// Twelve digits: what rounding in binary left behind them says nothing.
fn decimal(value: f64) -> String {
    let rounded: f64 = format!("{value:.11e}").parse().unwrap_or(value);
    // Zero has no sign.
    (rounded + 0.0).to_string()
}

fn unit(group: &Comparable) -> Tree {
    let code = group.unit.code();
    code_unit(group.unit_text.as_deref().unwrap_or(code), code)
}

fn code_unit(label: &str, code: &str) -> Tree {
    object(vec![("unit", text(label)), ("system", text(UCUM)), ("code", text(code))])
}

/// The square of a unit; as text alone where UCUM has no code for it (`Cel`).
fn square(group: &Comparable) -> Tree {
    let code = group.unit.code();
    derived(group, format!("({code}).({code})"))
}

fn per_day(group: &Comparable) -> Tree {
    derived(group, format!("({})/d", group.unit.code()))
}

fn derived(group: &Comparable, code: String) -> Tree {
    match Unit::parse(&code).filter(|_| group.unit.is_ratio()) {
        Some(_) => code_unit(&code, &code),
        None => object(vec![("unit", Tree::string(code))]),
    }
}

fn object(members: Vec<(&str, Tree)>) -> Tree {
    Tree::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn text(value: &str) -> Tree {
    Tree::string(value)
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn numbers_are_written_without_the_rounding_of_binary() {
        assert_eq!(decimal(0.1 + 0.2), "0.3");
        assert_eq!(decimal(120.0), "120");
        assert_eq!(decimal(-0.0), "0");
        assert_eq!(decimal(32.0 / 7.0), "4.57142857143");
    }
}

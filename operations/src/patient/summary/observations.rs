//! The sections of observations: results, vital signs, social history, pregnancy.

use super::Audience;
use super::chart::Chart;
use super::narrative::Row;
use super::reading::{Reading, latest};
use super::rules::{PREGNANCY_CODES, SOCIAL_CODES, SectionRule, VITAL_CODES, section};
use super::section::{Section, cut, more};
use super::wording::{code_label, codes, concept_key, counted, minute, name};
use crate::Found;
use crate::patient::dates;

/// Which section an observation belongs to.
pub(super) fn section_of(found: &Found) -> &'static str {
    let root = found.root();
    let own = codes(root.get("code"));
    let is_one_of = |list: &[&str]| own.iter().any(|code| list.contains(&code.as_str()));
    let categories: Vec<String> =
        root.list("category").flat_map(|concept| codes(Some(concept))).collect();
    let is_in = |code: &str| categories.iter().any(|category| category == code);
    if is_one_of(PREGNANCY_CODES) {
        "pregnancy"
    } else if is_one_of(SOCIAL_CODES) {
        "social"
    } else if is_in("laboratory") {
        "results"
    } else if is_in("vital-signs") || is_in("exam") {
        "vitals"
    } else if is_in("social-history") {
        "social"
    } else if categories.is_empty() && is_one_of(VITAL_CODES) {
        "vitals"
    } else {
        "results"
    }
}

/// The latest readings of a section, the abnormal ones first.
pub(super) fn readings<'a>(chart: &Chart<'a>, rule: &SectionRule) -> Vec<Reading<'a>> {
    let observations: Vec<&Found> = chart
        .admitted(rule.admissions)
        .into_iter()
        .filter(|found| found.kind == "Observation" && section_of(found) == rule.key)
        .collect();
    let mut readings = latest(&observations, chart.options.audience);
    readings.sort_by_key(|reading| !reading.is_abnormal());
    readings
}

/// Vital signs, social history or pregnancy.
pub(super) fn observed<'a>(chart: &Chart<'a>, key: &str) -> Section<'a> {
    let mut out = Section::new(key);
    write_readings(chart, &mut out);
    out
}

/// Results, and the latest report of each kind.
pub(super) fn results<'a>(chart: &Chart<'a>) -> Section<'a> {
    let mut out = Section::new("results");
    write_readings(chart, &mut out);
    write_reports(chart, &mut out);
    out
}

fn write_readings<'a>(chart: &Chart<'a>, out: &mut Section<'a>) {
    let (rule, audience) = (out.rule(), chart.options.audience);
    let cut = cut(readings(chart, rule), rule, Reading::is_abnormal, |reading| {
        chart.is_in_window(reading.found, rule)
    });
    let headings = match audience {
        Audience::Clinician => {
            ["Observation", "Value", "Flag", "Reference range", "Change", "Date", "Code"]
        }
        Audience::Patient => {
            ["What", "Value", "What it means", "Usual range", "Change", "Date", ""]
        }
    };
    let rows: Vec<Row<'a>> = cut.shown.iter().map(|reading| row(reading, audience)).collect();
    out.narrative().table(&headings, &rows);
    let left: Vec<&Found> = cut.left.iter().map(|reading| reading.found).collect();
    if let Some(more) = more(&left, "kind of observation", "kinds of observation") {
        out.narrative().paragraph(&more);
    }
}

fn row<'a>(reading: &Reading<'a>, audience: Audience) -> Row<'a> {
    let state = reading.state().map(|state| format!(" ({state})")).unwrap_or_default();
    let cells = vec![
        reading.name.clone(),
        format!("{}{state}", reading.values()),
        reading.flags(),
        reading.ranges(),
        reading.changes(),
        reading.date(),
        code_label(reading.found.root().get("code"), audience),
    ];
    Row::new(cells, reading.sources())
}

fn write_reports<'a>(chart: &Chart<'a>, out: &mut Section<'a>) {
    let rule = section("results");
    let mut seen: Vec<String> = Vec::new();
    let mut reports = chart.admitted(rule.admissions);
    reports.retain(|found| found.kind == "DiagnosticReport");
    reports.retain(|found| {
        let code = found.root().get("code");
        let key = code.and_then(|code| concept_key(code, "http://loinc.org"));
        let key = key.unwrap_or_else(|| found.address());
        let is_new = !seen.contains(&key);
        seen.push(key);
        is_new
    });
    let cut = cut(reports, rule, |_| false, |found| chart.is_in_window(found, rule));
    let audience = chart.options.audience;
    let headings = ["Report", "Conclusion", "Results", "Date", "Code"];
    let rows: Vec<Row<'a>> = cut.shown.iter().map(|found| report(found, audience)).collect();
    out.narrative().table(&headings, &rows);
    if let Some(more) = more(&cut.left, "kind of report", "kinds of report") {
        out.narrative().paragraph(&more);
    }
}

fn report<'a>(found: &'a Found, audience: Audience) -> Row<'a> {
    let root = found.root();
    let named = root.get("code").and_then(|code| name(code, audience));
    let concluded = root.list("conclusionCode").filter_map(|code| name(code, audience));
    let conclusion = root.str("conclusion").map(|text| text.trim().to_owned());
    let conclusions: Vec<String> = conclusion.into_iter().chain(concluded).collect();
    let results = root.list("result").count();
    let results = if results > 0 { counted(results, "result", "results") } else { String::new() };
    let status = root.str("status").filter(|status| is_not_final(status));
    let status = status.map(|status| format!(" ({status})")).unwrap_or_default();
    let cells = vec![
        format!("{}{status}", named.unwrap_or_else(|| "Report without a name".to_owned())),
        conclusions.join("; "),
        results,
        dates::text(found).map(|text| minute(&text)).unwrap_or_default(),
        code_label(root.get("code"), audience),
    ];
    Row::new(cells, vec![found])
}

fn is_not_final(status: &str) -> bool {
    !matches!(status, "final" | "appended")
}

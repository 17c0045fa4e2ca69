//! What was done and is planned: immunizations, procedures, devices, directives, alerts, functional
//! status, plan of care.

use fhir::json::Value;

use super::Audience;
use super::chart::Chart;
use super::narrative::Row;
use super::rules::{DIRECTIVE_CODES, section};
use super::section::{Section, cut, more};
use super::wording::{
    code_label, codes, coding_name, concept_key, day, joined, label, name, period, plain,
    reference_name, value,
};
use crate::Found;
use crate::patient::dates;

/// How a section's resources are said: column headings for clinicians and patients, cells, and the
/// words for one and for many.
struct Table {
    key: &'static str,
    headings: [&'static str; 4],
    cells: fn(&Found, Audience) -> [String; 4],
    one: &'static str,
    many: &'static str,
}

fn tabled<'a>(chart: &Chart<'a>, found: Vec<&'a Found>, table: &Table) -> Section<'a> {
    let (rule, audience) = (section(table.key), chart.options.audience);
    let cut = cut(found, rule, |_| false, |found| chart.is_in_window(found, rule));
    let rows: Vec<Row<'a>> = cut
        .shown
        .iter()
        .map(|found| Row::new((table.cells)(found, audience).to_vec(), vec![*found]))
        .collect();
    Section::tabled(table.key, &table.headings, &rows, more(&cut.left, table.one, table.many))
}

/// The section of immunizations: every dose, the latest first.
pub(super) fn immunizations<'a>(chart: &Chart<'a>) -> Section<'a> {
    let found = chart.admitted(section("immunizations").admissions);
    tabled(
        chart,
        found,
        &Table {
            key: "immunizations",
            headings: ["Vaccine", "Date", "Dose", "Code"],
            cells: |found, audience| {
                let root = found.root();
                let text = root.str("occurrenceString").map(|text| text.into_owned());
                let protocol = root.list("protocolApplied").next();
                let dose = protocol.and_then(|protocol| {
                    let number = protocol.get("doseNumberPositiveInt");
                    value(number.or_else(|| protocol.get("doseNumberString"))?, audience)
                });
                [
                    title(found, "vaccineCode", audience),
                    text.or_else(|| date(found)).unwrap_or_default(),
                    dose.unwrap_or_default(),
                    code_label(root.get("vaccineCode"), audience),
                ]
            },
            one: "immunization",
            many: "immunizations",
        },
    )
}

/// The latest procedure of each code.
pub(super) fn latest_procedures<'a>(chart: &Chart<'a>) -> Vec<&'a Found> {
    let mut seen: Vec<String> = Vec::new();
    let mut found = chart.admitted(section("procedures").admissions);
    found.retain(|found| {
        let code = found.root().get("code");
        let key = code.and_then(|code| concept_key(code, "http://snomed.info/sct"));
        let key = key.unwrap_or_else(|| found.address());
        let is_new = !seen.contains(&key);
        seen.push(key);
        is_new
    });
    found
}

/// The section of procedures.
pub(super) fn procedures<'a>(chart: &Chart<'a>) -> Section<'a> {
    tabled(
        chart,
        latest_procedures(chart),
        &Table {
            key: "procedures",
            headings: ["Procedure", "Performed", "Details", "Code"],
            cells: |found, audience| {
                let root = found.root();
                let status = root.str("status").filter(|status| &**status != "completed");
                let status = status.map(|status| status.replace('-', " "));
                let sites = root.list("bodySite").filter_map(|site| name(site, audience));
                let details: Vec<String> = status.into_iter().chain(sites).collect();
                let performed = performed(found, audience);
                [
                    title(found, "code", audience),
                    performed.unwrap_or_default(),
                    details.join("; "),
                    code_label(root.get("code"), audience),
                ]
            },
            one: "kind of procedure",
            many: "kinds of procedure",
        },
    )
}

/// When a procedure was done, in whichever form it says so.
fn performed(found: &Found, audience: Audience) -> Option<String> {
    let root = found.root();
    let member = root.entries().find(|member| member.key().starts_with("performed"))?;
    match member.key() {
        "performedAge" => Some(format!("at the age of {}", value(member, audience)?)),
        _ => value(member, audience),
    }
}

/// The section of devices in use; an implant may be known only by its Device.
pub(super) fn devices<'a>(chart: &Chart<'a>) -> Section<'a> {
    let audience = chart.options.audience;
    let rule = section("devices");
    let mut uses: Vec<(&Found, Option<&Found>)> = Vec::new();
    for found in chart.admitted(rule.admissions) {
        if found.kind == "DeviceUseStatement" {
            let device = found.root().get("device").and_then(|device| chart.resolve(device));
            uses.push((found, device));
        }
    }
    for found in chart.admitted(rule.admissions) {
        let patient = found.root().get("patient").and_then(|patient| chart.resolve(patient));
        let is_own = patient.is_some_and(|patient| std::ptr::eq(patient, chart.patient));
        let is_used =
            uses.iter().any(|(_, device)| device.is_some_and(|device| std::ptr::eq(device, found)));
        if found.kind == "Device" && is_own && !is_used {
            uses.push((found, None));
        }
    }
    let cut = cut(uses, rule, |_| false, |(found, _)| chart.is_in_window(found, rule));
    let rows: Vec<Row<'a>> = cut
        .shown
        .iter()
        .map(|(found, device)| {
            let sources = std::iter::once(*found).chain(*device).collect();
            Row::new(device_cells(found, *device, audience), sources)
        })
        .collect();
    let left: Vec<&Found> = cut.left.iter().map(|(found, _)| *found).collect();
    let headings = ["Device", "Status", "Used", "Code"];
    Section::tabled("devices", &headings, &rows, more(&left, "device", "devices"))
}

fn device_cells(found: &Found, device: Option<&Found>, audience: Audience) -> Vec<String> {
    let root = found.root();
    let described = device.map_or(root, Found::root);
    let named = described.get("type").and_then(|kind| name(kind, audience)).or_else(|| {
        let name = described.list("deviceName").find_map(|name| name.str("name"));
        name.map(|name| name.into_owned())
    });
    let named = named.or_else(|| root.get("device").and_then(reference_name));
    vec![
        named.unwrap_or_else(|| "A device without a name".to_owned()),
        root.str("status").unwrap_or_default().replace('-', " "),
        root.get("timingPeriod").and_then(period).or_else(|| date(found)).unwrap_or_default(),
        code_label(described.get("type"), audience),
    ]
}

/// The section of advance directives.
pub(super) fn directives<'a>(chart: &Chart<'a>) -> Section<'a> {
    let mut found = chart.admitted(section("directives").admissions);
    found.retain(|found| {
        let root = found.root();
        let categories = root.list("category").flat_map(|category| codes(Some(category)));
        codes(root.get("scope")).iter().any(|code| code == "adr")
            || categories.into_iter().any(|code| DIRECTIVE_CODES.contains(&code.as_str()))
    });
    tabled(
        chart,
        found,
        &Table {
            key: "directives",
            headings: ["Directive", "Date", "Provision", ""],
            cells: |found, audience| {
                let root = found.root();
                let named = root.list("category").find_map(|category| name(category, audience));
                let named =
                    named.or_else(|| root.get("scope").and_then(|scope| name(scope, audience)));
                let provision = root.at(&["provision", "type"]).and_then(Value::as_str);
                [
                    named.unwrap_or_else(|| "A directive without a name".to_owned()),
                    date(found).unwrap_or_default(),
                    provision.unwrap_or_default().into_owned(),
                    String::new(),
                ]
            },
            one: "directive",
            many: "directives",
        },
    )
}

/// The section of alerts.
pub(super) fn alerts<'a>(chart: &Chart<'a>) -> Section<'a> {
    let found = chart.admitted(section("alerts").admissions);
    tabled(
        chart,
        found,
        &Table {
            key: "alerts",
            headings: ["Alert", "Category", "Period", "Code"],
            cells: |found, audience| {
                let root = found.root();
                let categories =
                    root.list("category").filter_map(|category| name(category, audience));
                let categories: Vec<String> = categories.collect();
                [
                    title(found, "code", audience),
                    categories.join("; "),
                    root.get("period").and_then(period).unwrap_or_default(),
                    code_label(root.get("code"), audience),
                ]
            },
            one: "alert",
            many: "alerts",
        },
    )
}

/// The section of functional status.
pub(super) fn functional<'a>(chart: &Chart<'a>) -> Section<'a> {
    let found = chart.admitted(section("functional").admissions);
    tabled(
        chart,
        found,
        &Table {
            key: "functional",
            headings: ["Assessment", "Summary", "Date", "Code"],
            cells: |found, audience| {
                let root = found.root();
                let described = root.str("description").map(|text| text.trim().to_owned());
                let named = root.get("code").and_then(|code| name(code, audience)).or(described);
                [
                    named.unwrap_or_else(|| "An assessment without a name".to_owned()),
                    root.str("summary").unwrap_or_default().trim().to_owned(),
                    date(found).unwrap_or_default(),
                    code_label(root.get("code"), audience),
                ]
            },
            one: "assessment",
            many: "assessments",
        },
    )
}

/// The section of the plan of care.
pub(super) fn plan<'a>(chart: &Chart<'a>) -> Section<'a> {
    let found = chart.admitted(section("plan").admissions);
    tabled(
        chart,
        found,
        &Table {
            key: "plan",
            headings: ["Plan", "Status", "Period", "Activities"],
            cells: |found, audience| {
                let root = found.root();
                let text = root.str("title").map(|text| text.trim().to_owned());
                let named = text.or_else(|| {
                    let names: Vec<String> = root
                        .list("category")
                        .filter_map(|category| name(category, audience))
                        .collect();
                    (!names.is_empty()).then(|| joined(&names))
                });
                let named = named.or_else(|| root.str("description").map(|text| text.into_owned()));
                let activities: Vec<String> = root
                    .list("activity")
                    .filter_map(|activity| {
                        let code =
                            activity.at(&["detail", "code"]).and_then(|code| name(code, audience));
                        let described =
                            activity.at(&["detail", "description"]).and_then(Value::as_str);
                        code.or_else(|| described.map(|text| text.into_owned()))
                    })
                    .map(|text| plain(&text))
                    .collect();
                [
                    named.unwrap_or_else(|| "Care plan".to_owned()),
                    root.str("status").unwrap_or_default().replace('-', " "),
                    root.get("period").and_then(period).unwrap_or_default(),
                    activities.join("; "),
                ]
            },
            one: "care plan",
            many: "care plans",
        },
    )
}

/// What a resource is called by the concept in this element.
pub(super) fn title(found: &Found, element: &str, audience: Audience) -> String {
    let named = found.root().get(element).and_then(|concept| name(concept, audience));
    named.unwrap_or_else(|| format!("{} without a name", found.kind))
}

/// `Colonoscopy on 2012-11-25`
pub(super) fn procedure_phrase(found: &Found, audience: Audience) -> String {
    let title = plain(&title(found, "code", audience));
    match date(found) {
        Some(date) => format!("{title} on {date}"),
        None => title,
    }
}

/// `Encounter for symptom (ambulatory) on 2018-01-02, for acute bronchitis`
pub(super) fn encounter_phrase(found: &Found, audience: Audience) -> String {
    let root = found.root();
    let class = root.get("class").and_then(|class| encounter_class(class, audience));
    let kind = root.list("type").find_map(|kind| label(kind, audience)).map(|name| plain(&name));
    let mut said = match (kind, class) {
        (Some(kind), Some(class)) => format!("{kind} ({class})"),
        (Some(kind), None) => kind,
        (None, class) => {
            super::wording::capital(&format!("{} encounter", class.unwrap_or_default()))
                .trim()
                .to_owned()
        }
    };
    if let Some(date) = date(found) {
        said.push_str(&format!(" on {date}"));
    }
    let reasons: Vec<String> = root
        .list("reasonCode")
        .filter_map(|reason| name(reason, audience))
        .map(|name| plain(&name))
        .collect();
    if !reasons.is_empty() {
        said.push_str(&format!(", for {}", joined(&reasons)));
    }
    said
}

fn encounter_class(class: Value<'_>, audience: Audience) -> Option<String> {
    let is_lay = audience == Audience::Patient;
    let known = match class.str("code").as_deref() {
        Some("AMB") if is_lay => return None,
        Some("IMP" | "ACUTE" | "NONAC" | "SS") if is_lay => "hospital stay",
        Some("AMB") => "ambulatory",
        Some("EMER") => "emergency",
        Some("IMP" | "ACUTE" | "NONAC") => "inpatient",
        Some("OBSENC") => "observation",
        Some("HH") => "home health",
        Some("VR") => "virtual",
        Some("SS") => "short stay",
        _ => return coding_name(class, audience),
    };
    Some(known.to_owned())
}

fn date(found: &Found) -> Option<String> {
    dates::text(found).map(|text| day(&text))
}

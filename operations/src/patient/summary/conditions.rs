//! Active and past problems.

use fhir::json::Value;

use super::Audience;
use super::chart::Chart;
use super::narrative::Row;
use super::rules::{ABSENCE_CODES, section};
use super::section::{Section, cut, more};
use super::wording::{code_label, codes, day, name, plain, quantity, value};
use crate::Found;

/// Active problems: everything that the rule lets in and that has not abated.
pub(super) fn active<'a>(chart: &Chart<'a>) -> Vec<&'a Found> {
    let mut found = chart.admitted(section("problems").admissions);
    // Without a clinical status, what has ended is past and everything else may still be there.
    found.retain(|found| found.root().get("clinicalStatus").is_some() || !is_over(found));
    found
}

fn past<'a>(chart: &Chart<'a>) -> Vec<&'a Found> {
    let mut found = chart.admitted(section("past").admissions);
    found.retain(|found| found.root().get("clinicalStatus").is_some() || is_over(found));
    found
}

fn is_over(found: &Found) -> bool {
    found
        .root()
        .entries()
        .any(|member| member.key().starts_with("abatement") && member.as_bool() != Some(false))
}

/// The section of active problems.
pub(super) fn problems<'a>(chart: &Chart<'a>) -> Section<'a> {
    let audience = chart.options.audience;
    let headings = match audience {
        Audience::Clinician => ["Problem", "Status", "Severity", "Onset", "Code"],
        Audience::Patient => ["Problem", "Status", "Severity", "Since", ""],
    };
    let rows: Vec<Row<'a>> = active(chart)
        .into_iter()
        .map(|found| {
            let root = found.root();
            let cells = vec![
                title(found, audience),
                status(root, audience),
                severity(root, audience),
                onset(root, audience).unwrap_or_default(),
                code_label(root.get("code"), audience),
            ];
            Row::new(cells, vec![found])
        })
        .collect();
    Section::tabled("problems", &headings, &rows, None)
}

/// The section of past problems.
pub(super) fn past_problems<'a>(chart: &Chart<'a>) -> Section<'a> {
    let (rule, audience) = (section("past"), chart.options.audience);
    let cut = cut(past(chart), rule, |_| false, |found| chart.is_in_window(found, rule));
    let headings = match audience {
        Audience::Clinician => ["Problem", "Status", "Onset", "Abatement", "Code"],
        Audience::Patient => ["Problem", "Status", "From", "Until", ""],
    };
    let rows: Vec<Row<'a>> = cut
        .shown
        .iter()
        .map(|found| {
            let root = found.root();
            let cells = vec![
                title(found, audience),
                status(root, audience),
                onset(root, audience).unwrap_or_default(),
                moment(root, "abatement", audience).unwrap_or_default(),
                code_label(root.get("code"), audience),
            ];
            Row::new(cells, vec![*found])
        })
        .collect();
    Section::tabled("past", &headings, &rows, more(&cut.left, "past problem", "past problems"))
}

/// What the problem is called.
pub(super) fn title(found: &Found, audience: Audience) -> String {
    let root = found.root();
    let named = root.get("code").and_then(|code| name(code, audience));
    let mut title = named.unwrap_or_else(|| "A problem without a name".to_owned());
    for site in root.list("bodySite").filter_map(|site| name(site, audience)) {
        let site = plain(&site);
        if !title.to_lowercase().contains(&site.to_lowercase()) {
            title.push_str(&format!(", {site}"));
        }
    }
    title
}

/// Does the resource state that there is nothing of its kind?
pub(super) fn is_absence(found: &Found) -> bool {
    let concepts = ["code", "medicationCodeableConcept"];
    let codes = concepts.iter().flat_map(|element| codes(found.root().get(element)));
    codes.into_iter().any(|code| ABSENCE_CODES.contains(&code.as_str()))
}

/// `type 2 diabetes (since 2011-03-02, unconfirmed)`
pub(super) fn phrase(found: &Found, audience: Audience) -> String {
    let root = found.root();
    let onset = onset(root, audience).map(|onset| match root.get("onsetDateTime") {
        _ if onset.starts_with("recorded ") => onset,
        Some(_) => format!("since {onset}"),
        None => onset,
    });
    let severity = Some(severity(root, audience)).filter(|text| !text.is_empty());
    let doubt = doubt(root).map(str::to_owned);
    let details: Vec<String> = severity.into_iter().chain(onset).chain(doubt).collect();
    let title = plain(&title(found, audience));
    if details.is_empty() { title } else { format!("{title} ({})", details.join(", ")) }
}

fn status(root: Value<'_>, audience: Audience) -> String {
    let clinical = codes(root.get("clinicalStatus")).into_iter().next();
    let clinical = clinical.or_else(|| root.get("clinicalStatus").and_then(|c| name(c, audience)));
    let doubt = doubt(root).map(str::to_owned);
    clinical.into_iter().chain(doubt).collect::<Vec<String>>().join(", ")
}

/// What a verification status short of confirmed says.
pub(super) fn doubt(root: Value<'_>) -> Option<&'static str> {
    codes(root.get("verificationStatus")).iter().find_map(|code| match code.as_str() {
        "unconfirmed" => Some("unconfirmed"),
        "provisional" => Some("provisional"),
        "differential" => Some("differential diagnosis"),
        "presumed" => Some("presumed"),
        _ => None,
    })
}

fn severity(root: Value<'_>, audience: Audience) -> String {
    let named = root.get("severity").and_then(|severity| name(severity, audience));
    named.map(|name| plain(&name).to_lowercase()).unwrap_or_default()
}

fn onset(root: Value<'_>, audience: Audience) -> Option<String> {
    moment(root, "onset", audience).or_else(|| {
        let recorded = root.str("recordedDate")?;
        Some(format!("recorded {}", day(&recorded)))
    })
}

/// `onset[x]` or `abatement[x]` in words.
pub(super) fn moment(root: Value<'_>, element: &str, audience: Audience) -> Option<String> {
    let member = root.entries().find(|member| {
        member.key().strip_prefix(element).is_some_and(|rest| {
            matches!(rest, "DateTime" | "Age" | "Period" | "Range" | "String" | "Boolean")
        })
    })?;
    match &member.key()[element.len()..] {
        "Age" => Some(format!("at the age of {}", age(member, audience)?)),
        "Range" => Some(format!("at the age of {}", value(member, audience)?)),
        _ => value(member, audience),
    }
}

/// `40 years` for an Age in UCUM `a`.
fn age(value: Value<'_>, audience: Audience) -> Option<String> {
    let number = value.get("value").and_then(Value::as_number);
    match (number, value.str("code").as_deref()) {
        (Some(number), Some("a")) => Some(format!("{number} years")),
        (Some(number), Some("mo")) => Some(format!("{number} months")),
        _ => quantity(value, audience),
    }
}

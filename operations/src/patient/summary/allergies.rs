//! Allergies and intolerances.

use fhir::json::Value;

use super::Audience;
use super::chart::Chart;
use super::conditions::{doubt, moment};
use super::narrative::Row;
use super::rules::section;
use super::section::Section;
use super::wording::{code_label, day, joined, name, plain};
use crate::Found;

/// Every allergy that is active, or not said to be over.
pub(super) fn active<'a>(chart: &Chart<'a>) -> Vec<&'a Found> {
    let mut found = chart.admitted(section("allergies").admissions);
    // What can kill comes first.
    found.sort_by_key(|found| match found.root().str("criticality").as_deref() {
        Some("high") => 0,
        Some("unable-to-assess") | None => 1,
        Some(_) => 2,
    });
    found
}

/// The section of allergies and intolerances.
pub(super) fn allergies<'a>(chart: &Chart<'a>) -> Section<'a> {
    let audience = chart.options.audience;
    let headings = match audience {
        Audience::Clinician => {
            ["Allergy or intolerance", "Kind", "Criticality", "Reaction", "Status", "Onset", "Code"]
        }
        Audience::Patient => ["What", "Kind", "Risk", "Reaction", "Status", "Since", ""],
    };
    let rows: Vec<Row<'a>> = active(chart)
        .into_iter()
        .map(|found| {
            let root = found.root();
            let cells = vec![
                title(found, audience),
                kind(root),
                criticality(root).unwrap_or_default().to_owned(),
                reactions(root, audience),
                doubt(root).unwrap_or_default().to_owned(),
                onset(root, audience).unwrap_or_default(),
                code_label(root.get("code"), audience),
            ];
            Row::new(cells, vec![found])
        })
        .collect();
    Section::tabled("allergies", &headings, &rows, None)
}

/// What the allergy is against; without a code, the substance of a reaction.
pub(super) fn title(found: &Found, audience: Audience) -> String {
    let root = found.root();
    let named = root.get("code").and_then(|code| name(code, audience)).or_else(|| {
        root.list("reaction").find_map(|reaction| name(reaction.get("substance")?, audience))
    });
    named.unwrap_or_else(|| "An allergy without a name".to_owned())
}

/// `penicillin (high criticality; anaphylaxis, severe)`
pub(super) fn phrase(found: &Found, audience: Audience) -> String {
    let root = found.root();
    let criticality = criticality(root).map(|text| match audience {
        Audience::Clinician => format!("{text} criticality"),
        Audience::Patient => format!("{text} risk"),
    });
    let reaction = Some(reactions(root, audience)).filter(|text| !text.is_empty());
    let reaction = reaction.map(|text| format!("reaction: {text}"));
    let doubt = doubt(root).map(str::to_owned);
    let details: Vec<String> = criticality.into_iter().chain(reaction).chain(doubt).collect();
    let title = plain(&title(found, audience));
    if details.is_empty() { title } else { format!("{title} ({})", details.join("; ")) }
}

fn criticality(root: Value<'_>) -> Option<&'static str> {
    match root.str("criticality").as_deref() {
        Some("high") => Some("high"),
        Some("low") => Some("low"),
        Some("unable-to-assess") => Some("not assessable"),
        _ => None,
    }
}

fn kind(root: Value<'_>) -> String {
    let categories = root.list("category").filter_map(|code| code.as_str());
    let kind = root.str("type").into_iter().chain(categories);
    kind.map(|text| text.into_owned()).collect::<Vec<String>>().join(", ")
}

fn reactions(root: Value<'_>, audience: Audience) -> String {
    let said = root.list("reaction").filter_map(|reaction| {
        let named: Vec<String> = reaction
            .list("manifestation")
            .filter_map(|concept| name(concept, audience))
            .map(|name| plain(&name))
            .collect();
        let described = reaction.str("description").map(|text| text.trim().to_owned());
        let what = if named.is_empty() { described? } else { joined(&named) };
        let severity = reaction.str("severity").map(|severity| format!(", {severity}"));
        Some(format!("{what}{}", severity.unwrap_or_default()))
    });
    said.collect::<Vec<String>>().join("; ")
}

fn onset(root: Value<'_>, audience: Audience) -> Option<String> {
    let recorded = || root.str("recordedDate").map(|text| format!("recorded {}", day(&text)));
    moment(root, "onset", audience).or_else(recorded)
}

//! The rules of the summary as tables for people, rendered from the tables that the engine goes by.

use std::fmt::Write;

use operations::summary::rules::{
    ABSENCE_CODES, Admission, DIRECTIVE_CODES, ENTRIES_MAX, INLINE_MAX, MORE_MAX, POLICY,
    PREGNANCY_CODES, Presence, RESOURCES_MAX, SECTIONS, SOCIAL_CODES, STORY_EVENTS_MAX,
    STORY_RESULTS_MAX, SectionRule, VERSION, VITAL_CODES,
};

/// The whole file.
pub(crate) fn table() -> String {
    let mut out = format!(
        "# Rules of the summary, version {VERSION}\n\nThe Provenance of a summary names them as \
         `{POLICY}`. Written by `cargo run --package operations \
         --example ig` from the tables that the engine goes by; not by hand.\n\n"
    );
    sections(&mut out);
    admissions(&mut out);
    bounds(&mut out);
    codes(&mut out);
    out
}

fn sections(out: &mut String) {
    out.push_str(
        "## Sections\n\nIn the order of the document. A section that is required or recommended \
         and has no content says so and has an `emptyReason`; an optional one is left out.\n\n\
         | section | for patients | LOINC | presence | shows | rows at most | window |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for rule in &SECTIONS {
        let presence = match rule.presence {
            Presence::Required => "required",
            Presence::Recommended => "recommended",
            Presence::Optional => "with content",
        };
        let shows = if rule.is_latest_per_code { "the latest of each code" } else { "all" };
        let rows = rule.rows_max.map_or_else(|| "no bound".to_owned(), |rows| rows.to_string());
        let window =
            rule.window_days.map_or_else(|| "none".to_owned(), |days| format!("{days} days"));
        let SectionRule { title, lay_title, code, .. } = rule;
        line(out, &[title, lay_title, code, presence, shows, &rows, &window]);
    }
    out.push_str(
        "\nThe window reaches back from `end`, or from the present. Abnormal results are shown \
         whatever their age and number. What is left out is counted in the section's last \
         sentence.\n\n",
    );
}

fn admissions(out: &mut String) {
    out.push_str(
        "## What is let in\n\nResources of these types whose status is one of these. What was \
         entered in error, what is refuted, and what is about somebody else never is.\n\n\
         | section | resource | element | codes |\n|---|---|---|---|\n",
    );
    for rule in &SECTIONS {
        for admission in rule.admissions {
            admitted(out, rule.title, admission);
        }
    }
    out.push_str(
        "\nA problem without a clinical status is past when it has an abatement, and active \
         otherwise.\n\n",
    );
}

fn admitted(out: &mut String, title: &str, admission: &Admission) {
    let codes: Vec<String> = admission
        .codes
        .iter()
        .map(|code| if code.is_empty() { "none stated".to_owned() } else { format!("`{code}`") })
        .collect();
    line(out, &[title, admission.kind, admission.element, &codes.join(", ")]);
}

fn bounds(out: &mut String) {
    out.push_str("## Bounds\n\n| what | bound |\n|---|---|\n");
    let bounds = [
        ("Resources that are read for one summary; a record with more is refused", RESOURCES_MAX),
        (
            "Entries of the document, beyond which what cited resources refer to stays out",
            ENTRIES_MAX,
        ),
        ("Items of the story told in one sentence; more become a list", INLINE_MAX),
        ("Abnormal results that the story tells one by one", STORY_RESULTS_MAX),
        ("Encounters, and procedures, that the story tells", STORY_EVENTS_MAX),
        ("Resources that the sentence about what is left out counts and cites", MORE_MAX),
    ];
    for (what, bound) in bounds {
        line(out, &[what, &bound.to_string()]);
    }
    out.push('\n');
}

fn codes(out: &mut String) {
    out.push_str("## Codes\n\n| what they decide | codes |\n|---|---|\n");
    let lists = [
        ("Observations that belong to the section on pregnancy (LOINC)", PREGNANCY_CODES),
        (
            "Observations that belong to social history, whatever their category (LOINC)",
            SOCIAL_CODES,
        ),
        ("Vital signs among observations without a category (LOINC)", VITAL_CODES),
        (
            "Categories of a Consent that is an advance directive, beside the scope `adr`",
            DIRECTIVE_CODES,
        ),
        ("Statements that there is nothing of a kind", ABSENCE_CODES),
    ];
    for (what, codes) in lists {
        let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
        line(out, &[what, &codes.join(", ")]);
    }
}

fn line(out: &mut String, cells: &[&str]) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

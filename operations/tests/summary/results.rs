//! Results and vital signs: latest per code, flags, ranges, change.

use crate::support::summary;

fn observation(id: &str, date: &str, more: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","subject":
        {{"reference":"Patient/1"}},"category":[{{"coding":[{{"code":"laboratory"}}]}}],
        "code":{{"coding":[{{"system":"http://loinc.org","code":"4548-4",
        "display":"Hemoglobin A1c"}}]}},
        "effectiveDateTime":"{date}"{more}}}"#
    )
}

fn percent(value: &str, more: &str) -> String {
    format!(r#","valueQuantity":{{"value":{value},"unit":"%","code":"%"}}{more}"#)
}

const RANGE: &str =
    r#","referenceRange":[{"low":{"value":4.0,"unit":"%"},"high":{"value":5.6,"unit":"%"}}]"#;

/// The latest of these observations is told so in the story, or not at all.
#[track_caller]
fn check(observations: &[String], expected: Option<&str>, sources: &[&str]) {
    let observations: Vec<&str> = observations.iter().map(String::as_str).collect();
    let story = summary(&observations).said("81338-6");
    assert_eq!(story.get(1).map(|said| said.text.as_str()), expected);
    if let Some(said) = story.get(1) {
        assert_eq!(said.sources, sources);
    }
}

#[test]
fn an_abnormal_latest_result_is_told_with_its_change() {
    check(
        &[
            observation("a", "2022-01-01", &percent("9.9", RANGE)),
            observation("b", "2023-11-02", &percent("7.4", RANGE)),
            observation("c", "2024-05-01T08:30:00Z", &percent("8.10", RANGE)),
        ],
        Some(
            "Hemoglobin A1c on 2024-05-01: 8.10 %, above the reference range 4.0–5.6 %, up 0.70 \
             from 7.4 % on 2023-11-02.",
        ),
        &["Observation/c/_history/3", "Observation/b/_history/3"],
    );
}

#[test]
fn a_result_within_its_range_or_without_one_is_not_abnormal() {
    check(&[observation("a", "2024", &percent("5.6", RANGE))], None, &[]);
    check(&[observation("a", "2024", &percent("15", ""))], None, &[]);
}

#[test]
fn the_interpretation_of_the_source_goes_before_the_range() {
    let normal = r#","interpretation":[{"coding":[{"code":"N"}]}]"#;
    check(&[observation("a", "2024", &percent("8", &format!("{RANGE}{normal}")))], None, &[]);
    let critical = r#","interpretation":[{"coding":[{"code":"HH"}]}]"#;
    check(
        &[observation("a", "2024-02", &percent("8", critical))],
        Some("Hemoglobin A1c on 2024-02: 8 %, flagged critically high."),
        &["Observation/a/_history/3"],
    );
}

#[test]
fn a_range_in_another_unit_and_one_of_several_ranges_judge_nothing() {
    let other = r#","referenceRange":[{"high":{"value":5.6,"unit":"mmol/mol"}}]"#;
    check(&[observation("a", "2024", &percent("8", other))], None, &[]);
    let two = r#","referenceRange":[{"high":{"value":5}},{"high":{"value":6}}]"#;
    check(&[observation("a", "2024", &percent("8", two))], None, &[]);
    let goal =
        r#","referenceRange":[{"high":{"value":5},"type":{"coding":[{"code":"treatment"}]}}]"#;
    check(&[observation("a", "2024", &percent("8", goal))], None, &[]);
}

#[test]
fn a_bounded_value_is_judged_only_where_its_bound_decides() {
    let less = |value: &str| {
        let quantity =
            format!(r#","valueQuantity":{{"value":{value},"comparator":"<","unit":"%"}}{RANGE}"#);
        [observation("a", "2024", &quantity)]
    };
    check(&less("5"), None, &[]);
    check(
        &less("4.0"),
        Some("Hemoglobin A1c on 2024: < 4.0 %, below the reference range 4.0–5.6 %."),
        &["Observation/a/_history/3"],
    );
}

/// The row of the section, headings left out.
#[track_caller]
fn row(observations: &[String], code: &str, expected: &str) {
    let observations: Vec<&str> = observations.iter().map(String::as_str).collect();
    let said = summary(&observations).said(code);
    assert_eq!(said[1].text.trim_end_matches(" | "), expected);
    assert_eq!(said.len(), 2, "one row");
}

#[test]
fn what_cannot_be_reckoned_is_set_beside_what_was_before() {
    let mmol = r#","valueQuantity":{"value":65,"unit":"mmol/mol","code":"mmol/mol"}"#;
    row(
        &[observation("a", "2023", &percent("7", "")), observation("b", "2024", mmol)],
        "30954-2",
        "Hemoglobin A1c | 65 mmol/mol | previously 7 % on 2023 | 2024 | LOINC 4548-4",
    );
    let coded = |text: &str| format!(r#","valueCodeableConcept":{{"text":"{text}"}}"#);
    row(
        &[
            observation("a", "2023", &coded("Positive")),
            observation("b", "2024", &coded("Positive")),
        ],
        "30954-2",
        "Hemoglobin A1c | Positive | the same as on 2023 | 2024 | LOINC 4548-4",
    );
}

#[test]
fn a_missing_value_and_a_preliminary_one_are_said_to_be_so() {
    let absent = r#","dataAbsentReason":{"coding":[{"code":"unknown","display":"Unknown"}]}"#;
    row(
        &[observation("a", "2024", absent)],
        "30954-2",
        "Hemoglobin A1c | no value (Unknown) | 2024 | LOINC 4548-4",
    );
    let early = observation("a", "2024", &percent("5", "")).replace("final", "preliminary");
    row(&[early], "30954-2", "Hemoglobin A1c | 5 % (preliminary) | 2024 | LOINC 4548-4");
}

#[test]
fn what_is_about_somebody_else_is_said_to_be() {
    let focus = r#","focus":[{"reference":"RelatedPerson/f","display":"the fetus"}]"#;
    let all = [
        observation("a", "2023", &percent("5", "")),
        observation("b", "2024", &percent("7", focus)),
    ];
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let said = summary(&all).said("30954-2");
    assert_eq!(said[1].text, "Hemoglobin A1c (of the fetus) | 7 % | 2024 | LOINC 4548-4 | ");
    assert_eq!(said[2].text, "Hemoglobin A1c | 5 % | 2023 | LOINC 4548-4 | ");
}

#[test]
fn cancelled_results_and_panels_that_only_group_are_left_out() {
    let cancelled = observation("a", "2024", &percent("9", "")).replace("final", "cancelled");
    let panel = observation("b", "2024", r#","hasMember":[{"reference":"Observation/c"}]"#);
    let summary = summary(&[&cancelled, &panel]);
    assert!(summary.section("30954-2").unwrap().get("emptyReason").is_some());
}

fn pressure(id: &str, date: &str, systolic: &str, diastolic: &str) -> String {
    let part = |code: &str, name: &str, value: &str| {
        format!(
            r#"{{"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}",
            "display":"{name}"}}]}},
            "valueQuantity":{{"value":{value},"unit":"mmHg"}}}}"#
        )
    };
    format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","subject":
        {{"reference":"Patient/1"}},"category":[{{"coding":[{{"code":"vital-signs"}}]}}],
        "code":{{"coding":[{{"system":"http://loinc.org","code":"85354-9",
        "display":"Blood pressure"}}]}},
        "effectiveDateTime":"{date}","component":[{},{}]}}"#,
        part("8462-4", "Diastolic", diastolic),
        part("8480-6", "Systolic", systolic),
    )
}

#[test]
fn a_blood_pressure_is_told_by_its_components() {
    row(
        &[pressure("a", "2023-01-02", "140", "80"), pressure("b", "2024-01-02", "135", "80")],
        "8716-3",
        "Blood pressure | Systolic: 135 mmHg; Diastolic: 80 mmHg | Systolic: down 5 from 140 mmHg \
         on \
         2023-01-02; Diastolic: unchanged from 80 mmHg on 2023-01-02 | 2024-01-02 | LOINC 85354-9",
    );
}

#[test]
fn observations_find_their_section_by_category_or_code() {
    let of = |id: &str, code: &str, category: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"{id}","status":"final","subject":
            {{"reference":"Patient/1"}},"category":[{{"coding":[{{"code":"{category}"}}]}}],
            "code":{{"coding":[{{"code":"{code}"}}]}},"valueString":"v"}}"#
        )
    };
    let all = [
        of("a", "82810-3", "social-history"),
        of("b", "72166-2", "survey"),
        of("c", "1-1", "exam"),
        of("d", "2-2", "imaging"),
    ];
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let summary = summary(&all);
    for (code, id) in [("10162-6", "a"), ("29762-2", "b"), ("8716-3", "c"), ("30954-2", "d")] {
        let said = summary.said(code);
        assert_eq!(said[1].sources, [format!("Observation/{id}/_history/3")], "{code}");
    }
}

#[test]
fn a_report_brings_its_results_into_the_document() {
    let result = observation("r", "2024-01-01", &percent("5", ""));
    let newer = observation("s", "2024-02-01", &percent("5", ""));
    let newest = observation("t", "2024-03-01", &percent("5", ""));
    let report = r#"{"resourceType":"DiagnosticReport","id":"d","status":"final","subject":
        {"reference":"Patient/1"},"code":{"text":"Panel"},"effectiveDateTime":"2024-01-01",
        "conclusion":"Fine","result":[{"reference":"Observation/r"}]}"#;
    let summary = summary(&[&result, &newer, &newest, report]);
    let said = summary.said("30954-2");
    assert_eq!(said[3].text, "Panel | Fine | 1 result | 2024-01-01 | ");
    assert!(summary.addresses().contains("Observation/r"));
}

//! Bounds: dates that were asked for, windows, greatest numbers of rows.

use fhir::primitive::DateTime;
use operations::Instant;
use operations::summary::{Options, rules};

use crate::support::{Summary, options, record, summary, versioned};

fn instant(text: &str) -> Option<Instant> {
    let range_us = DateTime::parse(text).unwrap().range_us();
    Some(Instant { text: text.to_owned(), range_us })
}

fn observation(id: &str, code: &str, date: &str, more: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","subject":
        {{"reference":"Patient/1"}},"category":[{{"coding":[{{"code":"laboratory"}}]}}],
        "code":{{"text":"{code}"}},"effectiveDateTime":"{date}","valueInteger":1{more}}}"#
    )
}

const RECORD: [&str; 4] = [
    r#"{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/1"},"onsetDateTime":
        "2001","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"C"}}"#,
    r#"{"resourceType":"Immunization","id":"old","status":"completed","patient":
        {"reference":"Patient/1"},"vaccineCode":{"text":"Old"},"occurrenceDateTime":"2010-05-05"}"#,
    r#"{"resourceType":"Immunization","id":"new","status":"completed","patient":
        {"reference":"Patient/1"},"vaccineCode":{"text":"New"},"occurrenceDateTime":"2022-05-05"}"#,
    r#"{"resourceType":"Immunization","id":"late","status":"completed","patient":
        {"reference":"Patient/1"},"meta":{"lastUpdated":"2024-06-10T00:00:00Z"},
        "vaccineCode":{"text":"Late"},"occurrenceDateTime":"2023-05-05"}"#,
];

/// Ids of problems and immunizations that the summary within these bounds tells.
#[track_caller]
fn check(bounds: impl FnOnce(&mut Options), expected: &str) -> Summary {
    let (patient, resources) = record(&RECORD);
    let mut options = options();
    bounds(&mut options);
    let summary = Summary::of(&patient, &resources, &options);
    let told = ["11450-4", "11369-6"].iter().flat_map(|code| {
        let section = summary.section(code).unwrap();
        let entries =
            section.list("entry").map(|entry| entry.str("reference").unwrap().into_owned());
        entries.map(|address| address.rsplit('/').next().unwrap().to_owned()).collect::<Vec<_>>()
    });
    assert_eq!(told.collect::<Vec<String>>().join(" "), expected);
    summary
}

#[test]
fn without_bounds_everything_is_told() {
    check(|_| {}, "c late new old");
}

#[test]
fn a_start_leaves_out_what_was_over_and_keeps_what_lasts() {
    let summary = check(|options| options.start = instant("2022-06"), "c late");
    let event = summary.composition().list("event").next().unwrap();
    assert_eq!(event.at(&["period", "start"]).unwrap().as_str().unwrap(), "2022-06");
    let title = summary.composition().str("title").unwrap().into_owned();
    assert_eq!(title, "International Patient Summary, from 2022-06");
}

#[test]
fn an_end_leaves_out_what_began_later() {
    check(|options| options.end = instant("2022"), "c new old");
    check(|options| options.end = instant("2000"), "");
}

#[test]
fn since_keeps_what_was_written_later_and_an_empty_section_says_that_it_is_limited() {
    let summary = check(|options| options.since = instant("2024-06-05T00:00:00Z"), "late");
    assert!(summary.text("11450-4").contains("within the requested limits"));
}

#[test]
fn results_older_than_the_window_are_counted_and_abnormal_ones_are_told() {
    let flag = r#","interpretation":[{"coding":[{"code":"L"}]}]"#;
    let all = [
        observation("a", "A", "2024-01-01", ""),
        observation("b", "B", "1999-01-01", ""),
        observation("c", "C", "1999-01-01", flag),
    ];
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let said = summary(&all).said("30954-2");
    let lines: Vec<&str> = said.iter().skip(1).map(|said| said.text.as_str()).collect();
    assert_eq!(
        lines,
        [
            "C | 1 | low | 1999-01-01 | ",
            "A | 1 |  | 2024-01-01 | ",
            "1 more kind of observation is recorded but not listed.",
        ]
    );
    assert_eq!(said[3].sources, ["Observation/b/_history/3"]);
}

#[test]
fn more_rows_than_the_rule_admits_are_counted_by_a_sentence_that_cites_them() {
    let most = rules::section("results").rows_max.unwrap();
    let make = |count: usize| -> Vec<String> {
        (0..count).map(|n| observation(&format!("o{n}"), &format!("t{n}"), "2024", "")).collect()
    };
    let (few, many) = (make(most + 7), make(most + rules::MORE_MAX + 1));
    let few: Vec<&str> = few.iter().map(String::as_str).collect();
    let said = summary(&few).said("30954-2");
    assert_eq!(said.len(), most + 2);
    let last = said.last().unwrap();
    assert_eq!(last.text, "7 more kinds of observation are recorded but not listed.");
    assert_eq!(last.sources.len(), 7);
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let last = summary(&many).said("30954-2").pop().unwrap();
    let expected = format!("At least {} more kinds", rules::MORE_MAX);
    assert!(last.text.starts_with(&expected), "{}", last.text);
    assert_eq!(last.sources.len(), rules::MORE_MAX);
}

#[test]
fn active_problems_are_never_cut() {
    let all: Vec<String> = (0..300)
        .map(|n| {
            format!(
                r#"{{"resourceType":"Condition","id":"c{n}","subject":{{"reference":"Patient/1"}},
                "clinicalStatus":{{"coding":[{{"code":"active"}}]}},"code":{{"text":"p{n}"}}}}"#
            )
        })
        .collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(summary(&all).said("11450-4").len(), 301);
}

#[test]
fn a_record_beyond_every_bound_is_refused() {
    let patient = versioned(r#"{"resourceType":"Patient","id":"1"}"#);
    let one =
        versioned(r#"{"resourceType":"Flag","id":"f","status":"active","code":{"text":"x"}}"#);
    let many = vec![one; rules::RESOURCES_MAX * 2 + 1];
    let failure = operations::summary::summarise(&patient, &many, &options()).unwrap_err();
    assert_eq!(failure.kind, fhir::Kind::TooLarge);
}

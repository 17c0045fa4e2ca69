//! `$everything` over a scripted door: what belongs, pages, bounds, wrong values.

use fhir::json::Json;
use fhir::{Kind, Outcome};
use interactions::Operation;

use super::Everything;
use crate::door_script::{BASE, DoorScript, caller, input, run, stored};

fn observation(id: &str, date: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{"text":"x"}},
        "subject":{{"reference":"Patient/1"}},"effectiveDateTime":"{date}",
        "performer":[{{"reference":"Practitioner/d"}}]}}"#
    )
}

fn door() -> DoorScript {
    let door = DoorScript::new(&[
        r#"{"resourceType":"Patient","id":"1",
            "generalPractitioner":[{"reference":"Practitioner/d"}]}"#,
        r#"{"resourceType":"Patient","id":"2"}"#,
        r#"{"resourceType":"Practitioner","id":"d"}"#,
        r#"{"resourceType":"Practitioner","id":"stranger"}"#,
        r#"{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/1"},
            "onsetDateTime":"2019"}"#,
        r#"{"resourceType":"Condition","id":"other","subject":{"reference":"Patient/2"}}"#,
    ]);
    for number in 0..7 {
        let text = observation(&format!("o{number}"), &format!("202{number}-01-01"));
        door.put(stored(&text, 1, &format!("2024-06-0{}T00:00:00Z", number + 1)));
    }
    door
}

/// Addresses of one page and its next link.
fn page(
    door: &DoorScript,
    pairs: &[(&str, &str)],
) -> Result<(Vec<String>, Option<String>), Outcome> {
    let answer = run(Everything.invoke(door, &caller(), input("Patient", Some("1"), pairs)))?;
    let bundle = Json::parse(answer.body.to_vec()).unwrap();
    let entries = bundle.root().list("entry").map(|entry| {
        let url = entry.str("fullUrl").unwrap().into_owned();
        let mode = entry.at(&["search", "mode"]).unwrap().as_str().unwrap().into_owned();
        let mark = if mode == "include" { "+" } else { "" };
        format!("{mark}{}", url.strip_prefix(&format!("{BASE}/")).unwrap())
    });
    let next = bundle.root().list("link").find(|link| link.str("relation").unwrap() == "next");
    Ok((entries.collect(), next.map(|link| link.str("url").unwrap().into_owned())))
}

#[track_caller]
fn check(pairs: &[(&str, &str)], expected: &str) {
    let (entries, next) = page(&door(), pairs).unwrap();
    assert_eq!(entries.join(" "), expected);
    assert_eq!(next, None);
}

const ALL: &str = "Patient/1 Condition/c Observation/o0 Observation/o1 Observation/o2 \
    Observation/o3 Observation/o4 Observation/o5 Observation/o6 +Practitioner/d";

#[test]
fn everything_is_the_patient_the_compartment_and_what_it_refers_to() {
    check(&[], ALL);
}

#[test]
fn types_restrict_what_comes_back() {
    check(&[("_type", "Condition,Patient")], "Patient/1 Condition/c");
    check(&[("_type", "Condition"), ("_type", "Practitioner")], "Condition/c +Practitioner/d");
}

#[test]
fn start_and_end_are_dates_of_care_and_an_open_condition_lasts() {
    check(
        &[("start", "2021-06"), ("end", "2023")],
        "Patient/1 Condition/c Observation/o2 Observation/o3 +Practitioner/d",
    );
    check(&[("end", "2018")], "Patient/1 +Practitioner/d");
}

#[test]
fn since_takes_what_was_written_later() {
    check(&[("_since", "2024-06-06T12:00:00Z")], "Observation/o6 +Practitioner/d");
}

#[test]
fn pages_hold_each_match_once_and_their_links_repeat_the_question() {
    for (count, page_max) in [("1", 1000), ("2", 1000), ("3", 1000), ("4", 2), ("100", 3)] {
        let mut door = door();
        door.page_max = page_max;
        let mut seen = Vec::new();
        let mut lengths = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..40 {
            let mut pairs = vec![("_count", count), ("end", "2030")];
            pairs.extend(token.as_deref().map(|token| ("_page", token)));
            let (entries, next) = page(&door, &pairs).unwrap();
            let matches: Vec<String> =
                entries.into_iter().filter(|entry| !entry.starts_with('+')).collect();
            assert!(matches.len() <= count.parse().unwrap());
            seen.extend(matches);
            let Some(next) = next else { break };
            assert!(lengths.is_empty() || lengths == [next.len()], "links of one length");
            lengths = vec![next.len()];
            assert!(next.starts_with(&format!("{BASE}/Patient/1/$everything?end=2030&_count=")));
            token = Some(next.split_once("_page=").unwrap().1.to_owned());
        }
        assert_eq!(format!("{} +Practitioner/d", seen.join(" ")), ALL, "pages of {count}");
    }
}

#[test]
fn wrong_values_are_refused_by_name() {
    let wrong = [
        ("_type", "Observaton"),
        ("_count", "0"),
        ("_count", "many"),
        ("start", "yesterday"),
        ("_since", "2024"),
        ("_page", "made-up"),
    ];
    for (name, value) in wrong {
        let failure = page(&door(), &[(name, value)]).unwrap_err();
        assert_eq!(failure.kind, Kind::Invalid, "{name}={value}");
        assert_eq!(failure.issues[0].expression.as_deref(), Some(name));
    }
    let failure = page(&door(), &[("start", "2024"), ("end", "2023")]).unwrap_err();
    assert_eq!(failure.kind, Kind::Invalid);
}

#[test]
fn an_unknown_patient_is_not_found() {
    let unknown = input("Patient", Some("nobody"), &[]);
    let failure = run(Everything.invoke(&door(), &caller(), unknown)).unwrap_err();
    assert_eq!(failure.kind, Kind::NotFound);
}

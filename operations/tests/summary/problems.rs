//! Problems, allergies, and who the patient is.

use crate::support::{Summary, options, summary, versioned};

/// The section with this code says exactly these lines, headings left out.
#[track_caller]
fn check(resources: &[&str], code: &str, expected: &[&str]) {
    let summary = summary(resources);
    let said = summary.said(code);
    let lines: Vec<&str> =
        said.iter().skip(1).map(|said| said.text.trim_end_matches(" | ")).collect();
    assert_eq!(lines, expected);
}

fn condition(id: &str, clinical: &str, more: &str) -> String {
    let clinical = match clinical {
        "" => String::new(),
        code => format!(r#","clinicalStatus":{{"coding":[{{"code":"{code}"}}]}}"#),
    };
    format!(
        r#"{{"resourceType":"Condition","id":"{id}","subject":{{"reference":"Patient/1"}}{clinical},
        "code":{{"text":"problem {id}"}}{more}}}"#
    )
}

#[test]
fn problems_are_active_or_past_by_their_clinical_status() {
    let all = [
        condition("a", "active", r#","onsetDateTime":"2011-03""#),
        condition("b", "recurrence", ""),
        condition("c", "relapse", ""),
        condition("d", "inactive", ""),
        condition("e", "remission", ""),
        condition("f", "resolved", r#","onsetDateTime":"2001","abatementDateTime":"2002-05-06""#),
    ];
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    check(
        &all,
        "11450-4",
        &["problem a | active | 2011-03", "problem b | recurrence", "problem c | relapse"],
    );
    check(
        &all,
        "11348-0",
        &[
            "problem f | resolved | 2001 | 2002-05-06",
            "problem d | inactive",
            "problem e | remission",
        ],
    );
}

#[test]
fn a_problem_without_a_status_is_active_unless_it_has_abated() {
    let open = condition("a", "", "");
    let over = condition("b", "", r#","abatementDateTime":"2020""#);
    check(&[&open, &over], "11450-4", &["problem a"]);
    check(&[&open, &over], "11348-0", &["problem b | 2020"]);
}

#[test]
fn what_was_entered_in_error_or_refuted_is_nowhere() {
    let mut all = Vec::new();
    for code in ["entered-in-error", "refuted"] {
        all.push(condition(
            code,
            "active",
            &format!(r#","verificationStatus":{{"coding":[{{"code":"{code}"}}]}}"#),
        ));
    }
    all.push(
        r#"{"resourceType":"Observation","id":"o","status":"entered-in-error","subject":
        {"reference":"Patient/1"},"code":{"text":"x"},"valueString":"y"}"#
            .to_owned(),
    );
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let summary = summary(&all);
    assert!(summary.section("11450-4").unwrap().get("emptyReason").is_some());
    let kinds = ["Composition", "Patient", "Device", "Provenance"];
    let addresses = summary.addresses();
    assert!(addresses.iter().all(|address| kinds.contains(&address.split('/').next().unwrap())));
}

#[test]
fn doubt_and_severity_are_said() {
    let more = r#","severity":{"text":"Severe"},"onsetAge":{"value":40,"code":"a","unit":"yr"},
        "verificationStatus":{"coding":[{"code":"provisional"}]}"#;
    let text = condition("a", "active", more);
    check(
        &[&text],
        "11450-4",
        &["problem a | active, provisional | severe | at the age of 40 years"],
    );
    let story = summary(&[&text]).text("81338-6");
    let expected =
        "She has 1 active problem: problem a (severe, at the age of 40 years, provisional).";
    assert!(story.contains(expected), "{story}");
}

#[test]
fn a_body_site_is_said_and_a_qualifying_extension_is_not_passed_over() {
    let more = r#","bodySite":[{"text":"left arm"}],
        "modifierExtension":[{"url":"http://x","valueBoolean":true}]"#;
    let expected = "problem a, left arm [The source is qualified by an extension that is not shown \
        here.] | active";
    check(&[&condition("a", "active", more)], "11450-4", &[expected]);
}

#[test]
fn many_problems_become_a_list_under_a_sentence_that_cites_them_all() {
    let all: Vec<String> = (10..30).map(|n| condition(&n.to_string(), "active", "")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let story = summary(&all).said("81338-6");
    assert_eq!(story[1].text, "She has 20 active problems:");
    assert_eq!(story[1].sources.len(), 20);
    assert_eq!(story[2].text, "problem 10");
    assert_eq!(story.len(), 22);
}

#[test]
fn the_gravest_allergy_comes_first_with_criticality_and_reaction() {
    let low = r#"{"resourceType":"AllergyIntolerance","id":"a","patient":{"reference":"Patient/1"},
        "criticality":"low","code":{"text":"Pollen"}}"#;
    let high = r#"{"resourceType":"AllergyIntolerance","id":"b","patient":{"reference":"Patient/1"},
        "clinicalStatus":{"coding":[{"code":"active"}]},"type":"allergy","category":["medication"],
        "criticality":"high","code":{"coding":[{"system":"http://snomed.info/sct","code":"91936005",
        "display":"Allergy to penicillin (disorder)"}]},"reaction":[{"manifestation":
        [{"text":"Anaphylaxis"}],"severity":"severe"}],"onsetDateTime":"2001-04-05"}"#;
    let gone = r#"{"resourceType":"AllergyIntolerance","id":"c","patient":{"reference":"Patient/1"},
        "clinicalStatus":{"coding":[{"code":"resolved"}]},"code":{"text":"Milk"}}"#;
    let penicillin = "Allergy to penicillin (disorder) | allergy, medication | high | \
        Anaphylaxis, severe | 2001-04-05 | SNOMED CT 91936005";
    check(&[low, high, gone], "48765-2", &[penicillin, "Pollen |  | low"]);
    let story = summary(&[low, high]).said("81338-6");
    assert_eq!(
        story[1].text,
        "She has 2 allergies or intolerances: Allergy to penicillin (high criticality; reaction: \
         Anaphylaxis, severe); Pollen (low criticality)."
    );
    assert_eq!(
        story[1].sources,
        ["AllergyIntolerance/b/_history/3", "AllergyIntolerance/a/_history/3"]
    );
}

#[test]
fn that_there_is_no_allergy_is_said_only_by_a_resource_that_says_so() {
    let none = r#"{"resourceType":"AllergyIntolerance","id":"n","patient":{"reference":"Patient/1"},
        "clinicalStatus":{"coding":[{"code":"active"}]},"code":{"coding":[{"system":
        "http://snomed.info/sct","code":"716186003","display":"No known allergy"}]}}"#;
    let story = summary(&[none]).said("81338-6");
    assert_eq!(story[1].text, "The record states: No known allergy.");
    assert_eq!(story[1].sources, ["AllergyIntolerance/n/_history/3"]);
    let silent = summary(&[]);
    let section = silent.section("48765-2").unwrap();
    let reason = section.get("emptyReason").unwrap().list("coding").next().unwrap();
    assert_eq!(reason.str("code").unwrap(), "unavailable");
    let said = silent.text("48765-2");
    assert!(said.starts_with("No information about allergies or intolerances is recorded"));
    assert!(!silent.text("81338-6").contains("llerg"));
}

#[track_caller]
fn is_told(patient: &str, expected: &str) {
    let summary = Summary::of(&versioned(patient), &[], &options());
    assert_eq!(summary.text("81338-6"), expected);
    assert_eq!(summary.said("81338-6")[0].sources, ["Patient/1/_history/3"]);
}

#[test]
fn the_first_sentence_says_who_the_patient_is() {
    is_told(
        r#"{"resourceType":"Patient","id":"1","gender":"male","birthDate":"2006-06-16",
        "name":[{"text":"Bo Lake"}]}"#,
        "Bo Lake is a 17-year-old boy, born 2006-06-16.",
    );
    is_told(
        r#"{"resourceType":"Patient","id":"1","gender":"female","birthDate":"2024-04-10"}"#,
        "The patient is a 2-month-old girl, born 2024-04-10.",
    );
    is_told(
        r#"{"resourceType":"Patient","id":"1","birthDate":"1954"}"#,
        "The patient is a person, born 1954, about 70 years old.",
    );
    is_told(r#"{"resourceType":"Patient","id":"1"}"#, "The patient is a person.");
    is_told(
        r#"{"resourceType":"Patient","id":"1","gender":"female","birthDate":"1940-02-01",
        "name":[{"given":["Eve"],"family":"Hill"}],"deceasedDateTime":"2020-01-31T08:00:00Z"}"#,
        "Eve Hill, a woman, born 1940-02-01, died on 2020-01-31 at the age of 79 years.",
    );
}

//! What holds for every query and every resource: nothing panics, and what was written is found.

use fhir::definitions::r4;
use fhir::json::{Json, quote};
use fhir::search::query::{Context, Parsed, decode_pairs, encode, parse};
use fhir::search::{Filter, Indexer, matches};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, proptest};
use proptest::prop_oneof;

fn check(resource: &str, pairs: &[(String, String)]) -> Result<Parsed, fhir::Outcome> {
    let bases = ["http://own/fhir".to_owned()];
    let context = Context { definitions: r4(), bases: &bases, now_us: 0, is_lenient: false };
    parse(resource, pairs, &context)
}

fn is_found(resource: &str, kind: &str, name: &str, value: &str) -> bool {
    let json = Json::parse(resource).expect("JSON");
    let entries = Indexer::r4().entries(json.root(), &[]);
    let query = format!("{}={}", encode(name), encode(value));
    let pairs = decode_pairs(&query).expect("what encode wrote");
    let parsed = check(kind, &pairs).expect("a good query");
    assert_ne!(parsed.query.filter, Filter::All);
    matches(&parsed.query.filter, "1", &entries)
}

/// The value as it is written in a query.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, ',' | '$' | '|' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn name() -> impl Strategy<Value = String> {
    let codes = prop::sample::select(vec![
        "name",
        "identifier",
        "birthdate",
        "general-practitioner",
        "link",
        "_id",
        "_lastUpdated",
        "_profile",
        "_tag",
        "_count",
        "_sort",
        "_include",
        "_revinclude",
        "_summary",
        "_total",
        "_elements",
        "_has",
        "value-quantity",
        "code-value-quantity",
        "url",
        "probability",
        "",
    ]);
    let modifiers = prop::sample::select(vec![
        "",
        ":missing",
        ":exact",
        ":contains",
        ":not",
        ":Patient",
        ":identifier",
        ":below",
        ":iterate",
        ":",
        "::",
        ".name",
        ":of-type",
    ]);
    (codes, modifiers).prop_map(|(code, modifier)| format!("{code}{modifier}"))
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z]{0,2}-?[0-9.eE+-]{0,12}(\\|[a-z:/.]{0,8}){0,3}",
        "(eq|gt|ap|xx)?[0-9]{2,5}(-[0-9]{1,3}){0,2}(T[0-9:.]{0,12}(Z|[+ -][0-9:]{0,5})?)?",
        "[\\\\|$,a1é/:]{0,10}",
        "(Patient|Observation|\\*|Pateint)(:[a-z*-]{0,12}){0,3}",
    ]
}

/// JSON with the property names that conversions look for, in any shape.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?[1-9][0-9]{0,3}(\\.[0-9]{1,3})?(e[0-9]{1,3})?",
        "\"[A-Za-z0-9 :/|#-]{0,12}\"",
        Just("\"2013-02-03\"".to_owned()),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        let keys = prop::sample::select(vec![
            "name",
            "family",
            "given",
            "text",
            "system",
            "code",
            "value",
            "coding",
            "reference",
            "identifier",
            "start",
            "end",
            "low",
            "high",
            "event",
            "repeat",
            "boundsPeriod",
            "valueQuantity",
            "valueCodeableConcept",
            "component",
            "meta",
            "tag",
            "profile",
            "url",
            "subject",
            "effectivePeriod",
            "effectiveTiming",
            "status",
            "extension",
            "comparator",
            "unit",
            "entry",
            "resource",
            "resourceType",
            "contained",
            "_status",
            "address",
            "line",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::btree_map(keys, inner, 0..6).prop_map(|members| {
                let members: Vec<String> =
                    members.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_query_panics_and_what_is_refused_says_where(
        pairs in prop::collection::vec((name(), value()), 0..4),
        kind in prop::sample::select(vec!["Patient", "Observation", "ValueSet", "RiskAssessment"]),
    ) {
        match check(kind, &pairs) {
            Ok(parsed) => {
                prop_assert_eq!(parsed.query.applied.len() + parsed.ignored.len(), pairs.len());
                let again = check(kind, &parsed.query.applied).expect("what was applied is good");
                prop_assert_eq!(again.query, parsed.query);
            }
            Err(outcome) => {
                prop_assert_eq!(outcome.kind, fhir::Kind::Invalid);
                prop_assert!(outcome.issues.iter().all(|issue| issue.expression.is_some()));
            }
        }
    }

    #[test]
    fn no_resource_panics(
        parts in prop::collection::vec(json(), 1..5),
        kind in prop::sample::select(vec!["Patient", "Observation", "Bundle", "Group", "ValueSet"]),
    ) {
        let keys = ["name", "component", "meta", "subject", "entry"];
        let members: Vec<String> =
            keys.iter().zip(&parts).map(|(key, part)| format!(",\"{key}\":{part}")).collect();
        let text = format!("{{\"resourceType\":\"{kind}\"{}}}", members.concat());
        // Names may be repeated within the parts, which is no JSON here.
        if let Ok(json) = Json::parse(text) {
            let entries = Indexer::r4().entries(json.root(), &[]);
            prop_assert!(entries.windows(2).all(|pair| pair[0] != pair[1]));
        }
    }

    #[test]
    fn a_text_is_found_by_itself_however_it_is_written(text in "\\PC{0,12}[a-zé]\\PC{0,12}") {
        let patient = format!(
            r#"{{"resourceType":"Patient","name":[{{"family":{0}}}],
                "identifier":[{{"value":{0}}}]}}"#,
            quote(&text)
        );
        let value = escaped(&text);
        for name in ["family", "family:exact", "family:contains", "name", "identifier"] {
            prop_assert!(is_found(&patient, "Patient", name, &value), "{} {}", name, value);
        }
        prop_assert!(is_found(&patient, "Patient", "family", &escaped(&text.to_ascii_uppercase())));
        prop_assert!(!is_found(&patient, "Patient", "identifier:not", &value));
    }

    #[test]
    fn a_url_is_found_by_itself(path in "[a-zA-Z0-9._~-]{1,20}") {
        let url = format!("http://example.org/{path}");
        let set = format!(r#"{{"resourceType":"ValueSet","url":"{url}"}}"#);
        prop_assert!(is_found(&set, "ValueSet", "url", &url));
        prop_assert!(is_found(&set, "ValueSet", "url:below", "http://example.org"));
        let under = format!("{url}/x");
        prop_assert!(is_found(&set, "ValueSet", "url:above", &under));
    }
}

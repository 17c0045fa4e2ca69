//! Reads queries for tests and shows what they mean.

use fhir::definitions::r4;
use fhir::search::query::{Context, Parsed, decode_pairs, parse};
use fhir::search::{
    Filter, Prefix, QuantityUnit, ReferenceTest, StringMode, Test, TokenTest, UriMode, stable_hash,
};

const SYSTEMS: [&str; 6] = [
    "http://loinc.org",
    "http://snomed.info/sct",
    "http://acme.org/mrn",
    "http://hl7.org/fhir/administrative-gender",
    "http://other|x",
    "http://unitsofmeasure.org",
];

pub(crate) fn read(query: &str, is_lenient: bool) -> Result<Parsed, fhir::Outcome> {
    let (resource, query) = query.split_once('?').expect("Type?parameters");
    let bases = ["http://own/fhir".to_owned()];
    let context =
        Context { definitions: r4(), bases: &bases, now_us: 1_600_000_000_000_000, is_lenient };
    parse(resource, &decode_pairs(query)?, &context)
}

/// The filter of a query as [`show`] writes it, or with `…` pieces of it; or `400`, and pieces of
/// the message between `…`.
#[track_caller]
pub(crate) fn check(query: &str, expected: &str) {
    let shown = match read(query, false) {
        Ok(parsed) => show(&parsed.query.filter),
        Err(outcome) => {
            assert_eq!(outcome.kind, fhir::Kind::Invalid, "{query}");
            assert!(outcome.issues.iter().all(|issue| issue.expression.is_some()), "{query}");
            format!("400 {outcome}")
        }
    };
    let is_wrong = expected.starts_with("400 ");
    if is_wrong || expected.contains('…') {
        assert_eq!(shown.starts_with("400 "), is_wrong, "{query}: {shown}");
        let (mut rest, pieces) = (shown.as_str(), expected.trim_start_matches("400 "));
        for piece in pieces.split('…') {
            let at = rest.find(piece);
            let at = at.unwrap_or_else(|| panic!("{query}: no '{piece}' in: {shown}"));
            rest = &rest[at + piece.len()..];
        }
    } else {
        assert_eq!(shown, expected, "{query}");
    }
}

pub(crate) fn show(filter: &Filter) -> String {
    let join = |parts: &[Filter], with: &str| {
        format!("({})", parts.iter().map(show).collect::<Vec<_>>().join(with))
    };
    match filter {
        Filter::All => "all".to_owned(),
        Filter::And(parts) => join(parts, " & "),
        Filter::Or(parts) => join(parts, " | "),
        Filter::Not(part) => format!("!{}", show(part)),
        Filter::Ids(ids) => format!("id={}", ids.join(",")),
        Filter::Present(param) => format!("{}?", param.code),
        Filter::Matches(param, test) => format!("{} {}", param.code, show_test(test)),
        Filter::Chain(param, target, part) => format!("{}->{target}{{{}}}", param.code, show(part)),
        Filter::Has(param, part) => {
            format!("{}.{}<-{{{}}}", param.resource, param.code, show(part))
        }
    }
}

fn show_test(test: &Test) -> String {
    match test {
        Test::Number(test) => format!("{} {}", prefix(test.prefix), number(test)),
        Test::Quantity(test) => {
            let unit = match &test.unit {
                QuantityUnit::Any => "any".to_owned(),
                QuantityUnit::Bare(unit) => format!("'{unit}'"),
                QuantityUnit::Coded(system, code) => format!("{}|{code}", system_of(*system)),
                QuantityUnit::Canonical(unit) => format!("in {unit}"),
            };
            format!("{} {} {unit}", prefix(test.number.prefix), number(&test.number))
        }
        Test::Date(test) => {
            let text = |us| fhir::primitive::DateTime::instant_text(us);
            format!("{} {}..{}", prefix(test.prefix), text(test.low), text(test.high))
        }
        Test::String(test) => match test.mode {
            StringMode::Starts => format!("^{}", test.folded),
            StringMode::Contains => format!("~{}", test.folded),
            StringMode::Exact => format!("={}", test.folded),
            mode => format!("{mode:?} '{}'", test.folded),
        },
        Test::Token(test) => token(test),
        Test::OtherToken(test) => format!("not {}", token(test)),
        Test::Reference(ReferenceTest::Local { resources, id, version }) => {
            let version = version.as_ref().map_or(String::new(), |v| format!("/_history/{v}"));
            format!("[{}]/{id}{version}", resources.join(","))
        }
        Test::Reference(ReferenceTest::Url { url, version }) => {
            format!("<{url}>{}", version.as_ref().map_or(String::new(), |v| format!("|{v}")))
        }
        Test::Reference(ReferenceTest::Versions { url, version, is_below }) => {
            format!("<{url}>{}|{version}", if *is_below { "below" } else { "above" })
        }
        Test::Reference(ReferenceTest::Identifier(test)) => format!("identifier {}", token(test)),
        Test::Uri(test) => match test.mode {
            UriMode::Exact => format!("={}", test.uri),
            UriMode::Below => format!("below {}", test.uri),
            UriMode::Above => format!("above {}", test.uri),
            UriMode::Contains => format!("~{}", test.uri),
            mode => format!("{mode:?} '{}'", test.uri),
        },
        Test::Near(test) => {
            let centre = test.centre;
            format!("{} m around {} {}", test.distance_m, centre.latitude, centre.longitude)
        }
        Test::Composite(tests) => tests.0.iter().map(show_test).collect::<Vec<_>>().join(" $ "),
    }
}

fn prefix(prefix: Prefix) -> String {
    format!("{prefix:?}").to_lowercase()
}

fn number(test: &fhir::search::NumberTest) -> String {
    format!("{}<{}<{}", test.low, test.exact, test.high)
}

fn token(test: &TokenTest) -> String {
    let system = test.system.map_or("*", system_of);
    format!("{system}|{}", test.code.as_deref().unwrap_or("*"))
}

fn system_of(hash: u64) -> &'static str {
    if hash == 0 {
        return "";
    }
    SYSTEMS.into_iter().find(|system| stable_hash(system) == hash).expect("a known system")
}

//! Nothing that comes in may panic, and what is understood is written back with its meaning.
//!
//! Inputs are mutated from seeds by a generator with a fixed start, so a failure comes again; how
//! many are tried depends on the time they take. A failure shows the input as a Rust string.

mod corpus;

use std::panic::catch_unwind;
use std::time::{Duration, Instant};

use fhir::definitions::r4;
use fhir::json::{Json, Tree};
use fhir::patch;
use fhir::path::{Environment, Expression, Item};
use fhir::search::query::{self, decode_pairs};
use fhir::validation;
use fhir::xml::{from_json, from_json_pretty, to_json};

use corpus::{
    JSON_SEEDS, JSON_WORDS, PATCH_SEEDS, PATCH_WORDS, PATH_SEEDS, PATH_WORDS, PATIENT, QUERY_SEEDS,
    QUERY_WORDS, XML_SEEDS, XML_WORDS,
};

/// How long one target is fed.
const TIME: Duration = Duration::from_secs(2);

/// Inputs after which a target is done, however fast it is.
const INPUTS_MAX: usize = 100_000;

/// Longest input, in bytes.
const LENGTH_MAX: usize = 4_096;

/// What is fed, from what, and what must hold.
struct Target {
    name: &'static str,
    seeds: &'static [&'static str],
    /// Pieces that mutations put in.
    words: &'static [&'static str],
    check: fn(&[u8]),
}

fn targets() -> [Target; 5] {
    [
        Target { name: "json", seeds: JSON_SEEDS, words: JSON_WORDS, check: json },
        Target { name: "xml", seeds: XML_SEEDS, words: XML_WORDS, check: xml },
        Target { name: "patch", seeds: PATCH_SEEDS, words: PATCH_WORDS, check: json_patch },
        Target { name: "fhirpath", seeds: PATH_SEEDS, words: PATH_WORDS, check: fhirpath },
        Target { name: "query", seeds: QUERY_SEEDS, words: QUERY_WORDS, check: search },
    ]
}

/// JSON is written back as it was read; a resource that can be XML is XML that can be read.
fn json(input: &[u8]) {
    let Ok(json) = Json::parse(input) else { return };
    let tree = Tree::from(json.root());
    for written in [json.compact(), tree.to_string()] {
        let again = Json::parse(written).expect("what was written can be read");
        assert!(Tree::from(again.root()).means_same(&tree), "the same meaning");
    }
    drop(validation::structure(json.root(), r4()));
    for write in [from_json, from_json_pretty] {
        if let Ok(xml) = write(json.root(), r4().schema()) {
            to_json(xml.as_bytes(), r4().schema()).expect("what was written can be read");
        }
    }
}

/// What XML says in JSON, that JSON says in XML.
fn xml(input: &[u8]) {
    let Ok(json) = to_json(input, r4().schema()) else { return };
    for write in [from_json, from_json_pretty] {
        let xml = write(json.root(), r4().schema()).expect("what was read can be written");
        let again = to_json(xml.as_bytes(), r4().schema()).expect("what was written can be read");
        assert_eq!(again.text(), json.text(), "{xml}");
    }
}

/// A patch leaves a document that can be read, or the one that was there.
fn json_patch(input: &[u8]) {
    let Ok(patch) = Json::parse(input) else { return };
    let before = Tree::from(Json::parse(PATIENT).expect("JSON").root());
    let mut after = before.clone();
    match patch::json::apply(&mut after, patch.root()) {
        Ok(()) => drop(after.to_json().expect("a document within the limits")),
        Err(_) => assert_eq!(after, before),
    }
}

/// An expression is evaluated within its steps or refused.
fn fhirpath(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(expression) = Expression::parse(text) else { return };
    let patient = Json::parse(PATIENT).expect("JSON");
    let mut environment = Environment::new(r4().schema(), patient.root()).at(1_600_000_000_000_000);
    environment.fuel = 10_000;
    let focus = Item::resource(r4().schema(), patient.root()).expect("a resource");
    drop(expression.evaluate(&environment, focus));
}

/// What was understood of a query says the same when it is read again.
fn search(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Some((resource, text)) = text.split_once('?') else { return };
    let Ok(pairs) = decode_pairs(text) else { return };
    let bases = ["http://own/fhir".to_owned()];
    let now_us = 1_600_000_000_000_000;
    for is_lenient in [false, true] {
        let context = query::Context { definitions: r4(), bases: &bases, now_us, is_lenient };
        let Ok(parsed) = query::parse(resource, &pairs, &context) else { continue };
        let again = query::parse(resource, &parsed.query.applied, &context).expect("understood");
        assert_eq!(again.query, parsed.query);
    }
}

/// A generator of numbers ([SplitMix64]) that starts from its seed.
///
/// [SplitMix64]: https://doi.org/10.1145/2714064.2660195
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is at least 1.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 1).unwrap_or_default() % end
    }

    /// A part of the text, mostly short.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        let longest = if self.below(4) == 0 { length - start } else { (length - start).min(12) };
        start..start + self.below(longest + 1)
    }
}

fn mutate(target: &Target, numbers: &mut Numbers) -> Vec<u8> {
    let mut input = target.seeds[numbers.below(target.seeds.len())].as_bytes().to_vec();
    for _ in 0..=numbers.below(6) {
        let range = numbers.range(input.len());
        let piece = match numbers.below(6) {
            0 => Vec::new(),
            1 => vec![numbers.below(256) as u8],
            2 => input[numbers.range(input.len())].to_vec(),
            3 => input[range.clone()].repeat(2),
            4 => {
                let other = target.seeds[numbers.below(target.seeds.len())].as_bytes();
                other[numbers.range(other.len())].to_vec()
            }
            _ => target.words[numbers.below(target.words.len())].as_bytes().to_vec(),
        };
        let end = if numbers.below(2) == 0 { range.start } else { range.end };
        input.splice(range.start..end, piece);
        input.truncate(LENGTH_MAX);
    }
    input
}

#[track_caller]
fn check(name: &str) {
    let target = targets().into_iter().find(|one| one.name == name).expect("a target");
    for seed in target.seeds {
        (target.check)(seed.as_bytes());
    }
    let mut numbers = Numbers(1);
    let start = Instant::now();
    let mut count = 0;
    while count < INPUTS_MAX && start.elapsed() < TIME {
        let input = mutate(&target, &mut numbers);
        let result = catch_unwind(|| (target.check)(&input));
        assert!(result.is_ok(), "{name}, input {count}: \"{}\"", input.escape_ascii());
        count += 1;
    }
    assert!(count > 100, "{name}: only {count} inputs in {TIME:?}");
}

#[test]
fn json_of_any_kind_is_read_or_refused() {
    check("json");
}

#[test]
fn xml_of_any_kind_is_read_or_refused() {
    check("xml");
}

#[test]
fn a_patch_of_any_kind_is_applied_or_refused() {
    check("patch");
}

#[test]
fn an_expression_of_any_kind_is_evaluated_or_refused() {
    check("fhirpath");
}

#[test]
fn a_query_of_any_kind_is_understood_or_refused() {
    check("query");
}

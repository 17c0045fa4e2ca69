//! Nothing that comes in may panic, and what is understood is written back with its meaning.
//!
//! Inputs are mutated from seeds by a generator with a fixed start, so a failure comes again; how
//! many are tried depends on the time they take. A failure shows the input as a Rust string.

use std::panic::catch_unwind;
use std::time::{Duration, Instant};

use fhir::definitions::r4;
use fhir::json::{Json, Tree};
use fhir::xml::{from_json, from_json_pretty, to_json};

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

fn targets() -> [Target; 2] {
    [
        Target { name: "json", seeds: JSON_SEEDS, words: JSON_WORDS, check: json },
        Target { name: "xml", seeds: XML_SEEDS, words: XML_WORDS, check: xml },
    ]
}

const JSON_SEEDS: &[&str] = &[
    r#"{"resourceType":"Patient","id":"1","active":true,"name":[{"given":["A",null],"_given":[null,{"id":"g"}]}],"birthDate":"2012-01-02","multipleBirthInteger":2}"#,
    r#"{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.00e-2,"unit":"\u00b5g\n"},"contained":[{"resourceType":"Group","id":"g"}]}"#,
    r#"{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Basic","text":{"status":"empty","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">a &lt; <b title='x'>b</b><br/></div>"}},"request":{"method":"PUT","url":"Basic/1"}}]}"#,
    r#"[-0,1e400,[],{},"\ud83d\ude00",{"a\"b":null}]"#,
];

const JSON_WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "null",
    "true",
    "-",
    "0",
    "1e5",
    ".",
    "\\",
    "\\u0000",
    "\\ud800",
    "\\\"",
    "\"_id\":",
    "{\"id\":\"x\"}",
    "\"resourceType\":\"Patient\"",
    "\u{feff}",
    "\"extension\":[{\"url\":\"u\",\"valueCode\":\"c\"}]",
    "<div>",
    "&#1;",
    "\n",
];

const XML_SEEDS: &[&str] = &[
    r#"<?xml version="1.0" encoding="UTF-8"?><Patient xmlns="http://hl7.org/fhir"><id value="1"/><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">a &amp; <b title='"'>b</b><br/><![CDATA[<c>]]></div></text><active value="true"/><name id="n"><given value="A"/><given id="g"><extension url="u"><valueDecimal value="1.0"/></extension></given></name></Patient>"#,
    r#"<f:Bundle xmlns:f="http://hl7.org/fhir"><!-- c --><f:entry><f:resource><f:Observation><f:contained><f:Group><f:id value="g"/></f:Group></f:contained><f:valueQuantity><f:value value="1e3"/></f:valueQuantity></f:Observation></f:resource></f:entry></f:Bundle>"#,
    "<Basic xmlns='http://hl7.org/fhir'>\r\n\t<extension url='u'><valueString value=' &#x41;&#10;&quot;\t'/></extension><modifierExtension url='v'><valueInteger value='+5'/></modifierExtension></Basic>",
];

const XML_WORDS: &[&str] = &[
    "<",
    ">",
    "/>",
    "</",
    "=",
    "\"",
    "'",
    "&",
    ";",
    "&#0;",
    "&#65;",
    "&amp;",
    "]]>",
    "<![CDATA[",
    "<!--",
    "-->",
    "<?x ?>",
    "<!DOCTYPE a>",
    " xmlns=\"\"",
    " xmlns:f=\"http://hl7.org/fhir\"",
    " value=\"1\"",
    " id=\"x\"",
    " url=\"u\"",
    "<active value=\"false\"/>",
    "<name>",
    "</name>",
    "<contained>",
    "<extension url=\"u\">",
    "</extension>",
    "<div>",
    "</div>",
    "f:",
    "\r",
    "\u{b}",
];

/// JSON is written back as it was read; a resource that can be XML is XML that can be read.
fn json(input: &[u8]) {
    let Ok(json) = Json::parse(input) else { return };
    let tree = Tree::from(json.root());
    for written in [json.compact(), tree.to_string()] {
        let again = Json::parse(written).expect("what was written can be read");
        assert!(Tree::from(again.root()).means_same(&tree), "the same meaning");
    }
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

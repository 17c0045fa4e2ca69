//! The published examples go from XML to JSON and back without loss; what is no FHIR is refused.

mod packages;

use std::collections::HashMap;

use fhir::definitions::r4;
use fhir::json::{Json, Tree};
use fhir::xml::{from_json, to_json};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

const EXAMPLES: &str = "hl7.fhir.r4.examples.tgz";

/// Files whose base64 text lost its line breaks in the XML twin.
const BASE64: [&str; 3] =
    ["binary-example", "media-example", "diagnosticreport-example-gingival-mass"];

fn examples(folder: &str) -> HashMap<String, Vec<u8>> {
    let files = packages::files(EXAMPLES).into_iter();
    files
        .filter_map(|(path, bytes)| {
            let name = path.strip_prefix("examples/")?.strip_prefix(folder)?.strip_prefix('/')?;
            let (name, _) = name.rsplit_once('.')?;
            Some((name.to_owned(), bytes))
        })
        .collect()
}

/// The meaning of a document: XHTML with its white space collapsed and its empty elements
/// written out, arrays without a value left out where `_name` says all.
fn meaning(tree: &mut Tree, has_base64: bool) {
    match tree {
        Tree::Object(members) => {
            members.retain(|(_, value)| !is_array_of_nulls(value));
            for (key, value) in members {
                match value {
                    Tree::String(text) if key == "div" => *text = xhtml(text),
                    Tree::String(text) if has_base64 && key == "data" => {
                        text.retain(|character| !character.is_whitespace());
                    }
                    _ => meaning(value, has_base64),
                }
            }
        }
        Tree::Array(items) => items.iter_mut().for_each(|item| meaning(item, has_base64)),
        _ => {}
    }
}

fn is_array_of_nulls(tree: &Tree) -> bool {
    !tree.items().is_empty() && tree.items().iter().all(|item| *item == Tree::Null)
}

fn xhtml(div: &str) -> String {
    let mut reader = Reader::from_str(div);
    let (mut out, mut text) = (String::new(), String::new());
    loop {
        let event = reader.read_event().expect("XHTML");
        match &event {
            Event::Text(part) => text.push_str(part),
            Event::GeneralRef(part) => {
                text.push_str(
                    &quick_xml::escape::unescape(&format!("&{};", &**part)).expect("XHTML"),
                );
            }
            Event::Comment(_) => {}
            _ => {
                let words: Vec<&str> = text.split_ascii_whitespace().collect();
                out.push_str(&words.join(" "));
                text.clear();
            }
        }
        match event {
            Event::Start(tag) => out.push_str(&start(&tag)),
            Event::Empty(tag) => {
                out.push_str(&start(&tag));
                out.push_str(&format!("</{}>", tag.name().into_inner()));
            }
            Event::End(tag) => out.push_str(&format!("</{}>", tag.name().into_inner())),
            Event::Eof => return out,
            _ => {}
        }
    }
}

fn start(tag: &BytesStart<'_>) -> String {
    let mut attributes: Vec<String> = tag
        .attributes()
        .map(|attribute| {
            let attribute = attribute.expect("an attribute");
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
            format!(" {}={:?}", attribute.key.into_inner(), value.expect("a value"))
        })
        .collect();
    attributes.sort_unstable();
    format!("<{}{}>", tag.name().into_inner(), attributes.concat())
}

/// Reads both, and shows the first place where they part.
fn compare(name: &str, left: &Json, right: &Json, has_base64: bool) -> Option<String> {
    let trees = [left, right].map(|json| {
        let mut tree = Tree::from(json.root());
        meaning(&mut tree, has_base64);
        tree
    });
    if trees[0].means_same(&trees[1]) {
        return None;
    }
    let [a, b] = trees.map(|tree| tree.to_string().chars().collect::<Vec<char>>());
    let at = a.iter().zip(&b).position(|(a, b)| a != b).unwrap_or(a.len().min(b.len()));
    let around = |text: &[char]| {
        text[at.saturating_sub(60).min(text.len())..(at + 60).min(text.len())]
            .iter()
            .collect::<String>()
    };
    Some(format!("{name}:\n  {}\n  {}", around(&a), around(&b)))
}

#[test]
fn an_example_in_xml_means_the_same_as_its_twin_in_json() {
    let (xml, json) = (examples("xml"), examples("json"));
    let mut failures = Vec::new();
    for (name, bytes) in &xml {
        let twin = Json::parse(json[name].clone()).expect("JSON");
        match to_json(bytes, r4().schema()) {
            Ok(read) => {
                failures.extend(compare(name, &read, &twin, BASE64.contains(&name.as_str())))
            }
            Err(error) => failures.push(format!("{name}: {error}")),
        }
    }
    assert_eq!(xml.len(), 889);
    assert!(
        failures.is_empty(),
        "{} fail\n{}",
        failures.len(),
        failures[..failures.len().min(20)].join("\n")
    );
}

#[test]
fn every_example_goes_to_xml_and_back_without_loss() {
    let json = examples("json");
    let mut failures = Vec::new();
    for (name, bytes) in &json {
        let original = Json::parse(bytes.clone()).expect("JSON");
        let back = from_json(original.root(), r4().schema())
            .and_then(|xml| to_json(xml.as_bytes(), r4().schema()));
        match back {
            Ok(back) => failures.extend(compare(name, &back, &original, false)),
            Err(error) => failures.push(format!("{name}: {error}")),
        }
    }
    assert_eq!(json.len(), 2905);
    assert!(
        failures.is_empty(),
        "{} fail\n{}",
        failures.len(),
        failures[..failures.len().min(20)].join("\n")
    );
}

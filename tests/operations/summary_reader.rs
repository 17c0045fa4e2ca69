//! Reads a summary as its reader would: sections, their sentences and rows, and what each is linked
//! to. Independent of the server's code.

use std::collections::{BTreeMap, BTreeSet};

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

const TEXT_LINK: &str = "http://hl7.org/fhir/StructureDefinition/textLink";

/// One section of the document.
pub(crate) struct Section {
    pub(crate) code: String,
    pub(crate) is_empty: bool,
    /// Every sentence, list item and table row with text: its id and its text.
    pub(crate) sentences: Vec<(Option<String>, String)>,
    /// id in the narrative → versions that it rests on.
    pub(crate) links: BTreeMap<String, BTreeSet<String>>,
}

/// The sections of a summary's Composition.
pub(crate) fn sections(bundle: &Value) -> Vec<Section> {
    let composition = &bundle["entry"][0]["resource"];
    assert_eq!(composition["resourceType"], "Composition");
    composition["section"].as_array().expect("sections").iter().map(section).collect()
}

fn section(section: &Value) -> Section {
    let div = section["text"]["div"].as_str().expect("every section has a text");
    let mut links: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for extension in section["text"]["extension"].as_array().into_iter().flatten() {
        if extension["url"] != TEXT_LINK {
            continue;
        }
        let parts = extension["extension"].as_array().expect("a textLink has parts");
        let id = parts
            .iter()
            .find(|part| part["url"] == "htmlid")
            .and_then(|part| part["valueString"].as_str())
            .expect("a textLink names an id");
        let data = parts.iter().filter(|part| part["url"] == "data");
        let targets = data.map(|part| part["valueUri"].as_str().expect("a uri").to_owned());
        links.entry(id.to_owned()).or_default().extend(targets);
    }
    Section {
        code: section["code"]["coding"][0]["code"].as_str().unwrap_or_default().to_owned(),
        is_empty: section["emptyReason"].is_object(),
        sentences: sentences(div),
        links,
    }
}

/// Text of each `p`, `li` and body row of a narrative, with its id. Text outside of these counts as
/// a sentence without an id; headings and table heads are none.
fn sentences(div: &str) -> Vec<(Option<String>, String)> {
    let mut reader = Reader::from_str(div);
    let mut open: Vec<(String, Option<String>, String)> = Vec::new();
    let mut found = Vec::new();
    loop {
        match reader.read_event().expect("a narrative is well-formed") {
            Event::Start(start) => {
                let name = start.name().as_ref().to_owned();
                let id = start
                    .try_get_attribute("id")
                    .expect("attributes are well-formed")
                    .map(|id| id.value.to_string());
                open.push((name, id, String::new()));
            }
            Event::End(_) => {
                let (name, id, text) = open.pop().expect("what ends was begun");
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                match name.as_str() {
                    "p" | "li" | "tr" if !text.is_empty() => found.push((id, text)),
                    "p" | "li" | "tr" | "thead" | "h1" | "h2" | "h3" | "h4" | "h5" | "caption" => {}
                    "div" | "ul" | "ol" | "table" | "tbody" => {
                        if !text.is_empty() {
                            found.push((None, text));
                        }
                    }
                    _ => {
                        if let Some((.., outer)) = open.last_mut() {
                            outer.push(' ');
                            outer.push_str(&text);
                        }
                    }
                }
            }
            Event::Text(text) => {
                if let Some((.., held)) = open.last_mut() {
                    held.push_str(&text);
                }
            }
            Event::GeneralRef(_) => {
                if let Some((.., held)) = open.last_mut() {
                    held.push('?');
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let heads = heads(div);
    found.retain(|(id, text)| id.is_some() || !heads.contains(text));
    found
}

/// Texts of the rows of table heads.
fn heads(div: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in div.split("<thead>").skip(1) {
        let head = part.split("</thead>").next().unwrap_or_default();
        let mut text = String::new();
        let mut is_tag = false;
        for letter in head.chars() {
            match letter {
                '<' => {
                    is_tag = true;
                    text.push(' ');
                }
                '>' => is_tag = false,
                letter if !is_tag => text.push(letter),
                _ => {}
            }
        }
        found.insert(text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    found
}

/// Fails unless every sentence is linked, and every link leads to a version in the Bundle.
#[track_caller]
pub(crate) fn check_citations(bundle: &Value) {
    let held = versions(bundle);
    for section in sections(bundle) {
        for (id, text) in &section.sentences {
            if section.is_empty {
                continue;
            }
            let id = id.as_ref().unwrap_or_else(|| panic!("{}: no id: {text}", section.code));
            let targets = section
                .links
                .get(id)
                .unwrap_or_else(|| panic!("{}: no link for {id}: {text}", section.code));
            assert!(!targets.is_empty(), "{}: {id} leads nowhere: {text}", section.code);
            for target in targets {
                let relative = target.split("/fhir/").last().unwrap_or(target);
                assert!(
                    held.contains(relative),
                    "{}: {id} leads to {target}, which is not in the Bundle: {text}",
                    section.code
                );
            }
        }
    }
}

/// `Type/id/_history/version` of every stored resource in the Bundle.
fn versions(bundle: &Value) -> BTreeSet<String> {
    let entries = bundle["entry"].as_array().expect("entries");
    entries
        .iter()
        .filter_map(|entry| {
            let resource = &entry["resource"];
            Some(format!(
                "{}/{}/_history/{}",
                resource["resourceType"].as_str()?,
                resource["id"].as_str()?,
                resource["meta"]["versionId"].as_str()?
            ))
        })
        .collect()
}

/// `Type/id` of everything that a section's sentences rest on.
pub(crate) fn cited(bundle: &Value, code: &str) -> BTreeSet<String> {
    sections(bundle)
        .iter()
        .filter(|section| section.code == code)
        .flat_map(|section| section.links.values().flatten().cloned().collect::<Vec<_>>())
        .map(|target| {
            let relative = target.split("/fhir/").last().unwrap_or(&target).to_owned();
            relative.split("/_history/").next().unwrap_or_default().to_owned()
        })
        .collect()
}

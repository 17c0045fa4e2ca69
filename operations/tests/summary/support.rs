//! A summary read back as a client reads it, and what must hold for every one.

use std::collections::{BTreeMap, BTreeSet};

use fhir::json::{Json, Tree, Value};
use fhir::primitive::DateTime;
use operations::Found;
use operations::summary::{Audience, Options, summarise};

/// The base of the tests.
pub(crate) const BASE: &str = "http://h/fhir";

/// Options of the tests: the present is 2024-06-15.
pub(crate) fn options() -> Options {
    Options {
        now_us: DateTime::parse("2024-06-15T12:00:00Z").unwrap().range_us().0,
        audience: Audience::Clinician,
        start: None,
        end: None,
        since: None,
        base: BASE.to_owned(),
    }
}

/// A resource of these words.
pub(crate) fn found(text: &str) -> Found {
    Found::new(Json::parse(text).expect("JSON of a test")).expect("a resource with an id")
}

/// A summary as its reader has it.
pub(crate) struct Summary {
    bundle: Json,
}

/// A sentence or row: its text, and the addresses that its links lead to.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) sources: Vec<String>,
}

impl Summary {
    /// Makes the summary and checks what holds for every one.
    #[track_caller]
    pub(crate) fn of(patient: &Found, resources: &[Found], options: &Options) -> Self {
        let text = summarise(patient, resources, options).expect("a summary");
        let again: Vec<Found> = resources.iter().rev().cloned().collect();
        let again = summarise(patient, &again, options).expect("a summary");
        assert_eq!(text, again, "the order in which resources arrive does not show");
        let summary = Self { bundle: Json::parse(text).expect("JSON") };
        summary.check_document();
        summary.check_citations();
        summary
    }

    pub(crate) fn bundle(&self) -> Value<'_> {
        self.bundle.root()
    }

    pub(crate) fn composition(&self) -> Value<'_> {
        self.entries().next().expect("an entry")
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = Value<'_>> {
        self.bundle().list("entry").map(|entry| entry.get("resource").expect("a resource"))
    }

    /// Addresses of all entries.
    pub(crate) fn addresses(&self) -> BTreeSet<String> {
        self.entries().map(address).collect()
    }

    pub(crate) fn section(&self, code: &str) -> Option<Value<'_>> {
        self.composition().list("section").find(|section| section_code(*section) == code)
    }

    /// What a section says, element by element.
    pub(crate) fn said(&self, code: &str) -> Vec<Said> {
        let Some(section) = self.section(code) else { return Vec::new() };
        let links = links(section);
        let elements = elements(&section.at(&["text", "div"]).unwrap().as_str().unwrap());
        let said = elements
            .into_iter()
            .map(|(id, text)| Said { text, sources: links.get(&id).cloned().unwrap_or_default() });
        said.collect()
    }

    /// All sentences and rows of a section, one per line.
    pub(crate) fn text(&self, code: &str) -> String {
        let said = self.said(code).into_iter().map(|said| said.text);
        said.collect::<Vec<String>>().join("\n")
    }

    #[track_caller]
    fn check_document(&self) {
        let root = self.bundle();
        assert_eq!(root.str("type").unwrap(), "document");
        assert!(root.at(&["identifier", "system"]).is_some());
        assert!(root.at(&["identifier", "value"]).is_some());
        assert!(root.get("timestamp").is_some());
        let kinds: Vec<String> =
            self.entries().map(|entry| entry.str("resourceType").unwrap().into_owned()).collect();
        assert_eq!(kinds[..3], ["Composition", "Patient", "Device"]);
        assert_eq!(kinds.last().unwrap(), "Provenance");
        assert_eq!(kinds.iter().filter(|kind| *kind == "Composition").count(), 1);
        assert_eq!(kinds.iter().filter(|kind| *kind == "Patient").count(), 1);
        let own = self.entries().filter(|entry| {
            let kind = entry.str("resourceType").unwrap();
            matches!(&*kind, "Composition" | "Provenance") || entry.get("deviceName").is_some()
        });
        for entry in own {
            check_structure(entry);
        }
        let mut urls = BTreeSet::new();
        for entry in root.list("entry") {
            let url = entry.str("fullUrl").unwrap().into_owned();
            assert_eq!(url, format!("{BASE}/{}", address(entry.get("resource").unwrap())));
            assert!(urls.insert(url), "every entry once");
        }
        for meta in [root.get("meta"), self.composition().get("meta")] {
            let labels = meta.unwrap().list("security");
            assert!(labels.into_iter().any(|label| label.str("code").unwrap() == "AIAST"));
        }
        let required = [
            "81338-6", "11450-4", "48765-2", "10160-0", "11369-6", "30954-2", "47519-4", "46264-8",
        ];
        for code in required {
            assert!(self.section(code).is_some(), "section {code}");
        }
        let addresses = self.addresses();
        for section in self.composition().list("section") {
            assert!(section.get("title").is_some());
            let is_empty = section.get("emptyReason").is_some();
            assert!(!is_empty || section.get("entry").is_none());
            for entry in section.list("entry") {
                assert!(addresses.contains(&*entry.str("reference").unwrap()));
            }
        }
    }

    /// Every element with text has an id that a link covers, and every link leads to an entry of
    /// the version that it names.
    #[track_caller]
    fn check_citations(&self) {
        let mut versions = BTreeMap::new();
        for entry in self.entries() {
            let version = entry.at(&["meta", "versionId"]).and_then(Value::as_str);
            versions.insert(address(entry), version.map(|text| text.into_owned()));
        }
        let mut ids = BTreeSet::new();
        let mut cited = BTreeSet::new();
        for section in self.composition().list("section") {
            let links = links(section);
            let div = section.at(&["text", "div"]).unwrap().as_str().unwrap();
            for (id, text) in elements(&div) {
                assert!(!id.is_empty(), "no id around: {text}");
                assert!(ids.insert(id.clone()), "{id} twice");
                assert!(links.contains_key(&id), "no link for {id}: {text}");
            }
            for (id, targets) in links {
                assert!(div.contains(&format!(" id=\"{id}\"")), "{id} is not in the narrative");
                for target in targets {
                    let (address, version) = match target.split_once("/_history/") {
                        Some((address, version)) => (address, Some(version.to_owned())),
                        None => (target.as_str(), None),
                    };
                    assert_eq!(versions.get(address), Some(&version), "{id} cites {target}");
                    cited.insert(target);
                }
            }
        }
        let provenance = self.entries().last().unwrap();
        let entities: BTreeSet<String> = provenance
            .list("entity")
            .map(|entity| entity.at(&["what", "reference"]).unwrap().as_str().unwrap().into_owned())
            .collect();
        assert!(cited.is_subset(&entities), "the Provenance names every source");
    }
}

/// The resource keeps the structural rules of R4.
#[track_caller]
pub(crate) fn check_structure(resource: Value<'_>) {
    let issues = fhir::validation::structure(
        Json::parse(resource.raw()).unwrap().root(),
        fhir::definitions::r4(),
    );
    assert!(issues.is_empty(), "{issues:#?}");
}

pub(crate) fn address(resource: Value<'_>) -> String {
    format!("{}/{}", resource.str("resourceType").unwrap(), resource.str("id").unwrap())
}

fn section_code(section: Value<'_>) -> String {
    let coding = section.get("code").unwrap().list("coding").next().unwrap();
    coding.str("code").unwrap().into_owned()
}

/// html id → what its textLinks lead to.
fn links(section: Value<'_>) -> BTreeMap<String, Vec<String>> {
    let mut links: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for extension in section.get("text").unwrap().list("extension") {
        assert_eq!(
            extension.str("url").unwrap(),
            "http://hl7.org/fhir/StructureDefinition/textLink"
        );
        let part = |name: &str, value: &str| {
            let mut parts = extension.list("extension");
            let part = parts.find(|part| part.str("url").as_deref() == Some(name)).unwrap();
            part.str(value).unwrap().into_owned()
        };
        links.entry(part("htmlid", "valueString")).or_default().push(part("data", "valueUri"));
    }
    links
}

/// Elements with an id and the text inside each; text outside of any comes with an empty id. Cells
/// are parted by ` | `.
fn elements(div: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    let mut stack: Vec<(String, Option<usize>)> = Vec::new();
    let mut rest = div;
    while let Some(start) = rest.find('<') {
        let text = unescape(&rest[..start]);
        if !text.trim().is_empty() {
            match stack.iter().rev().find_map(|(_, at)| *at) {
                Some(at) => out[at].1.push_str(&text),
                None => out.push((String::new(), text)),
            }
        }
        let end = start + rest[start..].find('>').expect("a closed tag");
        let tag = &rest[start + 1..end];
        if let Some(name) = tag.strip_prefix('/') {
            let (open, _) = stack.pop().expect("an open element");
            assert_eq!(open, name, "elements are closed in their order");
            let is_cell = matches!(name, "td" | "th");
            if let Some(at) = stack.iter().rev().find_map(|(_, at)| *at).filter(|_| is_cell) {
                out[at].1.push_str(" | ");
            }
        } else {
            let name = tag.split(' ').next().unwrap().to_owned();
            let id = tag.split_once(" id=\"").map(|(_, rest)| rest.trim_end_matches('"'));
            let at = id.map(|id| {
                out.push((id.to_owned(), String::new()));
                out.len() - 1
            });
            stack.push((name, at));
        }
        rest = &rest[end + 1..];
    }
    assert!(stack.is_empty() && rest.is_empty(), "a whole narrative");
    out
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

/// A record of these resources about Patient/1, each at version 3; `subject` and `status` of an
/// Observation need not be written.
pub(crate) fn record(resources: &[&str]) -> (Found, Vec<Found>) {
    let patient = r#"{"resourceType":"Patient","id":"1","gender":"female","birthDate":"1970-03-02",
        "name":[{"use":"official","given":["Ada"],"family":"Rivers"}]}"#;
    let all = resources.iter().map(|text| versioned(text));
    (versioned(patient), all.collect())
}

/// The resource at version 3, as a store gives it.
pub(crate) fn versioned(text: &str) -> Found {
    let mut tree = Tree::from(Json::parse(text).expect("JSON of a test").root());
    let mut meta = tree.get("meta").cloned().unwrap_or_else(Tree::object);
    meta.set("versionId", Tree::string("3"));
    if meta.get("lastUpdated").is_none() {
        meta.set("lastUpdated", Tree::string("2024-06-01T00:00:00.000Z"));
    }
    tree.set("meta", meta);
    found(&tree.to_string())
}

/// The summary of a record of these resources, for clinicians.
#[track_caller]
pub(crate) fn summary(resources: &[&str]) -> Summary {
    let (patient, resources) = record(resources);
    Summary::of(&patient, &resources, &options())
}

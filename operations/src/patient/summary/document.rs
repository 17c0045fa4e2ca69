//! The summary as a [document]: Composition, patient, author, every cited resource, and a
//! Provenance that names what it was made from.
//!
//! [document]: https://hl7.org/fhir/R4/documents.html

use fhir::json::Tree;
use fhir::primitive::DateTime;
use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::chart::{Chart, is_error};
use super::section::{Section, coded, coding, reference};
use super::{Audience, rules};
use crate::Found;

const IPS: &str = "http://hl7.org/fhir/uv/ips/StructureDefinition";
const VALUE_CODES: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
const AI: &str = "http://hl7.org/fhir/uv/aitransparency";

/// Confidentiality codes, the least restrictive first.
const LEVELS: [&str; 6] = ["U", "L", "M", "N", "R", "V"];

/// The Bundle as JSON.
pub(super) fn document(chart: &Chart<'_>, sections: &[Section<'_>]) -> String {
    let entries = entries(chart, sections);
    let identity = Identity::new(chart, sections);
    let level = high_water(&entries);
    let composition = composition(chart, sections, &identity, level);
    let (device, provenance) = (device(&identity), provenance(chart, sections, &identity));
    let base = &chart.options.base;
    let mut out = bundle_start(chart, &identity, level);
    push(&mut out, base, ("Composition", &identity.composition), &composition.to_string());
    push(&mut out, base, ("Patient", &chart.patient.id), chart.patient.text());
    push(&mut out, base, ("Device", &identity.device), &device.to_string());
    for found in entries.iter().filter(|found| !std::ptr::eq(**found, chart.patient)) {
        push(&mut out, base, (&found.kind, &found.id), found.text());
    }
    push(&mut out, base, ("Provenance", &identity.provenance), &provenance.to_string());
    out.push_str("]}");
    out
}

fn bundle_start(chart: &Chart<'_>, identity: &Identity, level: Option<&str>) -> String {
    let mut bundle = Tree::object();
    bundle.set("resourceType", Tree::string("Bundle"));
    bundle.set("meta", meta("Bundle-uv-ips", level));
    let mut identifier = Tree::object();
    identifier.set("system", Tree::string("urn:ietf:rfc:3986"));
    identifier.set("value", Tree::string(format!("urn:uuid:{}", identity.document)));
    bundle.set("identifier", identifier);
    bundle.set("type", Tree::string("document"));
    bundle.set("timestamp", Tree::string(DateTime::instant_text(chart.options.now_us)));
    let mut out = bundle.to_string();
    out.pop();
    out.push_str(",\"entry\":[");
    out
}

fn push(out: &mut String, base: &str, (kind, id): (&str, &str), resource: &str) {
    if !out.ends_with('[') {
        out.push(',');
    }
    out.push_str(&format!("{{\"fullUrl\":{},", fhir::json::quote(&format!("{base}/{kind}/{id}"))));
    out.push_str("\"resource\":");
    out.push_str(resource);
    out.push('}');
}

/// Every cited resource, then what these refer to, as far as it is in the record; the patient
/// first.
fn entries<'a>(chart: &Chart<'a>, sections: &[Section<'a>]) -> Vec<&'a Found> {
    let mut entries = vec![chart.patient];
    for found in sections.iter().flat_map(Section::cited) {
        if !entries.iter().any(|entry| std::ptr::eq(*entry, *found)) {
            entries.push(found);
        }
    }
    let mut at = 0;
    while at < entries.len() && entries.len() < rules::ENTRIES_MAX {
        for key in entries[at].references(&chart.options.base) {
            // A second Composition or patient has no place in the document.
            if matches!(&*key.resource, "Patient" | "Composition" | "Bundle" | "Binary") {
                continue;
            }
            let Some(found) = chart.get(&key.resource, &key.id) else { continue };
            let is_fit = !is_error(found) && !chart.is_about_another(found);
            if is_fit && !entries.iter().any(|entry| std::ptr::eq(*entry, found)) {
                entries.push(found);
            }
        }
        at += 1;
    }
    entries
}

/// The strictest confidentiality label of the entries.
fn high_water(entries: &[&Found]) -> Option<&'static str> {
    let labels = entries.iter().flat_map(|found| {
        found.root().get("meta").into_iter().flat_map(|meta| meta.list("security"))
    });
    let ranks = labels.filter_map(|label| {
        (label.str("system").as_deref() == Some(CONFIDENTIALITY)).then_some(())?;
        let code = label.str("code")?;
        LEVELS.iter().position(|level| **level == *code)
    });
    ranks.max().map(|rank| LEVELS[rank])
}

/// The label of what a machine asserts, and the confidentiality.
fn meta(profile: &str, level: Option<&str>) -> Tree {
    let mut labels = vec![coding(VALUE_CODES, "AIAST")];
    labels.extend(level.map(|level| coding(CONFIDENTIALITY, level)));
    let mut meta = Tree::object();
    if !profile.is_empty() {
        let profile = format!("{IPS}/{profile}");
        meta.set("profile", Tree::Array(vec![Tree::string(profile)]));
    }
    meta.set("security", Tree::Array(labels));
    meta
}

fn composition(
    chart: &Chart<'_>,
    sections: &[Section<'_>],
    identity: &Identity,
    level: Option<&str>,
) -> Tree {
    let options = chart.options;
    let mut tree = Tree::object();
    tree.set("resourceType", Tree::string("Composition"));
    tree.set("id", Tree::string(&identity.composition));
    tree.set("meta", meta("Composition-uv-ips", level));
    tree.set("language", Tree::string("en"));
    // A final composition is one that a person has verified; nobody has verified this one.
    tree.set("status", Tree::string("preliminary"));
    tree.set("type", coded("http://loinc.org", "60591-5", "Patient summary Document"));
    tree.set("subject", reference(&chart.patient.address()));
    tree.set("date", Tree::string(DateTime::instant_text(options.now_us)));
    tree.set("author", Tree::Array(vec![reference(&format!("Device/{}", identity.device))]));
    tree.set("title", Tree::string(title(chart)));
    tree.set("confidentiality", Tree::string(level.unwrap_or("N")));
    if options.start.is_some() || options.end.is_some() {
        tree.set("event", Tree::Array(vec![event(chart)]));
    }
    let sections = sections.iter().map(|section| section.tree(options.audience));
    tree.set("section", Tree::Array(sections.collect()));
    tree
}

fn title(chart: &Chart<'_>) -> String {
    let options = chart.options;
    let mut title = match options.audience {
        Audience::Clinician => "International Patient Summary".to_owned(),
        Audience::Patient => "Your health summary".to_owned(),
    };
    let limits =
        [("from", &options.start), ("to", &options.end), ("updated since", &options.since)];
    for (word, instant) in limits {
        if let Some(instant) = instant {
            title.push_str(&format!(", {word} {}", instant.text));
        }
    }
    title
}

/// The period of care that was asked for.
fn event(chart: &Chart<'_>) -> Tree {
    let mut period = Tree::object();
    for (name, instant) in [("start", &chart.options.start), ("end", &chart.options.end)] {
        if let Some(instant) = instant {
            period.set(name, Tree::string(&instant.text));
        }
    }
    let class = "http://terminology.hl7.org/CodeSystem/v3-ActClass";
    let mut event = Tree::object();
    event.set("code", Tree::Array(vec![coded(class, "PCPR", "care provision")]));
    event.set("period", period);
    event
}

/// The engine: deterministic rules, no model.
fn device(identity: &Identity) -> Tree {
    let kinds = format!("{AI}/CodeSystem/AIdeviceTypeCS");
    let kind = |code: &str, text: &str| {
        let mut concept = Tree::object();
        concept.set("coding", Tree::Array(vec![coding(&kinds, code)]));
        concept.set("text", Tree::string(text));
        concept
    };
    let mut extension = Tree::object();
    let url = format!("{AI}/StructureDefinition/aitransparency.AIKind");
    extension.set("url", Tree::string(url));
    extension.set("valueCodeableConcept", kind("Rule-Based-Systems", "Rule-based system"));
    let mut name = Tree::object();
    name.set("name", Tree::string("Brigid rule-based summary"));
    name.set("type", Tree::string("user-friendly-name"));
    let mut version = Tree::object();
    version.set("value", Tree::string(rules::VERSION));
    let mut tree = Tree::object();
    tree.set("resourceType", Tree::string("Device"));
    tree.set("id", Tree::string(&identity.device));
    tree.set("extension", Tree::Array(vec![extension]));
    tree.set("deviceName", Tree::Array(vec![name]));
    tree.set("type", kind("Artificial-Intelligence", "Rule-based summary engine"));
    tree.set("version", Tree::Array(vec![version]));
    tree
}

fn provenance(chart: &Chart<'_>, sections: &[Section<'_>], identity: &Identity) -> Tree {
    let now = DateTime::instant_text(chart.options.now_us);
    let operation = "http://terminology.hl7.org/CodeSystem/v3-DataOperation";
    let agents = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
    let mut agent = Tree::object();
    let roles = vec![
        coding(agents, "assembler"),
        coding(&format!("{AI}/CodeSystem/AIdeviceTypeCS"), "Artificial-Intelligence"),
    ];
    agent.set("type", Tree::Object(vec![("coding".to_owned(), Tree::Array(roles))]));
    agent.set("who", reference(&format!("Device/{}", identity.device)));
    let target = reference(&format!("Composition/{}", identity.composition));
    let mut tree = Tree::object();
    tree.set("resourceType", Tree::string("Provenance"));
    tree.set("id", Tree::string(&identity.provenance));
    tree.set("meta", meta("", None));
    tree.set("target", Tree::Array(vec![target]));
    tree.set("occurredDateTime", Tree::string(&now));
    tree.set("recorded", Tree::string(&now));
    tree.set("policy", Tree::Array(vec![Tree::string(rules::POLICY)]));
    let reason = coded(VALUE_CODES, "AIAST", "Artificial Intelligence asserted");
    tree.set("reason", Tree::Array(vec![reason]));
    tree.set("activity", coded(operation, "CREATE", "create"));
    tree.set("agent", Tree::Array(vec![agent]));
    let entities = cited(chart, sections).into_iter().map(|found| {
        let mut entity = Tree::object();
        entity.set("role", Tree::string("source"));
        entity.set("what", reference(&found.citation()));
        entity
    });
    tree.set("entity", Tree::Array(entities.collect()));
    tree
}

/// What the summary rests on: the patient, and every cited resource once.
fn cited<'a>(chart: &Chart<'a>, sections: &[Section<'a>]) -> Vec<&'a Found> {
    let mut cited = vec![chart.patient];
    for found in sections.iter().flat_map(Section::cited) {
        if !cited.iter().any(|other| std::ptr::eq(*other, *found)) {
            cited.push(found);
        }
    }
    cited
}

/// Ids that follow from what is said and from what it rests on, and not from the time: the same
/// record gives the same document.
struct Identity {
    document: String,
    composition: String,
    device: String,
    provenance: String,
}

impl Identity {
    fn new(chart: &Chart<'_>, sections: &[Section<'_>]) -> Self {
        let mut content = format!("{}\n{}\n", chart.options.base, rules::VERSION);
        for found in cited(chart, sections) {
            content.push_str(&found.citation());
            content.push('\n');
        }
        for section in sections {
            content.push_str(&section.tree(chart.options.audience).to_string());
        }
        content.push_str(&title(chart));
        let engine = format!("{}\nDevice\n{}", chart.options.base, rules::VERSION);
        Self {
            document: uuid(&content, 1),
            composition: uuid(&content, 2),
            device: uuid(&engine, 3),
            provenance: uuid(&content, 4),
        }
    }
}

/// A UUID of version 8 (RFC 9562: content of its maker's choice) from a hash.
fn uuid(content: &str, seed: u64) -> String {
    let hash = xxh3_128_with_seed(content.as_bytes(), seed);
    let hash = hash & !(0xF << 76) & !(0x3 << 62) | 0x8 << 76 | 0x2 << 62;
    let hex = format!("{hash:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

//! A summary as a page for people: its sections, and beside every sentence the numbers that lead to
//! the versions it rests on.
//!
//! Only what this server's own rules wrote is shown so: its narrative is escaped by construction.

use std::collections::BTreeMap;

use fhir::json::{Json, Value};

const TEXT_LINK: &str = "http://hl7.org/fhir/StructureDefinition/textLink";

/// The page of a document Bundle; `None` when it is none.
pub(crate) fn page(bundle: &Json, base: &str) -> Option<String> {
    let root = bundle.root();
    if root.str("type").as_deref() != Some("document") {
        return None;
    }
    let composition = root.list("entry").next()?.get("resource")?;
    let title = escape(&composition.str("title")?);
    let date = escape(&composition.str("date").unwrap_or_default());
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n\
         <link rel=\"icon\" href=\"/brigid.svg\" type=\"image/svg+xml\">\n\
         <link rel=\"stylesheet\" href=\"/brigid.css\">\n</head>\n<body class=\"document\">\n\
         <header>\n<img src=\"/brigid.svg\" alt=\"\" width=\"56\" height=\"56\">\n<div>\n\
         <h1>{title}</h1>\n<p>Written by rules, not by a person, on {date}. The number after each \
         sentence leads to the record it rests on.</p>\n</div>\n</header>\n<main>\n"
    );
    for section in composition.list("section") {
        let title = section.str("title").map(|title| escape(&title)).unwrap_or_default();
        out.push_str(&format!("<section>\n<h2>{title}</h2>\n"));
        if let Some(text) = section.get("text") {
            out.push_str(&with_sources(text, base));
        }
        out.push_str("\n</section>\n");
    }
    out.push_str(
        "</main>\n<footer>The same as FHIR: add <code>?_format=json</code> or \
         <code>?_format=xml</code> to this address.</footer>\n</body>\n</html>\n",
    );
    Some(out)
}

/// The narrative with a number for each source at the end of each sentence or row.
fn with_sources(text: Value<'_>, base: &str) -> String {
    let div = text.str("div").unwrap_or_default().into_owned();
    let mut out = String::with_capacity(div.len() * 2);
    let mut rest = div.as_str();
    for (id, targets) in sources(text) {
        let Some(at) = end_of(rest, &id) else { continue };
        out.push_str(&rest[..at]);
        out.push_str("<sup>");
        for (index, target) in targets.iter().enumerate() {
            let href = if target.starts_with("http") {
                target.clone()
            } else {
                format!("{base}/{target}")
            };
            out.push_str(&format!(
                " <a href=\"{}?_pretty=true\" title=\"{}\">{}</a>",
                escape(&href),
                escape(target),
                index + 1
            ));
        }
        out.push_str("</sup>");
        rest = &rest[at..];
    }
    out.push_str(rest);
    out
}

/// Each id with its sources, in the order in which the ids stand in the narrative.
fn sources(text: Value<'_>) -> Vec<(String, Vec<String>)> {
    let mut order = Vec::new();
    let mut by_id: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for extension in text.list("extension") {
        if extension.str("url").as_deref() != Some(TEXT_LINK) {
            continue;
        }
        let (mut id, mut targets) = (None, Vec::new());
        for part in extension.list("extension") {
            match part.str("url").as_deref() {
                Some("htmlid") => id = part.str("valueString").map(|id| id.into_owned()),
                Some("data") => targets.extend(part.str("valueUri").map(|uri| uri.into_owned())),
                _ => {}
            }
        }
        let Some(id) = id else { continue };
        if !by_id.contains_key(&id) {
            order.push(id.clone());
        }
        by_id.entry(id).or_default().extend(targets);
    }
    order
        .into_iter()
        .map(|id| {
            let targets = by_id.remove(&id).unwrap_or_default();
            (id, targets)
        })
        .collect()
}

/// Where the content of the element with this id ends: before its end tag, for a row before that
/// of its last cell. A row of headings needs no sources: those below it have them.
fn end_of(html: &str, id: &str) -> Option<usize> {
    let attribute = format!("id=\"{id}\"");
    let at = html.find(&attribute)?;
    let tag = html[html[..at].rfind('<')? + 1..at].trim();
    let close = at + html[at..].find(&format!("</{tag}>"))?;
    match tag {
        "tr" => html[at..close].rfind("</td>").map(|cell| at + cell),
        _ => Some(close),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use fhir::json::Json;

    use super::page;

    fn document(div: &str, id: &str) -> String {
        let json = serde_json::json!({"resourceType": "Bundle", "type": "document", "entry": [
            {"resource": {"resourceType": "Composition", "title": "A <b>", "date": "2026",
                "section": [{"title": "Story", "text": {"div": div, "extension": [
                    {"url": super::TEXT_LINK, "extension": [
                        {"url": "htmlid", "valueString": id},
                        {"url": "data", "valueUri": "Patient/1/_history/2"}
                    ]}
                ]}}]}}
        ]});
        page(&Json::parse(json.to_string()).unwrap(), "http://h/fhir").unwrap()
    }

    const LINK: &str = "<sup> <a href=\"http://h/fhir/Patient/1/_history/2?_pretty=true\" \
                        title=\"Patient/1/_history/2\">1</a></sup>";

    #[test]
    fn a_sentence_is_followed_by_its_sources() {
        let html = document("<div><p id=\"s-1\">Ada is 66.</p><p id=\"s-2\">x</p></div>", "s-1");
        assert!(html.contains(&format!("<p id=\"s-1\">Ada is 66.{LINK}</p>")), "{html}");
        assert!(html.contains("<p id=\"s-2\">x</p>"), "{html}");
    }

    #[test]
    fn a_row_has_its_sources_in_its_last_cell() {
        let html = document("<div><tr id=\"r\"><td>a</td><td>b</td></tr></div>", "r");
        assert!(html.contains(&format!("<td>b{LINK}</td>")), "{html}");
    }

    #[test]
    fn a_row_of_headings_has_none() {
        let html = document("<div><tr id=\"r\"><th>a</th></tr></div>", "r");
        assert!(!html.contains("<sup>"), "{html}");
    }

    #[test]
    fn a_title_is_escaped_and_other_bundles_have_no_page() {
        assert!(document("<div/>", "x").contains("<h1>A &lt;b&gt;</h1>"));
        let other = Json::parse(r#"{"resourceType":"Bundle","type":"searchset"}"#).unwrap();
        assert!(page(&other, "http://h/fhir").is_none());
    }
}

//! A section's [narrative]: XHTML in which every sentence and every row has an id, and the
//! [textLink] extensions that lead from each id to the versions it rests on.
//!
//! [narrative]: https://hl7.org/fhir/R4/narrative.html
//! [textLink]: http://hl7.org/fhir/StructureDefinition/textLink

use fhir::json::Tree;

use crate::Found;

const TEXT_LINK: &str = "http://hl7.org/fhir/StructureDefinition/textLink";

/// One sentence or row with what it rests on: there is no way to write one without.
#[derive(Debug, Clone)]
pub(super) struct Cited<'a, T> {
    pub(super) said: T,
    pub(super) sources: Vec<&'a Found>,
}

/// A sentence.
pub(super) type Sentence<'a> = Cited<'a, String>;
/// The cells of a table's row.
pub(super) type Row<'a> = Cited<'a, Vec<String>>;

impl<'a, T> Cited<'a, T> {
    pub(super) fn new(said: T, sources: Vec<&'a Found>) -> Self {
        debug_assert!(!sources.is_empty(), "what is said has a source");
        Self { said, sources }
    }
}

/// A narrative under way.
pub(super) struct Narrative<'a> {
    prefix: &'static str,
    html: String,
    links: Vec<(String, String)>,
    cited: Vec<&'a Found>,
    elements: usize,
}

impl<'a> Narrative<'a> {
    /// `prefix` starts the html ids, which are unique in the document.
    pub(super) fn new(prefix: &'static str) -> Self {
        Self { prefix, html: String::new(), links: Vec::new(), cited: Vec::new(), elements: 0 }
    }

    /// Resources cited so far, each once, in the order of their citation.
    pub(super) fn cited(&self) -> &[&'a Found] {
        &self.cited
    }

    pub(super) fn is_empty(&self) -> bool {
        self.html.is_empty()
    }

    pub(super) fn paragraph(&mut self, sentence: &Sentence<'a>) {
        self.element("p", sentence);
    }

    pub(super) fn list(&mut self, sentences: &[Sentence<'a>]) {
        if sentences.is_empty() {
            return;
        }
        self.html.push_str("<ul>");
        for sentence in sentences {
            self.element("li", sentence);
        }
        self.html.push_str("</ul>");
    }

    fn element(&mut self, tag: &str, sentence: &Sentence<'a>) {
        let id = self.link(&sentence.sources);
        self.html.push_str(&format!("<{tag} id=\"{id}\">"));
        escape_into(&sentence.said, &mut self.html);
        self.html.push_str(caveat(&sentence.sources));
        self.html.push_str(&format!("</{tag}>"));
    }

    /// A table whose first column names things; the row of headings rests on what the rows rest on.
    /// Other columns in which no row has anything are left out.
    pub(super) fn table(&mut self, headings: &[&str], rows: &[Row<'a>]) {
        if rows.is_empty() {
            return;
        }
        let is_used = |at: &usize| *at == 0 || rows.iter().any(|row| !row.said[*at].is_empty());
        let columns: Vec<usize> = (0..headings.len()).filter(is_used).collect();
        let mut sources: Vec<&Found> = rows.iter().flat_map(|row| row.sources.clone()).collect();
        sources.truncate(rows.len());
        self.html.push_str("<table><thead>");
        let id = self.link(&sources);
        self.cells(&id, "th", columns.iter().map(|at| headings[*at]));
        self.html.push_str("</thead><tbody>");
        for row in rows {
            let id = self.link(&row.sources);
            let first = format!("{}{}", row.said[0], caveat(&row.sources));
            let rest = columns.iter().filter(|at| **at > 0).map(|at| row.said[*at].as_str());
            self.cells(&id, "td", std::iter::once(first.as_str()).chain(rest));
        }
        self.html.push_str("</tbody></table>");
    }

    fn cells<'b>(&mut self, id: &str, tag: &str, cells: impl Iterator<Item = &'b str>) {
        self.html.push_str(&format!("<tr id=\"{id}\">"));
        for cell in cells {
            self.html.push_str(&format!("<{tag}>"));
            escape_into(cell, &mut self.html);
            self.html.push_str(&format!("</{tag}>"));
        }
        self.html.push_str("</tr>");
    }

    fn link(&mut self, sources: &[&'a Found]) -> String {
        self.elements += 1;
        let id = format!("{}-{}", self.prefix, self.elements);
        let mut linked: Vec<&Found> = Vec::new();
        for source in sources {
            if linked.iter().any(|found| std::ptr::eq(*found, *source)) {
                continue;
            }
            linked.push(source);
            self.links.push((id.clone(), source.citation()));
            if !self.cited.iter().any(|found| std::ptr::eq(*found, *source)) {
                self.cited.push(source);
            }
        }
        id
    }

    /// The Narrative element.
    pub(super) fn tree(&self) -> Tree {
        let mut text = Tree::object();
        text.set("extension", Tree::Array(self.links.iter().map(text_link).collect()));
        text.set("status", Tree::string("generated"));
        let div = format!(
            "<div xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">{}</div>",
            self.html
        );
        text.set("div", Tree::string(div));
        text
    }
}

/// An extension that may turn a statement into its opposite is not understood here, so whoever
/// reads must be told.
fn caveat(sources: &[&Found]) -> &'static str {
    let is_modified = sources.iter().any(|found| found.root().get("modifierExtension").is_some());
    if is_modified {
        " [The source is qualified by an extension that is not shown here.]"
    } else {
        ""
    }
}

fn text_link((id, data): &(String, String)) -> Tree {
    let part = |url: &str, name: &str, value: &str| {
        Tree::Object(vec![
            ("url".to_owned(), Tree::string(url)),
            (name.to_owned(), Tree::string(value)),
        ])
    };
    let parts = vec![part("htmlid", "valueString", id), part("data", "valueUri", data)];
    Tree::Object(vec![
        ("extension".to_owned(), Tree::Array(parts)),
        ("url".to_owned(), Tree::string(TEXT_LINK)),
    ])
}

/// Text as the content of an XHTML element. Characters that XML does not have are left out.
fn escape_into(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\r' | '\t' => out.push(' '),
            other if other < ' ' || matches!(other, '\u{FFFE}' | '\u{FFFF}') => {}
            other => out.push(other),
        }
    }
}

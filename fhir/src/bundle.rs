//! [Bundle]: written piece by piece around resources that are already text.
//!
//! [Bundle]: https://hl7.org/fhir/R4/bundle.html

use crate::json::escape_into;
use crate::primitive::DateTime;

/// A Bundle under way. Links and total come first, then the entries.
#[derive(Debug)]
pub struct BundleWriter {
    out: String,
    links: usize,
    entries: usize,
    holes: Vec<usize>,
}

/// One entry of a Bundle.
#[derive(Debug, Clone, Copy, Default)]
pub struct BundleEntry<'a> {
    /// Absolute URL or `urn:uuid:…` of the resource.
    pub full_url: Option<&'a str>,
    /// The resource as JSON.
    pub resource: Option<&'a str>,
    /// `match`, `include` or `outcome`.
    pub search_mode: Option<&'a str>,
    /// Method and URL of the request that made this version.
    pub request: Option<(&'a str, &'a str)>,
    /// What became of the entry.
    pub response: Option<BundleResponse<'a>>,
}

/// `Bundle.entry.response`.
#[derive(Debug, Clone, Copy, Default)]
pub struct BundleResponse<'a> {
    /// `201 Created`
    pub status: &'a str,
    /// Address of the version.
    pub location: Option<&'a str>,
    /// Version id; written as the weak ETag `W/"…"`.
    pub version: Option<u64>,
    /// When the version was written, in microseconds since 1970.
    pub last_modified_us: Option<i64>,
    /// An OperationOutcome as JSON.
    pub outcome: Option<&'a str>,
}

impl BundleWriter {
    /// A Bundle of this type: `searchset`, `history`, `transaction-response` …
    #[must_use]
    pub fn new(kind: &str) -> Self {
        let mut out = String::with_capacity(1024);
        out.push_str(r#"{"resourceType":"Bundle","type":""#);
        out.push_str(kind);
        out.push('"');
        Self { out, links: 0, entries: 0, holes: Vec::new() }
    }

    /// States the total number of matches.
    pub fn total(&mut self, total: u64) {
        debug_assert!(self.links == 0 && self.entries == 0, "the total comes first");
        self.out.push_str(",\"total\":");
        self.out.push_str(&total.to_string());
    }

    /// Adds a link: `self`, `next` …
    pub fn link(&mut self, relation: &str, url: &str) {
        debug_assert!(self.entries == 0, "links come before entries");
        self.out.push_str(if self.links == 0 { ",\"link\":[" } else { "," });
        self.links += 1;
        self.out.push('{');
        member(&mut self.out, "relation", relation);
        self.out.push(',');
        member(&mut self.out, "url", url);
        self.out.push('}');
    }

    /// Adds an entry.
    pub fn entry(&mut self, entry: &BundleEntry<'_>) {
        self.add(entry, false);
    }

    /// Adds an entry whose resource is put in later, by who has its bytes anyway; see
    /// [`BundleWriter::finish_with_holes`].
    pub fn hole(&mut self, entry: &BundleEntry<'_>) {
        self.add(entry, true);
    }

    fn add(&mut self, entry: &BundleEntry<'_>, is_hole: bool) {
        if self.links > 0 && self.entries == 0 {
            self.out.push(']');
        }
        self.out.push_str(if self.entries == 0 { ",\"entry\":[" } else { "," });
        self.entries += 1;
        let start = self.out.len();
        self.out.push('{');
        if let Some(full_url) = entry.full_url {
            self.part(start, |out| member(out, "fullUrl", full_url));
        }
        if entry.resource.is_some() || is_hole {
            self.part(start, |out| out.push_str("\"resource\":"));
        }
        match entry.resource {
            _ if is_hole => self.holes.push(self.out.len()),
            Some(resource) => self.out.push_str(resource),
            None => (),
        }
        if let Some(mode) = entry.search_mode {
            self.part(start, |out| {
                out.push_str("\"search\":{");
                member(out, "mode", mode);
                out.push('}');
            });
        }
        if let Some((method, url)) = entry.request {
            self.part(start, |out| {
                out.push_str("\"request\":{");
                member(out, "method", method);
                out.push(',');
                member(out, "url", url);
                out.push('}');
            });
        }
        if let Some(response) = &entry.response {
            self.part(start, |out| write_response(out, response));
        }
        self.out.push('}');
    }

    fn part(&mut self, start: usize, write: impl FnOnce(&mut String)) {
        if self.out.len() > start + 1 {
            self.out.push(',');
        }
        write(&mut self.out);
    }

    /// Number of entries so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries
    }

    /// Has it no entry yet?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// The whole Bundle as JSON, when it has no holes.
    #[must_use]
    pub fn finish(self) -> String {
        debug_assert!(self.holes.is_empty(), "resources are missing");
        self.finish_with_holes().0
    }

    /// The Bundle as JSON but for the resources of its holes, and where these belong: offsets in
    /// bytes, rising.
    #[must_use]
    pub fn finish_with_holes(mut self) -> (String, Vec<usize>) {
        if self.links > 0 || self.entries > 0 {
            self.out.push(']');
        }
        self.out.push('}');
        (self.out, self.holes)
    }
}

fn write_response(out: &mut String, response: &BundleResponse<'_>) {
    out.push_str("\"response\":{");
    member(out, "status", response.status);
    if let Some(location) = response.location {
        out.push(',');
        member(out, "location", location);
    }
    if let Some(version) = response.version {
        out.push(',');
        member(out, "etag", &format!("W/\"{version}\""));
    }
    if let Some(us) = response.last_modified_us {
        out.push(',');
        member(out, "lastModified", &DateTime::instant_text(us));
    }
    if let Some(outcome) = response.outcome {
        out.push_str(",\"outcome\":");
        out.push_str(outcome);
    }
    out.push('}');
}

fn member(out: &mut String, name: &str, text: &str) {
    out.push('"');
    out.push_str(name);
    out.push_str("\":\"");
    escape_into(text, out);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::{BundleEntry, BundleResponse, BundleWriter};

    #[test]
    fn a_bundle_without_anything_is_its_type() {
        assert_eq!(
            BundleWriter::new("searchset").finish(),
            r#"{"resourceType":"Bundle","type":"searchset"}"#
        );
    }

    #[test]
    fn links_alone_are_closed() {
        let mut bundle = BundleWriter::new("searchset");
        bundle.total(0);
        bundle.link("self", "http://h/fhir/Patient?name=\"a\"");
        assert_eq!(
            bundle.finish(),
            r#"{"resourceType":"Bundle","type":"searchset","total":0,"link":[{"relation":"self","url":"http://h/fhir/Patient?name=\"a\""}]}"#
        );
    }

    #[test]
    fn an_entry_holds_what_it_is_given() {
        let mut bundle = BundleWriter::new("history");
        bundle.link("self", "u");
        bundle.entry(&BundleEntry {
            full_url: Some("f"),
            resource: Some("{}"),
            request: Some(("PUT", "Patient/1")),
            response: Some(BundleResponse {
                status: "200 OK",
                version: Some(2),
                last_modified_us: Some(0),
                ..BundleResponse::default()
            }),
            ..BundleEntry::default()
        });
        assert_eq!(
            bundle.finish(),
            concat!(
                r#"{"resourceType":"Bundle","type":"history","link":[{"relation":"self","url":"u"}],"#,
                r#""entry":[{"fullUrl":"f","resource":{},"request":{"method":"PUT","url":"Patient/1"},"#,
                r#""response":{"status":"200 OK","etag":"W/\"2\"","lastModified":"1970-01-01T00:00:00.000Z"}}]}"#
            )
        );
    }
}

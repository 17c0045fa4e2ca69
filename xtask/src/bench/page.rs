//! Pages of a search, read without parsing all of it: the client shares the machine with the
//! server.

use fhir::json::Json;

/// The path, from the host's root on, of the next page.
pub(crate) fn next(body: &[u8]) -> Option<String> {
    let relation = b"\"next\"";
    let mut from = 0;
    loop {
        let at = from + find(&body[from..], relation)?;
        from = at + relation.len();
        let Some(start) = body[..at].iter().rposition(|byte| *byte == b'{') else { continue };
        let end = at + body[at..].iter().position(|byte| *byte == b'}')? + 1;
        let Ok(link) = Json::parse(&body[start..end]) else { continue };
        if link.root().str("relation").as_deref() == Some("next") {
            return Some(path(&link.root().str("url")?));
        }
    }
}

/// How many entries a Bundle has: what each has is a fullUrl.
pub(crate) fn entries(body: &[u8]) -> u64 {
    let name = b"\"fullUrl\"";
    let (mut count, mut from) = (0, 0);
    while let Some(at) = find(&body[from..], name) {
        count += 1;
        from += at + name.len();
    }
    count
}

/// An absolute URL without scheme and host.
fn path(url: &str) -> String {
    let after = url.split_once("://").map(|(_, rest)| rest);
    match after.and_then(|rest| rest.find('/').map(|at| &rest[at..])) {
        Some(path) => path.to_owned(),
        None => url.to_owned(),
    }
}

/// Where the needle first is; its first byte is sought by itself, which is fast.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    loop {
        let at = from + haystack[from..].iter().position(|byte| *byte == first)?;
        if haystack[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{entries, next};

    #[test]
    fn the_next_link_is_found_wherever_its_keys_stand() {
        let page = br#"{"link":[{"relation":"self","url":"http://h/fhir/A"},
            { "url" : "http://h:1/fhir/A?x=1\u0026y=2", "relation" : "next" }],"entry":[]}"#;
        assert_eq!(next(page).as_deref(), Some("/fhir/A?x=1&y=2"));
    }

    #[test]
    fn a_value_that_says_next_is_no_link() {
        let page = br#"{"link":[{"relation":"self","url":"http://h/A"}],"entry":[{"a":"next"}]}"#;
        assert_eq!(next(page), None);
    }

    #[test]
    fn entries_are_counted() {
        assert_eq!(entries(br#"[{"fullUrl":"a"},{"fullUrl":"b"}]"#), 2);
        assert_eq!(entries(b"[]"), 0);
    }
}

//! Searches walked to their end, page by page, within a limit.

use std::collections::BTreeMap;

use fhir::json::{Json, Value};
use fhir::{Kind, Outcome};
use interactions::{Answer, Caller, Door, Interaction, Key, Search, SearchScope};

use crate::Found;

/// One page of a search.
pub(crate) struct Page {
    /// Its resources.
    pub(crate) found: Vec<Found>,
    /// The token of the next page.
    pub(crate) next: Option<String>,
}

/// Resources that one reading by ids asks for.
const IDS_MAX: usize = 50;

/// Asks for one page.
pub(crate) async fn page(
    door: &dyn Door,
    caller: &Caller,
    scope: &SearchScope,
    parameters: Vec<(String, String)>,
) -> Result<Page, Outcome> {
    let search = Search { scope: scope.clone(), parameters };
    let bundle = json(&door.perform(caller, Interaction::Search(search)).await?)?;
    let mut found = Vec::new();
    for entry in bundle.root().list("entry") {
        if entry.at(&["search", "mode"]).and_then(Value::as_str).as_deref() == Some("outcome") {
            continue;
        }
        let Some(resource) = entry.get("resource") else { continue };
        let document = Json::parse(resource.raw()).map_err(unreadable)?;
        found.extend(Found::new(document));
    }
    let next =
        bundle.root().list("link").find(|link| link.str("relation").as_deref() == Some("next"));
    let next = next.and_then(|link| link.str("url")).and_then(|url| token(&url));
    Ok(Page { found, next })
}

/// All resources of a search, `most` of them; more is a failure and never a silent cut.
pub(crate) async fn all(
    door: &dyn Door,
    caller: &Caller,
    scope: &SearchScope,
    parameters: Vec<(String, String)>,
    most: usize,
) -> Result<Vec<Found>, Outcome> {
    let Page { mut found, mut next } = page(door, caller, scope, parameters).await?;
    while found.len() <= most {
        let Some(token) = next else { return Ok(found) };
        let mut page = page(door, caller, scope, vec![("_page".to_owned(), token)]).await?;
        found.append(&mut page.found);
        next = page.next;
    }
    Err(Outcome::new(Kind::TooLarge, "the record holds more than this operation reads"))
}

/// The current versions of these resources, as far as they exist and the caller may see them.
pub(crate) async fn by_ids(
    door: &dyn Door,
    caller: &Caller,
    keys: &[Key],
) -> Result<Vec<Found>, Outcome> {
    let mut ids: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for key in keys {
        ids.entry(&key.resource).or_default().push(&key.id);
    }
    let mut found = Vec::new();
    for (kind, ids) in ids {
        let scope = SearchScope::Type(kind.into());
        for some in ids.chunks(IDS_MAX) {
            let parameters = vec![
                ("_id".to_owned(), some.join(",")),
                ("_count".to_owned(), IDS_MAX.to_string()),
            ];
            match all(door, caller, &scope, parameters, IDS_MAX).await {
                Ok(some) => found.extend(some),
                // What only helps to name things may be withheld; what names it then is the text
                // beside the reference.
                Err(outcome) if is_withheld(outcome.kind) => {}
                Err(outcome) => return Err(outcome),
            }
        }
    }
    Ok(found)
}

fn is_withheld(kind: Kind) -> bool {
    matches!(kind, Kind::Forbidden | Kind::NotFound | Kind::Unknown | Kind::NotSupported)
}

/// The document of an answer.
pub(crate) fn json(answer: &Answer) -> Result<Json, Outcome> {
    Json::parse(answer.body.to_vec()).map_err(unreadable)
}

fn unreadable(error: fhir::json::JsonError) -> Outcome {
    Outcome::new(Kind::Fault, "an answer of the store cannot be read").because(error)
}

/// The value of `_page` in a page link.
fn token(url: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let value = query.split('&').find_map(|pair| pair.strip_prefix("_page="))?;
    Some(decode(value))
}

fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A text as the value of a parameter in an address.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b',' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{encode, token};

    #[track_caller]
    fn check(text: &str) {
        let url = format!("http://h/fhir/Patient?_count=1&_page={}&a=b", encode(text));
        assert_eq!(token(&url).as_deref(), Some(text));
    }

    #[test]
    fn a_page_token_survives_its_way_through_an_address() {
        check("abc-_~.=");
        check("a b%c+é&d");
        assert_eq!(token("http://h/fhir/Patient"), None);
    }
}

//! Page links: opaque, of constant length within a search, and stable under writes.
//!
//! A link holds the whole search and the position where the page before ended, sealed: nobody reads
//! an identifier in it or makes one up, and the server keeps nothing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, AeadCore, KeyInit, OsRng, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use fhir::Outcome;
use storage::{Position, SORT_KEYS_MAX};

const NONCE_LEN: usize = 24;

/// The key of a tenant's page links.
pub(crate) struct Seal {
    cipher: XChaCha20Poly1305,
}

/// Where a page starts, and what it is a page of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bookmark {
    /// Where the page before ended.
    pub(crate) position: Vec<u8>,
    /// The parameters of the search or history, in their order.
    pub(crate) parameters: Vec<(String, String)>,
}

impl Seal {
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(secret.into()) }
    }

    /// The text of `_page`. It opens under the same `scope` (the path of the request) alone.
    pub(crate) fn close(&self, scope: &str, bookmark: &Bookmark) -> Result<String, Outcome> {
        let plain = encode(bookmark);
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let payload = Payload { msg: &plain, aad: scope.as_bytes() };
        let sealed = self
            .cipher
            .encrypt(&nonce, payload)
            .map_err(|_| Outcome::new(fhir::Kind::Fault, "The page link could not be made."))?;
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What a `_page` holds.
    pub(crate) fn open(&self, scope: &str, text: &str) -> Result<Bookmark, Outcome> {
        let wrong = || {
            Outcome::invalid(
                "This page link is none that this server gave for this address: start again with \
                 the search itself, and follow its 'next' links as they are.",
            )
            .at("_page")
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
        if bytes.len() < NONCE_LEN {
            return Err(wrong());
        }
        let (nonce, sealed) = bytes.split_at(NONCE_LEN);
        let payload = Payload { msg: sealed, aad: scope.as_bytes() };
        let plain = self.cipher.decrypt(XNonce::from_slice(nonce), payload).map_err(|_| wrong())?;
        decode(&plain).ok_or_else(wrong)
    }
}

/// Length of the position (1 byte), the greatest that it has in this search (1 byte), the position
/// padded to that, then each name and value with its length (4 bytes, big-endian).
fn encode(bookmark: &Bookmark) -> Vec<u8> {
    let len_max = len_max(bookmark);
    let position = &bookmark.position[..bookmark.position.len().min(usize::from(len_max))];
    let mut out = vec![u8::try_from(position.len()).unwrap_or(u8::MAX), len_max];
    out.extend_from_slice(position);
    out.resize(2 + usize::from(len_max), 0);
    for text in bookmark.parameters.iter().flat_map(|(name, value)| [name, value]) {
        out.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(text.as_bytes());
    }
    out
}

/// What decides how long a position can be is the number of sort keys.
fn len_max(bookmark: &Bookmark) -> u8 {
    let sort = bookmark.parameters.iter().filter(|(name, _)| name == "_sort");
    let keys: usize = sort.map(|(_, value)| value.split(',').count()).sum();
    u8::try_from(Position::len_max(keys.min(SORT_KEYS_MAX))).unwrap_or(u8::MAX)
}

fn decode(bytes: &[u8]) -> Option<Bookmark> {
    let [length, len_max, rest @ ..] = bytes else { return None };
    let (position, mut rest) = rest.split_at_checked(usize::from(*len_max))?;
    let position = position.get(..usize::from(*length))?.to_vec();
    let mut next = || -> Option<String> {
        let (length, tail) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let text = std::str::from_utf8(tail.get(..length)?).ok()?.to_owned();
        rest = &tail[length..];
        Some(text)
    };
    let mut parameters = Vec::new();
    while let Some(name) = next() {
        parameters.push((name, next()?));
    }
    Some(Bookmark { position, parameters })
}

#[cfg(test)]
mod tests {
    use super::{Bookmark, Seal};

    fn bookmark(position: &[u8]) -> Bookmark {
        Bookmark {
            position: position.to_vec(),
            parameters: vec![("name".to_owned(), "Ö&=".to_owned())],
        }
    }

    #[test]
    fn a_page_link_gives_back_what_it_was_made_of() {
        let seal = Seal::new(&[7; 32]);
        let text = seal.close("Patient", &bookmark(b"xyz")).unwrap();
        assert_eq!(seal.open("Patient", &text).unwrap(), bookmark(b"xyz"));
    }

    #[test]
    fn links_of_one_search_have_one_length_and_show_nothing() {
        let seal = Seal::new(&[7; 32]);
        let (a, b) = (
            seal.close("Patient", &bookmark(b"")).unwrap(),
            seal.close("Patient", &bookmark(&[9; 96])).unwrap(),
        );
        assert_eq!(a.len(), b.len());
        assert!(!a.contains("name"));
    }

    #[test]
    fn a_search_by_several_keys_has_longer_positions_in_links_of_one_length() {
        let seal = Seal::new(&[7; 32]);
        let sorted = |position: &[u8]| {
            let sort = ("_sort".to_owned(), "-date,code,status,subject,_id".to_owned());
            Bookmark { parameters: vec![sort], ..bookmark(position) }
        };
        let (short, long) = (sorted(b"xyz"), sorted(&[9; storage::Position::len_max(5)]));
        let (a, b) =
            (seal.close("Observation", &short).unwrap(), seal.close("Observation", &long).unwrap());
        assert_eq!(a.len(), b.len());
        assert_eq!(seal.open("Observation", &a).unwrap(), short);
        assert_eq!(seal.open("Observation", &b).unwrap(), long);
    }

    #[test]
    fn a_link_for_another_address_or_of_another_server_is_refused() {
        let seal = Seal::new(&[7; 32]);
        let text = seal.close("Patient", &bookmark(b"xyz")).unwrap();
        assert!(seal.open("Observation", &text).is_err());
        assert!(Seal::new(&[8; 32]).open("Patient", &text).is_err());
        assert!(seal.open("Patient", "!").is_err());
        assert!(seal.open("Patient", "").is_err());
    }
}

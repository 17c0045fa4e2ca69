//! The bytes of an answer, in pieces: what is stored is handed on and not copied into a page.

use std::borrow::Cow;

use bytes::Bytes;
use fhir::bundle::BundleWriter;

/// JSON in pieces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body(Vec<Bytes>);

impl Body {
    /// Length of all pieces, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(Bytes::len).sum()
    }

    /// Is there nothing?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Bytes::is_empty)
    }

    /// The pieces, in order.
    #[must_use]
    pub fn into_pieces(self) -> Vec<Bytes> {
        self.0
    }

    /// All in one; copied only when it is in several pieces.
    #[must_use]
    pub fn whole(&self) -> Cow<'_, [u8]> {
        match self.0.as_slice() {
            [] => Cow::Borrowed(&[]),
            [one] => Cow::Borrowed(one),
            several => Cow::Owned(several.concat()),
        }
    }

    /// All in one, copied.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.0.concat()
    }

    /// A Bundle with these resources in the [holes](BundleWriter::hole) that it was written with.
    pub(crate) fn bundle(writer: BundleWriter, resources: Vec<Bytes>) -> Self {
        let (text, holes) = writer.finish_with_holes();
        debug_assert_eq!(holes.len(), resources.len(), "a resource for each hole");
        let text = Bytes::from(text);
        let mut pieces = Vec::with_capacity(2 * holes.len() + 1);
        let mut start = 0;
        for (hole, resource) in holes.into_iter().zip(resources) {
            pieces.push(text.slice(start..hole));
            pieces.push(resource);
            start = hole;
        }
        pieces.push(text.slice(start..));
        Self(pieces)
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(vec![bytes])
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use fhir::bundle::{BundleEntry, BundleWriter};

    use super::Body;

    #[test]
    fn a_page_in_pieces_reads_like_one_in_one_piece() {
        let entry = |resource| BundleEntry {
            full_url: Some("u"),
            resource,
            search_mode: Some("match"),
            ..BundleEntry::default()
        };
        let (mut pieces, mut whole) = (BundleWriter::new("a"), BundleWriter::new("a"));
        for _ in 0..2 {
            pieces.hole(&entry(None));
            whole.entry(&entry(Some("{\"x\":1}")));
        }
        let body = Body::bundle(pieces, vec![Bytes::from_static(b"{\"x\":1}"); 2]);
        let whole = whole.finish();
        assert_eq!(body.len(), whole.len());
        assert_eq!(body.whole(), whole.as_bytes());
        assert_eq!(Body::default().whole(), b"".as_slice());
    }
}

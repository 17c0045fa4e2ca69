//! [Content codings]: gzip and zstd, in both directions.
//!
//! [Content codings]: https://www.rfc-editor.org/rfc/rfc9110#name-content-codings

use std::io::{self, Read, Write};

use bytes::Bytes;
use fhir::{Kind, Outcome};

use super::body::too_large;

/// zstd's fastest level: an answer is packed while its client waits.
const ZSTD_LEVEL: i32 = 1;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// `gzip`, RFC 1952.
    Gzip,
    /// `zstd`, RFC 8878.
    Zstd,
}

impl Coding {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Coding::Gzip => "gzip",
            Coding::Zstd => "zstd",
        }
    }

    /// The coding that an `Accept-Encoding` prefers; zstd, which is cheaper, among equals. `None`:
    /// send it plain.
    pub(crate) fn accepted(header: &str) -> Option<Self> {
        let quality = |name: &str| {
            let named = header.split(',').filter_map(|part| weighed(part, name)).next_back();
            named.or_else(|| header.split(',').find_map(|part| weighed(part, "*")))
        };
        let (zstd, gzip) = (quality("zstd").unwrap_or(0.0), quality("gzip").unwrap_or(0.0));
        if zstd.max(gzip) <= 0.0 {
            return None;
        }
        Some(if zstd >= gzip { Coding::Zstd } else { Coding::Gzip })
    }

    /// Packs an answer; `None` when that fails, which is no reason not to answer.
    pub(crate) fn pack(self, body: &[u8]) -> Option<Bytes> {
        let out = Vec::with_capacity(body.len() / 4);
        let packed = match self {
            Coding::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(out, flate2::Compression::fast());
                encoder.write_all(body).and_then(|()| encoder.finish())
            }
            Coding::Zstd => zstd::stream::write::Encoder::new(out, ZSTD_LEVEL)
                .and_then(|mut encoder| encoder.write_all(body).and_then(|()| encoder.finish())),
        };
        packed.ok().map(Bytes::from)
    }
}

/// The weight of a part of `Accept-Encoding` if it names this coding.
fn weighed(part: &str, name: &str) -> Option<f32> {
    let (coding, parameters) = part.split_once(';').unwrap_or((part, ""));
    if !coding.trim().eq_ignore_ascii_case(name) {
        return None;
    }
    let quality = parameters.trim().strip_prefix("q=");
    Some(quality.map_or(1.0, |quality| quality.trim().parse().unwrap_or(0.0)))
}

/// Takes off `Content-Encoding`; what comes out is under the same limit as what would come plain.
pub(crate) fn unpack(
    bytes: Vec<u8>,
    encoding: Option<&str>,
    limit: usize,
) -> Result<Vec<u8>, Outcome> {
    match encoding.map(|text| text.trim().to_ascii_lowercase()).as_deref() {
        None | Some("" | "identity") => Ok(bytes),
        Some("gzip" | "x-gzip") => {
            read(flate2::read::MultiGzDecoder::new(bytes.as_slice()), "gzip", limit)
        }
        Some("zstd") => {
            let decoder = zstd::stream::read::Decoder::new(bytes.as_slice());
            read(decoder.map_err(|_| none_such("zstd"))?, "zstd", limit)
        }
        Some(_) => Err(Outcome::new(
            Kind::MediaType,
            "The body is packed in a way that is not understood: send it plain, or with \
             Content-Encoding: gzip or zstd.",
        )
        .at("Content-Encoding")),
    }
}

fn none_such(coding: &str) -> Outcome {
    Outcome::invalid(format!("The body is said to be {coding} and is not.")).at("Content-Encoding")
}

/// A little packed body can hold a very long one: what comes out is counted as it comes.
fn read(mut decoder: impl Read, coding: &str, limit: usize) -> Result<Vec<u8>, Outcome> {
    const STEP: usize = 64 * 1024;
    let mut out = Vec::new();
    let mut step = vec![0; STEP];
    loop {
        let read = match decoder.read(&mut step) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map_err(|_| none_such(coding))?,
        };
        if read == 0 {
            return Ok(out);
        }
        if out.len() + read > limit {
            return Err(too_large(limit));
        }
        out.extend_from_slice(&step[..read]);
    }
}

#[cfg(test)]
mod tests {
    use fhir::Kind;

    use super::{Coding, unpack};

    #[test]
    fn an_answer_is_packed_only_for_who_can_unpack_it() {
        for (header, expected) in [
            ("deflate, gzip;q=0.5", Some(Coding::Gzip)),
            ("*", Some(Coding::Zstd)),
            ("gzip, zstd", Some(Coding::Zstd)),
            ("gzip, zstd;q=0.5", Some(Coding::Gzip)),
            ("*, zstd;q=0", Some(Coding::Gzip)),
            ("GZIP", Some(Coding::Gzip)),
            ("gzip;q=0", None),
            ("gzip;q=x", None),
            ("br", None),
            ("identity", None),
            ("", None),
        ] {
            assert_eq!(Coding::accepted(header), expected, "{header}");
        }
    }

    #[test]
    fn what_was_packed_is_unpacked_up_to_the_limit() {
        let zeros = vec![b'0'; 1_000_000];
        for coding in [Coding::Gzip, Coding::Zstd] {
            let packed = coding.pack(&zeros).unwrap().to_vec();
            assert!(packed.len() < 10_000);
            let name = Some(coding.as_str());
            assert_eq!(unpack(packed.clone(), name, 1_000_000).unwrap().len(), 1_000_000);
            assert_eq!(unpack(packed.clone(), name, 999_999).unwrap_err().kind, Kind::TooLarge);
            let torn = packed[..packed.len() / 2].to_vec();
            assert_eq!(unpack(torn, name, 1_000_000).unwrap_err().kind, Kind::Invalid);
            assert_eq!(unpack(b"x".to_vec(), name, 10).unwrap_err().kind, Kind::Invalid);
        }
        assert_eq!(unpack(zeros, Some("br"), 10).unwrap_err().kind, Kind::MediaType);
    }
}

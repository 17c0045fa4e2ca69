//! A reply goes out: packed where that helps, with the headers that every answer has.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use interactions::Body;

use super::packing::Coding;
use super::response::Reply;
use super::site::Site;

/// Shorter bodies are not worth packing.
const PACKED_BYTES_MIN: usize = 1024;

/// Headers of every answer that does not say otherwise itself: nothing that was stored here may
/// run, be guessed at, framed, or kept by a cache.
const ALWAYS: [(&str, &str); 5] = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Vary", "Accept, Accept-Encoding, Origin, Prefer"),
];

/// The response to a request.
pub(crate) fn response(
    site: &Site,
    request: &HttpRequest,
    mut reply: Reply,
    request_id: &str,
) -> HttpResponse {
    let origin = request.headers().get("Origin").and_then(|value| value.to_str().ok());
    reply.headers.extend(site.cors.headers(origin));
    reply.headers.push(("X-Request-Id", request_id.to_owned()));
    let accepted = request.headers().get("Accept-Encoding").and_then(|value| value.to_str().ok());
    if reply.body.len() >= PACKED_BYTES_MIN
        && is_text(&reply)
        && let Some(coding) = accepted.and_then(Coding::accepted)
        && let Some(packed) = coding.pack(&reply.body.whole())
    {
        reply.body = packed.into();
        reply.headers.push(("Content-Encoding", coding.as_str().to_owned()));
    }
    for (name, value) in ALWAYS {
        if !reply.headers.iter().any(|(held, _)| *held == name) {
            reply.headers.push((name, value.to_owned()));
        }
    }
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::new(status).set_body(Pieces::new(reply.body));
    for (name, value) in reply.headers {
        // Values are made of ASCII; one that were not would be left out rather than split.
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value))
        {
            response.headers_mut().insert(name, value);
        }
    }
    response.map_into_boxed_body()
}

/// A body that goes out piece by piece, its length known.
struct Pieces {
    pieces: std::vec::IntoIter<Bytes>,
    left: u64,
}

impl Pieces {
    fn new(body: Body) -> Self {
        Self { left: body.len() as u64, pieces: body.into_pieces().into_iter() }
    }
}

impl MessageBody for Pieces {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.left)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let next = self.pieces.find(|piece| !piece.is_empty());
        self.left -= next.as_ref().map_or(0, |piece| piece.len() as u64);
        Poll::Ready(next.map(Ok))
    }
}

/// Length of a response's body, in bytes.
pub(crate) fn length(response: &HttpResponse) -> u64 {
    match response.body().size() {
        BodySize::Sized(length) => length,
        BodySize::None | BodySize::Stream => 0,
    }
}

/// Images and the like are packed already.
fn is_text(reply: &Reply) -> bool {
    let content_type = reply.headers.iter().find(|(name, _)| *name == "Content-Type");
    content_type.is_some_and(|(_, value)| {
        value.starts_with("text/") || value.contains("json") || value.contains("xml")
    })
}

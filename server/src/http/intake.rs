//! What a request carries, taken in under its limits: parameters, headers, body.

use std::time::Duration;

use actix_web::rt::time::timeout;
use actix_web::{HttpRequest, web};
use fhir::search::query::decode_pairs;
use fhir::{Kind, Outcome};
use futures_util::StreamExt;

use super::body::{self, Body, Purpose};
use super::conditions::{self, Conditions, Preferences};
use super::date;
use super::request::{Content, Pairs};
use super::router::{Parts, Word};
use super::site::{Limits, Site};

/// A page link may be longer than other addresses: it holds its whole search.
const PAGE_LINK_BYTES_MAX: usize = 64 * 1024;

/// Bodies over this length are read aside, so that other connections need not wait.
const ASIDE_BYTES: usize = 256 * 1024;

/// A body whose next part does not come within this time is given up.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The parameters of the address.
pub(crate) fn pairs(request: &HttpRequest, limits: Limits) -> Result<Pairs, Outcome> {
    let query = request.uri().query().unwrap_or_default();
    let length = request.uri().path().len() + query.len();
    if length > PAGE_LINK_BYTES_MAX.max(limits.url_bytes) {
        return Err(too_long(PAGE_LINK_BYTES_MAX.max(limits.url_bytes)));
    }
    let pairs = decode_pairs(query)?;
    if length > limits.url_bytes && value(&pairs, "_page").is_none() {
        return Err(too_long(limits.url_bytes));
    }
    Ok(pairs)
}

fn too_long(limit: usize) -> Outcome {
    Outcome::new(
        Kind::TooLarge,
        format!(
            "The address is longer than {limit} bytes: send a long search as a form, POST \
             [type]/_search."
        ),
    )
}

/// The first value of a parameter.
pub(crate) fn value<'p>(pairs: &'p Pairs, name: &str) -> Option<&'p str> {
    pairs.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
}

/// `_pretty`
pub(crate) fn is_pretty(pairs: &Pairs) -> Result<bool, Outcome> {
    match value(pairs, "_pretty") {
        None | Some("false") => Ok(false),
        Some("true" | "") => Ok(true),
        Some(_) => Err(Outcome::invalid("_pretty is true or false.").at("_pretty")),
    }
}

/// A header's first value, if it can be read.
pub(crate) fn header<'r>(request: &'r HttpRequest, name: &str) -> Option<&'r str> {
    request.headers().get(name)?.to_str().ok()
}

/// A header that counts only where it is given once and can be read: what a client relies on is
/// not guessed.
fn single<'r>(request: &'r HttpRequest, name: &str) -> Result<Option<&'r str>, Outcome> {
    let mut all = request.headers().get_all(name);
    let Some(first) = all.next() else { return Ok(None) };
    let readable = first.to_str().ok().filter(|_| all.next().is_none());
    readable.map(Some).ok_or_else(|| {
        Outcome::invalid(format!("{name} is given more than once, or not in ASCII.")).at(name)
    })
}

/// All that the client accepts; anything, where it does not say.
pub(crate) fn accept(request: &HttpRequest) -> String {
    let all: Vec<&str> =
        request.headers().get_all("Accept").filter_map(|value| value.to_str().ok()).collect();
    if all.is_empty() { "*/*".to_owned() } else { all.join(", ") }
}

/// All `Prefer` headers.
pub(crate) fn preferences(request: &HttpRequest) -> Preferences {
    let headers = request.headers().get_all("Prefer");
    conditions::preferences(headers.filter_map(|value| value.to_str().ok()))
}

/// The headers that make conditions.
pub(crate) fn conditions(request: &HttpRequest) -> Result<Conditions, Outcome> {
    let known = single(request, "If-None-Match")?;
    let since = single(request, "If-Modified-Since")?;
    Ok(Conditions {
        if_match: single(request, "If-Match")?
            .map(|text| conditions::version("If-Match", text))
            .transpose()?,
        if_none_match: known
            .map(|text| conditions::known_versions("If-None-Match", text))
            .transpose()?
            .unwrap_or_default(),
        // RFC 9110: what is no date is as if it were not there.
        if_modified_since_us: since.and_then(date::parse),
        if_none_exist: single(request, "If-None-Exist")?
            .map(|text| conditions::if_none_exist("If-None-Exist", text))
            .transpose()?,
    })
}

/// The body, read as what it is where it is sent.
pub(crate) async fn content(
    site: &Site,
    request: &HttpRequest,
    payload: web::Payload,
    word: Word,
    parts: &Parts,
) -> Result<Content, Outcome> {
    let limit = site.limits.body_bytes;
    let packed = bytes(request, payload, limit).await?;
    let is_taken = matches!(request.method().as_str(), "POST" | "PUT" | "PATCH");
    if packed.is_empty() || !is_taken {
        return Ok(Content::Nothing);
    }
    let body = Body {
        bytes: body::unpack(packed, single(request, "Content-Encoding")?, limit)?,
        content_type: single(request, "Content-Type")?.map(str::to_owned),
        security_context: single(request, "X-Security-Context")?.map(str::to_owned),
    };
    let purpose = Purpose { word, resource: parts.resource.clone(), id: parts.id.clone() };
    let schema = site.schema;
    if body.bytes.len() < ASIDE_BYTES {
        return body::content(body, &purpose, schema);
    }
    let read = web::block(move || body::content(body, &purpose, schema)).await;
    read.map_err(|error| Outcome::new(Kind::Unavailable, "The server is stopping.").because(error))?
}

async fn bytes(
    request: &HttpRequest,
    mut payload: web::Payload,
    limit: usize,
) -> Result<Vec<u8>, Outcome> {
    let announced = header(request, "Content-Length").and_then(|text| text.parse().ok());
    if announced.is_some_and(|length: usize| length > limit) {
        return Err(body::too_large(limit));
    }
    let mut bytes = Vec::with_capacity(announced.unwrap_or(0).min(1 << 20));
    let stalled = || Outcome::new(Kind::Timeout, "The body did not go on arriving.");
    while let Some(chunk) = timeout(BODY_TIMEOUT, payload.next()).await.map_err(|_| stalled())? {
        let chunk =
            chunk.map_err(|error| Outcome::invalid("The body broke off.").because(error))?;
        if bytes.len() + chunk.len() > limit {
            return Err(body::too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

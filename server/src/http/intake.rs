//! What a request carries, taken in under its limits: parameters, headers, body.

use std::panic::resume_unwind;
use std::time::Duration;

use actix_web::rt::task::spawn_blocking;
use actix_web::rt::time::{Instant, timeout};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, web};
use fhir::search::query::decode_pairs;
use fhir::{Kind, Outcome};
use futures_util::{Stream, StreamExt};

use super::body::{self, Body, Purpose};
use super::conditions::{self, Conditions, Preferences};
use super::date;
use super::packing;
use super::request::{Content, Pairs};
use super::router::{Parts, Word};
use super::site::{Limits, Site};

/// A page link may be longer than other addresses: it holds its whole search.
const PAGE_LINK_BYTES_MAX: usize = 64 * 1024;

/// Bodies over this length are read aside, so that other connections need not wait.
pub(crate) const ASIDE_BYTES: usize = 256 * 1024;

/// How slowly a body may arrive.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// A body whose next part does not come within this time is given up.
    pause: Duration,
    /// A body may take this long, and a second more for each [`Patience::BYTES_PER_S`].
    whole: Duration,
}

impl Patience {
    /// Slower than any line that a client is on; faster than one byte now and then.
    const BYTES_PER_S: usize = 16 * 1024;

    const USUAL: Self = Self { pause: Duration::from_secs(30), whole: Duration::from_secs(60) };
}

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
    let encoding = single(request, "Content-Encoding")?.map(str::to_owned);
    let content_type = single(request, "Content-Type")?.map(str::to_owned);
    let security_context = single(request, "X-Security-Context")?.map(str::to_owned);
    let purpose = Purpose { word, resource: parts.resource.clone(), id: parts.id.clone() };
    let schema = site.schema;
    // What is packed may be long once it is unpacked.
    let is_long = packed.len() > ASIDE_BYTES || encoding.is_some();
    let read = move || {
        let bytes = packing::unpack(packed, encoding.as_deref(), limit)?;
        body::content(Body { bytes, content_type, security_context }, &purpose, schema)
    };
    if is_long { aside(read).await } else { read() }
}

/// Runs what takes long on a thread that serves no connections. A panic there is one here.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Outcome> + Send + 'static,
) -> Result<T, Outcome> {
    spawn_blocking(work).await.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(error) => {
            Err(Outcome::new(Kind::Unavailable, "The server is stopping.").because(error))
        }
    })
}

async fn bytes(
    request: &HttpRequest,
    payload: web::Payload,
    limit: usize,
) -> Result<Vec<u8>, Outcome> {
    let announced = header(request, "Content-Length").and_then(|text| text.parse().ok());
    if announced.is_some_and(|length: usize| length > limit) {
        return Err(body::too_large(limit));
    }
    let payload = payload.map(|chunk| chunk.map_err(|error| error.to_string()));
    gather(payload, announced.unwrap_or(0), limit, Patience::USUAL).await
}

async fn gather(
    mut payload: impl Stream<Item = Result<Bytes, String>> + Unpin,
    announced: usize,
    limit: usize,
    patience: Patience,
) -> Result<Vec<u8>, Outcome> {
    let begun = Instant::now();
    let mut bytes = Vec::with_capacity(announced.min(1 << 20));
    let stalled = || Outcome::new(Kind::Timeout, "The body did not go on arriving.");
    loop {
        let earned_s = u64::try_from(bytes.len() / Patience::BYTES_PER_S).unwrap_or(u64::MAX);
        let whole = begun + patience.whole + Duration::from_secs(earned_s);
        let left = whole.saturating_duration_since(Instant::now()).min(patience.pause);
        let next = timeout(left, payload.next()).await.map_err(|_| stalled())?;
        let Some(chunk) = next else { return Ok(bytes) };
        let chunk =
            chunk.map_err(|error| Outcome::invalid("The body broke off.").because(error))?;
        if bytes.len() + chunk.len() > limit {
            return Err(body::too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
        if Instant::now() > whole {
            return Err(stalled());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_web::rt::time::sleep;
    use actix_web::web::Bytes;
    use fhir::{Kind, Outcome};
    use futures_util::{FutureExt, StreamExt, stream};

    use super::{Patience, aside, gather};

    const SHORT: Patience =
        Patience { pause: Duration::from_millis(200), whole: Duration::from_millis(20) };

    #[actix_web::test]
    async fn a_body_that_stops_or_drips_is_given_up() {
        let part = || Ok(Bytes::from_static(b"x"));
        let whole = stream::iter([part(), part()]);
        assert_eq!(gather(whole, 2, 10, SHORT).await.unwrap(), b"xx");
        let stopped = stream::iter([part()]).chain(stream::pending());
        assert_eq!(gather(stopped, 2, 10, SHORT).await.unwrap_err().kind, Kind::Timeout);
        let drip = stream::repeat_with(part).then(|part| async {
            sleep(Duration::from_millis(1)).await;
            part
        });
        let dripped = gather(Box::pin(drip), 0, 1_000_000, SHORT).await;
        assert_eq!(dripped.unwrap_err().kind, Kind::Timeout);
    }

    #[actix_web::test]
    async fn a_panic_aside_is_one_of_the_request() {
        assert_eq!(aside(|| Ok(1)).await.unwrap(), 1);
        let panicked = aside(|| -> Result<(), Outcome> { panic!("on purpose") });
        assert!(std::panic::AssertUnwindSafe(panicked).catch_unwind().await.is_err());
    }
}

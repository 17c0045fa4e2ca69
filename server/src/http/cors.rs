//! Browser apps from other origins: [CORS], without credentials.
//!
//! [CORS]: https://fetch.spec.whatwg.org/#http-cors-protocol

/// Headers that a script may read.
const SHOWN: &str = "ETag, Location, Last-Modified, Allow, Retry-After, X-Request-Id, \
                     X-Security-Context, Content-Disposition";

/// Headers that a script may send.
const TAKEN: &str = "Accept, Authorization, Content-Encoding, Content-Type, If-Match, \
                     If-Modified-Since, If-None-Exist, If-None-Match, Prefer, X-Request-Id, \
                     X-Security-Context";

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// A browser asks again after this many seconds.
const AGE_S: &str = "86400";

/// Which origins may ask.
#[derive(Debug)]
pub(crate) struct Cors {
    origins: Vec<String>,
    is_any: bool,
}

impl Cors {
    pub(crate) fn new(origins: &[String]) -> Self {
        Self { origins: origins.to_vec(), is_any: origins.iter().any(|origin| origin == "*") }
    }

    /// Headers of every answer to this origin; none where it may not ask.
    pub(crate) fn headers(&self, origin: Option<&str>) -> Vec<(&'static str, String)> {
        let Some(origin) = origin else { return Vec::new() };
        let allowed = if self.is_any {
            "*"
        } else if self.origins.iter().any(|known| known == origin) {
            origin
        } else {
            return Vec::new();
        };
        vec![
            ("Access-Control-Allow-Origin", allowed.to_owned()),
            ("Access-Control-Expose-Headers", SHOWN.to_owned()),
        ]
    }

    /// Headers of the answer to a preflight besides [`Cors::headers`].
    pub(crate) fn preflight() -> Vec<(&'static str, String)> {
        vec![
            ("Access-Control-Allow-Methods", METHODS.to_owned()),
            ("Access-Control-Allow-Headers", TAKEN.to_owned()),
            ("Access-Control-Max-Age", AGE_S.to_owned()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::Cors;

    #[test]
    fn only_known_origins_are_let_in() {
        let origin = |cors: &Cors, origin| cors.headers(Some(origin)).first().cloned();
        let any = Cors::new(&["*".to_owned()]);
        assert_eq!(origin(&any, "https://a").unwrap().1, "*");
        let one = Cors::new(&["https://a".to_owned()]);
        assert_eq!(origin(&one, "https://a").unwrap().1, "https://a");
        assert_eq!(origin(&one, "https://a.evil"), None);
        assert!(one.headers(None).is_empty());
        assert!(Cors::new(&[]).headers(Some("https://a")).is_empty());
    }
}

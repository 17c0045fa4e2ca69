//! HTTP as a client of the server sees it.

use std::time::Duration;

use serde_json::Value;

/// Sends requests to one FHIR base, over kept connections.
#[derive(Debug, Clone)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
}

/// A request that is being put together.
#[derive(Debug, Clone)]
pub struct Request {
    agent: ureq::Agent,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    request: String,
}

impl Client {
    /// A client of this base.
    #[must_use]
    pub fn new(base: &str) -> Self {
        let configuration = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(120)))
            .build();
        Self { agent: configuration.into(), base: base.to_owned() }
    }

    /// The base, without a slash at its end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A request of this method for a path under the base, or for a whole URL.
    #[must_use]
    pub fn request(&self, method: &str, path: &str) -> Request {
        let url = if path.starts_with("http://") {
            path.to_owned()
        } else if path.is_empty() || path.starts_with('?') {
            format!("{}{path}", self.base)
        } else {
            format!("{}/{path}", self.base)
        };
        Request {
            agent: self.agent.clone(),
            method: method.to_owned(),
            url,
            headers: Vec::new(),
            body: None,
        }
    }
}

impl Request {
    /// With this header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this FHIR JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body("application/fhir+json", body.to_string())
    }

    /// With this body of this media type.
    #[must_use]
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.headers.push(("Content-Type".to_owned(), media_type.to_owned()));
        self.body = Some(body.into());
        self
    }

    /// Sends it.
    ///
    /// # Panics
    /// When there is no answer at all.
    #[must_use]
    pub fn send(self) -> Response {
        let name = format!("{} {}", self.method, self.url);
        self.try_send().unwrap_or_else(|error| panic!("{name}: no answer: {error}"))
    }

    /// Sends it.
    ///
    /// # Errors
    /// When there is no whole answer: the server went away.
    pub fn try_send(self) -> Result<Response, String> {
        let request = format!("{} {}", self.method, self.url);
        let mut builder = ureq::http::Request::builder().method(&*self.method).uri(&self.url);
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        let answer = match self.body {
            Some(body) => {
                let request = builder.body(body).map_err(|error| error.to_string())?;
                self.agent.run(request)
            }
            None => {
                let request = builder.body(()).map_err(|error| error.to_string())?;
                self.agent.run(request)
            }
        };
        let mut answer = answer.map_err(|error| error.to_string())?;
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let status = answer.status().as_u16();
        let body = answer
            .body_mut()
            .with_config()
            .limit(1 << 30)
            .read_to_vec()
            .map_err(|error| error.to_string())?;
        Ok(Response { status, headers, body, request })
    }
}

impl Response {
    /// The same response, if it has this status.
    ///
    /// # Panics
    /// When it has another one; the text shows the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.request, self.text());
        self
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error}: {}", self.request, self.text()))
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let is_it = |(held, _): &&(String, String)| held.eq_ignore_ascii_case(name);
        self.headers.iter().find(is_it).map(|(_, value)| value.as_str())
    }

    /// The id of the resource in the body.
    ///
    /// # Panics
    /// When it has none.
    #[must_use]
    #[track_caller]
    pub fn id(&self) -> String {
        self.json()["id"].as_str().expect("the body has an id").to_owned()
    }

    /// Ids of a Bundle's entries of this search mode, in order, as `Type/id`.
    #[must_use]
    #[track_caller]
    pub fn entries(&self, mode: &str) -> Vec<String> {
        let bundle = self.json();
        let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
        entries
            .iter()
            .filter(|entry| entry["search"]["mode"] == mode)
            .map(|entry| {
                let resource = &entry["resource"];
                format!(
                    "{}/{}",
                    resource["resourceType"].as_str().unwrap_or_default(),
                    resource["id"].as_str().unwrap_or_default()
                )
            })
            .collect()
    }

    /// The link of this relation of a Bundle.
    #[must_use]
    #[track_caller]
    pub fn link(&self, relation: &str) -> Option<String> {
        let bundle = self.json();
        let links = bundle["link"].as_array()?;
        let link = links.iter().find(|link| link["relation"] == relation)?;
        link["url"].as_str().map(str::to_owned)
    }

    /// All diagnostics of the OperationOutcome in the body.
    #[must_use]
    #[track_caller]
    pub fn diagnostics(&self) -> String {
        let outcome = self.json();
        assert_eq!(outcome["resourceType"], "OperationOutcome", "{}", self.text());
        let issues = outcome["issue"].as_array().cloned().unwrap_or_default();
        let texts: Vec<&str> =
            issues.iter().filter_map(|issue| issue["diagnostics"].as_str()).collect();
        texts.join("\n")
    }
}

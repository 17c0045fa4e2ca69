//! Where an import loads to: the door of this process, or a server's address.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use fhir::json::{Json, Value};
use fhir::{Kind, Outcome};
use interactions::{
    BundleSubmission, Caller, Create, Door, Interaction, Returned, Target as Written, Update,
};
use tokio::runtime::Handle;

/// A busy target is asked again so many times, with a pause that grows.
const ATTEMPTS: u32 = 6;

const PAUSE: Duration = Duration::from_millis(100);

/// Longest answer of a server that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Where to.
pub(crate) enum Target {
    Door { door: Arc<dyn Door>, caller: Caller, runtime: Handle },
    Server { agent: ureq::Agent, base: String },
}

/// What is sent.
#[derive(Debug)]
pub(crate) enum Sent<'a> {
    /// A batch or transaction.
    Bundle(&'a str),
    /// A resource under its id.
    Update { resource: &'a str, id: &'a str, body: &'a str },
    /// A resource without an id.
    Create { resource: &'a str, body: &'a str },
}

/// Why a request was refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// Try again: nothing is wrong with what was sent.
    is_passing: bool,
    pub(crate) reason: String,
}

impl Target {
    /// Of a running server. `url` may name its FHIR base or only the server.
    pub(crate) fn server(url: &str, tenant: Option<&str>) -> Result<Self, String> {
        let url = url.trim_end_matches('/');
        if !url.starts_with("http://") {
            return Err(format!(
                "{url} is no http:// address: this program speaks plain HTTP to a server, on the \
                 same machine or through a tunnel."
            ));
        }
        let base = match tenant {
            _ if url.ends_with("/fhir") => url.to_owned(),
            Some(tenant) => format!("{url}/{tenant}/fhir"),
            None => format!("{url}/fhir"),
        };
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        let agent = ureq::Agent::from(config);
        // Found out once and not for every line.
        if let Err(error) = agent.get(format!("{base}/metadata")).call() {
            return Err(format!("there is no answer from {base}: {error}."));
        }
        Ok(Self::Server { agent, base })
    }

    /// Sends it and gives the body of the answer.
    pub(crate) fn send(&self, sent: &Sent<'_>) -> Result<String, String> {
        let mut pause = PAUSE;
        for _ in 1..ATTEMPTS {
            match self.try_send(sent) {
                Err(refusal) if refusal.is_passing => thread::sleep(pause),
                done => return done.map_err(|refusal| refusal.reason),
            }
            pause *= 2;
        }
        self.try_send(sent).map_err(|refusal| refusal.reason)
    }

    fn try_send(&self, sent: &Sent<'_>) -> Result<String, Refusal> {
        match self {
            Target::Door { door, caller, runtime } => {
                let interaction = interaction(sent)?;
                let answer = runtime.block_on(door.perform(caller, interaction));
                let body = answer.map_err(|outcome| of_outcome(&outcome))?.body;
                Ok(String::from_utf8_lossy(&body.whole()).into_owned())
            }
            Target::Server { agent, base } => post(agent, base, sent),
        }
    }
}

fn interaction(sent: &Sent<'_>) -> Result<Interaction, Refusal> {
    let parse = |text: &str| {
        Json::parse(text).map_err(|error| Refusal { is_passing: false, reason: error.to_string() })
    };
    Ok(match sent {
        Sent::Bundle(body) => Interaction::Bundle(BundleSubmission {
            body: parse(body)?,
            returned: Returned::Minimal,
        }),
        Sent::Update { resource, id, body } => Interaction::Update(Update {
            resource: Arc::from(*resource),
            target: Written::Id(Arc::from(*id)),
            body: parse(body)?,
            if_match: None,
        }),
        Sent::Create { resource, body } => Interaction::Create(Create {
            resource: Arc::from(*resource),
            body: parse(body)?,
            unless_exists: None,
        }),
    })
}

fn of_outcome(outcome: &Outcome) -> Refusal {
    let is_passing = matches!(outcome.kind, Kind::Unavailable | Kind::Throttled);
    let source = outcome.source.as_ref().map_or_else(String::new, |source| format!(" [{source}]"));
    Refusal { is_passing, reason: format!("{outcome}{source}") }
}

fn post(agent: &ureq::Agent, base: &str, sent: &Sent<'_>) -> Result<String, Refusal> {
    const FHIR: &str = "application/fhir+json";
    let failed = |error: ureq::Error| Refusal { is_passing: false, reason: error.to_string() };
    let (request, body) = match sent {
        Sent::Bundle(body) => (agent.post(base), body),
        Sent::Update { resource, id, body } => (agent.put(format!("{base}/{resource}/{id}")), body),
        Sent::Create { resource, body } => (agent.post(format!("{base}/{resource}")), body),
    };
    let mut answer = request
        .header("Content-Type", FHIR)
        .header("Accept", FHIR)
        .header("Prefer", "return=minimal")
        .send(*body)
        .map_err(failed)?;
    let status = answer.status().as_u16();
    let text = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
    let text = text.map_err(failed)?;
    if (200..300).contains(&status) {
        return Ok(text);
    }
    let said = Json::parse(text.as_str()).map(|json| diagnostics(json.root())).unwrap_or_default();
    let reason = format!("status {status}: {said}");
    Err(Refusal { is_passing: matches!(status, 429 | 503), reason })
}

/// All that an OperationOutcome says, in one line.
pub(crate) fn diagnostics(outcome: Value<'_>) -> String {
    let said: Vec<String> = outcome
        .list("issue")
        .filter_map(|issue| {
            let text = issue.str("diagnostics").or_else(|| issue.str("code"))?;
            let place = issue.list("expression").next().and_then(Value::as_str);
            Some(place.map_or_else(|| text.to_string(), |place| format!("{text} ({place})")))
        })
        .collect();
    said.join("; ")
}

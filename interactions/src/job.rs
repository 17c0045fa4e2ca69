//! The life cycle of a job: a [Task] that was asked for, is carried out, and ends.
//!
//! A job is an operation that runs later. What is to be known of it stands in its Task, so that it
//! goes on after a restart, and everybody may read how far it is or cancel it.
//!
//! [Task]: https://hl7.org/fhir/R4/task.html

use std::sync::Arc;

use fhir::json::{Json, Tree, Value};
use fhir::primitive::DateTime;
use fhir::{Kind, Outcome};

use crate::{
    Caller, Door, Interaction, Key, Performer, Read, Search, SearchScope, Target, Update, clock,
    reindex,
};

/// The system of the codes that Tasks of the server's own jobs have.
pub const JOB_CODES: &str = "urn:brigid:job";
/// The code of a job that indexes resources anew.
pub const REINDEX: &str = "reindex";

/// How often a Task is written again when somebody else writes it at the same time.
const ATTEMPTS: usize = 8;

impl Performer {
    /// Performs the jobs that wait, the oldest first, until none does. Jobs that a process before
    /// this one began are among them.
    ///
    /// # Errors
    /// When the store fails; the job is still to be done then.
    pub async fn perform_jobs(&self) -> Result<(), Outcome> {
        let caller = self.job_caller();
        while let Some(key) = next(self, &caller).await? {
            let Some(job) = Job::begin(self, &caller, key).await? else { continue };
            reindex::perform(self, job).await?;
        }
        Ok(())
    }

    /// Done when a Task was written since the last time.
    pub async fn job_posted(&self) {
        self.catalogs.jobs.notified().await;
    }

    /// Jobs are the server's own: they were permitted when their Tasks were made.
    pub(crate) fn job_caller(&self) -> Caller {
        let base = self.settings.bases.first().map_or("", String::as_str);
        Caller { base: base.into(), request_id: "job".into(), is_lenient: false }
    }
}

/// The oldest Task of a job that is not done.
async fn next(performer: &Performer, caller: &Caller) -> Result<Option<Key>, Outcome> {
    let parameter = |name: &str, value: String| (name.to_owned(), value);
    let search = Search {
        scope: SearchScope::Type("Task".into()),
        parameters: vec![
            parameter("code", format!("{JOB_CODES}|{REINDEX}")),
            parameter("status", "requested,in-progress".to_owned()),
            parameter("_count", "1".to_owned()),
        ],
    };
    let answer = performer.perform(caller, Interaction::Search(search)).await?;
    let bundle = parse(answer.body.to_vec())?;
    let entry = bundle.root().list("entry").next();
    let id = entry.and_then(|entry| entry.get("resource")?.str("id").map(|id| id.into_owned()));
    Ok(id.map(|id| Key::new("Task", id)))
}

fn parse(body: Vec<u8>) -> Result<Json, Outcome> {
    Json::parse(body)
        .map_err(|error| Outcome::new(Kind::Fault, "A stored resource is damaged.").because(error))
}

/// A job under way.
pub(crate) struct Job<'a> {
    performer: &'a Performer,
    caller: &'a Caller,
    key: Key,
    task: Tree,
}

impl<'a> Job<'a> {
    /// Takes a Task up: it is in progress from now on. `None` when there is nothing to do.
    async fn begin(
        performer: &'a Performer,
        caller: &'a Caller,
        key: Key,
    ) -> Result<Option<Job<'a>>, Outcome> {
        let mut job = Self { performer, caller, key, task: Tree::object() };
        let is_open = job
            .change(|task| {
                task.set("status", Tree::string("in-progress"));
                if task.get("executionPeriod").is_none() {
                    let mut period = Tree::object();
                    period.set("start", now());
                    task.set("executionPeriod", period);
                }
            })
            .await?;
        Ok(is_open.then_some(job))
    }

    /// The type and id that the Task is about.
    pub(crate) fn focus(&self) -> Option<String> {
        Some(self.task.get("focus")?.get("reference")?.as_str()?.to_owned())
    }

    /// The values of an input.
    pub(crate) fn inputs(&self, name: &str) -> Vec<String> {
        let inputs = self.task.get("input").map(Tree::items).unwrap_or_default();
        let named = inputs.iter().filter(|input| {
            let text = input.get("type").and_then(|kind| kind.get("text"));
            text.and_then(Tree::as_str) == Some(name)
        });
        let value = |input: &Tree| {
            ["valueString", "valueUri", "valueCode"]
                .iter()
                .find_map(|name| input.get(name)?.as_str().map(str::to_owned))
        };
        named.filter_map(value).collect()
    }

    /// Says how many resources are done. `false`: somebody ended the job.
    pub(crate) async fn progress(&mut self, resources: usize) -> Result<bool, Outcome> {
        self.change(|task| set_output(task, resources, None)).await
    }

    pub(crate) async fn complete(mut self, resources: usize, note: &str) -> Result<(), Outcome> {
        self.change(|task| {
            set_output(task, resources, Some(note));
            end(task, "completed");
        })
        .await?;
        Ok(())
    }

    /// Ends the Task for a reason that people can read.
    pub(crate) async fn fail(mut self, reason: &str) -> Result<(), Outcome> {
        self.change(|task| {
            let mut text = Tree::object();
            text.set("text", Tree::string(reason));
            task.set("statusReason", text);
            end(task, "failed");
        })
        .await?;
        Ok(())
    }

    /// Writes a change of the Task, on top of what others write. `false` when it is not open.
    async fn change(&mut self, change: impl Fn(&mut Tree)) -> Result<bool, Outcome> {
        for _ in 0..ATTEMPTS {
            let read = Read {
                key: self.key.clone(),
                unless_versions: Vec::new(),
                unless_since_us: None,
                parameters: Vec::new(),
            };
            let answer = match self.performer.perform(self.caller, Interaction::Read(read)).await {
                Ok(answer) => answer,
                Err(outcome) if matches!(outcome.kind, Kind::NotFound | Kind::Gone) => {
                    return Ok(false);
                }
                Err(outcome) => return Err(outcome),
            };
            let json = parse(answer.body.to_vec())?;
            let status = json.root().str("status");
            if !matches!(status.as_deref(), Some("requested" | "in-progress")) {
                return Ok(false);
            }
            let version = json.root().at(&["meta", "versionId"]).and_then(Value::as_str);
            let if_match = version.map(|version| version.into_owned());
            let mut task = Tree::from(json.root());
            change(&mut task);
            task.set("lastModified", now());
            if self.write(&task, if_match).await? {
                self.task = task;
                return Ok(true);
            }
        }
        Err(Outcome::new(Kind::Conflict, "Others keep writing the Task of a job."))
    }

    async fn write(&self, task: &Tree, if_match: Option<String>) -> Result<bool, Outcome> {
        let body = task.to_json().map_err(|error| Outcome::invalid(error.to_string()))?;
        let target = Target::Id(self.key.id.clone());
        let update = Update { resource: Arc::from("Task"), target, body, if_match };
        match self.performer.perform(self.caller, Interaction::Update(update)).await {
            Ok(_) => Ok(true),
            Err(outcome) if outcome.kind == Kind::Precondition => Ok(false),
            Err(outcome) => Err(outcome),
        }
    }
}

fn now() -> Tree {
    Tree::string(DateTime::instant_text(clock::now_us()))
}

fn end(task: &mut Tree, status: &str) {
    task.set("status", Tree::string(status));
    if let Some(period) = task.get_mut("executionPeriod") {
        period.set("end", now());
    }
}

fn set_output(task: &mut Tree, resources: usize, note: Option<&str>) {
    let output = |name: &str, value: &str, of: Tree| {
        let (mut output, mut kind) = (Tree::object(), Tree::object());
        kind.set("text", Tree::string(name));
        output.set("type", kind);
        output.set(value, of);
        output
    };
    let count = Tree::Number(resources.to_string());
    let mut outputs = vec![output("resources", "valueUnsignedInt", count)];
    outputs.extend(note.map(|note| output("note", "valueString", Tree::string(note))));
    task.set("output", Tree::Array(outputs));
}

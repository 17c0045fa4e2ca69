//! The [transaction] interaction: one permit over all entries, one commit, all or nothing.
//!
//! [transaction]: https://hl7.org/fhir/R4/http.html#transaction

mod conditions;
mod links;
mod plan;

use std::collections::{HashMap, HashSet};

use fhir::json::Value;
use fhir::{Issue, Kind, Outcome};
use storage::{
    Change, Check, Commit, Committed, Expected, Key, Refusal, StoreError, Version, Write,
};

use crate::conditional::{contended, is_overtaken};
use crate::policy::Permit;
use crate::read::current_many;
use crate::write::ATTEMPTS;
use crate::{Answer, BundleSubmission, Done, Interaction, batch, delete, patch, write};
use links::Links;
use plan::{Plan, Step};

/// One entry as it was sent.
struct Entry {
    index: usize,
    rank: u8,
    full_url: Option<String>,
    interaction: Interaction,
}

/// Entries by their place in the Bundle, for blaming.
impl Entry {
    /// The failure of this entry as the failure of the transaction.
    fn blame(&self, outcome: Outcome) -> Outcome {
        blame(outcome, self.index, self.full_url.as_deref())
    }
}

pub(crate) async fn transaction(
    permit: &Permit<'_>,
    submission: BundleSubmission,
) -> Result<Answer, Outcome> {
    let mut entries = read(permit, &submission)?;
    entries.sort_by_key(|entry| (entry.rank, entry.index));
    let done = commit(permit, &entries).await?;
    respond(permit, entries, done, submission.returned).await
}

/// Reads all entries; the Bundle's own rules first.
fn read(permit: &Permit<'_>, submission: &BundleSubmission) -> Result<Vec<Entry>, Outcome> {
    let values = batch::entries(permit, &submission.body)?;
    check_full_urls(&values)?;
    let mut entries = Vec::with_capacity(values.len());
    for (index, value) in values.into_iter().enumerate() {
        let full_url = value.str("fullUrl").map(|url| url.into_owned());
        let read = batch::read_entry(permit, value, index).and_then(|request| {
            let rank = batch::rank(&request.method);
            let interaction = permit.wire().interaction(request)?;
            batch::refuse_nested(&interaction)?;
            Ok((rank, interaction))
        });
        match read {
            Ok((rank, interaction)) => entries.push(Entry { index, rank, full_url, interaction }),
            Err(outcome) => return Err(blame(outcome, index, full_url.as_deref())),
        }
    }
    Ok(entries)
}

/// [bdl-7, bdl-8]: unique, not of a version; and not at odds with the resource's id.
///
/// [bdl-7, bdl-8]: https://hl7.org/fhir/R4/bundle.html#invs
fn check_full_urls(entries: &[Value<'_>]) -> Result<(), Outcome> {
    let mut seen = HashMap::new();
    for (index, entry) in entries.iter().enumerate() {
        let Some(url) = entry.str("fullUrl") else { continue };
        let wrong = |text: String| {
            Err(Outcome::invalid(format!("Entry {index} ({url}): {text}"))
                .at(format!("Bundle.entry[{index}].fullUrl")))
        };
        if url.contains("/_history/") {
            return wrong("a fullUrl names a resource, not one of its versions.".to_owned());
        }
        if let Some(first) = seen.insert(url.clone(), index) {
            return wrong(format!("entry {first} has the same fullUrl; each needs its own."));
        }
        let resource = entry.get("resource");
        let identity = resource.and_then(|r| Some((r.str("resourceType")?, r.str("id")?)));
        let is_put =
            entry.at(&["request", "method"]).and_then(Value::as_str).as_deref() == Some("PUT");
        if let Some((name, id)) = identity.filter(|_| is_put && url.starts_with("http"))
            && !url.ends_with(&format!("/{name}/{id}"))
        {
            return wrong(format!("the fullUrl of {name}/{id} must end with it."));
        }
    }
    Ok(())
}

/// Current versions by key, or why there is none.
type Known = HashMap<Key, Result<Version, Outcome>>;

/// A transaction that is done, but for its answer.
struct Settled {
    plan: Plan,
    /// What was read before the commit.
    known: Known,
    committed: Vec<Committed>,
}

/// Plans and commits; again from the start when others changed what the plan was built on.
async fn commit(permit: &Permit<'_>, entries: &[Entry]) -> Result<Settled, Outcome> {
    let references = links::conditional_references(permit, entries)?;
    for _ in 0..ATTEMPTS {
        let plan = Plan::make(permit, entries, &references).await?;
        let links = Links::resolve(permit, entries, &plan, &references)?;
        let known = current_many(permit, &plan.read()).await?;
        let batch = writes(permit, entries, &plan, links, &known)?;
        if batch.commit.writes.is_empty() && batch.commit.checks.is_empty() {
            return Ok(Settled { plan, known, committed: Vec::new() });
        }
        match write::commit(permit, batch.commit).await {
            Ok(committed) => return Ok(Settled { plan, known, committed }),
            Err(error) if is_overtaken(&error) => {}
            Err(StoreError::Refused { index, refusal }) => {
                let owner = match refusal {
                    Refusal::Version { .. } | Refusal::Present => batch.write_owners.get(index),
                    _ => batch.check_owners.get(index),
                };
                let owner = owner.copied().unwrap_or_default();
                if batch.may_retry.contains(&owner) {
                    continue;
                }
                let error = StoreError::Refused { index, refusal };
                return Err(entries[owner].blame(error.into()));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(contended())
}

/// A commit, and which entry each of its parts belongs to.
#[derive(Default)]
struct Batch {
    commit: Commit,
    write_owners: Vec<usize>,
    check_owners: Vec<usize>,
    /// Entries whose expected version is our own finding, not the client's wish.
    may_retry: Vec<usize>,
}

impl Batch {
    fn check(&mut self, owner: usize, checks: impl IntoIterator<Item = Check>) {
        for check in checks {
            self.commit.checks.push(check);
            self.check_owners.push(owner);
        }
    }

    fn write(&mut self, owner: usize, write: Write) {
        self.commit.writes.push(write);
        self.write_owners.push(owner);
    }
}

fn writes(
    permit: &Permit<'_>,
    entries: &[Entry],
    plan: &Plan,
    mut links: Links,
    known: &Known,
) -> Result<Batch, Outcome> {
    let mut batch = Batch::default();
    for (owner, check) in plan.checks() {
        batch.check(*owner, [check.clone()]);
    }
    batch.check(0, std::mem::take(&mut links.checks));
    for (owner, (entry, step)) in entries.iter().zip(&plan.steps).enumerate() {
        match step {
            Step::Put { key, expected, is_create } => {
                let body = links.rewritten(permit, entry).map_err(|o| entry.blame(o))?;
                let prepared =
                    write::prepare(permit, key.clone(), body).map_err(|o| entry.blame(o))?;
                let (write, checks) = prepared.into_write(permit, *expected, *is_create);
                batch.write(owner, write);
                batch.check(owner, checks);
            }
            Step::Patch { key, expected } => {
                let Interaction::Patch(request) = &entry.interaction else { continue };
                let version = of(known, key).map_err(|o| entry.blame(o))?;
                let prepared = patch::patched(permit, &version, &request.body, *expected)
                    .map_err(|o| entry.blame(o))?;
                let based_on = Expected::Version(version.version);
                let (write, checks) = prepared.into_write(permit, based_on, false);
                batch.write(owner, write);
                batch.check(owner, checks);
                if *expected == Expected::Any {
                    batch.may_retry.push(owner);
                }
            }
            Step::Delete { key: Some(key), expected } => {
                let write = Write { key: key.clone(), change: Change::Delete, expected: *expected };
                batch.write(owner, write);
                batch.check(owner, delete::checks(permit, key));
            }
            Step::Delete { key: None, .. } | Step::Existing { .. } | Step::Later => {}
        }
    }
    Ok(batch)
}

/// The response, in the order of the request. What only reads is performed now, on the state that
/// the transaction made.
async fn respond(
    permit: &Permit<'_>,
    entries: Vec<Entry>,
    settled: Settled,
    returned: crate::Returned,
) -> Result<Answer, Outcome> {
    let Settled { plan, mut known, committed } = settled;
    // What an entry found may be what another one has just written.
    let found: HashSet<&Key> = plan.existing().collect();
    for version in committed.iter().filter_map(|committed| committed.version.as_ref()) {
        if found.contains(&version.key) && !version.is_deleted() {
            known.insert(version.key.clone(), Ok(version.clone()));
        }
    }
    let mut committed = committed.into_iter();
    let mut answers = Vec::with_capacity(entries.len());
    let mut room = batch::Room::of(permit);
    for (entry, step) in entries.into_iter().zip(&plan.steps) {
        let answer = match step {
            Step::Put { .. } | Step::Patch { .. } | Step::Delete { key: Some(_), .. } => {
                let committed = committed.next().ok_or_else(|| {
                    Outcome::new(Kind::Fault, "The store gave too few results for a commit.")
                })?;
                written(step, committed)
            }
            Step::Delete { key: None, .. } => Ok(delete::nothing()),
            Step::Existing { key } => {
                of(&known, key).map(|version| Answer::of(Done::Existing, version))
            }
            Step::Later => match room.check() {
                Ok(()) => permit.door().perform(permit.caller(), entry.interaction).await,
                Err(outcome) => Err(outcome),
            },
        };
        room.take(&answer);
        answers.push((entry.index, answer));
    }
    answers.sort_by_key(|(index, _)| *index);
    let answers = answers.iter().map(|(_, answer)| answer);
    Ok(Answer::found(batch::respond(permit, "transaction-response", answers, returned)))
}

fn of(versions: &Known, key: &Key) -> Result<Version, Outcome> {
    let missing = || Err(Outcome::new(Kind::Fault, "A resource of the transaction was not read."));
    versions.get(key).cloned().unwrap_or_else(missing)
}

fn written(step: &Step, committed: Committed) -> Result<Answer, Outcome> {
    if matches!(step, Step::Delete { .. }) {
        return Ok(delete::answer(committed));
    }
    let done = if committed.is_new { Done::Created } else { Done::Updated };
    write::answer(committed, done)
}

/// Says of every issue which entry it belongs to.
fn blame(mut outcome: Outcome, index: usize, full_url: Option<&str>) -> Outcome {
    let place = format!("Bundle.entry[{index}]");
    let name = full_url.map_or_else(String::new, |url| format!(" ({url})"));
    for issue in &mut outcome.issues {
        adjust(issue, &place);
        issue.diagnostics = format!("Entry {index}{name}: {}", issue.diagnostics);
    }
    outcome
}

fn adjust(issue: &mut Issue, place: &str) {
    let within = match issue.expression.as_deref() {
        None => place.to_owned(),
        Some(expression) if expression.starts_with("Bundle.entry[") => expression.to_owned(),
        Some(expression) => match expression.split_once('.') {
            Some((root, rest)) if root.starts_with(|c: char| c.is_ascii_uppercase()) => {
                format!("{place}.resource.{rest}")
            }
            _ => format!("{place}.resource"),
        },
    };
    issue.expression = Some(within);
}

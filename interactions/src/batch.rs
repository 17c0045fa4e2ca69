//! The [batch] interaction: every entry by itself, each with its own answer.
//!
//! [batch]: https://hl7.org/fhir/R4/http.html#transaction

use std::collections::HashSet;

use fhir::bundle::{BundleEntry, BundleResponse, BundleWriter};
use fhir::json::{Json, Value};
use fhir::outcome::outcome_tree;
use fhir::{Issue, Kind, Outcome};
use futures_util::future::join_all;
use storage::Key;

use crate::policy::Permit;
use crate::{Answer, BundleSubmission, Done, EntryRequest, Interaction, Returned, envelope};

/// Writes that run together.
const WRITES_AT_ONCE: usize = 64;
/// Entries that run together where one may be answered with much.
const AT_ONCE: usize = 8;

/// Rank of the verb, index in the Bundle, and what is asked.
type Request = (u8, usize, Interaction);

/// All entries of one verb come before those of the next, as in a transaction; within a verb their
/// order says nothing.
pub(crate) async fn batch(
    permit: &Permit<'_>,
    submission: BundleSubmission,
) -> Result<Answer, Outcome> {
    let entries: Vec<Value<'_>> = entries(permit, &submission.body)?;
    let mut results: Vec<Option<Result<Answer, Outcome>>> = Vec::new();
    results.resize_with(entries.len(), || None);
    let mut requests = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        match read_entry(permit, *entry, index).and_then(|request| {
            let rank = rank(&request.method);
            let interaction = permit.wire().interaction(request)?;
            refuse_nested(&interaction)?;
            Ok((rank, interaction))
        }) {
            Ok((rank, interaction)) => requests.push((rank, index, interaction)),
            Err(outcome) => results[index] = Some(Err(outcome)),
        }
    }
    requests.sort_by_key(|(rank, index, _)| (*rank, *index));
    let mut room = Room::of(permit);
    while !requests.is_empty() {
        let group = next_group(&mut requests);
        if let Err(outcome) = room.check() {
            group.iter().for_each(|(_, index, _)| results[*index] = Some(Err(outcome.clone())));
            continue;
        }
        let performed = join_all(group.into_iter().map(|(_, index, interaction)| async move {
            (index, permit.door().perform(permit.caller(), interaction).await)
        }));
        for (index, result) in performed.await {
            room.take(&result);
            results[index] = Some(result);
        }
    }
    let results = results.iter().flatten();
    Ok(Answer::found(respond(permit, "batch-response", results, submission.returned)))
}

/// What the answers to the entries of a Bundle may still hold: a page asked for a thousand times
/// would fill the memory.
pub(crate) struct Room {
    most: usize,
    held: usize,
}

impl Room {
    pub(crate) fn of(permit: &Permit<'_>) -> Self {
        Self { most: permit.settings().bundle_answer_bytes_max, held: 0 }
    }

    /// Counts an answer.
    pub(crate) fn take(&mut self, result: &Result<Answer, Outcome>) {
        self.held += result.as_ref().map_or(0, |answer| answer.body.len());
    }

    /// The failure of an entry that comes when the room is full.
    pub(crate) fn check(&self) -> Result<(), Outcome> {
        if self.held <= self.most {
            return Ok(());
        }
        Err(Outcome::new(
            Kind::TooLarge,
            format!(
                "The entries before this one were answered with more than {} bytes, which are the \
                 most that one Bundle gives: it was not performed. Send it again in another Bundle.",
                self.most
            ),
        ))
    }
}

/// Takes the next entries of one verb's rank: they run together, so that their writes share a disk
/// flush.
fn next_group(requests: &mut Vec<Request>) -> Vec<Request> {
    let kind = |(rank, _, interaction): &Request| (*rank, is_write(interaction));
    let first = requests.first().map(kind);
    let same = requests.iter().take_while(|request| Some(kind(request)) == first).count();
    let most = if first.is_some_and(|(_, is_write)| is_write) { WRITES_AT_ONCE } else { AT_ONCE };
    requests.drain(..same.min(most)).collect()
}

fn is_write(interaction: &Interaction) -> bool {
    use Interaction::{Create, Delete, Patch, Update};
    matches!(interaction, Create(_) | Update(_) | Patch(_) | Delete(_))
}

/// The order of verbs: DELETE, POST, PUT and PATCH, GET and HEAD.
pub(crate) fn rank(method: &str) -> u8 {
    match method {
        "DELETE" => 0,
        "POST" => 1,
        "PUT" | "PATCH" => 2,
        _ => 3,
    }
}

pub(crate) fn entries<'a>(permit: &Permit<'_>, body: &'a Json) -> Result<Vec<Value<'a>>, Outcome> {
    let entries: Vec<Value<'a>> = body.root().list("entry").collect();
    let most = permit.settings().bundle_entries_max;
    if entries.len() > most {
        return Err(Outcome::new(
            Kind::TooLarge,
            format!(
                "The Bundle has {} entries; {most} are the most that one may have.",
                entries.len()
            ),
        ));
    }
    Ok(entries)
}

/// A Bundle within a Bundle would hide its entries from the rules for entries.
pub(crate) fn refuse_nested(interaction: &Interaction) -> Result<(), Outcome> {
    if matches!(interaction, Interaction::Bundle(_)) {
        return Err(Outcome::invalid(
            "An entry cannot be a batch or transaction of its own: request.url names a type or a \
             resource.",
        ));
    }
    Ok(())
}

/// `entry.request` with the entry's resource.
pub(crate) fn read_entry(
    permit: &Permit<'_>,
    entry: Value<'_>,
    index: usize,
) -> Result<EntryRequest, Outcome> {
    let missing = |what: &str| {
        Outcome::with_issues(
            Kind::Invalid,
            vec![
                Issue::error("required", format!("Entry {index} needs {what}."))
                    .at(format!("Bundle.entry[{index}]")),
            ],
        )
    };
    let request = entry.get("request").ok_or_else(|| missing("a request"))?;
    envelope::check_entry(permit, entry, index)?;
    let text = |name: &str| request.str(name).map(|text| text.into_owned());
    let method = text("method").ok_or_else(|| missing("request.method"))?;
    let url = text("url").ok_or_else(|| missing("request.url"))?;
    Ok(EntryRequest {
        method,
        url: relative(permit, &url),
        if_match: text("ifMatch"),
        if_none_match: text("ifNoneMatch"),
        if_none_exist: text("ifNoneExist"),
        if_modified_since: text("ifModifiedSince"),
        resource: entry.get("resource").map(compact).transpose()?,
    })
}

/// A resource of the Bundle as a document of its own.
fn compact(value: Value<'_>) -> Result<Json, Outcome> {
    let mut text = String::with_capacity(value.raw().len());
    value.write_compact(&mut text);
    Json::parse(text).map_err(|error| Outcome::invalid(error.to_string()))
}

/// The address without this server's own base or a leading slash.
fn relative(permit: &Permit<'_>, url: &str) -> String {
    let bases = permit.settings().bases.iter().map(String::as_str);
    let own = bases.chain([&*permit.caller().base]).find_map(|base| {
        url.strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    });
    own.unwrap_or(url).trim_start_matches('/').to_owned()
}

/// The Bundle of what became of all entries, in their order.
pub(crate) fn respond<'a>(
    permit: &Permit<'_>,
    kind: &str,
    results: impl Iterator<Item = &'a Result<Answer, Outcome>>,
    returned: Returned,
) -> String {
    let mut bundle = BundleWriter::new(kind);
    let mut shown = HashSet::new();
    for result in results {
        match result {
            Ok(answer) => write_success(permit, &mut bundle, answer, returned, &mut shown),
            Err(outcome) => write_failure(permit, &mut bundle, outcome),
        }
    }
    bundle.finish()
}

/// Adds the response to an entry that went through. `shown` are the resources and versions that
/// stand in the Bundle already: the fullUrl of one that several entries read is given once ([bdl-7]).
///
/// [bdl-7]: https://hl7.org/fhir/R4/bundle.html#invs
fn write_success(
    permit: &Permit<'_>,
    bundle: &mut BundleWriter,
    answer: &Answer,
    returned: Returned,
    shown: &mut HashSet<(Key, u64)>,
) {
    let stamp = answer.version.as_ref();
    let is_write = !matches!(answer.done, Done::Found | Done::NotModified);
    let location = stamp.filter(|_| is_write && answer.done != Done::Deleted).map(|stamp| {
        format!("{}/_history/{}", permit.address(&stamp.key.resource, &stamp.key.id), stamp.version)
    });
    let outcome = (is_write && returned == Returned::OperationOutcome)
        .then(|| outcome_tree(&notes(answer)).to_string());
    let is_shown = !is_write || returned == Returned::Representation;
    let body = answer.body.whole();
    let body = std::str::from_utf8(&body).ok().filter(|text| is_shown && !text.is_empty());
    let full_url = stamp
        .filter(|stamp| body.is_some() && shown.insert((stamp.key.clone(), stamp.version)))
        .map(|stamp| permit.address(&stamp.key.resource, &stamp.key.id));
    bundle.entry(&BundleEntry {
        full_url: full_url.as_deref(),
        resource: body,
        response: Some(BundleResponse {
            status: permit.wire().status(answer.done),
            location: location.as_deref(),
            version: stamp.map(|stamp| stamp.version),
            last_modified_us: stamp.map(|stamp| stamp.last_updated_us),
            outcome: outcome.as_deref(),
        }),
        ..BundleEntry::default()
    });
}

/// What an OperationOutcome says about a success.
fn notes(answer: &Answer) -> Vec<Issue> {
    if !answer.issues.is_empty() {
        return answer.issues.clone();
    }
    let text = match answer.done {
        Done::Created => "Created.",
        Done::Updated => "Updated.",
        Done::Deleted => "Deleted.",
        Done::Accepted => "Accepted.",
        Done::Found | Done::NotModified | Done::Existing => "Found.",
    };
    vec![crate::write::note(text)]
}

fn write_failure(permit: &Permit<'_>, bundle: &mut BundleWriter, outcome: &Outcome) {
    let text = outcome.to_tree().to_string();
    bundle.entry(&BundleEntry {
        response: Some(BundleResponse {
            status: permit.wire().status_of_failure(outcome.kind),
            outcome: Some(&text),
            ..BundleResponse::default()
        }),
        ..BundleEntry::default()
    });
}

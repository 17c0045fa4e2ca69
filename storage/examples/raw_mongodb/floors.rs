//! Finds on the collection of a tenant; inserts of the same documents into a database beside it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use mongodb::bson::{Document, RawDocumentBuf, doc};
use mongodb::error::{Error, TRANSIENT_TRANSACTION_ERROR};
use mongodb::options::{FindOptions, ReadConcern};
use mongodb::{Client, ClientSession, Collection, Database, IndexModel};

use super::load::{Step, measure};
use super::tell;
use super::templates::{Templates, renewed};

/// Documents of a page.
const PAGE: i64 = 20;
/// Documents of a large transaction.
const MANY: usize = 100;

/// Measures the floors of a scenario of the bench and prints a line for each: what is called "as
/// asked" is the command that the server sends, without the server.
pub(super) async fn print(
    client: &Client,
    database: &Database,
    scenario: &str,
    tasks: usize,
    time: Duration,
) {
    let templates = Templates::take(database).await;
    let resources: Collection<RawDocumentBuf> = database.collection("resources");
    let steps = match scenario {
        "read" => vec![("find_one", read(&resources, templates.ids))],
        "page by token" => vec![
            ("find 20 by token", page(&resources, templates.tokens.clone())),
            ("find 20 by token as asked", asked(&resources, templates.tokens)),
        ],
        "page by reference" => vec![
            ("find 20 by reference", page(&resources, templates.references.clone())),
            ("find 20 by reference as asked", asked(&resources, templates.references)),
        ],
        "durable create" | "transaction of 100" => {
            return write(client, database, templates.written, scenario, (tasks, time)).await;
        }
        _ => panic!("no floor is known of {scenario}"),
    };
    for (name, step) in steps {
        tell(&measure(name, tasks, time, step).await);
    }
}

/// The same for a scenario that writes.
async fn write(
    client: &Client,
    database: &Database,
    written: Vec<RawDocumentBuf>,
    scenario: &str,
    (tasks, time): (usize, Duration),
) {
    // Another one each time, and none is removed: the tests' MongoDB may take minutes for that.
    let own = client.database(&format!("{}_raw{}", database.name(), std::process::id()));
    let copy = fresh(&own).await;
    let (name, count) = match scenario {
        "durable create" => ("insert_one in a transaction", 1),
        _ => ("insert_many in a transaction", MANY),
    };
    let step = insert(client, &copy, Arc::new(written), count);
    tell(&measure(name, tasks, time, step).await);
}

/// An empty collection with the index that searches read.
async fn fresh(database: &Database) -> Collection<RawDocumentBuf> {
    database.create_collection("resources").await.expect("a collection can be made");
    let copy = database.collection("resources");
    let index = IndexModel::builder().keys(doc! { "k": 1, "o": 1 }).build();
    copy.create_index(index).await.expect("an index can be made");
    copy
}

/// One of a list, another each time.
fn pick<T: Clone>(list: &[T], task: usize, round: u64) -> T {
    let round = usize::try_from(round).unwrap_or(0);
    list[(task * 7919 + round * 31) % list.len()].clone()
}

fn read(resources: &Collection<RawDocumentBuf>, ids: Vec<String>) -> Step {
    let resources = resources.clone();
    Arc::new(move |task, round| {
        let (resources, id) = (resources.clone(), pick(&ids, task, round));
        Box::pin(async move {
            let found = resources.find_one(doc! { "_id": id }).await?;
            Ok(found.map_or(0, |_| 1))
        })
    })
}

/// A page of those that have a key, in the order of pages.
fn page(resources: &Collection<RawDocumentBuf>, keys: Vec<String>) -> Step {
    let options = FindOptions::builder().sort(doc! { "o": 1 }).limit(PAGE).build();
    found(resources, keys, Document::new(), options)
}

/// A page as the server asks for it: one more than it shows, without what it is found by.
fn asked(resources: &Collection<RawDocumentBuf>, keys: Vec<String>) -> Step {
    let options = FindOptions::builder()
        .sort(doc! { "o": 1 })
        .limit(PAGE + 1)
        .projection(doc! { "k": 0, "e": 0, "x": 0 })
        .build();
    found(resources, keys, doc! { "o": { "$lte": i64::MAX } }, options)
}

fn found(
    resources: &Collection<RawDocumentBuf>,
    keys: Vec<String>,
    filter: Document,
    options: FindOptions,
) -> Step {
    let resources = resources.clone();
    Arc::new(move |task, round| {
        let (resources, options) = (resources.clone(), options.clone());
        let mut filter = filter.clone();
        filter.insert("k", pick(&keys, task, round));
        Box::pin(async move {
            let mut cursor = resources.find(filter).with_options(options).await?;
            let mut page: Vec<RawDocumentBuf> = Vec::new();
            while cursor.advance().await? {
                page.push(cursor.current().to_owned());
            }
            Ok(u64::from(!page.is_empty()))
        })
    })
}

/// So many documents in a transaction.
fn insert(
    client: &Client,
    copy: &Collection<RawDocumentBuf>,
    written: Arc<Vec<RawDocumentBuf>>,
    count: usize,
) -> Step {
    // Numbers that no document of another run has.
    static NEXT: AtomicI64 = AtomicI64::new(1);
    let (client, copy) = (client.clone(), copy.clone());
    Arc::new(move |_, _| {
        let (client, copy, written) = (client.clone(), copy.clone(), Arc::clone(&written));
        Box::pin(async move {
            let number = || NEXT.fetch_add(1, Ordering::Relaxed);
            let documents: Vec<RawDocumentBuf> = (0..count)
                .map(|_| {
                    let number = number();
                    let at = usize::try_from(number).unwrap_or(0) % written.len();
                    renewed(&written[at], number)
                })
                .collect();
            within(&client, &copy, documents).await.map(|()| count as u64)
        })
    })
}

/// Writes them, again as long as the database asks for that: it may refuse any transaction once.
async fn within(
    client: &Client,
    copy: &Collection<RawDocumentBuf>,
    documents: Vec<RawDocumentBuf>,
) -> Result<(), Error> {
    let mut session = client.start_session().await?;
    loop {
        match attempt(copy, &documents, &mut session).await {
            Err(error) if error.contains_label(TRANSIENT_TRANSACTION_ERROR) => {
                // It has ended already, or it ends with its session.
                let _ = session.abort_transaction().await;
            }
            done => return done,
        }
    }
}

async fn attempt(
    copy: &Collection<RawDocumentBuf>,
    documents: &[RawDocumentBuf],
    session: &mut ClientSession,
) -> Result<(), Error> {
    session.start_transaction().read_concern(ReadConcern::snapshot()).await?;
    match documents {
        [one] => drop(copy.insert_one(one).session(&mut *session).await?),
        many => drop(copy.insert_many(many).session(&mut *session).await?),
    }
    session.commit_transaction().await
}

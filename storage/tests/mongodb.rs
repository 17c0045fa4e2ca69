//! The MongoDB backend passes the rules of every backend, on a database of the tests' own.

mod conformance;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use brigid_tests::Database;
use mongodb::Client;
use mongodb::bson::{Bson, Document, doc};
use storage::{Clock, CommandWatch, MongoSettings, Storage, Store, Tenant};

struct Opened {
    store: Store,
    database: String,
    /// One command of each shape that read anything.
    reads: Arc<Mutex<BTreeMap<String, Document>>>,
}

/// Reads that may look at a whole collection: what they have in them, and why.
const WHOLE: [(&str, &str); 5] = [
    ("names ", "the parameters are few, and read once when a tenant is opened"),
    ("resources $group", "the number of resources of each type is asked for by people"),
    ("resources _id $gt", "a check of the whole store reads all of it"),
    ("versions _id $gt", "a check of the whole store reads all of it"),
    ("lastUpdated", "a history of some time goes by the index `s`, which this server does not see"),
];

impl Opened {
    /// No read of a rule looked at all documents of a collection, as the database itself says.
    async fn checked(self) {
        let client = Client::with_uri_str(Database::shared().uri()).await.expect("a client");
        let database = client.database(&self.database);
        let reads = std::mem::take(&mut *self.reads.lock().expect("no panic"));
        for (shape, command) in reads {
            if WHOLE.iter().any(|(part, _)| shape.contains(part)) {
                continue;
            }
            let explain = doc! { "explain": command, "verbosity": "queryPlanner" };
            let plan = database.run_command(explain).await.expect("a plan");
            let plan = plan.to_string();
            assert!(!plan.contains("COLLSCAN"), "{shape}: {plan}");
        }
    }
}

/// A read as it can be explained, and what it asks without its values.
fn read_of(command: &Document) -> Option<(String, Document)> {
    const MEMBERS: [&str; 8] =
        ["find", "aggregate", "filter", "sort", "limit", "projection", "pipeline", "cursor"];
    let collection = command.get_str("find").or_else(|_| command.get_str("aggregate")).ok()?;
    let own = |(name, value): (&String, &Bson)| {
        MEMBERS.contains(&name.as_str()).then(|| (name.clone(), value.clone()))
    };
    let read: Document = command.iter().filter_map(own).collect();
    let is_feed = read.to_string().contains("$changeStream");
    let asked = read.get("filter").or_else(|| read.get("pipeline")).map(shape);
    (!is_feed).then(|| (format!("{collection} {}", asked.unwrap_or_default()), read))
}

fn shape(value: &Bson) -> String {
    match value {
        Bson::Document(document) => {
            let members = document.iter().map(|(name, value)| format!("{name} {}", shape(value)));
            members.collect::<Vec<_>>().join(" ")
        }
        Bson::Array(values) => values.first().map(shape).unwrap_or_default() + &shapes(values),
        _ => String::new(),
    }
}

/// The stages of a pipeline and the parts of a disjunction; of values only the first counts.
fn shapes(values: &[Bson]) -> String {
    let rest = values.iter().skip(1).filter(|value| matches!(value, Bson::Document(_)));
    rest.map(shape).collect::<Vec<_>>().join(" ")
}

/// With a clock that ticks whenever someone looks.
async fn open() -> Opened {
    let now_us = AtomicI64::new(START_US);
    opened(Clock::new(move || now_us.fetch_add(7_000, Ordering::Relaxed))).await
}

/// With a clock that stands still.
async fn open_timeless() -> Opened {
    opened(Clock::new(|| START_US)).await
}

const START_US: i64 = 1_764_072_000_000_000;

/// The store of a tenant whose database no other test has.
async fn opened(clock: Clock) -> Opened {
    static OPENED: AtomicU32 = AtomicU32::new(0);
    let mut settings = MongoSettings::new(Database::shared().uri());
    let number = OPENED.fetch_add(1, Ordering::Relaxed);
    settings.database_prefix = format!("store{}_{number}_", std::process::id());
    settings.clock = clock;
    let reads = Arc::new(Mutex::new(BTreeMap::new()));
    let told = Arc::clone(&reads);
    settings.watch = Some(CommandWatch::new(move |command| {
        if let Some((shape, read)) = read_of(command) {
            told.lock().expect("no panic").entry(shape).or_insert(read);
        }
    }));
    let database = format!("{}test", settings.database_prefix);
    // The tests' database is slow, and all tests are at it at the same time.
    settings.connect_timeout = Duration::from_secs(30);
    settings.request_timeout = Duration::from_secs(120);
    settings.search.time_max = Duration::from_secs(120);
    let storage = Storage::connect(&settings).await.expect("a storage");
    let store = storage.store(&Tenant::parse("test").expect("a name")).await.expect("a store");
    Opened { store, database, reads }
}

all_rules!(open_timeless(), open());

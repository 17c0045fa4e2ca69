//! How many commands each interaction sends to MongoDB: what decides how long it takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use brigid_tests::Database;
use fhir::json::Json;
use fhir::search::{
    Entry, Filter, IndexValue, Param, ReferenceTest, ReferenceValue, Sort, Test, TokenTest,
    TokenValue,
};
use storage::{
    Change, Check, CommandWatch, Commit, Expected, Key, MongoSettings, SearchRequest, Storage,
    Store, Tenant, Write,
};

struct Opened {
    store: Store,
    sent: Arc<AtomicU32>,
}

impl Opened {
    /// The commands that were sent since the last time this was asked.
    fn sent(&self) -> u32 {
        self.sent.swap(0, Ordering::SeqCst)
    }
}

async fn open(name: &str) -> Opened {
    let mut settings = MongoSettings::new(Database::shared().uri());
    settings.database_prefix = format!("trips_{name}_");
    let sent = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&sent);
    settings.watch = Some(CommandWatch::new(move |command| {
        // A session that ends is no round trip that anyone waits for.
        if !command.contains_key("endSessions") {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    }));
    let storage = Storage::connect(&settings).await.expect("a storage");
    let store = storage.store(&Tenant::parse("test").expect("a name")).await.expect("a store");
    let opened = Opened { store, sent };
    // The first write gives the parameters their numbers.
    opened.commit(vec![observation("first", Expected::Any)], vec![]).await;
    opened.sent();
    opened
}

impl Opened {
    async fn commit(&self, writes: Vec<Write>, checks: Vec<Check>) {
        self.store.commit(Commit { writes, checks }).await.expect("a commit");
    }
}

fn observation(id: &str, expected: Expected) -> Write {
    let entry =
        |code: &str, value: IndexValue| Entry { param: Param::new("Observation", code), value };
    let subject =
        ReferenceValue::Local { resource: "Patient".to_owned(), id: "p".to_owned(), version: None };
    let entries = vec![
        entry("status", IndexValue::Token(TokenValue::new(Some("s"), "final"))),
        entry("subject", IndexValue::Reference(subject)),
    ];
    let json = format!(r#"{{"resourceType":"Observation","id":"{id}"}}"#);
    let body = Arc::new(Json::parse(json).expect("JSON"));
    let change = Change::Put { body, entries, is_create: expected == Expected::Absent };
    Write { key: Key::new("Observation", id), change, expected }
}

fn is_final() -> Filter {
    let test = TokenTest { system: None, code: Some("final".to_owned()) };
    Filter::Matches(Param::new("Observation", "status"), Test::Token(test))
}

fn of_patient() -> Filter {
    let test = ReferenceTest::Local {
        resources: vec!["Patient".to_owned()],
        id: "p".to_owned(),
        version: None,
    };
    Filter::Matches(Param::new("Observation", "subject"), Test::Reference(test))
}

#[tokio::test]
async fn a_read_takes_one_round_trip() {
    let opened = open("read").await;
    let key = Key::new("Observation", "first");
    opened.store.read(&key).await.expect("a read").expect("a version");
    assert_eq!(opened.sent(), 1);
    let keys = [key.clone(), Key::new("Observation", "none")];
    opened.store.read_many(&keys).await.expect("reads");
    assert_eq!(opened.sent(), 1);
    opened.store.references(&keys, &[Param::new("Observation", "subject")]).await.expect("refs");
    assert_eq!(opened.sent(), 1, "and one for each hop of an include");
}

#[tokio::test]
async fn a_page_of_a_search_takes_two_at_most() {
    let opened = open("search").await;
    for n in 0..30 {
        opened.commit(vec![observation(&format!("o{n}"), Expected::Any)], vec![]).await;
    }
    let sort =
        |code: &str| vec![Sort { param: Param::new("Observation", code), is_descending: true }];
    let both = Filter::And(vec![is_final(), of_patient()]);
    let not = Filter::Not(Box::new(is_final()));
    for (filter, order) in [
        (is_final(), vec![]),
        (of_patient(), vec![]),
        (both.clone(), sort("_lastUpdated")),
        (both, sort("status")),
        (not, vec![]),
    ] {
        opened.sent();
        let request = SearchRequest::of("Observation", filter, 20).sorted(order);
        opened.store.search(&request).await.expect("a page");
        let sent = opened.sent();
        assert!(sent <= 2, "{sent} for {request:?}");
    }
}

#[tokio::test]
async fn a_write_takes_three_at_most() {
    let opened = open("write").await;
    opened.commit(vec![observation("new", Expected::Absent)], vec![]).await;
    assert_eq!(opened.sent(), 1, "a create with an id of the server's");
    opened.commit(vec![observation("named", Expected::Any)], vec![]).await;
    assert!(opened.sent() <= 3, "a create with an id of the client's");
    opened.commit(vec![observation("named", Expected::Version(1))], vec![]).await;
    assert!(opened.sent() <= 3, "an update");
    let gone = Write {
        key: Key::new("Observation", "named"),
        change: Change::Delete,
        expected: Expected::Any,
    };
    opened.commit(vec![gone], vec![]).await;
    assert!(opened.sent() <= 3, "a deletion");
}

#[tokio::test]
async fn a_bundle_takes_eight_at_most_however_many_it_writes() {
    let opened = open("bundle").await;
    let mut all = Vec::new();
    for count in [2, 20, 400] {
        let id = |n: usize| format!("b{count}-{n}");
        let writes = (0..count).map(|n| observation(&id(n), Expected::Any)).collect();
        let checks = vec![Check::Exists(Key::new("Observation", "first"))];
        opened.commit(writes, checks).await;
        all.push(opened.sent());
        let again = (0..count).map(|n| observation(&id(n), Expected::Version(1))).collect();
        opened.commit(again, vec![]).await;
        all.push(opened.sent());
    }
    assert!(all.iter().all(|sent| *sent <= 8), "{all:?}");
}

#[tokio::test]
async fn a_bundle_of_conditional_creates_takes_eight_at_most() {
    let opened = open("conditional").await;
    let mut all = Vec::new();
    for count in [2_usize, 40] {
        let identified = |n: usize| {
            let value = TokenValue::new(Some("i"), &format!("{count}-{n}"));
            let mut write = observation(&format!("c{count}-{n}"), Expected::Any);
            if let Change::Put { entries, .. } = &mut write.change {
                let param = Param::new("Observation", "identifier");
                entries.push(Entry { param, value: IndexValue::Token(value) });
            }
            write
        };
        let check = |n: usize| {
            let value = TokenValue::new(Some("i"), &format!("{count}-{n}"));
            let test = TokenTest { system: Some(value.system), code: Some(value.code) };
            let param = Param::new("Observation", "identifier");
            let filter = Filter::Matches(param, Test::Token(test));
            Check::Matches { resource: "Observation".into(), filter, ids: vec![] }
        };
        opened.commit(vec![identified(999)], vec![]).await;
        opened.sent();
        let writes = (0..count).map(identified).collect();
        opened.commit(writes, (0..count).map(check).collect()).await;
        all.push(opened.sent());
    }
    assert!(all.iter().all(|sent| *sent <= 8), "{all:?}");
}

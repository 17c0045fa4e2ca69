//! What is at the limits of MongoDB: its documents' length, its time, and the names of its databases.

use std::sync::Arc;
use std::time::Duration;

use brigid_tests::Database;
use fhir::json::Json;
use fhir::search::Filter;
use mongodb::Client;
use mongodb::bson::Document;
use storage::{
    Change, Commit, Expected, HistoryRequest, HistoryScope, Key, MongoSettings, SearchRequest,
    Storage, Store, StoreError, Tenant, Write,
};

async fn open(name: &str, change: impl FnOnce(&mut MongoSettings)) -> Store {
    let mut settings = MongoSettings::new(Database::shared().uri());
    settings.database_prefix = format!("limits_{name}_");
    change(&mut settings);
    let storage = Storage::connect(&settings).await.expect("a storage");
    storage.store(&Tenant::parse("test").expect("a name")).await.expect("a store")
}

fn put(id: &str, text: &str) -> Write {
    let json = format!(r#"{{"resourceType":"Binary","id":"{id}","data":"{text}"}}"#);
    let body = Arc::new(Json::parse(json).expect("JSON"));
    let change = Change::Put { body, entries: Vec::new(), is_create: false };
    Write { key: Key::new("Binary", id), change, expected: Expected::Any }
}

async fn write(store: &Store, writes: Vec<Write>) {
    store.commit(Commit { writes, checks: Vec::new() }).await.expect("a commit");
}

/// Text of this length that cannot be packed well, another one for each seed.
fn noise(mut seed: u64, length: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut letter = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(LETTERS[(seed >> 58) as usize])
    };
    (0..length).map(|_| letter()).collect()
}

#[tokio::test]
async fn a_body_that_no_document_holds_comes_back_as_every_other_does() {
    const LENGTH: usize = 24_000_000;
    let store = open("long", |settings| {
        settings.request_timeout = Duration::from_secs(60);
        settings.search.time_max = Duration::from_secs(60);
    })
    .await;
    let key = Key::new("Binary", "a");
    let texts = [noise(1, LENGTH), noise(2, LENGTH), noise(3, LENGTH)];
    write(&store, vec![put("a", &texts[0])]).await;
    write(&store, vec![put("a", &texts[1])]).await;
    // In a transaction, too.
    write(&store, vec![put("a", &texts[2]), put("b", "c2hvcnQ=")]).await;
    let client = Client::with_uri_str(Database::shared().uri()).await.expect("a client");
    let parts = client.database("limits_long_test").collection::<Document>("parts");
    let count = parts.count_documents(Document::new()).await.expect("a count");
    assert_eq!(count, 9, "three pieces of each version");
    let holds = |body: &[u8], text: &str| {
        let body = std::str::from_utf8(body).expect("a text");
        body.contains(text)
    };
    let current = store.read(&key).await.expect("a read").expect("a version");
    assert!(holds(&current.body, &texts[2]));
    for (version, text) in (1..).zip(&texts) {
        let found = store.vread(&key, version).await.expect("a read").expect("a version");
        assert!(holds(&found.body, text), "version {version}");
    }
    let request = SearchRequest::of("Binary", Filter::All, 10);
    let page = store.search(&request).await.expect("a search");
    assert!(holds(&page.versions[0].body, &texts[2]));
    let request = HistoryRequest {
        scope: HistoryScope::Instance(key),
        since_us: None,
        at_us: None,
        before: None,
        limit: 1,
    };
    let page = store.history(&request).await.expect("a history");
    assert!(holds(&page.versions[0].body, &texts[2]));
    let report = store.check(&mut |_| ()).await.expect("a check");
    assert_eq!(report.problems, Vec::<String>::new());
}

#[tokio::test]
async fn a_search_that_the_database_has_no_time_for_is_too_costly() {
    let store = open("time", |settings| settings.search.time_max = Duration::from_millis(1)).await;
    let writes = (0..3_000).map(|number| put(&format!("b{number}"), "eA==")).collect();
    write(&store, writes).await;
    let request = SearchRequest::of("Binary", Filter::All, 1_000);
    let answer = store.search(&request).await;
    assert!(matches!(answer, Err(StoreError::TooCostly(_))), "{answer:?}");
    // Whoever asks for less is answered.
    let read = store.read(&Key::new("Binary", "b7")).await.expect("a read");
    assert!(read.is_some());
}

#[tokio::test]
async fn a_tenant_named_like_a_database_of_the_system_is_refused() {
    let mut settings = MongoSettings::new(Database::shared().uri());
    settings.database_prefix = String::new();
    let storage = Storage::connect(&settings).await.expect("a storage");
    for name in ["admin", "config", "local"] {
        let tenant = Tenant::parse(name).expect("a name");
        let refused = storage.store(&tenant).await.map(|_| ()).expect_err("a system database");
        assert!(matches!(&refused, StoreError::Setup(_)), "{refused}");
        assert!(refused.to_string().contains("mongodb_database_prefix"), "{refused}");
    }
    settings.database_prefix = "p".repeat(64);
    let storage = Storage::connect(&settings).await.expect("a storage");
    let tenant = Tenant::parse("test").expect("a name");
    let refused = storage.store(&tenant).await.map(|_| ()).expect_err("too long a name");
    assert!(refused.to_string().contains("63 bytes"), "{refused}");
}

//! read, vread: what was written comes back.

use fhir::json::Json;
use storage::{Change, Expected, Store, Verb, Write};

use super::{delete, key, patient, put, read, text, write};

pub(crate) async fn what_was_never_written_is_not_there(store: Store) {
    assert_eq!(read(&store, "Patient/a").await, None);
    assert_eq!(store.vread(&key("Patient/a"), 1).await.expect("a read"), None);
}

pub(crate) async fn a_created_resource_is_read_back_with_its_stamp(store: Store) {
    let made = patient(&store, "a", vec![]).await;
    let version = read(&store, "Patient/a").await.expect("a version");
    assert_eq!(version, made);
    assert_eq!(version.version, 1);
    let instant = fhir::primitive::DateTime::instant_text(version.last_updated_us);
    let expected = format!(
        concat!(
            r#"{{"resourceType":"Patient","id":"a","meta":{{"versionId":"1","#,
            r#""lastUpdated":"{}"}},"language":"a"}}"#
        ),
        instant
    );
    assert_eq!(text(&version), expected);
}

pub(crate) async fn the_clients_own_meta_stays_but_for_version_and_instant(store: Store) {
    let json = concat!(
        r#"{"resourceType":"Patient","meta":{"tag":[{"code":"x"}],"versionId":"77","#,
        r#""lastUpdated":"1999-01-01T00:00:00Z"},"id":"a"}"#
    );
    let body = std::sync::Arc::new(Json::parse(json).expect("JSON"));
    let change = Change::Put { body, entries: vec![], is_create: false };
    write(&store, Write { key: key("Patient/a"), change, expected: Expected::Any }).await;
    let version = read(&store, "Patient/a").await.expect("a version");
    let json = Json::parse(text(&version)).expect("JSON");
    let meta = json.root().get("meta").expect("meta");
    assert_eq!(meta.str("versionId").as_deref(), Some("1"));
    assert_ne!(meta.str("lastUpdated").as_deref(), Some("1999-01-01T00:00:00Z"));
    assert_eq!(meta.get("tag").expect("tags").raw(), r#"[{"code":"x"}]"#);
    assert_eq!(meta.entries().count(), 3);
}

pub(crate) async fn decimals_and_the_order_of_properties_are_kept(store: Store) {
    let json = r#"{ "resourceType":"Patient", "z": 1.0, "id":"a", "a": [1e3, -0.50] }"#;
    let body = std::sync::Arc::new(Json::parse(json).expect("JSON"));
    let change = Change::Put { body, entries: vec![], is_create: false };
    write(&store, Write { key: key("Patient/a"), change, expected: Expected::Any }).await;
    let version = read(&store, "Patient/a").await.expect("a version");
    assert!(text(&version).starts_with(r#"{"resourceType":"Patient","z":1.0,"id":"a","meta":"#));
    assert!(text(&version).ends_with(r#","a":[1e3,-0.50]}"#));
}

pub(crate) async fn an_update_makes_the_next_version_and_keeps_the_old_one(store: Store) {
    patient(&store, "a", vec![]).await;
    write(&store, put("Patient/a", "second", vec![])).await;
    let now = read(&store, "Patient/a").await.expect("a version");
    assert_eq!((now.version, now.verb), (2, Verb::Update));
    let old = store.vread(&key("Patient/a"), 1).await.expect("a read").expect("a version");
    assert_eq!(old.version, 1);
    assert!(text(&old).contains(r#""language":"a""#));
    assert!(text(&old).contains(r#""versionId":"1""#));
    assert!(text(&now).contains(r#""language":"second""#));
    assert_eq!(store.vread(&key("Patient/a"), 2).await.expect("a read"), Some(now));
    assert_eq!(store.vread(&key("Patient/a"), 3).await.expect("a read"), None);
    assert_eq!(store.vread(&key("Patient/a"), 0).await.expect("a read"), None);
}

pub(crate) async fn a_deleted_resource_is_gone(store: Store) {
    patient(&store, "a", vec![]).await;
    write(&store, delete("Patient/a")).await;
    let version = read(&store, "Patient/a").await.expect("a tombstone");
    assert!(version.is_deleted());
    assert_eq!((version.version, version.body.len()), (2, 0));
    let first = store.vread(&key("Patient/a"), 1).await.expect("a read").expect("a version");
    assert!(!first.is_deleted());
}

pub(crate) async fn a_deleted_resource_can_come_back_as_a_later_version(store: Store) {
    patient(&store, "a", vec![]).await;
    write(&store, delete("Patient/a")).await;
    let again = write(&store, put("Patient/a", "again", vec![])).await;
    assert!(again.is_new);
    assert_eq!(again.version.expect("a version").version, 3);
}

pub(crate) async fn types_do_not_share_ids(store: Store) {
    write(&store, put("Patient/a", "p", vec![])).await;
    write(&store, put("Device/a", "d", vec![])).await;
    write(&store, delete("Patient/a")).await;
    assert!(read(&store, "Patient/a").await.expect("a tombstone").is_deleted());
    assert!(!read(&store, "Device/a").await.expect("a version").is_deleted());
}

pub(crate) async fn ids_differ_by_case_and_by_every_character(store: Store) {
    let uuid = "0f8fad5b-d9cb-469f-a165-70867728950e";
    let upper = uuid.to_uppercase();
    for id in ["a", "A", "a.", "a-", uuid, upper.as_str()] {
        write(&store, put(&format!("Patient/{id}"), "x", vec![])).await;
    }
    for id in ["a", "A", "a.", "a-", uuid, upper.as_str()] {
        let version = read(&store, &format!("Patient/{id}")).await.expect("a version");
        assert_eq!((&*version.key.id, version.version), (id, 1));
    }
}

pub(crate) async fn read_many_answers_in_order_with_gaps(store: Store) {
    patient(&store, "a", vec![]).await;
    patient(&store, "b", vec![]).await;
    let keys = [key("Patient/b"), key("Patient/x"), key("Patient/a")];
    let versions = store.read_many(&keys).await.expect("a read");
    let ids: Vec<_> = versions.iter().map(|v| v.as_ref().map(|v| &*v.key.id)).collect();
    assert_eq!(ids, [Some("b"), None, Some("a")]);
}

pub(crate) async fn large_and_non_latin_bodies_come_back(store: Store) {
    let long = "äöü漢字🩺".repeat(20_000);
    write(&store, put("Patient/a", &long, vec![])).await;
    let version = read(&store, "Patient/a").await.expect("a version");
    assert!(text(&version).contains(&long));
}

pub(crate) async fn many_resources_of_a_type_stay_readable_while_the_store_learns(store: Store) {
    for round in 0..3 {
        let writes = (0..400)
            .map(|n| put(&format!("Patient/{round}-{n}"), &format!("text {n} of {round}"), vec![]))
            .collect();
        super::commit(&store, writes, vec![]).await.expect("a commit");
    }
    for round in 0..3 {
        for n in (0..400).step_by(37) {
            let version = read(&store, &format!("Patient/{round}-{n}")).await.expect("a version");
            assert!(text(&version).contains(&format!("text {n} of {round}")));
        }
    }
}

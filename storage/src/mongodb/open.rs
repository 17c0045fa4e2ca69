//! Opening the database of a tenant: its collections and indexes are made when they are missing.

use std::collections::HashSet;

use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, doc};
use mongodb::error::Error;
use mongodb::options::{IndexOptions, ReturnDocument};
use mongodb::{Client, Database, IndexModel};

use super::documents::{COLLECTIONS, FACTS, INDEXES, Index, LAYOUT};
use super::fault;
use super::settings::MongoSettings;
use crate::{StoreError, Tenant};

const NAMESPACE_EXISTS: i32 = 48;
/// Longest name of a database, in bytes.
const NAME_MAX: usize = 63;
const SYSTEM: [&str; 3] = ["admin", "config", "local"];

/// What a process knows of a tenant's database that it has opened.
pub(super) struct Opened {
    pub(super) database: Database,
    pub(super) secret: [u8; 32],
    /// The number of this process among those that have opened it.
    pub(super) node: i64,
}

/// Opens or makes the database of a tenant.
pub(super) async fn open(
    client: &Client,
    settings: &MongoSettings,
    tenant: &Tenant,
) -> Result<Opened, StoreError> {
    let name = format!("{}{tenant}", settings.database_prefix);
    if SYSTEM.contains(&name.as_str()) {
        return Err(StoreError::Setup(format!(
            "The tenant {tenant} would be kept in {name}, a database of MongoDB itself: set \
             storage.mongodb_database_prefix."
        )));
    }
    if name.len() > NAME_MAX {
        return Err(StoreError::Setup(format!(
            "The name {name} is too long for a database: MongoDB allows {NAME_MAX} bytes."
        )));
    }
    let database = client.database(&name);
    make(&database).await.map_err(|error| fault::of(&error))?;
    layout(&database).await?;
    let secret = secret(&database).await?;
    let facts = database.collection::<Document>(FACTS);
    let node = facts
        .find_one_and_update(doc! { "_id": "node" }, doc! { "$inc": { "n": 1_i64 } })
        .upsert(true)
        .return_document(ReturnDocument::After)
        .await
        .map_err(|error| fault::of(&error))?;
    let node = node.and_then(|node| node.get_i64("n").ok());
    let node = node.ok_or_else(|| fault::damaged("facts: node is no number"))?;
    Ok(Opened { database, secret, node })
}

async fn make(database: &Database) -> Result<(), Error> {
    let there: HashSet<String> = database.list_collection_names().await?.into_iter().collect();
    for name in COLLECTIONS {
        if there.contains(name) {
            continue;
        }
        match database.create_collection(name).await {
            Err(error) if fault::code(&error) != Some(NAMESPACE_EXISTS) => return Err(error),
            _ => (),
        }
    }
    for index in &INDEXES {
        database.collection::<Document>(index.collection).create_index(model(index)).await?;
    }
    Ok(())
}

fn model(index: &Index) -> IndexModel {
    let members: Document =
        index.members.iter().map(|member| ((*member).to_owned(), Bson::Int32(1))).collect();
    let expires = index.expires_s.and_then(|seconds| u64::try_from(seconds).ok());
    let options = IndexOptions::builder()
        .name(index.name.to_owned())
        .unique(index.is_unique.then_some(true))
        .expire_after(expires.map(std::time::Duration::from_secs))
        .build();
    IndexModel::builder().keys(members).options(options).build()
}

async fn layout(database: &Database) -> Result<(), StoreError> {
    let facts = database.collection::<Document>(FACTS);
    let update = doc! { "$setOnInsert": { "n": LAYOUT } };
    let layout = facts
        .find_one_and_update(doc! { "_id": "layout" }, update)
        .upsert(true)
        .return_document(ReturnDocument::After)
        .await
        .map_err(|error| fault::of(&error))?;
    let layout = layout.and_then(|layout| layout.get_i32("n").ok());
    match layout {
        Some(LAYOUT) => Ok(()),
        Some(newer) if newer > LAYOUT => Err(StoreError::Setup(format!(
            "The database {} has layout {newer}, and this program knows {LAYOUT}: use the newer \
             program that wrote it.",
            database.name()
        ))),
        _ => Err(fault::damaged("facts: layout is none that this program knows")),
    }
}

async fn secret(database: &Database) -> Result<[u8; 32], StoreError> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| StoreError::Fault(error.to_string()))?;
    let random = Binary { subtype: BinarySubtype::Generic, bytes: random.to_vec() };
    let facts = database.collection::<Document>(FACTS);
    let kept = facts
        .find_one_and_update(doc! { "_id": "secret" }, doc! { "$setOnInsert": { "b": random } })
        .upsert(true)
        .return_document(ReturnDocument::After)
        .await
        .map_err(|error| fault::of(&error))?;
    let kept = kept.and_then(|kept| kept.get_binary_generic("b").ok()?.as_slice().try_into().ok());
    kept.ok_or_else(|| fault::damaged("facts: secret is not 32 bytes long"))
}

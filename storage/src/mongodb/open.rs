//! Opening the database of a tenant: its collections and indexes are made when they are missing.

use std::collections::HashSet;
use std::time::Duration;

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
/// How often a fact is asked for that others make as well, and how long between two times.
const FACT_TRIES: u32 = 50;
const FACT_PAUSE: Duration = Duration::from_millis(20);
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
    make(&database).await.map_err(|error| refused(&name, &error))?;
    layout(&database).await?;
    let secret = secret(&database).await?;
    let node = fact(&database, "node", doc! { "$inc": { "n": 1_i64 } }).await?;
    let node = node.get_i64("n").map_err(|_| fault::damaged("facts: node is no number"))?;
    Ok(Opened { database, secret, node })
}

/// Why a database cannot be opened: also what no one may be told later.
fn refused(name: &str, error: &Error) -> StoreError {
    const UNAUTHORIZED: [i32; 2] = [13, 18];
    if fault::code(error).is_some_and(|code| UNAUTHORIZED.contains(&code)) {
        return StoreError::Setup(format!(
            "MongoDB does not allow the use of its database {name}: credentials are missing, or \
             their account may not read and write it."
        ));
    }
    fault::of(error)
}

/// A document of the facts, made or changed by this update.
async fn fact(database: &Database, id: &str, update: Document) -> Result<Document, StoreError> {
    let facts = database.collection::<Document>(FACTS);
    for _ in 0..FACT_TRIES {
        let changed = facts
            .find_one_and_update(doc! { "_id": id }, update.clone())
            .upsert(true)
            .return_document(ReturnDocument::After)
            .await;
        match changed {
            Ok(Some(document)) if document.len() > 1 => return Ok(document),
            // Another process makes the same document at this moment.
            Ok(_) => (),
            Err(error) if fault::is_duplicate(&error) || fault::is_transient(&error) => (),
            Err(error) => return Err(fault::of(&error)),
        }
        tokio::time::sleep(FACT_PAUSE).await;
    }
    Err(fault::damaged(&format!("facts: {id} cannot be read")))
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
        .expire_after(expires.map(Duration::from_secs))
        .build();
    IndexModel::builder().keys(members).options(options).build()
}

async fn layout(database: &Database) -> Result<(), StoreError> {
    let layout = fact(database, "layout", doc! { "$setOnInsert": { "n": LAYOUT } }).await?;
    let number = match layout.get("n") {
        Some(Bson::Int32(number)) => Some(i64::from(*number)),
        Some(Bson::Int64(number)) => Some(*number),
        _ => None,
    };
    match number {
        Some(number) if number == i64::from(LAYOUT) => Ok(()),
        Some(newer) if newer > i64::from(LAYOUT) => Err(StoreError::Setup(format!(
            "The database {} has layout {newer}, and this program knows {LAYOUT}: use the newer \
             program that wrote it.",
            database.name()
        ))),
        Some(older) => Err(StoreError::Setup(format!(
            "The database {} has layout {older}, of a program before the first release, and this \
             one knows {LAYOUT}: load its records anew under another storage.mongodb_database_prefix.",
            database.name()
        ))),
        None => Err(fault::damaged("facts: layout is none that this program knows")),
    }
}

async fn secret(database: &Database) -> Result<[u8; 32], StoreError> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| StoreError::Fault(error.to_string()))?;
    let random = Binary { subtype: BinarySubtype::Generic, bytes: random.to_vec() };
    let kept = fact(database, "secret", doc! { "$setOnInsert": { "b": random } }).await?;
    let kept = kept.get_binary_generic("b").ok().and_then(|kept| kept.as_slice().try_into().ok());
    kept.ok_or_else(|| fault::damaged("facts: secret is not 32 bytes long"))
}

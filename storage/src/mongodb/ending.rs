//! How a transaction ends: its commit is asked for until the answer is known, by whoever waits or,
//! when nobody can wait longer, behind his back.

use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
use mongodb::{ClientSession, Database};

use super::commit::Attempts;
use super::documents::{RESOURCES, VERSIONS};
use super::fault;
use super::record::{self, Head};
use super::rows::{Access, Read};
use super::store::Shared;
use super::transaction::Failed;
use crate::StoreError;

/// How long the server keeps a transaction of which it hears nothing: what it wrote is locked as
/// long (transactionLifetimeLimitSeconds, unless the operator set it otherwise).
const LIFETIME: Duration = Duration::from_secs(60);
/// Between two attempts to end what nobody waits for.
const PAUSE: Duration = Duration::from_millis(250);

/// Commits what is written. `witness` is a version that is there if, and only if, that is done.
pub(super) async fn end(
    shared: &Shared,
    mut session: ClientSession,
    witness: &Head,
    attempts: &mut Attempts,
) -> Result<(), Failed> {
    let time = shared.rows.answer_time();
    loop {
        match fault::in_time(time, session.commit_transaction().into_future()).await {
            Ok(()) => return Ok(()),
            Err(error) if is_open(&error) => {
                if let Err(error) = attempts.again(fault::of(&error)).await {
                    // As long as the server does not know what becomes of it, all that it wrote
                    // and guards is locked.
                    tokio::spawn(settle(session, time));
                    return Err(Failed::Final(error));
                }
            }
            // After an answer that was lost this may be said of what is done.
            Err(error) => {
                return match is_written(shared, witness).await {
                    Ok(true) => Ok(()),
                    Ok(false) => Err(error.into()),
                    Err(error) => Err(error.into()),
                };
            }
        }
    }
}

/// Gives up a transaction before its commit: what is not committed is nothing.
///
/// A session that is dropped says so once, and not at all where the driver takes the transaction for
/// one that did not begin. When that is lost, what the transaction wrote and guards stays locked.
pub(super) fn give_up(shared: &Shared, session: ClientSession) {
    let admin = shared.rows.clients.main().database("admin");
    tokio::spawn(kill(admin, session, shared.rows.answer_time()));
}

/// Ends a session with its transaction, as soon as the database can be asked.
async fn kill(admin: Database, session: ClientSession, time: Duration) {
    let command = doc! { "killSessions": [session.id().clone()] };
    let start = Instant::now();
    while start.elapsed() < LIFETIME {
        let killed = admin.run_command(command.clone()).into_future();
        match fault::in_time(time, killed).await {
            Err(error) if fault::is_gone(&error) => tokio::time::sleep(PAUSE).await,
            Ok(_) | Err(_) => return,
        }
    }
}

/// Asks for the commit until the server says what became of it.
async fn settle(mut session: ClientSession, time: Duration) {
    let start = Instant::now();
    while start.elapsed() < LIFETIME {
        tokio::time::sleep(PAUSE).await;
        match fault::in_time(time, session.commit_transaction().into_future()).await {
            Err(error) if is_open(&error) => (),
            Ok(()) | Err(_) => return,
        }
    }
}

/// May the transaction be committed, or not, or not yet?
fn is_open(error: &mongodb::error::Error) -> bool {
    fault::is_unknown(error) || fault::is_gone(error)
}

/// Is this version there, as the current one or an older one?
pub(super) async fn is_written(shared: &Shared, witness: &Head) -> Result<bool, StoreError> {
    for (collection, id) in [
        (RESOURCES, record::id(&witness.key)),
        (VERSIONS, record::version_id(&witness.key, witness.version)),
    ] {
        let read = Read {
            collection,
            filter: doc! { "_id": id, "s": witness.sequence },
            projection: doc! { "s": 1 },
            sort: Document::new(),
            limit: 1,
        };
        if !shared.rows.read(&mut Access::Free, read).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

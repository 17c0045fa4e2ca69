//! What the driver alone does on the database that a server of the bench uses, and what stands there:
//! `raw_mongodb floors URI DATABASE TASKS SECONDS SCENARIO` and `raw_mongodb inventory URI DATABASE`.
//!
//! `cargo xtask bench --store mongodb` runs it; what it finds out is printed as lines of JSON.

mod floors;
mod inventory;
mod load;
mod templates;

use std::io::Write as _;
use std::time::Duration;

use mongodb::options::{ClientOptions, ReadConcern, WriteConcern};
use mongodb::{Client, Database};

/// As many as a server of ours has.
const POOL_MAX: u32 = 64;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("the system has threads");
    match arguments.as_slice() {
        ["floors", uri, name, tasks, seconds, scenario] => {
            let tasks = tasks.parse().expect("TASKS is a whole number");
            let seconds = seconds.parse().expect("SECONDS is a number");
            let seconds = Duration::from_secs_f64(seconds);
            runtime.block_on(async {
                let (client, database) = open(uri, name).await;
                floors::print(&client, &database, scenario, tasks, seconds).await;
            });
        }
        ["inventory", uri, name] => runtime.block_on(async {
            let (_, database) = open(uri, name).await;
            inventory::print(&database).await;
        }),
        _ => panic!("say floors URI DATABASE TASKS SECONDS SCENARIO, or inventory URI DATABASE"),
    }
}

/// A client with the concerns of the server's own.
async fn open(uri: &str, name: &str) -> (Client, Database) {
    let mut options = ClientOptions::parse(uri).await.expect("a connection string");
    let mut concern = WriteConcern::majority();
    concern.journal = Some(true);
    options.write_concern = Some(concern);
    options.read_concern = Some(ReadConcern::majority());
    options.max_pool_size = Some(POOL_MAX);
    let client = Client::with_options(options).expect("a client");
    let database = client.database(name);
    (client, database)
}

fn tell(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("someone listens");
}

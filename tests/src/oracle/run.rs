//! Loads the data, asks the queries from several threads, and compares.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::{Client, Server};

use super::compare::compared;
use super::data::ids;
use super::generate::Generator;
use super::query::Query;
use super::records::{record, records};
use super::rng::Rng;
use super::truth::World;

/// Queries of one data set: its seed is that of the run plus its number.
const SET: u64 = 1_500;

/// Resources of a data set, about.
const SIZE: usize = 140;

const THREADS: u64 = 3;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The same seed gives the same data and the same queries.
    pub seed: u64,
    /// How many queries.
    pub queries: u64,
    /// Only this one, by its number from 0.
    pub only: Option<u64>,
}

/// Of one kind of query: how many, and how many that found something but not everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Count {
    /// All.
    pub all: u64,
    /// Those with a telling result.
    pub telling: u64,
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Summary {
    /// By kind of query.
    pub kinds: BTreeMap<String, Count>,
    /// Each difference, with all that is needed to look into it.
    pub differences: Vec<String>,
}

impl Summary {
    /// How many queries of all kinds.
    #[must_use]
    pub fn count(&self) -> Count {
        self.kinds.values().fold(Count::default(), |sum, count| Count {
            all: sum.all + count.all,
            telling: sum.telling + count.telling,
        })
    }

    /// A line per kind and one for all.
    #[must_use]
    pub fn text(&self) -> String {
        let line = |name: &str, Count { all, telling }: Count| {
            format!("{name:<24} {all:>8} queries, {telling:>8} telling\n")
        };
        let kinds: String = self.kinds.iter().map(|(name, count)| line(name, *count)).collect();
        format!("{kinds}{}{} differences", line("all", self.count()), self.differences.len())
    }
}

/// Asks all queries of the plan; `say` gets a line of progress now and then.
///
/// # Panics
/// When a server does not start or does not take the data.
pub fn run(plan: &Plan, say: &mut dyn FnMut(&str)) -> Summary {
    let mut summary = Summary::default();
    let sets = plan.queries.div_ceil(SET);
    for set in 0..sets {
        let numbers = (set * SET)..((set + 1) * SET).min(plan.queries);
        let numbers = match plan.only {
            Some(only) if numbers.contains(&only) => only..only + 1,
            Some(_) => continue,
            None => numbers,
        };
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        // Every third set is written to files on the way, every third is read by a second process.
        let settings: &[(&str, &str)] =
            if set % 3 == 1 { &[("storage.memtable_bytes", "65536")] } else { &[] };
        let mut server = Server::open(folder.path(), settings);
        let world = loaded(&server, plan.seed.wrapping_add(set));
        if set % 3 == 2 {
            server.stop();
            server = Server::open(folder.path(), settings);
        }
        let shared = Mutex::new(&mut summary);
        let next = AtomicU64::new(numbers.start);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let client = Client::new(server.base());
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= numbers.end {
                            break;
                        }
                        one(plan, &client, &world, number, &shared);
                    }
                });
            }
        });
        say(&format!(
            "{} of {} queries, {} differences",
            numbers.end,
            plan.queries,
            summary.differences.len()
        ));
    }
    summary
}

fn one(plan: &Plan, client: &Client, world: &World, number: u64, all: &Mutex<&mut Summary>) {
    let mut generator = Generator { rng: Rng::at(plan.seed, number), world };
    let mut query = generator.query();
    let mut expected = world.matches(&query);
    let is_telling = |query: &Query, expected: &BTreeSet<String>| {
        !expected.is_empty() && expected.len() < world.count(&query.place)
    };
    // One in six is taken as it comes, since to find nothing is an answer too.
    let tries = if number.is_multiple_of(6) { 0 } else { 3 };
    for _ in 0..tries {
        if is_telling(&query, &expected) {
            break;
        }
        query = generator.query();
        expected = world.matches(&query);
    }
    let is_telling = is_telling(&query, &expected);
    let wrong = compared(client, world, &query, &expected);
    let mut summary = all.lock().expect("no thread panics while it counts");
    let count = summary.kinds.entry(query.kind()).or_default();
    count.all += 1;
    count.telling += u64::from(is_telling);
    if let Err(wrong) = wrong {
        let seed = plan.seed;
        summary.differences.push(format!(
            "seed {seed}, query {number}: {}\n{wrong}\n\
             again: cargo xtask oracle --seed {seed} --queries {} --query {number}",
            query.text(),
            plan.queries
        ));
    }
}

/// One transaction with all, then some updates and deletes; what the server must hold after it.
fn loaded(server: &Server, seed: u64) -> World {
    let mut rng = Rng::new(seed);
    let first = records(&mut rng, SIZE);
    let entry = |resource: &Value| {
        let url = address(resource);
        json!({"resource": resource, "request": {"method": "PUT", "url": url}})
    };
    let entries: Vec<Value> = first.iter().map(entry).collect();
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
    server.post("").json(&bundle).send().expect(200);
    let mut world = World(first.into_iter().map(|held| (address(&held), held)).collect());
    let keys: Vec<String> = world.0.keys().cloned().collect();
    for key in keys {
        if rng.percent(6) && !key.starts_with("List/") && !key.ends_with('0') {
            server.delete(&key).send().expect(204);
            world.0.remove(&key);
        } else if rng.percent(8) {
            let (name, id) = key.split_once('/').expect("a type and an id");
            let resource = record(&mut rng, SIZE, name, id);
            server.put(&key).json(&resource).send().expect(200);
            world.0.insert(key, resource);
        }
    }
    // Only the server knows when it stored them.
    for (key, resource) in &mut world.0 {
        let held = server.get(key).send().expect(200).json();
        resource["meta"]["lastUpdated"] = held["meta"]["lastUpdated"].clone();
    }
    debug_assert!(world.0.len() > ids("Observation", SIZE).len());
    world
}

fn address(resource: &Value) -> String {
    let text = |name: &str| resource[name].as_str().expect("a type and an id");
    format!("{}/{}", text("resourceType"), text("id"))
}

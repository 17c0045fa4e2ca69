//! How fast and how small: `cargo run --release -p storage --example load -- FOLDER [COUNT]`.
//!
//! Loads synthetic Observations in transactions and one by one from 64 tasks, reads and searches
//! them, and tells rates, bytes on the disk and the time to open again. With a count of 0 it opens
//! and searches what is there. Of each search it tells the microseconds of a page without an order,
//! oldest first and newest first, and of a page with its total.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use fhir::json::Json;
use fhir::primitive::DateTime;
use fhir::search::{
    DateTest, DateValue, Entry, Filter, IndexValue, NumberValue, Param, Prefix, QuantityUnit,
    QuantityValue, ReferenceTest, ReferenceValue, Sort, StringValue, Test, TokenTest, TokenValue,
    stable_hash,
};
use storage::{
    Change, Commit, EmbeddedSettings, Expected, Key, SearchRequest, Storage, Store, Tenant, Write,
};

const TASKS: usize = 64;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a folder is named");
    let count: usize = arguments.next().map_or(50_000, |count| count.parse().expect("a number"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    runtime.expect("a runtime").block_on(run(Path::new(&folder), count));
}

fn tell(text: &str) {
    writeln!(std::io::stdout(), "{text}").expect("someone listens");
}

async fn open(folder: &Path) -> Store {
    let storage = Storage::open(&EmbeddedSettings::new(folder)).expect("a storage");
    storage.store(&Tenant::parse("load").expect("a name")).await.expect("a store")
}

async fn run(folder: &Path, count: usize) {
    let start = Instant::now();
    let store = open(folder).await;
    tell(&format!("opened in {:?}", start.elapsed()));
    if count == 0 {
        searches(&store).await;
        return tell(&format!("{} MiB in memory", resident()));
    }
    let start = Instant::now();
    load(&store, count).await;
    rate("import in transactions of 50", count, start);
    let start = Instant::now();
    create(&store, count, count / 4).await;
    rate("durable creates from 64 tasks", count / 4, start);
    let all = count + count / 4;
    let reads = all.min(50_000);
    let start = Instant::now();
    for n in 0..reads {
        let version = store.read(&Key::new("Observation", id(n * 7919 % all))).await;
        assert!(version.expect("a read").is_some());
    }
    rate("reads, one task", reads, start);
    tell(&format!("{} MiB in memory", resident()));
    searches(&store).await;
    tell(&format!("{} MiB in memory", resident()));
    tell(&format!("{} bytes a resource before closing", disk(&store).await / all as u64));
    let start = Instant::now();
    store.close().await.expect("a close");
    tell(&format!("closed in {:?}", start.elapsed()));
    drop(store);
    let start = Instant::now();
    let store = open(folder).await;
    tell(&format!("opened in {:?}", start.elapsed()));
    tell(&format!("{} bytes a resource", disk(&store).await / all as u64));
    let start = Instant::now();
    if count > 100_000 {
        return;
    }
    let report = store.check(|_| ()).await.expect("a check");
    tell(&format!("checked in {:?}: {report:?}", start.elapsed()));
}

async fn disk(store: &Store) -> u64 {
    store.disk_bytes().await.expect("a number")
}

fn rate(what: &str, count: usize, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    tell(&format!("{what}: {:.0}/s", count as f64 / seconds));
}

async fn load(store: &Store, count: usize) {
    let tasks = (0..4).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            for start in (task * 50..count).step_by(4 * 50) {
                let writes = (start..count.min(start + 50)).map(observation).collect();
                store.commit(Commit { writes, checks: vec![] }).await.expect("a commit");
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
}

async fn create(store: &Store, from: usize, count: usize) {
    let tasks = (0..TASKS).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            for n in (from + task..from + count).step_by(TASKS) {
                let writes = vec![observation(n)];
                store.commit(Commit { writes, checks: vec![] }).await.expect("a commit");
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
}

async fn searches(store: &Store) {
    let by = |code: &str, test: Test| Filter::Matches(Param::new("Observation", code), test);
    let token = |param: &str, system: &str, code: &str| {
        let system = Some(stable_hash(system));
        by(param, Test::Token(TokenTest { system, code: Some(code.to_owned()) }))
    };
    let code = |code: &str| token("code", "http://loinc.org", code);
    let category = || token("category", "http://terminology.hl7.org/category", "vital-signs");
    let status = || token("status", "http://hl7.org/fhir/observation-status", "final");
    let patient = |n: usize| {
        let resources = vec!["Patient".to_owned()];
        let test = ReferenceTest::Local { resources, id: id(n), version: None };
        by("patient", Test::Reference(test))
    };
    let date = |prefix, text: &str| {
        let (low, high) = DateTime::parse(text).expect("a date").range_us();
        by("date", Test::Date(DateTest { prefix, low, high }))
    };
    let since = |text: &str| date(Prefix::Ge, text);
    let or = || Filter::Or(vec![code(CODES[1]), code(CODES[3])]);
    let and = |parts: Vec<Filter>| Filter::And(parts);
    for (what, filter) in [
        ("all", Filter::All),
        ("code", code(CODES[1])),
        ("code,code", or()),
        ("date", since("2020")),
        ("patient", patient(5)),
        ("patient code", and(vec![patient(3), code(CODES[2])])),
        ("patient category date", and(vec![patient(3), category(), since("2001")])),
        ("code date", and(vec![code(CODES[2]), since("2015")])),
        ("code date narrow", and(vec![code(CODES[2]), date(Prefix::Eq, "2015-03")])),
        ("code status category", and(vec![code(CODES[2]), status(), category()])),
        ("code,code status", and(vec![or(), status()])),
        ("status not code", and(vec![status(), Filter::Not(Box::new(code(CODES[0])))])),
    ] {
        let request = SearchRequest::of("Observation", filter, 20);
        let mut times = vec![timed(store, &request).await];
        for is_descending in [false, true] {
            let sort = Sort { param: Param::new("Observation", "date"), is_descending };
            times.push(timed(store, &request.clone().sorted(vec![sort])).await);
        }
        let counted = timed(store, &request.counted()).await;
        let text = times.iter().map(|time| format!("{:>9.1}", time.0)).collect::<String>();
        tell(&format!("{what:<24}{text}{:>12.1}   {:?}", counted.0, counted.1));
    }
}

/// Microseconds for a page, and the total.
async fn timed(store: &Store, request: &SearchRequest) -> (f64, Option<u64>) {
    let start = Instant::now();
    let mut total = store.search(request).await.expect("a search").total;
    let rounds = if start.elapsed().as_millis() > 20 { 3 } else { 200 };
    let start = Instant::now();
    for _ in 0..rounds {
        total = store.search(request).await.expect("a search").total;
    }
    (start.elapsed().as_secs_f64() * 1e6 / f64::from(rounds), total)
}

/// What the process holds in memory, in MiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}

const CODES: [&str; 8] =
    ["8867-4", "8480-6", "8462-4", "29463-7", "8302-2", "4548-4", "2339-0", "2093-3"];

/// Ids like those of a server: no order in them.
fn id(n: usize) -> String {
    let halves = [stable_hash(&n.to_string()), stable_hash(&format!("x{n}"))];
    let hex = format!("{:016x}{:016x}", halves[0], halves[1]);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn observation(n: usize) -> Write {
    let code = CODES[n % CODES.len()];
    let (patient, encounter) = (id(n / 200), id(n / 10 + 1_000_000));
    let number = 60.0 + (stable_hash(&id(n)) % 900) as f64 / 10.0;
    let (year, month, day) = (n / 200 % 25, n % 12 + 1, n % 28 + 1);
    let date = format!("20{year:02}-{month:02}-{day:02}T10:{:02}:00-05:00", n % 60);
    let json = format!(
        concat!(
            r#"{{"resourceType":"Observation","id":"{id}","status":"final","category":[{{"#,
            r#""coding":[{{"system":"http://terminology.hl7.org/CodeSystem/"#,
            r#"observation-category","code":"vital-signs","display":"vital-signs"}}]}}],"#,
            r#""code":{{"coding":[{{"system":"http://loinc.org","code":"{code}","#,
            r#""display":"A display of {code}"}}],"text":"A display of {code}"}},"#,
            r#""subject":{{"reference":"Patient/{patient}"}},"#,
            r#""encounter":{{"reference":"Encounter/{encounter}"}},"#,
            r#""effectiveDateTime":"{date}","issued":"{date}","#,
            r#""valueQuantity":{{"value":{number},"unit":"mmHg","#,
            r#""system":"http://unitsofmeasure.org","code":"mm[Hg]"}}}}"#
        ),
        id = id(n),
        code = code,
        patient = patient,
        encounter = encounter,
        date = date,
        number = number,
    );
    let body = Arc::new(Json::parse(json).expect("JSON"));
    let low = DateTime::parse(&date).expect("a date").range_us().0;
    let entries = entries(code, &patient, &encounter, low, number);
    let change = Change::Put { body, entries, is_create: true };
    Write { key: Key::new("Observation", id(n)), change, expected: Expected::Absent }
}

/// About what the parameters of Observation find in such a resource.
fn entries(code: &str, patient: &str, encounter: &str, low: i64, number: f64) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut add = |code: &str, value| {
        entries.push(Entry { param: Param::new("Observation", code), value });
    };
    let local = |resource: &str, id: &str| {
        let (resource, id) = (resource.into(), id.into());
        IndexValue::Reference(ReferenceValue::Local { resource, id, version: None })
    };
    let token = |system: &str, code: &str| IndexValue::Token(TokenValue::new(Some(system), code));
    let loinc = || token("http://loinc.org", code);
    let text = || IndexValue::String(StringValue::new(&format!("A display of {code}")));
    add("status", token("http://hl7.org/fhir/observation-status", "final"));
    add("category", token("http://terminology.hl7.org/category", "vital-signs"));
    for param in ["code", "combo-code"] {
        add(param, loinc());
    }
    for param in ["code:text", "combo-code:text"] {
        add(param, text());
    }
    for param in ["subject", "patient", "_references"] {
        add(param, local("Patient", patient));
    }
    for param in ["encounter", "_references"] {
        add(param, local("Encounter", encounter));
    }
    add("date", IndexValue::Date(DateValue { low, high: low + 999_999 }));
    let number = NumberValue { low: number, high: number };
    let units = [
        QuantityUnit::Any,
        QuantityUnit::Bare("mm[Hg]".into()),
        QuantityUnit::Bare("mmHg".into()),
        QuantityUnit::Canonical("g.m-1.s-2".into()),
    ];
    for unit in units {
        let quantity = || IndexValue::Quantity(QuantityValue { number, unit: unit.clone() });
        for param in ["value-quantity", "combo-value-quantity"] {
            add(param, quantity());
        }
        for param in ["code-value-quantity", "combo-code-value-quantity"] {
            add(param, IndexValue::Composite(vec![loinc(), quantity()]));
        }
    }
    entries
}

//! A door over a map, for tests: reads, searches by patient, identifier and ids, page by page, and
//! updates with their precondition.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use fhir::bundle::{BundleEntry, BundleWriter};
use fhir::json::{Json, Tree, Value};
use fhir::primitive::DateTime;
use fhir::{Kind, Outcome};
use interactions::{
    Answer, Caller, Door, Input, Interaction, Key, Performing, Search, SearchScope, Target, Update,
};

use crate::Found;

pub(crate) const BASE: &str = "http://h/fhir";

/// Resources by address, and what was asked.
#[derive(Default)]
pub(crate) struct DoorScript {
    resources: Mutex<BTreeMap<String, Json>>,
    /// Addresses of updates that somebody else forestalls, so many times.
    pub(crate) races: Mutex<usize>,
    /// Writes so far.
    pub(crate) writes: Mutex<usize>,
    /// Greatest page, whatever was asked for.
    pub(crate) page_max: usize,
}

/// The caller of the tests.
pub(crate) fn caller() -> Caller {
    Caller { base: BASE.into(), request_id: "test".into(), is_lenient: false }
}

/// Runs a future that never waits.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the scripted door never waits"),
    }
}

/// An invocation on one resource with these parameters, as an address gives them.
pub(crate) fn input(resource: &str, id: Option<&str>, pairs: &[(&str, &str)]) -> Input {
    let parts: Vec<String> = pairs
        .iter()
        .filter(|(name, _)| *name != "_page")
        .map(|(name, value)| {
            let value = fhir::json::quote(value);
            format!(r#"{{"name":"{name}","valueString":{value}}}"#)
        })
        .collect();
    let text = format!(r#"{{"resourceType":"Parameters","parameter":[{}]}}"#, parts.join(","));
    Input {
        resource: Some(resource.into()),
        key: id.map(|id| Key::new(resource, id)),
        version: None,
        parameters: (!parts.is_empty()).then(|| Json::parse(text).unwrap()),
        pairs: pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        is_get: true,
    }
}

/// A resource with `meta`, as the store gives it.
pub(crate) fn stored(text: &str, version: u64, updated: &str) -> Json {
    let mut tree = Tree::from(Json::parse(text).expect("JSON of a test").root());
    let mut meta = tree.get("meta").cloned().unwrap_or_else(Tree::object);
    meta.set("versionId", Tree::string(version.to_string()));
    meta.set("lastUpdated", Tree::string(updated));
    tree.set("meta", meta);
    tree.to_json().unwrap()
}

impl DoorScript {
    pub(crate) fn new(resources: &[&str]) -> Self {
        let door = Self { page_max: 1000, ..Self::default() };
        for text in resources {
            door.put(stored(text, 1, "2024-06-01T00:00:00.000Z"));
        }
        door
    }

    pub(crate) fn put(&self, json: Json) {
        let address = Found::new(json.clone()).expect("a resource with an id").address();
        self.resources.lock().unwrap().insert(address, json);
    }

    fn read(&self, key: &Key) -> Result<Answer, Outcome> {
        let resources = self.resources.lock().unwrap();
        let json = resources.get(&key.to_string());
        let json = json.ok_or_else(|| Outcome::new(Kind::NotFound, format!("no {key}")))?;
        Ok(Answer::found(json.text().to_owned()))
    }

    fn update(&self, update: Update) -> Result<Answer, Outcome> {
        let Target::Id(id) = &update.target else { panic!("by id alone") };
        let key = Key::new(update.resource.clone(), id.clone());
        let current = Json::parse(self.read(&key)?.body.to_vec()).unwrap();
        let version = Found::new(current.clone()).unwrap().version.unwrap();
        let number: u64 = version.parse().unwrap();
        let mut races = self.races.lock().unwrap();
        if *races > 0 {
            *races -= 1;
            self.put(stored(current.text(), number + 1, "2024-06-02T00:00:00.000Z"));
            return Err(Outcome::new(Kind::Precondition, "somebody else wrote"));
        }
        assert_eq!(update.if_match.as_deref(), Some(version.as_str()));
        *self.writes.lock().unwrap() += 1;
        let next = stored(update.body.text(), number + 1, "2024-06-03T00:00:00.000Z");
        self.put(next.clone());
        Ok(Answer::found(next.text().to_owned()))
    }

    /// The token of a page is the search itself with where it goes on.
    fn search(&self, search: &Search) -> Answer {
        let get = |name: &str| {
            search.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
        };
        let (parameters, from) = match get("_page") {
            Some(token) => {
                let mut parts = token.split(';');
                let from: usize = parts.next().unwrap().parse().unwrap();
                let pairs = parts.filter_map(|pair| pair.split_once('='));
                (pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect(), from)
            }
            None => (search.parameters.clone(), 0),
        };
        let count = parameters.iter().find(|(name, _)| name == "_count");
        let count: usize = count.map_or(50, |(_, value)| value.parse().unwrap());
        let count = count.min(self.page_max);
        let resources = self.resources.lock().unwrap();
        let matches = resources.values().filter(|json| is_match(json, search, &parameters));
        let matches: Vec<&Json> = matches.collect();
        let mut bundle = BundleWriter::new("searchset");
        bundle.link("self", &format!("{BASE}/self"));
        if matches.len() > from + count {
            let rest: Vec<String> = parameters.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let token = format!("{};{}", from + count, rest.join(";"));
            bundle.link("next", &format!("{BASE}/x?_page={}", crate::pages::encode(&token)));
        }
        for json in matches.into_iter().skip(from).take(count) {
            let resource = Some(json.text());
            bundle.entry(&BundleEntry { resource, ..BundleEntry::default() });
        }
        Answer::found(bundle.finish())
    }
}

fn is_match(json: &Json, search: &Search, parameters: &[(String, String)]) -> bool {
    let root = json.root();
    let kind = root.str("resourceType").unwrap();
    let in_scope = match &search.scope {
        SearchScope::System => true,
        SearchScope::Type(wanted) => **wanted == *kind,
        SearchScope::Compartment { id, resource, .. } => {
            resource.as_ref().is_none_or(|wanted| **wanted == *kind)
                && json.text().contains(&format!("\"Patient/{id}\""))
        }
    };
    in_scope && parameters.iter().all(|(name, value)| satisfies(root, name, value))
}

fn satisfies(root: Value<'_>, name: &str, value: &str) -> bool {
    match name {
        "_count" => true,
        "_id" => value.split(',').any(|id| root.str("id").as_deref() == Some(id)),
        "patient" => ["subject", "patient"].iter().any(|element| {
            root.at(&[element, "reference"]).and_then(Value::as_str).as_deref() == Some(value)
        }),
        "identifier" => root.list("identifier").any(|identifier| {
            let system = identifier.str("system").unwrap_or_default();
            format!("{system}|{}", identifier.str("value").unwrap_or_default()) == value
        }),
        "_lastUpdated" => {
            let bound = DateTime::parse(value.strip_prefix("gt").unwrap()).unwrap();
            let updated = root.at(&["meta", "lastUpdated"]).and_then(Value::as_str).unwrap();
            DateTime::parse(&updated).unwrap().range_us().0 > bound.range_us().1
        }
        other => panic!("the scripted door knows no {other}"),
    }
}

impl Door for DoorScript {
    fn perform<'a>(&'a self, _: &'a Caller, interaction: Interaction) -> Performing<'a> {
        Box::pin(async move {
            match interaction {
                Interaction::Read(read) => self.read(&read.key),
                Interaction::Vread(vread) => self.read(&vread.key),
                Interaction::Search(search) => Ok(self.search(&search)),
                Interaction::Update(update) => self.update(update),
                other => panic!("the scripted door knows no {other:?}"),
            }
        })
    }
}

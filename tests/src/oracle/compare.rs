//! What the server answers beside what it should.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use crate::Client;

use super::parameters::{Kind, Parameter};
use super::query::Query;
use super::texts::{LOCAL, at_any, codings, folded};
use super::truth::World;
use super::{dates, numbers};

/// Pages that a search of these few resources has at most.
const PAGES_MAX: usize = 400;

/// Follows all pages; the error says what differs.
pub(crate) fn compared(
    client: &Client,
    world: &World,
    query: &Query,
    expected: &BTreeSet<String>,
) -> Result<(), String> {
    let mut found: Vec<String> = Vec::new();
    let mut next = Some(query.text().replace(LOCAL, &format!("{}/", client.base())));
    let mut pages = 0;
    let mut totals = BTreeSet::new();
    while let Some(path) = next {
        pages += 1;
        if pages > PAGES_MAX {
            return Err("the pages have no end".to_owned());
        }
        let page = match path.split_once('?') {
            Some((place, pairs)) if query.is_posted && pages == 1 => client
                .request("POST", &searched(place))
                .body("application/x-www-form-urlencoded", pairs)
                .try_send()?,
            _ => client.request("GET", &path).try_send()?,
        };
        if page.status != 200 {
            return Err(format!("status {}: {}", page.status, page.text()));
        }
        totals.insert(page.json()["total"].to_string());
        let matches = page.entries("match");
        if matches.len() > query.count {
            return Err(format!("a page of {} matches", matches.len()));
        }
        check_includes(world, query, &matches, page.entries("include"))?;
        found.extend(matches);
        next = page.link("next");
    }
    let distinct: BTreeSet<String> = found.iter().cloned().collect();
    if distinct != *expected {
        return Err(difference(world, expected, &distinct));
    }
    if distinct.len() != found.len() {
        return Err(format!("something is found twice: {found:?}"));
    }
    if query.is_counted && totals != BTreeSet::from([expected.len().to_string()]) {
        return Err(format!("totals {totals:?}, expected {}", expected.len()));
    }
    check_order(world, query, &found)
}

/// Where a search is posted to. All of a compartment has no such place of its own.
fn searched(place: &str) -> String {
    if place.is_empty() { "_search".to_owned() } else { format!("{place}/_search") }
}

fn check_includes(
    world: &World,
    query: &Query,
    matches: &[String],
    found: Vec<String>,
) -> Result<(), String> {
    let expected = world.included(&matches.iter().cloned().collect(), &query.includes);
    let distinct: BTreeSet<String> = found.iter().cloned().collect();
    if distinct.len() != found.len() {
        return Err(format!("something is included twice: {found:?}"));
    }
    if distinct != expected {
        return Err(format!(
            "page {matches:?}\nincluded: {}",
            difference(world, &expected, &distinct)
        ));
    }
    Ok(())
}

/// Both sets, and up to three resources that are only in one.
fn difference(world: &World, expected: &BTreeSet<String>, found: &BTreeSet<String>) -> String {
    let more: Vec<&String> = found.difference(expected).collect();
    let less: Vec<&String> = expected.difference(found).collect();
    let mut text = format!("expected {expected:?}\nfound    {found:?}\n");
    for (name, keys) in [("too many", more), ("missing", less)] {
        for key in keys.into_iter().take(2) {
            let resource = world.0.get(key).map_or("(not there)".to_owned(), Value::to_string);
            let _ = writeln!(text, "{name}: {resource}");
        }
    }
    text
}

/// What a resource is sorted by: the least of its values up, the greatest down.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i128),
    Text(String),
}

fn key(resource: &Value, parameter: &Parameter, is_down: bool) -> Option<Key> {
    let held = at_any(resource, parameter.paths).into_iter();
    let keys = held.flat_map(|held| match parameter.kind {
        Kind::Date => {
            // R4 does not say by which end: this server takes the start both ways.
            let start = dates::held(held).map(|(from, _)| Key::Number(from.into()));
            start.into_iter().collect()
        }
        Kind::Number | Kind::Quantity => numbers::key(held).map(Key::Number).into_iter().collect(),
        Kind::Token => codings(held)
            .into_iter()
            .map(|(_, code)| Key::Text(code.to_ascii_lowercase()))
            .collect(),
        Kind::Text => vec![Key::Text(folded(held.as_str().unwrap_or_default()))],
        _ => vec![Key::Text(held.as_str().unwrap_or_default().to_owned())],
    });
    let keys: Vec<Key> = keys.collect();
    if is_down { keys.into_iter().max() } else { keys.into_iter().min() }
}

fn has_only_text(resource: &Value, parameter: &Parameter) -> bool {
    let is_it = |held: &&Value| held.is_object() && codings(held).is_empty();
    parameter.kind == Kind::Token && at_any(resource, parameter.paths).iter().any(is_it)
}

/// Each resource after the one before it, by all keys; those without a value come last.
fn check_order(world: &World, query: &Query, found: &[String]) -> Result<(), String> {
    for pair in found.windows(2) {
        let [a, b] = [&world.0[&pair[0]], &world.0[&pair[1]]];
        for (parameter, is_down) in &query.sort {
            // Where a concept that has only text belongs is open in R4.
            if [a, b].into_iter().any(|held| has_only_text(held, parameter)) {
                break;
            }
            let keys = [key(a, parameter, *is_down), key(b, parameter, *is_down)];
            let order = match &keys {
                [Some(a), Some(b)] if *is_down => b.cmp(a),
                [Some(a), Some(b)] => a.cmp(b),
                [a, b] => b.is_some().cmp(&a.is_some()),
            };
            match order {
                Ordering::Less => break,
                // The server knows the instant of a version to the microsecond and shows it to the
                // millisecond: what looks equal may have an order.
                Ordering::Equal if parameter.code == "_lastUpdated" => break,
                Ordering::Equal => {}
                Ordering::Greater => {
                    return Err(format!("out of order: {keys:?}\n{a}\n{b}"));
                }
            }
        }
    }
    Ok(())
}

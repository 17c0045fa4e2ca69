//! A clause as conditions of the database: one that it looks up in an index, and all others that it
//! checks on what it finds there.
//!
//! Every condition holds of whatever the clause holds of. Where the database cannot say all that a
//! clause asks, it holds of more, and the index entries of each resource decide.

use std::sync::Arc;

use mongodb::bson::{Bson, Document, doc};

use fhir::search::{ReferenceTest, StringMode, Test, UriMode};

use super::clause::{Clause, Numbered};
use super::join::Joined;
use super::keys;
use super::text::{Range, text};
use crate::index::bounds::spans;
use crate::index::cursor::text_start;
use crate::index::encode::{STRING_MAX, system_stem};
use crate::index::stem::family;

/// Keys that are looked up at once.
const POINTS_MAX: usize = 2_000;

/// What the database is asked.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    /// What it looks up first.
    pub(super) lookup: Document,
    /// What it checks on what it finds; empty: nothing.
    pub(super) rest: Document,
    /// It says all that the clause asks.
    pub(super) is_exact: bool,
    /// What is looked up, for the plan.
    pub(super) subject: String,
}

impl Condition {
    /// Is one key looked up?
    pub(super) fn is_one_key(&self) -> bool {
        matches!(self.lookup.get("k"), Some(Bson::String(_)))
    }
}

/// What one clause asks of a document.
struct Asked {
    condition: Document,
    is_exact: bool,
}

impl Asked {
    fn exact(condition: Document) -> Self {
        Self { condition, is_exact: true }
    }

    fn about(condition: Document) -> Self {
        Self { condition, is_exact: false }
    }
}

/// What the database is asked for a clause on a type; `member` is the key that all of the type have.
pub(super) fn condition(resource: &str, member: &[u8], clause: &Clause) -> Condition {
    let parts: &[Clause] = match clause {
        Clause::And(parts) => parts,
        Clause::All => &[],
        other => std::slice::from_ref(other),
    };
    let found = parts.iter().enumerate().filter_map(|(at, part)| {
        let lookup = lookup(resource, part)?;
        Some((lookup.rank, at, lookup))
    });
    let first = found.min_by_key(|(rank, at, _)| (*rank, *at));
    let (at, lookup, subject) = match first {
        Some((_, at, lookup)) => {
            (lookup.is_all.then_some(at), lookup.condition, parts[at].subject())
        }
        None => (None, doc! { "k": text(member) }, "all of the type".to_owned()),
    };
    let mut is_exact = true;
    let mut rest = Vec::new();
    for (own, part) in parts.iter().enumerate() {
        let asked = asked(resource, part);
        is_exact &= asked.is_exact;
        if Some(own) != at && !asked.condition.is_empty() {
            rest.push(asked.condition);
        }
    }
    // A deleted resource has an id, too. And where a range leaves most of a type, the database may
    // walk the type in the order of pages instead.
    if !lookup.contains_key("k") || is_range(&lookup) {
        rest.push(doc! { "k": text(member) });
    }
    let rest = match rest.len() {
        0 => Document::new(),
        1 => rest.remove(0),
        _ => doc! { "$and": rest },
    };
    Condition { lookup, rest, is_exact, subject }
}

fn is_range(lookup: &Document) -> bool {
    lookup.get_document("k").is_ok_and(|keys| keys.contains_key("$gte"))
}

/// The `_id`s of some resources of a type.
pub(super) fn document_ids(resource: &str, ids: &[Arc<str>]) -> Vec<Bson> {
    ids.iter().map(|id| Bson::String(format!("{resource}/{id}"))).collect()
}

/// How a clause is looked up.
struct Lookup {
    /// How much it is likely to leave: less is better.
    rank: u32,
    condition: Document,
    /// Nothing else need be checked of the clause but by index entries.
    is_all: bool,
}

fn lookup(resource: &str, clause: &Clause) -> Option<Lookup> {
    let all = |rank, condition| Some(Lookup { rank, condition, is_all: true });
    match clause {
        Clause::Ids(ids) => all(0, ids_condition(resource, ids)),
        Clause::Join(join) => match &join.joined {
            Some(Joined::Ids(ids)) => all(2, ids_condition(resource, ids)),
            Some(Joined::Targets(targets)) if targets.stems.len() <= POINTS_MAX => {
                all(6, points_condition(&targets.stems))
            }
            _ => None,
        },
        Clause::Combination(hot) => all(4, points_condition(&hot.stems)),
        Clause::Between(between) => Some(looked_up(18, &between.range)),
        _ => match points(clause) {
            Some((rank, stems)) if stems.len() <= POINTS_MAX => all(rank, points_condition(&stems)),
            Some(_) => None,
            None => range(clause),
        },
    }
}

/// A range of keys. Of an array the two bounds hold of any two elements: that one element is within
/// both is checked besides, and then it is what an index is read by.
fn range(clause: &Clause) -> Option<Lookup> {
    let Clause::Matches(param, test) = clause else { return None };
    let rank = match test {
        Test::String(_) => 20,
        Test::Uri(_) => 24,
        Test::Date(_) | Test::Number(_) | Test::Quantity(_) => 40,
        _ => 50,
    };
    let spans = spans(param.number, test);
    let [span] = spans.as_slice() else { return None };
    Some(looked_up(rank, &Range::of(span)))
}

fn looked_up(rank: u32, Range { start, end }: &Range) -> Lookup {
    let condition = doc! { "k": { "$gte": start, "$lt": end } };
    Lookup { rank, condition, is_all: false }
}

fn ids_condition(resource: &str, ids: &[Arc<str>]) -> Document {
    match ids {
        [id] => doc! { "_id": format!("{resource}/{id}") },
        ids => doc! { "_id": { "$in": document_ids(resource, ids) } },
    }
}

fn points_condition(stems: &[Vec<u8>]) -> Document {
    match stems {
        [stem] => doc! { "k": text(stem) },
        stems => doc! { "k": { "$in": super::text::texts(stems) } },
    }
}

/// The keys of which a resource has one if the clause holds, and only then.
pub(super) fn points(clause: &Clause) -> Option<(u32, Vec<Vec<u8>>)> {
    match clause {
        Clause::Or(parts) if !parts.is_empty() => {
            let (mut rank, mut all) = (0, Vec::new());
            for part in parts {
                let (own, stems) = points(part)?;
                rank = rank.max(own);
                all.extend(stems);
            }
            all.sort_unstable();
            all.dedup();
            Some((rank + 1, all))
        }
        Clause::Matches(param, test) => of_test(param, test),
        _ => None,
    }
}

fn of_test(param: &Numbered, test: &Test) -> Option<(u32, Vec<Vec<u8>>)> {
    let number = param.number;
    match test {
        Test::Token(test) => {
            let rank = if &*param.param.code == "identifier" { 8 } else { 30 };
            Some(match (test.code.as_deref(), test.system) {
                (Some(code), Some(system)) => (rank, vec![keys::token(number, code, system)]),
                (Some(code), None) => {
                    (rank, vec![keys::code(number, code), keys::token(number, code, 0)])
                }
                (None, Some(system)) if system != 0 => {
                    (36, vec![system_stem(number, family::TOKEN_SYSTEM, system)])
                }
                (None, _) => return None,
            })
        }
        Test::Reference(ReferenceTest::Local { resources, id, version: None })
            if !resources.is_empty() =>
        {
            let stems = resources.iter().map(|resource| keys::local(number, resource, id));
            Some((16, stems.collect()))
        }
        Test::Uri(test) if test.mode == UriMode::Exact => {
            let stems = spans(number, &Test::Uri(test.clone())).into_iter();
            Some((12, stems.map(|span| span.start).collect()))
        }
        _ => None,
    }
}

fn asked(resource: &str, clause: &Clause) -> Asked {
    match clause {
        Clause::All => Asked::exact(Document::new()),
        Clause::And(parts) => all(resource, parts),
        Clause::Or(parts) => any(resource, parts),
        Clause::Not(part) => not(resource, part),
        Clause::Ids(ids) => Asked::exact(ids_condition(resource, ids)),
        Clause::Present(param) => {
            Asked::exact(keys_within(&[Range::prefix(param.number.to_be_bytes().to_vec())]))
        }
        Clause::Matches(param, test) => match of_test(param, test) {
            Some((_, stems)) => Asked::exact(points_condition(&stems)),
            None => within(param, test),
        },
        Clause::Combination(hot) => Asked::exact(points_condition(&hot.stems)),
        Clause::Between(between) => Asked::about(keys_within(std::slice::from_ref(&between.range))),
        Clause::Join(join) => match &join.joined {
            Some(Joined::Ids(ids)) => Asked::exact(ids_condition(resource, ids)),
            Some(Joined::Targets(targets)) => {
                Asked { condition: points_condition(&targets.stems), is_exact: targets.is_exact() }
            }
            // Whatever refers by the parameter at all.
            None if join.is_to() => {
                let prefix = join.link.param.number.to_be_bytes().to_vec();
                Asked::about(keys_within(&[Range::prefix(prefix)]))
            }
            None => Asked::about(Document::new()),
        },
    }
}

fn all(resource: &str, parts: &[Clause]) -> Asked {
    let mut is_exact = true;
    let mut conditions = Vec::with_capacity(parts.len());
    for part in parts {
        let asked = asked(resource, part);
        is_exact &= asked.is_exact;
        if !asked.condition.is_empty() {
            conditions.push(asked.condition);
        }
    }
    let condition = match conditions.len() {
        0 => Document::new(),
        _ => doc! { "$and": conditions },
    };
    Asked { condition, is_exact }
}

fn any(resource: &str, parts: &[Clause]) -> Asked {
    if let Some((_, stems)) = points(&Clause::Or(parts.to_vec())) {
        return Asked::exact(points_condition(&stems));
    }
    let mut is_exact = true;
    let mut conditions = Vec::with_capacity(parts.len());
    for part in parts {
        let asked = asked(resource, part);
        is_exact &= asked.is_exact;
        if asked.condition.is_empty() {
            return Asked { condition: Document::new(), is_exact };
        }
        conditions.push(asked.condition);
    }
    let condition = match conditions.len() {
        // No document has an empty `_id`.
        0 => doc! { "_id": "" },
        _ => doc! { "$or": conditions },
    };
    Asked { condition, is_exact }
}

fn not(resource: &str, part: &Clause) -> Asked {
    let asked = asked(resource, part);
    match (asked.is_exact, asked.condition.is_empty()) {
        (true, true) => Asked::exact(doc! { "_id": "" }),
        (true, false) => Asked::exact(doc! { "$nor": [asked.condition] }),
        // What holds of too many cannot be taken from all.
        (false, _) => Asked::about(Document::new()),
    }
}

fn keys_within(ranges: &[Range]) -> Document {
    let conditions: Vec<Document> =
        ranges.iter().map(|range| doc! { "k": range.condition() }).collect();
    match conditions.as_slice() {
        [one] => one.clone(),
        _ => doc! { "$or": conditions },
    }
}

fn within(param: &Numbered, test: &Test) -> Asked {
    let ranges: Vec<Range> = spans(param.number, test).iter().map(Range::of).collect();
    let is_exact = match test {
        Test::String(test) => match test.mode {
            StringMode::Exact => true,
            StringMode::Starts => text_start(&test.folded, STRING_MAX).len() == test.folded.len(),
            _ => false,
        },
        _ => false,
    };
    Asked { condition: keys_within(&ranges), is_exact }
}

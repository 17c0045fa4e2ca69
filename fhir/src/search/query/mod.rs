//! A [search] as its conditions and what is wanted of the result: read from names and values.
//!
//! [search]: https://hl7.org/fhir/R4/search.html

mod chain;
mod contained;
mod criterion;
mod elements;
pub(crate) mod escape;
mod filter;
mod has;
mod include;
mod limit;
mod modifier;
mod pairs;
mod problem;
mod result;
mod sort;
mod types;
mod value;

use std::sync::Arc;

use crate::definitions::Definitions;
use crate::outcome::{Issue, Kind, Outcome};
use crate::resource::nearest;
use crate::subset::Subset;

use super::{Filter, Param, Sort};
use criterion::{Asked, Place};
pub use elements::{Parts, parts};
use limit::Budget;
pub use pairs::{decode_pairs, encode, with_plus};
use problem::{Problem, warning};
pub use types::parse_types;

/// A search of one resource type.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Resource type.
    pub resource: Arc<str>,
    /// Which resources of the type.
    pub filter: Filter,
    /// The keys of their order; none where none is asked for.
    pub sort: Vec<Sort>,
    /// Resources per page, where a number is asked for; 0 goes with `is_count_only`.
    pub count: Option<u32>,
    /// Only the number of matches is wanted: `_summary=count` or `_count=0`.
    pub is_count_only: bool,
    /// How exact the total shall be.
    pub total: Total,
    /// What the matches refer to and shall come with them.
    pub include: Vec<Include>,
    /// What refers to the matches and shall come with them.
    pub revinclude: Vec<Include>,
    /// `_summary`, where it is given.
    pub summary: Option<Summary>,
    /// `_elements`; empty where it is not given.
    pub elements: Vec<String>,
    /// Whether what is contained in others is searched: `_contained`.
    pub contained: Contained,
    /// Contained resources that match are wanted themselves, not what contains them:
    /// `_containedType=contained`.
    pub is_contained_wanted: bool,
    /// How it was found is wanted too: `_explain=true`.
    pub is_explained: bool,
    /// The parameters that were understood and used, as they came: what the self link shows.
    /// `_format` and `_pretty` are not among them.
    pub applied: Vec<(String, String)>,
}

/// How exact `Bundle.total` shall be: [`_total`].
///
/// [`_total`]: https://hl7.org/fhir/R4/search.html#total
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Total {
    /// It is not wanted.
    None,
    /// A guess will do.
    Estimate,
    /// The number of matches.
    Accurate,
    /// Nothing was said.
    #[default]
    Unstated,
}

/// Which resources are searched: [`_contained`].
///
/// [`_contained`]: https://hl7.org/fhir/R4/search.html#contained
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Contained {
    /// Those that stand by themselves.
    #[default]
    False,
    /// Those that are contained in others.
    True,
    /// All.
    Both,
}

/// Which part of each resource is wanted: [`_summary`].
///
/// [`_summary`]: https://hl7.org/fhir/R4/search.html#summary
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Summary {
    /// The elements marked as summary.
    True,
    /// Narrative, id, meta and what is mandatory at the top.
    Text,
    /// All but the narrative.
    Data,
    /// The number of matches alone.
    Count,
    /// Everything.
    False,
}

/// One `_include` or `_revinclude`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    /// Type of the resource that refers.
    pub source: Arc<str>,
    /// By which parameters it refers: one, or for `*` all that are references.
    pub params: Vec<Param>,
    /// Type of what is referred to; `None`: any.
    pub target: Option<Arc<str>>,
    /// It starts from what was included too, and again from that: `:iterate`.
    pub is_iterated: bool,
}

impl Query {
    /// Which part of each match is wanted.
    #[must_use]
    pub fn subset(&self) -> Subset {
        elements::subset(self.summary, &self.elements)
    }
}

/// What reading a query depends on.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Where the search parameters are defined.
    pub definitions: &'a Definitions,
    /// The server's own bases, without a slash at the end: references under them are local.
    pub bases: &'a [String],
    /// Now, in microseconds since 1970-01-01T00:00Z: how far `ap` reaches.
    pub now_us: i64,
    /// Leave unknown and unsupported parameters out instead of refusing them:
    /// `Prefer: handling=lenient`.
    pub is_lenient: bool,
}

/// A query, and what was left out of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// What was understood.
    pub query: Query,
    /// A warning for each parameter that was left out: unknown ones under lenient handling, and
    /// those without a value, which the specification has servers ignore.
    pub ignored: Vec<Issue>,
}

/// Reads a search of `resource` from its parameters, names and values [decoded](decode_pairs).
///
/// # Errors
/// `Unknown` when there is no such resource type; else `Invalid` with an issue for each parameter
/// that is wrong, saying which, why, and what is allowed.
pub fn parse(
    resource: &str,
    pairs: &[(String, String)],
    context: &Context<'_>,
) -> Result<Parsed, Outcome> {
    let parsed = parse_one(resource, pairs, context)?;
    let query = &parsed.query;
    elements::check(query.summary, &query.elements, &[resource], context.definitions.schema())?;
    Ok(parsed)
}

/// Reads a search of one type, but for whether its elements are known.
fn parse_one(
    resource: &str,
    pairs: &[(String, String)],
    context: &Context<'_>,
) -> Result<Parsed, Outcome> {
    let schema = context.definitions.schema();
    if schema.resource(resource).is_none() {
        let near = nearest(resource, schema.resource_names(), 3).join(", ");
        let hint = if near.is_empty() { String::new() } else { format!(" Nearest: {near}.") };
        let text = format!("'{resource}' is no resource type of FHIR R4.{hint}");
        return Err(Outcome::new(Kind::Unknown, text));
    }
    let mut reading = Reading::new(resource, context);
    for (name, value) in pairs {
        reading.read(name, value);
    }
    reading.finish()
}

/// A query half read.
struct Reading<'a> {
    context: &'a Context<'a>,
    query: Query,
    budget: Budget,
    parts: Vec<Filter>,
    errors: Vec<Issue>,
    ignored: Vec<Issue>,
}

impl<'a> Reading<'a> {
    fn new(resource: &str, context: &'a Context<'a>) -> Self {
        let query = Query {
            resource: resource.into(),
            filter: Filter::All,
            sort: Vec::new(),
            count: None,
            is_count_only: false,
            total: Total::default(),
            include: Vec::new(),
            revinclude: Vec::new(),
            summary: None,
            elements: Vec::new(),
            contained: Contained::default(),
            is_contained_wanted: false,
            is_explained: false,
            applied: Vec::new(),
        };
        Self {
            context,
            query,
            budget: Budget::new(),
            parts: Vec::new(),
            errors: Vec::new(),
            ignored: Vec::new(),
        }
    }

    fn read(&mut self, name: &str, value: &str) {
        if matches!(name, "_format" | "_pretty") {
            return;
        }
        if value.is_empty() {
            let text = format!("Parameter '{name}' has no value and was left out.");
            self.ignored.push(warning("incomplete", text).at(name));
            return;
        }
        let read = match result::read(&mut self.query, self.context, name, value) {
            Some(read) => read,
            None => self.criterion(name, value).map(|filter| self.parts.push(filter)),
        };
        match read {
            Ok(()) => self.query.applied.push((name.to_owned(), value.to_owned())),
            Err(Problem::Parameter(text)) if self.context.is_lenient => {
                self.ignored.push(warning("not-supported", text).at(name));
            }
            Err(Problem::Parameter(text) | Problem::NotBuilt(text)) => {
                self.errors.push(Issue::error("not-supported", text).at(name));
            }
            Err(Problem::Value(text)) => self.errors.push(Issue::error("value", text).at(name)),
        }
    }

    fn criterion(&self, name: &str, value: &str) -> Result<Filter, Problem> {
        if types::is_type(name) {
            return types::of_one(&self.query.resource, self.context, name, value);
        }
        let asked = Asked { context: self.context, budget: &self.budget, name, value };
        criterion::read(&asked, Place::start(&self.query.resource), name)
    }

    fn finish(mut self) -> Result<Parsed, Outcome> {
        let has_include = !self.query.include.is_empty() || !self.query.revinclude.is_empty();
        if self.query.summary == Some(Summary::Text) && has_include {
            let text = "_summary=text does not go with _include or _revinclude: leave one out.";
            self.errors.push(Issue::error("value", text).at("_summary"));
        }
        if self.query.contained != Contained::False {
            self.errors.extend(contained::check(&self.query, &self.parts));
        }
        if !self.errors.is_empty() {
            return Err(Outcome::with_issues(Kind::Invalid, self.errors));
        }
        let is_summary_count = self.query.summary == Some(Summary::Count);
        self.query.is_count_only = is_summary_count || self.query.count == Some(0);
        self.query.filter = match self.parts.len() {
            0 => Filter::All,
            1 => self.parts.swap_remove(0),
            _ => Filter::And(self.parts),
        };
        Ok(Parsed { query: self.query, ignored: self.ignored })
    }
}

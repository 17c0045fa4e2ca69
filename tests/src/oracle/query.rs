//! Queries as a tree of the oracle's own, and the text that the server gets.

use super::parameters::{Composite, Parameter};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Modifier {
    None,
    Exact,
    Contains,
    Missing,
    Not,
    Identifier,
    OfType,
    Type(&'static str),
    Above,
    Below,
}

#[derive(Debug, Clone)]
pub(crate) enum Criterion {
    /// A parameter with alternatives, not yet escaped.
    Plain {
        parameter: &'static Parameter,
        modifier: Modifier,
        values: Vec<String>,
    },
    /// Two parameters of one element.
    Pair {
        composite: &'static Composite,
        values: Vec<[String; 2]>,
    },
    /// What a reference leads to; no target: a resource of any type.
    Chain {
        parameter: &'static Parameter,
        target: &'static str,
        is_named: bool,
        inner: Box<Criterion>,
    },
    /// What refers here.
    Has {
        source: &'static str,
        parameter: &'static Parameter,
        inner: Box<Criterion>,
    },
    /// What a List holds.
    List(String),
    Filter(Expression),
}

#[derive(Debug, Clone)]
pub(crate) enum Expression {
    Compare {
        parameter: &'static Parameter,
        operator: &'static str,
        value: String,
    },
    /// A comparison of what a reference leads to.
    Path {
        parameter: &'static Parameter,
        target: &'static str,
        inner: Box<Expression>,
    },
    /// A comparison of what refers here.
    Has {
        source: &'static str,
        parameter: &'static Parameter,
        inner: Box<Expression>,
    },
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
}

/// Where is searched.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// These types; a single one has a path of its own.
    Types(Vec<&'static str>),
    /// All of the compartment of this Patient, or one type of it.
    Compartment(String, Option<&'static str>),
}

impl Default for Place {
    fn default() -> Self {
        Self::Types(Vec::new())
    }
}

/// A reference to follow from the matches, or the other way around.
#[derive(Debug, Clone)]
pub(crate) struct Include {
    pub(crate) is_reverse: bool,
    pub(crate) is_iterated: bool,
    pub(crate) parameter: &'static Parameter,
    pub(crate) target: Option<&'static str>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    pub(crate) place: Place,
    pub(crate) criteria: Vec<Criterion>,
    /// Keys with: descending?
    pub(crate) sort: Vec<(&'static Parameter, bool)>,
    pub(crate) count: usize,
    pub(crate) is_counted: bool,
    /// By POST to `_search`, where the place has one.
    pub(crate) is_posted: bool,
    pub(crate) includes: Vec<Include>,
}

impl Query {
    /// What the summary counts it under.
    pub(crate) fn kind(&self) -> String {
        if !self.includes.is_empty() {
            return "include".to_owned();
        }
        match (&self.place, self.criteria.as_slice()) {
            (Place::Compartment(..), _) => "compartment".to_owned(),
            (Place::Types(types), _) if types.len() > 1 => "several types".to_owned(),
            (_, [one]) => one.kind(),
            _ => "several criteria".to_owned(),
        }
    }

    /// The path under the base.
    pub(crate) fn text(&self) -> String {
        let mut pairs = Vec::new();
        let mut path = match &self.place {
            Place::Compartment(id, resource) => format!("Patient/{id}/{}", resource.unwrap_or("*")),
            Place::Types(types) => match types.as_slice() {
                [one] => (*one).to_owned(),
                _ => {
                    pairs.push(format!("_type={}", types.join(",")));
                    String::new()
                }
            },
        };
        pairs.extend(self.criteria.iter().map(Criterion::text));
        if !self.sort.is_empty() {
            let key = |(parameter, is_down): &(&Parameter, bool)| {
                format!("{}{}", if *is_down { "-" } else { "" }, parameter.code)
            };
            pairs
                .push(format!("_sort={}", self.sort.iter().map(key).collect::<Vec<_>>().join(",")));
        }
        pairs.extend(self.includes.iter().map(Include::text));
        if self.is_counted {
            pairs.push("_total=accurate".to_owned());
        }
        pairs.push(format!("_count={}", self.count));
        path.push('?');
        path + &pairs.join("&")
    }
}

impl Include {
    fn text(&self) -> String {
        let name = if self.is_reverse { "_revinclude" } else { "_include" };
        let iterate = if self.is_iterated { ":iterate" } else { "" };
        let target = self.target.map_or(String::new(), |target| format!(":{target}"));
        let Parameter { resource, code, .. } = self.parameter;
        format!("{name}{iterate}={resource}:{code}{target}")
    }
}

impl Criterion {
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Plain { parameter, modifier, .. } => {
                let modifier = match modifier {
                    Modifier::None => String::new(),
                    Modifier::Type(_) => ":[type]".to_owned(),
                    other => format!(":{other:?}").to_lowercase(),
                };
                format!("{:?}{modifier}", parameter.kind).to_lowercase()
            }
            Self::Pair { .. } => "composite".to_owned(),
            Self::Chain { .. } => "chain".to_owned(),
            Self::Has { .. } => "_has".to_owned(),
            Self::List(_) => "_list".to_owned(),
            Self::Filter(_) => "_filter".to_owned(),
        }
    }

    fn text(&self) -> String {
        format!("{}={}", self.key(), encoded(&self.value()))
    }

    fn key(&self) -> String {
        match self {
            Self::Plain { parameter, modifier, .. } => {
                let modifier = match modifier {
                    Modifier::None => "",
                    Modifier::Exact => ":exact",
                    Modifier::Contains => ":contains",
                    Modifier::Missing => ":missing",
                    Modifier::Not => ":not",
                    Modifier::Identifier => ":identifier",
                    Modifier::OfType => ":of-type",
                    Modifier::Above => ":above",
                    Modifier::Below => ":below",
                    Modifier::Type(name) => return format!("{}:{name}", parameter.code),
                };
                format!("{}{modifier}", parameter.code)
            }
            Self::Pair { composite, .. } => composite.code.to_owned(),
            Self::Chain { parameter, target, is_named, inner } => {
                let target = if *is_named { format!(":{target}") } else { String::new() };
                format!("{}{target}.{}", parameter.code, inner.key())
            }
            Self::Has { source, parameter, inner } => {
                format!("_has:{source}:{}:{}", parameter.code, inner.key())
            }
            Self::List(_) => "_list".to_owned(),
            Self::Filter(_) => "_filter".to_owned(),
        }
    }

    /// The value with R4's own escapes: a comma, a dollar and a backslash mean themselves.
    fn value(&self) -> String {
        let escaped =
            |text: &String| text.replace('\\', "\\\\").replace(',', "\\,").replace('$', "\\$");
        match self {
            Self::Plain { values, .. } => values.iter().map(escaped).collect::<Vec<_>>().join(","),
            Self::Pair { values, .. } => {
                let pair = |[a, b]: &[String; 2]| format!("{}${}", escaped(a), escaped(b));
                values.iter().map(pair).collect::<Vec<_>>().join(",")
            }
            Self::Chain { inner, .. } | Self::Has { inner, .. } => inner.value(),
            Self::List(id) => id.clone(),
            Self::Filter(expression) => expression.text(),
        }
    }
}

impl Expression {
    /// Is it a comparison with `pr false`?
    pub(crate) fn is_absence(&self) -> bool {
        matches!(self, Self::Compare { operator: "pr", value, .. } if value == "false")
    }

    fn text(&self) -> String {
        let joined = |parts: &[Self], word: &str| {
            parts.iter().map(|part| format!("({})", part.text())).collect::<Vec<_>>().join(word)
        };
        match self {
            Self::Compare { parameter, operator, value } => {
                let is_quoted = value.contains([' ', ',', '(', ')']);
                let value = if is_quoted { format!("\"{value}\"") } else { value.clone() };
                format!("{} {operator} {value}", parameter.code)
            }
            Self::Path { parameter, target, inner } => {
                format!("{}:{target}.{}", parameter.code, inner.text())
            }
            Self::Has { source, parameter, inner } => {
                format!("_has:{source}:{}:{}", parameter.code, inner.text())
            }
            Self::And(parts) => joined(parts, " and "),
            Self::Or(parts) => joined(parts, " or "),
            Self::Not(inner) => format!("not ({})", inner.text()),
        }
    }
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._:/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

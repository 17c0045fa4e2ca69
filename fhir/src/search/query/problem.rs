//! Why a parameter of a search is refused.

use crate::outcome::{Issue, Severity};

/// What is wrong with a parameter, in words for the client.
#[derive(Debug)]
pub(super) enum Problem {
    /// Nobody knows the parameter, or this server does not support it: lenient handling leaves it
    /// out.
    Parameter(String),
    /// Something that the specification has servers refuse when they do not support it: a modifier,
    /// `_query`.
    NotBuilt(String),
    /// The value is wrong, or the modifier does not go with the parameter.
    Value(String),
}

impl Problem {
    /// A wrong value of the parameter `name`.
    pub(super) fn value(name: &str, text: impl std::fmt::Display) -> Self {
        Self::Value(format!("Parameter '{name}': {text}"))
    }
}

/// A warning of this issue type.
pub(super) fn warning(code: &'static str, text: String) -> Issue {
    Issue { severity: Severity::Warning, ..Issue::error(code, text) }
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn any_of(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

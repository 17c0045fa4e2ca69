//! The [operators] of `_filter`, and what each means by the type of the parameter.
//!
//! [operators]: https://hl7.org/fhir/R4/search_filter.html#ops

use std::borrow::Cow;

use crate::definitions::SearchType;
use crate::search::query::escape::split;
use crate::search::query::value::{Reader, Wanted};
use crate::search::{DateTest, Filter, Prefix, StringMode, Test, UriMode};

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater.
    Gt,
    /// Less.
    Lt,
    /// Greater or equal.
    Ge,
    /// Less or equal.
    Le,
    /// Approximately.
    Ap,
    /// Starts after.
    Sa,
    /// Ends before.
    Eb,
    /// Present.
    Pr,
    /// Periods overlap.
    Po,
    /// Subsumes.
    Ss,
    /// Subsumed by.
    Sb,
    /// In a value set.
    In,
    /// Not in a value set.
    Ni,
    /// References.
    Re,
}

/// All operators by name.
pub(super) const OPERATORS: [(&str, Operator); 19] = [
    ("eq", Operator::Eq),
    ("ne", Operator::Ne),
    ("co", Operator::Co),
    ("sw", Operator::Sw),
    ("ew", Operator::Ew),
    ("gt", Operator::Gt),
    ("lt", Operator::Lt),
    ("ge", Operator::Ge),
    ("le", Operator::Le),
    ("ap", Operator::Ap),
    ("sa", Operator::Sa),
    ("eb", Operator::Eb),
    ("pr", Operator::Pr),
    ("po", Operator::Po),
    ("ss", Operator::Ss),
    ("sb", Operator::Sb),
    ("in", Operator::In),
    ("ni", Operator::Ni),
    ("re", Operator::Re),
];

/// Systems that a filter may call by a short name.
const SYSTEMS: [(&str, &str); 4] = [
    ("loinc", "http://loinc.org"),
    ("snomed", "http://snomed.info/sct"),
    ("rxnorm", "http://www.nlm.nih.gov/research/umls/rxnorm"),
    ("ucum", "http://unitsofmeasure.org"),
];

impl Operator {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        OPERATORS.iter().find(|(_, one)| *one == self).map_or("?", |(name, _)| name)
    }

    /// The prefix that says the same in a value.
    fn prefix(self) -> Option<&'static str> {
        use Operator::{Ap, Eb, Eq, Ge, Gt, Le, Lt, Ne, Sa};
        matches!(self, Eq | Ne | Gt | Lt | Ge | Le | Sa | Eb | Ap).then(|| self.name())
    }

    fn string_mode(self) -> Option<StringMode> {
        Some(match self {
            Operator::Eq => StringMode::Whole,
            Operator::Ne => StringMode::Other,
            Operator::Co => StringMode::Contains,
            Operator::Sw => StringMode::Begins,
            Operator::Ew => StringMode::Ends,
            Operator::Lt => StringMode::Less,
            Operator::Le => StringMode::AtMost,
            Operator::Gt => StringMode::Greater,
            Operator::Ge => StringMode::AtLeast,
            _ => return None,
        })
    }

    fn uri_mode(self) -> Option<UriMode> {
        Some(match self {
            Operator::Ne => UriMode::Other,
            Operator::Co => UriMode::Contains,
            Operator::Sw => UriMode::Starts,
            Operator::Ew => UriMode::Ends,
            _ => return None,
        })
    }
}

/// Refuses an operator that a type of parameter has not. The error says why.
pub(super) fn check(operator: Operator, code: &str, kind: SearchType) -> Result<(), String> {
    let name = operator.name();
    if matches!(operator, Operator::In | Operator::Ni | Operator::Ss | Operator::Sb) {
        return Err(format!(
            "the operator '{name}' asks for terminology, and is not supported yet."
        ));
    }
    if operator == Operator::Co && kind == SearchType::Number {
        return Err(format!(
            "the operator 'co' asks how exactly a number was written, which is not indexed: for \
             '{code}' use {}.",
            allowed(kind)
        ));
    }
    if operator == Operator::Pr || allowed(kind).split([',', ' ']).any(|one| one == name) {
        return Ok(());
    }
    Err(format!(
        "the operator '{name}' does not go with '{code}', which is {}: use {}.",
        described(kind),
        allowed(kind)
    ))
}

fn allowed(kind: SearchType) -> &'static str {
    match kind {
        SearchType::String => "eq, ne, co, sw, ew, gt, lt, ge, le or pr",
        SearchType::Number | SearchType::Quantity => "eq, ne, gt, lt, ge, le, ap, sa, eb or pr",
        SearchType::Date => "eq, ne, gt, lt, ge, le, ap, sa, eb, co, po or pr",
        SearchType::Token => "eq, ne or pr",
        SearchType::Reference => "re, eq or pr",
        SearchType::Uri => "eq, ne, co, sw, ew or pr",
        SearchType::Composite | SearchType::Special => "eq or pr",
    }
}

fn described(kind: SearchType) -> &'static str {
    match kind {
        SearchType::String => "a string",
        SearchType::Number => "a number",
        SearchType::Quantity => "a quantity",
        SearchType::Date => "a date",
        SearchType::Token => "a token",
        SearchType::Reference => "a reference",
        SearchType::Uri => "a uri",
        SearchType::Composite => "a composite",
        SearchType::Special => "a special parameter",
    }
}

/// The filter that the operator makes of a value, for a parameter that [has](check) it. The error
/// says what is allowed.
pub(super) fn filter(
    operator: Operator,
    reader: &Reader<'_>,
    text: &str,
) -> Result<Filter, String> {
    let kind = reader.parameter.kind;
    match kind {
        SearchType::String => {
            // A text is meant as it stands: the escapes of other values are none of it.
            let text = text.replace('\\', "\\\\");
            let mode = operator.string_mode().unwrap_or(StringMode::Whole);
            reader.filter(&Wanted::String(mode), &text)
        }
        SearchType::Date if matches!(operator, Operator::Co | Operator::Po) => {
            let filter = reader.filter(&Wanted::Value, text)?;
            Ok(map(filter, |test| period(operator, test)))
        }
        SearchType::Number | SearchType::Date => {
            reader.filter(&Wanted::Value, &format!("{}{text}", operator.prefix().unwrap_or("")))
        }
        SearchType::Quantity => {
            let text = named_system(text, 1);
            reader.filter(&Wanted::Value, &format!("{}{text}", operator.prefix().unwrap_or("")))
        }
        SearchType::Token => {
            let filter = reader.filter(&Wanted::Value, &named_system(text, 0))?;
            Ok(match operator {
                Operator::Ne => map(filter, other),
                _ => filter,
            })
        }
        SearchType::Uri => match operator.uri_mode() {
            Some(mode) => reader.filter(&Wanted::Uri(mode), text),
            None => reader.filter(&Wanted::Value, text),
        },
        SearchType::Reference | SearchType::Composite | SearchType::Special => {
            reader.filter(&Wanted::Value, text)
        }
    }
}

fn map(filter: Filter, change: impl FnOnce(Test) -> Test) -> Filter {
    match filter {
        Filter::Matches(param, test) => Filter::Matches(param, change(test)),
        filter => filter,
    }
}

fn other(test: Test) -> Test {
    match test {
        Test::Token(test) => Test::OtherToken(test),
        test => test,
    }
}

/// `po` is `ap` of the very period. With its bounds exchanged it says that a period starts before
/// the one asked for is over and ends after it has begun, the other way round: that it contains it.
fn period(operator: Operator, test: Test) -> Test {
    match test {
        Test::Date(DateTest { low, high, .. }) if operator == Operator::Co => {
            Test::Date(DateTest { prefix: Prefix::Ap, low: high, high: low })
        }
        Test::Date(test) => Test::Date(DateTest { prefix: Prefix::Ap, ..test }),
        test => test,
    }
}

/// The value with a short name of a system written out, where the system stands as part `index`.
fn named_system(text: &str, index: usize) -> Cow<'_, str> {
    let mut parts = split(text, '|');
    if parts.len() < index + 2 {
        return Cow::Borrowed(text);
    }
    let known = SYSTEMS.iter().find(|(name, _)| name.eq_ignore_ascii_case(parts[index]));
    let Some((_, system)) = known else { return Cow::Borrowed(text) };
    parts[index] = system;
    Cow::Owned(parts.join("|"))
}

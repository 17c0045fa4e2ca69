//! Combinations that are asked for so often that they have keys of their own: what is indexed of a
//! resource, and which conditions of a conjunction they answer.
//!
//! A key is led by a patient, a code or both, and ends with the date, so that what a chart or a
//! trend shows stands together in the order of time. No client can name such a combination; the
//! conditions that it answers mean the same with and without it.

use super::{DateTest, DateValue, Filter, IndexValue, ReferenceTest, ReferenceValue};
use super::{Test, TokenTest, TokenValue};

/// A combination. What is said here is written down in every store: a change is a change of the
/// layout of each backend.
#[derive(Debug, PartialEq, Eq)]
pub struct Hot {
    /// Resource type.
    pub resource: &'static str,
    /// What stands for it where a parameter has its code. It holds spaces: no parameter has it.
    pub code: &'static str,
    /// What leads its keys, in order.
    pub leads: &'static [Lead],
    /// The parameter whose value ends them.
    pub date: &'static str,
}

/// One part of what leads a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lead {
    /// A patient of this server, by `subject` or `patient`.
    Patient,
    /// A code of this parameter.
    Token(&'static str),
}

/// A longer date is no point in an order of time: 24 hours in microseconds.
pub const HOT_SPAN_MAX_US: u64 = 86_400_000_000;

const PATIENT: [&str; 2] = ["patient", "subject"];

/// All combinations; those that leave fewer first.
static HOT: [Hot; 4] = [
    Hot {
        resource: "Observation",
        code: "patient code date",
        leads: &[Lead::Patient, Lead::Token("code")],
        date: "date",
    },
    Hot {
        resource: "Observation",
        code: "patient category date",
        leads: &[Lead::Patient, Lead::Token("category")],
        date: "date",
    },
    Hot { resource: "Observation", code: "patient date", leads: &[Lead::Patient], date: "date" },
    Hot { resource: "Observation", code: "code date", leads: &[Lead::Token("code")], date: "date" },
];

/// The combinations of a resource type.
pub fn hot(resource: &str) -> impl Iterator<Item = &'static Hot> {
    HOT.iter().filter(move |hot| hot.resource == resource)
}

/// What a resource leaves in the index for a combination.
#[derive(Debug, Clone, PartialEq)]
pub struct HotValue<'a> {
    /// What leads the key.
    pub leads: Vec<LeadValue<'a>>,
    /// What ends it.
    pub date: HotDate,
}

/// A value of one part of what leads a key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LeadValue<'a> {
    /// Logical id of a patient.
    Patient(&'a str),
    /// A code.
    Token(&'a TokenValue),
}

/// The date of a resource, as far as it decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HotDate {
    /// Its only one, at most [`HOT_SPAN_MAX_US`] long.
    One(DateValue),
    /// Several, or a long one: its plain values decide.
    Several,
    /// None.
    Absent,
}

impl Hot {
    /// Every combination of the values of a resource; `of` gives those of a parameter.
    pub fn values<'a>(&self, of: &dyn Fn(&str) -> Vec<&'a IndexValue>) -> Vec<HotValue<'a>> {
        let mut all = vec![Vec::new()];
        for lead in self.leads {
            let own = lead.values(of);
            let with = |leads: &Vec<LeadValue<'a>>, one: &LeadValue<'a>| {
                let mut leads = leads.clone();
                leads.push(*one);
                leads
            };
            all = all.iter().flat_map(|leads| own.iter().map(|one| with(leads, one))).collect();
        }
        if all.is_empty() {
            return Vec::new();
        }
        let date = HotDate::of(&of(self.date));
        all.into_iter().map(|leads| HotValue { leads, date }).collect()
    }
}

impl Lead {
    fn values<'a>(self, of: &dyn Fn(&str) -> Vec<&'a IndexValue>) -> Vec<LeadValue<'a>> {
        let mut found = Vec::new();
        let mut add = |value| {
            if !found.contains(&value) {
                found.push(value);
            }
        };
        match self {
            Lead::Patient => {
                for value in PATIENT.iter().flat_map(|code| of(code)) {
                    if let IndexValue::Reference(ReferenceValue::Local { resource, id, .. }) = value
                        && resource == "Patient"
                    {
                        add(LeadValue::Patient(id));
                    }
                }
            }
            Lead::Token(code) => {
                for value in of(code) {
                    if let IndexValue::Token(token) = value {
                        add(LeadValue::Token(token));
                    }
                }
            }
        }
        found
    }

    /// What a condition asks of this part, one of them or another; `None` when it asks for
    /// something else.
    fn tests(self, filter: &Filter) -> Option<Vec<LeadTest>> {
        match filter {
            Filter::Or(parts) if !parts.is_empty() => {
                let tests =
                    parts.iter().map(|part| self.tests(part)).collect::<Option<Vec<_>>>()?;
                Some(tests.concat())
            }
            Filter::Matches(param, Test::Reference(ReferenceTest::Local { .. }))
                if self != Lead::Patient || !PATIENT.contains(&&*param.code) =>
            {
                None
            }
            Filter::Matches(
                param,
                Test::Reference(ReferenceTest::Local { resources, id, version: None }),
            ) => {
                // `patient` leads to patients alone.
                let is_meant = match resources.as_slice() {
                    [only] => only == "Patient",
                    _ => &*param.code == PATIENT[0],
                };
                is_meant.then(|| vec![LeadTest::Patient(id.clone())])
            }
            Filter::Matches(param, Test::Token(TokenTest { system, code: Some(code) })) if matches!(self, Lead::Token(own) if *param.code == *own) => {
                Some(vec![LeadTest::Token { system: *system, code: code.clone() }])
            }
            _ => None,
        }
    }
}

impl HotDate {
    fn of(values: &[&IndexValue]) -> Self {
        match values {
            [] => HotDate::Absent,
            [IndexValue::Date(date)]
                if (date.high as u64).wrapping_sub(date.low as u64) <= HOT_SPAN_MAX_US =>
            {
                HotDate::One(*date)
            }
            _ => HotDate::Several,
        }
    }
}

/// What is asked of one part of what leads a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeadTest {
    /// Logical id of a patient.
    Patient(String),
    /// A code.
    Token {
        /// `None`: of any system or none; `Some(0)`: of none.
        system: Option<u64>,
        /// The code, in lower case.
        code: String,
    },
}

impl LeadTest {
    /// Does a value pass?
    #[must_use]
    pub fn matches(&self, value: &LeadValue<'_>) -> bool {
        match (self, value) {
            (LeadTest::Patient(id), LeadValue::Patient(held)) => id == held,
            (LeadTest::Token { system, code }, LeadValue::Token(token)) => {
                system.is_none_or(|system| system == token.system) && *code == token.code
            }
            _ => false,
        }
    }
}

/// What a conjunction asks of a combination.
#[derive(Debug, Clone, PartialEq)]
pub struct HotTest {
    /// The combination.
    pub hot: &'static Hot,
    /// Of each part of what leads a key one of these.
    pub leads: Vec<Vec<LeadTest>>,
    /// All of these of the date; of several dates each of them of one.
    pub dates: Vec<DateTest>,
    /// Which conditions it answers, by their place.
    pub answered: Vec<usize>,
}

impl HotTest {
    /// Does a value pass? `None`: the plain values decide.
    #[must_use]
    pub fn matches(&self, value: &HotValue<'_>) -> Option<bool> {
        let mut leads = self.leads.iter().zip(&value.leads);
        if !leads.all(|(tests, value)| tests.iter().any(|test| test.matches(value))) {
            return Some(false);
        }
        match &value.date {
            HotDate::One(date) => Some(self.dates.iter().all(|test| test.matches(date))),
            HotDate::Absent => Some(self.dates.is_empty()),
            HotDate::Several => None,
        }
    }
}

/// The combination that answers most of a conjunction of conditions on a type, if one answers more
/// than a single plain condition does. `order` is the parameter that decides the order first.
#[must_use]
pub fn hot_test(resource: &str, parts: &[&Filter], order: Option<&str>) -> Option<HotTest> {
    hot(resource).find_map(|hot| {
        let mut answered = Vec::new();
        let mut leads = Vec::with_capacity(hot.leads.len());
        for lead in hot.leads {
            let (at, tests) =
                parts.iter().enumerate().find_map(|(at, part)| Some((at, lead.tests(part)?)))?;
            answered.push(at);
            leads.push(tests);
        }
        let mut dates = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            if let Filter::Matches(param, Test::Date(test)) = part
                && *param.code == *hot.date
            {
                answered.push(at);
                dates.push(*test);
            }
        }
        let is_worth_it = answered.len() > 1 || order == Some(hot.date);
        is_worth_it.then_some(HotTest { hot, leads, dates, answered })
    })
}

#[cfg(test)]
#[path = "hot_tests.rs"]
mod tests;

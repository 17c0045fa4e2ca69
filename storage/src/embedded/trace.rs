//! How a search found what it found, step by step. It names parameters and never a value.

use std::sync::{Mutex, PoisonError};

use super::clause::Clause;
use super::names::Names;
use crate::Step;

/// More steps are not told.
const STEPS_MAX: usize = 32;

/// The steps of one search so far.
#[derive(Debug, Default)]
pub(super) struct Trace {
    steps: Mutex<Vec<Step>>,
    /// Those to other resources.
    joined: Mutex<Vec<Step>>,
}

impl Trace {
    /// A step, and how many candidates it expects.
    pub(super) fn step(&self, what: impl Into<String>, estimated: Option<usize>) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if steps.len() < STEPS_MAX {
            let estimated = estimated.filter(|size| *size != usize::MAX).map(|size| size as u64);
            steps.push(Step { what: what.into(), estimated, real: None });
        }
    }

    /// How many candidates the last step had in fact.
    pub(super) fn had(&self, real: usize) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(step) = steps.last_mut() {
            step.real = Some(real as u64);
        }
    }

    /// A step to or from other resources, and to how many it led.
    pub(super) fn joined(&self, what: impl Into<String>, real: usize) {
        let mut steps = self.joined.lock().unwrap_or_else(PoisonError::into_inner);
        if steps.len() < STEPS_MAX {
            steps.push(Step { what: what.into(), estimated: None, real: Some(real as u64) });
        }
    }

    /// All steps: those to other resources first.
    pub(super) fn take(&self) -> Vec<Step> {
        let taken = |steps: &Mutex<Vec<Step>>| {
            std::mem::take(&mut *steps.lock().unwrap_or_else(PoisonError::into_inner))
        };
        [taken(&self.joined), taken(&self.steps)].concat()
    }
}

/// What a clause is about.
pub(super) fn subject(names: &Names, clause: &Clause) -> String {
    let of = |param: u16| match names.param(param) {
        Some(param) => format!("{}.{}", param.resource, param.code),
        None => "?".to_owned(),
    };
    match clause {
        Clause::All => "all of the type".to_owned(),
        Clause::And(parts) => subjects(names, parts.iter(), " and "),
        Clause::Or(parts) if parts.is_empty() => "nothing".to_owned(),
        Clause::Or(parts) => subjects(names, parts.iter(), " or "),
        Clause::Not(part) => format!("not {}", subject(names, part)),
        Clause::Docs(_) => "_id".to_owned(),
        Clause::Matches(param, _) | Clause::Present(param) => of(*param),
        Clause::Join(join) => format!("the join over {}", of(join.param())),
        Clause::Hot(hot) => {
            let parts = subjects(names, hot.parts.iter(), ", ");
            format!("the combination '{}' for {parts}", hot.hot.code)
        }
    }
}

/// What some clauses are about, each thing once.
pub(super) fn subjects<'a>(
    names: &Names,
    clauses: impl Iterator<Item = &'a Clause>,
    between: &str,
) -> String {
    let mut all: Vec<String> = Vec::new();
    for clause in clauses {
        let one = subject(names, clause);
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all.join(between)
}

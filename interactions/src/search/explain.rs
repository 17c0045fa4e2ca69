//! How a search was carried out: for whoever asks with `_explain`, and for the log when it was slow.
//!
//! Both name parameters and never a value.

use std::time::Duration;

use fhir::search::Query;
use fhir::{Issue, Severity};
use storage::Step;

use crate::policy::Permit;

/// Says how a search was carried out: to the client when it asks, to the log when it was slow.
pub(super) fn add(
    permit: &Permit<'_>,
    queries: &[Query],
    plan: &[Step],
    taken: Duration,
    into: &mut Vec<Issue>,
) {
    log(permit, queries, plan, taken);
    if queries.first().is_some_and(|query| query.is_explained) {
        into.extend(notes(plan, taken));
    }
}

/// The plan, a note for each of its steps.
fn notes(plan: &[Step], taken: Duration) -> Vec<Issue> {
    let steps = plan.iter().enumerate().map(|(index, step)| {
        let text = format!("Step {}: {}", index + 1, phrase(step));
        crate::write::note(text)
    });
    let time = format!("The store took {:.3} ms.", taken.as_secs_f64() * 1000.0);
    steps.chain([crate::write::note(time)]).collect()
}

fn phrase(step: &Step) -> String {
    let Step { what, estimated, real } = step;
    match (estimated, real) {
        (None, None) => format!("{what}."),
        (Some(estimated), None) => format!("{what}; {estimated} expected."),
        (None, Some(real)) => format!("{what}; {real} read."),
        (Some(estimated), Some(real)) => format!("{what}; {estimated} expected, {real} read."),
    }
}

/// Logs a search that took longer than the settings have it.
fn log(permit: &Permit<'_>, queries: &[Query], plan: &[Step], taken: Duration) {
    if taken < permit.settings().slow_search {
        return;
    }
    let Some(first) = queries.first() else { return };
    let names: Vec<&str> = first.applied.iter().map(|(name, _)| name.as_str()).collect();
    let plan: Vec<String> = plan.iter().map(phrase).collect();
    let resource = if queries.len() == 1 { &*first.resource } else { "*" };
    // Whole microseconds, far below 2^52, so the cast is exact.
    let duration_ms = taken.as_micros() as f64 / 1000.0;
    tracing::warn!(
        request_id = &*permit.caller().request_id,
        "resource.type" = resource,
        parameters = names.join(" "),
        plan = plan.join(" "),
        duration_ms,
        "slow search"
    );
}

/// A warning for the client that stands in the Bundle.
pub(super) fn warning(code: &'static str, text: String) -> Issue {
    Issue { severity: Severity::Warning, ..Issue::error(code, text) }
}

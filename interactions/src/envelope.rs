//! What stands around the resources of a [batch or transaction]: it follows the structural rules
//! like any resource, so that no member is left aside that the client relies on.
//!
//! [batch or transaction]: https://hl7.org/fhir/R4/bundle.html

use fhir::json::{Json, Value, escape_into};
use fhir::{Issue, Kind, Outcome, validation};

use crate::policy::Permit;

/// The Bundle's own members; its entries are checked one by one.
pub(crate) fn check_bundle(permit: &Permit<'_>, bundle: Value<'_>) -> Result<(), Outcome> {
    refuse(errors(permit, without(bundle, "entry"))?)
}

/// An entry of the Bundle; its resource is checked where it is written.
pub(crate) fn check_entry(
    permit: &Permit<'_>,
    entry: Value<'_>,
    index: usize,
) -> Result<(), Outcome> {
    let entry = without(entry, "resource");
    let bundle = format!(r#"{{"resourceType":"Bundle","type":"batch","entry":[{entry}]}}"#);
    let mut issues = errors(permit, bundle)?;
    for issue in &mut issues {
        let within = issue.expression.take().unwrap_or_default();
        let within = within.strip_prefix("Bundle.entry[0]").unwrap_or_default();
        issue.expression = Some(format!("Bundle.entry[{index}]{within}"));
    }
    refuse(issues)
}

fn errors(permit: &Permit<'_>, text: String) -> Result<Vec<Issue>, Outcome> {
    let json = Json::parse(text).map_err(|error| Outcome::invalid(error.to_string()))?;
    Ok(validation::structure(json.root(), permit.definitions()))
}

fn refuse(issues: Vec<Issue>) -> Result<(), Outcome> {
    if issues.is_empty() { Ok(()) } else { Err(Outcome::with_issues(Kind::Invalid, issues)) }
}

/// An object without one of its members.
fn without(object: Value<'_>, key: &str) -> String {
    let mut out = String::from("{");
    for member in object.entries().filter(|member| member.key() != key) {
        if out.len() > 1 {
            out.push(',');
        }
        out.push('"');
        escape_into(member.key(), &mut out);
        out.push_str("\":");
        member.write_compact(&mut out);
    }
    out.push('}');
    out
}

//! Strings, tokens, references and URIs, read from JSON.
//!
//! <https://hl7.org/fhir/R4/search.html#string>, <https://hl7.org/fhir/R4/search.html#token>

use serde_json::Value;

/// All values at a path of properties, arrays flattened: `name.given`.
pub(crate) fn at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![value];
    for name in path.split('.').filter(|name| !name.is_empty()) {
        found = found.into_iter().flat_map(|value| flat(&value[name])).collect();
    }
    found
}

/// All values at several paths, apart by spaces.
pub(crate) fn at_any<'a>(value: &'a Value, paths: &str) -> Vec<&'a Value> {
    paths.split_whitespace().flat_map(|path| at(value, path)).collect()
}

fn flat(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    }
}

/// Without case and accents, of the letters that the data has.
pub(crate) fn folded(text: &str) -> String {
    let plain = |c: char| match c {
        'ü' => 'u',
        'ñ' => 'n',
        'å' | 'ã' => 'a',
        'ö' | 'ó' => 'o',
        'ë' | 'é' => 'e',
        'ç' => 'c',
        other => other,
    };
    text.to_lowercase().chars().map(plain).collect()
}

/// System and code of each Coding, Identifier or code; a code alone has no system of its own.
pub(crate) fn codings(value: &Value) -> Vec<(Option<&str>, String)> {
    match value {
        Value::String(code) => return vec![(None, code.clone())],
        Value::Bool(flag) => return vec![(None, flag.to_string())],
        _ => {}
    }
    if let Some(list) = value["coding"].as_array() {
        return list.iter().flat_map(codings).collect();
    }
    let code = value["code"].as_str().or(value["value"].as_str());
    code.map(|code| (value["system"].as_str(), code.to_owned())).into_iter().collect()
}

/// `code`, `system|code`, `|code` (that has no system), `system|`. Whether case counts is a
/// matter of the system; this server's authors let it not count.
pub(crate) fn is_token(value: &Value, wanted: &str) -> bool {
    let is_one = |(system, code): (Option<&str>, String)| match wanted.split_once('|') {
        None => code.eq_ignore_ascii_case(wanted),
        Some(("", code_wanted)) => system.is_none() && code.eq_ignore_ascii_case(code_wanted),
        Some((system_wanted, "")) => system == Some(system_wanted),
        Some((system_wanted, code_wanted)) => {
            system == Some(system_wanted) && code.eq_ignore_ascii_case(code_wanted)
        }
    };
    codings(value).into_iter().any(is_one)
}

/// An Identifier by the code of its type and its value: `system|code|value`.
pub(crate) fn is_of_type(value: &Value, wanted: &str) -> bool {
    let Some((kind, number)) = wanted.rsplit_once('|') else { return false };
    value["value"].as_str().is_some_and(|held| held.eq_ignore_ascii_case(number))
        && is_token(&value["type"], kind)
}

/// Stands for the server's base in a query.
pub(crate) const LOCAL: &str = "local:/";

/// `Type/id`, `id`, or a URL. An id alone is that of a resource of this server.
pub(crate) fn is_reference(value: &Value, wanted: &str, of_type: Option<&str>) -> bool {
    let Some(held) = value["reference"].as_str() else { return false };
    // A URL of this server is what stands in it behind the base.
    let wanted = wanted.strip_prefix(LOCAL).unwrap_or(wanted);
    let wanted = match of_type {
        Some(name) => format!("{name}/{wanted}"),
        None => wanted.to_owned(),
    };
    if wanted.contains('/') {
        return held == wanted;
    }
    held.split_once('/').is_some_and(|(_, id)| id == wanted)
}

/// A canonical by its URL, with its version only where one is given.
pub(crate) fn is_canonical(value: &Value, wanted: &str) -> bool {
    let Some(held) = value.as_str() else { return false };
    held == wanted || held.split_once('|').is_some_and(|(url, _)| url == wanted)
}

/// The URI itself, or one under it at a boundary of its path.
pub(crate) fn is_under(uri: &str, base: &str) -> bool {
    let rest = uri.strip_prefix(base);
    rest.is_some_and(|rest| rest.is_empty() || base.ends_with('/') || rest.starts_with('/'))
}

//! What holds for every [resource]: its type, its id, and the nearest known name for a wrong one.
//!
//! [resource]: https://hl7.org/fhir/R4/resource.html

use crate::json::{Value, quote};

/// The resource as compact JSON under this id: in place of its own, or after its type.
#[must_use]
pub fn with_id(resource: Value<'_>, id: &str) -> String {
    let mut out = String::with_capacity(resource.raw().len() + 48);
    let quoted = quote(id);
    let has_id = resource.get("id").is_some();
    out.push('{');
    for (index, member) in resource.entries().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push('"');
        out.push_str(member.key());
        out.push_str("\":");
        if member.key() == "id" {
            out.push_str(&quoted);
            continue;
        }
        member.write_compact(&mut out);
        if member.key() == "resourceType" && !has_id {
            out.push_str(",\"id\":");
            out.push_str(&quoted);
        }
    }
    out.push('}');
    out
}

/// The names nearest to a wrong one, best first: at most `most`, none that is far away.
#[must_use]
pub fn nearest<'a>(
    wrong: &str,
    names: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    let limit = (wrong.chars().count() / 3).clamp(1, 4);
    let mut found: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| (edit_distance(&wrong.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    found.sort_by_key(|(distance, name)| (*distance, *name));
    found.into_iter().take(most).map(|(_, name)| name).collect()
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{nearest, with_id};
    use crate::json::Json;

    #[test]
    fn an_id_is_set_after_the_type_or_in_its_place() {
        let without = Json::parse(r#"{ "resourceType": "Patient", "active": true }"#).unwrap();
        assert_eq!(
            with_id(without.root(), "a"),
            r#"{"resourceType":"Patient","id":"a","active":true}"#
        );
        let with = Json::parse(r#"{"id":"x","resourceType":"Patient"}"#).unwrap();
        assert_eq!(with_id(with.root(), "a"), r#"{"id":"a","resourceType":"Patient"}"#);
    }

    #[test]
    fn near_names_come_best_first_and_far_ones_not_at_all() {
        assert_eq!(nearest("Pateint", ["Person", "Patient", "Encounter"], 2), ["Patient"]);
        assert!(nearest("Zebra", ["Patient"], 3).is_empty());
    }
}

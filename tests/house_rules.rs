//! The rules of the house that the compiler does not check: sizes, names, arrows, absences.

use std::fs;
use std::path::{Path, PathBuf};

/// Greatest number of lines of a file.
const LINES_MAX: usize = 400;

/// Files that may be longer, with a number that may only shrink.
const LONGER: [(&str, usize); 0] = [];

struct Source {
    /// Path from the root, with slashes.
    path: String,
    text: String,
    /// What stands before the tests at its end.
    product: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust file of the house.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let folders =
        ["fhir", "storage", "interactions", "operations", "server", "migrations", "tests", "xtask"];
    for folder in folders {
        collect(&root().join(folder), folder, &mut found);
    }
    assert!(found.len() > 50, "the sources were not found");
    found
}

fn collect(folder: &Path, name: &str, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            if !name.ends_with("/target") && !name.ends_with("/node_modules") {
                collect(&path, &name, found);
            }
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).expect("sources are UTF-8");
            let product = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            found.push(Source { path: name, text, product });
        }
    }
}

fn is_test(source: &Source) -> bool {
    source.path.starts_with("tests/")
        || source.path.contains("/tests/")
        || source.path.ends_with("tests.rs")
        || source.path.contains("/examples/")
}

/// Fails with every place that breaks the rule.
#[track_caller]
fn check(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n{}", broken.join("\n"));
}

/// Places in product code where one of these texts stands, outside the folders and files allowed.
fn places(texts: &[&str], within: &str, allowed: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources() {
        let is_allowed = allowed.iter().any(|prefix| source.path.starts_with(prefix));
        if !source.path.starts_with(within) || is_test(&source) || is_allowed {
            continue;
        }
        for (number, line) in source.product.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if texts.iter().any(|text| code.contains(text)) {
                found.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    found
}

#[test]
fn no_file_is_longer_than_the_wall() {
    let mut broken = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        let most = LONGER
            .iter()
            .find(|(path, _)| *path == source.path)
            .map_or(LINES_MAX, |(_, lines)| *lines);
        if lines > most {
            broken.push(format!("{}: {lines} lines, {most} are the most", source.path));
        }
    }
    check("Files are short", &broken);
}

#[test]
fn every_file_opens_with_a_sentence() {
    let broken: Vec<String> = sources()
        .iter()
        .filter(|source| !is_test(source) && !source.text.starts_with("//!"))
        .map(|source| source.path.clone())
        .collect();
    check("A file opens with one sentence that says what it is", &broken);
}

#[test]
fn no_file_is_called_after_nothing() {
    let empty = ["util", "utils", "helper", "helpers", "manager", "handler", "common", "misc"];
    let broken: Vec<String> = sources()
        .iter()
        .filter(|source| {
            source.path.split('/').any(|part| empty.contains(&part.trim_end_matches(".rs")))
        })
        .map(|source| source.path.clone())
        .collect();
    check("A file is a noun or an interaction", &broken);
}

#[test]
fn functions_are_verbs_without_padding() {
    check(
        "Functions are not called do_, handle_, process_",
        &places(&["fn do_", "fn handle_", "fn process_", "_impl("], "", &[]),
    );
}

#[test]
fn nothing_is_left_for_later() {
    check("No stub is landed", &places(&["TODO", "FIXME", "todo!(", "unimplemented!("], "", &[]));
}

#[test]
fn fhir_is_pure() {
    let impure = [
        "async fn",
        "std::fs",
        "std::net",
        "std::process",
        "std::env",
        "SystemTime",
        "Instant::now",
        "tokio",
        "rand::",
    ];
    check("fhir does no I/O, reads no clock, has no async", &places(&impure, "fhir/src", &[]));
}

#[test]
fn arrows_point_down() {
    let arrows: [(&str, &[&str]); 6] = [
        ("fhir", &[]),
        ("storage", &["fhir"]),
        ("interactions", &["fhir", "storage"]),
        ("operations", &["fhir", "interactions"]),
        ("tests", &[]),
        ("xtask", &["fhir"]),
    ];
    let mut broken = Vec::new();
    for (name, allowed) in arrows {
        let path = root().join(name).join("Cargo.toml");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let product = text.split("[dev-dependencies]").next().unwrap_or_default();
        for other in ["fhir", "storage", "interactions", "operations", "server", "migrations"] {
            let depends = product.lines().any(|line| {
                line.starts_with(&format!("{other}.")) || line.starts_with(&format!("{other} "))
            });
            if depends && !allowed.contains(&other) {
                broken.push(format!("{name} depends on {other}"));
            }
        }
    }
    check("A floor uses only those below it", &broken);
}

#[test]
fn http_words_stay_with_the_http_side() {
    check(
        "HTTP is spoken in server/src/http alone",
        &places(
            &["actix_web", "StatusCode", "HeaderName", "HeaderMap"],
            "",
            &["server/src/http", "server/src/auth", "server/src/main.rs"],
        ),
    );
}

#[test]
fn only_the_command_line_names_the_store() {
    check(
        "Only main and the command line name storage",
        &places(
            &["storage::"],
            "server/src",
            &["server/src/main.rs", "server/src/wiring.rs", "server/src/cli"],
        ),
    );
}

#[test]
fn the_environment_is_read_in_one_place() {
    check(
        "The environment is read in server/src/config.rs alone",
        &places(&["env::var", "env::vars"], "", &["server/src/config"]),
    );
}

#[test]
fn nothing_but_policy_makes_a_permit() {
    check(
        "Permits come from policy alone",
        &places(&["Permit {"], "interactions", &["interactions/src/policy"]),
    );
}

#[test]
fn search_values_are_parsed_in_one_place() {
    let parsers = ["QuantityTest {", "DateTest {", "NumberTest {", "TokenTest {", "StringTest {"];
    check(
        "A search value is parsed in fhir/src/search alone",
        &places(&parsers, "", &["fhir/src/search"]),
    );
}

#[test]
fn every_expectation_says_why_it_cannot_fail() {
    check("expect has a reason", &places(&[".expect(\"\")", ".unwrap()"], "", &[]));
}

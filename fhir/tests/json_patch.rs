//! The public suites of JSON Patch, and what they leave out.

mod packages;

use fhir::json::{Json, Tree, Value};
use fhir::patch::json::{OPERATIONS_MAX, PatchError, PatchErrorKind, apply};

/// Every active case of a suite: `doc`, `patch`, and `expected` or `error`.
#[track_caller]
fn check(suite: &str, active: usize) {
    let path = format!("patch-tests/{suite}");
    let files = packages::files("patch-tests.tgz");
    let (_, bytes) = files.into_iter().find(|(name, _)| *name == path).expect("the suite");
    // Cases that do not count have properties twice, which our own parser refuses.
    let cases: Vec<serde_json::Value> = serde_json::from_slice(&bytes).expect("JSON");
    let mut failures = Vec::new();
    let mut count = 0;
    for case in cases {
        let case = Json::parse(case.to_string()).expect("JSON");
        let case = case.root();
        let Some(patch) = case.get("patch") else { continue };
        if case.get("disabled").is_some() {
            continue;
        }
        count += 1;
        let before = Tree::from(case.get("doc").expect("a document"));
        let mut tree = before.clone();
        let result = apply(&mut tree, patch);
        let passes = match (&result, case.get("error"), case.get("expected")) {
            (Ok(()), None, Some(expected)) => tree.means_same(&Tree::from(expected)),
            (Ok(()), None, None) => true,
            (Err(_), Some(_), _) => tree == before,
            _ => false,
        };
        if !passes {
            failures.push(format!("{}\n  gives {result:?}, {tree}", case.raw()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(count, active);
}

#[test]
fn the_tests_of_the_json_patch_project_pass() {
    check("rfc6902/tests.json", 92);
}

#[test]
fn the_examples_of_rfc_6902_pass() {
    check("rfc6902/spec_tests.json", 16);
}

#[test]
fn the_json_patch_tests_of_fhir_pass() {
    check("fhir/json-patch-tests.json", 16);
}

fn patched(document: &str, patch: &str) -> Result<String, PatchError> {
    let parse = |text: &str| Json::parse(text).expect("JSON");
    let mut tree = Tree::from(parse(document).root());
    let patch = parse(patch);
    let root: Value<'_> = patch.root();
    apply(&mut tree, root).map(|()| tree.to_string())
}

#[track_caller]
fn refused(document: &str, patch: &str, operation: usize, kind: PatchErrorKind, message: &str) {
    let error = patched(document, patch).expect_err("must be refused");
    assert_eq!((error.operation, error.kind), (operation, kind), "{error}");
    assert!(error.message.contains(message), "{error}");
}

#[test]
fn an_error_says_which_operation_failed_and_what_would_be_right() {
    use PatchErrorKind::{Malformed, PathMissing, TestFailed};
    let document = r#"{"a":[1],"b":"x"}"#;
    refused(document, r#"{"op":"add"}"#, 0, Malformed, "an array of operations");
    refused(document, "[1]", 0, Malformed, "should be an object");
    refused(document, r#"[{"path":"/b"}]"#, 0, Malformed, "\"op\" should be there");
    refused(document, r#"[{"op":"Add","path":"/b"}]"#, 0, Malformed, "\"Add\" is no operation");
    refused(document, r#"[{"op":"remove","path":"/b~2"}]"#, 0, Malformed, "no JSON Pointer");
    refused(document, r##"[{"op":"remove","path":"#/b"}]"##, 0, Malformed, "no JSON Pointer");
    refused(document, r#"[{"op":"remove","path":""}]"#, 0, PathMissing, "whole document");
    refused(document, r#"[{"op":"copy","path":"/c"}]"#, 0, Malformed, "\"from\" should be there");
    refused(document, r#"[{"op":"add","path":"/c"}]"#, 0, Malformed, "\"value\" should be there");
    let inward = r#"[{"op":"move","from":"/a","path":"/a/0"}]"#;
    refused(document, inward, 0, Malformed, "a part of itself");
    let second = r#"[{"op":"remove","path":"/b"},{"op":"remove","path":"/b"}]"#;
    refused(document, second, 1, PathMissing, "\"/b\" does not exist");
    refused(document, r#"[{"op":"remove","path":"/a/-"}]"#, 0, PathMissing, "an index");
    let inside = r#"[{"op":"add","path":"/b/c","value":1}]"#;
    refused(document, inside, 0, PathMissing, "\"/b/c\" does not exist");
    let test = r#"[{"op":"test","path":"/b","value":"y"}]"#;
    refused(document, test, 0, TestFailed, "\"/b\" is not equal");
    let test = r#"[{"op":"test","path":"/c/d","value":"y"}]"#;
    refused(document, test, 0, TestFailed, "\"/c\" does not exist");
}

#[test]
fn a_test_compares_numbers_by_value() {
    let test = |document: &str, value: &str| {
        patched(document, &format!(r#"[{{"op":"test","path":"","value":{value}}}]"#)).is_ok()
    };
    assert!(test("[1.0, 1e2, -0]", "[1, 100.00, 0]"));
    assert!(test(r#"{"a":null,"b":true}"#, r#"{"b":true,"a":null}"#));
    assert!(!test("9007199254740993", "9007199254740992"));
    assert!(!test("1e400", "1e500"));
    assert!(!test("1", "\"1\""));
}

#[test]
fn moving_a_place_onto_itself_needs_the_place() {
    let patch = |name: &str| format!(r#"[{{"op":"move","from":"/{name}","path":"/{name}"}}]"#);
    assert_eq!(patched(r#"{"a":1}"#, &patch("a")).as_deref(), Ok(r#"{"a":1}"#));
    assert!(patched(r#"{"a":1}"#, &patch("b")).is_err());
    let prefix = r#"[{"op":"move","from":"/a","path":"/ab"}]"#;
    assert_eq!(patched(r#"{"a":1}"#, prefix).as_deref(), Ok(r#"{"ab":1}"#));
}

#[test]
fn operations_and_growth_have_limits() {
    use PatchErrorKind::Malformed;
    let double = r#"{"op":"copy","from":"","path":"/-"}"#;
    let bomb = format!("[{}]", [double; 40].join(","));
    refused("[1]", &bomb, 18, Malformed, "at most 1000000 values");
    let text = format!(r#"[{{"op":"add","path":"/a","value":"{}"}}]"#, "x".repeat(17 << 20));
    refused("{}", &text, 0, Malformed, "16777216 bytes");
    let deeper = |from: usize, steps: usize| {
        format!(r#"{{"op":"add","path":"{}","value":[[]]}}"#, "/0".repeat(from + steps))
    };
    let nested = |count: usize| {
        let steps: Vec<String> = (0..count).map(|at| deeper(1, 2 * at)).collect();
        format!("[{}]", steps.join(","))
    };
    assert!(patched("[]", &nested(31)).is_ok());
    refused("[]", &nested(33), 31, Malformed, "at most 64 deep");
    let none = r#"{"op":"test","path":"","value":{}}"#;
    let many = |count: usize| format!("[{}]", vec![none; count].join(","));
    assert!(patched("{}", &many(OPERATIONS_MAX)).is_ok());
    refused("{}", &many(OPERATIONS_MAX + 1), OPERATIONS_MAX, Malformed, "at most 1000 operations");
}

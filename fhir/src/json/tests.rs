use super::{Json, Tree};

#[track_caller]
fn refused(text: &str, message: &str, line: usize, column: usize) {
    let error = Json::parse(text).expect_err("must be refused");
    assert!(error.message.contains(message), "{error}");
    assert_eq!((error.line, error.column), (line, column), "{error}");
}

#[test]
fn a_decimal_keeps_its_text_and_keys_keep_their_order() {
    let json = Json::parse(r#" { "b" : 1.00 , "a" : [ 1e2 , "x\n" ] } "#).expect("JSON");
    assert_eq!(json.compact(), r#"{"b":1.00,"a":[1e2,"x\n"]}"#);
    assert_eq!(json.root().get("b").and_then(|v| v.as_number()), Some("1.00"));
    assert_eq!(json.root().list("a").nth(1).and_then(|v| v.as_str()).as_deref(), Some("x\n"));
}

#[test]
fn what_is_no_json_is_refused_with_line_and_column() {
    refused("{\"a\":1,\n \"a\":2}", "a second time", 2, 2);
    refused("{\"a\":NaN}", "NaN", 1, 6);
    refused("\u{feff}{}", "byte-order mark", 1, 1);
    refused("{\"ä\":01}", "leading zero", 1, 6);
    refused("{} x", "after the end", 1, 4);
    refused("[1,]", "']' where a value", 1, 4);
    refused("\"\\ud800\"", "surrogate", 1, 2);
    refused("\"a\nb\"", "control character", 1, 3);
    let error = Json::parse(vec![b'"', 0xFF, b'"']).expect_err("must be refused");
    assert!(error.message.contains("UTF-8"), "{error}");
}

#[test]
fn nesting_deeper_than_64_is_refused() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Json::parse(nested(64)).is_ok());
    refused(&nested(65), "nesting deeper than 64", 1, 65);
}

#[test]
fn more_than_a_million_values_are_refused() {
    let wide = format!("[{}0]", "0,".repeat(1_000_000));
    let error = Json::parse(wide).expect_err("must be refused");
    assert!(error.message.contains("more than 1000000 values"), "{error}");
}

#[test]
fn an_escaped_property_name_is_the_same_name() {
    let json = Json::parse(r#"{"\u0069d":"a"}"#).expect("JSON");
    assert_eq!(json.root().str("id").as_deref(), Some("a"));
    refused(r#"{"\u0069d":"a","id":"b"}"#, "a second time", 1, 11);
}

#[test]
fn a_property_name_that_needs_an_escape_keeps_it() {
    let json = Json::parse(r#"{"a\u0022\\\u0001b":1}"#).expect("JSON");
    assert_eq!(json.text(), r#"{"a\"\\\u0001b":1}"#);
    assert_eq!(Tree::from(json.root()).to_string(), json.text());
    refused(r#"{"\u0022":1,"\"":2}"#, "a second time", 1, 9);
}

#[test]
fn trees_mean_the_same_whatever_their_order_and_number_texts() {
    let tree = |text: &str| Tree::from(Json::parse(text).expect("JSON").root());
    assert!(tree(r#"{"a":1,"b":[1.0]}"#).means_same(&tree(r#"{"b":[1],"a":1.00}"#)));
    assert!(!tree("[1,2]").means_same(&tree("[2,1]")));
    assert!(tree("[0.0,1.20e3,-0]").means_same(&tree("[0,1200,0]")));
    assert!(!tree("9007199254740993").means_same(&tree("9007199254740992")));
}

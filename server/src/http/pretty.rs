//! JSON with a line for every member, for people; numbers keep their text.

use fhir::json::{Kind, Value};

/// The value, indented by two spaces.
pub(crate) fn write(value: Value<'_>) -> String {
    let mut out = String::with_capacity(value.raw().len() * 2);
    add(value, 0, &mut out);
    out.push('\n');
    out
}

fn add(value: Value<'_>, depth: usize, out: &mut String) {
    let (open, close) = match value.kind() {
        Kind::Object => ('{', '}'),
        Kind::Array => ('[', ']'),
        _ => return out.push_str(value.raw()),
    };
    out.push(open);
    let mut is_empty = true;
    for item in value.entries().chain(value.items()) {
        if !is_empty {
            out.push(',');
        }
        is_empty = false;
        start_line(depth + 1, out);
        if open == '{' {
            out.push('"');
            out.push_str(item.key());
            out.push_str("\": ");
        }
        add(item, depth + 1, out);
    }
    if !is_empty {
        start_line(depth, out);
    }
    out.push(close);
}

fn start_line(depth: usize, out: &mut String) {
    out.push('\n');
    for _ in 0..depth {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::write;
    use fhir::json::Json;

    #[test]
    fn every_member_has_its_line() {
        let json = Json::parse(r#"{"a":[1.00,{}],"b":{"c":"\n"},"d":[]}"#).unwrap();
        let expected = "{\n  \"a\": [\n    1.00,\n    {}\n  ],\n  \"b\": {\n    \"c\": \
                        \"\\n\"\n  },\n  \"d\": []\n}\n";
        assert_eq!(write(json.root()), expected);
    }
}

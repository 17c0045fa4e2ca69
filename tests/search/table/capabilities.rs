//! The CapabilityStatement lists the parameters that a search takes, and no other.

use brigid_tests::Server;
use serde_json::Value;

use crate::truth::texts;

/// Values of a type of parameter; a composite takes one of them by its components' types.
fn values(kind: &str) -> &'static [&'static str] {
    match kind {
        "number" | "quantity" => &["1"],
        "date" => &["2020"],
        "uri" => &["http://x"],
        "special" => &["1%7C2"],
        "composite" => &["a$a", "a$1", "a$2020", "a$1$1"],
        _ => &["a"],
    }
}

fn is_taken(server: &Server, resource: &str, name: &str, kind: &str) -> bool {
    let status = |value: &&str| server.get(&format!("{resource}?{name}={value}")).send().status;
    values(kind).iter().any(|value| status(value) == 200)
}

#[test]
fn each_parameter_that_is_listed_is_taken_and_each_other_is_refused() {
    let server = Server::start();
    let statement = server.get("metadata").send().expect(200).json();
    let resources = statement["rest"][0]["resource"].as_array().expect("resource types").clone();
    assert!(resources.len() >= 145, "{}", resources.len());
    let of_all = texts(&statement["rest"][0], &["searchParam.name"]);
    let listed = |resource: &Value| -> Vec<String> {
        let own = texts(resource, &["searchParam.name"]);
        own.iter().chain(&of_all).map(|name| (*name).to_owned()).collect()
    };
    let mut faults = Vec::new();
    for (at, resource) in resources.iter().enumerate() {
        let r#type = resource["type"].as_str().expect("a type");
        let names = listed(resource);
        for parameter in resource["searchParam"].as_array().expect("parameters") {
            let text = |key: &str| parameter[key].as_str().expect("a text").to_owned();
            if !is_taken(&server, r#type, &text("name"), &text("type")) {
                faults.push(format!("{} {} is listed and not taken", r#type, text("name")));
            }
        }
        // Those of the next type that this one has not, and those that are not built.
        let mut others = listed(&resources[(at + 1) % resources.len()]);
        others.extend(["_text", "_content", "_query", "nonsense"].map(str::to_owned));
        others.retain(|name| !names.contains(name));
        for name in others {
            let answer = server.get(&format!("{}?{name}=1", r#type)).send();
            if answer.status != 400 || !answer.text().contains(&name) {
                faults.push(format!("{} {name} is not listed: {}", r#type, answer.status));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

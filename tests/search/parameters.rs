//! What a search does not understand is refused, and the answer says what would be right.

use brigid_tests::Server;

#[track_caller]
fn check(server: &Server, query: &str, says: &[&str]) {
    let answer = server.get(query).send().expect(400);
    let text = answer.diagnostics();
    for part in says {
        assert!(text.contains(part), "{query}: '{part}' is not in: {text}");
    }
}

#[test]
fn unknown_parameters_name_the_nearest_known_one() {
    let server = Server::start();
    check(&server, "Patient?famly=a", &["famly", "family"]);
    check(&server, "Patient?birthDate=2000", &["birthDate", "birthdate"]);
    check(&server, "Observation?zzz=a", &["zzz"]);
}

#[test]
fn modifiers_that_do_not_fit_name_those_that_do() {
    let server = Server::start();
    check(&server, "Patient?family:not=a", &["not", "exact"]);
    check(&server, "Patient?gender:exact=a", &["exact"]);
    check(&server, "Patient?birthdate:contains=a", &["contains"]);
    check(&server, "Patient?gender:missing=maybe", &["missing", "true"]);
}

#[test]
fn wrong_values_are_named_with_what_is_allowed() {
    let server = Server::start();
    check(&server, "Patient?birthdate=yesterday", &["birthdate", "yesterday"]);
    check(&server, "Patient?birthdate=2000-13", &["2000-13"]);
    check(&server, "Patient?birthdate=xx2000", &["xx2000"]);
    check(&server, "RiskAssessment?probability=high", &["high"]);
    check(&server, "Observation?value-quantity=many|http://unitsofmeasure.org|kg", &["many"]);
    check(&server, "Observation?subject:Nothing=1", &["Nothing"]);
    check(&server, "Observation?code-value-quantity=a", &["code-value-quantity"]);
    check(&server, "Patient?_count=-1", &["_count"]);
    check(&server, "Patient?_count=x", &["_count"]);
    check(&server, "Patient?_sort=nothing", &["nothing"]);
    check(&server, "Patient?_sort=family,-family", &["twice"]);
    check(&server, "Patient?_sort=a,b,c,d,e,f", &["6 keys"]);
    check(&server, "Patient?_total=some", &["_total", "accurate"]);
    check(&server, "Patient?_summary=most", &["_summary"]);
}

#[test]
fn what_is_not_built_is_refused_clearly() {
    let server = Server::start();
    for query in
        ["Patient?_text=a", "Patient?_content=a", "Patient?_query=x", "Patient?name:text=a"]
    {
        let encoded = query.replace(' ', "%20");
        let answer = server.get(&encoded).send().expect(400);
        assert!(!answer.diagnostics().is_empty(), "{query}");
    }
}

#[test]
fn broken_encoding_is_refused() {
    let server = Server::start();
    check(&server, "Patient?family=%zz", &["%"]);
    check(&server, "Patient?family=%ff", &["UTF-8"]);
}

//! What a search says of itself: `_explain`, the numbers that it used, links that were tampered with.

use brigid_tests::Server;
use serde_json::{Value, json};

fn many(server: &Server, count: usize) {
    let patients: Vec<Value> = (0..count)
        .map(|n| {
            json!({"resourceType": "Patient", "id": format!("p{n}"), "gender": "male",
            "name": [{"family": "Secret"}]})
        })
        .collect();
    server.put_all(&patients);
}

#[test]
fn an_explanation_comes_as_an_outcome_and_names_no_value() {
    let server = Server::start();
    many(&server, 3);
    let found = server.get("Patient?family=secret&gender=male&_explain=true").send().expect(200);
    assert_eq!(found.entries("match").len(), 3);
    let last = found.json()["entry"].as_array().unwrap().last().cloned().unwrap();
    assert_eq!(last["search"]["mode"], "outcome");
    assert_eq!(last["resource"]["resourceType"], "OperationOutcome");
    assert_eq!(last["resource"]["issue"][0]["severity"], "information");
    let text = last.to_string().to_lowercase();
    assert!(!text.contains("secret"), "{text}");
    let without = server.get("Patient?_explain=false").send().expect(200);
    assert_eq!(without.json()["entry"].as_array().unwrap().len(), 3);
    server.get("Patient?_explain=maybe").send().expect(400);
}

#[test]
fn the_self_link_shows_the_page_size_that_was_used() {
    let server = Server::start_with(&[("limits.page_size_max", "100")]);
    many(&server, 2);
    let link = |path: &str| server.get(path).send().expect(200).link("self").unwrap();
    assert!(link("Patient?_count=99999999999").ends_with("_count=100"));
    assert!(link("Patient?_count=7").ends_with("_count=7"));
    assert!(link("Patient?_count=0").ends_with("_count=0"));
    assert!(link("Patient/_history?_count=5000").ends_with("_count=100"));
    server.get("Patient?_count=1&_count=2").send().expect(400);
    server.get("Patient?_sort=family&_sort=gender").send().expect(400);
}

#[test]
fn links_keep_the_form_of_the_answer() {
    let server = Server::start();
    many(&server, 3);
    let page = server.get("Patient?_count=1&_format=json&_pretty=true").send().expect(200);
    let next = page.link("next").unwrap();
    assert!(next.contains("_format=json") && next.contains("_pretty=true"), "{next}");
    assert!(page.link("self").unwrap().contains("_format=json"));
    let second = server.get(&next).send().expect(200);
    assert!(second.link("next").unwrap().contains("_format=json"));
    assert!(second.text().contains('\n'));
    let xml = server.get(&next.replace("_format=json", "_format=xml")).send().expect(200);
    assert!(xml.text().contains("<Bundle"));
}

#[test]
fn a_link_that_was_tampered_with_is_refused_without_a_hint() {
    let server = Server::start();
    many(&server, 3);
    let next = server.get("Patient?_count=1").send().expect(200).link("next").unwrap();
    let mut tampered = next.clone();
    let at = tampered.len() - 5;
    let other = if &next[at..=at] == "A" { "B" } else { "A" };
    tampered.replace_range(at..=at, other);
    let foreign = next.replace("/Patient?", "/?").replace("/?", "?");
    let texts: Vec<String> = [&tampered, &foreign, &format!("{}?_page=xyz", server.base())]
        .iter()
        .map(|path| server.get(path).send().expect(400).diagnostics())
        .collect();
    assert_eq!(texts[0], texts[1]);
    assert_eq!(texts[0], texts[2]);
}

#[test]
fn parameters_of_the_address_and_of_the_form_count_together() {
    let server = Server::start();
    many(&server, 3);
    let found = server
        .post("Patient/_search?_count=1&gender=male")
        .body("application/x-www-form-urlencoded", "family=secret&_total=accurate")
        .send()
        .expect(200);
    assert_eq!(found.json()["total"], 3);
    assert_eq!(found.entries("match").len(), 1);
    let twice = server
        .post("Patient/_search?_count=1")
        .body("application/x-www-form-urlencoded", "_count=2")
        .send();
    assert_eq!(twice.status, 400);
    let estimate = server.get("Patient?gender=male&_total=estimate&_count=1").send().expect(200);
    assert!(estimate.json()["total"].is_u64() || estimate.json().get("total").is_none());
}

//! Searches of several types: the whole server, and all of a compartment.

use brigid_tests::Server;
use serde_json::{Value, json};

use super::check;

fn world() -> Server {
    let server = Server::start();
    let observation = |id: &str, patient: &str| {
        json!({"resourceType": "Observation", "id": id, "status": "final", "code": {"text": "x"},
            "subject": {"reference": format!("Patient/{patient}")}})
    };
    server.put_all(&[
        json!({"resourceType": "Patient", "id": "a", "name": [{"family": "A"}],
            "identifier": [{"value": "1"}], "meta": {"tag": [{"code": "t"}]}}),
        json!({"resourceType": "Patient", "id": "b", "name": [{"family": "B"}]}),
        json!({"resourceType": "Organization", "id": "o", "identifier": [{"value": "1"}],
            "name": "A"}),
        observation("o1", "a"),
        observation("o2", "b"),
        json!({"resourceType": "Encounter", "id": "e", "status": "finished",
            "class": {"code": "AMB"}, "subject": {"reference": "Patient/a"}}),
    ]);
    server
}

#[test]
fn a_search_of_the_server_finds_all_types() {
    let server = world();
    let all = ["Patient/a", "Patient/b", "Organization/o", "Observation/o1", "Observation/o2"];
    check(&server, "", &[&all[..], &["Encounter/e"]].concat());
    check(&server, "?_tag=t", &["Patient/a"]);
    check(&server, "?_id=a,o,o1", &["Patient/a", "Organization/o", "Observation/o1"]);
    check(&server, "?_lastUpdated=gt2000-01-01&_type=Encounter", &["Encounter/e"]);
    check(&server, "?_lastUpdated=lt2000-01-01", &[]);
    check(&server, "_search?_type=Patient", &["Patient/a", "Patient/b"]);
    let found = server.get("?_type=Patient,Observation").send().expect(200);
    assert_eq!(found.json()["total"], 4);
    let link = found.link("self").unwrap();
    assert!(link.starts_with(&format!("{}?_type=Patient", server.base())), "{link}");
}

#[test]
fn the_parameters_are_those_that_all_types_share() {
    let server = world();
    check(&server, "?_type=Patient,Organization&identifier=1", &["Patient/a", "Organization/o"]);
    check(&server, "?_type=Patient&family=b", &["Patient/b"]);
    let wrong = server.get("?_type=Patient,Observation&family=b").send().expect(400);
    assert!(wrong.diagnostics().contains("Observation has no search parameter 'family'"));
    let wrong = server.get("?family=b").send().expect(400);
    assert!(wrong.diagnostics().contains("_type"), "{}", wrong.diagnostics());
    let wrong = server.get("?_type=Patient,Observation&_sort=family").send().expect(400);
    assert!(wrong.diagnostics().contains("Observation"), "{}", wrong.diagnostics());
    let wrong = server.get("?_type=Pateint").send().expect(400);
    assert!(wrong.diagnostics().contains("Did you mean Patient"), "{}", wrong.diagnostics());
    server.get("?_type=Patient&_type=Observation").send().expect(400);
    server.get("?_type:not=Patient").send().expect(400);
}

#[test]
fn what_lenient_handling_leaves_out_of_one_type_it_leaves_out_of_all() {
    let server = world();
    let found = server
        .get("?_type=Patient,Observation&family=b")
        .header("Prefer", "handling=lenient")
        .send()
        .expect(200);
    assert_eq!(found.entries("match").len(), 4);
    assert!(!found.link("self").unwrap().contains("family"));
    let outcome = found.json()["entry"].as_array().unwrap().last().cloned().unwrap();
    assert_eq!(outcome["search"]["mode"], "outcome");
}

#[test]
fn several_types_are_sorted_and_paged_together() {
    let server = world();
    let mut found = Vec::new();
    let mut next = Some("?_sort=-_id&_count=2".to_owned());
    while let Some(path) = next {
        let page = server.get(&path).send().expect(200);
        found.extend(page.entries("match"));
        next = page.link("next");
    }
    assert_eq!(
        found,
        [
            "Observation/o2",
            "Observation/o1",
            "Organization/o",
            "Encounter/e",
            "Patient/b",
            "Patient/a"
        ]
    );
}

#[test]
fn a_compartment_is_searched_as_a_whole() {
    let server = world();
    check(&server, "Patient/a/*", &["Patient/a", "Observation/o1", "Encounter/e"]);
    check(&server, "Patient/a/*?_type=Observation,Encounter", &["Observation/o1", "Encounter/e"]);
    check(&server, "Patient/a/*?_type=Observation&status=final", &["Observation/o1"]);
    check(&server, "Patient/nobody/*", &[]);
    let wrong = server.get("Patient/a/*?_type=Organization").send().expect(400);
    assert!(wrong.diagnostics().contains("Organization"), "{}", wrong.diagnostics());
    let found = server
        .post("Patient/a/*/_search")
        .body("application/x-www-form-urlencoded", "_type=Encounter")
        .send()
        .expect(200);
    assert_eq!(found.entries("match"), ["Encounter/e"]);
    server.get("Organization/a/*").send().expect(404);
}

#[test]
fn a_search_of_the_server_may_be_posted_and_stand_in_a_batch() {
    let server = world();
    let found = server
        .post("_search?_type=Patient")
        .body("application/x-www-form-urlencoded", "_id=b")
        .send()
        .expect(200);
    assert_eq!(found.entries("match"), ["Patient/b"]);
    for kind in ["batch", "transaction"] {
        let get = |url: &str| json!({"request": {"method": "GET", "url": url}});
        let bundle = json!({"resourceType": "Bundle", "type": kind, "entry":
            [get("?_type=Patient&_id=a"), get("Patient/a/*?_type=Encounter"), get("Patient/a?_summary=true")]});
        let answer = server.post("").json(&bundle).send().expect(200).json();
        assert_eq!(answer["entry"][0]["resource"]["entry"][0]["resource"]["id"], "a");
        assert_eq!(answer["entry"][1]["resource"]["entry"][0]["resource"]["id"], "e");
        assert_eq!(answer["entry"][2]["resource"]["name"][0]["family"], "A");
    }
}

#[test]
fn a_type_may_be_named_in_a_search_of_that_type() {
    let server = world();
    check(&server, "Patient?_type=Patient,Observation&family=a", &["Patient/a"]);
    check(&server, "Patient?_type=Observation", &[]);
    server.get("Patient?_type=Nothing").send().expect(400);
}

#[test]
fn includes_of_several_types_go_by_the_type_that_refers() {
    let server = world();
    let found =
        server.get("?_type=Observation,Encounter&_include=Observation:subject").send().expect(200);
    let mut included = found.entries("include");
    included.sort();
    assert_eq!(included, ["Patient/a", "Patient/b"]);
    let found = server.get("?_type=Encounter&_include=*").send().expect(200);
    assert_eq!(found.entries("include"), ["Patient/a"]);
}

#[test]
fn the_statement_offers_it() {
    let server = Server::start();
    let statement = server.get("metadata").send().expect(200).json();
    let interactions = statement["rest"][0]["interaction"].as_array().unwrap().clone();
    assert!(interactions.contains(&json!({"code": "search-system"})), "{interactions:?}");
    let parameters = statement["rest"][0]["searchParam"].as_array().cloned().unwrap_or_default();
    let names: Vec<&Value> = parameters.iter().map(|one| &one["name"]).collect();
    assert!(names.contains(&&json!("_lastUpdated")), "{names:?}");
}

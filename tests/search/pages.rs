//! Pages, order, totals and what is included.

use brigid_tests::Server;
use serde_json::{Value, json};

fn patient(id: &str, family: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "name": [{"family": family}], "active": true})
}

fn many(server: &Server, count: usize) {
    let patients: Vec<Value> =
        (0..count).map(|n| patient(&format!("p{n:03}"), &format!("F{:03}", count - n))).collect();
    server.put_all(&patients);
}

/// All matches of all pages, with the number of pages.
fn walk(server: &Server, query: &str) -> (Vec<String>, usize) {
    let (mut found, mut pages) = (Vec::new(), 0);
    let mut next = Some(query.to_owned());
    while let Some(path) = next {
        let page = server.get(&path).send().expect(200);
        found.extend(page.entries("match"));
        pages += 1;
        next = page.link("next");
        assert!(pages < 100, "pages without end");
    }
    (found, pages)
}

#[test]
fn pages_hold_everything_once() {
    let server = Server::start();
    many(&server, 23);
    let (found, pages) = walk(&server, "Patient?_count=5&active=true");
    assert_eq!((found.len(), pages), (23, 5));
    let mut distinct = found.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), 23);
}

#[test]
fn pages_are_stable_while_others_write() {
    let server = Server::start();
    many(&server, 10);
    let first = server.get("Patient?_count=4&_sort=family").send().expect(200);
    // One that would come on the first page, and one on a later one; and one that goes.
    server.put_all(&[patient("x", "A"), patient("y", "F005")]);
    server.delete("Patient/p009").send().expect(204);
    let mut found = first.entries("match");
    let mut next = first.link("next");
    while let Some(path) = next {
        let page = server.get(&path).send().expect(200);
        found.extend(page.entries("match"));
        next = page.link("next");
    }
    let mut distinct = found.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), found.len(), "something came twice: {found:?}");
    for n in 0..9 {
        assert!(found.contains(&format!("Patient/p00{n}")), "p00{n} is missing: {found:?}");
    }
}

#[test]
fn page_links_are_opaque_and_of_one_length() {
    let server = Server::start();
    many(&server, 10);
    let first = server.get("Patient?_count=2&family=F").send().expect(200);
    let one = first.link("next").unwrap();
    let two = server.get(&one).send().expect(200).link("next").unwrap();
    assert_eq!(one.len(), two.len());
    assert!(!one.contains("family"), "{one}");
    let other = one.replace("/Patient?", "/Observation?");
    server.get(&other).send().expect(400);
    server.get("Patient?_page=abc").send().expect(400);
    server.get(&format!("{one}&name=x")).send().expect(400);
}

#[test]
fn a_sort_orders_in_both_directions() {
    let server = Server::start();
    many(&server, 12);
    server.put_all(&[json!({"resourceType": "Patient", "id": "none"})]);
    let (up, _) = walk(&server, "Patient?_sort=family&_count=5");
    assert_eq!(up[0], "Patient/p011");
    assert_eq!(up[11], "Patient/p000");
    assert_eq!(up[12], "Patient/none");
    let (down, _) = walk(&server, "Patient?_sort=-family&_count=5");
    assert_eq!(down[0], "Patient/p000");
    assert_eq!(down[12], "Patient/none");
    let (by_id, _) = walk(&server, "Patient?_sort=-_id&_count=50");
    assert_eq!(by_id[0], "Patient/p011");
    let (newest, _) = walk(&server, "Patient?_sort=-_lastUpdated&_count=5");
    assert_eq!(newest[0], "Patient/none");
}

#[test]
fn totals_are_given_as_asked() {
    let server = Server::start();
    many(&server, 7);
    let total = |query: &str| server.get(query).send().expect(200).json()["total"].clone();
    assert_eq!(total("Patient"), 7);
    assert_eq!(total("Patient?family=F&_count=2&_total=accurate"), 7);
    assert_eq!(total("Patient?_total=none"), Value::Null);
    let count = server.get("Patient?family=F00&_summary=count").send().expect(200).json();
    assert_eq!(count["total"], 7);
    assert!(count.get("entry").is_none());
    assert_eq!(server.get("Patient?_count=0").send().expect(200).json()["total"], 7);
}

#[test]
fn the_self_link_says_what_was_understood() {
    let server = Server::start();
    let link = server.get("Patient?family=a%26b&_count=3").send().expect(200).link("self").unwrap();
    assert!(link.starts_with(&format!("{}/Patient?", server.base())), "{link}");
    assert!(link.contains("family=a%26b") && link.contains("_count=3"), "{link}");
    let lenient = server
        .get("Patient?family=a&nickname=b")
        .header("Prefer", "handling=lenient")
        .send()
        .expect(200);
    assert!(!lenient.link("self").unwrap().contains("nickname"));
    let outcome = lenient.json()["entry"][0].clone();
    assert_eq!(outcome["search"]["mode"], "outcome");
    assert!(outcome["resource"]["issue"][0]["diagnostics"].as_str().unwrap().contains("nickname"));
}

#[test]
fn includes_come_once_with_their_mode() {
    let server = Server::start();
    let observation = |id: &str, patient: &str| {
        json!({"resourceType": "Observation", "id": id, "status": "final", "code": {"text": "x"},
            "subject": {"reference": format!("Patient/{patient}")},
            "performer": [{"reference": "Practitioner/p"}]})
    };
    server.put_all(&[
        patient("a", "A"),
        json!({"resourceType": "Practitioner", "id": "p"}),
        observation("o1", "a"),
        observation("o2", "a"),
        observation("o3", "gone"),
    ]);
    let get = |query: &str| server.get(query).send().expect(200);
    let found = get("Observation?_include=Observation:subject");
    assert_eq!(found.entries("match").len(), 3);
    assert_eq!(found.entries("include"), ["Patient/a"]);
    let typed = get("Observation?_include=Observation:subject:Group");
    assert!(typed.entries("include").is_empty());
    let all = get("Observation?_include=*");
    assert_eq!(all.entries("include").len(), 2);
    let reverse = get("Patient?_id=a&_revinclude=Observation:subject");
    assert_eq!(reverse.entries("include").len(), 2);
    server.get("Observation?_include=Observation:nothing").send().expect(400);
    server.get("Observation?_include=subject").send().expect(400);
}

#[test]
fn searches_may_be_posted_as_a_form() {
    let server = Server::start();
    many(&server, 3);
    let found = server
        .post("Patient/_search?_count=2")
        .body("application/x-www-form-urlencoded", "family=F001")
        .send()
        .expect(200);
    assert_eq!(found.entries("match"), ["Patient/p002"]);
}

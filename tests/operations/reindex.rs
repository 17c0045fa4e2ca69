//! `$reindex`: a job that indexes what was written before a SearchParameter.

use brigid_tests::{Response, Server};
use serde_json::{Value, json};

fn nickname() -> Value {
    json!({"resourceType": "SearchParameter", "id": "nick", "url": "http://t/nick",
        "name": "nick", "status": "active", "description": "d", "code": "nick",
        "base": ["Patient"], "type": "string",
        "expression": "Patient.name.where(use = 'nickname').given"})
}

fn patient(id: &str, nick: &str) -> Value {
    json!({"resourceType": "Patient", "id": id,
        "name": [{"use": "nickname", "given": [nick]}, {"family": "F"}]})
}

/// The Task of an accepted job, by its path under the base.
#[track_caller]
fn accepted(server: &Server, answer: &Response) -> String {
    let location = answer.header("content-location").expect("the address of the Task");
    location.strip_prefix(&format!("{}/", server.base())).expect("under the base").to_owned()
}

/// Reads the Task until it has one of these states.
fn wait(server: &Server, task: &str, states: &[&str]) -> Value {
    for _ in 0..100_000 {
        let found = server.get(task).send().expect(200).json();
        if states.iter().any(|state| found["status"] == *state) {
            return found;
        }
    }
    panic!("{task} has none of {states:?}");
}

#[track_caller]
fn check(server: &Server, query: &str, expected: &[&str]) {
    let mut found = server.get(query).send().expect(200).entries("match");
    found.sort();
    assert_eq!(found, expected, "{query}");
}

#[test]
fn a_job_is_a_task_that_ends_with_what_it_did() {
    let server = Server::start();
    server.put_all(&[patient("a", "Ann"), patient("b", "Bob"), nickname()]);
    let answer = server.post("SearchParameter/nick/$reindex").send().expect(202);
    assert_eq!(answer.json()["resourceType"], "Task");
    let path = accepted(&server, &answer);
    let task = wait(&server, &path, &["completed", "failed"]);
    assert_eq!(task["status"], "completed", "{task}");
    assert_eq!(task["intent"], "order");
    assert_eq!(task["code"]["coding"][0]["code"], "reindex");
    assert_eq!(task["focus"]["reference"], "SearchParameter/nick");
    assert_eq!(task["output"][0]["valueUnsignedInt"], 2);
    assert!(task["executionPeriod"]["end"].is_string());
    let history = server.get(&format!("{path}/_history")).send().expect(200).json();
    let states: Vec<&Value> =
        history["entry"].as_array().unwrap().iter().map(|e| &e["resource"]["status"]).collect();
    assert_eq!(states, ["completed", "in-progress", "requested"]);
    check(&server, "Patient?nick=ann", &["Patient/a"]);
    // No version was made of what was indexed.
    let history = server.get("Patient/a/_history").send().expect(200).json();
    assert_eq!(history["total"], 1);
}

#[test]
fn a_job_may_be_narrowed_by_type_and_url() {
    let server = Server::start();
    server.put_all(&[patient("a", "Ann"), nickname()]);
    let narrowed = |parameters: Value| {
        let body = json!({"resourceType": "Parameters", "parameter": parameters});
        let answer = server.post("$reindex").json(&body).send().expect(202);
        wait(&server, &accepted(&server, &answer), &["completed"])
    };
    narrowed(json!([{"name": "type", "valueCode": "Observation"}]));
    server.get("Patient?nick=ann").send().expect(400);
    narrowed(json!([{"name": "url", "valueUri": "http://t/nick"}]));
    check(&server, "Patient?nick=ann", &["Patient/a"]);
}

#[test]
fn a_job_goes_on_after_the_process_was_killed() {
    let mut server = Server::start();
    for start in 0..6 {
        let entries: Vec<Value> = (0..500)
            .map(|at| {
                let id = format!("p{}", start * 500 + at);
                let url = format!("Patient/{id}");
                json!({"resource": patient(&id, &format!("N{at}")),
                    "request": {"method": "PUT", "url": url}})
            })
            .collect();
        let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
        server.post("").json(&bundle).send().expect(200);
    }
    server.put_all(&[nickname()]);
    let answer = server.post("$reindex").send().expect(202);
    let path = accepted(&server, &answer);
    wait(&server, &path, &["in-progress"]);
    server.kill();
    let server = Server::open(server.data_dir(), &[]);
    let task = wait(&server, &path, &["completed", "failed"]);
    assert_eq!(task["output"][0]["valueUnsignedInt"], 3000, "{task}");
    // It was begun a second time.
    let history = server.get(&format!("{path}/_history")).send().expect(200).json();
    assert!(history["total"].as_u64() > Some(3), "{history}");
    let found = server.get("Patient?nick:exact=N7&_summary=count").send().expect(200).json();
    assert_eq!(found["total"], 6);
    // What is indexed stays so after a restart.
    let data_dir = server.data_dir().to_owned();
    drop(server);
    let server = Server::open(&data_dir, &[]);
    let found = server.get("Patient?nick:exact=N7&_summary=count").send().expect(200).json();
    assert_eq!(found["total"], 6);
}

#[test]
fn what_is_written_while_a_job_runs_is_found_by_its_last_version() {
    let server = Server::start();
    let all: Vec<Value> = (0..400).map(|at| patient(&format!("p{at}"), "Old")).collect();
    for some in all.chunks(200) {
        let entries: Vec<Value> = some
            .iter()
            .map(|one| {
                let url = format!("Patient/{}", one["id"].as_str().unwrap());
                json!({"resource": one, "request": {"method": "PUT", "url": url}})
            })
            .collect();
        let bundle = json!({"resourceType": "Bundle", "type": "batch", "entry": entries});
        server.post("").json(&bundle).send().expect(200);
    }
    std::thread::scope(|scope| {
        // Writers are at work before the parameter is there, and until after it is indexed.
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let server = &server;
                scope.spawn(move || {
                    for at in (writer..400).step_by(4) {
                        let path = format!("Patient/p{at}");
                        let body = patient(&format!("p{at}"), "New");
                        server.put(&path).json(&body).send().expect(200);
                    }
                })
            })
            .collect();
        server.put_all(&[nickname()]);
        let answer = server.post("$reindex").send().expect(202);
        let path = accepted(&server, &answer);
        assert_eq!(wait(&server, &path, &["completed", "failed"])["status"], "completed");
        for writer in writers {
            writer.join().unwrap();
        }
    });
    let count = |nick: &str| {
        let query = format!("Patient?nick:exact={nick}&_summary=count");
        server.get(&query).send().expect(200).json()["total"].clone()
    };
    assert_eq!(count("New"), 400);
    assert_eq!(count("Old"), 0);
}

#[test]
fn a_task_on_hold_is_left_alone_until_it_is_requested() {
    let server = Server::start();
    server.put_all(&[nickname()]);
    let mut task = json!({"resourceType": "Task", "id": "t", "status": "on-hold",
        "intent": "order", "code": {"coding": [{"system": "urn:brigid:job", "code": "reindex"}]}});
    server.put_all(&[task.clone()]);
    server.get("Patient?nick=a").send().expect(400);
    task["status"] = json!("requested");
    server.put("Task/t").json(&task).send().expect(200);
    assert_eq!(wait(&server, "Task/t", &["completed", "failed"])["status"], "completed");
    server.get("Patient?nick=a").send().expect(200);
}

#[test]
fn wrong_calls_are_explained() {
    let server = Server::start();
    let mut draft = nickname();
    draft["status"] = json!("draft");
    server.put_all(&[draft]);
    server.get("$reindex").send().expect(405);
    server.post("SearchParameter/none/$reindex").send().expect(404);
    let answer = server.post("SearchParameter/nick/$reindex").send().expect(422);
    assert!(answer.diagnostics().contains("draft"));
    for (parameter, says) in [
        (json!({"name": "type", "valueCode": "Patent"}), "Patient"),
        (json!({"name": "url", "valueUri": "http://t/none"}), "http://t/none"),
        (json!({"name": "kind", "valueCode": "Patient"}), "type"),
    ] {
        let body = json!({"resourceType": "Parameters", "parameter": [parameter]});
        let answer = server.post("$reindex").json(&body).send().expect(400);
        assert!(answer.diagnostics().contains(says), "{}", answer.diagnostics());
    }
}

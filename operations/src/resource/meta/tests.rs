//! `$meta`, `$meta-add` and `$meta-delete` over a scripted door.

use fhir::json::Json;
use fhir::{Kind, Outcome};
use interactions::{Answer, Operation};

use super::Meta;
use crate::door_script::{DoorScript, caller, input, run};
use crate::resource::{MetaAdd, MetaDelete};

const PATIENT: &str = r#"{"resourceType":"Patient","id":"1","meta":{"profile":["http://p"],
    "tag":[{"system":"http://t","code":"a","display":"A"},{"system":"http://t","code":"b"}]}}"#;

fn invoke(door: &DoorScript, operation: &dyn Operation, meta: &str) -> Result<Answer, Outcome> {
    let mut input = input("Patient", Some("1"), &[]);
    if !meta.is_empty() {
        let parameters = format!(
            r#"{{"resourceType":"Parameters","parameter":[{{"name":"meta","valueMeta":{meta}}}]}}"#
        );
        input.parameters = Some(Json::parse(parameters).unwrap());
    }
    run(operation.invoke(door, &caller(), input))
}

#[track_caller]
fn check(door: &DoorScript, operation: &dyn Operation, meta: &str, expected: &str) {
    let answer = invoke(door, operation, meta).unwrap();
    let json = Json::parse(answer.body.to_vec()).unwrap();
    let part = json.root().list("parameter").next().unwrap();
    assert_eq!(part.str("name").unwrap(), "return");
    let meta = part.get("valueMeta").unwrap();
    let lists: Vec<String> = ["profile", "security", "tag"]
        .iter()
        .filter_map(|name| meta.get(name).map(|list| format!("{name}={}", list.raw())))
        .collect();
    assert_eq!(lists.join(" "), expected);
}

#[test]
fn meta_answers_with_the_meta_of_the_resource() {
    let door = DoorScript::new(&[
        r#"{"resourceType":"Patient","id":"1","meta":{"profile":["http://p"]}}"#,
    ]);
    check(&door, &Meta, "", r#"profile=["http://p"]"#);
}

#[test]
fn what_is_added_is_there_once() {
    let door = DoorScript::new(&[PATIENT]);
    let added = r#"{"tag":[{"system":"http://t","code":"a"},{"system":"http://t","code":"c"}],
        "security":[{"system":"http://s","code":"R"}],"versionId":"99"}"#;
    let expected = concat!(
        r#"profile=["http://p"] security=[{"system":"http://s","code":"R"}] "#,
        r#"tag=[{"system":"http://t","code":"a","display":"A"},{"system":"http://t","code":"b"},"#,
        r#"{"system":"http://t","code":"c"}]"#
    );
    check(&door, &MetaAdd, added, expected);
    assert_eq!(*door.writes.lock().unwrap(), 1);
    check(&door, &MetaAdd, added, expected);
    assert_eq!(*door.writes.lock().unwrap(), 1, "nothing new writes nothing");
}

#[test]
fn what_is_deleted_is_gone_whatever_it_displays() {
    let door = DoorScript::new(&[PATIENT]);
    let gone =
        r#"{"profile":["http://p"],"tag":[{"system":"http://t","code":"a","display":"other"}]}"#;
    check(&door, &MetaDelete, gone, r#"tag=[{"system":"http://t","code":"b"}]"#);
}

#[test]
fn a_write_in_between_is_tried_again_twice() {
    let door = DoorScript::new(&[PATIENT]);
    *door.races.lock().unwrap() = 2;
    check(
        &door,
        &MetaDelete,
        r#"{"tag":[{"system":"http://t","code":"a"}]}"#,
        r#"profile=["http://p"] tag=[{"system":"http://t","code":"b"}]"#,
    );
    *door.races.lock().unwrap() = 3;
    let failure = invoke(&door, &MetaAdd, r#"{"profile":["http://q"]}"#).unwrap_err();
    assert_eq!(failure.kind, Kind::Precondition);
}

#[test]
fn a_past_version_and_a_missing_meta_are_refused() {
    let door = DoorScript::new(&[PATIENT]);
    assert_eq!(invoke(&door, &MetaAdd, "").unwrap_err().kind, Kind::Invalid);
    let mut input = input("Patient", Some("1"), &[]);
    input.version = Some("1".to_owned());
    let failure = run(MetaAdd.invoke(&door, &caller(), input)).unwrap_err();
    assert_eq!(failure.kind, Kind::NotSupported);
}

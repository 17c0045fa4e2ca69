use super::{CompileError, compile};
use crate::definitions::Facts;

#[track_caller]
fn check(files: &[(&str, &str)]) -> Facts {
    compile(files.iter().map(|(name, text)| (*name, text.as_bytes())), || None)
        .expect("these definitions compile")
        .facts
}

const JSON: &str = r#"{"resourceType":"Bundle","entry":[{"resource":{
    "resourceType":"CodeSystem","url":"urn:a","content":"complete","caseSensitive":true,
    "concept":[
        {"code":"top","display":"Top","property":[{"code":"notSelectable","valueBoolean":true}],
         "concept":[{"code":"below"}]},
        {"code":"side","property":[{"code":"subsumedBy","valueCode":"top"},
                                   {"code":"status","valueCode":"retired"}]}]}}]}"#;

const XML: &str = r#"<?xml version="1.0"?><Bundle xmlns="http://hl7.org/fhir"><entry><resource>
    <CodeSystem><text><div xmlns="http://www.w3.org/1999/xhtml"><p>prose</p></div></text>
    <url value="urn:a"/><caseSensitive value="true"/><content value="complete"/>
    <concept><code value="top"/><display value="Top"/>
      <property><code value="notSelectable"/><valueBoolean value="true"/></property>
      <concept><code value="below"/></concept></concept>
    <concept><code value="side"/>
      <property><code value="subsumedBy"/><valueCode value="top"/></property>
      <property><code value="status"/><valueCode value="retired"/></property></concept>
    </CodeSystem></resource></entry></Bundle>"#;

#[test]
fn xml_and_json_of_the_same_resource_give_the_same_facts() {
    assert_eq!(check(&[("a.json", JSON)]), check(&[("a.xml", XML)]));
}

#[test]
fn parents_come_from_nesting_and_from_properties() {
    let facts = check(&[("a.json", JSON)]);
    let concepts = &facts.code_systems[0].concepts;
    assert_eq!(concepts[1].parents, [0]);
    assert_eq!(concepts[2].parents, [0]);
    assert!(concepts[0].is_abstract && !concepts[0].is_inactive);
    assert!(concepts[2].is_inactive && !concepts[2].is_abstract);
}

#[test]
fn examples_and_folders_beside_the_definitions_are_left_out() {
    let example = r#"{"resourceType":"SearchParameter","type":"token","code":"x",
        "url":"http://hl7.org/fhir/SearchParameter/example-extension"}"#;
    let facts = check(&[("SearchParameter-example.json", example), ("p/example/a.json", JSON)]);
    assert_eq!(facts, Facts::default());
}

#[test]
fn a_broken_file_is_named_with_the_place() {
    let json = compile([("bad.json", "{\"a\": }")], || None).unwrap_err();
    assert!(json.to_string().starts_with("bad.json: ") && json.to_string().contains("line 1"));
    let xml = compile([("bad.xml", "<Patient><id value=\"1\"></Patient>")], || None).unwrap_err();
    assert!(xml.to_string().starts_with("bad.xml: "), "{xml}");
    let dtd = compile([("dtd.xml", "<!DOCTYPE x []><Patient/>")], || None).unwrap_err();
    assert!(dtd.to_string().contains("a DTD"), "{dtd}");
}

#[test]
fn a_fixed_value_from_xml_needs_the_element_tables() {
    let xml = r#"<StructureDefinition xmlns="http://hl7.org/fhir"><url value="urn:p"/>
        <kind value="resource"/><type value="Observation"/><snapshot>
        <element><path value="Observation"/></element>
        <element><path value="Observation.code"/><fixedCodeableConcept><coding>
            <code value="1"/></coding></fixedCodeableConcept></element>
        </snapshot></StructureDefinition>"#;
    let error = compile([("p.xml", xml)], || None).unwrap_err();
    assert!(matches!(error, CompileError::Value { .. }), "{error}");
}

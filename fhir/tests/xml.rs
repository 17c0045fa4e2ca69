//! What XML says in JSON, what JSON says in XML, and what is refused.

use fhir::definitions::r4;
use fhir::json::Json;
use fhir::xml::{XmlError, from_json, from_json_pretty, to_json};

/// Both say the same: each is what the other becomes.
#[track_caller]
fn check(xml: &str, json: &str) {
    let root = xml.find([' ', '/', '>']).expect("a root element");
    let (start, rest) = xml.split_at(root);
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>{start} xmlns=\"http://hl7.org/fhir\"{rest}"
    );
    let read = to_json(document.as_bytes(), r4().schema()).expect("FHIR XML");
    assert_eq!(read.text(), json);
    assert_eq!(written(json).expect("FHIR JSON"), document);
}

fn written(json: &str) -> Result<String, XmlError> {
    from_json(Json::parse(json).expect("JSON").root(), r4().schema())
}

/// This XML is refused with such a message at this line, column and path.
#[track_caller]
fn refused(xml: impl AsRef<[u8]>, message: &str, place: (usize, usize), path: &str) {
    let error = to_json(xml.as_ref(), r4().schema()).expect_err("must be refused");
    assert!(error.message.contains(message), "{error}");
    assert_eq!(((error.line, error.column), error.path.as_str()), (place, path), "{error}");
}

/// A Patient with this content; its first character is at column 38.
fn patient(content: &str) -> String {
    format!("<Patient xmlns=\"http://hl7.org/fhir\">{content}</Patient>")
}

#[test]
fn a_primitive_has_its_value_in_an_attribute() {
    check(
        r#"<Patient><id value="1"/><active value="true"/><birthDate value="2012-01"/></Patient>"#,
        r#"{"resourceType":"Patient","id":"1","active":true,"birthDate":"2012-01"}"#,
    );
    check(
        r#"<Observation><valueQuantity><value value="1.00"/></valueQuantity></Observation>"#,
        r#"{"resourceType":"Observation","valueQuantity":{"value":1.00}}"#,
    );
    check(
        r#"<Patient><multipleBirthInteger value="-2"/></Patient>"#,
        r#"{"resourceType":"Patient","multipleBirthInteger":-2}"#,
    );
}

#[test]
fn a_text_that_is_no_boolean_integer_or_decimal_stays_a_string_for_validation() {
    check(
        r#"<Patient><active value="True"/><multipleBirthInteger value="01"/></Patient>"#,
        r#"{"resourceType":"Patient","active":"True","multipleBirthInteger":"01"}"#,
    );
    for decimal in ["1.", ".5", "00", "1e", "0x1", "--1", "NaN", " 1"] {
        let element = format!("<valueQuantity><value value=\"{decimal}\"/></valueQuantity>");
        check(
            &format!("<Observation>{element}</Observation>"),
            &format!(r#"{{"resourceType":"Observation","valueQuantity":{{"value":"{decimal}"}}}}"#),
        );
    }
}

#[test]
fn ids_and_extensions_of_primitives_stand_in_a_property_of_their_own() {
    check(
        concat!(
            r#"<Patient><name id="n"><given value="A"/><given id="g"/>"#,
            r#"<given value="C"><extension url="http://e"><valueCode value="x"/></extension>"#,
            r#"</given></name></Patient>"#
        ),
        concat!(
            r#"{"resourceType":"Patient","name":[{"id":"n","given":["A",null,"C"],"#,
            r#""_given":[null,{"id":"g"},{"extension":[{"url":"http://e","valueCode":"x"}]}]}]}"#
        ),
    );
    check(
        r#"<Patient><birthDate id="b" value="2012"/></Patient>"#,
        r#"{"resourceType":"Patient","birthDate":"2012","_birthDate":{"id":"b"}}"#,
    );
}

#[test]
fn a_resource_inside_a_resource_has_its_type_as_an_element() {
    check(
        concat!(
            r#"<Bundle><entry><resource><Patient><contained><Group><id value="g"/></Group>"#,
            r#"</contained></Patient></resource><response><outcome><OperationOutcome/>"#,
            r#"</outcome></response></entry></Bundle>"#
        ),
        concat!(
            r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","#,
            r#""contained":[{"resourceType":"Group","id":"g"}]},"#,
            r#""response":{"outcome":{"resourceType":"OperationOutcome"}}}]}"#
        ),
    );
}

#[test]
fn a_narrative_is_xhtml_with_its_namespace_on_the_div() {
    check(
        concat!(
            r#"<Patient><text><status value="generated"/>"#,
            r#"<div xmlns="http://www.w3.org/1999/xhtml" title='"'>a &amp; "#,
            r#"<b xml:lang="en">&#160;"#,
            r#"</b><br/><!-- c --></div></text></Patient>"#
        ),
        concat!(
            r#"{"resourceType":"Patient","text":{"status":"generated","#,
            r#""div":"<div xmlns=\"http://www.w3.org/1999/xhtml\" title='\"'>a &amp; "#,
            r#"<b xml:lang=\"en\">&#160;</b><br/><!-- c --></div>"}}"#
        ),
    );
}

#[test]
fn prefixes_comments_cdata_and_line_ends_leave_no_trace() {
    let xml = concat!(
        "\u{feff}<?xml version='1.0' encoding='utf-8'?>\r\n<!-- a --><f:Patient ",
        "xmlns:f='http://hl7.org/fhir' xmlns:h='http://www.w3.org/1999/xhtml' ",
        "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' ",
        "xsi:schemaLocation='http://hl7.org/fhir ../patient.xsd'><f:text><!-- b -->",
        "<h:div><![CDATA[<&\r\n]]]>]></h:div></f:text></f:Patient >\n<!-- c -->"
    );
    let json = to_json(xml.as_bytes(), r4().schema()).expect("FHIR XML");
    assert_eq!(
        json.root().at(&["text", "div"]).and_then(|div| div.as_str()).as_deref(),
        Some("<div xmlns=\"http://www.w3.org/1999/xhtml\">&lt;&amp;\n&#93;]></div>")
    );
}

#[test]
fn white_space_in_a_value_is_kept_by_references() {
    check(
        r#"<Patient><name><text value=" a&#9;&#10;&#13;&quot;&lt;&gt;&amp;' "/></name></Patient>"#,
        r#"{"resourceType":"Patient","name":[{"text":" a\t\n\r\"<>&' "}]}"#,
    );
    let xml = patient("<name><text value='a\r\n\tb&#x20;&apos;'/></name>");
    let json = to_json(xml.as_bytes(), r4().schema()).expect("FHIR XML");
    assert!(json.text().contains(r#""text":"a  b '""#), "{}", json.text());
}

#[test]
fn elements_are_written_in_the_order_of_the_definition() {
    let xml = written(concat!(
        r#"{"birthDate":"2012","name":[{"family":"A","use":"usual"}],"resourceType":"Patient","#,
        r#""id":"1","extension":[{"valueCode":"x","url":"http://e","id":"i"}]}"#
    ));
    let content = concat!(
        r#"<id value="1"/><extension id="i" url="http://e"><valueCode value="x"/></extension>"#,
        r#"<name><use value="usual"/><family value="A"/></name><birthDate value="2012"/>"#
    );
    assert_eq!(xml.unwrap().split_once("?>").unwrap().1, patient(content));
}

#[test]
fn pretty_output_has_an_element_on_each_line() {
    let json = r#"{"resourceType":"Patient","name":[{"family":"A"}],"active":true}"#;
    let pretty = from_json_pretty(Json::parse(json).unwrap().root(), r4().schema()).unwrap();
    let lines = [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
        "<Patient xmlns=\"http://hl7.org/fhir\">",
        "  <active value=\"true\"/>",
        "  <name>",
        "    <family value=\"A\"/>",
        "  </name>",
        "</Patient>",
    ];
    assert_eq!(pretty, lines.join("\n"));
    let back = to_json(pretty.as_bytes(), r4().schema()).unwrap();
    assert!(back.text().contains(r#""name":[{"family":"A"}]"#));
}

#[test]
fn a_document_type_an_entity_and_a_processing_instruction_are_refused() {
    let bomb = "<!DOCTYPE a [<!ENTITY e \"x\">]>\n<Patient xmlns=\"http://hl7.org/fhir\"/>";
    refused(bomb, "document type declaration", (1, 1), "");
    let entity = patient("<name><text value=\"&e;\"/></name>");
    refused(entity, "the entity &e;", (1, 50), "Patient.name[0].text");
    refused(patient("<?x y?>"), "processing instruction", (1, 38), "Patient");
    refused(patient("<!-- - -- -->"), "not well-formed", (1, 43), "Patient");
    refused(patient("<birthDate value=\"&#1;\"/>"), "no character", (1, 49), "Patient.birthDate");
    refused(patient("<birthDate value=\"&#+9;\"/>"), "no character", (1, 49), "Patient.birthDate");
}

#[test]
fn what_the_element_tables_do_not_know_is_refused_with_its_path() {
    refused(patient("<sex value=\"m\"/>"), "<sex> is no element", (1, 38), "Patient.sex");
    let contact = patient("<contact><gender value=\"x\"/></contact>\n<contact><x/></contact>");
    refused(contact, "<x> is no element of Patient.contact", (2, 10), "Patient.contact[1].x");
    refused(
        patient("<active valeu=\"true\"/>"),
        "valeu is no attribute",
        (1, 46),
        "Patient.active",
    );
    refused(
        patient("<extension><url value=\"x\"/></extension>"),
        "<url> is no",
        (1, 49),
        "Patient.extension[0].url",
    );
    refused("<Human xmlns=\"http://hl7.org/fhir\"/>", "no resource type", (1, 1), "Human");
    refused("<HumanName xmlns=\"http://hl7.org/fhir\"/>", "no resource type", (1, 1), "HumanName");
    refused("<Patient xmlns=\"http://hl7.org/fhir\" id=\"1\"/>", "id is no", (1, 38), "Patient");
}

#[test]
fn a_wrong_namespace_is_refused() {
    refused("<Patient/>", "namespace http://hl7.org/fhir", (1, 1), "Patient");
    refused("<Patient xmlns=\"urn:x\"/>", "namespace http://hl7.org/fhir", (1, 1), "Patient");
    let div = patient("<text><div>a</div></text>");
    refused(div, "xhtml", (1, 44), "Patient.text.div");
    refused(patient("<a:name/>"), "\"a\" is declared nowhere", (1, 38), "Patient");
    let name = patient("<name xmlns=\"http://www.w3.org/1999/xhtml\"/>");
    refused(name, "namespace http://hl7.org/fhir", (1, 38), "Patient.name[0]");
}

#[test]
fn a_document_is_one_resource() {
    let two = patient("") + "<Patient xmlns=\"http://hl7.org/fhir\"/>";
    refused(two, "after the end", (1, 48), "Patient");
    refused("", "a resource should stand", (1, 1), "");
    refused("x", "text", (1, 1), "");
    refused(patient("") + "x", "text", (1, 48), "Patient");
    refused(
        "<Patient xmlns=\"http://hl7.org/fhir\"><name>",
        "ends inside <name>",
        (1, 44),
        "Patient.name[0]",
    );
    refused(patient("<name></nam>"), "not well-formed", (1, 44), "Patient.name[0]");
    let two = patient("<contained><Group/><Group/></contained>");
    refused(two, "second resource", (1, 57), "Patient.contained[0]");
    refused(patient("<contained/>"), "without a resource", (1, 38), "Patient.contained[0]");
}

#[test]
fn text_stands_in_attributes_and_narratives_only() {
    refused(patient("<active>true</active>"), "attribute \"value\"", (1, 46), "Patient.active");
    refused(patient("x"), "attribute \"value\"", (1, 38), "Patient");
    refused(patient("<![CDATA[x]]>"), "text between elements", (1, 38), "Patient");
    refused(patient("<active/>"), "<active> is empty", (1, 38), "Patient.active");
    refused(patient("<name></name>"), "<name> is empty", (1, 38), "Patient.name[0]");
}

#[test]
fn elements_come_in_their_order_and_no_more_often_than_they_may() {
    let late = patient("<birthDate value=\"2012\"/><active value=\"true\"/>");
    refused(late, "<active> after <birthDate>", (1, 63), "Patient.active");
    let twice = patient("<active value=\"true\"/><active value=\"true\"/>");
    refused(twice, "a second time", (1, 60), "Patient.active");
}

#[test]
fn utf_8_is_the_only_encoding() {
    refused(b"<Patient a=\"\xff\"/>", "UTF-8", (1, 13), "");
    let latin = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>".to_owned() + &patient("");
    refused(latin, "FHIR is UTF-8", (1, 1), "");
    refused("<?xml version=\"1.1\"?>".to_owned() + &patient(""), "XML 1.0", (1, 1), "");
    refused(" <?xml version=\"1.0\"?>".to_owned() + &patient(""), "start", (1, 2), "");
    refused(patient("<!--\u{1}-->"), "U+0001", (1, 42), "");
}

#[test]
fn depth_and_size_have_limits() {
    let nested = |levels: usize| {
        let open = "<extension url=\"u\">".repeat(levels);
        let value = "<extension url=\"u\"><valueCode value=\"x\"/></extension>";
        patient(&format!("{open}{value}{}", "</extension>".repeat(levels)))
    };
    assert!(to_json(nested(29).as_bytes(), r4().schema()).is_ok());
    let deep = to_json(nested(40).as_bytes(), r4().schema()).expect_err("too deep for JSON");
    assert!(deep.message.contains("nesting deeper than 64"), "{deep}");
    let deep = to_json(nested(10_000).as_bytes(), r4().schema()).expect_err("too deep");
    assert!(deep.message.contains("nesting deeper than 64"), "{deep}");
    let tags = |levels: usize| format!("{}{}", "<b>".repeat(levels), "</b>".repeat(levels));
    let div = |inner: String| {
        let div = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{inner}</div>");
        to_json(patient(&format!("<text>{div}</text>")).as_bytes(), r4().schema())
    };
    assert!(div(tags(63)).is_ok());
    assert!(div(tags(64)).expect_err("too deep").message.contains("deeper than 64"));
    let wide = div("<b/>".repeat(1_000_000)).expect_err("too many");
    assert!(wide.message.contains("more than 1000000 elements"), "{wide}");
    let attributes: String = (0..200).map(|at| format!(" a{at}=\"\"")).collect();
    let many = div(format!("<b{attributes}/>")).expect_err("too many");
    assert!(many.message.contains("more than 128 attributes"), "{many}");
    let long = to_json(patient(&format!("<{}/>", "x".repeat(9_999))).as_bytes(), r4().schema());
    assert_eq!(long.expect_err("unknown").message.chars().count(), 400);
}

#[test]
fn json_that_xml_cannot_say_is_refused_with_its_path() {
    #[track_caller]
    fn refused(json: &str, message: &str, column: usize, path: &str) {
        let error = written(json).expect_err("must be refused");
        assert!(error.message.contains(message), "{error}");
        assert_eq!((error.line, error.column, error.path.as_str()), (1, column, path), "{error}");
    }
    let patient = |rest: &str| format!(r#"{{"resourceType":"Patient",{rest}}}"#);
    refused(&patient(r#""sex":"m""#), "\"sex\" is no property", 33, "Patient");
    refused(&patient(r#""name":{}"#), "should be an array", 34, "Patient");
    refused(&patient(r#""name":[]"#), "should be an array", 34, "Patient");
    refused(&patient(r#""name":[{}]"#), "an empty object", 35, "Patient.name[0]");
    refused(&patient(r#""name":["x"]"#), "should be an object", 35, "Patient.name[0]");
    refused(&patient(r#""active":[true]"#), "should be a primitive", 36, "Patient.active");
    refused(&patient(r#""active":null"#), "null without", 36, "Patient.active");
    refused(
        &patient(r#""_name":[{"id":"x"}]"#),
        "beside what is no primitive",
        36,
        "Patient.name[0]",
    );
    refused(&patient(r#""id":"\u0001""#), "U+0001", 32, "Patient.id");
    refused(&patient(r#""text":{"div":"x"}"#), "should stand", 41, "Patient.text.div");
    refused(&patient(r#""text":{"div":"<div><p></div>"}"#), "no XHTML", 41, "Patient.text.div");
    refused(&patient(r#""text":{"div":"<div>&nbsp;</div>"}"#), "&nbsp;", 41, "Patient.text.div");
    refused(
        &patient(r#""contained":[{"id":"x"}]"#),
        "no \"resourceType\"",
        40,
        "Patient.contained[0]",
    );
    refused(r#"{"resourceType":"Human"}"#, "no resource type", 1, "");
    refused("[]", "no \"resourceType\"", 1, "");
}

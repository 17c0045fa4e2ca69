//! What the built-in definitions say, and that compiling the core package says the same.

mod packages;

use fhir::definitions::compile::{Compiled, compile};
use fhir::definitions::{
    Definitions, Element, PackError, Schema, SearchType, Strength, Structure, TypeKind, encode, r4,
};

/// The JSON properties by which this child of a type is written, with their types.
#[track_caller]
fn check(type_name: &str, properties: &[(&str, &str)]) {
    let schema = r4().schema();
    let (_, table) = schema.by_name(type_name).expect("a type of R4");
    for (json_name, expected) in properties {
        let (_, kind) = table.property(json_name).unwrap_or_else(|| panic!("no {json_name}"));
        assert_eq!(schema.get(kind.type_id).name, *expected, "{type_name}.{json_name}");
    }
}

#[test]
fn a_choice_is_written_with_the_name_of_its_type() {
    check(
        "Observation",
        &[
            ("valueQuantity", "Quantity"),
            ("valueCodeableConcept", "CodeableConcept"),
            ("valueString", "string"),
            ("valueBoolean", "boolean"),
            ("valueInteger", "integer"),
            ("valueRange", "Range"),
            ("valueRatio", "Ratio"),
            ("valueSampledData", "SampledData"),
            ("valueTime", "time"),
            ("valueDateTime", "dateTime"),
            ("valuePeriod", "Period"),
        ],
    );
    let (_, table) = r4().schema().by_name("Observation").unwrap();
    assert!(table.property("value").is_none());
    assert!(table.property("valueMoney").is_none());
    let (value, _) = table.property("valueQuantity").unwrap();
    assert_eq!((value.name.as_str(), value.types.len(), value.is_choice), ("value", 11, true));
    assert_eq!(r4().schema().by_name("Extension").unwrap().1.properties[3].types.len(), 50);
}

#[test]
fn an_element_with_children_is_a_type_under_its_path() {
    check("Patient", &[("contact", "Patient.contact"), ("name", "HumanName")]);
    check("Timing", &[("repeat", "Timing.repeat")]);
    check("Dosage", &[("doseAndRate", "Dosage.doseAndRate")]);
    check("ElementDefinition", &[("slicing", "ElementDefinition.slicing")]);
    let schema = r4().schema();
    let base = |name| schema.get(schema.by_name(name).unwrap().1.base.unwrap()).name.as_str();
    assert_eq!(base("Patient.contact"), "BackboneElement");
    assert_eq!(base("Timing.repeat"), "Element");
    assert_eq!(base("Patient"), "DomainResource");
    assert_eq!(base("Age"), "Quantity");
    assert_eq!(base("code"), "string");
}

#[test]
fn a_content_reference_shares_the_type_of_what_it_refers_to() {
    check("Observation", &[("referenceRange", "Observation.referenceRange")]);
    check("Observation.component", &[("referenceRange", "Observation.referenceRange")]);
    check("Questionnaire.item", &[("item", "Questionnaire.item")]);
    check("Bundle.entry", &[("link", "Bundle.link")]);
}

#[test]
fn a_place_of_any_resource_has_the_type_resource() {
    check("Bundle.entry", &[("resource", "Resource")]);
    check("Patient", &[("contained", "Resource")]);
    check("Parameters.parameter", &[("resource", "Resource")]);
}

#[test]
fn ids_are_attributes_in_elements_and_elements_in_resources() {
    check("Patient", &[("id", "id")]);
    check("HumanName", &[("id", "string")]);
    check("Extension", &[("url", "uri")]);
    check("Narrative", &[("div", "xhtml")]);
    let schema = r4().schema();
    let is_attribute =
        |of, name| schema.by_name(of).unwrap().1.property(name).unwrap().0.is_xml_attribute;
    assert!(is_attribute("HumanName", "id") && is_attribute("Extension", "url"));
    assert!(is_attribute("Patient.contact", "id") && !is_attribute("Patient", "id"));
    assert_eq!(schema.by_name("xhtml").unwrap().1.kind, TypeKind::Primitive);
}

#[test]
fn cardinality_binding_and_reference_targets_stand_with_the_element() {
    let (_, patient) = r4().schema().by_name("Patient").unwrap();
    let (name, _) = patient.property("name").unwrap();
    assert!(name.is_array && name.max.is_none() && name.is_summary);
    let (gender, _) = patient.property("gender").unwrap();
    let binding = gender.binding.as_ref().unwrap();
    assert_eq!(binding.strength, Strength::Required);
    assert!(binding.value_set.starts_with("http://hl7.org/fhir/ValueSet/administrative-gender"));
    let (_, practitioner) = patient.property("generalPractitioner").unwrap();
    assert_eq!(practitioner.targets, ["Organization", "Practitioner", "PractitionerRole"]);
    let (_, focus) = r4().schema().by_name("Observation").unwrap().1.property("focus").unwrap();
    assert!(focus.targets.is_empty());
    assert!(patient.property("active").unwrap().0.constraints.is_empty(), "ele-1 is the type's");
    let (_, contact) = r4().schema().by_name("Patient.contact").unwrap();
    assert!(contact.constraints.iter().any(|one| one.key == "pat-1"));
}

#[test]
fn there_are_146_resource_types() {
    let names = r4().schema().resource_names();
    assert_eq!(names.len(), 146);
    assert!(!names.contains(&"Resource") && !names.contains(&"DomainResource"));
}

#[test]
fn a_search_parameter_may_be_the_type_s_its_ancestors_or_shared_by_types() {
    let code = |of, code| r4().search_parameter(of, code).map(|one| one.url.as_str());
    let shared = Some("http://hl7.org/fhir/SearchParameter/clinical-code");
    assert_eq!(code("Condition", "code"), shared);
    assert_eq!(code("Observation", "code"), shared);
    assert_eq!(code("Patient", "code"), None);
    assert_eq!(code("Patient", "_id"), Some("http://hl7.org/fhir/SearchParameter/Resource-id"));
    assert_eq!(
        code("Patient", "_text"),
        Some("http://hl7.org/fhir/SearchParameter/DomainResource-text")
    );
    assert_eq!(code("Bundle", "_text"), None, "a Bundle is no DomainResource");
    let all = r4().search_parameters_of("Observation");
    assert!(all.is_sorted_by_key(|one| &one.code));
    let near = r4().search_parameter("Location", "near").unwrap();
    assert_eq!(near.kind, SearchType::Special);
    let pair = r4().search_parameter("Observation", "code-value-quantity").unwrap();
    assert_eq!(pair.components[0].0, "http://hl7.org/fhir/SearchParameter/clinical-code");
    assert!(r4().search_parameter_by_url(&pair.components[1].0).is_some());
}

#[test]
fn an_observation_is_in_a_patient_s_compartment_by_subject_or_performer() {
    let compartment = r4().compartment("Patient").unwrap();
    let of = |name: &str| &compartment.resources.iter().find(|one| one.0 == name).unwrap().1;
    assert_eq!(*of("Observation"), ["subject", "performer"]);
    assert!(of("Medication").is_empty());
    assert_eq!(r4().compartments().len(), 5);
}

#[test]
fn operations_value_sets_and_code_systems_are_found() {
    let expand = r4().operations().iter().find(|one| one.code == "expand").unwrap();
    assert!(expand.type_level && expand.instance && !expand.system && !expand.affects_state);
    let genders = r4().value_set("http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1");
    assert_eq!(
        genders.unwrap().includes[0].system.as_deref(),
        Some("http://hl7.org/fhir/administrative-gender")
    );
    let system = r4().code_system("http://hl7.org/fhir/administrative-gender").unwrap();
    let codes: Vec<&str> = system.concepts.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["male", "female", "other", "unknown"]);
    let table = r4().code_system("http://terminology.hl7.org/CodeSystem/v2-0006|2.1").unwrap();
    assert!(table.url.ends_with("|2.1"), "a few systems have a version in their own URL");
    let roles = r4().code_system("http://terminology.hl7.org/CodeSystem/v3-RoleCode").unwrap();
    let at = |code: &str| roles.concepts.iter().position(|one| one.code == code).unwrap();
    let child = &roles.concepts[at("WIFE")];
    assert_eq!(child.parents, [u32::try_from(at("SPS")).unwrap()]);
}

#[test]
fn every_part_of_the_built_in_pack_opens() {
    assert!(r4().structures().all(|one| !one.elements.is_empty()));
    assert_eq!(r4().structure("Patient").unwrap().type_name, "Patient");
    let weight = "http://hl7.org/fhir/StructureDefinition/bodyweight|4.0.1";
    assert_eq!(r4().structure(weight).unwrap().type_name, "Observation");
    let sets = r4().value_set_urls().filter(|url| r4().value_set(url).is_some()).count();
    let systems = r4().code_system_urls().filter(|url| r4().code_system(url).is_some()).count();
    assert!(sets > 1_300 && systems > 1_000, "{sets} value sets, {systems} code systems");
    assert!(r4().concept_maps().is_empty(), "the built-in pack has none so far");
}

fn compiled(package: &str) -> Compiled {
    compile(packages::files(package), || Some(r4().schema())).expect("a package of HL7 compiles")
}

#[test]
fn us_core_compiles_and_is_read_back() {
    let us_core = compiled("hl7.fhir.us.core-6.1.0.tgz");
    assert_eq!(
        (us_core.source.name.as_str(), us_core.facts.structures.len()),
        ("hl7.fhir.us.core", 59)
    );
    assert_eq!(us_core.facts.search_parameters.len(), 106);
    let definitions = Definitions::from_facts(&us_core.facts, &us_core.source);
    let pressure = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-blood-pressure";
    let code = element(definitions.structure(pressure).unwrap(), "Observation.code");
    assert_eq!(
        code.pattern.as_ref().unwrap().json,
        r#"{"coding":[{"system":"http://loinc.org","code":"85354-9"}]}"#
    );
    let race = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race";
    let text = element(definitions.structure(race).unwrap(), "Extension.extension:text.url");
    assert_eq!(text.fixed.as_ref().unwrap().json, "\"text\"");
    let parameter = definitions.search_parameter("Patient", "race").unwrap();
    assert_eq!(parameter.kind, SearchType::Token);
}

#[track_caller]
fn element<'a>(structure: &'a Structure, id: &str) -> &'a Element {
    structure.elements.iter().find(|one| one.id == id).expect("an element of the profile")
}

#[test]
fn ips_compiles() {
    let ips = compiled("hl7.fhir.uv.ips-1.1.0.tgz");
    assert_eq!((ips.facts.structures.len(), ips.facts.value_sets.len()), (36, 60));
    assert_eq!((ips.facts.concept_maps.len(), ips.facts.operations.len()), (4, 1));
    assert!(Schema::from_structures(&ips.facts.structures).unwrap().resource_names().is_empty());
}

#[test]
fn a_pack_that_is_damaged_says_how() {
    let facts = compiled("hl7.fhir.uv.ips-1.1.0.tgz");
    let pack = encode(&facts.facts, &facts.source);
    assert_eq!(pack, encode(&facts.facts, &facts.source), "the same facts give the same bytes");
    let error = |pack: Vec<u8>| Definitions::from_pack(pack).unwrap_err();
    assert_eq!(error(Vec::new()), PackError::Magic);
    assert_eq!(error(b"PK\x03\x04 something else".to_vec()), PackError::Magic);
    let changed = |at: usize| {
        let mut pack = pack.clone();
        pack[at] ^= 1;
        pack
    };
    assert!(matches!(error(changed(8)), PackError::Format { .. }));
    assert_eq!(error(changed(pack.len() - 9)), PackError::Checksum);
    for length in [5, 23, 40, pack.len() - 1] {
        let cut = error(pack[..length].to_vec());
        assert!(matches!(cut, PackError::Truncated { .. }), "{length}: {cut}");
    }
    assert!(Definitions::from_pack(pack).is_ok());
}

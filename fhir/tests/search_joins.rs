//! Conditions on other resources: chains, `_has` and `_list`, and how far they may go.

mod queries;

use queries::{check, read, show};

#[test]
fn a_chain_is_a_condition_on_what_is_referred_to() {
    check("Observation?subject:Patient.name=peter", "subject->Patient{name ^peter}");
    check("DiagnosticReport?subject:Patient.name=peter", "subject->Patient{name ^peter}");
    check(
        "Observation?subject:Patient.name=a&subject:Patient.name=b",
        "(subject->Patient{name ^a} & subject->Patient{name ^b})",
    );
    check("Observation?patient.name=a,b", "patient->Patient{(name ^a | name ^b)}");
    check(
        "Patient?general-practitioner:Practitioner.family=a",
        "general-practitioner->Practitioner{family ^a}",
    );
}

#[test]
fn without_a_type_a_chain_is_about_each_type_that_has_the_parameter() {
    check("Patient?organization.name=a", "organization->Organization{name ^a}");
    check(
        "Observation?performer.name=a",
        "(performer->Practitioner{name ^a} | performer->Organization{name ^a} | performer->Patient{name ^a} | performer->RelatedPerson{name ^a})",
    );
    check("Observation?subject.birthdate=2000", "subject->Patient{birthdate eq 2000-01-01T…");
    check("Provenance?target.birthdate=2000", "(target->Patient{…target->Person{…RelatedPerson{…");
    check(
        "RequestGroup?instantiates-canonical:PlanDefinition.name=a",
        "instantiates-canonical->PlanDefinition{name ^a}",
    );
    check(
        "Observation?subject.nam=a",
        "400 Parameter 'subject.nam': nothing that 'subject' of Observation may refer to has a \
         search parameter 'nam': that is Group, Device, Patient or Location.",
    );
    check(
        "Provenance?target.qqq=a",
        "400 nothing that 'target' of Provenance may refer to has a search parameter 'qqq': that \
         is of all types.",
    );
    check("Patient?organization.nam=a", "400 Organization has no search parameter 'nam'. Did you");
}

#[test]
fn a_chain_goes_over_several_types() {
    check(
        "Observation?subject:Patient.organization.name=a",
        "subject->Patient{organization->Organization{name ^a}}",
    );
    check(
        "Observation?encounter.service-provider.partof:Organization.identifier=|1",
        "encounter->Encounter{service-provider->Organization{partof->Organization{identifier |1}}}",
    );
    check(
        "Observation?subject.organization.name=a",
        "(subject->Device{organization->Organization{name ^a}} | \
         subject->Patient{organization->Organization{name ^a}} | \
         subject->Location{organization->Organization{name ^a}})",
    );
    check("Observation?subject.organization.nam=a", "400 Organization has no search parameter");
}

#[test]
fn a_type_that_the_rest_does_not_go_with_drops_out() {
    // `value` is a token on a Group and a string on a NamingSystem.
    check("Provenance?target.value=a", "(…->Group{value *|a}…)");
    check("Provenance?target.value:exact=a", "target->NamingSystem{value =a}");
    check("Observation?performer.name:below=a", "400 ':below' does not go with it");
}

#[test]
fn every_modifier_and_prefix_may_stand_at_the_end() {
    check("Observation?subject:Patient.name:exact=A", "subject->Patient{name =a}");
    check("Observation?patient.name:contains=A", "patient->Patient{name ~a}");
    check("Observation?patient.gender:not=male", "patient->Patient{!gender *|male}");
    check("Observation?patient.gender:missing=true", "patient->Patient{!gender?}");
    check("Observation?patient.birthdate=ge2000", "patient->Patient{birthdate ge 2000-01-01T…");
    check("Observation?patient._id=a,b", "patient->Patient{id=a,b}");
    check("Observation?patient._id:not=a", "patient->Patient{!id=a}");
    check("Observation?patient._lastUpdated=gt2000", "patient->Patient{_lastUpdated gt 2000…");
    check("Observation?patient._tag=|x", "patient->Patient{_tag |x}");
    check("Observation?patient._profile=http://a", "patient->Patient{_profile =http://a}");
    check("Observation?patient._list=1", "patient->Patient{List.item<-{id=1}}");
    check(
        "Observation?patient.organization:Organization=1",
        "patient->Patient{organization [Organization]/1}",
    );
    check(
        "Observation?patient.link:identifier=http://acme.org/mrn|1",
        "patient->Patient{link identifier http://acme.org/mrn|1}",
    );
    check(
        "Encounter?diagnosis:Condition.onset-age=gt5||a",
        "diagnosis->Condition{onset-age gt 4.5<5<5.5 'a'}",
    );
    check(
        "DiagnosticReport?result.code-value-quantity=http://loinc.org|1$gt5.4||mmol",
        "result->Observation{code-value-quantity http://loinc.org|1 $ gt…",
    );
}

#[test]
fn a_wrong_chain_is_refused_and_says_what_is_right() {
    check(
        "Patient?name.family=a",
        "400 Parameter 'name.family': 'name' of Patient is no reference, so nothing can be chained",
    );
    check("Observation?sbject.name=a", "400 no search parameter 'sbject'. Did you mean subject?");
    check(
        "Observation?subject:Pateint.name=a",
        "400 'subject:Pateint.name': 'Pateint' is no resource type. Did you mean Patient?",
    );
    check(
        "Observation?subject:Practitioner.name=a",
        "400 'subject' of Observation never refers to a Practitioner: it may be Group, Device, Patient or Location",
    );
    check(
        "Bundle?composition.type=a",
        "400 resources within a Bundle are not searched on their own",
    );
    check("Observation?subject:missing.name=true", "400 'missing' is no resource type");
    check("Observation?subject.=a", "400 has a search parameter ''");
    check("Observation?.name=a", "400 no search parameter ''");
    check("Observation?subject:Patient.name:foo=a", "400 'subject:Patient.name:foo'… ':foo' does");
    check("Observation?subject:Patient.birthdate=x", "400 'subject:Patient.birthdate': 'x' is no");
    check("Observation?subject:Patient.name=a,,b", "400 'a,,b' has an empty part");
    check(
        "Observation?subject:Patient._text=a",
        "400 'subject:Patient._text' is not supported yet",
    );
    check("Observation?subject:Patient._query=a", "400 no named queries");
    check(r"Observation?patient.name=xx\xx", "400 has a '\\' that escapes nothing");
    check(r"Observation?patient.name=a\,b,c", "patient->Patient{(name ^a b | name ^c)}");
}

#[test]
fn has_is_a_condition_on_what_refers_here() {
    check("Patient?_has:Observation:patient:code=1-2", "Observation.patient<-{code *|1-2}");
    check(
        "Patient?_has:Observation:patient:code=1&_has:Observation:patient:code=2",
        "(Observation.patient<-{code *|1} & Observation.patient<-{code *|2})",
    );
    check(
        "Patient?_has:Observation:patient:code=a,b",
        "Observation.patient<-{(code *|a | code *|b)}",
    );
    check("Patient?_has:Group:member:_id=1", "Group.member<-{id=1}");
    check(
        "Patient?_has:Observation:patient:value-quantity=gt5",
        "Observation.patient<-{value-quantity gt 4.5<5<5.5 any}",
    );
    check("Patient?_has:Observation:subject:code:not=1", "Observation.subject<-{!code *|1}");
    check("Patient?_has:Observation:subject:date:missing=true", "Observation.subject<-{!date?}");
    check("Patient?_has:RelatedPerson:patient:name:exact=A", "RelatedPerson.patient<-{name =a}");
    check(
        "Encounter?_has:Provenance:target:agent=Practitioner/1",
        "Provenance.target<-{agent [Practitioner]/1}",
    );
}

#[test]
fn has_and_chains_go_together_in_every_order() {
    check(
        "Patient?_has:Observation:patient:_has:AuditEvent:entity:agent=Practitioner/1",
        "Observation.patient<-{AuditEvent.entity<-{agent [Practitioner]/1}}",
    );
    check(
        "Encounter?patient._has:Group:member:_id=102",
        "patient->Patient{Group.member<-{id=102}}",
    );
    check(
        "Patient?_has:Observation:patient:encounter.class=AMB",
        "Observation.patient<-{encounter->Encounter{class *|amb}}",
    );
    check(
        "Organization?_has:Patient:organization:_has:Encounter:patient:location.name=a",
        "Patient.organization<-{Encounter.patient<-{location->Location{name ^a}}}",
    );
    check(
        "Observation?encounter:Encounter.patient._has:Condition:patient:encounter:Encounter.status=x",
        "encounter->Encounter{patient->Patient{Condition.patient<-{encounter->Encounter{status *|x}}}}",
    );
    check(
        "Observation?subject._has:Group:member:_id=1",
        "(subject->Group{Group.member<-{id=1}} | subject->Device{Group.member<-{id=1}} | \
         subject->Patient{Group.member<-{id=1}})",
    );
}

#[test]
fn a_wrong_has_is_refused_and_says_what_is_right() {
    const FORM: &str = "write _has:Type:reference:parameter";
    for name in ["_has", "_has:", "_has:Observation", "_has:Observation:patient", "_has:::code"] {
        check(&format!("Patient?{name}=1"), &format!("400 {FORM}"));
    }
    check("Patient?_has:Observation:patient:=1", &format!("400 {FORM}"));
    check(
        "Patient?_has:Observatoin:patient:code=1",
        "400 'Observatoin' is no resource type. Did you mean Observation?",
    );
    check(
        "Patient?_has:Observation:patent:code=1",
        "400 'patent' is no parameter by which Observation refers to Patient: did you mean patient",
    );
    check("Patient?_has:Observation:code:code=1", "400 'code' is no parameter by which");
    check(
        "Patient?_has:Observation:encounter:code=1",
        "400 'encounter' is no parameter by which Observation refers to Patient",
    );
    check(
        "Group?_has:Observation:patient:code=1",
        "400 refers to Group: it may be focus or subject",
    );
    check("Observation?_has:Slot:schedule:start=2000", "400 Slot has none that does");
    check(
        "Patient?_has:Observation:patient:cod=1",
        "400 Observation has no search parameter 'cod'",
    );
    check("Patient?_has:Observation:patient:date=x", "400 'x' is no date");
}

#[test]
fn a_list_is_named_by_its_id() {
    check("Patient?_list=42", "List.item<-{id=42}");
    check("Patient?_list=42,List/43", "List.item<-{id=42,43}");
    check("Patient?_list=$current-allergies", "400 '$current-allergies' is a functional list");
    check("Patient?_list=a_b", "400 'a_b' is no id");
    check("Patient?_list:not=1", "400 the modifier ':not' does not go with it");
}

#[test]
fn a_search_ends_within_its_limits() {
    let chain = |hops: usize| format!("Organization?{}name=a", "partof.".repeat(hops));
    assert!(read(&chain(8), false).is_ok());
    check(&chain(9), "400 it goes over more than 8 references");
    let has =
        |hops: usize| format!("Organization?{}name=a", "_has:Organization:partof:".repeat(hops));
    assert!(read(&has(8), false).is_ok());
    check(&has(9), "400 it goes over more than 8 references");
    check(
        "Provenance?target.target.target.target.target.target.target.target._id=a",
        "400 the search comes to more than 20000 conditions",
    );
    let ids = vec!["a"; 1000].join(",");
    check(&format!("Provenance?target._id={ids}"), "400 more than 20000 conditions");
    check(&format!("Observation?patient._id={ids},a"), "400 it has 1001 values; at most 1000");
    let many = vec![format!("_id={ids}"); 21].join("&");
    check(&format!("Patient?{many}"), "400 more than 20000 conditions");
}

#[test]
fn lenient_handling_leaves_an_unknown_end_of_a_chain_out_and_nothing_else() {
    for query in ["Observation?subject.nam=a", "Patient?_has:Observation:patient:cod=1"] {
        let parsed = read(&format!("{query}&_id=1"), true).expect("lenient");
        assert_eq!(show(&parsed.query.filter), "id=1", "{query}");
        assert_eq!(parsed.ignored.len(), 1, "{query}");
    }
    for query in [
        "Observation?subject:Pateint.name=a",
        "Observation?code.name=a",
        "Observation?patient.birthdate=x",
        "Patient?_has:Observation=1",
        "Patient?_list=$current-problems",
    ] {
        assert!(read(query, true).is_err(), "{query}");
    }
    let parsed = read("Observation?patient.name=&_has:List:item:_id=", false).expect("empty");
    assert_eq!((show(&parsed.query.filter), parsed.ignored.len()), ("all".to_owned(), 2));
}

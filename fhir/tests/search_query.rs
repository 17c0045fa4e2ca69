//! What the values and modifiers of a query mean, and what is refused and why.

mod queries;

use queries::check;

#[test]
fn repetition_is_and_and_a_comma_is_or() {
    check("Patient?", "all");
    check("Patient?family=a&given=b", "(family ^a & given ^b)");
    check("Patient?family=a,b", "(family ^a | family ^b)");
    check("Patient?family=a,b&family=c", "((family ^a | family ^b) & family ^c)");
    check("Patient?family=a,,b", "400 Parameter 'family': 'a,,b' has an empty part");
    check("Patient?family=,", "400 Parameter 'family'");
}

#[test]
fn what_is_escaped_is_no_separator() {
    check(r"Patient?family=a\,b", "family ^a b");
    check("Patient?family=a%5C%2Cb", "family ^a b");
    check(r"Patient?identifier=a\|b", "identifier *|a|b");
    check(r"Patient?identifier=http://other\|x|b", "identifier http://other|x|b");
    check(r"Patient?identifier=a\$b\\c", r"identifier *|a$b\c");
    check(
        r"Patient?family=xx\xx",
        r"400 Parameter 'family': 'xx\xx' has a '\' that escapes nothing",
    );
    check(
        r"Observation?code-value-string=http://loinc.org|1-2$a\$b",
        "code-value-string http://loinc.org|1-2 $ ^a b",
    );
}

#[test]
fn strings_are_folded_and_compared_as_the_modifier_says() {
    check("Patient?name=M%C3%BCller", "name ^muller");
    check("Patient?name:exact=M%C3%BCller", "name =muller");
    check("Patient?name:contains=O'B", "name ~ob");
    check("Patient?name=--", "400 Parameter 'name': '--' is nothing but punctuation");
    check(
        "Patient?name:text=a",
        "400 'name:text'… ':text' is not supported yet; allowed on a string are :exact, :contains",
    );
    check("Patient?name:not=a", "400 the modifier ':not' does not go with it… :exact, :contains");
    check("Patient?address-city=s%C3%A3o+paulo", "address-city ^sao paulo");
}

#[test]
fn tokens_have_four_forms() {
    check("Patient?identifier=123", "identifier *|123");
    check("Patient?identifier=http://acme.org/mrn|123", "identifier http://acme.org/mrn|123");
    check("Patient?identifier=|123", "identifier |123");
    check("Patient?identifier=http://acme.org/mrn|", "identifier http://acme.org/mrn|*");
    check("Patient?identifier=|", "400 Parameter 'identifier': '|' names no code and no system");
    check("Patient?identifier=a|b|c", "400 Parameter 'identifier': 'a|b|c' has more than one '|'");
    check("Patient?active=true", "active *|true");
    check("Patient?gender=MALE", "gender *|male");
    check("Patient?gender:not=male,female", "!(gender *|male | gender *|female)");
    check(
        "Condition?code:in=http://x",
        "400 ':in' is not supported yet; allowed on a token are :not",
    );
    check("Condition?code:below=1", "400 ':below' is not supported yet");
    check(
        "Patient?identifier:of-type=a|b",
        "400 Parameter 'identifier:of-type': 'a|b' is not what :of-type goes with: write system|code|value",
    );
    check("Patient?gender:of-type=a|b|c", "400 ':of-type' goes with identifiers alone");
    check("Patient?gender:exact=male", "400 ':exact' does not go with it; allowed on a token");
    check("Patient?_tag=http://loinc.org|x", "_tag http://loinc.org|x");
    check("Patient?_security=R", "_security *|r");
}

#[test]
fn numbers_carry_their_precision() {
    check("RiskAssessment?probability=100", "probability eq 99.5<100<100.5");
    check("RiskAssessment?probability=1.00e2", "probability eq 99.5<100<100.5");
    check("RiskAssessment?probability=1e2", "probability eq 95<100<105");
    check("RiskAssessment?probability=gt8e-1", "probability gt 0.75<0.8<0.85");
    check("RiskAssessment?probability=ap100", "probability ap 90<100<110");
    check("RiskAssessment?probability=ne0", "probability ne -0.5<0<0.5");
    check("RiskAssessment?probability=-2.50", "probability eq -2.505<-2.5<-2.495");
    check(
        "RiskAssessment?probability=abc",
        "400 Parameter 'probability': 'ab' of 'abc' is no prefix: those are eq, ne",
    );
    check("RiskAssessment?probability=gt", "400 Parameter 'probability': '' is no number");
    check("RiskAssessment?probability=1,x", "400 'x' is no number");
    check(
        "RiskAssessment?probability:exact=1",
        "400 allowed on a number, date or quantity is :missing",
    );
}

#[test]
fn dates_are_the_range_of_their_precision() {
    let day = "2013-01-14T00:00:00.000Z..2013-01-14T23:59:59.999Z";
    check("Patient?birthdate=2013-01-14", &format!("birthdate eq {day}"));
    check("Patient?birthdate=ge2013-01-14", &format!("birthdate ge {day}"));
    check(
        "Patient?birthdate=lt2013",
        "birthdate lt 2013-01-01T00:00:00.000Z..2013-12-31T23:59:59.999Z",
    );
    check(
        "Patient?_lastUpdated=gt2013-01-14T10:00:00%2B02:00",
        "_lastUpdated gt 2013-01-14T08:00:00.000Z..2013-01-14T08:00:00.999Z",
    );
    check(
        "Patient?_lastUpdated=gt2013-01-14T10:00:00+02:00",
        "_lastUpdated gt 2013-01-14T08:00:00.000Z..2013-01-14T08:00:00.999Z",
    );
    check(
        "Patient?_lastUpdated=sa2013-01-14T10:00Z",
        "_lastUpdated sa 2013-01-14T10:00:00.000Z..2013-01-14T10:00:59.999Z",
    );
    check(
        "Condition?onset-date=23%20May%202009",
        "400 Parameter 'onset-date': '23 May 2009' is no date: write it as",
    );
    check("Patient?birthdate=2013-02-30", "400 '2013-02-30' is no date");
    check("Patient?birthdate=2013-01-14T10", "400 with minutes where there are hours");
    check("Patient?birthdate=foo2013", "400 'fo' of 'foo2013' is no prefix");
    check("Patient?birthdate=", "all");
}

#[test]
fn quantities_are_converted_to_canonical_units() {
    check("Observation?value-quantity=5.4", "value-quantity eq 5.35<5.4<5.45 any");
    check("Observation?value-quantity=5.4||mg", "value-quantity eq 5.35<5.4<5.45 'mg'");
    check(
        "Observation?value-quantity=5.4|http://unitsofmeasure.org|mg",
        "value-quantity eq 0.00535<0.0054<0.00545 in g",
    );
    check(
        "Observation?value-quantity=le5.40e-3|http://unitsofmeasure.org|g",
        "value-quantity le 0.005395<0.0054<0.005405 in g",
    );
    check(
        "Observation?value-quantity=7.4|http://unitsofmeasure.org|[pH]",
        "value-quantity eq 7.35<7.4<7.45 http://unitsofmeasure.org|[pH]",
    );
    check(
        "Observation?value-quantity=5.4|mg",
        "400 '5.4|mg' is no quantity: write number, number|system|code or number||unit",
    );
    check("Observation?value-quantity=mg", "400 'mg' of 'mg' is no prefix");
    check("Observation?value-quantity=gt|http://x|y", "400 '' is no number");
}

#[test]
fn references_are_local_or_absolute() {
    check("Observation?subject=1", "subject []/1");
    check("Observation?patient=1", "patient [Patient]/1");
    check("Condition?encounter=1", "encounter [Encounter]/1");
    check("Observation?subject=Patient/1", "subject [Patient]/1");
    check("Observation?subject:Patient=1", "subject [Patient]/1");
    check("Observation?subject:Patient=Patient/1", "subject [Patient]/1");
    check("Observation?subject=http://own/fhir/Patient/1", "subject [Patient]/1");
    check("Observation?subject=http://else/fhir/Patient/1", "subject <http://else/fhir/Patient/1>");
    check("Observation?subject=Patient/1/_history/2", "subject [Patient]/1/_history/2");
    check("Observation?subject=urn:uuid:0", "subject <urn:uuid:0>");
    check("Observation?subject=Patient/1,Group/2", "(subject [Patient]/1 | subject [Group]/2)");
    check(
        "Observation?subject:identifier=http://acme.org/mrn|1",
        "subject identifier http://acme.org/mrn|1",
    );
    check(
        "CarePlan?instantiates-canonical=http://a/b|1.0",
        "instantiates-canonical <http://a/b>|1.0",
    );
    check(
        "Observation?subject=Pateint/1",
        "400 'Pateint/1' starts with 'Pateint', which is no resource type; the nearest is Patient",
    );
    check(
        "Observation?subject=a b",
        "400 Parameter 'subject': 'a b' is no reference: write an id, Type/id or an absolute URL",
    );
    check(
        "Observation?subject:Patient=Group/1",
        "400 'Group/1' is a Group, and the modifier asks for a Patient",
    );
    check("Observation?subject:Practitioner=1", "400 never refers to a Practitioner: it may be");
    check(
        "Observation?subject:Pateint=1",
        "400 the modifier ':Pateint' does not go with it… :identifier, :above and :below on",
    );
    check("Procedure?location:below=42", "400 ':below' is not supported yet");
    check(
        "Observation?subject:Patient=http://else/1",
        "400 is no id, which is what a type modifier goes with",
    );
}

#[test]
fn uris_are_exact_or_by_their_path() {
    check("ValueSet?url=http://a/b", "url =http://a/b");
    check("ValueSet?url:below=http://a/", "url below http://a/");
    check("ValueSet?url:above=http://a/b/c", "url above http://a/b/c");
    check("ValueSet?url=http://a/b|1.0", "(url =http://a/b & version *|1.0)");
    check("ValueSet?url=urn:oid:1.2.3", "url =urn:oid:1.2.3");
    check("Patient?_profile=http://a/b", "_profile =http://a/b");
    check("Patient?_source=http://a/b", "_source =http://a/b");
}

#[test]
fn composites_have_all_their_parts() {
    check(
        "Observation?code-value-quantity=http://loinc.org|2823-3$gt5.4||mmol",
        "code-value-quantity http://loinc.org|2823-3 $ gt 5.35<5.4<5.45 'mmol'",
    );
    check(
        "Group?characteristic-value=gender$mixed,owner$Eve",
        "(characteristic-value *|gender $ *|mixed | characteristic-value *|owner $ *|eve)",
    );
    check(
        "Observation?code-value-quantity=1-2",
        "400 '1-2' has not the 2 parts of this composite, joined by '$': code$value-quantity",
    );
    check("Observation?code-value-quantity=1-2$", "400 has not the 2 parts");
    check("Observation?code-value-quantity=1-2$x", "400 'x' is no number");
    check(
        "Observation?code-value-quantity:missing=true",
        "400 composite parameters have no modifiers",
    );
}

#[test]
fn missing_goes_with_every_simple_parameter() {
    check("Patient?gender:missing=true", "!gender?");
    check("Patient?gender:missing=false", "gender?");
    check("Observation?value-quantity:missing=false", "value-quantity?");
    check("Observation?subject:missing=true", "!subject?");
    check(
        "Patient?gender:missing=maybe",
        "400 Parameter 'gender:missing': 'maybe' is neither true nor false",
    );
}

#[test]
fn an_id_is_exact_and_has_no_system() {
    check("Patient?_id=a", "id=a");
    check("Patient?_id=a,B", "id=a,B");
    check("Patient?_id:not=a", "!id=a");
    check("Patient?_id=a_b", "400 Parameter '_id': 'a_b' is no id");
    check("Patient?_id:missing=true", "!all");
}

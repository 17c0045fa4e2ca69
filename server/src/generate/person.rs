//! Who the patient is: name, birth, address and body.

use serde_json::{Value, json};

use super::code::hl7;
use super::date::Date;
use super::names::{FAMILY, FEMALE, MALE, STREETS, TOWNS};
use super::practitioners::{CLINIC, PEDIATRICS, organization};
use super::random::Random;
use super::record::Record;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sex {
    Female,
    Male,
}

pub(crate) struct Person {
    pub(crate) given: &'static str,
    pub(crate) family: &'static str,
    pub(crate) sex: Sex,
    pub(crate) birth: Date,
    /// Standing height of the grown person, in centimetres.
    pub(crate) height: f64,
    /// Usual weight of the grown person, in kilograms.
    pub(crate) weight: f64,
}

impl Person {
    pub(crate) fn new(random: &mut Random, sex: Sex, birth: Date) -> Self {
        let given = random.choose(if sex == Sex::Female { FEMALE } else { MALE });
        let (height, deviation) = if sex == Sex::Female { (163.0, 6.0) } else { (176.0, 7.0) };
        let height = random.normal(height, deviation).round();
        let index = random.normal(25.5, 2.5).clamp(19.0, 33.0);
        let weight = index * height * height / 10_000.0;
        Self { given, family: random.choose(FAMILY), sex, birth, height, weight }
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    pub(crate) fn female(&self) -> bool {
        self.sex == Sex::Female
    }

    /// `woman`, `man`, `girl` or `boy`, as a note begins with it.
    pub(crate) fn noun(&self, day: Date) -> &'static str {
        match (self.sex, day.age(self.birth) < 18) {
            (Sex::Female, false) => "woman",
            (Sex::Male, false) => "man",
            (Sex::Female, true) => "girl",
            (Sex::Male, true) => "boy",
        }
    }
}

impl Record {
    /// Writes the Patient; every story begins with it.
    pub(crate) fn introduce(&mut self) {
        let child = self.today.age(self.person.birth) < 18;
        let (town, postal) = self.random.choose(TOWNS);
        let street = self.random.choose(STREETS);
        let house = self.random.between(2, 240);
        let mrn = self.random.between(100_000, 999_999);
        let phone = self.random.between(0, 99);
        let language = self.random.chance(0.1);
        let contact = self.contact(child);
        let (language_code, language_name) =
            if language { ("es", "Spanish") } else { ("en", "English") };
        let marital = if child { Value::Null } else { self.marital_status() };
        let gender = if self.person.female() { "female" } else { "male" };
        let body = json!({
            "identifier": [{
                "use": "usual",
                "type": hl7("v2-0203", "MR", "Medical record number"),
                "system": "http://example.org/mrn",
                "value": format!("MRN-{mrn}")
            }],
            "active": true,
            "name": [{
                "use": "official",
                "family": self.person.family,
                "given": [self.person.given]
            }],
            "telecom": [{ "system": "phone", "value": format!("555-01{phone:02}"), "use": "home" }],
            "gender": gender,
            "birthDate": self.person.birth.to_string(),
            "address": [{
                "use": "home",
                "line": [format!("{house} {street}")],
                "city": town,
                "state": "MA",
                "postalCode": postal,
                "country": "US"
            }],
            "maritalStatus": marital,
            "contact": [contact],
            "communication": [{
                "language": {
                    "coding": [{
                        "system": "urn:ietf:bcp:47",
                        "code": language_code,
                        "display": language_name
                    }]
                },
                "preferred": true
            }],
            "managingOrganization": organization(if child { PEDIATRICS } else { CLINIC })
        });
        self.add("Patient", body);
    }

    fn contact(&mut self, child: bool) -> Value {
        let relation =
            if child { "Mother" } else { self.random.choose(&["Sibling", "Friend", "Cousin"]) };
        let given = self.random.choose(FEMALE);
        let family = if child { self.person.family } else { self.random.choose(FAMILY) };
        let phone = self.random.between(0, 99);
        json!({
            "relationship": [{
                "coding": hl7("v2-0131", "C", "Emergency Contact")["coding"],
                "text": relation
            }],
            "name": { "family": family, "given": [given] },
            "telecom": [{ "system": "phone", "value": format!("555-01{phone:02}") }]
        })
    }

    fn marital_status(&mut self) -> Value {
        let (code, display) = self.random.choose(&[
            ("M", "Married"),
            ("M", "Married"),
            ("S", "Never Married"),
            ("D", "Divorced"),
        ]);
        hl7("v3-MaritalStatus", code, display)
    }
}

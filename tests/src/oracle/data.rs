//! Small resources of eleven types that are made to be hard to find: periods that are open, dates
//! of all precisions, accents, the same codes in several systems, references of all kinds.

use serde_json::{Map, Value, json};

use super::numbers::UCUM;
use super::rng::Rng;

pub(crate) const FAMILIES: [&str; 10] =
    ["Müller", "muller", "Mulligan", "MÜLLER", "Peña", "Pena", "Ångström", "Lee", "Leeds", "Çelik"];
pub(crate) const GIVEN: [&str; 8] = ["Ana", "Anna", "Zoë", "Zoe", "José", "Joseph", "Élan", "Bo"];
pub(crate) const CITIES: [&str; 5] = ["Bern", "Berlin", "bergen", "São Paulo", "Sao"];
pub(crate) const SYSTEMS: [&str; 3] = ["http://a.example/s", "http://a.example/S", "urn:oid:1.2.3"];
pub(crate) const CODES: [&str; 6] = ["a", "A", "b", "b-1", "c", "a,b"];
pub(crate) const URIS: [&str; 6] = [
    "http://q.example/a",
    "http://q.example/a/b",
    "http://q.example/ab",
    "http://q.example/a/b/c",
    "urn:oid:1.2.3",
    "http://Q.example/a",
];
pub(crate) const DATES: [&str; 17] = [
    "2020-03",
    "2020-03-01",
    "2020-12",
    "2019",
    "2020",
    "2020-02",
    "2020-02-29",
    "2020-12-31",
    "2021-01-01",
    "2020-02-29T00:00:00Z",
    "2020-02-29T23:59:59.999Z",
    "2020-03-01T00:30:00+01:00",
    "2020-12-31T23:30:00-02:00",
    "2020-02-29T12:00:00Z",
    "2020-02-29T12:00:00.500Z",
    "1969-12-31",
    "2021-06-15T08:00:00Z",
];
pub(crate) const DAYS: [&str; 7] =
    ["1969-12-31", "1970-01-01", "1980", "1980-02", "1980-02-29", "1980-03-01", "2001-01-01"];
const NUMBERS: [f64; 14] =
    [0.0001, 123_456.789, 0.0, 0.1, 0.5, 0.95, 1.0, 1.05, 5.4, 5.449, 99.5, 100.0, 100.5, -2.5];
const UNITS_OF_DATA: [&str; 6] = ["mg", "g", "kg", "cm", "m", "min"];
pub(crate) const CATEGORY: [&str; 3] = ["vital-signs", "laboratory", "survey"];

/// Ids of a type: as many as the data of a size has.
pub(crate) fn ids(resource: &str, size: usize) -> Vec<String> {
    let share = match resource {
        "Patient" => 10,
        "Observation" => 36,
        "Practitioner" | "Organization" | "Questionnaire" | "List" => 5,
        "Encounter" | "Condition" => 10,
        _ => 7,
    };
    (0..(size * share / 100).max(2)).map(|number| format!("{}{number}", short(resource))).collect()
}

fn short(resource: &str) -> String {
    resource.chars().filter(char::is_ascii_uppercase).collect::<String>() + &resource[1..3]
}

/// Draws elements.
pub(crate) struct Maker<'a> {
    pub(crate) rng: &'a mut Rng,
    pub(crate) size: usize,
}

impl Maker<'_> {
    pub(crate) fn coding(&mut self) -> Value {
        let mut coding = json!({"code": self.rng.pick(&CODES)});
        if self.rng.percent(75) {
            coding["system"] = json!(self.rng.pick(&SYSTEMS));
        }
        if self.rng.percent(20) {
            coding["display"] = json!(self.rng.pick(&FAMILIES));
        }
        coding
    }

    pub(crate) fn concept(&mut self) -> Value {
        let mut concept = json!({});
        let number = self.rng.below(10);
        if number < 9 {
            concept["coding"] = (0..=number / 7).map(|_| self.coding()).collect();
        }
        if number.is_multiple_of(3) {
            concept["text"] = json!(self.rng.pick(&GIVEN));
        }
        concept
    }

    pub(crate) fn identifier(&mut self) -> Value {
        let mut identifier = json!({"value": format!("n{}", self.rng.below(5))});
        if self.rng.percent(70) {
            identifier["system"] = json!(self.rng.pick(&SYSTEMS));
        }
        if self.rng.percent(50) {
            identifier["type"] = json!({"coding": [self.coding()]});
        }
        identifier
    }

    pub(crate) fn reference(&mut self, targets: &[&str]) -> Value {
        let target = *self.rng.pick(targets);
        let id = self.rng.pick(&ids(target, self.size)).clone();
        match self.rng.below(20) {
            0 => json!({"identifier": self.identifier()}),
            1 => json!({"reference": format!("http://other.example/fhir/{target}/{id}")}),
            2 => json!({"reference": format!("{target}/{id}"), "identifier": self.identifier()}),
            _ => json!({"reference": format!("{target}/{id}")}),
        }
    }

    pub(crate) fn date(&mut self) -> Value {
        json!(self.rng.pick(&DATES))
    }

    pub(crate) fn period(&mut self) -> Value {
        let starts = ["2019-05", "2020", "2020-02-29", "2020-02-29T12:00:00Z"];
        let ends = ["2021-01-01", "2021", "2021-06-15T08:00:00Z", "2022-03"];
        match self.rng.below(4) {
            0 => json!({"start": self.rng.pick(&starts)}),
            1 => json!({"end": self.rng.pick(&ends)}),
            _ => json!({"start": self.rng.pick(&starts), "end": self.rng.pick(&ends)}),
        }
    }

    pub(crate) fn quantity(&mut self) -> Value {
        let mut quantity = json!({"value": self.rng.pick(&NUMBERS)});
        let unit = *self.rng.pick(&UNITS_OF_DATA);
        match self.rng.below(8) {
            0 => {}
            1 => quantity["unit"] = json!(unit),
            2 => {
                quantity["system"] = json!(SYSTEMS[0]);
                quantity["code"] = json!(unit);
            }
            _ => {
                quantity["system"] = json!(UCUM);
                quantity["code"] = json!(unit);
            }
        }
        quantity
    }

    /// An Age or a Duration: more than nothing, in a unit of time.
    pub(crate) fn duration(&mut self) -> Value {
        let unit = *self.rng.pick(&["s", "min", "h"]);
        json!({"value": 1 + self.rng.below(90), "system": UCUM, "code": unit})
    }

    pub(crate) fn names(&mut self) -> Value {
        let mut names = Vec::new();
        for _ in 0..self.rng.below(3) {
            let mut name = json!({"family": self.rng.pick(&FAMILIES)});
            let given: Vec<&str> = (0..self.rng.below(3)).map(|_| *self.rng.pick(&GIVEN)).collect();
            if !given.is_empty() {
                name["given"] = json!(given);
            }
            names.push(name);
        }
        Value::Array(names)
    }

    /// Sets an element in so many of a hundred resources.
    pub(crate) fn some(
        &mut self,
        map: &mut Map<String, Value>,
        chance: usize,
        name: &str,
        make: impl Fn(&mut Self) -> Value,
    ) {
        if self.rng.percent(chance) {
            let value = make(self);
            let is_empty = value.as_array().is_some_and(Vec::is_empty)
                || value.as_object().is_some_and(Map::is_empty);
            if !is_empty {
                map.insert(name.to_owned(), value);
            }
        }
    }

    pub(crate) fn of(&mut self, texts: &[&str]) -> Value {
        json!(self.rng.pick(texts))
    }
}

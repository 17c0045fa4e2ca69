//! Values for random queries: those that some resource has, and others near them.

use serde_json::Value;

use super::data::{DATES, SYSTEMS, URIS};
use super::generate::Generator;
use super::numbers::{UCUM, UNITS};
use super::parameters::Kind;
use super::texts::{LOCAL, at_any, codings};

const PREFIXES: [&str; 9] = ["", "", "eq", "ne", "gt", "lt", "ge", "le", "sa"];

impl Generator<'_> {
    /// A value that some resource has.
    pub(crate) fn held(&mut self, resource: &str, paths: &str) -> Option<Value> {
        let resources = self
            .world
            .0
            .iter()
            .filter(|(key, _)| resource.is_empty() || key.split('/').next() == Some(resource));
        let held: Vec<&Value> = resources.flat_map(|(_, held)| at_any(held, paths)).collect();
        (!held.is_empty()).then(|| (*self.rng.pick(&held)).clone())
    }

    pub(crate) fn text(&mut self, resource: &str, paths: &str) -> String {
        let held = self.held(resource, paths);
        held.as_ref().and_then(Value::as_str).unwrap_or("x").to_owned()
    }

    pub(crate) fn token(&mut self, resource: &str, paths: &str) -> String {
        let held = self.held(resource, paths).unwrap_or_default();
        let found = codings(&held);
        let Some((system, code)) = found.first() else { return "a".to_owned() };
        if !held.is_object() {
            return code.clone();
        }
        match (self.rng.below(6), system) {
            (0, _) => format!("|{code}"),
            (1, _) => format!("{}|{code}", self.rng.pick(&SYSTEMS)),
            (2, Some(system)) => format!("{system}|"),
            (3 | 4, Some(system)) => format!("{system}|{code}"),
            _ => code.clone(),
        }
    }

    pub(crate) fn value(&mut self, resource: &str, kind: Kind, paths: &str) -> String {
        match kind {
            Kind::Text => {
                let text = self.text(resource, paths);
                let most = 1 + self.rng.below(4);
                let start: String = text.chars().take(most).collect();
                let start = if self.rng.percent(30) { start.to_uppercase() } else { start };
                start.trim().to_owned()
            }
            Kind::Token => self.token(resource, paths),
            Kind::Date => self.date(resource, paths),
            Kind::Number => self.number(resource, paths),
            Kind::Quantity => self.quantity(resource, paths),
            Kind::Reference => {
                let held = self.held(resource, paths).unwrap_or_default();
                let address = held["reference"].as_str().unwrap_or("Patient/none").to_owned();
                if self.rng.percent(30) {
                    return address.rsplit('/').next().unwrap_or_default().to_owned();
                }
                if self.rng.percent(15) && !address.contains(':') {
                    return format!("{LOCAL}{address}");
                }
                address
            }
            Kind::Canonical => {
                let held = self.text(resource, paths);
                let url = held.split('|').next().unwrap_or_default().to_owned();
                if self.rng.percent(50) { url } else { held }
            }
            Kind::Uri if self.rng.percent(20) => (*self.rng.pick(&URIS)).to_owned(),
            Kind::Uri => self.text(resource, paths),
        }
    }

    pub(crate) fn date(&mut self, resource: &str, paths: &str) -> String {
        let prefix = *self.rng.pick(&[&PREFIXES[..], &["eb"]].concat());
        let held = self.held(resource, paths).unwrap_or_default();
        let text = held.as_str().or(held["start"].as_str()).or(held["end"].as_str());
        let text = text.unwrap_or(DATES[0]).to_owned();
        let text = if self.rng.percent(30) { (*self.rng.pick(&DATES)).to_owned() } else { text };
        let length = *self.rng.pick(&[4, 7, 10, 100, 100]);
        format!("{prefix}{}", text.get(..length).unwrap_or(&text))
    }

    pub(crate) fn number(&mut self, resource: &str, paths: &str) -> String {
        let prefix = *self.rng.pick(&[&PREFIXES[..], &["eb", "ap"]].concat());
        let held = self.held(resource, paths).unwrap_or_default();
        let number = held.as_f64().or(held["value"].as_f64()).unwrap_or(1.0);
        let text = match self.rng.below(5) {
            0 => format!("{number:.0}"),
            1 => format!("{number:.1}"),
            2 => format!("{number:.3}"),
            3 if self.rng.percent(30) => format!("{number:.2e}"),
            _ => number.to_string(),
        };
        format!("{prefix}{text}")
    }

    pub(crate) fn quantity(&mut self, resource: &str, paths: &str) -> String {
        let number = self.number(resource, paths);
        let (unit, ..) = *self.rng.pick(&UNITS);
        match self.rng.below(5) {
            0 => number,
            1 => format!("{number}||{unit}"),
            2 => format!("{number}|{}|{unit}", SYSTEMS[0]),
            _ => format!("{number}|{UCUM}|{unit}"),
        }
    }
}

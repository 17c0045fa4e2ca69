//! Random queries. Values come from the data and from near them, so that most queries find
//! something, and not everything.

use super::data::SYSTEMS;
use super::parameters::{COMPOSITES, DATA, Kind, PARAMETERS, Parameter, of_type};
use super::query::{Criterion, Include, Modifier, Place, Query};
use super::rng::Rng;
use super::texts::codings;
use super::truth::World;

pub(crate) struct Generator<'a> {
    pub(crate) rng: Rng,
    pub(crate) world: &'a World,
}

impl Generator<'_> {
    pub(crate) fn query(&mut self) -> Query {
        let rng = &mut self.rng;
        let place = match rng.below(14) {
            0 => Place::Types(vec![*rng.pick(&DATA[..5]), *rng.pick(&DATA[5..])]),
            1 => Place::Compartment(self.id("Patient"), None),
            2 => {
                let of = ["Observation", "Encounter", "Condition", "MedicationRequest", "List"];
                let resource = *rng.pick(&of);
                Place::Compartment(self.id("Patient"), Some(resource))
            }
            3..=6 => Place::Types(vec!["Observation"]),
            _ => Place::Types(vec![*rng.pick(&DATA)]),
        };
        let single = match &place {
            Place::Types(types) if types.len() == 1 => Some(types[0]),
            Place::Compartment(_, resource) => *resource,
            Place::Types(_) => None,
        };
        let count = if self.rng.percent(40) { 1 + self.rng.below(7) } else { 100 };
        let mut query = Query {
            place,
            criteria: Vec::new(),
            sort: Vec::new(),
            count,
            is_counted: self.rng.percent(30),
            is_posted: self.rng.percent(10),
            includes: Vec::new(),
        };
        let Some(resource) = single else {
            if self.rng.percent(60) {
                query.criteria.push(self.plain("", 2));
            }
            return query;
        };
        for _ in 0..[1, 1, 1, 2, 2, 3][self.rng.below(6)] {
            query.criteria.push(self.criterion(resource, 2));
        }
        if self.rng.percent(25) {
            let is_key = |held: &&Parameter| {
                !matches!(held.kind, Kind::Reference | Kind::Canonical | Kind::Quantity)
            };
            let keys: Vec<_> = of_type(resource).into_iter().filter(is_key).collect();
            for _ in 0..=self.rng.below(2) {
                let key = *self.rng.pick(&keys);
                if query.sort.iter().all(|(held, _)| held.code != key.code) {
                    query.sort.push((key, self.rng.percent(50)));
                }
            }
        }
        if self.rng.percent(12) && matches!(query.place, Place::Types(_)) {
            query.includes = self.includes(resource);
        }
        query
    }

    fn id(&mut self, resource: &str) -> String {
        let ids: Vec<&String> = self.world.of_type(resource).map(|(key, _)| key).collect();
        let key = self.rng.pick(&ids);
        key.split('/').next_back().unwrap_or_default().to_owned()
    }

    fn criterion(&mut self, resource: &'static str, depth: usize) -> Criterion {
        let number = self.rng.below(20);
        let composites: Vec<_> =
            COMPOSITES.iter().filter(|held| held.resource == resource).collect();
        match number {
            0 | 1 if depth > 0 => {
                self.chain(resource, depth).unwrap_or_else(|| self.plain(resource, 3))
            }
            2 | 3 if depth > 0 => {
                self.has(resource, depth).unwrap_or_else(|| self.plain(resource, 3))
            }
            4 if depth == 2 => Criterion::Filter(self.expression(resource, 2)),
            5 if depth == 2 => Criterion::List(self.id("List")),
            6 | 7 if !composites.is_empty() => {
                let composite = *self.rng.pick(&composites);
                let element = *self.rng.pick(composite.elements);
                let [(a, a_path), (b, b_path)] = composite.parts;
                let within = |paths: &str| {
                    let full = |path: &str| format!("{element}.{path}");
                    paths.split_whitespace().map(full).collect::<Vec<_>>().join(" ")
                };
                let values = (0..=self.rng.below(2))
                    .map(|_| {
                        [
                            self.value(resource, a, &within(a_path)),
                            self.value(resource, b, &within(b_path)),
                        ]
                    })
                    .collect();
                Criterion::Pair { composite, values }
            }
            _ => self.plain(resource, 3),
        }
    }

    fn chain(&mut self, resource: &'static str, depth: usize) -> Option<Criterion> {
        let its = |held: &&'static Parameter| held.kind == Kind::Reference;
        let references: Vec<_> = of_type(resource).into_iter().filter(its).collect();
        if references.is_empty() {
            return None;
        }
        let parameter = *self.rng.pick(&references);
        if parameter.code != "patient" && self.rng.percent(15) {
            // Of any type: the parameters that all types have are those with the same path in all.
            let inner = Box::new(self.shared());
            return Some(Criterion::Chain { parameter, target: "", is_named: false, inner });
        }
        let target = *self.rng.pick(&parameter.targets());
        // `patient` leads to one type in R4 itself; other parameters are named with theirs.
        let is_named = parameter.code != "patient" || self.rng.percent(50);
        let inner = Box::new(self.criterion(target, depth - 1));
        Some(Criterion::Chain { parameter, target, is_named, inner })
    }

    /// A token of what all resources have.
    fn shared(&mut self) -> Criterion {
        let codes = ["_id", "_tag", "_security"];
        let all: Vec<_> = PARAMETERS.iter().filter(|held| codes.contains(&held.code)).collect();
        let parameter = *self.rng.pick(&all);
        let values = vec![self.value("", parameter.kind, parameter.paths)];
        Criterion::Plain { parameter, modifier: Modifier::None, values }
    }

    fn has(&mut self, resource: &'static str, depth: usize) -> Option<Criterion> {
        let its =
            |held: &&Parameter| held.kind == Kind::Reference && held.targets().contains(&resource);
        let references: Vec<&'static Parameter> = PARAMETERS.iter().filter(its).collect();
        if references.is_empty() {
            return None;
        }
        let parameter = *self.rng.pick(&references);
        let inner = Box::new(self.criterion(parameter.resource, depth - 1));
        Some(Criterion::Has { source: parameter.resource, parameter, inner })
    }

    /// A parameter with a modifier and up to so many alternatives.
    fn plain(&mut self, resource: &str, most: usize) -> Criterion {
        let all = of_type(resource);
        // Those of all types are five each time, and are not to drown the type's own.
        let own: Vec<_> = all.iter().copied().filter(|held| !held.resource.is_empty()).collect();
        let is_own = !own.is_empty() && self.rng.percent(80);
        let parameter = *self.rng.pick(if is_own { &own } else { &all });
        let modifier = self.modifier(parameter);
        if modifier == Modifier::Missing {
            let wanted = (*self.rng.pick(&["true", "false"])).to_owned();
            return Criterion::Plain { parameter, modifier, values: vec![wanted] };
        }
        let alternatives = if self.rng.percent(25) { most } else { 1 };
        let values = (0..alternatives).map(|_| self.plain_value(resource, parameter, modifier));
        Criterion::Plain { parameter, modifier, values: values.collect() }
    }

    fn modifier(&mut self, parameter: &Parameter) -> Modifier {
        // Whether `_id` or `_lastUpdated` is missing tells nothing.
        let is_always = matches!(parameter.code, "_id" | "_lastUpdated");
        if !is_always && self.rng.percent(8) {
            return Modifier::Missing;
        }
        if is_always || self.rng.percent(55) {
            return Modifier::None;
        }
        match parameter.kind {
            Kind::Text => *self.rng.pick(&[Modifier::Exact, Modifier::Contains]),
            Kind::Token if parameter.code == "identifier" => {
                *self.rng.pick(&[Modifier::OfType, Modifier::Not])
            }
            Kind::Token => Modifier::Not,
            Kind::Reference if self.rng.percent(40) => Modifier::Identifier,
            Kind::Reference => {
                let name = *self.rng.pick(&parameter.targets());
                Modifier::Type(name)
            }
            Kind::Uri => *self.rng.pick(&[Modifier::Above, Modifier::Below]),
            _ => Modifier::None,
        }
    }

    fn plain_value(&mut self, resource: &str, parameter: &Parameter, modifier: Modifier) -> String {
        match modifier {
            Modifier::Identifier => self.token(resource, &paths(parameter, "identifier")),
            Modifier::OfType => {
                // All three parts must be there.
                let held = self.held(resource, parameter.paths).unwrap_or_default();
                let number = held["value"].as_str().unwrap_or("n1");
                let kind = match codings(&held["type"]).into_iter().next() {
                    Some((Some(system), code)) => format!("{system}|{code}"),
                    _ => format!("{}|a", self.rng.pick(&SYSTEMS)),
                };
                format!("{kind}|{number}")
            }
            Modifier::Type(name) => self.id(name),
            Modifier::Contains => {
                let text: Vec<char> =
                    self.value(resource, Kind::Text, parameter.paths).chars().collect();
                let from = self.rng.below(text.len().min(3));
                text[from..].iter().take(3).collect::<String>().trim().to_owned()
            }
            Modifier::Exact => self.text(resource, parameter.paths),
            _ if parameter.code == "_lastUpdated" => {
                let prefix = *self.rng.pick(&["gt", "lt", "ge", "le"]);
                format!("{prefix}{}", self.text(resource, parameter.paths))
            }
            _ => self.value(resource, parameter.kind, parameter.paths),
        }
    }

    fn includes(&mut self, resource: &'static str) -> Vec<Include> {
        let mut found = Vec::new();
        let mut from = resource;
        for number in 0..=self.rng.below(3) {
            let is_reverse = number == 0 && self.rng.percent(40);
            let fits = |held: &&Parameter| {
                held.kind == Kind::Reference
                    && if is_reverse {
                        held.targets().contains(&from)
                    } else {
                        held.resource == from
                    }
            };
            let all: Vec<&'static Parameter> = PARAMETERS.iter().filter(fits).collect();
            if all.is_empty() {
                break;
            }
            let parameter = *self.rng.pick(&all);
            let target = *self.rng.pick(&parameter.targets());
            let is_named = self.rng.percent(30) && !is_reverse;
            let is_iterated = number > 0;
            let target_named = is_named.then_some(target);
            found.push(Include { is_reverse, is_iterated, parameter, target: target_named });
            from = if is_reverse { parameter.resource } else { target };
        }
        found
    }
}

fn paths(parameter: &Parameter, end: &str) -> String {
    let full = |path: &str| format!("{path}.{end}");
    parameter.paths.split_whitespace().map(full).collect::<Vec<_>>().join(" ")
}

//! Random expressions of `_filter`.
//!
//! <https://hl7.org/fhir/R4/search_filter.html>

use super::dates::prefixed;
use super::generate::Generator;
use super::parameters::{Kind, PARAMETERS, Parameter, of_type};
use super::query::Expression;

impl Generator<'_> {
    pub(crate) fn expression(&mut self, resource: &'static str, depth: usize) -> Expression {
        let parts =
            |this: &mut Self| (0..2).map(|_| this.expression(resource, depth - 1)).collect();
        match self.rng.below(5) {
            0 if depth > 0 => Expression::And(parts(self)),
            1 if depth > 0 => Expression::Or(parts(self)),
            2 if depth > 0 => Expression::Not(Box::new(self.expression(resource, depth - 1))),
            3 if depth > 0 => self.path(resource),
            _ => self.comparison(resource),
        }
    }

    /// A comparison of what a reference leads to, or of what refers here.
    pub(crate) fn path(&mut self, resource: &'static str) -> Expression {
        let refers = |held: &&Parameter| held.targets().contains(&resource);
        let referring: Vec<&'static Parameter> =
            PARAMETERS.iter().filter(|held| held.kind == Kind::Reference && refers(held)).collect();
        if !referring.is_empty() && self.rng.percent(40) {
            let parameter = *self.rng.pick(&referring);
            let inner = Box::new(self.comparison(parameter.resource));
            return Expression::Has { source: parameter.resource, parameter, inner };
        }
        let its = |held: &&'static Parameter| held.kind == Kind::Reference;
        let references: Vec<_> = of_type(resource).into_iter().filter(its).collect();
        if references.is_empty() {
            return self.comparison(resource);
        }
        let parameter = *self.rng.pick(&references);
        let target = *self.rng.pick(&parameter.targets());
        let inner = Box::new(self.comparison(target));
        Expression::Path { parameter, target, inner }
    }

    pub(crate) fn comparison(&mut self, resource: &'static str) -> Expression {
        let is_its = |held: &&Parameter| {
            let kinds = [Kind::Text, Kind::Token, Kind::Date, Kind::Number];
            held.resource == resource && kinds.contains(&held.kind)
        };
        let all: Vec<_> = of_type(resource).into_iter().filter(is_its).collect();
        let parameter = *self.rng.pick(&all);
        if self.rng.percent(12) {
            let value = (*self.rng.pick(&["true", "false"])).to_owned();
            return Expression::Compare { parameter, operator: "pr", value };
        }
        let (operators, value): (&[&str], String) = match parameter.kind {
            Kind::Text => (&["eq", "ne", "co", "sw", "ew"], self.text(resource, parameter.paths)),
            Kind::Token => {
                let token = self.token(resource, parameter.paths);
                let code = token.rsplit('|').next().filter(|code| !code.is_empty());
                (&["eq", "ne"], code.unwrap_or("a").to_owned())
            }
            kind => {
                let value = self.value(resource, kind, parameter.paths);
                (&["eq", "ne", "gt", "lt", "ge", "le"], prefixed(&value).1.to_owned())
            }
        };
        let operator = *self.rng.pick(operators);
        Expression::Compare { parameter, operator, value }
    }
}

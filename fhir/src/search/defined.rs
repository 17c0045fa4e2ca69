//! A [SearchParameter] that somebody brings: what it defines, and whether it can be carried out.
//!
//! [SearchParameter]: https://hl7.org/fhir/R4/searchparameter.html

use crate::definitions::{Definitions, SearchParameter, SearchType, Type, TypeKind};
use crate::json::Value;
use crate::outcome::Issue;
use crate::path::Expression;
use crate::resource::nearest;

use super::parameter::branches;

/// What a SearchParameter resource amounts to.
#[derive(Debug, Clone, PartialEq)]
pub enum Defined {
    /// It takes no part in searches: it is a draft, retired, or of unknown status.
    Nothing,
    /// It says again what one of R4 says, which goes on as it is: by the same URL, or derived from
    /// it by another one.
    Known,
    /// A parameter of its own.
    New(Box<SearchParameter>),
}

/// Longest code that a name in an address may reasonably have.
const CODE_MAX: usize = 64;

impl Defined {
    /// Reads a SearchParameter that follows the structural rules of R4. `definitions` are those of
    /// R4 with other parameters that there are already.
    ///
    /// # Errors
    /// An issue for each thing by which an active one cannot be carried out, with its place and
    /// with what would be right.
    pub fn read(resource: Value<'_>, definitions: &Definitions) -> Result<Self, Vec<Issue>> {
        if resource.str("status").as_deref() != Some("active") {
            return Ok(Self::Nothing);
        }
        let mut reading = Reading { definitions, issues: Vec::new() };
        let defined = reading.read(resource);
        if reading.issues.is_empty() { Ok(defined) } else { Err(reading.issues) }
    }
}

struct Reading<'a> {
    definitions: &'a Definitions,
    issues: Vec<Issue>,
}

impl Reading<'_> {
    fn wrong(&mut self, place: &str, text: impl Into<String>) {
        self.issues.push(Issue::error("invalid", text).at(format!("SearchParameter.{place}")));
    }

    fn read(&mut self, resource: Value<'_>) -> Defined {
        let text = |name: &str| resource.str(name).unwrap_or_default().into_owned();
        let list = |name: &str| -> Vec<String> {
            resource.list(name).filter_map(Value::as_str).map(|one| one.into_owned()).collect()
        };
        let (url, code) = (text("url"), text("code"));
        let kind = kind(&text("type"));
        if self.is_known(&url, &text("derivedFrom"), &code, kind) {
            return Defined::Known;
        }
        let parameter = SearchParameter {
            url,
            code,
            base: list("base"),
            kind: kind.unwrap_or(SearchType::Special),
            expression: resource.str("expression").map(|text| text.into_owned()),
            targets: list("target"),
            components: components(resource),
            is_waiting: true,
        };
        self.check_code(&parameter);
        self.check_base(&parameter);
        if parameter.kind == SearchType::Special {
            self.wrong(
                "type",
                "A parameter of type 'special' has rules of its own, which cannot be brought \
                 along. Allowed are number, date, string, token, reference, composite, quantity \
                 and uri.",
            );
        }
        self.check_expression(&parameter);
        self.check_targets(&parameter);
        self.check_components(&parameter);
        Defined::New(Box::new(parameter))
    }

    /// Is it one of R4's own, by its URL or by the one that it is derived from?
    fn is_known(&self, url: &str, origin: &str, code: &str, kind: Option<SearchType>) -> bool {
        [url, origin].iter().any(|url| {
            let own = crate::definitions::r4().search_parameter_by_url(url);
            own.is_some_and(|own| own.code == code && Some(own.kind) == kind)
        })
    }

    fn check_code(&mut self, parameter: &SearchParameter) {
        let SearchParameter { code, url, .. } = parameter;
        let is_name = code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if !is_name || code.is_empty() || code.len() > CODE_MAX || code.starts_with('_') {
            self.wrong(
                "code",
                format!(
                    "'{code}' cannot be the name of a parameter: it is up to {CODE_MAX} letters, \
                     digits, '-' and '_', and begins with none of '-' and '_'; names with '_' at \
                     their beginning are R4's own."
                ),
            );
            return;
        }
        if crate::definitions::r4().search_parameter_by_url(url).is_some() {
            let text =
                "This URL is of a parameter of R4 with another code or type: choose another.";
            self.wrong("url", text);
            return;
        }
        let schema = self.definitions.schema();
        let clash = schema.resource_names().into_iter().find_map(|name| {
            let is_meant = parameter.base.iter().any(|base| {
                schema.id(base).zip(schema.id(name)).is_some_and(|(base, id)| schema.is_a(id, base))
            });
            let other = self.definitions.search_parameter(name, code).filter(|_| is_meant)?;
            (other.url != *url).then(|| (name.to_owned(), other.url.clone()))
        });
        if let Some((name, other)) = clash {
            self.wrong(
                "code",
                format!(
                    "{name} has a search parameter '{code}' already ({other}): choose another \
                     code. One that says the same under another URL names that in derivedFrom."
                ),
            );
        }
    }

    fn check_base(&mut self, parameter: &SearchParameter) {
        let schema = self.definitions.schema();
        for base in &parameter.base {
            let is_type = schema.by_name(base).is_some_and(|(_, t)| t.kind == TypeKind::Resource);
            if !is_type {
                let near = nearest(base, schema.resource_names(), 3).join(", ");
                self.wrong("base", format!("'{base}' is no resource type of R4. Nearest: {near}."));
            }
        }
    }

    fn check_expression(&mut self, parameter: &SearchParameter) {
        let Some(expression) = parameter.expression.as_deref() else {
            let text = "An active parameter needs a FHIRPath expression that leads to its values.";
            self.wrong("expression", text);
            return;
        };
        if let Err(error) = Expression::parse(expression) {
            self.wrong("expression", format!("'{expression}' is no FHIRPath: {error}."));
            return;
        }
        for base in &parameter.base {
            let Some((_, table)) = self.definitions.schema().by_name(base) else { continue };
            let own: Vec<&str> = branches(parameter, base).collect();
            if own.is_empty() {
                self.wrong(
                    "expression",
                    format!(
                        "No part of '{expression}' starts at {base}, which is among its bases: \
                         write {base}.[element]."
                    ),
                );
            }
            for part in own {
                self.check_part(part, base, table);
            }
        }
    }

    /// Do the elements exist that a part of the expression names plainly?
    fn check_part(&mut self, part: &str, base: &str, table: &Type) {
        if let Err(error) = Expression::parse(part) {
            self.wrong("expression", format!("'{part}' is no FHIRPath: {error}."));
            return;
        }
        let schema = self.definitions.schema();
        let start = part.trim_start_matches(['(', ' ']);
        let end = start.find(|c: char| !c.is_ascii_alphanumeric() && c != '.');
        let plain = &start[..end.unwrap_or(start.len())];
        // What is called is no element: the last name before a parenthesis.
        let is_call = start[plain.len()..].starts_with('(');
        let mut steps: Vec<&str> = plain.split('.').filter(|step| !step.is_empty()).collect();
        if is_call {
            steps.pop();
        }
        if steps.first().is_some_and(|first| {
            *first == base || *first == "Resource" || *first == "DomainResource"
        }) {
            steps.remove(0);
        }
        let mut table = table;
        for step in steps {
            let Some(property) = table.properties.iter().find(|one| one.name == step) else {
                let text = no_element(part, table, step);
                self.wrong("expression", text);
                return;
            };
            let [kind] = property.types.as_slice() else { return };
            table = schema.get(kind.type_id);
        }
    }

    fn check_targets(&mut self, parameter: &SearchParameter) {
        if parameter.kind != SearchType::Reference && !parameter.targets.is_empty() {
            self.wrong("target", "Only a parameter of type reference has targets.");
            return;
        }
        let schema = self.definitions.schema();
        for target in &parameter.targets {
            if schema.by_name(target).is_none_or(|(_, t)| t.kind != TypeKind::Resource) {
                let near = nearest(target, schema.resource_names(), 3).join(", ");
                let text = format!("'{target}' is no resource type of R4. Nearest: {near}.");
                self.wrong("target", text);
            }
        }
    }

    fn check_components(&mut self, parameter: &SearchParameter) {
        let components = &parameter.components;
        if parameter.kind != SearchType::Composite {
            if !components.is_empty() {
                self.wrong("component", "Only a parameter of type composite has components.");
            }
            return;
        }
        if components.len() < 2 {
            self.wrong("component", "A composite has two components or more.");
        }
        for (index, (url, expression)) in components.iter().enumerate() {
            let place = format!("component[{index}]");
            match self.definitions.search_parameter_by_url(url) {
                None => self.wrong(
                    &format!("{place}.definition"),
                    format!("'{url}' is no active search parameter of this server."),
                ),
                Some(one) if matches!(one.kind, SearchType::Composite | SearchType::Special) => {
                    let text = format!("'{url}' is itself composite or special.");
                    self.wrong(&format!("{place}.definition"), text);
                }
                Some(_) => {}
            }
            if let Err(error) = Expression::parse(expression) {
                let text = format!("'{expression}' is no FHIRPath: {error}.");
                self.wrong(&format!("{place}.expression"), text);
            }
        }
    }
}

fn no_element(part: &str, table: &Type, step: &str) -> String {
    let names: Vec<&str> = table.properties.iter().map(|one| one.name.as_str()).collect();
    let near = nearest(step, names.iter().copied(), 3);
    let hint = if near.is_empty() {
        format!("It has {}.", names.join(", "))
    } else {
        format!("Nearest: {}.", near.join(", "))
    };
    format!("'{part}': {} has no element '{step}'. {hint}", table.name)
}

fn components(resource: Value<'_>) -> Vec<(String, String)> {
    let components = resource.list("component");
    let text = |one: Value<'_>, name: &str| one.str(name).unwrap_or_default().into_owned();
    components.map(|one| (text(one, "definition"), text(one, "expression"))).collect()
}

fn kind(text: &str) -> Option<SearchType> {
    Some(match text {
        "number" => SearchType::Number,
        "date" => SearchType::Date,
        "string" => SearchType::String,
        "token" => SearchType::Token,
        "reference" => SearchType::Reference,
        "composite" => SearchType::Composite,
        "quantity" => SearchType::Quantity,
        "uri" => SearchType::Uri,
        "special" => SearchType::Special,
        _ => return None,
    })
}

#[cfg(test)]
#[path = "defined_tests.rs"]
mod tests;

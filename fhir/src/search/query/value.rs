//! One value of a parameter: read by the parameter's type into a test.

use crate::definitions::{SearchParameter, SearchType};
use crate::search::index::of_type_param;
use crate::search::parameter::targets;
use crate::search::reference::ReferenceScope;
use crate::search::{
    CompositeTest, DateTest, Filter, NearTest, NumberTest, Param, QuantityTest, ReferenceTest,
    StringMode, StringTest, Test, TokenTest, UriMode, UriTest,
};

use super::Context;
use super::escape::{split, unescape};

/// What a modifier makes of the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted<'a> {
    /// Nothing special.
    Value,
    /// None of the values: `:not`.
    Not,
    /// `:exact` or `:contains`.
    String(StringMode),
    /// `:above`, `:below` or `:contains`.
    Uri(UriMode),
    /// `:identifier`.
    Identifier,
    /// `:of-type`.
    OfType,
    /// `:below` of a versioned reference; `false`: `:above`.
    Versions(bool),
    /// `:Patient`.
    Type(&'a str),
}

/// Reads the values of one parameter.
pub(super) struct Reader<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) parameter: &'a SearchParameter,
    pub(super) param: Param,
}

impl Reader<'_> {
    /// The filter of one value, escapes in place. The error says what is allowed.
    pub(super) fn filter(&self, wanted: &Wanted<'_>, text: &str) -> Result<Filter, String> {
        if let Some(filter) = self.canonical_version(wanted, text)? {
            return Ok(filter);
        }
        if *wanted == Wanted::OfType {
            let test = Test::Token(TokenTest::parse_of_type(text)?);
            return Ok(Filter::Matches(of_type_param(&self.param), test));
        }
        let test = match self.parameter.kind {
            SearchType::Composite => Test::Composite(self.composite(text)?),
            _ => self.test(self.parameter, wanted, text)?,
        };
        let boolean = match &test {
            Test::Token(test) => test.of_boolean(),
            _ => None,
        };
        let filter = Filter::Matches(self.param.clone(), test);
        Ok(match boolean {
            Some(test) => {
                Filter::Or(vec![filter, Filter::Matches(self.param.clone(), Test::Token(test))])
            }
            None => filter,
        })
    }

    /// `url=[canonical]|[version]` on a resource that has both: two conditions on it.
    fn canonical_version(&self, wanted: &Wanted<'_>, text: &str) -> Result<Option<Filter>, String> {
        let parts = split(text, '|');
        let is_url = self.parameter.kind == SearchType::Uri && &*self.param.code == "url";
        let (true, Wanted::Value, [url, version]) = (is_url, wanted, parts.as_slice()) else {
            return Ok(None);
        };
        let own = self.context.definitions.search_parameter(&self.param.resource, "version");
        if own.is_none_or(|own| own.kind != SearchType::Token) {
            return Ok(None);
        }
        let param = Param { code: "version".into(), ..self.param.clone() };
        let version = TokenTest { system: None, code: Some(unescape(version)?.to_lowercase()) };
        Ok(Some(Filter::And(vec![
            Filter::Matches(self.param.clone(), Test::Uri(UriTest::parse(UriMode::Exact, url)?)),
            Filter::Matches(param, Test::Token(version)),
        ])))
    }

    fn composite(&self, text: &str) -> Result<CompositeTest, String> {
        let parts = split(text, '$');
        let components = &self.parameter.components;
        if parts.len() != components.len() || parts.iter().any(|part| part.is_empty()) {
            return Err(format!(
                "'{text}' has not the {} parts of this composite, joined by '$': {}.",
                components.len(),
                self.component_names().join("$")
            ));
        }
        let mut tests = Vec::new();
        for ((definition, _), part) in components.iter().zip(parts) {
            let parameter = self
                .context
                .definitions
                .search_parameter_by_url(definition)
                .ok_or_else(|| format!("its component {definition} is not defined here."))?;
            tests.push(self.test(parameter, &Wanted::Value, part)?);
        }
        Ok(CompositeTest(tests))
    }

    fn component_names(&self) -> Vec<&str> {
        let definitions = self.context.definitions;
        let components = self.parameter.components.iter();
        components
            .map(|(url, _)| definitions.search_parameter_by_url(url).map_or("?", |one| &one.code))
            .collect()
    }

    /// The test of one value of a simple parameter.
    fn test(
        &self,
        parameter: &SearchParameter,
        wanted: &Wanted<'_>,
        text: &str,
    ) -> Result<Test, String> {
        Ok(match parameter.kind {
            SearchType::Number => Test::Number(NumberTest::parse(&unescape(text)?)?),
            SearchType::Date => Test::Date(DateTest::parse(&unescape(text)?, self.context.now_us)?),
            SearchType::String => {
                let mode = match wanted {
                    Wanted::String(mode) => *mode,
                    _ => StringMode::Starts,
                };
                Test::String(StringTest::parse(mode, &unescape(text)?)?)
            }
            SearchType::Token => Test::Token(TokenTest::parse(text)?),
            SearchType::Reference => Test::Reference(self.reference(parameter, wanted, text)?),
            SearchType::Quantity => Test::Quantity(QuantityTest::parse(text)?),
            SearchType::Uri => {
                let mode = match wanted {
                    Wanted::Uri(mode) => *mode,
                    _ => UriMode::Exact,
                };
                Test::Uri(UriTest::parse(mode, text)?)
            }
            SearchType::Special if parameter.code == "near" => Test::Near(NearTest::parse(text)?),
            SearchType::Composite | SearchType::Special => {
                return Err("a parameter of this type cannot be a part of another.".to_owned());
            }
        })
    }

    fn reference(
        &self,
        parameter: &SearchParameter,
        wanted: &Wanted<'_>,
        text: &str,
    ) -> Result<ReferenceTest, String> {
        if *wanted == Wanted::Identifier {
            return Ok(ReferenceTest::Identifier(TokenTest::parse(text)?));
        }
        if let Wanted::Versions(is_below) = *wanted {
            return ReferenceTest::parse_versions(text, is_below);
        }
        let r#type = match wanted {
            Wanted::Type(name) => Some(*name),
            _ => None,
        };
        let schema = self.context.definitions.schema();
        ReferenceTest::parse(
            text,
            ReferenceScope {
                bases: self.context.bases,
                schema,
                targets: &targets(parameter, &self.param.resource, schema),
                r#type,
            },
        )
    }
}

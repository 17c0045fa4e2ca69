//! The grammar of a `_filter` expression.
//!
//! `and` and `or` bind alike, from left to right: `a or b and c` is `(a or b) and c`, as the
//! [specification] has it.
//!
//! [specification]: https://hl7.org/fhir/R4/search_filter.html

use super::operator::{OPERATORS, Operator};
use super::scanner::Scanner;
use super::{Expression, Fault, Hop, Path, Test};

/// How deep parentheses and brackets may be nested.
const DEPTH_MAX: usize = 32;

/// Most tests of one expression.
const TESTS_MAX: usize = 1_000;

/// Reads a whole expression.
pub(super) fn parse(text: &str) -> Result<Expression<'_>, Fault> {
    let mut parser = Parser { scanner: Scanner::new(text), depth: 0, tests: 0 };
    let expression = parser.expression()?;
    if parser.scanner.is_at_end() {
        return Ok(expression);
    }
    Err(parser.scanner.expected("'and', 'or' or the end"))
}

struct Parser<'a> {
    scanner: Scanner<'a>,
    depth: usize,
    tests: usize,
}

impl<'a> Parser<'a> {
    /// Terms joined by `and` and `or`, and the white space after them.
    fn expression(&mut self) -> Result<Expression<'a>, Fault> {
        self.scanner.skip_space();
        let mut left = self.term()?;
        loop {
            self.scanner.skip_space();
            let is_and = self.scanner.keyword("and");
            if !is_and && !self.scanner.keyword("or") {
                return Ok(left);
            }
            self.scanner.skip_space();
            let right = Box::new(self.term()?);
            left = if is_and {
                Expression::And(Box::new(left), right)
            } else {
                Expression::Or(Box::new(left), right)
            };
        }
    }

    fn term(&mut self) -> Result<Expression<'a>, Fault> {
        if self.scanner.eat('(') {
            return self.nested(')');
        }
        let at = self.scanner.at();
        let Some(name) = self.scanner.name() else {
            return Err(self.scanner.expected("a search parameter, 'not (' or '('"));
        };
        if name.eq_ignore_ascii_case("not") {
            self.scanner.skip_space();
            self.scanner.expect('(', "after 'not'")?;
            return Ok(Expression::Not(Box::new(self.nested(')')?)));
        }
        let path = self.path(name, at)?;
        self.test(path)
    }

    /// An expression up to the character that closes it.
    fn nested(&mut self, close: char) -> Result<Expression<'a>, Fault> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            let text = format!("this is nested deeper than {DEPTH_MAX}, the most allowed.");
            return Err(Fault { at: self.scanner.at(), text });
        }
        let expression = self.expression()?;
        self.scanner.expect(close, "or 'and' or 'or'")?;
        self.depth -= 1;
        Ok(expression)
    }

    /// The path that starts with `name`.
    fn path(&mut self, mut name: &'a str, mut at: usize) -> Result<Path<'a>, Fault> {
        let mut hops = Vec::new();
        loop {
            if name == "_has" {
                hops.push(self.has(at)?);
            } else {
                let target = match self.scanner.eat(':') {
                    true => Some(self.expect_name("a resource type; modifiers do not go here")?),
                    false => None,
                };
                let filter = match self.scanner.eat('[') {
                    true => Some(self.nested(']')?),
                    false => None,
                };
                if !self.scanner.eat('.') {
                    if target.is_some() || filter.is_some() {
                        return Err(self.scanner.expected("'.' and a search parameter"));
                    }
                    return Ok(Path { hops, name, at });
                }
                hops.push(Hop::To { code: name, target, filter, at });
            }
            at = self.scanner.at();
            name = self.expect_name("a search parameter")?;
        }
    }

    /// `:Type:code:` after `_has`.
    fn has(&mut self, at: usize) -> Result<Hop<'a>, Fault> {
        const FORM: &str = "as in _has:Observation:patient:code";
        self.scanner.expect(':', FORM)?;
        let source = self.expect_name("a resource type")?;
        self.scanner.expect(':', FORM)?;
        let code = self.expect_name("a reference parameter")?;
        self.scanner.expect(':', FORM)?;
        Ok(Hop::From { source, code, at })
    }

    fn expect_name(&mut self, what: &str) -> Result<&'a str, Fault> {
        self.scanner.name().ok_or_else(|| self.scanner.expected(what))
    }

    /// The operator and the value after a path.
    fn test(&mut self, path: Path<'a>) -> Result<Expression<'a>, Fault> {
        self.tests += 1;
        if self.tests > TESTS_MAX {
            let text = format!("there are more than {TESTS_MAX} tests, the most allowed.");
            return Err(Fault { at: path.at, text });
        }
        if !self.scanner.skip_space() {
            return Err(self.scanner.expected("a space and an operator"));
        }
        let operator_at = self.scanner.at();
        let operator = self.operator()?;
        if !self.scanner.skip_space() {
            return Err(self.scanner.expected("a space and a value"));
        }
        let value_at = self.scanner.at();
        let value = self.scanner.value()?;
        Ok(Expression::Test(Test { path, operator, operator_at, value, value_at }))
    }

    fn operator(&mut self) -> Result<Operator, Fault> {
        for (name, operator) in OPERATORS {
            if self.scanner.keyword(name) {
                return Ok(operator);
            }
        }
        let names: Vec<&str> = OPERATORS.iter().map(|(name, _)| *name).collect();
        Err(self.scanner.expected(&format!("an operator ({})", names.join(", "))))
    }
}

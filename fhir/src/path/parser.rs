//! From tokens to an expression, by the precedence of the [grammar].
//!
//! [grammar]: http://hl7.org/fhirpath/N1/grammar.html

use std::str::FromStr;
use std::sync::OnceLock;

use rust_decimal::Decimal;

use super::PathError;
use super::ast::{Call, Expr, Literal, Namespace, Operator, TypeName};
use super::functions::Function;
use super::lexer::{Token, tokens};
use super::quantity::Unit;
use crate::primitive::{DateTime, TimeOfDay};

/// Levels of an expression; evaluation recurses as deep.
pub(super) const DEPTH_MAX: usize = 100;
/// Bytes of an expression's text.
const LENGTH_MAX: usize = 64 * 1024;

/// Binding powers; type operators stand between comparison and addition.
const UNION: u8 = 7;
const TYPE: u8 = 8;

pub(super) fn parse(text: &str) -> Result<Expr, PathError> {
    if text.len() > LENGTH_MAX {
        return Err(PathError::syntax(LENGTH_MAX, "an expression has at most 65,536 bytes"));
    }
    let mut parser = Parser { tokens: tokens(text)?, at: 0, nested: 0 };
    let (expr, _) = parser.expression(0)?;
    match parser.peek() {
        Token::End => Ok(expr),
        other => Err(parser.fault(format!("the expression should end before {}", shown(other)))),
    }
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    at: usize,
    /// Brackets and operators that are open.
    nested: usize,
}

/// An expression and its depth.
type Parsed = Result<(Expr, usize), PathError>;

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn offset(&self) -> usize {
        self.tokens[self.at].1
    }

    fn next(&mut self) -> Token {
        let token = self.tokens[self.at].0.clone();
        if token != Token::End {
            self.at += 1;
        }
        token
    }

    fn fault(&self, message: impl Into<Box<str>>) -> PathError {
        PathError::syntax(self.offset(), message)
    }

    fn takes(&mut self, symbol: &'static str) -> bool {
        let is_next = *self.peek() == Token::Symbol(symbol);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, symbol: &'static str) -> Result<(), PathError> {
        if self.takes(symbol) {
            return Ok(());
        }
        let found = shown(self.peek());
        Err(self.fault(format!("expected {symbol:?}, found {found}")))
    }

    fn level(&self, depth: usize) -> Result<usize, PathError> {
        if depth < DEPTH_MAX {
            return Ok(depth + 1);
        }
        Err(self.fault(format!("an expression has at most {DEPTH_MAX} levels")))
    }

    /// Everything that binds at least as strong as `power`.
    fn expression(&mut self, power: u8) -> Parsed {
        self.nested = self.level(self.nested)?;
        let mut left = self.unary()?;
        while let Some((next_power, infix)) = self.infix() {
            if next_power < power {
                break;
            }
            self.at += 1;
            left = match infix {
                Infix::Is | Infix::As => self.type_operator(left, &infix)?,
                Infix::Union => self.union(left)?,
                Infix::Operator(operator) => {
                    let right = self.expression(next_power + 1)?;
                    let depth = self.level(left.1.max(right.1))?;
                    (Expr::Binary(operator, Box::new(left.0), Box::new(right.0)), depth)
                }
            };
        }
        self.nested -= 1;
        Ok(left)
    }

    fn type_operator(&mut self, left: (Expr, usize), infix: &Infix) -> Parsed {
        let name = self.type_name()?;
        let depth = self.level(left.1)?;
        let left = Box::new(left.0);
        let expr = match infix {
            Infix::Is => Expr::Is(left, name),
            _ => Expr::As(left, name),
        };
        Ok((expr, depth))
    }

    /// Unions are one level however many parts they have: search parameters have dozens.
    fn union(&mut self, left: (Expr, usize)) -> Parsed {
        let mut depth = left.1;
        let mut parts = vec![left.0];
        loop {
            let (part, part_depth) = self.expression(UNION + 1)?;
            depth = depth.max(part_depth);
            parts.push(part);
            if !self.takes("|") {
                return Ok((Expr::Union(parts), self.level(depth)?));
            }
        }
    }

    fn infix(&self) -> Option<(u8, Infix)> {
        let (power, operator) = match self.peek() {
            Token::Symbol(symbol) => match *symbol {
                "|" => return Some((UNION, Infix::Union)),
                "=" => (5, Operator::Equal),
                "!=" => (5, Operator::NotEqual),
                "~" => (5, Operator::Equivalent),
                "!~" => (5, Operator::NotEquivalent),
                "<" => (6, Operator::Less),
                "<=" => (6, Operator::LessOrEqual),
                ">" => (6, Operator::Greater),
                ">=" => (6, Operator::GreaterOrEqual),
                "+" => (9, Operator::Plus),
                "-" => (9, Operator::Minus),
                "&" => (9, Operator::Concatenate),
                "*" => (10, Operator::Times),
                "/" => (10, Operator::Over),
                _ => return None,
            },
            Token::Name { text, is_quoted: false } => match text.as_str() {
                "is" => return Some((TYPE, Infix::Is)),
                "as" => return Some((TYPE, Infix::As)),
                "implies" => (1, Operator::Implies),
                "or" => (2, Operator::Or),
                "xor" => (2, Operator::Xor),
                "and" => (3, Operator::And),
                "in" => (4, Operator::In),
                "contains" => (4, Operator::Contains),
                "div" => (10, Operator::Div),
                "mod" => (10, Operator::Mod),
                _ => return None,
            },
            _ => return None,
        };
        Some((power, Infix::Operator(operator)))
    }

    fn unary(&mut self) -> Parsed {
        let is_minus = self.takes("-");
        if !is_minus && !self.takes("+") {
            return self.path();
        }
        self.nested = self.level(self.nested)?;
        let (operand, depth) = self.unary()?;
        self.nested -= 1;
        let operand = Box::new(operand);
        Ok((Expr::Polarity { is_minus, operand }, self.level(depth)?))
    }

    /// A term with what is invoked on it.
    fn path(&mut self) -> Parsed {
        let mut left = self.term()?;
        loop {
            if self.takes(".") {
                let offset = self.offset();
                left = match self.next() {
                    Token::Name { text, .. } if self.takes("(") => {
                        self.call(left, &text, offset)?
                    }
                    Token::Name { text, .. } => {
                        let depth = self.level(left.1)?;
                        (Expr::Child(Box::new(left.0), text.into()), depth)
                    }
                    other => {
                        let message = format!("after . comes a name, not {}", shown(&other));
                        return Err(PathError::syntax(offset, message));
                    }
                };
            } else if self.takes("[") {
                let (index, depth) = self.expression(0)?;
                self.expect("]")?;
                let depth = self.level(left.1.max(depth))?;
                left = (Expr::At(Box::new(left.0), Box::new(index)), depth);
            } else {
                return Ok(left);
            }
        }
    }

    fn term(&mut self) -> Parsed {
        let offset = self.offset();
        let expr = match self.next() {
            Token::Symbol("(") => {
                let inner = self.expression(0)?;
                self.expect(")")?;
                return Ok(inner);
            }
            Token::Symbol("{") => {
                self.expect("}")?;
                Expr::Empty
            }
            Token::Dollar(name) => match name.as_str() {
                "this" => Expr::This,
                "index" => Expr::Index,
                _ => Expr::Total,
            },
            Token::Variable(name) => Expr::Variable(name.into()),
            Token::Name { text, is_quoted } => {
                if self.takes("(") {
                    return self.call((Expr::This, 1), &text, offset);
                }
                match text.as_str() {
                    "true" if !is_quoted => Expr::Literal(Literal::Boolean(true)),
                    "false" if !is_quoted => Expr::Literal(Literal::Boolean(false)),
                    _ => Expr::Name(text.into()),
                }
            }
            Token::String(text) => Expr::Literal(Literal::String(text.into())),
            Token::Number(text) => Expr::Literal(self.number(&text, offset)?),
            Token::DateTime(text) => Expr::Literal(date_time(&text, offset)?),
            Token::Time(text) => match TimeOfDay::parse(&text) {
                Some(time) => Expr::Literal(Literal::Time(time)),
                None => return Err(PathError::syntax(offset, "a time is @Thh:mm:ss.fff")),
            },
            other => {
                let message = format!("expected a value or a name, found {}", shown(&other));
                return Err(PathError::syntax(offset, message));
            }
        };
        Ok((expr, 1))
    }

    /// A number, and the unit after it if there is one.
    fn number(&mut self, text: &str, offset: usize) -> Result<Literal, PathError> {
        let decimal = || {
            Decimal::from_str(text)
                .map_err(|_| PathError::syntax(offset, "a number has at most 28 digits"))
        };
        let unit = match self.peek() {
            Token::String(text) => Some(Unit::of_text(text.clone())),
            Token::Name { text, is_quoted: false } => Unit::of_keyword(text),
            _ => None,
        };
        if let Some(unit) = unit {
            self.at += 1;
            return Ok(Literal::Quantity(decimal()?, unit));
        }
        match text.parse() {
            Ok(integer) if !text.contains('.') => Ok(Literal::Integer(integer)),
            _ => Ok(Literal::Decimal(decimal()?)),
        }
    }

    /// The call of a function whose opening bracket was just read.
    fn call(&mut self, base: (Expr, usize), name: &str, offset: usize) -> Parsed {
        if matches!(name, "is" | "as" | "ofType") {
            let type_name = self.type_name()?;
            self.expect(")")?;
            let depth = self.level(base.1)?;
            let base = Box::new(base.0);
            let expr = match name {
                "is" => Expr::Is(base, type_name),
                "as" => Expr::As(base, type_name),
                _ => Expr::OfType(base, type_name),
            };
            return Ok((expr, depth));
        }
        let Some(function) = Function::of_name(name) else {
            return Err(PathError::syntax(offset, format!("there is no function {name}()")));
        };
        let mut depth = base.1;
        let mut arguments = Vec::new();
        while !self.takes(")") {
            if !arguments.is_empty() {
                self.expect(",")?;
            }
            let (argument, argument_depth) = self.expression(0)?;
            depth = depth.max(argument_depth);
            arguments.push(argument);
        }
        function.check_arguments(arguments.len(), offset)?;
        let pattern = OnceLock::new();
        let call = Call { base: base.0, function, arguments, pattern, offset };
        Ok((Expr::Call(Box::new(call)), self.level(depth)?))
    }

    fn type_name(&mut self) -> Result<TypeName, PathError> {
        // The specification's own expressions have a type in brackets or in quotes here and there.
        if self.takes("(") {
            let name = self.type_name()?;
            self.expect(")")?;
            return Ok(name);
        }
        let offset = self.offset();
        let (Token::Name { text: first, .. } | Token::String(first)) = self.next() else {
            return Err(PathError::syntax(offset, "expected the name of a type"));
        };
        let namespace = match first.as_str() {
            "FHIR" => Namespace::Fhir,
            "System" => Namespace::System,
            _ => return Ok(TypeName { namespace: None, name: first.into() }),
        };
        self.expect(".")?;
        let Token::Name { text: name, .. } = self.next() else {
            return Err(PathError::syntax(offset, "after the namespace comes the name of a type"));
        };
        Ok(TypeName { namespace: Some(namespace), name: name.into() })
    }
}

enum Infix {
    Is,
    As,
    Union,
    Operator(Operator),
}

fn date_time(text: &str, offset: usize) -> Result<Literal, PathError> {
    let is_date = !text.contains('T');
    match DateTime::parse(text.strip_suffix('T').unwrap_or(text)) {
        Some(date) if is_date => Ok(Literal::Date(date)),
        Some(date_time) => Ok(Literal::DateTime(date_time)),
        None => Err(PathError::syntax(offset, "a date is @YYYY-MM-DD, a time follows after T")),
    }
}

fn shown(token: &Token) -> String {
    match token {
        Token::End => "the end".to_owned(),
        Token::Name { text, .. } => format!("{text:?}"),
        Token::String(_) => "a string".to_owned(),
        Token::Number(text) => text.clone(),
        Token::DateTime(_) | Token::Time(_) => "a date or time".to_owned(),
        Token::Variable(name) => format!("%{name}"),
        Token::Dollar(name) => format!("${name}"),
        Token::Symbol(symbol) => format!("{symbol:?}"),
    }
}

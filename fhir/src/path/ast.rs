//! The compiled form of an expression.

use std::sync::OnceLock;

use regex::Regex;
use rust_decimal::Decimal;

use super::PathError;
use super::functions::Function;
use super::quantity::Unit;
use crate::primitive::{DateTime, TimeOfDay};

/// One expression; every child is at most [`super::parser::DEPTH_MAX`] levels down.
#[derive(Debug)]
pub(super) enum Expr {
    /// `{}`
    Empty,
    /// `$this`
    This,
    /// `$index`
    Index,
    /// `$total`
    Total,
    /// A literal.
    Literal(Literal),
    /// `%name`
    Variable(Box<str>),
    /// A name at the start of a path: the type of `$this`, or a child of it.
    Name(Box<str>),
    /// `base.name`
    Child(Box<Expr>, Box<str>),
    /// `base[index]`
    At(Box<Expr>, Box<Expr>),
    /// `base is Type`
    Is(Box<Expr>, TypeName),
    /// `base as Type`
    As(Box<Expr>, TypeName),
    /// `base.ofType(Type)`
    OfType(Box<Expr>, TypeName),
    /// `-operand`, or `+operand`
    Polarity { is_minus: bool, operand: Box<Expr> },
    /// `left op right`
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `a | b | c`
    Union(Vec<Expr>),
    /// `base.function(arguments)`
    Call(Box<Call>),
    /// A part that is evaluated once, with its number among these.
    Once(u16, Box<Expr>),
}

/// A function with what it is called on.
#[derive(Debug)]
pub(super) struct Call {
    /// What it is called on.
    pub(super) base: Expr,
    /// Which function.
    pub(super) function: Function,
    /// As many as the function takes.
    pub(super) arguments: Vec<Expr>,
    /// The compiled pattern where it is a literal.
    pub(super) pattern: OnceLock<Result<Regex, PathError>>,
    /// Where the function's name stands, in bytes.
    pub(super) offset: usize,
}

/// A literal.
#[derive(Debug)]
pub(super) enum Literal {
    Boolean(bool),
    String(Box<str>),
    Integer(i64),
    Decimal(Decimal),
    Date(DateTime),
    DateTime(DateTime),
    Time(TimeOfDay),
    Quantity(Decimal, Unit<'static>),
}

/// A type as it is written: `Patient`, `FHIR.Patient`, `System.String`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TypeName {
    /// `FHIR` or `System`, if given.
    pub(super) namespace: Option<Namespace>,
    /// Name in the namespace.
    pub(super) name: Box<str>,
}

/// Where a type is defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Namespace {
    Fhir,
    System,
}

/// A binary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Times,
    Over,
    Div,
    Mod,
    Plus,
    Minus,
    Concatenate,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Equivalent,
    NotEquivalent,
    In,
    Contains,
    And,
    Or,
    Xor,
    Implies,
}

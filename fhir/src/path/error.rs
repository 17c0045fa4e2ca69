//! Why an expression cannot be parsed or evaluated.

use std::fmt;

/// What went wrong with an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathFault {
    /// The text is no FHIRPath, or names a function that does not exist.
    Syntax,
    /// The data do not fit what the expression does with them.
    Execution,
    /// A part of FHIRPath that is not available here.
    NotSupported,
    /// The fuel of the [`super::Environment`] is used up.
    Fuel,
}

/// A failure with its place in the expression where that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathError {
    /// What kind of failure.
    pub fault: PathFault,
    /// What was wrong, and what would be right.
    pub message: Box<str>,
    /// Offset in the expression's text, in bytes.
    pub offset: Option<usize>,
}

impl PathError {
    pub(crate) fn syntax(offset: usize, message: impl Into<Box<str>>) -> Self {
        Self { fault: PathFault::Syntax, message: message.into(), offset: Some(offset) }
    }

    pub(crate) fn execution(message: impl Into<Box<str>>) -> Self {
        Self { fault: PathFault::Execution, message: message.into(), offset: None }
    }

    pub(crate) fn not_supported(message: impl Into<Box<str>>) -> Self {
        Self { fault: PathFault::NotSupported, message: message.into(), offset: None }
    }

    pub(crate) fn fuel() -> Self {
        let message = "the expression needs more steps than it may take".into();
        Self { fault: PathFault::Fuel, message, offset: None }
    }

    pub(crate) fn or_at(mut self, offset: usize) -> Self {
        self.offset.get_or_insert(offset);
        self
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match self.offset {
            Some(offset) => write!(f, " (at offset {offset})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for PathError {}

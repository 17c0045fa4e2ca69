//! [OperationOutcome]: the one error that leaves the server.
//!
//! [OperationOutcome]: https://hl7.org/fhir/R4/operationoutcome.html

use std::fmt;

use crate::json::Tree;

/// What kind of failure it is; the kind alone decides the HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request breaks a rule of FHIR: 400.
    Invalid,
    /// No or no valid credentials: 401.
    Unauthenticated,
    /// Known caller, not allowed: 403.
    Forbidden,
    /// Nothing here, or nothing this caller may know of: 404.
    NotFound,
    /// A resource type, interaction or operation that this server does not know: 404.
    Unknown,
    /// The method does not fit the address: 405.
    NotAllowed,
    /// No representation that the client accepts: 406.
    NotAcceptable,
    /// The state of the store forbids it: 409.
    Conflict,
    /// Was here, is deleted: 410.
    Gone,
    /// A precondition of the request does not hold: 412.
    Precondition,
    /// More than a limit allows: 413.
    TooLarge,
    /// A body in a format that is not understood: 415.
    MediaType,
    /// Understood, but the content cannot be used: 422.
    Unprocessable,
    /// Too many requests: 429.
    Throttled,
    /// A defect of ours: 500.
    Fault,
    /// Part of FHIR, not of this server: 501.
    NotSupported,
    /// Not now: 503.
    Unavailable,
    /// Took too long: 504.
    Timeout,
    /// The disk is full: 507.
    Full,
}

impl Kind {
    /// The [issue type] that goes with the kind.
    ///
    /// [issue type]: https://hl7.org/fhir/R4/valueset-issue-type.html
    #[must_use]
    pub fn issue_code(self) -> &'static str {
        match self {
            Kind::Invalid => "invalid",
            Kind::Unauthenticated => "login",
            Kind::Forbidden => "forbidden",
            Kind::NotFound => "not-found",
            Kind::Unknown
            | Kind::NotAllowed
            | Kind::NotAcceptable
            | Kind::MediaType
            | Kind::NotSupported => "not-supported",
            Kind::Conflict | Kind::Precondition => "conflict",
            Kind::Gone => "deleted",
            Kind::TooLarge => "too-long",
            Kind::Unprocessable => "processing",
            Kind::Throttled => "throttled",
            Kind::Fault => "exception",
            Kind::Unavailable => "transient",
            Kind::Timeout => "timeout",
            Kind::Full => "no-store",
        }
    }
}

/// How serious an issue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The server itself failed.
    Fatal,
    /// The request failed for this reason.
    Error,
    /// It went through, but look at this.
    Warning,
    /// For information.
    Information,
}

impl Severity {
    /// The code of `issue.severity`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Severity::Fatal => "fatal",
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Information => "information",
        }
    }
}

/// One issue of an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// How serious.
    pub severity: Severity,
    /// Issue type: `invalid`, `required`, `value` …
    pub code: &'static str,
    /// What was wrong and what would be right, for the client to read.
    pub diagnostics: String,
    /// FHIRPath to the element, or the name of the parameter or header.
    pub expression: Option<String>,
}

impl Issue {
    /// An error of this issue type.
    #[must_use]
    pub fn error(code: &'static str, diagnostics: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, diagnostics: diagnostics.into(), expression: None }
    }

    /// The same issue, at a place.
    #[must_use]
    pub fn at(mut self, expression: impl Into<String>) -> Self {
        self.expression = Some(expression.into());
        self
    }

    fn to_tree(&self) -> Tree {
        let mut tree = Tree::object();
        tree.set("severity", Tree::string(self.severity.code()));
        tree.set("code", Tree::string(self.code));
        if !self.diagnostics.is_empty() {
            tree.set("diagnostics", Tree::string(&self.diagnostics));
        }
        if let Some(expression) = &self.expression {
            tree.set("expression", Tree::Array(vec![Tree::string(expression)]));
        }
        tree
    }
}

/// A failure with everything that the client may read, and what only the log may.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Decides the status.
    pub kind: Kind,
    /// One or more issues for the client.
    pub issues: Vec<Issue>,
    /// For the log alone: a driver's words, a path. Never a resource or an identifier.
    pub source: Option<String>,
}

impl Outcome {
    /// A failure with one issue of the kind's own issue type.
    #[must_use]
    pub fn new(kind: Kind, diagnostics: impl Into<String>) -> Self {
        let mut issue = Issue::error(kind.issue_code(), diagnostics);
        if kind == Kind::Fault {
            issue.severity = Severity::Fatal;
        }
        Self { kind, issues: vec![issue], source: None }
    }

    /// A failure with these issues; there is at least one.
    #[must_use]
    pub fn with_issues(kind: Kind, issues: Vec<Issue>) -> Self {
        Self { kind, issues, source: None }
    }

    /// A request that breaks a rule: 400.
    #[must_use]
    pub fn invalid(diagnostics: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, diagnostics)
    }

    /// The same failure, at a place: an expression for every issue that has none.
    #[must_use]
    pub fn at(mut self, expression: impl Into<String>) -> Self {
        let expression = expression.into();
        for issue in &mut self.issues {
            issue.expression.get_or_insert_with(|| expression.clone());
        }
        self
    }

    /// The same failure under another issue type.
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        for issue in &mut self.issues {
            issue.code = code;
        }
        self
    }

    /// The same failure with what the log should know.
    #[must_use]
    pub fn because(mut self, source: impl fmt::Display) -> Self {
        self.source = Some(source.to_string());
        self
    }

    /// The OperationOutcome resource.
    #[must_use]
    pub fn to_tree(&self) -> Tree {
        outcome_tree(&self.issues)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, issue) in self.issues.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            f.write_str(&issue.diagnostics)?;
            if let Some(expression) = &issue.expression {
                write!(f, " ({expression})")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Outcome {}

/// An OperationOutcome resource of these issues: an answer that need not be a failure.
#[must_use]
pub fn outcome_tree(issues: &[Issue]) -> Tree {
    let mut tree = Tree::object();
    tree.set("resourceType", Tree::string("OperationOutcome"));
    tree.set("issue", Tree::Array(issues.iter().map(Issue::to_tree).collect()));
    tree
}

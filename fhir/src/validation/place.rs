//! Where in a resource the walk stands, as FHIRPath for an issue's expression.

/// One step, linked to the step before it: built on the stack, spelled out only for an error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    name: &'a str,
    index: Option<usize>,
}

impl<'a> Place<'a> {
    /// The resource itself: `Patient`.
    pub(super) fn root(type_name: &'a str) -> Self {
        Self { parent: None, name: type_name, index: None }
    }

    /// An element: `Patient.name`; a choice by its stem.
    pub(super) fn child(&'a self, name: &'a str) -> Place<'a> {
        Place { parent: Some(self), name, index: None }
    }

    /// One repetition: `Patient.name[0]`.
    pub(super) fn item(self, index: usize) -> Self {
        Self { index: Some(index), ..self }
    }

    /// `Patient.name[0].given[1]`.
    pub(super) fn expression(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(out);
            out.push('.');
        }
        let is_name = self.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if is_name && !self.name.starts_with(|first: char| first.is_ascii_digit()) {
            out.push_str(self.name);
        } else {
            out.push('`');
            out.push_str(&self.name.replace('\\', "\\\\").replace('`', "\\`"));
            out.push('`');
        }
        if let Some(index) = self.index {
            out.push('[');
            out.push_str(&index.to_string());
            out.push(']');
        }
    }
}

//! A tenant: the partition that a store belongs to.

use std::fmt;
use std::sync::Arc;

use crate::StoreError;

/// A tenant's name: `[a-z0-9-]{1,63}`, not beginning with a hyphen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tenant(Arc<str>);

impl Tenant {
    /// Reads a tenant's name.
    ///
    /// # Errors
    /// A text that is no such name.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let is_name = (1..=63).contains(&text.len())
            && !text.starts_with('-')
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if is_name {
            return Ok(Self(Arc::from(text)));
        }
        Err(StoreError::Fault(format!(
            "{text:?} is no tenant: 1 to 63 of a-z, 0-9 and -, the first no hyphen"
        )))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Tenant;

    #[test]
    fn a_tenant_is_a_short_lower_case_name() {
        for name in ["default", "a", "0-1"] {
            assert!(Tenant::parse(name).is_ok(), "{name}");
        }
        for name in ["", "-a", "A", "a/b", "..", "ä", &"a".repeat(64)] {
            assert!(Tenant::parse(name).is_err(), "{name}");
        }
    }
}

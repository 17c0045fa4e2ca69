//! How much one search may ask.

use std::cell::Cell;

use super::problem::Problem;

/// Most conditions of one search, once its chains are written out for every type that they may go
/// over.
const CONDITIONS_MAX: usize = 20_000;

/// References that one parameter may go over, forward and backward.
pub(super) const HOPS_MAX: usize = 8;

/// What is left of the conditions that a search may have.
pub(super) struct Budget(Cell<Option<usize>>);

impl Budget {
    pub(super) fn new() -> Self {
        Self(Cell::new(Some(CONDITIONS_MAX)))
    }

    /// Takes `conditions` for the parameter `name`; nothing is left for ever once it is too much.
    pub(super) fn spend(&self, name: &str, conditions: usize) -> Result<(), Problem> {
        let left = self.0.get().and_then(|left| left.checked_sub(conditions));
        self.0.set(left);
        if left.is_some() {
            return Ok(());
        }
        Err(Problem::value(
            name,
            format!(
                "the search comes to more than {CONDITIONS_MAX} conditions, each type that a chain \
                 may go over counted: name the types, as in subject:Patient.name, or give fewer \
                 values."
            ),
        ))
    }

    /// Was more asked than there is?
    pub(super) fn is_spent(&self) -> bool {
        self.0.get().is_none()
    }
}

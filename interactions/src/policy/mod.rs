//! Who may do what: nothing but this module makes a [`Permit`], and nothing but a permit leads to a
//! store.
//!
//! There is no authentication yet: whoever reaches the loopback address may do everything, and the
//! server refuses to listen anywhere else.

use std::sync::Arc;

use fhir::Outcome;
use fhir::definitions::Definitions;
use storage::Store;

use crate::capabilities::Statements;
use crate::catalog::Catalog;
use crate::catalogs::Catalogs;
use crate::search::page::Seal;
use crate::{Caller, Door, Interaction, Operation, Performer, Settings, Wire};

/// Leave to carry out one interaction on one tenant's store.
pub(crate) struct Permit<'a> {
    performer: &'a Performer,
    caller: &'a Caller,
    catalog: Arc<Catalog>,
}

/// Judges an interaction.
#[expect(clippy::unnecessary_wraps, reason = "scopes will refuse here; every caller is ready")]
pub(crate) fn permit<'a>(
    performer: &'a Performer,
    caller: &'a Caller,
    catalog: Arc<Catalog>,
    _interaction: &Interaction,
) -> Result<Permit<'a>, Outcome> {
    Ok(Permit { performer, caller, catalog })
}

/// Leave for a job of the server's own, which was permitted when its Task was made.
pub(crate) fn of_job<'a>(
    performer: &'a Performer,
    caller: &'a Caller,
    catalog: Arc<Catalog>,
) -> Permit<'a> {
    Permit { performer, caller, catalog }
}

impl<'a> Permit<'a> {
    pub(crate) fn store(&self) -> &'a Store {
        &self.performer.store
    }

    pub(crate) fn settings(&self) -> &'a Settings {
        &self.performer.settings
    }

    pub(crate) fn definitions(&self) -> &Definitions {
        &self.catalog.definitions
    }

    /// The tenant's search parameters, as they were when the interaction began.
    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    pub(crate) fn catalogs(&self) -> &'a Catalogs {
        &self.performer.catalogs
    }

    pub(crate) fn operations(&self) -> &'a [Box<dyn Operation>] {
        &self.performer.operations
    }

    pub(crate) fn wire(&self) -> &'a dyn Wire {
        self.performer.wire.as_ref()
    }

    pub(crate) fn seal(&self) -> &'a Seal {
        &self.performer.seal
    }

    pub(crate) fn statements(&self) -> &Statements {
        &self.catalog.statements
    }

    pub(crate) fn caller(&self) -> &'a Caller {
        self.caller
    }

    /// The door itself, for what performs further interactions as the same caller.
    pub(crate) fn door(&self) -> &'a dyn Door {
        self.performer
    }

    /// The address of a resource under the base that the request came through.
    pub(crate) fn address(&self, resource: &str, id: &str) -> String {
        format!("{}/{resource}/{id}", self.caller.base)
    }
}

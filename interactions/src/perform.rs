//! The door: policy gives a [`Permit`] or an [`Outcome`], then the interaction is dispatched.

use std::sync::Arc;

use fhir::Outcome;
use storage::Store;

use crate::catalogs::Catalogs;
use crate::policy::Permit;
use crate::search::page::Seal;
use crate::{
    Answer, Caller, Door, Interaction, Operation, Performing, Settings, Wire, batch, capabilities,
    create, delete, envelope, history, invoke, patch, policy, read, search, transaction, update,
    vread,
};

/// What performs the interactions of one tenant: the real door.
pub struct Performer {
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    pub(crate) operations: Vec<Box<dyn Operation>>,
    pub(crate) wire: Arc<dyn Wire>,
    pub(crate) seal: Seal,
    pub(crate) catalogs: Catalogs,
}

impl Performer {
    /// The door to this store. `wire` reads and words what stands in entries of a batch or
    /// transaction like requests and responses of their own.
    #[must_use]
    pub fn new(
        store: Store,
        settings: Settings,
        operations: Vec<Box<dyn Operation>>,
        wire: Arc<dyn Wire>,
    ) -> Self {
        let seal = Seal::new(&store.secret());
        let catalogs = Catalogs::new(store.clone(), settings.bases.clone());
        Self { store, settings, operations, wire, seal, catalogs }
    }

    async fn dispatch(&self, caller: &Caller, interaction: Interaction) -> Result<Answer, Outcome> {
        let catalog = self.catalogs.current().await?;
        let permit = &policy::permit(self, caller, catalog, &interaction)?;
        match interaction {
            Interaction::Read(request) => read::read(permit, request).await,
            Interaction::Vread(request) => vread::vread(permit, request).await,
            Interaction::History(request) => history::history(permit, request).await,
            Interaction::Create(request) => create::create(permit, request).await,
            Interaction::Update(request) => update::update(permit, request).await,
            Interaction::Patch(request) => patch::patch(permit, request).await,
            Interaction::Delete(request) => delete::delete(permit, request).await,
            Interaction::Search(request) => search::search(permit, request).await,
            Interaction::Capabilities(mode) => capabilities::capabilities(permit, mode),
            Interaction::Bundle(submission) => submit(permit, submission).await,
            Interaction::Operation { code, input } => invoke::invoke(permit, &code, input).await,
        }
    }
}

impl Door for Performer {
    fn perform<'a>(&'a self, caller: &'a Caller, interaction: Interaction) -> Performing<'a> {
        Box::pin(self.dispatch(caller, interaction))
    }
}

async fn submit(
    permit: &Permit<'_>,
    submission: crate::BundleSubmission,
) -> Result<Answer, Outcome> {
    let root = submission.body.root();
    if root.str("resourceType").as_deref() != Some("Bundle") {
        return Err(Outcome::invalid(
            "What is posted to the base is a Bundle of type batch or transaction; other \
             resources are posted to their type: POST [base]/[type].",
        ));
    }
    match root.str("type").as_deref() {
        Some("batch") => {
            envelope::check_bundle(permit, root)?;
            batch::batch(permit, submission).await
        }
        Some("transaction") => {
            envelope::check_bundle(permit, root)?;
            transaction::transaction(permit, submission).await
        }
        other => Err(Outcome::invalid(format!(
            "Bundle.type is {}: what is posted to the base has type batch or transaction; to store \
             another Bundle, POST it to [base]/Bundle.",
            other.map_or_else(|| "missing".to_owned(), |kind| format!("'{kind}'"))
        ))
        .at("Bundle.type")),
    }
}

//! The one door through which everything is asked of a tenant.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use fhir::Outcome;

use crate::{Answer, Interaction};

/// Who asks, and through which address: what holds for every interaction of a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The FHIR base through which the request came, without a slash at its end, made from the
    /// configured public address: `http://127.0.0.1:8080/fhir`. Links in answers start with it.
    pub base: Arc<str>,
    /// The request's id, for the log and for failures.
    pub request_id: Arc<str>,
    /// `Prefer: handling=lenient`: what a search does not know is left out and named.
    pub is_lenient: bool,
}

/// An interaction under way.
pub type Performing<'a> = Pin<Box<dyn Future<Output = Result<Answer, Outcome>> + Send + 'a>>;

/// The door: the real one performs on a store; a scripted one stands in for it where operations are
/// tested.
pub trait Door: Send + Sync {
    /// Performs the interaction as the caller may.
    fn perform<'a>(&'a self, caller: &'a Caller, interaction: Interaction) -> Performing<'a>;
}

//! The [vread] interaction: one version of a resource, also of one that is deleted by now.
//!
//! [vread]: https://hl7.org/fhir/R4/http.html#vread

use fhir::{Kind, Outcome};

use crate::policy::Permit;
use crate::read::{cut, gone, parts};
use crate::{Answer, Vread};

pub(crate) async fn vread(permit: &Permit<'_>, request: Vread) -> Result<Answer, Outcome> {
    let parts = parts(permit, &request.key, &request.parameters)?;
    let missing = || {
        Outcome::new(
            Kind::NotFound,
            format!(
                "There is no version '{}' of {key}; {key}/_history lists its versions.",
                request.version,
                key = request.key
            ),
        )
    };
    // Version ids are whole numbers without leading zeros: any other text names no version.
    let number: u64 = request.version.parse().map_err(|_| missing())?;
    if number.to_string() != request.version {
        return Err(missing());
    }
    let Some(version) = permit.store().vread(&request.key, number).await? else {
        return Err(missing());
    };
    if version.is_deleted() {
        return Err(gone(&request.key, version.version));
    }
    cut(permit, version, &parts)
}

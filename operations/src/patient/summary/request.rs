//! What `$summary` was asked for: about whom, for whom, within which bounds.

use fhir::{Kind, Outcome};
use interactions::{Caller, Door, Input, Key, SearchScope};

use super::{Audience, Options};
use crate::{arguments, pages};

/// Profiles whose rules a summary keeps, without their version.
const PROFILES: [&str; 2] = [
    "http://hl7.org/fhir/uv/ips/StructureDefinition/Composition-uv-ips",
    "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips",
];

/// The options that the parameters state.
pub(super) fn options(input: &Input, base: &str, now_us: i64) -> Result<Options, Outcome> {
    if let Some(profile) = arguments::one(input, "profile") {
        check_profile(&profile)?;
    }
    let audience = match arguments::one(input, "audience").as_deref() {
        None | Some("clinician") => Audience::Clinician,
        Some("patient") => Audience::Patient,
        Some(other) => return Err(arguments::wrong("audience", other, "clinician or patient")),
    };
    let start = arguments::date(input, "start")?;
    let end = arguments::date(input, "end")?;
    arguments::ordered(start.as_ref(), end.as_ref())?;
    let since = arguments::instant(input, "_since")?;
    Ok(Options { now_us, audience, start, end, since, base: base.to_owned() })
}

/// Version 1 of the guide forbids emptyReason, which these summaries have.
fn check_profile(profile: &str) -> Result<(), Outcome> {
    let (url, version) = profile.split_once('|').unwrap_or((profile, "2"));
    let is_known = PROFILES.contains(&url) && (version == "2" || version.starts_with("2."));
    if is_known {
        return Ok(());
    }
    let expected = format!("a supported profile: {} (version 2)", PROFILES.join(", "));
    Err(arguments::wrong("profile", profile, &expected))
}

/// Which patient: the one in the address, or the one with the identifier.
pub(super) async fn patient(
    door: &dyn Door,
    caller: &Caller,
    input: &Input,
) -> Result<Key, Outcome> {
    let given = ["identifier", "identifer"].iter().find_map(|name| arguments::one(input, name));
    match (&input.key, given) {
        (Some(key), None) => Ok(key.clone()),
        (Some(_), Some(_)) => {
            Err(Outcome::invalid("name the patient by address or by identifier, not by both")
                .at("identifier"))
        }
        (None, Some(token)) => by_identifier(door, caller, &token).await,
        (None, None) => Err(Outcome::invalid(
            "name the patient: Patient/id/$summary, or Patient/$summary?identifier=system|value",
        )
        .at("identifier")),
    }
}

async fn by_identifier(door: &dyn Door, caller: &Caller, token: &str) -> Result<Key, Outcome> {
    let value = token.rsplit('|').next().unwrap_or(token);
    if value.trim().is_empty() || token.contains(',') {
        let expected = "one identifier such as http://hospital.example/mrn|12345";
        return Err(arguments::wrong("identifier", token, expected));
    }
    let scope = SearchScope::Type("Patient".into());
    let parameters =
        vec![("identifier".to_owned(), token.to_owned()), ("_count".to_owned(), "2".to_owned())];
    let page = pages::page(door, caller, &scope, parameters).await?;
    match page.found.as_slice() {
        [] => Err(Outcome::new(Kind::NotFound, "no patient has this identifier").at("identifier")),
        [one] => Ok(Key::new("Patient", one.id.as_str())),
        _ => Err(Outcome::new(
            Kind::Precondition,
            "several patients have this identifier; name its system, or the patient by id",
        )
        .at("identifier")),
    }
}

//! The typed client fhir-sdk drives a running server, whose FHIR base `BRIGID_BASE` names. The client
//! knows R4B and not R4; the resources used here are the same in both, and `version.rs` makes its
//! requests those of a client of R4.

mod version;

use std::error::Error;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::OnceLock;

use fhir_sdk::client::{Client, ResourceWrite, SearchParameters};
use fhir_sdk::r4b::codes::{AdministrativeGender, BundleType, ObservationStatus};
use fhir_sdk::r4b::resources::{
    Bundle, CapabilityStatement, Observation, OperationOutcome, Patient, Resource, ResourceType,
};
use fhir_sdk::r4b::types::{CodeableConcept, Coding, HumanName, Identifier, Reference};
use fhir_sdk::version::FhirR4B;
use fhir_sdk::{Date, HttpClient, StatusCode, TryStreamExt, Url};

type Done = Result<(), Box<dyn Error>>;

/// The FHIR base of the server under test.
fn base() -> Url {
    let base = std::env::var("BRIGID_BASE").unwrap_or_else(|_| {
        panic!(
            "BRIGID_BASE is not set: it is the FHIR base of a running server, such as \
             http://127.0.0.1:8080/fhir; `cargo xtask clients` starts one and sets it"
        )
    });
    base.parse().unwrap_or_else(|error| panic!("BRIGID_BASE is {base}: {error}"))
}

/// A client of the server under test that asks for R4.
fn client() -> Client<FhirR4B> {
    static WAY: OnceLock<SocketAddr> = OnceLock::new();
    let way = WAY.get_or_init(|| {
        let servers = base().socket_addrs(|| None).expect("BRIGID_BASE names a host and a port");
        version::listen(servers[0]).expect("a port of the loopback is free")
    });
    let proxy = reqwest::Proxy::http(format!("http://{way}")).expect("an address is a URL");
    let http = HttpClient::builder().proxy(proxy).build().expect("a proxy is all it has");
    Client::builder().base_url(base()).client(http).build().expect("base and client are there")
}

/// A patient whom these tests alone know.
fn patient(family: &str) -> Result<Patient, Box<dyn Error>> {
    let name = HumanName::builder()
        .family(family.to_owned())
        .given(vec![Some("Ada".to_owned()), Some("Maria".to_owned())])
        .build()?;
    let identifier = Identifier::builder()
        .system("http://clients.example.org/fhir-sdk".to_owned())
        .value(family.to_owned())
        .build()?;
    Ok(Patient::builder()
        .active(true)
        .gender(AdministrativeGender::Female)
        .birth_date(Date::from_str("1957-03-08")?)
        .identifier(vec![Some(identifier)])
        .name(vec![Some(name)])
        .build()?)
}

fn observation(subject: &str) -> Result<Observation, Box<dyn Error>> {
    let coding = Coding::builder()
        .system("http://loinc.org".to_owned())
        .code("4548-4".to_owned())
        .build()?;
    Ok(Observation::builder()
        .status(ObservationStatus::Final)
        .code(CodeableConcept::builder().coding(vec![Some(coding)]).build()?)
        .subject(Reference::builder().reference(subject.to_owned()).build()?)
        .build()?)
}

/// The status and the first diagnostics of an answer that refuses.
#[track_caller]
fn refusal(error: fhir_sdk::client::Error) -> (StatusCode, String) {
    let fhir_sdk::client::Error::OperationOutcomeR4B(status, outcome) = error else {
        panic!("no OperationOutcome but {error}");
    };
    (status, diagnostics(&outcome))
}

fn diagnostics(outcome: &OperationOutcome) -> String {
    let issues = outcome.issue.iter().flatten();
    issues.filter_map(|issue| issue.diagnostics.clone()).collect::<Vec<_>>().join("\n")
}

/// Resources of the entries of a Bundle.
fn resources(bundle: &Bundle) -> impl Iterator<Item = &Resource> {
    bundle.entry.iter().flatten().filter_map(|entry| entry.resource.as_ref())
}

#[tokio::test]
async fn a_client_of_another_version_is_told_so() -> Done {
    let client: Client<FhirR4B> = Client::new(base())?;
    let error = client.capabilities().await.err().ok_or("R4B was promised")?;
    let (status, said) = refusal(error);
    assert_eq!(status, StatusCode::NOT_ACCEPTABLE);
    assert!(said.contains("fhirVersion=4.0"), "{said}");
    Ok(())
}

#[tokio::test]
async fn the_capability_statement_is_typed() -> Done {
    let statement: CapabilityStatement = client().capabilities().await?;
    let rest = statement.rest.iter().flatten().next().ok_or("rest is missing")?;
    assert!(rest.resource.iter().flatten().any(|resource| resource.r#type.as_ref() == "Patient"));
    Ok(())
}

#[tokio::test]
async fn what_was_created_is_read_as_it_was() -> Done {
    let client = client();
    let mut created = patient("SdkCreate")?;
    let id = created.create(&client).await?;
    let read: Patient = client.read(&id).await?.ok_or("the new patient is not found")?;
    assert_eq!(read.id.as_deref(), Some(&*id));
    assert_eq!(read.name, created.name);
    assert_eq!(read.identifier, created.identifier);
    assert_eq!(read.birth_date, created.birth_date);
    let meta = read.meta.as_ref().ok_or("meta is missing")?;
    let sent = created.meta.as_ref().ok_or("the client kept no version")?;
    assert_eq!(meta.version_id, sent.version_id);
    assert!(meta.last_updated.is_some());
    Ok(())
}

#[tokio::test]
async fn an_update_makes_a_version_and_a_stale_one_is_refused() -> Done {
    let client = client();
    let mut current = patient("SdkUpdate")?;
    let id = current.create(&client).await?;
    let mut stale = current.clone();
    current.active = Some(false);
    assert!(!current.update(true, &client).await?, "the update of what exists created it");
    let read: Patient = client.read(&id).await?.ok_or("the patient is not found")?;
    assert_eq!(read.active, Some(false));
    stale.gender = Some(AdministrativeGender::Other);
    let error = stale.update(true, &client).await.err().ok_or("a stale version was accepted")?;
    assert_eq!(refusal(error).0, StatusCode::PRECONDITION_FAILED);
    Ok(())
}

#[tokio::test]
async fn an_update_with_the_clients_id_creates() -> Done {
    let client = client();
    let mut own = patient("SdkOwnId")?;
    own.id = Some("sdk-own-id".to_owned());
    assert!(own.update(false, &client).await?, "nothing was created");
    assert!(client.read::<Patient>("sdk-own-id").await?.is_some());
    Ok(())
}

#[tokio::test]
async fn a_patch_changes_what_it_names() -> Done {
    let client = client();
    let mut patched = patient("SdkPatch")?;
    let id = patched.create(&client).await?;
    client
        .patch_via_json(ResourceType::Patient, &id)
        .replace("/gender", AdministrativeGender::Male)?
        .remove("/active")
        .send()
        .await?;
    let read: Patient = client.read(&id).await?.ok_or("the patient is not found")?;
    assert_eq!(read.gender, Some(AdministrativeGender::Male));
    assert_eq!(read.active, None);
    assert_eq!(read.name, patched.name);
    Ok(())
}

#[tokio::test]
async fn a_search_finds_by_several_parameters() -> Done {
    let client = client();
    let id = patient("SdkSearch")?.create(&client).await?;
    let query = |birth: &str| {
        SearchParameters::empty()
            .and_raw("identifier", "http://clients.example.org/fhir-sdk|SdkSearch")
            .and_raw("birthdate", birth)
            .and_raw("gender", "female")
    };
    let page = client.search::<Patient>(query("lt1960")).await?;
    let found: Vec<_> = page.matches().filter_map(|patient| patient.id.as_deref()).collect();
    assert_eq!(found, [&*id]);
    assert_eq!(client.search::<Patient>(query("gt1960")).await?.matches().count(), 0);
    Ok(())
}

#[tokio::test]
async fn pages_hold_every_match_once() -> Done {
    let client = client();
    let mut batch = client.batch();
    for _ in 0..23 {
        batch.create(patient("SdkPages")?);
    }
    let made = batch.send().await?;
    assert_eq!(made.entry.len(), 23);
    let query = SearchParameters::empty().and_raw("family:exact", "SdkPages").and_raw("_count", 5);
    let first = client.search::<Patient>(query).await?;
    assert_eq!(first.matches().count(), 5);
    assert!(first.next_page_url().is_some());
    let all: Vec<Patient> = first.all_matches().try_collect().await?;
    let mut ids: Vec<String> = all.into_iter().filter_map(|patient| patient.id.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 23);
    Ok(())
}

#[tokio::test]
async fn a_transaction_links_what_it_creates() -> Done {
    let client = client();
    let mut transaction = client.transaction();
    let address = transaction.create(patient("SdkTransaction")?);
    transaction.create(observation(&address)?);
    let answer = transaction.send().await?;
    assert_eq!(answer.r#type, BundleType::TransactionResponse);
    let locations: Vec<String> = answer
        .entry
        .iter()
        .flatten()
        .filter_map(|entry| entry.response.as_ref()?.location.clone())
        .collect();
    assert_eq!(locations.len(), 2, "{locations:?}");
    let query = SearchParameters::empty()
        .and_raw("identifier", "http://clients.example.org/fhir-sdk|SdkTransaction")
        .and_raw("_revinclude", "Observation:subject");
    let page = client.search::<Patient>(query).await?;
    let patient = page.matches().next().ok_or("the patient is not found")?;
    let subjects: Vec<String> = resources(page.bundle())
        .filter_map(|resource| <&Observation>::try_from(resource).ok())
        .filter_map(|observation| observation.subject.as_ref()?.reference.clone())
        .collect();
    assert_eq!(subjects, [format!("Patient/{}", patient.id.as_deref().unwrap_or_default())]);
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_fails_leaves_nothing() -> Done {
    let client = client();
    let mut transaction = client.transaction();
    transaction.create(patient("SdkRolledBack")?);
    let mut refused = patient("SdkRolledBack")?;
    refused.name = vec![Some(HumanName::builder().build()?)];
    transaction.create(refused);
    let error = transaction.send().await.err().ok_or("the transaction was accepted")?;
    assert_eq!(refusal(error).0, StatusCode::BAD_REQUEST);
    let query = SearchParameters::empty().and_raw("family:exact", "SdkRolledBack");
    assert_eq!(client.search::<Patient>(query).await?.matches().count(), 0);
    Ok(())
}

#[tokio::test]
async fn the_history_tells_of_every_version_and_of_the_deletion() -> Done {
    let client = client();
    let mut told = patient("SdkHistory")?;
    let id = told.create(&client).await?;
    let first = told.meta.as_ref().and_then(|meta| meta.version_id.clone()).ok_or("no version")?;
    told.active = Some(false);
    told.update(false, &client).await?;
    told.delete(&client).await?;
    let history = client.history::<Patient>(Some(&id)).await?.into_inner();
    assert_eq!(history.r#type, BundleType::History);
    let states: Vec<Option<bool>> = resources(&history)
        .filter_map(|resource| <&Patient>::try_from(resource).ok())
        .map(|patient| patient.active)
        .collect();
    assert_eq!(history.entry.len(), 3);
    assert_eq!(states, [Some(false), Some(true)]);
    let old: Patient = client.read_version(&id, &first).await?.ok_or("no first version")?;
    assert_eq!(old.active, Some(true));
    Ok(())
}

#[tokio::test]
async fn a_refused_resource_raises_its_outcome() -> Done {
    let client = client();
    let mut refused = patient("SdkRefused")?;
    // An element without content is what these types let through and FHIR does not.
    refused.name = vec![Some(HumanName::builder().build()?)];
    let error = refused.create(&client).await.err().ok_or("it was accepted")?;
    let (status, said) = refusal(error);
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(!said.is_empty(), "the outcome says nothing");
    Ok(())
}

#[tokio::test]
async fn an_unknown_search_parameter_raises_its_outcome() -> Done {
    let query = SearchParameters::empty().and_raw("shoe-size", 42);
    let error = client().search::<Patient>(query).await.err().ok_or("it was accepted")?;
    let (status, said) = refusal(error);
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(said.contains("shoe-size"), "{said}");
    Ok(())
}

#[tokio::test]
async fn what_was_deleted_is_gone() -> Done {
    let client = client();
    let mut deleted = patient("SdkDelete")?;
    let id = deleted.create(&client).await?;
    deleted.delete(&client).await?;
    assert!(client.read::<Patient>(&id).await?.is_none());
    let query = SearchParameters::empty().and_raw("_id", &id);
    assert_eq!(client.search::<Patient>(query).await?.matches().count(), 0);
    Ok(())
}

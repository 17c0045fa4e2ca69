//! TLS between Brigid and its database: authorities, certificates of both sides, and an account that
//! is known by its certificate. All certificates are made by the tests.

use std::fs;
use std::path::Path;

use brigid_tests::{Database, Place, Server};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use serde_json::json;

use super::start::check;

/// An authority of the tests' own, and the folder of its files.
struct Authority<'a> {
    folder: &'a Path,
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate, as a file.
    file: String,
}

impl<'a> Authority<'a> {
    fn new(folder: &'a Path, name: &str) -> Self {
        let mut params = params(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let file = write(folder, &format!("{name}.pem"), &certificate.pem());
        Self { folder, issuer: Issuer::new(params, key), file }
    }

    /// A certificate for these hosts, and its key: each as a file, and both in one.
    fn signs(&self, name: &str, hosts: &[&str]) -> Signed {
        let mut params = params(name, hosts);
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        let key = key.serialize_pem();
        Signed {
            certificate: write(self.folder, &format!("{name}.pem"), &certificate),
            key: write(self.folder, &format!("{name}.key"), &key),
            both: write(self.folder, &format!("{name}-both.pem"), &(certificate + &key)),
        }
    }
}

struct Signed {
    certificate: String,
    key: String,
    both: String,
}

fn params(name: &str, hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

/// A database that proves itself by this certificate.
fn secured(folder: &Path, own: &Signed, more: &[&str]) -> Database {
    let own = ["--tls-cert-file", &own.certificate, "--tls-key-file", &own.key];
    Database::secured(folder, &[&own, more].concat())
}

fn uri(database: &Database) -> String {
    format!("mongodb://{}/?tls=true", database.address())
}

const CA_FILE: &str = "BRIGID_STORAGE__MONGODB_TLS_CA_FILE";
const CERTIFICATE_FILE: &str = "BRIGID_STORAGE__MONGODB_TLS_CERTIFICATE_FILE";

/// With these settings a resource is written and read.
#[track_caller]
fn works(uri: &str, settings: &[(&str, &str)]) {
    let place = Place::Database { uri: uri.to_owned(), prefix: "tls_".to_owned() };
    let server = Server::start_on(&place, settings);
    let patient = json!({"resourceType": "Patient"});
    let id = server.post("Patient").json(&patient).send().expect(201).json()["id"].clone();
    let id = id.as_str().unwrap_or_default().to_owned();
    server.get(&format!("Patient/{id}")).send().expect(200);
}

#[test]
fn a_database_is_trusted_by_its_authority_and_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) =
        (Authority::new(folder.path(), "ours"), Authority::new(folder.path(), "other"));
    let database = secured(folder.path(), &ours.signs("server", &["127.0.0.1", "localhost"]), &[]);
    works(&uri(&database), &[("storage.mongodb_tls_ca_file", &ours.file)]);
    // The file alone turns TLS on.
    let plain = format!("mongodb://{}/", database.address());
    works(&plain, &[("storage.mongodb_tls_ca_file", &ours.file)]);
    let address = database.address();
    check(&uri(&database), &[(CA_FILE, &other.file)], &["certificate", address]);
    check(&uri(&database), &[], &["certificate", address]);
    check(&plain, &[], &[address]);
}

#[test]
fn a_certificate_of_another_host_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let ours = Authority::new(folder.path(), "ours");
    let database = secured(folder.path(), &ours.signs("server", &["db.example"]), &[]);
    check(&uri(&database), &[(CA_FILE, &ours.file)], &["certificate", database.address()]);
}

#[test]
fn a_database_without_tls_is_not_spoken_to_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let ours = Authority::new(folder.path(), "ours");
    let address = Database::shared().address();
    check(&format!("mongodb://{address}/?tls=true"), &[(CA_FILE, &ours.file)], &[address]);
}

#[test]
fn files_of_certificates_are_named_when_they_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let ours = Authority::new(folder.path(), "ours");
    let own = ours.signs("server", &["127.0.0.1"]);
    let database = secured(folder.path(), &own, &[]);
    let text = write(folder.path(), "text.pem", "no certificate");
    let here = uri(&database);
    check(&here, &[(CA_FILE, &text)], &["text.pem", "pem"]);
    let with_ca = |file: &str, says: &[&str]| {
        check(&here, &[(CA_FILE, &*ours.file), (CERTIFICATE_FILE, file)], says);
    };
    with_ca(&text, &["text.pem", "pem"]);
    // A certificate without its key.
    with_ca(&own.certificate, &["server.pem", "key"]);
    with_ca("/nowhere/own.pem", &["/nowhere/own.pem"]);
}

#[test]
fn an_account_is_known_by_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let ours = Authority::new(folder.path(), "ours");
    let own = ours.signs("server", &["127.0.0.1"]);
    let (known, stranger) = (ours.signs("brigid", &[]), ours.signs("stranger", &[]));
    let mut open = Database::open(folder.path(), &[]);
    let roles = json!([{"role": "readWriteAnyDatabase", "db": "admin"}]);
    open.command(
        "$external",
        &json!({"createUser": "CN=brigid", "mechanisms": ["MONGODB-X509"], "roles": roles}),
    );
    open.kill();
    let arguments = ["--auth", "--tls-ca-file", &ours.file, "--tls-require-client-cert"];
    let database = secured(folder.path(), &own, &arguments);
    let here = format!("{}&authMechanism=MONGODB-X509", uri(&database));
    let files = [
        ("storage.mongodb_tls_ca_file", &*ours.file),
        ("storage.mongodb_tls_certificate_file", &*known.both),
    ];
    works(&here, &files);
    let address = database.address();
    let strange = [(CA_FILE, &*ours.file), (CERTIFICATE_FILE, &*stranger.both)];
    check(&here, &strange, &["credentials", address]);
    // The certificate lets it in, and says nothing of an account.
    let known = [(CA_FILE, &*ours.file), (CERTIFICATE_FILE, &*known.both)];
    check(&uri(&database), &known, &["credentials", "brigid_default"]);
    check(&uri(&database), &[(CA_FILE, &ours.file)], &[address]);
    let plain = format!("mongodb://{address}/?authMechanism=MONGODB-X509");
    check(&plain, &[], &["x.509", "tls"]);
}

//! Layers of the configuration, and what is said about wrong ones.

use std::path::{Path, PathBuf};

use super::layers::merge;
use super::{Config, Flag, Loaded, Origin, References};

fn load(file: &str, variables: &[(&str, &str)]) -> Result<Loaded, String> {
    let variables: Vec<(String, String)> =
        variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    merge(Some((Path::new("brigid.toml"), file)), &variables, &[])
}

#[track_caller]
fn refuse(file: &str, variables: &[(&str, &str)], says: &[&str]) {
    let error = load(file, variables).unwrap_err();
    for text in says {
        assert!(error.contains(text), "{text:?} in {error:?}");
    }
}

fn origin(loaded: &Loaded, key: &str) -> Origin {
    loaded.lines().find(|(held, ..)| *held == key).unwrap().2.clone()
}

#[test]
fn without_anything_the_defaults_hold() {
    let loaded = merge(None, &[], &[]).unwrap();
    assert_eq!(loaded.config, Config::default());
    assert!(loaded.lines().all(|(_, _, origin)| *origin == Origin::Default));
}

#[test]
fn flags_win_over_variables_and_these_over_the_file() {
    let file = "listen = \"a:1\"\n\n[limits]\nbody_bytes = 5\nurl_bytes = 6\n";
    let variables = [
        ("BRIGID_LIMITS__BODY_BYTES".to_owned(), "7".to_owned()),
        ("BRIGID_LISTEN".to_owned(), "b:1".to_owned()),
        ("BRIGID_CORS__ORIGINS".to_owned(), "https://a, https://b".to_owned()),
        ("BRIGID_INTEGRITY__REFERENCES".to_owned(), "check".to_owned()),
    ];
    let flag = Flag { name: "--listen", key: "listen", value: "c:1".to_owned() };
    let loaded = merge(Some((Path::new("x.toml"), file)), &variables, &[flag]).unwrap();
    assert_eq!(loaded.config.listen, "c:1");
    assert_eq!((loaded.config.limits.body_bytes, loaded.config.limits.url_bytes), (7, 6));
    assert_eq!(loaded.config.cors.origins, ["https://a", "https://b"]);
    assert_eq!(loaded.config.integrity.references, References::Check);
    assert_eq!(origin(&loaded, "listen"), Origin::Flag("--listen"));
    assert_eq!(origin(&loaded, "limits.url_bytes"), Origin::File(PathBuf::from("x.toml"), 5));
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_one() {
    refuse(
        "[limits]\nbody_byte = 1\n",
        &[],
        &["limits.body_byte ", "brigid.toml:2", "limits.body_bytes"],
    );
    refuse("", &[("BRIGID_LISTN", "x")], &["listn", "BRIGID_LISTN", "listen"]);
    refuse("body_bytes = 1", &[], &["limits.body_bytes"]);
    refuse("qqq = 1", &[], &["brigid config"]);
}

#[test]
fn a_wrong_value_is_named_with_what_would_be_right() {
    refuse("[limits]\n\nbody_bytes = \"x\"", &[], &["brigid.toml:3", "whole number"]);
    refuse("", &[("BRIGID_LIMITS__BODY_BYTES", "many")], &["many", "whole number"]);
    refuse("[integrity]\nreferences = \"chek\"", &[], &["brigid.toml:2", "ignore", "check"]);
    refuse("[limits]\npage_size_max = 10", &[], &["page_size_default"]);
    refuse("[limits]\nbody_bytes = -1", &[], &["limits.body_bytes", "-1"]);
    refuse("public_url = \"fhir.example.org\"", &[], &["public_url", "https://"]);
    refuse("public_url = \"http://a\\r\\nb\"", &[], &["public_url", "https://"]);
    refuse("default_tenant = \"../x\"", &[], &["default_tenant", "a-z"]);
    refuse("default_tenant = \"fhir\"", &[], &["default_tenant", "itself"]);
    refuse("listen = ", &[], &["brigid.toml is no TOML", "line 1"]);
}

#[test]
fn no_message_shows_a_secret() {
    let files = [
        "[storage]\nmongodb_uri = \"mongodb://u:hidden@h",
        "[storage]\nmongodb_password = \"hidden\" x",
        "[storage]\nmongodb_uri = [\"mongodb://u:hidden@h\"]",
        "[storage]\nmongodb_uri = \"mongodb://u:hidden@h\"\nmongodb_uri_file = \"f\"",
    ];
    for file in files {
        let error = load(file, &[]).unwrap_err();
        assert!(!error.contains("hidden"), "{error}");
    }
    let file = "[storage]\nmongodb_uri = \"mongodb://u:hidden@h\"\nmongodb_password = \"hidden\"";
    let loaded = load(file, &[]).unwrap();
    assert!(loaded.lines().all(|(_, text, _)| !text.contains("hidden")));
    assert!(!format!("{:?}", loaded.config).contains("hidden"));
}

#[test]
fn a_store_is_a_folder_or_a_database() {
    let folder = Flag { name: "--data-dir", key: "data_dir", value: "d".to_owned() };
    let uri = "BRIGID_STORAGE__MONGODB_URI".to_owned();
    let variables = [(uri, "mongodb://h".to_owned())];
    let error = merge(None, &variables, &[folder]).unwrap_err();
    for text in ["--data-dir", "BRIGID_STORAGE__MONGODB_URI", "one of the two"] {
        assert!(error.contains(text), "{error}");
    }
    // A folder that the file or an image names is only where files would be.
    assert!(load("data_dir = \"d\"\n[storage]\nmongodb_uri = \"mongodb://h\"", &[]).is_ok());
    let both = "mongodb_password = \"p\"\nmongodb_password_file = \"f\"";
    refuse(&format!("[storage]\n{both}"), &[], &["mongodb_password_file", "brigid.toml:3"]);
    refuse("[storage]\nmongodb_database_prefix = \"\"", &[], &["a-z"]);
    refuse("[storage]\nmongodb_database_prefix = \"A.\"", &[], &["a-z"]);
    let long = format!("[storage]\nmongodb_database_prefix = \"{}\"", "p".repeat(60));
    refuse(&long, &[], &["default", "63"]);
    refuse("[storage]\nmongodb_pool_max = 0", &[], &["at least 1"]);
}

#[test]
fn the_example_names_every_setting_with_its_default() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/brigid.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let loaded = merge(Some((Path::new(path), &text)), &[], &[]).unwrap();
    assert_eq!(loaded.config, Config::default());
    for (key, _, origin) in loaded.lines() {
        assert!(matches!(origin, Origin::File(..)), "{key} is missing");
    }
}

//! What of the settings nobody may see: passwords, and what connection strings hold.

use toml::Value;

/// Stands for what is not shown.
const MASK: &str = "********";

/// A setting's value as TOML writes it, without what is secret.
pub(super) fn shown(key: &str, value: &Value) -> String {
    match value.as_str() {
        Some("") => value.to_string(),
        Some(text) if key.ends_with("_uri") => Value::String(redacted(text)).to_string(),
        _ if is_secret(key) => format!("\"{MASK}\""),
        _ => value.to_string(),
    }
}

fn is_secret(key: &str) -> bool {
    ["secret", "password", "token", "_key", "_uri"].iter().any(|word| key.ends_with(word))
}

/// A connection string without its account and without the values of its options. What is no
/// connection string is masked whole: it may be a password in the wrong place.
///
/// ```
/// # use server::config::redacted;
/// assert_eq!(redacted("mongodb://me:x@db:27017/?tls=true"), "mongodb://********@db:27017");
/// ```
#[must_use]
pub fn redacted(uri: &str) -> String {
    let Some((scheme @ ("mongodb" | "mongodb+srv"), rest)) = uri.split_once("://") else {
        return MASK.to_owned();
    };
    // A password with a bare '@', '/' or '?' makes the string wrong, and is a password all the same:
    // the last '@' counts.
    let (account, place) = match rest.rsplit_once('@') {
        Some((_, place)) => (format!("{MASK}@"), place),
        None => (String::new(), rest),
    };
    let hosts = place.split(['/', '?', '#']).next().unwrap_or_default();
    let is_host = |c: char| c.is_ascii_alphanumeric() || ".:,-_[]".contains(c);
    if !hosts.chars().all(is_host) {
        return format!("{scheme}://{MASK}");
    }
    format!("{scheme}://{account}{hosts}")
}

#[cfg(test)]
mod tests {
    use super::{redacted, shown};
    use toml::Value;

    #[track_caller]
    fn check(uri: &str, expected: &str) {
        assert_eq!(redacted(uri), expected, "{uri}");
    }

    #[test]
    fn a_connection_string_keeps_its_hosts_alone() {
        check("mongodb://a:1,b:2,[::1]:3/?replicaSet=r", "mongodb://a:1,b:2,[::1]:3");
        check(
            "mongodb+srv://u:p@cluster.example.org/",
            "mongodb+srv://********@cluster.example.org",
        );
        check("mongodb://u@h", "mongodb://********@h");
    }

    #[test]
    fn a_password_is_hidden_wherever_a_mistake_puts_it() {
        for uri in [
            "mongodb://u:secret/x@h:1/?a=b",
            "mongodb://u:se@cret@h",
            "mongodb://u:x?secret@h",
            "u:secret@h",
            "mongodb:/u:secret@h",
            "secret",
            "http://u:secret@h",
            "mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN:secret",
            "mongodb://h secret",
        ] {
            assert!(!redacted(uri).contains("secret"), "{uri}: {}", redacted(uri));
        }
    }

    #[test]
    fn secrets_are_masked_whatever_their_type() {
        assert_eq!(shown("storage.mongodb_password", &Value::Integer(1234)), "\"********\"");
        assert_eq!(shown("storage.mongodb_password", &Value::String(String::new())), "\"\"");
        assert_eq!(shown("limits.url_bytes", &Value::Integer(5)), "5");
        assert_eq!(shown("storage.mongodb_uri", &Value::Integer(5)), "\"********\"");
    }
}

//! What clients were told, and whether a server still knows it.

use std::collections::BTreeMap;

use brigid_tests::Client;

/// What is known of one resource.
#[derive(Debug, Default, Clone)]
struct Known {
    /// Last version that was sent.
    attempted: u64,
    /// Last version that was acknowledged.
    acknowledged: u64,
    /// The acknowledged version is a deletion.
    is_deleted: bool,
}

/// What clients sent and what was acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    resources: BTreeMap<String, Known>,
    /// Transactions: were they acknowledged?
    groups: BTreeMap<String, bool>,
    /// Entries that were verified before.
    verified: usize,
}

impl Ledger {
    pub(crate) fn attempt(&mut self, id: &str, version: u64) {
        self.resources.entry(id.to_owned()).or_default().attempted = version;
    }

    pub(crate) fn acknowledge(&mut self, id: &str, version: u64, is_deleted: bool) {
        let known = self.resources.entry(id.to_owned()).or_default();
        known.acknowledged = version;
        known.is_deleted = is_deleted;
    }

    pub(crate) fn attempt_group(&mut self, group: &str) {
        self.groups.insert(group.to_owned(), false);
    }

    pub(crate) fn acknowledge_group(&mut self, group: &str) {
        self.groups.insert(group.to_owned(), true);
    }

    pub(crate) fn extend(&mut self, other: Ledger) {
        self.resources.extend(other.resources);
        self.groups.extend(other.groups);
    }

    /// Checks a sample of everything and all that the last round left in doubt.
    pub(crate) fn verify_latest(&mut self, client: &Client) {
        for (index, (id, known)) in self.resources.iter().enumerate() {
            if known.attempted != known.acknowledged || index % 16 == self.verified % 16 {
                verify(client, id, known);
            }
        }
        for (group, is_acknowledged) in &self.groups {
            if !is_acknowledged {
                verify_group(client, group, false);
            }
        }
        self.verified += 1;
    }

    pub(crate) fn verify_all(&self, client: &Client) {
        for (id, known) in &self.resources {
            verify(client, id, known);
        }
        for (group, is_acknowledged) in &self.groups {
            verify_group(client, group, *is_acknowledged);
        }
    }
}

/// The resource stands where it was acknowledged, or where the unanswered write would have put it.
#[track_caller]
fn verify(client: &Client, id: &str, known: &Known) {
    let read = client.request("GET", &format!("Patient/{id}")).send();
    let current = match read.status {
        404 => 0,
        200 | 410 => read
            .header("etag")
            .map(|etag| etag.trim_matches(|c| "W/\"".contains(c)).parse().unwrap())
            .unwrap_or(known.acknowledged.max(1)),
        other => panic!("{id}: {other} {}", read.text()),
    };
    assert!(
        current == known.acknowledged || current == known.attempted,
        "{id}: version {current}, where {known:?}"
    );
    if known.acknowledged == known.attempted {
        assert_eq!(read.status == 410, known.is_deleted, "{id}: {known:?} {}", read.text());
    }
    for version in 1..=known.acknowledged {
        let old = client.request("GET", &format!("Patient/{id}/_history/{version}")).send();
        if known.is_deleted && version == known.acknowledged {
            old.expect(410);
        } else {
            let family = old.expect(200).json()["name"][0]["family"].clone();
            assert_eq!(family, format!("V{version}"), "{id}");
        }
    }
    let search = format!("Patient?identifier=http://crash|{id}");
    let found = client.request("GET", &search).send().expect(200).entries("match");
    assert_eq!(found.len(), usize::from(read.status == 200), "{id}: search, {known:?}");
}

/// All of a transaction is there, or nothing; in the index too.
#[track_caller]
fn verify_group(client: &Client, group: &str, is_acknowledged: bool) {
    let search = format!("Patient?_tag=http://group|{group}");
    let found = client.request("GET", &search).send().expect(200).entries("match").len();
    assert!(found == 3 || (found == 0 && !is_acknowledged), "{group}: {found} of 3");
}

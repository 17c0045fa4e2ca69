//! Generated records for loads: the mix of types, codes and dates of a clinic, the same for the
//! same seed. One batch is a thousand resources that lean on no other batch but the first, so
//! that batches can be made and sent side by side.

mod codes;
mod patient;
mod resources;

use std::fmt::Write;

use super::random::{Random, Zipf, hash};

/// Resources of a batch.
pub(crate) const BATCH: usize = 1000;
/// Entries of a transaction.
const ENTRIES: usize = 200;
/// Share of the resources that have more than one version.
const CHANGED: f64 = 0.05;
/// Most versions of a resource.
const VERSIONS: usize = 10;

/// Drawn once for all batches.
pub(crate) struct Generator {
    seed: u64,
    skews: Skews,
}

/// How uneven the codes are.
struct Skews {
    measurements: Zipf,
    conditions: Zipf,
    procedures: Zipf,
    medications: Zipf,
    vaccines: Zipf,
    families: Zipf,
    staff: Zipf,
}

/// A resource before it has its id: type, id, and what follows them in its JSON, without braces.
pub(crate) struct Draft {
    pub(crate) resource: &'static str,
    pub(crate) id: String,
    pub(crate) content: String,
}

/// Transactions in the order in which they must be sent.
pub(crate) struct Batch {
    pub(crate) bundles: Vec<Bundle>,
}

/// A transaction.
pub(crate) struct Bundle {
    pub(crate) json: String,
    pub(crate) entries: usize,
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        let skews = Skews {
            measurements: Zipf::new(codes::MEASUREMENTS.len()),
            conditions: Zipf::new(codes::CONDITIONS.len()),
            procedures: Zipf::new(codes::PROCEDURES.len()),
            medications: Zipf::new(codes::MEDICATIONS.len()),
            vaccines: Zipf::new(codes::VACCINES.len()),
            families: Zipf::new(codes::FAMILIES.len()),
            staff: Zipf::new(STAFF_FIRST.practitioners),
        };
        Self { seed, skews }
    }

    /// The resources of a batch: that number, or a thousand when it is more.
    pub(crate) fn drafts(&self, batch: usize, wanted: usize) -> Vec<Draft> {
        let wanted = wanted.min(BATCH);
        let mut drafts = resources::staff(self.seed, batch, staff_of(batch));
        let mut patient = 0;
        while drafts.len() < wanted {
            let of = patient::Record::new(self, batch, patient);
            of.draw(wanted, &mut drafts);
            patient += 1;
        }
        drafts.truncate(wanted);
        drafts
    }

    /// The transactions of a batch: all resources, then the later versions of some.
    pub(crate) fn batch(&self, batch: usize, wanted: usize) -> Batch {
        let drafts = self.drafts(batch, wanted);
        let all: Vec<&Draft> = drafts.iter().collect();
        let mut bundles: Vec<Bundle> =
            all.chunks(ENTRIES).map(|some| transaction(some, 1)).collect();
        let mut random = Random::new(hash(&[self.seed, batch as u64, 11]));
        let mut changed: Vec<(&Draft, usize)> = Vec::new();
        for draft in &drafts {
            if draft.has_notes() && random.chance(CHANGED) {
                // Most have a second version, few have all ten.
                changed.push((draft, 2 + random.below(VERSIONS - 1).min(random.below(VERSIONS))));
            }
        }
        for version in 2..=VERSIONS {
            let some: Vec<&Draft> =
                changed.iter().filter(|(_, last)| *last >= version).map(|(d, _)| *d).collect();
            bundles.extend(some.chunks(ENTRIES).map(|some| transaction(some, version)));
        }
        Batch { bundles }
    }

    pub(crate) fn batches(resources: usize) -> usize {
        resources.div_ceil(BATCH)
    }
}

impl Draft {
    fn has_notes(&self) -> bool {
        matches!(self.resource, "Observation" | "Condition" | "Procedure" | "MedicationRequest")
    }

    /// The resource as JSON.
    pub(crate) fn write(&self, version: usize, out: &mut String) {
        // A string takes all that is written.
        let _ = write!(
            out,
            "{{\"resourceType\":\"{}\",\"id\":\"{}\",{}",
            self.resource, self.id, self.content
        );
        if version > 1 {
            let _ = write!(out, ",\"note\":[{{\"text\":\"Revision {version}\"}}]");
        }
        out.push('}');
    }
}

/// How many organizations, practitioners and locations a batch brings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Staff {
    pub(crate) organizations: usize,
    pub(crate) practitioners: usize,
    pub(crate) locations: usize,
}

const STAFF_FIRST: Staff = Staff { organizations: 20, practitioners: 60, locations: 20 };
const STAFF_LATER: Staff = Staff { organizations: 1, practitioners: 4, locations: 2 };

fn staff_of(batch: usize) -> Staff {
    if batch == 0 { STAFF_FIRST } else { STAFF_LATER }
}

/// The id of the n-th resource of a kind in a batch, in the form of a UUID.
pub(crate) fn id(seed: u64, batch: usize, kind: u64, number: usize) -> String {
    let high = hash(&[seed, batch as u64, kind, number as u64]);
    let low = hash(&[high, 1]);
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}

fn transaction(drafts: &[&Draft], version: usize) -> Bundle {
    let mut json = String::with_capacity(drafts.len() * 1100);
    json.push_str(r#"{"resourceType":"Bundle","type":"transaction","entry":["#);
    for (at, draft) in drafts.iter().enumerate() {
        json.push_str(if at == 0 { "{\"resource\":" } else { ",{\"resource\":" });
        draft.write(version, &mut json);
        let (resource, id) = (draft.resource, &draft.id);
        // A string takes all that is written.
        let _ = write!(
            json,
            ",\"fullUrl\":\"urn:uuid:{id}\",\
             \"request\":{{\"method\":\"PUT\",\"url\":\"{resource}/{id}\"}}}}"
        );
    }
    json.push_str("]}");
    Bundle { json, entries: drafts.len() }
}

#[cfg(test)]
mod tests;

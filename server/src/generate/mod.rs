//! Sample records: believable longitudinal FHIR R4 patients, deterministic by seed.
//!
//! Each record tells one of twelve stories. `record.rs` builds resources, the tables (`labs.rs`,
//! `medicines.rs`, `conditions.rs`, `names.rs`) hold facts, and `stories/` has one file per story.
//! No record is of a real person; nothing here reads a clock.

mod care;
mod code;
mod conditions;
mod date;
mod death;
mod labs;
mod medicines;
mod names;
mod notes;
mod person;
mod practitioners;
mod random;
mod record;
mod results;
mod stories;
#[cfg(test)]
mod tests;
mod visits;
mod vitals;

pub use date::Date;
use random::Random;
use record::Record;
use serde_json::Value;

/// What to generate.
#[derive(Clone, Debug)]
pub struct Options {
    /// Count of patient records; the first twelve tell the twelve stories in their order.
    pub patients: usize,
    /// The seed: the same one gives the same bytes.
    pub seed: u64,
    /// The day on which the records end; only appointments and due dates lie after it.
    pub today: Date,
}

/// One file of a sample set.
#[derive(Clone, Debug)]
pub struct Sample {
    /// `diabetes-1.json`; names sort in the order in which the files must be loaded.
    pub file_name: String,
    /// For people: `Diabetes with rising HbA1c: Ada Quist, 61`.
    pub title: String,
    /// Id of the Patient; none in the shared bundle.
    pub patient: Option<String>,
    /// A transaction Bundle of PUT requests.
    pub bundle: Value,
}

/// The shared organizations and practitioners, then one transaction Bundle per patient. Record
/// `i` depends on the seed, on `i` and on `today` only.
pub fn bundles(options: &Options) -> impl Iterator<Item = Sample> + use<> {
    let (seed, today) = (options.seed, options.today);
    let shared = Sample {
        file_name: "000000-organizations.json".into(),
        title: "Organizations and practitioners".into(),
        patient: None,
        bundle: practitioners::bundle(),
    };
    std::iter::once(shared)
        .chain((0..options.patients).map(move |index| sample(seed, index, today)))
}

fn sample(seed: u64, index: usize, today: Date) -> Sample {
    let mut random = Random::new(seed, index as u64 + 1);
    let story = stories::pick(index, &mut random);
    let person = story.person(&mut random, today);
    // A record that ends with a death is a record whose last day lies earlier.
    let deceased = index >= stories::STORIES.len() && story.grave && random.chance(0.25);
    let end = if deceased { today.plus_days(-random.between(30, 700)) } else { today };
    let (name, age) = (person.name(), end.age(person.birth));
    let id = format!("{}-{}", story.slug, index + 1);
    let mut record = Record::new(id.clone(), random, end, person);
    record.introduce();
    (story.write)(&mut record);
    if index >= stories::STORIES.len() && story.slug != "short" {
        stories::background::comorbidity(&mut record);
    }
    if deceased {
        record.die();
    }
    Sample {
        file_name: format!("{:06}-{id}.json", index + 1),
        title: format!("{}: {name}, {}{age}", story.title, if deceased { "died at " } else { "" }),
        patient: Some(id),
        bundle: record.into_bundle(),
    }
}

use std::collections::BTreeMap;

use fhir::json::Json;

use super::{BATCH, Generator};

#[test]
fn the_same_seed_makes_the_same_batch() {
    let text = |seed, batch| -> Vec<String> {
        let made = Generator::new(seed).batch(batch, BATCH);
        made.bundles.into_iter().map(|bundle| bundle.json).collect()
    };
    assert_eq!(text(1, 3), text(1, 3));
    assert_ne!(text(1, 3), text(2, 3));
    assert_ne!(text(1, 3), text(1, 4));
}

#[test]
fn a_batch_has_as_many_resources_as_asked_each_with_its_own_id() {
    for wanted in [1, 150, BATCH, BATCH + 1] {
        let drafts = Generator::new(1).drafts(0, wanted);
        assert_eq!(drafts.len(), wanted.min(BATCH));
        let ids: std::collections::BTreeSet<_> = drafts.iter().map(|draft| &draft.id).collect();
        assert_eq!(ids.len(), drafts.len());
    }
}

#[test]
fn about_half_of_the_resources_are_observations_and_all_are_json() {
    let generator = Generator::new(1);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for batch in 0..20 {
        for draft in generator.drafts(batch, BATCH) {
            *counts.entry(draft.resource).or_default() += 1;
            let mut text = String::new();
            draft.write(2, &mut text);
            assert!(Json::parse(text.clone()).is_ok(), "{text}");
        }
    }
    let share = counts["Observation"] as f64 / (20 * BATCH) as f64;
    assert!((0.48..0.60).contains(&share), "{share}: {counts:?}");
    assert!(counts.len() >= 13, "{counts:?}");
}

#[test]
fn some_resources_have_up_to_ten_versions() {
    let generator = Generator::new(1);
    let made: Vec<_> = (0..10).flat_map(|batch| generator.batch(batch, BATCH).bundles).collect();
    let has = |version: usize| {
        let note = format!("\"Revision {version}\"");
        made.iter().any(|bundle| bundle.json.contains(&note))
    };
    assert!((2..=10).all(has) && !has(11));
    let later = made.iter().map(|bundle| bundle.entries).sum::<usize>() - 10 * BATCH;
    assert!((500..3000).contains(&later), "{later}");
}

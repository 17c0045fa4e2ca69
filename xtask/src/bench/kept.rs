//! The ratios that are kept in the repository, and how a run stands beside them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fhir::json::{Json, quote};

use super::results::Results;
use super::store::Store;
use crate::steps::root;

/// A ratio that is less than this share of the kept one is a fall.
const FALL: f64 = 0.8;

/// A ratio then and now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fall {
    pub(crate) key: String,
    pub(crate) then: f64,
    pub(crate) now: f64,
}

impl Fall {
    pub(crate) fn is_fall(&self) -> bool {
        self.now < self.then * FALL
    }
}

/// Ratios by what [`super::results::Figure::key`] says.
type Ratios = BTreeMap<String, f64>;

/// Where those of a store are kept: each stands beside floors of its own.
pub(crate) fn path(store: Store) -> PathBuf {
    root().join(match store {
        Store::Embedded => "docs/bench.json",
        Store::Mongodb => "docs/bench-mongodb.json",
    })
}

/// The ratios of a run that has no errors in them.
pub(crate) fn ratios(results: &Results) -> Ratios {
    let fine = results.figures.iter().filter(|figure| figure.measured.errors == 0);
    fine.filter_map(|figure| Some((figure.key(), figure.ratio?))).collect()
}

/// What is kept; nothing yet if there is no such file.
pub(crate) fn read(path: &Path) -> Result<Ratios, String> {
    let Ok(bytes) = std::fs::read(path) else { return Ok(Ratios::new()) };
    let wrong = |why: String| format!("{}: {why}", path.display());
    let json = Json::parse(bytes).map_err(|error| wrong(error.to_string()))?;
    let ratios = json.root().get("ratios").ok_or_else(|| wrong("it has no ratios".to_owned()))?;
    let number = |value: fhir::json::Value<'_>| {
        let number = value.as_number().and_then(|number| number.parse().ok());
        number.ok_or_else(|| wrong(format!("{} is no number", value.key())))
    };
    ratios.entries().map(|value| Ok((value.key().to_owned(), number(value)?))).collect()
}

/// Keeps the ratios of this run beside those of other sizes and scenarios.
pub(crate) fn write(path: &Path, commit: &str, ratios: &Ratios) -> Result<(), String> {
    let mut all = read(path)?;
    all.extend(ratios.clone());
    let lines: Vec<String> =
        all.iter().map(|(key, ratio)| format!("    {}: {ratio:.4}", quote(key))).collect();
    let text = format!(
        "{{\n  \"commit\": {},\n  \"ratios\": {{\n{}\n  }}\n}}\n",
        quote(commit),
        lines.join(",\n")
    );
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// What is in both, the deepest fall first.
pub(crate) fn compare(kept: &Ratios, now: &Ratios) -> Vec<Fall> {
    let both = kept.iter().filter_map(|(key, then)| {
        Some(Fall { key: key.clone(), then: *then, now: *now.get(key)? })
    });
    let mut falls: Vec<Fall> = both.collect();
    falls.sort_by(|a, b| (a.now / a.then).total_cmp(&(b.now / b.then)));
    falls
}

#[cfg(test)]
mod tests {
    use super::{Ratios, compare, read, write};

    fn ratios(pairs: &[(&str, f64)]) -> Ratios {
        pairs.iter().map(|(key, ratio)| ((*key).to_owned(), *ratio)).collect()
    }

    #[test]
    fn a_fall_of_more_than_a_fifth_is_one() {
        let kept = ratios(&[("a", 1.0), ("b", 1.0), ("c", 1.0), ("gone", 1.0)]);
        let now = ratios(&[("a", 0.81), ("b", 0.79), ("c", 2.0), ("new", 0.1)]);
        let falls = compare(&kept, &now);
        let fell: Vec<&str> =
            falls.iter().filter(|fall| fall.is_fall()).map(|fall| fall.key.as_str()).collect();
        assert_eq!(fell, ["b"]);
        assert_eq!(falls.len(), 3, "only what both have is compared");
    }

    #[test]
    fn what_is_kept_is_read_again_and_joined_with_the_next() {
        let folder = std::env::temp_dir().join(format!("kept-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("bench.json");
        write(&path, "c1", &ratios(&[("20/16/read", 0.5), ("20/16/create", 1.25)])).unwrap();
        write(&path, "c2", &ratios(&[("20/16/read", 0.75)])).unwrap();
        let both = ratios(&[("20/16/read", 0.75), ("20/16/create", 1.25)]);
        assert_eq!(read(&path).unwrap(), both);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

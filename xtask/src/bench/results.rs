//! All that a run found out, and how its figures are looked up.

use super::measure::Measured;

/// A scenario at one size and one number of connections.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    /// Resources that were loaded.
    pub(crate) size: usize,
    pub(crate) set: &'static str,
    pub(crate) name: &'static str,
    pub(crate) connections: usize,
    pub(crate) unit: &'static str,
    pub(crate) measured: Measured,
    /// The rate beside its floor's.
    pub(crate) ratio: Option<f64>,
    /// After the scenario.
    pub(crate) resident_mib: Option<f64>,
}

/// Something that was found once.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub(crate) size: usize,
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
}

/// A run.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) header: Vec<(&'static str, String)>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) facts: Vec<Fact>,
    /// Further tables, as they are printed.
    pub(crate) tables: Vec<String>,
    /// What was not run, and why.
    pub(crate) left: Vec<(String, String)>,
}

/// Name of the HTTP floor's figures.
pub(crate) const LIVEZ: &str = "GET /livez";

impl Figure {
    /// What the figure is called among those that are kept.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}/{}", self.size, self.connections, self.name)
    }
}

impl Results {
    pub(crate) fn figure(&self, size: usize, name: &str, connections: usize) -> Option<&Figure> {
        self.figures.iter().find(|figure| {
            figure.size == size && figure.name == name && figure.connections == connections
        })
    }

    pub(crate) fn fact(&self, size: usize, name: &str) -> Option<f64> {
        let fact = self.facts.iter().find(|fact| fact.size == size && fact.name == name);
        fact.map(|fact| fact.value)
    }

    /// Adds a fact.
    pub(crate) fn know(&mut self, size: usize, name: &'static str, value: f64, unit: &'static str) {
        self.facts.push(Fact { size, name, value, unit });
    }

    pub(crate) fn sizes(&self) -> Vec<usize> {
        let mut sizes: Vec<usize> = self.figures.iter().map(|figure| figure.size).collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }

    /// Scenarios in which something failed.
    pub(crate) fn failed(&self) -> Vec<&Figure> {
        self.figures.iter().filter(|figure| figure.measured.errors > 0).collect()
    }
}

/// `value` beside `floor`; nothing without a floor.
pub(crate) fn ratio(value: f64, floor: Option<f64>) -> Option<f64> {
    floor.filter(|floor| *floor > 0.0).map(|floor| value / floor)
}

#[cfg(test)]
mod tests {
    use super::ratio;

    #[test]
    fn a_ratio_needs_a_floor() {
        assert_eq!(ratio(30.0, Some(40.0)), Some(0.75));
        assert_eq!(ratio(30.0, Some(0.0)), None);
        assert_eq!(ratio(30.0, None), None);
    }
}

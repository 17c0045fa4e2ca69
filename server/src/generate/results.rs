//! Observations and the reports that group them.
//!
//! <https://hl7.org/fhir/R4/observation.html>, <https://hl7.org/fhir/R4/diagnosticreport.html>

use serde_json::{Value, json};

use super::code::{Code, decimal, hl7, loinc, quantity, rounded};
use super::labs::{
    CHOLESTEROL, CREATININE, EGFR, HDL, HEMATOCRIT, HEMOGLOBIN, LDL, Panel, TRIGLYCERIDES, Test,
};
use super::practitioners::{LABORATORY, organization};
use super::record::Record;
use super::visits::Visit;

/// Values that a story decides; what it leaves open is drawn around the person's own level.
pub(crate) type Decided<'a> = &'a [(&'static Test, f64)];

impl Record {
    /// A panel with its report.
    pub(crate) fn panel(&mut self, visit: &mut Visit, panel: &Panel, decided: Decided<'_>) {
        let mut values: Vec<(&'static Test, f64)> = Vec::with_capacity(panel.tests.len());
        for &test in panel.tests {
            let known = decided.iter().find(|(one, _)| one.name == test.name);
            let value = match known {
                Some((_, value)) => *value,
                None => self.derived(visit, test, &values).unwrap_or_else(|| self.level(test)),
            };
            values.push((test, rounded(value, test.digits)));
        }
        // The total of a lipid panel follows from its parts.
        let find = |name: &str| values.iter().find(|(t, _)| t.name == name).map(|(_, v)| *v);
        if let (Some(ldl), Some(hdl), Some(fat)) =
            (find(LDL.name), find(HDL.name), find(TRIGLYCERIDES.name))
        {
            for value in values.iter_mut().filter(|(test, _)| test.name == CHOLESTEROL.name) {
                value.1 = (ldl + hdl + fat / 5.0).round();
            }
        }
        let at: Vec<usize> = values.iter().map(|(t, v)| self.measured(visit, t, *v)).collect();
        self.report(visit, panel.code, "LAB", &at, None);
    }

    /// A single test with its report.
    pub(crate) fn lab(&mut self, visit: &mut Visit, test: &'static Test, value: f64) {
        let at = self.measured(visit, test, rounded(value, test.digits));
        self.report(visit, test.code, "LAB", &[at], None);
    }

    /// What follows from the values before it in the same panel.
    fn derived(&self, visit: &Visit, test: &Test, before: &[(&'static Test, f64)]) -> Option<f64> {
        let find = |name: &str| before.iter().find(|(t, _)| t.name == name).map(|(_, v)| *v);
        if test.name == EGFR.name {
            let age = f64::from(visit.date.age(self.person.birth));
            return Some(filtration(find(CREATININE.name)?, age, self.person.female()));
        }
        if test.name == HEMATOCRIT.name {
            return Some(find(HEMOGLOBIN.name)? * 2.98);
        }
        None
    }

    /// The person's own level of a test, with the scatter from one day to another.
    pub(crate) fn level(&mut self, test: &'static Test) -> f64 {
        let (mean, deviation) = test.usual;
        let shift = match test.name {
            "Hemoglobin" if self.person.female() => -0.9,
            "Creatinine" if self.person.female() => -0.12,
            _ => 0.0,
        };
        let own = match self.chart.levels.get(test.name) {
            Some(own) => *own,
            None => {
                let own = self.random.normal(mean + shift, deviation * 0.7);
                self.chart.levels.insert(test.name, own);
                own
            }
        };
        self.random.normal(own, deviation * 0.4)
    }

    fn measured(&mut self, visit: &mut Visit, test: &'static Test, value: f64) -> usize {
        let (low, high) = match test.women {
            Some(women) if self.person.female() => women,
            _ => test.range,
        };
        let (flag, display) = interpretation(value, (low, high), test.critical);
        let bound = |limit: f64| match limit.is_finite() {
            true => quantity(decimal(limit, test.digits), test.unit, test.ucum),
            false => Value::Null,
        };
        let mark = if flag == "N" { String::new() } else { format!(" ({flag})") };
        visit.results.push(format!(
            "{} {} {}{mark}",
            test.name,
            decimal(value, test.digits),
            test.unit
        ));
        let mut body = self.observation(visit, "laboratory", test.code.concept_as(test.name));
        body["valueQuantity"] = quantity(decimal(value, test.digits), test.unit, test.ucum);
        body["interpretation"] = json!([hl7("v3-ObservationInterpretation", flag, display)]);
        body["referenceRange"] = json!([{ "low": bound(low), "high": bound(high) }]);
        body["performer"] = json!([organization(LABORATORY)]);
        self.add("Observation", body)
    }

    /// The elements that all observations of a visit share.
    pub(crate) fn observation(&self, visit: &Visit, category: &str, code: Value) -> Value {
        let display = match category {
            "laboratory" => "Laboratory",
            "vital-signs" => "Vital Signs",
            "social-history" => "Social History",
            "imaging" => "Imaging",
            "procedure" => "Procedure",
            "survey" => "Survey",
            _ => "Exam",
        };
        json!({
            "status": "final",
            "category": [hl7("observation-category", category, display)],
            "code": code,
            "subject": self.subject(),
            "encounter": self.reference(visit.at),
            "effectiveDateTime": visit.moment(5),
            "issued": visit.moment(9),
            "performer": [visit.by.reference()]
        })
    }

    /// An observation whose value is a number with a unit.
    pub(crate) fn number(
        &mut self,
        visit: &mut Visit,
        category: &str,
        code: Code,
        (value, digits): (f64, u8),
        [unit, ucum]: [&str; 2],
    ) -> usize {
        let mut body = self.observation(visit, category, code.concept());
        body["valueQuantity"] = quantity(decimal(value, digits), unit, ucum);
        visit.results.push(format!("{} {} {unit}", code.display, decimal(value, digits)));
        self.add("Observation", body)
    }

    /// An observation whose value is said in words.
    pub(crate) fn finding(
        &mut self,
        visit: &mut Visit,
        category: &str,
        code: Code,
        value: &str,
    ) -> usize {
        let mut body = self.observation(visit, category, code.concept());
        body["valueCodeableConcept"] = json!({ "text": value });
        visit.results.push(format!("{}: {value}", code.display));
        self.add("Observation", body)
    }

    /// An observation whose value is an answer of a LOINC list.
    pub(crate) fn answer(
        &mut self,
        visit: &Visit,
        category: &str,
        code: Code,
        answer: [&'static str; 2],
    ) {
        let mut body = self.observation(visit, category, code.concept());
        body["valueCodeableConcept"] = loinc(answer[0], answer[1]).concept();
        self.add("Observation", body);
    }

    /// A report over observations, or over an image, with a conclusion.
    pub(crate) fn report(
        &mut self,
        visit: &mut Visit,
        code: Code,
        section: &str,
        results: &[usize],
        conclusion: Option<&str>,
    ) -> usize {
        let code =
            if code.code.is_empty() { json!({ "text": code.display }) } else { code.concept() };
        let display = match section {
            "RAD" => "Radiology",
            "SP" => "Surgical Pathology",
            "CUS" => "Cardiac Ultrasound",
            _ => "Laboratory",
        };
        let performer = match section {
            "LAB" => organization(LABORATORY),
            _ => visit.by.reference(),
        };
        let results: Vec<Value> = results.iter().map(|at| self.reference(*at)).collect();
        let body = json!({
            "status": "final",
            "category": [hl7("v2-0074", section, display)],
            "code": code,
            "subject": self.subject(),
            "encounter": self.reference(visit.at),
            "effectiveDateTime": visit.moment(5),
            "issued": visit.moment(12),
            "performer": [performer],
            "result": results,
            "conclusion": conclusion
        });
        if let Some(conclusion) = conclusion {
            visit.results.push(conclusion.to_owned());
        }
        self.add("DiagnosticReport", body)
    }
}

/// The flag that follows from a value, its reference range and its critical limits.
fn interpretation(
    value: f64,
    range: (f64, f64),
    critical: (f64, f64),
) -> (&'static str, &'static str) {
    if value < critical.0 {
        ("LL", "Critical low")
    } else if value > critical.1 {
        ("HH", "Critical high")
    } else if value < range.0 {
        ("L", "Low")
    } else if value > range.1 {
        ("H", "High")
    } else {
        ("N", "Normal")
    }
}

/// Filtration rate from creatinine by the race-free CKD-EPI equation of 2021.
pub(crate) fn filtration(creatinine: f64, age: f64, female: bool) -> f64 {
    let (kappa, alpha, factor): (f64, f64, f64) =
        if female { (0.7, -0.241, 1.012) } else { (0.9, -0.302, 1.0) };
    let ratio = creatinine / kappa;
    142.0 * ratio.min(1.0).powf(alpha) * ratio.max(1.0).powf(-1.200) * 0.9938_f64.powf(age) * factor
}

/// The creatinine at which the equation gives this filtration rate.
pub(crate) fn creatinine_for(rate: f64, age: f64, female: bool) -> f64 {
    let (mut low, mut high) = (0.2, 15.0);
    for _ in 0..30 {
        let middle = (low + high) / 2.0;
        if filtration(middle, age, female) > rate { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

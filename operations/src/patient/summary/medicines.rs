//! Current medicines: statements and requests of the same medicine are one row that cites them all.

use fhir::json::Value;

use super::Audience;
use super::chart::Chart;
use super::dosage::dosage;
use super::narrative::Row;
use super::rules::section;
use super::section::Section;
use super::wording::{code_label, concept_key, day, name, period, plain, reference_name};
use crate::Found;

/// A medicine with everything that says that it is current.
pub(super) struct Medicine<'a> {
    key: String,
    name: String,
    code: String,
    doses: Vec<String>,
    statuses: Vec<String>,
    dates: Vec<String>,
    reasons: Vec<String>,
    /// It must not be given.
    pub(super) is_forbidden: bool,
    pub(super) sources: Vec<&'a Found>,
}

/// Every current medicine once, the latest first.
pub(super) fn current<'a>(chart: &Chart<'a>) -> Vec<Medicine<'a>> {
    let mut medicines: Vec<Medicine<'a>> = Vec::new();
    for found in chart.admitted(section("medicines").admissions) {
        let medicine = Medicine::new(chart, found);
        let same = medicines
            .iter_mut()
            .find(|other| other.key == medicine.key && other.is_forbidden == medicine.is_forbidden);
        match same {
            Some(other) => other.take_in(medicine),
            None => medicines.push(medicine),
        }
    }
    medicines
}

/// The section of current medicines.
pub(super) fn medicines<'a>(chart: &Chart<'a>) -> Section<'a> {
    let headings = match chart.options.audience {
        Audience::Clinician => ["Medicine", "Dose", "Status", "Start", "Reason", "Code"],
        Audience::Patient => ["Medicine", "How to take it", "Status", "Since", "What for", ""],
    };
    let rows: Vec<Row<'a>> = current(chart)
        .into_iter()
        .map(|medicine| {
            let cells = vec![
                medicine.name,
                medicine.doses.join("; "),
                medicine.statuses.join(", "),
                medicine.dates.join("; "),
                medicine.reasons.join("; "),
                medicine.code,
            ];
            Row::new(cells, medicine.sources)
        })
        .collect();
    Section::tabled("medicines", &headings, &rows, None)
}

impl<'a> Medicine<'a> {
    fn new(chart: &Chart<'a>, found: &'a Found) -> Self {
        let (root, audience) = (found.root(), chart.options.audience);
        let drug = Drug::new(chart, found);
        let named = drug.concept.and_then(|concept| name(concept, audience));
        let mut sources = vec![found];
        sources.extend(drug.medication);
        let is_forbidden = root.get("doNotPerform").and_then(Value::as_bool) == Some(true);
        let key = drug.concept.and_then(|concept| concept_key(concept, RXNORM)).or(drug.reference);
        let mut medicine = Self {
            key: key.unwrap_or_else(|| found.address()),
            name: named.or(drug.display).unwrap_or_else(|| "A medicine without a name".to_owned()),
            code: code_label(drug.concept, audience),
            doses: dosage(root, audience).into_iter().collect(),
            statuses: status(root, is_forbidden),
            dates: date(root).into_iter().collect(),
            reasons: Vec::new(),
            is_forbidden,
            sources,
        };
        medicine.read_reasons(chart, found);
        medicine
    }

    fn read_reasons(&mut self, chart: &Chart<'a>, found: &'a Found) {
        let audience = chart.options.audience;
        for concept in found.root().list("reasonCode") {
            self.reasons.extend(name(concept, audience).map(|name| plain(&name)));
        }
        for reference in found.root().list("reasonReference") {
            let cause = chart
                .resolve(reference)
                .filter(|cause| !super::chart::is_error(cause) && !chart.is_about_another(cause));
            let code = cause.and_then(|cause| cause.root().get("code"));
            if let Some(named) = code.and_then(|code| name(code, audience)) {
                self.reasons.push(plain(&named));
                self.sources.extend(cause);
            } else {
                self.reasons.extend(reference_name(reference));
            }
        }
        let mut seen: Vec<String> = Vec::new();
        self.reasons.retain(|reason| {
            !seen.contains(reason) && {
                seen.push(reason.clone());
                true
            }
        });
    }

    fn take_in(&mut self, other: Medicine<'a>) {
        let lists = [
            (&mut self.doses, other.doses),
            (&mut self.statuses, other.statuses),
            (&mut self.dates, other.dates),
            (&mut self.reasons, other.reasons),
        ];
        for (mine, others) in lists {
            for text in others {
                if !mine.contains(&text) {
                    mine.push(text);
                }
            }
        }
        self.sources.extend(other.sources);
    }

    /// `metformin 500 mg tablet (1 tablet twice a day; on hold)`
    pub(super) fn phrase(&self) -> String {
        let statuses = self.statuses.iter().filter(|status| *status != "active").cloned();
        let mut details: Vec<String> = self.doses.iter().cloned().chain(statuses).collect();
        if self.statuses.len() > 1 && self.statuses.iter().any(|status| status == "active") {
            details.push("active".to_owned());
        }
        details.extend(self.dates.first().cloned());
        let name = plain(&self.name);
        if details.is_empty() { name } else { format!("{name} ({})", details.join("; ")) }
    }
}

const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";

/// What is taken: a concept, or a Medication that is referred to.
struct Drug<'a> {
    concept: Option<Value<'a>>,
    medication: Option<&'a Found>,
    display: Option<String>,
    reference: Option<String>,
}

impl<'a> Drug<'a> {
    fn new(chart: &Chart<'a>, found: &'a Found) -> Self {
        let root = found.root();
        let reference = root.get("medicationReference");
        let text = reference.and_then(|reference| reference.str("reference"));
        let contained = text.as_deref().and_then(|text| text.strip_prefix('#')).and_then(|id| {
            root.list("contained").find(|resource| resource.str("id").as_deref() == Some(id))
        });
        let medication = reference.and_then(|reference| chart.resolve(reference));
        let medication = medication.filter(|found| !super::chart::is_error(found));
        let concept = root
            .get("medicationCodeableConcept")
            .or_else(|| contained?.get("code"))
            .or_else(|| medication?.root().get("code"));
        Self {
            concept,
            medication,
            display: reference.and_then(reference_name),
            reference: text.filter(|text| !text.starts_with('#')).map(|text| text.into_owned()),
        }
    }
}

fn status(root: Value<'_>, is_forbidden: bool) -> Vec<String> {
    let status = root.str("status").map(|status| match &*status {
        "on-hold" => "on hold".to_owned(),
        "unknown" => "status unknown".to_owned(),
        other => other.to_owned(),
    });
    let intent =
        root.str("intent").filter(|intent| matches!(&**intent, "proposal" | "plan" | "option"));
    let intent = intent.map(|intent| format!("{intent} only"));
    let forbidden = is_forbidden.then(|| "NOT to be given".to_owned());
    forbidden.into_iter().chain(status).chain(intent).collect()
}

fn date(root: Value<'_>) -> Option<String> {
    let from = |text: &str| format!("since {}", day(text));
    if let Some(text) = root.str("effectiveDateTime") {
        return Some(from(&text));
    }
    if let Some(text) = root.get("effectivePeriod").and_then(period) {
        return Some(text);
    }
    root.str("authoredOn").map(|text| format!("prescribed {}", day(&text)))
}

//! One section under way: its narrative, what it refers to, and what it says when there is nothing.

use fhir::json::Tree;

use super::chart::Chart;
use super::narrative::{Narrative, Row, Sentence};
use super::rules::{MORE_MAX, SectionRule};
use super::wording::counted;
use super::{Audience, rules};
use crate::Found;

const EMPTY_REASON: &str = "http://terminology.hl7.org/CodeSystem/list-empty-reason";

pub(super) struct Section<'a> {
    rule: &'static SectionRule,
    narrative: Narrative<'a>,
    is_empty: bool,
}

impl<'a> Section<'a> {
    pub(super) fn new(key: &str) -> Self {
        let rule = rules::section(key);
        Self { rule, narrative: Narrative::new(rule.key), is_empty: false }
    }

    pub(super) fn rule(&self) -> &'static SectionRule {
        self.rule
    }

    pub(super) fn narrative(&mut self) -> &mut Narrative<'a> {
        &mut self.narrative
    }

    /// Every resource that the section cites.
    pub(super) fn cited(&self) -> &[&'a Found] {
        self.narrative.cited()
    }

    /// A section whose table has these rows and whose last sentence counts what is left out.
    pub(super) fn tabled(
        key: &str,
        headings: &[&str],
        rows: &[Row<'a>],
        more: Option<Sentence<'a>>,
    ) -> Self {
        let mut section = Self::new(key);
        section.narrative.table(headings, rows);
        if let Some(more) = more {
            section.narrative.paragraph(&more);
        }
        section
    }

    /// The section as the document has it; `None` when it is optional and has no content.
    pub(super) fn finished(mut self, chart: &Chart<'a>) -> Option<Self> {
        if !self.narrative.is_empty() {
            return Some(self);
        }
        if self.rule.presence == rules::Presence::Optional {
            return None;
        }
        self.is_empty = true;
        let said = empty_text(self.rule.key, chart);
        self.narrative.paragraph(&Sentence::new(said, vec![chart.patient]));
        Some(self)
    }

    pub(super) fn tree(&self, audience: Audience) -> Tree {
        let rule = self.rule;
        let title = match audience {
            Audience::Clinician => rule.title,
            Audience::Patient => rule.lay_title,
        };
        let mut tree = Tree::object();
        tree.set("title", Tree::string(title));
        tree.set("code", coded("http://loinc.org", rule.code, rule.display));
        tree.set("text", self.narrative.tree());
        let entries: Vec<Tree> = self.entries().map(|found| reference(&found.address())).collect();
        if self.is_empty {
            tree.set("emptyReason", coded(EMPTY_REASON, "unavailable", "Unavailable"));
        } else if !entries.is_empty() {
            tree.set("entry", Tree::Array(entries));
        }
        tree
    }

    /// The cited resources of the types that the guide has in the section; the story has any.
    fn entries(&self) -> impl Iterator<Item = &&'a Found> {
        let admissions = self.rule.admissions;
        let is_story = self.rule.key == "story";
        self.narrative.cited().iter().filter(move |found| {
            let is_admitted = admissions.iter().any(|admission| admission.kind == found.kind);
            is_story || is_admitted && found.kind != "Device"
        })
    }
}

/// A Reference.
pub(super) fn reference(to: &str) -> Tree {
    Tree::Object(vec![("reference".to_owned(), Tree::string(to))])
}

/// A CodeableConcept of one coding.
pub(super) fn coded(system: &str, code: &str, display: &str) -> Tree {
    let mut coding = coding(system, code);
    coding.set("display", Tree::string(display));
    Tree::Object(vec![("coding".to_owned(), Tree::Array(vec![coding]))])
}

/// A Coding.
pub(super) fn coding(system: &str, code: &str) -> Tree {
    let mut coding = Tree::object();
    coding.set("system", Tree::string(system));
    coding.set("code", Tree::string(code));
    coding
}

/// What an empty section says: that nothing was found, which is no claim about the patient.
fn empty_text(key: &str, chart: &Chart<'_>) -> String {
    let subject = match (key, chart.options.audience) {
        ("problems", Audience::Clinician) => "active problems",
        ("problems", Audience::Patient) => "current health problems",
        ("allergies", _) => "allergies or intolerances",
        ("medicines", Audience::Clinician) => "current medication",
        ("medicines", Audience::Patient) => "current medicines",
        ("immunizations", Audience::Clinician) => "immunizations",
        ("immunizations", Audience::Patient) => "vaccines",
        ("results", Audience::Clinician) => "results of laboratory tests or other diagnostics",
        ("results", Audience::Patient) => "test results",
        ("procedures", Audience::Clinician) => "procedures",
        ("procedures", Audience::Patient) => "operations or procedures",
        ("devices", Audience::Clinician) => "medical devices",
        ("devices", Audience::Patient) => "devices or implants",
        (other, _) => other,
    };
    let limits = if chart.is_limited() { " within the requested limits" } else { "" };
    match chart.options.audience {
        Audience::Clinician => format!(
            "No information about {subject} is recorded{limits}; this says nothing about the \
             patient."
        ),
        Audience::Patient => format!(
            "Your record holds nothing about {subject}{limits}. This does not mean that there is \
             nothing."
        ),
    }
}

/// What is shown and what is not.
pub(super) struct Cut<T> {
    pub(super) shown: Vec<T>,
    pub(super) left: Vec<T>,
}

/// Keeps what must be kept and, of the others in their order, what the rule admits.
pub(super) fn cut<T>(
    items: Vec<T>,
    rule: &SectionRule,
    is_kept: impl Fn(&T) -> bool,
    is_in_window: impl Fn(&T) -> bool,
) -> Cut<T> {
    let mut cut = Cut { shown: Vec::new(), left: Vec::new() };
    for item in items {
        let has_room = rule.rows_max.is_none_or(|most| cut.shown.len() < most);
        if is_kept(&item) || has_room && is_in_window(&item) {
            cut.shown.push(item);
        } else {
            cut.left.push(item);
        }
    }
    cut
}

/// The sentence that counts what is left out; it rests on what it counts.
pub(super) fn more<'a>(left: &[&'a Found], one: &str, many: &str) -> Option<Sentence<'a>> {
    if left.is_empty() {
        return None;
    }
    let sources: Vec<&Found> = left.iter().take(MORE_MAX).copied().collect();
    let at_least = if left.len() > MORE_MAX { "at least " } else { "" };
    let is = if sources.len() == 1 { "is" } else { "are" };
    let count = counted(sources.len(), &format!("more {one}"), &format!("more {many}"));
    let said = super::wording::capital(&format!("{at_least}{count} {is} recorded but not listed."));
    Some(Sentence::new(said, sources))
}

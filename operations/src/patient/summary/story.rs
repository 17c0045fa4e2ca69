//! The patient's story: the record as one clinician would tell it to another, every sentence with
//! its sources.

use fhir::json::Value;
use fhir::primitive::{DateTime, Precision, civil_from_days};

use super::chart::Chart;
use super::conditions::is_absence;
use super::medicines::Medicine;
use super::narrative::Sentence;
use super::rules::{ENCOUNTERS, INLINE_MAX, STORY_EVENTS_MAX, STORY_RESULTS_MAX, section};
use super::section::{Section, more};
use super::wording::{counted, day};
use super::{Audience, allergies, conditions, events, medicines, observations};
use crate::Found;

/// The first section.
pub(super) fn story<'a>(chart: &Chart<'a>) -> Section<'a> {
    let mut out = Section::new("story");
    let person = Person::new(chart);
    out.narrative().paragraph(&Sentence::new(person.sentence(), vec![chart.patient]));
    problems(chart, &person, &mut out);
    current_medicines(chart, &person, &mut out);
    active_allergies(chart, &person, &mut out);
    abnormal_results(chart, &mut out);
    recent_events(chart, &mut out);
    out
}

fn problems<'a>(chart: &Chart<'a>, person: &Person<'_>, out: &mut Section<'a>) {
    let audience = chart.options.audience;
    let stated = conditions::active(chart);
    let items = absences_first(stated, out, |found| conditions::title(found, audience));
    let items = items
        .into_iter()
        .map(|found| Sentence::new(conditions::phrase(found, audience), vec![found]));
    let words = match audience {
        Audience::Clinician => ("active problem", "active problems"),
        Audience::Patient => ("current health problem", "current health problems"),
    };
    told(out, &format!("{} ", person.has), items.collect(), words);
}

fn current_medicines<'a>(chart: &Chart<'a>, person: &Person<'_>, out: &mut Section<'a>) {
    let (absent, current): (Vec<_>, Vec<_>) = medicines::current(chart)
        .into_iter()
        .partition(|medicine| medicine.sources.iter().all(|found| is_absence(found)));
    for medicine in absent {
        let said = format!("The record states: {}.", medicine.phrase());
        out.narrative().paragraph(&Sentence::new(said, medicine.sources));
    }
    let (forbidden, current): (Vec<_>, Vec<_>) =
        current.into_iter().partition(|medicine| medicine.is_forbidden);
    let items = |medicines: Vec<Medicine<'a>>| {
        medicines.into_iter().map(|medicine| {
            let phrase = medicine.phrase();
            Sentence::new(phrase, medicine.sources)
        })
    };
    let words = ("current medicine", "current medicines");
    told(out, &format!("{} ", person.has), items(current).collect(), words);
    for mut sentence in items(forbidden) {
        sentence.said = format!("The record forbids: {}.", sentence.said);
        out.narrative().paragraph(&sentence);
    }
}

fn active_allergies<'a>(chart: &Chart<'a>, person: &Person<'_>, out: &mut Section<'a>) {
    let audience = chart.options.audience;
    let stated = allergies::active(chart);
    let items = absences_first(stated, out, |found| allergies::title(found, audience));
    let items = items
        .into_iter()
        .map(|found| Sentence::new(allergies::phrase(found, audience), vec![found]));
    let words = ("allergy or intolerance", "allergies or intolerances");
    told(out, &format!("{} ", person.has), items.collect(), words);
}

/// Tells what states that there is nothing, and gives back the others.
fn absences_first<'a>(
    found: Vec<&'a Found>,
    out: &mut Section<'a>,
    title: impl Fn(&Found) -> String,
) -> Vec<&'a Found> {
    let (absent, present): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|found| is_absence(found));
    for found in absent {
        let said = format!("The record states: {}.", title(found));
        out.narrative().paragraph(&Sentence::new(said, vec![found]));
    }
    present
}

/// A few things are told in one sentence; many become a list under one that counts them.
fn told<'a>(
    out: &mut Section<'a>,
    start: &str,
    items: Vec<Sentence<'a>>,
    (one, many): (&str, &str),
) {
    if items.is_empty() {
        return;
    }
    let sources: Vec<&Found> = items.iter().flat_map(|item| item.sources.clone()).collect();
    let start = format!("{start}{}", counted(items.len(), one, many));
    if items.len() > INLINE_MAX {
        out.narrative().paragraph(&Sentence::new(format!("{start}:"), sources));
        out.narrative().list(&items);
        return;
    }
    let said: Vec<String> = items.into_iter().map(|item| item.said).collect();
    out.narrative().paragraph(&Sentence::new(format!("{start}: {}.", said.join("; ")), sources));
}

/// The latest abnormal results and vital signs, each with the change since the one before.
fn abnormal_results<'a>(chart: &Chart<'a>, out: &mut Section<'a>) {
    let mut readings = observations::readings(chart, section("results"));
    readings.extend(observations::readings(chart, section("vitals")));
    readings.retain(|reading| reading.is_abnormal());
    for reading in readings.iter().take(STORY_RESULTS_MAX) {
        out.narrative().paragraph(&Sentence::new(reading.sentence(), reading.sources()));
    }
    let left: Vec<&Found> =
        readings.iter().skip(STORY_RESULTS_MAX).map(|reading| reading.found).collect();
    if let Some(mut more) = more(&left, "abnormal result", "abnormal results") {
        more.said = more.said.replace("recorded but not listed", "listed in the sections below");
        out.narrative().paragraph(&more);
    }
}

fn recent_events<'a>(chart: &Chart<'a>, out: &mut Section<'a>) {
    let audience = chart.options.audience;
    let encounters = chart.admitted(&[ENCOUNTERS]);
    let procedures = events::latest_procedures(chart);
    let (met, done) = match audience {
        Audience::Clinician => ("Recent encounters", "Recent procedures"),
        Audience::Patient => ("Your last visits", "Your last procedures"),
    };
    let encounters = sentence(met, encounters, |found| events::encounter_phrase(found, audience));
    let procedures = sentence(done, procedures, |found| events::procedure_phrase(found, audience));
    for sentence in encounters.into_iter().chain(procedures) {
        out.narrative().paragraph(&sentence);
    }
}

fn sentence<'a>(
    start: &str,
    found: Vec<&'a Found>,
    phrase: impl Fn(&Found) -> String,
) -> Option<Sentence<'a>> {
    let shown: Vec<&Found> = found.into_iter().take(STORY_EVENTS_MAX).collect();
    if shown.is_empty() {
        return None;
    }
    let said: Vec<String> = shown.iter().map(|found| phrase(found)).collect();
    Some(Sentence::new(format!("{start}: {}.", said.join("; ")), shown))
}

/// Whom the story is about.
struct Person<'a> {
    root: Value<'a>,
    audience: Audience,
    now_us: i64,
    /// `She has`
    has: String,
}

const DAY_US: i64 = 86_400_000_000;

impl<'a> Person<'a> {
    fn new(chart: &Chart<'a>) -> Self {
        let (root, audience) = (chart.patient.root(), chart.options.audience);
        let mut person = Self { root, audience, now_us: chart.options.now_us, has: String::new() };
        let is_dead = person.death().is_some();
        let subject = match (audience, is_dead, root.str("gender").as_deref()) {
            (Audience::Patient, false, _) => "You",
            (_, _, Some("female")) => "She",
            (_, _, Some("male")) => "He",
            _ => "They",
        };
        let verb = match (is_dead, subject) {
            (true, _) => "had",
            (false, "You" | "They") => "have",
            (false, _) => "has",
        };
        person.has = format!("{subject} {verb}");
        person
    }

    /// The date of death, empty when only the fact is known.
    fn death(&self) -> Option<String> {
        let date = self.root.str("deceasedDateTime").map(|date| date.into_owned());
        let is_dead = self.root.get("deceasedBoolean").and_then(Value::as_bool) == Some(true);
        date.or_else(|| is_dead.then(String::new))
    }

    /// `Ada Rivers is a 54-year-old woman, born 1972-03-02.`
    fn sentence(&self) -> String {
        let birth = self.root.str("birthDate");
        let born = birth.as_ref().map(|date| format!(", born {date}")).unwrap_or_default();
        if let Some(death) = self.death() {
            let age = self.age_at(DateTime::parse(&death));
            let aged = age.map(|age| format!(" at the age of {}", age.text())).unwrap_or_default();
            let on = if death.is_empty() { death } else { format!(" on {}", day(&death)) };
            let name = self.name().unwrap_or_else(|| "The patient".to_owned());
            let noun = self.noun(age);
            return format!("{name}, a {noun}{born}, died{on}{aged}.");
        }
        let (year, month, today) = civil_from_days(self.now_us.div_euclid(DAY_US));
        let age = self.age_at(DateTime::parse(&format!("{year:04}-{month:02}-{today:02}")));
        let subject = match self.audience {
            Audience::Clinician => {
                format!("{} is", self.name().unwrap_or_else(|| "The patient".to_owned()))
            }
            Audience::Patient => "You are".to_owned(),
        };
        let noun = self.noun(age);
        match age {
            Some(age) if age.is_about => format!("{subject} a {noun}{born}, {} old.", age.text()),
            Some(age) => {
                let adjective = age.adjective();
                let vowel = adjective.starts_with('8') || matches!(age.number, 11 | 18);
                let article = if vowel { "an" } else { "a" };
                format!("{subject} {article} {adjective} {noun}{born}.")
            }
            None => format!("{subject} a {noun}{born}."),
        }
    }

    fn name(&self) -> Option<String> {
        let uses = |wanted: &str| {
            self.root.list("name").find(|name| name.str("use").as_deref() == Some(wanted))
        };
        let name = uses("official").or_else(|| uses("usual"));
        let name = name.or_else(|| self.root.list("name").next())?;
        if let Some(text) = name.str("text") {
            return Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        }
        let given = name.list("given").filter_map(|given| given.as_str());
        let parts: Vec<String> =
            given.chain(name.str("family")).map(|part| part.trim().to_owned()).collect();
        Some(parts.join(" ")).filter(|text| !text.is_empty())
    }

    fn noun(&self, age: Option<Age>) -> &'static str {
        let is_child = age.is_some_and(|age| age.unit != "year" || age.number < 18);
        match (self.root.str("gender").as_deref(), is_child) {
            (Some("female"), false) => "woman",
            (Some("female"), true) => "girl",
            (Some("male"), false) => "man",
            (Some("male"), true) => "boy",
            (_, false) => "person",
            (_, true) => "child",
        }
    }

    fn age_at(&self, date: Option<DateTime>) -> Option<Age> {
        let birth = DateTime::parse(&self.root.str("birthDate")?)?;
        let date = date?;
        let passed = (date.month, date.day) < (birth.month, birth.day);
        let is_exact = birth.precision >= Precision::Day && date.precision >= Precision::Day;
        let years = date.year - birth.year - i32::from(passed && is_exact);
        if !is_exact {
            return (years > 0).then_some(Age { number: years, unit: "year", is_about: true });
        }
        let months = (date.year - birth.year) * 12 + i32::from(date.month)
            - i32::from(birth.month)
            - i32::from(date.day < birth.day);
        let days = (date.range_us().0 - birth.range_us().0).div_euclid(DAY_US);
        Some(match (years, months) {
            (2.., _) => Age { number: years, unit: "year", is_about: false },
            (_, 1..) => Age { number: months, unit: "month", is_about: false },
            _ if days >= 0 => {
                Age { number: i32::try_from(days).unwrap_or(0), unit: "day", is_about: false }
            }
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, Copy)]
struct Age {
    number: i32,
    unit: &'static str,
    /// The date of birth or death is not known to the day.
    is_about: bool,
}

impl Age {
    fn text(self) -> String {
        let about = if self.is_about { "about " } else { "" };
        let many = if self.number == 1 { "" } else { "s" };
        format!("{about}{} {}{many}", self.number, self.unit)
    }

    fn adjective(self) -> String {
        format!("{}-{}-old", self.number, self.unit)
    }
}

//! Vital signs, drawn around what is usual for the age and then changed by the story.
//!
//! <https://hl7.org/fhir/R4/observation-vitalsigns.html>

use serde_json::json;

use super::code::{Code, decimal, loinc, quantity, rounded};
use super::record::Record;
use super::visits::Visit;

/// One set of vital signs. Pressure in mm\[Hg\], weight in kg, temperature in °C.
#[derive(Clone, Copy)]
pub(crate) struct Vitals {
    pub(crate) systolic: f64,
    pub(crate) diastolic: f64,
    pub(crate) heart_rate: f64,
    pub(crate) respiration: f64,
    pub(crate) temperature: f64,
    pub(crate) saturation: f64,
    pub(crate) weight: f64,
    pub(crate) height: f64,
}

const BLOOD_PRESSURE: Code = loinc("85354-9", "Blood pressure panel with all children optional");
const SYSTOLIC: Code = loinc("8480-6", "Systolic blood pressure");
const DIASTOLIC: Code = loinc("8462-4", "Diastolic blood pressure");
const HEART_RATE: Code = loinc("8867-4", "Heart rate");
const RESPIRATION: Code = loinc("9279-1", "Respiratory rate");
const TEMPERATURE: Code = loinc("8310-5", "Body temperature");
const SATURATION: Code = loinc("2708-6", "Oxygen saturation in Arterial blood");
const PULSE_OXIMETRY: Code =
    loinc("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry");
const WEIGHT: Code = loinc("29463-7", "Body weight");
const HEIGHT: Code = loinc("8302-2", "Body height");
const BODY_MASS_INDEX: Code = loinc("39156-5", "Body mass index (BMI) [Ratio]");

/// Age in years, median height in cm and weight in kg, resting heart rate, respiratory rate,
/// systolic and diastolic pressure of healthy children.
const GROWTH: [[f64; 7]; 10] = [
    [0.0, 50.0, 3.4, 140.0, 40.0, 75.0, 45.0],
    [0.5, 66.5, 7.6, 130.0, 34.0, 86.0, 50.0],
    [1.0, 75.0, 9.5, 120.0, 30.0, 88.0, 50.0],
    [2.0, 86.5, 12.2, 112.0, 27.0, 90.0, 52.0],
    [4.0, 102.0, 16.2, 102.0, 24.0, 94.0, 56.0],
    [6.0, 115.0, 20.5, 94.0, 22.0, 97.0, 59.0],
    [8.0, 127.5, 25.7, 88.0, 20.0, 100.0, 62.0],
    [10.0, 138.0, 32.0, 84.0, 19.0, 103.0, 64.0],
    [13.0, 156.5, 46.0, 78.0, 18.0, 109.0, 67.0],
    [18.0, 170.0, 62.0, 72.0, 16.0, 115.0, 72.0],
];

fn of_age(age: f64) -> [f64; 7] {
    let above = GROWTH.iter().position(|row| row[0] > age).unwrap_or(GROWTH.len() - 1).max(1);
    let (before, after) = (&GROWTH[above - 1], &GROWTH[above]);
    let share = ((age - before[0]) / (after[0] - before[0])).clamp(0.0, 1.0);
    std::array::from_fn(|at| before[at] + share * (after[at] - before[at]))
}

impl Record {
    /// What is usual for this person at the visit.
    pub(crate) fn usual(&mut self, visit: &Visit) -> Vitals {
        let age = visit.date.years_since(self.person.birth);
        let [_, mut height, mut weight, rate, breaths, mut systolic, mut diastolic] = of_age(age);
        if age >= 18.0 {
            (height, weight) = (self.person.height, self.person.weight);
            systolic += 3.0 + (age - 18.0) * 0.15;
            diastolic += 2.0;
        } else {
            // A child keeps its percentile.
            height *= self.person.height / if self.person.female() { 163.0 } else { 176.0 };
        }
        let random = &mut self.random;
        Vitals {
            systolic: random.normal(systolic, 4.0),
            diastolic: random.normal(diastolic, 3.0),
            heart_rate: random.normal(rate, 5.0),
            respiration: random.normal(breaths, 1.0),
            temperature: random.normal(36.7, 0.15),
            saturation: random.normal(98.0, 0.6).min(100.0),
            weight: random.normal(weight, weight * 0.006),
            height,
        }
    }

    /// The usual vital signs at a blood pressure that the story decides.
    pub(crate) fn vitals_at(&mut self, visit: &mut Visit, systolic: f64, diastolic: f64) {
        let usual = self.usual(visit);
        let (systolic, diastolic) =
            (self.random.normal(systolic, 3.0), self.random.normal(diastolic, 2.0));
        self.vitals(visit, Vitals { systolic, diastolic, ..usual });
    }

    pub(crate) fn usual_vitals(&mut self, visit: &mut Visit) {
        let usual = self.usual(visit);
        self.vitals(visit, usual);
    }

    /// Writes a set of vital signs; height and body mass index once a year, in children always.
    pub(crate) fn vitals(&mut self, visit: &mut Visit, vitals: Vitals) {
        let age = visit.date.age(self.person.birth);
        let diastolic = vitals.diastolic.min(vitals.systolic - 18.0);
        let mut line = String::new();
        if age >= 3 {
            self.blood_pressure(visit, vitals.systolic, diastolic);
            line = format!("BP {:.0}/{diastolic:.0} mmHg, ", vitals.systolic);
        }
        let weight = rounded(vitals.weight, 1);
        let measured = [
            (HEART_RATE, vitals.heart_rate, 0, ["beats/minute", "/min"]),
            (RESPIRATION, vitals.respiration, 0, ["breaths/minute", "/min"]),
            (TEMPERATURE, vitals.temperature, 1, ["°C", "Cel"]),
            (PULSE_OXIMETRY, vitals.saturation.min(100.0), 0, ["%", "%"]),
            (WEIGHT, weight, 1, ["kg", "kg"]),
        ];
        for (code, value, digits, unit) in measured {
            self.vital(visit, code, (value, digits), unit);
        }
        let due = self.chart.height_on.is_none_or(|on| visit.date.days_since(on) > 330);
        if due || age < 18 {
            self.chart.height_on = Some(visit.date);
            let height = rounded(vitals.height, 1);
            self.vital(visit, HEIGHT, (height, 1), ["cm", "cm"]);
            if age >= 2 {
                let index = weight / (height * height / 10_000.0);
                self.vital(visit, BODY_MASS_INDEX, (index, 1), ["kg/m2", "kg/m2"]);
            }
        }
        visit.vitals = format!(
            "{line}HR {:.0}/min, RR {:.0}/min, T {:.1} °C, SpO2 {:.0} %, weight {weight:.1} kg",
            vitals.heart_rate, vitals.respiration, vitals.temperature, vitals.saturation
        );
    }

    fn vital(
        &mut self,
        visit: &Visit,
        code: Code,
        (value, digits): (f64, u8),
        [unit, ucum]: [&str; 2],
    ) {
        let mut concept = code.concept();
        // The vital-signs profile asks for the general code beside the one of the method.
        if code == PULSE_OXIMETRY {
            concept["coding"] = json!([SATURATION.coding(), code.coding()]);
        }
        let mut body = self.observation(visit, "vital-signs", concept);
        body["valueQuantity"] = quantity(decimal(value, digits), unit, ucum);
        self.add("Observation", body);
    }

    fn blood_pressure(&mut self, visit: &Visit, systolic: f64, diastolic: f64) {
        let component = |code: Code, value: f64| {
            json!({
                "code": code.concept(),
                "valueQuantity": quantity(decimal(value, 0), "mmHg", "mm[Hg]")
            })
        };
        let mut body =
            self.observation(visit, "vital-signs", BLOOD_PRESSURE.concept_as("Blood pressure"));
        body["component"] = json!([component(SYSTOLIC, systolic), component(DIASTOLIC, diastolic)]);
        self.add("Observation", body);
    }
}

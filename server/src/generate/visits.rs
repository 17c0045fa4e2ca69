//! Encounters: office visits, emergency visits and admissions.
//!
//! <https://hl7.org/fhir/R4/encounter.html>

use serde_json::{Value, json};

use super::code::{Code, hl7};
use super::date::Date;
use super::practitioners::{HOSPITAL, Practitioner, organization};
use super::record::Record;

/// A contact that is being written: what is found at it is gathered for its note.
pub(crate) struct Visit {
    /// Position of the Encounter.
    pub(crate) at: usize,
    /// The day; during an admission, the current one.
    pub(crate) date: Date,
    pub(crate) by: &'static Practitioner,
    minute: i32,
    pub(crate) vitals: String,
    pub(crate) results: Vec<String>,
}

impl Visit {
    /// The moment some minutes after the visit began.
    pub(crate) fn moment(&self, minutes: i32) -> String {
        moment(self.date, self.minute + minutes)
    }

    /// A later day of the same admission.
    pub(crate) fn day(&mut self, days: i32) {
        self.date = self.date.plus_days(days);
    }
}

/// An instant at a minute of a day.
pub(crate) fn moment(date: Date, minute: i32) -> String {
    format!("{date}T{:02}:{:02}:00Z", minute / 60, minute % 60)
}

/// How a stay in hospital went.
pub(crate) struct Stay {
    pub(crate) from: Date,
    pub(crate) nights: i32,
    pub(crate) emergency: bool,
    pub(crate) kind: &'static str,
}

impl Record {
    /// An office visit on the working day at or before `date`.
    pub(crate) fn office(
        &mut self,
        date: Date,
        by: &'static Practitioner,
        kind: &str,
        reason: Code,
    ) -> Visit {
        let minute = 8 * 60 + 15 * self.random.between(0, 30);
        let length = 15 + 5 * self.random.between(0, 5);
        let class = ["AMB", "ambulatory"];
        self.encounter(
            date.working_day().max(self.person.birth),
            by,
            [minute, length],
            class,
            kind,
            reason,
        )
    }

    /// A visit to the emergency department, at any day and hour.
    pub(crate) fn emergency(
        &mut self,
        date: Date,
        by: &'static Practitioner,
        reason: Code,
    ) -> Visit {
        let minute = 60 + 10 * self.random.between(0, 110);
        let length = 100 + 10 * self.random.between(0, 10);
        self.encounter(date, by, [minute, length], ["EMER", "emergency"], "Emergency visit", reason)
    }

    /// A stay with at least one night; the visit stands on its first day.
    pub(crate) fn admission(
        &mut self,
        stay: &Stay,
        by: &'static Practitioner,
        reason: Code,
    ) -> Visit {
        let length = 60 * self.random.between(1, 3);
        let class = ["IMP", "inpatient encounter"];
        let visit = self.encounter(stay.from, by, [7 * 60, length], class, stay.kind, reason);
        let end = moment(stay.from.plus_days(stay.nights), 14 * 60);
        self.amend(visit.at, "period", json!({ "start": visit.moment(0), "end": end }));
        let source = match stay.emergency {
            true => hl7("admit-source", "emd", "From accident/emergency department"),
            false => hl7("admit-source", "gp", "General Practitioner referral"),
        };
        let disposition = hl7("discharge-disposition", "home", "Home");
        let hospitalization = json!({ "admitSource": source, "dischargeDisposition": disposition });
        self.amend(visit.at, "hospitalization", hospitalization);
        let length = json!({
            "value": stay.nights, "unit": "days", "system": "http://unitsofmeasure.org", "code": "d"
        });
        self.amend(visit.at, "length", length);
        self.amend(visit.at, "serviceProvider", organization(HOSPITAL));
        visit
    }

    fn encounter(
        &mut self,
        date: Date,
        by: &'static Practitioner,
        [minute, length]: [i32; 2],
        [class, display]: [&str; 2],
        kind: &str,
        reason: Code,
    ) -> Visit {
        let system = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
        let period = json!({ "start": moment(date, minute), "end": moment(date, minute + length) });
        let body = json!({
            "status": "finished",
            "class": { "system": system, "code": class, "display": display },
            "type": [{ "text": kind }],
            "subject": self.subject(),
            "participant": [{
                "type": [hl7("v3-ParticipationType", "PPRF", "primary performer")],
                "individual": by.reference()
            }],
            "period": period,
            "reasonCode": [reason.concept()],
            "serviceProvider": organization(by.organization)
        });
        let at = self.add("Encounter", body);
        Visit { at, date, by, minute, vitals: String::new(), results: Vec::new() }
    }

    /// A future appointment.
    pub(crate) fn appointment(&mut self, date: Date, by: &'static Practitioner, reason: &str) {
        let date = date.working_day().max(self.today.plus_days(3)).plus_days(2).working_day();
        let minute = 8 * 60 + 15 * self.random.between(0, 30);
        let participant = |actor: Value| json!({ "actor": actor, "status": "accepted" });
        let body = json!({
            "status": "booked",
            "description": reason,
            "start": moment(date, minute),
            "end": moment(date, minute + 30),
            "participant": [participant(self.subject()), participant(by.reference())]
        });
        self.add("Appointment", body);
    }
}

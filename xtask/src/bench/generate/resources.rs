//! Single resources as text. Every value is one of this generator's own, so nothing needs escapes.

use super::codes::{CITIES, FAMILIES, GIVENS};
use super::{Draft, Staff, id};
use crate::bench::random::{Random, hash};

/// Kinds of ids.
pub(crate) const ORGANIZATION: u64 = 1;
pub(crate) const PRACTITIONER: u64 = 2;
pub(crate) const LOCATION: u64 = 3;

/// Organizations, practitioners and locations of a batch.
pub(crate) fn staff(seed: u64, batch: usize, staff: Staff) -> Vec<Draft> {
    let mut random = Random::new(hash(&[seed, batch as u64, 5]));
    let mut drafts = Vec::new();
    for number in 0..staff.organizations {
        let id = id(seed, batch, ORGANIZATION, number);
        let city = random.pick(&CITIES);
        let content = format!(
            r#""active":true,"identifier":[{{"system":"https://generated.example.org/organization","value":"O{batch}-{number}"}}],"type":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/organization-type","code":"prov","display":"Healthcare Provider"}}]}}],"name":"{city} Hospital {batch}-{number}","telecom":[{{"system":"phone","value":"555-{number:04}"}}],"address":[{{"line":["{number} Main Street"],"city":"{city}","state":"MA","postalCode":"0{:04}","country":"US"}}]"#,
            1000 + random.below(8999)
        );
        drafts.push(Draft { resource: "Organization", id, content });
    }
    for number in 0..staff.practitioners {
        let id = id(seed, batch, PRACTITIONER, number);
        let (given, gender) = random.pick(&GIVENS);
        let family = random.pick(&FAMILIES);
        let content = format!(
            r#""active":true,"identifier":[{{"system":"http://hl7.org/fhir/sid/us-npi","value":"{batch:06}{number:04}"}}],"name":[{{"family":"{family}","given":["{given}"],"prefix":["Dr."]}}],"telecom":[{{"system":"email","value":"{given}.{family}.{batch}.{number}@example.org","use":"work"}}],"gender":"{gender}""#
        );
        drafts.push(Draft { resource: "Practitioner", id, content });
    }
    for number in 0..staff.locations {
        let id = id(seed, batch, LOCATION, number);
        let city = random.pick(&CITIES);
        let (north, east) = (42.0 + random.unit(), -73.0 + 2.0 * random.unit());
        let content = format!(
            r#""status":"active","name":"{city} Ward {batch}-{number}","mode":"instance","address":{{"line":["{number} Park Road"],"city":"{city}","state":"MA","country":"US"}},"position":{{"longitude":{east:.5},"latitude":{north:.5}}}"#
        );
        drafts.push(Draft { resource: "Location", id, content });
    }
    drafts
}

/// A CodeableConcept.
pub(crate) fn concept(system: &str, code: &str, display: &str) -> String {
    format!(
        r#"{{"coding":[{{"system":"{system}","code":"{code}","display":"{display}"}}],"text":"{display}"}}"#
    )
}

/// A Quantity in UCUM.
pub(crate) fn quantity(value: f64, unit: &str) -> String {
    format!(
        r#"{{"value":{value:.1},"unit":"{unit}","system":"http://unitsofmeasure.org","code":"{unit}"}}"#
    )
}

/// A point of time: days are counted from 2006-01-01, minutes within the day.
pub(crate) fn instant(day: usize, minute: usize) -> String {
    format!("{}T{:02}:{:02}:00+00:00", date(day), minute / 60 % 24, minute % 60)
}

/// The date so many days after 2006-01-01; a negative number lies before it.
pub(crate) fn date(day: impl TryInto<i64>) -> String {
    let day: i64 = day.try_into().unwrap_or(0) + 13_149;
    // Days since 1970-01-01 to year, month, day, counted in eras of 400 years from March on.
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{of_month:02}")
}

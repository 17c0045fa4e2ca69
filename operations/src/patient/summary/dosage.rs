//! [Dosage] in words.
//!
//! [Dosage]: https://hl7.org/fhir/R4/dosage.html

use fhir::json::Value;

use super::Audience;
use super::wording::{name, quantity, range};

/// How a medicine is taken, from a MedicationRequest or MedicationStatement; `None` when it does
/// not say.
pub(super) fn dosage(root: Value<'_>, audience: Audience) -> Option<String> {
    let instructions = root.list("dosageInstruction").chain(root.list("dosage"));
    let said: Vec<String> =
        instructions.filter_map(|dosage| instruction(dosage, audience)).collect();
    (!said.is_empty()).then(|| said.join("; then "))
}

fn instruction(dosage: Value<'_>, audience: Audience) -> Option<String> {
    let for_patients = dosage.str("patientInstruction").filter(|_| audience == Audience::Patient);
    if let Some(text) = for_patients.or_else(|| dosage.str("text")) {
        let text = text.trim().trim_end_matches('.').to_owned();
        return (!text.is_empty()).then_some(text);
    }
    let parts = [
        dosage.list("doseAndRate").find_map(|dose| amount(dose, audience)),
        dosage.get("method").and_then(|method| name(method, audience)),
        dosage.get("route").and_then(|route| name(route, audience)),
        dosage.get("timing").and_then(|timing| timing_text(timing, audience)),
        as_needed(dosage, audience),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn amount(dose: Value<'_>, audience: Audience) -> Option<String> {
    if let Some(quantity) = dose.get("doseQuantity").and_then(|dose| quantity(dose, audience)) {
        return Some(quantity);
    }
    if let Some(range) = dose.get("doseRange").and_then(|dose| range(dose, audience)) {
        return Some(range);
    }
    dose.get("rateQuantity").and_then(|rate| quantity(rate, audience))
}

fn as_needed(dosage: Value<'_>, audience: Audience) -> Option<String> {
    if let Some(what) = dosage.get("asNeededCodeableConcept") {
        return Some(match name(what, audience) {
            Some(what) => format!("as needed for {what}"),
            None => "as needed".to_owned(),
        });
    }
    let is_so = dosage.get("asNeededBoolean").and_then(Value::as_bool) == Some(true);
    is_so.then(|| "as needed".to_owned())
}

fn timing_text(timing: Value<'_>, audience: Audience) -> Option<String> {
    let repeat = timing.get("repeat").and_then(repeated);
    repeat.or_else(|| name(timing.get("code")?, audience))
}

/// `twice a day`, `every 8 hours`, `3 times every 2 days`
fn repeated(repeat: Value<'_>) -> Option<String> {
    let number = |key| repeat.get(key).and_then(Value::as_number);
    let (one, many) = period_unit(&repeat.str("periodUnit")?)?;
    let (frequency, period) = (number("frequency").unwrap_or("1"), number("period")?);
    let most = number("frequencyMax").map(|most| format!("{frequency} to {most}"));
    let longest = number("periodMax").map(|longest| format!("{period} to {longest}"));
    let is_one = |text: &str| text.parse::<f64>().is_ok_and(|number| number == 1.0);
    let times = match (&most, frequency) {
        (Some(most), _) => format!("{most} times"),
        (None, "1") => "once".to_owned(),
        (None, "2") => "twice".to_owned(),
        (None, other) => format!("{other} times"),
    };
    if let Some(longest) = longest {
        return Some(format!("{times} every {longest} {many}"));
    }
    match (is_one(period), times.as_str()) {
        (true, _) => Some(format!("{times} {} {one}", if one == "hour" { "an" } else { "a" })),
        (false, "once") => Some(format!("every {period} {many}")),
        (false, _) => Some(format!("{times} every {period} {many}")),
    }
}

fn period_unit(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "s" => ("second", "seconds"),
        "min" => ("minute", "minutes"),
        "h" => ("hour", "hours"),
        "d" => ("day", "days"),
        "wk" => ("week", "weeks"),
        "mo" => ("month", "months"),
        "a" => ("year", "years"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use fhir::json::Json;

    use super::dosage;
    use crate::patient::summary::Audience;

    #[track_caller]
    fn check(instruction: &str, expected: Option<&str>) {
        let json = Json::parse(format!(r#"{{"dosageInstruction":[{instruction}]}}"#)).unwrap();
        assert_eq!(dosage(json.root(), Audience::Clinician).as_deref(), expected);
    }

    #[test]
    fn the_text_of_a_dosage_is_what_is_said() {
        check(
            r#"{"text":"1 tablet twice daily.","asNeededBoolean":true}"#,
            Some("1 tablet twice daily"),
        );
    }

    #[test]
    fn a_dosage_without_text_is_put_into_words() {
        check(
            r#"{"doseAndRate":[{"doseQuantity":{"value":1.0,"unit":"tablet"}}],
                "route":{"text":"by mouth"},
                "timing":{"repeat":{"frequency":2,"period":1,"periodUnit":"d"}}}"#,
            Some("1.0 tablet, by mouth, twice a day"),
        );
        check(
            r#"{"timing":{"repeat":{"frequency":1,"period":8,"periodUnit":"h"}},
                "asNeededCodeableConcept":{"text":"pain"}}"#,
            Some("every 8 hours, as needed for pain"),
        );
    }

    #[test]
    fn a_dosage_that_says_nothing_is_left_out() {
        check(r#"{"sequence":1}"#, None);
    }
}

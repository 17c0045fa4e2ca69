//! Plain words for patients: what common terms, units and flags mean.

/// A term, as it occurs in names (lower case), and what it means.
const TERMS: &[(&str, &str)] = &[
    ("neuropathy", "damaged nerves"),
    ("retinopathy", "damage at the back of the eye"),
    ("nephropathy", "damaged kidneys"),
    ("microalbuminuria", "small amounts of protein in the urine"),
    ("proteinuria", "protein in the urine"),
    ("hypertension", "high blood pressure"),
    ("hyperlipidemia", "too much fat in the blood"),
    ("hypercholesterolemia", "too much cholesterol in the blood"),
    ("prediabetes", "blood sugar higher than usual, not yet diabetes"),
    ("diabetes", "a long-term problem with blood sugar"),
    ("hyperglycemia", "too much sugar in the blood"),
    ("hypoglycemia", "too little sugar in the blood"),
    ("anemia", "too little of what carries oxygen in the blood"),
    ("myocardial infarction", "heart attack"),
    ("heart failure", "the heart pumps more weakly than it should"),
    ("atrial fibrillation", "an irregular heartbeat"),
    ("coronary", "about the blood vessels of the heart"),
    ("cerebrovascular", "about the blood vessels of the brain"),
    ("chronic kidney disease", "kidneys that work less well over a long time"),
    ("chronic obstructive", "a long-term narrowing of the airways"),
    ("asthma", "airways that narrow at times"),
    ("bronchitis", "inflamed airways"),
    ("sinusitis", "inflamed sinuses"),
    ("rhinitis", "inflamed inside of the nose"),
    ("pharyngitis", "sore throat"),
    ("otitis media", "infection of the middle ear"),
    ("gastroesophageal reflux", "stomach acid that rises into the food pipe"),
    ("hypothyroidism", "a thyroid gland that makes too little hormone"),
    ("osteoporosis", "thin, weak bones"),
    ("osteoarthritis", "worn joints"),
    ("obesity", "much more body weight than is healthy"),
    ("neoplasm", "a growth"),
    ("carcinoma", "a kind of cancer"),
    ("fracture", "a broken bone"),
    ("laceration", "a cut"),
    ("contusion", "a bruise"),
    ("concussion", "a shaken brain"),
    ("appendectomy", "removal of the appendix"),
    ("colonoscopy", "a look into the large bowel"),
    ("anaphylaxis", "a sudden, dangerous allergic reaction"),
    ("urticaria", "itchy hives"),
    ("dyspnea", "shortness of breath"),
    ("edema", "swelling"),
    ("hemoglobin a1c", "average blood sugar over about three months"),
    ("hba1c", "average blood sugar over about three months"),
    ("egfr", "shows how well the kidneys work"),
    ("bun", "shows how well the kidneys work"),
    ("urea nitrogen", "shows how well the kidneys work"),
    ("hemoglobin", "carries oxygen in the blood"),
    ("ldl", "often called bad cholesterol"),
    ("hdl", "often called good cholesterol"),
    ("inr", "shows how long the blood takes to clot"),
    ("creatinine", "shows how well the kidneys work"),
    ("glomerular filtration", "shows how well the kidneys work"),
    ("low density lipoprotein", "often called bad cholesterol"),
    ("high density lipoprotein", "often called good cholesterol"),
    ("triglyceride", "a fat in the blood"),
    ("glucose", "blood sugar"),
    ("body mass index", "weight compared with height"),
    ("systolic", "pressure while the heart beats"),
    ("diastolic", "pressure between heartbeats"),
    ("leukocytes", "white blood cells"),
    ("erythrocytes", "red blood cells"),
    ("platelets", "cells that stop bleeding"),
];

/// A name with what it means in brackets, where that is known and not already there. The first term
/// that occurs explains it, so that a complication comes before what it complicates.
pub(super) fn explain(name: &str) -> String {
    let lower = name.to_lowercase();
    match TERMS.iter().find(|(term, _)| holds_word(&lower, term)) {
        Some((_, meaning)) if !lower.contains(meaning) => format!("{name} ({meaning})"),
        _ => name.to_owned(),
    }
}

/// Does the term stand in the text at the start of a word, and an abbreviation as a whole word?
fn holds_word(text: &str, term: &str) -> bool {
    let is_end = |next: Option<char>| next.is_none_or(|next| !next.is_alphanumeric());
    text.match_indices(term).any(|(at, _)| {
        is_end(text[..at].chars().next_back())
            && (term.len() > ABBREVIATION_MAX || is_end(text[at + term.len()..].chars().next()))
    })
}

/// Letters of the longest abbreviation.
const ABBREVIATION_MAX: usize = 5;

const UNITS: &[(&str, &str)] = &[
    ("mg/dL", "milligrams per decilitre"),
    ("g/dL", "grams per decilitre"),
    ("mmol/L", "millimoles per litre"),
    ("umol/L", "micromoles per litre"),
    ("U/L", "units per litre"),
    ("mmHg", "millimetres of mercury"),
    ("mm[Hg]", "millimetres of mercury"),
    ("kg/m2", "kilograms per square metre"),
    ("/min", "per minute"),
    ("Cel", "degrees Celsius"),
    ("[degF]", "degrees Fahrenheit"),
    ("10*3/uL", "thousand per microlitre"),
    ("10*6/uL", "million per microlitre"),
    ("ng/mL", "nanograms per millilitre"),
    ("pg/mL", "picograms per millilitre"),
    ("mL/min", "millilitres per minute"),
    ("mL/min/1.73 m2", "millilitres per minute for a body of usual size"),
    ("mg/g", "milligrams per gram"),
    ("mL/min/{1.73_m2}", "millilitres per minute for a body of usual size"),
    ("fL", "femtolitres"),
    ("[lb_av]", "pounds"),
    ("[in_i]", "inches"),
];

/// A unit in full words, or as it is.
pub(super) fn unit(unit: &str) -> String {
    let known = UNITS.iter().find(|(short, _)| *short == unit);
    known.map_or(unit, |(_, words)| words).to_owned()
}

#[cfg(test)]
mod tests {
    use super::explain;

    #[track_caller]
    fn check(name: &str, expected: &str) {
        assert_eq!(explain(name), expected);
    }

    #[test]
    fn a_term_is_explained_once_and_by_the_first_that_fits() {
        check(
            "Retinopathy due to diabetes",
            "Retinopathy due to diabetes (damage at the back of the eye)",
        );
        check("Essential Hypertension", "Essential Hypertension (high blood pressure)");
        check("Acute myocardial infarction", "Acute myocardial infarction (heart attack)");
        check("Glucose, blood sugar, fasting", "Glucose, blood sugar, fasting");
    }

    #[test]
    fn a_term_inside_another_word_explains_nothing() {
        check("Prediabetes", "Prediabetes (blood sugar higher than usual, not yet diabetes)");
        check("Lymphedema", "Lymphedema");
        check("Bundle branch block", "Bundle branch block");
    }
}

//! Laboratory tests: code, unit, reference range and the values of healthy adults.

use super::code::{Code, loinc};

/// One test as the laboratory of the sample region runs it.
pub(crate) struct Test {
    pub(crate) code: Code,
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) ucum: &'static str,
    /// Reference range; an infinite end is open.
    pub(crate) range: (f64, f64),
    /// Reference range of women where it differs.
    pub(crate) women: Option<(f64, f64)>,
    /// Below and above these values the laboratory telephones.
    pub(crate) critical: (f64, f64),
    pub(crate) digits: u8,
    /// Mean and deviation in healthy adults.
    pub(crate) usual: (f64, f64),
}

const LOW: f64 = f64::NEG_INFINITY;
const HIGH: f64 = f64::INFINITY;
const NEVER: (f64, f64) = (LOW, HIGH);

const fn test(
    code: Code,
    [name, unit, ucum]: [&'static str; 3],
    range: (f64, f64),
    digits: u8,
    usual: (f64, f64),
) -> Test {
    Test { code, name, unit, ucum, range, women: None, critical: NEVER, digits, usual }
}

const fn by_sex(mut test: Test, women: (f64, f64)) -> Test {
    test.women = Some(women);
    test
}

const fn critical(mut test: Test, low: f64, high: f64) -> Test {
    test.critical = (low, high);
    test
}

const MG_DL: &str = "mg/dL";
const MMOL_L: &str = "mmol/L";

macro_rules! tests {
    ($($name:ident = $value:expr;)*) => { $(pub(crate) static $name: Test = $value;)* };
}

tests! {
    GLUCOSE = critical(test(loinc("2345-7", "Glucose [Mass/volume] in Serum or Plasma"), ["Glucose", MG_DL, MG_DL], (70.0, 99.0), 0, (88.0, 5.0)), 45.0, 450.0);
    UREA = test(loinc("3094-0", "Urea nitrogen [Mass/volume] in Serum or Plasma"), ["BUN", MG_DL, MG_DL], (7.0, 20.0), 0, (14.0, 2.5));
    CREATININE = by_sex(test(loinc("2160-0", "Creatinine [Mass/volume] in Serum or Plasma"), ["Creatinine", MG_DL, MG_DL], (0.7, 1.3), 2, (0.85, 0.07)), (0.5, 1.1));
    EGFR = test(loinc("98979-8", "Glomerular filtration rate/1.73 sq M.predicted [Volume Rate/Area] in Serum, Plasma or Blood by Creatinine-based formula (CKD-EPI 2021)"), ["eGFR", "mL/min/1.73 m2", "mL/min/{1.73_m2}"], (60.0, HIGH), 0, (90.0, 5.0));
    SODIUM = critical(test(loinc("2951-2", "Sodium [Moles/volume] in Serum or Plasma"), ["Sodium", MMOL_L, MMOL_L], (135.0, 145.0), 0, (140.0, 1.5)), 120.0, 160.0);
    POTASSIUM = critical(test(loinc("2823-3", "Potassium [Moles/volume] in Serum or Plasma"), ["Potassium", MMOL_L, MMOL_L], (3.5, 5.1), 1, (4.2, 0.2)), 2.8, 6.2);
    CHLORIDE = test(loinc("2075-0", "Chloride [Moles/volume] in Serum or Plasma"), ["Chloride", MMOL_L, MMOL_L], (98.0, 107.0), 0, (102.0, 1.3));
    BICARBONATE = test(loinc("2028-9", "Carbon dioxide, total [Moles/volume] in Serum or Plasma"), ["CO2", MMOL_L, MMOL_L], (22.0, 29.0), 0, (25.5, 1.0));
    CALCIUM = test(loinc("17861-6", "Calcium [Mass/volume] in Serum or Plasma"), ["Calcium", MG_DL, MG_DL], (8.6, 10.3), 1, (9.4, 0.2));
    ALT = test(loinc("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma"), ["ALT", "U/L", "U/L"], (7.0, 45.0), 0, (22.0, 5.0));
    AST = test(loinc("1920-8", "Aspartate aminotransferase [Enzymatic activity/volume] in Serum or Plasma"), ["AST", "U/L", "U/L"], (8.0, 40.0), 0, (21.0, 4.0));
    ALBUMIN = test(loinc("1751-7", "Albumin [Mass/volume] in Serum or Plasma"), ["Albumin", "g/dL", "g/dL"], (3.5, 5.0), 1, (4.3, 0.15));
    WBC = test(loinc("6690-2", "Leukocytes [#/volume] in Blood by Automated count"), ["WBC", "10*3/uL", "10*3/uL"], (4.0, 11.0), 1, (6.8, 0.9));
    HEMOGLOBIN = critical(by_sex(test(loinc("718-7", "Hemoglobin [Mass/volume] in Blood"), ["Hemoglobin", "g/dL", "g/dL"], (13.5, 17.5), 1, (14.4, 0.4)), (12.0, 15.5)), 7.0, 20.0);
    HEMATOCRIT = by_sex(test(loinc("4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count"), ["Hematocrit", "%", "%"], (40.0, 52.0), 1, (43.0, 1.0)), (36.0, 46.5));
    MCV = test(loinc("787-2", "MCV [Entitic volume] by Automated count"), ["MCV", "fL", "fL"], (80.0, 100.0), 0, (89.0, 2.0));
    PLATELETS = critical(test(loinc("777-3", "Platelets [#/volume] in Blood by Automated count"), ["Platelets", "10*3/uL", "10*3/uL"], (150.0, 400.0), 0, (255.0, 30.0)), 30.0, 1000.0);
    CHOLESTEROL = test(loinc("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma"), ["Total cholesterol", MG_DL, MG_DL], (LOW, 200.0), 0, (180.0, 10.0));
    TRIGLYCERIDES = test(loinc("2571-8", "Triglyceride [Mass/volume] in Serum or Plasma"), ["Triglycerides", MG_DL, MG_DL], (LOW, 150.0), 0, (105.0, 18.0));
    HDL = test(loinc("2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma"), ["HDL cholesterol", MG_DL, MG_DL], (40.0, HIGH), 0, (54.0, 5.0));
    LDL = test(loinc("13457-7", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation"), ["LDL cholesterol", MG_DL, MG_DL], (LOW, 130.0), 0, (104.0, 12.0));
    HBA1C = test(loinc("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"), ["HbA1c", "%", "%"], (4.0, 5.6), 1, (5.2, 0.15));
    TSH = test(loinc("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma"), ["TSH", "mIU/L", "m[IU]/L"], (0.4, 4.5), 2, (1.9, 0.4));
    INR = critical(test(loinc("6301-6", "INR in Platelet poor plasma by Coagulation assay"), ["INR", "INR", "{INR}"], (0.8, 1.2), 1, (1.0, 0.05)), LOW, 5.0);
    NT_PROBNP = test(loinc("33762-6", "Natriuretic peptide.B prohormone N-Terminal [Mass/volume] in Serum or Plasma"), ["NT-proBNP", "pg/mL", "pg/mL"], (LOW, 300.0), 0, (110.0, 30.0));
    FERRITIN = by_sex(test(loinc("2276-4", "Ferritin [Mass/volume] in Serum or Plasma"), ["Ferritin", "ng/mL", "ng/mL"], (24.0, 336.0), 0, (80.0, 15.0)), (11.0, 307.0));
    PHOSPHATE = test(loinc("2777-1", "Phosphate [Mass/volume] in Serum or Plasma"), ["Phosphate", MG_DL, MG_DL], (2.5, 4.5), 1, (3.4, 0.2));
    PTH = test(loinc("2731-8", "Parathyrin.intact [Mass/volume] in Serum or Plasma"), ["Intact PTH", "pg/mL", "pg/mL"], (15.0, 65.0), 0, (38.0, 6.0));
    URATE = test(loinc("3084-1", "Urate [Mass/volume] in Serum or Plasma"), ["Uric acid", MG_DL, MG_DL], (3.4, 7.2), 1, (5.2, 0.4));
    URINE_ALBUMIN = test(loinc("9318-7", "Albumin/Creatinine [Mass Ratio] in Urine"), ["Urine albumin/creatinine", "mg/g", "mg/g{creat}"], (LOW, 30.0), 0, (10.0, 3.0));
    GLUCOSE_CHALLENGE = test(loinc("1504-0", "Glucose [Mass/volume] in Serum or Plasma --1 hour post 50 g glucose PO"), ["Glucose 1 h after 50 g", MG_DL, MG_DL], (LOW, 140.0), 0, (112.0, 10.0));
}

/// Tests that are ordered and reported together.
pub(crate) struct Panel {
    pub(crate) code: Code,
    pub(crate) tests: &'static [&'static Test],
}

pub(crate) static METABOLIC: Panel = Panel {
    code: loinc("24321-2", "Basic metabolic 2000 panel - Serum or Plasma"),
    tests: &[
        &GLUCOSE,
        &UREA,
        &CREATININE,
        &EGFR,
        &SODIUM,
        &POTASSIUM,
        &CHLORIDE,
        &BICARBONATE,
        &CALCIUM,
    ],
};
pub(crate) static COMPREHENSIVE: Panel = Panel {
    code: loinc("24323-8", "Comprehensive metabolic 2000 panel - Serum or Plasma"),
    tests: &[
        &GLUCOSE,
        &UREA,
        &CREATININE,
        &EGFR,
        &SODIUM,
        &POTASSIUM,
        &CHLORIDE,
        &BICARBONATE,
        &CALCIUM,
        &ALT,
        &AST,
        &ALBUMIN,
    ],
};
pub(crate) static BLOOD_COUNT: Panel = Panel {
    code: loinc("58410-2", "CBC panel - Blood by Automated count"),
    tests: &[&WBC, &HEMOGLOBIN, &HEMATOCRIT, &MCV, &PLATELETS],
};
pub(crate) static LIPIDS: Panel = Panel {
    code: loinc("24331-1", "Lipid 1996 panel - Serum or Plasma"),
    tests: &[&CHOLESTEROL, &TRIGLYCERIDES, &HDL, &LDL],
};

//! The work-up of a breast cancer: screening, diagnostic imaging, biopsy, staging, a plan.

use super::background::{USUAL_SMOKING, check_up, opening};
use crate::generate::code::{Code, loinc};
use crate::generate::conditions::{ABNORMAL_MAMMOGRAM, BREAST_CANCER, BREAST_LUMP};
use crate::generate::date::Date;
use crate::generate::labs::{BLOOD_COUNT, COMPREHENSIVE};
use crate::generate::medicines::LETROZOLE;
use crate::generate::notes::{CONSULTATION, Note, PROGRESS};
use crate::generate::practitioners::{
    FAMILY_PHYSICIAN, ONCOLOGIST, PATHOLOGIST, RADIOLOGIST, SURGEON,
};
use crate::generate::record::Record;

const SCREENING: Code = loinc("24606-6", "MG Breast Screening");
const DIAGNOSTIC: Code = loinc("", "Diagnostic mammogram and ultrasound, left breast");
const PATHOLOGY: Code = loinc("11526-1", "Pathology study");
const MARKERS: [(Code, &str); 3] = [
    (loinc("16112-5", "Estrogen receptor [Interpretation] in Tissue"), "Positive (95 % of cells)"),
    (
        loinc("16113-3", "Progesterone receptor [Interpretation] in Tissue"),
        "Positive (70 % of cells)",
    ),
    (loinc("48676-1", "HER2 [Interpretation] in Tissue"), "Negative (1+)"),
];
const STAGING: [(Code, &str); 4] = [
    (loinc("21905-5", "Primary tumor.clinical [Class] Cancer"), "cT1c"),
    (loinc("21906-3", "Regional lymph nodes.clinical [Class] Cancer"), "cN0"),
    (loinc("21907-1", "Distant metastases.clinical [Class] Cancer"), "cM0"),
    (loinc("21908-9", "Stage group.clinical Cancer"), "Stage IA"),
];

pub(crate) fn write(record: &mut Record) {
    let found = record.today.plus_days(-record.random.between(75, 110));
    let abnormal = screening(record, found);
    let lump = diagnosis(record, found);
    let cancer = surgery(record, found, [abnormal, lump]);
    oncology(record, found, cancer);
    record.appointment(record.today.plus_days(9), &SURGEON, "Lumpectomy and sentinel node biopsy");
}

fn screening(record: &mut Record, found: Date) -> usize {
    let first = check_up(record, found.plus_months(-25));
    opening(record, &first, USUAL_SMOKING);
    record.family_history(&first, ["MTH", "mother"], &BREAST_CANCER, 61);
    for (months, result) in [
        (-24, "No mammographic sign of malignancy. BI-RADS 1."),
        (-12, "No mammographic sign of malignancy. BI-RADS 1."),
    ] {
        let mut visit = record.office(
            found.plus_months(months),
            &RADIOLOGIST,
            "Screening mammography",
            SCREENING_REASON,
        );
        record.report(&mut visit, SCREENING, "RAD", &[], Some(result));
    }
    let mut visit = record.office(found, &RADIOLOGIST, "Screening mammography", SCREENING_REASON);
    record.report(&mut visit, SCREENING, "RAD", &[], Some("Irregular 14 mm density in the upper outer quadrant of the left breast, new since last year. BI-RADS 0, further imaging needed."));
    record.problem(&visit, &ABNORMAL_MAMMOGRAM, visit.date)
}

fn diagnosis(record: &mut Record, found: Date) -> usize {
    let mut visit =
        record.office(found.plus_days(8), &FAMILY_PHYSICIAN, "Office visit", BREAST_LUMP.code);
    record.usual_vitals(&mut visit);
    let lump = record.problem(&visit, &BREAST_LUMP, visit.date);
    record.note(&visit, &Note {
        kind: PROGRESS,
        history: "called in after an abnormal screening mammogram; had noticed nothing herself. Her mother had breast cancer at 61.",
        denies: "nipple discharge, breast pain, weight loss, bone pain",
        examination: "Left breast: firm mobile lump of about 15 mm at two o'clock, no skin change. Right breast and both axillae normal.",
        assessment: "Suspicious lump in the left breast.",
        plan: &["Diagnostic mammogram and ultrasound this week.", "Core biopsy if confirmed."],
    });
    let mut visit = record.office(
        found.plus_days(13),
        &RADIOLOGIST,
        "Diagnostic imaging and biopsy",
        BREAST_LUMP.code,
    );
    record.report(&mut visit, DIAGNOSTIC, "RAD", &[], Some("Spiculated hypoechoic mass of 16 mm at two o'clock in the left breast, axillary nodes normal. BI-RADS 5, highly suggestive of malignancy."));
    record.procedure(&visit, "Ultrasound-guided core biopsy of the left breast", lump);

    let mut visit =
        record.office(found.plus_days(18), &PATHOLOGIST, "Pathology examination", BREAST_LUMP.code);
    let markers: Vec<usize> = MARKERS
        .iter()
        .map(|(code, value)| record.finding(&mut visit, "laboratory", *code, value))
        .collect();
    record.report(&mut visit, PATHOLOGY, "SP", &markers, Some("Invasive ductal carcinoma of the left breast, Nottingham grade 2. Estrogen and progesterone receptors positive, HER2 negative."));
    lump
}

fn surgery(record: &mut Record, found: Date, replaced: [usize; 2]) -> usize {
    let mut visit =
        record.office(found.plus_days(22), &SURGEON, "Surgical consultation", BREAST_CANCER.code);
    record.usual_vitals(&mut visit);
    for at in replaced {
        record.resolve(at, visit.date);
    }
    let cancer = record.problem(&visit, &BREAST_CANCER, visit.date.plus_days(-4));
    record.note(&visit, &Note {
        kind: CONSULTATION,
        history: "with biopsy-proven cancer of the left breast, found by screening.",
        denies: "bone pain, cough, headache, weight loss",
        examination: "Lump of 15 mm at two o'clock in the left breast, bruise of the biopsy fading, axilla without palpable nodes.",
        assessment: "Invasive ductal carcinoma of the left breast, hormone receptor positive, HER2 negative; breast conservation possible.",
        plan: &["Lumpectomy with sentinel node biopsy offered.", "Medical oncology before surgery.", "Genetic counselling because of the family history."],
    });
    cancer
}

fn oncology(record: &mut Record, found: Date, cancer: usize) {
    let mut visit = record.office(
        found.plus_days(31),
        &ONCOLOGIST,
        "Oncology consultation",
        BREAST_CANCER.code,
    );
    record.usual_vitals(&mut visit);
    record.panel(&mut visit, &COMPREHENSIVE, &[]);
    record.panel(&mut visit, &BLOOD_COUNT, &[]);
    let stage: Vec<usize> = STAGING
        .iter()
        .map(|(code, value)| record.finding(&mut visit, "exam", *code, value))
        .collect();
    let assessment: Vec<_> = stage.iter().map(|at| record.reference(*at)).collect();
    record.amend(cancer, "stage", serde_json::json!([{ "summary": { "text": "Stage IA (cT1c cN0 cM0)" }, "assessment": assessment }]));
    record.prescribe(&visit, &LETROZOLE, Some(cancer));
    record.care(
        &visit,
        cancer,
        &[&ONCOLOGIST, &SURGEON, &FAMILY_PHYSICIAN],
        "Complete removal of the tumor with clear margins",
        &[
            "Letrozole until surgery",
            "Lumpectomy and sentinel node biopsy",
            "Radiotherapy after surgery",
        ],
    );
    record.note(&visit, &Note {
        kind: CONSULTATION,
        history: "who is past menopause, with newly found cancer of the left breast.",
        denies: "bone pain, cough, jaundice, weight loss",
        examination: "Well appearing. Left breast lump 15 mm, no nodes, liver not enlarged, spine not tender.",
        assessment: "Stage IA (cT1c cN0 cM0) invasive ductal carcinoma, ER and PR positive, HER2 negative.",
        plan: &["Start letrozole 2.5 mg daily until surgery.", "No staging scans without symptoms at this stage.", "Surgery, then radiotherapy; gene expression test on the specimen."],
    });
}

const SCREENING_REASON: Code = crate::generate::code::icd(
    "Z12.31",
    "Encounter for screening mammogram for malignant neoplasm of breast",
);

//! Codes that clinics use most, the most frequent first: drawn by Zipf's law.

/// A laboratory value or a vital sign.
pub(crate) struct Measurement {
    pub(crate) code: &'static str,
    pub(crate) display: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) category: &'static str,
}

const fn vital(
    code: &'static str,
    display: &'static str,
    unit: &'static str,
    low: f64,
    high: f64,
) -> Measurement {
    Measurement { code, display, unit, low, high, category: "vital-signs" }
}

const fn lab(
    code: &'static str,
    display: &'static str,
    unit: &'static str,
    low: f64,
    high: f64,
) -> Measurement {
    Measurement { code, display, unit, low, high, category: "laboratory" }
}

/// The code of the panel whose components are systolic and diastolic pressure.
pub(crate) const BLOOD_PRESSURE: &str = "85354-9";

pub(crate) const MEASUREMENTS: [Measurement; 40] = [
    vital(BLOOD_PRESSURE, "Blood pressure panel", "mm[Hg]", 95.0, 165.0),
    vital("8302-2", "Body height", "cm", 50.0, 200.0),
    vital("29463-7", "Body weight", "kg", 4.0, 130.0),
    vital("72514-3", "Pain severity", "{score}", 0.0, 10.0),
    vital("39156-5", "Body mass index", "kg/m2", 15.0, 42.0),
    vital("8867-4", "Heart rate", "/min", 48.0, 120.0),
    lab("2339-0", "Glucose", "mg/dL", 60.0, 220.0),
    lab("6299-2", "Urea nitrogen", "mg/dL", 6.0, 30.0),
    lab("38483-4", "Creatinine", "mg/dL", 0.5, 3.0),
    lab("49765-1", "Calcium", "mg/dL", 8.0, 11.0),
    lab("2947-0", "Sodium", "mmol/L", 130.0, 148.0),
    lab("6298-4", "Potassium", "mmol/L", 3.2, 5.6),
    lab("2069-3", "Chloride", "mmol/L", 95.0, 110.0),
    lab("20565-8", "Carbon dioxide", "mmol/L", 19.0, 31.0),
    vital("9279-1", "Respiratory rate", "/min", 10.0, 24.0),
    vital("8310-5", "Body temperature", "Cel", 36.0, 40.0),
    lab("2093-3", "Total cholesterol", "mg/dL", 130.0, 300.0),
    lab("2571-8", "Triglycerides", "mg/dL", 60.0, 350.0),
    lab("18262-6", "LDL cholesterol", "mg/dL", 50.0, 200.0),
    lab("2085-9", "HDL cholesterol", "mg/dL", 25.0, 90.0),
    lab("4548-4", "Hemoglobin A1c", "%", 4.0, 11.0),
    lab("6690-2", "Leukocytes", "10*3/uL", 3.0, 14.0),
    lab("789-8", "Erythrocytes", "10*6/uL", 3.5, 6.0),
    lab("718-7", "Hemoglobin", "g/dL", 9.0, 18.0),
    lab("4544-3", "Hematocrit", "%", 30.0, 52.0),
    lab("787-2", "Mean corpuscular volume", "fL", 78.0, 102.0),
    lab("777-3", "Platelets", "10*3/uL", 120.0, 450.0),
    lab("33914-3", "Glomerular filtration rate", "mL/min", 15.0, 120.0),
    lab("14959-1", "Microalbumin/creatinine", "mg/g", 1.0, 300.0),
    lab("1751-7", "Albumin", "g/dL", 3.0, 5.4),
    lab("1975-2", "Total bilirubin", "mg/dL", 0.1, 2.0),
    lab("6768-6", "Alkaline phosphatase", "U/L", 30.0, 150.0),
    lab("1742-6", "Alanine aminotransferase", "U/L", 6.0, 90.0),
    lab("1920-8", "Aspartate aminotransferase", "U/L", 8.0, 80.0),
    lab("2885-2", "Total protein", "g/dL", 5.5, 8.5),
    vital("59408-5", "Oxygen saturation", "%", 88.0, 100.0),
    lab("3016-3", "Thyrotropin", "m[IU]/L", 0.2, 8.0),
    lab("2857-1", "Prostate specific antigen", "ng/mL", 0.1, 9.0),
    lab("1988-5", "C reactive protein", "mg/L", 0.1, 90.0),
    lab("2276-4", "Ferritin", "ng/mL", 8.0, 400.0),
];

/// SNOMED CT.
pub(crate) const CONDITIONS: [(&str, &str); 20] = [
    ("59621000", "Essential hypertension"),
    ("444814009", "Viral sinusitis"),
    ("195662009", "Acute viral pharyngitis"),
    ("15777000", "Prediabetes"),
    ("44054006", "Type 2 diabetes mellitus"),
    ("162864005", "Body mass index 30+ - obesity"),
    ("10509002", "Acute bronchitis"),
    ("271737000", "Anemia"),
    ("55822004", "Hyperlipidemia"),
    ("40055000", "Chronic sinusitis"),
    ("195967001", "Asthma"),
    ("53741008", "Coronary arteriosclerosis"),
    ("431855005", "Chronic kidney disease stage 1"),
    ("65363002", "Otitis media"),
    ("44465007", "Sprain of ankle"),
    ("370143000", "Major depressive disorder"),
    ("82423001", "Chronic pain"),
    ("64859006", "Osteoporosis"),
    ("396275006", "Osteoarthritis"),
    ("84757009", "Epilepsy"),
];

/// SNOMED CT.
pub(crate) const PROCEDURES: [(&str, &str); 12] = [
    ("428191000124101", "Documentation of current medications"),
    ("710824005", "Assessment of health and social care needs"),
    ("73761001", "Colonoscopy"),
    ("399208008", "Plain chest X-ray"),
    ("117015009", "Throat culture"),
    ("710841007", "Assessment of anxiety"),
    ("74016001", "Knee X-ray"),
    ("23426006", "Measurement of respiratory function"),
    ("265764009", "Renal dialysis"),
    ("252160004", "Standard pregnancy test"),
    ("65546002", "Extraction of wisdom tooth"),
    ("288086009", "Suture of open wound"),
];

/// RxNorm.
pub(crate) const MEDICATIONS: [(&str, &str); 16] = [
    ("314076", "lisinopril 10 MG Oral Tablet"),
    ("313782", "Acetaminophen 325 MG Oral Tablet"),
    ("860975", "metformin hydrochloride 500 MG Oral Tablet"),
    ("310798", "Hydrochlorothiazide 25 MG Oral Tablet"),
    ("314231", "Simvastatin 10 MG Oral Tablet"),
    ("308136", "amlodipine 2.5 MG Oral Tablet"),
    ("310965", "Ibuprofen 200 MG Oral Tablet"),
    ("834102", "Penicillin V Potassium 500 MG Oral Tablet"),
    ("866412", "metoprolol succinate 100 MG Oral Tablet"),
    ("1049221", "Acetaminophen 325 MG / Oxycodone 5 MG Oral Tablet"),
    ("309362", "Clopidogrel 75 MG Oral Tablet"),
    ("312961", "Simvastatin 20 MG Oral Tablet"),
    ("197361", "amlodipine 5 MG Oral Tablet"),
    ("895994", "fluticasone propionate 0.044 MG/ACTUAT Inhaler"),
    ("748856", "Ethinyl estradiol / norelgestromin patch"),
    ("849574", "Naproxen sodium 220 MG Oral Tablet"),
];

/// CVX.
pub(crate) const VACCINES: [(&str, &str); 8] = [
    ("140", "Influenza, seasonal, injectable, preservative free"),
    ("113", "Td (adult) preservative free"),
    ("08", "Hep B, adolescent or pediatric"),
    ("20", "DTaP"),
    ("10", "IPV"),
    ("133", "Pneumococcal conjugate PCV 13"),
    ("121", "zoster"),
    ("62", "HPV, quadrivalent"),
];

pub(crate) const FAMILIES: [&str; 40] = [
    "Smith", "Stone", "Brown", "Baker", "Silva", "Santos", "Becker", "Schulz", "Bauer", "Sato",
    "Suzuki", "Tanaka", "Kaur", "Khan", "Nguyen", "Tran", "Kowalski", "Novak", "Horvat", "Jansen",
    "Peeters", "Dubois", "Moreau", "Rossi", "Bianchi", "Garcia", "Lopez", "Berg", "Lund", "Strand",
    "Virtanen", "Koch", "Murphy", "Byrne", "Walsh", "Evans", "Adeyemi", "Okafor", "Mensah",
    "Haddad",
];

pub(crate) const GIVENS: [(&str, &str); 24] = [
    ("Anna", "female"),
    ("Adam", "male"),
    ("Maria", "female"),
    ("Peter", "male"),
    ("Alma", "female"),
    ("Aron", "male"),
    ("Sofia", "female"),
    ("Thomas", "male"),
    ("Julia", "female"),
    ("Lukas", "male"),
    ("Emma", "female"),
    ("Daniel", "male"),
    ("Clara", "female"),
    ("David", "male"),
    ("Laura", "female"),
    ("Samuel", "male"),
    ("Nora", "female"),
    ("Oskar", "male"),
    ("Helena", "female"),
    ("Martin", "male"),
    ("Ines", "female"),
    ("Jonas", "male"),
    ("Freya", "female"),
    ("Viktor", "male"),
];

pub(crate) const CITIES: [&str; 16] = [
    "Boston",
    "Worcester",
    "Springfield",
    "Cambridge",
    "Lowell",
    "Brockton",
    "Quincy",
    "Lynn",
    "Newton",
    "Lawrence",
    "Somerville",
    "Framingham",
    "Haverhill",
    "Waltham",
    "Malden",
    "Medford",
];

//! Invented people and places: no name here was taken from a person's record.

pub(crate) const FEMALE: &[&str] = &[
    "Ada", "Beatrix", "Calla", "Delphine", "Edda", "Fenna", "Greta", "Hestia", "Ilka", "Junia",
    "Kestrel", "Linnea", "Maren", "Nerys", "Odile", "Petra", "Quilla", "Rosalind", "Sunniva",
    "Tamsin", "Una", "Verity", "Wilhelmina", "Xenia", "Yara", "Zelda", "Marisol", "Amina", "Noor",
    "Saoirse", "Mei", "Ximena",
];

pub(crate) const MALE: &[&str] = &[
    "Alaric", "Bram", "Caspian", "Dorian", "Emrys", "Florian", "Gideon", "Hollis", "Ivor", "Jasper",
    "Kit", "Leander", "Magnus", "Niall", "Osric", "Piers", "Quentin", "Rufus", "Silas", "Tobias",
    "Ulric", "Vaughn", "Wendell", "Xavier", "Yorick", "Zeno", "Mateo", "Idris", "Kofi", "Anselm",
    "Jun", "Rafael",
];

pub(crate) const FAMILY: &[&str] = &[
    "Quist", "Averling", "Thornwick", "Maplehurst", "Okonwe", "Delacroy", "Fennimore", "Grayle",
    "Hartlow", "Istrane", "Jessamy", "Kirravel", "Lindqvale", "Marchetto", "Nakasawa", "Oxbow",
    "Pellegrane", "Quarrington", "Rosseter", "Santamar", "Tarkwell", "Underhay", "Vantongeren",
    "Wexcombe", "Yarborne", "Zelinka", "Abernoth", "Brightwell", "Castellane", "Dunmarrow",
    "Ellerby", "Farquhane", "Gallowen", "Hesketh", "Iwanaga", "Juarrez", "Kowalenko", "Lacombe",
    "Mbekani", "Novarro",
];

/// Town and postal code, all of the state of Massachusetts and none of them on a map.
pub(crate) const TOWNS: &[(&str, &str)] = &[
    ("Willowmere", "01990"),
    ("Saltbridge", "01991"),
    ("Fernhollow", "01992"),
    ("East Marlowe", "01993"),
    ("Harrow Point", "01994"),
    ("Millbrook Falls", "01995"),
    ("Cranberry Neck", "01996"),
    ("Stonegate", "01997"),
];

pub(crate) const STREETS: &[&str] = &[
    "Alder Lane", "Beacon Row", "Copper Street", "Dovetail Way", "Elder Court", "Foundry Road",
    "Gull Terrace", "Heron Drive", "Ivy Close", "Juniper Avenue", "Kiln Street", "Lantern Hill",
];

//! The definitions of one pack, opened part by part on first use.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use serde::de::DeserializeOwned;

use super::compile::Source;
use super::pack::{self, Entry, Pack, PackError, SearchPart, Shelf};
use super::{
    CodeSystem, Compartment, ConceptMap, Facts, Operation, Schema, SearchParameter, Structure,
    ValueSet,
};
use crate::validation::{Invariants, Rules};

/// The definitions of one package. A part is decoded when it is first asked for; after that each
/// look-up is one or two hash look-ups. Shared between threads; clones share all that is decoded.
#[derive(Debug, Clone)]
pub struct Definitions {
    core: Arc<Core>,
    search: Arc<OnceLock<Search>>,
}

/// All but what concerns search.
#[derive(Debug)]
struct Core {
    pack: Pack,
    types: OnceLock<Vec<Structure>>,
    schema: OnceLock<Schema>,
    rules: OnceLock<Rules>,
    invariants: OnceLock<Invariants>,
    profiles: OnceLock<Vec<Structure>>,
    structures_by_url: OnceLock<HashMap<String, (bool, usize)>>,
    value_sets: Catalogue<ValueSet>,
    code_systems: Catalogue<CodeSystem>,
    concept_maps: OnceLock<Vec<ConceptMap>>,
}

/// The R4 definitions that are built in.
///
/// # Panics
/// Never: a test opens every part of the built-in pack.
pub fn r4() -> &'static Definitions {
    static R4: OnceLock<Definitions> = OnceLock::new();
    const PACK: &[u8] = include_bytes!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../profiles/hl7.fhir.r4.core-4.0.1.pack"
    ));
    R4.get_or_init(|| Definitions::from_pack(PACK).expect("a test opens the built-in pack"))
}

impl Definitions {
    /// Opens a pack.
    ///
    /// # Errors
    /// When the bytes are no pack, of another format, cut off or damaged.
    pub fn from_pack(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Self, PackError> {
        let core = Core {
            pack: Pack::open(bytes.into())?,
            types: OnceLock::new(),
            schema: OnceLock::new(),
            rules: OnceLock::new(),
            invariants: OnceLock::new(),
            profiles: OnceLock::new(),
            structures_by_url: OnceLock::new(),
            value_sets: Catalogue::default(),
            code_systems: Catalogue::default(),
            concept_maps: OnceLock::new(),
        };
        Ok(Self { core: Arc::new(core), search: Arc::default() })
    }

    /// The same definitions with these search parameters more, each on types and by a URL that have
    /// no such parameter yet. All else is shared with them.
    #[must_use]
    pub fn with_search_parameters(&self, more: Vec<SearchParameter>) -> Self {
        let SearchPart { mut parameters, compartments, operations } = self.search().part.clone();
        parameters.extend(more);
        parameters.sort_by(|a, b| a.url.cmp(&b.url));
        let part = SearchPart { parameters, compartments, operations };
        let search = OnceLock::from(Search::new(part));
        Self { core: Arc::clone(&self.core), search: Arc::new(search) }
    }

    /// Definitions of what was just compiled.
    #[must_use]
    pub fn from_facts(facts: &Facts, source: &Source) -> Self {
        Self::from_pack(pack::encode_quickly(facts, source)).expect("what encode wrote can be read")
    }

    /// Name and version of the package, and its FHIR version.
    #[must_use]
    pub fn source(&self) -> &Source {
        self.core.pack.source()
    }

    /// The element tables of the types defined here; empty for a package of profiles alone, which
    /// stands on the types of its FHIR version.
    ///
    /// # Panics
    /// When facts that no compiler checked define `Element` but use a type that is not there.
    pub fn schema(&self) -> &Schema {
        self.core.schema.get_or_init(|| {
            let is_whole = self.types().iter().any(|one| one.type_name == "Element");
            let types = if is_whole { self.types() } else { &[] };
            Schema::from_structures(types).expect("the compiler checked the types of a pack")
        })
    }

    /// What validation worked out from the element tables.
    pub(crate) fn rules(&self) -> &Rules {
        self.core.rules.get_or_init(|| Rules::new(self.schema()))
    }

    /// The compiled invariants of the element tables.
    pub(crate) fn invariants(&self) -> &Invariants {
        self.core.invariants.get_or_init(|| Invariants::new(self.schema()))
    }

    /// Types and logical models, by URL.
    pub fn types(&self) -> &[Structure] {
        self.core.types.get_or_init(|| self.core.pack.types())
    }

    /// Profiles and extensions, by URL.
    pub fn profiles(&self) -> &[Structure] {
        self.core.profiles.get_or_init(|| self.core.pack.profiles())
    }

    /// All structures: types and logical models, then profiles and extensions.
    pub fn structures(&self) -> impl Iterator<Item = &Structure> {
        self.types().iter().chain(self.profiles())
    }

    /// The structure of this canonical URL (`|version` is passed over) or name of a type.
    pub fn structure(&self, url_or_type: &str) -> Option<&Structure> {
        let name = without_version(url_or_type);
        let by_url = self.core.structures_by_url.get_or_init(|| self.index_structures());
        let &(is_profile, at) = if name.contains(':') {
            by_url.get(name)?
        } else {
            by_url.get(&format!("http://hl7.org/fhir/StructureDefinition/{name}"))?
        };
        if is_profile { self.profiles().get(at) } else { self.types().get(at) }
    }

    fn index_structures(&self) -> HashMap<String, (bool, usize)> {
        let types = self.types().iter().enumerate().map(|(at, one)| (one, (false, at)));
        let profiles = self.profiles().iter().enumerate().map(|(at, one)| (one, (true, at)));
        types.chain(profiles).map(|(one, place)| (one.url.clone(), place)).collect()
    }

    /// All search parameters, by URL.
    pub fn search_parameters(&self) -> &[SearchParameter] {
        &self.search().part.parameters
    }

    /// The search parameter of this canonical URL.
    pub fn search_parameter_by_url(&self, url: &str) -> Option<&SearchParameter> {
        let all = self.search_parameters();
        let at = all.binary_search_by(|one| one.url.as_str().cmp(without_version(url))).ok()?;
        Some(&all[at])
    }

    /// The search parameter that this code means for this resource type: the type's own, else
    /// one of `DomainResource`, else one of `Resource`.
    pub fn search_parameter(&self, resource_type: &str, code: &str) -> Option<&SearchParameter> {
        let search = self.search();
        let at = self
            .lineage(resource_type)
            .find_map(|name| search.by_type.get(name)?.get(code).copied())?;
        Some(&search.part.parameters[at])
    }

    /// All search parameters of this resource type with those of its ancestors, sorted by code.
    pub fn search_parameters_of(&self, resource_type: &str) -> Vec<&SearchParameter> {
        let search = self.search();
        let mut found: Vec<(&str, usize)> = Vec::new();
        for codes in self.lineage(resource_type).filter_map(|name| search.by_type.get(name)) {
            for (code, &at) in codes {
                if !found.iter().any(|(known, _)| known == code) {
                    found.push((code, at));
                }
            }
        }
        found.sort_unstable();
        found.into_iter().map(|(_, at)| &search.part.parameters[at]).collect()
    }

    /// `Patient`, `DomainResource`, `Resource`. A package without types of its own borrows those
    /// of R4.
    fn lineage<'a>(&'a self, resource_type: &'a str) -> impl Iterator<Item = &'a str> {
        let own = self.schema();
        let schema = if own.id("Resource").is_some() { own } else { r4().schema() };
        let mut at = schema.id(resource_type).and_then(|id| schema.get(id).base);
        std::iter::once(resource_type).chain(std::iter::from_fn(move || {
            let ancestor = schema.get(at?);
            at = ancestor.base;
            Some(ancestor.name.as_str())
        }))
    }

    /// All compartments, by URL.
    pub fn compartments(&self) -> &[Compartment] {
        &self.search().part.compartments
    }

    /// The compartment of this resource type.
    pub fn compartment(&self, code: &str) -> Option<&Compartment> {
        self.compartments().iter().find(|one| one.code == code)
    }

    /// All operations, by URL.
    pub fn operations(&self) -> &[Operation] {
        &self.search().part.operations
    }

    /// The value set of this canonical URL; `|version` is passed over.
    pub fn value_set(&self, url: &str) -> Option<&ValueSet> {
        self.core.value_sets.get(&self.core.pack, self.core.pack.value_sets(), url)
    }

    /// URLs of all value sets, sorted.
    pub fn value_set_urls(&self) -> impl Iterator<Item = &str> {
        self.core.value_sets.urls(&self.core.pack, self.core.pack.value_sets())
    }

    /// The code system of this canonical URL; `|version` is passed over.
    pub fn code_system(&self, url: &str) -> Option<&CodeSystem> {
        self.core.code_systems.get(&self.core.pack, self.core.pack.code_systems(), url)
    }

    /// URLs of all code systems, sorted.
    pub fn code_system_urls(&self) -> impl Iterator<Item = &str> {
        self.core.code_systems.urls(&self.core.pack, self.core.pack.code_systems())
    }

    /// All concept maps, by URL.
    pub fn concept_maps(&self) -> &[ConceptMap] {
        self.core.concept_maps.get_or_init(|| self.core.pack.concept_maps())
    }

    /// The concept map of this canonical URL; `|version` is passed over.
    pub fn concept_map(&self, url: &str) -> Option<&ConceptMap> {
        let url = without_version(url);
        self.concept_maps().iter().find(|one| one.url == url)
    }

    fn search(&self) -> &Search {
        self.search.get_or_init(|| Search::new(self.core.pack.search()))
    }
}

fn without_version(canonical: &str) -> &str {
    canonical.split_once('|').map_or(canonical, |(url, _)| url)
}

#[derive(Debug)]
struct Search {
    part: SearchPart,
    /// Type, then code, to the parameter's index.
    by_type: HashMap<String, HashMap<String, usize>>,
}

impl Search {
    fn new(part: SearchPart) -> Self {
        let mut by_type: HashMap<String, HashMap<String, usize>> = HashMap::new();
        for (at, parameter) in part.parameters.iter().enumerate() {
            for base in &parameter.base {
                let codes = by_type.entry(base.clone()).or_default();
                codes.entry(parameter.code.clone()).or_insert(at);
            }
        }
        Self { part, by_type }
    }
}

/// Items that are decoded one by one.
#[derive(Debug)]
struct Catalogue<T> {
    items: OnceLock<Vec<(Entry, OnceLock<T>)>>,
}

impl<T> Default for Catalogue<T> {
    fn default() -> Self {
        Self { items: OnceLock::new() }
    }
}

impl<T: DeserializeOwned> Catalogue<T> {
    fn get(&self, pack: &Pack, shelf: &Shelf, url: &str) -> Option<&T> {
        let items = self.items(pack, shelf);
        let find = |url: &str| items.binary_search_by(|(entry, _)| entry.url.as_str().cmp(url));
        // Six systems of version 2 tables have a `|` in their own URL.
        let at = find(url).or_else(|_| find(without_version(url))).ok()?;
        let (entry, item) = &items[at];
        Some(item.get_or_init(|| pack.item(shelf, entry)))
    }

    fn urls(&self, pack: &Pack, shelf: &Shelf) -> impl Iterator<Item = &str> {
        self.items(pack, shelf).iter().map(|(entry, _)| entry.url.as_str())
    }

    fn items(&self, pack: &Pack, shelf: &Shelf) -> &[(Entry, OnceLock<T>)] {
        self.items.get_or_init(|| {
            pack.index(shelf).into_iter().map(|entry| (entry, OnceLock::new())).collect()
        })
    }
}

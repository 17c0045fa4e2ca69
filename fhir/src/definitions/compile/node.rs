//! One resource as a tree, the same whether it came from [JSON] or from [XML].
//!
//! [JSON]: https://hl7.org/fhir/R4/json.html
//! [XML]: https://hl7.org/fhir/R4/xml.html

/// How a primitive was written where it came from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Written {
    /// An XML attribute: its JSON form needs the type.
    #[default]
    Attribute,
    /// A JSON string.
    Quoted,
    /// A JSON number or boolean.
    Bare,
}

/// An element: the text of a primitive, children by name, or both.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Node {
    /// Value of a primitive.
    pub(super) text: Option<String>,
    /// How it was written.
    pub(super) written: Written,
    /// It stood in a JSON array.
    pub(super) in_list: bool,
    /// Children in order; repetitions repeat the name. A resource has a child `resourceType`.
    pub(super) children: Vec<(String, Node)>,
}

impl Node {
    /// A primitive.
    pub(super) fn primitive(text: impl Into<String>, written: Written) -> Self {
        Self { text: Some(text.into()), written, ..Self::default() }
    }

    /// The first child of this name.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|(key, _)| key == name).map(|(_, node)| node)
    }

    /// All children of this name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.children.iter().filter(move |(key, _)| key == name).map(|(_, node)| node)
    }

    /// Text of the first child of this name.
    pub(super) fn str(&self, name: &str) -> Option<&str> {
        self.get(name)?.text.as_deref()
    }

    /// Text of the first child of this name, as an own string.
    pub(super) fn string(&self, name: &str) -> Option<String> {
        self.str(name).map(str::to_owned)
    }

    /// Texts of all children of this name.
    pub(super) fn strings(&self, name: &str) -> Vec<String> {
        self.all(name).filter_map(|node| node.text.clone()).collect()
    }

    /// Is the child of this name `true`?
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.str(name) == Some("true")
    }

    /// The child `stem[x]`: (what follows the stem, child).
    pub(super) fn choice(&self, stem: &str) -> Option<(&str, &Node)> {
        self.children.iter().find_map(|(name, node)| {
            let suffix = name.strip_prefix(stem)?;
            suffix.starts_with(|c: char| c.is_ascii_uppercase()).then_some((suffix, node))
        })
    }

    /// Text of the extension's `value[x]`.
    pub(super) fn extension(&self, url: &str) -> Option<&str> {
        let extension = self.all("extension").find(|e| e.str("url") == Some(url))?;
        extension.choice("value")?.1.text.as_deref()
    }

    /// The type of the resource; none: this is no resource.
    pub(super) fn resource_type(&self) -> Option<&str> {
        self.str("resourceType")
    }
}

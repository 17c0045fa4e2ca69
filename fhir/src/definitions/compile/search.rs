//! [SearchParameter], [CompartmentDefinition] and [OperationDefinition] to their facts.
//!
//! [SearchParameter]: https://hl7.org/fhir/R4/searchparameter.html
//! [CompartmentDefinition]: https://hl7.org/fhir/R4/compartmentdefinition.html
//! [OperationDefinition]: https://hl7.org/fhir/R4/operationdefinition.html

use crate::definitions::{Compartment, Operation, OperationParameter, SearchParameter, SearchType};

use super::node::Node;

/// One search parameter. The error says why it is none.
pub(super) fn search_parameter(node: &Node) -> Result<SearchParameter, &'static str> {
    let url = node.string("url").ok_or("no url")?;
    if url.starts_with("http://hl7.org/fhir/SearchParameter/example") {
        return Err("only an example");
    }
    let kind = match node.str("type") {
        Some("number") => SearchType::Number,
        Some("date") => SearchType::Date,
        Some("string") => SearchType::String,
        Some("token") => SearchType::Token,
        Some("reference") => SearchType::Reference,
        Some("composite") => SearchType::Composite,
        Some("quantity") => SearchType::Quantity,
        Some("uri") => SearchType::Uri,
        Some("special") => SearchType::Special,
        _ => return Err("a type that R4 does not have"),
    };
    Ok(SearchParameter {
        url,
        code: node.string("code").ok_or("no code")?,
        base: node.strings("base"),
        kind,
        expression: node.string("expression"),
        targets: node.strings("target"),
        components: node
            .all("component")
            .filter_map(|one| Some((one.string("definition")?, one.string("expression")?)))
            .collect(),
        is_waiting: false,
    })
}

/// One compartment. The error says why it is none.
pub(super) fn compartment(node: &Node) -> Result<Compartment, &'static str> {
    let url = node.string("url").ok_or("no url")?;
    if url == "http://hl7.org/fhir/CompartmentDefinition/example" {
        return Err("only an example");
    }
    let mut resources: Vec<(String, Vec<String>)> = node
        .all("resource")
        .filter_map(|one| Some((one.string("code")?, one.strings("param"))))
        .collect();
    resources.sort();
    Ok(Compartment { url, code: node.string("code").ok_or("no code")?, resources })
}

/// One operation. The error says why it is none.
pub(super) fn operation(node: &Node) -> Result<Operation, &'static str> {
    let url = node.string("url").ok_or("no url")?;
    if url.starts_with("http://h7.org/") {
        return Err("only an example");
    }
    Ok(Operation {
        url,
        code: node.string("code").ok_or("no code")?,
        affects_state: node.is_true("affectsState"),
        resources: node.strings("resource"),
        system: node.is_true("system"),
        type_level: node.is_true("type"),
        instance: node.is_true("instance"),
        parameters: node.all("parameter").filter_map(parameter).collect(),
    })
}

fn parameter(node: &Node) -> Option<OperationParameter> {
    Some(OperationParameter {
        name: node.string("name")?,
        is_in: node.str("use") == Some("in"),
        min: node.str("min").and_then(|text| text.parse().ok()).unwrap_or(0),
        max: node.str("max").and_then(|text| text.parse().ok()),
        type_name: node.string("type"),
        search_type: node.string("searchType"),
        parts: node.all("part").filter_map(parameter).collect(),
    })
}

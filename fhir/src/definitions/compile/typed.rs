//! The JSON form of a value of a known type, whatever form it was read from.

use crate::definitions::{Schema, Type, TypeKind};
use crate::json::quote;

use super::node::{Node, Written};

/// Writes `node` as compact JSON; children come in the order of the element tables. Without
/// tables only what came from JSON can be written. The error says what is missing.
pub(super) fn to_json(
    node: &Node,
    type_name: &str,
    schema: Option<&Schema>,
) -> Result<String, String> {
    let mut out = String::new();
    write(node, type_name, schema, &mut out)?;
    Ok(out)
}

fn write(
    node: &Node,
    type_name: &str,
    schema: Option<&Schema>,
    out: &mut String,
) -> Result<(), String> {
    if let Some(text) = &node.text {
        out.push_str(&primitive(text, node.written, type_name, schema)?);
        return Ok(());
    }
    object(node, type_name, schema, out)
}

fn primitive(
    text: &str,
    written: Written,
    type_name: &str,
    schema: Option<&Schema>,
) -> Result<String, String> {
    let is_bare = match written {
        Written::Quoted => false,
        Written::Bare => true,
        Written::Attribute if schema.is_none() => {
            return Err(format!("{type_name} from XML needs the element tables of its type"));
        }
        Written::Attribute => {
            matches!(type_name, "boolean" | "integer" | "decimal" | "unsignedInt" | "positiveInt")
        }
    };
    Ok(if is_bare { text.to_owned() } else { quote(text) })
}

/// Children of one name.
struct Group<'a> {
    name: &'a str,
    type_name: &'a str,
    is_array: bool,
    order: u16,
    nodes: Vec<&'a Node>,
}

fn object(
    node: &Node,
    type_name: &str,
    schema: Option<&Schema>,
    out: &mut String,
) -> Result<(), String> {
    let table = schema.and_then(|schema| schema.by_name(type_name)).map(|(_, table)| table);
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (name, child) in &node.children {
        if let Some(group) = groups.iter_mut().find(|group| group.name == name) {
            group.nodes.push(child);
        } else {
            groups.push(group(name, child, type_name, table.zip(schema))?);
        }
    }
    groups.sort_by_key(|group| group.order);
    out.push('{');
    for (position, group) in groups.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        property(group, schema, out)?;
    }
    out.push('}');
    Ok(())
}

fn group<'a>(
    name: &'a str,
    child: &'a Node,
    type_name: &str,
    table: Option<(&'a Type, &'a Schema)>,
) -> Result<Group<'a>, String> {
    let mut group =
        Group { name, type_name: "", is_array: child.in_list, order: 0, nodes: vec![child] };
    let Some((table, schema)) = table else { return Ok(group) };
    let Some((property, kind)) = table.property(name) else {
        return Err(format!("{type_name} has no element {name}"));
    };
    group.is_array = property.is_array;
    group.order = table.by_json_name[name].0;
    group.type_name = &schema.get(kind.type_id).name;
    Ok(group)
}

fn property(group: &Group<'_>, schema: Option<&Schema>, out: &mut String) -> Result<(), String> {
    let is_primitive = schema.and_then(|schema| schema.by_name(group.type_name)).map_or_else(
        || group.nodes.iter().any(|node| node.text.is_some()),
        |(_, table)| table.kind == TypeKind::Primitive,
    );
    if !is_primitive {
        return list(group, &group.nodes, group.name, schema, out);
    }
    if group.nodes.iter().any(|node| node.text.is_some()) {
        let values: Vec<Node> = group.nodes.iter().map(|node| without_children(node)).collect();
        list(group, &values.iter().collect::<Vec<_>>(), group.name, schema, out)?;
        if group.nodes.iter().all(|node| node.children.is_empty()) {
            return Ok(());
        }
        out.push(',');
    }
    let rests: Vec<Node> = group.nodes.iter().map(|node| without_text(node)).collect();
    let name = format!("_{}", group.name);
    let element = Group { type_name: "Element", nodes: Vec::new(), ..*group };
    list(&element, &rests.iter().collect::<Vec<_>>(), &name, schema, out)
}

fn without_children(node: &Node) -> Node {
    Node { children: Vec::new(), ..node.clone() }
}

fn without_text(node: &Node) -> Node {
    Node { text: None, ..node.clone() }
}

fn list(
    group: &Group<'_>,
    nodes: &[&Node],
    name: &str,
    schema: Option<&Schema>,
    out: &mut String,
) -> Result<(), String> {
    out.push_str(&quote(name));
    out.push(':');
    if group.is_array {
        out.push('[');
    }
    for (position, node) in nodes.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        if node.text.is_none() && node.children.is_empty() {
            out.push_str("null");
        } else {
            write(node, group.type_name, schema, out)?;
        }
    }
    if group.is_array {
        out.push(']');
    }
    Ok(())
}

//! A policy document of API Management as JSON.

use roxmltree::{Document, Node};
use serde_json::{Map, Value, json};

/// The policy that a deployment has as this value: its text, also inside an ARM expression such as
/// `[replace('<policies>…', …)]`.
pub(super) fn deployed(value: &str) -> Value {
    text(value).map_or_else(|| json!({"fault": "its text cannot be read"}), |xml| parse(&xml))
}

/// Under `policies` the document; under `all` every element, wherever it is, by its name; `places`, the names from the root
/// to each element. A file that is not well-formed has only its `fault`.
pub(super) fn parse(xml: &str) -> Value {
    let document = match Document::parse(xml) {
        Ok(document) => document,
        Err(error) => return json!({"fault": error.to_string()}),
    };
    let elements: Vec<Node> = document.descendants().filter(Node::is_element).collect();
    let mut all = Map::new();
    for node in &elements {
        push(&mut all, node.tag_name().name(), element(*node));
    }
    let root = document.root_element();
    json!({
        root.tag_name().name(): element(root),
        "all": all,
        "places": elements.into_iter().map(place).collect::<Vec<_>>(),
    })
}

fn text(value: &str) -> Option<String> {
    if !value.starts_with('[') {
        return Some(value.to_owned());
    }
    let quoted = value.get(value.find("'<")? + 1..)?;
    let doubled = "\u{0}";
    let text = quoted.replace("''", doubled);
    Some(text.split('\'').next()?.replace(doubled, "'"))
}

/// Its attributes; the elements in it as arrays under their names; `order`, their names (and `name`s) as they stand;
/// `headers`, the value of each header that they set; `place`; and its `text`. Names of headers are in small letters.
fn element(node: Node) -> Value {
    let (mut members, mut headers) = (Map::new(), Map::new());
    for attribute in node.attributes() {
        members.insert(attribute.name().to_owned(), value(attribute.name(), attribute.value()));
    }
    for child in node.children().filter(Node::is_element) {
        let (tag, child) = (child.tag_name().name(), element(child));
        let name = child.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        push(&mut members, "order", format!("{tag} {name}").trim_end().into());
        let header = child.pointer("/value/0/text").filter(|_| tag == "set-header").cloned();
        headers.extend(header.map(|value| (name, value)));
        push(&mut members, tag, child);
    }
    if !headers.is_empty() {
        members.insert("headers".to_owned(), headers.into());
    }
    let text = node.text().map(str::trim).filter(|text| !text.is_empty());
    members.extend(text.map(|text| ("text".to_owned(), text.into())));
    members.insert("place".to_owned(), place(node).into());
    Value::Object(members)
}

fn value(attribute: &str, value: &str) -> Value {
    if attribute == "name" { value.to_ascii_lowercase().into() } else { value.into() }
}

fn place(node: Node) -> String {
    let mut names: Vec<&str> = node.ancestors().filter(Node::is_element).map(|node| node.tag_name().name()).collect();
    names.reverse();
    names.join("/")
}

fn push(members: &mut Map<String, Value>, name: &str, value: Value) {
    let values = members.entry(name).or_insert_with(|| json!([]));
    if let Some(values) = values.as_array_mut() {
        values.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_has_its_attributes_its_elements_and_their_order() {
        let xml = "<policies>\n<inbound><base /><set-header name=\"X-A\"><value> 1 </value></set-header></inbound>\n</policies>";
        let policy = parse(xml);
        let inbound = &policy["policies"]["inbound"][0];
        assert_eq!(inbound["order"], json!(["base", "set-header x-a"]));
        assert_eq!(inbound["headers"], json!({"x-a": "1"}));
        assert_eq!(inbound["set-header"], policy["all"]["set-header"]);
        assert_eq!(policy["places"][2], "policies/inbound/base");
    }

    #[test]
    fn a_policy_that_is_not_well_formed_has_a_fault_only() {
        let members = parse("<policies><base></policies>");
        assert_eq!(members.as_object().unwrap().keys().collect::<Vec<_>>(), ["fault"]);
    }

    #[test]
    fn a_policy_is_read_out_of_an_expression() {
        assert_eq!(text("<a />").unwrap(), "<a />");
        assert_eq!(text("[replace('<a b=''c'' />', '{x}', reference('/y').z)]").unwrap(), "<a b='c' />");
        assert_eq!(deployed("[reference('/y').z]"), json!({"fault": "its text cannot be read"}));
    }
}

//! The components of the document, made strict: every object is closed, every member required.
//!
//! JSON Schema lets an answer have more members than the document knows and fewer than a client expects. The contract
//! does not, so the schemas are tightened before answers are compared with them. Parts that an `allOf` puts together
//! cannot be closed one by one: they are looked up in an open copy, and the whole is closed.

use serde_json::{Map, Value, json};

/// Carries the values of its code as further members (RFC 9457), so it stays open.
const OPEN: &str = "Problem";
const OPEN_COPY: &str = "#/components/open/";

/// A copy of the components: `schemas` closed, `open` not.
pub fn components(components: &Value) -> Value {
    let mut strict = components.clone();
    let schemas = components["schemas"].as_object().cloned().unwrap_or_default();
    let tightened = |whole: bool| -> Map<String, Value> {
        let tighten = |(name, schema): (&String, &Value)| {
            let mut schema = schema.clone();
            close(&mut schema, whole && name != OPEN);
            (name.clone(), schema)
        };
        schemas.iter().map(tighten).collect()
    };
    strict["schemas"] = tightened(true).into();
    strict["open"] = tightened(false).into();
    strict
}

/// Tightens a schema and everything in it. `whole`: nothing is put beside it, so it may be closed.
fn close(schema: &mut Value, whole: bool) {
    let Some(schema) = schema.as_object_mut() else { return };
    let has_members = schema.contains_key("properties");
    let is_put_together = schema.contains_key("allOf");
    if let Some(members) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        members.values_mut().for_each(|member| close(member, true));
        let names: Vec<Value> = members.keys().map(|name| json!(name)).collect();
        schema.insert("required".to_owned(), names.into());
    }
    for part in schema.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
        open_reference(part);
        close(part, false);
    }
    for choice in ["oneOf", "anyOf"] {
        for part in schema.get_mut(choice).and_then(Value::as_array_mut).into_iter().flatten() {
            if has_members || is_put_together || !whole {
                open_reference(part);
            }
            close(part, whole && !has_members && !is_put_together);
        }
    }
    for inner in ["items", "additionalProperties", "propertyNames"] {
        if let Some(inner) = schema.get_mut(inner) {
            close(inner, true);
        }
    }
    let free = schema.contains_key("additionalProperties");
    if whole && !free && (has_members || is_put_together) {
        schema.insert("unevaluatedProperties".to_owned(), json!(false));
    }
}

fn open_reference(part: &mut Value) {
    let name = part["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/components/schemas/"));
    if let Some(name) = name.map(str::to_owned) {
        part["$ref"] = json!(format!("{OPEN_COPY}{name}"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::contract::compile;
    use super::*;

    fn errors(schema: &Value, value: &Value) -> usize {
        let document = json!({ "schemas": {
            "Thing": { "type": "object", "properties": { "a": { "type": "integer" }, "b": { "type": ["string", "null"] } } },
            "Bigger": { "allOf": [
                { "$ref": "#/components/schemas/Thing" },
                { "type": "object", "properties": { "c": { "type": "array", "items": { "$ref": "#/components/schemas/Thing" } } } },
            ] },
            "Free": { "type": "object" },
        } });
        compile(&components(&document), schema).unwrap().iter_errors(value).count()
    }

    #[test]
    fn a_missing_and_an_additional_member_are_both_found() {
        let thing = json!({ "$ref": "#/components/schemas/Thing" });
        assert_eq!(errors(&thing, &json!({ "a": 1, "b": null })), 0);
        assert_eq!(errors(&thing, &json!({ "a": 1 })), 1);
        assert_eq!(errors(&thing, &json!({ "a": 1, "b": null, "c": 1 })), 1);
        assert_eq!(errors(&json!({ "$ref": "#/components/schemas/Free" }), &json!({ "anything": 1 })), 0);
    }

    #[test]
    fn a_thing_made_of_parts_is_closed_as_a_whole() {
        let bigger = json!({ "$ref": "#/components/schemas/Bigger" });
        assert_eq!(errors(&bigger, &json!({ "a": 1, "b": "x", "c": [] })), 0);
        assert_ne!(errors(&bigger, &json!({ "a": 1, "b": "x", "c": [], "d": 1 })), 0);
        assert_ne!(errors(&bigger, &json!({ "a": 1, "b": "x", "c": [{ "a": 1 }] })), 0);
    }
}

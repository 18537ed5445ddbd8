//! The operations of the OpenAPI document as a list.

use serde_json::Value;

pub struct Operation<'a> {
    /// `GET /v1/refunds/{id}`
    pub name: String,
    pub method: &'a str,
    pub path: &'a str,
    pub id: &'a str,
    pub definition: &'a Value,
}

/// Every operation, in the order of the document. Methods are in capitals in `name` only.
pub fn operations(document: &Value) -> Vec<Operation<'_>> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, definition) in item.as_object().into_iter().flatten() {
            let name = format!("{} {path}", method.to_uppercase());
            let id = definition["operationId"].as_str().unwrap_or_default();
            all.push(Operation { name, method, path, id, definition });
        }
    }
    all
}

/// What a schema is, if it is a reference.
pub fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    schema["$ref"].as_str().and_then(|reference| document.pointer(&reference[1..])).unwrap_or(schema)
}

impl Operation<'_> {
    /// Its parameters in the path, the query or the header.
    pub fn parameters(&self, place: &str) -> impl Iterator<Item = &Value> {
        let all = self.definition["parameters"].as_array().into_iter().flatten();
        all.filter(move |parameter| parameter["in"] == place)
    }

    pub fn takes_header(&self, name: &str) -> bool {
        self.parameters("header").any(|parameter| parameter["name"] == name)
    }

    pub fn requires_header(&self, name: &str) -> bool {
        self.parameters("header").any(|parameter| parameter["name"] == name && parameter["required"] == true)
    }
}

/// The prefix of the ids that a parameter takes, if it takes ids.
pub fn prefix_of<'a>(document: &'a Value, parameter: &'a Value) -> Option<&'a str> {
    let pattern = resolved(document, &parameter["schema"])["pattern"].as_str()?;
    pattern.strip_prefix('^')?.split_once("_[").map(|(prefix, _)| prefix)
}

/// A well-formed id of nothing.
pub fn id_of_nothing(prefix: &str) -> String {
    format!("{prefix}_01kapd3hzcf3sbvpdj0k4v8m2e")
}

/// The path with a well-formed id of nothing for each parameter.
pub fn path_to_nothing(document: &Value, operation: &Operation<'_>) -> String {
    let mut path = operation.path.to_owned();
    for parameter in operation.parameters("path") {
        let id = prefix_of(document, parameter).map_or("nothing".to_owned(), id_of_nothing);
        path = path.replace(&format!("{{{}}}", parameter["name"].as_str().unwrap()), &id);
    }
    path
}

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

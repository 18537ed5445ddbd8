//! The addresses the OpenAPI document knows: tells 405 from 404, and refuses query parameters where there are none.

use serde_json::Value;

use crate::error::{Code, Error, FieldError, Place};

/// More unknown parameters than this are not named.
const PARAMETERS_MAX: usize = 20;

struct Known {
    segments: Vec<String>,
    methods: String,
    /// Methods whose operation documents query parameters; they check them themselves, with a suggestion.
    with_query: Vec<String>,
}

/// The paths of the document.
pub struct KnownPaths(Vec<Known>);

impl KnownPaths {
    pub fn of(document: &Value) -> Self {
        let paths = document["paths"].as_object();
        Self(paths.into_iter().flatten().map(|(path, item)| known(path, item)).collect())
    }

    fn find(&self, path: &str) -> Option<&Known> {
        let given: Vec<&str> = path.split('/').collect();
        let fits = |known: &&Known| {
            known.segments.len() == given.len()
                && known.segments.iter().zip(&given).all(|(known, given)| known.starts_with('{') || known == given)
        };
        // A fixed path wins over one with an id in its place.
        let fixed = |known: &&Known| known.segments.iter().filter(|segment| segment.starts_with('{')).count();
        self.0.iter().filter(fits).min_by_key(fixed)
    }

    /// The methods of a path, if it exists.
    pub fn methods(&self, path: &str) -> Option<&str> {
        self.find(path).map(|known| known.methods.as_str())
    }

    /// # Errors
    /// `unknown_parameter` when an operation without query parameters is given some.
    pub fn check_query(&self, method: &str, path: &str, query: &str) -> Result<(), Error> {
        let takes_some = self.find(path).is_some_and(|known| known.with_query.iter().any(|known| known == method));
        if query.is_empty() || takes_some {
            return Ok(());
        }
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let names = pairs.map(|pair| pair.split('=').next().unwrap_or(pair).to_owned()).take(PARAMETERS_MAX);
        let unknown = |name: String| FieldError {
            place: Place::Query,
            pointer: name.clone(),
            code: Code::UnknownParameter,
            params: vec![("parameter", name), ("known", "–".to_owned())],
        };
        let found: Vec<FieldError> = names.map(unknown).collect();
        if found.is_empty() { Ok(()) } else { Err(Error::invalid(found)) }
    }
}

fn known(path: &str, item: &Value) -> Known {
    let operations: Vec<(String, &Value)> =
        item.as_object().into_iter().flatten().map(|(method, operation)| (method.to_uppercase(), operation)).collect();
    let takes_query = |operation: &Value| {
        operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["in"] == "query"))
    };
    Known {
        segments: path.split('/').map(str::to_owned).collect(),
        methods: operations.iter().flat_map(|(method, _)| answered(method)).collect::<Vec<_>>().join(", "),
        with_query: operations
            .iter()
            .filter(|(_, operation)| takes_query(operation))
            .map(|(method, _)| method.clone())
            .collect(),
    }
}

/// HEAD is answered where GET is.
fn answered(method: &str) -> Vec<&str> {
    if method == "GET" { vec![method, "HEAD"] } else { vec![method] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_address_knows_its_methods_and_whether_it_takes_a_query() {
        let document = json!({ "paths": {
            "/v1/things": { "get": { "parameters": [{ "in": "query", "name": "limit" }] }, "post": {} },
            "/v1/things/{id}": { "get": {} },
            "/v1/things/special": { "get": {} , "put": {} },
        }});
        let known = KnownPaths::of(&document);
        assert_eq!(known.methods("/v1/things"), Some("GET, HEAD, POST"));
        assert_eq!(known.methods("/v1/things/7"), Some("GET, HEAD"));
        assert_eq!(known.methods("/v1/things/special"), Some("GET, HEAD, PUT"));
        assert_eq!(known.methods("/v1/other"), None);
        assert!(known.check_query("GET", "/v1/things", "limit=5").is_ok());
        assert_eq!(known.check_query("POST", "/v1/things", "x=1").unwrap_err().code(), Code::UnknownParameter);
        assert!(known.check_query("GET", "/v1/things/7", "").is_ok());
    }
}

//! The addresses the OpenAPI document knows: tells 405 from 404, refuses query parameters where there are none, and
//! knows whether an operation answers in a format that the client takes.

use serde_json::Value;

use crate::error::{Code, Error, FieldError, Place};

/// More unknown parameters than this are not named.
const PARAMETERS_MAX: usize = 20;

struct Known {
    segments: Vec<String>,
    methods: String,
    operations: Vec<KnownOperation>,
}

struct KnownOperation {
    method: String,
    /// It documents query parameters and checks them itself, with a suggestion.
    takes_query: bool,
    /// Content types of its answers.
    media: Vec<String>,
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
                && known
                    .segments
                    .iter()
                    .zip(&given)
                    .all(|(known, given)| known == given || (known.starts_with('{') && !given.is_empty()))
        };
        // A fixed path wins over one with an id in its place.
        let fixed = |known: &&Known| known.segments.iter().filter(|segment| segment.starts_with('{')).count();
        self.0.iter().filter(fits).min_by_key(fixed)
    }

    /// The methods of a path, if it exists.
    pub fn methods(&self, path: &str) -> Option<&str> {
        self.find(path).map(|known| known.methods.as_str())
    }

    fn operation(&self, method: &str, path: &str) -> Option<&KnownOperation> {
        self.find(path)?.operations.iter().find(|known| known.method == method)
    }

    /// # Errors
    /// `not_acceptable` when an `Accept` names none of the content types that an operation answers.
    pub fn check_accept(&self, method: &str, path: &str, accept: &str) -> Result<(), Error> {
        let Some(operation) = self.operation(method, path) else { return Ok(()) };
        let offered = &operation.media;
        if accept.trim().is_empty() || offered.is_empty() || offered.iter().any(|media| accepts(accept, media)) {
            return Ok(());
        }
        Err(Error::new(Code::NotAcceptable).with("offered", offered.join(", ")).at_place(Place::Header, "Accept"))
    }

    /// # Errors
    /// `unknown_parameter` when an operation without query parameters is given some.
    pub fn check_query(&self, method: &str, path: &str, query: &str) -> Result<(), Error> {
        let takes_some = self.operation(method, path).is_some_and(|known| known.takes_query);
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
        operations: operations
            .iter()
            .map(|(method, operation)| KnownOperation {
                method: method.clone(),
                takes_query: takes_query(operation),
                media: media(operation),
            })
            .collect(),
    }
}

/// Content types of the successes of an operation. Failures are problems, which whoever reads JSON can read.
fn media(operation: &Value) -> Vec<String> {
    let responses = operation["responses"].as_object().into_iter().flatten();
    let successes = responses.filter(|(status, _)| status.starts_with('2'));
    let mut all: Vec<String> = successes
        .flat_map(|(_, answer)| answer["content"].as_object().into_iter().flatten())
        .map(|(media, _)| media.clone())
        .collect();
    all.sort();
    all.dedup();
    all
}

/// Whether an `Accept` takes a content type (RFC 9110, 12.5.1): a range that fits and is not refused by `q=0`.
fn accepts(accept: &str, media: &str) -> bool {
    let kind = media.split('/').next().unwrap_or_default();
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let fits = name == "*/*" || name == media || name.strip_suffix("/*") == Some(kind) || is_problem(&name, media);
        let refused = parts.any(|part| {
            let quality = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="));
            quality.is_some_and(|quality| {
                quality.starts_with('0') && !quality.contains(|digit| ('1'..='9').contains(&digit))
            })
        });
        fits && !refused
    })
}

/// Who takes problems reads JSON.
fn is_problem(range: &str, media: &str) -> bool {
    range == "application/problem+json" && media == "application/json"
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

    #[test]
    fn an_accept_takes_what_its_ranges_name() {
        let takes = |accept: &str| accepts(accept, "application/json");
        for accept in
            ["*/*", "application/*;q=0.1", "text/html, application/json;q=0.9", "Application/JSON;charset=utf-8"]
        {
            assert!(takes(accept), "{accept}");
        }
        assert!(takes("application/problem+json"));
        for accept in ["text/html", "text/*, image/png", "application/json;q=0", "application/json; q=0.000", "json"] {
            assert!(!takes(accept), "{accept}");
        }
    }
}

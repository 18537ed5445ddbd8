//! Every exchange of every test is compared with the OpenAPI document, so that the document cannot drift.
//!
//! The operation is found by method and path; status, content type and body must be documented. Bodies are compared
//! strictly: an answer has every member of its schema ("every field is always present") and no other. When a request
//! was understood (2xx), its body and its query parameters must be documented too. The headers of the contract
//! (`ETag`, `Location`, `Link`, `Idempotency-Replayed`) come where they are documented and nowhere else.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use heller::error::Code;
use heller::handlers::problem::status_of;
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use super::answer::{Answer, STREAM};
use super::provoked;
use super::stream::{self, Event};

const PROBLEM: &str = "application/problem+json";

/// One request and its answer.
pub struct Exchange<'a> {
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    pub sent: Option<&'a Value>,
    pub answer: &'a Answer,
}

/// The operations of the document.
pub struct Contract {
    document: Value,
    /// The components with every object closed and every member required.
    strict: Value,
    routes: Vec<Route>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

struct Route {
    method: String,
    template: String,
    segments: Vec<String>,
}

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::of(heller::openapi::document()));

/// Panics when the exchange is not what the document says.
#[track_caller]
pub fn check(exchange: &Exchange<'_>) {
    provoked::note(exchange.answer);
    let wrong = CONTRACT.violations(exchange);
    assert!(wrong.is_empty(), "not as the OpenAPI document says:\n  {}\n{:?}", wrong.join("\n  "), exchange.answer);
}

/// As [`check`], for one event of a stream.
#[track_caller]
pub fn check_event(target: &str, event: &Event) {
    CONTRACT.check_event(target, event);
}

impl Contract {
    pub fn of(document: Value) -> Self {
        let mut routes = Vec::new();
        for (template, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, _) in item.as_object().into_iter().flatten() {
                let segments = template.split('/').map(str::to_owned).collect();
                routes.push(Route { method: method.to_uppercase(), template: template.clone(), segments });
            }
        }
        // A literal segment is a better match than a parameter.
        routes.sort_by_key(|route| route.segments.iter().filter(|segment| segment.starts_with('{')).count());
        let strict = super::strict::components(&document["components"]);
        Self { document, strict, routes, validators: Mutex::default() }
    }

    fn operation(&self, method: &str, path: &str) -> Option<(&Route, &Value)> {
        let given: Vec<&str> = path.split('/').collect();
        let route = self.routes.iter().find(|route| route.method == method && route.fits(&given))?;
        Some((route, &self.document["paths"][&route.template][method.to_lowercase()]))
    }

    /// What is wrong with an exchange, in words.
    pub fn violations(&self, exchange: &Exchange<'_>) -> Vec<String> {
        if exchange.method == "OPTIONS" && exchange.answer.header("Vary").is_some_and(|vary| vary.contains("Origin")) {
            return self.preflight(exchange.answer);
        }
        let (path, query) = exchange.target.split_once('?').unwrap_or((exchange.target, ""));
        // HEAD is answered as GET, without the body.
        let method = if exchange.answer.is_of_head() { "GET" } else { exchange.method };
        let Some((route, operation)) = self.operation(method, path) else {
            return self.unknown_operation(path, exchange.answer);
        };
        let name = format!("{} {}", route.method, route.template);
        let mut wrong = self.answer_violations(&name, operation, exchange.answer);
        if exchange.answer.status < 300 {
            wrong.extend(self.request_violations(&name, operation, exchange.sent));
            wrong.extend(unknown_parameters(operation, query));
        }
        wrong
    }

    /// Browsers ask before they call: no operation of the document, and nothing to read but refusals.
    fn preflight(&self, answer: &Answer) -> Vec<String> {
        match answer.status {
            200 if answer.bytes.is_empty() => Vec::new(),
            200 => vec!["a preflight has a body".to_owned()],
            _ => self.invalid("Problem", &self.strict, &problem_schema(), &answer.json),
        }
    }

    /// Outside of the document there are pages for people, and under `/v1` nothing but 404 and 405.
    fn unknown_operation(&self, path: &str, answer: &Answer) -> Vec<String> {
        match answer.status {
            404 | 405 if answer.bytes.is_empty() && answer.is_of_head() => Vec::new(),
            404 | 405 => self.invalid("Problem", &self.strict, &problem_schema(), &answer.json),
            status if path.starts_with("/v1") => vec![format!("{status} from an operation that is not documented")],
            _ => Vec::new(),
        }
    }

    fn answer_violations(&self, name: &str, operation: &Value, answer: &Answer) -> Vec<String> {
        let responses = &operation["responses"];
        let Some(response) = responses.get(answer.status.to_string()).or_else(|| responses.get("default")) else {
            return vec![format!("status {} of {name} is not documented", answer.status)];
        };
        let headers = header_violations(&format!("{name} {}", answer.status), response, answer);
        let status = status_violation(answer);
        headers.into_iter().chain(status).chain(self.body_violations(name, response, answer)).collect()
    }

    fn body_violations(&self, name: &str, response: &Value, answer: &Answer) -> Vec<String> {
        if answer.is_of_head() {
            let empty = answer.bytes.is_empty();
            return if empty { Vec::new() } else { vec![format!("HEAD of {name} has a body")] };
        }
        let content = response.get("content").and_then(Value::as_object).filter(|content| !content.is_empty());
        let Some(content) = content else {
            let empty = answer.bytes.is_empty();
            return if empty { Vec::new() } else { vec![format!("{name} documents no body for {}", answer.status)] };
        };
        let media = answer.media().unwrap_or("no content type");
        match content.get(media) {
            None => vec![format!("{name} does not document '{media}' for {}", answer.status)],
            Some(media_type) if media.ends_with("json") => {
                let key = format!("{name} {}", answer.status);
                self.invalid(&key, &self.strict, &media_type["schema"], &answer.json)
            }
            Some(media_type) if media == STREAM => {
                let events = stream::events(&String::from_utf8_lossy(&answer.bytes));
                events.iter().flat_map(|event| self.event_violations(name, &media_type["schema"], event)).collect()
            }
            Some(_) => Vec::new(),
        }
    }

    /// What is wrong with an event: as such, and the JSON it carries, which is as strict as a body.
    fn event_violations(&self, name: &str, schema: &Value, event: &Event) -> Vec<String> {
        let envelope = json!({ "id": event.id, "event": event.name, "data": event.text });
        let mut wrong = self.invalid(&format!("event of {name}"), &self.document["components"], schema, &envelope);
        let inside = &super::document::resolved(&self.document, schema)["properties"]["data"]["contentSchema"];
        wrong.extend(self.invalid(&format!("data of {name}"), &self.strict, inside, &event.data));
        wrong
    }

    /// Panics when an event of a stream is not what the document says.
    #[track_caller]
    fn check_event(&self, target: &str, event: &Event) {
        let path = target.split('?').next().unwrap_or_default();
        let (route, operation) = self.operation("GET", path).unwrap_or_else(|| panic!("no operation {path}"));
        let schema = &operation["responses"]["200"]["content"][STREAM]["schema"];
        let wrong = self.event_violations(&route.template, schema, event);
        assert!(wrong.is_empty(), "not as the OpenAPI document says:\n  {}\n{event:?}", wrong.join("\n  "));
    }

    fn request_violations(&self, name: &str, operation: &Value, sent: Option<&Value>) -> Vec<String> {
        let (Some(sent), Some(body)) = (sent, operation.get("requestBody")) else { return Vec::new() };
        let content = body["content"].as_object().into_iter().flatten();
        match content.into_iter().find(|(media, _)| media.ends_with("json")) {
            Some((_, media_type)) => {
                self.invalid(&format!("{name} request"), &self.document["components"], &media_type["schema"], sent)
            }
            None => vec![format!("{name} understood a JSON body and documents none")],
        }
    }

    fn invalid(&self, key: &str, components: &Value, schema: &Value, value: &Value) -> Vec<String> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || Arc::new(compile(components, schema).unwrap_or_else(|error| panic!("schema of {key}: {error}")));
        let validator = Arc::clone(validators.entry(key.to_owned()).or_insert_with(make));
        drop(validators);
        validator.iter_errors(value).map(|error| format!("{key}: '{}': {error}", error.instance_path())).collect()
    }
}

impl Route {
    fn fits(&self, given: &[&str]) -> bool {
        let same = |(known, given): (&String, &&str)| known.starts_with('{') || known == given;
        self.segments.len() == given.len() && self.segments.iter().zip(given).all(same)
    }
}

/// The headers of the contract: those that came are documented, those that always come came, and a list names its next
/// page when there is one.
fn header_violations(name: &str, response: &Value, answer: &Answer) -> Vec<String> {
    let mut wrong = Vec::new();
    for header in ["ETag", "Idempotency-Replayed", "Link", "Location"] {
        let documented = &response["headers"][header];
        let came = answer.header(header).is_some();
        let always = documented["required"] == true || (header == "Link" && answer.json["has_more"] == true);
        if came && documented.is_null() {
            wrong.push(format!("{name} does not document the header '{header}'"));
        }
        if always && !came {
            wrong.push(format!("{name} came without the header '{header}'"));
        }
    }
    wrong
}

/// Each code has one status.
fn status_violation(answer: &Answer) -> Option<String> {
    let code = Code::parse(answer.json["code"].as_str().filter(|_| answer.media() == Some(PROBLEM))?)?;
    let status = status_of(code).as_u16();
    (status != answer.status).then(|| format!("{code} has the status {status}, not {}", answer.status))
}

fn problem_schema() -> Value {
    json!({ "$ref": "#/components/schemas/Problem" })
}

/// A schema of the document by itself, with the components its references point to.
pub fn compile(components: &Value, schema: &Value) -> Result<Validator, String> {
    let whole = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": components,
        "allOf": [schema],
    });
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .build(&whole)
        .map_err(|error| error.to_string())
}

fn unknown_parameters(operation: &Value, query: &str) -> Vec<String> {
    let documented = |name: &str| {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        parameters.into_iter().any(|parameter| parameter["in"] == "query" && parameter["name"] == name)
    };
    let names = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split('=').next().unwrap_or(pair));
    names.filter(|name| !documented(name)).map(|name| format!("parameter '{name}' is not documented")).collect()
}

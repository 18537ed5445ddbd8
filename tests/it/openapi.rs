//! The OpenAPI document by itself: complete, consistent, and the one that is committed. That the server answers as it
//! says is checked with every call of every other test.

use std::collections::HashSet;

use heller::error::Code;
use heller::handlers::problem::status_of;
use serde_json::Value;

use crate::support::contract::compile;
use crate::support::document::{Operation, operations};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/heller.json");
const ROOTS: [&str; 7] =
    ["/v1/", "/health/", "/version", "/openapi.json", "/postman.json", "/problems/", "/.well-known/"];

/// Panics with everything that was found, one line each.
#[track_caller]
fn assert_nothing(found: &[String]) {
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Calls `look` with every value of the document and its pointer.
fn walk(value: &Value, pointer: &str, look: &mut impl FnMut(&str, &Value)) {
    look(pointer, value);
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                walk(member, &format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), look);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{pointer}/{index}"), look);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_committed_document_is_the_generated_one() {
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(committed == heller::openapi::text(), "openapi/heller.json is out of date; run `cargo xtask openapi`");
}

#[test]
fn every_operation_is_complete() {
    let document = heller::openapi::document();
    let tags: HashSet<&str> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut wrong = Vec::new();
    for Operation { name, path, definition, .. } in operations(&document) {
        let mut require = |condition: bool, what: &str| {
            if !condition {
                wrong.push(format!("{name}: {what}"));
            }
        };
        let text = |member: &str| definition[member].as_str().is_some_and(|text| !text.is_empty());
        require(text("operationId"), "no operationId");
        require(text("summary"), "no summary");
        let own: Vec<&str> = definition["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        require(own.len() == 1, "not exactly one tag");
        require(own.iter().all(|tag| tags.contains(tag)), "a tag that is not in the list of tags");
        require(definition.get("security").is_some_and(Value::is_array), "no security");
        let statuses: Vec<&String> = definition["responses"].as_object().unwrap().keys().collect();
        require(statuses.iter().any(|status| status.starts_with('2')), "no success");
        require(!path.starts_with("/v1") || statuses.iter().any(|status| status.starts_with('4')), "no failure");
        require(path == "/problems" || ROOTS.iter().any(|root| path.starts_with(root)), "an unknown root");
    }
    assert_nothing(&wrong);
}

#[test]
fn operation_ids_are_unique() {
    let document = heller::openapi::document();
    let mut seen = HashSet::new();
    let again = operations(&document).into_iter().filter(|one| !seen.insert(one.id));
    assert_nothing(&again.map(|one| one.name).collect::<Vec<_>>());
}

#[test]
fn every_parameter_of_a_path_is_described_and_no_other() {
    let document = heller::openapi::document();
    let mut wrong = Vec::new();
    for Operation { name, path, definition, .. } in operations(&document) {
        let in_path = |part: &str| part.strip_prefix('{').and_then(|part| part.strip_suffix('}')).map(str::to_owned);
        let mut needed: Vec<String> = path.split('/').filter_map(in_path).collect();
        let parameters = definition["parameters"].as_array().into_iter().flatten();
        let described = parameters.filter(|parameter| parameter["in"] == "path");
        let mut described: Vec<String> =
            described.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect();
        needed.sort();
        described.sort();
        if needed != described {
            wrong.push(format!("{name}: the path has {needed:?}, described are {described:?}"));
        }
    }
    assert_nothing(&wrong);
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let document = heller::openapi::document();
    let (mut wrong, mut used) = (Vec::new(), HashSet::new());
    walk(&document, "", &mut |pointer, value| {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return };
        match reference.strip_prefix('#').and_then(|target| document.pointer(target)) {
            Some(_) => drop(used.insert(reference.to_owned())),
            None => wrong.push(format!("{pointer} → {reference}")),
        }
    });
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let unused = schemas.keys().filter(|name| !used.contains(&format!("#/components/schemas/{name}")));
    wrong.extend(unused.map(|name| format!("the component {name} is not used")));
    assert_nothing(&wrong);
}

#[test]
fn every_schema_is_valid_and_fits_its_own_example() {
    let document = heller::openapi::document();
    let mut wrong = Vec::new();
    walk(&document, "", &mut |pointer, value| {
        let is_component = pointer.rsplit_once('/').is_some_and(|(parent, _)| parent == "/components/schemas");
        let examples = value.get("examples").and_then(Value::as_array).into_iter().flatten();
        let examples: Vec<&Value> = examples.chain(value.get("example")).collect();
        let is_schema = value.get("type").is_some() || value.get("$ref").is_some();
        if !is_component && (examples.is_empty() || !is_schema) {
            return;
        }
        match compile(&document["components"], value) {
            Err(error) => wrong.push(format!("{pointer}: {error}")),
            Ok(validator) => {
                let errors = examples.into_iter().flat_map(|example| validator.iter_errors(example));
                wrong.extend(errors.map(|error| format!("example of {pointer}: {error}")));
            }
        }
    });
    assert_nothing(&wrong);
}

/// A server that is not ready answers its checks: the one 503 that is no problem.
fn is_readiness(operation: &str, status: &str) -> bool {
    operation.ends_with("/health/ready") && status == "503"
}

/// Descriptions of failures name codes in backticks; each must exist and belong to that status.
#[test]
fn every_code_that_is_named_for_a_status_exists_and_has_that_status() {
    let document = heller::openapi::document();
    let mut wrong = Vec::new();
    for Operation { name, definition, .. } in operations(&document) {
        for (status, response) in definition["responses"].as_object().into_iter().flatten() {
            if !status.starts_with(['4', '5']) || is_readiness(&name, status) {
                continue;
            }
            let description = response["description"].as_str().unwrap_or_default();
            // `errors` is a member of the answer, not a code.
            for code in description.split('`').skip(1).step_by(2).filter(|code| *code != "errors") {
                let fits = Code::parse(code).is_some_and(|code| status_of(code).as_str() == status);
                if !fits {
                    wrong.push(format!("{name}: `{code}` is no code of status {status}"));
                }
            }
        }
    }
    assert_nothing(&wrong);
}

#[test]
fn every_failure_is_a_problem_and_every_answer_carries_the_request_id() {
    let document = heller::openapi::document();
    let mut wrong = Vec::new();
    for Operation { name, definition, .. } in operations(&document) {
        for (status, response) in definition["responses"].as_object().into_iter().flatten() {
            let problem = response.pointer("/content/application~1problem+json/schema/$ref");
            let failure = status.starts_with(['4', '5']) && !is_readiness(&name, status);
            if failure && problem.is_none_or(|schema| schema != "#/components/schemas/Problem") {
                wrong.push(format!("{name}: {status} is no problem"));
            }
            if response.pointer("/headers/Request-Id").is_none() {
                wrong.push(format!("{name}: {status} without Request-Id"));
            }
        }
    }
    assert_nothing(&wrong);
}

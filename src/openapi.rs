//! The OpenAPI 3.1 document: made from the same `configure` as the server, without a database or settings.
//!
//! utoipa gives the routes; what every operation has in common is added here once: info, tags, security, the problem
//! answers of the gate, the request id header. `openapi/heller.json` is this document, committed; a test and
//! `heller openapi --check` hold the two together.

use actix_web::App;
use serde_json::{Value, json};
use utoipa_actix_web::AppExt;

use crate::handlers::{self, reading, refresh_cookie};
use crate::views::{self, limits};

/// Tags in reading order.
const TAGS: [(&str, &str); 17] = [
    ("Access", "Log in, refresh, log out, who am I."),
    ("Licence", "The payment module's licence."),
    ("Settings", "Settings of the business."),
    ("Payment accounts", "Where money arrives and leaves."),
    ("Reconciliation", "Runs that fetch or import statements, and the logbook."),
    ("Account movements", "What bank and provider reported."),
    ("Assignments", "Which movement pays which document."),
    ("Customers", "Who buys."),
    ("Orders", "What was ordered."),
    ("Invoices", "What was invoiced."),
    ("Payments", "Payments keyed by hand."),
    ("Invoice corrections", "Taking back a part or all of an invoice."),
    ("Cancellations", "Cancelling orders, plainly or with a refund."),
    ("Refunds", "Money back by the way it came, once and only once."),
    ("Ledger", "Double entry."),
    ("Sandbox", "Steers the provider `sandbox`."),
    ("Operations", "Health, version, jobs, documentation."),
];

/// What parameters mean where their own place says nothing more.
const PARAMETERS: [(&str, &str); 26] = [
    ("account_id", "Only those of this payment account."),
    ("booking_type", "Only bookings of this kind."),
    ("code", "The code of a problem."),
    ("currency", "ISO 4217."),
    ("customer_id", "Only those of this customer."),
    ("date_from", "On this day or later."),
    ("date_to", "On this day or earlier."),
    ("day", "On this day."),
    ("direction", "Money that came in, or that went out."),
    ("external_number", "The one with this number of the shop or partner."),
    ("folder", "Only those in this folder."),
    ("id", "Id of the thing in the path."),
    ("invoice_id", "Only those of this invoice."),
    ("is_overpaid", "Only those that are overpaid, or that are not."),
    ("kind", "Only those of this kind."),
    ("level", "Only lines of this level."),
    ("month", "In this month, `YYYY-MM`."),
    ("movement_id", "Only those of this account movement."),
    ("number", "The one with this number."),
    ("order_id", "Only those of this order."),
    ("origin", "Only those that were made so."),
    ("payment_status", "Only those that are paid so far."),
    ("provider", "Only those of this provider."),
    ("run_id", "Only lines of this run."),
    ("status", "Only those with this status."),
    ("year", "In this year, `YYYY`."),
];

/// Requests and answers of a demo, by operation id: `{"request": …, "responses": {"200": …}}`. `tools/contract/examples.py`
/// writes them down.
const EXAMPLES: &str = include_str!("../openapi/examples.json");

const DESCRIPTION: &str = "Payments of merchants, to the last penny: statements come in, account movements are \
assigned to orders and invoices, invoices are corrected, orders cancelled, and money goes back by the way it came.\n\n\
**Money** is a decimal string with its currency, never a number. **Errors** are RFC 9457 problems with a stable \
`code`. **Writes** that book or move money need an `Idempotency-Key`; edits need `If-Match`. **Lists** are pages \
with an opaque cursor. Problem texts follow `Accept-Language` (de, en).\n\nGuides: \
[quick start](/docs/guides/quick-start), [errors](/docs/guides/errors), [idempotency](/docs/guides/idempotency), \
[money](/docs/guides/money), [lists](/docs/guides/lists), [changes and waiting](/docs/guides/changes). \
For Postman: [/postman.json](/postman.json).";

#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(
    handlers::problem::Problem,
    crate::domain::id::StreamSubjectId,
    views::events::StreamEnded
)))]
struct Components;

/// The document as JSON.
pub fn document() -> Value {
    let (_, mut api) = App::new().into_utoipa_app().configure(handlers::configure).split_for_parts();
    api.merge(<Components as utoipa::OpenApi>::openapi());
    let mut document = serde_json::to_value(api).unwrap_or_default();
    document["openapi"] = json!("3.1.0");
    document["info"] = json!({
        "title": "Heller",
        "version": env!("CARGO_PKG_VERSION"),
        "description": DESCRIPTION,
        "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
    });
    document["servers"] = json!([{ "url": "/", "description": "This server" }]);
    document["tags"] = TAGS.iter().map(|(name, text)| json!({ "name": name, "description": text })).collect();
    document["components"]["securitySchemes"] = json!({
        "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Access token of `POST /v1/auth/login`." },
        "refresh_cookie": { "type": "apiKey", "in": "cookie", "name": refresh_cookie::NAME, "description": "Refresh token of a login with `\"refresh_token_in\": \"cookie\"`; browsers send it by themselves." }
    });
    // Further members carry the values of the code; validators that close objects have to be told.
    document["components"]["schemas"]["Problem"]["additionalProperties"] = json!(true);
    let told = ["ReconciliationRun", "AssignmentRun", "Refund", "StreamEnded"];
    let told = told.map(|name| json!({ "$ref": format!("#/components/schemas/{name}") }));
    document["components"]["schemas"]["ProgressEvent"]["properties"]["data"]["contentSchema"] =
        json!({ "oneOf": told });
    limits::state(&mut document["components"]["schemas"]);
    finish_operations(&mut document);
    document
}

/// The document as the committed file holds it.
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(&document()).unwrap_or_default();
    text.push('\n');
    text
}

fn finish_operations(document: &mut Value) {
    let components = document["components"].clone();
    let examples: Value = serde_json::from_str(EXAMPLES).unwrap_or_default();
    let Some(paths) = document["paths"].as_object_mut() else { return };
    paths.sort_keys();
    for (path, item) in paths.iter_mut() {
        let Some(item) = item.as_object_mut() else { continue };
        for (method, operation) in item.iter_mut() {
            finish_operation(path, method, operation);
            document_headers(&components, method, operation);
            let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
            for parameter in parameters.into_iter().flatten() {
                finish_parameter(parameter);
            }
            finish_body(&components, operation);
            add_examples(&examples, operation);
        }
    }
}

fn finish_parameter(parameter: &mut Value) {
    let name = parameter["name"].as_str().unwrap_or_default().to_owned();
    if parameter["description"].as_str().is_none_or(str::is_empty)
        && let Some((_, text)) = PARAMETERS.iter().find(|(known, _)| *known == name)
    {
        parameter["description"] = json!(text);
    }
    // A header is absent or a text, never null.
    if parameter["in"] == "header" {
        parameter["schema"]["type"] = json!("string");
    }
    let schema = &parameter["schema"];
    let is_free = ["maxLength", "pattern", "enum", "format"].iter().all(|bound| schema.get(bound).is_none());
    if parameter["in"] == "query" && schema["type"] == "string" && is_free {
        parameter["schema"]["maxLength"] = json!(reading::PARAMETER_TEXT_MAX);
    }
    if parameter["in"] == "cookie" {
        parameter["schema"]["maxLength"] = json!(limits::REFRESH_TOKEN);
    }
    if name == "Idempotency-Key" {
        parameter["schema"] =
            json!({ "type": "string", "minLength": 1, "maxLength": limits::KEY, "pattern": "^[!-~]+$" });
    }
}

/// No body at all is read as `{}`: a body that needs no member may be left out.
fn finish_body(components: &Value, operation: &mut Value) {
    let Some(body) = operation.get_mut("requestBody") else { return };
    let named = body["content"]["application/json"]["schema"]["$ref"].as_str();
    let schema = named.and_then(|name| components.pointer(name.strip_prefix("#/components")?));
    if schema.is_some_and(|schema| schema.get("required").is_none()) {
        body["required"] = json!(false);
    }
}

fn add_examples(examples: &Value, operation: &mut Value) {
    let known = &examples[operation["operationId"].as_str().unwrap_or_default()];
    if let Some(example) = known.get("request")
        && let Some(content) = operation.pointer_mut("/requestBody/content/application~1json")
    {
        content["example"] = example.clone();
    }
    for (status, example) in known["responses"].as_object().into_iter().flatten() {
        for media in ["application~1json", "text~1event-stream"] {
            if let Some(content) = operation.pointer_mut(&format!("/responses/{status}/content/{media}")) {
                content["example"] = example.clone();
            }
        }
    }
}

fn finish_operation(path: &str, method: &str, operation: &mut Value) {
    let secured = operation.get("security").is_some();
    if operation.get("security").is_none() {
        operation["security"] = json!([]);
    }
    if operation.get("description").is_none() {
        operation["description"] = operation["summary"].clone();
    }
    let mut common = vec![("500", "Our fault: `internal`."), ("503", "Busy or away: `unavailable`.")];
    if path.starts_with("/v1") {
        common.push(("400", "The request cannot be read: `malformed_body`, `unknown_parameter`, `invalid_cursor`, `cursor_mismatch`, `idempotency_key_missing`, `idempotency_key_invalid`."));
        common.push(("405", "`method_not_allowed`."));
    } else {
        common.push(("400", "`unknown_parameter`."));
    }
    if path.contains("{id}") || path.contains("{sub_id}") {
        common.push(("404", "`not_found`, `wrong_id_type`."));
    }
    if secured {
        common.push(("401", "`unauthenticated`, `token_expired`."));
        common.push(("403", "`missing_permission`, and for gated families the licence codes."));
    }
    if method != "get" || parameters(operation).any(|parameter| parameter["in"] == "query") {
        common.push(("422", "A value is wrong: see `errors`."));
    }
    let responses = operation["responses"].as_object().into_iter().flatten();
    if responses.into_iter().any(|(status, answer)| status.starts_with('2') && answer.get("content").is_some()) {
        common.push(("406", "The header Accept takes none of the formats: `not_acceptable`."));
    }
    // Actions that need no body read one all the same.
    if operation.get("requestBody").is_some() || method == "post" {
        common.push(("413", "`too_large`."));
        common.push(("415", "`unsupported_media_type`."));
    }
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, text) in common {
        responses.entry(status).or_insert_with(|| json!({ "description": text }));
    }
    for (status, response) in responses.iter_mut() {
        finish_response(status, response);
    }
    responses.sort_keys();
}

fn finish_response(status: &str, response: &mut Value) {
    if response["description"].as_str().is_none_or(str::is_empty) {
        let text = match status {
            "201" => "Created",
            "202" => "Work has begun",
            "204" => "Done",
            _ => "OK",
        };
        response["description"] = json!(text);
    }
    // Readiness has an answer of its own for 503; every other failure is a problem.
    if (status.starts_with('4') || status.starts_with('5')) && response.get("content").is_none() {
        response["content"] =
            json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
    }
    // Whoever documents an ETag by hand means that it always comes.
    if let Some(etag) = response.pointer_mut("/headers/ETag") {
        etag["required"] = json!(true);
    }
    response["headers"]["Request-Id"] = json!({ "schema": { "type": "string" }, "description": "Id of this request." });
}

/// The headers of the contract, read off the shapes: what carries a version has an ETag, what is created or begun has an
/// address, a list has a next page, and what takes a key can be a replay.
fn document_headers(components: &Value, method: &str, operation: &mut Value) {
    let keyed = parameters(operation).any(|parameter| parameter["name"] == "Idempotency-Key");
    let mut single = false;
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, response) in responses.iter_mut().filter(|(status, _)| status.starts_with('2')) {
        let schema = response["content"]["application/json"]["schema"].clone();
        let versioned = member(components, &schema, "version").is_some_and(|version| version["type"] == "integer");
        single |= versioned && method == "get" && status == "200";
        let headers = &mut response["headers"];
        if versioned {
            headers["ETag"] = header("The version, for `If-Match` and `If-None-Match`.", true);
        }
        if status == "201" || status == "202" {
            headers["Location"] = header("Path of what was made or has begun.", true);
        }
        if member(components, &schema, "next_cursor").is_some() {
            headers["Link"] = header("`rel=\"next\"`: the next page, when there is one.", false);
        }
        if keyed {
            headers["Idempotency-Replayed"] = header("`true`: the stored answer of the first request.", false);
        }
    }
    if responses.contains_key("202") && responses.contains_key("200") {
        responses["200"]["headers"]["Location"] = header("Path of what was begun.", false);
    }
    if single {
        responses.insert("304".to_owned(), json!({ "description": "`If-None-Match` names this version." }));
        finish_response("304", &mut responses["304"]);
        responses["304"]["headers"]["ETag"] = header("The version.", true);
        responses.sort_keys();
        let condition = json!({
            "name": "If-None-Match", "in": "header", "required": false, "schema": { "type": ["string", "null"] },
            "description": "ETags that are known: 304 when one of them is this version.",
        });
        match operation["parameters"].as_array_mut() {
            Some(parameters) => parameters.push(condition),
            None => operation["parameters"] = json!([condition]),
        }
    }
}

fn parameters(operation: &Value) -> impl Iterator<Item = &Value> {
    operation["parameters"].as_array().into_iter().flatten()
}

fn header(description: &str, required: bool) -> Value {
    json!({ "schema": { "type": "string" }, "description": description, "required": required })
}

/// A member of an object, its references and parts included.
fn member<'a>(components: &'a Value, schema: &'a Value, name: &str) -> Option<&'a Value> {
    let named = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/components"));
    let schema = named.map_or(Some(schema), |path| components.pointer(path))?;
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let own = schema["properties"].get(name);
    own.or_else(|| parts.into_iter().find_map(|part| member(components, part, name)))
}

/// The document as it is served.
pub struct DocumentText(pub String);

impl DocumentText {
    pub fn of(document: &Value) -> Self {
        Self(document.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_has_its_member() {
        let document = document();
        for (schema, member) in limits::stated() {
            let found = &document["components"]["schemas"][schema]["properties"][member];
            let bounded = ["maxLength", "maxItems", "maximum"].iter().any(|bound| found.get(bound).is_some());
            assert!(bounded, "{schema}.{member}: {found}");
        }
    }
}

//! [`Error`] → status and `application/problem+json` (RFC 9457). The only file that turns errors into HTTP.

pub mod catalogue;
mod catalogue_states;
pub mod lang;
pub mod words;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::domain::account::LockReason;
use crate::error::{Code, Error, FieldError, Kind, Params, Reason};
use lang::Lang;

/// One wrong value.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemField {
    /// `body`, `query`, `header` or `path`.
    #[serde(rename = "in")]
    #[schema(example = "body")]
    pub place: &'static str,
    /// RFC 6901 pointer for a body, a name elsewhere.
    #[schema(example = "/amount/amount")]
    pub pointer: String,
    pub code: Code,
    #[schema(example = "EUR has 2 decimals; amounts are never rounded.")]
    pub detail: String,
    /// The values of the text, for a front end that writes its own sentence.
    #[schema(value_type = Object)]
    pub params: Value,
}

/// RFC 9457 problem details. Further members carry the values of the code, such as `current_version`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Path of a page that explains the code.
    #[serde(rename = "type")]
    #[schema(example = "/problems/amount_exceeds_open_amount")]
    pub kind: String,
    /// In the language of `Accept-Language` (de, en).
    pub title: String,
    #[schema(example = 422)]
    pub status: u16,
    pub detail: String,
    pub instance: String,
    pub code: Code,
    pub errors: Vec<ProblemField>,
    pub request_id: String,
    #[serde(flatten)]
    #[schema(ignore)]
    pub values: Map<String, Value>,
}

/// Replaces every `{name}` by the value of that name; nothing when one is missing.
fn fill(text: &str, params: &Params, lang: Lang) -> Option<String> {
    let mut parts = text.split('{');
    let mut filled = parts.next()?.to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}')?;
        filled.push_str(&word(name, params, lang)?);
        filled.push_str(rest);
    }
    Some(filled)
}

/// A value as people read it: kinds, reasons and locks have words in each language, everything else is the same in both.
fn word(name: &str, params: &Params, lang: Lang) -> Option<String> {
    let value = params.iter().find(|(known, _)| *known == name).map(|(_, value)| value)?;
    if let ("auto_import_locked_reason", Some(lock)) = (name, LockReason::parse(value)) {
        return Some(lang.pick(words::lock(lock)).to_owned());
    }
    match (name, Kind::parse(value), Reason::parse(value)) {
        ("kind", Some(kind), _) => Some(lang.pick(words::kind(kind)).to_owned()),
        ("reason", _, Some(reason)) => fill(lang.pick(words::reason(reason)), params, lang),
        _ => Some(value.clone()),
    }
}

/// Title and detail of an error. A value that is missing costs its sentence, never shows a placeholder.
fn texts(code: Code, params: &Params, lang: Lang) -> (&'static str, String) {
    let (title, detail) = lang.pick(catalogue::entry_of(code).texts());
    let detail = fill(detail, params, lang).unwrap_or_else(|| format!("{title}."));
    let question = lang.pick((" Did you mean '{did_you_mean}'?", " Meinten Sie '{did_you_mean}'?"));
    (title, detail + &fill(question, params, lang).unwrap_or_default())
}

/// What an error says to people, without HTTP: for the command line.
pub fn explained(error: &Error, lang: Lang) -> String {
    let details = error.fields().iter().map(|field| texts(field.code, &field.params, lang).1);
    let details: Vec<String> = details.collect();
    if details.is_empty() { texts(error.code(), error.params(), lang).1 } else { details.join(" ") }
}

fn values(params: &Params) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in params {
        let shown = match *name {
            "missing" => json!(value.split(',').collect::<Vec<_>>()),
            "current_version" => value.parse::<i64>().map_or_else(|_| json!(value), |number| json!(number)),
            _ => json!(value),
        };
        map.insert((*name).to_owned(), shown);
    }
    map
}

fn field(error: &FieldError, lang: Lang) -> ProblemField {
    ProblemField {
        place: error.place.as_str(),
        pointer: error.pointer.clone(),
        code: error.code,
        detail: texts(error.code, &error.params, lang).1,
        params: Value::Object(values(&error.params)),
    }
}

/// The answer to a request that failed.
pub fn respond(error: &Error, request: &HttpRequest) -> HttpResponse {
    let lang = Lang::of(request);
    let status = status_of(error.code()).as_u16();
    let (title, detail) = texts(error.code(), error.params(), lang);
    let request_id = crate::access::request_id::of(request);
    log(error, status, &request_id);
    let mut extra = values(error.params());
    for taken in ["type", "title", "status", "detail", "instance", "code", "errors", "request_id"] {
        extra.remove(taken);
    }
    let problem = Problem {
        kind: format!("/problems/{}", error.code()),
        title: title.to_owned(),
        status,
        detail,
        instance: format!("/requests/{request_id}"),
        code: error.code(),
        errors: error.fields().iter().map(|error| field(error, lang)).collect(),
        request_id,
        values: extra,
    };
    let mut answer = HttpResponseBuilder::new(status_of(error.code()));
    answer.content_type("application/problem+json").insert_header(("Content-Language", lang.tag()));
    answer.insert_header(("Vary", "Accept-Language"));
    if status == 401 {
        // RFC 6750 section 3.1: the error is named only to who sent a token.
        let sent = request.headers().contains_key("Authorization");
        answer.insert_header(("WWW-Authenticate", if sent { "Bearer error=\"invalid_token\"" } else { "Bearer" }));
    }
    if let Some(seconds) = error.retry_after_s() {
        answer.insert_header(("Retry-After", seconds.to_string()));
    }
    if error.code() == Code::MethodNotAllowed {
        let allow = error.params().iter().find(|(name, _)| *name == "allow").map_or("", |(_, allow)| allow.as_str());
        answer.insert_header(("Allow", allow.to_owned()));
    }
    answer.json(problem)
}

pub fn status_of(code: Code) -> StatusCode {
    StatusCode::from_u16(catalogue::entry_of(code).status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Logged once, here: our faults as errors, busy databases as warnings, everything else for the curious.
fn log(error: &Error, status: u16, request_id: &str) {
    match (status, error.cause()) {
        (500, cause) => tracing::error!(request_id, cause, "request failed"),
        (503, cause) => tracing::warn!(request_id, cause, "request refused, the database is busy or away"),
        (_, cause) => tracing::debug!(request_id, code = error.code().as_str(), cause, "request refused"),
    }
}

/// actix asks an error for its answer without the request; the middleware in `app` replaces that answer by
/// [`respond`], which knows language and request id.
impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        status_of(self.code())
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_row_of_its_own_in_both_languages() {
        let mut seen = std::collections::HashMap::new();
        for code in Code::ALL.iter().copied() {
            let entry = catalogue::entry_of(code);
            assert!((400..=503).contains(&entry.status), "{code}");
            for text in [entry.en.0, entry.en.1, entry.de.0, entry.de.1] {
                assert!(!text.is_empty(), "{code}");
            }
            let key = (entry.status, entry.en);
            if let Some(other) = seen.insert(key, code) {
                panic!("{code} and {other} share a row");
            }
        }
    }
}

//! The request id: taken from the header `Request-Id` when it is well formed, made otherwise, sent back with every
//! answer, and in every log line of the request.

use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderName;
use actix_web::{HttpMessage, HttpRequest};

pub const HEADER: HeaderName = HeaderName::from_static("request-id");
/// Longest id a client may choose.
const LENGTH_MAX: usize = 128;

#[derive(Debug, Clone)]
struct RequestId(String);

/// The id of a request; `-` outside of the middleware.
pub fn of(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map_or_else(|| "-".to_owned(), |id| id.0.clone())
}

/// The id a root span is made with, before the middleware below has run.
pub fn ensure(request: &ServiceRequest) -> String {
    if let Some(known) = request.extensions().get::<RequestId>() {
        return known.0.clone();
    }
    let given = request.headers().get(&HEADER).and_then(|value| value.to_str().ok());
    let allowed = |id: &&str| {
        !id.is_empty()
            && id.len() <= LENGTH_MAX
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    };
    let id = given.filter(allowed).map_or_else(|| uuid::Uuid::new_v4().simple().to_string(), str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    id
}

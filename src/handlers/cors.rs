//! Web pages of other origins (CORS): which may call, with which headers, and what the others are told.
//!
//! actix-cors answers preflights, in front of everything else, and adds the headers; the origins come from the setting
//! `cors_origins`. Here a refused preflight gets a problem body, and the log one line that names the setting: a browser
//! tells its user next to nothing.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use actix_cors::{Cors, CorsError};
use actix_web::Error as ActixError;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HOST, HeaderMap, HeaderValue, ORIGIN, VARY};
use actix_web::middleware::Next;
use actix_web::web;
use chrono::{DateTime, Duration, Utc};

use super::problem;
use crate::access::request_id;
use crate::config::Origins;
use crate::error::{Code, Error, Reason};
use crate::state::AppState;

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// The headers of the contract that a browser asks about before it sends them.
const SENT: [&str; 12] = [
    "Accept",
    "Accept-Language",
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
    "Prefer",
    "Request-Id",
    "traceparent",
    "tracestate",
];

/// The headers of answers that a page may read.
const EXPOSED: [&str; 15] = [
    "Allow",
    "Content-Disposition",
    "Content-Language",
    "Deprecation",
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Request-Id",
    "Retry-After",
    "Sunset",
    "Vary",
    "WWW-Authenticate",
];

/// How long a browser may remember the answer to a preflight, in seconds.
const REMEMBERED_S: usize = 3600;
/// Longest part of an origin that is shown or logged.
const SHOWN_MAX: usize = 200;

/// What actix-cors is told. An origin is always named, never `*`, so that cookies are possible.
pub fn cors(origins: &Origins) -> Cors {
    let common = Cors::default()
        .allowed_methods(METHODS)
        .allowed_headers(SENT)
        .expose_headers(EXPOSED)
        .supports_credentials()
        .max_age(REMEMBERED_S);
    let allowed = origins.clone();
    common.allowed_origin_fn(move |origin, _| origin.to_str().is_ok_and(|origin| allowed.allows(origin)))
}

/// Whether a request may be the work of a page that is not allowed: it names an origin, and that is neither this
/// server's own nor listed.
///
/// # Errors
/// `cross_origin_refused`.
pub fn check(headers: &HeaderMap, allowed: &Origins) -> Result<(), Error> {
    match foreign(headers).filter(|origin| !allowed.allows(origin)) {
        Some(origin) => Err(refused(Reason::OriginUnlisted, &origin)),
        None => Ok(()),
    }
}

/// The origin of the page that asks, unless this server has sent the page itself.
fn foreign(headers: &HeaderMap) -> Option<String> {
    let origin = headers.get(ORIGIN)?.to_str().ok()?;
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let own = origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host));
    (!own).then(|| origin.chars().take(SHOWN_MAX).collect())
}

fn refused(reason: Reason, origin: &str) -> Error {
    Error::new(Code::CrossOriginRefused).with("reason", reason).with("origin", origin)
}

/// Around actix-cors: tells about origins that are not listed.
pub async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, ActixError> {
    let id = request_id::ensure(&request);
    let origin = foreign(request.headers());
    if let Some(origin) = &origin {
        tell(&request, origin);
    }
    let response = next.call(request).await?;
    let found = response.response().error().and_then(|error| error.as_error::<CorsError>()).map(reason);
    let Some(reason) = found else { return Ok(with_id(response.map_into_boxed_body(), &id)) };
    let error = refused(reason, origin.as_deref().unwrap_or("-"));
    let mut answer = problem::respond(&error, response.request());
    let varies = "Accept-Language, Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
    answer.headers_mut().insert(VARY, HeaderValue::from_static(varies));
    Ok(with_id(response.into_response(answer).map_into_boxed_body(), &id))
}

/// Preflights are answered before anything else has seen them.
fn with_id<B>(mut response: ServiceResponse<B>, id: &str) -> ServiceResponse<B> {
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(request_id::HEADER, value);
    }
    response
}

const fn reason(error: &CorsError) -> Reason {
    match error {
        CorsError::HeadersNotAllowed | CorsError::BadRequestHeaders => Reason::HeaderUnlisted,
        CorsError::MethodNotAllowed | CorsError::BadRequestMethod | CorsError::MissingRequestMethod => {
            Reason::MethodUnlisted
        }
        _ => Reason::OriginUnlisted,
    }
}

fn tell(request: &ServiceRequest, origin: &str) {
    let state = request.app_data::<web::Data<AppState>>();
    let noticed = request.app_data::<web::Data<Noticed>>();
    let (Some(state), Some(noticed)) = (state, noticed) else { return };
    if !state.config.cors_origins.allows(origin) && noticed.is_new(origin, state.clock.now()) {
        tracing::warn!(
            origin,
            "a web page of another origin was refused; if it may call this API, add its origin to the setting \
             cors_origins (HELLER_CORS_ORIGINS)"
        );
    }
}

/// Origins the log has named lately: each once an hour, a hundred at most, so that nobody can fill the disk.
#[derive(Default)]
pub struct Noticed(Mutex<(DateTime<Utc>, HashSet<String>)>);

const NOTICED_MAX: usize = 100;
const FORGOTTEN_AFTER: Duration = Duration::hours(1);

impl Noticed {
    fn is_new(&self, origin: &str, now: DateTime<Utc>) -> bool {
        let mut noticed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, origins) = &mut *noticed;
        if now.signed_duration_since(*since) >= FORGOTTEN_AFTER {
            (*since, *origins) = (now, HashSet::new());
        }
        origins.len() < NOTICED_MAX && origins.insert(origin.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_new_once_an_hour_and_a_flood_of_them_is_not() {
        let (noticed, now) = (Noticed::default(), DateTime::UNIX_EPOCH + Duration::days(1));
        assert!(noticed.is_new("https://a.example", now));
        assert!(!noticed.is_new("https://a.example", now + Duration::minutes(59)));
        assert!(noticed.is_new("https://a.example", now + Duration::hours(1)));
        let told = (0..1000).filter(|number| noticed.is_new(&format!("https://{number}.example"), now)).count();
        assert_eq!(told, NOTICED_MAX - 1);
    }

    #[test]
    fn a_page_of_this_server_is_not_foreign() {
        let headers = |origin: &'static str, host: &'static str| {
            let pairs = [(ORIGIN, origin), (HOST, host)];
            pairs.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect::<HeaderMap>()
        };
        let none = Origins::default();
        assert!(check(&headers("http://127.0.0.1:8686", "127.0.0.1:8686"), &none).is_ok());
        assert!(check(&headers("http://127.0.0.1:5173", "127.0.0.1:8686"), &none).is_err());
        assert!(check(&headers("null", "127.0.0.1:8686"), &none).is_err());
        assert!(check(&HeaderMap::new(), &none).is_ok());
    }
}
